import pytest

from corpus.article import Article, Draft
from corpus.text.sentences import split
from qa.evidence import EvidenceChecker, missing_names, unmet
from qa.query.conditions import ConditionKind
from qa.types import Evidence, Quote

TEXT = (
    "Ada Brook built 38 boats and 12 sheds in Marle. She also wrote four books. The oldest of them is about Nigeria. "
    "In 1998 the yard closed. Its treasurer, Jon Vey, did not keep the last boat."
)
ARTICLE = Article.from_draft(Draft(TEXT, title="A boatbuilder of Hollin", published="2021-03-04"))
WHOLE = Quote(ARTICLE, 0, len(TEXT))
SENTENCES = [Quote(ARTICLE, start, end) for start, end in split(TEXT, None)]


def check(question: str, answer: str) -> list[Evidence]:
    """Check the first place of some words against the whole text as the passage."""
    start = TEXT.index(answer)
    span = Quote(ARTICLE, start, start + len(answer))
    sentence = next(one for one in SENTENCES if one.covers(span))
    return EvidenceChecker(question).check(span, sentence, WHOLE)


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("How many boats did Ada Brook build?", "38", {"Ada Brook": True, "boats": True}),
        ("How many sheds did Ms Brooke build in Marle?", "38", {"Ms Brooke": True, "Marle": True, "sheds": False}),
        ("How many bridges did Brook build?", "38", {"Brook": True, "bridges": False}),
        ("How many boats did Brook build in Kelby?", "38", {"Brook": True, "boats": True, "Kelby": False}),
        ("How many books did Brook write?", "four", {"Brook": True, "books": True}),  # "she" may be Brook
        ("Who built boats in Hollin?", "Ada Brook", {"Hollin": True}),  # the title says it
        ("When did Brook's yard close?", "1998", {"Brook": True}),
        ("What closed in 1998?", "the yard", {"1998": True}),
        ("What closed in 2004?", "the yard", {"2004": False}),
        ("Which books did she write in 2021?", "four", {"2021": True}),  # the year of the article
        ("What closed in 2021?", "the yard", {"2021": None}),  # the sentence has another one
        ("What did Brook's treasurer not keep?", "the last boat", {"Brook": None, "treasurer": True, "not": True}),
        ("What is the oldest Nigerian one about?", "Nigeria", {"Nigerian": True, "oldest": True}),
        ("What did the mayor keep?", "the last boat", {"mayor": False}),
        ("Who never wrote?", "four", {"never": None}),  # another sentence is negated
        ("What is the Nigeria book called?", "Nigeria", {"Nigeria": True}),
        ("What is the book on Niger called?", "Nigeria", {"Niger": False}),
        ("Which yard closed in New Marle?", "the yard", {"New Marle": True}),
        ("Which yard closed in New Kelby?", "the yard", {"New Kelby": False}),
    ],
)
def test_a_condition_is_met_unmet_or_unknown(question: str, answer: str, expected: dict[str, bool | None]) -> None:
    assert expected == {one.text: one.met for one in check(question, answer)}


@pytest.mark.parametrize(
    ("noun", "text", "met"),
    [
        ("officers", "17 security officers and 40 protesters died.", True),
        ("protesters", "17 security officers died among the protesters.", False),
        ("protesters", "Of the protesters 17 were hurt.", True),
        ("protesters", "17 were hurt in all. The protesters left.", None),
        ("protesters", "17 people died. The protesters left.", None),
        ("people", "17 officers died. Many people left.", None),
        ("protesters", "17 officers died.", False),
        ("protesters", "17 hundred officers died among the protesters.", False),
        ("protesters", "17 or 18 officers died among the protesters.", False),
        ("protesters", "17 dead protesters.", True),
        ("protesters", "17 dead. The protesters left.", None),
        ("protesters", "17, officers said. The protesters left.", None),
        ("protesters", "17 each. The protesters left.", None),
        ("hours", "17 minutes of several hours.", True),
        ("protesters", "17 million tonnes of grain. The protesters left.", None),
    ],
)
def test_a_number_must_count_what_is_asked_for(noun: str, text: str, met: bool | None) -> None:
    article = Article.from_draft(Draft(text, title="A report"))
    start = text.index("17")
    sentence = Quote(article, *split(text, None)[0])
    found = EvidenceChecker(f"How many {noun} died?").check(
        Quote(article, start, start + 2), sentence, Quote(article, 0, len(text))
    )
    assert [(noun, met)] == [(one.text, one.met) for one in found]


@pytest.mark.parametrize(
    ("name", "text", "met"),
    [
        ("New Zealand", "The New farm of Marle has 40 sheep.", False),
        ("New Zealand", "A new law of the New Zealanders.", True),
        ("South Korea", "They came from South Africa.", False),
        ("France", "The French president came.", True),
        ("CSTO", "The Collective Security Treaty Organization met.", True),
        ("World Health Organization", "It was the WHO that warned.", True),
        ("Kazakhstan", "The Kazakh capital is Astana.", True),
        ("Tokaev", "President Tokayev spoke.", True),
        ("Petrel 60", "It is the Petrel 40.", False),
        ("Ada Brook", "Later Ms Brook left.", True),
        ("Bank of Marle", "The Bank of Kelby failed.", False),
        ("Will", "They will come.", False),
        ("Isaac Turner", "In March it rained.", False),
        ("Ada Sole Brook", "Her boats bear the mark ASB.", True),
        ("Mayor Brook", "It was Mayor Silva.", False),
        ("Mayor Brook", "Brook has been mayor since May.", True),
        ("Ministry of Health", "The Ministry of Defence agreed.", False),
        ("Hollin Museum", "The Marle Museum is closed.", False),
        ("UN", "The United Nations agreed.", True),
        ("Ada Brook", "It was Ada Silva.", False),
        ("Ada Brook", "It was John Brook.", False),
        ("Ada Brook", "It was Captain Brook.", True),
        ("Ada Brook", "Then Ada left.", True),
        ("Ada Brook", "Ada M. Brook left.", True),
        ("Ada Brook", "It was Ada Silva. Later came Ada.", True),
        ("Red Cross", "The Red Crescent came.", False),
    ],
)
def test_a_name_is_found_in_its_forms(name: str, text: str, met: bool) -> None:
    article = Article.from_draft(Draft(f"Yes, {text}", title="Untitled"))
    whole = Quote(article, 0, len(article.text))
    (found,) = EvidenceChecker(f"What about {name}, then?").check(whole, whole, whole)
    assert (name, met) == (found.text, found.met)


@pytest.mark.parametrize(
    ("stated", "text", "met"),
    [
        ("9th", "It was the 9 of them.", True),
        ("5km", "They ran 5 km.", True),
        ("15-year-old", "He is 15.", True),
        ("1,250", "There are 1250.", True),
        ("1,250", "There are 250.", False),
        ("3.5", "It is 3.6 long.", False),
        ("9.40", "It leaves at 9.40 pm.", True),
    ],
)
def test_a_number_is_found_in_its_forms(stated: str, text: str, met: bool) -> None:
    article = Article.from_draft(Draft(f"Yes, {text}", title="Untitled"))
    whole = Quote(article, 0, len(article.text))
    found = EvidenceChecker(f"what about {stated}, then?").check(whole, whole, whole)
    assert [(stated, met)] == [(one.text, one.met) for one in found]


def test_unmet_conditions_are_summed_up_by_names_numbers_and_other_words() -> None:
    assert (0.0, 0.0, 0.0) == unmet(check("Who built boats in Marle?", "Ada Brook"))
    assert (1.0, 1.0, 1.0) == unmet(check("How many sheds did Brook build in Kelby in 2004?", "38"))
    assert (0.5, 0.0, 0.0) == unmet(check("What did Brook's treasurer not keep?", "the last boat"))
    assert (0.0, 0.0, 0.0) == unmet([])


def test_only_names_and_numbers_are_named_as_missing() -> None:
    assert ["Kelby", "2004"] == missing_names(check("Which mayor built boats in Kelby in 2004?", "Ada Brook"))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Did Ada Brook build ferries in Marle?", {"ferries": False}),
        ("Did Ada Brook build yachts?", {"yachts": False}),
        ("Did Ada Brook build sheds?", {}),
        ("Did she cut planks with a saw?", {}),  # perhaps in other words
    ],
)
def test_an_object_is_unmet_where_the_sentence_has_all_else(question: str, expected: dict[str, bool | None]) -> None:
    found = check(question, "Ada Brook built 38 boats and 12 sheds in Marle.")
    assert expected == {one.text: one.met for one in found if one.kind is ConditionKind.OBJECT}


@pytest.mark.parametrize(
    ("text", "met"),
    [("Ada Brook leads the yard.", True), ("Ada Brook hit her head at the yard.", False)],
)
def test_a_role_is_met_where_its_verb_has_the_answer_and_the_thing(text: str, met: bool) -> None:
    whole = Quote(Article.from_draft(Draft(text, title="Untitled")), 0, len(text))
    found = EvidenceChecker("Who is the leader of the yard?").check(Quote(whole.article, 0, 9), whole, whole)
    assert [("leader", met)] == [(one.text, one.met) for one in found]
