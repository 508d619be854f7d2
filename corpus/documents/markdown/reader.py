"""Markdown to drafts: what it shows, without its markup, and the metadata of its front matter."""

from dataclasses import replace
from itertools import pairwise

from corpus.article import Draft, is_article_reference
from corpus.documents.limits import Limits
from corpus.documents.markdown.blocks import MarkdownBlocks, inline_text
from corpus.documents.markdown.front_matter import read_front_matter
from corpus.documents.markdown.syntax import markdown_parser
from corpus.documents.published import date_of_text
from corpus.documents.titles import title_of_file
from corpus.documents.writer import DocumentWriter
from corpus.errors import TooLarge, UnreadableDocument
from corpus.web_address import is_web_address

# A list adds two levels. The parser's time grows with brackets times levels: 1.3 s for 50,000 at 40 levels.
_MAX_NESTING = 40
_MAX_BRACKETS = 50_000


def read_markdown(text: str, name: str, limits: Limits) -> Draft:
    """Return the text and front matter of Markdown.

    Raises UnreadableDocument where it is nested too deeply or has no text, TooLarge past a limit.
    """
    metadata, body = read_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    if body.count("[") > _MAX_BRACKETS:
        raise TooLarge(f"{name} holds {body.count('['):,} square brackets; the limit is {_MAX_BRACKETS:,}.")
    writer = DocumentWriter(limits, name)
    blocks = MarkdownBlocks(markdown_parser(body, _MAX_NESTING), writer, limits, name)
    try:
        tokens = blocks.parse(body)
    except RecursionError as error:
        raise UnreadableDocument(f"{name} is nested too deeply to be read.") from error
    if any(token.level >= _MAX_NESTING - 2 for token in tokens):  # the parser drops what is nested deeper
        raise UnreadableDocument(f"{name} is nested too deeply to be read.")
    blocks.write(tokens)
    blocks.write_inline_footnotes()
    headings = (
        " ".join(inline_text(inline.children).split())
        for token, inline in pairwise(tokens)
        if token.type == "heading_open" and token.tag == "h1"
    )
    source, url = metadata.line("source", "site", "publisher"), metadata.line("url", "link", "canonicalurl")
    if url is None and source is not None and is_web_address(source):
        url, source = source, None
    replaces = metadata.line("replaces", "supersedes")
    titles = (metadata.line("title"), next(headings, None), title_of_file(name, is_note=True))
    draft = writer.draft(
        title=next((title for title in titles if title), None),
        url=url if url is not None and is_web_address(url) else None,
        published=metadata.published(),
        source=source,
        language=metadata.line("language", "lang"),
        updated=metadata.updated(),
        effective=metadata.effective(),
        replaces=replaces if replaces is not None and is_article_reference(replaces) else None,
        tags=metadata.tags(),
    )
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    if draft.published is not None:
        return draft
    published, is_guess = date_of_text(draft.text, name)
    return replace(draft, published=published, published_is_guess=is_guess)
