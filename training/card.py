"""The model card: what the shipped reader is, what it was made of, and how good it is."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.model_files import sha256, write_text
from index.model_source import DEFAULT_MODEL
from qa.reader_files import ReaderManifest
from training.check import Comparison
from training.network import SpanNetwork
from training.trainer import Plan, State

CARD = "README.md"
Recipe = dict[str, Any]
_LICENCES = {DEFAULT_MODEL: "Apache 2.0", "all-mpnet-base-v2": "Apache 2.0"}
_TEACHER = "| Teacher, trained on the same questions, and begun with: {base} | {licence} |\n"
_TEXT = """# The reader that comes with Citeline

Reads a question and a passage; tells for every token how well an answer starts and ends there. The first token stands
for "no answer". Made by `python -m training.reader`; docs/design.md tells how, and how it does on public question sets.

- a BERT with {shape}
- for ONNX Runtime, stored as {variant}

It reads English. It was trained on encyclopedia, forum and review texts and on single sentences of news and
encyclopedia. A question and passage of a kind that it never met may mislead it; its scores become probabilities only by
`qa/confidence.py`.

## Made of

| part | licence |
|---|---|
| Weights to begin with: {base} | {licence} |
{teacher}| SQuADShifts: Wikipedia, Reddit and Amazon parts (Miller et al. 2020) | CC BY 4.0 |
| QAMR, development and test parts, detokenised (Michael et al. 2018) | MIT |

One in six titles of SQuADShifts' Wikipedia part was kept apart. No question of SQuAD's development sets was trained on.
The questions of a passage are read beside passages that retrieval finds for them though they don't answer, beside their
own paragraph without the answering sentences, and changed by rule so that the paragraph no longer answers them.

## Recipe

{recipe}

## Figures

On {examples} pairs of a question and a passage that were kept apart, about half of them without an answer (exact: the
share of answered ones whose best span is right; AUROC: how well its lead over "no answer" tells the two kinds apart):

| | trained | exported |
|---|---|---|
{figures}

The best span of trained and exported model is the same one for {same:.1%} of these.

## Files

| file | SHA-256 |
|---|---|
{files}
"""


def write_card(
    folder: Path,
    manifest: ReaderManifest,
    comparison: Comparison,
    *,
    network: SpanNetwork,
    base: str,
    plan: Plan,
    state: State,
    before: Recipe | None = None,
    teacher: Recipe | None = None,
) -> None:
    """Write the card into the folder of an export.

    `base` names the model that training began with, `before` is the recipe of the reader that it went on from,
    `teacher` that of the teacher that it learned from.
    """
    recipe: Recipe = asdict(plan) | {"steps": state.steps, "hours_spent": round(state.seconds / 3600, 2)}
    if before is not None:
        recipe["went_on_from"] = before
    if teacher is not None:
        recipe["taught_by"] = teacher
    text = _TEXT.format(
        shape=network.shape(),
        variant=manifest.variant,
        base=base,
        licence=_licence(base),
        teacher="" if teacher is None else _TEACHER.format(base=teacher["base"], licence=_licence(teacher["base"])),
        recipe=f"```json\n{json.dumps(recipe, indent=2)}\n```",
        examples=comparison.examples,
        figures="\n".join(f"| {name} | {one:.3f} | {two:.3f} |" for name, (one, two) in comparison.figures.items()),
        same=comparison.same_span,
        files="\n".join(f"| {name} | `{sha256(folder / name)}` |" for name in manifest.files),
    )
    write_text(folder / CARD, text)


def _licence(model: str) -> str:
    return _LICENCES.get(model, "its own")


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe in the card of an export; an empty one where there is no card that tells it."""
    try:
        _, told, _ = (folder / CARD).read_text("utf-8").split("```", 2)
        recipe = json.loads(told.removeprefix("json"))
    except (OSError, ValueError):
        return {}
    return recipe if isinstance(recipe, dict) else {}
