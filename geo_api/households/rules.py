"""What a household's line in the ledger must be, and who may read its contact."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo_api.accounts.rules import Actor, Role, is_valid_id_number
from geo_api.errors import Problem

# Of a ledger's codes; and of its lines: nothing that moves a cursor or ends a text.
CODE_PATTERN = r"^[\w.-]{1,60}$"
LINE_PATTERN = r"^[^\x00-\x1f\x7f]*$"
NAME_LENGTH, ADDRESS_LENGTH, MOST_MEMBERS = 60, 200, 100


@dataclass(frozen=True)
class ContactDraft:
    """A contact to be stored; None leaves what a known row holds, "" empties it."""

    name: str | None = None
    phone: str | None = None
    id_number: str | None = None
    # The row that is renewed; None for a new one.
    id: int | None = None


@dataclass(frozen=True)
class HouseholdDraft:
    """A household as it is claimed, before anything is stored.

    What is None (phone, identity number) stays as it is in a household that is known.
    """

    code: str
    address: str
    head_name: str
    lon: float
    lat: float
    crs: str
    phone: str | None = None
    id_number: str | None = None
    member_count: int | None = None


@dataclass(frozen=True)
class ContactView:
    """A contact in clear; it never leaves without an audit row."""

    name: str
    phone: str
    id_number: str


def find_line_problems(
    draft: HouseholdDraft, *, loc: tuple[str | int, ...]
) -> list[Problem]:
    """What is wrong with code, name, address and number of members."""
    problems = []
    if not re.fullmatch(CODE_PATTERN, draft.code):
        problems.append(
            Problem(
                (*loc, "code"),
                "This is not a ledger code",
                "Letters, digits, points and hyphens, 60 at most",
            )
        )
    for name, text, longest in (
        ("head_name", draft.head_name, NAME_LENGTH),
        ("address", draft.address, ADDRESS_LENGTH),
    ):
        if len(text) > longest:
            problems.append(
                Problem(
                    (*loc, name),
                    "This is longer than %(limit)s characters",
                    "Shorten it",
                    {"limit": longest},
                )
            )
        elif not text.strip() or not re.fullmatch(LINE_PATTERN, text):
            problems.append(
                Problem(
                    (*loc, name),
                    "This is not one line of text",
                    "Write one line without control characters",
                )
            )
    members = draft.member_count
    if members is not None and not 1 <= members <= MOST_MEMBERS:
        problems.append(
            Problem(
                (*loc, "member_count"),
                "A household has 1 to %(most)s members",
                "Count its members again, or leave it empty",
                {"most": MOST_MEMBERS},
            )
        )
    return problems


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


def can_know_door(actor: Actor, *, is_own: bool) -> bool:
    """Whether duty needs a household's door.

    The village's cadre keeps its ledger; whose it is to care for it, or to do what it
    ordered, has to find it. Leaders and administrators do without.
    """
    return actor.role is Role.VILLAGE_CADRE or is_own


def can_reveal_household(actor: Actor, *, in_own_zone: bool) -> bool:
    """Whether duty needs the household's contact and exact point."""
    is_own = actor.role is Role.HANDLER and in_own_zone
    return can_know_door(actor, is_own=is_own)
