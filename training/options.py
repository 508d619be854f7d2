"""What the training commands share: options, the model to start from, and a work folder that only one run uses."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

import click
from filelock import FileLock, Timeout

from cli.progress import progress_bar
from corpus.errors import ModelProblem
from index.embedding.embedder import DEFAULT_MODEL
from index.onnx.model_files import TOKENIZER
from index.onnx.model_source import find_source
from qa.reader.loader import SHIPPED
from qa.reader.tokenization import ReaderInput
from training.data.paraphrase import WordNet
from training.data.sampling import TrainingData, load_training_data
from training.trainer import TrainingConfig
from training.validation import ValidationSet
from web.settings import Settings

LOCK = "lock"
Command = Callable[..., Any]


class Finite(click.FloatRange):
    """A finite number within a range; click's own ranges let NaN pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; fails where it is infinite or not a number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
NEW_FOLDER = click.Path(path_type=Path, file_okay=False)

data_option = click.option("--data", type=FOLDER, required=True, help="folder of the question sets")
base_option = click.option("--base", type=FOLDER, help="folder of a BERT to start from")
work_option = click.option(
    "--work",
    type=NEW_FOLDER,
    default=Path("var/training"),
    show_default=True,
    help="where checkpoints and hard negatives are kept; take another folder for other data or another base",
)
wordnet_option = click.option(
    "--wordnet", type=FOLDER, help="folder of WordNet's dict files, for questions in other words (Debian: wordnet-base)"
)
user_set_option = click.option(
    "--user-set", type=FOLDER, help="folder of users' questions and their articles, such as eval/evidence/train"
)
out_option = click.option(
    "--out", type=NEW_FOLDER, default=SHIPPED, show_default=True, help="where the exported reader goes"
)


def schedule_options(epochs: int, learning_rate: float) -> Callable[[Command], Command]:
    """Add the options of a TrainingConfig's length and learning rate, with these defaults."""
    return _together(
        click.option("--epochs", type=click.IntRange(1), default=epochs, show_default=True),
        click.option(
            "--hours",
            type=Finite(0),
            default=0.0,
            show_default=True,
            help="end after so many hours of steps; 0: when the epochs are done",
        ),
        click.option(
            "--learning-rate",
            type=Finite(0, min_open=True),
            default=learning_rate,
            show_default=True,
            help="the highest",
        ),
    )


def step_options(command: Command) -> Command:
    """Add the options of how a TrainingConfig's steps are made."""
    return _together(
        click.option("--seed", default=0, show_default=True, help="of sampling and of the head's first weights"),
        click.option(
            "--batch-tokens",
            type=click.IntRange(1),
            default=TrainingConfig().batch_tokens,
            show_default=True,
            help="about how many tokens a step reads; a GPU is faster with more",
        ),
        click.option("--bf16", is_flag=True, help="multiply in bfloat16 on a processor that is faster so"),
    )(command)


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    return lambda command: reduce(lambda decorated, option: option(decorated), reversed(options), command)


def base_folder(folder: Path | None, settings: Settings) -> Path:
    """Return the folder of the model to start from, by default the installed one; raises ModelProblem."""
    found = find_source(DEFAULT_MODEL, settings.models).folder if folder is None else folder
    if found is None:
        raise ModelProblem(f"The model to start from, {DEFAULT_MODEL}, is not installed; give --base FOLDER.")
    if not (found / TOKENIZER).is_file():
        raise ModelProblem(f"There is no model to start from in {found}: it has no {TOKENIZER}.")
    return found


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Make the work folder, and hold its lock; raises ModelProblem where another run holds it."""
    work.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(work / LOCK).acquire(timeout=0)
    except Timeout as error:
        raise ModelProblem(f"Another training runs in {work}: wait for it, or give another --work.") from error
    with lock:
        yield


@contextmanager
def locked_training_data(
    data: Path,
    work: Path,
    settings: Settings,
    tokens: ReaderInput,
    wordnet: Path | None = None,
    user_set: Path | None = None,
) -> Iterator[tuple[TrainingData, ValidationSet]]:
    """Load the training data and the validation set with a progress bar, and yield both; the work folder is locked.

    Raises what `locked` and `load_training_data` raise.
    """
    with locked(work):
        synonyms = None if wordnet is None else WordNet(wordnet)
        with progress_bar() as report:
            training, examples = load_training_data(data, work, settings, report, synonyms, user_set)
        yield training, ValidationSet(examples, tokens)
