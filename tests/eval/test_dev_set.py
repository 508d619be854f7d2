from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from eval.datasets import LabelledQuestion
from eval.dev_set import QUESTIONS, SENTENCES, DevSet
from qa.types import Quote
from tests.question_sets import question_rows, sentence_rows, write, write_dev


def quotes(dev: DevSet, question: LabelledQuestion) -> list[Quote]:
    article = next(one for one in dev.paragraphs.articles() if one.text == dev.text(question))
    return [Quote(article, *span) for span in dev.spans[article.text]]


def test_the_gold_sentence_is_the_one_with_the_answer(tmp_path: Path) -> None:
    dev = DevSet.read(write_dev(tmp_path))
    for question in dev.questions:
        [span] = dev.gold(question)
        assert question.answers[0][1] in dev.text(question)[slice(*span)]


def test_the_rank_is_that_of_the_first_gold_sentence_of_the_right_article(tmp_path: Path) -> None:
    dev = DevSet.read(write_dev(tmp_path))
    ferry, bridge = dev.questions[0], dev.questions[3]
    own, others = quotes(dev, ferry), quotes(dev, bridge)
    assert (1, 2, 3) == tuple(dev.rank(ferry, sentences) for sentences in (own, own[1::-1], own[::-1]))
    # The same span of another article is another sentence.
    assert (None, 4, None) == tuple(dev.rank(ferry, sentences) for sentences in (others, others + own, []))


def test_questions_that_no_sentence_answers_are_left_out(tmp_path: Path) -> None:
    write(write_dev(tmp_path) / SENTENCES, sentence_rows()[3:])
    assert 21 == len(DevSet.read(tmp_path).questions)
    assert 24 == len(DevSet.read(write_dev(tmp_path)).questions)


def test_every_nth_question_is_asked_of_all_paragraphs(tmp_path: Path) -> None:
    dev = DevSet.read(write_dev(tmp_path), every=5)
    ids = [row["id"] for row in question_rows()[::5]]
    assert ids == [question.id for question in dev.questions]
    assert 8 == len(dev.paragraphs.texts)


@pytest.mark.parametrize("name", [QUESTIONS, SENTENCES])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write_dev(tmp_path) / name).unlink()
    with pytest.raises(UnreadableDocument, match=name):
        DevSet.read(tmp_path)
