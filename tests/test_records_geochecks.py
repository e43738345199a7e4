"""Checks over whole files: the source's fifteen on made-up cases, and ours by brute force."""

from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon
from shapely.affinity import translate

from landrelease.core.geometry import geodesic_distance_m, plane_for
from landrelease.core.record import Record
from landrelease.records import geochecks as g

M = 1 / 111_320  # about one metre of latitude, in degrees


def square(x: float, y: float, size: float = 100 * M) -> Polygon:
    return Polygon([(x, y), (x + size, y), (x + size, y + size), (x, y + size)])


def names(findings):
    return [g.CHECK_OF[f.code].name for f in findings]


def polygons(*ground, **more):
    return names(g.check_polygons(g.Shapes.of(list(ground), **more)))


def between(ground, **more):
    return g.check_between(g.Shapes.of(ground, **more))


def test_all_fifteen_checks_of_the_source_are_there_under_stable_names():
    source = [c for c in g.CHECKS if c.view]
    assert len(source) == 15 and len({c.view for c in source}) == 15
    assert [c.name for c in source if c.level == "advisory"] == [
        "distance_polygon_points", "overlapping_polygons"]
    assert len({c.name for c in g.CHECKS}) == len(g.CHECKS) == len(g.CHECK_OF)
    assert (g.SETTINGS.corners_apart_m, g.SETTINGS.parts_overlap_share) == (5_000, 0.009)


def test_a_sound_polygon_has_no_finding():
    hole = Polygon(square(18, 44).exterior, [square(18 + 20 * M, 44 + 20 * M, 20 * M).exterior])
    assert polygons(square(18, 44), hole, None, Polygon()) == []


@pytest.mark.parametrize(("wkt", "expected"), [
    ("POLYGON((18 44, 18.001 44.001, 18.001 44, 18 44.001, 18 44))", ["invalid_polygon"]),
    ("POINT(18 44)", ["few_vertices"]),
    ("LINESTRING(18 44, 18.001 44)", ["few_vertices"]),
    ("POLYGON((18 44, 18.001 44, 18 44, 18 44))",
     ["invalid_polygon", "few_vertices", "duplicate_polygon_points"]),
    ("POLYGON((18 44, 18.001 44, 18.001 44, 18 44.001, 18 44))", ["duplicate_polygon_points"]),
    ("POLYGON((18 44, 18.08 44, 18 44.001, 18 44))", ["distance_polygon_points"]),
    ("POLYGON((18 444, 18.001 44, 18 44.001, 18 444))", ["place_out_of_range"]),
    ("MULTIPOLYGON(((18 44, 18.001 44, 18 44.001, 18 44)),((18 44.001, 18 44, 18.001 44, "
     "18 44.001)))", ["duplicate_polygon", "overlapping_polygons"]),
])
def test_single_polygons(wkt, expected):
    assert polygons(shapely.from_wkt(wkt)) == expected


@pytest.mark.parametrize(("ring", "words"), [
    ("0 0, 1 0, 1 0, 0 1, 0 0", "corner 3 repeats the corner before it"),
    ("0 0, 1 0, 0 1, 0 0, 0 0", "the last corner repeats the first (besides closing the ring)"),
    ("0 0, 1 0, 1 1, 0 1, 0 0, 1 0, 0 0", "the last two corners repeat the first two"),
    ("0 0, 1 0, 1 1, 2 1, 1 1, 0 1, 0 0", "corner 5 repeats corner 3"),
])
def test_repeated_corners_in_the_words_of_the_tool_box(ring, words):
    small = shapely.transform(shapely.from_wkt(f"POLYGON(({ring}))"), lambda xy: xy * 1e-3)
    found = [f for f in g.check_polygons(g.Shapes.of([small]))
             if g.CHECK_OF[f.code].name == "duplicate_polygon_points"]
    assert [f.found for f in found] == [words]


def test_corners_closer_than_a_millimetre_are_one_and_at_two_millimetres_two():
    def with_corner(metres):
        return Polygon([(18, 44), (18.001, 44), (18.001, 44 + metres * M), (18, 44.001)])
    assert polygons(with_corner(0.0009)) == ["duplicate_polygon_points"]
    assert polygons(with_corner(0.002)) == []


@given(st.floats(-179, 178), st.floats(-80, 80), st.floats(0, 360))
@settings(max_examples=60, deadline=None)
def test_distances_between_corners_are_geodesic_wherever_they_lie(lon, lat, azimuth):
    from landrelease.core.geometry import WGS84

    for metres, expected in ((4_999.0, []), (5_001.0, ["distance_polygon_points"])):
        x, y, _ = WGS84.fwd(lon, lat, azimuth, metres)
        if abs(x - lon) > 180 or abs(y) > 85:
            continue
        mx, my, _ = WGS84.fwd(lon, lat, azimuth + 20, 2_000)
        if abs(mx - lon) > 180:
            continue
        assert polygons(Polygon([(lon, lat), (x, y), (mx, my)])) == expected


def test_the_share_of_overlapping_parts_decides():
    for shared, expected in ((0.5, []), (5, ["overlapping_polygons"])):
        parts = MultiPolygon([square(18, 44), translate(square(18, 44), 0, (100 - shared) * M)])
        assert polygons(parts) == expected
    # the parts may also stand in rows of their own
    rows = [square(18, 44), translate(square(18, 44), 0, 95 * M)]
    assert polygons(*rows, record=["A", "A"]) == ["overlapping_polygons"]
    assert polygons(*rows, record=["A", "B"]) == []


def test_one_record_holds_a_polygon_or_its_id_twice():
    a, b = square(18, 44), Polygon(list(square(18, 44).exterior.coords)[2:0:-1]
                                   + list(square(18, 44).exterior.coords)[:3:-1])
    b = Polygon([a.exterior.coords[k] for k in (2, 1, 0, 3)])
    far = square(19, 44)
    assert polygons(a, b, record=["A", "A"]) == ["duplicate_polygon", "overlapping_polygons"]
    assert polygons(a, far, record=["A", "A"], identifier=["1", "1"]) == ["duplicate_polygon_id"]
    assert polygons(a, far, record=["A", "A"], identifier=["1", "1 "]) == [
        "duplicate_polygon_id_trimmed"]
    assert polygons(a, far, record=["A", "B"], identifier=["1", "1"]) == []


def test_local_ids_of_corners_and_points_and_the_same_place_in_a_record():
    shapes = g.Shapes.of([square(18, 44)])
    for ids, expected in ((["a", "b"], []), (["a", "a"], ["duplicate_polygon_point_localid"]),
                          (["a", " a"], ["duplicate_polygon_point_localid_trimmed"]),
                          (["", ""], [])):
        corners = g.Corners([0, 0], ids, [1, 2])
        assert names(g.check_polygons(shapes, corners=corners)) == expected
    for ids, x, expected in (
            (["p", "q"], [18, 18], ["duplicate_points"]),
            (["p", "p"], [18, 19], ["duplicate_point_localid"]),
            (["p", "p "], [18, 19], ["duplicate_point_localid_trimmed"]),
            (["p", "q"], [18, np.nan], []), (["p", "q"], [np.nan, np.nan], [])):
        points = g.Points(["hazard"] * 2, ["A"] * 2, ids, x, [44, 44])
        assert names(g.check_points(points)) == expected
    apart = g.Points(["hazard"] * 2, ["A", "B"], ["p", "p"], [18, 18], [44, 44])
    assert g.check_points(apart) == []


def test_devices_and_objects():
    def devices(*models):
        n = len(models)
        return names(g.check_devices(g.Devices(
            ["hazard"] * n, ["A"] * n, ["mine"] * n, [""] * n, models, [3] * n)))
    assert devices("PMA-2", "PMA-2") == ["duplicate_devices"]
    assert devices("PMA-2", "PMA-3") == []

    def objects(*ids, kinds=("hazard", "hazard")):
        return names(g.check_objects(g.Objects(kinds, ids)))
    assert objects("H-1", "H-1") == ["duplicate_localids"]
    assert objects("H-1", "H-1", kinds=("hazard", "outcome")) == []
    assert objects("H-1", "h–l") == ["identifier_looks_alike"]
    assert objects("", None) == objects("H-1", "H-2") == []


@pytest.mark.parametrize(("a", "b"), [
    ("CHA-01", "СНА-01"), ("CHA-01", "cha - O1"), ("ΑΒΕ1", "ABEI"), ("H12", "Ｈ１２"),
    ("A-1", "A—l"), ("H\u200b1", "H1"), ("١٢", "12"), ("PMA", "РМА"), ("X1", "Χ1"),
])
def test_identifiers_that_the_eye_does_not_tell_apart(a, b):
    assert g.look(a) == g.look(b)


@given(st.text(max_size=20))
def test_looks_are_stable(text):
    assert g.look(text).isascii() or g.look(g.look(text)) == g.look(text)
    assert g.look(f" {text} ") == g.look(text)


def test_different_identifiers_look_different():
    ids = [f"{letter}-{n}" for letter in "ABCDEFGH" for n in range(200)]
    assert len({g.look(i) for i in ids}) == len(ids)


def test_the_same_place_on_a_near_day():
    def near(metres, days, kind="accident"):
        return names(g.check_points(g.Points(
            [kind] * 2, ["A", "B"], ["", ""], [18, 18], [44, 44 + metres * M], day=days)))
    day = date(2026, 5, 1)
    assert near(4, [day, date(2026, 5, 4)]) == ["same_place"]
    assert near(4, [day, None]) == ["same_place"]
    assert near(4, [day, date(2026, 5, 5)]) == near(6, [day, day]) == []
    assert near(0, [day, day], "item") == []  # many items lie close together


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 8)),
                min_size=2, max_size=60))
@settings(max_examples=40, deadline=None)
def test_near_points_are_those_of_all_pairs(cells):
    lon = np.array([18 + 2 * x * M for x, _, _ in cells])
    lat = np.array([44 + 2 * y * M for _, y, _ in cells])
    days = [date(2026, 5, 1 + d) for *_, d in cells]
    n = len(cells)
    found = g.check_points(g.Points(["accident"] * n, list(range(n)), [""] * n, lon, lat,
                                    day=days, row=list(range(1, n + 1))))
    expected = [j + 1 for j in range(n) if any(
        geodesic_distance_m(lon[i], lat[i], lon[j], lat[j]) <= 5
        and abs((days[i] - days[j]).days) <= 3 for i in range(j))]
    assert sorted(f.row for f in found) == expected


def test_a_crowd_at_one_place_is_found_whole():
    n = 60  # more than the nearest ones that are looked at first; only the last has a near day
    days = [date(2020, 1, 1)] + [date(2026, 1, 1 + k % 20) for k in range(n - 2)] + [
        date(2020, 1, 2)]
    found = g.check_points(g.Points(["accident"] * n, list(range(n)), [""] * n, [18.0] * n,
                                    [44.0] * n, day=days, row=list(range(1, n + 1))))
    assert found[-1].row == n and "row 1," in found[-1].problem


def test_the_same_shape_whatever_its_first_corner_direction_doubled_points_and_a_millimetre():
    a = square(18, 44)
    c = list(a.exterior.coords)[:-1]
    twins = [Polygon(c[2:] + c[:2]), Polygon(c[::-1]), Polygon([c[0], *c]),
             Polygon([c[0], ((c[0][0] + c[1][0]) / 2, c[0][1]), *c[1:]]),
             translate(a, 0.5e-3 * M, 0.5e-3 * M)]
    for twin in twins:
        assert names(between([a, twin])) == ["same_shape", "area_counted_twice"]
    assert names(between([a, translate(a, 0.01 * M, 0)]))[0] == "nearly_same_shape"
    assert names(between([a, translate(a, 1000 * M, 0)])) == []
    # one record may not be compared with itself
    assert between([a, a], record=["A", "A"]) == []


def boxes(rng, count):
    x, y = 18 + rng.uniform(0, 300 * M, count), 44 + rng.uniform(0, 300 * M, count)
    size = rng.uniform(30 * M, 150 * M, (count, 2))
    return shapely.box(x, y, x + size[:, 0], y + size[:, 1])


@pytest.mark.parametrize("seed", range(6))
def test_nearly_equal_shapes_and_overlaps_are_those_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    ground = boxes(rng, 25)
    ground = np.concatenate([ground, shapely.transform(ground[:8], lambda xy: xy + 2 * M)])
    flat = plane_for(tuple(shapely.total_bounds(ground))).to_plane(ground)
    nearly, over = set(), set()
    for j in range(len(flat)):
        for i in range(j):
            common = flat[i].intersection(flat[j]).area
            if common / flat[i].union(flat[j]).area >= 0.9:
                nearly.add(j + 1)
            elif common > max(1.0, 0.009 * min(flat[i].area, flat[j].area)):
                over.add(j + 1)
    found = between(list(ground))
    rows = {name: {f.row for f in found if g.CHECK_OF[f.code].name == name}
            for name in ("nearly_same_shape", "overlapping_records")}
    assert rows == {"nearly_same_shape": nearly, "overlapping_records": over}
    assert nearly


def test_safety_S03_the_area_counted_twice_is_the_sum_less_the_union():
    a = square(18, 44)
    found = between([a, translate(a, 0, 50 * M), square(19, 44)])
    told = next(f for f in found if g.CHECK_OF[f.code].name == "area_counted_twice")
    flat = plane_for((18, 44, 19.1, 44.1)).to_plane(np.array([a, translate(a, 0, 50 * M)]))
    twice = flat[0].intersection(flat[1]).area
    assert f"{twice:,.0f} m² would be counted twice" in told.problem


def test_released_land_on_hazards():
    hazard, other = square(18, 44), square(18 + 200 * M, 44)
    kinds = ["hazard", "hazard", "outcome"]
    inside = square(18 + 10 * M, 44 + 10 * M, 50 * M)

    def found(ground, named):
        return names(between([hazard, other, ground], kind=kinds, record=["H1", "H2", "O"],
                             hazard=["", "", named]))
    assert found(inside, "H1") == []
    assert found(inside, "") == ["released_in_other_hazard"]
    assert found(inside, "H2") == ["released_in_other_hazard", "released_outside_hazard"]
    assert found(translate(inside, 0, 60 * M), "H1") == ["released_outside_hazard"]


def test_hazards_outside_their_administrative_area():
    west, east = shapely.box(17, 43, 18, 45), shapely.box(18, 43, 19, 45)
    areas = g.Shapes.of([west, east], record=["W", "E"], kind="administrative_area")

    def found(ground, area=""):
        return [f.found for f in g.check_between(g.Shapes.of([ground], area=[area]),
                                                 administrative=areas)]
    assert found(square(17.5, 44)) == found(square(17.5, 44), "W") == []
    assert found(square(17.5, 44), "E")[0].endswith("(100.0 %)")
    assert found(square(18 - 30 * M, 44))[0].endswith("(30.0 %)")
    assert found(square(20, 44))[0].endswith("(100.0 %)")


def test_invalid_hazards_are_compared_too():
    bow = Polygon([(18, 44), (18.001, 44.001), (18.001, 44), (18, 44.001)])
    assert "overlapping_records" in names(between([bow, square(18, 44)]))


def test_findings_name_file_and_row_or_kind_and_record():
    bow = Polygon([(18, 44), (18.001, 44.001), (18.001, 44), (18, 44.001)])
    of_file = g.check_polygons(g.Shapes.of([bow], file="a.shp", row=[7]))
    assert of_file[0].problem.startswith("a.shp, row 7: the polygon is not valid")
    of_registry = g.check_registry([Record("hazard", "H-7", {}, bow)])
    assert of_registry[0].problem.startswith("hazard H-7: the polygon is not valid")
    assert all("{" not in f.problem + f.remedy for f in of_file + of_registry)


def test_a_place_that_may_be_so_far_off_that_nobody_knows_it_is_told():
    here = shapely.Point(18, 44)
    said = {"h": ("hazard", 1e9), "far": ("item", 100_000.5), "near": ("item", 100_000.0),
            "c": ("complaint", 10_001.0), "small": ("complaint", 10_000.0), "none": ("item", None)}
    records = [Record(kind, i, {} if m is None else {"position_accuracy_m": m}, here)
               for i, (kind, m) in said.items()]
    told = g.check_registry([*records, Record("item", "nowhere", {"position_accuracy_m": 1e9})],
                            only=["accuracy_no_place"])
    assert [(f.code, f.problem.split(":")[0], f.found) for f in told] == [
        ("GEO-026", "hazard h", "1,000,000,000"), ("GEO-026", "item far", "100,000.5"),
        ("GEO-026", "complaint c", "10,001")]
    assert "metres" in told[0].remedy and "more than 10,000 m" in told[2].problem


def test_a_registry_is_checked_whole_and_single_checks_can_be_chosen():
    a = square(18, 44)
    records = [
        Record("hazard", "H1", {"identifier": "H1"}, a),
        Record("hazard", "НI", {"identifier": "НI"}, a),
        Record("outcome", "O1", {"hazard_identifier": "H1"}, square(18.5, 44)),
        Record("administrative_area", "m", {"level": 2}, shapely.box(17, 43, 19, 45)),
        Record("administrative_area", "c", {"level": 0}, shapely.box(10, 40, 17, 46)),
        Record("accident", "a1", {}, shapely.Point(18, 44), date(2026, 1, 1)),
        Record("accident", "a2", {}, shapely.Point(18, 44), date(2026, 1, 2)),
        Record("item", "i1", {"activity": "x", "model": "PMA-2", "quantity": 2}),
        Record("item", "i2", {"activity": "x", "model": "PMA-2", "quantity": 2}),
        Record("settlement", "s", {}, None),
    ]
    assert sorted(set(names(g.check_registry(records)))) == sorted([
        "same_shape", "area_counted_twice", "released_outside_hazard", "same_place",
        "duplicate_devices", "identifier_looks_alike", "distance_polygon_points"])
    assert names(g.check_registry(records, only=["same_shape"])) == ["same_shape"]
    with pytest.raises(KeyError):
        g.check_registry(records, only=["no_such_check"])
    assert g.check_registry([]) == []


@given(st.lists(st.sampled_from([
    None, Polygon(), shapely.Point(), shapely.Point(18, 44), shapely.Point(np.nan, 44),
    shapely.LineString([(18, 44), (18, 44)]), square(18, 44), square(1e6, 44),
    shapely.from_wkt("POLYGON((18 44, 18 44, 18 44, 18 44))"),
    shapely.from_wkt("POLYGON Z((18 44 1, 18.1 44 2, 18 44.1 3, 18 44 1))"),
    shapely.GeometryCollection([square(18, 44), shapely.Point(1, 1)]), MultiPolygon(),
    shapely.box(-180, -90, 180, 90), shapely.box(179.9, 60, 180, 61)]), max_size=6))
@settings(max_examples=80, deadline=None)
def test_no_geometry_stops_the_checks(ground):
    for f in g.check_all(shapes=g.Shapes.of(ground), administrative=g.Shapes.of(ground)):
        assert f.code in g.CHECK_OF and f.problem


def test_a_stack_of_copies_is_told_copy_by_copy_and_counted_once():
    a = square(18, 44)
    found = between([a] * 400 + [square(18 + 50 * M, 44)])
    same = [f for f in found if g.CHECK_OF[f.code].name == "same_shape"]
    assert [f.row for f in same] == list(range(2, 401)) and "as row 1," in same[-1].problem
    told = next(f for f in found if g.CHECK_OF[f.code].name == "area_counted_twice")
    assert "401 of them overlap" in told.problem
    flat = plane_for((18, 44, 18.003, 44.001)).to_plane(np.array([a, square(18 + 50 * M, 44)]))
    once = shapely.union_all(flat).area
    assert f"cover {once / 1e4:,.1f} ha" in told.problem or f"cover {once:,.0f} m²" in told.problem


def test_released_copies_are_measured_against_their_own_hazard():
    inside = square(18 + 10 * M, 44 + 10 * M, 50 * M)
    found = between([square(18, 44), square(19, 44), inside, inside], record=["H1", "H2", "a", "b"],
                    kind=["hazard", "hazard", "outcome", "outcome"], hazard=["", "", "H1", "H2"])
    assert names(found) == ["same_shape", "area_counted_twice", "released_outside_hazard"]
    split = between([shapely.box(18, 44, 18.001, 44.001), shapely.box(18.001, 44, 18.002, 44.001),
                     shapely.box(18.0005, 44, 18.0015, 44.001)], record=["H", "H", "O"],
                    kind=["hazard", "hazard", "outcome"], hazard=["", "", "H"])
    assert names(split) == []


def test_a_part_of_one_point_does_not_stop_the_check_of_the_others():
    point = shapely.from_wkt("POLYGON((18 44, 18 44, 18 44, 18 44))")
    assert polygons(MultiPolygon([point, square(18, 44), square(18, 44)])) == [
        "invalid_polygon", "few_vertices", "duplicate_polygon_points", "duplicate_polygon",
        "overlapping_polygons"]


def test_a_crowd_of_polygons_is_told_and_each_of_them_is_still_found():
    few = g.CheckSettings(most_neighbours=3)
    crowd = [square(18 + 7 * k * M, 44, 100 * M) for k in range(12)]
    found = g.check_between(g.Shapes.of([*crowd, crowd[0].buffer(0.1 * M)]), few)
    by_name = {name: [f for f in found if g.CHECK_OF[f.code].name == name] for name in names(found)}
    assert by_name["crowded_records"][0].found == "9"  # those with more than three before them
    assert {f.row for f in by_name["overlapping_records"]} >= set(range(2, 13))
    assert [f.row for f in by_name["nearly_same_shape"]][-1] == 13
