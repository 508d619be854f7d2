"""Questions that ask for all of several things: "Which ports ...", "What are the side effects?", "Name the parts"."""

from collections.abc import Sequence

from qa.query import lexicon
from qa.query.phrases import Word
from qa.query.question_types import is_auxiliary, is_verb

_MAX_NOUNS = 4  # words of the noun phrase after "which" or "what"
_ASKING = ("which", "what")
_RELATIVE = ("that", "which", "who")
_NAMING = ("name", "list", "identify", "mention", "give")


def asks_for_list(words: Sequence[Word]) -> bool:
    """Return whether a question asks for several things: by a noun in the plural, "who are", or "name all"."""
    for at, word in enumerate(words):
        name = word.normalized
        if name in _ASKING or (name in _NAMING and at == 0):
            return _is_plural_phrase(words[at + 1 : at + 3 + _MAX_NOUNS], name in _NAMING)
        if name == "who":
            return at + 1 < len(words) and words[at + 1].normalized in ("are", "were")
    return False


def _is_plural_phrase(words: Sequence[Word], stands_alone: bool) -> bool:
    """Return whether a noun phrase in the plural begins a run of words, maybe after "are the".

    stands_alone: whether no verb need follow it.
    """
    if words and words[0].normalized in ("are", "were"):
        words, stands_alone = words[1:], True
    noun = ""
    for at, word in enumerate(words):
        name = word.normalized
        if name in ("all", "both"):
            return True
        if name in lexicon.PREPOSITIONS - {"of"} and at == 1 and is_verb(words[0].normalized) and not stands_alone:
            return False  # "what happens in Marle"
        is_end = name in lexicon.PREPOSITIONS or is_auxiliary(word) or name in _RELATIVE
        if is_end or (noun not in lexicon.DETERMINERS | {""} and is_verb(name)):
            stands_alone = True
            break
        noun = name
    has_ending = noun.endswith("s") and not noun.endswith(("ss", "us", "is", "ics")) and noun not in lexicon.SINGULARS
    is_plural = noun in lexicon.PLURALS or has_ending
    return is_plural and stands_alone  # "which part floats"
