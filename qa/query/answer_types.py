"""Whether an answer's words are of the type that its question asks for: a number, a time, a name, a reason."""

import re

from qa.answers.names import is_person_noun
from qa.query import lexicon
from qa.query.lexicon import CAPITAL, CURRENCIES, MONTHS, NUMBER_WORDS, TIME_UNITS, UNITS, WEEKDAYS
from qa.query.parser import Question
from qa.query.phrases import normalized_words
from qa.query.question_types import QuestionType, asked_noun

_NUMBER = re.compile(
    rf"\d|\b(?:(?:{NUMBER_WORDS})s?|half|quarters?|third|both|double|once|twice|several|many|few|none|no|nobody|nothing|single|"
    r"pair|free|all|most|any|every|each|hourly|daily|nightly|weekly|monthly|yearly|annually|always|never|rarely)\b",
    re.I,
)
_TIME = re.compile(
    rf"\d|\b(?:{MONTHS}|{WEEKDAYS}|today|yesterday|tomorrow|tonight|noon|midnight|dawn|dusk|sunrise|sunset|"
    r"morning|afternoon|evening|spring|summer|autumn|fall|winter|christmas|easter|century|centuries|decade|year|month|"
    r"week|weekend|day|night|hour|minute|moment|ago|now|soon|later|earlier|recently|after|before|since|during|when|"
    r"while|once|until|by|upon|following|then|war|reign|era|age|period|times?|always|never|annually|daily)s?\b",
    re.I,
)
# "thirty years", "about 70 years": a duration, not a time. "Two years ago" and "the 19th century" are times.
_DURATION = re.compile(
    rf"(?:(?:for|over|about|around|nearly|almost|approximately|roughly|some|another|more|less|than|at|least|most|up|to|"
    rf"only|just|a|an|the|last|past)\s+)*(?:[\d.,]+|(?:{NUMBER_WORDS})s?|several|many|few)"
    rf"(?:[\s-]+(?:and|of|{NUMBER_WORDS})s?)*[\s-]+(?:{TIME_UNITS})",
    re.I,
)
# A measure, a price or a share is no time: "118 m", "£54", "12%".
_MEASURE = re.compile(rf"\W*(?:[$£€¥₹]\s?[\d.,]+|[\d.,]+\s?(?:{UNITS}))\W*")
_LENGTH = re.compile(
    rf"\d|\b(?:(?:{NUMBER_WORDS}|{WEEKDAYS})s?|{TIME_UNITS}|{MONTHS}|until|till|since|through|forever|indefinitely|permanently|always|life|lifetime|"
    r"brief|briefly|long|short|half|several|throughout|entire|whole|overnight|temporarily)\b",
    re.I,
)
_MONEY = re.compile(rf"\W*(?:[$£€¥₹]\s?[\d.,]+|[\d.,]+\s?(?:{CURRENCIES}))\W*")
_REASON = re.compile(
    r"\b(?:because|due|since|so|as|to|for|from|by|after|with|result|reason|caus\w+|led|therefore|in order|owing|thanks|"
    r"lack|fear|avoid\w*|prevent\w*|protest\w*)\b",
    re.I,
)
_NAME = re.compile(rf"\b{CAPITAL}\w")
_BARE_NUMBER = re.compile(rf"[\W\d]*\d[\W\d]*(?:\s*(?:%|percent|{TIME_UNITS}))?\W*", re.I)
_QUANTITY = re.compile(  # "310 million", "three weeks", "12 km"
    rf"\W*(?:(?:about|around|nearly|almost|only|just|over|at|least|most|up|to|more|than)\s+)*(?:[\d.,]+|{NUMBER_WORDS})"
    rf"(?:[\s-]+(?:{NUMBER_WORDS}|{lexicon.SCALES}))*(?:[\s-]?(?:{UNITS}))?\W*"
)
# "Thursday", "19 May", "May 2027", "Monday morning", "14:30", and nothing else.
_DAYTIMES = "morning|noon|afternoon|evening|night|midnight"
_CALENDAR = re.compile(
    rf"(?:(?:on|in|by|since|until|from|early|late|mid|last|next|this|the|of)\W+|(?:{MONTHS}|{WEEKDAYS}|{_DAYTIMES})s?\b\W*|"
    r"\d{1,2}(?:st|nd|rd|th)?\b(?!\W*[%$£€¥])\W*|[12]\d{3}\b\W*|\d{1,2}[:.]\d\d(?: ?[ap]\.?m\b\.?)?\W*)+",
    re.I,
)
_HAS_CALENDAR = re.compile(rf"\b(?:{MONTHS}|{WEEKDAYS}|{_DAYTIMES})s?\b", re.I)
_ASKS_COST = re.compile(
    r"\bhow (?:much|expensive)\b.*\b(?:costs?|pay|pays|paid|charged?|charges|spend|spends|spent|worth|sold for|price|"
    r"fee|fine|salary)\b|\bwhat (?:do|does|did|will|would)\b.*\b(?:cost|charge|pay)(?: (?:for|per|to)\b[^?]*)?\??$",
    re.I,
)
_CLOCK = re.compile(r"\W*\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?\W*")
_ASKS_SPEED = re.compile(r"\bhow (?:fast|quick|quickly|often|soon|late|early)\b", re.I)
_ASKS_COUNT = re.compile(r"\bhow many (?P<noun>[\w-]+)", re.I)
_ASKS_DIGITS = re.compile(rf"\b(?:what|which)\b.*\b(?:{'|'.join(sorted(lexicon.NUMBERED))}) (?:number|code)s?\b", re.I)
_ASKS_CAUSE = re.compile(r"\bwhat (?:caused|causes|triggered|sparked|led to|drove|prompted)\b", re.I)
_MAX_OCCUPATION = 4  # words
_UNIT = re.compile(rf"(?<!\w)(?:{UNITS})(?!\w)")
_HAS_MONEY = re.compile(rf"[$£€¥₹]|\b(?:{CURRENCIES})(?!\w)")


def answer_type_match(question: Question, words: str) -> float:
    """Return 1 where words are of the type that is asked for, -1 where they can hardly be, 0 where neither is known."""
    match question.type:
        case QuestionType.HOW_MANY:
            found = _number_match(question.text, words)
        case QuestionType.HOW_LONG:
            found = 1.0 if _LENGTH.search(words) and not _MONEY.fullmatch(words) else -1.0
        case QuestionType.WHEN:
            is_other = _DURATION.fullmatch(words.strip()) or _MEASURE.fullmatch(words)
            found = 1.0 if _TIME.search(words) and not is_other else -1.0
        case QuestionType.WHY:
            found = -1.0 if _is_value(words) else 1.0 if _REASON.search(words) else 0.0
        case QuestionType.WHO | QuestionType.WHERE:
            is_wrong = _is_value(words) or (question.type is QuestionType.WHERE and _is_person(words))
            found = -1.0 if is_wrong else 1.0 if _NAME.search(words) else 0.0
        case QuestionType.WHAT | QuestionType.WHICH:
            found = _thing_match(question.text, words)
        case _:
            found = 0.0
    return found


def _number_match(question: str, words: str) -> float:
    """Return whether words are a number of what is counted, or a sum of money where a cost is asked for."""
    if not _NUMBER.search(words):
        return -1.0
    unit = _UNIT.search(words)
    counted = _ASKS_COUNT.search(question)
    is_of_another = (
        counted is not None
        and unit is not None
        and not _UNIT.fullmatch(counted["noun"])
        and _QUANTITY.fullmatch(words) is not None
        and not words.rstrip().endswith(("%", "percent", "per cent"))
    )
    is_no_cost = _ASKS_COST.search(question) is not None and (
        _is_calendar(words)
        or (_QUANTITY.fullmatch(words) is not None and _UNIT.search(words) and not _HAS_MONEY.search(words))
    )
    is_clock = _CLOCK.fullmatch(words) is not None and not _ASKS_SPEED.search(question)
    return -1.0 if is_of_another or is_no_cost or is_clock else 1.0


def _thing_match(question: str, words: str) -> float:
    """Return whether words may be the thing that "what" or "which" asks for."""
    if _ASKS_COST.search(question):
        return _number_match(question, words)
    if _ASKS_DIGITS.search(question):
        return 1.0 if _NUMBER.search(words) else -1.0
    if _ASKS_CAUSE.search(question):
        return -1.0 if _is_value(words) else 0.0
    noun = asked_noun(normalized_words(question))
    is_entity = is_person_noun(noun) or noun in lexicon.ANYBODY | lexicon.ORGANISATION_NOUNS | lexicon.PLACE_NOUNS
    return -1.0 if is_entity and _is_value(words) else 0.0


def _is_value(words: str) -> bool:
    """Return whether words are a number, an amount, or a date, and nothing else."""
    return any(one.fullmatch(words) for one in (_BARE_NUMBER, _MEASURE, _QUANTITY)) or _is_calendar(words)


def _is_person(words: str) -> bool:
    """Return whether words are a person's occupation, such as "a ferry steward", and no place: "at the baker"."""
    plain = normalized_words(words)
    is_short = plain[:1] in (["a"], ["an"]) and len(plain) <= _MAX_OCCUPATION
    return is_short and is_person_noun(plain[-1]) and lexicon.PREPOSITIONS.isdisjoint(plain)


def _is_calendar(words: str) -> bool:
    """Return whether words are a date, a weekday or a time of the day, and nothing else."""
    return _HAS_CALENDAR.search(words) is not None and _CALENDAR.fullmatch(words) is not None
