"""PUB: a field in a file stands for all the ground that it encloses, however it is drawn (S15)."""

import json

import numpy as np
import pyogrio.raw
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping
from typer.testing import CliRunner

from landrelease.access import policy
from landrelease.apps.cli import app as cli
from landrelease.core.geometry import LocalPlane
from landrelease.records.shapes import enclosed
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import public
from release_world import keys, record
from test_public import DAY, signed_release

PLANE = LocalPlane(17.5, 44.0)


def at(*metres):
    """Corners in degrees, from east and north in the plane, m."""
    return [tuple(shapely.get_coordinates(PLANE.to_degrees(shapely.Point(m)))[0]) for m in metres]


def box(west, south, east, north):
    return PLANE.to_degrees(shapely.box(west, south, east, north))


# A field of which only the strip along the edge is released, and far off a hazard in its ring.
FIELD = at((0, 0), (400, 0), (400, 300), (0, 300))
STRIP = PLANE.to_degrees(shapely.box(-60, -60, 460, 360).difference(shapely.box(60, 60, 340, 240)))
LARGE = at((20_000, 0), (28_000, 0), (28_000, 11_000), (20_000, 11_000))


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ask")
    path = folder / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as opened:
        ana, _ = keys(opened, folder)
        signed_release(opened, 1, ana, STRIP, outcome_type="cleared", depth_m=0.2,
                       information_date=DAY)
        record(opened, "hazard", "h1", box(23_000, 5000, 23_300, 5300), identifier="H-1",
               hazard_type="CHA", status="open", information_date=DAY)
    return path


def asked(registry, file, *more):
    out = file.with_suffix(".answer.json")
    done = CliRunner().invoke(cli, ["ask", str(registry), "--area", str(file), "--json", str(out),
                                    *more])
    assert done.exit_code == 0, done.exception or done.output
    return json.loads(out.read_text())[0], done.output


def geojson(folder, *shapes):
    path = folder / "field.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": mapping(s)} for s in shapes]}))
    return path


def gpx(folder, corners, *, segments=1, waypoint=None):
    points = [f'<trkpt lat="{y:.8f}" lon="{x:.8f}"/>' for x, y in corners]
    parts = np.array_split(points, segments)
    track = "".join(f"<trkseg>{''.join(part)}</trkseg>" for part in parts)
    mark = "" if waypoint is None else f'<wpt lat="{waypoint[1]:.8f}" lon="{waypoint[0]:.8f}"/>'
    path = folder / "walk.gpx"
    path.write_text('<?xml version="1.0"?><gpx version="1.1" creator="x" '
                    f'xmlns="http://www.topografix.com/GPX/1/1">{mark}<trk>{track}</trk></gpx>')
    return path


def kml(folder, corners):
    path = folder / "field.kml"
    path.write_text('<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Placemark>'
                    "<LineString><coordinates>" + " ".join(f"{x:.8f},{y:.8f}" for x, y in corners)
                    + "</coordinates></LineString></Placemark></kml>")
    return path


WAYS = {
    "polygon": lambda d, c: geojson(d, shapely.Polygon(c)),
    "closed line": lambda d, c: geojson(d, shapely.LineString([*c, c[0]])),
    "open line": lambda d, c: geojson(d, shapely.LineString(c)),
    "line that crosses": lambda d, c: geojson(d, shapely.LineString([*c[:2], c[3], c[2], c[0]])),
    "sides": lambda d, c: geojson(d, *(shapely.LineString(s) for s in zip(
        c, [*c[1:], c[0]], strict=True))),
    "two halves": lambda d, c: geojson(d, shapely.MultiLineString([[*c[:3]], [*c[2:], c[0]]])),
    "corners": lambda d, c: geojson(d, shapely.MultiPoint(c)),
    "points in rows": lambda d, c: geojson(d, *map(shapely.Point, (c[0], c[2], c[1], c[3]))),
    "collection": lambda d, c: geojson(d, shapely.GeometryCollection(
        [shapely.Point(c[0]), shapely.LineString([*c, c[0]])])),
    "track": lambda d, c: gpx(d, [*c, c[0]]),
    "track in pieces": lambda d, c: gpx(d, [*c, c[0]], segments=2),
    "track and a waypoint": lambda d, c: gpx(d, [*c, c[0]], waypoint=c[0]),
    "line of KML": lambda d, c: kml(d, [*c, c[0]]),
}


@pytest.mark.parametrize("way", WAYS)
def test_safety_S15_a_field_is_all_that_its_outline_encloses(registry, tmp_path, way):
    """Only the strip along the edge is released; in the large ring lies a hazard."""
    found, _ = asked(registry, WAYS[way](tmp_path, FIELD))
    assert (found["answer"], found["reasons"]) == ("no_information", ["partly"])
    found, told = asked(registry, WAYS[way](tmp_path, LARGE))
    assert found["answer"] == "hazardous" and "Hazardous" in told


def test_one_point_stays_a_point_and_a_field_says_its_corners(registry, tmp_path):
    on_strip = shapely.Point(at((-20, 100))[0])
    found, told = asked(registry, geojson(tmp_path, on_strip))
    assert (found["answer"], found["kind"]) == ("released", "point")
    assert f"{on_strip.y:.5f}, {on_strip.x:.5f}" in told
    assert "a field of 4 corners" in asked(registry, WAYS["corners"](tmp_path, FIELD))[1]


def test_all_layers_of_a_file_count(registry, tmp_path):
    path = tmp_path / "field.gpkg"
    for name, ground in (("a", box(-20, 100, -10, 110)), ("b", shapely.LineString(LARGE))):
        pyogrio.raw.write(str(path), np.array([shapely.to_wkb(ground)], dtype=object), [], [],
                          layer=name, geometry_type=ground.geom_type, crs="EPSG:4326",
                          append=path.exists())
    assert asked(registry, path)[0]["answer"] == "hazardous"


@pytest.mark.parametrize("ways", [
    lambda bow: [bow], lambda bow: [shapely.MultiPolygon([bow])],
    lambda bow: [bow, shapely.Point(bow.exterior.coords[0])], lambda bow: [bow, bow],
    lambda bow: [shapely.GeometryCollection([bow])]])
def test_safety_S15_corners_in_the_wrong_order_mean_the_same_in_a_file_as_on_the_page(
        tmp_path, ways):
    """Over land of which only the two triangles are released that the corners draw."""
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    bow = shapely.Polygon(at((0, 0), (400, 300), (400, 0), (0, 300)))
    near = PLANE.to_degrees(shapely.union_all(shapely.get_parts(shapely.make_valid(
        PLANE.to_plane(bow)))).buffer(60))
    with open_registry(path) as opened:
        ana, _ = keys(opened, tmp_path)
        signed_release(opened, 1, ana, near, outcome_type="cleared", depth_m=0.2,
                       information_date=DAY)
        page = public.ask_area(public.VIEWS.of(opened), "\n".join(
            f"{y:.8f}, {x:.8f}" for x, y in bow.exterior.coords[:-1]))
    assert not bow.is_valid and page.answer.told == "no_information"
    found, told = asked(path, geojson(tmp_path, *ways(bow)))
    assert (found["answer"], tuple(found["reasons"])) == ("no_information", page.answer.reasons)
    assert "a field of 4 corners" in told


@pytest.mark.parametrize(("crs", "west", "south"), [
    ("EPSG:4201", 32.5, 15.6), ("EPSG:4284", 31.0, 49.0), ("EPSG:32635", 600_000, 5_500_000),
    ("EPSG:4326", 31.0, 49.0)])
def test_safety_S04_a_field_in_another_datum_is_as_far_off_as_its_transformation(
        registry, tmp_path, crs, west, south):
    from landrelease.records import places

    wide = 100 if west > 180 else 0.001
    field = shapely.box(west, south, west + wide, south + wide)
    path = tmp_path / "field.gpkg"
    pyogrio.raw.write(str(path), np.array([shapely.to_wkb(field)], dtype=object), [], [],
                      geometry_type="Polygon", crs=crs)
    off = places.carriage(crs, "f", shapely.get_coordinates(field)).accuracy_m
    assert (off > 5) == (crs in ("EPSG:4201", "EPSG:4284"))
    with open_registry(registry) as opened:
        place_m = public.VIEWS.of(opened).place_m
    assert asked(registry, path)[0]["within_m"] == pytest.approx(place_m + off, abs=0.1)


def test_safety_S04_a_field_without_a_stated_system_is_no_place(registry, tmp_path):
    path = tmp_path / "field.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.raw.write(str(path), np.array([shapely.to_wkb(shapely.Polygon(FIELD))],
                                              dtype=object), [], [], geometry_type="Polygon")
    done = CliRunner().invoke(cli, ["ask", str(registry), "--area", str(path)])
    assert done.exception.code == "GEO-001"


def test_what_is_wrong_with_ones_own_file_is_told_in_full(registry, tmp_path):
    path = tmp_path / "field.csv"
    path.write_text("lat,lon\n" + "".join(f"{y},{x}\n" for x, y in FIELD))
    done = CliRunner().invoke(cli, ["ask", str(registry), "--area", str(path)])
    assert done.exception.code == "LIN-005" and "field.csv: 0 of 4 rows" in str(done.exception)
    assert policy.WITHHELD not in str(done.exception)
    done = CliRunner().invoke(cli, ["ask", str(registry), "--area", str(path), "--lang", "uk"])
    assert "0" in str(done.exception) and policy.WITHHELD not in str(done.exception)


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=7),
                min_size=1, max_size=4), st.lists(st.booleans(), min_size=4, max_size=4))
def test_safety_S15_no_line_or_corner_lies_off_the_ground_that_is_asked_about(lines, closed):
    """Nor does what a single outline encloses."""
    drawn = [shapely.LineString([*line, line[0]] if close else line)
             for line, close in zip(lines, closed, strict=False)]
    ground = enclosed(drawn)
    for line in drawn:
        assert shapely.distance(ground, shapely.points(line.coords)).max() < 1e-9
        assert ground.buffer(1e-9).covers(line)
        for face in shapely.get_parts(shapely.polygonize([shapely.node(line)])):
            assert ground.buffer(1e-9).covers(face)
