"""The change log: it is complete, detects its gaps, and is added to stores of former versions."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Draft, article_id
from corpus.errors import CursorExpired, InvalidInput
from corpus.store.article_store import ArticleStore
from corpus.store.change_log import LOGGED, ArticleChanges, Cursor
from corpus.store.database import has_schema
from corpus.store.schema import SCHEMA
from tests.old_stores import SCHEMA_3


def put(store: ArticleStore, text: str, origin: str = "", title: str = "News") -> str:
    return store.put(Article.from_draft(Draft(text, title=title)), origin or f"text:{text}").article.id


def newest(store: ArticleStore) -> int:
    return max(store.numbers(), default=0)


def execute(store: ArticleStore, sql: str) -> None:
    with store.database.writing() as db:
        db.execute(sql)


STEPS = st.lists(st.tuples(st.sampled_from(["put", "retitle", "replace", "delete", "many"]), st.integers(0, 5)))


@settings(max_examples=40, deadline=None)
@given(STEPS, STEPS)
def test_the_log_agrees_with_comparing_all_numbers(before: list[tuple[str, int]], after: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder, closing(ArticleStore.open(Path(folder) / "articles.sqlite")) as store:
        for step in before:
            take(store, *step)
        revision, there, last = store.revision, set(store.numbers()), newest(store)
        for place, step in enumerate(after):
            take(store, *step, version=place + 1)
        found, now = store.changes_since(revision, last), set(store.numbers())
        assert found is not None
        assert (store.revision, len(now), sorted(now - there)) == (found.revision, found.count, list(found.new))
        assert there - now == set(found.deleted) & there
        assert list(found.deleted) == sorted(set(found.deleted) - now)


def take(store: ArticleStore, step: str, which: int, version: int = 0) -> None:
    text = f"The text of article {which}."
    if step == "put":
        put(store, text, f"file:///{which}")
    elif step == "retitle":
        put(store, text, f"file:///{which}", f"Title {version}")
    elif step == "replace":
        put(store, f"{text} Edition {version}.", f"file:///{which}")
    elif step == "many":
        drafts = [Draft(f"{text} Part {part}.") for part in range(3)]
        store.put_many([(Article.from_draft(draft), f"text:{draft.text}") for draft in drafts])
    elif article_id(text) in {listed.id for listed in store.page(0, 100)}:
        store.delete(article_id(text))


def test_a_gap_in_the_log_is_detected(store: ArticleStore) -> None:
    for text in ("one", "two", "three"):
        put(store, text)
    execute(store, "DELETE FROM changes WHERE revision = 2")
    assert None is store.changes_since(1, 1)
    assert ArticleChanges(3, 3, (3,), ()) == store.changes_since(2, 2)


def test_a_future_revision_has_no_changes(store: ArticleStore) -> None:
    put(store, "one")
    assert None is store.changes_since(2, 1)


def test_the_log_is_capped_and_older_revisions_are_unknown(store: ArticleStore) -> None:
    put(store, "one")
    with store.database.writing() as db:
        for number in range(2, LOGGED + 10):
            db.execute("UPDATE articles SET number = ?", (number,))
    assert None is store.changes_since(store.revision - LOGGED - 1, 0)
    found = store.changes_since(store.revision - LOGGED, 8)
    assert found is not None
    assert (1, (LOGGED + 9,), LOGGED) == (found.count, found.new, len(found.deleted))
    with store.database.reading() as db:
        assert LOGGED == db.execute("SELECT count(*) FROM changes").fetchone()[0]


def test_opening_a_store_corrects_a_wrong_count(store: ArticleStore) -> None:
    put(store, "one")
    execute(store, "UPDATE meta SET value = 7 WHERE key = 'count'")
    with closing(ArticleStore.open(store.database.path)):
        assert ArticleChanges(1, 1, (1,), ()) == store.changes_since(0, 0)


def test_a_rolled_back_change_is_not_logged(store: ArticleStore) -> None:
    put(store, "one")
    with pytest.raises(ZeroDivisionError), store.database.writing() as db:
        db.execute("DELETE FROM articles")
        raise ZeroDivisionError
    assert ArticleChanges(1, 1, (1,), ()) == store.changes_since(0, 0)


def test_changes_are_read_from_one_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "articles.sqlite"
    with closing(ArticleStore.open(path)) as store, closing(ArticleStore.open(path)) as other:

        def write() -> None:
            for number in range(150):
                added = put(other, f"number {number}")
                if number % 3 == 0:
                    other.delete(added)

        writer = Thread(target=write)
        writer.start()
        while writer.is_alive():
            found = store.changes_since(0, 0)
            assert found is not None
            assert found.count == len(found.new)
            assert found.revision == len(found.new) + 2 * len(found.deleted)
        writer.join()


def test_changes_do_not_cost_more_with_more_articles(store: ArticleStore) -> None:
    steps = []
    for size in (50, 2_000):
        drafts = [Draft(f"number {number}") for number in range(size)]
        store.put_many([(Article.from_draft(draft), f"text:{draft.text}") for draft in drafts])
        revision, last = store.revision, newest(store)
        store.delete(put(store, "another"))
        with store.database.reading() as db:
            counted = [0]
            db.set_progress_handler(lambda counted=counted: counted.__setitem__(0, counted[0] + 1), 1)
            store.changes_since(revision, last)
            db.set_progress_handler(None, 0)
        steps.append(counted[0])
    assert steps[0] == steps[1]


@pytest.mark.parametrize("count", [0, 3])
def test_an_upgraded_store_gets_a_change_log(tmp_path: Path, count: int) -> None:
    path = tmp_path / "articles.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA_3)
        db.execute("INSERT INTO meta VALUES ('store_id', 'a'), ('last_number', 3), ('revision', 7), ('followed', '')")
        for number in range(1, count + 1):
            values = (number, article_id(f"text {number}"), f"text {number}", "2022-01-13T00:00:00+00:00")
            fields = "number, id, text, title, added_at, characters, story"
            db.execute(f"INSERT INTO articles ({fields}) VALUES (?, ?, ?, '', ?, 6, 'x')", values)
        db.commit()
    for _ in range(2):  # also when it is opened again
        with closing(ArticleStore.open(path)) as store:
            revision = store.revision
            assert None is store.changes_since(revision - 1, 0)
            assert ArticleChanges(revision, count, (), ()) == store.changes_since(revision, 3)
    with closing(ArticleStore.open(path)) as store:
        put(store, "another")
        if count:
            store.delete(article_id("text 1"))
        added = ArticleChanges(revision + 1, 1, (4,), ())
        expected = ArticleChanges(revision + 2, count, (4,), (1,)) if count else added
        assert expected == store.changes_since(revision, 3)
    assert has_schema(path, SCHEMA)  # else its backup would be refused


def follow(store: ArticleStore, since: str | None, limit: int = 100) -> tuple[list[tuple[str, str]], str]:
    """Return all changes after a cursor, page by page, and the last cursor."""
    found, more = list[tuple[str, str]](), True
    while more:
        changes, since, more = store.follow_changes(since, limit)
        assert len(changes) <= limit
        found += [(change.kind, change.id) for change in changes]
    assert since is not None
    return found, since


@settings(max_examples=15, deadline=None)
@given(STEPS, STEPS, st.integers(1, 4))
def test_who_follows_the_changes_knows_the_articles(
    before: list[tuple[str, int]], after: list[tuple[str, int]], limit: int
) -> None:
    with TemporaryDirectory() as folder, closing(ArticleStore.open(Path(folder) / "articles.sqlite")) as store:
        for step in before:
            take(store, *step)
        known, since = set[str](), None
        for place, step in enumerate([*after, ("put", 0)]):
            changes, since, _ = store.follow_changes(since, limit)
            take(store, *step, version=place + 1)
            known = apply(known, [(change.kind, change.id) for change in changes])
        changes, _ = follow(store, since, limit)
        assert {listed.id for listed in store.page(0, 100)} == apply(known, changes)


def apply(known: set[str], changes: list[tuple[str, str]]) -> set[str]:
    for kind, changed in changes:
        known = known - {changed} if kind == "deleted" else known | {changed}
    return known


def test_changes_are_told_in_their_order_and_with_the_article_as_it_is_now(store: ArticleStore) -> None:
    one = put(store, "one", "file:///one")
    found, since = follow(store, None)
    assert [("added", one)] == found
    put(store, "one", "file:///one", "Another title")
    two = put(store, "two")
    three = put(store, "one, once more", "file:///one")
    store.delete(two)
    changes, _, more = store.follow_changes(since, 10)
    expected = [("changed", one), ("added", two), ("added", three), ("deleted", one), ("deleted", two)]
    assert expected == [(change.kind, change.id) for change in changes]
    assert [None, None, "News", None, None] == [change.article and change.article.title for change in changes]
    assert [None, None, None, three, None] == [change.replaced_by for change in changes]
    assert not more


def test_now_is_the_cursor_after_the_last_change(store: ArticleStore) -> None:
    put(store, "one")
    changes, since, more = store.follow_changes("now", 10)
    assert ([], False) == (changes, more)
    assert ([("added", put(store, "two"))], since) != follow(store, since)
    assert [("added", article_id("two"))] == follow(store, since)[0]


@pytest.mark.parametrize("written", ["", "x", "0", "0123456-1", "01234567-", "01234567-1-2-3", "01234567-٣"])
def test_what_is_no_cursor_is_refused(store: ArticleStore, written: str) -> None:
    with pytest.raises(InvalidInput, match="is no cursor"):
        store.follow_changes(written, 10)


def test_an_expired_cursor_says_how_to_go_on(store: ArticleStore) -> None:
    put(store, "one")
    _, since, _ = store.follow_changes("now", 10)
    for text in ("two", "three"):
        put(store, text)
    later = str(replace(Cursor.parse(since), revision=9))
    foreign = str(replace(Cursor.parse(since), store="00000000"))
    execute(store, "DELETE FROM changes WHERE revision = 2")
    for expired in (since, later, foreign):
        with pytest.raises(CursorExpired, match="without a cursor for all articles"):
            store.follow_changes(expired, 10)
    assert 3 == len(follow(store, None)[0])
