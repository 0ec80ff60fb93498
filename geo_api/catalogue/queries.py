"""What the catalogue says at a moment, as frozen values."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from geo_api.catalogue.models import CatalogueRule, CatalogueVersion, Service
from geo_api.catalogue.rules import Rule, Terms, Version
from geo_api.duties.rules import DutyKind

_RULE = (
    CatalogueRule.version_id,
    CatalogueRule.service_id,
    CatalogueRule.chain,
    CatalogueRule.first_duty,
    CatalogueRule.due_hours,
    CatalogueRule.due_working_days,
    CatalogueRule.is_confidential,
    CatalogueRule.is_offered,
)


def list_services(session: Session, at: datetime) -> list[tuple[Service, Rule]]:
    """Services that may be ordered at a moment, by code, each with its rule."""
    rows = session.execute(
        select(Service, *_RULE)
        .join(CatalogueRule, CatalogueRule.service_id == Service.id)
        .where(CatalogueRule.version_id == _in_force(at), CatalogueRule.is_offered)
        .order_by(Service.code)
    )
    return [(row.Service, _rule(row, row.Service.code)) for row in rows]


def list_open_groups(session: Session, at: datetime) -> list[str]:
    """Groups of services that are not all confidential at a moment, in order."""
    named = (
        select(Service.group_name)
        .join(CatalogueRule, CatalogueRule.service_id == Service.id)
        .where(CatalogueRule.version_id == _in_force(at))
        .where(~CatalogueRule.is_confidential)
    )
    return sorted(session.scalars(named.distinct()))


def _in_force(at: datetime) -> ScalarSelect[int]:
    version = CatalogueVersion
    return (
        select(version.id)
        .where(version.effective_from <= at)
        .order_by(version.effective_from.desc(), version.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def service_names(session: Session) -> dict[str, str]:
    """What each service is called, by its code; also those that are offered no more."""
    return dict(session.execute(select(Service.code, Service.name)).all())


def read_versions(session: Session, since: datetime | None = None) -> list[Version]:
    """Versions from the one in force at ``since`` on, planned ones included.

    In the order in which they take effect; of one moment the last is in force.
    """
    version = CatalogueVersion
    wanted = (
        select(version.effective_from, Service.code, *_RULE)
        .join(CatalogueRule, CatalogueRule.version_id == version.id)
        .join(Service, Service.id == CatalogueRule.service_id)
        .order_by(version.effective_from, version.id)
    )
    if since is not None:
        begun = select(func.max(version.effective_from)).where(
            version.effective_from <= since
        )
        wanted = wanted.where(version.effective_from >= begun.scalar_subquery())
    rows = session.execute(wanted)
    return [
        Version(number, since, {row.code: _rule(row, row.code) for row in rules})
        for (since, number), rules in groupby(
            rows, key=lambda row: (row.effective_from, row.version_id)
        )
    ]


def terms_by_version(session: Session) -> dict[tuple[int, str], Terms]:
    """What every version said of each service, by its number and the code."""
    return {
        (version.number, code): rule.terms
        for version in read_versions(session)
        for code, rule in version.rules.items()
    }


def _rule(row: Any, code: str) -> Rule:
    return Rule(
        version=row.version_id,
        service_id=row.service_id,
        terms=Terms(
            service_code=code,
            chain=tuple(map(DutyKind, row.chain)),
            first=DutyKind(row.first_duty),
            is_confidential=row.is_confidential,
            due_hours=row.due_hours,
            due_working_days=row.due_working_days,
        ),
        is_offered=row.is_offered,
    )
