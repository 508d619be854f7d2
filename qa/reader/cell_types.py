"""Whether a cell of a table is of the type that its question asks for, by its text and the name of its column.

A cell is short and has no sentence around it, so this is stricter than what is asked of words in prose: "Brill 40" and
"T2" are no times and no numbers.
"""

import re

from qa.answers.names import is_person_noun
from qa.query import lexicon
from qa.query.answer_types import answer_type_match
from qa.query.parser import Question
from qa.query.phrases import normalized_words
from qa.query.question_types import QuestionType

_MAX_CELL = 6  # words; longer ones are prose
_TIME = re.compile(
    rf"\b(?:{lexicon.MONTHS}|{lexicon.WEEKDAYS}|{lexicon.SHORT_MONTHS}|{lexicon.SHORT_WEEKDAYS}|sept|tues|thurs|noon|"
    r"midnight|dawn|dusk|daily|weekly|monthly|yearly|always|never|spring|summer|autumn|winter|morning|afternoon|evening|"
    r"night|tomorrow|today|easter|christmas)s?\b|\b(?:1[0-9]|20)\d\d\b|\d{1,2}[:.]\d\d|\d ?[ap]\.?m\b|\d{1,2}/\d{1,2}",
    re.I,
)
_DURATION = re.compile(
    rf"(?:\d|\b(?:{lexicon.NUMBER_WORDS}|half|several)\b).*(?:{lexicon.TIME_UNITS}|\bh|\bmin|\bs|[′'’])\b|\d{{1,2}}:\d\d|[-–]|\b(?:until|all|from)\b",
    re.I,
)
_TIME_UNIT = re.compile(rf"\b(?:{lexicon.TIME_UNITS}|mins?|hrs?|duration|length|time|how long)\b", re.I)
_MONEY = re.compile(r"[$£€¥₹]")
_CODE = re.compile(r"[^\W\d_]+[ -]?\d+\w*|\d+[^\W\d_]\w*-?\d*")  # "T2", "Brill 40"
_ASKS_COUNT = re.compile(r"\bhow many \w", re.I)
_PERIODS = {
    "hour": "hour hours hourly",
    "day": "day days daily night nights nightly",
    "week": "week weeks weekly",
    "month": "month months monthly",
    "term": "term terms termly",
    "year": "year years yearly annual annually annum",
}
_PERIOD_OF = {word: period for period, words in _PERIODS.items() for word in words.split()}
_PER = re.compile(rf"\b(?:per|a|an|each|every) ({'|'.join(_PERIOD_OF)})\b|\b(\w+ly|annual)\b", re.I)


def cell_type_match(question: Question, column: str, cell: str) -> float:
    """Return 1 where a cell is of the type that is asked for, -1 where it can hardly be, 0 where neither is known.

    column: the name of its column.
    """
    found = answer_type_match(question, cell)
    if found < 0 or len(normalized_words(cell)) > _MAX_CELL:
        return found
    is_value = any(letter.isdigit() for letter in cell)
    match question.type:
        case QuestionType.WHEN:
            found = 1.0 if _TIME.search(cell) else -1.0
        case QuestionType.HOW_LONG:
            is_number = is_value and not _CODE.fullmatch(cell) and _TIME_UNIT.search(column) is not None
            found = 1.0 if is_number or _DURATION.search(cell) else -1.0
        case QuestionType.HOW_MANY if is_value:
            is_sum = _MONEY.search(cell) is not None and _ASKS_COUNT.search(question.text) is not None
            found = -1.0 if is_sum or _CODE.fullmatch(cell) else found
        case QuestionType.WHO:
            found = -1.0 if is_value else 1.0 if found > 0 and _names_people(column) else 0.0
        case QuestionType.WHERE:
            is_origin = not lexicon.ORIGIN_WORDS.isdisjoint(normalized_words(question.text))
            found = -1.0 if is_origin else 1.0 if found > 0 and _names_places(column) else 0.0
    return found


def is_of_other_period(question: Question, column: str, cell: str) -> bool:
    """Return whether a question asks "per week" of what its column, or the cell, tells per day."""
    asked, told = _periods(question.text), _periods(f"{column} {cell}")
    return bool(asked and told and asked.isdisjoint(told))


def _periods(text: str) -> set[str]:
    found = (first or second for first, second in _PER.findall(text.lower()))
    return {_PERIOD_OF[word] for word in found if word in _PERIOD_OF}


def _names_people(column: str) -> bool:
    return any(is_person_noun(word) or word in lexicon.PEOPLE_COLUMNS for word in normalized_words(column))


def _names_places(column: str) -> bool:
    words = set(normalized_words(column))
    return not words.isdisjoint(lexicon.PLACE_NOUNS | lexicon.PLACE_NAME_NOUNS | lexicon.PLACE_COLUMNS)
