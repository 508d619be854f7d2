import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import ModelProblem, StorageProblem
from index.embedding import onnx_embedder
from index.onnx.model_files import FILES, GRAPH, MANIFEST, TOKENIZER, VERSION
from qa.confidence import CALIBRATION
from qa.reader import loader as reader_source
from qa.reader.base import Reader, SentenceReader
from qa.reader.cell_reader import CellReader
from qa.reader.loader import calibration_file, load_reader
from qa.reader.model_files import LARGER, PACKED, ReaderManifest, unpack_larger
from tests.questions import as_question
from tests.reader_contract import PASSAGES, QUESTIONS
from tests.reader_models import save_bert, save_roberta

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face folder."""
    folder = tmp_path_factory.mktemp("saved") / "tiny"
    save_bert(folder)
    return folder


@pytest.fixture(scope="module")
def cache(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that has its export."""
    folder = tmp_path_factory.mktemp("cache")
    load_reader(str(saved), folder)
    return folder


@pytest.fixture
def exported(cache: Path, tmp_path: Path) -> Path:
    """A copy of the export."""
    whole = next(path for path in (cache / "readers").iterdir() if path.is_dir())
    copy = tmp_path / "export"
    copy.mkdir()
    for file in whole.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def with_larger(small: Path) -> None:
    """Pack a copy of a reader below it, as the larger one."""
    larger = small / LARGER
    larger.mkdir()
    (larger / PACKED).write_bytes(gzip.compress((small / GRAPH).read_bytes()))
    (larger / MANIFEST).write_bytes((small / MANIFEST).read_bytes())


def said(reader: Reader) -> list[str]:
    return [candidate.span.text for candidate in reader.read(as_question(QUESTIONS[0]), PASSAGES).candidates]


@pytest.mark.parametrize("name", ["", "default"])
def test_the_shipped_models_read_by_default(name: str, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_larger(exported)
    monkeypatch.setattr(reader_source, "SHIPPED", exported)  # so that the test is of any model, and quick
    heard: list[str] = []
    reader = load_reader(name, exported / "cache", heard.append)
    assert ["Unpacking the larger reading model. This happens once."] == heard
    assert isinstance(reader, CellReader)
    assert said(reader)
    [unpacked] = (exported / "cache" / "readers").glob("larger-*")
    assert ReaderManifest.read(unpacked) == ReaderManifest.read(exported)


def test_the_quick_one_reads_alone(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_source, "SHIPPED", exported)
    assert said(load_reader("quick", exported / "nowhere"))
    assert not (exported / "nowhere").exists()


def test_the_shipped_readers_share_a_calibration_and_sentences_have_another(tmp_path: Path) -> None:
    *shipped, sentences = (calibration_file(name, tmp_path) for name in ("", "default", "quick", "sentences"))
    assert {reader_source.SHIPPED / CALIBRATION.name} == set(shipped)
    assert CALIBRATION == sentences
    assert all(file.is_file() for file in (*shipped, sentences))


def test_the_shipped_model_is_next_to_the_code() -> None:
    assert ROOT / "qa" / "model" == reader_source.SHIPPED


def test_the_shipped_models_are_small_enough_to_come_along() -> None:
    folders = [reader_source.SHIPPED, onnx_embedder.SHIPPED]
    sizes = [file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert sum(sizes) < 90_000_000


def test_the_shipped_models_read_the_same_tokens(tmp_path: Path) -> None:
    small = ReaderManifest.read(reader_source.SHIPPED)
    assert small is not None
    _, larger = unpack_larger(reader_source.SHIPPED, small, tmp_path)
    assert "citeline-larger-reader-1" == larger.model_id


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("damage", [lambda f: f.write_bytes(f.read_bytes()[:-9] + b"otherwise"), lambda f: f.unlink()])
def test_a_shipped_model_that_is_not_whole_is_told(
    damage: Callable[[Path], Any], name: str, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(exported / name)
    monkeypatch.setattr(reader_source, "SHIPPED", exported)
    for reader in ("", "quick"):
        with pytest.raises(ModelProblem, match=f"{exported} is missing or damaged. Put back"):
            load_reader(reader, exported)


def test_without_a_model_sentences_answer(tmp_path: Path) -> None:
    assert isinstance(load_reader("sentences", tmp_path / "none"), SentenceReader)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("save", [save_bert, save_roberta])
def test_a_hugging_face_model_is_exported_once(save: Any, tmp_path: Path) -> None:
    save(tmp_path / "tiny")
    heard: list[str] = []
    first = load_reader(str(tmp_path / "tiny"), tmp_path / "cache", heard.append)
    again = load_reader(str(tmp_path / "tiny"), tmp_path / "cache", heard.append)
    assert ["Preparing the reading model tiny. This happens once and takes about a minute."] == heard
    assert said(first) == said(again) != []
    manifest = ReaderManifest.read(next(path for path in (tmp_path / "cache" / "readers").iterdir() if path.is_dir()))
    assert manifest is not None
    assert "tiny@" == manifest.model_id[:5]
    assert not manifest.titled
    assert 127 <= manifest.max_length <= 128


def test_a_damaged_export_in_the_cache_is_made_again(saved: Path, tmp_path: Path) -> None:
    heard: list[str] = []
    before = said(load_reader(str(saved), tmp_path, heard.append))
    export = next(path for path in (tmp_path / "readers").iterdir() if path.is_dir())
    (export / GRAPH).write_bytes(b"half a mod")
    assert before == said(load_reader(str(saved), tmp_path, heard.append))
    assert 2 == len(heard)


def test_changed_weights_are_another_model(tmp_path: Path) -> None:
    heard: list[str] = []
    for save in (save_bert, save_roberta):
        save(tmp_path / "tiny")
        load_reader(str(tmp_path / "tiny"), tmp_path / "cache", heard.append)
    assert 2 == len(heard)


def test_a_finished_export_is_a_reader_as_it_is(exported: Path, tmp_path: Path) -> None:
    assert said(load_reader(str(exported), tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()
    (exported / TOKENIZER).write_text("{}")
    with pytest.raises(ModelProblem, match=f"{exported} is missing or damaged. Please export"):
        load_reader(str(exported), tmp_path / "cache")


def test_with_an_export_there_nothing_heavy_is_imported(saved: Path, cache: Path) -> None:
    code = """
import json, sys
from pathlib import Path
from qa.reader.loader import load_reader
load_reader(sys.argv[1], Path(sys.argv[2]))
print(json.dumps([name for name in ("torch", "transformers", "onnx") if name in sys.modules]))
"""
    command = [sys.executable, "-c", code, str(saved), str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert [] == json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        *((name, "There is no reading model in") for name in ("no/such/folder", "./nowhere", "two words", __file__)),
        ("acme/no-such-reader", r"acme/no-such-reader is not on this machine.* default, quick, sentences"),
    ],
)
def test_a_name_of_no_model_is_refused(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=message):
        load_reader(name, tmp_path)


def test_a_folder_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=f"{tmp_path} is not a Hugging Face model"):
        load_reader(str(tmp_path), tmp_path / "cache")


def test_a_hubs_model_is_found_by_name_in_its_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    hub = tmp_path / "hub" / "models--acme--tiny-reader"
    save_bert(hub / "snapshots" / "0123")
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text("0123")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    heard: list[str] = []
    for _ in range(2):
        assert said(load_reader("acme/tiny-reader", tmp_path / "cache", heard.append))
    assert ["Preparing the reading model acme/tiny-reader. This happens once and takes about a minute."] == heard


def test_a_model_that_was_not_trained_to_find_answers_is_refused(tmp_path: Path) -> None:
    save_bert(tmp_path / "tiny", head=False)
    with pytest.raises(ModelProblem, match="tiny was not trained to find answers"):
        load_reader(str(tmp_path / "tiny"), tmp_path / "cache")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_damaged_files_are_a_model_problem(name: str, tmp_path: Path) -> None:
    save_bert(tmp_path / "tiny")
    (tmp_path / "tiny" / name).write_bytes(b"not what it was")
    with pytest.raises(ModelProblem, match=f"{tmp_path / 'tiny'} can't be loaded"):
        load_reader(str(tmp_path / "tiny"), tmp_path / "cache")


def test_a_cache_that_can_not_be_written_is_a_storage_problem(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageProblem, match="file"):
        load_reader(str(saved), tmp_path / "file" / "cache")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"inputs": 1}', "null"])
def test_a_broken_manifest_is_none(content: str, exported: Path) -> None:
    (exported / MANIFEST).write_text(content)
    assert ReaderManifest.read(exported) is None


def test_a_manifest_is_read_as_it_was_written(exported: Path) -> None:
    manifest = ReaderManifest.read(exported)
    assert manifest is not None
    other = replace(manifest, max_length=9, rejected={"int8": manifest.agreement})
    other.write(exported)
    assert other == ReaderManifest.read(exported)
    replace(manifest, version=VERSION + 1).write(exported)
    assert ReaderManifest.read(exported) is None
