"""Boundary files as they are sent: the one source in a zip, a folder or by itself.

Whatever it is, its parts are written into a folder of our own under names of our own:
GDAL never sees the sender's paths, nor anything that lies beside them.
"""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol
from zlib import error as ZlibError

from geo_api.errors import InvalidInput, Words
from geo_api.ingest.signatures import HEAD_BYTES, NO_ZIP, is_locked, is_zip, name_kind

# Packed and unpacked: ten times a county with all its groups, drawn to the metre.
_MAX_BYTES = 200_000_000
# Unpacked against packed: real shapes are nowhere near this, once they weigh anything.
_MAX_RATIO = 50
_WEIGHS_BYTES = 10_000_000
_MAX_PARTS = 10_000
# What systems pack beside what was meant.
_CLUTTER = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store|Thumbs\.db|desktop\.ini)", re.I)
_ARCHIVES = {".zip", ".kmz", ".rar", ".7z"}


@dataclass(frozen=True)
class Format:
    """A format by the suffix of its main part: what else it needs and may have."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    ".geojson": Format(),
    ".json": Format(),
    ".gpkg": Format(),
    ".shp": Format((".shx", ".dbf"), (".prj", ".cpg")),
    ".kml": Format(),
    ".gml": Format(),
    ".tab": Format((".dat", ".map", ".id"), (".ind",)),
    ".mif": Format((".mid",)),
    # A folder of tables, always in a zip.
    ".gdb": Format(),
}


class _Part(Protocol):
    @property
    def name(self) -> str: ...

    def open(self) -> IO[bytes]: ...


@dataclass(frozen=True)
class _Loose:
    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def open(self) -> IO[bytes]:
        return self.path.open("rb")


@dataclass(frozen=True)
class _Packed:
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        return self.info.filename

    def open(self) -> IO[bytes]:
        return self.archive.open(self.info)


def refuse(msg: str, mend: str, **params: Any) -> InvalidInput:
    """The error of a file that cannot be read at all."""
    return InvalidInput(msg, loc=("file",), mend=mend, **params)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The main part of a boundary file, in a folder of its own.

    Raises InvalidInput for what is no boundary file, or several.
    """
    with ExitStack() as stack:
        parts = _parts_of(path, stack)
        source = _the_source(parts)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="minqing-")))
        try:
            yield _write(folder, source, parts)
        except (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError) as error:
            raise refuse("This zip is damaged", "Pack the file again") from error


def _parts_of(path: Path, stack: ExitStack) -> list[_Part]:
    if not path.exists():
        raise refuse("There is no file %(name)s", "Check the path", name=path.name)
    if path.is_dir():
        raise refuse("%(name)s is a folder", "Pack it as a zip", name=path.name)
    if path.stat().st_size > _MAX_BYTES:
        raise _too_large()
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind = name_kind(head)
    if kind is not None:
        raise refuse(
            "%(name)s is %(kind)s, not boundaries",
            "Save it in your GIS as GeoJSON, GeoPackage, or a Shapefile in a zip",
            name=path.name,
            kind=Words(kind),
        )
    if is_zip(head):
        return _packed(path, stack)
    suffix = path.suffix.lower()
    if suffix in (".zip", ".kmz"):
        raise refuse("This is not a zip", "Pack the file again")
    if suffix not in FORMATS or suffix == ".gdb":
        raise _unknown(path.name)
    wanted = {suffix, *FORMATS[suffix].needs, *FORMATS[suffix].may}
    siblings: list[_Part] = [
        _Loose(other)
        for other in sorted(path.parent.iterdir())
        if other != path
        and other.stem == path.stem
        and other.suffix.lower() in wanted - {suffix}
        and other.is_file()
    ]
    return [_Loose(path), *siblings]


def _unknown(name: str) -> InvalidInput:
    return refuse(
        "%(name)s is no boundary file known here",
        "Send GeoJSON, GeoPackage, KML, GML, or a Shapefile, MapInfo file or "
        "FileGDB in a zip",
        name=name,
    )


def _too_large() -> InvalidInput:
    return refuse(
        "The file is larger than %(limit)s MB",
        "Simplify the shapes in your GIS",
        limit=_MAX_BYTES // 1_000_000,
    )


def _packed(path: Path, stack: ExitStack) -> list[_Part]:
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except NO_ZIP as error:
        raise refuse("This zip is damaged", "Pack the file again") from error
    if is_locked(archive):
        raise refuse(
            "The zip is locked with a password", "Pack it again without a password"
        )
    infos = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not _CLUTTER.search(info.filename)
    ]
    links = [i.filename for i in infos if stat.S_ISLNK(i.external_attr >> 16)]
    if links:
        raise refuse(
            "The zip holds links to other files: %(names)s",
            "Pack the files themselves",
            names=_names(links),
        )
    size = sum(info.file_size for info in infos)
    is_bomb = size > max(_WEIGHS_BYTES, path.stat().st_size * _MAX_RATIO)
    if is_bomb or size > _MAX_BYTES or len(infos) > _MAX_PARTS:
        raise refuse("The zip unpacks to far too much", "Pack the boundaries alone")
    return [_Packed(archive, info) for info in infos]


def _names(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:5])


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")).casefold()


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _gdb_of(name: str) -> str | None:
    """The FileGDB folder that a file lies in."""
    found = re.match(r"((?:.*/)?[^/]+\.gdb)/[^/]+$", name, re.I)
    return found[1] if found else None


def _the_source(parts: Sequence[_Part]) -> str:
    """The name of the main part, or of a FileGDB's folder."""
    folders = {gdb for part in parts if (gdb := _gdb_of(part.name))}
    mains = [
        part.name
        for part in parts
        if _suffix(part.name) in FORMATS and not _gdb_of(part.name)
    ]
    found = sorted({*folders, *mains})
    if len(found) > 1:
        raise refuse(
            "The zip holds several boundary files: %(names)s",
            "Pack one alone; levels stand in one file, with a field for their kind",
            names=_names(found),
        )
    if found:
        return found[0]
    nested = [part.name for part in parts if _suffix(part.name) in _ARCHIVES]
    if nested:
        raise refuse(
            "The zip holds another archive: %(names)s",
            "Unpack it, and send what is inside",
            names=_names(nested),
        )
    for main, form in FORMATS.items():
        if form.needs and any(_suffix(part.name) in form.needs for part in parts):
            raise refuse(
                "The zip holds no %(suffix)s",
                "Export it again, and pack all its parts together: %(parts)s",
                suffix=main,
                parts=", ".join([main, *form.needs, *form.may]),
            )
    raise refuse(
        "The zip holds no boundary file: %(names)s",
        "Pack GeoJSON, GeoPackage, KML, GML, or a Shapefile, MapInfo file or FileGDB",
        names=_names(part.name for part in parts) or "-",
    )


def _write(folder: Path, source: str, parts: Sequence[_Part]) -> Path:
    if _suffix(source) == ".gdb":
        main = folder / "areas.gdb"
        main.mkdir()
        for part in parts:
            name = PurePosixPath(part.name).name
            if _gdb_of(part.name) == source and re.fullmatch(r"[\w.]+", name, re.A):
                _copy(part, main / name)
        return main
    suffix = _suffix(source)
    form = FORMATS[suffix]
    mine = {
        _suffix(part.name): part
        for part in reversed(parts)
        if _stem(part.name) == _stem(source)
    }
    missing = [other for other in form.needs if other not in mine]
    if missing:
        raise refuse(
            "%(name)s comes without %(missing)s",
            "Export it again, and pack all its parts together: %(parts)s",
            name=source,
            missing=", ".join(missing),
            parts=", ".join([suffix, *form.needs, *form.may]),
        )
    for other in (suffix, *form.needs, *form.may):
        if other in mine:
            _copy(mine[other], folder / f"areas{other}")
    return folder / f"areas{suffix}"


def _copy(part: _Part, target: Path) -> None:
    with part.open() as content, target.open("xb") as file:
        shutil.copyfileobj(content, file)
