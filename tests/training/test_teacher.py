import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.runner import run
from index.onnx.model_files import GRAPH, sha256
from tests.training_parts import save_base, save_mpnet, small_scale, write_data
from training.export import CARD
from training.model_card import read_recipe
from training.models.teacher import load_teacher
from training.reader import main as train_reader
from training.teacher import TEACHER, main


@pytest.fixture(autouse=True, scope="module")
def at_small_scale() -> Iterator[None]:
    with small_scale(0.2):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder where the command has run once; the reader starts from a tiny BERT."""
    home = tmp_path_factory.mktemp("training")
    write_data(home / "data")
    save_mpnet(home / "mpnet", save_base(home / "base") / "tokenizer.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.teacher.base_folder", lambda folder, settings: home / "base")
        ran = train(home)
        assert 0 == ran.exit_code
        (home / "output").write_text(ran.stdout)
        yield home


def teacher_options(folder: Path) -> list[str]:
    options = ["--data", str(folder / "data"), "--base", str(folder / "mpnet"), "--work", str(folder / "work")]
    return [*options, "--epochs", "2", "--learning-rate", "3e-3"]


def reader_options(folder: Path, work: Path) -> list[str]:
    options = ["--data", str(folder / "data"), "--base", str(folder / "base"), "--work", str(work)]
    return [*options, "--out", str(work / "out"), "--epochs", "2", "--learning-rate", "3e-3"]


def train(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, [*teacher_options(folder), *more], catch_exceptions=False)


def test_the_command_saves_a_teacher_and_prints_its_figures(folder: Path) -> None:
    trained, saved = (folder / "output").read_text().splitlines()
    assert "held out: exact " in trained
    assert f"The teacher is in {folder / 'work' / TEACHER}." == saved
    _, recipe = load_teacher(folder / "work" / TEACHER)
    assert ("mpnet", 2, 3e-3, 0.1) == (recipe["base"], recipe["epochs"], recipe["learning_rate"], recipe["dropout"])
    assert recipe["steps"] > 0
    assert recipe["rates"]["synonyms"] == 0


def test_a_finished_run_is_not_trained_further(folder: Path) -> None:
    before, recipe = load_teacher(folder / "work" / TEACHER)
    ran = train(folder)
    assert "Resumed from" in ran.stdout
    again, same = load_teacher(folder / "work" / TEACHER)
    assert recipe == same
    assert all((a == b).all() for a, b in zip(before.parameters(), again.parameters(), strict=True))


def test_a_distilled_reader_names_its_teachers(folder: Path, tmp_path: Path) -> None:
    options = reader_options(folder, tmp_path)
    teacher = folder / "work" / TEACHER
    ran = CliRunner().invoke(train_reader, [*options, "--teacher", str(teacher)], catch_exceptions=False)
    assert 0 == ran.exit_code
    _, recipe = load_teacher(teacher)
    assert [json.loads(json.dumps(recipe))] == read_recipe(tmp_path / "out")["teacher_recipes"]
    assert "questions from mpnet | its own |" in (tmp_path / "out" / CARD).read_text("utf-8")
    twice = CliRunner().invoke(train_reader, [*options, *["--teacher", str(teacher)] * 2], catch_exceptions=False)
    assert "is of a training with other options: starting anew." in twice.stdout
    assert 2 == len(read_recipe(tmp_path / "out")["teacher_recipes"])
    assert 1 == (tmp_path / "out" / CARD).read_text("utf-8").count("questions from mpnet")
    without = CliRunner().invoke(train_reader, options, catch_exceptions=False)
    assert "is of a training with other options: starting anew." in without.stdout


def test_the_hidden_state_loss_and_dropout_change_the_reader(folder: Path, tmp_path: Path) -> None:
    graphs = set()
    for number, more in enumerate(([], ["--hidden-loss", "1"], ["--dropout", "0.2"])):
        home = tmp_path / str(number)
        options = [*reader_options(folder, home), "--teacher", str(folder / "work" / TEACHER), *more]
        assert 0 == CliRunner().invoke(train_reader, options, catch_exceptions=False).exit_code
        recipe = read_recipe(home / "out")
        assert [float("--hidden-loss" in more), 0.2 * ("--dropout" in more)] == [
            recipe["hidden_loss"],
            recipe["dropout"],
        ]
        graphs.add(sha256(home / "out" / GRAPH))
    assert 3 == len(graphs)


def test_the_hidden_state_loss_needs_a_teacher(folder: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(train_reader, [*reader_options(folder, tmp_path), "--hidden-loss", "1"])
    assert 2 == ran.exit_code
    assert "--hidden-loss needs a --teacher" in ran.stderr


def test_a_wrong_teacher_or_base_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "teacher.pt").write_bytes(b"none")
    no_mpnet = f"Error: There is no MPNet in {folder / 'base'}: its model type is 'bert'"
    no_teacher = f"Error: There is no teacher in {tmp_path}"
    for command, arguments, expected in (
        (train_reader, [*reader_options(folder, tmp_path), "--teacher", str(tmp_path / "teacher.pt")], no_teacher),
        (main, [*teacher_options(folder), "--base", str(folder / "base")], no_mpnet),
    ):
        monkeypatch.setattr(sys, "argv", ["command", *arguments])
        with pytest.raises(SystemExit) as ended:
            run(command)
        *before, line = capsys.readouterr().err.splitlines()
        assert (1, True) == (ended.value.code, line.startswith(expected))
        assert [] == before or command is train_reader  # transformers reports the weights that the network lacks
