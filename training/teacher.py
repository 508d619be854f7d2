"""Trains the teacher that the reader is distilled from: `python -m training.teacher --data FOLDER --base FOLDER`.

`training.reader --teacher` learns from it, and `training.larger` makes the larger reader of it.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cli.progress import progress_bar
from cli.runner import run
from index.onnx.model_files import TOKENIZER
from qa.reader.tokenization import ReaderInput
from training.data.batches import MAX_LENGTH
from training.data.sampling import SamplingRates, load_training_data
from training.models.teacher import load_pretrained_teacher, save_teacher
from training.options import (
    FOLDER,
    NEW_FOLDER,
    Finite,
    TrainingCommand,
    base_folder,
    batch_tokens_option,
    bf16_option,
    data_option,
    hours_option,
    locked,
    seed_option,
)
from training.trainer import Trainer, TrainingConfig
from training.validation import ValidationSet
from web.settings import Settings

TEACHER = "teacher.pt"
_RATES = SamplingRates(distractors=0.3, word_dropout=0.15)
_LEARNING_RATE = 5e-5  # usual for a model of this size; small ones learn with higher ones


@click.command(cls=TrainingCommand)
@data_option
@click.option("--base", type=FOLDER, required=True, help="folder of an MPNet to start from")
@click.option(
    "--work",
    type=NEW_FOLDER,
    default=Path("var/teacher"),
    show_default=True,
    help="where checkpoints and hard negatives are kept, and in the end the teacher",
)
@click.option("--epochs", type=click.IntRange(1), default=3, show_default=True)
@hours_option
@click.option(
    "--learning-rate", type=Finite(0, min_open=True), default=_LEARNING_RATE, show_default=True, help="the highest"
)
@seed_option
@batch_tokens_option
@bf16_option
def main(
    data: Path,
    base: Path,
    work: Path,
    epochs: int,
    hours: float,
    learning_rate: float,
    seed: int,
    batch_tokens: int,
    bf16: bool,
) -> None:
    """Train the teacher, or resume a run of the same options."""
    settings = Settings.read()
    tokenizer = base_folder(None, settings) / TOKENIZER
    network = load_pretrained_teacher(base, tokenizer, seed)
    tokens = ReaderInput(tokenizer, MAX_LENGTH, titled=True)
    encoder: Any = network.encoder
    config = TrainingConfig(
        epochs=epochs,
        learning_rate=learning_rate,
        batch_tokens=batch_tokens,
        hours=hours,
        seed=seed,
        bf16=bf16,
        dropout=encoder.config.hidden_dropout_prob,
        rates=_RATES,
    )
    with locked(work):
        with progress_bar() as report:
            training, examples = load_training_data(data, work, settings, report)
        validation = ValidationSet(examples, tokens)
        state = Trainer(network, tokens, training, config, work).train(click.echo, validation.summary)
        recipe = {"base": base.resolve().name, **asdict(config), "steps": state.steps}
        save_teacher(network.cpu(), work / TEACHER, recipe)
    click.echo(f"The teacher is in {work / TEACHER}.")


if __name__ == "__main__":
    run(main)
