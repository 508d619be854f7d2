"""Documents that are zip archives (DOCX, PPTX, XLSX, ODT, EPUB): their type and their members, within limits."""

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, Self

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.limits import MIB, Limits, broken, format_size, wrapped_errors
from corpus.errors import TooLarge, UnreadableDocument

_MAX_FILES = 10_000
_MARKUP_DIVISOR = 4  # XML may take a quarter of the unpacked bytes, since its tree takes several times its size
_MARKUP = (".xml", ".rels", ".opf", ".ncx", ".html", ".htm", ".xhtml")
_CENTRAL_RECORD = b"PK\x01\x02"  # begins the record of a member in the archive's directory
_CONTENT_TYPES = "[Content_Types].xml"
_MAIN_PART = re.compile(rb"""ContentType\s*=\s*["'](application/[^"']{1,150}\.main\+xml)["']""")
_MAX_TYPE = 200  # bytes of the member "mimetype"
# What zipfile raises for archives that are damaged, packed in an unknown way or locked.
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, OSError, OverflowError,
    RuntimeError, ValueError,
)  # fmt: skip


class DocumentArchive:
    """The members of an archive. `label` says what it should be, such as "a Word document", in messages.

    Raises TooLarge past a limit by the declared sizes, UnreadableDocument where it is encrypted or broken. Use it as a
    context manager.
    """

    def __init__(self, data: bytes, name: str, label: str, limits: Limits) -> None:
        self._name, self._label, self._limits = name, label, limits
        self._remaining, self._tags = limits.max_unpacked // _MARKUP_DIVISOR, 0
        if data.count(_CENTRAL_RECORD) > _MAX_FILES:  # before the directory is read, which takes 1 KiB a member
            raise TooLarge(f"{name} is an archive of more than {_MAX_FILES:,} files, as no document is.")
        with wrapped_errors(name, label, *_ZIP_ERRORS):
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        members = self._archive.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > limits.max_unpacked:
            limit = format_size(limits.max_unpacked)
            raise TooLarge(f"{name} unpacks to {format_size(unpacked)}; the limit is {limit}.")
        if unpacked > MIB and unpacked > limits.max_ratio * len(data):
            raise TooLarge(f"{name} unpacks to more than {limits.max_ratio} times its size, as no document does.")
        if any(member.flag_bits & 1 for member in members):
            raise UnreadableDocument(f"{name} is locked with a password. Save it without one.")
        self.names = list(dict.fromkeys(member.filename for member in members))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def read(self, member: str) -> bytes:
        """Return the bytes of a member of text or markup; raises UnreadableDocument, TooLarge."""
        if member not in self._archive.NameToInfo:
            raise self.broken()
        with wrapped_errors(self._name, self._label, *_ZIP_ERRORS), self._archive.open(member) as file:
            content = file.read(self._remaining + 1)  # the declared size may be false
        if len(content) > self._remaining:
            raise TooLarge(f"{self._name} unpacks to more text and markup than a document should.")
        self._remaining -= len(content)
        self._tags += content.count(b"<")
        self._limits.check_tags(self._tags, self._name)
        # Office programs declare no entities, which could expand without end ("billion laughs") or read other files.
        if b"<!ENTITY" in content.replace(b"\0", b""):
            raise UnreadableDocument(f"{self._name} is not {self._label} that can be read: its XML declares entities.")
        return content

    def xml(self, member: str) -> Any:
        """Return the root element of a member; raises as read does."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        content = self.read(member)
        with wrapped_errors(self._name, self._label, etree.XMLSyntaxError):
            return etree.fromstring(content, parser)

    def broken(self) -> UnreadableDocument:
        """Return the error of an archive that lacks what its format demands."""
        return broken(self._name, self._label)

    def repacked(self, replaced: Mapping[str, bytes] | None = None) -> bytes:
        """Return an uncompressed archive with the markup alone, other members emptied, for libraries that unpack all.

        `replaced` has the contents of members to write instead of their own. Raises as read does.
        """
        target_file = io.BytesIO()
        with zipfile.ZipFile(target_file, "w") as target:
            for member in self.names:
                if replaced is not None and member in replaced:
                    target.writestr(member, replaced[member])
                else:
                    target.writestr(member, self.read(member) if member.lower().endswith(_MARKUP) else b"")
        return target_file.getvalue()


def archive_type(data: bytes) -> str | None:
    """Return the media type that an archive of a document declares, empty where it declares none.

    That is the content of its member "mimetype" (ODT, EPUB), or the type of its main part (DOCX, PPTX, XLSX). None
    where the archive can't be read.
    """
    if data.count(_CENTRAL_RECORD) > _MAX_FILES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.NameToInfo
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    return file.read(_MAX_TYPE).decode("ascii", "replace").strip().lower()
            if _CONTENT_TYPES not in names:
                return ""
            with archive.open(_CONTENT_TYPES) as file:
                main = _MAIN_PART.search(file.read(MIB))
            return "" if main is None else main.group(1).decode("ascii", "replace")
    except _ZIP_ERRORS:
        return None
