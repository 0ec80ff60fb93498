"""``minqing editions``: which boundaries there are, what they would change, the act."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from geo_api.accounts.rules import Actor
from geo_api.areas.models import Edition
from geo_api.areas.queries import find_edition_at
from geo_api.changes.activation import (
    foresee_effect,
    get_edition,
    record_effect,
    roll_back,
    take_effect,
)
from geo_api.changes.effect import AreaChange, AreaName, Effect
from geo_api.cli.database import context_of
from geo_api.cli.terminal import language, tell
from geo_api.dispatch.rules import DUTY_WORDS
from geo_api.errors import Words
from geo_api.http.language import say
from geo_api.settings import Settings

app = typer.Typer(no_args_is_help=True)

Id = Annotated[UUID, typer.Argument(help="As `minqing editions list` shows it.")]

# Of each kind of holder, what is said of one.
_HOLDERS = {
    "accounts": "Account %(name)s is for %(area)s, which goes",
    "portal_keys": "Key %(name)s is for %(area)s, which goes",
    "server_keys": "Server key %(name)s is for %(area)s, which goes",
}
# A msgid for each way in which an area may change.
_HOW = {
    "renamed": "renamed",
    "recoded": "another code",
    "reshaped": "another shape",
    "reparented": "another superior",
}


@app.command("list")
def list_editions() -> None:
    """List editions, newest first: id, day, state, name."""
    newest_first = select(Edition).order_by(
        Edition.created_at.desc(), Edition.id.desc()
    )
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        today = context.clock().astimezone(context.settings.place.tz).date()
        in_force = find_edition_at(session, today)
        for edition in session.scalars(newest_first):
            day = edition.active_from.isoformat() if edition.active_from else "-"
            state = "in force" if edition is in_force else _state(edition)
            told = say(state, {}, language())
            typer.echo("\t".join((str(edition.public_id), day, told, edition.name)))


def _state(edition: Edition) -> str:
    if edition.activated_at is not None:
        return "was in force"
    if edition.superseded_at is not None:
        return "given up"
    return "stored" if edition.active_from is None else "planned"


@app.command("effect")
def effect(edition_id: Id) -> None:
    """Say what would change if an edition took effect today; nothing is changed."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        found = foresee_effect(
            session,
            get_edition(session, edition_id),
            now=context.clock(),
            settings=context.settings,
        )
    _tell(found)


@app.command("take-effect")
def take_effect_now(edition_id: Id) -> None:
    """Put an edition in force now, whatever day it is planned for."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        edition, now = get_edition(session, edition_id), context.clock()
        found = take_effect(
            session, edition, actor=Actor(), now=now, settings=context.settings
        )
        record_effect(session, Actor(), edition, found, now=now)
    _tell(found)
    tell("In force: %(edition)s", {"edition": edition.name})


@app.command("rollback")
def rollback(edition_id: Id) -> None:
    """Put a new edition in force that is equal to an old one."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        old, now = get_edition(session, edition_id), context.clock()
        edition, found = roll_back(
            session, old, actor=Actor(), now=now, settings=context.settings
        )
        record_effect(session, Actor(), edition, found, now=now)
    _tell(found)
    tell("In force: %(edition)s", {"edition": edition.name})


def _tell(found: Effect) -> None:
    tell("Areas that change: %(count)s", {"count": len(found.areas)})
    for change in found.areas:
        _tell_area(change)
    for duty in found.duties:
        params = {
            "duty": Words(DUTY_WORDS[duty.kind]),
            "person": duty.person_code,
            "area": _shown(duty.area),
        }
        if duty.passes_to is None:
            tell("Duty %(duty)s of %(person)s on %(area)s ends", params)
        else:
            tell(
                "Duty %(duty)s of %(person)s on %(area)s passes to %(to)s",
                {**params, "to": _shown(duty.passes_to)},
            )
    for back in found.duties_returning:
        tell(
            "Duty %(duty)s of %(person)s on %(area)s comes back",
            {
                "duty": Words(DUTY_WORDS[back.kind]),
                "person": back.person_code,
                "area": _shown(back.area),
            },
        )
    for zone in found.zones:
        named = {"zone": f"{zone.name} ({zone.code})", "area": _shown(zone.area)}
        if zone.passes_to is None:
            tell("Zone %(zone)s of %(area)s lies in no single area any more", named)
        else:
            tell(
                "Zone %(zone)s of %(area)s passes to %(to)s",
                {**named, "to": _shown(zone.passes_to)},
            )
    for kind, message in _HOLDERS.items():
        for holder in getattr(found, kind):
            tell(message, {"name": holder.name, "area": _shown(holder.area)})
    for desk in found.desks:
        tell(
            "Nobody holds the duty %(duty)s of %(area)s",
            {"duty": Words(DUTY_WORDS[desk.kind]), "area": _shown(desk.area)},
        )
    tell(
        "Households in other areas: %(moved)s; outside the boundaries: %(outside)s",
        {"moved": found.households_moved, "outside": found.households_outside},
    )
    tell(
        "Open requests that lie elsewhere: %(moved)s; handed on: %(handed_on)s",
        {"moved": found.requests_moved, "handed_on": found.requests_handed_on},
    )


def _tell_area(change: AreaChange) -> None:
    if change.before is None:
        tell("  new: %(areas)s", {"areas": _both([change.after])})
    elif change.after is None:
        tell("  goes: %(areas)s", {"areas": _both([change.before])})
    else:
        tell(
            "  %(areas)s: %(how)s",
            {
                "areas": _both(dict.fromkeys([change.before, change.after])),
                "how": Words(*(_HOW[how] for how in change.how)),
            },
        )


def _both(areas: Iterable[AreaName | None]) -> str:
    return " → ".join(_shown(area) for area in areas if area is not None)


def _shown(area: AreaName) -> str:
    return f"{area.name} ({area.code})"
