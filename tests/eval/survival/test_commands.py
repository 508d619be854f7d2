import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.store.article_store import ArticleStore
from eval.survival import commands
from eval.survival.commands import Commands

FLAGS = ("--reader", "sentences")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(commands, "BATCH_ROWS", 2)
    yield


@pytest.mark.model
def test_commands_that_are_killed_leave_all_or_nothing_and_go_on(tmp_path: Path) -> None:
    heard: list[int] = []
    tally = Commands(tmp_path, 3, rows=20, flags=FLAGS).run(1, heard.append)
    assert () == tally.problems
    assert (1, 1, 20) == (tally.restores, tally.loads, tally.rows)
    assert [1, 2] == heard


def test_rows_of_a_load_are_to_be_the_first_ones_in_whole_batches(tmp_path: Path, small_batches: None) -> None:
    made = Commands(tmp_path, 3, rows=5)
    file, articles = made._file("rows.jsonl", 5)
    assert [one.article.text for one in articles] == [
        json.loads(line)["text"] for line in file.read_text().splitlines()
    ]
    ids = [one.id for one in articles]
    partly = [made._look_at_loaded(set(kept), articles) for kept in ([], ids[:2], ids[:4], ids)]
    assert ([], [False, True, True, False]) == (made._problems, partly)
    for number, kept in enumerate((ids[:3], ids[1:3], [*ids, "more"]), start=1):
        made._look_at_loaded(set(kept), articles)
        assert number == len(made._problems)


def test_what_is_missing_or_too_many_is_a_problem(tmp_path: Path) -> None:
    made = Commands(tmp_path, 3, rows=5)
    ArticleStore.open(tmp_path / "state" / "articles.sqlite").close()
    made._compare(tmp_path / "state", set(), "a restore")
    assert [] == made._problems
    made._compare(tmp_path / "state", {"a", "b"}, "a restore")
    assert ["After a restore, 2 articles are missing, 0 are too many."] == made._problems


def test_a_damaged_article_is_a_problem(tmp_path: Path) -> None:
    made = Commands(tmp_path, 3, rows=5)
    _, (known, *_) = made._file("rows.jsonl", 2)
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        store.put(known.article, "text:it")
        assert {known.id} == made._kept(tmp_path)
        with store.database.writing() as db:
            db.execute("UPDATE articles SET text = 'Another.'")
    assert set() == made._kept(tmp_path)
    assert 1 == len(made._problems)


@pytest.mark.model
def test_a_command_that_fails_is_quoted(tmp_path: Path) -> None:
    made = Commands(tmp_path, 3, rows=5)
    made._finished(["restore", str(tmp_path / "none.tar"), "--state", str(tmp_path / "state")])
    (problem,) = made._problems
    assert problem.startswith("restore failed: Error: ")
