import time
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.errors import InvalidQuestion
from qa.query.parser import MAX_QUESTION, Question, checked, understand, wanted_kind
from qa.query.question_types import Kind

EXAMPLES = [
    ("hi, can you tell me when the withdrawal finishes please?", "when the withdrawal finishes?", Kind.WHEN),
    ("I was wondering how many officers were killed", "how many officers were killed?", Kind.HOW_MANY),
    ("hello! who is Tokayev", "who is Tokayev?", Kind.WHO),
    ("Quick question: where did it start", "where did it start?", Kind.WHERE),
    ("do you know who the press secretary is?", "who the press secretary is?", Kind.WHO),
    ("could you please explain why people protested", "why people protested?", Kind.WHY),
    ("when does it finish, thanks", "when does it finish?", Kind.WHEN),
    ("  WHEN   does\tit finish ??", "WHEN does it finish?", Kind.WHEN),
    ("when does it finish?!", "when does it finish?", Kind.WHEN),
    ("When did it end...", "When did it end?", Kind.WHEN),
    ("when did it end. thanks", "when did it end?", Kind.WHEN),
    ("who won?! thanks!!!", "who won?", Kind.WHO),
    ("😀 when does it finish 😀😀", "when does it finish?", Kind.WHEN),
    ("when does it finish 👍🏽", "when does it finish?", Kind.WHEN),
    ("👋 hi there, who won ❤️", "who won?", Kind.WHO),
    ("what’s the largest city", "what’s the largest city?", Kind.WHAT),
    ("hey, what’s the capital? thx", "what’s the capital?", Kind.WHAT),
    ("Tokayev", "Tokayev?", Kind.TOPIC),
    ("protests kazakhstan", "protests kazakhstan?", Kind.TOPIC),
    ("Tell me about the protests.", "the protests?", Kind.COMMAND),
    ("explain the riots", "the riots?", Kind.COMMAND),
    ("hi, please summarise the article about riots, thanks!", "the article about riots?", Kind.COMMAND),
    ('tell me about "Nur Otan" party', '"Nur Otan" party?', Kind.COMMAND),
    ("Tell me of the U.S.", "the U.S.?", Kind.COMMAND),
    ("what do you know about the CSTO?", "the CSTO?", Kind.COMMAND),
    ("What about the riots?", "the riots?", Kind.COMMAND),
    ("tell me about when it ended", "when it ended?", Kind.WHEN),
    ("explain why", "why?", Kind.WHY),
    ("can you tell me the date the withdrawal finishes", "the date the withdrawal finishes?", Kind.WHEN),
    ("I'd like to know the number of officers killed", "the number of officers killed?", Kind.HOW_MANY),
    ("name the largest city", "name the largest city?", Kind.WHAT),
    ("give me the names of the countries", "the names of the countries?", Kind.WHAT),
    ("can you tell me if the president resigned", "if the president resigned?", Kind.YES_NO),
    ("do you think that Putin resigned", "do you think that Putin resigned?", Kind.YES_NO),
    ("Just wondering: is Putin Russian?", "is Putin Russian?", Kind.YES_NO),
    ("cud u tell me wen it ends pls", "wen it ends?", Kind.WHEN),
    ("do u know wat the csto is", "wat the csto is?", Kind.WHAT),
    ("hwo many officers died", "hwo many officers died?", Kind.HOW_MANY),
    ("According to the text, how much did it cost?", "how much did it cost?", Kind.HOW_MANY),
    ("Dear Sir, could you kindly inform me where it took place? Many thanks", "where it took place?", Kind.WHERE),
    ("when does it end, do you know?", "when does it end?", Kind.WHEN),
    ("thanks to whom did it end", "thanks to whom did it end?", Kind.WHO),
    ("hi, when does it end", "when does it end?", Kind.WHEN),
    ("hello world program author?", "hello world program author?", Kind.TOPIC),
    ("how do you say thanks", "how do you say thanks?", Kind.HOW),
    ("what does “please” mean", "what does “please” mean?", Kind.WHAT),
    ("It ended in the U.S.", "It ended in the U.S.?", Kind.TOPIC),
    (".NET release date", ".NET release date?", Kind.TOPIC),
    ("C++", "C++?", Kind.TOPIC),
    ("$100", "$100?", Kind.TOPIC),
    ("tell me about $100 notes", "$100 notes?", Kind.COMMAND),
    ('"when does it end"', '"when does it end"?', Kind.WHEN),
    ("¿Cuándo termina la retirada?", "¿Cuándo termina la retirada?", Kind.OTHER),
    ("Когда закончится вывод?", "Когда закончится вывод?", Kind.OTHER),
    ("Wann endet der Abzug?", "Wann endet der Abzug?", Kind.OTHER),
    ("撤军何时结束？", "撤军何时结束?", Kind.OTHER),
    ("متى ينتهي الانسحاب؟", "متى ينتهي الانسحاب?", Kind.OTHER),
]
# What people say, in pieces: any order of them is a question, and an odd one at times.
PIECES = [
    *(text for text, _, _ in EXAMPLES),
    *["hi", "thanks", "please", "can you", "tell me", "about", "explain", "what about", "who", "to", "is", "so", "ok"],
    *["do you know", "the date", "bye", "U.S."],
    *[",", ".", "?", "!", "...", "😊", "“", "’s", "(", "-", "\u200d", "\ud800", "\0", "  ", "Ⓐ", "№", "¿", "?!", "İ"],
]
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map(" ".join) | st.text(min_size=1, max_size=40)


def is_valid(text: str) -> bool:
    return len(text) <= MAX_QUESTION and any(character.isalnum() for character in text)


@pytest.mark.parametrize(("text", "expected", "kind"), EXAMPLES)
def test_a_question_is_read_without_what_is_said_around_it(text: str, expected: str, kind: Kind) -> None:
    assert Question(expected, kind) == understand(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thanks!", "You're welcome! Ask whenever something else comes up."),
        ("Hellooo!!! 😊", "Hello! Ask a question, and I'll look for the answer in your articles."),
        ("ok thanks, bye", "Goodbye! Come back whenever a question comes up."),
        ("hi, how are you?", "I'm a program, so I'm always the same: ready to look something up in your articles."),
        ("can you tell me who you are", None),
        ("can you tell me: who are you", "I'm Citeline, a program: I answer questions by quoting your articles."),
        ("thanks to whom did it end", None),
        ("ok, when did it end", None),
    ],
)
def test_small_talk_has_a_hint_and_questions_have_none(text: str, expected: str | None) -> None:
    found = understand(text)
    assert (expected, expected is not None) == (found.hint, found.kind is Kind.SMALL_TALK)


HEADLINE = "Millbrook restores its harbor clock after eleven years of silence"


@pytest.mark.parametrize(
    "text",
    [
        f"Tell me about “{HEADLINE}”",
        f"tell me about {HEADLINE}",
        f'what is new about "{HEADLINE}"?',
        "Tell me about “Officials say who paid for the bridge”",
    ],
)
def test_a_command_about_a_whole_headline_is_one_for_those_who_answer(text: str) -> None:
    asked = understand(text)
    assert Kind.COMMAND == asked.kind
    assert Kind.TOPIC == wanted_kind(asked.told)
    assert asked.text.strip('“”"?') in asked.told


@pytest.mark.parametrize(
    "text",
    ["Tell me about the protests", "tell me who came", HEADLINE, "when did it end", "about how many people came?"],
)
def test_all_else_is_told_as_it_is_read(text: str) -> None:
    asked = understand(text)
    assert asked.text == asked.told
    assert wanted_kind(text) == wanted_kind(asked.told)


@given(texts.filter(is_valid))
def test_what_is_told_wants_what_was_asked_for(text: str) -> None:
    asked = understand(text)
    assert (asked.kind is Kind.COMMAND) <= (wanted_kind(asked.told) is Kind.TOPIC)


@given(texts.filter(is_valid))
@example("A.")
@example("hi hi hi a")
def test_what_is_understood_is_understood_the_same_again(text: str) -> None:
    once = understand(text)
    assert once.text == understand(once.text).text


@given(texts.filter(is_valid))
def test_what_is_read_is_part_of_what_was_asked(text: str) -> None:
    found = understand(text).text
    assert len(found) <= len(text) + 1
    assert any(character.isalnum() for character in found)
    assert found.endswith("?")
    assert not found.removesuffix("?").endswith((" ", "?"))
    assert found.removesuffix("?") in checked(text)


@pytest.mark.parametrize(
    "phrase", ["ok", "can you", "hi, ", "please tell me", "thanks, ", "who, thanks, ", "so what about"]
)
def test_much_ado_is_soon_understood(phrase: str) -> None:
    text = " ".join([phrase] * MAX_QUESTION)[: MAX_QUESTION - 8]
    begun = time.process_time()
    understand(f"{text} x")
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("text", ["", "  ", "?!", "😊", "\0", "_"])
def test_an_empty_question_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuestion, match="The question is empty"):
        understand(text)


def test_a_long_question_is_refused() -> None:
    assert understand("w" * MAX_QUESTION).text == "w" * MAX_QUESTION + "?"
    with pytest.raises(InvalidQuestion, match=r"has 1,001 characters; at most 1,000"):
        understand("w" * (MAX_QUESTION + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  who\n is \t it ? ", "who is it?"),
        ("who is it？", "who is it?"),
        ("who\0is it", "who is it?"),
        ("\ud800 who", "? who?"),
        ("really???", "really?"),
        ("Tell me of the U.S.", "Tell me of the U.S.?"),
    ],
)
def test_a_checked_question_is_tidy(text: str, expected: str) -> None:
    assert expected == checked(text) == checked(expected)


def test_a_question_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        understand("who").text = "what"  # type: ignore[misc]
