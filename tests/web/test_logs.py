import json
import logging
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from corpus.article import Draft
from corpus.documents import Limits
from corpus.errors import StorageProblem
from corpus.events import log_event
from corpus.ingest.bulk import load_rows
from corpus.ingest.tables import TableRow
from corpus.store.article_store import ArticleStore
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.web.test_api import add
from web.logs import FORMATS, JsonLines, TextLines, remove_secrets, start

log = logging.getLogger("tests.logs")


class EntryRecorder(logging.Handler):
    """Keeps what is logged, as lines of JSON that were read again."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.entries: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        assert "\n" not in line
        self.entries.append(json.loads(line))

    def of(self, event: str) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["event"] == event]


@pytest.fixture
def recorder() -> Iterator[EntryRecorder]:
    handler, root = EntryRecorder(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_json_line_has_time_level_and_event(recorder: EntryRecorder) -> None:
    log_event(log, logging.WARNING, "file_refused", "It is\nbroken: caf\u00e9.", name="a\udce9.pdf", pages=3)
    (entry,) = recorder.entries
    assert entry.pop("time").endswith("+00:00")
    assert {
        "level": "warning",
        "event": "file_refused",
        "logger": "tests.logs",
        "message": "It is\nbroken: caf\u00e9.",
        "name": "a\udce9.pdf",
        "pages": 3,
    } == entry


def test_other_records_are_messages_and_keep_their_traceback(recorder: EntryRecorder) -> None:
    try:
        raise ValueError("at http://a.example/?key=secret")
    except ValueError:
        log.exception("That was %s.", "wrong")
    (entry,) = recorder.entries
    assert ("message", "That was wrong.") == (entry["event"], entry["message"])
    assert "ValueError" in entry["exception"]
    assert "secret" not in entry["exception"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://a.example/feed", "http://a.example/feed"),
        ("see https://u:p@a.example/feed?key=k'ey, please", "see https://a.example/feed?… please"),
        ("HTTP://user@a.example", "HTTP://a.example"),
        ("two: http://a.example/?x=1 http://b.example/?y=2", "two: http://a.example/?… http://b.example/?…"),
        ("mail a@b.example, what?", "mail a@b.example, what?"),
        ("https://a.example/@name/feed", "https://a.example/@name/feed"),
    ],
)
def test_passwords_and_queries_of_addresses_are_left_out(text: str, shown: str) -> None:
    assert shown == remove_secrets(text)


def test_no_log_format_has_the_secrets_of_an_address(recorder: EntryRecorder) -> None:
    url = "https://user:hidden@a.example/feed?key=hidden"
    log_event(log, logging.WARNING, "feed_failed", f"{url} is gone.", url=url)
    assert "hidden" not in json.dumps(recorder.entries)
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "%s is gone.", (url,), None)
    assert "https://a.example/feed?… is gone." == TextLines("%(message)s").format(record)


HOSTILE = "mill\r\nERROR forged\x1b[31m red\u2028next\u2029\u202eturned\u2066\x85\x00\x9b1m \udce9.pdf"


@pytest.mark.parametrize("log_format", FORMATS)
def test_what_comes_from_outside_cannot_forge_a_line(log_format: str) -> None:
    formatter = JsonLines() if log_format == "json" else TextLines("%(asctime)s %(levelname)s %(name)s: %(message)s")
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "%s can't be read.", (HOSTILE,), None)
    record.__dict__.update(event="file_refused", fields={"name": HOSTILE})
    line = formatter.format(record)
    assert line.isprintable()
    assert "mill\\r\\nERROR forged\\" in line


def test_a_message_of_an_error_begins_no_line_of_the_log() -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "It failed: %s", (HOSTILE,), sys.exc_info())
    first, *traceback = TextLines("%(message)s").format(record).split("\n")
    assert first.startswith("It failed: mill\\r\\nERROR")
    assert any("ERROR forged" in line for line in traceback)
    assert all(line.startswith("    ") and line.isprintable() for line in traceback)


def test_requests_cannot_forge_lines(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_app().test_client()
    client.get("/articles/a%0d%0aERROR%20forged%1b%5b31m%e2%80%a8", headers={"User-Agent": "x\x1b[31m"})
    client.post("/articles", json={"text": "A mill.", "title": "a\r\nERROR forged\u2028b", "source": "\u202ex"})
    client.post("/articles", json={"url": "ftp://a.example/\nERROR"})
    assert caplog.records
    assert all(TextLines("%(message)s").format(record).isprintable() for record in caplog.records)


@pytest.mark.parametrize(("form", "kind"), [("json", JsonLines), ("text", TextLines)])
def test_the_log_format_follows_the_setting(monkeypatch: pytest.MonkeyPatch, form: str, kind: type) -> None:
    options: dict[str, Any] = {}
    monkeypatch.setattr("logging.basicConfig", lambda **more: options.update(more))
    start("info", form, timestamps=True)
    assert "INFO" == options["level"]
    assert isinstance(options["handlers"][0].formatter, kind)


def test_requests_are_logged_without_the_question(recorder: EntryRecorder, client: CheckedClient) -> None:
    client.get("/ask?question=is+it+private")
    entry = recorder.of("request")[-1]
    assert ("GET", "/ask", 200, "debug") == (entry["method"], entry["path"], entry["status"], entry["level"])
    assert entry["took_ms"] >= 0
    assert "127.0.0.1" == entry["client"]
    assert "private" not in json.dumps(recorder.of("request"))


def test_the_life_of_an_article_is_logged(recorder: EntryRecorder, make_app: MakeApp) -> None:
    client = make_app().test_client()
    assert isinstance(client, CheckedClient)
    article = add(client, text="The mill grinds oats.", title="Mill", url="http://a.example/mill?key=secret")
    changed = client.post(
        "/articles?wait=true", json={"text": "It grinds rye.", "url": "http://a.example/mill?key=secret"}
    )
    client.delete(f"/articles/{changed.json['id']}")
    (added,) = [entry for entry in recorder.of("article_added") if entry["title"] == "Mill"]
    assert (article["id"], "url:http://a.example/mill?…") == (added["id"], added["origin"])
    assert [changed.json["id"]] == [entry["id"] for entry in recorder.of("article_changed")]
    assert [changed.json["id"]] == [entry["id"] for entry in recorder.of("article_removed")]


def test_a_build_is_logged_with_counts_and_duration(recorder: EntryRecorder, make_app: MakeApp) -> None:
    make_app()
    assert ["update"] == [entry["kind"] for entry in recorder.of("build_started")]
    (published,) = recorder.of("build_published")
    assert (1, 2, 4) == (published["generation"], published["articles"], published["sentences"])
    assert published["seconds"] >= 0


def test_a_build_that_fails_says_why(
    recorder: EntryRecorder, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer = make_app().extensions["citeline"].indexer

    def full(*options: object) -> None:
        raise StorageProblem("The disk is full.")

    monkeypatch.setattr("index.generations.builder.mark_files", full)
    with pytest.raises(StorageProblem):
        indexer.rebuild_now()
    (failed,) = recorder.of("build_failed")
    assert ("rebuild", "The disk is full.") == (failed["kind"], failed["problem"])


def test_a_request_that_is_refused_says_why(recorder: EntryRecorder, client: CheckedClient) -> None:
    client.post("/articles", json={"url": "ftp://a.example/"})
    (refused,) = recorder.of("request_refused")
    assert ("/articles", 422) == (refused["path"], refused["status"])
    assert "must begin with http" in refused["message"]


def test_rows_are_logged_by_the_batch(recorder: EntryRecorder, tmp_path: Path) -> None:
    rows = [TableRow(1, Draft("One.")), TableRow(2, None, "It is no JSON."), TableRow(3, Draft("One."))]
    with closing(ArticleStore.open(tmp_path / "articles.sqlite")) as store:
        list(load_rows(rows, store, Limits(), lambda: None))
    (entry,) = recorder.of("articles_loaded")
    assert (1, 1, 1) == (entry["added"], entry["unchanged"], entry["failed"])
