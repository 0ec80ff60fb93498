"""Templates to download and ledgers to upload; dry unless `commit=true`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from geo_api.accounts.dependencies import StaffActor, actor_at_door, require_role
from geo_api.accounts.rules import Role
from geo_api.http.budgets import Budget, within
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.doors import behind
from geo_api.http.language import preferred_language, say
from geo_api.http.problems import problem_responses
from geo_api.ingest import households, orders, people, zones
from geo_api.ingest.audit import record_import
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import Column
from geo_api.ingest.templates import write_template
from geo_api.spreadsheets import XLSX

router = APIRouter(
    prefix="/api", tags=["imports"], responses=problem_responses(401, 403)
)


class Ledger(StrEnum):
    """What may be imported as a table."""

    HOUSEHOLDS = "households"
    PEOPLE = "people"
    ZONES = "zones"


class Template(StrEnum):
    """What there is an empty table for; requests are imported at the server alone."""

    HOUSEHOLDS = "households"
    PEOPLE = "people"
    ZONES = "zones"
    REQUESTS = "requests"


_COLUMNS: dict[Template, tuple[Column, ...]] = {
    Template.HOUSEHOLDS: households.COLUMNS,
    Template.PEOPLE: people.COLUMNS,
    Template.ZONES: zones.COLUMNS,
    Template.REQUESTS: orders.COLUMNS,
}
_IMPORTERS: dict[Ledger, Callable[..., TableReport]] = {
    Ledger.HOUSEHOLDS: households.import_households,
    Ledger.PEOPLE: people.import_people,
    Ledger.ZONES: zones.import_zones,
}


_IMPORTING = (Role.ADMIN, Role.TOWN_LEADER, Role.VILLAGE_CADRE)


class RowProblemOut(BaseModel):
    """What is wrong with one cell."""

    row: int
    column: str
    msg: str
    mend: str


class RemarkOut(BaseModel):
    """What refuses nothing and is worth knowing; without a row, of the whole file."""

    row: int | None
    column: str
    msg: str


class TableReportOut(BaseModel):
    """What an import did, or would do."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "rows": 120,
                "added": 119,
                "changed": 0,
                "is_acceptable": False,
                "is_committed": False,
                "problems": [
                    {
                        "row": 17,
                        "column": "经度",
                        "msg": "该点不在县域内",
                        "mend": "请检查坐标和坐标系",
                    }
                ],
                "remarks": [{"row": None, "column": "", "msg": "未读取“备注”列"}],
            }
        }
    )

    rows: int
    added: int
    changed: int
    is_acceptable: bool
    is_committed: bool
    problems: list[RowProblemOut]
    remarks: list[RemarkOut]


@router.get(
    "/templates/{ledger}.xlsx",
    dependencies=[within(Budget.FILE)],
    summary="An empty ledger, or table of requests, with the right header",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}, **problem_responses(422)},
)
def get_template(ledger: Template, actor: StaffActor) -> Response:
    """Fill it in and upload it; CSV with the same header is read, too."""
    del actor
    return Response(
        write_template(_COLUMNS[ledger]),
        media_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{ledger.value}.xlsx"'},
    )


def _may_import(request: Request, session: Session) -> None:
    require_role(actor_at_door(request, session), *_IMPORTING)


uploads = APIRouter(route_class=behind(_may_import))


@uploads.post(
    "/imports/{ledger}",
    dependencies=[within(Budget.FILE)],
    summary="Import a ledger; dry unless commit=true",
    responses=problem_responses(413, 422),
)
def post_import(
    ledger: Ledger,
    request: Request,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    file: Annotated[UploadFile, File(description="CSV (UTF-8, GB18030) or xlsx.")],
    commit: Annotated[bool, Query()] = False,
) -> TableReportOut:
    """All rows or none. Within the caller's areas."""
    report = _IMPORTERS[ledger](
        session,
        cipher,
        file.file,
        commit=commit,
        now=now,
        settings=context.settings,
        actor=actor,
    )
    record_import(session, actor, ledger.value, report, now=now)
    language = preferred_language(request)

    def words(msg: str, params: dict[str, Any]) -> str:
        return say(msg, params, language)

    return TableReportOut(
        rows=report.rows,
        added=report.added,
        changed=report.changed,
        is_acceptable=report.is_acceptable,
        is_committed=report.is_committed,
        problems=[
            RowProblemOut(
                row=p.row,
                column=p.column,
                msg=words(p.msg, p.params),
                mend=words(p.mend, p.params),
            )
            for p in report.problems[:1000]
        ],
        remarks=[
            RemarkOut(row=r.row, column=r.column, msg=words(r.msg, r.params))
            for r in report.remarks[:1000]
        ],
    )


router.include_router(uploads)
