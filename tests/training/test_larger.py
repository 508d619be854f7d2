import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, MANIFEST, TOKENIZER, sha256
from qa.reader.extractive import SpanReader
from qa.reader.model_files import LARGER, PACKED, ReaderManifest, unpack_larger
from qa.reader.span_model import OnnxSpanModel
from tests.questions import as_question
from tests.reader_contract import PASSAGES, QUESTIONS
from tests.training_parts import save_base, save_mpnet, small_scale, write_data
from training.export import CARD
from training.larger import MODEL_ID, main
from training.models.teacher import load_pretrained_teacher, save_teacher
from training.validation import ExportComparison, ValidationSet


@pytest.fixture(autouse=True, scope="module")
def at_small_scale() -> Iterator[None]:
    with small_scale(0.5):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, a teacher with random weights, and the small reader's tokenizer in `model`."""
    folder = tmp_path_factory.mktemp("larger")
    write_data(folder / "data")
    tokenizer = save_base(folder / "base") / TOKENIZER
    save_mpnet(folder / "mpnet", tokenizer)
    save_teacher(
        load_pretrained_teacher(folder / "mpnet", tokenizer, 0), folder / "teacher.pt", {"base": "mpnet", "steps": 3}
    )
    (folder / "model").mkdir()
    shutil.copyfile(tokenizer, folder / "model" / TOKENIZER)
    return folder


def make(folder: Path, out: Path, *more: str) -> Result:
    options = ["--data", str(folder / "data"), "--teacher", str(folder / "teacher.pt"), "--work", str(folder / "work")]
    return CliRunner().invoke(main, [*options, "--step", "0.1", "--out", str(out), *more])


@pytest.fixture(scope="module")
def model(folder: Path) -> Path:
    """The folder of a small reader's tokenizer with a larger reader below it, made by the command."""
    larger = folder / "model" / LARGER
    larger.mkdir()
    ran = make(folder, larger)
    assert 0 == ran.exit_code, ran.output
    (folder / "output").write_text(ran.stdout)
    return folder / "model"


def test_the_command_makes_a_compressed_reader_with_its_card(model: Path) -> None:
    assert {PACKED, MANIFEST, CARD} == {file.name for file in (model / LARGER).iterdir()}
    output = (model.parent / "output").read_text()
    assert f"Exported to {model / LARGER}, 0.1 MB: exact " in output
    assert "Fit it anew" in output
    card = (model / LARGER / CARD).read_text()
    assert "an MPNet with 2 layers" in card
    assert "| Initial weights: mpnet | its own |" in card
    assert "exported for ONNX Runtime as int8 in steps of 0.1, packed" in card


def test_it_reads_the_tokens_of_the_small_reader(model: Path, tmp_path: Path) -> None:
    content = json.loads((model / LARGER / MANIFEST).read_text())
    small = ReaderManifest(model_id="small", max_length=320, titled=True, pad_id=0, inputs=(), files=content["files"])
    folder, manifest = unpack_larger(model, small, tmp_path)
    assert (MODEL_ID, ("input_ids",)) == (manifest.model_id, manifest.inputs)
    assert (folder / GRAPH).is_file()
    assert sha256(model / TOKENIZER) == manifest.files[TOKENIZER]
    reader = SpanReader(OnnxSpanModel(folder, manifest), larger=OnnxSpanModel(folder, manifest))
    assert reader.read(as_question(QUESTIONS[0]), PASSAGES).candidates


def test_an_export_that_does_worse_than_its_teacher_is_not_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = ExportComparison(9, {"exact": (0.9, 0.1)}, 0.5)
    monkeypatch.setattr(ValidationSet, "compare", lambda *args: comparison)
    monkeypatch.setattr("training.validation._TOLERANCE", 0.03)
    shutil.copyfile(folder / "model" / TOKENIZER, tmp_path / TOKENIZER)
    ran = make(folder, tmp_path / "out")
    assert isinstance(ran.exception, ModelProblem)
    assert "does worse than the network" in str(ran.exception)
    assert [] == list((tmp_path / "out").iterdir())


def test_a_missing_small_reader_or_teacher_is_reported(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "no.pt").write_bytes(b"none")
    for expected in (f"There is no small reader in {tmp_path}", "There is no teacher in"):
        ran = make(folder, tmp_path / "out", "--teacher", str(tmp_path / "no.pt"))
        assert isinstance(ran.exception, ModelProblem)
        assert expected in str(ran.exception)
        shutil.copyfile(folder / "model" / TOKENIZER, tmp_path / TOKENIZER)
