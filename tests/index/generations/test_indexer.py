import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.errors import Conflict, ModelMismatch, NotReady, StorageProblem
from index.generations.builder import Progress, Report
from index.generations.generation import Generation
from index.generations.indexer import POLL_SECONDS, BuildLog, BuildStopped, Indexer, Job
from tests.fakes import CountingEmbedder
from tests.index.generations.conftest import OpenWorkspace
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
def workspace(open_workspace: OpenWorkspace, gate: Gate) -> Workspace:
    return open_workspace(gate)


@pytest.fixture
def other(open_workspace: OpenWorkspace) -> Workspace:
    """The same folder in another process."""
    return open_workspace()


@pytest.fixture
def foreign(open_workspace: OpenWorkspace) -> Workspace:
    """The same folder with another embedding model."""
    return open_workspace(CountingEmbedder("other@1"))


@pytest.fixture
def indexer(workspace: Workspace, gate: Gate) -> Iterator[Indexer]:
    indexer = workspace.indexer()
    indexer.open()
    yield indexer
    gate.open.set()
    indexer.stop()


@pytest.fixture
def running(indexer: Indexer) -> Indexer:
    indexer.start()
    indexer.wait(PATIENCE)
    return indexer


def last_job(indexer: Indexer, state: str) -> Job:
    """Wait for the last job to be in a state, which another attempt may change at any time; return it."""
    jobs: list[Job] = []

    def reached() -> bool:
        jobs[:] = [job for job in [indexer.job] if job is not None and job.state == state]
        return bool(jobs)

    assert comes(reached)
    return jobs[0]


def test_changes_are_published_when_wait_returns(workspace: Workspace, running: Indexer) -> None:
    for number in range(5):
        article = workspace.add(f"Ship{number} sailed.")
        running.wake()
        running.wait(PATIENCE)
        assert number + 1 == len(found(workspace, running.generation(), "sailed"))
    workspace.store.delete(article.id)
    running.wait(PATIENCE)
    assert 4 == len(sentences(workspace, running.generation()))
    assert 0 == running.pending()


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


def test_what_another_process_adds_and_publishes_is_taken_over_soon(other: Workspace, running: Indexer) -> None:
    other.add("A red fox.")
    assert comes(lambda: running.generation().manifest.articles == 1)
    number = other.rebuild().number
    assert comes(lambda: running.generation().number == number)


def test_wait_gives_up_in_time_and_says_why(workspace: Workspace, running: Indexer, gate: Gate) -> None:
    gate.open.clear()
    workspace.add("A red fox.")
    with pytest.raises(NotReady, match="in the background"):
        running.wait(0.05)
    gate.open.set()
    running.wait(PATIENCE)


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


def test_pauses_between_retries_grow_and_the_problem_is_logged_once(
    workspace: Workspace, indexer: Indexer, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    gate.error = RuntimeError("a mistake of ours")
    workspace.add("A red fox.")
    indexer.start()
    assert comes(lambda: len(gate.attempts) >= 3)
    first, second, third = gate.attempts[:3]
    assert second - first >= 2 * POLL_SECONDS
    assert third - second >= 4 * POLL_SECONDS
    assert "RuntimeError: a mistake of ours" == indexer.problem
    assert 1 == sum("a mistake of ours" in record.getMessage() for record in caplog.records)
    with pytest.raises(NotReady, match="a mistake of ours"):
        indexer.generation()


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


def test_another_model_rebuilds_nothing_until_it_is_asked_for(workspace: Workspace, foreign: Workspace) -> None:
    workspace.add("A red fox.")
    workspace.update()
    indexer = foreign.indexer()
    indexer.open()
    indexer.start()
    time.sleep(0.1)
    for _ in range(2):
        with pytest.raises(ModelMismatch, match="rebuild"):
            indexer.generation()
    with pytest.raises(NotReady, match="other@1"):
        indexer.wait(0.05)
    assert [1] == foreign.repository.numbers()
    assert 0 == foreign.embedder.embedded
    indexer.rebuild()
    assert comes(lambda: indexer.current is not None)
    assert ["A red fox."] == sentences(foreign, indexer.generation())
    indexer.wait(PATIENCE)
    indexer.stop()


def test_an_index_of_a_former_export_answers_until_it_is_embedded_anew(open_workspace: OpenWorkspace) -> None:
    former = open_workspace(CountingEmbedder("words@0"))
    former.add("A red fox.\nA blue whale.")
    former.update()
    gate = Gate(former_ids=["words@0"])
    gate.open.clear()
    workspace = open_workspace(gate)
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


def test_a_former_export_that_another_process_rolled_back_to_is_embedded_anew(
    former: Workspace, newer: Workspace
) -> None:
    indexer = newer.indexer()
    indexer.open()
    indexer.start()
    assert comes(lambda: indexer.generation().manifest.model == "words@2")
    rolled_back = former.builder.roll_back(lambda progress: None)
    assert ("words@1", newer.store.revision) == (rolled_back.manifest.model, rolled_back.manifest.revision)
    assert comes(lambda: indexer.generation().number > rolled_back.number)
    assert "words@2" == indexer.generation().manifest.model
    indexer.stop()


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
    former: Workspace, open_workspace: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.embedding.cache.CHUNK", 1)
    embedder = Turnstile("words@2", ["words@1"])
    workspace = open_workspace(embedder)
    indexer = workspace.indexer()
    indexer.open()
    indexer.start()
    assert comes(lambda: indexer.job is not None and indexer.job.stage == "embedding")
    workspace.add("A green frog.")
    embedder.passes.release()
    indexer.wait(PATIENCE)
    assert ("words@1", 4) == (indexer.generation().manifest.model, indexer.generation().manifest.articles)
    embedder.passes.release(1000)
    assert comes(lambda: indexer.generation().manifest.model == "words@2")
    indexer.stop()


def test_embedding_anew_that_gives_way_to_an_article_is_no_failed_job(
    newer: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer, update = newer.indexer(), newer.builder.update
    states: list[str | None] = []

    def note_state(opened: Generation | None, report: Report) -> Generation:
        states.append(None if indexer.job is None else indexer.job.state)
        return update(opened, report)

    def add_another(progress: Progress) -> None:
        if newer.embedder.embedded and newer.store.count() == 3:
            newer.add("Ship9 sailed.")

    monkeypatch.setattr("index.embedding.cache.CHUNK", 4)
    monkeypatch.setattr(newer.builder, "update", note_state)
    indexer.catch_up(add_another)
    assert [None, "done", "done"] == states


def test_a_rebuild_by_another_process_ends_a_mismatch(
    workspace: Workspace, foreign: Workspace, open_workspace: OpenWorkspace
) -> None:
    workspace.update()
    indexer = foreign.indexer()
    indexer.open()
    indexer.start()
    open_workspace(CountingEmbedder("other@1")).rebuild()
    assert comes(lambda: indexer.current is not None)
    assert None is indexer.problem
    indexer.stop()


def test_a_rebuild_is_a_job_that_ends(running: Indexer) -> None:
    number = running.generation().number
    job = running.rebuild()
    assert ("rebuild", "running") == (job.kind, job.state)
    assert comes(lambda: running.job is not None and running.job.id == job.id and running.job.state == "done")
    assert number + 1 == running.generation().number, "done before the generation can be asked"


def test_a_second_rebuild_is_a_conflict_until_the_first_ends(
    workspace: Workspace, indexer: Indexer, gate: Gate
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


def test_a_job_shows_the_progress_of_its_build(workspace: Workspace, indexer: Indexer) -> None:
    def compare(progress: Progress) -> None:
        job = indexer.job
        assert job is not None
        assert ("running", progress) == (job.state, Progress(job.stage, job.done, job.total))
        compared.append(progress.stage)

    compared: list[str] = []
    workspace.add_many(0, 3)
    indexer.catch_up(compare)
    assert {"splitting", "embedding", "writing"} == set(compared)
    assert "done" == last_job(indexer, "done").state


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


def test_stopping_gives_up_a_build_and_ends_waiting_and_loses_nothing(
    workspace: Workspace, indexer: Indexer, gate: Gate
) -> None:
    workspace.add("A red fox.")
    gate.open.clear()
    indexer.start()
    assert gate.entered.wait(PATIENCE)
    stopping = threading.Timer(0.1, indexer.stop)
    stopping.start()
    started = time.monotonic()
    with pytest.raises(NotReady):
        indexer.wait(3 * PATIENCE)
    stopping.join(PATIENCE)  # before the gate opens
    assert time.monotonic() - started < PATIENCE
    gate.open.set()
    assert ["A red fox."] == sentences(workspace, workspace.update())


def test_stopping_does_not_wait_for_another_process(workspace: Workspace, indexer: Indexer) -> None:
    workspace.add("A red fox.")
    with workspace.repository.lock():
        indexer.start()
        assert comes(lambda: indexer.job is not None and indexer.job.stage == "waiting")
        indexer.stop()  # does not wait for the lock
    assert [] == workspace.repository.numbers()


def test_stopping_leaves_no_thread(workspace: Workspace) -> None:
    before = set(threading.enumerate())
    indexer = workspace.indexer()
    indexer.stop()
    indexer.start()
    indexer.stop()
    indexer.stop()
    assert comes(lambda: set(threading.enumerate()) <= before)


def test_old_generations_leave_the_memory(workspace: Workspace, running: Indexer) -> None:
    old = []
    for number in range(4):
        workspace.add(f"Ship{number} sailed.")
        running.wait(PATIENCE)
        old.append(weakref.ref(running.generation()))
    gc.collect()
    assert [True, True, True, False] == [reference() is None for reference in old]


def test_a_mismatch_that_comes_up_later_leaves_the_last_generation(foreign: Workspace, running: Indexer) -> None:
    generation = running.generation()
    foreign.rebuild()
    assert comes(lambda: running.problem is not None)
    assert "other@1" in str(running.problem)
    assert generation is running.generation()


def test_a_damaged_generation_that_another_process_published_is_replaced(
    workspace: Workspace, other: Workspace, indexer: Indexer
) -> None:
    workspace.add("A red fox.")
    indexer.catch_up()
    (other.rebuild().folder / "dead.npy").write_bytes(b"damaged")
    indexer.start()
    assert comes(lambda: indexer.generation().number == 3)
    assert ["A red fox."] == sentences(workspace, indexer.generation())


def test_a_rollback_by_another_process_is_followed_and_brought_up_to_date(
    workspace: Workspace, other: Workspace, running: Indexer
) -> None:
    first = workspace.add("Ship1 sailed.")
    running.wait(PATIENCE)
    workspace.add("Ship2 sailed.")
    running.wait(PATIENCE)
    workspace.store.delete(first.id)
    running.wait(PATIENCE)
    number = running.generation().number
    back = other.indexer()
    back.open()
    assert number + 1 == back.roll_back().number
    assert 1 == back.pending()
    assert comes(lambda: running.generation().number == number + 2)
    assert ["Ship2 sailed."] == found(workspace, running.generation(), "sailed")
    assert 0 == running.pending()


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
