"""Documents to drafts of articles: text, Markdown, HTML, PDF and DOCX."""

from corpus.documents.files import SIDECAR, SidecarProblem, read_file, sidecar_of
from corpus.documents.limits import DEFAULT_LIMITS, Limits
from corpus.documents.media_types import EXTENSIONS, supported
from corpus.documents.parsing import read_document, read_fetched

__all__ = [
    "DEFAULT_LIMITS",
    "EXTENSIONS",
    "SIDECAR",
    "Limits",
    "SidecarProblem",
    "read_document",
    "read_fetched",
    "read_file",
    "sidecar_of",
    "supported",
]
