"""Rules of the accounts room: verdicts, masks, addresses, pages. No database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_api.accounts.callers import (
    caller_network,
    is_listed_page,
    is_own_page,
    page_origin,
)
from geo_api.accounts.rules import (
    AREA_ROLES,
    Action,
    Actor,
    CallerKind,
    Role,
    can_administer,
    can_end_account,
    can_give_role,
    can_hold_areas,
    is_valid_id_number,
    mask_id_number,
    mask_name,
    mask_phone,
)

KEEPERS = {
    Action.KEEP_ACCOUNTS: Role.ADMIN,
    Action.KEEP_PORTAL_KEYS: Role.ADMIN,
    Action.KEEP_SERVER_KEYS: Role.ADMIN,
    Action.CHANGE_BOUNDARIES: Role.ADMIN,
    Action.READ_AUDIT: Role.AUDITOR,
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_one_role_for_each_administrative_action(action: Action, role: Role) -> None:
    actor = Actor(kind=CallerKind.ACCOUNT, role=role, account_id=1)
    verdict = can_administer(actor, action)
    assert bool(verdict) is (KEEPERS[action] is role)
    assert bool(verdict) is not bool(verdict.reason)


@pytest.mark.parametrize("kind", sorted(set(CallerKind) - {CallerKind.ACCOUNT}))
@pytest.mark.parametrize("action", Action)
def test_a_role_without_an_account_administers_nothing(
    kind: CallerKind, action: Action
) -> None:
    assert not can_administer(Actor(kind=kind, role=KEEPERS[action]), action)


def test_one_s_own_account_and_role_are_for_others_to_take() -> None:
    me = Actor(kind=CallerKind.ACCOUNT, role=Role.ADMIN, account_id=1)
    assert not can_end_account(me, 1)
    assert can_end_account(me, 2)
    assert not can_give_role(me, 1, old=Role.ADMIN, new=Role.AUDITOR)
    assert can_give_role(me, 1, old=Role.ADMIN, new=Role.ADMIN)
    assert can_give_role(me, 2, old=Role.ADMIN, new=Role.AUDITOR)


@pytest.mark.parametrize("role", Role)
def test_leaders_and_cadres_have_areas_and_nobody_else(role: Role) -> None:
    assert bool(can_hold_areas(role, has_areas=True)) is (role in AREA_ROLES)
    assert bool(can_hold_areas(role, has_areas=False)) is (role not in AREA_ROLES)


def test_masks() -> None:
    assert mask_name("张三丰") == "张*"
    assert mask_name("") == ""
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("12345") == "****"
    assert mask_id_number("11010519491231002X") == "110***********002X"
    assert mask_id_number("123") == "****"


@given(st.text(alphabet="0123456789", min_size=8, max_size=20))
def test_a_masked_phone_does_not_tell_its_middle(phone: str) -> None:
    masked = mask_phone(phone)
    assert sum(c.isdigit() for c in masked) == 7
    assert masked[:3] == phone[:3]
    assert masked[-4:] == phone[-4:]


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [
        ("11010519491231002X", True),  # the standard's own example
        ("11010519491231002x", True),
        ("110105194912310021", False),
        ("11010519491231002", False),
        ("1101051949123100２X", False),
        ("", False),
    ],
)
def test_check_digit_of_an_identity_number(number: str, is_valid: bool) -> None:
    assert is_valid_id_number(number) is is_valid


@given(st.integers(0, 10**17 - 1), st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_never_passes(body: int, place: int, step: int) -> None:
    digits = f"{body:017d}"
    good = next(c for c in "0123456789X" if is_valid_id_number(digits + c))
    wrong = str((int(digits[place]) + step) % 10)
    assert not is_valid_id_number(digits[:place] + wrong + digits[place + 1 :] + good)


def test_a_subscriber_holds_one_ipv4_address_or_a_64() -> None:
    assert caller_network("203.0.113.5") == "203.0.113.5"
    assert caller_network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert caller_network("::ffff:203.0.113.5") == "203.0.113.5"
    assert caller_network("testclient") == "testclient"


HOSTS = ("minqing.example", "127.0.0.1:8000")


@pytest.mark.parametrize(
    ("origin", "fetch_site", "is_ours"),
    [
        ("https://minqing.example", None, True),
        ("https://MINQING.example", "same-origin", True),
        ("http://127.0.0.1:8000", None, True),
        ("http://127.0.0.1:8001", None, False),
        ("https://evil.example", "same-origin", False),
        ("https://minqing.example.evil.example", None, False),
        ("null", None, False),
        ("", None, False),
        ("http://[", None, False),
        (None, None, True),
        (None, "none", True),
        (None, "same-site", False),
        (None, "cross-site", False),
    ],
)
def test_our_own_page(
    origin: str | None, fetch_site: str | None, is_ours: bool
) -> None:
    assert is_own_page(origin, fetch_site, HOSTS) is is_ours


def test_no_host_of_our_own_is_no_page_s_host() -> None:
    assert not is_own_page("null", None, [""])


@pytest.mark.parametrize(
    ("origin", "referer", "may_use"),
    [
        ("https://portal.example", None, True),
        ("https://PORTAL.example", None, True),
        (None, "https://portal.example/a/b?c", True),
        (None, None, True),  # another server
        (None, "https://minqing.example/embed", True),
        ("https://minqing.example", None, True),
        ("https://evil.example", "https://portal.example/", False),
        ("http://portal.example", None, False),
        (None, "https://evil.example/https://portal.example", False),
        (None, "http://[", False),
        ("null", None, False),
    ],
)
def test_pages_that_may_use_a_bound_key(
    origin: str | None, referer: str | None, may_use: bool
) -> None:
    page = page_origin(origin, referer)
    assert (
        is_listed_page(page, "minqing.example", ["https://portal.example"]) is may_use
    )
    assert is_listed_page(page, "minqing.example", [])
