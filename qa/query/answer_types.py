"""Whether an answer's words are of the type that its question asks for: a number, a time, a name, a reason."""

import re

from qa.query.lexicon import CAPITAL, CURRENCIES, MONTHS, NUMBER_WORDS, TIME_UNITS, UNITS, WEEKDAYS
from qa.query.question_types import QuestionType

_NUMBER = re.compile(
    rf"\d|\b(?:(?:{NUMBER_WORDS})s?|half|quarters?|third|both|double|once|twice|several|many|few|none|no|nobody|single|"
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
    rf"\d|\b(?:(?:{NUMBER_WORDS})s?|{TIME_UNITS}|until|till|since|forever|indefinitely|permanently|always|life|lifetime|"
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


def answer_type_match(question_type: QuestionType, words: str) -> float:
    """Return 1 where words are of the type that is asked for, -1 where they can hardly be, 0 where neither is known."""
    match question_type:
        case QuestionType.HOW_MANY:
            return 1.0 if _NUMBER.search(words) else -1.0
        case QuestionType.HOW_LONG:
            return 1.0 if _LENGTH.search(words) and not _MONEY.fullmatch(words) else -1.0
        case QuestionType.WHEN:
            is_other = _DURATION.fullmatch(words.strip()) or _MEASURE.fullmatch(words)
            return 1.0 if _TIME.search(words) and not is_other else -1.0
        case QuestionType.WHY:
            return 1.0 if _REASON.search(words) else 0.0
        case QuestionType.WHO | QuestionType.WHERE:
            return 1.0 if _NAME.search(words) else -1.0 if _BARE_NUMBER.fullmatch(words) else 0.0
    return 0.0
