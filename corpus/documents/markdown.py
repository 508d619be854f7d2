"""Markdown to drafts: the text without its markup, and the metadata of its front matter."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import yaml  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.article import Draft, is_web_address
from corpus.documents.dates import read_date
from corpus.documents.html import read_fragment
from corpus.documents.limits import Limits
from corpus.documents.toml import load_toml
from corpus.errors import TooLarge, UnreadableDocument

_YAML = re.compile(r"\A---[ \t]*\r?\n(.{0,65536}?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_TOML = re.compile(r"\A\+\+\+[ \t]*\r?\n(.{0,65536}?)^\+\+\+[ \t]*(?:\r?\n|\Z)", re.S | re.M)
# A list adds two levels. The parser's time grows with brackets times levels: 1.3 s for 50,000 at 40 levels.
_MAX_NESTING = 40
_MAX_BRACKETS = 50_000
_TAG = re.compile(r"<[^<>]*>")
_LIST_BOUNDARIES = frozenset({"bullet_list_open", "ordered_list_open", "bullet_list_close", "ordered_list_close"})
_BLOCK_BOUNDARIES = _LIST_BOUNDARIES | {"paragraph_close", "heading_close", "blockquote_close", "table_close", "hr"}
_MERGE_TAG = "tag:yaml.org,2002:merge"


class _FrontMatterLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Loads YAML without merge keys (<<), each of which can double the size: 30 lines would fill any memory."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Drop merge keys."""
        node.value = [(key, value) for key, value in node.value if key.tag != _MERGE_TAG]


def read_markdown(text: str, name: str, limits: Limits) -> Draft:
    """Return the text and front matter of Markdown.

    Raises UnreadableDocument where it is nested too deeply or has no text, TooLarge past a limit.
    """
    metadata, body = _front_matter(text)
    if body.count("[") > _MAX_BRACKETS:
        raise TooLarge(f"{name} holds {body.count('['):,} square brackets; the limit is {_MAX_BRACKETS:,}.")
    try:
        tokens = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"]).parse(body)
    except RecursionError as error:
        raise UnreadableDocument(f"{name} is nested too deeply to be read.") from error
    if any(token.level >= _MAX_NESTING - 2 for token in tokens):  # the parser drops what is nested deeper
        raise UnreadableDocument(f"{name} is nested too deeply to be read.")
    content = _MarkdownWriter(limits, name).write(tokens)
    if not content:
        raise UnreadableDocument(f"{name} holds no text.")
    headings = (
        _inline_text(inline.children)
        for token, inline in pairwise(tokens)
        if token.type == "heading_open" and token.tag == "h1"
    )
    title, source = _line(metadata, "title"), _line(metadata, "source", "site", "publisher")
    url = _line(metadata, "url", "link", "canonical_url")
    if url is None and source is not None and is_web_address(source):
        url, source = source, None
    return Draft(
        text=content,
        title=" ".join(next(headings, "").split()) or None if title is None else title,
        url=url if url is not None and is_web_address(url) else None,
        published=read_date(_first(metadata, "published", "date", "pubdate", "published_at")),
        source=source,
        language=_line(metadata, "language", "lang"),
    )


def _front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """Return the metadata of the front matter, and the text after it.

    Without valid front matter, such as after a horizontal rule at the start, that is no metadata and the whole text.
    """
    loaders: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
        (_YAML, lambda header: yaml.load(header, Loader=_FrontMatterLoader)),
        (_TOML, load_toml),
    )
    for pattern, load in loaders:
        match = pattern.match(text)
        if match is None:
            continue
        try:
            metadata = load(match.group(1))
        except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, TypeError, RecursionError, AttributeError):
            continue
        if isinstance(metadata, dict):
            return {str(key).lower(): value for key, value in metadata.items()}, text[match.end() :]
    return {}, text


def _first(metadata: Mapping[str, Any], *keys: str) -> Any:
    """Return the value of the first of these keys that has one."""
    return next((metadata[key] for key in keys if metadata.get(key) is not None), None)


def _line(metadata: Mapping[str, Any], *keys: str) -> str | None:
    """Return the value of the first of these keys that has one, as one line of text."""
    value = _first(metadata, *keys)
    try:
        return " ".join(str(value).split()) or None if isinstance(value, str | int | float) else None
    except ValueError:  # an integer with more digits than Python converts to text
        return None


def _inline_text(children: Iterable[Token] | None) -> str:
    """Return the text of inline tokens, including links and code, but no images and HTML tags."""
    breaks = {"softbreak": " ", "hardbreak": "\n"}
    parts = []
    for token in children if children is not None else ():
        if token.type in {"text", "code_inline", "text_special"}:
            parts.append(token.content)
        elif token.type == "html_inline" and token.content.lower().startswith("<br"):
            parts.append("\n")
        else:
            parts.append(breaks.get(token.type, ""))
    return "".join(parts)


class _MarkdownWriter:
    """Writes the text of tokens: a blank line between blocks, one line per list item or table row."""

    def __init__(self, limits: Limits, name: str) -> None:
        self._limits, self._name = limits, name
        self._blocks: list[str] = []
        self._lines: list[str] = []
        self._row: list[str] | None = None
        self._list_depth = 0

    def write(self, tokens: Iterable[Token]) -> str:
        """Return the text of a document's tokens."""
        for token in tokens:
            if token.type == "inline":
                lines = [" ".join(line.split()) for line in _inline_text(token.children).split("\n")]
                if self._row is None:
                    self._lines += [line for line in lines if line]
                else:
                    self._row.append(" ".join(lines))
            elif token.type in {"fence", "code_block"}:
                self._add_block(token.content)
            elif token.type == "html_block" and _TAG.sub("", token.content).strip():
                self._add_block(read_fragment(token.content, self._name, self._limits).text)
            elif token.type == "tr_open":
                self._row = []
            elif token.type == "tr_close":
                if self._row is not None and any(self._row):
                    self._lines.append(" | ".join(self._row))
                self._row = None
            elif token.type in _BLOCK_BOUNDARIES:
                depth = self._list_depth
                self._list_depth += token.nesting if token.type in _LIST_BOUNDARIES else 0
                if 0 in (depth, self._list_depth):  # not within a list
                    self._end_block()
        self._end_block()
        return "\n\n".join(self._blocks)

    def _add_block(self, block: str) -> None:
        self._end_block()
        if block.strip():
            self._blocks.append(block.strip("\n").rstrip())

    def _end_block(self) -> None:
        if self._lines:
            self._blocks.append("\n".join(self._lines))
        self._lines = []
