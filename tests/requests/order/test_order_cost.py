"""What an order asks of the database."""

from __future__ import annotations

import make_requests
from make_statements import statements


def test_an_order_tells_its_handler_and_reads_nothing_else_for_it(
    client, session, world
) -> None:
    make_requests.order(client, world)
    with statements(session) as said:
        make_requests.order(client, world)
    # One of them compares the geography's number under its lock, one fills the outbox.
    assert len(said) <= 27
    told = [s for s in said if s.startswith("SELECT")][-4:]
    tables = [s.split("FROM ")[1].split()[0] for s in told]
    assert tables == ["service_request", "person", "duty", "counter"]
