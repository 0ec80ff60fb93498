"""One request from order to rating, over HTTP."""

from __future__ import annotations

import make_requests


def test_ordered_dispatched_accepted_completed_and_rated(
    client, world, sign_in
) -> None:
    ordered = make_requests.order(
        client, world, contact={"name": "褚先生", "phone": "10098765432"}
    )
    assert ordered["stage"] == "dispatched"
    assert ordered["handler"] == {
        "person_id": None,
        "name": "钱*",
        "duty": "household_care",
    }
    assert ordered["explanation"] is None
    handler = sign_in("handler")
    path = make_requests.path_of(client, ordered)
    assert client.post(f"{path}/accept", headers=handler).json()["stage"] == "accepted"
    done = client.post(f"{path}/complete", json={"note": "已修好"}, headers=handler)
    assert done.json()["stage"] == "completed"
    assert done.json()["status"] == "closed"
    resident = make_requests.link_of(ordered)
    rated = client.post(f"{path}/rate", json={"score": "satisfied"}, headers=resident)
    assert rated.json()["stage"] == "rated"
    history = client.get(f"{path}/history", headers=handler).json()["items"]
    assert [event["verb"] for event in history] == [
        "order",
        "dispatch",
        "accept",
        "complete",
        "rate",
    ]


def test_the_summary_counts_what_happened(client, world, sign_in) -> None:
    make_requests.order(client, world)
    make_requests.order(client, world, service_code="XQ-LU")
    summary = client.get(
        "/api/summary", params={"by": "service"}, headers=sign_in("town")
    ).json()
    assert summary["totals"]["ordered"] == 2
    assert summary["totals"]["open"] == 2
    rows = {row["key"]: row["ordered"] for row in summary["rows"]}
    assert rows["XQ-SHUI"] == 1
    assert rows["XQ-LU"] == 1
    assert list(rows) == sorted(rows)
