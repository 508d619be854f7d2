from dataclasses import replace

import pytest

from corpus.article import Article, Draft
from qa.near_duplicates import SeenSentences, answer_positions, find_answer, is_same_sentence, remove_near_duplicates
from qa.types import Candidate, Quote, Reading

FERRY = "The new ferry leaves the northern pier of Arden at noon."


def article(text: str, cluster: str | None = "harbour") -> Article:
    return replace(Article.from_draft(Draft(text)), cluster=cluster)


def quote(article: Article, words: str) -> Quote:
    start = article.text.index(words)
    return Quote(article, start, start + len(words))


def sentence(text: str, cluster: str | None = "harbour", around: str = "") -> Quote:
    return quote(article(f"{around}{text}", cluster), text)


def says(text: str, span: Quote, within: Quote) -> bool:
    """Tell whether a copy with this text gives an answer, by its sentences as full stops part them."""
    copy, found = article(f"In a copy. {text}"), False
    for place in answer_positions(copy.text, span, within):
        start = copy.text.rfind(". ", 0, place + 2) + 2
        end = copy.text.find(". ", place)
        quoted = Quote(copy, start, len(copy.text) if end < 0 else end)
        place_held = find_answer(span, within, quoted)
        assert place_held is None or quoted.covers(place_held[0])
        found = found or place_held is not None
    return found


def candidate(text: str, answer: str, score: float = 1.0, cluster: str | None = "harbour") -> Candidate:
    within = sentence(text, cluster, f"Number {score}. ")
    return Candidate(quote(within.article, answer), within, score)


@pytest.mark.parametrize(
    "other",
    [
        FERRY,
        FERRY.upper(),
        "The new ferry leaves the northern pier of Arden — at noon",
        "ARDEN (Newswire) - The new ferry leaves the northern pier of Arden at noon.",
        "The ferry leaves the northern pier of Arden at noon.",
        "The ferry now leaves the northern pier of Arden at noon.",
    ],
)
def test_copies_say_the_same_give_or_take_an_editor(other: str) -> None:
    one, two = sentence(FERRY), sentence(other, around="Elsewhere. ")
    assert is_same_sentence(one, two)
    assert is_same_sentence(two, one)
    assert says(f"Before. {other} After.", quote(one.article, "noon"), one)


@pytest.mark.parametrize(
    "other",
    [
        "The new ferry leaves the northern pier of Brill at noon.",
        "The new ferry does not leave the northern pier of Arden at noon.",
        "The new ferry never leaves the northern pier of Arden at noon.",
        "It carries bicycles, and nobody in Arden rises before noon.",
        "A goat ate the timetable.",
    ],
)
def test_another_name_a_not_or_many_other_words_make_another_message(other: str) -> None:
    one, two = sentence(FERRY), sentence(other)
    assert not is_same_sentence(one, two)
    assert not is_same_sentence(two, one)
    assert not says(f"Before. {other} After.", quote(one.article, "noon"), one)


def test_a_name_in_any_alphabet_makes_another_message() -> None:
    one, two = (sentence(f"The new ferry leaves the pier of {name} at noon.") for name in ("Örn", "Åby"))
    assert not is_same_sentence(one, two)


def test_another_number_is_another_message() -> None:
    one = sentence("On Monday the new ferry carried 120 people from the northern pier of Arden.")
    other = sentence("On Monday the new ferry carried 130 people from the northern pier of Arden.")
    assert not is_same_sentence(one, other)
    assert not says(other.text, quote(one.article, "Monday"), one)


def test_only_copies_say_the_same_and_no_article_repeats_itself() -> None:
    one = sentence(FERRY)
    assert not is_same_sentence(one, sentence(FERRY, "another", "Elsewhere. "))
    assert not is_same_sentence(sentence(FERRY, None), sentence(FERRY, None, "Elsewhere. "))
    twice = article(f"{FERRY} {FERRY}")
    assert not is_same_sentence(Quote(twice, 0, len(FERRY)), Quote(twice, len(FERRY) + 1, 2 * len(FERRY) + 1))


def test_a_copy_says_it_only_where_the_answer_stands_in_the_sentence() -> None:
    one = sentence(FERRY)
    answer = quote(one.article, "noon")
    assert not says("At noon it rains. The new ferry leaves the northern pier of Arden at ten.", answer, one)
    assert not says("The new ferry leaves the northern pier of Arden in the afternoon.", answer, one)
    assert says("It rains at noon. The ferry leaves the northern pier of Arden at noon. Dogs sleep.", answer, one)


@pytest.mark.parametrize(
    "other",
    [
        "The harbour master said on Monday that the new ferry would leave the northern pier of Arden at noon.",
        "LONDON (Newswire) - It leaves Arden's northern pier at noon, and carries bicycles.",
        "At noon, the ferry leaves Arden from its northern pier, officials in Brill said.",
    ],
)
def test_a_copy_says_it_in_another_frame_too(other: str) -> None:
    one = sentence(FERRY)
    assert says(f"Before. {other} After.", quote(one.article, "noon"), one)
    assert ["noon"] == kept(candidate(FERRY, "noon", 2), candidate(other, "noon", 1))


def test_where_a_whole_sentence_answers_a_copy_has_all_words_of_it() -> None:
    one = sentence(FERRY)
    assert says(f"{FERRY[:-1]}, officials said.", one, one)
    assert not says(FERRY.replace("noon", "ten"), one, one)
    assert not says(f"Not true: {FERRY}", one, one)


@pytest.mark.parametrize("words", ["★", "…", "(", "電車"])
def test_an_answer_of_any_characters_is_looked_for(words: str) -> None:
    one = sentence(f"The sign says {words} in big letters.")
    assert says(one.text, quote(one.article, words), one)
    assert not says("The sign is gone.", quote(one.article, words), one)


def test_a_sentence_is_told_once_whichever_copy_it_stands_in() -> None:
    seen = SeenSentences()
    assert not seen.is_repeat(sentence(FERRY))
    assert seen.is_repeat(sentence(FERRY.upper(), around="Elsewhere. "))
    assert not seen.is_repeat(sentence(FERRY, "another", "Elsewhere. "))
    assert not seen.is_repeat(sentence(FERRY.replace("noon", "ten"), around="Elsewhere. "))
    assert seen.is_repeat(sentence(FERRY, around="Again, elsewhere. "))


def test_a_sentence_that_stands_twice_in_an_article_is_told_twice() -> None:
    twice = article(f"{FERRY} {FERRY}")
    places = [Quote(twice, 0, len(FERRY)), Quote(twice, len(FERRY) + 1, 2 * len(FERRY) + 1)]
    seen = SeenSentences()
    assert [False, False] == [seen.is_repeat(place) for place in places]
    assert [False, False] == [
        SeenSentences().is_repeat(replace(place, article=replace(twice, cluster=None))) for place in places
    ]


def kept(*candidates: Candidate) -> list[str]:
    reading = remove_near_duplicates(Reading(candidates, no_answer=0.5))
    assert 0.5 == reading.no_answer
    return [one.span.text for one in reading.candidates]


def test_the_best_of_the_answers_that_copies_give_stays() -> None:
    edited = FERRY.replace("new ", "")
    assert ["at noon"] == kept(
        candidate(FERRY, "at noon", 3), candidate(edited, "noon", 2), candidate(FERRY, "leaves", 1)
    )


def test_other_words_in_an_edited_sentence_are_another_answer() -> None:
    changed = FERRY.replace("noon", "ten")
    assert ["noon", "ten"] == kept(candidate(FERRY, "noon", 2), candidate(changed, "ten", 1))


def test_answers_of_other_stories_stay() -> None:
    two = candidate(FERRY, "noon", 2), candidate(FERRY, "noon", 1, "another")
    assert ["noon", "noon"] == kept(*two)
    assert ["noon", "noon"] == kept(*(candidate(FERRY, "noon", score, None) for score in (2, 1)))
