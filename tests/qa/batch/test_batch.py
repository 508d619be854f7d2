"""Questions from files, and replies as rows."""

import csv
import io
from dataclasses import replace

import pytest

from corpus.article import Article, Draft
from corpus.errors import InvalidInput
from corpus.store.filters import NO_FILTERS
from qa.batch.asking import ask_each
from qa.batch.questions import MAX_QUESTIONS, read_csv, read_json_lines, read_lines
from qa.batch.table import COLUMNS, csv_writer
from qa.types import Answer, Quote, Reply, Understood

ARTICLE = Article.from_draft(Draft("=HYPERLINK(1) is what the ferry costs.", title="+Ferry", source="@Gazette"))


def reply(question: str) -> Reply:
    if question == "bad":
        raise InvalidInput("It is bad.")
    if question == "broken":
        raise ZeroDivisionError
    sentence = Quote(ARTICLE, 0, len(ARTICLE.text))
    answer = Answer(replace(sentence, end=13), sentence, sentence, 0.91)
    return Reply(question, (answer,), (), 1, 1.0, Understood(question, NO_FILTERS))


def test_questions_are_read_from_csv_json_lines_and_lines() -> None:
    expected = ["Who?", "When, and where?"]
    assert expected == read_csv('id,Question\n1,Who?\n\n2,"When, and where?"\n', "f")
    assert expected == read_csv("\ufeffquestion\tid\nWho?\t1\nWhen, and where?\t2", "f")
    assert expected == read_json_lines('{"question": "Who?"}\n\n"When, and where?"', "f")
    assert expected == read_lines("Who?\n\n When, and where? \n", "f")


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_csv, "", "no column"),
        (read_csv, "query\nWho?", "no column"),
        (read_csv, "question\n\n", "no questions"),
        (read_csv, 'question\n"Who?', "not CSV"),
        (read_json_lines, "{", "Line 1"),
        (read_json_lines, '\n{"q": 1}', "Line 2"),
        (read_lines, "Who?\n" * (MAX_QUESTIONS + 1), "1,001"),
    ],
)
def test_bad_files_are_told(read: object, text: str, words: str) -> None:
    assert callable(read)
    with pytest.raises(InvalidInput, match=words):
        read(text, "f")


def test_a_question_that_fails_stops_no_other() -> None:
    found = list(ask_each(["a", "bad", "broken", "b"], reply))
    assert [1, 2, 3, 4] == [one.number for one in found]
    assert [None, "It is bad.", "Something went wrong; the log says what.", None] == [one.problem for one in found]


def test_no_cell_is_taken_for_a_formula() -> None:
    file = io.StringIO()
    write = csv_writer(file)
    for one in ask_each(["-1+1", "bad"], reply):
        write(one)
    header, first, second = csv.reader(io.StringIO(file.getvalue()))
    row = dict(zip(header, first, strict=True))
    assert list(COLUMNS) == header
    assert ("'-1+1", "'=HYPERLINK(1)", "'+Ferry", "'@Gazette") == tuple(
        row[name] for name in ("question", "answer", "article", "source")
    )
    assert ("0.91", "0") == (row["confidence"], row["start"])
    assert ("failed", "It is bad.") == (second[2], second[-1])
