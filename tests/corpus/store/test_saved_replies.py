"""Saved replies: the newest are kept, and none outlives an article that it quotes."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from corpus.article import Article, Draft
from corpus.errors import NotFound
from corpus.store import saved_replies
from corpus.store.article_store import ArticleStore, open_article_database
from corpus.store.database import Database
from corpus.store.saved_replies import SavedReplies, replies_without_source

ORIGIN = "file:/plan.txt"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_article_database(tmp_path / "articles.sqlite")) as opened:
        yield opened


@pytest.fixture
def replies(database: Database) -> SavedReplies:
    return SavedReplies(database)


def article_of(text: str) -> Article:
    return Article.from_draft(Draft(text, "Plan"))


def reply_of(*articles: Article) -> dict[str, Any]:
    refs = [{"id": article.id, "title": article.title} for article in articles]
    return {"answers": [{"text": "two", "article": refs[0], "also": refs[1:]}] if refs else [], "closest": []}


def test_a_reply_comes_back_as_it_was_saved(replies: SavedReplies) -> None:
    saved = replies.save({"question": "Wo? 🍵"}, reply_of())
    assert saved == replies.get(saved.id)
    assert saved.id != replies.save({"question": "Wo? 🍵"}, reply_of()).id


def test_the_oldest_are_deleted(replies: SavedReplies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_replies, "MAX_SAVED", 2)
    first, second, third = (replies.save({"question": str(number)}, reply_of()) for number in range(3))
    assert [second, third] == [replies.get(one.id) for one in (second, third)]
    with pytest.raises(NotFound):
        replies.get(first.id)


@pytest.mark.parametrize("named", [0, 1])
def test_one_that_names_a_deleted_article_is_not_found(named: int, database: Database, replies: SavedReplies) -> None:
    store = ArticleStore(database)
    articles = [store.put(article_of(text), f"text:{text}").article for text in ("It opens at two.", "At two.")]
    saved = replies.save({"question": "When?"}, reply_of(*articles))
    store.delete(articles[named].id)
    with pytest.raises(NotFound, match="was deleted"):
        replies.get(saved.id)


def test_one_that_quotes_a_former_version_is_shown(database: Database, replies: SavedReplies) -> None:
    store = ArticleStore(database)
    before = store.put(article_of("It opens at two."), ORIGIN).article
    saved = replies.save({"question": "When?"}, reply_of(before))
    store.put(article_of("It opens at three."), ORIGIN)
    assert saved == replies.get(saved.id)


def test_those_that_quote_a_deleted_article_can_be_erased(database: Database, replies: SavedReplies) -> None:
    articles = [article_of("It opens at two."), article_of("At two.")]
    store = ArticleStore(database)
    for article in articles:
        store.put(article, f"text:{article.id}")
    quoting, other = replies.save({}, reply_of(*articles)), replies.save({}, reply_of(articles[1]))
    store.delete(articles[0].id)
    store.erase_deleted(time.time(), store.revision, time.time())
    assert other == replies.get(other.id)
    with database.reading() as db:
        assert [1, 1] == [
            db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("saved_replies", "saved_reply_articles")
        ]
    with pytest.raises(NotFound):
        replies.get(quoting.id)


def test_all_words_of_conversations_are_sought_however_many_there_are(
    database: Database, replies: SavedReplies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_replies, "_BATCH", 2)
    ArticleStore(database).put(article_of("One, two, three, four and five."), "text:1")
    for answer in ("one", "two", "six", "three", "four", "five"):
        request = {"question": "How many?", "conversation": [{"question": "What?", "answer": answer}]}
        replies.save(request, reply_of())
    with database.reading() as db:
        assert [3] == saved_replies.replies_without_source(db)


def test_words_from_a_conversation_that_is_not_saved_itself_are_found(
    database: Database, replies: SavedReplies
) -> None:
    for kept in (["Zanzibarite"], []):
        reply = reply_of() | {"understood": {"kept_from_conversation": kept}}
        replies.save({"question": "And when?", "conversation_id": "a-secret"}, reply)
    with database.reading() as db:
        assert [1] == replies_without_source(db)
