"""LAN: lanes cover all reachable ground and leave no allowed ground."""

import itertools
import json
import math
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from shapely import box
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.core.geometry import plane_for
from landrelease.errors import LandReleaseError
from landrelease.operate import by_hand, lanes, tour
from landrelease.records.profiles import profile_of, read_profiles
from landrelease.workflows import lanes as lane_files
from landrelease.workflows.operate import Ground

RUN = CliRunner()


def missed(plan):
    """Reachable ground farther than 1 cm from what the drives sweep."""
    return shapely.difference(plan.reachable, shapely.buffer(
        lanes.swept(plan.drives, plan.width_m), 0.01)).area


def off_ground(plan, allowed):
    """Length of the path off the ground where the machine's disc stays on allowed ground."""
    sure = shapely.buffer(plan.middle, 1e-5)
    out = 0.0
    for d in plan.drives:
        out += shapely.LineString(d.xy).difference(sure).length
    # By distance: a buffer of GEOS smooths outlines, and may lie a little beyond the discs.
    assert shapely.difference(plan.middle, allowed).area < 1e-6
    assert shapely.distance(plan.middle, shapely.boundary(allowed)) >= plan.width_m / 2 - 1e-6
    return out


@st.composite
def grounds(draw):
    corners = [(draw(st.floats(0, 6)), draw(st.floats(0, 6))),
               (draw(st.floats(20, 34)), draw(st.floats(0, 8))),
               (draw(st.floats(22, 36)), draw(st.floats(16, 30))),
               (draw(st.floats(0, 9)), draw(st.floats(18, 30)))]
    ground = shapely.Polygon(corners)
    for _ in range(draw(st.integers(0, 3))):
        x, y = draw(st.floats(4, 26)), draw(st.floats(4, 22))
        ground = ground - shapely.affinity.rotate(
            box(x, y, x + draw(st.floats(0.5, 7)), y + draw(st.floats(0.5, 7))),
            draw(st.floats(0, 90)))
    return ground


@st.composite
def pierced(draw):
    """Ground with keep-outs that are thin, pointed or round."""
    ground = shapely.Polygon([(0, 0), (40, draw(st.floats(-5, 5))), (38, 28), (-2, 25)])
    for _ in range(draw(st.integers(1, 3))):
        wide, high = draw(st.floats(0.01, 3)), draw(st.floats(0.2, 14))
        shape = draw(st.sampled_from([
            shapely.Polygon([(0, 0), (wide, 0), (wide / 2, high)]), box(0, 0, wide, high),
            shapely.Point(0, 0).buffer(wide, quad_segs=draw(st.integers(1, 9)))]))
        ground = ground - shapely.affinity.translate(shapely.affinity.rotate(
            shape, draw(st.floats(0, 360))), draw(st.floats(6, 32)), draw(st.floats(5, 20)))
    return ground


@settings(deadline=None, max_examples=25)
@given(ground=pierced(), radius=st.floats(0.4, 3))
def test_all_ground_that_a_disc_reaches_counts_as_reached_and_none_that_it_does_not(
        ground, radius):
    """Also in front of the tips of keep-outs, within 1 cm."""
    middle = lanes.eroded(ground, radius)
    if not middle.is_empty:
        assert shapely.distance(middle, shapely.boundary(ground)) >= radius - 1e-6
    fits = shapely.buffer(ground, -radius - 0.009, quad_segs=128)  # in wider passages than a crack
    reached = shapely.buffer(middle, radius, quad_segs=64)
    assert shapely.difference(shapely.buffer(fits, radius, quad_segs=64),
                              shapely.buffer(reached, 0.01)).area < 1e-6


@st.composite
def concave(draw):
    """A star whose corners lie now far out, now far in: notches, narrow ends, a hole."""
    far = draw(st.lists(st.floats(5, 20), min_size=5, max_size=9))
    angles = (np.arange(len(far)) + draw(st.floats(0, 0.5))) * 2 * math.pi / len(far)
    star = shapely.Polygon([(r * math.cos(a), r * math.sin(a))
                            for r, a in zip(far, angles, strict=True)])
    return star - shapely.Point(draw(st.floats(-3, 3)), draw(st.floats(-3, 3))).buffer(
        draw(st.floats(0.3, 2.5)), quad_segs=draw(st.integers(1, 4)))


@settings(deadline=None, max_examples=14)
@given(ground=st.one_of(grounds(), concave(), pierced()), width=st.floats(1.2, 3.5),
       overlap=st.sampled_from([0, 0.1, 0.3]), extra=st.sampled_from([0, 0.4]),
       back=st.booleans(), headland_first=st.booleans())
def test_all_reachable_ground_is_covered_and_no_path_is_off_allowed_ground(
        ground, width, overlap, extra, back, headland_first):
    plan = lanes.plan(ground, width_m=width, overlap_m=overlap, radius_m=width / 2 + extra,
                      back=back, headland_first=headland_first)
    assert missed(plan) < 1e-6
    assert off_ground(plan, ground) < 1e-6
    assert plan.by_hand.area + plan.reachable.area == pytest.approx(ground.area, abs=1e-6)
    if not plan.apart:  # one path without a break
        for a, b in itertools.pairwise(plan.drives):
            assert np.hypot(*(a.xy[-1] - b.xy[0])) < 1e-6
        if back:
            assert math.dist(plan.drives[0].xy[0], plan.drives[-1].xy[-1]) < 1e-6


@settings(deadline=None, max_examples=8)
@given(ground=st.one_of(grounds(), concave()), width=st.floats(1.2, 3.0),
       extra=st.sampled_from([0, 0.4]), headland_first=st.booleans(), west=st.floats(-5, 25),
       overlaps=st.booleans())
def test_with_safe_ground_beside_it_no_more_is_left_and_no_path_is_off_either(
        ground, width, extra, headland_first, west, overlaps):
    safe = box(west, -30, 60, 45)
    if not overlaps:
        safe = safe - ground
    entry = (50.0, 40.0)  # on safe ground: the path begins right there
    plan = lanes.plan(ground, width_m=width, radius_m=width / 2 + extra, entry=entry,
                      headland_first=headland_first, safe=safe)
    both = lanes.with_safe(ground, safe)
    assert missed(plan) < 1e-6 and off_ground(plan, both) < 1e-6
    assert plan.by_hand.area + plan.reachable.area == pytest.approx(ground.area, abs=1e-6)
    inside = lanes.eroded(ground, width / 2 + extra)
    left = ground.area - shapely.buffer(inside, width / 2, quad_segs=16).area
    assert plan.by_hand.area <= left + 1e-6
    if len(shapely.get_parts(plan.middle)) == 1:  # else the safe ground leads nowhere
        assert math.dist(plan.drives[0].xy[0], entry) < 1e-6
    # Nothing is worked that is not of the task but what a swath of it needs beside it.
    works = [shapely.LineString(d.xy) for d in plan.drives if d.kind in ("edge", "swath", "inner")]
    assert all(line.distance(ground) < 1e-6 for line in works)


def test_a_strip_narrower_than_the_machine_is_worked_from_safe_ground():
    strip, road = box(0, 0, 60, 1.5), box(-5, 1.5, 65, 8)
    with pytest.raises(LandReleaseError, match="LAN-003"):
        lanes.plan(strip, width_m=2, headland_first=True)
    plan = lanes.plan(strip, width_m=2, headland_first=True, safe=road, entry=(-3, 5))
    assert missed(plan) < 1e-6 and off_ground(plan, lanes.with_safe(strip, road)) < 1e-6
    assert plan.by_hand.area < 0.01 * strip.area
    new = lanes.new_ground([list(enumerate(plan.drives))], 2, 1, road)
    assert new.turns <= 2


@pytest.mark.parametrize("headland_first", [True, False])
def test_a_machine_turns_on_safe_ground_where_there_is_some(headland_first):
    """With safe ground all round every corner is reached, and no turn is on ground to be worked."""
    field = box(0, 0, 40, 30) - box(18, 12, 22, 16)
    around = box(-10, -10, 50, 40) - box(0, 0, 40, 30)
    plan = lanes.plan(field, width_m=2, headland_first=headland_first, safe=around)
    alone = lanes.plan(field, width_m=2, headland_first=headland_first)
    assert plan.by_hand.area < 0.3 * alone.by_hand.area
    assert missed(plan) < 1e-6 and off_ground(plan, lanes.with_safe(field, around)) < 1e-6


@settings(deadline=None, max_examples=5)
@given(ground=st.one_of(grounds(), concave()), x=st.floats(-40, 60), y=st.floats(-40, 60))
def test_the_round_along_the_outer_edge_comes_first_and_the_path_begins_at_the_safe_side(
        ground, x, y):
    """Entry: the allowed place that is nearest."""
    plan = lanes.plan(ground, width_m=1.5, entry=(x, y), headland_first=True)
    begin = plan.drives[0].xy[0]
    assert math.dist(begin, (x, y)) == pytest.approx(
        plan.middle.distance(shapely.Point(x, y)), abs=1e-6)
    kinds = [d.kind for d in plan.drives[:2]]
    at = kinds.index("edge")
    assert at == 0 or plan.drives[0].kind == "way"
    first = plan.drives[at]
    outer = min(shapely.get_parts(plan.middle), key=lambda p: p.distance(shapely.Point(begin)))
    assert first.length_m == pytest.approx(outer.exterior.length)
    assert shapely.LineString(first.xy).hausdorff_distance(outer.exterior) < 1e-6


def replayed(plan, radius):
    """Turns with the disc on ground not yet swept, one stretch after the other: (corners of rounds
    and spots, all others). The plain way: one union that grows."""
    done, before, counted = shapely.Polygon(), None, [0, 0]

    def look(at, corner):
        new = shapely.Point(at).buffer(radius, quad_segs=16) - done.buffer(0.01)
        counted[corner] += new.area > 1e-3

    for d in plan.drives:
        if d.kind == "spot":
            look(d.xy[0], True)
            done = done | shapely.Point(d.xy[0]).buffer(plan.width_m / 2, quad_segs=16)
            continue
        for n, (a, b) in enumerate(itertools.pairwise(d.xy)):
            if math.dist(a, b) < 1e-3:
                continue
            way = math.atan2(b[1] - a[1], b[0] - a[0])
            if before is not None:
                bend = abs((way - before + math.pi) % (2 * math.pi) - math.pi)
                if bend > math.radians(10):
                    look(a, n > 0 and d.kind == "edge")
                done = done | lanes.swept([lanes.Drive("way", np.array([
                    a - 1e-6 * np.array([math.cos(before), math.sin(before)]), a,
                    a + 1e-6 * np.array([math.cos(way), math.sin(way)])]))], plan.width_m)
            done = done | shapely.LineString([a, b]).buffer(plan.width_m / 2, cap_style="flat")
            before = way
    return tuple(counted[::-1])


@settings(deadline=None, max_examples=6)
@given(ground=st.one_of(grounds(), concave()), first=st.booleans())
def test_safety_S05_turns_on_ground_not_yet_worked_are_counted(ground, first):
    plan = lanes.plan(ground, width_m=2.0, headland_first=first, back=True)
    told = lanes.new_ground([list(enumerate(plan.drives))], 2.0, 1.0)
    corners, turns = replayed(plan, 1.0)  # of one just at the threshold either may be right
    assert abs(told.corners - corners) <= 1 and abs(told.turns - turns) <= 1


@pytest.mark.parametrize("ground", [
    box(0, 0, 40, 24), shapely.affinity.rotate(box(0, 0, 40, 24), 33),
    shapely.Polygon([(0, 0), (44, 6), (40, 31), (5, 24)])])
def test_on_open_ground_no_turn_but_the_corners_of_the_round_is_on_ground_not_yet_worked(ground):
    plan = lanes.plan(ground, width_m=2.0, overlap_m=0.1, headland_first=True, back=True)
    assert missed(plan) < 1e-6 and off_ground(plan, ground) < 1e-6
    told = lanes.new_ground([list(enumerate(plan.drives))], 2.0, 1.0)
    assert (told.turns, replayed(plan, 1.0)[1]) == (0, 0) and told.corners <= 4
    later = lanes.plan(ground, width_m=2.0, overlap_m=0.1, back=True)
    assert lanes.new_ground([list(enumerate(later.drives))], 2.0, 1.0).turns > 10


@st.composite
def with_keep_outs(draw):
    """Open ground with up to three keep-outs well inside it."""
    ground = shapely.Polygon([
        (draw(st.floats(0, 6)), draw(st.floats(0, 6))),
        (draw(st.floats(40, 54)), draw(st.floats(0, 8))),
        (draw(st.floats(42, 56)), draw(st.floats(26, 40))),
        (draw(st.floats(0, 9)), draw(st.floats(28, 40)))])
    for _ in range(draw(st.integers(0, 3))):
        x, y = draw(st.floats(10, 34)), draw(st.floats(10, 24))
        ground = ground - shapely.affinity.rotate(
            box(x, y, x + draw(st.floats(0.5, 5)), y + draw(st.floats(0.5, 5))),
            draw(st.floats(0, 90)))
    return ground


@settings(deadline=None, max_examples=6)
@given(ground=with_keep_outs(), width=st.floats(1.2, 2.5), run_up=st.sampled_from([None, 30.0]))
def test_safety_S05_no_path_off_allowed_ground_and_turns_on_ground_that_is_done(
        ground, width, run_up):
    """Without keep-outs every turn but the corners of the outer round has its disc on ground that
    is done; round each keep-out four at most, where the machine comes onto its round, have not."""
    plan = lanes.plan(ground, width_m=width, overlap_m=0.1, headland_first=True, back=True,
                      run_up_m=run_up)
    assert missed(plan) < 1e-6 and off_ground(plan, ground) < 1e-6
    told = lanes.new_ground([list(enumerate(plan.drives))], width, width / 2)
    rounds = sum(len(p.interiors) for p in shapely.get_parts(plan.middle))
    assert told.turns <= 4 * rounds + 6 * plan.apart


def test_a_round_is_run_up_to_from_ground_that_is_done():
    """A keep-out beside ground that is done: straight onto its round, no turn on new ground."""
    ground = box(0, 0, 60, 40) - box(20, 12, 32, 22)
    near = lanes.plan(ground, width_m=2.0, headland_first=True, back=True, run_up_m=0.0)
    far = lanes.plan(ground, width_m=2.0, headland_first=True, back=True, run_up_m=60.0)
    turns = [lanes.new_ground([list(enumerate(p.drives))], 2.0, 1.0).turns for p in (near, far)]
    assert turns[1] < turns[0] and turns[1] == replayed(far, 1.0)[1]
    assert missed(far) < 1e-6 and off_ground(far, ground) < 1e-6
    assert near.length_m < far.length_m < 1.1 * near.length_m
    ring = shapely.LineString(shapely.get_parts(far.middle)[0].interiors[0])
    at = next(n for n, d in enumerate(far.drives) if d.kind == "edge"
              and shapely.LineString(d.xy).hausdorff_distance(ring) < 1e-6)
    before, round_ = far.drives[at - 1], far.drives[at]
    run, first = before.xy[-1] - before.xy[-2], round_.xy[1] - round_.xy[0]
    bend = math.atan2(run[0] * first[1] - run[1] * first[0], float(run @ first))
    assert before.kind == "edge" and abs(math.degrees(bend)) < 0.01


def test_round_a_hole_only_the_first_arrival_turns_on_ground_not_yet_worked():
    """Swaths that end at a keep-out come after the round along it."""
    ground = box(0, 0, 60, 40) - box(20, 12, 32, 22) - box(42, 20, 50, 30)
    plan = lanes.plan(ground, width_m=2.0, headland_first=True)
    assert missed(plan) < 1e-6 and off_ground(plan, ground) < 1e-6
    told = lanes.new_ground([list(enumerate(plan.drives))], 2.0, 1.0)
    assert told.turns <= 2 * 4  # onto the round, for each keep-out
    assert abs(told.turns - replayed(plan, 1.0)[1]) <= 2  # places 1 cm apart are at the threshold
    later = lanes.plan(ground, width_m=2.0)
    assert lanes.new_ground([list(enumerate(later.drives))], 2.0, 1.0).turns > 5 * told.turns
    rings = [shapely.LineString(r) for r in plan.middle.interiors]
    for ring in rings:
        at = next(n for n, d in enumerate(plan.drives) if d.kind == "edge"
                  and shapely.LineString(d.xy).hausdorff_distance(ring) < 1e-6)
        ends = [n for n, d in enumerate(plan.drives) if d.kind == "swath"
                for e in (d.xy[0], d.xy[-1]) if ring.distance(shapely.Point(e)) < 1.0]
        assert len(ends) > 5 and sum(n < at for n in ends) <= 1


def test_a_disc_wider_than_the_tool_turns_on_a_headland_as_wide_as_itself():
    ground = box(0, 0, 60, 40)
    plan = lanes.plan(ground, width_m=2.0, overlap_m=0.2, radius_m=1.7, headland_first=True)
    assert missed(plan) < 1e-6 and off_ground(plan, ground) < 1e-6
    levels = lanes.headland_levels(1.7, 2.0, 1.8)
    assert levels == pytest.approx([1.7, 3.1])  # together 0.7 to 4.1 m: as wide as the disc
    assert sum(d.kind == "edge" for d in plan.drives) == 2
    told = lanes.new_ground([list(enumerate(plan.drives))], 2.0, 1.7)
    assert told.turns == replayed(plan, 1.7)[1] <= 4  # from the first round onto the second


def test_a_swath_overlaps_the_round_beside_it_as_swaths_overlap():
    plan = lanes.plan(box(0, 0, 60, 40), width_m=2.0, overlap_m=0.4, headland_first=True)
    bars = [shapely.LineString(d.xy).buffer(1 - 0.19, cap_style="flat") for d in plan.drives
            if d.kind in ("swath", "edge") and len(d.xy) == 2]
    edge = next(d for d in plan.drives if d.kind == "edge")
    bars.append(shapely.LineString(edge.xy).buffer(1 - 0.19, join_style="mitre"))
    inside = box(3, 3, 57, 37)  # each swath 19 cm off its line to both sides: no gap is left
    assert (inside - shapely.union_all(bars, grid_size=1e-6)).area < 1e-3


def test_ground_that_too_many_pieces_would_be_needed_for_is_handed_to_hand_work(
        monkeypatch, tmp_path):
    """A swath is missing, and no inner round or spot may take its place."""
    ground = box(0, 0, 30, 20)
    whole = lanes.plan(ground, width_m=2.0)
    assert whole.given_up.is_empty
    every = lanes._parallel
    monkeypatch.setattr(lanes, "_parallel", lambda *a: every(*a)[1:])
    monkeypatch.setattr(lanes, "MOST_SPOTS", 0)
    monkeypatch.setattr(lanes, "MOST_LEVELS", 0)
    plan = lanes.plan(ground, width_m=2.0)
    assert plan.given_up.area > 1 and missed(plan) < 1e-6
    assert plan.reachable.area + plan.given_up.area == pytest.approx(whole.reachable.area)
    assert plan.by_hand.area == pytest.approx(whole.by_hand.area + plan.given_up.area)
    got = run("--task", task_file(tmp_path / "t.geojson", ground), "--profile", "uran-6",
              "--width", 2, "--out", tmp_path / "o", "--plane")
    assert got.exit_code == 1 and "LAN-028" in got.output


def test_a_rectangle_takes_little_more_than_area_over_spacing():
    field = box(0, 0, 200, 150)
    plan = lanes.plan(field, width_m=2.0, overlap_m=0.2)
    assert missed(plan) < 1e-6 and off_ground(plan, field) == 0
    assert plan.length_m <= 1.04 * field.area / 1.8
    # Four corners that a disc of 1 m does not reach: (4 - pi) r^2.
    assert plan.by_hand.area == pytest.approx(4 - math.pi, rel=0.01)


def test_ground_that_the_body_cannot_reach_is_listed_for_hand_work():
    """A corridor of 1.5 m between two rooms: a disc of 2 m does not pass."""
    ground = shapely.union_all([box(0, 0, 20, 20), box(20, 9, 30, 10.5), box(30, 0, 50, 20)])
    plan = lanes.plan(ground, width_m=2.0)
    assert plan.by_hand.area > 14
    assert plan.apart == 1
    with pytest.raises(LandReleaseError, match="LAN-003"):
        lanes.plan(box(0, 0, 1, 50), width_m=2.0)


@pytest.mark.parametrize("width, overlap, code", [
    (0, 0, "LAN-001"), (math.nan, 0, "LAN-001"), (2, 2, "LAN-002"), (2, -0.1, "LAN-002"),
    (2, 1.99, "LAN-002")])  # lanes without end
def test_widths_that_make_no_sense_are_refused(width, overlap, code):
    with pytest.raises(LandReleaseError, match=code):
        lanes.plan(box(0, 0, 9, 9), width_m=width, overlap_m=overlap)


def test_ways_go_round_what_is_in_between():
    ground = box(0, 0, 30, 10) - box(10, 0, 12, 8)
    points = np.array([[5.0, 1.0], [20.0, 1.0], [25.0, 9.0]])
    found = tour.ways(ground, points)
    over = [(5, 1), (10, 8), (12, 8), (20, 1)]
    shortest = sum(math.dist(a, b) for a, b in itertools.pairwise(over))
    assert shortest <= found.length[0, 1] <= shortest + 0.5
    way = found.way(0, 1)
    assert shapely.LineString(way).difference(shapely.buffer(ground, 1e-5)).length == 0
    assert np.hypot(*np.diff(way, axis=0).T).sum() == pytest.approx(found.length[0, 1])
    assert found.length[1, 2] == pytest.approx(math.dist((20, 1), (25, 9)))


def test_ways_lead_round_every_corner_however_many_there_are():
    """480 corners in rows: those in the east count as those in the west do."""
    holes = [shapely.affinity.rotate(box(x, y, x + 0.8, y + 0.8), 45)
             for x in np.arange(1, 60, 2.0) for y in (1.0, 3.0, 5.0, 7.0)]
    ground = box(0, 0, 62, 10) - shapely.union_all(holes)
    known = tour.graph(ground)
    assert len(known.corners) > 400
    points = np.array([[0.3, 0.3], [61.7, 9.7], [61.5, 0.3], [31.9, 9.8], [55.9, 0.4]])
    found = tour.ways(known, points)
    exact = tour.ways(tour.graph(ground, exact=True), points)
    for a, b in itertools.combinations(range(len(points)), 2):
        way = shapely.LineString(found.way(a, b))
        assert way.difference(shapely.buffer(ground, 1e-5)).length == 0
        assert way.length == pytest.approx(found.length[a, b])
        assert exact.length[a, b] - 1e-6 <= found.length[a, b] <= 1.05 * exact.length[a, b]


def test_where_a_simplified_outline_shows_no_way_all_corners_do(monkeypatch):
    """A passage of 2 cm in steps: no place a little off its corners is on the ground."""
    slot = shapely.LineString([(10, 5), (10.6, 5.4), (11.2, 5.0), (11.8, 5.4), (12, 5)])
    ground = box(0, 0, 30, 10) - box(10, 0, 12, 10) | slot.buffer(0.01, cap_style="square")
    points = np.array([[5.0, 1.0], [20.0, 1.0]])
    found = tour.ways(ground, points)
    assert found.length[0, 1] < 30
    way = shapely.LineString(found.way(0, 1))
    assert way.difference(shapely.buffer(ground, 1e-5)).length == 0
    monkeypatch.setattr(tour, "_corners", lambda *a: np.empty((0, 2)))
    with pytest.raises(LandReleaseError, match=r"LAN-029.*5\.00, 1\.00"):
        tour.ways(ground, points).way(0, 1)  # never straight over ground that is not allowed


def test_with_very_many_corners_coarser_ones_do(monkeypatch):
    ring = shapely.Point(0, 0).buffer(20, quad_segs=120)
    star = shapely.Polygon([(x * (1 + 0.004 * (n % 2)), y * (1 + 0.004 * (n % 2)))
                            for n, (x, y) in enumerate(ring.exterior.coords)])
    ground = box(-40, -40, 40, 40) - star
    monkeypatch.setattr(tour, "MOST_CORNERS", 100)
    known = tour.graph(ground)
    assert 10 < len(known.corners) <= 100
    found = tour.ways(known, np.array([[-30.0, 0.0], [30.0, 0.0]]))
    way = shapely.LineString(found.way(0, 1))
    assert way.difference(shapely.buffer(ground, 1e-5)).length == 0
    shortest = 2 * math.sqrt(30 ** 2 - 20 ** 2) + 40 * math.asin(20 / 30)
    assert shortest <= way.length <= 1.1 * shortest


@settings(deadline=None, max_examples=15)
@given(ground=st.one_of(grounds(), concave()), seed=st.integers(0, 99))
def test_what_is_in_sight_is_what_shapely_says(ground, seed):
    ground = max(shapely.get_parts(lanes.eroded(ground, 0.5)), key=lambda p: p.area)
    rng = np.random.default_rng(seed)
    west, south, east, north = ground.bounds
    spots = shapely.points(rng.uniform((west, south), (east, north), (60, 2)))
    points = np.concatenate([shapely.get_coordinates(spots[shapely.covers(ground, spots)]),
                             shapely.get_coordinates(ground.exterior)[:-1][:12]])
    roomy = shapely.buffer(ground, tour.REACH_M)
    length = tour._in_sight(roomy, points, points)
    lines = shapely.linestrings(np.stack(np.broadcast_arrays(points[:, None], points[None]), 2))
    sees = shapely.covers(roomy, lines) | (shapely.length(lines) == 0)
    assert ((length < tour.FAR) == sees).all()
    assert np.allclose(length[sees], shapely.length(lines)[sees])


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999), many=st.integers(1, 40), back=st.booleans())
def test_an_order_holds_each_piece_once_and_is_the_same_again(seed, many, back):
    points = np.random.default_rng(seed).uniform(0, 10, (2 * many + 1, 2))
    length = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    got = tour.order(length, 2 * many, back=back, rounds=50)
    assert sorted(got[:, 0]) == list(range(many)) and set(got[:, 1]) <= {0, 1}
    assert np.array_equal(got, tour.order(length, 2 * many, back=back, rounds=50))


def brute_force(length, start):
    many = (len(length) - 1) // 2
    best = math.inf
    for who in itertools.permutations(range(many)):
        for ways in itertools.product((0, 1), repeat=many):
            at, total = start, 0.0
            for k, way in zip(who, ways, strict=True):
                total += length[at, 2 * k + way]
                at = 2 * k + 1 - way
            best = min(best, total)
    return best


def test_the_order_is_near_the_best_of_all_orders():
    rng = np.random.default_rng(5)
    ratios = []
    for _ in range(12):
        points = rng.uniform(0, 10, (11, 2))
        length = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        got = tour.order(length, 10)
        assert sorted(got[:, 0]) == list(range(5))
        at, total = 10, 0.0
        for k, way in got:
            total += length[at, 2 * k + way]
            at = 2 * k + 1 - way
        ratios.append(total / brute_force(length, 10))
    assert min(ratios) >= 1 - 1e-9 and max(ratios) < 1 + 1e-9


@settings(deadline=None, max_examples=30)
@given(ground=st.one_of(grounds(), concave()), width=st.floats(0.5, 2),
       entry=st.sampled_from([None, (0.0, -5.0), (12.0, 9.0), (40.0, 3.0)]))
def test_lanes_for_people_are_the_ground_without_overlap(ground, width, entry):
    made, lines = by_hand.lanes(ground, width_m=width, base_width_m=2, separation_m=10,
                                entry=entry)
    shapes = np.array([lane.ground for lane in made])
    assert shapely.area(shapes).sum() == pytest.approx(ground.area, rel=1e-6)
    assert shapely.covers(shapely.buffer(ground, 1e-6), shapes).all()
    first, second = np.triu_indices(len(shapes), 1)
    near = shapely.dwithin(shapes[first], shapes[second], 1e-3)
    # On a grid: without one the overlay of lanes side by side has given one of them (GEOS 3.13).
    assert shapely.area(shapely.intersection(
        shapes[first[near]], shapes[second[near]], grid_size=1e-9)).sum() < 1e-6 * ground.area
    assert len({lane.name for lane in made}) == len(made)
    named = {lane.name: lane for lane in made}
    for lane in made:
        assert lane.ground.distance(shapely.Point(lane.start)) < 0.01
        # No wider than stated, across its own direction.
        own = [line.offsets(shapely.get_coordinates(lane.ground)) for line in lines]
        axis, most = (1, 2) if lane.kind == "base" else (0, width)
        assert min(np.ptp(xy[:, axis]) for xy in own) <= most + 1e-6
        if lane.reached_from:  # through a lane of an earlier turn that it borders on
            before = named[lane.reached_from]
            assert before.turn < lane.turn
            assert before.ground.distance(shapely.Point(lane.start)) < 0.01
        elif lane.kind == "base":
            assert lane.reached_from == ""
    for a, b in itertools.combinations(made, 2):
        assert a.turn != b.turn or a.ground.distance(b.ground) >= 10 - 1e-5


def test_a_base_lane_in_a_notch_is_no_deeper_than_its_width():
    """The edge nearest to the entry lies in a notch; ground goes on beside and below it."""
    ground = box(0, 0, 30, 20) - box(10, 0, 20, 8)
    made, (line,) = by_hand.lanes(ground, width_m=1, base_width_m=2, separation_m=3, entry=(15, 7))
    base = [lane for lane in made if lane.kind == "base"]
    assert len(base) == 1 and base[0].ground.area == pytest.approx(30 * 2)
    assert base[0].ground.bounds == pytest.approx((0, 8, 30, 10))
    assert line.begin[1] == line.end[1] == 8
    below = [lane for lane in made if lane.ground.bounds[3] <= 8 + 1e-9]
    assert sum(lane.ground.area for lane in below) == pytest.approx(160) and len(below) == 20


def test_ground_behind_a_keep_out_says_from_where_it_is_reached():
    """A keep-out across most of a strip: what lies behind it is entered from a neighbour."""
    ground = box(0, 0, 10, 20) - box(3, 8, 7, 10)
    made, _ = by_hand.lanes(ground, width_m=1, base_width_m=2, separation_m=2, entry=(5, -1))
    behind = [lane for lane in made if lane.name in ("4a", "5a", "6a", "7a")]
    assert len(behind) == 4 and all(lane.reached_from[0] in "34567" or lane.reached_from == "8"
                                    for lane in behind)
    assert all(lane.reached_from == "B1" for lane in made if lane.name in ("1", "4", "10"))
    # A keep-out over the whole width: nothing leads behind it, and its edge is no safe side.
    cut = box(0, 0, 10, 20) - box(0, 8, 10, 10)
    made, lines = by_hand.lanes(cut, width_m=1, base_width_m=2, separation_m=2, entry=(5, 9),
                                rim=box(0, 0, 10, 20).exterior)
    assert len(lines) == 2
    for line in lines:
        assert {line.begin[1], line.end[1]} != {8.0} and {line.begin[1], line.end[1]} != {10.0}
    inner = box(0, 0, 30, 30) - (box(8, 8, 22, 22) - box(10, 10, 20, 20))
    made, _ = by_hand.lanes(inner, width_m=1, base_width_m=2, separation_m=2, entry=(5, -1),
                            rim=box(0, 0, 30, 30).exterior)
    lost = [lane for lane in made if box(9, 9, 21, 21).contains(lane.ground)]
    assert sum(lane.ground.area for lane in lost) == pytest.approx(100)
    assert all(lane.reached_from is None for lane in lost if lane.kind == "base")
    assert all(lane.reached_from == "" for lane in made
               if lane.kind == "base" and lane not in lost)


def test_names_of_pieces_do_not_come_twice():
    teeth = shapely.union_all([box(0, 0, 40, 100)]) - shapely.union_all(
        [box(1, 5 + 3 * n, 39, 6 + 3 * n) for n in range(30)])
    made, _ = by_hand.lanes(teeth, width_m=1, base_width_m=2, separation_m=2, entry=(5, -1))
    assert len({lane.name for lane in made}) == len(made) > 1000
    assert {"9z", "9aa", "9ad"} <= {lane.name for lane in made}


def test_profiles_say_what_is_not_known_and_prefer_what_is_not_the_makers():
    known = read_profiles()
    assert {"mv-10", "d-3", "efarm", "gcs-200", "mv-4", "uran-6", "stalker-iv",
            "detector", "dog", "rat"} <= set(known)
    for profile in known.values():  # what a plan asks for is answered, if only by "not known"
        if profile.kind == "machine":
            assert {"width_m", "rate_m2_h", "depth_m", "control_range_m", "slope_deg",
                    "speed_m_s"} <= {f.name for f in profile.figures}
    uran = known["uran-6"]
    assert uran.value("width_m") == 1.75 and "rate_m2_h" in uran.not_known
    assert uran.figure("control_range_m").basis == "press"  # beside the maker's 800 m
    for profile in known.values():
        for figure in profile.figures:
            assert (figure.value is None) == (figure.basis == "not known")
            assert figure.source or figure.basis == "not known"
    with pytest.raises(LandReleaseError, match="LAN-004"):
        profile_of("tank")


def task_file(path, geometry, **properties):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties,
         "geometry": json.loads(shapely.to_geojson(geometry))}]}))
    return path


def run(*arguments):
    got = RUN.invoke(app, ["operate", "lanes", *map(str, arguments)])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    return got


PLANE = plane_for((-30.0, 20.0, -29.99, 20.01))


def test_safety_S19_the_files_of_a_synthetic_task(tmp_path):
    field = box(0, 0, 40, 30) - box(18, 12, 22, 16)
    task = task_file(tmp_path / "t.geojson", PLANE.to_degrees(field), synthetic="yes")
    entry = shapely.get_coordinates(PLANE.to_degrees(shapely.Point(-5, -5)))[0]
    got = run("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--overlap", 0.15,
              f"--entry={entry[0]},{entry[1]}", "--control-range", 300, "--stand-off", 50,
              "--radius", 1, "--slope-limit", 15, "--keep-out", task_file(
                  tmp_path / "flat.geojson", PLANE.to_degrees(box(0, 0, 40, 30)), slope_deg=2))
    assert got.exit_code == 1 and "LAN-027" in got.output, got.output  # round the keep-out
    assert "SYNTHETIC" in got.output and "not clearance" in got.output
    result = json.loads((tmp_path / "o" / "lanes.json").read_text())
    assert result["control_positions"] == 1 and "synthetic" in result
    features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
    assert all("synthetic" in f["properties"] for f in features)
    control = [f for f in features if f["properties"]["kind"] == "control position"]
    at = PLANE.to_plane(shapely.from_geojson(json.dumps(control[0]["geometry"])))
    assert at.distance(field) >= 49.9
    rows = (tmp_path / "o" / "lanes.waypoints").read_text().splitlines()
    assert rows[0] == "QGC WPL 110"
    cells = [r.split("\t") for r in rows[1:]]
    assert all(len(c) == 12 for c in cells) and [int(c[0]) for c in cells] == list(
        range(len(cells)))
    assert cells[0][1:4] == ["1", "0", "16"] and cells[1][1:4] == ["0", "3", "16"]
    path = PLANE.to_plane(shapely.LineString([(float(c[9]), float(c[8])) for c in cells[1:]]))
    assert path.difference(shapely.buffer(field, 1e-3)).length == 0  # also between stretches
    mission = json.loads((tmp_path / "o" / "lanes.plan").read_text())
    assert mission["fileType"] == "Plan" and mission["version"] == 1
    items = mission["mission"]["items"]
    assert [i["doJumpId"] for i in items] == list(range(1, len(cells)))
    assert {(i["type"], i["command"], i["frame"]) for i in items} == {("SimpleItem", 16, 3)}
    same = [tuple(i["params"][4:6]) for i in items]
    assert same == [(float(c[8]), float(c[9])) for c in cells[1:]]
    fence = mission["geoFence"]["polygons"]
    assert [f["inclusion"] for f in fence] == [True, False]
    for ring, ground in zip(fence, (box(0, 0, 40, 30), box(18, 12, 22, 16)), strict=True):
        ring = PLANE.to_plane(shapely.Polygon([(x, y) for y, x in ring["polygon"]]))
        assert ring.symmetric_difference(ground).area < 0.5  # mm along the edge, another plane
    assert "synthetic" in mission["comment"]
    assert "synthetic" in (tmp_path / "o" / "lanes.gpx").read_text()
    assert "synthetic" in (tmp_path / "o" / "lanes.kml").read_text()
    words = "".join(p.extract_text() for p in PdfReader(tmp_path / "o" / "sketch.pdf").pages)
    assert "SYNTHETIC" in words and "bearing of leg" in " ".join(words.split())
    # The place of whoever steers stands in every file that a person reads, and in no mission.
    assert "C1 control position" in " ".join(words.split())
    lon, lat = control[0]["geometry"]["coordinates"]
    gpx = ElementTree.parse(tmp_path / "o" / "lanes.gpx").getroot()
    assert [c.tag.split("}")[1] for c in gpx][:2] == ["metadata", "wpt"]  # in the order of GPX 1.1
    (mark,) = [c for c in gpx if c.tag.endswith("}wpt")]
    assert (float(mark.get("lon")), float(mark.get("lat"))) == pytest.approx((lon, lat), abs=1e-9)
    (point,) = ElementTree.parse(tmp_path / "o" / "lanes.kml").getroot().iter(
        "{http://www.opengis.net/kml/2.2}Point")
    assert [float(v) for v in point[0].text.split(",")] == pytest.approx([lon, lat], abs=1e-9)
    assert all(math.dist(i["params"][5:3:-1], (lon, lat)) > 1e-5 for i in items)


@given(st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), max_size=4))
def test_every_control_position_is_on_the_drawing_and_in_the_table(places):
    from landrelease.publish.sketch import sketch_svg

    field = box(0, 0, 40, 30)
    drawn = sketch_svg(field, shapely.Polygon(), [], (0.0, 0.0), places)
    root = ElementTree.fromstring(drawn)
    wide, high = float(root.get("width")), float(root.get("height"))
    marks = [c for c in root if c.tag.endswith("circle")]
    assert len(marks) == len(places)
    for mark, (x, y) in zip(marks, places, strict=True):
        assert 0 <= float(mark.get("cx")) <= wide and 0 <= float(mark.get("cy")) <= high
        near = -10 <= x <= 50 and -10 <= y <= 40
        assert (mark.get("fill") != "none") is near, "one that lies farther out is an empty ring"
    rows = lane_files.control_rows(Ground("t", field, None), places, (0.0, 0.0))
    assert [r[0] for r in rows] == [f"C{n}" for n in range(1, len(places) + 1)]
    for row, (x, y) in zip(rows, places, strict=True):
        assert float(row[3].rstrip(" m")) == pytest.approx(math.hypot(x, y), abs=0.006)


def test_keep_outs_and_slopes(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 40, 30))
    keep = task_file(tmp_path / "k.geojson", box(10, 10, 15, 15))
    steep = task_file(tmp_path / "s.geojson", box(25, 10, 30, 15), slope_deg=20)
    arguments = ("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--plane",
                 "--keep-out", keep, "--keep-out", steep)
    with pytest.raises(LandReleaseError, match="LAN-006"):
        run(*arguments)
    for limit, area in ((30, 25), (15, 50)):
        got = run(*arguments, "--slope-limit", limit, "--control-range", 500, "--radius", 1,
                  "--stand-off", 30, "--entry=-1,-1", "--overlap", 0.1)
        result = json.loads((tmp_path / "o" / "lanes.json").read_text())
        assert {f[1:8] for f in result["findings"]} <= {"LAN-027"}, got.output
        # What is drawn as ground not to enter is no hand work; what is too steep for a machine is.
        assert result["keep_out_m2"] == pytest.approx(25)
        assert result["steep_m2"] == pytest.approx(area - 25)
        assert result["by_hand_m2"] >= area - 25 and result["closed_m2"] == 0
        assert sum(result[k] for k in ("by_hand_m2", "reachable_m2", "keep_out_m2")
                   ) == pytest.approx(40 * 30)
    assert not (tmp_path / "o" / "lanes.gpx").exists()  # metres have no place on earth


def test_safe_ground_of_a_file_is_in_the_fence_and_less_what_is_not_safe(tmp_path):
    field, beside = box(0, 0, 40, 30), box(38, -5, 60, 35)
    task = task_file(tmp_path / "t.geojson", PLANE.to_degrees(field))
    safe = task_file(tmp_path / "s.geojson", PLANE.to_degrees(beside))
    keep = task_file(tmp_path / "k.geojson", PLANE.to_degrees(box(45, 10, 50, 20)))
    at = shapely.get_coordinates(PLANE.to_degrees(shapely.Point(55, 3)))[0]
    arguments = ("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--keep-out", keep,
                 "--safe", safe, "--overlap", 0.1, "--radius", 1, f"--entry={at[0]},{at[1]}")
    run(*arguments)
    result = json.loads((tmp_path / "o" / "lanes.json").read_text())
    features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
    kinds = {f["properties"]["kind"] for f in features}
    assert "safe ground" in kinds and "approach" not in kinds, "it comes over the safe ground"
    assert result["safe_m2"] == pytest.approx(22 * 40 - 50, abs=0.5)
    path, inside = in_plan(tmp_path / "o" / "lanes.plan")
    assert path.difference(inside).length == 0
    assert math.dist(path.coords[0], (55, 3)) < 0.01
    assert path.distance(box(45, 10, 50, 20)) > 0.99
    assert shapely.difference(inside, shapely.union(field, beside)).area < 0.01
    point = task_file(tmp_path / "p.geojson", shapely.Point(*at))
    with pytest.raises(LandReleaseError, match="LAN-032"):
        run(*arguments, "--safe", point)


def test_the_outer_round_comes_first_where_the_profile_or_the_user_asks_for_it(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 40, 20) - box(18, 8, 22, 12))
    own = tmp_path / "p.csv"
    own.write_text("profile,title,kind,property,value,low,high,unit,basis,source\n"
                   "m,My machine,machine,width_m,2,,,m,measured,on site\n"
                   "m,My machine,machine,headland_first,1,,,yes,measured,our rules of work\n"
                   "m,My machine,machine,radius_m,1,,,m,measured,on site\n"
                   "m,My machine,machine,slope_deg,15,,,degree,measured,on site\n")
    flat = task_file(tmp_path / "f.geojson", box(0, 0, 40, 20), slope_deg=1)

    def kinds(*more):
        got = run("--task", task, "--profile", "m", "--profiles", own, "--out", tmp_path / "o",
                  "--plane", "--entry=-3,10", "--overlap", 0, "--keep-out", flat, *more)
        assert got.exit_code == 1, got.output  # turns at the hole
        features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
        lines = [f for f in features if f["geometry"]["type"] == "LineString"
                 and f["properties"]["kind"] != "approach"]
        return lines, json.loads((tmp_path / "o" / "lanes.json").read_text())

    lines, result = kinds("--back")
    assert result["headland_first"] and lines[0]["properties"]["kind"] == "edge"
    ring = lines[0]["geometry"]["coordinates"]
    assert ring[0] == pytest.approx(ring[-1]) and ring[0] == pytest.approx([1, 10], abs=2e-3)
    assert lines[-1]["geometry"]["coordinates"][-1] == pytest.approx(ring[0])
    assert [f[1:8] for f in result["findings"]] == ["LAN-027"]
    own.write_text(own.read_text().replace("headland_first,1", "headland_first,0"))
    later = kinds()[1]
    assert not later["headland_first"]
    assert later["turns_on_new_ground"] > 5 * result["turns_on_new_ground"]
    assert kinds("--headland-first")[1]["headland_first"]  # the user goes before the profile
    own.write_text("".join(r for r in own.read_text().splitlines(True) if "headland" not in r))
    assert kinds()[1]["headland_first"] and not kinds("--headland-later")[1]["headland_first"]


def test_a_range_that_does_not_reach_asks_for_more_positions(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 300, 30))
    got = run("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--plane",
              "--control-range", 120)
    assert got.exit_code == 1 and "LAN-007" in got.output


def in_plan(path):
    """The points of a .plan, its one ring to stay in, less the rings not to enter, in metres."""
    plan = json.loads(path.read_text())
    points = [tuple(i["params"][5:3:-1]) for i in plan["mission"]["items"]]
    rings = {True: [], False: []}
    for f in plan["geoFence"]["polygons"]:
        rings[f["inclusion"]].append(shapely.Polygon([(x, y) for y, x in f["polygon"]]))
    assert len(rings[True]) == 1
    inside = shapely.difference(rings[True][0], shapely.union_all(rings[False]))
    return PLANE.to_plane(shapely.LineString(points)), PLANE.to_plane(inside)


@pytest.mark.parametrize("more", [(), ("--machines", 2, "--apart", 3)])
def test_no_plan_leads_over_ground_between_parts_that_are_not_joined(tmp_path, more):
    parts = [box(0, 0, 11, 11), box(111, 0, 122, 11)]
    task = task_file(tmp_path / "t.geojson", PLANE.to_degrees(shapely.union_all(parts)))
    keep = task_file(tmp_path / "k.geojson", PLANE.to_degrees(box(4, 4, 6, 6)))
    out = tmp_path / "o"
    out.mkdir()
    folders = [out / "machine-1", out / "machine-2"] if more else [out]
    for folder in folders:  # of an earlier run
        folder.mkdir(exist_ok=True)
        (folder / "lanes.plan").write_text("old")
        (folder / "lanes-7.waypoints").write_text("old")
    got = run("--task", task, "--profile", "uran-6", "--out", out, "--keep-out", keep, *more)
    assert got.exit_code == 1
    joined = 0
    allowed = PLANE.to_plane(PLANE.to_degrees(shapely.union_all(parts) - box(4, 4, 6, 6)))
    for folder in folders:
        plans = sorted(folder.glob("*.plan"))
        assert len(plans) == len(list(folder.glob("*.waypoints")))
        names = [p.name for p in plans]
        assert names == ["lanes.plan"] if len(plans) == 1 else ["lanes-1.plan", "lanes-2.plan"]
        joined += len(plans)
        for p in plans:
            path, inside = in_plan(p)
            assert path.difference(inside).length == 0
            assert sum(path.intersects(part) for part in parts) == 1
            assert inside.difference(shapely.buffer(allowed, 1e-6)).area == 0
            assert inside.area > 0.99 * min(p.area for p in shapely.get_parts(allowed))
        if len(plans) > 1:
            assert "LAN-017" in got.output and "lanes-1 to lanes-2" in got.output
    assert joined >= 2


@settings(deadline=None, max_examples=40)
@given(ground=st.one_of(grounds(), concave()))
def test_rounding_never_widens_the_fence(ground):
    """Drawn in the plane of the task, and as written: inside the allowed ground, little is lost."""
    for part in shapely.get_parts(ground):
        if part.buffer(-0.5).is_empty:
            continue
        at = shapely.point_on_surface(part.buffer(-0.4))
        outer, holes = lane_files.fence(Ground("t.geojson", ground, PLANE), ground, at)
        assert all(round(v, 9) == v for ring in (outer, *holes) for p in ring for v in p)
        inside = PLANE.to_plane(shapely.Polygon(outer, holes))
        assert shapely.covers(ground, inside) and shapely.covers(inside, at)
        assert part.area - inside.area < 0.01 * part.length


def test_what_is_taken_because_nobody_stated_it_is_a_finding(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 30, 20))
    flat = task_file(tmp_path / "f.geojson", box(0, 0, 30, 20), slope_deg=1)
    base = ("--task", task, "--out", tmp_path / "o", "--plane", "--width", 2)
    stated = {"LAN-012": ("--radius", 1), "LAN-013": ("--stand-off", 40),
              "LAN-014": ("--entry=-3,5",), "LAN-015": ("--overlap", 0.2),
              "LAN-016": ("--keep-out", flat, "--slope-limit", 10)}

    def codes(*options):
        got = run(*base, "--profile", "uran-6", "--control-range", 300, *options)
        found = json.loads((tmp_path / "o" / "lanes.json").read_text())["findings"]
        assert got.exit_code == (1 if found else 0) and all(f in got.output for f in found)
        return [f[1:8] for f in found]

    assert sorted(codes()) == sorted(stated)
    assert codes(*itertools.chain(*stated.values())) == []
    for left in stated:
        assert codes(*itertools.chain(*(o for c, o in stated.items() if c != left))) == [left]
    got = run("--task", task, "--out", tmp_path / "p", "--plane", "--profile", "detector")
    assert got.exit_code == 1 and "LAN-014" in got.output and "longest edge" in got.output


def test_lanes_for_people_and_unknown_widths(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 30, 30))
    got = run("--task", task, "--profile", "detector", "--out", tmp_path / "o", "--plane",
              "--entry=15,-5")
    assert got.exit_code == 0
    result = json.loads((tmp_path / "o" / "lanes.json").read_text())
    assert result["lanes_m2"] == pytest.approx(900) and result["lanes"] == 31
    with pytest.raises(LandReleaseError, match="LAN-005"):
        run("--task", task, "--profile", "mv-10", "--out", tmp_path / "o", "--plane")
    with pytest.raises(LandReleaseError, match="CLI-"):
        run("--task", task, "--profile", "mv-10", "--out", tmp_path / "o", "--entry", "here")


def test_the_list_of_profiles_sets_the_makers_figure_beside_the_others(tmp_path):
    got = RUN.invoke(app, ["operate", "profiles", "--json", str(tmp_path / "p.json")])
    assert got.exit_code == 0 and "not known" in got.output
    rows = [r for r in got.output.splitlines() if "800" in r and "control_range_m" in r]
    assert len(rows) == 1 and "maker; another figure is used" in rows[0]
    listed = {p["id"]: p for p in json.loads((tmp_path / "p.json").read_text())}
    assert "rate_m2_h" in listed["uran-6"]["not_known"]


# --- ground and options that cannot be -----------------------------------------------------------


def keep_out_file(path, *shapes, **properties):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties,
         "geometry": None if s is None else json.loads(shapely.to_geojson(s))} for s in shapes]}))
    return path


@pytest.mark.parametrize(("shape", "properties", "code"), [
    (shapely.Point(10, 10), {}, "LAN-023"), (None, {}, "LIN-005"),
    (shapely.LineString([(0, 0), (20, 20)]), {}, "LAN-023"),
    (shapely.box(5, 5, 9, 9), {"slope_deg": "steep"}, "LAN-022"),
    (shapely.box(5, 5, 9, 9), {"slope_deg": 400}, "LAN-022"),
    (shapely.box(5, 5, 9, 9), {"slope_deg": "nan"}, "LAN-022")])
def test_safety_S05_a_keep_out_that_cannot_be_read_is_never_passed_over(tmp_path, shape,
                                                                        properties, code):
    from landrelease.records.profiles import profile_of
    from landrelease.workflows.lanes import LaneOptions, allowed_ground
    from landrelease.workflows.operate import Ground

    ground = Ground("t", shapely.box(0, 0, 20, 20), None)
    file = keep_out_file(tmp_path / "k.geojson", shapely.box(1, 1, 2, 2), shape, **properties)
    with pytest.raises(LandReleaseError, match=code):
        allowed_ground(ground, profile_of("uran-6", None),
                       LaneOptions(plane=True, keep_out=(file,), slope_deg=10))


def test_keep_outs_in_another_system_and_crossing_themselves_take_their_ground(tmp_path):
    from pyogrio import raw
    from pyproj import Transformer

    from landrelease.core.geometry import plane_for
    from landrelease.records.profiles import profile_of
    from landrelease.workflows.lanes import LaneOptions, allowed_ground
    from landrelease.workflows.operate import Ground

    plane = plane_for((17.0, 44.0, 17.001, 44.001))
    ground = Ground("t", plane.to_plane(shapely.box(17.0, 44.0, 17.001, 44.001)), plane)
    hole = shapely.box(17.0004, 44.0004, 17.0006, 44.0006)
    file = tmp_path / "k.gpkg"
    utm = Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
    there = shapely.transform(hole, lambda xy: np.column_stack(utm.transform(*xy.T)))
    raw.write(file, np.array([shapely.to_wkb(there)], dtype=object), [np.array([1])], ["n"],
              geometry_type="Polygon", crs="EPSG:32633")
    _, gone, _ = allowed_ground(ground, profile_of("uran-6", None), LaneOptions(keep_out=(file,)))
    assert gone.kept_out.area == pytest.approx(plane.to_plane(hole).area, rel=1e-3)
    bow = shapely.Polygon([(17.0004, 44.0004), (17.0006, 44.0006), (17.0006, 44.0004),
                           (17.0004, 44.0006)])
    crossing = keep_out_file(tmp_path / "b.geojson", bow)
    _, gone, _ = allowed_ground(ground, profile_of("uran-6", None),
                                LaneOptions(keep_out=(crossing,)))
    assert gone.kept_out.area >= plane.to_plane(hole).area / 2 * 0.99


@pytest.mark.parametrize(("change", "name"), [
    ({"entry": (float("nan"), 0.0)}, "--entry"), ({"entry": (500_000.0, 4e6)}, "--entry"),
    ({"slope_deg": float("nan")}, "--slope-limit"), ({"slope_deg": -1.0}, "--slope-limit"),
    ({"control_m": -5.0}, "--control-range"), ({"radius_m": float("nan")}, "--radius"),
    ({"standoff_m": float("inf")}, "--stand-off"), ({"run_up_m": -1.0}, "--run-up")])
def test_options_that_say_nothing_are_refused(change, name):
    from landrelease.workflows.lanes import LaneOptions, check_options

    with pytest.raises(LandReleaseError, match=f"LAN-021.*{name}"):
        check_options(LaneOptions(**change))
    check_options(LaneOptions(entry=(17.0, 44.0), slope_deg=15.0, control_m=300.0, radius_m=1.0,
                              standoff_m=0.0))


def from_rows(rows, mark, plane):
    """Legs as they would be set out from the printed table alone: start and end from the benchmark,
    and the end once more along the leg."""
    from landrelease.core.geometry import WGS84

    def number(text):
        return float(text.rstrip(" m°"))

    def go(at, bearing, distance):
        if plane is None:
            way = math.radians(bearing)
            return np.array(at) + distance * np.array([math.sin(way), math.cos(way)])
        return np.array(WGS84.fwd(*at, bearing, distance)[:2])

    out = []
    for row in rows:
        a, b, along, length, c, d = map(number, row[2:8])
        start = go(mark, a, b)
        out.append((row[0], start, go(mark, c, d), go(start, along, length)))
    return out


@pytest.mark.parametrize("plane", [None, PLANE])
def test_each_stretch_can_be_set_out_from_the_sketch_alone(plane):
    """More than 400 of them, and arcs round a bend: every corner within 5 cm of the file."""
    ground = Ground("t", box(0, 0, 1200, 60) - shapely.Point(500, 30).buffer(8), plane)
    plan = lanes.plan(ground.geometry, width_m=4, entry=(-30, -40), headland_first=True)
    lines = [(d.kind, f"{n}", shapely.LineString(d.xy)) for n, d in enumerate(plan.drives, 1)]
    many = [(f"{kind}", f"{name}", shape) for kind, name, shape in lines] * 12
    mark = (-30.0, -40.0)
    assert len(lane_files.leg_rows(ground, many, mark)) > 400
    rows = lane_files.leg_rows(ground, lines, mark)
    at = mark if plane is None else shapely.get_coordinates(plane.to_degrees(
        shapely.Point(mark)))[0]
    legs = from_rows(rows, at, plane)
    for _, name, shape in lines:
        own = [leg for leg in legs if leg[0].split(".")[0] == name]
        for end in (2, 3):
            points = np.array([own[0][1], *(leg[end] for leg in own)])
            line = shapely.LineString(points)
            if plane is not None:
                line = plane.to_plane(line)
            assert line.hausdorff_distance(shape) < 0.05


@pytest.mark.parametrize("plane", [None, PLANE])
def test_each_lane_of_people_can_be_set_out_from_the_sketch_alone(plane):
    ground = Ground("t", shapely.affinity.rotate(box(0, 0, 120, 60) - box(40, 20, 60, 35), 17),
                    plane)
    options = lane_files.LaneOptions()
    allowed, left_out, _ = lane_files.allowed_ground(ground, profile_of("detector"), options)
    made = lane_files.people(ground, allowed, left_out, profile_of("detector"), 0.9, (-20, -20),
                             options)
    heads, rows = lane_files._corner_rows(ground, made, (-20.0, -20.0))
    assert len(rows) > 400 and all(len(r) == len(heads) for r in rows)
    (line,) = made["base"]
    unit = np.array([math.cos(line.angle), math.sin(line.angle)])
    left = np.array([-unit[1], unit[0]])
    for kind, name, shape in made["lines"]:
        own = [r for r in rows if r[0] == name]
        assert all(r[1] == kind for r in own)
        corners = np.array([[float(r[n].rstrip(" m")) for n in (6, 7)] for r in own])
        xy = np.array(line.begin) + corners[:, :1] * unit + corners[:, 1:] * left
        again = shapely.Polygon(xy[1:])
        assert again.exterior.hausdorff_distance(shape.exterior) < 0.05
        assert again.exterior.distance(shapely.Point(xy[0])) < 0.05  # where it is entered
        mark = (-20.0, -20.0) if plane is None else shapely.get_coordinates(
            plane.to_degrees(shapely.Point(-20, -20)))[0]
        for r, at in zip(own, xy, strict=True):
            (_, there, _, _), = from_rows([["", "", *r[8:10], "0", "0", "0", "0"]], mark, plane)
            if plane is not None:
                there = shapely.get_coordinates(plane.to_plane(shapely.Point(there)))[0]
            assert math.dist(there, at) < 0.05


def test_the_sketch_has_all_rows_on_further_pages(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 260, 30))
    run("--task", task, "--profile", "detector", "--width", 1, "--out", tmp_path / "o", "--plane",
        "--entry=130,-5")
    pages = PdfReader(tmp_path / "o" / "sketch.pdf").pages
    words = " ".join("".join(p.extract_text() for p in pages).split())
    assert len(pages) > 4 and "Base line 1" in words and "260 working 26" in words


# --- where the operator stands, and the way from the entry ----------------------------------------


def straight(length=40.0):
    return [lanes.Drive("swath", np.array([[0.0, 5.0], [length, 5.0]]))]


def test_control_positions_lie_on_no_hazard():
    """A hazard covers the whole near rim, and all of the ring at the stand-off."""
    task, hazard = box(0, 0, 40, 10), box(-15, -15, 55, 25)
    places, out_m = lane_files.control(task, straight(), 5.0, 100.0, hazard)
    assert places and out_m == 0
    for p in places:
        assert not shapely.Point(p).intersects(hazard) and shapely.Point(p).distance(task) >= 5
        assert shapely.Point(p).hausdorff_distance(shapely.LineString(straight()[0].xy)) <= 100
    free, _ = lane_files.control(task, straight(), 5.0, 100.0, shapely.Polygon())
    assert len(free) == 1 and shapely.Point(free[0]).distance(task) == pytest.approx(5, abs=0.05)
    nowhere, out_m = lane_files.control(task, straight(), 5.0, 100.0, box(-500, -500, 500, 500))
    assert nowhere == [] and out_m == pytest.approx(40)
    part, out_m = lane_files.control(task, straight(), 5.0, 30.0, box(-99, -99, 30, 99))
    assert part and 5 < out_m < 35  # the far end is out of range from behind the hazard


@settings(deadline=None, max_examples=30)
@given(x=st.floats(-60, 60), y=st.floats(-40, 40), size=st.floats(1, 60),
       standoff=st.floats(0, 40), reach=st.floats(10, 150))
def test_no_control_position_is_ever_on_unsafe_ground_or_nearer_than_the_stand_off(
        x, y, size, standoff, reach):
    task, hazard = box(0, 0, 40, 10), box(x, y, x + size, y + size / 2)
    places, out_m = lane_files.control(task, straight(), standoff, reach, hazard)
    at = shapely.points(places) if places else np.array([])
    assert not shapely.intersects(hazard, at).any()
    assert (shapely.distance(task, at) >= standoff - 1e-9).all()
    seen = shapely.union_all(shapely.buffer(at, reach + 1e-6, quad_segs=64)) if places else (
        shapely.Polygon())
    lost = shapely.LineString(straight()[0].xy).difference(seen).length
    assert (lost > 20) <= (out_m > 0)


def test_the_way_from_the_entry_is_in_the_files_and_held_against_what_lies_in_it(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 40, 30))
    arguments = ("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--plane",
                 "--radius", 1, "--overlap", 0.2, "--entry=-20,15", "--stand-off", 20,
                 "--slope-limit", 15)
    flat = task_file(tmp_path / "flat.geojson", box(0, 0, 40, 30), slope_deg=2)
    got = run(*arguments, "--keep-out", flat)
    assert "LAN-026" not in got.output and "Nothing is known of the ground around" in got.output
    features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
    assert features[0]["properties"]["kind"] == "approach"
    leg = features[0]["geometry"]["coordinates"]
    assert leg[0] == pytest.approx([-20, 15])
    assert leg[1] == pytest.approx(features[1]["geometry"]["coordinates"][0], abs=1e-6)
    keep = task_file(tmp_path / "k.geojson", box(-12, 14.5, -8, 15.5))  # in the way, not the task
    got = run(*arguments, "--keep-out", keep)
    assert got.exit_code == 1 and "LAN-026" in got.output and "over 6.0 m" in got.output
    got = run("--task", task, "--profile", "detector", "--out", tmp_path / "o", "--plane",
              "--entry=-20,15", "--keep-out", keep)
    assert got.exit_code == 1 and "LAN-026" in got.output and "over 4.0 m" in got.output


def test_ground_that_people_may_not_enter_is_listed(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 30, 30))
    keep = task_file(tmp_path / "k.geojson", box(0, 10, 30, 12))
    got = run("--task", task, "--profile", "detector", "--out", tmp_path / "o", "--plane",
              "--entry=15,-5", "--keep-out", keep)
    assert got.exit_code == 0 and "60.0 m2 of the task lie in no lane" in got.output
    assert "LAN-024" not in got.output  # the far part has a rim of its own
    features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
    (kept,) = [f for f in features if f["properties"]["kind"] == "kept out"]
    assert shapely.geometry.shape(kept["geometry"]).equals(box(0, 10, 30, 12))
    froms = {f["properties"]["name"]: f["properties"]["reached_from"] for f in features
             if f["properties"]["kind"] in ("base", "working")}
    assert froms["B1"] == froms["B2"] == "" and froms["1"] == "B1"
    task_file(keep, box(5, 5, 25, 25) - box(10, 10, 20, 20))
    got = run("--task", task, "--profile", "detector", "--out", tmp_path / "o", "--plane",
              "--entry=15,-5", "--keep-out", keep)
    assert "LAN-024" in got.output and "To 11 lanes" in got.output


def test_a_foreign_reader_finds_each_stretch_in_gpx_and_kml(tmp_path):
    """GDAL reads both: names, order and places are those of lanes.geojson."""
    from pyogrio import raw

    field = box(0, 0, 30, 20) - box(12, 8, 16, 12)
    task = task_file(tmp_path / "t.geojson", PLANE.to_degrees(field))
    entry = shapely.get_coordinates(PLANE.to_degrees(shapely.Point(-5, 10)))[0]
    run("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--width", 2,
        f"--entry={entry[0]},{entry[1]}")
    features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
    stretches = [(f["properties"]["name"], shapely.geometry.shape(f["geometry"]))
                 for f in features if f["geometry"]["type"] == "LineString"]
    assert stretches[0][0] == "A" and len(stretches) > 10
    for file, layer in (("lanes.gpx", "routes"), ("lanes.kml", None)):
        meta, _, shapes, columns = raw.read(tmp_path / "o" / file, layer=layer)
        fields = [str(f).lower() for f in meta["fields"]]
        names = columns[fields.index("name")]
        read = shapely.force_2d(shapely.from_wkb(shapes))
        if layer is None:  # the control positions come last
            assert [n for n, s in zip(names, read, strict=True) if s.geom_type == "Point"] == [
                "C1 control position"]
            names, read = names[:-1], read[:-1]
        assert [n.split()[0] for n in names] == [name for name, _ in stretches]
        for line, (_, told) in zip(read, stretches, strict=True):
            assert line.geom_type == "LineString"
            assert shapely.equals_exact(line, told, 2e-9)
        assert "EPSG:4326" in meta["crs"] or "WGS 84" in meta["crs"]


def test_a_mission_holds_what_its_format_asks_for(tmp_path):
    """Against the written description of the formats: QGC WPL 110, twelve columns, tabs; the .plan
    file, version 1, mission 2, fence 2, rally points 2."""
    task = task_file(tmp_path / "t.geojson", PLANE.to_degrees(box(0, 0, 20, 12)))
    run("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--width", 2)
    head, *rows = (tmp_path / "o" / "lanes.waypoints").read_text().splitlines()
    assert head == "QGC WPL 110"
    for n, row in enumerate(rows):
        index, current, frame, command, *values = row.split("\t")
        assert (int(index), int(current)) == (n, int(n == 0)) and int(frame) in (0, 3)
        assert int(command) in (16, 17) and len(values) == 8
        assert all(math.isfinite(float(v)) for v in values) and values[-1] == "1"
        assert abs(float(values[4])) <= 90 and abs(float(values[5])) <= 180
    plan = json.loads((tmp_path / "o" / "lanes.plan").read_text())
    assert set(plan) >= {"fileType", "version", "groundStation", "mission", "geoFence",
                         "rallyPoints"}
    mission = plan["mission"]
    assert set(mission) >= {"version", "firmwareType", "vehicleType", "cruiseSpeed", "hoverSpeed",
                            "plannedHomePosition", "items", "globalPlanAltitudeMode"}
    assert (mission["version"], mission["vehicleType"]) == (2, 10)
    assert len(mission["plannedHomePosition"]) == 3
    for n, item in enumerate(mission["items"], start=1):
        assert set(item) >= {"type", "command", "frame", "doJumpId", "autoContinue", "params"}
        assert item["type"] == "SimpleItem" and item["doJumpId"] == n and len(item["params"]) == 7
    fence, rally = plan["geoFence"], plan["rallyPoints"]
    assert (fence["version"], rally) == (2, {"version": 2, "points": []})
    assert all(set(p) == {"version", "inclusion", "polygon"} and p["version"] == 1
               and len(p["polygon"]) >= 3 for p in fence["polygons"]) and fence["circles"] == []
