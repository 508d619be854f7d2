"""Exports a Sentence Transformers model for ONNX Runtime; imports torch only when called.

The graph holds the whole model, from token numbers to unit vectors. Its weights are stored in 8 bits where that keeps
the vectors: every export is compared with the model itself, and the first variant that agrees is taken.
"""

import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.embedding.onnx_embedder import EmbedderManifest, OnnxEmbedder, read_tokens
from index.embedding.parity import TEXTS, compare
from index.onnx.export import (
    Feed,
    Variant,
    copy_graph,
    quiet,
    write_first_agreeing,
    write_graph,
    write_quantised,
)
from index.onnx.model_files import FILES, GRAPH, TOKENIZER, Agreement, sha256, write_folder
from index.onnx.model_source import (
    DEFAULT_MODEL,
    DEFAULT_WEIGHTS,
    Source,
    hub_folder,
    hub_is_reachable,
    not_loaded,
)

_POOLINGS = {"mean", "cls", "max"}
_MODULES = {"Transformer", "Pooling", "Dense", "Normalize"}
_NO_LIMIT = 8192  # tokens, for a model that states no limit of its own


def agrees(mean_cosine: float, min_cosine: float, same_nearest: float) -> Callable[[Agreement], bool]:
    """Return a check that all figures of an agreement are at least these."""
    floors = {"mean_cosine": mean_cosine, "min_cosine": min_cosine, "same_nearest": same_nearest}
    return lambda agreement: all(agreement[name] >= floor for name, floor in floors.items())


# Best first. Without VNNI, x86 adds products of 8-bit weights with saturation, which 7-bit weights avoid. The word
# vectors stay as they are: they are no faster in 8 bits, and nobody downloads these files.
VARIANTS = (
    Variant("int8", partial(write_quantised, bits=8), agrees(0.985, 0.93, 0.85)),
    Variant("int8 with 7-bit weights", partial(write_quantised, bits=7), agrees(0.985, 0.93, 0.85)),
    Variant("fp32", copy_graph, agrees(0.9999, 0.999, 0.97)),
)


def export_model(source: Source, cache: Path, variants: Sequence[Variant] = VARIANTS) -> Path:
    """Export a model to its folder in the cache and return that; raises ModelProblem, StorageProblem."""
    with quiet():
        model = load_model(source)
        if source.folder is None:
            names = [source.name] if "/" in source.name else [f"sentence-transformers/{source.name}", source.name]
            source = source.found(hub_folder(*names))
        target = cache / str(source.fingerprint)

        def fill(folder: Path) -> None:
            manifest = write_files(folder, model, source, variants)
            replace(manifest, machine=platform.machine()).write(folder)

        write_folder(target, fill, EmbedderManifest.read)
    return target


def write_files(folder: Path, model: Any, source: Source, variants: Sequence[Variant]) -> EmbedderManifest:
    """Write graph and tokenizer, and return the manifest of both."""
    tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        raise ModelProblem(f"The embedding model {source.name} has no fast tokenizer, so it can't be exported.")
    (folder / TOKENIZER).write_text(tokenizer.to_str(), "utf-8")
    query_prompt, document_prompt = _prompts(model)
    reference = unit(model.encode(TEXTS, prompt=document_prompt, show_progress_bar=False))
    draft = EmbedderManifest(
        model_id=source.model_id,
        dimension=reference.shape[1],
        max_length=min(int(model.max_seq_length), _NO_LIMIT) if model.max_seq_length is not None else _NO_LIMIT,
        pad_id=model.tokenizer.pad_token_id or 0,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
    )
    feeds = [feed(tokens) for tokens in read_tokens(folder / TOKENIZER, draft.max_length, TEXTS)]

    def compared() -> Agreement:
        return compare(OnnxEmbedder(folder, draft).embed(TEXTS), reference)

    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / GRAPH
        _write_graph(model, full, source.name)
        manifest = write_first_agreeing(folder, full, draft, feeds, variants, compared)
    return replace(manifest, files={name: sha256(folder / name) for name in FILES})


def load_model(source: Source) -> Any:
    """Load a model with sentence-transformers; raises ModelProblem."""
    if source.name == DEFAULT_MODEL and source.folder is not None:
        file = source.folder / "model.safetensors"
        if not file.is_file() or sha256(file) != DEFAULT_WEIGHTS:
            raise ModelProblem(f"{file} is not the published {DEFAULT_MODEL}. Please install its package again.")
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        where = source.name if source.folder is None else str(source.folder)
        local = source.folder is not None or not hub_is_reachable()
        model = SentenceTransformer(where, device="cpu", local_files_only=local).float().eval()
    except Exception as error:  # a hub's, a file's or a configuration's: the library raises whatever it meets
        raise not_loaded("embedding", source, DEFAULT_MODEL) from error
    _check_supported(model, source.name)
    return model


def _check_supported(model: Any, name: str) -> None:
    for module in model:
        kind = type(module).__name__
        if kind not in _MODULES:
            raise ModelProblem(f"The embedding model {name} has a part that can't be exported: {kind}.")
        if kind == "Pooling" and module.pooling_mode not in _POOLINGS:
            raise ModelProblem(f"The embedding model {name} pools by {module.pooling_mode}; mean, cls and max work.")
        if kind == "Pooling" and not module.include_prompt and any(_prompts(model)):
            raise ModelProblem(
                f"The embedding model {name} leaves its prompt out of the pooling, which can't be exported."
            )


def _prompts(model: Any) -> tuple[str, str]:
    """Return what the model wants before questions and before documents, as sentence-transformers finds it."""
    prompts = model.prompts
    default = prompts.get(model.default_prompt_name, "")
    document = next((prompts[name] for name in ("document", "passage", "corpus") if name in prompts), default)
    return prompts.get("query", default), document


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors divided by their lengths."""
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _write_graph(model: Any, file: Path, name: str) -> None:
    import torch  # noqa: PLC0415

    model[0].auto_model.set_attn_implementation("eager")  # as plain a graph as can be
    ids = torch.randint(5, 50, (2, 9))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    try:
        write_graph(_whole(model), {"input_ids": ids, "attention_mask": mask}, {"vectors": ["texts"]}, file)
    except ModelProblem as error:
        raise ModelProblem(f"The embedding model {name} can't be used. {error}") from error


def _whole(model: Any) -> Any:
    """Return a module from token numbers and mask to unit vectors."""
    import torch  # noqa: PLC0415

    class EmbedderGraph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = model[0].auto_model
            self.rest = torch.nn.ModuleList(list(model)[1:])

        def forward(self, ids: Any, mask: Any) -> Any:
            tokens = self.transformer(input_ids=ids, attention_mask=mask).last_hidden_state
            features = {"token_embeddings": tokens, "attention_mask": mask}
            for module in self.rest:
                features = module(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)

    return EmbedderGraph().eval()


def feed(tokens: Sequence[int]) -> Feed:
    """Return the inputs of the graph for one text."""
    ids = np.array([tokens], np.int64)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}
