import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.errors import Conflict, InvalidInput, NotFound
from web.access.rights import Right
from web.access.store import AccessStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[AccessStore]:
    with closing(AccessStore(path)) as made:
        yield made


def test_reading_makes_no_file(store: AccessStore, path: Path) -> None:
    assert ([], [], None) == (store.tokens(), store.entries(10), store.find("nothing"))
    assert not path.exists()


def test_a_token_is_found_by_itself_alone(store: AccessStore) -> None:
    tokens = {name: store.add_token(name, right) for name, right in (("bot", Right.ASK), ("desk", Right.WRITE))}
    for name, token in tokens.items():
        found = store.find(token)
        assert found is not None
        assert name == found.name
        assert store.find(token[:-1]) is None
        assert store.find(name) is None
    assert [("bot", Right.ASK), ("desk", Right.WRITE)] == [(one.name, one.right) for one in store.tokens()]
    assert all(len(token) > 50 for token in tokens.values())


def test_only_the_hash_of_a_token_is_stored(store: AccessStore, path: Path) -> None:
    token = store.add_token("bot", Right.ADMIN)
    store.close()
    files = [file.read_bytes() for file in path.parent.iterdir()]
    assert files
    assert not any(token.encode() in data or token.partition("_")[2].encode() in data for data in files)


def test_another_process_makes_and_withdraws_tokens_at_once(store: AccessStore, path: Path) -> None:
    with closing(AccessStore(path)) as other:
        token = other.add_token("bot", Right.READ)
        assert store.find(token) is not None
        other.remove_token("bot")
        assert store.find(token) is None
    with pytest.raises(NotFound, match="'bot'"):
        store.remove_token("bot")


@pytest.mark.parametrize("name", ["", " ", "a b", "local", "citeline_token", "-x", "é", "x" * 65, "a\n"])
def test_a_name_that_can_be_mistaken_is_refused(store: AccessStore, name: str) -> None:
    with pytest.raises(InvalidInput):
        store.add_token(name, Right.READ)


def test_a_name_is_taken_once(store: AccessStore) -> None:
    store.add_token("bot", Right.READ)
    with pytest.raises(Conflict, match="'bot'"):
        store.add_token("bot", Right.ADMIN)


def test_entries_are_listed_newest_first_by_pages(store: AccessStore) -> None:
    for number in range(5):
        store.record("desk", "edit", f"article {number}")
    first = store.entries(2)
    assert ["article 4", "article 3"] == [one.target for one in first]
    assert ["article 2", "article 1", "article 0"] == [one.target for one in store.entries(9, before=first[-1].number)]


@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET who = 'nobody'"])
def test_the_log_can_only_grow(store: AccessStore, path: Path, statement: str) -> None:
    store.record("desk", "delete", "an id")
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
