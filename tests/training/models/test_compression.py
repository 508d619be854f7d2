import gzip
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from index.onnx.export import Feed, write_quantised
from training.models import compression
from training.models.compression import MAX_STEPS, compress, gptq, write_gptq, write_low_bit

WORDS, WIDE, OUT = 17_000, 64, 48  # so many numbers that the table is stored in steps, too
STEP, TABLE_STEP = 0.5, 0.8


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph with a table of vectors, a product with a nonlinearity behind, and one with two columns.

    Of the numbers in a vector many say nearly the same.
    """
    random = np.random.default_rng(5)
    shapes = {"table": (WORDS, WIDE), "wide": (WIDE, OUT), "narrow": (OUT, 2)}
    numbers = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    numbers["table"] = (numbers["table"][:, :8] @ random.normal(size=(8, WIDE)) + numbers["table"] / 4).astype("f4") / 3
    numbers["table"][7] = 0  # a word that says nothing
    numbers["wide"] /= 8
    numbers["wide"][3, 9] = 5  # an outlier
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["found"], "gather"),
        helper.make_node("MatMul", ["found", "wide"], ["product"], "first"),
        helper.make_node("Tanh", ["product"], ["bent"], "bend"),
        helper.make_node("MatMul", ["bent", "narrow"], ["scores"], "last"),
    ]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["texts", "tokens", 2])
    tensors = [numpy_helper.from_array(values, name) for name, values in numbers.items()]
    graph = helper.make_graph(nodes, "graph", [ids], [scores], tensors)
    file = tmp_path_factory.mktemp("graph") / "full.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    return file


def feeds(seed: int, count: int = 30) -> list[Feed]:
    random = np.random.default_rng(seed)
    return [{"input_ids": random.integers(0, WORDS, (1, 50))} for _ in range(count)]


@pytest.fixture(scope="module")
def low_bit(full: Path) -> Path:
    file = full.with_name("low_bit.onnx")
    write_low_bit(full, file, feeds(1), STEP, TABLE_STEP)
    return file


def outputs(file: Path) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, dict(one))[0] for one in feeds(2)])


def numbers(file: Path) -> dict[str, NDArray[np.generic]]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(file).graph.initializer}


def test_a_low_bit_graph_computes_nearly_the_same(full: Path, low_bit: Path) -> None:
    whole = outputs(full)
    assert np.corrcoef(whole.ravel(), outputs(low_bit).ravel())[0, 1] > 0.9


def test_gptq_is_nearer_than_rounding_to_the_nearest_step(
    full: Path, low_bit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, compensated = outputs(full), outputs(low_bit)
    monkeypatch.setattr(compression, "_gram_matrices", lambda graph, names, feeds: dict.fromkeys(names, np.eye(WIDE)))
    write_low_bit(full, tmp_path / "nearest.onnx", feeds(1), STEP, TABLE_STEP)
    nearest = outputs(tmp_path / "nearest.onnx")
    assert np.abs(compensated - whole).mean() < 0.9 * np.abs(nearest - whole).mean()


def test_gptq_to_7_bits_is_nearer_than_rounding_to_7_bits(full: Path, tmp_path: Path) -> None:
    whole = outputs(full)
    write_gptq(full, tmp_path / "gptq.onnx", feeds(1, 3), feeds(3))
    write_quantised(full, tmp_path / "plain.onnx", feeds(1, 3), bits=7, tables=True)
    gptq_error, error = (np.abs(outputs(tmp_path / f"{name}.onnx") - whole).mean() for name in ("gptq", "plain"))
    assert gptq_error < error
    assert np.abs(numbers(tmp_path / "gptq.onnx")["wide_quantized"].astype(int)).max() == 64


def test_nearly_all_weights_take_few_steps(low_bit: Path) -> None:
    made = numbers(low_bit)
    for name in ("wide_quantized", "table_rows"):
        assert np.int8 == made[name].dtype
        assert np.mean(np.abs(made[name].astype(int)) <= 4 / min(STEP, TABLE_STEP)) > 0.98
        assert np.abs(made[name].astype(int)).max() <= 64
    assert np.float32 == made["narrow"].dtype


def test_an_outlier_is_not_clipped(full: Path, tmp_path: Path) -> None:
    write_low_bit(full, tmp_path / "fine.onnx", feeds(1), 0.1, 0.1)
    made = numbers(tmp_path / "fine.onnx")
    column = made["wide_quantized"][:, 9].astype(int)
    assert 64 == np.abs(column).max()
    assert 3 == np.abs(column).argmax()
    whole = outputs(full)
    assert np.corrcoef(whole.ravel(), outputs(tmp_path / "fine.onnx").ravel())[0, 1] > 0.99


def test_a_row_of_zeros_stays_zero(low_bit: Path) -> None:
    made = numbers(low_bit)
    assert not made["table_rows"][7].any()
    assert np.isfinite(made["table_scales"]).all()


def test_compression_is_lossless_and_takes_a_fraction(full: Path, low_bit: Path, tmp_path: Path) -> None:
    eight = full.with_name("eight.onnx")
    write_quantised(full, eight, feeds(1), 7, tables=True)
    for file in (low_bit, eight):
        compress(file, tmp_path / file.name)
        assert file.read_bytes() == gzip.decompress((tmp_path / file.name).read_bytes())
    assert (tmp_path / "low_bit.onnx").stat().st_size < 0.45 * (tmp_path / "eight.onnx").stat().st_size


def test_compression_is_deterministic(low_bit: Path, tmp_path: Path) -> None:
    compress(low_bit, tmp_path / "one")
    compress(low_bit, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


Floats = NDArray[np.float32]


def activations(seed: int, count: int = 4_000, channels: int = 160) -> Floats:
    """Vectors like those in a network: with correlated channels, some far larger than others."""
    shaped = np.random.default_rng(7)
    mixing = shaped.normal(size=(channels, channels)) * np.exp(shaped.normal(size=channels))
    return (np.random.default_rng(seed).normal(size=(count, channels)) @ mixing).astype(np.float32)


@pytest.fixture
def weights() -> Floats:
    return np.random.default_rng(3).normal(size=(20, 160)).astype(np.float32)


def gram(vectors: Floats) -> Floats:
    return (vectors.T @ vectors).astype(np.float64)


def error(weights: Floats, whole: Floats, steps: Floats) -> float:
    """The mean squared error of products with vectors that the rounding was not fitted to."""
    difference = activations(2) @ (weights - whole * steps[:, None]).T
    return float(np.square(difference).mean())


def test_gptq_has_a_far_smaller_error_than_rounding_each_weight(weights: Floats) -> None:
    steps = np.full(20, 0.7, np.float32)
    whole = gptq(weights, gram(activations(1)), steps)
    assert np.int8 == whole.dtype
    assert error(weights, whole, steps) < 0.6 * error(weights, np.round(weights / steps[:, None]), steps)


def test_weights_of_independent_channels_are_rounded_to_the_nearest(weights: Floats) -> None:
    steps = np.linspace(0.3, 1, 20).astype(np.float32)
    np.testing.assert_array_equal(np.round(weights / steps[:, None]), gptq(weights, np.eye(160) * 5, steps))


def test_whole_weights_stay(weights: Floats) -> None:
    even = np.round(weights)
    np.testing.assert_array_equal(even, gptq(even, gram(activations(1)), np.ones(20, np.float32)))


def test_weights_are_clipped_to_the_range(weights: Floats) -> None:
    weights[3, 5], weights[3, 6] = 1e4, -1e4
    whole = gptq(weights, gram(activations(1)), np.ones(20, np.float32))
    assert (MAX_STEPS, -MAX_STEPS) == (whole[3, 5], whole[3, 6])


def test_inputs_that_are_all_zero_do_no_harm(weights: Floats) -> None:
    whole = gptq(weights, np.zeros((160, 160)), np.ones(20, np.float32))
    np.testing.assert_array_equal(np.round(weights), whole)
