import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answers.enumerations import enumeration_around, labelled_items, list_items

PIECES = st.lists(
    st.sampled_from(["Ana ", "bread", ", ", " and ", " or ", "(new)", " of", "We sell ", ". "]), min_size=1
)


def grown(marked: str) -> str:
    """Grow the span that square brackets mark in a sentence."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    first, last = enumeration_around(text, start, end, (0, len(text)))
    return text[first:last]


@pytest.mark.parametrize(
    ("sentence", "items"),
    [
        ("We eat it with salted butter, smoked fish or [jam].", "salted butter, smoked fish or jam"),
        (
            "The kit has [rope mats], bell pulls (new) and books on knots.",
            "rope mats, bell pulls (new) and books on knots",
        ),
        (
            "A rock off Lunnay, [a street in Oskerby] and a ship are new.",
            "A rock off Lunnay, a street in Oskerby and a ship",
        ),
        (
            "Side effects include nausea, a dry mouth (in one in ten) or [a rash].",
            "nausea, a dry mouth (in one in ten) or a rash",
        ),
        ("Buses to Northby, [Saltwell] and the airfield leave hourly.", "Northby, Saltwell and the airfield"),
        ("It passes [Old Ness], the Tooth, Hesk Head and Pellmouth.", "Old Ness, the Tooth, Hesk Head and Pellmouth"),
        ("The widow painted doors, [chairs] and shelves.", "doors, chairs and shelves"),
        ("They mended nets, sails and [ropes].", "nets, sails and ropes"),
        ("The two smoked trout, an eel and [a carp] were left.", "The two smoked trout, an eel and a carp"),
        ("Speakers were Ada Bell, Cy Dorn and [Eva Fox], a lawyer.", "Ada Bell, Cy Dorn and Eva Fox"),
    ],
)
def test_an_item_grows_over_its_enumeration(sentence: str, items: str) -> None:
    assert items == grown(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "He met [Ana], who was ill, and left.",
        "[Larch] and oak were used.",
        "In March, [Ana Ruiz] and Bo Ek met.",
        "It serves [Northeast Philadelphia], running between Exit 9 and the Boulevard.",
        "The founders, [Ana Ruiz and Bo Ek], left.",
        "They speak Slavic (chiefly [Poles], Czechs and Slovaks) and Baltic.",
    ],
)
def test_what_is_no_enumeration_stays(sentence: str) -> None:
    assert sentence[sentence.index("[") + 1 : sentence.index("]")] == grown(sentence)


@given(PIECES, st.data())
def test_a_span_only_grows_inside_its_sentence(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = enumeration_around(text, start, end, (0, len(text)))
    assert 0 <= first <= start < end <= last <= len(text)


def test_items_follow_a_label_that_the_question_has() -> None:
    text = "Present: Ana Ruiz (chair), Bo Ek, Cy Dorn."
    items = labelled_items(text, 9, 17, (0, len(text)), {"who", "was", "present"})
    assert "Ana Ruiz (chair), Bo Ek, Cy Dorn" == text[slice(*items)]
    assert (9, 17) == labelled_items(text, 9, 17, (0, len(text)), {"who", "chairs"})


LIST = "In the box\n\n{0}pump with base\n{0}float switch\n{0}two clips\n\nThe hose is not supplied."


@pytest.mark.parametrize("bullet", ["", "- ", "• ", "a) "])
def test_a_line_of_a_list_gives_all_its_lines(bullet: str) -> None:
    text = LIST.format(bullet)
    start = text.index("float switch")
    found = list_items(text, start, start + len("float switch"))
    assert ["pump with base", "float switch", "two clips"] == [text[slice(*one)] for one in found]


@pytest.mark.parametrize(
    ("text", "line", "items"),
    [
        ("Side effects\n- nausea\n- headache", "nausea", ["nausea", "headache"]),
        ("Side effects\n- nausea\n- headache", "- headache", ["nausea", "headache"]),
        ("Side effects\n- nausea\n- headache", "Side effects", []),
        ("- a towel\n  for each child\n- a lamp", "a lamp", ["a towel\n  for each child", "a lamp"]),
        ("- a towel\n  for each child\n- a lamp", "for each child", ["a towel\n  for each child", "a lamp"]),
    ],
)
def test_a_heading_is_no_item_and_a_wrapped_one_is_whole(text: str, line: str, items: list[str]) -> None:
    start = text.index(line)
    assert items == [text[slice(*one)] for one in list_items(text, start, start + len(line))]


@pytest.mark.parametrize("text", [f"- a{' ' * 200_000}b\n- c", f"{' ' * 7_000}a\n- c", f"Bring:{' ' * 200_000}a\nb"])
def test_runs_of_spaces_take_no_time(text: str) -> None:
    started = time.process_time()
    list_items(text, 0, 6)
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_sentence_that_ends_with_a_colon_leads_in_to_a_list(gap: str) -> None:
    text = f"Bring these:{gap}- a towel\n- a lamp\n\nDogs are welcome."
    assert ["a towel", "a lamp"] == [text[slice(*one)] for one in list_items(text, 0, 12)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ticket | Single\nAdult | 14\nDog | 2", "Adult | 14"),
        ("Ferry\tPort\nAnna\tHull\nBob\tGoole", "Anna\tHull"),
        ("|Ferry|Port|\n|---|---|\n|Anna|Hull|\n|Bob|Goole|", "|Anna|Hull|"),
        ("One line alone", "One line alone"),
        (
            f"It rained. {'The sea was rough and grey. ' * 4}\nIt rained.\n{'The wind blew from the west. ' * 3}",
            "It rained.",
        ),
        ("It rained. The sea was grey.\nThe wind blew.", "The sea was grey."),
        ("Bring these:", "Bring these:"),
    ],
)
def test_tables_and_prose_are_no_lists(text: str, line: str) -> None:
    start = text.rindex(line)
    assert [] == list_items(text, start, start + len(line))
