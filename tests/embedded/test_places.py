"""Where a cluster may lie, and what it refuses with a clear word."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from geo_api.embedded.cluster import EmbeddedCluster
from geo_api.embedded.home import make_home
from geo_api.embedded.machine import INSTALLATIONS, find_programs, unprivileged_user
from geo_api.errors import Unavailable

LONG = "a folder whose name alone fills most of what a socket's path may have, 民情"


def answers(cluster: EmbeddedCluster) -> bool:
    url = cluster.app_url.replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT true").fetchone() == (True,)


@pytest.mark.parametrize("version", ["14", "99", "9.6"])
def test_data_of_another_major_version_is_refused(state: Path, version: str) -> None:
    data = state / "postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{version}\n")
    theirs, ours = version.split(".")[0], find_programs()[0]
    with pytest.raises(
        Unavailable, match=rf"PostgreSQL {theirs}; installed is .*{ours}"
    ) as caught:
        EmbeddedCluster(state).start()
    assert caught.value.mend
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_is_no_data_folder_is_left_alone(state: Path) -> None:
    data = state / "postgres/data"
    data.mkdir(parents=True)
    (data / "letter.txt").write_text("mine")
    with pytest.raises(Unavailable, match="is not a data folder"):
        EmbeddedCluster(state).start()
    assert (data / "letter.txt").read_text() == "mine"


def test_a_state_folder_that_is_a_file_is_refused(state: Path) -> None:
    state.write_text("mine")
    with pytest.raises(Unavailable, match="cannot be used"):
        EmbeddedCluster(state).start()


def test_a_machine_without_postgresql_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="is not installed") as caught:
        find_programs(installations=tmp_path)
    assert "postgresql-15-postgis-3" in (caught.value.mend or "")


@pytest.mark.db
def test_a_postgresql_without_postgis_is_told_what_to_install(state: Path) -> None:
    major, programs = find_programs()
    if not programs.is_relative_to(INSTALLATIONS):
        pytest.skip("PostgreSQL is not installed as Debian does it")
    # PostgreSQL finds its parts from where its programs are: a copy has its own.
    root = state.parent / "usr"
    lib, share = root / f"lib/postgresql/{major}", root / f"share/postgresql/{major}"
    shutil.copytree(programs, lib / "bin")
    (lib / "lib").symlink_to(programs.parent / "lib")
    (share / "extension").mkdir(parents=True)
    ours = Path(f"/usr/share/postgresql/{major}")
    for part in ours.iterdir():
        if part.name != "extension":
            (share / part.name).symlink_to(part)
    for part in (ours / "extension").glob("plpgsql*"):
        (share / "extension" / part.name).symlink_to(part)
    cluster = EmbeddedCluster(state, installations=lib.parent)
    with pytest.raises(Unavailable, match="PostGIS is not installed") as caught:
        cluster.start()
    assert caught.value.mend is not None
    assert f"postgresql-{major}-postgis" in caught.value.mend % caught.value.params
    assert not (state / "postgres/data/postmaster.pid").exists()


@pytest.mark.db
def test_a_path_too_long_for_a_socket_gets_a_short_and_private_one(
    made_state: Path,
) -> None:
    deep = made_state.parent / LONG / "it's state"
    deep.parent.mkdir()
    made_state.rename(deep)
    user = unprivileged_user()
    sockets = make_home(deep, user).sockets
    assert len(str(sockets)) < 40
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    try:
        with EmbeddedCluster(deep) as cluster:
            assert (sockets / ".s.PGSQL.5432").is_socket()
            assert answers(cluster)
    finally:
        shutil.rmtree(sockets)


def test_a_socket_folder_that_somebody_else_put_there_is_refused(state: Path) -> None:
    deep = state / LONG / LONG
    user = unprivileged_user()
    sockets = make_home(deep, user).sockets
    sockets.rmdir()
    target = state / "target"
    target.mkdir(mode=0o755)
    sockets.symlink_to(target)
    try:
        with pytest.raises(Unavailable, match="Somebody else owns"):
            make_home(deep, user)
        assert stat.S_IMODE(target.stat().st_mode) == 0o755
    finally:
        sockets.unlink()


@pytest.mark.db
@pytest.mark.long
def test_a_state_below_a_closed_folder_keeps_its_data_where_it_can_be_entered(
    state: Path,
) -> None:
    closed = state / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0o700)
    deep = closed / "state"
    folder = make_home(deep, unprivileged_user()).folder
    try:
        with EmbeddedCluster(deep) as cluster:
            assert answers(cluster)
        assert (folder / "data/PG_VERSION").exists()
        if os.geteuid() == 0:
            assert (deep / "postgres.path").read_text().strip() == str(folder)
            assert not (deep / "postgres").exists()
    finally:
        shutil.rmtree(folder)
