"""Finds requests that no single sentence answers: for news, a summary, what somebody said, or about the library."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from qa.dates.calendar_units import days_later
from qa.dates.finder import find_dates
from qa.dates.vocabulary import number_value
from qa.query import lexicon
from qa.query.period import asked_period
from qa.query.phrases import Phrases, Word, words_of
from qa.query.question_types import begins_question, is_auxiliary, question_type_at


class OverviewKind(Enum):
    """What a request is for. COUNT to OLDEST are about the library: how many articles it has, their sources."""

    NEWS = "news"
    STATEMENTS = "statements"  # what somebody said
    SUMMARY = "summary"
    COUNT = "count"
    SOURCES = "sources"
    TOPICS = "topics"
    NEWEST = "newest"
    OLDEST = "oldest"

    @property
    def is_about_library(self) -> bool:
        """Whether the request is about the library itself, not about what an article says."""
        return self not in {OverviewKind.NEWS, OverviewKind.STATEMENTS, OverviewKind.SUMMARY}


@dataclass(frozen=True, slots=True)
class Overview:
    """A request for an overview. topic: what it is about, who spoke, or which article is meant; "" for everything.

    first, last: the days that it asks about, both included; None where it names no bound. source: the name that the
    articles are to be from. is_fallback: whether a sentence may answer it, as "what happened to the bridge": news only
    where none does. time: its words for the time. about: what statements have to be about, or be made to.
    """

    kind: OverviewKind
    topic: str = ""
    first: date | None = None
    last: date | None = None
    source: str | None = None
    is_fallback: bool = False
    time: str = ""
    about: str = ""

    @property
    def has_period(self) -> bool:
        """Whether it asks about a time."""
        return self.first is not None or self.last is not None

    def without_period(self) -> "Overview":
        """Return the same request for any time."""
        return replace(self, first=None, last=None, time="")


_SHARED = {
    "NEWS": "news|headlines|headline|update|updates|developments",
    "LATEST": "latest|newest|recent|current|top|main|todays|new",
    "THE": "the|any|some|your|all",
    "IS": "is|are|was",
    "GIVE": "give|show|tell|read|list|get",
    "ABOUT": "about|on|from|of|with|regarding|in|at|concerning|for",
    "SHORT": "short|brief|quick|concise|little|one|three|sentence|paragraph",
}


def _phrases(table: str) -> Phrases:
    return Phrases.of(table, _SHARED)


# Requests that need not go on.
_NEWS = _phrases("""
    whats THE? LATEST|NEWS|happening
    whats going on
    whats been? happening|new
    whats THE LATEST NEWS
    what IS THE? LATEST|NEWS|happening
    what IS THE? LATEST NEWS
    what is going on
    what has been? happened|happening|changed
    what have been? THE? LATEST? NEWS
    what happened
    what did i miss
    what have i missed
    LATEST|any|more|THE THE? NEWS
    THE LATEST NEWS?
    any LATEST NEWS
    has there been THE|anything LATEST? NEWS?
    NEWS
    is|are there anything|something|any|some|more LATEST? NEWS?
    has anything happened|changed
    have you got? THE|anything LATEST? NEWS?
    anything|something LATEST
    GIVE me|us THE? LATEST NEWS
    GIVE me|us THE LATEST
    GIVE THE? LATEST? NEWS
    GIVE THE LATEST
    GIVE me|us whats LATEST
    bring me|us up to date
    catch me|us up
    update me|us
    summary|overview|recap of THE? LATEST? NEWS
    summarise|summarize|recap THE? LATEST? NEWS
""")
# Those that are none unless they go on: "the latest on the bridge".
_NEWS_ABOUT = _phrases("""
    THE latest|newest
    latest|newest
    LATEST NEWS
""")
_LINK = re.compile(
    r"(?:to do )?(?:about|on|from|of|with|regarding|concerning|for|in|at|near|around|over)\s+(?:what happened to\s+)?",
    re.I,
)
_BECAME_LINK = re.compile(r"(?:to|with)\s+", re.I)
_NEWS_AFTER = re.compile(r"^(?:the |any |latest )*(?P<topic>(?:[\w'’.-]+ ){1,4})(?:news|headlines)$", re.I)
_FILLERS = re.compile(
    r"[\s,]*\b(?:lately|recently|please|so far|meanwhile|here|right now|at the moment|now|then)$", re.I
)
_SAID = re.compile(
    r"^what (?:did|has|have|had) (?P<who>(?:[^\s,;:?]+ ){1,10})"
    r"(?:say|said|been saying)(?: recently| lately| so far| last| most recently)?$",
    re.I,
)
_SAID_ABOUT = re.compile(
    r"^what (?:did|has|have|had) (?P<who>(?:[^\s,;:?]+ ){1,6}?)(?:say|said) "
    r"(?P<about>(?:to|about|on|of|in|at|during|regarding) .+)$",
    re.I,
)
_PRONOUNS = lexicon.word_set("he she they it you i we this that these those")
_SUMMARY = _phrases("""
    summarise|summarize|sumarise|sumarize to|for? me|us?
    sum up
    recap
    tldr
    tl dr
    GIVE|write|make|provide me|us? a|an|the SHORT? SHORT? SHORT? summary|recap|gist|digest of|for|about|on
    a|an|the SHORT? summary|recap|gist|digest of|for|about|on
    summary|recap|gist|digest of|for|about|on
    GIVE me|us? the main|key|most|essential important? points|facts|takeaways|messages of|in|from
    the main|key points|facts|takeaways of|in|from
    main|key points|facts|takeaways of|in|from
    what|whats IS? the main|key|most|essential important? points|facts|takeaways|messages of|in|from
""")
_ARTICLE = re.compile(
    r"^(?:(?:the|this|that|your|an?)\s+)?(?:(?P<newest>newest|latest|most recent|last)\s+)?(?:news\s+)?"
    r"(?:article|story|report|piece|text|document|item)\b"
    r"(?:\s+(?:that is\s+)?(?:about|on|of|titled|called|entitled|named|regarding|with the title))?\s*",
    re.I,
)
_ARTICLE_AFTER = re.compile(r"\s+(?:article|story|report|piece)$", re.I)
_QUOTES = "\"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb "
_THIS = _PRONOUNS | lexicon.word_set("them him her everything all")

# Requests about the library, as normalized words. What follows the articles is checked: those of a treaty are others.
_ARTICLES = r"(?:news )?(?:articles|documents|texts)"
_PLACE = r"(?:library|index|collection|corpus|database|archive)"
_HAVE = (
    r"(?:do (?:you|we|i) (?:have|know|hold|contain|use|cover|offer)|(?:have|can) (?:you|we|i) (?:got|read|search|use)|"
    r"are there|are indexed|are stored|is there|you have|i have|there are|"
    rf"(?:are )?in (?:the|your|this|my|our) {_PLACE})"
)
_REST = (
    rf"(?: (?:in|inside) (?:the|your|this|my|our) {_PLACE}| here| altogether| in total| in all| at the moment|"
    r" right now| now| so far| overall| currently| available)*"
)
_QUALIFIED = (
    r"(?: (?:(?:that |which )?(?:are |were |is )?(?:about|mention(?:ing)?|on|concerning|regarding|covering)"
    r" (?P<topic>.+?)|(?:that |which )?(?:are |were |is |come )?(?:from|by|published by|written by) (?P<source>.+?)|"
    r"(?:were|was|have been|are)(?: published)?|published))?"
)
_COUNT = re.compile(
    rf"(?:how many|number of|the number of|count (?:the|your|all)?(?: the)?) ?{_ARTICLES}(?: {_HAVE})?{_QUALIFIED}"
    rf"(?: {_HAVE})?{_REST}"
)
_SIZE = re.compile(rf"how (?:big|large) is (?:the|your|this|my) {_PLACE}")
_SOURCES = (
    re.compile(
        r"(?:how many|which|what|list|name|show|show me|list me|give me)(?: all)?(?: of)?(?: the| your| my)? ?"
        r"(?:news )?"
        rf"(?:sources|newspapers|outlets|publishers|publications)(?: {_HAVE}| are (?:these|the|your) {_ARTICLES} from)?"
        rf"{_REST}"
    ),
    re.compile(rf"(?:what|which|who) are (?:your|the|all|my)(?: the| your)? (?:news )?sources{_REST}"),
    re.compile(
        rf"where (?:do|does|did) (?:your|these|the|all) (?:{_ARTICLES}|news|information|answers|knowledge) come from"
    ),
    re.compile(
        r"where (?:do|did) you (?:get|have|take|got) (?:your|the|these|all)(?: your| the)? "
        rf"(?:{_ARTICLES}|news|information|answers|knowledge) from"
    ),
)
_TOPICS = (
    re.compile(
        r"what(?: all| else)? (?:do you know(?: about)?|do you cover|can you tell (?:me|us) about|"
        rf"(?:can|could|should|may) i ask(?: you)?(?: about)?|do you have){_REST}"
    ),
    re.compile(
        rf"(?:which|what) (?:topics|subjects|themes|stories)(?: {_HAVE}| (?:can|could) i ask(?: you)? about|"
        rf" are covered| do you know about| do (?:your|the) {_ARTICLES} cover)?{_REST}"
    ),
    re.compile(rf"(?:what|whats)(?: is| are)? (?:your|these|the|all the|this|my) (?:{_ARTICLES}|{_PLACE}) about"),
    re.compile(
        r"(?:what|whats)(?: is)? in(?:side)? (?:your|this) library|whats?(?: is)? in (?:the|your) (?:index|corpus)"
    ),
    re.compile(rf"(?:which|what) {_ARTICLES}(?: {_HAVE}){_REST}"),
    re.compile(rf"(?:list|show)(?: me)?(?: all)?(?: of)?(?: the| your| my)? (?:{_ARTICLES}|topics){_REST}"),
)
_NEWEST = r"(?:newest|latest|most recent|(?P<oldest>oldest|earliest))"
_ONE = r"(?:news )?(?:article|document|text)"
_ENDS = (
    re.compile(
        rf"(?:(?:what|which|whats)(?: is)?|show me|give me|tell me)(?: the| your| our| my)? {_NEWEST} {_ONE}"
        rf"(?: (?:about|on|mentioning) (?P<topic>.+?))?(?: {_HAVE})?{_REST}"
    ),
    re.compile(rf"(?:which|what) (?:{_ONE}|of (?:the|your) {_ARTICLES}) is (?:the )?{_NEWEST}{_REST}"),
    re.compile(rf"when was (?:the|your) {_NEWEST} {_ONE} (?:published|added|written)"),
    re.compile(
        r"how up to date are you|how (?:new|recent|old|current|up to date) (?:are|is) (?:the|your|these|all) "
        rf"(?:{_ARTICLES}|news|knowledge|data)"
    ),
)
# Times that a request names, besides those of qa/dates.
_THIS_TIME = re.compile(
    r"(?:(?:of|from|for|since|during|in)\s+)?(?:\btoday(?:['’]s)?\b|"
    r"\bthis\s+(?P<unit>morning|afternoon|evening|week|month|year)(?:['’]s)?\b)",
    re.I,
)
_PAST_DAYS = re.compile(
    r"\b(?:in|over|during|within|of|from|for)\s+the\s+(?:last|past)\s+"
    rf"(?:(?P<count>\d{{1,3}}|few|couple of|{lexicon.NUMBER_WORDS})\s+)?"
    r"(?P<unit>hours?|days?|weeks?|months?|years?)\b",
    re.I,
)
_FEW = 4
_MAX_DAYS = 36_500
_UNIT_DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 31, "year": 366}
_TIME_BEFORE = re.compile(
    r"(?:\b(?P<since>since|from|after)|\b(?:published\s+)?(?:on|in|at|of|for|during|over|before|until|by|as of|up to))"
    r"\s+(?:the\s+)?\Z",
    re.I,
)
_TIME_AFTER = re.compile(
    r"(?:['’]s\b)?(?:\s*(?:[?.,;:!)]|onwards?\b|$)|"
    r"\s+(?:in|at|on|to|with|about|from|of|near|around|do|are|is|were|was|have|news|headlines)\b)",
    re.I,
)


def find_overview(text: str, today: date | None) -> Overview | None:
    """Return the request for an overview that a whole question is, without what surrounds it; None for others.

    today: the day of the question; without it, times are not resolved.
    """
    words = words_of(text)
    if not words or not _may_be_overview(words):
        return None
    text = text.strip(" ?!.")
    named = _named_time(text, today) if today is not None else None
    timeless = text if named is None else named.rest
    plain = words_of(timeless)
    summary = _summary(text, words_of(text))
    if summary is not None:
        # The title of an article may name a time; "summarise last week" asks for news.
        rest = _summary(timeless, plain) if plain else None
        is_news = summary.kind is OverviewKind.NEWS or (named is not None and rest is None)
        return _at(named, Overview(OverviewKind.NEWS)) if is_news else summary
    if not plain:
        return None
    found = _library(timeless, plain) or _statements(timeless) or _news(timeless)
    if found is None:
        return None
    found = replace(found, topic=found.topic.strip(" ?!.,;:"))
    is_today = named is not None and named.first == named.last == today
    if found.kind is OverviewKind.NEWS and is_today and "happened" not in text.lower():
        return found  # "today's headlines" are the newest
    return _at(named, found)


def _at(time: "_Time | None", request: Overview) -> Overview:
    return request if time is None else replace(request, first=time.first, last=time.last, time=time.text)


def _may_be_overview(words: Sequence[Word]) -> bool:
    """Return whether some words of a question are those of a request: most questions need no further look."""
    plain = [word.normalized for word in words]
    begins = any(phrases.longest(words) for phrases in (_NEWS, _NEWS_ABOUT, _SUMMARY))
    asks_what = plain[0] == "what"
    named = not _LIBRARY_WORDS.isdisjoint(plain) or (asks_what and plain[-1] in ("ask", "have", "know", "you", "cover"))
    said = asks_what and not _SAYING.isdisjoint(plain)
    times = plain[0] in ("today", "todays", "yesterday", "yesterdays") or plain[-1] in ("news", "headlines")
    return begins or named or said or times


_SAYING = lexicon.word_set("say said saying")
_LIBRARY_WORDS = lexicon.word_set("""
    articles documents texts article document text sources source newspapers outlets publishers publications topics
    subjects themes library index collection corpus database archive about information news stories
""")


def _library(text: str, words: Sequence[Word]) -> Overview | None:
    plain = " ".join(word.normalized for word in words)

    def named(found: re.Match[str], group: str) -> str | None:
        if group not in found.re.groupindex or found[group] is None:
            return None
        first, last = (plain.count(" ", 0, at) for at in found.span(group))
        return text[words[first].start : words[last].end]

    counted = _COUNT.fullmatch(plain) or _SIZE.fullmatch(plain)
    if counted is not None:
        topic, source = named(counted, "topic"), named(counted, "source")
        rest = words_of(f"{topic or ''} {source or ''}")
        asks = any(is_auxiliary(word) or word.normalized in lexicon.QUESTION_WORDS for word in rest)
        return None if asks else Overview(OverviewKind.COUNT, topic or "", source=source)
    if any(pattern.fullmatch(plain) for pattern in _SOURCES):
        return Overview(OverviewKind.SOURCES)
    if any(pattern.fullmatch(plain) for pattern in _TOPICS):
        return Overview(OverviewKind.TOPICS)
    end = next((found for pattern in _ENDS if (found := pattern.fullmatch(plain)) is not None), None)
    if end is None:
        return None
    kind = OverviewKind.NEWEST if named(end, "oldest") is None else OverviewKind.OLDEST
    return Overview(kind, named(end, "topic") or "")


def _summary(text: str, words: Sequence[Word]) -> Overview | None:
    length = _SUMMARY.longest(words)
    if not 0 < length < len(words):
        return None
    rest = text[words[length].start :]
    article = _ARTICLE.match(rest)
    topic = (rest if article is None else rest[article.end() :]).strip(_QUOTES)
    topic = _ARTICLE_AFTER.sub("", topic).strip(_QUOTES)
    if article is not None and article["newest"] is not None and not topic:
        return Overview(OverviewKind.SUMMARY)
    plain = words_of(topic)
    if not plain or all(word.normalized in _THIS for word in plain):
        return None
    if article is None and begins_question(plain, 0):
        return None
    if _NEWS.longest(plain) == len(plain):
        return Overview(OverviewKind.NEWS)
    return Overview(OverviewKind.SUMMARY, topic)


def _statements(text: str) -> Overview | None:
    text = " ".join(_FILLERS.sub("", text).split())
    said = _SAID.match(text) or _SAID_ABOUT.match(text)
    if said is None:
        return None
    about = said.groupdict().get("about") or ""
    speaker = said["who"].strip()
    plain = {word.normalized for word in words_of(speaker)}
    if plain <= _PRONOUNS or plain & lexicon.AUXILIARIES:
        return None
    return Overview(OverviewKind.STATEMENTS, speaker, is_fallback=about != "", about=about)


def _news(text: str) -> Overview | None:
    text = _FILLERS.sub("", text)
    words = words_of(text)
    alone = _NEWS.longest(words)
    if alone and alone == len(words):
        return Overview(OverviewKind.NEWS)
    length = max(alone, _NEWS_ABOUT.longest(words))
    if 0 < length < len(words):
        return _news_of(text[words[length].start :], words, length)
    after = _NEWS_AFTER.match(text)
    if after is None or begins_question(words, 0) or words[0].normalized in lexicon.VERBS:
        return None
    return Overview(OverviewKind.NEWS, after["topic"].strip())


def _news_of(rest: str, words: Sequence[Word], length: int) -> Overview | None:
    """Return the request for news of what follows the first words, which ask for news."""
    following, asking = words[length:], words[length - 1].normalized
    if any(question_type_at(following, at) is not None for at in range(len(following))):
        return None
    became = _BECAME_LINK.match(rest) if asking == "happened" else None
    link = _LINK.match(rest) if became is None else became
    if link is None and (length == 1 or asking not in _SHARED["NEWS"].split("|")):
        return None
    topic = rest if link is None else rest[link.end() :]
    plain = words_of(topic)
    is_pronoun = {word.normalized for word in plain} <= _THIS
    is_clause = is_pronoun or begins_question(plain, 0) or any(map(is_auxiliary, plain))
    return None if is_clause else Overview(OverviewKind.NEWS, topic, is_fallback=became is not None)


@dataclass(frozen=True, slots=True)
class _Time:
    """The words of a request for a time, its first and last day, and the request without these words."""

    text: str
    first: date | None
    last: date | None
    rest: str


def _named_time(text: str, today: date) -> _Time | None:
    current = _THIS_TIME.search(text)
    if current is not None:
        unit = (current["unit"] or "").lower()
        back = {"week": today.weekday(), "month": today.day - 1, "year": today.timetuple().tm_yday - 1}.get(unit, 0)
        return _time(text, *current.span(), days_later(today, -back), today)
    recent = _PAST_DAYS.search(text)
    if recent is not None:
        count = (recent["count"] or "1").lower()
        number = _FEW if count == "few" else number_value(count)
        days = min(round(number * _UNIT_DAYS[recent["unit"].lower().removesuffix("s")]), _MAX_DAYS)
        return _time(text, *recent.span(), days_later(today, -days), today)
    for expression in find_dates(text, today.isoformat()):
        if _TIME_AFTER.match(text, expression.end) is None:
            continue
        before = _TIME_BEFORE.search(text, 0, expression.start)
        since = None if before is None or before["since"] is None else before["since"].lower()
        bound = "in" if before is None or since is not None else before[0].strip()
        period = asked_period(f"What happened {bound} {text[expression.start : expression.end]}?", today)
        if period is None or period.last is None:
            continue
        start = expression.start if before is None else before.start()
        first, last = period.first, period.last
        if since is not None:
            first, last = days_later(last, 1) if since == "after" else first, last if since == "from" else today
        return _time(text, start, expression.end, first, last)
    return None


def _time(text: str, start: int, end: int, first: date | None, last: date | None) -> _Time:
    return _Time(text[start:end], first, last, _cut(text, start, end))


def _cut(text: str, start: int, end: int) -> str:
    end += 2 if text[end : end + 2] in ("'s", "’s") else 0
    return " ".join(f"{text[:start]} {text[end:]}".split()).strip(" ,?!.")
