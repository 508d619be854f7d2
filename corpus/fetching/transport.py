"""The network backend of the client: connections to checked addresses only, all within one deadline."""

import errno
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from corpus.fetching.ssrf import check_public, resolve

_REASONS = {
    errno.ECONNREFUSED: "nothing answers at {}, port {}",
    errno.EHOSTUNREACH: "there is no way to {}, port {}, from here",
    errno.ENETUNREACH: "there is no way to {}, port {}, from here",
    errno.ECONNRESET: "{}, port {}, hangs up at once",
}


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only; every step ends at a deadline (`time.monotonic()`)."""

    def __init__(self, deadline: float, allow_private: bool) -> None:
        self._deadline, self._allow_private = deadline, allow_private
        self._backend = httpcore.SyncBackend()
        self._last_target = ("", 0)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that accepts; the untried ones share the time that remains.

        Raises FetchFailed where the host has no address, ForbiddenAddress for a private one, else errors of httpcore.
        """
        self._last_target = (host, port)
        addresses = resolve(host, port, _remaining(self._deadline))
        if not self._allow_private:
            check_public(host, addresses)
        failure: Exception = httpcore.ConnectError("it has no address")
        for untried, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                seconds = _remaining(self._deadline) / untried
                stream = self._backend.connect_tcp(address, port, seconds, local_address, socket_options)
                return _Stream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def explain(self, error: httpcore.ConnectError) -> str:
        """Return the reason of a failed connection as a clause, such as "nothing answers at example.org, port 443"."""
        causes: list[BaseException] = []
        cause: BaseException | None = error
        while cause is not None:
            causes.append(cause)
            cause = cause.__cause__ if cause.__cause__ is not None else cause.__context__
        untrusted = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
        if untrusted is not None:
            return f"its certificate is not to be trusted ({untrusted.verify_message})"
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return "no secure connection can be made"
        known = [_REASONS[cause.errno] for cause in causes if isinstance(cause, OSError) and cause.errno in _REASONS]
        return known[0].format(*self._last_target) if known else str(error)[:200]


class _Stream(httpcore.NetworkStream):
    """A connection whose steps end at a deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Continue in TLS; the certificate is verified for the host name, whichever address was connected to."""
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _remaining(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _remaining(deadline: float) -> float:
    """Return the seconds until a deadline; raises httpcore.ReadTimeout after it."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return seconds
