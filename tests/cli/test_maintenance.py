"""Commands that look after the state folder, run as a user runs them, with an embedder of words."""

import json
from pathlib import Path

import pytest

from tests.conftest import MakeApp
from tests.test_app import Command, Place, in_process, refused


@pytest.fixture
def command(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    place = Place(tmp_path)
    place.state, place.articles = tmp_path / "state", articles
    return lambda *args: in_process(place, monkeypatch, capsys, *args)


def test_a_consistent_state_is_reported_in_counts(command: Command) -> None:
    command("rebuild")
    status, out, error = command("check")
    assert (0, "") == (status, error)
    assert ["generation  1", "articles    2", "sentences   4"] == out.splitlines()[:3]
    assert ["pending     0", "The index and the articles agree."] == out.splitlines()[4:]
    found = json.loads(command("check", "--json")[1])
    assert (1, 2, 4, 0, []) == tuple(
        found[name] for name in ("generation", "articles", "sentences", "pending", "problems")
    )
    assert found["files"] > 5


def test_every_problem_is_a_line_and_the_status_is_1(command: Command, tmp_path: Path) -> None:
    command("rebuild")
    for path in (tmp_path / "state" / "index").glob("gen-*/*.npy"):
        path.write_bytes(b"\0")
    status, out, error = command("check")
    assert (1, "Error: 3 problems were found.") == (status, error[:29])
    assert "agree" not in out
    assert "`python app.py rebuild` repairs" in error
    assert 3 == len(
        [line for line in out.splitlines() if line.startswith("problem     ") and ".npy is damaged" in line]
    )
    assert 3 == len(json.loads(command("check", "--json")[1])["problems"])
    command("ask", "ferry")
    assert 0 == command("check")[0], "a question brings the index in order again"


def test_a_missing_state_folder_is_one_line(command: Command, tmp_path: Path) -> None:
    assert refused(command("check"), f"There is no library in {tmp_path / 'state'} (CITELINE_STATE).")
    assert not (tmp_path / "state").exists()


def test_a_rollback_shows_the_generation_and_pending_articles(command: Command, tmp_path: Path) -> None:
    command("rebuild")
    (tmp_path / "tram.txt").write_text("The tram stops at the museum.")
    command("add", str(tmp_path / "tram.txt"))
    status, out, error = command("rollback", "--json")
    assert (0, "") == (status, error)
    state = json.loads(out)
    assert (3, 2, 1) == (state["generation"], state["articles"], state["pending"])
    assert "The tram stops" in command("ask", "Where does the tram stop?", "--threshold", "0")[1]
    assert 0 == command("check")[0]


def test_a_rollback_without_an_earlier_generation_is_one_line(command: Command) -> None:
    command("rebuild")
    assert refused(command("rollback"), "There is no generation before the current one to go back to.")
    assert 0 == command("check")[0]


def test_a_backup_restored_elsewhere_answers_the_same(command: Command, tmp_path: Path) -> None:
    command("rebuild")
    question = ("ask", "When does the ferry leave?", "--json", "--threshold", "0")
    before = json.loads(command(*question)[1])
    file, elsewhere = str(tmp_path / "backup.tar"), ("--state", str(tmp_path / "elsewhere"))
    counts = "2 articles, with generation 1 of the index.\n"
    assert (0, f"Backed up {counts}", "") == command("backup", file)
    assert (0, f"Restored {counts}", "") == command("restore", file, *elsewhere)
    after = json.loads(command(*question, *elsewhere)[1])
    assert before["answers"]
    assert before | {"took_ms": 0} == after | {"took_ms": 0}
    assert 0 == command("check", *elsewhere)[0]


def test_a_folder_keeps_the_newest_backups(command: Command, tmp_path: Path) -> None:
    command("rebuild")
    folder = tmp_path / "backups"
    folder.mkdir()
    assert refused(command("backup", str(folder)), "is a folder. Name a file, or say with --keep how many")
    status, out, error = command("backup", str(folder), "--keep", "2")
    (file,) = folder.glob("*.tar")
    assert (0, f"{file}: backed up 2 articles, with generation 1 of the index.\n", "") == (status, out, error)
    old = folder / f"{file.name[:18]}2020-01-01T000000Z.tar"
    old.write_bytes(file.read_bytes())
    written = json.loads(command("backup", str(folder), "--keep", "1", "--json")[1])
    assert {"articles", "generation", "note", "file", "deleted"} == written.keys()
    assert str(old) in written["deleted"]
    assert [written["file"]] == [str(path) for path in folder.glob("*.tar")]
    assert 0 == command("restore", written["file"], "--state", str(tmp_path / "elsewhere"))[0]
    assert refused(command("backup", str(folder), "--keep", "0"), "0 is not in the range")


def test_a_restore_replaces_articles_only_with_force(command: Command, tmp_path: Path) -> None:
    command("rebuild")
    file = str(tmp_path / "backup.tar")
    command("backup", file)
    (tmp_path / "tram.txt").write_text("The tram stops at the museum.")
    command("add", str(tmp_path / "tram.txt"))
    assert refused(command("restore", file), f"{tmp_path / 'state'} has 3 articles already. --force replaces them")
    assert 3 == json.loads(command("status", "--json")[1])["articles"]
    assert {"articles": 2, "generation": 1, "note": None} == json.loads(
        command("restore", file, "--force", "--json")[1]
    )
    assert 2 == json.loads(command("status", "--json")[1])["articles"]
    assert 0 == command("check")[0]


@pytest.mark.parametrize(
    ("name", "file", "problem"),
    [("backup", "nowhere/backup.tar", "no library"), ("restore", "nowhere.tar", "nowhere.tar")],
)
def test_a_missing_file_is_one_line(command: Command, tmp_path: Path, name: str, file: str, problem: str) -> None:
    assert refused(command(name, str(tmp_path / file)), problem)
    assert not (tmp_path / "state").exists()


def test_a_running_service_can_be_backed_up_but_not_restored_over(
    command: Command, make_app: MakeApp, tmp_path: Path
) -> None:
    client = make_app().test_client()
    asked = {"question": "When does the ferry leave?"}
    before = client.post("/ask", json=asked).get_json()
    file = str(tmp_path / "backup.tar")
    assert 0 == command("backup", file)[0]
    assert refused(command("restore", file, "--force"), "is in use. Stop the service")
    assert 0 == command("restore", file, "--state", str(tmp_path / "elsewhere"))[0]
    other = make_app(state=tmp_path / "elsewhere").test_client()
    for app in (client, other):
        assert before | {"took_ms": 0} == app.post("/ask", json=asked).get_json() | {"took_ms": 0}
