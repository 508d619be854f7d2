import csv
import gzip
import io
import json
import os
import re
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Draft
from corpus.errors import UnreadableDocument
from corpus.ingest.tables import FIELDS, LineReader, RawLine, TableReader, TableRow, open_lines
from corpus.text.unicode import find_surrogate

FULL_ROW = {
    "text": "The ferry leaves at noon.",
    "title": "Ferry",
    "url": "https://a.example/",
    "published": "2022-01-13",
    "source": "Harbour",
    "language": "en",
    "updated": "2022-01-14",
    "effective": "2022-02-01",
    "replaces": "https://a.example/old",
    "tags": ("ferries", "Port, new"),
}


def rows(data: bytes | str, max_bytes: int = 1_000) -> TableReader:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return TableReader(LineReader(file, "given", max_bytes=max_bytes))


def json_lines(*lines: object) -> list[TableRow]:
    return list(
        rows("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)).json_lines()
    )


def table(data: bytes | str, max_bytes: int = 1_000) -> list[TableRow]:
    return list(rows(data, max_bytes).csv())


def test_a_json_object_becomes_a_draft_with_all_its_fields() -> None:
    assert set(FULL_ROW) == set(FIELDS)
    assert [TableRow(1, Draft(**FULL_ROW)), TableRow(3, Draft("b"))] == json_lines(
        FULL_ROW, "", {"text": "b", "title": None}
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "It is not JSON: "),
        ("[1]", "It must be a JSON object, not a list."),
        ('"words"', "It must be a JSON object, not text."),
        ("null", "It must be a JSON object, not null."),
        ("{}", "It has no text."),
        ({"url": "https://a.example/"}, "It has no text."),
        ({"text": 3}, "The text must be text, not a number."),
        ({"text": "a", "title": ["b"]}, "The title must be text, not a list."),
        ({"text": "a", "published": 2022}, "The published must be text, not a number."),
        ({"text": "a", "tags": ["b", 3]}, "Each of the tags must be text, not a number."),
        ({"text": "a", "tags": {"b": 3}}, "The tags must be text, not an object."),
        ({"text": "a", "source": True}, "The source must be text, not true or false."),
        ({"text": "a", "origin": "file"}, "The origin 'file' is neither 'url' nor 'text'."),
        ("[" * 400_000, "It is longer than 1,000 bytes."),
        ("1" * 900, "It must be a JSON object, not a number."),
        ('{"text": "b",}', r"It is not JSON: [^:]+ \(column 1[34]\)\.$"),
    ],
)
def test_a_bad_line_is_a_problem_and_the_next_ones_are_read(line: Any, problem: str) -> None:
    first, bad, last = json_lines({"text": "a"}, line, {"text": "b"})  # a line has at most 1,000 bytes
    assert (TableRow(1, Draft("a")), TableRow(3, Draft("b"))) == (first, last)
    assert (2, None) == (bad.line, bad.draft)
    assert re.match(problem, str(bad.problem))


def test_deeply_nested_json_is_a_problem() -> None:
    (row,) = rows("[" * 200_000 + "\n", 1_000_000).json_lines()
    assert "It is not an article: it is nested too deeply." == row.problem


def test_a_line_that_is_not_utf8_is_a_problem() -> None:
    found = list(rows(b'\xef\xbb\xbf{"text": "a"}\n{"text": "\xff"}\n{"text": "b"}\n').json_lines())
    assert [Draft("a"), None, Draft("b")] == [row.draft for row in found]
    problem = "It was read as UTF-8, but it is not: 0xff is at byte 11 of the line. Save the file as UTF-8."
    assert problem == found[1].problem


@pytest.mark.parametrize("read", [TableReader.json_lines, TableReader.csv])
def test_a_utf16_file_is_refused(read: Any) -> None:
    with pytest.raises(UnreadableDocument, match=r"given is UTF-16\. Save it as UTF-8"):
        list(read(rows("text\nwords\n".encode("utf-16"))))


def test_unknown_fields_are_named_once_up_to_a_limit() -> None:
    found = rows('{"text": "a", "topics": [1], "id": 7}\n{"text": "b", "topics": 2, "size": 3}\n')
    assert [Draft("a"), Draft("b")] == [row.draft for row in found.json_lines()]
    assert ["topics", "size"] == found.unknown_fields
    many = rows("".join(f'{{"text": "a", "f{number}": 1}}\n' for number in range(500)))
    assert 500 == len(list(many.json_lines()))
    assert 20 == len(many.unknown_fields)


def test_the_origin_of_an_exported_row_decides_about_replacing_by_url() -> None:
    found = json_lines(FULL_ROW | {"origin": "url"}, FULL_ROW | {"origin": "text"}, FULL_ROW)
    assert [True, False, True] == [row.by_url for row in found]


def test_columns_come_in_any_order_and_unknown_ones_are_named() -> None:
    found = rows("\ufeffTopics, Title ,TEXT\nx,One,first\n,,\n\ny,,second\nz,Three\n")
    drafts = [(row.line, row.draft, row.problem) for row in found.csv()]
    assert [
        (2, Draft("first", "One"), None),
        (5, Draft("second"), None),
        (6, None, "It has no text."),
    ] == drafts
    assert ["topics"] == found.unknown_fields


def test_a_cell_holds_all_tags_of_a_row() -> None:
    (row,) = table('text,tags\nfirst,"ferries; Port , ,new"\n')
    assert Draft("first", tags=("ferries", "Port", "new")) == row.draft


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(texts=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=5))
def test_csv_of_a_csv_writer_is_read_back(delimiter: str, texts: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["title", "text"])
    writer.writerows(texts)
    found = table(out.getvalue().encode(errors="surrogatepass"))
    expected = [text for text in texts if any(cell.strip() for cell in text)]
    assert [text if text.strip() and find_surrogate(title + text) is None else None for title, text in expected] == [
        None if row.draft is None else row.draft.text for row in found
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('"one" more,t', "It is not CSV: "),
        ("a,b,c", "It has 3 cells, but there are 2 columns."),
        (",title", "It has no text."),
        ("x" * 1_100, "It is longer than 1,000 bytes."),
        ('"' + "\n".join(["x" * 400] * 2), "It is longer than 1,000 bytes. Is there a quote without its partner?"),
    ],
)
def test_a_bad_csv_row_is_a_problem_of_its_first_line(row: str, problem: str) -> None:
    tail = "\n" + "y" * 400 if row.startswith('"x') else ""
    first, bad, last = table(f'text,title\na,b\n{row}{tail}\n"l\na\nst",t\n')
    assert (TableRow(2, Draft("a", "b")), Draft("l\na\nst", "t")) == (first, last.draft)
    assert (3, None) == (bad.line, bad.draft)
    assert str(bad.problem).startswith(problem)


def test_an_unclosed_quote_is_a_problem() -> None:
    assert ["It is not CSV: unexpected end of data."] == [row.problem for row in table('text\n"words\n')]


def test_a_csv_row_that_is_not_utf8_is_one_problem() -> None:
    found = table(b'text,title\n"a\nb\xff\nc",t\nd,e\n')
    assert [(2, True), (5, False)] == [(row.line, row.problem is not None) for row in found]
    assert str(found[0].problem).startswith("It was read as UTF-8, but it is not: it has the byte 0xff. Save the file")


def test_a_western_spreadsheet_gets_advice_on_its_encoding() -> None:
    (row,) = table("text,title\ncafé,t\n".encode("cp1252"))
    assert "0xe9" in str(row.problem)
    assert "CSV UTF-8" in str(row.problem)
    with pytest.raises(UnreadableDocument, match=r'first row has the byte 0xe9.*"CSV UTF-8"'):
        table("text,résumé\na,b\n".encode("cp1252"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "given is empty"),
        ("title,url\na,b\n", 'given has no column "text": its first row names title, url'),
        ("text,Text\na,b\n", "given has several columns 'text'"),
        ("x" * 2_000, "given has no row of column names"),
    ],
)
def test_a_table_without_a_column_of_texts_is_refused(data: str, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words):
        table(data)


def read_lines(path: Path, max_bytes: int = 100) -> list[tuple[int, bytes | None]]:
    with open_lines(str(path), max_bytes) as lines:
        return [(line.number, line.data) for line in lines]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_lines_are_numbered_in_plain_and_gzipped_files(tmp_path: Path, name: str) -> None:
    data = b"one\r\n\ntwo\xff\nthree"
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert [(1, b"one\r\n"), (2, b"\n"), (3, b"two\xff\n"), (4, b"three")] == read_lines(tmp_path / name)


def test_a_line_that_is_too_long_has_no_data(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100 + b"\n" + b"x" * 99 + b"\n" + b"y" * 300_000 + b"\nend")
    assert [(1, None), (2, b"x" * 99 + b"\n"), (3, None), (4, b"end")] == read_lines(tmp_path / "a")


def test_a_file_without_newlines_takes_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(200 * 2**20)
    tracemalloc.start()
    try:
        assert [(1, None)] == read_lines(tmp_path / "a", 2**20)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_progress_counts_the_bytes_of_the_file(tmp_path: Path, name: str) -> None:
    data = b"".join(b"%d\n" % number for number in range(10_000))
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    with open_lines(str(tmp_path / name)) as lines:
        assert 0 == lines.bytes_read
        assert 10_000 == len(list(lines))
        assert lines.total == lines.bytes_read == (tmp_path / name).stat().st_size


def test_a_pipe_is_read_and_has_no_known_size(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"one\ntwo\n"))
    writer.start()
    with open_lines(str(pipe)) as lines:
        assert lines.total is None
        assert [b"one\n", b"two\n"] == [line.data for line in lines]
    writer.join()


def test_a_truncated_gzip_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    gzipped = gzip.compress(b"".join(os.urandom(30).hex().encode() + b"\n" for _ in range(5_000)))
    (tmp_path / "a.gz").write_bytes(gzipped[: len(gzipped) // 2])
    found: list[RawLine] = []
    with (
        open_lines(str(tmp_path / "a.gz")) as lines,
        pytest.raises(UnreadableDocument, match=r"a\.gz can't be read beyond line 2,"),
    ):
        for line in lines:
            found.append(line)
    assert 2_000 < len(found) < 3_000


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b'{"text": "plain"}\n')
    with pytest.raises(UnreadableDocument, match=r"a\.gz can't be read beyond line 0"):
        read_lines(tmp_path / "a.gz")
    with pytest.raises(UnreadableDocument, match=r"none\.csv can't be read: no such file"):
        read_lines(tmp_path / "none.csv")
