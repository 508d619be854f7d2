"""Trains the teacher that the reader is distilled from: `python -m training.teacher --data FOLDER --base FOLDER`.

`training.reader --teacher` learns from it, and `training.larger` makes the larger reader of it.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from cli.runner import run
from index.onnx.model_files import TOKENIZER
from qa.reader.tokenization import ReaderInput
from training.data.batches import MAX_LENGTH
from training.data.sampling import SamplingRates
from training.models.teacher import load_pretrained_teacher, save_teacher
from training.options import (
    FOLDER,
    NEW_FOLDER,
    base_folder,
    data_option,
    locked_training_data,
    schedule_options,
    step_options,
)
from training.trainer import Trainer, TrainingConfig
from web.settings import Settings

TEACHER = "teacher.pt"
_RATES = SamplingRates(distractors=0.3, word_dropout=0.15, synonyms=0.0)
_LEARNING_RATE = 5e-5  # usual for a model of this size; small ones learn with higher ones


@click.command()
@data_option
@click.option("--base", type=FOLDER, required=True, help="folder of an MPNet to start from")
@click.option(
    "--work",
    type=NEW_FOLDER,
    default=Path("var/teacher"),
    show_default=True,
    help="where checkpoints and hard negatives are kept, and in the end the teacher",
)
@schedule_options(epochs=3, learning_rate=_LEARNING_RATE)
@step_options
def main(data: Path, base: Path, work: Path, **hyperparameters: Any) -> None:
    """Train the teacher, or resume a run of the same options."""
    config = TrainingConfig(rates=_RATES, **hyperparameters)
    settings = Settings.load()
    tokenizer = base_folder(None, settings) / TOKENIZER
    network = load_pretrained_teacher(base, tokenizer, config.seed)
    tokens = ReaderInput(tokenizer, MAX_LENGTH, titled=True)
    encoder: Any = network.encoder
    config = replace(config, dropout=encoder.config.hidden_dropout_prob)
    with locked_training_data(data, work, settings, tokens) as (training, validation):
        state = Trainer(network, tokens, training, config, work).train(click.echo, validation.summary)
        recipe = {"base": base.resolve().name, **asdict(config), "steps": state.steps}
        save_teacher(network.cpu(), work / TEACHER, recipe)
    click.echo(f"The teacher is in {work / TEACHER}.")


if __name__ == "__main__":
    run(main)
