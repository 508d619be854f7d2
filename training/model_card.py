"""The model card: what the shipped reader is, what it was made of, and how good it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.onnx.model_files import sha256, write_text
from index.onnx.model_source import DEFAULT_MODEL
from qa.reader.model_files import PACKED, ReaderManifest
from training.models.student import SpanNetwork
from training.trainer import Plan, State
from training.validation import Comparison

CARD = "README.md"
_SHAPE = "a BERT with "
_BEGUN = ("| Weights to begin with: ", "| Teacher, trained ")  # how lines begin that say what it was begun with
Recipe = dict[str, Any]
_LICENCES = {DEFAULT_MODEL: "Apache 2.0", "all-mpnet-base-v2": "Apache 2.0"}
_BASE = "| Weights to begin with: {base} | {licence} |\n"
_TEACHER = "| Teacher, trained on the same questions, and begun with: {base} | {licence} |\n"
_TEXT = """# {title}

Reads a question and a passage; tells for every token how well an answer starts and ends there. The first token stands
for "no answer". Made by {command}; docs/training.md says how, docs/decisions.md how well it does.

{parts}
- for ONNX Runtime, stored as {variant}

It reads English. It was trained on encyclopedia, forum and review texts and on single sentences of news and
encyclopedia. A question and passage of a kind that it never met may mislead it; its scores become probabilities only by
`qa/confidence.py`.

## Made of

| part | licence |
|---|---|
{begun}| SQuADShifts: Wikipedia, Reddit and Amazon parts (Miller et al. 2020) | CC BY 4.0 |
| QAMR, development and test parts, detokenised (Michael et al. 2018) | MIT |

One in six titles of SQuADShifts' Wikipedia part was kept apart. No question of SQuAD's development sets was trained on.
The questions of a passage are read beside passages that retrieval finds for them though they don't answer, beside their
own paragraph without the answering sentences, and changed by rule so that the paragraph no longer answers them.

## Recipe

```json
{recipe}
```

## Figures

On {examples} pairs of a question and a passage that were kept apart, about half of them without an answer (exact: the
share of answered ones whose best span is right; AUROC: how well its lead over "no answer" tells the two kinds apart):

{figures}

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
    teachers: Sequence[Recipe] = (),
) -> None:
    """Write the card into the folder of an export.

    `base` names the model that training began with, `before` is the recipe of the reader that it went on from,
    `teachers` are those of the teachers that it learned from.
    """
    recipe: Recipe = asdict(plan) | {"steps": state.steps, "hours_spent": round(state.seconds / 3600, 2)}
    if before is not None:
        recipe["went_on_from"] = before
    if teachers:
        recipe["taught_by"] = list(teachers)
    begun = _BASE.format(base=base, licence=_licence(base))
    for name in dict.fromkeys(teacher["base"] for teacher in teachers):
        begun += _TEACHER.format(base=name, licence=_licence(name))
    _write(
        folder,
        manifest,
        command="`python -m training.reader`",
        parts=f"- {_SHAPE}{network.shape()}",
        begun=begun,
        recipe=recipe,
        examples=comparison.examples,
        figures=_compared(comparison),
    )


def write_larger_card(
    folder: Path, manifest: ReaderManifest, comparison: Comparison, *, network: SpanNetwork, recipe: Recipe
) -> None:
    """Write the card of the packed larger reader, which `training.teacher` trained by a recipe, into its folder."""
    base = recipe["base"]
    _write(
        folder,
        manifest,
        title="The larger reader that comes with Citeline",
        command="`python -m training.teacher` and `python -m training.larger`",
        parts=f"- an MPNet with {network.shape()}, which is asked where the small reader, one folder up, isn't sure\n"
        f"- packed as {PACKED}; the digests below are of what is unpacked, the tokenizer is that of the small reader",
        begun=_BASE.format(base=base, licence=_licence(base)),
        recipe=recipe,
        examples=comparison.examples,
        figures=_compared(comparison),
    )


def write_soup_card(
    folder: Path,
    manifest: ReaderManifest,
    comparison: Comparison,
    *,
    network: SpanNetwork,
    base: str,
    readers: Sequence[Path],
    shares: Sequence[float],
) -> None:
    """Write the card of a reader whose weights are the mean of several readers' into the folder of its export.

    `base` names the model that they began with; `shares` are how much each of them counts.
    """
    recipes = [{"share": round(share, 3)} | read_recipe(reader) for reader, share in zip(readers, shares, strict=True)]
    begun = dict.fromkeys(line for reader in readers for line in _lines(_read(reader), _BEGUN))
    _write(
        folder,
        manifest,
        command="`python -m training.reader` and `python -m training.soup`",
        parts=f"- {_SHAPE}{network.shape()}, its weights the mean of those of {len(readers)} readers",
        begun="".join(f"{line}\n" for line in begun) or _BASE.format(base=base, licence=_licence(base)),
        recipe={"weights_averaged": recipes},
        examples=comparison.examples,
        figures=_compared(comparison),
    )


def _write(
    folder: Path,
    manifest: ReaderManifest,
    *,
    command: str,
    parts: str,
    begun: str,
    recipe: Recipe,
    examples: int,
    figures: str,
    title: str = "The reader that comes with Citeline",
) -> None:
    text = _TEXT.format(
        title=title,
        command=command,
        parts=parts,
        variant=manifest.variant,
        begun=begun,
        recipe=json.dumps(recipe, indent=2),
        examples=examples,
        figures=figures,
        files="\n".join(f"| {name} | `{sha256(folder / name)}` |" for name in manifest.files),
    )
    write_text(folder / CARD, text)


def _compared(comparison: Comparison) -> str:
    same = f"The best span of trained and exported model is the same one for {comparison.same_span:.1%} of these."
    return f"{_table(('trained', 'exported'), comparison.figures)}\n\n{same}"


def _lines(card: str, begins: str | tuple[str, ...]) -> list[str]:
    return [line for line in card.splitlines() if line.startswith(begins)]


def _table(names: Sequence[str], figures: Mapping[str, Sequence[float]]) -> str:
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(f'{value:.3f}' for value in values)} |" for name, values in figures.items()]
    return "\n".join(lines)


def _read(folder: Path) -> str:
    try:
        return (folder / CARD).read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _licence(model: str) -> str:
    return _LICENCES.get(model, "its own")


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe in the card of an export; an empty one where there is no card that tells it."""
    try:
        _, told, _ = _read(folder).split("```", 2)
        recipe = json.loads(told.removeprefix("json"))
    except ValueError:
        return {}
    return recipe if isinstance(recipe, dict) else {}
