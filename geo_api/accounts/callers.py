"""From where somebody asks: addresses behind proxies, pages and their origins. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

_Address = IPv4Address | IPv6Address


def _read_address(hop: str) -> _Address | None:
    """An address as proxies write it: with a port, in brackets, mapped into IPv6."""
    text = hop.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_trusted(address: _Address, trusted: Sequence[str]) -> bool:
    return any(address in ip_network(entry, strict=False) for entry in trusted)


def caller_address(peer: str, forwarded: str, trusted: Sequence[str]) -> str:
    """The right-most address that is not a trusted proxy's.

    Every hop to the left of it was written by somebody whom nobody vouches for.
    ``trusted`` are addresses or networks, ``forwarded`` is X-Forwarded-For.
    """
    nearest = _read_address(peer)
    if nearest is None:
        return peer
    for hop in reversed(forwarded.split(",")):
        if not _is_trusted(nearest, trusted):
            break
        before = _read_address(hop)
        if before is None:
            break
        nearest = before
    return str(nearest)


def caller_network(address: str) -> str:
    """What one subscriber holds: an IPv4 address, or a whole /64 of IPv6."""
    parsed = _read_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return address


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
