from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Draft, article_id
from corpus.store import duplicates
from corpus.store.article_store import ArticleStore
from corpus.store.database import has_schema
from corpus.store.duplicates import ALIKE, bands, resemblance, shingles
from corpus.store.schema import SCHEMA
from tests.near_duplicates import article_text, cut, framed, sentences
from tests.old_stores import write_old_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArticleStore]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as made:
        yield made


def put(store: ArticleStore, text: str, origin: str | None = None) -> str:
    """Keep a text; return its cluster."""
    article = Article.from_draft(Draft(text))
    return str(store.put(article, f"text:{article.id}" if origin is None else origin).article.cluster)


def kept_bands(store: ArticleStore) -> int:
    with store.database.reading() as db:
        return int(db.execute("SELECT count(*) FROM bands").fetchone()[0])


def test_a_cluster_is_called_by_its_first_article_whose_copies_share_it(store: ArticleStore) -> None:
    texts = [
        article_text(1),
        article_text(2),
        framed(article_text(1)),
        cut(article_text(1), 6),
        framed(cut(article_text(2), 4)),
    ]
    first, second = article_id(article_text(1)), article_id(article_text(2))
    assert [first, second, first, first, second] == [put(store, text) for text in texts]


def test_copies_of_a_copy_are_of_the_same_cluster(store: ArticleStore) -> None:
    lines = sentences(1, 40)
    texts = ["\n".join(lines[start : start + 20]) for start in (0, 8, 16)]
    assert resemblance(shingles(texts[0]), shingles(texts[2])) < ALIKE
    assert {article_id(texts[0])} == {put(store, text) for text in texts}


def test_short_articles_stand_alone_however_alike_they_are(store: ArticleStore) -> None:
    short = article_text(1, 8)
    assert article_id(short) == put(store, short)
    changed = f"{short} Indeed."
    assert article_id(changed) == put(store, changed)
    assert 0 == kept_bands(store)


def test_articles_that_share_their_frame_are_of_clusters_of_their_own(store: ArticleStore) -> None:
    frame = article_text(99, 18)
    texts = [f"{article_text(seed)}\n{frame}" for seed in range(12)]
    assert [article_id(text) for text in texts] == [put(store, text) for text in texts]


def test_a_cluster_goes_on_where_its_first_article_went(store: ArticleStore) -> None:
    first = put(store, article_text(1))
    assert first == put(store, framed(article_text(1)))
    store.delete(article_id(article_text(1)))
    assert first == store.get(article_id(framed(article_text(1)))).cluster
    assert first == put(store, cut(article_text(1), 5))
    assert first == put(store, article_text(1))


def test_an_article_that_changed_keeps_its_cluster(store: ArticleStore) -> None:
    first = put(store, article_text(1), "url:https://a.example/")
    assert first == put(store, framed(article_text(1)), "url:https://a.example/")
    assert 1 == store.count()


def test_an_article_with_a_new_title_is_still_found_by_its_copies(store: ArticleStore) -> None:
    first = put(store, article_text(1), "file:///a")
    (number,) = store.numbers()
    store.put(Article.from_draft(Draft(article_text(1), title="New")), "file:///a")
    assert [number] != store.numbers()
    assert first == store.get(first).cluster == put(store, framed(article_text(1)))


def test_nothing_is_left_of_an_article_that_went(store: ArticleStore) -> None:
    put(store, article_text(1), "file:///a")
    assert len(bands(shingles(article_text(1)))) == kept_bands(store)
    put(store, "Another text.", "file:///a")
    assert 0 == kept_bands(store)


def test_copies_in_one_batch_are_of_one_cluster(store: ArticleStore) -> None:
    articles = [Article.from_draft(Draft(text)) for text in (article_text(1), framed(article_text(1)), article_text(2))]
    stored = store.put_many([(article, f"text:{article.id}") for article in articles])
    assert [articles[0].id, articles[0].id, articles[2].id] == [one.article.cluster for one in stored]


def test_processes_that_put_copies_agree(tmp_path: Path, store: ArticleStore) -> None:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as other:
        assert put(store, article_text(1)) == put(other, framed(article_text(1))) == put(store, cut(article_text(1), 3))


def test_what_an_article_costs_does_not_grow_with_what_has_its_bands(store: ArticleStore) -> None:
    frame = article_text(99, 18)
    steps = []
    for seed in range(70):
        with store.database.reading() as db:
            counted = [0]
            db.set_progress_handler(lambda counted=counted: counted.__setitem__(0, counted[0] + 1), 100)
            put(store, f"{article_text(seed)}\n{frame}")
            db.set_progress_handler(None, 0)
        steps.append(counted[0])
    assert max(steps[60:]) <= 2 * max(steps[30:60])


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("Short.", article_text(1), framed(article_text(1))),
        (article_text(1), article_text(2), cut(article_text(2), 3)),
    ],
)
def test_a_store_of_before_there_were_clusters_gets_them_and_keeps_what_it_has(
    tmp_path: Path, texts: tuple[str, ...]
) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    write_old_store(old, *texts)
    assert not has_schema(old, SCHEMA)
    with closing(ArticleStore.open(new)) as store:
        expected = {article_id(text): put(store, text) for text in texts}
    for _ in range(2):  # also when it is opened again
        with closing(ArticleStore.open(old)) as store:
            assert expected == {listed.id: listed.cluster for listed in store.page(0, 10)}
            assert sorted(texts) == sorted(article.text for article, _ in store.each())
            assert "abc" == store.store_id
            if texts:
                assert expected[article_id(texts[-1])] == put(store, texts[-1])
    assert has_schema(old, SCHEMA)  # else its backup would be refused


def test_bringing_a_store_up_to_date_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    write_old_store(path, article_text(1), framed(article_text(1)), article_text(2))
    with (
        closing(ArticleStore.open(path)) as store,
        store.database.writing() as db,
    ):  # as if it had been killed on its way
        db.execute("UPDATE articles SET story = '' WHERE number > 1")
        db.execute("DELETE FROM bands WHERE number > 1")
    with closing(ArticleStore.open(path)) as store:
        first, second = article_id(article_text(1)), article_id(article_text(2))
        assert {first: first, article_id(framed(article_text(1))): first, second: second} == {
            listed.id: listed.cluster for listed in store.page(0, 10)
        }


LINES = [sentences(seed, 4, 12) for seed in range(8)]
ARTICLES = st.lists(st.integers(0, 7), min_size=3, max_size=5, unique=True)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "put", "put", "delete"]), ARTICLES), max_size=25)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_a_cluster_never_changes_and_every_article_has_its_own_or_that_of_an_earlier_one_like_it(
    steps: list[tuple[str, list[int]]],
) -> None:
    known: dict[str, str] = {}
    texts: dict[str, str] = {}
    with TemporaryDirectory() as folder, closing(ArticleStore.open(Path(folder) / "articles.sqlite")) as store:
        for step, blocks in steps:
            text = "\n".join(line for block in blocks for line in LINES[block])
            own = article_id(text)
            if step == "put":
                there = [listed.id for listed in store.page(0, 100)]
                told = put(store, text)
                like = {known[one] for one in there if resemblance(shingles(texts[one]), shingles(text)) >= ALIKE}
                assert told in {own, *like} if own not in there else told == known[own]
                known[own], texts[own] = told, text
            elif any(own == listed.id for listed in store.page(0, 100)):
                store.delete(own)
            assert all(known[listed.id] == listed.cluster for listed in store.page(0, 100))


def test_the_order_in_which_copies_come_changes_the_name_of_their_cluster_alone(tmp_path: Path) -> None:
    texts = [article_text(seed) for seed in range(5)] + [framed(article_text(seed)) for seed in range(5)]
    groups = set()
    for seed in range(4):
        Random(seed).shuffle(texts)
        with closing(ArticleStore.open(tmp_path / str(seed))) as store:
            told = {text: put(store, text) for text in texts}
        groups.add(frozenset(frozenset(text for text in texts if told[text] == name) for name in told.values()))
    assert 1 == len(groups)


@pytest.mark.parametrize(("slow", "events"), [(1, ["store_upgraded"]), (2, [])])
def test_a_slow_upgrade_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, slow: int, events: list[str]
) -> None:
    monkeypatch.setattr(duplicates, "_SLOW", slow)
    write_old_store(tmp_path / "articles.sqlite", article_text(1), article_text(2))
    ArticleStore.open(tmp_path / "articles.sqlite").close()
    assert events == [record.event for record in caplog.records]
