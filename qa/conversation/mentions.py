"""The persons and things that a conversation has mentioned, and which of them a pronoun may stand for."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from corpus.errors import ModelProblem
from qa.answers.names import Name, gender_of, is_person_noun, names_in
from qa.conversation.history import Turn
from qa.query import lexicon
from qa.query.parser import parse_question
from qa.query.phrases import Word, words_of
from qa.query.question_types import QuestionType, asked_noun, is_verb

_MAX_PHRASE = 8  # words
_MAX_ANSWER = 8  # words of an answer that is a noun phrase; a longer one is a clause
_LINKS = frozenset(
    {"of", "in", "into", "on", "at", "for", "near"}
)  # between a noun and a name: "the fire on Mount Orla"
_VALUE = re.compile(r"\W*(?:\d|[$£€¥₹])")
_MIN_SCORE, _NO_SCORE = -0.5, -9.0
_MALE, _FEMALE = 1, -1
_OF_TWO_WORDS = 1.0  # evidence that a name of two words is a person, where nothing else tells
GIVEN_NAMES = Path(__file__).with_name("given_names.json")
_NUMBERS = re.compile(rf"(?:(?:{lexicon.NUMBER_WORDS})s?)(?:[ -](?:{lexicon.NUMBER_WORDS})s?)*", re.I)


@dataclass(frozen=True, slots=True)
class Referent:
    """A name or a noun phrase of the conversation.

    person: evidence that it is a person, negative for evidence against it. gender: positive for male, negative for
    female, 1 where only a given name tells. age: how many turns ago, 0 for the last one. answers: whether it stands in
    an answer. is_name: whether it names somebody or something. depth: 1 where it stands inside another one, as the ship
    in "the captain of the ship", or is a less likely one. start: where it stands in its question, None in an answer.
    has_name: whether it is a phrase with a name in it.
    """

    text: str
    person: float
    gender: int
    is_plural: bool
    age: int
    answers: bool
    is_name: bool
    depth: int = 0
    start: int | None = None
    has_name: bool = False

    def key(self) -> str:
        """Return its words in lower case without an article, by which two mentions are compared."""
        words = [word.normalized for word in words_of(self.text)]
        return " ".join(words[1:] if len(words) > 1 and words[0] in lexicon.DETERMINERS else words)


def mentions_in(turn: Turn) -> list[Referent]:
    """Return the mentions of the last turn, those of its answer first."""
    return [*_in_answer(turn), *phrases_of(turn.question)]


def phrases_of(question: str) -> list[Referent]:
    """Return the names and the noun phrases with a determiner of a question, in order, names inside phrases as well."""
    names = [name for name in names_in(question) if not name.is_plural and not _is_question_word(question, name)]
    spans = list(_noun_phrases(question, names))
    found = [_phrase(question, start, end, names) for start, end in spans]
    for name in names:
        inside = any(start <= name.start and name.end <= end for start, end in spans)
        if (name.start, name.end) not in [(start, end) for start, end in spans]:
            found.append(replace(_name(question, name), depth=int(inside)))
    return sorted(found, key=lambda one: (one.start or 0, one.depth))


def _in_answer(turn: Turn) -> Iterator[Referent]:
    """Yield what an answer mentions: the whole of a short one, or the names in it."""
    if turn.answer is None:
        return
    answer = turn.answer.strip().rstrip(".")
    words = words_of(answer)
    asked = parse_question(turn.question).type if turn.question.strip(" ?") else QuestionType.OTHER
    if not words or asked in (QuestionType.WHEN, QuestionType.HOW_LONG):
        return
    text = turn.sentence if turn.sentence is not None and answer in turn.sentence else answer
    offset = text.find(answer)
    inside = [one for one in names_in(text) if offset <= one.start and one.end <= offset + len(answer)]
    inside = [one for one in inside if not one.is_plural]
    is_value = _VALUE.match(answer) is not None or _NUMBERS.match(answer) is not None
    is_phrase = len(words) <= _MAX_ANSWER and asked not in (QuestionType.YES_NO, QuestionType.WHY, QuestionType.TOPIC)
    noun = asked_noun([word.normalized for word in words_of(turn.question)])
    likely = _likely_person(asked, noun)
    depth = int(asked is QuestionType.WHERE)  # "it" is what is there
    if len(inside) == 1 and is_phrase:
        name = inside[0]
        rest = len(words) - len(words_of(text[name.start : name.end]))
        if rest == 0 or is_person_noun(words[0].normalized) or likely > 0 or not is_value:
            one = _name(text, name)
            yield replace(one, person=one.person + likely, answers=True, depth=depth, start=None)
            return
    for at, name in enumerate(inside):
        one = _name(text, name)
        # The subject of a sentence that answers "who" is half as likely to be a person as a name that alone answers.
        share = 1.0 if is_phrase else 0.5 if at == 0 and asked is QuestionType.WHO else 0.0
        yield replace(one, person=one.person + share * likely, answers=True, depth=depth, start=None)
    if not inside and is_phrase and asked is not QuestionType.HOW_MANY:
        yield replace(_plain(answer, likely), depth=1)  # a name of the question is likelier
    elif not inside and is_value and 1 < len(words) <= _MAX_ANSWER and is_plural(words[-1].normalized):
        yield _plain(answer, 0.0)  # "Eleven fishermen"


def _likely_person(asked: QuestionType, noun: str) -> float:
    """Return what a question tells of its answer: "who" asks for a person, "where" and "which company" for none."""
    if asked is QuestionType.WHO:
        return 2.0
    if asked is QuestionType.WHERE or noun in lexicon.ORGANISATION_NOUNS or noun in lexicon.PLACE_NOUNS:
        return -3.0
    if noun:
        return 2.0 if is_person_noun(noun) else -2.0
    return 0.0


def _plain(text: str, likely: float) -> Referent:
    """Return an answer without a name as a mention."""
    words = [word.normalized for word in words_of(text)]
    head = _head(words)
    person = 2.0 if is_person_noun(head) else -1.0
    return Referent(
        text,
        person + min(0.0, likely),
        2 * _sign(gender_of(words)),
        is_plural(head) or words[0][0].isdigit(),
        0,
        True,
        False,
    )


@cache
def given_names() -> Mapping[str, int]:
    """Return the gender of given names in lower case; raises ModelProblem where their file is missing or damaged."""
    try:
        names = json.loads(GIVEN_NAMES.read_text(encoding="utf-8"))
        return {name: gender for kind, gender in (("male", _MALE), ("female", _FEMALE)) for name in names[kind].split()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelProblem(f"The file {GIVEN_NAMES} is missing or damaged. Put back the one that came.") from error


def _name(text: str, name: Name) -> Referent:
    start, end = name.start, name.end
    given = given_names().get(name.words[0], 0)
    person = name.person - max(name.organisation, name.place, 0.0)
    if name.description and any(map(is_person_noun, name.description)):
        person += 1.0
    if given:
        person += 1.0
    elif person == _OF_TWO_WORDS and name.gender == 0:
        person = 0.0  # "Hurricane Ilka", "Aldra Star"
    gender = 2 * _sign(name.gender) if name.gender else given
    return Referent(text[start:end], person, gender, False, 0, False, True, 0, start)


def _phrase(text: str, start: int, end: int, names: Sequence[Name]) -> Referent:
    """Return a noun phrase as a mention; one that ends with a name is that name."""
    words = [word.normalized for word in words_of(text[start:end])]
    last = next((one for one in names if one.end == end and start <= one.start), None)
    before = [word.normalized for word in words_of(text[start : last.start])] if last is not None else []
    if last is not None and (not before or before[-1] not in _LINKS | lexicon.DETERMINERS or len(before) == 1):
        one = _name(text, last)
        if any(map(is_person_noun, before)):
            one = replace(one, person=one.person + 2.0)
        return replace(one, text=text[start:end], start=start)
    head = _head(words)
    person = 2.0 if is_person_noun(head) else -1.5
    gender = 2 * _sign(gender_of(words[: words.index(head) + 1]))
    has_name = any(start <= one.start and one.end <= end for one in names)
    return Referent(text[start:end], person, gender, is_plural(head), 0, False, False, 0, start, has_name)


def _head(words: Sequence[str]) -> str:
    """Return the head noun of a phrase: the last word before "of", "in", "that"."""
    ends = lexicon.PREPOSITIONS | lexicon.CLAUSE_SUBJECTS - {"the", "a", "an", "his", "its", "their", "these", "those"}
    ends |= {"who", "which", "with"}
    end = next((at for at, word in enumerate(words) if at and word in ends), len(words))
    return words[end - 1]


def is_plural(noun: str) -> bool:
    """Return whether a noun in lower case looks like a plural."""
    is_regular = noun.endswith("s") and not noun.endswith(("ss", "us", "is"))
    return noun in lexicon.PLURALS or (is_regular and noun not in lexicon.SINGULARS and len(noun) > 3)


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _is_question_word(question: str, name: Name) -> bool:
    return (
        name.is_doubtful
        and question[: name.start].strip() == ""
        and (question[name.start : name.end].lower() in lexicon.QUESTION_WORDS or len(name.words) == 1)
    )


def _noun_phrases(question: str, names: Sequence[Name]) -> Iterator[tuple[int, int]]:
    """Yield the spans of the noun phrases that a determiner begins: "the captain of the Aldra Star"."""
    words = words_of(question)
    starts = {name.start: name for name in names}
    at = 0
    while at < len(words):
        if words[at].normalized not in ("the", "a", "an", "this", "these", "those") or (
            question[words[at].start].isupper() and at
        ):
            at += 1
            continue
        end = _end_of_phrase(question, words, at, starts)
        if end > at + 1:
            yield words[at].start, words[end - 1].end
        at = max(end, at + 1)


def _end_of_phrase(question: str, words: Sequence[Word], at: int, names: dict[int, Name]) -> int:
    """Return the index of the word after the noun phrase that begins with a determiner."""
    place = at + 1
    while place < len(words) and place - at <= _MAX_PHRASE:
        word = words[place]
        gap = question[words[place - 1].end : word.start]
        if gap.strip(" -"):
            break
        name = names.get(word.start)
        if name is not None:
            while place < len(words) and words[place].end <= name.end:
                place += 1
            # After a name the phrase goes on only with a noun that it describes: "the Aldra Star accident".
            if place < len(words) and question[words[place - 1].end : words[place].start] == " ":
                following = words[place].normalized
                if following in ("of",) and place + 1 < len(words):
                    place += 1
                    continue
            break
        plain = word.normalized
        if plain in _LINKS:
            after = place + 1
            if after < len(words) and words[after].normalized in ("the", "a", "an"):
                after += 1
            joins = after < len(words) and (words[after].start in names or plain == "of")
            if not joins:
                break
            place = after
            continue
        if place > at + 1 and (is_verb(plain) and not _is_noun_here(words, place)):
            break
        if plain in lexicon.AUXILIARIES or plain in lexicon.PREPOSITIONS or plain in lexicon.CONJUNCTIONS:
            break
        if plain in lexicon.CLAUSE_SUBJECTS or plain in lexicon.SUBORDINATORS or plain in lexicon.QUESTION_WORDS:
            break
        place += 1
    return min(place, len(words))


def _is_noun_here(words: Sequence[Word], at: int) -> bool:
    """Return whether a word that may be a verb is a noun: it is followed by "of", as in "the head of the port"."""
    following = words[at + 1].normalized if at + 1 < len(words) else ""
    before = words[at - 1].normalized
    return following in ("of", "in", "on") or following in lexicon.AUXILIARIES or before in lexicon.ADJECTIVES


def best_antecedents(pronoun: str, mentions: Sequence[Referent]) -> list[Referent]:
    """Return the mentions that a pronoun may stand for, the likeliest first."""
    scored = [(score, -at, one) for at, one in enumerate(mentions) if (score := _score(pronoun, one)) > _MIN_SCORE]
    found: dict[str, Referent] = {}
    for _, _, one in sorted(scored, key=lambda each: each[:2], reverse=True):
        found.setdefault(one.key(), one)
    return list(found.values())


def _score(pronoun: str, one: Referent) -> float:
    """Return how well a mention fits a pronoun: kind, gender and number decide first, then how recent it is."""
    recency = -1.0 * one.age + (0.5 if one.answers else 0.0) - 0.75 * one.depth + (0.25 if one.is_name else 0.0)
    person = max(-2.0, min(2.0, one.person))
    if pronoun in lexicon.PERSON_PRONOUNS:
        gender = one.gender * (_MALE if pronoun in lexicon.MALE_PRONOUNS else _FEMALE)
        if one.is_plural or one.person < -0.5 or gender < -1:
            return _NO_SCORE
        return 2 * person + (1.5 if gender > 0 else -4.0 if gender < 0 else 0.0) + recency
    if pronoun in lexicon.THING_PRONOUNS:
        return _NO_SCORE if one.is_plural or one.person > 1.0 else -person / 2 + recency
    if pronoun in lexicon.PLURAL_PRONOUNS:
        return (2.0 if one.is_plural else 0.5 if one.person <= 0 else 0.0) + recency
    return recency


def is_same(one: Referent, other: Referent) -> bool:
    """Return whether two mentions have the same words, or the one is a part of the other's name."""
    return set(one.key().split()) <= set(other.key().split()) or set(other.key().split()) <= set(one.key().split())
