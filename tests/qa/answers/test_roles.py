import pytest

from corpus.article import Article, Draft
from qa.answers.roles import holders_of_roles
from qa.types import Candidate, Quote, Reading
from tests.questions import as_question


def is_raised(question: str, sentence: str, name: str) -> bool:
    article = Article.from_draft(Draft(sentence, "Notes"))
    whole, start = Quote(article, 0, len(sentence)), sentence.index(name)
    candidate = Candidate(Quote(article, start, start + len(name)), whole, 1.0, -6.0, -9.0)
    (found,) = holders_of_roles(as_question(question), Reading((candidate,), 0.0)).candidates
    return found.no_answer_margin > 0


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who is the captain of the Gannet?", "Ada Pym has commanded the Gannet since 2019."),
        ("Who's the new director of the clock museum?", "Ada Pym, who now runs the clock museum, is ill."),
        ("Who was the head of the mill?", "Until 1990 the mill was run by Ada Pym."),
        ("Who is the author of the harbour guide?", "Ada Pym wrote the harbour guide in 2001."),
        ("Who is the head of the mill school?", "Since May 2019 the mill school has been led by Ada Pym."),
    ],
)
def test_who_does_what_the_role_does_has_it(question: str, sentence: str) -> None:
    assert is_raised(question, sentence, "Ada Pym")
    assert not is_raised(question, sentence.replace("Ada Pym", "my aunt"), "my aunt")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who is the captain of the Heron?", "Ada Pym has commanded the Gannet since 2019."),
        ("Who is the captain of the Gannet?", "Ada Pym commanded the Gannet until 2019."),
        ("Who is the owner of the Gannet?", "Ada Pym has commanded the Gannet since 2019."),
        ("Who is the captain of the Gannet?", "The Gannet was built for Ada Pym."),
        ("Who saw the captain of the Gannet?", "Ada Pym has commanded the Gannet since 2019."),
        ("Who is the captain of the Gannet?", "Ada Pym has commanded the Gannet twice."),
        ("Who is the deputy director of the mill?", "Ada Pym runs the mill."),
        ("Who is the director of the mill?", "The aunt of Ada Pym runs the mill."),
    ],
)
def test_another_ship_another_time_or_another_verb_tells_no_role(question: str, sentence: str) -> None:
    assert not is_raised(question, sentence, "Ada Pym")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who is the director of the Lund Academy?", "Ada Pym has run the Lund ticket desk since May."),
        ("Who is the director of the Lund Academy?", "Ada Pym runs the Lund Academy shop."),
        ("Who is the director of the canal?", "Ada Pym runs along the canal."),
        ("Who is the director of the city marathon?", "Ada Pym runs the city marathon."),
        ("Who is the head of the clinic?", "Ada Pym leads walks for the clinic."),
        ("Who is the author of the tide book?", "Ada Pym wrote a review of the tide book."),
        ("Who is the owner of the kiosk?", "Ada Pym owns a flat above the kiosk."),
        ("Who is the founder of the Lund Academy?", "The Lund bakery was founded by Ada Pym."),
        ("Who is the head of the mill?", "The shop is run by Ada Pym's aunt."),
    ],
)
def test_the_object_is_just_what_is_asked_about(question: str, sentence: str) -> None:
    assert not is_raised(question, sentence, "Ada Pym")
