import pytest

from corpus.article import Article, Draft
from qa.answers.roles import holders_of_roles
from qa.types import Candidate, Quote, Reading
from tests.questions import as_question


def is_raised(question: str, sentence: str, name: str, title: str = "Notes") -> bool:
    article = Article.from_draft(Draft(sentence, title))
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
    ],
)
def test_who_does_what_the_role_does_has_it(question: str, sentence: str) -> None:
    assert is_raised(question, sentence, "Ada Pym")
    assert not is_raised(question, sentence.replace("Ada Pym", "my aunt"), "my aunt")


def test_what_the_pronoun_stands_for_may_be_in_the_title() -> None:
    sentence = "Since last spring it has been run by Ada Pym."
    assert is_raised("Who is the director of the mill museum?", sentence, "Ada Pym", "The mill museum")
    assert not is_raised("Who is the director of the mill museum?", sentence, "Ada Pym", "The clock tower")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who is the captain of the Heron?", "Ada Pym has commanded the Gannet since 2019."),
        ("Who is the captain of the Gannet?", "Ada Pym commanded the Gannet until 2019."),
        ("Who is the owner of the Gannet?", "Ada Pym has commanded the Gannet since 2019."),
        ("Who is the captain of the Gannet?", "The Gannet was built for Ada Pym."),
        ("Who saw the captain of the Gannet?", "Ada Pym has commanded the Gannet since 2019."),
    ],
)
def test_another_ship_another_time_or_another_verb_tells_no_role(question: str, sentence: str) -> None:
    assert not is_raised(question, sentence, "Ada Pym")
