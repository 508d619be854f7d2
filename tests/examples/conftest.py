"""The environment that the examples run in, made from their own requirements."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, running_server

EXAMPLES = ROOT / "examples"
_UNREACHABLE = ("error sending request", "failed to lookup address", "Connection refused", "timed out")


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with what all examples need."""
    folder = tmp_path_factory.mktemp("examples") / "environment"
    uv = [sys.executable, "-m", "uv", "-q"]
    subprocess.run([*uv, "venv", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    files = [argument for path in sorted(EXAMPLES.glob("requirements-*.txt")) for argument in ("-r", path)]
    done = subprocess.run(
        [*uv, "pip", "install", "--python", python, *files], check=False, capture_output=True, text=True
    )
    if any(words in done.stderr for words in _UNREACHABLE):
        pytest.skip(f"the package index can't be reached, from which the examples install: {done.stderr[-300:]}")
    assert 0 == done.returncode, done.stderr
    return python


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as a fresh checkout serves it."""
    with running_server(tmp_path_factory.mktemp("service"), "--articles", str(ROOT / "corpus" / "articles")) as address:
        yield address
