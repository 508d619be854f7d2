"""Sentence retrieval, measured: every question of SQuAD 1.1 dev against all sentences of the MultiReQA test."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from corpus.article import Article
from corpus.errors import UnreadableDocument
from corpus.store import ArticleFilter, ArticleStore
from eval.bench_corpus import Paragraphs, indexed
from eval.data import Question, Span, read_questions, read_sentences
from eval.embedding import Prepared
from eval.metrics import ranking
from index.builder import Progress
from index.embedder import Embedder
from index.generation import Generation
from qa.retriever import Fusion, HybridRetriever

QUESTIONS = "dev/squad_dev_v1.1.jsonl.gz"
SENTENCES = "dev/multireqa_squad_sentences.jsonl.gz"
DEPTH = 100  # a gold sentence that is not among so many counts as not found
RUNS: Mapping[str, Fusion] = {
    "keywords alone": Fusion(vectors=0.0, keywords=1.0),
    "vectors alone": Fusion(vectors=1.0, keywords=0.0),
    "fused": Fusion(),
}
Figures = dict[str, dict[str, float]]


def measure(data: Path, embedder: Embedder, cache: Path, report: Callable[[Progress], None], every: int = 1) -> Figures:
    """Return P@1, R@5, R@10 and MRR of keywords alone, vectors alone and both, over every n-th question.

    A question counts if one of the sentences holds the start of one of its answers. Vectors are kept in `cache`.
    Raises UnreadableDocument where the data folder is not as its README says.
    """
    questions = read_questions(data / QUESTIONS)
    paragraphs = Paragraphs.of(questions)
    spans = _spans(paragraphs, data)
    asked = [one for one in questions[::every] if _gold(one, paragraphs, spans)]
    if not asked:
        raise UnreadableDocument(f"No answer of {data / QUESTIONS} is in a sentence of {data / SENTENCES}.")
    prepared = _prepared(embedder, asked, report)
    with indexed(paragraphs.articles(), embedder, report, spans, cache) as (store, generation):
        searched = _Searched(store, generation, prepared, paragraphs, spans, report)
        return {name: searched.figures(name, fusion, asked) for name, fusion in RUNS.items()}


class _Searched:
    """An index to ask the questions of."""

    def __init__(
        self,
        store: ArticleStore,
        generation: Generation,
        embedder: Embedder,
        paragraphs: Paragraphs,
        spans: Mapping[str, Sequence[Span]],
        report: Callable[[Progress], None],
    ) -> None:
        self._store = store
        self._generation = generation
        self._embedder = embedder
        self._paragraphs = paragraphs
        self._spans = spans
        self._report = report

    def figures(self, name: str, fusion: Fusion, questions: Sequence[Question]) -> dict[str, float]:
        retriever = HybridRetriever(self._embedder, self._store, fusion)
        ranks = []
        for done, question in enumerate(questions):
            if done % 50 == 0:
                self._report(Progress(name, done, len(questions)))
            ranks.append(self._rank(retriever, question))
        return {"questions": len(questions), **ranking(ranks)}

    def _rank(self, retriever: HybridRetriever, question: Question) -> int | None:
        text = self._paragraphs.texts[question.title]
        gold = _gold(question, self._paragraphs, self._spans)
        hits = retriever.search(self._generation, question.question, DEPTH, ArticleFilter())
        places = ((hit.sentence.start, hit.sentence.end, hit.sentence.article) for hit in hits)
        return next((rank for rank, place in enumerate(places, start=1) if _is_gold(place, text, gold)), None)


def _spans(paragraphs: Paragraphs, data: Path) -> dict[str, list[Span]]:
    try:
        return paragraphs.sentence_spans(read_sentences(data / SENTENCES))
    except IndexError as error:
        raise UnreadableDocument(f"{data / SENTENCES} numbers paragraphs that {data / QUESTIONS} has not.") from error


def _is_gold(place: tuple[int, int, Article], text: str, gold: set[Span]) -> bool:
    start, end, article = place
    return (start, end) in gold and article.text == text


def _gold(question: Question, paragraphs: Paragraphs, spans: Mapping[str, Sequence[Span]]) -> set[Span]:
    starts = [start for start, _ in paragraphs.answer_spans(question)]
    sentences = spans[paragraphs.texts[question.title]]
    return {(first, last) for first, last in sentences if any(first <= start < last for start in starts)}


def _prepared(embedder: Embedder, questions: Sequence[Question], report: Callable[[Progress], None]) -> Prepared:
    prepared = Prepared(embedder)
    for done, question in enumerate(questions):
        prepared.add(question.question)
        if done % 50 == 0:
            report(Progress("questions", done, len(questions)))
    return prepared
