"""One table from domain errors to problem+json (RFC 9457)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from geo_api import errors
from geo_api.errors import DomainError, Problem
from geo_api.http.language import preferred_language, say
from geo_api.http.wrong_fields import WRONG_FIELDS_SCHEMA, list_wrong_fields
from geo_api.sentences import problem_of

log = logging.getLogger(__name__)

STATUS: dict[type[DomainError], int] = {
    errors.BadRequest: 400,
    errors.NotSignedIn: 401,
    errors.MustChangePassword: 403,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.TooSlow: 408,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.InvalidInput: 422,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
    DomainError: 500,
}

MEDIA_TYPE = "application/problem+json"

_UNREADABLE = Problem(
    ("body",), "The body cannot be read", "Send valid JSON in UTF-8, or a whole form"
)
# The part of a path that opens something to whoever knows it.
_SECRET = re.compile(r"^(/+r/).+")


def problem(
    request: Request,
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    mend: str | None = None,
    params: dict[str, Any] | None = None,
    problems: Sequence[Problem] = (),
    facts: Mapping[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem+json reply in the caller's language."""
    language = preferred_language(request)
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": say(title, {}, language),
        "status": status,
        "detail": say(detail, params or {}, language),
    }
    if mend:
        body["mend"] = say(mend, params or {}, language)
    if problems:
        body |= list_wrong_fields(problems, language)
    return JSONResponse(
        {**(facts or {}), **body},
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={
            "Content-Language": language,
            "Cache-Control": "no-store",
            **(headers or {}),
        },
    )


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error: its own class's or its nearest parent's."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def _domain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)  # noqa: S101  registered for this class only
    return problem_of_error(request, error)


def problem_of_error(request: Request, error: DomainError) -> JSONResponse:
    """A domain error as it leaves."""
    headers = {}
    if isinstance(error, errors.RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(
        request,
        status=status_of(error),
        code=error.code,
        title=error.title,
        detail=error.msg,
        mend=error.mend,
        params=dict(error.params),
        problems=error.problems,
        facts=error.facts,
        headers=headers,
    )


def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return problem(
        request,
        status=422,
        code="invalid-input",
        title=errors.InvalidInput.title,
        detail="Some of the input is not valid",
        problems=[problem_of(item) for item in error.errors()],
    )


_HTTP_TITLES = {
    400: "The question cannot be read",
    408: errors.TooSlow.title,
    409: "The present state does not allow it",
    410: "No longer available",
    412: "Changed meanwhile",
    422: "Some of the input is not valid",
    429: "Too many attempts",
    503: "The service is not available at the moment",
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    405: "This address does not answer that method",
    413: "Too large",
    415: "This media type is not read here",
}


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    title = _HTTP_TITLES.get(error.status_code, DomainError.title)
    # The rooms' own 400s are domain errors; this one is about a body that is no body.
    problems = (_UNREADABLE,) if error.status_code == 400 else ()
    return problem(
        request,
        status=error.status_code,
        code=f"http-{error.status_code}",
        title=title,
        detail=title,
        problems=problems,
        headers=dict(error.headers or {}),
    )


def loggable_path(request: Request) -> str:
    """The path as it was sent: decoded, it could write lines into the log.

    The address of a tracking page is its key: what opens something is not written down.
    """
    return _SECRET.sub(r"\1…", quote(request.scope["path"]))


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """What we have not thought of: written to the log, and told to nobody."""
    log.error("unexpected error on %s", loggable_path(request), exc_info=error)
    return problem(
        request,
        status=500,
        code="internal",
        title="Something went wrong on our side",
        detail="The request was not carried out; nothing was changed",
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of ``app`` leave as problem+json."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, unexpected)


# What each status looks like in the default language: code, title, detail.
_EXAMPLES = {
    400: ("bad-request", "无法识别的请求", "cursor 不属于此列表"),
    401: ("not-signed-in", "请登录", "令牌不存在、已过期或已吊销"),
    403: ("not-allowed", "无权操作", "只有管理员可以管理账号"),
    404: ("not-found", "没有找到", "没有编码为 620171199 的区划"),
    408: ("too-slow", "内容发送太慢", "内容未在规定时间内传完；未作任何更改"),
    409: ("conflict", "当前状态不允许此操作", "该诉求已由他人受理"),
    410: ("gone", "已不再提供", "评价期限已过"),
    412: ("stale", "期间已有变更", "您读取之后已有人更改；未作任何更改"),
    413: ("too-large", "内容过大", "内容超过 1000000 字节；未作任何更改"),
    422: ("invalid-input", "部分输入无效", "部分输入无效"),
    429: ("rate-limited", "尝试次数过多", "请 15 分钟后再试"),
    503: ("unavailable", "服务暂不可用", "数据库无响应；未作任何更改"),
}
_WRONG_FIELD = {
    "loc": ["body", "location", "lon"],
    "msg": "该点不在县域内",
    "mend": "请检查经度和纬度是否写反",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "mend": {
            "type": "string",
            "description": "What would help, where something is known to.",
        },
        **WRONG_FIELDS_SCHEMA,
    },
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems that a route may answer with."""
    entries: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        code, title, detail = _EXAMPLES[status]
        example: dict[str, Any] = {
            "type": f"/problems/{code}",
            "title": title,
            "status": status,
            "detail": detail,
        }
        if status == 422:
            example["errors"] = [_WRONG_FIELD]
        entries[status] = {
            "description": _HTTP_TITLES[status],
            "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA, "example": example}},
        }
    return entries
