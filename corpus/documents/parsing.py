"""Bytes of any kind that is read to a draft."""

from dataclasses import replace

from corpus.article import Draft
from corpus.documents.encoding import charset_of_header, decode
from corpus.documents.limits import DEFAULT_LIMITS, Limits
from corpus.documents.media_types import Kind, kind_of, kind_of_page
from corpus.errors import UnreadableDocument
from corpus.text.unicode import join_surrogates


def read_document(data: bytes, name: str, content_type: str | None = None, limits: Limits = DEFAULT_LIMITS) -> Draft:
    """Return the text of a document and what it says of itself: text, Markdown, HTML, PDF or DOCX.

    The kind comes from the name's extension, else from the content type, else from the content. Raises
    UnreadableDocument, UnsupportedFormat or TooLarge; the message names the document.
    """
    _check(data, name, limits)
    return _read(kind_of(data, name, content_type), data, name, content_type, limits)


def read_fetched(data: bytes, url: str, content_type: str, limits: Limits = DEFAULT_LIMITS) -> Draft:
    """Return the draft of a fetched page; addresses have misleading endings, so the content type goes first."""
    _check(data, url, limits)
    return _read(kind_of_page(data, url, content_type), data, url, content_type, limits)


def _check(data: bytes, name: str, limits: Limits) -> None:
    limits.check_bytes(len(data), name)
    if not data.strip():
        raise UnreadableDocument(f"{name} is empty.")


def _read(kind: Kind, data: bytes, name: str, content_type: str | None, limits: Limits) -> Draft:
    # The readers' libraries take a third of a second to import: only whoever reads such a document waits for them.
    charset = charset_of_header(content_type)
    match kind:
        case Kind.HTML:
            from corpus.documents.html import read_html  # noqa: PLC0415

            draft = read_html(data, name, charset, limits)
        case Kind.PDF:
            from corpus.documents.pdf import read_pdf  # noqa: PLC0415

            draft = read_pdf(data, name, limits)
        case Kind.DOCX:
            from corpus.documents.docx import read_docx  # noqa: PLC0415

            draft = read_docx(data, name, limits)
        case Kind.MARKDOWN:
            from corpus.documents.markdown import read_markdown  # noqa: PLC0415

            draft = read_markdown(_text(data, name, charset, limits), name, limits)
        case Kind.TEXT:
            return Draft(text=_text(data, name, charset, limits))
    limits.check_text(len(draft.text), name)
    return _without_surrogates(draft)


def _text(data: bytes, name: str, charset: str | None, limits: Limits) -> str:
    text = decode(data, name, charset)
    limits.check_text(len(text), name)
    if not text.strip():
        raise UnreadableDocument(f"{name} is empty: it holds only spaces and line ends.")
    return text


def _without_surrogates(draft: Draft) -> Draft:
    """Replace halves of characters, which broken fonts and entities leave."""
    title = None if draft.title is None else join_surrogates(draft.title)
    source = None if draft.source is None else join_surrogates(draft.source)
    return replace(draft, text=join_surrogates(draft.text), title=title, source=source)
