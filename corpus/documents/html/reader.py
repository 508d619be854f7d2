"""HTML to drafts: the article of a page, or all of a fragment, and the metadata of the page."""

import re

from corpus.article import Draft
from corpus.documents.encoding import charset_of_html, decode
from corpus.documents.html.blocks import find_blocks, write_blocks
from corpus.documents.html.markup import check_markup, parse
from corpus.documents.html.visibility import drop_hidden, show_formulas
from corpus.documents.limits import Deadline, Limits
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.I)


def read_html(data: bytes, name: str, charset: str | None, limits: Limits) -> Draft:
    """Return the article of a page with its metadata, or all of a fragment.

    `name` is the address of a page that was fetched. `charset` is the server's, and wins over the page's own. Raises
    UnreadableDocument, or TooLarge past a limit.
    """
    declared = charset if charset is not None else charset_of_html(data)
    markup = decode(data, name, declared)
    if not _PAGE.search(markup):  # a fragment was pasted by a person, who means all of it
        draft = read_fragment(markup, name, limits)
    else:
        check_markup(markup, name, limits)
        from corpus.documents.html.page import read_page  # noqa: PLC0415 - trafilatura takes a third of a second

        tree = parse(markup, name)
        draft = Draft("") if tree is None else read_page(tree, name, limits)
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text to read. Pages that a script fills can't be read.")
    return draft


def read_fragment(markup: str, name: str, limits: Limits) -> Draft:
    """Return all visible text of a fragment. Raises UnreadableDocument, or TooLarge past a limit."""
    writer = DocumentWriter(limits, name)
    write_fragment(markup, writer, limits, name)
    return writer.draft()


def write_fragment(markup: str, writer: DocumentWriter, limits: Limits, name: str) -> None:
    """Write all visible blocks of a fragment. Raises UnreadableDocument, or TooLarge past a limit."""
    check_markup(markup, name, limits)
    tree = parse(markup, name)
    if tree is not None:
        show_formulas(tree)
        drop_hidden(tree)
        write_blocks(find_blocks(tree, Deadline(limits, name)), writer)
