import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from index.onnx.model_source import DEFAULT_MODEL
from qa.reader.model_files import ReaderManifest
from tests.training_parts import begun
from training.model_card import CARD, Recipe, read_recipe, write_card
from training.trainer import Plan, State
from training.validation import Comparison

PLAN = Plan(epochs=3, rate=1e-4, hours=1.5, seed=8)
COMPARISON = Comparison(592, {"exact": (0.6123, 0.6087), "AUROC": (0.91, 0.9054)}, 0.934)


def card(folder: Path, base: str = DEFAULT_MODEL, before: Recipe | None = None, teachers: Sequence[Recipe] = ()) -> str:
    (folder / "model.onnx").write_bytes(b"a graph")
    (folder / "tokenizer.json").write_bytes(b"a tokenizer")
    files = {"model.onnx": "", "tokenizer.json": ""}
    manifest = ReaderManifest(
        model_id="reader",
        max_length=320,
        titled=True,
        pad_id=0,
        inputs=("input_ids",),
        variant="int8 with 7-bit weights",
        files=files,
    )
    network, _ = begun(folder / "base")
    state = State(3, 0, 1234, 5400.0)
    parts = {"network": network, "base": base, "plan": PLAN, "state": state, "before": before, "teachers": teachers}
    write_card(folder, manifest, COMPARISON, **parts)  # type: ignore[arg-type]
    return (folder / CARD).read_text("utf-8")


def test_a_card_tells_the_data_and_their_licences(tmp_path: Path) -> None:
    text = card(tmp_path)
    assert f"{DEFAULT_MODEL} | Apache 2.0 |" in text
    assert "(Miller et al. 2020) | CC BY 4.0 |" in text
    assert "(Michael et al. 2018) | MIT |" in text


def test_a_card_tells_the_recipe(tmp_path: Path) -> None:
    recipe = json.loads(card(tmp_path).split("```")[1].removeprefix("json"))
    assert (3, 1e-4, 4096, 8) == tuple(recipe[name] for name in ("epochs", "rate", "tokens", "seed"))
    assert (1234, 1.5) == (recipe["steps"], recipe["hours_spent"])


def test_a_card_tells_the_figures_of_the_trained_and_of_the_exported_model(tmp_path: Path) -> None:
    text = card(tmp_path)
    assert "On 592 pairs" in text
    assert "| exact | 0.612 | 0.609 |\n| AUROC | 0.910 | 0.905 |" in text
    assert "the same one for 93.4%" in text


def test_a_card_tells_what_the_model_is_and_the_digests_of_its_files(tmp_path: Path) -> None:
    text = card(tmp_path)
    assert "2 layers of 32" in text
    assert "stored as int8 with 7-bit weights" in text
    assert f"| model.onnx | `{hashlib.sha256(b'a graph').hexdigest()}` |" in text
    assert f"| tokenizer.json | `{hashlib.sha256(b'a tokenizer').hexdigest()}` |" in text


def test_a_card_of_another_beginning_names_it(tmp_path: Path) -> None:
    text = card(tmp_path, "my-own-bert")
    assert "my-own-bert | its own |" in text
    assert DEFAULT_MODEL not in text


def test_a_card_fits_a_screen(tmp_path: Path) -> None:
    prose = [line for line in card(tmp_path).splitlines() if not line.startswith("|")]
    assert 120 >= max(map(len, prose))


def test_a_card_tells_the_recipe_of_the_reader_that_was_gone_on_from(tmp_path: Path) -> None:
    card(tmp_path)
    first = read_recipe(tmp_path)
    assert "went_on_from" not in first
    card(tmp_path, before=first)
    second = read_recipe(tmp_path)
    assert first == second["went_on_from"]
    assert first.items() <= second.items()


def test_a_card_tells_the_teacher_that_was_learned_from_and_its_licence(tmp_path: Path) -> None:
    text = card(tmp_path, teachers=[{"base": "all-mpnet-base-v2", "steps": 900}])
    assert "begun with: all-mpnet-base-v2 | Apache 2.0 |\n| SQuADShifts" in text
    assert [{"base": "all-mpnet-base-v2", "steps": 900}] == read_recipe(tmp_path)["taught_by"]
    assert "Teacher" not in card(tmp_path)
    assert "taught_by" not in read_recipe(tmp_path)


@pytest.mark.parametrize("text", [None, "# No recipe", "```json\n[]\n```", "```json\n{\n```"])
def test_a_card_without_a_recipe_tells_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / CARD).write_text(text)
    assert {} == read_recipe(tmp_path)
