"""Values of former times, with readings that are given."""

from collections.abc import Sequence
from datetime import date

import pytest

from qa.answers.former_values import FormerValueFinder
from qa.query.parser import parse_question
from qa.types import Hit, Passage, ScoredCandidate
from qa.updates import UpdateFinder
from tests.qa.test_updates import report, value

THRESHOLD = 0.5
TODAY = date(2026, 3, 20)
ELEVEN = value(report("eleven people are missing.", "2026-03-01"), "eleven")
EIGHT = value(
    report("Police said on Thursday that eight people are still missing, down from nine on Tuesday.", "2026-03-05"),
    "eight",
    0.3,
)
NONE = value(report("no one is missing. At first, fourteen people had been missing.", "2026-03-09"), "no one", 0.2)
FOURTEEN = value(report("At first, fourteen people had been missing.", "2026-03-09"), "fourteen", 0.4)


def at(question: str, *values: ScoredCandidate) -> str | None:
    """Return the words that answer a question about a time."""
    asked = parse_question(question, TODAY)
    period = asked.period
    assert period is not None
    sentences = {
        one.sentence: Passage(one.sentence, (Hit(one.sentence, 0, 1.0, 1.0, 0.0),), (one.sentence,))
        for one, _ in values
    }

    def read(some: Sequence[Passage]) -> list[ScoredCandidate]:
        here = {passage.quote for passage in some}
        return sorted((one for one in values if one[0].sentence in here), key=lambda one: -one[1])

    core = asked.without(period)
    passages = list(sentences.values())
    finder = UpdateFinder(core, passages, read, THRESHOLD)
    found = FormerValueFinder(core, passages, read, finder, THRESHOLD).value_at(period, read(passages))
    if found is None:
        return None
    assert found[1] >= THRESHOLD
    return found[0].span.text


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("on 1 March", "eleven"),
        ("as of 4 March", "nine"),
        ("on 5 March", "eight"),
        ("on 7 March", "eight"),
        ("on 3 March", "nine"),  # told by a later report
        ("before 3 March", "eleven"),
        ("in February", None),
    ],
)
def test_the_value_that_was_in_force(time: str, expected: str | None) -> None:
    assert expected == at(f"How many people were missing {time}?", ELEVEN, EIGHT, NONE)


def test_the_total_of_a_longer_time_gives_way_to_a_report_of_the_day() -> None:
    total = value(report("in March the sea claimed twelve lives.", "2026-06-09"), "twelve")
    assert "eight" == at("How many people were missing on 6 March?", ELEVEN, EIGHT, total)


def test_what_was_so_in_a_month_does_not_go_on_until_the_next_report() -> None:
    may = value(report("prices were 4 per cent higher in May 2024.", "2026-03-09"), "4 per cent")
    assert "4 per cent" == at("How much higher were prices in May 2024?", may)
    assert at("How much higher were prices in October 2024?", may) is None


def test_what_a_report_calls_the_first_value_was_so_at_first() -> None:
    assert "fourteen" == at("How many people were missing at first?", ELEVEN, EIGHT, FOURTEEN)
    assert "eleven" == at("How many people were missing at first?", ELEVEN, EIGHT)


def test_the_first_plan_is_the_oldest_date_or_the_one_that_was_called_off() -> None:
    planned = value(report("the market is to reopen on 14 May 2026.", "2026-03-01"), "14 May 2026")
    denied = value(report("the market will not reopen on 14 May 2026.", "2026-03-05"), "not reopen on 14 May 2026")
    now = value(report("the market will reopen on 6 June 2026.", "2026-03-09"), "6 June 2026")
    text = "the market, which was first meant to return on 14 May 2026, will open soon."
    told = value(report(text, "2026-03-12"), "14 May 2026")
    for question in ("When was the market originally to reopen?", "When was the market first meant to reopen?"):
        for values in ((planned, denied, now), (denied, now), (now, told)):
            assert "14 May 2026" == at(question, *values)


def test_a_value_is_no_answer_where_none_is_sure() -> None:
    gray = value(report("Tom Gray is mayor.", "2026-03-12"), "Tom Gray", 0.3)
    assert at("Who was mayor on 13 March?", gray) is None
    assert "eight" == at("How many people were missing on 5 March?", EIGHT)  # it counts just what is asked for


def test_a_difference_is_no_value() -> None:
    pupils = value(report("there are 17 pupils at the school, two fewer than in February.", "2026-03-05"), "17")
    assert at("How many pupils were at the school in February?", pupils) is None


def test_what_was_before_an_event_is_told_with_it() -> None:
    dear = value(report("a ticket costs 3 euros, compared with 2 euros before the fare rise.", "2026-03-09"), "3 euros")
    assert "2 euros" == at("What did a ticket cost before the fare rise?", dear)
    assert at("What did a ticket cost before the war?", dear) is None


def test_what_was_at_an_event_is_told_with_it_or_on_its_day() -> None:
    opened = value(report("the bath opened on Monday with nine pools.", "2026-03-03"), "nine")
    now = value(report("the bath has twelve pools.", "2026-03-12"), "twelve")
    assert "nine" == at("How many pools did the bath have when it opened?", opened, now)
    planned = value(report("the bath will have ten pools.", "2026-02-12"), "ten")
    assert "ten" == at("How many pools did the bath have before the opening?", planned, opened, now)


def test_names_hold_an_office_from_the_day_that_their_clause_tells() -> None:
    mills = value(report("Ada Mills, who has been mayor since 2019, said no.", "2026-03-01"), "Ada Mills")
    gray = value(report("Tom Gray is mayor.", "2026-03-12"), "Tom Gray")
    assert "Ada Mills" == at("Who was mayor in 2021?", mills, gray)
    assert "Tom Gray" == at("Who was mayor on 13 March?", mills, gray)
    assert at("Who was mayor in 2017?", mills, gray) is None


def test_times_beyond_the_calendar_are_its_first_and_its_last_day() -> None:
    for published in ("0001-01-01", "9999-12-31"):
        twelve = value(report("twelve people work at the mill.", published), "twelve")
        fire = value(report("The fire closed the mill.", published), "fire", 0.1)
        assert "twelve" == at("How many people worked at the mill two days after the fire?", twelve, fire)
    assert at("How many people worked at the mill before the fire?", twelve, fire) is None
    assert "twelve" == at("How many people worked at the mill 99999 years after the fire?", twelve, fire)
