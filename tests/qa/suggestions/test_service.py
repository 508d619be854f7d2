"""Suggestions of a running app, with the real models."""

from datetime import date

import pytest
from flask import Flask

from corpus.store.filters import ArticleFilter
from index.embedding.embedder import Embedder
from qa.conversation.history import Conversation, Turn
from qa.reader.loader import DEFAULT
from qa.suggestions.service import MAX_NEXT, SuggestionService
from tests.conftest import MakeApp
from tests.waiting import comes
from web.services import Services

pytestmark = pytest.mark.model
BRIDGE = """The Corran Bridge was closed to all traffic on Monday. Engineers had found cracks in two of its cables.
Victor Lanning resigned on 3 May. The Corran Bridge cost $5 million. Halden employs about 1,200 people in Brenn.
The bridge carries 9,000 cars a day."""
STORM = """Hurricane Ilka came ashore near Cape Anis on Friday. The governor of San Rocco province ordered 35,000 people
to leave the coast."""


@pytest.fixture
def app(make_app: MakeApp, real_embedder: Embedder) -> Flask:
    return make_app(real_embedder, reader=DEFAULT, threshold=None)


def services(app: Flask) -> Services:
    found: Services = app.extensions["citeline"]
    return found


def add(app: Flask, text: str, published: str = "2024-05-06") -> str:
    client = app.test_client()
    article: dict[str, str] = client.post("/articles?wait=true", json={"text": text, "published": published}).json
    return article["id"]


def suggestions(app: Flask) -> SuggestionService:
    return services(app).suggestions


def test_questions_are_suggested_after_they_were_checked(app: Flask) -> None:
    add(app, BRIDGE)
    suggestions(app).catch_up(check="when")
    assert "When was the Corran Bridge closed to all traffic?" in suggestions(app).suggest("when was").questions
    assert "When was the Corran Bridge closed to all traffic?" in suggestions(app).suggest("").questions


def test_typing_has_the_questions_checked_in_the_background(app: Flask) -> None:
    add(app, BRIDGE)
    assert comes(lambda: "How much did the Corran Bridge cost?" in suggestions(app).suggest("how much did").questions)


def test_each_suggested_question_has_a_confident_answer(app: Flask) -> None:
    add(app, BRIDGE)
    add(app, STORM)
    suggestions(app).catch_up(check="w")
    found = suggestions(app).suggest("", 20).questions
    assert found
    for question in found:
        assert services(app).qa.ask(question, 1).answers[0].confidence >= 0.9


def test_what_a_deleted_article_says_is_not_suggested_any_more(app: Flask) -> None:
    article_id = add(app, BRIDGE)
    suggestions(app).catch_up(check="corran")
    assert ("Corran Bridge",) == suggestions(app).suggest("corran").names
    services(app).library.remove(article_id)
    found = suggestions(app).suggest("corran")
    assert ((), ()) == (found.questions, found.names)


def test_a_question_about_what_changed_is_not_suggested(app: Flask) -> None:
    add(app, "Four people were rescued from the ferry Aldra Star. The Aldra Star sank off Penholm.", "2024-05-01")
    add(app, "Nine people were rescued from the ferry Aldra Star. The Aldra Star sank off Penholm.", "2024-05-03")
    suggestions(app).catch_up(check="how many")
    for question in suggestions(app).suggest("how many").questions:
        assert "four" != services(app).qa.ask(question, 1).answers[0].span.text.lower()


def test_next_questions_are_about_the_story_and_answered(app: Flask) -> None:
    add(app, BRIDGE)
    add(app, STORM)
    suggestions(app).catch_up(check="corran")
    asked = "When was the Corran Bridge closed?"
    found = suggestions(app).next_questions(asked)
    assert 0 < len(found) <= MAX_NEXT
    assert "When was the Corran Bridge closed to all traffic?" not in found  # the same question
    for question in found:
        answer = services(app).qa.ask(question, 1).answers[0]
        assert answer.confidence >= 0.9
        assert "Corran" in answer.sentence.article.text


def test_next_questions_do_not_repeat_what_was_asked(app: Flask) -> None:
    add(app, BRIDGE)
    suggestions(app).catch_up(check="corran")
    asked = "When was the Corran Bridge closed?"
    [first, *_] = suggestions(app).next_questions(asked)
    assert first not in suggestions(app).next_questions(asked, conversation=Conversation((Turn(first),)))


def test_next_questions_keep_the_filters(app: Flask) -> None:
    add(app, BRIDGE)
    suggestions(app).catch_up(check="corran")
    nothing = ArticleFilter(published_to="2000-01-01")
    assert () == suggestions(app).next_questions("When was the Corran Bridge closed?", nothing, date(2024, 5, 7))


def test_next_questions_leave_the_conversation_as_it_is(app: Flask) -> None:
    add(app, BRIDGE)
    suggestions(app).catch_up(check="corran")
    qa, kept = services(app).qa, Conversation((), "one")
    qa.ask("When was the Corran Bridge closed?", conversation=kept)
    before = qa.before("", kept)
    assert suggestions(app).next_questions("When was the Corran Bridge closed?", conversation=kept)
    assert before == qa.before("", kept)
    assert 1 == len(before.turns)


def test_next_questions_follow_what_a_conversation_is_about(app: Flask) -> None:
    add(app, BRIDGE)
    add(app, STORM)
    suggestions(app).catch_up(check="corran")
    conversation = Conversation((Turn("When was the Corran Bridge closed?", "on Monday"),))
    for question in suggestions(app).next_questions("How much did it cost?", conversation=conversation):
        assert "Corran" in services(app).qa.ask(question, 1).answers[0].sentence.article.text


def test_next_questions_are_also_about_the_names_in_other_articles(app: Flask) -> None:
    add(app, "The Aldra Star sank off Penholm. Four people were rescued from the Aldra Star.")
    add(app, "Victor Lanning bought the Aldra Star on 3 May 2019. The harbour of Varn is deep.")
    suggestions(app).catch_up(check="aldra")
    found = suggestions(app).next_questions("How many people were rescued from the Aldra Star?")
    assert "When did Victor Lanning buy the Aldra Star?" in found
