"""Tests the HTTP interface of a service of its own against its OpenAPI document: `python -m tests.web.fuzzing`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from qa.reader.loader import SENTENCES
from tests.processes import ROOT, running_server

FOLDER = Path(__file__).parent
TOKEN = "a-token-for-tests-only"
SETTINGS = {
    "CITELINE_TOKEN": TOKEN,
    "CITELINE_TRUSTED_PROXIES": "127.0.0.1",
    "CITELINE_FETCH_TIMEOUT": "2",
    "HF_HUB_OFFLINE": "1",
}


def fuzz(state: Path, cases: int, seed: int, output: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run all checks with some generated cases for each operation, and as many sequences of operations.

    The checks and their exceptions are in schemathesis.toml and schemathesis_hooks.py.
    """
    flags = ("--articles", str(ROOT / "corpus" / "articles"), "--reader", SENTENCES)
    with running_server(state, *flags, environment=SETTINGS) as address:
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(FOLDER / "schemathesis.toml")]
        command += ["--no-color", "run", f"{address}/openapi.json"]
        command += ["--max-examples", str(cases), "--seed", str(seed)]
        return subprocess.run(command, check=False, text=True, cwd=ROOT, env={**os.environ, **SETTINGS}, stdout=output)


@click.command(context_settings={"show_default": True})
@click.option("--cases", default=100, help="generated for each operation")
@click.option("--seed", default=1)
def main(cases: int, seed: int) -> None:
    """Test the HTTP interface of a service of its own against its OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(fuzz(Path(folder) / "state", cases, seed).returncode)


if __name__ == "__main__":
    main()
