"""What any Reader must do. Subclass ReaderContract as a Test class with a `reader` fixture."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from corpus.article import Article, Draft
from qa.reader.base import Reader
from qa.types import Hit, Passage, Quote
from tests.indexing import split_lines
from tests.questions import as_question

HARBOUR = Article.from_draft(
    Draft(
        "The ferry leaves at noon from the northern pier.\nIt carries bicycles for two crowns.\n"
        "Dogs travel free.\n🦊 Foxes pay e\u0301ven more: 電車は遅れています。"
    )
)
TOWN = Article.from_draft(
    Draft("Mayor Amina Farouk opened a swimming pool on 3 March.\nForty children jumped in at once.")
)
QUESTIONS = [
    "When does the ferry leave?",
    "WHO OPENED THE POOL",
    "how much is a bicycle",
    "",
    " ",
    "?!",
    "\x00",
    "🦊",
    "電車",
    "\ud800",
    "a" * 5000,
    "ferry " * 2000,
    '"ferry AND (',
    "<script>ferry</script>",
]


def passage(article: Article, *scores: float | None) -> Passage:
    """A passage of an article's first lines, with a hit for every line that has a score."""
    lines = tuple(Quote(article, *line) for line in split_lines(article.text)[: len(scores)])
    hits = [
        Hit(line, row, score, score, 0.0)
        for row, (line, score) in enumerate(zip(lines, scores, strict=True))
        if score is not None
    ]
    best_first = sorted(hits, key=lambda hit: -hit.score)
    return Passage(Quote(article, lines[0].start, lines[-1].end), tuple(best_first), lines)


PASSAGES = [passage(HARBOUR, 0.6, 0.9, None, 0.2), passage(TOWN, 0.7, 0.1)]


class ReaderContract:
    @pytest.mark.parametrize("question", QUESTIONS, ids=lambda text: ascii(text[:12]))
    def test_any_text_is_a_question(self, reader: Reader, question: str) -> None:
        self.assert_well_formed(reader, question)

    def test_candidates_are_best_first(self, reader: Reader) -> None:
        scores = [candidate.score for candidate in reader.read(as_question(QUESTIONS[0]), PASSAGES).candidates]
        assert sorted(scores, reverse=True) == scores
        assert scores != []

    def test_no_passages_have_no_candidates(self, reader: Reader) -> None:
        assert () == reader.read(as_question(QUESTIONS[0]), []).candidates

    def test_no_candidate_is_there_twice(self, reader: Reader) -> None:
        spans = [candidate.span for candidate in reader.read(as_question(QUESTIONS[0]), PASSAGES).candidates]
        assert len(set(spans)) == len(spans)

    def test_the_passages_alone_are_read_as_they_are_together(self, reader: Reader) -> None:
        together = {
            one.span: one.no_answer_margin for one in reader.read(as_question(QUESTIONS[0]), PASSAGES).candidates
        }
        alone = {
            one.span: one.no_answer_margin
            for own in PASSAGES
            for one in reader.read(as_question(QUESTIONS[0]), [own]).candidates
        }
        assert together.items() <= alone.items()  # equal answers of two passages are one together

    def test_the_same_question_is_read_the_same(self, reader: Reader) -> None:
        assert reader.read(as_question(QUESTIONS[1]), PASSAGES) == reader.read(as_question(QUESTIONS[1]), PASSAGES)

    def test_threads_do_not_disturb_each_other(self, reader: Reader) -> None:
        expected = [reader.read(as_question(question), PASSAGES) for question in QUESTIONS]
        with ThreadPoolExecutor(6) as pool:
            assert expected * 3 == list(
                pool.map(lambda question: reader.read(as_question(question), PASSAGES), QUESTIONS * 3)
            )

    def assert_well_formed(self, reader: Reader, question: str) -> None:
        reading = reader.read(as_question(question), PASSAGES)
        sentences = {sentence for one in PASSAGES for sentence in one.sentences}
        for candidate in reading.candidates:
            assert candidate.sentence in sentences
            assert any(one.quote.covers(candidate.sentence) for one in PASSAGES)
            assert candidate.sentence.covers(candidate.span)
            assert candidate.span.text.strip() == candidate.span.text
            assert math.isfinite(candidate.score)
            assert math.isfinite(candidate.no_answer_margin)
            assert math.isfinite(candidate.answerability)
            assert candidate.sentence in reading.sentences
        assert sentences.issuperset(reading.sentences)
        assert len(reading.sentences) == len(set(reading.sentences))
        assert math.isfinite(reading.no_answer)
