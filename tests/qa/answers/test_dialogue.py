import pytest

from corpus.article import Article, Draft
from qa.answers.dialogue import after_questions
from qa.types import Candidate, Passage, Quote, Reading
from tests.questions import as_question

FAQ = """Are dogs allowed in the hall?
Only assistance dogs.
When does it open?
Where do I leave the van?
By the gate.
How much is a stall?
Six pounds.
Who feeds the ducks?
Tom Lund.
18:31 Ola: Where do we meet on Sunday?
Per: At the mill.
Host: You keep bees?
Ada: My mother has hens.
Ada: I began with one hive.
Host: And how many do you have now?
Ada: Twenty-six."""


def reading_of(text: str) -> tuple[Reading, list[Passage]]:
    """Return a reading with a candidate for each line, the first the best, and its passage."""
    article = Article.from_draft(Draft(text, "The hall club"))
    lines, start = [], 0
    for line in text.split("\n"):
        lines.append(Quote(article, start, start + len(line)))
        start += len(line) + 1
    starts = [line.start + line.text.rfind(": ") + 2 if ": " in line.text else line.start for line in lines]
    candidates = tuple(
        Candidate(Quote(article, start, line.end), line, -float(at), -1.0, -2.0)
        for at, (start, line) in enumerate(zip(starts, lines, strict=True))
    )
    return Reading(candidates, 0.0), [Passage(Quote(article, 0, len(text)), (), tuple(lines))]


@pytest.mark.parametrize(
    ("question", "raised"),
    [
        ("Is my dog allowed?", "Only assistance dogs."),
        ("Can I bring dogs to the hall?", "Only assistance dogs."),
        ("Where does the club meet on Sunday?", "At the mill."),
        ("Where does Ola's club meet on Sunday?", "At the mill."),
        ("Where can I leave my van?", "By the gate."),
        ("How many hives does Ada have now?", "Twenty-six."),
        ("How many children does Ada have now?", None),
        ("How many hens does Ada have now?", None),
        ("Is my cat welcome?", None),
        ("When do we meet?", None),
        ("Who are the dogs?", None),
        ("Where does the choir meet on Sunday?", None),
        ("Where does the club meet?", None),
        ("Where do I leave the key?", None),
        ("How many stalls are there?", None),
        ("How much was a stall?", None),
        ("Who feeds the geese?", None),
        ("Who do the ducks feed?", None),
        ("Are cameras allowed in the hall?", None),
        ("When does the cellar open?", None),
    ],
)
def test_what_follows_the_same_question_is_raised(question: str, raised: str | None) -> None:
    reading, passages = reading_of(FAQ)
    found = after_questions(as_question(question), reading, passages)
    higher = [one.span.text for one in found.candidates if one.no_answer_margin > -1.0 and one.answerability > -2.0]
    assert ([] if raised is None else [raised]) == higher
    assert sorted(found.candidates, key=lambda one: -one.score) == list(found.candidates)


CHAT = """12:00 Ola: Who comes along on Sunday?
12:01 Per: Me. Where do we meet?
12:02 Ola: Behind the mill, at nine
12:03 Ola: And when do we cook on Tuesday?
12:04 Per: At six. Where do we eat?
12:05 Ola: Is your kitchen free?
12:06 Ola: Where do we park?
12:07 Per: I'm still in bed
12:08 Per: How many rolls do we need?
12:09 Ola: Ask Ida, ten came last time"""


@pytest.mark.parametrize(
    ("question", "words", "margin"),
    [
        ("Where does the club meet on Sunday?", "Behind the mill", 1.0),
        ("Where does the club meet on Tuesday?", "Behind the mill", -9.0),
        ("Where does the club meet on Sunday?", "12:02 Ola: Behind the mill", -9.0),
        ("Where does the choir meet on Sunday?", "Behind the mill", -9.0),
        ("Where does the club eat on Tuesday?", "your kitchen", -9.0),
        ("Where does the club park?", "I'm still in bed", -7.0),
        ("How many rolls does the club need?", "ten", -7.0),
    ],
)
def test_a_plain_answer_in_a_chat_is_believed(question: str, words: str, margin: float) -> None:
    (passage,) = reading_of(CHAT)[1]
    at = passage.quote.text.index(words)
    span = Quote(passage.quote.article, at, at + len(words))
    sentence = next(one for one in passage.sentences if one.covers(span))
    found = after_questions(as_question(question), Reading((Candidate(span, sentence, 0.0, -9.0),), 0.0), [passage])
    assert [margin] == [one.no_answer_margin for one in found.candidates]


TALK = "02/02/2027\n18:00 Per: When do we meet?\n18:01 Per: At seven"
PROGRAMME = "03/05/2027\n10:00 Opening: the mayor speaks\n11:00 Fair: all stalls are open"


@pytest.mark.parametrize(
    ("text", "question", "words", "is_kept"),
    [
        (TALK, "When does the club meet?", "02/02/2027", False),
        (TALK, "When does the club meet?", "18:01", False),
        (TALK, "When does the club meet?", "At seven", True),
        (TALK, "When did Per write?", "18:01", True),
        (PROGRAMME, "When is the fair?", "03/05/2027", True),
        (PROGRAMME, "When is the opening?", "10:00", True),
    ],
)
def test_the_time_of_a_message_answers_only_when_it_was_written(
    text: str, question: str, words: str, is_kept: bool
) -> None:
    (passage,) = reading_of(text)[1]
    at = text.index(words)
    span = Quote(passage.quote.article, at, at + len(words))
    sentence = next(one for one in passage.sentences if one.covers(span))
    found = after_questions(as_question(question), Reading((Candidate(span, sentence, 0.0),), 0.0), [passage])
    assert [is_kept] == [one.no_answer_margin >= 0.0 for one in found.candidates]
