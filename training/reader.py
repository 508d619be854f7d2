"""Trains the reader that comes with Citeline: `python -m training.reader --data FOLDER`."""

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from filelock import FileLock, Timeout

from corpus.errors import ModelProblem, UnreadableDocument
from index.builder import Progress
from index.embedder import DEFAULT_MODEL, load_embedder
from index.model_files import GRAPH, MANIFEST, TOKENIZER, sha256
from index.model_source import find_source
from qa.confidence import CALIBRATION
from qa.reader_export import Sample, export_reader
from qa.reader_files import FILES, ReaderManifest, read_manifest
from qa.reader_input import ReaderInput
from qa.reader_source import SHIPPED
from training.batches import Material
from training.card import CARD, read_recipe, write_card
from training.check import Comparison, KeptApart
from training.continued import take_over
from training.examples import FORUMS, SENTENCES, WIKI, Example, Source, held_out, read_sources
from training.near import near_example, near_passages
from training.network import SpanNetwork, load_network
from training.trainer import Plan, Trainer
from web import commands, terminal
from web.settings import Settings

MAX_LENGTH = 320  # tokens of question, title and text; a passage of PASSAGE_LENGTH has about 160
MODEL_ID = "citeline-reader-1"
LOCK = "lock"
PAD = 0  # the number of BERT's padding
_CHECKED = 300  # questions kept apart that are asked at each checkpoint
_SCRATCH = ".export-"
_SAMPLES = 100  # questions that the export is fitted to


def material_of(
    data: Path, folder: Path, settings: Settings, report: Callable[[Progress], None]
) -> tuple[Material, list[Example]]:
    """Return what to train on, and examples kept apart, about half of them without an answer.

    Near passages are kept in `folder`. Raises UnreadableDocument, ModelProblem, StorageProblem.
    """
    wiki = read_sources(data, WIKI, titled=True)
    kept = [source for source in wiki if not held_out(source.title)]
    apart = [source for source in wiki if held_out(source.title)]
    if not apart:
        raise UnreadableDocument(f"No title of {WIKI} in {data} is one of those kept apart: too few to check with.")
    forum = [source for name in FORUMS for source in read_sources(data, name)]
    single = read_sources(data, SENTENCES)
    embedder = load_embedder(settings.model, settings.models)
    material = Material(kept, forum, single, near_passages([*kept, *forum], embedder, folder, report))
    choice = random.Random(0)  # whatever the seed: other runs are compared with
    asked = choice.sample(apart, min(_CHECKED, len(apart)))
    theirs = near_passages(asked, embedder, folder / "apart", report)
    return material, _examples(asked, theirs, choice)


def _examples(asked: list[Source], near: list[list[tuple[str, str]]], choice: random.Random) -> list[Example]:
    answered = [source.window(choice) for source in asked]
    without = [near_example(source, found, choice) for source, found in zip(asked, near, strict=True)]
    return answered + [one for one in without if one is not None]


def samples_of(material: Material) -> list[Sample]:
    """Return questions with passages that were trained on, which an export's 8 bits are fitted to."""
    choice = random.Random(0)
    drawn = choice.sample(material.wiki, min(_SAMPLES, len(material.wiki)))
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

    A reader that is in `out` already is replaced when all is well, and not before; its calibration goes with it. Raises
    ModelProblem where the export disagrees with the network, on sample questions or on those kept apart.
    """
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(f"{_SCRATCH}*"):  # by a run that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=out) as scratch:
        fresh = Path(scratch)
        manifest = export_reader(
            network.cpu().eval(),
            tokenizer.read_text("utf-8"),
            fresh,
            model_id=MODEL_ID,
            max_length=MAX_LENGTH,
            titled=True,
            pad_id=PAD,
            samples=samples,
        )
        comparison = apart.compared(network, fresh, manifest)
        if not comparison.agrees:
            raise ModelProblem(f"The export does worse than the network, so it is not written: {comparison.told()}.")
        tell_card(fresh, manifest, comparison)
        for stale in (MANIFEST, CALIBRATION.name):
            (out / stale).unlink(missing_ok=True)
        for name in (*FILES, CARD, MANIFEST):  # last the manifest: a folder with one is complete
            (fresh / name).replace(out / name)
    return comparison


def _base(folder: Path | None, settings: Settings) -> Path:
    """Return the folder of the model to begin with; raises ModelProblem."""
    found = find_source(DEFAULT_MODEL, settings.models).folder if folder is None else folder
    if found is None:
        raise ModelProblem(f"The weights to begin with, {DEFAULT_MODEL}, are not installed; give --base FOLDER.")
    if not (found / TOKENIZER).is_file():
        raise ModelProblem(f"There is no model to begin with in {found}: it has no {TOKENIZER}.")
    return found


def _begun_with(network: SpanNetwork, reader: Path, base: Path) -> str:
    """Give a network the weights of an exported reader; return its graph's SHA-256. Raises ModelProblem."""
    manifest = read_manifest(reader)
    if manifest is None:
        raise ModelProblem(f"There is no reader to go on from in {reader}, or it is damaged.")
    if manifest.files[TOKENIZER] != sha256(base / TOKENIZER):
        raise ModelProblem(f"The reader in {reader} has another tokenizer than the model in {base}.")
    take_over(network, reader)
    return manifest.files[GRAPH]


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Make the work folder, and keep other runs out of it; raises ModelProblem where there is one."""
    work.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(work / LOCK).acquire(timeout=0)
    except Timeout as error:
        raise ModelProblem(f"Another training runs in {work}: wait for it, or give another --work.") from error
    with held:
        yield


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option(
    "--base", type=click.Path(path_type=Path, exists=True, file_okay=False), help="folder of a BERT to begin with"
)
@click.option(
    "--go-on-from",
    "reader",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="folder of a reader that this command exported, to begin with its weights",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/training"),
    show_default=True,
    help="what a run that goes on needs; other data or other weights to begin with want another folder",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=SHIPPED, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=Plan().epochs, show_default=True)
@click.option(
    "--hours",
    type=click.FloatRange(0),
    default=Plan().hours,
    show_default=True,
    help="end after so many hours of steps; 0: when the epochs are done",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=Plan().rate,
    show_default=True,
    help="highest learning rate",
)
@click.option("--seed", default=0, show_default=True)
@click.option("--half", is_flag=True, help="multiply in bfloat16 on a processor that is faster so")
def main(
    data: Path,
    base: Path | None,
    reader: Path | None,
    work: Path,
    out: Path,
    epochs: int,
    hours: float,
    rate: float,
    seed: int,
    half: bool,
) -> None:
    """Train the reader, or go on where a run of the same plan stopped; then export it."""
    settings = Settings.read()
    folder = _base(base, settings)
    tokens = ReaderInput(folder / TOKENIZER, MAX_LENGTH, titled=True)
    network = load_network(folder, seed)
    begins, recipe = "", None
    if reader is not None:
        begins = _begun_with(network, reader, folder)
        recipe = read_recipe(reader)  # now: `out` may be the same folder
    with _alone(work):
        with terminal.progress_bar() as report:
            material, examples = material_of(data, work, settings, report)
        apart = KeptApart(examples, tokens, PAD)
        plan = Plan(epochs=epochs, hours=hours, rate=rate, seed=seed, half=half, begins=begins)
        state = Trainer(network, tokens, PAD, material, plan, work).train(click.echo, apart.told)
        name = DEFAULT_MODEL if base is None else base.resolve().name
        card = partial(write_card, network=network, base=name, plan=plan, state=state, before=recipe)
        calibrated = (out / CALIBRATION.name).is_file()
        comparison = export(network, folder / TOKENIZER, out, samples_of(material), apart, card)
    click.echo(f"Exported to {out}: {comparison.told()}.")
    if calibrated:
        click.echo("Its confidence belonged to the reader before. Fit it anew: python -m eval.calibrate --data DATA")


if __name__ == "__main__":
    commands.run(main)
