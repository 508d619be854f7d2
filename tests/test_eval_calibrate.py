import json
import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from corpus.errors import UnreadableDocument
from eval.calibrate import Example, calibrate, examples, fit, main, rarity_of_words
from eval.data import read_questions
from qa.confidence import Calibration, Features
from tests.fakes import WordEmbedder
from tests.question_sets import SUBJECTS, question_rows, write, write_train

NAMES = [field.name for field in fields(Features)]


def test_rarity_is_the_scaled_inverse_document_frequency(tmp_path: Path) -> None:
    rarity = rarity_of_words(write_train(tmp_path), least=1)
    assert 0.0 == rarity["snow"]  # in all eight paragraphs, that all four sets share
    assert 1.0 == rarity["goat"]  # in one
    assert "zyzzyva" not in rarity
    assert "goat" not in rarity_of_words(tmp_path, least=2)


def test_rarity_counts_paragraphs_and_not_mentions(tmp_path: Path) -> None:
    write_train(tmp_path)
    contexts = ["snow snow snow", "snow rain", "rain", "sun"]
    write(tmp_path / "train/qamr.jsonl.gz", [question_rows()[0] | {"context": text} for text in contexts])
    rarity = rarity_of_words(tmp_path, least=1)
    assert pytest.approx(math.log(12 / 2) / math.log(12), abs=1e-3) == rarity["rain"]
    assert pytest.approx(math.log(12 / 10) / math.log(12), abs=1e-3) == rarity["snow"]


def test_examples_are_of_questions_with_and_without_their_article(tmp_path: Path) -> None:
    questions = read_questions(write_train(tmp_path) / "train/qamr.jsonl.gz")
    found = list(examples(questions, WordEmbedder(), {}, 0, tmp_path / "cache"))
    best = [example for example in found if example.rank == 0]
    answerable = [example for example in best if example.answerable]
    assert {0, 1, 2} == {example.rank for example in found}
    # Articles one by one, and five together; of the other three, only 9 questions can be asked.
    assert (len(SUBJECTS) * 3 + 15, len(SUBJECTS) * 3 + 9) == (len(answerable), len(best) - len(answerable))
    assert not any(example.right for example in found if not example.answerable)
    assert sum(example.right for example in answerable) > len(answerable) / 2
    assert 0 < sum(example.held_out for example in best) < len(best) / 2
    assert found == list(examples(questions, WordEmbedder(), {}, 0, tmp_path / "cache"))
    assert found != list(examples(questions, WordEmbedder(), {}, 1, tmp_path / "cache"))


def test_fitting_finds_the_weights_that_made_the_examples() -> None:
    rng = np.random.default_rng(3)
    true = np.array([1.5, -2.0, 0.0, 1.0, 0.0, 0.5, 0.0])
    x = rng.normal(size=(20_000, 7))
    right = rng.random(20_000) < 1 / (1 + np.exp(-(x @ true - 0.7)))
    made = [Example(Features(*row), bool(yes), True, 0, False) for row, yes in zip(x.tolist(), right, strict=True)]
    intercept, weights = fit(made)
    assert pytest.approx(-0.7, abs=0.1) == intercept
    np.testing.assert_allclose([getattr(weights, name) for name in NAMES], true, atol=0.1)


def test_examples_that_one_feature_parts_are_fitted_finitely() -> None:
    made = [Example(Features(float(n), *[0.0] * 6), n > 0, True, 0, False) for n in range(-20, 20)]
    intercept, weights = fit(made)
    assert math.isfinite(intercept)
    assert weights.similarity > 0


def test_a_calibration_tells_right_from_wrong_on_what_was_kept_apart(tmp_path: Path) -> None:
    calibration, figures = calibrate(write_train(tmp_path), WordEmbedder(), 0, tmp_path / "cache")
    assert 0 < figures["questions"]
    assert figures["AUROC"] > 0.7
    assert 0 <= figures["ECE"] <= 1
    assert 0 <= calibration.probability(Features(*[0.5] * 7)) <= 1


def test_a_missing_training_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="squadshifts_new_wiki"):
        calibrate(tmp_path, WordEmbedder(), 0, tmp_path / "cache")
    write_train(tmp_path)
    (tmp_path / "train/squadshifts_reddit.jsonl.gz").unlink()
    with pytest.raises(UnreadableDocument, match="squadshifts_reddit"):
        calibrate(tmp_path, WordEmbedder(), 0, tmp_path / "cache")


@pytest.mark.model
def test_the_command_writes_what_the_service_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELINE_STATE", str(tmp_path / "state"))
    out = tmp_path / "calibration.json"
    ran = CliRunner().invoke(main, ["--data", str(write_train(tmp_path)), "--out", str(out)], catch_exceptions=False)
    assert 0 == ran.exit_code
    assert "AUROC" in ran.stdout
    calibration = Calibration.read(out)
    assert f"intercept {calibration.intercept}" in ran.stdout
    assert {"intercept", "weights", "rarity"} == set(json.loads(out.read_text(encoding="utf-8")))
