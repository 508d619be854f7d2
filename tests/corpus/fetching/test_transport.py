import errno
import ssl
import time

import httpcore
import pytest

from corpus.fetching.transport import CheckedBackend


def test_a_refused_connection_names_host_and_port() -> None:
    backend = CheckedBackend(time.monotonic() + 5, allow_private=True)
    with pytest.raises(httpcore.ConnectError) as caught:
        backend.connect_tcp("localhost", 9)
    assert "nothing answers at localhost, port 9" == backend.explain(caught.value)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (OSError(errno.ENETUNREACH, "unreachable"), "there is no way to , port 0, from here"),
        (OSError(errno.EHOSTUNREACH, "unreachable"), "there is no way to , port 0, from here"),
        (OSError(errno.EACCES, "denied"), "[Errno 13] denied"),
        (ssl.SSLError("wrong version number"), "no secure connection can be made"),
    ],
)
def test_the_cause_of_a_failed_connection_is_explained(cause: Exception, reason: str) -> None:
    error = httpcore.ConnectError(str(cause))
    error.__cause__ = cause
    assert reason == CheckedBackend(time.monotonic() + 5, allow_private=True).explain(error)


def test_no_connection_is_made_after_the_deadline() -> None:
    with pytest.raises(httpcore.ReadTimeout):
        CheckedBackend(time.monotonic() - 1, allow_private=True).connect_tcp("127.0.0.1", 9)
