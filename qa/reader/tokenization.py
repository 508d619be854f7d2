"""Tokenizes questions with passages for a reading model; training and answering share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from corpus.text.unicode import replace_surrogates

MAX_QUESTION_TOKENS = 64
NOT_TEXT = -1


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a question with a passage.

    ids, types: the model's inputs. starts, ends: the span [start, end) of each token in the passage's text, in code
    points; NOT_TEXT for tokens of the question, the title and separators. The first token stands for "no answer".
    """

    ids: list[int]
    types: list[int]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def of_text(self) -> NDArray[np.intp]:
        """Return the indices of the tokens of the passage's text."""
        return np.flatnonzero(self.starts != NOT_TEXT)


class ReaderInput:
    """Tokenizes questions with passages. Thread-safe.

    Args:
        tokenizer: a tokenizer.json of a model that takes pairs.
        max_length: maximum number of tokens of question, title and text together; the end of the text is cut.
        titled: whether the model reads "title: text" rather than the text alone.
    """

    def __init__(self, tokenizer: Path, max_length: int, titled: bool) -> None:
        self._pairing = Tokenizer.from_str(tokenizer.read_text("utf-8"))
        self._pairing.no_padding()
        self._pairing.no_truncation()
        # Post-processing runs once, on the pair: RoBERTa's strips the space before a word from its offsets, and would
        # strip the word's first letter the second time.
        self._tokenizer = Tokenizer.from_str(self._pairing.to_str())
        self._tokenizer.post_processor = None
        self._max_length = max_length
        self._marks = self._pairing.num_special_tokens_to_add(True)
        self._titled = titled

    def tokens(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Tokens]:
        """Return the tokens of a question with each passage, given as (title, text)."""
        return self.pairs([question] * len(passages), passages)

    def pairs(self, questions: Sequence[str], passages: Sequence[tuple[str, str]]) -> list[Tokens]:
        """Return the tokens of each question with its passage."""
        heads = [f"{title}: " if self._titled and title else "" for title, _ in passages]
        texts = [replace_surrogates(head + text) for head, (_, text) in zip(heads, passages, strict=True)]
        distinct = list(dict.fromkeys(questions))
        asked = dict(zip(distinct, self._encoded([replace_surrogates(one) for one in distinct]), strict=True))
        pairs = []
        for question, whole, head in zip(questions, self._encoded(texts), heads, strict=True):
            encoded = _cut(asked[question], MAX_QUESTION_TOKENS)
            # The library would cut the longer of the two, and may leave no text.
            text = _cut(whole, max(1, self._max_length - self._marks - len(encoded)))
            pair = self._pairing.post_process(encoded, text)
            spans = np.array(pair.offsets, np.int64).reshape(-1, 2) - len(head)
            is_text = np.array([part == 1 for part in pair.sequence_ids])
            starts, ends = np.where(is_text & (spans[:, 0] >= 0) & (spans[:, 1] > spans[:, 0]), spans.T, NOT_TEXT)
            pairs.append(Tokens(pair.ids, pair.type_ids, starts, ends))
        return pairs

    def _encoded(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch(texts, add_special_tokens=False)


def _cut(encoding: Encoding, length: int) -> Encoding:
    if len(encoding) <= length:
        return encoding
    short = Encoding.merge([encoding], growing_offsets=False)  # a copy, since every passage cuts the same question
    short.truncate(length)
    return short
