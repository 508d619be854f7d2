import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.query.conditions import ConditionKind, conditions


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is the mayor of Hollin?", {"Hollin": "name", "mayor": "role"}),
        ("How many boats sank Ada Brook in Marle?", {"Ada Brook": "name", "Marle": "place", "boats": "counted noun"}),
        ("What did the Bank of Marle cost in 1998?", {"Bank of Marle": "name", "1998": "year"}),
        ("How long did the Petrel 60 run?", {"Petrel 60": "name"}),
        ("What happened on 9 May?", {"9 May": "date"}),
        ("What happened on May 9, 1998?", {"May 9": "date", "1998": "year"}),
        ("When may I camp there in May?", {"May": "date"}),
        ("What happened on the 9th of June and on 2nd May?", {"9th": "number", "June": "date", "2nd May": "date"}),
        ("Who paid 1,250 crowns?", {"1,250": "number"}),
        ("Who was the sixth mayor?", {"sixth": "order", "mayor": "role"}),
        ("I lost it. What's the fee?", {}),
        ("Who lent Brook the 900 crowns?", {"Brook": "name", "900": "number"}),
        ("Marle's oldest bridge?", {"Marle": "name", "oldest": "order"}),
        ("Which guest was the first in the east?", {"first": "order"}),
        ("Which liquids must never go through it?", {"never": "negation"}),
        ("Why didn't the ferry leave?", {"n't": "negation"}),
        ("How many protesters died in Kelby?", {"Kelby": "place", "protesters": "counted noun"}),
        ("how many injured people died", {"people": "counted noun"}),
        ("How much money burned?", {}),
        ("How many newly registered voters attended?", {"voters": "counted noun"}),
        ("How many privately owned homes burned?", {"homes": "counted noun"}),
        ("What is the number of visitors in 2019?", {"2019": "year", "visitors": "counted noun"}),
        ("How much does it cost?", {}),
        ("who is the treasurer?", {"treasurer": "role"}),
        ("Does it rain?", {}),
        ("I'd like to know: Who won?", {}),
        ("WHO WON THE RACE IN MARLE?", {}),  # capitals that show no names
        ("Who is Ada Brook?", {"Ada Brook": "name"}),
        ("Who wrote Jane Eyre?", {"Jane Eyre": "name"}),
        ("How high is everest at its crest in general?", {}),
        ("Which princess opened the longest bridge?", {"princess": "role", "longest": "order"}),
        ("Who is Inés de los Ríos?", {"Inés de los Ríos": "name"}),
        ("Where is the House of the Tides?", {"House of the Tides": "name"}),
        ("Who painted Otto van der Meer in Marle?", {"Otto van der Meer": "name", "Marle": "place"}),
        ("Ada Brook boats", {"Ada Brook": "name"}),
        ("What did St. Ives-on-Sea's council say?", {"St": "name", "Ives-on-Sea": "name"}),
    ],
)  # fmt: skip
def test_a_question_states_conditions(question: str, expected: dict[str, str]) -> None:
    assert expected == {one.text: one.kind.value for one in conditions(question)}


@given(st.text(max_size=80))
def test_conditions_quote_the_question(question: str) -> None:
    for one in conditions(question):
        assert one.text in question
        assert isinstance(one.kind, ConditionKind)
