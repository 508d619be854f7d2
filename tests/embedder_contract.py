"""What any Embedder must do. Subclass EmbedderContract as a Test class with an `embedder` fixture."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.embedding.embedder import Embedder

SENTENCES = [
    "The lighthouse keeper counted eleven ships before breakfast.",
    "Snow closed the pass.",
    "Which ships did the keeper count?",
    "The mayor opened a swimming pool on the roof of the old brewery, and forty children jumped in at once.",
    "Tea costs two crowns.",
    "Nobody knows who painted the ceiling of the waiting room, though three families claim an ancestor did.",
]
ODD = [
    "",
    " ",
    "\n\n",
    "?!",
    "\x00",
    "🚲",
    "電車は遅れています。",
    "e\u0301",
    "\ud800",
    "a" * 5000,
    "rain " * 5000,
    "\u202eabc",
]


class EmbedderContract:
    """`same` is the least cosine of two embeddings of one text: 8-bit models vary a little with their batch."""

    same = 0.9999

    def test_vectors_have_the_stated_shape_and_type(self, embedder: Embedder) -> None:
        vectors = embedder.embed(SENTENCES)
        assert (len(SENTENCES), embedder.dimension) == vectors.shape
        assert np.float32 == vectors.dtype

    def test_no_texts_give_no_rows(self, embedder: Embedder) -> None:
        assert (0, embedder.dimension) == embedder.embed([]).shape

    def test_vectors_are_unit(self, embedder: Embedder) -> None:
        norms = np.linalg.norm(embedder.embed([*SENTENCES, *ODD]), axis=1)
        np.testing.assert_allclose(norms, 1, atol=1e-4)

    def test_order_is_that_of_the_texts(self, embedder: Embedder) -> None:
        forth = embedder.embed(SENTENCES)
        back = embedder.embed(SENTENCES[::-1])[::-1]
        assert list(range(len(SENTENCES))) == (forth @ back.T).argmax(axis=1).tolist()
        self.assert_same(forth, back)

    def test_one_by_one_is_as_all_at_once(self, embedder: Embedder) -> None:
        texts = [*SENTENCES, *ODD] * 3
        self.assert_same(embedder.embed(texts), np.concatenate([embedder.embed([text]) for text in texts]))

    def test_the_same_call_gives_the_same_vectors(self, embedder: Embedder) -> None:
        np.testing.assert_array_equal(embedder.embed(SENTENCES), embedder.embed(SENTENCES))

    @pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:12]))
    def test_odd_texts_have_finite_vectors(self, embedder: Embedder, text: str) -> None:
        assert np.isfinite(embedder.embed([text])).all()
        assert np.isfinite(embedder.embed_question(text)).all()

    def test_a_question_is_embedded_as_a_text(self, embedder: Embedder) -> None:
        questions = np.stack([embedder.embed_question(text) for text in SENTENCES])
        assert (len(SENTENCES), embedder.dimension) == questions.shape
        self.assert_same(embedder.embed(SENTENCES), questions)

    def test_different_texts_differ(self, embedder: Embedder) -> None:
        vectors = embedder.embed(SENTENCES)
        likeness = vectors @ vectors.T - np.eye(len(SENTENCES))
        assert likeness.max() < 0.95

    def test_progress_adds_up_to_the_number_of_texts(self, embedder: Embedder) -> None:
        heard: list[int] = []
        embedder.embed(SENTENCES * 20, heard.append)
        assert len(SENTENCES) * 20 == sum(heard)
        assert min(heard) > 0

    def test_threads_do_not_disturb_each_other(self, embedder: Embedder) -> None:
        expected = embedder.embed(SENTENCES)
        questions = [SENTENCES[number % len(SENTENCES)] for number in range(60)]
        with ThreadPoolExecutor(6) as pool:
            building = [pool.submit(embedder.embed, SENTENCES * 8) for _ in range(3)]
            asked = np.stack(list(pool.map(embedder.embed_question, questions)))
        self.assert_same(np.tile(expected, (10, 1)), asked)
        for built in building:
            self.assert_same(np.tile(expected, (8, 1)), built.result())

    def test_the_model_has_a_name(self, embedder: Embedder) -> None:
        assert embedder.model_id.strip() != ""

    def assert_same(self, left: np.ndarray, right: np.ndarray) -> None:
        assert left.shape == right.shape
        assert (left * right).sum(axis=1).min() >= self.same
