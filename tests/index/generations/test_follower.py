"""A reader that may only read the index folder: it opens what another process publishes, and writes nothing."""

import time
from pathlib import Path

import pytest

from corpus.errors import ModelMismatch
from index.generations.generation import Generation
from index.generations.repository import GenerationRepository
from tests.disks import read_only
from tests.fakes import CountingEmbedder
from tests.indexing import Workspace


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    workspace.add_many(0, 5)
    workspace.update()
    return workspace


def found(generation: Generation, word: str) -> list[int]:
    """Search a generation in both ways; return how many sentences each finds."""
    by_vectors, _ = generation.search_vectors(CountingEmbedder().embed_question(word), 100)
    by_keywords, _ = generation.search_keywords(word, 100)
    return [len(by_vectors), len(by_keywords)]


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the size and the time of change of all that is in a folder; a folder's changes with its names."""
    stats = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


def test_opening_and_searching_a_generation_writes_nothing_into_its_folder(workspace: Workspace) -> None:
    folder = workspace.repository.folder
    for lock in folder.rglob(".tantivy*.lock"):
        lock.unlink()
    before = state(folder)
    generation = GenerationRepository(folder).open_current()
    assert generation is not None
    assert [15, 3] == found(generation, "Ship2")
    time.sleep(0.1)  # Tantivy's thread would write some milliseconds later
    assert before == state(folder)


def test_a_read_only_folder_is_followed_from_one_generation_to_the_next(workspace: Workspace) -> None:
    repository = GenerationRepository(workspace.repository.folder)
    with read_only(repository.folder):
        first = repository.open_current()
        assert first is not None
        assert first is repository.open_current(first)
        assert [15, 3] == found(first, "Ship2")
    workspace.add("Ship2 again")
    workspace.update()
    with read_only(repository.folder):
        second = repository.open_current(first)
        assert second is not None
        assert [16, 4] == found(second, "Ship2")
        assert second.segments[0] is first.segments[0], "what generations share is held once"


def test_a_manifest_may_be_refused_before_anything_is_opened(workspace: Workspace) -> None:
    def refuse(manifest: object) -> None:
        raise ModelMismatch("Another model is set.")

    with pytest.raises(ModelMismatch):
        workspace.repository.open_current(None, refuse)
