"""Averages the weights of several readers into one: `python -m training.soup --data FOLDER READER READER`.

Readers fine-tuned from the same model are often so close that their mean reads better than each alone ("model soups",
Wortsman et al. 2022), in the time of one.
"""

from collections.abc import Sequence
from pathlib import Path

import click
import torch

from cli.runner import run
from corpus.errors import ModelProblem
from index.embedding.embedder import DEFAULT_MODEL
from index.onnx.model_files import TOKENIZER
from qa.reader.model_files import ReaderManifest
from qa.reader.tokenization import ReaderInput
from training.data.batches import MAX_LENGTH
from training.export import draw_samples, publish
from training.model_card import base_origin, read_origins, read_recipe, write_card
from training.models.network import SpanNetwork, load_network
from training.models.warm_start import load_reader_weights
from training.options import (
    FOLDER,
    Finite,
    base_folder,
    base_option,
    data_option,
    locked_training_data,
    out_option,
    work_option,
)
from training.reader import MODEL_ID
from training.validation import ExportComparison, clearly_worse
from web.settings import Settings


def average_weights(
    readers: Sequence[Path], weights: Sequence[float], base: Path
) -> tuple[SpanNetwork, list[ReaderManifest]]:
    """Return a network with the weighted mean of the parameters of exported readers, and the readers' manifests.

    The mixing weights must sum to 1. Frozen parameters are those of the base. Raises ModelProblem where a folder has no
    reader of training.reader, or one of another shape or tokenizer than the base.
    """
    mean = load_network(base, 0)
    manifests = []
    with torch.no_grad():
        for number, (reader, weight) in enumerate(zip(readers, weights, strict=True)):
            network = load_network(base, 0)
            manifests.append(load_reader_weights(network, reader, base))
            for total, parameter in zip(mean.parameters(), network.parameters(), strict=True):
                if total.requires_grad:
                    total.copy_(weight * parameter if number == 0 else total + weight * parameter)
    return mean, manifests


@click.command()
@data_option
@base_option
@click.option(
    "--weight",
    "weights",
    type=Finite(0, min_open=True),
    multiple=True,
    help="mixing weight of a reader, once for each; by default all are equal",
)
@work_option
@out_option
@click.argument("readers", nargs=-1, required=True, type=FOLDER, metavar="READER..")
def main(
    data: Path, base: Path | None, weights: tuple[float, ...], work: Path, out: Path, readers: tuple[Path, ...]
) -> None:
    """Make one reader of two or more that training.reader exported, by averaging their weights."""
    if len(readers) < 2:
        raise click.UsageError("Give two readers or more.")
    if weights and len(weights) != len(readers):
        raise click.UsageError(f"Give --weight once for each reader: {len(readers)} times, not {len(weights)}.")
    total = sum(weights)
    mixing = [weight / total for weight in weights] if weights else [1 / len(readers)] * len(readers)
    settings = Settings.load()
    folder = base_folder(base, settings)
    network, manifests = average_weights(readers, mixing, folder)
    tokens = ReaderInput(folder / TOKENIZER, MAX_LENGTH, titled=True)
    with locked_training_data(data, work, settings, tokens) as (training, validation):
        figures = [
            validation.exported_figures(reader, manifest) for reader, manifest in zip(readers, manifests, strict=True)
        ]

        def check_and_write_card(fresh: Path, manifest: ReaderManifest, comparison: ExportComparison) -> None:
            for name, (_, mean) in comparison.figures.items():
                own = [one[name] for one in figures]
                line = f"{name}: {', '.join(f'{one:.3f}' for one in own)}, their mean {mean:.3f}"
                if clearly_worse(mean, max(own)):
                    raise ModelProblem(
                        "The mean of these readers reads worse than the best of them, so it is not written. They may "
                        f"not have started from the same model. {line}."
                    )
                click.echo(line)
            write_card(
                fresh,
                manifest,
                comparison,
                commands=["training.reader", "training.soup"],
                description=[f"a BERT with {network.shape()}, the mean of the weights of {len(readers)} readers"],
                origins=[
                    base_origin(DEFAULT_MODEL if base is None else base.resolve().name),
                    *(origin for reader in readers for origin in read_origins(reader)),
                ],
                recipe={
                    "averaged_weights": [
                        {"weight": round(weight, 3)} | read_recipe(reader)
                        for reader, weight in zip(readers, mixing, strict=True)
                    ]
                },
            )

        samples = draw_samples(training)
        publish(network, folder / TOKENIZER, out, samples, validation, MODEL_ID, check_and_write_card)


if __name__ == "__main__":
    run(main)
