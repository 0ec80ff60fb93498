"""A row of another system's export as an order: its words, moments and channels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.dispatch.rules import Location
from geo_api.ingest.cells import Form
from geo_api.ingest.moments import read_moment
from geo_api.ingest.table_report import Row, TableReport
from geo_api.ingest.tables import Column
from geo_api.requests.handle.bulk import Plan, PlannedAct
from geo_api.requests.order.drafts import ContactDraft, OrderDraft
from geo_api.requests.rules import Channel, Verb
from geo_api.signs import normalise

COLUMNS = (
    Column("外部编号", "external_id", True, "GD202603020001", 100, Form.IDENTITY),
    Column("渠道", "channel", False, "12345热线"),
    Column("类别", "service", True, "供水"),
    Column("内容", "description", True, "三社停水两天了", 4000, Form.PROSE),
    Column("时间", "ordered_at", True, "2026-03-02 09:30:00"),
    Column("地址", "address", False, "西岔镇岘子村三社", 400),
    Column("经度", "lon", False, "103.62"),
    Column("纬度", "lat", False, "36.51"),
    Column("坐标系", "crs", False, "cgcs2000"),
    Column("区划编码", "area_code", False, "620171103202", form=Form.IDENTITY),
    Column("姓名", "name", False, "王某某"),
    Column("电话", "phone", False, "10012345678", 20, Form.PHONE),
    Column("办结时间", "completed_at"),
    Column("办理结果", "result", longest=4000, form=Form.PROSE),
)
HEADERS = {column.name: column.header for column in COLUMNS}
# What hotlines write; the codes of the API are taken, too.
_CHANNELS = {
    "": Channel.HOTLINE_12345,
    "12345": Channel.HOTLINE_12345,
    "12345热线": Channel.HOTLINE_12345,
    "热线": Channel.HOTLINE_12345,
    "网站": Channel.WEB,
    "网络": Channel.WEB,
    "微信": Channel.WECHAT,
    "电话": Channel.PHONE,
    "来访": Channel.VISIT,
    "巡查": Channel.INSPECTION,
    **{channel.value: channel for channel in Channel},
}
_FIRST_YEAR = 2000
_PLACE = ("lon", "lat", "crs", "area_code", "address")
# Another system, whose file somebody at the server has: no limit holds for it.
_ELSEWHERE = Actor(kind=CallerKind.SERVER)


def service_word(text: str) -> str:
    """A service's name or code without what tells two spellings of it apart."""
    return re.sub(r"\s", "", normalise(text)).upper()


@dataclass(frozen=True)
class Line:
    """A row as an order, and when it was completed elsewhere."""

    row: Row
    order: OrderDraft
    completed_at: datetime | None
    result: str

    @property
    def plan(self) -> Plan:
        """The order with what happened to it, done by its handler of record."""
        if self.completed_at is None:
            return Plan(self.order)
        return Plan(
            self.order,
            [
                PlannedAct(Verb.ACCEPT, self.completed_at),
                PlannedAct(Verb.COMPLETE, self.completed_at, note=self.result),
            ],
        )


@dataclass
class Reader:
    """Reads rows as orders and notes what cannot be read."""

    report: TableReport
    # Codes by what a row may call them, and the names as people know them.
    services: dict[str, str]
    names: Sequence[str]
    now: datetime
    tz: ZoneInfo
    _listed: str | None = None

    def read(self, row: dict[str, str]) -> Line:
        """A row as far as it can be read."""
        ordered_at = self._moment(row, "ordered_at")
        completed_at = self._moment(row, "completed_at")
        if ordered_at and completed_at and completed_at < ordered_at:
            msg = "It was completed before it was ordered"
            self._wrong(row, "completed_at", msg, "Correct the dates")
        if row.get("result") and completed_at is None:
            msg = "There is a result, but no time of completion"
            mend = "Fill in the time of completion, or empty the result"
            self._wrong(row, "completed_at", msg, mend)
        if not self._is_phone(row.get("phone", "")):
            msg = "This is not a phone number"
            self._wrong(row, "phone", msg, "Write 7 to 15 digits, or leave it empty")
        self._check_place(row)
        order = OrderDraft(
            actor=_ELSEWHERE,
            service_code=self._service(row),
            description=row.get("description", ""),
            location=Location(
                lon=self._number(row, "lon"),
                lat=self._number(row, "lat"),
                crs=row.get("crs", "").lower() or None,
                address=row.get("address") or None,
                area_code=row.get("area_code") or None,
            ),
            at=ordered_at or self.now,
            channel=self._channel(row),
            contact=ContactDraft(row.get("name", ""), row.get("phone", "")),
            external_id=row.get("external_id"),
            taken_at=self.now,
            is_history=completed_at is not None,
        )
        return Line(row, order, completed_at, row.get("result", ""))

    def _check_place(self, row: dict[str, str]) -> None:
        """Where something is wrong with the place, that is what there is to mend."""
        is_said = any(row.get(n) for n in ("lon", "lat", "area_code", "address"))
        is_told = any(self.report.is_refused(row, HEADERS[n]) for n in _PLACE)
        if not (is_said or is_told or self.report.is_refused(row, "")):
            msg = "It is not said where"
            self._wrong(row, "address", msg, "Fill in an address, a code or a point")

    def _wrong(
        self, row: dict[str, str], name: str, msg: str, mend: str, **params: Any
    ) -> None:
        self.report.refuse(row, HEADERS[name], msg, mend, **params)

    def _service(self, row: dict[str, str]) -> str:
        word = row.get("service", "")
        code = self.services.get(service_word(word))
        if code is None and word:
            msg = "There is no service %(code)s"
            # Once is enough to read: there are dozens.
            mend = "Write one of these names: %(names)s"
            if self._listed is not None:
                mend = "Write one of the names that row %(line)s lists"
            listed = self._listed or row["_row"]
            names = "、".join(self.names)
            self._wrong(
                row, "service", msg, mend, code=word[:40], names=names, line=listed
            )
            self._listed = listed
        return code or ""

    def _channel(self, row: dict[str, str]) -> Channel:
        word = row.get("channel", "")
        channel = _CHANNELS.get(word)
        if channel is None:
            msg = "%(channel)s is not a channel known here"
            mend = "Write 12345热线, 网站, 微信, 电话, 来访 or 巡查"
            self._wrong(row, "channel", msg, mend, channel=word[:40])
        return channel or Channel.HOTLINE_12345

    def _number(self, row: dict[str, str], name: str) -> float | None:
        text = row.get(name, "")
        try:
            return float(text) if text else None
        except ValueError:
            msg = "This is not a number"
            self._wrong(row, name, msg, "Write digits with a decimal point")
            return None

    def _moment(self, row: dict[str, str], name: str) -> datetime | None:
        text = row.get(name, "")
        if not text:
            return None
        moment = read_moment(text, self.tz)
        if moment is None:
            msg = "This is not a date or a time"
            mend = "Write YYYY-MM-DD HH:MM:SS, with a zone if it is not the county's"
            self._wrong(row, name, msg, mend)
        elif moment.year < _FIRST_YEAR or moment > self.now:
            msg = "This does not lie in the past that orders can come from"
            self._wrong(row, name, msg, "Correct the dates")
        else:
            return moment
        return None

    @staticmethod
    def _is_phone(text: str) -> bool:
        digits = text.removeprefix("+")
        return not text or (
            digits.isascii() and digits.isdecimal() and 7 <= len(digits) <= 15
        )
