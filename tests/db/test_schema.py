"""What holds for the schema as a whole."""

from __future__ import annotations

import make
import pytest
from make_database import know_every_table
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from geo_api.db.upgrade import find_differences, newest_revision, present_revision


def test_models_and_migrations_agree(server, template: str) -> None:
    know_every_table()
    engine = create_engine(server.url.set(database=template), poolclass=NullPool)
    with engine.connect() as connection:
        assert find_differences(connection, "minqing") == []
        assert present_revision(connection, "minqing") == newest_revision()
    engine.dispose()


@pytest.mark.parametrize("table", ["audit_entry", "request_event", "dispatch_decision"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_the_app_can_add_history_but_never_alter_it(
    session: Session, table: str, statement: str
) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(statement.format(table)))


def test_the_small_county_is_there(session: Session) -> None:
    county = make.a_county(session)
    assert len(county.ids) == 15
