import math
from dataclasses import replace

import pytest

from corpus.article import Article, Draft
from qa.features import Features, features
from qa.types import Anaphor, Candidate, Hit, Passage, Quote, Reading
from tests.candidates import ARTICLE, OTHER, candidate, hit, reading, whole
from tests.indexing import split_lines
from tests.questions import as_question

IDF = {"ferri": 0.8, "leav": 0.5, "noon": 0.9, "dog": 0.4}


def of_first(question: str, found: Reading, passages: list[Passage], idf: dict[str, float] = IDF) -> Features:
    return features(as_question(question), found, passages, idf)[0]


def computed(question: str, best: Hit, *others: Hit, idf: dict[str, float] = IDF) -> Features:
    return of_first(question, reading(candidate(best)), [whole(best.sentence.article, best, *others)], idf)


def test_similarity_and_lead_are_those_of_the_hit() -> None:
    best, next_best = hit(ARTICLE, 0, 0.9, 0.7), hit(ARTICLE, 1, 0.6)
    assert 0.7 == computed("ferry?", best, next_best).similarity
    assert pytest.approx(0.3) == computed("ferry?", best, next_best).retrieval_margin
    assert 0.9 == computed("ferry?", hit(ARTICLE, 0, 0.9)).retrieval_margin
    behind = of_first("ferry?", reading(candidate(next_best)), [whole(ARTICLE, best, next_best)])
    assert pytest.approx(-0.3) == behind.retrieval_margin


def test_the_lead_is_over_hits_of_all_passages() -> None:
    best, rival = hit(ARTICLE, 0, 0.9), hit(OTHER, 0, 0.8)
    found = of_first("ferry?", reading(candidate(best)), [whole(ARTICLE, best), whole(OTHER, rival)])
    assert pytest.approx(0.1) == found.retrieval_margin


def test_a_copy_that_says_the_same_is_no_rival() -> None:
    article, copy = (
        replace(Article.from_draft(Draft(text)), cluster="1") for text in (ARTICLE.text, ARTICLE.text + "!")
    )
    best, same, next_best = hit(article, 0, 0.9), hit(copy, 0, 0.9), hit(copy, 1, 0.5)
    passages = [whole(article, best), whole(copy, same, next_best)]
    assert pytest.approx(0.4) == of_first("ferry?", reading(candidate(best)), passages).retrieval_margin


def test_words_are_weighed_by_rarity_and_may_be_said_by_the_title() -> None:
    question = "When do dogs leave the ferry in the harbour?"  # counts: dog .4, leav .5, ferri .8, harbour 1 (unknown)
    found = computed(question, hit(ARTICLE, 0, 0.9))
    assert pytest.approx((0.5 + 0.8 + 1.0) / 2.7) == found.term_overlap
    assert pytest.approx(1.0) == found.passage_term_overlap  # the dogs are in the passage
    assert 0.0 == found.max_missing_idf
    assert pytest.approx(math.log(5)) == found.query_terms


def test_the_rarest_missing_word_is_the_one_that_no_sentence_nearby_says() -> None:
    assert 0.9 == computed("Does the noon ferry leave?", hit(OTHER, 0, 0.9)).max_missing_idf
    assert 1.0 == computed("Does the zyzzyva ferry leave?", hit(ARTICLE, 0, 0.9)).max_missing_idf


def test_a_word_asked_twice_counts_once() -> None:
    assert computed("ferry ferries FERRY", hit(ARTICLE, 1, 0.9)) == computed("ferry", hit(ARTICLE, 1, 0.9))


@pytest.mark.parametrize(
    "question",
    [
        "Who is it?",
        "What is this about, please?",
        "Hello, can you tell me why they were there?",
        "Does any of those have his?",
        "How many would it be because of us?",
        "?!",
        "",
    ],
)
def test_words_that_only_ask_do_not_count(question: str) -> None:
    found = computed(question, hit(ARTICLE, 0, 0.9))
    assert (0.0, 0.0) == (found.term_overlap, found.passage_term_overlap)
    assert (0.0, 0.0) == (found.max_missing_idf, found.query_terms)


def test_whether_words_fit_goes_by_the_kind_of_the_question() -> None:
    article = Article.from_draft(Draft("The bridge, which is where people met when it rained, is red.", title="None"))
    for question, expected in (
        ("When did it rain?", 1),
        ("How many bridges are there?", -1),
        ("What colour is the bridge where people met when it rained?", 0),
    ):
        found = computed(question, hit(article, 0, 0.5))
        assert (expected, float(expected < 0)) == (found.answer_type_match, found.answer_type_mismatch)


def test_the_capital_that_begins_a_sentence_is_no_name() -> None:
    article = Article.from_draft(Draft("Nobody came.", title="None"))
    assert 0 == computed("Who came?", hit(article, 0, 0.5)).answer_type_match


def test_a_longer_word_with_one_error_counts_as_present() -> None:
    assert 0.0 == computed("When do bicyles go?", hit(ARTICLE, 1, 0.9), idf={"bicycl": 0.5, "go": 0.0}).max_missing_idf
    assert 1.0 == computed("When do tricycles go?", hit(ARTICLE, 1, 0.9)).max_missing_idf
    assert 1.0 == computed("Where is the dig?", hit(ARTICLE, 2, 0.9)).max_missing_idf  # no dog


def test_the_words_that_answer_are_looked_at_not_their_sentence() -> None:
    article = Article.from_draft(Draft("Amina Farouk opened the pool on 3 March.", title="Town"))
    best = hit(article, 0, 0.9)
    who, when = (Candidate(Quote(article, *span), best.sentence, 1.0, 1.0) for span in ((0, 12), (32, 39)))
    passages = [whole(article, best)]
    asked = [of_first("When did it open?", reading(one), passages).answer_type_match for one in (who, when)]
    assert [-1.0, 1.0] == asked
    assert 1.0 == of_first("Who opened it?", reading(who), passages).answer_type_match


def test_margins_and_answerability_are_those_of_the_reader() -> None:
    best = hit(ARTICLE, 0, 0.9)
    one = Candidate(Quote(ARTICLE, 20, 24), best.sentence, 5.0, 4.0, 1.5)
    other = Candidate(Quote(ARTICLE, 4, 9), best.sentence, 3.0, 2.0, -1.5)
    first, second = features(as_question("When?"), Reading((one, other), no_answer=0.5), [whole(ARTICLE, best)], IDF)
    assert (4.0, 2.0, 1.5) == (first.no_answer_margin, first.score_margin, first.answerability)
    assert (2.0, -2.0, -1.5) == (second.no_answer_margin, second.score_margin, second.answerability)
    [alone] = features(as_question("When?"), Reading((one,), no_answer=0.5), [whole(ARTICLE, best)], IDF)
    assert 4.5 == alone.score_margin


def test_differences_of_scores_are_bounded() -> None:
    best = hit(ARTICLE, 0, 0.9)
    sure = Candidate(Quote(ARTICLE, 20, 24), best.sentence, 500.0, 400.0, -math.inf)
    [found] = features(as_question("When?"), Reading((sure,), no_answer=0.0), [whole(ARTICLE, best)], IDF)
    assert (12.0, 12.0, -12.0) == (found.no_answer_margin, found.score_margin, found.answerability)


def test_without_a_model_its_features_are_0() -> None:
    found = computed("ferry?", hit(ARTICLE, 0, 0.9), hit(ARTICLE, 1, 0.2))
    assert (0.0, 0.0, 0.0) == (found.no_answer_margin, found.score_margin, found.answerability)


def test_a_sentence_that_was_no_hit_counts_as_the_worst_hit() -> None:
    best, worst = hit(ARTICLE, 0, 0.9, 0.8), hit(OTHER, 0, 0.3)
    neighbour = Quote(ARTICLE, *split_lines(ARTICLE.text)[2])
    span = Candidate(neighbour, neighbour, 1.0, 1.0)
    [found] = features(as_question("ferry?"), reading(span), [whole(ARTICLE, best), whole(OTHER, worst)], IDF)
    assert (0.8, pytest.approx(-0.6)) == (found.similarity, found.retrieval_margin)


def test_a_candidate_outside_of_all_passages_is_refused() -> None:
    best, unknown = hit(ARTICLE, 0, 0.9), hit(OTHER, 0, 0.5)
    with pytest.raises(ValueError, match="inside a passage"):
        features(as_question("When?"), reading(candidate(unknown)), [whole(ARTICLE, best)], IDF)


def test_a_name_has_the_features_of_the_sentence_that_answers() -> None:
    first, second = hit(ARTICLE, 0, 0.4), hit(ARTICLE, 1, 0.9, 0.8)
    name = Quote(ARTICLE, 4, 9)
    pronoun = Anaphor(Quote(ARTICLE, second.sentence.start, second.sentence.start + 2), second.sentence)
    resolved = Candidate(name, first.sentence, 3.0, via=pronoun)
    found = of_first("Who carries bicycles?", reading(resolved), [whole(ARTICLE, first, second)])
    assert (0.8, pytest.approx(0.5)) == (found.similarity, found.retrieval_margin)
