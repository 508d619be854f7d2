"""Links that lead a browser to the quoted words of a page."""

import pytest

from web.text_fragments import quotation_link

LONG = (
    "The council said on Monday that the harbour bridge would stay closed until the end of March, when the repair of "
    "its piers is done."
)


def test_further_items_of_a_list_are_marked_too() -> None:
    link = quotation_link("https://a.example/", "a pump", "a pump", more=["two hoses", "6-bar gauge"])
    assert "https://a.example/#:~:text=a%20pump&text=two%20hoses&text=6%2Dbar%20gauge" == link


@pytest.mark.parametrize(
    ("url", "sentence", "words", "link"),
    [
        ("https://a.example/x", "It rains.", "rains", "https://a.example/x#:~:text=It%20rains."),
        ("https://a.example/#top", "It rains.", "rains", "https://a.example/#top:~:text=It%20rains."),
        ("https://a.example/#:~:text=old", "It rains.", "rains", "https://a.example/#:~:text=It%20rains."),
        (
            "https://a.example/",
            "Well-known, wet & 50% off – “so” #1",
            "wet",
            "https://a.example/#:~:text=Well%2Dknown%2C%20wet%20%26%2050%25%20off%20%E2%80%93%20%E2%80%9Cso%E2%80%9D%20%231",
        ),
        (
            "https://a.example/",
            LONG,
            "March",
            "https://a.example/#:~:text=The%20council%20said%20on%20Monday,of%20its%20piers%20is%20done.",
        ),
        ("https://a.example/", "Adult | 14 | 25", "14", "https://a.example/#:~:text=14"),
        ("https://a.example/", "Adult | 14 | 25", "Adult | 14 | 25", "https://a.example/#:~:text=Adult,25"),
        ("https://a.example/", "Open daily\nfrom nine", "nine", "https://a.example/#:~:text=Open%20daily,from%20nine"),
    ],
)
def test_the_fragment_is_encoded_as_the_specification_says(url: str, sentence: str, words: str, link: str) -> None:
    assert link == quotation_link(url, sentence, words)


def test_a_pdf_is_opened_at_its_page() -> None:
    assert "https://a.example/x.pdf#page=7" == quotation_link("https://a.example/x.pdf", "It rains.", "rains", 7)
