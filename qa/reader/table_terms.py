"""What a question asks of a table, compared with the names of its rows and columns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise, takewhile

from index.search.keywords import stems
from qa.query import lexicon
from qa.query.conditions import ConditionKind, conditions
from qa.query.parser import Question
from qa.query.question_types import QuestionType

PARTLY_NAMED = 2.0  # off the margin of a cell, times the share of a name's words that the question lacks
_HEAD_NOT_NAMED = 4.0  # "hose" for "Hose bore"
# What nothing in sight has: a number, a day, month or season, a definite noun ("the library"), or what is counted
# ("how many rooms"); a name; another word.
UNEXPLAINED_SPECIFIC, UNEXPLAINED_NAME, _UNEXPLAINED_WORD = 7.0, 4.0, 1.2
# The weights of matched stems in the score by which cells are compared.
_RELATED, _LOOSELY_RELATED = 0.8, 0.5  # "cost" for "price"; "how much" for "price"
_FOCUS = 1.5  # after "which", "what", "who" or "how"
_MAX_FOCUS = 3  # words
WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(rf"(?<![\w'’]){lexicon.CAPITAL}(?![\w'’])")
_NUMBER = re.compile(r"[^\W_]*\d")
_NUMBER_WORDS = frozenset(lexicon.NUMBER_WORDS.split("|"))
_RANGE = re.compile(r"([^\W\d_]{3,})\s*(?:-|–|—|\bto\b|\buntil\b|\bthrough\b)\s*([^\W\d_]{3,})")
_PARENTHESIS = re.compile(r"\([^()]*\)")
_POSSESSIVE = re.compile(r"[’']s\b")
_NAME_RUN = re.compile(rf"(?<=[\w,;:] ){lexicon.CAPITAL}[\w’'-]*(?: {lexicon.CAPITAL}[\w’'-]*)+")
# Words of names that a row may lack: "Dr Ana Ruiz", "Mount Ostrel".
_GENERIC_NAME_WORDS = lexicon.TITLES | lexicon.HONORIFICS | lexicon.PLACE_NAME_NOUNS | lexicon.ORGANISATION_NOUNS
_UNIT_WORD = re.compile(r"[^\W\d_]+|[€£$¥]")
_ASKED_UNIT = re.compile(r"\b(?:how many|in) ([a-z]+)(?: ([a-z]+))?")  # "how many square metres"
_CALENDAR = lexicon.CALENDAR_NAMES | lexicon.SEASONS
_NOTHING: tuple[dict[str, float], float] = ({}, 0.0)


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """What a question asks of a table.

    weights: of the stems that the names of rows and columns are compared with, related ones included. own: the stems of
    the question itself, each with what it takes off the margin where nothing explains it. pairs: neighbouring stems.
    names: for each name of several words its stems, but for titles and nouns that many names share ("Mount"). roles:
    the stems of roles. words: all words, in lower case. ordinals: numbers that are written as "third" or "3rd".
    stop_stems: the stems of stop words. is_measure: whether the question asks how old, deep or many times, which only
    the name of a column answers. units: those that it wants the answer in. phrase: how it names a column in other
    words, None where it doesn't.
    """

    question: Question
    weights: Mapping[str, float]
    own: Mapping[str, float]
    pairs: frozenset[tuple[str, str]]
    names: tuple[frozenset[str], ...]
    roles: frozenset[str]
    words: frozenset[str]
    ordinals: frozenset[str]
    stop_stems: frozenset[str]
    is_measure: bool
    units: tuple[str, ...]
    phrase: "ColumnPhrase | None"

    @classmethod
    def of(cls, question: Question) -> "QuestionTerms":
        """Read a question."""
        text = _with_unit_names(question.text)
        words = list(WORD.finditer(text))
        plain = [word.group().lower() for word in words]
        stemmed = [_stem(word) for word in plain]
        focus = _focus(plain)
        letters = _capital_letters(text) - {"i"}
        counted = {_stem(one.text) for one in conditions(text) if one.kind is ConditionKind.COUNTED_NOUN}
        weights: dict[str, float] = {}
        own: dict[str, float] = {}
        for at, (word, stem) in enumerate(zip(words, stemmed, strict=True)):
            is_frequency = plain[max(0, at - 1) : at + 1] == ["many", "times"]
            is_asking = plain[at] in lexicon.PREPOSITIONS and plain[at + 1 : at + 2] == ["how"]  # "after how many days"
            if is_frequency or is_asking or (stem in lexicon.STOP_STEMS and stem not in letters):
                continue
            weights[stem] = _FOCUS if at in focus else max(1.0, weights.get(stem, 0.0))
            is_definite = at > 0 and plain[at - 1] == "the"
            is_qualifying = plain[at] in lexicon.ROLE_NOUNS | lexicon.QUALIFYING_DIRECTIONS
            is_qualifying = is_qualifying or (stem in counted and _follows_many(words, at))
            is_number = _NUMBER.match(word.group()) or plain[at] in _NUMBER_WORDS
            if is_number or stem in stems_of(_CALENDAR) or is_definite or is_qualifying:
                own[stem] = UNEXPLAINED_SPECIFIC
            else:
                own[stem] = UNEXPLAINED_NAME if at > 0 and word.group()[0].isupper() else _UNEXPLAINED_WORD
        for stem in stemmed:
            weight = _LOOSELY_RELATED if stem in lexicon.STOP_STEMS else _RELATED
            for related in related_to(stem, question):
                weights[related] = max(weight, weights.get(related, 0.0))
        ordinals = frozenset(lexicon.ORDINALS[word] for word in plain if word in lexicon.ORDINALS)
        stop_stems = frozenset(stemmed) & lexicon.STOP_STEMS
        names = tuple(_names(text))
        roles = frozenset(stem for word, stem in zip(plain, stemmed, strict=True) if word in lexicon.ROLE_NOUNS)
        is_measure = any(
            (first == "how" and second in lexicon.MEASURES) or (first == "many" and second == "times")
            for first, second in pairwise(plain)
        )
        return cls(
            question,
            weights,
            own,
            frozenset(pairwise(stemmed)),
            names,
            roles,
            frozenset(plain),
            ordinals,
            stop_stems,
            is_measure,
            _asked_units(text),
            ColumnPhrase.of(text),
        )

    def matched(
        self, name: "CellName", column: "CellName | None" = None, about: frozenset[str] = frozenset()
    ) -> tuple[dict[str, float], float]:
        """Return the stems of a row's or a column's name that are asked for, weighted, and their share of the name.

        column: the name of the column that a row's name stands in. A number or letter alone says too little unless that
        stands before it, or one of the stems of what the table is `about`: "sailing D", "room 3", "bus 8".
        """
        if name.stems.isdisjoint(self.weights) and name.days.isdisjoint(self.weights):
            return _NOTHING if self.ordinals.isdisjoint(name.stems) else self._ranked(name, column)
        if not name.days.isdisjoint(self.weights):
            return {day: self.weights[day] for day in name.days & self.weights.keys()}, 1.0
        if name.is_short:
            before = set[str]() if column is None else {*column.stems, *about}
            before.update(*(_related().get(stem, ()) for stem in tuple(before)))
            is_named = any((stem, number) in self.pairs for stem in before for number in name.stems)
            return (dict.fromkeys(name.stems, 1.0), 1.0) if is_named else self._ranked(name, column)
        matched = {stem: self.weights[stem] for stem in name.stems if stem in self.weights}
        if not name.has_letters and len(matched) < len(name.stems):
            return _NOTHING  # a part of a number, such as the hour of a time
        share = len(name.essential & matched.keys()) / len(name.essential)
        if name.head not in matched:
            share -= _HEAD_NOT_NAMED / PARTLY_NAMED
        return {stem: weight * (0.5 + 0.5 * max(0.0, share)) for stem, weight in matched.items()}, share

    def for_columns(self) -> "QuestionTerms":
        """Return the same question with the stems that name a column in other words."""
        if self.phrase is None:
            return self
        named, own = dict.fromkeys(self.phrase.columns, _RELATED), dict.fromkeys(self.phrase.own, _LOOSELY_RELATED)
        return replace(self, weights={**self.weights, **named, **own})

    def is_focus(self, stem: str) -> bool:
        """Return whether a stem is one of those that say what is asked for: "model" in "which model is it"."""
        return self.weights.get(stem, 0.0) >= _FOCUS

    def is_unit_met(self, *texts: str) -> bool:
        """Return whether the answer is in the units that the question names.

        texts: what may name the unit of the answer, the nearest first. The first that names one of the kind decides.
        """
        for unit in self.units:
            groups = _unit_groups()[unit]
            same, kind = (frozenset().union(*some) for some in zip(*groups, strict=True))
            named = (kind.intersection(_UNIT_WORD.findall(_with_unit_names(text).lower())) for text in texts)
            if same.isdisjoint(next(filter(None, named), ())):
                return False
        return True

    def _ranked(self, name: "CellName", column: "CellName | None") -> tuple[dict[str, float], float]:
        """Return what matched returns for a number that the question has as an ordinal, in a column of ranks."""
        is_rank = column is None or not column.stems or not column.stems.isdisjoint(stems_of(lexicon.RANKS))
        numbers = name.stems & self.ordinals
        return (dict.fromkeys(numbers, 1.0), 1.0) if is_rank and name.is_short and numbers else _NOTHING


@dataclass(frozen=True, slots=True)
class ColumnPhrase:
    """How a question names a column in other words: "what does it run on" asks for its fuel.

    columns: the stems of what such columns are called. own: those of the words of the phrase. is_limit: whether it
    asks by when something is to be done.
    """

    columns: frozenset[str]
    own: frozenset[str]
    is_limit: bool = False

    @classmethod
    def of(cls, question: str) -> "ColumnPhrase | None":
        """Return the phrase of a question, None where it has none."""
        text = question.lower().rstrip("?")
        for pattern, columns in (*lexicon.COLUMN_PHRASES.items(), (lexicon.LIMIT_PHRASE, lexicon.LIMIT_COLUMNS)):
            found = re.fullmatch(pattern, text)
            if found is not None:
                own = found.groupdict().get("own") or ""
                return cls(stems_of(lexicon.word_set(columns)), frozenset(stems(own)), columns is lexicon.LIMIT_COLUMNS)
        return None

    def excludes(self, matched: Set[str], others: Iterable[Iterable[str]]) -> bool:
        """Return whether the stems by which a column is named show that it is another.

        "By what year" asks for no column "Year", and "what is it for" for none that is not named so. "What is its case
        made of" names the column "Case", too (`others`), which "Made of" tells nothing about.
        """
        if self.is_limit:
            return bool(matched) and matched <= self.own
        phrase = self.columns | self.own
        return matched.isdisjoint(self.columns) or any(not phrase.issuperset(names) for names in others)


@dataclass(frozen=True, slots=True)
class CellName:
    """A cell as the name of a row or a column: "Price (EUR)" is essentially "Price".

    stems: those that tell names apart. days: those of the days or months of a range. head: the stem of its head noun,
    "bore" of "Hose bore" and "flow" of "Flow per minute". is_short: a number or letters of at most two characters.
    """

    stems: frozenset[str]
    days: frozenset[str]
    essential: frozenset[str]
    head: str
    is_short: bool
    has_letters: bool

    @classmethod
    @lru_cache(maxsize=8192)  # rows are compared with one question after another
    def of(cls, text: str) -> "CellName":
        """Read a name."""
        text = _with_unit_names(text)
        whole = _PARENTHESIS.sub("", text).strip()
        words = WORD.findall(whole.lower())
        after = next((at for at, word in enumerate(words) if at > 0 and word in lexicon.AFTER_HEAD), len(words))
        return cls(
            stems=_content_stems(text),
            days=_days_between(text),
            essential=_content_stems(whole) or _content_stems(text),
            head=_stem(words[after - 1]) if words else "",
            is_short=len(whole) <= 2 and (whole.isdigit() or whole.isalpha()),
            has_letters=any(letter.isalpha() for letter in whole),
        )


def _content_stems(text: str) -> frozenset[str]:
    """Return the stems of a text without stop words, unless it has no others, and letters that stand alone."""
    found = set(stems(text))
    return frozenset((found - lexicon.STOP_STEMS) | (found & _capital_letters(text)) or found)


def _days_between(text: str) -> frozenset[str]:
    """Return the stems of the days or months of ranges: of Tuesday, Wednesday and Thursday in "Tue-Thu"."""
    found: set[str] = set()
    for ends in _RANGE.findall(text.lower()):
        for series in (lexicon.WEEKDAYS.split("|"), lexicon.MONTHS.split("|")):
            places = [at for end in ends for at, name in enumerate(series) if name.startswith(end)]
            if len(places) == 2:
                low, high = places
                found.update(map(_stem, series[low : high + 1] if low <= high else series[low:] + series[: high + 1]))
    return frozenset(found)


def _capital_letters(text: str) -> set[str]:
    """Return the capital letters that stand alone, as in "sailing A", in lower case, but for an article's "A"."""
    return {
        found.group().lower()
        for found in _LETTER.finditer(text)
        if found.start() > 0 or not text[found.end() :].lstrip()[:1].islower()
    }


def _focus(words: Sequence[str]) -> range:
    """Return the places of the words that say what is asked for: "likely cause" in "what is the likely cause of it"."""
    asking = {word for kind in ("which", "what", "who", "how") for word in lexicon.QUESTION_WORDS[kind].split()}
    first = next((at for at, word in enumerate(words) if word in asking), len(words)) + 1
    while first < len(words) and words[first] in lexicon.AUXILIARIES | lexicon.DETERMINERS:
        first += 1
    last = first
    while last < min(len(words), first + _MAX_FOCUS) and words[last] not in (
        lexicon.AUXILIARIES | lexicon.DETERMINERS | lexicon.PREPOSITIONS
    ):
        last += 1
    return range(first, last)


def _with_unit_names(text: str) -> str:
    """Return a text with the names of units for their symbols: "Per m²" as "Per square metre"."""
    for pattern, name in _unit_names():
        text = pattern.sub(name, text)
    return text


def _names(text: str) -> Iterator[frozenset[str]]:
    """Yield the stems of the names of several words in a question, without titles and nouns that names end with."""
    for run in _NAME_RUN.findall(_POSSESSIVE.sub("", text)):
        words = [word for word in WORD.findall(run.lower()) if word not in _GENERIC_NAME_WORDS]
        if len(words) > 1:
            yield frozenset(map(_stem, words))


def related_to(stem: str, question: Question) -> frozenset[str]:
    """Return the stems that may mean the same in a table: "price" for "cost", and "climber" for "who climbed"."""
    agents = _agents().get(stem, frozenset()) if question.type is QuestionType.WHO else frozenset()
    return _related().get(stem, frozenset()) | agents


def _asked_units(text: str) -> tuple[str, ...]:
    """Return the units that a question wants its answer in: "how many miles", "how long in minutes"."""
    found = [pair for pair in _ASKED_UNIT.findall(text.lower()) if "old" not in pair]  # "how many years old"
    return tuple(word for pair in found for word in pair if word in _unit_groups())


def _follows_many(words: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether a noun follows "many", maybe after adjectives, but not after a name: "Gannet 40 pumps"."""
    before = takewhile(lambda word: word.group() != "many", reversed(words[:at]))
    return all(word.group().islower() for word in before)


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    return next(iter(stems(word)), word)


@cache
def _related() -> dict[str, frozenset[str]]:
    """Map stems to those of the words that mean the same in tables."""
    lines = lexicon.RELATED_IN_TABLES.strip().splitlines() + lexicon.IRREGULAR_VERBS.strip().replace("\n", "|").split(
        "|"
    )
    groups = [frozenset(map(_stem, line.split())) for line in lines]
    return {
        stem: frozenset().union(*(group for group in groups if stem in group)) for stem in frozenset().union(*groups)
    }


@cache
def _agents() -> dict[str, frozenset[str]]:
    """Map the stems of verbs to those of the nouns for somebody who does it: "climb" to "climber"."""
    found: dict[str, set[str]] = {}
    for noun in lexicon.AGENT_NOUNS | lexicon.PERSON_NOUNS | lexicon.ROLE_NOUNS:
        if noun.endswith(("er", "or")):
            undoubled = [noun[:-3]] if noun[-3:-2] == noun[-4:-3] else []
            for verb in (noun[:-2], noun[:-1], *undoubled):
                found.setdefault(_stem(verb), set()).add(_stem(noun))
    return {verb: frozenset(nouns) for verb, nouns in found.items()}


@cache
def _unit_groups() -> dict[str, list[tuple[frozenset[str], frozenset[str]]]]:
    """Map the names of units to those that mean the same, and to all that measure the same; "pound" has two of each."""
    found: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
    for table in lexicon.UNITS_BY_DIMENSION.values():
        groups = [frozenset(group.split()) for group in table.strip().replace("\n", "|").split("|")]
        dimension = frozenset().union(*groups)
        for group in groups:
            for name in group:
                found.setdefault(name, []).append((group, dimension))
    return found


@cache
def _unit_names() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rf"(?<!\w)(?:{form})(?!\w)"), name) for form, name in lexicon.UNIT_SYMBOLS.items()]


@cache
def stems_of(words: frozenset[str]) -> frozenset[str]:
    """Return the stem of each of the words."""
    return frozenset(map(_stem, words))
