"""Verifies a draft: looks up each of its quotations in the articles, and says what differs. Nothing is guessed."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from corpus.article import Article
from corpus.errors import InvalidInput
from corpus.store.article_store import ArticleReader
from index.generations.generation import Generation
from index.search.keywords import KeywordIndex, stems
from qa.annotators import place_of_quote
from qa.service import GenerationSource
from qa.types import Place, Quote
from qa.verification.alignment import (
    MIN_RATIO,
    Alignment,
    QuotationDifference,
    align,
    align_marked,
    exact_span,
    longest_run,
)
from qa.verification.quotations import Excerpt, find_claims, find_quotations
from qa.verification.tokens import TokenText, whole_words

MAX_TEXT = 1_000_000  # characters
# Of a draft; docs/decisions.md has the seconds that so many take.
MAX_EXCERPTS = 1_000
MAX_QUOTED = 200_000  # characters of all excerpts together
MAX_MATCHES = 5  # of a quotation that are returned
_PIECE_WORDS, _MAX_PIECES = 30, 6  # a long quotation is looked up by pieces
_RAREST_WORDS = 12  # by which a piece is looked up
_HITS = 20  # sentences for each look-up
_MIN_RUN_WORDS, _MAX_PARTS, _MIN_JOINED = 4, 5, 0.8  # of a quotation that is joined from several places
_MAX_JOINED_WORDS, _MAX_JOINED_REGIONS = 120, 12
_SURELY_ONE_PLACE, _JOINED_MARGIN = 0.9, 0.1  # of the words that an alignment with one place has in common
_MAX_ARTICLE = 100_000  # characters around a hit in which the parts of a shortened quotation are looked for
_CACHED_ARTICLES = 200

Verdict = Literal["exact", "altered", "not found"]


@dataclass(frozen=True, slots=True)
class Match:
    """Where the words of a quotation stand in an article."""

    quote: Quote
    place: Place | None


@dataclass(frozen=True, slots=True)
class VerifiedExcerpt:
    """A quotation or claim with its verdict and where its words stand; differences only where it is altered.

    is_marked: whether brackets or dots in the draft tell of each alteration.
    """

    excerpt: Excerpt
    verdict: Verdict
    matches: tuple[Match, ...] = ()
    differences: tuple[QuotationDifference, ...] = ()
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class _Region:
    """A stretch of an article around a retrieved sentence."""

    article: Article
    start: int
    end: int
    tokens: TokenText


@dataclass(frozen=True, slots=True)
class _Joined:
    """The places that a quotation is joined from, what differs, and the part of its words that stand there."""

    quotes: list[Quote]
    differences: tuple[QuotationDifference, ...]
    coverage: float


class Verifier:
    """Verifies drafts by the current generation. Thread-safe."""

    def __init__(self, generations: GenerationSource, store: ArticleReader) -> None:
        self._generations = generations
        self._store = store

    def verify(self, text: str, claims: bool = False) -> Iterator[VerifiedExcerpt]:
        """Yield each quotation of a draft, and each of its sentences with a number, a date or a name, with its verdict.

        Raises InvalidInput for a text that is too long or has too many of them, NotReady and IndexProblem.
        """
        if len(text) > MAX_TEXT:
            raise InvalidInput(f"The text has {len(text):,} characters, more than {MAX_TEXT:,}. Send it in parts.")
        quotations = find_quotations(text)
        excerpts = [*quotations, *(find_claims(text, quotations) if claims else ())]
        if len(excerpts) > MAX_EXCERPTS:
            what = "quotations and claims" if claims else "quotations"
            raise InvalidInput(f"The text has {len(excerpts):,} {what}, more than {MAX_EXCERPTS:,}. Send it in parts.")
        if (quoted := sum(one.end - one.start for one in excerpts)) > MAX_QUOTED:
            raise InvalidInput(
                f"The quotations have {quoted:,} characters together, more than {MAX_QUOTED:,}. Send the text in parts."
            )
        lookup = _Lookup(self._generations.generation(), self._store)
        return (lookup.verify(text, one) for one in sorted(excerpts, key=lambda one: (one.start, -one.end)))


class _Lookup:
    """Looks up the excerpts of one draft in one generation."""

    def __init__(self, generation: Generation, store: ArticleReader) -> None:
        self._generation = generation
        self._store = store
        self._articles: OrderedDict[int, Article | None] = OrderedDict()
        self._blocks = cache(store.blocks)

    def verify(self, text: str, excerpt: Excerpt) -> VerifiedExcerpt:
        """Return the verdict on an excerpt of a text."""
        draft = TokenText.of_draft(text, excerpt.start, excerpt.end)
        if draft.words() == 0:
            return VerifiedExcerpt(excerpt, "not found")
        regions = self._regions(draft, excerpt.end - excerpt.start)
        if any(token.is_marked for token in draft.tokens):
            return self._verify_marked(excerpt, draft, regions)
        found: dict[tuple[str, int], Quote] = {}
        for region in regions:
            span = exact_span(draft, region.tokens)
            if span is not None and len(found) < MAX_MATCHES:
                found.setdefault((region.article.id, span[0]), Quote(region.article, *span))
        if found:
            return VerifiedExcerpt(excerpt, "exact", self._matches(found.values()))
        return self._altered(excerpt, draft, regions)

    def _verify_marked(self, excerpt: Excerpt, draft: TokenText, regions: Sequence[_Region]) -> VerifiedExcerpt:
        """Return the verdict on an excerpt in which brackets or dots mark alterations."""
        for region in regions:
            article = region.article
            low, high = max(0, region.start - _MAX_ARTICLE // 2), region.end + _MAX_ARTICLE // 2
            low, high = whole_words(article.text, low, high)
            alignment = align_marked(draft, TokenText.of_article(article.text, low, high))
            if alignment is not None:
                matches = self._matches([Quote(article, alignment.start, alignment.end)])
                return VerifiedExcerpt(excerpt, "altered", matches, alignment.differences, is_marked=True)
        return self._altered(excerpt, draft, regions)

    def _altered(self, excerpt: Excerpt, draft: TokenText, regions: Sequence[_Region]) -> VerifiedExcerpt:
        """Return the verdict on an excerpt that stands nowhere as it is."""
        best: tuple[Alignment, _Region] | None = None
        for region in regions:
            alignment = align(draft, region.tokens)
            if alignment is not None and (best is None or alignment.ratio > best[0].ratio):
                best = alignment, region
        ratio = 0.0 if best is None else best[0].ratio
        joined = self._joined(draft, regions) if ratio < _SURELY_ONE_PLACE else None
        if joined is not None and (ratio < MIN_RATIO or joined.coverage > ratio + _JOINED_MARGIN):
            return VerifiedExcerpt(excerpt, "altered", self._matches(joined.quotes), joined.differences)
        if best is None or ratio < MIN_RATIO:
            return VerifiedExcerpt(excerpt, "not found")
        alignment, region = best
        matches = self._matches([Quote(region.article, alignment.start, alignment.end)])
        return VerifiedExcerpt(excerpt, "altered", matches, alignment.differences)

    def _joined(self, draft: TokenText, regions: Sequence[_Region]) -> _Joined | None:
        """Return the places that a quotation is joined from, and what differs; None where it isn't."""
        words = draft.words()
        if not 2 * _MIN_RUN_WORDS <= words <= _MAX_JOINED_WORDS:
            return None
        open_ranges = [(0, len(draft.tokens))]
        runs: list[tuple[int, int, Quote, str]] = []
        while open_ranges and len(runs) < _MAX_PARTS:
            low, high = open_ranges.pop(0)
            found = (
                (*longest_run(draft, low, high, region.tokens), region) for region in regions[:_MAX_JOINED_REGIONS]
            )
            start, size, at, region = max(found, key=lambda one: one[1], default=(0, 0, 0, None))
            if region is None or draft.words(start, start + size) < _MIN_RUN_WORDS:
                continue
            source = region.tokens.tokens
            quote = Quote(region.article, source[at].start, source[at + size - 1].end)
            runs.append((start, start + size, quote, region.tokens.between(at, at + size)))
            open_ranges += [(low, start), (start + size, high)]
        runs.sort(key=lambda run: run[0])
        coverage = sum(draft.words(start, end) for start, end, _, _ in runs) / words
        if coverage < _MIN_JOINED:
            return None
        differences: list[QuotationDifference] = []
        done = 0
        for start, end, _, source_text in runs:
            if done < start:
                marked = all(token.is_marked for token in draft.tokens[done:start])
                differences.append(QuotationDifference("added", draft.between(done, start), "", marked))
            if differences:
                differences.append(QuotationDifference("joined", "", ""))
            differences.append(QuotationDifference("same", draft.between(start, end), source_text))
            done = end
        if done < len(draft.tokens):
            differences.append(QuotationDifference("added", draft.between(done, len(draft.tokens)), ""))
        return _Joined([quote for _, _, quote, _ in runs], tuple(differences), coverage)

    def _matches(self, quotes: Iterable[Quote]) -> tuple[Match, ...]:
        return tuple(Match(quote, place_of_quote(quote, self._blocks)) for quote in quotes)

    def _regions(self, draft: TokenText, length: int) -> list[_Region]:
        """Return the stretches of articles in which the words of a draft may stand, the likeliest first."""
        rows: dict[int, None] = {}
        for words in _lookups(draft, self._generation.keywords):
            rows |= dict.fromkeys(self._generation.sentences_with_all(words, _HITS).tolist())
            rows |= dict.fromkeys(self._generation.search_keywords(words, _HITS)[0].tolist())
        spans = {row: self._generation.sentence(row) for row in rows}
        self._load({number for number, _, _ in spans.values()})
        regions: list[_Region] = []
        for number, start, end in spans.values():
            article = self._articles.get(number)
            if article is None or any(
                one.article is article and one.start <= start and end <= one.end - length for one in regions
            ):
                continue
            low, high = whole_words(article.text, max(0, start - length - 50), end + length + 50)
            regions.append(_Region(article, low, high, TokenText.of_article(article.text, low, high)))
        return regions

    def _load(self, numbers: set[int]) -> None:
        """Read the articles that are not in memory, and forget those that were read first."""
        missing = sorted(numbers - self._articles.keys())
        if missing:
            found = self._store.by_number(missing)
            self._articles |= {number: found.get(number) for number in missing}
        while len(self._articles) > max(_CACHED_ARTICLES, len(numbers)):
            oldest = next(number for number in self._articles if number not in numbers)
            del self._articles[oldest]


def _lookups(draft: TokenText, keywords: KeywordIndex) -> list[str]:
    """Return the words by which each piece of a draft is looked up: the rarest of it that are indexed."""
    words = [token.norm for token in draft.tokens if token.is_word]
    pieces = [words[at : at + _PIECE_WORDS] for at in range(0, len(words), _PIECE_WORDS)]
    step = max(1, -(-len(pieces) // _MAX_PIECES))
    found = []
    for piece in pieces[::step]:
        frequencies: dict[str, tuple[int, str]] = {}
        for word in piece:
            stemmed = stems(word)
            counts = [keywords.frequency(stem) for stem in stemmed]
            if counts and min(counts) > 0:
                frequencies.setdefault(stemmed[0], (min(counts), word))
        if frequencies:
            found.append(" ".join(word for _, word in sorted(frequencies.values())[:_RAREST_WORDS]))
    return found
