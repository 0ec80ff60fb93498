"""Writes THIRD-PARTY-NOTICES: the licences of all that a bundle carries.

``python scripts/notices.py`` after the locks were installed. What a package calls its
licence stands above the texts that it ships; Debian's packages bring their own under
``/usr/share/doc``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "THIRD-PARTY-NOTICES"
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;]+)", re.MULTILINE)
_TEXT = re.compile(r"^(licen[cs]e|copying|notice|authors|copyright)", re.IGNORECASE)
_RULE = "=" * 78


@dataclass(frozen=True)
class Part:
    """Something of others that is shipped, with what it says of itself."""

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]


def read_pins(*locks: Path) -> dict[str, str]:
    """Names with versions of the locked packages."""
    return {
        name: version
        for lock in locks
        for name, version in _PIN.findall(lock.read_text(encoding="utf-8"))
    }


def shipped_wheels() -> dict[str, str]:
    """What scripts/bundle downloads from the package index."""
    folder = ROOT / "requirements"
    return read_pins(folder / "run.txt", folder / "bootstrap.txt")


def shipped_assets() -> dict[str, str]:
    """What map_ui.assets copies to the pages, by the committed lock of npm."""
    from map_ui.assets import ALLOWED

    lock = json.loads((ROOT / "map_ui" / "package-lock.json").read_text())
    return {
        name: lock["packages"][f"node_modules/{name}"]["version"] for name in ALLOWED
    }


def _licence_of(package: Distribution) -> str:
    said = package.metadata
    if said["License-Expression"]:
        return str(said["License-Expression"])
    prefix = "License :: "
    named = [
        value.rpartition(" :: ")[2]
        for value in said.get_all("Classifier") or ()
        if value.startswith(prefix)
    ]
    return ", ".join(named) or str(said["License"] or "see below").splitlines()[0]


def _texts_of(package: Distribution) -> Iterator[str]:
    for file in sorted(package.files or (), key=str):
        path = Path(str(file))
        is_metadata = any(part.endswith(".dist-info") for part in path.parts)
        if is_metadata and _TEXT.match(path.name):
            yield file.read_text(encoding="utf-8")


def wheel_part(name: str, version: str) -> Part:
    """A package from the index; RuntimeError if another version is installed."""
    package = distribution(name)
    if package.version != version:
        raise RuntimeError(f"{name} {version} is locked, {package.version} installed")
    return Part(name, version, _licence_of(package), tuple(_texts_of(package)))


def asset_part(name: str, version: str) -> Part:
    """A package of the pages."""
    from map_ui.assets import ALLOWED, HERE

    folder = HERE / "node_modules" / name
    said = json.loads((folder / "package.json").read_text())
    texts = [
        (folder / file).read_text(encoding="utf-8")
        for file in ALLOWED[name]
        if _TEXT.match(Path(file).name)
    ]
    return Part(name, version, said["license"], tuple(texts))


def parts() -> list[Part]:
    """Everything that is shipped, by name."""
    wheels = [wheel_part(*pin) for pin in shipped_wheels().items()]
    assets = [asset_part(*pin) for pin in shipped_assets().items()]
    return sorted(wheels + assets, key=lambda part: part.name.lower())


def render() -> str:
    """The whole text, the same for the same locks."""
    lines = [
        "Third-party notices of minqing-map",
        "",
        "Made from requirements/run.txt, requirements/bootstrap.txt and",
        "map_ui/package-lock.json by scripts/notices.py; do not edit.",
    ]
    for part in parts():
        lines += ["", _RULE, f"{part.name} {part.version}", part.licence, _RULE]
        for text in part.texts:
            lines += ["", *(line.rstrip() for line in text.strip().splitlines())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
