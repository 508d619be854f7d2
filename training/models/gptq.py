"""Rounds weights to few steps, each error made good by the weights that are not rounded yet.

GPTQ (Frantar et al. 2023, https://arxiv.org/abs/2210.17323): what counts is not how near the weights are but how near
the products with what really flows in. For the same size it halved how far a large reader's scores were off.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray

from index.onnx.quantization import probed
from qa.reader.export import BITS

MOST = 2 ** (BITS - 1)  # steps to either side
_BLOCK = 128  # columns whose errors reach the rest together, only to be quick
_DAMPING = 0.1  # of the mean of the diagonal; .01, as in the paper, and 1 did worse on other texts

Floats = NDArray[np.float32]


def rounded(weights: Floats, gram: NDArray[np.float64], steps: Floats) -> NDArray[np.int8]:
    """Return the weights in whole steps.

    Args:
        weights: of shape (out, in).
        gram: of shape (in, in), the sum of x xT over the vectors x that flow in.
        steps: of shape (out,), how large a step is for each of what flows out.
    """
    order = np.argsort(-np.diag(gram), kind="stable")  # what counts most is rounded while most is left to mend it
    left = weights[:, order].astype(np.float32)
    spread = _inverse_root(gram[np.ix_(order, order)])
    found = np.zeros(left.shape, np.int8)
    for begin in range(0, left.shape[1], _BLOCK):
        end = min(begin + _BLOCK, left.shape[1])
        errors = np.zeros((len(left), end - begin), np.float32)
        for column in range(begin, end):
            whole = np.clip(np.round(left[:, column] / steps), -MOST, MOST)
            found[:, column] = whole
            error = (left[:, column] - whole * steps) / spread[column, column]
            errors[:, column - begin] = error
            left[:, column:end] -= np.outer(error, spread[column, column:end])
        left[:, end:] -= errors @ spread[begin:end, end:]
    back = np.empty_like(found)
    back[:, order] = found
    return back


def _inverse_root(gram: NDArray[np.float64]) -> Floats:
    """Return the upper triangle U with UT U = (gram + damping)^-1."""
    damping = _DAMPING * float(np.diag(gram).mean()) or 1.0  # where nothing flowed in, any will do
    inverse = np.linalg.inv(gram + damping * np.eye(len(gram)))
    root: Floats = np.linalg.cholesky((inverse + inverse.T) / 2).T.astype(np.float32)
    return root


def grams(
    graph: onnx.ModelProto, names: Sequence[str], feeds: Sequence[Mapping[str, NDArray[np.int64]]]
) -> dict[str, NDArray[np.float64]]:
    """Return for tensors of a graph the sum of x xT over their vectors x, the last axis, for all feeds."""
    sums: dict[str, NDArray[np.float64]] = {}
    for name, values in probed(graph, names, feeds):
        vectors = values.reshape(-1, values.shape[-1])
        sums[name] = sums.get(name, 0.0) + (vectors.T @ vectors).astype(np.float64)
    return sums
