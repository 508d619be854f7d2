import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.runner import run
from index.onnx.model_files import GRAPH, sha256
from tests.training_parts import save_base, save_mpnet, small_scale, write_data
from training import reader as reading
from training.model_card import CARD, read_recipe
from training.models.teacher import load_teacher
from training.teacher import TEACHER, main


@pytest.fixture(autouse=True, scope="module")
def at_small_scale() -> Iterator[None]:
    with small_scale(0.2):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the whole command has run once; the reader begins with a tiny BERT there."""
    home = tmp_path_factory.mktemp("training")
    write_data(home / "data")
    save_mpnet(home / "mpnet", save_base(home / "base") / "tokenizer.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.teacher.base_folder", lambda folder, settings: home / "base")
        ran = train(home)
        assert 0 == ran.exit_code
        (home / "told").write_text(ran.stdout)
        yield home


def options(folder: Path) -> list[str]:
    told = ["--data", str(folder / "data"), "--base", str(folder / "mpnet"), "--work", str(folder / "work")]
    return [*told, "--epochs", "2", "--rate", "3e-3"]


def train(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, [*options(folder), *more], catch_exceptions=False)


def test_the_command_keeps_a_teacher_and_tells_how_it_does(folder: Path) -> None:
    trained, kept = (folder / "told").read_text().splitlines()
    assert "kept apart: exact " in trained
    assert f"The teacher is in {folder / 'work' / TEACHER}." == kept
    _, recipe = load_teacher(folder / "work" / TEACHER)
    assert ("mpnet", 2, 3e-3, 0.1) == (recipe["base"], recipe["epochs"], recipe["rate"], recipe["dropout"])
    assert recipe["steps"] > 0


def test_a_run_that_has_ended_is_not_done_again(folder: Path) -> None:
    before, recipe = load_teacher(folder / "work" / TEACHER)
    ran = train(folder)
    assert "Resumed from" in ran.stdout
    again, same = load_teacher(folder / "work" / TEACHER)
    assert recipe == same
    assert all((a == b).all() for a, b in zip(before.parameters(), again.parameters(), strict=True))


def test_a_reader_that_learned_from_a_teacher_says_so(folder: Path, tmp_path: Path) -> None:
    told = ["--data", str(folder / "data"), "--base", str(folder / "base"), "--work", str(tmp_path / "work")]
    told += ["--out", str(tmp_path / "out"), "--epochs", "2", "--rate", "3e-3"]
    teacher = folder / "work" / TEACHER
    ran = CliRunner().invoke(reading.main, [*told, "--teacher", str(teacher)], catch_exceptions=False)
    assert 0 == ran.exit_code
    _, recipe = load_teacher(teacher)
    assert [json.loads(json.dumps(recipe))] == read_recipe(tmp_path / "out")["taught_by"]
    assert "begun with: mpnet | its own |" in (tmp_path / "out" / CARD).read_text("utf-8")
    twice = CliRunner().invoke(reading.main, [*told, *["--teacher", str(teacher)] * 2], catch_exceptions=False)
    assert "is of another plan: starting anew." in twice.stdout
    assert 2 == len(read_recipe(tmp_path / "out")["taught_by"])
    assert 1 == (tmp_path / "out" / CARD).read_text("utf-8").count("begun with: mpnet")
    without = CliRunner().invoke(reading.main, told, catch_exceptions=False)
    assert "is of another plan: starting anew." in without.stdout


def test_a_reader_learns_what_its_teacher_makes_of_tokens_where_it_is_told_to(folder: Path, tmp_path: Path) -> None:
    told = ["--data", str(folder / "data"), "--base", str(folder / "base"), "--epochs", "2", "--rate", "3e-3"]
    told += ["--teacher", str(folder / "work" / TEACHER)]
    graphs = set()
    for number, more in enumerate(([], ["--likeness", "1"], ["--dropout", "0.2"])):
        home = tmp_path / str(number)
        ran = CliRunner().invoke(
            reading.main, [*told, *more, "--work", str(home), "--out", str(home / "out")], catch_exceptions=False
        )
        assert 0 == ran.exit_code
        recipe = read_recipe(home / "out")
        assert (float("--likeness" in more), 0.2 * ("--dropout" in more)) == (recipe["likeness"], recipe["dropout"])
        graphs.add(sha256(home / "out" / GRAPH))
    assert 3 == len(graphs)


def test_to_be_like_a_teacher_takes_one(folder: Path, tmp_path: Path) -> None:
    told = ["--data", str(folder / "data"), "--base", str(folder / "base"), "--work", str(tmp_path)]
    ran = CliRunner().invoke(reading.main, [*told, "--likeness", "1"])
    assert 2 == ran.exit_code
    assert "--likeness needs a --teacher" in ran.stderr


def test_what_is_no_teacher_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "teacher.pt").write_bytes(b"none")
    told = ["--data", str(folder / "data"), "--base", str(folder / "base"), "--work", str(tmp_path / "work")]
    monkeypatch.setattr(sys, "argv", ["reader", *told, "--teacher", str(tmp_path / "teacher.pt")])
    with pytest.raises(SystemExit) as ended:
        run(reading.main)
    lines = capsys.readouterr().err.splitlines()
    assert (1, True) == (ended.value.code, lines[-1].startswith(f"Error: There is no teacher in {tmp_path}"))


def test_a_base_that_is_no_mpnet_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["teacher", *options(folder), "--base", str(folder / "base")])
    with pytest.raises(SystemExit) as ended:
        run(main)
    lines = capsys.readouterr().err.splitlines()
    assert (1, 1) == (ended.value.code, len(lines))
    assert lines[0].startswith(f"Error: There is no MPNet to begin with in {folder / 'base'}: it is of the kind 'bert'")
