from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.overview.salience import salient_sentences, title_weights
from tests.indexing import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    yield workspace
    workspace.close()


def ranked(workspace: Workspace, title: str, *lines: str) -> list[str]:
    article = workspace.add("\n".join(lines), title)
    number = workspace.store.numbers()[-1]
    return [one.sentence.text for one in salient_sentences(workspace.update(), number, article)]


def test_the_lead_tells_most_of_an_article(workspace: Workspace) -> None:
    lines = ("The ferry has sunk off Penholm.", "Boats have searched the sea.", "It was founded in 1902.")
    assert list(lines) == ranked(workspace, "Ferry sinks off Penholm", *lines)


def test_bylines_questions_and_the_title_tell_nothing(workspace: Workspace) -> None:
    lines = (
        "By Tessa Mullin",
        "Ferry sinks off Penholm",
        "Who will pay for the ferry?",
        "The ferry has sunk in a storm.",
    )
    assert ["The ferry has sunk in a storm."] == ranked(workspace, "Ferry sinks off Penholm", *lines)


def test_a_scene_at_the_beginning_tells_less_than_the_words_of_the_title(workspace: Workspace) -> None:
    lines = ("It was the driver who noticed it.", "Police have caught the thief of the sword.", "He was cold.")
    assert lines[1] == ranked(workspace, "Police catch thief of the sword", *lines)[0]


def test_an_article_without_sentences_has_none(workspace: Workspace) -> None:
    assert [] == ranked(workspace, "Ferry", "Photo: Lena Holt", "By Tessa Mullin")


def test_rare_words_of_a_title_weigh_more() -> None:
    weights = title_weights("The school of Kettlesham")
    assert weights["kettlesham"] > weights["school"]
    assert "the" not in weights
