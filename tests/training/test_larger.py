import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, MANIFEST, TOKENIZER, sha256
from qa.confidence import CALIBRATION
from qa.reader.extractive import SpanReader
from qa.reader.model_files import LARGER, PACKED, ReaderManifest, unpack_larger
from qa.reader.span_model import OnnxSpanModel
from tests.questions import as_question
from tests.reader_contract import PASSAGES, QUESTIONS
from tests.training_parts import save_base, save_mpnet, small_scale, write_data
from training.larger import MODEL_ID, main
from training.model_card import CARD
from training.models.teacher import load_base, save_teacher
from training.validation import Comparison, KeptApart


@pytest.fixture(autouse=True, scope="module")
def at_small_scale() -> Iterator[None]:
    with small_scale(0.5):
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, a teacher with random weights, and the small reader's tokenizer in `model`."""
    folder = tmp_path_factory.mktemp("larger")
    write_data(folder / "data")
    tokenizer = save_base(folder / "base") / TOKENIZER
    save_mpnet(folder / "mpnet", tokenizer)
    save_teacher(load_base(folder / "mpnet", tokenizer, 0), folder / "teacher.pt", {"base": "mpnet", "steps": 3})
    (folder / "model").mkdir()
    shutil.copyfile(tokenizer, folder / "model" / TOKENIZER)
    return folder


def make(home: Path, out: Path, *more: str) -> Result:
    told = ["--data", str(home / "data"), "--teacher", str(home / "teacher.pt"), "--work", str(home / "work")]
    return CliRunner().invoke(main, [*told, "--step", "0.1", "--out", str(out), *more])


@pytest.fixture(scope="module")
def model(home: Path) -> Path:
    """The folder of a small reader's tokenizer with a larger reader below it, made by the command."""
    larger = home / "model" / LARGER
    larger.mkdir()
    (larger / CALIBRATION.name).write_text("that of the larger reader before")
    ran = make(home, larger)
    assert 0 == ran.exit_code, ran.output
    (home / "told").write_text(ran.stdout)
    return home / "model"


def test_the_command_makes_a_packed_reader_with_its_card(model: Path) -> None:
    assert {PACKED, MANIFEST, CARD} == {file.name for file in (model / LARGER).iterdir()}
    told = (model.parent / "told").read_text()
    assert f"Exported to {model / LARGER}, 0.1 MB: exact " in told
    assert "Fit it anew" in told
    card = (model / LARGER / CARD).read_text()
    assert "an MPNet with 2 layers" in card
    assert "| Weights to begin with: mpnet | its own |" in card
    assert "stored as int8 in steps of 0.1, packed" in card


def test_it_reads_the_tokens_of_the_small_reader(model: Path, tmp_path: Path) -> None:
    told = json.loads((model / LARGER / MANIFEST).read_text())
    small = ReaderManifest(model_id="small", max_length=320, titled=True, pad_id=0, inputs=(), files=told["files"])
    folder, manifest = unpack_larger(model, small, tmp_path)
    assert (MODEL_ID, ("input_ids",)) == (manifest.model_id, manifest.inputs)
    assert (folder / GRAPH).is_file()
    assert sha256(model / TOKENIZER) == manifest.files[TOKENIZER]
    reader = SpanReader(OnnxSpanModel(folder, manifest), larger=OnnxSpanModel(folder, manifest))
    assert reader.read(as_question(QUESTIONS[0]), PASSAGES).candidates


def test_what_does_worse_than_its_teacher_is_not_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = Comparison(9, {"exact": (0.9, 0.1)}, 0.5)
    monkeypatch.setattr(KeptApart, "compared", lambda *told: worse)
    monkeypatch.setattr("training.validation._WORSE", 0.03)
    shutil.copyfile(home / "model" / TOKENIZER, tmp_path / TOKENIZER)
    ran = make(home, tmp_path / "out")
    assert isinstance(ran.exception, ModelProblem)
    assert "does worse than the network" in str(ran.exception)
    assert [] == list((tmp_path / "out").iterdir())


def test_without_a_small_reader_there_is_no_larger_one(home: Path, tmp_path: Path) -> None:
    ran = make(home, tmp_path / "out")
    assert isinstance(ran.exception, ModelProblem)
    assert f"There is no small reader in {tmp_path}" in str(ran.exception)


def test_a_teacher_that_is_none_is_told(home: Path, tmp_path: Path) -> None:
    shutil.copyfile(home / "model" / TOKENIZER, tmp_path / TOKENIZER)
    (tmp_path / "no.pt").write_bytes(b"none")
    ran = make(home, tmp_path / "out", "--teacher", str(tmp_path / "no.pt"))
    assert isinstance(ran.exception, ModelProblem)
    assert "There is no teacher in" in str(ran.exception)
