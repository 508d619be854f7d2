"""Everything that Citeline raises on purpose.

CitelineError
├── InvalidInput            what was asked or given is wrong, and says how
│   ├── InvalidQuestion     empty, too long
│   ├── InvalidArticle      no text, lone surrogates, a bad date or url
│   │   └── InvalidSidecar      what stands beside a document is wrong, not the document
│   ├── UnreadableDocument  the bytes are not what they claim to be: broken, binary, encrypted, without text
│   │   └── NotAFeed            something else than an RSS or Atom feed
│   ├── UnsupportedFormat   a kind of document that Citeline does not read
│   ├── TooLarge            past a limit; the message names the limit and its setting
│   └── FetchFailed         a page that does not answer, answers with an error, redirects forever
│       └── ForbiddenAddress    on this machine or a private network, not http(s), or robots.txt is against it
├── NotFound                no article or job of that id
├── Conflict                a rebuild is running already
├── NotReady                no generation to answer from yet
├── IndexProblem            the index can't be used; the message says what to do
│   ├── CorruptIndex        files are missing or not what the manifest says
│   ├── OtherVersion        written by another version of Citeline
│   └── ModelMismatch       made by another embedding model than the one that is set
├── ModelProblem            a model (of embedding, of confidence) can't be loaded, or an export does not agree with it
└── StorageProblem          the disk is full, read-only or otherwise not writable
    └── DamagedFile         a file is not what was written to it

Errors of libraries are wrapped (`raise ... from error`); a message names the path or value that is wrong.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpus.article import Draft


class CitelineError(Exception):
    """The root: catch this one to catch them all."""


class InvalidInput(CitelineError):
    """What was asked or given is wrong; the message says what."""


class InvalidQuestion(InvalidInput):
    """A question that is empty or too long."""


class InvalidArticle(InvalidInput):
    """An article without text, or with a field that can't be kept."""


class InvalidSidecar(InvalidArticle):
    """The file beside a document that tells its title and date is wrong, and says where.

    `document` is what the document says without it; `out_of_reach` where the file could not be looked at for now.
    """

    document: "Draft"
    out_of_reach = False


class UnreadableDocument(InvalidInput):
    """A document whose bytes are not what its name or type says."""


class NotAFeed(UnreadableDocument):
    """What was to be followed is no RSS or Atom feed; a broken one is unreadable, but a feed."""


class UnsupportedFormat(InvalidInput):
    """A kind of document that Citeline does not read."""


class TooLarge(InvalidInput):
    """Something past a limit; the message names the limit and its setting."""


class FetchFailed(InvalidInput):
    """A page that can't be had; `status` is that of its refusal, and `retry_after` the Retry-After header."""

    status: int | None = None
    retry_after: str | None = None


class ForbiddenAddress(FetchFailed):
    """A page that Citeline will not fetch: out of bounds, or its site asks programs to keep away."""


class NotFound(CitelineError):
    """No such article or job."""


class Conflict(CitelineError):
    """What was asked for can't be done while something else runs."""


class NotReady(CitelineError):
    """There is no generation to answer from yet."""


class IndexProblem(CitelineError):
    """The index can't be used as it is."""


class CorruptIndex(IndexProblem):
    """Files of the index are missing or differ from what its manifest says."""


class OtherVersion(IndexProblem):
    """The index was written by another version of Citeline."""


class ModelMismatch(IndexProblem):
    """The index was made by another embedding model than the one that is set."""


class ModelProblem(CitelineError):
    """A model (of embedding, of confidence) can't be loaded, or an export disagrees with its model."""


class StorageProblem(CitelineError):
    """The disk is full, read-only or otherwise not writable."""


class DamagedFile(StorageProblem):
    """A file is not what was written to it."""
