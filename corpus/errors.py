"""The exceptions of Citeline.

CitelineError
├── InvalidInput            a request, article or document is wrong
│   ├── InvalidQuestion     empty, too long
│   ├── InvalidArticle      no text, lone surrogates, a bad date or url
│   ├── UnknownFilterValue  no article has the source or the id that a filter names, or it is blank
│   ├── UnreadableDocument  the bytes are not what they claim to be: broken, binary, encrypted, without text
│   │   ├── NotAFeed            neither RSS, Atom nor JSON Feed
│   │   └── ReaderFailed        a bug of Citeline's reader, whatever the document holds
│   ├── UnsupportedFormat   a document format that Citeline does not read
│   ├── TooLarge            past a limit; the message names the limit and its setting
│   │   └── AboveUploadLimit    past CITELINE_MAX_UPLOAD, under which another run may read it
│   └── FetchFailed         a page that does not answer, answers with an error, redirects forever
│       └── ForbiddenAddress    on this machine or a private network, not http(s), or disallowed by robots.txt
├── NotFound                no article, feed or job of that id, or no original of an article
│   └── ArticleReplaced     another article has replaced that of this id
├── CursorExpired           the changes since a cursor are not kept any more
├── Conflict                a rebuild is running already
├── NotReady                no generation to answer from yet
├── IndexProblem            the index can't be used
│   ├── CorruptIndex        files are missing or differ from the manifest
│   ├── OtherVersion        written by another version of Citeline
│   └── ModelMismatch       built with another embedding model
├── WorkerProblem           no document can be read now: the service stops, or no process can be started
│   └── WorkerBusy          too many others are being fetched or read
├── ModelProblem            a model can't be loaded, or its export disagrees with it
└── StorageProblem          the disk is full, read-only or otherwise not writable
    └── DamagedFile         the content of a file has changed since it was written

Errors of libraries are wrapped (`raise ... from error`). A message names the wrong path or value and what to do.
"""

from typing import Self


class CitelineError(Exception):
    """The base class of all of them."""


class InvalidInput(CitelineError):
    """A request, an article or a document is wrong; the message says what.

    `field` is the name of the field of a request that is wrong, None where that is not known.
    """

    field: str | None = None

    def of_field(self, field: str) -> Self:
        """Set the field that is wrong, and return the error."""
        self.field = field
        return self


class InvalidQuestion(InvalidInput):
    """A question is empty or too long."""


class InvalidArticle(InvalidInput):
    """An article has no text, or a field that can't be stored."""


class UnknownFilterValue(InvalidInput):
    """No article has the source or the id that a filter names; the message names the sources that there are."""


class UnreadableDocument(InvalidInput):
    """The bytes of a document are not what its name or type says."""


class NotAFeed(UnreadableDocument):
    """A document is neither RSS, Atom nor JSON Feed; a broken feed is an UnreadableDocument."""


class ReaderFailed(UnreadableDocument):
    """The reader of a document has a bug, which the log shows; the document may be right."""


class UnsupportedFormat(InvalidInput):
    """Citeline does not read this document format."""


class TooLarge(InvalidInput):
    """A document or request exceeds a limit; the message names the limit and its setting."""


class AboveUploadLimit(TooLarge):
    """A document has more bytes than the settings allow, which another run of the program may raise."""


class FetchFailed(InvalidInput):
    """A page can't be fetched.

    `status` is that of the response, None without one; `retry_after` is how many seconds it asks to wait, 0 where it
    does not ask.
    """

    status: int | None = None
    retry_after: float = 0.0


class ForbiddenAddress(FetchFailed):
    """An address is not allowed, or robots.txt disallows the page."""


class NotFound(CitelineError):
    """No article, feed or job has this id."""


class ArticleReplaced(NotFound):
    """Another article, whose id is `article_id`, has replaced the one that was asked for: its origin has changed."""

    article_id: str = ""


class CursorExpired(CitelineError):
    """The changes since a cursor are not kept any more, or are those of another library."""


class Conflict(CitelineError):
    """A request can't be carried out while another one runs."""


class NotReady(CitelineError):
    """No generation has been published yet."""


class IndexProblem(CitelineError):
    """The index can't be used; the message says what to do."""


class CorruptIndex(IndexProblem):
    """Files of the index are missing or differ from its manifest."""


class OtherVersion(IndexProblem):
    """The index was written by another version of Citeline."""


class ModelMismatch(IndexProblem):
    """The index was built with another embedding model than the one in the settings."""


class WorkerProblem(CitelineError):
    """No document can be read now, whatever it holds: the service stops, or the system starts no process."""


class WorkerBusy(WorkerProblem):
    """A document can't be fetched or read now, since too many others are."""


class ModelProblem(CitelineError):
    """A model can't be loaded, or its export disagrees with it."""


class StorageProblem(CitelineError):
    """The disk is full, read-only or otherwise not writable."""


class DamagedFile(StorageProblem):
    """The content of a file has changed since it was written."""
