"""Features from which the confidence in a candidate is estimated, independent of the size of the corpus."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.search.keywords import stems
from index.search.spelling import is_misspelling
from qa.evidence import EvidenceChecker, unmet
from qa.near_duplicates import is_same_sentence
from qa.query.answer_types import answer_type_match
from qa.query.lexicon import STOP_STEMS
from qa.query.parser import Question
from qa.types import Candidate, Passage, Reading

_MAX_MARGIN = 12.0  # margins are clipped to this


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a candidate.

    similarity: inner product of the question's vector and the sentence's, or that of its passage's first hit where the
        sentence is no hit.
    retrieval_margin: the sentence's retrieval score less the best other hit's (0 without one); near-duplicates do not
        count as others.
    term_overlap, passage_term_overlap: the share of the question's terms, weighted by idf, in the sentence, or in the
        passage, with the title.
    max_missing_idf: the highest idf, 0 to 1, of a term that is missing from passage and title.
    answer_type_match: 1 where the words are of the type asked for, -1 where they can hardly be, 0 where unknown.
    query_terms: ln(1 + number of distinct terms of the question).
    no_answer_margin: the span's logits less those of "no answer" in its passage.
    score_margin: the score less the best other candidate's, or less that of "no answer" without one.
    answerability: the reader's log-odds that the passage answers.
    answer_type_mismatch: 1 where the words can hardly be of the type asked for, else 0; it has a weight of its own.
    unmet_names, unmet_numbers, unmet_words: how far what the question states is unmet, 0 to 1; names and places, years,
        dates and numbers, other words (qa.evidence).

    `no_answer_margin`, `score_margin` and `answerability` are 0 where no model reads.
    """

    similarity: float
    retrieval_margin: float
    term_overlap: float
    passage_term_overlap: float
    max_missing_idf: float
    answer_type_match: float
    query_terms: float
    no_answer_margin: float
    score_margin: float
    answerability: float = 0.0
    unmet_names: float = 0.0
    unmet_numbers: float = 0.0
    unmet_words: float = 0.0
    answer_type_mismatch: float = 0.0


def features(
    question: Question, reading: Reading, passages: Sequence[Passage], idf: Mapping[str, float]
) -> list[Features]:
    """Return the features of a reading's candidates; raises ValueError for a candidate outside of all passages.

    idf: maps stems to 0 (in every text) ... 1 (in none, as are stems that it lacks).
    """
    extractor = _FeatureExtractor(question, reading, passages, idf)
    return [extractor.features(candidate) for candidate in reading.candidates]


class _FeatureExtractor:
    """Computes the features of candidates, and caches what the candidates of a question have in common."""

    def __init__(
        self, question: Question, reading: Reading, passages: Sequence[Passage], idf: Mapping[str, float]
    ) -> None:
        self._question = question
        self._evidence = EvidenceChecker(question.text)
        self._terms = {term: idf.get(term, 1.0) for term in stems(question.text) if term not in STOP_STEMS}
        self._total_idf = sum(self._terms.values())
        self._reading = reading
        self._passages = passages
        self._hits = [hit for passage in passages for hit in passage.hits]
        self._lowest = min((hit.score for hit in self._hits), default=0.0)
        self._overlap_of: dict[int, tuple[float, float]] = {}  # by passage
        self._has_model = any(candidate.no_answer_margin != 0.0 for candidate in reading.candidates)

    def features(self, candidate: Candidate) -> Features:
        sentence, title = candidate.answering_sentence, candidate.sentence.article.title
        number = next((at for at, passage in enumerate(self._passages) if passage.quote.covers(sentence)), None)
        if number is None:
            raise ValueError("A candidate lies inside a passage.")
        passage = self._passages[number]
        own = next((hit for hit in passage.hits if hit.sentence.covers(sentence)), None)
        # A sentence that was no hit would rank below all hits.
        hit, retrieval_score = (passage.hits[0], self._lowest) if own is None else (own, own.score)
        other_hits = (
            other.score
            for other in self._hits
            if other.sentence != sentence and not is_same_sentence(other.sentence, sentence)
        )
        other_scores = (other.score for other in self._reading.candidates if other is not candidate)
        score_margin = candidate.score - max(other_scores, default=self._reading.no_answer)
        if number not in self._overlap_of:
            self._overlap_of[number] = self._overlap(f"{title} {passage.quote.text}")
        passage_overlap, missing = self._overlap_of[number]
        # A whole sentence goes without its first letter, since every sentence begins with a capital.
        words = candidate.span.text[1 if candidate.span == sentence else 0 :]
        names, numbers, other_words = unmet(self._evidence.check(candidate.answering_span, sentence, passage.quote))
        type_match = answer_type_match(self._question, words)
        return Features(
            similarity=hit.similarity,
            retrieval_margin=retrieval_score - max(other_hits, default=0.0),
            term_overlap=self._overlap(f"{title} {sentence.text}")[0],
            passage_term_overlap=passage_overlap,
            max_missing_idf=missing,
            answer_type_match=type_match,
            query_terms=math.log1p(len(self._terms)),
            no_answer_margin=_bounded(candidate.no_answer_margin),
            score_margin=_bounded(score_margin) if self._has_model else 0.0,
            answerability=_bounded(candidate.answerability),
            unmet_names=names,
            unmet_numbers=numbers,
            unmet_words=other_words,
            answer_type_mismatch=float(type_match < 0),
        )

    def _overlap(self, text: str) -> tuple[float, float]:
        """Return the share of the question's terms in a text, weighted by idf, and the highest idf of a missing one."""
        terms = set(stems(text))
        absent = self._terms.keys() - terms
        # Comparing first letters here saves most of the calls.
        missing = [t for t in absent if not any(other[0] == t[0] and is_misspelling(t, other) for other in terms)]
        share = 1 - sum(self._terms[term] for term in missing) / self._total_idf if self._total_idf else 0.0
        return share, max((self._terms[term] for term in missing), default=0.0)


def _bounded(margin: float) -> float:
    return max(-_MAX_MARGIN, min(_MAX_MARGIN, margin))
