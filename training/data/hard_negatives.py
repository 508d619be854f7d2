"""Hard negatives: passages that retrieval finds for a question though they don't answer it."""

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
from index.onnx.model_files import write_text
from qa.confidence import NoConfidence
from qa.pipeline import Pipeline
from qa.query.parser import parse_question
from qa.reader.base import SentenceReader
from qa.retriever import HybridRetriever
from training.data.examples import SourceParagraph, TrainingExample, draw_length

_PER_QUESTION = 4  # passages
_HITS = 12
_PREFIX = 60  # code points that identify the paragraph a passage comes from
TitledText = tuple[str, str]  # title ("" if unknown) and text


def mine_hard_negatives(
    paragraphs: Sequence[SourceParagraph],
    load: Callable[[], Embedder],
    folder: Path,
    report: Callable[[Progress], None],
) -> list[list[TitledText]]:
    """Return for every question up to four passages, best first, that contain none of its answers.

    All paragraphs are indexed together. The result is cached in `folder` for the same questions, answers and
    paragraphs, whatever the embedder, which is loaded only where nothing is cached. Raises StorageProblem, and
    ModelProblem where the embedder can't be loaded.
    """
    asked = [[one.question, one.article, one.title, one.text, one.spans, one.names] for one in paragraphs]
    key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    file = folder / "hard_negatives.json"
    if file.is_file() and (cached := json.loads(file.read_text("utf-8")))["key"] == key:
        return [[(title, text) for title, text in one] for one in cached["found"]]
    found = _search(paragraphs, load(), folder, report)
    write_text(file, json.dumps({"key": key, "found": found}))
    return found


def negative_example(
    paragraph: SourceParagraph, negatives: Sequence[TitledText], rng: random.Random
) -> TrainingExample | None:
    """Return the question with a part of one of its hard negatives, None where there is none.

    Better ranked negatives are drawn more often. The part's length is drawn as that of a window around an answer.
    """
    if not negatives:
        return None
    title, text = negatives[min(rng.randrange(len(negatives)), rng.randrange(len(negatives)))]
    length = draw_length(rng)
    sentences = split(text, None)
    while len(sentences) > 1 and sentences[-1][1] - sentences[0][0] > length:
        sentences.pop(rng.choice((0, -1)))
    if not sentences:
        return None
    return TrainingExample(paragraph.question, title, text[sentences[0][0] : sentences[-1][1]], ())


def add_distractors(
    example: TrainingExample, negatives: Sequence[TitledText], rng: random.Random
) -> TrainingExample | None:
    """Return an example whose passage stands among distractor sentences: as many of one hard negative's as fit.

    Returns None where there is no hard negative, or none of its sentences fits.
    """
    if not negatives:
        return None
    _, text = rng.choice(negatives)
    sentences = split(text, None)
    begin = rng.randrange(len(sentences)) if sentences else 0
    room = draw_length(rng) - len(example.text)
    fitting = []
    for start, end in sentences[begin:] + sentences[:begin]:
        if end - start < room:  # less, for the space between
            room -= end - start + 1
            fitting.append((start, end))
    if not fitting:
        return None
    distractors = [text[start:end] for start, end in sorted(fitting)]
    place = rng.randint(0, len(distractors))
    before = "".join(f"{one} " for one in distractors[:place])
    after = "".join(f" {one}" for one in distractors[place:])
    spans = tuple((start + len(before), end + len(before)) for start, end in example.spans)
    return replace(example, text=f"{before}{example.text}{after}", spans=spans)


def _search(
    paragraphs: Sequence[SourceParagraph], embedder: Embedder, folder: Path, report: Callable[[Progress], None]
) -> list[list[TitledText]]:
    questions = [LabelledQuestion("", one.article, one.question, one.text, ()) for one in paragraphs]
    articles = Paragraphs.of(questions).articles()
    titles = {one.article for one in paragraphs if one.title}
    cached = CachedEmbedder(embedder)
    with index_articles(articles, cached, report, folder=folder) as (store, generation):
        pipeline = Pipeline(HybridRetriever(cached, store), SentenceReader(), NoConfidence(), threshold=0.0)
        found = []
        for done, paragraph in enumerate(paragraphs):
            if done % 50 == 0:
                report(Progress("hard negatives", done, len(paragraphs)))
            _, hits = pipeline.retrieve(generation, parse_question(paragraph.question), _HITS)
            source = replace_forbidden_characters(paragraph.text)  # as articles store it
            answers = {source[start:end].casefold() for start, end in paragraph.names or paragraph.spans}
            negatives: list[TitledText] = []
            for passage in pipeline.retriever.passages(generation, hits):
                title, text = passage.quote.article.title, passage.quote.text.casefold()
                begins_inside = text[:_PREFIX] in source.casefold()  # the answering paragraph itself
                if not begins_inside and not any(words in text for words in answers):
                    negatives.append((title if title in titles else "", passage.quote.text))
            found.append(negatives[:_PER_QUESTION])
    return found
