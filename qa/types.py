"""The values that flow from a question to its reply: quotes, hits, passages, candidates, answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from corpus.article import Article, parse_published
from corpus.store.filters import NO_FILTERS, ArticleFilter
from qa.conversation.history import Turn
from qa.dates.finder import DateExpression
from qa.query.conditions import ConditionKind
from qa.query.overview import OverviewKind


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of an article. Its words are always the article's own: there is no other way to make one.

    Raises ValueError for a span that is empty or not inside the article.
    """

    article: Article
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= len(self.article.text):
            raise ValueError(f"[{self.start}, {self.end}) is no span of article {self.article.id}.")

    @property
    def text(self) -> str:
        """The quoted words."""
        return self.article.text[self.start : self.end]

    def covers(self, other: "Quote") -> bool:
        """Return whether the other quote lies within this one."""
        return self.article.id == other.article.id and self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved sentence: its row in the generation, its fused score, and the two scores that are fused.

    similarity: inner product with the question's vector. bm25: keyword score, 0 where no word is shared.
    """

    sentence: Quote
    row: int
    score: float
    similarity: float
    bm25: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of neighbouring sentences, in text order: the unit that is read. `hits`: its retrieved sentences."""

    quote: Quote
    hits: tuple[Hit, ...]
    sentences: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands in its document: the page, from 1, and the nearest heading above it. One may be None."""

    page: int | None
    heading: str | None


@dataclass(frozen=True, slots=True)
class Anaphor:
    """A pronoun or description that answers, such as "She" or "The firm", its sentence and the place of that.

    probability: how likely it stands for the name that is given for it. Raises ValueError for a span that is not inside
    its sentence.
    """

    span: Quote
    sentence: Quote
    place: Place | None = None
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not self.sentence.covers(self.span):
            raise ValueError("A pronoun or description lies inside one sentence.")


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """One of the spans that answer together, in its sentence: an item of a list, or the answer to one of two questions.

    question: the one that it answers, None for an item. via: as that of a Candidate. place: as that of an Answer.
    Raises ValueError for a span that is not inside its sentence.
    """

    span: Quote
    sentence: Quote
    question: str | None = None
    via: Anaphor | None = None
    place: Place | None = None

    def __post_init__(self) -> None:
        if not self.sentence.covers(self.span):
            raise ValueError("A part of an answer lies inside one sentence.")


class _WithAnaphor:
    """What is read off the span, the sentence and the anaphor of a Candidate or an Answer."""

    __slots__ = ()
    span: Quote
    sentence: Quote
    via: Anaphor | None

    @property
    def answering_span(self) -> Quote:
        """What was read in the answering sentence: the span, or the pronoun or description that it stands for."""
        return self.span if self.via is None else self.via.span

    @property
    def answering_sentence(self) -> Quote:
        """The sentence that answers the question, whether it names the answer or another one does."""
        return self.sentence if self.via is None else self.via.sentence

    @property
    def sentences(self) -> tuple[Quote, ...]:
        """The answering sentence and, where it is another one, the sentence that names the answer."""
        return (self.sentence,) if self.via is None else (self.via.sentence, self.sentence)


@dataclass(frozen=True, slots=True)
class Candidate(_WithAnaphor):
    """A span inside one sentence that may answer, with the reader's score: higher is likelier.

    score: comparable between passages and with `Reading.no_answer`. no_answer_margin: the span's logits less those of
    "no answer" in its passage, without any retrieval score. answerability: the log-odds that the passage answers. Both
    are 0 where no model read the passage. parts: the answers to the questions that a question joins; missing: those of
    these questions that have none. via: what was read, where the span is the name that it stands for.
    Raises ValueError for a span that is not inside its sentence.
    """

    span: Quote
    sentence: Quote
    score: float
    no_answer_margin: float = 0.0
    answerability: float = 0.0
    parts: tuple[AnswerPart, ...] = ()
    missing: tuple[str, ...] = ()
    via: Anaphor | None = None

    def __post_init__(self) -> None:
        if not self.sentence.covers(self.span):
            raise ValueError("An answer lies inside one sentence.")

    def raised(self, bonus: float) -> "Candidate":
        """Return the candidate with a bonus on its score, margin and answerability."""
        return replace(
            self,
            score=self.score + bonus,
            no_answer_margin=self.no_answer_margin + bonus,
            answerability=self.answerability + bonus,
        )


ScoredCandidate = tuple[Candidate, float]  # with its confidence


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading: candidates, best first, and the score of "no answer".

    sentences: all sentences that were read, best first.
    """

    candidates: tuple[Candidate, ...]
    no_answer: float
    sentences: tuple[Quote, ...] = ()

    def top(self, k: int) -> "Reading":
        """Return the reading with its k best candidates alone."""
        return replace(self, candidates=self.candidates[:k])

    def ranked_sentences(self, hits: Sequence[Hit]) -> list[Quote]:
        """Return the best candidate's sentence, the other sentences that were read, then the other hits.

        No sentence comes twice.
        """
        best = (sentence for candidate in self.candidates[:1] for sentence in candidate.sentences)
        return list(dict.fromkeys([*best, *self.sentences, *(hit.sentence for hit in hits)]))


@dataclass(frozen=True, slots=True)
class TablePlace:
    """Where a cell stands in its table: the header, and the names of its column and its row, where they have one."""

    header: Quote
    column: Quote | None
    row: Quote | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether an article says what a question states: a name, a year, the noun that is counted.

    met: True where the answer's sentence or the title does, or a neighbouring sentence that this one may refer to;
    False where the whole passage lacks it; None where the passage has it, but perhaps not of what the answer is about.
    """

    text: str
    kind: ConditionKind
    met: bool | None


@dataclass(frozen=True, slots=True)
class Support:
    """Which retrieved articles give an answer, the answer's own first.

    sources: how many sources they have; an article without one counts as its own. clusters: how many clusters of
    near-duplicates they form.
    """

    articles: tuple[Article, ...]

    @property
    def sources(self) -> int:
        """The number of their sources."""
        return len({one.id if one.source is None else one.source for one in self.articles})

    @property
    def clusters(self) -> int:
        """The number of their clusters of near-duplicates."""
        return len({one.cluster for one in self.articles})

    @property
    def newest(self) -> str | None:
        """The latest of their dates of publication, None where none has one."""
        dated = [one.published for one in self.articles if one.published is not None]
        return max(dated, key=lambda published: parse_published(published).first, default=None)


@dataclass(frozen=True, slots=True)
class Answer(_WithAnaphor):
    """A span inside a sentence, in its passage, with the probability that it is right.

    also: the near-duplicate articles that give the same answer. parts: the spans that answer together where one is not
    enough, the first of them the span or in it. missing: what a joined question asks that nothing answers. via: the
    pronoun or description that answers, where the span is the name that it stands for. attribution: the words of the
    sentence that say whose report the span is. table: for an answer from a table. evidence: one for each condition of
    the question. place: None where nothing is known of it. dates: the time expressions of the sentences of its article
    that are quoted, resolved by its date. supersedes: what older reports say, newest first. differs: what other reports
    of the time say. support: which articles give it. Raises ValueError where the quotes are not nested.
    """

    span: Quote
    sentence: Quote
    context: Quote
    confidence: float
    also: tuple[Article, ...] = ()
    parts: tuple[AnswerPart, ...] = ()
    missing: tuple[str, ...] = ()
    via: Anaphor | None = None
    attribution: Quote | None = None
    table: TablePlace | None = None
    evidence: tuple[Evidence, ...] = ()
    place: Place | None = None
    dates: tuple[DateExpression, ...] = ()
    supersedes: tuple["Answer", ...] = ()
    differs: tuple["Answer", ...] = ()
    support: Support | None = None

    def __post_init__(self) -> None:
        if not (self.sentence.covers(self.span) and self.context.covers(self.sentence)):
            raise ValueError("An answer lies inside one sentence, and that inside its passage.")


@dataclass(frozen=True, slots=True)
class Closest:
    """One of the best sentences, whether it answers or not, in its passage, with the evidence for the question."""

    sentence: Quote
    context: Quote
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class FromQuestion:
    """Words of a question that were read as the time or the source that it asks about.

    The first and the last day of a time that is known, and the names of a source.
    """

    kind: Literal["period", "source"]
    text: str
    first: date | None = None
    last: date | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """How a question was read: the text that was searched and read, the filters, and its words for time and source.

    kept_from_conversation: names and phrases of the text that come from the conversation. overview: which kind of
    overview the answers are, None where each answers the question by itself.
    """

    question: str
    filters: ArticleFilter = NO_FILTERS
    from_question: tuple[FromQuestion, ...] = ()
    kept_from_conversation: tuple[str, ...] = ()
    overview: OverviewKind | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A value that answered a question for a time: as its first report tells it, and the dates of its reports."""

    answer: Answer
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """A source or a topic, and how many articles are from it or about it."""

    text: str
    articles: int


@dataclass(frozen=True, slots=True)
class LibraryReply:
    """The reply to a request about the library itself, such as "how many articles are there?".

    text: the reply in words. count: of the articles that are meant, or of their sources. items: sources or topics, the
    most frequent first. articles: the newest ones, or the one that is asked for.
    """

    kind: OverviewKind
    text: str
    count: int
    items: tuple[LibraryItem, ...] = ()
    articles: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """The answers, best first; none means that the articles don't say.

    hint: why there is no answer, where that is known, or the reply to small talk. undated_left_out: how many articles
    the bounds of dates have left out since they have no date. timeline: the values that the answer has had, oldest
    first; empty unless it was asked for and there are several. may_have_history: whether there may be several, since an
    older value is known, or a former version of the first answer's article lacks its words. library: the reply to a
    request about the library, which quotes nothing.
    """

    question: str
    answers: tuple[Answer, ...]
    closest: tuple[Closest, ...]
    generation: int
    took_ms: float
    understood: Understood
    hint: str | None = None
    undated_left_out: int = 0
    timeline: tuple[TimelineEntry, ...] = ()
    may_have_history: bool = False
    library: LibraryReply | None = None

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return len(self.answers) > 0

    @property
    def turn(self) -> Turn:
        """The question as it was understood, and its first answer."""
        if not self.answers:
            return Turn(self.understood.question)
        best = self.answers[0]
        return Turn(self.understood.question, best.span.text, best.sentence.text)


@dataclass(frozen=True, slots=True)
class FoundSentence:
    """A sentence that a search has found: its fused score, the sentences around it, and its place."""

    sentence: Quote
    score: float
    context: Quote
    place: Place | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The sentences closest to a question, best first."""

    question: str
    found: tuple[FoundSentence, ...]
    generation: int
    took_ms: float

    @property
    def sentences(self) -> list[Quote]:
        """The sentences alone."""
        return [one.sentence for one in self.found]


def passage_around(passages: Sequence[Passage], sentence: Quote) -> Quote:
    """Return the quote of the passage that holds a sentence, or the sentence itself."""
    return next((passage.quote for passage in passages if passage.quote.covers(sentence)), sentence)
