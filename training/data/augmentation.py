"""Changes questions by rule so that the passage which answered them no longer does.

A reader that has only seen passages on other topics takes every passage that shares the question's words for an
answer. SQuAD 2.0's writers made unanswerable questions by a few kinds of change (Rajpurkar et al. 2018, table 1:
negation, antonym, entity swap, mutual exclusion, impossible condition); these rules make the like.
"""

import random
import re
from collections.abc import Callable, Sequence

Change = Callable[[str, str, Sequence[str], random.Random], str | None]

_PAIRS = """
first last|before after|largest smallest|biggest smallest|highest lowest|longest shortest|oldest newest|oldest youngest
most least|more less|more fewer|best worst|north south|east west|northern southern|eastern western|increase decrease
increased decreased|increases decreases|rise fall|rose fell|maximum minimum|always never|above below|inside outside
win lose|won lost|early late|earlier later|earliest latest|high low|higher lower|larger smaller|large small|big small
long short|longer shorter|old new|older newer|good bad|better worse|positive negative|start end|started ended
begin end|began ended|open close|opened closed|allowed forbidden|allow forbid|support oppose|supported opposed
supporters opponents|included excluded|include exclude|similar different|easy difficult|easier harder|common rare
male female|men women|father mother|son daughter|brother sister|king queen|husband wife|rich poor|public private
internal external|direct indirect|legal illegal|major minor|majority minority|top bottom|upper lower|left right
buy sell|bought sold|create destroy|created destroyed|build destroy|built destroyed|accept reject|accepted rejected
succeed fail|succeeded failed|success failure|strong weak|stronger weaker|hot cold|warmer colder|fast slow
faster slower|same different|before during|after during|ancient modern|urban rural|domestic foreign|liked disliked
love hate|advantage disadvantage|advantages disadvantages|strength weakness|gain loss|gained lost|arrive leave
arrived left|join leave|joined left|appear disappear|appeared disappeared|entered left|previous next|former current
founded dissolved|born died|winner loser|victory defeat|attack defend|attacked defended|heavy light|wide narrow
thick thin|deep shallow|full empty|expensive cheap|safe dangerous|peace war|possible impossible|necessary unnecessary
popular unpopular|successful unsuccessful|known unknown|able unable|with without|many few|all none|both neither
"""
_OPPOSITES: dict[str, list[str]] = {}
for _pair in _PAIRS.replace("\n", "|").strip("|").split("|"):
    _one, _other = _pair.split()
    _OPPOSITES.setdefault(_one, []).append(_other)
    _OPPOSITES.setdefault(_other, []).append(_one)

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|might|may|must)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_][\w'-]*")
_NAME = re.compile(r"(?:[A-Z][\w'’-]+)(?:\s+(?:of|the|de|van|von)?\s*[A-Z][\w'’-]+)*")
_FIGURE = re.compile(r"\b[0-9](?:[0-9,.]{0,20}[0-9])?\b")  # of a length that can be counted with
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_NEARBY = 60  # how far another figure of two digits or more is away, at most
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b")
_COMMON = frozenset(
    """about after also been before being between could does doing during each from had has have having here how into
    just many more most much name named other over said some such than that their them then there these they this those
    through under used using very was were what when where which while who whom whose why will with would your the and
    for are did can not but its his her our out own off per via did does kind type""".split()  # noqa: SIM905
)

_TIME = re.compile(
    rf"[0-9]|\b(?:{'|'.join(_MONTHS)}|when|while|during|before|after|since|until|ago|century|decade|year|day|week|hour|night"
    r"|noon|dawn|dusk|morning|evening|spring|summer|autumn|winter|christmas|easter|yesterday|today|earlier|later|last|next"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|on|into|across|around)\s+(?:the|an?|its|his|her|their)\b|\b(?:in|at|near|from|to|on)\s+[A-Z]|where|here\b"
)
_DURATION = re.compile(
    r"\b(?:century|centuries|decades?|years?|months?|weeks?|days?|hours?|minutes?|long)\b", re.IGNORECASE
)
_REASON = re.compile(r"\b(?:because|since|due|as|for|to|so|thus|therefore|reasons?|caus\w+|after|by)\b", re.IGNORECASE)
_ASKING = (  # a question's beginning, another, and what a text must not say for that one to have no answer
    ("where", "when", _TIME),
    ("when", "where", _PLACE),
    ("when", "how long", _DURATION),
    ("why", "when", _TIME),
    ("why", "where", _PLACE),
    ("when", "why", _REASON),
    ("where", "why", _REASON),
    (
        "who",
        "how many people",
        re.compile(r"[0-9]|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozens?)\b", re.IGNORECASE),
    ),
    ("what year", "what month", _MONTH),
    ("what year", "which city", _PLACE),
    ("which city", "which year", _TIME),
    ("what country", "what year", _TIME),
    (
        "how long",
        "how far",
        re.compile(r"(?:\b|\d)(?:k?m|miles?|feet|foot|metres?|meters?|kilomet\w+)\b", re.IGNORECASE),
    ),
    ("how much", "how many people", re.compile(r"\b(?:people|persons?|men|women)\b", re.IGNORECASE)),
)


def changed(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    """Return the question, changed so that the text which answered it most likely doesn't; None where no rule fits.

    `others` are other texts, of the same article if there are any: their names and words may be swapped in.
    """
    rules: list[Change] = [_opposite, _negated, _other_asking, _other_name, _other_figure, _other_word, _other_word]
    rules += [_own_name, _own_figure, _own_word]
    choice.shuffle(rules)
    for rule in rules:
        new = rule(question, text, others, choice)
        if new is not None and new.casefold() != question.casefold():
            return new
    return None


def _opposite(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    found = [match for match in _WORD.finditer(question) if match[0].lower() in _OPPOSITES]
    if not found:
        return None
    match = choice.choice(found)
    return _put(question, match, choice.choice(_OPPOSITES[match[0].lower()]))


def _negated(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    found = list(_AUXILIARY.finditer(question))
    if not found or re.search(r"n['’]t\b|\bnot\b|\bnever\b", question):
        return None
    match = found[0]
    if choice.random() < 0.3:  # "Who was the mayor?" -> "Who was never the mayor?"
        return f"{question[: match.end()]} never{question[match.end() :]}"
    if match[0].lower() in {"may", "might", "must"} or choice.random() < 0.5:
        return f"{question[: match.end()]} not{question[match.end() :]}"
    short = {"can": "can't", "will": "won't"}.get(match[0].lower(), f"{match[0]}n't")
    return _put(question, match, short)


def _other_name(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    found = [match for match in _NAME.finditer(question) if match.start() > 0]
    said = text.casefold()
    names = [name for other in others for name in _names(other) if name.casefold() not in said]
    if not found or not names:
        return None
    match = choice.choice(found)
    return _put_name(question, match, names, choice)


def _other_figure(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    found = [*_FIGURE.finditer(question), *_MONTH.finditer(question)]
    if not found:
        return None
    match = choice.choice(found)
    if match[0] in _MONTHS:
        unsaid = [month for month in _MONTHS if month not in text]
        return _put(question, match, choice.choice(unsaid)) if unsaid else None
    figure = match[0].replace(",", "").replace(".", "").lstrip("0")
    size = len(figure)
    low, high = (1, 9) if size < 2 else (max(10 ** (size - 1), int(figure) - _NEARBY), int(figure) + _NEARBY)
    new = str(choice.randint(low, high))
    return None if new in text else _put(question, match, new)


def _other_word(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    """Swap a word that question and text share for one of a like form from another text."""
    found = _shared(question, text)
    if not found or not others:
        return None
    match = choice.choice(found)
    return _put_any(question, match, _alike(match[0], choice.choice(others), text.casefold()), choice)


def _own_name(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    """Swap a name for another one of the text: that a passage says every word of a question must not be enough."""
    said = text.casefold()
    found = [match for match in _NAME.finditer(question) if match.start() > 0 and match[0].casefold() in said]
    if not found:
        return None
    match = choice.choice(found)
    asked = set(question.casefold().split())  # "Obama" is no other name than "Barack Obama"
    names = [name for name in dict.fromkeys(_names(text)) if not asked & set(name.casefold().split())]
    if not names:
        return None
    return _put_name(question, match, names, choice)


def _own_figure(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    """Swap a figure or a month for another one of the text."""
    for pattern in choice.sample((_FIGURE, _MONTH), 2):
        found = list(pattern.finditer(question))
        said = [one for one in pattern.findall(text) if one not in question]
        if found and said:
            match = choice.choice(found)
            alike = [one for one in said if len(one) == len(match[0])]
            return _put(question, match, choice.choice(alike if alike else said))
    return None


def _own_word(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    """Swap a word for one of a like form of the text.

    One that the text says, too: another may mean the same as one that it says.
    """
    found = _shared(question, text)
    if not found:
        return None
    match = choice.choice(found)
    return _put_any(question, match, _alike(match[0], text, question.casefold()), choice)


def _other_asking(question: str, text: str, others: Sequence[str], choice: random.Random) -> str | None:
    """Ask for something of another kind, of which the text says nothing."""
    found = [one for one in _ASKING if question.lower().startswith(f"{one[0]} ") and not one[2].search(text)]
    if not found:
        return None
    old, new, _ = choice.choice(found)
    return new.capitalize() + question[len(old) :]


def _shared(question: str, text: str) -> list[re.Match[str]]:
    """Return the telling words of a question, but the first, that a text says in some form."""
    said = text.casefold()
    return [
        match
        for match in _WORD.finditer(question)
        if match.start() > 0 and _telling(match[0]) and match[0].lower()[:5] in said
    ]


def _alike(word: str, text: str, avoided: str) -> list[str]:
    """Return the telling words of a text that have the form of a word, and that a lower-case text doesn't say."""
    return [
        other
        for other in _WORD.findall(text)
        if _telling(other)
        and other[0].isupper() == word[0].isupper()
        and _ending(other) == _ending(word)
        and other.lower()[:5] not in avoided
    ]


def _telling(word: str) -> bool:
    return len(word) > 3 and word.lower() not in _COMMON


def _names(text: str) -> list[str]:
    """Return names of a text: capitals that don't begin a sentence."""
    return [
        match[0]
        for match in _NAME.finditer(text)
        if match.start() > 1 and text[match.start() - 2] not in ".!?\"'" and match[0].lower() not in _COMMON
    ]


def _ending(word: str) -> str:
    return next((ending for ending in ("ing", "ed", "ly", "est", "er", "s") if word.lower().endswith(ending)), "")


def _put(question: str, match: re.Match[str], new: str) -> str:
    fitting = new.capitalize() if match[0][0].isupper() and new.islower() else new
    return question[: match.start()] + fitting + question[match.end() :]


def _put_any(question: str, match: re.Match[str], words: Sequence[str], choice: random.Random) -> str | None:
    return _put(question, match, choice.choice(words)) if words else None


def _put_name(question: str, match: re.Match[str], names: Sequence[str], choice: random.Random) -> str:
    """Put in a name of as many words, if there is one."""
    alike = [name for name in names if len(name.split()) == len(match[0].split())]
    return _put(question, match, choice.choice(alike if alike else names))
