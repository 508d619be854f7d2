import gzip
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import corpus.fetching.ssrf
from corpus.errors import FetchFailed, ForbiddenAddress, TooLarge, UnreadableDocument, UnsupportedFormat, WorkerBusy
from corpus.fetching.client import Fetcher, parse_retry_after, read_page
from tests.sample_documents import column, pdf, word
from tests.web_server import Answer, Site, answer
from tests.web_server import site as site  # noqa: PLC0414

PAGE = (
    b"<html lang=en><head><title>Ferry</title>%b</head><body><article>"
    b"<p>The ferry sails at noon, says the captain of the northern line.</p></article></body></html>"
)
SENTENCE = "The ferry sails at noon, says the captain of the northern line."


def fetcher(timeout: float = 10, max_bytes: int = 1_000_000, max_redirects: int = 5) -> Fetcher:
    return Fetcher(timeout, max_bytes, max_redirects, allow_private=True)


def test_fetches_a_page_with_its_user_agent(site: Site) -> None:
    site.answers["/a"] = answer(b"words", "text/plain; charset=utf-8")
    page = fetcher().fetch(site.url("/a?b=c#part"))
    assert (page.url, page.content_type, page.data) == (site.url("/a?b=c"), "text/plain; charset=utf-8", b"words")
    path, headers = site.asked[0]
    assert (path, headers["User-Agent"], headers["Host"]) == ("/a?b=c", "Citeline/0.1", f"127.0.0.1:{site.port}")


def test_more_pages_at_once_than_are_admitted_are_refused(site: Site) -> None:
    site.answers["/a"] = answer(b"words", "text/plain; charset=utf-8")
    admitted = threading.Semaphore(1)
    limited = fetcher().limited(admitted)
    with admitted, pytest.raises(WorkerBusy, match=re.escape(f"{site.url('/a')} can't be fetched now")):
        limited.fetch(site.url("/a"))
    for _ in range(2):
        assert b"words" == limited.fetch(site.url("/a")).data


def test_refuses_private_addresses_unless_allowed(site: Site) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "0"):
        url = f"http://{host}:{site.port}/"
        with pytest.raises(ForbiddenAddress, match="private network") as caught:
            Fetcher(timeout=5).fetch(url)
        assert url in str(caught.value)
    assert not site.asked


def test_checks_again_at_every_redirect(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # No public host may be asked in a test, so this machine passes for one under one name.
    monkeypatch.setattr(corpus.fetching.ssrf, "is_public", lambda address: address == "127.0.0.1")
    site.answers["/a"] = answer(status=302, Location="http://127.0.0.2:9/")
    with pytest.raises(ForbiddenAddress, match=r"127\.0\.0\.2"):
        Fetcher(timeout=5).fetch(site.url("/a"))
    site.answers["/b"] = answer(status=302, Location="file:///etc/passwd")
    with pytest.raises(ForbiddenAddress, match="must begin with http"):
        Fetcher(timeout=5).fetch(site.url("/b"))


def test_connects_to_the_address_that_was_checked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means another address at each look-up (DNS rebinding) is looked up once."""
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, port: int, *args: object, **kwargs: object) -> object:
        if host != "rebinding.example":
            return real(host, port, *args, **kwargs)  # type: ignore[arg-type]
        looked_up.append(host)
        return real("127.0.0.1" if len(looked_up) == 1 else "127.0.0.2", port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    site.answers["/"] = answer(b"words")
    assert fetcher().fetch(f"http://rebinding.example:{site.port}/").data == b"words"
    assert looked_up == ["rebinding.example"]
    assert site.asked[0][1]["Host"] == f"rebinding.example:{site.port}"


def test_takes_no_proxy_from_the_environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.answers["/"] = answer(b"words")
    assert fetcher().fetch(site.url()).data == b"words"


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("ftp://x.example/", ForbiddenAddress, "must begin with http"),
        ("file:///etc/passwd", ForbiddenAddress, "must begin with http"),
        ("x.example", ForbiddenAddress, "must begin with http"),
        ("", ForbiddenAddress, "must begin with http"),
        ("http://", FetchFailed, "names no host"),
        ("http://user:secret@x.example/", FetchFailed, r"for x\.example holds a user name or password"),
        ("http://xn--a.example/", FetchFailed, "there is no such host"),
        ("http://user@xn--a-.example/", FetchFailed, r"for xn--a-\.example holds a user name or password"),
        ("http://x%2eexample/", FetchFailed, "not a web address"),
        ("http://x.example/\r\nHost: y", FetchFailed, "not a web address"),
        ("http://x.example:99999/", FetchFailed, "not a web address"),
        ("http://[oops/", FetchFailed, "not a web address"),
        ("http://x.example/" + "a" * 2000, FetchFailed, "longer than 2,000"),
        ("http://nowhere.invalid/", FetchFailed, r"no host nowhere\.invalid"),
        ("http://" + "a" * 70 + ".example/", FetchFailed, "no host|not a web address"),
    ],
)
def test_an_invalid_url_is_refused_with_a_reason(url: str, error: type[FetchFailed], message: str) -> None:
    with pytest.raises(error, match=message):
        fetcher().fetch(url)


def test_follows_redirects_and_gives_the_final_url(site: Site) -> None:
    site.answers["/a"] = answer(status=301, Location="/b?x=1")
    site.answers["/b"] = answer(status=307, Location=site.url("/c"))
    site.answers["/c"] = answer(b"words")
    assert fetcher().fetch(site.url("/a")).url == site.url("/c")


def test_gives_up_on_endless_redirects(site: Site) -> None:
    site.answers["/a"] = answer(status=302, Location="/a")
    with pytest.raises(FetchFailed, match="/a redirects more than 5 times"):
        fetcher().fetch(site.url("/a"))
    assert len(site.asked) == 6


def test_takes_a_body_of_just_the_limit(site: Site) -> None:
    site.answers["/a"] = answer(b"x" * 1000)
    assert len(fetcher(max_bytes=1000).fetch(site.url("/a")).data) == 1000
    with pytest.raises(TooLarge):
        fetcher(max_bytes=999).fetch(site.url("/a"))


def test_unpacks_gzip(site: Site) -> None:
    site.answers["/a"] = gzipped(gzip.compress(b"words " * 30_000))
    assert fetcher().fetch(site.url("/a")).data == b"words " * 30_000


def _raw(data: bytes) -> Answer:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(data)

    return respond


def gzipped(data: bytes, encoding: str = "gzip") -> Answer:
    return answer(data, Content_Encoding=encoding)


def endless(request: BaseHTTPRequestHandler) -> None:
    answer()(request)
    while True:
        request.wfile.write(b"x" * 65_536)


@pytest.mark.parametrize(
    ("respond", "error", "message"),
    [
        (answer(status=302, Location=""), FetchFailed, "redirects, but"),
        (answer(status=302, Location="http://[oops"), FetchFailed, ".*is not a web address"),
        (answer(status=302, Location="http://user:pw@127.0.0.1/"), FetchFailed, "can't be fetched.*user name"),
        (answer(status=404), FetchFailed, "answers 404 Not Found"),
        (answer(status=500), FetchFailed, "answers 500 Internal Server Error"),
        (answer(status=799), FetchFailed, "answers 799"),
        (answer(status=304), FetchFailed, "answers 304"),
        (endless, TooLarge, "is larger than .* CITELINE_MAX_UPLOAD"),
        (answer(b"x", Content_Length="1000001"), TooLarge, "is larger than .* CITELINE_MAX_UPLOAD"),
        (gzipped(gzip.compress(b"\0" * 50_000_000)), TooLarge, "is larger than"),
        (gzipped(gzip.compress(gzip.compress(b"x")), "gzip, gzip"), FetchFailed, ".*packed as 'gzip, gzip'"),
        (gzipped(b"not gzip at all"), FetchFailed, "broke off"),
        (gzipped(gzip.compress(b"words " * 3000)[:-20]), FetchFailed, "broke off"),
        (_raw(b""), FetchFailed, "(broke off|can't be)"),
        (_raw(b"nonsense\r\n\r\n"), FetchFailed, "(broke off|can't be)"),
        (_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), FetchFailed, "(broke off|can't be)"),
        (_raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000), FetchFailed, "(broke off|can't be)"),
    ],
)
def test_a_failed_request_has_a_reason(site: Site, respond: Answer, error: type[Exception], message: str) -> None:
    site.answers["/a"] = respond
    with pytest.raises(error, match=f"/a {message}"):
        fetcher().fetch(site.url("/a"))


@pytest.mark.parametrize(
    "part", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"]
)
def test_the_deadline_is_for_the_whole_request(site: Site, part: bytes) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(part)
        for _ in range(200):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)

    site.answers["/a"] = drip
    started = time.monotonic()
    with pytest.raises(FetchFailed, match=r"/a didn't answer in full within 0\.4 seconds"):
        fetcher(timeout=0.4).fetch(site.url("/a"))
    assert time.monotonic() - started < 9  # it drips for 10


def test_names_a_refused_connection() -> None:
    with socket.socket() as bound:  # it does not listen, and nobody else gets its port
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        words = f"http://127.0.0.1:{port}/ can't be reached: nothing answers at 127.0.0.1, port {port}"
        with pytest.raises(FetchFailed, match=words):
            fetcher().fetch(f"http://127.0.0.1:{port}/")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    made = Site(context)
    made.answers["/"] = answer(b"words")
    yield made
    made.close()


def test_checks_the_certificate_for_the_name(secure: Site, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert fetcher().fetch(f"https://localhost:{secure.port}/").data == b"words"
    with pytest.raises(FetchFailed, match="its certificate is not to be trusted"):
        fetcher().fetch(f"https://127.0.0.1:{secure.port}/")


def test_refuses_an_untrusted_certificate(secure: Site) -> None:
    with pytest.raises(FetchFailed, match="its certificate is not to be trusted"):
        fetcher().fetch(f"https://localhost:{secure.port}/")


def test_names_a_server_that_does_not_speak_tls(site: Site) -> None:
    with pytest.raises(FetchFailed, match=r"no secure connection|broke off|can't be reached"):
        fetcher(timeout=3).fetch(site.url().replace("http:", "https:"))


def test_reads_a_page_with_its_canonical_url_of_the_same_host(site: Site) -> None:
    canonical = f"http://127.0.0.1:{site.port}/ferry"
    site.answers["/a"] = answer(PAGE % f'<link rel="canonical" href="{canonical}">'.encode())
    draft = read_page(site.url("/a?from=mail"), fetcher())
    assert (draft.text, draft.title, draft.url) == (SENTENCE, "Ferry", canonical)
    site.answers["/b"] = answer(PAGE % b'<link rel="canonical" href="https://elsewhere.example/x">')
    assert read_page(site.url("/b"), fetcher()).url == site.url("/b")


@pytest.mark.parametrize("canonical", ["http://[", "http://127.0.0.1:99999/", "http://"])
def test_ignores_an_invalid_canonical_url(site: Site, canonical: str) -> None:
    site.answers["/a"] = answer(PAGE % f'<link rel="canonical" href="{canonical}">'.encode())
    site.answers["/b"] = answer(f"---\nurl: '{canonical}'\n---\n{SENTENCE}".encode(), "text/markdown")
    for path in ("/a", "/b"):
        draft = read_page(site.url(path), fetcher())
        assert (SENTENCE, site.url(path)) == (draft.text, draft.url)


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (pdf([column(SENTENCE)]), "application/pdf"),
        (pdf([column(SENTENCE)]), "text/html"),
        (pdf([column(SENTENCE)]), ""),
        (word(lambda document: document.add_paragraph(SENTENCE)), "application/octet-stream"),
        (SENTENCE.encode(), "text/plain"),
        (f"*{SENTENCE}*".encode(), "text/markdown"),
        (PAGE % b"", ""),
        (PAGE % b"", "application/xhtml+xml"),
    ],
)
def test_reads_documents_of_every_kind(site: Site, data: bytes, content_type: str) -> None:
    site.answers["/story.aspx"] = answer(data, content_type)
    draft = read_page(site.url("/story.aspx"), fetcher())
    assert (SENTENCE, "127.0.0.1") == (draft.text, draft.source)


def test_reads_the_charset_that_the_server_names(site: Site) -> None:
    site.answers["/a"] = answer("<p>Паром вернулся.</p>".encode("koi8-r"), "text/html; charset=koi8-r")
    assert read_page(site.url("/a"), fetcher()).text == "Паром вернулся."


@pytest.mark.parametrize(
    ("data", "content_type", "error", "message"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png", UnsupportedFormat, "is image/png. Citeline reads"),
        (b"\x89PNG\r\n\x1a\n", "text/html", UnsupportedFormat, r"is a picture \(PNG"),
        (b"", "text/html", UnreadableDocument, "is empty"),
    ],
)
def test_refuses_a_page_that_is_no_document(
    site: Site, data: bytes, content_type: str, error: type[Exception], message: str
) -> None:
    site.answers["/a"] = answer(data, content_type)
    with pytest.raises(error, match=f"/a {message}"):
        read_page(site.url("/a"), fetcher())


def test_can_be_shared_between_threads(site: Site) -> None:
    site.answers["/a"] = answer(b"words")
    shared, bodies = fetcher(), []
    threads = [threading.Thread(target=lambda: bodies.append(shared.fetch(site.url("/a")).data)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [b"words"] * 8


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("120", 120),
        (" 5 ", 5),
        ("9" * 400, 7 * 86_400),
        ("-5", 0),
        ("soon", 0),
        ("²", 0),
        ("Mon, 99999999999999999 Jan 2022 00:00:00 GMT", 0),
        (format_datetime(datetime.fromtimestamp(1_000_300, UTC), usegmt=True), 300),
        (format_datetime(datetime.fromtimestamp(900_000, UTC), usegmt=True), 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float) -> None:
    assert seconds == parse_retry_after(value, 1_000_000)
