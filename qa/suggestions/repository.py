"""Keeps names and questions of indexed articles in a SQLite file, by the words that they are found by.

Everything in it is made again from the articles: the file may be deleted at any time.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance.OSA import distance

from corpus.errors import DamagedFile, OtherVersion
from corpus.store.database import Database
from corpus.store.words import fold
from qa.query import lexicon

SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE owner (store_id TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    day TEXT NOT NULL                  -- of publication; empty where unknown
);
CREATE INDEX articles_by_day ON articles (day, number);
CREATE INDEX articles_by_id ON articles (id);
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE,
    articles INTEGER NOT NULL          -- how many mention it
);
CREATE INDEX names_by_articles ON names (articles);
CREATE TABLE mentions (article INTEGER NOT NULL, name INTEGER NOT NULL, PRIMARY KEY (article, name)) WITHOUT ROWID;
CREATE TABLE questions (
    id INTEGER PRIMARY KEY,
    article INTEGER NOT NULL,
    start INTEGER NOT NULL,            -- of the sentence that answers, in code points; "end" is after its last one
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    answer TEXT NOT NULL,              -- words of that sentence; empty for a question that stands in the article
    checked INTEGER,                   -- the generation that it was asked of, NULL before
    confident INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX questions_by_article ON questions (article);
CREATE INDEX confident_questions ON questions (article) WHERE confident = 1;
CREATE TABLE words (
    kind INTEGER NOT NULL,             -- what it finds: 0 a name, 1 a question, 2 a confident question
    word TEXT NOT NULL,                -- lower case, without accents
    id INTEGER NOT NULL,
    PRIMARY KEY (kind, word, id)
) WITHOUT ROWID;
"""
VERSION = 3  # of the rules that find names and questions: increase it where they find others
_NAME, _QUESTION, _CONFIDENT = range(3)
_WORD = re.compile(r"[^\W_]+")
_LAST = "\U0010ffff"
_MAX_ROWS = 300  # that are compared with what was typed
_MAX_SPELLINGS = 4_000  # words among which a misspelt one is looked for
_MIN_MISSPELT = 4  # letters
_FUNCTION_WORDS = lexicon.FUNCTION_WORDS | lexicon.AUXILIARIES | lexicon.QUESTION_WORDS.keys() | {"many", "much", "old"}


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question, the number of its article, the span of the sentence and the words that answer it.

    answer: empty for a question that stands in the article itself. checked: the generation that it was last asked of,
    None before. confident: whether that had a confident answer in that sentence.
    """

    id: int
    article: int
    start: int
    end: int
    text: str
    answer: str
    checked: int | None
    confident: bool


@dataclass(frozen=True, slots=True)
class ArticleSuggestions:
    """The names in an article, and its questions: text, answer, and the span of the sentence."""

    number: int
    id: str
    day: str
    names: Collection[str]
    questions: Sequence[tuple[str, str, int, int]]


class SuggestionRepository:
    """Finds names and questions by beginnings of their words. Thread-safe; methods raise StorageProblem.

    A file that is damaged, of another version, or of another article store, is made anew.
    """

    def __init__(self, path: Path, store_id: str) -> None:
        try:
            self._database = _open(path)
        except (DamagedFile, OtherVersion):
            for leftover in path.parent.glob(f"{path.name}*"):
                leftover.unlink()
            self._database = _open(path)
        self.close, self.shrink = self._database.close, self._database.shrink
        with self._database.writing() as db:
            owner = db.execute("SELECT store_id, version FROM owner").fetchone()
            if owner is None or tuple(owner) != (store_id, VERSION):
                for table in ("owner", "articles", "names", "mentions", "questions", "words"):
                    db.execute(f"DELETE FROM {table}")
                db.execute("INSERT INTO owner VALUES (?, ?)", (store_id, VERSION))

    def articles(self) -> set[int]:
        """Return the numbers of the articles whose names and questions are here."""
        with self._database.reading() as db:
            return {row[0] for row in db.execute("SELECT number FROM articles")}

    def numbers(self, article_ids: Collection[str]) -> dict[str, int]:
        """Return the numbers of those of the articles that are here, by their ids."""
        with self._database.reading() as db:
            select = "SELECT id, number FROM articles WHERE id IN (SELECT value FROM json_each(?))"
            return {row[0]: row[1] for row in db.execute(select, (json.dumps(list(article_ids)),))}

    def add(self, articles: Sequence[ArticleSuggestions]) -> None:
        """Add articles; those that are here already stay as they are."""
        with self._database.writing() as db:
            for one in articles:
                inserted = db.execute("INSERT OR IGNORE INTO articles VALUES (?, ?, ?)", (one.number, one.id, one.day))
                if not inserted.rowcount:
                    continue
                for name in one.names:
                    row = db.execute(
                        "INSERT INTO names (text, articles) VALUES (?, 1) ON CONFLICT (text) "
                        "DO UPDATE SET articles = articles + 1 RETURNING id, articles",
                        (name,),
                    ).fetchone()
                    db.execute("INSERT INTO mentions VALUES (?, ?)", (one.number, row[0]))
                    if row[1] == 1:
                        rows = [(_NAME, word, row[0]) for word in set(_words(name))]
                        db.executemany("INSERT OR IGNORE INTO words VALUES (?, ?, ?)", rows)
                for text, answer, start, end in one.questions:
                    cursor = db.execute(
                        'INSERT INTO questions (article, start, "end", text, answer) VALUES (?, ?, ?, ?, ?)',
                        (one.number, start, end, text, answer),
                    )
                    rows = [(_QUESTION, word, cursor.lastrowid) for word in _content_words(text)]
                    db.executemany("INSERT OR IGNORE INTO words VALUES (?, ?, ?)", rows)

    def remove(self, numbers: Collection[int]) -> None:
        """Remove articles, their questions, and the names that no other article mentions."""
        with self._database.writing() as db:
            for number in numbers:
                for question in db.execute("SELECT id, text FROM questions WHERE article = ?", (number,)).fetchall():
                    rows = [(kind, word, question[0]) for word in _content_words(question[1]) for kind in (1, 2)]
                    db.executemany("DELETE FROM words WHERE kind = ? AND word = ? AND id = ?", rows)
                db.execute("DELETE FROM questions WHERE article = ?", (number,))
                mentioned = "SELECT name FROM mentions WHERE article = ?"
                db.execute(f"UPDATE names SET articles = articles - 1 WHERE id IN ({mentioned})", (number,))
                unused = f"SELECT id, text FROM names WHERE articles <= 0 AND id IN ({mentioned})"
                for name in db.execute(unused, (number,)).fetchall():
                    rows = [(_NAME, word, name[0]) for word in set(_words(name[1]))]
                    db.executemany("DELETE FROM words WHERE kind = ? AND word = ? AND id = ?", rows)
                    db.execute("DELETE FROM names WHERE id = ?", (name[0],))
                db.execute("DELETE FROM mentions WHERE article = ?", (number,))
                db.execute("DELETE FROM articles WHERE number = ?", (number,))

    def set_checked(self, question: StoredQuestion, generation: int, confident: bool) -> None:
        """Note whether a question had a confident answer in a generation."""
        with self._database.writing() as db:
            changed = db.execute(
                "UPDATE questions SET checked = ?, confident = ? WHERE id = ? AND text = ?",
                (generation, confident, question.id, question.text),
            )
            rows = [(_CONFIDENT, word, question.id) for word in _content_words(question.text)]
            if confident and changed.rowcount:
                db.executemany("INSERT OR IGNORE INTO words VALUES (?, ?, ?)", rows)
            else:
                db.executemany("DELETE FROM words WHERE kind = ? AND word = ? AND id = ?", rows)

    def names(self, typed: str, limit: int) -> list[str]:
        """Return names with a word for each typed one that begins with it, the most mentioned first."""
        words = _words(typed)
        if not words:
            return []
        with self._database.reading() as db:
            if len(words) == 1 and len(words[0]) == 1:  # too many begin with a letter: the most mentioned do
                select = "SELECT text FROM names ORDER BY articles DESC LIMIT 1000"
                found = [row[0] for row in db.execute(select)]
            else:
                select = f"""
                    SELECT text FROM names WHERE id IN (
                        SELECT id FROM words WHERE kind = 0 AND word >= ? AND word < ?
                    ) ORDER BY articles DESC, text LIMIT {_MAX_ROWS}
                """
                driver = max(words, key=len)
                found = [row[0] for row in db.execute(select, (driver, driver + _LAST))]
        return _distinct((name for name in found if _matches(words, _words(name))), limit)

    def questions(self, typed: str, limit: int, confident: bool) -> list[StoredQuestion]:
        """Return questions with a word for each typed one that begins with it, those of the newest articles first.

        confident: whether to return those with a confident answer, or else those that were not checked yet.
        """
        words = _words(typed)
        content = [word for at, word in enumerate(words) if at == len(words) - 1 or word not in _FUNCTION_WORDS]
        content = [word for word in content if not any(one.startswith(word) for one in _FUNCTION_WORDS)]
        condition = "confident = 1" if confident else "checked IS NULL"
        with self._database.reading() as db:
            if content:
                driver = max(content, key=len)
                kind = _CONFIDENT if confident else _QUESTION
                select = f"""
                    SELECT * FROM questions WHERE {condition} AND id IN (
                        SELECT id FROM words WHERE kind = ? AND word >= ? AND word < ? LIMIT 2000
                    ) ORDER BY article DESC, id LIMIT {_MAX_ROWS}
                """
                rows = db.execute(select, (kind, driver, driver + _LAST)).fetchall()
            else:
                rows = db.execute(
                    f"SELECT * FROM questions WHERE {condition} ORDER BY article DESC, id LIMIT {_MAX_ROWS}"
                ).fetchall()
        # A typed beginning of a question goes before words in its midst.
        whole = " ".join(words)
        found = [one for one in map(_stored, rows) if _matches(words, _words(one.text))]
        found.sort(key=lambda one: not " ".join(_words(one.text)).startswith(whole))
        return found[:limit]

    def newest(self, limit: int, confident: bool) -> list[StoredQuestion]:
        """Return questions of the articles that were published last, at most one in each; as `questions` does."""
        if confident:  # of which there are few
            select = """
                SELECT questions.*, min(questions.id) FROM questions JOIN articles ON number = article
                WHERE confident = 1 GROUP BY article ORDER BY day DESC, number DESC LIMIT ?
            """
        else:
            select = """
                SELECT questions.* FROM articles CROSS JOIN questions ON questions.id = (
                    SELECT id FROM questions WHERE article = articles.number AND checked IS NULL ORDER BY id LIMIT 1
                ) ORDER BY day DESC, number DESC LIMIT ?
            """
        with self._database.reading() as db:
            return [_stored(row) for row in db.execute(select, (limit,))]

    def of_articles(self, numbers: Collection[int]) -> list[StoredQuestion]:
        """Return all questions of articles that are not known to have no confident answer."""
        select = """
            SELECT * FROM questions WHERE article IN (SELECT value FROM json_each(?))
            AND (checked IS NULL OR confident = 1) ORDER BY article DESC, start, id
        """
        with self._database.reading() as db:
            return [_stored(row) for row in db.execute(select, (json.dumps(list(numbers)),))]

    def respelt(self, typed: str) -> str | None:
        """Return what was typed with its last word replaced by the beginning of a known one that is a letter away."""
        words = _words(typed)
        if not words or len(words[-1]) < _MIN_MISSPELT or not words[-1].isalpha():
            return None
        last = words[-1]
        select = (
            f"SELECT DISTINCT word FROM words WHERE kind IN (0, 2) AND word >= ? AND word < ? LIMIT {_MAX_SPELLINGS}"
        )
        with self._database.reading() as db:
            known = [row[0] for row in db.execute(select, (last[0], last[0] + _LAST))]
        for word in known:
            for length in (len(last), len(last) + 1, len(last) - 1):
                if len(word) >= length and distance(last, word[:length], score_cutoff=1) == 1:
                    return " ".join([*words[:-1], word[:length]])
        return None


def _open(path: Path) -> Database:
    return Database(path, "file of suggestions", SCHEMA_VERSION, SCHEMA, disposable=True)


def _stored(row: Mapping[str, int | str]) -> StoredQuestion:
    fields: dict[str, object] = {name: row[name] for name in StoredQuestion.__slots__}
    return StoredQuestion(**{**fields, "confident": bool(row["confident"])})  # type: ignore[arg-type]


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text).replace("'", "").replace("’", ""))


def _content_words(text: str) -> set[str]:
    return {word for word in _words(text) if word not in _FUNCTION_WORDS}


def _matches(typed: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether each typed word begins a word of its own; all but the last must be whole or begin one too."""
    left = list(words)
    for one in typed:
        found = next((word for word in left if word.startswith(one)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _distinct(texts: Iterator[str], limit: int) -> list[str]:
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(fold(text), text)
        if len(found) >= limit:
            break
    return list(found.values())
