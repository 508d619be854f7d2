"""Finds the subject of a question with an auxiliary: the worker in "is the farm worker still in isolation?"."""

from qa.query import lexicon
from qa.query.phrases import words_of

_END = lexicon.PREPOSITIONS | lexicon.AUXILIARIES | lexicon.word_set("who that which there still again yet now")


def subject_of(text: str) -> frozenset[str]:
    """Return the words of the noun phrase after the first auxiliary of a question, in lower case; none without one.

    It ends with a preposition or another phrase, so that it may have a verb as well.
    """
    words = [word.normalized for word in words_of(text)]
    first = next((at for at, word in enumerate(words) if word in lexicon.AUXILIARIES), None)
    found = list[str]()
    for word in words[first + 1 :] if first is not None else ():
        if word in _END or (found and word in lexicon.DETERMINERS):
            break
        if word not in lexicon.DETERMINERS:
            found.append(word)
    return frozenset(found)
