"""A web server for tests that fetch pages."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask
from werkzeug.serving import make_server

Answer = Callable[[BaseHTTPRequestHandler], None]
TIDES = b"<html><head><title>Tides</title></head><body><article><p>High tide is at six.</p></article></body></html>"


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what these tests are about."""


class Site:
    """A web server on this machine; `answers` maps paths to what they respond.

    `asked` lists the requests that get something, `posted` those that send something.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.posted: list[tuple[dict[str, str], bytes]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/robots.txt" and self.path not in site.answers:
                    answer(status=404)(self)  # so that no test need expect the request
                    return
                site.asked.append((self.path, dict(self.headers.items())))
                with suppress(OSError):
                    site.answers[self.path.partition("?")[0]](self)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.posted.append((dict(self.headers.items()), body))
                with suppress(OSError):
                    site.answers[self.path](self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context is not None:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def answer(body: bytes = b"", content_type: str = "text/html", status: int = 200, **headers: str) -> Answer:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        if content_type:
            request.send_header("Content-Type", content_type)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return respond


def rss(title: str, *links: str) -> Answer:
    """A feed of entries whose titles are the last parts of their links, such as "Tides"."""
    titles = (link.rpartition("/")[2].capitalize() for link in links)
    items = "".join(
        f"<item><title>{name}</title><link>{link}</link></item>" for name, link in zip(titles, links, strict=True)
    )
    feed = f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'
    return answer(feed.encode(), "text/xml")


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve an app over HTTP, and yield the port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
