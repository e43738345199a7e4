"""The public's ground: hazards never smaller, released land never larger (S15)."""

import dataclasses
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.access.ground import (
    beyond_grid,
    hazard_widths_m,
    public_hazard_cells,
    public_released,
)
from landrelease.core.geometry import LocalPlane, plane_for
from landrelease.core.hazard import Hazard, Outcome
from landrelease.errors import LandReleaseError


@st.composite
def grounds(draw, at, count=4):
    """Polygons of some 10 m to 3 km near a place, also with a hole, in parts, or as a sliver."""
    out = []
    for _ in range(draw(st.integers(1, count))):
        east, north = draw(st.tuples(st.floats(-0.03, 0.03), st.floats(-0.03, 0.03)))
        size = draw(st.floats(1e-4, 0.02))
        turns = sorted(draw(st.lists(st.floats(0, 2 * math.pi), min_size=3, max_size=9,
                                     unique_by=lambda a: round(a, 2))))
        radii = [draw(st.floats(0.2, 1)) * size for _ in turns]
        ring = [(at[0] + east + r * math.cos(a), at[1] + north + r * math.sin(a))
                for a, r in zip(turns, radii, strict=True)]
        shape = shapely.make_valid(shapely.Polygon(ring), method="structure")
        if draw(st.booleans()):
            shape = shape.difference(shape.centroid.buffer(size / 5, 2))
        shape = shapely.multipolygons([p for p in shapely.get_parts(shape)
                                       if p.geom_type == "Polygon"])
        out.append(shape if not shape.is_empty else shapely.Point(*at).buffer(size, 3))
    return out


places = st.sampled_from([(17.8, 44.2), (-0.001, 0.001), (25.0, 69.5), (-71.3, -52.7)])


def true_widened(shape, plane, width):
    """A buffer whose arcs lie inside of the true circle by at most 0.02 %: the ground to cover."""
    if width == 0:
        return shape
    return plane.to_degrees(shapely.segmentize(
        plane.to_plane(shapely.segmentize(shape, 0.002)).buffer(width, quad_segs=48), 100))


@settings(max_examples=60)
@given(data=st.data(), at=places, cell_m=st.sampled_from([50.0, 100.0, 777.7, 1000.0]),
       widen_m=st.sampled_from([0.0, 5.0, 130.0]), off=st.floats(-1.5, 1.5))
def test_safety_S15_the_cells_cover_every_widened_hazard_after_rounding(
        data, at, cell_m, widen_m, off):
    hazards = data.draw(grounds(at, 2 if cell_m < 200 else 4))
    plane = LocalPlane(round(at[0] + off, 3), at[1])  # also away from its centre
    cells = public_hazard_cells(hazards, plane, cell_m, widen_m)
    assert all(shapely.is_valid(cells))
    corners = shapely.get_coordinates(cells)
    assert np.array_equal(np.round(corners, 5), corners)
    union = shapely.union_all(cells)
    for hazard in hazards:
        assert union.covers(hazard)
        assert union.covers(true_widened(hazard, plane, widen_m))
    # Coarse, but no coarser than said: nothing lies more than a cell's diagonal away.
    planar = plane.to_plane(shapely.union_all(hazards))
    corners = shapely.points(shapely.get_coordinates(plane.to_plane(union)))
    assert shapely.distance(corners, planar).max() < widen_m * 1.01 + cell_m * 1.4143 + 6


def test_safety_S15_boundaries_follow_the_grid_and_say_nothing_of_the_shape():
    plane = LocalPlane(17.8, 44.2)
    hazard = plane.to_degrees(shapely.box(420, 430, 580, 570))
    other = plane.to_degrees(shapely.Point(500, 500).buffer(60))
    assert public_hazard_cells([hazard], plane, 1000, 0) == \
        public_hazard_cells([other], plane, 1000, 0)
    (cell,) = public_hazard_cells([hazard], plane, 1000, 0)
    assert plane.to_plane(cell).equals_exact(shapely.box(0, 0, 1000, 1000), 1.0) or \
        plane.to_plane(cell).symmetric_difference(shapely.box(0, 0, 1000, 1000)).area < 4000
    # The grid does not move with the data: more hazards, the same cells and others.
    more = public_hazard_cells([hazard, plane.to_degrees(shapely.box(9_100, 0, 9_200, 90))],
                               plane, 1000, 0)
    assert cell in more


def test_cells_are_all_that_touch_and_no_others_by_brute_force():
    rng = np.random.default_rng(7)
    plane = LocalPlane(17.8, 44.2)
    middles = rng.uniform(-4000, 4000, (12, 2))
    planar = [shapely.Point(*m).buffer(r, 4) for m, r in zip(middles, rng.uniform(5, 600, 12),
                                                             strict=True)]
    widths = rng.uniform(0, 200, 12)
    cells = shapely.union_all(plane.to_plane(public_hazard_cells(
        list(plane.to_degrees(np.array(planar))), plane, 250, widths)))
    for column in range(-24, 24):
        for row in range(-24, 24):
            box = shapely.box(column * 250, row * 250, column * 250 + 250, row * 250 + 250)
            gap = min(shapely.distance(box, p) - w for p, w in zip(planar, widths, strict=True))
            if gap <= 0:
                assert cells.covers(box.centroid)
            elif gap > 3:  # the margin for rounding
                assert not cells.covers(box.centroid)


def test_many_cells_are_few_polygons():
    plane = LocalPlane(17.8, 44.2)
    line = plane.to_degrees(shapely.box(-40_000, 10, 40_000, 60))
    (strip,) = public_hazard_cells([line], plane, 1000, 0)
    assert len(strip.exterior.coords) < 120


def test_a_large_area_on_small_cells_is_looked_at_in_parts(monkeypatch):
    from landrelease.access import ground

    plane = LocalPlane(17.8, 44.2)
    hazards = list(plane.to_degrees(np.array(
        [shapely.box(x, 0, x + 700, 300) for x in (0, 5000, 9000)])))
    whole = public_hazard_cells(hazards, plane, 50, 10)
    monkeypatch.setattr(ground, "_PAIRS", 37)
    assert public_hazard_cells(hazards, plane, 50, 10) == whole


@settings(max_examples=60)
@given(data=st.data(), at=places, inward_m=st.sampled_from([0.0, 5.0, 60.0]),
       widen_m=st.sampled_from([0.0, 30.0]), coarse=st.booleans())
def test_safety_S15_released_ground_is_inside_the_true_one_and_apart_from_hazards(
        data, at, inward_m, widen_m, coarse):
    released, hazards = data.draw(grounds(at)), data.draw(grounds(at, 3))
    plane = plane_for(tuple(shapely.total_bounds([*released, *hazards])))
    cells = public_hazard_cells(hazards, plane, 500, widen_m) if coarse else []
    shown = public_released(released, hazards, plane, inward_m, widen_m=widen_m, cells=cells)
    assert len(shown) == len(released)
    for ground, left in zip(released, shown, strict=True):
        if left is None:
            continue
        assert left.is_valid and ground.covers(left)
        assert plane.to_plane(left).distance(
            plane.to_plane(shapely.segmentize(ground, 0.001)).boundary) >= inward_m * 0.999
        for hazard in hazards:
            assert left.disjoint(hazard)
            assert plane.to_plane(left).distance(
                plane.to_plane(shapely.segmentize(hazard, 0.001))) >= widen_m * 0.999
        for cell in cells:
            assert left.disjoint(cell)


def test_safety_S15_released_ground_shrinks_by_what_was_asked_and_not_by_much_more():
    plane = LocalPlane(17.8, 44.2)
    field = plane.to_degrees(shapely.segmentize(shapely.box(0, 0, 1000, 1000), 100))
    (shown,) = public_released([field], [], plane, 10)
    assert 970**2 < plane.to_plane(shown).area < 980**2
    hazard = plane.to_degrees(shapely.box(-100, -100, 500, 1100))
    (rest,) = public_released([field], [hazard], plane, 10, widen_m=20)
    assert 460 * 970 < plane.to_plane(rest).area < 480 * 980
    assert public_released([field], [field], plane, 0) == [None]  # contested: hazardous (S01)
    assert public_released([], [hazard], plane, 0) == []


def test_safety_S03_searched_ground_is_not_shown_as_released():
    plane = LocalPlane(17.8, 44.2)
    field = plane.to_degrees(shapely.box(0, 0, 1000, 1000))
    kinds = ["cancelled", "reduced", "cleared", "searched", "not_reported"]
    outcomes = [Outcome(k, field, 1e6, k, "") for k in kinds]
    shown = public_released(outcomes, [], plane, 10)
    assert [s is not None for s in shown] == [True, True, True, False, False]
    hazard = Hazard("h", plane.to_degrees(shapely.box(-9, -9, 2000, 2000)), 4e6, "SHA", "open", "")
    assert public_released(outcomes, [hazard], plane, 10) == [None] * 5
    assert public_hazard_cells([hazard], plane, 500, 0) == \
        public_hazard_cells([hazard.ground], plane, 500, 0)


def test_a_length_that_is_none_is_refused():
    plane = LocalPlane(17.8, 44.2)
    for cell_m, widen_m in ((0, 0), (-1, 0), (math.nan, 0), (10, 0), (1000, -1), (1000, math.nan),
                            (1000, math.inf)):
        with pytest.raises(LandReleaseError, match="ACC-002"):
            public_hazard_cells([shapely.box(17, 44, 18, 45)], plane, cell_m, widen_m)
    with pytest.raises(LandReleaseError, match="ACC-002"):
        public_released([], [], plane, -1)
    assert public_hazard_cells([], plane, 1000, 0) == []
    assert public_hazard_cells([shapely.Polygon()], plane, 1000, 0) == []


def test_safety_S15_each_hazard_is_widened_by_its_accuracy_and_by_100_m_at_least():
    @dataclasses.dataclass
    class Located:
        position_accuracy_m: float | None

    assert hazard_widths_m([Located(None), Located(20.0), Located(350.0)], 100) == [100, 100, 350]
    shape = shapely.box(17, 44, 17.01, 44.01)
    assert hazard_widths_m([Hazard("h", shape, 1e6, "SHA", "open", "")], 100) == [100]


def test_safety_S15_hazards_far_from_the_grid_are_said_and_too_far_ones_refused():
    plane = LocalPlane(17.8, 44.2)

    def at(longitude, latitude):
        shape = shapely.box(longitude, latitude, longitude + 0.01, latitude + 0.01)
        return Hazard(f"h {longitude}", shape, 1e6, "SHA", "open", "")

    assert beyond_grid([], plane) == (0, 0)
    assert beyond_grid([at(17.8, 44.2), at(30, 50)], plane) == (0, 0)
    reach, longer = beyond_grid([at(17.8, 44.2), at(17.8, 74.2)], plane)
    assert reach == pytest.approx(3_337_000, rel=0.01)  # 30 degrees of latitude
    assert longer == pytest.approx(1 / math.cos(math.radians(15)) - 1, rel=0.02)
    with pytest.raises(LandReleaseError, match=r"ACC-003.*h 100 lies"):
        beyond_grid([at(17.8, 44.2), at(100, 10)], plane)


@pytest.mark.parametrize("degrees", [(60, 44.2), (17.8, 80), (17.8, 0)])
def test_safety_S15_cells_cover_widened_hazards_as_far_as_the_grid_reaches(degrees):
    plane = LocalPlane(17.8, 44.2)
    place = shapely.Point(degrees)
    near = LocalPlane(*degrees)
    ring = near.to_degrees(near.to_plane(place).buffer(2000, quad_segs=32))
    hazard = near.to_degrees(near.to_plane(place).buffer(1500, quad_segs=32))
    assert shapely.union_all(public_hazard_cells([hazard], plane, 1000, 500)).covers(ring)
