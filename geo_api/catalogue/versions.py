"""Makes versions of the rules: a change takes effect at a moment, and moves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.catalogue.change import Change, changed
from geo_api.catalogue.models import CatalogueRule, CatalogueVersion, Service
from geo_api.catalogue.queries import read_versions
from geo_api.catalogue.rules import Rule, Terms
from geo_api.catalogue.seed import BEGUN, CHAIN, SERVICES, ServiceSeed
from geo_api.errors import InvalidInput

# A county's first version holds for whatever is entered of earlier days.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def change_rules(
    session: Session,
    changes: Mapping[str, Change],
    *,
    effective_from: datetime,
    by: int | None,
    reason: str,
    now: datetime,
) -> int:
    """Say something else of services from a moment on; the number of the version.

    What is planned for later holds the change, too, but for services that it says
    something of its own of.
    """
    if effective_from < now:
        raise InvalidInput(
            "A change takes effect now or later",
            loc=("from",),
            mend="Leave it out for now, or write a moment to come",
        )
    if not reason.strip():
        raise InvalidInput(
            "A change of the rules says why",
            loc=("reason",),
            mend="Write in a few words why it is made",
        )
    _lock(session)
    # Of several versions of one moment the last is in force.
    versions = {v.effective_from: v for v in read_versions(session, effective_from)}
    before, *planned = versions.values()
    rules = changed(before.rules, changes)
    number = _make(
        session, effective_from, rules.values(), by=by, reason=reason, now=now
    )
    for later in planned:
        alike = {
            code: rules[code]
            for code in changes
            if _said(later.rules[code]) == _said(before.rules[code])
        }
        if alike:
            held = {**later.rules, **alike}.values()
            _make(session, later.effective_from, held, by=by, reason=reason, now=now)
    return number


def _said(rule: Rule) -> tuple[Terms, bool]:
    return rule.terms, rule.is_offered


def seed_services(session: Session, *, now: datetime) -> None:
    """Give a county without a catalogue the starting one; existing codes stay."""
    present = set(session.scalars(select(Service.code)))
    missing = [seed for seed in SERVICES if seed.code not in present]
    if not missing:
        return
    rows = [
        {
            "code": seed.code,
            "name": seed.name,
            "group_name": seed.group,
            "kind": seed.kind.value,
            "description": seed.description,
            "keywords": list(seed.keywords),
            "created_at": now,
        }
        for seed in missing
    ]
    session.execute(upsert(Service).values(rows).on_conflict_do_nothing())
    ids = _lock(session)
    numbers = session.scalars(select(CatalogueVersion.id)).all() or [
        _number(session, _BEGINNING, by=None, reason=BEGUN, now=now)
    ]
    # Of what was no service yet no version has said anything: each says it now.
    rules = [
        _row(number, ids[seed.code], _terms(seed), is_offered=True)
        for number in numbers
        for seed in missing
    ]
    session.execute(upsert(CatalogueRule).values(rules).on_conflict_do_nothing())


def _terms(seed: ServiceSeed) -> Terms:
    return Terms(
        service_code=seed.code,
        chain=CHAIN,
        first=seed.duty,
        is_confidential=seed.is_confidential,
        due_hours=seed.hours,
        due_working_days=seed.working_days,
    )


def _make(
    session: Session,
    effective_from: datetime,
    rules: Iterable[Rule],
    *,
    by: int | None,
    reason: str,
    now: datetime,
) -> int:
    number = _number(session, effective_from, by=by, reason=reason, now=now)
    rows = [_row(number, r.service_id, r.terms, is_offered=r.is_offered) for r in rules]
    session.execute(insert(CatalogueRule), rows)
    return number


def _number(
    session: Session,
    effective_from: datetime,
    *,
    by: int | None,
    reason: str,
    now: datetime,
) -> int:
    version = CatalogueVersion(
        effective_from=effective_from, made_at=now, made_by=by, reason=reason
    )
    session.add(version)
    session.flush()
    return version.id


def _row(
    number: int, service_id: int, terms: Terms, *, is_offered: bool
) -> dict[str, Any]:
    return {
        "version_id": number,
        "service_id": service_id,
        "chain": [kind.value for kind in terms.chain],
        "first_duty": terms.first.value,
        "due_hours": terms.due_hours,
        "due_working_days": terms.due_working_days,
        "is_confidential": terms.is_confidential,
        "is_offered": is_offered,
    }


def _lock(session: Session) -> dict[str, int]:
    """Have all services alone, so that of two changes one knows the other; their ids.

    NO KEY UPDATE: orders, which only refer to services, need not wait.
    """
    wanted = select(Service.code, Service.id).order_by(Service.id)
    return dict(session.execute(wanted.with_for_update(key_share=True)).all())
