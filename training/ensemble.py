"""Makes one reader of several: `python -m training.ensemble --data FOLDER READER READER`.

Each reads every passage, and their scores are averaged: what one of them misreads, the others rarely misread alike. The
readers become one graph, so whoever runs it sees no difference but the time.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import compose, helper, numpy_helper

from cli import commands, terminal
from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, TOKENIZER, sha256
from qa.confidence import CALIBRATION
from qa.reader.export import SAMPLES, compare
from qa.reader.model_files import FILES, ReaderManifest, read_manifest, write_manifest
from qa.reader.span_model import Logits, OnnxSpanModel
from qa.reader.tokenization import ReaderInput
from training.model_card import write_joined_card
from training.models.warm_start import MEMBER
from training.release import FIT_ANEW, shipped
from training.setup import PAD, alone, data_option, material_of, out_option, readers_argument, work_option
from training.validation import KeptApart
from web.settings import Settings

MODEL_ID = "citeline-reader-2"
_LARGEST_DIFFERENCE = 1e-3  # of the joined graph's scores to the mean of the readers' own


def joined(graphs: Sequence[onnx.ModelProto]) -> onnx.ModelProto:
    """Return a graph that gives the mean of what several graphs of the same inputs and outputs give.

    What several of them store alike is stored once: the table of words is half a reader, and no training changes it.
    """
    first = graphs[0]
    inputs, outputs = ([one.name for one in ends] for ends in (first.graph.input, first.graph.output))
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    kept: dict[str, str] = {}
    for number, graph in enumerate(graphs):
        own = compose.add_prefix(graph, MEMBER.format(number=number)).graph
        stored = {one.name: _content(one) for one in own.initializer}
        shared = {name: kept[content] for name, content in stored.items() if content in kept}
        weights += [one for one in own.initializer if one.name not in shared]
        kept = {content: name for name, content in stored.items()} | kept
        shared |= zip((one.name for one in own.input), inputs, strict=True)
        for node in own.node:
            for place, name in enumerate(node.input):
                node.input[place] = shared.get(name, name)
        nodes += own.node
    for output in outputs:
        names = [MEMBER.format(number=number) + output for number in range(len(graphs))]
        nodes.append(helper.make_node("Mean", names, [output], f"mean_{output}"))
    graph = helper.make_graph(nodes, "readers", first.graph.input, first.graph.output, weights)
    model = helper.make_model(graph, opset_imports=first.opset_import, ir_version=first.ir_version)
    onnx.checker.check_model(model)
    return model


def _content(stored: onnx.TensorProto) -> str:
    array = numpy_helper.to_array(stored)
    return f"{array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"


def _read(folder: Path) -> tuple[ReaderManifest, onnx.ModelProto]:
    manifest = read_manifest(folder)
    try:
        if manifest is not None:
            return manifest, onnx.load(folder / GRAPH)
    except DecodeError:
        pass
    raise ModelProblem(f"There is no reader in {folder}, or it is damaged.")


def _kind(manifest: ReaderManifest) -> object:
    """Return what readers must have in common to read the same tokens."""
    return manifest.files[TOKENIZER], manifest.max_length, manifest.titled, manifest.pad_id, manifest.inputs


def _mean(read: Sequence[Logits]) -> Logits:
    start, end = (np.mean([getattr(one, name) for one in read], axis=0) for name in ("start", "end"))
    return Logits(read[0].tokens, start, end)


def write_joined(readers: Sequence[Path], folder: Path) -> ReaderManifest:
    """Write the graph, the tokenizer and the manifest of several readers as one; raises ModelProblem."""
    read = [_read(reader) for reader in readers]
    manifests, graphs = [manifest for manifest, _ in read], [graph for _, graph in read]
    if len({_kind(manifest) for manifest in manifests}) > 1:
        raise ModelProblem("These readers don't read the same tokens, so their scores can't be averaged.")
    onnx.save(joined(graphs), folder / GRAPH)
    (folder / TOKENIZER).write_bytes((readers[0] / TOKENIZER).read_bytes())
    questions, passages = zip(*SAMPLES, strict=True)
    tokens = ReaderInput(folder / TOKENIZER, manifests[0].max_length, manifests[0].titled).pairs(questions, passages)
    members = [OnnxSpanModel(reader, manifest) for reader, manifest in zip(readers, manifests, strict=True)]
    together = OnnxSpanModel(folder, manifests[0])
    means = [_mean([member.run(own) for member in members]) for own in tokens]
    agreement = compare([together.run(own) for own in tokens], means)
    if agreement.mean_difference > _LARGEST_DIFFERENCE:
        raise ModelProblem(f"The joined graph does not give the mean of the readers' scores: {agreement}.")
    manifest = replace(
        manifests[0],
        model_id=MODEL_ID,
        agreement=agreement,
        files={name: sha256(folder / name) for name in FILES},
    )
    write_manifest(folder, manifest)
    return manifest


@click.command()
@data_option
@work_option
@out_option
@readers_argument
def main(data: Path, work: Path, out: Path, readers: tuple[Path, ...]) -> None:
    """Make one reader of two or more that training.reader exported; `--go-on-from` it goes on from the first."""
    with shipped(out) as fresh:
        manifest = write_joined(readers, fresh)
        tokens = ReaderInput(fresh / TOKENIZER, manifest.max_length, manifest.titled)
        with alone(work), terminal.progress_bar() as report:
            _, examples = material_of(data, work, Settings.read(), report)
        apart = KeptApart(examples, tokens, PAD)
        figures = [apart.exported(folder, manifest) for folder in (*readers, fresh)]
        write_joined_card(fresh, manifest, len(examples), figures, readers)
        calibrated = (out / CALIBRATION.name).is_file()
    for name in figures[0]:
        *own, together = (one[name] for one in figures)
        click.echo(f"{name}: {', '.join(f'{value:.3f}' for value in own)}, together {together:.3f}")
    if calibrated:
        click.echo(FIT_ANEW)


if __name__ == "__main__":
    commands.run(main)
