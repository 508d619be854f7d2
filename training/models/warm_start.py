"""Starts from the weights of an exported reader, so that several short trainings add up to a long one.

The export rounded them to 8 bits, which a few hundred steps of training make good.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, TOKENIZER, sha256
from qa.reader.model_files import ReaderManifest
from training.models.network import SpanNetwork

_ROOT = "model"  # the name of the network in an exported graph
_PRODUCTS = {"MatMul", "MatMulInteger"}
_Arrays = dict[str, NDArray[Any]]


def load_reader_weights(network: SpanNetwork, reader: Path, base: Path) -> ReaderManifest:
    """Give a network the weights of the reader in a folder; return that reader's manifest.

    Weights that training freezes stay those of the network, which are not rounded. `base` is the folder of the model
    that the network was loaded from. Raises ModelProblem where the folder has no reader of training.reader, or one of
    another shape or tokenizer.
    """
    manifest = ReaderManifest.read(reader)
    if manifest is None:
        raise ModelProblem(f"There is no reader in {reader}, or it is damaged.")
    if manifest.files[TOKENIZER] != sha256(base / TOKENIZER):
        raise ModelProblem(f"The reader in {reader} has another tokenizer than the model in {base}.")
    try:
        graph = onnx.load(reader / GRAPH).graph
        weights = dict(_weights(graph.node, {one.name: numpy_helper.to_array(one) for one in graph.initializer}))
        shapes = {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}
        if shapes != {name: values.shape for name, values in weights.items()}:
            raise ValueError("its parameters differ.")
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(torch.tensor(weights[name]))
    except (OSError, ValueError, KeyError, RuntimeError, DecodeError) as error:
        raise ModelProblem(f"There is no reader to start from in {reader}, or its shape differs: {error}") from error
    return manifest


def _weights(nodes: Sequence[onnx.NodeProto], stored: _Arrays) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the parameters by their names in the network."""
    for name, values in stored.items():
        if name.startswith(f"{_ROOT}."):
            parameter = name.removeprefix(f"{_ROOT}.")
            if parameter.endswith("_rows"):
                table = parameter.removesuffix("_rows")
                yield table, values * stored[f"{_ROOT}.{table}_scales"]
            elif not parameter.endswith("_scales"):
                yield parameter, values
    for node in nodes:
        if node.op_type in _PRODUCTS and f"/{_ROOT}/" in node.name and node.input[1] in stored:
            module = node.name.removeprefix(f"/{_ROOT}/").rpartition("/")[0].replace("/", ".")
            yield f"{module}.weight", _product_weights(node, stored).T


def _product_weights(node: onnx.NodeProto, stored: _Arrays) -> NDArray[np.float32]:
    """Return the weights of a product, of shape (in, out), dequantized and without the smoothing."""
    weights: NDArray[np.float32] = stored[node.input[1]].astype(np.float32)
    if node.op_type == "MatMulInteger":
        scale = stored[node.input[1].removesuffix("_quantized") + "_scale"]
        weights = (weights - stored[node.input[3]].astype(np.float32)) * scale
    source = node.input[0].removesuffix("_quantized")
    if source.endswith("_smooth"):
        weights = weights * stored[source.removesuffix("_smooth") + "_inverse"][:, None]
    return weights
