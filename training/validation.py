"""Validates a network on held-out examples, while it trains and beside its export."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from eval.metrics import area_under_roc
from qa.reader.export import best_span, compare
from qa.reader.model_files import ReaderManifest
from qa.reader.span_model import Logits, OnnxSpanModel
from qa.reader.tokenization import ReaderInput
from training.data.batches import NO_ANSWER, collate, gold_tokens
from training.data.examples import TrainingExample
from training.models.network import SpanNetwork

_TOKENS_AT_ONCE = 2048
_TOLERANCE = 0.03  # about one standard error of a proportion among 300


@dataclass(frozen=True, slots=True)
class ExportComparison:
    """The figures of a network and of its export on the same examples.

    Attributes:
        examples: how many.
        figures: by name, that of the network and that of the export.
        same_span: the fraction of examples whose best span is the same.
    """

    examples: int
    figures: Mapping[str, tuple[float, float]]
    same_span: float

    @property
    def agrees(self) -> bool:
        """Whether no figure of the export is clearly worse than the network's."""
        return not any(clearly_worse(exported, trained) for trained, exported in self.figures.values())

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {one:.3f} -> {two:.3f}" for name, (one, two) in self.figures.items())
        return f"{figures}, the same best span for {self.same_span:.1%}"


def clearly_worse(figure: float, reference: float) -> bool:
    """Return whether a figure is lower than the reference by more than chance, or not a number."""
    return not figure >= reference - _TOLERANCE


class ValidationSet:
    """Held-out examples, some of them unanswerable."""

    def __init__(self, examples: Sequence[TrainingExample], tokens: ReaderInput) -> None:
        self._tokens = tokens.pairs([one.question for one in examples], [(one.title, one.text) for one in examples])
        self._gold = [gold_tokens(pair, one.spans) for pair, one in zip(self._tokens, examples, strict=True)]

    def summary(self, network: SpanNetwork) -> str:
        """Return a network's figures as a line."""
        figures = self._figures(self._logits(network))
        return "held out: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items())

    def compare(self, network: SpanNetwork, folder: Path, manifest: ReaderManifest) -> ExportComparison:
        """Compare a network with its export in a folder."""
        trained = self._logits(network)
        exported = self._exported_logits(folder, manifest)
        one, two = self._figures(trained), self._figures(exported)
        figures = {name: (one[name], two[name]) for name in one}
        return ExportComparison(len(trained), figures, compare(exported, trained)["same_span"])

    def exported_figures(self, folder: Path, manifest: ReaderManifest) -> dict[str, float]:
        """Return the figures of an exported reader in a folder."""
        return self._figures(self._exported_logits(folder, manifest))

    def _exported_logits(self, folder: Path, manifest: ReaderManifest) -> list[Logits]:
        model = OnnxSpanModel(folder, manifest)
        return [model.run(tokens) for tokens in self._tokens]

    def _logits(self, network: SpanNetwork) -> list[Logits]:
        network.eval()
        device = next(network.parameters()).device
        count = len(self._tokens)
        found: dict[int, Logits] = {}
        for batch in collate(self._tokens, [()] * count, range(count), _TOKENS_AT_ONCE):
            on_device = batch.to(device)
            with torch.no_grad():
                sides = network(on_device.ids, on_device.mask, on_device.types)
            for row, number in enumerate(batch.groups):
                tokens = self._tokens[number]
                start, end = (side[row, : len(tokens.ids)].float().cpu().numpy() for side in sides)
                found[number] = Logits(tokens, start, end)
        return [found[number] for number in range(count)]

    def _figures(self, logits: Iterable[Logits]) -> dict[str, float]:
        """Return the exact-match rate of answerable examples, and the AUROC of answerable against unanswerable ones.

        The AUROC is by the margin of the best span over "no answer".
        """
        exact, margins = [], []
        for one, gold in zip(logits, self._gold, strict=True):
            first, last = best_span(one)
            exact.append((first, last) in gold)
            margins.append(float(one.start[first] + one.end[last] - one.start[0] - one.end[0]))
        answerable = np.array([gold != [NO_ANSWER] for gold in self._gold])
        return {
            "exact": float(np.array(exact)[answerable].mean()),
            "AUROC": area_under_roc(np.array(margins), answerable),
        }
