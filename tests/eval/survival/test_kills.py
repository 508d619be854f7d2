from pathlib import Path

import pytest

from corpus.store.article_store import ArticleStore
from eval.survival.kills import Kills, checked, warnings
from tests.indexing import Workspace

FLAGS = ("--reader", "sentences")


@pytest.mark.model
def test_a_service_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    heard: list[int] = []
    tally = Kills(tmp_path, clients=2, seed=5, flags=FLAGS).run(2, heard.append)
    assert () == tally.problems
    assert (2, 0) == (tally.kills, tally.lost)
    assert [1, 2] == heard
    assert 0 < tally.adds
    assert 0 < tally.generations


@pytest.mark.model
def test_articles_that_vanish_between_two_lives_are_lost(tmp_path: Path) -> None:
    def empty(kills: int) -> None:
        store = ArticleStore.open(tmp_path / "state" / "articles.sqlite")
        for article, _ in list(store.each()):
            store.delete(article.id)
        store.close()

    kills = Kills(tmp_path, clients=2, seed=2, flags=FLAGS)
    tally = kills.run(1, empty)
    assert 0 < tally.lost
    assert any(" has nothing instead of " in problem for problem in tally.problems)


def test_an_index_that_disagrees_or_is_behind_is_a_problem(tmp_path: Path) -> None:
    assert [f"The check failed: There is no article store in {tmp_path}."] == checked(tmp_path)
    workspace = Workspace.open(tmp_path)
    workspace.add("Ship1 sailed.")
    generation = workspace.update()
    assert [] == checked(tmp_path)
    workspace.add("Ship2 sailed.")
    assert ["1 articles are pending, but the service said none is."] == checked(tmp_path)
    (generation.folder / "extra").write_text("")
    assert [f"{generation.folder / 'extra'} is not in the manifest."] == checked(tmp_path)[:1]
    workspace.close()


def test_warnings_and_errors_of_the_log_are_problems_and_nothing_else_is() -> None:
    log = "Citeline is ready\n2026 INFO index: built\n2026 WARNING index: damaged\n2026 ERROR index: no\n"
    assert ["The service logged: 2026 WARNING index: damaged", "The service logged: 2026 ERROR index: no"] == warnings(
        log
    )
