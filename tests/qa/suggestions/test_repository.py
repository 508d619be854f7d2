from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.suggestions.repository import ArticleSuggestions, SuggestionRepository

STORE = "store"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[SuggestionRepository]:
    opened = SuggestionRepository(tmp_path / "suggestions.sqlite", STORE)
    opened.add([
        ArticleSuggestions(
            1, "one", "2024-01-02", ["Aldra Line", "Émile Zola"], [("When did Aldra Line close?", "on Monday", 0, 30)]
        ),
        ArticleSuggestions(
            2, "two", "2024-01-03", ["Aldra Line", "Aldra Star"], [("Who built the Aldra Star?", "Halden", 5, 40)]
        ),
    ])  # fmt: skip
    yield opened
    opened.close()


def confirm_all(repository: SuggestionRepository) -> None:
    for question in repository.of_articles(repository.articles()):
        repository.set_checked(question, 1, True)


@pytest.mark.parametrize("typed", ["aldra", "ALD", "line", "aldra l", "line al", "a"])
def test_names_are_found_by_beginnings_of_their_words(repository: SuggestionRepository, typed: str) -> None:
    assert "Aldra Line" in repository.names(typed, 8)


@pytest.mark.parametrize("typed", ["emile", "ÉMI", "zola e"])
def test_accents_do_not_matter(repository: SuggestionRepository, typed: str) -> None:
    assert ["Émile Zola"] == repository.names(typed, 8)


@pytest.mark.parametrize("typed", ["", "?", "dra", "aldra aldra", "aldra lines", "x"])
def test_other_words_find_no_names(repository: SuggestionRepository, typed: str) -> None:
    assert [] == repository.names(typed, 8)


def test_the_most_mentioned_name_comes_first(repository: SuggestionRepository) -> None:
    assert ["Aldra Line", "Aldra Star"] == repository.names("aldra", 8)
    assert ["Aldra Line"] == repository.names("aldra", 1)


def test_only_confident_questions_are_suggested(repository: SuggestionRepository) -> None:
    assert [] == repository.questions("when did", 8, confident=True)
    [question] = repository.questions("when did", 8, confident=False)
    repository.set_checked(question, 3, True)
    assert [question.text] == [one.text for one in repository.questions("when did a", 8, confident=True)]
    assert [] == repository.questions("when did", 8, confident=False)
    repository.set_checked(question, 4, False)
    assert [] == repository.questions("when did", 8, confident=True)


@pytest.mark.parametrize("typed", ["who", "who built", "built", "star who", "the ald", "Who built the Aldra Star?"])
def test_questions_are_found_by_beginnings_of_their_words(repository: SuggestionRepository, typed: str) -> None:
    confirm_all(repository)
    assert "Who built the Aldra Star?" in [one.text for one in repository.questions(typed, 8, confident=True)]


def test_questions_of_the_newest_articles_come_first_and_one_for_each(repository: SuggestionRepository) -> None:
    assert [] == repository.newest(8, confident=True)
    confirm_all(repository)
    assert [2, 1] == [one.article for one in repository.newest(8, confident=True)]
    assert [2] == [one.article for one in repository.newest(1, confident=True)]


def test_a_removed_article_takes_its_questions_and_names_along(repository: SuggestionRepository) -> None:
    confirm_all(repository)
    repository.remove([1])
    assert {2} == repository.articles()
    assert [] == repository.names("zola", 8)
    assert [] == repository.questions("close", 8, confident=True)
    assert ["Aldra Line", "Aldra Star"] == sorted(repository.names("aldra", 8))


def test_an_article_is_added_once(repository: SuggestionRepository) -> None:
    repository.add([ArticleSuggestions(1, "one", "", ["Other Name"], [])])
    assert [] == repository.names("other", 8)


@pytest.mark.parametrize("typed", ["aldar", "alrda", "aldta"])
def test_a_word_with_one_wrong_letter_is_respelt(repository: SuggestionRepository, typed: str) -> None:
    respelt = repository.respelt(typed)
    assert respelt is not None
    assert "Aldra Line" in repository.names(respelt, 8)


@pytest.mark.parametrize("typed", ["", "xyz", "alxyra", "12345"])
def test_other_words_are_not_respelt(repository: SuggestionRepository, typed: str) -> None:
    assert repository.respelt(typed) is None


def test_it_lasts_until_the_store_is_another(repository: SuggestionRepository, tmp_path: Path) -> None:
    repository.close()
    path = tmp_path / "suggestions.sqlite"
    again = SuggestionRepository(path, STORE)
    assert {1, 2} == again.articles()
    again.close()
    other = SuggestionRepository(path, "other")
    assert set() == other.articles()
    assert [] == other.names("aldra", 8)
    other.close()


def test_a_damaged_file_is_made_anew(repository: SuggestionRepository, tmp_path: Path) -> None:
    repository.close()
    path = tmp_path / "suggestions.sqlite"
    path.write_bytes(b"no database" * 1000)
    again = SuggestionRepository(path, STORE)
    assert set() == again.articles()
    again.close()
