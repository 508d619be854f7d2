"""The command `dates`, run as a user runs it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.dates import dates
from corpus.errors import InvalidArticle, UnreadableDocument

TEXT = "\n\nBridge closed\r\n\nOSSERY, Jan. 13, 2022 — It will reopen on January 19.\nIt shut from 3 to 5 January.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.txt"
    path.write_bytes(TEXT.encode())
    return path


def run(*arguments: object) -> str:
    return CliRunner().invoke(dates, [*map(str, arguments)], catch_exceptions=False).output


def test_a_plain_text_keeps_its_own_offsets(file: Path) -> None:
    found = json.loads(run(file, "--published", "2022-01-13", "--json"))
    text = TEXT.replace("\r\n", "\n")
    assert [one["text"] for one in found] == [text[one["start"] : one["end"]] for one in found]
    assert {
        "text": "January 19",
        "start": text.index("January 19"),
        "end": text.index("January 19") + 10,
        "value": "2022-01-19",
        "grain": "day",
        "guess": False,
    } == found[1]
    assert ("2022-01-03", "2022-01-05") == (found[2]["value"], found[2]["end_value"])


def test_without_a_date_it_is_that_of_the_document(file: Path) -> None:
    lines = [line.split(maxsplit=1)[1] for line in run(file).splitlines()]
    assert [
        "Jan. 13, 2022   2022-01-13",
        "January 19      2022-01-19",
        "3 to 5 January  2022-01-03 to 2022-01-05",
    ] == lines


def test_a_document_of_another_format_is_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<article><h1>Bridge</h1><p>The old bridge will be shut next year, they said.</p></article>")
    (found,) = json.loads(run(page, "--published", "2022-01-13", "--json"))
    assert ("next year", "2023") == (found["text"], found["value"])


def test_what_is_wrong_is_named(file: Path) -> None:
    with pytest.raises(InvalidArticle, match="'soon' is not an ISO 8601 date"):
        run(file, "--published", "soon")
    with pytest.raises(UnreadableDocument, match=r"no\.txt can't be read: it is not there"):
        run(file.with_name("no.txt"))
