import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Draft
from corpus.errors import UnreadableDocument
from corpus.ingest.tables import NAMES, Lines, Row, Rows

WHOLE = {
    "text": "The ferry leaves at noon.",
    "title": "Ferry",
    "url": "https://a.example/",
    "published": "2022-01-13",
    "source": "Harbour",
    "language": "en",
}


def rows(data: bytes | str, longest: int = 1_000) -> Rows:
    return Rows(Lines(io.BytesIO(data.encode() if isinstance(data, str) else data), "given", longest=longest))


def json_lines(*lines: object) -> list[Row]:
    return list(
        rows("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)).json_lines()
    )


def table(data: bytes | str, longest: int = 1_000) -> list[Row]:
    return list(rows(data, longest).csv())


def test_a_line_of_json_gives_an_article_with_all_it_says() -> None:
    assert [Row(1, Draft(**WHOLE)), Row(3, Draft("b"))] == json_lines(WHOLE, "", {"text": "b", "title": None})


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
        ({"text": "a", "source": True}, "The source must be text, not true or false."),
        ({"text": "a", "origin": "file"}, "The origin 'file' is neither 'url' nor 'text'."),
        ("[" * 400_000, "It is longer than 1,000 bytes."),
        ("1" * 900, "It must be a JSON object, not a number."),
    ],
)
def test_a_bad_line_is_told_and_the_next_ones_are_read(line: Any, problem: str) -> None:
    first, bad, last = json_lines({"text": "a"}, line, {"text": "b"})
    assert (Row(1, Draft("a")), Row(3, Draft("b"))) == (first, last)
    assert (2, None) == (bad.line, bad.draft)
    assert str(bad.problem).startswith(problem)


def test_a_line_that_is_nested_too_deeply_is_told() -> None:
    (row,) = rows("[" * 200_000 + "\n", 1_000_000).json_lines()
    assert "It is not an article: it is nested too deeply." == row.problem


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    found = list(rows(b'\xef\xbb\xbf{"text": "a"}\n{"text": "\xff"}\n{"text": "b"}\n').json_lines())
    assert [Draft("a"), None, Draft("b")] == [row.draft for row in found]
    said = "It was read as UTF-8, but it is not: 0xff is at byte 11 of the line. Save the file as UTF-8."
    assert said == found[1].problem


def test_where_a_line_of_json_is_wrong_is_told_by_its_column_alone() -> None:
    _, bad = json_lines({"text": "a"}, '{"text": "b",}')
    assert re.fullmatch(r"It is not JSON: [^:]+ \(column 1[34]\)\.", str(bad.problem))


@pytest.mark.parametrize("read", [Rows.json_lines, Rows.csv])
def test_a_file_in_utf_16_is_refused_as_a_whole(read: Any) -> None:
    with pytest.raises(UnreadableDocument, match=r"given is UTF-16\. Save it as UTF-8"):
        list(read(rows("text\nwords\n".encode("utf-16"))))


def test_unknown_fields_are_named_once_and_not_without_end() -> None:
    found = rows('{"text": "a", "tags": [1], "id": 7}\n{"text": "b", "tags": 2, "size": 3}\n')
    assert [Draft("a"), Draft("b")] == [row.draft for row in found.json_lines()]
    assert ["tags", "size"] == found.ignored
    many = rows("".join(f'{{"text": "a", "f{number}": 1}}\n' for number in range(500)))
    assert 500 == len(list(many.json_lines()))
    assert 20 == len(many.ignored)


def test_an_export_tells_which_articles_did_not_come_from_their_url() -> None:
    found = json_lines(WHOLE | {"origin": "url"}, WHOLE | {"origin": "text"}, WHOLE)
    assert [True, False, True] == [row.by_url for row in found]


def test_columns_come_in_any_order_and_unknown_ones_are_named() -> None:
    found = rows("\ufeffTags, Title ,TEXT\nx,One,first\n,,\n\ny,,second\nz,Three\n")
    drafts = [(row.line, row.draft, row.problem) for row in found.csv()]
    assert [
        (2, Draft("first", "One"), None),
        (5, Draft("second"), None),
        (6, None, "It has no text."),
    ] == drafts
    assert ["tags"] == found.ignored


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(texts=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=5))
def test_what_a_csv_writer_wrote_is_read(delimiter: str, texts: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["title", "text"])
    writer.writerows(texts)
    found = table(out.getvalue().encode(errors="surrogatepass"))
    expected = [text for text in texts if any(cell.strip() for cell in text)]
    assert [text if text.strip() and whole(title + text) else None for title, text in expected] == [
        None if row.draft is None else row.draft.text for row in found
    ]


def whole(text: str) -> bool:
    return not any(0xD800 <= ord(character) < 0xE000 for character in text)


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
def test_a_bad_row_is_told_by_its_first_line_and_the_next_ones_are_read(row: str, problem: str) -> None:
    tail = "\n" + "y" * 400 if row.startswith('"x') else ""
    first, bad, last = table(f'text,title\na,b\n{row}{tail}\n"l\na\nst",t\n')
    assert (Row(2, Draft("a", "b")), Draft("l\na\nst", "t")) == (first, last.draft)
    assert (3, None) == (bad.line, bad.draft)
    assert str(bad.problem).startswith(problem)


def test_a_quote_without_its_partner_at_the_end_is_told() -> None:
    assert ["It is not CSV: unexpected end of data."] == [row.problem for row in table('text\n"words\n')]


def test_a_row_that_is_no_text_is_told_as_one_row() -> None:
    found = table(b'text,title\n"a\nb\xff\nc",t\nd,e\n')
    assert [(2, True), (5, False)] == [(row.line, row.problem is not None) for row in found]
    assert str(found[0].problem).startswith("It was read as UTF-8, but it is not: it has the byte 0xff. Save the file")


def test_a_table_of_a_western_spreadsheet_is_told_what_to_do() -> None:
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


def test_the_fields_are_those_of_a_draft() -> None:
    assert set(WHOLE) == set(NAMES)
