"""Makes the larger reader of a trained teacher: `python -m training.larger --data FOLDER --teacher FILE`.

It is asked where the small one isn't sure; so it may take five times as long. It must read the very tokens of the small
one, and take little enough room to come along: training/packing.py.
"""

import random
from functools import partial
from pathlib import Path

import click

from corpus.errors import ModelProblem
from index.model_files import GRAPH, TOKENIZER
from qa.reader_export import Sample, Variant, export_reader
from qa.reader_input import ReaderInput
from qa.reader_packed import LARGER, PACKED
from qa.reader_source import SHIPPED
from training.batches import Material
from training.card import write_larger_card
from training.check import KeptApart
from training.packing import pack, write_coarse
from training.prepared import MAX_LENGTH, PAD, alone, data_option, material_of, work_option
from training.reader import require_agreement
from training.shipping import FIT_ANEW, shipped
from training.teacher_network import PlainReader, load_teacher
from web import commands, terminal
from web.settings import Settings

MODEL_ID = "citeline-larger-reader-1"
_SAMPLES = 150  # questions with passages that the weights are rounded for: 26,000 tokens
_STEP, _TABLE_STEP = 0.7, 0.9


def samples_of(material: Material) -> list[Sample]:
    """Return questions with passages that were trained on, which the weights are rounded for."""
    choice = random.Random(0)
    drawn = choice.sample(material.wiki, min(_SAMPLES, len(material.wiki)))
    return [(one.question, (one.title, one.text)) for one in (source.window(choice) for source in drawn)]


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
        with terminal.progress_bar() as report:
            material, examples = material_of(data, work, settings, report)
        apart = KeptApart(examples, ReaderInput(tokenizer, MAX_LENGTH, titled=True), PAD)
        coarse = Variant(
            f"int8 in steps of {step:g}, packed", 7, 0.15, 0.75, partial(write_coarse, step=step, table_step=table_step)
        )
        with shipped(out, (PACKED,)) as fresh:
            manifest = export_reader(
                PlainReader(network).eval(),
                tokenizer.read_text("utf-8"),
                fresh,
                model_id=MODEL_ID,
                max_length=MAX_LENGTH,
                titled=True,
                pad_id=PAD,
                samples=samples_of(material),
                variants=(coarse,),
            )
            comparison = require_agreement(apart, network, fresh, manifest)
            write_larger_card(fresh, manifest, comparison, network=network, recipe=recipe)
            pack(fresh / GRAPH, fresh / PACKED)
    click.echo(f"Exported to {out}, {(out / PACKED).stat().st_size / 1e6:.1f} MB: {comparison.told()}.")
    click.echo(FIT_ANEW)


if __name__ == "__main__":
    commands.run(main)
