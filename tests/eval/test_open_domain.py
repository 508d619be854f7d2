from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Draft
from corpus.store.article_store import ArticleFilter
from eval.benchmark_corpus import CachedEmbedder, index_articles
from eval.datasets import LabelledQuestion
from eval.dev_set import DevSet
from eval.open_domain import Answered, ask_openly, half_of, mixed, without
from index.generations.builder import Progress
from qa.retriever import HybridRetriever
from tests.fakes import WordEmbedder
from tests.indexing import ignore, split_lines
from tests.question_sets import KnownReader, ScoreConfidence, write_dev
from tests.questions import as_question

NAMES = [("ferry", "red"), *((f"boat{number}", f"red{number % 7}") for number in range(150))]


def answered(
    folder: Path,
    change: Callable[[LabelledQuestion], LabelledQuestion] | None = None,
    report: Callable[[Progress], None] = ignore,
) -> list[Answered]:
    dev = DevSet.read(write_dev(folder))
    if change is not None:
        dev = replace(dev, questions=[change(one) for one in dev.questions])
    return ask_openly(
        dev, CachedEmbedder(WordEmbedder()), KnownReader(), ScoreConfidence(), 0.0, folder / "cache", report
    )


def test_a_reader_that_knows_the_words_is_right_where_the_article_is_there(tmp_path: Path) -> None:
    for one in answered(tmp_path):
        assert (1, True, 1.0) == (one.rank, one.exact, one.f1)
        assert (True, True, True) == (one.inside.answerable, one.inside.right[0], one.inside.placed[0])
        assert one.inside.best > one.outside.best


def test_with_the_article_out_the_same_words_elsewhere_are_right_but_not_in_place(tmp_path: Path) -> None:
    # Every subject's paragraph says "at nine": a sentence of another article holds the gold answer's words.
    for one in answered(tmp_path):
        assert not one.outside.answerable
        assert set(one.outside.placed) == {False}
        assert one.outside.right[0]


def test_an_answer_of_other_words_is_wrong_everywhere(tmp_path: Path) -> None:
    def elsewhere(question: LabelledQuestion) -> LabelledQuestion:
        start = question.context.index("The")
        return replace(question, answers=((start, "The"),)) if question.id == "goat1" else question

    one = next(one for one in answered(tmp_path, elsewhere) if one.question.id == "goat1")
    assert (False, 0.0) == (one.exact, one.f1)
    # The first sentence of the goat's paragraph is gold now, and the second is the one that answers.
    assert one.rank is not None
    assert one.rank > 1
    assert not one.inside.placed[0]
    assert one.inside.right[0]  # "The" stands in every sentence


def test_progress_is_told(tmp_path: Path) -> None:
    heard: list[Progress] = []
    answered(tmp_path, report=heard.append)
    assert "all paragraphs, article in and out" in {progress.stage for progress in heard}


def test_half_of_the_questions_go_without_their_article_always_the_same(tmp_path: Path) -> None:
    found = answered(tmp_path)
    questions = [one.question for one in found]
    out = half_of(questions)
    assert 12 == len(out)
    assert out == half_of(questions[::-1])
    assert {"ferry", "bridge", "goat"} < {name.rstrip("012") for name in out}
    judged = mixed(found)
    assert [one.question.id not in out for one in found] == [one.answerable for one in judged]
    assert [one.outside if one.question.id in out else one.inside for one in found] == judged


def test_half_of_an_odd_number_is_the_smaller_half() -> None:
    questions = [LabelledQuestion(str(number), "t", "q?", "c", ()) for number in range(7)]
    assert [3, 0, 0] == [len(half_of(questions[:count])) for count in (7, 1, 0)]


def test_a_generation_without_an_article_finds_what_one_that_never_had_it_would() -> None:
    texts = [f"The {name} leaves at noon.\nThe {name} is {colour}." for name, colour in NAMES]
    articles = [Article.from_draft(Draft(text, title=text[4:8])) for text in texts]
    spans = {text: split_lines(text) for text in texts}
    embedder = WordEmbedder()
    with index_articles(articles, embedder, ignore, spans) as (store, generation):
        numbers = {article.title: number for number, article in store.by_number(store.numbers()).items()}
        less = without(generation, numbers["ferr"])
        retriever = HybridRetriever(embedder, store)
        for k in (1, 5, 300):
            hits = retriever.search(less, as_question("When does the red ferry leave?"), k, ArticleFilter())
            assert min(k, 2 * len(NAMES) - 2) == len(hits)
            assert "ferr" not in {hit.sentence.article.title for hit in hits}
        found = retriever.search(generation, as_question("red ferry"), 2 * len(NAMES), ArticleFilter())
        others = {hit.row: pytest.approx(hit.score, abs=1e-5) for hit in found if hit.sentence.article.title != "ferr"}
        assert others == {
            hit.row: hit.score for hit in retriever.search(less, as_question("red ferry"), 300, ArticleFilter())
        }
    assert less.live.sum() == generation.live.sum() - 2
    np.testing.assert_array_equal(less.spans, generation.spans)
