from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus.errors import InvalidQuestion
from corpus.store.article_store import ArticleStore
from eval.asking import Asker, Found
from eval.benchmark_corpus import indexed
from eval.dev_set import DevSet
from index.generations.generation import Generation
from qa.reader.base import SentenceReader
from qa.retriever import HybridRetriever
from qa.service import MAX_ANSWERS, QAService
from qa.types import Reading
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import ScoreConfidence, write_dev


@dataclass
class Known:
    """A source that has one generation."""

    current: Generation

    def generation(self) -> Generation:
        return self.current


@dataclass
class Parts:
    dev: DevSet
    asker: Asker
    generation: Generation


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    dev = DevSet.read(write_dev(tmp_path_factory.mktemp("data")))
    with indexed(dev.paragraphs.articles(), WordEmbedder(), ignore, dev.spans) as (store, generation):
        yield Parts(dev, asker_of(store), generation)


def asker_of(store: ArticleStore) -> Asker:
    return Asker(HybridRetriever(WordEmbedder(), store), SentenceReader(), ScoreConfidence())


def test_it_answers_as_the_service_does(parts: Parts) -> None:
    asker = parts.asker
    service = QAService(Known(parts.generation), asker.retriever, asker.reader, asker.confidence, threshold=0.0)
    for question in [one.question for one in parts.dev.questions] + ["  who painted   the goat ", "snow"]:
        expected = [(one.span, one.confidence) for one in service.ask(question, top_k=MAX_ANSWERS).answers]
        found = asker.ask(parts.generation, question)
        spans = [one.span for one in found.reading.candidates]
        assert expected == list(zip(spans, found.confidences, strict=False))
        assert (expected[0][0].text, expected[0][1]) == (found.words, found.confidence)


def test_sentences_are_in_the_order_of_the_reading_and_then_the_other_hits(parts: Parts) -> None:
    found = parts.asker.ask(parts.generation, "When does the ferry open?")
    sentences = found.sentences()
    assert 24 == len(found.hits) == len(set(sentences)) == len(sentences)
    assert [one.sentence for one in found.reading.candidates] == sentences[: len(found.reading.candidates)]
    backwards = Found(found.hits, Reading((), 0.0, tuple(sentences[2:0:-1])), ())
    assert [sentences[place] for place in (2, 1, 0, 3)] == backwards.sentences()[:4]


def test_given_hits_are_read_all_of_them(parts: Parts) -> None:
    hits = parts.asker.ask(parts.generation, "When does the ferry open?").hits
    found = parts.asker.read(parts.generation, "When does the ferry open?", hits[:12])
    assert [hit.sentence for hit in hits[:12]] == [one.sentence for one in found.reading.candidates]


def test_where_nothing_is_found_there_is_no_best(parts: Parts) -> None:
    found = parts.asker.read(parts.generation, "When does the ferry open?", [])
    assert (None, None, 0.0, []) == (found.best, found.words, found.confidence, found.sentences())


def test_what_is_no_question_is_refused(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(InvalidQuestion):
        parts.asker.ask(parts.generation, "?")
