"""Passages that retrieval finds for a question though they don't answer it: what a reader must learn to refuse."""

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from corpus.text.sentences import split
from eval.benchmark_corpus import CachedEmbedder, Paragraphs, index_articles, replace_forbidden_characters
from eval.datasets import LabelledQuestion
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from index.onnx.model_files import write_text
from qa.pipeline import NO_FILTERS
from qa.query.parser import parse_question
from qa.retriever import HybridRetriever
from qa.types import Passage
from training.data.examples import Example, Source, passage_length

_KEPT = 4  # passages a question
_HITS = 12
_BEGINNING = 60  # code points by which a passage's paragraph is known
Found = list[list[tuple[str, str]]]


def near_passages(
    sources: Sequence[Source], load: Callable[[], Embedder], folder: Path, report: Callable[[Progress], None]
) -> Found:
    """Return for every source up to _KEPT passages, (title, text), best first, that hold none of its answers.

    All paragraphs of the sources are indexed together. Kept in `folder`, so that a run that resumes finds them: for the
    same questions about the same paragraphs, whichever the embedder, which is loaded only for others. Raises
    StorageProblem, and ModelProblem where it can't be loaded.
    """
    asked = json.dumps([[source.question, source.text] for source in sources])
    key = hashlib.sha256(asked.encode()).hexdigest()
    file = folder / "near.json"
    if file.is_file() and (kept := json.loads(file.read_text("utf-8")))["key"] == key:
        return [[(title, text) for title, text in one] for one in kept["found"]]
    found = _searched(sources, load(), folder, report)
    write_text(file, json.dumps({"key": key, "found": found}))
    return found


def near_example(source: Source, found: Sequence[tuple[str, str]], choice: random.Random) -> Example | None:
    """Return the question with a part of one of its near passages, nearer ones more often; None where there is none.

    Its length is drawn like that of a window with an answer: else a long passage would be one that doesn't answer.
    """
    if not found:
        return None
    title, text = found[min(choice.randrange(len(found)), choice.randrange(len(found)))]
    length = passage_length(choice)
    sentences = split(text, None)
    while len(sentences) > 1 and sentences[-1][1] - sentences[0][0] > length:
        sentences.pop(choice.choice((0, -1)))
    return Example(source.question, title, text[sentences[0][0] : sentences[-1][1]], ()) if sentences else None


def crowded(example: Example, found: Sequence[tuple[str, str]], choice: random.Random) -> Example | None:
    """Return an example with its passage among sentences of a near passage, as many as there is room for.

    What answers must be told from what is about the same, in one passage, too. None where there is no near passage, or
    none of its sentences fits.
    """
    if not found:
        return None
    _, text = choice.choice(found)
    sentences = split(text, None)
    begin = choice.randrange(len(sentences)) if sentences else 0
    room = passage_length(choice) - len(example.text)
    fitting = []
    for start, end in sentences[begin:] + sentences[:begin]:
        if end - start < room:  # a space stands between
            room -= end - start + 1
            fitting.append((start, end))
    if not fitting:
        return None
    chosen = [text[start:end] for start, end in sorted(fitting)]
    place = choice.randint(0, len(chosen))
    before = "".join(f"{one} " for one in chosen[:place])
    after = "".join(f" {one}" for one in chosen[place:])
    spans = tuple((start + len(before), end + len(before)) for start, end in example.spans)
    return replace(example, text=f"{before}{example.text}{after}", spans=spans)


def _searched(sources: Sequence[Source], embedder: Embedder, folder: Path, report: Callable[[Progress], None]) -> Found:
    questions = [LabelledQuestion("", source.article, source.question, source.text, ()) for source in sources]
    articles = Paragraphs.of(questions).articles()
    titled = {source.article for source in sources if source.title}
    prepared = CachedEmbedder(embedder)
    with index_articles(articles, prepared, report, folder=folder) as (store, generation):
        retriever = HybridRetriever(prepared, store)
        found = []
        for done, source in enumerate(sources):
            if done % 50 == 0:
                report(Progress("near passages", done, len(sources)))
            passages = _passages(retriever, generation, source.question)
            found.append([_told(one, titled) for one in passages if not _answers(one, source)][:_KEPT])
    return found


def _passages(retriever: HybridRetriever, generation: Generation, question: str) -> list[Passage]:
    return retriever.passages(generation, retriever.search(generation, parse_question(question), _HITS, NO_FILTERS))


def _told(passage: Passage, titled: set[str]) -> tuple[str, str]:
    article = passage.quote.article
    return (article.title if article.title in titled else "", passage.quote.text)


def _answers(passage: Passage, source: Source) -> bool:
    """Tell whether a passage may answer: it says an answer's words, or begins in the very paragraph."""
    text, paragraph = (
        passage.quote.text.casefold(),
        replace_forbidden_characters(source.text),
    )  # as the articles have it
    said = {paragraph[start:end].casefold() for start, end in source.spans}
    return any(words in text for words in said) or text[:_BEGINNING] in paragraph.casefold()
