"""Unions that lose no ground: the plain one of many rectangles that nearly meet has lost one."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core import geometry
from landrelease.core.geometry import geodesic_area_m2, joined


@st.composite
def strips(draw):
    """Rectangles end to end and side by side, turned, a hair apart or over each other."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    many, angle = draw(st.integers(2, 60)), draw(st.floats(0, 3.2))
    x = np.cumsum(rng.choice([0.0, 0.35, 0.35 + 1e-12, 0.2], many))
    y = rng.choice([0.0, 1.75, 1.55, 1.75 - 1e-10], many)
    boxes = shapely.box(x, y, x + 0.35, y + 1.75)
    c, s = np.cos(angle), np.sin(angle)
    far = draw(st.sampled_from([(0.0, 0.0), (512_345.6, 4_871_234.5)]))
    return shapely.transform(boxes, lambda p: p @ np.array([[c, s], [-s, c]]) + far)


@settings(max_examples=60, deadline=None)
@given(boxes=strips())
def test_no_strip_is_lost_and_no_ground_is_made(boxes):
    whole = joined(boxes)
    assert whole.is_valid
    for box in boxes:
        assert box.difference(whole).area < 1e-5
    assert whole.difference(shapely.buffer(shapely.multipolygons(boxes), 1e-5)).area < 1e-5


def test_degrees_are_joined_on_their_own_grid():
    x = 17 + np.arange(30) * 1e-4
    boxes = shapely.box(x, 44, x + 1e-4, 44.001)
    whole = joined(boxes, degrees=True)
    assert whole.geom_type == "Polygon"
    assert geodesic_area_m2(whole) == pytest.approx(
        geodesic_area_m2(shapely.box(17, 44, 17.003, 44.001)), rel=1e-9)


def test_only_polygons_count_and_nothing_is_nothing():
    assert joined([]).is_empty and joined([None, shapely.Point(1, 1)]).is_empty
    mixed = shapely.GeometryCollection([shapely.Point(5, 5), shapely.box(0, 0, 1, 1)])
    assert joined([mixed, shapely.MultiPolygon([shapely.box(2, 0, 3, 1)])]).area == 2


def test_a_union_that_loses_ground_is_done_again_and_never_returned(monkeypatch):
    boxes = shapely.box(np.arange(4), 0, np.arange(4) + 1.5, 1)
    plain = shapely.union_all
    monkeypatch.setattr(geometry.shapely, "union_all",
                        lambda parts, **more: plain(parts[1:], **more))
    assert joined(boxes).equals(shapely.box(0, 0, 4.5, 1))
    monkeypatch.setattr(geometry.shapely, "union", lambda a, b, **more: b)
    with pytest.raises(ArithmeticError, match="lost ground"):
        joined(boxes)


@pytest.mark.parametrize("latitude", [-35.0, 0.0, 20.0, 44.0, 60.0])
def test_going_to_the_plane_and_back_moves_nothing(latitude):
    """PROJ's own inverse is off by up to 2 mm, always to one side: more than a hole grows by."""
    plane = geometry.plane_for((17.0, latitude, 17.01, latitude + 0.01))
    rng = np.random.default_rng(3)
    xy = np.concatenate([rng.uniform(-r, r, (50, 2)) for r in (1e-3, 1.0, 1e3, 1e5)])
    there = shapely.get_coordinates(plane.to_plane(plane.to_degrees(shapely.points(xy))))
    assert np.abs(there - xy).max() < 1e-6


def test_safety_S05_a_spot_is_told_although_the_union_lost_a_piece_of_it(monkeypatch):
    """The areas of pieces that do not overlap show that ground was lost, by the outlines or by the
    union: another way is taken."""
    from landrelease.operate import spots

    monkeypatch.setattr(spots, "polygons", lambda found, may: (
        np.array([shapely.box(0, 0, 3, 1)], dtype=object), np.array([0])))
    pieces = np.array([shapely.box(x, 0, x + 1, 1) for x in range(4)], dtype=object)
    whole, asked = shapely.union_all, []

    def losing(parts, grid_size=None, **more):
        asked.append(len(parts))
        return whole(parts[:-1] if len(asked) == 1 else parts, grid_size=grid_size, **more)

    monkeypatch.setattr(shapely, "union_all", losing)
    found = spots.join(pieces, 0.01)
    assert asked and len(found.polygons) == 1
    assert found.area_m2[0] == pytest.approx(4)
    assert found.radius_m[0] == pytest.approx(0.5, abs=0.01)


def test_pieces_that_meet_in_seams_of_rounding_make_one_spot():
    """Two halves, each narrower than the circle, whose common edge differs in the last digits."""
    from landrelease.operate import spots

    wide = 0.015
    pieces = np.array([shapely.box(0, 0, wide, 1), shapely.box(wide + 3e-13, 0.0, 2 * wide, 1)],
                      dtype=object)
    found = spots.join(pieces, 0.012)
    assert len(found.polygons) == 1 and found.small == 0
    assert found.radius_m[0] == pytest.approx(wide, abs=2e-3)
