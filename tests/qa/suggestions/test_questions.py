import pytest

from qa.suggestions.article_names import ArticleNames
from qa.suggestions.questions import is_question_heading, questions_from

ASKED = {
    "Victor Lanning resigned on Monday.": ("When did Victor Lanning resign?", "on Monday"),
    "The Corran Bridge was closed on 3 May 2024.": ("When was the Corran Bridge closed?", "on 3 May 2024"),
    "In 1969, Tesla moved to Pittsburgh.": ("When did Tesla move to Pittsburgh?", "In 1969"),
    "The withdrawal of peacekeepers is scheduled to be completed on January 19.": (
        "When is the withdrawal of peacekeepers scheduled to be completed?",
        "on January 19",
    ),
    "Tesla was born in Smiljan in 1856.": ("Where was Tesla born in 1856?", "in Smiljan"),
    "President Helena Brandt toured the island of Skarvoy.": (
        "Who toured the island of Skarvoy?",
        "President Helena Brandt",
    ),
    "The Corran Bridge was designed by Jane Miller in 1931.": (
        "Who designed the Corran Bridge in 1931?",
        "Jane Miller",
    ),
    "Brandt came by helicopter because the sea was rough.": (
        "Why did Brandt come by helicopter?",
        "because the sea was rough",
    ),
    "Halden employs about 1,200 people in Brenn.": ("How many people does Halden employ in Brenn?", "1,200"),
    "There were 14 lorries on the deck of the Aldra Star.": (
        "How many lorries were there on the deck of the Aldra Star?",
        "14",
    ),
    "Sixty-two people were rescued off Penholm.": ("How many people were rescued off Penholm?", "Sixty-two"),
    "The Corran Bridge cost $5 million.": ("How much did the Corran Bridge cost?", "$5 million"),
    "The siege of Varna lasted six weeks.": ("How long did the siege of Varna last?", "six weeks"),
    "Lumora's annual profit was 140 million euros in 2023.": (
        "What was Lumora's annual profit in 2023?",
        "140 million euros",
    ),
    "The mayor of Pinara, Luis Ferrand, opened the fair.": ("Who is the mayor of Pinara?", "Luis Ferrand"),
    "Elin Sorensen, 29, found the maps.": ("How old is Elin Sorensen?", "29"),
    "It was found by Maud Hollis, a retired judge, last week.": ("Who is Maud Hollis?", "a retired judge"),
    "Police questioned harbour master Ines Okoro and the harbour master Rolf Tasker.": (
        "Who is Rolf Tasker?",
        "harbour master",
    ),
    "Although the sea was rough, the Corran Bridge was opened in the 1930s.": (
        "When was the Corran Bridge opened?",
        "in the 1930s",
    ),
    "The coastguard said on Monday that the Corran Bridge was damaged in May.": (
        "When was the Corran Bridge damaged?",
        "in May",
    ),
    "Halden will begin production in 2026 and the Aldra Star will enter service in 2028.": (
        "When will the Aldra Star enter service?",
        "in 2028",
    ),
    "Jane Miller was appointed editor of The Herald and left Lissa in 2004.": (
        "When did Jane Miller leave Lissa?",
        "in 2004",
    ),
    "The Corran Bridge (a toll road) was opened in 1931; it was designed by a Swiss firm.": (
        "When was the Corran Bridge opened?",
        "in 1931",
    ),
    "A court in Velt has sentenced Rolf Tasker to nine years in prison.": (
        "Who has sentenced Rolf Tasker to nine years in prison?",
        "A court in Velt",
    ),
    "Heavy rain at the weekend has slowed the wildfire on Mount Orla.": (
        "What has slowed the wildfire on Mount Orla?",
        "Heavy rain at the weekend",
    ),
    "In 2004, Lumora launched the Quillbox program.": (
        "What did Lumora launch in 2004?",
        "the Quillbox program",
    ),
    "Warsaw produces 12% of Poland's national income.": (
        "What percentage of Poland's national income does Warsaw produce?",
        "12%",
    ),
    "Shares of Lumora fell by 22 per cent in May.": ("How much did shares of Lumora fall in May?", "22 per cent"),
    "Council tax in Harrowmere will go up by 2.9 per cent.": (
        "How much will council tax in Harrowmere go up?",
        "2.9 per cent",
    ),
    "Halden bought Lumora for $5 million in May.": ("How much did Halden buy Lumora for in May?", "$5 million"),
    "Captain Jonas Breck has sailed the Penholm route for two decades.": (
        "How long has Captain Jonas Breck sailed the Penholm route?",
        "two decades",
    ),
}
NOT_ASKED = [
    "He resigned on Monday.",  # who?
    "Its chairwoman resigned on Monday.",
    "They arrested twelve people in Lissa on Monday.",
    "Lanning did not resign on Monday.",
    "“We will resign on Monday,” said Victor Lanning.",
    "Halden said on Monday that it would raise its bid.",
    "The men arrested on Monday were released.",  # "arrested" is no finite verb
    "Halden has raised its bid on Monday.",  # nobody asks "When has Halden raised ...?"
    "The attack was planned and led by rebels of Lissa.",
    "When the ferry sank on Monday, Breck was asleep.",
    "I resigned on Monday.",
    "Ferry Sinks Off Penholm On Monday",
    "Former Airline Manager To Run Sandmouth Port.",
    "The company that Lanning led was sold on Monday.",
    "Halden has played an important role.",  # nobody asks "What did Halden play?"
    "Meryl Strand plays a mother caught up in a custody dispute.",
    "The other aim of Halden is to build a federal state in Lissa.",
    "Halden ordered Isaac to release the prisoners.",
]


@pytest.mark.parametrize("sentence", ASKED)
def test_a_plain_sentence_gives_a_question_and_its_answer(sentence: str) -> None:
    assert ASKED[sentence] in [(one.text, one.answer) for one in questions_from(sentence)]


@pytest.mark.parametrize("sentence", NOT_ASKED)
def test_a_sentence_that_may_be_read_in_two_ways_gives_no_question(sentence: str) -> None:
    assert [] == [one.text for one in questions_from(sentence) if "Who is" not in one.text]


def test_a_common_word_at_the_beginning_gets_a_small_letter() -> None:
    sentence = "Fisheries minister Helena Brandt visited Skarvoy on Thursday."
    assert "When did fisheries minister Helena Brandt visit Skarvoy?" in [one.text for one in questions_from(sentence)]


def test_a_word_that_is_a_name_elsewhere_keeps_its_capital() -> None:
    article = ArticleNames.of(["The firm of Jobs and his friends grew."])
    assert "When did Jobs leave Apple?" in [one.text for one in questions_from("Jobs left Apple in 1985.", article)]


def test_who_asks_for_a_person_that_another_sentence_tells_is_one() -> None:
    sentence = "Orla Quist spent six hours on the island of Skarvoy."
    article = ArticleNames.of(["Orla Quist, 45, is a minister."])
    assert [] == questions_from(sentence)
    assert ["Who spent six hours on the island of Skarvoy?"] == [one.text for one in questions_from(sentence, article)]


@pytest.mark.parametrize("line", ["What should I bring?", "Can my dog come?", "How do I join the library?"])
def test_a_line_that_asks_is_a_question_as_it_stands(line: str) -> None:
    assert is_question_heading(line)


@pytest.mark.parametrize(
    "line", ["Why?", "What did he say?", "Really? Yes?", "Opening hours", "And then what happens?"]
)
def test_a_line_that_needs_its_article_is_not(line: str) -> None:
    assert not is_question_heading(line)
