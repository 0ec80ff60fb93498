"""The shapes of zones, before they were dated, are carried through and shared."""

from __future__ import annotations

import make
from alembic import command
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from geo_api.db import upgrade as upgrading


def test_a_zone_of_before_keeps_its_shape_from_its_first_day(
    fresh_database, fresh_world: make.World
) -> None:
    engine = create_engine(fresh_database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        upgrading._enter(connection, "minqing")
        config = upgrading._config()
        config.attributes.update(connection=connection, schema="minqing")
        command.downgrade(config, "0019")
        # One as large as its area, two alike, one without a shape.
        connection.execute(
            text(
                "INSERT INTO responsibility_zone"
                " (public_id, code, name, kind, area_id, geom, valid_from)"
                " SELECT gen_random_uuid(), 'Z-' || k, '片区', 'grid', a.area_id,"
                " CASE WHEN k < 3 THEN s.geom END, '2025-05-01'"
                " FROM edition_area a JOIN shape s ON s.id = a.shape_id,"
                " generate_series(1, 3) AS k WHERE a.code = :code"
            ),
            {"code": make.GROUP},
        )
        zones = connection.execute(
            text(
                "SELECT code, valid_from, ST_AsBinary(geom) FROM responsibility_zone"
                " WHERE geom IS NOT NULL ORDER BY code"
            )
        ).all()
        shapes = connection.scalar(text("SELECT count(*) FROM shape"))
    upgrading.upgrade(engine, "minqing", app_role=make_url(fresh_database.url).username)
    with fresh_database.sessions.transaction() as session:
        carried = session.execute(
            text(
                "SELECT z.code, d.valid_from, ST_AsBinary(s.geom), d.valid_to"
                " FROM responsibility_zone z JOIN zone_shape d ON d.zone_id = z.id"
                " JOIN shape s ON s.id = d.shape_id ORDER BY z.code"
            )
        ).all()
        assert [tuple(row) for row in carried] == [(*zone, None) for zone in zones]
        assert len(carried) == len(fresh_world.zones) + 2
        # Those of the small county had their shapes already, and the area has its own.
        assert session.scalar(text("SELECT count(*) FROM shape")) == shapes
    engine.dispose()
