"""Finds the pronoun of a question that only its conversation explains, and replaces it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.conversation.mentions import Referent, best_antecedents, phrases_of
from qa.query import lexicon
from qa.query.phrases import Word, normalized_words, words_of
from qa.query.question_types import is_auxiliary, is_verb

_PLACE = re.compile(
    r"\b(?:live|lives|lived|living|go|goes|went|work|works|worked|stay|stayed|happened|happen|get|got)\s+(?P<there>there)\b",
    re.I,
)
_BOUNDARY = frozenset(
    {
        "and",
        "but",
        "or",
        "when",
        "if",
        "after",
        "before",
        "that",
        "who",
        "which",
        "because",
        "while",
        "than",
        "as",
        "since",
        "until",
        "where",
        "although",
        "whether",
    }
)
_DEMONSTRATIVES = frozenset({"this", "that", "these", "those"})


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun, or a demonstrative with its noun, at [start, end) of a question. kind: the pronoun it is like."""

    start: int
    end: int
    kind: str
    is_possessive: bool = False
    noun: str | None = None
    noun_end: int = 0


def first_pronoun(text: str) -> Pronoun | None:
    """Return the first pronoun of a question that nothing in the question explains, None where there is none."""
    words = words_of(text)
    for at, word in enumerate(words):
        plain = word.normalized
        contracted = re.fullmatch(r"(he|she|it|they|that)(s|re|d|ll|ve)", plain) if "’" in text or "'" in text else None
        found: Pronoun | None = None
        after = words[at + 1].normalized if at + 1 < len(words) else ""
        if plain in lexicon.MALE_PRONOUNS | lexicon.FEMALE_PRONOUNS | lexicon.THING_PRONOUNS | lexicon.PLURAL_PRONOUNS:
            is_possessive = plain in ("his", "its", "their") or (plain == "her" and _begins_noun(words, at + 1))
            found = Pronoun(word.start, word.end, plain, is_possessive and after != "")
            if found.is_possessive:
                found = replace(found, noun_end=_end_of_noun(text, words, at + 1))
        elif (
            contracted is not None
            and contracted[1] != "that"
            and plain not in ("were", "its", "shed", "hell", "shell", "id")
        ):
            found = Pronoun(word.start, word.start + len(contracted[1]), contracted[1])
        elif plain in _DEMONSTRATIVES and at > 0:
            found = _demonstrative(words, at)
        elif plain == "there" and (place := _PLACE.search(text)) is not None and place.start("there") == word.start:
            found = Pronoun(word.start, word.end, "there")
        if found is not None and not _is_explained(text, words, at, found):
            return found
    return None


def _demonstrative(words: Sequence[Word], at: int) -> Pronoun | None:
    plain, after = words[at].normalized, words[at + 1].normalized if at + 1 < len(words) else ""
    is_plural = plain in ("these", "those")
    if after == "" or after in lexicon.PREPOSITIONS:
        return Pronoun(words[at].start, words[at].end, "they" if is_plural else "it")
    before = words[at - 1].normalized
    if before not in lexicon.AUXILIARIES | lexicon.PREPOSITIONS and not is_verb(before):
        return None  # "say that the"
    if after in lexicon.CLAUSE_SUBJECTS or after in lexicon.AUXILIARIES or is_verb(after):
        return Pronoun(words[at].start, words[at].end, "it") if before in lexicon.AUXILIARIES else None
    person = "they" if is_plural else "it"
    if not is_plural and after in lexicon.MALE_NOUNS:
        person = "he"
    elif not is_plural and (after in lexicon.FEMALE_NOUNS):
        person = "she"
    return Pronoun(words[at].start, words[at + 1].end, person, noun=after)


def _begins_noun(words: Sequence[Word], at: int) -> bool:
    if at >= len(words):
        return False
    plain = words[at].normalized
    return not (
        plain in lexicon.PREPOSITIONS
        or plain in lexicon.AUXILIARIES
        or plain in lexicon.CONJUNCTIONS
        or plain in lexicon.CLAUSE_SUBJECTS
        or plain in lexicon.SUBORDINATORS
    )


def _end_of_noun(text: str, words: Sequence[Word], at: int) -> int:
    """Return the end of the noun phrase after a possessive pronoun."""
    end = at + 1
    while end < len(words) and text[words[end - 1].end : words[end].start] == " " and _begins_noun(words, end):
        if is_verb(words[end].normalized):
            break
        end += 1
    return words[end - 1].end


def _is_explained(text: str, words: Sequence[Word], at: int, pronoun: Pronoun) -> bool:
    """Return whether a pronoun refers to something in its own question, or to nothing: "how long does it take"."""
    plain = pronoun.kind
    before, after = words[:at], words[at + 1 :]
    following = after[0].normalized if after else ""
    if plain == "it" and pronoun.noun is None:
        if following in ("take", "takes", "took", "taken", "rain", "snow", "seem", "appear", "possible", "necessary"):
            return True
        if (
            any(word.normalized in ("that", "to", "for") for word in after[1:])
            and before
            and is_auxiliary(before[-1])
            and (before[-1].normalized in lexicon.FORMS_OF_BE)
        ):
            return True
    boundary = max(
        (
            place
            for place in range(1, at)
            if words[place].normalized in _BOUNDARY or "," in text[words[place - 1].end : words[place].start]
        ),
        default=0,
    )
    inverted = bool(before) and is_auxiliary(before[-1])
    is_object = (
        not pronoun.is_possessive
        and not inverted
        and (not after or not (is_auxiliary(after[0]) or is_verb(following) or following.endswith("ed")))
    )
    limit = at if pronoun.is_possessive or not (inverted or is_object) else boundary
    earlier = [one for one in phrases_of(text) if one.start is not None and limit and one.start < words[limit - 1].end]
    earlier = [one for one in earlier if (one.start or 0) < pronoun.start]
    if best_antecedents(plain, earlier):
        return True
    nouns = [word.normalized for word in words[:limit] if is_noun(word.normalized)]
    if plain in lexicon.PLURAL_PRONOUNS:
        return bool(nouns) or any(
            word.normalized in ("who", "people") for word in words[:limit] if limit < at or not inverted
        )
    if plain in lexicon.PERSON_PRONOUNS and limit:
        joined = any(word.normalized in ("and", "when", "before", "after") for word in before)
        return joined and any(word.normalized in ("who", "which") for word in words[:limit])
    later_name = any("," in text[pronoun.end : one.start] for one in phrases_of(text) if (one.start or 0) > pronoun.end)
    return later_name or (plain in lexicon.THING_PRONOUNS and any(not one.endswith("s") for one in nouns))


def is_noun(word: str) -> bool:
    """Return whether a word in lower case is neither a function word nor a verb."""
    known = (
        lexicon.AUXILIARIES
        | lexicon.PREPOSITIONS
        | lexicon.QUESTION_WORDS.keys()
        | lexicon.PRONOUNS
        | lexicon.CLAUSE_SUBJECTS
        | lexicon.CONJUNCTIONS
        | lexicon.ADJECTIVES
        | lexicon.SUBORDINATORS
        | lexicon.ADVERBS
    )
    measures = (
        "many",
        "much",
        "long",
        "old",
        "far",
        "big",
        "often",
        "else",
        "not",
        "high",
        "fast",
        "large",
        "first",
        "last",
    )
    return word not in known and word not in measures and not is_verb(word) and not word.endswith("ly")


def with_antecedent(text: str, pronoun: Pronoun, by: Referent) -> str:
    """Return a question with a pronoun replaced by what it stands for."""
    name = in_the_middle(by)
    if pronoun.kind == "there":
        return f"{text[: pronoun.start]}in {name}{text[pronoun.end :]}"
    if not pronoun.is_possessive:
        before = "" if pronoun.start else name[:1].upper() + name[1:]
        return f"{text[: pronoun.start]}{before or name}{text[pronoun.end :]}"
    if len(normalized_words(name)) <= 3 and by.is_name:
        ending = "’" if name.endswith("s") and by.is_plural else "’s"
        return f"{text[: pronoun.start]}{name}{ending.replace('’', chr(39))}{text[pronoun.end :]}"
    noun = text[pronoun.end : pronoun.noun_end].strip()
    the = "The" if pronoun.start == 0 else "the"
    return f"{text[: pronoun.start]}{the} {noun} of {name}{text[pronoun.noun_end :]}"


def in_the_middle(one: Referent) -> str:
    """Return a mention as it is written inside a sentence, with a definite article for an indefinite one."""
    first = one.text.split(" ")[0]
    lower = first.lower() in {"the", "a", "an", "his", "her", "its", "their"}
    text = f"{first.lower()}{one.text[len(first) :]}" if lower else one.text
    return re.sub(r"^an? ", "the ", text)
