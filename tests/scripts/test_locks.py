"""What the locks promise of every package that a server gets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parents[2]
_PIN = re.compile(r"^([a-z0-9_.-]+==\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.M)
_GLIBC = re.compile(r"manylinux_2_(\d+)_aarch64")


def read_lock(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(_PIN.findall(text))


SHIPPED = read_lock("run") | read_lock("bootstrap")


def fits_an_arm_server(filename: str) -> bool:
    for tag in parse_wheel_filename(filename)[3]:
        if tag.interpreter not in ("py3", "cp311") and tag.abi != "abi3":
            continue
        glibc = _GLIBC.fullmatch(tag.platform)
        if tag.platform in ("any", "manylinux2014_aarch64"):
            return True
        if glibc and int(glibc[1]) <= 28:
            return True
    return False


def test_every_pin_of_a_server_has_a_wheel_for_aarch64_of_its_lock() -> None:
    lines = (ROOT / "requirements" / "wheels.txt").read_text().splitlines()
    wheels = {
        tuple(line.split()[:2]): line.split()[2:] for line in lines if "aarch64" in line
    }
    assert len(SHIPPED) > 50
    for pin, hashes in SHIPPED.items():
        filename, digest = wheels[pin, "aarch64"]
        assert fits_an_arm_server(filename), filename
        assert f"--hash={digest}" in hashes, pin


@pytest.mark.parametrize(
    ("filename", "is_fit"),
    [
        ("a-1-py3-none-any.whl", True),
        ("a-1-cp311-cp311-manylinux_2_28_aarch64.whl", True),
        ("a-1-cp39-abi3-manylinux2014_aarch64.whl", True),
        ("a-1-cp311-cp311-manylinux_2_34_aarch64.whl", False),
        ("a-1-cp311-cp311-manylinux_2_28_x86_64.whl", False),
        ("a-1-cp312-cp312-manylinux_2_28_aarch64.whl", False),
        ("a-1-cp311-cp311-musllinux_1_2_aarch64.whl", False),
    ],
)
def test_a_wheel_of_another_machine_is_told_apart(filename: str, is_fit: bool) -> None:
    assert fits_an_arm_server(filename) is is_fit


def test_the_notices_name_exactly_what_is_shipped_each_with_its_licence() -> None:
    notices = (ROOT / "THIRD-PARTY-NOTICES").read_text(encoding="utf-8")
    heads = re.findall(r"^={78}\n(\S+) (\S+)\n(.+)\n={78}$", notices, re.M)
    npm = json.loads((ROOT / "map_ui" / "package-lock.json").read_text())["packages"]
    vendor = json.loads((ROOT / "map_ui/static/vendor/manifest.json").read_text())
    names = {"@".join(path.split("@")[:-1]) for path in vendor}
    shipped = {tuple(pin.split("==")) for pin in SHIPPED} | {
        (name, npm[f"node_modules/{name}"]["version"]) for name in names
    }
    assert {(name, version) for name, version, _ in heads} == shipped
    for name, _, licence in heads:
        assert licence not in ("", "see below", "UNKNOWN", "None"), name


def test_the_notices_travel_in_the_bundle() -> None:
    assert "THIRD-PARTY-NOTICES" in (ROOT / "scripts" / "bundle").read_text()
