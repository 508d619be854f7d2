"""How a network does on questions kept apart: while it trains, and beside its export."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from eval.metrics import area_under_roc
from qa.reader_check import best_span, compare
from qa.reader_files import ReaderManifest
from qa.reader_input import ReaderInput
from qa.span_model import Logits, OnnxSpanModel
from training.examples import Example
from training.network import NO_ANSWER, SpanNetwork, collate, gold_tokens


class KeptApart:
    """Examples that were never trained on, some without an answer; `pad` is the tokenizer's number for padding."""

    def __init__(self, examples: Sequence[Example], tokens: ReaderInput, pad: int) -> None:
        self._tokens = tokens.pairs([one.question for one in examples], [(one.title, one.text) for one in examples])
        self._gold = [gold_tokens(own, one.spans) for own, one in zip(self._tokens, examples, strict=True)]
        self._pad = pad

    def __len__(self) -> int:
        return len(self._gold)

    def told(self, network: SpanNetwork) -> str:
        """Return how a network does, as a line."""
        return "kept apart: " + ", ".join(
            f"{name} {value:.3f}" for name, value in self._figures(self._trained(network)).items()
        )

    def compared(
        self, network: SpanNetwork, folder: Path, manifest: ReaderManifest
    ) -> tuple[Mapping[str, tuple[float, float]], float]:
        """Return the figures of a network and of its export, and the share of examples with the same best span."""
        trained = list(self._trained(network))
        model = OnnxSpanModel(folder, manifest)
        exported = [model.run(own) for own in self._tokens]
        one, two = self._figures(trained), self._figures(exported)
        return {name: (one[name], two[name]) for name in one}, compare(exported, trained).same_span

    def _trained(self, network: SpanNetwork) -> Iterable[Logits]:
        network.eval()
        device = next(network.parameters()).device
        for own in self._tokens:
            [batch] = collate([own], [()], [0], self._pad, 1)
            on_device = batch.to(device)
            with torch.no_grad():
                start, end = network(on_device.ids, on_device.mask, on_device.types)
            length = len(own.ids)
            yield Logits(own, start[0, :length].float().cpu().numpy(), end[0, :length].float().cpu().numpy())

    def _figures(self, read: Iterable[Logits]) -> dict[str, float]:
        """Return exact matches among the answered, and the AUROC of answered against not."""
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
