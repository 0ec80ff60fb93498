"""A county that has not been given its boundaries yet."""

from __future__ import annotations


def test_without_boundaries_the_service_is_not_ready_to_answer(client) -> None:
    for path in (
        "/api/areas",
        "/api/areas.geojson",
        "/api/areas/620171",
        "/api/editions/current",
        "/tiles/areas.json",
        "/tiles/areas/5/25/12.mvt",
    ):
        reply = client.get(path)
        assert reply.status_code == 503, path
        assert reply.headers["content-type"] == "application/problem+json"
    assert client.get("/api/editions").json()["items"] == []
