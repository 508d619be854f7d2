import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import OtherVersion, StorageProblem
from index.embedding.cache import CHUNK, EmbeddingCache
from tests.fakes import CountingEmbedder, WordEmbedder

TEXTS = [f"sentence number {number}" for number in range(30)]


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def cache(tmp_path: Path, embedder: CountingEmbedder) -> Iterator[EmbeddingCache]:
    cache = EmbeddingCache(tmp_path / "e.sqlite", embedder)
    yield cache
    cache.close()


def test_vectors_are_those_of_the_embedder_known_or_not(cache: EmbeddingCache) -> None:
    expected = WordEmbedder().embed(TEXTS)
    cache.embed(TEXTS[::2])
    np.testing.assert_array_equal(expected, cache.embed(TEXTS))
    np.testing.assert_array_equal(expected[::-1], cache.embed(TEXTS[::-1]))


def test_a_text_is_embedded_once(cache: EmbeddingCache, embedder: CountingEmbedder) -> None:
    cache.embed([*TEXTS, *TEXTS])
    cache.embed(TEXTS)
    assert len(TEXTS) == embedder.embedded


@pytest.mark.parametrize(("model_id", "embedded"), [("words@1", 0), ("words@2", len(TEXTS))])
def test_vectors_outlive_the_process_and_are_of_one_model(
    tmp_path: Path, cache: EmbeddingCache, model_id: str, embedded: int
) -> None:
    cache.embed(TEXTS)
    with closing(EmbeddingCache(tmp_path / "e.sqlite", CountingEmbedder(model_id))) as later:
        later.embed(TEXTS)
        assert isinstance(later.embedder, CountingEmbedder)
        assert embedded == later.embedder.embedded


@pytest.mark.parametrize("texts", [[], ["\ud800 fox"]])
def test_no_text_and_half_a_character_are_embedded_too(cache: EmbeddingCache, texts: list[str]) -> None:
    assert (len(texts), 64) == cache.embed(texts).shape


def test_vectors_of_former_exports_are_deleted_in_parts(
    tmp_path: Path, cache: EmbeddingCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.embedding.cache._DELETED_AT_ONCE", 12)
    remaining: list[int] = []

    def counts() -> list[tuple[str, int]]:
        query = "SELECT model_id, count(text_hash) FROM models LEFT JOIN vectors ON model = number GROUP BY model_id"
        with closing(sqlite3.connect(tmp_path / "e.sqlite")) as db:
            return db.execute(query).fetchall()

    cache.embed(TEXTS)
    with closing(EmbeddingCache(tmp_path / "e.sqlite", CountingEmbedder("others@1"))) as others:
        others.embed(TEXTS[:2])
    with closing(EmbeddingCache(tmp_path / "e.sqlite", CountingEmbedder("words@2", ["words@0", "words@1"]))) as newer:
        newer.embed(TEXTS[:3])
        newer.delete_former(lambda: remaining.append(dict(counts())["words@1"]))
        assert [("others@1", 2), ("words@2", 3)] == counts()
    assert [18, 6, 0] == remaining
    cache.delete_former()  # which has none
    assert [("others@1", 2), ("words@2", 3)] == counts()


def test_each_attempt_that_is_given_up_at_a_checkpoint_gets_further(
    cache: EmbeddingCache, embedder: CountingEmbedder
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    texts = [f"sentence {number}" for number in range(CHUNK + 9)]
    for embedded in (CHUNK, len(texts)):
        with pytest.raises(KeyboardInterrupt):
            cache.embed(texts, checkpoint=stop)
        assert embedded == embedder.embedded
    cache.embed(texts, checkpoint=stop)
    assert len(texts) == embedder.embedded


@pytest.mark.parametrize("known", [0, 7, 30])
def test_progress_adds_up_to_the_number_of_texts(cache: EmbeddingCache, known: int) -> None:
    cache.embed(TEXTS[:known])
    heard: list[int] = []
    cache.embed([*TEXTS, *TEXTS], heard.append)
    assert 2 * len(TEXTS) == sum(heard)


def test_an_interrupted_run_keeps_what_it_finished(cache: EmbeddingCache, embedder: CountingEmbedder) -> None:
    texts = [f"sentence {number}" for number in range(CHUNK + 10)]
    done = 0

    def give_up(more: int) -> None:
        nonlocal done
        done += more
        if done > CHUNK + 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        cache.embed(texts, give_up)
    embedder.embedded = 0
    cache.embed(texts)
    assert 10 == embedder.embedded


def test_a_vector_of_another_length_is_computed_again(tmp_path: Path, cache: EmbeddingCache) -> None:
    expected = cache.embed(TEXTS)
    with sqlite3.connect(tmp_path / "e.sqlite") as db:
        db.execute("UPDATE vectors SET vector = x'00'")
    db.close()
    np.testing.assert_array_equal(expected, cache.embed(TEXTS))


def damaged(path: Path) -> None:
    """Overwrite a page of the table that has the vectors."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'vectors'").fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)


def test_a_file_that_is_no_cache_is_put_away_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, content = tmp_path / "broken.sqlite", b"this is no database, whatever its name says" * 100
    path.write_bytes(content)
    with closing(EmbeddingCache(path, WordEmbedder())) as cache:
        np.testing.assert_array_equal(WordEmbedder().embed(TEXTS), cache.embed(TEXTS))
    assert content == (tmp_path / "broken.sqlite.damaged").read_bytes()
    assert f"{path} is damaged (file is not a database): put away as broken.sqlite.damaged" in caplog.text
    counting = CountingEmbedder()
    with closing(EmbeddingCache(path, counting)) as cache:
        cache.embed(TEXTS)
    assert 0 == counting.embedded


def test_a_cache_that_is_damaged_is_made_anew(tmp_path: Path, embedder: CountingEmbedder) -> None:
    path, texts = tmp_path / "e.sqlite", [f"sentence {number}" for number in range(2 * CHUNK)]
    with closing(EmbeddingCache(path, embedder)) as cache:
        expected = cache.embed(texts)
    damaged(path)
    with closing(EmbeddingCache(path, embedder)) as cache:
        for _ in range(2):
            np.testing.assert_array_equal(expected, cache.embed(texts))
    assert 2 * len(texts) == embedder.embedded, "once before, once after"
    assert (tmp_path / "e.sqlite.damaged").is_file()


def test_a_cache_that_is_damaged_while_it_is_open_is_made_anew(tmp_path: Path, embedder: CountingEmbedder) -> None:
    path = tmp_path / "e.sqlite"
    with closing(EmbeddingCache(path, embedder)) as cache:
        expected = cache.embed(TEXTS)
        damaged(path)
        for _ in range(2):
            np.testing.assert_array_equal(expected, cache.embed(TEXTS))


def test_a_folder_in_place_of_a_cache_is_a_storage_problem_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "e.sqlite").mkdir()
    with pytest.raises(StorageProblem, match=r"e\.sqlite can't be used: .* It must be a file"):
        EmbeddingCache(tmp_path / "e.sqlite", WordEmbedder())


def test_a_cache_of_another_version_may_be_deleted(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "e.sqlite")) as db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(OtherVersion, match=r"e\.sqlite .*format 9.* Delete the file: what it holds is made again"):
        EmbeddingCache(tmp_path / "e.sqlite", WordEmbedder())
