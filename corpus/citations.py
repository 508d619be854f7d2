"""Citations of articles, with the words that are quoted: Markdown, BibTeX, RIS and CSL-JSON."""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import rispy
from bibtexparser.entrypoint import write_string
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexEncodingMiddleware
from bibtexparser.model import Entry, Field

from corpus.article import Article

_KEY_WORDS = 3  # of the title
_MARKDOWN_SIGN = re.compile(r"[\\`*_\[\]<>#|~&]|^[-+=]|(?<=^\d)[.)]", re.MULTILINE)
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_NOT_IN_URLS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"} | {chr(code): "" for code in range(33)})


class CitationFormat(StrEnum):
    """How a citation is written."""

    MARKDOWN = "markdown"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"


@dataclass(frozen=True, slots=True)
class Citation:
    """What is cited: an article, the address to give for it, and the quoted texts and their page, if any."""

    article: Article
    address: str
    quotes: Sequence[str] = ()
    page: int | None = None

    def write(self, style: CitationFormat) -> str:
        """Return the citation in a format, with a line end."""
        return _WRITERS[style](self)

    @property
    def key(self) -> str:
        """A name for it that is the same each time: first words of the title, year, beginning of the article's id."""
        plain = unicodedata.normalize("NFKD", self.article.title).encode("ascii", "ignore").decode().lower()
        words = re.findall(r"[a-z0-9]+", plain)[:_KEY_WORDS]
        return "-".join([*words, *self.date[:1], self.article.id[:6]])

    @property
    def date(self) -> list[str]:
        """Year, month and day of publication, as far as they are known; nothing for a guess."""
        found = None if self.article.published_is_guess else _DATE.match(self.article.published or "")
        return [] if found is None else [part for part in found.groups() if part is not None]

    @property
    def title(self) -> str:
        """The title on one line."""
        return _line(self.article.title)

    @property
    def note(self) -> str:
        """The quotes with their page on one line, empty without any."""
        quotes = " ".join(f"“{_line(quote)}”" for quote in self.quotes)
        return f"p. {self.page}: {quotes}" if quotes and self.page is not None else quotes


def _line(text: str) -> str:
    return " ".join(text.split())


def _markdown(citation: Citation) -> str:
    article = citation.article
    about = [None if citation.page is None else f"p. {citation.page}", article.source, "-".join(citation.date)]
    rest = "".join(f", {_escaped(_line(part))}" for part in about if part)
    lines = "\n\n".join(_escaped(quote.strip()) for quote in citation.quotes).split("\n")
    quotes = "\n".join(f"> {line}".rstrip() for line in lines) if citation.quotes else ""
    address = citation.address.translate(_NOT_IN_URLS).replace("<", "%3C").replace(">", "%3E")
    source = f"[{_escaped(citation.title)}](<{address}>){rest}"
    return f"{quotes}\n>\n> — {source}\n" if quotes else f"{source}\n"


def _escaped(text: str) -> str:
    """Return a text whose characters mean nothing in Markdown."""
    return _MARKDOWN_SIGN.sub(r"\\\g<0>", text)


def _bibtex(citation: Citation) -> str:
    article = citation.article
    values = {
        "title": citation.title,
        "howpublished": _line(article.source or ""),
        **dict(zip(("year", "month", "day"), citation.date, strict=False)),
        "language": article.language or "",
        "note": citation.note,
    }
    entry = Entry("misc", citation.key, [Field(name, value) for name, value in values.items() if value])
    library = LatexEncodingMiddleware(keep_math=False).transform(Library([entry]))
    for field in library.entries[0].fields:  # BibTeX counts escaped braces, too: one alone would break the file
        field.value = field.value.replace(r"\{", r"{\textbraceleft}").replace(r"\}", r"{\textbraceright}")
    library.entries[0].set_field(Field("url", citation.address.translate(_NOT_IN_URLS)))
    return write_string(library)


class _RisWriter(rispy.RisWriter):  # type: ignore[misc]
    def set_header(self, count: int) -> str:
        """Return nothing: numbers above the references are an addition that other programs don't read."""
        return ""


def _ris(citation: Citation) -> str:
    article = citation.article
    values = {
        "type_of_reference": "GEN" if article.url is None else "ELEC",
        "id": citation.key,
        "title": citation.title,
        "year": "".join(citation.date[:1]),
        "date": "/".join(citation.date),
        "publisher": _line(article.source or ""),
        "language": article.language or "",
        "urls": [citation.address.translate(_NOT_IN_URLS)],
        "notes": [citation.note] if citation.note else [],
    }
    return str(rispy.dumps([{name: value for name, value in values.items() if value}], implementation=_RisWriter))


def _csl_json(citation: Citation) -> str:
    article = citation.article
    values = {
        "id": citation.key,
        "type": "document" if article.url is None else "webpage",
        "title": citation.title,
        "container-title": _line(article.source or ""),
        "issued": {"date-parts": [[int(part) for part in citation.date]]} if citation.date else None,
        "URL": citation.address,
        "language": article.language,
        "note": citation.note,
    }
    return json.dumps([{name: value for name, value in values.items() if value}], ensure_ascii=False, indent=2) + "\n"


_WRITERS: dict[CitationFormat, Callable[[Citation], str]] = {
    CitationFormat.MARKDOWN: _markdown,
    CitationFormat.BIBTEX: _bibtex,
    CitationFormat.RIS: _ris,
    CitationFormat.CSL_JSON: _csl_json,
}
