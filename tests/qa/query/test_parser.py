import time
from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.errors import InvalidQuestion
from qa.query.parser import MAX_QUESTION, Question, normalize_question, parse_question
from qa.query.question_types import QuestionType

EXAMPLES = [
    ("hi, can you tell me when the withdrawal finishes please?", "when the withdrawal finishes?", QuestionType.WHEN),
    ("I was wondering how many officers were killed", "how many officers were killed?", QuestionType.HOW_MANY),
    ("hello! who is Tokayev", "who is Tokayev?", QuestionType.WHO),
    ("Quick question: where did it start", "where did it start?", QuestionType.WHERE),
    ("do you know who the press secretary is?", "who the press secretary is?", QuestionType.WHO),
    ("could you please explain why people protested", "why people protested?", QuestionType.WHY),
    ("when does it finish, thanks", "when does it finish?", QuestionType.WHEN),
    ("  WHEN   does\tit finish ??", "WHEN does it finish?", QuestionType.WHEN),
    ("when does it finish?!", "when does it finish?", QuestionType.WHEN),
    ("When did it end...", "When did it end?", QuestionType.WHEN),
    ("when did it end. thanks", "when did it end?", QuestionType.WHEN),
    ("who won?! thanks!!!", "who won?", QuestionType.WHO),
    ("😀 when does it finish 😀😀", "when does it finish?", QuestionType.WHEN),
    ("when does it finish 👍🏽", "when does it finish?", QuestionType.WHEN),
    ("👋 hi there, who won ❤️", "who won?", QuestionType.WHO),
    ("what’s the largest city", "what’s the largest city?", QuestionType.WHAT),
    ("hey, what’s the capital? thx", "what’s the capital?", QuestionType.WHAT),
    ("Tokayev", "Tokayev?", QuestionType.TOPIC),
    ("protests kazakhstan", "protests kazakhstan?", QuestionType.TOPIC),
    ("Tell me about the protests.", "the protests?", QuestionType.TOPIC),
    ("explain the riots", "the riots?", QuestionType.TOPIC),
    ("hi, please summarise the article about riots, thanks!", "the article about riots?", QuestionType.TOPIC),
    ('tell me about "Nur Otan" party', '"Nur Otan" party?', QuestionType.TOPIC),
    ("Tell me of the U.S.", "the U.S.?", QuestionType.TOPIC),
    ("what do you know about the CSTO?", "the CSTO?", QuestionType.TOPIC),
    ("What about the riots?", "the riots?", QuestionType.TOPIC),
    ("tell me about when it ended", "when it ended?", QuestionType.WHEN),
    ("explain why", "why?", QuestionType.WHY),
    ("can you tell me the date the withdrawal finishes", "the date the withdrawal finishes?", QuestionType.WHEN),
    ("I'd like to know the number of officers killed", "the number of officers killed?", QuestionType.HOW_MANY),
    ("name the largest city", "name the largest city?", QuestionType.WHAT),
    ("give me the names of the countries", "the names of the countries?", QuestionType.WHAT),
    ("can you tell me if the president resigned", "if the president resigned?", QuestionType.YES_NO),
    ("do you think that Putin resigned", "do you think that Putin resigned?", QuestionType.YES_NO),
    ("Just wondering: is Putin Russian?", "is Putin Russian?", QuestionType.YES_NO),
    ("cud u tell me wen it ends pls", "wen it ends?", QuestionType.WHEN),
    ("do u know wat the csto is", "wat the csto is?", QuestionType.WHAT),
    ("hwo many officers died", "hwo many officers died?", QuestionType.HOW_MANY),
    ("According to the text, how much did it cost?", "how much did it cost?", QuestionType.HOW_MANY),
    (
        "Dear Sir, could you kindly inform me where it took place? Many thanks",
        "where it took place?",
        QuestionType.WHERE,
    ),
    ("when does it end, do you know?", "when does it end?", QuestionType.WHEN),
    ("thanks to whom did it end", "thanks to whom did it end?", QuestionType.WHO),
    ("hi, when does it end", "when does it end?", QuestionType.WHEN),
    ("hello world program author?", "hello world program author?", QuestionType.WHO),
    ("how do you say thanks", "how do you say thanks?", QuestionType.HOW),
    ("what does “please” mean", "what does “please” mean?", QuestionType.WHAT),
    ("It ended in the U.S.", "It ended in the U.S.?", QuestionType.TOPIC),
    (".NET release date", ".NET release date?", QuestionType.WHEN),
    ("C++", "C++?", QuestionType.TOPIC),
    ("$100", "$100?", QuestionType.TOPIC),
    ("tell me about $100 notes", "$100 notes?", QuestionType.TOPIC),
    ('"when does it end"', '"when does it end"?', QuestionType.WHEN),
    ("¿Cuándo termina la retirada?", "¿Cuándo termina la retirada?", QuestionType.OTHER),
    ("Когда закончится вывод?", "Когда закончится вывод?", QuestionType.OTHER),
    ("Wann endet der Abzug?", "Wann endet der Abzug?", QuestionType.OTHER),
    ("撤军何时结束？", "撤军何时结束?", QuestionType.OTHER),
    ("متى ينتهي الانسحاب؟", "متى ينتهي الانسحاب?", QuestionType.OTHER),
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
def test_a_question_is_read_without_what_is_said_around_it(text: str, expected: str, kind: QuestionType) -> None:
    assert Question(expected, kind) == replace(parse_question(text), overview=None)


@pytest.mark.parametrize(
    ("background", "core", "kind"),
    [
        ("I read about the planting, ten thousand or so, and what I'd like to know is", "how many died?", "how many"),
        ("We'll be in town in May, with a child who loves boats, so", "on which days in winter is it open?", "when"),
        ("My brother bought a boat, with an outboard, and I was wondering", "whether he needs a licence?", "yes or no"),
        ("We have two dogs and a big tent,", "can we bring them to the campsite?", "yes or no"),
        ("I was told that it is open, but that was last year,", "when does it close on Sundays?", "when"),
        ("I was at the meeting but left early;", "what did they decide about the berth?", "what"),
        ("I've got no eggs, which I regret, so", "what can I take in their place?", "what"),
        ("I'm writing about the coast for school and need to know", "roughly what share of it was lost?", "how many"),
        ("I saw the race with my son at noon, at 9.40 it was foggy, and", "how far did they row?", "how many"),
    ],
)
def test_what_askers_tell_of_themselves_is_the_background(background: str, core: str, kind: str) -> None:
    assert Question(core, QuestionType(kind), background=background) == parse_question(f"{background} {core}")


@pytest.mark.parametrize(
    "text",
    [
        "If I cancel today, how much of the price do I get back?",
        "My son is fourteen, can he hire a kayak by himself?",
        "After the king had lost my country and the war, what did he do?",
        "The harbour was closed for three days last week, when was it opened again?",
        "I admire the man who was mayor before the war and whose son we met",
        "Attalus I was a strong ally of Rome and which ruler?",
    ],
)
def test_what_belongs_to_the_question_is_no_background(text: str) -> None:
    assert "" == parse_question(text).background


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
    found = parse_question(text)
    assert (expected, expected is not None) == (found.hint, found.type is QuestionType.SMALL_TALK)


HEADLINE = "Millbrook restores its harbor clock after eleven years of silence"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tell me about the protests", QuestionType.TOPIC),
        (f"Tell me about “{HEADLINE}”", QuestionType.TOPIC),
        (f"tell me about {HEADLINE}", QuestionType.TOPIC),
        (f'what is new about "{HEADLINE}"?', QuestionType.TOPIC),
        ("Tell me about “Officials say who paid for the bridge”", QuestionType.TOPIC),
        ("tell me who came", QuestionType.WHO),
        (HEADLINE, QuestionType.OTHER),
        ("when did it end", QuestionType.WHEN),
        ("about how many people came?", QuestionType.HOW_MANY),
    ],
)
def test_only_a_command_or_a_short_noun_phrase_is_a_topic(text: str, expected: QuestionType) -> None:
    assert expected is parse_question(text).type


@pytest.mark.parametrize("text", [HEADLINE, f"“{HEADLINE}”", f"{HEADLINE.lower()}?"])
def test_the_title_of_an_article_is_a_topic_however_long(text: str) -> None:
    question = parse_question(text)
    assert QuestionType.OTHER is question.with_titles({"Another title"}).type
    assert QuestionType.TOPIC is question.with_titles({"Another title", HEADLINE}).type


def test_a_title_is_a_topic_though_it_ends_like_keywords_for_a_value() -> None:
    question = parse_question("hollin bridge length")
    assert QuestionType.HOW_MANY is question.with_titles({"The length"}).type
    assert QuestionType.TOPIC is question.with_titles({"Hollin Bridge Length"}).type
    asked = parse_question("When does it open?")
    assert QuestionType.WHEN is asked.with_titles({"When does it open?"}).type


@given(texts.filter(is_valid))
@example("A.")
@example("hi hi hi a")
@example("Tell me about the protests. I was wondering how many died hi, can you tell me when the withdrawal finishes?")
def test_what_is_understood_is_understood_the_same_again(text: str) -> None:
    once = parse_question(text)
    assert once.text == parse_question(once.text).text


@given(texts.filter(is_valid))
def test_what_is_read_is_part_of_what_was_asked(text: str) -> None:
    found = parse_question(text).text
    assert len(found) <= len(text) + 1
    assert any(character.isalnum() for character in found)
    assert found.endswith("?")
    assert not found.removesuffix("?").endswith((" ", "?"))
    assert found.removesuffix("?") in normalize_question(text)


@pytest.mark.parametrize(
    "phrase", ["ok", "can you", "hi, ", "please tell me", "thanks, ", "who, thanks, ", "so what about"]
)
def test_much_ado_is_soon_understood(phrase: str) -> None:
    text = " ".join([phrase] * MAX_QUESTION)[: MAX_QUESTION - 8]
    begun = time.process_time()
    parse_question(f"{text} x")
    assert time.process_time() - begun < 1


def test_a_long_question_is_refused() -> None:
    assert parse_question("w" * MAX_QUESTION).text == "w" * MAX_QUESTION + "?"
    with pytest.raises(InvalidQuestion, match=r"has 1,001 characters; at most 1,000"):
        parse_question("w" * (MAX_QUESTION + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  who\n is \t it ? ", "who is it?"),
        ("who is it？", "who is it?"),
        ("who\0is it", "who is it?"),
        ("\ud800 who", "? who?"),
        ("電車は?", "電車は?"),
        ("7", "7?"),
        ("\u202ewhen ？", "\u202ewhen?"),
        ("really???", "really?"),
        ("Tell me of the U.S.", "Tell me of the U.S.?"),
    ],
)
def test_a_checked_question_is_tidy(text: str, expected: str) -> None:
    assert expected == normalize_question(text) == normalize_question(expected)


def test_a_question_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        parse_question("who").text = "what"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("What's the latest on the Sarn dam case?", "the Sarn dam case?"),
        ("Any update on the ferry?", "the ferry?"),
        ("latest news Lumora", "Lumora?"),
        ("What are the latest developments in the Halden takeover?", "the Halden takeover?"),
        ("Hi, any news about the bridge?", "the bridge?"),
        ("Is there anything new about the fire?", "the fire?"),
    ],
)
def test_a_question_for_news_is_a_topic_that_wants_the_newest(text: str, topic: str) -> None:
    question = parse_question(text)
    assert (topic, QuestionType.TOPIC, True) == (question.text, question.type, question.asks_news)


@pytest.mark.parametrize(
    "text", ["The new bridge in Ossery opened when?", "Who wrote the newest novel?", "New Zealand"]
)
def test_new_things_are_no_news(text: str) -> None:
    assert not parse_question(text).asks_news


def test_what_happened_then_wants_the_news_of_that_time() -> None:
    question = parse_question("What happened in San Rocco on Sunday?", date(2025, 9, 17))
    assert question.period is not None
    timeless = question.without(question.period)
    assert ("San Rocco?", QuestionType.TOPIC, True) == (timeless.text, timeless.type, timeless.asks_news)
    other = parse_question("Who led the port in February 2024?", date(2025, 9, 17))
    assert other.period is not None
    assert ("Who led the port?", QuestionType.WHO) == (other.without(other.period).text, other.type)


@pytest.mark.parametrize(
    ("keywords", "understood"),
    [
        ("penholm ferry death toll", "How many people died in penholm ferry?"),
        ("death toll of the penholm sinking", "How many people died in the penholm sinking?"),
        ("penholm mine collapse toll", "How many people died in penholm mine collapse?"),
        ("penholm bridge toll", "penholm bridge toll?"),
        ("death toll", "death toll?"),
        ("why did the death toll rise", "why did the death toll rise?"),
    ],
)
def test_keywords_for_a_death_toll_ask_how_many_died(keywords: str, understood: str) -> None:
    assert understood == parse_question(keywords).text
