"""Trains the reader that comes with Citeline: `python -m training.reader --data FOLDER`."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from cli.runner import run
from eval.user_set import digest_user_set
from index.embedding.embedder import DEFAULT_MODEL
from index.onnx.model_files import GRAPH, TOKENIZER, sha256
from qa.reader.tokenization import ReaderInput
from training.data.batches import MAX_LENGTH
from training.data.sampling import SamplingRates
from training.export import draw_samples, publish
from training.model_card import (
    Recipe,
    base_origin,
    read_origins,
    read_recipe,
    teacher_origin,
    user_set_origin,
    write_card,
)
from training.models.network import load_network
from training.models.teacher import TeacherEnsemble, load_teacher
from training.models.warm_start import load_reader_weights
from training.options import (
    FILE,
    FOLDER,
    Finite,
    base_folder,
    base_option,
    data_option,
    locked_training_data,
    out_option,
    schedule_options,
    step_options,
    user_set_option,
    wordnet_option,
    work_option,
)
from training.trainer import Trainer, TrainingConfig
from web.settings import Settings

MODEL_ID = "citeline-reader-1"
_QUANTIZE_FROM = 0.75


@click.command()
@data_option
@base_option
@click.option("--warm-start", "reader", type=FOLDER, help="folder of an exported reader whose weights to start from")
@click.option(
    "--teacher",
    "teacher_files",
    type=FILE,
    multiple=True,
    help="file of a teacher that training.teacher trained, for distillation; several are averaged",
)
@work_option
@wordnet_option
@user_set_option
@click.option(
    "--user-set-repeats",
    type=click.IntRange(1),
    default=SamplingRates().user_set_repeats,
    show_default=True,
    help="how often an epoch asks each of the user set's questions",
)
@click.option(
    "--fraction",
    type=Finite(0, 1),
    default=SamplingRates().fraction,
    show_default=True,
    help="of the other sets' questions that an epoch draws from",
)
@out_option
@schedule_options(epochs=TrainingConfig().epochs, learning_rate=TrainingConfig().learning_rate)
@click.option(
    "--hidden-loss",
    type=Finite(0),
    default=0.0,
    show_default=True,
    help="weight of the distillation of the teacher's hidden states",
)
@click.option(
    "--dropout",
    type=Finite(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="for trainings of many epochs",
)
@step_options
def main(
    data: Path,
    base: Path | None,
    reader: Path | None,
    teacher_files: tuple[Path, ...],
    work: Path,
    wordnet: Path | None,
    user_set: Path | None,
    user_set_repeats: int,
    fraction: float,
    out: Path,
    **hyperparameters: Any,
) -> None:
    """Train the reader, or resume a run of the same options; then export it."""
    if user_set is None and (user_set_repeats > 1 or not fraction):
        raise click.UsageError("--user-set-repeats and --fraction 0 need a --user-set.")
    rates = SamplingRates(user_set_repeats=user_set_repeats, fraction=fraction)
    config = TrainingConfig(
        quantize_from=_QUANTIZE_FROM,
        rates=rates if wordnet is not None else replace(rates, synonyms=0.0),
        user_set="" if user_set is None else digest_user_set(user_set),
        **hyperparameters,
    )
    if config.hidden_loss and not teacher_files:
        raise click.UsageError("--hidden-loss needs a --teacher.")
    settings = Settings.load()
    folder = base_folder(base, settings)
    tokens = ReaderInput(folder / TOKENIZER, MAX_LENGTH, titled=True)
    network = load_network(folder, config.seed, config.dropout)
    previous: Recipe | None = None
    previous_origins: list[str] = []
    if reader is not None:
        config = replace(config, warm_start=load_reader_weights(network, reader, folder).files[GRAPH])
        previous, previous_origins = read_recipe(reader), read_origins(reader)  # now, as `out` may be the same folder
    teacher: TeacherEnsemble | None = None
    teacher_recipes: list[Recipe] = []
    if teacher_files:
        teachers, recipes = zip(*map(load_teacher, teacher_files), strict=True)
        teacher, teacher_recipes = TeacherEnsemble(teachers), list(recipes)
        if config.bf16:
            teacher = teacher.bfloat16()
        # More negatives: the soft labels say how nearly they answer, which for forums nothing else does.
        rates = replace(config.rates, forum_negatives=0.7, distractors=0.3, word_dropout=0.3)
        config = replace(config, teachers=" ".join(map(sha256, teacher_files)), rates=rates)
    with locked_training_data(data, work, settings, tokens, wordnet, user_set) as (training, validation):
        state = Trainer(network, tokens, training, config, work, teacher).train(click.echo, validation.summary)
        recipe: Recipe = asdict(config) | {"steps": state.steps, "hours_spent": round(state.seconds / 3600, 2)}
        if previous is not None:
            recipe["warm_start_recipe"] = previous
        if teacher_recipes:
            recipe["teacher_recipes"] = teacher_recipes
        card = partial(
            write_card,
            commands=["training.reader"],
            description=[f"a BERT with {network.shape()}"],
            origins=[
                base_origin(DEFAULT_MODEL if base is None else base.resolve().name),
                *previous_origins,
                *(teacher_origin(one["base"]) for one in teacher_recipes),
                *([] if user_set is None else [user_set_origin(user_set)]),
            ],
            recipe=recipe,
        )
        publish(network, folder / TOKENIZER, out, draw_samples(training), validation, MODEL_ID, card)


if __name__ == "__main__":
    run(main)
