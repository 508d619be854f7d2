"""The history of an answer, with readings that are given."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from qa.query.parser import parse_question
from qa.timeline import TimelineBuilder
from qa.types import Candidate, Passage, Quote, ScoredCandidate
from qa.updates import UpdateFinder
from tests.qa.test_updates import EIGHT, ELEVEN, MISSING, THREE, report, value

THRESHOLD = 0.5


def history(
    question: str, leading: ScoredCandidate, *values: ScoredCandidate, known: Sequence[ScoredCandidate] = ()
) -> list[tuple[str, str, str]]:
    """Return the words of each value with the dates of its first and last report."""
    parsed = parse_question(question, date(2026, 3, 9))
    articles = {one[0].sentence.article.id: one[0].sentence.article for one in values}
    passages = [Passage(Quote(article, 0, len(article.text)), ()) for article in articles.values()]

    def read(some: Sequence[Passage]) -> list[ScoredCandidate]:
        here = {passage.quote.article.id for passage in some}
        return sorted((one for one in values if one[0].sentence.article.id in here), key=lambda one: -one[1])

    finder = UpdateFinder(parsed, passages, read, THRESHOLD)
    found = TimelineBuilder(parsed, passages, read, finder, THRESHOLD, lambda sentence: None).history(leading, known)
    return [(one.value[0].span.text, one.first, one.last) for one in found]


def in_cluster(one: ScoredCandidate, cluster: str) -> ScoredCandidate:
    """Return a value whose article belongs to a cluster of near-duplicates."""
    candidate, confidence = one
    article = replace(candidate.sentence.article, cluster=cluster)
    span, sentence = (Quote(article, quote.start, quote.end) for quote in (candidate.span, candidate.sentence))
    return Candidate(span, sentence, candidate.score), confidence


def test_the_values_come_in_order_of_time_each_with_its_first_and_last_report() -> None:
    again = value(report("eleven people are missing, police say.", "2026-03-02", "Radio"), "eleven")
    expected = [
        ("eleven", "2026-03-01", "2026-03-02"),
        ("eight", "2026-03-05", "2026-03-05"),
        ("three", "2026-03-09", "2026-03-09"),
    ]
    assert expected == history(MISSING, THREE, THREE, ELEVEN, EIGHT, again)


def test_what_is_newer_than_the_answer_is_left_out_but_for_a_question_about_a_former_time() -> None:
    assert ["eleven", "eight"] == [one for one, _, _ in history(MISSING, EIGHT, ELEVEN, EIGHT, THREE)]
    at_first = "How many people were missing at first?"
    assert ["eleven", "eight"] == [one for one, _, _ in history(at_first, ELEVEN, ELEVEN, EIGHT)]


def test_one_value_is_no_history() -> None:
    again = value(report("11 people are missing, police say.", "2026-03-02", "Radio"), "11")
    assert [] == history(MISSING, ELEVEN, ELEVEN, again)


def test_a_former_value_is_left_out() -> None:
    former = value(report("at first, twelve had been missing.", "2026-03-05"), "twelve")
    assert [] == history(MISSING, ELEVEN, ELEVEN, former)


def test_the_next_reading_of_a_report_counts_where_the_first_is_a_former_value() -> None:
    passage = report("the number fell from eleven; eight people are missing.", "2026-03-05")
    former, now = value(passage, "eleven"), value(passage, "eight", 0.5)
    assert ["eleven", "eight"] == [words for words, _, _ in history(MISSING, now, ELEVEN, former, now)]


def test_a_copy_of_a_report_does_not_make_its_value_last_longer() -> None:
    copy = value(report("eleven people are missing (from the Gazette).", "2026-03-04", "Mirror"), "eleven")
    told, copied = in_cluster(ELEVEN, "c"), in_cluster(copy, "c")
    assert ("eleven", "2026-03-01", "2026-03-01") == history(MISSING, THREE, told, copied, THREE)[0]


def test_an_updated_report_with_another_value_is_told_though_it_is_a_near_duplicate() -> None:
    told, updated = in_cluster(ELEVEN, "c"), in_cluster(EIGHT, "c")
    assert ["eleven", "eight"] == [words for words, _, _ in history(MISSING, updated, told, updated)]


@pytest.mark.parametrize(
    "told",
    ["the storm before it killed fifty people in 2011.", "there were to be fifty people on the list."],
)
def test_a_value_of_a_time_long_before_the_report_is_left_out(told: str) -> None:
    former = value(report(told, "2026-02-20"), "fifty")
    assert [] == history(MISSING, ELEVEN, former, ELEVEN)


def test_values_that_are_known_need_not_be_read_again_but_must_be_alike() -> None:
    nobody = value(report("nobody is missing any longer.", "2026-03-12"), "nobody", 0.5)
    assert ["eleven", "nobody"] == [one for one, _, _ in history(MISSING, nobody, known=(ELEVEN,))]
    name = value(report("Amina Farouk is missing.", "2026-03-02"), "Amina Farouk")
    assert [] == history(MISSING, nobody, known=(name,))


def test_a_report_without_a_name_in_the_question_is_left_out() -> None:
    question = "How many people are missing in Marrick?"
    first, other, last = (
        value(report(text, day), text.split()[0])
        for text, day in (
            ("eleven people are missing in Marrick.", "2026-03-01"),
            ("twenty people are missing.", "2026-03-03"),
            ("eight people are missing in Marrick.", "2026-03-05"),
        )
    )
    assert ["eleven", "eight"] == [one for one, _, _ in history(question, last, first, other, last)]


def test_undated_reports_are_left_out() -> None:
    undated = value(report("ninety people are missing.", None), "ninety")
    assert [] == history(MISSING, ELEVEN, ELEVEN, undated)


@pytest.mark.parametrize("question", ["Are people missing?", "Why are people missing?", "missing people"])
def test_questions_for_no_value_have_no_history(question: str) -> None:
    assert [] == history(question, ELEVEN, ELEVEN, EIGHT)
