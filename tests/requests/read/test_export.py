"""The list as a workbook: the same rows, masked, inert and audited."""

from __future__ import annotations

import io

import make_requests
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from geo_api.accounts.models import AuditEntry
from geo_api.http.language import translations
from geo_api.requests.read import export_routes
from geo_api.requests.read.workbook import HEADERS


def _lines(client, headers: dict, **query) -> list[dict[str, str | None]]:
    reply = client.get("/api/requests.xlsx", headers=headers, params=query)
    assert reply.status_code == 200, reply.text
    sheet = load_workbook(io.BytesIO(reply.content)).active
    header, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(header, line, strict=True)) for line in lines]


def test_a_line_says_in_words_what_the_list_says(client, world, sign_in) -> None:
    ordered = make_requests.order(client, world, channel="wechat")
    path = make_requests.path_of(client, ordered)
    make_requests.act(client, path, "remind", sign_in("town"), {"note": "抓紧"})
    (line,) = _lines(client, sign_in("village"))
    assert line["编号"] == ordered["number"]
    assert line["办理阶段"] == "待接单"
    assert line["点单时间"] == line["最近督办"] == "2026-03-02 10:00"
    assert line["渠道"] == "微信"
    assert line["诉求内容"] == "停水两天"
    assert line["承办人"] == ordered["handler"]["name"]
    assert line["承办人"].endswith("*")
    assert line["责任区"] == "一社第1联户"
    assert line["是否超期"] is None


def test_it_holds_what_the_same_filters_list(client, world, sign_in, clock) -> None:
    make_requests.order(client, world)
    wanted = make_requests.order(client, world, service_code="XQ-LU")
    headers = sign_in("county")
    for query in (
        {"service_code": "XQ-LU"},
        {"stage": "completed"},
        {"from": "2026-03-03"},
        {"q": wanted["number"]},
    ):
        listed = make_requests.numbers(client, headers, **query)
        assert [line["编号"] for line in _lines(client, headers, **query)] == listed
    reply = client.get("/api/requests.xlsx", headers=headers, params={"bbox": "1,2,3"})
    assert reply.status_code == 400


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")']
)
def test_no_cell_is_run_as_a_formula(client, world, sign_in, text: str) -> None:
    make_requests.order(client, world, description=text)
    reply = client.get("/api/requests.xlsx", headers=sign_in("county"))
    sheet = load_workbook(io.BytesIO(reply.content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert f"'{text}" in {cell.value for cell in cells}


def test_marks_and_braces_arrive_as_they_are(client, world, sign_in) -> None:
    text = "${x} <b>\u202eabc\ufffe"
    make_requests.order(client, world, description=text)
    (line,) = _lines(client, sign_in("county"))
    assert line["诉求内容"] == "${x} <b>\u202eabc"


def test_an_export_is_audited_with_its_filters(client, world, sign_in, session) -> None:
    make_requests.order(client, world)
    _lines(client, sign_in("county"), q="停水", overdue="false")
    row = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "requests.export")
    ).one()
    assert row.detail == {
        "count": 1,
        "filters": {"text": "停水", "is_overdue": False},
    }


def test_too_many_are_refused_and_not_cut_off(
    client, world, sign_in, monkeypatch
) -> None:
    monkeypatch.setattr(export_routes, "_MOST", 1)
    monkeypatch.setattr(export_routes, "_AT_ONCE", 1)
    make_requests.order(client, world)
    assert len(_lines(client, sign_in("county"))) == 1
    make_requests.order(client, world)
    refused = client.get("/api/requests.xlsx", headers=sign_in("county"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["mend"] == "请缩小时间或区域范围"


def test_the_header_speaks_the_callers_language(client, world, sign_in) -> None:
    chinese = translations("zh-CN")
    assert [h for h in HEADERS if chinese.gettext(h) == h] == []
    assert len({chinese.gettext(h) for h in HEADERS}) == len(HEADERS)
    make_requests.order(client, world)
    (line,) = _lines(client, sign_in("county"), lang="en")
    assert tuple(line) == HEADERS
    assert line["Stage"] == "Awaiting acceptance"
