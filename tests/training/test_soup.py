import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from corpus.errors import ModelProblem
from qa.confidence import CALIBRATION
from qa.reader.model_files import ReaderManifest
from tests.training_parts import save_reader, small_scale, untrained, weights, write_data
from training.export import CARD
from training.model_card import read_recipe, user_set_origin
from training.models.warm_start import load_reader_weights
from training.reader import MODEL_ID
from training.soup import average_weights, main

TOLERANCE = 0.5  # readers with random weights may have any figures


@pytest.fixture(autouse=True, scope="module")
def at_small_scale() -> Iterator[None]:
    with small_scale(TOLERANCE):
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Readers that started from the same model, and a data folder."""
    folder = tmp_path_factory.mktemp("readers")
    for seed, name in ((1, "one"), (2, "two"), (3, "three")):
        save_reader(folder, name, seed)
    write_data(folder / "data")
    return folder


def average(home: Path, out: Path, *arguments: str) -> Result:
    places = ["--data", str(home / "data"), "--base", str(home / "base"), "--work", str(home / "work")]
    return CliRunner().invoke(main, [*places, "--out", str(out), *arguments])


def parameters(home: Path, name: str) -> list[np.ndarray]:
    network, _ = untrained(home / "base", 7)
    load_reader_weights(network, home / name, home / "base")
    return weights(network)


def test_parameters_are_the_weighted_mean(home: Path) -> None:
    names, mixing = ("one", "two", "three"), (0.5, 0.3, 0.2)
    mean, manifests = average_weights([home / name for name in names], mixing, home / "base")
    found = weights(mean)
    assert list(names) == [one.model_id for one in manifests]
    trained = [parameters(home, name) for name in names]
    for mean, *parts in zip(found, *trained, strict=True):
        expected = sum(weight * part for weight, part in zip(mixing, parts, strict=True))
        np.testing.assert_allclose(mean, expected, atol=1e-6)
    assert not np.allclose(found[-2], trained[0][-2])


def test_frozen_parameters_are_those_of_the_base(home: Path) -> None:
    mean, _ = average_weights([home / "one", home / "two"], (0.5, 0.5), home / "base")
    base, _ = untrained(home / "base", 7)
    name = "encoder.embeddings.word_embeddings.weight"
    assert dict(base.named_parameters())[name].equal(dict(mean.named_parameters())[name])


def test_the_command_writes_a_reader_whose_card_names_each(home: Path, tmp_path: Path) -> None:
    (tmp_path / CALIBRATION.name).write_text("of the reader before")
    ran = average(home, tmp_path, "--weight", "3", "--weight", "1", str(home / "one"), str(home / "two"))
    assert 0 == ran.exit_code, ran.output
    assert re.search(r"^exact: \d\.\d{3}, \d\.\d{3}, their mean \d\.\d{3}$", ran.stdout, re.MULTILINE)
    assert f"Exported to {tmp_path}: exact " in ran.output
    assert "Fit it anew" in ran.output
    assert not (tmp_path / CALIBRATION.name).exists()
    manifest = ReaderManifest.read(tmp_path)
    assert manifest is not None
    assert MODEL_ID == manifest.model_id
    card = (tmp_path / CARD).read_text()
    assert "the mean of the weights of 2 readers" in card
    assert 1 == card.count("| Initial weights: base | its own |")
    assert 2 == card.count("| Teacher, trained on the same questions from ")
    assert 1 == card.count(user_set_origin(Path("users")))
    assert {"averaged_weights": [{"weight": 0.75, "seed": 1}, {"weight": 0.25, "seed": 2}]} == read_recipe(tmp_path)
    for found, one, two in zip(
        parameters(home, str(tmp_path)), parameters(home, "one"), parameters(home, "two"), strict=True
    ):
        np.testing.assert_allclose(found, 0.75 * one + 0.25 * two, atol=0.05 * np.abs(one).max())


def test_by_default_all_readers_weigh_the_same(home: Path, tmp_path: Path) -> None:
    assert 0 == average(home, tmp_path, str(home / "one"), str(home / "two")).exit_code
    assert [0.5, 0.5] == [one["weight"] for one in read_recipe(tmp_path)["averaged_weights"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one"], "two readers or more"),
        (["one", "two", "--weight", "1"], "2 times, not 1"),
        (["one", "two", "--weight", "0", "--weight", "1"], "--weight"),
        (["one", "two", "--weight", "nan", "--weight", "1"], "not a finite number"),
    ],
)
def test_wrong_arguments_are_reported(home: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    ran = average(home, tmp_path / "out", *(str(home / one) if one in ("one", "two") else one for one in arguments))
    assert 2 == ran.exit_code
    assert message in " ".join(ran.stderr.split())
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_reader_of_the_same_tokens_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match="There is no reader in"):
        average_weights([home / "one", home / "data"], (0.5, 0.5), home / "base")
    base = shutil.copytree(home / "base", tmp_path / "base")
    (base / "tokenizer.json").write_text((base / "tokenizer.json").read_text() + " ")
    with pytest.raises(ModelProblem, match="another tokenizer"):
        average_weights([home / "one", home / "two"], (0.5, 0.5), base)


def test_a_mean_that_is_worse_than_its_readers_replaces_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.validation.ValidationSet.exported_figures", lambda *_: {"exact": 1.0, "AUROC": 1.0})
    out = shutil.copytree(home / "two", tmp_path / "out")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    ran = average(home, out, str(home / "one"), str(home / "two"))
    assert isinstance(ran.exception, ModelProblem)
    assert "reads worse than the best of them" in str(ran.exception)
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}
