"""The contract of an article store, for ArticleStore and its oracle in memory, and the tests of ArticleStore alone."""

import random
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Block, BlockKind, Draft, Original, article_id
from corpus.errors import ArticleReplaced, InvalidArticle, NotFound, OtherVersion, StorageProblem, UnknownFilterValue
from corpus.store.article_store import UPLOAD_PREFIX, ArticleStore, Origin
from corpus.store.change_log import ArticleChanges
from corpus.store.filters import ArticleFilter
from corpus.store.words import fold, has_words
from tests.fakes import MemoryStore
from tests.near_duplicates import article_text, cut, framed
from tests.old_stores import write_old_store

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArticleStore]:
    made: ArticleStore = ArticleStore.open(tmp_path / "articles.sqlite") if request.param == "sqlite" else MemoryStore()
    yield made
    made.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[ArticleStore]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as made:
        yield made


def article(text: str = "The ferry leaves at nine.", **fields: Any) -> Article:
    return Article.from_draft(Draft(text=text, **fields))


def origin(store: ArticleStore, name: str) -> Origin | None:
    return next((one for one in store.origins(name) if one.name == name), None)


def texts(store: ArticleStore) -> set[str]:
    return {stored.text for stored in store.by_number(store.numbers()).values()}


def test_keeps_whether_the_date_is_a_guess(store: ArticleStore) -> None:
    guess = Article.from_draft(Draft("The tide turns.", published="2026-11-18", published_is_guess=True))
    store.put(guess, "url:https://tide.example/")
    assert store.get(guess.id).published_is_guess
    assert store.page(0, 1)[0].published_is_guess
    store.put(replace(guess, published_is_guess=False), "url:https://tide.example/")
    assert not store.get(guess.id).published_is_guess


def test_what_is_put_can_be_got(store: ArticleStore) -> None:
    fields = {"title": "Ferry", "url": "https://a.example/", "source": "Harbour", "language": "en"}
    times = {"published": "2022-01-13", "updated": "2022-01-14T09:30:00+00:00", "effective": "2022-02-01"}
    new = article(replaces="https://a.example/old", tags=("ferries", "Süden, Nord"), **times, **fields)
    stored = store.put(new, "file:///a.txt", "1")
    assert stored.created
    assert stored.article == store.get(new.id)
    assert new == replace(stored.article, added_at=None, cluster=None)


def test_the_same_text_from_two_origins_is_one_article(store: ArticleStore) -> None:
    first = store.put(article(title="One"), "file:///a.txt")
    assert not first.changed
    before = (store.revision, store.numbers())
    for name in ("text:1", "text:1", "file:///b.txt"):
        again = store.put(article(title="Two"), name)
        assert (False, first.article) == (again.created, again.article)
    assert before == (store.revision, store.numbers())


@pytest.mark.parametrize("name", ["file:///a.txt", "url:https://a.example/"])
def test_title_and_date_follow_the_origin_that_they_came_from(store: ArticleStore, name: str) -> None:
    first = store.put(article(title="One", published="2022-01-13"), name).article
    (number,), revision = store.numbers(), store.revision
    second = store.put(article(title="Two", published="2022-01-14T10:00Z", source="Harbour"), name)
    new = second.article
    assert (False, True) == (second.created, second.changed)
    assert ("Two", "2022-01-14T10:00:00+00:00", "Harbour") == (new.title, new.published, new.source)
    assert first.added_at == new.added_at
    assert [number] < store.numbers()
    assert revision < store.revision
    assert store.numbers() == store.numbers(ArticleFilter(published_from="2022-01-14"))


def test_an_edited_field_stays_and_the_others_follow_the_origin(store: ArticleStore) -> None:
    first = store.put(article(title="One", published="2022-01-13", published_is_guess=True), "file:///a.txt").article
    before = store.numbers()
    edited = store.edit(first.id, {"title": "Mine", "published": "2022-01-12", "tags": ("a", "b, c")})
    assert edited == store.get(first.id)
    assert before < store.numbers()
    assert ("Mine", "2022-01-12", False, ("a", "b, c")) == fields(edited)
    store.put(article(title="Two", published="2022-01-14", source="Harbour"), "file:///a.txt")
    again = store.get(first.id)
    assert (*fields(edited), "Harbour") == (*fields(again), again.source)
    store.put(article("another text", title="Two", url="https://a.example/"), "file:///a.txt")
    successor = store.get(article_id("another text"))
    assert (*fields(edited), "https://a.example/") == (*fields(successor), successor.url)
    assert store.numbers() == store.numbers(ArticleFilter(published_to="2022-01-12"))


def test_a_cleared_field_stays_empty(store: ArticleStore) -> None:
    page = article(url="https://a.example/", published="2022-01-13", source="Harbour")
    store.put(page, "url:https://a.example/")
    store.edit(page.id, {"published": None, "url": None})
    store.put(page, "url:https://a.example/")
    found = store.get(page.id)
    assert (None, None, "Harbour") == (found.published, found.url, found.source)


def test_an_edit_that_changes_nothing_keeps_the_number_and_holds(store: ArticleStore) -> None:
    store.put(article(title="One"), "file:///a.txt")
    before = store.numbers(), store.revision
    store.edit(article().id, {"title": "One"})
    assert before == (store.numbers(), store.revision)
    store.put(article(title="Two"), "file:///a.txt")
    assert "One" == store.get(article().id).title


def test_edits_go_with_a_deleted_article(store: ArticleStore) -> None:
    store.put(article(title="One"), "file:///a.txt")
    store.edit(article().id, {"title": "Mine"})
    store.delete(article().id)
    store.put(article(title="One"), "file:///a.txt")
    assert "One" == store.get(article().id).title
    with pytest.raises(NotFound):
        store.edit(article_id("unknown"), {"title": "Mine"})


def fields(one: Article) -> tuple[object, ...]:
    return one.title, one.published, one.published_is_guess, one.tags


def test_replaced_articles_are_known_by_their_number_whenever_they_come(store: ArticleStore) -> None:
    old = article("old rules")
    new = article("new rules", replaces=old.id)
    store.put(new, "file:///new.txt")
    assert set() == store.outdated()
    store.put(old, "file:///old.txt")
    store.put(article("a page", replaces="https://a.example/"), "text:1")
    store.put(article("its former state", url="https://a.example/"), "file:///state.txt")
    numbers = {one.text: number for number, one in store.by_number(store.numbers()).items()}
    assert {numbers["old rules"], numbers["its former state"]} == store.outdated()
    store.put(article("old rules, read again"), "file:///old.txt")
    assert {store.numbers()[-1], numbers["its former state"]} == store.outdated()
    store.drop_origin("file:///new.txt")
    assert {numbers["its former state"]} == store.outdated()


def test_an_article_at_the_url_that_it_replaces_is_not_replaced(store: ArticleStore) -> None:
    store.put(article("new", url="https://a.example/", replaces="https://a.example/"), "url:https://a.example/")
    assert set() == store.outdated()


def test_of_articles_that_replace_each_other_the_last_one_is_current(store: ArticleStore) -> None:
    texts = ("one", "two", "three")
    ids = [article_id(text) for text in texts]
    for text, other in zip(texts, (*ids[1:], ids[0]), strict=True):
        store.put(article(text, replaces=other), f"text:{text}")
    first, second, third = store.numbers()
    assert {first, second} == store.outdated()
    store.edit(ids[0], {"title": "One"})
    assert {second, third} == store.outdated()
    store.put(article("four", replaces=ids[0]), "text:four")
    assert {second, third, store.numbers()[-2]} == store.outdated()


def test_an_article_is_outdated_by_any_that_passes_the_filters(store: ArticleStore) -> None:
    store.put(article("old", published="2026-01-01"), "text:old")
    for month in ("02", "03"):
        store.put(article(month, published=f"2026-{month}-01", replaces=article_id("old")), f"text:{month}")
    (old, *_) = store.numbers()
    assert {old} == store.outdated() == store.outdated(ArticleFilter(as_of="2026-02-10"))
    assert set() == store.outdated(ArticleFilter(as_of="2026-01-10"))


def test_a_store_of_a_former_version_takes_edits(tmp_path: Path) -> None:
    write_old_store(tmp_path / "articles.sqlite", "The ferry leaves at nine.")
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        assert () == store.get(article().id).tags
        store.edit(article().id, {"tags": ("ferry",), "updated": "2022-01-14"})
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        assert (("ferry",), "2022-01-14") == (store.get(article().id).tags, store.page(0, 1)[0].updated)


def test_putting_the_same_again_keeps_number_and_revision(store: ArticleStore) -> None:
    store.put(article(title="One"), "file:///a.txt", "1")
    before = (store.revision, store.numbers())
    store.put(article(title="One"), "file:///a.txt", "2")
    assert before == (store.revision, store.numbers())
    assert Origin("file:///a.txt", article().id, "2", None) == origin(store, "file:///a.txt")


def test_new_content_of_an_origin_replaces_the_old_unless_another_has_it(store: ArticleStore) -> None:
    store.put(article("one"), "url:https://a.example/")
    store.put(article("one"), "file:///b.txt")
    store.put(article("two"), "file:///b.txt")
    assert {"one", "two"} == texts(store)
    stored = store.put(article("three"), "url:https://a.example/")
    assert (True, True) == (stored.created, stored.changed)
    assert {"two", "three"} == texts(store)
    with pytest.raises(NotFound):
        store.get(article_id("one"))


def test_an_article_is_deleted_with_its_last_origin(store: ArticleStore) -> None:
    store.put(article(), "file:///a.txt")
    store.put(article(), "text:1")
    assert not store.drop_origin("file:///a.txt")
    assert not store.drop_origin("file:///unknown.txt")
    assert 1 == store.count()
    assert store.drop_origin("text:1")
    assert 0 == store.count()


def test_the_last_origin_of_an_article_is_read_again(store: ArticleStore) -> None:
    store.put(article(title="One"), "file:///a.txt", "1")
    store.put(article(title="Two"), "file:///b.txt", "1")
    store.drop_origin("file:///a.txt")
    assert Origin("file:///b.txt", article().id, "1@", None) == origin(store, "file:///b.txt")
    assert "Two" == store.put(article(title="Two"), "file:///b.txt", "1").article.title


def test_files_and_addresses_of_a_deleted_article_are_known_as_deleted(store: ArticleStore) -> None:
    stored = store.put(article(), "file:///a.txt", "1").article
    store.put(article(), "url:https://a.example/")
    store.put(article(), f"text:{stored.id}")
    before = store.numbers()
    store.delete(stored.id)
    with pytest.raises(NotFound):
        store.get(stored.id)
    assert [
        Origin("file:///a.txt", None, "1", None, article().id),
        Origin("url:https://a.example/", None, None, None, article().id),
    ] == list(store.origins())
    assert [True, True] == [one.deleted for one in store.origins()]
    assert store.put(article(), "url:https://a.example/").created  # by hand again
    assert [True, False] == [one.deleted for one in store.origins()]
    assert before < store.numbers()


def test_deleting_leaves_other_articles_and_other_problems_alone(store: ArticleStore) -> None:
    store.put(article("one"), "text:1")
    store.put(article("two"), "text:2")
    store.note_problem("file:///bad.pdf", "1", "broken")
    store.delete(article_id("one"))
    assert {"two"} == texts(store)
    assert ["file:///bad.pdf", "text:2"] == [one.name for one in store.origins()]


@pytest.mark.parametrize("unknown", ["", "0123456789abcdef", "' OR 1=1 --", "\ud800", "x" * 10_000, "\x00"])
def test_an_id_that_is_not_there_is_not_found(store: ArticleStore, unknown: str) -> None:
    store.put(article(), "text:1")
    for method in (store.get, store.delete):
        with pytest.raises(NotFound, match="no article with the id"):
            method(unknown)
    assert {} == store.by_cluster(unknown)
    assert 1 == store.count()


@pytest.mark.parametrize(
    ("about", "titles"),
    [
        ("", ["Zürich by boat", "The bridge", "The ferry"]),
        ("the", ["The bridge", "The ferry"]),
        ("zurich", ["Zürich by boat"]),
        ("harbour bri", ["The bridge"]),
        ("o'clock", []),
        ("\ud800", []),
    ],
)
def test_articles_are_found_by_words_of_title_and_source(store: ArticleStore, about: str, titles: list[str]) -> None:
    store.put(article("One.", title="The ferry"), "text:1")
    store.put(article("Two.", title="The bridge", source="Harbour News"), "text:2")
    store.put(article("Three.", title="Zürich by boat"), "text:3")
    assert titles == [one.title for one in store.page(0, 10, about)]
    assert titles[1:2] == [one.title for one in store.page(1, 1, about)]
    assert len(titles) == store.count(about)


def test_a_problem_deletes_the_article_of_its_origin(store: ArticleStore) -> None:
    store.put(article(), "file:///a.txt", "1")
    store.put(article(), "text:1")
    store.note_problem("file:///a.txt", "2", "broken")
    assert 1 == store.count()  # it has another origin
    store.note_problem("text:1", "2", "broken")
    assert 0 == store.count()
    assert Origin("file:///a.txt", None, "2", "broken") == origin(store, "file:///a.txt")


def test_an_origin_out_of_reach_keeps_its_article_and_stays_deleted(store: ArticleStore) -> None:
    store.put(article(), "file:///a.txt", "1")
    before = store.revision
    store.note_problem("file:///a.txt", None, "no permission")
    assert Origin("file:///a.txt", article().id, "1@", "no permission") == origin(store, "file:///a.txt")
    assert before == store.revision
    store.put(article(), "file:///a.txt", "1")
    assert Origin("file:///a.txt", article().id, "1", None) == origin(store, "file:///a.txt")
    store.note_problem("file:///a.txt", None, "no permission")
    store.delete(article().id)
    for _ in range(2):
        assert [Origin("file:///a.txt", None, "1@", None, article().id)] == list(store.origins())
        store.note_problem("file:///a.txt", None, "no permission")
    store.note_problem("file:///b.txt", "1", "broken")
    store.note_problem("file:///b.txt", None, "no permission")
    assert Origin("file:///b.txt", None, None, "no permission") == origin(store, "file:///b.txt")  # to be read again


def test_a_refused_origin_can_keep_its_article_and_its_deletion(store: ArticleStore) -> None:
    store.put(article(), "file:///a.txt", "1")
    store.put(article("two"), "file:///b.txt", "1", "https://a.example/feed")
    store.delete(article("two").id)
    before = store.revision
    for name in ("a", "b"):
        store.note_problem(f"file:///{name}.txt", "2", "broken", article().id if name == "a" else None)
    a, b = store.origins()
    assert Origin("file:///a.txt", article().id, "2", "broken") == a
    assert (True, "broken", "2", article("two").id) == (b.deleted, b.problem, b.signature, b.deleted_id)
    assert before == store.revision
    store.note_problem("file:///a.txt", "3", "broken", "unknown")
    assert (0, None) == (store.count(), next(store.origins()).article_id)


def test_an_origin_can_have_another_name(store: ArticleStore) -> None:
    store.put(article(), "file:///a.txt", "1")
    store.put(article("two"), "file:///c.txt", "1")
    store.rename_origin("file:///a.txt", "file:///b.txt")
    store.rename_origin("file:///b.txt", "file:///c.txt")  # taken: nothing happens
    store.rename_origin("file:///c.txt", "file:///c.txt")  # the same
    store.rename_origin("file:///nowhere.txt", "file:///d.txt")
    found = [(one.name, one.article_id) for one in store.origins()]
    assert [("file:///b.txt", article().id), ("file:///c.txt", article_id("two"))] == found
    assert "1" == next(store.origins("file:///c.txt")).signature


@pytest.mark.parametrize("prefix", ["file:///a/", "file:///a%25b_/", "file:///É/"])
def test_origins_are_found_by_prefix_only(store: ArticleStore, prefix: str) -> None:
    for number, start in enumerate(["file:///a/", "file:///ab/", "file:///A/", "file:///a%25b_/", "file:///É/"]):
        store.put(article(str(number)), f"{start}x.txt")
    assert [f"{prefix}x.txt"] == [one.name for one in store.origins(prefix)]


def test_numbers_are_never_used_twice(store: ArticleStore) -> None:
    seen: set[int] = set()
    for text in ("one", "two", "one", "three"):
        stored = store.put(article(text), "text:x").article
        assert seen.isdisjoint(store.numbers())
        seen.update(store.numbers())
        store.delete(stored.id)
    assert 4 == len(seen)


def test_by_number_gives_those_that_are_still_there(store: ArticleStore) -> None:
    store.put(article("one"), "text:1")
    store.put(article("two"), "text:2")
    first, second = store.numbers()
    store.delete(article_id("one"))
    found = store.by_number([first, second, 999])
    assert {second: "two"} == {number: stored.text for number, stored in found.items()}
    assert {} == store.by_number([])


def test_the_revision_grows_with_every_change_and_only_then(store: ArticleStore) -> None:
    revisions = [store.revision]
    for new in (article("one"), article("one", title="One"), article("two")):
        store.put(new, "file:///1")
        revisions.append(store.revision)
    store.drop_origin("file:///1")
    revisions.append(store.revision)
    assert sorted(set(revisions)) == revisions
    store.note_problem("file:///2", "1", "broken")
    store.drop_origin("file:///2")
    assert revisions[-1] == store.revision


def test_changes_since_a_revision(store: ArticleStore) -> None:
    store.put(article("one"), "file:///1")
    store.put(article("two"), "file:///2")
    before, (first, second) = store.revision, store.numbers()
    assert ArticleChanges(before, 2, (), ()) == store.changes_since(before, second)
    store.put(article("one", title="One"), "file:///1")
    store.put(article("three"), "file:///3")
    store.drop_origin("file:///2")
    assert ArticleChanges(store.revision, 2, tuple(store.numbers()), (first, second)) == store.changes_since(
        before, second
    )
    assert None is store.changes_since(store.revision + 1, second)


def test_ten_thousand_articles_are_paged_newest_first_without_gaps(tmp_path: Path) -> None:
    with closing(MemoryStore()) as memory:
        paged_newest_first(memory, 300)
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as sqlite:
        with sqlite._reading() as db:
            db.execute("PRAGMA synchronous = OFF")  # speed: ten thousand commits
        paged_newest_first(sqlite, 10_000)


def paged_newest_first(store: ArticleStore, count: int) -> None:
    for number in range(count):
        store.put(article(f"number {number}"), f"file:///{number}", "1")
        if number % 10 == 0:  # a changed title moves no article
            store.put(article(f"number {number // 2}", title="Changed"), f"file:///{number // 2}", "2")
    ids = [article_id(f"number {number}") for number in reversed(range(count))]
    pages = [store.page(offset, 100) for offset in range(0, count + 100, 100)]
    assert ids == [listed.id for page in pages for listed in page]
    assert count == store.count()


def test_a_page_has_all_fields_but_the_text(store: ArticleStore) -> None:
    stored = store.put(article("😀 It rains.", title="Rain", published="2022-01-13"), "text:1").article
    (listed,) = store.page(0, 10)
    assert ("Rain", "2022-01-13", 11) == (listed.title, listed.published, listed.characters)
    assert stored.added_at == listed.added_at


def test_articles_of_a_cluster_come_oldest_first_up_to_a_limit(store: ArticleStore) -> None:
    texts = [article_text(1), framed(article_text(1)), cut(article_text(1), 5)]
    for number, text in enumerate([*texts, article_text(2), "Short."]):
        store.put(article(text, source=f"site {number}", published=f"2022-01-1{number}"), f"file:///{number}")
    cluster = store.get(article_id(article_text(1))).cluster
    assert article_id(article_text(1)) == cluster
    assert [cluster] * 3 == [listed.cluster for listed in store.page(0, 9) if listed.id in map(article_id, texts)]
    assert texts == [one.text for one in store.by_cluster(cluster).values()]
    assert texts[:2] == [one.text for one in store.by_cluster(cluster, limit=2).values()]
    filtered = store.by_cluster(cluster, ArticleFilter(sources=("site 1",)))
    assert {2: texts[1]} == {number: one.text for number, one in filtered.items()}
    assert texts[1:] == [one.text for one in store.by_cluster(cluster, ArticleFilter("2022-01-11")).values()]
    assert ["Short."] == [one.text for one in store.by_cluster(article_id("Short.")).values()]
    store.delete(article_id(texts[0]))
    store.put(article(texts[2], title="New", source="site 2"), "file:///2")
    assert {2: texts[1], 6: texts[2]} == {number: one.text for number, one in store.by_cluster(cluster).items()}


def test_another_title_leaves_the_cluster_as_it_is(store: ArticleStore) -> None:
    store.put(article(article_text(1)), "file:///a")
    store.put(article(framed(article_text(1))), "file:///b")
    changed = store.put(article(framed(article_text(1)), title="New"), "file:///b").article
    assert ("New", article_id(article_text(1))) == (changed.title, changed.cluster)
    assert changed == store.get(changed.id)
    assert changed == store.put(article(framed(article_text(1)), title="New"), "file:///b").article


def test_a_text_of_two_million_characters_is_stored_whole(store: ArticleStore) -> None:
    text = f"😀 A sentence with 𝕏 in it{', and more' * 10}. " * 16_000
    stored = store.put(article(text), "text:1").article
    assert stored.text == store.get(stored.id).text
    assert 2_000_000 < store.page(0, 1)[0].characters


def test_threads_that_put_at_once_lose_nothing(store: ArticleStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: store.put(article(str(n % 20)), f"text:{n % 20}").created, range(60)))
    assert 20 == created.count(True)
    assert {str(number) for number in range(20)} == texts(store)


def test_no_two_stores_have_the_same_id(tmp_path: Path) -> None:
    with closing(ArticleStore.open(tmp_path / "1")) as first, closing(ArticleStore.open(tmp_path / "2")) as second:
        assert 4 == len({first.store_id, second.store_id, MemoryStore().store_id, MemoryStore().store_id})


def test_a_reopened_store_has_the_same_id_articles_and_numbers(tmp_path: Path) -> None:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as first:
        first.put(article(), "text:1")
        before = (first.store_id, first.revision, first.numbers(), first.page(0, 9))
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as second:
        assert before == (second.store_id, second.revision, second.numbers(), second.page(0, 9))


ONE_FILE = Original("one.txt", "text/plain", b"one")
UPLOAD = f"{UPLOAD_PREFIX}{ONE_FILE.digest}"
ORIGINS = st.sampled_from(
    ["file:///a", "file:///b", "url:https://a.example/", "url:https://b.example/", "text:1", UPLOAD]
)
ARTICLES = st.builds(
    lambda text, other, **fields: article(text, replaces=None if other == article_id(text) else other, **fields),
    st.sampled_from(["one", "two", "three"]),
    title=st.sampled_from([None, "A", "B"]),
    url=st.sampled_from([None, "https://a.example/", "https://b.example/"]),
    other=st.sampled_from([None, article_id("two"), "https://a.example/"]),
    blocks=st.sampled_from([(), (Block(0, 3, BlockKind.PARAGRAPH),), (Block(0, 3, BlockKind.HEADING, 1, 7),)]),
    original=st.sampled_from(
        [None, ONE_FILE, Original("two.pdf", "application/pdf", b"%PDF-2"), Original("3.txt", "text/plain", b"3" * 500)]
    ),
)
SIGNATURES = st.sampled_from([None, "1", "1 @7", "2"])
EDITS = st.dictionaries(st.sampled_from(["title", "published"]), st.sampled_from(["2022-01-13", "2022-01-14"]))
STEPS = st.one_of(
    st.tuples(st.just("put"), ARTICLES, ORIGINS, SIGNATURES, st.sampled_from([None, "https://a.example/feed"])),
    st.tuples(st.just("put_many"), st.lists(st.tuples(ARTICLES, ORIGINS), max_size=4)),
    st.tuples(st.just("edit"), st.sampled_from([article_id("one"), article_id("two"), "unknown"]), EDITS),
    st.tuples(st.just("delete"), st.sampled_from([article_id("one"), article_id("two"), "unknown"])),
    st.tuples(st.just("drop_origin"), ORIGINS),
    st.tuples(
        st.just("note_problem"),
        ORIGINS,
        SIGNATURES,
        st.sampled_from(["broken", "no permission"]),
        st.sampled_from([None, article_id("one"), article_id("two"), "unknown"]),
    ),
    st.tuples(st.just("drop_originals"), st.sampled_from([0, 3, 5, 499, 500])),
    st.tuples(st.just("rename_origin"), ORIGINS, ORIGINS),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_any_steps_leave_both_stores_in_the_same_state(steps: list[tuple[str, ...]]) -> None:
    with TemporaryDirectory() as folder, closing(ArticleStore.open(Path(folder) / "articles.sqlite")) as sqlite:
        memory = MemoryStore()
        for name, *arguments in steps:
            assert result_of(memory, name, arguments) == result_of(sqlite, name, arguments)
            assert state_of(memory) == state_of(sqlite)
        assert all(one.article_id is None or sqlite.get(one.article_id) for one in sqlite.origins())


def result_of(store: ArticleStore, name: str, arguments: list[str]) -> object:
    with suppress(NotFound):
        result = getattr(store, name)(*arguments)
        if name == "edit":
            return replace(result, added_at=None)
        stored = {"put": [result], "put_many": result}.get(name)
        return result if stored is None else [(one.created, one.article.id, one.article.title) for one in stored]
    return NotFound


def state_of(store: ArticleStore) -> object:
    stored = {number: (one.id, one.title, one.url) for number, one in store.by_number(store.numbers()).items()}
    whole = [(one, by_url, store.blocks(one.id), original_of(store, one.id)) for one, by_url in store.each()]
    kept = {one.id: (one.blocks, *others) for one, *others in whole}
    former = {id: successor_of(store, id) for id in map(article_id, ("one", "two", "three"))}
    return former, store.outdated(), store.revision, stored, kept, list(store.origins()), store.count()


def original_of(store: ArticleStore, article_id: str) -> Original | None:
    with suppress(NotFound):
        return store.original(article_id)
    return None


def successor_of(store: ArticleStore, article_id: str) -> str | None:
    with suppress(NotFound):
        try:
            store.get(article_id)
        except ArticleReplaced as error:
            return error.article_id
    return None


@pytest.mark.parametrize("others", [("BEGIN IMMEDIATE",), ("BEGIN", "SELECT * FROM meta")])
def test_room_that_could_not_be_given_back_is_given_back_later(tmp_path: Path, others: Sequence[str]) -> None:
    path, data = tmp_path / "articles.sqlite", b"%PDF-" + random.Random(1).randbytes(1_000_000)
    with closing(ArticleStore.open(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.put(article(original=Original("a.pdf", "application/pdf", data)), "text:1")
        assert 1 == store.drop_originals(0)
        for statement in others:
            other.execute(statement).fetchone()
        with store.database.reading() as db:
            db.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(StorageProblem):
            store.shrink()
    with closing(ArticleStore.open(path)) as store:
        assert 0 == store.drop_originals(0)
        store.shrink()
        assert path.stat().st_size < 500_000
        written_at = path.stat().st_mtime_ns
        store.shrink()  # which is done
        assert written_at == path.stat().st_mtime_ns


def test_a_batch_is_stored_whole_or_not_at_all(sqlite: ArticleStore) -> None:
    sqlite.put(article("one"), "text:1")
    before = state_of(sqlite)
    damaged = Article("two", "two", article_id("two"), published="no date")
    with pytest.raises(InvalidArticle):
        sqlite.put_many([(article("three"), "text:3"), (damaged, "text:2")])
    assert before == state_of(sqlite)


def test_a_batch_that_changes_nothing_waits_for_no_writer(tmp_path: Path) -> None:
    batch = [(article(str(number)), f"text:{number}") for number in range(3)]
    with (
        closing(ArticleStore.open(tmp_path / "a.sqlite")) as one,
        closing(ArticleStore.open(tmp_path / "a.sqlite")) as other,
    ):
        assert [True] * 3 == [stored.created for stored in one.put_many(batch)]
        with other._writing():
            assert [False] * 3 == [stored.created for stored in one.put_many(batch)]  # a writer would wait and raise


def test_a_text_of_two_addresses_keeps_to_the_one_it_has(store: ArticleStore) -> None:
    first = article(title="One", url="https://a.example/")
    second = article(title="Two", url="https://b.example/")
    for _ in range(2):
        store.put(first, "url:https://a.example/")
        assert "One" == store.put(second, "url:https://b.example/").article.title
    (number,) = store.numbers()
    store.put(article("Another text."), "url:https://a.example/")
    assert "Two" == store.put(second, "url:https://b.example/").article.title
    assert [number] < store.numbers()


def test_each_yields_one_state_oldest_first(tmp_path: Path) -> None:
    with (
        closing(ArticleStore.open(tmp_path / "a.sqlite")) as one,
        closing(ArticleStore.open(tmp_path / "a.sqlite")) as other,
    ):
        for number in range(300):
            one.put(article(f"{number} {'word ' * 200}"), f"text:{number}")
        before = [stored for _, stored in sorted(one.by_number(one.numbers()).items())]
        found = []
        for stored, by_url in one.each():
            if not found:
                other.put(article("later"), "text:later")
                other.delete(before[-1].id)
                other.put(article(before[5].text, title="changed"), "file:///a")
            assert not by_url
            found.append(stored)
        assert before == found
        assert 300 == other.count()


def test_each_says_whether_an_article_came_from_its_own_url(store: ArticleStore) -> None:
    store.put(article("one", url="https://a.example/"), "url:https://a.example/")
    store.put(article("two", url="https://a.example/"), "file:///a.html")
    store.put(article("three"), "text:3")
    assert {"one": True, "two": False, "three": False} == {stored.text: by_url for stored, by_url in store.each()}


def test_a_killed_process_leaves_all_articles_that_it_acknowledged(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from corpus.store.article_store import ArticleStore
        from tests.corpus.store.test_article_store import article
        store = ArticleStore.open(Path(sys.argv[1]))
        for number in range(1_000_000):
            store.put(article(f"{number} " + "word " * 20_000, title=str(number)), f"file:///{number}")
            print(number, flush=True)
    """)
    path = tmp_path / "articles.sqlite"
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", program, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        acknowledged = int(process.stdout.readline())
        time.sleep(0.05)
        process.kill()
        acknowledged = max([acknowledged, *(int(line) for line in process.stdout if line.endswith("\n"))])
        process.stdout.close()
        process.wait()
        with closing(ArticleStore.open(path)) as store:
            stored = store.by_number(store.numbers()).values()
            assert set(range(acknowledged + 1)) <= {int(one.title) for one in stored}
            assert all(one.text.startswith(f"{one.title} word") for one in stored)
            assert {one.id for one in stored} == {one.article_id for one in store.origins()}


def test_a_full_disk_is_a_storage_problem_and_loses_nothing(sqlite: ArticleStore) -> None:
    sqlite.put(article("one"), "file:///1", "1")
    before = state_of(sqlite)
    with sqlite._reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageProblem, match="database or disk is full"):
        sqlite.put(article("long " * 100_000), "file:///1", "2")
    assert before == state_of(sqlite)


def test_a_store_of_another_version_is_refused_and_left_alone(tmp_path: Path, sqlite: ArticleStore) -> None:
    with sqlite._writing() as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(OtherVersion, match=r"articles\.sqlite was written by another version .*format 99"):
        ArticleStore.open(tmp_path / "articles.sqlite")


def test_a_tampered_text_is_a_storage_problem(sqlite: ArticleStore) -> None:
    stored = sqlite.put(article(), "text:1").article
    with sqlite._writing() as db:
        db.execute("UPDATE articles SET text = 'The ferry leaves at ten.'")
    with pytest.raises(StorageProblem, match=f"The article {stored.id} is damaged"):
        sqlite.get(stored.id)


def test_the_synced_folder_is_remembered(store: ArticleStore) -> None:
    assert store.synced_prefix is None
    store.set_synced_prefix("file:///here/")
    store.set_synced_prefix("file:///there/")
    assert "file:///there/" == store.synced_prefix


def test_the_blocks_of_an_article_follow_the_origin_that_sets_its_metadata(store: ArticleStore) -> None:
    heading, paragraph = (Block(0, 9, kind, page=2) for kind in (BlockKind.HEADING, BlockKind.PARAGRAPH))
    store.put(article(), "text:1")
    assert () == store.blocks(article().id)
    (number,) = store.numbers()
    assert store.put(article(blocks=(heading,)), "file:///a.docx").changed
    assert (heading,) == store.blocks(article().id)
    assert [number] != store.numbers()  # so that it is indexed again
    for blocks in ((paragraph,), ()):
        assert not store.put(article(blocks=blocks), "text:1").changed
        assert (heading,) == store.blocks(article().id)
    assert store.put(article(blocks=(paragraph,)), "file:///a.docx").changed
    assert not store.put(article(), "file:///a.docx").changed
    assert (paragraph,) == store.blocks(article().id)
    assert () == store.blocks("unknown")


def test_the_id_of_a_replaced_article_leads_to_the_newest_one(store: ArticleStore) -> None:
    first, second, third = (article(text) for text in ("one", "two", "three"))
    for each in (first, second, third):
        store.put(each, "file:///a.txt")
    assert [third.id, third.id, None] == [successor_of(store, each.id) for each in (first, second, third)]
    with pytest.raises(ArticleReplaced, match=f"{first.id} was replaced"):
        store.original(first.id)
    store.put(first, "file:///a.txt")  # its former text came back
    assert [None, first.id, first.id] == [successor_of(store, each.id) for each in (first, second, third)]
    store.delete(first.id)
    with pytest.raises(NotFound) as error:
        store.get(second.id)
    assert not isinstance(error.value, ArticleReplaced)


def test_the_id_of_an_article_with_another_origin_stays_its_own(store: ArticleStore) -> None:
    store.put(article("one"), "file:///a.txt")
    store.put(article("one"), "file:///b.txt")
    store.put(article("two"), "file:///a.txt")
    assert "one" == store.get(article_id("one")).text


@pytest.mark.parametrize(("signature", "is_kept"), [("1:3 @7 2", True), ("2:4 @7 2", False), (None, False)])
def test_a_file_that_is_only_read_differently_keeps_when_it_was_added(
    store: ArticleStore, signature: str | None, is_kept: bool
) -> None:
    first = store.put(article("one"), "file:///a.txt", "1:3 @7 1").article
    second = store.put(article("two"), "file:///a.txt", signature).article
    assert is_kept == (first.added_at == second.added_at)


def test_an_upload_of_a_file_follows_that_file_to_its_new_text(store: ArticleStore) -> None:
    store.put(article("one", original=ONE_FILE), UPLOAD)
    store.put(article("one", original=ONE_FILE), "file:///one.txt")
    store.put(article("two", original=ONE_FILE), "file:///one.txt")
    assert {"two"} == texts(store)
    assert [article_id("two")] * 2 == [one.article_id for one in store.origins()]
    changed = Original("one.txt", "text/plain", b"three")
    store.put(article("three", original=changed), "file:///one.txt")
    assert {"two", "three"} == texts(store)


def test_an_article_keeps_its_original_until_it_is_deleted(store: ArticleStore) -> None:
    changed = Original("one.txt", "text/plain", b"one more")
    store.put(article("one", original=ONE_FILE), "file:///one.txt")
    store.put(article("one", original=changed), "text:1")
    store.put(article("one"), "file:///one.txt")
    assert ONE_FILE == store.original(article_id("one"))
    store.put(article("one", original=changed), "file:///one.txt")
    assert changed == store.original(article_id("one"))
    store.delete(article_id("one"))
    assert [changed.digest] == [one.deleted_digest for one in store.origins("file:")]
    store.put(article("one"), "file:///one.txt")
    with pytest.raises(NotFound, match="no original"):
        store.original(article_id("one"))


@pytest.mark.parametrize("data", [b"", b"text " * 1000, b"%PDF-1.7 " + bytes(range(256)) * 9, b"PK\x03\x04"])
def test_an_original_comes_back_as_it_was(sqlite: ArticleStore, data: bytes) -> None:
    original = Original("a.bin", "application/octet-stream", data)
    sqlite.put(article(original=original), "file:///a.bin")
    assert original == sqlite.original(article().id)


def test_what_was_deleted_stays_deleted_with_a_new_signature(store: ArticleStore) -> None:
    store.put(article(), "file:///a.txt", "1")
    store.put(article("another"), "file:///b.txt", "1")
    store.delete(article().id)
    for name in ("a", "b", "c"):
        store.stay_deleted(f"file:///{name}.txt", "2")
    a, b = store.origins()
    assert (True, "2", article().id) == (a.deleted, a.signature, a.deleted_id)
    assert (False, "1", None) == (b.deleted, b.signature, b.deleted_id)


def test_origins_are_found_by_prefix_whatever_follows(store: ArticleStore) -> None:
    names = ["file:/a", "file:/a/", "file:/a/b", "file:/a/\U0010ffff\U0010ffff", "file:/a/é", "file:/b", "text:1"]
    for number, name in enumerate(names):
        store.put(article(f"Text {number}."), name)
    assert sorted(names[1:5]) == [one.name for one in store.origins("file:/a/")]
    assert sorted(names) == [one.name for one in store.origins()]


def test_a_page_without_a_date_keeps_that_of_its_feed(store: ArticleStore) -> None:
    url = "https://news.example/1"
    dated = store.put(article(url=url, published="2025-03-03"), f"url:{url}").article
    again = store.put(article(url=url), f"url:{url}")
    assert (dated.published, False) == (again.article.published, again.changed)
    assert "2025-03-04" == store.put(article(url=url, published="2025-03-04"), f"url:{url}").article.published
    file = store.put(article("Another.", published="2025-03-03"), "file:/a").article
    assert file.published is not None
    assert store.put(article("Another."), "file:/a").article.published is None


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Zürich Ferry", "zurich ferry"), ("Straße", "strasse"), ("ÉTÉ", "ete"), ("Ñ ﬁsh", "n fish"), ("ℌ", "h")],
)
def test_case_and_accents_may_be_left_out(text: str, folded: str) -> None:
    assert folded == fold(text)


@given(st.text(max_size=50))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(text) == fold(fold(text))


@given(st.text(max_size=50))
def test_a_title_is_found_by_its_words(title: str) -> None:
    assert has_words(fold(title).split(), title, None)
    assert has_words(fold(title.upper()).split(), title.upper(), None)


@pytest.mark.parametrize(
    ("about", "is_there"),
    [
        ("ferry", True),
        ("FERR times", True),
        ("times ferry", True),
        ("ferry tomorrow", False),
        ("harbour", False),
        ("", True),
    ],
)
def test_all_words_must_be_there_in_title_or_source(about: str, is_there: bool) -> None:
    assert is_there == has_words(fold(about).split(), "The ferry leaves", "Island Times")


def test_pages_of_a_search_hold_each_match_once(store: ArticleStore) -> None:
    for number in range(10):
        title = f"{'Ferry' if number % 2 else 'Bridge'} %{number}_"
        store.put(article(f"Words of {number}.", title=title), f"text:{number}")
    pages = [store.page(offset, 2, "ferry") for offset in (0, 2, 4)]
    assert [f"Ferry %{number}_" for number in (9, 7, 5, 3, 1)] == [one.title for page in pages for one in page]
    assert [5, 10, 1, 0, 10] == [store.count(about) for about in ("ferry", "%", "%3_", "f%y", " ")]


DATES = {
    "day": "2022-01-13",
    "morning": "2022-01-13T08:00Z",
    "evening": "2022-01-13T20:00Z",
    "next": "2022-01-14",
    "far east": "2022-01-14T05:00+14:00",
    "none": None,
}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (ArticleFilter(), {"day", "morning", "evening", "next", "far east", "none"}),
        (ArticleFilter(published_from="2022-01-13"), {"day", "morning", "evening", "next", "far east"}),
        (ArticleFilter(published_to="2022-01-13"), {"day", "morning", "evening", "far east"}),
        (ArticleFilter("2022-01-13", "2022-01-13"), {"day", "morning", "evening", "far east"}),
        (ArticleFilter(published_from="2022-01-14"), {"next"}),
        (ArticleFilter(published_to="2022-01-12"), set()),
        (ArticleFilter(published_from="2022-01-13T20:00Z"), {"day", "evening", "next"}),
        (ArticleFilter(published_from="2022-01-13T20:00:01Z"), {"day", "next"}),
        (ArticleFilter(published_to="2022-01-13T08:00Z"), {"day", "morning"}),
        (ArticleFilter(published_to="2022-01-13T09:00+01:00"), {"day", "morning"}),
        (ArticleFilter(as_of="2022-01-13T08:00Z"), {"day", "morning"}),
        (ArticleFilter(published_to="2022-01-13T08:00Z", undated=True), {"day", "morning", "none"}),
        (ArticleFilter(as_of="2022-01-13T08:00Z", undated=True), {"day", "morning"}),
        (ArticleFilter(as_of="2200-01-01", undated=True), {*DATES}),
        (ArticleFilter(undated=True), {*DATES}),
        (ArticleFilter(sources=("NEXT",)), {"next"}),
        (ArticleFilter(sources=("Nónë",)), {"none"}),
        (ArticleFilter(sources=("east", "ning")), {"far east", "morning", "evening"}),
        (ArticleFilter(sources=(" far  EAST ",)), {"far east"}),
        (ArticleFilter(published_to="2022-01-13", sources=("day",)), {"day"}),
        (ArticleFilter(language="en"), {"day", "morning"}),
        (ArticleFilter(language="EN-gb"), {"morning"}),
        (ArticleFilter(language="e_"), set()),
        (ArticleFilter(articles=(article_id("day"), article_id("next"))), {"day", "next"}),
        (ArticleFilter(articles=(article_id("day"),), published_from="2022-01-14"), set()),
    ],
)
def test_a_filter_lets_through_what_lies_within_its_bounds(
    store: ArticleStore, filters: ArticleFilter, found: set[str]
) -> None:
    languages = {"day": "en", "morning": "en-GB", "evening": "fr", "next": "eng"}
    for name, published in DATES.items():
        store.put(article(name, published=published, source=name, language=languages.get(name)), f"text:{name}")
    assert found == {stored.text for stored in store.by_number(store.numbers(filters)).values()}


def test_a_period_that_ends_before_it_begins_is_refused_and_not_made_by_narrowing() -> None:
    with pytest.raises(UnknownFilterValue, match=r"published_from \(2022-01-14\) is later than published_to"):
        ArticleFilter("2022-01-14", "2022-01-13")
    filters = ArticleFilter(published_from="2022-01-14")
    assert filters.narrowed(None, date(2022, 1, 13)) is None
    assert ArticleFilter("2022-01-14", "2022-01-15") == filters.narrowed(date(2022, 1, 13), date(2022, 1, 15))


def test_a_filter_with_nonsense_for_a_date_is_refused(store: ArticleStore) -> None:
    store.put(article(published="2022-01-13"), "text:1")
    with pytest.raises(InvalidArticle, match="'yesterday' is not an ISO 8601 date"):
        store.numbers(ArticleFilter(published_from="yesterday"))


@pytest.mark.parametrize("filters", [ArticleFilter(sources=("\ud800",)), ArticleFilter(articles=("\ud800",))])
def test_a_filter_by_what_no_article_has_is_refused(store: ArticleStore, filters: ArticleFilter) -> None:
    store.put(article(source="Harbour News"), "text:1")
    with pytest.raises(UnknownFilterValue, match=r"Harbour News|no article"):
        store.numbers(filters)


def test_a_source_by_its_whole_name_is_not_one_with_a_longer_name(store: ArticleStore) -> None:
    store.put(article("One.", source="Post"), "text:1")
    store.put(article("Two.", source="River Post"), "text:2")
    store.put(article("Three.", source="River Post"), "text:3")
    assert {"River Post": 2, "Post": 1} == store.sources()
    for name, found in {"post": 1, "river": 2, "os": 3}.items():
        assert found == len(store.numbers(ArticleFilter(sources=(name,))))


def test_a_former_id_in_a_filter_stands_for_the_article_of_now(store: ArticleStore) -> None:
    store.put(article("One."), "file:///one")
    store.put(article("One, again."), "file:///one")
    (number,) = store.numbers(ArticleFilter(articles=(article_id("One."),)))
    assert "One, again." == store.by_number([number])[number].text


def test_articles_without_a_date_are_counted_whatever_the_bounds(store: ArticleStore) -> None:
    for number, source in enumerate(("North", "North", "South")):
        store.put(article(f"{number}", source=source), f"text:{number}")
    store.put(article("Dated.", published="2022-01-13", source="North"), "text:dated")
    assert 3 == store.count_undated(ArticleFilter(as_of="2022-01-01"))
    assert 2 == store.count_undated(ArticleFilter("2022-01-01", sources=("north",)))


def test_the_newest_articles_come_by_date_and_undated_ones_last(store: ArticleStore) -> None:
    for text, published in (("Old.", "2021-05-01"), ("New.", "2022-01-13"), ("Undated.", None), ("Other.", None)):
        store.put(article(text, published=published), f"text:{text}")
    store.put(article("Newest.", published="2022-02-01T10:00:00Z"), "text:newest")

    def texts(**options: Any) -> list[str]:
        return [one.text for one in store.newest(**options).values()]

    assert ["Newest.", "New.", "Old."] == texts(limit=3)
    assert ["Old.", "New.", "Newest."] == texts(limit=3, oldest_first=True)
    assert {"Undated.", "Other."} == set(texts()[3:])
    assert ["New.", "Old."] == texts(filters=ArticleFilter(published_to="2022-01-31"))


def test_sources_are_counted_among_the_articles_that_pass_filters(store: ArticleStore) -> None:
    store.put(article("One.", source="Post", published="2022-01-13"), "text:1")
    store.put(article("Two.", source="Echo"), "text:2")
    assert {"Post": 1} == store.sources(ArticleFilter(published_from="2022-01-01"))


def test_articles_mention_whole_words_of_title_and_text(store: ArticleStore) -> None:
    store.put(article("The bridges of Ånd are old.", title="Corran"), "text:1")
    store.put(article("A bridgehead is a place.", title="Ånd", published="2022-01-13"), "text:2")
    store.put(article("There are bridges, and ferries.", title="Roads", published="2022-01-14"), "text:3")
    first, second, third = store.numbers()
    assert [first] == store.mentioning("corran BRIDGE")
    assert [third, second, first] == store.mentioning("and")
    assert [second, third, first] == store.mentioning("and", oldest_first=True)
    assert [third] == store.mentioning("and", ArticleFilter(published_from="2022-01-14"))
