"""Asks a former question again: with another question word, or with another name in the place of one of its own."""

import re
from collections.abc import Sequence

from qa.conversation.history import Turn
from qa.conversation.mentions import Referent, is_same, mentions_in, phrases_of
from qa.conversation.pronouns import in_the_middle
from qa.dates.finder import find_dates
from qa.query import lexicon
from qa.query.parser import parse_question
from qa.query.phrases import Word, normalized_words, words_of
from qa.query.question_types import QuestionType, is_auxiliary, is_verb, question_type_at

_MAX_ANSWER = 12  # words of an answer that takes the place of a question word
_MAX_BEFORE_PREDICATE = 7  # words: "how many of the people on board"
_ARTICLE = re.compile(r"\b(?:the|an?)\s+$", re.I)
# "Since when is it Ada Pym who runs it?", "When was it that the ferry capsized?"
_CLEFTS = {
    "Since when": ("Since when is it", " who"),
    "When": ("When was it that", ""),
    "Where": ("Where was it that", ""),
}
_NEGATED = re.compile(r"\b(?:not|never)\b|n[’']t\b", re.I)


def asked_again(turn: Turn, asked: str, negated: bool = False) -> str:
    """Return a turn's question with another question word; the answer takes the place of the one it had.

    "Who has resigned?" was answered by "Ged Farrow": "Why has Ged Farrow resigned?"
    """
    text = f"{turn.question.rstrip('? ')}?"
    words = words_of(text)
    asked = "Why" if asked.lower() in ("how come", "what for") else f"{asked[0].upper()}{asked[1:]}"
    if is_auxiliary(words[0]):
        rest = _negated(text) if negated and _NEGATED.search(text) is None else text
        return f"{asked} {rest[0].lower()}{rest[1:]}"
    places = range(1, min(len(words), _MAX_BEFORE_PREDICATE + 1))
    auxiliary = next((at for at in places if is_auxiliary(words[at])), len(words))
    verb = next((at for at in places if is_verb(words[at].normalized)), len(words))
    predicate = min(auxiliary, verb)
    if predicate == len(words) or all(question_type_at(words, at) is None for at in (0, 1)):
        return f"{asked}: {text}"
    is_copula = auxiliary < verb == len(words)
    subject = _answered_subject(turn, words, predicate, is_copula)
    if auxiliary < verb and subject is None:
        return f"{asked} {text[words[auxiliary].start :]}"
    if auxiliary < verb:
        return f"{asked} {words[auxiliary].normalized} {subject}{text[words[auxiliary].end :]}"
    if normalized_words(text)[:2] in (["how", "many"], ["how", "much"]) and verb > 2:
        subject = text[words[2].start : words[verb - 1].end]
    elif subject is None:
        subject = text[words[1].start : words[verb - 1].end] if verb > 1 else ""
    elif asked in _CLEFTS:
        asked, joined = _CLEFTS[asked]
        subject = f"{subject}{joined}"
    return " ".join(f"{asked} {subject} {text[words[verb].start :]}".split())


def _answered_subject(turn: Turn, words: Sequence[Word], predicate: int, is_copula: bool) -> str | None:
    """Return the answer where it is the subject of the question's predicate, or is what the subject is."""
    if turn.answer is None:
        return None
    answer = _name_in(turn) if is_clause(turn.answer) else turn.answer
    if answer is None:
        return None
    asks_subject = is_verb(words[predicate].normalized) or (
        predicate + 1 < len(words) and is_verb(words[predicate + 1].normalized)
    )
    if words[0].normalized not in ("who", "what", "which", "whos", "whats") or not (is_copula or asks_subject):
        return None
    return in_the_middle(Referent(answer.strip(" ."), 0.0, 0, False, 0, True, False))


def is_clause(answer: str) -> bool:
    """Return whether an answer is a clause or a sentence, which takes no place in another question."""
    ends = answer.rstrip().rstrip("\"'”’)").endswith((".", "!", "?"))
    return len(words := normalized_words(answer)) > _MAX_ANSWER or (ends and any(map(is_verb, words)))


def _name_in(turn: Turn) -> str | None:
    """Return the name in a clause that answers, a person's for "who"; None where it has none."""
    named = [one for one in mentions_in(turn) if one.answers and one.is_name]
    if parse_question(turn.question).type is QuestionType.WHO:
        named = [one for one in named if one.person > 0]
    return named[0].text if named else None


def _negated(question: str) -> str:
    """Return a yes/no question with "not" behind its subject."""
    subject = next((one for one in phrases_of(question) if one.start is not None), None)
    if subject is None or subject.start is None:
        return question
    end = subject.start + len(subject.text)
    return f"{question[:end]} not{question[end:]}"


def with_slot(question: str, what: str) -> str | None:
    """Return a question with its matching part replaced: a name by a name, "in Kenya" for "in Chad".

    None where no part of it matches.
    """
    words = words_of(what)
    if not words:
        return None
    slots = [one for one in phrases_of(question) if one.start is not None]
    times, new_times = find_dates(question, None), find_dates(what, None)
    if times and new_times and new_times[-1].end == len(what):  # "and on Thursday?"
        return f"{question[: times[-1].start]}{what[new_times[-1].start :]}{question[times[-1].end :]}"
    preposition = words[0].normalized if words[0].normalized in lexicon.PREPOSITIONS and len(words) > 1 else None
    if preposition is not None:
        before = re.compile(rf"\b{preposition}\s+(?:the\s+)?$", re.I)
        same = [one for one in slots if before.search(question[: one.start]) is not None]
        return _put(question, same[-1], what[words[1].start :]) if same else f"{question.rstrip('?')} {what}?"
    new = _kind_of(what)
    fitting = [one for one in slots if one.is_name == new.is_name and not is_same(one, new)]
    if new.person > 0:
        fitting = [one for one in slots if one.person > 0] or fitting
    if new.is_name and not fitting:
        fitting = slots
    if not fitting:
        return None
    return _put(question, fitting[-1] if new.is_name else fitting[0], what)


def _kind_of(what: str) -> Referent:
    """Return words as a mention, read as the object of a sentence."""
    found = phrases_of(f"this is about {what}?")
    whole = next((one for one in found if one.text == what), None)
    return Referent(what, 0.0, 0, False, 0, False, what[:1].isupper()) if whole is None else whole


def _put(question: str, slot: Referent, new: str) -> str:
    start = slot.start or 0
    return f"{_ARTICLE.sub('', question[:start])}{new}{question[start + len(slot.text) :]}"
