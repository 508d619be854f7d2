import os
import time
from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from corpus.ingest.folder import (
    check_readable,
    same_content,
    scan_folder,
    settled_files,
    signature,
)


def test_a_scan_lists_the_documents_in_order_and_counts_the_rest(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.html", ".hidden/d.txt", ".e.txt", "f.png", "a.md.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "sub")
    (tmp_path / "README").write_text("x")
    (tmp_path / "sub" / "G.PNG").write_text("x")
    (tmp_path / "orphan.toml").write_text("x")
    assert {".png": 2, ".toml": 1, "no ending": 1, "links to folders": 1} == scan_folder(tmp_path).ignored
    assert [tmp_path / name for name in ("a.md", "b.txt", "sub/c.html")] == list(scan_folder(tmp_path).files)


def test_endings_that_are_not_utf8_are_escaped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a.\xff")).write_text("x")
    assert {".\\udcff": 1} == scan_folder(tmp_path).ignored


def test_a_missing_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="nowhere can't be read: it is not there"):
        scan_folder(tmp_path / "nowhere")


def test_the_signature_changes_with_the_file_and_with_its_sidecar(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert signature(path) is None
    path.write_text("one")
    seen = [signature(path)]
    path.write_text("three")
    seen.append(signature(path))
    (tmp_path / "a.txt.toml").write_text("")
    seen.append(signature(path))
    os.utime(tmp_path / "a.txt.toml", (1, 1))
    seen.append(signature(path))
    assert 4 == len(set(seen))
    assert None not in seen


def test_a_moved_file_keeps_its_signature_and_a_copy_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    before = signature(path)
    assert before == signature(path.rename(tmp_path / "b.txt"))
    copy = tmp_path / "c.txt"
    copy.write_text("one")
    state = (tmp_path / "b.txt").stat()
    os.utime(copy, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert before != signature(copy)
    assert same_content(before, signature(copy))
    assert not same_content(None, None)


def test_settled_files_come_before_those_that_were_just_written(tmp_path: Path) -> None:
    fresh, old = tmp_path / "a.txt", tmp_path / "b.txt"
    fresh.write_text("x")
    old.write_text("x")
    os.utime(old, (1, 1))
    waits: list[float] = []
    assert [old, fresh] == list(settled_files([fresh, old], waits.append))
    assert 1 == len(waits)


def test_settled_files_need_no_pause(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    os.utime(path, (time.time() - 1, time.time() - 1))
    assert [path] == list(settled_files([path], lambda seconds: pytest.fail("waited")))


def test_checking_a_folder_raises_the_same_message_as_scanning_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for wrong in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(UnreadableDocument) as looked:
            scan_folder(wrong)
        with pytest.raises(UnreadableDocument) as checked:
            check_readable(wrong)
        assert str(looked.value) == str(checked.value)
    check_readable(tmp_path)
