"""Newer reports, older ones, and those of the same time, with readings that are given."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from corpus.article import Article, Draft
from qa.query.parser import parse_question
from qa.types import Candidate, Hit, Passage, Quote, ScoredCandidate
from qa.updates import UpdateFinder, Updates, newest_first, published_between

THRESHOLD = 0.5


def report(text: str, published: str | None, source: str = "Gazette") -> Passage:
    """Return a report on the ferry of Penholm with one passage, its first sentence."""
    draft = Draft(f"{text} The Aldra Star sank off Penholm.", "Ferry", published=published, source=source)
    article = Article.from_draft(draft)
    sentence = Quote(article, 0, len(text))
    return Passage(sentence, (Hit(sentence, 0, 1.0, 1.0, 0.0),), (sentence,))


def value(passage: Passage, words: str, confidence: float = 0.9) -> ScoredCandidate:
    sentence = passage.hits[0].sentence
    start = sentence.text.index(words)
    return Candidate(Quote(sentence.article, start, start + len(words)), sentence, 1.0), confidence


def finder(question: str, *values: ScoredCandidate) -> UpdateFinder:
    """Return a finder over the passages of values, of which a reading gives the likeliest."""
    passages = [Passage(one.sentence, (Hit(one.sentence, 0, 1.0, 1.0, 0.0),), (one.sentence,)) for one, _ in values]

    def read(some: Sequence[Passage]) -> list[ScoredCandidate]:
        sentences = {passage.quote for passage in some}
        return sorted((one for one in values if one[0].sentence in sentences), key=lambda one: -one[1])

    return UpdateFinder(parse_question(question), passages, read, THRESHOLD)


def words(updates: Updates) -> tuple[str, list[str], list[str]]:
    superseded, differing = ([one.span.text for one, _ in some] for some in (updates.superseded, updates.differing))
    return updates.leading[0].span.text, superseded, differing


MISSING = "How many people are missing?"
ELEVEN = value(report("eleven people are missing.", "2026-03-01"), "eleven")
EIGHT = value(report("eight people are still missing.", "2026-03-05", "Radio"), "eight", 0.3)
THREE = value(report("three people are missing.", "2026-03-09"), "three", 0.2)


def test_the_newest_value_leads_and_supersedes_the_others() -> None:
    for best in (ELEVEN, EIGHT, THREE):
        updates = finder(MISSING, ELEVEN, EIGHT, THREE).newest([best])
        assert "three" == updates.leading[0].span.text
    assert ("three", ["eight", "eleven"], []) == words(finder(MISSING, ELEVEN, EIGHT, THREE).newest([ELEVEN]))


def test_a_newer_value_is_as_sure_as_that_the_question_has_an_answer() -> None:
    assert THRESHOLD < finder(MISSING, ELEVEN, EIGHT).newest([ELEVEN]).leading[1] < ELEVEN[1]
    doubtful = ELEVEN[0], 0.2
    assert 0.3 == finder(MISSING, doubtful, EIGHT).newest([doubtful]).leading[1]


@pytest.mark.parametrize(
    "later",
    [
        value(report("eleven were missing at first.", "2026-03-05"), "eleven"),  # the same
        value(report("At first, twelve had been missing.", "2026-03-05"), "twelve"),
        value(report("The number fell from twelve on Monday.", "2026-03-05"), "twelve"),
        value(report("forty boats searched for the missing.", "2026-03-05"), "forty"),  # counts something else
        value(report("on Monday the search goes on.", "2026-03-05"), "on Monday"),  # of another kind
        value(report("ninety people are missing.", "2026-03-05"), "ninety", 0.05),
        value(report("ninety people are missing.", None), "ninety"),
    ],
)
def test_what_is_no_newer_value_leaves_the_answer(later: ScoredCandidate) -> None:
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, later).newest([ELEVEN]))


def test_another_story_is_no_newer_report() -> None:
    article = Article.from_draft(Draft("ninety people are missing.", "Quake in Orla", published="2026-03-09"))
    other = Quote(article, 0, len(article.text))
    ninety = Candidate(Quote(article, 0, 6), other, 1.0), 0.9
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, ninety).newest([ELEVEN]))


def test_a_newer_report_has_the_names_in_the_question() -> None:
    question = "How many people are missing in Marrick?"
    in_marrick = value(report("eleven people from Marrick are missing.", "2026-03-01"), "eleven")
    assert ("eleven", [], []) == words(finder(question, in_marrick, THREE).newest([in_marrick]))


def test_a_sentence_about_another_name_is_no_newer_value() -> None:
    question = "How many people can the Aldra Star carry?"
    star = value(report("the Aldra Star can carry ninety people.", "2026-03-01"), "ninety")
    relief = value(report("a relief boat, the Tansy, can carry thirty people.", "2026-03-09"), "thirty")
    assert ("ninety", [], []) == words(finder(question, star, relief).newest([star]))
    unnamed = value(report("after the repair she can carry eighty people.", "2026-03-09"), "eighty")
    assert ("eighty", ["ninety"], []) == words(finder(question, star, unnamed).newest([star]))


def test_the_time_of_a_past_event_is_not_superseded() -> None:
    began = value(report("the ferry sank on Monday.", "2026-03-01"), "on Monday")
    said = value(report("the search for the ferry that sank ended on Friday.", "2026-03-09"), "on Friday")
    assert ("on Monday", [], []) == words(finder("When did the ferry sink?", began, said).newest([began]))
    assert ("on Friday", ["on Monday"], []) == words(finder("When does the ferry sink?", began, said).newest([began]))


def test_a_sentence_with_fewer_of_the_words_of_the_question_is_no_newer_value() -> None:
    demand = value(report("the pilots demand a rise of 9 percent.", "2026-03-01"), "9 percent")
    other = value(report("wages went up by 6 percent elsewhere.", "2026-03-09"), "6 percent")
    assert ("9 percent", [], []) == words(finder("What rise do the pilots demand?", demand, other).newest([demand]))


def test_sure_values_of_older_reports_are_superseded_however_they_were_found() -> None:
    sure = EIGHT[0], 0.7
    assert ("three", ["eight", "eleven"], []) == words(
        finder(MISSING, THREE, sure, ELEVEN).newest([THREE, sure, ELEVEN])
    )


def test_two_sources_of_one_time_differ() -> None:
    other = value(report("nine people are missing.", "2026-03-01", "Radio"), "nine", 0.8)
    assert ("eleven", [], ["nine"]) == words(finder(MISSING, ELEVEN, other).newest([ELEVEN]))
    a_day_later = value(report("nine people are missing.", "2026-03-02", "Radio"), "nine", 0.8)
    assert ("nine", [], ["eleven"]) == words(finder(MISSING, ELEVEN, a_day_later).newest([ELEVEN]))


@pytest.mark.parametrize(
    "later",
    [
        value(report("nine people are missing.", "2026-03-02"), "nine"),  # the same source
        value(report("nine people are still missing.", "2026-03-02", "Radio"), "nine"),  # it tells the change
        value(report("nine people are missing.", "2026-03-04", "Radio"), "nine"),
    ],
)
def test_an_update_does_not_differ(later: ScoredCandidate) -> None:
    assert ("nine", ["eleven"], []) == words(finder(MISSING, ELEVEN, later).newest([ELEVEN]))


def test_reports_of_one_time_that_agree_do_not_differ() -> None:
    agreeing = value(report("11 people are missing.", "2026-03-01", "Radio"), "11")
    assert ("eleven", [], []) == words(finder(MISSING, ELEVEN, agreeing).newest([ELEVEN]))


def test_the_oldest_value_answers_how_it_was_at_first() -> None:
    question = "How many people were missing at first?"
    assert ("eleven", [], []) == words(finder(question, ELEVEN, EIGHT, THREE).oldest(THREE))
    unlikely = ELEVEN[0], 0.3
    assert "three" == finder(question, unlikely, THREE).oldest(THREE).leading[0].span.text
    told = value(report("At first, twelve had been missing.", "2026-03-09"), "twelve")
    assert "twelve" == finder(question, ELEVEN, told).oldest(told).leading[0].span.text


def test_without_dates_nothing_is_newer() -> None:
    undated = replace(ELEVEN[0].sentence.article, published=None)
    quote = Quote(undated, 0, ELEVEN[0].sentence.end)
    best = Candidate(Quote(undated, 0, 6), quote, 1.0), 0.9
    assert ("eleven", [], []) == words(finder(MISSING, best, THREE).newest([best]))


def test_passages_of_a_period_are_those_of_its_days() -> None:
    passages = [report("One.", day) for day in ("2026-03-01", "2026-03-05T08:00", "2026-03-06", "2026-03-07")]
    passages.append(report("One.", None))
    assert passages[1:2] == published_between(passages, date(2026, 3, 2), date(2026, 3, 5))
    assert passages[:3] == published_between(passages, None, date(2026, 3, 6))
    assert passages[:4] == published_between(passages, None, date.max)


def test_news_come_newest_first_one_of_each_report() -> None:
    old = value(report("the ferry sank.", "2026-03-01"), "the ferry sank", 0.9)
    again = old[0], 0.8
    new = value(report("the wreck was raised.", "2026-03-09"), "the wreck was raised", 0.7)
    unlikely = value(report("the sea is calm.", "2026-03-10"), "the sea is calm", 0.52)
    assert [new, old, again, unlikely] == newest_first([old, again, new, unlikely], THRESHOLD)
