import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ModelProblem, StorageProblem
from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.embedding.onnx_embedder import TOKENS_PER_BATCH, batches_by_length
from index.onnx.model_files import GRAPH, MANIFEST, read_manifest, write_folder
from tests.embedder_contract import EmbedderContract
from tests.fakes import WordEmbedder
from tests.models import MODELS, default_embedder, default_export


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
        manifest = read_manifest(default_export())
        assert manifest is not None
        assert manifest.agreement.mean_cosine > 0.985
        assert 256 == manifest.max_length


@pytest.mark.model
def test_with_an_export_there_nothing_heavy_is_imported() -> None:
    default_embedder()
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
        write_folder(tmp_path / "export", fail)
    assert [] == list(tmp_path.iterdir())


def test_what_a_crash_left_long_ago_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".export-crashed"
    left.mkdir()
    os.utime(left, (0, 0))
    write_folder(tmp_path / "export", lambda folder: (folder / "file").touch())
    assert ["export"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"agreement": 1}', "null"])
def test_a_broken_manifest_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(content)
    assert read_manifest(tmp_path) is None


def test_batches_hold_every_row_once_within_the_budget() -> None:
    lengths = np.random.default_rng(3).integers(1, 400, 500).tolist()
    batches = batches_by_length(lengths)
    assert list(range(500)) == sorted(np.concatenate(batches).tolist())
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= TOKENS_PER_BATCH


def test_no_rows_are_no_batches() -> None:
    assert [] == batches_by_length([])
