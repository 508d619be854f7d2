from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ModelProblem
from qa.conversation.history import Turn
from qa.conversation.terms import TermModel, content_stems, term_features, term_model

TURNS = (Turn("What is throat cancer?"), Turn("Is it treatable?", "Most patients recover after surgery in Boston."))


def test_the_topic_of_a_conversation_is_left_out_and_a_side_remark_is_not() -> None:
    likely = term_model().probabilities("What are its symptoms?", TURNS)
    assert likely["cancer"] > likely["boston"]
    assert {"throat": "throat", "cancer": "cancer"}.items() <= term_model().left_out(
        "What are its symptoms?", TURNS
    ).items()


def test_words_of_the_question_are_not_left_out() -> None:
    assert {"cancer"}.isdisjoint(term_features("Is lung cancer treatable?", TURNS))


def test_without_turns_nothing_is_left_out() -> None:
    assert {} == term_model().left_out("Who left?", ())
    assert {} == term_model().left_out("Who left?", (Turn("Why?"),))


def test_features_are_as_many_as_weights() -> None:
    lengths = {len(one) for one in term_features("Why?", TURNS).values()}
    assert {len(term_model().weights)} == lengths


def test_lenience_adds_words_and_takes_none() -> None:
    strict = term_model().left_out("What are its symptoms?", TURNS)
    lenient = term_model().left_out("What are its symptoms?", TURNS, lenience=0.1)
    assert strict.items() <= lenient.items()


def test_function_words_are_no_content() -> None:
    assert {"ferri"} == content_stems("What was it that the other ferry did?")


@pytest.mark.parametrize("text", ["", "{}", '{"weights": ["a"], "intercept": 0, "threshold": 0.5}'])
def test_a_damaged_model_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "terms.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelProblem, match=r"terms\.json is missing or damaged"):
        TermModel.read(path)


def test_a_model_that_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "terms.json"
    path.write_text('{"weights": [1.0, -2.0], "intercept": 0.5, "threshold": 0.25}', encoding="utf-8")
    model = TermModel.read(path)
    assert np.array_equal([1.0, -2.0], model.weights)
    assert (0.5, 0.25) == (model.intercept, model.threshold)
