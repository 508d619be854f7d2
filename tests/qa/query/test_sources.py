import pytest

from qa.query.sources import SourceNames, asked_source, may_name_source

SOURCES = [
    "Wold Gazette",
    "Fjordposten",
    "The Standard",
    "Aldbury Echo",
    "www.reuters.com",
    "BBC News",
    "Kolby Post",
    "Radio San Rocco",
    "www.tarn.gov",
    "news.penholm.net",
]
NAMES = SourceNames.of(SOURCES)


@pytest.mark.parametrize(
    ("question", "text", "source", "rest"),
    [
        ("What is it according to the Gazette?", "according to the Gazette", "Wold Gazette", "What is it?"),
        ("According to Reuters, who won?", "According to Reuters", "www.reuters.com", "who won?"),
        ("who won according to fjordposten?", "according to fjordposten", "Fjordposten", "who won?"),
        ("Hello, according to the BBC, who won?", "according to the BBC", "BBC News", "Hello, who won?"),
        ("What does the Echo say about Dora Penn?", "the Echo", "Aldbury Echo", "tell me about Dora Penn?"),
        ("Fjordposten: how many died?", "Fjordposten", "Fjordposten", "how many died?"),
        ("In the Gazette's report, who won?", "In the Gazette's report", "Wold Gazette", "who won?"),
        ("How many people does Reuters say died?", "does Reuters say", "www.reuters.com", "How many people died?"),
        ("How many died, says the Standard?", "says the Standard", "The Standard", "How many died?"),
        ("In the Gazette, who won?", "In the Gazette", "Wold Gazette", "who won?"),
        ("According to Tarn, who won?", "According to Tarn", "www.tarn.gov", "who won?"),
        ("What does Penholm say about fees?", "Penholm", "news.penholm.net", "tell me about fees?"),
        ("How many died, as the Post reported?", "as the Post reported", "Kolby Post", "How many died?"),
    ],
)
def test_a_question_names_its_source(question: str, text: str, source: str, rest: str) -> None:
    assert may_name_source(question)
    found = asked_source(question, NAMES)
    assert found is not None
    assert (text, (source,), rest) == (found.text, found.sources, found.question)


@pytest.mark.parametrize(
    "question",
    [
        "According to Dora Penn, who won?",
        "According to Kolby, what is to be done?",  # a place
        "What does Kolby say about the dam?",
        "According to San Rocco, what is to be done?",
        "What happened in San Rocco?",
        "What happened in Tarn?",
        "In Tarn, who won the election?",
        "what happened in the news?",
        "What is the standard according to the rules?",
        "What is in the post?",
        "Torvik: how many died?",
        "What did Reuters report?",
        "Who owns the Gazette?",
    ],
)
def test_other_names_are_no_source(question: str) -> None:
    assert asked_source(question, NAMES) is None


def test_a_name_of_several_sources_stands_for_all() -> None:
    found = asked_source("According to the Post, who won?", SourceNames.of(["Varden Post", "Kolby Post"]))
    assert found is not None
    assert ("Varden Post", "Kolby Post") == found.sources
