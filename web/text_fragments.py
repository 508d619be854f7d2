"""Addresses that lead a browser to words of a page (https://wicg.github.io/scroll-to-text-fragment/)."""

from collections.abc import Iterable
from urllib.parse import quote

from corpus.documents.writer import CELL_SEPARATOR

_DELIMITER = ":~:"
_MAX_WHOLE = 120  # characters of a quotation that is given whole
_ENDS = 5  # words at each end of a longer one


def quotation_link(url: str, sentence: str, words: str, page: int | None = None, more: Iterable[str] = ()) -> str:
    """Return the address of a page with a fragment that leads to a sentence, or of a PDF to one of its pages.

    Of a row of a table, whose cells a page shows apart, it leads to the `words`. A browser marks the words of `more`,
    too, which are other items of a list.
    """
    base, _, fragment = url.partition("#")
    fragment = fragment.partition(_DELIMITER)[0]
    if page is not None:
        return f"{base}#page={page}"
    texts = (words if CELL_SEPARATOR in sentence else sentence, *more)
    return f"{base}#{fragment}{_DELIMITER}{'&'.join(map(_directive, texts))}"


def _directive(text: str) -> str:
    lines = [line.split() for line in text.replace(CELL_SEPARATOR, "\n").split("\n") if line.strip()]
    all_words = [word for line in lines for word in line]
    if len(lines) == 1 and (len(" ".join(all_words)) <= _MAX_WHOLE or len(all_words) < 2 * _ENDS):
        words = _encoded(all_words)
    elif len(lines) == 1:
        words = f"{_encoded(all_words[:_ENDS])},{_encoded(all_words[-_ENDS:])}"
    else:  # an exact match stays within one block of the page, a range need not
        words = f"{_encoded(lines[0][:_ENDS])},{_encoded(lines[-1][-_ENDS:])}"
    return f"text={words}"


def _encoded(words: list[str]) -> str:
    # A dash, a comma and an ampersand separate the parts of a directive.
    return quote(" ".join(words), safe="").replace("-", "%2D")
