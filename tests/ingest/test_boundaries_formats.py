"""The same county in every format and datum that offices send."""

from __future__ import annotations

from pathlib import Path

import boundary_files as files
import make
import numpy as np
import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.datums import Crs, from_wgs84_arrays
from geo_api.areas.models import EditionArea, Shape
from geo_api.areas.service import get_area
from geo_api.areas.shapes import canonical, hash_of
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.declaration import Declaration
from geo_api.ingest.report import Report


@pytest.fixture
def imported(session: Session, now, settings):
    """Import a file for good; the report."""

    def run(path: Path, declaration: Declaration) -> Report:
        return import_boundaries(
            session, path, declaration, commit=True, now=now, settings=settings
        )

    return run


def stored_shapes(session: Session) -> dict[str, shapely.MultiPolygon]:
    rows = session.execute(
        select(EditionArea.code, Shape.geom).join(
            Shape, Shape.id == EditionArea.shape_id
        )
    )
    return {code: shapely.from_wkb(bytes(geom.data)) for code, geom in rows}


def _expected() -> dict[str, shapely.Polygon]:
    return {code: shape for code, _, _, _, shape in make.county_tree()}


def _within_a_centimetre(found: dict, expected: dict) -> bool:
    assert found.keys() == expected.keys()
    return all(
        shapely.hausdorff_distance(found[code], shape) < 2e-7
        for code, shape in expected.items()
    )


def _at(crs: Crs):
    def move(coordinates: np.ndarray) -> np.ndarray:
        lon, lat = coordinates[:, 0].copy(), coordinates[:, 1].copy()
        return np.column_stack(from_wgs84_arrays(lon, lat, crs))

    return move


def test_geojson(session, imported, tmp_path) -> None:
    path = files.write_geojson(tmp_path / "county.geojson", files.frame_of())
    report = imported(path, files.a_declaration())
    assert report.is_committed
    assert report.findings == []
    assert report.counts == {
        "county": 1, "town": 2, "village": 4, "group": 8, "households": 0,
    }  # fmt: skip
    assert _within_a_centimetre(stored_shapes(session), _expected())


def test_geopackage(session, imported, tmp_path) -> None:
    path = tmp_path / "county.gpkg"
    files.frame_of().to_file(path, layer="areas", engine="pyogrio")
    assert imported(path, files.a_declaration()).is_committed
    assert _within_a_centimetre(stored_shapes(session), _expected())


def test_one_layer_of_a_geopackage_is_declared(session, imported, tmp_path) -> None:
    path = tmp_path / "county.gpkg"
    files.frame_of().to_file(path, layer="areas", engine="pyogrio")
    files.frame_of(files.towns(files.square())).to_file(
        path, layer="other", engine="pyogrio"
    )
    assert imported(path, files.a_declaration(layer="areas")).counts["group"] == 8


@pytest.mark.parametrize("folder", ["", "边界/2025/"])
def test_a_zipped_shapefile_in_chinese_and_gauss_kruger(
    session, imported, tmp_path, folder
) -> None:
    frame = files.frame_of().to_crs(4544)
    path = files.write_shapefile(
        tmp_path / "county.zip",
        frame,
        encoding="gb18030",
        folder=folder,
        without=[".cpg"],
    )
    report = imported(path, files.a_declaration(encoding="gb18030"))
    assert report.is_committed
    assert _within_a_centimetre(stored_shapes(session), _expected())
    names = session.scalars(select(EditionArea.name)).all()
    assert "东镇" in names


def test_a_shapefile_says_its_own_encoding(session, imported, tmp_path) -> None:
    path = files.write_shapefile(
        tmp_path / "county.zip", files.frame_of(), encoding="gb18030"
    )
    imported(path, files.a_declaration())
    assert "东镇" in session.scalars(select(EditionArea.name)).all()


@pytest.mark.parametrize("epsg", [4544, 4523, 4490])
def test_a_declared_system_may_agree_with_the_file(
    session, imported, tmp_path, epsg
) -> None:
    path = files.write_shapefile(tmp_path / "county.zip", files.frame_of().to_crs(epsg))
    assert imported(path, files.a_declaration(crs=f"EPSG:{epsg}")).is_committed
    assert _within_a_centimetre(stored_shapes(session), _expected())


def test_the_declaration_stands_in_for_a_missing_prj(
    session, imported, tmp_path
) -> None:
    path = files.write_shapefile(
        tmp_path / "county.zip", files.frame_of().to_crs(4544), without=[".prj"]
    )
    assert imported(path, files.a_declaration(crs="EPSG:4544")).is_committed
    assert _within_a_centimetre(stored_shapes(session), _expected())


@pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09])
def test_shifted_shapes_are_shifted_back_exactly(
    session, imported, tmp_path, crs
) -> None:
    frame = files.frame_of()
    frame.geometry = shapely.transform(frame.geometry.array, _at(crs))
    path = files.write_geojson(tmp_path / "county.geojson", frame)
    assert imported(path, files.a_declaration(crs=crs.value)).is_committed
    found = stored_shapes(session)
    # To the very bytes: neighbours that shared a line share it still.
    assert {code: hash_of(shape) for code, shape in found.items()} == {
        code: hash_of(canonical(shape)) for code, shape in _expected().items()
    }


def test_heights_are_left_out(session, imported, tmp_path) -> None:
    frame = files.frame_of()
    frame.geometry = shapely.force_3d(frame.geometry.array, 1900.0)
    path = files.write_geojson(tmp_path / "county.geojson", frame)
    assert imported(path, files.a_declaration()).is_committed
    assert not any(shape.has_z for shape in stored_shapes(session).values())


def test_codes_read_as_numbers_keep_their_digits(session, imported, tmp_path) -> None:
    frame = files.frame_of(files.towns(files.square(), files.square(0.1)))
    frame["code"] = frame["code"].astype("float64")
    path = files.write_geojson(tmp_path / "towns.geojson", frame)
    imported(
        path,
        files.a_declaration(
            fields={"code": "code"},
            values={"type": "town"},
            county=files.NAMED_TOWNS["county"],
        ),
    )
    codes = set(session.scalars(select(EditionArea.code)))
    assert codes == {"620171", "620171101", "620171102"}


def test_both_codes_of_an_area_are_kept(session, imported, tmp_path) -> None:
    frame = files.frame_of()
    frame["mca"] = ["620123" + code[6:] for code in frame["code"]]
    path = files.write_geojson(tmp_path / "county.geojson", frame)
    declaration = files.a_declaration(codes={"civil_affairs": "mca"})
    imported(path, declaration)
    day = declaration.valid_from
    found = get_area(session, "620123101", day=day, system="civil_affairs")
    assert found.code == "620171101"
