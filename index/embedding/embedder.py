"""Text to vectors: what an embedder is, and how one is loaded."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.embedding.onnx_embedder import SHIPPED, EmbedderManifest, OnnxEmbedder
from index.embedding.parity import check_machine
from index.onnx.model_source import DEFAULT_MODEL, DEFAULT_NAMES, check_exporters, find_source

__all__ = ["DEFAULT_MODEL", "Embedder", "OnnxEmbedder", "load_embedder"]


class Embedder(Protocol):
    """Turns texts into unit vectors; the index's builder calls it for sentences, the retriever for questions.

    Safe to share between threads. Any text will do: empty, odd, or longer than the model reads (then its start counts).
    """

    @property
    def model_id(self) -> str:
        """The model and a fingerprint of its files; an index stores it and refuses another."""
        ...

    @property
    def former_ids(self) -> Collection[str]:
        """The ids of earlier exports of the same model.

        Vectors of theirs agree well enough with this one's to be searched until they are computed anew.
        """
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        ...

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return unit vectors of shape (len(texts), dimension), in the order of texts.

        `progress` hears how many texts are newly done, from the calling thread.
        """
        ...

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, of shape (dimension,).

        The same as `embed([question])[0]`, but for models that want questions marked as such.
        """
        ...


def load_embedder(
    model: str, cache: Path, threads: int | None = None, report: Callable[[str], None] | None = None
) -> Embedder:
    """Load the embedding model that comes with Citeline, or any Sentence Transformers model by name or folder.

    Another model is exported to `cache` the first time; only then are torch and sentence-transformers imported, and
    `report` hears of it in a line. Raises ModelProblem where the model can't be had or its export disagrees with it,
    StorageProblem where the cache can't be written.
    """
    if model in DEFAULT_NAMES:
        embedder = OnnxEmbedder(SHIPPED, _manifest(SHIPPED, "Put back the files that came with Citeline."), threads)
        check_machine(embedder, SHIPPED, cache)
        return embedder
    source = find_source(model, cache)
    folder = cache / str(source.fingerprint)
    manifest = None if source.fingerprint is None else EmbedderManifest.read(folder)
    if manifest is not None:
        return OnnxEmbedder(folder, manifest, threads)
    check_exporters(source.name)
    from index.embedding import export  # noqa: PLC0415  (imports torch: seconds, and never needed again)

    if report is not None:
        report(f"Preparing the embedding model {source.name}. This happens once and takes about half a minute.")
    folder = export.export_model(source, cache)
    return OnnxEmbedder(folder, _manifest(folder, "It was changed while it was loaded; please try again."), threads)


def _manifest(folder: Path, advice: str) -> EmbedderManifest:
    """Return the manifest of an export; raises ModelProblem, with the advice, where it is missing or damaged."""
    manifest = EmbedderManifest.read(folder)
    if manifest is None:
        raise ModelProblem(f"The embedding model in {folder} is missing or damaged. {advice}")
    return manifest
