"""The file that a draft was read from, kept with it within a limit."""

from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from corpus.article import Draft, Original
from corpus.documents.formats import HTML
from corpus.documents.limits import Limits
from corpus.text.unicode import printable

_MAX_NAME = 200


def with_original(draft: Draft, data: bytes, name: str, limits: Limits) -> Draft:
    """Return a draft with the file that it was read from, by the path of that, unless it is too large to be kept."""
    if draft.media_type is None or len(data) > limits.max_original:
        return draft
    return replace(draft, original=Original(_file_name(name), draft.media_type, data))


def with_fetched_original(draft: Draft, data: bytes, url: str, limits: Limits) -> Draft:
    """Return a draft with the file that was fetched from a url; a web page is not kept, since the url leads to it."""
    if draft.media_type in HTML.media_types:
        return draft
    path = unquote(urlsplit(url).path)
    return with_original(draft, data, path if path.strip("/") else str(urlsplit(url).hostname), limits)


def _file_name(name: str) -> str:
    """Return the last part of a path, at most _MAX_NAME characters with its extension."""
    path = PurePosixPath(printable(name.replace("\\", "/")))
    stem, extension = path.stem, path.suffix
    return path.name if len(path.name) <= _MAX_NAME else stem[: _MAX_NAME - len(extension)] + extension[-_MAX_NAME:]
