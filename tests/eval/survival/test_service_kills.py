from pathlib import Path

import pytest

from corpus.store.article_store import ArticleStore
from eval.survival.service_kills import ServiceKills, check_problems, logged_warnings
from tests.indexing import Workspace

FLAGS = ("--reader", "sentences")


@pytest.mark.model
@pytest.mark.system
def test_a_service_that_is_killed_repeatedly_loses_nothing(tmp_path: Path) -> None:
    reported: list[int] = []
    counts = ServiceKills(tmp_path, clients=2, seed=5, flags=FLAGS).run(2, reported.append)
    assert () == counts.problems
    assert (2, 0) == (counts.kills, counts.lost)
    assert [1, 2] == reported
    assert 0 < counts.adds
    assert 0 < counts.generations


@pytest.mark.model
def test_articles_missing_after_a_restart_count_as_lost(tmp_path: Path) -> None:
    def empty(kills: int) -> None:
        store = ArticleStore.open(tmp_path / "state" / "articles.sqlite")
        for article, _ in list(store.each()):
            store.delete(article.id)
        store.close()

    kills = ServiceKills(tmp_path, clients=2, seed=2, flags=FLAGS)
    counts = kills.run(1, empty)
    assert 0 < counts.lost
    assert any(" has nothing instead of " in problem for problem in counts.problems)


def test_an_inconsistent_or_outdated_index_is_a_problem(tmp_path: Path) -> None:
    assert [f"The check failed: There is no article store in {tmp_path}."] == check_problems(tmp_path)
    workspace = Workspace.open(tmp_path)
    workspace.add("Ship1 sailed.")
    generation = workspace.update()
    assert [] == check_problems(tmp_path)
    workspace.add("Ship2 sailed.")
    assert ["1 articles are pending, but the service said none is."] == check_problems(tmp_path)
    (generation.folder / "extra").write_text("")
    assert [f"{generation.folder / 'extra'} is not in the manifest."] == check_problems(tmp_path)[:1]
    workspace.close()


def test_logged_warnings_and_errors_are_problems() -> None:
    log = "Citeline is ready\n2026 INFO index: built\n2026 WARNING index: damaged\n2026 ERROR index: no\n"
    expected = ["The service logged: 2026 WARNING index: damaged", "The service logged: 2026 ERROR index: no"]
    assert expected == logged_warnings(log)
