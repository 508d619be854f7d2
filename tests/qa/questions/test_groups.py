from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.questions.kept import KeptQuestion
from qa.questions.groups import QuestionGrouper
from tests.fakes import WordEmbedder


def kept(question: str, times: int = 1) -> KeptQuestion:
    return KeptQuestion(question, "unanswered", question, {}, "2026-03-01", times)


def test_similar_questions_come_together_the_most_asked_first() -> None:
    questions = [
        kept("Where is the museum"),
        kept("When does the museum of glass open"),
        kept("When does the museum of glass open today", 3),
        kept("Who rows"),
    ]
    groups = QuestionGrouper(WordEmbedder()).groups(questions)
    assert [(4, 2), (1, 1), (1, 1)] == [(group.times, len(group.questions)) for group in groups]
    assert tuple(questions[1:3]) == groups[0].questions


def test_without_questions_there_are_no_groups() -> None:
    assert [] == QuestionGrouper(WordEmbedder()).groups([])


def test_a_question_is_embedded_once_and_its_vector_forgotten_with_it() -> None:
    embedded: list[str] = []

    class Counting(WordEmbedder):
        def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
            embedded.extend(texts)
            return super().embed(texts, progress)

    grouper = QuestionGrouper(Counting())
    for questions in (["a", "b"], ["b"], ["a", "b"]):
        grouper.groups([kept(one) for one in questions])
    assert ["a", "b", "a"] == embedded
