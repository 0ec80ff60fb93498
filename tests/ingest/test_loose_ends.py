"""Who would stand on nothing when boundaries change is counted before it happens."""

from __future__ import annotations

from datetime import date, timedelta

import boundary_files as files
import make
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from geo_api.accounts.models import (
    PortalKey,
    PortalKeyArea,
    ServerKey,
    ServerKeyArea,
)
from geo_api.areas.models import Edition
from geo_api.changes.loose_ends import find_loose_ends
from geo_api.db.model import Model
from geo_api.duties.models import Duty
from geo_api.households.models import Household, HouseholdPlace
from geo_api.http.language import say
from geo_api.ingest.boundaries import import_boundaries
from geo_api.zones.models import ResponsibilityZone

DAY = date(2026, 6, 1)
GONE = make.VILLAGE


@pytest.fixture
def planned(session, world, now, settings, tmp_path):
    """Boundaries for a coming day that put one village's land in the next one."""
    rows = [row for row in make.county_tree() if not row[0].startswith(GONE)]
    path = files.write_geojson(tmp_path / "areas.geojson", files.frame_of(rows))
    county = world.county
    key = PortalKey(name="门户", key_hash=b"k", origins=[], layers=[], created_at=now)
    secret = ServerKey(name="热线", key_hash=b"s", may=["read"], created_at=now)
    session.add_all([key, secret])
    session.flush()
    gone = county.ids[GONE]
    session.add(PortalKeyArea(portal_key_id=key.id, area_id=gone))
    session.add(ServerKeyArea(server_key_id=secret.id, area_id=gone))
    session.flush()
    return import_boundaries(
        session,
        path,
        files.a_declaration(valid_from=DAY, reason="merge"),
        commit=True,
        now=now,
        settings=settings,
    )


def _referring_to_areas() -> set[str]:
    return {
        f"{table.name}.{key.parent.name}"
        for table in Model.metadata.tables.values()
        for key in table.foreign_keys
        if key.target_fullname == "area.id"
    }


def _edition(session: Session) -> Edition:
    return session.query(Edition).order_by(Edition.id.desc()).first()


def _said(session: Session) -> dict[str, int]:
    """Counts by the first word of what is loose."""
    ends = find_loose_ends(session, edition_id=_edition(session).id, day=DAY)
    for end in ends:
        for sentence in (end.msg, end.mend):
            assert say(sentence, end.params, "zh-CN") != say(sentence, end.params, "en")
        yield end.msg.split()[0], end.params["count"]


def test_everything_on_an_area_that_goes_is_counted(session, planned) -> None:
    assert planned.is_committed
    expected = {"Duties": 4, "Zones": 2, "Accounts": 1, "Keys": 1, "Server": 1}
    assert dict(_said(session)) == expected
    # And said by the import itself, before it is written for good.
    told = {f.msg.split()[0]: f.params.get("count") for f in planned.findings}
    assert {kind: told.get(kind) for kind in expected} == expected
    assert all(not finding.is_fatal for finding in planned.findings)


def test_whatever_stands_on_an_area_is_looked_at_or_follows_by_itself() -> None:
    """Every column that refers to an area: none is added without being thought of."""
    looked_at = {
        "account_area.area_id",
        "duty.area_id",
        "portal_key_area.area_id",
        "responsibility_zone.area_id",
        "server_key_area.area_id",
    }
    # What makes an edition, what is placed anew, and what keeps where it lay.
    apart = {"area_code", "area_name", "edition_area", "household_place"}
    apart |= {"published_rate", "service_request"}
    follows = {c for c in _referring_to_areas() if c.split(".")[0] in apart}
    assert _referring_to_areas() - follows == looked_at


def test_what_has_ended_by_then_is_not_counted(session, planned, now) -> None:
    for duty in session.query(Duty):
        duty.valid_to = DAY
    for zone in session.query(ResponsibilityZone):
        zone.valid_to = DAY - timedelta(days=1)
    for key in (*session.query(PortalKey), *session.query(ServerKey)):
        key.revoked_at = now
    session.flush()
    assert dict(_said(session)) == {"Accounts": 1}


def test_a_household_without_a_place_is_counted_until_it_ends(
    session, planned, now
) -> None:
    edition = _edition(session)
    session.execute(
        delete(HouseholdPlace).where(HouseholdPlace.edition_id == edition.id)
    )
    assert dict(_said(session))["Households"] == 2
    session.query(Household).first().ended_at = now
    session.flush()
    assert dict(_said(session))["Households"] == 1
