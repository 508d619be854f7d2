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
from tests.training_parts import begun, save_reader, small_scale, weights, write_data
from training.model_card import CARD, read_recipe
from training.models.warm_start import take_over
from training.reader import MODEL_ID
from training.soup import averaged, main

WORSE = 0.5  # of random readers any figure may come out


@pytest.fixture(autouse=True, scope="module")
def at_small_scale() -> Iterator[None]:
    with small_scale(WORSE):
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Readers that began as the same model, and a data folder."""
    folder = tmp_path_factory.mktemp("readers")
    for seed, name in ((1, "one"), (2, "two"), (3, "three")):
        save_reader(folder, name, seed)
    write_data(folder / "data")
    return folder


def cook(home: Path, out: Path, *told: str) -> Result:
    places = ["--data", str(home / "data"), "--base", str(home / "base"), "--work", str(home / "work")]
    return CliRunner().invoke(main, [*places, "--out", str(out), *told])


def own(home: Path, name: str) -> list[np.ndarray]:
    network, _ = begun(home / "base", 7)
    take_over(network, home / name)
    return weights(network)


def test_weights_are_the_mean_as_each_counts(home: Path) -> None:
    names, shares = ("one", "two", "three"), (0.5, 0.3, 0.2)
    mean, manifests = averaged([home / name for name in names], shares, home / "base")
    found = weights(mean)
    assert list(names) == [one.model_id for one in manifests]
    trained = [own(home, name) for name in names]
    for mean, *parts in zip(found, *trained, strict=True):
        expected = sum(share * part for share, part in zip(shares, parts, strict=True))
        np.testing.assert_allclose(mean, expected, atol=1e-6)
    assert not np.allclose(found[-2], trained[0][-2])


def test_what_training_leaves_alone_stays_that_of_the_base(home: Path) -> None:
    mean, _ = averaged([home / "one", home / "two"], (0.5, 0.5), home / "base")
    base, _ = begun(home / "base", 7)
    name = "encoder.embeddings.word_embeddings.weight"
    assert dict(base.named_parameters())[name].equal(dict(mean.named_parameters())[name])


def test_the_command_writes_a_reader_with_a_card_that_tells_of_each(home: Path, tmp_path: Path) -> None:
    (tmp_path / CALIBRATION.name).write_text("that of the reader before")
    ran = cook(home, tmp_path, "--share", "3", "--share", "1", str(home / "one"), str(home / "two"))
    assert 0 == ran.exit_code, ran.output
    assert re.search(r"^exact: \d\.\d{3}, \d\.\d{3}, their mean \d\.\d{3}$", ran.stdout, re.MULTILINE)
    assert f"Exported to {tmp_path}: exact " in ran.output
    assert "Fit it anew" in ran.output
    assert not (tmp_path / CALIBRATION.name).exists()
    manifest = ReaderManifest.read(tmp_path)
    assert manifest is not None
    assert MODEL_ID == manifest.model_id
    card = (tmp_path / CARD).read_text()
    assert "its weights the mean of those of 2 readers" in card
    assert 1 == card.count("| Weights to begin with: base | its own |")
    assert {"weights_averaged": [{"share": 0.75, "seed": 1}, {"share": 0.25, "seed": 2}]} == read_recipe(tmp_path)
    for found, one, two in zip(own(tmp_path, "."), own(home, "one"), own(home, "two"), strict=True):
        np.testing.assert_allclose(found, 0.75 * one + 0.25 * two, atol=0.05 * np.abs(one).max())


def test_without_shares_all_count_alike(home: Path, tmp_path: Path) -> None:
    assert 0 == cook(home, tmp_path, str(home / "one"), str(home / "two")).exit_code
    assert [0.5, 0.5] == [one["share"] for one in read_recipe(tmp_path)["weights_averaged"]]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (["one"], "two readers or more"),
        (["one", "two", "--share", "1"], "2 times, not 1"),
        (["one", "two", "--share", "0", "--share", "1"], "--share"),
        (["one", "two", "--share", "nan", "--share", "1"], "must be a number"),
    ],
)
def test_what_is_told_amiss_is_said(home: Path, tmp_path: Path, told: list[str], says: str) -> None:
    ran = cook(home, tmp_path / "out", *(str(home / one) if one in ("one", "two") else one for one in told))
    assert 2 == ran.exit_code
    assert says in " ".join(ran.stderr.split())
    assert not (tmp_path / "out").exists()


def test_what_is_no_reader_or_one_of_other_tokens_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match="There is no reader in"):
        averaged([home / "one", home / "data"], (0.5, 0.5), home / "base")
    base = shutil.copytree(home / "base", tmp_path / "base")
    (base / "tokenizer.json").write_text((base / "tokenizer.json").read_text() + " ")
    with pytest.raises(ModelProblem, match="another tokenizer"):
        averaged([home / "one", home / "two"], (0.5, 0.5), base)


def test_a_mean_that_reads_worse_than_its_readers_replaces_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.validation.KeptApart.exported", lambda *_: {"exact": 1.0, "AUROC": 1.0})
    out = shutil.copytree(home / "two", tmp_path / "out")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    ran = cook(home, out, str(home / "one"), str(home / "two"))
    assert isinstance(ran.exception, ModelProblem)
    assert "reads worse than they do" in str(ran.exception)
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}
