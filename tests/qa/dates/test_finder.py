"""Time expressions: what is one, where it begins and ends, and what it stands for."""

import sys
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.dates import context, finder
from qa.dates.finder import find_dates

PUBLISHED = "2022-01-13"  # a Thursday


def found(text: str, published: str | None = PUBLISHED) -> list[str]:
    """Each expression and its value: "January 19 = 2022-01-19", with "?" for a guess."""
    return [
        f"{text[date.start : date.end]} = {date.value}"
        + ("" if date.end_value is None else f"/{date.end_value}")
        + ("?" if date.guess else "")
        for date in find_dates(text, published)
    ]


def values(text: str, published: str | None = PUBLISHED) -> list[str]:
    return [one.partition(" = ")[2] for one in found(text, published)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 19 January 2022", "19 January 2022 = 2022-01-19"),
        ("on Wednesday, January 19th, 2022,", "Wednesday, January 19th, 2022 = 2022-01-19"),
        ("the 19th of January 2022", "the 19th of January 2022 = 2022-01-19"),
        ("due 19/01/2022.", "19/01/2022 = 2022-01-19"),
        ("due 1/19/2022.", "1/19/2022 = 2022-01-19"),
        ("due 19.1.2022.", "19.1.2022 = 2022-01-19"),
        ("due 01/02/2022.", "01/02/2022 = 2022-01-02?"),
        ("at 2022-01-19T14:30Z", "2022-01-19T14:30Z = 2022-01-19T14:30Z"),
        ("in SEPT. 1998", "SEPT. 1998 = 1998-09"),
        ("since 2014", "2014 = 2014"),
        ("in mid-2011", "mid-2011 = 2011"),
        ("the 1980s", "the 1980s = 198"),
        ("in the mid-1990s", "the mid-1990s = 199"),
        ("at the 2011 census", "2011 = 2011"),
        ("the seventh century", "the seventh century = 06"),
        ("the early 20th century", "the early 20th century = 19"),
        ("Q3 2021", "Q3 2021 = 2021-Q3"),
        ("the 2009 first quarter", "the 2009 first quarter = 2009-Q1"),
        ("in 2021-Q3", "2021-Q3 = 2021-Q3"),
        ("the third quarter of last year", "the third quarter of last year = 2021-Q3"),
        ("the second half of 1998", "the second half of 1998 = 1998-H2"),
        ("the summer of '68", "the summer of '68 = 1968-SU"),
        ("fiscal 1990", "fiscal 1990 = FY1990"),
        ("at Easter 2024", "Easter 2024 = 2024-03-31"),
        ("the last week of March 2009", "the last week of March 2009 = 2009-W13?"),
    ],
)
def test_calendar_units_have_a_value_of_their_own(text: str, expected: str) -> None:
    assert [expected] == found(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is to be completed on January 19.", "January 19 = 2022-01-19"),
        ("It closed on October 3.", "October 3 = 2021-10-03"),
        ("It was set for January 19.", "January 19 = 2022-01-19"),
        ("The paper of Friday, 19 January", "Friday, 19 January = 2022-01-19?"),
        ("It reopened on Tuesday, and so on.", "Tuesday = 2022-01-11"),
        ("It will reopen on Tuesday.", "Tuesday = 2022-01-18"),
        ("Lessons resume on Monday.", "Monday = 2022-01-17"),
        ("It has slipped to February 6.", "February 6 = 2022-02-06"),
        ("On Friday, the council will vote.", "Friday = 2022-01-14"),
        ("The council, she said, will vote on Friday.", "Friday = 2022-01-14"),
        ("said late Monday night", "late Monday night = 2022-01-10TNI"),
        ("last Friday", "last Friday = 2022-01-07"),
        ("next Monday", "next Monday = 2022-01-17"),
        ("next Friday", "next Friday = 2022-01-21?"),
        ("He said today that", "today = 2022-01-13"),
        ("tomorrow evening", "tomorrow evening = 2022-01-14TEV"),
        ("the day before yesterday", "the day before yesterday = 2022-01-11"),
        ("on the morning of May 3, 2019", "the morning of May 3, 2019 = 2019-05-03TMO"),
        ("They played over the weekend.", "the weekend = 2022-W01-WE?"),
        ("at year-end", "year-end = 2022?"),
        ("last winter", "last winter = 2020-WI"),
        ("at seven in the evening", "seven in the evening = 2022-01-13T19:00?"),
        ("It has been shut since January 20.", "January 20 = 2021-01-20?"),
        ("It opens in five years' time.", "five years' time = 2027?"),
        ("It was put back to October.", "October = 2022-10"),
        ("last night", "last night = 2022-01-12TNI"),
        ("earlier this month", "earlier this month = 2022-01"),
        ("this week", "this week = 2022-W02"),
        ("He left two weeks ago.", "two weeks ago = 2021-W52?"),
        ("three days ago", "three days ago = 2022-01-10"),
        ("They will be back in three days.", "three days = 2022-01-16?"),
        ("They rebuilt it in three days.", "three days = P3D"),
        ("They had to leave on Tuesday.", "Tuesday = 2022-01-11"),
        ("It will be on Tuesday next week.", "Tuesday next week = 2022-01-18"),
        ("the worst storm of this winter", "this winter = 2021-WI"),
        ("a week later than planned", "a week = P1W"),
        ("She joined in May.", "May = 2021-05"),
        ("in March next year", "March next year = 2023-03"),
        ("years ago", "years ago = PAST_REF"),
        ("It was recently sold.", "recently = PAST_REF"),
        ("It is now closed.", "now = PRESENT_REF"),
        ("in the near future", "the near future = FUTURE_REF"),
        ("It arrived before Christmas.", "Christmas = 2021-12-25?"),
    ],
)
def test_relative_expressions_count_from_the_publication(text: str, expected: str) -> None:
    assert [expected] == found(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It began on 3 May 2019 and ended two days later.", ["2019-05-03", "2019-05-05"]),
        ("It began on 3 May 2019. He came on the same day.", ["2019-05-03", "2019-05-03?"]),
        ("It was 3 May 2019. The next day, and a week earlier.", ["2019-05-03", "2019-05-04?", "2019-W17?"]),
        ("In 2014 it was shut on 3 May.", ["2014", "2014-05-03?"]),
        ("It was on Monday, 3 May 2021, and the following Friday.", ["2021-05-03", "2021-05-07"]),
        ("It meets on the last Friday of March 2021.", ["2021-03-26"]),
        ("Open Tuesday through Sunday.", ["XXXX-WXX-2/XXXX-WXX-7"]),
        ("It began on 1 September 1939. In May of that year it was planned.", ["1939-09-01", "1939-05", "1939"]),
        ("Born on September 21, 19 BC, he died 44 years later.", ["None", "None"]),
        ("It was 3 May 2019. That evening, she left.", ["2019-05-03", "2019-05-03TEV?"]),
        ("It closed on May 3 and on June 5.", ["2021-05-03?", "2021-06-05?"]),
        ("The law of 4 May 1997 was repealed on June 5.", ["1997-05-04", "1997-06-05?"]),
        ("Profit fell in the third quarter of 2021 from a year earlier.", ["2021-Q3", "2020-Q3?"]),
        ("It rose in the third quarter of 2021, and in the same period of 2019.", ["2021-Q3", "2019-Q3?"]),
        ("Sales rose in October from a year ago.", ["2021-10", "2020-10?"]),
        ("It stopped in 2014. Two days later it went on.", ["2014", "None"]),
        ("On Tuesday at 8:30 a.m. the gates opened.", ["2022-01-11", "2022-01-11T08:30"]),
        ("At noon on 3 March 2021 they closed.", ["2021-03-03T12:00"]),
    ],
)
def test_expressions_count_from_what_was_named_last(text: str, expected: list[str]) -> None:
    assert expected == values(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 3 to 5 May 2021", "3 to 5 May 2021 = 2021-05-03/2021-05-05"),
        ("May 3-5, 2021", "May 3-5, 2021 = 2021-05-03/2021-05-05"),
        ("30 May to 2 June 2021", "30 May to 2 June 2021 = 2021-05-30/2021-06-02"),
        ("from December 30 to January 2, 2021", "December 30 to January 2, 2021 = 2020-12-30/2021-01-02"),
        ("between May and July 2014", "May and July 2014 = 2014-05/2014-07"),
        ("from 2009 to 2011", "2009 to 2011 = 2009/2011"),
        ("2014-2016", "2014-2016 = 2014/2016"),
        ("in 1989-91", "1989-91 = 1989/1991"),
        ("60 to 90 days", "60 to 90 days = P60D/P90D"),
        ("Opening hours: 9:30-17:00", "9:30-17:00 = 2022-01-13T09:30/2022-01-13T17:00"),
        ("It is open 10am–12 noon.", "10am–12 noon = 2022-01-13T10:00/2022-01-13T12:00"),
        ("from 8 a.m. to 5 p.m. yesterday", "8 a.m. to 5 p.m. yesterday = 2022-01-12T08:00/2022-01-12T17:00"),
    ],
)
def test_ranges_have_two_values(text: str, expected: str) -> None:
    assert [expected] == found(text)


def test_a_change_of_a_date_is_no_range() -> None:
    assert ["2021-05-03", "2021-06-05"] == values("It was postponed from 3 May 2021 to 5 June 2021.")
    assert ["2022-01-23?", "2022-02-06"] == values("It has been put off from 23 January to 6 February.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for two weeks", "two weeks = P2W"),
        ("a three-day event", "three-day = P3D"),
        ("nearly two and a half years", "nearly two and a half years = P2.5Y"),
        ("for half an hour", "half an hour = PT30M"),
        ("two hours and 20 minutes", "two hours and 20 minutes = PT2H20M"),
        ("in the past 24 hours", "the past 24 hours = PT24H"),
        ("the past decade", "the past decade = P1E?"),
        ("several days", "several days = PXD"),
        ("for years", "years = PXY"),
        ("a weeklong strike", "weeklong = P1W"),
        ("two million years", "two million years = P2000000Y"),
        ("a century of peace", "a century = P100Y"),
        ("years of war", "years = PXY"),
        ("a quarter of an hour", "a quarter of an hour = PT15M"),
        ("a half-hour show", "a half-hour = PT30M"),
        ("every Friday", "every Friday = XXXX-WXX-5"),
        ("on Sundays", "Sundays = XXXX-WXX-7"),
        ("every other week", "every other week = P2W"),
        ("twice a week", "a week = P1W"),
        ("a daily flight", "daily = P1D"),
        ("two days before the vote", "two days = P2D"),
    ],
)
def test_durations_and_what_recurs(text: str, expected: str) -> None:
    assert [expected] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        "May I ask Theresa May?",
        "The Seven Years' War ended a contract of $40.2 million.",
        "They march. March on!",
        "The Sunday Times and the Daily Mail wrote it.",
        "The second man won 4:15, and a second goal fell.",
        "The 1990 people paid $2010 in room 1984.",
        "Prices fall; they spring up at the Winter Palace.",
        "She is in her 40s, and one day it is a day to remember.",
        "Wait a second. Three quarters of them; 2,021 euros.",
        "On 31 June or 2021-13-45.",
    ],
)
def test_other_words_are_no_expressions(text: str) -> None:
    assert [] == found(text)


def test_without_a_date_of_publication_relative_expressions_have_no_value() -> None:
    text = "Yesterday, last year, on Friday and January 19; in 2014 and for two days."
    assert ["None", "None", "None", "None", "2014", "P2D"] == values(text, None)


def test_a_title_is_not_joined_to_the_line_below() -> None:
    assert ["2012", "2006-01-23"] == values("Ford to close plants by 2012\nJanuary 23, 2006\nIt will.", "2006-01-23")


def test_wrapped_lines_are_joined() -> None:
    assert ["2021-03-03"] == values("The old bridge over the river was closed on March\n3, 2021.")


def test_the_day_of_a_date_time_is_that_of_publication() -> None:
    assert ["2022-01-12"] == values("yesterday", "2022-01-13T23:30:00+00:00")


PIECES = (
    "on the last next two days later ago January 19 2022 , - to from May Friday Q1 past year 31 99999 12:30 p.m. '80s "
    "second same every half a few week before 1/2/03 0000 9999 century of \n"
)


@given(
    st.lists(st.sampled_from([*PIECES.split(" "), " "]), max_size=12), st.sampled_from([None, PUBLISHED, "0001-01-01"])
)
def test_expressions_lie_in_order_within_the_text(pieces: list[str], published: str | None) -> None:
    text = " ".join(pieces)
    position = 0
    for date in find_dates(text, published):
        assert position <= date.start < date.end <= len(text)
        assert text[date.start : date.end].strip() == text[date.start : date.end]
        position = date.end


@pytest.mark.parametrize(
    "piece", ["two ", "one hundred and ", "Jan. 1 to ", "from Monday to ", "1,000,", "no more than ", "twenty-"]
)
def test_time_grows_with_the_length_of_a_text(piece: str) -> None:
    assert 5_000 > len(find_dates(piece * (8_000 // len(piece)), PUBLISHED))  # with repeats without a bound: minutes


def test_work_grows_with_the_number_of_mentions() -> None:
    lines = 0

    def count(frame: FrameType, event: str, _: object) -> object:
        nonlocal lines
        lines += event == "line" and frame.f_code.co_filename == context.__file__
        return count

    def work(mentions: int) -> int:
        nonlocal lines
        lines, before = 0, sys.gettrace()
        sys.settrace(count)
        try:
            assert mentions == len(find_dates("May 3. " * mentions, PUBLISHED))
        finally:
            sys.settrace(before)
        return lines

    assert work(800) < 2.5 * work(400)


def test_rules_are_kept_for_a_bounded_number_of_words() -> None:
    kept = finder._rules_from.cache_info().maxsize  # by case, so that a text has as many as it likes
    assert kept is not None


OUTSIDE = (
    "last century|in 99999 years|a million weeks ago|999 trillion centuries later|yesterday|tomorrow|next weekend"
    "|last winter|next quarter|Friday to Sunday|May 3 to tomorrow|11 p.m. to 1 a.m. tomorrow|30 December to 2 January"
)


@pytest.mark.parametrize("published", ["0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31"])
@pytest.mark.parametrize("text", OUTSIDE.split("|"))
def test_expressions_that_leave_the_calendar_are_no_error(text: str, published: str) -> None:
    assert all(one.startswith(("00", "98", "99", "P", "None")) for one in values(text, published))


def test_a_range_that_leaves_the_calendar_is_two_expressions() -> None:
    assert ["9999-12-31?", "9999-12-26?"] == values("Friday to Sunday", "9999-12-31")
    assert ["0001-05-03?", "0001-01-02"] == values("May 3 to tomorrow", "0001-01-01")
