from datetime import date

import pytest

from qa.query.period import asked_period

TODAY = date(2025, 9, 17)


@pytest.mark.parametrize(
    ("question", "first", "last", "rest"),
    [
        ("Who ran the port in February 2024?", date(2024, 2, 1), date(2024, 2, 29), "Who ran the port?"),
        ("How many died on 14 September?", date(2025, 9, 14), date(2025, 9, 14), "How many died?"),
        ("What was stolen last week?", date(2025, 9, 8), date(2025, 9, 14), "What was stolen?"),
        ("Who won back in 2021?", date(2021, 1, 1), date(2021, 12, 31), "Who won?"),
        ("How many were held before 10 January 2022?", None, date(2022, 1, 9), "How many were held?"),
        ("In the third quarter of 2024, who led it?", date(2024, 7, 1), date(2024, 9, 30), ", who led it?"),
        ("Who led it in early March?", date(2025, 3, 1), date(2025, 3, 10), "Who led it?"),
        ("Who led it in mid-May 2024?", date(2024, 5, 11), date(2024, 5, 20), "Who led it?"),
        ("Who led it in late 2022?", date(2022, 9, 1), date(2022, 12, 31), "Who led it?"),
        ("What was the toll last weekend?", date(2025, 9, 13), date(2025, 9, 14), "What was the toll?"),
        ("How many were held as of 12 May?", None, date(2025, 5, 12), "How many were held?"),
        ("Who led it last autumn?", date(2024, 9, 1), date(2024, 11, 30), "Who led it?"),
        ("How many were missing at first?", None, None, "How many were missing?"),
        ("What was the first bid per share?", None, None, "What was the bid per share?"),
        ("When was the final originally to take place?", None, None, "When was the final to take place?"),
        ("When was the pier first meant to open?", None, None, "When was the pier meant to open?"),
    ],
)
def test_the_past_time_that_a_question_asks_about(
    question: str, first: date | None, last: date | None, rest: str
) -> None:
    period = asked_period(question, TODAY)
    assert period is not None
    assert (first, last) == (period.first, period.last)
    assert rest == period.cut_from(question)


@pytest.mark.parametrize(
    ("question", "event", "relation", "days", "rest"),
    [
        ("What did it cost before the rise?", "the rise", "before", 0, "What did it cost?"),
        ("What did it cost when it opened?", "it opened", "at", 0, "What did it cost?"),
        ("How many worked there on its opening day?", "its opening day", "at", 0, "How many worked there?"),
        ("How many had died two days after the crash?", "the crash", "at", 2, "How many had died?"),
        ("When was it to open before the flood?", "the flood", "before", 0, "When was it to open?"),
    ],
)
def test_the_event_at_whose_time_a_question_asks(
    question: str, event: str, relation: str, days: int, rest: str
) -> None:
    period = asked_period(question, TODAY)
    assert period is not None
    assert period.event is not None
    assert (event, relation, days) == (period.event.text, period.event.relation, period.event.days)
    assert (None, None, rest) == (period.first, period.last, period.cut_from(question))


@pytest.mark.parametrize(
    "question",
    [
        "When did it open before the flood?",
        "How long was it shut before the flood?",
        "What happened when the bridge fell?",
        "Who is in charge when the mayor is ill?",
        "What do I do before the exam?",
        "Who wrote Before Sunrise?",
        "Who heads the port?",
        "When does the school open next week?",
        "How much has it cost since March?",
        "Who won the first prize?",
        "Who was the first to arrive?",
        "What happens on 14 October?",
        "May the ferry leave?",
    ],
)
def test_questions_about_the_present_have_no_period(question: str) -> None:
    assert asked_period(question, TODAY) is None


@pytest.mark.parametrize("today", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_obstacle(today: date) -> None:
    for question in ("What happened before 1 January 0001?", "Who won last week?", "What was it in the last century?"):
        asked_period(question, today)


def test_a_text_names_the_period_by_its_own_date() -> None:
    period = asked_period("Who won last year?", date(2026, 11, 30))
    assert period is not None
    text = "Last year Ana won."
    assert period.is_named_in(text, "2026-05-30", 0, len(text))
    assert not period.is_named_in(text, "2025-05-30", 0, len(text))
    assert not period.is_named_in(text, "2026-05-30", 5, len(text))
