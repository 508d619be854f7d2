"""Former versions of articles: from when to when they are valid, which filters they pass, and when they go."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from corpus.article import Article, Block, BlockKind, Draft
from corpus.errors import ArticleReplaced, NotFound, UnknownFilterValue
from corpus.store.article_store import ArticleStore, open_article_database
from corpus.store.filters import ArticleFilter
from corpus.store.versions import FIRST_VERSION, MAX_VERSIONS

PAGE = "url:https://news.example/ferry"
TODAY = datetime.now(UTC).date()  # as days of publication are read
TOMORROW = (TODAY + timedelta(1)).isoformat()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArticleStore]:
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as made:
        yield made


def put(store: ArticleStore, text: str, published: str | None = None, origin: str = PAGE, **more: str) -> Article:
    draft = Draft(text, "Ferry", published=published, source="Gazette", language="en", **more)
    return store.put(Article.from_draft(draft), origin).article


def as_of(store: ArticleStore, day: str, **filters: object) -> list[str]:
    """Return the texts that answer as of a day."""
    wanted = ArticleFilter(as_of=day, **filters)  # type: ignore[arg-type]
    return [article.text for article in store.by_number(store.numbers(wanted)).values()]


def test_a_version_answers_as_of_its_time_in_place_of_the_present_text(store: ArticleStore) -> None:
    put(store, "Eleven are missing.", "2026-03-03")
    put(store, "Eight are missing.", "2026-03-03", updated="2026-03-05")
    put(store, "Nobody is missing.", "2026-03-07")
    texts = {"02": [], "03": ["Eleven"], "04": ["Eleven"], "05": ["Eight"], "06": ["Eight"], "07": ["Nobody"]}
    for day, words in texts.items():
        assert [f"{one} {'is' if one == 'Nobody' else 'are'} missing." for one in words] == as_of(
            store, f"2026-03-{day}"
        )


def test_an_article_without_a_new_date_is_valid_from_when_it_was_first_seen(store: ArticleStore) -> None:
    first = put(store, "Eleven are missing.", "2026-03-03")
    second = put(store, "Eight are missing.", "2026-03-03")
    yesterday = (TODAY - timedelta(1)).isoformat()
    assert [[first.text], [second.text]] == [as_of(store, day) for day in (yesterday, TOMORROW)]


def test_versions_of_undated_articles_answer_where_these_are_included(store: ArticleStore) -> None:
    put(store, "Eleven are missing.")
    put(store, "Eight are missing.")
    assert [] == as_of(store, TOMORROW)
    assert ["Eight are missing."] == as_of(store, TOMORROW, undated=True)


def test_versions_appear_nowhere_else(store: ArticleStore) -> None:
    put(store, "Eleven are missing.", "2026-03-03")
    now = put(store, "Eight are missing.", "2026-03-05")
    (number,) = store.numbers()
    assert [number] == store.numbers(ArticleFilter(sources=("Gazette",), published_to="2026-03-31"))
    assert (1, [now.id]) == (store.count(), [one.id for one in store.page(0, 9)])
    assert [now.id] == [article.id for article, _ in store.each()]
    assert {"Gazette": 1} == store.sources()
    assert [now.id] == [one.id for one in store.by_cluster(now.cluster or "").values()]
    changes = store.changes_since(0, 0)
    assert changes is not None
    assert (number,) == changes.new


def test_all_versions_pass_where_they_are_asked_for_until_a_day(store: ArticleStore) -> None:
    for day, words in (("03", "Eleven"), ("05", "Eight"), ("07", "Five")):
        put(store, f"{words} are missing.", f"2026-03-{day}")
    (number,) = store.numbers()
    assert {number} == set(store.version_numbers(ArticleFilter(versions=True)).values())
    everything = store.by_number(store.numbers(ArticleFilter(versions=True)))
    assert {"Eleven", "Eight", "Five"} == {one.text.split()[0] for one in everything.values()}
    assert {"Eleven are missing.", "Eight are missing."} == {*as_of(store, "2026-03-06", versions=True)}


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ({"sources": ("gazette",)}, True),
        ({"language": "en"}, True),
        ({"language": "fr"}, False),
        ({"published_from": "2026-03-03"}, True),
        ({"published_from": "2026-03-04"}, False),
    ],
)
def test_versions_pass_the_other_filters_by_their_own_fields(
    store: ArticleStore, filters: dict[str, object], passes: bool
) -> None:
    put(store, "Eleven are missing.", "2026-03-03")
    put(store, "Eight are missing.", "2026-03-05")
    assert passes == bool(as_of(store, "2026-03-04", **filters))
    with pytest.raises(UnknownFilterValue):
        as_of(store, "2026-03-04", sources=("Herald",))


def test_the_id_of_an_article_and_of_a_version_name_both(store: ArticleStore) -> None:
    first, second = put(store, "Eleven are missing.", "2026-03-03"), put(store, "Eight are missing.", "2026-03-05")
    other = put(store, "Nine ships sailed.", "2026-03-03", "url:https://news.example/ships")
    for article in (first, second):
        assert [first.text] == as_of(store, "2026-03-04", articles=(article.id,))
    assert [other.text] == as_of(store, "2026-03-04", articles=(other.id,))


def test_a_version_is_found_by_its_id_with_what_has_replaced_it(store: ArticleStore) -> None:
    draft = Draft("Ferry\n\nEleven are missing.", "Ferry", blocks=(Block(0, 5, BlockKind.HEADING),))
    first = store.put(Article.from_draft(draft), PAGE).article
    put(store, "Eight are missing.")
    last = put(store, "Nobody is missing.")
    assert (first, last.id) == store.get_version(first.id)
    assert first == next(iter(store.by_number([1 + FIRST_VERSION]).values()))
    assert (Block(0, 5, BlockKind.HEADING),) == store.blocks(first.id)
    assert (last, None) == store.get_version(last.id)
    with pytest.raises(ArticleReplaced):
        store.get(first.id)
    with pytest.raises(NotFound):
        store.get_version("unknown")


def test_versions_go_with_their_article(store: ArticleStore) -> None:
    first, second = put(store, "Eleven are missing."), put(store, "Eight are missing.")
    store.delete(second.id)
    with pytest.raises(NotFound):
        store.get_version(first.id)
    assert {} == store.version_numbers(ArticleFilter(versions=True))
    third = put(store, "Five are missing.", origin="file:/ferry.txt")
    put(store, "Four are missing.", origin="file:/ferry.txt")
    store.drop_origin("file:/ferry.txt")
    with pytest.raises(NotFound):
        store.get_version(third.id)


def test_a_text_that_returns_is_no_former_version_any_more(store: ArticleStore) -> None:
    first = put(store, "Eleven are missing.", "2026-03-03")
    second = put(store, "Eight are missing.", "2026-03-05")
    put(store, "Eleven are missing.", "2026-03-03")
    assert (first.id, None) == (store.get_version(first.id)[0].id, store.get_version(first.id)[1])
    assert (second.id, first.id) == (store.get_version(second.id)[0].id, store.get_version(second.id)[1])


def test_the_same_document_read_differently_leaves_no_version(store: ArticleStore) -> None:
    first, second = (Article.from_draft(Draft(text)) for text in ("Eleven aremissing.", "Eleven are missing."))
    store.put(first, "file:/ferry.pdf", "same@1")
    store.put(second, "file:/ferry.pdf", "same@2")
    with pytest.raises(ArticleReplaced):
        store.get_version(first.id)


def test_an_article_has_so_many_versions_at_most(store: ArticleStore) -> None:
    articles = [put(store, f"{count} are missing.", f"2026-03-{count:02}") for count in range(1, MAX_VERSIONS + 4)]
    assert MAX_VERSIONS == len(store.version_numbers(ArticleFilter(versions=True)))
    for article in articles[:2]:
        with pytest.raises(ArticleReplaced):
            store.get_version(article.id)
    assert articles[2] == store.get_version(articles[2].id)[0]


def test_old_versions_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "articles.sqlite"
    with closing(ArticleStore.open(path)) as store:
        first, _ = put(store, "Eleven are missing."), put(store, "Eight are missing.")
        assert 0 == store.drop_versions()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE versions SET replaced_at = replaced_at - 40 * 86400")
        db.commit()
    with closing(ArticleStore(open_article_database(path), keep_versions=30)) as store:
        put(store, "Five are missing.")
        with pytest.raises(ArticleReplaced):
            store.get_version(first.id)
        assert 1 == len(store.version_numbers(ArticleFilter(versions=True)))
    with closing(ArticleStore(open_article_database(path), keep_versions=0)) as store:
        assert 1 == store.drop_versions()
        put(store, "Four are missing.")
        assert {} == store.version_numbers(ArticleFilter(versions=True))


def test_it_is_told_whether_a_former_version_lacks_words(store: ArticleStore) -> None:
    first, second = put(store, "Eleven are missing."), put(store, "Eight are missing.")
    single = put(store, "Nine ships sailed.", origin="file:/ships.txt")
    assert store.has_version_without(second.id, "Eight")
    assert not store.has_version_without(second.id, "missing")
    assert store.has_version_without(first.id, "Eight")
    assert not store.has_version_without(single.id, "Eight")


def test_after_a_version_is_dropped_the_present_text_does_not_answer_as_of_its_time(tmp_path: Path) -> None:
    path = tmp_path / "articles.sqlite"
    with closing(ArticleStore.open(path)) as store:
        first = put(store, "Eleven are missing.", "2026-03-03")
        put(store, "Eight are missing.", "2026-03-03", updated="2026-03-05")
        assert ["Eleven are missing."] == as_of(store, "2026-03-04")
    with closing(ArticleStore(open_article_database(path), keep_versions=0)) as store:
        assert 1 == store.drop_versions()
        assert 0 == store.drop_versions()
        assert [] == as_of(store, "2026-03-04")
        assert ["Eight are missing."] == as_of(store, "2026-03-05")
        assert {} == store.version_numbers(ArticleFilter(versions=True))
        with pytest.raises(ArticleReplaced):
            store.get_version(first.id)
    with closing(sqlite3.connect(path)) as db:
        assert [("", "")] == db.execute("SELECT text, title FROM versions").fetchall()
    with closing(ArticleStore(open_article_database(path))) as store:
        put(store, "Five are missing.", "2026-03-03", updated="2026-03-07")
        assert [[], ["Eight are missing."], ["Five are missing."]] == [
            as_of(store, f"2026-03-0{day}") for day in (4, 6, 8)
        ]
    with closing(sqlite3.connect(path)) as db:
        assert [("Eight are missing.",)] == db.execute("SELECT text FROM versions").fetchall()


def test_a_version_belongs_to_the_cluster_of_near_duplicates_as_of_its_time(store: ArticleStore) -> None:
    text = " ".join(f"word{count}" for count in range(150))
    copy = put(store, f"{text} copied.", "2026-03-03", "url:https://copy.example/")
    first = put(store, text, "2026-03-02")
    put(store, f"{text} and more.", "2026-03-06")
    assert first.cluster == copy.cluster == copy.id
    found = store.by_cluster(copy.id, ArticleFilter(as_of="2026-03-04"))
    assert [first.id, copy.id] == [one.id for one in found.values()]


def test_since_when_an_article_says_something(store: ArticleStore) -> None:
    single = put(store, "Nine ships sailed.", "2026-03-01", "url:https://news.example/ships")
    first = put(store, "Eleven are missing. It rains.", "2026-03-03")
    last = put(store, "Eight are missing. It rains.", "2026-03-05")
    assert store.said_since(single.id, "Nine ships sailed.") is None
    days = {
        (article.id, words): store.said_since(article.id, words)
        for article, words in ((first, "Eleven"), (first, "It rains."), (last, "It rains."), (last, "Eight"))
    }
    third, fifth = (1_772_496_000.0 + day * 86_400 for day in (0, 2))
    assert [third, third, third, fifth] == list(days.values())


def test_a_store_of_the_former_schema_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "articles.sqlite"
    with closing(ArticleStore.open(path)) as store:
        put(store, "Eleven are missing.")
    with closing(sqlite3.connect(path)) as db:
        for table in ("watch_articles", "watch_event_articles", "watch_events", "watches"):
            db.execute(f"DROP TABLE {table}")
        for table in ("kept_question_words", "kept_questions", "saved_reply_articles", "saved_replies", "versions"):
            db.execute(f"DROP TABLE {table}")
        db.executescript("DROP TABLE deleted_values; DROP TABLE deleted_articles; DROP INDEX articles_by_title;")
        for trigger in ("article_added", "article_changed", "article_deleted"):
            db.execute(f"DROP TRIGGER {trigger}")
        db.executescript("ALTER TABLE changes DROP COLUMN kind; ALTER TABLE changes DROP COLUMN article_id;")
        db.execute("PRAGMA user_version = 6")
    with closing(ArticleStore.open(path)) as store:
        put(store, "Eight are missing.")
        assert 1 == len(store.version_numbers(ArticleFilter(versions=True)))
