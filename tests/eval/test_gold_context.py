from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import InvalidQuestion
from eval.benchmark_corpus import CachedEmbedder
from eval.datasets import LabelledQuestion, read_questions
from eval.dev_set import QUESTIONS
from eval.gold_context import Asked, FromParagraph, ask_paragraphs
from eval.reading import UNANSWERABLE
from qa.query.parser import Question
from qa.reader.base import Reader
from qa.retriever import PASSAGE_LENGTH
from qa.types import Passage, Reading
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import KnownReader, ScoreConfidence, write_dev


class Listening(KnownReader):
    """Remembers what it was given to read."""

    def __init__(self) -> None:
        self.asked: list[tuple[Question, Sequence[Passage]]] = []

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        self.asked.append((question, passages))
        return super().read(question, passages)


class Silent:
    """Finds nothing."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        return Reading((), 0.0)


def asked(questions: Sequence[LabelledQuestion], reader: Reader, folder: Path) -> dict[Asked, FromParagraph]:
    return ask_paragraphs(
        questions, CachedEmbedder(WordEmbedder()), reader, ScoreConfidence(), 0.0, folder / "cache", ignore
    )


def test_only_the_right_paragraph_is_read_all_of_it_with_equal_scores(tmp_path: Path) -> None:
    questions = read_questions(write_dev(tmp_path) / QUESTIONS)
    reader = Listening()
    found = asked(questions, reader, tmp_path)
    assert 24 == len(found) == len(reader.asked)
    texts = {one.question: one for one in questions}
    for question, [passage] in reader.asked:
        assert texts[question.text].context == passage.quote.text
        assert texts[question.text].title == passage.quote.article.title
        assert 3 == len(passage.hits)
        assert {0.0} == {hit.score for hit in passage.hits}
        assert 3 == len({hit.similarity for hit in passage.hits})


def test_a_long_paragraph_is_read_in_passages_as_long_as_those_of_retrieval(tmp_path: Path) -> None:
    sentences = [f"Boat number {number} leaves at noon with all of its passengers." for number in range(40)]
    context = " ".join(sentences)
    reader = Listening()
    asked([LabelledQuestion("q", "Boats", "When does boat 3 leave?", context, ())], reader, tmp_path)
    [(_, passages)] = reader.asked
    assert len(passages) > 1
    assert all(len(passage.quote.text) <= PASSAGE_LENGTH for passage in passages)
    assert sentences == [hit.sentence.text for passage in passages for hit in passage.hits]
    assert context == " ".join(passage.quote.text for passage in passages)


def test_what_is_asked_twice_is_read_once(tmp_path: Path) -> None:
    questions = read_questions(write_dev(tmp_path) / QUESTIONS)
    both = [*questions, *read_questions(tmp_path / UNANSWERABLE)]
    reader = Listening()
    found = asked(both, reader, tmp_path)
    assert 32 == len(found) == len(reader.asked)
    for one in both:
        known = "Sundays" not in one.question
        told = found[one.question, one.context]
        assert (known, 0.0 if known else 0.5) == (told.no_answer_margin > 0, told.answerability)


def test_the_same_words_in_another_paragraph_are_another_question(tmp_path: Path) -> None:
    one = LabelledQuestion("q", "Boats", "When does it leave?", "It leaves at nine.", ())
    other = replace(one, context="It leaves at noon.")
    found = asked([one, other], KnownReader(), tmp_path)
    assert ["at nine", "It leaves at noon."] == [found[ask.question, ask.context].words for ask in (one, other)]


def test_odd_characters_of_a_paragraph_do_no_harm(tmp_path: Path) -> None:
    one = LabelledQuestion("q", "Boats", "When does it leave?", " \ufeff\x07It leaves \ud800at nine.\r\n", ())
    assert "at nine" == asked([one], KnownReader(), tmp_path)[one.question, one.context].words


def test_a_reader_that_finds_nothing_has_no_words_and_the_least_score(tmp_path: Path) -> None:
    questions = read_questions(write_dev(tmp_path) / QUESTIONS)[:2]
    assert {FromParagraph(None, -np.inf, -np.inf, 0.0)} == set(asked(questions, Silent(), tmp_path).values())


@pytest.mark.parametrize("text", ["?", ""])
def test_what_is_no_question_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidQuestion):
        asked([LabelledQuestion("q", "Boats", text, "It leaves at nine.", ())], KnownReader(), tmp_path)
