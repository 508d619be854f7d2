import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app import Citeline, cli
from eval.command import FIGURES, PLOT, eval_command, evaluate_data, own_text
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import write_dev
from web.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def fake_opening(settings: Settings) -> Citeline:
    return Citeline(settings, WordEmbedder())


@pytest.fixture
def own(tmp_path: Path, articles: Path) -> list[str]:
    """What asks two questions of the two articles of the tests."""
    path = tmp_path / "own.jsonl"
    rows = [{"question": "When does the ferry leave?", "expected": "noon"}, {"question": "Who sang?", "expected": None}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return ["--questions", str(path), "--state", str(tmp_path / "state"), "--articles", str(articles)]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(eval_command(fake_opening), arguments, catch_exceptions=False)


def test_own_questions_are_listed_with_every_miss(own: list[str], tmp_path: Path) -> None:
    ran = run(*own, "--threshold", "0")
    assert (0, "") == (ran.exit_code, ran.stderr)
    assert "Who sang?\n      expected: no answer\n      answered: " in ran.stdout
    assert f"The figures are in {tmp_path / 'state' / 'eval' / FIGURES}." in ran.stdout


def test_json_is_all_that_is_printed(own: list[str], tmp_path: Path) -> None:
    ran = run(*own, "--threshold", "1", "--json", "--out", str(tmp_path / "out"))
    assert "" == ran.stderr
    figures = json.loads(ran.stdout)
    assert figures == json.loads((tmp_path / "out" / FIGURES).read_text(encoding="utf-8"))
    found = figures["own questions"]
    assert (2, 1, 1, 0, 1) == tuple(
        found[name] for name in ("questions", "answerable", "found first", "answered", "refused")
    )
    assert [{"question": "When does the ferry leave?", "expected": ["noon"], "answered": None, "rank": 1}] == found[
        "misses"
    ]


def test_the_log_is_as_loud_as_it_is_told_to_be(own: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[str] = []
    monkeypatch.setattr("logging.basicConfig", lambda level, **more: levels.append(level))
    run(*own, "--log-level", "error")
    assert ["ERROR"] == levels


def test_a_threshold_is_kept_to(own: list[str]) -> None:
    found = [json.loads(run(*own, "--threshold", least, "--json").stdout)["own questions"] for least in ("0", "1")]
    assert [(1, 0), (0, 1)] == [(one["answered"], one["refused"]) for one in found]


def test_a_miss_is_told_with_the_place_where_its_answer_was_found() -> None:
    miss = {"question": "When?\x1b[2J", "expected": ["noon", "12"], "answered": None, "rank": 3}
    text = own_text("own.csv", {"questions": 1, "misses": [miss]})
    assert "expected: noon / 12 (found as number 3)\n      answered: not" in text
    assert "\x1b" not in text
    assert "Not as expected" not in own_text("own.csv", {"questions": 1, "misses": []})


def test_a_data_folder_is_measured(tmp_path: Path) -> None:
    figures, text = evaluate_data(write_dev(tmp_path), WordEmbedder(), tmp_path / "out", ignore, 2)
    assert ("words@1", 2) == (figures["model"], figures["every"])
    assert 12 == figures["sentence retrieval"]["fused"]["questions"]
    assert "keywords alone" in text
    assert f"The plot is in {tmp_path / 'out' / PLOT}." in text
    assert (tmp_path / "out" / PLOT).read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_why_there_is_no_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    _, text = evaluate_data(write_dev(tmp_path), WordEmbedder(), tmp_path / "out", ignore, 6)
    assert "matplotlib is in requirements-dev.txt" in text


@pytest.mark.model
def test_the_command_measures_on_a_data_folder_and_own_questions_at_once(own: list[str], tmp_path: Path) -> None:
    arguments = ["eval", "--data", str(write_dev(tmp_path / "data")), "--json", "--every", "4", *own]
    ran = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert "" == ran.stderr
    figures = json.loads(ran.stdout)
    assert {"own questions", "sentence retrieval", "model", "every"} == set(figures)
    assert 1.0 == figures["sentence retrieval"]["fused"]["P@1"]
    assert (tmp_path / "state" / "eval" / PLOT).is_file()
    assert figures == json.loads((tmp_path / "state" / "eval" / FIGURES).read_text(encoding="utf-8"))


@pytest.mark.model
def test_the_sample_article_answers_as_well_as_it_did(tmp_path: Path) -> None:
    arguments = ["eval", "--questions", str(ROOT / "eval/kazakhstan.jsonl"), "--state", str(tmp_path), "--json"]
    found: dict[str, Any] = json.loads(CliRunner().invoke(cli, arguments, catch_exceptions=False).stdout)[
        "own questions"
    ]
    assert (20, 8) == (found["answerable"], found["unanswerable"])
    assert found["found first"] >= 19
    assert found["answered right"] >= 19
    assert found["refused"] >= 7


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Say what to measure on"),
        (["--questions", "nowhere.csv"], "There is no file nowhere.csv"),
        (["--questions", "nowhere.csv", "--articles", "nowhere"], "There is no articles folder nowhere"),
        (["--data", "nowhere", "--every", "0"], "'--every'"),
        pytest.param(["--data", "nowhere"], f"There is no file {Path('nowhere/dev')}", marks=pytest.mark.model),
    ],
)
def test_what_goes_wrong_is_one_line(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    environment = os.environ | {"CITELINE_STATE": str(tmp_path)}
    command = [sys.executable, str(ROOT / "app.py"), "eval", *arguments]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert (1, "") == (ran.returncode, ran.stdout)
    assert 1 == len(ran.stderr.splitlines())
    assert complaint in ran.stderr
