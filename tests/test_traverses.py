"""Traverses as paper forms and IMSMA have them: one row a leg in, one outline an area out (S04)."""

from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from landrelease.records.coordinates import Notation
from landrelease.records.readers import read_content
from landrelease.records.traverses import TraversePoint, draw, points_of, written
from landrelease.store.open import create_registry
from landrelease.workflows import imports, retry_quarantined

WGS = Geod(ellps="WGS84")
TRUE = Notation("bearing", north="true")
HEAD = "Area ID,From,To,Bearing (true),Distance (m),Latitude,Longitude,Status\n"
AREA = ("{id},BM,SP,45,100,44.200000,17.500000,open\n{id},SP,TP1,90,50,,,\n"
        "{id},TP1,TP2,180,60.5,,,\n{id},TP2,TP3,270,50,,,\n{id},TP3,SP,0,{last},,,\n")


@pytest.fixture
def registry(tmp_path):
    with create_registry(str(tmp_path / "r.gpkg"), office="Test") as made:
        yield made


def bring(registry, path, text, **said):
    path.write_text(text, encoding="utf-8")
    (report,) = imports.import_files(registry, [path], kind="hazard", today=date(2027, 5, 1),
                                     **said)
    return report, [f.code for f in report.findings]


def test_a_table_of_legs_gives_one_area_an_identifier(registry, tmp_path):
    text = HEAD + AREA.format(id="A-1", last="60") + AREA.format(id="A-2", last="10").replace(
        "44.20", "44.21").replace("\nA-2", "\n")  # merged cells: the identifier stands once
    report, codes = bring(registry, tmp_path / "a.csv", text, crs="EPSG:4326")
    assert (report.read, report.accepted, report.quarantined) == (2, 1, 1)
    assert codes == ["FIL-041", "GEO-215", "GEO-214"]
    assert "ends 0.5 m from its start on 220 m" in report.findings[1].problem
    (record,) = registry.records("hazard")
    start = WGS.fwd(17.5, 44.2, 45, 100)[:2]
    assert record.geometry.exterior.coords[0] == pytest.approx(start, abs=1e-9)
    area = abs(WGS.geometry_area_perimeter(record.geometry)[0])
    assert area == pytest.approx(50 * 60.25, rel=0.01)
    # 1 degree on 60 m, 1 % of it, and what came before: never less than the closure.
    assert 2 < record.values["position_accuracy_m"] < 8 and record.value("status") == "open"
    entry = registry.quarantine()[0]
    mended = entry.row.values["(legs)"].replace("0 / 10", "0 / 60")
    assert retry_quarantined(registry, entry.number, {"(legs)": mended}).accepted == 1


def test_safety_S04_bearings_need_a_north_and_places_a_datum(registry, tmp_path):
    text = (HEAD + AREA.format(id="A-1", last="60")).replace(" (true)", "")
    assert bring(registry, tmp_path / "a.csv", text)[1] == ["FIL-041", "GEO-001"]
    assert bring(registry, tmp_path / "a.csv", text, crs="EPSG:4326")[1][:2] == ["FIL-041",
                                                                                "GEO-213"]
    (tmp_path / "m.yaml").write_text(
        "kind: hazard\ncrs: EPSG:4326\ncolumns: {identifier: Area ID, legs: (legs)}\n"
        "notation: {north: magnetic, declination_deg: 10}\n")
    report, _ = bring(registry, tmp_path / "a.csv", text, mapping_path=tmp_path / "m.yaml")
    assert report.accepted == 1
    start = registry.records("hazard")[0].geometry.exterior.coords[0]
    assert start == pytest.approx(WGS.fwd(17.5, 44.2, 55, 100)[:2], abs=1e-9)


def test_points_of_imsma_by_bearing_and_distance(registry, tmp_path):
    text = ("Hazard Local ID,PointNo,PointType,X,Y,Bearing,Distance,North reference,CoordRefSys\n"
            "H-1,1,Benchmark,6500000,4900000,,,true,EPSG:8678\n"
            "H-1,2,Reference Point,,,90,100,,\nH-1,3,Start Point,,,0,10,,\n"
            "H-1,4,Turning Point,,,90,30,,\nH-1,5,Turning Point,,,180,30,,\n"
            "H-1,6,Turning Point,,,270,30,,\n")
    report, codes = bring(registry, tmp_path / "p.csv", text)
    assert report.accepted == 1 and codes == ["FIL-041", "GEO-006", "GEO-216"]
    (record,) = registry.records("hazard")
    assert len(record.geometry.exterior.coords) == 5  # neither benchmark nor reference is a corner
    assert 17.9 < record.geometry.centroid.x < 18.1 and 44.2 < record.geometry.centroid.y < 44.3


@pytest.mark.parametrize(("rows", "reason"), [
    (",1,44.2,17.5,,\n,2,,,90,50\n,3,,,180,50\n,4,,,270,50\n", "start point or only leads"),
    ("BM,1,44.2,17.5,,\nSP,2,,,90,50\nTP1,3,44.3,17.5,180,50\nTP2,4,,,270,50\n", "beside"),
    ("BM,1,44.2,17.5,,\nSP,2,,,90,50\nTP1,3,,,180,50\nTP1,4,,,270,50\n", "TP1 stands twice"),
    ("BM,1,,,,\nSP,2,,,90,50\nTP1,3,,,180,50\nTP2,4,,,270,50\n", "not known"),
    ("BM,1,44.2,17.5,,\nSP,2,,,90,50\nTP1,3,,,180,50\n", "2 corners"),
    ("BM,1,44.2,17.5,,\nSP,2,,,ninety,50\nTP1,3,,,180,50\nTP2,4,,,270,50\n", "no angle"),
    ("BM,1,44.2,17.5,,\nSP,2,,,90,50\nTP1,3,,,180,\nTP2,4,,,270,50\n", "out of range"),
])
def test_safety_S01_what_is_not_said_gives_no_smaller_area(registry, tmp_path, rows, reason):
    head = "area id,point,n,latitude,longitude,bearing (true),distance\n"
    text = head + "".join(f"X,{row}\n" for row in rows.splitlines())
    report, _ = bring(registry, tmp_path / "a.csv", text, crs="EPSG:4326")
    assert (report.read, report.quarantined) == (1, 1)
    assert any(reason in f.problem for f in report.findings)


def test_single_places_by_bearing_stay_rows_of_their_own():
    text = "identifier,latitude,longitude,bearing,distance\nA,44.2,17.5,90,5\nB,44.2,17.5,80,5\n"
    assert "(legs)" not in read_content("a.csv", text.encode()).columns


words = st.text("ABTPSR 0123-", max_size=5).map(str.strip)
made = st.lists(st.builds(TraversePoint, words, st.booleans(),
                          st.sampled_from(["", "44.2 | 17.5", "33T YJ 1 2"]), words,
                          st.sampled_from(["0", "12.5", "12°30'", ""]),
                          st.sampled_from(["5", "1,5", ""])), max_size=6)


@settings(max_examples=100, deadline=None)
@given(made)
def test_what_is_written_into_a_cell_is_read_back(points):
    found = points_of(written(points))
    assert isinstance(found, list) and len(found) == len(points)
    for one, other in zip(found, points, strict=True):
        assert one.corner == other.corner and one.name == " ".join(other.name.split())
        if other.place:
            assert one.place == other.place
        else:
            assert (one.bearing, one.distance) == (other.bearing, other.distance)


@settings(max_examples=100, deadline=None)
@given(made, st.text(max_size=40))
def test_any_points_give_an_area_or_a_reason(points, text):
    places = {k: ((17.5, 44.2), 1.0) for k, p in enumerate(points) if p.place}
    found = draw(points, places, TRUE)
    assert (found.ring is None) == (not points or any(
        m.code not in ("GEO-215", "GEO-216") for _, m, _ in found.problems))
    assert isinstance(points_of(text), (list, str))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 359), st.floats(5, 500)), min_size=3, max_size=8))
def test_a_traverse_that_was_computed_closes(legs):
    """Known result: the last leg computed from the figure itself leaves no closure."""
    at = here = np.array([17.5, 44.2])
    points = [TraversePoint("SP", True, place="given")]
    for n, (bearing, metres) in enumerate(legs):
        here = np.array(WGS.fwd(*here, bearing, metres)[:2])
        points.append(TraversePoint(f"TP{n}", True, bearing=f"{bearing:.12f}",
                                    distance=f"{metres:.9f}"))
    back, _, metres = WGS.inv(*here, *at)
    points.append(TraversePoint("SP", True, bearing=f"{back % 360:.12f}",
                                distance=f"{metres:.9f}"))
    found = draw(points, {0: ((17.5, 44.2), 1.0)}, TRUE)
    assert found.closure_m < 1e-6 and found.ring is not None
    assert shapely.LineString(found.ring).is_ring or not shapely.LineString(found.ring).is_simple


def test_a_sheet_of_areas_and_a_sheet_of_their_legs(registry, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "hazard"
    for row in (("Hazard Local ID", "Status"), ("H-1", "open"), ("H-2", "open")):
        book.active.append(row)
    points = book.create_sheet("points")
    for row in (("Hazard_LocalID", "Point", "X", "Y", "True bearing", "Distance"),
                ("H-1", "RP", 17.512345, 44.212345, None, None), ("H-1", "SP", None, None, 0, 10),
                ("H-1", "TP1", None, None, 90, 30), ("H-1", "TP2", None, None, 180, 30),
                ("H-1", "SP", None, None, 315, 42.4)):
        points.append(row)
    book.save(tmp_path / "a.xlsx")
    (report,) = imports.import_files(registry, [tmp_path / "a.xlsx"], kind="hazard",
                                     crs="EPSG:4326", today=date(2027, 5, 1))
    assert (report.read, report.accepted, report.quarantined) == (2, 1, 1)
    assert {f.code for f in report.findings} == {"FIL-033", "GEO-215", "GEO-007"}
    assert len(registry.records("hazard")[0].geometry.exterior.coords) == 4


def test_the_type_of_an_area_is_not_taken_for_the_type_of_its_points(registry, tmp_path):
    text = ("id,type,to,from,true bearing,distance,latitude,longitude\n"
            "A,SHA,SP,BM,0,10,44.100000,17.100000\nA,SHA,TP1,SP,90,50,,\n"
            "A,SHA,TP2,TP1,180,50,,\nA,SHA,SP,TP2,315,70.7,,\n")
    report, codes = bring(registry, tmp_path / "a.csv", text, crs="EPSG:4326")
    assert report.accepted == 1 and codes == ["FIL-041", "GEO-215"]
    assert registry.records("hazard")[0].value("hazard_type") == "SHA"
