"""The rights of tokens, and which one a request needs."""

from enum import IntEnum

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_READ_ONLY_POSTS = frozenset({"/ask", "/ask/batch", "/feedback", "/next-questions", "/replies", "/search", "/verify"})
_OPEN = frozenset({"/healthz", "/readyz", "/metrics", "/sign-in", "/sign-out", "/widget.js"})
_OPEN_FOLDERS = ("/static/", "/docs/static/")
_ASKING = _READ_ONLY_POSTS | {"/suggest"}
_ASKED = ("/replies/", "/a/")  # a saved reply, under an id that nobody can guess, and its page
_ADMIN = frozenset({"/audit", "/index/rebuild"})
_ADMIN_TO_CHANGE = frozenset({"/settings.json"})
# The addresses of feeds, which may hold keys; what was deleted; what others asked.
_SECRET = frozenset({"/feeds.opml", "/articles/deleted", "/questions", "/open-questions"})


class Right(IntEnum):
    """What a token allows; each right includes those before it."""

    NONE = 0
    ASK = 1
    READ = 2
    WRITE = 3
    ADMIN = 4

    @property
    def label(self) -> str:
        """The name in commands, messages and documents."""
        return self.name.lower()


GRANTED = tuple(right.label for right in Right if right is not Right.NONE)


def needed_right(method: str, path: str) -> Right:
    """Return the right that a request needs; those for health, static files and signing in need none."""
    if is_open(path):
        return Right.NONE
    if path in _ADMIN or (path in _ADMIN_TO_CHANGE and method not in SAFE_METHODS):
        return Right.ADMIN
    if path in _ASKING or (method in SAFE_METHODS and path.startswith(_ASKED)):
        return Right.ASK
    return Right.READ if method in SAFE_METHODS and path not in _SECRET else Right.WRITE


def is_open(path: str) -> bool:
    """Return whether a path needs no token, whatever the settings."""
    return path in _OPEN or path.startswith(_OPEN_FOLDERS)
