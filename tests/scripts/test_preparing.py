"""What the scripts do before Python runs, on a copy with stand-ins for the machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import geo_api

ROOT = Path(geo_api.__file__).parent.parent
SCRIPTS = sorted(
    p for p in (*(ROOT / "scripts").iterdir(), ROOT / ".ci/run") if p.is_file()
)


@dataclass
class Copy:
    """The project's scripts and locks in a folder of their own.

    ``stand_in`` puts a program before the machine's own; each call of one is noted.
    """

    root: Path

    def stand_in(self, name: str, body: str = "", *, folder: str = "bin") -> None:
        path = self.root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        note = f'echo "{name} $*" >>"{self.root}/calls"'
        path.write_text(f"#!/bin/sh\n{note}\n{body}\n")
        path.chmod(0o755)

    def calls(self) -> list[str]:
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def bash(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.root,
            env={**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def prepare(self, line: str) -> subprocess.CompletedProcess[str]:
        return self.bash(f"source scripts/prepare.sh; {line}")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    for folder in ("scripts", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "map_ui").mkdir()
    for name in ("assets.py", "package-lock.json"):
        shutil.copy(ROOT / "map_ui" / name, tmp_path / "map_ui")
    return Copy(tmp_path)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line in which a script gave up."""
    assert done.returncode == 1, done
    (line,) = done.stderr.splitlines()
    assert line.startswith("✗ ")
    return line.removeprefix("✗ ")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_a_script_parses_and_names_no_outside_host(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert re.findall(r"https?://(?!127\.0\.0\.1|\*)\S+", text) == []
    if script.suffix == ".py":
        compile(text, script, "exec")
        return
    subprocess.run(["bash", "-n", script], check=True)
    if script.suffix != ".sh":
        assert text.startswith("#!/usr/bin/env bash\n")
        assert os.access(script, os.X_OK)


def test_who_is_not_root_is_told_what_is_missing(copy: Copy) -> None:
    copy.stand_in("id", "echo 1000")
    copy.stand_in("dpkg-query", "exit 1")
    copy.stand_in("apt-get")
    line = refusal(copy.prepare("apt_install postgresql-15 chromium"))
    assert line.startswith("not root")
    assert "postgresql-15 chromium" in line
    assert not [call for call in copy.calls() if call.startswith("apt-get")]


def test_a_full_disk_is_said_before_anything_is_fetched(copy: Copy) -> None:
    copy.stand_in("id", "echo 0")
    copy.stand_in("dpkg-query", "exit 1")
    copy.stand_in("apt-get")
    copy.stand_in(
        "df", "printf 'Filesystem 1024-blocks Used Available\\n/ 9 9 102400\\n'"
    )
    line = refusal(copy.prepare("apt_install postgresql-15"))
    assert line.startswith("disk full: 100 MB free")
    assert not [call for call in copy.calls() if call.startswith("apt-get")]


def test_what_is_installed_is_not_installed_again(copy: Copy) -> None:
    copy.stand_in("dpkg-query", "echo 'install ok installed'")
    copy.stand_in("apt-get")
    done = copy.prepare("apt_install postgresql-15 chromium")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not [call for call in copy.calls() if call.startswith("apt-get")]


def test_a_failing_step_gives_its_last_word_and_where_the_rest_is(copy: Copy) -> None:
    copy.stand_in("apt-get", "echo reading; echo 'E: no such mirror'; echo; exit 100")
    done = copy.prepare('run "apt: package lists" apt-get update; echo went on')
    assert done.stdout == "· apt: package lists\n"
    line = refusal(done)
    assert "package lists failed: E: no such mirror" in line
    assert ".cache/prepare.log" in line


def test_an_old_python_is_refused(copy: Copy) -> None:
    copy.stand_in(
        "python3",
        'case "$*" in *version_info*) exit 1 ;; -V) echo "Python 3.9.2" ;; esac',
    )
    copy.stand_in("fc-list", "echo a font")
    copy.stand_in("chromium")
    line = refusal(
        copy.prepare(
            "have_postgis() { true; }; have_nginx() { true; }; prepare_system dev"
        )
    )
    assert line == "python3 is Python 3.9.2, 3.11 or newer is needed"


@pytest.fixture
def prepared(copy: Copy) -> Copy:
    """A copy in which everything was installed for these very locks."""
    copy.stand_in("python", folder=".venv/bin")
    copy.stand_in("uv", folder=".venv/bin")
    for folder in ("map_ui/node_modules/axe-core", "map_ui/static/vendor", ".cache"):
        (copy.root / folder).mkdir(parents=True)
    (copy.root / "map_ui/static/vendor/manifest.json").write_text("{}")
    done = copy.prepare(
        "stamp dev requirements/dev.txt;"
        " stamp assets-dev map_ui/package-lock.json map_ui/assets.py"
    )
    assert done.returncode == 0, done
    return copy


@pytest.mark.parametrize("lock", ["dev", "demo"])
def test_the_second_time_is_silent_and_starts_nothing(
    prepared: Copy, lock: str
) -> None:
    done = prepared.prepare(f"prepare_python {lock}; prepare_assets {lock}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert prepared.calls() == []


def test_a_changed_lock_is_installed_by_its_hashes(prepared: Copy) -> None:
    lock = prepared.root / "requirements/dev.txt"
    lock.write_text(lock.read_text() + "\n# changed\n")
    done = prepared.prepare("prepare_python dev")
    assert done.returncode == 0, done
    (call,) = [call for call in prepared.calls() if call.startswith("uv ")]
    assert "--require-hashes" in call
    assert "-r requirements/dev.txt" in call
    again = prepared.prepare("prepare_python dev")
    assert again.stdout == ""


def test_a_mirror_that_pip_knows_is_used_by_uv(prepared: Copy) -> None:
    (prepared.root / ".cache/dev.stamp").unlink()
    prepared.stand_in(
        "uv", f'echo "$UV_DEFAULT_INDEX" >"{prepared.root}/index"', folder=".venv/bin"
    )
    prepared.bash(
        "export PIP_INDEX_URL=file:///mirror; unset UV_DEFAULT_INDEX;"
        " source scripts/prepare.sh; prepare_python dev"
    )
    assert (prepared.root / "index").read_text() == "file:///mirror\n"


def test_an_interrupted_environment_is_made_again(copy: Copy) -> None:
    copy.stand_in("python", "exit 1", folder=".venv/bin")
    copy.stand_in("python3", "echo broken off; exit 1")
    line = refusal(copy.prepare("prepare_python dev"))
    assert "virtual environment" in line
    assert "python3 -m venv --clear .venv" in copy.calls()


def test_what_checks_the_pages_is_installed_for_those_who_check_alone(
    prepared: Copy,
) -> None:
    shutil.rmtree(prepared.root / ".cache")
    done = prepared.prepare(
        "prepare_assets demo; prepare_assets dev; prepare_assets dev"
    )
    assert done.returncode == 0, done
    assert [call for call in prepared.calls() if "map_ui.assets" in call] == [
        "python -m map_ui.assets",
        "python -m map_ui.assets --dev",
    ]


@pytest.mark.parametrize(
    "ill", ["nobody", "ruff", "mypy", "lint-imports", "biome", "tsc", "shellcheck"]
)
def test_one_linter_that_complains_fails_the_lint(prepared: Copy, ill: str) -> None:
    for name in ("ruff", "mypy", "lint-imports", "shellcheck"):
        prepared.stand_in(name, f"exit {int(name == ill)}", folder=".venv/bin")
    # Those of npm are run by the Node of a wheel.
    complains = f'case "$*" in */{ill}\\ *) exit 1 ;; esac'
    prepared.stand_in("python", complains, folder=".venv/bin")
    for folder in ("deploy", "docker", ".ci"):
        shutil.copytree(ROOT / folder, prepared.root / folder)
    done = prepared.bash(
        # What the machine has is not this test's matter.
        "sed -i 's/^prepare dev$//' scripts/lint; scripts/lint"
    )
    assert (done.returncode == 0) is (ill == "nobody"), done
