"""The commands `add` and `export`, run as a user runs them."""

import gzip
import io
import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cli.articles import MAX_PROBLEMS
from corpus.ingest.bulk import BATCH_ROWS
from corpus.store.article_store import ArticleStore
from tests.corpus.fetching.test_sitemaps import listing, page
from tests.test_app import Command, Place, in_process, refused
from tests.waiting import comes
from tests.web_server import Site, answer
from tests.web_server import site as site  # noqa: PLC0414


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def command(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return lambda *args: in_process(place, monkeypatch, capsys, *args)


def json_lines(*rows: object) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


FERRY = {"text": "The ferry leaves at noon.", "title": "Ferry", "url": "https://a.example/ferry"}
BUS = {"text": "The bus leaves at nine.", "title": "Bus", "published": "2022-01-13"}


def test_json_lines_are_added_and_answer(command: Command, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_bytes(json_lines(FERRY, BUS))
    assert (0, "2 added, 0 unchanged, 0 failed\n", "") == command("add", "--jsonl", str(tmp_path / "all.jsonl"))
    assert (0, "0 added, 2 unchanged, 0 failed\n", "") == command("add", "--jsonl", str(tmp_path / "all.jsonl"))
    _, out, _ = command("ask", "When does the bus leave?", "--threshold", "0")
    assert "The bus leaves at nine." in out


def test_bad_rows_are_reported_by_line_and_the_rest_is_added(command: Command, tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_bytes(b"title,note,text\nFerry,x,words\nBad\x1b,x,\nBus,\xff,more\n")
    status, out, error = command("add", "--csv", str(tmp_path / "all.csv"))
    assert (1, "1 added, 0 unchanged, 2 failed\nignored: note\n") == (status, out)
    no_text, no_utf8, failed = error.splitlines()
    assert ("line 3: It has no text.", "Error: 2 of 3 could not be added.") == (no_text, failed)
    assert no_utf8.startswith(
        "line 4: It was read as UTF-8, but it is not: it has the byte 0xff. Save the file as UTF-8"
    )


def test_the_json_summary_lists_a_limited_number_of_problems(command: Command, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl.gz").write_bytes(gzip.compress(b"{\n" * (MAX_PROBLEMS + 5) + json_lines(BUS)))
    status, out, error = command("add", "--jsonl", str(tmp_path / "all.jsonl.gz"), "--json")
    assert refused((status, out, error), "1,005 of 1,006 could not be added")
    found = json.loads(out)
    assert (1, 0, MAX_PROBLEMS + 5, []) == tuple(found[name] for name in ("added", "unchanged", "failed", "ignored"))
    assert MAX_PROBLEMS == len(found["problems"])
    assert found["problems"][0]["line"] == 1
    assert found["problems"][0]["problem"].startswith("It is not JSON: ")


def test_standard_input_is_read(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json_lines(FERRY))))
    assert (0, "1 added, 0 unchanged, 0 failed\n", "") == command("add", "--jsonl", "-")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--jsonl", "none.jsonl"), "none.jsonl can't be read: no such file or directory"),
        (("--jsonl", "a", "--csv", "b"), "exactly one of"),
        (("a.txt", "--csv", "b"), "exactly one of"),
        ((), "FILE_FOLDER_OR_URL..., --jsonl, --csv and --sitemap"),
    ],
)
def test_wrong_arguments_are_refused(command: Command, args: tuple[str, ...], words: str) -> None:
    assert refused(command("add", *args), words)


def test_a_truncated_file_keeps_the_rows_before_the_break(command: Command, tmp_path: Path) -> None:
    packed = gzip.compress(json_lines(FERRY, BUS))
    (tmp_path / "cut.gz").write_bytes(packed[:-4])
    status, out, error = command("add", "--jsonl", str(tmp_path / "cut.gz"), "--json")
    assert refused((status, out, error), "cut.gz can't be read beyond line 2")
    assert 2 == json.loads(out)["added"]


def test_the_pages_of_a_sitemap_are_added(command: Command, site: Site) -> None:
    site.answers["/s.xml"] = answer(listing(site, "/a", "/none"), "application/xml")
    site.answers["/a"], site.answers["/none"] = answer(page("ferry")), answer(status=404)
    args = ("--sitemap", site.url("/s.xml"), "--pause", "0", "--limit", "9", "--json")
    assert refused(command("add", *args), "1 of 1 could not be added")
    assert not site.asked, "private networks are only asked where that is allowed"
    status, out, error = command("add", *args, "--allow-private-urls")
    assert refused((status, out, error), "1 of 2 could not be added")
    assert ["added", "failed"] == [outcome["state"] for outcome in json.loads(out)]
    _, out, _ = command("ask", "When does the ferry sail?", "--threshold", "0")
    assert "The ferry sails at noon" in out


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_an_export_can_be_added_to_another_state_folder(
    command: Command, place: Place, tmp_path: Path, name: str
) -> None:
    (tmp_path / "all.csv").write_text("text,title\nfirst words,One\nsecond words,Two\n")
    command("add", "--csv", str(tmp_path / "all.csv"))
    target = str(tmp_path / name)
    assert (0, f"exported 2 articles to {target}\n", "") == command("export", target)
    status, out, _ = command("export", target, "--json")
    assert (0, {"file": target, "articles": 2}) == (status, json.loads(out))
    _, first, _ = command("export", "-")
    place.state = tmp_path / "elsewhere"
    assert (0, "2 added, 0 unchanged, 0 failed\n", "") == command("add", "--jsonl", target)
    assert (0, first, "exported 2 articles\n") == command("export", "-")
    assert ["One", "Two"] == [json.loads(line)["title"] for line in first.splitlines()]


@pytest.mark.model
def test_a_killed_add_can_be_run_again(place: Place, tmp_path: Path) -> None:
    rows = json_lines(*({"text": f"Ship {number} sailed."} for number in range(BATCH_ROWS + 50)))
    process = subprocess.Popen(
        [*place.command("add", "--jsonl", "-"), *place.flags()], stdin=subprocess.PIPE, env=place.env
    )
    assert process.stdin is not None
    process.stdin.write(rows)
    process.stdin.flush()  # and not the end: the last 50 wait for more

    def stored() -> int:
        with closing(ArticleStore.open(place.state / "articles.sqlite")) as store:
            return store.count()

    assert comes(lambda: (place.state / "articles.sqlite").exists() and stored() > 0)
    process.kill()
    assert -signal.SIGKILL == process.wait()
    process.stdin.close()
    assert BATCH_ROWS == stored()
    (tmp_path / "all.jsonl").write_bytes(rows)
    found = place.json("add", "--jsonl", str(tmp_path / "all.jsonl"))
    assert (50, BATCH_ROWS, 0) == (found["added"], found["unchanged"], found["failed"])
    status = place.json("status")
    assert (BATCH_ROWS + 50, 0) == (status["articles"], status["pending"])
