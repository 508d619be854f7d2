"""Compare the quality and speed of sentence splitters: `python -m benchmarks.splitters --data DATA [--json]`.

Quality is measured on two sets. MultiReQA's sentences of the SQuAD paragraphs (10,642 in 2,067) are many, but they are
the output of untrained Punkt (0.9999 of them agree) and break after "U.S.", "St." and "e.g.", so figures above 0.97
there mean nothing more. The hand-written cases of tests/data/splitting.json are few, but right; Citeline's rules were
written with them in view, the libraries were not. A boundary is the number of non-space characters before it, so spaces
at the edges of sentences don't count; only boundaries inside a text do. Candidates that are not installed are listed as
such. Three are large, so requirements-dev.txt leaves them out; to compare them, too:
`pip install spacy==3.8.18 blingfire==0.1.8 icu4py==1.2.0`.
"""

import argparse
import importlib
import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from corpus.errors import CitelineError
from eval.benchmark_corpus import QUESTIONS, SENTENCES
from eval.datasets import read_questions, read_sentences

CASES = Path(__file__).parent.parent / "tests" / "data" / "splitting.json"
MARK = "‖"
TIMED_PARAGRAPHS = 200
ROUNDS = 5

Split = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text and its gold boundaries, each as the number of non-space characters before it."""

    name: str
    text: str
    boundaries: frozenset[int]


@dataclass(frozen=True, slots=True)
class BoundaryQuality:
    """Precision, recall and F1 of inner boundaries, and the share of gold sentences that were found whole."""

    precision: float
    recall: float
    f1: float
    whole: float


@dataclass(frozen=True, slots=True)
class SplitterResult:
    """The measurements of one candidate; `problem` says why there are none."""

    name: str
    multireqa: BoundaryQuality | None = None
    cases: BoundaryQuality | None = None
    cases_right: str | None = None
    mb_per_s: float | None = None
    sentences_per_s: float | None = None
    problem: str | None = None


def citeline(module: Any) -> Split:
    """Citeline's own: sentencex, and rules for lines."""
    return lambda text: [text[start:end] for start, end in module.split(text)]


def sentencex(module: Any) -> Split:
    """Wikimedia's: Rust, abbreviation lists of many languages."""
    return lambda text: list(module.segment("en", text))


def syntok(module: Any) -> Split:
    """The successor of segtok: a tokenizer and a state machine."""

    def split(text: str) -> list[str]:
        sentences = (sentence for paragraph in module.analyze(text) for sentence in paragraph)
        return ["".join(token.spacing + token.value for token in sentence) for sentence in sentences]

    return split


def pysbd(module: Any) -> Split:
    """The "golden rules" as regular expressions."""
    segmenter = module.Segmenter(language="en", clean=False)
    return lambda text: list(segmenter.segment(text))


def segtok(module: Any) -> Split:
    """Rules for European languages."""
    return lambda text: list(module.split_multi(text))


def blingfire(module: Any) -> Split:
    """Microsoft's finite-state machines."""
    return lambda text: str(module.text_to_sentences(text)).split("\n")


def icu(module: Any) -> Split:
    """The Unicode Consortium's break iterator, with the list of English abbreviations."""
    return lambda text: [text[s:e] for s, e in module.SentenceBreaker(text, "en@ss=standard").segments()]


def punkt(module: Any) -> Split:
    """NLTK's Punkt without the trained parameters, which are a separate download."""
    return lambda text: list(module.PunktSentenceTokenizer().tokenize(text))


def spacy(module: Any) -> Split:
    """SpaCy's rule-based `sentencizer`, which needs no model."""
    pipeline = module.blank("en")
    pipeline.add_pipe("sentencizer")
    return lambda text: [sentence.text for sentence in pipeline(text).sents]


CANDIDATES: dict[str, tuple[str, Callable[[Any], Split]]] = {
    "citeline": ("corpus.text.sentences", citeline),
    "sentencex": ("sentencex", sentencex),
    "syntok": ("syntok.segmenter", syntok),
    "pysbd": ("pysbd", pysbd),
    "segtok": ("segtok.segmenter", segtok),
    "blingfire": ("blingfire", blingfire),
    "icu4py": ("icu4py.breakers", icu),
    "nltk punkt, untrained": ("nltk.tokenize.punkt", punkt),
    "spacy sentencizer": ("spacy", spacy),
}


def weight(piece: str) -> int:
    """Return the number of characters that are not white space."""
    return sum(len(word) for word in piece.split())


def boundaries(pieces: Iterable[str]) -> frozenset[int]:
    """Return the boundaries between pieces; white space alone makes none."""
    counts = list(accumulate(weight(piece) for piece in pieces))
    return frozenset(counts[:-1]) - {0, counts[-1]} if counts else frozenset()


def read_cases(path: Path = CASES) -> list[GoldText]:
    """Read the hand-written cases, which have MARK before every sentence but the first."""
    cases: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return [GoldText(name, t.replace(MARK, ""), boundaries(t.split(MARK))) for name, t in cases.items()]


def read_multireqa(data: Path) -> list[GoldText]:
    """Read MultiReQA's sentences as boundaries of their paragraphs."""
    questions = read_questions(data / QUESTIONS)
    contexts = list(dict.fromkeys(question.context for question in questions))
    starts: list[list[int]] = [[] for _ in contexts]
    for sentence in read_sentences(data / SENTENCES):
        starts[sentence.paragraph].append(sentence.start)
    return [
        GoldText(str(number), context, frozenset(weight(context[:start]) for start in begins) - {0})
        for number, (context, begins) in enumerate(zip(contexts, starts, strict=True))
    ]


def spans(inner: frozenset[int], total: int) -> set[tuple[int, int]]:
    """Return the sentences between the boundaries of a text of that weight."""
    edges = [0, *sorted(inner), total]
    return set(pairwise(edges))


def quality(split: Split, texts: list[GoldText]) -> tuple[BoundaryQuality, int]:
    """Return the quality over all boundaries at once (micro average), and the number of texts without an error."""
    hits = found = right = whole = sentences = texts_right = 0
    for text in texts:
        got, total = boundaries(split(text.text)), weight(text.text)
        hits, found, right = hits + len(got & text.boundaries), found + len(got), right + len(text.boundaries)
        expected = spans(text.boundaries, total)
        whole, sentences = whole + len(expected & spans(got, total)), sentences + len(expected)
        texts_right += got == text.boundaries
    precision, recall = hits / max(found, 1), hits / max(right, 1)
    f1 = 2 * hits / max(found + right, 1)
    return BoundaryQuality(precision, recall, f1, whole / sentences), texts_right


def speed(splits: dict[str, Split], texts: list[str]) -> dict[str, tuple[float, float]]:
    """Time all candidates in turns; return the median megabytes and sentences per second of each."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    rates: dict[str, list[float]] = {name: [] for name in splits}
    counts: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, split in splits.items():
            begin = time.perf_counter()
            counts[name] = sum(len(split(text)) for text in texts)
            rates[name].append(time.perf_counter() - begin)
    medians = {name: statistics.median(seconds) for name, seconds in rates.items()}
    return {name: (size / seconds, counts[name] / seconds) for name, seconds in medians.items()}


def load() -> tuple[dict[str, Split], list[SplitterResult]]:
    """Return the splitters that are installed, and for each of the others a result that says so."""
    splits: dict[str, Split] = {}
    missing = []
    for name, (module, make) in CANDIDATES.items():
        try:
            splits[name] = make(importlib.import_module(module))
        except ImportError:
            missing.append(SplitterResult(name, problem="not installed"))
    return splits, missing


def compare(data: Path) -> list[SplitterResult]:
    """Return the results of all candidates, the best on the hand-written cases first."""
    splits, missing = load()
    multireqa, cases = read_multireqa(data), read_cases()
    speeds = speed(splits, [text.text for text in multireqa[:: len(multireqa) // TIMED_PARAGRAPHS]])
    rows = []
    for name, split in splits.items():
        by_hand, right = quality(split, cases)
        by_machine, _ = quality(split, multireqa)
        rows.append(SplitterResult(name, by_machine, by_hand, f"{right}/{len(cases)}", *speeds[name]))
    return sorted(rows, key=lambda row: -(row.cases.f1 if row.cases else 0)) + missing


def table(rows: list[SplitterResult]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| splitter | MultiReQA P | R | F1 | whole | by hand P | R | F1 | right | MB/s | sentences/s |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row.multireqa is None or row.cases is None:
            lines.append(f"| {row.name} | {row.problem} |" + " |" * 9)
            continue
        m, c = row.multireqa, row.cases
        lines.append(
            f"| {row.name} | {m.precision:.3f} | {m.recall:.3f} | {m.f1:.4f} | {m.whole:.3f} "
            f"| {c.precision:.3f} | {c.recall:.3f} | {c.f1:.3f} | {row.cases_right} "
            f"| {row.mb_per_s:.2f} | {row.sentences_per_s:,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description="Compare sentence splitters.")
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder with dev/multireqa_squad_sentences.jsonl.gz"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    try:
        rows = compare(arguments.data)
    except CitelineError as error:
        parser.error(str(error))
    print(json.dumps([asdict(row) for row in rows], indent=1) if arguments.json else table(rows))


if __name__ == "__main__":
    main()
