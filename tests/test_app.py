"""The command line, run as a user runs it; and what `create_app` gives."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

import app as application
from app import close_app, create_app
from corpus.errors import StorageProblem
from qa.reader.loader import DEFAULT, SENTENCES
from tests.api_client import check_schema
from tests.conftest import MakeApp
from tests.fakes import WordEmbedder
from tests.models import MODELS
from tests.reader_models import save_bert
from tests.waiting import comes
from web.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpus" / "articles"
PATIENCE_S = 30
pytestmark = pytest.mark.model


class Place:
    """A state folder and an articles folder, and the command line on them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state, self.articles = folder, folder / "kept", folder / "own"
        self.articles.mkdir()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("CITELINE_")}
        self.env |= {"CITELINE_MODELS": str(MODELS), "CITELINE_READER": SENTENCES, "COLUMNS": "200"}

    def command(self, *args: str) -> list[str]:
        return [sys.executable, str(ROOT / "app.py"), *args]

    def flags(self) -> list[str]:
        return ["--state", str(self.state), "--articles", str(self.articles)]

    def bare(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*args),
            check=False,
            capture_output=True,
            text=True,
            env=self.env | env,
            cwd=self.folder,
            timeout=120,
        )

    def run(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.bare(*args, *self.flags(), **env)

    def json(self, *args: str) -> Any:
        done = self.run(*args, "--json")
        assert (0, "") == (done.returncode, done.stderr)
        return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    (made.articles / "ferry.txt").write_text("The ferry leaves at noon from the northern pier.\n", encoding="utf-8")
    return made


def in_process(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: str
) -> tuple[int, str, str]:
    """Run a command in this process, without the seconds that models take: by an embedder of words, for sentences."""
    monkeypatch.setattr(application, "load_embedder", lambda *args, **more: WordEmbedder())
    monkeypatch.setattr("logging.basicConfig", lambda **more: None)
    monkeypatch.setattr(sys, "argv", ["app.py", *args])
    monkeypatch.setenv("CITELINE_STATE", str(place.state))
    monkeypatch.setenv("CITELINE_ARTICLES", str(place.articles))  # an empty variable sets nothing
    monkeypatch.setenv("CITELINE_READER", SENTENCES)
    with pytest.raises(SystemExit) as caught:
        application.main()
    shown = capsys.readouterr()
    return int(str(caught.value.code)), shown.out, shown.err


@pytest.fixture
def command(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    run: Callable[..., tuple[int, str, str]] = lambda *args: in_process(place, monkeypatch, capsys, *args)  # noqa: E731
    run("rebuild")  # commands that only read make no library
    return run


Command = Callable[..., tuple[int, str, str]]


def refused(found: tuple[int, str, str], words: str) -> bool:
    status, _, error = found
    assert 1 == status
    assert 1 == len(error.splitlines()), error
    assert error.startswith("Error: ")
    assert words in error
    return True


# Commands, in this process


@pytest.mark.parametrize(
    "args",
    [(), ("--help",), ("-h",), *((name, "-h") for name in ("serve", "ask", "add", "edit", "remove", "status"))],
)
def test_help_is_given(command: Command, args: tuple[str, ...]) -> None:
    status, out, error = command(*args)
    assert (0, "") == (status, error)
    assert out.startswith("Usage: ")
    if args[:1] in {("serve",), ("add",)}:
        assert "CITELINE_STATE" in out
        assert "CITELINE_ARTICLES" in out


def test_the_version_is_printed(command: Command) -> None:
    assert (0, f"Citeline, version {application.VERSION}\n", "") == command("--version")


def test_a_question_is_answered_with_its_source(command: Command) -> None:
    status, out, error = command("ask", "When does the ferry leave?", "--threshold", "0")
    assert (0, "") == (status, error)
    assert "The ferry leaves at noon from the northern pier." in out
    assert re.search(r"· (sure|fairly sure|not so sure|a guess)$", out, re.MULTILINE)


def test_filters_of_a_question_are_flags(command: Command) -> None:
    status, out, _ = command("ask", "When does the ferry leave?", "--threshold", "0", "--published-to", "2000-01-01")
    assert status == 0
    assert re.fullmatch(r"No article passes these filters\.\n\d+ articles? without a date (was|were) left out\.\n", out)
    blank = "The filter language is blank, ' ': give a value, or leave it out."
    assert (1, "", f"Error: {blank}\n") == command("ask", "When does the ferry leave?", "--language", " ")
    status, _, error = command("ask", "When does the ferry leave?", "--source", "nowhere")
    assert (1, True) == (status, "No article has the source 'nowhere'" in error)


def test_small_talk_is_answered_with_the_hint_alone(command: Command) -> None:
    assert (0, "You're welcome! Ask whenever something else comes up.\n", "") == command("ask", "thanks")
    status, out, error = command("ask", "hello", "--json")
    reply = json.loads(out)
    assert (0, "", False, [], []) == (status, error, reply["answered"], reply["answers"], reply["closest"])
    assert reply["hint"].startswith("Hello!")


def test_suggest_prints_names_and_questions(place: Place, command: Command) -> None:
    (place.articles / "bridge.txt").write_text("Amina Farouk led the repair of the bridge.", encoding="utf-8")
    assert (0, "Amina Farouk\n", "") == command("suggest", "amina")
    assert (0, "Nothing begins like that.\n", "") == command("suggest", "zzz")
    status, out, _ = command("suggest", "far", "--json")
    assert (0, {"questions": [], "names": ["Amina Farouk"]}) == (status, json.loads(out))


def test_below_the_threshold_the_closest_are_shown(command: Command) -> None:
    status, out, _ = command("ask", "Which volcano erupted?", "--threshold", "1")
    assert 0 == status
    assert out.startswith("The articles don't say.")
    assert "The ferry leaves at noon" in out


def test_an_answer_as_json_is_the_reply_of_the_interface(command: Command, make_app: MakeApp) -> None:
    _, out, error = command("ask", "When does the ferry leave?", "--json", "--threshold", "0", "--top-k", "1")
    reply = json.loads(out)
    assert "" == error
    document = make_app().api_doc  # type: ignore[attr-defined]
    check_schema(document, {"$ref": "#/components/schemas/ReplyOut"}, reply)
    assert ["The ferry leaves at noon from the northern pier."] == [answer["text"] for answer in reply["answers"]]


def test_added_files_and_failures_are_printed_by_name(command: Command, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "tram.md").write_text("# Tram\n\nThe tram stops at the museum.\n")
    (tmp_path / "more" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (tmp_path / "bus.txt").write_text("The bus leaves at nine.")
    sources = [str(tmp_path / name) for name in ("bus.txt", "more", "none.txt")]
    status, out, error = command("add", *sources, "--json")
    assert refused((status, out, error), "2 of 4 could not be added")
    rows = {Path(row["name"]).name: row for row in json.loads(out)}
    assert {"bus.txt": "added", "tram.md": "added", "broken.pdf": "failed", "none.txt": "failed"} == {
        name: row["state"] for name, row in rows.items()
    }
    assert "none.txt" in rows["none.txt"]["problem"]
    status, out, _ = command("add", *sources)
    assert (1, 2) == (status, out.count("failed")), out
    assert 1 == len([line for line in out.splitlines() if "broken.pdf" in line])
    assert 1 == out.count("broken.pdf")
    assert f"unchanged  {rows['tram.md']['id']}  Tram" in out
    assert "The bus leaves at nine." in command("ask", "When does the bus leave?", "--threshold", "0")[1]


def test_a_file_with_a_wrong_sidecar_is_added_and_reported(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bus.txt").write_text("The bus leaves at nine.")
    (tmp_path / "bus.txt.toml").write_text("titel = 'Bus'")
    status, out, error = command("add", str(tmp_path / "bus.txt"))
    assert refused((status, out, error), "1 of 1 could be added only without the .toml beside it")
    added, problem = out.splitlines()
    assert (True, True) == (added.startswith("added "), "bus.txt.toml, line 1, has the unknown key 'titel'" in problem)


def test_files_of_unsupported_formats_are_counted_and_no_failure(
    command: Command, place: Place, tmp_path: Path
) -> None:
    (place.articles / "a.gif").write_bytes(b"x")
    status, out, error = command("add", str(place.articles))
    assert (0, "") == (status, error)
    assert f"ignored    {place.articles}: 1 file is of a kind that is not read: .gif (1)." in out.splitlines()
    assert "1 article; 1 file is of a kind that is not read: .gif (1)" in command("status")[1]


def test_a_page_of_this_machine_is_not_fetched(command: Command) -> None:
    status, out, error = command("add", "http://127.0.0.1:9/")
    assert refused((status, out, error), "1 of 1 could not be added")
    assert "CITELINE_ALLOW_PRIVATE_URLS" in out


def test_a_folder_without_documents_is_an_error(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = command("add", str(tmp_path / "empty"))
    assert refused(found, "1 of 1 could not be added")
    assert f"{tmp_path / 'empty'} holds no documents" in found[1]


def test_no_command_but_the_service_deletes_originals(command: Command, place: Place, tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text('{"question": "When does the ferry leave?", "expected": "noon"}\n')
    settings = Settings(state=place.state, articles=place.articles, reader=SENTENCES, keep_originals=1)
    with closing(application.Citeline(settings, WordEmbedder())) as citeline:
        (article,) = [article for article, _ in citeline.store.each()]
        assert b"The ferry leaves" in citeline.library.original(article.id).data
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CITELINE_KEEP_ORIGINALS", "0")
            for args in (("ask", "When does the ferry leave?"), ("eval", "--questions", str(tmp_path / "own.jsonl"))):
                assert 0 == command(*args)[0]
        assert b"The ferry leaves" in citeline.library.original(article.id).data


def test_a_removed_article_is_printed_and_stays_removed(command: Command) -> None:
    command("rebuild")
    reply = json.loads(command("ask", "ferry", "--json")[1])
    name = reply["closest"][0]["article"]["id"]
    assert (0, f"removed    {name}  The ferry leaves at noon from the northern pier.\n", "") == command("remove", name)
    assert [] == json.loads(command("ask", "ferry", "--json")[1])["closest"]
    assert refused(command("remove", name), name)
    assert (0, f"added      {name}  The ferry leaves at noon from the northern pier.\n", "") == command(
        "remove", "--undo", name
    )
    assert name == json.loads(command("ask", "ferry", "--json")[1])["closest"][0]["article"]["id"]
    assert refused(command("remove", "--undo", name), "No deleted article")


def test_an_edited_article_is_printed_and_answers_with_its_new_metadata(command: Command) -> None:
    command("rebuild")
    name = json.loads(command("ask", "ferry", "--json")[1])["closest"][0]["article"]["id"]
    assert (0, f"edited     {name}  The ferry\n", "") == command("edit", name, "--title", "The ferry")
    given = ("--published", "2022-01-13", "--tags", "port, ferries", "--source", "Harbour")
    found = json.loads(command("edit", name, *given, "--json")[1])
    edited = {"title": "The ferry", "published": "2022-01-13", "tags": ["port", "ferries"], "source": "Harbour"}
    assert edited.items() <= found.items()
    assert None is json.loads(command("edit", name, "--source", "", "--json")[1])["source"]
    (closest,) = json.loads(command("ask", "ferry", "--json")[1])["closest"]
    assert ("The ferry", "2022-01-13") == (closest["article"]["title"], closest["article"]["published"])
    assert refused(command("edit", name, "--published", "soon"), "The date 'soon' is not an ISO 8601 date")
    assert refused(command("edit", name), "Give what to edit: --title, --url")


def test_the_state_is_shown(command: Command) -> None:
    assert (0, "") == command("rebuild", "--json")[::2]
    status, out, error = command("status")
    assert (0, "") == (status, error)
    assert re.search(r"^generation +2$", out, re.MULTILINE)
    assert re.search(r"^articles +1$", out, re.MULTILINE)


READING = (
    *(("ask", "When does the ferry leave?"), ("status",), ("check",), ("remove", "0123456789abcdef"), ("rollback",)),
    ("edit", "0123456789abcdef", "--title", "The ferry"),
    *(("export", "articles.jsonl"), ("backup", "all.tar"), ("feeds", "list"), ("feeds", "export"), ("feeds", "poll")),
    ("feeds", "remove", "https://a.example/feed"),
)


@pytest.mark.parametrize("args", READING)
def test_a_reading_command_does_not_create_a_library(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "tpyo", tmp_path / "empty"):
        assert refused(command(*args, "--state", str(folder)), f"There is no library in {folder} (CITELINE_STATE).")
    assert [] == list((tmp_path / "empty").iterdir())
    assert sorted([*before, tmp_path / "empty"]) == sorted(tmp_path.iterdir())


@pytest.mark.parametrize("args", [("rebuild",), ("add", "ferry.txt"), ("feeds", "import", "list.opml")])
def test_a_writing_command_creates_the_library(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ferry.txt").write_text("The ferry leaves at noon.")
    (tmp_path / "list.opml").write_text('<opml><body><outline xmlUrl="http://a.example/"/></body></opml>')
    assert 0 == command(*args, "--state", "new")[0]
    assert 0 == command("status", "--state", "new")[0]


def test_asking_creates_the_default_library(
    command: Command, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "state", "")  # an empty variable sets nothing
    monkeypatch.setattr(Settings.model_fields["state"], "default", tmp_path / "default")
    Settings.model_rebuild(force=True)
    try:
        assert refused(command("status"), f"There is no library in {tmp_path / 'default'}")
        assert "The ferry leaves at noon" in command("ask", "When does the ferry leave?", "--threshold", "0")[1]
        assert 0 == command("status")[0]
    finally:
        monkeypatch.undo()
        Settings.model_rebuild(force=True)


def test_a_skipped_file_is_printed_once_with_the_reason(command: Command, place: Place) -> None:
    (place.articles / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    command("rebuild")
    (line,) = [line for line in command("status")[1].splitlines() if line.startswith("unreadable")]
    assert 1 == line.count("broken.pdf")


def test_control_characters_in_file_names_are_escaped(command: Command, tmp_path: Path) -> None:
    odd = tmp_path / "odd\x1b[2Jname.pdf"
    odd.write_bytes(b"%PDF-1.7 broken")
    _, out, _ = command("add", str(odd))
    assert "\x1b" not in out
    assert "odd\\x1b[2Jname.pdf" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nonsense",), "nonsense"),
        (("status", "--nonsense"), "--nonsense"),
        (("ask",), "Give a question"),
        (("ask", ""), "empty"),
        (("ask", "x" * 5000), "5,000"),
        (("ask", "When?", "--reader", "./nowhere"), "There is no reading model in './nowhere'"),
        (("ask", "when", "--top-k", "21"), "--top-k"),
        (("ask", "when", "--threshold", "much"), "CITELINE_THRESHOLD"),
        (("add",), "FILE_FOLDER_OR_URL"),
        (("remove", "none"), "'none'"),
        (("remove", "--undo"), "--undo takes the ID"),
        (("remove", "\udcff"), "no article"),
        (("status", "--state", ""), "CITELINE_STATE"),
        (("status", "--state", "/dev/null"), "/dev/null"),
        (("status", "--state", "/dev/null/x"), "/dev/null"),
        (("serve", "--port", "x"), "CITELINE_PORT"),
        (("serve", "--host", "0.0.0.0"), "CITELINE_TOKEN"),
        (("serve", "--host", "127.0.0.1", "--port", "70000"), "65535"),
    ],
)
def test_user_errors_are_one_line(command: Command, args: tuple[str, ...], words: str) -> None:
    assert refused(command(*args), words)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), StorageProblem("No space\nleft"), ValueError("No space left")]
)
def test_unexpected_errors_are_one_line(command: Command, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(application.Citeline, "refresh", fail)
    assert refused(command("ask", "When?"), "No space left")


# Commands, as processes of their own


def test_an_articles_folder_is_indexed_and_answers(place: Place) -> None:
    place.json("rebuild")
    reply = place.json("ask", "When does the ferry leave?", "--threshold", "0")
    assert "The ferry leaves at noon from the northern pier." == reply["answers"][0]["text"]


def test_a_question_is_answered_with_the_exact_words_unless_set_otherwise(place: Place) -> None:
    place.articles = SAMPLE
    del place.env["CITELINE_READER"]
    place.run("rebuild")
    done = place.run("ask", "when does the withdrawal finish?")
    assert (0, "") == (done.returncode, done.stderr)
    words, date, sentence, *_ = done.stdout.splitlines()
    assert ("January 19", "January 19, 2022") == (words, date)
    assert "  The final withdrawal of peacekeepers is scheduled to be completed on January 19." == sentence


def test_a_period_that_ends_before_it_begins_is_one_line(place: Place) -> None:
    place.run("rebuild")
    done = place.run("ask", "how many?", "--published-from", "2022-02-01", "--published-to", "2022-01-31")
    expected = "published_from (2022-02-01) is later than published_to (2022-01-31)."
    assert refused((done.returncode, done.stdout, done.stderr), expected)


def test_the_newest_report_answers_and_older_ones_answer_for_their_time(place: Place) -> None:
    del place.env["CITELINE_READER"]
    reports = {
        "2026-03-04": "Eleven people are missing in Marrick after the Aldra Star capsized, Commander Ruth Adeyo said.",
        "2026-03-09": "Three people are still missing in Marrick after the Aldra Star capsized, Commander Adeyo said.",
    }
    for day, text in reports.items():
        (place.articles / f"{day}.md").write_text(f"---\ntitle: The ferry\npublished: {day}\n---\n\n{text}\n")
    place.run("rebuild")

    def ask(*words: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(place.run("ask", *words, "--json").stdout)["answers"][0]
        return answer

    newest = ask("how many people are missing in Marrick?")
    assert "Three" == newest["text"]
    assert [("Eleven", "2026-03-04")] == [(one["text"], one["article"]["published"]) for one in newest["supersedes"]]
    assert "Eleven" == ask("how many people are missing in Marrick?", "--as-of", "2026-03-05")["text"]
    history = place.run("ask", "how many people are missing in Marrick?", "--timeline").stdout.splitlines()[-3:]
    assert [
        "How the answer has changed:",
        "  March 4, 2026  Eleven  The ferry",
        "  March 9, 2026  Three  The ferry",
    ] == (history)
    assert "Eleven" == ask("how many people were missing in Marrick before 9 March 2026?")["text"]
    last_week = "how many people were missing in Marrick last week?"
    assert "Eleven" == ask(last_week, "--now", "2026-03-12")["text"]


def test_a_wrong_model_folder_is_one_line(place: Place) -> None:
    done = place.run("rebuild", "--model", str(place.articles))
    assert refused((done.returncode, done.stdout, done.stderr), str(place.articles))


def test_arguments_that_are_not_utf_8_are_accepted(place: Place) -> None:
    odd = os.fsdecode(os.fsencode(str(place.folder)) + b"/caf\xe9.txt")
    Path(odd).write_text("The tram stops at the museum.")
    done = place.run("add", odd)
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.splitlines()) <= 1
    assert 0 == place.run("ask", os.fsdecode(b"\xff when"), "--json").returncode


def test_a_closed_output_is_no_error(place: Place) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$@" | true; exit ${PIPESTATUS[0]}', "-", *place.command("rebuild", *place.flags())],
        check=False,
        capture_output=True,
        text=True,
        env=place.env,
        timeout=60,
    )
    assert "" == done.stderr


class Server:
    """`app.py serve` on a free port, as a user starts it."""

    def __init__(self, place: Place, *args: str, **env: str) -> None:
        self.place = place
        command = place.command("serve", "--port", "0", *args, *place.flags())
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=place.env | env
        )
        self.lines: list[str] = []
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()
        self.url = self._address()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines += iter(self.process.stderr.readline, "")

    def _address(self) -> str:
        comes(lambda: self.process.poll() is not None or any("http://" in line for line in self.lines), PATIENCE_S)
        found = re.search(r"http://\S+/", "".join(self.lines))
        assert found is not None, f"The server did not start: {self.lines}"
        return found[0]

    def get(self, path: str, body: object = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as response:
            return json.loads(response.read() or "null")

    def until(self, path: str, true: Callable[[Any], bool]) -> Any:
        assert comes(lambda: true(self.get(path)), PATIENCE_S), self.get(path)
        return self.get(path)

    def end(self, number: int) -> tuple[int, float]:
        begun = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        self.reading.join(60)
        return status, time.monotonic() - begun

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        self.reading.join(60)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def start(place: Place) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def begin(*args: str, **env: str) -> Server:
        started.append(Server(place, *args, **env))
        return started[-1]

    yield begin
    for server in started:
        server.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_starts_answers_and_stops(start: Callable[..., Server], number: int) -> None:
    server = start("--threshold", "0")
    assert {"status": "ok"} == server.get("readyz")
    reply = server.get("ask", {"question": "When does the ferry leave?"})
    assert "The ferry leaves at noon from the northern pier." == reply["answers"][0]["text"]
    status, took = server.end(number)
    assert 0 == status
    assert took < 8
    assert "Traceback" not in "".join(server.lines)
    assert all("Indexing" in line or "Citeline is ready" in line for line in server.lines), server.lines


def test_the_shipped_reader_finds_the_exact_words_over_http(place: Place, start: Callable[..., Server]) -> None:
    place.articles = SAMPLE
    server = start(CITELINE_READER=DEFAULT)
    answer = server.get("ask", {"question": "when does the withdrawal finish?"})["answers"][0]
    text = server.get(f"articles/{answer['article']['id']}")["text"]
    sentence = "The final withdrawal of peacekeepers is scheduled to be completed on January 19."
    begin = text.index(sentence)
    assert {"text": sentence, "start": begin, "end": begin + len(sentence)} == answer["sentence"]
    assert ("January 19", begin + len(sentence) - 11) == (answer["text"], answer["start"])
    assert "January 19" == text[answer["start"] : answer["end"]]


def test_a_server_ends_while_it_builds(place: Place, start: Callable[..., Server]) -> None:
    server = start()
    words = ["harbour", "tram", "ferry", "museum", "bridge", "captain", "winter", "letter"]
    for number in range(60):
        lines = [f"Sentence {number}.{line} tells of the {words[line % 8]} and of {line} more." for line in range(40)]
        (place.articles / f"{number}.txt").write_text(" ".join(lines))
    server.until("index", lambda index: index["pending"] > 0 and index["job"]["state"] == "running")
    assert "rebuild" == server.get("index/rebuild", method="POST")["kind"]
    status, took = server.end(signal.SIGTERM)
    assert 0 == status
    assert took < 8
    assert "Traceback" not in "".join(server.lines)


def test_after_a_kill_all_accepted_articles_are_there(start: Callable[..., Server]) -> None:
    server = start()
    added = [
        server.get("articles", {"text": f"The tram number {number} stops at the museum."})["id"] for number in range(4)
    ]
    server.process.kill()
    server.process.wait(PATIENCE_S)
    again = start("--threshold", "0")
    again.until("index", lambda index: index["articles"] == 5 and index["pending"] == 0)
    assert set(added) < {article["id"] for article in again.get("articles")["articles"]}
    reply = again.get("ask", {"question": "Where does the tram number 3 stop?", "top_k": 20})
    assert set(added) <= {answer["article"]["id"] for answer in reply["answers"]}


def test_the_command_line_works_beside_a_server_and_is_seen_by_it(place: Place, start: Callable[..., Server]) -> None:
    server = start()
    assert 1 == place.json("status")["articles"]
    (place.folder / "bus.txt").write_text("The bus leaves at nine.")
    (row,) = place.json("add", str(place.folder / "bus.txt"))
    server.until("index", lambda index: index["articles"] == 2)
    assert [f"removed    {row['id']}  The bus leaves at nine."] == place.run("remove", row["id"]).stdout.splitlines()
    server.until("index", lambda index: index["articles"] == 1)
    (place.articles / "tram.txt").write_text("The tram stops at the museum.")
    server.until("index", lambda index: index["articles"] == 2)


def test_a_port_in_use_is_reported_before_any_work(place: Place) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        done = place.run("serve", "--port", port)
    assert refused((done.returncode, done.stdout, done.stderr), f"port {port}: address already in use")
    assert not place.state.exists()


def test_the_token_is_required_and_never_logged(start: Callable[..., Server]) -> None:
    server = start("--log-level", "debug", CITELINE_TOKEN="correct-horse-battery")
    with pytest.raises(URLError, match="401"):
        server.get("articles", {"text": "A text."})
    server.end(signal.SIGTERM)
    assert "correct-horse-battery" not in "".join(server.lines)


# create_app


def test_importing_does_nothing_and_create_app_needs_no_command(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "bus.txt").write_text("The bus leaves at nine.")
    settings = Settings(state=tmp_path / "state", articles=tmp_path / "articles", reader=SENTENCES)
    app = create_app(settings, WordEmbedder())
    client = app.test_client()
    assert comes(lambda: 1 == client.get("/index").json["articles"], PATIENCE_S)  # type: ignore[index]
    (tmp_path / "articles" / "tram.txt").write_text("The tram stops here.")
    assert comes(lambda: 2 == client.get("/index").json["articles"], PATIENCE_S)  # type: ignore[index]
    close_app(app)
    assert [] == [thread.name for thread in threading.enumerate() if thread.name in {"indexer", "folder-watch"}]


def test_the_reader_follows_the_setting(make_app: MakeApp, tmp_path: Path) -> None:
    save_bert(tmp_path / "tiny")
    client = make_app(reader=str(tmp_path / "tiny"), models=tmp_path / "models").test_client()
    answers = client.post("/ask", json={"question": "When does the ferry leave?"}).get_json()["answers"]
    assert any(answer["text"] != answer["sentence"]["text"] for answer in answers)
    for answer in answers:
        text = client.get(f"/articles/{answer['article']['id']}").get_json()["text"]
        assert answer["text"] == text[answer["start"] : answer["end"]]
        assert answer["text"] in answer["sentence"]["text"]


def test_two_apps_run_side_by_side(make_app: MakeApp, tmp_path: Path) -> None:
    first, second = make_app(), make_app(state=tmp_path / "other", articles=tmp_path / "none")
    assert [2, 0] == [app.test_client().get("/articles").json["total"] for app in (first, second)]


def test_a_state_folder_remembers_its_articles_folder(
    command: Command, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 0 == command("ask", "When does the ferry leave?")[0]
    monkeypatch.setattr(place, "articles", "")
    status, out, _ = command("ask", "When does the ferry leave?", "--threshold", "0")
    assert 0 == status
    assert "ferry" in out


def test_a_missing_articles_folder_is_reported_at_once(command: Command, tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    assert refused(command("ask", "When does the ferry leave?", "--articles", missing), f"no articles folder {missing}")


def test_a_question_needs_no_quotation_marks(command: Command) -> None:
    status, out, _ = command("ask", "when", "does", "the", "ferry", "leave", "--threshold", "0")
    assert 0 == status
    assert ["  The ferry leaves at noon from the northern pier."] == out.splitlines()[:1]


def test_another_articles_folder_is_indexed_before_the_server_is_ready(
    place: Place, start: Callable[..., Server]
) -> None:
    start().end(signal.SIGTERM)
    other = place.folder / "other"
    other.mkdir()
    (other / "bridge.txt").write_text("The bridge opens in May.\n", encoding="utf-8")
    place.articles = other
    server = start()
    assert ["The bridge opens in May."] == [one["title"] for one in server.get("articles")["articles"]]


def test_a_damaged_index_is_rebuilt_while_the_server_serves(place: Place, start: Callable[..., Server]) -> None:
    start().end(signal.SIGTERM)
    (damaged,) = (place.state / "index").glob("gen-*/manifest.json")
    damaged.write_text("{", encoding="utf-8")
    server = start()
    assert "ok" == server.get("healthz")["status"]
    found = server.until("index", lambda index: index["generation"] is not None and index["problem"] is None)
    assert 1 == found["articles"]
