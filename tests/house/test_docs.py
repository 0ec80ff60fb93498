"""What the documents promise is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from settings_of import all_settings

import geo_api

ROOT = Path(geo_api.__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.md")]


def test_every_setting_is_in_the_manual() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [name for name in all_settings() if f"`{name}`" not in manual] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    broken = [
        link
        for link in links
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_commands_of_the_readme_are_there(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    scripts = set(re.findall(r"^(scripts/\w+)", text, re.MULTILINE))
    assert scripts >= {"scripts/demo", "scripts/test", "scripts/minqing"}
    for script in scripts:
        assert (ROOT / script).stat().st_mode & 0o100, script


def test_both_readmes_show_the_same_commands() -> None:
    blocks = [
        [
            re.sub(r"\s+#.*", "", line)
            for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
        ]
        for text in (
            (ROOT / name).read_text("utf-8")
            for name in ("README.md", "README.zh-CN.md")
        )
    ]
    assert blocks[0] == blocks[1]


def test_files_that_the_documents_name_are_there() -> None:
    named = {
        (page.name, path)
        for page in (ROOT / "docs").rglob("*.md")
        for path in re.findall(r"`((?:[\w.]+/)+\w+\.py)`", page.read_text("utf-8"))
    }
    missing = [
        f"{page}: {path}"
        for page, path in sorted(named)
        if not (ROOT / path).exists() and not (ROOT / "geo_api" / path).exists()
    ]
    assert missing == []
