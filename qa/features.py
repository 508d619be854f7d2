"""What a candidate shows of being the answer, in numbers that don't depend on the size of the corpus."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance.OSA import distance

from index.search.keywords import stems
from qa.near_duplicates import same_sentence
from qa.query.answer_types import fits
from qa.query.parser import wanted_kind
from qa.types import Candidate, Hit, Passage, Reading

# Words that ask, or hold a question together: that an article has them says nothing. As keyword search stems them.
EMPTY = frozenset(
    """
    a about all an and ani are at be becaus been by can could did do doe done dure for from given had has have he hello
    her hey hi him his how i if in into is it its kind know made make mani may me might much must my name of on or our
    pleas s said say she should so t tell than thank that the their them there these they this those to type us use was
    we were what when where which who whom whose whi will with would you your
    """.split()  # noqa: SIM905 - a list of 90 quoted words is not easier to read
)
_WIDEST = 12.0  # beyond that, a difference of scores says nothing more
_SPELT_ALIKE = 5  # letters from which on a word with one error still counts as said


@dataclass(frozen=True, slots=True)
class Features:
    """What a candidate shows of being the answer.

    similarity: inner product of question and sentence vectors. lead: how far its sentence's retrieval score is ahead of
    the best other hit's (negative: behind), or of 0 where there is no other; a copy that says the same is no other.
    said, said_nearby: the share of the question's words, weighted by rarity, in the sentence with its title and in its
    passage with its title. rarest_missing: the rarity, 0 to 1, of the rarest word that is in neither. fits: 1 where the
    words that answer are of the kind that is asked for (a number, a time, a name, a reason), -1 where they can hardly
    be, 0 where nothing tells. words: ln(1 + how many different words of the question count). reading: the span's score
    less its passage's "no answer", by the reader. ahead: how far its score is ahead of the best other candidate's, or
    of "no answer" where there is no other. odds: the reader's log-odds that its passage answers at all. The last three
    are 0 of a reader that reads nothing; a calibration that was made before there were `odds` gives them no weight.
    """

    similarity: float
    lead: float
    said: float
    said_nearby: float
    rarest_missing: float
    fits: float
    words: float
    reading: float
    ahead: float
    odds: float = 0.0


def features(
    question: str, reading: Reading, passages: Sequence[Passage], rarity: Mapping[str, float]
) -> list[Features]:
    """Return the features of a reading's candidates; raises ValueError for one outside of all passages.

    `rarity` maps stems to 0 (everywhere) ... 1 (nowhere: stems that are not in it).
    """
    asked = {word: rarity.get(word, 1.0) for word in stems(question) if word not in EMPTY}
    shown = _Shown(question, asked, reading, passages)
    return [shown.features(candidate) for candidate in reading.candidates]


class _Shown:
    """A question's words and what was found, worked out once for all candidates."""

    def __init__(
        self, question: str, asked: Mapping[str, float], reading: Reading, passages: Sequence[Passage]
    ) -> None:
        self._kind = wanted_kind(question)
        self._asked = asked
        self._reading = reading
        self._passages = passages
        self._hits = [hit for passage in passages for hit in passage.hits]
        self._worst = min((hit.score for hit in self._hits), default=0.0)
        self._nearby: dict[int, tuple[float, float]] = {}
        self._weight = sum(asked.values())
        self._read = any(candidate.reading != 0.0 for candidate in reading.candidates)

    def features(self, candidate: Candidate) -> Features:
        number, hit, score = self._place(candidate)
        others = (other.score for other in self._hits if not _same(other, candidate))
        title = candidate.sentence.article.title
        if number not in self._nearby:
            self._nearby[number] = self._said(f"{title} {self._passages[number].quote.text}")
        nearby, missing = self._nearby[number]
        return Features(
            similarity=hit.similarity,
            lead=score - max(others, default=0.0),
            said=self._said(f"{title} {candidate.sentence.text}")[0],
            said_nearby=nearby,
            rarest_missing=missing,
            fits=fits(self._kind, _words(candidate)),
            words=math.log1p(len(self._asked)),
            reading=_bounded(candidate.reading),
            ahead=_bounded(self._ahead(candidate)) if self._read else 0.0,
            odds=_bounded(candidate.odds),
        )

    def _place(self, candidate: Candidate) -> tuple[int, Hit, float]:
        """Return the number of a candidate's passage, its hit or else the passage's best, and its retrieval score."""
        for number, passage in enumerate(self._passages):
            if passage.quote.covers(candidate.sentence):
                own = next((hit for hit in passage.hits if hit.sentence.covers(candidate.sentence)), None)
                # A sentence that was no hit would have come after all that were.
                return (number, passage.hits[0], self._worst) if own is None else (number, own, own.score)
        raise ValueError("A candidate lies inside a passage.")

    def _said(self, text: str) -> tuple[float, float]:
        """Return the share of the question's words that a text says, and the rarity of the rarest one it doesn't."""
        words = set(stems(text))
        missing = [word for word in self._asked.keys() - words if not _spelt_alike(word, words)]
        share = 1 - sum(self._asked[word] for word in missing) / self._weight if self._weight else 0.0
        return share, max((self._asked[word] for word in missing), default=0.0)

    def _ahead(self, candidate: Candidate) -> float:
        others = (one.score for one in self._reading.candidates if one is not candidate)
        return candidate.score - max(others, default=self._reading.no_answer)


def _same(hit: Hit, candidate: Candidate) -> bool:
    return hit.sentence == candidate.sentence or same_sentence(hit.sentence, candidate.sentence)


def _spelt_alike(word: str, words: set[str]) -> bool:
    if len(word) < _SPELT_ALIKE or not word.isalpha():
        return False
    near = (other for other in words if other[0] == word[0] and abs(len(other) - len(word)) <= 1)
    return any(distance(word, other) <= 1 for other in near if len(set(word) ^ set(other)) <= 2)


def _bounded(difference: float) -> float:
    return max(-_WIDEST, min(_WIDEST, difference))


def _words(candidate: Candidate) -> str:
    """Return the words that answer; of a whole sentence without its first letter: every sentence has a capital."""
    return candidate.span.text[1 if candidate.span == candidate.sentence else 0 :]
