"""A backup gives back every row, refuses what is wrong, and never half replaces."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import make
import pytest
from fastapi.testclient import TestClient
from make_database import a_database
from make_requests import an_order
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import geo_api
from geo_api.app import create_app
from geo_api.cli.archive import Manifest, write_archive
from geo_api.cli.backup import write_backup
from geo_api.cli.database import utc_now
from geo_api.cli.dump_rows import load_rows
from geo_api.cli.restore import _alone
from geo_api.db.cipher import Cipher, make_key
from geo_api.db.session import SessionFactory, make_engine
from geo_api.errors import InvalidInput
from geo_api.http.context import Context
from geo_api.settings import DatabaseSettings, Settings, StateSettings

ROOT = Path(geo_api.__file__).parent.parent


class County:
    """The test's county, read and changed behind the service's back."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool)

    def run(self, statement: str) -> list[tuple[object, ...]]:
        with self._engine.begin() as connection:
            connection.execute(text("SET LOCAL search_path = minqing, public"))
            done = connection.execute(text(statement))
            return [tuple(row) for row in done] if done.returns_rows else []

    def schemas(self) -> set[str]:
        return {
            str(name)
            for (name,) in self.run(
                "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
            )
        }

    def content(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table as text."""
        tables = self.run(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'minqing'::regnamespace"
        )
        content: dict[str, list[tuple[object, ...]]] = {str(t): [] for (t,) in tables}
        rows = " UNION ALL ".join(
            f"""SELECT '{table}', t::text FROM "{table}" t""" for table in content
        )
        for table, row in self.run(f"{rows} ORDER BY 1, 2"):
            content[str(table)].append((row,))
        return content


@dataclass(frozen=True)
class Used:
    """A county to clone in which somebody has ordered and read, and its backup."""

    database: str
    archive: Path


@pytest.fixture(scope="module")
def used(
    server: Any, peopled: Any, contact_key: Path, tmp_path_factory: Any
) -> Iterator[Used]:
    """The small county with a request, its history and the audit of a reader."""
    folder = tmp_path_factory.mktemp("used")
    shutil.copy2(contact_key, folder)
    with a_database(server, "used", peopled.database) as name:
        settings = Settings(
            state=StateSettings(state_dir=folder),
            database=DatabaseSettings(
                database_url=server.app_url(name),
                owner_database_url=server.url.set(database=name).render_as_string(
                    hide_password=False
                ),
            ),
        )
        engine = make_engine(server.app_url(name), settings.database)
        sessions = SessionFactory(engine, settings.database.schema_name)
        app = create_app(Context(settings, sessions, Cipher.read(contact_key), utc_now))
        with sessions.transaction() as session:
            cadre = make.a_token(session, peopled.world, "village", utc_now())
        with TestClient(app) as client:
            placed = client.post(
                "/api/requests",
                json=an_order(peopled.world),
                headers={"Idempotency-Key": "one-order"},
            )
            assert placed.status_code == 201, placed.text
            households = client.get("/api/households", headers=cadre).json()
            path = f"/api/households/{households['items'][0]['id']}?reveal=contact"
            assert client.get(path, headers=cadre).status_code == 200
        engine.dispose()
        write_backup(settings, folder / "county.tar")
        yield Used(name, folder / "county.tar")


@pytest.fixture
def original(used: Used) -> str:
    return used.database


@pytest.fixture
def county(database, cipher) -> County:
    """A county in use, of the test's own."""
    return County(database.owner_url)


@pytest.fixture
def archive(used: Used, county: County, tmp_path: Path) -> Path:
    """The backup of the county, to be damaged."""
    return Path(shutil.copy2(used.archive, tmp_path))


def altered(archive: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The archive with one member changed."""
    target = archive.with_name("altered.tar")
    with tarfile.open(archive) as old, tarfile.open(target, "w") as new:
        for member in old:
            source = old.extractfile(member)
            assert source is not None
            content = source.read()
            if member.name == name:
                content = change(content)
                member.size = len(content)
            new.addfile(member, BytesIO(content))
    return target


def with_manifest(archive: Path, **changes: object) -> Path:
    def change(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | changes).encode()

    return altered(archive, "manifest.json", change)


def test_every_row_is_there_again_after_a_wipe(
    run, county: County, archive: Path
) -> None:
    before = county.content()
    for table in ("service_request", "request_event", "audit_entry", "contact"):
        assert before[table], table
    county.run("DROP SCHEMA minqing CASCADE")
    done = run("restore", archive)
    assert done.code == 0, done
    after = county.content()
    tokens = before.pop("token"), after.pop("token")
    assert after == before
    assert len(tokens[0]) == len(tokens[1])
    assert county.schemas() == {"information_schema", "minqing", "public"}


@pytest.mark.long
def test_sessions_end_and_tracking_links_stay(
    run, county: County, archive: Path
) -> None:
    assert run("restore", archive, "--replace").code == 0
    open_tokens = county.run(
        "SELECT kind, count(*) FROM token WHERE revoked_at IS NULL GROUP BY kind"
    )
    assert open_tokens == [("tracking", 1)]


@pytest.mark.long
def test_the_app_works_but_cannot_alter_history_after_a_restore(
    run, county: County, archive: Path, database
) -> None:
    county.run("DROP SCHEMA minqing CASCADE")
    assert run("restore", archive).code == 0
    app = County(database.url)
    app.run("UPDATE account SET is_locked = false")
    for table in ("audit_entry", "request_event", "dispatch_decision"):
        with pytest.raises(Exception, match="permission denied"):
            app.run(f"DELETE FROM {table}")


def test_the_key_and_passwords_are_not_in_the_archive(
    run, county: County, tmp_path: Path, monkeypatch, settings_env: Path
) -> None:
    monkeypatch.setenv("MINQING_APP_PASSWORD", "word-one")
    monkeypatch.setenv("MINQING_HOOK_URL", "https://someone:word-two@10.0.0.1/x")
    monkeypatch.setenv("MINQING_PORT", "8123")
    assert run("backup", tmp_path / "b.tar").code == 0
    content = (tmp_path / "b.tar").read_bytes()
    key = (settings_env / "contact.key").read_bytes().strip()
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0
    assert b"MINQING_PORT=8123" in content
    assert [s for s in (key, b"word-one", b"word-two") if s in content] == []


def test_a_county_in_use_is_not_replaced_unasked(
    run, county: County, archive: Path
) -> None:
    before = county.content()
    done = run("restore", archive)
    assert done.code == 1
    assert "--replace" in done.err
    assert county.content() == before


@pytest.mark.long
def test_a_county_that_nobody_has_used_yet_needs_no_permission(
    run, county: County, archive: Path
) -> None:
    county.run("DROP SCHEMA minqing CASCADE")
    assert run("upgrade").code == 0
    assert run("restore", archive).code == 0
    assert county.run("SELECT 1 FROM account LIMIT 1") == [(1,)]


def test_something_else_in_the_schema_is_never_replaced(
    run, county: County, archive: Path, monkeypatch
) -> None:
    county.run("CREATE SCHEMA theirs")
    county.run("CREATE TABLE theirs.thing ()")
    for schema in ("theirs", "public"):
        monkeypatch.setenv("MINQING_SCHEMA", schema)
        done = run("restore", archive, "--replace")
        assert done.code == 1
        assert "something else than a county" in done.err


@pytest.mark.long
def test_another_name_leaves_the_county_of_the_old_name_alone(
    run, county: County, archive: Path, monkeypatch
) -> None:
    before = county.content()
    monkeypatch.setenv("MINQING_SCHEMA", "copy_of_it")
    done = run("restore", archive)
    assert done.code == 0, done
    assert county.content() == before
    assert "copy_of_it" in county.schemas()


def flip(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda archive: altered(archive, "database.dump", flip),
        lambda archive: altered(archive, "settings.env", lambda c: c + b"A=1\n"),
        lambda archive: with_manifest(archive, rows={}),
        lambda archive: altered(archive, "manifest.json", lambda _: b"{}"),
        lambda archive: cut(archive, 20_000),
        lambda archive: cut(archive, 0),
        lambda archive: cut(archive, 700),
    ],
    ids=["dump", "settings", "rows", "manifest", "cut", "empty", "head only"],
)
def test_a_damaged_archive_changes_nothing(
    run, county: County, archive: Path, damage: Callable[[Path], Path]
) -> None:
    before = county.content()
    done = run("restore", damage(archive), "--replace")
    assert done.code == 1
    assert "damaged" in done.err
    assert county.content() == before


def cut(archive: Path, size: int) -> Path:
    target = archive.with_name("cut.tar")
    target.write_bytes(archive.read_bytes()[:size])
    return target


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 2}, "has format 2"),
        ({"migration": "9999"}, "at migration 9999"),
        ({"postgresql": "99.1"}, "of PostgreSQL 99"),
        ({"rows": {"account": 1}}, "in the backup: 1"),
    ],
    ids=["format", "migration", "server", "rows"],
)
def test_what_does_not_fit_changes_nothing(
    run, county: County, archive: Path, changes: dict[str, object], why: str
) -> None:
    before = county.content()
    done = run("restore", resealed(archive, changes), "--replace")
    assert done.code == 1
    assert why in done.err
    assert county.content() == before
    assert county.schemas() == {"information_schema", "minqing", "public"}


def unpacked(archive: Path) -> Path:
    """Its files in a folder; extractall() knows no filter in Debian 12's Python."""
    folder = archive.parent / "unpacked"
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            (folder / member.name).write_bytes(content.read())
    return folder


def key_of(archive: Path) -> Cipher:
    """The key file, which lies beside the archives here."""
    return Cipher.read(archive.with_name("contact.key"))


def resealed(archive: Path, changes: dict[str, object]) -> Path:
    """A manifest with other words and checksums that fit them."""
    folder = unpacked(archive)
    said = json.loads((folder / "manifest.json").read_text())
    target = archive.with_name("resealed.tar")
    write_archive(
        folder, Manifest.model_validate(said | changes), target, key_of(archive)
    )
    return target


@pytest.mark.long
def test_another_key_is_refused_unless_it_is_meant(
    run, county: County, archive: Path, settings_env: Path
) -> None:
    key = settings_env / "contact.key"
    kept = key.read_bytes()
    key.unlink()
    missing = run("restore", archive, "--replace")
    assert (missing.code, key.exists()) == (1, False)
    assert "lost for good add --another-key" in missing.err
    make_key(key)
    another = run("restore", archive, "--replace")
    assert another.code == 1
    assert "not the one that belongs to this backup" in another.err
    assert "lost for good add --another-key" in another.err
    key.unlink()
    given_up = run("restore", archive, "--replace", "--another-key")
    assert given_up.code == 0
    assert "emptied because no key opens them" in given_up.out
    held = "name IS NOT NULL OR phone IS NOT NULL OR id_number IS NOT NULL"
    assert county.run(f"SELECT count(*) FROM contact WHERE {held}") == [(0,)]
    # A newer key in front of the old one still opens the old backup.
    key.write_bytes(key.read_bytes() + kept)
    assert run("restore", archive, "--replace").code == 0


def test_a_restore_that_is_killed_leaves_the_old_county(
    run, county: County, archive: Path
) -> None:
    before = county.content()
    # Whoever reads this table keeps it from being replaced: the restore must wait.
    engine = create_engine(os.environ["MINQING_DATABASE_URL"], poolclass=NullPool)
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM minqing.account"))
        command = [sys.executable, "-m", "geo_api.cli", "restore", archive, "--replace"]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 300
        while not county.run(
            "SELECT FROM pg_stat_activity WHERE query LIKE 'DROP SCHEMA%'"
            " AND wait_event_type = 'Lock'"
        ):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert county.content() == before
    # What it left behind goes with the next one.
    while county.run(
        "SELECT FROM pg_stat_activity WHERE query LIKE 'DROP SCHEMA%'"
        " AND pid <> pg_backend_pid() AND datname = current_database()"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert run("restore", archive, "--replace").code == 0
    assert county.schemas() == {"information_schema", "minqing", "public"}


def test_of_two_restores_at_once_one_is_told_to_wait(
    run, county: County, archive: Path, database
) -> None:
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with _alone(engine):
        told = run("restore", archive, "--replace")
    assert told.code == 1
    assert "another restore is under way" in told.err.lower()
    assert county.schemas() == {"information_schema", "minqing", "public"}
    assert run("restore", archive, "--replace").code == 0


@pytest.mark.long
def test_a_dump_that_breaks_off_leaves_the_old_county(
    run, county: County, archive: Path
) -> None:
    before = county.content()
    folder = unpacked(archive)
    dump = folder / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-2000])
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_text())
    write_archive(folder, manifest, archive, key_of(archive))
    done = run("restore", archive, "--replace")
    assert done.code == 1
    assert "pg_restore failed" in done.err
    assert county.content() == before
    assert county.schemas() == {"information_schema", "minqing", "public"}


def without(archive: Path, name: str) -> Path:
    """The archive without one of its members."""
    target = archive.with_name("without.tar")
    with tarfile.open(archive) as old, tarfile.open(target, "w") as new:
        for member in old:
            if member.name != name:
                new.addfile(member, old.extractfile(member))
    return target


def signed_by(archive: Path, key: Path) -> Path:
    """The archive as somebody writes it who has another key, or none of ours."""
    folder = unpacked(archive)
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_text())
    target = archive.with_name("foreign.tar")
    make_key(key)
    write_archive(folder, manifest, target, Cipher.read(key))
    return target


def test_an_archive_that_nobody_signed_needs_a_word(
    run, county: County, archive: Path, tmp_path: Path
) -> None:
    # As the version before wrote them; and as anybody writes them.
    for file in (without(archive, "SIGNATURE"), signed_by(archive, tmp_path / "k")):
        before = county.content()
        refused = run("restore", file, "--replace")
        assert refused.code == 1
        assert "--unsigned" in refused.err
        assert county.content() == before
        done = run("restore", file, "--replace", "--unsigned")
        assert done.code == 0, done
        assert "No signature vouches" in done.out


def test_a_member_that_was_changed_is_found_by_the_signature_whatever_its_sums_say(
    run, county: County, archive: Path, tmp_path: Path
) -> None:
    before = county.content()
    with tarfile.open(archive) as tar:
        ours = tar.extractfile("SIGNATURE").read()
    folder = unpacked(archive)
    (folder / "settings.env").write_text("MINQING_PORT=1\n")
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_text())
    target = tmp_path / "changed.tar"
    make_key(tmp_path / "k")
    write_archive(folder, manifest, target, Cipher.read(tmp_path / "k"))
    forged = altered(target, "SIGNATURE", lambda _: ours)
    done = run("restore", forged, "--replace", "--unsigned", "--another-key")
    assert done.code == 1
    assert "its signature does not fit" in done.err
    assert county.content() == before


def test_nothing_of_an_archive_is_run_and_nothing_lands_outside(
    run, county: County, archive: Path, tmp_path: Path
) -> None:
    """Objects beside the tables stay in the archive; a row's table must be ours."""
    county.run(
        "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN COPY (SELECT 1) TO PROGRAM 'touch {tmp_path}/run'; RETURN NEW; END$$"
    )
    county.run(
        "CREATE TRIGGER evil BEFORE INSERT ON account FOR EACH ROW"
        " EXECUTE FUNCTION evil()"
    )
    file = tmp_path / "evil.tar"
    assert run("backup", file).code == 0
    with tarfile.open(file, "a") as tar:
        for name in ("../outside", "/outside", "database.dump/../../outside"):
            tar.addfile(tarfile.TarInfo(name), BytesIO())
    done = run("restore", file, "--replace")
    assert done.code == 0, done
    assert county.run("SELECT 1 FROM pg_proc WHERE proname = 'evil'") == []
    assert not (tmp_path / "run").exists()
    assert list(tmp_path.parent.rglob("outside")) == []
    county.run("CREATE TABLE theirs (id int)")
    assert run("backup", file).code == 0
    before = county.content()
    refused = run("restore", file, "--replace")
    assert refused.code == 1
    assert "minqing.theirs" in refused.err
    assert county.content() == before


HOSTILE = [
    b"\\! touch PATH\n",
    b"COPY minqing.account FROM PROGRAM 'touch PATH';\n",
    b"COPY minqing.account (id) FROM PROGRAM 'touch PATH';\n",
    b"COPY (SELECT 1) TO PROGRAM 'touch PATH';\n",
    b"DO $$BEGIN EXECUTE 'CREATE TABLE x ()'; END$$;\n",
    b"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n",
    b"ALTER SYSTEM SET archive_command = 'touch PATH';\n",
    b"SET ROLE postgres;\n",
    b"SET search_path = public; \\! touch PATH\n",
    b"--\r\\! touch PATH\r\n\\! touch PATH\n",
    b"COPY public.spatial_ref_sys (srid) FROM stdin;\n1\n\\.\n",
    b"COPY other.calendar_day (day) FROM stdin;\n\\.\n",
    b"COPY minqing.account (id, evil) FROM stdin;\n1\t1\n\\.\n",
    b"COPY minqing.calendar_day (day) FROM stdin;\n\\.\n\\! touch PATH\n",
    b"COPY minqing.calendar_day (day) FROM stdin;\nno day\n\\.\n",
    b"COPY minqing.calendar_day (day) FROM stdin;\n2026-01-01\n",
    b"SELECT pg_catalog.setval('public.theirs', 1, true);\n",
    b"SELECT pg_catalog.setval('minqing.account_id_seq', 1, true); DROP TABLE x;\n",
    b"SELECT pg_catalog.set_config('role', 'postgres', false);\n",
]


def test_whatever_a_dump_says_beside_rows_is_refused_and_not_run(
    database, tmp_path: Path
) -> None:
    engine = create_engine(
        database.owner_url.replace("postgresql:", "postgresql+psycopg:"),
        poolclass=NullPool,
    )
    path = str(tmp_path / "run").encode()
    county = County(engine.url.render_as_string(hide_password=False))
    schemas, tables = county.schemas(), set(county.content())
    for hostile in HOSTILE:
        lines = BytesIO(
            b"SET client_encoding = 'UTF8';\n\n-- x\n" + hostile.replace(b"PATH", path)
        )
        with pytest.raises(InvalidInput, match="something else"), engine.begin() as one:
            load_rows(one, lines, said="minqing", schema="minqing")
    assert not (tmp_path / "run").exists()
    assert (county.schemas(), set(county.content())) == (schemas, tables)


def test_only_the_newest_backups_of_this_county_are_kept(
    run, county: County, tmp_path: Path, monkeypatch
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    monkeypatch.setenv("MINQING_BACKUP_DIR", str(folder))
    for day in (1, 2, 3):
        (folder / f"minqing-minqing-2026010{day}T010000Z.tar").touch()
    stranger = folder / "minqing-other-20260101T010000Z.tar"
    stranger.touch()
    assert run("backup", "--keep", 2).code == 0
    left = sorted(path.name for path in folder.iterdir())
    assert len(left) == 3
    assert {"minqing-minqing-20260103T010000Z.tar", stranger.name} < set(left)


def test_what_a_killed_backup_left_goes_with_the_next_one(
    run, county: County, tmp_path: Path
) -> None:
    old, new = tmp_path / ".minqing-old", tmp_path / ".minqing-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "database.dump").touch()
    os.utime(old, (0, 0))
    assert run("backup", tmp_path / "b.tar").code == 0
    assert (old.exists(), new.exists()) == (False, True)


def test_a_folder_that_is_not_there_is_told_so(
    run, county: County, tmp_path: Path
) -> None:
    done = run("backup", tmp_path / "absent" / "b.tar")
    assert done.code == 1
    assert "cannot be written to: No such file or directory" in done.err


def test_a_backup_that_fails_leaves_no_file(run, county: County, tmp_path) -> None:
    county.run("DROP SCHEMA minqing CASCADE")
    done = run("backup", tmp_path / "b.tar")
    assert done.code == 1
    assert "no county in schema minqing" in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["contact.key"]
