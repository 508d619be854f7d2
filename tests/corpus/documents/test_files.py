import os
import re
import threading
from pathlib import Path

import pytest

from corpus.article import Draft
from corpus.documents import Limits, files, read_file
from corpus.errors import TooLarge, UnreadableDocument


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("The ferry sails at noon.")
    return path


def sidecar(path: Path, text: str) -> Path:
    beside = path.with_name(path.name + ".toml")
    beside.write_text(text, encoding="utf-8", errors="surrogateescape")
    return beside


def test_the_sidecar_wins_over_the_document(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("---\ntitle: Old\nlang: en\n---\nWords.")
    sidecar(path, 'title = "New"\npublished = 2024-03-05\nurl = "https://x.example"\nsource = "Herald"')
    draft, problem = read_file(path)
    expected = Draft("Words.", "New", "https://x.example", "2024-03-05", "Herald", "en", draft.blocks)
    assert (expected, None) == (draft, problem)


def test_a_sidecar_says_when_a_text_was_changed_and_what_it_replaces(notes: Path) -> None:
    lines = [
        "updated = 2024-03-06",
        "effective = 2024-04-01",
        "replaces = '10092d8b1d93e9bf'",
        "tags = ['ferry', 'a, b']",
    ]
    sidecar(notes, "\n".join(lines))
    draft, problem = read_file(notes)
    assert problem is None
    assert ("2024-03-06", "2024-04-01", "10092d8b1d93e9bf") == (draft.updated, draft.effective, draft.replaces)
    assert ("ferry", "a, b") == draft.tags


def test_the_date_of_a_sidecar_is_no_guess(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("The wall\n\nBrindle, 18 November 2026\n\nIt stands.")
    assert read_file(path)[0].published_is_guess
    sidecar(path, "published = 2024-03-05")
    draft, _ = read_file(path)
    assert ("2024-03-05", False) == (draft.published, draft.published_is_guess)


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("2024-03-05", "2024-03-05"),
        ("2024-03-05T09:30:00Z", "2024-03-05T09:30:00+00:00"),
        ('"2024-03-05"', "2024-03-05"),
        ('"5 March 2024"', "2024-03-05"),
    ],
)
def test_a_sidecar_may_write_its_date_in_many_ways(notes: Path, written: str, published: str) -> None:
    sidecar(notes, f"published = {written}")
    assert published == read_file(notes)[0].published


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("author = 'x'", "line 1, has the unknown key 'author'"),
        ("title = 'x'\n'author' = 'x'", "line 2, has the unknown key 'author'"),
        ("title = 'x'\n\n[about]\na = 1", "line 3, has the unknown key 'about'"),
        ("title = 7", "title in .*, line 1, must be a text"),
        ("# a note\npublished = 7", "published in .*, line 2, must be a date"),
        ("url = 'example'", "url in .*, line 1, must be a web address"),
        ("replaces = 'the old one'", "replaces in .*, line 1, must be the id of an article or a web address"),
        ("tags = [1]", "tags in .*, line 1, must be a text in quotes"),
        ("updated = 2023-02-30", "The date in .*, line 1, can't be: there is no day 30 in 2023-02-30"),
        ("published = 09:30:00", "published in .* must be a date"),
        ("title = 'x'\npublished = 2024-13-01", "The date in .*, line 2, can't be: there is no month 13 in 2024-13-01"),
        ("published = '2023-02-30'", "published in .*, line 1, can't be: there is no day 30 in 2023-02-30"),
        ("published = 'soon'", "published in .* must be a date"),
        ("title = ", r"is not valid TOML in line 1: invalid value\. A line must look like title ="),
        ("title = 'x'\nsource = Herald\n", r"is not valid TOML in line 2: invalid value\. "),
        ("title = 'x'\nsource\n", r"is not valid TOML in line 2: expected '=' after a key in a key/value pair\. "),
        ('title = "x\nsource = "y"\n', r"in line 1: a quotation mark is missing\. A line must look like title ="),
        ("title = 'x'\na." + "a." * 30_000 + "a = 1", "is not valid TOML in line 2: a key has more than 20 dots"),
        ('"b" . ' * 30 + "a = 1", "is not valid TOML in line 1: a key has more than 20 dots"),
        ("a = {" + "a." * 30 + "a = 1}", "is not valid TOML in line 1: a key has more than 20 dots"),
        ("a = " + "[" * 9000, "is not valid TOML in line 1: it is nested too deeply"),
        (f'title = "{"x" * 70_000}"', "is larger than the 65,536 bytes"),
        ("language = 'en'\ntitle = '\udcff'", "is not valid TOML in line 2: it is not UTF-8 text"),
    ],
)
def test_a_sidecar_problem_names_its_line(notes: Path, text: str, message: str) -> None:
    path = sidecar(notes, text)
    draft, problem = read_file(notes)
    assert Draft("The ferry sails at noon.") == draft
    assert problem is not None
    assert not problem.temporary
    assert str(path) in problem.message
    assert re.search(message, problem.message)


def test_a_sidecar_that_cannot_be_read_now_is_a_temporary_problem(notes: Path) -> None:
    notes.with_name("notes.txt.toml").symlink_to("nowhere.toml")
    problem = read_file(notes)[1]
    assert problem is not None
    assert problem.temporary
    assert "it is not there" in problem.message


def text(path: Path, root: Path | None = None) -> str:
    return read_file(path, root=root)[0].text


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "root-2" / "a.txt"
    for path in (root / "below" / "b.txt", outside):
        path.parent.mkdir(parents=True)
        path.write_text("The ferry sails at noon.")
    (root / "in.txt").symlink_to("below/b.txt")
    (root / "out.txt").symlink_to(outside)
    assert "The ferry sails at noon." == text(root / "in.txt", root) == text(root / "out.txt")
    with pytest.raises(UnreadableDocument, match=r"out\.txt is a link that leads out of the folder") as caught:
        read_file(root / "out.txt", root=root)
    assert not isinstance(caught.value.__cause__, OSError)  # it is no better the next time
    (root / "in.txt.toml").symlink_to(outside)
    problem = read_file(root / "in.txt", root=root)[1]
    assert problem is not None
    assert "in.txt.toml is a link that leads out of the folder" in problem.message


def test_a_file_exchanged_for_a_link_during_the_checks_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, outside = tmp_path / "root", tmp_path / "secret.txt"
    root.mkdir()
    outside.write_text("The key is under the mat.")
    path = root / "a.txt"
    path.write_text("The ferry sails at noon.")
    resolve = files._resolve_inside

    def exchange(asked: Path, within: Path) -> Path | None:  # the moment can't be met otherwise
        resolved = resolve(asked, within)
        path.unlink()
        path.symlink_to(outside)
        return resolved

    monkeypatch.setattr(files, "_resolve_inside", exchange)
    with pytest.raises(UnreadableDocument, match=r"a\.txt can't be read: it was exchanged for a link meanwhile"):
        read_file(path, root=root)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.txt", r"gone\.txt can't be read: it is not there"),
        (".", "can't be read: it is"),
        ("/dev/zero", "not a regular file"),
        ("circle.txt", "links go round in a circle"),
        ("nul\0.txt", "can't be read"),
        ("x" * 300 + ".txt", "can't be read"),
    ],
)
def test_refuses_an_unreadable_file(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "circle.txt").symlink_to("b.txt")
    (tmp_path / "b.txt").symlink_to("circle.txt")
    with pytest.raises(UnreadableDocument, match=message):
        read_file(tmp_path / name)


def test_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    failures: list[UnreadableDocument] = []

    def read() -> None:
        with pytest.raises(UnreadableDocument, match="not a regular file") as caught:
            read_file(tmp_path / "pipe.txt")
        failures.append(caught.value)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(60)
    assert len(failures) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_refuses_a_file_without_permission(notes: Path) -> None:
    notes.chmod(0)
    with pytest.raises(UnreadableDocument, match="no permission"):
        read_file(notes)


def test_checks_the_size_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "vast.txt"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(TooLarge, match="CITELINE_MAX_UPLOAD"):
        read_file(path)


def test_a_file_as_large_as_the_limit_is_read(notes: Path) -> None:
    assert (Draft("The ferry sails at noon."), None) == read_file(notes, Limits(max_bytes=24))
    with pytest.raises(TooLarge, match="limit of 23 bytes"):
        read_file(notes, Limits(max_bytes=23))
