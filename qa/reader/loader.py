"""Which reader answers: the shipped models, sentences alone, or a model of the user's own."""

from collections.abc import Callable
from pathlib import Path

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, MANIFEST
from index.onnx.model_source import HUB_NAME, Source, source_at
from qa.confidence import CALIBRATION, CalibratedConfidence, Calibration
from qa.reader.base import Reader, SentenceReader
from qa.reader.extractive import SpanReader
from qa.reader.model_files import LARGER, ReaderManifest, read_manifest, unpacked
from qa.reader.span_model import OnnxSpanModel

SHIPPED = Path(__file__).parents[1] / "model"
DEFAULT = "default"
QUICK = "quick"
SENTENCES = "sentences"


def load_reader(name: str, cache: Path, report: Callable[[str], None] | None = None) -> Reader:
    """Load the reader of a name.

    Args:
        name: "default" or nothing for the two shipped models, of which the larger is asked where the small one is in
            doubt; "quick" for the small one alone; "sentences" for no model, and whole sentences as answers; else the
            folder or hub name of a Hugging Face model for extractive question answering, or the folder of a finished
            export.
        cache: folder where what is unpacked, and a Hugging Face model's export, is kept; it is made the first time.
        report: hears, in a line, of work that takes long.

    Raises ModelProblem where the model can't be had, is damaged, or its export disagrees with it, StorageProblem where
    the cache can't be written.
    """
    if name == SENTENCES:
        return SentenceReader()
    if name in {"", DEFAULT, QUICK}:
        manifest = _whole(SHIPPED, "Put back the files that came with Citeline, or set another reader.")
        small = OnnxSpanModel(SHIPPED, manifest)
        if name == QUICK:
            return SpanReader(small)
        return SpanReader(small, larger=OnnxSpanModel(*unpacked(SHIPPED, manifest, cache / "readers", report)))
    folder = Path(name).expanduser()
    if (folder / GRAPH).is_file() and (folder / MANIFEST).is_file():
        return SpanReader(OnnxSpanModel(folder, _whole(folder, "Please export the model again.")))
    return _pretrained(_source(name, folder, cache / "readers"), cache / "readers", report)


def load_confidence(name: str, cache: Path) -> CalibratedConfidence:
    """Load the confidence that goes with the reader of a name; raises ModelProblem where its file is damaged.

    A reader without a calibration of its own is judged by what retrieval shows of its sentences alone, and so are
    topics, whatever the reader.
    """
    retrieval = Calibration.read()
    file = calibration_file(name, cache)
    own = name in {"", DEFAULT, QUICK} or file.is_file()
    return CalibratedConfidence(retrieval.beside(file) if own else retrieval, retrieval)


def calibration_file(name: str, cache: Path) -> Path:
    """Return the file of the calibration that goes with the reader of a name, whether it is there or not."""
    if name == SENTENCES:
        return CALIBRATION
    if name == QUICK:
        return SHIPPED / CALIBRATION.name
    if name in {"", DEFAULT}:
        return SHIPPED / LARGER / CALIBRATION.name
    folder = Path(name).expanduser()
    if (folder / GRAPH).is_file() and (folder / MANIFEST).is_file():
        return folder / CALIBRATION.name
    return cache / "readers" / str(_source(name, folder, cache / "readers").fingerprint) / CALIBRATION.name


def _whole(folder: Path, advice: str) -> ReaderManifest:
    """Return the manifest of an export; raises ModelProblem, with the advice, where it is missing or damaged."""
    manifest = read_manifest(folder)
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


def _pretrained(source: Source, cache: Path, report: Callable[[str], None] | None) -> Reader:
    folder = cache / str(source.fingerprint)
    manifest = None if source.fingerprint is None else read_manifest(folder)
    if manifest is not None:
        return SpanReader(OnnxSpanModel(folder, manifest))
    from qa.reader import export as reader_pretrained  # noqa: PLC0415  (imports torch: seconds, and never needed again)

    if report is not None:
        report(f"Preparing the reading model {source.name}. This happens once and takes about a minute.")
    folder = reader_pretrained.export_pretrained(source, cache)
    return SpanReader(OnnxSpanModel(folder, _whole(folder, "It was changed while it was loaded; please try again.")))
