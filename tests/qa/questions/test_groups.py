from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from corpus.questions.kept import AskedQuestion
from qa.questions.groups import QuestionGrouper
from tests.fakes import WordEmbedder


def kept(question: str, times: int = 1) -> AskedQuestion:
    return AskedQuestion(question, question, times)


def test_similar_questions_come_together_the_most_asked_first() -> None:
    questions = [
        kept("Where is the museum"),
        kept("When does the museum of glass open"),
        kept("When does the museum of glass open today", 3),
        kept("Who rows"),
    ]
    groups = QuestionGrouper(WordEmbedder()).groups(questions)
    assert [(4, 2), (1, 1), (1, 1)] == [(sum(one.times for one in group), len(group)) for group in groups]
    assert questions[1:3] == groups[0]


def test_without_questions_there_are_no_groups() -> None:
    assert [] == QuestionGrouper(WordEmbedder()).groups([])


def test_a_question_is_embedded_once_by_all_threads() -> None:
    embedded: list[str] = []

    class Counting(WordEmbedder):
        def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
            embedded.extend(texts)
            return super().embed(texts, progress)

    grouper, texts = QuestionGrouper(Counting()), [f"Who rows at {number}" for number in range(300)]
    kinds = [[kept(text) for text in texts[first : first + 200]] for first in (0, 100, 0, 100)]
    with ThreadPoolExecutor(4) as pool:
        assert [200] * 12 == [sum(map(len, groups)) for groups in pool.map(grouper.groups, kinds * 3)]
    assert sorted(texts) == sorted(embedded)
