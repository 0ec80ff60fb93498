"""From where somebody asks: networks, pages and their origins. Pure."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit


def _read_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, out of IPv6 if it is mapped into it."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def caller_network(address: str) -> str:
    """What one subscriber holds: an IPv4 address, or a whole /64 of IPv6."""
    parsed = _read_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed or address)


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def page_origin(origin: str | None, referer: str | None) -> str | None:
    """The origin of the page that asks, or None if the caller does not tell."""
    if origin is not None:
        return origin.lower()
    if not referer:
        return None
    netloc = _netloc(referer)
    return f"{referer.partition(':')[0].lower()}://{netloc}"


def is_own_page(
    origin: str | None, fetch_site: str | None, own_hosts: Collection[str]
) -> bool:
    """Whether a request by cookie comes from a page of ours.

    Browsers name the page's origin with every unsafe request. Where that is absent,
    Sec-Fetch-Site decides; a program sends neither and has to know the CSRF token.
    """
    if origin is None:
        return fetch_site in (None, "same-origin", "none")
    netloc = _netloc(origin)
    return bool(netloc) and netloc in {host.lower() for host in own_hosts}


def is_listed_page(page: str | None, own_host: str, origins: Collection[str]) -> bool:
    """Whether a page may use a portal key that is bound to ``origins``.

    A caller without a page is another server; our own embed page asks on behalf of
    the page around it, which its frame policy has let in.
    """
    if page is None or not origins or page in origins:
        return True
    return bool(own_host) and _netloc(page) == own_host.lower()
