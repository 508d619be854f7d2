import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import clean_text
from corpus.errors import UnreadableDocument
from eval.benchmark_corpus import (
    QUESTIONS,
    SENTENCES,
    WORKERS,
    CachedEmbedder,
    DevSet,
    Paragraphs,
    index_articles,
    map_in_threads,
)
from eval.datasets import GoldSentence, LabelledQuestion, read_questions
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from qa.types import Quote
from tests.embedder_contract import EmbedderContract
from tests.fakes import CountingEmbedder, WordEmbedder
from tests.indexing import ignore
from tests.question_sets import question_rows, sentence_rows, write, write_dev

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ODD = [
    *("\ufeff", "\x07", "\r\n", "\r", "\u2028", "\x85", "\v", "\ud800", "\u200b", "\u202e"),
    *("🦊", "e\u0301", " ", "\n\n"),
]
contexts = st.lists(st.sampled_from([*ODD, "noon", "Ferry", "."]), max_size=12).map(
    lambda parts: "".join([*parts, "x"])
)


def about(context: str, *answers: tuple[int, str], title: str = "Harbour") -> LabelledQuestion:
    return LabelledQuestion("q", title, "When?", context, answers)


def test_paragraphs_of_a_title_are_one_article() -> None:
    one, two, three = about("At noon."), about("A goat.", title="Town"), about("At night.")
    paragraphs = Paragraphs.of([one, two, one, three])
    assert {"Harbour": "At noon.\n\nAt night.", "Town": "A goat."} == paragraphs.texts
    assert ["Harbour", "Town"] == [article.title for article in paragraphs.articles()]
    assert {("Harbour", "At noon."): 0, ("Town", "A goat."): 1, ("Harbour", "At night."): 2} == paragraphs.number


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("form", ["{}at noon", "at{}noon", "at noon{}", "{0}{0}at {0} noon{0}"])
def test_answers_keep_their_places_among_odd_characters(odd: str, form: str) -> None:
    context = form.format(odd)
    place = context.index("noon")
    questions = [about(context, (place, "noon")), about(f"{context} again", (place, "noon"))]
    paragraphs = Paragraphs.of(questions)
    [article] = paragraphs.articles()
    for question in questions:
        [(start, end)] = paragraphs.answer_spans(question)
        assert "noon" == article.text[start:end]


@given(st.lists(contexts, min_size=1, max_size=5, unique=True))
def test_every_visible_character_keeps_its_place(texts: list[str]) -> None:
    paragraphs = Paragraphs.of([about(text) for text in texts])
    [article] = paragraphs.articles()
    assert article.text == paragraphs.texts["Harbour"]
    assert article.text == clean_text(article.text)
    for text in texts:
        offset = paragraphs.offset[paragraphs.number["Harbour", text]]
        for place, character in enumerate(text):
            if character in "noonFerry.x🦊":
                assert character == article.text[offset + place]


def test_a_paragraph_of_two_articles_is_in_both() -> None:
    questions = [about("At noon.", (3, "noon"), title=title) for title in ("One", "Two")]
    paragraphs = Paragraphs.of([about("Before.", title="Two"), *questions])
    for question in questions:
        [(start, end)] = paragraphs.answer_spans(question)
        assert "noon" == paragraphs.texts[question.title][start:end]


def test_sentence_spans_are_offsets_into_the_article() -> None:
    paragraphs = Paragraphs.of([about(" At noon. Or so."), about("A goat.", title="Town"), about("At night.")])
    spans = paragraphs.sentence_spans(
        [GoldSentence(2, 0, 9), GoldSentence(1, 0, 7), GoldSentence(0, 10, 16), GoldSentence(0, 1, 9)]
    )
    found = {text: [text[start:end] for start, end in own] for text, own in spans.items()}
    assert {"At noon. Or so.\n\nAt night.": ["At noon.", "Or so.", "At night."], "A goat.": ["A goat."]} == found


def test_the_given_sentences_are_indexed_or_those_of_the_splitter() -> None:
    paragraphs = Paragraphs.of([about("At noon. Or so. Perhaps.")])
    spans = paragraphs.sentence_spans([GoldSentence(0, 0, 15), GoldSentence(0, 16, 24)])
    with index_articles(paragraphs.articles(), CountingEmbedder(), ignore, spans) as (store, generation):
        assert 1 == store.count()
        assert [(0, 15), (16, 24)] == [(int(row["start"]), int(row["end"])) for row in generation.spans]
    with index_articles(paragraphs.articles(), CountingEmbedder(), ignore) as (_, generation):
        assert 3 == len(generation.spans)


def test_a_folder_caches_vectors_between_runs(tmp_path: Path) -> None:
    articles = Paragraphs.of([about("It is noon. It is night.")]).articles()
    first, second = CountingEmbedder(), CountingEmbedder()
    for embedder in (first, second):
        with index_articles(articles, embedder, ignore, folder=tmp_path / "cache"):
            pass
    assert first.embedded > 0
    assert 0 == second.embedded
    assert ["embeddings.sqlite"] == [path.name for path in (tmp_path / "cache").iterdir()]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the data folder {DATA} is missing")
def test_the_answers_of_squad_keep_their_places() -> None:
    questions = read_questions(DATA / "dev/squad_dev_v1.1.jsonl.gz")
    paragraphs = Paragraphs.of(questions)
    assert (2067, 48) == (len(paragraphs.number), len(paragraphs.texts))
    texts = {article.title: article.text for article in paragraphs.articles()}
    assert texts == paragraphs.texts
    for question in questions:
        for (start, end), (_, words) in zip(paragraphs.answer_spans(question), question.answers, strict=True):
            assert words.replace("\ufeff", " ") == texts[question.title][start:end]


class QuestionRecorder(WordEmbedder):
    """Remembers the questions that it embedded."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []

    def embed_question(self, question: str) -> np.ndarray:
        self.questions.append(question)
        return super().embed_question(question)


class TestCachedEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        cached = CachedEmbedder(WordEmbedder())
        cached.cache("Snow closed the pass.")
        return cached


def test_a_cached_question_is_embedded_once_and_another_when_asked() -> None:
    wrapped = QuestionRecorder()
    cached = CachedEmbedder(wrapped)
    assert ("words@1", 64) == (cached.model_id, cached.dimension)
    for _ in range(3):
        cached.cache("When?")
        np.testing.assert_array_equal(WordEmbedder().embed_question("When?"), cached.embed_question("When?"))
    assert ["When?"] == wrapped.questions
    np.testing.assert_array_equal(WordEmbedder().embed_question("Why?"), cached.embed_question("Why?"))
    assert ["When?", "Why?"] == wrapped.questions


def test_results_are_in_the_order_of_the_items() -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (5 - item % 5))
        return item * 2

    assert [item * 2 for item in range(20)] == map_in_threads(work, range(20), "work", ignore)


def test_progress_is_reported_every_20_items() -> None:
    reported: list[Progress] = []
    map_in_threads(str, range(45), "work", reported.append)
    assert [Progress("work", done, 45) for done in (0, 20, 40)] == reported
    assert [] == map_in_threads(str, [], "work", ignore)


def test_the_first_error_stops_the_work() -> None:
    asked: list[int] = []
    started = threading.Event()

    def work(item: int) -> None:
        asked.append(item)
        if item == 3:
            started.set()
            raise ValueError("broken")
        if item > 3:
            started.wait(5)
            time.sleep(0.01)

    with pytest.raises(ValueError, match="broken"):
        map_in_threads(work, range(1000), "work", ignore)
    assert len(asked) <= 100 * WORKERS


def quotes(dev: DevSet, question: LabelledQuestion) -> list[Quote]:
    article = next(one for one in dev.paragraphs.articles() if one.text == dev.text(question))
    return [Quote(article, *span) for span in dev.spans[article.text]]


def test_the_gold_sentence_is_the_one_with_the_answer(tmp_path: Path) -> None:
    dev = DevSet.read(write_dev(tmp_path))
    for question in dev.questions:
        [span] = dev.gold(question)
        assert question.answers[0][1] in dev.text(question)[slice(*span)]


def test_the_rank_is_that_of_the_first_gold_sentence(tmp_path: Path) -> None:
    dev = DevSet.read(write_dev(tmp_path))
    ferry, bridge = dev.questions[0], dev.questions[3]
    own, others = quotes(dev, ferry), quotes(dev, bridge)
    assert (1, 2, 3) == tuple(dev.rank(ferry, sentences) for sentences in (own, own[1::-1], own[::-1]))
    # The same span of another article is another sentence.
    assert (None, 4, None) == tuple(dev.rank(ferry, sentences) for sentences in (others, others + own, []))


def test_questions_without_a_gold_sentence_are_left_out(tmp_path: Path) -> None:
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
