"""The numbers of list items."""

import pytest

from corpus.documents.ordinals import ordinal


@pytest.mark.parametrize(
    ("number", "style", "expected"),
    [
        *((7, "1", "7"), (7, "disc", "7"), (0, "a", "0"), (0, "i", "0"), (4000, "I", "4000")),
        *((1, "a", "a"), (26, "A", "Z"), (27, "a", "aa"), (703, "a", "aaa")),
        *((4, "i", "iv"), (1990, "I", "MCMXC"), (3999, "i", "mmmcmxcix")),
    ],
)
def test_numbers_are_written_in_the_style_of_their_list(number: int, style: str, expected: str) -> None:
    assert expected == ordinal(number, style)
