"""Exports models to ONNX, with weights in 8 bits where that agrees with the model; imports torch only when called."""

import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, Agreement, Manifest
from index.onnx.quantization import smoothed

Feed = Mapping[str, NDArray[np.int64]]  # what a graph takes in, by the names of its inputs
M = TypeVar("M", bound=Manifest)
_OPSET = 17
_NARROW = 16  # columns; weights of fewer, such as those that make the last scores, stay exact and cost nothing
_TABLE = 2**16  # numbers; tables of fewer stay as they are


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to store a model's weights.

    Args:
        name: what the manifest calls it.
        write: makes another file of the graph with 32-bit weights, for inputs such as it will see.
        accepts: returns whether an export agrees well enough with the model.
    """

    name: str
    write: Callable[[Path, Path, Sequence[Feed]], object]
    accepts: Callable[[Agreement], bool]


def copy_graph(full: Path, file: Path, feeds: Sequence[Feed]) -> None:
    """Write a graph with its 32-bit weights as they are."""
    shutil.copyfile(full, file)


def write_first_agreeing(
    folder: Path,
    full: Path,
    draft: M,
    feeds: Sequence[Feed],
    variants: Sequence[Variant],
    compare: Callable[[], Agreement],
) -> M:
    """Write the graph of the first variant that agrees with the model, and return the manifest with the figures.

    Args:
        folder: where the graph goes.
        full: the graph with 32-bit weights.
        draft: the manifest without variant and figures.
        feeds: inputs such as the graph will see.
        variants: best first.
        compare: runs the graph in the folder and compares it with the model.

    Raises ModelProblem where none of them agrees.
    """
    rejected: dict[str, Agreement] = {}
    for variant in variants:
        variant.write(full, folder / GRAPH, feeds)
        agreement = compare()
        if variant.accepts(agreement):
            return replace(draft, variant=variant.name, agreement=agreement, rejected=rejected)
        rejected[variant.name] = agreement
    raise ModelProblem(
        f"The export of {draft.model_id} disagrees with the model itself, so it can't be used: {rejected}."
    )


def write_graph(module: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Sequence[str]], file: Path) -> None:
    """Write a torch module as an ONNX graph of 32-bit weights.

    Args:
        module: takes the inputs in their order, and returns the outputs in theirs.
        inputs: sample tensors of shape (texts, tokens).
        outputs: what the axes of each output are called; "texts" and "tokens" are of any size.
        file: where the graph goes.

    Raises ModelProblem where the model's code can't be exported.
    """
    import torch  # noqa: PLC0415

    axes = {name: dict(enumerate(("texts", "tokens"))) for name in inputs}
    axes |= {name: dict(enumerate(named)) for name, named in outputs.items()}
    try:
        with torch.no_grad():
            # The old exporter: the new one needs one more package, and gains nothing here.
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                file,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
    except Exception as error:  # the exporter raises whatever the model's code does
        raise ModelProblem(f"The model can't be exported to ONNX: {error}") from error


def write_quantised(full: Path, file: Path, feeds: Sequence[Feed], bits: int, tables: bool = False) -> None:
    """Write a graph with its products' weights in 8 bits, of which 7 or all 8 are used.

    Args:
        full: the graph with 32-bit weights.
        file: where the smaller one goes.
        feeds: inputs such as it will see, which it is smoothed for.
        bits: 7 or 8.
        tables: whether the word vectors are stored in 8 bits, too: a much smaller file, no faster, a little less exact.
    """
    quantise(smoothed(full, feeds), file, bits, tables)


def quantise(graph: onnx.ModelProto, file: Path, bits: int, tables: bool) -> None:
    """Write a graph as write_quantised does one that it has smoothed; the graph is changed."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata  # noqa: PLC0415

    columns = {tensor.name: tensor.dims[-1] for tensor in graph.graph.initializer if len(tensor.dims) == 2}
    narrow = [
        node.name
        for node in graph.graph.node
        if node.op_type == "MatMul" and columns.get(node.input[1], _NARROW) < _NARROW
    ]
    add_pre_process_metadata(graph)  # or it warns that shapes could be inferred first, which changes nothing here
    quantize_dynamic(
        graph,
        file,
        op_types_to_quantize=["MatMul"],
        nodes_to_exclude=narrow,
        per_channel=True,
        reduce_range=bits == 7,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    if tables:
        small = onnx.load(file)
        _quantise_tables(small)
        onnx.save(small, file)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' warnings about tracing, and their progress bars, to themselves."""
    from transformers.utils import logging  # noqa: PLC0415

    logs: Any = logging  # its functions have no annotations

    shown = logs.is_progress_bar_enabled()
    logs.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if shown:
            logs.enable_progress_bar()


def _quantise_tables(graph: onnx.ModelProto) -> None:
    """Store each large table that vectors are gathered from as rows of 8 bits, each with its own scale."""
    large = {tensor.name: tensor for tensor in graph.graph.initializer if len(tensor.dims) == 2}
    large = {name: tensor for name, tensor in large.items() if np.prod(tensor.dims) >= _TABLE}
    readers = Counter(name for node in graph.graph.node for name in node.input)
    nodes = []
    for node in graph.graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        table = large.get(node.input[0]) if node.op_type == "Gather" and readers[node.input[0]] == 1 else None
        nodes += [copy] if table is None else _gathered(graph, node, table)
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


def _gathered(graph: onnx.ModelProto, gather: onnx.NodeProto, table: onnx.TensorProto) -> list[onnx.NodeProto]:
    name, out = table.name, gather.output[0]
    values = numpy_helper.to_array(table)
    peaks = np.abs(values).max(axis=1, keepdims=True)
    scales = np.where(peaks > 0, peaks / 127, 1)
    rows = np.round(values / scales).astype(np.int8)
    graph.graph.initializer.remove(table)
    graph.graph.initializer.append(numpy_helper.from_array(rows, f"{name}_rows"))
    graph.graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), f"{name}_scales"))
    make = onnx.helper.make_node
    return [
        make("Gather", [f"{name}_rows", gather.input[1]], [f"{out}_row"], f"{out}_rows"),
        make("Cast", [f"{out}_row"], [f"{out}_cast"], f"{out}_cast", to=onnx.TensorProto.FLOAT),
        make("Gather", [f"{name}_scales", gather.input[1]], [f"{out}_scale"], f"{out}_scales"),
        make("Mul", [f"{out}_cast", f"{out}_scale"], [out], f"{out}_scaled"),
    ]
