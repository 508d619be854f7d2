import gzip
import json
import shutil
from pathlib import Path

import pytest

from index.embedding.onnx_embedder import SHIPPED, EmbedderManifest, OnnxEmbedder
from index.embedding.parity import compare
from tests.models import default_embedder
from training.embedder import QUESTIONS, calibration_texts, export_shipped

TEXTS = ["The beekeeper moved her forty hives to the heather in August.", "Where did the bees go?", "It snowed. " * 40]


@pytest.mark.model
@pytest.mark.system
def test_the_shipped_files_can_be_made_anew(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed: requirements.txt")
    shutil.copytree(SHIPPED, tmp_path / "model")
    before = EmbedderManifest.read(SHIPPED)
    manifest = export_shipped(tmp_path / "model", TEXTS)
    assert before is not None
    assert {path.name for path in SHIPPED.iterdir()} == {path.name for path in (tmp_path / "model").iterdir()}
    assert {before.model_id, *before.former_ids} <= {manifest.model_id, *manifest.former_ids}
    assert manifest.model_id not in manifest.former_ids
    embedder = OnnxEmbedder(tmp_path / "model", manifest)
    assert compare(embedder.embed(TEXTS), default_embedder().embed(TEXTS))["mean_cosine"] > 0.985


def test_weights_are_rounded_for_titled_passages_and_questions(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "title": "A_Town", "question": f"Who is {n}?", "context": f"It is {n % 3}.", "answers": []}
        for n in range(9)
    ]
    (tmp_path / QUESTIONS).parent.mkdir()
    with gzip.open(tmp_path / QUESTIONS, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    texts = calibration_texts(tmp_path)
    assert ["A Town. It is 0.", "A Town. It is 1.", "A Town. It is 2."] == sorted(texts[:3])
    assert {f"Who is {n}?" for n in range(9)} == set(texts[3:])
