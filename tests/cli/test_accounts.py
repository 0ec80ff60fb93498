"""Accounts from the server: a first password that must be changed, a way back in."""

from __future__ import annotations

import make
from fastapi.testclient import TestClient
from sqlalchemy import update

from geo_api.accounts.models import Account
from geo_api.app import create_app
from geo_api.cli.database import context_of, utc_now
from geo_api.settings import Settings


def sign_in(username: str, password: str) -> tuple[int, dict]:
    with context_of(Settings()) as context, TestClient(create_app(context)) as client:
        reply = client.post(
            "/api/session", json={"username": username, "password": password}
        )
        return reply.status_code, reply.json() if reply.content else {}


def first_password(done) -> str:
    assert done.code == 0, done
    (line,) = done.out.splitlines()
    return line.rsplit(" ", 1)[1]


def test_a_new_account_signs_in_with_its_first_password_and_must_change_it(
    run, world
) -> None:
    password = first_password(
        run("accounts", "add", "root", "admin", "--name", "严管理")
    )
    status, _ = sign_in("root", password)
    assert status in (200, 204)
    listed = run("accounts", "list").out
    assert "root\tadmin\t严管理\t-" in listed.splitlines()
    assert password not in listed


def test_an_account_of_an_area_is_given_it_by_code(run, world) -> None:
    done = run("accounts", "add", "lead", "town_leader", "--area", "620171101")
    assert done.code == 0, done


def test_what_cannot_be_added_is_refused_and_leaves_nothing(run, world, count) -> None:
    before = count("account")
    for arguments, said in (
        (("admin", "admin"), "taken"),
        (("lead", "town_leader"), "areas"),
        (("lead", "town_leader", "--area", "999"), "999"),
    ):
        done = run("accounts", "add", *arguments)
        assert done.code == 1
        assert said in done.err
        assert done.out == ""
    assert run("accounts", "add", "lead", "emperor").code == 2
    assert count("account") == before


def test_a_reset_ends_the_old_password_and_opens_any_lock(run, world, database) -> None:
    assert sign_in("village", make.PASSWORD)[0] in (200, 204)
    with database.sessions.transaction() as session:
        session.execute(update(Account).values(is_locked=True))
    assert sign_in("village", make.PASSWORD)[0] == 403
    password = first_password(run("accounts", "reset-password", "village"))
    assert sign_in("village", make.PASSWORD)[0] == 401
    assert sign_in("village", password)[0] in (200, 204)


def test_nobody_is_reset_by_mistake(run, world, database) -> None:
    with database.sessions.transaction() as session:
        session.execute(update(Account).values(ended_at=utc_now()))
    done = run("accounts", "reset-password", "village")
    assert done.code == 1
    assert "has ended" in done.err
    done = run("accounts", "reset-password", "nobody", lang="zh_CN.UTF-8")
    assert done.code == 1
    assert done.err.strip() == "没有账号 nobody"
