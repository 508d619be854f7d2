import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from corpus.text.unicode import find_surrogate, join_surrogates, printable, replace_surrogates

whole_texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_first_surrogate_is_found() -> None:
    assert 2 == find_surrogate("a \ud83e b\udd8a")
    assert find_surrogate("😀") is None


def test_every_surrogate_is_replaced() -> None:
    assert "a ? b?" == replace_surrogates("a \ud83e b\udd8a")
    assert "??" == replace_surrogates("\ud83e\udd8a")
    assert "a\ufffdb" == replace_surrogates("a\ud83eb", "\ufffd")


def test_pairs_of_surrogates_are_joined_and_lone_ones_replaced() -> None:
    assert "a \U0001f98a b\ufffd" == join_surrogates("a \ud83e\udd8a b\udd8a")


def test_surrogates_of_a_file_name_are_escaped() -> None:
    assert r"caf\udce9.txt" == printable(Path("caf\udce9.txt"))


@given(st.binary())
def test_every_file_name_can_be_printed(name: bytes) -> None:
    assert find_surrogate(printable(os.fsdecode(name))) is None


@given(whole_texts)
def test_text_without_surrogates_stays_as_it_is(text: str) -> None:
    assert {text} == {replace_surrogates(text), join_surrogates(text), printable(text)}


@given(st.text())
def test_replacing_surrogates_keeps_the_length_and_makes_text_encodable(text: str) -> None:
    assert len(text) == len(replace_surrogates(text).encode().decode())
    assert find_surrogate(join_surrogates(text)) is None
