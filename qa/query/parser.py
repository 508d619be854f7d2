"""A question as a person puts it, and as it is to be read."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from corpus.errors import InvalidQuestion
from corpus.text.unicode import replace_surrogates
from qa.query.phrases import Word, words_of
from qa.query.preambles import start_of, stop_of
from qa.query.question_types import Kind, kind_of
from qa.query.small_talk import reply_to

_TOPIC = 6  # words, at most
_ABOUT, _ABOUT_END = "about \u201c", "\u201d?"  # around what a command tells of, where that is long
_QUOTES = "\"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb\u2039\u203a"
MAX_QUESTION = 1000  # characters; an embedding model reads the first 256 tokens
_END = " ?？؟!！…,;:-–—~"
_OPENING = "\"'“”„‘«»‹›(¿¡[$€£#@."


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is to be read, without what is said around it, one question mark at its end.

    `hint` is what to say back to SMALL_TALK, None for all other kinds.
    """

    text: str
    kind: Kind
    hint: str | None = None

    @property
    def told(self) -> str:
        """The question for those who decide by its words what answers.

        A command stays one: the headline that it tells of would be read as a question, were it alone.
        """
        if self.kind is not Kind.COMMAND or wanted_kind(self.text) is Kind.TOPIC:
            return self.text
        return f"{_ABOUT}{self.text.removesuffix('?').strip(_QUOTES)}{_ABOUT_END}"


def understand(text: str) -> Question:
    """Return what is asked by a text; raises InvalidQuestion for one that is empty or longer than MAX_QUESTION."""
    asked, told = _tidied(checked(text)), False
    while True:
        words = words_of(asked)
        hint = reply_to(words)
        if hint is not None:
            return Question(asked, Kind.SMALL_TALK, hint)
        core, commanded = _core(asked, words)
        told = told or commanded
        if core == asked:
            kind = kind_of(asked, words)
            named = kind is Kind.TOPIC or _is_quoted(asked)  # a headline may ask: "Officials Say Who Paid"
            return Question(asked, Kind.COMMAND if told and named else kind)
        asked = core


@lru_cache(maxsize=64)  # reading and confidence ask it of the same question, one after the other
def wanted_kind(text: str) -> Kind:
    """Return the kind that decides what answers: TOPIC for commands, too; OTHER for text that is no question at all.

    A topic has few words: what is longer and no command is a question without its question word, and OTHER as well.
    `text` is what was asked, or what a Question has as `text` or `told`.
    """
    if text.startswith(_ABOUT) and text.endswith(_ABOUT_END):
        return Kind.TOPIC
    try:
        kind = understand(text).kind
    except InvalidQuestion:  # empty or endless; the service refuses it before
        return Kind.OTHER
    if kind is Kind.TOPIC and len(text.split()) > _TOPIC:
        return Kind.OTHER
    return Kind.TOPIC if kind is Kind.COMMAND else kind


def checked(question: str) -> str:
    """Return a question with its spaces tidied and one question mark at its end; raises InvalidQuestion."""
    if len(question) > MAX_QUESTION:
        raise InvalidQuestion(f"The question has {len(question):,} characters; at most {MAX_QUESTION:,} are read.")
    tidy = " ".join(replace_surrogates(question).replace("\0", " ").split())
    if not any(character.isalnum() for character in tidy):
        raise InvalidQuestion("The question is empty: ask something, such as: When does the withdrawal finish?")
    return f"{tidy.rstrip(' ?？؟')}?"


def _tidied(text: str) -> str:
    """Take marks and pictures off the ends, but for the dot of an initial: "Tell me of the U.S."."""
    start, end = 0, len(text)
    while _is_picture(text[start]) or text[start] == " ":
        start += 1
    while text[end - 1] in _END or _is_picture(text[end - 1]) or _is_full_stop(text[:end]):
        end -= 1
    return f"{text[start:end]}?"


def _is_quoted(text: str) -> bool:
    """Tell whether a tidied question is one quotation as a whole."""
    inside = text.removesuffix("?")
    ends = inside[:1] in _QUOTES and inside[-1:] in _QUOTES
    return ends and not any(mark in inside[1:-1] for mark in '"\u201c\u201d\u00ab\u00bb')


def _is_picture(character: str) -> bool:
    # Emojis, and what joins and colours them.
    is_symbol = unicodedata.category(character) in ("So", "Sk") and not character.isalnum()
    return is_symbol or character in "\u200d\ufe0f"


def _is_full_stop(text: str) -> bool:
    one_letter = text[-2:-1].isalpha() and not text[-3:-2].isalnum()  # the dot of "U.S."
    return text.endswith(".") and not one_letter


def _core(text: str, words: Sequence[Word]) -> tuple[str, bool]:
    """Return a question without what is said before and after it, and whether that told to speak about something."""
    first, told = start_of(text, words)
    last = stop_of(text, words, first)
    if first == 0 and last == len(words):
        return text, told
    start, end = words[first].start if first else 0, words[last - 1].end if last < len(words) else len(text)
    while first and text[start - 1] in _OPENING:
        start -= 1
    while end < len(text) and not text[end].isspace() and text[end] not in _END:
        end += 1
    return _tidied(text[start:end]), told
