"""Answers requests about the library itself: how many articles, which sources, which topics, the newest and oldest."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from corpus.article import Article, parse_published
from corpus.store.article_store import ArticleReader
from corpus.store.filters import ArticleFilter
from corpus.store.words import fold
from qa.answers.names import names_in
from qa.query import lexicon
from qa.query.overview import Overview, OverviewKind
from qa.query.phrases import normalized_words
from qa.types import LibraryItem, LibraryReply

MAX_ITEMS = 10
MAX_EXAMINED = 200  # the newest articles, whose beginnings name the topics
MAX_NAMED = 5  # articles
_BEGINNING = 300  # code points
_MIN_ARTICLES = 2  # in which a topic is named, where there are many articles
_NO_ARTICLES = "There are no articles yet."


@dataclass(frozen=True, slots=True)
class _Selection:
    """The articles that a request means: filters, the words that they mention, and both in words."""

    filters: ArticleFilter
    mentioned: str = ""
    description: str = ""


class LibraryGuide:
    """Answers requests about the library from the store, exactly, for the articles that pass the filters."""

    def __init__(self, store: ArticleReader) -> None:
        self._store = store

    def answer(self, request: Overview, filters: ArticleFilter) -> LibraryReply:
        """Return what the library has; raises what `ArticleReader.numbers` raises."""
        if not self._store.numbers():
            return LibraryReply(request.kind, _NO_ARTICLES, 0)
        narrowed = filters.narrowed(request.first, request.last)
        if narrowed is None:
            text = f"There are no articles{_period_in_words(request.first, request.last)} that pass the filters."
            return LibraryReply(request.kind, text, 0)
        filters = narrowed
        selection = self._selected(request, filters)
        if selection is None:
            sources = self._sources_in_words(self._store.sources(filters))
            return LibraryReply(request.kind, f"No article is from {request.source}. {sources}", 0)
        if selection.mentioned:
            is_oldest = request.kind is OverviewKind.OLDEST
            numbers = self._store.mentioning(selection.mentioned, selection.filters, is_oldest)
        else:
            numbers = self._store.numbers(selection.filters)
        if not numbers:
            return LibraryReply(request.kind, f"There are no articles{selection.description}.", 0)
        return self._described(request, selection, numbers)

    def _described(self, request: Overview, selection: _Selection, numbers: Sequence[int]) -> LibraryReply:
        if request.kind is OverviewKind.COUNT:
            return LibraryReply(request.kind, self._counted(selection, numbers), len(numbers))
        if request.kind is OverviewKind.SOURCES:
            return self._sources(selection, len(numbers))
        if request.kind is OverviewKind.TOPICS:
            return self._topics(selection, len(numbers))
        return self._end(request, selection, numbers)

    def _selected(self, request: Overview, filters: ArticleFilter) -> _Selection | None:
        """Return which articles are meant, None where they are to be from a source that there is not."""
        described = []
        if request.has_period:
            described.append(_period_in_words(request.first, request.last))
        passing = self._store.sources(filters) if filters.sources else {}
        if 0 < len(passing) <= MAX_ITEMS:
            described.append(f" from {' or '.join(passing)}")
        elif filters and not request.has_period:
            described.append(" that pass the filters")
        if request.topic:
            described.append(f" that mention “{request.topic}”")
        if request.source is not None:
            wanted = fold(request.source).removeprefix("the ")
            named = [one for one in self._store.sources(filters) if wanted in fold(one)]
            same = [one for one in named if fold(one).removeprefix("the ") == wanted]
            if not named:
                return None
            filters = replace(filters, sources=tuple(same or named))
            described.append(f" from {' or '.join(same or named)}")
        words = " ".join(word for word in normalized_words(request.topic) if word not in ("the", "a", "an"))
        return _Selection(filters, words, "".join(described))

    def _counted(self, selection: _Selection, numbers: Sequence[int]) -> str:
        text = f"There {'is' if len(numbers) == 1 else 'are'} {_articles(len(numbers))}{selection.description}"
        if selection.mentioned:
            return f"{text}."
        oldest, newest = (
            next(iter(self._store.newest(selection.filters, 1, oldest_first=order).values())) for order in (True, False)
        )
        if oldest.published is None or newest.published is None or oldest.published == newest.published:
            return f"{text}."
        undated = self._store.count_undated(selection.filters)
        without = f"; {undated:,} {'has' if undated == 1 else 'have'} no date" if undated else ""
        return f"{text}, published from {_in_words(oldest.published)} to {_in_words(newest.published)}{without}."

    def _sources(self, selection: _Selection, count: int) -> LibraryReply:
        sources = self._store.sources(selection.filters)
        items = tuple(LibraryItem(name, number) for name, number in list(sources.items())[:MAX_ITEMS])
        text = self._sources_in_words(sources)
        without = count - sum(sources.values())
        if sources and without:
            text += f" {_articles(without)} {'has' if without == 1 else 'have'} no source."
        return LibraryReply(OverviewKind.SOURCES, text, len(sources), items)

    def _sources_in_words(self, sources: dict[str, int]) -> str:
        if not sources:
            return "No article names its source."
        named = ", ".join(f"{name} ({number})" for name, number in list(sources.items())[:MAX_ITEMS])
        more = f" and {len(sources) - MAX_ITEMS} more" if len(sources) > MAX_ITEMS else ""
        return f"The articles are from {_counted_noun(len(sources), 'source')}: {named}{more}."

    def _topics(self, selection: _Selection, count: int) -> LibraryReply:
        examined = list(self._store.newest(selection.filters, MAX_EXAMINED).values())
        topics = _topics(examined)
        items = tuple(LibraryItem(name, number) for name, number in topics[:MAX_ITEMS])
        newest = tuple(examined[:MAX_NAMED])
        text = f"I answer from {_articles(count)}{selection.description}."
        if items:
            among = f" Of the newest {MAX_EXAMINED}, many" if count > MAX_EXAMINED else " Many"
            text += f"{among} are about: {', '.join(f'{one.text} ({one.articles})' for one in items)}."
        titles = "; ".join(f"“{one.title}”" for one in newest)
        return LibraryReply(OverviewKind.TOPICS, f"{text} The newest: {titles}.", count, items, newest)

    def _end(self, request: Overview, selection: _Selection, numbers: Sequence[int]) -> LibraryReply:
        is_oldest = request.kind is OverviewKind.OLDEST
        if selection.mentioned:
            first = self._store.by_number(numbers[:1])
        else:
            first = self._store.newest(selection.filters, 1, oldest_first=is_oldest)
        article = next(iter(first.values()))
        day = "without a date" if article.published is None else _in_words(article.published)
        named = ", ".join(part for part in (day, article.source) if part is not None)
        text = f"The {request.kind.value} article{selection.description} is “{article.title}” ({named})."
        return LibraryReply(request.kind, text, len(numbers), (), (article,))


def _topics(articles: Sequence[Article]) -> list[tuple[str, int]]:
    """Return the names in titles and beginnings of articles, and in how many each is, the most frequent first."""
    counts: Counter[tuple[str, ...]] = Counter()
    shown: dict[tuple[str, ...], str] = {}
    for article in articles:
        found = {}
        for line in article.text[:_BEGINNING].splitlines():
            for name in names_in(line):
                if not name.is_doubtful and not name.is_plural and name.title == ():
                    found[name.words] = line[name.start : name.end]
        counts.update(found.keys())
        shown |= found
    minimum = _MIN_ARTICLES if len(articles) > MAX_NAMED else 1
    return [(shown[words], number) for words, number in counts.most_common() if number >= minimum]


def _period_in_words(first: date | None, last: date | None) -> str:
    if first is not None and first == last:
        return f" of {_day(first)}"
    since = "" if first is None else f" from {_day(first)}"
    return f"{since}{'' if last is None else f' until {_day(last)}'}"


def _in_words(published: str) -> str:
    return _day(parse_published(published).day)


def _day(day: date) -> str:
    return f"{lexicon.MONTHS.split('|')[day.month - 1].title()} {day.day}, {day.year}"


def _articles(count: int) -> str:
    return _counted_noun(count, "article")


def _counted_noun(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
