"""The WSGI server: the one module that imports it."""

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
# The app refuses what is over its own limit, and says so; the server stops only what would fill the disk.
_SLACK = 2


class _Problem(ErrorTask):  # type: ignore[misc]
    """Tells what the server itself refuses, before the app sees it, in the words that the app uses."""

    def execute(self) -> None:
        error = self.request.error
        limit = self.channel.adj.max_request_body_size // _SLACK
        reason = too_large(limit) if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else str(error.body)
        body = json.dumps(details(HTTPStatus(error.code), reason)).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), *HEADERS.items(), ("Cache-Control", "no-store")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _Problem


def bind(host: str, port: int) -> list[socket.socket]:
    """Take the port on every address of a host; connections are accepted once `run` is called.

    Raises InvalidInput where that can't be: the host is not this machine's, or the port is in use or not allowed.
    """
    taken: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, place in found:
            own = port if not taken else taken[0].getsockname()[1]
            with suppress(_NotHere):
                taken.append(_bound(family, (place[0], own, *place[2:])))
        if not taken:
            raise _NotHere(errno.EADDRNOTAVAIL, "none of its addresses is this machine's")
    except OSError as error:
        for one in taken:
            one.close()
        raise InvalidInput(f"Can't listen on {host}, port {port}: {_reason(error)}.") from error
    return taken


def run(app: Flask, sockets: Sequence[socket.socket], threads: int, say: Callable[[str], None]) -> None:
    """Serve an app until SystemExit or KeyboardInterrupt; requests in hand are finished if they take 5 s at most.

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
        max_request_body_size=_SLACK * int(app.config["MAX_CONTENT_LENGTH"]),
        max_request_header_size=_MAX_HEADER,
        connection_limit=_CONNECTIONS,
        channel_timeout=30,
        asyncore_use_poll=True,  # select() can't take many connections
    )
    listeners = server.map.values() if isinstance(server, MultiSocketServer) else [server]
    for listener in listeners:
        listener.channel_class = _Channel
    say(f"Citeline is ready: {address(sockets[0])}   (Ctrl-C ends it)")
    server.run()
    server.close()
    wasyncore.close_all(connections, ignore_all=True)  # close() of a single listener leaves its clients' open


def address(bound: socket.socket) -> str:
    """Return the web address at which this machine reaches a socket."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class _NotHere(OSError):
    """This machine does not have the address, or speaks no IPv6."""


def _bound(family: int, place: tuple[Any, ...]) -> socket.socket:
    made = None
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(place)
    except OSError as error:
        if made is not None:
            made.close()
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            raise _NotHere(error.errno, error.strerror) from error
        raise
    return made


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    return str(error.strerror or error).lower()
