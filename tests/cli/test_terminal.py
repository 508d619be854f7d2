"""Replies in a terminal: the exact words, and their sentence with the words marked."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import click
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cli import terminal
from corpus.article import Article, Draft
from corpus.ingest.sources import advice_on
from corpus.ingest.writer import DocumentOutcome
from qa.dates.finder import find_dates
from qa.types import (
    Anaphor,
    Answer,
    AnswerPart,
    Closest,
    FromQuestion,
    Place,
    Quote,
    Reply,
    TablePlace,
    TimelineEntry,
    Understood,
)

SENTENCE = "During the riots, 17 security officers were killed, two of them were beheaded."
ARTICLE = Article.from_draft(Draft(f"{SENTENCE} The rallies went on.", "Riots", published="2022-01-13"))
WHOLE = Quote(ARTICLE, 0, len(SENTENCE))


def answer(words: str, confidence: float = 0.95) -> Answer:
    start = ARTICLE.text.index(words)
    return Answer(Quote(ARTICLE, start, start + len(words)), WHOLE, WHOLE, confidence)


def marked(words: str) -> str:
    return click.style(words, bold=True, underline=True, fg="yellow")


def shown(*answers: Answer, closest: tuple[Closest, ...] = (), hint: str | None = None) -> str:
    return terminal.format_reply(Reply("how many?", answers, closest, 1, 2.0, Understood("how many?"), hint))


def test_what_other_reports_say_stands_below_the_answer() -> None:
    others = (answer("two"),)
    lines = shown(replace(answer("17"), supersedes=others, differs=others)).splitlines()
    assert {
        click.style(f"    {label}: two · January 13, 2022 · Riots", dim=True) for label in ("earlier", "differs")
    } <= {*lines}


def test_the_history_of_the_answer_is_in_columns_below_it() -> None:
    entries = (
        TimelineEntry(answer("two"), "2022-01-06", "2022-01-06"),
        TimelineEntry(answer("17"), "2022-01-13", "2022-01-14"),
    )
    reply = Reply("?", (answer("17"),), (), 1, 2.0, Understood("?"), timeline=entries)
    lines = click.unstyle(terminal.format_reply(reply)).splitlines()
    assert [
        "How the answer has changed:",
        "  January 6, 2022                       two  Riots",
        "  January 13, 2022 to January 14, 2022  17  Riots",
    ] == lines[-3:]


def test_how_words_of_the_question_were_read_is_below_the_answers() -> None:
    read = (
        FromQuestion("period", "in 2021", date(2021, 1, 1), date(2021, 12, 31)),
        FromQuestion("period", "at first"),
        FromQuestion("source", "according to the Gazette", source="Penholm Gazette"),
    )
    understood = Understood("how many?", from_question=read, kept_from_conversation=("Penholm", "the ferry"))
    lines = click.unstyle(terminal.format_reply(Reply("?", (answer("17"),), (), 1, 2.0, understood))).splitlines()
    assert [
        "",
        "Read as a time: in 2021: January 1, 2021 to December 31, 2021",
        "Read as a time: at first",
        "Read as a source: according to the Gazette: Penholm Gazette",
        "From the conversation: Penholm, the ferry",
    ] == lines[-5:]


def test_the_answer_is_above_its_sentence_and_highlighted_in_it() -> None:
    words, sentence, _ = shown(answer("17")).splitlines()
    assert click.style("17", bold=True) == words
    assert f"  During the riots, {marked('17')} security officers were killed, two" in sentence


def test_without_styles_the_words_and_their_sentence_are_plain() -> None:
    lines = click.unstyle(shown(answer("17"))).splitlines()
    assert ["17", f"  {SENTENCE}", "    Riots · January 13, 2022 · sure"] == lines


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("2022-01-13", "January 13, 2022"),
        ("2026-01-19T12:00:00+00:00", "January 19, 2026"),
        ("2026-01-19T00:00:00+00:00", "January 18, 2026"),
        ("2026-12-31T23:30:00-05:00", "December 31, 2026"),
        ("0001-01-01T00:00:00+00:00", "January 1, 1"),
    ],
)
def test_dates_look_as_on_the_page(published: str, expected: str) -> None:
    assert expected == terminal.format_day(published)


@pytest.mark.usefixtures("in_new_york")
def test_a_moment_is_in_local_time() -> None:
    assert "January 18, 2026, 19:05" == terminal.format_moment("2026-01-19T00:05:33.123456+00:00")


def test_an_answer_that_is_its_sentence_is_printed_once() -> None:
    assert 1 == click.unstyle(shown(answer(SENTENCE))).count(SENTENCE)


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (1, "    also in: The Gazette"),
        (5, "    also in: The Gazette, Paper 1, Paper 2, Paper 3, Paper 4"),
        (7, "    also in: The Gazette, Paper 1, Paper 2, Paper 3, Paper 4 and 2 more"),
    ],
)
def test_copies_are_named_by_their_source_or_title(count: int, line: str) -> None:
    first = Article.from_draft(Draft("Copy.", "Riots go on", source="The\nGazette"))
    others = [Article.from_draft(Draft(f"Copy {number}.", f"Paper {number}")) for number in range(1, count)]
    assert line == click.unstyle(shown(replace(answer("17"), also=(first, *others)))).splitlines()[-1]


def test_items_of_a_list_are_printed_line_by_line() -> None:
    items = [answer(words).span for words in ("17", "two")]
    listed = replace(answer("17"), parts=tuple(AnswerPart(item, item) for item in items))
    lines = click.unstyle(shown(listed)).splitlines()
    assert ["- 17", "- two", f"  {SENTENCE}"] == lines[:3]


def test_answers_to_several_questions_stand_beside_them() -> None:
    second = Quote(ARTICLE, len(SENTENCE) + 1, len(ARTICLE.text))
    parts = (AnswerPart(answer("17").span, WHOLE, "How many?"), AnswerPart(second, second, "What?"))
    lines = click.unstyle(shown(replace(answer("17"), parts=parts, missing=("When?",)))).splitlines()
    assert ["How many? 17", "What? The rallies went on.", "The articles don't say: When?", f"  {SENTENCE}"] == lines[:4]


def test_the_sentence_that_answers_follows_that_of_the_name() -> None:
    start = ARTICLE.text.index("The rallies")
    rest = Quote(ARTICLE, start, len(ARTICLE.text))
    named = replace(answer("two"), via=Anaphor(Quote(ARTICLE, start, start + 11), rest))
    assert f"  {click.style('The rallies', bold=True)} went on." == shown(named).splitlines()[-2]
    assert click.unstyle(shown(replace(answer("two"), via=Anaphor(named.span, WHOLE)))).count(SENTENCE) == 1


def test_the_sentence_that_answers_one_of_several_questions_is_printed() -> None:
    start = ARTICLE.text.index("The rallies")
    via = Anaphor(Quote(ARTICLE, start, start + 11), Quote(ARTICLE, start, len(ARTICLE.text)))
    parts = (AnswerPart(answer("17").span, WHOLE, "How many?"), AnswerPart(answer("two").span, WHOLE, "What?", via))
    assert (
        f"  {click.style('The rallies', bold=True)} went on." in shown(replace(answer("17"), parts=parts)).splitlines()
    )


def test_who_says_it_stands_below_the_answer() -> None:
    reported = replace(answer("17"), attribution=Quote(ARTICLE, 0, len("During the riots")))
    assert "reported: During the riots" == click.unstyle(shown(reported)).splitlines()[1]


def test_a_row_of_a_table_is_printed_below_the_header() -> None:
    fares = Article.from_draft(Draft("Ticket | Single\nAdult | 14", "Fares"))
    header, row, cell = (Quote(fares, *span) for span in ((0, 15), (16, 26), (24, 26)))
    lines = click.unstyle(shown(Answer(cell, row, row, 0.95, table=TablePlace(header, None, None)))).splitlines()
    assert ["14", "  Ticket | Single", "  Adult | 14", "    Fares · sure"] == lines


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (Place(7, "Leave"), "    Fares · p. 7 · Leave · sure"),
        (Place(7, None), "    Fares · p. 7 · sure"),
        (Place(None, "Leave"), "    Fares · Leave · sure"),
        (None, "    Fares · sure"),
    ],
)
def test_the_page_and_the_heading_follow_the_title(place: Place | None, line: str) -> None:
    fares = Article.from_draft(Draft("Adults pay 14.", "Fares"))
    whole = Quote(fares, 0, len(fares.text))
    assert line == click.unstyle(shown(Answer(whole, whole, whole, 0.95, place=place))).splitlines()[-1]


def test_two_answers_of_one_sentence_are_each_marked_in_it() -> None:
    first, second = shown(answer("17"), answer("two", 0.6)).split("\n\n")
    assert marked("two") in second
    assert marked("two") not in first
    assert click.unstyle(second).endswith("not so sure")


def test_confidence_is_put_into_words() -> None:
    words = [terminal.confidence_in_words(value) for value in (1.0, 0.9, 0.89, 0.7, 0.69, 0.5, 0.49, 0.0)]
    assert [word for word in ("sure", "fairly sure", "not so sure", "a guess") for _ in range(2)] == words


def test_a_hint_alone_is_the_reply() -> None:
    assert "Hello! Ask a question." == shown(hint="Hello! Ask a question.")


def test_a_hint_is_printed_above_the_closest_sentences() -> None:
    lines = click.unstyle(shown(closest=(Closest(WHOLE, WHOLE),), hint="Ask in English.")).splitlines()
    assert ["The articles don't say.", "Ask in English.", ""] == lines[:3]
    assert f"  {SENTENCE}" in lines


@given(st.text(alphabet="ab-🚲 \n\u00a0", min_size=1, max_size=300), st.integers(0, 299), st.integers(1, 300))
def test_a_long_sentence_is_wrapped_with_the_same_words_marked(text: str, start: int, length: int) -> None:
    article = Article.from_draft(Draft(f"x{text}x", "Title"))
    start = min(start, len(article.text) - 1)
    end = min(start + length, len(article.text))
    sentence, span = Quote(article, 0, len(article.text)), Quote(article, start, end)
    assume(span.text == span.text.strip())  # no answer begins or ends with a space
    lines = shown(Answer(span, sentence, sentence, 0.5)).splitlines()[:-1]
    lines = lines if span == sentence else lines[1:]
    assert "".join(article.text.split()) == "".join(click.unstyle("".join(lines)).split())
    begin, stop = marked("|").split("|")
    runs = [run.split(stop)[0] for run in "".join(lines).split(begin)[1:]]
    assert "".join(span.text.split()) == "".join("".join(runs).split())
    assert max(len(click.unstyle(line)) for line in lines) <= 100


def source(kind: str, name: str, **more: object) -> dict[str, object]:
    counts = {"articles": 0, "pending": 0, "waiting": 0, "failed": 0, "running": False, "failures": [], "ignored": {}}
    return {"kind": kind, "name": name, **counts, **more}


def test_the_status_lists_used_sources_and_advice_on_failures() -> None:
    tides = {"kind": "entry", "name": "Tides", "problem": "It answered 500.", "again_at": "2026-01-01T10:00:00+00:00"}
    names = {"Tides": "Wait.", "Fish": "Add it by hand.", "Wind": "Wait."}
    failures = [tides | {"name": name, "advice": advice} for name, advice in names.items()]
    feeds = source("feeds", "Feeds", articles=3, waiting=2, failed=3, failures=failures)
    index = dict.fromkeys(("generation", "articles", "sentences", "pending", "model", "built_at", "problem"))
    again = terminal.format_moment(tides["again_at"])
    assert again in terminal.format_status({**index, "built_at": tides["again_at"], "files": [], "sources": []})
    file = {"kind": "file", "name": "a.pdf", "problem": "a.pdf is\x1b broken.", "again_at": None}
    file["advice"] = advice_on("a.pdf")
    folder = source("folder", "Articles folder", articles=1, pending=1, failed=1, failures=[file], ignored={".png": 1})
    sources = [folder, source("pages", "Web addresses"), feeds]
    files = [file, {"name": "b.pdf", "problem": "b.pdf is empty."}, {"name": "c.txt.toml", "problem": "Line 1 is odd."}]
    lines = terminal.format_status(index | {"files": files, "sources": sources}).splitlines()
    assert [
        "source      Articles folder: 1 article, 1 to be indexed, 1 failed; "
        "1 file is of a kind that is not read: .png (1)",
        "source      Feeds: 3 articles, 2 to be fetched, 3 failed",
        "unreadable  a.pdf is\\x1b broken.",
        "unreadable  b.pdf is empty.",
        f"            {advice_on('a.pdf')}",
        "unreadable  c.txt.toml: Line 1 is odd.",
        f"            {advice_on('c.txt.toml')}",
        f"failed      Tides: It answered 500. Next at {again}.",
        f"failed      Wind: It answered 500. Next at {again}.",
        "            Wait.",
        f"failed      Fish: It answered 500. Next at {again}.",
        "            Add it by hand.",
    ] == lines[-12:]


def test_notes_of_an_added_article_follow_it() -> None:
    outcome = DocumentOutcome("minutes.pdf", "added", ARTICLE, notes=("Page 2 is a picture without text.",))
    first, second = terminal.format_outcome(outcome).splitlines()
    assert first.startswith(f"added      {ARTICLE.id}")
    assert "Page 2 is a picture without text." == second.strip()
    assert ["Page 2 is a picture without text."] == terminal.outcome_json(outcome)["notes"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2022-01-19", "January 19, 2022"),
        ("2022-01-19T14:30Z", "January 19, 2022, 14:30"),
        ("2022-01-19TMO", "January 19, 2022, morning"),
        ("2022-03", "March 2022"),
        ("2022-W03", "the week of January 17, 2022"),
        ("2022-Q1", "quarter 1 of 2022"),
        ("2021-SU", "summer 2021"),
        ("2021", "2021"),
        ("P2D", None),
        ("PAST_REF", None),
    ],
)
def test_a_calendar_unit_is_told_in_words(value: str, expected: str | None) -> None:
    assert expected == terminal.format_time(value)


def test_a_day_of_the_answer_without_its_year_is_resolved_below_it() -> None:
    text = "The bridge opens on January 19, and not in May 2023 or for two days."
    article = Article.from_draft(Draft(text, "Bridge", published="2022-01-13"))
    whole = Quote(article, 0, len(text))
    dates = tuple(find_dates(text, "2022-01-13"))
    resolved = "January 19: January 19, 2022"
    lines = click.unstyle(shown(Answer(whole, whole, whole, 0.9, dates=dates))).splitlines()
    assert [resolved] == [line for line in lines if "January 19," in line and "bridge" not in line]
    guessed = tuple(replace(one, guess=True) for one in dates)
    assert "January 19: probably January 19, 2022" in shown(Answer(whole, whole, whole, 0.9, dates=guessed))
    day = Quote(article, 20, 30)
    assert "January 19, 2022" in click.unstyle(shown(Answer(day, whole, whole, 0.9, dates=dates))).splitlines()
    elsewhere = Quote(article, 0, 10)
    assert "2022\n" not in click.unstyle(shown(Answer(elsewhere, whole, whole, 0.9, dates=dates)))
