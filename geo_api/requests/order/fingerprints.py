"""What an order said, as keyed digests by field: compared with what says it again.

No digest of a contact is among them: nobody could look for a phone by it.
"""

from __future__ import annotations

from geo_api.db.cipher import Cipher
from geo_api.dispatch.rules import Location


def fingerprint_of(
    cipher: Cipher,
    *,
    service_code: str,
    description: str,
    location: Location | None = None,
) -> dict[str, str]:
    """Digests of service and description, and of the place where that is known."""
    said = {"service": service_code, "description": description}
    if location is not None:
        said["place"] = _place(location)
    return {
        name: cipher.digest(f"order-{name}:{spaced(text)}").hex()
        for name, text in said.items()
    }


def spaced(text: str) -> str:
    """A text whose gaps do not matter."""
    return " ".join(text.split())


def _place(location: Location) -> str:
    point = ""
    if location.lon is not None and location.lat is not None:
        point = f"{location.lon:.6f} {location.lat:.6f} {location.crs}"
    parts = point, location.address, location.area_code, location.household_id
    return "|".join(spaced(str(part or "")) for part in parts)
