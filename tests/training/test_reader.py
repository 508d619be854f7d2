import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from cli.runner import run
from corpus.article import Article, Draft
from corpus.text.sentences import split
from eval.datasets import FORUMS, SINGLE_SENTENCES, WIKI, read_questions
from index.onnx.model_files import sha256
from qa.confidence import CALIBRATION
from qa.reader.loader import load_reader
from qa.reader.model_files import ReaderManifest
from qa.types import Hit, Passage, Quote
from tests.question_sets import write
from tests.questions import as_question
from tests.training_parts import MAX_LENGTH, TOWNS, save_base, small_scale, town_rows, write_data
from training.data.sampling import SamplingRates
from training.export import CARD
from training.model_card import read_origins, read_recipe, teacher_origin, user_set_origin
from training.options import LOCK
from training.reader import MODEL_ID, main

TOLERANCE = 0.2  # one of 16 examples more or less is much


@pytest.fixture(autouse=True, scope="module")
def at_small_scale() -> Iterator[None]:
    with small_scale(TOLERANCE):
        yield


def options(folder: Path) -> list[str]:
    shared = ["--data", str(folder / "data"), "--base", str(folder / "base"), "--work", str(folder / "work")]
    return [*shared, "--out", str(folder / "out"), "--epochs", "3", "--learning-rate", "3e-3"]


def train(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, [*options(folder), *more], catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the command has run once."""
    home = tmp_path_factory.mktemp("training")
    write_data(home / "data")
    save_base(home / "base")
    ran = train(home)
    assert 0 == ran.exit_code
    (home / "output").write_text(ran.stdout)
    return home


Complain = Callable[..., tuple[object, list[str]]]


@pytest.fixture
def complaint(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complain:
    """Runs as `python -m training.reader` does, and returns the exit status and what standard error says."""

    def run_with(*more: str) -> tuple[object, list[str]]:
        monkeypatch.setattr(sys, "argv", ["reader", *options(folder), *more])
        with pytest.raises(SystemExit) as ended:
            run(main)
        return ended.value.code, capsys.readouterr().err.splitlines()

    return run_with


def test_the_command_writes_a_reader_that_the_service_loads(folder: Path) -> None:
    reader = load_reader(str(folder / "out"), folder / "cache")
    text = str(town_rows(["Aldmoor"])[0]["context"])
    article = Article.from_draft(Draft(text, title="Aldmoor"))
    sentences = tuple(Quote(article, start, end) for start, end in split(text, None))
    passage = Passage(Quote(article, 0, len(text)), (Hit(sentences[0], 0, 0.5, 0.5, 1.0),), sentences)
    found = reader.read(as_question("Who opened Aldmoor's bridge?"), [passage])
    assert found.candidates
    assert all(one.span.text in one.sentence.text for one in found.candidates)


def test_the_command_prints_its_progress_and_keeps_what_resuming_needs(folder: Path) -> None:
    trained, exported = (folder / "output").read_text().splitlines()
    assert re.fullmatch(
        r" *\d+%  epoch 3  batches \d+/\d+  \d+ min  loss \d+\.\d{3}  held out: exact \d\.\d{3}, AUROC \d\.\d{3}",
        trained,
    )
    assert exported.startswith(f"Exported to {folder / 'out'}: exact ")
    files = {str(path.relative_to(folder / "work")) for path in (folder / "work").rglob("*.*")}
    assert {"checkpoint.pt", "hard_negatives.json", "embeddings.sqlite", "validation/hard_negatives.json"} <= files
    assert 51 == len(json.loads((folder / "work" / "hard_negatives.json").read_text())["found"])


@pytest.mark.parametrize("option", [["--user-set-repeats", "2"], ["--fraction", "0"]])
def test_options_of_a_user_set_need_one(complaint: Complain, option: list[str]) -> None:
    code, lines = complaint(*option)
    assert (1, True) == (code, "need a --user-set" in lines[-1])


def test_the_figures_of_trained_and_exported_reader_agree(folder: Path) -> None:
    line = (folder / "output").read_text().splitlines()[-1]
    for name in ("exact", "AUROC"):
        trained, exported = line.split(f"{name} ")[1].split(",")[0].split(" -> ")
        assert pytest.approx(float(trained), abs=TOLERANCE) == float(exported)


def test_the_reader_comes_with_a_card(folder: Path) -> None:
    card = (folder / "out" / CARD).read_text("utf-8")
    manifest = ReaderManifest.read(folder / "out")
    assert manifest is not None
    assert (MODEL_ID, MAX_LENGTH, True) == (manifest.model_id, manifest.max_length, manifest.titled)
    for part in ("SQuADShifts", "CC BY 4.0", "QAMR", "MIT", "base | its own", "2 layers of 32", manifest.variant):
        assert part in card
    for name in manifest.files:
        assert f"| {name} | `{sha256(folder / 'out' / name)}` |" in card
    recipe = json.loads(card.split("```")[1].removeprefix("json"))
    assert (3, 3e-3, 0) == (recipe["epochs"], recipe["learning_rate"], recipe["seed"])


def test_a_finished_run_exports_the_same_reader_again(folder: Path, tmp_path: Path) -> None:
    ran = train(folder, "--out", str(tmp_path))
    assert "Resumed from" in ran.stdout
    assert (folder / "output").read_text().splitlines()[-1].split(": ", 1)[1] in ran.stdout
    one, two = ReaderManifest.read(folder / "out"), ReaderManifest.read(tmp_path)
    assert one is not None
    assert two is not None
    assert one.files == two.files


def test_a_run_without_hours_left_ends_at_once(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "work", tmp_path / "work")  # other options, the same hard negatives
    ran = train(folder, "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out"), "--hours", "1e-9")
    assert "is of a training with other options: starting anew." in ran.stdout
    assert 0 == ran.exit_code
    assert "batches 1/" in ran.stdout


def test_an_export_that_does_worse_replaces_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complaint: Complain
) -> None:
    out = shutil.copytree(folder / "out", tmp_path / "out")
    (out / CALIBRATION.name).write_text("its own")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    monkeypatch.setattr("training.validation._TOLERANCE", -1.0)  # no export is better by that
    code, lines = complaint("--out", str(out))
    assert 1 == code
    assert "The export does worse than the network, so it is not written: exact" in lines[-1]
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}


def test_replacing_a_reader_removes_its_calibration(folder: Path, tmp_path: Path) -> None:
    out = shutil.copytree(folder / "out", tmp_path / "out")
    (out / CALIBRATION.name).write_text("its own")
    ran = train(folder, "--out", str(out))
    assert "Fit it anew: python -m eval.calibrate" in ran.stdout
    assert {"model.onnx", "tokenizer.json", "manifest.json", CARD} == {path.name for path in out.iterdir()}


def test_a_warm_start_ends_lower_and_is_in_the_card(folder: Path, tmp_path: Path) -> None:
    work = shutil.copytree(folder / "work", tmp_path / "work")
    (work / "checkpoint.pt").unlink()
    out = shutil.copytree(folder / "out", tmp_path / "out")  # it starts from what it replaces
    origins = [teacher_origin("my-mpnet"), user_set_origin(tmp_path)]
    (out / CARD).write_text("\n".join([(out / CARD).read_text(), *origins]))
    ran = train(folder, "--work", str(work), "--out", str(out), "--warm-start", str(out))
    assert 0 == ran.exit_code
    assert origins == read_origins(out)
    loss, before = (float(text.split("loss ")[1].split()[0]) for text in (ran.stdout, (folder / "output").read_text()))
    assert loss < before
    assert read_recipe(folder / "out") == read_recipe(tmp_path / "out")["warm_start_recipe"]


def test_a_warm_start_does_not_resume_a_cold_one(folder: Path, tmp_path: Path) -> None:
    work = shutil.copytree(folder / "work", tmp_path / "work")
    ran = train(folder, "--work", str(work), "--out", str(tmp_path / "out"), "--warm-start", str(folder / "out"))
    assert "is of a training with other options: starting anew." in ran.stdout
    assert read_recipe(folder / "out") == read_recipe(tmp_path / "out")["warm_start_recipe"]
    again = train(folder, "--work", str(work), "--out", str(tmp_path / "out"), "--warm-start", str(folder / "out"))
    assert "Resumed from" in again.stdout


def test_a_run_without_synonyms_does_not_resume_one_with_them(folder: Path, tmp_path: Path) -> None:
    for part in ("noun", "verb", "adj"):
        for kind in ("data", "index"):
            (tmp_path / f"{kind}.{part}").write_text("")  # a WordNet without words
    work, out = shutil.copytree(folder / "work", tmp_path / "work"), tmp_path / "out"
    ran = train(folder, "--work", str(work), "--out", str(out), "--wordnet", str(tmp_path))
    assert "is of a training with other options: starting anew." in ran.stdout
    rates = [read_recipe(one)["rates"]["synonyms"] for one in (folder / "out", out)]
    assert [0, SamplingRates().synonyms] == rates


def test_a_warm_start_from_other_tokens_or_damage_is_refused(folder: Path, tmp_path: Path, complaint: Complain) -> None:
    other = shutil.copytree(folder / "base", tmp_path / "base")
    with (other / "tokenizer.json").open("a") as file:
        file.write(" ")
    code, lines = complaint("--base", str(other), "--warm-start", str(folder / "out"))
    assert (1, True) == (code, "has another tokenizer than the model in" in lines[-1])
    broken = shutil.copytree(folder / "out", tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"")
    code, lines = complaint("--warm-start", str(broken))
    assert (1, True) == (code, f"There is no reader in {broken}" in lines[-1])


def test_leftovers_of_a_killed_export_are_removed(folder: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / ".export-left"
    left.mkdir(parents=True)
    train(folder, "--out", str(tmp_path / "out"))
    assert not left.exists()


def test_two_runs_in_one_folder_are_refused(folder: Path, complaint: Complain) -> None:
    with FileLock(folder / "work" / LOCK):
        code, lines = complaint()
    assert 1 == code
    assert f"Another training runs in {folder / 'work'}" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--data", "nowhere"], "Error: Invalid value for '--data': Directory 'nowhere' does not exist."),
        (["--base", "nowhere"], "Error: Invalid value for '--base': Directory 'nowhere' does not exist."),
        (["--warm-start", "nowhere"], "Error: Invalid value for '--warm-start': Directory 'nowhere' does not exist."),
        (["--epochs", "0"], "Error: Invalid value for '--epochs': 0 is not in the range x>=1."),
        (["--hours", "-1"], "Error: Invalid value for '--hours': -1.0 is not in the range x>=0."),
        (["--learning-rate", "0"], "Error: Invalid value for '--learning-rate': 0.0 is not in the range x>0."),
    ],
)
def test_a_wrong_option_is_one_line(complaint: Complain, arguments: list[str], expected: str) -> None:
    assert (1, [expected]) == complaint(*arguments)


@pytest.mark.parametrize("name", [WIKI, *FORUMS, SINGLE_SENTENCES])
def test_a_missing_file_is_one_line_before_any_work(tmp_path: Path, complaint: Complain, name: str) -> None:
    data = write_data(tmp_path / "data")
    missing = data / "train" / f"{name}.jsonl.gz"
    missing.unlink()
    code, lines = complaint("--data", str(data), "--work", str(tmp_path / "work"))
    assert (1, f"Error: There is no file {missing}.") == (code, lines[-1])
    assert [LOCK] == [path.name for path in (tmp_path / "work").iterdir()]


def test_a_base_folder_without_a_model_is_one_line(folder: Path, tmp_path: Path, complaint: Complain) -> None:
    base = ["--base", str(tmp_path)]
    expected = f"Error: There is no model to start from in {tmp_path}: it has no tokenizer.json."
    assert (1, [expected]) == complaint(*base)
    (tmp_path / "tokenizer.json").write_bytes((folder / "base" / "tokenizer.json").read_bytes())
    code, lines = complaint(*base)
    assert (1, 1) == (code, len(lines))
    assert lines[0].startswith(f"Error: There is no BERT in {tmp_path}: ")


def test_data_without_held_out_titles_is_one_line(tmp_path: Path, complaint: Complain) -> None:
    write(write_data(tmp_path) / f"train/{WIKI}.jsonl.gz", town_rows(TOWNS))
    assert 32 == len(read_questions(tmp_path / f"train/{WIKI}.jsonl.gz"))
    code, lines = complaint("--data", str(tmp_path), "--work", str(tmp_path / "work"))
    assert 1 == code
    assert lines[-1].startswith(f"Error: No title of {WIKI} in {tmp_path} is held out")
