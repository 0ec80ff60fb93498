"""What the bundle puts on a server fits the service, and is checked before use."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest
from cryptography import x509
from settings_of import all_settings

import geo_api
from geo_api.cli.backup import configuration

ROOT = Path(geo_api.__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with nothing but the installer, and a machine that it fits."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    shutil.copy(DEPLOY / "install.sh", folder)
    (folder / "architecture").write_text("amd64\n")
    sums = subprocess.run(
        ["sha256sum", "install.sh", "architecture"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (folder / "SHA256SUMS").write_text(sums)
    for name, body in {
        "id": "echo 0",
        "dpkg": "echo amd64",
        "df": "printf 'Filesystem 1024-blocks Used Available\\n/ 9 9 99999999\\n'",
        "apt-get": f"echo \"$*\" >>{tmp_path}/calls; echo 'E: stopped here'; exit 100",
    }.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    return folder


def install(bundle: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    stand_ins = bundle.parent / "bin"
    return subprocess.run(
        ["bash", bundle / "install.sh", *arguments],
        env={**os.environ, "PATH": f"{stand_ins}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_damaged_bundle_is_refused_before_anything_is_installed(
    bundle: Path,
) -> None:
    with (bundle / "install.sh").open("a") as script:
        script.write("# one bit more\n")
    done = install(bundle)
    assert done.returncode == 1
    assert "the bundle is damaged, nothing was changed: install.sh" in done.stderr
    assert not (bundle.parent / "calls").exists()


def test_a_bundle_of_another_architecture_is_refused(bundle: Path) -> None:
    (bundle / "architecture").write_text("arm64\n")
    done = install(bundle)
    assert done.returncode == 1
    assert "this machine is amd64, the bundle is for arm64" in done.stderr


def test_a_whole_bundle_is_installed_from_its_own_packages_alone(bundle: Path) -> None:
    done = install(bundle)
    assert "packages: list failed" in done.stderr
    assert "E: stopped here" in done.stderr
    (call,) = (bundle.parent / "calls").read_text().splitlines()
    assert "Dir::Etc::SourceParts=/dev/null" in call
    assert call.endswith("update -q")


def test_the_image_is_given_every_file_that_it_copies() -> None:
    let_through = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    copied = [
        word
        for line in (ROOT / "docker" / "Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
        if not word.startswith("--")
    ]
    assert len(copied) > 4
    for source in copied:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in let_through), source


def test_every_setting_of_the_installation_is_one_that_is_read() -> None:
    lines = (DEPLOY / "minqing.env").read_text("utf-8").splitlines()
    named = {line.split("=")[0] for line in lines if line.startswith("MINQING_")}
    assert named
    assert named - set(all_settings()) == set()


def test_the_proxy_that_is_believed_is_the_one_that_is_installed() -> None:
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    environment = (DEPLOY / "minqing.env").read_text("utf-8")
    (backend,) = re.findall(r"^\s+server ([\d.]+):8000;", site, re.M)
    assert f"MINQING_TRUSTED_PROXIES={backend}\n" in environment
    assert "X-Forwarded-For $proxy_add_x_forwarded_for" in site


def test_the_services_may_write_only_where_they_must() -> None:
    written = {
        name: re.findall(r"^ReadWritePaths=(.*)$", text, re.M)
        for name in UNITS
        if "ProtectSystem=strict" in (text := (DEPLOY / name).read_text("utf-8"))
    }
    assert written == {
        "minqing.service": ["/var/lib/minqing"],
        "minqing-worker.service": ["/var/backups/minqing"],
    }


def test_the_services_end_before_the_memory_of_the_machine_does() -> None:
    for name in UNITS:
        text = (DEPLOY / name).read_text("utf-8")
        (high,) = re.findall(r"^MemoryHigh=(\d+)G$", text, re.M)
        (most,) = re.findall(r"^MemoryMax=(\d+)G$", text, re.M)
        assert int(high) < int(most)


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        text = (DEPLOY / name).read_text("utf-8")
        # The program and the manual are only there once it is installed.
        text = text.replace("/usr/local/bin/minqing", "/bin/true")
        (tmp_path / name).write_text(
            re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
        )
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        # A container without systemd: then at least the form is right.
        for name in UNITS:
            unit = configparser.ConfigParser(interpolation=None)
            unit.read(tmp_path / name, "utf-8")
            assert set(unit.sections()) <= {"Unit", "Service", "Install"}
        return
    done = subprocess.run(
        [verifier, "verify", *(tmp_path / name for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_passwords_in_addresses_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MINQING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MINQING_DATABASE_URL", "postgresql://app:word@db/minqing")
    monkeypatch.setenv("MINQING_KEY_FILE", "/etc/minqing/contact.key")
    assert configuration() == (
        "MINQING_DATABASE_URL=postgresql://app:***@db/minqing\n"
        "MINQING_KEY_FILE=/etc/minqing/contact.key\n"
    )


def test_the_containers_key_is_made_once_and_for_the_proxy_alone(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    script = (ROOT / "docker" / "make-certificate.sh").read_text("utf-8")
    assert "cd /etc/minqing/tls\n" in script
    script = script.replace("/etc/minqing/tls", str(folder))

    def make() -> bytes:
        subprocess.run(
            ["sh", "-c", script],
            env={**os.environ, "MINQING_PUBLIC_URL": "https://10.1.2.3:8443/"},
            capture_output=True,
            check=True,
        )
        return (folder / "certificate.pem").read_bytes()

    first = make()
    assert make() == first
    shown = x509.load_pem_x509_certificate(first)
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [str(name.value) for name in names.value] == ["10.1.2.3"]
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o640
