"""The intake: every row is accepted, merged or quarantined, and nothing is invented or lost."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.record import KINDS, Record
from landrelease.errors import LandReleaseError
from landrelease.records import intake, mapping, readers
from landrelease.records.readers import SourceRow, SourceTable

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOME = (15.7, 42.5, 19.7, 45.3)
SQUARE = shapely.box(17, 44, 17.01, 44.01)
BOW_TIE = shapely.Polygon([(17, 44), (17.01, 44.01), (17.01, 44), (17, 44.01)])


def table(rows, crs="EPSG:4326", file="areas.geojson", source="s1", content=b"x"):
    """rows: (values, geometry) pairs; without geometry a table of text."""
    columns = dict.fromkeys(k for values, _ in rows for k in values)
    has = any(g is not None for _, g in rows)
    return SourceTable(file, source, content, crs if has else "", tuple(columns), tuple(
        SourceRow(i, values, g) for i, (values, g) in enumerate(rows, start=1)), has)


def take(source, kind="hazard", existing=None, used=None, taken=(), bounds=HOME, **options):
    found = intake.take_in(
        source, kind, used or mapping.propose(source, kind), existing=existing or {},
        taken_sources=set(taken), recorded_at=NOW, recorded_by="test", today=TODAY,
        programme_bounds=bounds, **options)
    report = found.report
    assert report.read == len(source.rows)
    assert report.accepted == len(found.revisions)
    assert report.quarantined == len(found.quarantined)
    assert report.read == report.accepted + report.merged + report.quarantined
    assert len({r.record_id for r in found.revisions}) == len(found.revisions)
    for row in found.quarantined:
        assert row.findings and row.findings[0].fate == "quarantined"
        assert row.findings[0].remedy
    return found


def known(found, existing=None):
    out = dict(existing or {})
    for r in found.revisions:
        out[r.record_id] = Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from,
                                  sources=(r.source,))
    return out


def codes(found):
    return [row.findings[0].code for row in found.quarantined]


def moved(dx, shape=SQUARE):
    return shapely.transform(shape, lambda xy: xy + np.array((dx, 0)))


def places(tmp_path, text, name="settlements.csv", encoding="utf-8", crs="EPSG:4326"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    found = readers.read(path)
    found.crs = crs  # as a mapping states it
    return found


def test_importing_the_same_file_twice_changes_nothing():
    rows = [({"id": "A", "status": "open"}, SQUARE), ({"status": "open"}, moved(0.1)),
            ({"status": "open"}, moved(0.1)), ({"id": "B"}, None), ({"id": "A"}, moved(0.2))]
    first = take(table(rows))
    assert (first.report.accepted, first.report.merged) == (2, 1)
    again = take(table(rows), existing=known(first), taken=["s1"])
    assert again.revisions == ()
    assert codes(again) == codes(first) == ["GEO-007", "ROW-011"]


def test_exact_repeats_merge_by_the_printed_rule():
    turned = shapely.Polygon([*SQUARE.exterior.coords][1:])
    rows = [({"source_index": 1, "sheet": "x", "type": "Suspected"}, SQUARE),
            ({"source_index": 2, "sheet": "y", "type": "Suspected"}, turned),
            ({"source_index": 3, "sheet": "y", "type": "Other"}, SQUARE)]
    found = take(table(rows))
    assert (found.report.accepted, found.report.merged) == (1, 1)
    assert codes(found) == ["ROW-013"]
    assert "map sheet" in intake.MERGE_RULE


def test_an_identifier_with_other_content_is_a_new_revision_and_says_what_changed():
    first = take(table([({"id": "A", "name": "old"}, SQUARE)]))
    wider = shapely.box(17, 44, 17.02, 44.01)
    second = take(table([({"id": " A ", "name": "new"}, wider)], source="s2"),
                  existing=known(first))
    assert [r.record_id for r in second.revisions] == ["A"]
    assert "name old -> new" in second.revisions[0].reason
    again = take(table([({"id": "A", "name": "old"}, SQUARE)]), taken=["s1"],
                 existing=known(second))
    assert (again.report.merged, again.report.findings[0].code) == (1, "ROW-021")


def test_safety_S01_an_import_takes_no_ground_out_of_a_hazard():
    first = take(table([({"id": "A"}, SQUARE)]))
    smaller = shapely.box(17, 44, 17.005, 44.01)
    assert codes(take(table([({"id": "A"}, smaller)], source="s2"), existing=known(first))) == [
        "GEO-022"]
    closed = table([({"id": "A", "status": "closed"}, SQUARE)], source="s2")
    assert codes(take(closed, existing=known(first))) == ["ROW-022"]


def test_safety_S01_an_import_adds_no_ground_to_an_outcome():
    first = take(table([({"id": "A"}, SQUARE)]), "outcome")
    larger = shapely.box(17, 44, 17.02, 44.01)
    assert codes(take(table([({"id": "A"}, larger)], source="s2"), "outcome",
                      existing=known(first))) == ["GEO-023"]


def test_safety_S01_a_crossing_polygon_grows_as_hazard_and_shrinks_as_outcome():
    hazard = take(table([({}, BOW_TIE)]))
    assert hazard.report.findings[0].code == "GEO-016"
    assert geodesic_area_m2(hazard.revisions[0].geometry) > 0.45 * geodesic_area_m2(SQUARE)
    twice = shapely.Polygon([(17, 44), (17.1, 44), (17.1, 44.1), (17, 44.1), (17, 44.03),
                             (17.06, 44.03), (17.06, 44.06), (17.03, 44.06), (17.03, 44)])
    middle = shapely.Point(17.045, 44.045)
    assert take(table([({}, twice)])).revisions[0].geometry.covers(middle)
    assert not take(table([({}, twice)]), "outcome").revisions[0].geometry.covers(middle)


def test_safety_S01_readings_that_differ_much_wait_with_their_widest_reading():
    # An outline that crosses itself and encloses most of its ground a second time.
    shape = shapely.Polygon([(17, 44), (17.01, 44), (17.01, 44.01), (17, 44.01), (17, 44.0001),
                             (17.0099, 44.0001), (17.0099, 44.0099), (17.0001, 44.0099),
                             (17.0001, 44.00005), (17, 44.00005)])
    strict = intake.Settings(readings_share=0.0, readings_m2=0.0)
    found = take(table([({}, shape)]), settings=strict)
    assert not shapely.is_valid(shape)
    assert codes(found) == ["GEO-017"]
    assert "Widest reading" in found.quarantined[0].findings[0].problem
    assert shapely.from_wkt(found.quarantined[0].geometry_wkt).equals_exact(shape)


def test_look_alike_identifiers_wait():
    rows = [({"id": "BA-01"}, SQUARE), ({"id": "ba-01"}, moved(0.1)),
            ({"id": "ВА-01"}, moved(0.2))]  # Cyrillic letters
    assert codes(take(table(rows))) == ["ROW-012", "ROW-012"]


def test_the_same_shape_under_another_identifier_waits():
    rows = [({"id": "A"}, SQUARE), ({"id": "B"}, SQUARE)]
    found = take(table(rows))
    assert codes(found) == ["GEO-021"]
    again = take(table(rows), existing=known(found), taken=["s1"])
    assert (again.report.merged, codes(again)) == (1, ["GEO-021"])


def test_an_identifier_of_another_kind_does_not_collide():
    hazard = take(table([({"id": "7"}, SQUARE)]))
    outcome = take(table([({"id": "7"}, SQUARE)]), "outcome", existing=known(hazard))
    assert (hazard.revisions[0].record_id, outcome.revisions[0].record_id) == ("7", "outcome-7")


@pytest.mark.parametrize(("shape", "code"), [
    (None, "GEO-007"), (shapely.Polygon(), "GEO-007"), (shapely.Point(17, 44), "GEO-009"),
    (shapely.LineString([(17, 44), (17.1, 44)]), "GEO-009"),
    (shapely.Polygon([(17, 44), (17.1, 44), (17, 44)]), "GEO-010"),
    (shapely.box(44, 17, 44.01, 17.01), "GEO-012"), (shapely.box(-1e-12, 0, 0, 1e-12), "GEO-013"),
    (shapely.box(120, 10, 120.1, 10.1), "GEO-014"), (shapely.box(200, 44, 201, 45), "GEO-011"),
    (shapely.Polygon([(17, 44), (17.000001, 44), (17, 44.000001)]), "GEO-019"),
    (shapely.from_wkt("POLYGON ((17 44, nan 44, 17 45, 17 44))"), "GEO-008"),
])
def test_doubtful_places_wait_with_their_reason(shape, code):
    rows = [({"n": 1}, SQUARE), ({"n": 2}, shape), ({"n": 3}, moved(0.1))]
    found = take(table(rows))
    assert codes(found) == [code]
    assert found.report.accepted == 2
    assert found.quarantined[0].row == 2
    assert found.quarantined[0].values == {"n": 2}


def test_swapped_places_are_found_from_the_file_itself():
    rows = [({}, moved(i / 50)) for i in range(8)] + [({}, shapely.box(44, 17, 44.01, 17.01))]
    assert codes(take(table(rows), bounds=None)) == ["GEO-012"]


def test_a_geometry_beyond_the_limit_waits_and_the_rest_is_taken():
    big = shapely.Point(17.5, 44.5).buffer(0.1, quad_segs=1000)
    found = take(table([({}, big), ({}, SQUARE)]), settings=intake.Settings(vertices=2000))
    assert (codes(found), found.report.accepted) == (["GEO-015"], 1)


def test_safety_S04_projected_coordinates_without_a_system_are_refused(tmp_path):
    source = places(tmp_path, "name,x,y,population\na,6412345,4870123,5\nb,6412400,4870200,6\n",
                    crs="")
    with pytest.raises(LandReleaseError, match=r"GEO-002.*`crs`"):
        take(source, "settlement")
    shape = table([({}, shapely.box(6412345, 4870123, 6412400, 4870200))], crs="")
    with pytest.raises(LandReleaseError, match="GEO-002"):
        take(shape)


def test_safety_S04_ground_without_a_stated_datum_waits(tmp_path):
    source = places(tmp_path, f'id,wkt\nA,"{SQUARE.wkt}"\n', "hazards.csv", crs="")
    assert codes(take(source)) == ["GEO-001"]
    points = places(tmp_path, "name,latitude,longitude\na,44.1,17.2\nb,44.2,17.3\n", crs="")
    assert codes(take(points, "settlement")) == ["GEO-001", "GEO-001"]
    stated = places(tmp_path, f'id,wkt\nA,"SRID=4326;{SQUARE.wkt}"\n', "hazards.csv", crs="")
    assert take(stated).revisions[0].geometry.equals(SQUARE)


def test_safety_S04_a_stated_system_is_transformed_and_its_accuracy_stored(tmp_path):
    source = places(tmp_path, "name;easting;northing\nSarajevo;6532000;4858000\n")
    proposal = mapping.propose(source, "settlement")
    used = mapping.Mapping("settlement", proposal.columns, crs="EPSG:3908")
    found = take(source, "settlement", used=used)
    place, said = found.revisions[0].geometry, found.revisions[0].values
    assert 18.3 < place.x < 18.5 and 43.8 < place.y < 43.9
    assert said["position_accuracy_m"] >= 1
    for crs, code in (("EPSG:31277", "GEO-004"), ("EPSG:999999", "GEO-003")):
        with pytest.raises(LandReleaseError, match=code):
            take(source, "settlement",
                 used=mapping.Mapping("settlement", proposal.columns, crs=crs))


def test_values_that_cannot_be_taken_wait_with_field_and_found(tmp_path):
    source = places(tmp_path, (
        "name;latitude;longitude;population;date\n"
        "a;44,1;17,2;1.234;1.2.2020\nb;44,1;17,3;-5;\nc;44,1;17,4;7,5;\nd;44,1;17,5;5;1.1.2030\n"
        "e;17,6;44,1;5;\nf;44,1;;5;\ng;44,1;abc;5;\n"))
    found = take(source, "settlement")
    assert codes(found) == ["ROW-003", "ROW-002", "ROW-008", "GEO-212", "GEO-007", "GEO-201"]
    first = found.revisions[0]
    assert (first.geometry.x, first.geometry.y) == (17.2, 44.1)
    assert (first.values["population"], first.valid_from) == (1234, date(2020, 2, 1))
    finding = found.quarantined[0].findings[0]
    assert (finding.row, finding.field, finding.found) == (2, "population", "-5")


def test_areas_with_units_are_converted_and_compared_with_the_shape():
    measured = geodesic_area_m2(SQUARE)
    rows = [({"Area (ha)": f"{measured / 10_000:.2f}".replace(".", ",")}, SQUARE),
            ({"Area (ha)": "1,5"}, moved(0.1))]
    source = table(rows)
    used = mapping.Mapping("hazard", {"reported_area_m2": "Area (ha)"})
    found = take(source, used=used)
    assert found.revisions[0].values["reported_area_m2"] == pytest.approx(measured, rel=1e-3)
    assert [f.row for f in found.report.findings if f.code == "GEO-020"] == [2]


def test_safety_S12_nothing_is_filled_in():
    found = take(table([({"type": "Suspected Minefield", "sheet": "1"}, SQUARE)]))
    assert found.revisions[0].values == {
        "source_label": "Suspected Minefield", "map_sheet": "1", "status": "open"}
    assert found.revisions[0].valid_from is None


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16", "utf-8-sig"])
def test_cyrillic_text_is_taken_whole(tmp_path, encoding):
    source = places(tmp_path, "название;широта;долгота;население\nСнежное;44,0;17,7;46 000\n"
                    "Торез;44,1;17,6;56 000\n", encoding=encoding)
    found = take(source, "settlement")
    assert [r.values["name"] for r in found.revisions] == ["Снежное", "Торез"]
    assert found.revisions[0].values["population"] == 46_000


def test_a_quarantined_row_is_mended_and_accepted(tmp_path):
    text = "name,latitude,longitude,population\na,44.1,17.2,-5\nb,17.3,44.2,6\nc,44.1,17.4,9\n"
    source = places(tmp_path, text)
    found = take(source, "settlement")
    options = {"mapping": replace(mapping.propose(source, "settlement"), crs="EPSG:4326"),
               "existing": known(found), "recorded_at": NOW, "recorded_by": "me", "today": TODAY,
               "programme_bounds": HOME}
    first, second = found.quarantined
    assert intake.retry(first, {}, **options).report.quarantined == 1
    mended = intake.retry(first, {"population": "5"}, **options)
    assert mended.revisions[0].values["population"] == 5
    assert mended.revisions[0].source == found.report.source
    swapped = intake.retry(second, {"latitude": "44.2", "longitude": "17.3"}, **options)
    assert swapped.revisions[0].geometry.equals(shapely.Point(17.3, 44.2))
    drawn = intake.retry(second, {"geometry": "POINT (17.3 44.2)"}, **options)
    assert drawn.revisions[0].geometry.equals(shapely.Point(17.3, 44.2))
    with pytest.raises(LandReleaseError, match="FIL-014"):
        intake.retry(first, {"nothing": "1"}, **options)


def test_a_quarantined_shape_is_mended_by_wkt_or_value():
    rows = [({"id": "A", "status": "wrong"}, SQUARE), ({"id": "B"}, shapely.Point(17, 44)),
            ({"id": "C"}, moved(0.1))]
    found = take(table(rows))
    options = {"existing": known(found), "recorded_at": NOW, "recorded_by": "me", "today": TODAY,
               "programme_bounds": HOME}
    first, second = found.quarantined
    assert intake.retry(first, {"status": "open"}, **options).revisions[0].geometry.equals(SQUARE)
    drawn = intake.retry(second, {"geometry": moved(0.2).wkt}, **options)
    assert drawn.revisions[0].geometry.equals(moved(0.2))
    assert codes(intake.retry(second, {"geometry": "POLYGON ((1"}, **options)) == ["GEO-008"]


numbers = st.one_of(st.none(), st.text(max_size=8), st.floats(), st.integers(-10**20, 10**20),
                    st.floats(15, 20).map(str), st.sampled_from(["44,5", "1.234,5", "=A1", "5 ha"]))
values = st.fixed_dictionaries({
    "id": st.sampled_from(["A", "a", "А", " A", "B", "", None, 7]), "name": st.text(max_size=5),
    "date": st.one_of(numbers, st.sampled_from(["1/2/2020", "2020-01-01", "2030-01-01"])),
    "status": st.sampled_from(["open", "closed", "?", None, "wrong"]),
    "area": numbers, "population": numbers, "latitude": numbers, "longitude": numbers})
ring = st.lists(st.tuples(st.floats(16, 19), st.floats(43, 45)), min_size=3, max_size=8)
drawings = st.one_of(
    st.none(), st.builds(shapely.Polygon, ring), st.builds(shapely.LineString, ring),
    st.builds(shapely.Point, st.floats(), st.floats()),
    st.builds(lambda a, b: shapely.MultiPolygon([shapely.Polygon(a), shapely.Polygon(b)]), ring,
              ring),
    st.builds(lambda a: shapely.GeometryCollection([shapely.Polygon(a), shapely.Point(1, 1)]),
              ring), st.just(SQUARE))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(values, drawings), min_size=1, max_size=6),
       st.sampled_from(sorted(KINDS)), st.booleans(), st.booleans())
def test_no_row_is_ever_lost(rows, kind, geometry, bounds):
    source = table([(v, g if geometry else None) for v, g in rows])
    try:
        found = take(source, kind, bounds=HOME if bounds else None)
        again = take(source, kind, existing=known(found), taken=["s1"],
                     bounds=HOME if bounds else None)
    except LandReleaseError:
        return
    assert again.revisions == ()
    assert sorted(codes(again)) == sorted(codes(found))
    for revision in found.revisions:
        json.loads(revision.canonical())
        if KINDS[kind].geometry == "polygon" and KINDS[kind].place_needed:
            assert revision.geometry.is_valid and revision.geometry.geom_type.endswith("Polygon")
    rows_seen = Counter(f.row for f in found.report.findings if f.fate == "quarantined")
    assert set(rows_seen) == {r.row for r in found.quarantined}


def test_safety_S19_a_synthetic_file_marks_its_registry_and_stays_out_of_a_real_one(tmp_path):
    from landrelease.errors import LandReleaseError
    from landrelease.store.open import create_registry
    from landrelease.workflows import import_files, is_synthetic

    made_up, real = tmp_path / "settlements_made_up.csv", tmp_path / "settlements.csv"
    made_up.write_text("name,latitude,longitude,population,synthetic\nA,44.1,17.1,5,true\n")
    real.write_text("name,latitude,longitude,population\nB,44.2,17.2,7\n")
    with create_registry(tmp_path / "a.gpkg", office="A") as registry:
        import_files(registry, [made_up], kind="settlement", crs="EPSG:4326", dry_run=True)
        assert not is_synthetic(registry)
        import_files(registry, [made_up], kind="settlement", crs="EPSG:4326")
        assert is_synthetic(registry) and len(registry.records("settlement")) == 1
    with create_registry(tmp_path / "b.gpkg", office="B") as registry:
        import_files(registry, [real], kind="settlement", crs="EPSG:4326")
        with pytest.raises(LandReleaseError, match="FIL-046"):
            import_files(registry, [made_up], kind="settlement", crs="EPSG:4326")
        assert not is_synthetic(registry) and len(registry.records("settlement")) == 1
