"""Exports a Sentence Transformers model for ONNX Runtime; imports torch only when called.

The graph holds the whole model, from token numbers to unit vectors. Its weights are stored in 8 bits where that keeps
the vectors: every export is compared with the model itself, and the first variant that agrees is taken.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index import model_check
from index.embed_onnx import OnnxEmbedder, read_tokens
from index.model_files import (
    GRAPH,
    TOKENIZER,
    Agreement,
    Manifest,
    sha256,
    write_folder,
    write_manifest,
)
from index.model_source import DEFAULT_MODEL, DEFAULT_WEIGHTS, Source
from index.onnx_export import Feed, quiet, write_graph, write_quantised

_POOLINGS = {"mean", "cls", "max"}
_MODULES = {"Transformer", "Pooling", "Dense", "Normalize"}
_NO_LIMIT = 8192  # tokens, for a model that states no limit of its own


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to store the weights, and how well it has to agree with the model."""

    name: str
    bits: int
    min_mean_cosine: float
    min_cosine: float
    min_same_nearest: float

    def accepts(self, agreement: Agreement) -> bool:
        """Tell whether an export of this variant agrees well enough."""
        return (
            agreement.mean_cosine >= self.min_mean_cosine
            and agreement.min_cosine >= self.min_cosine
            and agreement.same_nearest >= self.min_same_nearest
        )


# Best first. Without VNNI, x86 adds products of 8-bit weights with saturation, which 7-bit weights avoid.
VARIANTS = (
    Variant("int8", 8, 0.985, 0.93, 0.85),
    Variant("int8 with 7-bit weights", 7, 0.985, 0.93, 0.85),
    Variant("fp32", 32, 0.9999, 0.999, 0.97),
)


def export_model(source: Source, cache: Path, variants: Sequence[Variant] = VARIANTS) -> Path:
    """Export a model to its folder in the cache and return that; raises ModelProblem, StorageProblem."""
    with quiet():
        model = _load(source)
        if source.folder is None:
            source = source.found(_hub_folder(source.name))
        target = cache / str(source.fingerprint)
        write_folder(target, lambda folder: _fill(folder, model, source, variants))
    return target


def _fill(folder: Path, model: Any, source: Source, variants: Sequence[Variant]) -> None:
    tokenizer = _tokenizer(model, source.name)
    (folder / TOKENIZER).write_text(tokenizer.to_str(), "utf-8")
    query_prompt, document_prompt = _prompts(model)
    reference = _unit(model.encode(model_check.TEXTS, prompt=document_prompt, show_progress_bar=False))
    draft = Manifest(
        model_id=source.model_id,
        dimension=reference.shape[1],
        max_length=_max_length(model),
        pad_id=model.tokenizer.pad_token_id or 0,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
        variant="",
        agreement=Agreement(0, 0.0, 0.0, 0.0),
    )
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / GRAPH
        _write_graph(model, full, source.name)
        manifest = _choose(folder, full, draft, reference, variants)
    files = {name: sha256(folder / name) for name in (GRAPH, TOKENIZER)}
    write_manifest(folder, replace(manifest, files=files))


def _choose(
    folder: Path, full: Path, draft: Manifest, reference: NDArray[np.float32], variants: Sequence[Variant]
) -> Manifest:
    """Write the first variant that agrees with the model, and return the manifest with the figures."""
    tokens = read_tokens(folder / TOKENIZER, draft, model_check.TEXTS)
    rejected: dict[str, Agreement] = {}
    for variant in variants:
        _write_variant(full, folder / GRAPH, variant, tokens)
        own = OnnxEmbedder(folder, draft).embed(model_check.TEXTS)
        agreement = model_check.compare(own, reference)
        if variant.accepts(agreement):
            return replace(draft, variant=variant.name, agreement=agreement, rejected=rejected)
        rejected[variant.name] = agreement
    raise ModelProblem(
        f"The export of {draft.model_id} disagrees with the model itself, so it can't be used: {rejected}."
    )


def _load(source: Source) -> Any:
    _check_weights(source)
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        where = source.name if source.folder is None else str(source.folder)
        model = SentenceTransformer(where, device="cpu").float().eval()
    except Exception as error:  # a hub's, a file's or a configuration's: the library raises whatever it meets
        raise ModelProblem(_why_not_loaded(source)) from error
    _check_supported(model, source.name)
    return model


def _why_not_loaded(source: Source) -> str:
    if source.folder is not None:
        return f"The embedding model in {source.folder} can't be loaded: its files are incomplete or damaged."
    return (
        f"The embedding model {source.name} is not on this machine, and it can't be fetched from the model hub. "
        "Check its name and the connection, or give the folder of a model."
    )


def _check_weights(source: Source) -> None:
    if source.name != DEFAULT_MODEL or source.folder is None:
        return
    file = source.folder / "model.safetensors"
    if not file.is_file() or sha256(file) != DEFAULT_WEIGHTS:
        raise ModelProblem(f"{file} is not the published {DEFAULT_MODEL}. Please install its package again.")


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


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    repositories = [name] if "/" in name else [f"sentence-transformers/{name}", name]
    for repository in repositories:
        try:
            return Path(snapshot_download(repository, local_files_only=True))
        except OSError:
            continue
    raise ModelProblem(f"The files of {name} are not in the model hub's cache; give the folder of the model instead.")


def _prompts(model: Any) -> tuple[str, str]:
    """Return what the model wants before questions and before documents, as sentence-transformers finds it."""
    prompts = model.prompts
    default = prompts.get(model.default_prompt_name, "")
    document = next((prompts[name] for name in ("document", "passage", "corpus") if name in prompts), default)
    return prompts.get("query", default), document


def _tokenizer(model: Any, name: str) -> Any:
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelProblem(f"The embedding model {name} has no fast tokenizer, so it can't be exported.")
    return backend


def _max_length(model: Any) -> int:
    limit = model.max_seq_length
    return _NO_LIMIT if limit is None else min(int(limit), _NO_LIMIT)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
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

    class Whole(torch.nn.Module):
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

    return Whole().eval()


def _write_variant(full: Path, file: Path, variant: Variant, tokens: Sequence[Sequence[int]]) -> None:
    if variant.bits == 32:
        shutil.copyfile(full, file)
        return
    # Not the word vectors: smaller, no faster, and less exact.
    write_quantised(full, file, [_feed(own) for own in tokens], variant.bits)


def _feed(tokens: Sequence[int]) -> Feed:
    ids = np.array([tokens], np.int64)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}
