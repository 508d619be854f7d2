"""A store, an index folder and all between them, with an embedder of words: for tests of building and publishing."""

from dataclasses import dataclass
from pathlib import Path

from corpus.article import Article, Draft
from corpus.store.article_store import ArticleStore
from corpus.text.spans import Span
from index.embedding.cache import EmbeddingCache
from index.generations.builder import Builder, Progress
from index.generations.generation import Generation
from index.generations.indexer import Indexer
from index.generations.repository import GenerationRepository
from index.search.indexed_sentences import PLACE_BITS
from tests.fakes import CountingEmbedder


def split_lines(text: str, language: str | None = None) -> list[Span]:
    """A splitter for which every line is a sentence."""
    spans, start = [], 0
    for line in text.split("\n"):
        if line:
            spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def ignore(progress: Progress) -> None:
    """Hear of progress, and do nothing."""


@dataclass(frozen=True)
class Workspace:
    """Everything that an index is made of, in one folder."""

    folder: Path
    store: ArticleStore
    embedder: CountingEmbedder
    embeddings: EmbeddingCache
    repository: GenerationRepository
    builder: Builder

    @classmethod
    def open(cls, folder: Path, embedder: CountingEmbedder | None = None, index: Path | None = None) -> "Workspace":
        embedder = CountingEmbedder() if embedder is None else embedder
        store = ArticleStore.open(folder / "articles.sqlite")
        embeddings = EmbeddingCache(folder / "embeddings.sqlite", embedder)
        repository = GenerationRepository(folder / "index" if index is None else index)
        return cls(folder, store, embedder, embeddings, repository, Builder(store, repository, embeddings, split_lines))

    def close(self) -> None:
        self.embeddings.close()
        self.store.close()

    def add(self, text: str, title: str = "News", origin: str | None = None, published: str | None = None) -> Article:
        article = Article.from_draft(Draft(text, title=title, published=published))
        return self.store.put(article, f"text:{article.id}" if origin is None else origin).article

    def add_many(self, first: int, count: int, lines: int = 3) -> list[Article]:
        return [
            self.add("\n".join(f"Ship{n} carried load{line} to harbour{n % 5}" for line in range(lines)))
            for n in range(first, first + count)
        ]

    def update(self, before: Generation | None = None) -> Generation:
        return self.builder.update(before, ignore)

    def rebuild(self) -> Generation:
        return self.builder.rebuild(ignore)

    def indexer(self) -> Indexer:
        return Indexer(self.builder, self.store)


def sentences(workspace: Workspace, generation: Generation) -> list[str]:
    """Return the live sentences of a generation, as slices of the articles in the store."""
    spans = generation.spans[generation.live]
    articles = workspace.store.by_number(sorted(generation.article_numbers))
    return [articles[int(key) >> PLACE_BITS].text[start:end] for key, start, end in spans.tolist()]


def found(workspace: Workspace, generation: Generation, word: str) -> list[str]:
    """Return the sentences that a word finds, in alphabetical order."""
    rows, _ = generation.search_keywords(word, 1000)
    articles = workspace.store.by_number(sorted(set(generation.articles[rows].tolist())))
    hits = [(articles[int(generation.articles[row])].text, generation.spans[row]) for row in rows]
    return sorted(text[int(span["start"]) : int(span["end"])] for text, span in hits)
