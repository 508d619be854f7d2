import pytest

from corpus.article import Article, Draft
from qa.query.parser import parse_question
from qa.reports.changes import changed_value, denial_of, is_denied, moved_date, next_total, told_total, waived_price
from qa.reports.comparison import ValueComparison
from qa.types import Quote
from qa.values import Value


def quote(text: str) -> Quote:
    return Quote(Article.from_draft(Draft(text)), 0, len(text))


@pytest.mark.parametrize(
    ("former", "sentence", "new"),
    [
        ("about 45,000 marks", "The second count came to 52,000 marks, up from an estimate of 45,000.", "52,000 marks"),
        ("131 kilometres an hour", "It was 124 km/h, not 131, the investigators said.", "124 km/h"),
        ("60 crowns", "Payments go up from 60 to 85 crowns a day after protests.", "85 crowns"),
        ("$290,000", "She has agreed to pay back $340,000, 50,000 more than the board had asked for.", "$340,000"),
        ("300 homes", "The plan has 220 homes, 80 fewer than in May.", "220 homes"),
        ("seven", "The number of the missing rose to nine, up from seven.", "nine"),
        ("seven", "The number of the missing rose by two to nine.", "nine"),
        ("60 workers", "Their number has gone up by 25 to 85 since.", "85"),
        ("7 percent", "The share of the missing is now 9 percent instead of 7.", "9 percent"),
    ],
)
def test_the_number_that_a_former_one_has_changed_to_is_found(former: str, sentence: str, new: str) -> None:
    found = changed_value([quote(sentence)], quote(former), frozenset({"missing"}))
    assert found is not None
    assert new == found.span.text


@pytest.mark.parametrize(
    ("former", "sentence"),
    [
        ("45,000 marks", "The second count came to 52,000 marks, up from an estimate of 48,000."),
        ("45,000 marks", "It cost 45,000 marks, not 52,000."),
        ("45,000 marks", "The town has 45,000 people and 52,000 cars."),
        ("seven", "The number of the missing rose by three to nine."),
        ("seven", "The market has nine stalls, up from seven."),
        ("60 crowns", "The bus runs from 60 stops to the harbour and 85 villages."),
        ("the mayor", "It was 124 km/h, not 131."),
    ],
)
def test_other_sentences_tell_no_change_of_a_number(former: str, sentence: str) -> None:
    assert changed_value([quote(sentence)], quote(former), frozenset({"missing"})) is None


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("What does a school lunch cost?", "Lunches are free until Easter.", "free"),
        ("How much is a ticket for the ferry?", "Passengers pay nothing for the ferry this week.", "nothing"),
        ("price of bottled water", "Bottles of water are handed out at no charge.", "no charge"),
        ("How much does the tunnel cost?", "Nobody has to pay for the tunnel in May.", "Nobody has to pay"),
        ("What does a school lunch cost?", "Parking is free from today.", None),
        ("What does a school lunch cost?", "The school lunch was set free from its box.", None),
        ("How much is the fine for the driver?", "The driver is a free man.", None),
    ],
)
def test_words_by_which_a_price_is_waived_are_found(question: str, sentence: str, words: str | None) -> None:
    found = waived_price([quote(sentence)], ValueComparison(parse_question(question)).prices_asked)
    assert words == (None if found is None else found.span.text)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("A third person has died in hospital.", "third"),
        ("A second person has died in hospital.", None),
        ("A third person was injured.", None),
        ("The third anniversary was held.", None),
    ],
)
def test_the_last_one_that_is_counted_tells_the_new_total(sentence: str, words: str | None) -> None:
    counts = ValueComparison(parse_question("How many people died?")).counts_asked_in
    found = next_total([quote(sentence)], quote("Two people"), counts)
    assert words == (None if found is None else found.span.text)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["The bridge will not open on October 12 as planned, but on October 20."], "October 20"),
        (["It will no longer open by October 12: October 20 is more likely, the mayor said on Monday."], "October 20"),
        (["The opening planned for October 12 was postponed to October 20."], "October 20"),
        (["The bridge will not open on October 12.", "November is more likely."], "November"),
        (["The opening planned for October 12 was called off."], "The opening planned for October 12 was called off."),
        (["The bridge will not open before October 12."], None),
        (["The bridge will open on October 12, as planned."], None),
    ],
)
def test_the_date_to_which_one_was_moved_is_found(texts: list[str], words: str | None) -> None:
    article = Article.from_draft(Draft(" ".join(texts), published="2025-10-01"))
    starts = [article.text.index(text) for text in texts]
    sentences = [Quote(article, start, start + len(text)) for start, text in zip(starts, texts, strict=True)]
    found = moved_date(sentences, Value.of("October 12", "2025-10-12"))
    assert words == (None if found is None else found.span.text)


@pytest.mark.parametrize(
    ("former", "sentence", "expected"),
    [
        ("a frost", "The cracks were not caused by frost but by poor concrete.", True),
        ("a gas leak", "It was not a gas leak, the fire brigade said.", True),
        ("Ole Moe", "The winner is no longer Ole Moe.", True),
        ("a frost", "A frost caused the cracks, and not the flood.", False),
        ("a frost", "There is not yet a word on the frost.", False),
        ("the", "It was not the fire.", False),
    ],
)
def test_a_value_that_a_sentence_denies_is_found(former: str, sentence: str, expected: bool) -> None:
    assert expected is is_denied(quote(former), quote(sentence))


@pytest.mark.parametrize(
    ("sentence", "total"),
    [
        ("The virus has reached three more farms, which brings the number to five.", "five"),
        ("Two more farms are infected, seven altogether.", "seven"),
        ("Another farm was closed, which makes 12 in all.", "12"),
        ("Two more schools are infected, seven altogether.", None),
        ("Farm prices rose, which brings the number to one.", None),
        ("The farm takes 20 workers to the fields.", None),
    ],
)
def test_the_total_behind_an_increase_is_found(sentence: str, total: str | None) -> None:
    counted = ValueComparison(parse_question("How many farms have the virus?")).is_counted_in
    found = told_total([quote(sentence)], quote("two"), counted)
    assert total == (None if found is None else found.span.text)


@pytest.mark.parametrize(
    ("reason", "sentence", "is_denied"),
    [
        ("A burst pipe inside the dam", "No pipe had burst in the dam.", True),
        ("wild geese", "It was not wild geese that brought it.", True),
        ("wild geese", "Wild geese had nothing to do with it.", True),
        ("A spark from a grinder set it alight", "The grinder was not to blame, however.", True),
        ("A spark from a grinder set it alight", "The owner was not to blame.", False),
        ("wild geese", "Not only wild geese brought it.", False),
        ("wild geese", "Wild geese brought it, but no swans.", False),
        ("a lack of money", "The club has no money.", False),
        ("a burst pipe", "No house was flooded.", False),
    ],
)
def test_a_reason_is_denied_in_whatever_words(reason: str, sentence: str, is_denied: bool) -> None:
    assert is_denied == (denial_of(quote(reason), [quote(sentence)], frozenset({"caus", "dam"})) is not None)
