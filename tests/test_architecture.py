"""The shape of the code: imports point one way, a library is imported in one place, everything stays small."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("corpus", "index", "qa", "web")  # each may import what is to its left
ABOVE = ("app", "eval", "benchmarks", "training")  # may import anything
LARGE = {
    "faiss": "index/vectors.py",
    "tantivy": "index/keywords.py",
    "sentencex": "corpus/splitter.py",
    "waitress": "web/server.py",
    "trafilatura": "corpus/documents/webpage.py",
    "pypdf": "corpus/documents/pdf.py",
    "docx": "corpus/documents/word.py",
    "watchfiles": "corpus/watch.py",
    "rensa": "corpus/shingles.py",
    "feedparser": "corpus/feed_parser.py",
    "sentence_transformers": "index/export.py",
}
# Exporting a model takes torch apart, so what prepares, checks and writes the export shares it; nothing else may.
FOR_EXPORT = {
    "index/export.py",
    "index/model_check.py",
    "index/model_smoothing.py",
    "index/onnx_export.py",
    "qa/reader_export.py",
    "qa/reader_pretrained.py",
}
SHARED = {
    "torch": FOR_EXPORT,
    "transformers": FOR_EXPORT,
    "onnx": FOR_EXPORT,
    "onnxruntime": FOR_EXPORT | {"index/onnx_session.py"},
}
# Modules whose tests are those of another module, and why.
TESTED_ELSEWHERE = {
    "corpus/kept.py": "nothing but declarations: test_corpus_store",
    "corpus/intake.py": "part of the library: test_corpus_library adds files and folders by it",
    "corpus/folder_sync.py": "part of the library: test_corpus_library follows folders by it",
    "corpus/errors.py": "nothing but declarations; test_web_problems goes through all of them",
    "corpus/documents/kinds.py": "test_corpus_documents_reading reads every kind",
    "corpus/documents/encoding.py": "test_corpus_documents_reading reads texts of many encodings",
    "corpus/documents/dates.py": "the readers' tests find dates in web pages, front matter and sidecars",
    "corpus/documents/blocks.py": "part of reading HTML and Markdown, which have their tests",
    "corpus/documents/reflow.py": "test_corpus_documents_pdf: it puts the lines of a PDF together",
    "corpus/documents/limits.py": "every reader's test goes past a limit",
    "corpus/feed_parser.py": "test_corpus_feeds reads every feed with it",
    "web/services.py": "nothing but declarations",
    "web/schemas.py": "test_web_api sends what it takes and refuses, and holds every reply against it",
    "web/commands.py": "test_app runs every command as a user does",
    "index/manifest.py": "part of a generation: test_index_generation",
    "index/model_check.py": "part of the export: test_index_export",
    "index/model_smoothing.py": "part of the export: test_index_export",
    "index/model_source.py": "test_index_embedder loads by name, short name and folder",
    "index/model_files.py": "test_index_embedder writes, reads and breaks them",
    "index/embed_onnx.py": "test_index_embedder runs the contract over it",
    "index/onnx_export.py": "part of both exports: test_index_export, test_qa_reader_export",
    "index/onnx_session.py": "test_index_embedder and test_qa_span_model run models with it",
    "qa/reader_check.py": "part of the export: test_qa_reader_export",
    "qa/reader_pretrained.py": "part of the export: test_qa_reader_source loads by folder and hub name",
    "qa/reader_files.py": "test_qa_reader_source writes, reads and breaks them",
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
    forbidden = {*ORDER[ORDER.index(package) + 1 :], *ABOVE, "tests"}
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
    paths = [ROOT / "app.py", *(path for path in sources(*ORDER) if name_of(path) not in FOR_EXPORT)]
    names = [name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths]
    command = [sys.executable, "-c", IMPORT, json.dumps(names)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert "" == done.stderr
    assert [[], [], 1] == json.loads(done.stdout)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name_of(path)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


ALL = [ROOT / "app.py", *sources(*ORDER, "eval", "training", "benchmarks")]


def test_no_function_is_long() -> None:
    allowed = {"web/api.py:api": "the list of the routes, each a few lines"}
    long = {name: lines for path in ALL for name, lines in functions(path) if lines > 60 and name not in allowed}
    assert {} == long


def test_most_functions_are_short() -> None:
    lengths = sorted(lines for path in ALL for _, lines in functions(path))
    assert lengths[len(lengths) // 2] <= 9


def test_no_module_is_long() -> None:
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in ALL}
    assert {} == {name: count for name, count in lines.items() if count > 300}


def test_every_module_has_its_tests() -> None:
    modules = [name_of(path) for path in sources(*ORDER) if path.name != "__init__.py"]
    missing = {
        module
        for module in modules
        if module not in TESTED_ELSEWHERE
        and not (ROOT / "tests" / f"test_{module.removesuffix('.py').replace('/', '_')}.py").is_file()
    }
    assert set() == missing
    assert set() == set(TESTED_ELSEWHERE) - set(modules), "no such module any more"
