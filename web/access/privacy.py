"""What only those who may write are shown: addresses of feeds, which may hold keys, file names and paths."""

import re
from typing import Any
from urllib.parse import urlsplit

from flask import g

_PATH = re.compile(r"(?:(?<=[\s'\"(])|^)(?:/|[A-Za-z]:\\)[^\s/]")
_HIDDEN = "Something is wrong; the log of the service says what."
JSON = dict[str, Any]


def may_write() -> bool:
    """Return whether the sender of this request may change articles; false before that is known."""
    return "identity" in g and g.identity.may_write


def hide_paths(text: str) -> str:
    """Return a message, or another one in place of one that names a path."""
    return _HIDDEN if _PATH.search(text) else text


def visible_index(index: JSON) -> JSON:
    """Return the state of the index as the sender of this request may see it: others than writers see no names."""
    if may_write():
        return index
    job = index["job"]
    return index | {
        "problem": None if index["problem"] is None else hide_paths(index["problem"]),
        "job": job if job is None or job["error"] is None else job | {"error": hide_paths(job["error"])},
        "files": [],
        "sources": [source | {"failures": []} for source in index["sources"]],
    }


def visible_feeds(feeds: JSON) -> JSON:
    """Return the feeds as the sender of this request may see them: others than writers see hosts, and no failures."""
    if may_write():
        return feeds
    return {"feeds": [_visible_feed(feed) for feed in feeds["feeds"]]}


def _visible_feed(feed: JSON) -> JSON:
    address = urlsplit(feed["url"])
    url = f"{address.scheme}://{address.netloc.rpartition('@')[2]}/"
    return feed | {"url": url, "problem": None if feed["problem"] is None else _HIDDEN, "problems": []}
