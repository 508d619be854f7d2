"""Finds what a question is about: "bleach" in "Can I use bleach?", "cats" in "Are cats allowed?"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from index.search.keywords import stems
from qa.answers.names import is_person_noun
from qa.query import lexicon
from qa.query.phrases import words_of
from qa.query.question_types import is_verb

_WORD = re.compile(r"[^\W_]+(?:[’'&-][^\W_]+)*")
_MAX_WORDS = 3  # of an object; a longer run of words was misread
_CONTENT = re.compile(r"[a-z]")
_ENDS = lexicon.AFTER_NOUN | lexicon.CONJUNCTIONS | lexicon.SUBORDINATORS | lexicon.AUXILIARIES | lexicon.AFTER_OBJECT
_SUBJECT_END = lexicon.PREPOSITIONS | lexicon.AUXILIARIES | lexicon.word_set("who that which there still again yet now")


@dataclass(frozen=True, slots=True)
class AskedObject:
    """A thing that a yes/no question is about.

    text: its words. head: the stem of its last word, and those of words for the same. others: the stems of the
    question's other content words. verb: those of what is done to it, which may be as general as "use".
    """

    text: str
    head: frozenset[str]
    others: frozenset[str]
    verb: frozenset[str]


def asked_objects(question: str) -> Iterator[AskedObject]:
    """Yield what a yes/no question is about, but for names and nouns for all of a kind, such as "pets"."""
    words = [found[0] for found in _WORD.finditer(question)]
    if words and words[0].lower() in lexicon.CONJUNCTIONS:
        words = words[1:]
    if not words or words[0].lower().replace("’", "").replace("'", "") not in lexicon.AUXILIARIES:
        return
    verb, phrases = _phrases(words[1:])
    content = frozenset(stems(" ".join(words[1:]))) - lexicon.STOP_STEMS
    for phrase in phrases:
        head = _stems_of_thing(phrase[-1]) if phrase else frozenset[str]()
        is_general = bool(phrase) and (phrase[-1].lower() in _GENERAL or is_person_noun(phrase[-1].lower()))
        is_thing = len(phrase) <= _MAX_WORDS and all(_CONTENT.match(word) for word in phrase)
        if head and is_thing and not is_general:
            others = content - frozenset(stems(" ".join(phrase)))
            yield AskedObject(" ".join(phrase), head, others, frozenset(stems(verb)))


_GENERAL = lexicon.GENERAL_NOUNS | lexicon.PEOPLE_NOUNS | lexicon.TIME_NOUNS | lexicon.PRONOUNS | lexicon.ADVERBS


def _stems_of_thing(word: str) -> frozenset[str]:
    own = frozenset(stems(word)) - lexicon.STOP_STEMS
    return next((group for group in _same_things() if own & group), own)


@cache
def _same_things() -> list[frozenset[str]]:
    lines = lexicon.SAME_THINGS.replace("\n", "|").split("|")
    return [frozenset(stems(line)) for line in lines if line.strip()]


def _phrases(words: Sequence[str]) -> tuple[str, list[list[str]]]:
    """Return the verb of a question and its noun phrases: subject, object, and means, "with vinegar"."""
    if not words:
        return "", []
    if words[0].lower() == "there":
        return "", [_phrase(words[1:])[0]]
    phrases: list[list[str]] = []
    if words[0].lower() in lexicon.SUBJECTS:
        rest = words[1:]
    else:
        subject, rest = _phrase(words)
        if len(subject) == 1 and (is_verb(subject[0].lower()) or not rest):
            return "", []  # "does that matter", or no question at all
        # Without a verb after it, the last word may be an adjective: "Is cola good".
        if len(subject) > 1 and not (rest and (is_verb(rest[0].lower()) or rest[0].lower() in lexicon.PERMISSIONS)):
            return "", []
        phrases.append(subject)
    while len(rest) > 1 and _is_before_verb(rest[0].lower(), rest[1].lower()):
        rest = rest[1:]
    if not rest:
        return "", phrases
    verb = rest[0].lower()
    found, rest = _phrase(rest[1:])
    phrases.append(found if verb != "do" else [])  # "do laundry": an activity, which has other words
    means = next((at for at, word in enumerate(rest) if word.lower() in lexicon.MEANS_PREPOSITIONS), None)
    if means is not None:
        phrases.append(_phrase(rest[means + 1 :])[0])
    return verb, phrases


def _is_before_verb(word: str, following: str) -> bool:
    return (
        word in lexicon.PERMISSIONS
        or word in lexicon.BEFORE_OBJECT
        or word in ("to", "be", "been")
        or (word in ("have", "need", "want") and following == "to")
    )


def _phrase(words: Sequence[str]) -> tuple[list[str], Sequence[str]]:
    """Return the words of the noun phrase at the start, without determiners, and what follows it."""
    start = next((at for at, word in enumerate(words) if word.lower() not in lexicon.BEFORE_OBJECT), len(words))
    end = start
    while end < len(words):
        word = words[end].lower()
        if word in _ENDS or word in lexicon.PERMISSIONS or (end > start and is_verb(word)):
            break
        end += 1
    if end > start and words[end - 1].lower() in lexicon.AMOUNT_NOUNS and [*words[end : end + 1]] == ["of"]:
        return _phrase(words[end + 1 :])
    return list(words[start:end]), words[end:]


def subject_of(text: str) -> frozenset[str]:
    """Return the words of the noun phrase after the first auxiliary of a question, in lower case; none without one.

    It ends with a preposition or another phrase, so that it may have a verb as well.
    """
    words = [word.normalized for word in words_of(text)]
    first = next((at for at, word in enumerate(words) if word in lexicon.AUXILIARIES), None)
    found = list[str]()
    for word in words[first + 1 :] if first is not None else ():
        if word in _SUBJECT_END or (found and word in lexicon.DETERMINERS):
            break
        if word not in lexicon.DETERMINERS:
            found.append(word)
    return frozenset(found)
