"""Markdown to a draft: its words without its marks, and what its front matter says."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import yaml  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.article import Draft, is_web_address
from corpus.documents.dates import read_date
from corpus.documents.html import body_text
from corpus.documents.limits import Limits
from corpus.errors import TooLarge, UnreadableDocument

_YAML = re.compile(r"\A---[ \t]*\r?\n(.{0,65536}?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_TOML = re.compile(r"\A\+\+\+[ \t]*\r?\n(.{0,65536}?)^\+\+\+[ \t]*(?:\r?\n|\Z)", re.S | re.M)
# Blocks count once, lists twice. The parser's time grows with brackets times depth: 1.3 s for 50,000 at 40.
_DEEPEST = 40
_MOST_BRACKETS = 50_000
_TAG = re.compile(r"<[^<>]*>")
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_LIST_ENDS = frozenset({"bullet_list_close", "ordered_list_close"})
_BLOCK_ENDS = frozenset({"paragraph_close", "heading_close", "blockquote_close", "table_close", "hr"})
_MERGE = "tag:yaml.org,2002:merge"


class _FrontMatter(yaml.SafeLoader):  # type: ignore[misc]
    """YAML without merge keys (<<): each can double what those before it hold, so 30 lines would fill any memory."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave merge keys out."""
        node.value = [(key, value) for key, value in node.value if key.tag != _MERGE]


def read_markdown(text: str, name: str, limits: Limits) -> Draft:
    """Return the words of a Markdown text; raise UnreadableDocument where it has none."""
    about, body = _front_matter(text)
    tokens = _parse(body, name)
    words = _Writer(limits, name).write(tokens)
    if not words:
        raise UnreadableDocument(f"{name} holds no text.")
    return _draft(words, about, _first_heading(tokens))


def _parse(body: str, name: str) -> list[Token]:
    """Return the tokens; the parser leaves out what is nested more deeply than it allows, so say so."""
    if body.count("[") > _MOST_BRACKETS:
        raise TooLarge(f"{name} holds {body.count('['):,} square brackets; the limit is {_MOST_BRACKETS:,}.")
    try:
        tokens = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"]).parse(body)
    except RecursionError as error:
        raise UnreadableDocument(f"{name} is nested too deeply to be read.") from error
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        raise UnreadableDocument(f"{name} is nested too deeply to be read.")
    return tokens


def _front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """Return what stands between the marks at the start, and the rest; a rule there is no front matter."""
    for pattern, load in ((_YAML, _load_yaml), (_TOML, tomllib.loads)):
        match = pattern.match(text)
        about = None if match is None else _loaded(load, match.group(1))
        if match is not None and about is not None:
            return about, text[match.end() :]
    return {}, text


def _load_yaml(header: str) -> Any:
    return yaml.load(header, Loader=_FrontMatter)


def _loaded(load: Callable[[str], Any], header: str) -> Mapping[str, Any] | None:
    try:
        about = load(header)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, TypeError, RecursionError, AttributeError):
        return None
    return {str(key).lower(): value for key, value in about.items()} if isinstance(about, dict) else None


def _draft(words: str, about: Mapping[str, Any], heading: str | None) -> Draft:
    title, source = _line(about, "title"), _line(about, "source", "site", "publisher")
    url = _line(about, "url", "link", "canonical_url")
    if url is None and source is not None and is_web_address(source):
        url, source = source, None
    return Draft(
        text=words,
        title=heading if title is None else title,
        url=url if url is not None and is_web_address(url) else None,
        published=read_date(_first(about, "published", "date", "pubdate", "published_at")),
        source=source,
        language=_line(about, "language", "lang"),
    )


def _first(about: Mapping[str, Any], *keys: str) -> Any:
    return next((about[key] for key in keys if about.get(key) is not None), None)


def _line(about: Mapping[str, Any], *keys: str) -> str | None:
    value = _first(about, *keys)
    try:
        return " ".join(str(value).split()) or None if isinstance(value, str | int | float) else None
    except ValueError:  # a number of more digits than Python writes out
        return None


def _first_heading(tokens: Sequence[Token]) -> str | None:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return " ".join(_words(inline.children).split()) or None
    return None


def _words(children: Iterable[Token] | None) -> str:
    """Return the words of a line's tokens: the texts of links and code, but no pictures and tags."""
    words = {"softbreak": " ", "hardbreak": "\n"}
    parts = []
    for token in children if children is not None else ():
        if token.type in {"text", "code_inline", "text_special"}:
            parts.append(token.content)
        elif token.type == "html_inline" and token.content.lower().startswith("<br"):
            parts.append("\n")
        else:
            parts.append(words.get(token.type, ""))
    return "".join(parts)


class _Writer:
    """Writes blocks: a blank line between paragraphs, an item or a row of a table a line."""

    def __init__(self, limits: Limits, name: str) -> None:
        self._limits, self._name = limits, name
        self._blocks: list[str] = []
        self._lines: list[str] = []
        self._row: list[str] | None = None
        self._depth = 0

    def write(self, tokens: Iterable[Token]) -> str:
        """Return the text of a document's tokens."""
        for token in tokens:
            self._take(token)
        self._end_block()
        return "\n\n".join(self._blocks)

    def _take(self, token: Token) -> None:
        if token.type == "inline":
            self._add(_words(token.children))
        elif token.type in {"fence", "code_block"}:
            self._whole(token.content)
        elif token.type == "html_block":
            self._html(token.content)
        elif token.type in {"tr_open", "tr_close"}:
            self._end_row(opens=token.type == "tr_open")
        else:
            self._structure(token)

    def _structure(self, token: Token) -> None:
        if not self._depth and (token.type in _LISTS or token.type in _BLOCK_ENDS):
            self._end_block()
        if token.type in _LISTS:
            self._depth += 1
        elif token.type in _LIST_ENDS:
            self._depth -= 1
            if not self._depth:
                self._end_block()

    def _add(self, words: str) -> None:
        lines = [" ".join(line.split()) for line in words.split("\n")]
        if self._row is None:
            self._lines += [line for line in lines if line]
        else:
            self._row.append(" ".join(lines))

    def _end_row(self, opens: bool) -> None:
        if self._row is not None and any(self._row):
            self._lines.append(" | ".join(self._row))
        self._row = [] if opens else None

    def _html(self, markup: str) -> None:
        if _TAG.sub("", markup).strip():
            self._whole(body_text(markup, self._limits, self._name))

    def _whole(self, block: str) -> None:
        self._end_block()
        if block.strip():
            self._blocks.append(block.strip("\n").rstrip())

    def _end_block(self) -> None:
        if self._lines:
            self._blocks.append("\n".join(self._lines))
        self._lines = []
