"""Files that cannot be read are refused with a reason, a place and a mend."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import boundary_files as files
import geopandas
import numpy as np
import pytest
import shapely

from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.declaration import read_declaration


@pytest.fixture
def refusal(session, now, settings):
    """The problem for which a file is refused; nothing may have been stored."""

    def run(path: Path, **declared: Any) -> tuple[tuple[str | int, ...], str]:
        before = files.counts(session)
        declaration = files.a_declaration(**files.NAMED_TOWNS | declared)
        with pytest.raises(InvalidInput) as refused:
            import_boundaries(
                session, path, declaration, commit=True, now=now, settings=settings
            )
        assert files.counts(session) == before
        [problem] = refused.value.problems
        assert problem.mend
        for sentence in (problem.msg, problem.mend):
            assert say(sentence, problem.params, "zh-CN") != say(
                sentence, problem.params, "en"
            )
        return problem.loc, say(problem.msg, problem.params, "en")

    return run


def _square(**shift: float) -> dict[str, Any]:
    return shapely.geometry.mapping(files.square(**shift))


def _coordinates(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def test_geojson_that_breaks_off(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square())
    path.write_bytes(path.read_bytes()[:-40])
    loc, msg = refusal(path)
    assert loc == ("file",)
    assert msg.startswith("The JSON is broken in line 1, at sign")


def test_json_that_is_no_geojson(refusal, tmp_path) -> None:
    path = tmp_path / "towns.geojson"
    path.write_text('{"towns": ["西岔镇"]}', encoding="utf-8")
    assert refusal(path)[1] == "The file is no GEOJSON that can be read"


def test_a_file_of_another_kind(refusal, tmp_path) -> None:
    path = tmp_path / "towns.txt"
    path.write_text("中川镇", encoding="utf-8")
    assert refusal(path)[1] == "towns.txt is no boundary file known here"


def test_a_file_that_is_not_there(refusal, tmp_path) -> None:
    path = tmp_path / "towns.geojson"
    assert refusal(path) == (("file",), "There is no file towns.geojson")


def test_a_file_without_features(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson")
    assert refusal(path)[1] == "The file holds no shapes"


def test_a_table_without_shapes(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", None)
    loc, msg = refusal(path)
    assert loc == ("file", "features", 0)
    assert msg == "Feature 1 (1镇) has no shape"


_OPEN_RING = [[103.5, 36.5], [103.6, 36.5], [103.6, 36.6], [103.5, 36.6]]


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (
            {"type": "Point", "coordinates": [103.5, 36.5]},
            "is a point near 103.500000, 36.500000, no area",
        ),
        (
            {"type": "LineString", "coordinates": [[103.5, 36.5], [103.6, 36.6]]},
            "is a line near 103.500000, 36.500000, no area",
        ),
        (
            {
                "type": "GeometryCollection",
                "geometries": [{"type": "Point", "coordinates": [103.5, 36.5]}],
            },
            "is a mixture of shapes near 103.500000, 36.500000, no area",
        ),
        (None, "has no shape"),
        ({"type": "Polygon", "coordinates": []}, "has no shape"),
        (
            {"type": "Polygon", "coordinates": [_OPEN_RING]},
            "is not closed, or has too few corners, near 103.500000, 36.500000",
        ),
        (
            {"type": "MultiPolygon", "coordinates": [[_OPEN_RING[:2]]]},
            "is not closed, or has too few corners, near 103.500000, 36.500000",
        ),
        (
            {"type": "Polygon", "coordinates": [[103.5, 36.5]]},
            "is not closed, or has too few corners, near -",
        ),
        ({"type": "Blob"}, "is not closed, or has too few corners, near -"),
    ],
)
def test_what_is_no_area_is_named_with_its_number_name_and_place(
    refusal, tmp_path, geometry, said: str
) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square(), geometry)
    loc, msg = refusal(path)
    assert loc == ("file", "features", 1)
    assert msg == f"Feature 2 (2镇) {said}"


def test_lon_and_lat_exchanged(refusal, tmp_path) -> None:
    swapped = shapely.transform(files.square(), lambda c: c[:, ::-1])
    path = files.write_features(
        tmp_path / "towns.geojson", shapely.geometry.mapping(swapped)
    )
    loc, msg = refusal(path)
    assert loc == ("file",)
    assert msg == "lon and lat are exchanged: the file begins at 36.4, 103.5"


def test_exchanged_coordinates_are_seen_under_a_shifted_datum(
    refusal, tmp_path
) -> None:
    swapped = shapely.transform(files.square(), lambda c: c[:, ::-1])
    path = files.write_features(
        tmp_path / "towns.geojson", shapely.geometry.mapping(swapped)
    )
    assert refusal(path, crs="gcj02")[1].startswith("lon and lat are exchanged")


def test_a_coordinate_that_is_not_a_number(refusal, tmp_path) -> None:
    path = files.write_features(
        tmp_path / "towns.geojson",
        _coordinates((103.4, 36.4), (float("nan"), 36.4), (103.5, 36.5)),
    )
    assert refusal(path)[0] == ("file", "features", 0)


def test_not_a_number_in_a_geopackage(refusal, tmp_path) -> None:
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(103.4, 36.4), (np.nan, 36.4), (103.5, 36.5)])
        frame = geopandas.GeoDataFrame({"name": ["1镇"]}, geometry=[broken], crs=4326)
        frame.to_file(tmp_path / "towns.gpkg", engine="pyogrio")
    said = refusal(tmp_path / "towns.gpkg")[1]
    assert said == "Feature 1 (1镇) has a coordinate that is not a number"


def test_metres_called_degrees(refusal, tmp_path) -> None:
    metres = files.projected(files.square(), 4544)
    path = files.write_features(
        tmp_path / "towns.geojson", shapely.geometry.mapping(metres)
    )
    assert refusal(path)[1] == "The coordinates are not degrees"


def test_a_shapefile_without_prj_and_without_declared_system(refusal, tmp_path) -> None:
    path = files.write_shapefile(
        tmp_path / "towns.zip", files.frame_of(), without=[".prj"]
    )
    assert refusal(path)[1] == "The file names no coordinate system"


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_zip_that_lacks_a_part(refusal, tmp_path, part) -> None:
    path = files.write_shapefile(
        tmp_path / "towns.zip", files.frame_of(), without=[part]
    )
    said = {
        ".shp": "The zip holds no .shp",
        ".shx": "areas.shp comes without .shx",
        ".dbf": "areas.shp comes without .dbf",
    }
    assert refusal(path)[1] == said[part]


def test_a_zip_with_two_shapefiles(refusal, tmp_path) -> None:
    path = files.write_shapefile(tmp_path / "towns.zip", files.frame_of())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("villages.shp", b"")
    assert refusal(path)[1].startswith(
        "The zip holds several boundary files: areas.shp"
    )


def test_a_zip_that_is_none(refusal, tmp_path) -> None:
    path = tmp_path / "towns.zip"
    path.write_bytes(b"no archive")
    assert refusal(path)[1] == "This is not a zip"


def test_a_zip_bomb_is_never_unpacked(refusal, tmp_path) -> None:
    path = tmp_path / "towns.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("towns.shp", bytes(12_000_000))
        archive.writestr("towns.shx", b"")
        archive.writestr("towns.dbf", b"")
    assert path.stat().st_size < 100_000
    assert refusal(path)[1] == "The zip unpacks to far too much"


def test_texts_in_another_encoding_than_declared(refusal, tmp_path) -> None:
    path = files.write_shapefile(
        tmp_path / "towns.zip",
        files.frame_of(files.towns(files.square())),
        encoding="gb18030",
        without=[".cpg"],
    )
    _, msg = refusal(path, encoding="ascii")
    assert msg.startswith("The names are not in ascii: they would read")
    loc, msg = refusal(path, encoding="no-such")
    assert loc == ("declaration", "encoding")
    assert msg == "no-such is not an encoding known here"


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "EPSG:4543", "EPSG:4326"])
def test_a_declaration_that_contradicts_the_file(refusal, tmp_path, crs) -> None:
    path = files.write_shapefile(tmp_path / "towns.zip", files.frame_of().to_crs(4544))
    assert "the declaration says" in refusal(path, crs=crs)[1]


def test_a_projection_declared_for_degrees(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square())
    assert "the declaration says EPSG:4544" in refusal(path, crs="EPSG:4544")[1]


def test_a_system_that_nobody_knows(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square())
    msg = refusal(path, crs="EPSG:0")[1]
    assert msg == "EPSG:0 is not a coordinate system known here"


def _in_metres(tmp_path: Path, *, shift: float) -> Path:
    shape = files.projected(files.square(), 4544, shift=shift)
    frame = geopandas.GeoDataFrame({"name": ["1镇"]}, geometry=[shape], crs=4544)
    return files.write_shapefile(tmp_path / "towns.zip", frame, without=[".prj"])


def test_eastings_with_a_zone_that_the_system_lacks(refusal, tmp_path) -> None:
    path = _in_metres(tmp_path, shift=35_000_000)
    assert refusal(path, crs="EPSG:4544")[1] == (
        "The eastings carry the zone 35, the coordinate system does not"
    )


def test_eastings_without_the_zone_that_the_system_has(refusal, tmp_path) -> None:
    path = _in_metres(tmp_path, shift=0)
    assert refusal(path, crs="EPSG:4523")[0] == ("file",)


def test_a_field_that_the_file_has_not(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square(), 乡镇="西岔镇")
    loc, msg = refusal(path, fields={"name": "name", "code": "区划代码"})
    assert loc == ("declaration", "fields")
    assert msg == "The file has no field 区划代码"


def test_a_kind_that_is_none(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square(), kind="street")
    loc, msg = refusal(path, fields={"name": "name", "type": "kind"})
    assert loc == ("file", "features", 0)
    assert msg == "Feature 1 (1镇) has no kind known here: street"


def test_an_area_without_its_code(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square(), code=" ")
    loc, msg = refusal(path, fields={"name": "name", "code": "code"})
    assert loc == ("file", "features", 0)
    assert msg == "Feature 1 (1镇) has no code"


def test_an_area_with_neither_name_nor_code(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square(), name="")
    assert refusal(path)[1] == "Feature 1 has neither name nor code"


@pytest.mark.parametrize("name", ["长" * 201, "上河村\n下河村", "上河\x1b[31m村"])
def test_a_name_that_is_no_short_line(refusal, tmp_path, name: str) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square(), name=name)
    loc, msg = refusal(path)
    assert loc == ("file", "features", 0)
    assert msg == "The name of feature 1 is not one line of 200 signs at most"


@pytest.mark.parametrize("code", ["9" * 41, "62 01", "62/01"])
def test_a_code_that_no_address_could_hold(refusal, tmp_path, code: str) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square(), code=code)
    _, msg = refusal(path, fields={"name": "name", "code": "code"})
    assert msg == f"Feature 1 (1镇) has a code that cannot be used: {code}"


def test_towns_without_a_county(refusal, tmp_path) -> None:
    path = files.write_features(tmp_path / "towns.geojson", _square())
    loc, msg = refusal(path, county=None)
    assert loc == ("declaration", "county")
    assert msg == "Neither the file nor its declaration has a county"


def test_a_geopackage_of_several_layers(refusal, tmp_path) -> None:
    path = tmp_path / "county.gpkg"
    for layer in ("towns", "villages"):
        files.frame_of().to_file(path, layer=layer, engine="pyogrio")
    assert "towns, villages" in refusal(path)[1]
    assert "towns, villages" in refusal(path, layer="groups")[1]


def test_a_missing_declaration(tmp_path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_declaration(tmp_path / "towns.toml")
    [problem] = refused.value.problems
    assert problem.loc == ("declaration",)
    assert problem.params["path"] == "towns.toml"


def test_a_declaration_that_is_not_toml(tmp_path) -> None:
    path = tmp_path / "towns.toml"
    path.write_text('name = "方格"\ncrs: wgs84\n', encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_declaration(path)
    assert refused.value.problems[0].params["line"] == "2"


def test_each_wrong_line_of_a_declaration_is_named(tmp_path) -> None:
    path = tmp_path / "towns.toml"
    path.write_text(
        'name = "方格"\nlicence = "CC0-1.0"\nvalid_from = 2025-02-30\n'
        '[fields]\ntitle = "name"\n',
        encoding="utf-8",
    )
    # A day that is none is no TOML either.
    with pytest.raises(InvalidInput):
        read_declaration(path)
    path.write_text(
        path.read_text("utf-8").replace("2025-02-30", '"soon"'), encoding="utf-8"
    )
    with pytest.raises(InvalidInput) as refused:
        read_declaration(path)
    assert {problem.loc for problem in refused.value.problems} == {
        ("declaration", "source"),
        ("declaration", "valid_from"),
        ("declaration", "fields", "title"),
    }
    assert all(problem.mend for problem in refused.value.problems)


def test_local_codes_are_in_the_file_or_given_here(tmp_path) -> None:
    path = tmp_path / "towns.toml"
    path.write_text(
        'name = "方格"\nsource = "-"\nlicence = "CC0-1.0"\nvalid_from = 2025-01-01\n'
        '[values]\ntype = "town"\nsystem = "local"\n',
        encoding="utf-8",
    )
    with pytest.raises(InvalidInput) as refused:
        read_declaration(path)
    assert "[fields] code" in refused.value.problems[0].msg
