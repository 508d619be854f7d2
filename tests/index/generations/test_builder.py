import errno
import os
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.errors import CorruptIndex, ModelMismatch, NotFound, StorageProblem
from corpus.store.article_store import ArticleStore
from index.generations import builder as builder_module
from index.generations.builder import Builder, BuildSuperseded, Progress
from index.maintenance.consistency import check
from tests.fakes import CountingEmbedder
from tests.index.generations.conftest import OpenWorkspace
from tests.indexing import Workspace, found, ignore, sentences, split_lines


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.name != "lock"
    }


def test_an_empty_store_gives_an_empty_generation(workspace: Workspace) -> None:
    assert None is workspace.builder.open_current()
    generation = workspace.update()
    assert (1, 0, 0) == (generation.number, generation.manifest.articles, generation.manifest.sentences)
    assert [] == found(workspace, generation, "anything")


def test_what_is_added_is_found_and_what_is_deleted_is_not(workspace: Workspace) -> None:
    workspace.add("A red fox.")
    workspace.add("A blue whale.")
    first = workspace.update()
    deleted = workspace.add("A green fox.")
    second = workspace.update(first)
    workspace.store.delete(deleted.id)
    third = workspace.update(second)
    assert ["A red fox."] == found(workspace, first, "fox")
    assert ["A red fox."] == found(workspace, third, "fox")
    assert {"A red fox.", "A blue whale."} == set(sentences(workspace, third))
    workspace.store.put(deleted, f"text:{deleted.id}")
    assert ["A green fox.", "A red fox."] == found(workspace, workspace.update(third), "fox")


def test_an_update_with_nothing_to_do_writes_nothing(workspace: Workspace) -> None:
    workspace.add_many(0, 5)
    current = workspace.update()
    before = tree(workspace.repository.folder)
    assert current is workspace.update(current)
    assert current.number == workspace.update().number
    assert before == tree(workspace.repository.folder)


def test_an_update_embeds_and_writes_only_what_is_new(workspace: Workspace) -> None:
    workspace.add_many(0, 20)
    first = workspace.update()
    before = workspace.embedder.embedded
    workspace.add("One new sentence.\nAnd a second.")
    second = workspace.update(first)
    assert 3 == workspace.embedder.embedded - before, "two sentences and the passage that they stand in"
    for name in first.manifest.files:
        if name.endswith((".vectors.npy", ".spans.npy", ".idx", ".term")):
            assert (first.folder / name).stat().st_ino == (second.folder / name).stat().st_ino
    assert all(segment in second.segments for segment in first.segments)


def test_a_rebuild_with_known_vectors_embeds_nothing(workspace: Workspace) -> None:
    workspace.add_many(0, 20)
    first = workspace.update()
    before = workspace.embedder.embedded
    second = workspace.rebuild()
    assert 0 == workspace.embedder.embedded - before
    np.testing.assert_array_equal(first.take(np.arange(60)), second.take(np.arange(60)))


def test_other_data_about_an_article_keeps_keys_ascending_and_rows_once(workspace: Workspace) -> None:
    for round_number in range(4):
        for name in range(5):
            workspace.add(f"Story {name}.\nIts end.", title=f"Title {round_number}", origin=f"file:/{name}")
        current = workspace.update()
    keys = current.spans["key"]
    assert (keys[1:] > keys[:-1]).all()
    assert 10 == current.manifest.sentences == len(sentences(workspace, current))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 14), max_size=6), min_size=1, max_size=6))
def test_whatever_happened_before_a_rebuild_finds_the_same(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[int]]
) -> None:
    """Naming an article that is there deletes it, any other adds it."""
    workspace = Workspace.open(tmp_path_factory.mktemp("w"))
    there: dict[int, str] = {}
    current = None
    for names in rounds:
        for name in names:
            if name in there:
                workspace.store.delete(there.pop(name))
            else:
                there[name] = workspace.add(f"Ship{name} sank.\nBoat{name % 3} and ship{name} met.").id
        current = workspace.update(current)
    rebuilt = workspace.rebuild()
    assert current is not None
    assert sentences(workspace, rebuilt) == sentences(workspace, current)
    for word in ("sank", "boat1", "ship7", "met"):
        assert found(workspace, rebuilt, word) == found(workspace, current, word)
    question = workspace.embedder.embed_question("ship3 sank")
    found_now, found_rebuilt = (one.search_vectors(question, 9)[1] for one in (current, rebuilt))
    np.testing.assert_allclose(found_rebuilt, found_now, rtol=1e-5, atol=1e-6)
    workspace.close()


def test_two_generations_are_kept_and_one_that_is_removed_answers_on(workspace: Workspace) -> None:
    workspace.add("A red fox.")
    old = current = workspace.update()
    for number in range(4):
        workspace.add(f"Fox {number}.")
        current = workspace.update(current)
    assert [4, 5] == workspace.repository.numbers()
    assert ["A red fox."] == found(workspace, old, "fox")


def test_another_model_is_a_mismatch_that_says_to_rebuild(workspace: Workspace, open_workspace: OpenWorkspace) -> None:
    workspace.add("A red fox.")
    workspace.update()
    other = open_workspace(CountingEmbedder("other@1"))
    for use in (other.builder.open_current, other.update):
        with pytest.raises(ModelMismatch, match=r"words@1.*other@1.*rebuild"):
            use()
    other.rebuild()
    assert ["A red fox."] == found(other, other.update(), "fox")
    with pytest.raises(ModelMismatch):
        workspace.update()


def test_an_index_of_another_store_is_corrupt(workspace: Workspace, tmp_path: Path) -> None:
    workspace.update()
    with closing(ArticleStore.open(tmp_path / "other.sqlite")) as store:
        builder = Builder(store, workspace.repository, workspace.embeddings, split_lines)
        with pytest.raises(CorruptIndex, match="another article store"):
            builder.open_current()


def test_an_index_that_is_ahead_of_its_store_is_corrupt(workspace: Workspace, tmp_path: Path) -> None:
    """A store that was restored from a backup gives numbers to articles that the index has for others."""
    workspace.add("Kept.")
    workspace.close()
    backup = (tmp_path / "articles.sqlite").read_bytes()
    with closing(Workspace.open(tmp_path)) as later:
        later.add("Lost.")
        later.update()
    (tmp_path / "articles.sqlite").write_bytes(backup)
    with closing(Workspace.open(tmp_path)) as restored:
        with pytest.raises(CorruptIndex, match="later state"):
            restored.update()
        assert ["Kept."] == sentences(restored, restored.rebuild())


@pytest.mark.parametrize("pattern", ["dead.npy", "*.vectors.npy"])
def test_a_damaged_generation_is_corrupt_and_rebuilt_on_demand(workspace: Workspace, pattern: str) -> None:
    workspace.add("A red fox.")
    current = workspace.update()
    next(current.folder.glob(pattern)).unlink()
    workspace.add("A blue fox.")
    for opened in (current, None):
        with pytest.raises(CorruptIndex):
            workspace.update(opened)
    assert ["A blue fox.", "A red fox."] == found(workspace, workspace.rebuild(), "fox")


def test_another_generation_of_the_same_number_is_recognized(
    workspace: Workspace, open_workspace: OpenWorkspace
) -> None:
    workspace.add("A red fox.")
    first = workspace.update()
    first.folder.rename(workspace.repository.folder / "elsewhere")
    workspace.add("A blue fox.")
    second = open_workspace()
    second.update()
    assert first.number == second.update().number
    assert ["A blue fox.", "A red fox."] == found(workspace, workspace.update(first), "fox")


def test_a_pointer_to_nothing_falls_back_on_the_newest(workspace: Workspace) -> None:
    workspace.add("A red fox.")
    workspace.update()
    (workspace.repository.folder / "CURRENT").write_text("77")
    assert ["A red fox."] == found(workspace, workspace.update(), "fox")
    workspace.add("A blue fox.")
    assert 2 == workspace.update().number
    assert "2" == (workspace.repository.folder / "CURRENT").read_text()


def test_without_hard_links_files_are_copied(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)  # stands in for a file system without hard links, such as FAT
    workspace.add_many(0, 5)
    current = workspace.update()
    workspace.add("A red fox.")
    assert ["A red fox."] == found(workspace, workspace.update(current), "fox")
    assert ["A red fox."] == found(workspace, workspace.update(), "fox")


def test_a_programming_error_is_not_reported_as_a_problem_of_the_disk(workspace: Workspace) -> None:
    def broken(text: str, language: str | None) -> list[tuple[int, int]]:
        raise ValueError("a mistake")

    workspace.add("A red fox.")
    builder = Builder(workspace.store, workspace.repository, workspace.embeddings, broken)
    with pytest.raises(ValueError, match="a mistake"):
        builder.update(None, ignore)
    assert [] == workspace.repository.numbers()


def test_a_build_that_is_given_up_leaves_the_last_generation(workspace: Workspace) -> None:
    workspace.add("A red fox.")
    current = workspace.update()
    workspace.add("A blue fox.")
    for stage in ("splitting", "embedding", "writing"):

        def give_up(progress: Progress, stage: str = stage) -> None:
            if progress.stage == stage:
                raise InterruptedError(stage)

        with pytest.raises(InterruptedError, match=stage):
            workspace.builder.update(current, give_up)
    assert current.number == workspace.repository.current()
    assert [] == list(workspace.repository.folder.glob("unfinished-*"))
    assert ["A blue fox.", "A red fox."] == found(workspace, workspace.update(current), "fox")


def test_progress_goes_forward_to_its_end(workspace: Workspace) -> None:
    heard: list[Progress] = []
    workspace.add_many(0, 30)
    workspace.builder.update(None, heard.append)
    assert ["splitting", "embedding", "writing"] == list(dict.fromkeys(progress.stage for progress in heard))
    for stage in ("splitting", "embedding"):
        steps = [progress for progress in heard if progress.stage == stage]
        assert sorted(step.done for step in steps) == [step.done for step in steps]
        assert (0, steps[-1].total) == (steps[0].done, steps[-1].done)
        assert 1 == len({step.total for step in steps})


def test_builders_wait_for_each_other_and_lose_nothing(open_workspace: OpenWorkspace) -> None:
    workspaces = [open_workspace() for _ in range(4)]

    def work(number: int) -> None:
        current = None
        for step in range(4):
            workspaces[number].add(f"Ship{number} sailed on day{step}.")
            current = workspaces[number].update(current)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 16 == len(found(workspaces[0], workspaces[0].update(), "sailed"))


def test_an_article_that_is_deleted_while_it_is_indexed_is_not_in_the_generation(workspace: Workspace) -> None:
    article = workspace.add("A red fox.")
    workspace.add("A blue fox.")

    def delete(progress: Progress) -> None:
        if progress == Progress("splitting", 0, 2):
            workspace.store.delete(article.id)

    assert ["A blue fox."] == sentences(workspace, workspace.builder.update(None, delete))


def test_the_next_generation_is_opened_where_one_is_removed_meanwhile(workspace: Workspace, tmp_path: Path) -> None:
    class Racing(ArticleStore):
        """Publishes while the first generation is being opened."""

        raced = False

        @property
        def store_id(self) -> str:
            if not self.raced:
                self.raced = True
                for number in range(3):
                    workspace.add(f"Fox {number}.")
                    workspace.update()
            return super().store_id

    workspace.add("A red fox.")
    workspace.update()
    store = Racing.open(tmp_path / "articles.sqlite")
    builder = Builder(store, workspace.repository, workspace.embeddings, split_lines)
    opened = builder.open_current()
    assert opened is not None
    assert 4 == opened.number
    store.close()


def test_the_manifest_tells_of_the_store_as_it_was_listed(workspace: Workspace) -> None:
    workspace.add("A red fox.")

    def add(progress: Progress) -> None:
        if progress.stage == "writing":
            workspace.add("A blue fox.")

    revision = workspace.store.revision
    generation = workspace.builder.update(None, add)
    assert revision == generation.manifest.revision < workspace.store.revision


def test_going_back_publishes_the_generation_before_once_more(workspace: Workspace) -> None:
    old = workspace.add("Ship1 sailed.")
    before = workspace.update()
    workspace.add("Ship2 sailed.")
    workspace.update()
    back = workspace.builder.roll_back(ignore)
    assert (3, 3, [3]) == (back.number, workspace.repository.current(), workspace.repository.numbers())
    assert ["Ship1 sailed."] == found(workspace, back, "sailed")
    assert (before.manifest.files, before.manifest.revision) == (back.manifest.files, back.manifest.revision)
    assert 1 == workspace.builder.pending(back)
    report = check(workspace.store, workspace.repository, split_lines)
    assert (1, ()) == (report.pending, report.problems)
    workspace.store.delete(old.id)
    again = workspace.update(back)
    assert (4, ["Ship2 sailed."]) == (again.number, found(workspace, again, "sailed"))
    assert () == check(workspace.store, workspace.repository, split_lines).problems


def test_a_generation_that_was_rolled_back_does_not_return(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="no generation before"):
        workspace.builder.roll_back(ignore)
    for number in range(3):
        workspace.add(f"Ship{number} sailed.")
        workspace.update()
    workspace.builder.roll_back(ignore)
    with pytest.raises(NotFound, match="no generation before"):
        workspace.builder.roll_back(ignore)
    workspace.update()
    assert ["Ship0 sailed.", "Ship1 sailed."] == found(workspace, workspace.builder.roll_back(ignore), "sailed")


def test_a_damaged_current_generation_can_be_rolled_back(workspace: Workspace) -> None:
    workspace.add("Ship1 sailed.")
    workspace.update()
    (workspace.rebuild().folder / "manifest.json").write_text("{")
    assert ["Ship1 sailed."] == found(workspace, workspace.builder.roll_back(ignore), "sailed")


def test_a_changed_model_is_rolled_back_with_the_former_one_set(
    former: Workspace, open_workspace: OpenWorkspace
) -> None:
    other = open_workspace(CountingEmbedder("other@1"))
    other.rebuild()
    with pytest.raises(ModelMismatch, match=r"Generation 1 .*words@1"):
        other.builder.roll_back(ignore)
    assert (2, [1, 2]) == (other.repository.current(), other.repository.numbers())
    assert "words@1" == former.builder.roll_back(ignore).manifest.model
    assert 3 == len(found(former, former.update(), "Ship1"))


def test_a_generation_of_a_former_export_is_opened_and_built_anew(former: Workspace, newer: Workspace) -> None:
    first = newer.builder.open_current()
    assert first is not None
    assert (1, "words@1") == (first.number, first.manifest.model)
    second = newer.update(first)
    assert (2, "words@2") == (second.number, second.manifest.model)
    assert set(first.manifest.segments).isdisjoint(second.manifest.segments)
    assert sentences(newer, first) == sentences(newer, second)
    assert second is newer.update(second)
    with pytest.raises(ModelMismatch):
        former.update()


def test_a_generation_of_other_texts_is_built_anew(
    open_workspace: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace()
    workspace.add("Ship1 sailed.")
    first = workspace.update()
    monkeypatch.setattr(builder_module, "TEXT_VERSION", first.manifest.text_version + 1)
    workspace.add("Ship2 sailed.")
    extended = workspace.update(first)
    assert (first.manifest.text_version, True) == (
        extended.manifest.text_version,
        workspace.builder.is_former(extended),
    )
    final = workspace.update(extended)
    assert (2, first.manifest.text_version + 1) == (final.manifest.articles, final.manifest.text_version)
    assert final is workspace.update(final)


def test_articles_are_added_to_a_former_export_before_it_is_embedded_anew(newer: Workspace) -> None:
    newer.add("Ship9 sailed.")
    extended = newer.update()
    assert ("words@1", 4, 2) == (extended.manifest.model, extended.manifest.articles, newer.embedder.embedded)
    assert newer.builder.is_former(extended)
    final = newer.update(extended)
    assert "words@2" == final.manifest.model
    assert sentences(newer, extended) == sentences(newer, final)
    assert set(extended.manifest.segments).isdisjoint(final.manifest.segments)


def test_embedding_anew_gives_way_to_changes_and_loses_no_vector(
    newer: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.embedding.cache.CHUNK", 4)

    def add_another(progress: Progress) -> None:
        if newer.embedder.embedded and newer.store.count() == 3:
            newer.add("Ship9 sailed.")

    with pytest.raises(BuildSuperseded):
        newer.builder.update(None, add_another)
    assert (4, 1) == (newer.embedder.embedded, newer.repository.current())
    assert 4 == newer.update().manifest.articles
    final = newer.update()
    assert ("words@2", 4) == (final.manifest.model, final.manifest.articles)
    assert 9 + 3 + 2 == newer.embedder.embedded, "each sentence and passage once"


def test_a_compaction_of_a_former_export_does_not_replace_segments_embedded_anew(
    former: Workspace, newer: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.generations.builder.MAX_MERGED_SENTENCES", 1)
    for number in range(3, 9):
        former.add_many(number, 1)
        former.update()
    with newer.builder.stage_compaction(newer.builder.open_current()) as compaction:
        assert compaction is not None
        current = newer.update()
        assert current is newer.builder.publish_compaction(compaction, current, ignore)
    assert "words@2" == current.manifest.model


@pytest.mark.parametrize("name", ["manifest.json", "dead.npy", "keywords/meta.json"])
def test_nothing_is_rolled_back_to_a_damaged_generation(workspace: Workspace, name: str) -> None:
    workspace.add("Ship1 sailed.")
    first = workspace.update()
    workspace.rebuild()
    path = first.folder / name
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptIndex, match="Generation 1 is of no use to go back to"):
        workspace.builder.roll_back(ignore)
    assert (2, [1, 2]) == (workspace.repository.current(), workspace.repository.numbers())
    assert [] == list(workspace.repository.folder.glob("unfinished-*"))


def test_a_failure_while_publishing_leaves_the_generation_before(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.add("Ship1 sailed.")
    workspace.update()
    workspace.rebuild()

    def refuse(*_: object) -> None:
        raise StorageProblem("The disk is full.")

    monkeypatch.setattr(workspace.repository, "publish", refuse)  # a disk that fills up between two steps
    with pytest.raises(StorageProblem):
        workspace.builder.roll_back(ignore)
    current = workspace.builder.open_current()
    assert current is not None
    assert (1, ["Ship1 sailed."]) == (current.number, found(workspace, current, "sailed"))
