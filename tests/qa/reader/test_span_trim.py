import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reader.decoding import trimmed
from tests.qa.tables import texts_of

marked = st.text(st.sampled_from("ab5 .,-–'\"“”‘’()[]«»$%\n!?"), min_size=1, max_size=12)


def left(text: str) -> str | None:
    span = trimmed(text, 0, len(text))
    return None if span is None else text[slice(*span)]


@pytest.mark.parametrize(
    ("span", "answer"),
    [
        (" noon ", "noon"),
        (", at noon,", "at noon"),
        *(
            (span, "noon")
            for span in texts_of('noon.|“noon”|“noon|noon”.|"noon"|"noon|“(noon)”,|– noon –|\'noon\'|¿noon?')
        ),
        *((span, "1999") for span in ("(1999)", "1999)", "(1999")),
    ],
)
def test_what_is_no_part_of_an_answer_goes(span: str, answer: str) -> None:
    assert answer == left(span)


@pytest.mark.parametrize(
    "answer",
    texts_of("""
        Dvořák (the younger)|“Up” and “Down”|"Up" and "Down"|(a) and (b)|-5|–12 degrees|.5 litres|$5.50|50%|the U.S.
        Acme Inc.|4 p.m.|John F.|the workers'|the workers’|'90s|’90s|O'Brien|C#|🦊|電車
    """),
)
def test_what_belongs_to_an_answer_stays(answer: str) -> None:
    assert answer == left(answer)


@pytest.mark.parametrize("span", [" ", ".", "—", "“”", "()", '"', " ... ", "("])
def test_of_mere_marks_nothing_is_left(span: str) -> None:
    assert left(span) is None


@given(st.one_of(marked, st.text(min_size=1, max_size=12)), st.data())
def test_what_is_left_lies_within_and_stays_when_trimmed_again(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = trimmed(text, start, end, (start, end))
    if span is None:
        assert not any(character.isalnum() for character in text[start:end])
    else:
        assert start <= span[0] < span[1] <= end
        assert text[slice(*span)] == text[slice(*span)].strip()
        assert span == trimmed(text, *span, (start, end))
        assert not any(character.isalnum() for character in text[start : span[0]] + text[span[1] : end])


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("it holds [1].2 litres", "1.2"),
        ("it holds 1.[2 litres]", "1.2 litres"),
        ("it holds 1[.]2 litres", "1.2"),
        ("of [11],750 people", "11,750"),
        ("at [14]:30 sharp", "14:30"),
        ("in 1[88]4 then", "1884"),
        ("in [1884]. 3 men", "1884"),
        ("in [1884], 3 men", "1884"),
        ("the rule: [3] men", "3"),
        ("items a,[5] and", "5"),
        ("[version] 2.0", "version"),
    ],
)
def test_a_number_is_never_cut(cut: str, whole: str) -> None:
    start, end = cut.index("["), cut.index("]") - 1
    text = cut.replace("[", "").replace("]", "")
    span = trimmed(text, start, end)
    assert span is not None
    assert whole == text[slice(*span)]


def test_a_number_stays_within_its_sentence() -> None:
    assert (3, 5) == trimmed("in 18.45", 3, 5, (0, 6))
    assert (6, 8) == trimmed("in 18.45", 6, 8, (6, 8))
