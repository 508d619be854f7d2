import gzip
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from index.onnx.export import Feed, write_quantised
from training.models import packing
from training.models.packing import pack, write_coarse, write_rounded

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
def coarse(full: Path) -> Path:
    file = full.with_name("coarse.onnx")
    write_coarse(full, file, feeds(1), STEP, TABLE_STEP)
    return file


def said(file: Path) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, dict(one))[0] for one in feeds(2)])


def numbers(file: Path) -> dict[str, NDArray[np.generic]]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(file).graph.initializer}


def test_a_graph_in_few_steps_says_nearly_the_same(full: Path, coarse: Path) -> None:
    whole = said(full)
    assert np.corrcoef(whole.ravel(), said(coarse).ravel())[0, 1] > 0.9


def test_errors_are_made_good_for_what_really_flows_in(
    full: Path, coarse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, mended = said(full), said(coarse)
    monkeypatch.setattr(packing, "grams", lambda graph, names, feeds: dict.fromkeys(names, np.eye(WIDE)))
    write_coarse(full, tmp_path / "nearest.onnx", feeds(1), STEP, TABLE_STEP)
    nearest = said(tmp_path / "nearest.onnx")
    assert np.abs(mended - whole).mean() < 0.9 * np.abs(nearest - whole).mean()


def test_weights_in_all_steps_of_7_bits_are_nearer_by_gptq_than_by_rounding(full: Path, tmp_path: Path) -> None:
    whole = said(full)
    write_rounded(full, tmp_path / "gptq.onnx", feeds(1, 3), feeds(3))
    write_quantised(full, tmp_path / "plain.onnx", feeds(1, 3), bits=7, tables=True)
    assert np.abs(said(tmp_path / "gptq.onnx") - whole).mean() < np.abs(said(tmp_path / "plain.onnx") - whole).mean()
    assert np.abs(numbers(tmp_path / "gptq.onnx")["wide_quantized"].astype(int)).max() == 64


def test_nearly_all_weights_are_few_steps(coarse: Path) -> None:
    made = numbers(coarse)
    for name in ("wide_quantized", "table_rows"):
        assert np.int8 == made[name].dtype
        assert np.mean(np.abs(made[name].astype(int)) <= 4 / min(STEP, TABLE_STEP)) > 0.98
        assert np.abs(made[name].astype(int)).max() <= 64
    assert np.float32 == made["narrow"].dtype


def test_an_outlier_is_not_cut_off(full: Path, tmp_path: Path) -> None:
    write_coarse(full, tmp_path / "fine.onnx", feeds(1), 0.1, 0.1)
    made = numbers(tmp_path / "fine.onnx")
    column = made["wide_quantized"][:, 9].astype(int)
    assert 64 == np.abs(column).max()
    assert 3 == np.abs(column).argmax()
    whole = said(full)
    assert np.corrcoef(whole.ravel(), said(tmp_path / "fine.onnx").ravel())[0, 1] > 0.99


def test_a_row_of_noughts_stays_that(coarse: Path) -> None:
    made = numbers(coarse)
    assert not made["table_rows"][7].any()
    assert np.isfinite(made["table_scales"]).all()


def test_packed_it_takes_a_fraction_and_comes_out_the_same(full: Path, coarse: Path, tmp_path: Path) -> None:
    eight = full.with_name("eight.onnx")
    write_quantised(full, eight, feeds(1), 7, tables=True)
    for file in (coarse, eight):
        pack(file, tmp_path / file.name)
        assert file.read_bytes() == gzip.decompress((tmp_path / file.name).read_bytes())
    assert (tmp_path / "coarse.onnx").stat().st_size < 0.45 * (tmp_path / "eight.onnx").stat().st_size


def test_packing_says_nothing_of_when_and_where(coarse: Path, tmp_path: Path) -> None:
    pack(coarse, tmp_path / "one")
    pack(coarse, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
