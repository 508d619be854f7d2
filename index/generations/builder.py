"""Builds the next generation out of the store and the last one, and publishes it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from corpus.errors import Conflict, CorruptIndex, IndexProblem, ModelMismatch, NotFound
from corpus.store.article_store import ArticleStore
from index.embedding.cache import EmbeddingCache
from index.files import link
from index.generations.compaction import Compaction, due_merges, stage_compaction
from index.generations.diff import Change, Comparison, write
from index.generations.generation import Generation
from index.generations.manifest import CheckedFiles, GenerationManifest, mark_files
from index.generations.repository import GenerationRepository
from index.search.indexed_sentences import IndexedSentence, Splitter, indexed_sentences
from index.search.segments import Segment, compact
from index.search.vectors import Vectors

KEPT_GENERATIONS = 2
MERGED_AT_ONCE = 8_192  # sentences; merges that write more are made beside the builds, and no article waits for them
_ARTICLES_AT_ONCE = 200
_VECTORS_AT_ONCE = 10_000
_PATIENCE = 0.2  # seconds between two looks at whether the wait for another build was given up
# How much of its passage's vector is added to a sentence's; the figures behind it are in docs/decisions.md.
PASSAGE_WEIGHT = np.float32(0.5)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: what it does now, and how many of how many steps of that are done."""

    stage: str
    done: int
    total: int


Report = Callable[[Progress], None]


class Builder:
    """Makes generations, one at a time over all processes that use the same folder."""

    def __init__(
        self, store: ArticleStore, repository: GenerationRepository, embeddings: EmbeddingCache, split: Splitter
    ) -> None:
        self._store = store
        self._repository = repository
        self._embeddings = embeddings
        self._split = split
        self._comparison = Comparison(store)

    @property
    def model_id(self) -> str:
        """The embedding model that generations are made with."""
        return self._embeddings.embedder.model_id

    def open_current(self, before: Generation | None = None) -> Generation | None:
        """Open the published generation, None where there is none yet; `before` spares reading what it shares.

        Raises CorruptIndex, OtherVersion, ModelMismatch, StorageProblem.
        """
        number = self._repository.current()
        while number is not None:
            folder = self._repository.path(number)
            if before is not None and before.is_at(folder):
                return before
            try:
                self._check_origin(GenerationManifest.read(folder))
                return Generation.open(folder, before)
            except CorruptIndex:
                newer = self._repository.current()
                if newer == number:
                    raise
                number = newer  # another process published, and cleared away what we were about to read
        return None

    def update(self, before: Generation | None, report: Report) -> Generation:
        """Bring the index up to date with the store and return the generation that is then current.

        Costs what the change costs: sentences that are indexed are neither embedded nor written again. Until the new
        generation is published, and if anything fails, the last one stays. Raises what open_current raises, and
        StorageProblem.
        """
        current = self.open_current(before)
        change = self._comparison.change(current)
        if current is not None and not (change.new or change.deleted):  # needs no lock, which another may hold for long
            return current
        with self._lock(report):
            current = self.open_current(current)
            if current is not change.base or self._store.revision != change.revision:
                change = self._comparison.change(current)
            if current is not None and not (change.new or change.deleted):
                return current
            return self._build(change, report)

    def pending(self, current: Generation | None) -> int:
        """Return how many articles a generation lacks or has too many."""
        return self._comparison.pending(current)

    def rebuild(self, report: Report) -> Generation:
        """Build a generation from the store alone; vectors that are known by their text are not computed again."""
        with self._lock(report):
            return self._build(self._comparison.change(None), report)

    @contextmanager
    def stage_compaction(self, current: Generation | None) -> Iterator[Compaction | None]:
        """Yield the merges that are due in what is published, made beside other builds, for `take_in`; None if none is.

        `current` is what is known of it. Raises what open_current raises, and StorageProblem.
        """
        current = None if current is None else self.open_current(current)
        if current is None or not due_merges(current.segments, current.tombstones, MERGED_AT_ONCE):
            yield None
            return
        with self._repository.compaction_staging() as folder:
            yield None if folder is None else stage_compaction(folder, current, MERGED_AT_ONCE)

    def publish_compaction(
        self, compaction: Compaction, before: Generation | None, report: Report
    ) -> Generation | None:
        """Publish the current generation with merged segments, in its own place: what went before it stays.

        Raises what open_current raises, and StorageProblem.
        """
        with self._lock(report):
            base = self.open_current(before)
            segments = [] if base is None else compaction.replaced(base.segments, base.tombstones)
            if base is None or segments == list(base.segments):
                return base
            change = Change(base, base.manifest.revision, [], [])
            generation = self._publish(change, segments, [], compaction)
            self._repository.withdraw(base.number)
            self._repository.clear(KEPT_GENERATIONS)
            return generation

    def roll_back(self, report: Report) -> Generation:
        """Publish the generation before the current one once more, under a new number, and forget the current one.

        What the store has got since then is pending. Raises NotFound where there is none before, what open_current
        raises where that one can't be used, StorageProblem; then everything stays as it is.
        """
        with self._lock(report):
            current = self._repository.current()
            before = None if current is None else self._repository.before(current)
            if current is None or before is None:
                raise NotFound("There is no generation before the current one to go back to.")
            folder = self._repository.path(before)
            try:
                manifest = GenerationManifest.read(folder)
                self._check_origin(manifest)
                base = Generation.open(folder)
            except IndexProblem as error:
                raise type(error)(f"Generation {before} is of no use to go back to. {error}") from error
            number = self._repository.unused()
            with self._repository.generation_staging(number) as copy:
                for name in manifest.files:
                    (copy / name).parent.mkdir(exist_ok=True)
                    link(folder / name, copy / name)
                replace(manifest, generation=number).write(copy)
                made = Generation.open(copy, base).known
                self._repository.withdraw(current)  # the one before is current by that, whatever happens from here on
                published = self._repository.publish(copy, number)
            self._repository.clear(1)
            return Generation.open(published, made)

    @contextmanager
    def _lock(self, report: Report) -> Iterator[None]:
        """Wait for the lock, giving `report` the occasion to give up."""
        with ExitStack() as held:
            patience = 0.0
            while True:
                try:
                    held.enter_context(self._repository.lock(patience))
                    break
                except Conflict:
                    report(Progress("waiting", 0, 0))
                    patience = _PATIENCE
            yield

    def _check_origin(self, manifest: GenerationManifest) -> None:
        if manifest.model != self.model_id:
            raise ModelMismatch(
                f"The index was made with the embedding model {manifest.model}, but {self.model_id} is set. Set the "
                "former (CITELINE_MODEL), or rebuild the index: python app.py rebuild"
            )
        if manifest.store_id != self._store.store_id or manifest.revision > self._store.revision:
            raise CorruptIndex(
                f"The index in {self._repository.folder} was made from another article store, or from a later state of "
                "it. Rebuild it: python app.py rebuild"
            )

    def _build(self, change: Change, report: Report) -> Generation:
        fresh = self._cut_into_sentences(change.new, report)
        vectors = self._embed(fresh, report)
        report(Progress("writing", len(fresh), len(fresh)))
        segments = compact([*change.segments, *_segments(fresh, vectors)], change.tombstones, MERGED_AT_ONCE)
        generation = self._publish(change, segments, fresh)
        self._repository.clear(KEPT_GENERATIONS)
        return generation

    def _publish(
        self,
        change: Change,
        segments: Sequence[Segment],
        fresh: Sequence[IndexedSentence],
        compaction: Compaction | None = None,
    ) -> Generation:
        if change.base is not None:
            change.base.check_files()  # else what was damaged since is shared, and marked as it is
        number, known = self._repository.unused(), change.known(compaction)
        with self._repository.generation_staging(number) as folder:
            write(folder, change, segments, fresh, compaction)
            self._manifest(folder, number, change, segments, known.checked).write(folder)
            # All that is new is read and counted before anyone relies on it. Windows renames no folder with open files.
            made = Generation.open(folder, known).known
            published = self._repository.publish(folder, number, known.checked)
        return Generation.open(published, made)

    def _cut_into_sentences(self, numbers: Sequence[int], report: Report) -> list[IndexedSentence]:
        fresh: list[IndexedSentence] = []
        for start in range(0, len(numbers), _ARTICLES_AT_ONCE):
            report(Progress("splitting", start, len(numbers)))
            chunk = self._store.by_number(numbers[start : start + _ARTICLES_AT_ONCE])
            for number, article in sorted(chunk.items()):
                fresh += indexed_sentences(number, article, self._split)
        report(Progress("splitting", len(numbers), len(numbers)))
        return fresh

    def _embed(self, fresh: Sequence[IndexedSentence], report: Report) -> Vectors:
        """Return the vectors of units: of the titled sentence, plus a share of its passage's."""
        sentences = [sentence.titled for sentence in fresh]
        passages = list(dict.fromkeys(sentence.passage for sentence in fresh))
        total, done = len(sentences) + len(passages), 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            report(Progress("embedding", done, total))

        report(Progress("embedding", 0, total))
        own, around = self._embeddings.embed(sentences, count), self._embeddings.embed(passages, count)
        place = {passage: row for row, passage in enumerate(passages)}
        rows = np.array([place[sentence.passage] for sentence in fresh], np.intp)
        for at in range(0, len(rows), _VECTORS_AT_ONCE):
            own[at : at + _VECTORS_AT_ONCE] += PASSAGE_WEIGHT * around[rows[at : at + _VECTORS_AT_ONCE]]
        return own

    def _manifest(
        self, folder: Path, number: int, change: Change, segments: Sequence[Segment], checked: CheckedFiles
    ) -> GenerationManifest:
        tombstones = change.tombstones
        return GenerationManifest(
            generation=number,
            store_id=self._store.store_id,
            revision=change.revision,
            model=self.model_id,
            dimension=self._embeddings.embedder.dimension,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            articles=sum(len(segment.article_numbers) - len(segment.among(tombstones)) for segment in segments),
            sentences=sum(segment.live_count(tombstones) for segment in segments),
            segments=tuple(segment.name for segment in segments),
            files=mark_files(folder, checked),
        )


def _segments(fresh: Sequence[IndexedSentence], vectors: Vectors) -> list[Segment]:
    return [Segment.of(fresh, vectors)] if fresh else []
