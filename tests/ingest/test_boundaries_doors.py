"""No boundary file opens anything but itself, whatever it holds and is called."""

from __future__ import annotations

import json
import socket
import sqlite3
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import boundary_files as files
import pytest

from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.ingest.containers import FORMATS, unpacked
from geo_api.ingest.contents import check_content
from geo_api.ingest.drivers import DRIVERS, close_gdal
from geo_api.ingest.frames import read_frame

SECRET = "NOT-TO-BE-SEEN"
SQUARE = "103.4,36.4 103.5,36.4 103.5,36.5 103.4,36.5 103.4,36.4"


class Listener:
    """A server on this machine that nobody may call."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.calls = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._socket.accept()
                self.calls += 1
                caller.sendall(b"HTTP/1.0 404 No\r\n\r\n")
                caller.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file beside the sent one that any of GDAL's formats could name."""
    folder = tmp_path / "secret"
    folder.mkdir()
    frame = files.frame_of(files.towns(files.square()))
    frame["name"] = SECRET
    files.write_geojson(folder / "secret.geojson", frame)
    frame.to_file(folder / "secret.shp", encoding="utf-8", engine="pyogrio")
    frame.to_file(folder / "secret.tab", driver="MapInfo File", engine="pyogrio")
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    return folder


def _vrt(source: str) -> str:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )


def _gml(*, before: str = "", attributes: str = "", name: str = "1镇") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}'
        '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xmlns:gml="http://www.opengis.net/gml" {attributes}><gml:featureMember>'
        f"<ogr:towns><ogr:name>{name}</ogr:name><ogr:geometryProperty><gml:Polygon"
        ' srsName="EPSG:4326"><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>'
        f"{SQUARE}</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs>"
        "</gml:Polygon></ogr:geometryProperty></ogr:towns></gml:featureMember>"
        "</ogr:FeatureCollection>"
    )


def _kml(*, before: str = "", more: str = "", name: str = "1镇") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"{more}<Placemark><name>{name}</name><Polygon><outerBoundaryIs><LinearRing>"
        f"<coordinates>{SQUARE}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        "</Placemark></Document></kml>"
    )


def _geojson(**more: object) -> str:
    ring = [[float(n) for n in pair.split(",")] for pair in SQUARE.split()]
    feature = {
        "type": "Feature",
        "properties": {"name": "1镇"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature], **more})


def _entity(target: str) -> str:
    return f'<!DOCTYPE d [<!ENTITY x SYSTEM "{target}">]>'


_TAB = (
    "!table\n!version 900\n!charset Neutral\n\nDefinition Table\n"
    '  Type NATIVE Charset "Neutral"\n  Fields 1\n    name Char (60) ;\n'
)
# What leads elsewhere, as bytes of any file: it is tried under every suffix.
LURES: dict[str, Callable[[Path, str], str]] = {
    "vrt-file": lambda there, _: _vrt(f"{there}/secret.geojson"),
    "vrt-http": lambda _, url: _vrt(f"/vsicurl/{url}/secret.geojson"),
    "wfs": lambda _, url: f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>",
    "wfs-name": lambda _, url: f"WFS:{url}/wfs",
    "crs-link": lambda _, url: _geojson(
        crs={"type": "link", "properties": {"href": f"{url}/crs", "type": "esriwkt"}}
    ),
    "crs-url": lambda _, url: _geojson(
        crs={"type": "name", "properties": {"name": f"{url}/crs"}}
    ),
    "crs-file": lambda there, _: _geojson(
        crs={"type": "name", "properties": {"name": f"+init={there}/secret.txt:1"}}
    ),
    "gdalg": lambda there, _: json.dumps(
        {
            "type": "gdal_streamed_alg",
            "command_line": f"gdal vector pipeline ! read {there}/secret.geojson",
        }
    ),
    "stac": lambda _, url: json.dumps(
        {"type": "FeatureCollection", "links": [{"rel": "next", "href": url}]}
    ),
    "gml-schema": lambda _, url: _gml(
        attributes=f'xsi:schemaLocation="http://ogr.maptools.org/ {url}/a.xsd"'
    ),
    "gml-schema-file": lambda there, _: _gml(
        attributes=f'xsi:schemaLocation="http://ogr.maptools.org/ {there}/secret.txt"'
    ),
    "gml-link": lambda _, url: _gml(name=f'<ogr:a xlink:href="{url}/a.gml#a"/>'),
    "gml-srs": lambda _, url: _gml().replace("EPSG:4326", f"{url}/srs"),
    "gml-entity": lambda there, _: _gml(
        before=_entity(f"file://{there}/secret.txt"), name="&x;"
    ),
    "gml-entity-http": lambda _, url: _gml(before=_entity(f"{url}/x"), name="&x;"),
    "kml-link": lambda _, url: _kml(
        more=f"<NetworkLink><Link><href>{url}/a.kml</href></Link></NetworkLink>"
    ),
    "kml-style": lambda _, url: _kml(more=f"<styleUrl>{url}/s.kml#s</styleUrl>"),
    "kml-entity": lambda there, _: _kml(
        before=_entity(f"file://{there}/secret.txt"), name="&x;"
    ),
    "tab-view": lambda there, _: (
        f'!table\nOpen Table "{there}/secret.tab"\n'
        "Create View v As Select * From secret"
    ),
    "tab-seamless": lambda there, _: (
        _TAB + 'begin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata\n'
    ),
    "tab-linked": lambda there, _: _TAB.replace("NATIVE", "LINKED"),
    "path": lambda there, _: f"{there}/secret.geojson",
    "postgres": lambda _, url: f"PG:host=127.0.0.1 port={url.rpartition(':')[2]}",
    "osm": lambda _, url: f"<osm version='0.6'><a href='{url}'/></osm>",
    "georss": lambda _, url: (
        f"<rss version='2.0'><channel><link>{url}</link></channel></rss>"
    ),
}
SUFFIXES = sorted({*FORMATS, ".zip", ".kmz", ".vrt", ".xml"} - {".gdb"})


def _read(path: Path) -> str:
    """Everything that a reader of the frame could see, or the refusal."""
    declaration = files.a_declaration(**files.NAMED_TOWNS | {"crs": "wgs84"})
    for name in ("name", "Name"):
        declared = declaration.model_copy(
            update={"fields": declaration.fields.model_copy(update={"name": name})}
        )
        try:
            return str(read_frame(path, declared).to_json())
        except InvalidInput as error:
            [*problems] = error.problems
            said = [say(p.msg, p.params, "zh-CN") for p in problems]
            if problems[0].loc != ("declaration", "fields"):
                break
    return " ".join(said)


def test_no_file_leads_to_another_or_to_the_network(
    tmp_path: Path, listener: Listener, secret: Path
) -> None:
    leaks = {}
    sent = tmp_path / "sent"
    sent.mkdir()
    for lure, write in LURES.items():
        content = write(secret, listener.url)
        for suffix in SUFFIXES:
            path = sent / f"towns{suffix}"
            if suffix in (".zip", ".kmz"):
                _pack(path, content)
            else:
                path.write_text(content, encoding="utf-8")
            found = _read(path)
            # What a sender writes may be shown; what it points to may not.
            if SECRET in found or listener.calls:
                leaks[lure, suffix] = found, listener.calls
                listener.calls = 0
            path.unlink()
    assert leaks == {}


def _pack(path: Path, content: str) -> None:
    inner = "doc.kml" if path.suffix == ".kmz" else "towns.geojson"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inner, content)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW other AS SELECT * FROM areas",
        "CREATE VIRTUAL TABLE other USING fts5(name)",
    ],
)
def test_a_geopackage_is_tables_and_nothing_else(tmp_path, statement: str) -> None:
    path = tmp_path / "towns.gpkg"
    files.frame_of().to_file(path, layer="areas", engine="pyogrio")
    read_frame(path, files.a_declaration())
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()
    with pytest.raises(InvalidInput, match="more than tables: other"):
        read_frame(path, files.a_declaration())


def test_triggers_of_a_geopackage_do_not_run(tmp_path) -> None:
    path = tmp_path / "towns.gpkg"
    files.frame_of().to_file(path, layer="areas", engine="pyogrio")
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TRIGGER other AFTER UPDATE ON gpkg_contents"
            " BEGIN DELETE FROM areas; END"
        )
        database.commit()
    before = path.read_bytes()
    assert len(read_frame(path, files.a_declaration())) == 15
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["towns.gpkg"]


def test_gdal_has_no_driver_but_those_that_are_named() -> None:
    import pyogrio

    close_gdal()
    assert set(pyogrio.list_drivers()) == set().union(*DRIVERS.values())
    # Each reads what is before it: no VRT, no GeoJSON with its links, no database.
    assert set().union(*DRIVERS.values()) == {
        "TopoJSON", "ESRIJSON", "GPKG", "ESRI Shapefile", "LIBKML", "GML",
        "MapInfo File", "OpenFileGDB",
    }  # fmt: skip


def test_gdal_calls_nobody_even_where_a_path_leads_to_the_network(
    listener: Listener,
) -> None:
    import pyogrio

    close_gdal()
    for suffix in (".gml", ".gpkg", ".json", ".kml"):
        for way in ("/vsicurl/", "/vsicurl_streaming/", ""):
            with suppress(pyogrio.errors.DataSourceError):
                pyogrio.list_layers(f"{way}{listener.url}/towns{suffix}")
    assert listener.calls == 0


def test_gml_reads_neither_schemas_nor_links_of_others() -> None:
    import pyogrio

    close_gdal()
    said = {
        name: pyogrio.get_gdal_config_option(name)
        for name in ("GML_DOWNLOAD_SCHEMA", "GML_SKIP_RESOLVE_ELEMS")
    }
    assert said == {"GML_DOWNLOAD_SCHEMA": "NO", "GML_SKIP_RESOLVE_ELEMS": "ALL"}


@pytest.mark.parametrize(
    ("suffix", "lure"),
    [
        (".gml", "gml-entity"), (".gml", "gml-entity-http"), (".kml", "kml-entity"),
    ],
)  # fmt: skip
def test_markup_that_defines_words_of_its_own_is_refused(
    tmp_path: Path, listener: Listener, secret: Path, suffix: str, lure: str
) -> None:
    path = tmp_path / f"towns{suffix}"
    path.write_text(LURES[lure](secret, listener.url), encoding="utf-8")
    with pytest.raises(InvalidInput, match="words of its own"):
        read_frame(path, files.a_declaration())


@pytest.mark.parametrize(
    ("suffix", "lure"),
    [
        (".gml", "gml-schema"), (".gml", "gml-schema-file"), (".gml", "gml-link"),
        (".kml", "kml-link"),
    ],
)  # fmt: skip
def test_markup_reaches_its_driver_without_references(
    tmp_path: Path, listener: Listener, secret: Path, suffix: str, lure: str
) -> None:
    main = tmp_path / f"areas{suffix}"
    main.write_text(LURES[lure](secret, listener.url), encoding="utf-8")
    check_content(main, encoding=None)
    left = main.read_text("utf-8")
    assert "1镇" in left or lure == "gml-link"
    assert listener.url not in left
    assert str(secret) not in left


@pytest.mark.parametrize("lure", ["tab-view", "tab-seamless", "tab-linked"])
def test_a_mapinfo_table_that_points_to_others_is_refused(
    tmp_path: Path, secret: Path, lure: str
) -> None:
    path = tmp_path / "towns.tab"
    path.write_text(LURES[lure](secret, ""), encoding="utf-8")
    for part in FORMATS[".tab"].needs:
        path.with_suffix(part).touch()
    with pytest.raises(InvalidInput, match="points to other files"):
        read_frame(path, files.a_declaration())


def test_links_and_paths_in_a_zip_lead_nowhere(tmp_path: Path, secret: Path) -> None:
    link = zipfile.ZipInfo("towns.geojson")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "towns.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, f"{secret}/secret.geojson")
    with pytest.raises(InvalidInput, match="links to other files"):
        read_frame(path, files.a_declaration())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../../outside.geojson", _geojson())
        archive.writestr("/etc/outside.txt", "-")
    with unpacked(path) as main:
        assert [p.name for p in main.parent.iterdir()] == ["areas.geojson"]
        folder = main.parent
    assert not folder.exists()
    assert not list(tmp_path.parent.glob("**/outside.*"))


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "towns.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("towns.geojson", b" " * 30_000_000)
    with pytest.raises(InvalidInput, match="far too much"):
        read_frame(path, files.a_declaration())
    blob = path.read_bytes()
    real, small = struct.pack("<I", 30_000_000), struct.pack("<I", 1000)
    path.write_bytes(blob.replace(real, small))
    with pytest.raises(InvalidInput, match="damaged"):
        read_frame(path, files.a_declaration())
