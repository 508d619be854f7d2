"""Training examples: questions with passages that answer them, and with passages that don't."""

import random
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from corpus.text.sentences import split
from eval.datasets import SQUAD, SQUAD_UNANSWERABLE, LabelledQuestion, Row, Span, read_questions, read_rows
from eval.user_set import read_user_set
from qa.retriever import PASSAGE_LENGTH

MIN_LENGTH = 350  # code points that a drawn passage length is at least; at most it is what retrieval cuts
_JOINED = 0.5  # of the single sentences are put among others
_TRAILING = re.compile(r"[\s.,;:]+\Z")  # what annotators mark along with an answer


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A question, a passage with its article's title ("" if unknown), and the answers' spans in the passage.

    Without spans the passage does not answer.
    """

    question: str
    title: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class UnanswerableQuestion:
    """A question that a person wrote so that its paragraph doesn't answer it.

    `plausible` is the start of what looks like an answer, None where that is unknown.
    """

    question: str
    plausible: int | None


@dataclass(frozen=True, slots=True)
class SourceParagraph:
    """A question, a paragraph that answers it, and the spans of the answers and of the paragraph's sentences.

    Attributes:
        article: what the question set calls the article.
        title: the same where it is a real title, "" where it is an identifier.
        spans: the answers that lie within one sentence.
        names: where the paragraph has the name that a pronoun or a description in `spans` stands for; an answer, too,
            where a window has both.
        unanswerable: questions about the paragraph that it does not answer: those written as variants of this
            question, or else all of them.
    """

    article: str
    question: str
    title: str
    text: str
    spans: tuple[Span, ...]
    sentences: tuple[Span, ...]
    unanswerable: tuple[UnanswerableQuestion, ...] = ()
    names: tuple[Span, ...] = ()

    def window(self, rng: random.Random, max_length: int | None = None) -> TrainingExample:
        """Return a run of sentences around an answer, of a random length, as retrieval might cut it.

        It has at most `max_length` code points (by default a drawn length), or is the answer's sentence alone.
        """
        answer = rng.choice(self.spans)
        length = draw_length(rng) if max_length is None else max_length
        start, end = self._run_around(answer[0], length, rng)
        answers = (*self.spans, *self.names)
        spans = tuple((a - start, b - start) for a, b in answers if start <= a and b <= end)
        return TrainingExample(self.question, self.title, self.text[start:end], spans)

    def unanswerable_window(self, rng: random.Random) -> TrainingExample:
        """Return one of the unanswerable questions with a run of sentences around its plausible answer."""
        asked = rng.choice(self.unanswerable)
        position = rng.choice(self.sentences)[0] if asked.plausible is None else asked.plausible
        start, end = self._run_around(position, draw_length(rng), rng)
        return TrainingExample(asked.question, self.title, self.text[start:end], ())

    def _run_around(self, position: int, length: int, rng: random.Random) -> Span:
        """Return the span of a run of sentences with the one at a position, of at most `length` where it has more."""
        first = last = max(0, bisect_right(self.sentences, (position, len(self.text))) - 1)
        sides = [-1, 1]
        while sides:
            side = rng.choice(sides)
            low, high = (first - 1, last) if side < 0 else (first, last + 1)
            inside = low >= 0 and high < len(self.sentences)
            if inside and self.sentences[high][1] - self.sentences[low][0] <= length:
                first, last = low, high
            else:
                sides.remove(side)
        return self.sentences[first][0], self.sentences[last][1]

    def whole(self) -> TrainingExample:
        """Return the question with its whole paragraph."""
        return TrainingExample(self.question, self.title, self.text, self.spans)

    def without_answer(self, rng: random.Random) -> TrainingExample | None:
        """Return the paragraph, cut to a random length, without the sentences that contain an answer.

        Returns None where too little is left.
        """
        left = [
            self.text[start:end]
            for start, end in self.sentences
            if not self.answered_by(self.text[start:end])
            and not any(_within(span, (start, end)) for span in self.spans)
        ]
        length = draw_length(rng)
        begin = rng.randrange(len(left)) if left else 0
        text = ""
        for sentence in left[begin:] + left[:begin]:
            longer = f"{text} {sentence}".strip()
            # Two sentences may contain an answer together that neither contains alone.
            if len(longer) <= length and not self.answered_by(longer):
                text = longer
        return TrainingExample(self.question, self.title, text, ()) if len(text) >= MIN_LENGTH // 2 else None

    def answered_by(self, text: str) -> bool:
        """Return whether a text contains the words of an answer, or the name that they stand for, ignoring case."""
        answers = {self.text[start:end] for start, end in self.names or self.spans}
        return any(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.I) for words in answers)


def draw_length(rng: random.Random) -> int:
    """Draw the length of a passage, alike for all kinds of passages: length must not show which ones answer."""
    return rng.randint(MIN_LENGTH, PASSAGE_LENGTH)


def read_paragraphs(data: Path, name: str, titled: bool = False) -> list[SourceParagraph]:
    """Read a training set of the data folder, without the questions that no span within one sentence answers.

    `titled` says whether the set's titles are real titles. Raises UnreadableDocument.
    """
    return _paragraphs(read_questions(data / "train" / f"{name}.jsonl.gz"), titled)


def read_squad(data: Path) -> list[SourceParagraph]:
    """Read SQuAD 1.1's training set, with the unanswerable questions of SQuAD 2.0; raises UnreadableDocument."""
    rows = read_questions(data / "train" / f"{SQUAD}.jsonl.gz")
    by_twin: dict[tuple[str, str], list[UnanswerableQuestion]] = {}  # by paragraph, and the question of the twin
    by_paragraph: dict[str, list[UnanswerableQuestion]] = {}
    questions = {row.id: row.question for row in rows}

    def take(row: Row) -> None:
        plausible = row.get("plausible")
        asked = UnanswerableQuestion(row["question"], None if plausible is None else int(plausible["start"]))
        by_paragraph.setdefault(row["context"], []).append(asked)
        if row.get("pair") in questions:
            by_twin.setdefault((row["context"], questions[row["pair"]]), []).append(asked)

    read_rows(data / "train" / f"{SQUAD_UNANSWERABLE}.jsonl.gz", take)
    return [
        replace(one, unanswerable=tuple(by_twin.get((one.text, one.question), by_paragraph.get(one.text, ()))))
        for one in _paragraphs(rows, titled=True)
    ]


def read_user_paragraphs(folder: Path) -> list[SourceParagraph]:
    """Read users' questions as questions about one paragraph, the whole article; raises UnreadableDocument."""
    questions = read_user_set(folder)
    unanswerable: dict[str, list[UnanswerableQuestion]] = {}
    answerable: list[LabelledQuestion] = []
    for one in questions:
        row = one.labelled
        if row.answers:
            answerable.append(replace(row, answers=row.answers[: 1 if one.names else None]))
        else:
            unanswerable.setdefault(row.title, []).append(UnanswerableQuestion(row.question, one.plausible))
    names = {one.labelled.id: one.names for one in questions}
    return [
        replace(paragraph, unanswerable=tuple(unanswerable.get(paragraph.article, ())))
        for paragraph in _paragraphs(answerable, titled=True, names=names)
    ]


def _paragraphs(
    rows: Sequence[LabelledQuestion], titled: bool, names: Mapping[str, tuple[Span, ...]] = MappingProxyType({})
) -> list[SourceParagraph]:
    """Return the questions that a span within one sentence answers; `names` are by the id of a question."""
    sentences: dict[str, tuple[Span, ...]] = {}
    paragraphs = []
    for row in rows:
        if row.context not in sentences:
            sentences[row.context] = tuple(split(row.context, None))
        inside = sentences[row.context]
        trimmed = set()
        for start, text in row.answers:
            words = row.context[start : start + len(text)]
            begin = start + len(words) - len(words.lstrip())
            trimmed.add((begin, max(begin, start + len(_TRAILING.sub("", words)))))
        kept = (span for span in trimmed if span[0] < span[1] and any(_within(span, one) for one in inside))
        spans = tuple(sorted(kept))
        if spans:
            title = row.title if titled else ""
            named = names.get(row.id, ())
            paragraphs.append(SourceParagraph(row.title, row.question, title, row.context, spans, inside, names=named))
    return paragraphs


def join_sentences(paragraphs: Sequence[SourceParagraph], rng: random.Random) -> list[SourceParagraph]:
    """Put half of the paragraphs of a single-sentence set among sentences of the same article, in random order.

    QAMR's names of sentences are "set:kind:article:paragraph:sentence".
    """
    by_article: dict[str, list[str]] = {}
    for paragraph in paragraphs:
        texts = by_article.setdefault(_qamr_article(paragraph), [])
        if paragraph.text not in texts:
            texts.append(paragraph.text)
    result = []
    for paragraph in paragraphs:
        if rng.random() >= _JOINED:
            result.append(paragraph)
            continue
        others = [text for text in by_article[_qamr_article(paragraph)] if text != paragraph.text]
        chosen = rng.sample(others, min(len(others), rng.randint(1, 4)))
        place = rng.randint(0, len(chosen))
        parts = [*chosen[:place], paragraph.text, *chosen[place:]]
        starts = [sum(len(part) + 1 for part in parts[:at]) for at in range(len(parts))]
        spans = tuple((start + starts[place], end + starts[place]) for start, end in paragraph.spans)
        sentences = tuple((start, start + len(part)) for start, part in zip(starts, parts, strict=True))
        result.append(replace(paragraph, text=" ".join(parts), spans=spans, sentences=sentences))
    return result


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _qamr_article(paragraph: SourceParagraph) -> str:
    return re.sub(r":\d+:\d+$", "", paragraph.article)
