"""Documents to drafts of articles; `formats` is the table of their formats."""

from corpus.documents.files import SIDECAR, SidecarProblem, read_bytes, read_file, sidecar_of
from corpus.documents.formats import EXTENSIONS, READER_VERSION, read_document, read_fetched, supported, worker_seconds
from corpus.documents.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "DEFAULT_LIMITS",
    "EXTENSIONS",
    "READER_VERSION",
    "SIDECAR",
    "Limits",
    "SidecarProblem",
    "read_bytes",
    "read_document",
    "read_fetched",
    "read_file",
    "sidecar_of",
    "supported",
    "worker_seconds",
]
