import pytest

from qa.query.phrases import normalized_words, words_of
from qa.query.question_types import (
    QuestionType,
    asked_noun,
    begins_question,
    classify,
    is_auxiliary,
    is_verb,
    question_type_at,
)

TABLE = {
    QuestionType.WHO: """
        Who is the press secretary?|whos the president|To whom did he appeal?|thanks to whom did it end
        Putin met with whom?
        hwo is Tokayev|woh won|Whose palace was seized?|By whom were they sent?|the author of the book
        When it ended, who was president?
        president of Kazakhstan|the president who resigned
        In 1936 who came to power?|who r the protesters|WHO DECLARED IT
        hello world program author|Three Lights Race winner in 2024
    """,
    QuestionType.WHEN: """
        when does the withdrawal finish|WHEN DID IT BEGIN|wen does it end|wehn did it end|whn did it end
        In what year did it end?
        what time does it start|which day was it|since when|What's the date of the withdrawal?
        the date the withdrawal finishes
        the withdrawal finishes when?|On which date did they leave?|wen it ends|how soon will it end
        What was the exact day of it?
        Until when did they stay?
        withdrawal end date|museum opening hours|museum opening time|bus times on Sundays
    """,
    QuestionType.WHERE: """
        Where did the riots take place?|wher is it|were is Almaty|in which city did it start|In what country is it?
        where'd they go|whre did it start|the location of the palace|the place they left
        harbour office address
    """,
    QuestionType.HOW_MANY: """
        How many officers were killed?|hwo many died|how much did gas cost|how old is he|how far is it
        how often did they meet
        The CSTO includes how many countries|howmany died|how meny died|what percentage voted
        the number of killed officers|campsite adult price|ticket price for children|bridge length
        what is the population of Almaty|population of Almaty|What amount was paid?|number of officers|how many
    """,
    QuestionType.HOW_LONG: "how long did it last|for how long|hwo long was it|How long?|howlong is it|baking time",
    QuestionType.WHICH: """
        which countries belong to the CSTO|wich countries belong to it|whcih one|witch is the largest city
        In January, which city suffered most?|Marxism opposes which democracy?|To which office did they set fire?
    """,
    QuestionType.WHAT: """
        what is the CSTO|waht is the CSTO|wat is it|whats it|what’s the largest city|name the largest city
        list all members|What is the present day system of voting?
        What did the protesters set fire to?|the name of the city|Name its members|if they leave, what happens?
        Mention one member|harbour office phone number
        Tokayev asked for what
    """,
    QuestionType.WHY: """
        why did people protest|And why?|how come they left|hwy did they go|the reason for the protests
        what was the reason for the protests|For what reason did they go?|Tokayev asked for help. Why?
        y did they leave
    """,
    QuestionType.HOW: "how did it work|How?|how is the economy going|hows it made|the way it works",
    QuestionType.YES_NO: """
        Is it true that Putin resigned|did he resign?|Isn't it over?|whether he resigned|if the president resigned
        Will Putin resign?|were the officers killed|can you swim in the lake|Has it ended or not|May he leave?
        Is Los Angeles bigger than Las Vegas?|did anyone die in las palmas
    """,
    QuestionType.TOPIC: """
        Tokayev|protests kazakhstan|The city in which he died|a country which is large|Will Smith|May 5 protests
        Wen Jiabao
        Wat Phra Kaew|witch trials|17|the protests|C++|The Who drummer|The Ferry Times|council raises ticket price
        Tokayev resigned|date|the name|were|Katie Price|the exact date|prize money
    """,
    QuestionType.OTHER: """
        Wann endet der Abzug?|Когда закончится вывод?|¿Cuándo termina?|撤军何时结束|Quand finit le retrait ?
        Was ist das?|wie alt ist er|انسحاب القوات متى
    """,
}
CASES = [
    (kind, text.strip()) for kind, table in TABLE.items() for line in table.splitlines() for text in line.split("|")
]


@pytest.mark.parametrize(("expected", "text"), [case for case in CASES if case[1]])
def test_a_question_is_of_the_kind_that_it_asks_for(expected: QuestionType, text: str) -> None:
    assert expected is classify(text, words_of(text))


def test_every_kind_is_found_but_those_that_others_tell() -> None:
    assert set(QuestionType) - {QuestionType.SMALL_TALK} == set(TABLE)


def test_nothing_is_a_topic() -> None:
    assert QuestionType.TOPIC is classify("", [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("when", True), ("to whom", True), ("is it", True), ("whether", True), ("Tokayev", False), ("to Almaty", False)],
)
def test_it_tells_where_a_question_begins(text: str, expected: bool) -> None:
    assert expected is begins_question(words_of(text), 0)


def test_nothing_begins_after_the_end() -> None:
    words = words_of("when")
    assert (None, False) == (question_type_at(words, 1), begins_question(words, 1))


def test_it_knows_the_verbs_that_help_others() -> None:
    assert [False, True, False] == [is_auxiliary(word) for word in words_of("Tokayev didn't resign")]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("painted", True), ("heard", True), ("sews", False), ("bed", False), ("hundred", False), ("well-tried", False)],
)
def test_a_verb_is_a_common_one_or_looks_like_a_past_form(word: str, expected: bool) -> None:
    assert expected == is_verb(word)


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("Which Gulf emirate lent the money?", "emirate"),
        ("Which of the men left first?", "men"),
        ("What is the name of the firm that built it?", "firm"),
        ("Who left first?", ""),
    ],
)
def test_it_tells_the_noun_that_is_asked_for(question: str, noun: str) -> None:
    assert noun == asked_noun(normalized_words(question))


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ("penholm fire cause", QuestionType.WHY),
        ("week pass price penholm", QuestionType.HOW_MANY),
        ("penholm week pass price", QuestionType.HOW_MANY),
        ("week pass price rise penholm", QuestionType.TOPIC),
        ("living costs crisis penholm", QuestionType.TOPIC),
    ],
)
def test_keywords_are_of_the_kind_of_what_they_ask_for(keywords: str, expected: QuestionType) -> None:
    assert expected is classify(keywords, words_of(keywords))
