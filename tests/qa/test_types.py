import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, article_id
from qa.types import Anaphor, Answer, Candidate, Hit, Passage, Quote, Reading, Reply, Understood, passage_around

texts = st.text(min_size=1, max_size=60).filter(lambda text: not any("\ud800" <= one <= "\udfff" for one in text))
places = st.integers(-70, 70)


def article(text: str) -> Article:
    return Article(text, "Title", article_id(text))


HARBOUR = article("The ferry leaves at noon. It carries bicycles. Dogs travel free.")
TOWN = article("The mayor opened a pool.")
FERRY, BICYCLES = Quote(HARBOUR, 0, 25), Quote(HARBOUR, 26, 46)


@given(texts, places, places)
def test_a_quote_is_words_of_its_article_or_nothing(text: str, start: int, end: int) -> None:
    if 0 <= start < end <= len(text):
        quote = Quote(article(text), start, end)
        assert text[start:end] == quote.text
        assert len(quote.text) == end - start
    else:
        with pytest.raises(ValueError, match="is no span of article"):
            Quote(article(text), start, end)


@given(texts, st.data())
def test_quotes_count_code_points_whatever_they_are(text: str, data: st.DataObject) -> None:
    framed = f"🦊e\u0301{text}\u202eй"
    start = data.draw(st.integers(0, len(framed) - 1))
    end = data.draw(st.integers(start + 1, len(framed)))
    assert framed[start:end] == Quote(article(framed), start, end).text


def test_a_quote_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FERRY.end = 30  # type: ignore[misc]


@given(st.tuples(st.integers(0, 23), st.integers(1, 24)), st.tuples(st.integers(0, 23), st.integers(1, 24)))
def test_a_quote_covers_what_has_no_place_outside_of_it(one: tuple[int, int], two: tuple[int, int]) -> None:
    if one[0] < one[1] and two[0] < two[1]:
        expected = set(range(*two)) <= set(range(*one))
        assert expected == Quote(TOWN, *one).covers(Quote(TOWN, *two))


def test_a_quote_covers_nothing_of_another_article() -> None:
    assert not Quote(HARBOUR, 0, 24).covers(Quote(TOWN, 0, 24))


@given(st.integers(0, 63), st.integers(1, 64))
def test_a_candidate_lies_inside_one_sentence(start: int, end: int) -> None:
    if start >= end:
        return
    span = Quote(HARBOUR, start, end)
    if BICYCLES.start <= start and end <= BICYCLES.end:
        assert span == Candidate(span, BICYCLES, 1.0).span
    else:
        with pytest.raises(ValueError, match="inside one sentence"):
            Candidate(span, BICYCLES, 1.0)


def test_a_candidate_that_no_model_read_has_no_reading() -> None:
    assert 0.0 == Candidate(FERRY, FERRY, 3.0).no_answer_margin


def test_an_answer_lies_inside_its_sentence_and_that_inside_its_passage() -> None:
    passage, noon = Quote(HARBOUR, 0, 46), Quote(HARBOUR, 20, 24)
    assert "noon" == Answer(noon, FERRY, passage, 0.5).span.text
    for span, sentence, context in (
        (noon, BICYCLES, passage),
        (noon, FERRY, BICYCLES),
        (Quote(TOWN, 0, 3), FERRY, passage),
    ):
        with pytest.raises(ValueError, match="inside one sentence"):
            Answer(span, sentence, context, 0.5)


def test_a_reply_without_answers_is_not_answered() -> None:
    assert not Reply("Why?", (), (), 1, 0.1, Understood("Why?")).answered
    assert Reply("Why?", (Answer(FERRY, FERRY, FERRY, 0.0),), (), 1, 0.1, Understood("Why?")).answered


def test_a_sentence_outside_of_all_passages_is_its_own() -> None:
    passages = [Passage(Quote(HARBOUR, 0, 46), (Hit(FERRY, 0, 1.0, 1.0, 0.0),))]
    assert passages[0].quote == passage_around(passages, BICYCLES)
    dogs = Quote(HARBOUR, 47, 64)
    assert dogs == passage_around(passages, dogs)
    assert dogs == passage_around([], dogs)


def test_the_best_of_a_reading_keep_its_score_of_no_answer() -> None:
    quote = FERRY
    candidates = tuple(Candidate(quote, quote, score) for score in (3.0, 2.0, 1.0))
    reading = Reading(candidates, no_answer=1.5)
    assert Reading(candidates[:2], no_answer=1.5) == reading.top(2)
    assert reading == reading.top(9)


def test_ranked_sentences_are_the_best_answers_then_those_read_then_other_hits() -> None:
    best, hits = Candidate(FERRY, FERRY, 3.0), [Hit(one, 0, 0.5, 0.5, 0.0) for one in (FERRY, BICYCLES)]
    assert [FERRY, BICYCLES] == Reading((best,), 0.0, (BICYCLES, FERRY)).ranked_sentences([])
    assert [BICYCLES, FERRY] == Reading((), 0.0, (BICYCLES,)).ranked_sentences(hits)
    assert [BICYCLES, FERRY] == Reading((), 0.0).ranked_sentences(hits[::-1])
    assert [] == Reading((), 0.0).ranked_sentences([])


def test_a_pronoun_lies_inside_one_sentence() -> None:
    assert BICYCLES == Anaphor(Quote(HARBOUR, 26, 28), BICYCLES).sentence
    with pytest.raises(ValueError, match="inside one sentence"):
        Anaphor(Quote(HARBOUR, 26, 28), FERRY)


def test_the_sentence_that_answers_comes_before_that_of_the_name() -> None:
    name, pronoun = Quote(HARBOUR, 4, 9), Quote(HARBOUR, 26, 28)
    candidate = Candidate(name, FERRY, 3.0, via=Anaphor(pronoun, BICYCLES))
    assert (BICYCLES, (BICYCLES, FERRY)) == (candidate.answering_sentence, candidate.sentences)
    assert [BICYCLES, FERRY] == Reading((candidate,), 0.0).ranked_sentences([])
    plain = Candidate(name, FERRY, 3.0)
    assert (FERRY, (FERRY,)) == (plain.answering_sentence, plain.sentences)
    assert (BICYCLES, FERRY) == Answer(name, FERRY, FERRY, 0.5, via=candidate.via).sentences
    assert (FERRY,) == Answer(name, FERRY, FERRY, 0.5).sentences
