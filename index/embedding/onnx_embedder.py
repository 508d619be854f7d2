"""Runs an exported embedding model with ONNX Runtime: no torch, ready in well under a second."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.errors import ModelProblem
from corpus.text.unicode import replace_surrogates
from index.onnx.model_files import GRAPH, TOKENIZER, Manifest
from index.onnx.runtime import open_session, usable_cores

SHIPPED = Path(__file__).with_name("model")  # the embedding model that comes with Citeline
# Tokens a batch. Small batches keep the activations in a core's own cache and have little padding: 289 sentences a
# second and core at 256, 170 at 2,048.
TOKENS_PER_BATCH = 256
TEXTS_PER_ROUND = 4096  # bounds the memory that tokens take, however many texts there are


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderManifest(Manifest):
    """The manifest of an embedding model.

    Args:
        dimension: how many numbers a vector has.
        query_prompt: what the model wants before a question.
        document_prompt: what it wants before a text that is searched.
        former_ids: the ids of earlier exports of the same model.
    """

    dimension: int
    query_prompt: str
    document_prompt: str
    former_ids: tuple[str, ...] = ()


class OnnxEmbedder:
    """Embeds texts with the export in a folder, on as many threads as told; safe to share between threads.

    Every batch is one single-threaded run, and several run side by side: no thread ever waits for another inside a
    matrix product, which matters most where the processor is shared. Raises ModelProblem where the export can't be
    loaded.
    """

    def __init__(self, folder: Path, manifest: EmbedderManifest, threads: int | None = None) -> None:
        self._manifest = manifest
        self._threads = usable_cores() if threads is None else max(1, threads)
        try:
            self._session = open_session(folder / GRAPH)
            self._tokenizer = _tokenizer(folder / TOKENIZER, manifest.max_length)
        except Exception as error:  # the two libraries raise bare exceptions of their own
            raise ModelProblem(f"The exported model in {folder} can't be loaded: {error}") from error
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="embed")

    @property
    def model_id(self) -> str:
        """The model's name and the fingerprint of its files."""
        return self._manifest.model_id

    @property
    def former_ids(self) -> Collection[str]:
        """The ids of earlier exports of the same model."""
        return self._manifest.former_ids

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._manifest.dimension

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the unit vectors of texts that are searched, of shape (len(texts), dimension), in their order."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), TEXTS_PER_ROUND):
            texts_now = texts[start : start + TEXTS_PER_ROUND]
            tokens = self._tokens(texts_now, self._manifest.document_prompt)
            batches = batches_by_length([len(ids) for ids in tokens])
            inputs = ([tokens[row] for row in rows] for rows in batches)
            single = len(batches) == 1  # which takes no other thread
            results = map(self._run_batch, inputs) if single else self._pool.map(self._run_batch, inputs)
            for rows, batch in zip(batches, results, strict=True):
                vectors[start + rows] = batch
                if progress is not None:
                    progress(len(rows))
        return vectors

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, of shape (dimension,), with the prompt that the model wants for one."""
        vectors = self._run_batch(self._tokens([question], self._manifest.query_prompt))
        return vectors.reshape(self.dimension)

    def _tokens(self, texts: Sequence[str], prompt: str) -> list[list[int]]:
        prompted = [prompt + replace_surrogates(text) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(prompted)]

    def _run_batch(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        shape = (len(tokens), max(map(len, tokens)))
        ids = np.full(shape, self._manifest.pad_id, np.int64)
        mask = np.zeros(shape, np.int64)
        for row, text_ids in enumerate(tokens):
            ids[row, : len(text_ids)] = text_ids
            mask[row, : len(text_ids)] = 1
        vectors: NDArray[np.float32] = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors


def read_tokens(tokenizer: Path, max_length: int, texts: Sequence[str]) -> list[list[int]]:
    """Return the token numbers of texts, without the model, of each at most max_length."""
    encodings = _tokenizer(tokenizer, max_length).encode_batch_fast([replace_surrogates(text) for text in texts])
    return [encoding.ids for encoding in encodings]


def batches_by_length(lengths: Sequence[int]) -> list[NDArray[np.intp]]:
    """Cut the rows into batches of like lengths, longest first, each of about TOKENS_PER_BATCH tokens with padding."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    batches = []
    start = 0
    while start < len(order):
        stop = start + max(1, TOKENS_PER_BATCH // max(1, lengths[order[start]]))
        batches.append(order[start:stop])
        start = stop
    return batches


def _tokenizer(file: Path, max_length: int) -> Tokenizer:
    tokenizer = Tokenizer.from_str(file.read_text("utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer
