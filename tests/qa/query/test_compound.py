import pytest

from qa.query.parser import parse_question
from qa.query.question_types import QuestionType
from tests.qa.tables import texts_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When and where was Ada born?", "When was Ada born?|Where was Ada born?"),
        ("When, where and why did it begin?", "When did it begin?|Where did it begin?|Why did it begin?"),
        ("When did and how did she die?", "When did she die?|How did she die?"),
        ("How many cars and how many people can it take?", "How many cars can it take?|How many people can it take?"),
        ("How many cars and people can it take?", "How many cars can it take?|How many people can it take?"),
        (
            "How many passengers, cars and bikes fit on it?",
            "How many passengers fit on it?|How many cars fit on it?|How many bikes fit on it?",
        ),
        ("Which prize did it win, and in which year?", "Which prize did it win?|In which year did it win?"),
        ("Who won the race and when?", "Who won the race?|When won the race?"),
        ("When did Ada die? Where did she live?", "When did Ada die?|Where did Ada live?"),
        ("Where did Ada die and where was she buried?", "Where did Ada die?|Where was Ada buried?"),
        ("What is the shop called and who owns it?", "What is the shop called?|Who owns the shop?"),
        (
            "How long will the new strike last and who leads it?",
            "How long will the new strike last?|Who leads the new strike?",
        ),
        ("Who invented it and when did he patent it?", "Who invented it?|When did he patent it?"),
        ("Who wrote Hamlet and who directed it?", "Who wrote Hamlet?|Who directed Hamlet?"),
        ("When was Ada born and who was her father?", "When was Ada born?|Who was Ada's father?"),
        ("When did the mill close and how many lost their jobs?", "When did the mill close?|How many lost their jobs?"),
        ("What is the fare and how long does it take to Marle?", "What is the fare?|How long does it take to Marle?"),
        (
            "Where is the hut and how many hours did it take to get there?",
            "Where is the hut?|How many hours did it take to get there?",
        ),
        (
            "What is the ferry called and how many cars does it take?",
            "What is the ferry called?|How many cars does the ferry take?",
        ),
        ("Can I bring a dog and what does it cost?", "Can I bring a dog?|What does a dog cost?"),
    ],
)
def test_each_of_several_questions_stands_alone(question: str, parts: str) -> None:
    assert texts_of(parts) == [part.text for part in parse_question(question).parts]


@pytest.mark.parametrize(
    "question",
    texts_of("""
        When was she born?|What did they buy and sell?|Who are Ada and Bo?|Which rivers and lakes are polluted?
        What happened when the dam broke and the valley was flooded?|What did he do before and when he died?
        Who was the president who was shot and who survived?|Was it sold and rebuilt?
        What does it say about when and where to vote?|What does the act say on who and what is taxed?
        How many hours and minutes does it take?|How many black and white cats are there?|How many cats bark and run?
        How many sports and games clubs exist?|How many stone and brass tools were found?
        How many red buses and vans were sold?|How many glass and mugs are left?
        What is the difference between what we know and what we believe?|In 1990, who won and lost?
    """),
)
def test_other_questions_are_one(question: str) -> None:
    assert () == parse_question(question).parts


def test_each_part_has_its_type() -> None:
    parts = parse_question("Hi, when does it open and where is it?").parts
    assert [QuestionType.WHEN, QuestionType.WHERE] == [part.type for part in parts]
