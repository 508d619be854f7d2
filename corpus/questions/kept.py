"""Kept questions: those without an answer, and those whose answer got a thumb up or down."""

import json
import re
import secrets
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

from corpus.article import Article
from corpus.errors import NotFound
from corpus.store.database import Database
from corpus.store.former_ids import DELETED, ERASABLE, TEXTS, replaced_since
from corpus.store.words import fold

JSON = dict[str, Any]
QuestionKind = Literal["unanswered", "up", "down"]
MAX_KEPT = 2_000  # of each kind; the oldest beyond are deleted
KEPT_QUESTIONS = """
CREATE TABLE kept_questions (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,  -- unanswered, up, down
    question TEXT NOT NULL, options TEXT NOT NULL,  -- filters and the like, in JSON
    asked_at TEXT NOT NULL, times INTEGER NOT NULL DEFAULT 1, reason TEXT,
    checked INTEGER NOT NULL DEFAULT 0,  -- the highest number of an article when it was last asked
    answered_at TEXT,                    -- when it was found to be answered by now
    answer TEXT, article_id TEXT, "start" INTEGER, "end" INTEGER
);
CREATE INDEX kept_questions_by_age ON kept_questions (asked_at);
CREATE TABLE kept_question_words (
    question INTEGER NOT NULL REFERENCES kept_questions (number) ON DELETE CASCADE,
    article_id TEXT NOT NULL,
    words TEXT NOT NULL,                 -- of the question that the article has, too; in JSON
    PRIMARY KEY (question, article_id)
) WITHOUT ROWID;
"""
_SHOWN = f"(kind = 'unanswered' OR NOT ({DELETED}))"
_NEWEST_FIRST = "ORDER BY asked_at DESC, number DESC"
_CHANGED = replaced_since("kept_questions.article_id", "kept_questions.checked")
_SELECT = f"SELECT *, coalesce({DELETED}, 0) AS is_deleted, {_CHANGED} AS is_changed FROM kept_questions WHERE {_SHOWN}"
_DELETE_OLDEST = f"""
DELETE FROM kept_questions
WHERE number IN (SELECT number FROM kept_questions WHERE kind = ? {_NEWEST_FIRST} LIMIT -1 OFFSET ?)
"""
_NO_ANSWER = 'answered_at = NULL, answer = NULL, article_id = NULL, "start" = NULL, "end" = NULL'
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class QuotedAnswer:
    """The words that answer, and their span in an article."""

    text: str
    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A question, how often it was asked, and when last (ISO 8601, UTC).

    options: what it is asked with, such as filters. answer: what a thumb is about, or of an unanswered question what
    answers it since `answered_at`. checked: the highest number of an article when it was last asked.
    """

    id: str
    kind: QuestionKind
    question: str
    options: JSON
    asked_at: str
    times: int = 1
    reason: str | None = None
    checked: int = 0
    answered_at: str | None = None
    answer: QuotedAnswer | None = None

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """Return the question of a row; an answer from an article that was deleted is none.

        Nor is what answered it since, in an article that changed after that: it is to be asked anew.
        """
        is_changed = row["kind"] == "unanswered" and row["is_changed"]
        has_answer = row["answer"] is not None and not row["is_deleted"] and not is_changed
        answer = QuotedAnswer(*(row[name] for name in ("answer", "article_id", "start", "end"))) if has_answer else None
        names = ("id", "kind", "question", "asked_at", "times", "reason")
        answered_at = row["answered_at"] if has_answer else None
        options, checked = json.loads(row["options"]), 0 if is_changed else row["checked"]
        fields = {name: row[name] for name in names} | {"answered_at": answered_at, "checked": checked}
        return cls(**fields, options=options, answer=answer)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """The words of a kept question, and how often it was asked."""

    id: str
    question: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class QuestionsWithoutSource:
    """The numbers of questions whose words no article has now, and what was looked at: (number, id of an article)."""

    numbers: list[int]
    checked: list[tuple[int, str]]


class KeptQuestions:
    """Keeps questions for `days`. Safe for threads and processes; methods raise StorageProblem."""

    def __init__(
        self, database: Database, days: float, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._reading, self._writing = database.reading, database.writing
        self._days, self._clock = days, clock

    def keep(self, question: str, options: JSON, articles: Collection[Article], checked: int) -> None:
        """Keep a question without an answer; one that is kept already was asked once more.

        articles: those that its reply showed. When they are erased, it is, too, unless other articles have its words.
        checked: the highest number of an article that was searched.
        """
        packed = json.dumps(options, ensure_ascii=False, sort_keys=True)
        same = "kind = 'unanswered' AND question = ? AND options = ?"
        words = _shared_words(question, articles)
        with self._writing() as db:
            row = db.execute(f"SELECT number FROM kept_questions WHERE {same}", (question, packed)).fetchone()
            if row is not None:
                set_ = f"SET times = times + 1, asked_at = ?, checked = ?, {_NO_ANSWER}"
                db.execute(f"UPDATE kept_questions {set_} WHERE number = ?", (self._now(), checked, row[0]))
            number = row[0] if row is not None else self._insert(db, "unanswered", question, packed, checked=checked)
            _put_words(db, number, words)

    def add_opinion(
        self,
        kind: Literal["up", "down"],
        question: str,
        reason: str | None,
        answer: QuotedAnswer,
        former: str | None = None,
    ) -> str:
        """Keep a thumb up or down for an answer, in place of a former one where its id is given; return the id."""
        with self._writing() as db:
            if former is not None:
                db.execute("DELETE FROM kept_questions WHERE id = ? AND kind <> 'unanswered'", (former,))
            fields = {"reason": reason, "answer": answer.text, "article_id": answer.article_id}
            span = {"start": answer.start, "end": answer.end}
            number = self._insert(db, kind, question, "{}", **fields, **span)
            found: str = db.execute("SELECT id FROM kept_questions WHERE number = ?", (number,)).fetchone()[0]
        return found

    def all(self) -> list[KeptQuestion]:
        """Return the questions, newest first, without thumbs for answers from deleted articles."""
        with self._reading() as db:
            return [KeptQuestion.of(row) for row in db.execute(f"{_SELECT} {_NEWEST_FIRST}")]

    def asked(self, kind: QuestionKind | None = None) -> list[AskedQuestion]:
        """Return what `all` returns, without all else of it; of one kind where it is given."""
        select = f"SELECT id, question, times FROM kept_questions WHERE {_SHOWN} AND kind = coalesce(?, kind)"
        with self._reading() as db:
            return [AskedQuestion(*row) for row in db.execute(f"{select} {_NEWEST_FIRST}", (kind,))]

    def by_id(self, ids: Collection[str]) -> dict[str, KeptQuestion]:
        """Return those of some questions that `all` returns."""
        select = f"{_SELECT} AND id IN (SELECT value FROM json_each(?))"
        with self._reading() as db:
            rows = db.execute(select, (json.dumps(list(ids)),)).fetchall()
        return {row["id"]: KeptQuestion.of(row) for row in rows}

    def set_checked(self, questions: Collection[KeptQuestion], checked: int) -> None:
        """Note that questions have no answer still, in the articles up to a number."""
        if questions:
            with self._writing() as db:
                update = f"UPDATE kept_questions SET checked = ?, {_NO_ANSWER} WHERE id = ?"
                db.executemany(update, [(checked, question.id) for question in questions])

    def set_answered(self, question: KeptQuestion, checked: int, answer: QuotedAnswer, article: Article) -> None:
        """Note what answers a question by now."""
        set_ = 'SET checked = ?, answered_at = ?, answer = ?, article_id = ?, "start" = ?, "end" = ?'
        values = (checked, self._now(), answer.text, answer.article_id, answer.start, answer.end)
        words = _shared_words(question.question, (article,))
        with self._writing() as db:
            db.execute(f"UPDATE kept_questions {set_} WHERE id = ?", (*values, question.id))
            row = db.execute("SELECT number FROM kept_questions WHERE id = ?", (question.id,)).fetchone()
            if row is not None:
                _put_words(db, row[0], words)

    def has_newer(self, article_ids: Collection[str], number: int) -> bool:
        """Return whether one of some articles has been added or changed since the one with this number."""
        select = "SELECT 1 FROM articles WHERE number > ? AND id IN (SELECT value FROM json_each(?)) LIMIT 1"
        with self._reading() as db:
            return db.execute(select, (number, json.dumps(list(article_ids)))).fetchone() is not None

    def delete(self, question_id: str) -> None:
        """Delete a question; raises NotFound."""
        with self._writing() as db:
            if not db.execute("DELETE FROM kept_questions WHERE id = ?", (question_id,)).rowcount:
                raise NotFound(f"There is no kept question {question_id[:40]!r}.")

    def clear(self) -> None:
        """Delete all questions."""
        with self._writing() as db:
            db.execute("DELETE FROM kept_questions")

    def drop_old(self) -> None:
        """Delete the questions that were last asked too many days ago."""
        oldest = (self._clock() - timedelta(days=self._days)).isoformat(timespec="seconds")
        with self._reading() as db:
            is_due = db.execute("SELECT 1 FROM kept_questions WHERE asked_at < ? LIMIT 1", (oldest,)).fetchone()
        if is_due is not None:
            with self._writing() as db:
                db.execute("DELETE FROM kept_questions WHERE asked_at < ?", (oldest,))

    def _insert(self, db: sqlite3.Connection, kind: QuestionKind, question: str, options: str, **fields: Any) -> int:
        values = {"id": secrets.token_urlsafe(12), "kind": kind, "question": question, "options": options}
        values |= {"asked_at": self._now()} | fields
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        inserted = db.execute(f"INSERT INTO kept_questions ({columns}) VALUES ({marks})", (*values.values(),))
        db.execute(_DELETE_OLDEST, (kind, MAX_KEPT))
        return int(inserted.lastrowid or 0)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def questions_without_source(db: sqlite3.Connection) -> QuestionsWithoutSource:
    """Return the questions with a word of an article that can't be restored, which their replies showed.

    Only those with a word that no article has now.
    """
    rows = db.execute(f"SELECT question, article_id, words FROM kept_question_words WHERE {ERASABLE}").fetchall()
    words = [(row["question"], frozenset(json.loads(row["words"]))) for row in rows]
    unknown = {word for _, each in words for word in each}
    for (text,) in db.execute(TEXTS) if unknown else ():
        unknown -= _words(text)
        if not unknown:
            break
    numbers = {number for number, each in words if not unknown.isdisjoint(each)}
    return QuestionsWithoutSource(sorted(numbers), [(row["question"], row["article_id"]) for row in rows])


def forget_questions(db: sqlite3.Connection, without_source: QuestionsWithoutSource) -> None:
    """Delete thumbs for answers of articles that can't be restored, their answers, and questions with their words."""
    db.execute(f"DELETE FROM kept_questions WHERE kind <> 'unanswered' AND {ERASABLE}")
    db.execute(f"UPDATE kept_questions SET {_NO_ANSWER} WHERE {ERASABLE}")
    db.executemany("DELETE FROM kept_questions WHERE number = ?", [(one,) for one in without_source.numbers])
    delete = "DELETE FROM kept_question_words WHERE question = ? AND article_id = ?"
    db.executemany(delete, without_source.checked)


def _shared_words(question: str, articles: Collection[Article]) -> list[tuple[str, str]]:
    """Return the words of a question that articles have, too, as a JSON list for the id of each article."""
    words = _words(question)
    shared = ((article.id, words & _words(f"{article.title}\n{article.text}")) for article in articles)
    return [(article_id, json.dumps(sorted(found))) for article_id, found in shared if found]


def _put_words(db: sqlite3.Connection, number: int, words: Collection[tuple[str, str]]) -> None:
    rows = [(number, *each) for each in words]
    db.executemany("INSERT OR REPLACE INTO kept_question_words VALUES (?, ?, ?)", rows)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(fold(text)))
