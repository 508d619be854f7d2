"""The interface does what its OpenAPI document says, for requests that nobody has thought of."""

import subprocess
from pathlib import Path

import pytest

from tests.web.fuzzing import fuzz


def test_generated_requests_are_answered_as_described(tmp_path: Path) -> None:
    done = fuzz(tmp_path / "state", cases=3, seed=1, output=subprocess.PIPE)
    assert 0 == done.returncode, done.stdout


@pytest.mark.system
def test_thousands_of_generated_requests_are_answered_as_described(tmp_path: Path) -> None:
    done = fuzz(tmp_path / "state", cases=100, seed=2, output=subprocess.PIPE)
    assert 0 == done.returncode, done.stdout
