"""Protection against server-side request forgery (SSRF): only addresses of the public internet are fetched from."""

import ipaddress
import queue
import socket
import threading

from corpus.errors import FetchFailed, ForbiddenAddress

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# IPv6 ranges whose addresses hold an IPv4 address in their last four bytes: mapped, compatible, and NAT64 (RFC 6052).
_WITH_IPV4_AT_END = [ipaddress.IPv6Network(net) for net in ("::ffff:0:0/96", "::/96", "64:ff9b::/96")]
# NAT64 of a local network (RFC 8215), which alone knows where the IPv4 address is embedded.
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a host in the order to try them; raises FetchFailed where there are none in time.

    The system's resolver has no timeout, so it runs in a thread, which is abandoned when it is too slow.
    """
    found: queue.Queue[list[str] | OSError | UnicodeError] = queue.Queue()

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(info[4][0]) for info in infos)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        result = found.get(timeout=max(seconds, 0.001))
    except queue.Empty as error:
        raise FetchFailed(f"The address of {host} can't be found in time.") from error
    if isinstance(result, list):
        return result
    raise FetchFailed(f"There is no host {host}, or its address can't be looked up now.") from result


def check_public(host: str, addresses: list[str]) -> None:
    """Raise ForbiddenAddress unless every address of a host is public."""
    for address in addresses:
        if not is_public(address):
            named = host if host.strip("[]") == address else f"{host} is {address}: that"
            raise ForbiddenAddress(
                f"{named} is an address of this machine or a private network, and not fetched from. "
                "CITELINE_ALLOW_PRIVATE_URLS=true allows it."
            )


def check_host(host: str) -> None:
    """Raise ForbiddenAddress where a host is localhost or a numeric address that is not public; look up no name."""
    if f".{host.lower().rstrip('.')}".endswith(".localhost"):
        check_public(host, ["127.0.0.1"])
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return  # a name, which is checked when it is fetched from
    check_public(host, [str(info[4][0]) for info in infos])


def is_public(address: str) -> bool:
    """Return whether an address, and any IPv4 address embedded in it, is global unicast."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    addresses: list[_Address | None] = [ip]
    if isinstance(ip, ipaddress.IPv6Address):  # which is translated on its way: NAT64, 6to4, Teredo
        addresses += [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) for net in _WITH_IPV4_AT_END if ip in net]
        addresses += [ip.sixtofour, *(ip.teredo if ip.teredo is not None else ())]
    return all(_is_global(each) for each in addresses if each is not None)


def _is_global(ip: _Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address) and any(ip in net for net in _WITH_IPV4_AT_END):
        return True  # the embedded address decides
    local = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved
    site = isinstance(ip, ipaddress.IPv6Address) and (ip.is_site_local or ip in _LOCAL_NAT64)
    return ip.is_global and not local and not site and not ip.is_unspecified
