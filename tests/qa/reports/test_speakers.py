"""Who gives a value inside an article."""

import pytest

from corpus.article import Article, Draft
from qa.reports.speakers import AskedSpeaker, differ_inside, speaker_of
from qa.types import Candidate, Quote

TEXT = (
    "Mayor Henrik Aas opened the debate. According to the union, 800 jobs are in danger. The company, however, speaks "
    "of 620 jobs. The board demands 400 cuts. Mette Lund told the council about pupils. She said that 2,300 families "
    "could no longer pay; Aas said that there were at most 900. It employs 1,200 people."
)
ARTICLE = Article.from_draft(Draft(TEXT, "Debate"))


def candidate(number: str) -> Candidate:
    at = TEXT.index(number)
    start = TEXT.rfind(". ", 0, at) + 2
    return Candidate(Quote(ARTICLE, at, at + len(number)), Quote(ARTICLE, start, TEXT.index(".", at) + 1), 1.0)


@pytest.mark.parametrize(
    ("question", "speaker"),
    [
        ("How many jobs are in danger according to the union?", "union"),
        ("According to the harbour master, how high were the waves?", "harbour master"),
        ("How many passengers does Krag expect?", "Krag"),
        ("How many visitors did the police count?", "police"),
        ("How many people do they expect?", None),
        ("How many jobs are in danger?", None),
    ],
)
def test_the_speaker_that_a_question_names(question: str, speaker: str | None) -> None:
    asked = AskedSpeaker.of(question)
    assert speaker == (None if asked is None else asked.name)


@pytest.mark.parametrize(
    ("speaker", "number", "says"),
    [
        ("union", "800", True),
        ("company", "800", False),
        ("company", "620", True),
        ("Mette Lund", "2,300", True),
        ("mayor", "2,300", False),
        ("mayor", "900", True),
        ("mayor", "1,200", None),
        ("union's chair", "800", False),
    ],
)
def test_whether_a_speaker_gives_a_value(speaker: str, number: str, says: bool | None) -> None:
    assert says is AskedSpeaker(speaker).says(candidate(number))


def test_a_spokesman_may_be_that_of_whom_the_question_names() -> None:
    text = "The council disagrees. Its spokesman, Leo Varne, said that 86 comments were received."
    article = Article.from_draft(Draft(text, "Pier"))
    told = Candidate(Quote(article, text.index("86"), text.index("86") + 2), Quote(article, 23, len(text)), 1.0)
    assert AskedSpeaker("council's spokesman").says(told) is None
    assert AskedSpeaker("council's treasurer").says(told) is False
    assert AskedSpeaker("spokesman").says(told) is True


def test_what_the_speaker_says_goes_before_what_others_say() -> None:
    scored = [(candidate("800"), 0.9), (candidate("1,200"), 0.3), (candidate("620"), 0.2)]
    told = AskedSpeaker("company").first(scored)
    assert [("620", 0.9), ("800", 0.9), ("1,200", 0.3)] == [(one.span.text, confidence) for one, confidence in told]
    assert scored == AskedSpeaker("union").first(scored)


def test_words_of_another_speaker_are_no_value_that_the_asked_one_replaces() -> None:
    words = candidate("opened the debate")
    assert not AskedSpeaker("union").is_someone_elses(words)
    assert AskedSpeaker("company").is_someone_elses(candidate("800"))


def test_two_speakers_differ_close_to_each_other() -> None:
    assert differ_inside(candidate("800"), candidate("620"))
    assert differ_inside(candidate("900"), candidate("2,300"))
    assert not differ_inside(candidate("620"), candidate("400"))  # which are demanded
    assert not differ_inside(candidate("900"), candidate("1,200"))  # nobody says so
    assert speaker_of(candidate("1,200").span, candidate("1,200").sentence) is None
