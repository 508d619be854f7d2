"""The WSGI server, waitress. It refuses a request by its head, before it reads the body, and its queue has an end."""

import errno
import json
import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

import waitress
from cachetools import LRUCache
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import MultiSocketServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.request import Request

from corpus.errors import CitelineError, InvalidInput
from web.access.proxies import TrustedProxies, proxies_of
from web.monitoring.metrics import Metrics
from web.monitoring.routes import metrics_of
from web.problems import MEDIA_TYPE, STATUS_HEADERS, details, too_large
from web.request_body import body_too_large, max_body_size
from web.security import HEADERS, Guard, guard_of

MAX_CONNECTIONS = 500  # beyond it, the connection that has been silent for longest is closed
MAX_HEAD_SECONDS = 10.0
# A body of n bytes may take MAX_BODY_SECONDS + n / MIN_BODY_RATE.
MAX_BODY_SECONDS, MIN_BODY_RATE = 20.0, 2**15
MAX_UNREAD_SECONDS = 2.0  # that a thread waits for a client that leaves 16 MiB of its responses unread
MAX_WAITING = 8  # requests for each thread; at the usual 30 ms each, the last one waits a quarter of a second
ABANDONED_AFTER = 1.0  # seconds in the queue, from which on it is checked that the client still waits
_MAX_HEADER = 2**16  # bytes; a question of 1,000 characters, each percent-encoded, takes 12,000
# What a refused client still sends is read and dropped, or its system would drop the response unread.
_MAX_DRAINED, _DRAIN_SECONDS = 2**22, 2.0
# What a request is taken to cost in the queue; one that waits for documents or an index takes no processor meanwhile.
_MIN_SECONDS, _USUAL_SECONDS, _MAX_SECONDS = 0.001, 0.05, 0.5
_SMOOTHING, _MAX_CLIENTS = 5, 10_000
_HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})
_LATE = "The request came in too slowly, so it was cut off."
_BUSY = "Too many requests are waiting. Try again in a moment."
log = logging.getLogger(__name__)


class _Refusal(Error):  # type: ignore[misc]
    """The error of a request that the server refuses itself."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code, self.reason = status, HTTPStatus(status).phrase
        self.headers = STATUS_HEADERS.get(HTTPStatus(status), {}) if headers is None else headers


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads one request. One with a body is admitted by its head: by the guard, and by the size of the body."""

    body_rcv: Any
    error: Any

    def __init__(self, guard: Guard, proxies: TrustedProxies, max_body: int, peer: str, adj: Any) -> None:
        super().__init__(adj)
        self._guard, self._proxies = guard, proxies
        self.client = peer
        self._max_body = max_body
        self._began = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        environ: dict[str, Any] = {f"HTTP_{name}": value for name, value in self.headers.items()}
        environ["REMOTE_ADDR"] = self.client
        self._proxies.apply(environ)
        headers, self.client = EnvironHeaders(environ), environ["REMOTE_ADDR"]
        if self.body_rcv is None:
            return
        try:
            self._guard.check(Request(self.command, "http", None, "", self.path, b"", headers, self.client))
            self._check_size(self.content_length)
        except HTTPException as error:
            status = HTTPStatus(error.code or HTTPStatus.FORBIDDEN)
            kept = {name: value for name, value in error.get_headers() if name == "Retry-After"}
            self.refuse(status, error.description or "", {**STATUS_HEADERS.get(status, {}), **kept})
        except CitelineError as error:  # the tokens can't be read
            log.error("%s", error)
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.body_rcv is not None and self.error is None:
            self._check_size(self.body_bytes_received)  # of a body that comes in chunks
        if self.error is None:
            return consumed
        self.completed = True
        return len(data)  # what follows is no further request

    def widget_headers(self) -> dict[str, str]:
        """Return the CORS headers of the response; a head that can't be parsed gets none."""
        method, path = getattr(self, "command", ""), getattr(self, "path", "")
        return self._guard.widget.headers(method, path, self.headers.get("ORIGIN"))

    def is_late(self) -> bool:
        """Return whether the request comes in too slowly to be waited for."""
        took = time.monotonic() - self._began
        if not self.headers_finished:
            return took > MAX_HEAD_SECONDS
        return bool(took > MAX_BODY_SECONDS + self.body_bytes_received / MIN_BODY_RATE)

    def _check_size(self, size: int) -> None:
        limit = max_body_size(self.path)
        if limit is not None and size > limit:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, body_too_large(self.path, limit))
        elif size > self._max_body:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large(self._max_body))

    def refuse(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """End the request here; it is answered with a status, and its connection closed."""
        self.error = _Refusal(status, detail, headers)
        self.expect_continue = False
        self.completed = True


class _ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what the server itself refuses with problem details, as the app does."""

    def execute(self) -> None:
        error = self.request.error
        status = HTTPStatus(error.code)
        self.channel.server.task_dispatcher.metrics.count_error(status)
        body = json.dumps(details(status, str(error.body))).encode()
        self.status = f"{int(error.code)} {error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), *HEADERS.items(), ("Cache-Control", "no-store")]
        self.response_headers += getattr(error, "headers", {}).items()  # waitress's own errors have none
        self.response_headers += self.request.widget_headers().items()
        self.set_close_on_finish()
        self.content_length = len(body)
        is_head = getattr(self.request, "command", None) == "HEAD"  # None where the request could not be parsed
        self.write(b"" if is_head else body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection. Its methods run in the server's loop but for `service`, which a thread runs for queued requests."""

    error_task_class = _ProblemTask
    requests: list[Any]
    request: Any

    def __init__(
        self, parser_class: Callable[..., _Parser], server: Any, sock: Any, addr: Any, *args: Any, **named: Any
    ) -> None:
        self.parser_class = partial(parser_class, addr[0] if isinstance(addr, tuple) else "")
        self.is_served_at_once = False
        self.queued_at: float | None = None
        self.turn = 0.0
        self._is_refused = False
        self._drained, self._drained_until = 0, 0.0
        self._unread_since: float | None = None
        super().__init__(server, sock, addr, *args, **named)
        if len(server.active_channels) > MAX_CONNECTIONS:
            silent = [one for one in server.active_channels.values() if not one.requests and one is not self]
            if silent:
                min(silent, key=lambda one: one.last_activity).will_close = True

    def received(self, data: bytes) -> bool:
        is_received: bool = super().received(data)
        self._serve_at_once()
        return is_received

    def service(self) -> None:
        waited = 0.0 if self.queued_at is None else time.monotonic() - self.queued_at
        if waited > ABANDONED_AFTER and self.is_abandoned():
            self.drop()
            return
        begun, client = time.monotonic(), None if self.queued_at is None else self.requests[0].client
        if self.queued_at is not None:
            self.server.task_dispatcher.now = max(self.turn, self.server.task_dispatcher.now)
        self.queued_at = None
        self._is_refused = self.requests[0].error is not None
        super().service()
        if client is not None:
            self.server.task_dispatcher.charge(client, time.monotonic() - begun)
        self._serve_at_once()

    def is_abandoned(self) -> bool:
        """Return whether the client has hung up."""
        try:
            return not self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def drop(self) -> None:
        """Drop the requests that wait, and close the connection."""
        self.server.task_dispatcher.metrics.count_shed("abandoned")
        with self.requests_lock:
            for request in self.requests:
                request.close()
            self.requests = []
            self.will_close = True
        self.server.pull_trigger()

    def readable(self) -> bool:
        if self._is_left_unread():
            self.handle_close()  # not by will_close, which waits until the client reads
            return False
        if self._drained_until:
            return True
        if self.request is not None and self.request.is_late():
            self._cut_off()
            return False
        return bool(super().readable())

    def writable(self) -> bool:
        if self._drained_until and time.monotonic() > self._drained_until:
            self.will_close = True
        return bool(super().writable())

    def handle_read(self) -> None:
        if not self._drained_until:
            super().handle_read()
            return
        with suppress(OSError):
            received = len(self.recv(self.adj.recv_bytes))
            self._drained += received
            if received and self._drained <= _MAX_DRAINED:
                return
        self.will_close = True

    def handle_close(self) -> None:
        if self._is_refused and self.connected and not self._drained_until:
            self.will_close = False
            self._drained_until = time.monotonic() + _DRAIN_SECONDS
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
            return
        super().handle_close()

    def _is_left_unread(self) -> bool:
        """Return whether the client reads its responses too slowly to be waited for."""
        if not self.requests:
            self._unread_since = None
            is_silent = self.will_close or time.time() - self.last_activity > self.adj.channel_timeout
            return bool(self.total_outbufs_len and is_silent)
        if self.total_outbufs_len <= self.adj.outbuf_high_watermark:
            self._unread_since = None
            return False
        now = time.monotonic()
        if self._unread_since is None:
            self._unread_since = now
        return now - self._unread_since > MAX_UNREAD_SECONDS

    def _cut_off(self) -> None:
        """Answer a request that comes in too slowly, unless an earlier one of the connection is being answered."""
        with self.requests_lock:
            request, self.request = self.request, None
            if self.requests or self.will_close or self.close_when_flushed:
                request.close()
                self.will_close = True
                return
            request.refuse(HTTPStatus.REQUEST_TIMEOUT, _LATE)
            self.requests.append(request)
            self.server.add_task(self)
        self._serve_at_once()

    def _serve_at_once(self) -> None:
        """Serve what the dispatcher has left to be served outside its queue; it can't, under the channel's lock."""
        if self.is_served_at_once:
            self.is_served_at_once = False
            self.service()


class RequestQueue(ThreadedTaskDispatcher):  # type: ignore[misc]
    """A queue of requests for threads, with an end; what is quick or refused does not wait in it.

    It is fair: a request has its turn after those of the same client that wait, by as many seconds as the client's
    requests usually take, _MAX_SECONDS at most, and the lowest turn comes first. So clients that wait get the same time
    of threads, but for those whose requests take longer than that. `now` is the turn served last.
    """

    def __init__(self, threads: int, metrics: Metrics) -> None:
        super().__init__()
        self.metrics = metrics
        metrics.watch_queue(lambda: len(self.queue))
        self._max_waiting = threads * MAX_WAITING
        self.now = 0.0
        self._costs: LRUCache[str, float] = LRUCache(_MAX_CLIENTS)  # seconds
        self.set_thread_count(threads)

    def charge(self, client: str, seconds: float) -> None:
        """Take into account that a request of a client took so long."""
        with self.lock:
            known = self._costs.get(client, _USUAL_SECONDS)
            self._costs[client] = known + (min(max(seconds, _MIN_SECONDS), _MAX_SECONDS) - known) / _SMOOTHING

    def add_task(self, task: _Channel) -> None:
        """Queue the request of a channel, refuse it, or mark it to be served at once."""
        request = task.requests[0]
        if request.error is None and request.path not in _HEALTH and self._is_full(request.client):
            request.error = _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, _BUSY)
            self.metrics.count_shed("full")
        if request.error is not None or request.path in _HEALTH:
            task.is_served_at_once = True
            return
        task.queued_at = time.monotonic()
        with self.lock:
            turns = [one.turn for one in self.queue if one.requests and one.requests[0].client == request.client]
            task.turn = max([self.now, *turns]) + self._costs.get(request.client, _USUAL_SECONDS)
            places = (place for place, one in enumerate(self.queue) if one.turn > task.turn)
            self.queue.insert(next(places, len(self.queue)), task)
            self.queue_cv.notify()

    def _is_full(self, client: str) -> bool:
        """Return whether the queue, or the half of it that one client may take, is full of requests with clients.

        Where it is full, the requests whose clients have gone are dropped.
        """
        if not self._lacks_room(client):
            return False
        for task in [one for one in list(self.queue) if one.is_abandoned()]:
            with suppress(ValueError):  # a thread has taken it
                with self.lock:
                    self.queue.remove(task)
                task.drop()
        return self._lacks_room(client)

    def _lacks_room(self, client: str) -> bool:
        waiting = list(self.queue)
        of_client = sum(one.requests[0].client == client for one in waiting if one.requests)
        return len(waiting) >= self._max_waiting or of_client >= max(1, self._max_waiting // 2)


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
        _dispatcher=RequestQueue(threads, metrics_of(app)),
        ident="Citeline",
        clear_untrusted_proxy_headers=False,  # web/access/proxies.py does
        max_request_body_size=2**62,  # the parser has its own limits, which depend on the path
        max_request_header_size=_MAX_HEADER,
        connection_limit=2 * MAX_CONNECTIONS,
        channel_timeout=30,
        asyncore_use_poll=True,  # select() can't take many connections
    )
    listeners = server.map.values() if isinstance(server, MultiSocketServer) else [server]
    parser_class = partial(_Parser, guard_of(app), proxies_of(app), int(app.config["MAX_CONTENT_LENGTH"]))
    for listener in listeners:
        listener.channel_class = partial(_Channel, parser_class)
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
