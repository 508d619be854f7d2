import gzip
import json
from pathlib import Path

import pytest

from corpus.errors import UnreadableDocument
from eval.datasets import GoldSentence, LabelledQuestion, read_questions, read_rows, read_sentences

ROW = {
    "id": "q1",
    "title": "Harbour_town",
    "question": "When?",
    "context": "🦊 It leaves at noon.",
    "answers": [{"start": 15, "text": "noon"}],
}
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def lines(*rows: object) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def write(folder: Path, content: bytes, name: str = "set.jsonl") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
def test_questions_are_read_plain_and_gzipped(tmp_path: Path, name: str) -> None:
    expected = LabelledQuestion("q1", "Harbour town", "When?", "🦊 It leaves at noon.", ((15, "noon"),))
    assert [expected] == read_questions(write(tmp_path, lines(ROW), name))


def test_a_question_may_have_no_answers(tmp_path: Path) -> None:
    assert () == read_questions(write(tmp_path, lines(ROW | {"answers": []})))[0].answers


def test_sentences_are_ordered_by_place(tmp_path: Path) -> None:
    rows = [{"para": 1, "start": 0, "end": 5}, {"para": 0, "start": 9, "end": 12}, {"para": 0, "start": 0, "end": 8}]
    expected = [GoldSentence(0, 0, 8), GoldSentence(0, 9, 12), GoldSentence(1, 0, 5)]
    assert expected == read_sentences(write(tmp_path, lines(*rows)))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + lines(ROW),
        b"\n\n" + lines(ROW) + b" \r\n",
        lines(ROW)[:-1],
        lines(ROW).replace(b"\n", b"\r\n"),
    ],
)
def test_marks_blank_lines_and_line_ends_do_not_matter(tmp_path: Path, content: bytes) -> None:
    assert ["q1"] == [one.id for one in read_questions(write(tmp_path, content))]


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
@pytest.mark.parametrize("number", [1, 2, 3, 500])
@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (b"{'id': 1}\n", "it is no JSON"),
        (b"{\n", "it is no JSON"),
        (b'{"id": "\xff"}\n', "it is not UTF-8 text"),
        (b"[1]\n", "it is no JSON object"),
        (b"7\n", "it is no JSON object"),
        (lines({"id": "q"}), "there is no 'context'"),
        (lines(ROW | {"answers": [{"text": "noon"}]}), "there is no 'start'"),
        (lines(ROW | {"answers": 7}), "a value is of another kind"),
        (lines(ROW | {"answers": None}), "a value is of another kind"),
        (lines(ROW | {"title": 7}), "a value is of another kind"),
        (lines(ROW | {"answers": [{"start": 14, "text": "noon"}]}), "an answer is not where"),
        (b"[" * 100_000 + b"\n", "another kind"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, name: str, number: int, broken: bytes, complaint: str) -> None:
    path = write(tmp_path, lines(ROW) * (number - 1) + broken + lines(ROW) * 3, name)
    with pytest.raises(UnreadableDocument) as told:
        read_questions(path)
    assert str(told.value).startswith(f"{path}, line {number}: ")
    assert complaint in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_blank_lines_count(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"set\.jsonl, line 4: "):
        read_questions(write(tmp_path, b"\n" + lines(ROW) + b"\n{\n"))


@pytest.mark.parametrize(
    "row", [{"para": 0, "start": 0}, {"para": "0", "start": 0, "end": 3}, {"para": 0, "start": 0.5, "end": 3}]
)
def test_a_wrong_sentence_is_named(tmp_path: Path, row: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocument, match=r"set\.jsonl, line 1: "):
        read_sentences(write(tmp_path, lines(row)))


PACKED = gzip.compress(lines(*[ROW | {"id": str(n)} for n in range(500)]))


@pytest.mark.parametrize(
    "content",
    [PACKED[:5], PACKED[:30], PACKED[:-5], PACKED[:40] + b"\xff" * 40 + PACKED[80:], lines(ROW)],
    ids=["header", "start", "end", "damaged", "plain"],
)
def test_a_broken_gzip_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument, match=r"set\.jsonl\.gz"):
        read_questions(path)


def test_a_missing_or_empty_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"There is no file .*nowhere\.jsonl"):
        read_questions(tmp_path / "nowhere.jsonl")
    with pytest.raises(UnreadableDocument, match="can't be read"):
        read_questions(tmp_path)
    for content in (b"", b"\n \n"):
        with pytest.raises(UnreadableDocument, match="is empty"):
            read_rows(write(tmp_path, content), dict)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the data folder {DATA} is missing")
def test_the_data_folder_can_be_read() -> None:
    assert 10_570 == len(read_questions(DATA / "dev/squad_dev_v1.1.jsonl.gz"))
    assert 10_642 == len(read_sentences(DATA / "dev/multireqa_squad_sentences.jsonl.gz"))
