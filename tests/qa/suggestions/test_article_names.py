from qa.suggestions.article_names import ArticleNames


def names(*sentences: str) -> list[str]:
    return ArticleNames.of(sentences).written(sentences)


def test_names_are_given_as_they_are_written() -> None:
    found = names("The mayor of Pinara, Luis Ferrand, met Aldra Line in Port Callan on Monday.")
    assert {"Pinara", "Luis Ferrand", "Aldra Line", "Port Callan"} == set(found)


def test_titles_are_left_out() -> None:
    assert ["Ferrand"] == names("They asked Mr Ferrand about it.")


def test_a_common_word_that_begins_a_sentence_is_no_name() -> None:
    assert [] == names("Rain fell for two days.", "Police closed the road.")


def test_a_common_word_with_a_capital_elsewhere_is_one() -> None:
    assert ["Reading"] == names("Reading won again.", "The train to Reading was late.")


def test_a_headline_in_title_case_has_no_names() -> None:
    assert [] == names("Record Year For School That Closed")
