"""Read users' questions about articles with the places of their answers, for training and calibration."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.documents.files import read_file
from corpus.errors import UnreadableDocument
from eval.datasets import LabelledQuestion, Row, Span, read_rows
from index.onnx.model_files import sha256

USER_SET = Path(__file__).with_name("evidence") / "train"  # the one that comes with Citeline
_QUESTIONS = "questions.jsonl"


@dataclass(frozen=True, slots=True)
class UserSetQuestion:
    """A question and its article.

    labelled: the answers and their places. Where the sentence that answers has a pronoun or a description, this comes
        first, and the nearest mention of the name after it.
    names: the place of that mention; empty where the sentence names the answer itself.
    plausible: the start of what seems to answer an unanswerable question, None where that is unknown.
    """

    labelled: LabelledQuestion
    names: tuple[Span, ...] = ()
    plausible: int | None = None


def read_user_set(folder: Path) -> list[UserSetQuestion]:
    """Read the questions of a folder with the texts of its articles.

    The folder holds `articles`, Markdown, and `questions.jsonl`. A row has `question`, `article` (a title) and
    `expected`, a list of texts. An answerable one has `evidence`, the sentence that answers, and where that has a
    pronoun or a description for the answer, this as `reference`. Another one may have `plausible`, the words that seem
    to answer. Raises UnreadableDocument, also for words that the article lacks, and for what is there twice.
    """
    texts: dict[str, str] = {}
    for path in _articles(folder):
        draft = read_file(path)[0]
        if draft.title is None or draft.title in texts:
            raise UnreadableDocument(f"{path} has no title, or that of another article: {draft.title}.")
        texts[draft.title] = draft.text
    asked: set[str] = set()

    def take(row: Row) -> UserSetQuestion:
        question = _question(row, texts)
        if question.labelled.id in asked:
            raise ValueError(f"{row['question']!r} is asked of this article twice.")
        asked.add(question.labelled.id)
        return question

    return read_rows(folder / _QUESTIONS, take)


def digest_user_set(folder: Path) -> str:
    """Return the SHA-256 of the questions and the articles of a folder, in hex."""
    files = [folder / _QUESTIONS, *_articles(folder)]
    return hashlib.sha256("".join(map(sha256, files)).encode()).hexdigest()


def _articles(folder: Path) -> list[Path]:
    return sorted((folder / "articles").glob("*.md"))


def _question(row: Row, texts: Mapping[str, str]) -> UserSetQuestion:
    title, question, expected = row["article"], row["question"], row["expected"]
    if not isinstance(expected, list) or not all(isinstance(words, str) for words in expected):
        raise ValueError("'expected' is no list of texts.")
    text, name = texts[title], f"{title}: {question}"
    if not expected:
        plausible = row.get("plausible")
        start = None if plausible is None else _places(plausible, text, (0, len(text)))[0][0]
        return UserSetQuestion(LabelledQuestion(name, title, question, text, ()), plausible=start)
    places = _places(row["evidence"], text, (0, len(text)))
    if len(places) > 1:
        raise ValueError(f"the evidence stands in the article several times: {row['evidence']!r}")
    evidence, reference = places[0], row.get("reference")
    named = [place for words in expected for place in _matches(words, text, evidence)]
    if reference is None or named:
        if not named:
            raise ValueError(f"the evidence does not hold {expected[0]!r}.")
        answers = dict.fromkeys((start, text[start:end]) for start, end in named)
        return UserSetQuestion(LabelledQuestion(name, title, question, text, tuple(answers)))
    mentions = _places(expected[0], text, (0, len(text)))
    nearest = max((place for place in mentions if place[1] <= evidence[0]), default=mentions[0])
    answers = dict.fromkeys((start, text[start:end]) for start, end in (_places(reference, text, evidence)[0], nearest))
    return UserSetQuestion(LabelledQuestion(name, title, question, text, tuple(answers)), names=(nearest,))


def _places(words: str, text: str, inside: Span) -> list[Span]:
    """Return where words stand; raises ValueError where they do not."""
    found = _matches(words, text, inside)
    if not found:
        raise ValueError(f"the article does not hold {words!r} there.")
    return found


def _matches(words: str, text: str, inside: Span) -> list[Span]:
    pattern = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
    return [match.span() for match in pattern.finditer(text, *inside)]
