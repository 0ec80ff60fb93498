"""``minqing privacy`` and ``minqing import requests``: tried first, then told to."""

from __future__ import annotations

import json
from datetime import timedelta

import make_requests
import pytest
from sqlalchemy import select, update

from geo_api.cli.database import utc_now
from geo_api.households.models import Contact
from geo_api.requests.models import ServiceRequest
from geo_api.requests.order.drafts import ContactDraft
from geo_api.requests.order.orders import order_many
from geo_api.settings import Settings

PHONE = "10012345699"


@pytest.fixture
def ordered(database, world, cipher) -> str:
    """The number of one open request with a contact."""
    contact = ContactDraft("王某", PHONE)
    draft = make_requests.a_draft(world, utc_now(), contact=contact)
    with database.sessions.transaction() as session:
        order_many(session, [draft], cipher=cipher, settings=Settings())
        return session.scalars(select(ServiceRequest.number)).one()


@pytest.fixture
def close(database):
    """Closes all requests some days ago."""

    def close(days: int) -> None:
        moment = utc_now() - timedelta(days=days)
        with database.sessions.transaction() as session:
            session.execute(
                update(ServiceRequest).values(
                    status="closed", stage="completed", closed_at=moment
                )
            )

    return close


def _is_erased(database) -> bool:
    with database.sessions.transaction() as session:
        wanted = select(Contact.erased_at).join(
            ServiceRequest, ServiceRequest.contact_id == Contact.id
        )
        return session.scalars(wanted).one() is not None


def test_a_sweep_erases_what_is_due_and_is_repeatable(
    run, database, ordered, close, count
) -> None:
    close(366)
    assert "Swept: contacts 1, links 1," in run("privacy", "sweep").out
    assert _is_erased(database)
    audited = count("audit_entry")
    assert "Swept: contacts 0, links 0," in run("privacy", "sweep").out
    assert count("audit_entry") == audited


def test_the_days_are_a_setting(run, database, ordered, close, monkeypatch) -> None:
    close(40)
    run("privacy", "sweep")
    assert not _is_erased(database)
    monkeypatch.setenv("MINQING_CONTACT_DAYS", "39")
    run("privacy", "sweep")
    assert _is_erased(database)


def test_an_export_is_json_on_its_own(run, ordered, count) -> None:
    done = run("privacy", "export", "--phone", PHONE)
    assert done.code == 0
    assert json.loads(done.out)["requests"][0]["number"] == ordered
    assert count("audit_entry") == 2


def test_erasing_is_refused_while_a_request_is_open(run, database, ordered) -> None:
    done = run("privacy", "erase", "--phone", PHONE, "--commit")
    assert done.code == 1
    assert f"Requests still open (1): {ordered}" in done.err
    assert "--force" in done.err
    assert not _is_erased(database)
    assert run("privacy", "erase", "--phone", PHONE, "--commit", "--force").code == 0
    assert _is_erased(database)


def test_erasing_is_dry_unless_told(run, database, ordered, close, count) -> None:
    close(1)
    done = run("privacy", "erase", "--number", ordered)
    assert done.code == 0
    assert "Contacts held: 1; of requests 1," in done.out
    assert "Dry run" in done.out
    assert not _is_erased(database)
    assert count("audit_entry") == 0
    erased = run("privacy", "erase", "--number", ordered, "--commit")
    assert "Contacts erased: 1;" in erased.out
    assert _is_erased(database)


@pytest.mark.parametrize("whose", [(), ("--phone", PHONE, "--number", "2026030200001")])
def test_it_must_be_said_whose_data_is_meant(run, world, whose) -> None:
    done = run("privacy", "export", *whose)
    assert done.code == 1
    assert "Give --phone or --number" in done.err


def test_a_hotlines_export_is_loaded_once(run, world, tmp_path, count) -> None:
    lon, lat = make_requests.point_in_zone(world)
    file = tmp_path / "hotline.csv"
    file.write_text(
        "外部编号,类别,内容,时间,经度,纬度,坐标系,电话\n"
        f"GD-1,供水,停水两天,2026-03-02 09:30,{lon},{lat},wgs84,{PHONE}\n",
        encoding="utf-8",
    )
    assert "Dry run" in run("import", "requests", file).out
    assert count("service_request") == 0
    assert "added: 1" in run("import", "requests", file, "--commit").out
    again = run("import", "requests", file, "--commit", lang="zh_CN.UTF-8")
    assert again.code == 0
    assert "已有: 1" in again.out
    assert count("service_request") == 1
