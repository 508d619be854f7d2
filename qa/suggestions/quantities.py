"""Questions for quantities: how many, how much, how long."""

import re
from collections.abc import Iterator

from qa.query import lexicon
from qa.query.lexicon import CURRENCIES, NUMBER_WORDS, SCALES, TIME_UNITS, word_set
from qa.suggestions.clauses import APPROXIMATE, BOUNDS, MODALS, Clause, Token, boundary, is_number, relative_start
from qa.suggestions.verbs import BE, HAVE, base_of_participle, is_verb_like
from qa.suggestions.writer import REPORTING, YEAR, GeneratedQuestion, QuestionWriter, make_question

_MORE = word_set("more other further additional extra total new remaining")
_AFTER_COUNTED = word_set(", aboard across worldwide as")
_MAX_COUNTED = 3  # words after a number
_PAYING = word_set("pay cost spend donate invest earn raise")
_LASTING = word_set("last take")
_DIMENSIONS = word_set("long high wide deep tall thick old")
_CONTINUING = word_set("stay remain last continue run")
_UNIT_NOUNS = re.compile(
    rf"(?:{TIME_UNITS}|{CURRENCIES}|{SCALES}|percent|per|times|points|degrees|(?:kilo|centi|milli)?met(?:re|er)s|miles|"
    r"feet|inches|tons|tonnes|kilograms|lit(?:re|er)s|acres|hectares|others|thirds|quarters|tenths|halves|fifths|s)",
    re.IGNORECASE,
)
_SECOND_COUNT = re.compile(r"\band (?:\w+ than |about |at least )?\d")
_MONEY = re.compile(rf"[$£€]?(?:\d[\d.,]*\d|\d)(?:[mb]n|m|bn)?(?: (?:{SCALES}))*(?: (?:{CURRENCIES}))?")
_IS_MONEY = re.compile(rf"[$£€]|\b(?:{CURRENCIES})\b")


def _counted(clause: Clause, at: int, end: int) -> tuple[int, int, int] | None:
    """Return the place of the number at a token, of its noun, and the token after that: "about 40,000 gas heaters"."""
    tokens = clause.tokens
    while at < end and tokens[at].lower in APPROXIMATE:
        at += 1
    if at + 1 < end and f"{tokens[at].lower} {tokens[at + 1].lower}" in BOUNDS:
        at += 2
    if at >= end or not _is_count(tokens[at]):
        return None
    first = at + 1
    while first < end and re.fullmatch(rf"{SCALES}|{NUMBER_WORDS}", tokens[first].lower):
        first += 1
    for noun in range(first, min(end, first + _MAX_COUNTED)):
        if not _may_be_counted(tokens[noun]):
            return None
        if _is_plural(tokens[noun].lower):
            following = tokens[noun + 1] if noun + 1 < end else None
            return (at, first, noun + 1) if following is None or _may_follow_noun(following) else None
    return None


def _is_count(token: Token) -> bool:
    """Return whether a token is a number of things: no sum of money, no year, no part of a name."""
    is_other = token.in_name or token.text[0] in "$£€" or YEAR.fullmatch(token.text) is not None
    return is_number(token) and not is_other and token.lower not in {"one", "1", "zero", "0"}


def _may_be_counted(token: Token) -> bool:
    word = token.lower
    is_word = token.text.replace("-", "").isalpha() and token.text.islower()
    is_other = word in lexicon.PREPOSITIONS | _MORE | lexicon.SINGULARS or _UNIT_NOUNS.fullmatch(word) is not None
    is_verb = is_verb_like(word) and not word.endswith("ed") and not _is_plural(word)
    return is_word and not is_other and not is_verb


def _is_plural(word: str) -> bool:
    return (word.endswith("s") and not word.endswith("ss")) or word in lexicon.PLURALS


def _may_follow_noun(token: Token) -> bool:
    word = token.lower
    ends = word in lexicon.PREPOSITIONS | lexicon.AUXILIARIES | _AFTER_COUNTED
    return ends or (is_verb_like(word) and not token.in_name)


def how_many(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How many lorries did the ferry carry?" and "How many people were rescued?"."""
    clause, tokens, verb = writer.clause, writer.clause.tokens, writer.verb.lower
    first, last = clause.subject
    counted = _counted(clause, first, last)
    if counted is not None:
        number, noun, after = counted
        is_part = after < last and tokens[after].lower in {"who", "of"}
        if (
            not is_part
            and writer.main not in REPORTING
            and verb not in {"was", "is", "has"}
            and (writer.main is not None or verb in BE)
        ):
            end = relative_start(clause, clause.verb + 1, clause.end)
            rest = f"{clause.words(noun, last)} {clause.words(clause.verb, end)}"
            if _SECOND_COUNT.search(rest):  # "and more than 390,000 in secondary schools"
                return
            yield make_question(f"How many {rest}", writer.answer(number, noun))
        return
    if not writer.is_named or verb in MODALS - {"will"}:
        return
    at, participle = clause.verb + 1, ""
    if clause.base is None:
        participle = tokens[at].lower if at < clause.end and not tokens[at].in_name else ""
        if verb in BE:
            is_known = participle.endswith("ing") and len(participle) > 4
        elif verb in HAVE | {"had"}:
            is_known = base_of_participle(participle) is not None
        else:
            is_known = verb == "will" and participle not in {"be", "have"} and is_verb_like(participle)
        if not is_known:
            return
        at += 1
    if clause.base != "have" and (writer.main if verb not in BE else participle) in REPORTING:
        return
    counted = _counted(clause, at, clause.end)
    if counted is None:
        return
    number, noun, after = counted
    rest = clause.words(after, boundary(clause, after, clause.end))
    if not rest.startswith("of "):
        yield writer.question(f"How many {clause.words(noun, after)}", f"{participle} {rest}", (number, noun))


def how_many_there_are(clause: Clause) -> Iterator[GeneratedQuestion]:
    """Yield "How many lorries were there on the car deck?"."""
    verb = clause.tokens[clause.verb].lower
    counted = _counted(clause, clause.verb + 1, clause.end)
    if counted is not None and verb in {"were", "are"}:
        number, noun, after = counted
        rest = clause.words(after, boundary(clause, after, clause.end))
        if rest and (rest.startswith("of ") or is_verb_like(rest.split()[0])):
            return
        answer = clause.sentence[clause.tokens[number].start : clause.tokens[noun - 1].end]
        yield make_question(f"How many {clause.words(noun, after)} {verb} there {rest}", answer)


def amount_at(clause: Clause, at: int) -> tuple[int, int] | None:
    """Return the first token and the one after the last of a sum of money at a token."""
    while at < clause.end and clause.tokens[at].lower in APPROXIMATE:
        at += 1
    match = _MONEY.match(clause.sentence, clause.tokens[at].start) if at < clause.end else None
    if match is None or not _IS_MONEY.search(match[0]):
        return None
    after = at
    while after < clause.end and clause.tokens[after].start < match.end():
        after += 1
    return at, after


def how_much(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How much did the Corran Bridge cost?"."""
    clause = writer.clause
    amount = amount_at(clause, clause.verb + 1) if clause.base in _PAYING and writer.is_named else None
    if amount is not None:
        rest = clause.words(amount[1], boundary(clause, amount[1], clause.end))
        if not rest or rest.split()[0] in {"for", "to", "on", "in", "from"}:
            yield writer.question("How much", rest, amount)


def how_long(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How long did the siege of Varna last?" for "lasted six weeks", and "How high will the new wall be?"."""
    clause = writer.clause
    yield from _how_measured(writer)
    yield from _until(writer)
    if clause.base not in _LASTING or not writer.is_named:
        return
    at = clause.verb + 1
    while at < clause.end and clause.tokens[at].lower in APPROXIMATE | {"for"}:
        at += 1
    if at + 1 >= clause.end or not is_number(clause.tokens[at]):
        return
    unit = clause.tokens[at + 1]
    if re.fullmatch(TIME_UNITS, unit.lower) and (at + 2 == clause.end or clause.tokens[at + 2].lower == "to"):
        yield writer.question("How long", clause.words(at + 2, clause.end), (at, at + 2))


def _how_measured(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How long will the new wall be?" for "will be 340 metres long"."""
    clause, verb = writer.clause, writer.verb.lower
    at = clause.verb + (2 if verb == "will" else 1)
    is_copula = verb in BE or (verb == "will" and clause.tokens[at - 1].lower == "be")
    while at < clause.end and clause.tokens[at].lower in APPROXIMATE:
        at += 1
    if not is_copula or not writer.is_named or at + 2 >= clause.end or not is_number(clause.tokens[at]):
        return
    measure, end = clause.tokens[at + 2].lower, boundary(clause, at + 3, clause.end)
    if measure in _DIMENSIONS and clause.tokens[at + 1].lower.endswith(("s", "feet")) and at + 3 == end:
        yield writer.question(f"How {measure}", "be" if verb == "will" else "", (at, at + 2))


def _until(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How long will the airport of Port Sorrel stay closed?" for "will stay closed until Thursday"."""
    clause, tokens = writer.clause, writer.clause.tokens
    end = boundary(clause, clause.verb + 1, clause.end)
    main = clause.base if writer.verb.lower != "will" else tokens[clause.verb + 1].lower
    if main in _CONTINUING and writer.is_named and end < clause.end and tokens[end].lower == "until":
        stop = end + 1
        while stop < clause.end and tokens[stop].in_date:
            stop += 1
        if stop > end + 1 and (stop == len(tokens) or tokens[stop].text == ","):
            yield writer.question("How long", clause.words(clause.verb + 1, end), (end, stop))
