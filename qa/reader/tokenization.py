"""Question and passage as the tokens that a reading model takes in; training and answering share it."""

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
    """A question and a passage as tokens.

    ids, types: what the model takes in. starts, ends: for every token the code points [start, end) of the passage's
    text that it stands for; NOT_TEXT where it stands for none of it (question, title, marks between them). The first
    token stands for "no answer".
    """

    ids: list[int]
    types: list[int]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def of_text(self) -> NDArray[np.intp]:
        """Return where the tokens are that stand for text of the passage."""
        return np.flatnonzero(self.starts != NOT_TEXT)


class ReaderInput:
    """Makes tokens of questions and passages; safe to share between threads.

    Args:
        tokenizer: a tokenizer.json whose model takes pairs.
        max_length: tokens of question, title and text together; what is longer loses the end of its text.
        titled: whether the model knows titles: "title: text". Others get the text alone.
    """

    def __init__(self, tokenizer: Path, max_length: int, titled: bool) -> None:
        self._pairing = Tokenizer.from_str(tokenizer.read_text("utf-8"))
        self._pairing.no_padding()
        self._pairing.no_truncation()
        # Without its last step, which comes when the pair is made: RoBERTa's takes the space before a word off its
        # offsets, and would take the word's first letter the second time.
        self._tokenizer = Tokenizer.from_str(self._pairing.to_str())
        self._tokenizer.post_processor = None
        self._max_length = max_length
        self._marks = self._pairing.num_special_tokens_to_add(True)
        self._titled = titled

    def tokens(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Tokens]:
        """Return the tokens of a question with each of the passages, given as (title, text)."""
        return self.pairs([question] * len(passages), passages)

    def pairs(self, questions: Sequence[str], passages: Sequence[tuple[str, str]]) -> list[Tokens]:
        """Return the tokens of each question with its passage."""
        heads = [f"{title}: " if self._titled and title else "" for title, _ in passages]
        texts = [replace_surrogates(head + text) for head, (_, text) in zip(heads, passages, strict=True)]
        distinct = list(dict.fromkeys(questions))
        asked = dict(zip(distinct, self._encoded([replace_surrogates(one) for one in distinct]), strict=True))
        return [
            self._pair(asked[question], text, len(head))
            for question, text, head in zip(questions, self._encoded(texts), heads, strict=True)
        ]

    def _encoded(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch(texts, add_special_tokens=False)

    def _pair(self, question: Encoding, text: Encoding, head: int) -> Tokens:
        # Where the question must be cut is decided here, not by the library, which may cut the text to nothing.
        room = self._max_length - self._marks - min(len(question), MAX_QUESTION_TOKENS)
        question, text = _cut(question, MAX_QUESTION_TOKENS), _cut(text, max(1, room))
        pair = self._pairing.post_process(question, text)
        spans = np.array(pair.offsets, np.int64).reshape(-1, 2) - head
        inside = np.array([part == 1 for part in pair.sequence_ids]) & (spans[:, 0] >= 0) & (spans[:, 1] > spans[:, 0])
        starts, ends = np.where(inside, spans.T, NOT_TEXT)
        return Tokens(pair.ids, pair.type_ids, starts, ends)


def _cut(encoding: Encoding, length: int) -> Encoding:
    if len(encoding) <= length:
        return encoding
    short = Encoding.merge([encoding], growing_offsets=False)  # a copy: the same question is cut once a passage
    short.truncate(length)
    return short
