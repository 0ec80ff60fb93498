"""What an order asks of the database.

Counted is all that the server receives between BEGIN and COMMIT: the entering of the
county's schema, the caller, the counts, the idempotency key, what is decided on, and
each INSERT; of a process that stays, and has read the geography into memory. The token
was in use a moment ago, so that its use is not noted again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import make
import make_requests
import pytest
from make_statements import statements

from geo_api.areas import in_force
from geo_api.areas import index as area_index
from geo_api.dispatch.rules import Location
from geo_api.dispatch.simulation import simulate_many
from geo_api.errors import DomainError
from geo_api.requests.order.drafts import ContactDraft, OrderDraft
from geo_api.requests.order.orders import order_many
from geo_api.requests.rules import Channel
from geo_api.zones import index as zone_index

HOLDERS = in_force.HOLDER, area_index.HOLDER, zone_index.HOLDER


@pytest.fixture
def order(committing_client, fresh_database, fresh_world) -> Callable[..., list[str]]:
    """Orders something; what the server was asked for it."""
    sessions = fresh_database.sessions
    sessions.is_lasting = True
    keys = iter(range(100))

    def order(headers: dict[str, str]) -> list[str]:
        headers = {"Idempotency-Key": f"order-{next(keys):08d}", **headers}
        with sessions() as session, statements(session, each_row=True) as said:
            make_requests.order(
                committing_client,
                fresh_world,
                headers,
                contact={"name": "褚先生", "phone": "10098765432"},
            )
        return said

    order({})  # whoever comes first has the geography read
    for holder in HOLDERS:
        holder.wait(sessions)
    return order


@pytest.mark.parametrize(
    ("caller", "asked"),
    [
        # Whether this network may send photos; whether it lies in the cadre's scope.
        (None, "counter"),
        ("village", "service_request"),
    ],
)
def test_an_order_is_twelve_statements_whoever_orders(
    order, fresh_database, fresh_world, now, caller: str | None, asked: str
) -> None:
    headers = {}
    if caller is not None:
        with fresh_database.sessions.transaction() as session:
            headers = make.a_token(session, fresh_world, caller, now)
    order(headers)
    said = order(headers)
    assert len(said) <= 12, "\n\n".join(said)
    written = next(n for n, one in enumerate(said) if "INTO request_event" in one)
    scope, reply = said[written + 1 :]
    # What was written is not read again to show it.
    assert scope.startswith("SELECT")
    assert f"FROM {asked}" in scope
    assert reply.startswith("UPDATE idempotent_reply")


def _imported(world: make.World, now: datetime, many: int) -> list[OrderDraft]:
    """A file's orders: points, an area's code, words; as a county's file has them."""
    lon, lat = make_requests.point_in_zone(world)
    places = [
        Location(lon=lon, lat=lat, crs="wgs84"),
        Location(area_code=make.GROUP),
        Location(address="桥头第二家"),
        Location(household_id=world.households[0]),
    ]
    return [
        make_requests.a_draft(
            world,
            now,
            location=places[n % len(places)],
            contact=ContactDraft("褚先生", "10098765432"),
            external_id=f"{many}-{n}",
            channel=Channel.HOTLINE_12345,
        )
        for n in range(many)
    ]


@pytest.mark.parametrize("act", ["import", "simulate"])
def test_a_hundred_take_as_many_statements_as_four(
    session, world, now, cipher, settings, act: str
) -> None:
    counts = []
    # The first one reads the geography, which is kept.
    for many in (4, 8, 100):
        drafts = _imported(world, now, many)
        with statements(session, each_row=True) as said:
            if act == "import":
                done = order_many(session, drafts, cipher=cipher, settings=settings)
            else:
                asked = [(draft.location, draft.service_code) for draft in drafts]
                done = simulate_many(session, asked, now=now, settings=settings)
        counts.append(len(said))
        assert len(done) == many
        assert not [each for each in done if isinstance(each, DomainError)]
    assert counts[1] == counts[2] < 30, counts
