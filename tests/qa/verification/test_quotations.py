"""Finding the quotations of a draft."""

import time

import pytest

from qa.verification.quotations import MAX_EXCERPT, find_claims, find_quotations


def quoted(text: str) -> list[str]:
    return [text[one.start : one.end] for one in find_quotations(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "the bridge is closed" twice.', ["the bridge is closed"]),
        ("He said “the bridge is closed,” and left.", ["the bridge is closed,"]),
        ("Er sagte: „Die Brücke ist zu“, und ging.", ["Die Brücke ist zu"]),
        ("Il a dit «\u00a0le pont est fermé\u00a0» hier.", ["le pont est fermé"]),
        ("Er sagte: »Die Brücke ist zu«.", ["Die Brücke ist zu"]),
        ("She said ‘the bridge is closed’ today.", ["the bridge is closed"]),
        ("She said 'the bridge is closed' today.", ["the bridge is closed"]),
        ("“He told me ‘it is closed’ and left”", ["He told me ‘it is closed’ and left", "it is closed"]),
        ("\"He told me 'it is closed' and left\"", ["He told me 'it is closed' and left", "it is closed"]),
        ("‘The workers’ union agreed.’ Then", ["The workers’ union agreed."]),
        ("It doesn't, the boys' club can't, '90s.", []),
        ('A 6" pipe and a man of 5\'10".', []),
        ("No quotations here.", []),
        ('“” "..." “ ”', []),
        ("“One paragraph.\n\n“And the next.”", ["One paragraph.", "And the next."]),
        ('An "open mark\n\nand "a quotation" after it', ["a quotation"]),
    ],
)
def test_quotations_are_told_by_their_marks(text: str, expected: list[str]) -> None:
    assert expected == quoted(text)


def test_block_quotes_are_paragraphs_of_lines_with_a_mark() -> None:
    text = "Before.\n\n> The bridge\n> is closed.\n>\n> It opens today.\n\nAfter."
    assert ["The bridge\n> is closed.", "It opens today."] == quoted(text)
    assert {"block quote"} == {one.kind for one in find_quotations(text)}


def test_a_long_quotation_is_cut() -> None:
    pieces = quoted(f'"{"the words of it " * 1000}"')
    assert 4 == len(pieces)
    assert all(len(piece) <= MAX_EXCERPT for piece in pieces)


def test_claims_have_a_number_or_a_name_and_are_no_quotations() -> None:
    text = 'It rained. Amina led it. "Seven came in 1999." It cost 3 crowns. So it goes.'
    claims = find_claims(text, find_quotations(text))
    assert ["It cost 3 crowns."] == [text[one.start : one.end] for one in claims]
    named = "The work was led by Amina Farouk."
    assert [(0, len(named))] == [(one.start, one.end) for one in find_claims(named, [])]


@pytest.mark.parametrize("piece", ['"a b" ', "“", "'x ", "> a\n", "‘x s’ ", "[ ", "\n\n"])
def test_finding_takes_linear_time(piece: str) -> None:
    start = time.perf_counter()
    find_quotations(piece * (200_000 // len(piece)))
    assert time.perf_counter() - start < 5
