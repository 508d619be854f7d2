import numpy as np

from eval.developing.conversations import ConversationalQuestion, Rewrite, paired_interval, term_f1
from qa.conversation.history import Turn
from qa.query.parser import MAX_QUESTION

TURNS = (Turn("Who owns the ferry?", "Ann Lund"),)


def test_the_terms_of_a_rewrite_that_the_question_lacks_are_counted() -> None:
    rewrites = [
        Rewrite("a", TURNS, "How old is she?", "How old is Ann Lund of Tarn?"),
        Rewrite("b", TURNS, "When did it sink?", "When did the boat sink?"),
    ]
    figures = term_f1(rewrites, None)
    # "Ann" and "Lund" of four terms are found, "ferry" is none of them; no turn has "Tarn" and "boat".
    assert (2 / 3, 0.5, 4 / 7, 0.8) == (
        figures["precision"],
        figures["recall"],
        figures["F1"],
        figures["F1 in history"],
    )


def test_history_in_front_of_a_question_keeps_to_its_length() -> None:
    turns = tuple(Turn(f"{number} {'x' * 300}?", "yes") for number in range(5))
    whole = ConversationalQuestion(turns, "And why?", "text", 0, 1).with_history
    assert len(whole) <= MAX_QUESTION
    assert whole.startswith("2 ")
    assert whole.endswith("And why?")


def test_the_interval_of_paired_differences_holds_their_mean() -> None:
    low, high = paired_interval(np.array([1.0] * 30 + [0.0] * 70))
    assert 0.2 < low < 0.3 < high < 0.4
    assert (0.0, 0.0) == paired_interval(np.zeros(10))
