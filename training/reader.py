"""Trains the reader that comes with Citeline: `python -m training.reader --data FOLDER`."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click
from torch import nn

from cli.progress import progress_bar
from cli.runner import run
from corpus.errors import ModelProblem
from index.embedding.embedder import DEFAULT_MODEL
from index.onnx.export import Variant
from index.onnx.model_files import GRAPH, TOKENIZER, sha256
from qa.confidence import CALIBRATION
from qa.reader.export import VARIANTS, Sample, export_reader
from qa.reader.model_files import ReaderManifest
from qa.reader.tokenization import ReaderInput
from training.data.batches import Material, Mix
from training.model_card import Recipe, read_recipe, write_card
from training.models.distillation import Panel
from training.models.student import SpanNetwork, load_network
from training.models.teacher import load_teacher
from training.models.warm_start import begin_with
from training.release import FIT_ANEW, shipped
from training.setup import (
    MAX_LENGTH,
    PAD,
    alone,
    base_folder,
    base_option,
    data_option,
    half_option,
    hours_option,
    material_of,
    out_option,
    seed_option,
    tokens_option,
    work_option,
)
from training.trainer import Plan, Trainer
from training.validation import Comparison, KeptApart
from web.settings import Settings

MODEL_ID = "citeline-reader-1"
_ROUNDING = 0.75  # of the training is done in numbers as they are, the rest in numbers rounded as the export has them
_SAMPLES = 100  # questions that the export is fitted to
# With a teacher, more passages that don't answer: it tells how near they come, which for the forums nobody else can.
_TAUGHT = Mix(near_forum=0.7, crowded=0.3, worn=0.3)


def samples_of(material: Material, count: int = _SAMPLES) -> list[Sample]:
    """Return so many questions with passages that were trained on, which an export's weights are fitted to."""
    choice = random.Random(0)
    drawn = choice.sample(material.wiki, min(count, len(material.wiki)))
    return [(one.question, (one.title, one.text)) for one in (source.window(choice) for source in drawn)]


def export(
    network: SpanNetwork,
    tokenizer: Path,
    out: Path,
    samples: Sequence[Sample],
    apart: KeptApart,
    tell_card: Callable[[Path, ReaderManifest, Comparison], None],
) -> Comparison:
    """Write the trained network, ready to run, with the card that `tell_card` writes; return how it compares.

    Raises ModelProblem where the export disagrees with the network, on sample questions or on those kept apart; then
    what is in `out` stays as it is.
    """
    with shipped(out) as fresh:
        manifest, comparison = checked_export(network.cpu().eval(), network, tokenizer, fresh, samples, apart)
        tell_card(fresh, manifest, comparison)
    return comparison


def checked_export(
    model: nn.Module,
    network: SpanNetwork,
    tokenizer: Path,
    folder: Path,
    samples: Sequence[Sample],
    apart: KeptApart,
    model_id: str = MODEL_ID,
    variants: Sequence[Variant] = VARIANTS,
) -> tuple[ReaderManifest, Comparison]:
    """Write a model that computes what a trained network does, ready to run, into a folder.

    Returns its manifest, and how it compares with the network. Raises ModelProblem where it disagrees with the model on
    sample questions, or does worse than the network on those kept apart.
    """
    manifest = export_reader(
        model,
        tokenizer.read_text("utf-8"),
        folder,
        model_id=model_id,
        max_length=MAX_LENGTH,
        titled=True,
        pad_id=PAD,
        samples=samples,
        variants=variants,
    )
    comparison = apart.compared(network, folder, manifest)
    if not comparison.agrees:
        raise ModelProblem(f"The export does worse than the network, so it is not written: {comparison.told()}.")
    return manifest, comparison


@dataclass(frozen=True, slots=True)
class _Taught:
    """A plan with the teachers that it names, and their own recipes; None where there is no teacher."""

    plan: Plan
    teacher: Panel | None = None
    recipes: Sequence[Recipe] = ()

    @classmethod
    def by(cls, files: Sequence[Path], plan: Plan) -> "_Taught":
        """Return the plan as it is with the teachers in files; raises ModelProblem, UsageError."""
        if not files:
            if plan.likeness:
                raise click.UsageError("--likeness needs a --teacher to be like.")
            return cls(plan)
        teachers, recipes = zip(*map(load_teacher, files), strict=True)
        named = replace(plan, teacher=" ".join(map(sha256, files)), mix=_TAUGHT)
        panel = Panel(teachers)
        return cls(named, panel.bfloat16() if plan.half else panel, recipes)


@click.command()
@data_option
@base_option
@click.option(
    "--go-on-from",
    "reader",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="folder of a reader that this command exported, to begin with its weights",
)
@click.option(
    "--teacher",
    "teachers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="file of a teacher that training.teacher made, to learn from besides; of several the mean",
)
@work_option
@out_option
@click.option("--epochs", type=click.IntRange(1), default=Plan().epochs, show_default=True)
@hours_option
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=Plan().rate,
    show_default=True,
    help="highest learning rate",
)
@click.option(
    "--likeness",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="how much to learn from what the teacher makes of every token, too",
)
@click.option(
    "--dropout",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="share of numbers left out, at random, at each step: for trainings of many epochs",
)
@seed_option
@tokens_option
@half_option
def main(
    data: Path,
    base: Path | None,
    reader: Path | None,
    teachers: tuple[Path, ...],
    work: Path,
    out: Path,
    epochs: int,
    hours: float,
    rate: float,
    likeness: float,
    dropout: float,
    seed: int,
    tokens: int,
    half: bool,
) -> None:
    """Train the reader, or go on where a run of the same plan stopped; then export it."""
    settings = Settings.read()
    folder = base_folder(base, settings)
    reads = ReaderInput(folder / TOKENIZER, MAX_LENGTH, titled=True)
    network = load_network(folder, seed, dropout)
    begins, recipe = "", None
    if reader is not None:
        begins = begin_with(network, reader, folder).files[GRAPH]
        recipe = read_recipe(reader)  # now: `out` may be the same folder
    plan = Plan(
        epochs=epochs,
        hours=hours,
        rate=rate,
        tokens=tokens,
        seed=seed,
        half=half,
        begins=begins,
        rounding=_ROUNDING,
        likeness=likeness,
        dropout=dropout,
    )
    taught = _Taught.by(teachers, plan)
    with alone(work):
        with progress_bar() as report:
            material, examples = material_of(data, work, settings, report)
        apart = KeptApart(examples, reads, PAD)
        trainer = Trainer(network, reads, PAD, material, taught.plan, work, taught.teacher)
        state = trainer.train(click.echo, apart.told)
        name = DEFAULT_MODEL if base is None else base.resolve().name
        card = partial(
            write_card,
            network=network,
            base=name,
            plan=taught.plan,
            state=state,
            before=recipe,
            teachers=taught.recipes,
        )
        calibrated = (out / CALIBRATION.name).is_file()
        comparison = export(network, folder / TOKENIZER, out, samples_of(material), apart, card)
    click.echo(f"Exported to {out}: {comparison.told()}.")
    if calibrated:
        click.echo(FIT_ANEW)


if __name__ == "__main__":
    run(main)
