"""A list of requests as a workbook: what the list shows, in words and columns."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from geo_api.areas.rules import AreaType
from geo_api.dispatch.rules import DUTY_WORDS
from geo_api.requests.schemas import RequestOut
from geo_api.requests.words import CHANNEL_WORDS, RATING_WORDS, STAGE_WORDS
from geo_api.spreadsheets import inert

Translate = Callable[[str], str]

_WIDTH = 18
HEADERS = (
    "Request number",
    "Service",
    "Stage",
    "Is overdue",
    "Ordered at",
    "Due at",
    "Completed at",
    "Rating",
    "Times reopened",
    "Last reminded",
    "Town",
    "Village",
    "Group",
    "Zone",
    "Address",
    "Who handles it",
    "Duty",
    "Channel",
    "Number in another system",
    "Description",
)


def write_workbook(
    requests: Iterable[RequestOut], *, translate: Translate, tz: ZoneInfo
) -> bytes:
    """An xlsx with one line for each request, as it was shown to the caller."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(translate("List of cases"))
    sheet.freeze_panes = "A2"
    for i in range(len(HEADERS)):
        sheet.column_dimensions[chr(ord("A") + i)].width = _WIDTH
    sheet.append([translate(header) for header in HEADERS])
    for request in requests:
        sheet.append([inert(cell) for cell in _cells(request, translate, tz)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cells(request: RequestOut, translate: Translate, tz: ZoneInfo) -> Sequence[str]:
    def word(words: Mapping[str, str], code: str | None) -> str:
        return translate(words.get(code, code)) if code else ""

    def moment(at: datetime | None) -> str:
        return f"{at.astimezone(tz):%Y-%m-%d %H:%M}" if at else ""

    places = {area.type: area.name for area in request.areas or ()}
    return (
        request.number,
        request.service_name,
        word(STAGE_WORDS, request.stage),
        translate("overdue") if request.is_overdue else "",
        moment(request.ordered_at),
        moment(request.due_at),
        moment(request.completed_at),
        word(RATING_WORDS, request.rating),
        str(request.reopen_count or ""),
        moment(request.reminded_at),
        places.get(AreaType.TOWN.value, ""),
        places.get(AreaType.VILLAGE.value, ""),
        places.get(AreaType.GROUP.value, ""),
        request.zone.name if request.zone else "",
        request.address or "",
        request.handler.name,
        word(DUTY_WORDS, request.handler.duty),
        word(CHANNEL_WORDS, request.channel),
        request.external_id or "",
        request.description or "",
    )
