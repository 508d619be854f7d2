"""Annotators add to answers what the reader does not know. They run between reading and reply.

A new annotator implements `Annotator` and is wired in app.py.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Protocol

from corpus.article import Article, Block
from corpus.blocks import place_of
from corpus.store.article_store import ArticleReader
from corpus.store.filters import ArticleFilter
from corpus.text.spans import Span
from corpus.text.tables import find_tables
from index.generations.generation import Generation
from qa.answers.attribution import attribution
from qa.answers.enumerations import list_items
from qa.answers.steps import asked_action, steps_around
from qa.dates.finder import find_dates
from qa.evidence import EvidenceChecker
from qa.near_duplicates import answer_positions, find_answer
from qa.query.conditions import ConditionKind
from qa.query.lexicon import SOME
from qa.query.list_questions import asks_for_list
from qa.query.parser import Question
from qa.query.phrases import words_of
from qa.reports.stories import is_same_story
from qa.retriever import passage_rows, quote_rows
from qa.types import Anaphor, Answer, AnswerPart, Evidence, Passage, Place, Quote, Support, TablePlace
from qa.values import Value

MAX_COPIES = 20  # near-duplicates in Answer.also
_MAX_CLUSTER = 100  # articles of a cluster that are searched for an answer


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What all answers to annotate have in common: the question, the generation, the filters of the request.

    passages: those that were retrieved.
    """

    question: Question
    generation: Generation
    filters: ArticleFilter
    passages: Sequence[Passage] = ()


class Annotator(Protocol):
    """Changes or adds to the answers of a question, for instance dates, or whether sources agree.

    The service chains its annotators, and takes from the last as many answers as the request asks for. So an annotator
    is lazy: it does no work for answers that nobody takes. Every answer it yields stays a quotation.
    """

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield the annotated answers, best first."""
        ...


class NearDuplicateAnnotator:
    """Gives each answer from the oldest article of its cluster that has it; `also` names the others.

    The oldest is the one published first of those that came together; what came later is younger, whatever its date
    (`by_cluster`). Answers that become the same sentence are merged.
    """

    def __init__(self, store: ArticleReader) -> None:
        self._store = store

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield one answer for each sentence of an oldest article."""
        seen: set[Quote] = set()
        outdated: set[int] | None = None  # looked up once, for the first answer that needs it
        for answer in answers:
            article = answer.sentence.article
            copies = [answer]
            # Parts might stand in different articles; of what newer reports say, no older one is wanted.
            if article.cluster is not None and not answer.parts and not answer.supersedes:
                cluster = self._store.by_cluster(article.cluster, context.filters, _MAX_CLUSTER)
                outdated = self._store.outdated(context.filters) if outdated is None else outdated
                cluster = {number: one for number, one in cluster.items() if number not in outdated}
                found = (
                    answer if other.id == article.id else _in_copy(context.generation, number, other, answer)
                    for number, other in cluster.items()
                )
                copies = list(islice((copy for copy in found if copy is not None), 1 + MAX_COPIES)) or copies
            oldest, *others = copies
            if oldest.sentence not in seen:
                seen.add(oldest.sentence)
                yield replace(oldest, also=tuple(other.span.article for other in others))


class SupportAnnotator:
    """Tells which retrieved articles on the same story give an answer. It comes after what may move an answer."""

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield each answer with its support."""
        sentences = [hit.sentence for passage in context.passages for hit in passage.hits]
        for answer in answers:
            article, value = answer.span.article, Value.of(answer.span.text)
            others = (one.article for one in sentences if value.is_in(one.text) and is_same_story(article, one.article))
            by_id = {one.id: one for one in (article, *answer.also, *others)}
            yield replace(answer, support=Support(tuple(by_id.values())))


class ListAnnotator:
    """Gives all items of a list, an item a line, as `parts` where one of them answers a question for several things.

    Of instructions, all steps are given where one answers how to do it.
    """

    def __init__(self, store: ArticleReader) -> None:
        self._store = store

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield the answers; one for each list."""
        words = words_of(context.question.text)
        asks_all = asks_for_list(words) and not SOME & {word.normalized for word in words}
        action = asked_action(words)
        listed: set[Quote] = set()
        for answer in answers:
            article, sentence = answer.sentence.article, answer.sentence
            found: list[Span] = []
            if asks_all and not (answer.parts or answer.via):
                found = list_items(article.text, sentence.start, sentence.end)
            elif action is not None and not answer.via:
                found = steps_around(article, self._store.blocks(article.id), sentence.start, action)
            items = [Quote(article, start, end) for start, end in found]
            if not items:
                yield answer
            elif not listed.intersection(items):
                listed.update(items)
                around = answer.context
                around = Quote(article, min(around.start, items[0].start), max(around.end, items[-1].end))
                parts = tuple(AnswerPart(item, item) for item in items)
                yield replace(answer, span=items[0], sentence=items[0], context=around, parts=parts)


class AttributionAnnotator:
    """Marks answers that an article only reports: "the council said", "is accused of"."""

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield the answers, each with the words that say whose report it is."""
        for answer in answers:
            yield replace(answer, attribution=attribution(answer.answering_span, answer.answering_sentence))


class TableAnnotator:
    """Tells of answers from a table which row and column they stand in. It comes after what may move an answer."""

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield each answer, with its place where it is in a table."""
        for answer in answers:
            yield replace(answer, table=_table_place(answer))


class EvidenceAnnotator:
    """Tells whether answers meet what the question states. It comes after what may move an answer."""

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield each answer with its evidence; of several questions in one, with that of each part."""
        checker_of = cache(EvidenceChecker)
        for answer in answers:
            found: dict[tuple[str, ConditionKind], Evidence] = {}
            for question, span, sentence in _checked(answer, context.question.text):
                passage = answer.context if answer.context.covers(sentence) else sentence
                for one in checker_of(question).check(span, sentence, passage):
                    before = found.get((one.text, one.kind))
                    if before is None or not before.met:
                        found[one.text, one.kind] = one
            yield replace(answer, evidence=tuple(found.values()))


class PlaceAnnotator:
    """Tells the page and the heading that answers stand under. It comes after what may move an answer."""

    def __init__(self, store: ArticleReader) -> None:
        self._store = store

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield each answer with its place, where its document has pages or headings."""
        blocks_of = cache(self._store.blocks)

        def with_place(anaphor: Anaphor | None) -> Anaphor | None:
            return None if anaphor is None else replace(anaphor, place=place_of_quote(anaphor.span, blocks_of))

        for answer in answers:
            parts = tuple(
                replace(part, place=place_of_quote(part.span, blocks_of), via=with_place(part.via))
                for part in answer.parts
            )
            place = place_of_quote(answer.span, blocks_of)
            yield replace(answer, place=place, via=with_place(answer.via), parts=parts)


class DateAnnotator:
    """Resolves what answers and their sentences say of time. It comes after what may move an answer."""

    def annotate(self, answers: Iterable[Answer], context: AnswerContext) -> Iterator[Answer]:
        """Yield each answer with the time expressions of its sentences."""
        for answer in answers:
            article = answer.span.article
            quoted = {*answer.sentences, *(part.sentence for part in answer.parts)}
            spans = sorted((one.start, one.end) for one in quoted if one.article.id == article.id)
            found = (
                date
                for start, end in spans
                for date in find_dates(article.text, article.published, start, end, article.published_is_guess)
            )
            yield replace(answer, dates=tuple(dict.fromkeys(found)))


def place_of_quote(quote: Quote, blocks_of: Callable[[str], Sequence[Block]]) -> Place | None:
    """Return where a quote stands, None where nothing is known; a heading that repeats the title says nothing."""
    article = quote.article
    page, block = place_of(blocks_of(article.id), quote.start)
    heading = None if block is None else " ".join(article.text[block.start : block.end].split())
    if heading is not None and heading.casefold() == article.title.casefold():
        heading = None
    return None if page is None and heading is None else Place(page, heading)


def _checked(answer: Answer, question: str) -> list[tuple[str, Quote, Quote]]:
    """Return the questions that an answer answers, each with the span and the sentence that were read for it."""
    parts = [(one.question, one.span, one.sentence) for one in answer.parts if one.question is not None]
    return parts or [(question, answer.answering_span, answer.answering_sentence)]


def _table_place(answer: Answer) -> TablePlace | None:
    """Return the place of an answer in its table, None outside of tables and in a header."""
    article, start, end = answer.span.article, answer.span.start, answer.span.end
    for table in find_tables(article.text, answer.sentence.start, answer.sentence.end):
        for row in table.rows:
            if row.start <= start and end <= row.end:
                at = next((at for at, (low, high) in enumerate(row.cells) if low <= start and end <= high), None)
                column = (0, 0) if at is None else table.header.cells[at]
                label = (0, 0) if at == 0 else row.cells[0]
                names = (Quote(article, *cell) if cell[0] < cell[1] else None for cell in (column, label))
                return TablePlace(Quote(article, table.header.start, table.header.end), *names)
    return None


def _in_copy(generation: Generation, number: int, article: Article, answer: Answer) -> Answer | None:
    """Return an answer quoted from another article; None where that lacks it, or the sentence that answers.

    number: that of the other article in the generation.
    """
    found = _find(generation, number, article, answer.span, answer.sentence)
    if found is None:
        return None
    span, sentence, row = found
    via = answer.via
    if via is not None:
        given = _find(generation, number, article, via.span, via.sentence)
        if given is None:
            return None
        via = Anaphor(*given[:2])
    context = quote_rows(generation, passage_rows(generation, row), article)
    return replace(answer, span=span, sentence=sentence, context=context, via=via)


def _find(
    generation: Generation, number: int, article: Article, span: Quote, sentence: Quote
) -> tuple[Quote, Quote, int] | None:
    """Return a span quoted from the most similar sentence of another article, that sentence, and its row."""
    best: tuple[float, int, Quote, Quote] | None = None
    tried: set[int] = set()
    rows = range(generation.row_count)
    for position in answer_positions(article.text, span, sentence):
        row = bisect_right(rows, (number, position), key=lambda row: generation.sentence(row)[:2]) - 1
        if row < 0 or row in tried:
            continue
        owner, start, end = generation.sentence(row)
        if owner != number or not start <= position < end:
            continue
        tried.add(row)
        other = quote_rows(generation, range(row, row + 1), article)
        found = find_answer(span, sentence, other)
        if found is not None and (best is None or found[1] > best[0]):
            best = (found[1], row, found[0], other)
    if best is None:
        return None
    _, row, span, sentence = best
    return span, sentence, row
