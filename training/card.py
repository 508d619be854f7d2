"""The model card: what the shipped reader is, what it was made of, and how good it is."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from index.model_files import sha256, write_text
from qa.reader_files import ReaderManifest
from training.trainer import Plan, State

CARD = "README.md"
_TEXT = """# The reader that comes with Citeline

Reads a question and a passage; tells for every token how well an answer starts and ends there. The first token stands
for "no answer". A BERT with 6 layers of 384 (22 million parameters), its weights and word vectors in 8 bits, for ONNX
Runtime. Made by `python -m training.reader`; docs/design.md tells how, and how it does on public question sets.

It reads English. It was trained on encyclopedia, forum and review texts and on single sentences of news. A question
and passage of a kind that it never met may mislead it; its scores become probabilities only by `qa/confidence.py`.

## Made of

| part | licence |
|---|---|
| Weights to begin with: sentence-transformers/all-MiniLM-L6-v2 | Apache 2.0 |
| SQuADShifts: Wikipedia, Reddit and Amazon parts (Miller et al. 2020) | CC BY 4.0 |
| QAMR, development and test parts (Michael et al. 2018) | MIT |

One in six titles of SQuADShifts' Wikipedia part was kept apart. No question of SQuAD's development sets was trained on.
The questions of a passage are read beside passages that retrieval finds for them though they don't answer, beside their
own paragraph without the answering sentences, and changed by rule so that the paragraph no longer answers them.

## Recipe

{recipe}

## Figures

On {examples} questions with passages that were kept apart, half of them without an answer:

| | trained | exported |
|---|---|---|
{figures}

Exported as {variant}; the best span of trained and exported model is the same one for {same:.1%} of these.

## Files

| file | SHA-256 |
|---|---|
{files}
"""


def write_card(
    folder: Path,
    manifest: ReaderManifest,
    plan: Plan,
    state: State,
    figures: Mapping[str, tuple[float, float]],
    examples: int,
    same: float,
) -> None:
    """Write the card into the model's folder; `figures` are those of the trained and of the exported model."""
    recipe = asdict(plan) | {"steps": state.steps, "hours_spent": round(state.seconds / 3600, 2)}
    text = _TEXT.format(
        recipe=f"```json\n{json.dumps(recipe, indent=2)}\n```",
        examples=examples,
        figures="\n".join(f"| {name} | {one:.3f} | {two:.3f} |" for name, (one, two) in figures.items()),
        variant=manifest.variant,
        same=same,
        files="\n".join(f"| {name} | `{sha256(folder / name)}` |" for name in manifest.files),
    )
    write_text(folder / CARD, text)
