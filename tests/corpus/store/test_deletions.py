"""Deleted articles are kept aside until they are erased, and can be restored as they were."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.article import Article, Draft, Original
from corpus.errors import NotFound
from corpus.questions.kept import KeptQuestions, QuotedAnswer
from corpus.questions.watches import WatchedAnswer, WatchRepository
from corpus.store.article_store import ArticleStore
from corpus.store.filters import ArticleFilter
from corpus.store.saved_replies import SavedReplies

TEXT = "The ferry leaves at nine."
PAST = ArticleFilter(versions=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArticleStore]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as made:
        yield made


def put(store: ArticleStore, text: str = TEXT, origin: str = "url:https://a.example/") -> str:
    return store.put(Article.from_draft(Draft(text, url="https://a.example/")), origin, "1@2").article.id


def everything(store: ArticleStore, article_id: str) -> tuple[object, ...]:
    with store.database.reading() as db:
        columns = "id, text, title, added_at, story, blocks, tags, published_first"
        row = tuple(db.execute(f"SELECT {columns} FROM articles WHERE id = ?", (article_id,)).fetchone())
        others = [
            [tuple(one) for one in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in ("origins", "originals", "edits", "former_ids", "versions")
        ]
    return row, others


def test_a_restored_article_is_as_it_was(store: ArticleStore) -> None:
    before = put(store, f"{TEXT} Or at ten.")
    original = Original("a.txt", "text/plain", b"The ferry")
    store.put(
        replace(Article.from_draft(Draft(TEXT, url="https://a.example/")), original=original), "url:https://a.example/"
    )
    (article,) = store.by_number(store.numbers()).values()
    store.edit(article.id, {"tags": ("ferry",)})
    kept, number = everything(store, article.id), store.numbers()[0]
    assert 1 == len(store.version_numbers(PAST))
    store.delete(article.id)
    assert ([], {}) == (store.numbers(), store.version_numbers(PAST))
    assert [article.id] == store.restore([article.id, article.id, "0" * 16])
    assert kept == everything(store, article.id)
    assert store.numbers()[0] > number
    assert (article.id, b"The ferry") == (store.get_version(before)[1], store.original(article.id).data)
    assert ([], 0) == store.deleted(0, 10)
    assert [] == store.restore([article.id])


@pytest.mark.parametrize(("size", "kept"), [(9, True), (8, False)])
def test_originals_that_are_too_large_are_not_kept_aside_either(store: ArticleStore, size: int, kept: bool) -> None:
    original = Original("a.txt", "text/plain", b"The ferry")
    article = replace(Article.from_draft(Draft(TEXT)), original=original)
    store.delete(store.put(article, "text:1").article.id)
    assert 0 == store.drop_originals(size)
    assert [article.id] == store.restore([article.id])
    with store.database.reading() as db:
        assert kept is (db.execute("SELECT 1 FROM originals").fetchone() is not None)


def test_deleted_articles_are_listed_the_last_one_first(store: ArticleStore) -> None:
    first, second = put(store), put(store, "High tide is at six.", "text:2")
    assert [second, first] == store.delete_many([second, "0" * 16, first])
    listed, total = store.deleted(0, 1)
    assert (2, first, TEXT) == (total, listed[0].id, listed[0].title)
    assert [second] == [one.id for one in store.deleted(1, 1)[0]]


def test_an_article_that_came_again_is_not_restored(store: ArticleStore) -> None:
    article_id = put(store, origin="text:1")
    store.delete(article_id)
    assert article_id == put(store, origin="text:1")
    assert ([], ([], 0)) == (store.restore([article_id]), store.deleted(0, 9))


@pytest.mark.parametrize("is_gone", [True, False])
def test_an_article_is_restored_without_its_page_where_that_has_another_one_or_is_gone(
    store: ArticleStore, is_gone: bool
) -> None:
    article_id = put(store)
    store.delete(article_id)
    if is_gone:
        store.drop_origin("url:https://a.example/")
    else:
        put(store, "It leaves at ten.")
    assert [article_id] == store.restore([article_id])
    assert TEXT == store.get(article_id).text
    assert [f"text:{article_id}"] == [one.name for one in store.origins() if one.article_id == article_id]


def test_erasing_keeps_what_was_deleted_later(store: ArticleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = put(store), put(store, "High tide is at six.", "text:2")
    now = time.time()
    for article_id, moment in ((first, now), (second, now + 100)):
        monkeypatch.setattr("corpus.store.deletions.time.time", lambda moment=moment: moment)
        store.delete(article_id)
    store.erase_deleted(now + 200, store.revision, now + 50)
    assert (now + 100, [second]) == (store.deleted_since(), [one.id for one in store.deleted(0, 9)[0]])
    assert [] == store.restore([first])
    store.erase_deleted(now + 200, store.revision, now + 200)
    assert (None, []) == (store.deleted_since(), store.restore([second]))


def test_what_was_deleted_can_be_restored_however_often_it_is_deleted(store: ArticleStore) -> None:
    article_id = put(store)
    assert ([article_id], []) == (store.delete_many([article_id]), store.delete_many([article_id]))
    assert [article_id] == store.restore([article_id])


def test_erasing_one_keeps_what_belongs_to_an_article_that_can_be_restored(store: ArticleStore) -> None:
    former = put(store, "Quillbert rows at nine.")
    second = put(store, "High tide is at six.", "text:2")
    rows = put(store, "Quillbert rows at ten.")
    first, texts = store.get(rows), (store.get(rows), store.get(second))
    replies, questions = SavedReplies(store.database), KeptQuestions(store.database, 30)
    watches = WatchRepository(store.database)
    turn = {"question": "Who?", "answer": "Quillbert rows"}
    saved = [
        replies.save({"question": "Who rows?", **more}, {"answers": [{"article": {"id": name, "title": ""}}]})
        for name in (rows, former)
        for more in ({}, {"conversation": [turn]})
    ]
    questions.keep("Does Quillbert swim?", {}, texts, 1)
    questions.add_opinion("up", "Who rows?", None, QuotedAnswer("Quillbert", rows, 0, 9))
    answer = WatchedAnswer("Quillbert", frozenset({rows}))
    watch = watches.add("Who rows?", {}, None, 1, answer)
    watches.set_answer(watch, 2, answer, {"answers": [{"id": rows, "title": ""}]})
    with store.database.writing() as db:
        db.execute("INSERT INTO feeds (id, url, added_at, next_at, wait) VALUES ('f', 'https://a.example', 0, 1e12, 0)")
        db.execute(
            "INSERT INTO entries (feed_id, key, title, html, state, origin, next_at, wait) "
            "VALUES ('f', '1', 'Rowing', 0, 'done', 'url:https://a.example/', 0, 0)"
        )
    now = time.time()
    store.delete(second)
    store.delete(rows)
    with store.database.writing() as db:
        db.execute("UPDATE deleted_articles SET deleted_at = ? WHERE article_id = ?", (now - 1000, second))
    store.erase_deleted(now + 1, store.revision, now - 500)
    assert [rows] == store.restore([second, rows])
    assert first.text == store.get(rows).text
    assert saved == [replies.get(one.id) for one in saved]
    assert ["up", "unanswered"] == [one.kind for one in questions.all()]
    assert (1, "Quillbert") == (len(watches.events(9)), watches.all()[0].answer.text)
    with store.database.reading() as db:
        assert "Rowing" == db.execute("SELECT title FROM entries").fetchone()[0]
    store.delete(rows)
    store.erase_deleted(now + 1000, store.revision, now + 1000)
    assert ([], [], None) == (questions.all(), watches.events(9), watches.all()[0].answer)
    for one in saved:
        with pytest.raises(NotFound):
            replies.get(one.id)
