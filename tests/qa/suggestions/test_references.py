from qa.suggestions.article_names import ArticleNames
from qa.suggestions.references import with_named_subjects


def named(*sentences: str) -> str:
    return with_named_subjects(sentences, ArticleNames.of(sentences))[-1]


def test_a_pronoun_becomes_the_only_person_of_the_sentence_before() -> None:
    before = "Orla Quist, 45, is the minister of fisheries."
    assert named(before, "She resigned on Monday.") == "Orla Quist resigned on Monday."


def test_a_pronoun_after_two_people_stays() -> None:
    before = "Orla Quist, 45, met Jane Strand, 32, in Lissa."
    assert named(before, "She resigned on Monday.") == "She resigned on Monday."


def test_a_pronoun_of_another_gender_stays() -> None:
    before = "Mary Quist, 45, is the minister of fisheries."
    assert named(before, "He resigned on Monday.") == "He resigned on Monday."


def test_a_description_becomes_the_only_name_that_ends_with_it() -> None:
    before = "Cracks were found in the Corran Bridge."
    assert named(before, "The bridge was closed on Monday.") == "The Corran Bridge was closed on Monday."
    assert named(before, "Some took the Mill Bridge.", "The bridge was closed.") == "The bridge was closed."
