"""Repair of invalid outlines (S01): hazards take all readings, outcomes only the common one."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from landrelease.core.geometry import geodesic_area_m2
from landrelease.records import shapes

BOW_TIE = Polygon([(17, 44), (17.01, 44.01), (17.01, 44), (17, 44.01)])
# Two lobes that the outline goes round in opposite directions, one larger than the other.
LOPSIDED = Polygon([(17, 44), (17.04, 44.04), (17.04, 44), (17, 44.02)])
# The outline goes round the middle twice: even-odd leaves it open, non-zero fills it.
TWICE = Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (0, 3), (6, 3), (6, 6), (3, 6), (3, 0)])

corners = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=4, max_size=12)


def outline(points: list[tuple[int, int]]) -> Polygon:
    return Polygon([(17 + x / 1000, 44 + y / 1000) for x, y in points])


def missing_m2(part: shapely.Geometry, whole: shapely.Geometry) -> float:
    """At most; in the plane of degrees, since a sliver between a side and the same side with one
    more corner on it measures what the geodesic bows."""
    return shapely.area(shapes.polygons_of(part.difference(whole))) * 111_320**2


# Unions move corners by up to 0.1 µm (`core.geometry.joined`), along some km of outline.
EDGE_M2 = 1e-2


def winding(shape: Polygon, x: float, y: float) -> int:
    """How often an outline goes round a place: angles summed, an independent check."""
    xy = np.asarray(shape.exterior.coords) - (x, y)
    angle = np.arctan2(xy[:, 1], xy[:, 0])
    step = (np.diff(angle) + np.pi) % (2 * np.pi) - np.pi
    return round(step.sum() / (2 * np.pi))


@settings(max_examples=80, deadline=None)
@given(corners, st.booleans())
def test_safety_S01_a_repaired_hazard_covers_every_reading(points, drawn):
    shape = outline(points)
    fixed = shapes.repair(shape, "union", drawn=drawn)
    for reading in shapes.readings(shape, drawn=drawn):
        assert missing_m2(reading, fixed.shape) < EDGE_M2
    assert fixed.shape.is_empty or fixed.shape.is_valid


@settings(max_examples=80, deadline=None)
@given(corners, st.booleans())
def test_safety_S01_a_repaired_outcome_is_covered_by_every_reading(points, drawn):
    shape = outline(points)
    fixed = shapes.repair(shape, "intersection", drawn=drawn)
    for reading in shapes.readings(shape, drawn=drawn):
        assert missing_m2(fixed.shape, reading) < EDGE_M2
    assert missing_m2(fixed.shape, shapes.repair(shape, "union").shape) < EDGE_M2


@settings(max_examples=40, deadline=None)
@given(corners, st.integers(0, 2**32 - 1))
def test_safety_S01_winding_numbers_agree_with_the_readings(points, seed):
    """Ground that the outline goes round stays hazardous; released ground is gone round oddly."""
    shape = outline(points)
    hazard = shapes.repair(shape, "union").shape
    outcome = shapes.repair(shape, "intersection").shape
    places = np.random.default_rng(seed).uniform((17, 44), (17.012, 44.012), (40, 2))
    edge = shapely.boundary(shape)
    for x, y in places:
        place = shapely.Point(x, y)
        if shapely.distance(edge, place) < 1e-9:
            continue
        times = winding(shape, x, y)
        if times != 0:
            assert hazard.covers(place)
        if outcome.covers(place):
            assert times % 2 == 1


@pytest.mark.parametrize("shape", [BOW_TIE, LOPSIDED])
def test_safety_S01_buffer_0_loses_ground_that_the_repair_keeps(shape):
    kept = geodesic_area_m2(shapes.repair(shape, "union").shape)
    left = geodesic_area_m2(shapes.polygons_of(shape.buffer(0)))
    assert left < 0.85 * kept
    assert missing_m2(shape.buffer(0), shapes.repair(shape, "union").shape) < EDGE_M2


def test_safety_S01_ground_enclosed_twice_is_hazardous_and_not_cleared():
    middle = shapely.Point(4.5, 4.5)
    assert winding(TWICE, 4.5, 4.5) in (0, 2)
    assert shapes.repair(TWICE, "union").shape.covers(middle)
    assert not shapes.repair(TWICE, "intersection").shape.covers(middle)


FIELD = [(17, 44), (17.002, 44), (17.002, 44.001445), (17, 44.00146)]  # 160 m, one side longer


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 1, 3, 2), (3, 1, 2, 0)])
def test_safety_S01_corners_drawn_in_the_wrong_order_are_also_read_in_the_right_one(order):
    """Two triangles and the field around them: the hazard takes all, a person looks at it; of
    released ground only what lies in both is taken."""
    field, shape = Polygon(FIELD), Polygon([FIELD[n] for n in order])
    assert not shape.is_valid
    hazard = shapes.repair(shape, "union", drawn=True)
    outcome = shapes.repair(shape, "intersection", drawn=True)
    assert missing_m2(field, hazard.shape) < EDGE_M2 and missing_m2(hazard.shape, field) < EDGE_M2
    assert hazard.share == pytest.approx(0.5, abs=0.01) and hazard.much()
    assert missing_m2(outcome.shape, field) < EDGE_M2
    assert outcome.area_m2 == pytest.approx(hazard.area_m2 / 2, rel=0.02)


def test_a_small_loop_of_a_walked_outline_changes_little():
    ring = list(shapely.Point(17, 44).buffer(0.001, quad_segs=16).exterior.coords)
    ring[5], ring[6] = ring[6], ring[5]
    fixed = shapes.repair(Polygon(ring), "union", drawn=True)
    assert not Polygon(ring).is_valid and fixed.share < 0.01 and not fixed.much()


@settings(max_examples=80, deadline=None)
@given(corners)
def test_sides_of_an_outline_that_was_put_in_order_do_not_cross(points):
    ring = shapely.get_coordinates(outline(points).exterior)
    found = shapes.uncrossed(ring)
    if found is None:
        return
    kept = {tuple(c) for c in shapely.get_coordinates(found)}
    assert kept == {tuple(c) for c in ring}
    assert shapes.uncrossed(shapely.get_coordinates(found)) is None


def test_of_a_scribble_the_hull_is_read():
    ring = np.random.default_rng(5).uniform((17, 44), (17.01, 44.01), (300, 2))
    ring = np.concatenate([ring, ring[:1]])
    hull = shapely.convex_hull(shapely.multipoints(ring))
    assert Polygon(shapes.uncrossed(ring)).equals(hull)
    assert missing_m2(hull, shapes.repair(Polygon(ring), "union", drawn=True).shape) < EDGE_M2
    # Beside a clean part, whoever reads it; of what is to be released nothing is known of it.
    both = MultiPolygon([Polygon(ring), shapely.box(18, 44, 18.01, 44.01)])
    for drawn in (False, True):
        made = shapes.repair(both, "union", drawn=drawn)
        assert missing_m2(shapely.unary_union([hull, both.geoms[1]]), made.shape) < EDGE_M2
        assert made.much() and shapes.repair(both, "intersection", drawn=drawn).shape.is_empty


def test_what_crosses_often_but_less_keeps_its_readings():
    ring = np.random.default_rng(5).uniform((17, 44), (17.01, 44.01), (40, 2))
    shape = Polygon(np.concatenate([ring, ring[:1]]))
    assert len(shapes.readings(shape, drawn=True)) == 4
    assert not shapes.repair(shape, "intersection").shape.is_empty


def test_a_clean_hole_stays_open_in_a_crossing_outline():
    hole = [(17.002, 44.0045), (17.003, 44.0045), (17.003, 44.0055), (17.002, 44.0055)]
    shape = Polygon([(17, 44), (17.01, 44.01), (17.01, 44), (17, 44.01)], [hole])
    assert not shapes.repair(shape, "union").shape.covers(shapely.Point(17.0025, 44.005))


def test_overlapping_parts_are_one_hazard_and_overlap_is_counted_once():
    parts = MultiPolygon([shapely.box(17, 44, 17.01, 44.01),
                          shapely.box(17.005, 44, 17.02, 44.01)])
    fixed = shapes.repair(parts, "union")
    assert fixed.area_m2 == pytest.approx(geodesic_area_m2(shapely.box(17, 44, 17.02, 44.01)),
                                          rel=1e-7)


def test_lines_and_points_of_a_collection_fall_away():
    box = shapely.box(0, 0, 1, 1)
    mixed = shapely.GeometryCollection([box, shapely.Point(5, 5),
                                        shapely.GeometryCollection([shapely.box(2, 2, 3, 3)])])
    assert shapes.polygons_of(mixed).equals(box.union(shapely.box(2, 2, 3, 3)))


def test_crossings_are_estimated_before_they_fill_the_memory():
    rng = np.random.default_rng(3)
    tangle = Polygon(rng.uniform(0, 1, (4000, 2)))
    circle = shapely.Point(0, 0).buffer(1, quad_segs=1000)
    assert shapes.crossings_estimate(tangle) > shapes.TANGLE_CROSSINGS
    assert shapes.crossings_estimate(circle) < 10
