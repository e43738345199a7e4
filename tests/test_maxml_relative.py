"""Relative points of maXML: areas that were measured by bearing and distance come in as drawn."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from pyproj import Geod

from landrelease.records import intake, mapping, readers

WGS84 = Geod(ellps="WGS84")
START = (17.5, 44.2)
LEGS = ((90.0, 50.0), (180.0, 60.0), (270.0, 50.0))


def point(number, **said):
    said = {"PointNo": number, **said}
    return "<Point>" + "".join(f"<{k}>{v}</{k}>" for k, v in said.items()) + "</Point>"


def at(number, lon, lat, **said):
    return point(number, Longitude=lon, Latitude=lat, **said)


def leg(number, bearing, distance, name="TrueBearing", **said):
    return point(number, **{name: bearing, "Distance": distance}, **said)


def item(name, points, *, before="", crs="WGS84", polygons=1):
    system = f"<CoordRefSys>{crs}</CoordRefSys>" if crs else ""
    shapes = "".join(f"<Polygon><PolyID>P{k}</PolyID>{points}</Polygon>" for k in range(polygons))
    return (f"<FieldReport><FieldReportInfo/><Hazard><LocalID>{name}</LocalID><GeospatialInfo>"
            f"{system}{before}{shapes}</GeospatialInfo></Hazard></FieldReport>")


def taken(tmp_path, *items):
    path = tmp_path / "hazards.xml"
    path.write_text('<?xml version="1.0"?><MineActionFieldReport>' + "".join(items)
                    + "</MineActionFieldReport>", encoding="utf-8")
    table = readers.read(path)
    found = intake.take_in(
        table, "hazard", mapping.propose(table, "hazard"), existing={},
        recorded_at=datetime(2027, 5, 1, tzinfo=UTC), recorded_by="test", today=date(2027, 5, 1))
    assert found.report.read == len(items)
    return found


def codes(found):
    return [{f.code for f in q.findings} for q in found.quarantined]


def corners(start, legs):
    out = [start]
    for bearing, metres in legs:
        out.append(WGS84.fwd(*out[-1], bearing, metres)[:2])
    return np.array(out)


def drawn(found, k=0):
    return shapely.get_coordinates(found.revisions[k].geometry)[:-1]


def same(one, other):
    assert {tuple(p) for p in np.round(one, 9)} == {tuple(p) for p in np.round(other, 9)}


def test_corners_by_bearing_and_distance_from_the_corner_before(tmp_path):
    points = at(1, *START) + "".join(leg(n + 2, b, m) for n, (b, m) in enumerate(LEGS))
    found = taken(tmp_path, item("H-1", points))
    assert found.report.accepted == 1
    same(drawn(found), corners(START, LEGS))
    # Its accuracy holds the errors of the bearings and distances.
    assert found.revisions[0].values["position_accuracy_m"] > 0.5


def test_a_reference_point_leads_to_the_area_and_is_no_corner(tmp_path):
    before = at("RP", 17.49, 44.19, PointType="Reference Point")
    points = "".join([leg(1, 45, 100, FromPoint="RP"),
                      *(leg(n + 2, b, m) for n, (b, m) in enumerate(LEGS))])
    found = taken(tmp_path, item("H-1", points, before=before))
    start = WGS84.fwd(17.49, 44.19, 45, 100)[:2]
    same(drawn(found), corners(start, LEGS))


def test_items_with_and_without_relative_points_stand_in_one_file(tmp_path):
    plain = "".join(at(n + 1, *p) for n, p in enumerate(corners((17.6, 44.3), LEGS)))
    points = at(1, *START) + "".join(leg(n + 2, b, m) for n, (b, m) in enumerate(LEGS))
    found = taken(tmp_path, item("H-1", plain), item("H-2", points), item("H-3", ""))
    assert found.report.accepted == 2 and codes(found) == [{"GEO-007"}]
    same(drawn(found, 0), corners((17.6, 44.3), LEGS))
    same(drawn(found, 1), corners(START, LEGS))


@pytest.mark.parametrize(("legs_of", "code"), [
    (lambda n, b, m: leg(n, b, m, name="Bearing"), "GEO-213"),  # from which north?
    (lambda n, b, m: leg(n, b, m, name="MagneticBearing"), "GEO-213"),  # without declination
    (lambda n, b, m: leg(n, "nowhere", m), "GEO-213"),
    (lambda n, b, m: leg(n, b, m, FromPoint="X9"), "GEO-217"),  # a point that is not there
    (lambda n, b, m: leg(n, b, m, name="TrueBearing" if n < 4 else "Bearing"), "GEO-008"),
    (lambda n, b, m: leg(n, b, m) if n < 4 else point(n), "GEO-008")])
def test_what_cannot_be_drawn_waits(tmp_path, legs_of, code):
    points = at(1, *START) + "".join(legs_of(n + 2, b, m) for n, (b, m) in enumerate(LEGS))
    found = taken(tmp_path, item("H-1", points))
    assert found.report.accepted == 0 and codes(found) == [{code}]


def test_magnetic_bearings_with_their_declination(tmp_path):
    points = at(1, *START) + "".join(
        leg(n + 2, b, m, name="MagneticBearing", Declination=4.5) for n, (b, m) in enumerate(LEGS))
    found = taken(tmp_path, item("H-1", points))
    same(drawn(found), corners(START, [(b + 4.5, m) for b, m in LEGS]))


def test_safety_S01_a_first_point_of_which_nothing_says_what_it_is_makes_no_smaller_area(tmp_path):
    points = at(1, *START) + "".join(leg(n + 2, b, m) for n, (b, m) in enumerate(LEGS))
    loose = item("H-1", points).replace("<Polygon>", "").replace("</Polygon>", "").replace(
        "<PolyID>P0</PolyID>", "")
    found = taken(tmp_path, loose)
    assert found.report.accepted == 0 and codes(found) == [{"GEO-217"}]


def test_safety_S04_relative_points_without_a_datum_wait(tmp_path):
    points = at(1, *START) + "".join(leg(n + 2, b, m) for n, (b, m) in enumerate(LEGS))
    plain = "".join(at(n + 1, *p) for n, p in enumerate(corners((17.6, 44.3), LEGS)))
    found = taken(tmp_path, item("H-1", points, crs=""), item("H-2", plain, crs=""))
    assert found.report.accepted == 0 and [c & {"GEO-001"} for c in codes(found)] == [
        {"GEO-001"}, {"GEO-001"}]
    # Each is mended by itself when the system is known.
    for row in found.quarantined:
        mended = intake.retry(row, {"crs": "EPSG:4326"}, existing={},
                              recorded_at=datetime(2027, 5, 1, tzinfo=UTC), recorded_by="test",
                              today=date(2027, 5, 1))
        assert mended.report.accepted == 1, mended.report.findings


def test_several_polygons_of_one_item_are_not_joined(tmp_path):
    points = at(1, *START) + "".join(leg(n + 2, b, m) for n, (b, m) in enumerate(LEGS))
    found = taken(tmp_path, item("H-1", points, polygons=2))
    assert codes(found) == [{"GEO-008"}]
