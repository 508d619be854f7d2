import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnreadableDocument
from corpus.ingest.folder import (
    check_readable,
    same_content,
    scan_folder,
    settled_files,
    signature,
)
from corpus.ingest.writer import folder_prefix, origin_of, path_of
from corpus.text.unicode import printable

NAMES = st.binary(min_size=1, max_size=20).filter(lambda name: b"/" not in name and b"\0" not in name)


@given(NAMES)
def test_every_file_name_survives_as_an_origin(name: bytes) -> None:
    path = Path("/folder") / os.fsdecode(name)
    assert path == path_of(origin_of(path))
    origin_of(path).encode("ascii")


@given(NAMES)
def test_whatever_a_file_is_called_it_can_be_printed(name: bytes) -> None:
    printable(Path("/folder") / os.fsdecode(name)).encode()


def test_origins_below_a_folder_begin_alike_and_those_of_its_neighbours_do_not() -> None:
    assert origin_of(Path("/a b/c.txt")).startswith(folder_prefix(Path("/a b")))
    assert not origin_of(Path("/a bc/c.txt")).startswith(folder_prefix(Path("/a b")))
    assert origin_of(Path("/c.txt")).startswith(folder_prefix(Path("/")))


def test_documents_are_found_in_order_and_nothing_else(tmp_path: Path) -> None:
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


def test_endings_that_are_no_text_are_counted_as_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a.\xff")).write_text("x")
    assert {".\\udcff": 1} == scan_folder(tmp_path).ignored


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
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


def test_a_file_that_is_moved_keeps_its_signature_and_a_copy_its_content(tmp_path: Path) -> None:
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


def test_files_at_rest_come_before_those_that_are_waited_for(tmp_path: Path) -> None:
    fresh, old = tmp_path / "a.txt", tmp_path / "b.txt"
    fresh.write_text("x")
    old.write_text("x")
    os.utime(old, (1, 1))
    waits: list[float] = []
    assert [old, fresh] == list(settled_files([fresh, old], waits.append))
    assert 1 == len(waits)


def test_nothing_is_waited_for_where_all_is_at_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    os.utime(path, (time.time() - 1, time.time() - 1))
    assert [path] == list(settled_files([path], lambda seconds: pytest.fail("waited")))


def test_a_folder_is_found_unreadable_by_the_same_words_without_looking_below_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for wrong in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(UnreadableDocument) as looked:
            scan_folder(wrong)
        with pytest.raises(UnreadableDocument) as checked:
            check_readable(wrong)
        assert str(looked.value) == str(checked.value)
    check_readable(tmp_path)
