"""Watches: which articles an answer is from, so that it goes with any of them."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.questions.watches import WatchedAnswer, WatchRepository
from corpus.store.article_store import ArticleStore
from corpus.store.database import has_schema
from corpus.store.schema import SCHEMA


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArticleStore]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as opened:
        yield opened


@pytest.fixture
def watches(store: ArticleStore) -> WatchRepository:
    return WatchRepository(store.database)


def put(store: ArticleStore, text: str, origin: str) -> str:
    return store.put(Article.from_draft(Draft(text)), origin).article.id


def test_an_answer_from_several_articles_goes_with_any_of_them(store: ArticleStore, watches: WatchRepository) -> None:
    ids = [put(store, text, f"text:{text}") for text in ("It leaves at noon.", "It is late.")]
    answer = WatchedAnswer("It leaves at noon.\nIt is late.", frozenset(ids))
    watch = watches.add("What is new?", {}, None, 2, None)
    watches.set_answer(watch, 3, answer, None)
    (watch,) = watches.all()
    assert (answer, False) == (watch.answer, watch.is_stale)
    store.delete(ids[1])
    assert watches.all()[0].is_deleted
    store.erase_deleted(time.time(), store.revision, time.time())
    (watch,) = watches.all()
    assert (None, False) == (watch.answer, watch.is_stale)


def test_an_answer_is_stale_when_its_file_has_changed_until_the_question_is_asked(
    store: ArticleStore, watches: WatchRepository
) -> None:
    before = put(store, "It leaves at noon.", "file:/ferry.txt")
    answer = WatchedAnswer("It leaves at noon.", frozenset({before}))
    watch = watches.add("When?", {}, None, 1, answer)
    put(store, "It leaves at one.", "file:/ferry.txt")
    (changed,) = watches.all()
    assert (True, False) == (changed.is_stale, changed.is_deleted)
    watches.set_answer(watch, store.numbers()[-1], answer, None)  # as of an earlier time, it is the answer still
    assert not watches.all()[0].is_stale


def test_an_upgraded_overview_is_asked_anew(tmp_path: Path) -> None:
    path = tmp_path / "articles.sqlite"
    with closing(ArticleStore.open(path)) as store:
        article_id = put(store, "It leaves at noon.", "text:1")
    with closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TABLE watch_articles; ALTER TABLE watches ADD COLUMN article_id TEXT")
        for name, answer in (("one", "noon"), ("overview", "noon\nlate"), ("none", None)):
            values = (name, answer, None if answer is None else article_id)
            columns = "question, options, created_at, checked, id, answer, article_id"
            db.execute(f"INSERT INTO watches ({columns}) VALUES ('When?', '{{}}', '', 1, ?, ?, ?)", values)
        db.execute("PRAGMA user_version = 12")
        db.commit()
    with closing(ArticleStore.open(path)) as store:
        found = {one.id: (one.answer, one.is_stale) for one in WatchRepository(store.database).all()}
    one = WatchedAnswer("noon", frozenset({article_id}))
    overview = WatchedAnswer("noon\nlate", frozenset({article_id, ""}))
    assert {"one": (one, False), "overview": (overview, True), "none": (None, False)} == found
    assert has_schema(path, SCHEMA)  # else its backup would be refused
