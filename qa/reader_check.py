"""Compares an exported reading model with the one it was made from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.reader_files import Agreement
from qa.span_model import Logits
from qa.span_search import MAX_TOKENS

_TEXTS = [
    "The ferry to the island leaves at half past six and takes forty minutes. Bicycles cost two crowns. In winter, "
    "when the sound freezes over, a hovercraft takes its place.",
    "The council voted on Tuesday to close two of the town's five libraries. Amina Farouk, who leads the opposition, "
    "called the vote a disgrace; the mayor said that the money was needed for schools.",
    "The bridge, built in 1884, is to be closed to lorries until its cables are replaced. The work costs 3.2 million "
    "and is expected to end in October 2027.",
    "A court ordered the airline to pay back the fares of 1,400 cancelled flights. It had offered vouchers instead "
    "because, as it said, its account was empty.",
    "Researchers at the university of Tartu found that frogs sing at a higher pitch near motorways, since low notes "
    "are drowned by the traffic.",
]
_QUESTIONS = [
    "When does the ferry leave?",
    "how much is a bicycle",
    "Who called the vote a disgrace?",
    "Why are two libraries closed?",
    "How old is the bridge?",
    "What must the airline pay back?",
    "Where do the researchers work?",
    "Why do frogs sing at a higher pitch?",
]
# Questions with (title, text): every question with every text, for those who have no better ones.
SAMPLES = [(question, ("News of the week", text)) for question in _QUESTIONS for text in _TEXTS]


def compare(own: Sequence[Logits], reference: Sequence[Logits]) -> Agreement:
    """Compare logits of the same samples."""
    differences = [np.abs(_text(one) - _text(two)).mean() for one, two in zip(own, reference, strict=True)]
    spread = [_text(one).std(axis=1).mean() for one in reference]
    same = [best_span(one) == best_span(two) for one, two in zip(own, reference, strict=True)]
    return Agreement(len(own), float(np.mean(differences)), float(np.mean(spread)), float(np.mean(same)))


def best_span(logits: Logits) -> tuple[int, int]:
    """Return the first and the last token of the best span of text, (0, 0) where there is no text."""
    places = logits.tokens.of_text()
    if len(places) == 0:
        return 0, 0
    scores = logits.start[places][:, None] + logits.end[places]
    lengths = places - places[:, None]
    scores[(lengths < 0) | (lengths >= MAX_TOKENS)] = -np.inf
    first, last = np.unravel_index(scores.argmax(), scores.shape)
    return int(places[first]), int(places[last])


def _text(logits: Logits) -> NDArray[np.float32]:
    places = logits.tokens.of_text()
    return np.stack([logits.start[places], logits.end[places]])
