from datetime import date

import pytest

from qa.query.overview import Overview, OverviewKind, find_overview
from qa.query.parser import parse_question
from qa.query.question_types import QuestionType

TODAY = date(2026, 5, 20)  # a Wednesday


@pytest.mark.parametrize(
    "text",
    [
        *("What's new?", "what is new today", "news", "Any news?", "today's headlines", "Give me the latest news"),
        *("What's happening?", "What has happened lately?", "anything new?", "what did I miss?", "Summarise the news"),
    ],
)
def test_news_may_have_no_topic(text: str) -> None:
    assert Overview(OverviewKind.NEWS) == find_overview(text, TODAY)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("any news about the bridge?", "the bridge"),
        ("The latest on Lumenar", "Lumenar"),
        ("Lumenar news", "Lumenar"),
        ("What's going on with the mayor?", "the mayor"),
        ("Is there anything new from Harrow?", "Harrow"),
        ("recent developments in Harrow", "Harrow"),
        ("What happened at the museum?", "the museum"),
    ],
)
def test_news_may_be_of_a_topic(text: str, topic: str) -> None:
    assert Overview(OverviewKind.NEWS, topic) == find_overview(text, TODAY)


@pytest.mark.parametrize(
    ("text", "topic", "first", "last"),
    [
        ("What happened on Tuesday?", "", date(2026, 5, 19), date(2026, 5, 19)),
        ("What happened yesterday?", "", date(2026, 5, 19), date(2026, 5, 19)),
        ("What happened today?", "", TODAY, TODAY),
        ("What happened last week?", "", date(2026, 5, 11), date(2026, 5, 17)),
        ("news of last week", "", date(2026, 5, 11), date(2026, 5, 17)),
        ("yesterday's news", "", date(2026, 5, 19), date(2026, 5, 19)),
        ("summarise last week", "", date(2026, 5, 11), date(2026, 5, 17)),
        ("What's new this week?", "", date(2026, 5, 18), TODAY),
        ("What happened in the last 3 days?", "", date(2026, 5, 17), TODAY),
        ("What happened in the last eight days?", "", date(2026, 5, 12), TODAY),
        ("What happened in the last couple of days?", "", date(2026, 5, 18), TODAY),
        ("What happened in the past few weeks?", "", date(2026, 4, 22), TODAY),
        ("anything new from Harrow since Monday?", "Harrow", date(2026, 5, 18), TODAY),
        ("What happened on Sunday in San Rocco?", "San Rocco", date(2026, 5, 17), date(2026, 5, 17)),
        ("What happened in the Northern Cup on 16 May?", "the Northern Cup", date(2026, 5, 16), date(2026, 5, 16)),
    ],
)
def test_news_may_be_of_a_time(text: str, topic: str, first: date, last: date) -> None:
    found = find_overview(text, TODAY)
    assert found is not None
    assert (OverviewKind.NEWS, topic, first, last) == (found.kind, found.topic, found.first, found.last)


def test_what_became_of_something_is_news_only_where_no_sentence_tells_it() -> None:
    found = find_overview("What happened to the bridge?", TODAY)
    assert Overview(OverviewKind.NEWS, "the bridge", is_fallback=True) == found


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("What did the mayor say?", "the mayor"),
        ("What has Petra Sandell said recently?", "Petra Sandell"),
        ("what did the head of the union say on Monday", "the head of the union"),
    ],
)
def test_what_somebody_said_is_asked_for(text: str, speaker: str) -> None:
    found = find_overview(text, TODAY)
    assert found is not None
    assert (OverviewKind.STATEMENTS, speaker) == (found.kind, found.topic)


def test_what_somebody_said_of_something_is_a_request_only_where_no_sentence_answers_it() -> None:
    found = find_overview("What did the mayor say about the bridge?", TODAY)
    assert Overview(OverviewKind.STATEMENTS, "the mayor", is_fallback=True, about="about the bridge") == found


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Summarise the article about the tram line", "the tram line"),
        ("summary of 'The last ropemaker'", "The last ropemaker"),
        ("tl;dr the bees story", "the bees"),
        ("Give me the main points of the report on the museum", "the museum"),
        ("give me a short summary of the newest article", ""),
        ("Summarise the article How many children are there?", "How many children are there"),
        ("summary of Final to be played on 20 May", "Final to be played on 20 May"),
    ],
)
def test_a_summary_is_of_an_article(text: str, topic: str) -> None:
    assert Overview(OverviewKind.SUMMARY, topic) == find_overview(text, TODAY)


@pytest.mark.parametrize(
    ("text", "kind", "topic", "source"),
    [
        ("How many articles are there?", OverviewKind.COUNT, "", None),
        ("how many documents do you have in your library", OverviewKind.COUNT, "", None),
        ("How many articles about Lumenar do you have?", OverviewKind.COUNT, "Lumenar", None),
        ("How many articles mention measles?", OverviewKind.COUNT, "measles", None),
        ("How many articles are from the Gazette?", OverviewKind.COUNT, "", "the Gazette"),
        ("Which sources do you have?", OverviewKind.SOURCES, "", None),
        ("Where do your articles come from?", OverviewKind.SOURCES, "", None),
        ("What do you know about?", OverviewKind.TOPICS, "", None),
        ("What can I ask?", OverviewKind.TOPICS, "", None),
        ("what are the articles about", OverviewKind.TOPICS, "", None),
        ("What is the newest article?", OverviewKind.NEWEST, "", None),
        ("What is the most recent article about the tram?", OverviewKind.NEWEST, "the tram", None),
        ("which article is the oldest?", OverviewKind.OLDEST, "", None),
    ],
)
def test_a_question_may_be_about_the_library(text: str, kind: OverviewKind, topic: str, source: str | None) -> None:
    assert Overview(kind, topic, source=source) == find_overview(text, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        *("How many articles does the treaty have?", "How many articles are there in the treaty?"),
        *("How many articles did she write?", "How many articles about slavery does the constitution have?"),
        *("How many documents did the police seize?", "How many articles of clothing are there?"),
        *("Which sources does the report cite?", "What sources of energy are there?", "How old are you?"),
        *("What do you know about Lumenar?", "what can I ask the doctor?", "what topics did the council discuss?"),
        *("What is the first article of the constitution?", "What is the newest school in Harrow?"),
        *("What did he say?", "What did the mayor say the bridge cost?", "What does the sign say?"),
        *(
            "any news about it?",
            "any update on when it opens?",
            "Who wrote the newest novel?",
            "New Zealand",
            "What news did he bring?",
        ),
        *("Summarise it", "tl;dr", "What are the points of the compass?", "What happened when it sank?"),
        *("Who reported the news about the strike?", "How many news stations are there in Ossery?"),
    ],
)
def test_questions_about_what_articles_say_are_no_requests_for_an_overview(text: str) -> None:
    assert find_overview(text, TODAY) is None


def test_a_request_may_stand_between_polite_words() -> None:
    question = parse_question("Hi, can you tell me what's new, please?", TODAY)
    assert Overview(OverviewKind.NEWS) == question.overview
    assert parse_question("What is new?", TODAY).type is not QuestionType.TOPIC  # answered so in an empty library


def test_words_for_a_time_and_for_news_can_be_ignored() -> None:
    found = parse_question("What happened in Harrow last week?", TODAY, frozenset({"last week"})).overview
    assert Overview(OverviewKind.NEWS, "Harrow") == found
    assert parse_question("the latest on the tram", TODAY, frozenset({"the latest"})).overview is None
