"""Whether words are of the kind that a question asks for: a number, a time, a name, a reason."""

import re

from qa.query.question_types import Kind

_COUNTS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozen|hundred|thousand|million|billion|trillion"
)
_UNITS = "seconds?|minutes?|hours?|days?|nights?|weeks?|months?|seasons?|years?|decades?|century|centuries"
_NUMBER = re.compile(
    rf"\d|\b(?:(?:{_COUNTS})s?|half|quarters?|third|both|double|once|twice|several|many|few|none|no|nobody|single|pair)\b",
    re.I,
)
_TIME = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|"
    r"wednesday|thursday|friday|saturday|sunday|today|yesterday|tomorrow|tonight|noon|midnight|dawn|dusk|sunrise|sunset|"
    r"morning|afternoon|evening|spring|summer|autumn|fall|winter|christmas|easter|century|centuries|decade|year|month|"
    r"week|weekend|day|night|hour|minute|moment|ago|now|soon|later|earlier|recently|after|before|since|during|when|"
    r"while|once|until|by|upon|following|then|war|reign|era|age|period|times?|always|never|annually|daily)s?\b",
    re.I,
)
# "thirty years", "about 70 years": how long, and not when. "Two years ago" and "the 19th century" tell when.
_DURATION = re.compile(
    rf"(?:(?:for|over|about|around|nearly|almost|approximately|roughly|some|another|more|less|than|at|least|most|up|to|"
    rf"only|just|a|an|the|last|past)\s+)*(?:[\d.,]+|(?:{_COUNTS})s?|several|many|few)(?:[\s-]+(?:and|of|{_COUNTS})s?)*"
    rf"[\s-]+(?:{_UNITS})",
    re.I,
)
_LENGTH = re.compile(
    rf"\d|\b(?:(?:{_COUNTS})s?|{_UNITS}|until|till|since|forever|indefinitely|permanently|always|life|lifetime|brief|"
    r"briefly|long|short|half|several|throughout|entire|whole|overnight|temporarily)\b",
    re.I,
)
_REASON = re.compile(
    r"\b(?:because|due|since|so|as|to|for|from|by|after|with|result|reason|caus\w+|led|therefore|in order|owing|thanks|"
    r"lack|fear|avoid\w*|prevent\w*|protest\w*)\b",
    re.I,
)
_NAME = re.compile(r"\b[A-Z]\w")
_AMOUNT = re.compile(rf"[\W\d]*\d[\W\d]*(?:\s*(?:%|percent|{_UNITS}))?\W*", re.I)  # nothing but a number


def fits(kind: Kind, words: str) -> float:
    """Return 1 where words are of the kind that is asked for, -1 where they can hardly be, 0 where nothing tells."""
    if kind is Kind.HOW_MANY:
        return 1.0 if _NUMBER.search(words) else -1.0
    if kind is Kind.HOW_LONG:
        return 1.0 if _LENGTH.search(words) else -1.0
    if kind is Kind.WHEN:
        return 1.0 if _TIME.search(words) and not _DURATION.fullmatch(words.strip()) else -1.0
    if kind is Kind.WHY:
        return 1.0 if _REASON.search(words) else 0.0
    if kind in (Kind.WHO, Kind.WHERE):
        return 1.0 if _NAME.search(words) else -1.0 if _AMOUNT.fullmatch(words) else 0.0
    return 0.0
