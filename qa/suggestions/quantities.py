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
_PAYING = word_set("pay cost spend donate invest earn raise receive owe save lose charge contribute need")
_CHANGING = word_set("rise fall drop gain climb decline increase decrease grow jump shrink")
_TRADING = word_set("buy sell acquire purchase auction")
_PERCENT = re.compile(r"\d[\d.,]*(?:%| per ?cent\b)")
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
    if not rest.startswith("of ") and _SECOND_COUNT.search(rest) is None:
        asked = f"How many {clause.words(noun, after)}"
        yield writer.question(asked, f"{participle} {rest} {clause.lead_words}", (number, noun))


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
    at = clause.verb + (2 if clause.base is None else 1)
    may_pay = writer.main in _PAYING and writer.verb.lower not in BE and writer.is_named
    amount = amount_at(clause, at) if may_pay else None
    if amount is not None:
        rest = clause.words(amount[1], boundary(clause, amount[1], clause.end))
        if not rest or rest.split()[0] in {"for", "to", "on", "in", "from"}:
            participle = clause.words(clause.verb + 1, at)
            yield writer.question("How much", f"{participle} {rest} {clause.lead_words}", amount)


def how_long(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How long did the siege of Varna last?" for "lasted six weeks", and "How high will the new wall be?"."""
    clause = writer.clause
    yield from _how_measured(writer)
    yield from _until(writer)
    yield from _for_how_long(writer)
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


def _for_how_long(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How long has Jonas Breck sailed the route?" for "has sailed the route for two decades"."""
    clause, tokens = writer.clause, writer.clause.tokens
    end = writer.simple_end()
    at = next((one for one in range(clause.verb + 1, end - 2) if tokens[one].lower == "for"), None)
    if at is None or writer.main is None or writer.main in REPORTING - {"be"} or not writer.is_named:
        return
    number = at + 1
    while number < end and tokens[number].lower in APPROXIMATE | {"more", "than", "at", "least"}:
        number += 1
    if number + 1 >= end or not is_number(tokens[number]):
        return
    stop = number + 2
    is_whole = stop == end or tokens[stop].lower in lexicon.PREPOSITIONS - {"of"}
    if re.fullmatch(TIME_UNITS, tokens[number + 1].lower) and is_whole:
        rest = f"{clause.words(clause.verb + 1, at)} {clause.words(stop, end)}"
        yield writer.question("How long", f"{rest} {clause.lead_words}", (number, stop))


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


def what_share(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "What percentage of the votes did Republicans win?" and "What percentage of Catholics voted for Bush?"."""
    clause = writer.clause
    first, last = clause.subject
    share = _share_at(clause, first, last)
    if share is not None:
        rest = f"{clause.words(share, last)} {clause.words(clause.verb, boundary(clause, clause.verb, clause.end))}"
        if writer.main is not None and writer.main not in REPORTING:
            yield make_question(f"What percentage {rest}", writer.answer(first, share))
        return
    at = clause.verb + 1
    share = _share_at(clause, at, clause.end)
    if share is None or not writer.is_named or clause.base is None or clause.base in REPORTING - {"have"}:
        return
    end = boundary(clause, share, clause.end)
    stop = next((one for one in range(share + 1, end) if clause.tokens[one].lower in {"in", "on", "at", "for"}), end)
    yield writer.question(f"What percentage {clause.words(share, stop)}", clause.words(stop, end), (at, share))


def _share_at(clause: Clause, at: int, end: int) -> int | None:
    """Return the token "of" after a percentage at a token, such as "about 60 per cent of"; None without one."""
    while at < end and clause.tokens[at].lower in APPROXIMATE:
        at += 1
    found = _PERCENT.match(clause.sentence, clause.tokens[at].start) if at < end else None
    if found is None:
        return None
    of = next((one for one in range(at, end) if clause.tokens[one].start >= found.end()), end)
    return of if of + 1 < end and clause.tokens[of].lower == "of" else None


def how_much_changed(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How much did sales of Lumora fall in May?" for "fell by 3 per cent in May"."""
    clause, tokens = writer.clause, writer.clause.tokens
    at = clause.verb + (2 if clause.base is None else 1)
    is_going = at < clause.end and writer.main == "go" and tokens[at].lower in {"up", "down"}
    may_change = writer.main in _CHANGING or is_going
    if not may_change or writer.verb.lower in BE or not (writer.is_named or clause.has_name(*clause.subject)):
        return
    at += is_going
    first = at
    while at < clause.end and tokens[at].lower in APPROXIMATE | {"by"}:
        at += 1
    found = _PERCENT.match(clause.sentence, clause.tokens[at].start) if at < clause.end else None
    if found is None:
        return
    stop = next((one for one in range(at, clause.end) if clause.tokens[one].start >= found.end()), clause.end)
    end = boundary(clause, stop, clause.end)
    rest = clause.words(stop, end)
    if not rest or rest.split()[0] in {"in", "on", "during", "after", "since"}:
        verb = clause.words(clause.verb + 1, first)
        yield writer.question("How much", f"{verb} {rest} {clause.lead_words}", (at, stop))


def how_much_paid(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "How much was the Corran Mill sold for?" and "How much did Halden buy Lumora for in May?"."""
    clause, tokens = writer.clause, writer.clause.tokens
    if writer.main not in _TRADING or not writer.is_named:
        return
    end = boundary(clause, clause.verb + 1, clause.end)
    at = next((one for one in range(clause.verb + 1, end - 1) if tokens[one].lower == "for"), None)
    amount = None if at is None else amount_at(clause, at + 1)
    if at is not None and amount is not None:
        rest = clause.words(amount[1], end)
        if not rest or rest.split()[0] in {"in", "on", "at"}:
            yield writer.question("How much", f"{clause.words(clause.verb + 1, at)} for {rest}", (at + 1, amount[1]))
