"""The change log gives what comparing all articles gives, and is not trusted for long."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.errors import NotFound
from corpus.store.article_store import ArticleStore
from corpus.store.filters import ArticleFilter
from index.files import FileIdentity
from index.generations.compaction import Compaction
from index.generations.diff import FULL_COMPARISON_SECONDS, Change, ChangeDetector
from index.generations.generation import Generation
from index.generations.manifest import mark_files
from index.search.segments import Segment, merge_segments
from tests.indexing import Workspace, ignore
from tests.waiting import Clock


class CountingStore(ArticleStore):
    """Counts how often all its articles are listed."""

    listed = 0

    def numbers(self, filters: ArticleFilter | None = None) -> list[int]:
        self.listed += 1
        return super().numbers(filters)


@pytest.fixture
def store(workspace: Workspace) -> Iterator[CountingStore]:
    with closing(CountingStore.open(workspace.folder / "articles.sqlite")) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def detector(store: CountingStore, clock: Clock) -> ChangeDetector:
    return ChangeDetector(store, clock)


def numbers(change: Change) -> tuple[list[int], list[int]]:
    return list(change.new), list(change.deleted)


def lose(workspace: Workspace, sql: str) -> None:
    with workspace.store.database.writing() as db:
        db.execute(sql)


def test_changes_are_found_without_listing_all_articles(
    workspace: Workspace, detector: ChangeDetector, store: CountingStore
) -> None:
    articles = [workspace.add(text) for text in ("A red fox.", "A blue whale.", "A green frog.")]
    generation = workspace.update()
    assert (3, 0) == (detector.pending(None), detector.pending(generation))
    assert 0 == store.listed
    assert ([], []) == numbers(detector.change(generation))
    assert 1 == store.listed
    workspace.store.delete(articles[1].id)
    workspace.add("A grey wolf.")
    workspace.store.delete(workspace.add("A white bear.").id)
    assert ([4], [2]) == numbers(detector.change(generation))
    assert 2 == detector.pending(generation)
    generation = workspace.update()
    assert ([], []) == numbers(detector.change(generation))
    assert 0 == detector.pending(generation)
    assert 1 == store.listed


@pytest.mark.parametrize(("seconds", "listed"), [(FULL_COMPARISON_SECONDS - 1, 1), (FULL_COMPARISON_SECONDS, 2)])
def test_all_articles_are_compared_at_first_and_after_a_while(
    workspace: Workspace, detector: ChangeDetector, store: CountingStore, clock: Clock, seconds: float, listed: int
) -> None:
    workspace.add("A red fox.")
    generation = workspace.update()
    detector.change(generation)
    clock.now += seconds
    detector.change(generation)
    assert listed == store.listed
    detector.change(generation)
    assert listed == store.listed


@pytest.mark.parametrize(
    "loss",
    [
        "UPDATE changes SET gone = NULL WHERE revision = 5",  # the log forgets that one went
        "DELETE FROM changes WHERE revision = 5",
        "DELETE FROM changes",
        "UPDATE meta SET value = value + 1 WHERE key = 'count'",
    ],
)
def test_what_the_log_lost_is_found_by_comparing_all(
    workspace: Workspace, detector: ChangeDetector, store: CountingStore, loss: str
) -> None:
    articles = [workspace.add(text) for text in ("A red fox.", "A blue whale.", "A green frog.")]
    generation = workspace.update()
    detector.change(generation)
    workspace.add("A grey wolf.")
    workspace.store.delete(articles[0].id)
    lose(workspace, loss)
    assert ([4], [1]) == numbers(detector.change(generation))
    assert 2 == detector.pending(generation)
    assert 3 == store.listed


def test_what_nothing_shows_is_found_after_a_while(
    workspace: Workspace, detector: ChangeDetector, clock: Clock
) -> None:
    articles = [workspace.add(text) for text in ("A red fox.", "A blue whale.")]
    generation = workspace.update()
    detector.change(generation)
    workspace.store.delete(articles[0].id)
    lose(workspace, "UPDATE changes SET gone = NULL")
    lose(workspace, "UPDATE meta SET value = value + 1 WHERE key = 'count'")
    assert ([], []) == numbers(detector.change(generation))
    clock.now += FULL_COMPARISON_SECONDS
    assert ([], [1]) == numbers(detector.change(generation))


def test_an_update_of_one_article_lists_none(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.add_many(0, 5)
    generation = workspace.update(workspace.update())
    monkeypatch.setattr(ArticleStore, "numbers", None)
    added = workspace.add("A red fox.")
    generation = workspace.update(generation)
    assert (6, 0) == (generation.manifest.articles, workspace.builder.pending(generation))
    workspace.store.delete(added.id)
    generation = workspace.update(generation)
    assert (5, 0) == (generation.manifest.articles, workspace.builder.pending(generation))


STEP = st.sampled_from(["add", "edit", "retitle", "delete", "update", "update", "rebuild", "back", "merge", "other"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(STEP, st.integers(0, 6)), max_size=25))
def test_the_log_tells_what_comparing_all_articles_tells_whatever_was_published(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        workspace, other = Workspace.open(Path(folder)), Workspace.open(Path(folder))
        detector = ChangeDetector(workspace.store)
        seen: Generation | None = None
        for place, (step, which) in enumerate(steps):
            take(other if step == "other" else workspace, "update" if step == "other" else step, which, place)
            seen = workspace.builder.open_current(seen)
            if seen is not None:
                logged = detector._read_log(seen)
                assert logged is not None
                assert numbers(detector._compare_all(seen)) == numbers(logged)
                assert workspace.store.revision == logged.revision
        other.close()
        workspace.close()


def take(workspace: Workspace, step: str, which: int, place: int) -> None:
    origin, text = f"file:///{which}", f"Ship{which} carried a load.\nIt went to harbour{which}."
    steps: dict[str, Callable[[], object]] = {
        "add": lambda: workspace.add(text, origin=origin),
        "edit": lambda: workspace.add(f"{text}\nEdition {place}.", origin=origin),
        "retitle": lambda: workspace.add(text, f"Title {place}", origin),
        "delete": lambda: workspace.store.drop_origin(origin),
        "update": workspace.update,
        "rebuild": workspace.rebuild,
        "back": lambda: workspace.builder.roll_back(ignore),
        "merge": lambda: merge(workspace),
    }
    with suppress(NotFound):  # there may be nothing to roll back to
        steps[step]()


def merge(workspace: Workspace) -> None:
    """Put all segments into one, as a merge beside the builds does."""
    base = workspace.builder.open_current()
    if base is None or not base.segments or base.live_count == 0:
        return
    with workspace.repository.compaction_staging() as folder:
        assert folder is not None
        made = merge_segments(base.segments, base.tombstones)
        made.save(folder)
        segment = Segment.load(folder, made.name)
        checked = {FileIdentity.of(folder / name): mark for name, mark in mark_files(folder, {}).items()}
        compaction = Compaction(
            folder, ((tuple(one.name for one in base.segments), segment),), base.tombstones, checked
        )
        workspace.builder.publish_compaction(compaction, base, ignore)
