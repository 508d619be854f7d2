"""Builds the next generation from the article store and the current generation, and publishes it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from corpus.errors import CitelineError, Conflict, CorruptIndex, IndexProblem, ModelMismatch, NotFound
from corpus.store.article_store import ArticleStore
from index.embedding.cache import EmbeddingCache
from index.files import link
from index.generations.compaction import Compaction, due_merges, stage_compaction
from index.generations.diff import Change, ChangeDetector
from index.generations.generation import KEYWORDS, TOMBSTONES, Generation
from index.generations.manifest import GenerationManifest, mark_files
from index.generations.repository import GenerationRepository
from index.search.indexed_sentences import TEXT_VERSION, IndexedSentence, Splitter, indexed_sentences
from index.search.keywords import KeywordEntry, KeywordIndex
from index.search.segments import Segment, compact
from index.search.vectors import Vectors

PUBLISHED_GENERATIONS = 2  # that stay: the current one, and the one to roll back to
MAX_MERGED_SENTENCES = 8_192  # in a build; longer merges are made in the background, so that no article waits for them
_ARTICLES_AT_ONCE = 200
_VECTORS_AT_ONCE = 10_000
_LOCK_POLL_SECONDS = 0.2
# How much of its passage's vector is added to a sentence's; the figures behind it are in docs/decisions.md.
PASSAGE_WEIGHT = np.float32(0.5)


@dataclass(frozen=True, slots=True)
class Progress:
    """The stage of a build, and how many of its steps are done."""

    stage: str
    done: int
    total: int


Report = Callable[[Progress], None]


class BuildSuperseded(CitelineError):
    """Articles changed while an index of a former export was embedded anew; they are indexed first."""


class Builder:
    """Makes generations, one at a time over all processes that use the same folder."""

    def __init__(
        self, store: ArticleStore, repository: GenerationRepository, embeddings: EmbeddingCache, split: Splitter
    ) -> None:
        self._store = store
        self._repository = repository
        self._embeddings = embeddings
        self._split = split
        self._detector = ChangeDetector(store)

    @property
    def model_id(self) -> str:
        """The embedding model that generations are made with."""
        return self._embeddings.embedder.model_id

    def open_current(self, opened: Generation | None = None) -> Generation | None:
        """Open the current generation, None where there is none; `opened` is returned where it is still current.

        Raises CorruptIndex, OtherVersion, ModelMismatch, StorageProblem.
        """
        return self._repository.open_current(opened, self._check_origin)

    def update(self, opened: Generation | None, report: Report) -> Generation:
        """Bring the index up to date with the store and return the generation that is then current.

        Costs what the change costs: sentences that are indexed are neither embedded nor written again. The last
        generation stays current until the next one is published. A generation of a former export of the model is
        extended like any other; where nothing is to be added to it, it is embedded anew, until articles change. Raises
        what open_current raises, StorageProblem, BuildSuperseded.
        """
        current = self.open_current(opened)
        change = self._detector.change(current)
        if current is not None and change.is_empty and not self.is_former(current):  # without waiting for the lock
            return current
        with self._lock(report):
            base = self.open_current(current)
            if base is not change.base or self._store.revision != change.revision:
                change = self._detector.change(base)
            if base is None or not change.is_empty:
                return self._build(change, report)
            return self._build(self._detector.change(None), report, change.revision) if self.is_former(base) else base

    def is_former(self, generation: Generation) -> bool:
        """Return whether a generation has vectors of a former export of the model, or of other texts."""
        manifest = generation.manifest
        return manifest.model != self.model_id or manifest.text_version != TEXT_VERSION

    def pending(self, current: Generation | None) -> int:
        """Return how many articles a generation lacks or has too many; raises StorageProblem."""
        return self._detector.pending(current)

    def rebuild(self, report: Report) -> Generation:
        """Build a generation from the store alone, with the vectors in the embedding cache; raises StorageProblem."""
        with self._lock(report):
            return self._build(self._detector.change(None), report)

    @contextmanager
    def stage_compaction(self, opened: Generation | None) -> Iterator[Compaction | None]:
        """Yield the long merges that are due in the current generation, None where there are none.

        Builds go on meanwhile. Publish it by `publish_compaction` before the context ends. Raises what open_current
        raises, and StorageProblem.
        """
        current = None if opened is None else self.open_current(opened)
        if current is None or not due_merges(current.segments, current.tombstones, MAX_MERGED_SENTENCES):
            yield None
            return
        with self._repository.compaction_staging() as folder:
            yield None if folder is None else stage_compaction(folder, current, MAX_MERGED_SENTENCES)

    def publish_compaction(
        self, compaction: Compaction, opened: Generation | None, report: Report
    ) -> Generation | None:
        """Replace the current generation by one with merged segments; the one to roll back to stays.

        Raises what open_current raises, and StorageProblem.
        """
        with self._lock(report):
            base = self.open_current(opened)
            segments = [] if base is None else compaction.apply(base.segments, base.tombstones)
            if base is None or segments == list(base.segments):
                return base
            generation = self._publish(Change(base, base.manifest.revision, [], []), segments, [], compaction)
            self._repository.withdraw(base.number)
            self._repository.clear(PUBLISHED_GENERATIONS)
            return generation

    def drop_former(self, report: Report) -> None:
        """Remove all generations but the current one: there is none to roll back to then. Raises StorageProblem."""
        with self._lock(report):
            self._repository.clear(1)

    def roll_back(self, report: Report) -> Generation:
        """Publish the generation before the current one again, under a new number, and remove the current one.

        What the store has received since then is pending. Raises NotFound where there is no generation before, what
        open_current raises where that one is unusable, StorageProblem; then everything stays as it is.
        """
        with self._lock(report):
            current = self._repository.current()
            previous = None if current is None else self._repository.previous(current)
            if current is None or previous is None:
                raise NotFound("There is no generation before the current one to go back to.")
            folder = self._repository.path(previous)
            try:
                manifest = GenerationManifest.read(folder)
                self._check_origin(manifest)
                base = Generation.open(folder)
            except IndexProblem as error:
                raise type(error)(f"Generation {previous} is of no use to go back to. {error}") from error
            number = self._repository.next_number()
            with self._repository.generation_staging(number) as copy:
                for name in manifest.files:
                    (copy / name).parent.mkdir(exist_ok=True)
                    link(folder / name, copy / name)
                replace(manifest, generation=number).write(copy)
                reusable = Generation.open(copy, base).reusable
                self._repository.withdraw(current)  # makes the previous one current, whatever happens from here on
                published = self._repository.publish(copy, number)
            self._repository.clear(1)
            return Generation.open(published, reusable)

    @contextmanager
    def _lock(self, report: Report) -> Iterator[None]:
        """Hold the lock; while another process has it, call `report` again and again, which may raise to give up."""
        with ExitStack() as stack:
            timeout = 0.0
            while True:
                try:
                    stack.enter_context(self._repository.lock(timeout))
                    break
                except Conflict:
                    report(Progress("waiting", 0, 0))
                    timeout = _LOCK_POLL_SECONDS
            yield

    def _check_origin(self, manifest: GenerationManifest) -> None:
        if manifest.model not in {self.model_id, *self._embeddings.embedder.former_ids}:
            raise ModelMismatch(
                f"The index was made with the embedding model {manifest.model}, but {self.model_id} is set. Set the "
                "former (CITELINE_MODEL), or rebuild the index: python app.py rebuild"
            )
        if manifest.store_id != self._store.store_id or manifest.revision > self._store.revision:
            raise CorruptIndex(
                f"The index in {self._repository.folder} was made from another article store, or from a later state of "
                "it. Rebuild it: python app.py rebuild"
            )

    def _build(self, change: Change, report: Report, expected_revision: int | None = None) -> Generation:
        """Build and publish; raises BuildSuperseded where the store leaves the expected revision meanwhile."""

        def checkpoint() -> None:
            if expected_revision is not None and self._store.revision != expected_revision:
                raise BuildSuperseded("Articles have changed; they are indexed first.")

        if change.base is None:
            self._embeddings.delete_former(lambda: report(Progress("splitting", 0, len(change.new))))
        sentences: list[IndexedSentence] = []
        for start in range(0, len(change.new), _ARTICLES_AT_ONCE):
            report(Progress("splitting", start, len(change.new)))
            chunk = self._store.by_number(change.new[start : start + _ARTICLES_AT_ONCE])
            for number, article in sorted(chunk.items()):
                structured = replace(article, blocks=self._store.blocks(article.id))
                sentences += indexed_sentences(number, structured, self._split)
        report(Progress("splitting", len(change.new), len(change.new)))
        vectors = embed_sentences(self._embeddings, sentences, report, checkpoint)
        report(Progress("writing", len(sentences), len(sentences)))
        segments = [*change.segments, *([Segment.of(sentences, vectors)] if sentences else [])]
        generation = self._publish(change, compact(segments, change.tombstones, MAX_MERGED_SENTENCES), sentences)
        self._repository.clear(PUBLISHED_GENERATIONS)
        return generation

    def _publish(
        self,
        change: Change,
        segments: Sequence[Segment],
        new_sentences: Sequence[IndexedSentence],
        compaction: Compaction | None = None,
    ) -> Generation:
        if change.base is not None:
            change.base.check_files()  # damage since then would be shared, and marked as if it were intended
        number, reusable = self._repository.next_number(), change.reusable(compaction)
        with self._repository.generation_staging(number) as folder:
            _write_files(folder, change, segments, new_sentences, compaction)
            tombstones = change.tombstones
            GenerationManifest(
                generation=number,
                store_id=self._store.store_id,
                revision=change.revision,
                model=self.model_id if change.base is None else change.base.manifest.model,
                text_version=TEXT_VERSION if change.base is None else change.base.manifest.text_version,
                dimension=self._embeddings.embedder.dimension,
                built_at=datetime.now(UTC).isoformat(timespec="seconds"),
                articles=sum(len(segment.article_numbers) - len(segment.present(tombstones)) for segment in segments),
                sentences=sum(segment.live_count(tombstones) for segment in segments),
                segments=tuple(segment.name for segment in segments),
                files=mark_files(folder, reusable.checked),
            ).write(folder)
            # What is new is read and counted before it is published. Windows renames no folder with open files.
            opened = Generation.open(folder, reusable).reusable
            published = self._repository.publish(folder, number, reusable.checked)
        return Generation.open(published, opened)


def embed_sentences(
    embeddings: EmbeddingCache,
    sentences: Sequence[IndexedSentence],
    report: Report = lambda progress: None,
    checkpoint: Callable[[], None] | None = None,
) -> Vectors:
    """Return the vectors of sentences: each the sum of the titled sentence's and its passage's weighted one."""
    titled = [sentence.titled for sentence in sentences]
    passages = list(dict.fromkeys(sentence.headed_passage for sentence in sentences))
    total, done = len(titled) + len(passages), 0

    def count(embedded: int) -> None:
        nonlocal done
        done += embedded
        report(Progress("embedding", done, total))

    report(Progress("embedding", 0, total))
    vectors, passage_vectors = (embeddings.embed(texts, count, checkpoint) for texts in (titled, passages))
    row_of = {passage: row for row, passage in enumerate(passages)}
    rows = np.array([row_of[sentence.headed_passage] for sentence in sentences], np.intp)
    for start in range(0, len(rows), _VECTORS_AT_ONCE):
        chunk = slice(start, start + _VECTORS_AT_ONCE)
        vectors[chunk] += PASSAGE_WEIGHT * passage_vectors[rows[chunk]]
    return vectors


def keyword_entries(sentences: Sequence[IndexedSentence]) -> list[KeywordEntry]:
    """Return sentences as the keyword index takes them."""
    return [
        KeywordEntry(sentence.key, sentence.article, sentence.headed, f"{sentence.title}\n{sentence.headed_passage}")
        for sentence in sentences
    ]


def _write_files(
    folder: Path,
    change: Change,
    segments: Sequence[Segment],
    new_sentences: Sequence[IndexedSentence],
    compaction: Compaction | None,
) -> None:
    """Write a generation but for its manifest into a folder; files of its base and of a compaction are hard-linked."""
    base = change.base
    sources = {} if base is None else {segment.name: base.folder for segment in base.segments}
    if compaction is not None:
        sources |= {segment.name: compaction.folder for _, segment in compaction.replacements}
    for segment in segments:
        if segment.name in sources:
            for file in segment.files:
                link(sources[segment.name] / file, folder / file)
        else:
            segment.save(folder)
    tombstones = (segment.present(change.tombstones) for segment in segments)
    np.save(folder / TOMBSTONES, np.concatenate([np.empty(0, np.int64), *tombstones]))
    entries = keyword_entries(new_sentences)
    if base is None:
        KeywordIndex.create(folder / KEYWORDS, entries)
    else:
        base.keywords.extended(folder / KEYWORDS, entries, change.deleted)
