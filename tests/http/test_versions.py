"""Who changes something says what they have read; what is older is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import make
import pytest
from cryptography.fernet import Fernet
from fastapi.testclient import TestClient
from make_races import at_once
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account
from geo_api.db.cipher import Cipher
from geo_api.households.models import Household
from geo_api.http.versions import version_of
from geo_api.people.models import Person
from geo_api.zones.models import ResponsibilityZone

DOCUMENT = json.loads(
    (Path(__file__).parents[2] / "docs" / "openapi.json").read_text("utf-8")
)
CHANGES = [
    (path, method)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if method in ("patch", "put")
]


@dataclass(frozen=True)
class Case:
    """Somebody who may change one row, and two changes that differ."""

    caller: str
    model: Any
    of: Callable[[make.World], int]
    bodies: tuple[dict[str, Any], ...]


CASES = {
    "/api/households/{household_id}": Case(
        "village",
        Household,
        lambda world: world.households[0],
        (
            {"address": "一社新址1号"}, {"phone": "10012345611"}, {"member_count": 7},
            {"head_name": "沈新主"},
        ),
    ),
    "/api/people/{person_id}": Case(
        "village",
        Person,
        lambda world: world.people["care"],
        ({"name": "钱新名"}, {"phone": "10012345612"}, {"is_party_member": True}),
    ),
    "/api/zones/{zone_id}": Case(
        "village",
        ResponsibilityZone,
        lambda world: world.zones[make.ZONE],
        ({"name": "新名"}, {"ends_on": "2026-06-01"}),
    ),
    "/api/zones/{zone_id}/households": Case(
        "village",
        ResponsibilityZone,
        lambda world: world.zones[make.ZONE],
        ({"household_ids": []},),
    ),
    "/api/accounts/{account_id}": Case(
        "admin",
        Account,
        lambda world: world.accounts["handler"],
        ({"name": "新名"}, {"is_locked": True}),
    ),
}  # fmt: skip


def _address(session: Session, path: str, case: Case, world: make.World) -> str:
    id_ = case.of(world)
    public_id = session.scalar(select(case.model.public_id).where(case.model.id == id_))
    head, _, rest = path.partition("{")
    return f"{head}{public_id}{rest.partition('}')[2]}"


@pytest.mark.parametrize(("path", "method"), CHANGES)
def test_every_change_may_say_what_it_builds_on(
    client: TestClient, session: Session, world: make.World, sign_in, path, method
) -> None:
    operations = DOCUMENT["paths"][path]
    names = {one["name"].lower() for one in operations[method].get("parameters", ())}
    assert "if-match" in names
    assert "412" in operations[method]["responses"]
    case = CASES[path]
    headers = {**sign_in(case.caller), "Accept-Language": "en"}
    address = _address(session, path, case, world)

    def tag() -> str:
        reply = client.get(address, headers=headers)
        assert reply.status_code == 200, reply.text
        return reply.headers["etag"]

    def change(body: dict[str, Any], if_match: str | None) -> Any:
        said = {"If-Match": if_match} if if_match is not None else {}
        return client.request(method, address, json=body, headers=headers | said)

    for body in case.bodies:
        first = tag()
        assert tag() == first
        shown = client.get(address, headers=headers).json()
        stale = change(body, '"somebody-else"')
        assert stale.status_code == 412, stale.text
        problem = stale.json()
        assert problem["type"] == "/problems/stale"
        assert problem["mend"]
        assert client.get(address, headers=headers).json() == shown
        done = change(body, f'"other", W/{first}')
        assert done.status_code < 300, done.text
        assert tag() != first
        if done.status_code == 200:
            assert done.headers["etag"] == tag()
        assert change(body, first).status_code == 412
        # Who says nothing, or anything, goes through.
        for anything in (None, "*"):
            assert change(body, anything).status_code != 412


def test_our_own_pages_always_say_what_they_have_read() -> None:
    pages = Path(__file__).parents[2] / "map_ui" / "static" / "js"
    changes = [
        options
        for script in pages.rglob("*.js")
        for options in re.findall(r"{[^{}]*}", script.read_text("utf-8"))
        if re.search(r'method: "(PATCH|PUT)"', options)
    ]
    assert [options for options in changes if "seen: " not in options] == []
    # Whatever the pages change has a form of its own: people, zones, lists, accounts.
    assert len(changes) > len(CHANGES)


def test_a_version_tells_no_name_to_who_guesses_it(cipher: Cipher) -> None:
    another = Cipher([Fernet.generate_key()])
    tags = {version_of(one, "钱联户") for one in (cipher, another)}
    assert len(tags) == 2
    assert version_of(cipher, "钱联户") in tags


@pytest.mark.parametrize("path", ["/api/services", "/api/catalogue"])
def test_what_may_be_ordered_has_a_version(client: TestClient, world, path) -> None:
    first, again = client.get(path), client.get(path)
    assert first.headers["etag"] == again.headers["etag"]
    assert first.headers["etag"].startswith('"')


def test_a_list_of_accounts_tells_their_versions(client, session, world, sign_in):
    headers = sign_in("admin")
    for item in client.get("/api/accounts", headers=headers).json()["items"]:
        one = client.get(f"/api/accounts/{item['id']}", headers=headers)
        assert one.headers["etag"] == item["version"]


def test_of_two_who_read_the_same_and_write_at_once_one_is_refused(
    committing_client: TestClient, fresh_world: make.World, fresh_database, now
) -> None:
    with fresh_database.sessions.transaction() as session:
        headers = make.a_token(session, fresh_world, "village", now)
        path = "/api/households/{household_id}"
        address = _address(session, path, CASES[path], fresh_world)
    for attempt in range(3):
        tag = committing_client.get(address, headers=headers).headers["etag"]

        def write(i: int, tag: str = tag, attempt: int = attempt) -> int:
            return committing_client.patch(
                address,
                json={"address": f"一社{attempt}-{i}号"},
                headers=headers | {"If-Match": tag},
            ).status_code

        assert sorted(at_once(write, 4)) == [200, 412, 412, 412]
