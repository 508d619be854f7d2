import numpy as np
import pytest

from eval.benchmark_corpus import Prepared
from index.embedding.embedder import Embedder
from tests.embedder_contract import EmbedderContract
from tests.fakes import WordEmbedder


class Asked(WordEmbedder):
    """Remembers the questions that it embedded."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []

    def embed_question(self, question: str) -> np.ndarray:
        self.questions.append(question)
        return super().embed_question(question)


class TestPrepared(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        prepared = Prepared(WordEmbedder())
        prepared.add("Snow closed the pass.")
        return prepared


def test_a_prepared_question_is_embedded_once() -> None:
    behind = Asked()
    prepared = Prepared(behind)
    for _ in range(3):
        prepared.add("When?")
        np.testing.assert_array_equal(WordEmbedder().embed_question("When?"), prepared.embed_question("When?"))
    assert ["When?"] == behind.questions


def test_an_unprepared_question_is_embedded_when_asked() -> None:
    behind = Asked()
    np.testing.assert_array_equal(WordEmbedder().embed_question("Why?"), Prepared(behind).embed_question("Why?"))
    assert ["Why?"] == behind.questions


def test_the_model_is_the_one_behind() -> None:
    assert ("words@1", 64) == (Prepared(WordEmbedder()).model_id, Prepared(WordEmbedder()).dimension)
