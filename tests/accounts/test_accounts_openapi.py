"""What the OpenAPI document says of this room's routes."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

PATHS = {
    "/api/token",
    "/api/session",
    "/api/logout",
    "/api/password",
    "/api/me",
    "/api/accounts",
    "/api/accounts/{account_id}",
    "/api/portal-keys",
    "/api/portal-keys/{key_id}",
    "/api/audit",
}


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def _operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path in sorted(PATHS)
        for method, operation in document["paths"][path].items()
    ]


def test_every_route_has_a_summary_and_says_what_can_go_wrong(
    document: dict[str, Any],
) -> None:
    assert len(_operations(document)) == 13
    for name, operation in _operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        responses = operation["responses"]
        assert "401" in responses, name
        if "token" not in name:
            assert "403" in responses, name
        if operation.get("parameters") or "requestBody" in operation:
            assert "422" in responses, name
        if "{" in name:
            assert "404" in responses, name
        for status, response in responses.items():
            if int(status) >= 400:
                [kind] = response["content"]
                assert kind == "application/problem+json", name
                content = response["content"][kind]
                assert content["example"]["status"] == int(status)
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                required = document["components"]["schemas"]["Problem"]["required"]
                assert set(required) <= set(content["example"])


def test_every_model_of_the_room_has_an_example(document: dict[str, Any]) -> None:
    names = {
        "SignIn",
        "PasswordChange",
        "TokenReply",
        "Me",
        "AccountIn",
        "AccountChange",
        "AccountOut",
        "AccountWithPassword",
        "PortalKeyIn",
        "PortalKeyOut",
        "PortalKeyWithSecret",
        "AuditOut",
    }
    schemas = document["components"]["schemas"]
    assert {n for n in names if not schemas[n].get("example")} == set()


def test_the_three_ways_in_are_described(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"]["flows"]["password"]["tokenUrl"] == "/api/token"
    assert schemes["session"]["name"] == "minqing_session"
    assert schemes["portal_key"]["name"] == "X-Portal-Key"
    me = document["paths"]["/api/me"]["get"]["security"]
    assert [set(way) for way in me] == [{"bearer"}, {"session"}, {"portal_key"}]
    assert "security" not in document["paths"]["/api/token"]["post"]
