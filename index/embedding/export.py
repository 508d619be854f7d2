"""Compares an exported embedding model with the one it was made from, on varied texts of our own."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.embedding.onnx_embedder import OnnxEmbedder, read_tokens
from index.onnx.export import Feed, quiet, write_graph, write_quantised
from index.onnx.model_files import GRAPH, TOKENIZER, Agreement, Manifest, sha256, write_folder, write_manifest
from index.onnx.model_source import DEFAULT_MODEL, DEFAULT_WEIGHTS, Source, hub_is_reachable

_PLAIN = [
    "The ferry to the island leaves at half past six and takes forty minutes.",
    "Boats to the island depart every evening around 6:30.",
    "The council voted on Tuesday to close two of the town's five libraries.",
    "Two libraries will shut after a vote by the town council.",
    "Heavy rain flooded the underground station for the third time this year.",
    "The bakery sells about nine hundred loaves on a Saturday.",
    "Researchers found that the frogs sing at a higher pitch near motorways.",
    "She scored twice in the last ten minutes to win the cup for the visitors.",
    "The central bank left its main interest rate unchanged at 4.25 per cent.",
    "Interest rates stay where they are, the bank's governor said.",
    "A new vaccine against the disease will be tried on 3,000 volunteers in May.",
    "The bridge, built in 1884, is to be closed to lorries until its cables are replaced.",
    "Prices of olive oil fell by a fifth after a good harvest in the south.",
    "The orchestra plays the symphony for the first time since its composer's death.",
    "Engineers traced the power cut to a single faulty switch in a substation.",
    "The minister resigned over a letter that she had never meant to send.",
    "Three hikers were rescued from the glacier by helicopter.",
    "The company makes batteries from salt instead of lithium.",
    "A court ordered the airline to pay back the fares of cancelled flights.",
    "The telescope has sent its first pictures of a planet around another star.",
    "Teachers want smaller classes; the ministry offers them more computers.",
    "The museum returned the bronze statue to the village it was taken from.",
    "He repaired typewriters for sixty years and never used a computer.",
    "The tram line to the airport opens in spring, two years late and over budget.",
]
_QUESTIONS = [
    "when does the boat leave?",
    "How many libraries will be closed?",
    "Who had to pay the passengers their money back?",
    "What is the interest rate now?",
    "why did the minister step down",
    "Which material replaces lithium in the batteries?",
    "How old is the bridge?",
    "What did the telescope photograph?",
]
_ODD = [
    "",
    " ",
    "?",
    "No.",
    "Ja",
    "12,345.67 + 8 = ?",
    "https://example.org/news/2024/05/17?id=42#top",
    "ALL TRAINS CANCELLED!!!",
    "Der Zug nach Köln fährt heute nicht: Bauarbeiten zwischen Düren und Horrem.",
    "Le marché aux fleurs a été déplacé à cause des travaux sur la place.",
    "電車は雪のために三十分遅れています。",
    "Поезд опоздал на два часа из-за снегопада.",
    "تأخر القطار ساعتين بسبب الثلوج.",
    "🚲🌧️ cycling in the rain",
    "e\u0301te\u0301 and \u00e9t\u00e9 are the same word",
    "line one\nline two\tand a tab",
]
_LONG = [
    " ".join(_PLAIN[:4]),
    " ".join(_PLAIN[4:16]),
    " ".join(_PLAIN),
    " ".join(_PLAIN + _PLAIN[::-1]),
    "rain " * 1500,
]
TEXTS = [*_PLAIN, *_QUESTIONS, *_ODD, *_LONG]


def compare(own: NDArray[np.float32], reference: NDArray[np.float32]) -> Agreement:
    """Compare unit vectors of the same texts, row by row and in which other text is nearest to each."""
    cosines = np.sum(own * reference, axis=1)
    same = _nearest(own) == _nearest(reference)
    return Agreement(len(own), float(cosines.mean()), float(cosines.min()), float(same.mean()))


def _nearest(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    return np.asarray(likeness.argmax(axis=1))


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
    reference = _unit(model.encode(TEXTS, prompt=document_prompt, show_progress_bar=False))
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
    tokens = read_tokens(folder / TOKENIZER, draft, TEXTS)
    rejected: dict[str, Agreement] = {}
    for variant in variants:
        _write_variant(full, folder / GRAPH, variant, tokens)
        own = OnnxEmbedder(folder, draft).embed(TEXTS)
        agreement = compare(own, reference)
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
        local = source.folder is not None or not hub_is_reachable()
        model = SentenceTransformer(where, device="cpu", local_files_only=local).float().eval()
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
