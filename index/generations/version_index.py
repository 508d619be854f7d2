"""Adds former versions of articles to a generation, for a question about their time.

They are in no generation: ordinary questions neither find them nor pay for them. Their sentences were embedded while
they were current, so that their vectors are in the cache.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from corpus.store.article_store import ArticleStore
from corpus.store.filters import ArticleFilter
from index.embedding.cache import EmbeddingCache
from index.generations.builder import embed_sentences, keyword_entries
from index.generations.generation import Generation
from index.search.indexed_sentences import IndexedSentence, Splitter, indexed_sentences
from index.search.segments import Segment

MAX_VERSIONS = 40  # for a question
_DEPTH = 200  # sentences whose articles are the likeliest


class VersionIndex:
    """Makes the former versions searchable that may answer a question. Thread-safe."""

    def __init__(self, store: ArticleStore, embeddings: EmbeddingCache, split: Splitter) -> None:
        self._store = store
        self._embeddings = embeddings
        self._split = split

    def extended(self, generation: Generation, question: str, filters: ArticleFilter) -> Generation:
        """Return a generation with the former versions that pass the filters; the same one where none does.

        Of many, those of the articles are taken whose present texts are the likeliest to answer. Raises InvalidArticle,
        UnknownFilterValue, StorageProblem, IndexProblem.
        """
        articles = self._store.version_numbers(filters)
        if not articles:
            return generation
        chosen = self._likeliest(generation, question, articles) if len(articles) > MAX_VERSIONS else list(articles)
        sentences: list[IndexedSentence] = []
        for number, article in sorted(self._store.by_number(chosen).items()):
            structured = replace(article, blocks=self._store.blocks(article.id))
            sentences += indexed_sentences(number, structured, self._split)
        if not sentences:
            return generation
        segment = Segment.of(sentences, embed_sentences(self._embeddings, sentences))
        keywords = generation.keywords.with_entries(keyword_entries(sentences))
        return replace(generation, segments=(*generation.segments, segment), keywords=keywords)

    def _likeliest(self, generation: Generation, question: str, articles: Mapping[int, int]) -> Sequence[int]:
        """Return the numbers of the former versions of the articles that are found first."""
        allowed = generation.allowed(sorted({*articles.values()}))
        vector = self._embeddings.embedder.embed_question(question)
        rows = [
            generation.search_vectors(vector, _DEPTH, allowed)[0],
            generation.search_keywords(question, _DEPTH, allowed)[0],
        ]
        ranks: dict[int, int] = {}
        for found in rows:
            for rank, number in enumerate(generation.articles_at(found).tolist()):
                ranks[number] = min(rank, ranks.get(number, rank))
        known = [version for version, number in articles.items() if number in ranks]
        return sorted(known, key=lambda version: (ranks[articles[version]], -version))[:MAX_VERSIONS]
