"""Who may ask, who may administer, and what a masked value looks like."""

from __future__ import annotations

from collections.abc import Mapping
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

    @property
    def word(self) -> str:
        """What it is called: a msgid."""
        return _ROLE_WORDS[self]


_ROLE_WORDS: Mapping[Role, str] = {
    Role.ADMIN: "Administrator",
    Role.COUNTY_LEADER: "County leader",
    Role.TOWN_LEADER: "Town leader",
    Role.VILLAGE_CADRE: "Village cadre",
    Role.HANDLER: "Handler",
    Role.AUDITOR: "Auditor",
}


LEADERS = frozenset({Role.COUNTY_LEADER, Role.TOWN_LEADER})
AREA_ROLES = LEADERS | {Role.VILLAGE_CADRE}


class CallerKind(StrEnum):
    """How the caller made itself known."""

    ACCOUNT = "account"
    RESIDENT = "resident"  # holds the secret tracking link of one request
    PORTAL = "portal"  # a page with a portal key, which whoever opens it can read
    SERVER = "server"  # another system with a secret key of its own
    ANONYMOUS = "anonymous"


class Permission(StrEnum):
    """What a server key may do in its areas."""

    ORDER = "order"
    READ = "read"


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
    username: str | None = None
    must_change_password: bool = False
    name: str = ""
    # Internal ids. Areas of the role and of own duties, with all that lies in them.
    area_ids: frozenset[int] = frozenset()
    zone_ids: frozenset[int] = frozenset()
    household_ids: frozenset[int] = frozenset()
    person_id: int | None = None
    request_public_id: UUID | None = None
    # Of a tracking link: the account that it was handed to, and whether it was found
    # again by what others may know, too.
    link_given_to: int | None = None
    is_link_found: bool = False
    portal_key_id: int | None = None
    server_key_id: int | None = None
    permissions: frozenset[Permission] = frozenset()
    # Layers that a portal key may show.
    layers: frozenset[str] = frozenset()
    # Keyed digest of the network of a caller without an identity: rates can be counted,
    # nobody is recorded.
    origin: bytes = b""

    @property
    def is_staff(self) -> bool:
        """Signed in with an account."""
        return self.kind is CallerKind.ACCOUNT

    @property
    def has_identity(self) -> bool:
        """Known by a secret that is nobody else's.

        Everybody else is counted by network: an embed key stands in a page, and links
        are had for nothing.
        """
        return self.kind in (CallerKind.ACCOUNT, CallerKind.SERVER)


@dataclass(frozen=True)
class Verdict:
    """Whether something is allowed and, if not, why and what would help."""

    is_allowed: bool
    reason: str = ""
    mend: str | None = None

    def __bool__(self) -> bool:
        return self.is_allowed


ALLOWED = Verdict(True)


class Action(StrEnum):
    """What administration consists of."""

    KEEP_ACCOUNTS = "keep_accounts"
    KEEP_PORTAL_KEYS = "keep_portal_keys"
    KEEP_SERVER_KEYS = "keep_server_keys"
    CHANGE_BOUNDARIES = "change_boundaries"
    READ_AUDIT = "read_audit"


# Who keeps the accounts does not read the audit, and the other way round.
_ADMINISTRATION: Mapping[Action, tuple[Role, str]] = {
    Action.KEEP_ACCOUNTS: (Role.ADMIN, "Only the administrator keeps accounts"),
    Action.KEEP_PORTAL_KEYS: (Role.ADMIN, "Only the administrator keeps portal keys"),
    Action.KEEP_SERVER_KEYS: (Role.ADMIN, "Only the administrator keeps server keys"),
    Action.CHANGE_BOUNDARIES: (
        Role.ADMIN,
        "Only the administrator is told what other boundaries change",
    ),
    Action.READ_AUDIT: (Role.AUDITOR, "Only the auditor reads the audit"),
}


def can_administer(actor: Actor, action: Action) -> Verdict:
    """Whether the caller's role covers an administrative action."""
    role, refusal = _ADMINISTRATION[action]
    if actor.is_staff and actor.role is role:
        return ALLOWED
    return Verdict(False, refusal, "Sign in with an account of that role")


def can_end_account(actor: Actor, account_id: int) -> Verdict:
    """Whether the caller may close an account: not its own, or nobody is left."""
    if actor.account_id == account_id:
        return Verdict(
            False,
            "One cannot end one's own account",
            "Let another administrator do it",
        )
    return ALLOWED


def can_lock_account(actor: Actor, account_id: int) -> Verdict:
    """Whether the caller may lock an account: not its own, or nobody opens it."""
    if actor.account_id == account_id:
        return Verdict(
            False,
            "One cannot lock one's own account",
            "Let another administrator do it",
        )
    return ALLOWED


def can_give_role(actor: Actor, account_id: int, *, old: Role, new: Role) -> Verdict:
    """Whether the caller may change a role: not its own, or nobody is left."""
    if actor.account_id == account_id and old is not new:
        return Verdict(
            False,
            "One cannot change one's own role",
            "Let another administrator do it",
        )
    return ALLOWED


def can_hold_areas(role: Role, *, has_areas: bool) -> Verdict:
    """Whether a role goes with areas: leaders and cadres need them, others must not.

    A handler's reach is its duties; areas beside them would widen it in silence.
    """
    if role in AREA_ROLES and not has_areas:
        return Verdict(
            False,
            "The role %(role)s holds in areas, and none is given",
            "Name the county, town or village by its code",
        )
    if role not in AREA_ROLES and has_areas:
        return Verdict(
            False,
            "The role %(role)s is not bound to areas",
            "Leave the areas out; a handler's reach comes from duties",
        )
    return ALLOWED


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


def id_check_digit(body: str) -> str:
    """The last place of a resident identity number, from the seventeen before it."""
    weighted = sum(int(c) * w for c, w in zip(body, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[weighted % 11]


def is_valid_id_number(number: str) -> bool:
    """Whether a resident identity number has 18 places and its check digit."""
    body, check = number[:17], number[17:].upper()
    if len(number) != 18 or not (body.isascii() and body.isdecimal()):
        return False
    return check == id_check_digit(body)
