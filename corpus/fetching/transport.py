"""Connections of a fetch: to checked addresses only, within one span of time, and why one fails, in words."""

import errno
import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore

from corpus.fetching.ssrf import check_public, resolve

_REASONS = {
    errno.ECONNREFUSED: "nothing answers at {}, port {}",
    errno.EHOSTUNREACH: "there is no way to {}, port {}, from here",
    errno.ENETUNREACH: "there is no way to {}, port {}, from here",
    errno.ECONNRESET: "{}, port {}, hangs up at once",
}


class Network(httpcore.NetworkBackend):
    """Connects to checked addresses only, and lets nothing last beyond one moment."""

    def __init__(self, end: float, allow_private: bool) -> None:
        self._end, self._allow_private = end, allow_private
        self._sockets = httpcore.SyncBackend()
        self._asked = ("", 0)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that takes it."""
        self._asked = (host, port)
        addresses = resolve(host, port, _left(self._end))
        if not self._allow_private:
            check_public(host, addresses)
        failure: Exception = httpcore.ConnectError("it has no address")
        for untried, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                seconds = _left(self._end) / untried
                stream = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
                return _Stream(stream, self._end)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def why(self, error: httpcore.ConnectError) -> str:
        """Say why the last connection could not be made."""
        causes = list(_causes(error))
        untrusted = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
        if untrusted is not None:
            return f"its certificate is not to be trusted ({untrusted.verify_message})"
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return "no secure connection can be made"
        known = [_REASONS[cause.errno] for cause in causes if isinstance(cause, OSError) and cause.errno in _REASONS]
        return known[0].format(*self._asked) if known else str(error)[:200]


class _Stream(httpcore.NetworkStream):
    """A connection whose every step has only the time that is left."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self._stream, self._end = stream, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._end))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._end))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on in TLS; the certificate is checked for the name, whatever address was connected to."""
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(self._end)), self._end)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ if cause.__cause__ is not None else cause.__context__
