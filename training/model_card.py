"""The model card: what a shipped reader is, what it was made from, and how good it is."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from eval.user_set import USER_SET
from index.onnx.model_files import sha256, write_text
from index.onnx.model_source import DEFAULT_MODEL
from qa.reader.model_files import ReaderManifest
from training.export import CARD
from training.validation import ExportComparison

Recipe = dict[str, Any]
_LICENCES = {DEFAULT_MODEL: "Apache 2.0", "all-mpnet-base-v2": "Apache 2.0"}
_TEACHER, _USER_SET = "| Teacher", "| Users' questions"
_TEXT = """# {title}

Reads a question and a passage, and gives every token a start and an end score; the first token stands for "no answer".
Made by {commands}.
docs/training.md says how it was trained, docs/decisions.md how well it does.

{description}
- exported for ONNX Runtime as {variant}

It reads English. It was trained on encyclopedia, forum and review texts, and on single sentences of news and
encyclopedia. Questions and passages of other kinds may mislead it. Its scores are no probabilities:
`python -m eval.calibrate` fits the confidence that answers are shown with.

## Origins and licences

| origin | licence |
|---|---|
{origins}
| SQuAD 1.1 (Rajpurkar et al. 2016) and the unanswerable questions of SQuAD 2.0 (2018), training sets | CC BY-SA 4.0 |
| SQuADShifts: Wikipedia, Reddit and Amazon parts (Miller et al. 2020) | CC BY 4.0 |
| QAMR, development and test parts, detokenised (Michael et al. 2018) | MIT |

One in six titles of SQuADShifts' Wikipedia part and of SQuAD was held out. No question of SQuAD's development sets was
trained on. Negative examples are passages that retrieval finds for a question though they don't answer it (hard
negatives), the question's own paragraph without the answering sentences, the unanswerable questions of SQuAD 2.0, and
questions perturbed by rule so that their paragraph no longer answers them.

## Recipe

```json
{recipe}
```

## Figures

On {examples} held-out pairs of a question and a passage, about half of them unanswerable. "exact" is the fraction of
answerable pairs whose best span is right; AUROC is how well the best span's margin over "no answer" separates
answerable from unanswerable pairs.

| | trained | exported |
|---|---|---|
{figures}

Trained and exported model have the same best span for {same_span:.1%} of these.

## Files

| file | SHA-256 |
|---|---|
{files}
"""


def write_card(
    folder: Path,
    manifest: ReaderManifest,
    comparison: ExportComparison,
    *,
    commands: Sequence[str],
    description: Sequence[str],
    origins: Iterable[str],
    recipe: Recipe,
    title: str = "The reader that comes with Citeline",
) -> None:
    """Write the card of an exported reader into its folder.

    Args:
        folder: where the export is.
        manifest: the export's.
        comparison: of the trained network and the export.
        commands: the modules of training that made it.
        description: what kind of network it is, a list item each.
        origins: rows of the table of licences, from the functions below; those that are there twice are written once.
        recipe: the hyperparameters, and those of what it was made from.
        title: the heading.
    """
    figures = [f"| {name} | {own:.3f} | {exported:.3f} |" for name, (own, exported) in comparison.figures.items()]
    text = _TEXT.format(
        title=title,
        commands=" and ".join(f"`python -m {command}`" for command in commands),
        description="\n".join(f"- {item}" for item in description),
        variant=manifest.variant,
        origins="\n".join(dict.fromkeys(origins)),
        recipe=json.dumps(recipe, indent=2),
        examples=comparison.examples,
        figures="\n".join(figures),
        same_span=comparison.same_span,
        files="\n".join(f"| {name} | `{sha256(folder / name)}` |" for name in manifest.files),
    )
    write_text(folder / CARD, text)


def base_origin(model: str) -> str:
    """Return the row of the model that training started from."""
    return f"| Initial weights: {model} | {_LICENCES.get(model, 'its own')} |"


def teacher_origin(model: str) -> str:
    """Return the row of a teacher that was trained from a model."""
    return f"{_TEACHER}, trained on the same questions from {model} | {_LICENCES.get(model, 'its own')} |"


def user_set_origin(folder: Path) -> str:
    """Return the row of a set of users' questions."""
    name = "eval/evidence/train" if folder.resolve() == USER_SET else folder.name
    return f"{_USER_SET} and articles, one in six titles held out: {name} | its own |"


def read_origins(folder: Path) -> list[str]:
    """Return the rows of teachers and of users' questions in the card of an export."""
    return [line for line in _read(folder).splitlines() if line.startswith((_TEACHER, _USER_SET))]


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe in the card of an export, {} where there is none."""
    try:
        _, block, _ = _read(folder).split("```", 2)
        recipe = json.loads(block.removeprefix("json"))
    except ValueError:
        return {}
    return recipe if isinstance(recipe, dict) else {}


def _read(folder: Path) -> str:
    try:
        return (folder / CARD).read_text("utf-8")
    except (OSError, ValueError):
        return ""
