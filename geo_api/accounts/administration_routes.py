"""Accounts, kept by the administrator."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session

from geo_api.accounts import audit, passwords, queries, service
from geo_api.accounts.dependencies import StaffActor, hooks_of, require
from geo_api.accounts.models import Account
from geo_api.accounts.names import listed_name
from geo_api.accounts.rules import (
    Action,
    Actor,
    CallerKind,
    Role,
    can_administer,
    mask_name,
)
from geo_api.accounts.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    AccountWithPassword,
    AreaCode,
    AreaName,
    Word,
)
from geo_api.db.locks import lock_again
from geo_api.errors import InvalidInput
from geo_api.http.budgets import Budget, within
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.http.versions import ReadVersion, ShownVersion, version_of

router = APIRouter(tags=["administration"], responses=problem_responses(401, 403))


class Places:
    """Area codes to internal ids and back, as of today."""

    def __init__(
        self,
        request: Request,
        session: CurrentSession,
        context: CurrentContext,
        now: Now,
    ) -> None:
        self._hooks = hooks_of(request)
        self._session: Session = session
        self._day = now.astimezone(context.settings.place.tz).date()
        self._named: dict[frozenset[int], list[AreaName]] = {}

    def ids_of(self, codes: Collection[str]) -> list[int]:
        """Internal ids; NotFound for an unknown code."""
        if not codes:
            return []
        return self._hooks.area_ids_of(self._session, list(codes), self._day)

    def within(self, code: str) -> Collection[int]:
        """Internal ids of an area and all that lies in it; NotFound if unknown."""
        return self._hooks.areas_within(self._session, code, self._day)

    def named(self, ids: frozenset[int]) -> list[AreaName]:
        """What people call these areas; each set is asked for once."""
        if ids and ids not in self._named:
            anybody = Actor(kind=CallerKind.ACCOUNT, area_ids=ids)
            scope = self._hooks.describe_scope(self._session, anybody, self._day)
            self._named[ids] = [AreaName(**area) for area in scope["areas"]]
        return self._named.get(ids, [])


CurrentPlaces = Annotated[Places, Depends(Places, scope="function")]


def _keeper_of_accounts(actor: StaffActor) -> Actor:
    require(can_administer(actor, Action.KEEP_ACCOUNTS))
    return actor


AccountKeeper = Annotated[Actor, Depends(_keeper_of_accounts, scope="function")]


def _fields(
    account: Account, places: Places, area_ids: frozenset[int]
) -> dict[str, object]:
    return {
        "id": account.public_id,
        "username": account.username,
        "name": account.name,
        "role": Role(account.role),
        "areas": places.named(area_ids),
        "must_change_password": account.must_change_password,
        "locked_until": None,
        "is_locked": account.is_locked,
        "created_at": account.created_at,
        "ended_at": account.ended_at,
    }


def _state_of(account: Account, area_ids: Collection[int]) -> tuple[object, ...]:
    """All that a change of the account may change, but for the password."""
    return (
        account.name,
        account.role,
        account.is_locked,
        account.ended_at,
        sorted(area_ids),
    )


@router.get(
    "/accounts",
    summary="Accounts by user name (admin)",
    responses=problem_responses(400, 404, 422),
)
def list_accounts(
    actor: AccountKeeper,
    session: CurrentSession,
    cipher: CurrentCipher,
    places: CurrentPlaces,
    now: Now,
    role: Role | None = None,
    q: Annotated[
        Word | None, Query(description="Part of the user name or the name.")
    ] = None,
    area: Annotated[
        AreaCode | None,
        Query(description="Whose role holds in this area, or in one that lies in it."),
    ] = None,
    is_ended: bool | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AccountOut]:
    """Ended accounts are listed, too: history names them. Reading names is audited."""
    filters = {"role": role, "q": q, "area": area, "is_ended": is_ended}
    position = read_cursor(cursor, filters, (str,))
    rows = queries.account_page(
        session,
        role=role.value if role else None,
        q=q,
        actor=actor,
        area_ids=None if area is None else places.within(area),
        is_ended=is_ended,
        after=position[0] if position else None,
        limit=limit + 1,
    )
    page = rows[:limit]
    areas = queries.areas_of_accounts(session, [account.id for account in page])
    items = []
    for account in page:
        held = areas.get(account.id, frozenset())
        fields = _fields(account, places, held)
        fields["name"] = listed_name(actor, account.name)
        fields["version"] = version_of(cipher, *_state_of(account, held))
        items.append(AccountOut.model_validate(fields))
    audit.record_audit(
        session,
        actor,
        action="account.list",
        subject_kind="account",
        fields=["name"],
        detail={"rows": len(page)},
        now=now,
    )
    more = len(rows) > limit
    return Page(
        items=items,
        next=make_cursor([page[-1].username], filters) if more else None,
    )


@router.post(
    "/accounts",
    dependencies=[within(Budget.PASSWORD)],
    summary="Add an account (admin)",
    status_code=201,
    responses=problem_responses(404, 409, 422),
)
def post_account(
    body: AccountIn,
    actor: AccountKeeper,
    session: CurrentSession,
    places: CurrentPlaces,
    now: Now,
) -> AccountWithPassword:
    """The first password is in the reply, once; it must be changed at sign-in."""
    password = passwords.first_password()
    area_ids = places.ids_of(body.area_codes)
    account = service.create_account(
        session,
        username=body.username,
        password=password,
        name=body.name,
        role=body.role,
        area_ids=area_ids,
        must_change_password=True,
        now=now,
        actor=actor,
    )
    fields = _fields(account, places, frozenset(area_ids))
    return AccountWithPassword.model_validate({**fields, "first_password": password})


@router.get(
    "/accounts/{account_id}",
    summary="One account with its full name (admin)",
    responses=problem_responses(404, 422),
)
def get_account(
    account_id: UUID,
    actor: AccountKeeper,
    session: CurrentSession,
    places: CurrentPlaces,
    now: Now,
    version: ShownVersion,
) -> AccountOut:
    """Never with a password. The full name is a row of the audit."""
    account = service.get_account(session, account_id)
    audit.record_audit(
        session,
        actor,
        action="account.read",
        subject_kind="account",
        subject_id=account.public_id,
        fields=["name"],
        now=now,
    )
    area_ids = queries.area_ids_of_account(session, account.id)
    version.show(*_state_of(account, area_ids))
    return AccountOut.model_validate(_fields(account, places, area_ids))


@router.patch(
    "/accounts/{account_id}",
    dependencies=[within(Budget.PASSWORD)],
    summary="Change, end, lock, unlock or reset an account (admin)",
    responses=problem_responses(404, 409, 412, 422),
)
def patch_account(
    account_id: UUID,
    body: AccountChange,
    request: Request,
    actor: AccountKeeper,
    session: CurrentSession,
    context: CurrentContext,
    places: CurrentPlaces,
    now: Now,
    version: ReadVersion,
) -> AccountWithPassword:
    """Absent fields stay as they are. Who signs in with an account ends with it."""
    account = lock_again(session, service.get_account(session, account_id))
    area_ids = queries.area_ids_of_account(session, account.id)
    version.check(*_state_of(account, area_ids))
    password = None
    if body.is_ended:
        if body.model_fields_set != {"is_ended"}:
            raise InvalidInput(
                "An account is ended by itself, without other changes",
                loc=("body", "is_ended"),
                mend="Send is_ended in a request of its own",
            )
        service.end_account(session, account, now=now, actor=actor)
        hooks_of(request).end_people_of(
            session, actor, account.id, now=now, settings=context.settings
        )
    else:
        service.change_account(
            session,
            account,
            actor=actor,
            now=now,
            name=body.name,
            role=body.role,
            area_ids=None
            if body.area_codes is None
            else places.ids_of(body.area_codes),
            is_locked=body.is_locked,
        )
        if body.reset_password:
            password = passwords.reset_password(session, account, now=now, actor=actor)
    area_ids = queries.area_ids_of_account(session, account.id)
    session.flush()
    version.show(*_state_of(account, area_ids))
    fields = _fields(account, places, area_ids)
    if body.name is None:
        fields["name"] = mask_name(account.name)
    return AccountWithPassword.model_validate({**fields, "first_password": password})
