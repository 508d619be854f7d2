"""Augments questions: perturbs them so that their passage no longer answers, drops words.

A reader that has only seen passages on other topics takes every passage that shares the question's words for an
answer. The writers of SQuAD 2.0 made unanswerable questions by a few kinds of edit (Rajpurkar et al. 2018, table 1:
negation, antonym, entity swap, mutual exclusion, impossible condition); `make_unanswerable` follows them by rule.
"""

import random
import re
from collections.abc import Callable, Sequence
from functools import partial

from qa.query import lexicon

_Rule = Callable[[str, str, Sequence[str], random.Random], str | None]

_MAX_DROPPED = 0.3  # of a question's words
_MIN_WORDS = 3  # that word dropout leaves

_ANTONYM_PAIRS = """
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
_ANTONYMS: dict[str, list[str]] = {}
for _pair in _ANTONYM_PAIRS.replace("\n", "|").strip("|").split("|"):
    _one, _other = _pair.split()
    _ANTONYMS.setdefault(_one, []).append(_other)
    _ANTONYMS.setdefault(_other, []).append(_one)

_AUXILIARIES = r"(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|might|may|must)\b"
_AUXILIARY = re.compile(rf"\A(?i:{_AUXILIARIES})|\b{_AUXILIARIES}")  # elsewhere, May is a month, and Will a name
_WORD = re.compile(r"[^\W\d_][\w'-]*")
_LINKS = "|".join(sorted(lexicon.NAME_LINKS))
_NAME = re.compile(rf"(?:[A-Z][\w'’-]+)(?:\s+(?:(?:{_LINKS})\s+){{0,2}}[A-Z][\w'’-]+)*")
_NUMBER = re.compile(r"\b[0-9](?:[0-9,.]{0,20}[0-9])?\b")  # short enough for int()
_MONTHS = lexicon.MONTHS.title().split("|")
_MAX_DIFFERENCE = 60  # between a number of two digits or more and the one that replaces it
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b")
_STOP_WORDS = lexicon.word_set("""
    about after also been before being between could does doing during each from had has have having here how into
    just many more most much name named other over said some such than that their them then there these they this those
    through under used using very was were what when where which while who whom whose why will with would your the and
    for are did can not but its his her our out own off per via did does kind type
""")

_TIME = re.compile(
    rf"[0-9]|\b(?:{lexicon.MONTHS}|{lexicon.WEEKDAYS}|when|while|during|before|after|since|until|ago|century|decade|year|day|week|hour|night"
    r"|noon|dawn|dusk|morning|evening|spring|summer|autumn|winter|christmas|easter|yesterday|today|earlier|later|last|next)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|on|into|across|around)\s+(?:the|an?|its|his|her|their)\b|\b(?:in|at|near|from|to|on)\s+[A-Z]|where|here\b"
)
_DURATION = re.compile(
    r"\b(?:century|centuries|decades?|years?|months?|weeks?|days?|hours?|minutes?|long)\b", re.IGNORECASE
)
_REASON = re.compile(r"\b(?:because|since|due|as|for|to|so|thus|therefore|reasons?|caus\w+|after|by)\b", re.IGNORECASE)
_QUESTION_WORDS = (  # old start, new start, and the pattern that means the text might answer the new one
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


def make_unanswerable(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Return the question, edited so that `text`, which answers it, most likely no longer does.

    Names and words of `others`, texts of the same article where possible, may be swapped in. Returns None where no rule
    applies.
    """
    rules: list[_Rule] = [
        _swap_antonym,
        _negate,
        _swap_question_word,
        _swap_name_from_others,
        _swap_number,
        partial(_swap_word, within_text=False),
        partial(_swap_word, within_text=False),
        _swap_name_within_text,
        _swap_number_within_text,
        partial(_swap_word, within_text=True),
    ]
    rng.shuffle(rules)
    for rule in rules:
        edited = rule(question, text, others, rng)
        if edited is not None and edited.casefold() != question.casefold():
            return edited
    return None


def drop_words(question: str, rng: random.Random) -> str:
    """Return the question without up to three in ten of its words; at least three words stay."""
    words = question.split(" ")
    max_dropped = min(len(words) - _MIN_WORDS, max(1, round(len(words) * _MAX_DROPPED)))
    if max_dropped < 1:
        return question
    dropped = set(rng.sample(range(len(words)), rng.randint(1, max_dropped)))
    return " ".join(word for at, word in enumerate(words) if at not in dropped)


def _swap_antonym(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    matches = [match for match in _WORD.finditer(question) if match[0].lower() in _ANTONYMS]
    if not matches:
        return None
    match = rng.choice(matches)
    return _replace(question, match, rng.choice(_ANTONYMS[match[0].lower()]))


def _negate(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    match = _AUXILIARY.search(question)
    if match is None or re.search(r"n['’]t\b|\bnot\b|\bnever\b", question):
        return None
    if rng.random() < 0.3:  # "Who was the mayor?" -> "Who was never the mayor?"
        return f"{question[: match.end()]} never{question[match.end() :]}"
    if match[0].lower() in {"may", "might", "must"} or rng.random() < 0.5:
        return f"{question[: match.end()]} not{question[match.end() :]}"
    short = {"can": "can't", "will": "won't"}.get(match[0].lower(), f"{match[0]}n't")
    return _replace(question, match, short)


def _swap_question_word(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Ask for another type of answer, of which the text holds none."""
    matching = [one for one in _QUESTION_WORDS if question.lower().startswith(f"{one[0]} ") and not one[2].search(text)]
    if not matching:
        return None
    old, new, _ = rng.choice(matching)
    return new.capitalize() + question[len(old) :]


def _swap_name_from_others(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    matches = [match for match in _NAME.finditer(question) if match.start() > 0]
    lowered = text.casefold()
    names = [name for other in others for name in _names(other) if name.casefold() not in lowered]
    return _replace_name(question, rng.choice(matches), names, rng) if matches and names else None


def _swap_name_within_text(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Swap a name for another one of the text: to share every word with the question must not be enough."""
    lowered = text.casefold()
    matches = [match for match in _NAME.finditer(question) if match.start() > 0 and match[0].casefold() in lowered]
    if not matches:
        return None
    match = rng.choice(matches)
    asked = set(question.casefold().split())  # "Obama" is not another name than "Barack Obama"
    names = [name for name in dict.fromkeys(_names(text)) if not asked & set(name.casefold().split())]
    return _replace_name(question, match, names, rng) if names else None


def _swap_number(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Swap a number or a month for one that is not in the text."""
    matches = [*_NUMBER.finditer(question), *_MONTH.finditer(question)]
    if not matches:
        return None
    match = rng.choice(matches)
    if match[0] in _MONTHS:
        months = [month for month in _MONTHS if month not in text]
        return _replace(question, match, rng.choice(months)) if months else None
    digits = match[0].replace(",", "").replace(".", "").lstrip("0")
    size = len(digits)
    if size < 2:
        low, high = 1, 9
    else:
        low, high = max(10 ** (size - 1), int(digits) - _MAX_DIFFERENCE), int(digits) + _MAX_DIFFERENCE
    number = str(rng.randint(low, high))
    return None if number in text else _replace(question, match, number)


def _swap_number_within_text(question: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Swap a number or a month for another one of the text."""
    for pattern in rng.sample((_NUMBER, _MONTH), 2):
        matches = list(pattern.finditer(question))
        numbers = [one for one in pattern.findall(text) if one not in question]
        if matches and numbers:
            match = rng.choice(matches)
            same_length = [one for one in numbers if len(one) == len(match[0])]
            return _replace(question, match, rng.choice(same_length if same_length else numbers))
    return None


def _swap_word(question: str, text: str, others: Sequence[str], rng: random.Random, *, within_text: bool) -> str | None:
    """Swap a word for one of a similar form (suffix, case) from the text, or from another one.

    Question and text share the word in some form: one that only the question has may be a synonym of the text's, and
    its swap a paraphrase. The first word stays.
    """
    lowered = text.casefold()
    matches = [
        match
        for match in _WORD.finditer(question)
        if match.start() > 0 and _is_content_word(match[0]) and match[0].lower()[:5] in lowered
    ]
    if not matches or not (within_text or others):
        return None
    match = rng.choice(matches)
    source, excluded = (text, question.casefold()) if within_text else (rng.choice(others), lowered)
    words = [
        word
        for word in _WORD.findall(source)
        if _is_content_word(word)
        and word[0].isupper() == match[0][0].isupper()
        and _suffix(word) == _suffix(match[0])
        and word.lower()[:5] not in excluded
    ]
    return _replace(question, match, rng.choice(words)) if words else None


def _is_content_word(word: str) -> bool:
    return len(word) > 3 and word.lower() not in _STOP_WORDS


def _names(text: str) -> list[str]:
    """Return the names in a text: capitalised words that do not begin a sentence."""
    return [
        match[0]
        for match in _NAME.finditer(text)
        if match.start() > 1 and text[match.start() - 2] not in ".!?\"'" and match[0].lower() not in _STOP_WORDS
    ]


def _suffix(word: str) -> str:
    return next((suffix for suffix in ("ing", "ed", "ly", "est", "er", "s") if word.lower().endswith(suffix)), "")


def _replace(question: str, match: re.Match[str], new: str) -> str:
    cased = new.capitalize() if match[0][0].isupper() and new.islower() else new
    return question[: match.start()] + cased + question[match.end() :]


def _replace_name(question: str, match: re.Match[str], names: Sequence[str], rng: random.Random) -> str:
    """Replace a name, by one of as many words if there is one."""
    same_length = [name for name in names if len(name.split()) == len(match[0].split())]
    return _replace(question, match, rng.choice(same_length if same_length else names))
