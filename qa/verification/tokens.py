"""Words and punctuation of drafts and articles, in the form in which they are compared.

Quotation marks, soft hyphens, kinds of dashes, spaces, line breaks and ligatures make no difference.
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

_INVISIBLE = "\u00ad\u200b-\u200d\u2060\ufeff"
_DOTS = r"(?:…|\.\s?\.\s?\.)"
_WORD = rf"(?:\d+(?:[{_INVISIBLE}]*[.,:][{_INVISIBLE}]*\d+)+|\w)(?:[\w{_INVISIBLE}\u0300-\u036f]|['’ʼ](?=\w))*"
_PLAIN = (
    rf"(?P<word>{_WORD})|(?P<dash>(?:[-‐‑‒–—―−]\s?)+)|(?P<dots>{_DOTS}\.*)|(?P<mark>[^\w\s\"'“”„«»‹›‘’‚`*{_INVISIBLE}])"
)
_TEXT = re.compile(_PLAIN)
# In a draft, brackets mark what the writer has left out, put in, or put into another case: [...], [he], [T]he.
_DRAFT = re.compile(
    rf"(?P<ellipsis>[\[(]\s*{_DOTS}\s*[\])]|{_DOTS}\.*)|(?P<initial>\[\w\](?:{_WORD}))|(?P<insertion>\[[^\[\]]{{1,200}}\])"
    rf"|(?:(?<=\n)\s*>)|{_PLAIN}"
)
_INVISIBLES = re.compile(f"[{_INVISIBLE}]")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_SEPARATOR = "\0"
_MAX_WORD = 100  # characters; what has more without a space is cut
_LAST_WORD = re.compile(r"\S+\Z")
_FIRST_WORD = re.compile(rf"\S{{0,{_MAX_WORD}}}")
_CLOSING_PUNCTUATION = frozenset(",.;:-")


@dataclass(frozen=True, slots=True)
class ComparedToken:
    """A word or a punctuation mark: its normal form, its span, and whether it is a word or marks an alteration."""

    norm: str
    start: int
    end: int
    is_word: bool
    is_marked: bool = False


@dataclass(frozen=True)
class TokenText:
    """The tokens of a span of a text."""

    text: str
    tokens: tuple[ComparedToken, ...]
    end: int = field(default=0)

    @classmethod
    def of_article(cls, text: str, start: int, end: int) -> Self:
        """Return the tokens of a span of an article."""
        found = (
            ComparedToken(_norm(one), one.start(), one.end(), one.lastgroup == "word")
            for one in _TEXT.finditer(text, start, end)
        )
        return cls(text, tuple(found), end)

    @classmethod
    def of_draft(cls, text: str, start: int, end: int) -> Self:
        """Return the tokens of a quotation in a draft, without the punctuation that only closes it there."""
        tokens = []
        for one in _DRAFT.finditer(text, start, end):
            kind = one.lastgroup
            if kind == "initial":
                word = f"{one[0][1]}{one[0][3:]}"
                tokens.append(ComparedToken(word, one.start(), one.end(), True, True))
            elif kind in {"ellipsis", "insertion"}:
                tokens.append(ComparedToken("", one.start(), one.end(), False, True))
            elif kind is not None:
                tokens.append(ComparedToken(_norm(one), one.start(), one.end(), kind == "word"))
        while tokens and tokens[-1].norm in _CLOSING_PUNCTUATION:
            tokens.pop()
        return cls(text, tuple(tokens), tokens[-1].end if tokens else end)

    @cached_property
    def norms(self) -> list[str]:
        """The normal forms."""
        return [token.norm for token in self.tokens]

    def words(self, start: int = 0, end: int | None = None) -> int:
        """Return how many of some tokens are words."""
        return sum(token.is_word for token in self.tokens[start:end])

    def between(self, start: int, end: int) -> str:
        """Return the text of tokens, with what follows the last one before the next."""
        if start == end:
            return ""
        stop = self.tokens[end].start if end < len(self.tokens) else self.tokens[end - 1].end
        return self.text[self.tokens[start].start : stop]

    @cached_property
    def _joined(self) -> tuple[str, list[int]]:
        places, place = [], 1
        for norm in self.norms:
            places.append(place)
            place += len(norm) + 1
        return f"{_SEPARATOR}{_SEPARATOR.join(self.norms)}{_SEPARATOR}", places

    def find(self, norms: list[str], first: int = 0) -> int | None:
        """Return where normal forms stand in this text one after the other, from a token on; None where they don't.

        The case of the first letter makes no difference: a sentence may begin there.
        """
        joined, places = self._joined
        if first >= len(places):
            return None
        found = []
        for initial in {norms[0], norms[0][:1].upper() + norms[0][1:], norms[0][:1].lower() + norms[0][1:]}:
            wanted = f"{_SEPARATOR}{_SEPARATOR.join([initial, *norms[1:]])}{_SEPARATOR}"
            at = joined.find(wanted, places[first] - 1)
            if at >= 0:
                found.append(bisect_left(places, at + 1))
        return min(found, default=None)


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span of a text, widened where it would cut a word."""
    before, after = _LAST_WORD.search(text, max(0, start - _MAX_WORD), start), _FIRST_WORD.match(text, end)
    return start if before is None else before.start(), min(len(text), end if after is None else after.end())


def _norm(found: re.Match[str]) -> str:
    text = found[0]
    if found.lastgroup == "dash":
        return "-"
    if found.lastgroup == "dots":
        return "..."
    if text.isascii():
        return text
    text = _INVISIBLES.sub("", text).replace("’", "'").replace("ʼ", "'")
    return unicodedata.normalize("NFC", _LIGATURES.sub(lambda one: unicodedata.normalize("NFKC", one[0]), text))
