import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from corpus.errors import ModelProblem
from index.embedding.embedder import DEFAULT_MODEL
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.training_parts import APART, TOWNS, save_base, write_data
from training import setup as module
from training.setup import LOCK, alone, base_folder, material_of
from web.settings import Settings


@pytest.fixture(autouse=True, scope="module")
def by_words() -> Iterator[None]:
    """Find near passages by words, since the real model takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load_embedder", lambda model, cache: WordEmbedder())
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    write_data(home / "data")
    return home


def test_titles_kept_apart_are_checked_with_and_never_trained_on(folder: Path, tmp_path: Path) -> None:
    material, examples = material_of(folder / "data", tmp_path, Settings(), ignore)
    assert {*TOWNS} == {source.title for source in material.wiki}
    texts = [source.text for source in (*material.wiki, *material.forum, *material.single)]
    texts += [f"{title} {text}" for found in material.near for title, text in found]
    assert not any(town in text for text in texts for town in APART)
    assert set(APART) == {example.title for example in examples}
    assert len(examples) // 2 == sum(bool(example.spans) for example in examples)


def test_examples_kept_apart_are_the_same_for_every_run(folder: Path, tmp_path: Path) -> None:
    for work in ("one", "two"):
        (tmp_path / work).mkdir()
    random.seed(5)
    one, two = (material_of(folder / "data", work, Settings(), ignore) for work in (tmp_path / "one", tmp_path / "two"))
    assert one == two


def test_a_folder_is_for_one_training_at_a_time(tmp_path: Path) -> None:
    with (
        alone(tmp_path / "work"),
        pytest.raises(ModelProblem, match="Another training runs in"),
        alone(tmp_path / "work"),
    ):
        pass
    with alone(tmp_path / "work"):  # it is free again
        assert (tmp_path / "work" / LOCK).exists()


def test_the_lock_of_a_training_that_died_holds_nobody(tmp_path: Path) -> None:
    held = FileLock(tmp_path / LOCK).acquire()
    held.lock.release()
    with alone(tmp_path):
        pass


def test_the_weights_to_begin_with_are_those_of_the_package_or_of_a_folder(tmp_path: Path) -> None:
    settings = Settings(models=tmp_path)
    assert save_base(tmp_path / "base") == base_folder(tmp_path / "base", settings)
    assert (base_folder(None, settings) / "tokenizer.json").is_file(), DEFAULT_MODEL
    with pytest.raises(ModelProblem, match=r"it has no tokenizer\.json"):
        base_folder(tmp_path, settings)
