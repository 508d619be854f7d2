"""Trains the reader that comes with Citeline: `python -m training.reader --data FOLDER`."""

import random
from collections.abc import Callable
from pathlib import Path

import click

from corpus.errors import ModelProblem
from index.builder import Progress
from index.embedder import DEFAULT_MODEL, load_embedder
from index.model_files import TOKENIZER
from index.model_source import find_source
from qa.reader_export import export_reader
from qa.reader_input import ReaderInput
from qa.reader_source import SHIPPED
from training.batches import Material
from training.card import write_card
from training.check import KeptApart
from training.examples import FORUMS, SENTENCES, WIKI, Example, Source, held_out, read_sources
from training.near import near_example, near_passages
from training.network import SpanNetwork, load_network
from training.trainer import Plan, State, Trainer
from web import commands, terminal
from web.settings import Settings

MAX_LENGTH = 320  # tokens; a passage of PASSAGE_LENGTH has about 160
MODEL_ID = "citeline-reader-1"
PAD = 0  # the number of BERT's padding
_CHECKED = 300  # questions kept apart that are asked at each checkpoint


def material_of(
    data: Path, folder: Path, settings: Settings, report: Callable[[Progress], None]
) -> tuple[Material, list[Example]]:
    """Return what to train on, and examples kept apart, half of them without an answer.

    Raises UnreadableDocument, ModelProblem.
    """
    wiki = read_sources(data, WIKI, titled=True)
    kept = [source for source in wiki if not held_out(source.title)]
    apart = [source for source in wiki if held_out(source.title)]
    forum = [source for name in FORUMS for source in read_sources(data, name)]
    embedder = load_embedder(settings.model, settings.models)
    near = near_passages([*kept, *forum], embedder, folder, report)
    material = Material(kept, forum, read_sources(data, SENTENCES), near)
    choice = random.Random(0)
    asked = choice.sample(apart, min(_CHECKED, len(apart)))
    theirs = near_passages(asked, embedder, folder / "apart", report)
    return material, _examples(asked, theirs, choice)


def _examples(asked: list[Source], near: list[list[tuple[str, str]]], choice: random.Random) -> list[Example]:
    answered = [source.window(choice) for source in asked]
    without = [near_example(source, found, choice) for source, found in zip(asked, near, strict=True)]
    return answered + [one for one in without if one is not None]


def export(network: SpanNetwork, base: Path, out: Path, apart: KeptApart, plan: Plan, state: State) -> str:
    """Write the trained network, ready to run, with its card; return how it compares, as a line.

    Raises ModelProblem where the export disagrees with the network.
    """
    manifest = export_reader(
        network.cpu().eval(),
        (base / TOKENIZER).read_text("utf-8"),
        out,
        model_id=MODEL_ID,
        max_length=MAX_LENGTH,
        titled=True,
        pad_id=PAD,
    )
    figures, same = apart.compared(network, out, manifest)
    write_card(out, manifest, plan, state, figures, len(apart), same)
    told = ", ".join(f"{name} {one:.3f} -> {two:.3f}" for name, (one, two) in figures.items())
    return f"Exported to {out} as {manifest.variant}: {told}, the same best span for {same:.1%}."


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option(
    "--base", type=click.Path(path_type=Path, exists=True, file_okay=False), help="folder of a BERT to begin with"
)
@click.option("--work", type=click.Path(path_type=Path), default=Path("var/training"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=SHIPPED, show_default=True)
@click.option("--epochs", default=Plan().epochs, show_default=True)
@click.option("--hours", default=Plan().hours, show_default=True, help="end in that time; 0: when the epochs are done")
@click.option("--rate", default=Plan().rate, show_default=True, help="highest learning rate")
@click.option("--seed", default=0, show_default=True)
def main(
    data: Path, base: Path | None, work: Path, out: Path, epochs: int, hours: float, rate: float, seed: int
) -> None:
    """Train the reader, or go on where a run of the same plan stopped; then export it."""
    settings = Settings.read()
    work.mkdir(parents=True, exist_ok=True)
    folder = find_source(DEFAULT_MODEL, settings.models).folder if base is None else base
    if folder is None:
        raise ModelProblem(f"The weights to begin with, {DEFAULT_MODEL}, are not installed; give --base FOLDER.")
    with terminal.progress_bar() as report:
        material, examples = material_of(data, work, settings, report)
    tokens = ReaderInput(folder / TOKENIZER, MAX_LENGTH, titled=True)
    apart = KeptApart(examples, tokens, PAD)
    plan = Plan(epochs=epochs, hours=hours, rate=rate, seed=seed)
    network = load_network(folder)
    state = Trainer(network, tokens, PAD, material, plan, work).train(click.echo, apart.told)
    click.echo(export(network, folder, out, apart, plan, state))


if __name__ == "__main__":
    commands.run(main)
