from dataclasses import replace
from pathlib import Path

import pytest
import torch

from qa.reader.export import VARIANTS, export_reader
from qa.reader.model_files import ReaderManifest
from qa.reader.tokenization import ReaderInput
from tests.training_parts import MAX_LENGTH, examples, save_base, untrained, write_data
from training.data.batches import collate
from training.data.examples import TrainingExample
from training.models.losses import supervised_loss
from training.models.network import SpanNetwork
from training.validation import ExportComparison, ValidationSet

Parts = tuple[SpanNetwork, ReaderInput]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[TrainingExample]:
    return examples(write_data(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, asked: list[TrainingExample]) -> Parts:
    """A network that has memorised the examples, and its tokenizer."""
    network, tokens = untrained(tmp_path_factory.mktemp("base"))
    pairs = tokens.pairs([one.question for one in asked], [(one.title, one.text) for one in asked])
    batches = collate(pairs, [one.spans for one in asked], list(range(len(asked))), 1024)
    optimizer = torch.optim.AdamW([one for one in network.parameters() if one.requires_grad], lr=4e-3)
    # How many steps that takes depends on how the machine rounds.
    for _ in range(600):
        value = supervised_loss(network, batches)
        if value < 0.01:
            break
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    return network, tokens


def exported(network: SpanNetwork, folder: Path) -> ReaderManifest:
    """An export in 32 bits, which computes the same."""
    tokenizer = (save_base(folder / "base") / "tokenizer.json").read_text("utf-8")
    how = {"model_id": "towns@1", "max_length": MAX_LENGTH, "titled": True, "pad_id": 0}
    return export_reader(network.eval(), tokenizer, folder, variants=VARIANTS[1:], **how)  # type: ignore[arg-type]


def test_a_memorised_validation_set_scores_1(parts: Parts, asked: list[TrainingExample]) -> None:
    network, tokens = parts
    assert "held out: exact 1.000, AUROC 1.000" == ValidationSet(asked, tokens).summary(network)


def test_an_untrained_network_scores_worse(asked: list[TrainingExample], tmp_path: Path) -> None:
    network, tokens = untrained(tmp_path)
    summary = ValidationSet(asked, tokens).summary(network)
    exact, area = (float(part.split()[-1]) for part in summary.split(","))
    assert exact < 0.5
    assert area < 0.9


def test_a_wrong_span_and_a_missed_answer_count(parts: Parts, asked: list[TrainingExample]) -> None:
    network, tokens = parts
    shifted = [replace(asked[0], spans=tuple((start, end + 12) for start, end in asked[0].spans)), *asked[1:]]
    answered = sum(bool(one.spans) for one in asked)
    assert f"exact {1 - 1 / answered:.3f}, AUROC 1.000" in ValidationSet(shifted, tokens).summary(network)
    # With answerable and unanswerable examples swapped, the margin ranks them the wrong way round.
    swapped = [replace(one, spans=() if one.spans else ((0, 3),)) for one in asked]
    assert "AUROC 0.000" in ValidationSet(swapped, tokens).summary(network)


def test_an_export_is_compared_with_its_network(parts: Parts, asked: list[TrainingExample], tmp_path: Path) -> None:
    network, tokens = parts
    manifest = exported(network, tmp_path)
    comparison = ValidationSet(asked, tokens).compare(network, tmp_path, manifest)
    assert ExportComparison(len(asked), {"exact": (1.0, 1.0), "AUROC": (1.0, 1.0)}, 1.0) == comparison
    assert comparison.agrees
    with torch.no_grad():
        network.spans.weight.neg_()
    try:
        other = ValidationSet(asked, tokens).compare(network, tmp_path, manifest)
    finally:
        with torch.no_grad():
            network.spans.weight.neg_()
    assert other.same_span < 0.5
    assert other.figures["exact"][0] < other.figures["exact"][1] == 1.0


@pytest.mark.parametrize(
    ("figures", "agrees"),
    [
        ({"exact": (0.6, 0.6), "AUROC": (0.9, 0.9)}, True),
        ({"exact": (0.6, 0.58), "AUROC": (0.9, 0.95)}, True),
        ({"exact": (0.6, 0.7), "AUROC": (0.9, 0.85)}, False),
        ({"exact": (0.6, 0.5), "AUROC": (0.9, 0.9)}, False),
        ({"exact": (0.6, 0.6), "AUROC": (0.9, float("nan"))}, False),
    ],
)
def test_an_export_may_be_a_little_worse(figures: dict[str, tuple[float, float]], agrees: bool) -> None:
    assert agrees == ExportComparison(600, figures, 0.9).agrees


def test_a_comparison_is_a_line() -> None:
    comparison = ExportComparison(600, {"exact": (0.61, 0.6), "AUROC": (0.9, 0.8999)}, 0.9312)
    assert "exact 0.610 -> 0.600, AUROC 0.900 -> 0.900, the same best span for 93.1%" == str(comparison)
