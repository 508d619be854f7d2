"""Which articles others replace, by the id or url that those name in `replaces`."""

import sqlite3
import sys
from collections.abc import Mapping, Sequence

REPLACEMENTS = """
CREATE INDEX articles_by_url ON articles (url) WHERE url IS NOT NULL;
CREATE INDEX articles_that_replace ON articles (number) WHERE replaces IS NOT NULL;
"""
# The article with a url may come later than the one that replaces it; a former id leads to what it is now.
_SELECT = """
SELECT old.number AS old, new.number AS new FROM articles AS new CROSS JOIN articles AS old
ON old.id = coalesce((SELECT article_id FROM former_ids WHERE former_ids.id = new.replaces), new.replaces)
WHERE new.replaces IS NOT NULL AND old.id <> new.id
UNION
SELECT old.number, new.number FROM articles AS new CROSS JOIN articles AS old ON old.url = new.replaces
WHERE new.replaces IS NOT NULL AND old.id <> new.id
ORDER BY new
"""


def find_replacements(db: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return the numbers of articles that others replace, each with that of one that does, in the order of these."""
    return [(row["old"], row["new"]) for row in db.execute(_SELECT)]


def outdated(pairs: Sequence[tuple[int, int]]) -> set[int]:
    """Return which articles are replaced, by the numbers of those and of what replaces them.

    Of articles that replace each other in a circle, the one that was changed last is not.
    """
    by_old: dict[int, set[int]] = {}
    for old, new in pairs:
        by_old.setdefault(old, set()).add(new)
    return {old for old in by_old if old != max(_circle(old, by_old))}


def _circle(number: int, by_old: Mapping[int, set[int]]) -> set[int]:
    """Return the articles that replace one and that it replaces; with a higher number where others replace it, too."""
    following = _reachable(number, by_old)
    circle = {one for one in following if number in _reachable(one, by_old)}
    return circle if circle == following else {*circle, sys.maxsize}


def _reachable(number: int, by_old: Mapping[int, set[int]]) -> set[int]:
    found: set[int] = set()
    waiting = [number]
    while waiting:
        for new in by_old.get(waiting.pop(), set()) - found:
            found.add(new)
            waiting.append(new)
    return found
