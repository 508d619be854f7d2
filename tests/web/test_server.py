import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from ipaddress import ip_network
from types import SimpleNamespace

import flask
import pytest
from flask import Flask

from corpus.errors import InvalidInput
from tests.conftest import MakeApp
from tests.waiting import PATIENCE, comes
from web import server
from web.monitoring.metrics import Metrics
from web.server import RequestQueue, address, bind, run

Serve = Callable[[Flask], int]
TOKEN = "a token of sixteen"
PAGE = "https://www.example.org"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serves an app in a thread, and returns its port."""
    stopping: list[threading.Event] = []
    threads: list[threading.Thread] = []

    def begin(app: Flask) -> int:
        stop, ready = threading.Event(), threading.Event()
        sockets = bind("127.0.0.1", 0)
        port: int = sockets[0].getsockname()[1]
        # A signal ends the server by raising SystemExit in it; a thread gets no signals, so a request does that here.
        thread = threading.Thread(target=run, args=(app, sockets, 4, lambda line: ready.set()))
        monkeypatch.setattr("waitress.server.BaseWSGIServer.readable", _until(stop))
        thread.start()
        stopping.append(stop)
        threads.append(thread)
        assert ready.wait(60)
        return port

    yield begin
    for stop in stopping:
        stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def _until(stop: threading.Event) -> Callable[[object], bool]:
    from waitress.server import BaseWSGIServer

    readable = BaseWSGIServer.readable

    def asked(self: object) -> bool:
        if stop.is_set():
            raise SystemExit(0)
        return bool(readable(self))

    return asked


def exchange(port: int, data: bytes, *more: bytes) -> tuple[int, dict[str, str], bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data)
        for piece in more:
            time.sleep(0.05)
            connection.sendall(piece)
        received = b""
        while part := connection.recv(65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return (
        int(status.split()[1]),
        {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)},
        body,
    )


def exchange_raw(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def request(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]).encode()


def test_requests_are_answered(make_app: MakeApp, serve: Serve) -> None:
    status, headers, body = exchange(serve(make_app()), request("GET /healthz"))
    assert (200, "Citeline") == (status, headers["server"])
    assert {"status": "ok"} == json.loads(body)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("POST /ask", "Content-Length: 99999999999"), 413),
        (request("POST /ask", "Content-Length: -5"), 400),
        (request("POST /ask", "Content-Length: 5", "Transfer-Encoding: nonsense"), 501),
        (b"nonsense\r\n\r\n", 400),
        (request("GET /", "X: " + "a" * (2**16 - len(request("GET /", "X: ")))), 431),
    ],
)
def test_what_the_server_itself_refuses_is_a_problem(make_app: MakeApp, serve: Serve, data: bytes, status: int) -> None:
    got, headers, body = exchange(serve(make_app()), data)
    assert (status, "application/problem+json") == (got, headers["content-type"])
    assert status == json.loads(body)["status"]
    assert "nosniff" == headers["x-content-type-options"]


@pytest.mark.parametrize(("size", "sent"), [(2**20 + 2**17, 2**20 + 2**17), (2**40, 0)])
def test_a_body_over_the_limit_is_refused_with_the_setting(
    make_app: MakeApp, serve: Serve, size: int, sent: int
) -> None:
    head = request("POST /articles", "Content-Type: application/json", f"Content-Length: {size}")
    status, _, body = exchange(serve(make_app(max_upload=1)), head, b" " * sent)
    assert 413 == status
    assert "The body is larger than the limit of 1 MiB (setting CITELINE_MAX_UPLOAD)." == (json.loads(body)["detail"])


def chunked(data: bytes) -> bytes:
    pieces = [data[at : at + 2**16] for at in range(0, len(data), 2**16)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


@pytest.mark.parametrize("path", ["/feeds", "/index/rebuild", "/feeds/poll", "/feeds/x/poll"])
def test_a_small_body_is_limited_to_64_kib(make_app: MakeApp, serve: Serve, path: str) -> None:
    port = serve(make_app())
    data = json.dumps({"question": "When?"} | {f"k{number}": 1 for number in range(6000)}).encode()
    head = ("Content-Type: application/json",)
    whole = request(f"POST {path}", *head, f"Content-Length: {len(data)}") + data
    for sent in (whole, request(f"POST {path}", *head, "Transfer-Encoding: chunked") + chunked(data)):
        status, _, body = exchange(port, sent)
        assert (413, f"The body is larger than the 64 KiB that {path} takes.") == (status, json.loads(body)["detail"])


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"text": "A text."} | {f"k{number}": 1 for number in range(1000)}),
        json.dumps({"text": [[]] * 2**16}),
        '{"text": "A text."' + " " * 2**16 + "}",
        '{"text": "A text.", "title": "' + '\\"' * 2**19,  # never ends: each quote must not be tried as a beginning
    ],
    ids=["keys", "lists", "spaces", "escapes"],
)
def test_json_far_from_an_article_is_refused_unparsed(make_app: MakeApp, serve: Serve, data: str) -> None:
    length = f"Content-Length: {len(data)}"
    head = request("POST /articles", "Content-Type: application/json", length)
    begun = time.monotonic()
    status, _, body = exchange(serve(make_app()), head + data.encode())
    assert (400 if "\\" in data else 413) == status
    assert "body" in json.loads(body)["detail"]
    assert time.monotonic() - begun < PATIENCE


def test_a_long_article_of_quotes_is_accepted(make_app: MakeApp, serve: Serve) -> None:
    data = json.dumps({"text": 'He said "no". ' * 50_000, "title": "Quotes"}).encode()
    head = request("POST /articles", "Content-Type: application/json", f"Content-Length: {len(data)}")
    assert 201 == exchange(serve(make_app()), head + data)[0]


FORM = b'--b\r\nContent-Disposition: form-data; name="file"%b\r\n\r\n%b\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("/articles", FORM % (b"", b"x" * 600_000), "one that is too large"),
        ("/articles", FORM % (b"; x=" + b"x" * 600_000, b""), "one that is too large"),
        ("/articles", (FORM % (b"", b"x"))[:-7] * 1100, "too many fields"),
        ("/feeds/import", FORM % (b'; filename="feeds.opml"', b"x" * (2 * 2**20 + 2**17)), "2,112 KiB"),
    ],
    ids=["field", "header", "fields", "opml"],
)
def test_a_form_is_limited_in_its_fields(make_app: MakeApp, serve: Serve, path: str, form: bytes, words: str) -> None:
    kind = "Content-Type: multipart/form-data; boundary=b"
    status, _, body = exchange(serve(make_app()), request(f"POST {path}", kind, f"Content-Length: {len(form)}") + form)
    assert 413 == status
    assert words in json.loads(body)["detail"]


def test_slow_clients_are_answered_and_block_nobody(make_app: MakeApp, serve: Serve) -> None:
    port = serve(make_app())
    body = json.dumps({"question": "When does the ferry leave?"}).encode()
    head = request("POST /ask", "Content-Type: application/json", f"Content-Length: {len(body)}")
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(12)]
    for connection in waiting:
        connection.sendall(head[:20])
    assert 200 == exchange(port, head, *(body[at : at + 9] for at in range(0, len(body), 9)))[0]
    for connection in waiting:
        connection.close()


@pytest.mark.parametrize(
    ("head", "status", "words"),
    [
        (request("POST /articles", "Content-Length: 1000"), 401, "needs the token"),
        (request("POST /articles", "Transfer-Encoding: chunked"), 401, "needs the token"),
        (request("POST /articles", "Content-Length: 9", "Authorization: Bearer wrong"), 401, "not valid"),
        (request("POST /ask", "Content-Length: 9", "Origin: https://example.org"), 403, "other sites"),
        (request("POST /ask", "Content-Length: 9").replace(b"localhost", b"example.org"), 403, "host name"),
        (request("POST /ask", f"Content-Length: {2**21 + 1}"), 413, "2,048 KiB"),
        (request("GET /feeds", f"Content-Length: {2**16 + 1}"), 413, "64 KiB"),
        (request("POST /ask", f"Content-Length: {2**21 + 1}", "Expect: 100-continue"), 413, "2,048 KiB"),
    ],
)
def test_a_request_is_refused_before_its_body_comes(
    make_app: MakeApp, serve: Serve, head: bytes, status: int, words: str
) -> None:
    got, headers, body = exchange(serve(make_app(token=TOKEN)), head)
    assert (status, status == 401) == (got, headers.get("www-authenticate") == "Bearer")
    assert words in json.loads(body)["detail"]


def test_a_refused_head_request_gets_no_body(make_app: MakeApp, serve: Serve) -> None:
    status, headers, body = exchange(serve(make_app()), request("HEAD /ask", f"Content-Length: {2**23}"))
    assert (413, b"") == (status, body)
    assert int(headers["content-length"]) > 0


def test_a_client_that_sends_its_refused_body_anyway_can_read_why(make_app: MakeApp, serve: Serve) -> None:
    head = request("POST /ask", "Content-Type: application/json", f"Content-Length: {2**22}")
    assert 413 == exchange(serve(make_app()), head + b" " * 2**22)[0]


def test_what_follows_a_refused_head_is_no_request(make_app: MakeApp, serve: Serve) -> None:
    inside = request("GET /healthz")
    head = request("POST /articles", f"Content-Length: {len(inside)}").replace(b"Connection: close\r\n", b"")
    status, _, body = exchange(serve(make_app(token=TOKEN)), head + inside)
    assert (401, 1) == (status, body.count(b"}"))


@pytest.mark.parametrize(
    ("limit", "sent"),
    [
        ("MAX_HEAD_SECONDS", b"POST /ask HTTP/1.1\r\nHost: local"),
        ("MAX_BODY_SECONDS", request("POST /ask", "Content-Type: application/json", "Content-Length: 90")),
    ],
    ids=["head", "body"],
)
def test_a_request_that_never_ends_is_cut_off_with_408(
    make_app: MakeApp, serve: Serve, monkeypatch: pytest.MonkeyPatch, limit: str, sent: bytes
) -> None:
    monkeypatch.setattr(server, limit, 0.2)
    status, headers, body = exchange(serve(make_app()), sent, sent[-1:], sent[-1:])
    assert (408, "close", "application/problem+json") == (status, headers["connection"], headers["content-type"])
    assert "too slowly" in json.loads(body)["detail"]


def test_a_slow_head_after_an_answered_request_is_cut_off_with_408(
    make_app: MakeApp, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_HEAD_SECONDS", 0.3)
    first = request("GET /healthz").replace(b"Connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", serve(make_app())), timeout=PATIENCE) as connection:
        connection.sendall(first)
        assert b"HTTP/1.1 200" == connection.recv(12)
        connection.sendall(b"GET /heal")
        received = b""
        while part := connection.recv(65536):
            received += part
    assert b" 408 Request Timeout" in received


def test_half_open_connections_shut_nobody_out(
    make_app: MakeApp, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 20)
    port = serve(make_app())
    with ExitStack() as stack:
        for _ in range(60):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            connection.sendall(b"GET /he")
        assert 200 == exchange(port, request("GET /healthz"))[0]


def test_clients_that_read_no_responses_keep_no_thread(
    make_app: MakeApp, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_UNREAD_SECONDS", 0.1)
    served: list[int] = []

    def respond() -> bytes:
        served.append(2**25)
        return b"x" * served[-1]

    app = make_app()
    app.view_functions["pages.chat"] = respond
    port = serve(app)
    asked = request("GET /").replace(b"Connection: close\r\n", b"")
    with ExitStack() as stack:
        for _ in range(4):  # as many as there are threads
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            connection.sendall(asked * 2)
        assert comes(lambda: len(served) == 4)
        assert 200 == exchange(port, request("GET /index"))[0]


class HeldServer:
    """A server with a thread, held in a request until `release`, and one request that waits: its queue is full."""

    def __init__(self, app: Flask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        self.served = 0
        self.release = threading.Event()

        def hold() -> str:
            self.served += 1
            assert self.release.wait(PATIENCE)
            return ""

        def make_queue(threads: int, metrics: Metrics) -> RequestQueue:
            queue.append(RequestQueue(1, metrics))
            return queue[0]

        queue: list[RequestQueue] = []
        app.view_functions["pages.chat"] = hold
        monkeypatch.setattr(server, "MAX_WAITING", 1)
        monkeypatch.setattr(server, "ABANDONED_AFTER", 0.0)
        monkeypatch.setattr(server, "RequestQueue", make_queue)
        self.port = serve(app)
        self.running = self._send()
        assert comes(lambda: self.served == 1)
        self.waiting = self._send()
        assert comes(lambda: len(queue[0].queue) == 1)

    def _send(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.sendall(request("GET /"))
        return connection


@pytest.fixture
def held(make_app: MakeApp, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldServer]:
    made = HeldServer(make_app(widget_origins=(PAGE,)), serve, monkeypatch)
    yield made
    made.release.set()
    for connection in (made.running, made.waiting):
        connection.close()


def test_a_full_queue_refuses_and_keeps_what_it_has(held: HeldServer) -> None:
    status, headers, body = exchange(held.port, request("GET /"))
    assert (503, "2") == (status, headers["retry-after"])
    assert "Too many requests are waiting" in json.loads(body)["detail"]
    held.release.set()
    assert all(connection.recv(12) == b"HTTP/1.1 200" for connection in (held.running, held.waiting))


def test_a_page_of_another_origin_can_read_that_the_queue_is_full(held: HeldServer) -> None:
    asked = request("POST /ask", f"Origin: {PAGE}", "Content-Length: 0")
    status, headers, _ = exchange(held.port, asked)
    assert (503, PAGE) == (status, headers["access-control-allow-origin"])
    status, headers, _ = exchange(held.port, asked.replace(b"www", b"evil"))
    assert "access-control-allow-origin" not in headers


def test_a_crowd_of_one_client_lets_others_pass(
    make_app: MakeApp, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, served, queues = threading.Event(), list[str](), list[RequestQueue]()

    def hold() -> str:
        served.append(flask.request.args["who"])
        assert release.wait(PATIENCE)
        return ""

    def make_queue(threads: int, metrics: Metrics) -> RequestQueue:
        queues.append(RequestQueue(1, metrics))
        return queues[0]

    app = make_app(token=TOKEN, trusted_proxies=(ip_network("127.0.0.1"),))
    app.view_functions["pages.chat"] = hold
    monkeypatch.setattr(server, "RequestQueue", make_queue)
    port = serve(app)

    def send(who: str, number: int) -> socket.socket:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
        connection.sendall(request(f"GET /?who={who}", f"X-Forwarded-For: {who}"))
        assert comes(lambda: len(served) + len(queues[0].queue) == number)
        return connection

    with ExitStack() as stack:
        crowd = [send("203.0.113.7", number) for number in range(1, 6)]  # one is served, four fill their half
        assert b" 503 " in exchange_raw(port, request("GET /?who=203.0.113.7", "X-Forwarded-For: 203.0.113.7"))
        others = [send("203.0.113.8", 6), send("203.0.113.9", 7)]
        release.set()
        assert all(connection.recv(12) == b"HTTP/1.1 200" for connection in [*crowd, *others])
    names = [who.rpartition(".")[2] for who in served]
    assert ["7", "7", "8", "9", "7", "7", "7"] == names


def test_clients_that_wait_share_the_time_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestQueue, "set_thread_count", lambda self, count: None)  # nothing is taken from it
    queue = RequestQueue(8, Metrics())
    for _ in range(50):
        queue.charge("costly", 0.4)
        queue.charge("quick", 0.04)
    for client in ["costly"] * 4 + ["quick"] * 24 + ["new"]:
        asked = SimpleNamespace(client=client, path="/ask", error=None)
        queue.add_task(SimpleNamespace(requests=[asked], turn=0.0, queued_at=None))  # type: ignore[arg-type]
    order = [task.requests[0].client for task in queue.queue]
    assert ["quick", "new", "quick"] == order[:3]
    between = "".join(client[0] for client in order).split("c")[:2]
    assert all(8 <= len(quick) <= 12 for quick in between)  # ten of .04 s in the time of one of .4 s


def test_one_slow_request_does_not_count_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestQueue, "set_thread_count", lambda self, count: None)
    queue = RequestQueue(8, Metrics())
    queue.charge("waiting", 60.0)  # for an article to be indexed
    for client in ["quick"] * 4 + ["waiting"] * 2:
        asked = SimpleNamespace(client=client, path="/ask", error=None)
        queue.add_task(SimpleNamespace(requests=[asked], turn=0.0, queued_at=None))  # type: ignore[arg-type]
    order = [task.requests[0].client for task in queue.queue]
    assert order.index("waiting") <= 3


def test_health_is_told_beside_the_queue(held: HeldServer) -> None:
    assert [200, 200] == [exchange(held.port, request(f"GET {path}"))[0] for path in ("/healthz", "/readyz")]


def test_a_waiting_request_whose_client_has_gone_is_not_run(held: HeldServer) -> None:
    held.waiting.close()
    held.release.set()
    assert b"HTTP/1.1 200" == held.running.recv(12)
    assert 200 == exchange(held.port, request("GET /"))[0]
    assert 2 == held.served


def test_a_client_that_disconnects_does_no_harm(
    make_app: MakeApp, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    port = serve(make_app())
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request("GET /"))
    assert 200 == exchange(port, request("GET /healthz"))[0]
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_port_in_use_is_named() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"127.0.0.1, port {port}: address already in use"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize(("host", "reason"), [("nowhere.invalid", "no such host"), ("203.0.113.7", "address")])
def test_a_host_that_is_not_local_is_refused(host: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        bind(host, 0)


def test_localhost_is_one_port_on_all_its_addresses() -> None:
    sockets = bind("localhost", 0)
    assert 1 == len({one.getsockname()[1] for one in sockets})
    for one in sockets:
        one.close()


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])
def test_the_address_shown_can_be_opened(host: str, shown: str) -> None:
    try:
        (bound,) = bind(host, 0)
    except InvalidInput:
        assert host == "::1"
        pytest.skip("this machine speaks no IPv6")
    with bound:
        assert f"http://{shown}:{bound.getsockname()[1]}/" == address(bound)


def test_the_metrics_are_answered_beside_a_full_queue_and_count_it(held: HeldServer) -> None:
    assert 503 == exchange(held.port, request("GET /"))[0]
    status, _, body = exchange(held.port, request("GET /metrics"))
    lines = body.decode().splitlines()
    assert 200 == status
    assert "citeline_queue_length 1.0" in lines
    assert 'citeline_queue_shed_total{reason="full"} 1.0' in lines
    assert 'citeline_errors_total{kind="service_unavailable"} 1.0' in lines
