import errno
import ssl
import time

import httpcore
import pytest

from corpus.fetching.transport import CheckedBackend


def why(cause: Exception) -> str:
    """Say why a connection could not be made, by what the system said."""
    error = httpcore.ConnectError(str(cause))
    error.__cause__ = cause
    return CheckedBackend(time.monotonic() + 5, allow_private=True).explain(error)


def refusal(backend: CheckedBackend, host: str, port: int) -> httpcore.ConnectError:
    with pytest.raises(httpcore.ConnectError) as caught:
        backend.connect_tcp(host, port)
    return caught.value


def test_a_refused_connection_names_host_and_port() -> None:
    backend = CheckedBackend(time.monotonic() + 5, allow_private=True)
    assert "nothing answers at localhost, port 9" == backend.explain(refusal(backend, "localhost", 9))


@pytest.mark.parametrize(("number", "words"), [(errno.ENETUNREACH, "no way to"), (errno.EHOSTUNREACH, "no way to")])
def test_an_unreachable_host_is_explained(number: int, words: str) -> None:
    assert words in why(OSError(number, "unreachable"))


def test_other_errors_are_passed_on() -> None:
    assert "[Errno 13] denied" == why(OSError(errno.EACCES, "denied"))


def test_a_tls_failure_is_explained() -> None:
    assert "no secure connection can be made" == why(ssl.SSLError("wrong version number"))


def test_no_connection_is_made_after_the_deadline() -> None:
    with pytest.raises(httpcore.ReadTimeout):
        CheckedBackend(time.monotonic() - 1, allow_private=True).connect_tcp("127.0.0.1", 9)
