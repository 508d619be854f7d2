import json
import math
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from corpus.errors import UnreadableDocument
from eval import calibrate as module
from eval.calibrate import (
    CalibrationCorpora,
    CalibrationExample,
    calibrate,
    fit,
    inverse_document_frequencies,
    main,
    word_counts,
)
from eval.datasets import LabelledQuestion, read_questions
from eval.user_set import read_user_set
from qa.confidence import Calibration
from qa.features import Features
from qa.reader.base import SentenceReader
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import SUBJECTS, question_rows, write, write_train, write_user_set

NAMES = [field.name for field in fields(Features)]
NONE = [0.0] * len(NAMES)


def test_idf_is_scaled_to_between_0_and_1(tmp_path: Path) -> None:
    idf = inverse_document_frequencies(write_train(tmp_path), min_count=1)
    assert 0.0 == idf["snow"]  # in all eight paragraphs, that all four sets share
    assert 1.0 == idf["goat"]  # in one
    assert "zyzzyva" not in idf
    assert "goat" not in inverse_document_frequencies(tmp_path, min_count=2)


def test_idf_counts_paragraphs_not_mentions(tmp_path: Path) -> None:
    write_train(tmp_path)
    contexts = ["snow snow snow", "snow rain", "rain", "sun"]
    write(tmp_path / "train/qamr.jsonl.gz", [question_rows()[0] | {"context": text} for text in contexts])
    idf = inverse_document_frequencies(tmp_path, min_count=1)
    assert pytest.approx(math.log(12 / 2) / math.log(12), abs=1e-3) == idf["rain"]
    assert pytest.approx(math.log(12 / 10) / math.log(12), abs=1e-3) == idf["snow"]


def test_common_words_are_counted_without_names_and_forums(tmp_path: Path) -> None:
    users = [one.labelled for one in read_user_set(write_user_set(tmp_path / "users"))]
    write_train(tmp_path)
    reddit = [question_rows()[0] | {"context": f"snow recieve {number}"} for number in range(5)]
    write(tmp_path / "train/squadshifts_reddit.jsonl.gz", reddit)
    counts = word_counts(tmp_path, users)
    assert 16 == counts["snow"]  # in the eight paragraphs that all sets share, and in users' eight articles
    assert counts.keys().isdisjoint({"recieve", "Amina", "amina", "farouk"})
    assert 2 == counts["goat"]  # in one of each
    assert "goat" not in word_counts(tmp_path, users, min_count=3)


def test_a_missing_training_set_is_named(tmp_path: Path) -> None:
    write_train(tmp_path)
    (tmp_path / "train/squadshifts_reddit.jsonl.gz").unlink()
    with pytest.raises(UnreadableDocument, match="squadshifts_reddit"):
        inverse_document_frequencies(tmp_path)


def examples(folder: Path, seed: int = 0, asked: int = len(SUBJECTS) * 3) -> list[CalibrationExample]:
    questions = read_questions(write_train(folder) / "train/qamr.jsonl.gz")
    return made_of(questions, questions[:asked], folder, seed)


def made_of(
    questions: list[LabelledQuestion], asked: list[LabelledQuestion], folder: Path, seed: int = 0
) -> list[CalibrationExample]:
    corpora = CalibrationCorpora(questions, asked, WordEmbedder(), SentenceReader(), seed, folder / "cache", ignore)
    return list(corpora.examples({}))


def test_questions_are_asked_with_and_without_their_article(tmp_path: Path) -> None:
    found = examples(tmp_path)
    best = [example for example in found if example.rank == 0]
    answerable = [example for example in best if example.answerable]
    # Articles one by one, five together, and all. Two of three questions of an article are asked without its paragraph,
    # and find nothing where there is no other; one is asked of other articles. Seven come from outside of the five.
    assert (3 * 8 + 3 * 5 + 3 * 8, 8 + (8 + 7) + 3 * 8) == (len(answerable), len(best) - len(answerable))
    assert {0, 1, 2} == {example.rank for example in found}
    assert not any(example.right for example in found if not example.answerable)
    assert sum(example.right for example in answerable) > len(answerable) / 2
    assert {f"The {subject}" for subject in SUBJECTS} == {example.title for example in found}


def test_unanswerable_questions_are_asked_of_corpora_with_their_article_alone(tmp_path: Path) -> None:
    write_train(tmp_path)
    answerable, unanswerable = (
        read_questions(tmp_path / f"train/{name}.jsonl.gz") for name in ("squad_v1.1", "squad_v2.0_unanswerable")
    )
    best = [
        one for one in made_of([*answerable, *unanswerable], [*answerable, *unanswerable], tmp_path) if one.rank == 0
    ]
    answered = sum(one.answerable for one in best)
    assert (3 * (8 + 5 + 8), 8 + 5 + 8) == (answered, len(best) - answered)
    assert not any(one.right for one in best if not one.answerable)


def test_only_the_given_questions_are_asked(tmp_path: Path) -> None:
    assert {"The ferry"} == {example.title for example in examples(tmp_path, asked=3)}


def test_spelling_is_corrected_before_the_search(tmp_path: Path) -> None:
    questions = read_questions(write_train(tmp_path) / "train/qamr.jsonl.gz")
    right, wrong = (replace(questions[0], question=f"When does the {word} open?") for word in ("ferry", "frery"))
    found, misspelt = (made_of(questions, [one], tmp_path) for one in (right, wrong))
    assert any(one.right for one in found)
    assert found == misspelt


def test_the_same_seed_makes_the_same_examples(tmp_path: Path) -> None:
    first = examples(tmp_path)
    assert first == examples(tmp_path)
    assert first != examples(tmp_path, seed=1)


def test_fitting_finds_the_weights_that_made_the_examples() -> None:
    rng = np.random.default_rng(3)
    true = np.array([1.5, -2.0, 0.0, 1.0, 0.0, 0.5, 0.0, 0.3, -0.4, 0.6, -0.8, 0.0, 0.2, -0.3])
    x = rng.normal(size=(20_000, len(true)))
    right = rng.random(20_000) < 1 / (1 + np.exp(-(x @ true - 0.7)))
    made = [
        CalibrationExample(Features(*row), bool(yes), True, 0, "") for row, yes in zip(x.tolist(), right, strict=True)
    ]
    intercept, weights = fit(made)
    assert pytest.approx(-0.7, abs=0.1) == intercept
    np.testing.assert_allclose([getattr(weights, name) for name in NAMES], true, atol=0.1)


def test_ignored_features_get_no_weight() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(5_000, len(NAMES)))
    x[:, 1] = x[:, 0]  # redundant
    right = rng.random(len(x)) < 1 / (1 + np.exp(-2 * x[:, 0]))
    made = [
        CalibrationExample(Features(*row), bool(yes), at % 2 > 0, 0, str(at % 7))
        for at, (row, yes) in enumerate(zip(x.tolist(), right, strict=True))
    ]
    _, weights = fit(made, [NAMES[0]])
    assert (0.0, pytest.approx(2.0, abs=0.2)) == (getattr(weights, NAMES[0]), getattr(weights, NAMES[1]))
    calibration, figures = calibrate(made, {}, NAMES[:2])
    assert (0.0, 0.0) == tuple(getattr(calibration.weights, name) for name in NAMES[:2])
    assert pytest.approx(0.5, abs=0.05) == figures["AUROC"]


def test_separable_examples_are_fitted_finitely() -> None:
    made = [CalibrationExample(Features(float(n), *NONE[1:]), n > 0, True, 0, "") for n in range(-20, 20)]
    intercept, weights = fit(made)
    assert math.isfinite(intercept)
    assert weights.similarity > 0


def test_a_calibration_separates_right_from_wrong_answers(tmp_path: Path) -> None:
    calibration, figures = calibrate(examples(tmp_path), {"snow": 0.1})
    assert figures["AUROC"] > 0.7
    assert 0 <= figures["ECE"] <= 1
    assert {"snow": 0.1} == calibration.idf
    assert round(figures["threshold of 90% precision"], 2) == calibration.threshold
    assert 0.3 == calibrate(examples(tmp_path), {}, threshold=0.3)[0].threshold
    assert 0 <= calibration.probability(Features(*[0.5] * len(NAMES))) <= 1


def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, *reader: str) -> tuple[str, Path, Path]:
    """Run the command on a small set; return what it printed, and the files that it wrote."""
    monkeypatch.setenv("CITELINE_STATE", str(folder / "state"))
    out, idf = folder / "calibration.json", folder / "idf.json"
    # Not over the files that come along.
    monkeypatch.setattr(module, "calibration_file", lambda name, cache: out)
    monkeypatch.setattr(module, "IDF", idf)
    monkeypatch.setattr(module, "WORDS", folder / "words.json")
    monkeypatch.setattr(module, "held_out", lambda title: True)  # no title of this small set is
    arguments = ["--data", str(write_train(folder)), "--user-set", str(write_user_set(folder / "users")), *reader]
    found = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert 0 == found.exit_code
    return found.stdout, out, idf


@pytest.mark.model
def test_the_command_writes_what_the_service_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed, out, idf = ran(tmp_path, monkeypatch, "--reader", "sentences")
    assert "AUROC" in printed
    calibration = Calibration.read(out, idf)
    assert f"intercept {calibration.intercept}" in printed
    assert {"intercept", "weights", "threshold"} == set(json.loads(out.read_text(encoding="utf-8")))
    assert 16 == json.loads(out.with_name("words.json").read_text(encoding="utf-8"))["snow"]
    assert calibration.weights.term_overlap != 0


@pytest.mark.model
def test_shared_words_have_no_weight_for_a_reader_with_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, out, idf = ran(tmp_path, monkeypatch)
    weights = Calibration.read(out, idf).weights
    assert (0.0, 0.0) == (weights.term_overlap, weights.passage_term_overlap)
    assert weights.similarity != 0


@pytest.mark.model
@pytest.mark.parametrize(("reader", "is_shipped"), [("quick", True), ("org/reader", False)])
def test_the_chosen_threshold_is_that_of_shipped_readers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, is_shipped: bool
) -> None:
    monkeypatch.setattr(module, "load_reader", lambda name, cache: SentenceReader())
    monkeypatch.setattr(module, "_THRESHOLD", 0.123)
    _, out, _ = ran(tmp_path, monkeypatch, "--reader", reader)
    assert is_shipped == (0.123 == json.loads(out.read_text(encoding="utf-8"))["threshold"])


def test_missing_scikit_learn_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    ran = CliRunner().invoke(main, ["--data", str(tmp_path)])
    assert (1, "Error: Fitting needs scikit-learn: python -m pip install -r requirements-dev.txt.\n") == (
        ran.exit_code,
        ran.output,
    )
