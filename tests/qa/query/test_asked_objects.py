"""What a question with an auxiliary is about."""

import pytest

from qa.query.asked_objects import subject_of


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Is the farm worker in Tolmark still in isolation?", {"farm", "worker"}),
        ("Can heavy lorries use the pass?", {"heavy", "lorries", "use"}),
        ("Why are they there?", {"they"}),
        ("tunnel closed", set()),
    ],
)
def test_the_subject_is_the_noun_phrase_after_the_first_auxiliary(question: str, words: set[str]) -> None:
    assert words == subject_of(question)
