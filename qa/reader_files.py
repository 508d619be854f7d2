"""The files of a reading model that is ready to run: its graph, its tokenizer, and the manifest that tells of both."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from index.model_files import GRAPH, MANIFEST, TOKENIZER, sha256

VERSION = 2  # of the export; another one is exported again
FILES = (GRAPH, TOKENIZER)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far an export agrees with the model it was made from, on sample questions with their passages.

    mean_difference: mean |difference| of the logits of text tokens; spread: the standard deviation that the model's own
    have around their passage's mean, to compare it with. same_span: the share of samples whose best span is the same
    one.
    """

    samples: int
    mean_difference: float
    spread: float
    same_span: float


@dataclass(frozen=True, slots=True)
class ReaderManifest:
    """What an exported reading model is: all that is needed to run it, and to see that its files are whole.

    max_length counts tokens of question, title and text together. titled: whether it reads "title: text". inputs: the
    names of what the graph takes in.
    """

    model_id: str
    max_length: int
    titled: bool
    pad_id: int
    inputs: tuple[str, ...]
    variant: str
    agreement: Agreement
    rejected: dict[str, Agreement] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # name -> SHA-256
    version: int = VERSION


def read_manifest(folder: Path) -> ReaderManifest | None:
    """Return the manifest of a whole export, None where there is none."""
    try:
        values = json.loads((folder / MANIFEST).read_text("utf-8"))
        values["inputs"] = tuple(values["inputs"])
        values["agreement"] = Agreement(**values["agreement"])
        values["rejected"] = {name: Agreement(**figures) for name, figures in values["rejected"].items()}
        manifest = ReaderManifest(**values)
        whole = all(sha256(folder / name) == manifest.files[name] for name in FILES)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return manifest if whole and manifest.version == VERSION else None


def write_manifest(folder: Path, manifest: ReaderManifest) -> None:
    """Write the manifest, last: a folder with one is complete."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
