"""E-mail (EML) and web pages saved as one file (MHTML) to drafts."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from corpus.article import BlockKind, Draft
from corpus.documents.encoding import decode
from corpus.documents.html import read_fragment, read_html, write_fragment
from corpus.documents.limits import Limits, wrapped_errors
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument
from corpus.web_address import is_web_address

_MAIL, _WEB_ARCHIVE = "an e-mail (EML)", "a web page saved as one file (MHTML)"
_ERRORS = (MessageError, LookupError, TypeError, ValueError)  # what email raises for broken headers
_MAX_HEADER = 2_000  # characters
_MAX_FORWARDED = 10  # messages within each other
_MAX_NAMES = 20  # of attachments in a note
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_QUOTED = re.compile(r"[ \t]*>[> \t]*")
_ITEM = re.compile(r"[ \t]*(?:[-*•]|\d{1,3}[.)])[ \t]+(?=\S)")
_IDENTIFYING = ("from", "subject", "date", "received", "to", "mime-version", "message-id")


def read_mail(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the draft of an e-mail: its subject as title, its date, its sender as source, its text.

    Messages that it forwards are read, too; a note names the attachments, which are not. Raises UnreadableDocument
    where it is no e-mail or has no text, TooLarge past a limit.
    """
    with wrapped_errors(name, _MAIL, *_ERRORS):
        message = message_from_bytes(data)
    if not any(header in message for header in _IDENTIFYING):
        raise UnreadableDocument(f"{name} is not {_MAIL} that can be read: it has no sender, subject or date.")
    reader = _MailReader(DocumentWriter(limits, name), limits, name)
    reader.write(message)
    sender, address = parseaddr(_header(message, "From"))
    draft = reader.writer.draft(
        title=_header(message, "Subject") or None,
        published=_date(message),
        source=sender or address or None,
        notes=_note(reader.attachments),
    )
    if not draft.text:
        raise UnreadableDocument(" ".join([f"{name} holds no text.", *draft.notes]))
    return draft


def read_web_archive(data: bytes, name: str, limits: Limits) -> Draft:
    """Return the article of a page that a browser saved with its pictures, with the page's address.

    Raises UnreadableDocument where there is no page in it, TooLarge past a limit.
    """
    with wrapped_errors(name, _WEB_ARCHIVE, *_ERRORS):
        message = message_from_bytes(data)
    page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    if page is None:
        raise UnreadableDocument(f"{name} is not {_WEB_ARCHIVE} that can be read: it holds no page.")
    draft = read_html(_bytes(page), name, _parameter(page.get_content_charset), limits)
    saved_from = _header(message, "Snapshot-Content-Location") or _header(page, "Content-Location")
    return replace(draft, url=saved_from) if draft.url is None and is_web_address(saved_from) else draft


class _MailReader:
    """Writes the text of messages; collects the names of their attachments."""

    def __init__(self, writer: DocumentWriter, limits: Limits, name: str) -> None:
        self.writer = writer
        self.attachments: list[str] = []
        self._limits, self._name = limits, name

    def write(self, message: Message, depth: int = 0) -> None:
        """Write a message or a part of one."""
        kind = message.get_content_type()
        if kind == "multipart/alternative":
            self._write_alternative(message, depth)
        elif kind == "message/rfc822" and depth < _MAX_FORWARDED:
            for forwarded in _parts(message):
                self.writer.heading(_header(forwarded, "Subject"), 2)
                self.write(forwarded, depth + 1)
        elif message.is_multipart():
            for part in _parts(message):
                self.write(part, depth)
        elif kind in {"text/plain", "text/html"} and message.get_content_disposition() != "attachment":
            text = self._text(message)
            if kind == "text/html":
                write_fragment(text, self.writer, self._limits, self._name)
            else:
                _write_plain(self.writer, text)
        else:
            self._note_attachment(message)

    def _write_alternative(self, message: Message, depth: int) -> None:
        """Write the version of a text in HTML, or the plain one where that says more than twice as much."""
        parts = list(_parts(message))
        plain = next((part for part in parts if part.get_content_type() == "text/plain"), None)
        rich = next((part for part in parts if part is not plain and _holds_html(part)), None)
        if rich is None or plain is None:
            chosen = plain if rich is None else rich
        else:
            page = next(part for part in rich.walk() if part.get_content_type() == "text/html")
            html_length = len(read_fragment(self._text(page), self._name, self._limits).text)
            chosen = plain if 2 * html_length < len(self._text(plain).strip()) else rich
        for part in parts:
            if part is chosen or part not in (plain, rich):
                self.write(part, depth)

    def _text(self, part: Message) -> str:
        data = _bytes(part)
        return decode(data, self._name, _parameter(part.get_content_charset)) if data.strip() else ""

    def _note_attachment(self, part: Message) -> None:
        is_shown = part.get_content_maintype() == "image" and "Content-ID" in part
        if not is_shown:
            filename = _parameter(part.get_filename)
            self.attachments.append(part.get_content_type() if filename is None else _decoded(filename))


def _parts(message: Message) -> Iterator[Message]:
    payload = message.get_payload()
    return (part for part in payload if isinstance(part, Message)) if isinstance(payload, list) else iter(())


def _holds_html(part: Message) -> bool:
    return any(each.get_content_type() == "text/html" for each in part.walk())


def _bytes(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _write_plain(writer: DocumentWriter, text: str) -> None:
    """Write paragraphs, quotations of earlier messages and list items."""
    for block in _BLANK.split(text.replace("\r\n", "\n").strip()):
        lines = block.split("\n")
        if all(_QUOTED.match(line) for line in lines):
            writer.paragraph("\n".join(_QUOTED.sub("", line, count=1) for line in lines), BlockKind.QUOTE)
        elif all(_ITEM.match(line) for line in lines):
            for line in lines:
                writer.item(_ITEM.sub("", line, count=1))
        else:
            writer.paragraph(block)


def _parameter(read: Callable[[], str | None]) -> str | None:
    """Return a parameter of a header, such as the charset; None where there is none, or a broken one."""
    with suppress(*_ERRORS):
        return read()
    return None


def _header(message: Message, name: str) -> str:
    """Return a header as one line of text, empty where there is none."""
    return _decoded(str(message.get(name, "")))


def _decoded(value: str) -> str:
    """Return the text of a header's value, whose words may be encoded (RFC 2047); a broken one as it is."""
    value = " ".join(value[:_MAX_HEADER].split())
    with suppress(*_ERRORS):
        parts = decode_header(value)
        value = "".join(
            part if isinstance(part, str) else part.decode("utf-8" if charset is None else charset, "replace")
            for part, charset in parts
        )
    return " ".join(value.split())


def _date(message: Message) -> str | None:
    with suppress(ValueError, TypeError, OverflowError):
        return parsedate_to_datetime(_header(message, "Date")).isoformat()
    return None


def _note(attachments: list[str]) -> tuple[str, ...]:
    if not attachments:
        return ()
    more = "" if len(attachments) <= _MAX_NAMES else f" and {len(attachments) - _MAX_NAMES} more"
    one = "Its attachment is not read" if len(attachments) == 1 else "Its attachments are not read"
    return (f"{one}: {', '.join(attachments[:_MAX_NAMES])}{more}.",)
