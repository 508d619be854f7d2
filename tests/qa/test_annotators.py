from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from corpus.article import Article, Block, BlockKind, Draft
from corpus.store.filters import ArticleFilter
from index.generations.generation import Generation
from qa.annotators import (
    MAX_COPIES,
    AnswerContext,
    AttributionAnnotator,
    DateAnnotator,
    EvidenceAnnotator,
    ListAnnotator,
    NearDuplicateAnnotator,
    PlaceAnnotator,
    TableAnnotator,
)
from qa.pipeline import NO_FILTERS
from qa.types import Anaphor, Answer, AnswerPart, Place, Quote, TablePlace
from tests.fakes import MemoryStore
from tests.indexing import Workspace
from tests.near_duplicates import with_line
from tests.questions import as_question


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    yield workspace
    workspace.close()


def put(workspace: Workspace, text: str, published: str | None = None, source: str | None = None) -> Article:
    article = Article.from_draft(Draft(text, title="News", published=published, source=source))
    return workspace.store.put(article, f"text:{article.id}").article


SEEN = "The whale was seen from the northern pier of Arden at noon"


def copies(workspace: Workspace, count: int, line: str = SEEN) -> list[Article]:
    """Add copies of one story, each with a headline of its own."""
    return [put(workspace, with_line(1, line, [f"Paper number {n}"]), source=f"paper {n}") for n in range(count)]


def annotated(
    workspace: Workspace, article: Article, filters: ArticleFilter = NO_FILTERS, words: str = "noon"
) -> Answer:
    """What becomes of an answer that the reader found in an article."""
    position = article.text.index(SEEN)
    sentence = Quote(article, position, position + len(SEEN))
    start = article.text.index(words, position)
    answer = Answer(Quote(article, start, start + len(words)), sentence, sentence, 0.9)
    context = AnswerContext(as_question("When was the whale seen?"), workspace.update(), filters)
    (found,) = NearDuplicateAnnotator(workspace.store).annotate([answer], context)
    return found


def papers(answer: Answer) -> list[str]:
    return [str(article.source) for article in (answer.span.article, *answer.also)]


def test_near_duplicates_that_give_the_answer_are_named_oldest_first(workspace: Workspace) -> None:
    first, second, _ = copies(workspace, 3)
    put(workspace, with_line(1, SEEN.replace("noon", "ten")), source="another answer")
    put(workspace, with_line(1, f"ARDEN (Newswire) - {SEEN.upper()}!"), source="capitals")
    put(workspace, with_line(2, SEEN), source="another story")
    every = ["paper 0", "paper 1", "paper 2", "capitals"]
    assert every == papers(annotated(workspace, first)) == papers(annotated(workspace, second))
    assert every == papers(annotated(workspace, first, words=SEEN))
    assert first == annotated(workspace, second).span.article
    workspace.store.delete(second.id)
    assert ["paper 0", "paper 2", "capitals"] == papers(annotated(workspace, first))


def test_the_article_published_first_is_the_oldest(workspace: Workspace) -> None:
    dates = {"undated": None, "late": "2022-03-01", "early": "2022-01-13T10:00:00+00:00", "earliest": "2022-01-13"}
    added = [
        put(workspace, with_line(1, SEEN, [source]), source=source, published=date) for source, date in dates.items()
    ]
    for article in added:
        assert ["earliest", "early", "late", "undated"] == papers(annotated(workspace, article))
    assert ["early", "late"] == papers(annotated(workspace, added[1], ArticleFilter("2022-01-13T05:00")))[-2:]


@pytest.mark.parametrize("date", ["1990-01-01", "2022-01-12", None])
def test_a_copy_that_comes_later_takes_no_citation_by_its_date(workspace: Workspace, date: str | None) -> None:
    first = put(workspace, with_line(1, SEEN), source="first", published="2022-01-13")
    copy = put(workspace, with_line(1, SEEN, ["Copy"]), source="copy", published=date)
    third = put(workspace, with_line(1, SEEN, ["Third"]), source="third", published="1980-01-01")
    came(workspace, first, "2026-03-01T10:00:00+00:00")
    came(workspace, copy, "2026-03-01T12:00:00+00:00")
    came(workspace, third, "2026-03-02T10:00:00+00:00")
    for article in (first, copy, third):
        assert ["first", "copy", "third"] == papers(annotated(workspace, article))


def test_an_article_that_changes_keeps_its_place_before_its_copies(workspace: Workspace) -> None:
    drafts = [Draft(with_line(1, SEEN, lines), source="first", published="2022-01-13") for lines in ([], ["Corrected"])]
    former = workspace.store.put(Article.from_draft(drafts[0]), "url:first").article
    came(workspace, former, "2026-03-01T10:00:00+00:00")
    copy = put(workspace, with_line(1, SEEN, ["Copy"]), source="copy", published="1990-01-01")
    came(workspace, copy, "2026-03-02T10:00:00+00:00")
    now = workspace.store.put(Article.from_draft(drafts[1]), "url:first").article
    assert ["first", "copy"] == papers(annotated(workspace, copy))
    assert now == annotated(workspace, copy).span.article


def came(workspace: Workspace, article: Article, moment: str) -> None:
    with workspace.store.database.writing() as db:
        db.execute("UPDATE articles SET added_at = ? WHERE id = ?", (moment, article.id))


REFRAMED = f'"{SEEN}", the harbour master of Brill said on Tuesday'


@pytest.mark.parametrize("oldest", [SEEN, REFRAMED])
def test_an_article_that_frames_the_sentence_differently_gives_the_answer_too(
    workspace: Workspace, oldest: str
) -> None:
    lines = [oldest, SEEN, f"Officials said that {SEEN[0].lower()}{SEEN[1:]}", REFRAMED]
    for number, line in enumerate(lines):
        put(workspace, with_line(1, line, [f"Paper {number}"]), source=f"paper {number}")
    for article in workspace.store.by_number(workspace.store.numbers()).values():
        if f"\n{SEEN}\n" in article.text:
            found = annotated(workspace, article)
            assert [f"paper {paper}" for paper in range(4)] == papers(found)
            assert ("noon", oldest) == (found.span.text, found.sentence.text)
            assert found.span.article.id == article.id or len(found.context.text) > len(found.sentence.text)


def test_the_most_similar_sentence_of_an_article_gives_the_answer(workspace: Workspace) -> None:
    put(workspace, with_line(1, f"{SEEN}, fishermen said", ["Whale seen at pier of Arden at noon"]), source="first")
    article = put(workspace, with_line(1, SEEN), source="second")
    found = annotated(workspace, article)
    assert (f"{SEEN}, fishermen said", ["first", "second"]) == (found.sentence.text, papers(found))


def test_at_most_so_many_near_duplicates_are_named(workspace: Workspace) -> None:
    first, *_ = copies(workspace, MAX_COPIES + 5)
    assert [f"paper {n}" for n in range(1 + MAX_COPIES)] == papers(annotated(workspace, first))


def test_answers_that_become_the_same_sentence_are_merged(workspace: Workspace) -> None:
    articles, generation = copies(workspace, 2), workspace.update()
    answers = []
    for article in articles:
        position = article.text.index(SEEN)
        sentence = Quote(article, position, position + len(SEEN))
        answers.append(Answer(sentence, sentence, sentence, 0.9))
    context = AnswerContext(as_question("When was the whale seen?"), generation, NO_FILTERS)
    assert 1 == len(list(NearDuplicateAnnotator(workspace.store).annotate(answers, context)))


def test_an_article_without_a_cluster_has_no_near_duplicates(workspace: Workspace) -> None:
    put(workspace, "A whale")
    assert ["None"] == papers(annotated(workspace, Article.from_draft(Draft(SEEN))))


LIST = "In the box\n\n- pump with base\n- float switch\n- two clips\n\nThe hose is not supplied."


def listed(workspace: Workspace, question: str, *lines: str) -> list[Answer]:
    """What becomes of answers that the reader found in these lines of LIST."""
    article = put(workspace, LIST)
    starts = [LIST.index(line) for line in lines]
    sentences = [Quote(article, start, start + len(line)) for start, line in zip(starts, lines, strict=True)]
    answers = [Answer(Quote(article, one.start, one.start + 3), one, one, 0.9) for one in sentences]
    context = AnswerContext(as_question(question), workspace.update(), NO_FILTERS)
    return list(ListAnnotator(workspace.store).annotate(answers, context))


def test_a_list_is_given_whole_and_once_where_several_things_are_asked_for(workspace: Workspace) -> None:
    first, second = listed(
        workspace, "Which parts are in the box?", "float switch", "two clips", "The hose is not supplied."
    )
    assert "pump with base" == first.span.text == first.sentence.text
    assert ["pump with base", "float switch", "two clips"] == [part.span.text for part in first.parts]
    assert LIST[first.context.start : first.context.end] == "pump with base\n- float switch\n- two clips"
    assert ("The", ()) == (second.span.text, second.parts)


@pytest.mark.parametrize("question", ["Which part floats?", "Name two parts of the pump"])
def test_one_item_answers_other_questions(workspace: Workspace, question: str) -> None:
    (answer,) = listed(workspace, question, "float switch")
    assert ("flo", ()) == (answer.span.text, answer.parts)


def test_an_answer_of_several_parts_stays_in_its_article(workspace: Workspace) -> None:
    _, article = copies(workspace, 2)
    sentence = Quote(article, article.text.index(SEEN), article.text.index(SEEN) + len(SEEN))
    part = AnswerPart(sentence, sentence, "When was the whale seen?")
    context = AnswerContext(as_question("When and where was the whale seen?"), workspace.update(), NO_FILTERS)
    answer = Answer(sentence, sentence, sentence, 0.9, parts=(part,))
    assert [answer] == list(NearDuplicateAnnotator(workspace.store).annotate([answer], context))


NAMING = "Mara Delling came to the northern pier of Arden by bicycle that morning"
ANSWERING = "She saw the whale of the northern pier of Arden at noon"


@pytest.mark.parametrize(("second", "expected"), [(ANSWERING, ["first", "second"]), ("Nobody saw a whale", ["first"])])
def test_a_copy_that_lacks_the_sentence_that_answers_gives_no_answer(
    workspace: Workspace, second: str, expected: list[str]
) -> None:
    first = put(workspace, with_line(1, f"{NAMING}\n{ANSWERING}"), source="first")
    copy = put(workspace, with_line(1, f"{NAMING}\n{second}", ["Paper two"]), source="second")
    at, via = first.text.index(NAMING), first.text.index(ANSWERING)
    sentence = Quote(first, at, at + len(NAMING))
    anaphor = Anaphor(Quote(first, via, via + 3), Quote(first, via, via + len(ANSWERING)))
    answer = Answer(Quote(first, at, at + 12), sentence, sentence, 0.9, via=anaphor)
    context = AnswerContext(as_question("Who saw the whale?"), workspace.update(), NO_FILTERS)
    (found,) = NearDuplicateAnnotator(workspace.store).annotate([answer], context)
    assert expected == papers(found)
    workspace.store.delete(first.id)
    if expected != ["first"]:
        (found,) = NearDuplicateAnnotator(workspace.store).annotate([answer], context)
        assert found.via is not None
        assert copy.id == found.via.sentence.article.id == found.span.article.id
        assert ("She", ANSWERING) == (found.via.span.text, found.via.sentence.text)


@pytest.mark.parametrize(
    ("line", "reporter"), [("The mayor said it opens at noon.", "The mayor said"), ("It opens.", None)]
)
def test_a_reported_answer_names_who_says_it(workspace: Workspace, line: str, reporter: str | None) -> None:
    article = put(workspace, line)
    sentence = Quote(article, 0, len(line))
    span = Quote(article, line.index("opens"), len(line) - 1)
    context = AnswerContext(as_question("When does it open?"), workspace.update(), NO_FILTERS)
    (answer,) = AttributionAnnotator().annotate([Answer(span, sentence, sentence, 0.9)], context)
    assert reporter == (None if answer.attribution is None else answer.attribution.text)


PRICES = Article.from_draft(Draft("Prices\n\nTicket | Single\nAdult | 14\nDog | 2 crowns\n\nPay at the desk."))


def place_of(words: str, sentence: str) -> TablePlace | None:
    start, begin = PRICES.text.index(words), PRICES.text.index(sentence)
    whole = Quote(PRICES, begin, begin + len(sentence))
    answer = Answer(Quote(PRICES, start, start + len(words)), whole, whole, 0.9)
    (found,) = TableAnnotator().annotate([answer], cast("AnswerContext", None))
    return found.table


@pytest.mark.parametrize(
    ("words", "column", "row"),
    [("14", "Single", "Adult"), ("2", "Single", "Dog"), ("Dog", "Ticket", None), ("Dog | 2", None, "Dog")],
)
def test_an_answer_from_a_table_gets_its_header_column_and_row(words: str, column: str | None, row: str | None) -> None:
    place = place_of(words, "Adult | 14" if words == "14" else "Dog | 2 crowns")
    assert place is not None
    assert "Ticket | Single" == place.header.text
    assert (column, row) == tuple(None if name is None else name.text for name in (place.column, place.row))


@pytest.mark.parametrize("words", ["Ticket | Single", "Pay at the desk."])
def test_a_header_and_other_text_have_no_place_in_a_table(words: str) -> None:
    assert place_of(words, words) is None


LIFE = "Ada Brook was born in Marle in 1902. She built 38 boats and a shed."


def evidence_of(question: str, answer: Answer) -> dict[str, bool | None]:
    context = AnswerContext(as_question(question), cast("Generation", None), NO_FILTERS)
    (found,) = EvidenceAnnotator().annotate([answer], context)
    return {one.text: one.met for one in found.evidence}


def test_each_part_of_a_joined_question_is_compared_with_its_own_answer() -> None:
    article = Article.from_draft(Draft(LIFE))
    whole = Quote(article, 0, len(LIFE))
    first, second = Quote(article, 0, 36), Quote(article, 37, len(LIFE))
    born, built = Quote(article, LIFE.index("1902"), 35), Quote(article, LIFE.index("38"), LIFE.index("38") + 2)
    parts = (
        AnswerPart(born, first, "When was Ada Brook born in Kelby?"),
        AnswerPart(built, second, "How many boats did she build?"),
    )
    question = "When was Ada Brook born in Kelby and how many boats did she build?"
    joined = Answer(born, first, whole, 0.9, parts=parts)
    assert {"Ada Brook": True, "Kelby": False, "boats": True} == evidence_of(question, joined)


def test_the_sentence_that_answers_is_compared_not_the_one_that_names() -> None:
    article = Article.from_draft(Draft(LIFE))
    whole, first, second = Quote(article, 0, len(LIFE)), Quote(article, 0, 36), Quote(article, 37, len(LIFE))
    via = Anaphor(Quote(article, 37, 40), second)
    named = Answer(Quote(article, 0, 9), first, whole, 0.9, via=via)
    assert {"38": True} == evidence_of("Who built 38 boats?", named)


DIARY = "The fair began on 3 May 2019. It ended two days later. She sold 40 pies on the same day, and again on June 7."


def dated(words: str, sentence: str, **metadata: Any) -> list[tuple[str, str | None, bool]]:
    """The dates of an answer of DIARY: the words, the value, and whether it is a guess."""
    article = Article.from_draft(Draft(DIARY, **metadata))
    answer = Answer(quote(article, words), quote(article, sentence), quote(article, DIARY), 0.9)
    context = AnswerContext(as_question("When?"), cast("Generation", None), NO_FILTERS)
    (found,) = DateAnnotator().annotate([answer], context)
    return [(article.text[one.start : one.end], one.value, one.guess) for one in found.dates]


def test_dates_of_the_sentence_go_on_from_what_was_named_before() -> None:
    ended = dated("two days later", "It ended two days later.", published="2019-06-10")
    assert [("two days later", "2019-05-05", True)] == ended


def test_all_dates_of_the_sentence_are_resolved_by_that_of_the_article() -> None:
    sentence = "She sold 40 pies on the same day, and again on June 7."
    sold = [("the same day", "2019-05-05"), ("June 7", "2019-06-07")]
    assert sold == [one[:2] for one in dated("40", sentence, published="2019-06-10")]


def test_what_counts_from_a_guess_is_a_guess() -> None:
    text = Article.from_draft(Draft("It shut on Tuesday; it was built in 2014.", published="2022-01-13"))
    guess = replace(text, published_is_guess=True)
    found = {}
    for article in (text, guess):
        whole = quote(article, article.text)
        context = AnswerContext(as_question("When?"), cast("Generation", None), NO_FILTERS)
        (answer,) = DateAnnotator().annotate([Answer(whole, whole, whole, 0.9)], context)
        found[article.published_is_guess] = [one.guess for one in answer.dates]
    assert {False: [False, False], True: [True, False]} == found


HANDBOOK = "Handbook\n\nWelcome, all.\n\nLeave\n\nYou get 25 days.\n\nSick leave\n\nCall before nine."


def placed(store: MemoryStore, words: str, **others: Any) -> Answer:
    """An answer of HANDBOOK with its place."""
    article = Article.from_draft(Draft(HANDBOOK, "Handbook"))
    answer = Answer(*[quote(article, words)] * 3, 0.9, **others)
    context = AnswerContext(as_question("How many days?"), cast("Generation", None), NO_FILTERS)
    (found,) = PlaceAnnotator(store).annotate([answer], context)
    return found


def quote(article: Article, words: str) -> Quote:
    start = article.text.index(words)
    return Quote(article, start, start + len(words))


@pytest.fixture
def handbook() -> MemoryStore:
    """A store with HANDBOOK, whose first heading is its title."""
    blocks, start = [], 0
    for text, level, page in zip(HANDBOOK.split("\n\n"), (1, 0, 2, 0, 3, 0), (1, 1, 2, 2, 3, 3), strict=True):
        kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
        breaks = (start + 4,) if text.startswith("You") else ()
        blocks.append(Block(start, start + len(text), kind, level, page, breaks))
        start += len(text) + 2
    store = MemoryStore()
    store.put(Article.from_draft(Draft(HANDBOOK, "Handbook", blocks=tuple(blocks))), "file:///handbook.pdf")
    return store


@pytest.mark.parametrize(
    ("words", "page", "heading"),
    [
        ("Welcome, all.", 1, None),
        ("You get 25 days.", 2, "Leave"),
        ("25 days", 3, "Leave"),
        ("Call before nine.", 3, "Sick leave"),
        ("Sick leave", 3, "Leave"),
        ("Handbook", 1, None),
    ],
)
def test_an_answer_has_its_page_and_the_nearest_heading(
    handbook: MemoryStore, words: str, page: int, heading: str | None
) -> None:
    assert Place(page, heading) == placed(handbook, words).place


def test_parts_and_the_words_that_answer_have_their_places(handbook: MemoryStore) -> None:
    article = Article.from_draft(Draft(HANDBOOK, "Handbook"))
    days, call = quote(article, "25 days"), quote(article, "Call before nine.")
    via = Anaphor(call, call)
    found = placed(handbook, "Welcome, all.", via=via, parts=(AnswerPart(days, days), AnswerPart(call, call, "Q", via)))
    assert found.via is not None
    assert Place(3, "Sick leave") == found.via.place
    assert [Place(3, "Leave"), Place(3, "Sick leave")] == [part.place for part in found.parts]
    assert found.via == found.parts[1].via


def test_an_article_without_structure_has_no_places() -> None:
    store = MemoryStore()
    store.put(Article.from_draft(Draft(HANDBOOK, "Handbook")), "file:///handbook.txt")
    assert placed(store, "25 days").place is None
