"""A tiny data folder, in the format that `app.py eval --data` and `eval.calibrate` read."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from qa.query.parser import Question
from qa.reader.base import SentenceReader
from qa.types import Candidate, Passage, Quote, Reading

SUBJECTS = ["ferry", "bridge", "goat", "brewery", "lighthouse", "museum", "orchard", "tramway"]
FACTS = [
    ("The {} opens at nine in the morning.", "When does the {} open?", "at nine"),
    ("The {} was painted by Amina Farouk.", "Who painted the {}?", "Amina Farouk"),
    ("The {} closed because of heavy snow.", "Why did the {} close?", "heavy snow"),
]
Row = dict[str, object]


def question_rows() -> list[Row]:
    """Three questions about one paragraph for every subject, which is its title, too."""
    rows: list[Row] = []
    for subject in SUBJECTS:
        context = " ".join(sentence.format(subject) for sentence, _, _ in FACTS)
        for number, (_, question, words) in enumerate(FACTS):
            answer = {"start": context.index(words), "text": words}
            row: Row = {"id": f"{subject}{number}", "title": f"The_{subject}", "question": question.format(subject)}
            rows.append(row | {"context": context, "answers": [answer]})
    return rows


def unanswerable_rows() -> list[Row]:
    """A question for every subject that its paragraph does not answer."""
    rows = [row for row in question_rows() if str(row["id"]).endswith("0")]
    return [row | {"id": f"{row['id']}x", "question": f"{row['question']} On Sundays?", "answers": []} for row in rows]


def sentence_rows() -> list[Row]:
    """The sentences of these paragraphs."""
    rows: list[Row] = []
    for number, subject in enumerate(SUBJECTS):
        start = 0
        for sentence, _, _ in FACTS:
            end = start + len(sentence.format(subject))
            rows.append({"para": number, "start": start, "end": end})
            start = end + 1
    return rows


def write(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))


def write_dev(folder: Path) -> Path:
    """Write what retrieval, reading and robustness are measured on; return the folder."""
    write(folder / "dev/squad_dev_v1.1.jsonl.gz", question_rows())
    write(folder / "dev/squad_dev_v2.0.jsonl.gz", question_rows() + unanswerable_rows())
    write(folder / "dev/multireqa_squad_sentences.jsonl.gz", sentence_rows())
    write(folder / "dev/parasquad.jsonl.gz", [row | {"paraphrase": row["question"]} for row in question_rows()])
    spoken = [row | {"original": row["question"]} for row in question_rows() + unanswerable_rows()]
    write(folder / "dev/disflqa.jsonl.gz", spoken)
    write(folder / "dev/cast_answerability_half.jsonl.gz", question_rows() + unanswerable_rows())
    return folder


def write_train(folder: Path) -> Path:
    """Write what confidence is fitted on; return the folder."""
    for name in ("squadshifts_new_wiki", "squadshifts_reddit", "squadshifts_amazon_reviews", "qamr", "squad_v1.1"):
        write(folder / f"train/{name}.jsonl.gz", question_rows())
    write(folder / "train/squad_v2.0_unanswerable.jsonl.gz", unanswerable_rows())
    return folder


def write_user_set(folder: Path) -> Path:
    """Write users' questions about these paragraphs, each of them an article; return the folder."""
    rows: list[Row] = []
    (folder / "articles").mkdir(parents=True)
    for subject in SUBJECTS:
        sentences = [sentence.format(subject) for sentence, _, _ in FACTS]
        title = f"The {subject}"
        (folder / "articles" / f"{subject}.md").write_text(f"# {title}\n\n{' '.join(sentences)}\n", encoding="utf-8")
        rows += [
            {"kind": "plain", "question": question.format(subject), "article": title}
            | {"expected": [words], "evidence": sentence}
            for sentence, (_, question, words) in zip(sentences, FACTS, strict=True)
        ]
        rows.append(
            {"kind": "year", "question": f"When did the {subject} open in 1990?", "article": title}
            | {"expected": [], "plausible": "at nine"}
        )
    (folder / "questions.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return folder


class KnownReader:
    """A Reader that knows the facts: the words that answer in a sentence of the subject, then those of the others."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        """Return every hit, best first; it has read that none answers a question about Sundays."""
        found = [self._known(question, one) for one in SentenceReader().read(question, passages).candidates]
        found.sort(key=lambda one: -one.score)
        return Reading(tuple(found), 0.0, tuple(one.sentence for one in found))

    def _known(self, question: Question, found: Candidate) -> Candidate:
        words = next((words for _, asked, words in FACTS if asked[:3] == question.text[:3]), "-")
        place = found.sentence.text.find(words)
        if place < 0:
            return found
        start = found.sentence.start + place
        span = Quote(found.sentence.article, start, start + len(words))
        score = 20.0 if any(one in question.text and one in found.sentence.text for one in SUBJECTS) else 10.0
        sundays = "Sundays" in question.text
        return Candidate(span, found.sentence, found.score + score, -1.0 if sundays else 1.0, 0.5 if sundays else 0.0)


class ScoreConfidence:
    """A Confidence of a thirtieth of the score: above 1/2 in what a KnownReader knows, below for the rest."""

    def estimate(self, question: Question, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        """Return a probability for each candidate."""
        return [min(1.0, max(0.0, one.score / 30)) for one in reading.candidates]
