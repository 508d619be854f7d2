"""Exporting, quantizing and running ONNX models."""

import os

# From its import on, ONNX Runtime 1.32 keeps an identifier of this machine in ~/.cache and sends figures of use to its
# makers, also on Linux, unless it finds this. All imports of it are in this package.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
