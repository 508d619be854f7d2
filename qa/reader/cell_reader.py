"""Answers from tables by rule: the cell where the row and the column meet that a question names."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from corpus.article import Article
from corpus.text.spans import Span
from corpus.text.tables import Row, Table, find_tables
from index.search.keywords import stems
from qa.query import lexicon
from qa.query.parser import Question
from qa.query.phrases import normalized_words
from qa.query.question_types import QuestionType
from qa.reader.base import Reader
from qa.reader.cell_types import cell_type_match, is_of_other_period
from qa.reader.extractive import QUESTION_WEIGHTS, ScoreWeights
from qa.reader.table_terms import (
    PARTLY_NAMED,
    UNEXPLAINED_NAME,
    UNEXPLAINED_SPECIFIC,
    WORD,
    CellName,
    QuestionTerms,
    related_to,
    stems_of,
)
from qa.types import Candidate, Hit, Passage, Quote, Reading

# The no-answer margin of a cell whose row and column are named in full, and what is taken off it. Chosen on
# eval/tables/choose.
_FULL_MARGIN = 9.0
_MIN_MARGIN = 3.5
_KEYWORDS_MARGIN = 7.0  # above it, keywords name the row and the column, and hardly anything else
_COLUMN_BY_TYPE = 2.0  # the column is not named, but its cell alone is of the type that is asked for
_FULLY_NAMED, _RIGHT_TYPE, _STOP_WORD = 0.25, 0.3, 0.2
_SUBSET = 0.8  # the column counts some of another column's: "With hedgehogs" beside "Gardens"
_MIN_LEAD = 0.15  # of the best cell's score before the next one's
_CAPTION = 300  # characters above a table, and at the beginning of its article, that may say what it is about
_SENTENCE = re.compile(r"\w+ \w+ \w+.*[.!]$")
_MIN_DESCRIPTION = 3  # words
_NUMBERS = (QuestionType.HOW_MANY, QuestionType.HOW_LONG)
_KNOWN_WORDS = lexicon.LIGHT_WORDS | frozenset(lexicon.ORDINALS)  # a table need not mention them


class CellReader:
    """A Reader that answers from tables by rule, and from all other text by another reader.

    Where a question names a row and a column, their cell is a candidate, and the other reader's candidates in that
    table are dropped: a model takes a neighbour's number as readily. They are dropped, too, where the cell is empty,
    where the question names something that neither the table nor the text around it mentions, and where they can hardly
    be of the type that is asked for.
    """

    def __init__(self, reader: Reader, weights: ScoreWeights = QUESTION_WEIGHTS) -> None:
        self._reader = reader
        self._weights = weights

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        """Return candidates and sentences, best first, and the score of "no answer"."""
        reading = self._reader.read(question, passages)
        tables = [] if question.type in (QuestionType.TOPIC, QuestionType.YES_NO) else _retrieved_tables(passages)
        if not tables:
            return reading
        asked = QuestionTerms.of(question)
        lowest = min((hit.score for passage in passages for hit in passage.hits), default=0.0)
        candidates = [
            one
            for one in reading.candidates
            if not any(table.is_torn(one.span) for table in tables)
            and not any(table.is_mismatch(question, one.span) for table in tables)
        ]
        for table in tables:
            cell, rows = table.find(asked)
            candidates = [one for one in candidates if not table.holds(one.span) or table.row_of(one.span) in rows]
            if cell is not None:
                retrieval_score = max((hit.score for hit in table.hits()), default=lowest)
                score = self._weights.reading * cell.margin + self._weights.retrieval * retrieval_score
                candidates = [one for one in candidates if one.span.text != cell.span.text]
                candidates.append(Candidate(cell.span, cell.sentence, score, cell.margin, cell.margin))
        return replace(reading, candidates=tuple(sorted(candidates, key=lambda one: -one.score)))


def asks_for_cell(question: Question, passages: Sequence[Passage]) -> bool:
    """Return whether keywords name a row and a column of a table: "lunnay ferry adult single"."""
    asked = QuestionTerms.of(question)
    tables = _retrieved_tables(passages) if len(asked.own) > 1 else ()
    cells = (table.find(asked)[0] for table in tables)
    return any(cell is not None and cell.margin > _KEYWORDS_MARGIN for cell in cells)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell that answers, its sentence, and its no-answer margin."""

    span: Quote
    sentence: Quote
    margin: float


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row and a column whose cell may be asked for, with the score by which pairs are compared.

    row_share, column_share: how much of their names the question has. by_type: the column is not named. by_phrase: it
    is named in other words. is_mismatch: whether its cell, or its column, can hardly be of the type that is asked for.
    """

    row: int
    column: int
    score: float
    row_share: float
    column_share: float
    by_type: bool
    by_phrase: bool
    is_mismatch: bool


class _RetrievedTable:
    """A table of an article: its header, and those of its rows that are in passages."""

    def __init__(self, article: Article, header: Row) -> None:
        self.article = article
        self.header = header
        self.rows: list[Row] = []
        self._passages: list[Passage] = []  # by row

    def add(self, row: Row, passage: Passage) -> None:
        """Add a row with the passage that it is in."""
        self.rows.append(row)
        self._passages.append(passage)

    def holds(self, span: Quote) -> bool:
        """Return whether a span is in one of its rows, or in its header."""
        return span.article.id == self.article.id and any(
            row.start <= span.start < row.end for row in (self.header, *self.rows)
        )

    def is_torn(self, span: Quote) -> bool:
        """Return whether a span covers more than one cell."""
        return any(mark in span.text for mark in "|\t\n") and self.holds(span)

    def is_mismatch(self, question: Question, span: Quote) -> bool:
        """Return whether a span stands in a cell that can hardly be of the type that is asked for."""
        row = self.row_of(span)
        for column, (start, end) in enumerate(() if row is None else self.rows[row].cells):
            if start <= span.start < end:
                return cell_type_match(question, self._text(self.header.cells[column]), span.text) < 0
        return False

    def row_of(self, span: Quote) -> int | None:
        """Return the index of the row that a span is in, None where that is not among its rows."""
        return next((at for at, row in enumerate(self.rows) if row.start <= span.start < row.end), None)

    def hits(self) -> Iterator[Hit]:
        """Yield the hits in it."""
        passages = {passage.quote.start: passage for passage in self._passages}
        yield from (hit for passage in passages.values() for hit in passage.hits if self.holds(hit.sentence))

    def find(self, asked: QuestionTerms) -> tuple[_Cell | None, set[int | None]]:
        """Return the cell that is asked for, if one is, and the rows that may hold other answers, None for the header.

        No row may where the question names a column, but no row, and a word that is not in sight.
        """
        pairs, share, named = self._best_pairs(asked)
        if not pairs and named:
            # No column is named, and none has the type: what is asked of the row must be in sight.
            return None, {at for at in named if self._unexplained(asked, [at]) == 0}
        if not pairs:
            unexplained = self._unexplained(asked, range(len(self.rows)))
            is_about_another = unexplained >= UNEXPLAINED_NAME if 0 < share < 1 else unexplained * share > 0
            is_about_another = is_about_another or not asked.roles <= self._known(asked, range(len(self.rows)))
            return None, set() if is_about_another else {None, *range(len(self.rows))}
        margins = [self._margin(asked, pair) for pair in pairs]
        likely = [pair for pair, margin in zip(pairs, margins, strict=True) if margin >= _MIN_MARGIN]
        if len(pairs) > 1 or not likely:
            return None, {pair.row for pair in likely}
        (pair,), (margin,) = pairs, margins
        start, end = self.rows[pair.row].cells[pair.column]
        passage = self._passages[pair.row]
        sentence = next((one for one in passage.sentences if one.start <= start and end <= one.end), None)
        is_empty = not any(letter.isalnum() for letter in self._text((start, end)))
        if is_empty or sentence is None:
            return None, set()
        return _Cell(Quote(self.article, start, end), sentence, margin), set()

    def _margin(self, asked: QuestionTerms, pair: _Pair) -> float:
        """Return the no-answer margin of the cell of a pair."""
        own = asked.phrase.own if pair.by_phrase and asked.phrase is not None else frozenset[str]()
        unexplained = self._unexplained(asked, [pair.row], own)
        if pair.is_mismatch or ((pair.by_type or pair.by_phrase) and unexplained > 0):
            return -math.inf
        return (
            _FULL_MARGIN
            - PARTLY_NAMED * (1 - pair.row_share)
            - (_COLUMN_BY_TYPE if pair.by_type else PARTLY_NAMED * (1 - pair.column_share))
            - unexplained
        )

    def _best_pairs(self, asked: QuestionTerms) -> tuple[list[_Pair], float, list[int]]:
        """Return the row and column that a question names, or several pairs that it doesn't tell apart.

        Also the share of the name of a column that it has, 0 to 1, and the rows of which it has a name.
        """
        names = [CellName.of(self._text(cell)) for cell in self.header.cells]
        column_terms = asked.for_columns()
        columns = [column_terms.matched(name) for name in names]
        column_counts = Counter(stem for matched, _ in columns for stem in matched)
        abouts = [frozenset(stems(self.article.title)), *[frozenset[str]()] * (len(names) - 1)]
        rows = [
            [
                asked.matched(CellName.of(self._text(cell)), name, about)
                for name, about, cell in zip(names, abouts, row.cells, strict=True)
            ]
            for row in self.rows
        ]
        counts = [Counter(stem for row in rows for stem in row[at][0]) for at in range(len(names))]
        pairs: list[_Pair] = []
        rows_named: list[int] = []
        for at, cells in enumerate(rows):
            if not any(matched for matched, _ in cells):
                continue
            # What every row has names none, unless there is but one.
            named = [
                {stem: weight / count for stem, weight in matched.items() if (count := counts[place][stem]) < len(rows)}
                if len(rows) > 1
                else matched
                for place, (matched, _) in enumerate(cells)
            ]
            if any(named):
                rows_named.append(at)
                shares = [share for _, share in cells]
                pairs += self._pairs(asked, at, named, shares, columns, column_counts)
        pairs = [pair for pair in pairs if not pair.is_mismatch] or pairs
        min_score = max((pair.score for pair in pairs), default=0.0) - _MIN_LEAD
        likely = [pair for pair in pairs if pair.score > min_score]
        return likely, max(0.0, *(share for _, share in columns)), rows_named

    def _pairs(
        self,
        asked: QuestionTerms,
        row: int,
        named: Sequence[Mapping[str, float]],
        shares: Sequence[float],
        columns: Sequence[tuple[dict[str, float], float]],
        column_counts: Counter[str],
    ) -> Iterator[_Pair]:
        """Yield a row with each column whose cell in it may be asked for.

        Args:
            asked: the question.
            row: the index of the row.
            named: for each of its cells, the stems that name the row, with their weights.
            shares: for each of its cells, how much of it the question has.
            columns: for each column the stems that name it, and how much of its name the question has.
            column_counts: how many columns have a stem.
        """
        naming = [(at, weights) for at, weights in enumerate(named) if weights]
        for column, (matched, column_share) in enumerate(columns):
            others = [at for at, weights in naming if at != column and weights.keys() - matched]
            if not others:
                continue
            text = self._text(self.rows[row].cells[column])
            own = CellName.of(text).stems
            is_said = len(own) > 0 and own <= asked.own.keys()  # what a question says is not its answer
            # The first column names the rows: "how long is the trip to Bled" doesn't ask which trip it is.
            is_asked = column > 0 or any(asked.is_focus(stem) for stem in matched)
            is_column_named = is_asked and any(column_counts[stem] < len(columns) for stem in matched)
            is_only_column = len(columns) == 2
            name = self._text(self.header.cells[column])
            header = frozenset(stems(name))
            type_match = cell_type_match(asked.question, name, text) if text else 0.0
            row_share = max(shares[at] for at in others)
            is_fully_named = row_share == column_share == 1.0
            if (
                is_said
                or not (is_column_named or is_only_column or type_match > 0)
                or (type_match < 0 and not is_fully_named)
            ):
                continue
            by_type = not is_column_named and not is_only_column
            is_unlike = by_type and asked.question.type in _NUMBERS and not header.isdisjoint(_ordering())
            names = " | ".join(self._text(self.rows[row].cells[at]) for at in others)
            units_from = (f"{name} | {text}", names, self._above(), self.article.title)
            is_mismatch = (
                is_unlike
                or not asked.is_unit_met(*units_from)
                or (by_type and asked.is_measure)
                or (type_match < 0 and not self._holds_type(asked.question, column))
                or is_of_other_period(asked.question, name, text)
            )
            phrase = asked.phrase
            by_phrase = phrase is not None and bool(matched) and matched.keys() <= phrase.columns
            others_named = [names for at, (names, _) in enumerate(columns) if at not in (0, column)]
            is_mismatch = is_mismatch or (phrase is not None and phrase.excludes(matched.keys(), others_named))
            described = self._is_described(asked, row) if by_type else None
            if described is not None:
                row_share, is_mismatch = 1.0, is_mismatch or not described
            weights = {stem: weight / column_counts[stem] for stem, weight in matched.items()}
            for at in others:
                for stem, weight in named[at].items():
                    weights[stem] = max(weight, weights.get(stem, 0.0))
            header_words = WORD.findall(name.lower())
            is_subset = header_words[:1] != [] and header_words[0] in lexicon.SUBSET_WORDS
            is_group = asked.question.type is QuestionType.WHO and not stems_of(lexicon.GROUPS_OF_PEOPLE).isdisjoint(
                header
            )
            score = (
                sum(weights.values())
                + _FULLY_NAMED * ((row_share == 1.0) + (column_share == 1.0))
                + _RIGHT_TYPE * (type_match - is_group)
                + _SUBSET * (is_subset and asked.words.issuperset(header_words[1:]))
                + _STOP_WORD * any(stem in asked.stop_stems for stem in header)
            )
            yield _Pair(
                row, column, score, row_share, column_share if is_column_named else 1.0, by_type, by_phrase, is_mismatch
            )

    def _holds_type(self, question: Question, column: int) -> bool:
        """Return whether another cell of a column is of the type that is asked for: "not sold" stands among prices."""
        name, cells = self._text(self.header.cells[column]), (self._text(row.cells[column]) for row in self.rows)
        return any(text and cell_type_match(question, name, text) > 0 for text in cells)

    def _unexplained(self, asked: QuestionTerms, rows: Sequence[int], explained: frozenset[str] = frozenset()) -> float:
        """Return what is taken off the margin for words of the question that nothing in sight explains.

        In sight are these rows, the header, the title, date and beginning of the article, and what stands above the
        table. `explained`: stems that are explained anyway.
        """
        known = self._known(asked, rows) | explained
        cost = sum(
            cost
            for stem, cost in asked.own.items()
            if stem not in known and known.isdisjoint(related_to(stem, asked.question))
        )
        modes = stems_of(lexicon.TRANSPORT)
        is_other_mode = not known.isdisjoint(modes) and not asked.own.keys() & modes <= known
        # "Fenn School" is not "Upper Fenn School".
        in_rows = {
            stem for row in rows for cell in self.rows[row].cells for stem in CellName.of(self._text(cell)).stems
        }
        is_another = any(not name <= known and not name.isdisjoint(in_rows) for name in asked.names)
        return cost + UNEXPLAINED_SPECIFIC * (is_another + is_other_mode)

    def _is_described(self, asked: QuestionTerms, row: int) -> bool | None:
        """Return whether a row has all words of the question, but for those of the title.

        None where it has no sentence that says what its value means: elsewhere in the article, words may be about
        another value.
        """
        names = [normalized_words(self._text(cell)) for cell in self.header.cells]
        cells = [self._text(cell) for cell in self.rows[row].cells]
        if not any(
            not lexicon.DESCRIPTION_COLUMNS.isdisjoint(name) and len(WORD.findall(cell)) >= _MIN_DESCRIPTION
            for name, cell in zip(names, cells, strict=True)
        ):
            return None
        known = set(stems(" ".join([self.article.title, *WORD.findall(" ".join(cells))])))
        return all(stem in known or not known.isdisjoint(related_to(stem, asked.question)) for stem in asked.own)

    def _known(self, asked: QuestionTerms, rows: Sequence[int]) -> set[str]:
        """Return the stems of what is in sight of these rows."""
        article = self.article
        above = self._above() + article.text[self.header.start : self.header.end]
        known = {*stems("\n".join([article.title, article.published or "", article.text[:_CAPTION], above]))}
        known |= asked.ordinals | stems_of(_KNOWN_WORDS)
        for row in rows:
            for cell in self.rows[row].cells:
                name = CellName.of(self._text(cell))
                known |= name.stems | name.days
        return known

    def _above(self) -> str:
        """Return the text above the table that may say what it is about."""
        return self.article.text[max(0, self.header.start - _CAPTION) : self.header.start]

    def _text(self, cell: Span) -> str:
        return self.article.text[slice(*cell)]


def _retrieved_tables(passages: Sequence[Passage]) -> list[_RetrievedTable]:
    """Return the tables that have rows in passages."""
    found: dict[tuple[str, int], _RetrievedTable] = {}
    for passage in passages:
        quote = passage.quote
        for table in find_tables(quote.article.text, quote.start, quote.end):
            if _is_list(quote.article.text, table):
                continue
            key = quote.article.id, table.header.start
            retrieved = found.setdefault(key, _RetrievedTable(quote.article, table.header))
            for row in table.rows:
                retrieved.add(row, passage)
    return list(found.values())


def _is_list(text: str, table: Table) -> bool:
    """Return whether a table has no header but is a list of names and what they mean: its first line has a sentence.

    Most other lines must have one in the same place: "Length of stay max." is a header.
    """
    for at, (start, end) in enumerate(table.header.cells):
        if _SENTENCE.search(text[start:end]) is not None:
            cells = [text[slice(*row.cells[at])] for row in table.rows]
            if 2 * sum(_SENTENCE.search(cell) is not None for cell in cells) > len(cells):
                return True
    return False


def _ordering() -> frozenset[str]:
    """Return the stems of what names columns of dates and ranks."""
    return stems_of(lexicon.TIME_NOUNS | lexicon.RANKS)
