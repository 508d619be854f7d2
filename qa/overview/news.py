"""Answers requests for news, for what somebody said, and for a summary: with the sentences that tell most."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, islice

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, parse_published
from corpus.store.article_store import ArticleReader
from corpus.store.filters import ArticleFilter
from corpus.store.words import fold, mentions
from index.generations.generation import Generation
from index.search.keywords import stems
from qa.answers.attribution import attribution
from qa.answers.names import names_in
from qa.content_sentences import dateline_end, is_content_sentence
from qa.dates.calendar_units import days_later
from qa.dates.finder import find_dates
from qa.overview.salience import SalientSentence, salient_sentences, title_weights
from qa.query import lexicon
from qa.query.lexicon import STOP_STEMS
from qa.query.overview import Overview
from qa.query.phrases import normalized_words
from qa.reports.stories import is_same_story, published_at
from qa.types import Candidate, Hit, Quote, ScoredCandidate

MAX_EVENTS = 20
MAX_ARTICLES = 100  # the newest ones, from which events are told
SUMMARY_LENGTH = 3  # sentences
# Of sentences that a rule chose, as measured on eval/overview: docs/decisions.md.
NEWS_CONFIDENCE, STATEMENT_CONFIDENCE, SUMMARY_CONFIDENCE = 0.9, 0.8, 0.8
_MIN_SIMILARITY = 0.55  # of the mean vectors of two reports of a day on one event
_REPORTED_LATER = 2  # days, in which reports still tell what happened on a day
_OF_PERIOD = 1.0  # salience of a sentence that names a day of the period that is asked about
_MAX_STATEMENTS = 2  # of an article
_MIN_COVERAGE = 0.6  # of a topic by title and lead, its words weighted by their idf
_ALL = 0.99
_IS_TITLE = 1.9  # likeness of a title and a topic, at most 2, from which on that very article is meant
_MIN_STORY_COVERAGE = 0.4  # where another report on the story names more of it
_LEAD = 300  # code points
_LOOK_BACK = 3  # sentences before a pronoun in which its speaker is searched
_INVERTED = re.compile(r", (?P<verb>[a-z]+)\Z")
_SPEAKER = 90  # code points after "said" that name the speaker
_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”]?")
_CALLED = re.compile(r"\b(?:called|described|spoke of|speaks of|calls|describes)\b")
_PRONOUN = re.compile(r"\b(?:he|she|they)\b", re.I)
_POSSESSOR = re.compile(r"^.*['’]s?\s+")
_POSSESSIVE = re.compile(r"['’]s?\b")


@dataclass(frozen=True, slots=True)
class Report:
    """An article of the generation with its number there."""

    number: int
    article: Article


class Topic:
    """The words of a topic, and the sentences that are likely to tell of it."""

    def __init__(self, text: str, scored: Sequence[ScoredCandidate], threshold: float) -> None:
        self._weights = title_weights(_POSSESSIVE.sub("", text))
        self._total = sum(self._weights.values())
        self._likely = [one.sentence for one, confidence in scored if confidence >= threshold]

    def coverage(self, text: str) -> float:
        """Return how much of the topic a text names, 0 to 1, its words weighted by idf."""
        shared = self._weights.keys() & set(stems(text))
        return sum(self._weights[stem] for stem in shared) / self._total if self._total else 0.0

    def covered_by(self, article: Article) -> float:
        """Return how much of the topic the title and the beginning of an article name, 0 to 1."""
        return self.coverage(f"{article.title}\n{article.text[:_LEAD]}")

    def is_of(self, article: Article) -> bool:
        """Return whether title and beginning of an article name the topic."""
        return self.covered_by(article) >= _MIN_COVERAGE

    def is_likely_in(self, article: Article) -> bool:
        """Return whether an article has a likely sentence, and is on the story of the likeliest one."""
        is_likely = any(sentence.article.id == article.id for sentence in self._likely)
        return is_likely and is_same_story(self._likely[0].article, article)

    def telling(self, found: Sequence[SalientSentence]) -> list[SalientSentence]:
        """Return the sentences of an article that tell of the topic, best first: all of an article on it."""
        raised = (replace(one, salience=one.salience + self.coverage(one.sentence.text)) for one in found)
        told = [
            one
            for one in raised
            if self.covered_by(one.sentence.article) >= _MIN_STORY_COVERAGE
            or one.sentence in self._likely
            or self.coverage(one.sentence.text) >= _MIN_COVERAGE
        ]
        return sorted(told, key=lambda one: -one.salience)

    def article_of(self, hits: Sequence[Hit]) -> Hit | None:
        """Return the best hit of the article that is meant; None where no article is on the topic.

        The one whose title is the topic, or the newest of those whose title or beginning names it, or else that of the
        likeliest sentence.
        """
        best = max(hits, key=lambda hit: self._likeness(hit.sentence.article), default=None)
        if best is not None and self._likeness(best.sentence.article) < _IS_TITLE:
            about = [hit for hit in hits if self.is_of(hit.sentence.article)]
            best = max(about, key=lambda hit: _time(hit) or 0.0, default=None)
        if best is not None and self.is_of(best.sentence.article):
            return best
        ids = {one.article.id for one in self._likely[:1]}
        return next((hit for hit in hits if hit.sentence.article.id in ids), None)

    def _likeness(self, article: Article) -> float:
        """Return the share of the words that the topic and a title have in common, and how much the beginning names."""
        title = title_weights(article.title)
        common = sum(weight for stem, weight in title.items() if stem in self._weights)
        total = self._total + sum(title.values())
        shared = 2 * common / total if total else 0.0
        return shared + self.covered_by(article)


class NewsFinder:
    """Finds in a generation what articles tell that is new.

    Each method yields the hits of sentences and their candidates, with a confidence, best or newest first.
    """

    def __init__(self, generation: Generation, store: ArticleReader, filters: ArticleFilter) -> None:
        self._generation = generation
        self._store = store
        self._filters = filters

    def newest_reports(self, request: Overview) -> list[Report]:
        """Return the newest articles of the time that is asked about; all of them are news where no topic is given."""
        filters = within(self._filters, request.first, request.last)
        return [] if filters is None else self._reports(self._store.newest(filters, MAX_ARTICLES))

    def reports_of(self, hits: Iterable[Hit]) -> list[Report]:
        """Return the articles of hits, newest first."""
        numbers = [self._generation.sentence(hit.row)[0] for hit in hits]
        found = {
            number: hit.sentence.article for number, hit in zip(numbers, hits, strict=True) if _time(hit) is not None
        }
        return sorted(
            (Report(number, article) for number, article in found.items()),
            key=lambda report: -(published_at(report.article) or 0.0),
        )

    def on_topic(self, reports: Sequence[Report], topic: Topic) -> list[Report]:
        """Return the reports on a topic: those whose beginning names all of it, or else most of it.

        So are those that tell of the same, and those with a likely sentence on the story of the likeliest one.
        """
        covered = [(report, topic.covered_by(report.article)) for report in reports]
        most = max((coverage for _, coverage in covered), default=0.0)
        minimum = _ALL if most >= _ALL else _MIN_COVERAGE
        named = [report for report, coverage in covered if coverage >= minimum]
        return [
            report
            for report, coverage in covered
            if report in named
            or topic.is_likely_in(report.article)
            or (coverage >= _MIN_STORY_COVERAGE and any(self._is_same_event(one, report) for one in named))
        ]

    def _reports(self, articles: Mapping[int, Article]) -> list[Report]:
        outdated = self._store.outdated(self._filters)
        return [Report(number, article) for number, article in articles.items() if number not in outdated]

    def news(
        self, reports: Sequence[Report], request: Overview, topic: Topic | None = None
    ) -> Iterator[SalientSentence]:
        """Yield the sentence that tells most of each event, newest first.

        The reports of a day on one story tell of one event, and so do all that tell afterwards of the time that is
        asked about.
        """
        told_clusters: set[str] = set()
        last = request.last
        for _, same_day in groupby(reports, key=lambda report: _event_day(report.article, last)):
            for event in self._events(same_day):
                clusters = {report.article.cluster for report in event if report.article.cluster is not None}
                told = [sentence for report in event for sentence in self._telling(report, request, topic)[:1]]
                if told and told_clusters.isdisjoint(clusters):
                    told_clusters |= clusters
                    yield max(told, key=lambda one: one.salience)

    def _events(self, reports: Iterable[Report]) -> list[list[Report]]:
        """Return the reports by event, those of which there are most reports first."""
        events: list[list[Report]] = []
        for report in reports:
            event = next((one for one in events if self._is_same_event(one[0], report)), None)
            if event is None:
                events.append([report])
            else:
                event.append(report)
        return sorted(events, key=lambda event: -len(event))

    def summary(self, report: Report, length: int = SUMMARY_LENGTH) -> list[SalientSentence]:
        """Return the sentences that tell most of an article, in their order."""
        found = salient_sentences(self._generation, report.number, report.article)[:length]
        return sorted(found, key=lambda one: one.row)

    def statements(self, reports: Sequence[Report], request: Overview) -> Iterator[SalientSentence]:
        """Yield the sentences that report what a speaker says, those of the newest article first."""
        seen, told = set[str](), set[str]()
        about = Topic(request.about, (), 1.0) if request.about else None
        for report in reports:
            cluster = report.article.cluster
            if cluster is not None and cluster in seen:
                continue
            said = [one for one in self._said(report, request.topic) if self._is_in_period(one.sentence, request)]
            if about is not None:
                said = [one for one in said if about.coverage(one.sentence.text) >= _MIN_COVERAGE]
            if said and cluster is not None:
                seen.add(cluster)
            for one in said[:_MAX_STATEMENTS]:
                if one.sentence.text not in told:
                    told.add(one.sentence.text)
                    yield one

    def _telling(self, report: Report, request: Overview, topic: Topic | None) -> list[SalientSentence]:
        """Return the sentences of a report that tell of the topic and the period that are asked about, best first."""
        found = salient_sentences(self._generation, report.number, report.article)
        if topic is not None:
            found = topic.telling(found)
        if not request.has_period:
            return found
        named = [(one, _named_days(one.sentence)) for one in found]
        first, last = request.first or date.min, request.last or date.max
        day = _day(report.article)
        is_of_period = day is not None and first <= day <= last
        told = [
            replace(one, salience=one.salience + _OF_PERIOD) if any(first <= day <= last for day in days) else one
            for one, days in named
            if is_of_period or any(first <= day <= last for day in days)
        ]
        return sorted(told, key=lambda one: -one.salience)

    def _is_in_period(self, sentence: Quote, request: Overview) -> bool:
        if not request.has_period:
            return True
        first, last = request.first or date.min, request.last or date.max
        day = _day(sentence.article)
        days = _named_days(sentence)
        return (day is not None and first <= day <= last) or any(first <= day <= last for day in days)

    def _is_same_event(self, one: Report, other: Report) -> bool:
        if one.article.cluster is not None and one.article.cluster == other.article.cluster:
            return True
        if not is_same_story(one.article, other.article):
            return False
        first, second = self._mean_vector(one), self._mean_vector(other)
        return float(first @ second) >= _MIN_SIMILARITY

    def _mean_vector(self, report: Report) -> NDArray[np.float32]:
        rows = np.array(self._generation.article_rows(report.number), np.int64)
        vector: NDArray[np.float32] = self._generation.take(rows).mean(axis=0)
        length = float(np.linalg.norm(vector))
        return vector / np.float32(length) if length else vector

    def _said(self, report: Report, speaker: str) -> Iterator[SalientSentence]:
        article = report.article
        wanted = frozenset(stems(_head(speaker))) - STOP_STEMS
        rows = self._generation.article_rows(report.number)
        quotes = [Quote(article, *self._generation.sentence(row)[1:]) for row in rows]
        aliases = _aliases(wanted, speaker, quotes)
        for at, (quote, row) in enumerate(zip(quotes, rows, strict=True)):
            if _says(quote, quotes[max(0, at - _LOOK_BACK) : at], wanted, aliases) and is_content_sentence(quote):
                yield SalientSentence(quote, row, 0.0)


def candidates(told: Iterable[SalientSentence], confidence: float) -> list[tuple[Hit, ScoredCandidate]]:
    """Return the hits and candidates of chosen sentences, without their datelines."""
    return [(_hit(one), (_candidate(one.sentence), confidence)) for one in islice(told, MAX_EVENTS)]


def _hit(one: SalientSentence) -> Hit:
    return Hit(one.sentence, one.row, one.salience, 0.0, 0.0)


def _candidate(sentence: Quote) -> Candidate:
    span = Quote(sentence.article, sentence.start + dateline_end(sentence.text), sentence.end)
    return Candidate(span, sentence, 0.0)


def within(filters: ArticleFilter, first: date | None, last: date | None) -> ArticleFilter | None:
    """Return filters that also want articles of a period, or of the days after it, which still tell of it.

    None where no article can pass.
    """
    return filters.narrowed(first, None if last is None else days_later(last, _REPORTED_LATER))


def _aliases(wanted: frozenset[str], speaker: str, quotes: Sequence[Quote]) -> frozenset[str]:
    """Return the last words of the names that a speaker has in an article: "the mayor" is "Sandell" there."""
    named = {name.words[-1] for name in names_in(speaker)}
    for quote in quotes:
        for name in names_in(quote.text):
            about = set(stems(" ".join([*name.description, *name.title, *name.words])))
            if wanted and name.person > 0 and wanted <= about | (wanted & set(stems(quote.text))) and wanted & about:
                named.add(name.words[-1])
    return frozenset(named)


def _says(quote: Quote, before: Sequence[Quote], wanted: frozenset[str], aliases: frozenset[str]) -> bool:
    """Return whether a sentence reports what the speaker says, who is named in it or is its pronoun."""
    reporter = attribution(quote, quote)
    text = quote.article.text
    if reporter is None:
        called = _CALLED.search(quote.text)
        quoted = _QUOTED.search(quote.text)
        is_said = called is not None and quoted is not None and called.start() < quoted.start()
        return is_said and called is not None and _names(quote.text[: called.start()], wanted, aliases)
    words = reporter.text
    inverted = _INVERTED.search(words)  # "There were 14 lorries, said Helga Strand"
    if words.split()[0].lower() in lexicon.SPEECH_VERBS or (inverted and inverted["verb"] in lexicon.SPEECH_VERBS):
        start = reporter.start + (inverted.start("verb") if inverted is not None else 0)
        words = text[start : min(quote.end, reporter.end + _SPEAKER)]
    words = _QUOTED.sub(" ", words)
    if _names(words, wanted, aliases):
        return True
    if _PRONOUN.search(words) is None:
        return False
    # "She said": the nearest person who is named before.
    head = _QUOTED.sub(" ", text[quote.start : reporter.start])
    for told in (head, *(_QUOTED.sub(" ", one.text) for one in reversed(before))):
        if _names(told, wanted, aliases):
            return True
        if any(name.person > 0 for name in names_in(told)):
            return False
    return False


def _head(speaker: str) -> str:
    """Return the words by which a speaker is called: "head teacher" of "the head teacher of Harrow's school"."""
    words = speaker.split()
    end = next((at for at, word in enumerate(words) if at and word.lower() in lexicon.PREPOSITIONS), len(words))
    return _POSSESSOR.sub("", " ".join(words[:end]))


def _names(text: str, wanted: frozenset[str], aliases: frozenset[str]) -> bool:
    return wanted <= set(stems(text)) or not aliases.isdisjoint(normalized_words(_POSSESSIVE.sub("", text)))


def _named_days(sentence: Quote) -> list[date]:
    """Return the days that a sentence names, resolved by the date of its article."""
    article = sentence.article
    found = []
    for one in find_dates(article.text, article.published, sentence.start, sentence.end):
        if one.value is not None and re.match(r"\d{4}-\d\d-\d\d", one.value):
            found.append(date.fromisoformat(one.value[:10]))
    return found


def _day(article: Article) -> date | None:
    return None if article.published is None else parse_published(article.published).day


def _event_day(article: Article, last: date | None) -> date | None:
    """Return the day of an article, but one for all that were published after the time that is asked about."""
    day = _day(article)
    return day if day is None or last is None or day <= last else date.max


def _time(hit: Hit) -> float | None:
    return published_at(hit.sentence.article)


def names_speaker(article: Article, speaker: str) -> bool:
    """Return whether an article has all words of the name or description of a speaker."""
    words = [word for word in fold(_POSSESSIVE.sub("", speaker)).split() if word not in lexicon.FUNCTION_WORDS]
    return mentions(words, article.title, article.text)
