import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app import Citeline, cli
from cli.runtime import Wiring
from corpus.errors import NotFound
from corpus.store.article_store import ArticleStore
from corpus.text.sentences import split
from eval.command import (
    CALIBRATION_PLOT,
    FIGURES,
    RETRIEVAL_PLOT,
    RISK_PLOT,
    evaluate,
    evaluate_reading,
    evaluate_retrieval,
    user_questions_text,
)
from qa.confidence import Confidence
from qa.reader.base import Reader, SentenceReader
from qa.reader.loader import SENTENCES
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import KnownReader, ScoreConfidence, write_dev
from web.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def fake_opening(settings: Settings) -> Citeline:
    return Citeline(settings.model_copy(update={"reader": SENTENCES}), WordEmbedder())


def fake_answering(settings: Settings) -> tuple[Reader, Confidence, float]:
    return SentenceReader(), ScoreConfidence(), 0.25


@pytest.fixture
def user_questions(tmp_path: Path, articles: Path) -> list[str]:
    """Arguments that ask two questions of the two articles of the tests."""
    path = tmp_path / "own.jsonl"
    rows = [{"question": "When does the ferry leave?", "expected": "noon"}, {"question": "Who sang?", "expected": None}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    ArticleStore.open(tmp_path / "state" / "articles.sqlite").close()
    return ["--questions", str(path), "--state", str(tmp_path / "state"), "--articles", str(articles)]


def run(*arguments: str) -> Result:
    wiring = Wiring(fake_opening, lambda runtime: Flask("unused"), split, fake_answering, "1")
    return CliRunner().invoke(evaluate, arguments, obj=wiring, catch_exceptions=False)


def test_every_miss_of_user_questions_is_listed(user_questions: list[str], tmp_path: Path) -> None:
    ran = run(*user_questions, "--threshold", "0")
    assert (0, "") == (ran.exit_code, ran.stderr)
    assert "Who sang?\n      expected: no answer\n      answered: " in ran.stdout
    assert f"The figures are in {tmp_path / 'state' / 'eval' / FIGURES}." in ran.stdout


@pytest.mark.parametrize("kept", ["0", "20"])
def test_the_file_of_an_answer_is_known_whether_it_is_kept_or_not(
    user_questions: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.setenv("CITELINE_KEEP_ORIGINALS", kept)
    rows = [
        {"question": "When does the ferry leave?", "expected": "noon", "file": name} for name in ("ferry.txt", "no.txt")
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    figures = json.loads(run(*user_questions, "--threshold", "0", "--json").stdout)["own questions"]
    assert (2, 1) == (figures["answered right"], figures["words and place"])
    assert [["ferry.txt"]] == [each["place"] for each in figures["elsewhere"]]


def test_a_missing_library_is_an_error(user_questions: list[str], tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"There is no library in {tmp_path / 'tpyo'} "):
        run(*user_questions, "--state", str(tmp_path / "tpyo"))
    assert not (tmp_path / "tpyo").exists()


def test_only_json_is_printed_on_request(user_questions: list[str], tmp_path: Path) -> None:
    ran = run(*user_questions, "--threshold", "1", "--json", "--out", str(tmp_path / "out"))
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


def test_the_log_level_is_an_option(user_questions: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[str] = []
    monkeypatch.setattr("logging.basicConfig", lambda level, **more: levels.append(level))
    run(*user_questions, "--log-level", "error")
    assert ["ERROR"] == levels


def test_the_threshold_is_an_option(user_questions: list[str]) -> None:
    found = [
        json.loads(run(*user_questions, "--threshold", least, "--json").stdout)["own questions"] for least in ("0", "1")
    ]
    assert [(1, 0), (0, 1)] == [(one["answered"], one["refused"]) for one in found]


def test_a_miss_is_shown_with_the_rank_of_its_answer() -> None:
    miss = {"question": "When?\x1b[2J", "expected": ["noon", "12"], "answered": None, "rank": 3}
    text = user_questions_text("own.csv", {"questions": 1, "misses": [miss], "elsewhere": [], "other words": []})
    assert "expected: noon / 12 (found as number 3)\n      answered: not" in text
    assert "\x1b" not in text
    assert "Not as expected" not in user_questions_text(
        "own.csv", {"questions": 1, "misses": [], "elsewhere": [], "other words": []}
    )


def test_kinds_are_counted_in_a_table() -> None:
    kinds = {"when": {"questions": 2, "right": 1}}
    text = user_questions_text(
        "own.csv", {"questions": 2, "kinds": kinds, "misses": [], "elsewhere": [], "other words": []}
    )
    assert ["when", "2", "1"] == text.splitlines()[-1].split()


def test_an_answer_in_other_words_is_shown() -> None:
    other = {"question": "When?", "expected": ["noon"], "answered": "at noon sharp"}
    text = user_questions_text("own.csv", {"questions": 1, "misses": [], "elsewhere": [], "other words": [other]})
    assert text.endswith("but in other words:\n  When?\n      expected: noon\n      answered: at noon sharp")


def test_retrieval_is_measured_on_a_data_folder(tmp_path: Path) -> None:
    figures, text = evaluate_retrieval(write_dev(tmp_path), WordEmbedder(), tmp_path / "out", ignore, 2)
    assert 12 == figures["sentence retrieval"]["fused"]["questions"]
    assert "keywords alone" in text
    assert f"The plot is in {tmp_path / 'out' / RETRIEVAL_PLOT}." in text
    assert (tmp_path / "out" / RETRIEVAL_PLOT).read_bytes().startswith(b"\x89PNG")


def read_on(folder: Path, every: int) -> tuple[dict[str, Any], str]:
    return evaluate_reading(
        write_dev(folder), WordEmbedder(), KnownReader(), ScoreConfidence(), 0.5, folder / "out", ignore, every
    )


def test_reading_is_measured_on_a_data_folder(tmp_path: Path) -> None:
    figures, text = read_on(tmp_path, 2)
    assert (12, 1.0) == (figures["reading"]["questions"], figures["reading"]["EM"])
    assert {"bins of equal width", "risk and coverage"} < set(figures["reading in detail"])
    assert "coverage at 90% precision" in text
    for name in (RISK_PLOT, CALIBRATION_PLOT):
        assert str(tmp_path / "out" / name) in text
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_why_there_is_no_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    texts = [
        evaluate_retrieval(write_dev(tmp_path), WordEmbedder(), tmp_path / "out", ignore, 6)[1],
        read_on(tmp_path, 6)[1],
    ]
    assert [True, True] == ["matplotlib is in requirements-dev.txt" in text for text in texts]
    assert [] == list((tmp_path / "out").glob("*.png"))


@pytest.mark.model
def test_both_kinds_of_questions_are_measured_at_once(user_questions: list[str], tmp_path: Path) -> None:
    arguments = ["eval", "--data", str(write_dev(tmp_path / "data")), "--json", "--every", "4", *user_questions]
    ran = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert "" == ran.stderr
    figures = json.loads(ran.stdout)
    parts = {"own questions", "sentence retrieval", "reading", "reading in detail", "robustness", "model", "every"}
    assert parts == set(figures)
    assert 1.0 == figures["sentence retrieval"]["fused"]["P@1"]
    assert 6 == figures["reading"]["questions"]
    assert all((tmp_path / "state" / "eval" / name).is_file() for name in (RETRIEVAL_PLOT, RISK_PLOT, CALIBRATION_PLOT))
    assert figures == json.loads((tmp_path / "state" / "eval" / FIGURES).read_text(encoding="utf-8"))


@pytest.mark.model
@pytest.mark.parametrize(
    ("only", "parts"),
    [
        ("retrieval", {"sentence retrieval"}),
        ("reading", {"reading", "reading in detail"}),
        ("robustness", {"robustness"}),
    ],
)
def test_one_part_alone_can_be_measured(tmp_path: Path, only: str, parts: set[str]) -> None:
    arguments = ["--data", str(write_dev(tmp_path)), "--state", str(tmp_path), "--json", "--every", "8", "--only", only]
    figures = json.loads(run(*arguments).stdout)
    assert parts | {"model", "every"} == set(figures)
    assert figures.get("reading", {"threshold": 0.25})["threshold"] == 0.25


@pytest.mark.model
def test_the_sample_article_answers_as_well_as_it_did(tmp_path: Path) -> None:
    ArticleStore.open(tmp_path / "articles.sqlite").close()
    arguments = ["eval", "--questions", str(ROOT / "eval/kazakhstan.jsonl"), "--state", str(tmp_path), "--json"]
    found: dict[str, Any] = json.loads(CliRunner().invoke(cli, arguments, catch_exceptions=False).stdout)[
        "own questions"
    ]
    assert (20, 8) == (found["answerable"], found["unanswerable"])
    assert found["found first"] >= 18
    assert found["answered right"] >= 18
    assert found["exact words"] >= 16
    assert found["refused"] >= 7


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Say what to measure on"),
        (["--questions", "nowhere.csv"], "There is no file nowhere.csv"),
        (["--questions", "nowhere.csv", "--articles", "nowhere"], "There is no articles folder nowhere"),
        (["--data", "nowhere", "--every", "0"], "'--every'"),
        (["--data", "nowhere", "--only", "speed"], "'--only'"),
        pytest.param(["--data", "nowhere"], f"There is no file {Path('nowhere/dev')}", marks=pytest.mark.model),
    ],
)
def test_an_error_is_one_line(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    environment = os.environ | {"CITELINE_STATE": str(tmp_path)}
    command = [sys.executable, str(ROOT / "app.py"), "eval", *arguments]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert (1, "") == (ran.returncode, ran.stdout)
    assert 1 == len(ran.stderr.splitlines())
    assert complaint in ran.stderr
