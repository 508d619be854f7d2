"""Articles, the drafts that they are made of, their sentences and blocks."""

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Self

from corpus.errors import InvalidArticle, TooLarge
from corpus.text.unicode import find_surrogate
from corpus.web_address import is_web_address, read_web_address

ID_LENGTH = 16
MAX_LINE = 500  # characters of a title, source, language or tag
MAX_TAGS = 100
# The fields of a draft and an article that say something of the text.
METADATA = ("title", "url", "published", "updated", "effective", "source", "language", "replaces", "tags")
MAX_SENTENCES = 50_000  # of an article; 2 MB of short lines would be 300,000, which take minutes to index
_SENTENCE_END = re.compile(r"[.!?…]\s+|\n\s*|[。！？।]")
# Line and page breaks become newlines; other control characters and byte order marks are removed.
_NEWLINES = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")
_CONTROLS = dict.fromkeys([*range(9), *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xFEFF]) | _NEWLINES
_TAG_SEPARATOR = re.compile(r"[,;\n]")
_ID = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")
_CONTROL = re.compile(f"[{re.escape(''.join(map(chr, _CONTROLS)))}]")


MetadataValue = str | Sequence[str] | None


class BlockKind(StrEnum):
    """What a block of a document is. A header is the row of a table's column heads."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    HEADER = "header"
    ROW = "row"
    QUOTE = "quote"
    CODE = "code"
    CAPTION = "caption"


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """The span `[start, end)` of a text that is one block of its document, in code points.

    `level` is that of a heading (1 to 6), or how many lists a list item is nested in (0 for the outermost). `page` is
    the page that the block begins on, from 1; None in a document without pages. `page_breaks` are the offsets inside it
    at which the next pages begin. `label` is the number that a list item has outside of its text: "3." or "b)".
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0
    page: int | None = None
    page_breaks: tuple[int, ...] = ()
    label: str = ""

    def __reduce__(self) -> tuple[type["Block"], tuple[object, ...]]:
        """Pickle by the constructor: a worker process hands over a thousand blocks in 1.6 ms instead of 4.6."""
        return Block, (self.start, self.end, self.kind, self.level, self.page, self.page_breaks, self.label)

    def page_at(self, position: int) -> int | None:
        """Return the page that a position in the block is on, None in a document without pages."""
        return None if self.page is None else self.page + bisect_right(self.page_breaks, position)


@dataclass(frozen=True, slots=True)
class Original:
    """The file that an article was read from: its name without folders, its media type and its bytes."""

    name: str
    media_type: str
    data: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Draft:
    """The unchecked text and metadata of a document.

    `published` is an ISO 8601 date or date-time; it is a guess where the document has that date without calling it the
    day of its publication, as a page with a bare date below its heading does. `updated` is when the text was last
    changed, `effective` from when on what it says holds, both like `published`. `replaces` is the id or url of the
    article that this one makes outdated. `language` is a BCP 47 tag. `blocks` are
    in order and don't overlap; a document whose structure is unknown has none. `notes` say in whole sentences which
    parts of the document are not in the text, such as pages that are pictures. `media_type` is that of the document,
    `original` the document itself.
    """

    text: str
    title: str | None = None
    url: str | None = None
    published: str | None = None
    source: str | None = None
    language: str | None = None
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    published_is_guess: bool = False
    updated: str | None = None
    effective: str | None = None
    replaces: str | None = None
    tags: tuple[str, ...] = ()
    media_type: str | None = field(default=None, compare=False)
    original: Original | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Article:
    """A text with a title. Its id is a hash of the text, so the text of an id never changes.

    The store sets `added_at` and `cluster`, the id of the first article of its near-duplicates. `blocks` and `original`
    are those of the document that the article was read from; an article from the store has neither, and the store loads
    them by themselves.

    Raises InvalidArticle where the id is not that of the text.
    """

    text: str = field(repr=False)
    title: str
    id: str
    url: str | None = None
    published: str | None = None
    source: str | None = None
    language: str | None = None
    added_at: str | None = None
    cluster: str | None = None
    published_is_guess: bool = False
    updated: str | None = None
    effective: str | None = None
    replaces: str | None = None
    tags: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = field(default=(), repr=False, compare=False)
    original: Original | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.id != article_id(self.text):
            raise InvalidArticle(f"The id {self.id!r} is not that of the article's text.")

    @classmethod
    def from_draft(cls, draft: Draft) -> Self:
        """Return the article of a draft, cleaned; raises InvalidArticle naming the field that is wrong, or TooLarge.

        A tag with commas or semicolons becomes several: forms and cells have them in one text.
        Blocks of a text that cleaning changes are dropped, since they no longer fit it.
        """
        text = clean_text(draft.text)
        if len(text) > MAX_SENTENCES and len(_SENTENCE_END.findall(text)) > MAX_SENTENCES:
            raise TooLarge(
                f"The text has more than {MAX_SENTENCES:,} sentences and lines, the limit of an article. "
                "Split it into several documents."
            )
        title = _line(draft.title, "title")
        if title is None:
            first = next(" ".join(line.split()) for line in text.split("\n") if _is_visible(line))
            title = first if len(first) <= 80 else first[:80].rsplit(" ", 1)[0] + "…"
        given = _stripped(draft.url, "url")
        url = None if given is None else read_web_address(given)
        if given is not None and url is None:
            raise InvalidArticle(f"The url {given[:100]!r} is not a web address (http or https, without a user name).")
        id_, replaces = article_id(text), _stripped(draft.replaces, "replaces")
        if replaces is not None and not is_article_reference(replaces):
            raise InvalidArticle(f"replaces must be the id of an article or a web address, not {replaces[:100]!r}.")
        if replaces == id_:
            raise InvalidArticle(f"The article {id_} can't replace itself.")
        tags = (_line(tag, "tags") for written in draft.tags for tag in split_tags(written))
        published, updated, effective = (
            None if value is None else parse_published(value).text
            for value in (draft.published, draft.updated, draft.effective)
        )
        return cls(
            text=text,
            title=title,
            id=id_,
            url=None if url is None else url.replace(" ", "%20"),
            published=published,
            source=_line(draft.source, "source"),
            language=_line(draft.language, "language"),
            published_is_guess=draft.published_is_guess and published is not None,
            updated=updated,
            effective=effective,
            replaces=None if replaces is None else (read_web_address(replaces) or replaces).replace(" ", "%20"),
            tags=tuple(dict.fromkeys(tag for tag in tags if tag is not None))[:MAX_TAGS],
            blocks=draft.blocks if text == draft.text else (),
            original=draft.original,
        )

    def clean_metadata(self, values: Mapping[str, MetadataValue]) -> dict[str, MetadataValue]:
        """Return new values of fields of METADATA as an article has them; None is none.

        Raises InvalidArticle naming what is wrong, which an empty title is.
        """
        title = values.get("title", self.title)
        if not isinstance(title, str) or _line(title, "title") is None:
            raise InvalidArticle("The title is empty.")
        draft = Draft(self.text, **{**values, "tags": tuple(values.get("tags") or ())})  # type: ignore[arg-type]
        cleaned = self.from_draft(draft)
        return {name: getattr(cleaned, name) for name in values}


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """The span `[start, end)` of an article, in code points."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PublicationDate:
    """An ISO 8601 date or date-time with the first and last moment it covers, in seconds since 1970 (UTC)."""

    text: str
    first: float
    last: float

    @property
    def day(self) -> date:
        """The day that the text names, in its own time zone."""
        return date.fromisoformat(self.text[:10])


def article_id(text: str) -> str:
    """Return the id of the article with this text."""
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def clean_text(text: str) -> str:
    """Return text with one kind of newline and without control characters; raises InvalidArticle if none is left."""
    _check_encodable(text, "text")
    if _CONTROL.search(text):  # translating a text beyond ASCII takes fifteen times as long as searching it
        text = text.replace("\r\n", "\n").translate(_CONTROLS)
    cleaned = text.strip()
    if not _is_visible(cleaned):
        raise InvalidArticle("The article has no text.")
    return cleaned


def parse_published(value: str) -> PublicationDate:
    """Parse an ISO 8601 date or date-time; a time without zone is UTC. Raises InvalidArticle."""
    value = value.strip()
    with suppress(ValueError):
        day = date.fromisoformat(value)
        first, last = (datetime.combine(day, limit, UTC).timestamp() for limit in (time.min, time.max))
        return PublicationDate(day.isoformat(), first, last)
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return PublicationDate(moment.isoformat(), moment.timestamp(), moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise InvalidArticle(
            f"The date {value[:40]!r} is not an ISO 8601 date or date-time, such as 2022-01-13."
        ) from error


def split_tags(text: str) -> tuple[str, ...]:
    """Return the tags that stand in one text, between commas, semicolons or lines."""
    return tuple(filter(None, map(str.strip, _TAG_SEPARATOR.split(text))))


def is_article_reference(value: str) -> bool:
    """Tell whether a text names an article: by its id or its web address."""
    return _ID.fullmatch(value) is not None or is_web_address(value)


def _stripped(value: str | None, name: str) -> str | None:
    _check_encodable("" if value is None else value, name)
    return None if value is None else value.strip() or None


def _line(value: str | None, name: str) -> str | None:
    """Return a value as one line of at most MAX_LINE characters, None where nothing in it is visible."""
    if value is None:
        return None
    _check_encodable(value, name)
    line = " ".join(value.translate(_CONTROLS).split())
    return line[:MAX_LINE].rstrip() if _is_visible(line) else None


def _check_encodable(value: str, name: str) -> None:
    if (place := find_surrogate(value)) is not None:
        raise InvalidArticle(f"The {name} holds half a character (a lone surrogate) at {place}.")


def _is_visible(text: str) -> bool:
    """Tell whether a text has any character but separators and invisible ones."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)
