import gzip
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import ModelProblem, StorageProblem
from index.onnx.model_files import GRAPH, MANIFEST, TOKENIZER, sha256
from qa.reader.model_files import LARGER, PACKED, ReaderManifest, unpack_larger

GRAPHS = (b"a graph" * 1000, b"another one" * 1000)
DAY = 86_400


class Place:
    """A folder of a small reader with a larger one below it, and a cache; only their files are looked at here."""

    def __init__(self, folder: Path) -> None:
        self.small, self.cache = folder / "model", folder / "cache"
        self.packed = self.small / LARGER
        self.packed.mkdir(parents=True)
        self.tokenizer = self.small / TOKENIZER
        self.tokenizer.write_text("{}")
        self.put(GRAPHS[0])

    def put(self, graph: bytes) -> None:
        """Write a larger reader."""
        whole = self.small / GRAPH
        whole.write_bytes(graph)
        sums = {GRAPH: sha256(whole), TOKENIZER: sha256(self.tokenizer)}
        whole.unlink()
        (self.packed / PACKED).write_bytes(gzip.compress(graph))
        self.manifest = ReaderManifest(
            model_id="any", max_length=320, titled=True, pad_id=0, inputs=("input_ids",), files=sums
        )
        self.manifest.write(self.packed)

    def unpack_larger(self, **small: Any) -> tuple[Path, ReaderManifest]:
        """Unpack for a small reader that says the same of its tokens, unless told otherwise."""
        return unpack_larger(self.small, replace(self.manifest, **small), self.cache)

    def left(self) -> list[str]:
        return sorted(path.name for path in self.cache.glob("*") if path.name != ".export.lock")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_is_unpacked_once(place: Place) -> None:
    folder, manifest = place.unpack_larger()
    assert GRAPHS[0] == (folder / GRAPH).read_bytes()
    assert ReaderManifest.read(folder) == manifest == place.manifest
    made = (folder / GRAPH).stat().st_mtime_ns
    assert (folder, manifest) == place.unpack_larger()
    assert made == (folder / GRAPH).stat().st_mtime_ns
    assert [folder.name] == place.left()


def test_what_takes_long_is_told_once(place: Place) -> None:
    heard: list[str] = []
    for _ in range(2):
        unpack_larger(place.small, place.manifest, place.cache, heard.append)
    assert ["Unpacking the larger reading model. This happens once."] == heard


def test_what_is_there_needs_no_packed_file(place: Place) -> None:
    folder, _ = place.unpack_larger()
    (place.packed / PACKED).unlink()
    assert folder == place.unpack_larger()[0]


@pytest.mark.parametrize("name", [GRAPH, TOKENIZER, MANIFEST])
def test_what_was_damaged_in_the_cache_is_made_again(name: str, place: Place) -> None:
    folder, manifest = place.unpack_larger()
    (folder / name).write_bytes(b"half")
    assert (folder, manifest) == place.unpack_larger()
    assert GRAPHS[0] == (folder / GRAPH).read_bytes()


@pytest.mark.parametrize("damaged", [False, True])
def test_several_that_unpack_at_once_all_get_a_whole_one(damaged: bool, place: Place) -> None:
    if damaged:
        (place.unpack_larger()[0] / GRAPH).write_bytes(b"half")
    with ThreadPoolExecutor(8) as pool:
        found = [job.result() for job in [pool.submit(place.unpack_larger) for _ in range(8)]]
    assert 1 == len({folder for folder, _ in found})
    assert all(manifest == place.manifest for _, manifest in found)
    assert [found[0][0].name] == place.left()


def test_another_version_is_another_folder_and_the_old_one_goes_after_a_day(place: Place) -> None:
    before, _ = place.unpack_larger()
    place.put(GRAPHS[1])
    after, _ = place.unpack_larger()
    assert [GRAPHS[0], GRAPHS[1]] == [(folder / GRAPH).read_bytes() for folder in (before, after)]
    os.utime(before, (time.time() - DAY - 60,) * 2)
    os.utime(after, (time.time() - DAY - 60,) * 2)
    place.put(GRAPHS[1] * 2)
    last, _ = place.unpack_larger()
    assert [last.name] == place.left()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-12])


def turned(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 255
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [cut, turned, Path.unlink, lambda file: file.write_bytes(b"no gzip")])
@pytest.mark.parametrize("name", [PACKED, MANIFEST])
def test_a_packed_reader_that_is_not_whole_is_named_and_leaves_nothing(
    name: str, damage: Callable[[Path], Any], place: Place
) -> None:
    damage(place.packed / name)
    with pytest.raises(ModelProblem, match=f"{place.packed} is missing or damaged. Put back .* quick"):
        place.unpack_larger()
    assert [] == place.left()


def test_another_graph_than_its_manifest_tells_of_is_damaged(place: Place) -> None:
    (place.packed / PACKED).write_bytes(gzip.compress(GRAPHS[1]))
    with pytest.raises(ModelProblem, match="missing or damaged"):
        place.unpack_larger()
    assert [] == place.left()


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", '{"files": []}', '{"files": {"model.onnx": 5}}'])
def test_a_broken_manifest_is_named(content: str, place: Place) -> None:
    (place.packed / MANIFEST).write_text(content)
    with pytest.raises(ModelProblem, match="missing or damaged"):
        place.unpack_larger()


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("other", [{"max_length": 128}, {"titled": False}, {"files": {TOKENIZER: "0" * 64}}])
def test_a_small_reader_of_other_tokens_is_told(other: dict[str, Any], warm: bool, place: Place) -> None:
    if warm:
        place.unpack_larger()
    with pytest.raises(ModelProblem, match=r"was made for another small one .* quick"):
        place.unpack_larger(**other)


def test_a_name_in_the_manifest_leads_nowhere_else(place: Place, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept").touch()
    told = json.loads((place.packed / MANIFEST).read_text())
    told["files"][GRAPH] = "../../../out"
    (place.packed / MANIFEST).write_text(json.dumps(told))
    with pytest.raises(ModelProblem, match="missing or damaged"):
        place.unpack_larger()
    assert (tmp_path / "out" / "kept").exists()
    assert not place.cache.exists()


def test_a_cache_that_can_not_be_written_is_a_storage_problem(place: Place) -> None:
    place.cache.touch()
    with pytest.raises(StorageProblem, match="The larger reading model is unpacked there; the reader quick"):
        place.unpack_larger()
