"""What a command cannot do it says in one clear line, without a traceback."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from letters import latin_in


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en_US.UTF-8", "Port {} on 127.0.0.1 is taken"),
        ("zh_CN.UTF-8", "127.0.0.1 的端口 {} 已被占用"),
    ],
)
def test_a_taken_port_is_said_before_anything_is_started(
    run, settings_env, taken_port: int, lang: str, said: str
) -> None:
    done = run("serve", "--port", taken_port, lang=lang)
    assert done.code == 1
    assert done.err.splitlines()[0] == said.format(taken_port)
    assert "MINQING_PORT" in done.err
    assert list(settings_env.iterdir()) == []


def test_an_address_of_another_machine_is_no_taken_port(run, settings_env) -> None:
    done = run("serve", "--host", "203.0.113.7", "--port", 8000)
    assert done.code == 1
    assert "cannot be listened on" in done.err


@pytest.mark.parametrize("port", ["0", "70000", "eight"])
def test_a_port_that_is_none_is_a_wrong_option(run, settings_env, port: str) -> None:
    done = run("serve", "--port", port)
    assert done.code == 2
    assert "--port" in done.err


def test_wrong_settings_are_named_all_at_once_and_not_repeated(
    run, settings_env, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINQING_DATABASE_URL", "mysql://someone:hidden-word@host/db")
    monkeypatch.setenv("MINQING_SCHEMA", "drop table;")
    done = run("upgrade")
    assert done.code == 1
    assert "MINQING_DATABASE_URL" in done.err
    assert "MINQING_SCHEMA" in done.err
    assert "hidden-word" not in done.err
    told = run("upgrade", lang="zh_CN.UTF-8").err
    assert "postgresql://角色:密码@主机/数据库" in told
    assert latin_in(told) == set()


def test_an_unreachable_database_is_named_without_its_password(
    run, settings_env, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://someone:hidden-word@127.0.0.1:1/county"
    monkeypatch.setenv("MINQING_DATABASE_URL", url)
    done = run("upgrade", lang="zh_CN.UTF-8")
    assert done.code == 1
    assert "someone:***@127.0.0.1:1/county" in done.err
    assert "没有响应" in done.err
    assert "hidden-word" not in done.err


def test_a_wrong_password_of_the_database_is_said(
    run, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.url.replace(":minqing_test_app@", ":hidden-word@")
    monkeypatch.setenv("MINQING_DATABASE_URL", url)
    done = run("accounts", "list")
    assert done.code == 1
    assert "password authentication failed" in done.err
    assert "hidden-word" not in done.err


def test_a_key_file_that_holds_no_key_is_said(run, database, settings_env) -> None:
    (settings_env / "contact.key").write_text("no key")
    done = run("accounts", "list")
    assert done.code == 1
    assert "does not hold a key" in done.err


def test_a_lost_key_is_never_replaced_in_silence(run, world, settings_env) -> None:
    key = settings_env / "contact.key"
    kept = key.read_bytes()
    key.unlink()
    for command in (("accounts", "list"), ("publish",), ("upgrade",)):
        done = run(*command)
        assert (done.code, key.exists()) == (1, False), command
        lost = re.search(r"names and phones that cannot be read .*: (\d+)", done.err)
        assert lost is not None, done.err
        assert int(lost[1]) > 0
        assert "Put the one that was kept apart" in done.err
    key.write_bytes(kept)
    assert run("accounts", "list").code == 0
    key.unlink()
    given_up = run("upgrade", "--another-key")
    assert given_up.code == 0
    assert f"no key opens them: {lost[1]}" in given_up.out
    assert key.read_bytes() not in (b"", kept)
    # What is left is readable: emptied contacts are shown as erased, not as an error.
    assert run("doctor").code == 0


def test_a_schema_of_a_newer_version_is_left_alone(run, database) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE minqing.alembic_version SET version_num = '9'"))
    done = run("upgrade")
    assert done.code == 1
    assert "which this version does not know" in done.err
    with engine.connect() as connection:
        left = connection.scalar(
            text("SELECT version_num FROM minqing.alembic_version")
        )
    assert left == "9"
