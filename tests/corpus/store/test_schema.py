import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest

from corpus.article import Article, Draft
from corpus.errors import InvalidArticle, StorageProblem
from corpus.store.schema import (
    COLUMNS,
    SCHEMA,
    article_of,
    find,
    insert,
    let_go,
    set_origin,
    to_article,
    update,
    where,
)

KEPT = Article.from_draft(Draft("It rains.", title="Rain", published="2022-01-13"))
DATED = replace(KEPT, added_at="2022-01-14", cluster=KEPT.id)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    made.row_factory = sqlite3.Row
    made.executescript(SCHEMA)
    made.execute("INSERT INTO meta VALUES ('last_number', 0), ('revision', 0)")
    yield made
    made.close()


def test_an_article_comes_out_of_its_row_as_it_went_in(db: sqlite3.Connection) -> None:
    assert DATED == insert(db, DATED)
    assert DATED == find(db, DATED.id)
    assert find(db, "unknown") is None


def test_an_update_without_a_change_leaves_the_number(db: sqlite3.Connection) -> None:
    insert(db, DATED)
    assert DATED == update(db, DATED, KEPT)
    assert 1 == db.execute("SELECT number FROM articles").fetchone()[0]


def test_an_update_gives_a_new_number(db: sqlite3.Connection) -> None:
    insert(db, DATED)
    changed = update(db, DATED, Article.from_draft(Draft("It rains.", title="Showers")))
    assert ("Showers", None, "2022-01-14") == (changed.title, changed.published, changed.added_at)
    assert changed == find(db, DATED.id)
    assert (2, None) == tuple(db.execute("SELECT number, published_first FROM articles").fetchone())


def test_a_row_whose_text_is_not_that_of_its_id_is_refused(db: sqlite3.Connection) -> None:
    insert(db, DATED)
    row = db.execute(f"SELECT 'It snows.' AS text, {COLUMNS} FROM articles").fetchone()
    with pytest.raises(StorageProblem, match="damaged"):
        to_article(row)


def test_an_article_is_let_go_with_its_last_origin(db: sqlite3.Connection) -> None:
    insert(db, DATED)
    set_origin(db, "file:///a", DATED.id, "1", None)
    assert DATED.id == article_of(db, "file:///a")
    assert not let_go(db, DATED.id)
    set_origin(db, "file:///a", None, "1", None)
    assert let_go(db, DATED.id)
    assert not let_go(db, None)


def test_the_filter_asks_only_for_what_is_given() -> None:
    assert ("", []) == where(None, None, None)
    assert (" WHERE source = ?", ["Harbour"]) == where(None, None, "Harbour")
    clause, values = where("1970-01-01", "1970-01-01T00:00:01Z", "Harbour")
    assert " WHERE published_last >= ? AND published_first <= ? AND source = ?" == clause
    assert [0.0, 1.0, "Harbour"] == values
    with pytest.raises(InvalidArticle):
        where("soon", None, None)
