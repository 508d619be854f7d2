"""What every training begins with: options, material, a model's weights, and a folder that no other training has."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path

import click
from filelock import FileLock, Timeout

from corpus.errors import ModelProblem, UnreadableDocument
from eval.datasets import FORUMS, SINGLE_SENTENCES, WIKI, held_out
from index.embedding.embedder import DEFAULT_MODEL, load_embedder
from index.generations.builder import Progress
from index.onnx.model_files import TOKENIZER
from index.onnx.model_source import find_source
from qa.reader.loader import SHIPPED
from training.data.batches import Material
from training.data.examples import Example, Source, read_sources
from training.data.hard_negatives import near_example, near_passages
from training.trainer import Plan
from web.settings import Settings

MAX_LENGTH = 320  # tokens of question, title and text; a passage of PASSAGE_LENGTH has about 160
PAD = 0  # the number of BERT's padding
LOCK = "lock"
data_option = click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
base_option = click.option(
    "--base", type=click.Path(path_type=Path, exists=True, file_okay=False), help="folder of a BERT to begin with"
)
work_option = click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/training"),
    show_default=True,
    help="what is kept from one run to the next; other data or other weights to begin with want another folder",
)
out_option = click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=SHIPPED, show_default=True)
hours_option = click.option(
    "--hours",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="end after so many hours of steps; 0: when the epochs are done",
)
seed_option = click.option("--seed", default=0, show_default=True)
half_option = click.option("--half", is_flag=True, help="multiply in bfloat16 on a processor that is faster so")
tokens_option = click.option(
    "--tokens",
    type=click.IntRange(1),
    default=Plan().tokens,
    show_default=True,
    help="of a batch, about; a GPU is faster with more",
)
_FEWEST = 2  # readers that are made one
_CHECKED = 300  # questions kept apart that are asked at each checkpoint


def _several(_: click.Context, __: click.Parameter, readers: tuple[Path, ...]) -> tuple[Path, ...]:
    if len(readers) < _FEWEST:
        raise click.UsageError("Give two readers or more.")
    return readers


readers_argument = click.argument(
    "readers",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="READER..",
    callback=_several,
)


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
    single = read_sources(data, SINGLE_SENTENCES)
    load = lru_cache(partial(load_embedder, settings.model, settings.models))
    material = Material(kept, forum, single, near_passages([*kept, *forum], load, folder, report))
    choice = random.Random(0)  # whatever the seed: other runs are compared with
    asked = choice.sample(apart, min(_CHECKED, len(apart)))
    theirs = near_passages(asked, load, folder / "apart", report)
    return material, _examples(asked, theirs, choice)


def _examples(asked: list[Source], near: list[list[tuple[str, str]]], choice: random.Random) -> list[Example]:
    answered = [source.window(choice) for source in asked]
    without = [near_example(source, found, choice) for source, found in zip(asked, near, strict=True)]
    return answered + [one for one in without if one is not None]


def base_folder(folder: Path | None, settings: Settings) -> Path:
    """Return the folder of the model to begin with; raises ModelProblem."""
    found = find_source(DEFAULT_MODEL, settings.models).folder if folder is None else folder
    if found is None:
        raise ModelProblem(f"The weights to begin with, {DEFAULT_MODEL}, are not installed; give --base FOLDER.")
    if not (found / TOKENIZER).is_file():
        raise ModelProblem(f"There is no model to begin with in {found}: it has no {TOKENIZER}.")
    return found


@contextmanager
def alone(work: Path) -> Iterator[None]:
    """Make the work folder, and keep other runs out of it; raises ModelProblem where there is one."""
    work.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(work / LOCK).acquire(timeout=0)
    except Timeout as error:
        raise ModelProblem(f"Another training runs in {work}: wait for it, or give another --work.") from error
    with held:
        yield
