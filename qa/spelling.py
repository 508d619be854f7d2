"""Corrects the spelling of a question by the words of the index, since vectors and readers know no misspelt words."""

from collections.abc import Mapping
from dataclasses import replace

from index.search.keywords import MAX_CORRECTED_WORDS, stems
from index.search.spelling import CORRECTED_LENGTHS, Vocabulary, edits
from qa.confidence import read_idf
from qa.query import lexicon
from qa.query.parser import Question, parse_question
from qa.query.phrases import Word, words_of
from qa.query.question_types import QuestionType, question_type_at


def _by_misspelling(table: Mapping[str, str]) -> dict[str, str]:
    return {misspelt: right for right, words in table.items() for misspelt in words.split()}


_QUESTION_WORDS = _by_misspelling(lexicon.MISSPELT_QUESTION_WORDS)
_QUANTITIES = _by_misspelling(lexicon.MISSPELT_QUANTITIES)


def with_corrected_spelling(question: Question, vocabulary: Vocabulary) -> Question:
    """Return a question with each word that neither the index nor common English has replaced by the likeliest one.

    That is a word one error away with the same first letter that the index has, or a common one of swapped letters.
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
            correction = likeliest(word.normalized, vocabulary)
        if correction is not None:
            cased = correction.capitalize() if text[word.start].isupper() else correction
            text = f"{text[: word.start]}{cased}{text[word.end :]}"
    if text == question.text:
        return question
    corrected = parse_question(text)
    if corrected.type is QuestionType.SMALL_TALK:
        return question
    kept = question.type if question.type is QuestionType.TOPIC else corrected.type  # "tell me about" is cut off
    return replace(corrected, type=kept, background=question.background)


def likeliest(word: str, vocabulary: Vocabulary) -> str | None:
    """Return the likeliest correction of a lower-case word, None where there is none.

    Words of the index come first, of these those of the same letters, swapped or doubled, then those that most of its
    passages have.
    """
    candidates = [edit for edit in edits(word) if edit[0] == word[0] and len(edit) >= min(CORRECTED_LENGTHS)]
    common = read_idf()
    found = []
    for candidate, stem in zip(candidates, stems(" ".join(candidates)), strict=True):
        count = vocabulary.frequency(stem)
        has_other_letters = set(candidate) != set(word)
        if has_other_letters and len(word) == min(CORRECTED_LENGTHS):  # "mend" may be right, and is no "mind"
            continue
        if count or (stem in common and sorted(candidate) == sorted(word)):
            found.append((count == 0, has_other_letters, -count, common.get(stem, 1.0), candidate))
    return min(found)[-1] if found else None


def _question_word(words: list[Word], at: int) -> str | None:
    """Return the right spelling of a question word, or of what follows "how"; None where it has it."""
    word = words[at].normalized
    if word in _QUANTITIES and question_type_at(words, at - 1) is not None and at:
        return _QUANTITIES[word]
    if word not in _QUESTION_WORDS or question_type_at(words, at) is None:
        return None
    is_how = word == "hwo" and question_type_at(words, at) is not QuestionType.WHO
    return "how" if is_how else _QUESTION_WORDS[word]


def _is_unknown(word: str, vocabulary: Vocabulary) -> bool:
    if not (word.isalpha() and word.isascii() and len(word) in CORRECTED_LENGTHS):
        return False
    stem = stems(word)[0]
    return stem not in read_idf() and not vocabulary.frequency(stem)
