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
    for name in ("b.txt", "a.md", "sub/c.html", ".hidden/d.txt", ".e.txt", "f.gif", "a.md.toml", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    for name in ("sub/G.GIF", "orphan.toml", os.fsdecode(b"a.\xff")):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "sub")
    ignored = {".gif": 2, ".toml": 1, "no ending": 1, "links to folders": 1, ".\\udcff": 1}
    assert ignored == scan_folder(tmp_path).ignored
    assert [tmp_path / name for name in ("a.md", "b.txt", "sub/c.html")] == list(scan_folder(tmp_path).files)


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
    os.utime(fresh, (time.time() - 1, time.time() - 1))
    assert [fresh] == list(settled_files([fresh], lambda seconds: pytest.fail("waited")))


def test_checking_a_folder_raises_the_same_message_as_scanning_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for name, reason in (("nowhere", "it is not there"), ("file", "not a directory")):
        for look in (scan_folder, check_readable):
            with pytest.raises(UnreadableDocument, match=rf"{name} can't be read: {reason}\.$"):
                look(tmp_path / name)
    check_readable(tmp_path)
