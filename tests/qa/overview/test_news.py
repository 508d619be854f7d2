"""News, statements and summaries, asked of a real index over the store."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.store.filters import NO_FILTERS, ArticleFilter
from index.generations.generation import Generation
from qa.confidence import CalibratedConfidence, Calibration
from qa.pipeline import Pipeline
from qa.query.overview import OverviewKind
from qa.reader.base import SentenceReader
from qa.retriever import HybridRetriever
from qa.service import DEFAULT_NEWS, QAService
from qa.types import Reply
from tests.indexing import Workspace

TODAY = date(2026, 5, 20)  # a Wednesday
ARTICLES = (
    ("Tram vote", "2026-05-04", "The council of Ossery will vote on a tram line.\nTrams ran there until 1958."),
    (
        "Tram approved",
        "2026-05-19",
        "The council of Ossery has approved the tram line on Tuesday.\nIt was founded in 1902.",
    ),
    ("Storm in Harrow", "2026-05-18", "A storm tore the roof off the school in Harrow on Sunday.\nNobody was hurt."),
    (
        "Mayor to go",
        "2026-05-20",
        "OSSERY (Northwire) - Petra Sandell, mayor of Ossery, will not stand again.\n"
        "“A mayor should go in time,” she said on Wednesday.\nHer deputy is Hugo Marsh.\nMarsh said he was surprised.",
    ),
    ("Opening hours", None, "The library is open from Tuesday to Saturday.\nIt is closed on Sundays."),
)


class Fixed:
    """Has one generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def generation(self) -> Generation:
        return self._generation


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    yield workspace
    workspace.close()


def put(workspace: Workspace, title: str, published: str | None, text: str, source: str | None = None) -> Article:
    article = Article.from_draft(Draft(text, title=title, published=published, source=source))
    return workspace.store.put(article, f"text:{article.id}").article


def ask(
    workspace: Workspace,
    question: str,
    filters: ArticleFilter = NO_FILTERS,
    top_k: int | None = None,
    threshold: float = 0.5,
) -> Reply:
    retriever = HybridRetriever(workspace.embedder, workspace.store)
    pipeline = Pipeline(retriever, SentenceReader(), CalibratedConfidence(Calibration.read()), threshold)
    return QAService(Fixed(workspace.update()), pipeline).ask(question, top_k, filters, TODAY)


def titles(reply: Reply) -> list[str]:
    return [answer.span.article.title for answer in reply.answers]


@pytest.fixture
def town(workspace: Workspace) -> Workspace:
    for article in ARTICLES:
        put(workspace, *article)
    return workspace


def test_news_without_a_topic_go_over_the_newest_articles(town: Workspace) -> None:
    reply = ask(town, "What's new?")
    assert ["Mayor to go", "Tram approved", "Storm in Harrow", "Tram vote", "Opening hours"] == titles(reply)
    assert "The council of Ossery has approved the tram line on Tuesday." == reply.answers[1].span.text
    assert reply.hint is None


def test_news_are_told_without_their_datelines(town: Workspace) -> None:
    answer = ask(town, "What's new?").answers[0]
    assert "Petra Sandell, mayor of Ossery, will not stand again." == answer.span.text
    assert answer.sentence.text.startswith("OSSERY (Northwire) - Petra")


def test_news_have_more_answers_by_default_and_as_many_as_are_asked_for(workspace: Workspace) -> None:
    for day in range(1, 9):
        put(workspace, f"Day {day}", f"2026-05-0{day}", f"The number {day} was drawn in the lottery today.")
    assert DEFAULT_NEWS == len(ask(workspace, "news").answers)
    assert ["Day 8", "Day 7"] == titles(ask(workspace, "news", top_k=2))


def test_filters_limit_the_news(town: Workspace) -> None:
    assert ["Storm in Harrow", "Tram vote"] == titles(
        ask(town, "What's new?", ArticleFilter(published_to="2026-05-18"))
    )
    assert ["Tram vote"] == titles(ask(town, "any news?", ArticleFilter(as_of="2026-05-10")))


@pytest.mark.parametrize(
    "question", ["What happened last week?", "Any news on the tram since Monday?", "What did Sandell say last week?"]
)
def test_a_time_beyond_the_bounds_of_the_filters_has_no_news(town: Workspace, question: str) -> None:
    assert [] == titles(ask(town, question, ArticleFilter(published_to="2026-05-01")))


def test_news_of_a_time_are_those_of_its_reports_and_of_later_ones_that_name_it(town: Workspace) -> None:
    assert ["Tram approved"] == titles(ask(town, "What happened on Tuesday?"))
    assert ["Storm in Harrow"] == titles(ask(town, "What happened on Sunday?"))
    assert ["Storm in Harrow"] == titles(ask(town, "What happened last week?"))
    assert ["Mayor to go", "Tram approved"] == titles(ask(town, "What's new since yesterday?"))


def test_reports_of_a_day_on_one_story_are_one_event(town: Workspace) -> None:
    text = "The council of Ossery has approved the tram line of Petra Sandell by one vote on Tuesday."
    put(town, "Tram approved in Ossery", "2026-05-19", f"{text}\nPetra Sandell thanked Ossery.", "Radio")
    put(
        town,
        "Tram line approved",
        "2026-05-19",
        f"{text.replace('one', 'a single')}\nPetra Sandell hailed Ossery.",
        "Post",
    )
    told = titles(ask(town, "What happened on Tuesday?"))
    assert 1 == len({"Tram approved in Ossery", "Tram line approved"} & {*told})


def test_news_of_a_topic_are_those_of_the_articles_on_it(town: Workspace) -> None:
    assert ["Tram approved", "Tram vote"] == titles(ask(town, "any news about the tram line?"))
    assert ["Storm in Harrow"] == titles(ask(town, "what's the latest from Harrow"))


def test_news_of_a_source_are_those_of_its_articles(town: Workspace) -> None:
    put(town, "Fire at the mill", "2026-05-17", "A fire has destroyed the mill of Wexby.", "Northwire")
    assert ["Fire at the mill"] == titles(ask(town, "latest news from the Northwire"))


def test_a_topic_without_dated_articles_is_answered_as_any_topic(workspace: Workspace) -> None:
    put(workspace, "Ferry", None, "The ferry to Ossery leaves at noon.\nThe ferry carries bicycles.")
    news, topic = (ask(workspace, question, threshold=0.0) for question in ("any news about the ferry?", "the ferry"))
    assert topic.answers == news.answers != ()


def test_what_somebody_says_is_told_by_name_description_and_pronoun(town: Workspace) -> None:
    assert ["“A mayor should go in time,” she said on Wednesday."] == [
        answer.span.text for answer in ask(town, "What did the mayor say?").answers
    ]
    assert ["Marsh said he was surprised."] == [
        answer.span.text for answer in ask(town, "What did Hugo Marsh say?").answers
    ]


def test_what_somebody_says_of_something_has_its_words(town: Workspace) -> None:
    told = ask(town, "What did the mayor say about the time to go?", threshold=0.75)
    assert ["“A mayor should go in time,” she said on Wednesday."] == [answer.sentence.text for answer in told.answers]
    assert not ask(town, "What did the mayor say about the price of oil?", threshold=0.75).answered


def test_a_summary_is_the_sentences_that_tell_most_in_their_order(workspace: Workspace) -> None:
    lines = (
        "By Tessa Mullin",
        "The museum of Ossery has bought a sword for two million crowns.",
        "It was founded in 1893.",
        "The sword will be shown in the museum from Friday.",
        "“It is heavy,” said a guard.",
        "The museum of Ossery has sold a coin to pay for the sword.",
    )
    put(workspace, "Museum of Ossery buys sword", "2026-05-19", "\n".join(lines))
    put(workspace, "Town", "2026-05-18", "The town has a museum.\nIt has a school.")
    told = [
        answer.span.text for answer in ask(workspace, "Summarise the article about the sword of the museum").answers
    ]
    assert [lines[1], lines[3], lines[5]] == told


def test_of_articles_on_a_topic_the_newest_is_summarised_unless_a_title_is_named(town: Workspace) -> None:
    for question, title in (("tl;dr the tram story", "Tram approved"), ("summary of 'Tram vote'", "Tram vote")):
        assert {title} == {answer.span.article.title for answer in ask(town, question).answers}


def test_the_summary_of_an_article_that_is_not_there_is_refused(town: Workspace) -> None:
    assert not ask(town, "Summarise the article about Zembla's constitution", threshold=0.9).answered


def test_questions_about_the_library_have_no_answers(town: Workspace) -> None:
    reply = ask(town, "How many articles are there?", ArticleFilter(published_from="2026-05-18"))
    assert reply.library is not None
    assert 3 == reply.library.count
    assert (False, (), (), reply.library.text) == (reply.answered, reply.answers, reply.closest, reply.hint)


def test_the_time_of_a_request_is_told(town: Workspace) -> None:
    (read,) = ask(town, "What happened on Tuesday?").understood.from_question
    assert ("period", "on Tuesday", date(2026, 5, 19)) == (read.kind, read.text, read.first)


def test_a_reply_tells_which_overview_its_answers_are(town: Workspace) -> None:
    for question, kind in (
        ("What's new?", OverviewKind.NEWS),
        ("What did the mayor say?", OverviewKind.STATEMENTS),
        ("Summarise the article about the tram line", OverviewKind.SUMMARY),
        ("Who is the mayor?", None),
    ):
        assert kind is ask(town, question).understood.overview


def test_a_replaced_article_is_no_news(town: Workspace) -> None:
    old = put(town, "Old price", "2026-05-19", "The price of the ticket has risen to five crowns on Tuesday.")
    new = Draft("The price of the ticket is four crowns.", title="New price", published="2026-05-20", replaces=old.id)
    article = Article.from_draft(new)
    town.store.put(article, f"text:{article.id}")
    assert "Old price" not in titles(ask(town, "What's new?", top_k=20))
