import socket
import threading

import pytest

from corpus.errors import FetchFailed, ForbiddenAddress
from corpus.fetching.ssrf import check_host, check_public, is_public, resolve

PRIVATE = """
127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1
224.0.0.1 240.0.0.1 255.255.255.255
:: ::1 fe80::1 fe80::1%eth0 fc00::1 fd12:3456::1 fec0::1 ff02::1 2001:db8::1
::ffff:127.0.0.1 ::ffff:192.168.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
64:ff9b:1::a00:1 64:ff9b:1:7f00:0:100:808:808 2002:7f00:1:: 2002:c0a8:101::1 2001:0:7f00:1::
"""


@pytest.mark.parametrize("address", [*PRIVATE.split(), "not an address"])
def test_refuses_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_allows_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


def test_one_private_address_of_a_host_is_enough_to_refuse_it() -> None:
    with pytest.raises(ForbiddenAddress, match=r"x\.example is 10\.0\.0\.1: .*CITELINE_ALLOW_PRIVATE_URLS"):
        check_public("x.example", ["8.8.8.8", "10.0.0.1"])
    check_public("x.example", ["8.8.8.8"])


@pytest.mark.parametrize("written", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost"])
def test_every_notation_of_a_private_address_is_refused(written: str) -> None:
    addresses = resolve(written, 80, 5)
    assert addresses
    with pytest.raises(ForbiddenAddress):
        check_public(written, addresses)


def test_an_unknown_host_fails() -> None:
    with pytest.raises(FetchFailed, match=r"There is no host nowhere\.invalid"):
        resolve("nowhere.invalid", 80, 20)


def test_a_slow_resolver_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    # The system's resolver can't be slowed down for a test, so it is replaced.

    def slow(*_: object, **__: object) -> list[object]:
        over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(FetchFailed, match="can't be found in time"):
        resolve("slow.example", 80, 0.1)
    over.set()


def test_a_url_with_an_address_names_it_once() -> None:
    with pytest.raises(ForbiddenAddress, match=r"^127\.0\.0\.1 is an address of this machine"):
        check_public("127.0.0.1", ["127.0.0.1"])


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "10.0.0.7", "::1", "localhost", "LOCALHOST.", "a.localhost"])
def test_a_host_that_is_written_as_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(ForbiddenAddress, match="CITELINE_ALLOW_PRIVATE_URLS"):
        check_host(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "intranet", "localhost.example", "ü.example"])
def test_public_addresses_and_names_are_not_refused_before_a_fetch(host: str) -> None:
    check_host(host)
