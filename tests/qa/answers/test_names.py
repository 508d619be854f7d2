"""Names in sentences: where they begin and end, and what nouns say of people."""

import pytest

from qa.answers.names import gender_of, is_person_noun, names_in


def found(sentence: str) -> list[str]:
    return [sentence[name.start : name.end] for name in names_in(sentence)]


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("On Tuesday Anna Weber came to Marle.", ["Anna Weber", "Marle"]),
        ("On 4 May Anna Weber came.", ["Anna Weber"]),
        ("Last March Emma Stone won.", ["Emma Stone"]),
        ("They arrested Anna Weber Monday.", ["Anna Weber"]),
        ("Apparently Weber left in May.", ["Weber"]),
        ("Theresa May left Marle in June.", ["Theresa May", "Marle"]),
        ("The actor Will Smith lives in New York.", ["Will Smith", "New York"]),
        ("The Sunday Times said so on Good Friday.", ["Sunday Times", "Good Friday"]),
        ("It rained on Monday.", []),
    ],
)
def test_a_name_has_no_days_and_months_beside_it(sentence: str, names: list[str]) -> None:
    assert names == found(sentence)


@pytest.mark.parametrize("sentence", ["On Tuesday Anna Weber won.", "Yesterday Weber won.", "In May 2020 Weber won."])
def test_a_name_after_a_date_is_a_subject(sentence: str) -> None:
    assert [True] == [name.is_subject for name in names_in(sentence)]


@pytest.mark.parametrize(
    ("noun", "gender"),
    [
        *[(noun, 1) for noun in ("fisherman", "ferryman", "chairman", "uncle")],
        *[(noun, -1) for noun in ("woman", "businesswoman", "waitress", "aunt")],
        *[(noun, 0) for noun in ("german", "norman", "roman", "human", "teacher")],
    ],
)
def test_nouns_tell_gender(noun: str, gender: int) -> None:
    assert gender == gender_of([noun])


@pytest.mark.parametrize("noun", ["teacher", "runners", "winner", "oceanographer", "cellist", "lighthousekeeper"])
def test_people_are_persons(noun: str) -> None:
    assert is_person_noun(noun)


@pytest.mark.parametrize(
    "noun", ["container", "server", "chargers", "counter", "meter", "header", "reader", "opener", "joiner", "playlist"]
)
def test_tools_are_no_persons(noun: str) -> None:
    assert not is_person_noun(noun)
