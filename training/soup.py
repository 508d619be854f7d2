"""Makes one reader of several by averaging their weights: `python -m training.soup --data DATA READER READER`.

Readers that began as the same model are often so alike that the mean of their weights reads better than each alone
("model soups", Wortsman et al. 2022).
"""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
import torch

from cli.progress import progress_bar
from cli.runner import run
from corpus.errors import ModelProblem
from index.embedding.embedder import DEFAULT_MODEL
from index.onnx.model_files import TOKENIZER
from qa.confidence import CALIBRATION
from qa.reader.model_files import ReaderManifest
from qa.reader.tokenization import ReaderInput
from training.model_card import write_soup_card
from training.models.student import SpanNetwork, load_network
from training.models.warm_start import begin_with
from training.reader import export, samples_of
from training.release import FIT_ANEW
from training.setup import (
    MAX_LENGTH,
    PAD,
    alone,
    base_folder,
    base_option,
    data_option,
    material_of,
    out_option,
    readers_argument,
    work_option,
)
from training.validation import Comparison, KeptApart, worse
from web.settings import Settings


def averaged(
    readers: Sequence[Path], shares: Sequence[float], base: Path
) -> tuple[SpanNetwork, Sequence[ReaderManifest]]:
    """Return a network with the weighted mean of the weights of exported readers, and the readers' manifests.

    `shares` add up to 1. What training leaves as it is in the base, the network has from there. Raises ModelProblem
    where a folder has no reader that training.reader exported, or one of another shape or tokenizer than the base.
    """
    mean = load_network(base, 0)
    manifests = []
    with torch.no_grad():
        for number, (reader, share) in enumerate(zip(readers, shares, strict=True)):
            network = load_network(base, 0)
            manifests.append(begin_with(network, reader, base))
            for whole, part in zip(mean.parameters(), network.parameters(), strict=True):
                if whole.requires_grad:
                    whole.copy_(share * part if number == 0 else whole + share * part)
    return mean, manifests


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
@out_option
@readers_argument
def main(
    data: Path, base: Path | None, shares: tuple[float, ...], work: Path, out: Path, readers: tuple[Path, ...]
) -> None:
    """Make one reader of two or more that training.reader exported, by averaging their weights."""
    parts = _parts(shares, len(readers))
    settings = Settings.read()
    folder = base_folder(base, settings)
    network, manifests = averaged(readers, parts, folder)
    with alone(work):
        with progress_bar() as report:
            material, examples = material_of(data, work, settings, report)
        apart = KeptApart(examples, ReaderInput(folder / TOKENIZER, MAX_LENGTH, titled=True), PAD)
        figures = [apart.exported(reader, manifest) for reader, manifest in zip(readers, manifests, strict=True)]
        write = partial(
            write_soup_card,
            network=network,
            base=DEFAULT_MODEL if base is None else base.resolve().name,
            readers=readers,
            shares=parts,
        )

        def card(fresh: Path, manifest: ReaderManifest, comparison: Comparison) -> None:
            for name, (_, mean) in comparison.figures.items():
                if worse(mean, max(one[name] for one in figures)):
                    own = ", ".join(f"{one[name]:.3f}" for one in figures)
                    raise ModelProblem(
                        f"The mean of these readers reads worse than they do, so it is not written: {name} {mean:.3f}, "
                        f"theirs {own}. They may not have begun as the same model."
                    )
            write(fresh, manifest, comparison)

        calibrated = (out / CALIBRATION.name).is_file()
        comparison = export(network, folder / TOKENIZER, out, samples_of(material), apart, card)
    for name, (_, mean) in comparison.figures.items():
        click.echo(f"{name}: {', '.join(f'{one[name]:.3f}' for one in figures)}, their mean {mean:.3f}")
    click.echo(f"Exported to {out}: {comparison.told()}.")
    if calibrated:
        click.echo(FIT_ANEW)


def _parts(shares: Sequence[float], readers: int) -> list[float]:
    """Return how much each reader counts, 1 together; raises UsageError."""
    if shares and len(shares) != readers:
        raise click.UsageError(f"Give --share as often as there are readers: {readers} times, not {len(shares)}.")
    counted = shares or (1.0,) * readers
    if not all(map(math.isfinite, counted)):
        raise click.UsageError("A --share must be a number.")
    return [share / sum(counted) for share in counted]


if __name__ == "__main__":
    run(main)
