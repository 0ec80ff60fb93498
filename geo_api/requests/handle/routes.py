"""The verbs over HTTP: a route for each that has a door."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response

from geo_api.http.problems import problem_responses
from geo_api.requests.handle.dependencies import Deed
from geo_api.requests.handle.schemas import BODIES
from geo_api.requests.outcomes import Body, Said
from geo_api.requests.rules import Verb
from geo_api.requests.schemas import In, RequestOut
from geo_api.requests.verbs import RULES

router = APIRouter()

_MAY_BE_LEFT_OUT = frozenset({Body.NOTHING, Body.REASON_IF_ANY})


def _endpoint(verb: Verb, body_kind: Body) -> Callable[..., Response]:
    body_type = BODIES[body_kind]

    def post(deed: Deed, body: In | None = None) -> Response:
        return deed.do(verb, Said(**dict(body)) if body else Said())

    # What FastAPI reads: the name makes the operation's id, the body its schema.
    post.__name__ = f"post_{verb.value}"
    if body_kind in _MAY_BE_LEFT_OUT:
        post.__annotations__["body"] = body_type | None
    else:
        post.__annotations__["body"] = body_type
        post.__defaults__ = None
    return post


for _verb, _rule in RULES.items():
    if _rule.door is not None:
        _body, _summary, _description = _rule.door
        router.add_api_route(
            f"/requests/{{request_id}}/{_verb.value}",
            _endpoint(_verb, _body),
            methods=["POST"],
            summary=_summary,
            description=_description,
            tags=["verbs"],
            response_model=RequestOut,
            responses=problem_responses(401, 403, 404, 409, 410, 422),
        )
