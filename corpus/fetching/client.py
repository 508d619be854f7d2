"""The HTTP client: pages of the public internet only, within a limit of time and size.

`read_page` makes a page a draft of an article.
"""

import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from threading import Semaphore
from typing import Self

import httpcore
import httpx

from corpus.article import Draft
from corpus.documents import DEFAULT_LIMITS, Limits, read_fetched, worker_seconds
from corpus.documents.formats import BY_MEDIA_TYPE, UNKNOWN_MEDIA_TYPES, formats_read, media_type
from corpus.documents.originals import with_fetched_original
from corpus.errors import CitelineError, FetchFailed, ForbiddenAddress, TooLarge, UnsupportedFormat, WorkerBusy
from corpus.fetching.transport import CheckedBackend
from corpus.isolation.worker import INLINE, Worker
from corpus.web_address import MAX_URL, host_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GZIP = 31
_MAX_RETRY_AFTER = 7 * 86_400.0  # seconds; a server that asks for more is asked again all the same
_CHUNK = 65_536
READABLE_TYPES = frozenset(name for name, found in BY_MEDIA_TYPE.items() if not found.needs_ocr) | UNKNOWN_MEDIA_TYPES


@dataclass(frozen=True, slots=True)
class Validators:
    """The headers of a response by which a later request asks whether the page has changed."""

    etag: str | None = None
    modified: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers of a conditional request."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value is not None}


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A response: the url after redirects, the Content-Type header and the body.

    `unchanged` means that the page has not changed since its validators were received; it has no body then.
    """

    url: str
    content_type: str
    data: bytes
    validators: Validators = Validators()
    unchanged: bool = False


class Fetcher:
    """Fetches pages by http(s), each within `timeout` seconds and `max_bytes`. Thread-safe.

    Unless `allow_private`, it fetches from addresses of the public internet only. It connects to the very address that
    was checked, at each redirect anew, and ignores proxies of the environment, which would resolve hosts themselves.
    """

    def __init__(
        self,
        timeout: float = 20,
        max_bytes: int = DEFAULT_LIMITS.max_bytes,
        max_redirects: int = 5,
        allow_private: bool = False,
        user_agent: str = "Citeline/0.1",
    ) -> None:
        self._timeout, self._max_bytes, self._max_redirects = timeout, max_bytes, max_redirects
        self._allow_private, self._user_agent = allow_private, user_agent
        self._tls = httpx.create_ssl_context()
        self._admitted: Semaphore | None = None

    def limited(self, admitted: Semaphore) -> Self:
        """Return such a fetcher that fetches only as many pages at once as `admitted` lets in, and refuses others."""
        fetcher = copy(self)
        fetcher._admitted = admitted
        return fetcher

    def fetch(
        self, url: str, types: Collection[str] | None = None, validators: Validators = Validators()
    ) -> FetchedPage:
        """Return the page at a url if it is of one of these media types and has changed since its validators.

        Raises FetchFailed, ForbiddenAddress, TooLarge, UnsupportedFormat or WorkerBusy; the message names the url.
        """
        if self._admitted is None:
            return self._fetch(url, types, validators)
        if not self._admitted.acquire(blocking=False):
            raise WorkerBusy(f"{url} can't be fetched now, since too many other documents are. Try again in a while.")
        try:
            return self._fetch(url, types, validators)
        finally:
            self._admitted.release()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a body to a url, whose response must have a status of 2xx; its body is not read, no redirect followed.

        Raises FetchFailed, ForbiddenAddress; the message names the url.
        """
        backend = CheckedBackend(time.monotonic() + self._timeout, self._allow_private)
        target = check_url(url)
        connections = httpcore.ConnectionPool(ssl_context=self._tls, network_backend=backend)
        sent = {"Host": target.netloc.decode("ascii"), "User-Agent": self._user_agent, **headers}
        with (
            _wrapped(url, self._timeout, backend),
            connections as pool,
            pool.stream("POST", _core_url(target), headers=list(sent.items()), content=body) as response,
        ):
            if not 200 <= response.status < 300:
                raise _failed(url, response)

    def _fetch(self, url: str, types: Collection[str] | None, validators: Validators) -> FetchedPage:
        backend = CheckedBackend(time.monotonic() + self._timeout, self._allow_private)
        target = check_url(url)
        connections = httpcore.ConnectionPool(ssl_context=self._tls, network_backend=backend)
        with _wrapped(url, self._timeout, backend), connections as pool:
            for _ in range(self._max_redirects + 1):
                page = self._get(pool, target, types, validators)
                if isinstance(page, FetchedPage):
                    return page
                target = page
        raise FetchFailed(f"{url} redirects more than {self._max_redirects} times.")

    def _get(
        self, pool: httpcore.ConnectionPool, url: httpx.URL, types: Collection[str] | None, validators: Validators
    ) -> FetchedPage | httpx.URL:
        """Return the page, or the url that it redirects to."""
        request = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self._user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        } | validators.headers()
        with pool.stream("GET", _core_url(url), headers=list(request.items())) as response:
            headers = _headers(response)
            if response.status in _REDIRECTS:
                location = headers.get(b"location", "").strip()
                if not location:
                    raise FetchFailed(f"{url} redirects, but doesn't say where to.")
                try:
                    return check_url(str(url.join(location.encode("latin-1").decode("utf-8", "replace"))))
                except httpx.InvalidURL as error:
                    raise FetchFailed(f"{url} redirects to {location[:100]!r}, which is not a web address.") from error
            if response.status == HTTPStatus.NOT_MODIFIED and validators.headers():
                return FetchedPage(str(url), "", b"", validators, unchanged=True)
            if not 200 <= response.status < 300:
                raise _failed(str(url), response)
            content_type = headers.get(b"content-type", "")
            found = media_type(content_type)
            if types is not None and found not in types:
                raise UnsupportedFormat(f"{url} is {found}. {formats_read()}")
            body = self._read_body(url, headers, response.iter_stream())
            received = Validators(headers.get(b"etag"), headers.get(b"last-modified"))
            return FetchedPage(str(url), content_type, body, received)

    def _read_body(self, url: httpx.URL, headers: dict[bytes, str], chunks: Iterable[bytes]) -> bytes:
        """Return the unpacked body; raises TooLarge."""
        too_large = TooLarge(
            f"{url} is larger than the limit of {self._max_bytes:,} bytes; CITELINE_MAX_UPLOAD sets the limit."
        )
        if headers.get(b"content-length", "").isdecimal() and int(headers[b"content-length"]) > self._max_bytes:
            raise too_large
        encoding = headers.get(b"content-encoding", "").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            chunks = decompress_gzip(chunks)
        elif encoding not in {"", "identity"}:
            raise FetchFailed(f"{url} comes packed as {encoding[:40]!r}, which nobody asked for.")
        body = bytearray()
        for piece in chunks:
            body += piece
            if len(body) > self._max_bytes:
                raise too_large
        return bytes(body)


def read_page(url: str, fetcher: Fetcher, limits: Limits = DEFAULT_LIMITS, worker: Worker = INLINE) -> Draft:
    """Fetch a page and return its draft, with its canonical url where that has the same host.

    Raises FetchFailed, ForbiddenAddress, TooLarge, UnsupportedFormat, UnreadableDocument or WorkerProblem.
    """
    page = fetcher.fetch(url, READABLE_TYPES)
    read = partial(read_fetched, url=page.url, content_type=page.content_type, limits=limits)
    draft = worker.run(read, page.data, page.url, worker_seconds(page.data, limits))
    draft = with_fetched_original(draft, page.data, page.url, limits)
    host = site_of(page.url)
    url = page.url if draft.url is None or site_of(draft.url) != host else draft.url
    return replace(draft, url=url, source=host if draft.source is None else draft.source)


def site_of(url: str) -> str:
    """Return the host of a url, without www., as the source of its page."""
    return host_of(url).removeprefix("www.")


def check_url(url: str) -> httpx.URL:
    """Return a url without its fragment; raises FetchFailed or ForbiddenAddress where it can't be fetched."""
    if len(url) > MAX_URL:
        raise FetchFailed(f"The url {url[:80]}… is longer than {MAX_URL:,} characters.")
    try:
        target = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise FetchFailed(f"{url!r} is not a web address: {error}.") from error
    if target.scheme not in {"http", "https"}:
        raise ForbiddenAddress(f"{url!r} is not a web address: it must begin with http:// or https://.")
    if not target.raw_host:
        raise FetchFailed(f"{url!r} is not a web address: it names no host.")
    if b"%" in target.raw_host or not 0 < (80 if target.port is None else target.port) < 65_536:
        raise FetchFailed(f"{url!r} is not a web address: there is no such host or port.")
    if target.userinfo:
        host = target.raw_host.decode("ascii")
        raise FetchFailed(f"The url for {host} holds a user name or password; leave them out.")
    try:
        _ = target.host  # decodes it, after the check for a password: the message has the whole url
    except UnicodeError as error:
        raise FetchFailed(f"{url!r} is not a web address: there is no such host.") from error
    return target.copy_with(fragment=None)


def parse_retry_after(value: str | None, now: float) -> float:
    """Return the seconds that a Retry-After header asks for, a week at most; 0 where it asks for nothing."""
    if value is None:
        return 0.0
    value = value.strip()
    try:
        if value.isascii() and value.isdecimal():
            return min(float(value), _MAX_RETRY_AFTER)
        date = parsedate_to_datetime(value)
        seconds = (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp() - now
        return min(max(seconds, 0.0), _MAX_RETRY_AFTER)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def decompress_gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield gzip data unpacked, in small pieces however much a chunk expands; raises zlib.error."""
    unzip = zlib.decompressobj(_GZIP)
    for chunk in chunks:
        rest = chunk
        while rest and not unzip.eof:
            yield unzip.decompress(rest, _CHUNK)
            rest = unzip.unconsumed_tail
    while not unzip.eof and (piece := unzip.decompress(unzip.unconsumed_tail, _CHUNK)):
        yield piece
    if not unzip.eof:
        raise zlib.error("the packed data is cut off")


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _headers(response: httpcore.Response) -> dict[bytes, str]:
    """Return the headers of a response, the first of each name in lower case."""
    return {key.lower(): value.decode("latin-1") for key, value in reversed(response.headers)}


def _failed(url: str, response: httpcore.Response) -> FetchFailed:
    """Return the error for a response whose status tells of a failure."""
    phrases = {each.value: each.phrase for each in HTTPStatus}
    failed = FetchFailed(f"{url} answers {response.status} {phrases.get(response.status, '')}".strip() + ".")
    failed.status = response.status
    failed.retry_after = parse_retry_after(_headers(response).get(b"retry-after"), time.time())
    return failed


@contextmanager
def _wrapped(url: str, timeout: float, backend: CheckedBackend) -> Iterator[None]:
    """Raise errors of the network as FetchFailed."""
    try:
        yield
    except FetchFailed as error:
        if url in str(error):
            raise
        failed = type(error)(f"{url} can't be fetched. {error}")
        failed.status, failed.retry_after = error.status, error.retry_after
        raise failed from error
    except CitelineError:
        raise
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise FetchFailed(f"{url} didn't answer in full within {timeout:g} seconds.") from error
    except httpcore.ConnectError as error:
        raise FetchFailed(f"{url} can't be reached: {backend.explain(error)}.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, zlib.error, OSError) as error:
        raise FetchFailed(f"{url} broke off or answers what is not HTTP: {str(error)[:200]}.") from error
