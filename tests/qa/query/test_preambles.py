import pytest

from qa.query.phrases import words_of
from qa.query.preambles import core_end, core_start
from tests.qa.tables import texts_of


def before(text: str) -> tuple[str, bool]:
    words = words_of(text)
    place, told = core_start(text, words)
    return text[: words[place].start].strip(), told


def after(text: str) -> str:
    words = words_of(text)
    place = core_end(text, words, 0)
    return text[words[place].start :] if place < len(words) else ""


@pytest.mark.parametrize(
    "said",
    """
    hi,|Hello!|hey guys,|Good morning.|Dear Sir,|excuse me,|quick question:|Just a quick question -|I have a question.
    ok|so|well,|um,|btw|No,|thanks,|please|can you tell me|Could you please tell me|would u kindly inform us
    I was wondering|I'm wondering|I wonder|i'd like to know|I would be interested to know|I want to find out
    do you know|Do you happen to know|any idea|no idea|does anyone know|do you have any idea|May I ask|can i know
    please explain|describe|explain to me|say|According to the article,|does the article say|in this article,
    I'd be grateful if you could tell me|is there any way you can tell me|would you mind telling me|let me know
    what I want to know is|My question is:|I don't know|I forgot|help me find out|hi, ok, so can you tell me please
    hi there! I was wondering if you could tell me
    """.replace("\n", "|").split("|"),
)
def test_what_is_said_before_a_question_is_found(said: str) -> None:
    said = said.strip()
    assert (said, False) == before(f"{said} when it ended")


@pytest.mark.parametrize(
    "said",
    """
    tell me about|Tell me everything about|can you tell me more about|please explain|Summarise|could you summarize
    describe|define|give me a summary of|give me some information about|information on|what do you know about
    what does the article say about|What about|how about|is there anything about|I have a question about
    I'd like to know more about|i want to read about|any news on|search for|show me|find|i'm looking for news about
    do you have any information on|hi, tell me about|what's the latest on
    """.replace("\n", "|").split("|"),
)
def test_a_command_is_found(said: str) -> None:
    said = said.strip()
    assert (said, bool(said)) == before(f"{said} riots in Almaty".strip())


@pytest.mark.parametrize(
    "text",
    texts_of("""
        hello world program author|Hey Jude author|Hi-fi systems|Ok Corral shootout|So You Think You Can Dance winner
        Yes, Minister|Thanks, Obama|thanks to whom did it end|Please Please Me release date|Can you swim in the lake
        would you call it a riot|What about the riots was new|what is about 80 metres high|What is on the roof
        what did they find on sale|who wants to know what love is|tell me|explain|Google is a company founded when
        the summary of the talks|search engine|Google Maps
    """),
)
def test_words_of_the_question_itself_stay(text: str) -> None:
    assert ("", False) == before(text)


@pytest.mark.parametrize(
    "said",
    """
    please|thanks|, thanks!|, thank you very much|. Thanks in advance|please, thanks|. Many thanks!|if you know|pls
    , do you know?|, mate|, can you tell me?|, tell me please|? lol|? Anyone?|, according to the article|thx
    """.replace("\n", "|").split("|"),
)
def test_what_is_said_after_a_question_is_found(said: str) -> None:
    assert said.strip(" ,.?") == after(f"when did it end {said}".replace(" ,", ",").strip()).strip(" ,.?")


@pytest.mark.parametrize(
    "text",
    texts_of("""
        how do you say thanks|who sang thank you|what does it mean to say please|what is Russian for please
        whom did they thank|may they vote as they please|who deserves thanks|who won the right|thanks|who is your mate
    """),
)
def test_words_that_end_the_question_itself_stay(text: str) -> None:
    assert "" == after(text)
