"""What the log says of a build of the index."""

import logging
import threading
import time
import uuid
from collections.abc import Callable
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
from index.generations.builder import Builder, Progress
from index.generations.compaction import Compactor
from index.generations.generation import Generation


class Stopped(CitelineError):
    """A build was given up because the indexer stops."""


class BuildLog:
    """Tells the log of a build: from its first progress on, since an update that has nothing to do is none."""

    def __init__(self, log: logging.Logger, kind: str) -> None:
        self._log, self._kind = log, kind
        self._start, self._told = time.monotonic(), False

    def begin(self) -> None:
        """Tell that the build makes progress, once."""
        if not self._told:
            self._told = True
            log_event(self._log, logging.INFO, "build_started", f"Build started ({self._kind})", kind=self._kind)

    def published(self, generation: Generation) -> None:
        """Tell what came of the build."""
        if self._told:
            manifest, seconds = generation.manifest, self._seconds()
            words = (
                f"Generation {manifest.generation} published after {seconds:g} s ({self._kind}): "
                f"{manifest.articles} articles, {manifest.sentences} sentences"
            )
            counts = {name: getattr(manifest, name) for name in ("generation", "articles", "sentences")}
            log_event(self._log, logging.INFO, "build_published", words, kind=self._kind, seconds=seconds, **counts)

    def failed(self, error: BaseException) -> None:
        """Tell why nothing came of the build."""
        if self._told:
            given_up, seconds, problem = isinstance(error, Stopped), self._seconds(), str(error) or type(error).__name__
            event = "build_given_up" if given_up else "build_failed"
            words = f"Build failed after {seconds:g} s ({self._kind}): {problem}"
            log_event(self._log, logging.INFO, event, words, kind=self._kind, seconds=seconds, problem=problem)

    def _seconds(self) -> float:
        return round(time.monotonic() - self._start, 3)


log = logging.getLogger(__name__)
# How often other processes' work is looked for, in seconds; work of this process is told of at once.
POLL_SECONDS = 0.3
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """One build of the index: what it does and how far it is, or how it ended. Times are ISO 8601, UTC."""

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
    def begun(cls, kind: Literal["update", "rebuild"]) -> "Job":
        """Return a job that has just begun."""
        return cls(uuid.uuid4().hex[:12], kind, "running", "waiting", 0, 0, None, _now(), None)


class Indexer:
    """Owns the current generation; a thread of its own publishes the next ones.

    `current` may be read by any thread at any time.
    """

    def __init__(self, builder: Builder, store: ArticleStore) -> None:
        self.current: Generation | None = None
        self.job: Job | None = None
        self.problem: str | None = None
        self._builder = builder
        self._store = store
        self._covered = -1
        self._requested: Job | None = None
        self._mismatch: str | None = None
        self._building = threading.Lock()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._compactor = Compactor(self._merge)

    def open(self) -> None:
        """Open the published generation, if there is a usable one; `problem` says why where there is not."""
        try:
            self._take(self._builder.open_current(self.current))
        except (CorruptIndex, OtherVersion) as error:  # `catch_up` mends it, and says so when it does
            self.problem = f"{error} The index is rebuilt from the articles before it answers again."
        except (IndexProblem, StorageProblem) as error:
            self._note(error)

    def catch_up(self, report: Callable[[Progress], None] | None = None) -> Generation:
        """Bring the index up to date now, in this thread. Raises StorageProblem, ModelMismatch.

        An index that can't be read is rebuilt from the articles.
        """
        try:
            generation = self._run("update", lambda tell: self._builder.update(self.current, tell), report)
        except (CorruptIndex, OtherVersion) as error:
            words = f"{error} The index is rebuilt from the articles."
            log_event(log, logging.WARNING, "index_damaged", words, problem=str(error))
            generation = self.rebuild_now(report)
        return generation

    def compact_now(self) -> None:
        """Merge the segments for which that is due, in this thread; where that fails, the log tells why."""
        self._compactor.once()

    def _merge(self) -> None:
        """Merge what is due beside the builds, of which none waits for it."""
        with self._builder.stage_compaction(self.current) as compaction:
            if compaction is None:
                return
            with self._building:
                self._take_published(self._builder.publish_compaction(compaction, self.current, self._give_up))

    def rebuild_now(self, report: Callable[[Progress], None] | None = None) -> Generation:
        """Rebuild the index from the articles, in this thread. Raises StorageProblem."""
        return self._run("rebuild", self._builder.rebuild, report)

    def roll_back(self, report: Callable[[Progress], None] | None = None) -> Generation:
        """Go back to the generation before; what it lacks is pending. Raises what the builder raises."""
        with self._building:
            generation = self._builder.roll_back((lambda progress: None) if report is None else report)
            self._take(generation, -1)
        return generation

    def start(self) -> None:
        """Start to keep the index up to date, in a thread."""
        self._thread = threading.Thread(target=self._loop, name="indexer", daemon=True)
        self._thread.start()
        self._compactor.start()
        self._compactor.wake()

    def stop(self) -> None:
        """Stop the threads; a build that runs is given up, and nothing is lost by that."""
        self._stopping.set()
        self._compactor.stop()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Tell that the articles have changed."""
        self._wake.set()

    def rebuild(self) -> Job:
        """Ask the thread for a rebuild and return its job; raises Conflict while one is asked for or runs."""
        with self._changed:
            running = self.job is not None and self.job.state == "running" and self.job.kind == "rebuild"
            if running or self._requested is not None:
                raise Conflict("A rebuild of the index is running already.")
            job = self._requested = Job.begun("rebuild")
        self._wake.set()
        return job

    def wait(self, timeout: float) -> None:
        """Return when all that is in the store now can be answered from; raises NotReady after timeout seconds."""
        revision = self._store.revision
        self._wake.set()
        with self._changed:
            done = self._changed.wait_for(lambda: self._covered >= revision or self._stopping.is_set(), timeout)
        if not done or self._covered < revision:
            problem = self.problem
            reason = problem if problem is not None else "It goes on in the background."
            raise NotReady(f"The article is kept, but is not indexed yet. {reason}")

    def pending(self) -> int:
        """Return how many articles wait to be indexed or to be taken out."""
        return self._builder.pending(self.current)

    @property
    def newest(self) -> int:
        """The highest number of an article that is indexed: the store's articles with higher ones are pending."""
        return 0 if self.current is None else self.current.newest

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
            try:
                self._step()
                pause = POLL_SECONDS
            except Stopped:
                return
            except Exception as error:  # whatever it was: the last generation goes on answering, and we try again
                pause = min(pause * 2, _LONGEST_PAUSE)
                self._note(error)

    def _step(self) -> None:
        if self._stopping.is_set():
            return
        if self._requested is not None:
            self.rebuild_now()
        elif self._mismatch is not None:
            self.open()  # only a person can say which model is meant; a rebuild by the command line settles it
        elif self._covered != self._store.revision or not self._follow():
            self.catch_up()

    def _follow(self) -> bool:
        """Take what another process published; return whether there is anything usable."""
        try:
            published = self._builder.open_current(self.current)
        except (CorruptIndex, OtherVersion):
            return False
        return self._take_published(published)

    def _take_published(self, published: Generation | None) -> bool:
        changed = published is not None and published is not self.current
        # One that covers less than we did: somebody went back, and what came in since is pending again.
        behind = changed and published is not None and published.manifest.revision < self._covered
        return self._take(published, -1 if behind else None)

    def _run(
        self,
        kind: Literal["update", "rebuild"],
        build: Callable[[Callable[[Progress], None]], Generation],
        report: Callable[[Progress], None] | None,
    ) -> Generation:
        with self._building:
            job, account = self._begin(kind), BuildLog(log, kind)

            def note(progress: Progress) -> None:
                self._give_up(progress)
                account.begin()
                self.job = replace(job, stage=progress.stage, done=progress.done, total=progress.total)
                if report is not None:
                    report(progress)

            try:
                revision = self._store.revision  # what changes from here on is not claimed to be covered
                generation = build(note)
                account.published(generation)
                self._take(generation, revision)
            except BaseException as error:
                account.failed(error)
                self._end(job, "failed", str(error))
                raise
            self._end(job, "done", None)
            return generation

    def _give_up(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise Stopped("The build was given up.")

    def _begin(self, kind: Literal["update", "rebuild"]) -> Job:
        # An update is shown from its first progress on: one that has nothing to do has none.
        job = Job.begun(kind)
        if kind == "rebuild":
            with self._changed:
                job, self._requested = job if self._requested is None else self._requested, None
                self.job = job
        return job

    def _end(self, job: Job, state: Literal["done", "failed"], error: str | None) -> None:
        if self.job is not None and self.job.id == job.id:
            self.job = replace(self.job, state=state, error=error, finished_at=_now())

    def _take(self, generation: Generation | None, covered: int | None = None) -> bool:
        if generation is not self.current:
            self._compactor.wake()
        with self._changed:
            if generation is not None:
                self.current, self.problem, self._mismatch = generation, None, None
            if covered is not None:
                self._covered = covered
            self._changed.notify_all()
        return generation is not None

    def _note(self, error: Exception) -> None:
        """Remember a problem, as text: the error itself would keep the generations of its frames in memory."""
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
