"""Parts that behave like the real ones, made of the standard library and numpy."""

import hashlib
import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.article import METADATA, Article, Block, MetadataValue, Original, parse_published
from corpus.errors import ArticleReplaced, NotFound, UnknownFilterValue
from corpus.store.article_store import (
    TOGETHER,
    UPLOAD_PREFIX,
    ArticleSummary,
    Origin,
    StoredArticle,
    read_again,
    same_content,
    with_stored_fields,
)
from corpus.store.change_log import ArticleChanges
from corpus.store.duplicates import MIN_RESEMBLANCE, resemblance, shingles
from corpus.store.edits import with_edits
from corpus.store.filters import NO_FILTERS, ArticleFilter
from corpus.store.words import fold, has_words, mentions
from index.search.keywords import CORRECTION_WEIGHT, MAX_CORRECTED_WORDS, KeywordEntry

_DIMENSION = 64
_WORD = re.compile(r"\w+")


class WordEmbedder:
    """Embeds a text as the sum of one fixed vector per lower-cased word: texts with the same words are near."""

    def __init__(self, model_id: str = "words@1", former_ids: Collection[str] = ()) -> None:
        self._model_id = model_id
        self._former_ids = former_ids

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def former_ids(self) -> Collection[str]:
        return self._former_ids

    @property
    def dimension(self) -> int:
        return _DIMENSION

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), _DIMENSION), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = _vector(text)
            if progress is not None:
                progress(1)
        return vectors

    def embed_question(self, question: str) -> NDArray[np.float32]:
        return _vector(question)


def _vector(text: str) -> NDArray[np.float32]:
    words = _WORD.findall(text.lower())
    total = np.sum([_word_vector(word) for word in words or [""]], axis=0)
    return (total / np.linalg.norm(total)).astype(np.float32)


def _word_vector(word: str) -> NDArray[np.float64]:
    digest = hashlib.shake_256(word.encode(errors="replace")).digest(_DIMENSION)
    return np.frombuffer(digest, np.uint8) / 127.5 - 1.0


class CountingEmbedder(WordEmbedder):
    """A WordEmbedder that remembers how many texts it embedded."""

    def __init__(self, model_id: str = "words@1", former_ids: Collection[str] = ()) -> None:
        super().__init__(model_id, former_ids)
        self.embedded = 0

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        self.embedded += len(texts)
        return super().embed(texts, progress)


class MemoryVectors:
    """The oracle of VectorIndex: it compares with every vector."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    @classmethod
    def from_vectors(cls, vectors: NDArray[np.float32]) -> "MemoryVectors":
        return cls(vectors)

    @classmethod
    def load(cls, path: Path) -> "MemoryVectors":
        with path.open("rb") as file:
            return cls(np.load(file))

    def __len__(self) -> int:
        return len(self._vectors)

    def search(
        self, question: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        rows = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        products = self._vectors[rows] @ question
        best = np.argsort(-products, kind="stable")[:k]
        return rows[best], products[best]

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._vectors[rows]

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, self._vectors)


class MemoryKeywords:
    """The oracle of KeywordIndex: it computes BM25 (k1 1.2, b 0.75) for every entry, and stems nothing."""

    def __init__(self, entries: Sequence[KeywordEntry]) -> None:
        self._keys = [entry.key for entry in entries]
        self._articles = [entry.article for entry in entries]
        self._entries = list(entries)
        self._fields = [[_words(e.sentence) for e in entries], [_words(e.passage) for e in entries]]

    @classmethod
    def create(cls, folder: Path, entries: Sequence[KeywordEntry]) -> "MemoryKeywords":
        return cls(entries)

    def extended(self, folder: Path, entries: Sequence[KeywordEntry], deleted: Sequence[int]) -> "MemoryKeywords":
        return MemoryKeywords([*(entry for entry in self._entries if entry.article not in deleted), *entries])

    def __len__(self) -> int:
        return len(self._keys)

    def search(
        self, question: str, k: int, articles: Sequence[int] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        scores = np.zeros(len(self))
        for field in self._fields:
            for word, known in self.search_terms(question).items():
                best = np.max([np.zeros(len(self)), *(_bm25(field, term) for term in known)], axis=0)
                scores += best if known == (word,) else CORRECTION_WEIGHT * best
        if articles is not None:
            scores[~np.isin(self._articles, articles)] = 0
        found = np.flatnonzero(scores)
        order = found[np.lexsort((np.array(self._keys)[found], -scores[found]))][:k]
        return np.array(self._keys, np.int64)[order], scores[order].astype(np.float32)

    def search_terms(self, question: str) -> dict[str, tuple[str, ...]]:
        asked = list(dict.fromkeys(_words(question)))
        known = self._frequencies
        corrected = [word for word in asked if word not in known][:MAX_CORRECTED_WORDS]
        return {word: (word,) if word in known else self._near(word) if word in corrected else () for word in asked}

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(word for text in self._fields[1] for word in set(text))

    def _near(self, word: str) -> tuple[str, ...]:
        if not (word.isalpha() and word.islower() and 4 <= len(word) <= 30):
            return ()
        errors = {other: _errors(word, other) for other in self._frequencies if len(other) > 2}
        near = [other for other, count in errors.items() if count == 1]
        if not near and len(word) > 7:
            near = [other for other, count in errors.items() if count == 2 and other[:2] == word[:2]]
        return tuple(sorted(near, key=lambda other: (-self._frequencies[other], other))[:5])


def _errors(one: str, other: str) -> int:
    """The textbook's recursion: letters that are wrong, missing, too many or swapped."""

    @cache
    def count(left: int, right: int) -> int:
        if not left or not right:
            return left + right
        same = one[left - 1] == other[right - 1]
        ways = [count(left - 1, right) + 1, count(left, right - 1) + 1, count(left - 1, right - 1) + (not same)]
        if left > 1 and right > 1 and (one[left - 2], one[left - 1]) == (other[right - 1], other[right - 2]):
            ways.append(count(left - 2, right - 2) + 1)
        return min(ways)

    return count(len(one), len(other)) if abs(len(one) - len(other)) < 3 else 3


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _bm25(texts: list[list[str]], word: str) -> NDArray[np.float64]:
    counts = np.array([text.count(word) for text in texts], float)
    lengths = np.array([len(text) for text in texts], float)
    having = np.count_nonzero(counts)
    idf = np.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
    return idf * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * lengths / max(lengths.sum() / max(len(texts), 1), 1e-9)))


def _added(article: Article) -> float:
    return datetime.fromisoformat(str(article.added_at)).timestamp()


def _published_first(article: Article) -> float:
    return parse_published(str(article.published)).first


class MemoryStore:
    """An ArticleStore in memory: the oracle of its contract tests."""

    def __init__(self) -> None:
        self._articles: dict[str, tuple[int, Article]] = {}
        self._blocks: dict[str, tuple[Block, ...]] = {}
        self._originals: dict[str, Original] = {}
        self._former_ids: dict[str, str] = {}
        self._edits: dict[str, dict[str, MetadataValue]] = {}
        self._origins: dict[str, Origin] = {}
        self._last_number = self._revision = 0
        self._deleted: list[int | None] = []  # for each revision, the number that it deleted
        self._synced_prefix: str | None = None
        self._store_id = uuid.uuid4().hex
        self._lock = threading.RLock()

    @property
    def store_id(self) -> str:
        return self._store_id

    @property
    def synced_prefix(self) -> str | None:
        return self._synced_prefix

    def set_synced_prefix(self, prefix: str) -> None:
        self._synced_prefix = prefix

    @property
    def revision(self) -> int:
        return self._revision

    def put(
        self, article: Article, origin: str, signature: str | None = None, feed: str | None = None
    ) -> StoredArticle:
        with self._lock:
            before = self._article_of(origin)
            created = article.id not in self._articles
            changed = before not in {None, article.id}
            is_reread = before is not None and changed and self._is_unchanged(origin, signature, before, article)
            if created:
                now = datetime.now(UTC).isoformat(timespec="microseconds")
                added_at = self._articles[before][1].added_at if before is not None and is_reread else now
                edits = {} if before is None else dict(self._edits.get(before, {}))
                self._edits[article.id] = edits
                self._set(replace(with_edits(article, edits), added_at=added_at, cluster=self._cluster(article)))
                self._former_ids.pop(article.id, None)
                self._blocks[article.id] = article.blocks
            elif self._would_change(article, origin):
                was = self._articles[article.id][1]
                self._set(self._merged(article, was) if self._decides(article, origin) else was)
                self._blocks[article.id] = article.blocks or self._blocks[article.id]
                changed = True
            decides = not created and self._decides(article, origin)
            if article.original is not None and (decides or article.id not in self._originals):
                self._originals[article.id] = article.original
            self._origins[origin] = Origin(origin, article.id, signature, None, feed=feed)
            if before != article.id:
                upload = "" if article.original is None else f"{UPLOAD_PREFIX}{article.original.digest}"
                if is_reread and before is not None and self._article_of(upload) == before:
                    self._origins[upload] = replace(self._origins[upload], article_id=article.id)
                self._delete_orphan(before, article.id)
            return StoredArticle(self._articles[article.id][1], created, changed)

    def put_many(self, articles: Sequence[tuple[Article, str]]) -> list[StoredArticle]:
        with self._lock:
            if all(
                self._article_of(origin) == one.id and not self._would_change(one, origin) for one, origin in articles
            ):
                return [StoredArticle(self._articles[one.id][1], False) for one, _ in articles]
            return [self.put(article, origin) for article, origin in articles]

    def each(self) -> Iterator[tuple[Article, bool]]:
        by_id = sorted((article for _, article in self._articles.values()), key=lambda one: one.id, reverse=True)
        for article in sorted(by_id, key=lambda one: str(one.added_at)):
            yield (
                replace(article, blocks=self._blocks[article.id]),
                self._article_of(f"url:{article.url}") == article.id,
            )

    def get(self, article_id: str) -> Article:
        if article_id in self._articles:
            return self._articles[article_id][1]
        if article_id not in self._former_ids:
            raise NotFound(f"There is no article with the id {article_id[:40]!r}.")
        error = ArticleReplaced(f"The article {article_id} was replaced.")
        error.article_id = self._former_ids[article_id]
        raise error

    def original(self, article_id: str) -> Original:
        self.get(article_id)
        if article_id not in self._originals:
            raise NotFound(f"There is no original of the article {article_id}.")
        return self._originals[article_id]

    def edit(self, article_id: str, values: Mapping[str, MetadataValue]) -> Article:
        with self._lock:
            if article_id not in self._articles:
                raise NotFound(f"There is no article with the id {article_id[:40]!r}.")
            self._edits[article_id] |= values
            stored = self._articles[article_id][1]
            edited = with_edits(stored, values)
            if edited != stored:
                self._set(edited)
            return edited

    def outdated(self, filters: ArticleFilter | None = None) -> set[int]:
        passing = {*self.numbers(filters)}
        replacing = {new: self._replaced_by(article) for new, article in self._articles.values() if new in passing}
        pairs = {(old, new) for new, olds in replacing.items() for old in olds}
        for _ in self._articles:  # what replaces something replaces also what that replaces
            pairs |= {(old, newest) for old, new in pairs for middle, newest in pairs if middle == new}
        circular = {old for old, new in pairs if old == new}
        newer = {
            old: {new for first, new in pairs if first == old and ((new, old) not in pairs or new > old)}
            for old, _ in pairs
        }
        return {old for old, some in newer.items() if some or old not in circular}

    def _replaced_by(self, article: Article) -> list[int]:
        named = {self._former_ids.get(str(article.replaces), article.replaces), article.replaces} - {None}
        others = (pair for pair in self._articles.values() if pair[1].id != article.id)
        return [number for number, other in others if not named.isdisjoint({other.id, other.url})]

    def drop_originals(self, max_bytes: int) -> int:
        large = [key for key, original in self._originals.items() if len(original.data) > max_bytes]
        for key in large:
            del self._originals[key]
        return len(large)

    def shrink(self) -> None:
        pass

    def blocks(self, article_id: str) -> tuple[Block, ...]:
        return self._blocks.get(article_id, ())

    def original_type(self, article_id: str) -> str | None:
        return self._originals[article_id].media_type if article_id in self._originals else None

    def by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        return {number: article for number, article in self._articles.values() if number in set(numbers)}

    def numbers(self, filters: ArticleFilter | None = None) -> list[int]:
        filters = NO_FILTERS if filters is None else filters
        named = {one for name in filters.sources for one in _named(name, self.sources())}
        if not self._articles.keys() | self._former_ids.keys() >= set(filters.articles):
            raise UnknownFilterValue("There is no article with such an id.")
        ids = {self._former_ids.get(one, one) for one in filters.articles}
        return sorted(number for number, article in self._articles.values() if _passes(article, filters, named, ids))

    def version_numbers(self, filters: ArticleFilter) -> dict[int, int]:
        return {}  # it keeps no former versions

    def said_since(self, article_id: str, words: str) -> float | None:
        return None

    def has_version_without(self, article_id: str, words: str) -> bool:
        return False

    def get_version(self, article_id: str) -> tuple[Article, str | None]:
        return self.get(article_id), None

    def drop_versions(self) -> int:
        return 0

    def count_undated(self, filters: ArticleFilter) -> int:
        passing = self.by_number(self.numbers(filters.without_dates()))
        return sum(article.published is None for article in passing.values())

    def newest(
        self, filters: ArticleFilter | None = None, limit: int = 20, oldest_first: bool = False
    ) -> dict[int, Article]:
        by_id = sorted(self.by_number(self.numbers(filters)).items(), key=lambda each: each[1].id)
        added_last_first = sorted(by_id, key=lambda each: str(each[1].added_at), reverse=True)
        dated = [each for each in added_last_first if each[1].published is not None]
        dated.sort(key=lambda each: (1 if oldest_first else -1) * _published_first(each[1]))
        undated = [each for each in added_last_first if each[1].published is None]
        return dict([*dated, *undated][:limit])

    def mentioning(self, text: str, filters: ArticleFilter | None = None, oldest_first: bool = False) -> list[int]:
        passing = self.newest(filters, len(self._articles), oldest_first)
        return [number for number, one in passing.items() if mentions(fold(text).split(), one.title, one.text)]

    def sources(self, filters: ArticleFilter | None = None) -> dict[str, int]:
        passing = self._articles.values() if filters is None else self.by_number(self.numbers(filters)).items()
        counts = Counter(one.source for _, one in passing if one.source is not None)
        return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

    def changes_since(self, revision: int, max_number: int) -> ArticleChanges | None:
        with self._lock:
            if not 0 <= revision <= self._revision:
                return None
            deleted = sorted(number for number in self._deleted[revision:] if number is not None)
            new = [number for number in self.numbers() if number > max_number]
            return ArticleChanges(self._revision, self.count(), tuple(new), tuple(deleted))

    def by_cluster(self, cluster: str, filters: ArticleFilter | None = None, limit: int = 20) -> dict[int, Article]:
        added_first = [article for article, _ in self.each() if article.cluster == cluster]
        first = min((_added(one) for one in added_first), default=0.0)
        together = [one for one in added_first if _added(one) <= first + TOGETHER]
        dated = sorted((one for one in together if one.published is not None), key=_published_first)
        oldest_first = [*dated, *(one for one in together if one.published is None)]
        oldest_first += [one for one in added_first if _added(one) > first + TOGETHER]
        passing = self.by_number(self.numbers(filters))
        by_id = {article.id: number for number, article in passing.items()}
        found = [article for article in oldest_first if article.id in by_id]
        return {by_id[article.id]: article for article in found[:limit]}

    def page(self, offset: int, limit: int, query: str = "") -> list[ArticleSummary]:
        by_id = sorted(self._with_words(query), key=lambda article: article.id)
        newest_first = sorted(by_id, key=lambda article: str(article.added_at), reverse=True)
        return [_summary(article) for article in newest_first[offset : offset + limit]]

    def count(self, query: str = "") -> int:
        return len(self._with_words(query))

    def _with_words(self, query: str) -> list[Article]:
        found = [article for _, article in self._articles.values()]
        return [one for one in found if has_words(fold(query).split(), one.title, one.source)]

    def delete(self, article_id: str) -> None:
        with self._lock:
            self.get(article_id)
            for origin in self._origins_of(article_id):
                if origin.name.startswith("text:") and origin.feed is None:
                    del self._origins[origin.name]
                else:
                    kept = self._originals.get(article_id)
                    self._origins[origin.name] = replace(
                        origin,
                        article_id=None,
                        problem=None,
                        deleted_id=article_id,
                        deleted_digest=None if kept is None else kept.digest,
                    )
            self._delete_orphan(article_id)

    def origins(self, prefix: str = "") -> Iterator[Origin]:
        yield from sorted(
            (origin for name, origin in self._origins.items() if name.startswith(prefix)), key=lambda one: one.name
        )

    def drop_origin(self, origin: str) -> bool:
        with self._lock:
            before = self._article_of(origin)
            self._origins.pop(origin, None)
            return self._delete_orphan(before)

    def note_problem(self, origin: str, signature: str | None, problem: str, article_id: str | None = None) -> None:
        with self._lock:
            known = self._origins.get(origin, Origin(origin, None, None, ""))
            if signature is None and known.deleted and known.problem is None:
                return
            if signature is None:
                again = None if known.article_id is None else read_again(known.signature)
                self._origins[origin] = replace(known, signature=again, problem=problem)
                return
            kept = article_id if article_id in self._articles else None
            self._origins[origin] = replace(known, article_id=kept, signature=signature, problem=problem)
            if known.article_id != article_id:
                self._delete_orphan(known.article_id)

    def rename_origin(self, origin: str, name: str) -> None:
        with self._lock:
            if origin in self._origins and name not in self._origins:
                known = self._origins.pop(origin)
                signature = known.signature if known.article_id is None else read_again(known.signature)
                self._origins[name] = replace(known, name=name, signature=signature)

    def stay_deleted(self, origin: str, signature: str | None) -> None:
        with self._lock:
            known = self._origins.get(origin)
            if known is not None and known.deleted_id is not None:
                self._origins[origin] = replace(known, signature=signature, problem=None)

    def close(self) -> None:
        pass

    def _set(self, article: Article) -> None:
        self._last_number += 1
        self._revision += 1
        self._deleted.append(self._articles[article.id][0] if article.id in self._articles else None)
        self._articles[article.id] = (self._last_number, article)

    def _article_of(self, origin: str) -> str | None:
        return self._origins[origin].article_id if origin in self._origins else None

    def _would_change(self, article: Article, origin: str) -> bool:
        """Return whether putting an article from its origin would change its title, its blocks and so on."""
        stored, blocks = self._articles[article.id][1], self._blocks[article.id]
        if not self._decides(article, origin):
            return bool(article.blocks) and not blocks
        return stored != self._merged(article, stored) or article.blocks not in ((), blocks)

    def _decides(self, article: Article, origin: str) -> bool:
        stored = self._articles[article.id][1]
        by_url = f"url:{stored.url}"
        elsewhere = origin.startswith("url:") and origin != by_url and self._article_of(by_url) == stored.id
        return self._article_of(origin) == article.id and not origin.startswith("text:") and not elsewhere

    def _merged(self, article: Article, stored: Article) -> Article:
        return with_stored_fields(with_edits(article, self._edits[article.id]), stored)

    def _cluster(self, article: Article) -> str:
        """Return the cluster of the article that it resembles most, or else its id."""
        found = shingles(article.text)
        alike = {str(one.cluster): resemblance(found, shingles(one.text)) for _, one in self._articles.values()}
        best = max(alike, key=lambda cluster: alike[cluster], default=article.id)
        return best if alike.get(best, 0.0) >= MIN_RESEMBLANCE else article.id

    def _is_unchanged(self, origin: str, signature: str | None, before: str, article: Article) -> bool:
        kept = self._originals.get(before)
        return (
            origin.startswith(UPLOAD_PREFIX)
            or same_content(self._origins[origin].signature, signature)
            or (article.original is not None and kept is not None and article.original.data == kept.data)
        )

    def _origins_of(self, article_id: str | None) -> list[Origin]:
        return [origin for origin in self._origins.values() if origin.article_id == article_id]

    def _delete_orphan(self, article_id: str | None, successor: str | None = None) -> bool:
        if article_id is None:
            return False
        others = self._origins_of(article_id)
        for origin in others:
            self._origins[origin.name] = replace(origin, signature=read_again(origin.signature))
        if not others:
            self._deleted.append(self._articles.pop(article_id)[0])
            del self._blocks[article_id]
            del self._edits[article_id]
            self._originals.pop(article_id, None)
            if successor is not None:
                self._former_ids[article_id] = successor
            following = {old: successor if new == article_id else new for old, new in self._former_ids.items()}
            self._former_ids = {old: new for old, new in following.items() if new is not None}
            self._revision += 1
        return not others


def _passes(article: Article, filters: ArticleFilter, sources: Collection[str], ids: Collection[str]) -> bool:
    if filters.sources and article.source not in sources:
        return False
    if filters.articles and article.id not in ids:
        return False
    if filters.language is not None:
        tag, wanted = str(article.language).lower(), filters.language.lower()
        if tag != wanted and not tag.startswith(f"{wanted}-"):
            return False
    limits = [parse_published(one).last for one in (filters.published_to, filters.as_of) if one is not None]
    first = None if filters.published_from is None else parse_published(filters.published_from).first
    if not filters.has_dates:
        return True
    if article.published is None:
        added = datetime.fromisoformat(str(article.added_at)).timestamp()
        return filters.undated and (filters.as_of is None or added <= parse_published(filters.as_of).last)
    when = parse_published(article.published)
    return (first is None or first <= when.last) and all(when.first <= limit for limit in limits)


def _named(name: str, sources: Collection[str]) -> list[str]:
    wanted = fold(" ".join(name.split()))
    found = [one for one in sources if fold(one) == wanted] or [one for one in sources if wanted in fold(one)]
    if not found:
        raise UnknownFilterValue(f"No article has the source {name!r}. There are: {', '.join(sources)}.")
    return found


def _summary(article: Article) -> ArticleSummary:
    names = ("id", "cluster", "published_is_guess", *METADATA)
    fields = {name: getattr(article, name) for name in names}
    return ArticleSummary(**fields, added_at=str(article.added_at), characters=len(article.text))
