import pytest

from qa.query.list_questions import asks_for_list
from qa.query.phrases import words_of
from tests.qa.tables import texts_of


@pytest.mark.parametrize(
    "question",
    texts_of("""
        Which ports are closed?|What are the side effects?|Name the islands that the ferry serves|Who were the founders?
        Which plays did he write?|What changes were made?|Which works of hers are lost?|Name plays by Ada Bell
        In which cities does he have offices?|What people attended the meeting?|List all exhibits|What parts has it?
    """),
)
def test_a_plural_asks_for_several_things(question: str) -> None:
    assert asks_for_list(words_of(question))


@pytest.mark.parametrize(
    "question",
    texts_of("""
        Which bus goes to Northby?|What is the address?|What causes rust?|Who is the chairman?|Which of the women won?
        What happens in Marle on Monday?|What stands on the hill?|Which gas is used?|What news is there?
        Which series was cancelled?|What politics does he follow?|What runs from Hull to Goole?
        What does the boss say?|When are the shops open?|How many ports are closed?
    """),
)
def test_other_questions_ask_for_one(question: str) -> None:
    assert not asks_for_list(words_of(question))
