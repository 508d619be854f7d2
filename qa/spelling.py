"""Corrects the spelling of a question by the words of the index, since vectors and readers know no misspelt words."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from rapidfuzz.distance.OSA import distance

from index.search.keywords import MAX_CORRECTED_WORDS, stems
from index.search.spelling import CORRECTED_LENGTHS, TWO_ERRORS_FROM, Vocabulary, edits
from qa.confidence import IDF, read_word_statistics
from qa.query import lexicon
from qa.query.parser import MAX_QUESTION, Question, parse_question
from qa.query.phrases import Word, words_of
from qa.query.question_types import QuestionType, question_type_at

WORDS = Path(__file__).with_name("words.json")
_IN_INDEX = 4.0  # scores are about the logarithm of how likely a word is
_AGENT = re.compile(r"(?P<verb>[a-z]{4,})ers?")
_SAME_LETTERS, _COMMON = 5.0, 6.5


def _by_misspelling(table: Mapping[str, str]) -> dict[str, str]:
    return {misspelt: right for right, words in table.items() for misspelt in words.split()}


_QUESTION_WORDS = _by_misspelling(lexicon.MISSPELT_QUESTION_WORDS)
_QUANTITIES = _by_misspelling(lexicon.MISSPELT_QUANTITIES)


def common_words() -> Mapping[str, float]:
    """Return common English words, without names, and in how many of 50,000 paragraphs each is."""
    return read_word_statistics(WORDS)


@cache
def common_stems() -> frozenset[str]:
    """Return the stems of the common words."""
    return frozenset(stems(" ".join(common_words())))


@cache
def _known_stems() -> frozenset[str]:
    """Return the stems of nouns that are right, whether or not the index has them: a choir is no chair."""
    nouns = lexicon.ORGANISATION_NOUNS | lexicon.PERSON_NOUNS | lexicon.AGENT_NOUNS | lexicon.PLACE_NAME_NOUNS
    return frozenset(stems(" ".join(nouns | lexicon.ROLE_NOUNS)))


def with_corrected_spelling(question: Question, vocabulary: Vocabulary) -> Question:
    """Return a question with each word that neither the index nor common English has replaced by the likeliest one.

    docs/decisions.md says what that brings.
    """
    words = words_of(question.text)
    text, unknown = question.text, 0
    for at in range(len(words) - 1, -1, -1):  # from the end, so that spans stay true
        word = words[at]
        correction = _question_word(words, at)
        is_whole = word.end - word.start == len(word.normalized)  # no "who'll"
        if (
            correction is None
            and is_whole
            and unknown < MAX_CORRECTED_WORDS
            and _is_unknown(word.normalized, vocabulary)
        ):
            unknown += 1
            correction = likeliest(word.normalized, vocabulary, is_name=at > 0 and text[word.start].isupper())
        if correction is not None:
            cased = correction.capitalize() if text[word.start].isupper() else correction
            text = f"{text[: word.start]}{cased}{text[word.end :]}"
    if text == question.text or len(text) > MAX_QUESTION:
        return question
    corrected = parse_question(text, question.today, question.ignored)
    if corrected.type is QuestionType.SMALL_TALK:
        return question
    kept = question.type if question.type is QuestionType.TOPIC else corrected.type  # "tell me about" is cut off
    return replace(
        question,
        text=corrected.text,
        type=kept,
        hint=corrected.hint,
        parts=corrected.parts,
    )


def likeliest(word: str, vocabulary: Vocabulary, is_name: bool = False) -> str | None:
    """Return the likeliest correction of a lower-case word, None where there is none.

    It begins with the same letter and is one error away; a common word may be two errors away from a long one. Frequent
    words are likelier, most of all those of the index, and so are those with swapped, doubled or halved letters. A name
    is only taken for one of the index, and not where a letter is another: Kelby is not Kelly.
    """
    words = common_words()
    candidates = [edit for edit in edits(word) if edit[0] == word[0] and len(edit) >= min(CORRECTED_LENGTHS)]
    found: list[tuple[float, str]] = []
    for candidate, stem in zip(candidates, stems(" ".join(candidates)), strict=True):
        count, common = vocabulary.frequency(stem), words.get(candidate, 0)
        if not common and (not count or (stem in common_stems() and stem != candidate)):
            continue  # nor is "bringe" a word, whose stem is that of "bring"
        has_other_letters = set(candidate) != set(word)
        if has_other_letters and len(word) == min(CORRECTED_LENGTHS):  # "mend" may be right, and is no "mind"
            continue
        if is_name and (not count or (has_other_letters and len(candidate) == len(word))):
            continue
        score = (_IN_INDEX + 0.4 * math.log(count)) if count else 0.0
        score += (_COMMON + 0.4 * math.log(common)) if common else 0.0
        score += 0.0 if has_other_letters else _SAME_LETTERS
        found.append((score, candidate))
    if not found and not is_name and len(word) >= TWO_ERRORS_FROM:
        for candidate, common in words.items():
            if candidate[0] == word[0] and distance(word, candidate, score_cutoff=2) <= 2:
                found.append((math.log(common), candidate))
    return max(found)[1] if found else None


def _question_word(words: Sequence[Word], at: int) -> str | None:
    """Return the right spelling of a question word, or of what follows "how"; None where it has it."""
    word = words[at].normalized
    if word in _QUANTITIES and question_type_at(words, at - 1) is not None and at:
        return _QUANTITIES[word]
    if word not in _QUESTION_WORDS or question_type_at(words, at) is None:
        return None
    is_how = word == "hwo" and question_type_at(words, at) is not QuestionType.WHO
    return "how" if is_how else _QUESTION_WORDS[word]


def _is_unknown(word: str, vocabulary: Vocabulary) -> bool:
    """Return whether nobody uses a word: who marches is a marcher, where the index has "march"."""
    if not (word.isalpha() and word.isascii() and len(word) in CORRECTED_LENGTHS):
        return False
    stem = stems(word)[0]
    is_known = stem in read_word_statistics(IDF) or stem in _known_stems()
    agent = _AGENT.fullmatch(word)
    verb = None if agent is None else stems(agent["verb"])[0]
    return not is_known and not any(vocabulary.frequency(one) for one in (stem, verb) if one is not None)
