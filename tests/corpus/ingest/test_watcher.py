import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import corpus.ingest.watcher
from corpus.documents import Limits
from corpus.fetching.client import Fetcher
from corpus.ingest.library import Library
from corpus.ingest.watcher import FolderWatch
from corpus.ingest.writer import DocumentOutcome
from corpus.store.article_store import ArticleStore
from tests.waiting import comes


@pytest.fixture
def library(store: ArticleStore) -> Library:
    return Library(store, Fetcher(5, 1000), Limits())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    return tmp_path / "articles"


@pytest.fixture
def watching(library: Library, store: ArticleStore, folder: Path) -> Iterator[None]:
    watch = FolderWatch(library, folder)
    watch.start()
    yield
    watch.stop()
    assert not watch._thread.is_alive()


def texts(store: ArticleStore) -> set[str]:
    return {article.text for article in store.by_number(store.numbers()).values()}


@pytest.mark.usefixtures("watching")
def test_new_changed_renamed_and_deleted_files_are_noticed(store: ArticleStore, folder: Path) -> None:
    (folder / "a.txt").write_text("one")
    assert comes(lambda: texts(store) == {"one"})
    (folder / "a.txt").write_text("two")
    assert comes(lambda: texts(store) == {"two"})
    (folder / "a.txt").rename(folder / "b.txt")
    assert comes(lambda: [one.name.rpartition("/")[2] for one in store.origins()] == ["b.txt"])
    assert {"two"} == texts(store)
    (folder / "b.txt.toml").write_text('title = "Two"')
    assert comes(lambda: [listed.title for listed in store.page(0, 9)] == ["Two"])
    (folder / "b.txt").unlink()
    assert comes(lambda: texts(store) == set())


@pytest.mark.usefixtures("watching")
def test_subfolders_are_watched_too(store: ArticleStore, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "made" / "deep").mkdir(parents=True)
    (tmp_path / "made" / "deep" / "a.txt").write_text("one")
    (tmp_path / "made").rename(folder / "moved in")
    assert comes(lambda: texts(store) == {"one"})
    (folder / "moved in" / "deep" / "b.txt").write_text("two")
    assert comes(lambda: texts(store) == {"one", "two"})
    shutil.rmtree(folder / "moved in")
    assert comes(lambda: texts(store) == set())


@pytest.mark.usefixtures("watching")
def test_a_file_that_is_written_slowly_is_read_when_complete(store: ArticleStore, folder: Path) -> None:
    with (folder / "a.txt").open("w") as file:
        for number in range(9):
            file.write(f"{number} ")
            file.flush()
            time.sleep(0.1)
    whole = " ".join(map(str, range(9)))
    assert comes(lambda: texts(store) == {whole})


def test_files_that_exist_at_the_start_are_read(library: Library, store: ArticleStore, folder: Path) -> None:
    (folder / "a.txt").write_text("one")
    watch = FolderWatch(library, folder)
    watch.start()
    assert comes(lambda: texts(store) == {"one"})
    watch.stop()


def test_a_folder_may_appear_later_and_keeps_its_articles_when_it_vanishes(
    library: Library, store: ArticleStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "later"
    watch = FolderWatch(library, folder)
    watch.start()
    assert comes(lambda: "later can't be read: it is not there" in caplog.text)
    time.sleep(0.7)
    assert 1 == caplog.text.count("later can't be read: it is not there")
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    assert comes(lambda: texts(store) == {"one"})
    folder.rename(tmp_path / "gone")
    assert comes(lambda: caplog.text.count("later can't be read: it is not there") == 2)
    assert {"one"} == texts(store)
    folder.mkdir()
    assert comes(lambda: texts(store) == set())
    (folder / "b.txt").write_text("two")
    assert comes(lambda: texts(store) == {"two"})
    watch.stop()


def test_stopping_is_prompt(library: Library, folder: Path, tmp_path: Path) -> None:
    for place, busy in [(folder, False), (tmp_path / "nowhere", False), (folder, True)]:
        watch = FolderWatch(library, place)
        watch.start()
        time.sleep(0.6)
        if busy:
            (folder / "a.txt").write_text("being written")
            time.sleep(0.1)
        watch.stop()
        assert comes(lambda watch=watch: not watch._thread.is_alive())  # type: ignore[misc]


def test_a_watch_that_never_started_can_be_stopped(library: Library, folder: Path) -> None:
    watch = FolderWatch(library, folder)
    watch.stop()
    assert not watch._thread.is_alive()


def test_no_thread_and_no_descriptor_is_left_behind(library: Library, folder: Path) -> None:
    def left() -> tuple[int, int]:
        return threading.active_count(), len(os.listdir("/dev/fd"))  # noqa: PTH208

    def once() -> None:
        watch = FolderWatch(library, folder)
        watch.start()
        time.sleep(0.55)
        watch.stop()

    library.count()
    once()
    time.sleep(0.2)  # the system's watcher lets go a moment after it was told to
    before = left()
    once()
    once()
    assert comes(lambda: before == left())


def test_a_slow_document_does_not_delay_stopping(library: Library, folder: Path) -> None:
    class Slow(Library):
        def sync_folder(self, folder: Path, pause: Callable[[float], object] = time.sleep) -> Iterator[DocumentOutcome]:
            begins.set()
            done.wait(10)
            yield from super().sync_folder(folder, pause)

    begins, done = threading.Event(), threading.Event()
    watch = FolderWatch(Slow(library._store, library._fetcher, library._limits), folder)
    watch.start()
    assert begins.wait(60)
    watch.stop()
    assert watch._thread.is_alive(), "it waited for the document"
    done.set()
    watch._thread.join(60)
    assert not watch._thread.is_alive()


def test_a_failing_sync_is_logged_once_and_does_not_end_the_watch(
    library: Library, store: ArticleStore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Library):
        fails = True

        def sync_folder(self, folder: Path, pause: Callable[[float], object] = time.sleep) -> Iterator[DocumentOutcome]:
            if self.fails:
                raise RuntimeError("boom")
            yield from super().sync_folder(folder, pause)

    failing = Failing(library._store, library._fetcher, library._limits)
    watch = FolderWatch(failing, folder)
    watch.start()
    for name in "ab":
        time.sleep(0.6)
        (folder / f"{name}.txt").write_text(name)
    time.sleep(0.3)
    failing.fails = False
    (folder / "c.txt").write_text("c")
    assert comes(lambda: texts(store) == {"a", "b", "c"})
    watch.stop()
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert ["boom"] == [record.getMessage() for record in warnings]


def test_without_change_notifications_the_folder_is_scanned_each_second(
    library: Library,
    store: ArticleStore,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_more_watches(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")  # what the system says where it follows too many folders

    # No test can use up the watches of a machine without harm to what else runs on it.
    monkeypatch.setattr(corpus.ingest.watcher.watchfiles, "watch", no_more_watches)
    watch = FolderWatch(library, folder)
    watch.start()
    (folder / "a.txt").write_text("one")
    assert comes(lambda: texts(store) == {"one"})
    (folder / "a.txt").write_text("two")
    assert comes(lambda: texts(store) == {"two"})
    watch.stop()
    assert 1 == caplog.text.count("can't be followed")
