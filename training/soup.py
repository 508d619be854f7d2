"""Makes one reader of several by averaging their weights: `python -m training.soup --data DATA READER READER`.

Readers that began as the same model are often so alike that the mean of their weights reads better than each, and in
the time of one ("model soups", Wortsman et al. 2022); training.ensemble averages what they say instead.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
import torch

from corpus.errors import ModelProblem
from index.embedder import DEFAULT_MODEL
from index.model_files import TOKENIZER, sha256
from qa.confidence import CALIBRATION
from qa.reader_files import read_manifest
from qa.reader_input import ReaderInput
from qa.reader_source import SHIPPED
from training.card import write_soup_card
from training.check import KeptApart
from training.continued import take_over
from training.network import SpanNetwork, load_network
from training.prepared import MAX_LENGTH, PAD, alone, base_folder, base_option, data_option, material_of, work_option
from training.reader import export, samples_of
from web import commands, terminal
from web.settings import Settings

_FEWEST = 2


def averaged(readers: Sequence[Path], shares: Sequence[float], base: Path) -> SpanNetwork:
    """Return a network with the weighted mean of the weights of exported readers; `shares` add up to 1.

    What training leaves as it is in the base, it has from there. Raises ModelProblem where a folder has no reader that
    training.reader exported, or one of another shape or tokenizer than the base.
    """
    mean = load_network(base, 0)
    with torch.no_grad():
        for number, (reader, share) in enumerate(zip(readers, shares, strict=True)):
            manifest = read_manifest(reader)
            if manifest is None:
                raise ModelProblem(f"There is no reader in {reader}, or it is damaged.")
            if manifest.files[TOKENIZER] != sha256(base / TOKENIZER):
                raise ModelProblem(f"The reader in {reader} has another tokenizer than the model in {base}.")
            network = load_network(base, 0)
            take_over(network, reader)
            for whole, part in zip(mean.parameters(), network.parameters(), strict=True):
                if whole.requires_grad:
                    whole.copy_(share * part if number == 0 else whole + share * part)
    return mean


@click.command()
@data_option
@base_option
@click.option(
    "--share",
    "shares",
    type=click.FloatRange(0, min_open=True),
    multiple=True,
    help="how much a reader counts, as often as there are readers; if not given, all count alike",
)
@work_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=SHIPPED, show_default=True)
@click.argument(
    "readers",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="READER..",
)
def main(
    data: Path, base: Path | None, shares: tuple[float, ...], work: Path, out: Path, readers: tuple[Path, ...]
) -> None:
    """Make one reader of two or more that training.reader exported, by averaging their weights."""
    if len(readers) < _FEWEST:
        raise click.UsageError("Give two readers or more.")
    if shares and len(shares) != len(readers):
        raise click.UsageError(f"Give --share as often as there are readers: {len(readers)} times, not {len(shares)}.")
    settings = Settings.read()
    folder = base_folder(base, settings)
    counted = shares or (1.0,) * len(readers)
    parts = [share / sum(counted) for share in counted]
    network = averaged(readers, parts, folder)
    with alone(work):
        with terminal.progress_bar() as report:
            material, examples = material_of(data, work, settings, report)
        apart = KeptApart(examples, ReaderInput(folder / TOKENIZER, MAX_LENGTH, titled=True), PAD)
        name = DEFAULT_MODEL if base is None else base.resolve().name
        card = partial(write_soup_card, network=network, base=name, readers=readers, shares=parts)
        calibrated = (out / CALIBRATION.name).is_file()
        comparison = export(network, folder / TOKENIZER, out, samples_of(material), apart, card)
    click.echo(f"Exported to {out}: {comparison.told()}.")
    if calibrated:
        click.echo("Its confidence belonged to the reader before. Fit it anew: python -m eval.calibrate --data DATA")


if __name__ == "__main__":
    commands.run(main)
