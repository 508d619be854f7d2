"""Classifies questions by what they ask for: a person, a time, a number, a reason."""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import pairwise

from qa.query import lexicon
from qa.query.phrases import Phrases, Word


class QuestionType(Enum):
    """What a question asks for. TOPIC asks what the articles say about something; OTHER is a question unlike these."""

    WHO = "who"
    WHEN = "when"
    WHERE = "where"
    HOW_MANY = "how many"  # how much, old, far, often ...
    HOW_LONG = "how long"
    WHICH = "which"
    WHAT = "what"
    WHY = "why"
    HOW = "how"
    YES_NO = "yes or no"
    TOPIC = "topic"
    SMALL_TALK = "small talk"
    OTHER = "other"


def _by_word(table: Mapping[str, str]) -> dict[str, QuestionType]:
    return {word: QuestionType(name) for name, words in table.items() for word in words.split()}


_QUESTION_WORDS = _by_word(lexicon.QUESTION_WORDS)
_QUANTITIES = _by_word(lexicon.QUANTITIES)
_JOINED_QUANTITIES = _by_word(lexicon.JOINED_QUANTITIES)
_BY_HEAD_NOUN = _by_word(lexicon.HEAD_NOUNS)
_BY_VALUE_NOUN = _by_word(lexicon.VALUE_NOUNS)
_THIRD_PERSON_OR_PAST = re.compile(r"(?:[^s]s|ed)\Z")  # unlike "pass", "dress"
_CLAUSE_MARKS = ",;:.!?–—-…("
_LAST_LATIN = "\u024f"
_NAMING = Phrases.of("""
    name|list|identify|state|mention|give|count|cite all|some|any|the|a|an|one|two|three|four|five|every|each|both
    name|list|identify|state|mention|give|count|cite its|their|his|her
""")


def classify(text: str, words: Sequence[Word]) -> QuestionType:
    """Return the type of a question that is not small talk; a noun phrase of any length is a TOPIC."""
    letters = [letter for letter in text if letter.isalpha()]
    first = words[0].normalized if words else ""
    if (
        "¿" in text
        or first in lexicon.FOREIGN_QUESTION_WORDS
        or 2 * sum(letter > _LAST_LATIN for letter in letters) > len(letters)
        or (first not in _QUESTION_WORDS and sum(_is_foreign(text, word) for word in words) > 1)
    ):
        return QuestionType.OTHER  # of another language
    for at, word in enumerate(words):
        begins_clause = at == 0 or any(mark in text[words[at - 1].end : word.start] for mark in _CLAUSE_MARKS)
        if at == 0 and _leads_in(text, words):
            continue
        found = _type_from(words, at) if begins_clause else None
        if found is not None:
            return found
    if first in ("if", "whether"):  # "tell me if it ended"
        return QuestionType.YES_NO
    found = _type_by_head_noun(words) or _type_in_the_middle(words) or _type_by_value_noun(text, words)
    return QuestionType.TOPIC if found is None else found


def question_type_at(words: Sequence[Word], at: int) -> QuestionType | None:
    """Return the type of the question that a question word at `at` begins; None where there is none."""
    plain = [word.normalized for word in words[at : at + 4]]
    if not plain or plain[0] in _JOINED_QUANTITIES:
        return _JOINED_QUANTITIES.get(plain[0]) if plain else None
    following = plain[1] if len(plain) > 1 else ""
    quantity = _QUANTITIES.get(following)
    certain = (
        following in lexicon.AUXILIARIES
        or quantity is not None
        or (plain[0] != "were" and following in lexicon.CLAUSE_SUBJECTS)
    )
    if plain[0] in lexicon.AMBIGUOUS_QUESTION_WORDS and not certain:
        return None
    found = _QUESTION_WORDS.get(plain[0])
    if (found is QuestionType.HOW or plain[0] == "hwo") and quantity is not None:
        return quantity
    if found in (QuestionType.WHAT, QuestionType.WHICH):
        return _type_by_noun(words, at) or found
    return found


def asked_noun(words: Sequence[str]) -> str:
    """Return the noun that "which" or "what" asks for, also "which of the men", "the name of the firm"; "" for none."""
    at = next((at for at, word in enumerate(words) if word in {"which", "what", "whats"}), len(words))
    rest = [word for word in words[at + 1 :] if word not in lexicon.DETERMINERS]
    if rest[:1] == ["of"]:
        rest = rest[1:]
    elif rest[:1] and rest[0] in lexicon.AUXILIARIES:
        if rest[1:3] != ["name", "of"]:
            return ""
        rest = rest[3:]
    noun = ""
    for word in rest[:4]:
        if word in lexicon.AUXILIARIES or word in lexicon.AFTER_NOUN or (noun and is_verb(word)):
            break
        noun = word
    return noun


def begins_question(words: Sequence[Word], at: int) -> bool:
    """Return whether a question begins at a word: "when did", "to whom", "is it"."""
    if at >= len(words):
        return False
    first = words[at].normalized
    after_preposition = first in lexicon.PREPOSITIONS and question_type_at(words, at + 1) is not None
    return (
        after_preposition
        or question_type_at(words, at) is not None
        or first in lexicon.AUXILIARIES
        or first == "whether"
    )


def is_auxiliary(word: Word) -> bool:
    """Return whether a word is a form of be, do, have or a modal verb."""
    return word.normalized in lexicon.AUXILIARIES


def is_verb(word: str) -> bool:
    """Return whether a word in lower case is a form of a common verb, or looks like a past form."""
    looks_past = word.endswith("ed") and len(word) > 3 and "-" not in word and word not in lexicon.NOT_PAST_FORMS
    return word in lexicon.VERBS or looks_past


def _is_foreign(text: str, word: Word) -> bool:
    return word.normalized in lexicon.FOREIGN_FUNCTION_WORDS and text[word.start].islower()  # not "Los Angeles"


def _leads_in(text: str, words: Sequence[Word]) -> bool:
    """Return whether a clause with "when" goes before the question: "When a boat sinks, what is it called?"."""
    return words[0].normalized in ("when", "where") and any(
        "," in text[before.end : word.start] and word.normalized in _QUESTION_WORDS
        for before, word in pairwise(words[1:])
    )


def _type_from(words: Sequence[Word], at: int) -> QuestionType | None:
    skipped = lexicon.CONJUNCTIONS | lexicon.PREPOSITIONS
    while (
        at < len(words) - 1 and words[at].normalized in skipped and words[at + 1].normalized not in lexicon.AUXILIARIES
    ):
        at += 1
        if words[at].normalized not in skipped:
            return question_type_at(words, at)
    asked = question_type_at(words, at)
    if asked is not None:
        return asked
    # "May 9", "Will Smith" and "May" are dates and names.
    is_yes_no = is_auxiliary(words[at]) and len(words) - at > 2 and not words[at + 1].normalized[0].isdigit()
    return QuestionType.YES_NO if is_yes_no else None


def _type_by_noun(words: Sequence[Word], at: int) -> QuestionType | None:
    """Return the type that a noun gives to "what" or "which": "what year", "in which city", "what was the reason"."""
    rest = [word.normalized for word in words[at + 1 : at + 6]]
    follows_preposition = at > 0 and words[at - 1].normalized in lexicon.PREPOSITIONS
    is_limit = at > 0 and words[at - 1].normalized == "within"  # "within what time"
    nouns = (
        (lexicon.TIME_NOUNS, QuestionType.HOW_LONG if is_limit else QuestionType.WHEN),
        (lexicon.NUMBER_NOUNS, QuestionType.HOW_MANY),
        (lexicon.REASON_NOUNS, QuestionType.WHY),
        (lexicon.PLACE_NOUNS if follows_preposition else frozenset[str](), QuestionType.WHERE),
    )
    for known, found in nouns:
        if rest and rest[0] in known:
            return found
    contracted = words[at].normalized.endswith("s")  # "what's"
    if contracted or (rest and rest[0] in ("is", "was", "are", "were")):
        head = _type_of_head(rest if contracted else rest[1:])
        telling = (QuestionType.WHEN, QuestionType.HOW_MANY, QuestionType.HOW_LONG, QuestionType.WHY)
        return head if head in telling else None
    return None


def _type_of_head(plain: Sequence[str]) -> QuestionType | None:
    """Return the type that the head noun of "the exact date of ..." asks for; None where nothing follows it."""
    at = 0
    while at < len(plain) and plain[at] in lexicon.DETERMINERS | lexicon.ADJECTIVES:
        at += 1
    if at == 0 or at >= len(plain) - 1:
        return None
    following = plain[at + 1]
    ends = lexicon.PREPOSITIONS | lexicon.AUXILIARIES | lexicon.CLAUSE_SUBJECTS | lexicon.QUESTION_WORDS.keys()
    is_head = following in ends or is_verb(following) or following.endswith("ing")  # unlike "the present day system"
    return _BY_HEAD_NOUN.get(plain[at]) if is_head else None


def _type_by_head_noun(words: Sequence[Word]) -> QuestionType | None:
    plain = [word.normalized for word in words]
    naming = _NAMING.longest(words)
    head = _type_of_head(plain[naming - 1 :] if naming else plain)
    if head is None and not naming and len(plain) > 2 and plain[1] == "of":  # "number of officers"
        head = _BY_HEAD_NOUN.get(plain[0])
    return QuestionType.WHAT if naming and head is None and len(words) > naming else head


def _type_by_value_noun(text: str, words: Sequence[Word]) -> QuestionType | None:
    """Return the type of keywords that end with what they ask for: "museum opening times", "price on Sundays"."""
    end = next((at for at, word in enumerate(words) if at and word.normalized in lexicon.PREPOSITIONS), len(words))
    at = next((at for at in range(2, end - 1) if _asks_for_price(words, at)), end - 1)
    found = _BY_VALUE_NOUN.get(words[at].normalized) if at > 0 else None
    before = [word.normalized for word in words[:at]]
    is_name = at > 0 and text[words[at].start].isupper() and text[words[at - 1].start].isupper()  # "The Ferry Times"
    has_verb = any(
        is_auxiliary(word) or (_THIRD_PERSON_OR_PAST.search(word.normalized) is not None and is_verb(word.normalized))
        for word in words[:at]
    )
    if found is None or is_name or has_verb or set(before) <= lexicon.DETERMINERS | lexicon.ADJECTIVES:
        return None
    if words[at].normalized == "number" and before[-1] in lexicon.NUMBERED:
        return QuestionType.WHAT
    lasts = words[at].normalized == "time" and before[-1].endswith("ing") and before[-1] not in lexicon.MOMENTS
    return QuestionType.HOW_LONG if lasts else found


def _asks_for_price(words: Sequence[Word], at: int) -> bool:
    """Return whether a word asks for a price, with more words of the thing behind it: "monthly pass price Velmar"."""
    following = words[at + 1].normalized
    is_price = words[at].normalized in lexicon.PRICE_NOUNS and following not in lexicon.AFTER_PRICE_NOUNS
    return is_price and not is_auxiliary(words[at + 1]) and not is_verb(following)


def _type_in_the_middle(words: Sequence[Word]) -> QuestionType | None:
    """Return the type of "the withdrawal finishes when"; "the man who went" has none."""
    for at in range(1, len(words)):
        found = question_type_at(words, at)
        plain = words[at].normalized
        if found is None or plain in lexicon.AMBIGUOUS_QUESTION_WORDS:
            continue
        following = words[at + 1].normalized if at + 1 < len(words) else None
        if plain in ("what", "whom", "how") or following is None:
            asks = True
        elif plain == "which":  # "the city in which he died" is relative, "opposes which kind" asks
            asks = following not in lexicon.CLAUSE_SUBJECTS | lexicon.AUXILIARIES
        else:  # "In 1936 who came to ..."
            asks = following not in lexicon.CLAUSE_SUBJECTS and words[0].normalized in lexicon.PREPOSITIONS
        if asks:
            return found
    return None
