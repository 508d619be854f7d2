"""SQuAD 1.1 dev with the sentences of the MultiReQA test: what is asked, and where the answers are."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import UnreadableDocument
from eval.benchmark_corpus import Paragraphs
from eval.datasets import LabelledQuestion, Span, read_questions, read_sentences
from qa.types import Quote

QUESTIONS = "dev/squad_dev_v1.1.jsonl.gz"
SENTENCES = "dev/multireqa_squad_sentences.jsonl.gz"


@dataclass(frozen=True, slots=True)
class DevSet:
    """Questions to ask, all paragraphs as articles, and the spans of the sentences in every article's text."""

    questions: list[LabelledQuestion]
    paragraphs: Paragraphs
    spans: dict[str, list[Span]]

    @classmethod
    def read(cls, data: Path, every: int = 1) -> "DevSet":
        """Read a data folder; every n-th question is asked, if a sentence holds the start of one of its answers.

        Raises UnreadableDocument where the data folder is not as its README says.
        """
        questions = read_questions(data / QUESTIONS)
        paragraphs = Paragraphs.of(questions)
        whole = cls(questions, paragraphs, _spans(paragraphs, data))
        asked = [one for one in questions[::every] if whole.gold(one)]
        if not asked:
            raise UnreadableDocument(f"No answer of {data / QUESTIONS} is in a sentence of {data / SENTENCES}.")
        return cls(asked, paragraphs, whole.spans)

    def text(self, question: LabelledQuestion) -> str:
        """Return the text of a question's article."""
        return self.paragraphs.texts[question.title]

    def gold(self, question: LabelledQuestion) -> set[Span]:
        """Return the spans of the sentences that hold the start of an answer."""
        starts = [start for start, _ in self.paragraphs.answer_spans(question)]
        sentences = self.spans[self.text(question)]
        return {(first, last) for first, last in sentences if any(first <= start < last for start in starts)}

    def rank(self, question: LabelledQuestion, sentences: Iterable[Quote]) -> int | None:
        """Return the rank, from 1, of the first sentence that holds the start of an answer; None: none of them."""
        text, gold = self.text(question), self.gold(question)
        places = enumerate(sentences, start=1)
        return next((rank for rank, one in places if (one.start, one.end) in gold and one.article.text == text), None)


def _spans(paragraphs: Paragraphs, data: Path) -> dict[str, list[Span]]:
    try:
        return paragraphs.sentence_spans(read_sentences(data / SENTENCES))
    except IndexError as error:
        raise UnreadableDocument(f"{data / SENTENCES} numbers paragraphs that {data / QUESTIONS} has not.") from error
