from benchmarks.encodings import citeline, damaged_texts, read_texts


def test_all_texts_but_a_few_are_decoded_right() -> None:
    texts = read_texts()
    assert len({one.encoding for one in texts}) > 20
    assert [one.text for one in texts if citeline(one.data) != one.text] == [
        "Não há avião."
    ]  # in cp860: "Nёo hа aviёo"


def test_utf_8_with_a_bad_byte_or_cut_in_a_character_keeps_the_rest() -> None:
    for data in damaged_texts():
        assert data.decode("utf-8", "replace") == citeline(data)
