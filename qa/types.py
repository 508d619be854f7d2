"""What flows from a question to its reply."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.article import Article


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
    """A sentence, the row it has in its generation, its retrieval score, and what the score is made of.

    `similarity` is the inner product with the question's vector, `bm25` the keyword score, 0 where no word is shared.
    """

    sentence: Quote
    row: int
    score: float
    similarity: float
    bm25: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of neighbouring sentences, in text order: what a reader reads. `hits` are those that were retrieved."""

    quote: Quote
    hits: tuple[Hit, ...]
    sentences: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer, inside one sentence, and the reader's score for it: higher is likelier.

    Scores of one reader can be compared between passages and with `Reading.no_answer`. `reading` is what a reading
    model alone says: the logits of the span less those of "no answer" in the same passage, before any retrieval score
    is mixed in; `odds` are its log-odds that the passage answers at all; both are 0 where no model read it. Raises
    ValueError for a span that is not inside its sentence.
    """

    span: Quote
    sentence: Quote
    score: float
    reading: float = 0.0
    odds: float = 0.0

    def __post_init__(self) -> None:
        if not self.sentence.covers(self.span):
            raise ValueError("An answer lies inside one sentence.")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found: candidates, best first, and the score of there being no answer.

    sentences: all that were read, best first, those too for which no candidate stands as they say what another says.
    """

    candidates: tuple[Candidate, ...]
    no_answer: float
    sentences: tuple[Quote, ...] = ()

    def best(self, k: int) -> "Reading":
        """Return the reading with its k best candidates alone."""
        return replace(self, candidates=self.candidates[:k])

    def in_order(self, hits: Sequence[Hit]) -> list[Quote]:
        """Return sentences as they are likely to answer: the best candidate's, the others that were read, other hits.

        No sentence comes twice.
        """
        best = (candidate.sentence for candidate in self.candidates[:1])
        return list(dict.fromkeys([*best, *self.sentences, *(hit.sentence for hit in hits)]))


@dataclass(frozen=True, slots=True)
class Answer:
    """A span inside a sentence, in its passage, and the probability that it is right.

    `also` has the other articles that say it, as copies of the same story. Raises ValueError where the quotes are not
    inside each other.
    """

    span: Quote
    sentence: Quote
    context: Quote
    confidence: float
    also: tuple[Article, ...] = ()

    def __post_init__(self) -> None:
        if not (self.sentence.covers(self.span) and self.context.covers(self.sentence)):
            raise ValueError("An answer lies inside one sentence, and that inside its passage.")


@dataclass(frozen=True, slots=True)
class Closest:
    """One of the best sentences found, whether it answers or not, in its passage."""

    sentence: Quote
    context: Quote


@dataclass(frozen=True, slots=True)
class Reply:
    """Answers, the best one first; none is an honest "the articles don't say".

    `hint` says why, where there was nothing to answer from, or answers small talk.
    """

    question: str
    answers: tuple[Answer, ...]
    closest: tuple[Closest, ...]
    generation: int
    took_ms: float
    hint: str | None = None

    @property
    def answered(self) -> bool:
        """Whether the articles answer."""
        return len(self.answers) > 0


def passage_around(passages: Sequence[Passage], sentence: Quote) -> Quote:
    """Return the passage that a sentence stands in, or the sentence alone."""
    return next((passage.quote for passage in passages if passage.quote.covers(sentence)), sentence)
