"""Stores models small: weights rounded by GPTQ, in all steps of 7 bits or in few that are packed to their entropy.

The graph is as any other in 8 bits. Of few steps nearly all lie between -8 and 8, near 0 most of them: each tells two
and a half bits. So it runs as fast as any, and nothing but a file must be unpacked, once.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from index.onnx.export import Feed, quantise
from index.onnx.quantization import products, smoothed
from qa.reader.export import BITS
from training.models.gptq import MOST, Floats, grams, rounded

_COARSE_TABLE = 2**20  # numbers; smaller tables, such as those of positions, keep their 8 bits
_PIECE = 2**20  # bytes that are read at a time


def all_steps(rows: Floats) -> Floats:
    """Return how large a row's steps are where all steps of 7 bits are used."""
    peaks: Floats = np.abs(rows).max(axis=1)
    return np.where(peaks > 0, peaks / MOST, 1).astype(np.float32)


def write_rounded(
    full: Path,
    file: Path,
    feeds: Sequence[Feed],
    texts: Sequence[Feed] = (),
    steps: Callable[[Floats], Floats] = all_steps,
) -> None:
    """Write a graph with its products' weights rounded to 7 bits by GPTQ, and its word vectors in 8 bits.

    Args:
        full: the graph with 32-bit weights.
        file: where the smaller one goes.
        feeds: inputs such as it will see, which it is smoothed and rounded for.
        texts: more inputs, which it is only rounded for.
        steps: how large the steps are of each row of weights of shape (out, in).
    """
    graph = smoothed(full, feeds)
    weights = {tensor.name: tensor for tensor in graph.graph.initializer}
    read = {node.input[1]: node.input[0] for node in products(graph)}
    sums = grams(graph, list(dict.fromkeys(read.values())), [*feeds, *texts])
    floats = {name: numpy_helper.to_array(weights[name]).T for name in read}
    quantise(graph, file, BITS, tables=True)
    small = onnx.load(file)
    made = {tensor.name: tensor for tensor in small.graph.initializer}
    for name, values in floats.items():
        if f"{name}_quantized" in made:  # narrow ones stay as they are
            sizes = steps(values)
            _put(made, f"{name}_quantized", rounded(values, sums[read[name]], sizes).T)
            _put(made, f"{name}_scale", sizes)
    onnx.save(small, file)


def write_coarse(full: Path, file: Path, feeds: Sequence[Feed], step: float, table_step: float) -> None:
    """Write a graph with its products' weights, and its word vectors, in few steps of 8-bit numbers.

    Args:
        full: the graph with 32-bit weights.
        file: where the smaller one goes.
        feeds: inputs such as it will see, which it is smoothed and rounded for.
        step: how large a step is, as a share of the root mean square of the weights that make a number together.
        table_step: the same for a word's vector.
    """
    write_rounded(full, file, feeds, steps=partial(_steps, step=step))
    small = onnx.load(file)
    made = {tensor.name: tensor for tensor in small.graph.initializer}
    for name, tensor in made.items():
        if name.endswith("_rows") and np.prod(tensor.dims) >= _COARSE_TABLE:
            _coarsen_table(made, name.removesuffix("_rows"), table_step)
    onnx.save(small, file)


def pack(file: Path, packed: Path) -> None:
    """Pack a file, as gzip.

    Neighbouring numbers tell nothing of each other, so repetitions are not looked for (they would be found, and cost a
    quarter more); that each number has a code as long as it is rare comes within 2% of the entropy.
    """
    packing = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)
    with file.open("rb") as source, packed.open("wb") as target:
        while piece := source.read(_PIECE):
            target.write(packing.compress(piece))
        target.write(packing.flush())


def _coarsen_table(made: Mapping[str, onnx.TensorProto], name: str, step: float) -> None:
    values = numpy_helper.to_array(made[f"{name}_rows"]) * numpy_helper.to_array(made[f"{name}_scales"])
    steps = _steps(values, step)[:, None]
    _put(made, f"{name}_rows", np.clip(np.round(values / steps), -MOST, MOST).astype(np.int8))
    _put(made, f"{name}_scales", steps)


def _steps(rows: Floats, step: float) -> Floats:
    """Return how large a row's steps are: none of its numbers must be cut off, or all others would bend to mend it."""
    size = np.sqrt(np.mean(np.square(rows), axis=1, dtype=np.float64))
    steps: Floats = np.maximum(size * step, np.abs(rows).max(axis=1) / MOST).astype(np.float32)
    return np.where(steps > 0, steps, np.float32(1))


def _put(made: Mapping[str, onnx.TensorProto], name: str, values: NDArray[np.int8] | Floats) -> None:
    before = numpy_helper.to_array(made[name])
    if before.size != values.size or before.dtype != values.dtype:
        raise ValueError(f"{name} is not as expected: {before.dtype} {before.shape}, not {values.dtype} {values.shape}")
    made[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values).reshape(before.shape), name))
