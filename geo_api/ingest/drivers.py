"""GDAL with a handful of drivers that open what is before them and nothing else.

Many of GDAL's formats name other files, databases and servers, and a file called
.geojson may be any of them. So all drivers but those below are taken from this process.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
from pyogrio import _ogr

from geo_api.ingest.containers import refuse
from geo_api.ingest.contents import check_content, damaged
from geo_api.ingest.encodings import decode, tell
from geo_api.ingest.layers import Layer, shapes_of

# What each suffix is opened with.
DRIVERS: Mapping[str, frozenset[str]] = {
    ".json": frozenset({"TopoJSON", "ESRIJSON"}),
    ".gpkg": frozenset({"GPKG"}),
    ".shp": frozenset({"ESRI Shapefile"}),
    ".kml": frozenset({"LIBKML"}),
    ".gml": frozenset({"GML"}),
    ".tab": frozenset({"MapInfo File"}),
    ".mif": frozenset({"MapInfo File"}),
    ".gdb": frozenset({"OpenFileGDB"}),
}
_OPTIONS = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    # A code keeps its leading zeros.
    "GML_FIELDTYPES": "ALWAYS_STRING",
}
# Every byte is a sign: texts come as the bytes that stand in the file.
_RAW = "ISO-8859-1"
# The byte of a .dbf that says its language, where it says anything of use.
_LANGUAGES = {0x4D: "gbk", 0x7A: "gbk", 0x4F: "big5", 0x78: "big5"}


@cache
def close_gdal() -> None:
    """Leave GDAL the drivers that read boundaries, and no way to the network.

    For the whole process: GDAL knows no drivers of one thread.
    """
    os.environ["PROJ_NETWORK"] = "OFF"
    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    allowed = frozenset[str]().union(*DRIVERS.values())
    others = [name for name in pyogrio.list_drivers() if name not in allowed]
    pyogrio.set_gdal_config_options({**_OPTIONS, "GDAL_SKIP": ",".join(others)})
    # Nothing else makes GDAL look at GDAL_SKIP once it has started.
    _ogr._register_drivers()
    left = set(pyogrio.list_drivers()) - allowed
    if left:
        raise RuntimeError(f"GDAL keeps its drivers {sorted(left)}")


def read_layer(main: Path, *, layer: str | None, encoding: str | None) -> Layer:
    """One layer of an unpacked boundary file, its texts decoded by evidence.

    Raises InvalidInput for content that is not what the suffix says, leads elsewhere,
    or cannot be read.
    """
    close_gdal()
    check_content(main, encoding=encoding)
    try:
        # What GDAL has to say is looked for in what it read, and named there.
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            warnings.simplefilter("ignore")
            meta, _, wkb, fields = pyogrio.raw.read(
                main,
                layer=_the_layer(main, layer),
                encoding=_RAW,
                datetime_as_string=True,
            )
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        pyogrio.errors.CRSError,
        ValueError,
    ) as error:
        raise damaged(main) from error
    names = [name.encode(_RAW) for name in meta["fields"]]
    named = _encoding_of(main, names, fields, encoding)
    columns, faults = _decoded(names, fields, named)
    shapes, broken = shapes_of(np.array([]) if wkb is None else wkb)
    return Layer(columns, shapes, meta["crs"], broken, faults)


def _the_layer(main: Path, wanted: str | None) -> str | None:
    """The declared layer, or the only one that has shapes."""
    names = [str(name) for name, kind in pyogrio.list_layers(main) if kind is not None]
    if wanted is None and len(names) <= 1:
        return names[0] if names else None
    # A Shapefile has one layer, under a name of ours.
    if main.suffix == ".shp" or wanted in names:
        return names[0] if main.suffix == ".shp" else wanted
    raise refuse(
        "It is not said which layer is meant, of %(names)s",
        'Declare it, for example layer = "%(first)s"',
        names=", ".join(names[:9]),
        first=next(iter(names), "towns"),
    )


def _encoding_of(
    main: Path, names: Sequence[bytes], fields: Sequence[Any], declared: str | None
) -> str:
    texts = [
        *names,
        *(c.encode(_RAW) for cells in fields for c in cells if isinstance(c, str)),
    ]
    if main.suffix != ".shp":
        # The driver has heeded what such a file says of itself.
        return tell(texts, hint=declared)
    page = main.with_suffix(".cpg")
    if page.exists():
        hint = page.read_text("ascii", "replace")[:40]
    else:
        hint = _LANGUAGES.get(main.with_suffix(".dbf").read_bytes()[29], "")
    return tell(texts, declared=declared, hint=hint)


def _decoded(
    names: Sequence[bytes], fields: Sequence[Any], encoding: str
) -> tuple[dict[str, list[Any]], dict[str, tuple[int, str]]]:
    columns: dict[str, list[Any]] = {}
    faults: dict[str, tuple[int, str]] = {}
    for raw, cells in zip(names, fields, strict=True):
        # A name has ten bytes and may be cut, too: what is left of it is its name.
        name = raw.decode(encoding, "ignore")
        columns[name] = []
        for row, cell in enumerate(cells):
            if isinstance(cell, str):
                written = cell.encode(_RAW)
                read = decode(written, encoding)
                cell = read.text if read else written.decode(encoding, "replace")
                if read is None or read.is_cut:
                    faults.setdefault(name, (row, cell))
            columns[name].append(cell)
    return columns, faults
