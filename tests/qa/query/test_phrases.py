import pytest

from qa.query.phrases import Phrases, normalized_words, words_of

PHRASES = Phrases.of(
    """
    can|could you please? tell ME
    can you
    good morning|evening
    """,
    {"ME": "me|us"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can you tell me", 4),
        ("could you please tell us when", 5),
        ("CAN YOU", 2),
        ("can you please", 2),
        ("could you", 0),
        ("can", 0),
        ("good day", 0),
        ("good, evening!", 2),
        ("evening", 0),
        ("", 0),
    ],
)
def test_the_longest_phrase_is_found(text: str, expected: int) -> None:
    assert expected == PHRASES.longest(words_of(text))


def test_a_phrase_is_found_at_a_word() -> None:
    words = words_of("hi can you tell me")
    assert (0, 4, 0) == (PHRASES.longest(words, 0), PHRASES.longest(words, 1), PHRASES.longest(words, 5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's UP", ["whats", "up"]),
        ("what’s up", ["whats", "up"]),
        ("heyyyy hellooo", ["hey", "hello"]),
        ("1000 000", ["1000", "000"]),
        ("well-known foo_bar", ["well", "known", "foo", "bar"]),
        ("Да! 😊", ["да"]),
    ],
)
def test_words_are_compared_without_case_apostrophes_and_drawn_out_letters(text: str, expected: list[str]) -> None:
    assert expected == normalized_words(text)


def test_words_know_where_they_stand() -> None:
    text = "  İt's   “here”"
    assert ["İt's", "here"] == [text[word.start : word.end] for word in words_of(text)]


def test_a_pattern_begins_with_a_word_that_is_always_there() -> None:
    with pytest.raises(ValueError, match="'please\\? tell me'"):
        Phrases.of("please? tell me")
