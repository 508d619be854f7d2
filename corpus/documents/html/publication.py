"""When a page was published: as its metadata says, its text, its address, or else the dates that it shows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from htmldate.core import DATE_ATTRIBUTES, ITEMPROP_ATTRS_MODIFIED, PROPERTY_MODIFIED

from corpus.documents.dates import read_date
from corpus.documents.html.blocks import HtmlBlock
from corpus.documents.html.metadata import PageMetadata
from corpus.documents.published import date_in_address, labelled_date, labelled_update, unlabelled_date

# Of the names that htmldate knows, those that mean the day of publication; others may mean any day.
_PUBLISHED_NAME = re.compile(r"publi|pub-?date|issued|post-?_?date|dateposted|sailthru|original", re.I)
_PUBLISHED_CLASS = re.compile(r"publish|pubdate|\bentry-date\b|\bposted\b", re.I)
_UPDATED_CLASS = re.compile(r"updated|modified", re.I)
# Without those that htmldate also takes for names of the day of publication, such as release_date.
_UPDATED_NAMES = PROPERTY_MODIFIED - DATE_ATTRIBUTES | ITEMPROP_ATTRS_MODIFIED
_Meaning = Literal["published", "updated", "others"]
_ELSEWHERE = frozenset({"aside", "footer", "nav"})
_OTHER_THING = re.compile(r"comment|review|answer|event|offer", re.I)
_MAX_ELEMENTS = 2_000  # that are looked at
_MAX_DATES, _MAX_LINES = 30, 60  # that are read: a date in words takes milliseconds
_BEFORE, _AFTER, _LAST = 4, 8, 3  # blocks around the beginning of an article, and at its end, that may say its date


@dataclass(frozen=True, slots=True)
class StatedDates:
    """The dates in the markup of a page, in order: of publication, of changes, and those that it calls neither."""

    published: tuple[str, ...]
    updated: tuple[str, ...]
    others: tuple[str, ...]


def stated_dates(tree: Any) -> StatedDates:
    """Return the dates in the markup of a page, whose hidden elements must still be in the tree."""
    dates: dict[_Meaning, list[str]] = {"published": [], "updated": [], "others": []}
    for element, meaning in islice(_dated(tree), _MAX_DATES):
        values = (element.get("datetime"), element.get("content"), element.get("title"), "".join(element.itertext()))
        value = next((found for each in values if each and (found := read_date(each.strip()))), None)
        if value is not None:
            dates[meaning].append(value)
    return StatedDates(**{name: tuple(values) for name, values in dates.items()})


def _dated(tree: Any) -> Iterator[tuple[Any, _Meaning]]:
    """Yield the elements of a page that may hold its date, and what they call it."""
    for element in tree.xpath("//*[self::time or self::abbr or @itemprop]")[:_MAX_ELEMENTS]:
        name = f"{element.get('class', '')} {element.get('itemprop', '')}"
        is_date = element.tag in {"time", "abbr"}
        properties = element.get("itemprop", "").lower().split()
        is_published = "datepublished" in properties or (
            is_date and (element.get("pubdate") is not None or _PUBLISHED_CLASS.search(name) is not None)
        )
        is_updated = "datemodified" in properties or (is_date and _UPDATED_CLASS.search(name) is not None)
        may_be_date = is_published or is_updated or element.tag == "time"
        if may_be_date and not any(_is_elsewhere(ancestor) for ancestor in element.iterancestors()):
            yield element, "published" if is_published else "updated" if is_updated else "others"


def publication_date(
    metadata: PageMetadata,
    stated: StatedDates,
    blocks: Sequence[HtmlBlock],
    article: Sequence[HtmlBlock],
    heading: HtmlBlock | None,
    address: str | None,
) -> tuple[str | None, bool]:
    """Return when a page was published, and whether that is a guess: a date which the page doesn't call that."""
    lines = list(islice(_lines(blocks, article, heading), _MAX_LINES))
    for found in _certain(metadata, stated, lines, address):
        return found, False
    guess = next(iter(stated.others), None)
    guess = unlabelled_date(lines) if guess is None else guess
    return guess, guess is not None


def updated_date(
    metadata: PageMetadata,
    stated: StatedDates,
    blocks: Sequence[HtmlBlock],
    article: Sequence[HtmlBlock],
    heading: HtmlBlock | None,
) -> str | None:
    """Return when a page was last changed, as its markup says, or else its text."""
    candidates = [
        *(value for name, value in metadata.meta.items() if name in _UPDATED_NAMES),
        *(each.get("dateModified") for each in metadata.objects),
        *stated.updated,
    ]
    found = next((found for each in candidates if (found := read_date(each)) is not None), None)
    return labelled_update(islice(_lines(blocks, article, heading), _MAX_LINES)) if found is None else found


def _certain(metadata: PageMetadata, stated: StatedDates, lines: Sequence[str], address: str | None) -> Iterator[str]:
    names = [name for name in metadata.meta if name in DATE_ATTRIBUTES]
    candidates = [
        *(metadata.meta[name] for name in names if _PUBLISHED_NAME.search(name)),
        *(each.get("datePublished") for each in metadata.objects),
        *stated.published,
        *(metadata.meta[name] for name in names if not _PUBLISHED_NAME.search(name)),
        *(each.get(key) for each in metadata.objects for key in ("dateCreated", "uploadDate")),
    ]
    yield from (found for each in candidates if (found := read_date(each)) is not None)
    if (labelled := labelled_date(lines)) is not None:
        yield labelled
    for url in (address, metadata.canonical, metadata.first("og:url")):
        if (day := date_in_address(url)) is not None:
            yield day


def _lines(blocks: Sequence[HtmlBlock], article: Sequence[HtmlBlock], heading: HtmlBlock | None) -> Iterator[str]:
    """Yield the lines around the beginning of an article and at its end."""
    first = article[0] if heading is None else heading
    start = next((number for number, block in enumerate(blocks) if block is first), 0)
    around = [*blocks[start : start + _AFTER], *blocks[max(start - _BEFORE, 0) : start], *article[-_LAST:]]
    for block in around:
        yield from block.text.split("\n")


def _is_elsewhere(element: Any) -> bool:
    """Tell whether an element is about something else than the page."""
    return element.tag in _ELSEWHERE or _OTHER_THING.search(element.get("itemtype", "")) is not None
