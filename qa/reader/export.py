"""Exports a reading model for ONNX Runtime and compares it with what it was made from; imports torch when called."""

import inspect
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.onnx.export import Variant, copy_graph, quiet, write_first_agreeing, write_graph, write_quantised
from index.onnx.model_files import FILES, GRAPH, MANIFEST, TOKENIZER, Agreement, sha256, write_folder
from index.onnx.model_source import Source, hub_folder, hub_is_reachable, not_loaded
from qa.reader.decoding import MAX_TOKENS
from qa.reader.model_files import ReaderManifest
from qa.reader.span_model import Logits, OnnxSpanModel, feed
from qa.reader.tokenization import ReaderInput

BITS = 7  # of weights
_MAX_LENGTH = 384  # tokens of question and passage: these models are trained with as many
_OUTPUTS = ("start_logits", "end_logits")
Sample = tuple[str, tuple[str, str]]  # question, (title, text)
_TEXTS = [
    "The ferry to the island leaves at half past six and takes forty minutes. Bicycles cost two crowns. In winter, "
    "when the sound freezes over, a hovercraft takes its place.",
    "The council voted on Tuesday to close two of the town's five libraries. Amina Farouk, who leads the opposition, "
    "called the vote a disgrace; the mayor said that the money was needed for schools.",
    "The bridge, built in 1884, is to be closed to lorries until its cables are replaced. The work costs 3.2 million "
    "and is expected to end in October 2027.",
    "A court ordered the airline to pay back the fares of 1,400 cancelled flights. It had offered vouchers instead "
    "because, as it said, its account was empty.",
    "Researchers at the university of Tartu found that frogs sing at a higher pitch near motorways, since low notes "
    "are drowned by the traffic.",
]
_QUESTIONS = [
    "When does the ferry leave?",
    "how much is a bicycle",
    "Who called the vote a disgrace?",
    "Why are two libraries closed?",
    "How old is the bridge?",
    "What must the airline pay back?",
    "Where do the researchers work?",
    "Why do frogs sing at a higher pitch?",
]
# Questions with (title, text): every question with every text, for those who have no better ones.
SAMPLES = [(question, ("News of the week", text)) for question in _QUESTIONS for text in _TEXTS]


def agrees(max_difference: float, min_same_span: float) -> Callable[[Agreement], bool]:
    """Return a check of the logits' mean difference, as a share of their spread, and of the same best spans."""
    return lambda agreement: (
        agreement["mean_difference"] <= max_difference * agreement["spread"] and agreement["same_span"] >= min_same_span
    )


# Best first. Without VNNI, x86 adds products of 8-bit weights with saturation, which 7-bit weights avoid: what is made
# on one machine for all others uses 7. Few of the built-in samples are answered by their texts, and where nothing
# answers, the best spans are nearly as good as each other: so one in four may be another.
VARIANTS = (
    Variant("int8 with 7-bit weights", partial(write_quantised, bits=BITS, tables=True), agrees(0.15, 0.75)),
    Variant("fp32", copy_graph, agrees(0.001, 0.97)),
)


def compare(own: Sequence[Logits], reference: Sequence[Logits]) -> Agreement:
    """Compare logits of the same samples.

    The figures: `samples`; `mean_difference`, the mean |difference| of the logits of text tokens; `spread`, the
    standard deviation that the model's own have around their passage's mean, to compare it with; `same_span`, the share
    of samples whose best span is the same one.
    """
    differences = [np.abs(_text(one) - _text(two)).mean() for one, two in zip(own, reference, strict=True)]
    spread = [_text(one).std(axis=1).mean() for one in reference]
    same = [best_span(one) == best_span(two) for one, two in zip(own, reference, strict=True)]
    return {
        "samples": len(own),
        "mean_difference": float(np.mean(differences)),
        "spread": float(np.mean(spread)),
        "same_span": float(np.mean(same)),
    }


def best_span(logits: Logits) -> tuple[int, int]:
    """Return the first and the last token of the best span of text, (0, 0) where there is no text."""
    places = logits.tokens.of_text()
    if len(places) == 0:
        return 0, 0
    scores = logits.start[places][:, None] + logits.end[places]
    lengths = places - places[:, None]
    scores[(lengths < 0) | (lengths >= MAX_TOKENS)] = -np.inf
    first, last = np.unravel_index(scores.argmax(), scores.shape)
    return int(places[first]), int(places[last])


def _text(logits: Logits) -> NDArray[np.float32]:
    places = logits.tokens.of_text()
    return np.stack([logits.start[places], logits.end[places]])


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
    # A model that knows a single type of token, as RoBERTa does, gets none.
    named = "token_type_ids" in inspect.signature(model.forward).parameters
    types = ("token_type_ids",) if named and getattr(config, "type_vocab_size", 2) > 1 else ()
    pad = getattr(config, "pad_token_id", None) if pad_id is None else pad_id
    draft = ReaderManifest(
        model_id=model_id,
        max_length=max_length,
        titled=titled,
        pad_id=0 if pad is None else int(pad),
        inputs=("input_ids", *types),
    )
    with quiet(), tempfile.TemporaryDirectory(dir=folder) as scratch:
        fresh = Path(scratch)
        (fresh / TOKENIZER).write_text(tokenizer_json, "utf-8")
        manifest = _choose(model, fresh, draft, samples, variants)
        (folder / MANIFEST).unlink(missing_ok=True)  # last out, last in: a folder with one is complete
        for name in FILES:
            (fresh / name).replace(folder / name)
    manifest = replace(manifest, files={name: sha256(folder / name) for name in FILES})
    manifest.write(folder)
    return manifest


def _choose(
    model: Any, folder: Path, draft: ReaderManifest, samples: Sequence[Sample], variants: Sequence[Variant]
) -> ReaderManifest:
    """Write the first variant that agrees with the model, and return the manifest with the figures."""
    import torch  # noqa: PLC0415

    questions, passages = zip(*samples, strict=True)
    tokens = ReaderInput(folder / TOKENIZER, draft.max_length, draft.titled).pairs(questions, passages)
    whole = _whole(model, draft.inputs)
    feeds = [feed(own, draft.inputs) for own in tokens]
    reference = []
    with torch.no_grad():
        for own, arrays in zip(tokens, feeds, strict=True):
            start, end = whole(*map(torch.from_numpy, arrays.values()))
            reference.append(Logits(own, start[0].numpy(), end[0].numpy()))
    # A batch of two, so that the graph takes any number of texts.
    inputs = {name: torch.from_numpy(values).repeat(2, 1) for name, values in feeds[0].items()}
    full = folder / f"full-{GRAPH}"
    try:
        write_graph(whole, inputs, dict.fromkeys(_OUTPUTS, ("texts", "tokens")), full)
    except ModelProblem as error:
        raise ModelProblem(f"The reading model {draft.model_id} can't be used. {error}") from error

    def compared() -> Agreement:
        exported = OnnxSpanModel(folder, draft)
        return compare([exported.run(own) for own in tokens], reference)

    return write_first_agreeing(folder, full, draft, feeds, variants, compared)


def _whole(model: Any, names: Sequence[str]) -> Any:
    """Return a module from the named inputs, in their order, to the two logits."""
    import torch  # noqa: PLC0415

    for part in model.modules():
        if hasattr(part, "set_attn_implementation"):
            part.set_attn_implementation("eager")  # as plain a graph as can be

    class ReaderGraph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: Any) -> tuple[Any, Any]:
            # No mask: every passage is read alone, so nothing is padded, and the graph is 6% faster.
            out = self.model(**dict(zip(names, inputs, strict=True)), attention_mask=None)
            if hasattr(out, "start_logits"):
                return out.start_logits, out.end_logits
            return out[0], out[1]

    return ReaderGraph().eval()


def export_pretrained(source: Source, cache: Path) -> Path:
    """Export a model to its folder in the cache and return that; raises ModelProblem, StorageProblem."""
    with quiet():
        model, tokenizer = _load(source)
        if source.folder is None:
            source = source.found(hub_folder(source.name))
        # Models with position embeddings may number them from the padding's id + 1 on, as RoBERTa does.
        positions = getattr(model.config, "max_position_embeddings", None)
        room = _MAX_LENGTH if positions is None else positions - 1 - (model.config.pad_token_id or 0)
        max_length = int(min(_MAX_LENGTH, tokenizer.model_max_length, room))
        json, model_id = tokenizer.backend_tokenizer.to_str(), source.model_id

        def fill(folder: Path) -> None:
            export_reader(model, json, folder, model_id=model_id, max_length=max_length, titled=False)

        target = cache / str(source.fingerprint)
        write_folder(target, fill, ReaderManifest.read)
    return target


def _load(source: Source) -> tuple[Any, Any]:
    try:
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer  # noqa: PLC0415

        where = source.name if source.folder is None else str(source.folder)
        local = source.folder is not None or not hub_is_reachable()
        tokenizer = AutoTokenizer.from_pretrained(where, local_files_only=local)
        model, loading_info = AutoModelForQuestionAnswering.from_pretrained(
            where, output_loading_info=True, local_files_only=local
        )
    except Exception as error:  # a hub's, a file's or a configuration's: the library raises whatever it meets
        raise not_loaded("reading", source, "a reader that comes along: default, quick, sentences") from error
    if loading_info["missing_keys"]:
        raise ModelProblem(f"The model {source.name} was not trained to find answers: it lacks the weights for that.")
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise ModelProblem(f"The reading model {source.name} has no fast tokenizer, so it can't be exported.")
    return model.float().eval(), tokenizer
