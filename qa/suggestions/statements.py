"""Extracts simpler statements from a sentence, as Heilman and Smith (2010) do before they ask about them.

"Boeing will begin production in 2006 and the aircraft should enter service in 2008" makes two statements. A statement
has the words of its sentence, and its subject may be repeated.
"""

import re
from collections.abc import Iterator

from qa.answers.names import names_in
from qa.query.lexicon import word_set
from qa.suggestions.clauses import Clause, find_clause, finite_base

_MAX_STATEMENTS = 6  # of a sentence
_AND = re.compile(r"(?:;|,? –|,? —|, (?:and|but|while|whereas|though|although|so)) (?=the |an? |[A-Z0-9])")
_THAT = re.compile(
    r"^[^,;:“”\"]{3,80}? (?:said|says|announced|confirmed|revealed|stated|noted|explained|showed|found|told \w+)"
    r"(?: (?:on|in) (?:\w+ )?\w+)? that (?=the |an? |[A-Z0-9])"
)
_WHICH = re.compile(r", (?P<relative>which|who) (?P<predicate>[a-z]+ [^,.;:—–()“”\"]{8,120})(?=[,.;])")
_JOINING = word_set("and but then")


def statements(sentence: str) -> Iterator[str]:
    """Yield a sentence, and the simpler statements that are in it, each of which begins and ends as a sentence does."""
    found = [sentence, *_clauses(sentence), *_relatives(sentence)]
    for statement in dict.fromkeys(found):
        yield statement
        clause = find_clause(statement)
        joined = None if clause is None else _joined(clause)
        if joined is not None:
            yield joined


def _clauses(sentence: str) -> Iterator[str]:
    """Yield the clauses that a sentence joins, and what it says that somebody said."""
    starts = [match.end() for match in _AND.finditer(sentence)]
    starts += [match.end() for match in (_THAT.match(sentence),) if match is not None]
    for start in sorted(starts)[:_MAX_STATEMENTS]:
        after = _AND.search(sentence, start)
        clause = sentence[start : len(sentence) if after is None else after.start()].rstrip(" .")
        if clause:
            yield f"{clause[0].upper()}{clause[1:]}."


def _relatives(sentence: str) -> Iterator[str]:
    """Yield "Lumora makes lenses" for "Lumora, which makes lenses, ..."."""
    for match in _WHICH.finditer(sentence):
        name = next((one for one in names_in(sentence) if one.end == match.start() and not one.is_plural), None)
        if name is None or name.is_doubtful:
            continue
        # "The plant in Atlanta, which makes cars": a plant does.
        if match["relative"] == "who" or sentence[: name.start] in {"", "The "}:
            the = "The " if sentence[: name.start].endswith(("the ", "The ")) else ""
            yield f"{the}{sentence[name.start : name.end]} {match['predicate']}."


def _joined(clause: Clause) -> str | None:
    """Return what "and" joins to a clause: "Evans was replaced" for "Evans was appointed in 1981 and was replaced"."""
    tokens, at = clause.tokens, clause.end
    if at < len(tokens) and tokens[at].text == ",":
        at += 1
    if at + 2 >= len(tokens) or tokens[at].lower not in _JOINING:
        return None
    at += 1
    if finite_base(tokens, at) is None:
        begins = tokens[at].in_name or tokens[at].lower in {"the", "a", "an"}
        rest = clause.sentence[tokens[at].start :]
        return f"{rest[0].upper()}{rest[1:]}." if begins else None
    # "and extended support ended in 2001": another verb follows, so the first one is none
    if any(finite_base(tokens, one) is not None for one in range(at + 2, min(len(tokens), at + 7))):
        return None
    subject = clause.sentence[tokens[clause.subject[0]].start : tokens[clause.subject[1] - 1].end]
    return f"{subject[0].upper()}{subject[1:]} {clause.sentence[tokens[at].start :]}."
