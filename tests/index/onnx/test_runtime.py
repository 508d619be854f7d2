import os
import subprocess
import sys
from pathlib import Path

import onnxruntime

from tests.processes import ROOT

LOAD = """
import pathlib, sys
from index.onnx.runtime import open_session
open_session(pathlib.Path(sys.argv[1]))
"""


def test_a_model_is_run_without_telemetry(tmp_path: Path) -> None:
    graph = next((ROOT / "index" / "embedding" / "model").glob("*.onnx"))
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", LOAD, str(graph)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    assert [] == [*tmp_path.rglob("*")], "the identifier of this machine"


def test_the_library_still_reads_the_variable_that_turns_telemetry_off() -> None:
    library = next((Path(onnxruntime.__file__).parent / "capi").glob("onnxruntime_pybind11_state*"))
    assert b"ORT_DISABLE_TELEMETRY" in library.read_bytes()
