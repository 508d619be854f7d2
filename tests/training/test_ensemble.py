import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from corpus.errors import ModelProblem
from qa.confidence import CALIBRATION
from qa.reader.export import SAMPLES
from qa.reader.model_files import read_manifest
from qa.reader.span_model import Logits, OnnxSpanModel
from qa.reader.tokenization import ReaderInput
from tests.fakes import WordEmbedder
from tests.training_parts import MAX_LENGTH, begun, save_reader, weights, write_data
from training.ensemble import MODEL_ID, main, write_joined
from training.model_card import CARD, read_recipe
from training.models.warm_start import take_over


@pytest.fixture(autouse=True, scope="module")
def found_by_words() -> Iterator[None]:
    """Find near passages by words, since the real model takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.setup.load_embedder", lambda model, cache: WordEmbedder())
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two readers that read the same tokens, and a data folder."""
    folder = tmp_path_factory.mktemp("readers")
    for seed, name in ((1, "one"), (2, "two")):
        save_reader(folder, name, seed)
    write_data(folder / "data")
    return folder


def read(folder: Path) -> Sequence[Logits]:
    manifest = read_manifest(folder)
    assert manifest is not None
    model = OnnxSpanModel(folder, manifest)
    questions, passages = zip(*SAMPLES, strict=True)
    tokens = ReaderInput(folder / "tokenizer.json", MAX_LENGTH, titled=True)
    return [model.run(own) for own in tokens.pairs(questions, passages)]


def join(home: Path, out: Path, *names: str) -> Result:
    told = ["--data", str(home / "data"), "--work", str(home / "work"), "--out", str(out)]
    return CliRunner().invoke(main, [*told, *(str(home / name) for name in names)])


def test_what_readers_store_alike_is_stored_once(home: Path, tmp_path: Path) -> None:
    sizes = []
    for names in (("one", "two"), ("one", "one")):
        (out := tmp_path / "".join(names)).mkdir()
        write_joined([home / name for name in names], out)
        sizes.append((out / "model.onnx").stat().st_size)
    different, alike = sizes
    words = begun(tmp_path / "base")[0].encoder.embeddings.word_embeddings.weight.numel()  # type: ignore[union-attr,operator]
    assert alike < different - words, "the table of words has a byte for each number, at least"


@pytest.mark.parametrize("names", [("one", "two"), ("one", "two", "one")])
def test_scores_are_the_mean_of_the_readers_own(home: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    manifest = write_joined([home / name for name in names], tmp_path)
    assert manifest == read_manifest(tmp_path)
    alone = [read(home / name) for name in names]
    for number, together in enumerate(read(tmp_path)):
        for side in ("start", "end"):
            mean = np.mean([getattr(one[number], side) for one in alone], axis=0)
            np.testing.assert_allclose(mean, getattr(together, side), atol=1e-5)
    assert np.abs(alone[0][0].start - alone[1][0].start).max() > 0.01, "else any one would do"


def test_training_goes_on_from_the_first(home: Path, tmp_path: Path) -> None:
    write_joined([home / "two", home / "one"], tmp_path)
    alone, joined = (begun(home / "base", 3)[0] for _ in range(2))
    take_over(alone, home / "two")
    take_over(joined, tmp_path)
    for one, other in zip(weights(alone), weights(joined), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_command_writes_a_reader_with_a_card_that_tells_of_each(home: Path, tmp_path: Path) -> None:
    (tmp_path / CALIBRATION.name).write_text("that of the reader before")
    ran = join(home, tmp_path, "one", "two")
    assert 0 == ran.exit_code, ran.output
    assert "together" in ran.output
    assert "Fit it anew" in ran.output
    assert not (tmp_path / CALIBRATION.name).exists()
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert MODEL_ID == manifest.model_id
    card = (tmp_path / CARD).read_text()
    assert "- 2 networks, whose scores are averaged\n- a BERT with 1 layers\n- a BERT with 2 layers\n" in card
    assert "| | reader 1 | reader 2 | together |\n|---|---|---|---|\n| exact | " in card
    assert 1 == card.count("| Weights to begin with: base | its own |")
    assert {"averaged": [{"seed": 1}, {"seed": 2}]} == read_recipe(tmp_path)


def test_readers_of_other_tokens_and_what_is_no_reader_are_refused(home: Path, tmp_path: Path) -> None:
    save_reader(home, "untitled", 4, titled=False)
    with pytest.raises(ModelProblem, match="don't read the same tokens"):
        write_joined([home / "one", home / "untitled"], tmp_path)
    with pytest.raises(ModelProblem, match="There is no reader in"):
        write_joined([home / "one", home / "data"], tmp_path)
    assert 2 == join(home, tmp_path, "one").exit_code


def test_a_reader_that_is_there_stays_where_joining_fails(home: Path, tmp_path: Path) -> None:
    out = shutil.copytree(home / "two", tmp_path / "out")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert 0 != join(home, out, "one", "data").exit_code
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}
