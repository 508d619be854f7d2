"""Finds subject, finite verb and predicate of simple English sentences.

A sentence that may be read in two ways has no clause: what is missed costs a suggestion, a wrong clause costs grammar.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.answers.names import Name, names_in
from qa.dates.finder import find_dates
from qa.query import lexicon
from qa.query.lexicon import word_set
from qa.suggestions.verbs import (
    BE,
    HAVE,
    base_of_participle,
    base_of_past,
    base_of_present,
    is_doubtful_past,
    is_surely_verb,
    is_verb_like,
)

_TOKEN = re.compile(r"[$£€]?\d[\d,.]*\d(?:[a-z]+)?|[$£€]?\d[a-z]*|[^\W_]+(?:[-–'’.&][^\W_]+)*|[^\w\s]")
_NOT_PLAIN = re.compile(
    r"[()\[\]“”\";:—…?!/*|\n\t]|\s-|--|(?<!\w)[–'‘`]|``|''|–(?!\w)|\.\.|https?|@|\b[A-Z]\.(?!\s?[A-Z])"
)
_ASIDE = re.compile(r" (?:\([^()]{1,80}\)|\[[^\[\]]{1,20}\])|(?<=\w) (?:–|—|--?) [^–—;]{2,80} (?:–|—|--?)(?= [a-z])")
_TITLE = re.compile(r"(?<=[a-z] )(?:\"([A-Z][^\"“”.,]{1,50})\"|“([A-Z][^\"“”.,]{1,50})”)(?=[ .,])")  # of a book, a film
_NEXT_CLAUSE = re.compile(r"(?:;| (?:–|—|--?)) ")
_MIN_WORDS, _MAX_WORDS = 5, 45
_MAX_SUBJECT = 10  # words
_MAX_APPOSITION = 14
_NATIONAL = re.compile(r"[A-Z]\w+(?:an|ish|ese|ch)")
_MAX_NAMES = 0.7  # of the words: more are a headline
_EXISTENTIAL = re.compile(r"There (?:was|were|are|is) \S+ \S+")
MODALS = word_set("will would can could may might must shall should")
_LEAD_ADVERBS = word_set("""
    however moreover meanwhile finally eventually later afterwards also today yesterday initially originally
    furthermore nevertheless additionally similarly consequently subsequently overall then
""")
# A phrase or clause that begins with these may be left out, up to its comma.
_DROPPED_LEADS = word_set("""
    in on at for from with by during after before following because although though while whereas despite since as
    according under over through throughout between among amid along near besides across
""")
_NO_SUBJECT = word_set("""
    he she it they we you i who which that what where when why how there here this these those his her its their my our
    your if as because although though while since unless until after before once when despite like unlike both either
    neither not no none nobody nothing such many most several few all each every another other others some any only
    even just so but and or nor then
""")
_NOT_IN_SUBJECT = word_set("""
    who which that whose whom where when why how if because although though while as than but or nor whether not unless
    until after before so perhaps maybe what he she it they we you i his her its their our my your this these those to
""")
_BOUNDARIES = word_set(
    "after before when while because although though since until unless as whereas where who which whose that"
)
RELATIVES = word_set("that who which whose where whom")
_BEFORE_DETERMINERS = lexicon.PREPOSITIONS | {"and", "or", "all", "both", "than"}
_BEFORE_OBJECT = lexicon.DETERMINERS | {"around", "about", "up", "its", "his", "her", "their"}
_NEGATIONS = word_set("not never no nor neither hardly n't cannot nobody nothing none without")
APPROXIMATE = word_set("about around nearly almost some roughly approximately over only just exactly all")
BOUNDS = {"more than", "fewer than", "less than", "at least", "up to"}
_TIME_PREPOSITIONS = word_set("in on at by since during")
_UNUSABLE = _NEGATIONS | lexicon.SPEAKER_PRONOUNS | {"you", "your"}
_SKIPPED_ADVERBS = word_set(
    "also then therefore however later still now already thus instead eventually finally subsequently "
    "thereafter soon often always usually again once ever"
)
_AFTER_COMMA = word_set("""
    which who when where after before as while with and but said says according including making leaving killing whose
    although though because since until despite the a an its his her their so or told adding up down from followed
    one two three more most fewer less both half among shortly probably once twice even mostly mainly especially
""")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark at [start, end) of a sentence; whether it is in a name, and in a time expression."""

    start: int
    end: int
    text: str
    lower: str
    in_name: bool
    in_date: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """A main clause: its tokens, and where its parts are.

    subject: first token and the one after the last. verb: the finite verb; base: its base form, None for an auxiliary.
    end: the token after the last one of the predicate. lead: the first token and the one after the last of a time that
    stands before the subject, None without one. names: of the sentence.
    """

    sentence: str
    tokens: tuple[Token, ...]
    subject: tuple[int, int]
    verb: int
    base: str | None
    end: int
    lead: tuple[int, int] | None
    names: tuple[Name, ...]

    def words(self, first: int, last: int) -> str:
        """Return the words of the tokens [first, last) as they stand, without adverbs such as "also"."""
        parts: list[str] = []
        for at in range(first, last):
            token = self.tokens[at]
            if token.lower in _SKIPPED_ADVERBS and not token.in_name:
                continue
            spaced = bool(parts) and self.sentence[self.tokens[at - 1].end : token.start] != ""
            parts.append(
                f" {token.text}" if spaced or (parts and at > first and _skipped(self.tokens[at - 1])) else token.text
            )
        return "".join(parts).strip()

    @property
    def lead_words(self) -> str:
        """The time before the subject as it stands at the end of a sentence: "in May 2024"."""
        words = "" if self.lead is None else self.words(*self.lead)
        return f"{words[:1].lower()}{words[1:]}"

    def name_at(self, token: int) -> Name | None:
        """Return the longest name that begins at a token."""
        start = self.tokens[token].start
        return max((one for one in self.names if one.start == start), key=lambda one: one.end, default=None)

    def has_name(self, first: int, last: int) -> bool:
        """Return whether one of the tokens [first, last) is in a name."""
        return any(token.in_name for token in self.tokens[first:last])


def _skipped(token: Token) -> bool:
    return token.lower in _SKIPPED_ADVERBS and not token.in_name


def find_clause(sentence: str) -> Clause | None:
    """Return the main clause of a sentence, None where its parts are not plain to see."""
    body = _plain(sentence)
    if body is None or not _MIN_WORDS <= body.count(" ") + 1 <= _MAX_WORDS:
        return None
    names = names_in(body)
    tokens = _tokens(body, names)
    is_headline = sum(token.in_name for token in tokens) > _MAX_NAMES * len(tokens)
    if is_headline:
        return None
    first, lead = _after_lead(tokens)
    found = None if first is None else _subject_and_verb(tokens, first)
    if first is None or found is None:
        return None
    last, verb, base = found
    end = _predicate_end(tokens, verb)
    if end is None or not _UNUSABLE.isdisjoint(one.lower for one in tokens[:end]):
        return None
    return Clause(body, tokens, (first, last), verb, base, end, lead, names)


def find_existential(sentence: str) -> Clause | None:
    """Return the clause of "There were 14 lorries on the car deck": its subject is "there"."""
    body = _plain(sentence)
    if body is None or not _EXISTENTIAL.match(body):
        return None
    names = names_in(body)
    tokens = _tokens(body, names)
    end = None if any(one.lower in _NEGATIONS for one in tokens) else _predicate_end(tokens, 1)
    return None if end is None else Clause(body, tokens, (0, 1), 1, None, end, None, names)


def _plain(sentence: str) -> str | None:
    """Return the first clause of a sentence without asides and its full stop; None with quotations and other marks."""
    whole = _TITLE.sub(lambda title: title[1] or title[2], _ASIDE.sub("", sentence.rstrip()))
    first = _NEXT_CLAUSE.split(whole, maxsplit=1)[0]
    body = first if first != whole else whole.removesuffix(".")
    is_plain = body[:1].isupper() and whole.endswith(".") and not _NOT_PLAIN.search(body)
    return body if is_plain else None


def _tokens(body: str, names: Sequence[Name]) -> tuple[Token, ...]:
    dates = find_dates(body, None)
    found = []
    for match in _TOKEN.finditer(body):
        start, end = match.span()
        in_name = any(one.start < end and start < one.end for one in names) and not _is_number(match[0])
        in_date = any(one.start < end and start < one.end for one in dates)
        found.append(Token(start, end, match[0], match[0].lower().replace("’", "'"), in_name, in_date))
    return tuple(found)


def _after_lead(tokens: Sequence[Token]) -> tuple[int | None, tuple[int, int] | None]:
    """Return the first token of the subject, None where what stands before it is unclear; and the time before it."""
    at = 0
    if tokens[0].lower in _LEAD_ADVERBS and not tokens[0].in_date:
        at = _after_comma(tokens, 1)
    first, lead = _after_time(tokens, at)
    if first is not None or tokens[at : at + 1] == () or tokens[at].lower not in _DROPPED_LEADS:
        return first, lead
    comma = next((one for one in range(at + 1, len(tokens)) if tokens[one].text == ","), len(tokens))
    first, lead = _after_time(tokens, comma + 1)
    if first is None or not (tokens[first].in_name or tokens[first].lower in {"the", "a", "an"}):
        return None, None
    # "In Berlin, Paris and Rome, prices rose"
    is_list = any(one.lower in {"and", "or"} or one.text == "," for one in tokens[first + 1 : first + 5])
    return (None, None) if is_list else (first, lead)


def _after_time(tokens: Sequence[Token], at: int) -> tuple[int | None, tuple[int, int] | None]:
    """Return what `_after_lead` does, from a token on, where only a time may stand before the subject."""
    begins_with_time = at < len(tokens) and (
        tokens[at].lower in _TIME_PREPOSITIONS or (tokens[at].in_date and not tokens[at].in_name)
    )
    if not begins_with_time or _counts(tokens, at):
        return (at if at < len(tokens) and _may_begin_subject(tokens, at) else None), None
    last = at + (tokens[at].lower in _TIME_PREPOSITIONS)
    while last < len(tokens) and (
        tokens[last].in_date or (last == at + 1 and tokens[last].lower in {"the", "early", "late"})
    ):
        last += 1
    # "At the 1996 General Conference", "Last year's winner": a comma would tell that the time ends there.
    needs_comma = tokens[at].in_date or tokens[min(at + 1, len(tokens) - 1)].lower == "the"
    following = _after_comma(tokens, last)
    first = last if following >= len(tokens) and not needs_comma else following
    is_time = last > at + 1 and tokens[last - 1].in_date
    if not is_time or first >= len(tokens) or not _may_begin_subject(tokens, first):
        return None, None
    return first, (at, last) if tokens[at].lower in _TIME_PREPOSITIONS else None


def _after_comma(tokens: Sequence[Token], at: int) -> int:
    """Return the token after a comma at a token, or one after the last where there is no comma."""
    return at + 1 if at < len(tokens) and tokens[at].text == "," else len(tokens)


def _counts(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a number of things stands at a token, such as "about 900" or "at least 38"."""
    at += 2 if _bounds(tokens, at) else tokens[at].lower in APPROXIMATE
    return at < len(tokens) and is_number(tokens[at]) and not tokens[at].in_date


def _may_begin_subject(tokens: Sequence[Token], at: int) -> bool:
    first = tokens[at]
    if _counts(tokens, at):
        return True
    is_other = first.lower in _NO_SUBJECT | lexicon.PREPOSITIONS | lexicon.AUXILIARIES
    is_ending = first.lower.endswith(("ing", "ly")) and not first.in_name
    return first.text[0].isalnum() and not is_other and not is_ending


def _bounds(tokens: Sequence[Token], at: int) -> bool:
    """Return whether "at least" or "more than" stands at a token."""
    return at + 1 < len(tokens) and f"{tokens[at].lower} {tokens[at + 1].lower}" in BOUNDS


def _subject_and_verb(tokens: Sequence[Token], first: int) -> tuple[int, int, str | None] | None:
    """Return the token after the subject, the finite verb, and its base form, None for an auxiliary."""
    for at in range(first, min(len(tokens), first + _MAX_SUBJECT + 1)):
        token = tokens[at]
        if token.text == ",":
            return _after_apposition(tokens, first, at)
        base = finite_base(tokens, at) if at > first else None
        if base is not None:
            last = at
            while last > first + 1 and _is_adverb(tokens[last - 1]):
                last -= 1
            is_clear = _is_noun_phrase(tokens, first, last) and _is_main(tokens, at, base)
            return (last, at, base or None) if is_clear else None
        if not token.in_name and not _may_be_in_subject(tokens, at):
            return None
    return None


def _is_adverb(token: Token) -> bool:
    is_other = token.in_name or token.lower in lexicon.ADJECTIVES
    return not is_other and (token.lower in _SKIPPED_ADVERBS or token.lower.endswith("ly"))


def _may_be_in_subject(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    if _bounds(tokens, at) or (at > 0 and _bounds(tokens, at - 1)):
        return True
    if token.lower == "and":  # between names; else it may join clauses
        return 0 < at < len(tokens) - 1 and tokens[at - 1].in_name and tokens[at + 1].in_name
    is_participle = token.lower.endswith("ing") and at > 0 and tokens[at - 1].lower not in lexicon.DETERMINERS
    is_date = token.in_date and (not token.lower.isalpha() or re.fullmatch(lexicon.TIME_UNITS, token.lower) is not None)
    return token.text[0].isalnum() and token.lower not in _NOT_IN_SUBJECT and not is_participle and not is_date


def _after_apposition(tokens: Sequence[Token], first: int, comma: int) -> tuple[int, int, str | None] | None:
    """Return what `_subject_and_verb` does for "Jonas Breck, the captain, was ..."."""
    if not _is_noun_phrase(tokens, first, comma):
        return None
    closing = next(
        (at for at in range(comma + 1, min(len(tokens), comma + 2 + _MAX_APPOSITION)) if tokens[at].text == ","), None
    )
    if closing is None or closing + 1 >= len(tokens) or tokens[comma + 1].lower in {"and", "or", "but"}:
        return None
    is_named = any(one.in_name for one in tokens[first:comma])
    if not is_named and tokens[comma + 1].lower not in {"who", "which"}:
        return None
    is_list = any(one.lower in {"and", "or"} for one in tokens[closing + 1 : closing + 2])
    base = finite_base(tokens, closing + 1)
    if base is None or is_list or not _is_main(tokens, closing + 1, base):
        return None
    return comma, closing + 1, base or None


def finite_base(tokens: Sequence[Token], at: int) -> str | None:
    """Return the base form of a finite verb, "" for an auxiliary, None for another word."""
    if tokens[at].in_name:
        return None
    word = tokens[at].lower
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if word in BE or word in MODALS:
        return ""
    if word in HAVE or word == "had":
        return "" if following is not None and _is_participle_phrase(tokens, at + 1) else "have"
    past = base_of_past(word)
    has_object = following is not None and (
        following.lower in _BEFORE_OBJECT or following.in_name or is_number(following) or following.text[0] in "$£€"
    )
    if past is not None and past not in {"be", "do"}:
        return past if not is_doubtful_past(word) or tokens[at - 1].in_name or (has_object and at > 1) else None
    present = base_of_present(word)
    if present is not None and following is not None and (tokens[at - 1].in_name or (at > 1 and is_surely_verb(word))):
        return present
    return None


def _is_participle_phrase(tokens: Sequence[Token], at: int) -> bool:
    while at < len(tokens) and (
        tokens[at].lower in _SKIPPED_ADVERBS or tokens[at].lower.endswith("ly") or tokens[at].lower == "since"
    ):
        at += 1
    if at >= len(tokens):
        return False
    word = tokens[at].lower
    return word == "been" or base_of_participle(word) is not None


def _is_noun_phrase(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Return whether tokens may be a noun phrase, from a determiner, name, number or plural to a noun."""
    end = tokens[last - 1]
    words = [token.lower for token in tokens[first:last]]
    is_owner = end.lower.endswith(("'s", "s'"))
    is_version = last - first > 1 and end.text[0].isdigit() and tokens[last - 2].in_name  # "Windows 3.0"
    ends_well = (
        is_version
        or (end.in_name and not is_owner)
        or (
            end.text.isalpha()
            and end.lower not in lexicon.PREPOSITIONS | lexicon.DETERMINERS | lexicon.ADJECTIVES | lexicon.CONJUNCTIONS
            and not end.lower.endswith("ly")
        )
    )
    begins = tokens[first]
    begins_well = begins.in_name or begins.lower in {"the", "a", "an"} or is_number(begins) or _is_plural(words[0])
    # "European aircraft manufacturer" lacks its article; "European shares" need none.
    is_plain = not (end.in_name or _is_plural(end.lower) or any("'" in word for word in words))
    lacks_article = is_plain and _NATIONAL.fullmatch(begins.text) is not None
    begins_well = (begins_well and not lacks_article) or any(is_number(one) for one in tokens[first : first + 3])
    # "Meryl plays a mother": a verb stands there
    is_phrase = all(
        not (words[at] in {"the", "a", "an"} and words[at - 1] not in _BEFORE_DETERMINERS)
        for at in range(1, len(words))
    )
    return ends_well and begins_well and is_phrase and words[-1] not in {"the", "a", "an", "own"}


def _is_plural(word: str) -> bool:
    return (word.endswith("s") and not word.endswith("ss")) or word in lexicon.PLURALS


def is_number(token: Token) -> bool:
    """Return whether a token is a number in digits or words."""
    return token.text[0].isdigit() or _is_number(token.text)


def _is_number(word: str) -> bool:
    return all(re.fullmatch(lexicon.NUMBER_WORDS, part) for part in word.lower().split("-"))


def _is_main(tokens: Sequence[Token], verb: int, base: str) -> bool:
    """Return whether a verb is that of the main clause: in "The men killed there were ..." it is a participle."""
    if not base:
        return True
    following = tokens[verb + 1 : verb + 3]
    is_agent = following[-1:] and (following[-1].in_name or following[-1].lower in lexicon.DETERMINERS)
    if following[:1] and following[0].lower == "by" and is_agent:
        return False  # "led by the rebels"; but "rose by 22 per cent", "came by helicopter"
    if following[:1] and following[0].lower in {"in", "on", "at"}:
        # "implemented in Africa by Cecil Rhodes"
        for at in range(verb + 2, len(tokens) - 1):
            if tokens[at].lower == "by" and (tokens[at + 1].in_name or tokens[at + 1].lower in {"the", "a", "an"}):
                return False
    ends = _BOUNDARIES | ({"and", "but"} if tokens[verb - 1].in_name else set())
    for at in range(verb + 1, len(tokens)):
        token, before = tokens[at], tokens[at - 1]
        if token.text == "," or token.lower in ends:
            return True
        # "The films made in 2013 include ..."
        is_verb = token.lower in lexicon.AUXILIARIES or (before.in_date and is_verb_like(token.lower))
        if is_verb and not token.in_name and not token.in_date:
            return False
    return True


def _predicate_end(tokens: Sequence[Token], verb: int) -> int | None:
    """Return where the predicate ends: before ", which", ", said" and "and" with another verb; None where unclear."""
    at = verb + 1
    while at < len(tokens):
        token = tokens[at]
        if token.text == ",":
            goes_on = _goes_on(tokens, at)
            if goes_on is not None:
                return at if not goes_on else None
            at += 1
            continue
        if token.lower in {"and", "but", "or"} and not token.in_name:
            if token.lower == "but":
                return at
            window = tokens[at + 1 : at + 7]
            stop = next((place for place, one in enumerate(window) if one.text == ","), len(window))
            if any(is_verb_like(one.lower) and not one.in_name for one in window[:stop]):
                is_cut = (
                    is_verb_like(tokens[at - 1].lower) and not tokens[at - 1].in_name
                )  # "to develop and produce it"
                return None if is_cut and at > verb + 1 else at
        elif not (token.text[0].isalnum() or token.text[0] in "$£€") and token.text not in {"%", "&", "-", "."}:
            return None
        at += 1
    return len(tokens)


def _goes_on(tokens: Sequence[Token], at: int) -> bool | None:
    """Return whether what follows a comma belongs to the predicate; None where the comma is in a date or a place."""
    before, token = tokens[at - 1], tokens[at]
    if at + 1 == len(tokens):
        return not token.in_date
    following = tokens[at + 1]
    is_region = before.in_name and following.in_name and _is_region(tokens, at + 1)
    if token.in_date or (before.in_date and following.in_date) or is_region:
        return None
    ends = (
        following.lower in _AFTER_COMMA | lexicon.PREPOSITIONS
        or _is_speaker(tokens, at + 1)
        or (is_number(following) and not is_number(before))
        or following.lower.endswith("ing")
        or base_of_participle(following.lower) is not None
        or (before.in_name and following.in_name)
    )
    return not ends


def _is_region(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a name after a comma goes on with that before it: "in Toulouse, France, on Monday"."""
    last = next((one for one in range(at, len(tokens)) if not tokens[one].in_name), len(tokens))
    return last == len(tokens) or tokens[last].text == "," or tokens[last].lower in {"on", "in", "at"}


def _is_speaker(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a name that says something stands at a token: in ", Commander Adeyo said"."""
    last = next((one for one in range(at, len(tokens)) if not tokens[one].in_name), len(tokens))
    return at < last < len(tokens) and tokens[last].lower in lexicon.SPEECH_VERBS


def boundary(clause: Clause, first: int, last: int) -> int:
    """Return the first token of [first, last) that begins a subordinate clause, or `last`."""
    tokens = clause.tokens
    return next((at for at in range(first, last) if tokens[at].lower in _BOUNDARIES and not tokens[at].in_name), last)


def relative_start(clause: Clause, first: int, last: int) -> int:
    """Return the first token of [first, last) that begins a relative clause, or `last`."""
    tokens = clause.tokens
    return next((at for at in range(first, last) if tokens[at].lower in RELATIVES and not tokens[at].in_name), last)
