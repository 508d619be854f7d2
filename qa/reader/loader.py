"""Loads readers and their confidence: the shipped models, whole sentences, or any model for question answering."""

from collections.abc import Callable
from pathlib import Path

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, MANIFEST
from index.onnx.model_source import HUB_NAME, Source, check_exporters, source_at
from qa.confidence import CALIBRATION, CalibratedConfidence, Calibration
from qa.reader.base import Reader, SentenceReader
from qa.reader.cell_reader import CellReader
from qa.reader.extractive import SpanReader
from qa.reader.model_files import ReaderManifest, unpack_larger
from qa.reader.span_model import OnnxSpanModel, RememberingSpanModel

SHIPPED = Path(__file__).parents[1] / "model"
DEFAULT = "default"
QUICK = "quick"
SENTENCES = "sentences"


def load_reader(name: str, cache: Path, report: Callable[[str], None] | None = None) -> Reader:
    """Load the reader of a name.

    Args:
        name: "default" or "" for the two shipped models, a cascade; "quick" for the small one alone; "sentences" for
            whole sentences without a model; else the folder or hub name of a Hugging Face model for extractive question
            answering, or the folder of an exported one.
        cache: the folder of unpacked and exported models; made if missing.
        report: called with one line before work that takes long.

    Raises ModelProblem where the model is missing or damaged, or its export disagrees with it; StorageProblem where the
    cache can't be written.
    """
    return SentenceReader() if name == SENTENCES else CellReader(_load_span_reader(name, cache, report))


def _load_span_reader(name: str, cache: Path, report: Callable[[str], None] | None) -> SpanReader:
    if name in {"", DEFAULT, QUICK}:
        manifest = _whole(SHIPPED, "Put back the files that came with Citeline, or set another reader.")
        small = RememberingSpanModel(OnnxSpanModel(SHIPPED, manifest))
        if name == QUICK:
            return SpanReader(small)
        larger = OnnxSpanModel(*unpack_larger(SHIPPED, manifest, cache / "readers", report))
        return SpanReader(small, larger=RememberingSpanModel(larger))
    folder = Path(name).expanduser()
    if (folder / GRAPH).is_file() and (folder / MANIFEST).is_file():
        return SpanReader(RememberingSpanModel(OnnxSpanModel(folder, _whole(folder, "Please export the model again."))))
    cache /= "readers"
    source = _source(name, folder, cache)
    exported = cache / str(source.fingerprint)
    known = None if source.fingerprint is None else ReaderManifest.read(exported)
    if known is not None:
        return SpanReader(RememberingSpanModel(OnnxSpanModel(exported, known)))
    check_exporters(source.name)
    from qa.reader import export  # noqa: PLC0415  (imports torch: seconds, and never needed again)

    if report is not None:
        report(f"Preparing the reading model {source.name}. This happens once and takes about a minute.")
    exported = export.export_pretrained(source, cache)
    manifest = _whole(exported, "It was changed while it was loaded; please try again.")
    return SpanReader(RememberingSpanModel(OnnxSpanModel(exported, manifest)))


def load_confidence(name: str, cache: Path) -> CalibratedConfidence:
    """Load the confidence of a reader by its name; raises ModelProblem where its file is damaged.

    A reader without a calibration, and every topic, is judged by the calibration for whole sentences.
    """
    retrieval = Calibration.read()
    file = calibration_file(name, cache)
    own = name in {"", DEFAULT, QUICK} or file.is_file()
    return CalibratedConfidence(retrieval.with_idf_of(file) if own else retrieval, retrieval)


def calibration_file(name: str, cache: Path) -> Path:
    """Return the path of a reader's calibration, whether the file exists or not.

    The shipped readers share one: the larger model has no say in whether something answers.
    """
    if name == SENTENCES:
        return CALIBRATION
    if name in {"", DEFAULT, QUICK}:
        return SHIPPED / CALIBRATION.name
    folder = Path(name).expanduser()
    if (folder / GRAPH).is_file() and (folder / MANIFEST).is_file():
        return folder / CALIBRATION.name
    return cache / "readers" / str(_source(name, folder, cache / "readers").fingerprint) / CALIBRATION.name


def _whole(folder: Path, advice: str) -> ReaderManifest:
    """Return the manifest of an export; raises ModelProblem, with the advice, where it is missing or damaged."""
    manifest = ReaderManifest.read(folder)
    if manifest is None:
        raise ModelProblem(f"The reading model in {folder} is missing or damaged. {advice}")
    return manifest


def _source(name: str, folder: Path, cache: Path) -> Source:
    place = folder.resolve() if folder.is_dir() else None
    if place is not None and not (place / "config.json").is_file():
        raise ModelProblem(f"The folder {place} is not a Hugging Face model: it has no config.json.")
    if place is None and (folder.exists() or not HUB_NAME.fullmatch(name)):
        raise ModelProblem(f"There is no reading model in {name!r}: give the folder of a model, or a model's name.")
    return source_at(name if place is None else place.name, place, cache)
