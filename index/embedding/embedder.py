"""Text to vectors: what an embedder is, and how one is loaded."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem
from index.embedding.onnx_embedder import OnnxEmbedder
from index.onnx.model_files import read_manifest
from index.onnx.model_source import DEFAULT_MODEL, Source, find_source

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
    """Load a Sentence Transformers model by name or folder, exporting it to `cache` the first time.

    With an export there, neither torch nor sentence-transformers is imported. `report` hears, in a line, of work that
    takes long. Raises ModelProblem where the model can't be had or its export disagrees with it, StorageProblem where
    the cache can't be written.
    """
    source = find_source(model, cache)
    if source.fingerprint is not None:
        embedder = _load(source, cache, threads)
        if embedder is not None:
            return embedder
    return _export(source, cache, threads, report)


def _load(source: Source, cache: Path, threads: int | None) -> OnnxEmbedder | None:
    folder = cache / str(source.fingerprint)
    manifest = read_manifest(folder)
    return None if manifest is None else OnnxEmbedder(folder, manifest, threads)


def _export(source: Source, cache: Path, threads: int | None, report: Callable[[str], None] | None) -> OnnxEmbedder:
    from index.embedding import export  # noqa: PLC0415  (imports torch: seconds, and never needed again)

    if report is not None:
        report(f"Preparing the embedding model {source.name}. This happens once and takes about half a minute.")
    folder = export.export_model(source, cache)
    manifest = read_manifest(folder)
    if manifest is None:
        raise ModelProblem(f"The exported model in {folder} was changed while it was loaded. Please try again.")
    return OnnxEmbedder(folder, manifest, threads)
