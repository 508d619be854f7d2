"""Kept questions: counted, bounded in number and time, and without the words of erased articles."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.errors import NotFound
from corpus.questions import kept
from corpus.questions.kept import KeptQuestions, QuotedAnswer
from corpus.store.article_store import ArticleStore, open_article_database
from corpus.store.database import Database


class Calendar:
    """A clock of days."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_article_database(tmp_path / "articles.sqlite")) as opened:
        yield opened


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def questions(database: Database, calendar: Calendar) -> KeptQuestions:
    return KeptQuestions(database, 30, calendar)


def put(database: Database, text: str) -> Article:
    return ArticleStore(database).put(Article.from_draft(Draft(text, "Plan")), f"text:{text}").article


def quote_of(article: Article, words: str) -> QuotedAnswer:
    start = article.text.index(words)
    return QuotedAnswer(words, article.id, start, start + len(words))


def forget(database: Database) -> None:
    store = ArticleStore(database)
    store.erase_deleted(time.time(), store.revision, time.time())


def test_a_question_that_is_asked_again_is_counted(questions: KeptQuestions, calendar: Calendar) -> None:
    questions.keep("Who rows?", {}, (), 1)
    questions.keep("Who rows?", {"language": "en"}, (), 1)
    calendar.now += timedelta(days=1)
    questions.keep("Who rows?", {}, (), 2)
    found = [(one.question, one.options, one.times, one.checked, one.asked_at[:10]) for one in questions.all()]
    assert [("Who rows?", {}, 2, 2, "2026-03-02"), ("Who rows?", {"language": "en"}, 1, 1, "2026-03-01")] == found


def test_the_oldest_are_deleted_beyond_a_number_and_a_time(
    questions: KeptQuestions, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MAX_KEPT", 2)
    for number in range(3):
        questions.keep(f"Question {number}?", {}, (), 0)
        calendar.now += timedelta(days=10)
    assert ["Question 2?", "Question 1?"] == [one.question for one in questions.all()]
    calendar.now += timedelta(days=19)  # 39 days after the first of them, 29 after the other
    questions.drop_old()
    assert ["Question 2?"] == [one.question for one in questions.all()]


def test_feedback_pushes_out_no_questions(
    database: Database, questions: KeptQuestions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MAX_KEPT", 1)
    quoted = quote_of(put(database, "The ferry leaves at noon."), "noon")
    questions.keep("Who rows?", {}, (), 0)
    for verdict in ("up", "down", "up"):
        questions.add_opinion(verdict, f"Is it {verdict}?", None, quoted)
    assert ["up", "down", "unanswered"] == [one.kind for one in questions.all()]
    assert ["Is it down?"] == [one.question for one in questions.asked("down")]


def test_feedback_takes_the_place_of_former_feedback(database: Database, questions: KeptQuestions) -> None:
    article = put(database, "The ferry leaves at noon.")
    first = questions.add_opinion("up", "When?", None, quote_of(article, "noon"))
    second = questions.add_opinion("down", "When?", "It leaves at one.", quote_of(article, "noon"), former=first)
    (only,) = questions.all()
    assert (second, "down", "It leaves at one.") == (only.id, only.kind, only.reason)
    assert quote_of(article, "noon") == only.answer


def test_one_can_be_deleted_and_all_be_cleared(questions: KeptQuestions) -> None:
    for text in ("One?", "Two?", "Three?"):
        questions.keep(text, {}, (), 0)
    questions.delete(questions.all()[1].id)
    assert ["Three?", "One?"] == [one.question for one in questions.all()]
    with pytest.raises(NotFound, match="no kept question 'x'"):
        questions.delete("x")
    questions.clear()
    assert [] == questions.all()


def test_an_answer_from_a_deleted_article_is_shown_no_more(database: Database, questions: KeptQuestions) -> None:
    article = put(database, "The ferry leaves at noon.")
    questions.keep("When does it leave?", {}, (), 0)
    questions.set_answered(questions.all()[0], 1, quote_of(article, "noon"), article)
    questions.add_opinion("up", "When?", None, quote_of(article, "noon"))
    assert ["up", "unanswered"] == [one.kind for one in questions.all()]
    assert all(one.answer is not None for one in questions.all())
    ArticleStore(database).delete(article.id)
    (only,) = questions.all()
    assert ("unanswered", None, None) == (only.kind, only.answer, only.answered_at)


def test_questions_with_words_of_erased_articles_alone_are_forgotten(
    database: Database, questions: KeptQuestions
) -> None:
    mill, ferry = put(database, "Quillbert owns the mill."), put(database, "The ferry leaves at noon.")
    questions.keep("Does Quillbert row?", {}, (mill, ferry), 0)
    questions.keep("Who repairs the ferry?", {}, (mill, ferry), 0)
    questions.keep("Is there a museum?", {}, (mill,), 0)
    forget(database)
    assert 3 == len(questions.all())
    ArticleStore(database).delete(mill.id)
    forget(database)
    assert ["Is there a museum?", "Who repairs the ferry?"] == [one.question for one in questions.all()]
    put(database, "Nobody owns the new mill.")
    assert questions.all()


def test_newer_articles_are_told_by_their_numbers(database: Database, questions: KeptQuestions) -> None:
    first, second = put(database, "One."), put(database, "Two.")
    assert questions.has_newer({first.id, second.id}, 1)
    assert not questions.has_newer({first.id}, 1)
    assert not questions.has_newer({second.id}, 2)


def test_an_answer_whose_article_has_changed_since_is_to_be_asked_anew(
    database: Database, questions: KeptQuestions
) -> None:
    store, origin = ArticleStore(database), "file:/ferry.txt"
    ferry, sea = (store.put(Article.from_draft(Draft(text)), origin) for text in ("It leaves at noon.", "No ferry."))
    questions.keep("When does it leave?", {}, (), 1)
    questions.set_answered(questions.all()[0], 1, quote_of(ferry.article, "noon"), ferry.article)
    (only,) = questions.all()
    assert (None, None, 0) == (only.answer, only.answered_at, only.checked)
    questions.set_checked([only], store.numbers()[-1])
    (only,) = questions.all()
    assert (None, None, store.numbers()[-1]) == (only.answer, only.answered_at, only.checked)
    assert sea.changed
