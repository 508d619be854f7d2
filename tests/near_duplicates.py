"""Articles and copies of them: long enough to have any, and all of other words than the next."""

from collections.abc import Sequence
from random import Random

LETTERS = "bcdfghklmnprstvz"
HEAD = "LONDON (Newswire) - By Jane Miller, staff writer."
FOOT = "Copyright Newswire. All rights reserved."


def sentences(seed: int, count: int = 20, length: int = 9) -> list[str]:
    """Return sentences of made-up words, which no other seed has."""
    random = Random(seed)
    return [" ".join(_word(random) for _ in range(length)).capitalize() + "." for _ in range(count)]


def article_text(seed: int, count: int = 20) -> str:
    """Return an article, a sentence a line."""
    return "\n".join(sentences(seed, count))


def framed(text: str) -> str:
    """Return a copy with a headline and a foot."""
    return f"{HEAD}\n{text}\n{FOOT}"


def cut(text: str, lines: int) -> str:
    """Return a copy that has lost its last lines."""
    return "\n".join(text.split("\n")[:-lines])


def with_line(seed: int, line: str, framing: Sequence[str] = ()) -> str:
    """Return a copy of a story with a line of one's own in its midst, and others in front."""
    lines = sentences(seed)
    return "\n".join([*framing, *lines[:10], line, *lines[10:]])


def _word(random: Random) -> str:
    return "".join(random.choice(LETTERS) + random.choice("aeiou") for _ in range(random.randint(2, 4)))
