"""How a network does on questions kept apart: while it trains, and beside its export."""

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
from training.data.examples import Example
from training.models.student import NO_ANSWER, SpanNetwork, collate, gold_tokens

_AT_ONCE = 2048  # tokens
_WORSE = 0.03  # about one standard error of a share among 300


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a network and its export do on so many examples.

    figures: by name, of the network and of the export. same_span: the share of examples whose best span is the same.
    """

    examples: int
    figures: Mapping[str, tuple[float, float]]
    same_span: float

    @property
    def agrees(self) -> bool:
        """Whether the export does about as well as the network in every figure."""
        return not any(worse(exported, trained) for trained, exported in self.figures.values())

    def told(self) -> str:
        """Return the comparison as a line."""
        figures = ", ".join(f"{name} {one:.3f} -> {two:.3f}" for name, (one, two) in self.figures.items())
        return f"{figures}, the same best span for {self.same_span:.1%}"


def worse(figure: float, than: float) -> bool:
    """Tell whether a figure is clearly lower than another one on the same examples, or none."""
    return not figure >= than - _WORSE  # nan is no figure


class KeptApart:
    """Examples that are never trained on, some without an answer; `pad` is the tokenizer's number for padding."""

    def __init__(self, examples: Sequence[Example], tokens: ReaderInput, pad: int) -> None:
        self._tokens = tokens.pairs([one.question for one in examples], [(one.title, one.text) for one in examples])
        self._gold = [gold_tokens(own, one.spans) for own, one in zip(self._tokens, examples, strict=True)]
        self._pad = pad

    def told(self, network: SpanNetwork) -> str:
        """Return how a network does, as a line."""
        return "kept apart: " + ", ".join(
            f"{name} {value:.3f}" for name, value in self._figures(self._trained(network)).items()
        )

    def compared(self, network: SpanNetwork, folder: Path, manifest: ReaderManifest) -> Comparison:
        """Compare a network with its export in a folder."""
        trained = self._trained(network)
        model = OnnxSpanModel(folder, manifest)
        exported = [model.run(own) for own in self._tokens]
        one, two = self._figures(trained), self._figures(exported)
        figures = {name: (one[name], two[name]) for name in one}
        return Comparison(len(trained), figures, compare(exported, trained)["same_span"])

    def exported(self, folder: Path, manifest: ReaderManifest) -> dict[str, float]:
        """Return how an export in a folder does."""
        model = OnnxSpanModel(folder, manifest)
        return self._figures(model.run(own) for own in self._tokens)

    def _trained(self, network: SpanNetwork) -> list[Logits]:
        network.eval()
        device = next(network.parameters()).device
        found: dict[int, Logits] = {}
        nothing = [()] * len(self._tokens)
        for batch in collate(self._tokens, nothing, list(range(len(self._tokens))), self._pad, _AT_ONCE):
            on_device = batch.to(device)
            with torch.no_grad():
                start, end = network(on_device.ids, on_device.mask, on_device.types)
            for row, number in enumerate(batch.groups):
                own = self._tokens[number]
                first, last = (one[row, : len(own.ids)].float().cpu().numpy() for one in (start, end))
                found[number] = Logits(own, first, last)
        return [found[number] for number in range(len(self._tokens))]

    def _figures(self, read: Iterable[Logits]) -> dict[str, float]:
        """Return the share of exact spans where there is an answer, and the AUROC of answered against not.

        The AUROC is by how far the best span is above "no answer".
        """
        exact, lead = [], []
        for logits, gold in zip(read, self._gold, strict=True):
            first, last = best_span(logits)
            exact.append((first, last) in gold)
            lead.append(float(logits.start[first] + logits.end[last] - logits.start[0] - logits.end[0]))
        answered = np.array([gold != [NO_ANSWER] for gold in self._gold])
        return {
            "exact": float(np.array(exact)[answered].mean()),
            "AUROC": area_under_roc(np.array(lead), answered),
        }
