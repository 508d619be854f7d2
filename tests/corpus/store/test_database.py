import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from corpus.errors import Conflict, OtherVersion, StorageProblem
from corpus.store.database import Database, copy_database, has_schema, open_exclusively, replace_contents
from tests.disks import read_only

ROOT = Path(__file__).parents[3]
SCHEMA = """
CREATE TABLE words (word TEXT PRIMARY KEY, number INTEGER);  -- a comment; with a semicolon
CREATE TRIGGER counted AFTER INSERT ON words BEGIN
    UPDATE words SET number = 1 WHERE word = new.word; END;
"""
WORDS = "CREATE TABLE words (word TEXT PRIMARY KEY);\n"
NOBODY = 65534

Open = Callable[..., Database]


@pytest.fixture
def opened() -> Iterator[Open]:
    made: list[Database] = []

    def open_(path: Path, version: int = 1) -> Database:
        made.append(Database(path, "word list", version, SCHEMA))
        return made[-1]

    yield open_
    for database in made:
        database.close()


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Give up the rights of root for a while: root may write what is read-only."""
    if os.name != "posix" or os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def add(database: Database, word: str) -> None:
    with database.writing() as db:
        db.execute("INSERT INTO words (word) VALUES (?)", (word,))


def words(database: Database) -> list[str]:
    with database.reading() as db:
        return [row["word"] for row in db.execute("SELECT word FROM words ORDER BY word")]


def test_missing_files_and_folders_are_created_and_keep_what_was_written(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "a" / "b" / "words.sqlite"
    first = opened(path)
    add(first, "ferry")
    with first.reading() as db:
        assert 1 == db.execute("SELECT number FROM words").fetchone()[0]  # set by the trigger of the schema
    first.close()
    assert ["ferry"] == words(opened(path))


def test_a_transaction_that_fails_leaves_nothing_behind(tmp_path: Path, opened: Open) -> None:
    database = opened(tmp_path / "words.sqlite")
    with pytest.raises(KeyError), database.writing() as db:
        db.execute("INSERT INTO words (word) VALUES ('half')")
        raise KeyError
    add(database, "whole")
    assert ["whole"] == words(database)


def test_an_error_of_sqlite_is_a_storage_problem_that_names_the_file(tmp_path: Path, opened: Open) -> None:
    database = opened(tmp_path / "words.sqlite")
    add(database, "ferry")
    with pytest.raises(StorageProblem, match=r"The word list .*words\.sqlite can't be used: UNIQUE") as caught:
        add(database, "ferry")
    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)


def test_another_version_is_named_and_left_as_it_is(tmp_path: Path, opened: Open) -> None:
    first = opened(tmp_path / "words.sqlite", version=1)
    add(first, "ferry")
    first.close()
    with pytest.raises(OtherVersion, match=r"words\.sqlite was written by another .*format 1, this one reads 2"):
        opened(tmp_path / "words.sqlite", version=2)
    assert ["ferry"] == words(opened(tmp_path / "words.sqlite", version=1))


def test_the_database_of_another_program_is_left_alone(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    with pytest.raises(StorageProblem, match="is a database of another program"):
        opened(path)
    again = sqlite3.connect(path)
    assert [("recipes",)] == again.execute("SELECT name FROM sqlite_master").fetchall()
    again.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", r"folder can't be used: unable to open database file\. It must be a"),
        ("letter", r"letter can't be used: file is not a database\. Move the file away"),
        ("letter/words.sqlite", r"words\.sqlite can't be used: (file exists|not a directory)"),
    ],
)
def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path, opened: Open, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "letter").write_text("This is a letter, not a database. " * 50)
    with pytest.raises(StorageProblem, match=reason):
        opened(tmp_path / name)
    with pytest.raises(StorageProblem, match="Move it away"), open_exclusively(tmp_path / "letter"):
        pass
    assert (tmp_path / "letter").read_text().startswith("This is a letter")


def test_a_read_only_file_is_reported_and_left_alone(public_folder: Path, opened: Open) -> None:
    path = public_folder / "words.sqlite"
    first = opened(path)
    add(first, "ferry")
    first.close()
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    with ordinary_user(), pytest.raises(StorageProblem, match=r"words\.sqlite can't be used: .*rit"):
        opened(path)
    path.chmod(0o644)
    assert ["ferry"] == words(opened(path))


def test_a_read_only_folder_is_reported(public_folder: Path, opened: Open) -> None:
    public_folder.chmod(0o555)
    with ordinary_user(), pytest.raises(StorageProblem, match=r"can't be used: permission denied\. It must be a file"):
        opened(public_folder / "words.sqlite")


def test_an_empty_file_is_not_taken_for_a_new_one(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "words.sqlite"
    path.touch()
    with pytest.raises(StorageProblem, match=r"words\.sqlite is empty \(0 bytes\).*Restore a backup.*remove the file"):
        opened(path)
    assert 0 == path.stat().st_size
    path.unlink()
    add(opened(path), "ferry")


def test_what_can_be_made_again_is_made_again_from_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite"
    path.touch()
    with closing(Database(path, "word list", 1, SCHEMA, disposable=True)) as database:
        add(database, "ferry")


def test_a_new_file_never_has_0_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    linked = os.link

    def link(source: Path, target: Path) -> None:
        linked(source, target)
        sizes.append(target.stat().st_size)

    monkeypatch.setattr("os.link", link)
    Database(tmp_path / "words.sqlite", "word list", 1, SCHEMA).close()
    assert 0 < sizes[0]
    assert ["words.sqlite"] == [path.name for path in tmp_path.iterdir()]


def test_a_full_disk_is_a_storage_problem_and_loses_nothing(tmp_path: Path, opened: Open) -> None:
    database = opened(tmp_path / "words.sqlite")
    add(database, "ferry")
    with database.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageProblem, match=r"database or disk is full\. Make room on the disk"):
        add(database, "long" * 50_000)
    with database.reading() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    add(database, "train")
    assert ["ferry", "train"] == words(database)


def test_a_damaged_file_is_reported(tmp_path: Path, opened: Open) -> None:
    first = opened(tmp_path / "words.sqlite")
    for number in range(500):
        add(first, f"{number} {'x' * 200}")
    first.close()
    with (tmp_path / "words.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(200_000))
    with pytest.raises(StorageProblem, match="malformed"):
        words(opened(tmp_path / "words.sqlite"))


def test_each_thread_sees_what_the_others_committed(tmp_path: Path, opened: Open) -> None:
    database = opened(tmp_path / "words.sqlite")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: add(database, f"{number:03}"), range(200)))
    assert [f"{number:03}" for number in range(200)] == words(database)


def test_a_reader_sees_nothing_of_an_unfinished_transaction(tmp_path: Path, opened: Open) -> None:
    database = opened(tmp_path / "words.sqlite")
    with ThreadPoolExecutor(1) as pool, database.writing() as db:
        db.execute("INSERT INTO words (word) VALUES ('half')")
        assert [] == pool.submit(words, database).result()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts descriptors where the system shows them")
def test_a_connection_ends_with_its_thread(tmp_path: Path, opened: Open) -> None:
    database = opened(tmp_path / "words.sqlite")
    words(database)
    counts = []
    for _ in range(10):
        thread = threading.Thread(target=words, args=(database,))
        thread.start()
        thread.join()
        counts.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208
    # SQLite keeps one descriptor of the first thread for the next, since closing it would let go of others' locks.
    assert [counts[0]] * 10 == counts


def test_a_closed_database_says_so_to_every_thread(tmp_path: Path, opened: Open) -> None:
    database = opened(tmp_path / "words.sqlite")
    database.close()
    with pytest.raises(StorageProblem, match="is closed already"):
        words(database)
    with ThreadPoolExecutor(1) as pool, pytest.raises(StorageProblem, match="is closed already"):
        pool.submit(words, database).result()


def test_processes_that_open_a_new_file_at_once_all_can_write(tmp_path: Path, opened: Open) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from corpus.store.database import Database
        from tests.corpus.store.test_database import SCHEMA, add
        database = Database(Path(sys.argv[1]), "word list", 1, SCHEMA)
        for number in range(25):
            add(database, f"{sys.argv[2]} {number:02}")
        database.close()
    """)
    path = tmp_path / "words.sqlite"
    processes = [subprocess.Popen([sys.executable, "-c", program, path, name], cwd=ROOT) for name in "abcd"]
    assert [0, 0, 0, 0] == [process.wait(60) for process in processes]
    assert [f"{name} {number:02}" for name in "abcd" for number in range(25)] == words(opened(path))


def test_a_snapshot_stays_the_same_while_another_writes(opened: Open, tmp_path: Path) -> None:
    database, other = opened(tmp_path / "words"), opened(tmp_path / "words")
    with database.snapshot() as db:
        with other.writing() as writer:
            writer.execute("INSERT INTO words VALUES ('ferry', 0)")
        assert 0 == db.execute("SELECT count(*) FROM words").fetchone()[0]
        with database.reading() as same:
            assert 0 == same.execute("SELECT count(*) FROM words").fetchone()[0]
    with database.reading() as db:
        assert 1 == db.execute("SELECT count(*) FROM words").fetchone()[0]


def test_damage_is_what_sqlite_finds(opened: Open, tmp_path: Path) -> None:
    database = opened(tmp_path / "words")
    with database.writing() as db:
        db.executemany("INSERT INTO words VALUES (?, 0)", [(f"word{number}",) for number in range(2000)])
    assert [] == database.damage()
    database.close()
    with (tmp_path / "words").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    assert [] != opened(tmp_path / "words").damage()


def test_a_thread_writes_once_a_read_only_file_becomes_writable(opened: Open, tmp_path: Path) -> None:
    database = opened(tmp_path / "state" / "words.sqlite")
    add(database, "ferry")
    with ThreadPoolExecutor(1) as pool:
        with read_only(tmp_path / "state"):
            assert ["ferry"] == pool.submit(words, database).result()
            with pytest.raises(StorageProblem, match="needs to write"):
                pool.submit(add, database, "bridge").result()
            assert ["ferry"] == pool.submit(words, database).result()
        pool.submit(add, database, "bridge").result()
    assert ["bridge", "ferry"] == sorted(words(database))


def word_list(path: Path, *words: str) -> Database:
    made = Database(path, "word list", 1, WORDS)
    with made.writing() as db:
        db.executemany("INSERT INTO words VALUES (?)", [(word,) for word in words])
    return made


def words_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(row[0] for row in db.execute("SELECT word FROM words"))


def test_a_copy_is_one_file_with_what_was_committed(tmp_path: Path) -> None:
    source = word_list(tmp_path / "words", "ferry")
    with source.writing() as db:
        db.execute("INSERT INTO words VALUES ('bridge')")
    copy_database(source, tmp_path / "copy")
    source.close()
    assert [] == list(tmp_path.glob("copy-*"))
    assert ["bridge", "ferry"] == words_in(tmp_path / "copy")
    assert has_schema(tmp_path / "copy", WORDS)


def test_another_trigger_is_another_schema(tmp_path: Path) -> None:
    word_list(tmp_path / "words").close()
    with closing(sqlite3.connect(tmp_path / "words")) as db:
        db.execute("CREATE TRIGGER more AFTER INSERT ON words BEGIN DELETE FROM words; END")
    assert not has_schema(tmp_path / "words", WORDS)


def test_a_copy_that_can_not_be_written_is_a_storage_problem(tmp_path: Path) -> None:
    source = word_list(tmp_path / "words", "ferry")
    with pytest.raises(StorageProblem, match="nowhere"):
        copy_database(source, tmp_path / "nowhere" / "copy")
    source.close()


def test_a_file_in_use_is_not_replaced(tmp_path: Path) -> None:
    used = word_list(tmp_path / "words", "ferry")
    with pytest.raises(Conflict, match="in use"), open_exclusively(tmp_path / "words"):
        pass
    used.close()
    with open_exclusively(tmp_path / "words") as db:
        assert 1 == db.execute("SELECT count(*) FROM words").fetchone()[0]


def test_contents_are_replaced_as_a_whole_and_unseen_meanwhile(tmp_path: Path) -> None:
    word_list(tmp_path / "words", "ferry").close()
    word_list(tmp_path / "other", "bridge", "tram").close()
    with open_exclusively(tmp_path / "words") as db:
        replace_contents(db, tmp_path / "other")
        with closing(sqlite3.connect(tmp_path / "words", timeout=0)) as late, pytest.raises(sqlite3.OperationalError):
            late.execute("SELECT * FROM words")
    assert ["bridge", "tram"] == words_in(tmp_path / "words")
