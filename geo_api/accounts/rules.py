"""Who may ask, and what a masked value looks like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What an account is for; where it may act is its areas."""

    ADMIN = "admin"  # keeps people, zones, accounts; reads no contact
    COUNTY_LEADER = "county_leader"  # sees the whole county
    TOWN_LEADER = "town_leader"  # sees a town and everything in it
    VILLAGE_CADRE = "village_cadre"  # keeps a village's ledger, orders on behalf
    HANDLER = "handler"  # answers for zones, groups or villages by duty
    AUDITOR = "auditor"  # reads the audit and nothing else of people


LEADERS = frozenset({Role.COUNTY_LEADER, Role.TOWN_LEADER})
AREA_ROLES = LEADERS | {Role.VILLAGE_CADRE}


class CallerKind(StrEnum):
    """How the caller made itself known."""

    ACCOUNT = "account"
    RESIDENT = "resident"  # holds the secret tracking link of one request
    PORTAL = "portal"  # another system with a portal key
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class DutyScope:
    """What an account's own duties reach today."""

    person_id: int | None = None
    area_ids: frozenset[int] = frozenset()
    zone_ids: frozenset[int] = frozenset()
    household_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Actor:
    """The caller of one request, resolved once at the door."""

    kind: CallerKind = CallerKind.ANONYMOUS
    role: Role | None = None
    account_id: int | None = None
    account_public_id: UUID | None = None
    name: str = ""
    # Internal ids. Areas of the role and of own duties, with all that lies in them.
    area_ids: frozenset[int] = frozenset()
    zone_ids: frozenset[int] = frozenset()
    household_ids: frozenset[int] = frozenset()
    person_id: int | None = None
    request_public_id: UUID | None = None
    portal_key_id: int | None = None
    # Layers that a portal key may show.
    layers: frozenset[str] = frozenset()
    # Keyed digest of the caller's address: rates can be counted, nobody is recorded.
    origin: bytes = b""

    @property
    def is_staff(self) -> bool:
        """Signed in with an account."""
        return self.kind is CallerKind.ACCOUNT


def mask_name(name: str) -> str:
    """The surname and one star, whatever the length of the given name."""
    return f"{name[:1]}*" if name else ""


def mask_phone(phone: str) -> str:
    """First three and last four digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_id_number(number: str) -> str:
    """First three and last four characters of a resident identity number."""
    return f"{number[:3]}***********{number[-4:]}" if len(number) >= 8 else "****"


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def is_valid_id_number(number: str) -> bool:
    """Whether a resident identity number has 18 places and its check digit."""
    body, check = number[:17], number[17:].upper()
    if len(number) != 18 or not (body.isascii() and body.isdecimal()):
        return False
    weighted = sum(int(c) * w for c, w in zip(body, _ID_WEIGHTS, strict=True))
    return check == _ID_CHECKS[weighted % 11]
