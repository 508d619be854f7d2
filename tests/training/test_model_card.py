import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from index.onnx.model_source import DEFAULT_MODEL
from qa.reader.model_files import ReaderManifest
from training.export import CARD
from training.model_card import base_origin, read_origins, read_recipe, teacher_origin, user_set_origin, write_card
from training.validation import ExportComparison

COMPARISON = ExportComparison(592, {"exact": (0.6123, 0.6087), "AUROC": (0.91, 0.9054)}, 0.934)
RECIPE = {"epochs": 3, "rates": {"forum": 0.75}, "teacher_recipes": [{"base": "all-mpnet-base-v2"}]}
ORIGINS = [teacher_origin("my-mpnet"), user_set_origin(Path("my-questions"))]


@pytest.fixture
def card(tmp_path: Path) -> str:
    (tmp_path / "model.onnx").write_bytes(b"a graph")
    (tmp_path / "tokenizer.json").write_bytes(b"a tokenizer")
    manifest = ReaderManifest(model_id="reader", max_length=320, titled=True, pad_id=0, inputs=("input_ids",))
    manifest = replace(manifest, variant="int8 with 7-bit weights", files={"model.onnx": "", "tokenizer.json": ""})
    write_card(
        tmp_path,
        manifest,
        COMPARISON,
        commands=["training.reader", "training.soup"],
        description=["a BERT with 2 layers", "averaged"],
        origins=[base_origin(DEFAULT_MODEL), *ORIGINS, *ORIGINS],
        recipe=RECIPE,
    )
    return (tmp_path / CARD).read_text("utf-8")


def test_a_card_names_models_data_and_their_licences_once(card: str) -> None:
    assert f"| Initial weights: {DEFAULT_MODEL} | Apache 2.0 |" in card
    assert 1 == card.count("from my-mpnet | its own |")
    assert 1 == card.count("held out: my-questions | its own |")
    assert "(Miller et al. 2020) | CC BY 4.0 |" in card
    assert "(Michael et al. 2018) | MIT |" in card


def test_a_card_has_the_figures_of_the_trained_and_of_the_exported_model(card: str) -> None:
    assert "On 592 held-out pairs" in card
    assert "| exact | 0.612 | 0.609 |\n| AUROC | 0.910 | 0.905 |" in card
    assert "the same best span for 93.4%" in card


def test_a_card_says_what_the_model_is_and_the_digests_of_its_files(card: str) -> None:
    assert "`python -m training.reader` and `python -m training.soup`" in card
    assert "- a BERT with 2 layers\n- averaged\n- exported for ONNX Runtime as int8 with 7-bit weights\n" in card
    assert f"| model.onnx | `{hashlib.sha256(b'a graph').hexdigest()}` |" in card
    assert f"| tokenizer.json | `{hashlib.sha256(b'a tokenizer').hexdigest()}` |" in card


def test_the_lines_of_a_card_fit_a_screen(card: str) -> None:
    assert 120 >= max(len(line) for line in card.splitlines() if not line.startswith("|"))


def test_recipe_and_origins_are_read_back_from_a_card(card: str, tmp_path: Path) -> None:
    assert RECIPE == read_recipe(tmp_path)
    assert ORIGINS == read_origins(tmp_path)


@pytest.mark.parametrize("text", [None, "# No recipe", "```json\n[]\n```", "```json\n{\n```"])
def test_a_card_without_a_recipe_has_an_empty_one(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / CARD).write_text(text)
    assert {} == read_recipe(tmp_path)
    assert [] == read_origins(tmp_path)
