"""Which articles others replace, by the id or url that those name in `replaces`."""

import sqlite3

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


def find_replacements(db: sqlite3.Connection) -> dict[int, int]:
    """Return the numbers of the articles that replace others, by the numbers of those, that of the latest one for each.

    Of two articles that replace each other, the one that was changed last does.
    """
    pairs = {(row["old"], row["new"]): None for row in db.execute(_SELECT)}
    return {old: new for old, new in pairs if old < new or (new, old) not in pairs}
