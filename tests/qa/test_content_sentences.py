import time

import pytest

from corpus.article import Article, Draft
from qa.content_sentences import is_content_sentence, is_headline, topic_answers, without_page_lines
from qa.types import Candidate, Passage, Quote, Reading
from tests.qa.tables import texts_of
from tests.questions import as_question

TITLE = "Harbour ferry begins new summer service"


def sentence(text: str, title: str = TITLE) -> Quote:
    article = Article.from_draft(Draft(f"Before. {text} After.", title))
    start = article.text.index(text)
    return Quote(article, start, start + len(text))


@pytest.mark.parametrize(
    "text",
    texts_of("""
        The harbour ferry will start its summer service on June 1.|Dogs travel free.
        It leaves the northern pier every hour.|Protests broke out in two cities.|The tram stops at the museum.
        Two hundred people evacuated their homes.|Sources said on Monday that the deal was off.
        Terms of the deal were agreed on Monday.
        Written by Orwell in 1948, the novel tells of a state that watches everyone all the time.
        By Monday the ferry was full.|Copyright law was changed last year.|Loading docks reopened.|May was warm.
        By December, this had grown to 92 percent.
        The novel takes five minutes to read.|Home is where the ferry sleeps.|Share prices fell on Monday.
        Die Fähre fährt um zwölf Uhr.|Паром отправляется в полдень из порта.
        Published in 1999, the book sold 5,000 copies.|Posted letters arrive on Monday, May 3.
    """),
)
def test_a_sentence_with_a_verb_says_something(text: str) -> None:
    assert is_content_sentence(sentence(text))
    assert not is_headline(sentence(text))


@pytest.mark.parametrize(
    "text",
    texts_of("""
        By our staff.|By Éva Ödön, staff writer|By Jane Miller, staff writer|By Jane Miller and Tom Hill|BY JANE MILLER
        By staff writers and agencies|All rights reserved.|Copyright 2022 Newswire. All rights reserved.|© Newswire
        Photo: The harbour ferry was full on Monday.|Photo by Tom Hill|Read more|Read more: the ferry that was lost
        Read more about the harbour ferry summer service|Share this article|Follow us for more news.
        Sign up for our newsletter.|Advertisement|This article was first published on Monday.|Published 14 May 2023
        Last updated: Mon, 3 Jan. 2022, 10:30 pm|Posted 5 minutes ago.|Published: 18 November 2026|Updated 10:15 GMT
        5 min read|Reading time: 4 minutes|Home > News > Harbour|Share on Facebook|Facebook Twitter WhatsApp
        Share this article via e-mail|We use cookies to make this site work better.|Accept all cookies
        Author: Jane Miller|By continuing to use this site you agree to our cookies.|Skip to content|You may also like
    """),
)
def test_what_stands_around_an_article_says_nothing(text: str) -> None:
    assert not is_content_sentence(sentence(text))
    assert not is_headline(sentence(text))


@pytest.mark.parametrize(
    "text",
    [
        *["A" * 900 + "!", "AB " * 300 + "!", "A, " * 300 + "(", "share x " * 200 + "!", "ARDEN" + " -" * 400 + "!"],
        "By " + "A" * 900 + "!",
        "By " + "A, " * 300 + "!",
        "By " + "A.-’" * 200 + "!",
        "Posted " + "1. " * 300 + "!",
    ],
)
def test_patterns_do_not_backtrack_without_end(text: str) -> None:
    start = time.process_time()
    assert is_content_sentence(sentence(text)) in (True, False)
    candidate = Candidate(sentence(text), sentence(text), 1.0)
    assert without_page_lines(as_question("What is it?"), Reading((candidate,), 0.0)).candidates in ((candidate,), ())
    assert time.process_time() - start < 1  # an ambiguous pattern would take ages


@pytest.mark.parametrize(
    "text",
    [TITLE, TITLE.upper(), "New summer service", "The northern pier of Arden at noon.", "Flood in Brill", "May 9"],
)
def test_a_title_or_no_sentence_is_a_headline(text: str) -> None:
    assert not is_content_sentence(sentence(text))
    assert is_headline(sentence(text))


HEADLINE, BYLINE, RIGHTS = "Flood in Brill", "By Jane Miller", "All rights reserved."
WATER, PEOPLE = "Water rose after the dam broke.", "Many people were evacuated."


def scored(**sure: float) -> list[tuple[str, float]]:
    """Return what answers "the flood in Brill" out of an article with these sentences, each so sure."""
    return answers("the flood in Brill", **sure)


def answers(question: str, **sure: float) -> list[tuple[str, float]]:
    article = Article.from_draft(Draft("\n".join((HEADLINE, BYLINE, WATER, PEOPLE, RIGHTS)), "News of Tuesday"))
    quotes = {}
    for name, text in (
        ("headline", HEADLINE),
        ("byline", BYLINE),
        ("water", WATER),
        ("people", PEOPLE),
        ("rights", RIGHTS),
    ):
        quotes[name] = Quote(article, article.text.index(text), article.text.index(text) + len(text))
    candidates = [(Candidate(quotes[name], quotes[name], score), score) for name, score in sure.items()]
    passage = Passage(Quote(article, 0, len(article.text)), ())
    return [(one.span.text, found) for one, found in topic_answers(question, candidates, [passage], 0.5)]


def test_a_topic_is_answered_by_what_says_something() -> None:
    assert [(WATER, 0.8)] == scored(rights=0.9, water=0.8, byline=0.7)


def test_the_best_sentence_below_a_headline_is_as_sure_as_that() -> None:
    assert [(WATER, 0.9), (PEOPLE, 0.2)] == scored(headline=0.9, water=0.3, people=0.2)
    assert [(PEOPLE, 0.95), (WATER, 0.2)] == scored(people=0.95, headline=0.9, water=0.2)


def test_a_byline_makes_nothing_surer_and_answers_a_name() -> None:
    assert [(BYLINE, 0.9)] == answers("Jane Miller", byline=0.9, water=0.3, rights=0.8)


def test_without_content_sentences_what_shares_a_word_with_the_topic_answers() -> None:
    assert [(HEADLINE, 0.9)] == scored(headline=0.9, rights=0.8, byline=0.7)


PAGE = (
    "Fire in Arden\nBy Jane Doe\nPublished: 18 November 2026\nARDEN, 17 Nov (Newswire) - Tom Hill saw the fire at noon."
)
FIRE = "ARDEN, 17 Nov (Newswire) - Tom Hill saw the fire at noon."


def kept(question: str, *answers: tuple[str, str]) -> list[str]:
    """Return which of these words, each in its line of PAGE, may answer a question."""
    article = Article.from_draft(Draft(PAGE, "Fire in Arden"))
    candidates = []
    for words, line in answers:
        start = PAGE.index(line)
        sentence = Quote(article, start, start + len(line))
        at = start + line.index(words)
        candidates.append(Candidate(Quote(article, at, at + len(words)), sentence, 1.0))
    sentences = (Quote(article, PAGE.index(FIRE), len(PAGE)),)
    found = without_page_lines(as_question(question), Reading(tuple(candidates), 0.0, sentences))
    return [f"{one.span.text} < {one.sentence.text[:5]}" for one in found.candidates]


@pytest.mark.parametrize(
    ("question", "words", "line"),
    [
        ("Who saw the fire?", "Jane Doe", "By Jane Doe"),
        ("When did the fire break out?", "18 November 2026", "Published: 18 November 2026"),
        ("When was the report on the fire published?", "18 November 2026", "Published: 18 November 2026"),
        ("When did the fire break out?", "17 Nov", FIRE),
        ("Which agency fought the fire?", "Newswire", FIRE),
    ],
)
def test_a_byline_a_date_of_publication_and_a_dateline_answer_nothing(question: str, words: str, line: str) -> None:
    assert [] == kept(question, (words, line))


@pytest.mark.parametrize(
    ("question", "words", "line"),
    [
        ("Who wrote this article?", "Jane Doe", "By Jane Doe"),
        ("When was this report published?", "18 November 2026", "Published: 18 November 2026"),
        ("When was the story published?", "18 November 2026", "Published: 18 November 2026"),
        ("When was the fire seen?", "noon", FIRE),
        ("Who saw the fire?", "Tom Hill", FIRE),
    ],
)
def test_a_question_about_the_page_and_what_follows_a_dateline_are_answered(
    question: str, words: str, line: str
) -> None:
    assert [f"{words} < {line[:5]}"] == kept(question, (words, line))


def left_of(question: str, line: str, above: str = "Notes\n", below: str = "") -> list[str]:
    """Return the sentences that may answer a question of a text with this line, which the reader took for an answer."""
    article = Article.from_draft(Draft(f"{above}{line}{below}", "Notes"))
    whole = Quote(article, len(above), len(above) + len(line))
    reading = Reading((Candidate(whole, whole, 1.0),), 0.0)
    return [one.sentence.text for one in without_page_lines(as_question(question), reading).candidates]


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("How do I open the settings?", "Tap on the gear icon to open the settings."),
        ("How do I save it?", "Tap on Save."),
        ("Where is the meeting?", "Join us at the village hall on 4 May."),
        ("Where can I register?", "Sign up at the desk in the hall."),
        ("How do I get in?", "Log in with your membership number."),
        ("How many credits does the course give?", "Credits: 30"),
        ("Who is the author of the manual?", "Author: Jane Doe"),
        ("Who wrote The Long Sea?", "Written by Jane Doe"),
        ("Who edited the film?", "Edited by Ann Lee"),
        ("Where does the river rise?", "Source: Lake Como"),
        ("How long is the train ride?", "By Train, two hours"),
        ("How fast is bus 42?", "BY BUS 42 MINUTES"),
        ("Which networks does it use?", "Facebook and Instagram"),
        ("When does the log change?", "Updated at each service, the log names the fitter."),
        ("What does the site store?", "We use cookies to keep you logged in."),
        ("Who sells the book?", "Get the app from the library."),
        ("Whose terms apply?", "Terms of use are set by the harbour office."),
    ],
)
def test_a_line_that_may_be_a_fact_answers(question: str, line: str) -> None:
    assert [line] == left_of(question, line)


@pytest.mark.parametrize(
    "line",
    texts_of("""
        Read more|Share this article|Skip to content|5 min read|Home > News > Sport|Home · News · Sport|Advertisement
        Facebook Twitter WhatsApp|© 2022 Newswire|Last updated: Mon, 3 Jan, 10:30 pm|By Jane Doe|BY JANE DOE
        Photo: Tom Hill/Newswire|Photo by Tom Hill|Written by Jane Doe|Author: Jane Doe|By our staff.
    """),
)
def test_a_line_that_any_page_has_answers_nothing(line: str) -> None:
    assert [] == left_of("Who saw the fire?", line)


def test_a_byline_stands_near_the_top() -> None:
    assert ["By Jane Doe"] == left_of("Who wrote The Long Sea?", "By Jane Doe", above="A line of the catalogue.\n" * 9)


@pytest.mark.parametrize(
    "row", ["Video | 1080p at 30 fps", "Home | Kelby | 3 | 1", "Photo | Nikon", "Author\tJane Doe"]
)
def test_a_row_of_a_table_answers(row: str) -> None:
    mark = "\t" if "\t" in row else " | "
    above = f"{mark.join(['Name'] * len(row.split(mark)))}\n"
    assert [row] == left_of("What does it have?", row, above=above)


def test_a_headline_that_moves_to_another_candidate_is_one_with_it() -> None:
    article = Article.from_draft(Draft(PAGE, "Fire in Arden"))
    start = PAGE.index(FIRE)
    whole, head = Quote(article, start, len(PAGE)), Quote(article, 0, 13)
    at = PAGE.index("fire", start)
    below = Candidate(Quote(article, at, at + 4), whole, 1.0)
    reading = Reading((Candidate(Quote(article, 0, 4), head, 2.0), below), 0.0, (whole,))
    (only,) = without_page_lines(as_question("What did Tom Hill see?"), reading).candidates
    assert (below.span, whole, 2.0) == (only.span, only.sentence, only.score)


def test_words_of_a_headline_are_quoted_from_a_sentence_that_says_them_too() -> None:
    assert ["fire < ARDEN"] == kept("What did Tom Hill see?", ("Fire", "Fire in Arden"))


def test_words_that_were_read_in_headline_and_sentence_are_one_candidate() -> None:
    found = kept("What did Tom Hill see?", ("Fire", "Fire in Arden"), ("fire", FIRE), ("Tom Hill", FIRE))
    assert ["fire < ARDEN", "Tom Hill < ARDEN"] == found


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("LONDON, 3 May (Reuters) - The bank said so.", 26),
        ("Paris, May 3 (AP) — Police said so.", 20),
        ("ARDEN — Two boats sank.", 8),
        ("ŁÓDŹ — Two boats sank.", 7),
        ("Åbo, May 3 (AP) — Éva said so.", 18),
        ("NASA - the agency - said so.", 0),
        ("Tom Hill (aged 40) won - again.", 0),
        ("The ferry — Arden's last — sank.", 0),
    ],
)
def test_a_dateline_ends_before_what_is_reported(text: str, length: int) -> None:
    whole = sentence(text)
    for end in range(1, len(text)):
        span = Quote(whole.article, whole.start, whole.start + end)
        reading = Reading((Candidate(span, whole, 1.0),), 0.0)
        left = without_page_lines(as_question("What happened?"), reading).candidates
        assert (end > length) == bool(left)
