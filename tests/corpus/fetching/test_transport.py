import errno
import ssl
import time

import httpcore
import pytest

from corpus.fetching.transport import Network


def why(cause: Exception) -> str:
    """Say why a connection could not be made, by what the system said."""
    error = httpcore.ConnectError(str(cause))
    error.__cause__ = cause
    return Network(time.monotonic() + 5, allow_private=True).explain(error)


def refusal(network: Network, host: str, port: int) -> httpcore.ConnectError:
    with pytest.raises(httpcore.ConnectError) as caught:
        network.connect_tcp(host, port)
    return caught.value


def test_a_port_where_nothing_answers_is_named_with_its_host() -> None:
    network = Network(time.monotonic() + 5, allow_private=True)
    assert "nothing answers at localhost, port 9" == network.explain(refusal(network, "localhost", 9))


@pytest.mark.parametrize(("number", "words"), [(errno.ENETUNREACH, "no way to"), (errno.EHOSTUNREACH, "no way to")])
def test_a_host_that_is_out_of_reach_is_told_in_words(number: int, words: str) -> None:
    assert words in why(OSError(number, "unreachable"))


def test_what_is_not_known_is_told_as_the_system_tells_it() -> None:
    assert "[Errno 13] denied" == why(OSError(errno.EACCES, "denied"))


def test_a_connection_that_can_not_be_secured_is_told_as_such() -> None:
    assert "no secure connection can be made" == why(ssl.SSLError("wrong version number"))


def test_nothing_is_connected_to_when_the_time_is_over() -> None:
    with pytest.raises(httpcore.ReadTimeout):
        Network(time.monotonic() - 1, allow_private=True).connect_tcp("127.0.0.1", 9)
