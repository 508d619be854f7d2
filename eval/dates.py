"""Measures time expressions on the news of MEANTIME: whether they are found, and whether their values are right."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.documents.published import date_of_text
from eval.datasets import Row, read_rows
from qa.dates.finder import DateExpression, find_dates

FILE = Path("dev") / "meantime_dates.jsonl.gz"
MARKED_LINES = 6  # of an article: its title, its date, and four sentences; expressions below are not marked
MEANINGS = {
    "articles": "news articles",
    "expressions": "marked by hand, in the first six lines of each article",
    "find F1": "of finding them; any overlap counts",
    "find F1, strict": "... with the very same words",
    "right value": "share of those found",
    "value F1": "of finding them with the right value",
    "silent wrong values": "share of those found whose value is wrong and no guess",
    "without a value": "of those found",
}


@dataclass(frozen=True, slots=True)
class _Marked:
    """A time expression marked by hand."""

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class _Article:
    """The part of an article in which time expressions are marked, and its date."""

    text: str
    published: str | None
    marked: tuple[_Marked, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether the rules were made without a look at it: so for half of the titles."""
        title = self.text.partition("\n")[0]
        return hashlib.sha256(title.encode()).digest()[0] % 2 == 1


def measure_dates(data: Path) -> dict[str, dict[str, float]]:
    """Return the figures of all articles, and of those that the rules were made without a look at.

    Raises UnreadableDocument where the file is missing or broken.
    """
    articles = read_rows(data / FILE, _article)
    return {"all": _figures(articles), "held out": _figures([one for one in articles if one.is_held_out])}


def _article(row: Row) -> _Article:
    text = "\n".join(str(row["text"]).split("\n")[:MARKED_LINES])
    published = row["dct"] or date_of_text(text, "")[0]
    return _Article(text, published, tuple(_Marked(one["start"], one["end"], one["value"]) for one in row["timexes"]))


def _figures(articles: Sequence[_Article]) -> dict[str, float]:
    found = [find_dates(article.text, article.published) for article in articles]
    pairs = [pair for article, dates in zip(articles, found, strict=True) for pair in _pairs(article.marked, dates)]
    marked = sum(len(article.marked) for article in articles)
    expressions = marked + sum(map(len, found))  # the denominator of F1: 2 * matches / expressions
    right = sum(_is_right(gold, date) for gold, date in pairs)
    wrong = sum(date.value is not None and not date.guess and not _is_right(gold, date) for gold, date in pairs)
    return {
        "articles": len(articles),
        "expressions": marked,
        "find F1": _share(2 * len(pairs), expressions),
        "find F1, strict": _share(2 * sum(_is_same(*pair) for pair in pairs), expressions),
        "right value": _share(right, len(pairs)),
        "value F1": _share(2 * right, expressions),
        "silent wrong values": _share(wrong, len(pairs)),
        "without a value": sum(date.value is None for _, date in pairs),
    }


def _pairs(marked: Sequence[_Marked], dates: Sequence[DateExpression]) -> Iterator[tuple[_Marked, DateExpression]]:
    """Yield pairs that overlap, none in two: first those of the same words, then those of the same value."""
    pairs = [(gold, date) for gold in marked for date in dates if gold.start < date.end and date.start < gold.end]
    taken: set[object] = set()
    for gold, date in sorted(pairs, key=lambda pair: (not _is_same(*pair), not _is_right(*pair))):
        if not taken & {gold, date}:
            taken |= {gold, date}
            yield gold, date


def _is_same(gold: _Marked, date: DateExpression) -> bool:
    return (gold.start, gold.end) == (date.start, date.end)


def _is_right(gold: _Marked, date: DateExpression) -> bool:
    """Tell whether a value is the one that is marked; of a range, which is marked as two, either end."""
    return gold.value in {date.value, date.end_value}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
