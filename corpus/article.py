"""What an article is, and what a sentence of it is."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Self
from urllib.parse import urlsplit

from corpus.errors import InvalidArticle

ID_LENGTH = 16
MAX_TITLE = 500
# Everything that is not text but could be in a "text": control characters other than tab and newline.
_CONTROLS = {code: None for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: None, 0xFEFF: None}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a document says of itself, before it is an article: `text` and whatever else is known.

    `published` is an ISO 8601 date or date-time, `language` a BCP 47 tag.
    """

    text: str
    title: str | None = None
    url: str | None = None
    published: str | None = None
    source: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A text with a title. Its id is a fingerprint of the text, so the text of an id never changes.

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

    def __post_init__(self) -> None:
        if self.id != article_id(self.text):
            raise InvalidArticle(f"The id {self.id!r} is not that of the article's text.")

    @classmethod
    def from_draft(cls, draft: Draft) -> Self:
        """Check and tidy a draft; raises InvalidArticle naming the field that is wrong."""
        text = clean_text(draft.text)
        return cls(
            text=text,
            title=_title(draft.title, text),
            id=article_id(text),
            url=_url(draft.url),
            published=None if draft.published is None else parse_published(draft.published).text,
            source=_line(draft.source, "source"),
            language=_line(draft.language, "language"),
        )


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """The span `[start, end)` of an article, in code points."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Published:
    """A date as the article says it, and the first and last moment it may mean (seconds since 1970, UTC)."""

    text: str
    first: float
    last: float


def article_id(text: str) -> str:
    """Return the id of the article with this text."""
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def clean_text(text: str) -> str:
    """Return text with one kind of newline and without control characters; raise InvalidArticle if none is left."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidArticle(f"The text holds half a character (a lone surrogate) at {error.start}.") from error
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS).strip()
    if not cleaned:
        raise InvalidArticle("The article has no text.")
    return cleaned


def parse_published(value: str) -> Published:
    """Read an ISO 8601 date or date-time; a time without zone is UTC. Raises InvalidArticle."""
    value = value.strip()
    try:
        if _DATE.fullmatch(value):
            day = date.fromisoformat(value)
            first, last = (datetime.combine(day, moment, UTC).timestamp() for moment in (time.min, time.max))
            return Published(value, first, last)
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return Published(moment.isoformat(), moment.timestamp(), moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise InvalidArticle(
            f"The date {value[:40]!r} is not an ISO 8601 date or date-time, such as 2022-01-13."
        ) from error


def _title(title: str | None, text: str) -> str:
    """Return the title given, or else the start of the text's first line."""
    line = _line(title, "title")
    if line is None:
        line = " ".join(text.split("\n", 1)[0].split())
        return line if len(line) <= 80 else line[:80].rsplit(" ", 1)[0] + "…"
    return line[:MAX_TITLE]


def _line(value: str | None, name: str) -> str | None:
    if value is None:
        return None
    if any(unicodedata.category(character) == "Cs" for character in value):
        raise InvalidArticle(f"The {name} holds half a character (a lone surrogate).")
    return " ".join(value.translate(_CONTROLS).split()) or None


def _url(value: str | None) -> str | None:
    line = _line(value, "url")
    if line is None:
        return None
    try:
        parts = urlsplit(line)
    except ValueError as error:
        raise InvalidArticle(f"The url {line[:100]!r} is not a web address.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(line) > 2000:
        raise InvalidArticle(f"The url {line[:100]!r} is not a web address (http or https).")
    return line
