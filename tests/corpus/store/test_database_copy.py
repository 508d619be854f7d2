import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from corpus.errors import Conflict, StorageProblem
from corpus.store.database import Database, copy_database, has_schema, open_exclusively, replace_contents

SCHEMA = "CREATE TABLE words (word TEXT PRIMARY KEY);\n"


def database(path: Path, *words: str) -> Database:
    made = Database(path, "word list", 1, SCHEMA)
    with made.writing() as db:
        db.executemany("INSERT INTO words VALUES (?)", [(word,) for word in words])
    return made


def words(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(row[0] for row in db.execute("SELECT word FROM words"))


def test_a_copy_is_one_file_with_what_was_committed(tmp_path: Path) -> None:
    source = database(tmp_path / "words", "ferry")
    with source.writing() as db:
        db.execute("INSERT INTO words VALUES ('bridge')")
    copy_database(source, tmp_path / "copy")
    source.close()
    assert [] == list(tmp_path.glob("copy-*"))
    assert ["bridge", "ferry"] == words(tmp_path / "copy")
    assert has_schema(tmp_path / "copy", SCHEMA)


def test_another_trigger_is_another_schema(tmp_path: Path) -> None:
    database(tmp_path / "words").close()
    with closing(sqlite3.connect(tmp_path / "words")) as db:
        db.execute("CREATE TRIGGER more AFTER INSERT ON words BEGIN DELETE FROM words; END")
    assert not has_schema(tmp_path / "words", SCHEMA)


def test_a_copy_that_can_not_be_written_is_a_storage_problem(tmp_path: Path) -> None:
    source = database(tmp_path / "words", "ferry")
    with pytest.raises(StorageProblem, match="nowhere"):
        copy_database(source, tmp_path / "nowhere" / "copy")
    source.close()


def test_a_file_in_use_is_not_replaced(tmp_path: Path) -> None:
    used = database(tmp_path / "words", "ferry")
    with pytest.raises(Conflict, match="in use"), open_exclusively(tmp_path / "words"):
        pass
    used.close()
    with open_exclusively(tmp_path / "words") as db:
        assert 1 == db.execute("SELECT count(*) FROM words").fetchone()[0]


def test_a_file_is_replaced_as_a_whole_and_nobody_sees_it_meanwhile(tmp_path: Path) -> None:
    database(tmp_path / "words", "ferry").close()
    database(tmp_path / "other", "bridge", "tram").close()
    with open_exclusively(tmp_path / "words") as db:
        replace_contents(db, tmp_path / "other")
        with closing(sqlite3.connect(tmp_path / "words", timeout=0)) as late, pytest.raises(sqlite3.OperationalError):
            late.execute("SELECT * FROM words")
    assert ["bridge", "tram"] == words(tmp_path / "words")


def test_a_file_that_is_no_database_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("a letter " * 1000)
    with pytest.raises(StorageProblem, match="Move it away"), open_exclusively(tmp_path / "words"):
        pass
    assert (tmp_path / "words").read_text().startswith("a letter")
