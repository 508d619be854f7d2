from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from corpus.store.filters import ArticleFilter
from index.generations.generation import Generation
from index.generations.version_index import MAX_VERSIONS, VersionIndex
from tests.indexing import Workspace, found, split_lines

AS_OF = ArticleFilter(as_of="2026-03-04")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def index(workspace: Workspace) -> VersionIndex:
    return VersionIndex(workspace.store, workspace.embeddings, split_lines)


def change(workspace: Workspace, origin: str, before: str, after: str) -> Generation:
    """Return the generation after an article was indexed, then changed, then indexed again."""
    workspace.add(before, origin=origin, published="2026-03-03")
    generation = workspace.update()
    workspace.add(after, origin=origin, published="2026-03-06")
    return workspace.update(generation)


def test_former_versions_are_found_as_of_their_time_alone(workspace: Workspace, index: VersionIndex) -> None:
    generation = change(workspace, "file:/a", "Eleven sailors\nare missing", "Eight sailors\nare missing")
    assert [[], ["Eight sailors", "are missing"]] == [
        found(workspace, generation, word) for word in ("eleven", "sailors")
    ]
    then = index.extended(generation, "how many sailors?", AS_OF)
    assert ["Eleven sailors", "are missing"] == found(workspace, then, "eleven")
    allowed = then.allowed(workspace.store.numbers(AS_OF))
    rows, _ = then.search_keywords("sailors missing", 9, allowed)
    assert {"Eleven sailors\nare missing"} == {
        workspace.store.by_number([number])[number].text for number in then.articles_at(rows).tolist()
    }
    assert 2 == np.count_nonzero(allowed)
    assert [] == found(workspace, generation, "eleven")


def test_versions_are_not_embedded_anew_and_leave_the_index_as_it_is(workspace: Workspace, index: VersionIndex) -> None:
    generation = change(workspace, "file:/a", "Eleven sailors", "Eight sailors")
    embedded = workspace.embedder.embedded
    files = sorted(path.name for path in workspace.folder.rglob("*") if path.is_file())
    index.extended(generation, "how many sailors?", AS_OF)
    assert embedded == workspace.embedder.embedded
    assert files == sorted(path.name for path in workspace.folder.rglob("*") if path.is_file())
    generation.check_files()


def test_without_former_versions_the_generation_is_the_same(workspace: Workspace, index: VersionIndex) -> None:
    workspace.add("Eleven sailors", published="2026-03-03")
    generation = workspace.update()
    assert generation is index.extended(generation, "how many sailors?", AS_OF)
    changed = change(workspace, "file:/a", "Nine ships", "Ten ships")
    assert changed is index.extended(changed, "how many?", ArticleFilter(as_of="2026-03-08"))


def test_of_many_versions_those_of_the_likeliest_articles_are_taken(workspace: Workspace, index: VersionIndex) -> None:
    for number in range(MAX_VERSIONS + 20):
        workspace.add(f"Ship{number} carried coal", origin=f"file:/{number}", published="2026-03-03")
        workspace.add(f"Ship{number} carried grain", origin=f"file:/{number}", published="2026-03-06")
    generation = workspace.update()
    then = index.extended(generation, "what did ship57 carry?", AS_OF)
    assert ["Ship57 carried coal"] == found(workspace, then, ["ship57", "coal"][0])[:1]
    assert MAX_VERSIONS == then.row_count - generation.row_count


def test_the_keywords_of_versions_outlive_their_folder(workspace: Workspace, index: VersionIndex) -> None:
    generation = change(workspace, "file:/a", "Eleven sailors", "Eight sailors")
    then = index.extended(generation, "sailors", AS_OF)
    for _ in range(3):
        workspace.add("Another text")
        generation = workspace.update(generation)
    assert ["Eight sailors", "Eleven sailors"] == found(workspace, then, "sailors")
