"""Surrogates: half characters that UTF-8, and with it most libraries and databases, refuse."""

import re
from pathlib import Path

_SURROGATE = re.compile("[\ud800-\udfff]")


def find_surrogate(text: str) -> int | None:
    """Return the place of the first surrogate, None where the text can be encoded."""
    found = _SURROGATE.search(text)
    return None if found is None else found.start()


def replace_surrogates(text: str, replacement: str = "?") -> str:
    """Return a text of the same length with a character in place of every surrogate."""
    return _SURROGATE.sub(replacement, text)


def join_surrogates(text: str) -> str:
    """Return a text with pairs of surrogates joined to one character, and U+FFFD in place of lone ones."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str | Path) -> str:
    r"""Return a text or path with an escape (`\udce9`) for every surrogate: a byte of a file name that is not UTF-8."""
    return str(text).encode(errors="backslashreplace").decode()
