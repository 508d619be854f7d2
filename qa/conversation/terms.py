"""Finds the words of a conversation that a question leaves out, by a logistic regression over terms.

As QuReTeC classifies the terms of the history (Voskarides et al. 2020), but with features in the place of BERT.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.search.keywords import stems
from qa.answers.names import names_in
from qa.confidence import IDF, read_word_statistics
from qa.conversation.history import Turn
from qa.query import lexicon
from qa.query.phrases import normalized_words, words_of

MODEL = Path(__file__).with_name("terms.json")
_FUNCTION_WORDS = lexicon.AUXILIARIES | lexicon.PREPOSITIONS | lexicon.PRONOUNS | lexicon.CLAUSE_SUBJECTS
_FUNCTION_STEMS = lexicon.STOP_STEMS | frozenset(
    stems(" ".join(sorted(_FUNCTION_WORDS | lexicon.CONJUNCTIONS | lexicon.QUESTION_WORDS.keys())))
    + stems("other than besides aside also")  # with which people rewrite "what else"
)
_OTHER = frozenset({"else", "other", "another", "more"})
_POINTING = frozenset({"this", "that", "these", "those"})
_LOOK_BACK = 5  # characters before a word, in which a sentence may end


# Features of a term that count together, by their places: idf, name, last question, topic, share of questions ...
_FIRST = np.array([1, 1, 1, 2, 2, 2, 3, 7, 4, 1])
_SECOND = np.array([2, 3, 7, 3, 4, 7, 9, 9, 17, 17])


def content_stems(text: str) -> frozenset[str]:
    """Return the stems of a text but for those of function words."""
    return frozenset(stems(text)) - _FUNCTION_STEMS


@dataclass(slots=True)
class _Term:
    """Where a stem stands in the turns: the ages of the questions and the answers, how often, and in how long texts."""

    word: str
    questions: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    count: int = 0
    shortest: int = 1_000_000
    place: int | None = None
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class TermModel:
    """A logistic regression over the features of terms; `python -m training.conversation_terms` fits it."""

    weights: NDArray[np.float64]
    intercept: float
    threshold: float

    @classmethod
    def read(cls, path: Path = MODEL) -> Self:
        """Read a model; raises ModelProblem where its file is missing or damaged."""
        try:
            values: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            weights = np.array(values["weights"], np.float64)
            return cls(weights, float(values["intercept"]), float(values["threshold"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelProblem(
                f"The model {path} is missing or damaged. Put back the one that came with Citeline, or make another: "
                "python -m training.conversation_terms --data FOLDER"
            ) from error

    def probabilities(self, question: str, turns: Sequence[Turn], ways: Sequence[str] = ()) -> dict[str, float]:
        """Return how likely the question leaves out each stem of the turns. ways: how rules would write it."""
        found = term_features(question, turns, ways)
        if not found:
            return {}
        rows = np.stack(list(found.values()))
        odds = rows @ self.weights + self.intercept
        return dict(zip(found, (1 / (1 + np.exp(-odds))).tolist(), strict=True))

    def left_out(
        self, question: str, turns: Sequence[Turn], ways: Sequence[str] = (), lenience: float = 1.0
    ) -> dict[str, str]:
        """Return the stems that the question leaves out, the likeliest first, each with a word of it in the turns.

        lenience: by which the threshold is multiplied; none where no stem reaches the threshold itself.
        """
        likely = self.probabilities(question, turns, ways)
        if max(likely.values(), default=0.0) < self.threshold:
            return {}
        words = {stem: term.word for stem, term in _terms(turns).items()}
        enough = self.threshold * lenience
        kept = sorted((one for one in likely if likely[one] >= enough), key=lambda one: -likely[one])
        return {one: words[one] for one in kept}


@cache
def term_model() -> TermModel:
    """Return the model that comes with Citeline."""
    return TermModel.read()


def term_features(question: str, turns: Sequence[Turn], ways: Sequence[str] = ()) -> dict[str, NDArray[np.float64]]:
    """Return the features of each stem of the turns that the question lacks: its own by those of the question."""
    asked, words = content_stems(question), set(normalized_words(question))
    written = [content_stems(way) - asked for way in (*ways[:2], "", "")[:2]]
    persons, things, plurals = lexicon.PERSON_PRONOUNS, lexicon.THING_PRONOUNS | _POINTING, lexicon.PLURAL_PRONOUNS
    pronouns = [bool(words & kind) for kind in (persons, things, plurals)]
    first = normalized_words(question)[:2]
    context = np.array(
        [
            1.0,
            bool(written[0]),
            len(asked) / 5,
            any(not name.is_doubtful for name in names_in(question)),
            *pronouns,
            not any(pronouns),
            bool(words & _OTHER),
            first in (["what", "about"], ["how", "about"]) or first[:1] in (["and"], ["but"]),
            len(turns) == 1,
            min(len(turns), 10) / 10,
        ]
    )
    idf, oldest = read_word_statistics(IDF), len(turns) - 1
    found = {}
    for stem, term in _terms(turns).items():
        if stem not in asked:
            features = np.array(
                [
                    1.0,
                    idf.get(stem, 1.0),
                    term.is_name,
                    0 in term.questions and oldest > 0,
                    0 in term.answers and oldest > 0,
                    1 in term.questions,
                    1 in term.answers,
                    oldest in term.questions,
                    oldest in term.answers,
                    len(term.questions) / len(turns),
                    len(term.answers) / len(turns),
                    bool(term.questions),
                    math.log1p(term.count),
                    1 / (1 + min(*term.questions, *term.answers, oldest)),
                    stem in written[0],
                    stem in written[1],
                    stem[0].isdigit(),
                    1 / term.shortest,
                    0.0 if term.place is None else 1 / (1 + term.place),
                ]
            )
            pairs = features[_FIRST] * features[_SECOND]
            found[stem] = np.outer(context, np.append(features, pairs)).ravel()
    return found


def _terms(turns: Sequence[Turn]) -> dict[str, _Term]:
    """Return the content stems of the turns, those of the last turn first."""
    found: dict[str, _Term] = {}
    for age, turn in enumerate(reversed(turns)):
        for text, is_answer in ((turn.question, False), (turn.answer or "", True)):
            own = [(word, stem) for word in words_of(text) for stem in stems(text[word.start : word.end])]
            own = [(word, stem) for word, stem in own if stem not in _FUNCTION_STEMS]
            for place, (word, stem) in enumerate(own):
                term = found.setdefault(stem, _Term(text[word.start : word.end]))
                ages = term.answers if is_answer else term.questions
                if ages[-1:] != [age]:
                    ages.append(age)
                term.count += 1
                term.shortest = min(term.shortest, len(own))
                before = text[max(0, word.start - _LOOK_BACK) : word.start].rstrip()
                begins = word.start == 0 or before.endswith((".", "?", "!"))
                term.is_name = term.is_name or (text[word.start].isupper() and not begins)
                if age == 0 and is_answer and term.place is None:
                    term.place = place
    return found
