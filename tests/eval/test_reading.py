import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Draft
from corpus.errors import InvalidQuestion, UnreadableDocument
from corpus.store.filters import ArticleFilter
from eval.benchmark_corpus import QUESTIONS, CachedEmbedder, DevSet, index_articles, without_article
from eval.datasets import LabelledQuestion, read_questions
from eval.reading import (
    MEANINGS,
    UNANSWERABLE,
    GoldContextResult,
    GoldContextResults,
    OpenDomainResult,
    ReadingFigures,
    ask_gold_contexts,
    ask_open_domain,
    half_of,
    half_without_article,
    measure_reading,
)
from index.generations.builder import Progress
from qa.query.parser import Question
from qa.reader.base import Reader, SentenceReader
from qa.retriever import PASSAGE_LENGTH, HybridRetriever
from qa.types import Passage, Reading
from tests.fakes import WordEmbedder
from tests.indexing import ignore, split_lines
from tests.question_sets import SUBJECTS, KnownReader, ScoreConfidence, question_rows, write, write_dev
from tests.questions import as_question

VERBS = {"open": "opens", "painted": "painted", "close": "closed"}


def measured(folder: Path, reader: Reader, threshold: float = 0.5, every: int = 1) -> ReadingFigures:
    return measure_reading(
        folder, WordEmbedder(), reader, ScoreConfidence(), threshold, folder / "cache", ignore, every
    )


def test_a_reader_that_knows_all_answers_scores_1(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), KnownReader()).figures
    perfect = ["P@1", "R@5", "R@10", "MRR", "EM", "F1", "EM, paragraph given", "F1, paragraph given"]
    assert dict.fromkeys(perfect, 1.0) == {name: figures[name] for name in perfect}
    assert (24, 32) == (figures["questions"], figures["questions, SQuAD 2.0"])
    assert 0.5 == figures["threshold"]
    assert 1.0 == figures["AUROC, SQuAD 2.0, best span"]
    assert 0.0 == figures["AUROC, SQuAD 2.0"]  # its log-odds are the wrong way round


def test_whole_sentences_are_never_exact(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), SentenceReader()).figures
    assert (0.0, 0.0) == (figures["EM"], figures["EM, paragraph given"])
    # Of equal scores the first: "ferry opens at nine in morning" has both words of "at nine", none of other answers.
    assert pytest.approx(2 * 2 / (2 + 6) / 3) == figures["F1, paragraph given"]
    # Likewise for each of the three facts; a sentence of the same fact about another subject shares as many words.
    assert figures["P@1"] / 2 <= figures["F1"] <= 0.5
    assert 0.5 == figures["AUROC, SQuAD 2.0"]  # it reads nothing


class ElsewhereReader(SentenceReader):
    """Knows what answers, and takes it from the paragraph of another subject."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        subject = next(one for one in SUBJECTS if one in question.text)
        verb = next(verb for asked, verb in VERBS.items() if asked in question.text)
        found = super().read(question, passages)
        chosen = [one for one in found.candidates if verb in one.sentence.text and subject not in one.sentence.text]
        return Reading(tuple(chosen), found.no_answer)


def test_an_answer_elsewhere_counts_for_one_figure_alone(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), ElsewhereReader()).figures
    assert (0.0, 1.0) == (figures["P@1"], figures["P@1, anywhere"])
    assert 1.0 == measured(tmp_path, KnownReader()).figures["P@1, anywhere"]


def test_figures_are_explained_are_plain_json_and_the_same_at_a_second_run(tmp_path: Path) -> None:
    found, again = (measured(write_dev(tmp_path), KnownReader(), threshold=0.0) for _ in range(2))
    assert list(MEANINGS) == list(found.figures)
    text = json.dumps([found.figures, found.details], allow_nan=False)
    assert [found.figures, found.details] == json.loads(text) == [again.figures, again.details]
    # The plots show every question once.
    assert (24, 12) == (len(found.best.probabilities), found.best.answerable.sum())


def test_answerable_questions_alone_have_no_auroc(tmp_path: Path) -> None:
    write(write_dev(tmp_path) / UNANSWERABLE, question_rows())
    figures = measured(tmp_path, KnownReader()).figures
    assert 24 == figures["questions, SQuAD 2.0"]
    assert "AUROC, SQuAD 2.0" not in figures


def test_every_nth_question_is_asked(tmp_path: Path) -> None:
    figures = measured(write_dev(tmp_path), KnownReader(), every=5).figures
    assert (5, 7) == (figures["questions"], figures["questions, SQuAD 2.0"])


@pytest.mark.parametrize("name", [QUESTIONS, UNANSWERABLE])
def test_a_missing_file_is_named_before_any_work(tmp_path: Path, name: str) -> None:
    (write_dev(tmp_path) / name).unlink()
    reported: list[Progress] = []
    with pytest.raises(UnreadableDocument, match=name):
        measure_reading(
            tmp_path, WordEmbedder(), SentenceReader(), ScoreConfidence(), 0.5, tmp_path / "cache", reported.append
        )
    assert [] == reported


NAMES = [("ferry", "red"), *((f"boat{number}", f"red{number % 7}") for number in range(150))]


def answered(
    folder: Path,
    change: Callable[[LabelledQuestion], LabelledQuestion] | None = None,
    report: Callable[[Progress], None] = ignore,
) -> list[OpenDomainResult]:
    dev = DevSet.read(write_dev(folder))
    if change is not None:
        dev = replace(dev, questions=[change(one) for one in dev.questions])
    return ask_open_domain(
        dev, CachedEmbedder(WordEmbedder()), KnownReader(), ScoreConfidence(), 0.0, folder / "cache", report
    )


def test_a_reader_that_knows_the_words_is_right_and_with_the_article_in_place(tmp_path: Path) -> None:
    reported: list[Progress] = []
    for one in answered(tmp_path, report=reported.append):
        assert (1, True, 1.0) == (one.rank, one.exact, one.f1)
        assert (True, True, True) == (one.inside.answerable, one.inside.right[0], one.inside.in_place[0])
        assert one.inside.best > one.outside.best
        # Every subject's paragraph says "at nine": a sentence of another article holds the gold answer's words.
        assert not one.outside.answerable
        assert set(one.outside.in_place) == {False}
        assert one.outside.right[0]
    assert "all paragraphs, article in and out" in {progress.stage for progress in reported}


def test_an_answer_of_other_words_is_wrong_everywhere(tmp_path: Path) -> None:
    def elsewhere(question: LabelledQuestion) -> LabelledQuestion:
        start = question.context.index("The")
        return replace(question, answers=((start, "The"),)) if question.id == "goat1" else question

    one = next(one for one in answered(tmp_path, elsewhere) if one.question.id == "goat1")
    assert (False, 0.0) == (one.exact, one.f1)
    # The first sentence of the goat's paragraph is gold now, and the second is the one that answers.
    assert one.rank is not None
    assert one.rank > 1
    assert not one.inside.in_place[0]
    assert one.inside.right[0]  # "The" stands in every sentence


def test_the_same_half_goes_without_its_article(tmp_path: Path) -> None:
    found = answered(tmp_path)
    questions = [one.question for one in found]
    out = half_of(questions)
    assert 12 == len(out)
    assert out == half_of(questions[::-1])
    assert {"ferry", "bridge", "goat"} < {name.rstrip("012") for name in out}
    judged = half_without_article(found)
    assert [one.question.id not in out for one in found] == [one.answerable for one in judged]
    assert [one.outside if one.question.id in out else one.inside for one in found] == judged


def test_half_of_an_odd_number_is_the_smaller_half() -> None:
    questions = [LabelledQuestion(str(number), "t", "q?", "c", ()) for number in range(7)]
    assert [3, 0, 0] == [len(half_of(questions[:count])) for count in (7, 1, 0)]


def test_a_generation_without_an_article_searches_the_rest() -> None:
    texts = [f"The {name} leaves at noon.\nThe {name} is {colour}." for name, colour in NAMES]
    articles = [Article.from_draft(Draft(text, title=text[4:8])) for text in texts]
    spans = {text: split_lines(text) for text in texts}
    embedder = WordEmbedder()
    with index_articles(articles, embedder, ignore, spans) as (store, generation):
        numbers = {article.title: number for number, article in store.by_number(store.numbers()).items()}
        less = without_article(generation, numbers["ferr"])
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


class RecordingReader(KnownReader):
    """Records what it is given to read."""

    def __init__(self) -> None:
        self.asked: list[tuple[Question, Sequence[Passage]]] = []

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        self.asked.append((question, passages))
        return super().read(question, passages)


class EmptyReader:
    """Finds nothing."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        return Reading((), 0.0)


def asked(questions: Sequence[LabelledQuestion], reader: Reader, folder: Path) -> GoldContextResults:
    return ask_gold_contexts(
        questions, CachedEmbedder(WordEmbedder()), reader, ScoreConfidence(), 0.0, folder / "cache", ignore
    )


def test_the_gold_paragraph_is_read_whole_with_equal_scores(tmp_path: Path) -> None:
    questions = read_questions(write_dev(tmp_path) / QUESTIONS)
    reader = RecordingReader()
    found = asked(questions, reader, tmp_path)
    assert 24 == len(found) == len(reader.asked)
    texts = {one.question: one for one in questions}
    for question, [passage] in reader.asked:
        assert texts[question.text].context == passage.quote.text
        assert texts[question.text].title == passage.quote.article.title
        assert 3 == len(passage.hits)
        assert {0.0} == {hit.score for hit in passage.hits}
        assert 3 == len({hit.similarity for hit in passage.hits})


def test_a_long_paragraph_is_read_in_passages_of_ordinary_length(tmp_path: Path) -> None:
    sentences = [f"Boat number {number} leaves at noon with all of its passengers." for number in range(40)]
    context = " ".join(sentences)
    reader = RecordingReader()
    asked([LabelledQuestion("q", "Boats", "When does boat 3 leave?", context, ())], reader, tmp_path)
    [(_, passages)] = reader.asked
    assert len(passages) > 1
    assert all(len(passage.quote.text) <= PASSAGE_LENGTH for passage in passages)
    assert sentences == [hit.sentence.text for passage in passages for hit in passage.hits]
    assert context == " ".join(passage.quote.text for passage in passages)


def test_a_question_that_is_there_twice_is_read_once(tmp_path: Path) -> None:
    questions = read_questions(write_dev(tmp_path) / QUESTIONS)
    both = [*questions, *read_questions(tmp_path / UNANSWERABLE)]
    reader = RecordingReader()
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


def test_forbidden_characters_of_a_paragraph_do_no_harm(tmp_path: Path) -> None:
    one = LabelledQuestion("q", "Boats", "When does it leave?", " \ufeff\x07It leaves \ud800at nine.\r\n", ())
    assert "at nine" == asked([one], KnownReader(), tmp_path)[one.question, one.context].words


def test_a_reader_that_finds_nothing_has_the_lowest_scores(tmp_path: Path) -> None:
    questions = read_questions(write_dev(tmp_path) / QUESTIONS)[:2]
    assert {GoldContextResult(None, -np.inf, -np.inf, 0.0)} == set(asked(questions, EmptyReader(), tmp_path).values())


@pytest.mark.parametrize("text", ["?", ""])
def test_an_empty_question_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidQuestion):
        asked([LabelledQuestion("q", "Boats", text, "It leaves at nine.", ())], KnownReader(), tmp_path)
