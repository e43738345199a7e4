"""LAN: slopes from heights; ground that is too steep, or of unknown slope, is not driven."""

import json
import math

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.transform import Affine
from shapely import box
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.core.geometry import plane_for
from landrelease.errors import LandReleaseError
from landrelease.workflows.operate import Ground
from landrelease.workflows.slopes import relief_of, steepest

PLANE = plane_for((-30.0, 20.0, -29.99, 20.01))
FIELD = box(0, 0, 60, 40)
GROUND = Ground("t", FIELD, PLANE)


def raster(path, height, *, crs="EPSG:32626", cell=2.0, around=10.0, missing=None, **more):
    """Heights from a function of the task's metres, over the field and some metres round it."""
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    west, south, east, north = PLANE.to_degrees(box(-around, -around, 60 + around, 40 + around)
                                                ).bounds
    (x0, x1), (y0, y1) = to.transform([west, east], [south, north])
    step = cell if crs == "EPSG:32626" else cell / 111_000
    wide, high = math.ceil((x1 - x0) / step), math.ceil((y1 - y0) / step)
    columns, rows = np.meshgrid(np.arange(wide) + 0.5, np.arange(high) + 0.5)
    lon, lat = to.transform(x0 + columns * step, y1 - rows * step, direction="INVERSE")
    x, y = PLANE.points(lon.ravel(), lat.ravel())
    heights = np.asarray(height(x, y), dtype=np.float64).reshape(high, wide)
    if missing is not None:
        heights[missing(x, y).reshape(high, wide)] = -9999
    with rasterio.open(path, "w", driver="GTiff", width=wide, height=high, count=1,
                       dtype="float64", crs=crs, nodata=-9999,
                       transform=Affine(step, 0, x0, 0, -step, y1), **more) as out:
        out.write(heights, 1)
    return path


@pytest.mark.parametrize("crs", ["EPSG:32626", "EPSG:4326"])
@pytest.mark.parametrize(("angle", "towards"), [(0, 0), (5, 30), (20, 135), (35, 260)])
def test_an_even_slope_is_as_steep_as_it_is_in_any_system(tmp_path, crs, angle, towards):
    rise, way = math.tan(math.radians(angle)), math.radians(towards)
    got = relief_of(GROUND, raster(tmp_path / "h.tif", lambda x, y: rise * (
        x * math.sin(way) + y * math.cos(way)), crs=crs))
    inside = got.steepest[3:-3, 3:-3]
    assert np.nanmax(np.abs(inside - angle)) < 0.05
    assert got.not_known(FIELD) == 0 and got.outside(FIELD).is_empty
    assert got.steeper(angle + 0.1).intersection(FIELD).is_empty
    if angle:
        assert FIELD.difference(got.steeper(angle - 0.1)).area < 1e-6


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.floats(0.5, 30))
def test_no_two_heights_side_by_side_are_farther_apart_than_the_slope_says(seed, cell):
    """Whatever the ground: between two cells that count as flat enough the way rises no steeper."""
    dice = np.random.default_rng(seed)
    height = dice.normal(0, cell / 3, (7, 8))
    corners = np.stack(np.meshgrid(np.arange(9) * cell, -np.arange(8) * cell), axis=-1)
    found = steepest(height, corners)
    assert np.isnan(found[0]).all() and np.isnan(found[:, -1]).all(), "beside it nothing is known"
    for axis in (0, 1):
        rise = np.degrees(np.arctan(np.abs(np.diff(height, axis=axis)) / cell))
        for cells in (found[:-1] if axis == 0 else found[:, :-1],
                      found[1:] if axis == 0 else found[:, 1:]):
            known = np.isfinite(cells)
            assert (rise[known] <= cells[known] + 1e-9).all()


def lanes(folder, heights, *more):
    task = folder / "t.geojson"
    task.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(
            PLANE.to_degrees(FIELD)))}]}))
    entry = shapely.get_coordinates(PLANE.to_degrees(shapely.Point(-3, -3)))[0]
    got = CliRunner().invoke(app, [
        "operate", "lanes", "--task", str(task), "--profile", "uran-6", "--out", str(folder / "o"),
        "--elevation", str(heights), "--overlap", "0.1", "--radius", "1.2", "--stand-off", "20",
        "--control-range", "300", f"--entry={entry[0]},{entry[1]}", *map(str, more)])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    features = json.loads((folder / "o" / "lanes.geojson").read_text())["features"]
    path = shapely.union_all([PLANE.to_plane(shapely.from_geojson(json.dumps(f["geometry"])))
                              for f in features if f["geometry"]["type"] == "LineString"
                              and f["properties"]["kind"] != "approach"])
    return got.output, json.loads((folder / "o" / "lanes.json").read_text()), path


def test_a_machine_goes_round_a_bank(tmp_path):
    """2 m in 2 m, half across the field."""
    heights = raster(tmp_path / "h.tif", lambda x, y: np.where((x > 29) & (y > 15), 2.0, 0.0))
    said, result, path = lanes(tmp_path, heights, "--slope-limit", 15)
    bank = shapely.LineString([(29, 17.5), (29, 40)])
    assert path.distance(bank) > 1.2 and result["steep_m2"] > 50
    assert path.distance(shapely.Point(10, 30)) < 2 and path.distance(shapely.Point(50, 30)) < 2
    assert "LAN-016" not in said and "LAN-031" not in said
    # Whoever may climb it is not kept from it.
    _, free, _ = lanes(tmp_path, heights, "--slope-limit", 60)
    assert free["steep_m2"] == 0


def test_ground_without_heights_is_not_driven_and_told(tmp_path):
    heights = raster(tmp_path / "h.tif", lambda x, y: 0 * x, missing=lambda x, y: x > 40)
    said, result, path = lanes(tmp_path, heights, "--slope-limit", 15)
    assert path.bounds[2] < 40 and "LAN-031" in said
    assert 20 * 40 - 1 <= result["steep_m2"] <= 25 * 40  # and two cells beside it
    # Heights farther apart than the machine is wide show no bank.
    coarse = raster(tmp_path / "c.tif", lambda x, y: 0 * x, cell=10.0, around=40.0)
    said, result, _ = lanes(tmp_path, coarse, "--slope-limit", 15)
    assert "LAN-031" in said and result["steep_m2"] == 0
    # The task lies half beyond the raster.
    part = raster(tmp_path / "p.tif", lambda x, y: 0 * x, around=-12.0)
    said, result, path = lanes(tmp_path, part, "--slope-limit", 15)
    assert shapely.box(12, 12, 48, 28).buffer(1).covers(path) and "LAN-031" in said


def test_heights_that_cannot_be_used_say_why(tmp_path):
    flat = raster(tmp_path / "h.tif", lambda x, y: 0 * x)
    with pytest.raises(LandReleaseError, match=r"LAN-030.*--plane"):
        relief_of(Ground("t", FIELD, None), flat)
    (tmp_path / "x.tif").write_bytes(b"no raster")
    with pytest.raises(LandReleaseError, match=r"LAN-030.*cannot be read"):
        relief_of(GROUND, tmp_path / "x.tif")
    far = Ground("t", FIELD, plane_for((10.0, 20.0, 10.01, 20.01)))
    with pytest.raises(LandReleaseError, match=r"LAN-030.*none of the task"):
        relief_of(far, flat)
    fine = Ground("t", box(0, 0, 6000, 6000), PLANE)
    with pytest.raises(LandReleaseError, match=r"LAN-030.*coarser"):
        relief_of(fine, flat)
    with pytest.raises(LandReleaseError, match="LAN-006"):
        lanes(tmp_path, flat)  # nobody says how steep this machine may go
