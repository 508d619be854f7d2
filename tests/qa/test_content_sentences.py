import time

import pytest

from corpus.article import Article, Draft
from qa.content_sentences import is_content_sentence, is_headline, topic_answers
from qa.types import Candidate, Passage, Quote
from tests.qa.tables import texts_of

TITLE = "Harbour ferry begins new summer service"


def sentence(text: str, title: str = TITLE) -> Quote:
    article = Article.from_draft(Draft(f"Before. {text} After.", title))
    start = article.text.index(text)
    return Quote(article, start, start + len(text))


@pytest.mark.parametrize(
    "text",
    texts_of("""
        The harbour ferry will start its summer service on June 1.|Dogs travel free.
        It leaves the northern pier every hour.|Protests broke out in two cities.|The tram stops at the museum.
        Two hundred people evacuated their homes.|Sources said on Monday that the deal was off.
        Terms of the deal were agreed on Monday.
        Written by Orwell in 1948, the novel tells of a state that watches everyone all the time.
        By Monday the ferry was full.|Copyright law was changed last year.|Loading docks reopened.|May was warm.
        Die Fähre fährt um zwölf Uhr.|Паром отправляется в полдень из порта.
        Published in 1999, the book sold 5,000 copies.|Posted letters arrive on Monday, May 3.
    """),
)
def test_a_sentence_with_a_verb_says_something(text: str) -> None:
    assert is_content_sentence(sentence(text))
    assert not is_headline(sentence(text))


@pytest.mark.parametrize(
    "text",
    texts_of("""
        By our staff.|By Jane Miller, staff writer|By Jane Miller and Tom Hill|BY JANE MILLER
        By staff writers and agencies|All rights reserved.|Copyright 2022 Newswire. All rights reserved.|© Newswire
        Photo: The harbour ferry was full on Monday.|Photo by Tom Hill|Read more|Read more: the ferry that was lost
        Read more about the harbour ferry summer service|Share this article|Follow us for more news.
        Sign up for our newsletter.|Advertisement|This article was first published on Monday.|Published 14 May 2023
        Last updated: Mon, 3 Jan. 2022, 10:30 pm|Posted 5 minutes ago.
    """),
)
def test_what_stands_around_an_article_says_nothing(text: str) -> None:
    assert not is_content_sentence(sentence(text))
    assert not is_headline(sentence(text))


@pytest.mark.parametrize(
    "text",
    ["By " + "A" * 900 + "!", "By " + "A, " * 300 + "!", "By " + "A.-’" * 200 + "!", "Posted " + "1. " * 300 + "!"],
)
def test_patterns_do_not_backtrack_without_end(text: str) -> None:
    start = time.process_time()
    assert is_content_sentence(sentence(text)) in (True, False)
    assert time.process_time() - start < 1  # an ambiguous pattern would take ages


@pytest.mark.parametrize(
    "text",
    [TITLE, TITLE.upper(), "New summer service", "The northern pier of Arden at noon.", "Flood in Brill", "May 9"],
)
def test_a_title_or_no_sentence_is_a_headline(text: str) -> None:
    assert not is_content_sentence(sentence(text))
    assert is_headline(sentence(text))


HEADLINE, BYLINE, RIGHTS = "Flood in Brill", "By Jane Miller", "All rights reserved."
WATER, PEOPLE = "Water rose after the dam broke.", "Many people were evacuated."


def scored(**sure: float) -> list[tuple[str, float]]:
    """Return what answers "the flood in Brill" out of an article with these sentences, each so sure."""
    return answers("the flood in Brill", **sure)


def answers(question: str, **sure: float) -> list[tuple[str, float]]:
    article = Article.from_draft(Draft("\n".join((HEADLINE, BYLINE, WATER, PEOPLE, RIGHTS)), "News of Tuesday"))
    quotes = {}
    for name, text in (
        ("headline", HEADLINE),
        ("byline", BYLINE),
        ("water", WATER),
        ("people", PEOPLE),
        ("rights", RIGHTS),
    ):
        quotes[name] = Quote(article, article.text.index(text), article.text.index(text) + len(text))
    candidates = [(Candidate(quotes[name], quotes[name], score), score) for name, score in sure.items()]
    passage = Passage(Quote(article, 0, len(article.text)), ())
    return [(one.span.text, found) for one, found in topic_answers(question, candidates, [passage], 0.5)]


def test_a_topic_is_answered_by_what_says_something() -> None:
    assert [(WATER, 0.8)] == scored(rights=0.9, water=0.8, byline=0.7)


def test_the_best_sentence_below_a_headline_is_as_sure_as_that() -> None:
    assert [(WATER, 0.9), (PEOPLE, 0.2)] == scored(headline=0.9, water=0.3, people=0.2)
    assert [(PEOPLE, 0.95), (WATER, 0.2)] == scored(people=0.95, headline=0.9, water=0.2)


def test_a_byline_makes_nothing_surer_and_answers_a_name() -> None:
    assert [(BYLINE, 0.9)] == answers("Jane Miller", byline=0.9, water=0.3, rights=0.8)


def test_without_content_sentences_what_shares_a_word_with_the_topic_answers() -> None:
    assert [(HEADLINE, 0.9)] == scored(headline=0.9, rights=0.8, byline=0.7)
