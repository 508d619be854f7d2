import gzip
import os
import threading
import tracemalloc
from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from corpus.ingest.tables import Line, opened


def lines(path: Path, longest: int = 100) -> list[Line]:
    with opened(str(path), longest) as found:
        return list(found)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_lines_come_with_their_numbers_packed_or_not(tmp_path: Path, name: str) -> None:
    data = b"one\r\n\ntwo\xff\nthree"
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert [Line(1, b"one\r\n"), Line(2, b"\n"), Line(3, b"two\xff\n"), Line(4, b"three")] == lines(tmp_path / name)


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100 + b"\n" + b"x" * 99 + b"\n" + b"y" * 300_000 + b"\nend")
    assert [Line(1, None), Line(2, b"x" * 99 + b"\n"), Line(3, None), Line(4, b"end")] == lines(tmp_path / "a")


def test_a_file_without_newlines_takes_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(200 * 2**20)
    tracemalloc.start()
    try:
        assert [Line(1, None)] == lines(tmp_path / "a", 2**20)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_progress_counts_the_bytes_of_the_file(tmp_path: Path, name: str) -> None:
    data = b"".join(b"%d\n" % number for number in range(10_000))
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    with opened(str(tmp_path / name)) as found:
        assert 0 == found.read
        assert 10_000 == len(list(found))
        assert found.total == found.read == (tmp_path / name).stat().st_size


def test_a_pipe_is_read_and_has_no_known_size(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"one\ntwo\n"))
    writer.start()
    with opened(str(pipe)) as found:
        assert found.total is None
        assert [b"one\n", b"two\n"] == [line.data for line in found]
    writer.join()


def test_a_packed_file_that_is_cut_off_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(os.urandom(30).hex().encode() + b"\n" for _ in range(5_000)))
    (tmp_path / "a.gz").write_bytes(packed[: len(packed) // 2])
    found: list[Line] = []
    with (
        opened(str(tmp_path / "a.gz")) as given,
        pytest.raises(UnreadableDocument, match=r"a\.gz can't be read beyond line 2,"),
    ):
        for line in given:
            found.append(line)
    assert 2_000 < len(found) < 3_000


def test_what_only_has_the_name_of_a_packed_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b'{"text": "plain"}\n')
    with pytest.raises(UnreadableDocument, match=r"a\.gz can't be read beyond line 0"):
        lines(tmp_path / "a.gz")


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"none\.csv can't be read: no such file"):
        lines(tmp_path / "none.csv")
