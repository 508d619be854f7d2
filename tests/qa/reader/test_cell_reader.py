"""Cells of tables as answers: the row and the column that a question names."""

import pytest

from corpus.article import Article, Draft
from qa.reader.base import Reader
from qa.reader.cell_reader import CellReader, asks_for_cell
from qa.reader.extractive import SpanReader
from qa.types import Passage
from tests.questions import as_question
from tests.reader_contract import ReaderContract, passage
from tests.reader_models import WordModel

FARES = """Fares of the Lunnay ferry
Ticket | Single | Return | Ten trips
Adult | 14 | 25 | 110
Child from 5 to 15 | 7 | 12 | 55
Dog | 2 | | not sold
Car up to 4 metres | 38 | 70 | 320"""
SAILINGS = """Sailings of the ferry in spring 2024
Sailing | Days | Leaves Lunnay | Arrives Hesk | Boat
A | Monday to Friday | 6.50 | 8.20 | Isolde
B | Sat-Sun | 11.00 | 12.30 | Marten"""
PUMPS = """Pumps of the Gannet range
| Gannet 25 | Gannet 40 | Gannet 60
Fuse | 3 A | 5 A | 4 A
Hose bore | 19 mm | 25 mm | 28 mm
Weight | 0.6 kg | 0.9 kg | 1.3 kg
Test passed | 3 May 2021 | 9 June 2022 | –"""
RESULTS = """Race at Skeld
Place\tRunner\tClub\tAge
1\tAda Pym\tSkeld AC\t24
2\tTom Varley\tBree Harriers\t39
3\tIda Varley\tBree Harriers\t31"""
CHARTS = """Records of the harbour band
Year | Record | Singer
2009 | Low Tide | Tove Lind
2011 | Fog Horn | Ivo Marsh"""
HARVEST = """Maize in thousand tonnes
Country | 2021 | 2022
Kenya | 3,300 | 3,090
Ghana | 3,510 | 3,620
Tolvia | 910 | 880
Upper Tolvia | 120 | 95"""
BUSES = """Buses from Marle
Line | To | Minutes | Tickets in pounds
8 | Harbour | 25 | 2.60
12 | Mill | 40 | 3.10"""
FLOORS = """Prices for laying floors
Work | Per m² | At least | Ready in
Laying lino | 17.50 EUR | 210 EUR | 2 days
Sanding and oiling | 24.00 EUR | 360 EUR | 5 days"""
BOATS = """Boats to hire
Boat | Seats for adults max. | Price per hour approx. | What does it run on?
Skiff | 3 | 14 EUR | Nothing. It has oars only.
Barge | 8 | 55 EUR | Diesel"""
LOADS = """Loads of the depot
Load | Distance in km | Weight (kg) | Price | Shower | Driver
Gravel | 31 | 900 | 75 EUR | wet | Ada Pym
Slates | 18 | 640 | 52 EUR | dry | Tom Varley"""
SURVEY = """Hedgehog survey
District | Gardens | With hedgehogs
Lowmoor | 31 | 6
Canal Side | 18 | 13"""
SCHOOLS = """Schools near Marle
School | Pupils | Leader
Fenn School | 120 | Ada Pym
Oak School | 80 | Tom Varley"""
OFFICES = """People of Fenn
Office | Name
Parish priest | Tobias Quill
School cook | Ida Varley"""
FAULTS = """Faults
| Code | Meaning | Remedy |
|---|---|---|
| E1 | No flame. The fan turns. | Open the gas valve. Press the button. |
| E2 | Too hot | Bleed the radiators |"""


class TestCellReader(ReaderContract):
    @pytest.fixture
    def reader(self) -> Reader:
        return CellReader(SpanReader(WordModel({"noon": 3.0, "March": 2.0, "pier": 1.0, "crowns": 1.0})))


def of_table(text: str) -> Passage:
    return passage(Article.from_draft(Draft(text)), *[0.5] * len(text.split("\n")))


def answers(question: str, *texts: str, model: dict[str, float] | None = None) -> list[str]:
    reader = CellReader(SpanReader(WordModel({} if model is None else model)))
    return [one.span.text for one in reader.read(as_question(question), [of_table(text) for text in texts]).candidates]


HOURS = """Hours of the museum
Day | Opens | Closes
Saturday | 9.30 | 18.30
Sunday | 12.00 | 16.00"""


def test_a_table_about_another_thing_does_not_answer() -> None:
    assert ["18.30"] == answers("When does the museum close on Saturday?", HOURS)[:1]
    assert "18.30" not in answers("When does the library close on Saturday?", HOURS, model={"18.30": 3.0})


@pytest.mark.parametrize(
    ("table", "question", "expected"),
    [
        (FARES, "What does an adult return cost?", "25"),
        (FARES, "How much are ten trips with a car?", "320"),
        (FARES, "What is the single fare for a child?", "7"),
        (FARES, "What do ten trips for a dog cost?", "not sold"),
        (SAILINGS, "When does sailing A get to Hesk?", "8.20"),
        (SAILINGS, "Which boat runs sailing B?", "Marten"),
        (SAILINGS, "When does the ferry leave Lunnay on Wednesdays?", "6.50"),
        (SAILINGS, "What is the boat on Sunday?", "Marten"),
        (PUMPS, "What fuse does the Gannet 60 take?", "4 A"),
        (PUMPS, "How much does the Gannet 25 weigh?", "0.6 kg"),
        (PUMPS, "How heavy is the Gannet 40?", "0.9 kg"),
        (PUMPS, "When did the Gannet 25 pass its test?", "3 May 2021"),
        (RESULTS, "Who came second at Skeld?", "Tom Varley"),
        (RESULTS, "Which runner got place 3?", "Ida Varley"),
        (RESULTS, "How old is Ada Pym?", "24"),
        (CHARTS, "In what year did Low Tide come out?", "2009"),
        (RESULTS, "Which club does Ida Varley run for?", "Bree Harriers"),
        (HARVEST, "How much maize did Ghana grow in 2022?", "3,620"),
        (HARVEST, "How much maize did Upper Tolvia grow in 2021?", "120"),
        (HARVEST, "How much maize did Tolvia grow in 2021?", "910"),
        (BUSES, "How long does bus 8 take?", "25"),
        (BUSES, "What does a ticket for line 12 cost?", "3.10"),
        (FLOORS, "What does sanding and oiling cost per square metre?", "24.00 EUR"),
        (FLOORS, "How long do I wait for laying lino?", "2 days"),
        (BOATS, "What is the price per hour of the barge?", "55 EUR"),
        (LOADS, "How many kilometres is the gravel load driven?", "31"),
        (LOADS, "How far do the slates go?", "18"),
        (LOADS, "How many kilos do the slates weigh?", "640"),
        (LOADS, "What do the slates cost in euros?", "52 EUR"),
        (LOADS, "Who drives the gravel?", "Ada Pym"),
        (SURVEY, "In how many gardens at Canal Side were hedgehogs seen?", "13"),
        (SURVEY, "How many gardens took part in Lowmoor?", "31"),
        (SCHOOLS, "Who leads Fenn School?", "Ada Pym"),
        (FAULTS, "What is the meaning of code E1?", "No flame. The fan turns."),
        (FAULTS, "My boiler shows E2, what is the remedy?", "Bleed the radiators"),
    ],
)
def test_the_cell_of_the_named_row_and_column_answers(table: str, question: str, expected: str) -> None:
    assert expected == answers(question, table)[0]


@pytest.mark.parametrize(
    ("table", "question"),
    [
        (OFFICES, "Who is the mayor of Fenn?"),
        (OFFICES, "Who is the parish clerk?"),
        (SCHOOLS, "How many pupils does Upper Fenn School have?"),
        (SCHOOLS, "how many pupils does lower fenn school have"),
        (SCHOOLS, "Who leads Great Oak School?"),
    ],
)
def test_a_row_about_another_role_or_a_part_of_a_name_does_not_answer(table: str, question: str) -> None:
    words = {"Quill": 3.0, "120": 3.0, "Varley": 3.0}
    assert set(words).isdisjoint(" ".join(answers(question, table, model=words)).split())


def test_a_list_of_names_and_what_they_mean_is_no_table() -> None:
    text = """Options
-p port | Listen on this port instead of 7420.
-o file | Append the counts to this file, by default counts.txt."""
    assert "7420" == answers("Which port does it listen on by default?", text, model={"7420": 3.0})[0]


def test_keywords_may_name_a_row_and_a_column() -> None:
    for keywords, asks in (("lunnay ferry adult single", True), ("lunnay ferry", False), ("adult ticket", False)):
        assert asks == asks_for_cell(as_question(keywords), [of_table(FARES)])


COURSES = """Courses of the Brenna guild
Course | Room | Starts | Lessons | Fee per term | Tutor | Kit
C1 | Loft | 9 March 2027 | 8 | 96 EUR | Mila Horn | Wax 12
C2 | Cellar | 2 April 2027 | 5 | 70 EUR | Jon Reed | Clay 3"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When does the course in the cellar begin?", "2 April 2027"),
        ("How much is the course in the loft?", "96 EUR"),
        ("Who is the tutor of C1?", "Mila Horn"),
        ("Which course is in the cellar?", "C2"),
        ("How many lessons has C2?", "5"),
        ("When was C1 invented?", None),
        ("Who owns C2?", None),
        ("Where was the wax of C1 made?", None),
        ("How difficult is the course in the loft?", None),
        ("How many people fit into C2?", None),
        ("How long did C1 take to plan?", None),
        ("What does C2 cost per year?", None),
    ],
)
def test_a_cell_of_another_type_or_for_another_verb_does_not_answer(question: str, answer: str | None) -> None:
    # The model would take what stands there.
    words = WordModel(dict.fromkeys(("Clay", "Wax", "Loft", "Cellar", "8", "5", "Mila", "Jon", "C1", "C2"), 2.0))
    found = CellReader(SpanReader(words)).read(as_question(question), [of_table(COURSES)]).candidates
    in_rows = [one.span.text for one in found if "|" in one.sentence.text]
    assert in_rows[:1] == ([] if answer is None else [answer])


TOOLS = """Tools to borrow in Ollerby
Tool | Fuel | Made of | Year | Used for | Grease until | Lent by
Rotavator | petrol | steel | 2017 | breaking new ground | 2031 | Pia Holm
Trimmer | battery | magnesium | 2023 | hedges | 2029 | Jon Reed"""
WINES = """Cellar of the inn
Bottle | Year | Number
Chablis | 2018 | 6
Madiran | 2015 | 12"""
OPTIONS = """mailsink
mailsink lists messages and attachments.
option | default | meaning
max_age_hours | 48 | messages that came earlier are removed
max_size | 25 | megabytes that an attachment may have"""


@pytest.mark.parametrize(
    ("table", "question", "answer"),
    [
        (TOOLS, "What does the rotavator run on?", "petrol"),
        (TOOLS, "What is the trimmer powered by?", "battery"),
        (TOOLS, "What is the trimmer for?", "hedges"),
        (TOOLS, "What is the rotavator used for?", "breaking new ground"),
        (TOOLS, "What is the purpose of the trimmer?", "hedges"),
        (TOOLS, "What is the rotavator made of?", "steel"),
        (TOOLS, "By what year should the trimmer be greased?", "2029"),
        (OPTIONS, "After how many hours does mailsink remove messages?", "48"),
        (OPTIONS, "How many megabytes may an attachment have in mailsink?", "25"),
        (TOOLS, "What is the mower used for?", None),
        (TOOLS, "What is the rotavator insured for?", None),
        (TOOLS, "What is the fuel of the rotavator used for?", None),
        (TOOLS, "What is the grease of the rotavator made of?", None),
        (TOOLS, "What is the rotavator painted with?", None),
        (TOOLS, "What does the rotavator run over?", None),
        (TOOLS, "What is the handle of the rotavator made of?", None),
        (TOOLS, "By what year should the trimmer be sold?", None),
        (WINES, "What is the Madiran used for?", None),
        (WINES, "By what year should we have drunk the Chablis?", None),
        (OFFICES, "What is the parish priest for?", None),
        (OPTIONS, "After how many days does mailsink remove messages?", None),
        (OPTIONS, "After how many hours does mailsink remove attachments?", None),
        (OPTIONS, "How many megabytes may a message have in mailsink?", None),
    ],
)
def test_a_column_may_be_named_in_other_words(table: str, question: str, answer: str | None) -> None:
    rows = table[table.index("\n") :].split("\n", 2)[2]
    assert ([] if answer is None else [answer]) == [one for one in answers(question, table) if one in rows]


@pytest.mark.parametrize(
    ("table", "question"),
    [
        (FARES, "What is the return fare for a dog?"),
        (FARES, "How many crew members does the dog have?"),
        (RESULTS, "How far did Ada Pym run?"),
        (RESULTS, "How many medals has Ada Pym won?"),
        (CHARTS, "How many weeks was Low Tide in the charts?"),
        (CHARTS, "How old was Tove Lind when Low Tide came out?"),
        (PUMPS, "When did the Gannet 60 pass its test?"),
        (PUMPS, "What fuse does the Gannet 80 take?"),
        (PUMPS, "How long is the hose of the Gannet 40?"),
        (HARVEST, "How much maize did Uganda grow in 2022?"),
        (HARVEST, "How much maize did Kenya grow in 2019?"),
        (FAULTS, "What is the meaning of code E7?"),
        (SAILINGS, "When does sailing A leave Lunnay in autumn?"),
        (RESULTS, "How many times has Ada Pym won?"),
        (LOADS, "How many yards do the slates go?"),
        (LOADS, "How far does the gravel go in miles?"),
        (LOADS, "How many ounces do the slates weigh?"),
        (LOADS, "How many pounds do the slates weigh?"),
        (LOADS, "How many crowns does the gravel cost?"),
        (BUSES, "How long does metro 8 take?"),
        (BUSES, "How many hours does bus 12 take?"),
    ],
)
def test_neither_an_empty_cell_nor_a_neighbour_answers(table: str, question: str) -> None:
    words = {"2009": 3.0, "14": 3.0, "3,300": 3.0, "3 A": 3.0, "E1": 3.0}
    assert [] == [text for text in answers(question, table, model=words) if any(letter.isdigit() for letter in text)]


def test_what_a_verb_does_is_done_by_somebody_not_a_thing() -> None:
    assert {"wet", "dry"}.isdisjoint(answers("What is the show with the gravel?", LOADS))
