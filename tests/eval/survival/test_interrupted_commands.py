import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.store.article_store import ArticleStore
from eval.survival import interrupted_commands
from eval.survival.interrupted_commands import CommandKills

FLAGS = ("--reader", "sentences")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(interrupted_commands, "BATCH_ROWS", 2)
    yield


@pytest.mark.model
@pytest.mark.system
def test_killed_commands_do_all_or_nothing_and_can_resume(tmp_path: Path) -> None:
    reported: list[int] = []
    counts = CommandKills(tmp_path, 3, rows=20, flags=FLAGS).run(1, reported.append)
    assert () == counts.problems
    assert (1, 1, 20) == (counts.restores, counts.loads, counts.rows)
    assert [1, 2] == reported


def test_a_killed_load_must_leave_whole_batches(tmp_path: Path, small_batches: None) -> None:
    kills = CommandKills(tmp_path, 3, rows=5)
    file, articles = kills._write_rows("rows.jsonl", 5)
    assert [one.article.text for one in articles] == [
        json.loads(line)["text"] for line in file.read_text().splitlines()
    ]
    ids = [one.id for one in articles]
    partly = [kills._check_loaded(set(stored), articles) for stored in ([], ids[:2], ids[:4], ids)]
    assert ([], [False, True, True, False]) == (kills._problems, partly)
    for number, stored in enumerate((ids[:3], ids[1:3], [*ids, "more"]), start=1):
        kills._check_loaded(set(stored), articles)
        assert number == len(kills._problems)


def test_missing_and_extra_articles_are_problems(tmp_path: Path) -> None:
    kills = CommandKills(tmp_path, 3, rows=5)
    ArticleStore.open(tmp_path / "state" / "articles.sqlite").close()
    kills._compare(tmp_path / "state", set(), "a restore")
    assert [] == kills._problems
    kills._compare(tmp_path / "state", {"a", "b"}, "a restore")
    assert ["After a restore, 2 articles are missing, 0 are too many."] == kills._problems


def test_a_damaged_article_is_a_problem(tmp_path: Path) -> None:
    kills = CommandKills(tmp_path, 3, rows=5)
    _, (known, *_) = kills._write_rows("rows.jsonl", 2)
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        store.put(known.article, "text:it")
        assert {known.id} == kills._stored_ids(tmp_path)
        with store.database.writing() as db:
            db.execute("UPDATE articles SET text = 'Another.'")
    assert set() == kills._stored_ids(tmp_path)
    assert 1 == len(kills._problems)


@pytest.mark.model
def test_a_failed_command_is_reported_with_its_output(tmp_path: Path) -> None:
    kills = CommandKills(tmp_path, 3, rows=5)
    kills._run_command(["restore", str(tmp_path / "none.tar"), "--state", str(tmp_path / "state")])
    (problem,) = kills._problems
    assert problem.startswith("restore failed: Error: ")
