"""What a household's line in the ledger must be, and who may read its contact."""

from __future__ import annotations

from dataclasses import dataclass

from geo_api.accounts.rules import Actor, Role, is_valid_id_number
from geo_api.errors import Problem


@dataclass(frozen=True)
class HouseholdDraft:
    """A household as it is claimed, before anything is stored."""

    code: str
    address: str
    head_name: str
    lon: float
    lat: float
    crs: str
    phone: str = ""
    id_number: str = ""
    member_count: int | None = None


@dataclass(frozen=True)
class ContactView:
    """A contact in clear; it never leaves without an audit row."""

    name: str
    phone: str
    id_number: str


def find_contact_problems(
    *, phone: str, id_number: str, loc: tuple[str | int, ...]
) -> list[Problem]:
    """What is wrong with a phone or identity number; both may be empty."""
    problems = []
    digits = phone.lstrip("+")
    if phone and not (
        digits.isascii() and digits.isdecimal() and 7 <= len(digits) <= 15
    ):
        problems.append(
            Problem(
                (*loc, "phone"),
                "This is not a phone number",
                "Write digits only, 7 to 15 of them",
            )
        )
    if id_number and not is_valid_id_number(id_number):
        problems.append(
            Problem(
                (*loc, "id_number"),
                "This is not a resident identity number",
                "Check the 18 places; the last one is a check digit",
            )
        )
    return problems


def can_keep_ledger(actor: Actor) -> bool:
    """Whether the caller may add, change and end households (within scope)."""
    return actor.role in (Role.ADMIN, Role.TOWN_LEADER, Role.VILLAGE_CADRE)


def can_reveal_household(actor: Actor, *, in_own_zone: bool) -> bool:
    """Whether duty needs the household's contact and exact point.

    The village's cadre keeps its ledger; the holder of a duty on the household cares
    for it. Leaders and administrators do without.
    """
    if actor.role is Role.VILLAGE_CADRE:
        return True
    return actor.role is Role.HANDLER and in_own_zone
