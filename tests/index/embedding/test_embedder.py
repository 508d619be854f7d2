import importlib.util
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ModelProblem, StorageProblem
from index.embedding import embedder as embedder_module
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.embedding.onnx_embedder import (
    SHIPPED,
    TOKENS_PER_BATCH,
    EmbedderManifest,
    batches_by_length,
)
from index.embedding.parity import REFERENCE
from index.onnx.model_files import GRAPH, MANIFEST, TOKENIZER, sha256, write_folder
from tests.embedder_contract import EmbedderContract
from tests.fakes import WordEmbedder
from tests.models import MODELS, default_embedder


class TestWordEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return WordEmbedder()


@pytest.mark.model
class TestDefaultModel(EmbedderContract):
    same = 0.98

    @pytest.fixture
    def embedder(self) -> Embedder:
        return default_embedder()

    def test_it_is_named_after_the_model(self, embedder: Embedder) -> None:
        name, fingerprint = embedder.model_id.split("@")
        assert DEFAULT_MODEL == name
        assert 12 == len(fingerprint)

    def test_what_is_past_the_limit_does_not_count(self, embedder: Embedder) -> None:
        start = "rain " * 254  # with the two marks around it, 256 tokens
        short, long = embedder.embed([start, start + "and a volcano erupted " * 50])
        assert float(short @ long) > 0.999

    def test_a_paraphrase_is_nearer_than_another_subject(self, embedder: Embedder) -> None:
        question = embedder.embed_question("When does the last bus go?")
        near, far = embedder.embed(["The final bus departs at 23:40.", "Penguins moult once a year."])
        assert float(question @ near) > float(question @ far) + 0.3

    def test_the_short_name_is_the_same_model(self, embedder: Embedder) -> None:
        assert embedder.model_id == load_embedder("all-MiniLM-L6-v2", MODELS).model_id

    def test_the_export_agreed_with_the_model(self) -> None:
        manifest = EmbedderManifest.read(SHIPPED)
        assert manifest is not None
        assert manifest.agreement["mean_cosine"] >= 0.99
        assert (256, None, 384) == (manifest.max_length, manifest.machine, manifest.dimension)

    def test_indexes_of_the_export_that_every_machine_made_for_itself_stay_usable(self, embedder: Embedder) -> None:
        assert "sentence-transformers/all-MiniLM-L6-v2@d932ded62f27" in embedder.former_ids
        assert embedder.model_id not in embedder.former_ids


@pytest.mark.model
def test_loading_the_shipped_model_imports_nothing_heavy() -> None:
    code = """
import json, sys
from pathlib import Path
from index.embedding.embedder import load_embedder
load_embedder(sys.argv[1], Path(sys.argv[2])).embed(["hello"])
print(json.dumps([name for name in ("torch", "transformers", "sentence_transformers", "onnx") if name in sys.modules]))
"""
    command = [sys.executable, "-c", code, DEFAULT_MODEL, str(MODELS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert [] == json.loads(done.stdout)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped model, which is loaded in its place."""
    folder = tmp_path / "shipped"
    shutil.copytree(SHIPPED, folder)
    monkeypatch.setattr(embedder_module, "SHIPPED", folder)
    return folder


def exchange_reference(folder: Path, vectors: np.ndarray) -> None:
    """Put other reference vectors into a copy of the shipped model, which stays whole."""
    np.save(folder / REFERENCE, vectors)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][REFERENCE] = sha256(folder / REFERENCE)
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.model
def test_a_machine_that_computes_other_vectors_is_told_of_at_the_first_start(shipped: Path, tmp_path: Path) -> None:
    reference = np.load(shipped / REFERENCE)
    exchange_reference(shipped, reference[::-1])
    for _ in range(2):
        with pytest.raises(ModelProblem, match=r"computes other vectors on this machine .*mean cosine 0\.\d"):
            load_embedder(DEFAULT_MODEL, tmp_path / "models")
    assert not (tmp_path / "models").exists()


@pytest.mark.model
def test_a_machine_is_checked_once(shipped: Path, tmp_path: Path) -> None:
    load_embedder(DEFAULT_MODEL, tmp_path / "models")
    (note,) = (tmp_path / "models").iterdir()
    assert json.loads(note.read_text())["agreement"]["mean_cosine"] > 0.99
    exchange_reference(shipped, np.load(shipped / REFERENCE)[::-1])
    load_embedder(DEFAULT_MODEL, tmp_path / "models")


@pytest.mark.model
def test_a_folder_of_models_that_cannot_be_written_hinders_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert 384 == load_embedder(DEFAULT_MODEL, tmp_path / "file" / "models").dimension


@pytest.mark.parametrize("name", [GRAPH, TOKENIZER, REFERENCE])
def test_a_damaged_file_of_the_shipped_model_is_named_with_what_to_do(name: str, shipped: Path, tmp_path: Path) -> None:
    with (shipped / name).open("r+b") as file:
        file.write(b"\x00\x00")
    with pytest.raises(ModelProblem, match=f"{shipped} is missing or damaged. Put back the files"):
        load_embedder(DEFAULT_MODEL, tmp_path)


def test_without_the_libraries_that_export_another_model_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sentence_transformers" else found(name)
    )
    with pytest.raises(ModelProblem, match="acme/other does not come with Citeline"):
        load_embedder("acme/other", tmp_path)


@pytest.mark.parametrize("model", ["no/such/folder", "./nowhere", "", "two words"])
def test_a_name_that_can_be_no_model_is_refused(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    with pytest.raises(ModelProblem):
        load_embedder(model, tmp_path / "cache")


def test_a_folder_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=str(tmp_path)):
        load_embedder(str(tmp_path), tmp_path / "cache")


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / GRAPH).write_bytes(b"half")
        raise OSError("No space left on device")

    with pytest.raises(StorageProblem, match="No space left"):
        write_folder(tmp_path / "export", fail, EmbedderManifest.read)
    assert [] == list(tmp_path.iterdir())


def test_many_that_replace_a_damaged_folder_at_once_leave_a_whole_one(tmp_path: Path) -> None:
    def read(folder: Path) -> str | None:
        file = folder / "file"
        return "whole" if file.exists() and file.read_text() == "whole" else None

    def fill(folder: Path) -> None:
        (folder / "file").write_text("whole")

    def write(target: Path) -> str | None:
        write_folder(target, fill, read)
        return read(target)

    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            target = tmp_path / str(number)
            target.mkdir()
            (target / "file").write_text("half")
            assert ["whole"] * 8 == list(pool.map(write, [target] * 8))


def test_what_a_crash_left_long_ago_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".export-crashed"
    left.mkdir()
    os.utime(left, (0, 0))
    write_folder(tmp_path / "export", lambda folder: (folder / "file").touch(), EmbedderManifest.read)
    assert [".export.lock", "export"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"agreement": 1}', "null"])
def test_a_broken_manifest_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(content)
    assert EmbedderManifest.read(tmp_path) is None


@pytest.mark.parametrize("count", [0, 500])
def test_batches_hold_every_row_once_within_the_budget(count: int) -> None:
    lengths = np.random.default_rng(3).integers(1, 400, count).tolist()
    batches = batches_by_length(lengths)
    assert list(range(count)) == sorted(row for batch in batches for row in batch.tolist())
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= TOKENS_PER_BATCH
