"""The articles and their origins, in one SQLite file.

An origin is the file, web address or text that an article was read from: `file:/path`, `url:https://...`, `text:<id>`;
that of an upload is `text:sha256:<digest>`. An article is deleted with its last origin. The number of an article is new
at each change of it and never reused.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from corpus.article import METADATA, Article, Block, MetadataValue, Original, parse_published
from corpus.blocks import pack_blocks, unpack_blocks
from corpus.errors import ArticleReplaced, InvalidArticle, NotFound, StorageProblem
from corpus.questions.kept import questions_without_source
from corpus.store import change_log
from corpus.store.change_log import ArticleChanges, ChangeKind, Cursor
from corpus.store.database import Database
from corpus.store.deletions import (
    DeletedArticle,
    count_deleted,
    deleted_since,
    erased_at,
    find_deleted,
    forget_article,
    forget_articles,
    forget_deleted,
    keep_deleted,
    list_deleted,
    note_deletion,
    note_erased,
    restore_rows,
)
from corpus.store.duplicates import add_bands, assign_clusters, bands, find_cluster, shingles
from corpus.store.edits import find_edits, put_edits, with_edits
from corpus.store.filters import ArticleFilter, count_sources, where_articles, where_versions
from corpus.store.former_ids import lead_to, successor_of
from corpus.store.listing import PROBLEM_COLUMN, ArticleListing, count_tags, find_listed
from corpus.store.originals import digest_of, drop_originals, find_original, put_original
from corpus.store.replacements import find_replacements, outdated
from corpus.store.saved_replies import replies_without_source
from corpus.store.schema import SCHEMA, SCHEMA_VERSION, UPGRADES
from corpus.store.versions import (
    ARRIVED,
    DEFAULT_DAYS,
    FIRST_VERSION,
    drop_versions,
    has_version_without,
    keep_version,
    said_since,
)
from corpus.store.words import define_mentions, where_words
from corpus.text.unicode import replace_surrogates

UPLOAD_PREFIX = "text:sha256:"  # of the origin of an upload, before its SHA-256


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as `put` stored it.

    `created` is true for a new article; `changed` where it replaced the former article of its origin, or its metadata
    changed. `notes` are those of the draft.
    """

    article: Article
    created: bool
    changed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """An article without its text, for lists. `characters` is the length of the text."""

    id: str
    cluster: str
    title: str
    url: str | None
    published: str | None
    source: str | None
    language: str | None
    added_at: str
    characters: int
    published_is_guess: bool = False
    updated: str | None = None
    effective: str | None = None
    replaces: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article of a list: its number, and why its file or page can't be read now, if it can't."""

    summary: ArticleSummary
    number: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """What happened to an article: `article` is it as it is now, None where it has been deleted since.

    `replaced_by` is the id of what has replaced a deleted one, if anything has.
    """

    kind: ChangeKind
    id: str
    article: ArticleSummary | None
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article came from, and what became of it.

    `name` is as in `file:/path`; `signature` changes when the origin changes. Without an article but with a
    `deleted_id`, a user deleted that one, whose original has the SHA-256 `deleted_digest`, if it was kept. With an
    article and a problem, the origin can't be read now, and the article that was read from it before stays.
    """

    name: str
    article_id: str | None
    signature: str | None
    problem: str | None
    deleted_id: str | None = None
    feed: str | None = None
    deleted_digest: str | None = None

    @property
    def deleted(self) -> bool:
        """Whether a user deleted the article of this origin."""
        return self.article_id is None and self.deleted_id is not None


class ArticleReader(Protocol):
    """The methods of a store that answering calls. Thread-safe; each raises StorageProblem where it can't be read."""

    @property
    def revision(self) -> int:
        """A number that grows whenever any process adds, changes or deletes an article."""
        ...

    def numbers(self, filters: ArticleFilter | None = None) -> list[int]:
        """Return the numbers of all articles that pass the filters, and of former versions that do, ascending.

        Raises InvalidArticle for a bad date, UnknownFilterValue for a source or an id that no article has.
        """
        ...

    def by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Return those of the numbered articles that still exist."""
        ...

    def by_cluster(self, cluster: str, filters: ArticleFilter | None = None, limit: int = 20) -> dict[int, Article]:
        """Return the numbered articles of a cluster that pass the filters, oldest first, at most `limit`.

        By date of publication among those that came together, else by when they came. Raises what `numbers` raises.
        """
        ...

    def newest(
        self, filters: ArticleFilter | None = None, limit: int = 20, oldest_first: bool = False
    ) -> dict[int, Article]:
        """Return the numbered articles that pass the filters, by date of publication, newest first, at most `limit`.

        Articles without a date come last, the one added last first. Raises what `numbers` raises.
        """
        ...

    def sources(self, filters: ArticleFilter | None = None) -> dict[str, int]:
        """Return how many articles that pass the filters each source has, the one with the most first.

        Raises what `numbers` raises.
        """
        ...

    def mentioning(self, text: str, filters: ArticleFilter | None = None, oldest_first: bool = False) -> list[int]:
        """Return the numbers of the articles that pass the filters and have all words of a text, by date.

        They are in the order of `newest`. Words are compared without case and accents, as whole words. Raises what
        `numbers` raises.
        """
        ...

    def blocks(self, article_id: str) -> tuple[Block, ...]:
        """Return the blocks of an article, none where there is no such article or its structure is unknown."""
        ...

    def count_undated(self, filters: ArticleFilter) -> int:
        """Return how many articles without a date pass all of the filters but the bounds of dates.

        Raises what `numbers` raises.
        """
        ...

    def version_numbers(self, filters: ArticleFilter) -> dict[int, int]:
        """Return the numbers of former versions that pass the filters, each with that of the article it is one of.

        Raises what `numbers` raises.
        """
        ...

    def said_since(self, article_id: str, words: str) -> float | None:
        """Return since when an article, or its former versions, has said some words, in seconds since 1970.

        None where it has no former versions.
        """
        ...

    def has_version_without(self, article_id: str, words: str) -> bool:
        """Return whether a former version of an article, or of the one that has replaced it, lacks some words."""
        ...

    def outdated(self, filters: ArticleFilter | None = None) -> set[int]:
        """Return the numbers of the articles that others, which pass the filters, replace.

        Of articles that replace each other, the one that was changed last is not among them. Raises what `numbers`
        raises.
        """
        ...


# The columns of an article besides its text, named as its fields are.
_FIELDS = ("id", "cluster", "added_at", "published_is_guess", *METADATA)
TOGETHER = 3600  # seconds within which articles came together, as the files of a folder or the entries of new feeds do
_COLUMNS = ", ".join(_FIELDS).replace("cluster", "story AS cluster")
# Oldest first, so that adding them to another store in this order gives the same list.
_SELECT_ALL = f"""
SELECT text, {_COLUMNS}, blocks, EXISTS (
    SELECT 1 FROM origins WHERE origin = 'url:' || articles.url AND article_id = articles.id
) AS by_url FROM articles ORDER BY added_at, id DESC
"""
# A range, not LIKE, so that the index is used; its upper bound is the prefix and a byte that UTF-8 never contains.
_SELECT_ORIGINS = """
SELECT origin AS name, article_id, signature, problem, deleted_id, feed, deleted_digest FROM origins
WHERE origin >= ?1 AND origin < ?1 || CAST(x'ff' AS TEXT) ORDER BY origin
"""
_READ_AGAIN = "substr(signature || '@', 1, instr(signature || '@', '@'))"  # what read_again returns
_NOTE_UNREADABLE = f"""
INSERT INTO origins (origin, problem) VALUES (?, ?) ON CONFLICT (origin)
DO UPDATE SET problem = excluded.problem, signature = CASE WHEN article_id IS NULL THEN NULL ELSE {_READ_AGAIN} END
WHERE article_id IS NOT NULL OR problem IS NOT NULL
"""
# A deletion by a user stays known until the origin gives an article again.
_NOTE_REFUSED = """
INSERT INTO origins (origin, article_id, signature, problem) VALUES (?, (SELECT id FROM articles WHERE id = ?), ?, ?)
ON CONFLICT (origin)
DO UPDATE SET article_id = excluded.article_id, signature = excluded.signature, problem = excluded.problem
"""


class ArticleStore:
    """An ArticleReader that also writes. Safe for threads and processes.

    Every method raises StorageProblem where the disk is full, read-only or broken. `database` holds the tables of feeds
    as well. keep_versions: the days that former versions of articles are kept; 0 keeps none.
    """

    def __init__(self, database: Database, keep_versions: int = DEFAULT_DAYS) -> None:
        self.database = database
        self._keep_versions = keep_versions
        self._reading, self._writing, self.close = database.reading, database.writing, database.close
        with database.writing() as db:
            meta = "('store_id', ?), ('last_number', 0), ('revision', 0), ('count', 0), ('followed', '')"
            db.execute(f"INSERT OR IGNORE INTO meta VALUES {meta}", (uuid.uuid4().hex,))
            change_log.recount(db)
        assign_clusters(database)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store by its file, as `open_article_database` does."""
        return cls(open_article_database(path))

    @property
    def store_id(self) -> str:
        """A random id, unique to this store."""
        return str(self._meta("store_id"))

    @property
    def revision(self) -> int:
        """A number that grows whenever any process adds, changes or deletes an article."""
        return int(self._meta("revision"))

    @property
    def synced_prefix(self) -> str | None:
        """The prefix of the origins in the folder that was last synced, None before the first sync."""
        return str(self._meta("followed")) or None

    def _meta(self, key: str) -> str | int:
        with self._reading() as db:
            value: str | int = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]
            return value

    def set_synced_prefix(self, prefix: str) -> None:
        """Set the prefix of the origins in the folder that was last synced."""
        with self._writing() as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'followed'", (prefix,))

    def put(
        self, article: Article, origin: str, signature: str | None = None, feed: str | None = None
    ) -> StoredArticle:
        """Store the article of an origin, in place of the former article of that origin.

        `feed` is the url of the feed that gave the origin, None where a user did.

        A text that is stored already stays one article. Its metadata is updated from the origin that it came from,
        if that can change (a file, a url). The id of the former article leads to the new one. Where the origin itself
        has not changed, but was read differently, the new one also keeps when it was added, and takes over the upload
        of the same file.
        """
        with self._writing() as db:
            return _put(db, article, origin, signature, feed, self._keep_versions)

    def put_many(self, articles: Sequence[tuple[Article, str]]) -> list[StoredArticle]:
        """Store articles, each with its origin, as `put` does: all of them or none."""
        with self._reading() as db:  # a batch without changes takes no write lock
            unchanged: list[StoredArticle] = []
            for article, origin in articles:
                stored = _find(db, article.id) if _article_of(db, origin) == article.id else None
                if stored is None or _revised(db, article, origin, stored) is not None:
                    break
                unchanged.append(StoredArticle(stored, created=False))
            else:
                return unchanged
        with self._writing() as db:
            return [_put(db, article, origin, keep_versions=self._keep_versions) for article, origin in articles]

    def each(self) -> Iterator[tuple[Article, bool]]:
        """Yield all articles with their blocks, oldest first, and whether each has its own url as an origin.

        They are those of one moment.
        """
        with self._reading() as db, closing(db.execute(_SELECT_ALL)) as rows:  # one statement sees one state
            for row in rows:
                yield replace(_to_article(row), blocks=unpack_blocks(row["blocks"])), bool(row["by_url"])

    def get(self, article_id: str) -> Article:
        """Return an article; raises NotFound, ArticleReplaced where another one has replaced it."""
        key = replace_surrogates(article_id)
        with self._reading() as db:
            article = _find(db, key)
            if article is not None:
                return article
            successor = successor_of(db, key)
        if successor is None:
            raise NotFound(f"There is no article with the id {article_id[:40]!r}.")
        error = ArticleReplaced(
            f"The article {article_id} was replaced by {successor}: its origin has changed, or is read differently now."
        )
        error.article_id = successor
        raise error

    def get_version(self, article_id: str) -> tuple[Article, str | None]:
        """Return an article, or a former version of one with the id of what has replaced it.

        Raises NotFound, ArticleReplaced where the former version is not kept.
        """
        key = replace_surrogates(article_id)
        with self._reading() as db:
            version = None if _find(db, key) is not None else _find(db, key, "versions")
            if version is not None:
                return version, successor_of(db, key)
        return self.get(article_id), None

    def drop_versions(self) -> int:
        """Delete the former versions that are older than is set, and return how many."""
        with self._writing() as db:
            count = drop_versions(db, self._keep_versions)
            if count:
                note_deletion(db)
            return count

    def edit(self, article_id: str, values: Mapping[str, MetadataValue]) -> Article:
        """Set fields of the metadata of an article, which stay so however its origins are read; None clears a field.

        Where another text replaces that of its origin, the new article takes over the edits. Raises NotFound.
        """
        with self._writing() as db:
            stored = _find(db, replace_surrogates(article_id))
            if stored is None:
                raise NotFound(f"There is no article with the id {article_id[:40]!r}.")
            put_edits(db, stored.id, values)
            edited = with_edits(stored, values)
            if edited != stored:
                _update(db, replace(edited, blocks=unpack_blocks(_packed_blocks(db, stored.id))))
            return edited

    def original(self, article_id: str) -> Original:
        """Return the file that an article was read from; raises NotFound, also where it is not kept."""
        article = self.get(article_id)
        with self._reading() as db:
            original = find_original(db, article.id)
        if original is None:
            raise NotFound(
                f"There is no original of the article {article.id}: it was not read from a file, or that is larger "
                "than CITELINE_KEEP_ORIGINALS allows."
            )
        return original

    def drop_originals(self, max_bytes: int) -> int:
        """Delete the originals of more than so many bytes, and return how many; `shrink` removes them from the disk."""
        with self._writing() as db:
            return drop_originals(db, max_bytes)

    def shrink(self) -> None:
        """Give the room of deleted originals back to the disk, also that of a former try that failed.

        Raises StorageProblem.
        """
        with self._reading() as db:
            is_due = db.execute("SELECT 1 FROM meta WHERE key = 'shrinks'").fetchone() is not None
        if is_due:
            self.database.shrink()
            with self._writing() as db:
                db.execute("DELETE FROM meta WHERE key = 'shrinks'")

    def blocks(self, article_id: str) -> tuple[Block, ...]:
        """Return the blocks of an article, none where there is no such article or its structure is unknown."""
        with self._reading() as db:
            return unpack_blocks(_packed_blocks(db, replace_surrogates(article_id)))

    def original_type(self, article_id: str) -> str | None:
        """Return the media type of the file that an article was read from, None where it is not kept."""
        with self._reading() as db:
            select = "SELECT media_type FROM originals WHERE article_id = ?"
            row = db.execute(select, (replace_surrogates(article_id),)).fetchone()
        return None if row is None else row[0]

    def by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Return those of the numbered articles and former versions that still exist."""
        found: dict[int, Article] = {}
        wanted = (json.dumps([int(number) for number in numbers]),)
        tables = ("articles", "versions") if any(number >= FIRST_VERSION for number in numbers) else ("articles",)
        with self._reading() as db:
            for table in tables:
                where = "WHERE number IN (SELECT value FROM json_each(?))"
                rows = db.execute(f"SELECT number, text, {_COLUMNS} FROM {table} {where}", wanted)
                found |= {row["number"]: _to_article(row) for row in rows}
        return found

    def numbers(self, filters: ArticleFilter | None = None) -> list[int]:
        """Return the numbers of all articles that pass the filters, and of former versions that do, ascending.

        Raises InvalidArticle for a bad date, UnknownFilterValue for a source or an id that no article has.
        """
        with self._reading() as db:  # one text is faster than many rows, and NumPy sorts faster than SQLite
            where, values = where_articles(db, filters)
            joined = db.execute(f"SELECT group_concat(number) FROM articles{where}", values).fetchone()[0]
        # Parsing 100,000 numbers holds the GIL for 55 ms in pure Python, for 9 ms in NumPy.
        numbers: list[int] = np.sort(np.fromstring(joined, np.int64, sep=",")).tolist() if joined else []
        if filters is not None and filters.takes_versions:
            numbers += sorted(self.version_numbers(filters))
        return numbers

    def version_numbers(self, filters: ArticleFilter) -> dict[int, int]:
        """Return the numbers of former versions that pass the filters, each with that of the article it is one of."""
        with self._reading() as db:
            where, values = where_versions(db, filters)
            select = f"""
            SELECT version.number, articles.number FROM (SELECT number, id FROM versions{where}) AS version
            JOIN former_ids USING (id) JOIN articles ON articles.id = former_ids.article_id
            """
            return {row[0]: row[1] for row in db.execute(select, values)}

    def said_since(self, article_id: str, words: str) -> float | None:
        """Return since when an article, or its former versions, has said some words; None without former versions."""
        with self._reading() as db:
            return said_since(db, article_id, words)

    def has_version_without(self, article_id: str, words: str) -> bool:
        """Return whether a former version of an article, or of the one that has replaced it, lacks some words."""
        with self._reading() as db:
            return has_version_without(db, article_id, words)

    def count_undated(self, filters: ArticleFilter) -> int:
        """Return how many articles without a date pass all of the filters but the bounds of dates."""
        with self._reading() as db:
            where, values = where_articles(db, filters.without_dates())
            undated = f"{where} AND published_first IS NULL" if where else " WHERE published_first IS NULL"
            return int(db.execute(f"SELECT count(*) FROM articles{undated}", values).fetchone()[0])

    def sources(self, filters: ArticleFilter | None = None) -> dict[str, int]:
        """Return how many articles that pass the filters each source has, the one with the most first."""
        with self._reading() as db:
            return count_sources(db, filters)

    def newest(
        self, filters: ArticleFilter | None = None, limit: int = 20, oldest_first: bool = False
    ) -> dict[int, Article]:
        """Return the numbered articles that pass the filters, by date of publication, newest first, at most `limit`."""
        order = _by_date(oldest_first)
        with self._reading() as db:
            where, values = where_articles(db, filters)
            # Only what the index holds is sorted, not the texts.
            first = f"SELECT number FROM articles{where} ORDER BY {order} LIMIT ?"
            select = f"SELECT number, text, {_COLUMNS} FROM articles WHERE number IN ({first}) ORDER BY {order}"
            return {row["number"]: _to_article(row) for row in db.execute(select, (*values, limit))}

    def mentioning(self, text: str, filters: ArticleFilter | None = None, oldest_first: bool = False) -> list[int]:
        """Return the numbers of the articles that pass the filters and have all words of a text, by date."""
        with self._reading() as db:
            where, values = where_articles(db, filters)
            mentions = f"{where} {'AND' if where else 'WHERE'} {define_mentions(db, text)}"
            order = _by_date(oldest_first)
            return [row[0] for row in db.execute(f"SELECT number FROM articles{mentions} ORDER BY {order}", values)]

    def by_cluster(self, cluster: str, filters: ArticleFilter | None = None, limit: int = 20) -> dict[int, Article]:
        """Return the numbered articles of a cluster that pass the filters, oldest first, at most `limit`.

        Those that came within TOGETHER of the first one are in order of publication, those without a date last, in the
        order in which they were added. What came later follows as it came: an early date brings it nowhere. An article
        with former versions came when the first of these did. Raises what `numbers` raises.
        """
        late = f"unixepoch(arrived) > min(unixepoch(arrived)) OVER () + {TOGETHER}"
        oldest_first = f"iif({late}, arrived, ''), published_first IS NULL, published_first, added_at, id DESC"
        with self._reading() as db:
            of_cluster = [("articles", ARRIVED, *where_articles(db, filters, cluster))]
            if filters is not None and filters.takes_versions:
                of_cluster.append(("versions", "added_at", *where_versions(db, filters, cluster)))
            columns = f"number, text, published_first, {_COLUMNS}"
            found = " UNION ALL ".join(
                f"SELECT {columns}, {arrived} AS arrived FROM {table}{where}" for table, arrived, where, _ in of_cluster
            )
            parameters = (*(value for *_, values in of_cluster for value in values), limit)
            rows = db.execute(f"SELECT * FROM ({found}) ORDER BY {oldest_first} LIMIT ?", parameters)
            return {row["number"]: _to_article(row) for row in rows}

    def outdated(self, filters: ArticleFilter | None = None) -> set[int]:
        """Return the numbers of the articles that others, which pass the filters, replace."""
        with self._reading() as db:
            pairs = find_replacements(db)
            if pairs and filters:
                where, values = where_articles(db, filters)
                passing = {row[0] for row in db.execute(f"SELECT number FROM articles{where}", values)}
                pairs = [(old, new) for old, new in pairs if new in passing]
        return outdated(pairs)

    def changes_since(self, revision: int, max_number: int) -> ArticleChanges | None:
        """Return the changes since a revision, at which `max_number` was the highest number of an article.

        None where the log does not go back that far. The time grows with the changes, not with the articles.
        """
        with self.database.snapshot() as db:
            return change_log.changes_since(db, revision, max_number)

    def follow_changes(self, since: str | None, limit: int) -> tuple[list[ArticleChange], str, bool]:
        """Return the next changes after a cursor, at most `limit`, the cursor after them, and whether there are more.

        Without a cursor, all articles come first; "now" gives no changes, but the cursor after the last. Raises
        InvalidInput for what is no cursor, CursorExpired where the log does not go back that far.
        """
        with self.database.snapshot() as db:
            cursor = change_log.start_cursor(db)
            if since == "now":
                return [], str(replace(cursor, listed=None)), False
            if since is not None:
                cursor = Cursor.parse(since)
            logged, cursor, more = change_log.follow_changes(db, cursor, limit)
            select = f"SELECT {_COLUMNS}, characters FROM articles WHERE id IN (SELECT value FROM json_each(?))"
            rows = db.execute(select, (json.dumps([change.article_id for change in logged]),))
            articles = {row["id"]: _to_summary(row) for row in rows}
        changes = [
            ArticleChange(change.kind, change.article_id, articles.get(change.article_id), change.replaced_by)
            for change in logged
        ]
        return changes, str(cursor), more

    def page(self, offset: int, limit: int, query: str = "") -> list[ArticleSummary]:
        """Return a slice of the articles that have all words of `query` in title or source, newest first."""
        with self._reading() as db:
            where = where_words(db, query)
            order = "ORDER BY added_at DESC, id LIMIT ? OFFSET ?"
            rows = db.execute(f"SELECT {_COLUMNS}, characters FROM articles{where} {order}", (limit, offset))
            return [_to_summary(row) for row in rows]

    def count(self, query: str = "") -> int:
        """Return how many articles have all words of `query` in title or source."""
        with self._reading() as db:
            return int(db.execute(f"SELECT count(*) FROM articles{where_words(db, query)}").fetchone()[0])

    def listed(self, listing: ArticleListing, offset: int, limit: int) -> tuple[list[ListedArticle], int]:
        """Return a slice of a list of articles, and how many it has in all.

        Raises InvalidArticle for a bad date, UnknownFilterValue for a source that no article has.
        """
        columns = f"number, {_COLUMNS}, characters, {PROBLEM_COLUMN}"
        with self._reading() as db:
            numbers = find_listed(db, listing)
            select = f"SELECT {columns} FROM articles WHERE number IN (SELECT value FROM json_each(?))"
            rows = {row["number"]: row for row in db.execute(select, (json.dumps(numbers[offset : offset + limit]),))}
        found = (rows[number] for number in numbers[offset : offset + limit] if number in rows)
        return [ListedArticle(_to_summary(row), row["number"], row["problem"]) for row in found], len(numbers)

    def tags(self) -> dict[str, int]:
        """Return how many articles have each tag, the one with the most first."""
        with self._reading() as db:
            return count_tags(db)

    def delete(self, article_id: str) -> None:
        """Delete an article and mark its origins as deleted, so that they don't add it again. Raises NotFound."""
        if not self.delete_many([article_id]):
            raise NotFound(f"There is no article with the id {article_id[:40]!r}.")

    def delete_many(self, article_ids: Sequence[str]) -> list[str]:
        """Delete articles as `delete` does, all in one step, and return the ids of those that there were."""
        with self._writing() as db:
            return [one for one in dict.fromkeys(article_ids) if _delete(db, replace_surrogates(one))]

    def restore(self, article_ids: Sequence[str]) -> list[str]:
        """Take back the deletion of articles that are not erased yet, all in one step, and return their ids.

        Each is as it was, with its original, edits and former versions, and belongs to its file, page or feed entry,
        unless that gave another article since.
        """
        with self._writing() as db:
            return [one for one in dict.fromkeys(article_ids) if _restore(db, replace_surrogates(one))]

    def deleted(self, offset: int, limit: int) -> tuple[list[DeletedArticle], int]:
        """Return a slice of the articles that can be restored, the one deleted last first, and how many there are."""
        with self._reading() as db:
            return list(list_deleted(db, offset, limit)), count_deleted(db)

    def deleted_since(self) -> float | None:
        """Return when the first article was deleted of which something may be left, in seconds since 1970."""
        with self._reading() as db:
            return deleted_since(db)

    def erased_at(self) -> float | None:
        """Return when deleted articles were erased last, in seconds since 1970."""
        with self._reading() as db:
            return erased_at(db)

    def erase_deleted(self, started: float, revision: int, until: float) -> None:
        """Erase what is left of deleted articles in the file; raises StorageProblem, also where another process reads.

        Where the store is still at `revision`, all is erased from the state folder; else what was deleted by `started`.
        Articles that were deleted after `until` can be restored yet.
        """
        with self._writing() as db:
            forget_articles(db, until)
        with self._reading() as db:  # all texts are read: nobody has to wait for it
            replies, questions = replies_without_source(db), questions_without_source(db)
        with self._writing() as db:
            forget_deleted(db, replies, questions)
        self.database.shrink()
        with self._writing() as db:
            note_erased(db, started, self.revision == revision)

    def origins(self, prefix: str = "") -> Iterator[Origin]:
        """Yield the origins whose names start with a prefix, in the order of their names."""
        with self._reading() as db:
            rows = db.execute(_SELECT_ORIGINS, (prefix,)).fetchall()
        yield from (Origin(**dict(row)) for row in rows)

    def drop_origin(self, origin: str) -> bool:
        """Delete an origin, and its article if that has no other; return whether an article was deleted."""
        with self._writing() as db:
            before = _article_of(db, origin)
            db.execute("DELETE FROM origins WHERE origin = ?", (origin,))
            return _delete_orphan(db, before)

    def note_problem(self, origin: str, signature: str | None, problem: str, article_id: str | None = None) -> None:
        """Store why an origin gives no article; its article from now on is `article_id`, which was read from it before.

        Where that is None, its former article is deleted if that has no other origin. Without a signature, the origin
        could not be read: its article stays, and a deleted one stays deleted.
        """
        with self._writing() as db:
            if signature is None:
                db.execute(_NOTE_UNREADABLE, (origin, problem))
                return
            before = _article_of(db, origin)
            db.execute(_NOTE_REFUSED, (origin, article_id, signature, problem))
            if before != article_id:
                _delete_orphan(db, before)

    def rename_origin(self, origin: str, name: str) -> None:
        """Give an origin another name, such as that of a moved file; without effect where that name is taken.

        Its article is read again, for its title may come from the name.
        """
        signature = f"CASE WHEN article_id IS NULL THEN signature ELSE {_READ_AGAIN} END"
        with self._writing() as db:
            sql = f"UPDATE OR IGNORE origins SET origin = ?1, signature = {signature} WHERE origin = ?2 AND ?1 <> ?2"
            db.execute(sql, (name, origin))

    def stay_deleted(self, origin: str, signature: str | None) -> None:
        """Store the new signature of an origin that was deleted by a user, and changed without a change of its text."""
        with self._writing() as db:
            sql = "UPDATE origins SET signature = ?, problem = NULL WHERE origin = ? AND deleted_id IS NOT NULL"
            db.execute(sql, (signature, origin))


def open_article_database(path: Path) -> Database:
    """Open the database of articles and feeds, created where it is missing.

    Raises OtherVersion for a file of another version of Citeline, StorageProblem for one that can't be used.
    """
    return Database(path, "article store", SCHEMA_VERSION, SCHEMA, upgrades=UPGRADES)


def same_content(stored: str | None, current: str | None) -> bool:
    """Tell whether two signatures agree in all before the first "@": what follows may differ in a copy of a file."""
    return stored is not None and current is not None and stored.partition("@")[0] == current.partition("@")[0]


def read_again(signature: str | None) -> str | None:
    """Return a signature that agrees with none of an origin, so that it is read again, but has the same content."""
    return None if signature is None else f"{signature.partition('@')[0]}@"


def with_stored_fields(article: Article, stored: Article) -> Article:
    """Return an article with the fields that only the stored one with the same text has: `added_at` and `cluster`.

    A page without a date also takes the stored date, which a feed gave; so does one without a date of its last change.
    """
    same_page = article.url is not None and article.url == stored.url
    dated = stored if article.published is None and same_page else article
    return replace(
        article,
        added_at=stored.added_at,
        cluster=stored.cluster,
        published=dated.published,
        published_is_guess=dated.published_is_guess,
        updated=stored.updated if article.updated is None and same_page else article.updated,
    )


def _by_date(oldest_first: bool) -> str:
    """Return the ORDER BY terms by date of publication; articles without one come last, the one added last first."""
    return f"published_first IS NULL, published_first {'ASC' if oldest_first else 'DESC'}, added_at DESC, id"


def _fields_of(row: sqlite3.Row) -> dict[str, Any]:
    tags = () if row["tags"] is None else tuple(json.loads(row["tags"]))
    values = {"published_is_guess": bool(row["published_is_guess"]), "tags": tags}
    return {name: row[name] for name in _FIELDS} | values


def _to_summary(row: sqlite3.Row) -> ArticleSummary:
    """Return the summary of a row with _COLUMNS and characters."""
    return ArticleSummary(**_fields_of(row), characters=row["characters"])


def _to_article(row: sqlite3.Row) -> Article:
    """Return the article of a row with text and _COLUMNS; raises StorageProblem where its id does not fit its text."""
    try:
        return Article(row["text"], **_fields_of(row))
    except InvalidArticle as error:
        raise StorageProblem(
            f"The article {row['id']} is damaged in the article store. Delete it and add it again."
        ) from error


def _find(db: sqlite3.Connection, article_id: str, table: str = "articles") -> Article | None:
    row = db.execute(f"SELECT text, {_COLUMNS} FROM {table} WHERE id = ? AND text <> ''", (article_id,)).fetchone()
    return None if row is None else _to_article(row)


def _article_of(db: sqlite3.Connection, origin: str) -> str | None:
    """Return the id of the article of an origin, None where it has none."""
    row = db.execute("SELECT article_id FROM origins WHERE origin = ?", (origin,)).fetchone()
    return None if row is None else row[0]


def _put(
    db: sqlite3.Connection,
    article: Article,
    origin: str,
    signature: str | None = None,
    feed: str | None = None,
    keep_versions: int = 0,
) -> StoredArticle:
    stored, before = _find(db, article.id), _article_of(db, origin)
    created, changed = stored is None, before not in {None, article.id}
    former = before if changed else None
    is_reread = former is not None and _is_unchanged(db, origin, signature, former, article)
    if stored is None:
        text_shingles = shingles(article.text)
        text_bands = bands(text_shingles)
        cluster = find_cluster(db, article.id, text_shingles, text_bands)
        added_at = datetime.now(UTC).isoformat(timespec="microseconds")
        if is_reread:
            added_at = db.execute("SELECT added_at FROM articles WHERE id = ?", (former,)).fetchone()[0]
        edits = {} if former is None else find_edits(db, former)
        stored = replace(with_edits(article, edits), cluster=cluster, added_at=added_at)
        row = _new_row(db, stored)
        db.execute(
            "INSERT INTO articles VALUES (:number, :id, :text, :title, :url, :source, :language, "
            ":published, :first, :last, :added_at, :characters, :cluster, :blocks, :published_is_guess, "
            ":updated, :effective, :replaces, :tags)",
            row,
        )
        put_edits(db, article.id, edits)
        add_bands(db, row["number"], text_bands)
        db.execute("DELETE FROM former_ids WHERE id = ?", (article.id,))
        forget_article(db, article.id)
    elif (revised := _revised(db, article, origin, stored)) is not None:
        changed = True
        _update(db, revised)
        stored = revised
    if article.original is not None:
        decides = before == article.id and _sets_metadata(db, origin, stored)
        put_original(db, article.id, article.original, replaces=decides)
    row_of_origin = (origin, article.id, signature, feed)
    db.execute(
        "INSERT OR REPLACE INTO origins (origin, article_id, signature, feed) VALUES (?, ?, ?, ?)", row_of_origin
    )
    if former is not None:
        if is_reread and article.original is not None:
            upload = f"{UPLOAD_PREFIX}{article.original.digest}"
            move = "UPDATE origins SET article_id = ? WHERE article_id = ? AND origin = ?"
            db.execute(move, (article.id, former, upload))
        # What is only read differently has not changed.
        _delete_orphan(db, former, article.id, 0 if is_reread else keep_versions)
    return StoredArticle(stored, created, changed)


def _delete(db: sqlite3.Connection, article_id: str) -> bool:
    """Delete an article, and mark its origins as deleted; return whether there was one."""
    if db.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone() is None:
        return False
    keep_deleted(db, article_id)
    # Nothing adds a typed or uploaded text again, so that its origin need not be kept.
    db.execute("DELETE FROM origins WHERE article_id = ? AND origin LIKE 'text:%' AND feed IS NULL", (article_id,))
    db.execute(
        "UPDATE origins SET problem = NULL, deleted_id = article_id, deleted_digest = ? WHERE article_id = ?",
        (digest_of(db, article_id), article_id),
    )
    db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
    note_deletion(db)
    return True


def _restore(db: sqlite3.Connection, article_id: str) -> bool:
    """Take back the deletion of an article; return whether it was kept."""
    rows = find_deleted(db, article_id)
    if not rows:
        return False
    (article,) = rows["articles"]
    text_shingles = shingles(article["text"])
    text_bands = bands(text_shingles)
    article |= {"number": _next_number(db), "story": find_cluster(db, article_id, text_shingles, text_bands)}
    restore_rows(db, rows)
    add_bands(db, article["number"], text_bands)
    forget_article(db, article_id)
    return True


def _next_number(db: sqlite3.Connection) -> int:
    number = db.execute("UPDATE meta SET value = value + 1 WHERE key = 'last_number' RETURNING value").fetchone()[0]
    return int(number)


def _is_unchanged(db: sqlite3.Connection, origin: str, signature: str | None, former: str, article: Article) -> bool:
    """Return whether an origin is the same as when its former article was read: its signature, or its bytes."""
    before = db.execute("SELECT signature FROM origins WHERE origin = ?", (origin,)).fetchone()[0]
    if origin.startswith(UPLOAD_PREFIX) or same_content(before, signature):
        return True
    return article.original is not None and article.original.digest == digest_of(db, former)


def _new_row(db: sqlite3.Connection, article: Article) -> dict[str, Any]:
    """Return the column values of an article, with a new number."""
    number = _next_number(db)
    published = None if article.published is None else parse_published(article.published)
    return {each.name: getattr(article, each.name) for each in fields(article)} | {
        "number": number,
        "first": None if published is None else published.first,
        "last": None if published is None else published.last,
        "characters": len(article.text),
        "tags": json.dumps(article.tags, ensure_ascii=False) if article.tags else None,
        "blocks": pack_blocks(article.blocks),
    }


def _update(db: sqlite3.Connection, article: Article) -> None:
    """Store other metadata and blocks of a stored article."""
    assigned = ", ".join(f"{name} = :{name}" for name in (*METADATA, "number", "blocks", "published_is_guess"))
    update = f"UPDATE articles SET {assigned}, published_first = :first, published_last = :last WHERE id = :id"
    db.execute(update, _new_row(db, article))


def _revised(db: sqlite3.Connection, article: Article, origin: str, stored: Article) -> Article | None:
    """Return the stored article with the metadata and blocks that it gets from an origin; None where nothing changes.

    Of an origin that does not set its metadata, it takes blocks alone, and only where it has none.
    """
    decides = _article_of(db, origin) == article.id and _sets_metadata(db, origin, stored)
    new = with_stored_fields(with_edits(article, find_edits(db, article.id)), stored) if decides else stored
    before = unpack_blocks(_packed_blocks(db, article.id))
    blocks = article.blocks if article.blocks and (decides or not before) else before
    return None if (new, blocks) == (stored, before) else replace(new, blocks=blocks)


def _packed_blocks(db: sqlite3.Connection, article_id: str) -> bytes | None:
    for table in ("articles", "versions"):
        row = db.execute(f"SELECT blocks FROM {table} WHERE id = ?", (article_id,)).fetchone()
        if row is not None:
            return None if row[0] is None else bytes(row[0])
    return None


def _sets_metadata(db: sqlite3.Connection, origin: str, stored: Article) -> bool:
    """Return whether the metadata of a stored article is updated from one of its origins."""
    if origin.startswith("text:"):
        return False
    # Of two addresses with the same text, only the article's own url does, as long as it is an origin.
    by_url = f"url:{stored.url}"
    return not origin.startswith("url:") or origin == by_url or _article_of(db, by_url) != stored.id


def _delete_orphan(
    db: sqlite3.Connection, article_id: str | None, successor: str | None = None, keep_versions: int = 0
) -> bool:
    """Delete an article without origins; return whether it was deleted. Its former ids lead to its successor.

    keep_versions: the days that it is kept as a former version of that.
    """
    # Its metadata may have come from the origin that it lost.
    if db.execute(f"UPDATE origins SET signature = {_READ_AGAIN} WHERE article_id = ?", (article_id,)).rowcount:
        return False
    if successor is not None and article_id is not None:
        lead_to(db, article_id, successor)
        if keep_versions:
            keep_version(db, article_id, successor, keep_versions)
    is_deleted = db.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount > 0
    if is_deleted and not keep_versions:
        note_deletion(db)
    return is_deleted
