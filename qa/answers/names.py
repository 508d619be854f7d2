"""Names in a sentence, and what the words beside them tell: person or organisation, gender, and what they are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from qa.query import lexicon

_WORD = re.compile(r"[^\W_]+(?:(?:['’](?![sS]\b)|[.-])[^\W_]+)*")
_ORGANISATION_NOUNS = lexicon.ORGANISATION_NOUNS | lexicon.ORGANISATION_NAME_NOUNS
_LAST_NOUNS = _ORGANISATION_NOUNS | lexicon.PLACE_NAME_NOUNS
_GIVEN_NAMES = lexicon.MALE_NAMES | lexicon.FEMALE_NAMES
_NATIONALITY = re.compile(r"\w+(?:ish|ese|ench|utch|[aei]an)$")
_PERSON_SUFFIX = re.compile(rf"\w{{2,}}(?:{lexicon.PERSON_SUFFIXES})$")
_NAME_SUFFIX = re.compile(r"\w+(?:(?<!ic)ian|man)$")  # "Julian", "Norman"; "historian" stands in the lexicon
_ADVERB = re.compile(rf"\w+(?:{lexicon.ADVERB_SUFFIXES})$")
_AGE = re.compile(rf",? (?:aged )?\d{{1,2}}\b(?!\s*(?:{lexicon.MONTHS}|per|%|\d))", re.I)
_AGE_BEFORE = re.compile(r"\b\d{1,2}-year-old $")
_MAX_DESCRIPTION = 9  # words
_MAX_APPOSITION = 6  # words before a name that begin its sentence
_MAX_ACRONYM = 7  # letters
_MAX_PERSON = 3  # words of a person's name
_MAX_LEAD = 4  # words before a subject that say when: "On Tuesday 4 May Smith resigned"


@dataclass(frozen=True, slots=True)
class Name:
    """A name at [start, end) of a sentence.

    words: its words in lower case, without titles. title: those in lower case. description: the words beside it that
    describe it, such as "a retired vet", in lower case. person: evidence that it names a person, negative for evidence
    against it. organisation: the same for a firm or a group. place: evidence that it names a place or a thing.
    gender: what titles, descriptions and pronouns say, as `gender_of`. is_subject: whether the sentence begins with it,
    or it says something. says: whether a verb of speech is beside it. is_doubtful: whether only the beginning of the
    sentence may give it its capital. is_plural: whether it is two names, joined by "and".
    """

    start: int
    end: int
    words: tuple[str, ...]
    title: tuple[str, ...]
    description: frozenset[str]
    person: float
    organisation: float
    place: float
    gender: int
    is_subject: bool
    says: bool
    is_doubtful: bool
    is_plural: bool = False


class _Token(NamedTuple):
    start: int
    end: int
    text: str
    lower: str
    is_capitalized: bool


@lru_cache(maxsize=2048)  # the candidates of a question share their neighbourhood
def names_in(text: str) -> tuple[Name, ...]:
    """Return the names in a sentence, in order."""
    tokens = [
        _Token(found.start(), found.end(), word := found.group(), word.lower(), word[0].isupper())
        for found in _WORD.finditer(text)
    ]
    names = [_described(text, tokens, first, last) for first, last in _runs(text, tokens)]
    pairs = (_joined(one, other) for one, other in pairwise(names) if text[one.end : other.start] == " and ")
    return (*names, *pairs)


def is_person_noun(word: str) -> bool:
    """Return whether a word in lower case is a noun of a person, such as "teacher" or "oceanographer"."""
    noun = singular(word)
    if not lexicon.PERSON_NOUNS.isdisjoint({word, noun}) or noun in lexicon.AGENT_NOUNS:
        return True
    if noun in lexicon.ORGANISATION_NOUNS or noun in lexicon.PLACE_NAME_NOUNS or noun in lexicon.NO_PERSON_NOUNS:
        return False
    return _PERSON_SUFFIX.match(noun) is not None


def gender_of(words: Sequence[str]) -> int:
    """Return the gender that titles or nouns in lower case tell: positive for male, negative for female."""
    nouns = {*words, *map(singular, words)}
    female = sum(word in lexicon.FEMALE_NOUNS or word.endswith(("woman", "tress")) for word in nouns)
    male = sum(
        word in lexicon.MALE_NOUNS
        or (word.endswith("man") and not word.endswith("woman") and word not in lexicon.NO_MEN)
        for word in nouns
    )
    return male - female


def singular(noun: str) -> str:
    """Return a noun without the "s" of a regular plural."""
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def _joined(one: Name, other: Name) -> Name:
    """Return two names as one: "Tove and Magnus Reddick"."""
    return replace(
        other,
        start=one.start,
        words=(*one.words, *other.words),
        description=one.description | other.description,
        person=max(one.person, other.person),
        organisation=min(one.organisation, other.organisation),
        place=max(one.place, other.place),
        gender=0,
        is_subject=one.is_subject,
        says=False,
        is_doubtful=False,
        is_plural=True,
    )


def _runs(text: str, tokens: Sequence[_Token]) -> Iterator[tuple[int, int]]:
    """Yield the first and last token of each name."""
    at = 0
    while at < len(tokens):
        if not tokens[at].is_capitalized:
            at += 1
            continue
        last = at
        while (reached := _continued(text, tokens, at, last)) is not None:
            last = reached
        first = at
        at = last + 1
        while first <= last and _is_outside(text, tokens, first):
            first += 1
        while first <= last and _is_outside(text, tokens, last):
            last -= 1
        # "Singer Tom Wells", but not "Communist Party"
        while first < last and _is_role(tokens[first].lower) and tokens[last].lower not in _LAST_NOUNS:
            first += 1
        words = [token.lower for token in tokens[first : last + 1]]
        if words and not all(word in lexicon.CALENDAR_NAMES or word.isdigit() for word in words):
            yield first, last


def _is_outside(text: str, tokens: Sequence[_Token], at: int) -> bool:
    """Return whether a capitalized word is no part of the name beside it: "Yesterday", "Although", "Tuesday".

    "May" is a month in "in May" and "May 4", a name in "Theresa May".
    """
    word = tokens[at].lower
    before, after = _beside(text, tokens, at, at - 1), _beside(text, tokens, at, at + 1)
    if word in lexicon.MONTHS_IN_NAMES:
        return before in lexicon.BEFORE_MONTHS or before.isdigit() or after[:1].isdigit()
    if word in lexicon.CALENDAR_NAMES:
        return before not in lexicon.HOLIDAYS and after not in lexicon.ORGANISATION_NAME_NOUNS
    if word in lexicon.NAME_STARTERS:
        return before == "" and word != "new"
    return word in lexicon.NOT_IN_NAMES or (before == "" and _ADVERB.match(word) is not None)


def _beside(text: str, tokens: Sequence[_Token], at: int, other: int) -> str:
    """Return the word beside a token in lower case, "," where a mark stands between, "" where there is none."""
    if not 0 <= other < len(tokens):
        return ""
    gap = text[tokens[min(at, other)].end : tokens[max(at, other)].start]
    return tokens[other].lower if gap.isspace() else ","


def _is_role(word: str) -> bool:
    is_name = word in _GIVEN_NAMES or (_NAME_SUFFIX.match(word) is not None and word not in lexicon.PERSON_NOUNS)
    return word not in lexicon.TITLES and not is_name and is_person_noun(word)


def _continued(text: str, tokens: Sequence[_Token], first: int, last: int) -> int | None:
    """Return the last token of a name that goes on after the token `last`, None where it ends there."""
    if last + 1 >= len(tokens):
        return None
    gap, following = text[tokens[last].end : tokens[last + 1].start], tokens[last + 1]
    if following.is_capitalized:
        is_short = len(tokens[last].text) == 1 or tokens[last].lower in lexicon.NAME_ABBREVIATIONS
        return last + 1 if gap in {" ", " & ", "-"} or (gap == ". " and is_short) else None
    after = last + 2
    if (
        following.lower in lexicon.NAME_PARTICLES
        and after + 1 < len(tokens)
        and tokens[after].lower in lexicon.NAME_PARTICLES
    ):
        after += 1  # "van der"
    spaced = text[tokens[last].end : following.end + 1] == f" {following.text} "
    if not spaced or after >= len(tokens) or not tokens[after].is_capitalized:
        return None
    head = tokens[last].lower
    joins = following.lower in lexicon.NAME_PARTICLES
    if following.lower == "of":  # "University of Tollhaven", but not "Petra Quill of Varra Line"
        joins = first == last or head in lexicon.ORGANISATION_NOUNS or head in lexicon.PERSON_NOUNS
    elif following.lower == "and":
        joins = tokens[after].lower in {"sons", "co", "company", "brothers", "partners"}
    return after if joins else None


def _described(text: str, tokens: Sequence[_Token], first: int, last: int) -> Name:
    words = tuple(token.lower for token in tokens[first : last + 1])
    title_length = next((at for at, word in enumerate(words[:-1]) if word not in lexicon.TITLES), len(words) - 1)
    title, words = words[:title_length], words[title_length:]
    start, end = tokens[first].start, tokens[last].end
    raw, tail = text[start:end], text[end : end + 12]
    before, after = _words_before(text, tokens, first), _words_after(text, tokens, last)
    heads = {*before[:1], *_head(after)}
    is_adjacent = first > 0 and text[tokens[first - 1].end : start].strip("“\"' ") == ""
    is_followed = last + 1 < len(tokens) and text[end : tokens[last + 1].start] == " "
    previous = tokens[first - 1].lower if is_adjacent else ""
    following = tokens[last + 1].lower if is_followed else ""
    says = previous in lexicon.SPEECH_VERBS or following in lexicon.SPEECH_VERBS
    # "Its director, Milo Sandgren" is a subject, too.
    begins = first <= 1 or (first <= _MAX_APPOSITION and text[start - 2 : start] == ", ")
    is_dated = first <= _MAX_LEAD and all(
        token.lower in lexicon.SENTENCE_STARTERS or token.lower in lexicon.CALENDAR_NAMES or token.text.isdigit()
        for token in tokens[:first]
    )
    is_subject = says or is_dated or (begins and tokens[0].lower in lexicon.SENTENCE_STARTERS)
    has_organisation_noun = not _ORGANISATION_NOUNS.isdisjoint(words)
    is_acronym = raw.isupper() and raw.isalpha() and 1 < len(raw) < _MAX_ACRONYM
    is_place = words[-1] in lexicon.PLACE_NAME_NOUNS and not has_organisation_noun
    is_located = previous in lexicon.LOCATIVE_PREPOSITIONS or (previous in {"from", "to"} and len(words) == 1)
    # Each with what it adds to the evidence that the name is one of a person, an organisation, a place.
    evidence = (
        (bool(title), (2.0, 0.0, 0.0)),
        (len(words) in {2, 3} and "&" not in raw and "of" not in words, (1.0, 0.0, 0.0)),
        (len(words) > _MAX_PERSON, (-0.5, 0.0, 0.0)),
        (words[-1] in lexicon.PERSON_NOUNS, (-3.0, 0.0, 0.0)),  # "Democratic President" is an office
        (words[0] == "of", (-1.5, 0.0, 0.0)),
        (words[0] == "new" or words[-1] in lexicon.CALENDAR_NAMES - lexicon.MONTHS_IN_NAMES, (-2.5, 0.0, 1.0)),
        (any(map(is_person_noun, heads)), (1.5, 0.0, 0.0)),
        (says, (1.5, 0.0, 0.0)),
        (tail.startswith((", who", " who ")), (1.5, 0.5, 0.0)),
        (tail.startswith(", which"), (-1.5, 0.5, 0.0)),
        (_AGE.match(text, end) is not None or _AGE_BEFORE.search(text, 0, start) is not None, (1.5, 0.0, 0.0)),
        (has_organisation_noun or "&" in raw or is_acronym, (-3.0, 2.0, 0.0)),
        (not lexicon.ORGANISATION_NOUNS.isdisjoint(heads) and not tail.startswith(" ("), (-1.0, 1.5, 0.0)),
        (is_place, (-2.5, -2.0, 2.0)),
        (is_located and not title, (-1.5, -1.0, 1.5)),
        (previous in {"the", "a", "an"} and not title, (-1.5, 0.0, 0.0)),
        (previous == "by", (0.5, 0.0, 0.0)),
        (words[0] in _GIVEN_NAMES, (1.0, 0.0, 0.0)),
        (following != "" and is_person_noun(following), (-2.0, -1.0, 1.0)),  # "Hong Kong investor"
        (is_followed and len(words) == 1 and _NATIONALITY.match(raw) is not None, (-2.0, -2.0, 0.0)),
    )
    person, organisation, place = (sum(added[kind] for holds, added in evidence if holds) for kind in range(3))
    given = (words[0] in lexicon.MALE_NAMES) - (words[0] in lexicon.FEMALE_NAMES)
    pronouns = _pronouns(tokens, last) if is_subject or tail.startswith(", who") else 0
    return Name(
        start,
        end,
        words,
        title,
        frozenset(before) | frozenset(after),
        person,
        organisation,
        place,
        2 * gender_of([*title, *heads]) + given + pronouns,
        is_subject,
        says,
        first == last and not is_acronym and not any(map(str.isalpha, text[:start])),
    )


def _words_before(text: str, tokens: Sequence[_Token], first: int) -> list[str]:
    """Return the words before a name that describe it: "a doctoral student, Lorcan Vey", "the firm of Brack & Sons"."""
    found: list[str] = []
    at, limit = first - 1, tokens[first].start
    if at < 0:
        return found
    gap = text[tokens[at].end : limit]
    if gap not in {" ", ", ", " “", ' "'}:
        return found
    if tokens[at].lower == "of" and at:
        at -= 1
        if tokens[at].lower not in lexicon.ORGANISATION_NOUNS:
            return found
    while at >= 0 and len(found) < 5:
        token = tokens[at]
        inner = text[token.end : tokens[at + 1].start]
        if found and inner not in {" ", "-"}:
            break
        if token.lower in lexicon.SENTENCE_STARTERS or token.lower in lexicon.AUXILIARIES:
            break
        if token.lower in lexicon.PREPOSITIONS or token.lower in lexicon.SPEECH_VERBS:
            break
        found.append(token.lower)
        at -= 1
    return found if found and (is_person_noun(found[0]) or found[0] in lexicon.ORGANISATION_NOUNS) else []


def _words_after(text: str, tokens: Sequence[_Token], last: int) -> list[str]:
    """Return the words after a name that describe it: ", a retired vet,", " (harbour master)", " is a painter"."""
    end = tokens[last].end
    opening = text[end : end + 2]
    if opening == " (":
        closing = text.find(")", end)
        stop = closing if closing >= 0 else end
    elif opening == ", ":
        stop = min((place for mark in ",.;:—–" if (place := text.find(mark, end + 2)) >= 0), default=len(text))
    else:
        return []
    words = [token.lower for token in tokens[last + 1 : last + 2 + _MAX_DESCRIPTION] if token.end <= stop]
    if not words or len(words) > _MAX_DESCRIPTION:
        return []
    if (
        opening == ", "
        and words[0] not in lexicon.APPOSITION_STARTS
        and not (len(words) < 4 and is_person_noun(words[-1]))
    ):
        return []
    if words[0] in lexicon.CONJUNCTIONS:
        return []
    return [word for word in words if word not in lexicon.SENTENCE_STARTERS]


def _head(phrase: Sequence[str]) -> Sequence[str]:
    """Return the head noun of a phrase: the last word before "of", "for" or "at"."""
    end = next((at for at, word in enumerate(phrase) if at and word in lexicon.PREPOSITIONS), len(phrase))
    return phrase[end - 1 : end]


def _pronouns(tokens: Sequence[_Token], last: int) -> int:
    """Return what the pronouns after a subject say of its gender; those after another name don't count."""
    total = 0
    for at, token in enumerate(tokens[last + 1 : last + 25], start=last + 1):
        if token.is_capitalized:
            break
        following = tokens[at + 1].lower if at + 1 < len(tokens) else "the"
        # "lend her the cutter": an object is somebody else.
        is_object = token.lower == "him" or (token.lower == "her" and following in lexicon.SENTENCE_STARTERS)
        if not is_object:
            total += (token.lower in lexicon.MALE_PRONOUNS) - (token.lower in lexicon.FEMALE_PRONOUNS)
    return max(-1, min(1, total))
