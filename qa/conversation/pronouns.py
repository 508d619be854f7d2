"""Finds the pronoun of a question that only its conversation explains, and replaces it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.answers.names import is_person_noun
from qa.conversation.mentions import Referent, is_plural
from qa.query import lexicon
from qa.query.phrases import Word, normalized_words, words_of
from qa.query.question_types import is_verb

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
    """Return "this", "that", "these" or "those" as a pronoun, with its noun, None where it joins a clause."""
    word, before = words[at], words[at - 1].normalized
    after = words[at + 1].normalized if at + 1 < len(words) else ""
    kind = "they" if word.normalized in ("these", "those") else "it"
    ends = after == "" or after in lexicon.PREPOSITIONS or after in lexicon.ADJECTIVES
    if before in lexicon.AUXILIARIES and (ends or after in lexicon.AUXILIARIES or is_verb(after)):
        return Pronoun(word.start, word.end, kind)
    if ends:
        return Pronoun(word.start, word.end, kind) if after == "" else None
    if before not in lexicon.AUXILIARIES | lexicon.PREPOSITIONS and not (is_verb(before) and word.normalized != "that"):
        return None  # "say that the"
    if not is_noun(after):
        return None
    if kind == "it" and (after in lexicon.MALE_NOUNS or after in lexicon.FEMALE_NOUNS):
        kind = "he" if after in lexicon.MALE_NOUNS else "she"
    return Pronoun(word.start, words[at + 1].end, kind, noun=after)


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
    plain, before = words[at].normalized, [word.normalized for word in words[:at]]
    if pronoun.noun is not None:
        return False
    if plain.endswith(("self", "selves")) or (plain == "it" and _is_expletive(words, at)):
        return True
    limit = _end_of_explanation(text, words, at, pronoun)
    # A name that comes before it, or behind it and a comma: "When he was a boy, where did Luther live?"
    behind = text.find(",", pronoun.end)
    others = [*words[1:limit], *(word for word in words if word.start > behind >= 0)]
    if any(text[word.start].isupper() and word.normalized != "i" for word in others):
        return True
    nouns = [word for word in before[:limit] if is_noun(word)]
    if pronoun.kind in lexicon.PERSON_PRONOUNS:
        is_joined = any(word in _BOUNDARY for word in before[1:])  # "who resigned and when did he"
        return (is_joined and before[:1] == ["who"]) or any(map(is_person_noun, nouns))
    if pronoun.kind in lexicon.PLURAL_PRONOUNS:
        return any(map(is_plural, nouns)) or "who" in before[:limit]
    return any(not is_plural(noun) and not is_person_noun(noun) for noun in nouns)


def _is_expletive(words: Sequence[Word], at: int) -> bool:
    """Return whether "it" stands for nothing: "does it take", "is it possible to", "that it is difficult to"."""
    before = words[at - 1].normalized if at else ""
    after = [word.normalized for word in words[at + 1 :]]
    if after[:1] and after[0] in _IMPERSONAL:
        return True
    predicate = (
        after if before in lexicon.FORMS_OF_BE else after[1:] if after[:1] and after[0] in lexicon.FORMS_OF_BE else []
    )
    return len(predicate) > 1 and not is_verb(predicate[0]) and predicate[1] in _BEFORE_CLAUSE


def _end_of_explanation(text: str, words: Sequence[Word], at: int, pronoun: Pronoun) -> int:
    """Return how many words at the start of a question a pronoun may refer to.

    A subject or an object is not what another part of its clause is, but a possessive may be: "Which artist sold his
    house?", but not "Which artist met him?".
    """
    plain = [word.normalized for word in words]
    boundary = max(
        (one for one in range(1, at) if plain[one] in _BOUNDARY or "," in text[words[one - 1].end : words[one].start]),
        default=0,
    )
    if pronoun.is_possessive:
        return at
    before, after = plain[at - 1] if at else "", plain[at + 1] if at + 1 < len(words) else ""
    if before in lexicon.AUXILIARIES:
        return boundary
    if after in lexicon.AUXILIARIES or is_verb(after):
        return at  # the subject of a clause that begins here: "what did Luther say he would do"
    if before in _REFLEXIVE_PREPOSITIONS:
        return at
    # The object of an infinitive is no object of the verb before that: "what did Luther fear to cause him".
    verbs = [one for one in range(boundary, at) if is_verb(plain[one]) and plain[one] not in lexicon.AUXILIARIES]
    return max(boundary, verbs[-2] if len(verbs) > 1 else 0)


_IMPERSONAL = frozenset(
    {"take", "takes", "took", "taken", "rain", "snow", "seem", "seems", "appear", "appears", "possible", "necessary"}
)
_BEFORE_CLAUSE = frozenset({"that", "to", "for"})
_REFLEXIVE_PREPOSITIONS = frozenset({"with", "within", "around", "behind", "inside", "in", "on"})


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
