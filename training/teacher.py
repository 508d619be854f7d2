"""Trains a teacher for the reader: `python -m training.teacher --data FOLDER --base FOLDER`.

`training.reader --teacher` learns from it. It is no part of what is shipped.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cli.progress import progress_bar
from cli.runner import run
from index.onnx.model_files import TOKENIZER
from qa.reader.tokenization import ReaderInput
from training.data.batches import Mix
from training.models.teacher import load_base, save_teacher
from training.setup import (
    MAX_LENGTH,
    PAD,
    alone,
    base_folder,
    data_option,
    half_option,
    hours_option,
    material_of,
    seed_option,
    tokens_option,
)
from training.trainer import Plan, Trainer
from training.validation import KeptApart
from web.settings import Settings

TEACHER = "teacher.pt"
_MIX = Mix(crowded=0.3, worn=0.15)
_RATE = 5e-5  # as is usual for a BERT of this size; small ones learn with higher ones


@click.command()
@data_option
@click.option(
    "--base",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="folder of an MPNet to begin with",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/teacher"),
    show_default=True,
    help="what a run that goes on needs, and in the end the teacher",
)
@click.option("--epochs", type=click.IntRange(1), default=3, show_default=True)
@hours_option
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=_RATE, show_default=True)
@seed_option
@tokens_option
@half_option
def main(
    data: Path, base: Path, work: Path, epochs: int, hours: float, rate: float, seed: int, tokens: int, half: bool
) -> None:
    """Train the teacher, or go on where a run of the same plan stopped."""
    settings = Settings.read()
    tokenizer = base_folder(None, settings) / TOKENIZER
    network = load_base(base, tokenizer, seed)
    reads = ReaderInput(tokenizer, MAX_LENGTH, titled=True)
    with alone(work):
        with progress_bar() as report:
            material, examples = material_of(data, work, settings, report)
        encoder: Any = network.encoder
        plan = Plan(
            epochs=epochs,
            hours=hours,
            rate=rate,
            tokens=tokens,
            seed=seed,
            half=half,
            dropout=encoder.config.hidden_dropout_prob,
            mix=_MIX,
        )
        apart = KeptApart(examples, reads, PAD)
        state = Trainer(network, reads, PAD, material, plan, work).train(click.echo, apart.told)
        recipe = {"base": base.resolve().name, **asdict(plan), "steps": state.steps}
        save_teacher(network.cpu(), work / TEACHER, recipe)
    click.echo(f"The teacher is in {work / TEACHER}.")


if __name__ == "__main__":
    run(main)
