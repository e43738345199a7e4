"""COV-S: the rest that no swath covers is exact, whatever the runs look like."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from landrelease.core.geometry import joined
from landrelease.operate import spots, sweep
from landrelease.operate.sweep import Runs, rest


def runs_of(*lines, half):
    xy = [np.array(line, dtype=float) for line in lines]
    first = np.concatenate([[0], np.cumsum([len(p) for p in xy])]).astype(np.int64)
    x, y = np.concatenate(xy).T
    return Runs(np.ascontiguousarray(x), np.ascontiguousarray(y), np.full(len(x), float(half)),
                first)


def swath_by_geos(runs: Runs, arc_points=200):
    """The same ground from plain polygons: a rectangle a segment, a fan at each bend."""
    parts = []
    for a, z in zip(runs.first, runs.first[1:], strict=False):
        p = np.column_stack([runs.x[a:z], runs.y[a:z]])
        h = runs.half_m[a:z]
        way = np.diff(p, axis=0)
        size = np.hypot(*way.T)
        unit = way / size[:, None]
        side = np.column_stack([-unit[:, 1], unit[:, 0]])
        for k in range(len(way)):
            n = side[k] * h[k]
            parts.append(shapely.Polygon([p[k] - n, p[k + 1] - n, p[k + 1] + n, p[k] + n]))
        for k in range(1, len(way)):
            turn = math.atan2(unit[k - 1, 0] * unit[k, 1] - unit[k - 1, 1] * unit[k, 0],
                              float(unit[k - 1] @ unit[k]))
            if abs(turn) < 1e-7:
                continue
            start = -side[k - 1] if turn > 0 else side[k - 1]
            angles = np.linspace(0, turn, arc_points)
            c, s = np.cos(angles), np.sin(angles)
            arc = np.column_stack([start[0] * c - start[1] * s, start[0] * s + start[1] * c])
            parts.append(shapely.Polygon([p[k], *(p[k] + arc * min(h[k - 1], h[k]))]))
    # The plain union of rectangles that nearly meet may lose one (GEOS 3.13).
    return joined(shapely.make_valid(np.array(parts, dtype=object)), exact=True)


@pytest.mark.parametrize("swath, missed", [(1.0, 0.0), (0.5, 12.5), (0.4, 15.0)])
def test_a_centre_pass_leaves_two_strips(swath, missed):
    got = rest(box(0, 0, 1, 25), runs_of([(0.5, 0), (0.5, 25)], half=swath / 2))
    assert got.area_m2 == pytest.approx(missed, abs=1e-9)


def test_without_runs_all_is_left_and_without_ground_nothing():
    nothing = Runs(np.empty(0), np.empty(0), np.empty(0), np.zeros(1, np.int64))
    assert rest(box(0, 0, 3, 4), nothing).area_m2 == 12
    assert rest(shapely.Polygon(), nothing).area_m2 == 0


def test_a_bend_is_covered_on_its_outside_as_the_bar_sweeps_it():
    """A bend of 90 degrees: two rectangles and a quarter of a circle."""
    runs = runs_of([(0, -10), (0, 0), (10, 0)], half=1.0)
    got = rest(box(-2, -2, 2, 2), runs)
    inside = rest(box(-2, -2, 2, 2), runs, outer_arcs=True)
    exact = 16 - (2 * 2 + 2 * 2 - 1 + math.pi / 4)
    assert inside.area_m2 <= exact <= got.area_m2
    assert got.area_m2 - inside.area_m2 < 1e-3


@st.composite
def tracks(draw):
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(2, 9))
        x, y = draw(st.floats(-3, 13)), draw(st.floats(-3, 13))
        heading = draw(st.floats(0, 2 * math.pi))
        line = [(x, y)]
        for _ in range(count - 1):
            heading += draw(st.floats(-1.2, 1.2))
            step = draw(st.sampled_from([0.03, 0.13, 0.5, 2.0, 6.0]))
            x, y = x + step * math.cos(heading), y + step * math.sin(heading)
            line.append((x, y))
        lines.append(line)
    return lines


FIELDS = (box(0, 0, 10, 10), shapely.Polygon([(1, 0.3), (9, 2), (7.7, 9), (0.2, 6.1)]),
          box(0, 0, 10, 10) - box(3.03, 4, 5.5, 6.27),
          shapely.union_all([box(0, 0, 3, 10), box(5, 0, 9, 4)]))


@settings(deadline=None, max_examples=120)
@given(lines=tracks(), half=st.floats(0.2, 1.5), field=st.sampled_from(FIELDS))
def test_the_rest_is_the_field_less_the_swaths(lines, half, field):
    runs = runs_of(*lines, half=half)
    exact = shapely.difference(field, swath_by_geos(runs))
    most, least = rest(field, runs), rest(field, runs, outer_arcs=True)
    quick = rest(field, runs, exact=False)
    # Arcs are polygons of 0.05 rad: at most radius * 0.05^2 / 8 off, over the length of the arcs.
    slack = 1e-6 + half * 0.05**2 / 8 * 1.3 * sum(len(line) for line in lines) * half
    assert least.area_m2 - 1e-6 <= exact.area <= most.area_m2 + 1e-6 + slack * 0.1
    assert most.area_m2 - least.area_m2 <= 2 * slack
    assert quick.area_m2 >= most.area_m2 - 1e-9
    for arcs, whole in ((False, most), (True, least)):
        assert sweep.covered_m2(field, runs, outer_arcs=arcs) == pytest.approx(
            field.area - whole.area_m2, abs=1e-9)
    assert most.parts.areas().sum() == pytest.approx(most.area_m2, abs=1e-9)
    assert most.parts.areas() == pytest.approx(shapely.area(most.pieces), abs=1e-12)
    left = shapely.union_all(most.pieces, grid_size=1e-8)
    assert left.area == pytest.approx(most.area_m2, abs=1e-5)  # pieces do not overlap
    assert shapely.difference(exact, left.buffer(1e-5)).area < 1e-6 + slack * 0.1


def test_safety_S05_a_strip_covers_nothing_on_the_inside_of_a_bend_before_it():
    """Short steps with sharp bends: what the strips give is never more than the swaths."""
    line = [(4.25, 8.9375), (4.2290108973114116, 8.916065038644124),
            (4.67544006135814, 6.966526374885813), (4.695336617458971, 6.944073600996458),
            (4.724980130355429, 6.948684690147356)]
    runs, field = runs_of(line, half=1.0), box(0, 0, 10, 10)
    left = shapely.union_all(rest(field, runs).pieces, grid_size=1e-9)
    missing = shapely.difference(shapely.difference(field, swath_by_geos(runs, 2000)), left)
    assert missing.area < 1e-5


def test_threads_and_slabs_change_nothing():
    rng = np.random.default_rng(4)
    lines = [np.column_stack([np.full(400, 0.75 + 1.5 * k) + np.cumsum(rng.normal(0, 0.01, 400)),
                              np.linspace(-1, 61, 400)]) for k in range(10)]
    runs, field = runs_of(*lines, half=0.85), box(0, 0, 15, 60)
    one, two = rest(field, runs, threads=1), rest(field, runs, threads=3)
    assert one.area_m2 == pytest.approx(two.area_m2, abs=1e-9)
    assert len(one.pieces) == len(two.pieces)
    assert one.area_m2 == pytest.approx(
        shapely.difference(field, swath_by_geos(runs, 8)).area, rel=0.01)


@settings(deadline=None, max_examples=40)
@given(lines=tracks(), half=st.floats(0.5, 6), field=st.sampled_from(FIELDS))
def test_a_field_that_is_worked_on_deck_by_deck_keeps_its_rest(lines, half, field):
    """A field of three slabs, each a deck of its own, as a field of a thousand hectares is."""
    runs = runs_of(*(np.array(line) * 6 for line in lines), half=half)
    tall = shapely.transform(field, lambda p: p * 6)
    for arcs in (False, True):
        whole = rest(tall, runs, outer_arcs=arcs)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sweep, "DECK_CELLS", 1)
            apart = rest(tall, runs, outer_arcs=arcs)
            covered = sweep.covered_m2(tall, runs, outer_arcs=arcs)
        assert apart.area_m2 == pytest.approx(whole.area_m2, abs=1e-7)
        assert covered == pytest.approx(tall.area - whole.area_m2, abs=1e-7)
        one, other = spots.join(whole.blocks, 0.0), spots.join(apart.blocks, 0.0)
        assert shapely.area(shapely.symmetric_difference(
            joined(one.polygons), joined(other.polygons))) < 1e-5


@pytest.mark.parametrize("across", [23.3, 24.0, 24.6, 47.5, 48.7])
def test_a_swath_along_the_border_of_two_decks_covers_on_both_sides_of_it(monkeypatch, across):
    lanes = [np.array([(x, -1.0), (x, 61.0)]) for x in (1.0, 5.0, 9.0, 13.0)]
    way = [(0.0, across), (6.0, across + 0.2), (7.0, across - 0.9), (15.0, across)]
    runs = runs_of(*lanes, way, half=1.0)
    field = box(0, 0, 15, 60)
    monkeypatch.setattr(sweep, "DECK_CELLS", 1)
    assert rest(field, runs).area_m2 == pytest.approx(
        shapely.difference(field, swath_by_geos(runs)).area, abs=2e-3)


@settings(deadline=None, max_examples=25)
@given(places=st.lists(st.tuples(st.floats(1, 19), st.floats(1, 19), st.floats(0.03, 0.4)),
                       min_size=1, max_size=5), angle=st.floats(0, 3.2))
def test_no_hole_above_the_stated_size_is_missed(places, angle):
    """Lanes that stop short around known discs: each disc is inside a listed spot."""
    smallest = 0.02
    discs = shapely.union_all([shapely.Point(x, y).buffer(r, quad_segs=16)
                               for x, y, r in places])
    lines = []
    for k in range(-16, 44):  # narrow lanes, cut where they would touch a disc
        lane = shapely.LineString([(-5, k * 0.5), (25, k * 0.5)])
        way = shapely.difference(lane, shapely.buffer(discs, 0.3, quad_segs=16))
        lines += [list(p.coords) for p in shapely.get_parts(way) if p.length > 0.01]
    c, s = math.cos(angle), math.sin(angle)

    def turned(p):
        return np.column_stack([c * p[:, 0] - s * p[:, 1], s * p[:, 0] + c * p[:, 1]])

    runs = runs_of(*[turned(np.array(line)) for line in lines], half=0.26)
    field = shapely.transform(box(0, 0, 20, 20), turned)
    found = spots.join(rest(field, runs).pieces, smallest)
    listed = shapely.union_all(shapely.buffer(found.polygons, 1e-6))
    for x, y, r in places:
        disc = shapely.transform(shapely.Point(x, y).buffer(r, quad_segs=16), turned)
        assert shapely.contains(listed, disc)
    assert (found.radius_m >= smallest * 0.98).all()


@pytest.mark.parametrize("at_once", [1, 40, 10_000])
def test_spots_that_reach_over_several_blocks_are_one(monkeypatch, at_once):
    """Gaps along the lanes of a field of three slabs, and one that is open from end to end."""
    rng = np.random.default_rng(6)
    lines = [np.column_stack([np.full(500, 0.75 + 1.5 * k) + np.cumsum(rng.normal(0, 0.008, 500)),
                              np.linspace(-1, 61, 500)]) for k in range(10) if k != 4]
    left = rest(box(0, 0, 15, 60), runs_of(*lines, half=0.8))
    assert len(left.blocks) == 3 and left.blocks[0].goes_on.any()
    whole = spots.join(left.pieces, 0.02)
    monkeypatch.setattr(spots, "AT_ONCE", at_once)
    found = spots.join(left.blocks, 0.02)
    assert np.sort(found.area_m2) == pytest.approx(np.sort(whole.area_m2))
    assert (found.small, found.small_m2) == (whole.small, pytest.approx(whole.small_m2, abs=1e-9))
    assert found.radius_m.max() == pytest.approx(whole.radius_m.max(), abs=3e-3)


def test_spots_that_touch_are_one_and_small_ones_are_counted():
    pieces = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1), box(5, 5, 5.01, 7), box(8, 8, 8.3, 8.3)],
                      dtype=object)
    found = spots.join(pieces, 0.1)
    assert found.area_m2 == pytest.approx([2.0, 0.09])
    assert found.radius_m == pytest.approx([0.5, 0.15], abs=0.011)
    assert (found.small, found.small_m2) == (1, pytest.approx(0.02))


def test_strips_lie_inside_the_swath():
    rng = np.random.default_rng(9)
    line = np.column_stack([np.cumsum(rng.normal(0.1, 0.02, 400)),
                            np.cumsum(rng.normal(0, 0.02, 400))])
    runs = runs_of(line, half=0.8)
    x0, y0, x1, y1, wide, _, _ = sweep._strips(runs.x, runs.y, runs.half_m, runs.first, 0.02, 0.35)
    swath = swath_by_geos(runs).buffer(1e-3)
    assert (wide > 0.7).any()
    for k in np.flatnonzero(wide > 0):
        strip = shapely.LineString([(x0[k], y0[k]), (x1[k], y1[k])]).buffer(
            wide[k], cap_style="flat")
        assert shapely.covers(swath, strip)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), angle=st.floats(0, 3.2),
       far=st.sampled_from([0.0, 4e5]))
def test_the_outline_of_pieces_is_their_union(seed, count, angle, far):
    """Convex parts of a square, some taken out: holes, islands, parts that touch at a corner."""
    rng = np.random.default_rng(seed)
    parts = np.array([box(0, 0, 10, 10)], dtype=object)
    for _ in range(count):  # cut through everything, here and there along a grid
        if rng.random() < 0.5:
            p, way = rng.integers(0, 6, 2) * 2.0, rng.integers(0, 2) * math.pi / 2
        else:
            p, way = rng.uniform(0, 10, 2), rng.uniform(0, math.pi)
        d = np.array([math.cos(way), math.sin(way)]) * 40
        n = np.array([-d[1], d[0]])
        side = shapely.Polygon([p - d, p + d, p + d + n, p - d + n])
        reach = shapely.box(*rng.uniform(-5, 5, 2), *rng.uniform(5, 15, 2))
        near = shapely.intersects(parts, reach)
        cut = np.concatenate([parts[~near], shapely.intersection(parts[near], side),
                              shapely.difference(parts[near], side)])
        parts = shapely.get_parts(cut)
        parts = parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 1e-6)]
    parts = parts[rng.random(len(parts)) < 0.6]
    c, s = math.cos(angle), math.sin(angle)
    parts = shapely.transform(parts, lambda q: np.column_stack(
        [c * q[:, 0] - s * q[:, 1] + far, s * q[:, 0] + c * q[:, 1] + 2 * far]))
    if not len(parts):
        return
    found = spots.join(parts, 0.0)
    assert shapely.is_valid(found.polygons).all()
    assert found.area_m2.sum() == pytest.approx(shapely.area(parts).sum(), abs=1e-5)
    grown = shapely.buffer(found.polygons, 1e-5)
    for part in parts:  # none of it lost, and no two polygons share ground
        assert shapely.covers(grown, part).any()
    groups = shapely.union_all(shapely.buffer(parts, 1e-6))
    assert found.small == 0 and len(found.polygons) >= shapely.get_num_geometries(groups)


def test_an_outline_with_a_hole_and_an_island_in_it():
    ring = [box(0, 0, 10, 4), box(0, 6, 10, 10), box(0, 4, 4, 6), box(6, 4, 10, 6)]
    found = spots.join(np.array([*ring, box(4.5, 4.5, 5.5, 5.5)], dtype=object), 0.1)
    assert found.area_m2.tolist() == [96.0, 1.0]
    assert [len(p.interiors) for p in found.polygons] == [1, 0]
    assert len(found.polygons[0].exterior.coords) == 5  # no corners where pieces met
