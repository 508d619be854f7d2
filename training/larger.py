"""Makes the larger reader of a trained teacher: `python -m training.larger --data FOLDER --teacher FILE`.

It is asked where the small one isn't sure; so it may take five times as long. It must read the very tokens of the small
one, and take little enough room to come along: training/models/packing.py.
"""

from functools import partial
from pathlib import Path

import click

from cli.progress import progress_bar
from cli.runner import run
from corpus.errors import ModelProblem
from index.onnx.export import Variant
from index.onnx.model_files import GRAPH, TOKENIZER
from qa.reader.export import agrees
from qa.reader.loader import SHIPPED
from qa.reader.model_files import LARGER, PACKED
from qa.reader.tokenization import ReaderInput
from training.model_card import write_larger_card
from training.models.packing import pack, write_coarse
from training.models.teacher import PlainReader, load_teacher
from training.reader import checked_export, samples_of
from training.release import FIT_ANEW, shipped
from training.setup import MAX_LENGTH, PAD, alone, data_option, material_of, work_option
from training.validation import KeptApart
from web.settings import Settings

MODEL_ID = "citeline-larger-reader-1"
_SAMPLES = 150  # questions with passages that the weights are rounded for: 26,000 tokens
_STEP, _TABLE_STEP = 0.7, 0.9


@click.command()
@data_option
@click.option("--teacher", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@click.option(
    "--step",
    type=click.FloatRange(0, min_open=True),
    default=_STEP,
    show_default=True,
    help="how large a step of the weights is, as a share of their root mean square: smaller is exacter, and larger",
)
@click.option("--table-step", type=click.FloatRange(0, min_open=True), default=_TABLE_STEP, show_default=True)
@work_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=SHIPPED / LARGER, show_default=True)
def main(data: Path, teacher: Path, step: float, table_step: float, work: Path, out: Path) -> None:
    """Round, export and pack a teacher; what is in --out stays unless the export does as well as the teacher.

    The small reader must be one folder up.
    """
    settings = Settings.read()
    tokenizer = out.parent / TOKENIZER
    if not tokenizer.is_file():
        raise ModelProblem(f"There is no small reader in {out.parent}, whose tokens the larger one must read.")
    network, recipe = load_teacher(teacher)
    with alone(work):
        with progress_bar() as report:
            material, examples = material_of(data, work, settings, report)
        apart = KeptApart(examples, ReaderInput(tokenizer, MAX_LENGTH, titled=True), PAD)
        write = partial(write_coarse, step=step, table_step=table_step)
        coarse = Variant(f"int8 in steps of {step:g}, packed", write, agrees(0.15, 0.75))
        with shipped(out, (PACKED,)) as fresh:
            samples, plain = samples_of(material, _SAMPLES), PlainReader(network).eval()
            manifest, comparison = checked_export(plain, network, tokenizer, fresh, samples, apart, MODEL_ID, (coarse,))
            write_larger_card(fresh, manifest, comparison, network=network, recipe=recipe)
            pack(fresh / GRAPH, fresh / PACKED)
    click.echo(f"Exported to {out}, {(out / PACKED).stat().st_size / 1e6:.1f} MB: {comparison.told()}.")
    click.echo(FIT_ANEW)


if __name__ == "__main__":
    run(main)
