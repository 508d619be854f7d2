"""The shape of the code: imports point one way and in no circle, a large library is imported in one place."""

import ast
import json
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("corpus", "index", "qa", "web", "cli")  # each may import what is to its left
TOOLS = ("eval", "benchmarks", "training")  # may import the product; eval imports neither of the other two
# A large library is imported by one module.
LARGE = {
    "faiss": "index/search/vectors.py",
    "tantivy": "index/search/keywords.py",
    "sentencex": "corpus/text/sentences.py",
    "waitress": "web/server.py",
    "trafilatura": "corpus/documents/html/content.py",
    "pypdfium2": "corpus/documents/pdf/pdfium.py",
    "openpyxl": "corpus/documents/office/xlsx.py",
    "striprtf": "corpus/documents/office/rtf.py",
    "docutils": "corpus/documents/markup/restructuredtext.py",
    "pytesseract": "corpus/documents/ocr/tesseract.py",
    "webvtt": "corpus/documents/transcripts.py",
    "prometheus_client": "web/monitoring/metrics.py",
    "watchfiles": "corpus/ingest/watcher.py",
    "ada_url": "corpus/web_address.py",
    "rensa": "corpus/store/duplicates.py",
    "mcp": "cli/mcp.py",
    "feedparser": "corpus/feeds/xml_feeds.py",
    "sentence_transformers": "index/embedding/export.py",
}
# Exporting a model takes torch apart, so the modules that export share it; no other module imports it.
EXPORTS = {"index/embedding/export.py", "index/onnx/quantization.py", "index/onnx/export.py", "qa/reader/export.py"}
SHARED = {
    "torch": EXPORTS,
    "transformers": EXPORTS,
    "onnx": EXPORTS,
    "onnxruntime": EXPORTS | {"index/onnx/runtime.py"},
}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """The first part of the name of every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("package", ORDER)
def test_imports_point_one_way(package: str) -> None:
    forbidden = {*ORDER[ORDER.index(package) + 1 :], *TOOLS, "app", "tests"}
    wrong = {name_of(path): bad for path in sources(package) if (bad := imports(path) & forbidden)}
    assert {} == wrong


def test_programs_above_do_not_import_tests() -> None:
    assert {} == {name_of(path): 1 for path in sources("eval", "training", "benchmarks") if "tests" in imports(path)}


def test_only_web_and_app_know_flask() -> None:
    assert {} == {
        name_of(path): found
        for path in sources("corpus", "index", "qa")
        if (found := imports(path) & {"flask", "werkzeug", "flask_openapi3", "click"})
    }


def test_each_large_library_is_imported_by_one_module() -> None:
    known = {library: {place} for library, place in LARGE.items()} | SHARED
    found: dict[str, set[str]] = {library: set() for library in known}
    for path in [ROOT / "app.py", *sources(*ORDER)]:
        for library in imports(path) & set(known):
            found[library].add(name_of(path))
    assert {} == {library: places - known[library] for library, places in found.items() if places - known[library]}
    assert set() == {library for library in LARGE if not found[library]}, "nobody imports it any more"


IMPORT = """
import builtins, io, json, os, sys
from pathlib import Path
touched = []
def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and isinstance(args[2], int):
        if args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not str(args[0]).startswith("/dev/"):
            touched.append(str(args[0]))
    elif event in ("os.mkdir", "os.rename", "os.remove", "sqlite3.connect", "socket.connect"):
        touched.append(f"{event} {args[0]}")
sys.dont_write_bytecode = True
sys.addaudithook(hook)
import importlib
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
heavy = [name for name in ("torch", "transformers", "sentence_transformers", "onnx") if name in sys.modules]
import threading
print(json.dumps([touched, heavy, threading.active_count()]))
"""


def test_importing_everything_writes_nothing_and_loads_nothing_heavy(tmp_path: Path) -> None:
    paths = [ROOT / "app.py", *(path for path in sources(*ORDER) if name_of(path) not in EXPORTS)]
    names = [name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths]
    command = [sys.executable, "-c", IMPORT, json.dumps(names)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert "" == done.stderr
    assert [[], [], 1] == json.loads(done.stdout)


def modules_of(path: Path) -> set[str]:
    """The project's own modules that a file imports, with their whole names."""
    known = {module_name(other) for other in sources(*ORDER, *TOOLS)}
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & known


def module_name(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module_name(path): modules_of(path) - {module_name(path)} for path in sources(*ORDER, *TOOLS)}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_evaluation_imports_neither_training_nor_benchmarks() -> None:
    wrong = {name_of(path): bad for path in sources("eval") if (bad := imports(path) & {"training", "benchmarks"})}
    assert {} == wrong


MAX_MODULES = 16  # of a folder


def test_no_folder_holds_too_many_modules() -> None:
    folders = {path.parent for path in sources(*ORDER, *TOOLS)}
    counts = {name_of(folder): len([*folder.glob("*.py")]) for folder in folders}
    assert {} == {folder: count for folder, count in counts.items() if count > MAX_MODULES}


def test_the_tests_mirror_the_packages() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    assert set() == {str(folder) for folder in folders if not (ROOT / folder).is_dir()}


def test_a_word_list_is_defined_once() -> None:
    tree = ast.parse((ROOT / "qa/query/lexicon.py").read_text("utf-8"))
    names = Counter(one.id for node in tree.body if isinstance(node, ast.Assign) for one in node.targets)  # type: ignore[attr-defined]
    assert {} == {name: count for name, count in names.items() if count > 1}


def test_every_class_name_is_defined_once() -> None:
    names = Counter(
        node.name
        for path in sources(*ORDER, *TOOLS)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert {} == {name: count for name, count in names.items() if count > 1}
