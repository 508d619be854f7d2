import pytest

from corpus.article import Article
from corpus.documents import read_document
from qa.answers.steps import asked_action, steps_around
from qa.query.phrases import words_of

MANUAL = """# Washer

## Storing it in winter

1. Close the tap.
2. Clean the nozzle.
3. Turn the lance to the wall.

To apply for a permit:

1. Upload your papers.
2. Write to us.

## Descaling the washer

You need 20 minutes and a bowl.

1. Fill the tank.
2. Press the button.
3. Rinse it.

## Faults

- The motor hums: the fuse is weak.
- Water drips: turn the seal.

## In the box

- needle to clean the nozzle
- lance
"""
STORING = ["Close the tap.", "Clean the nozzle.", "Turn the lance to the wall."]


@pytest.mark.parametrize(
    ("question", "action"),
    [
        ("How do I store it?", "store"),
        ("How can the washer be stored?", "store"),
        ("How does the washer start?", None),
        ("How to apply?", "appli"),
        ("How long do I boil it?", None),
        ("How is it?", None),
        ("What do I store?", None),
    ],
)
def test_the_action_that_a_question_asks_how_to_do(question: str, action: str | None) -> None:
    assert action == asked_action(words_of(question))


@pytest.mark.parametrize(
    ("question", "line", "steps"),
    [
        ("How do I store the washer?", "Close the tap.", STORING),
        ("How do I store the washer?", "Turn the", STORING),
        ("How do I prepare the washer for frost?", "Close the tap.", STORING),
        ("How do I apply?", "Upload", ["Upload your papers.", "Write to us."]),
        ("How do I descale the washer?", "You need", ["Fill the tank.", "Press the button.", "Rinse it."]),
        ("How do I buy a bowl?", "You need", []),
        ("How do I clean the nozzle?", "Clean the nozzle.", []),
        ("How do I shut the tap?", "Turn the", []),
        ("How do I close the tap?", "Close the tap.", []),
        ("How do I stop the drip?", "Water drips", []),
        ("How do I cure the hum?", "The motor", []),
        ("How do I clean it?", "needle", []),
        ("How do I store the washer?", "To apply", []),
        ("How do I store the washer?", "Faults", []),
    ],
)
def test_all_steps_are_given_where_the_list_is_about_the_action(question: str, line: str, steps: list[str]) -> None:
    article = Article.from_draft(read_document(MANUAL.encode(), "manual.md"))
    action = asked_action(words_of(question))
    assert action is not None
    found = steps_around(article, article.blocks, article.text.index(line), action)
    assert steps == [article.text[start:end] for start, end in found]
