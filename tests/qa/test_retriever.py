import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Draft
from corpus.errors import InvalidArticle
from corpus.store.filters import ArticleFilter
from index.generations.generation import Generation
from qa.pipeline import NO_FILTERS
from qa.retriever import MIN_DEPTH, PASSAGE_LENGTH, Fusion, HybridRetriever
from qa.types import Hit, Quote
from tests.indexing import Workspace, ignore
from tests.near_duplicates import with_line
from tests.qa.tables import texts_of
from tests.questions import as_question

WORDS = texts_of("""
    ship|load|harbour|whale|storm|rope|sail|captain|biscuit|lamp|tide|map|coal
""")
FUSIONS = {
    "vectors alone": Fusion(vectors=1.0, keywords=0.0),
    "keywords alone": Fusion(vectors=0.0, keywords=1.0),
    "both": Fusion(),
}
QUESTIONS = [
    "Where is the whale?",
    "captain biscuit and the rope",
    "storm storm storm",
    "coal",
    "map of the harbour tide",
]
HOSTILE = [
    '"ship',
    "ship AND NOT (",
    "sentence:ship^9 OR *",
    "f\0x ship",
    "\ud800 ship",
    "🦊",
    "",
    " ",
    "?!",
    "ship " * 1000,
    " ".join(f"w{number}" for number in range(1000)),
    "[ship TO *} ~3 +ship -load \\",
    "電車は遅れています",
]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    yield workspace
    workspace.close()


def fill(workspace: Workspace, articles: int, seed: int = 0) -> list[Article]:
    """Add articles of one to six lines; a few lines are in several articles, so that scores tie."""
    rng = random.Random(seed)
    return [
        put(
            workspace,
            "\n".join(
                ["The whale sings"] * (n % 3 == 0)
                + [" ".join(rng.choices(WORDS, k=rng.randint(2, 9))) for _ in range(rng.randint(1, 5))]
                + [f"log{n}"]
            ),
            published=f"2022-01-{1 + n % 28:02d}",
            source="port" if n % 2 else "town",
        )
        for n in range(articles)
    ]


def put(workspace: Workspace, text: str, **fields: str | None) -> Article:
    article = Article.from_draft(Draft(text, title="News", **fields))
    return workspace.store.put(article, f"text:{article.id}").article


def retriever(workspace: Workspace, fusion: Fusion = FUSIONS["both"]) -> HybridRetriever:
    return HybridRetriever(workspace.embedder, workspace.store, fusion)


def search(
    workspace: Workspace, generation: Generation, question: str, k: int = 10, filters: ArticleFilter = NO_FILTERS
) -> list[Hit]:
    return retriever(workspace).search(generation, as_question(question), k, filters)


def oracle(
    workspace: Workspace, generation: Generation, question: str, fusion: Fusion, numbers: set[int]
) -> list[tuple[float, int]]:
    """Every sentence's score and row, best first, by going through all of them."""
    vectors = generation.take(np.arange(len(generation.spans)))
    similarity = vectors @ workspace.embedder.embed_question(as_question(question).text)
    rows, bm25 = generation.search_keywords(as_question(question).text, len(generation.spans))
    words = dict(zip(rows.tolist(), bm25.tolist(), strict=True))
    scores = [
        (
            float(
                np.float32(fusion.vectors) * similarity[row]
                + np.float32(fusion.keywords) * np.float32(words.get(row, 0.0))
            ),
            row,
        )
        for row in range(len(generation.spans))
        if int(generation.articles[row]) in numbers and (fusion.vectors > 0 or row in words)
    ]
    return sorted(scores, key=lambda pair: (-pair[0], pair[1]))


def assert_as(expected: list[tuple[float, int]], hits: list[Hit], k: int) -> None:
    """Equal but for rounding: the scores are the same, and rows of clearly different scores in the same order."""
    np.testing.assert_allclose([hit.score for hit in hits], [score for score, _ in expected[:k]], atol=1e-5)
    by_row = {row: score for score, row in expected}
    np.testing.assert_allclose([hit.score for hit in hits], [by_row[hit.row] for hit in hits], atol=1e-5)
    assert len({hit.row for hit in hits}) == len(hits)


@pytest.mark.parametrize("name", FUSIONS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_those_of_going_through_all_sentences(workspace: Workspace, name: str, question: str) -> None:
    fill(workspace, 18)
    generation = workspace.update()
    assert len(generation.spans) < MIN_DEPTH
    expected = oracle(workspace, generation, question, FUSIONS[name], set(workspace.store.numbers()))
    for k in (1, 3, 10, 1000):
        assert_as(
            expected, retriever(workspace, FUSIONS[name]).search(generation, as_question(question), k, NO_FILTERS), k
        )


@pytest.mark.parametrize("name", FUSIONS)
def test_the_background_of_a_question_is_searched_by(workspace: Workspace, name: str) -> None:
    put(workspace, "The whale sings in May")
    put(workspace, "The museum opens at ten")
    question = as_question("We are here with my two children for the whale, so when does it sing?")
    assert "when does it sing?" == question.text
    hits = retriever(workspace, FUSIONS[name]).search(workspace.update(), question, 1, NO_FILTERS)
    assert ["The whale sings in May"] == [hit.sentence.text for hit in hits]


@pytest.mark.parametrize("name", FUSIONS)
def test_equal_scores_are_in_the_order_of_their_rows(workspace: Workspace, name: str) -> None:
    for n in range(12):
        put(workspace, f"The whale sings\nlog{n}")
    generation = workspace.update()
    hits = retriever(workspace, FUSIONS[name]).search(generation, as_question("the whale sings"), 12, NO_FILTERS)
    for before, after in pairwise(hits):
        assert before.score >= after.score
        assert before.score > after.score or before.row < after.row
    again = retriever(workspace, FUSIONS[name]).search(generation, as_question("the whale sings"), 12, NO_FILTERS)
    assert hits == again


def test_a_hit_says_what_its_score_is_made_of(workspace: Workspace) -> None:
    fill(workspace, 10)
    for hit in search(workspace, workspace.update(), "captain biscuit", 40):
        assert hit.similarity + 0.022 * hit.bm25 == pytest.approx(hit.score, abs=1e-6)
        assert (hit.bm25 > 0) == any(word in passage_text(hit) for word in ("captain", "biscuit"))


def passage_text(hit: Hit) -> str:
    return hit.sentence.article.text  # short articles are one passage of the keyword index


def test_a_smaller_k_gives_the_start_of_the_same_list(workspace: Workspace) -> None:
    fill(workspace, 20)
    generation = workspace.update()
    whole = search(workspace, generation, "whale storm", 50)
    for k in (0, 1, 2, 7, 49):
        assert whole[:k] == search(workspace, generation, "whale storm", k)


def test_k_may_be_larger_than_the_depth_of_a_search(workspace: Workspace) -> None:
    put(workspace, "\n".join(f"log{n} whale" for n in range(3 * MIN_DEPTH)))
    generation = workspace.update()
    assert 2 * MIN_DEPTH + 1 == len(search(workspace, generation, "whale", 2 * MIN_DEPTH + 1))
    assert 3 * MIN_DEPTH == len(search(workspace, generation, "whale", 10 * MIN_DEPTH))


@pytest.mark.parametrize(
    "filters",
    [
        ArticleFilter(sources=("port",)),
        ArticleFilter(published_from="2022-01-10"),
        ArticleFilter(published_to="2022-01-04"),
        ArticleFilter("2022-01-03", "2022-01-08", sources=("town",)),
        ArticleFilter(published_to="2021-01-04"),
    ],
)
def test_a_filter_leaves_what_going_through_all_leaves(workspace: Workspace, filters: ArticleFilter) -> None:
    articles = fill(workspace, 16)
    generation = workspace.update()
    hits = search(workspace, generation, "whale captain", 100, filters)
    expected = oracle(workspace, generation, "whale captain", Fusion(), set(workspace.store.numbers(filters)))
    assert_as(expected, hits, 100)
    assert {hit.sentence.article.id for hit in hits} <= {article.id for article in articles}
    for hit in hits:
        assert not filters.sources or hit.sentence.article.source in filters.sources
        assert str(filters.published_from or "") <= str(hit.sentence.article.published)
        assert str(hit.sentence.article.published) <= str(filters.published_to or "9")


def test_a_filter_finds_what_many_better_sentences_would_hide(workspace: Workspace) -> None:
    put(workspace, "\n".join(f"whale {n}" for n in range(3 * MIN_DEPTH)), source="loud")
    put(workspace, "A whale was seen from the quiet pier", source="quiet")
    generation = workspace.update()
    hits = search(workspace, generation, "whale", 3, ArticleFilter(sources=("quiet",)))
    assert ["A whale was seen from the quiet pier"] == [hit.sentence.text for hit in hits]


def test_a_bad_date_in_a_filter_is_told(workspace: Workspace) -> None:
    fill(workspace, 1)
    with pytest.raises(InvalidArticle, match="2022-13-01"):
        search(workspace, workspace.update(), "whale", 3, ArticleFilter(published_from="2022-13-01"))


def test_deleted_articles_never_come_back(workspace: Workspace) -> None:
    articles = fill(workspace, 12)
    generation = workspace.update()
    gone = {article.id for article in articles[::2]}
    for article_id in gone:
        workspace.store.delete(article_id)
    hits = search(workspace, generation, "the whale sings", 100)
    assert not gone & {hit.sentence.article.id for hit in hits}
    assert_as(oracle(workspace, generation, "the whale sings", Fusion(), set(workspace.store.numbers())), hits, 100)
    for article in articles[1::2]:
        workspace.store.delete(article.id)
    assert [] == search(workspace, generation, "the whale sings", 5)


def test_deleted_articles_do_not_shorten_the_list(workspace: Workspace) -> None:
    crowd = put(workspace, "\n".join(f"the whale sings {n}" for n in range(3 * MIN_DEPTH)))
    put(workspace, "A whale was here\nIt left\nNobody saw it\nFull stop")
    generation = workspace.update()
    workspace.store.delete(crowd.id)
    assert 4 == len(search(workspace, generation, "the whale sings", 4))
    assert "A whale was here" == search(workspace, generation, "the whale sings", 1)[0].sentence.text
    assert 4 == len(search(workspace, generation, "the whale sings", 10))


def test_deletion_and_filter_go_together(workspace: Workspace) -> None:
    articles = fill(workspace, 10)
    generation = workspace.update()
    workspace.store.delete(articles[1].id)
    hits = search(workspace, generation, "whale", 100, ArticleFilter(sources=("port",)))
    assert {article.id for article in articles[3::2]} == {hit.sentence.article.id for hit in hits}


def test_what_another_article_replaces_is_not_found(workspace: Workspace) -> None:
    old = put(workspace, "The whale fee is ten crowns", published="2022-01-01", url="https://fees.example/")
    new = put(workspace, "The whale fee is twelve crowns", published="2022-05-01", replaces=old.url)
    generation = workspace.update()
    assert {new.id} == {hit.sentence.article.id for hit in search(workspace, generation, "whale fee", 5)}
    then = search(workspace, generation, "whale fee", 5, ArticleFilter(as_of="2022-02-01"))
    assert {old.id} == {hit.sentence.article.id for hit in then}


def test_no_articles_is_nothing_found(workspace: Workspace) -> None:
    generation = workspace.builder.rebuild(ignore)
    assert [] == search(workspace, generation, "whale", 5)
    assert [] == search(workspace, generation, "whale", 5, ArticleFilter(published_from="2022-01-10"))
    assert [] == retriever(workspace).passages(generation, [])


def test_a_question_without_known_words_still_has_nearest_sentences(workspace: Workspace) -> None:
    fill(workspace, 6)
    generation = workspace.update()
    hits = search(workspace, generation, "zyzzyva quux", 5)
    assert 5 == len(hits)
    assert {0.0} == {hit.bm25 for hit in hits}
    assert [] == retriever(workspace, FUSIONS["keywords alone"]).search(
        generation, as_question("zyzzyva quux"), 5, NO_FILTERS
    )


@pytest.mark.parametrize("question", HOSTILE, ids=lambda text: ascii(text[:16]))
def test_any_text_is_a_question(workspace: Workspace, question: str) -> None:
    fill(workspace, 6)
    generation = workspace.update()
    hits = search(workspace, generation, question, 5)
    assert 5 == len(hits)
    assert np.isfinite([hit.score for hit in hits]).all()
    expected = oracle(workspace, generation, question, Fusion(), set(workspace.store.numbers()))
    assert_as(expected, hits, 5)


@pytest.mark.parametrize("seed", range(8))
def test_passages_are_runs_of_neighbours_around_their_hits(workspace: Workspace, seed: int) -> None:
    rng = random.Random(seed)
    for n in range(5):
        lines = range(rng.randint(1, 12))
        put(
            workspace,
            "\n".join(f"log{n}x{line} " + " ".join(rng.choices(WORDS, k=rng.randint(1, 60))) for line in lines),
        )
    generation = workspace.update()
    hits = search(workspace, generation, rng.choice(QUESTIONS), 15)
    passages = retriever(workspace).passages(generation, hits)
    assert hits == sorted((hit for one in passages for hit in one.hits), key=hits.index)  # each hit in one passage
    firsts = [hits.index(one.hits[0]) for one in passages]
    assert sorted(firsts) == firsts
    taken: set[int] = set()
    for one in passages:
        rows = rows_in(generation, one.quote, int(generation.articles[one.hits[0].row]))
        assert list(range(rows[0], rows[-1] + 1)) == rows
        assert not taken & set(rows)
        taken |= set(rows)
        assert {hit.row for hit in one.hits} <= set(rows)
        assert all(one.quote.covers(hit.sentence) for hit in one.hits)
        places = generation.spans[["start", "end"]][rows].tolist()
        assert places == [(own.start, own.end) for own in one.sentences]
        assert {hit.sentence for hit in one.hits} <= set(one.sentences)
        assert [hits.index(hit) for hit in one.hits] == sorted(hits.index(hit) for hit in one.hits)
        assert len(one.quote.text) <= max(PASSAGE_LENGTH, len(one.hits[0].sentence.text))
        assert_full(generation, rows, taken)


def rows_in(generation: Generation, quote: Quote, number: int) -> list[int]:
    """The rows of the numbered article's sentences inside a quote, which begins and ends with one."""
    spans = generation.spans
    own = np.flatnonzero(
        (generation.articles == number) & (spans["start"] >= quote.start) & (spans["end"] <= quote.end)
    ).tolist()
    assert (quote.start, quote.end) == (spans["start"][own[0]], spans["end"][own[-1]])
    return own


def assert_full(generation: Generation, rows: list[int], taken: set[int]) -> None:
    """No neighbour that is free would still have had room."""
    for row, low, high in ((rows[0] - 1, rows[0] - 1, rows[-1]), (rows[-1] + 1, rows[0], rows[-1] + 1)):
        if (
            0 <= row < len(generation.spans)
            and generation.articles[row] == generation.articles[rows[0]]
            and row not in taken
        ):
            assert generation.spans["end"][high] - generation.spans["start"][low] > PASSAGE_LENGTH


def test_a_sentence_longer_than_a_passage_stands_alone(workspace: Workspace) -> None:
    put(workspace, "Before\n" + "whale " * 200 + "\nAfter")
    generation = workspace.update()
    hits = search(workspace, generation, "whale", 1)
    assert [hits[0].sentence] == [one.quote for one in retriever(workspace).passages(generation, hits)]


def test_a_short_article_is_one_passage(workspace: Workspace) -> None:
    article = put(workspace, "A whale\nA ship\nA storm")
    put(workspace, "Another whale")
    generation = workspace.update()
    passages = retriever(workspace).passages(generation, search(workspace, generation, "a whale", 4))
    assert {article.text, "Another whale"} == {one.quote.text for one in passages}


SEEN = "The whale was seen from the northern pier of Arden at noon"


def copies(workspace: Workspace, count: int, line: str = SEEN) -> list[Article]:
    """Add copies of one story, each with a headline of its own."""
    return [put(workspace, with_line(1, line, [f"Paper number {n}"]), source=f"paper {n}") for n in range(count)]


def test_a_sentence_of_several_near_duplicates_is_found_once(workspace: Workspace) -> None:
    told = copies(workspace, 10)
    put(workspace, "A whale was seen\nIt left the pier")
    hits = search(workspace, workspace.update(), "the whale at the pier of Arden", 20)
    assert 20 == len(hits)
    assert 1 == len({one.cluster for one in told})
    assert [SEEN] == [hit.sentence.text for hit in hits if "Arden" in hit.sentence.text]
    assert {"A whale was seen", "It left the pier"} <= {hit.sentence.text for hit in hits}
    scores = [hit.score for hit in hits]
    assert sorted(scores, reverse=True) == scores


def test_near_duplicates_do_not_hide_lower_hits(workspace: Workspace) -> None:
    copies(workspace, 2 * MIN_DEPTH, "whale whale whale")
    put(workspace, "A whale was seen by many people on their way home\nNobody saw it again")
    generation = workspace.update()
    texts = [hit.sentence.text for hit in search(workspace, generation, "whale", 2)]
    assert ["whale whale whale", "A whale was seen by many people on their way home"] == texts


def test_a_sentence_that_an_editor_changed_is_found_beside_the_other(workspace: Workspace) -> None:
    copies(workspace, 3)
    put(workspace, with_line(1, SEEN.replace("noon", "ten"), ["Evening paper"]))
    found = [hit.sentence.text for hit in search(workspace, workspace.update(), "whale Arden", 20)]
    assert {SEEN, SEEN.replace("noon", "ten")} == {text for text in found if "Arden" in text}
    assert 2 == sum("Arden" in text for text in found)


def test_a_near_duplicate_replaces_a_deleted_article(workspace: Workspace) -> None:
    told = copies(workspace, 3)
    generation = workspace.update()
    for _ in told:
        (hit,) = (hit for hit in search(workspace, generation, "whale Arden", 20) if "Arden" in hit.sentence.text)
        workspace.store.delete(hit.sentence.article.id)
    assert not any("Arden" in hit.sentence.text for hit in search(workspace, generation, "whale Arden", 20))


def test_the_names_of_sources_are_read_again_where_the_articles_have_changed(workspace: Workspace) -> None:
    retriever = HybridRetriever(workspace.embedder, workspace.store)
    assert {} == retriever.source_names().whole
    workspace.store.put(Article.from_draft(Draft("A whale.", "Sea", source="Wold Gazette")), "text:1")
    names = retriever.source_names()
    assert {("wold", "gazette"): ("Wold Gazette",)} == names.whole
    assert retriever.source_names() is names
