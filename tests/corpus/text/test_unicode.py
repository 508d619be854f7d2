from hypothesis import given
from hypothesis import strategies as st

from corpus.text.unicode import encodable


def test_half_a_character_becomes_a_question_mark() -> None:
    assert "a ? b?" == encodable("a \ud83e b\udd8a")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_can_be_encoded_stays_as_it_is(text: str) -> None:
    assert text == encodable(text)


@given(st.text())
def test_what_comes_out_can_be_encoded_and_is_as_long(text: str) -> None:
    assert len(text) == len(encodable(text).encode().decode())
