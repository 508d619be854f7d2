import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import CorruptIndex, OtherVersion
from index.generations import manifest as module
from index.generations.generation import Generation
from index.generations.manifest import FileMark, GenerationManifest
from tests.fakes import WordEmbedder
from tests.indexing import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path_factory.mktemp("generation"))
    articles = workspace.add_many(0, 40)
    workspace.update()
    workspace.add_many(40, 6)
    workspace.add("Ship3 and ship3 again\nA whale was seen")
    workspace.store.delete(articles[3].id)
    workspace.store.delete(articles[20].id)
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Generation:
    return workspace.update()


@pytest.fixture
def copy(built: Generation, tmp_path: Path) -> Path:
    shutil.copytree(built.folder, tmp_path / "copy")
    return tmp_path / "copy"


def assert_same(left: Generation, right: Generation) -> None:
    assert left.manifest == right.manifest
    np.testing.assert_array_equal(left.spans, right.spans)
    np.testing.assert_array_equal(left.live, right.live)
    rows = np.arange(len(left.spans))
    np.testing.assert_array_equal(left.take(rows), right.take(rows))


def test_a_generation_is_the_same_wherever_it_is_opened(built: Generation, copy: Path) -> None:
    assert_same(built, Generation.open(copy))
    sharing = Generation.open(copy, built)
    assert_same(built, sharing)
    assert all(a is b for a, b in zip(built.segments, sharing.segments, strict=True)), "held in memory once"


def test_the_manifest_counts_live_sentences(workspace: Workspace, built: Generation) -> None:
    assert (45, 45 * 3 - 1) == (built.manifest.articles, built.manifest.sentences)
    assert workspace.store.numbers() == built.article_numbers.tolist()
    assert len(built.spans) > built.manifest.sentences, "deleted sentences are still in the files"
    assert len(built.segments) > 1
    assert not built.allowed(built.tombstones.tolist()).any()


def test_live_articles_are_found_among_others(built: Generation) -> None:
    live, everyone = built.article_numbers, np.unique(built.articles)
    assert len(live) < len(everyone)
    asked = [0, *everyone.tolist(), everyone[-1] + 1]
    assert live.tolist() == built.live_among(asked).tolist()
    assert live[3:5].tolist() == built.live_among(live[3:5].tolist()).tolist()
    assert [] == built.live_among([]).tolist()


def every_file(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize("bit", [0, 5])
def test_a_flipped_bit_in_any_file_is_noticed(copy: Path, bit: int) -> None:
    for path in every_file(copy):
        whole = path.read_bytes()
        for place in sorted({0, len(whole) // 3, len(whole) // 2, len(whole) - 1}):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :])
            with pytest.raises(CorruptIndex):
                Generation.open(copy)
        path.write_bytes(whole)
    Generation.open(copy)


def test_a_flipped_bit_anywhere_in_the_manifest_is_noticed(copy: Path) -> None:
    path = copy / "manifest.json"
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :])
        with pytest.raises(CorruptIndex, match=r"manifest\.json"):
            GenerationManifest.read(copy)


def test_a_truncated_emptied_or_missing_file_is_noticed(copy: Path) -> None:
    for path in every_file(copy):
        whole = path.read_bytes()
        for content in (b"", whole[:-1], whole + b"\0"):
            path.write_bytes(content)
            with pytest.raises(CorruptIndex, match=str(copy)):
                Generation.open(copy)
        path.unlink()
        with pytest.raises(CorruptIndex, match=path.name):
            Generation.open(copy)
        path.write_bytes(whole)
    Generation.open(copy)


def test_damage_is_noticed_in_a_file_that_was_checked_before(built: Generation, copy: Path) -> None:
    before = Generation.open(copy)
    path = next(copy.glob("*.vectors.npy"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CorruptIndex, match=path.name):
        Generation.open(copy, before)


def test_files_that_were_checked_are_not_read_again(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Generation.open(copy)
    read: list[Path] = []

    def mark(path: Path) -> FileMark:
        read.append(path)
        return FileMark(0, "")

    monkeypatch.setattr(module, "_mark", mark)  # nothing else shows which files are read
    moved = copy.rename(copy.with_name("moved"))
    Generation.open(moved, before)
    assert [] == read


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b'{"format": 1}'])
def test_a_manifest_that_is_none_is_corrupt(copy: Path, content: bytes) -> None:
    (copy / "manifest.json").write_bytes(content)
    with pytest.raises(CorruptIndex):
        Generation.open(copy)


def test_another_format_is_of_another_version(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = json.loads((copy / "manifest.json").read_text())
    del fields["checksum"]
    fields |= {"format": 99, "files": ["quite", "different"]}
    (copy / "manifest.json").write_text(json.dumps({"checksum": module._checksum(fields), **fields}))
    with pytest.raises(OtherVersion, match=r"format 99.*[Rr]ebuild"):
        Generation.open(copy)


def test_a_generation_knows_where_it_is(built: Generation, copy: Path) -> None:
    here = Generation.open(copy)
    assert here.is_at(copy)
    assert not here.is_at(built.folder)
    assert not here.is_at(copy / "nowhere")
    (copy / "manifest.json").write_text("changed")
    assert not here.is_at(copy)


QUESTIONS = ["ship3", "load1 harbour2", "whale", "carried to harbour4 by ship12"]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("k", [1, 7, 500])
@pytest.mark.parametrize("every", [None, 1, 2, 9, 40])
def test_vector_search_is_brute_force_over_what_is_allowed(
    built: Generation, workspace: Workspace, question: str, k: int, every: int | None
) -> None:
    vector = 3 * WordEmbedder().embed_question(question)
    allowed = None if every is None else built.allowed(workspace.store.numbers()[::every])
    rows, scores = built.search_vectors(vector, k, allowed)
    candidates = np.flatnonzero(built.live if allowed is None else allowed)
    products = built.take(candidates) @ vector
    np.testing.assert_allclose(np.sort(products)[::-1][:k], scores, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(built.similarities(vector, rows), scores, rtol=1e-5, atol=1e-6)
    assert set(rows.tolist()) <= set(candidates.tolist())
    assert len(set(rows.tolist())) == len(rows) == min(k, len(candidates))


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("k", [1, 7, 500])
@pytest.mark.parametrize("every", [None, 1, 2, 9, 40])
def test_keyword_search_is_the_whole_ranking_less_what_is_not_allowed(
    built: Generation, workspace: Workspace, question: str, k: int, every: int | None
) -> None:
    allowed = None if every is None else built.allowed(workspace.store.numbers()[::every])
    mask = built.live if allowed is None else allowed
    keys, scores = built.keywords.search(question, 10_000)
    expected = [(score, row) for score, row in zip(scores, built.rows(keys), strict=True) if mask[row]][:k]
    rows, found_scores = built.search_keywords(question, k, allowed)
    np.testing.assert_allclose([score for score, _ in expected], found_scores, rtol=1e-6)
    assert all(mask[rows])
    assert len(expected) == len(set(rows.tolist()))


def test_nothing_allowed_finds_nothing(built: Generation) -> None:
    nothing = built.allowed([])
    assert [] == built.search_keywords("ship3", 5, nothing)[0].tolist()
    assert [] == built.search_vectors(WordEmbedder().embed_question("ship3"), 5, nothing)[0].tolist()


def test_a_few_rows_are_those_of_all_of_them(built: Generation) -> None:
    rows = np.array([len(built.spans) - 1, 0, 7, 7, len(built.segments[0]), len(built.segments[0]) - 1])
    np.testing.assert_array_equal(built.spans[rows], built.spans_at(rows))
    np.testing.assert_array_equal(built.articles[rows], built.articles_at(rows))
    np.testing.assert_array_equal(rows, built.rows(built.spans["key"][rows]))
    expected = [(int(built.articles[row]), *built.spans[row].item()[1:]) for row in rows]
    assert expected == [built.sentence(int(row)) for row in rows]
    assert (len(built.spans), built.live.sum()) == (built.row_count, built.live_count)
    assert [] == built.spans_at(np.empty(0, np.int64)).tolist()


def test_the_sentences_of_an_article_are_those_of_its_rows(built: Generation) -> None:
    numbers = built.articles
    for number in np.unique(numbers).tolist():
        spans = built.spans[numbers == number]
        assert [span[1:] for span in spans.tolist()] == built.article_spans(number)
    assert [] == built.article_spans(int(numbers.max()) + 1)


def test_segments_that_are_not_in_order_are_corrupt(copy: Path) -> None:
    manifest = GenerationManifest.read(copy)
    replace(manifest, segments=manifest.segments[::-1]).write(copy)
    with pytest.raises(CorruptIndex, match="do not hold the same sentences"):
        Generation.open(copy)
