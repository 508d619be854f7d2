from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from qa.reader.decoding import MAX_TOKENS, Span, SpanScores
from qa.reader.span_model import Logits
from qa.reader.tokenization import NOT_TEXT, Tokens
from qa.types import Passage, Quote
from tests.indexing import split_lines

scores = st.integers(-9, 9).map(float)


def passage_of(text: str, before: str = "") -> Passage:
    """The whole text as a passage, its lines as sentences, behind something else in its article."""
    article = Article.from_draft(Draft(before + text))
    lines = tuple(Quote(article, *line) for line in split_lines(article.text) if line[0] >= len(before))
    return Passage(Quote(article, len(before), len(article.text)), (), lines)


def logits_of(text: str, start: list[float], end: list[float]) -> Logits:
    """A token for every letter, behind one for "no answer"."""
    places = np.array([NOT_TEXT, *(at for at, one in enumerate(text) if not one.isspace())], np.int64)
    ends = np.where(places == NOT_TEXT, NOT_TEXT, places + 1)
    tokens = Tokens([0] * len(places), [0] * len(places), places, ends)
    return Logits(tokens, np.array(start, np.float32), np.array(end, np.float32))


@st.composite
def read_passages(draw: st.DrawFn) -> tuple[Passage, Logits]:
    lines = draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    text = "\n".join("x" * length for length in lines)
    count = sum(lines) + 1
    start, end = (draw(st.lists(scores, min_size=count, max_size=count)) for _ in range(2))
    return passage_of(text, draw(st.sampled_from(["", "🦊 Before.\n"]))), logits_of(text, start, end)


def oracle(passage: Passage, logits: Logits) -> dict[tuple[int, int], float]:
    """The score of every span, by going through all pairs of tokens."""
    offset, found = passage.quote.start, {}
    for first in range(1, len(logits.start)):
        for last in range(first, min(first + MAX_TOKENS, len(logits.start))):
            span = int(logits.tokens.starts[first]) + offset, int(logits.tokens.ends[last]) + offset
            if any(one.start <= span[0] and span[1] <= one.end for one in passage.sentences):
                nothing = logits.start[0] + logits.end[0]
                found[span] = float(logits.start[first] + logits.end[last] - nothing)
    return found


@given(read_passages())
def test_the_best_spans_are_those_of_going_through_all(read: tuple[Passage, Logits]) -> None:
    left = oracle(*read)
    best = SpanScores(*read).best(5)
    for span in best:
        assert left[span.start, span.end] == span.no_answer_margin == max(left.values())
        left = {one: score for one, score in left.items() if one[1] <= span.start or span.end <= one[0]}
    assert len(best) == 5 or left == {}


@given(read_passages())
def test_spans_lie_inside_their_sentences_and_share_nothing(read: tuple[Passage, Logits]) -> None:
    best = SpanScores(*read).best(50)
    for span in best:
        assert span.sentence in read[0].sentences
        assert span.sentence.covers(span.quote)
    for one, two in combinations(best, 2):
        assert one.end <= two.start or two.end <= one.start


@given(read_passages())
def test_a_sentence_scores_as_the_best_span_in_it(read: tuple[Passage, Logits]) -> None:
    spans = oracle(*read)
    expected = [
        Span(one.start, one.end, one, max(s for (a, b), s in spans.items() if one.start <= a and b <= one.end))
        for one in read[0].sentences
    ]
    assert expected == SpanScores(*read).sentences()


def test_a_span_has_no_more_than_so_many_tokens() -> None:
    text = "x" * 50
    start, end = [0.0, 9.0, *[0.0] * 49], [0.0, *[0.0] * 49, 9.0]
    best = SpanScores(passage_of(text), logits_of(text, start, end)).best(9)
    assert MAX_TOKENS >= max(span.end - span.start for span in best)
    assert 9.0 == best[0].no_answer_margin  # not both of the best tokens: they are too far from each other


def test_a_token_across_two_sentences_answers_nothing() -> None:
    passage = passage_of("ab\ncd")
    tokens = Tokens([0] * 2, [0] * 2, np.array([NOT_TEXT, 1]), np.array([NOT_TEXT, 4]))
    scores = SpanScores(passage, Logits(tokens, np.ones(2, np.float32), np.ones(2, np.float32)))
    assert ([], []) == (scores.best(3), scores.sentences())


@pytest.mark.parametrize("sentences", [True, False])
def test_where_no_text_was_read_nothing_is_found(sentences: bool) -> None:
    passage = passage_of("ab\ncd")
    if not sentences:
        passage = Passage(passage.quote, ())
    text = "" if sentences else "abcd"
    scores = SpanScores(passage, logits_of(text, [0.0] * (len(text) + 1), [0.0] * (len(text) + 1)))
    assert ([], []) == (scores.best(3), scores.sentences())


def test_a_sentence_that_was_not_read_to_its_end_may_answer_by_its_start() -> None:
    passage = passage_of("abcdef\nxyz")
    scores = SpanScores(passage, logits_of("abc", [0.0, 1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 3.0]))
    assert ["bc"] == [span.quote.text for span in scores.best(1)]
    assert ["abcdef"] == [span.quote.text for span in scores.sentences()]


def test_a_span_is_trimmed_to_its_answer() -> None:
    passage = passage_of("(noon)\n—")
    assert Span(1, 5, passage.sentences[0], 2.0) == Span(0, 6, passage.sentences[0], 2.0).trimmed()
    assert Span(7, 8, passage.sentences[1], 2.0).trimmed() is None
