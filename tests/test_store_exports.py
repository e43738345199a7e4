"""Files for readers appear whole, say what they are, and carry no formula into a spreadsheet."""

import csv
import json
import math
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core.risk import ContaminationMap
from landrelease.errors import LandReleaseError
from landrelease.store.exports import (
    _cell,
    atomic,
    write_csv,
    write_geojson,
    write_geoparquet,
    write_json,
)
from landrelease.store.raster import write_cog

CLOCKWISE = shapely.Polygon([(17, 44), (17, 44.1), (17.1, 44.1), (17.1, 44)])


def test_geojson_is_rfc_7946(tmp_path):
    import pyogrio.raw

    path = tmp_path / "a.geojson"
    shapes = [CLOCKWISE, shapely.Point(1 / 3, 2 / 3, 99), None, shapely.Polygon()]
    rows = [{"id": n, "day": date(2026, 5, n + 1), "share": np.float64(0.5),
             "left": float("nan")} for n in range(4)]
    write_geojson(path, shapes, rows, "Not for moving on the ground.")
    found = json.loads(path.read_bytes())
    assert found["type"] == "FeatureCollection" and "ground" in found["description"]
    assert found["features"][1]["geometry"] == {
        "type": "Point", "coordinates": [0.3333333, 0.6666667]}
    ring = shapely.LinearRing(found["features"][0]["geometry"]["coordinates"][0])
    assert ring.is_ccw
    assert [f["geometry"] for f in found["features"][2:]] == [None, None]
    assert found["features"][3]["properties"] == {
        "id": 3, "day": "2026-05-04", "share": 0.5, "left": None}
    assert len(pyogrio.raw.read(path)[2]) == 4
    write_geojson(path, [], [])
    assert json.loads(path.read_bytes()) == {"type": "FeatureCollection", "features": []}
    with pytest.raises(ValueError):
        write_geojson(path, shapes, [])


def test_geoparquet_is_read_back(tmp_path):
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    shapes = [CLOCKWISE, None, shapely.MultiPolygon([CLOCKWISE]), shapely.Polygon()]
    write_geoparquet(path, {"id": ["a", "b", "c", "d"], "m2": np.array([1.5, 2, 3, np.nan]),
                            "people": [1, None, 3, 4]}, shapes, "Words.")
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0" and geo["primary_column"] == "geometry"
    column = geo["columns"]["geometry"]
    assert column["encoding"] == "WKB" and "crs" not in column  # the default: OGC:CRS84
    assert column["geometry_types"] == ["MultiPolygon", "Polygon"]
    assert column["bbox"] == [17.0, 44.0, 17.1, 44.1]
    back = shapely.from_wkb(table["geometry"].to_pylist())
    assert back[0].equals(CLOCKWISE) and back[0].exterior.is_ccw
    assert back[1] is None and back[3] is None
    assert table["people"].to_pylist() == [1, None, 3, 4]
    assert table.schema.metadata[b"description"] == b"Words."
    write_geoparquet(path, {"id": []}, [])
    assert pq.read_table(path).num_rows == 0


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "=", "-",
            "-2+3+cmd|' /C calc'!A0"]


def test_no_formula_is_carried_into_a_spreadsheet(tmp_path):
    path = tmp_path / "a.csv"
    write_csv(path, [{"text": t, "=head": t} for t in FORMULAS])
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["text", "'=head"]
    assert [r[0] for r in rows] == ["'" + t for t in FORMULAS]


def test_numbers_stay_numbers_and_letters_stay_letters(tmp_path):
    path = tmp_path / "a.csv"
    write_csv(path, [
        {"n": -5, "x": -1.25, "t": "-5", "c": "-0,694", "e": "+1e-3",
         "d": date(2026, 5, 1), "b": True},
        {"n": np.int64(7), "x": math.nan, "t": None, "c": "", "e": "Čapljina, \"A\"\nB",
         "d": "", "b": 0},
    ], columns=["n", "x", "t", "c", "e", "d", "b", "none"], bom=True)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and b"\r\n" in content
    with path.open(newline="", encoding="utf-8-sig") as file:
        _, one, two = list(csv.reader(file))
    assert one == ["-5", "-1.25", "-5", "-0,694", "+1e-3", "2026-05-01", "true", ""]
    assert two == ["7", "", "", "", 'Čapljina, "A"\nB', "", "0", ""]
    write_csv(path, [])
    assert path.read_bytes().strip() == b""


@given(st.text(max_size=20))
def test_no_cell_of_text_starts_as_a_formula(text):
    found = _cell(text)
    assert found in (text, "'" + text)
    if found.lstrip()[:1] in tuple("=+-@"):
        assert math.isfinite(float(found.replace(",", ".")))


def test_json_takes_the_values_of_the_stages(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"day": date(2026, 5, 1), "list": np.arange(3), "inf": math.inf,
                      "set": {"b", "a"}, "place": shapely.Point(1, 2), "path": path, 5: None})
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found == {"day": "2026-05-01", "list": [0, 1, 2], "inf": None, "set": ["a", "b"],
                     "place": {"type": "Point", "coordinates": [1, 2]}, "path": str(path),
                     "5": None}


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def broken():
        yield {"a": 1}
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        write_csv(path, broken())
    with pytest.raises(RuntimeError), atomic(path) as part:
        part.write_text("half")
        raise RuntimeError("half way")
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    for place in (tmp_path / "no" / "a.csv", tmp_path, path / "a.csv"):
        with pytest.raises(LandReleaseError, match="STO-008"):
            write_csv(place, [])


def chart(rows, columns):
    bands = np.full((2, rows, columns), np.nan, np.float32)
    bands[0, rows // 2, columns - 1] = 0.75  # one single cell
    bands[1, : rows // 3] = np.linspace(0, 9, columns)
    return ContaminationMap("+proj=laea +lat_0=44 +lon_0=17.8 +datum=WGS84 +units=m", -9000.0,
                            7000.0, 100.0, bands, ("prior", "people & more"))


@pytest.mark.parametrize("rows, columns", [(3, 5), (700, 1101)])
def test_a_map_is_a_cloud_optimised_geotiff(tmp_path, rows, columns):
    import rasterio

    path = tmp_path / "map.tif"
    map = chart(rows, columns)
    write_cog(map, path, "A prior <only> & no more", ["1", "people"])
    with rasterio.open(path) as raster:
        assert np.array_equal(raster.read(), map.bands, equal_nan=True)
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.descriptions == map.names and raster.units == ("1", "people")
        assert math.isnan(raster.nodata) and raster.crs.is_projected
        assert tuple(raster.transform)[:6] == (100, 0, -9000, 0, -100, 7000)
        assert raster.tags()["TIFFTAG_IMAGEDESCRIPTION"] == "A prior <only> & no more"
        assert bool(raster.overviews(1)) == (columns > 512)
    assert [p.name for p in tmp_path.iterdir()] == ["map.tif"]


def test_safety_S01_no_overview_of_a_map_loses_a_hazardous_cell(tmp_path):
    import rasterio

    path = tmp_path / "map.tif"
    write_cog(chart(700, 1101), path, "")
    for level in range(2):
        with rasterio.open(path, overview_level=level) as raster:
            assert np.nanmax(raster.read(1)) == 0.75
