"""The WSGI server, waitress."""

import errno
import json
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import MultiSocketServer
from waitress.task import ErrorTask

from corpus.errors import InvalidInput
from web.problems import MEDIA_TYPE, details, too_large
from web.security import HEADERS

_CONNECTIONS = 500
_MAX_HEADER = 2**16  # bytes; a question of 1,000 characters, each percent-encoded, takes 12,000
# The app refuses larger bodies with a clear message; the server only stops what would fill the disk.
_SERVER_LIMIT_FACTOR = 2


class _ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what the server itself refuses with problem details, as the app does."""

    def execute(self) -> None:
        error = self.request.error
        limit = self.channel.adj.max_request_body_size // _SERVER_LIMIT_FACTOR
        detail = too_large(limit) if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else str(error.body)
        body = json.dumps(details(HTTPStatus(error.code), detail)).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), *HEADERS.items(), ("Cache-Control", "no-store")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _ProblemChannel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _ProblemTask


def bind(host: str, port: int) -> list[socket.socket]:
    """Bind the port on every address of a host; `run` accepts connections on it.

    Raises InvalidInput where the host is not this machine's, or the port is in use or not allowed.
    """
    bound: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, place in found:
            chosen = port if not bound else bound[0].getsockname()[1]
            with suppress(_AddressNotLocalError):
                bound.append(_bind_address(family, (place[0], chosen, *place[2:])))
        if not bound:
            raise _AddressNotLocalError(errno.EADDRNOTAVAIL, "none of its addresses is this machine's")
    except OSError as error:
        for bound_socket in bound:
            bound_socket.close()
        no_host = isinstance(error, socket.gaierror)
        reason = "there is no such host" if no_host else str(error.strerror or error).lower()
        remedy = " CITELINE_PORT, or --port, chooses another port." if error.errno == errno.EADDRINUSE else ""
        raise InvalidInput(f"Can't listen on {host}, port {port}: {reason}.{remedy}") from error
    return bound


def run(app: Flask, sockets: Sequence[socket.socket], threads: int, report: Callable[[str], None]) -> None:
    """Serve an app until SystemExit or KeyboardInterrupt, then finish the running requests within 5 s.

    Raises OSError where another server took the port since `bind`.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    connections: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        map=connections,
        sockets=list(sockets),
        threads=threads,
        ident="Citeline",
        max_request_body_size=_SERVER_LIMIT_FACTOR * int(app.config["MAX_CONTENT_LENGTH"]),
        max_request_header_size=_MAX_HEADER,
        connection_limit=_CONNECTIONS,
        channel_timeout=30,
        asyncore_use_poll=True,  # select() can't take many connections
    )
    listeners = server.map.values() if isinstance(server, MultiSocketServer) else [server]
    for listener in listeners:
        listener.channel_class = _ProblemChannel
    report(f"Citeline is ready: {address(sockets[0])}   (Ctrl-C ends it)")
    server.run()
    server.close()
    wasyncore.close_all(connections, ignore_all=True)  # close() of a single listener leaves its connections open


def address(bound: socket.socket) -> str:
    """Return the web address at which this machine reaches a socket."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class _AddressNotLocalError(OSError):
    """The address is not this machine's, or IPv6 is not supported here."""


def _bind_address(family: int, place: tuple[Any, ...]) -> socket.socket:
    bound = None
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(place)
    except OSError as error:
        if bound is not None:
            bound.close()
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            raise _AddressNotLocalError(error.errno, error.strerror) from error
        raise
    return bound
