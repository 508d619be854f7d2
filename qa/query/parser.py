"""Parses what a person asks into a Question: the core of it, its type, and a reply where it is small talk."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from corpus.errors import InvalidQuestion
from corpus.text.unicode import replace_surrogates
from qa.query import lexicon
from qa.query.compound import sub_questions
from qa.query.overview import Overview, find_overview
from qa.query.period import Period, asked_period
from qa.query.phrases import Word, normalized_words, words_of
from qa.query.preambles import background_end, core_end, core_start, core_starts
from qa.query.question_types import QuestionType, begins_question, classify
from qa.query.small_talk import small_talk_reply

# "What's the latest on", "any news about", "latest news"
_ABOUT = "(?:on|about|from|of|with|regarding)"
_NEWS = re.compile(
    r"(?:(?:what(?:[’']?s| is| are)|is there|are there|give me|tell me)\s+)?(?:(?:the|any)\s+)?"
    r"(?:(?:(?:latest|newest|recent)\s+)?(?:news|updates?|developments?)|latest|newest|anything new|new)\s+"
    rf"{_ABOUT}\s+|(?:what are )?(?:the )?(?:latest|newest|recent) (?:news|updates?|developments?)\s+(?:in\s+)?",
    re.I,
)
_LATEST = re.compile(
    r"(?:(?:the|any)\s+)?(?:(?:latest|newest|recent|anything)\s+)?(?:latest|newest|news?|updates?|developments?)\b",
    re.I,
)
_ASKED_NEWS = re.compile(r"\b(?:what(?:[’']?s| is) (?:the )?(?:new|news|latest)|any news|(?:the|any) updates?)\b", re.I)
_HAPPENED = re.compile(
    r"what(?:[’']?s| has| was| is)? happen(?:ed|ing)\s+(?:(?:in|at|on|with|to|near|around)\s+)?", re.I
)
_TOLL = re.compile(
    r"(?:the )?(?:(?P<event>\S.*?) )??(?P<death>death )?toll(?: (?:of|in|from|after) (?P<of>.*\S))?\?", re.I
)
_DISASTER = re.compile(
    r"\b(?:accident|attack|avalanche|blast|blaze|bombing|capsiz\w+|collapse|crash|cyclone|derailment|disaster"
    r"|earthquake|epidemic|eruption|explosion|fire|floods?|heat ?wave|hurricane|landslide|mudslide|outbreak|quake"
    r"|shipwreck|shooting|sinking|storm|tornado|tsunami|typhoon|wildfires?)\b",
    re.I,
)
MAX_QUESTION = 1000  # characters; an embedding model reads the first 256 tokens
_MAX_TOPIC = 6  # words
_QUOTES = "\"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb\u2039\u203a"
_END = " ?？؟!！…,;:-–—~"
_OPENING = "\"'“”„‘«»‹›(¿¡[$€£#@."


@dataclass(frozen=True, slots=True)
class Question:
    """A parsed question. The whole pipeline passes it on; only corrected spelling is parsed again.

    text: the core of the question, without greetings and politeness, with one question mark at its end. hint: the reply
    to SMALL_TALK, None for every other type. parts: the questions that it joins, as "when and where was she born"; none
    for a single one. background: what the asker tells before the question, by which retrieval searches too. today: the
    day on which it is asked, None where that does not matter. asks_news: whether a TOPIC wants the newest first.
    news_words: the words that ask for that. ignored: the words for times that are not to be used, in lower case.
    kept: names and phrases that come from the conversation. context: words of the conversation by which retrieval
    searches, too. is_tentative: whether it may stand alone without them. excluded: former answers, not given again.
    history: the conversation, whose articles retrieval prefers by `preference`; empty where it prefers none.
    overview: the request for news, a summary or facts on the library that it may be; where nothing is found for that,
    it is answered as its other fields say.
    """

    text: str
    type: QuestionType
    hint: str | None = None
    parts: tuple["Question", ...] = ()
    background: str = ""
    today: date | None = None
    asks_news: bool = False
    news_words: str = ""
    ignored: frozenset[str] = frozenset()
    kept: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    is_tentative: bool = False
    excluded: tuple[str, ...] = ()
    history: str = ""
    preference: float = 0.0
    overview: Overview | None = None

    @property
    def search_text(self) -> str:
        """The text that retrieval searches by: the background, the question, and words of the conversation."""
        return " ".join(filter(None, (self.background, self.text, *self.context)))

    @property
    def period(self) -> Period | None:
        """The past time that it asks about, None where that is the present, or unknown."""
        return None if self.today is None else asked_period(self.text, self.today)

    def without(self, period: Period) -> "Question":
        """Return the question without its words for a period; "what happened in Ossery then" wants the news of it."""
        text = period.cut_from(self.text)
        happened = _HAPPENED.match(text)
        if happened is not None and any(character.isalnum() for character in text[happened.end() :]):
            return replace(self, text=text[happened.end() :], type=QuestionType.TOPIC, asks_news=True)
        return replace(self, text=text)

    def without_ignored(self) -> "Question":
        """Return the question without the words for times that are to be ignored."""
        question = self
        if question.news_words.lower() in question.ignored:
            question = replace(question, asks_news=False, news_words="")
        while question.ignored and (period := question.period) is not None and period.text.lower() in question.ignored:
            text = period.cut_from(question.text)
            if not any(character.isalnum() for character in text):
                break
            question = replace(question, text=text)
        return (
            question
            if not question.parts
            else replace(
                question, parts=tuple(replace(part, ignored=self.ignored).without_ignored() for part in question.parts)
            )
        )

    def with_titles(self, titles: set[str]) -> "Question":
        """Return the question as a TOPIC where it is the very title of an article."""
        words = words_of(self.text)
        if self.type is QuestionType.TOPIC or begins_question(words, 0):
            return self
        is_title = [word.normalized for word in words] in [normalized_words(title) for title in titles]
        return replace(self, type=QuestionType.TOPIC) if is_title else self


def parse_question(text: str, today: date | None = None, ignored: frozenset[str] = frozenset()) -> Question:
    """Parse a question that is asked on a day; without its words for a time where they are to be ignored.

    Raises InvalidQuestion where it is empty or longer than MAX_QUESTION characters.
    """
    core = _strip_marks(normalize_question(text))
    question = _parse(text, core, today, ignored)
    overview = None if _news_words(text).lower() in ignored else _overview(core, today)
    if overview is None:
        return question
    return replace(question, overview=overview.without_period() if overview.time.lower() in ignored else overview)


def _overview(core: str, today: date | None) -> Overview | None:
    """Return the request for an overview that a question is, perhaps after a preamble such as "can you tell me"."""
    words = words_of(core)
    for first, _ in core_starts(core, words):
        last = core_end(core, words, first)
        if first >= last:
            return None
        end = len(core) if last == len(words) else words[last - 1].end
        found = find_overview(core[words[first].start : end], today)
        if found is not None:
            return found
    return None


def _parse(text: str, core: str, today: date | None, ignored: frozenset[str]) -> Question:
    commanded, background = False, ""
    while True:
        words = words_of(core)
        hint = small_talk_reply(words)
        if hint is not None and not background:
            return Question(core, QuestionType.SMALL_TALK, hint)
        shorter, is_command = _core(core, words)
        commanded = commanded or is_command
        if shorter == core:
            at = background_end(core, words)
            if at == 0:
                break
            background = f"{background} {core[: words[at].start]}".strip()
            shorter = _strip_marks(core[words[at].start :])
        core = shorter
    news = _NEWS.match(core)
    if news is not None and begins_question(words_of(core[news.end() :]), 0):
        core, news = core[news.end() :], None  # "any update on when it opens?"
        words = words_of(core)
    if news is not None and any(character.isalnum() for character in core[news.end() :]):
        topic = Question(
            core[news.end() :], QuestionType.TOPIC, None, (), background, today, True, _news_words(news[0])
        )
        return replace(topic, ignored=ignored).without_ignored()
    core = _without_toll(core)
    words = words_of(core)
    found = classify(core, words)
    inside = core.removesuffix("?")
    is_quoted = inside[:1] in _QUOTES and inside[-1:] in _QUOTES and not any(mark in inside[1:-1] for mark in '"“”«»')
    if commanded and is_quoted:  # a headline may ask: "Officials Say Who Paid"
        found = QuestionType.TOPIC
    elif not commanded and found is QuestionType.TOPIC and len(core.split()) > _MAX_TOPIC:
        found = QuestionType.OTHER  # a question without its question word
    parts = (Question(part, classify(part, words_of(part)), today=today) for part in sub_questions(core, words))
    asked = _ASKED_NEWS.search(text) if found is QuestionType.TOPIC else None  # the core has lost those words
    news_words = "" if asked is None else _news_words(asked[0])
    question = Question(core, found, None, tuple(parts), background, today, asked is not None, news_words, ignored)
    return question.without_ignored()


def _without_toll(core: str) -> str:
    """Return what keywords for a death toll ask: "mine collapse toll" is "How many people died in mine collapse?"."""
    found = _TOLL.fullmatch(core)
    event = "" if found is None else found["event"] or found["of"] or ""
    is_of_event = found is not None and (found["death"] or _DISASTER.search(event) is not None)
    if not event or not is_of_event or any(word.normalized in lexicon.AUXILIARIES for word in words_of(event)):
        return core
    return f"How many people died in {event}?"


def _news_words(text: str) -> str:
    """Return the words that ask for the newest of a phrase such as "what's the latest on"."""
    found = _LATEST.search(text)
    return text.strip() if found is None else found[0]


def normalize_question(question: str) -> str:
    """Return a question with single spaces and one question mark at its end; raises InvalidQuestion."""
    if len(question) > MAX_QUESTION:
        raise InvalidQuestion(f"The question has {len(question):,} characters; at most {MAX_QUESTION:,} are read.")
    spaced = " ".join(replace_surrogates(question).replace("\0", " ").split())
    if not any(character.isalnum() for character in spaced):
        raise InvalidQuestion("The question is empty: ask who, what, when, where, why or how, or name a topic.")
    return f"{spaced.rstrip(' ?？؟')}?"


def _core(text: str, words: Sequence[Word]) -> tuple[str, bool]:
    """Return a question without what surrounds it, and whether a command such as "tell me about" does."""
    first, commanded = core_start(text, words)
    last = core_end(text, words, first)
    if first == 0 and last == len(words):
        return text, commanded
    start, end = words[first].start if first else 0, words[last - 1].end if last < len(words) else len(text)
    while first and text[start - 1] in _OPENING:
        start -= 1
    while end < len(text) and not text[end].isspace() and text[end] not in _END:
        end += 1
    return _strip_marks(text[start:end]), commanded


def _strip_marks(text: str) -> str:
    """Strip marks and emojis off the ends, but for the dot of an initial: "Tell me of the U.S."."""
    start, end = 0, len(text)
    while _is_emoji(text[start]) or text[start] == " ":
        start += 1
    while (
        (last := text[end - 1]) in _END
        or _is_emoji(last)
        or (last == "." and (text[end - 3 : end - 2].isalnum() or not text[end - 2 : end - 1].isalpha()))
    ):
        end -= 1
    return f"{text[start:end]}?"


def _is_emoji(character: str) -> bool:
    is_symbol = unicodedata.category(character) in ("So", "Sk") and not character.isalnum()
    return is_symbol or character in "\u200d\ufe0f"  # joiners and colour selectors
