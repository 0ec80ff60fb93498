"""How each row of scope.txt is asked: the address and the body, of either village."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import make
import numpy as np
from make_pictures import a_photo_form
from make_stage import CALLERS, Reply, Stage, Village, later, order_body

from geo_api.heat.images import TILE_PIXELS, paint_empty
from geo_api.ogc.rules import CELL_LEVEL, cell_of, unmorton

TABLE = Path(__file__).with_name("scope.txt")
SHOWN, HIDDEN = "+", "-"


@dataclass(frozen=True)
class Row:
    """A line of scope.txt: what each caller gets at home and away."""

    name: str
    expected: dict[str, tuple[str, str]]

    @property
    def route(self) -> tuple[str, str]:
        """Method and path as the application knows them."""
        method, path = self.name.split()[:2]
        return method, path


def read_table() -> list[Row]:
    """The rows of scope.txt; every row speaks of every caller."""
    rows = []
    for line in TABLE.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split()
        cells = parts[-len(CALLERS) :]
        name = " ".join(parts[: -len(CALLERS)])
        pairs = [(cell.split("/") * 2)[:2] for cell in cells]
        rows.append(
            Row(
                name,
                {c: (a, b) for c, (a, b) in zip(CALLERS, pairs, strict=True)},
            )
        )
    return rows


@dataclass(frozen=True)
class Ask:
    """One request about a village's things."""

    url: str = ""
    options: Callable[[Stage, Village], dict[str, Any]] = lambda _stage, _village: {}
    # Which of the village's requests it is about.
    situation: str = "dispatched"
    # Whether a list, a tile or a sum shows the village's things.
    shows: Callable[[Village, Reply], bool] | None = None


def _text(part: Callable[[Village], str]) -> Callable[[Village, Reply], bool]:
    return lambda village, reply: part(village) in reply.text


def _is_painted(_village: Village, reply: Reply) -> bool:
    return reply.content != paint_empty(TILE_PIXELS)


def _json(body: Callable[[Stage, Village], Any]) -> Callable[..., dict[str, Any]]:
    return lambda stage, village: {"json": body(stage, village)}


def _note(_stage: Stage, _village: Village) -> dict[str, str]:
    return {"note": "看过了"}


def _remembered(_stage: Stage, village: Village) -> dict[str, str]:
    tail = village.requests["dispatched"].phone[-4:]
    return {"number": village.requests["dispatched"].number, "phone_tail": tail}


def _account(_stage: Stage, village: Village) -> dict[str, Any]:
    return {
        "username": "newcomer",
        "name": "新来的",
        "role": "village_cadre",
        "area_codes": [village.code],
    }


def _household(_stage: Stage, village: Village) -> dict[str, Any]:
    return {
        "code": f"{village.group}-0777",
        "head_name": "新户主",
        "address": "新门牌",
        "location": {"lon": village.lon, "lat": village.lat, "crs": "wgs84"},
    }


def _duty(_stage: Stage, village: Village) -> dict[str, Any]:
    return {
        "person_id": str(village.person_id),
        "kind": "grid",
        "area_code": village.group,
        "valid_from": later(0),
    }


def _leave(_stage: Stage, village: Village) -> dict[str, Any]:
    return {
        "person_id": str(village.person_id),
        "first_day": later(90),
        "last_day": later(91),
    }


def _zone(_stage: Stage, village: Village) -> dict[str, Any]:
    return {"name": "新联户", "area_code": village.group, "valid_from": later(0)}


def _simulated(_stage: Stage, village: Village) -> dict[str, Any]:
    point = {"lon": village.lon, "lat": village.lat, "crs": "wgs84"}
    return {"points": [{**point, "service_code": "XQ-SHUI"}]}


def _ledger(_stage: Stage, village: Village) -> dict[str, Any]:
    line = f"{village.group}-0888,新户主,新门牌,{village.lon},{village.lat},wgs84"
    text = f"户编码,户主姓名,地址,经度,纬度,坐标系\n{line}\n"
    return {"files": {"file": ("ledger.csv", text.encode())}}


def _password(_stage: Stage, _village: Village) -> dict[str, Any]:
    return {"old_password": make.PASSWORD, "new_password": "another long password"}


def _sign_in(_stage: Stage, _village: Village) -> dict[str, Any]:
    return {"username": "town", "password": make.PASSWORD}


def _tile(village: Village, z: int) -> str:
    x, y = unmorton(np.array([cell_of(village.lon, village.lat)]))
    return f"{z}/{x[0] >> (CELL_LEVEL - z)}/{y[0] >> (CELL_LEVEL - z)}"


_REQUEST = "/api/requests/{request}"
_HOUSEHOLD = "/api/households/{household}"
_ZONE = "/api/zones/{zone}"
_PERSON = "/api/people/{person}"


def _verb(name: str, situation: str, body: Callable[[Stage, Village], Any]) -> Ask:
    return Ask(f"{_REQUEST}/{name}", _json(body), situation)


ASKS: dict[str, Ask] = {
    "GET /openapi.json": Ask("/openapi.json"),
    "GET /health": Ask("/health"),
    "GET /ready": Ask("/ready"),
    "GET /tiles/{layer}.json heat": Ask("/tiles/heat.json"),
    "GET /tiles/{layer}.json areas": Ask("/tiles/areas.json"),
    "GET /tiles/{layer}.json zones": Ask("/tiles/zones.json"),
    "GET /tiles/{layer}/{z}/{x}/{y}.{suffix} heat": Ask(
        "/tiles/heat/{tile}.png", shows=_is_painted
    ),
    "GET /tiles/{layer}/{z}/{x}/{y}.{suffix} cells": Ask(
        "/tiles/heat/{tile}.mvt", shows=_text(lambda _: "cells")
    ),
    "GET /tiles/{layer}/{z}/{x}/{y}.{suffix} zones": Ask(
        "/tiles/zones/{tile}.mvt", shows=_text(lambda village: village.zone_code)
    ),
    "OPTIONS /tiles/{path:path}": Ask("/tiles/heat/{tile}.png"),
    "GET /tiles/{layer}/{z}/{x}/{y}.{suffix} areas": Ask(
        "/tiles/areas/{tile}.mvt", shows=_text(lambda village: village.group)
    ),
    "POST /api/token": Ask("/api/token", lambda *at: {"data": _sign_in(*at)}),
    "POST /api/session": Ask("/api/session", _json(_sign_in)),
    "POST /api/logout": Ask("/api/logout"),
    "POST /api/password": Ask("/api/password", _json(_password)),
    "GET /api/me": Ask("/api/me"),
    "GET /api/sessions": Ask("/api/sessions"),
    "DELETE /api/sessions": Ask("/api/sessions"),
    "DELETE /api/sessions/{session_id}": Ask(
        "/api/sessions/019cad2f-5c00-7c3e-8a51-2f4b9d1e7a60"
    ),
    "GET /api/accounts": Ask(
        "/api/accounts",
        shows=_text(
            lambda village: "village" if village.name == "home" else "other_village"
        ),
    ),
    "POST /api/accounts": Ask("/api/accounts", _json(_account)),
    "GET /api/accounts/{account_id}": Ask("/api/accounts/{account}"),
    "PATCH /api/accounts/{account_id}": Ask(
        "/api/accounts/{account}", _json(lambda *_: {"name": "改过名"})
    ),
    "GET /api/portal-key": Ask("/api/portal-key"),
    "GET /api/portal-key area": Ask("/api/portal-key?area={code}"),
    "GET /api/portal-keys": Ask("/api/portal-keys"),
    "POST /api/portal-keys": Ask(
        "/api/portal-keys",
        _json(
            lambda _stage, village: {
                "name": "新门户",
                "layers": ["areas"],
                "area_codes": [village.code],
            }
        ),
    ),
    "DELETE /api/portal-keys/{key_id}": Ask("/api/portal-keys/{key}"),
    "GET /api/server-keys": Ask("/api/server-keys"),
    "POST /api/server-keys": Ask(
        "/api/server-keys",
        _json(
            lambda _stage, village: {
                "name": "新热线",
                "areas": [village.code],
                "may": ["order", "read"],
            }
        ),
    ),
    "DELETE /api/server-keys/{key_id}": Ask("/api/server-keys/{server_key}"),
    "GET /api/audit": Ask("/api/audit"),
    "GET /api/areas": Ask("/api/areas", shows=_text(lambda village: village.code)),
    "GET /api/areas.geojson": Ask(
        "/api/areas.geojson?type=village", shows=_text(lambda village: village.code)
    ),
    "GET /api/areas/{code}": Ask("/api/areas/{code}"),
    "GET /api/areas/{code}/geometry": Ask("/api/areas/{code}/geometry"),
    "GET /api/editions/current": Ask("/api/editions/current"),
    "GET /api/editions": Ask("/api/editions"),
    "GET /api/editions/{id}/effect": Ask(f"/api/editions/{UUID(int=0)}/effect"),
    "GET /api/households": Ask(
        "/api/households", shows=_text(lambda village: village.household_code)
    ),
    "GET /api/households area": Ask(
        "/api/households?area={code}",
        shows=_text(lambda village: village.household_code),
    ),
    "POST /api/households": Ask("/api/households", _json(_household)),
    "GET /api/households/{household_id}": Ask(_HOUSEHOLD),
    "GET /api/households/{household_id} reveal": Ask(f"{_HOUSEHOLD}?reveal=contact"),
    "PATCH /api/households/{household_id}": Ask(
        _HOUSEHOLD, _json(lambda *_: {"member_count": 5})
    ),
    "DELETE /api/households/{household_id}": Ask(_HOUSEHOLD),
    "GET /api/people": Ask("/api/people", shows=_text(lambda v: f'"{v.person_code}"')),
    "GET /api/people area": Ask(
        "/api/people?area={code}", shows=_text(lambda v: f'"{v.person_code}"')
    ),
    "POST /api/people": Ask(
        "/api/people", _json(lambda *_: {"code": "P-new", "name": "新人"})
    ),
    "GET /api/people/{person_id}": Ask(_PERSON),
    "PATCH /api/people/{person_id}": Ask(
        _PERSON, _json(lambda *_: {"is_party_member": True})
    ),
    "GET /api/duties": Ask("/api/duties", shows=_text(lambda v: str(v.duty_id))),
    "GET /api/duties history": Ask(
        "/api/duties?history=true&area={code}", shows=_text(lambda v: str(v.duty_id))
    ),
    "GET /api/duty-kinds": Ask("/api/duty-kinds"),
    "POST /api/duties": Ask("/api/duties", _json(_duty)),
    "DELETE /api/duties/{duty_id}": Ask("/api/duties/{duty}"),
    "GET /api/leave": Ask("/api/leave", shows=_text(lambda v: str(v.leave_id))),
    "POST /api/leave": Ask("/api/leave", _json(_leave)),
    "DELETE /api/leave/{leave_id}": Ask("/api/leave/{leave}"),
    "GET /api/locate": Ask(
        "/api/locate?lon={lon}&lat={lat}", shows=_text(lambda _: '"zones":[')
    ),
    "GET /api/coverage": Ask(
        "/api/coverage", shows=_text(lambda v: f"{v.group[:-1]}2")
    ),
    "GET /api/coverage without": Ask(
        "/api/coverage?without={person}", shows=_text(lambda v: v.zone_code)
    ),
    "GET /api/coverage without duty": Ask(
        "/api/coverage?without_duty={duty}", shows=_text(lambda v: v.zone_code)
    ),
    "GET /api/coverage/households": Ask(
        "/api/coverage/households", shows=_text(lambda v: v.unlisted_code)
    ),
    "GET /api/zones": Ask(
        "/api/zones", shows=_text(lambda village: str(village.zone_id))
    ),
    "GET /api/zones/{zone_id}": Ask(_ZONE),
    "POST /api/zones": Ask("/api/zones", _json(_zone)),
    "PATCH /api/zones/{zone_id}": Ask(_ZONE, _json(lambda *_: {"name": "改名联户"})),
    "GET /api/zones/{zone_id}/households": Ask(f"{_ZONE}/households"),
    "PUT /api/zones/{zone_id}/households": Ask(
        f"{_ZONE}/households",
        _json(lambda _stage, v: {"household_ids": [str(v.household_id)]}),
    ),
    "POST /api/zones/{zone_id}/households": Ask(
        f"{_ZONE}/households",
        _json(lambda _stage, v: {"household_ids": [str(v.household_id)]}),
    ),
    "GET /api/services": Ask("/api/services"),
    "GET /api/catalogue": Ask("/api/catalogue"),
    "POST /api/dispatch/simulate": Ask(
        "/api/dispatch/simulate",
        _json(_simulated),
        shows=_text(lambda _: '"handler":"'),
    ),
    "GET /api/requests": Ask(
        "/api/requests", shows=_text(lambda v: v.requests["dispatched"].number)
    ),
    "GET /api/requests confidential": Ask(
        "/api/requests", shows=_text(lambda v: v.requests["confidential"].number)
    ),
    "GET /api/events": Ask(
        "/api/events?seconds=0",
        shows=_text(lambda v: v.requests["dispatched"].number),
    ),
    "GET /api/events confidential": Ask(
        "/api/events?seconds=0",
        situation="confidential",
        shows=_text(lambda v: v.requests["confidential"].number),
    ),
    "GET /api/requests.xlsx": Ask(
        "/api/requests.xlsx",
        shows=_text(lambda v: v.requests["dispatched"].number),
    ),
    "GET /api/requests.xlsx confidential": Ask(
        "/api/requests.xlsx",
        shows=_text(lambda v: v.requests["confidential"].number),
    ),
    "GET /api/requests/{request_id}": Ask(_REQUEST),
    "GET /api/requests/{request_id} reveal": Ask(f"{_REQUEST}?reveal=contact"),
    "GET /api/requests/{request_id} at_home": Ask(_REQUEST, situation="at_home"),
    "GET /api/requests/{request_id} confidential": Ask(
        _REQUEST, situation="confidential"
    ),
    "GET /api/requests/{request_id}/history": Ask(f"{_REQUEST}/history"),
    "GET /api/requests/{request_id}/history confidential": Ask(
        f"{_REQUEST}/history", situation="confidential"
    ),
    "GET /api/requests/{request_id}/dispatch": Ask(f"{_REQUEST}/dispatch"),
    "GET /api/requests/{request_id}/dispatch confidential": Ask(
        f"{_REQUEST}/dispatch", situation="confidential"
    ),
    "GET /api/summary": Ask(
        "/api/summary?area={code}&by=stage", shows=_text(lambda _: '"completed"')
    ),
    "POST /api/requests": Ask(
        "/api/requests", _json(lambda _stage, village: order_body(village))
    ),
    "POST /api/requests household": Ask(
        "/api/requests",
        _json(
            lambda _stage, village: {
                **order_body(village),
                "location": {"household_id": str(village.household_id)},
            }
        ),
    ),
    "POST /api/requests/{request_id}/accept": _verb(
        "accept", "dispatched", lambda *_: {}
    ),
    "POST /api/requests/{request_id}/accept confidential": _verb(
        "accept", "confidential", lambda *_: {}
    ),
    "POST /api/requests/{request_id}/decline": _verb(
        "decline", "dispatched", lambda *_: {"reason": "beyond_my_power"}
    ),
    "POST /api/requests/{request_id}/transfer": _verb(
        "transfer", "dispatched", lambda stage, _: {"person_id": str(stage.desk_id)}
    ),
    "POST /api/requests/{request_id}/progress": _verb("progress", "accepted", _note),
    "POST /api/requests/{request_id}/complete": _verb("complete", "accepted", _note),
    "POST /api/requests/{request_id}/rate": _verb(
        "rate", "completed", lambda *_: {"score": "satisfied"}
    ),
    "POST /api/requests/{request_id}/reopen": _verb(
        "reopen", "completed", lambda *_: {"reason": "又停水了"}
    ),
    "POST /api/requests/{request_id}/withdraw": _verb(
        "withdraw", "dispatched", lambda *_: {"reason": "不需要了"}
    ),
    "POST /api/requests/{request_id}/remind": _verb("remind", "dispatched", _note),
    "POST /api/track": Ask("/api/track", _json(_remembered)),
    "POST /api/requests/{request_id}/attachments": Ask(
        f"{_REQUEST}/attachments", lambda *_: a_photo_form()
    ),
    "GET /api/attachments/{attachment_id}": Ask("/api/attachments/{attachment}"),
    "GET /api/attachments/{attachment_id} confidential": Ask(
        "/api/attachments/{attachment}", situation="confidential"
    ),
    "GET /api/templates/{ledger}.xlsx": Ask("/api/templates/households.xlsx"),
    "POST /api/imports/{ledger}": Ask(
        "/api/imports/households",
        _ledger,
        shows=_text(lambda _: '"is_acceptable":true'),
    ),
}


def reply_of(stage: Stage, row: str, caller: str, village: Village) -> Reply:
    """What a caller gets for a row about a village; asked once, whoever looks."""
    key = (row, caller, village.name)
    if key not in stage.replies:
        ask = ASKS[row]
        ordered = village.requests[ask.situation]
        # A resident's link opens one request: one of the village at home.
        link = ordered if village.name == "home" else None
        stage.replies[key] = stage.ask_noted(
            row.split()[0],
            address(stage, village, ask),
            headers=stage.headers_of(caller, link),
            **ask.options(stage, village),
        )
    return stage.replies[key]


def address(stage: Stage, village: Village, ask: Ask) -> str:
    """The address of one request, filled with a village's things."""
    about = "village" if village.name == "home" else "other_village"
    return ask.url.format(
        code=village.code,
        request=village.requests[ask.situation].id,
        attachment=village.requests[ask.situation].attachment,
        household=village.household_id,
        zone=village.zone_id,
        person=village.person_id,
        duty=village.duty_id,
        leave=village.leave_id,
        account=stage.accounts[about],
        key=stage.key_id,
        server_key=stage.server_key_id,
        tile=_tile(village, 13),
        lon=village.lon,
        lat=village.lat,
    )
