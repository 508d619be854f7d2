"""Measure follow-up questions: `python -m eval.developing.conversations --data FOLDER`.

Three parts. The terms that a question leaves to its conversation, on CANARD and CAsT. The last questions of the
conversations of Abg-CoQA, asked of all their texts. SQuAD's questions, each after a conversation about something else.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from cli.progress import progress_bar
from cli.runner import run
from corpus.article import Article, Draft
from eval.benchmark_corpus import CachedEmbedder, DevSet, index_articles, replace_forbidden_characters
from eval.datasets import SQUAD, Row, read_questions, read_rows
from eval.report import table
from index.embedding.embedder import DEFAULT_MODEL, load_embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.conversation.follow_ups import follow_ups, read_in_conversation
from qa.conversation.history import Conversation, Turn
from qa.conversation.terms import TermModel, content_stems, term_model
from qa.pipeline import Pipeline, PipelineResult
from qa.query.parser import MAX_QUESTION, Question, parse_question
from qa.reader.loader import DEFAULT, load_confidence, load_reader
from qa.retriever import HybridRetriever
from web.settings import Settings

CANARD, CAST, ABG_COQA = "dev/canard_half.jsonl.gz", "dev/cast_rewrites.jsonl.gz", "dev/abgcoqa.jsonl.gz"
PARTS = ("terms", "answers", "alone")
_SAMPLES = 2_000  # of the bootstrap
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A question in a conversation, and the same question as a person has rewritten it to stand alone."""

    conversation_id: str
    turns: tuple[Turn, ...]
    question: str
    rewrite: str

    @property
    def is_for_judging(self) -> bool:
        """Whether nothing was fitted to its conversation: so for half of them."""
        return hashlib.sha256(self.conversation_id.encode()).digest()[0] % 2 == 1

    @property
    def left_out(self) -> frozenset[str]:
        """The stems of the rewrite that the question lacks."""
        return content_stems(self.rewrite) - content_stems(self.question)


@dataclass(frozen=True, slots=True)
class ConversationalQuestion:
    """The last question of a conversation about a text, and the span of its answer."""

    turns: tuple[Turn, ...]
    question: str
    context: str
    start: int
    end: int

    @property
    def with_history(self) -> str:
        """The question with all turns in front of it, the oldest left out where it would be too long."""
        texts = [f"{turn.question} {turn.answer or ''}".strip() for turn in self.turns]
        while texts and len(" ".join([*texts, self.question])) > MAX_QUESTION:
            texts = texts[1:]
        return " ".join([*texts, self.question])


def read_rewrites(data: Path) -> dict[str, list[Rewrite]]:
    """Read the rewritten questions of CANARD and CAsT that have a conversation; raises UnreadableDocument."""
    return {
        "CANARD": read_rows(data / CANARD, _canard),
        "CAsT": [one for one in read_rows(data / CAST, _cast) if one.turns],
    }


def _canard(row: Row) -> Rewrite:
    # The title and the section of the text that the conversation is about stand where the first question would.
    history = list(map(str, row["History"]))
    return Rewrite(row["QuAC_dialog_id"], _turns(history), row["Question"], row["Rewrite"])


def _cast(row: Row) -> Rewrite:
    history = list(map(str, row["history"]))
    turns = _turns(history) if "2022" in row["source"] else tuple(map(Turn, history))
    return Rewrite(str(row["id"]).partition("_")[0], turns, row["question"], row["rewrite"])


def _turns(texts: Sequence[str]) -> tuple[Turn, ...]:
    """Return texts as turns: questions and answers in turn."""
    return tuple(Turn(texts[at], texts[at + 1] if at + 1 < len(texts) else None) for at in range(0, len(texts), 2))


def read_conversational_questions(data: Path) -> list[ConversationalQuestion]:
    """Read the answerable questions of Abg-CoQA on texts that SQuAD's training set has not."""
    seen = {_plain(one.context) for one in read_questions(data / f"train/{SQUAD}.jsonl.gz")}

    def take(row: Row) -> ConversationalQuestion | None:
        parts = {_plain(part) for part in str(row["context"]).split("\n")} - {""}
        if not row["answers"] or parts & seen or _plain(row["context"]) in seen:
            return None
        answer = row["answers"][0]
        turns = tuple(Turn(question, reply) for question, reply in row["history"])
        start = int(answer["start"])
        context = replace_forbidden_characters(row["context"])
        return ConversationalQuestion(turns, row["question"], context, start, start + len(answer["text"]))

    return [one for one in read_rows(data / ABG_COQA, take) if one is not None]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def term_f1(rewrites: Sequence[Rewrite], model: TermModel | None) -> dict[str, float]:
    """Return precision, recall and F1 of the terms that rewrites add, of the rules where there is no model.

    "F1 in history" leaves out the terms that no turn has, which nothing here can find.
    """
    right = wrong = missed = nowhere = 0
    for one in rewrites:
        ways = [way.text for way in read_in_conversation(one.question, Conversation(one.turns))]
        if model is None:
            found = content_stems(ways[0]) - content_stems(one.question) if ways else frozenset()
        else:
            found = frozenset(model.left_out(one.question, one.turns, ways))
        wanted = one.left_out
        history = content_stems(" ".join(f"{turn.question} {turn.answer or ''}" for turn in one.turns))
        right += len(found & wanted)
        wrong += len(found - wanted)
        missed += len(wanted - found)
        nowhere += len(wanted - history)
    return {
        "questions": len(rewrites),
        "precision": right / max(1, right + wrong),
        "recall": right / max(1, right + missed),
        "F1": 2 * right / max(1, 2 * right + wrong + missed),
        "F1 in history": 2 * right / max(1, 2 * right + wrong + missed - nowhere),
    }


def measure_terms(data: Path) -> dict[str, dict[str, float]]:
    """Return the figures of the terms that rewrites add, on the conversations that nothing was fitted to."""
    rewrites = {name: [one for one in some if one.is_for_judging] for name, some in read_rewrites(data).items()}
    rewrites["both"] = [one for some in rewrites.values() for one in some]
    figures = {f"{name}, rules": term_f1(some, None) for name, some in rewrites.items()}
    return figures | {f"{name}, model": term_f1(some, term_model()) for name, some in rewrites.items()}


def measure_answers(
    questions: Sequence[ConversationalQuestion], pipeline: Pipeline, generation: Generation, report: Report
) -> dict[str, dict[str, Any]]:
    """Return how often the right sentence comes first: for the bare question, after its history, and understood."""
    runs: dict[str, Callable[[ConversationalQuestion], list[Question]]] = {
        "bare question": lambda one: [parse_question(one.question)],
        "history in front": lambda one: [parse_question(one.with_history)],
        "understood": lambda one: follow_ups(one.question, parse_question(one.question), Conversation(one.turns)),
    }
    right: dict[str, list[float]] = {}
    for name, ways in runs.items():
        right[name] = []
        for done, one in enumerate(questions):
            if done % 20 == 0:
                report(Progress(name, done, len(questions)))
            right[name].append(float(_is_right(one, pipeline.run_first(generation, ways(one)))))
    understood = np.array(right["understood"])
    figures: dict[str, dict[str, Any]] = {}
    for name, values in right.items():
        low, high = paired_interval(understood - np.array(values))
        figures[name] = {"questions": len(values), "right sentence first": float(np.mean(values))}
        figures[name] |= {"understood is better by": float(np.mean(understood - np.array(values)))}
        figures[name] |= {"from (95%)": low, "to": high}
    return figures


def _is_right(question: ConversationalQuestion, result: PipelineResult) -> bool:
    first = next(iter(result.ranked_sentences()), None)
    if first is None or first.article.text != question.context.strip():
        return False
    offset = len(question.context) - len(question.context.lstrip())
    return first.start < question.end - offset and question.start - offset < first.end


def paired_interval(differences: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return the 95% interval of the mean of paired differences, by the bootstrap."""
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(differences), (_SAMPLES, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def measure_alone(
    dev: DevSet, conversations: Sequence[tuple[Turn, ...]], pipeline: Pipeline, generation: Generation, report: Report
) -> dict[str, dict[str, float]]:
    """Return the figures of questions that stand alone, without a conversation and after one about something else."""
    drawn = random.Random(0)
    rows: dict[str, list[tuple[int | None, bool, bool]]] = {"alone": [], "after another conversation": []}
    changed = 0
    for done, one in enumerate(dev.questions):
        if done % 20 == 0:
            report(Progress("questions that stand alone", done, len(dev.questions)))
        parsed = parse_question(one.question)
        ways = follow_ups(one.question, parsed, Conversation(drawn.choice(conversations)))
        alone = pipeline.run_first(generation, [parsed])
        after = alone if ways == [parsed] else pipeline.run_first(generation, ways)
        changed += ways != [parsed]
        for name, result in zip(rows, (alone, after), strict=True):
            rank = dev.rank(one, result.ranked_sentences())
            answered = result.best is not None and result.confidence >= pipeline.threshold
            rows[name].append((rank, answered, answered and rank == 1))
    return {
        name: {
            "questions": len(found),
            "right sentence first": float(np.mean([rank == 1 for rank, _, _ in found])),
            "answered": float(np.mean([answered for _, answered, _ in found])),
            "answered rightly": float(np.mean([right for _, _, right in found])),
            "read by the conversation": 0.0 if name == "alone" else changed / len(found),
        }
        for name, found in rows.items()
    }


@contextmanager
def _pipeline(
    articles: Sequence[Article], cache: Path, report: Report, dev: DevSet | None = None
) -> Iterator[tuple[Pipeline, Generation]]:
    settings = Settings.load()
    embedder = load_embedder(DEFAULT_MODEL, settings.models)
    reader, confidence = load_reader(DEFAULT, settings.models), load_confidence(DEFAULT, settings.models)
    with index_articles(articles, embedder, report, None if dev is None else dev.spans, cache) as (store, generation):
        retriever = HybridRetriever(CachedEmbedder(embedder), store)
        yield Pipeline(retriever, reader, confidence, confidence.threshold), generation


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="folder of question sets")
@click.option("--only", "part", type=click.Choice(PARTS), help="the only part to measure")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="ask only every n-th question")
@click.option("--cache", type=click.Path(path_type=Path), default=Path("var/eval"), help="folder that caches vectors")
def main(data: Path, part: str | None, every: int, cache: Path) -> None:
    """Measure how questions are understood from their conversation."""
    with progress_bar() as report:
        if part in (None, "terms"):
            click.echo(f"Terms that questions leave to their conversation:\n{table(measure_terms(data))}")
        if part in (None, "answers"):
            questions = read_conversational_questions(data)[::every]
            texts = dict.fromkeys(one.context for one in questions)
            articles = [Article.from_draft(Draft(text)) for text in texts]
            with _pipeline(articles, cache, report) as (pipeline, generation):
                figures = measure_answers(questions, pipeline, generation, report)
            click.echo(f"Abg-CoQA, the last question of each conversation:\n{table(figures)}")
        if part in (None, "alone"):
            dev = DevSet.read(data, every)
            conversations = [one.turns for one in read_rewrites(data)["CANARD"]]
            with _pipeline(dev.paragraphs.articles(), cache, report, dev) as (pipeline, generation):
                alone = measure_alone(dev, conversations, pipeline, generation, report)
            click.echo(f"SQuAD, each question after another conversation:\n{table(alone)}")


if __name__ == "__main__":
    run(main)
