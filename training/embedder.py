"""Exports the embedding model that comes with Citeline: `python -m training.embedder --data FOLDER`.

One file serves all processors: weights take 7 bits, whose products no processor saturates, and word vectors 8. GPTQ
compensates for what 7 bits lose against 8; docs/decisions.md has the figures.
"""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from cli.runner import run
from corpus.errors import ModelProblem
from eval.datasets import read_questions
from index.embedding.export import agrees, feed, load_model, unit, write_files
from index.embedding.onnx_embedder import SHIPPED, EmbedderManifest, read_tokens
from index.embedding.parity import REFERENCE, REFERENCE_TEXTS
from index.onnx.export import Feed, Variant, quiet
from index.onnx.model_files import GRAPH, TOKENIZER, sha256, write_folder
from index.onnx.model_source import DEFAULT_MODEL, check_exporters, find_source
from training.models.compression import write_gptq
from training.options import data_option

QUESTIONS = "train/squad_v1.1.jsonl.gz"
_SAMPLES = 150  # passages, and as many questions, that rounding is fitted to beside the built-in texts
_MAX_LENGTH = 600  # code points of a passage
_SEED = 7


def calibration_texts(data: Path) -> list[str]:
    """Return titled passages and questions of the training data; raises UnreadableDocument."""
    questions = read_questions(data / QUESTIONS)
    random.Random(_SEED).shuffle(questions)
    passages = dict.fromkeys((one.title.replace("_", " "), one.context) for one in questions)
    titled = [f"{title}. {context}"[:_MAX_LENGTH] for title, context in passages][:_SAMPLES]
    return titled + [one.question for one in questions[-_SAMPLES:]]


def export_shipped(target: Path, texts: Sequence[str]) -> EmbedderManifest:
    """Export all-MiniLM-L6-v2 to a folder, with rounding fitted to texts; return the manifest.

    Indexes of the shipped export, of the one in the folder, and of earlier ones stay usable until they are rebuilt.
    Raises ModelProblem where the model is missing or the export disagrees with it, StorageProblem.
    """
    check_exporters(DEFAULT_MODEL)
    exports = [EmbedderManifest.read(folder) for folder in (target, SHIPPED)]

    def write(full: Path, file: Path, feeds: Sequence[Feed]) -> None:
        tokens = read_tokens(file.with_name(TOKENIZER), model.max_seq_length, texts)
        write_gptq(full, file, feeds, [feed(own) for own in tokens])

    variant = Variant("int8 with 7-bit weights", write, agrees(0.99, 0.96, 0.9))

    def fill(folder: Path) -> None:
        manifest = write_files(folder, model, source, [variant])
        reference = unit(model.encode(REFERENCE_TEXTS, show_progress_bar=False))
        np.save(folder / REFERENCE, reference.astype(np.float16))
        files = {**manifest.files, REFERENCE: sha256(folder / REFERENCE)}
        model_id = f"{DEFAULT_MODEL}@{files[GRAPH][:12]}"
        former = {source.model_id}.union(*({one.model_id, *one.former_ids} for one in exports if one is not None))
        former_ids = tuple(sorted(former - {model_id}))
        replace(manifest, files=files, model_id=model_id, former_ids=former_ids).write(folder)

    with quiet(), tempfile.TemporaryDirectory() as scratch:
        source = find_source(DEFAULT_MODEL, Path(scratch))
        model = load_model(source)
        write_folder(target, fill, lambda folder: None)
    manifest = EmbedderManifest.read(target)
    if manifest is None:
        raise ModelProblem(f"The exported model in {target} was changed while it was written. Please try again.")
    return manifest


@click.command()
@data_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=SHIPPED, show_default=True)
def main(data: Path, out: Path) -> None:
    """Export all-MiniLM-L6-v2, and print how the export agrees with sentence-transformers."""
    manifest = export_shipped(out, calibration_texts(data))
    figures = ", ".join(f"{name} {value:.4g}" for name, value in manifest.agreement.items())
    size = sum(file.stat().st_size for file in out.iterdir()) / 1e6
    click.echo(f"Exported {manifest.model_id} to {out}, {size:.1f} MB: {figures}.")


if __name__ == "__main__":
    run(main)
