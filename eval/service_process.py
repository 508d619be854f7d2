"""Run the service as a process, and call it over open connections."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click

ROOT = Path(__file__).resolve().parents[1]
MODELS = Path(os.environ.get("CITELINE_MODELS", ROOT / "var" / "models"))
TIMEOUT = 60  # seconds for a start, and for a reply
_PAUSE = 0.005


class Client:
    """Calls a server over one connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    def call(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """Return the JSON of a reply, None where it is empty; raises ClickException for any other status."""
        found, reply = self.request(method, path, body)
        if found != status:
            raise click.ClickException(f"{method} {path} was answered by {found}: {json.dumps(reply)[:500]}")
        return reply

    def request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return the status and the JSON of a reply, None where it is empty.

        Raises OSError or HTTPException where the connection breaks.
        """
        headers = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Server:
    """`python app.py serve` with further `flags`, on a free port, ready until the with statement ends.

    `start_seconds` is how long the start took. Changes need the token, if there is one. Raises ClickException where the
    server does not become ready.
    """

    def __init__(self, state: Path, articles: Path, *flags: str, token: str | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.start_seconds = 0.0
        self._token = {} if token is None else {"CITELINE_TOKEN": token}
        self._arguments = ["--state", str(state), "--articles", str(articles), "--models", str(MODELS), *flags]

    def __enter__(self) -> Self:
        self.start()
        try:
            self.await_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self) -> None:
        """Start the process; the caller has to call `end`."""
        command = [sys.executable, str(ROOT / "app.py"), "serve", "--port", str(self.port), *self._arguments]
        settings = {name: value for name, value in os.environ.items() if not name.startswith("CITELINE_")}
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  (`end` closes it)
        self._begun = time.perf_counter()
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=settings | self._token, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )

    def await_ready(self) -> None:
        """Wait until the server is ready; raises ClickException where it exits or takes more than TIMEOUT."""
        deadline = self._begun + TIMEOUT
        while not self._ready():
            if self._process.poll() is not None or time.perf_counter() > deadline:
                raise click.ClickException(f"The server did not become ready. It said: {self.output()[-2000:]}")
            time.sleep(_PAUSE)
        self.start_seconds = time.perf_counter() - self._begun

    def client(self) -> Client:
        """Return a client with its own connection."""
        return Client(self.port)

    def memory(self, kind: str = "VmRSS") -> float | None:
        """Return the resident set in MiB, None where the system has no /proc.

        RssAnon is the part that no file backs, which the system can't reclaim.
        """
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(f"{kind}:")), None)

    def threads(self) -> int | None:
        """Return the number of threads, None where the system has no /proc."""
        return self._count("task")

    def descriptors(self) -> int | None:
        """Return the number of open files and connections, None where the system has no /proc."""
        return self._count("fd")

    def _count(self, kind: str) -> int | None:
        try:
            return len(list(Path(f"/proc/{self._process.pid}/{kind}").iterdir()))
        except OSError:
            return None

    def output(self) -> str:
        """Return all that the process has printed and logged so far."""
        file = self._log.fileno()  # pread: moving the position, which the process shares, would overwrite
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")

    def kill(self) -> None:
        """Kill the process by SIGKILL, so that it cleans nothing up."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Terminate the process, if it runs."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except OSError:  # not listening yet
            return False
        finally:
            connection.close()
