"""Index the paragraphs of a question set in a temporary store, as a user's articles are indexed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Draft, clean_text
from corpus.errors import InvalidArticle, UnreadableDocument
from corpus.store.article_store import ArticleStore
from corpus.text.sentences import split
from eval.datasets import GoldSentence, LabelledQuestion, Span, read_questions, read_sentences
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import Embedder
from index.generations.builder import Builder, Progress
from index.generations.generation import Generation
from index.generations.repository import GenerationRepository
from index.onnx.runtime import usable_cores
from qa.types import Quote

QUESTIONS = "dev/squad_dev_v1.1.jsonl.gz"
SENTENCES = "dev/multireqa_squad_sentences.jsonl.gz"
DEPTH = 100  # a gold sentence ranked below this counts as not found
_GAP = "\n\n"


@dataclass(slots=True)
class Paragraphs:
    """The paragraphs of a question set, numbered in order, and joined to one article per title.

    Characters that no article may contain are replaced by spaces, which keeps offsets. `number` maps a paragraph's
    title and text to its number, the index of its offset in its article in `offset`, and of the article's title in
    `title`. `texts` maps the titles of the articles to their texts.
    """

    number: dict[tuple[str, str], int] = field(default_factory=dict)
    offset: list[int] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, questions: Sequence[LabelledQuestion]) -> "Paragraphs":
        """Collect the paragraphs of questions."""
        found = cls()
        for title, context in dict.fromkeys((question.title, question.context) for question in questions):
            clean = replace_forbidden_characters(context)
            before = found.texts.get(title)
            # An article never starts with a space, so offsets count from its first character.
            text = f"{before}{_GAP}{clean}" if before else clean.lstrip()
            found.number[title, context] = len(found.offset)
            found.offset.append(len(text) - len(clean))
            found.title.append(title)
            found.texts[title] = text
        found.texts = {title: text.rstrip() for title, text in found.texts.items()}
        return found

    def articles(self) -> list[Article]:
        """Return the articles, one per title, in the order of their first paragraphs."""
        return [Article.from_draft(Draft(text, title=title)) for title, text in self.texts.items()]

    def sentence_spans(self, sentences: Sequence[GoldSentence]) -> dict[str, list[Span]]:
        """Return, by text of each article, the spans of its sentences, ascending."""
        spans: dict[str, list[Span]] = {text: [] for text in self.texts.values()}
        for sentence in sentences:
            offset = self.offset[sentence.paragraph]
            text = self.texts[self.title[sentence.paragraph]]
            spans[text].append((offset + sentence.start, offset + sentence.end))
        return {text: sorted(found) for text, found in spans.items()}

    def answer_spans(self, question: LabelledQuestion) -> list[Span]:
        """Return the spans of a question's answers in its article."""
        offset = self.offset[self.number[question.title, question.context]]
        return [(offset + start, offset + start + len(text)) for start, text in question.answers]

    def answered_in(self, question: LabelledQuestion, sentence: Quote) -> bool:
        """Return whether a sentence contains a whole answer at its position in the question set."""
        inside = any(sentence.start <= start and end <= sentence.end for start, end in self.answer_spans(question))
        return inside and sentence.article.text == self.texts[question.title]


@dataclass(frozen=True, slots=True)
class DevSet:
    """SQuAD 1.1 dev with the sentences of the MultiReQA test; `spans` maps an article's text to its sentences."""

    questions: list[LabelledQuestion]
    paragraphs: Paragraphs
    spans: dict[str, list[Span]]

    @classmethod
    def read(cls, data: Path, every: int = 1) -> "DevSet":
        """Read a data folder, with every n-th question; those are left out whose answer starts in no sentence.

        Raises UnreadableDocument where a file of the data folder is missing or broken.
        """
        questions = read_questions(data / QUESTIONS)
        paragraphs = Paragraphs.of(questions)
        try:
            spans = paragraphs.sentence_spans(read_sentences(data / SENTENCES))
        except IndexError as error:
            raise UnreadableDocument(
                f"{data / SENTENCES} numbers paragraphs that {data / QUESTIONS} has not."
            ) from error
        everything = cls(questions, paragraphs, spans)
        asked = [one for one in questions[::every] if everything.gold(one)]
        if not asked:
            raise UnreadableDocument(f"No answer of {data / QUESTIONS} is in a sentence of {data / SENTENCES}.")
        return cls(asked, paragraphs, spans)

    def text(self, question: LabelledQuestion) -> str:
        """Return the text of a question's article."""
        return self.paragraphs.texts[question.title]

    def gold(self, question: LabelledQuestion) -> set[Span]:
        """Return the spans of the sentences in which an answer starts."""
        starts = [start for start, _ in self.paragraphs.answer_spans(question)]
        sentences = self.spans[self.text(question)]
        return {(first, last) for first, last in sentences if any(first <= start < last for start in starts)}

    def rank(self, question: LabelledQuestion, sentences: Iterable[Quote]) -> int | None:
        """Return the rank, from 1, of the first sentence in which an answer starts, None where there is none."""
        text, gold = self.text(question), self.gold(question)
        ranked = enumerate(sentences, start=1)
        return next((rank for rank, one in ranked if (one.start, one.end) in gold and one.article.text == text), None)


def replace_forbidden_characters(text: str) -> str:
    """Return text with a space in place of every character that no article may contain, which keeps offsets."""
    return "".join(map(_cleaned, text))


@cache
def _cleaned(character: str) -> str:
    """Return a character, or a space where no article may contain it."""
    try:
        return clean_text(f"a{character}b")[1:-1] or " "
    except InvalidArticle:  # a lone surrogate
        return " "


@contextmanager
def index_articles(
    articles: Sequence[Article],
    embedder: Embedder,
    report: Callable[[Progress], None],
    spans: dict[str, list[Span]] | None = None,
    folder: Path | None = None,
) -> Iterator[tuple[ArticleStore, Generation]]:
    """Yield a temporary store and a generation of articles; `spans`, by text, replaces the sentence splitter.

    `folder` caches the vectors for the next run. Raises StorageProblem.
    """
    with TemporaryDirectory(prefix="citeline-eval-") as temporary:
        state = Path(temporary)
        store = ArticleStore.open(state / "articles.sqlite")
        embeddings = EmbeddingCache((state if folder is None else folder) / "embeddings.sqlite", embedder)
        try:
            for article in articles:
                store.put(article, f"text:{article.id}")
            splitter = split if spans is None else lambda text, language: spans[text]
            generation = Builder(store, GenerationRepository(state / "index"), embeddings, splitter).rebuild(report)
            yield store, generation
        finally:
            embeddings.close()
            store.close()


@dataclass(frozen=True, slots=True)
class FixedGeneration:
    """Provides the one generation that it was given."""

    current: Generation

    def generation(self) -> Generation:
        """Return it."""
        return self.current


def without_article(generation: Generation, number: int) -> Generation:
    """Return a generation with an article deleted; both share their segments."""
    return replace(generation, tombstones=np.append(generation.tombstones, number))


class CachedEmbedder:
    """An Embedder that caches the vectors of questions."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def cache(self, question: str) -> None:
        """Embed a question, alone as the service does: with 8-bit activations, batches change vectors a little."""
        if question not in self._vectors:
            self._vectors[question] = self._embedder.embed_question(question)

    @property
    def model_id(self) -> str:
        """The model id of the wrapped embedder."""
        return self._embedder.model_id

    @property
    def former_ids(self) -> Collection[str]:
        """The ids of earlier exports of the same model."""
        return self._embedder.former_ids

    @property
    def dimension(self) -> int:
        """The number of components of a vector."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the vectors of texts."""
        return self._embedder.embed(texts, progress)

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """Return the vector of a question, cached or not."""
        vector = self._vectors.get(question)
        return self._embedder.embed_question(question) if vector is None else vector


WORKERS = min(4, usable_cores())
T = TypeVar("T")
R = TypeVar("R")


def map_in_threads(
    work: Callable[[T], R], items: Sequence[T], stage: str, report: Callable[[Progress], None]
) -> list[R]:
    """Return `work(item)` of every item, in order, computed by several threads; the first error ends it.

    `report` is called from the calling thread.
    """
    results = []
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for done, result in enumerate(pool.map(work, items)):
            if done % 20 == 0:
                report(Progress(stage, done, len(items)))
            results.append(result)
    finally:
        pool.shutdown(cancel_futures=True)
    return results
