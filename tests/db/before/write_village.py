"""Writes the dump of one village as the house of before kept it, to be upgraded.

It runs by the code of the commit whose tables it dumps (3522120, schema 0014), in a
checkout of it:

    PYTHONPATH=.:tests python …/write_village.py …/village_0014.sql
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from zoneinfo import ZoneInfo

import make
from make_folders import open_folder
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory
from geo_api.db.upgrade import upgrade
from geo_api.dispatch.rules import Location
from geo_api.embedded.cluster import EmbeddedCluster
from geo_api.people.drafts import LeaveDraft
from geo_api.people.leave import add_leaves_many
from geo_api.requests.handle.bulk import By, Plan, PlannedAct, carry_many
from geo_api.requests.order.drafts import ContactDraft, OrderDraft
from geo_api.requests.rules import DeclineReason, Rating, Verb
from geo_api.settings import Settings, StateSettings

SCHEMA = "minqing"
# Nobody's secret: who upgrades the village has to have the key of its contacts.
KEY = b"0" * 43 + b"="
MANY = 190
FIRST = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
_TABLE = f"{SCHEMA}.dispatch_decision"
_DECISIONS = f"COPY {_TABLE} ("
SERVICES = ("XQ-SHUI", "XQ-DIAN", "TS-TOUSU", "XQ-LU", "AQ-YINHUAN")

# What becomes of an order, act by act, an hour after each other.
LIVES: tuple[Sequence[tuple[Verb, By]], ...] = (
    (),
    ((Verb.ACCEPT, By.HANDLER),),
    ((Verb.ACCEPT, By.HANDLER), (Verb.PROGRESS, By.HANDLER)),
    ((Verb.ACCEPT, By.HANDLER), (Verb.COMPLETE, By.HANDLER)),
    (
        (Verb.ACCEPT, By.HANDLER),
        (Verb.COMPLETE, By.HANDLER),
        (Verb.RATE, By.RESIDENT),
    ),
    (
        (Verb.ACCEPT, By.HANDLER),
        (Verb.COMPLETE, By.HANDLER),
        (Verb.REOPEN, By.RESIDENT),
    ),
    ((Verb.WITHDRAW, By.RESIDENT),),
    ((Verb.DECLINE, By.HANDLER), (Verb.ACCEPT, By.HANDLER)),
    ((Verb.ACCEPT, By.HANDLER), (Verb.TRANSFER, By.HANDLER)),
    ((Verb.REMIND, By.LEADER), (Verb.ACCEPT, By.HANDLER)),
)


def _plan(number: int, life: Sequence[tuple[Verb, By]], world: make.World) -> Plan:
    at = FIRST + timedelta(hours=5 * number)
    lon, lat = world.point(make.GROUP if number % 3 else make.VILLAGE)
    service = SERVICES[number // len(LIVES) % len(SERVICES)]
    # Complaints go to a desk, and a desk cannot decline.
    can_decline = service != "TS-TOUSU" and number % 50 != 2
    order = OrderDraft(
        Actor(kind=CallerKind.ACCOUNT),
        service,
        f"第{number}件",
        Location(lon=lon, lat=lat, crs="wgs84"),
        at,
        contact=ContactDraft("某人", "10012345670") if number % 12 == 0 else None,
        about_person_id=world.people["village_desk"] if number % 50 == 2 else None,
        is_confidential=number % 50 == 2,
    )
    acts = [
        PlannedAct(
            verb,
            at + timedelta(hours=i),
            by,
            note=f"记{i}",
            reason=DeclineReason.BEYOND_MY_POWER,
            score=Rating.SATISFIED,
        )
        for i, (verb, by) in enumerate(life, start=1)
        if can_decline or verb is not Verb.DECLINE
    ]
    return Plan(order, acts)


def _fill(session: Session, cipher: Cipher, settings: Settings) -> None:
    world = make.a_world(session, cipher, FIRST)
    away = FIRST.date() + timedelta(days=10)
    add_leaves_many(
        session,
        [
            LeaveDraft(
                world.people["care"],
                away,
                away + timedelta(days=5),
                substitute_id=world.people["grid"],
            )
        ],
        now=FIRST,
    )
    lives = islice(cycle(LIVES), MANY)
    plans = [_plan(n, life, world) for n, life in enumerate(lives)]
    carry_many(session, plans, cipher=cipher, settings=settings)
    # Most links have ended, and of the calendar only this year is looked at again.
    session.execute(text("DELETE FROM token WHERE id % 8 > 0"))
    session.execute(text("DELETE FROM calendar_day WHERE day < '2026-01-01'"))


def _lines_of(dump: str) -> list[str]:
    """Without what says nothing, and what another version of psql would not know."""
    noise = ("--", "\\restrict", "\\unrestrict", "SET transaction_timeout")
    return [
        line
        for line in dump.splitlines()
        if line.strip() and not line.startswith(noise)
    ]


def _explanations_once(lines: Sequence[str]) -> list[str]:
    """Decisions beside the few explanations that they share: a third of the file."""
    begins = next(i for i, line in enumerate(lines) if line.startswith(_DECISIONS))
    ends = lines.index("\\.", begins)
    columns = lines[begins].split("(")[1].split(")")[0].split(", ")
    at = columns.index("explanation")
    told: dict[str, int] = {}
    rows = []
    for line in lines[begins + 1 : ends]:
        row = line.split("\t")
        row[at] = str(told.setdefault(row[at], len(told)))
        rows.append("\t".join(row))
    chosen = ", ".join("body" if name == "explanation" else name for name in columns)
    return [
        *lines[:begins],
        "CREATE TEMPORARY TABLE told (number text, body jsonb);",
        "COPY told FROM stdin;",
        *(f"{number}\t{body}" for body, number in told.items()),
        "\\.",
        f"CREATE TEMPORARY TABLE decided AS SELECT * FROM {_TABLE} WITH NO DATA;",
        "ALTER TABLE decided ALTER explanation TYPE text;",
        lines[begins].replace(_TABLE, "decided"),
        *rows,
        "\\.",
        f"INSERT INTO {_TABLE} ({', '.join(columns)}) SELECT {chosen}"
        " FROM decided JOIN told ON number = explanation ORDER BY id;",
        *lines[ends + 1 :],
    ]


def main(target: Path) -> None:
    with open_folder() as folder:
        cluster = EmbeddedCluster(folder, server_settings={"fsync": "off"})
        cluster.start()
        try:
            engine = create_engine(cluster.superuser_url)
            with engine.begin() as connection:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
                connection.execute(text("CREATE ROLE village_app"))
            upgrade(engine, SCHEMA, app_role="village_app")
            cipher = Cipher([KEY])
            settings = Settings(state=StateSettings(state_dir=folder))
            with SessionFactory(engine, SCHEMA).transaction() as session:
                _fill(session, cipher, settings)
            url = cluster.superuser_url.replace("+psycopg", "")
            dump = subprocess.run(
                ["pg_dump", "--no-owner", "--no-privileges", f"-n{SCHEMA}", url],
                check=True,
                capture_output=True,
                text=True,
            )
            lines = _explanations_once(_lines_of(dump.stdout))
            target.write_text("\n".join(lines) + "\n", encoding="utf-8")
            engine.dispose()
        finally:
            cluster.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
