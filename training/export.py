"""Exports a trained network, checks the export beside it, and puts the files in place only when all is well."""

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from torch import nn

from corpus.errors import ModelProblem
from index.onnx.export import Variant
from index.onnx.model_files import FILES, MANIFEST
from qa.confidence import CALIBRATION
from qa.reader.export import VARIANTS, Sample, export_reader
from qa.reader.model_files import ReaderManifest
from training.data.batches import MAX_LENGTH, PAD
from training.data.sampling import TrainingData
from training.models.network import SpanNetwork
from training.validation import ExportComparison, ValidationSet

CARD = "README.md"
_SCRATCH = ".export-"
RECALIBRATE = "Its confidence was fitted to the reader before. Fit it anew: python -m eval.calibrate --data DATA"


def draw_samples(data: TrainingData, count: int = 100) -> list[Sample]:
    """Return questions with passages of the training data, which an export's rounding is fitted to."""
    rng = random.Random(0)
    drawn = rng.sample(data.wiki, min(count, len(data.wiki)))
    return [(one.question, (one.title, one.text)) for one in (paragraph.window(rng) for paragraph in drawn)]


def checked_export(
    model: nn.Module,
    network: SpanNetwork,
    tokenizer: Path,
    folder: Path,
    samples: Sequence[Sample],
    validation: ValidationSet,
    model_id: str,
    variants: Sequence[Variant] = VARIANTS,
) -> tuple[ReaderManifest, ExportComparison]:
    """Export a model that computes what the trained network does to a folder; return its manifest and comparison.

    Raises ModelProblem where the export disagrees with the model on the samples, or does clearly worse than the network
    on the validation set.
    """
    manifest = export_reader(
        model,
        tokenizer.read_text("utf-8"),
        folder,
        model_id=model_id,
        max_length=MAX_LENGTH,
        titled=True,
        pad_id=PAD,
        samples=samples,
        variants=variants,
    )
    comparison = validation.compare(network, folder, manifest)
    if not comparison.agrees:
        raise ModelProblem(f"The export does worse than the network, so it is not written: {comparison}.")
    return manifest, comparison


def publish(
    network: SpanNetwork,
    tokenizer: Path,
    out: Path,
    samples: Sequence[Sample],
    validation: ValidationSet,
    model_id: str,
    write_card: Callable[[Path, ReaderManifest, ExportComparison], None],
) -> ExportComparison:
    """Export a trained network with its card to `out`, and print how it compares.

    Raises ModelProblem as `checked_export` does, and what `write_card` raises; what is in `out` stays then.
    """
    calibrated = (out / CALIBRATION.name).is_file()
    with replaced_reader(out) as folder:
        manifest, comparison = checked_export(
            network.cpu().eval(), network, tokenizer, folder, samples, validation, model_id
        )
        write_card(folder, manifest, comparison)
    click.echo(f"Exported to {out}: {comparison}.")
    if calibrated:
        click.echo(RECALIBRATE)
    return comparison


@contextmanager
def replaced_reader(out: Path, files: Sequence[str] = FILES) -> Iterator[Path]:
    """Yield a folder for a reader's files, manifest and card; unless anything is raised, they replace those in `out`.

    The calibration of the reader before goes with it.
    """
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(f"{_SCRATCH}*"):  # by a run that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=out) as scratch:
        folder = Path(scratch)
        yield folder
        for stale in (MANIFEST, CALIBRATION.name):
            (out / stale).unlink(missing_ok=True)
        for name in (*files, CARD, MANIFEST):  # the manifest last: a folder with one is complete
            (folder / name).replace(out / name)
