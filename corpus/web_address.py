"""Web addresses as browsers read them, by the WHATWG URL standard."""

import re
from urllib.parse import urlsplit

import ada_url

MAX_URL = 2000
_BEGINNING = re.compile(r"https?:[/\\]{2}[^/\\]", re.IGNORECASE)


def read_web_address(text: str) -> str | None:
    """Return an absolute http(s) address that browsers and programs read as the same site, None where it is none.

    One that they might read differently (a backslash, a host of full-width letters, percent signs or hexadecimal
    numbers) is returned as the standard serialises it, any other as it is. One with a user name, which passes for a
    host (https://good.example@evil.example/), is none, nor is one with control or invisible characters.
    """
    url = text.strip()
    if len(url) > MAX_URL or not url.isprintable() or _BEGINNING.match(url) is None:
        return None
    try:
        standard = ada_url.URL(url)
    except ValueError:
        return None
    if standard.username or standard.password or standard.port == "0":
        return None
    before_query = re.split(r"[?#]", url, maxsplit=1)[0]
    hosts = {standard.hostname, ada_url.idna_to_unicode(standard.hostname)}
    site = _site(url)
    if "\\" in before_query or site is None or site[0] not in hosts or site[1] != standard.port:
        url = standard.href
    return url if len(url) <= MAX_URL else None


def is_web_address(url: str) -> bool:
    """Tell whether a url is one that `read_web_address` reads."""
    return read_web_address(url) is not None


def host_of(url: str) -> str:
    """Return the host of a url as browsers read it, "" where it has none."""
    try:
        return str(ada_url.URL(url.strip()).hostname)
    except ValueError:
        return ""


def origin_of(url: str) -> str | None:
    """Return the origin of an http(s) address that is nothing but one, as browsers send it; None for any other."""
    standard = read_web_address(url)
    if standard is None:
        return None
    parsed = ada_url.URL(standard)
    is_bare = parsed.pathname == "/" and not parsed.search and not parsed.hash and "*" not in parsed.hostname
    return str(parsed.origin) if is_bare else None


def _site(url: str) -> tuple[str, str] | None:
    """Return host and port, "" for that of the scheme, as urllib and many programs read them; None for no such url."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if "@" in parts.netloc:
        return None
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.netloc.rpartition(":")[0] if parts.netloc.rpartition("]")[2].count(":") else parts.netloc
    return host.lower(), "" if port in {None, default} else str(port)
