import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import ModelProblem, StorageProblem
from index.embedding import export
from index.embedding.embedder import DEFAULT_MODEL, OnnxEmbedder, load_embedder
from index.embedding.export import VARIANTS, export_model
from index.embedding.onnx_embedder import SHIPPED, EmbedderManifest
from index.embedding.parity import REFERENCE, REFERENCE_TEXTS, TEXTS, compare
from index.onnx.model_files import GRAPH, MANIFEST
from index.onnx.model_source import Source, find_source
from tests.models import default_embedder, default_model_folder, make_tiny_model

pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed: requirements.txt has it")
pytestmark = pytest.mark.model
IMPOSSIBLE = replace(VARIANTS[0], accepts=lambda agreement: False)
FP32 = VARIANTS[-1]
UNSEEN = [
    "The beekeeper moved her forty hives to the heather in August.",
    "A short one.",
    "Where did the bees go?",
    "Six of the nine judges agreed that the contract, signed in 1997 and never amended, no longer bound the port.",
    "Der Bäcker schließt um 18 Uhr.",
    "It snowed. " * 90,
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return make_tiny_model(folder, prompts={"query": "question: ", "document": "text: "}), folder


@pytest.fixture(scope="module")
def published() -> Any:
    """The published model, run by sentence-transformers."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(default_model_folder()), device="cpu")


def test_the_shipped_model_agrees_with_sentence_transformers_on_unseen_texts(published: Any) -> None:
    assert not set(UNSEEN) & set(TEXTS)
    agreement = compare(default_embedder().embed(UNSEEN), published.encode(UNSEEN, show_progress_bar=False))
    assert agreement["mean_cosine"] > 0.985
    assert agreement["min_cosine"] > 0.95


def test_the_shipped_model_agrees_with_sentence_transformers_as_its_manifest_says(published: Any) -> None:
    manifest = EmbedderManifest.read(SHIPPED)
    assert manifest is not None
    agreement = compare(default_embedder().embed(TEXTS), published.encode(TEXTS, show_progress_bar=False))
    assert agreement["mean_cosine"] >= 0.99
    assert agreement["same_nearest"] >= 0.9
    assert manifest.agreement == pytest.approx(agreement, abs=0.02)


def test_the_shipped_reference_vectors_are_those_of_sentence_transformers(published: Any) -> None:
    expected = published.encode(REFERENCE_TEXTS, show_progress_bar=False)
    np.testing.assert_allclose(expected, np.load(SHIPPED / REFERENCE), atol=1e-3)


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_every_pooling_is_exported_exactly(pooling: str, tmp_path: Path) -> None:
    model = make_tiny_model(tmp_path / "model", pooling)
    folder = export_model(find_source(str(tmp_path / "model"), tmp_path / "cache"), tmp_path / "cache", [FP32])
    vectors = load_embedder(str(tmp_path / "model"), tmp_path / "cache").embed(UNSEEN)
    np.testing.assert_allclose(vectors, model.encode(UNSEEN, show_progress_bar=False), atol=1e-4)
    assert folder.parent == tmp_path / "cache"


def test_prompts_are_put_before_questions_and_documents(tiny: tuple[Any, Path], tmp_path: Path) -> None:
    model, folder = tiny
    export_model(find_source(str(folder), tmp_path), tmp_path, [FP32])
    embedder = load_embedder(str(folder), tmp_path)
    document, question = model.encode_document(UNSEEN[0]), model.encode_query(UNSEEN[0])
    assert float(document @ question) < 0.999
    np.testing.assert_allclose(embedder.embed(UNSEEN[:1])[0], document, atol=1e-4)
    np.testing.assert_allclose(embedder.embed_question(UNSEEN[0]), question, atol=1e-4)


def test_a_variant_that_disagrees_gives_way_to_the_next(tiny: tuple[Any, Path], tmp_path: Path) -> None:
    manifest = EmbedderManifest.read(export_model(find_source(str(tiny[1]), tmp_path), tmp_path, [IMPOSSIBLE, FP32]))
    assert manifest is not None
    assert "fp32" == manifest.variant
    assert ["int8"] == list(manifest.rejected)


def test_where_no_variant_agrees_there_is_no_export(tiny: tuple[Any, Path], tmp_path: Path) -> None:
    source = find_source(str(tiny[1]), tmp_path)
    with pytest.raises(ModelProblem, match="disagrees"):
        export_model(source, tmp_path, [IMPOSSIBLE])
    assert [source.note] == list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [lambda f: f.write_bytes(f.read_bytes()[:-9]), lambda f: f.unlink()])
def test_a_damaged_export_is_made_again(damage: Callable[[Path], Any], tiny: tuple[Any, Path], tmp_path: Path) -> None:
    said: list[str] = []
    first = load_embedder(str(tiny[1]), tmp_path, report=said.append)
    exported = tmp_path / str(find_source(str(tiny[1]), tmp_path).fingerprint)
    damage(exported / GRAPH)
    again = load_embedder(str(tiny[1]), tmp_path, report=said.append)
    assert 2 == len(said)
    np.testing.assert_array_equal(first.embed(UNSEEN), again.embed(UNSEEN))
    assert 2 == len([path for path in tmp_path.iterdir() if path.name != ".export.lock"])


def test_exporting_what_is_there_already_changes_nothing(tiny: tuple[Any, Path], tmp_path: Path) -> None:
    source = find_source(str(tiny[1]), tmp_path)
    before = (export_model(source, tmp_path) / GRAPH).stat().st_ino
    assert before == (export_model(source, tmp_path) / GRAPH).stat().st_ino
    manifest = EmbedderManifest.read(tmp_path / str(source.fingerprint))
    assert manifest is not None
    assert len(UNSEEN) == len(OnnxEmbedder(tmp_path / str(source.fingerprint), manifest).embed(UNSEEN))


def test_a_changed_model_is_another_model(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    make_tiny_model(folder)
    before = find_source(str(folder), tmp_path).model_id
    assert before == find_source(str(folder), tmp_path).model_id
    make_tiny_model(folder, max_length=16)
    assert before != find_source(str(folder), tmp_path).model_id


def test_a_pooling_that_is_not_supported_is_named(tmp_path: Path) -> None:
    make_tiny_model(tmp_path / "model", "lasttoken")
    with pytest.raises(ModelProblem, match="lasttoken"):
        load_embedder(str(tmp_path / "model"), tmp_path / "cache")


def test_damaged_weights_are_a_model_problem(tmp_path: Path) -> None:
    make_tiny_model(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelProblem, match="damaged"):
        load_embedder(str(tmp_path / "model"), tmp_path / "cache")


def test_other_weights_under_the_default_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"someone else's")
    with pytest.raises(ModelProblem, match="not the published"):
        export.export_model(Source(DEFAULT_MODEL, tmp_path, "0", tmp_path / "note.json"), tmp_path / "cache")


def test_a_name_that_is_nowhere_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match="acme/no-such-model is not on this machine"):
        load_embedder("acme/no-such-model", tmp_path)


def test_a_cache_that_cannot_be_written_is_a_storage_problem(tiny: tuple[Any, Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageProblem, match="file"):
        load_embedder(str(tiny[1]), tmp_path / "file" / "cache")


def test_an_export_for_another_kind_of_processor_is_made_again(tiny: tuple[Any, Path], tmp_path: Path) -> None:
    folder = export_model(find_source(str(tiny[1]), tmp_path), tmp_path, [FP32])
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "machine": "riscv64"}))
    assert EmbedderManifest.read(folder) is None
    export_model(find_source(str(tiny[1]), tmp_path), tmp_path, [FP32])
    assert EmbedderManifest.read(folder) is not None
