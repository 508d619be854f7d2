"""Compresses exported models: weights rounded by GPTQ, to all steps of 7 bits or to few, which Huffman codes shorten.

The graph is that of any 8-bit export. Of few steps, nearly all weights are between -8 and 8 and most near 0: two and a
half bits of entropy each. It runs as fast as any, and only has to be decompressed once.
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
from index.onnx.quantization import probed, products, smoothed
from qa.reader.export import BITS

MAX_STEPS = 2 ** (BITS - 1)  # to either side of 0
_BLOCK = 128  # columns whose errors are propagated to the rest together, for speed
_DAMPING = 0.1  # of the mean of the diagonal; .01, as in the paper, and 1 did worse on other texts
_MIN_TABLE = 2**20  # numbers; smaller tables, such as those of positions, keep their 8 bits
_READ_SIZE = 2**20  # bytes

Floats = NDArray[np.float32]


def full_range_steps(rows: Floats) -> Floats:
    """Return the size of each row's steps where all steps of 7 bits are used."""
    peaks: Floats = np.abs(rows).max(axis=1)
    return np.where(peaks > 0, peaks / MAX_STEPS, 1).astype(np.float32)


def write_gptq(
    full: Path,
    file: Path,
    feeds: Sequence[Feed],
    more_feeds: Sequence[Feed] = (),
    step_sizes: Callable[[Floats], Floats] = full_range_steps,
) -> None:
    """Write a graph with the weights of its products rounded to 7 bits by GPTQ, and its word vectors in 8 bits.

    Args:
        full: the graph with 32-bit weights.
        file: where the rounded graph goes.
        feeds: representative inputs, which smoothing and rounding are fitted to.
        more_feeds: more inputs, which rounding alone is fitted to.
        step_sizes: returns the size of the steps of each row of weights of shape (out, in).
    """
    graph = smoothed(full, feeds)
    weights = {tensor.name: tensor for tensor in graph.graph.initializer}
    inputs = {node.input[1]: node.input[0] for node in products(graph)}
    grams = _gram_matrices(graph, list(dict.fromkeys(inputs.values())), [*feeds, *more_feeds])
    floats = {name: numpy_helper.to_array(weights[name]).T for name in inputs}
    quantise(graph, file, BITS, tables=True)
    rounded = onnx.load(file)
    tensors = {tensor.name: tensor for tensor in rounded.graph.initializer}
    for name, values in floats.items():
        if f"{name}_quantized" in tensors:  # narrow ones stay as they are
            steps = step_sizes(values)
            _overwrite(tensors[f"{name}_quantized"], gptq(values, grams[inputs[name]], steps).T)
            _overwrite(tensors[f"{name}_scale"], steps)
    onnx.save(rounded, file)


def write_low_bit(full: Path, file: Path, feeds: Sequence[Feed], step: float, table_step: float) -> None:
    """Write a graph with the weights of its products, and its word vectors, rounded to few steps.

    Args:
        full: the graph with 32-bit weights.
        file: where the rounded graph goes.
        feeds: representative inputs, which smoothing and rounding are fitted to.
        step: the size of a step of weights, as a fraction of the root mean square of an output channel's weights.
        table_step: the same for word vectors.
    """
    write_gptq(full, file, feeds, step_sizes=partial(_step_sizes, step=step))
    low_bit = onnx.load(file)
    tensors = {tensor.name: tensor for tensor in low_bit.graph.initializer}
    for name, tensor in tensors.items():
        if name.endswith("_rows") and np.prod(tensor.dims) >= _MIN_TABLE:
            scales = tensors[f"{name.removesuffix('_rows')}_scales"]
            values = numpy_helper.to_array(tensor) * numpy_helper.to_array(scales)
            steps = _step_sizes(values, table_step)[:, None]
            _overwrite(tensor, np.clip(np.round(values / steps), -MAX_STEPS, MAX_STEPS).astype(np.int8))
            _overwrite(scales, steps)
    onnx.save(low_bit, file)


def compress(file: Path, compressed: Path) -> None:
    """Compress a file to gzip's format with Huffman codes alone.

    They come within 2% of the entropy. Neighbouring weights are independent: matches, which gzip would find and use,
    make the file a quarter larger.
    """
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)
    with file.open("rb") as source, compressed.open("wb") as target:
        while block := source.read(_READ_SIZE):
            target.write(compressor.compress(block))
        target.write(compressor.flush())


def gptq(weights: Floats, gram: NDArray[np.float64], steps: Floats) -> NDArray[np.int8]:
    """Return weights in whole steps; each one's rounding error is compensated by those not rounded yet.

    GPTQ (Frantar et al. 2023, https://arxiv.org/abs/2210.17323) minimises the error of the layer's outputs, not of its
    weights. At the same size it halved the error of the larger reader's logits.

    Args:
        weights: of shape (out, in).
        gram: of shape (in, in), the sum of x xT over the layer's input vectors x.
        steps: of shape (out,), the size of a step in each row.
    """
    order = np.argsort(-np.diag(gram), kind="stable")  # the most important first, while most others can compensate
    left = weights[:, order].astype(np.float32)
    root = _inverse_root(gram[np.ix_(order, order)])
    ordered = np.zeros(left.shape, np.int8)
    for begin in range(0, left.shape[1], _BLOCK):
        end = min(begin + _BLOCK, left.shape[1])
        errors = np.zeros((len(left), end - begin), np.float32)
        for column in range(begin, end):
            whole = np.clip(np.round(left[:, column] / steps), -MAX_STEPS, MAX_STEPS)
            ordered[:, column] = whole
            error = (left[:, column] - whole * steps) / root[column, column]
            errors[:, column - begin] = error
            left[:, column:end] -= np.outer(error, root[column, column:end])
        left[:, end:] -= errors @ root[begin:end, end:]
    rounded = np.empty_like(ordered)
    rounded[:, order] = ordered
    return rounded


def _inverse_root(gram: NDArray[np.float64]) -> Floats:
    """Return the upper triangle U with UT U = (gram + damping)^-1."""
    mean = float(np.diag(gram).mean())
    damping = _DAMPING * mean if mean > 0 else 1.0  # for inputs that are all 0 any damping will do
    inverse = np.linalg.inv(gram + damping * np.eye(len(gram)))
    root: Floats = np.linalg.cholesky((inverse + inverse.T) / 2).T.astype(np.float32)
    return root


def _gram_matrices(
    graph: onnx.ModelProto, names: Sequence[str], feeds: Sequence[Mapping[str, NDArray[np.int64]]]
) -> dict[str, NDArray[np.float64]]:
    """Return for tensors of a graph the sum of x xT over the vectors x of their last axis, for all feeds."""
    grams: dict[str, NDArray[np.float64]] = {}
    for name, values in probed(graph, names, feeds):
        vectors = values.reshape(-1, values.shape[-1])
        grams[name] = grams.get(name, 0.0) + (vectors.T @ vectors).astype(np.float64)
    return grams


def _step_sizes(rows: Floats, step: float) -> Floats:
    """Return the size of each row's steps: large enough that no weight is clipped.

    GPTQ would bend all other weights of the row to compensate for a clipped one.
    """
    size = np.sqrt(np.mean(np.square(rows), axis=1, dtype=np.float64))
    steps: Floats = np.maximum(size * step, np.abs(rows).max(axis=1) / MAX_STEPS).astype(np.float32)
    return np.where(steps > 0, steps, np.float32(1))


def _overwrite(tensor: onnx.TensorProto, values: NDArray[np.int8] | Floats) -> None:
    before = numpy_helper.to_array(tensor)
    if before.size != values.size or before.dtype != values.dtype:
        raise ValueError(
            f"{tensor.name} is {before.dtype} {before.shape}, not {values.dtype} {values.shape} as expected."
        )
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values).reshape(before.shape), tensor.name))
