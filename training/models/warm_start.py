"""Begins with the weights of a reader that was exported before: several short trainings add up to a long one.

Its weights were rounded to 8 bits, which a few hundred steps of training mend.
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
from training.models.student import SpanNetwork

_ROOT = "model"  # what export_reader's graph calls the network
_PRODUCTS = {"MatMul", "MatMulInteger"}
Arrays = dict[str, NDArray[Any]]


def begin_with(network: SpanNetwork, reader: Path, base: Path) -> ReaderManifest:
    """Give a network the weights of a reader that training.reader exported; return that one's manifest.

    `base` is the folder of the model that the network has the rest from. Raises ModelProblem where the folder has no
    such reader, or one of another shape or tokenizer.
    """
    manifest = ReaderManifest.read(reader)
    if manifest is None:
        raise ModelProblem(f"There is no reader in {reader}, or it is damaged.")
    if manifest.files[TOKENIZER] != sha256(base / TOKENIZER):
        raise ModelProblem(f"The reader in {reader} has another tokenizer than the model in {base}.")
    take_over(network, reader)
    return manifest


def take_over(network: SpanNetwork, folder: Path) -> None:
    """Give the network the weights of the reader that training.reader exported to a folder.

    What the network doesn't train, it keeps: its own are not rounded. Raises ModelProblem where the folder has none or
    one of another shape. That both read the same tokens is for the caller to see to.
    """
    try:
        graph = onnx.load(folder / GRAPH).graph
        stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        weights = dict(_weights(graph.node, stored))
        shapes = {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}
        if shapes != {name: values.shape for name, values in weights.items()}:
            raise ValueError("its parameters are others.")
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(torch.tensor(weights[name]))
    except (OSError, ValueError, KeyError, RuntimeError, DecodeError) as error:
        raise ModelProblem(
            f"There is no reader to go on from in {folder}, or it is of another shape: {error}"
        ) from error


def _weights(nodes: Sequence[onnx.NodeProto], stored: Arrays) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the parameters by the names that the network has for them."""
    for name, values in stored.items():
        if name.startswith(f"{_ROOT}."):
            own = name.removeprefix(f"{_ROOT}.")
            if own.endswith("_rows"):
                table = own.removesuffix("_rows")
                yield table, values * stored[f"{_ROOT}.{table}_scales"]
            elif not own.endswith("_scales"):
                yield own, values
    for node in nodes:
        if node.op_type in _PRODUCTS and f"/{_ROOT}/" in node.name and _is_weight(node, stored):
            place = node.name.removeprefix(f"/{_ROOT}/").rpartition("/")[0].replace("/", ".")
            yield f"{place}.weight", _product(node, stored).T


def _is_weight(node: onnx.NodeProto, stored: Arrays) -> bool:
    return node.input[1] in stored


def _product(node: onnx.NodeProto, stored: Arrays) -> NDArray[np.float32]:
    """Return the weights, (in, out), of a product, without the rounding's scale and the smoothing."""
    weights: NDArray[np.float32] = stored[node.input[1]].astype(np.float32)
    if node.op_type == "MatMulInteger":
        scale = stored[node.input[1].removesuffix("_quantized") + "_scale"]
        weights = (weights - stored[node.input[3]].astype(np.float32)) * scale
    source = node.input[0].removesuffix("_quantized")
    if source.endswith("_smooth"):
        weights = weights * stored[source.removesuffix("_smooth") + "_inverse"][:, None]
    return weights
