import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from filelock import FileLock

from corpus.errors import ModelProblem
from tests.training_parts import save_base
from training import larger, reader, soup, teacher, tune_fusion
from training.options import LOCK, Finite, base_folder, locked
from web.settings import Settings


def test_a_work_folder_is_for_one_training_at_a_time(tmp_path: Path) -> None:
    work = tmp_path / "work"
    with locked(work), pytest.raises(ModelProblem, match="Another training runs in"), locked(work):
        pass
    with locked(work):  # it is free again
        assert (work / LOCK).exists()


def test_the_lock_file_of_a_killed_training_locks_nobody_out(tmp_path: Path) -> None:
    FileLock(tmp_path / LOCK).acquire().lock.release()
    with locked(tmp_path):
        assert (tmp_path / LOCK).exists()


def test_the_base_is_a_given_folder_or_the_installed_model(tmp_path: Path) -> None:
    settings = Settings(models=tmp_path)
    assert save_base(tmp_path / "base") == base_folder(tmp_path / "base", settings)
    assert (base_folder(None, settings) / "tokenizer.json").is_file()
    with pytest.raises(ModelProblem, match=r"it has no tokenizer\.json"):
        base_folder(tmp_path, settings)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "many"])
def test_a_number_out_of_range_or_not_finite_is_refused(value: str) -> None:
    @click.command()
    @click.option("--hours", type=Finite(0))
    def command(hours: float) -> None:
        raise AssertionError

    ran = CliRunner().invoke(command, ["--hours", value])
    assert 2 == ran.exit_code
    assert "Invalid value for '--hours'" in ran.stderr


def test_documented_commands_have_the_documented_options() -> None:
    modules = {"larger": larger, "reader": reader, "soup": soup, "teacher": teacher, "tune_fusion": tune_fusion}
    text = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf-8").replace("\\\n", " ")
    commands = re.findall(r"python -m training\.(\w+) ([^`\n]*)", text)
    assert {*modules} == {name for name, _ in commands}
    for name, arguments in commands:
        known = {option for parameter in modules[name].main.params for option in parameter.opts}
        assert [] == [word for word in shlex.split(arguments) if word.startswith("--") and word not in known]
