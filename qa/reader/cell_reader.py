"""Answers from tables by rule: the cell where the row and the column meet that a question names."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise, takewhile

from corpus.article import Article
from corpus.text.spans import Span
from corpus.text.tables import Row, Table, find_tables
from index.search.keywords import stems
from qa.query import lexicon
from qa.query.answer_types import answer_type_match
from qa.query.conditions import ConditionKind, conditions
from qa.query.parser import Question
from qa.query.question_types import QuestionType
from qa.reader.base import Reader
from qa.reader.extractive import QUESTION_WEIGHTS, ScoreWeights
from qa.types import Candidate, Hit, Passage, Quote, Reading

# The no-answer margin of a cell whose row and column are named in full, and what is taken off it. Chosen on
# eval/tables/choose.
_FULL_MARGIN = 9.0
_MIN_MARGIN = 3.5
_KEYWORDS_MARGIN = 7.0  # above it, keywords name the row and the column, and hardly anything else
_COLUMN_BY_TYPE = 2.0  # the column is not named, but its cell alone is of the type that is asked for
_PARTLY_NAMED = 2.0  # times the share of a name's words that the question lacks
_HEAD_NOT_NAMED = 4.0  # "hose" for "Hose bore"
# What nothing in sight has: a number, a day, month or season, a definite noun ("the library"), or what is counted
# ("how many rooms"); a name; another word.
_UNEXPLAINED_SPECIFIC, _UNEXPLAINED_NAME, _UNEXPLAINED_WORD = 7.0, 4.0, 1.2
# The weights of matched stems in the score by which cells are compared.
_RELATED, _LOOSELY_RELATED = 0.8, 0.5  # "cost" for "price"; "how much" for "price"
_FOCUS = 1.5  # after "which", "what", "who" or "how"
_MAX_FOCUS = 3  # words
_FULLY_NAMED, _RIGHT_TYPE, _STOP_WORD = 0.25, 0.3, 0.2
_SUBSET = 0.8  # the column counts some of another column's: "With hedgehogs" beside "Gardens"
_MIN_LEAD = 0.15  # of the best cell's score before the next one's
_CAPTION = 300  # characters above a table, and at the beginning of its article, that may say what it is about
_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(rf"(?<![\w'’]){lexicon.CAPITAL}(?![\w'’])")
_NUMBER = re.compile(r"[^\W_]*\d")
_SENTENCE = re.compile(r"\w+ \w+ \w+.*[.!]$")
_RANGE = re.compile(r"([^\W\d_]{3,})\s*(?:-|–|—|\bto\b|\buntil\b|\bthrough\b)\s*([^\W\d_]{3,})")
_PARENTHESIS = re.compile(r"\([^()]*\)")
_POSSESSIVE = re.compile(r"[’']s\b")
_NAME_RUN = re.compile(rf"(?<=[\w,;:] ){lexicon.CAPITAL}[\w’'-]*(?: {lexicon.CAPITAL}[\w’'-]*)+")
# Words of names that a row may lack: "Dr Ana Ruiz", "Mount Ostrel".
_TELL_NOTHING = lexicon.TITLES | lexicon.HONORIFICS | lexicon.PLACE_NAME_NOUNS | lexicon.ORGANISATION_NOUNS
_CALENDAR = lexicon.CALENDAR_NAMES | lexicon.SEASONS
_NUMBERS = (QuestionType.HOW_MANY, QuestionType.HOW_LONG)
_NOTHING: tuple[dict[str, float], float] = ({}, 0.0)


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
        asked = _QuestionTerms.of(question)
        lowest = min((hit.score for passage in passages for hit in passage.hits), default=0.0)
        candidates = [
            one
            for one in reading.candidates
            if not any(table.is_torn(one.span) for table in tables)
            and not (answer_type_match(question, one.span.text) < 0 and any(table.holds(one.span) for table in tables))
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
    asked = _QuestionTerms.of(question)
    tables = _retrieved_tables(passages) if len(asked.own) > 1 else ()
    cells = (table.find(asked)[0] for table in tables)
    return any(cell is not None and cell.margin > _KEYWORDS_MARGIN for cell in cells)


@dataclass(frozen=True, slots=True)
class _QuestionTerms:
    """What a question asks of a table.

    weights: of the stems that the names of rows and columns are compared with, related ones included. own: the stems of
    the question itself, each with what it takes off the margin where nothing explains it. pairs: neighbouring stems.
    names: the stems of each name of several words, without those that tell no name from another. roles: those of roles.
    words: all its words, in lower case. ordinals: numbers that it has as "third" or "3rd". stop_stems: those of its
    words that are in neither. is_measure: whether it asks how old, deep or many times, which the name of a column
    tells.
    """

    question: Question
    weights: Mapping[str, float]
    own: Mapping[str, float]
    pairs: frozenset[tuple[str, str]]
    names: tuple[frozenset[str], ...]
    roles: frozenset[str]
    words: frozenset[str]
    ordinals: frozenset[str]
    stop_stems: frozenset[str]
    is_measure: bool

    @classmethod
    def of(cls, question: Question) -> "_QuestionTerms":
        """Read a question."""
        text = _with_unit_names(question.text)
        words = list(_WORD.finditer(text))
        plain = [word.group().lower() for word in words]
        stemmed = [_stem(word) for word in plain]
        focus = _focus(plain)
        letters = _capital_letters(text) - {"i"}
        counted = {_stem(one.text) for one in conditions(text) if one.kind is ConditionKind.COUNTED_NOUN}
        weights: dict[str, float] = {}
        own: dict[str, float] = {}
        for at, (word, stem) in enumerate(zip(words, stemmed, strict=True)):
            is_frequency = plain[max(0, at - 1) : at + 1] == ["many", "times"]
            if is_frequency or (stem in lexicon.STOP_STEMS and stem not in letters):
                continue
            weights[stem] = _FOCUS if at in focus else max(1.0, weights.get(stem, 0.0))
            is_definite = at > 0 and plain[at - 1] == "the"
            is_telling = plain[at] in lexicon.ROLE_NOUNS | lexicon.TELLING_DIRECTIONS
            is_telling = is_telling or (stem in counted and _follows_many(words, at))
            if _NUMBER.match(word.group()) or stem in _stems_of(_CALENDAR) or is_definite or is_telling:
                own[stem] = _UNEXPLAINED_SPECIFIC
            else:
                own[stem] = _UNEXPLAINED_NAME if at > 0 and word.group()[0].isupper() else _UNEXPLAINED_WORD
        for stem in stemmed:
            weight = _LOOSELY_RELATED if stem in lexicon.STOP_STEMS else _RELATED
            for related in _related_to(stem):
                weights[related] = max(weight, weights.get(related, 0.0))
        ordinals = frozenset(lexicon.ORDINALS[word] for word in plain if word in lexicon.ORDINALS)
        stop_stems = frozenset(stemmed) & lexicon.STOP_STEMS
        names = tuple(_names(text))
        roles = frozenset(stem for word, stem in zip(plain, stemmed, strict=True) if word in lexicon.ROLE_NOUNS)
        is_measure = any(
            (first == "how" and second in lexicon.MEASURES) or (first == "many" and second == "times")
            for first, second in pairwise(plain)
        )
        return cls(
            question,
            weights,
            own,
            frozenset(pairwise(stemmed)),
            names,
            roles,
            frozenset(plain),
            ordinals,
            stop_stems,
            is_measure,
        )

    def matched(
        self, name: "_Name", column: "_Name | None" = None, about: frozenset[str] = frozenset()
    ) -> tuple[dict[str, float], float]:
        """Return the stems of a row's or a column's name that are asked for, weighted, and their share of the name.

        column: the name of the column that a row's name stands in. A number or letter alone says too little unless that
        stands before it, or one of the stems of what the table is `about`: "sailing D", "room 3", "bus 8".
        """
        if name.stems.isdisjoint(self.weights) and name.days.isdisjoint(self.weights):
            return _NOTHING if self.ordinals.isdisjoint(name.stems) else self._ranked(name, column)
        if not name.days.isdisjoint(self.weights):
            return {day: self.weights[day] for day in name.days & self.weights.keys()}, 1.0
        if name.is_short:
            before = set[str]() if column is None else {*column.stems, *about}
            before.update(*(_related().get(stem, ()) for stem in tuple(before)))
            is_named = any((stem, number) in self.pairs for stem in before for number in name.stems)
            return (dict.fromkeys(name.stems, 1.0), 1.0) if is_named else self._ranked(name, column)
        matched = {stem: self.weights[stem] for stem in name.stems if stem in self.weights}
        if not name.has_letters and len(matched) < len(name.stems):
            return _NOTHING  # a part of a number, such as the hour of a time
        share = len(name.essential & matched.keys()) / len(name.essential)
        if name.head not in matched:
            share -= _HEAD_NOT_NAMED / _PARTLY_NAMED
        return {stem: weight * (0.5 + 0.5 * max(0.0, share)) for stem, weight in matched.items()}, share

    def _ranked(self, name: "_Name", column: "_Name | None") -> tuple[dict[str, float], float]:
        """Return what matched returns for a number that the question has as an ordinal, in a column of ranks."""
        is_rank = column is None or not column.stems or not column.stems.isdisjoint(_stems_of(lexicon.RANKS))
        numbers = name.stems & self.ordinals
        return (dict.fromkeys(numbers, 1.0), 1.0) if is_rank and name.is_short and numbers else _NOTHING


@dataclass(frozen=True, slots=True)
class _Name:
    """A cell as the name of a row or a column: "Price (EUR)" is essentially "Price".

    stems: those that tell names apart. days: those of the days or months of a range. head: the stem of its head noun,
    "bore" of "Hose bore" and "flow" of "Flow per minute". is_short: a number or letters of at most two characters.
    """

    stems: frozenset[str]
    days: frozenset[str]
    essential: frozenset[str]
    head: str
    is_short: bool
    has_letters: bool

    @classmethod
    @lru_cache(maxsize=8192)  # rows are compared with one question after another
    def of(cls, text: str) -> "_Name":
        """Read a name."""
        text = _with_unit_names(text)
        whole = _PARENTHESIS.sub("", text).strip()
        words = _WORD.findall(whole.lower())
        after = next((at for at, word in enumerate(words) if at > 0 and word in lexicon.AFTER_HEAD), len(words))
        return cls(
            stems=_content_stems(text),
            days=_days_between(text),
            essential=_content_stems(whole) or _content_stems(text),
            head=_stem(words[after - 1]) if words else "",
            is_short=len(whole) <= 2 and (whole.isdigit() or whole.isalpha()),
            has_letters=any(letter.isalpha() for letter in whole),
        )


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell that answers, its sentence, and its no-answer margin."""

    span: Quote
    sentence: Quote
    margin: float


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row and a column whose cell may be asked for, with the score by which pairs are compared.

    row_share, column_share: how much of their names the question has. by_type: the column is not named. is_mismatch:
    whether its cell, or its column, can hardly be of the type that is asked for.
    """

    row: int
    column: int
    score: float
    row_share: float
    column_share: float
    by_type: bool
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

    def row_of(self, span: Quote) -> int | None:
        """Return the index of the row that a span is in, None where that is not among its rows."""
        return next((at for at, row in enumerate(self.rows) if row.start <= span.start < row.end), None)

    def hits(self) -> Iterator[Hit]:
        """Yield the hits in it."""
        passages = {passage.quote.start: passage for passage in self._passages}
        yield from (hit for passage in passages.values() for hit in passage.hits if self.holds(hit.sentence))

    def find(self, asked: _QuestionTerms) -> tuple[_Cell | None, set[int | None]]:
        """Return the cell that is asked for, if one is, and the rows that may hold other answers, None for the header.

        No row may where the question names a column, but no row, and a word that is not in sight.
        """
        pairs, share = self._best_pairs(asked)
        if not pairs:
            unexplained = self._unexplained(asked, range(len(self.rows)))
            is_about_another = unexplained >= _UNEXPLAINED_NAME if 0 < share < 1 else unexplained * share > 0
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

    def _margin(self, asked: _QuestionTerms, pair: _Pair) -> float:
        """Return the no-answer margin of the cell of a pair."""
        if pair.is_mismatch:
            return -math.inf
        return (
            _FULL_MARGIN
            - _PARTLY_NAMED * (1 - pair.row_share)
            - (_COLUMN_BY_TYPE if pair.by_type else _PARTLY_NAMED * (1 - pair.column_share))
            - self._unexplained(asked, [pair.row])
        )

    def _best_pairs(self, asked: _QuestionTerms) -> tuple[list[_Pair], float]:
        """Return the row and column that a question names, or several pairs that it doesn't tell apart.

        Also the share of the name of a column that it has, 0 to 1.
        """
        names = [_Name.of(self._text(cell)) for cell in self.header.cells]
        columns = [asked.matched(name) for name in names]
        column_counts = Counter(stem for matched, _ in columns for stem in matched)
        abouts = [frozenset(stems(self.article.title)), *[frozenset[str]()] * (len(names) - 1)]
        rows = [
            [
                asked.matched(_Name.of(self._text(cell)), name, about)
                for name, about, cell in zip(names, abouts, row.cells, strict=True)
            ]
            for row in self.rows
        ]
        counts = [Counter(stem for row in rows for stem in row[at][0]) for at in range(len(names))]
        pairs: list[_Pair] = []
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
                shares = [share for _, share in cells]
                pairs += self._pairs(asked, at, named, shares, columns, column_counts)
        pairs = [pair for pair in pairs if not pair.is_mismatch] or pairs
        min_score = max((pair.score for pair in pairs), default=0.0) - _MIN_LEAD
        return [pair for pair in pairs if pair.score > min_score], max(0.0, *(share for _, share in columns))

    def _pairs(
        self,
        asked: _QuestionTerms,
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
            own = _Name.of(text).stems
            is_said = len(own) > 0 and own <= asked.own.keys()  # what a question says is not its answer
            is_column_named = any(column_counts[stem] < len(columns) for stem in matched)
            is_only_column = len(columns) == 2
            header = frozenset(stems(self._text(self.header.cells[column])))
            type_match = answer_type_match(asked.question, text) if text else 0.0
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
            is_mismatch = (
                is_unlike
                or (by_type and asked.is_measure)
                or (type_match < 0 and not self._holds_type(asked.question, column))
            )
            weights = {stem: weight / column_counts[stem] for stem, weight in matched.items()}
            for at in others:
                for stem, weight in named[at].items():
                    weights[stem] = max(weight, weights.get(stem, 0.0))
            header_words = _WORD.findall(self._text(self.header.cells[column]).lower())
            is_subset = header_words[:1] != [] and header_words[0] in lexicon.SUBSET_WORDS
            is_group = asked.question.type is QuestionType.WHO and not _stems_of(lexicon.GROUPS_OF_PEOPLE).isdisjoint(
                header
            )
            score = (
                sum(weights.values())
                + _FULLY_NAMED * ((row_share == 1.0) + (column_share == 1.0))
                + _RIGHT_TYPE * (type_match - is_group)
                + _SUBSET * (is_subset and asked.words.issuperset(header_words[1:]))
                + _STOP_WORD * any(stem in asked.stop_stems for stem in header)
            )
            yield _Pair(row, column, score, row_share, column_share if is_column_named else 1.0, by_type, is_mismatch)

    def _holds_type(self, question: Question, column: int) -> bool:
        """Return whether another cell of a column is of the type that is asked for: "not sold" stands among prices."""
        cells = (self._text(row.cells[column]) for row in self.rows)
        return any(text and answer_type_match(question, text) > 0 for text in cells)

    def _unexplained(self, asked: _QuestionTerms, rows: Sequence[int]) -> float:
        """Return what is taken off the margin for words of the question that nothing in sight explains.

        In sight are these rows, the header, the title, date and beginning of the article, and what stands above the
        table.
        """
        known = self._known(asked, rows)
        cost = sum(
            cost for stem, cost in asked.own.items() if stem not in known and known.isdisjoint(_related_to(stem))
        )
        # "Fenn School" is not "Upper Fenn School".
        in_rows = {stem for row in rows for cell in self.rows[row].cells for stem in _Name.of(self._text(cell)).stems}
        is_another = any(not name <= known and not name.isdisjoint(in_rows) for name in asked.names)
        return cost + _UNEXPLAINED_SPECIFIC * is_another

    def _known(self, asked: _QuestionTerms, rows: Sequence[int]) -> set[str]:
        """Return the stems of what is in sight of these rows."""
        article, start = self.article, self.header.start
        above = article.text[max(0, start - _CAPTION) : self.header.end]
        known = {*stems("\n".join([article.title, article.published or "", article.text[:_CAPTION], above]))}
        known |= asked.ordinals
        for row in rows:
            for cell in self.rows[row].cells:
                name = _Name.of(self._text(cell))
                known |= name.stems | name.days
        return known

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


def _content_stems(text: str) -> frozenset[str]:
    """Return the stems of a text without stop words, and letters that stand alone."""
    found = set(stems(text))
    return frozenset((found - lexicon.STOP_STEMS) | (found & _capital_letters(text)))


def _days_between(text: str) -> frozenset[str]:
    """Return the stems of the days or months of ranges: of Tuesday, Wednesday and Thursday in "Tue-Thu"."""
    found: set[str] = set()
    for ends in _RANGE.findall(text.lower()):
        for series in (lexicon.WEEKDAYS.split("|"), lexicon.MONTHS.split("|")):
            places = [at for end in ends for at, name in enumerate(series) if name.startswith(end)]
            if len(places) == 2:
                low, high = places
                found.update(map(_stem, series[low : high + 1] if low <= high else series[low:] + series[: high + 1]))
    return frozenset(found)


def _capital_letters(text: str) -> set[str]:
    """Return the capital letters that stand alone, as in "sailing A", in lower case, but for an article's "A"."""
    return {
        found.group().lower()
        for found in _LETTER.finditer(text)
        if found.start() > 0 or not text[found.end() :].lstrip()[:1].islower()
    }


def _focus(words: Sequence[str]) -> range:
    """Return the places of the words that say what is asked for: "likely cause" in "what is the likely cause of it"."""
    asking = {word for kind in ("which", "what", "who", "how") for word in lexicon.QUESTION_WORDS[kind].split()}
    first = next((at for at, word in enumerate(words) if word in asking), len(words)) + 1
    while first < len(words) and words[first] in lexicon.AUXILIARIES | lexicon.DETERMINERS:
        first += 1
    last = first
    while last < min(len(words), first + _MAX_FOCUS) and words[last] not in (
        lexicon.AUXILIARIES | lexicon.DETERMINERS | lexicon.PREPOSITIONS
    ):
        last += 1
    return range(first, last)


def _with_unit_names(text: str) -> str:
    """Return a text with the names of units for their symbols: "Per m²" as "Per square metre"."""
    for pattern, name in _unit_names():
        text = pattern.sub(name, text)
    return text


def _names(text: str) -> Iterator[frozenset[str]]:
    """Yield the stems of the names of several words in a question, without titles and nouns that names end with."""
    for run in _NAME_RUN.findall(_POSSESSIVE.sub("", text)):
        words = [word for word in _WORD.findall(run.lower()) if word not in _TELL_NOTHING]
        if len(words) > 1:
            yield frozenset(map(_stem, words))


def _related_to(stem: str) -> frozenset[str]:
    """Return the stems that may mean the same in a table: "price" for "cost", and "climber" for "climb"."""
    agents = (f"{stem}er", f"{stem}or", f"{stem}r", f"{stem}{stem[-1]}er") if len(stem) > 2 else ()
    return _related().get(stem, frozenset()).union(agents)


def _follows_many(words: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether a noun follows "many", maybe after adjectives, but not after a name: "Gannet 40 pumps"."""
    before = takewhile(lambda word: word.group() != "many", reversed(words[:at]))
    return all(word.group().islower() for word in before)


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    return next(iter(stems(word)), word)


@cache
def _related() -> dict[str, frozenset[str]]:
    """Map stems to those of the words that mean the same in tables."""
    groups = [frozenset(map(_stem, line.split())) for line in lexicon.RELATED_IN_TABLES.strip().splitlines()]
    return {
        stem: frozenset().union(*(group for group in groups if stem in group)) for stem in frozenset().union(*groups)
    }


@cache
def _unit_names() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rf"(?<!\w)(?:{form})(?!\w)"), name) for form, name in lexicon.UNIT_SYMBOLS.items()]


def _ordering() -> frozenset[str]:
    """Return the stems of what names columns of dates and ranks."""
    return _stems_of(lexicon.TIME_NOUNS | lexicon.RANKS)


@cache
def _stems_of(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_stem, words))
