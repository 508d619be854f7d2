"""The service as a process of its own, as a user starts it."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parent.parent
PATIENCE_S = 90


@contextmanager
def running_server(
    state: Path, *flags: str, python: Path | str = sys.executable, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield the address, without a slash at the end, of `app.py serve` on a free port; add to the environment."""
    command = [str(python), "app.py", "serve", "--port", "0", "--state", str(state), *flags]
    variables = {**os.environ, **({} if environment is None else environment)}
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=variables)
    assert process.stderr is not None
    lines: Queue[str] = Queue()

    def read() -> None:
        for line in iter(process.stderr.readline, ""):
            lines.put(line)
        lines.put("")  # it has ended

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield _address(lines)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        reader.join()
        process.stderr.close()


def _address(lines: "Queue[str]") -> str:
    said = []
    while line := lines.get(timeout=PATIENCE_S):
        found = re.search(r"(http://\S+)/", line)
        if found is not None:
            return found[1]
        said.append(line)
    raise AssertionError(f"The server did not start: {''.join(said)}")
