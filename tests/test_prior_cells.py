"""The table of cells: exact shares and distances, labels that take nothing for granted."""

import csv

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from landrelease.assess import ground_cells
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.evidence import ACCIDENT_RECORDED, ITEM_FOUND, SURVEY_DONE, Evidence
from landrelease.core.hazard import AdministrativeArea, Hazard, Land, Outcome, Settlement
from landrelease.errors import LandReleaseError
from landrelease.workflows import ground_cells as tables
from test_prior_unsurveyed import command

STATED = Assumptions({n: Assumption(n, v, v, v, "", "", "test") for n, v in
                      (("cell_searched_share", 0.5), ("people_reach_m", 3000.0))})
# About 8 km by 11 km around 16 E, 44 N; degrees to metres with an ellipsoidal plane.
WEST, SOUTH, EAST, NORTH = 15.95, 43.95, 16.05, 44.05


def land(**changes):
    hazard = Hazard("h", shapely.box(15.99, 43.99, 16.01, 44.01), 1.0, "SHA", "open", "a")
    town = AdministrativeArea("a", "West", 1, shapely.box(WEST, SOUTH, 16.0, NORTH))
    other = AdministrativeArea("b", "East", 1, shapely.box(16.0, SOUTH, EAST, NORTH))
    base = {"hazards": (hazard,), "outcomes": (), "accidents": (), "lifted": (),
            "settlements": (), "municipalities": (town, other), "chain_head": ""}
    return Land(**{**base, **changes})


def find(lon, lat, kind=ITEM_FOUND, name="f"):
    return Evidence("item", name, kind, says="contaminated", place=shapely.Point(lon, lat))


def at(cells, lon, lat):
    x, y = cells.plane.points(lon, lat)
    half = cells.cell_m / 2
    return int(np.flatnonzero((np.abs(cells.easting - x) <= half)
                              & (np.abs(cells.northing - y) <= half))[0])


def test_cells_lie_on_multiples_of_their_size_and_once_in_a_municipality():
    cells = ground_cells.ground_cells(land(), 500.0)
    assert len(set(cells.names.tolist())) == len(cells)
    assert all(name[0].isalpha() for name in cells.names)  # no formula of a spreadsheet
    assert np.allclose((cells.easting / 500) % 1, 0.5)
    true = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(
        shapely.box(WEST, SOUTH, EAST, NORTH))[0]
    assert len(cells) * 500 ** 2 == pytest.approx(true, rel=0.02)
    assert set(cells.municipality.tolist()) == {"West", "East"}
    assert np.all((cells.longitude < 16) == (cells.municipality == "West"))


def test_labels_take_nothing_for_granted():
    cleared = Outcome("o", shapely.box(15.96, 43.96, 15.98, 43.98), 1.0, "cleared", "a")
    cancelled = Outcome("c", shapely.box(16.02, 44.02, 16.04, 44.04), 1.0, "cancelled", "b")
    made = land(outcomes=(cleared, cancelled), evidence=(
        find(15.97, 43.97), find(16.03, 43.96, ACCIDENT_RECORDED, "x"),
        Evidence("activity", "s", SURVEY_DONE, place=shapely.Point(16.04, 43.97)),
        Evidence("item", "nowhere", ITEM_FOUND)))
    cells = ground_cells.ground_cells(made, 500.0)
    label = ground_cells.labels(cells, made, STATED)
    assert label[at(cells, 15.97, 43.97)] == 1  # found on cleared ground: found
    assert label[at(cells, 16.03, 43.96)] == 1
    assert label[at(cells, 15.965, 43.975)] == 0
    assert label[at(cells, 16.03, 44.03)] == -1  # cancelled, not searched
    assert label[at(cells, 16.04, 43.97)] == -1
    assert (label == 1).sum() == 2


def test_shares_and_distances_are_those_of_the_plane():
    home = Settlement("s", "S", shapely.Point(15.96, 44.0), 120, 0.0)
    silent = Settlement("t", "T", shapely.Point(15.97, 44.0), None, 0.0)
    made = land(settlements=(home, silent))
    cells = ground_cells.ground_cells(made, 400.0)
    road = np.array([shapely.LineString([(15.95, 44.04), (16.05, 44.04)])], dtype=object)
    out = ground_cells.covariates(cells, made, STATED, {"road": road})
    hazard = cells.plane.to_plane(made.hazards[0].ground)
    share = shapely.area(shapely.intersection(cells.boxes(), hazard)) / 400 ** 2
    assert out["hazard_share"] == pytest.approx(share, abs=1e-9)
    assert out["hazard_share"].sum() * 400 ** 2 == pytest.approx(hazard.area, rel=1e-6)
    points = shapely.points(cells.easting, cells.northing)
    line = cells.plane.to_plane(road[0])
    assert out["road_km"] == pytest.approx(shapely.distance(points, line) / 1000)
    place = cells.plane.to_plane(home.place)
    near = shapely.distance(points, place) <= 3000
    assert np.array_equal(out["people_near"], np.where(near, 120.0, 0.0))
    empty = ground_cells.covariates(cells, land(), STATED, {"road": road[:0]})
    assert np.isnan(empty["road_km"]).all() and np.isnan(empty["settlement_km"]).all()


def test_only_cells_that_the_records_reach():
    near = ground_cells.ground_cells(land(), 500.0, within_km=1.0)
    every = ground_cells.ground_cells(land(), 500.0)
    far = ground_cells.covariates(every, land(), STATED, {})["hazard_km"]
    assert len(near) == int((far <= 1.0).sum()) < len(every)


@pytest.mark.parametrize(("size", "code"), [(0.0, "ASS-005"), (float("nan"), "ASS-005"),
                                            (0.5, "ASS-413")])
def test_impossible_sizes_are_refused(size, code):
    with pytest.raises(LandReleaseError, match=code):
        ground_cells.ground_cells(land(), size)


# --- rasters and files ---------------------------------------------------------------------------

@pytest.fixture
def relief(tmp_path):
    """A plane that rises 0.2 m for each metre to the east, in UTM; and classes of land cover."""
    west, north, side, step = 571_000, 4_880_000, 700, 30
    x = west + (np.arange(side) + 0.5) * step
    height = np.tile(0.2 * (x - west), (side, 1)).astype("float32")
    cover = np.where(np.arange(side) < 330, 10, 40)[None, :].repeat(side, 0).astype("uint8")
    for name, band in (("height", height), ("cover", cover)):
        with rasterio.open(tmp_path / f"{name}.tif", "w", driver="GTiff", dtype=band.dtype, count=1,
                           height=side, width=side, crs="EPSG:32633",
                           transform=from_origin(west, north, step, step)) as out:
            out.write(band, 1)
    return tmp_path


def test_slope_is_that_of_the_ground(relief):
    cells, columns = tables.table_of_cells(
        land(), STATED, 600.0, elevation=relief / "height.tif", land_cover=relief / "cover.tif")
    inside = np.isfinite(columns["slope_deg"])
    assert inside.sum() > 50
    assert np.median(columns["slope_deg"][inside]) == pytest.approx(
        np.degrees(np.arctan(0.2)), abs=0.3)
    assert columns["roughness_m"][inside].max() < 5  # steps of the raster alone
    east = np.corrcoef(cells.easting[inside], columns["elevation_m"][inside])[0, 1]
    assert east > 0.999
    assert {"class 10", "class 40"} <= set(columns["land_cover"])


def test_layers_without_a_datum_or_elsewhere_are_refused(relief):
    (relief / "line.csv").write_text("name,wkt\nfront,\"LINESTRING(15.9 44, 16.1 44)\"\n")
    with pytest.raises(LandReleaseError, match=r"GEO-001|ASS-414"):
        tables.table_of_cells(land(), STATED, 900.0, layers={"front": relief / "line.csv"})
    with rasterio.open(relief / "away.tif", "w", driver="GTiff", dtype="float32", count=1, height=5,
                       width=5, crs="EPSG:32633", transform=from_origin(0, 0, 30, 30)) as out:
        out.write(np.ones((5, 5), "float32"), 1)
    with pytest.raises(LandReleaseError, match=r"ASS-414.*covers none"):
        tables.table_of_cells(land(), STATED, 900.0, elevation=relief / "away.tif")
    (relief / "no.tif").write_text("no raster")
    with pytest.raises(LandReleaseError, match="ASS-414"):
        tables.table_of_cells(land(), STATED, 900.0, elevation=relief / "no.tif")


def test_safety_S19_cells_of_a_made_up_programme_say_so(tmp_path):
    _, columns = tables.table_of_cells(land(synthetic=True), STATED, 900.0)
    tables.write_cells(columns, tmp_path / "cells.csv")
    with (tmp_path / "cells.csv").open(encoding="utf-8") as file:
        assert all(r["synthetic"] == "synthetic" for r in csv.DictReader(file))


def test_a_layer_is_named_once(capsys):
    assert command("assess", "cells", "none.gpkg", "--out", "x.csv", "--near", "front") == 2
    assert "NAME=FILE" in capsys.readouterr().err
