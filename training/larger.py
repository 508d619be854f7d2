"""Makes the larger reader of a trained teacher: `python -m training.larger --data FOLDER --teacher FILE`.

It is asked where the small reader is in doubt, so it may take five times as long. It must read the small reader's
tokens, and be small enough to ship: training/models/compression.py.
"""

from functools import partial
from pathlib import Path

import click

from cli.runner import run
from corpus.errors import ModelProblem
from index.onnx.export import Variant
from index.onnx.model_files import GRAPH, TOKENIZER
from qa.reader.export import agrees
from qa.reader.loader import SHIPPED
from qa.reader.model_files import LARGER, PACKED
from qa.reader.tokenization import ReaderInput
from training.data.batches import MAX_LENGTH
from training.export import RECALIBRATE, checked_export, draw_samples, replaced_reader
from training.model_card import base_origin, write_card
from training.models.compression import compress, write_low_bit
from training.models.teacher import ExportableTeacher, load_teacher
from training.options import FILE, NEW_FOLDER, Finite, data_option, locked_training_data, work_option
from web.settings import Settings

MODEL_ID = "citeline-larger-reader-1"
_SAMPLES = 150  # questions with passages that the rounding is fitted to: 26,000 tokens
_STEP, _TABLE_STEP = 0.7, 0.9


@click.command()
@data_option
@click.option("--teacher", type=FILE, required=True, help="file of a teacher that training.teacher trained")
@click.option(
    "--step",
    type=Finite(0, min_open=True),
    default=_STEP,
    show_default=True,
    help="size of a step of the weights, as a fraction of their root mean square: smaller is more exact, and larger",
)
@click.option(
    "--table-step",
    type=Finite(0, min_open=True),
    default=_TABLE_STEP,
    show_default=True,
    help="the same for word vectors",
)
@work_option
@click.option(
    "--out",
    type=NEW_FOLDER,
    default=SHIPPED / LARGER,
    show_default=True,
    help="where the larger reader goes; the small one must be one folder up",
)
def main(data: Path, teacher: Path, step: float, table_step: float, work: Path, out: Path) -> None:
    """Round, export and compress a teacher; it must do as well as before to replace what is in --out."""
    settings = Settings.load()
    tokenizer = out.parent / TOKENIZER
    if not tokenizer.is_file():
        raise ModelProblem(f"There is no small reader in {out.parent}, whose tokens the larger one must read.")
    network, recipe = load_teacher(teacher)
    tokens = ReaderInput(tokenizer, MAX_LENGTH, titled=True)
    with locked_training_data(data, work, settings, tokens) as (training, validation):
        write = partial(write_low_bit, step=step, table_step=table_step)
        variant = Variant(f"int8 in steps of {step:g}, packed", write, agrees(0.15, 0.75))
        with replaced_reader(out, (PACKED,)) as folder:
            samples, model = draw_samples(training, _SAMPLES), ExportableTeacher(network).eval()
            manifest, comparison = checked_export(
                model, network, tokenizer, folder, samples, validation, MODEL_ID, (variant,)
            )
            write_card(
                folder,
                manifest,
                comparison,
                title="The larger reader that comes with Citeline",
                commands=["training.teacher", "training.larger"],
                description=[
                    f"an MPNet with {network.shape()}, asked where the small reader, one folder up, is in doubt",
                    f"compressed as {PACKED}; the digest of model.onnx is that of the decompressed file",
                    "with the tokenizer of the small reader",
                ],
                origins=[base_origin(recipe["base"])],
                recipe=recipe,
            )
            compress(folder / GRAPH, folder / PACKED)
    click.echo(f"Exported to {out}, {(out / PACKED).stat().st_size / 1e6:.1f} MB: {comparison}.")
    click.echo(RECALIBRATE)


if __name__ == "__main__":
    run(main)
