import shutil
from pathlib import Path

import pytest
import torch

from corpus.errors import ModelProblem
from qa.reader.export import VARIANTS, export_reader
from tests.training_parts import MAX_LENGTH, untrained
from training.models.network import SpanNetwork
from training.models.warm_start import load_reader_weights

FULL = {"8 bits": (VARIANTS[:1], 0.03), "32 bits": (VARIANTS[1:], 1e-5)}  # how far the weights may be off, of 1


def exported(network: SpanNetwork, base: Path, folder: Path, name: str) -> None:
    tokenizer = (base / "tokenizer.json").read_text("utf-8")
    how = {"model_id": "towns@1", "max_length": MAX_LENGTH, "titled": True, "pad_id": 0}
    export_reader(network.eval(), tokenizer, folder, variants=FULL[name][0], **how)  # type: ignore[arg-type]


def perturb(network: SpanNetwork) -> None:
    """Make all parameters differ: the exporter merges equal ones."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)


def test_tables_in_8_bits_are_loaded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.onnx.export._TABLE", 1)  # as if they were large
    old, _ = untrained(tmp_path, seed=1)
    perturb(old)
    exported(old, tmp_path, tmp_path / "out", "8 bits")
    new, _ = untrained(tmp_path, seed=2)
    load_reader_weights(new, tmp_path / "out", tmp_path)
    one, two = (network.encoder.embeddings.position_embeddings.weight for network in (old, new))
    assert float((one - two).detach().norm()) < 0.03 * float(one.detach().norm())


@pytest.mark.parametrize("name", FULL)
def test_all_trained_weights_are_loaded(name: str, tmp_path: Path) -> None:
    old, _ = untrained(tmp_path, seed=1)
    perturb(old)
    exported(old, tmp_path, tmp_path / "out", name)
    new, _ = untrained(tmp_path, seed=2)
    words = new.encoder.embeddings.word_embeddings.weight.clone()
    load_reader_weights(new, tmp_path / "out", tmp_path)
    for (place, one), two in zip(new.named_parameters(), old.parameters(), strict=True):
        if one.requires_grad:
            assert float((one - two).detach().norm()) <= FULL[name][1] * float(two.detach().norm()), place
    assert torch.equal(words, new.encoder.embeddings.word_embeddings.weight)


def test_a_missing_reader_and_one_of_another_shape_are_refused(tmp_path: Path) -> None:
    network, _ = untrained(tmp_path)
    exported(network, tmp_path, tmp_path / "out", "32 bits")
    with pytest.raises(ModelProblem, match="There is no reader in"):
        load_reader_weights(network, tmp_path / "nowhere", tmp_path)
    broken = shutil.copytree(tmp_path / "out", tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelProblem, match="There is no reader in"):
        load_reader_weights(network, broken, tmp_path)
    shallow = untrained(tmp_path)[0]
    shallow.encoder.encoder.layer = shallow.encoder.encoder.layer[:1]
    with pytest.raises(ModelProblem, match="its parameters differ"):
        load_reader_weights(shallow, tmp_path / "out", tmp_path)
    wide = SpanNetwork(network.encoder, 64)
    with pytest.raises(ModelProblem, match="its shape differs"):
        load_reader_weights(wide, tmp_path / "out", tmp_path)
