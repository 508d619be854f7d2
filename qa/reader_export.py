"""Exports a reading model for ONNX Runtime; imports torch only when called.

The graph holds the whole model, from token numbers to the scores of where an answer starts and ends. Every export is
compared with the model itself, and the first variant that agrees is taken.
"""

import inspect
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from corpus.errors import ModelProblem
from index.model_files import GRAPH, MANIFEST, TOKENIZER, sha256
from index.onnx_export import Feed, quiet, write_graph, write_quantised
from qa.reader_check import SAMPLES, compare
from qa.reader_files import FILES, Agreement, ReaderManifest, write_manifest
from qa.reader_input import ReaderInput, Tokens
from qa.span_model import Logits, OnnxSpanModel, feed

_OUTPUTS = ("start_logits", "end_logits")
Sample = tuple[str, tuple[str, str]]  # question, (title, text)


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to store the weights, and how well it has to agree with the model.

    write: makes another file of the graph with 32-bit weights, for inputs such as it will see. max_difference: of the
    logits, as a share of how far they spread.
    """

    name: str
    write: Callable[[Path, Path, Sequence[Feed]], object]
    max_difference: float
    min_same_span: float

    def accepts(self, agreement: Agreement) -> bool:
        """Tell whether an export of this variant agrees well enough."""
        close = agreement.mean_difference <= self.max_difference * agreement.spread
        return close and agreement.same_span >= self.min_same_span


BITS = 7  # of weights
# Best first. Without VNNI, x86 adds products of 8-bit weights with saturation, which 7-bit weights avoid: what is made
# on one machine for all others uses 7. Few of the built-in samples are answered by their texts, and where nothing
# answers, the best spans are nearly as good as each other: so one in four may be another.
VARIANTS = (
    Variant("int8 with 7-bit weights", partial(write_quantised, bits=BITS, tables=True), 0.15, 0.75),
    Variant("fp32", lambda full, file, _: shutil.copyfile(full, file), 0.001, 0.97),
)


def export_reader(
    model: Any,
    tokenizer_json: str,
    folder: Path,
    *,
    model_id: str,
    max_length: int,
    titled: bool,
    pad_id: int | None = None,
    samples: Sequence[Sample] = SAMPLES,
    variants: Sequence[Variant] = VARIANTS,
) -> ReaderManifest:
    """Write model.onnx, tokenizer.json and manifest.json to a folder, whose other files stay; return the manifest.

    Args:
        model: a torch module on the processor, in eval mode, with 32-bit weights: a transformers model for extractive
            question answering or one that is called like it, with input_ids, an attention_mask of None (nothing is
            padded) and, where its forward names them, token_type_ids, and that returns start_logits and end_logits of
            shape (texts, tokens), as attributes or as the first two of a tuple.
        tokenizer_json: the tokenizer in its library's own format; it must know how pairs are made.
        folder: made where it is not there.
        model_id: what the model is called.
        max_length: tokens of question, title and text together.
        titled: whether the model knows titles, as "title: text".
        pad_id: by default the model's own.
        samples: questions with (title, text) that the weights are fitted to 8 bits for, and the export is checked with.
        variants: the first that agrees with the model is taken.

    Raises ModelProblem where the model can't be exported or none of the variants agrees with it, OSError where the
    folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = getattr(model, "config", None)
    pad = getattr(config, "pad_token_id", None) if pad_id is None else pad_id
    draft = ReaderManifest(
        model_id=model_id,
        max_length=max_length,
        titled=titled,
        pad_id=0 if pad is None else int(pad),
        inputs=_inputs(model),
        variant="",
        agreement=Agreement(0, 0.0, 0.0, 0.0),
    )
    with quiet(), tempfile.TemporaryDirectory(dir=folder) as scratch:
        fresh = Path(scratch)
        (fresh / TOKENIZER).write_text(tokenizer_json, "utf-8")
        manifest = _choose(model, fresh, draft, samples, variants)
        (folder / MANIFEST).unlink(missing_ok=True)  # last out, last in: a folder with one is complete
        for name in FILES:
            (fresh / name).replace(folder / name)
    manifest = replace(manifest, files={name: sha256(folder / name) for name in FILES})
    write_manifest(folder, manifest)
    return manifest


def _inputs(model: Any) -> tuple[str, ...]:
    """Return what the model takes in; one that knows a single type of token, as RoBERTa does, gets none."""
    named = "token_type_ids" in inspect.signature(model.forward).parameters
    kinds = getattr(getattr(model, "config", None), "type_vocab_size", 2)
    types = ("token_type_ids",) if named and kinds > 1 else ()
    return ("input_ids", *types)


def _choose(
    model: Any, folder: Path, draft: ReaderManifest, samples: Sequence[Sample], variants: Sequence[Variant]
) -> ReaderManifest:
    """Write the first variant that agrees with the model, and return the manifest with the figures."""
    questions, passages = zip(*samples, strict=True)
    tokens = ReaderInput(folder / TOKENIZER, draft.max_length, draft.titled).pairs(questions, passages)
    whole = _whole(model, draft.inputs)
    reference = [_logits(whole, own, draft.inputs) for own in tokens]
    full = folder / f"full-{GRAPH}"
    _write_full(whole, draft, tokens, full)
    feeds = [feed(own, draft.inputs) for own in tokens]
    rejected: dict[str, Agreement] = {}
    for variant in variants:
        variant.write(full, folder / GRAPH, feeds)
        exported = OnnxSpanModel(folder, draft)
        agreement = compare([exported.run(own) for own in tokens], reference)
        if variant.accepts(agreement):
            return replace(draft, variant=variant.name, agreement=agreement, rejected=rejected)
        rejected[variant.name] = agreement
    raise ModelProblem(
        f"The export of {draft.model_id} disagrees with the model itself, so it can't be used: {rejected}."
    )


def _whole(model: Any, names: Sequence[str]) -> Any:
    """Return a module from the named inputs, in their order, to the two logits."""
    import torch  # noqa: PLC0415

    for part in model.modules():
        if hasattr(part, "set_attn_implementation"):
            part.set_attn_implementation("eager")  # as plain a graph as can be

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: Any) -> tuple[Any, Any]:
            # No mask: every passage is read alone, so nothing is padded, and the graph is 6% faster.
            out = self.model(**dict(zip(names, inputs, strict=True)), attention_mask=None)
            if hasattr(out, "start_logits"):
                return out.start_logits, out.end_logits
            return out[0], out[1]

    return Whole().eval()


def _logits(whole: Any, tokens: Tokens, names: Sequence[str]) -> Logits:
    import torch  # noqa: PLC0415

    with torch.no_grad():
        start, end = whole(*(torch.from_numpy(values) for values in feed(tokens, names).values()))
    return Logits(tokens, start[0].numpy(), end[0].numpy())


def _write_full(whole: Any, draft: ReaderManifest, tokens: Sequence[Tokens], file: Path) -> None:
    import torch  # noqa: PLC0415

    inputs = {name: torch.from_numpy(values) for name, values in feed(tokens[0], draft.inputs).items()}
    inputs = {name: values.repeat(2, 1) for name, values in inputs.items()}  # two, so that more than one text will do
    try:
        write_graph(whole, inputs, dict.fromkeys(_OUTPUTS, ("texts", "tokens")), file)
    except ModelProblem as error:
        raise ModelProblem(f"The reading model {draft.model_id} can't be used. {error}") from error
