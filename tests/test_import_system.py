"""S04: a system of coordinates that is stated beside a file is never passed over without a word."""

import json

import pytest
import shapely
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry

SQUARE = [[17.5, 44.1], [17.501, 44.1], [17.501, 44.101], [17.5, 44.1]]


@pytest.fixture
def folder(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Test").close()
    (tmp_path / "g.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [{
        "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [SQUARE]}, "properties": {
            "identifier": "h1", "hazard_type": "SHA", "status": "open",
            "information_date": "2026-05-04"}}]}))
    (tmp_path / "s.csv").write_text("name,longitude,latitude\nA,17.5,44.1\n")
    (tmp_path / "map.yaml").write_text(
        "kind: settlement\ncrs: EPSG:4326\ncolumns: {name: name, longitude: longitude, "
        "latitude: latitude}\n")
    return tmp_path


def run(folder, command, file, crs, *more):
    target = ("--into", str(folder / "r.gpkg")) if command == "import" else ()
    kind = "hazard" if file == "g.geojson" else "settlement"
    return CliRunner().invoke(app, [command, str(folder / file), *target, "--kind", kind,
                                    "--crs", crs, *more])


@pytest.mark.parametrize("crs", ["EPSG:999999", "nonsense", "EPSG:5703"])
@pytest.mark.parametrize(("command", "file", "more"), [
    ("import", "g.geojson", ()), ("import", "s.csv", ()), ("check", "g.geojson", ()),
    ("import", "s.csv", ("--mapping", "map.yaml"))])
def test_safety_S04_a_system_that_there_is_not_is_refused_and_nothing_comes_in(
        folder, crs, command, file, more):
    more = [str(folder / m) if m == "map.yaml" else m for m in more]
    done = run(folder, command, file, crs, *more)
    assert done.exit_code and isinstance(done.exception, LandReleaseError)
    said = str(done.exception)
    assert "[GEO-003]" in said and file in said and "EPSG:4326" in said
    with open_registry(folder / "r.gpkg") as registry:
        assert not registry.count() and not registry.quarantine(None)


@pytest.mark.parametrize(("crs", "told"), [
    ("EPSG:4326", False), ("OGC:CRS84", False), ("EPSG:6316", True), ("EPSG:4284", True)])
def test_safety_S04_a_system_that_is_not_that_of_the_file_is_told_and_the_files_own_used(
        folder, crs, told):
    report = folder / "report.json"
    done = run(folder, "import", "g.geojson", crs, "--report", str(report))
    assert ("GEO-027" in done.output) == told
    assert ("GEO-027" in report.read_text()) == told and (not told or crs in report.read_text())
    with open_registry(folder / "r.gpkg") as registry:
        (hazard,) = registry.records("hazard")
        assert hazard.geometry.bounds == (17.5, 44.1, 17.501, 44.101)


@pytest.mark.parametrize(("file", "crs"), [
    ("s.csv", "EPSG:3857"), ("s.csv", "EPSG:32633"), ("hazards.csv", "EPSG:3857")])
def test_safety_S04_degrees_are_not_taken_for_metres(folder, file, crs):
    """They would end at the origin of the system, thousands of kilometres from the place."""
    (folder / "hazards.csv").write_text(
        "name,hazard_type,status,wkt\n"
        'h1,SHA,open,"POLYGON((17 44, 17.01 44, 17.01 44.01, 17 44))"\n')
    kind = "hazard" if file == "hazards.csv" else "settlement"
    found = CliRunner().invoke(app, ["import", str(folder / file), "--into",
                                     str(folder / "r.gpkg"), "--kind", kind, "--crs", crs])
    assert found.exit_code and "GEO-028" in str(found.exception)
    with open_registry(folder / "r.gpkg") as registry:
        assert not registry.records("settlement") and not registry.records("hazard")


def test_metres_near_the_ground_and_no_place_at_all_are_read_in_their_system(folder):
    (folder / "m.csv").write_text("name,easting,northing\nA,660388.15,4873873.84\nB,0,0\n")
    found = CliRunner().invoke(app, ["import", str(folder / "m.csv"), "--into",
                                     str(folder / "r.gpkg"), "--kind", "settlement", "--crs",
                                     "EPSG:32633"])
    assert found.exit_code == 1, found.output  # 0, 0 is no place: that row waits
    with open_registry(folder / "r.gpkg") as registry:
        (a,) = [r for r in registry.records("settlement") if r.geometry is not None]
        assert a.geometry.distance(shapely.Point(17.0, 44.0)) < 0.1
