"""Trusted proxies: what they tell of a client stands in the request; what anyone else tells is left out."""

from collections.abc import Callable, Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from flask import Flask

Network = IPv4Network | IPv6Network
_FORWARDED = "HTTP_X_FORWARDED_"


class TrustedProxies:
    """The networks of the proxies in front of the service.

    `allows_host` tells whether a Host header is one of the service: a proxy that keeps the Host of its client and does
    not set X-Forwarded-Host passes on what the client wrote there.
    """

    def __init__(self, networks: Collection[Network], allows_host: Callable[[str], bool]) -> None:
        self._networks = tuple(networks)
        self._allows_host = allows_host

    def apply(self, environ: dict[str, Any]) -> None:
        """Replace address, scheme and Host in a WSGI environment by those that a trusted proxy tells of its client.

        X-Forwarded-For is read from its end: the client is the first address that is no trusted proxy's.
        """
        told = {name: environ.pop(name) for name in list(environ) if name.startswith(_FORWARDED)}
        if not self._is_trusted(environ.get("REMOTE_ADDR", "")):
            return
        for hop in reversed(_values(told, "FOR")):
            address = _address(hop)
            if address is None:
                break
            environ["REMOTE_ADDR"] = str(address)
            if not self._is_trusted(hop):
                break
        scheme, host = _values(told, "PROTO")[-1:], _values(told, "HOST")[-1:]
        if scheme and scheme[0].lower() in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme[0].lower()
        if host and self._allows_host(environ.get("HTTP_HOST", "")):
            environ["HTTP_HOST"] = host[0]

    def _is_trusted(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self._networks)


def register(app: Flask, proxies: TrustedProxies) -> None:
    """Make an app see the clients of its proxies; `proxies_of` returns these."""
    app.extensions["citeline.proxies"] = proxies
    served = app.wsgi_app

    def behind_proxies(environ: dict[str, Any], start_response: Any) -> Any:
        proxies.apply(environ)
        return served(environ, start_response)

    app.wsgi_app = behind_proxies  # type: ignore[method-assign]


def proxies_of(app: Flask) -> TrustedProxies:
    """Return the trusted proxies that an app was registered with."""
    proxies: TrustedProxies = app.extensions["citeline.proxies"]
    return proxies


def _values(told: dict[str, str], name: str) -> list[str]:
    return [value.strip() for value in told.get(_FORWARDED + name, "").split(",") if value.strip()]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped
