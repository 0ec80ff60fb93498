"""The doctor finds what is wrong, says how to mend it, and exits by it."""

from __future__ import annotations

import re
import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from make_folders import open_folder
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from geo_api.cli.database import utc_now
from geo_api.db.cipher import make_key
from geo_api.heat.publication import publish_ended
from geo_api.settings import Settings


def alter(database, statement: str) -> None:
    """Change the county behind the service's back, as its owner."""
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL search_path = minqing, public"))
        connection.execute(text(statement))


@pytest.fixture(autouse=True)
def last_backup(
    settings_env: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The backup of an hour ago, in a folder that the settings name."""
    folder = tmp_path_factory.mktemp("backups")
    monkeypatch.setenv("MINQING_BACKUP_DIR", str(folder))
    return a_backup(folder, hours=1)


def a_backup(folder: Path, *, hours: int) -> Path:
    at = utc_now() - timedelta(hours=hours)
    file = folder / f"minqing-minqing-{at:%Y%m%dT%H%M%SZ}.tar"
    file.touch()
    return file


@pytest.fixture(autouse=True)
def last_night(request: pytest.FixtureRequest) -> None:
    """The night's jobs were done an hour ago, where there is a county at all."""
    if "world" not in request.fixturenames:
        return
    database = request.getfixturevalue("database")
    alter(
        database,
        "INSERT INTO job_run (name, done_at)"
        " SELECT name, now() - interval '1 hour'"
        " FROM unnest('{hand_on,sweep,publish,backup}'::text[]) name",
    )
    with database.sessions.transaction() as session:
        publish_ended(session, Settings(), now=utc_now())


def findings(done) -> list[tuple[str, str]]:
    """Each ill thing with its mend."""
    lines = done.out.splitlines()
    return [
        (line.removeprefix("✗ "), lines[i + 1].strip())
        for i, line in enumerate(lines)
        if line.startswith("✗")
    ]


def test_a_healthy_installation_has_nothing_to_mend(run, world) -> None:
    done = run("doctor")
    assert done.code == 0, done
    assert [line[0] for line in done.out.splitlines()] == ["✓"] * 19
    assert done.err == ""


@pytest.mark.parametrize("lang", ["zh_CN.UTF-8", "zh_CN.GB18030", "zh_Hans"])
def test_a_chinese_terminal_is_spoken_to_in_chinese(run, world, lang: str) -> None:
    lines = run("doctor", lang=lang).out.splitlines()
    assert [line for line in lines if not re.search(r"[\u4e00-\u9fff]", line)] == []


def test_a_missing_key_file_is_found(run, world, settings_env: Path) -> None:
    (settings_env / "contact.key").unlink()
    done = run("doctor")
    assert done.code == 1
    ((what, mend),) = findings(done)
    assert "contact.key is missing" in what
    assert mend.startswith("→ Restore it")
    assert not (settings_env / "contact.key").exists()


def test_a_key_that_others_can_read_is_found(run, world, settings_env: Path) -> None:
    (settings_env / "contact.key").chmod(0o644)
    ((what, mend),) = findings(run("doctor"))
    assert "can be read by others" in what
    assert "chmod 600" in mend


def test_another_countys_key_is_found(run, world, settings_env: Path) -> None:
    (settings_env / "contact.key").unlink()
    make_key(settings_env / "contact.key")
    ((what, mend),) = findings(run("doctor"))
    assert "cannot be read with this key" in what
    assert "Restore the key file" in mend


def test_what_ended_and_is_not_published_is_found(run, world, database) -> None:
    alter(database, "DELETE FROM published_rate")
    alter(
        database,
        "DELETE FROM publication WHERE first_day < now() - interval '4 months'",
    )
    ((what, mend),) = findings(run("doctor"))
    assert re.fullmatch(r"Periods not published: \d+, from \d{4}-\d\d-01 on", what)
    assert mend.startswith("→ Run `minqing publish`")
    assert "Published periods: " in run("publish").out
    assert run("doctor").code == 0
    assert run("publish").out == "Published periods: 0\n"


def test_a_vacant_desk_is_found_by_its_town(run, world, database) -> None:
    alter(
        database,
        "UPDATE duty SET valid_to = current_date - 1"
        f" WHERE id = {world.duties['town_desk']}",
    )
    ((what, mend),) = findings(run("doctor"))
    assert what == "Without a desk: 西镇"
    assert "desk duty" in mend


def test_who_has_no_place_in_boundaries_to_come_is_found(run, world, database) -> None:
    alter(
        database,
        "INSERT INTO edition (public_id, name, reason, source_id, created_at,"
        " active_from) SELECT gen_random_uuid(), name, 'merge', source_id, created_at,"
        " current_date + 30 FROM edition",
    )
    alter(
        database,
        "INSERT INTO edition_area SELECT n.id, area_id, parent_id, type, code, a.name,"
        " shape_id FROM edition_area a, edition n WHERE n.active_from > current_date"
        " AND code NOT LIKE '620171101201%'",
    )
    alter(
        database,
        "INSERT INTO household_place SELECT n.id, household_id, county_id, town_id"
        " FROM household_place p, edition n WHERE n.active_from > current_date LIMIT 1",
    )
    found = findings(run("doctor"))
    assert [what.split()[0] for what, _ in found] == [
        "Households", "Duties", "Zones", "Accounts",
    ]  # fmt: skip
    assert found[0][0].endswith(": 1")
    assert all(mend.startswith("→ ") for _, mend in found)


def test_a_county_without_boundaries_is_found_once(run, database) -> None:
    assert run("upgrade").code == 0
    done = run("doctor")
    assert done.code == 1
    found = findings(done)
    assert [what for what, _ in found if "boundaries" in what.lower()] == [found[0][0]]
    assert "minqing import boundaries" in found[0][1]
    assert found[-1][0] == "There is no administrator"


def test_a_calendar_that_ends_within_a_deadline_is_ill(run, world, database) -> None:
    alter(database, "DELETE FROM calendar_day WHERE day > current_date + 10")
    done = run("doctor")
    assert done.code == 1
    ((what, mend),) = findings(done)
    assert "calendar of working days lacks" in what
    assert "chinesecalendar" in mend


def test_a_year_not_yet_announced_is_only_a_remark(run, world, database) -> None:
    alter(database, "DELETE FROM calendar_day WHERE day > current_date + 60")
    done = run("doctor")
    assert done.code == 0
    assert "· The calendar of working days lacks" in done.out
    assert "Monday to Friday count as worked there" in done.out


@pytest.mark.parametrize(
    ("revision", "mend"),
    [
        ("9999", "→ Install the version that made it, or a newer one"),
        (None, "→ Run `minqing upgrade`"),
    ],
)
def test_a_schema_of_another_version_is_found(
    run, world, database, revision: str | None, mend: str
) -> None:
    alter(
        database,
        f"UPDATE alembic_version SET version_num = '{revision}'"
        if revision
        else "DELETE FROM alembic_version",
    )
    ((what, found),) = findings(run("doctor"))
    assert what == f"Schema minqing at migration {revision or '-'}"
    assert found == mend


def test_a_full_disk_is_found(run, world, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: usage(2 * 10**9, 19 * 10**8, 10**8)
    )
    ((what, mend),) = findings(run("doctor"))
    assert what.startswith("0.1 GB free")
    assert mend == "→ Free some disk: 2 GB are needed"


def test_a_night_without_a_backup_is_found(run, world, last_backup: Path) -> None:
    last_backup.unlink()
    ((none, _),) = findings(run("doctor"))
    assert none.startswith("There is no backup in")
    a_backup(last_backup.parent, hours=27)
    ((old, mend),) = findings(run("doctor"))
    assert old == "The last backup is 27 h old"
    assert "minqing backup" in mend


def test_no_folder_for_backups_is_only_a_remark(
    run, world, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINQING_BACKUP_DIR")
    done = run("doctor")
    assert done.code == 0
    assert "· No folder for backups is named" in done.out


def test_one_role_for_owner_and_app_is_found(
    run, world, monkeypatch: pytest.MonkeyPatch, database
) -> None:
    monkeypatch.delenv("MINQING_OWNER_DATABASE_URL")
    monkeypatch.setenv("MINQING_DATABASE_URL", database.owner_url)
    ((what, mend),) = findings(run("doctor"))
    assert what.startswith("One role is both owner and app")
    assert "MINQING_OWNER_DATABASE_URL" in mend


def test_a_database_that_is_away_is_one_finding(
    run, settings_env, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://someone:hidden-word@127.0.0.1:1/county"
    monkeypatch.setenv("MINQING_DATABASE_URL", url)
    done = run("doctor")
    assert done.code == 1
    ((what, mend),) = findings(done)
    assert "does not answer" in what
    assert "MINQING_DATABASE_URL" in mend
    assert "hidden-word" not in done.out + done.err


def test_a_private_cluster_of_another_version_is_one_finding(
    run, settings_env, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_folder() as folder:
        data = folder / "postgres" / "data"
        data.mkdir(parents=True)
        (data / "PG_VERSION").write_text("99\n")
        monkeypatch.setenv("MINQING_STATE_DIR", str(folder))
        ((what, mend),) = findings(run("doctor"))
    assert "PostgreSQL 99" in what
    assert "restore a backup" in mend
