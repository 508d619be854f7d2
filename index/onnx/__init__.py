"""Exporting, quantizing and running ONNX models."""
