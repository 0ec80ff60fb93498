"""What was answered is kept; what could not be kept is not answered with success."""

from __future__ import annotations

import make
import make_requests
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, func, select, text

from geo_api.app import create_app
from geo_api.http.context import Context
from geo_api.http.models import IdempotentReply
from geo_api.requests.models import RequestEvent, ServiceRequest

_ON_COMMIT = """
CREATE FUNCTION minqing.fail_on_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {} RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER fail_on_commit AFTER INSERT ON minqing.service_request
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION minqing.fail_on_commit();
GRANT EXECUTE ON FUNCTION minqing.fail_on_commit() TO PUBLIC;
"""


@pytest.fixture
def calm_client(fresh_database, fresh_world, settings, cipher, clock):
    """A client that is answered as a browser is, whatever goes wrong inside."""
    app = create_app(
        Context(
            settings=settings,
            sessions=fresh_database.sessions,
            cipher=cipher,
            clock=clock,
        )
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def _break_commits(fresh_database, action: str) -> None:
    owner = create_engine(fresh_database.owner_url)
    with owner.begin() as connection:
        connection.execute(text(_ON_COMMIT.format(action)))
    owner.dispose()


def _kept(fresh_database) -> list[int]:
    with fresh_database.sessions.transaction() as session:
        return [
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (ServiceRequest, RequestEvent, IdempotentReply)
        ]


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("RAISE EXCEPTION 'the disk is full' USING ERRCODE = '53100';", 503),
        ("RAISE EXCEPTION 'something else';", 500),
        ("PERFORM pg_terminate_backend(pg_backend_pid());", 503),
    ],
)
def test_a_failing_commit_is_a_failing_request(
    calm_client, fresh_database, fresh_world, action: str, status: int
) -> None:
    _break_commits(fresh_database, action)
    reply = calm_client.post(
        "/api/requests",
        json=make_requests.an_order(fresh_world),
        headers={"Idempotency-Key": "kept-or-not"},
    )
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert "tracking_url" not in reply.text
    assert _kept(fresh_database) == [0, 0, 0]


def test_what_was_answered_is_there_for_everybody(
    calm_client, fresh_database, fresh_world
) -> None:
    make_requests.order(calm_client, fresh_world, {"Idempotency-Key": "kept-or-not"})
    assert _kept(fresh_database) == [1, 2, 1]


def test_a_refused_verb_leaves_no_trace(
    calm_client, fresh_database, fresh_world, now
) -> None:
    ordered = make_requests.order(calm_client, fresh_world)
    path = make_requests.path_of(calm_client, ordered)
    with fresh_database.sessions.transaction() as session:
        headers = make.a_token(session, fresh_world, "grid", now)
    make_requests.act(
        calm_client, path, "complete", headers, {"note": "好"}, status=409
    )
    assert _kept(fresh_database) == [1, 2, 0]
