"""A county at full size, written by the server itself: 88 villages and a year's orders.

Shapes are squares on a grid; people, zones and households are spread evenly, orders
more thickly in the last months, as they come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import make
import numpy as np
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Role
from geo_api.accounts.service import create_account
from geo_api.accounts.tokens import issue_account_token
from geo_api.areas.models import EditionArea, Shape
from geo_api.db.cipher import Cipher
from geo_api.db.session import enter_schema
from geo_api.households.models import Household
from geo_api.ogc.rules import cells_of
from geo_api.people.models import Person

VILLAGES = 88
GROUPS = 430
HOUSEHOLDS = 60_000
REQUESTS = 200_000

_STATEMENTS = [
    statement
    for statement in Path(__file__).with_name("full_size.sql").read_text().split(";\n")
    if statement.strip()
]


@dataclass(frozen=True)
class FullSize:
    """Codes of one village, its town and one of its groups in the grown county."""

    town: str = "620171901"
    village: str = "620171901001"
    group: str = "620171901001000"


def grow(owner: Engine, cipher: Cipher, world: make.World, now: datetime) -> FullSize:
    """Grow the small county to full size, with statistics of it."""
    params: dict[str, Any] = {
        "villages": VILLAGES,
        "groups": GROUPS,
        "households": HOUSEHOLDS,
        "requests": REQUESTS,
        "edition": world.county.edition_id,
        "county": world.county.ids["620171"],
        "handler": world.people["county_desk"],
        "account": world.accounts["county"],
        "now": now,
        "name": cipher.encrypt("某某"),
    }
    for statement in _STATEMENTS:
        with Session(owner) as session, session.begin():
            enter_schema(session.connection(), "minqing")
            if ":cells" in statement:
                params["cells"] = _cells(session)
            session.execute(text(statement), params)
            # The next one joins what this one wrote.
            session.execute(text("ANALYZE"))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
    return FullSize()


def _cells(session: Session) -> list[int]:
    """The cells of the households' doors, in the order of their ids."""
    found = session.execute(
        select(func.ST_X(Household.geom), func.ST_Y(Household.geom))
        .where(Household.code.startswith("F-"))
        .order_by(Household.id)
    )
    points = np.array(found.all(), float)
    cells: list[int] = cells_of(points[:, 0], points[:, 1]).tolist()
    return cells


# Who asks: the role, the area it holds in, and the duty that its person holds.
_CALLERS: dict[str, tuple[Role, str | None, str | None]] = {
    "village": (Role.VILLAGE_CADRE, FullSize.village, "village_desk"),
    "town": (Role.TOWN_LEADER, FullSize.town, None),
    "county": (Role.COUNTY_LEADER, "620171", None),
    "handler": (Role.HANDLER, None, "household_care"),
    "grid": (Role.HANDLER, None, "grid"),
    "auditor": (Role.AUDITOR, None, None),
}
_PERSON = text(
    "SELECT d.person_id FROM duty d"
    " LEFT JOIN responsibility_zone z ON z.id = d.zone_id"
    " JOIN edition_area a ON a.area_id = coalesce(d.area_id, z.area_id)"
    " WHERE d.kind = :kind AND a.code IN (:village, :group)"
    " ORDER BY d.id LIMIT 1"
)


def sign_in_all(
    session: Session, county: FullSize, now: datetime
) -> dict[str, dict[str, str]]:
    """Headers of callers in the grown county, by what they are."""
    headers = {}
    for name, (role, code, duty) in _CALLERS.items():
        areas = select(EditionArea.area_id).where(EditionArea.code == code)
        account = create_account(
            session,
            username=f"full_{name}",
            password=make.PASSWORD,
            name=name,
            role=role,
            area_ids=session.scalars(areas).all(),
            must_change_password=False,
            now=now,
        )
        session.flush()
        if duty is not None:
            wanted = {"kind": duty, "village": county.village, "group": county.group}
            person_id = session.execute(_PERSON, wanted).scalar_one()
            session.get_one(Person, person_id).account_id = account.id
        secret, _ = issue_account_token(
            session, account, kind="bearer", now=now, hours=12
        )
        headers[name] = {"Authorization": f"Bearer {secret}"}
    return headers


def label_of(session: Session, code: str) -> tuple[float, float]:
    """Lon and lat of an area's label."""
    row = session.execute(
        select(func.ST_X(Shape.label_point), func.ST_Y(Shape.label_point))
        .join(EditionArea, EditionArea.shape_id == Shape.id)
        .where(EditionArea.code == code)
    ).one()
    return row[0], row[1]
