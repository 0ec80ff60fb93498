"""What a browser may do with our pages: Content-Security-Policy and its kin."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence

# Nothing of the visitor's machine is needed to look at a map.
_DEVICES = (
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "midi",
    "payment",
    "usb",
)


def _permissions(allowed: Collection[str]) -> str:
    """The Permissions-Policy: what is not ``allowed`` not even the page itself uses."""
    return ", ".join(f"{name}=({'self' * (name in allowed)})" for name in _DEVICES)


def make_nonce() -> str:
    """A fresh word for one reply; scripts without it do not run."""
    return secrets.token_urlsafe(18)


def content_policy(nonce: str, *, ancestors: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of one reply; no ``ancestors``: never in a frame."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(ancestors) or chr(39) + 'none' + chr(39)}",
        )
    )


def page_headers(
    nonce: str,
    *,
    ancestors: Sequence[str] = (),
    devices: Collection[str] = (),
    is_secret: bool = False,
) -> dict[str, str]:
    """Every header that protects a page; ``devices`` are those that it may ask for.

    ``is_secret``: no request of the page names its address, not even to ourselves,
    where a proxy in between might write it down.
    """
    return {
        "Content-Security-Policy": content_policy(nonce, ancestors=ancestors),
        "Referrer-Policy": "no-referrer" if is_secret else "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": _permissions(devices),
        "Cross-Origin-Opener-Policy": "same-origin",
        # The nonce is good for one reply only.
        "Cache-Control": "no-store",
    }
