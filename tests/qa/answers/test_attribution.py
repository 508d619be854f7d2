import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from qa.answers.attribution import attribution, outcome_first, reported_words
from qa.types import Candidate, Quote, ScoredCandidate

PIECES = st.lists(
    st.sampled_from(
        ["The mayor ", "said ", "that ", "denied ", ", ", '"', "it ", "according to ", "Ana ", "; ", "reportedly "]
    ),
    min_size=1,
)


def marked(text: str) -> tuple[Quote, Quote]:
    """Return the span that square brackets mark in a sentence, and the sentence."""
    start, end = text.index("["), text.index("]") - 1
    article = Article.from_draft(Draft(text.replace("[", "").replace("]", ""), title="News"))
    return Quote(article, start, end), Quote(article, 0, len(article.text))


@pytest.mark.parametrize(
    ("sentence", "reporter"),
    [
        ("The council says that the bill, estimated at 5 crowns, is paid by [the insurer].", "The council says"),
        ("The council says that the bill will be borne by [the insurer] of the firm.", "The council says"),
        ("Its spokesman, Leo Varne, said that [three meetings] were held in 2020.", "Its spokesman, Leo Varne, said"),
        ("He insists that the piles were sound and suspects that [a dredger] struck them.", "suspects"),
        (
            "Anders Kipp, who runs the café, told the Courier that he expected to [lose half] of his trade.",
            "he expected",
        ),
        ("The bridge will reopen [in May], the mayor said.", "the mayor said"),
        ('"We will rebuild [the pier]," said Ana Ruiz.', "said Ana Ruiz"),
        ("According to police, [two men] fled.", "According to police"),
        ("The minister is accused of [taking bribes].", "is accused of"),
        ("Unions called for [a strike] on Monday.", "Unions called for"),
        ("The ferry reportedly [sank].", "reportedly"),
        ("He denied that [the site] had been promised.", "He denied"),
        ("Doctors believe the drug will save [thousands].", "Doctors believe"),
        ("The firm plans to close [two plants] next year.", "The firm plans to"),
        ("The suspect was said to be [in Rome].", "was said to"),
        ("[Forty people] died, according to the ministry.", "according to the ministry"),
        ('"It was [a mistake]," the minister told reporters.', "the minister told"),
        ("Prices will rise by [5%], economists predicted.", "economists predicted"),
        ("Rumours that [the singer] had died were false.", "Rumours"),
        ("She added that [the hall] was full.", "She added"),
        ("The allegedly [stolen] car was found.", "allegedly"),
        ("The council wants to close [the pool] and the mayor objects.", "The council wants to"),
        ("The chairman hopes to sell [the yacht].", "The chairman hopes"),
        ("Farmers hope prices will rise by [5%].", "Farmers hope"),
        ("Police suspect that [a driver] fled.", "Police suspect"),
        ("The council claims the bridge costs [5 million].", "The council claims"),
        ("Analysts think prices fell by [5%].", "Analysts think"),
        ("According to Émile Roux, [two men] fled.", "According to Émile Roux"),
        ("[Two men] fled, said Émile Žak Öz.", "said Émile Žak Öz"),
        ("[It burnt for two days, fire chief Olga Brandt said.]", "fire chief Olga Brandt said"),
        ("[Of the strike, the airport of Oxmere said.]", "the airport of Oxmere said"),
    ],
)
def test_who_says_it_is_found(sentence: str, reporter: str) -> None:
    found = attribution(*marked(sentence))
    assert found is not None
    assert reporter == found.text


@pytest.mark.parametrize(
    "sentence",
    [
        "[Leo Varne] said that three meetings were held.",
        "The bridge reopened [in May].",
        "The insurance claims of [5 million] were paid.",
        "Ana, who said she was ill, left on [Monday].",
        "The council denied it, but [the mill] closed.",
        "The court fined [the owner], who denied the charge.",
        "The fire destroyed [the hall]; police said it was arson.",
        "Bob Hope was born in [1903].",
        "Bob Hope settled in [Marle].",
        "Edward Said taught in [New York].",
        "The canal ends at Port Said in [Egypt].",
        "The Cape of Good Hope lies in [Africa].",
        "The prime suspect was arrested in [Marle].",
        "A prime suspect fled to [Marle].",
        "Rescue teams lost hope on [Monday].",
        "A gift gave hope to the [village].",
        "Insurance claims rose to [5 million].",
        "Union demands include [a pay rise].",
        "A London think tank closed in [May].",
        "The hall is due to be opened [in May].",
        "[The landslide has claimed 16 lives.]",
        "The flood claimed [two] victims.",
    ],
)
def test_what_the_article_itself_says_has_none(sentence: str) -> None:
    assert attribution(*marked(sentence)) is None


@given(PIECES, st.data())
def test_who_says_it_stands_in_the_sentence(pieces: list[str], data: st.DataObject) -> None:
    article = Article.from_draft(Draft(f"First. {''.join(pieces)}x. Last.", title="News"))
    sentence = Quote(article, 7, len(article.text) - 6)
    start = data.draw(st.integers(sentence.start, sentence.end - 1))
    span = Quote(article, start, data.draw(st.integers(start + 1, sentence.end)))
    found = attribution(span, sentence)
    assert found is None or sentence.covers(found)
    words = reported_words(span, sentence)
    assert sentence.covers(words)
    assert words.covers(span)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("He said that [three meetings] were held; nobody came.", "three meetings were held"),
        ('"It was a [shame]," the mayor said.', "It was a shame"),
        ("The firm said [no jobs] would be lost, but the union doubts it.", "no jobs would be lost"),
        ("The mill [closed] in May.", "closed"),
    ],
)
def test_what_somebody_says_is_given_whole(sentence: str, words: str) -> None:
    assert words == reported_words(*marked(sentence)).text


STORY = "Members asked that the fee be waived. It rained. It was agreed to waive the fee. Others hope to pay."


def candidates(*confidences: tuple[str, float]) -> list[ScoredCandidate]:
    article = Article.from_draft(Draft(STORY, title="News"))
    found = []
    for sentence, confidence in confidences:
        quote = Quote(article, STORY.index(sentence), STORY.index(sentence) + len(sentence))
        found.append((Candidate(quote, quote, 1.0), confidence))
    return found


WISH, OUTCOME, HOPE = "Members asked that the fee be waived.", "It was agreed to waive the fee.", "Others hope to pay."


@pytest.mark.parametrize(
    ("scored", "first"),
    [
        ([(WISH, 0.8), (HOPE, 0.5), (OUTCOME, 0.4)], (OUTCOME, 0.8)),
        ([(WISH, 0.8), (OUTCOME, 0.1)], (WISH, 0.8)),
        ([(HOPE, 0.8), (OUTCOME, 0.7)], (HOPE, 0.8)),
        ([(OUTCOME, 0.8), (WISH, 0.7)], (OUTCOME, 0.8)),
    ],
)
def test_what_happened_comes_before_what_was_wanted(scored: list[tuple[str, float]], first: tuple[str, float]) -> None:
    ordered = outcome_first(candidates(*scored))
    assert first == (ordered[0][0].sentence.text, ordered[0][1])
    assert {sentence for sentence, _ in scored} == {one.sentence.text for one, _ in ordered}


def test_without_candidates_nothing_comes_first() -> None:
    assert [] == outcome_first([])
