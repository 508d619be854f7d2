import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from corpus.errors import InvalidInput, UnreadableDocument
from eval.replies import Difference, compare, difference, main, read_question_list, read_recording
from tests.conftest import MakeApp
from tests.web_server import served

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = [
    "When is the final withdrawal of peacekeepers scheduled to be completed?",
    "Who leads the bakers of Reykjavik?",
    "?",
    "hi",
]
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def url(make_app: MakeApp) -> Iterator[str]:
    """The address of a service over the sample article."""
    with served(make_app(articles=ROOT / "corpus" / "articles")) as port:
        yield f"http://127.0.0.1:{port}"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def record(url: str, folder: Path, name: str) -> Path:
    questions, out = folder / "questions.txt", folder / name
    questions.write_text("\n".join(QUESTIONS), encoding="utf-8")
    ran = run("record", "--url", url, "--questions", questions, "--out", out)
    assert (0, f"4 replies are in {out}.\n") == (ran.exit_code, ran.output)
    return out


def test_two_recordings_of_one_service_are_identical(url: str, tmp_path: Path) -> None:
    before, after = record(url, tmp_path, "before.jsonl"), record(url, tmp_path, "after.jsonl")
    recorded = read_recording(before)
    assert QUESTIONS == [question for question, _ in recorded]
    (_, answered), *_, (_, declined), (_, small_talk) = recorded
    assert "January 19" in answered["answers"][0]["sentence"]["text"]
    told = {"question", "answered", "answers", "closest", "hint", "understood", "undated_left_out", "timeline"} | {
        "library",
        "may_have_history",
    }
    assert told == set(answered)
    assert 422 == declined["status"]
    assert small_talk["hint"]
    assert "      4  identical\n" in run("compare", before, after).output


def test_changed_answers_are_counted_and_listed(url: str, tmp_path: Path) -> None:
    before, after = record(url, tmp_path, "before.jsonl"), tmp_path / "after.jsonl"
    rows = [json.loads(line) for line in before.read_text(encoding="utf-8").splitlines()]
    rows[0]["reply"] |= {"answered": False, "answers": []}
    after.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    ran = run("compare", before, after)
    assert "      3  identical\n" in ran.output
    assert "      1  answered before, refused after\n" in ran.output
    assert f"\nanswered before, refused after:\n  {QUESTIONS[0]}\n      before: " in ran.output
    assert "      after:  no answer\n" in ran.output


def answer(start: int, confidence: float) -> dict[str, Any]:
    return {"article": {"id": "a"}, "start": start, "end": start + 4, "text": "noon", "confidence": confidence}


REPLY = {"answered": True, "answers": [answer(0, 0.9), answer(9, 0.5)], "closest": [], "hint": None}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda reply: None, Difference.NONE),
        (lambda reply: reply["answers"][1].update(confidence=0.4), Difference.CONFIDENCE),
        (lambda reply: reply["answers"].clear(), Difference.REFUSED),
        (lambda reply: reply["answers"].reverse(), Difference.FIRST_ANSWER),
        (lambda reply: reply["answers"][0].update(start=1, confidence=0.8), Difference.FIRST_ANSWER),
        (lambda reply: reply["answers"].pop(), Difference.FURTHER_ANSWERS),
        (lambda reply: reply["closest"].append({"text": "noon"}), Difference.OTHER),
    ],
)
def test_differences_are_named(change: Change, expected: Difference) -> None:
    changed = copy.deepcopy(REPLY)
    change(changed)
    assert expected == difference(REPLY, changed)
    backwards = Difference.ANSWERED if expected == Difference.REFUSED else expected
    assert backwards == difference(changed, REPLY)


def test_a_question_that_is_declined_counts_as_refused() -> None:
    assert Difference.REFUSED == difference(REPLY, {"status": 422, "detail": "It is empty."})


def test_recordings_of_other_questions_are_not_compared() -> None:
    with pytest.raises(InvalidInput, match="not of the same questions"):
        compare([("a?", REPLY)], [("b?", REPLY)])


def test_questions_are_read_as_json_lines_or_as_lines(tmp_path: Path) -> None:
    rows, lines = tmp_path / "list.jsonl", tmp_path / "list.txt"
    rows.write_text('{"question": "a?", "expected": null}\n{"question": "b?"}\n', encoding="utf-8")
    lines.write_text("\ufeffa?\r\n\n b? \n", encoding="utf-8")
    assert ["a?", "b?"] == read_question_list(rows) == read_question_list(lines)
    lines.write_text("\n", encoding="utf-8")
    with pytest.raises(UnreadableDocument, match="is empty"):
        read_question_list(lines)


def test_an_address_that_does_not_answer_as_the_service_is_named(url: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a?", encoding="utf-8")
    nobody, other = "http://127.0.0.1:9", f"{url}/feeds"
    for address, problem in ((nobody, f"{nobody} does not answer"), (other, "/feeds/ answers 405 to 'a?': ")):
        ran = run("record", "--url", address, "--questions", tmp_path / "list.txt", "--out", tmp_path / "out")
        assert 1 == ran.exit_code
        assert problem in ran.output
