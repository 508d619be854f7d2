from pathlib import Path

import pytest
from click.testing import CliRunner

from corpus.article import Article, Draft
from qa.reader.export import VARIANTS, export_reader
from qa.types import Candidate, Quote
from tests.fakes import WordEmbedder
from tests.training_parts import HELD_OUT, MAX_LENGTH, untrained, write_data
from training import tune_fusion as module
from training.tune_fusion import WEIGHTS, JudgedCandidates, main

SENTENCE = Quote(Article.from_draft(Draft("The ferry leaves at noon.", title="Ferry")), 0, 25)


def candidate(reading: float, retrieved: float) -> Candidate:
    return Candidate(SENTENCE, SENTENCE, reading + retrieved, reading)


def test_the_weight_decides_between_reading_and_retrieval() -> None:
    found = [candidate(0.0, 0.2), candidate(2.0, 0.1), candidate(1.0, 0.5)]
    judged = JudgedCandidates(found, [True, False, False], [True, False, False])
    assert [1, 1, 2, 2] == [judged.best(weight) for weight in (0.0, 2.0, 3.0, 1000.0)]


def test_the_first_of_equal_candidates_is_best() -> None:
    assert 0 == JudgedCandidates([candidate(1.0, 0.5)] * 2, [True] * 2, [True] * 2).best(1.0)
    assert JudgedCandidates([], [], []).best(1.0) is None


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported untrained network."""
    folder = tmp_path_factory.mktemp("reader")
    network, _ = untrained(folder / "base")
    tokenizer = (folder / "base" / "tokenizer.json").read_text("utf-8")
    how = {"model_id": "towns@1", "max_length": MAX_LENGTH, "titled": True, "pad_id": 0}
    export_reader(network.eval(), tokenizer, folder, variants=VARIANTS[1:], **how)  # type: ignore[arg-type]
    return folder


@pytest.fixture
def no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELINE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(module, "load_embedder", lambda model, cache: WordEmbedder())  # the real one takes seconds


@pytest.mark.usefixtures("no_model")
def test_the_command_compares_weights_on_held_out_questions(tmp_path: Path, reader: Path) -> None:
    data = write_data(tmp_path)
    ran = CliRunner().invoke(main, ["--data", str(data), "--reader", str(reader)], catch_exceptions=False)
    assert 0 == ran.exit_code
    first, heads, *rows = ran.stdout.splitlines()
    assert f"{4 * len(HELD_OUT)} questions" == first
    assert ["weight", "P@1", "exact"] == heads.split()
    assert list(WEIGHTS) == [float(row.split()[0]) for row in rows]
    assert all(0 <= float(row.split()[2]) <= float(row.split()[1]) <= 1 for row in rows)
    # Retrieval is better than an untrained network.
    assert float(rows[-1].split()[1]) > float(rows[0].split()[1])


@pytest.mark.usefixtures("no_model")
def test_only_every_nth_question_is_asked(tmp_path: Path, reader: Path) -> None:
    options = ["--data", str(write_data(tmp_path)), "--reader", str(reader), "--every", "3"]
    ran = CliRunner().invoke(main, options, catch_exceptions=False)
    assert "3 questions" == ran.stdout.splitlines()[0]


def test_a_folder_without_a_reader_is_reported(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["--data", str(write_data(tmp_path)), "--reader", str(tmp_path)])
    assert 0 != ran.exit_code
    assert f"There is no reader in {tmp_path}." in ran.output
