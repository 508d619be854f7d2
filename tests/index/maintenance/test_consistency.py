import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.errors import NotFound
from corpus.text.sentences import split
from index.generations.builder import Builder
from index.generations.manifest import GenerationManifest, mark_files
from index.maintenance.consistency import ConsistencyReport, check, check_state
from index.search.indexed_sentences import PLACE_BITS, Span
from index.search.keywords import KeywordEntry, KeywordIndex
from index.search.segments import Segment, files
from index.search.vectors import VectorIndex
from index.state_folder import StateFolder
from tests.indexing import Workspace, ignore, split_lines

Change = Callable[[NDArray[Any]], NDArray[Any]]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Six articles of three sentences, one of them deleted since they were indexed, in segments and with tombstones."""
    workspace = Workspace.open(tmp_path)
    articles = workspace.add_many(0, 6)
    workspace.update()
    workspace.store.delete(articles[2].id)
    workspace.update()
    yield workspace
    workspace.close()


def checked(workspace: Workspace) -> ConsistencyReport:
    return check(workspace.store, workspace.repository, split_lines)


def current(workspace: Workspace) -> Path:
    return workspace.repository.path(workspace.repository.current() or 0)


def remade(folder: Path, **fields: object) -> None:
    """Write the manifest anew, so that it agrees with the files as they are."""
    replace(GenerationManifest.read(folder), files=mark_files(folder, {}), **fields).write(folder)  # type: ignore[arg-type]


def test_a_whole_index_has_no_problems(workspace: Workspace) -> None:
    generation = workspace.builder.open_current()
    assert generation is not None
    assert len(generation.tombstones) == 1, "a deleted article is part of what is checked"
    assert ConsistencyReport(2, 5, 15, len(generation.manifest.files), 0, ()) == checked(workspace)


def test_without_an_index_everything_is_pending(tmp_path: Path) -> None:
    with closing(Workspace.open(tmp_path)) as workspace:
        workspace.add_many(0, 3)
        assert ConsistencyReport(None, 3, 0, 0, 3, ()) == checked(workspace)


def test_what_is_added_or_deleted_since_is_pending(workspace: Workspace) -> None:
    added = workspace.add("The whale was seen")
    assert (1, ()) == (checked(workspace).pending, checked(workspace).problems)
    workspace.store.delete(next(iter(workspace.store.by_number(workspace.store.numbers()[:1]).values())).id)
    found = checked(workspace)
    assert (5, 2, ()) == (found.articles, found.pending, found.problems)
    workspace.store.delete(added.id)
    workspace.update()
    assert (4, 0, ()) == (checked(workspace).articles, checked(workspace).pending, checked(workspace).problems)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_every_damaged_file_is_named(workspace: Workspace, damage: Callable[[Path], None]) -> None:
    folder = current(workspace)
    names = [*GenerationManifest.read(folder).files, "manifest.json"]
    assert {".npy", ".json"} <= {Path(name).suffix for name in names}
    for name in names:
        content = (folder / name).read_bytes()
        if content:
            damage(folder / name)
            (line,) = checked(workspace).problems
            assert str(folder / name) in line
            (folder / name).write_bytes(content)
    assert () == checked(workspace).problems


def test_several_damaged_files_are_all_named(workspace: Workspace) -> None:
    folder = current(workspace)
    names = list(GenerationManifest.read(folder).files)[:3]
    for name in names:
        (folder / name).write_bytes(b"nothing")
    found = checked(workspace)
    assert [name in line for name, line in zip(names, found.problems, strict=True)] == [True] * 3
    assert (5, 0) == (found.articles, found.sentences)


# Indexes whose files are whole, and that are wrong all the same: as if a mistake in building had made them


def with_spans(workspace: Workspace, change: Change) -> None:
    """Change the spans of the first segment."""
    folder = current(workspace)
    path = folder / files(GenerationManifest.read(folder).segments[0])[0]
    spans = change(np.load(path))
    path.unlink()
    np.save(path, spans)
    remade(folder)


def with_end(workspace: Workspace, end: int) -> None:
    """Change the end of the second sentence."""

    def change(spans: NDArray[Any]) -> NDArray[Any]:
        spans[1]["end"] = end
        return spans

    with_spans(workspace, change)


def with_vectors(workspace: Workspace, change: Change) -> None:
    """Change the vectors of the first segment."""
    folder = current(workspace)
    path = folder / files(GenerationManifest.read(folder).segments[0])[1]
    vectors = VectorIndex.load(path)
    path.unlink()
    VectorIndex.from_vectors(change(vectors.take(np.arange(len(vectors))))).save(path)
    remade(folder)


def with_keywords(workspace: Workspace, keys: list[int]) -> None:
    folder = current(workspace)
    for path in (folder / "keywords").iterdir():
        path.unlink()
    entries = [KeywordEntry(key, key >> PLACE_BITS, "ship", "ship") for key in keys]
    KeywordIndex.create(folder / "keywords", entries)
    remade(folder)


def with_tombstones(workspace: Workspace, tombstones: list[int]) -> None:
    """Mark other articles as deleted, in all files alike."""
    folder = current(workspace)
    (folder / "dead.npy").unlink()
    np.save(folder / "dead.npy", np.array(tombstones, np.int64))
    segment = Segment.load(folder, GenerationManifest.read(folder).segments[0])
    live = [int(key) for key in segment.spans["key"] if int(key) >> PLACE_BITS not in tombstones]
    remade(folder, sentences=len(live), articles=len({key >> PLACE_BITS for key in live}))
    with_keywords(workspace, live)


@pytest.mark.parametrize(
    ("words", "damage"),
    [
        ("more.npy is not in the manifest", lambda made: (current(made) / "more.npy").write_bytes(b"")),
        ("CURRENT is damaged", lambda made: (made.repository.folder / "CURRENT").write_bytes(b"")),
        ("CURRENT is damaged", lambda made: (made.repository.folder / "CURRENT").write_bytes(b"7")),
        ("CURRENT is damaged", lambda made: (made.repository.folder / "CURRENT").write_bytes(b"two")),
        ("another version", lambda made: remade(current(made), format=99)),
        ("a later state of the article store", lambda made: remade(current(made), revision=1000)),
        ("another article store", lambda made: remade(current(made), store_id="another")),
        ("counts 9 articles, the segments have 5", lambda made: remade(current(made), articles=9)),
        ("outside of its text", lambda made: with_end(made, 5000)),
        ("in no order", lambda made: with_spans(made, lambda spans: np.sort(spans[[0, *range(17)]], order="key"))),
        ("18 sentences but 17 vectors", lambda made: with_vectors(made, lambda vectors: vectors[:-1])),
        ("32 dimensions instead of 64", lambda made: with_vectors(made, lambda vectors: vectors[:, :32])),
        ("numbers that are none", lambda made: with_vectors(made, lambda rows: np.where(rows > 0, np.nan, rows))),
        ("do not hold the same sentences", lambda made: with_keywords(made, [])),
        ("number 3 is in the index, but not in the article store", lambda made: with_tombstones(made, [])),
    ],
)
def test_a_fault_is_reported(workspace: Workspace, words: str, damage: Callable[[Workspace], object]) -> None:
    damage(workspace)
    (line,) = checked(workspace).problems
    assert words in line


def test_a_span_that_is_not_the_splitters_is_reported(workspace: Workspace) -> None:
    number = workspace.store.numbers()[0]
    article = workspace.store.by_number([number])[number]
    with_end(workspace, 40)
    (line,) = checked(workspace).problems
    (start, end) = split_lines(article.text)[1]
    assert article.id in line
    assert f"[{start}, {end})" in line
    assert f"[{start}, 40)" in line


def test_other_sentences_than_the_text_has_are_reported(workspace: Workspace) -> None:
    found = check(workspace.store, workspace.repository, lambda text, language: split_lines(text)[:2])
    assert 5 == len(found.problems)
    assert all("3 sentences are in the index, but 2 in its text" in line for line in found.problems)


def test_keyword_search_of_other_sentences_is_reported(workspace: Workspace) -> None:
    generation = workspace.builder.open_current()
    assert generation is not None
    keys = generation.spans["key"][generation.live].tolist()
    deleted = int(generation.tombstones[0]) << PLACE_BITS
    with_keywords(workspace, [*keys[1:], deleted])
    lacking, too_many = checked(workspace).problems
    assert f"lacks 1 sentences of article number {keys[0] >> PLACE_BITS}." in lacking
    assert f"finds 1 sentences of article number {deleted >> PLACE_BITS} " in too_many


def test_an_article_that_is_deleted_by_mistake_is_reported(workspace: Workspace) -> None:
    with_tombstones(workspace, [3, 4])
    (line,) = checked(workspace).problems
    assert line.startswith("Article number 4 (")
    assert "marked as deleted in the index, and not pending" in line
    workspace.add("One more, so that the index is behind")
    assert (line,) == checked(workspace).problems


def test_an_article_that_was_lost_is_not_taken_for_pending(workspace: Workspace) -> None:
    folder = current(workspace)
    segment = Segment.load(folder, GenerationManifest.read(folder).segments[0])
    for name in files(segment.name):
        (folder / name).unlink()
    vectors = VectorIndex.from_vectors(segment.vectors.take(np.arange(3, len(segment))))
    Segment(segment.name, segment.spans[3:], vectors).save(folder)  # all but the first article
    with_tombstones(workspace, [3])
    (line,) = checked(workspace).problems
    assert line.startswith("Article number 1 (")
    assert "is not in the index, and not pending" in line
    workspace.add("One more, so that the index is behind")
    assert (1, (line,)) == (checked(workspace).pending, checked(workspace).problems)


# The store and the cache


def test_an_article_whose_text_was_changed_is_reported(workspace: Workspace) -> None:
    number = workspace.store.numbers()[1]
    article = workspace.store.by_number([number])[number]
    with closing(sqlite3.connect(workspace.folder / "articles.sqlite")) as db, db:
        db.execute("DROP TRIGGER article_changed")
        db.execute("UPDATE articles SET text = 'Another text' WHERE number = ?", (number,))
    (line,) = checked(workspace).problems
    assert f"The article {article.id} is damaged in the article store" in line
    for path in (workspace.repository.folder).glob("gen-*/manifest.json"):
        path.write_text("{")
    assert line in checked(workspace).problems, "without an index the articles are looked at, too"


def test_a_former_version_whose_text_was_changed_is_reported(workspace: Workspace) -> None:
    former = workspace.add("The tram stops at six.", origin="file:/tram")
    workspace.add("The tram stops at seven.", origin="file:/tram")
    workspace.rebuild()
    assert () == checked(workspace).problems
    with workspace.store.database.writing() as db:
        db.execute("UPDATE versions SET text = 'The tram stops at ten.'")
    (problem,) = checked(workspace).problems
    assert former.id in problem


def test_a_store_that_sqlite_finds_damaged_is_reported(workspace: Workspace) -> None:
    path = workspace.folder / "articles.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, 'added_at DESC, id', 'id') WHERE name LIKE '%by_age'")
    workspace.close()
    found = check_state(StateFolder(workspace.folder), split_lines)
    assert any(f"{path} is damaged: " in line for line in found.problems)
    assert 5 == found.articles


def test_a_damaged_cache_is_reported(workspace: Workspace) -> None:
    workspace.close()
    path = workspace.folder / "embeddings.sqlite"
    assert () == check_state(StateFolder(workspace.folder), split_lines).problems
    path.write_bytes(b"no database at all" * 100)
    (line,) = check_state(StateFolder(workspace.folder), split_lines).problems
    assert str(path) in line
    path.unlink()
    assert () == check_state(StateFolder(workspace.folder), split_lines).problems


def test_a_folder_without_articles_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        check_state(StateFolder(tmp_path / "nowhere"), split_lines)
    assert [] == list(tmp_path.iterdir())


# Beside others


def test_a_check_beside_a_builder_finds_no_fault(workspace: Workspace) -> None:
    done = threading.Event()

    def build() -> None:
        other = Workspace.open(workspace.folder)
        articles = []
        generation = None
        for number in range(25):
            articles += other.add_many(100 + number, 1)
            generation = other.update(generation)
            if number % 3 == 2:
                other.store.delete(articles.pop(0).id)
        other.update(generation)
        other.close()
        done.set()

    builder = threading.Thread(target=build)
    builder.start()
    seen = []
    while not done.is_set():
        seen.append(checked(workspace))
    builder.join()
    seen.append(checked(workspace))
    assert [()] * len(seen) == [found.problems for found in seen]
    assert len({found.generation for found in seen}) > 2, "it should have met several generations"
    assert (5 + 25 - 8, 0) == (seen[-1].articles, seen[-1].pending)


def test_the_real_splitter_gives_what_the_index_has(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.add("The ferry leaves at noon. It carries bicycles, too.\n\nThe bridge reopens on Monday.")
    Builder(workspace.store, workspace.repository, workspace.embeddings, split).update(None, ignore)
    found = check(workspace.store, workspace.repository, split)
    assert (3, ()) == (found.sentences, found.problems)
    spans: list[Span] = [(0, 5)]
    assert 1 == len(check(workspace.store, workspace.repository, lambda text, language: spans).problems)
    workspace.close()
