"""The indexer: keeps the index up to date with the article store, in a thread."""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from corpus.errors import (
    CitelineError,
    Conflict,
    CorruptIndex,
    IndexProblem,
    ModelMismatch,
    NotReady,
    OtherVersion,
    StorageProblem,
)
from corpus.events import log_event
from corpus.store.article_store import ArticleStore
from index.generations.builder import Builder, BuildSuperseded, Progress
from index.generations.compaction import Compactor
from index.generations.generation import Generation

log = logging.getLogger(__name__)
POLL_SECONDS = 0.3  # between checks for changes by other processes; those by this process wake the thread
_MAX_RETRY_SECONDS = 30.0


class BuildStopped(CitelineError):
    """A build was cancelled because the indexer stops."""


class BuildLog:
    """Logs a build from its first progress on, so that an update without changes is not logged."""

    def __init__(self, log: logging.Logger, kind: str) -> None:
        self._log, self._kind = log, kind
        self._start, self._began = time.monotonic(), False

    def begin(self) -> None:
        """Log the start, once."""
        if not self._began:
            self._began = True
            log_event(self._log, logging.INFO, "build_started", f"Build started ({self._kind})", kind=self._kind)

    def published(self, generation: Generation) -> None:
        """Log the generation that was built."""
        if self._began:
            manifest, seconds = generation.manifest, self._seconds()
            words = (
                f"Generation {manifest.generation} published after {seconds:g} s ({self._kind}): "
                f"{manifest.articles} articles, {manifest.sentences} sentences"
            )
            counts = {name: getattr(manifest, name) for name in ("generation", "articles", "sentences")}
            log_event(self._log, logging.INFO, "build_published", words, kind=self._kind, seconds=seconds, **counts)

    def failed(self, error: BaseException) -> None:
        """Log why the build failed."""
        if self._began:
            seconds, problem = self._seconds(), str(error) or type(error).__name__
            given_up = isinstance(error, BuildStopped | BuildSuperseded)
            event = "build_given_up" if given_up else "build_failed"
            words = f"Build {'given up' if given_up else 'failed'} after {seconds:g} s ({self._kind}): {problem}"
            log_event(self._log, logging.INFO, event, words, kind=self._kind, seconds=seconds, problem=problem)

    def _seconds(self) -> float:
        return round(time.monotonic() - self._start, 3)


@dataclass(frozen=True, slots=True)
class Job:
    """A build of the index, with its progress or its outcome; times are ISO 8601, UTC."""

    id: str
    kind: Literal["update", "rebuild"]
    state: Literal["running", "done", "failed"]
    stage: str
    done: int
    total: int
    error: str | None
    started_at: str
    finished_at: str | None

    @classmethod
    def start(cls, kind: Literal["update", "rebuild"]) -> "Job":
        """Return a job that starts now."""
        return cls(uuid.uuid4().hex[:12], kind, "running", "waiting", 0, 0, None, _now(), None)


class Indexer:
    """Holds the current generation, and publishes the next ones from a thread.

    Any thread may read `current` at any time. `problem` says why the index can't be brought up to date, if it can't.
    """

    def __init__(self, builder: Builder, store: ArticleStore) -> None:
        self.current: Generation | None = None
        self.job: Job | None = None
        self.problem: str | None = None
        self._builder = builder
        self._store = store
        self._indexed_revision = -1  # of the store; later changes are not indexed
        self._requested: Job | None = None
        self._mismatch: str | None = None
        self._building = threading.Lock()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._compactor = Compactor(self._compact)

    def open(self) -> None:
        """Open the published generation, if there is a usable one; else `problem` says why."""
        try:
            self._adopt(self._builder.open_current(self.current))
        except (CorruptIndex, OtherVersion) as error:  # `catch_up` repairs and logs it
            self.problem = f"{error} The index is rebuilt from the articles before it answers again."
        except (IndexProblem, StorageProblem) as error:
            self._record_problem(error)

    def catch_up(self, report: Callable[[Progress], None] | None = None) -> Generation:
        """Bring the index up to date now, in this thread; an unreadable one is rebuilt from the articles.

        Articles that change while an index of a former export is embedded anew are indexed first. Raises
        StorageProblem, ModelMismatch.
        """
        try:
            while True:
                with suppress(BuildSuperseded):
                    generation = self._run(
                        "update", lambda progress: self._builder.update(self.current, progress), report
                    )
                    if not self._builder.is_former(generation):
                        return generation
        except (CorruptIndex, OtherVersion) as error:
            words = f"{error} The index is rebuilt from the articles."
            log_event(log, logging.WARNING, "index_damaged", words, problem=str(error))
            return self.rebuild_now(report)

    def compact_now(self) -> None:
        """Run the compaction that is due, in this thread; a failure is logged."""
        self._compactor.run()

    def _compact(self) -> None:
        with self._builder.stage_compaction(self.current) as compaction:
            if compaction is None:
                return
            with self._building:
                self._adopt_published(
                    self._builder.publish_compaction(compaction, self.current, self._raise_if_stopping)
                )

    def rebuild_now(self, report: Callable[[Progress], None] | None = None) -> Generation:
        """Rebuild the index from the articles, in this thread. Raises StorageProblem."""
        return self._run("rebuild", self._builder.rebuild, report)

    def drop_former(self) -> None:
        """Remove all generations but the current one; raises StorageProblem."""
        self._builder.drop_former(self._raise_if_stopping)

    def roll_back(self, report: Callable[[Progress], None] | None = None) -> Generation:
        """Go back to the generation before the current one; raises what `Builder.roll_back` raises."""
        with self._building:
            generation = self._builder.roll_back((lambda progress: None) if report is None else report)
            self._adopt(generation, -1)
        return generation

    def start(self) -> None:
        """Start the thread that keeps the index up to date, and that of the compactor."""
        self._thread = threading.Thread(target=self._loop, name="indexer", daemon=True)
        self._thread.start()
        self._compactor.start()
        self._compactor.wake()

    def stop(self) -> None:
        """Stop the threads; a running build is cancelled, and the next start makes it again."""
        self._stopping.set()
        self._compactor.stop()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Make the thread look for changed articles now."""
        self._wake.set()

    def rebuild(self) -> Job:
        """Make the thread rebuild the index; return the job. Raises Conflict while another rebuild waits or runs."""
        with self._changed:
            running = self.job is not None and self.job.state == "running" and self.job.kind == "rebuild"
            if running or self._requested is not None:
                raise Conflict("A rebuild of the index is running already.")
            job = self._requested = Job.start("rebuild")
        self._wake.set()
        return job

    def wait(self, timeout: float) -> None:
        """Wait until the store as it is now is indexed; raises NotReady after `timeout` seconds."""
        revision = self._store.revision
        self._wake.set()
        with self._changed:
            done = self._changed.wait_for(
                lambda: self._indexed_revision >= revision or self._stopping.is_set(), timeout
            )
        if not done or self._indexed_revision < revision:
            problem = self.problem
            reason = problem if problem is not None else "It goes on in the background."
            raise NotReady(f"The article is kept, but is not indexed yet. {reason}")

    def pending(self) -> int:
        """Return how many articles wait to be indexed or removed; raises StorageProblem."""
        return self._builder.pending(self.current)

    @property
    def max_number(self) -> int:
        """The highest number of an indexed article: articles of the store with higher ones are pending."""
        return 0 if self.current is None else self.current.max_number

    @property
    def model_id(self) -> str:
        """The embedding model that the index is made with."""
        return self._builder.model_id

    def generation(self) -> Generation:
        """Return the current generation; raises NotReady, ModelMismatch."""
        current = self.current
        if current is not None:
            return current
        mismatch, problem = self._mismatch, self.problem
        if mismatch is not None:
            raise ModelMismatch(mismatch)
        raise NotReady(f"The index is being built. {problem if problem is not None else 'Ask again in a moment.'}")

    def _loop(self) -> None:
        pause = POLL_SECONDS
        while not self._stopping.is_set():
            self._wake.wait(pause)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                if self._requested is not None:
                    self.rebuild_now()
                elif self._mismatch is not None:
                    self.open()  # until the former model is set again, or another process rebuilds
                elif (
                    self._indexed_revision != self._store.revision
                    or (self.current is not None and self._builder.is_former(self.current))
                    or not self._follow()
                ):
                    self.catch_up()
                pause = POLL_SECONDS
            except BuildStopped:
                return
            except Exception as error:  # after any error, the last generation answers and the build is retried
                pause = min(pause * 2, _MAX_RETRY_SECONDS)
                self._record_problem(error)

    def _follow(self) -> bool:
        """Adopt a generation that another process published; return whether there is a usable one."""
        try:
            published = self._builder.open_current(self.current)
        except (CorruptIndex, OtherVersion):
            return False
        return self._adopt_published(published)

    def _adopt_published(self, published: Generation | None) -> bool:
        changed = published is not None and published is not self.current
        # Another process rolled back to a lower revision: later articles are pending again.
        rolled_back = changed and published is not None and published.manifest.revision < self._indexed_revision
        return self._adopt(published, -1 if rolled_back else None)

    def _run(
        self,
        kind: Literal["update", "rebuild"],
        build: Callable[[Callable[[Progress], None]], Generation],
        report: Callable[[Progress], None] | None,
    ) -> Generation:
        with self._building:
            job, build_log = Job.start(kind), BuildLog(log, kind)
            if kind == "rebuild":  # an update becomes `job` with its first progress: one without changes never does
                with self._changed:
                    job, self._requested = job if self._requested is None else self._requested, None
                    self.job = job

            def on_progress(progress: Progress) -> None:
                self._raise_if_stopping(progress)
                build_log.begin()
                self.job = replace(job, stage=progress.stage, done=progress.done, total=progress.total)
                if report is not None:
                    report(progress)

            try:
                revision = self._store.revision  # before the build: later changes may not be indexed by it
                generation = build(on_progress)
                build_log.published(generation)
                self._adopt(generation, revision)
            except BaseException as error:
                build_log.failed(error)
                if isinstance(error, BuildSuperseded):  # no failure: the next build follows at once
                    self._end(job, "done", None)
                else:
                    self._end(job, "failed", str(error))
                raise
            self._end(job, "done", None)
            return generation

    def _raise_if_stopping(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise BuildStopped("The build was given up.")

    def _end(self, job: Job, state: Literal["done", "failed"], error: str | None) -> None:
        if self.job is not None and self.job.id == job.id:
            self.job = replace(self.job, state=state, error=error, finished_at=_now())

    def _adopt(self, generation: Generation | None, indexed_revision: int | None = None) -> bool:
        if generation is not self.current:
            self._compactor.wake()
        with self._changed:
            if generation is not None:
                self.current, self.problem, self._mismatch = generation, None, None
            if indexed_revision is not None:
                self._indexed_revision = indexed_revision
            self._changed.notify_all()
        return generation is not None

    def _record_problem(self, error: Exception) -> None:
        """Record and log a problem, as text: the error itself would hold the generations of its frames in memory."""
        problem = str(error) if isinstance(error, CitelineError) else f"{type(error).__name__}: {error}"
        if problem != self.problem:
            words = f"The index can't be brought up to date. {problem}"
            log_event(log, logging.ERROR, "index_problem", words, problem=problem)
            if not isinstance(error, CitelineError):
                log.error("This was not expected.", exc_info=error)
        if isinstance(error, ModelMismatch) and self.current is None:
            self._mismatch = problem
        self.problem = problem


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
