"""COV-P: the bracket holds the truth; every doubt about a track counts as uncovered."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from landrelease.errors import LandReleaseError
from landrelease.operate import fixes, proof
from landrelease.operate.fixes import FixRules
from landrelease.operate.swath import Tool
from tracks_made import lanes, track

TASK = box(0, 0, 9, 30)  # six lanes of 1.5 m
RULES = FixRules(gap_s=5, leap_m_s=5, far_m=200, sideways_deg=45)


def tool(width=1.7, error=0.0, confidence=0.95, **more):
    return Tool(width, error, confidence, **more)


def prove(*tracks, task=TASK, rules=RULES, by="machine", smallest=0.01, **more):
    the_tool = more.pop("tool", tool())
    works = [proof.work_of(t, t.x, t.y, by, the_tool, rules, task.bounds) for t in tracks]
    return proof.prove(task, works, smallest_m=smallest, **more)


def codes(found):
    return [f.code for f in found.findings]


def test_lanes_that_overlap_cover_the_task():
    got = prove(track(*lanes()))
    assert got.uncovered_most_m2 == pytest.approx(0, abs=1e-9)
    assert got.provable and not got.findings
    assert got.overlap_m2 == pytest.approx(6 * 30 * 1.7 - 270, abs=1.7 * 6 * 0.5)


def test_lanes_too_far_apart_leave_strips():
    """Swaths of 1.4 m every 1.5 m: 5 strips of 0.1 m and 0.05 m at either side."""
    got = prove(track(*lanes()), tool=tool(1.4))
    assert got.uncovered_most_m2 == pytest.approx(6 * 0.1 * 30)
    assert got.uncovered_least_m2 == pytest.approx(6 * 0.1 * 30)
    assert len(got.spots.polygons) == 7
    assert sorted(got.spots.radius_m.round(3)) == [0.025] * 2 + [0.05] * 5


@settings(deadline=None, max_examples=40)
@given(width=st.floats(0.8, 2.0), error=st.floats(0, 0.3), confidence=st.floats(0.5, 0.999))
def test_safety_S05_a_swath_is_narrowed_by_z_sigma_and_shortened_at_both_ends(
        width, error, confidence):
    """One straight pass of 20 m: what is covered for certain is a rectangle known on paper."""
    from statistics import NormalDist

    margin = NormalDist().inv_cdf((1 + confidence) / 2) * error
    field = box(-3, -5, 3, 25)
    way = np.arange(0, 20.01, 1.0)
    one = track(way * 2, 0 * way, way)
    got = prove(one, task=field, tool=tool(width, error, confidence))
    half = width / 2 - margin
    covered = max(0, 2 * half) * max(0, 20 - 2 * margin) if half > 0 else 0
    assert field.area - got.uncovered_most_m2 == pytest.approx(covered, abs=1e-6)
    best = (width + 2 * margin) * (20 + 2 * margin)
    assert field.area - got.uncovered_least_m2 == pytest.approx(best, abs=1e-6)
    assert got.provable == (half > 0)
    assert ("COV-005" in codes(got)) == (half <= 0)


def test_safety_S05_heading_error_times_lever_arm_is_taken_off():
    way = np.arange(0, 20.01, 1.0)
    ahead = dataclasses.replace(RULES, forward_m=2.0)
    the_tool = tool(1.7, 0.05, heading_error_rad=math.radians(3), lever_m=2.0)
    got = prove(track(way * 2, 0 * way, way, heading=0 * way), task=box(-3, -5, 3, 25),
                rules=ahead, tool=the_tool)
    margin = 1.959964 * 0.05 + math.radians(3) * 2
    narrow, slant = 0.85 * math.cos(math.radians(3)), 0.85 * math.sin(math.radians(3))
    assert got.half_m == pytest.approx(0.85 - margin)
    # The tool goes two metres ahead of the antenna: from 2 to 22 m.
    assert shapely.union_all(got.spots.polygons).distance(
        shapely.Point(0, 22)) < margin + slant + 1e-6
    assert got.certain_m2 == pytest.approx(
        2 * (narrow - margin) * (20 - 2 * margin - 2 * slant), abs=1e-6)


def bar_swept(t, x, y, heading, forward, width):
    """Ground that a bar of this width touches, as it lies: hulls of 20 of its places a second."""
    fine = np.linspace(t[0], t[-1], (len(t) - 1) * 20 + 1)
    turn = np.radians(np.interp(fine, t, np.unwrap(heading, period=360)))
    cx = np.interp(fine, t, x) + forward * np.sin(turn)
    cy = np.interp(fine, t, y) + forward * np.cos(turn)
    left = np.column_stack([cx - width / 2 * np.cos(turn), cy + width / 2 * np.sin(turn)])
    right = np.column_stack([cx + width / 2 * np.cos(turn), cy - width / 2 * np.sin(turn)])
    corners = np.stack([left[:-1], right[:-1], right[1:], left[1:]], axis=1)
    return shapely.union_all([shapely.MultiPoint(c).convex_hull.buffer(0.02) for c in corners])


@settings(deadline=None, max_examples=40)
@given(speed=st.floats(0, 0.6), turning=st.floats(-12, 12), crab=st.floats(-60, 60),
       forward=st.sampled_from([0.0, 1.0, 3.0]), ends=st.floats(10, 30))
def test_safety_S05_the_bar_is_taken_as_it_lies_where_the_heading_is_logged(
        speed, turning, crab, forward, ends):
    """Pivots on the spot, turns in motion with the tool ahead, crabbing: what counts for certain
    was under the bar."""
    t = np.arange(0, ends, 1.0)
    course = turning * t
    x = np.concatenate([[0], np.cumsum(speed * np.sin(np.radians(course[:-1])))])
    y = np.concatenate([[0], np.cumsum(speed * np.cos(np.radians(course[:-1])))])
    heading = (course + crab) % 360
    got = prove(track(t, x, y, heading=heading), task=box(-25, -25, 25, 25),
                rules=dataclasses.replace(RULES, forward_m=forward),
                tool=tool(1.75, 0.0, lever_m=forward))
    certain = box(-25, -25, 25, 25).difference(shapely.union_all(
        shapely.buffer(got.spots.polygons, 1e-6)))
    truth = bar_swept(t, x, y, heading, forward, 1.75)
    # The fixes are a second apart: between them a turning tool keeps to an arc, its line does not.
    between = 0.5 * forward * (1 - math.cos(math.radians(turning) / 2)) + 0.06
    assert certain.difference(truth.buffer(between)).area <= got.spots.small_m2 + 0.02


def test_safety_S05_a_bar_askew_covers_less_and_a_pivot_nothing():
    t = np.arange(61.0)
    straight = prove(track(t, 0 * t, 0.3 * t - 5, heading=0 * t + 40), task=box(-15, -15, 25, 25),
                     tool=tool(1.75, 0.0))
    width = 1.75 * math.cos(math.radians(40))
    slant = 1.75 * math.sin(math.radians(40))
    assert straight.certain_m2 == pytest.approx(width * (18 - slant), abs=1e-6)
    pivot = prove(track(t[:31], 0 * t[:31], 0 * t[:31], heading=6 * t[:31]),
                  task=box(-15, -15, 25, 25), tool=tool(1.75, 0.0, lever_m=3.0),
                  rules=dataclasses.replace(RULES, forward_m=3.0))
    assert pivot.certain_m2 == 0.0


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), sigma=st.floats(0.005, 0.2), angle=st.floats(0, 3.1))
def test_safety_S05_no_truth_within_the_margin_is_better_than_at_best_or_worse_than_certain(
        seed, sigma, angle):
    """The receiver writes the true way shifted by any error up to z sigma: both bounds hold."""
    rng = np.random.default_rng(seed)
    t, x, y, p = lanes(count=4, length=12, spacing=rng.uniform(1.3, 1.9))
    x = x + np.repeat(rng.normal(0, 0.05, 4), np.bincount(p))
    c, s = math.cos(angle), math.sin(angle)
    x, y = c * x - s * y, s * x + c * y
    field = shapely.transform(box(0, 0, 6, 12), lambda q: np.column_stack(
        [c * q[:, 0] - s * q[:, 1], s * q[:, 0] + c * q[:, 1]]))
    the_tool = tool(1.7, sigma)
    way = rng.uniform(0, 2 * math.pi)
    off = rng.uniform(0, 1) * the_tool.margin_m
    true = shapely.union_all([
        shapely.LineString(np.column_stack([x[p == k], y[p == k]])).buffer(0.85, cap_style="flat")
        for k in range(4)])
    missed = field.difference(true).area
    got = prove(track(t, x + off * math.cos(way), y + off * math.sin(way), p), task=field,
                tool=the_tool)
    assert got.uncovered_least_m2 - 1e-6 <= missed <= got.uncovered_most_m2 + 1e-6
    listed = shapely.union_all(shapely.buffer(got.spots.polygons, 1e-6))
    assert field.difference(true).difference(listed).area <= got.spots.small_m2 + 1e-6


def test_the_bracket_is_no_wider_than_the_position_error_makes_it():
    """Against plain GEOS polygons of the narrowed and of the widened swaths."""
    rng = np.random.default_rng(3)
    t, x, y, p = lanes(count=12, length=40, spacing=1.7)
    x = x + 0.06 * np.sin(y / 3 + 2 * p) + rng.normal(0, 0.003, len(x))
    field = box(0, 0, 20.4, 40)
    got = prove(track(t, x, y, p), task=field, tool=tool(1.7, 0.02))
    margin = tool(1.7, 0.02).margin_m

    def left(half, shift):
        parts = []
        for k in range(12):
            line = np.column_stack([x[p == k], y[p == k]])
            for a, b in itertools.pairwise(line):
                parts.append(shapely.LineString([a, b]).buffer(half, cap_style="flat"))
            for v in line[1:-1]:
                parts.append(shapely.Point(v).buffer(half, quad_segs=64))
        ends = box(-9, -2 + shift, 99, 42 - shift)
        return field.difference(shapely.union_all(parts).intersection(ends)).area

    exact_most, exact_least = left(0.85 - margin, margin), left(0.85 + margin, -margin)
    slack = 0.01 * exact_most
    rough = 1e-4 * exact_most  # GEOS draws arcs as polygons inside them
    assert exact_least > 1
    assert exact_most - rough <= got.uncovered_most_m2 <= exact_most + slack
    assert exact_least - slack <= got.uncovered_least_m2 <= exact_least + rough


def cut_short(t, x, y, p):
    keep = np.arange(len(t)) < 0.7 * len(t)
    return t[keep], x[keep], y[keep], p[keep]


def with_gap(t, x, y, p):
    keep = ~((p == 2) & (y > 10) & (y < 18))
    return t[keep], x[keep], y[keep], p[keep]


def leaping(t, x, y, p):
    k = np.flatnonzero((p == 3) & (y == 15))[0]
    x, y = x.copy(), y.copy()
    x[k], y[k] = x[k] + 20, y[k] + 19.6  # 28 m
    return t, x, y, p


def clock_back(t, x, y, p):
    t = t.copy()
    t[np.flatnonzero((p == 3) & (y == 15))[0]:] -= 1800
    return t, x, y, p


def doubled(t, x, y, p):
    index = np.sort(np.concatenate([np.arange(len(t)), np.arange(0, len(t), 9)]))
    return t[index], x[index], y[index], p[index]


def same_time(t, x, y, p):
    t = t.copy()
    k = np.flatnonzero((p == 3) & (y == 15))[0]
    t[k + 1] = t[k]
    return t, x, y, p


def elsewhere(t, x, y, p):
    return t, x + 900, y, p


def exchanged(t, x, y, p):
    return t, y + 5_000, x, p


@pytest.mark.parametrize("damage, code, missed", [
    (cut_short, None, 60), (with_gap, "TRK-003", 9), (leaping, "TRK-005", 1),
    (clock_back, "TRK-006", 0.5), (same_time, "TRK-007", 0.5), (elsewhere, "TRK-010", 270),
    (exchanged, "TRK-010", 270), (doubled, "TRK-008", 0)])
def test_safety_S05_bad_tracks_are_listed_and_count_as_not_covered(damage, code, missed):
    got = prove(track(*damage(*lanes())))
    assert code is None or code in codes(got)
    assert got.uncovered_most_m2 >= missed * 0.9
    assert got.uncovered_most_m2 <= missed * 2 + 1e-6
    for finding in got.findings:
        assert finding.first_row >= 1 and f"row {finding.first_row}" in finding.text
        assert finding.counted == (finding.code == "TRK-008")


def test_safety_S05_zero_fixes_count_as_not_covered():
    from landrelease.core.geometry import plane_for

    plane = plane_for((-30.01, 20.0, -30.0, 20.01))
    t, x, y, p = lanes()
    degrees = shapely.get_coordinates(plane.to_degrees(shapely.points(np.column_stack([x, y]))))
    degrees[100:105] = 0
    made = dataclasses.replace(track(t, degrees[:, 0], degrees[:, 1], p), plane=False)
    px, py = plane.points(made.x, made.y)
    work = proof.work_of(made, px, py, "machine", tool(), RULES, TASK.bounds)
    got = proof.prove(TASK, [work], smallest_m=0.01)
    assert codes(got)[0] == "TRK-009"
    assert got.uncovered_most_m2 > 1.5


def test_safety_S05_speed_tool_depth_and_heading_decide_what_counts():
    t, x, y, p = lanes()
    middle = (p == 2) & (y >= 10) & (y <= 20)
    lifted = prove(track(t, x, y, p, engaged=~middle))
    assert 10 * 1.3 <= lifted.uncovered_most_m2 <= 12 * 1.3  # the lanes beside it reach 0.1 m in
    assert lifted.uncovered_least_m2 == pytest.approx(lifted.uncovered_most_m2)
    slow = dataclasses.replace(RULES, speed_m_s=0.4)
    assert codes(prove(track(t, x, y, p), rules=slow))[0] == "TRK-004"
    assert prove(track(t, x, y, p), rules=slow).uncovered_most_m2 == 270
    deep = dataclasses.replace(RULES, depth_m=0.15)
    shallow = prove(track(t, x, y, p, depth=np.where(middle, 0.1, 0.2)), rules=deep)
    assert "TRK-011" in codes(shallow) and shallow.uncovered_most_m2 >= 13
    assert prove(track(t, x, y, p), rules=deep).uncovered_most_m2 == 270  # depth not stated
    sideways = prove(track(t, x, y, p, heading=np.where(middle, 90.0, 0.0)))
    assert "TRK-012" in codes(sideways) and sideways.uncovered_most_m2 >= 12
    back = prove(track(t, x, y, p, heading=np.full(len(t), 180.0)))  # reversing is no swinging
    assert back.uncovered_most_m2 == pytest.approx(0, abs=1e-9)


def test_safety_S05_engaged_left_blank_is_doubt_and_counts_as_not_engaged():
    t, x, y, p = lanes()
    middle = (p == 2) & (y >= 10) & (y <= 20)
    lifted = prove(track(t, x, y, p, engaged=~middle))
    blank = prove(track(t, x, y, p, engaged=np.where(middle, -2, 1)))
    assert blank.uncovered_most_m2 == pytest.approx(lifted.uncovered_most_m2)
    assert blank.uncovered_least_m2 == pytest.approx(0, abs=1e-9)  # it may have been engaged
    assert codes(blank) == ["TRK-016"] and codes(lifted) == []
    assert sum(f.count for f in blank.findings) == middle.sum() + 1  # and the step out of it
    assert not any(f.counted for f in blank.findings)
    all_blank = prove(track(t, x, y, p, engaged=np.full(len(t), -2)))
    assert all_blank.uncovered_most_m2 == 270
    assert prove(track(t, x, y, p)).uncovered_most_m2 == pytest.approx(0, abs=1e-9)  # no column


def test_safety_S05_a_coarse_receiver_is_told_that_it_cannot_prove():
    got = prove(track(*lanes()), tool=tool(1.75, 2.5))
    assert not got.provable and codes(got)[0] == "COV-005"
    assert "cannot prove coverage" in got.findings[0].text
    assert got.certain_m2 == 0 and got.uncovered_most_m2 == 270


def test_turning_on_the_spot_covers_nothing_beside_the_way():
    """A bend of 90 degrees ends a swath; the piece beside it is too short to count."""
    x = np.concatenate([np.zeros(21), np.full(3, 0.0)])
    y = np.concatenate([np.arange(0, 10.5, 0.5), np.full(3, 10.0)])
    x[21:] = [0.05, 0.0, 0.05]
    got = prove(track(np.arange(24) * 1.0, x, y), task=box(-3, 0, 3, 15), tool=tool(1.7, 0.05))
    margin = tool(1.7, 0.05).margin_m
    assert got.certain_m2 <= (1.7 - 2 * margin) * (10 - margin)


def test_a_shared_shift_opens_no_gaps_between_the_lanes_of_one_track():
    t, x, y, p = lanes(spacing=1.6)
    wide = box(1, 2, 8, 28)
    inner = prove(track(t, x, y, p), task=wide, bias_m=0.3)
    assert inner.uncovered_most_m2 == pytest.approx(0, abs=1e-6)
    as_noise = prove(track(t, x, y, p), task=wide, tool=tool(1.7, 0.3 / 1.959964))
    assert as_noise.uncovered_most_m2 > 40
    rim = prove(track(t, x, y, p), task=box(-0.05, 0, 9.65, 30), bias_m=0.3)
    assert rim.uncovered_most_m2 == pytest.approx(30 * (0.3 + 0.3), rel=0.01)
    two = prove(track(t, x, y, p % 2), track(t, x, y, p), task=wide, bias_m=0.3)
    assert two.uncovered_most_m2 == pytest.approx(0, abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_live_and_afterwards_give_the_same_answer(data):
    damage = data.draw(st.sampled_from([with_gap, leaping, clock_back, doubled, elsewhere]))
    whole = track(*damage(*lanes(count=4, length=20)))
    afterwards = prove(whole)
    live = proof.LiveWork("k.csv", "machine", tool(), RULES, TASK.bounds)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=6)))
    told = []
    for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        part = dataclasses.replace(whole, **{
            name: getattr(whole, name)[a:b] for name in (
                "time_s", "x", "y", "in_pass", "engaged", "depth_m", "heading_deg", "row")})
        told += live.add(part, part.x, part.y)
    got = proof.prove(TASK, [live.work()], smallest_m=0.01)
    assert got.uncovered_most_m2 == afterwards.uncovered_most_m2
    assert got.uncovered_least_m2 == afterwards.uncovered_least_m2
    assert codes(got) == codes(afterwards)
    assert {f.code for f in told} == set(codes(afterwards))


def test_safety_S06_passes_combine_where_they_really_overlap():
    """Two passes over the same half with p = 0.9 find 0.495; over both halves 0.9; not 0.7."""
    t, x, y, _ = lanes()
    half = x < 4.5
    task = box(0, 0, 9, 30)
    same = [track(t[half], x[half], y[half], file="a"),
            dataclasses.replace(track(t[half], x[half], y[half], file="b"), passes=("2",))]
    other = [same[0], dataclasses.replace(track(t[~half], x[~half], y[~half], file="b"),
                                          passes=("2",))]
    narrow = tool(1.5)
    for tracks, expected in ((same, 0.5 * 0.99), (other, 0.9)):
        works = [proof.work_of(k, k.x, k.y, "manual", narrow, RULES, task.bounds) for k in tracks]
        shares = proof.overlay(task, works)
        assert sum(shares.values()) == pytest.approx(1)
        assert proof.detection(shares, {}, 0.9) == pytest.approx(expected, abs=1e-6)


def test_safety_S06_many_passes_that_are_not_taken_apart_count_as_one():
    got = track(*lanes(count=8, spacing=1.2))
    task = box(0, 0, 9, 30)
    work = proof.work_of(got, got.x, got.y, "manual", tool(), RULES, task.bounds)
    shares = proof.overlay(task, [work])
    assert set(map(len, shares)) <= {0, 1}
    assert proof.detection(shares, {"3": 0.5}, 0.9) == pytest.approx(0.5)


def test_safety_S07_what_a_machine_covered_waits_for_the_follow_up():
    t, x, y, p = lanes()
    machine = track(t, x, y, p, file="m")
    half = x < 4.5
    hand = track(t[half], x[half], y[half], file="h")
    works = [proof.work_of(machine, x, y, "machine", tool(1.5), RULES, TASK.bounds)]
    alone = proof.prove(TASK, works, smallest_m=0.01)
    assert alone.manual_m2 == 0 and alone.machine_only_m2 == pytest.approx(270)
    works.append(proof.work_of(hand, hand.x, hand.y, "manual", tool(1.5), RULES, TASK.bounds))
    both = proof.prove(TASK, works, smallest_m=0.01)
    assert both.manual_m2 == pytest.approx(135) and both.machine_only_m2 == pytest.approx(135)
    assert [k.name for k in both.by_kind] == ["machine", "manual"]


def test_by_pass_and_by_depth():
    t, x, y, p = lanes()
    got = prove(track(t, x, y, p, depth=np.where(p < 3, 0.2, 0.1)), tool=tool(1.5),
                depths_m=[0.1, 0.15, 0.2])
    assert [round(k.certain_m2) for k in got.by_pass] == [45] * 6
    assert [round(k.certain_m2) for k in got.by_depth] == [270, 135, 135]
    assert got.hectares_per_hour == pytest.approx(270 / 1e4 / (6 * 34 / 0.5 / 3600))


def test_safety_S07_by_depth_machine_and_hand_stand_apart():
    t, x, y, p = lanes()
    machine = track(t, x, y, p, file="m", depth=np.full(len(t), 0.2))
    half = x < 4.5
    hand = track(t[half], x[half], y[half], file="h", depth=np.full(half.sum(), 0.1))
    works = [proof.work_of(k, k.x, k.y, by, tool(1.5), RULES, TASK.bounds)
             for k, by in ((machine, "machine"), (hand, "manual"))]
    got = proof.prove(TASK, works, smallest_m=0.01, depths_m=[0.1, 0.2])
    assert {k.name: round(k.certain_m2) for k in got.by_depth} == {
        "machine 0.1 m": 270, "machine 0.2 m": 270, "manual 0.1 m": 135, "manual 0.2 m": 0}


@pytest.mark.parametrize("the_tool, code", [
    (tool(0), "COV-001"), (tool(math.nan), "COV-001"), (tool(1, -0.1), "COV-002"),
    (tool(1, math.inf), "COV-002"), (tool(1, 0.1, 1.0), "COV-003"), (tool(1, 0.1, 0), "COV-003")])
def test_a_tool_that_makes_no_sense_is_refused(the_tool, code):
    with pytest.raises(LandReleaseError, match=code):
        proof.check_tool(the_tool)


def test_a_task_without_ground_is_refused():
    with pytest.raises(LandReleaseError, match="COV-004"):
        proof.prove(shapely.Polygon(), [], smallest_m=0.01)


def test_no_track_covers_nothing():
    got = proof.prove(TASK, [], smallest_m=0.01)
    assert (got.certain_m2, got.best_m2, got.provable) == (0, 0, False)


def test_the_limit_for_gaps_follows_the_log():
    assert fixes.gap_limit_s(np.arange(100.0), 5, 3, 60) == 5
    assert fixes.gap_limit_s(np.arange(0, 800.0, 8), 5, 3, 60) == 24
    assert fixes.gap_limit_s(np.arange(0, 8000.0, 80), 5, 3, 60) == 60
    assert fixes.gap_limit_s([], 5, 3, 60) == 5
