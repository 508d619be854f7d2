"""Compares embedding models on varied texts of our own: an export with its model, or this machine with another."""

import hashlib
import json
import platform
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelProblem, StorageProblem
from index.embedding.onnx_embedder import OnnxEmbedder
from index.onnx.model_files import Agreement, write_text
from index.onnx.runtime import RUNTIME_VERSION

REFERENCE = "reference.npy"  # the model's own vectors of REFERENCE_TEXTS, float16
MIN_REFERENCE_COSINE = 0.98  # the mean; the shipped export has .99 on every processor that computes as it should

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
REFERENCE_TEXTS = TEXTS[:48:3]


def compare(vectors: NDArray[np.float32], reference: NDArray[np.float32]) -> Agreement:
    """Compare unit vectors of the same texts, row by row and in which other text is nearest to each.

    The figures: `texts`, `mean_cosine`, `min_cosine`, and `same_nearest`, the share of texts whose nearest other text
    is the same one.
    """
    cosines = np.sum(vectors * reference, axis=1)
    same = _nearest(vectors) == _nearest(reference)
    return {
        "texts": len(vectors),
        "mean_cosine": float(cosines.mean()),
        "min_cosine": float(cosines.min()),
        "same_nearest": float(same.mean()),
    }


def check_machine(embedder: OnnxEmbedder, folder: Path, cache: Path) -> None:
    """Check once on every machine that it computes the vectors that the model itself computed elsewhere.

    Args:
        embedder: runs the model in the folder.
        folder: that of the model, with its reference vectors.
        cache: notes that the check passed, where it can be written.

    Raises ModelProblem where the vectors are others.
    """
    machine = {
        "model": embedder.model_id,
        "machine": [platform.machine(), _processor()],
        "onnxruntime": RUNTIME_VERSION,
    }
    key = hashlib.sha256(json.dumps(machine).encode()).hexdigest()[:16]
    passed = cache / f"checked-{key}.json"
    if passed.is_file():
        return
    reference = np.load(folder / REFERENCE).astype(np.float32)
    agreement = compare(embedder.embed(REFERENCE_TEXTS), reference)
    if not agreement["mean_cosine"] >= MIN_REFERENCE_COSINE:  # also where it is no number
        raise ModelProblem(
            f"The embedding model in {folder} computes other vectors on this machine than it should (mean cosine "
            f"{agreement['mean_cosine']:.3f}, at least {MIN_REFERENCE_COSINE} is needed), so answers would be wrong. "
            "Install the versions in requirements-serve.txt again; if that does not help, please report the processor."
        )
    with suppress(StorageProblem):  # then it is checked at every start, which takes a fraction of a second
        write_text(passed, json.dumps({**machine, "agreement": agreement}) + "\n")


def _processor() -> str:
    """Return the processor's model and instruction sets, as far as the system tells."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))
    return platform.processor()


def _nearest(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    return np.asarray(similarities.argmax(axis=1))
