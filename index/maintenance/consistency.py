"""Checks that the index agrees with the article store, down to every sentence."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus.article import Article
from corpus.errors import CorruptIndex, NotFound, OtherVersion, StorageProblem
from corpus.store.article_store import ArticleStore
from corpus.store.filters import ArticleFilter
from index.embedding.cache import open_cache
from index.files import FileIdentity
from index.generations.generation import Generation, ReusableParts
from index.generations.manifest import FileMark, GenerationManifest, compare_files, file_names
from index.generations.repository import CURRENT, GenerationRepository
from index.search.indexed_sentences import PLACE_BITS, Splitter, sentence_spans
from index.search.segments import Numbers
from index.state_folder import StateFolder

_ARTICLES_AT_ONCE = 200
_VECTORS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """What was checked, how many articles are pending, and every discrepancy, a line each.

    `files` counts those of the generation, `sentences` the live ones.
    """

    generation: int | None
    articles: int
    sentences: int
    files: int
    pending: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _CheckedGeneration:
    """The current generation, opened where its files agree with its manifest."""

    number: int | None
    generation: Generation | None
    files: int
    problems: tuple[str, ...]


def check_state(state: StateFolder, split: Splitter) -> ConsistencyReport:
    """Check a state folder; raises NotFound where it has no article store, StorageProblem, OtherVersion."""
    if not state.articles.exists():
        raise NotFound(f"There is no article store in {state.folder}.")
    with closing(ArticleStore.open(state.articles)) as store:
        found = check(store, GenerationRepository(state.index), split)
    damage: list[str] = []
    if state.embeddings.exists():
        try:
            with closing(open_cache(state.embeddings)) as cache:
                damage = [f"The embedding cache {state.embeddings} is damaged: {line}" for line in cache.damage()]
        except (StorageProblem, OtherVersion) as error:
            damage = [str(error)]
    return replace(found, problems=(*found.problems, *damage))


def check(store: ArticleStore, repository: GenerationRepository, split: Splitter) -> ConsistencyReport:
    """Compare a store with the current generation of its index; both may change meanwhile.

    What was added or deleted since the generation was made is pending, and no discrepancy. Raises StorageProblem where
    the store can't be read.
    """
    current = _check_current(repository)  # before the store is read: it has what a generation was made of
    generation = current.generation
    problems = list(current.problems)
    with store.database.snapshot():
        problems += [f"The article store {store.database.path} is damaged: {line}" for line in store.database.damage()]
        versions = sorted(store.version_numbers(ArticleFilter(versions=True)))
        problems += [str(found) for _, found in _articles(store, versions) if isinstance(found, StorageProblem)]
        numbers = store.numbers()
        origin: list[str] = []
        if generation is not None and generation.manifest.store_id != store.store_id:
            origin = [f"Generation {generation.number} was made from another article store."]
        elif generation is not None and generation.manifest.revision > store.revision:
            origin = [f"Generation {generation.number} was made from a later state of the article store."]
        if generation is None or origin:
            damaged = [str(found) for _, found in _articles(store, numbers) if isinstance(found, StorageProblem)]
            problems += [*origin, *damaged]
            return ConsistencyReport(current.number, len(numbers), 0, current.files, len(numbers), tuple(problems))
        problems += [*_vector_problems(generation), *_keyword_problems(generation)]
        pending, wrong = _compare_numbers(store, generation, numbers)
        problems += [*wrong, *_compare_sentences(store, generation, numbers, split)]
    sentences = int(generation.live.sum())
    return ConsistencyReport(current.number, len(numbers), sentences, current.files, pending, tuple(problems))


def _check_current(repository: GenerationRepository) -> _CheckedGeneration:
    """Check the current generation, or the next one where that was published, and this one removed, meanwhile."""
    checked: dict[FileIdentity, FileMark] = {}  # files that generations share are read once
    while (number := repository.current()) is not None:
        current = _check_generation(repository.path(number), number, checked)
        pointer = repository.folder / CURRENT
        try:
            intact = pointer.read_text(encoding="ascii").strip() == str(number)
        except (OSError, ValueError):
            intact = False
        damage = [] if intact else [f"{pointer} is damaged: the newest generation, {number}, is taken."]
        problems = (*current.problems, *damage)
        if not problems or repository.current() == number:
            return replace(current, problems=problems)
    return _CheckedGeneration(None, None, 0, ())


def _check_generation(folder: Path, number: int, checked: dict[FileIdentity, FileMark]) -> _CheckedGeneration:
    files, problems, generation = 0, list[str](), None
    try:
        manifest = GenerationManifest.read(folder)
        files = len(manifest.files)
        intact, problems = compare_files(folder, manifest, checked)
        checked |= intact
        if not problems:
            generation = Generation.open(folder, ReusableParts((), checked))
        problems += [
            f"{folder / name} is not in the manifest." for name in file_names(folder) if name not in manifest.files
        ]
    except (CorruptIndex, OtherVersion) as error:
        problems.append(str(error))
    return _CheckedGeneration(number, generation, files, tuple(problems))


def _vector_problems(generation: Generation) -> Iterator[str]:
    dimension = generation.manifest.dimension
    for segment in generation.segments:
        for start in range(0, len(segment), _VECTORS_AT_ONCE):
            vectors = segment.vectors.take(np.arange(start, min(start + _VECTORS_AT_ONCE, len(segment))))
            if vectors.shape[1] != dimension:
                yield f"Segment {segment.name} has vectors of {vectors.shape[1]} dimensions instead of {dimension}."
                break
            if not np.isfinite(vectors).all():
                yield f"Segment {segment.name} has vectors with numbers that are none."
                break


def _keyword_problems(generation: Generation) -> Iterator[str]:
    """Compare the sentences of keyword search with the live ones of the segments."""
    found, wanted = generation.keywords.keys(), generation.spans["key"][generation.live]
    for number, count in _by_article(np.setdiff1d(wanted, found)):
        yield f"Keyword search lacks {count} sentences of article number {number}."
    for number, count in _by_article(np.setdiff1d(found, wanted)):
        yield f"Keyword search finds {count} sentences of article number {number} that the segments do not have."


def _by_article(keys: Numbers) -> list[tuple[int, int]]:
    numbers, counts = np.unique(keys >> PLACE_BITS, return_counts=True)
    return list(zip(numbers.tolist(), counts.tolist(), strict=True))


def _compare_numbers(store: ArticleStore, generation: Generation, numbers: Sequence[int]) -> tuple[int, list[str]]:
    """Return how many articles are pending, and a line for each that the generation lacks or has too many.

    Numbers ascend as articles are added, and a generation has all that existed. So a missing one with a lower number
    than another was lost, not added later.
    """
    indexed, tombstones = set(generation.article_numbers.tolist()), set(generation.tombstones.tolist())
    wanted = set(numbers)
    up_to_date = generation.manifest.revision == store.revision
    missing, deleted = sorted(wanted - indexed), sorted(indexed - wanted)
    lost = [number for number in missing if up_to_date or number < generation.max_number or number in tombstones]
    wrong = []
    for number, article in _articles(store, lost):
        why = "is marked as deleted in the index" if number in tombstones else "is not in the index"
        wrong.append(f"{_name(number, article)} {why}, and not pending.")
    if up_to_date:
        wrong += [f"Article number {number} is in the index, but not in the article store." for number in deleted]
    if generation.manifest.articles != len(indexed):
        wrong.append(f"The manifest counts {generation.manifest.articles} articles, the segments have {len(indexed)}.")
    return len(missing) - len(lost) + (0 if up_to_date else len(deleted)), wrong


def _compare_sentences(
    store: ArticleStore, generation: Generation, numbers: Sequence[int], split: Splitter
) -> Iterator[str]:
    """Compare the spans of every indexed article with its sentences."""
    indexed = set(generation.article_numbers.tolist())
    for number, article in _articles(store, numbers):
        if isinstance(article, StorageProblem):
            yield str(article)
        elif number in indexed:
            wrong = _span_problem(generation, number, article, split)
            if wrong is not None:
                yield f"{_name(number, article)}: {wrong}"


def _span_problem(generation: Generation, number: int, article: Article, split: Splitter) -> str | None:
    first = number << PLACE_BITS
    begin, end = np.searchsorted(generation.spans["key"], (first, first + (1 << PLACE_BITS)))
    indexed = generation.spans[begin:end].tolist()
    expected = [(first + place, *span) for place, span in enumerate(sentence_spans(article, split))]
    outside = [span[1:] for span in indexed if not 0 <= span[1] < span[2] <= len(article.text)]
    if outside:
        return f"the sentence {_span(outside[0])} is outside of its text, which has {len(article.text)} characters."
    if len(indexed) != len(expected):
        return f"{len(indexed)} sentences are in the index, but {len(expected)} in its text."
    for found, wanted in zip(indexed, expected, strict=True):
        if found != wanted:
            return f"the sentence {_span(wanted[1:])} is {_span(found[1:])} in the index."
    return None


def _span(span: Sequence[int]) -> str:
    return f"[{span[0]}, {span[1]})"


def _articles(
    store: ArticleStore, numbers: Sequence[int], at_once: int = _ARTICLES_AT_ONCE
) -> Iterator[tuple[int, Article | StorageProblem]]:
    """Yield the articles of some numbers, each with its number; a damaged one as the problem."""
    for start in range(0, len(numbers), at_once):
        chunk = numbers[start : start + at_once]
        try:
            yield from sorted(store.by_number(chunk).items())
        except StorageProblem as error:
            if at_once == 1:
                yield chunk[0], error
            else:  # of one article: which?
                yield from _articles(store, chunk, 1)


def _name(number: int, article: Article | StorageProblem) -> str:
    return f"Article number {number}" + ("" if isinstance(article, StorageProblem) else f" ({article.id})")
