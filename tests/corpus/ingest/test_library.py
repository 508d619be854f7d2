import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import pytest

from corpus.article import Article, Draft, Original, article_id
from corpus.documents import READER_VERSION, Limits, formats
from corpus.errors import ArticleReplaced, InvalidArticle, NotFound, StorageProblem, UnsupportedFormat
from corpus.fetching.client import Fetcher
from corpus.ingest.folder import SETTLE_SECONDS
from corpus.ingest.library import Library
from corpus.ingest.writer import DocumentOutcome, origin_of, path_of
from corpus.isolation.process import ProcessWorker
from corpus.store.article_store import StoredArticle
from corpus.text.unicode import printable
from tests.corpus.isolation.test_process import crash
from tests.corpus.store.test_database import ordinary_user
from tests.fakes import MemoryStore

LONG_AGO = 1_600_000_000
T = TypeVar("T")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def library(store: MemoryStore) -> Library:
    return library_of(store)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    return tmp_path / "articles"


def library_of(store: MemoryStore, on_change: Callable[[], None] = lambda: None) -> Library:
    return Library(store, Fetcher(5, 1_000_000, allow_private=True), Limits(), on_change)


def write(path: Path, text: str, age: float = 60.0) -> Path:
    """Write a file that settled some seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def sync(library: Library, folder: Path) -> list[tuple[str, str]]:
    return [(Path(outcome.name).name, outcome.state) for outcome in library.sync_folder(folder)]


def texts(store: MemoryStore) -> set[str]:
    return {article.text for article in store.by_number(store.numbers()).values()}


# Texts, uploads, pages


def test_a_text_is_one_article_however_often_it_is_added(library: Library) -> None:
    first = library.add_draft(Draft("It rains.", title="Rain"))
    second = library.add_draft(Draft("It rains.\r\n", title="Another"))
    assert (True, False) == (first.created, second.created)
    assert (first.article, 1) == (second.article, library.count())


def test_a_text_with_a_url_replaces_the_article_of_that_url(library: Library, store: MemoryStore) -> None:
    library.add_draft(Draft("It rains.", url="https://a.example/"))
    library.add_draft(Draft("It snows.", url="https://a.example/"))
    with pytest.raises(InvalidArticle):
        library.add_draft(Draft(" "))
    assert {"It snows."} == texts(store)


def test_an_upload_is_stored_and_an_unsupported_format_refused(library: Library) -> None:
    assert "It rains." == library.add_upload(b"It rains.", "rain.txt").article.text
    assert not library.add_upload(b"It rains.", "same.txt").created
    with pytest.raises(UnsupportedFormat):
        library.add_upload(b"GIF89a", "rain.gif")


class _Page(BaseHTTPRequestHandler):
    text = "It rains over the harbour and the ferry waits."

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/page"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_replaces_the_former_article_of_its_url(
    library: Library, store: MemoryStore, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site == library.add_url(site).article.url
    assert ["unchanged"] == [outcome.state for outcome in library.add_source(site)]
    monkeypatch.setattr(_Page, "text", "It snows over the harbour and the ferry waits.")
    assert ["added"] == [outcome.state for outcome in library.add_source(site)]
    assert {_Page.text} == texts(store)


def test_a_page_that_cannot_be_fetched_is_a_failure(library: Library) -> None:
    (outcome,) = library.add_source("http://127.0.0.1:1/")
    assert ("http://127.0.0.1:1/", "failed") == (outcome.name, outcome.state)
    assert "can't be reached" in str(outcome.problem)


def test_on_change_is_called_for_every_change(folder: Path) -> None:
    changes: list[int] = []
    library = library_of(MemoryStore(), lambda: changes.append(1))
    stored = library.add_draft(Draft("It rains.")).article
    assert 1 == len(changes)
    library.remove(stored.id)
    assert 2 == len(changes)
    write(folder / "a.txt", "It snows.")
    for _ in range(2):
        sync(library, folder)
        assert 3 == len(changes)
    (folder / "a.txt").unlink()
    sync(library, folder)
    assert 4 == len(changes)


def test_pages_of_the_list_count_from_one(library: Library) -> None:
    for number in range(5):
        library.add_draft(Draft(f"Number {number}."))
    assert ["Number 4.", "Number 3."] == [listed.title for listed in library.page(1, 2)]
    assert ["Number 0."] == [listed.title for listed in library.page(3, 2)]
    assert [] == library.page(4, 2)


def test_removing_an_unknown_article_is_an_error(library: Library) -> None:
    with pytest.raises(NotFound):
        library.remove("unknown")


# Adding files by hand


def test_a_folder_is_added_with_all_its_documents(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    write(folder / "sub" / "b.md", "two")
    write(folder / "picture.gif", "no document")
    outcomes = list(library.add_source(str(folder)))
    assert ["ignored", "added", "added"] == [outcome.state for outcome in outcomes]
    assert {"one", "two"} == texts(store)


@pytest.mark.parametrize(
    ("source", "problem"),
    [("nowhere.txt", "nowhere.txt"), ("nowhere", "nowhere"), ("articles", "articles holds no documents")],
)
@pytest.mark.usefixtures("folder")
def test_adding_a_path_without_documents_is_a_failure(
    library: Library, tmp_path: Path, source: str, problem: str
) -> None:
    (outcome,) = library.add_source(str(tmp_path / source))
    assert "failed" == outcome.state
    assert problem in str(outcome.problem)


def test_a_file_that_was_added_by_hand_can_be_replaced(library: Library, store: MemoryStore, tmp_path: Path) -> None:
    library.add_file(write(tmp_path / "a.txt", "one"))
    library.add_file(write(tmp_path / "a.txt", "two"))
    assert {"two"} == texts(store)


# Following a folder


def test_the_articles_follow_the_folder(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    write(folder / "sub" / "deep" / "b.md", "two")
    assert [("a.txt", "added"), ("b.md", "added")] == sync(library, folder)
    assert [] == sync(library, folder)
    write(folder / "a.txt", "three", age=30)
    assert [("a.txt", "added")] == sync(library, folder)
    assert {"two", "three"} == texts(store)
    shutil.rmtree(folder / "sub")
    assert [("b.md", "removed")] == sync(library, folder)
    assert {"three"} == texts(store)


def test_hidden_files_sidecars_and_other_formats_are_no_articles(library: Library, folder: Path) -> None:
    for name in (".hidden.txt", "~$draft.docx", "a.txt.toml", "a.gif", ".git/b.txt", "README"):
        write(folder / name, "title = 'x'")
    assert [] == sync(library, folder)
    assert {".toml": 1, ".gif": 1, "no ending": 1} == library.ignored(folder)


def test_ignored_files_are_logged_once(library: Library, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    write(folder / "a.gif", "x")
    assert {".gif": 1} == library.ignored(folder)  # scanned now, since it was not synced yet
    for more in ("b.gif", "c.zip"):
        write(folder / more, "x")
    for _ in range(2):
        sync(library, folder)
    assert {".gif": 2, ".zip": 1} == library.ignored(folder)
    messages = [record.message for record in caplog.records if "not read" in record.message]
    assert [f"In {folder}, 3 files are of kinds that are not read: .gif (2), .zip (1)."] == messages
    (ignored,) = (one for one in library.add_source(str(folder)) if one.state == "ignored")
    assert "3 files are of kinds that are not read: .gif (2), .zip (1)." == ignored.problem
    assert {} == library.ignored(folder / "nowhere")


def test_title_and_date_follow_the_sidecar(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "It rains.")
    sync(library, folder)
    (before,) = store.numbers()
    write(folder / "a.txt.toml", 'title = "Rain"\npublished = 2022-01-13')
    assert [("a.txt", "unchanged")] == sync(library, folder)
    (listed,) = library.page(1, 9)
    assert ("Rain", "2022-01-13") == (listed.title, listed.published)
    assert [before] < store.numbers()
    (folder / "a.txt.toml").unlink()
    sync(library, folder)
    assert ["It rains."] == [listed.title for listed in library.page(1, 9)]


def test_an_edit_survives_a_change_of_the_file_and_an_upgrade(
    library: Library, store: MemoryStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "a.txt", "It rains.")
    sync(library, folder)
    edited = library.edit(article_id("It rains."), {"title": "  Rain\nhere ", "tags": ["wet", "wet"]})
    assert ("Rain here", ("wet",)) == (edited.title, edited.tags)
    write(folder / "a.txt", "It pours.", age=50)
    sync(library, folder)
    upgrade(monkeypatch)
    sync(library, folder)
    (found,) = store.by_number(store.numbers()).values()
    assert ("IT POURS.", "Rain here", ("wet",)) == (found.text, found.title, found.tags)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": " "}, "The title is empty"),
        ({"title": None}, "The title is empty"),
        ({"url": "harbour"}, "The url 'harbour' is not a web address"),
        ({"updated": "soon"}, "The date 'soon' is not"),
        ({"replaces": "the old one"}, "replaces must be the id of an article or a web address"),
        ({"replaces": article_id("It rains.")}, "can't replace itself"),
    ],
)
def test_a_bad_edit_is_refused_and_changes_nothing(
    library: Library, values: dict[str, str | None], message: str
) -> None:
    before = library.add_draft(Draft("It rains.")).article
    with pytest.raises(InvalidArticle, match=message):
        library.edit(before.id, values)
    assert before == library.get(before.id)


def test_metadata_of_an_upload_goes_before_that_of_the_document(library: Library) -> None:
    document = b"---\ntitle: Old\nlang: en\n---\nIt rains."
    stored = library.add_upload(document, "a.md", metadata={"title": "Rain", "tags": ("wet",)})
    assert ("Rain", "en", ("wet",)) == (stored.article.title, stored.article.language, stored.article.tags)
    again = library.add_upload(document, "a.md", metadata={"title": "Much rain"})
    assert (False, "Much rain", ("wet",)) == (again.created, again.article.title, again.article.tags)
    assert "Much rain" == library.add_upload(document, "a.md").article.title


def test_a_renamed_file_keeps_its_article(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "It rains.")
    sync(library, folder)
    before = store.numbers(), store.revision
    (folder / "a.txt").rename(folder / "b.txt")
    assert [("b.txt", "unchanged")] == sync(library, folder)
    assert before == (store.numbers(), store.revision)
    (folder / "b.txt").unlink()
    sync(library, folder)
    assert 0 == store.count()


def test_a_file_renamed_away_from_its_sidecar_loses_its_metadata(library: Library, folder: Path) -> None:
    write(folder / "a.txt", "It rains.")
    write(folder / "a.txt.toml", 'title = "Rain"')
    sync(library, folder)
    (folder / "a.txt").rename(folder / "b.txt")
    sync(library, folder)
    sync(library, folder)
    assert ["It rains."] == [listed.title for listed in library.page(1, 9)]


def test_the_whole_folder_can_be_moved(library: Library, store: MemoryStore, folder: Path, tmp_path: Path) -> None:
    for name in "abc":
        write(folder / f"{name}.txt", name)
    sync(library, folder)
    library.remove(article_id("c"))
    before = store.numbers()
    moved = folder.rename(tmp_path / "elsewhere")
    assert [("a.txt", "unchanged"), ("b.txt", "unchanged")] == sync(library, moved)
    assert before == store.numbers()
    assert all(origin.name.startswith(origin_of(moved)) for origin in store.origins())
    (moved / "a.txt").unlink()
    sync(library, moved)
    assert {"b"} == texts(store)


def test_an_article_of_two_files_is_removed_with_the_second(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "same")
    write(folder / "b.txt", "same")
    assert [("a.txt", "added"), ("b.txt", "unchanged")] == sync(library, folder)
    (folder / "a.txt").unlink()
    sync(library, folder)
    assert {"same"} == texts(store)
    (folder / "b.txt").unlink()
    assert [("b.txt", "removed")] == sync(library, folder)


def test_an_article_also_added_by_hand_survives_its_file(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "same")
    sync(library, folder)
    library.add_draft(Draft("same"))
    (folder / "a.txt").unlink()
    assert [] == sync(library, folder)
    assert {"same"} == texts(store)


def test_a_missing_folder_keeps_its_articles_and_is_a_failure(
    library: Library, store: MemoryStore, folder: Path, tmp_path: Path
) -> None:
    write(folder / "a.txt", "one")
    sync(library, folder)
    folder.rename(tmp_path / "unplugged")
    expected = [DocumentOutcome(str(folder), "failed", problem=f"The folder {folder} can't be read: it is not there.")]
    assert expected == list(library.sync_folder(folder))
    assert expected == library.problems(folder)
    assert {"one"} == texts(store)
    (tmp_path / "unplugged").rename(folder)
    assert [] == sync(library, folder)
    assert [] == library.problems(folder)


def test_a_file_in_place_of_the_folder_keeps_the_articles(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    sync(library, folder)
    shutil.rmtree(folder)
    folder.write_text("a file")
    (outcome,) = library.sync_folder(folder)
    assert f"The folder {folder} can't be read: not a directory." == outcome.problem
    assert {"one"} == texts(store)


def test_folders_with_a_common_prefix_do_not_mix(library: Library, store: MemoryStore, tmp_path: Path) -> None:
    write(tmp_path / "news" / "a.txt", "one")
    sync(library, tmp_path / "news")
    library.add_file(write(tmp_path / "news-old" / "b.txt", "two"))
    assert [] == sync(library, tmp_path / "news")
    assert {"one", "two"} == texts(store)


# Deleted by a user


def test_a_deleted_article_returns_when_its_file_changes(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    sync(library, folder)
    library.remove(article_id("one"))
    assert [] == sync(library, folder)
    assert [] == library.problems(folder)
    write(folder / "a.txt", "two", age=30)
    assert [("a.txt", "added")] == sync(library, folder)
    assert {"two"} == texts(store)


def test_touching_its_file_returns_no_deleted_article(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    sync(library, folder)
    library.remove(article_id("one"))
    write(folder / "a.txt", "one", age=30)
    assert [] == sync(library, folder)
    for age, text in ((25, ""), (20, "\u200b")):  # the second is invisible
        write(folder / "a.txt", text, age=age)
        assert [("a.txt", "failed")] == sync(library, folder)
    write(folder / "a.txt", "two", age=10)
    assert [("a.txt", "added")] == sync(library, folder)
    assert {"two"} == texts(store)


def test_adding_its_file_by_hand_returns_a_deleted_article(library: Library, store: MemoryStore, folder: Path) -> None:
    path = write(folder / "a.txt", "one")
    sync(library, folder)
    library.remove(article_id("one"))
    assert "added" == library.add_file(path).state
    assert [] == sync(library, folder)
    assert {"one"} == texts(store)


def test_renaming_or_copying_returns_no_deleted_article(library: Library, store: MemoryStore, folder: Path) -> None:
    path = write(folder / "a.txt", "one")
    sync(library, folder)
    library.remove(article_id("one"))
    path = path.rename(folder / "b.txt")
    assert [] == sync(library, folder)
    shutil.copy2(path, folder / "copy.bin")
    (folder / "copy.bin").replace(path)
    assert [] == sync(library, folder)
    assert 0 == store.count()


# A new version that reads documents differently


def upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files and uploads read as by another version of the readers, which writes all in capitals."""

    def read(data: bytes, *_: object, **__: object) -> Draft:
        return Draft(data.decode().upper(), media_type="text/plain")

    monkeypatch.setattr("corpus.ingest.folder.READER_VERSION", READER_VERSION + 1)
    for module in ("corpus.documents.files", "corpus.ingest.library"):
        monkeypatch.setattr(f"{module}.read_document", read)


def test_files_are_read_again_after_an_upgrade(
    library: Library, store: MemoryStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "a.txt", "one")
    sync(library, folder)
    added_at = store.get(article_id("one")).added_at
    library.add_upload(b"one", "upload.txt")
    upgrade(monkeypatch)
    assert [("a.txt", "added")] == sync(library, folder)
    assert {"ONE"} == texts(store)
    assert added_at == store.get(article_id("ONE")).added_at
    with pytest.raises(ArticleReplaced) as error:
        store.get(article_id("one"))
    assert article_id("ONE") == error.value.article_id
    assert [] == sync(library, folder)


@pytest.mark.parametrize("change", ["nothing", "touched", "moved"])
def test_a_deleted_article_stays_deleted_after_an_upgrade(
    library: Library, store: MemoryStore, folder: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = write(folder / "a.txt", "one")
    sync(library, folder)
    library.remove(article_id("one"))
    upgrade(monkeypatch)
    if change == "touched":
        write(path, "one", age=30)
    elif change == "moved":
        path.rename(folder / "b.txt")
    assert [] == sync(library, folder)
    assert 0 == store.count()


class Crashing:
    """A worker whose process is ended by each document, as a bug of a new version may do; `tried` are their names."""

    def __init__(self, worker: ProcessWorker) -> None:
        self._worker = worker
        self.tried: list[str] = []

    def run(self, parse: Callable[[bytes], T], data: bytes, name: str, seconds: float = 6.0) -> T:
        self.tried.append(Path(name).name)
        return self._worker.run(crash, data, name, seconds)  # type: ignore[return-value]

    def close(self) -> None:
        self._worker.close()


@pytest.fixture
def crashing() -> Iterator[Crashing]:
    with closing(Crashing(ProcessWorker())) as made:
        yield made


def crashing_library(store: MemoryStore, worker: Crashing) -> Library:
    return Library(store, Fetcher(5, 1_000_000), Limits(), worker=worker)


def test_a_file_that_a_new_version_refuses_keeps_its_article_and_is_not_tried_again(
    library: Library, store: MemoryStore, folder: Path, crashing: Crashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder / "a.txt", "one")
    sync(library, folder)
    before = store.numbers()
    monkeypatch.setattr("corpus.ingest.folder.READER_VERSION", READER_VERSION + 1)
    new = crashing_library(store, crashing)
    for change in ("the version", "its sidecar", "its time", "its name"):
        if change == "its sidecar":
            write(folder / "a.txt.toml", "title = 'One'")
        elif change == "its time":
            write(path, "one", age=30)
        elif change == "its name":
            (folder / "a.txt.toml").unlink()
            sync(new, folder)
            path = path.rename(folder / "b.txt")
        count = len(crashing.tried)
        found = sync(new, folder)
        assert [(path.name, "failed")] == found or change == "its time"  # which changes nothing that it says
        (problem,) = new.problems(folder)
        stays = r"crashes its parser \(signal SIGSEGV\)\..* The article that was read from it before stays\."
        assert re.search(stays, str(problem.problem))
        assert (str(path), before, count + 1) == (problem.name, store.numbers(), len(crashing.tried))
        for _ in range(2):
            assert [] == sync(new, folder)
        assert count + 1 == len(crashing.tried)
    write(path, "two", age=20)
    sync(new, folder)
    assert 0 == store.count()  # the file says something else now


def test_what_was_deleted_stays_deleted_where_a_new_version_refuses_its_file(
    library: Library, store: MemoryStore, folder: Path, crashing: Crashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "a.txt", "one")
    write(folder / "b.txt", "two")
    sync(library, folder)
    for text in ("one", "two"):
        library.remove(article_id(text))
    new = crashing_library(store, crashing)
    write(folder / "a.txt", "one", age=30)
    write(folder / "b.txt", "changed", age=30)
    assert [("b.txt", "failed")] == sync(new, folder)
    write(folder / "b.txt", "two", age=20)
    upgrade(monkeypatch)
    assert [] == sync(library, folder)
    assert (0, []) == (store.count(), library.problems(folder))


def test_a_file_of_a_format_that_is_no_longer_read_keeps_its_article_and_its_deletion(
    library: Library, store: MemoryStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        write(folder / f"{name}.log", f"{name} log")
    sync(library, folder)
    library.remove(article_id("two log"))
    monkeypatch.setattr(formats, "FORMATS", ())
    monkeypatch.setattr(formats, "_BY_EXTENSION", {".txt": formats.TEXT})
    assert [] == sync(library, folder)
    monkeypatch.setattr("corpus.ingest.folder.READER_VERSION", READER_VERSION + 1)
    monkeypatch.setattr(formats, "FORMATS", (formats.TEXT, formats.HTML))
    (outcome,) = library.sync_folder(folder)
    assert ".log is no format that Citeline reads" in str(outcome.problem)
    assert {"one log"} == texts(store)
    monkeypatch.undo()
    assert [("one.log", "unchanged")] == sync(library, folder)
    (folder / "one.log").unlink()
    assert [("one.log", "removed")] == sync(library, folder)


def test_an_upload_of_the_same_file_replaces_what_was_read_of_it(
    library: Library, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert library.add_upload(b"one", "a.txt").created
    assert not library.add_upload(b"one", "b.txt").created
    upgrade(monkeypatch)
    library.add_upload(b"one", "a.txt")
    assert {"ONE"} == texts(store)


# Originals


def test_the_file_of_an_article_is_kept(library: Library, folder: Path) -> None:
    path = write(folder / "a.md", "# One")
    write(folder / "a.md.toml", 'title = "First"')
    outcome = library.add_file(path)
    assert outcome.article is not None
    assert Original("a.md", "text/markdown", b"# One") == library.original(outcome.article.id)
    upload = library.add_upload(b"two", "C:\\letters\\two.txt").article
    assert Original("two.txt", "text/plain", b"two") == library.original(upload.id)
    with pytest.raises(NotFound):
        library.original(library.add_draft(Draft("three")).article.id)


def test_a_file_larger_than_the_limit_is_not_kept(store: MemoryStore) -> None:
    library = Library(store, Fetcher(5, 1_000_000), Limits(max_original=3))
    library.add_upload(b"two", "a.txt")
    library.original(article_id("two"))
    library.add_upload(b"three", "b.txt")
    with pytest.raises(NotFound):
        library.original(article_id("three"))


# Files that can't be read


def test_a_bad_file_fails_once_and_is_listed_until_it_is_repaired(library: Library, folder: Path) -> None:
    write(folder / "a.txt", "\x00\x01\x02" * 100)
    write(folder / "b.txt", "one")
    assert [("a.txt", "failed"), ("b.txt", "added")] == sync(library, folder)
    assert [] == sync(library, folder)
    (problem,) = library.problems(folder)
    assert str(folder / "a.txt") == problem.name
    assert "a.txt" in str(problem.problem)
    write(folder / "a.txt", "mended", age=30)
    assert [("a.txt", "added")] == sync(library, folder)
    assert [] == library.problems(folder)
    write(folder / "b.txt", " ", age=30)
    assert [("b.txt", "failed")] == sync(library, folder)
    assert ["mended"] == [listed.title for listed in library.page(1, 9)]  # the unreadable file lost its article


def test_a_bad_sidecar_changes_nothing_until_it_is_repaired(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    write(folder / "a.txt.toml", 'title = "Rain"\npublished = 2022-01-13')
    sync(library, folder)
    write(folder / "a.txt.toml", 'title = "Snow"\npublished = soon', age=50)
    (outcome,) = library.sync_folder(folder)
    assert ("unchanged", "Rain") == (outcome.state, getattr(outcome.article, "title", None))
    assert "a.txt.toml is not valid TOML in line 2" in str(outcome.problem)
    assert [] == sync(library, folder)
    (problem,) = library.problems(folder)
    assert (str(folder / "a.txt.toml"), outcome.problem) == (problem.name, problem.problem)
    stored = store.get(article_id("one"))
    assert ("Rain", "2022-01-13") == (stored.title, stored.published)
    write(folder / "a.txt.toml", 'title = "Snow"', age=40)
    assert [("a.txt", "unchanged")] == sync(library, folder)
    assert "Snow" == store.get(stored.id).title
    assert [] == library.problems(folder) == sync(library, folder)


def test_a_new_article_is_read_without_its_bad_sidecar(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    write(folder / "a.txt.toml", "titel = 'Rain'")
    assert [("a.txt", "added")] == sync(library, folder)
    assert "one" == store.get(article_id("one")).title
    write(folder / "a.txt", "two", age=50)
    assert [("a.txt", "added")] == sync(library, folder)
    assert {"two"} == texts(store)
    assert 1 == len(library.problems(folder))
    (folder / "a.txt.toml").unlink()
    assert [("a.txt", "unchanged")] == sync(library, folder)
    assert [] == library.problems(folder)


def test_a_bad_sidecar_is_removed_with_its_document(library: Library, store: MemoryStore, folder: Path) -> None:
    write(folder / "a.txt", "one")
    write(folder / "a.txt.toml", "titel = 'Rain'")
    sync(library, folder)
    (folder / "a.txt").unlink()
    assert [("a.txt", "removed")] == sync(library, folder)
    assert ([], []) == (library.problems(folder), list(store.origins()))


def test_a_deleted_article_stays_away_despite_a_bad_sidecar(library: Library, folder: Path) -> None:
    write(folder / "a.txt", "one")
    sync(library, folder)
    library.remove(article_id("one"))
    write(folder / "a.txt.toml", "titel = 'Rain'")
    assert [] == sync(library, folder)
    assert (0, 1) == (library.count(), len(library.problems(folder)))
    write(folder / "a.txt.toml", "title = 'Rain'", age=30)
    assert [] == sync(library, folder)
    assert (0, []) == (library.count(), library.problems(folder))


def test_a_file_added_by_hand_reports_the_problem_of_its_sidecar(library: Library, tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "one")
    write(tmp_path / "a.txt.toml", "titel = 'Rain'")
    for state in ("added", "unchanged"):
        outcome = library.add_file(path)
        assert (state, True) == (outcome.state, "unknown key 'titel'" in str(outcome.problem))


def test_a_bad_file_that_vanishes_is_no_longer_listed(library: Library, folder: Path) -> None:
    write(folder / "a.txt", " ")
    sync(library, folder)
    (folder / "a.txt").unlink()
    assert [] == sync(library, folder)
    assert [] == library.problems(folder)


def test_a_file_without_permission_keeps_its_article(library: Library, store: MemoryStore, public_folder: Path) -> None:
    path = write(public_folder / "a.txt", "one")
    new = write(public_folder / "b.txt", "two")
    new.chmod(0)
    with ordinary_user():
        assert [("a.txt", "added"), ("b.txt", "failed")] == sync(library, public_folder)
        assert [] == sync(library, public_folder)
    path.chmod(0)
    os.utime(path, (LONG_AGO, LONG_AGO))
    with ordinary_user():
        assert [("a.txt", "failed")] == sync(library, public_folder)
        assert [] == sync(library, public_folder)
    problems = [str(one.problem) for one in library.problems(public_folder)]
    assert [True, True] == ["there is no permission to read it" in problem for problem in problems]
    assert {"one"} == texts(store)
    path.chmod(0o644)
    new.chmod(0o644)
    assert [("a.txt", "unchanged"), ("b.txt", "added")] == sync(library, public_folder)
    assert [] == library.problems(public_folder)


def test_a_shut_subfolder_keeps_its_articles(library: Library, store: MemoryStore, public_folder: Path) -> None:
    write(public_folder / "shut" / "a.txt", "one")
    write(public_folder / "b.txt", "two")
    sync(library, public_folder)
    (public_folder / "shut").chmod(0)
    (public_folder / "b.txt").unlink()
    with ordinary_user():
        assert [("shut", "failed"), ("b.txt", "removed")] == sync(library, public_folder)
        assert [] == sync(library, public_folder)
    assert {"one"} == texts(store)
    assert [str(public_folder / "shut")] == [problem.name for problem in library.problems(public_folder)]
    (public_folder / "shut").chmod(0o755)
    assert [] == sync(library, public_folder)
    assert [] == library.problems(public_folder)


def test_a_file_that_vanishes_while_it_is_read_is_no_problem(store: MemoryStore, folder: Path) -> None:
    paths = [write(folder / f"{name}.txt", name) for name in "ab"]

    def vanish() -> None:
        paths[1].unlink(missing_ok=True)

    library = library_of(store, on_change=vanish)
    assert [("a.txt", "added")] == sync(library, folder)
    assert [] == library.problems(folder)


def test_a_pipe_fails_once_and_does_not_block(library: Library, folder: Path) -> None:
    os.mkfifo(folder / "a.txt")
    os.utime(folder / "a.txt", (LONG_AGO, LONG_AGO))
    assert [("a.txt", "failed")] == sync(library, folder)
    assert [] == sync(library, folder)


def test_a_crash_of_a_parser_affects_one_file_only(folder: Path) -> None:
    class Stumbling(MemoryStore):
        def put(self, article: Article, origin: str, *others: str | None) -> StoredArticle:
            if article.text == "one":
                raise RecursionError
            return super().put(article, origin, *others)

    store = Stumbling()
    library = library_of(store)
    write(folder / "a.txt", "one")
    write(folder / "b.txt", "two")
    assert [("a.txt", "failed"), ("b.txt", "added")] == sync(library, folder)
    assert "a.txt is nested too deeply to be read." in str(library.problems(folder)[0].problem)


def test_a_bug_of_a_reader_is_reported_as_ours_and_affects_one_file_only(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("corpus.documents.office.tables._delimiter", None)
    write(folder / "a.csv", "Port,Time\nHull,noon")
    write(folder / "b.txt", "two")
    assert [("a.csv", "failed"), ("b.txt", "added")] == sync(library, folder)
    (problem,) = library.problems(folder)
    expected = (
        f"{folder / 'a.csv'} can't be read, by an error of Citeline and not of the file: TypeError in its reader."
    )
    assert str(problem.problem).startswith(expected)
    assert "'NoneType' object is not callable" in caplog.text


def test_a_full_disk_is_not_a_problem_of_the_file(folder: Path) -> None:
    class Full(MemoryStore):
        def put(self, article: Article, origin: str, *others: str | None) -> StoredArticle:
            raise StorageProblem("full")

    write(folder / "a.txt", "one")
    with pytest.raises(StorageProblem):
        sync(library_of(Full()), folder)


# Names and links


@pytest.mark.parametrize("name", ["two words.txt", "100%25.txt", "#1?.txt", "übermäßig 😀.txt", "a\nb.txt", "'\".txt"])
def test_a_file_may_have_any_name(library: Library, store: MemoryStore, folder: Path, name: str) -> None:
    path = write(folder / name, "one")
    assert [(name, "added")] == sync(library, folder)
    assert [] == sync(library, folder)
    assert path == path_of(next(store.origins()).name)


def test_a_file_name_that_is_not_utf8_is_read_and_escaped(library: Library, store: MemoryStore, folder: Path) -> None:
    good, bad = (folder / os.fsdecode(name) for name in (b"caf\xe9.txt", b"bad\xff.txt"))
    write(good, "one")
    write(bad, " ")
    assert [("bad\\udcff.txt", "failed"), ("caf\\udce9.txt", "added")] == sync(library, folder)
    (problem,) = library.problems(folder)
    assert (problem.name, problem.problem) == (printable(problem.name), printable(str(problem.problem)))
    problem.name.encode()
    str(problem.problem).encode()
    assert {"one"} == texts(store)


def test_links_to_files_of_the_folder_are_read(library: Library, store: MemoryStore, folder: Path) -> None:
    target = write(folder / ".kept" / "a.txt", "one")
    (folder / "link.txt").symlink_to(target)
    (folder / "round").symlink_to(folder)
    assert [("link.txt", "added")] == sync(library, folder)
    write(target, "two", age=30)
    assert [("link.txt", "added")] == sync(library, folder)
    target.unlink()
    assert [("link.txt", "failed")] == sync(library, folder)
    assert {"two"} == texts(store)
    (folder / "link.txt").unlink()
    assert [("link.txt", "removed")] == sync(library, folder)


def test_links_out_of_the_folder_fail_once_and_are_not_read(
    library: Library, store: MemoryStore, folder: Path, tmp_path: Path
) -> None:
    target = write(tmp_path / "outside" / "a.txt", "one")
    (folder / "link.txt").symlink_to(target)
    (folder / "outside").symlink_to(tmp_path / "outside")
    assert [("link.txt", "failed")] == sync(library, folder)
    assert [] == sync(library, folder)
    (problem,) = library.problems(folder)
    assert "is a link that leads out of the folder" in str(problem.problem)
    assert set() == texts(store)
    assert ["failed"] == [one.state for one in library.add_source(str(folder)) if one.state != "ignored"]
    assert "added" == library.add_file(folder / "link.txt").state  # named by hand, it is meant


def test_a_folder_may_be_a_link(library: Library, folder: Path, tmp_path: Path) -> None:
    write(folder / "a.txt", "one")
    (tmp_path / "link").symlink_to(folder)
    assert [("a.txt", "added")] == sync(library, tmp_path / "link")
    assert [] == sync(library, folder)


# Files that are being written


def test_a_file_that_is_being_written_is_waited_for(library: Library, store: MemoryStore, folder: Path) -> None:
    path = write(folder / "a.txt", "half", age=0)
    write(folder / "b.txt", "settled")
    seen: list[set[str]] = []

    def pause(seconds: float) -> None:
        seen.append(texts(store))
        if len(seen) == 1:
            path.write_text("the whole")
        time.sleep(seconds)

    assert ["added", "added"] == [outcome.state for outcome in library.sync_folder(folder, pause)]
    assert [{"settled"}, {"settled"}] == seen
    assert {"the whole", "settled"} == texts(store)


def test_a_file_that_never_settles_waits_for_the_next_sync(library: Library, store: MemoryStore, folder: Path) -> None:
    path = write(folder / "a.txt", "one", age=0)

    def pause(seconds: float) -> None:
        path.write_text(path.read_text() + " more")

    assert [] == list(library.sync_folder(folder, pause))
    assert 0 == store.count()
    time.sleep(SETTLE_SECONDS)
    assert [("a.txt", "added")] == sync(library, folder)


def test_a_file_from_the_future_is_read_once_it_settles(library: Library, folder: Path) -> None:
    write(folder / "a.txt", "one", age=-100_000)
    assert [("a.txt", "added")] == sync(library, folder)
    pauses: list[float] = []
    assert [] == list(library.sync_folder(folder, pauses.append))
    assert [] == pauses


def test_a_true_pause_ends_the_waiting(library: Library, folder: Path) -> None:
    write(folder / "a.txt", "one", age=0)
    assert [] == list(library.sync_folder(folder, lambda seconds: True))


def test_syncing_another_folder_removes_the_articles_of_the_former_one(
    library: Library, store: MemoryStore, folder: Path, tmp_path: Path
) -> None:
    write(folder / "a.txt", "one")
    write(folder / "both.txt", "in both folders")
    library.add_draft(Draft("given by hand"))
    sync(library, folder)
    other = tmp_path / "other"
    write(other / "c.txt", "two")
    write(other / "again.txt", "in both folders")
    assert {("again.txt", "unchanged"), ("c.txt", "added"), ("a.txt", "removed")} == set(sync(library, other))
    assert {"two", "in both folders", "given by hand"} == texts(store)
    assert other == library.synced_folder()


def test_a_missing_folder_does_not_replace_the_synced_one(
    library: Library, store: MemoryStore, folder: Path, tmp_path: Path
) -> None:
    write(folder / "a.txt", "one")
    sync(library, folder)
    assert [("missing", "failed")] == sync(library, tmp_path / "missing")
    assert {"one"} == texts(store)
    assert folder == library.synced_folder()


def test_a_file_above_the_limit_keeps_its_article_until_the_limit_is_raised(store: MemoryStore, folder: Path) -> None:
    changes: list[None] = []
    fetcher = Fetcher(5, allow_private=True)
    small, large = (
        Library(store, fetcher, Limits(max_bytes=size), lambda: changes.append(None)) for size in (100, 1_000)
    )
    write(folder / "ferry.txt", "The ferry sails at noon.")
    sync(large, folder)
    (before,) = (article.id for article in store.page(0, 9))
    write(folder / "ferry.txt", f"The ferry sails at nine.\n{'It is late. ' * 20}", age=50)
    write(folder / "fog.txt", f"The fog is thick.\n{'It is cold. ' * 20}", age=50)
    changes.clear()
    assert [("ferry.txt", "failed"), ("fog.txt", "failed")] == sorted(sync(small, folder))
    assert [before] == [article.id for article in store.page(0, 9)]
    assert 2 == len(changes)
    assert [] == sync(small, folder)
    assert 2 == len(changes)
    assert [("ferry.txt", "added"), ("fog.txt", "added")] == sorted(sync(large, folder))
    assert [] == small.problems(folder)
    assert 2 == store.count()
