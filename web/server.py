"""The WSGI server: the one module that imports it."""

import logging
from collections.abc import Callable

import waitress
from flask import Flask

_MIB = 2**20


def run(app: Flask, host: str, port: int, threads: int, say: Callable[[str], None]) -> None:
    """Serve an app until SystemExit or KeyboardInterrupt; requests in hand are finished.

    Raises OSError where the address can't be listened on.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.create_server(
        app,
        host=host,
        port=port,
        threads=threads,
        ident="Citeline",
        # The app refuses what is over its own limit, and says so; this only stops what would fill the disk.
        max_request_body_size=4 * int(app.config["MAX_CONTENT_LENGTH"]) + 64 * _MIB,
    )
    shown = f"[{host}]" if ":" in host else host
    say(f"Citeline is ready: http://{shown}:{_port(server)}/   (Ctrl-C ends it)")
    server.run()
    server.close()


def _port(server: object) -> int:
    port = getattr(server, "effective_port", None)
    return int(port if port is not None else server.effective_listen[0][1])  # type: ignore[attr-defined]
