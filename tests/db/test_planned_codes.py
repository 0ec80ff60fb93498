"""Editions of before: what is in force stays so, and what was planned is undone."""

from __future__ import annotations

import make_editions
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from geo_api.areas.rules import EditionReason
from geo_api.db import upgrade as upgrading

_BEFORE = "0018"


@pytest.fixture
def old(fresh_database, fresh_world, now):
    """A county at the migration before: one edition in force, one planned.

    The planned one had written its codes and names already, as they did then.
    """
    with fresh_database.sessions.transaction() as session:
        planned = make_editions.stored(
            session, make_editions.recoded(), now, reason=EditionReason.RECODE
        ).id
        session.execute(text("UPDATE edition SET active_from = active_from + 3650"
                             " WHERE id = :id"), {"id": planned})  # fmt: skip
        day = "(SELECT active_from FROM edition WHERE id = :id)"
        for statement in (
            f"UPDATE area_code c SET valid_to = {day} FROM edition_area a"
            " WHERE a.edition_id = :id AND a.area_id = c.area_id AND a.code <> c.code",
            "INSERT INTO area_code (area_id, system, code, valid_from, is_primary)"
            f" SELECT area_id, 'statistics', code, {day}, true FROM edition_area a"
            " WHERE edition_id = :id AND NOT EXISTS (SELECT FROM area_code c"
            " WHERE c.area_id = a.area_id AND c.code = a.code)",
            "INSERT INTO area_code (area_id, system, code, valid_from, is_primary)"
            " SELECT area_id, 'civil_affairs', '99' || code, '2020-01-01', false"
            " FROM edition_area WHERE edition_id <> :id",
            f"UPDATE area_name SET valid_to = {day}, kind = 'former'"
            " WHERE name = '西镇' AND :id > 0",
            "INSERT INTO area_name (area_id, name, kind, valid_from)"
            f" SELECT area_id, '新镇', 'official', {day} FROM area_name"
            " WHERE name = '西镇'",
        ):
            session.execute(text(statement), {"id": planned})
    engine = create_engine(fresh_database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        upgrading._enter(connection, "minqing")
        config = upgrading._config()
        config.attributes.update(connection=connection, schema="minqing")
        command.downgrade(config, _BEFORE)
    return planned


def test_codes_go_to_the_editions_and_those_to_come_have_written_nothing(
    fresh_database, old, fresh_world
) -> None:
    engine = create_engine(fresh_database.owner_url, poolclass=NullPool)
    upgrading.upgrade(engine, "minqing", app_role=None)
    with fresh_database.sessions.transaction() as session:

        def ask(statement: str) -> list[tuple]:
            return [tuple(row) for row in session.execute(text(statement))]

        active = ask("SELECT id FROM edition WHERE activated_at IS NOT NULL")
        assert active == [(fresh_world.county.edition_id,)]
        # Every code and name of today goes on, and nothing is told that is not yet.
        assert ask("SELECT 1 FROM area_code WHERE valid_to IS NOT NULL") == []
        assert ask("SELECT 1 FROM area_code WHERE valid_from > current_date") == []
        assert ask("SELECT name, kind, valid_to FROM area_name WHERE name LIKE '%镇'"
                   " ORDER BY id") == [
            ("西镇", "official", None), ("东镇", "official", None),
        ]  # fmt: skip
        rows = ask(
            "SELECT e.activated_at IS NOT NULL, a.code, a.system, a.other_codes"
            " FROM edition_area a JOIN edition e ON e.id = a.edition_id"
            " WHERE a.name = '西镇' ORDER BY 1"
        )
        other = {"civil_affairs": "99620171101"}
        assert rows == [
            (False, "620171109", "statistics", other),
            (True, "620171101", "statistics", other),
        ]
