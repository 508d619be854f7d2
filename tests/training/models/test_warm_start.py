import shutil
from pathlib import Path

import pytest
import torch

from corpus.errors import ModelProblem
from qa.reader.export import VARIANTS, export_reader
from tests.training_parts import MAX_LENGTH, PAD, begun
from training.models.student import SpanNetwork
from training.models.warm_start import take_over

FULL = {"8 bits": (VARIANTS[:1], 0.03), "32 bits": (VARIANTS[1:], 1e-5)}  # how far the weights may be off, of 1


def exported(network: SpanNetwork, base: Path, folder: Path, name: str) -> None:
    tokenizer = (base / "tokenizer.json").read_text("utf-8")
    how = {"model_id": "towns@1", "max_length": MAX_LENGTH, "titled": True, "pad_id": PAD}
    export_reader(network.eval(), tokenizer, folder, variants=FULL[name][0], **how)  # type: ignore[arg-type]


def shake(network: SpanNetwork) -> None:
    """Make all parameters differ: the exporter keeps those that are alike once."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)


def test_tables_in_8_bits_are_taken_over_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.onnx.export._TABLE", 1)  # as if they were large
    old, _ = begun(tmp_path, seed=1)
    shake(old)
    exported(old, tmp_path, tmp_path / "out", "8 bits")
    new, _ = begun(tmp_path, seed=2)
    take_over(new, tmp_path / "out")
    one, two = (network.encoder.embeddings.position_embeddings.weight for network in (old, new))
    assert float((one - two).detach().norm()) < 0.03 * float(one.detach().norm())


@pytest.mark.parametrize("name", FULL)
def test_a_network_takes_over_every_weight_that_it_trains(name: str, tmp_path: Path) -> None:
    old, _ = begun(tmp_path, seed=1)
    shake(old)
    exported(old, tmp_path, tmp_path / "out", name)
    new, _ = begun(tmp_path, seed=2)
    words = new.encoder.embeddings.word_embeddings.weight.clone()
    take_over(new, tmp_path / "out")
    for (place, one), two in zip(new.named_parameters(), old.parameters(), strict=True):
        if one.requires_grad:
            assert float((one - two).detach().norm()) <= FULL[name][1] * float(two.detach().norm()), place
    assert torch.equal(words, new.encoder.embeddings.word_embeddings.weight)


def test_a_folder_without_a_reader_and_one_of_another_shape_are_refused(tmp_path: Path) -> None:
    network, _ = begun(tmp_path)
    exported(network, tmp_path, tmp_path / "out", "32 bits")
    with pytest.raises(ModelProblem, match="There is no reader to go on from in"):
        take_over(network, tmp_path / "nowhere")
    broken = shutil.copytree(tmp_path / "out", tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelProblem, match="no reader to go on from"):
        take_over(network, broken)
    shallow = begun(tmp_path)[0]
    shallow.encoder.encoder.layer = shallow.encoder.encoder.layer[:1]
    with pytest.raises(ModelProblem, match="its parameters are others"):
        take_over(shallow, tmp_path / "out")
    wide = SpanNetwork(network.encoder, 64)
    with pytest.raises(ModelProblem, match="of another shape"):
        take_over(wide, tmp_path / "out")
