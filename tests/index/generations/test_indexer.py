import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.errors import Conflict, ModelMismatch, NotReady, StorageProblem
from index.generations.builder import Progress
from index.generations.indexer import POLL_SECONDS, BuildLog, BuildStopped, Indexer, Job
from tests.fakes import CountingEmbedder
from tests.indexing import Workspace, found, sentences
from tests.waiting import PATIENCE, comes


class Gate(CountingEmbedder):
    """An embedder that can be held up, or made to fail."""

    def __init__(self, former_ids: Collection[str] = ()) -> None:
        super().__init__(former_ids=former_ids)
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.error: Exception | None = None
        self.attempts: list[float] = []  # when each began

    def embed(self, texts: list[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:  # type: ignore[override]
        if not texts:
            return super().embed(texts, progress)
        self.attempts.append(time.monotonic())
        self.entered.set()
        while not self.open.wait(0.01):
            if progress is not None:
                progress(0)
        if self.error is not None:
            raise self.error
        return super().embed(texts, progress)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def workspace(tmp_path: Path, gate: Gate) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path, gate)
    yield workspace
    workspace.close()


@pytest.fixture
def indexer(workspace: Workspace, gate: Gate) -> Iterator[Indexer]:
    indexer = workspace.indexer()
    indexer.open()
    yield indexer
    gate.open.set()
    indexer.stop()


def last_job(indexer: Indexer, state: str) -> Job:
    """Wait for the last job to be in a state, which another attempt may change at any time; return it."""
    jobs: list[Job] = []

    def reached() -> bool:
        jobs[:] = [job for job in [indexer.job] if job is not None and job.state == state]
        return bool(jobs)

    assert comes(reached)
    return jobs[0]


def second_process(workspace: Workspace) -> Workspace:
    return Workspace.open(workspace.folder)


def test_a_change_is_answerable_when_wait_returns(workspace: Workspace, indexer: Indexer) -> None:
    indexer.start()
    for number in range(5):
        workspace.add(f"Ship{number} sailed.")
        indexer.wake()
        indexer.wait(PATIENCE)
        assert number + 1 == len(found(workspace, indexer.generation(), "sailed"))


def test_a_deletion_is_published_when_wait_returns(workspace: Workspace, indexer: Indexer) -> None:
    indexer.start()
    article = workspace.add("A red fox.")
    indexer.wait(PATIENCE)
    workspace.store.delete(article.id)
    indexer.wait(PATIENCE)
    assert [] == sentences(workspace, indexer.generation())
    assert [0] == [indexer.pending()]


def test_work_of_this_process_is_taken_up_at_once(
    workspace: Workspace, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.generations.indexer.POLL_SECONDS", 60)  # so that only the wake brings it
    indexer.start()
    indexer.wait(PATIENCE)
    workspace.add("A red fox.")
    indexer.wake()
    assert comes(lambda: indexer.generation().manifest.articles == 1)


def test_other_processes_are_polled_more_than_once_a_second() -> None:
    assert POLL_SECONDS < 0.5


def test_what_another_process_adds_is_found_soon(workspace: Workspace, indexer: Indexer) -> None:
    indexer.start()
    indexer.wait(PATIENCE)
    other = second_process(workspace)
    other.add("A red fox.")
    assert comes(lambda: indexer.generation().manifest.articles == 1)
    other.close()


def test_what_another_process_publishes_is_taken_over_soon(workspace: Workspace, indexer: Indexer) -> None:
    workspace.add("A red fox.")
    indexer.start()
    indexer.wait(PATIENCE)
    other = second_process(workspace)
    number = other.rebuild().number
    assert comes(lambda: indexer.generation().number == number)
    other.close()


def test_wait_gives_up_in_time_and_says_why(workspace: Workspace, indexer: Indexer, gate: Gate) -> None:
    indexer.start()
    indexer.wait(PATIENCE)
    gate.open.clear()
    workspace.add("A red fox.")
    with pytest.raises(NotReady, match="in the background"):
        indexer.wait(0.05)
    gate.open.set()
    indexer.wait(PATIENCE)


def test_a_failing_build_is_reported_and_retried(workspace: Workspace, indexer: Indexer, gate: Gate) -> None:
    workspace.add("A red fox.")
    indexer.start()
    indexer.wait(PATIENCE)
    gate.error = StorageProblem("The disk is full.")
    workspace.add("A blue fox.")
    assert comes(lambda: indexer.problem == "The disk is full.")
    with pytest.raises(NotReady, match="The disk is full"):
        indexer.wait(0.05)
    job = last_job(indexer, "failed")
    assert "The disk is full." == job.error
    assert job.finished_at is not None
    assert ["A red fox."] == sentences(workspace, indexer.generation())
    gate.error = None
    indexer.wait(PATIENCE)
    assert {"A red fox.", "A blue fox."} == set(sentences(workspace, indexer.generation()))
    assert None is indexer.problem
    assert None is last_job(indexer, "done").error


def test_pauses_between_retries_grow(workspace: Workspace, indexer: Indexer, gate: Gate) -> None:
    gate.error = RuntimeError("a mistake of ours")
    workspace.add("A red fox.")
    indexer.start()
    assert comes(lambda: len(gate.attempts) >= 3)
    first, second, third = gate.attempts[:3]
    assert second - first >= 2 * POLL_SECONDS
    assert third - second >= 4 * POLL_SECONDS
    assert "RuntimeError: a mistake of ours" == indexer.problem
    with pytest.raises(NotReady, match="a mistake of ours"):
        indexer.generation()


def test_a_problem_is_logged_once(
    workspace: Workspace, indexer: Indexer, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    gate.error = StorageProblem("The disk is full.")
    workspace.add("A red fox.")
    indexer.start()
    assert comes(lambda: len(gate.attempts) >= 2)
    assert 1 == sum("The disk is full." in record.getMessage() for record in caplog.records)


def test_before_the_first_build_there_is_nothing_to_answer_from(indexer: Indexer) -> None:
    with pytest.raises(NotReady, match="being built"):
        indexer.generation()


@pytest.mark.parametrize("damage", ["manifest.json", "dead.npy", "keywords/meta.json"])
def test_a_corrupt_index_is_rebuilt_from_the_store(
    workspace: Workspace, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    workspace.add("A red fox.")
    (workspace.update().folder / damage).write_bytes(b"damaged")
    indexer = workspace.indexer()
    indexer.open()
    with pytest.raises(NotReady, match="being built"):
        indexer.generation()
    with caplog.at_level(logging.WARNING):
        indexer.start()
        indexer.wait(PATIENCE)
    assert any("rebuilt from the articles" in record.getMessage() for record in caplog.records)
    assert logging.WARNING == max(record.levelno for record in caplog.records)
    assert ["A red fox."] == sentences(workspace, indexer.generation())
    assert None is indexer.problem
    indexer.stop()


def test_an_index_that_is_deleted_meanwhile_is_built_again(workspace: Workspace, indexer: Indexer) -> None:
    workspace.add("A red fox.")
    indexer.start()
    indexer.wait(PATIENCE)
    workspace.repository.folder.rename(workspace.folder / "elsewhere")
    assert comes(lambda: workspace.repository.numbers() == [1])
    assert ["A red fox."] == sentences(workspace, indexer.generation())


def test_another_model_rebuilds_nothing_until_it_is_asked_for(workspace: Workspace) -> None:
    workspace.add("A red fox.")
    workspace.update()
    other = Workspace.open(workspace.folder, CountingEmbedder("other@1"))
    indexer = other.indexer()
    indexer.open()
    indexer.start()
    time.sleep(0.1)
    for _ in range(2):
        with pytest.raises(ModelMismatch, match="rebuild"):
            indexer.generation()
    with pytest.raises(NotReady, match="other@1"):
        indexer.wait(0.05)
    assert [1] == other.repository.numbers()
    assert 0 == other.embedder.embedded
    indexer.rebuild()
    assert comes(lambda: indexer.current is not None)
    assert ["A red fox."] == sentences(other, indexer.generation())
    indexer.wait(PATIENCE)
    indexer.stop()
    other.close()


def test_an_index_of_a_former_export_answers_until_its_sentences_are_embedded_anew(tmp_path: Path) -> None:
    former = Workspace.open(tmp_path, CountingEmbedder("words@0"))
    former.add("A red fox.\nA blue whale.")
    former.update()
    former.close()
    gate = Gate(former_ids=["words@0"])
    gate.open.clear()
    workspace = Workspace.open(tmp_path, gate)
    indexer = workspace.indexer()
    indexer.open()
    indexer.start()
    assert gate.entered.wait(PATIENCE)
    assert ("words@0", 1, None) == (indexer.generation().manifest.model, indexer.generation().number, indexer.problem)
    assert "A red fox." in found(workspace, indexer.generation(), "fox")
    gate.open.set()
    assert comes(lambda: indexer.generation().manifest.model == "words@1")
    assert 3 == gate.embedded, "two sentences and their passage: no vector of the former export is taken over"
    assert ["A blue whale.", "A red fox."] == sorted(sentences(workspace, indexer.generation()))
    workspace.add("A green frog.")
    indexer.wait(PATIENCE)
    assert 5 == gate.embedded, "from then on only what is new"
    indexer.stop()
    workspace.close()


class Turnstile(CountingEmbedder):
    """An embedder that embeds texts without frogs only when it is let."""

    def __init__(self, model_id: str, former_ids: Collection[str]) -> None:
        super().__init__(model_id, former_ids)
        self.passes = threading.Semaphore(0)

    def embed(self, texts: list[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:  # type: ignore[override]
        while texts and "frog" not in " ".join(texts) and not self.passes.acquire(timeout=0.01):
            if progress is not None:
                progress(0)
        return super().embed(texts, progress)


def test_an_article_does_not_wait_until_a_former_export_is_embedded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.embedding.cache.CHUNK", 1)
    with closing(Workspace.open(tmp_path, CountingEmbedder("words@0"))) as former:
        former.add_many(0, 5)
        former.update()
    embedder = Turnstile("words@1", ["words@0"])
    with closing(Workspace.open(tmp_path, embedder)) as workspace:
        indexer = workspace.indexer()
        indexer.open()
        indexer.start()
        assert comes(lambda: indexer.job is not None and indexer.job.stage == "embedding")
        workspace.add("A green frog.")
        embedder.passes.release()
        indexer.wait(PATIENCE)
        assert ("words@0", 6) == (indexer.generation().manifest.model, indexer.generation().manifest.articles)
        embedder.passes.release(1000)
        assert comes(lambda: indexer.generation().manifest.model == "words@1")
        indexer.stop()


def test_a_rebuild_by_another_process_ends_a_mismatch(workspace: Workspace) -> None:
    workspace.update()
    other, third = (Workspace.open(workspace.folder, CountingEmbedder("other@1")) for _ in range(2))
    indexer = other.indexer()
    indexer.open()
    indexer.start()
    third.rebuild()
    assert comes(lambda: indexer.current is not None)
    assert None is indexer.problem
    indexer.stop()
    third.close()
    other.close()


def test_a_rebuild_is_a_job_that_ends(workspace: Workspace, indexer: Indexer) -> None:
    workspace.add_many(0, 10)
    indexer.start()
    indexer.wait(PATIENCE)
    number = indexer.generation().number
    job = indexer.rebuild()
    assert ("rebuild", "running") == (job.kind, job.state)
    assert comes(lambda: indexer.job is not None and indexer.job.id == job.id and indexer.job.state == "done")
    assert number + 1 == indexer.generation().number, "done before the generation can be asked"


def test_a_second_rebuild_is_a_conflict_until_the_first_ends(
    workspace: Workspace, indexer: Indexer, gate: Gate, tmp_path: Path
) -> None:
    workspace.add("A red fox.")
    gate.open.clear()
    job = indexer.rebuild()
    with pytest.raises(Conflict):
        indexer.rebuild()
    indexer.start()
    assert gate.entered.wait(PATIENCE)
    with pytest.raises(Conflict):
        indexer.rebuild()
    gate.open.set()
    assert comes(lambda: indexer.job is not None and indexer.job.state == "done")
    assert job.id == (indexer.job or job).id
    assert job.id != indexer.rebuild().id


def test_a_failed_rebuild_can_be_asked_for_again(workspace: Workspace, indexer: Indexer, gate: Gate) -> None:
    gate.error = StorageProblem("The disk is full.")
    workspace.add("A red fox.")
    job = indexer.rebuild()
    indexer.start()
    assert comes(lambda: indexer.job is not None and indexer.job.id == job.id and indexer.job.state == "failed")
    gate.error = None
    indexer.rebuild()
    assert comes(lambda: indexer.current is not None)


def test_a_jobs_progress_never_goes_back(workspace: Workspace, indexer: Indexer) -> None:
    seen: list[Job] = []

    def record(progress: Progress) -> None:
        assert indexer.job is not None
        seen.append(indexer.job)

    workspace.add_many(0, 30)
    indexer.catch_up(record)
    assert ["splitting", "embedding", "writing"] == list(dict.fromkeys(job.stage for job in seen))
    assert {"running"} == {job.state for job in seen}
    for before, after in pairwise(seen):
        assert before.stage != after.stage or before.done <= after.done <= after.total
    assert "done" == indexer.job.state if indexer.job is not None else False


def test_an_update_with_nothing_to_do_is_no_job(workspace: Workspace, indexer: Indexer) -> None:
    workspace.add("A red fox.")
    indexer.catch_up()
    job = indexer.job
    indexer.catch_up()
    assert job is indexer.job


def test_what_changes_during_a_build_is_not_claimed_to_be_covered(
    workspace: Workspace, indexer: Indexer, gate: Gate
) -> None:
    workspace.add("A red fox.")
    gate.open.clear()
    indexer.start()
    assert gate.entered.wait(PATIENCE)
    workspace.add("A blue fox.")
    waiting = threading.Thread(target=indexer.wait, args=(PATIENCE,))
    waiting.start()
    gate.open.set()
    waiting.join()
    assert {"A red fox.", "A blue fox."} == set(sentences(workspace, indexer.generation()))


def test_stopping_gives_up_a_build_and_loses_nothing(workspace: Workspace, indexer: Indexer, gate: Gate) -> None:
    workspace.add("A red fox.")
    gate.open.clear()
    indexer.start()
    assert gate.entered.wait(PATIENCE)
    indexer.stop()  # does not wait for the gate
    gate.open.set()
    assert ["A red fox."] == sentences(workspace, workspace.update())


def test_stopping_does_not_wait_for_another_process(workspace: Workspace, indexer: Indexer) -> None:
    workspace.add("A red fox.")
    with workspace.repository.lock():
        indexer.start()
        assert comes(lambda: indexer.job is not None and indexer.job.stage == "waiting")
        indexer.stop()  # does not wait for the lock
    assert [] == workspace.repository.numbers()


def test_waiting_ends_when_the_indexer_stops(workspace: Workspace, indexer: Indexer, gate: Gate) -> None:
    gate.open.clear()
    workspace.add("A red fox.")
    indexer.start()
    assert gate.entered.wait(PATIENCE)
    threading.Timer(0.1, indexer.stop).start()
    started = time.monotonic()
    with pytest.raises(NotReady):
        indexer.wait(3 * PATIENCE)
    assert time.monotonic() - started < PATIENCE


def test_stopping_leaves_no_thread(workspace: Workspace) -> None:
    before = set(threading.enumerate())
    indexer = workspace.indexer()
    indexer.stop()
    indexer.start()
    indexer.stop()
    indexer.stop()
    assert comes(lambda: set(threading.enumerate()) <= before)


def test_old_generations_leave_the_memory(workspace: Workspace, indexer: Indexer) -> None:
    indexer.start()
    old = []
    for number in range(4):
        workspace.add(f"Ship{number} sailed.")
        indexer.wait(PATIENCE)
        old.append(weakref.ref(indexer.generation()))
    gc.collect()
    assert [True, True, True, False] == [reference() is None for reference in old]


def test_a_mismatch_that_comes_up_later_leaves_the_last_generation(workspace: Workspace, indexer: Indexer) -> None:
    workspace.add("A red fox.")
    indexer.start()
    indexer.wait(PATIENCE)
    other = Workspace.open(workspace.folder, CountingEmbedder("other@1"))
    other.rebuild()
    assert comes(lambda: indexer.problem is not None)
    assert "other@1" in str(indexer.problem)
    assert ["A red fox."] == sentences(workspace, indexer.generation())
    other.close()


def test_a_damaged_generation_that_another_process_published_is_replaced(
    workspace: Workspace, indexer: Indexer
) -> None:
    workspace.add("A red fox.")
    indexer.catch_up()
    other = second_process(workspace)
    (other.rebuild().folder / "dead.npy").write_bytes(b"damaged")
    indexer.start()
    assert comes(lambda: indexer.generation().number == 3)
    assert ["A red fox."] == sentences(workspace, indexer.generation())
    other.close()


def test_a_rollback_by_another_process_is_followed_and_brought_up_to_date(
    workspace: Workspace, indexer: Indexer
) -> None:
    first = workspace.add("Ship1 sailed.")
    indexer.start()
    indexer.wait(PATIENCE)
    workspace.add("Ship2 sailed.")
    indexer.wait(PATIENCE)
    workspace.store.delete(first.id)
    indexer.wait(PATIENCE)
    number = indexer.generation().number
    other = second_process(workspace)
    back = other.indexer()
    back.open()
    assert number + 1 == back.roll_back().number
    assert 1 == back.pending()
    assert comes(lambda: indexer.generation().number == number + 2)
    assert ["Ship2 sailed."] == found(workspace, indexer.generation(), "sailed")
    assert 0 == indexer.pending()
    other.close()


log = logging.getLogger("tests.builds")


def logged_events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.event for record in caplog.records]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("error", "event"),
    [(StorageProblem("Full."), "build_failed"), (BuildStopped("No."), "build_given_up"), (KeyError(), "build_failed")],
)
def test_a_build_is_logged_once_it_makes_progress(
    error: Exception, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    build_log = BuildLog(log, "update")
    build_log.begin()
    build_log.begin()
    build_log.failed(error)
    assert ["build_started", event] == logged_events(caplog)
    assert (str(error) or "KeyError") == caplog.records[-1].fields["problem"]  # type: ignore[attr-defined]


def test_an_update_that_has_nothing_to_do_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    BuildLog(log, "update").failed(StorageProblem("Full."))
    assert [] == caplog.records
