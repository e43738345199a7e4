"""COV-D: places that leap, speeds between noisy fixes, a tool beside its antenna, receivers that
fall back: none of it ever makes ground certain that nobody covered (S05)."""

import dataclasses
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from landrelease.errors import LandReleaseError
from landrelease.operate import proof
from landrelease.workflows import operate
from test_bad_tracks import FORMATS, GROUND, STATED, log, proven
from test_coverage_proof import RULES, codes, prove, tool
from tracks_made import lanes, track


def excursion(many, at=90, dx=20.0, dy=0.0):
    """`many` fixes on end stand 20 m or more beside where the machine is."""
    def damage(t, x, y, p):
        x, y = x.copy(), y.copy()
        x[at:at + many] += dx
        y[at:at + many] += dy
        return t, x, y, p
    return damage


# --- leaps ---------------------------------------------------------------------------------------

LONG = box(0, 0, 9, 30)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("many", [2, 5, 20])
def test_safety_S05_a_place_that_the_track_leaps_to_and_back_is_never_certain(tmp_path, kind, many):
    """The false place is inside the task, in lanes that are driven at the very end or never."""
    def damage(t, x, y, p):
        keep = p < 4  # the lanes at the right are never driven
        t, x, y, p = t[keep], x[keep], y[keep], p[keep]
        k = np.flatnonzero((p == 1) & (y == 22))[0]
        x, y = x.copy(), y.copy()
        x[k:k + many] += 5.25
        y[k:k + many] -= 27.5 * 0.7  # 20 m along, as a leap of 5 m/s and more
        return t, x, y, p

    path = log(tmp_path / f"k.{kind}", damage)
    made = operate.prove_on(GROUND, [operate.TrackFile(path, "machine", 1.7, 0.0)],
                            operate.ProofOptions(0.95), STATED).proof
    never = shapely.box(6.2, 0, 9, 30)
    assert "TRK-005" in codes(made)
    listed = shapely.union_all(shapely.buffer(made.spots.polygons, 1e-3))
    assert listed.covers(never)
    assert made.certain_m2 <= 6.1 * 30 - (many - 1) * 0.5 + 0.1
    assert made.certain_m2 > 6 * 30 - 1.6 * (many + 3) * 0.5  # and what is true still counts


@settings(deadline=None, max_examples=60)
@given(many=st.integers(2, 60), at=st.integers(130, 260), dx=st.floats(12, 60),
       rate=st.sampled_from([1, 2, 5]), start=st.booleans())
def test_safety_S05_no_stretch_between_two_leaps_is_certain(many, at, dx, rate, start):
    """At any rate of logging, also from the first fix on, as long as it is the lesser part."""
    t, x, y, _ = lanes(count=6, step=0.5 / rate)
    at = 0 if start else at * rate
    many *= rate
    x = x.copy()
    x[at:at + many] -= dx  # beside the task, where nobody ever is
    got = prove(track(t, x, y, np.zeros(len(t))), task=box(-80, -2, -2, 32))
    assert got.certain_m2 == 0
    assert got.uncovered_most_m2 == pytest.approx(78 * 34)


def test_safety_S05_a_false_place_under_the_limit_of_leaps_at_one_time_is_a_leap():
    t, x, y, _ = lanes(count=2)
    t, x = t.copy(), x.copy()
    t[40:60] = t[39]  # the clock stands while the place jumps 28 m
    x[40:60] -= 28
    got = prove(track(t, x, y, np.zeros(len(t))), task=box(-40, -2, -20, 32))
    assert got.certain_m2 == 0


def test_safety_S05_where_two_places_contradict_each_other_for_long_nothing_counts():
    t, x, y, _ = lanes(count=6)
    half = len(t) // 2 + 20  # in the middle of a lane
    x = x + np.where(np.arange(len(t)) >= half, 40.0, 0.0)  # and never comes back
    got = prove(track(t, x, y, np.zeros(len(t))), task=box(0, 0, 60, 30))
    assert got.certain_m2 == 0 and {"TRK-005", "TRK-020"} <= set(codes(got))
    # With a pass of its own for each place the user says that the machine was carried there.
    told = prove(track(t, x, y, np.arange(len(t)) >= half), task=box(0, 0, 60, 30))
    assert told.certain_m2 > 250 and "TRK-020" not in codes(told)


def test_a_leap_that_is_taken_back_costs_no_more_than_its_own_stretch():
    whole = prove(track(*lanes()))
    got = prove(track(*excursion(5, at=150, dx=40)(*lanes())))
    assert whole.certain_m2 - got.certain_m2 < 1.7 * 0.5 * 9
    assert got.best_m2 == pytest.approx(270)  # it may have gone straight on


@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_live_waits_where_the_log_may_still_take_it_back_and_ends_as_the_whole(data):
    many = data.draw(st.integers(2, 30))
    t, x, y, p = excursion(many, at=120, dx=-30)(*lanes(count=5, length=26))
    whole, task = track(t, x, y, p), box(-40, 0, 9, 26)
    live = proof.LiveWork("k.csv", "machine", tool(), RULES, task.bounds)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=6)))
    told, before = [], 0.0
    for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        part = dataclasses.replace(whole, **{
            name: getattr(whole, name)[a:b] for name in (
                "time_s", "x", "y", "in_pass", "engaged", "depth_m", "heading_deg", "row")})
        told += live.add(part, part.x, part.y)
        look = proof.prove(task, [live.work(ended=False)], smallest_m=0.01)
        assert proof.prove(box(-40, 0, -5, 26), [live.work(ended=False)],
                           smallest_m=0.01).certain_m2 == 0
        assert look.certain_m2 >= before - 1e-9  # what counted stands
        before = look.certain_m2
    told += live.end()
    afterwards = prove(whole, task=task)
    got = proof.prove(task, [live.work()], smallest_m=0.01)
    assert got.certain_m2 == afterwards.certain_m2 and got.best_m2 == afterwards.best_m2
    assert {f.code for f in told} == set(codes(afterwards))


# --- speed ---------------------------------------------------------------------------------------

def straight(speed, rate, seconds, sigma, seed):
    """A way along y; the receiver errs by sigma each fix."""
    rng = np.random.default_rng(seed)
    t = np.arange(0, seconds, 1 / rate)
    return t, rng.normal(0, sigma, len(t)), speed * t + rng.normal(0, sigma, len(t))


@pytest.mark.parametrize("rate", [1, 5, 10])
@pytest.mark.parametrize("sigma", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("stated", [None, 1.5])
def test_safety_S05_too_fast_is_told_at_any_rate_of_logging(tmp_path, rate, sigma, stated):
    for speed, seed in ((2.5, 1), (0.5, 2)):
        t, x, y = straight(speed, rate, 40, sigma, seed)
        path = tmp_path / f"{speed}.csv"
        path.write_text("time,x,y,pass\n" + "".join(
            f"{a:.3f},{b:.6f},{c:.6f},1\n" for a, b, c in zip(t, x, y, strict=True)))
        ground = operate.Ground("t", box(-0.3, 2, 0.3, speed * 38), None)
        got = operate.prove_on(ground, [operate.TrackFile(path, "machine", 1.7, sigma)],
                               operate.ProofOptions(0.95, plane=True, speed_m_s=stated),
                               STATED).proof
        if speed > 2:
            assert got.certain_m2 == 0 and "TRK-004" in codes(got)
        else:
            assert not codes(got) and got.certain_m2 > 0.7 * ground.geometry.area


def test_safety_S05_a_burst_within_a_second_is_not_hidden_by_the_slow_way_round_it():
    t = np.arange(0, 20, 0.1)
    y = 0.3 * t
    y[100:] += 2.0  # 2 m in a tenth of a second and on from there, below the limit of leaps
    rules = dataclasses.replace(RULES, leap_m_s=50, speed_m_s=1.5)
    got = prove(track(t, 0 * t, y), task=box(-0.5, 0, 0.5, 7.5), rules=rules)
    hole = box(-0.5, y[99] + 0.01, 0.5, y[100] - 0.01)
    assert shapely.union_all(got.spots.polygons).buffer(1e-6).covers(hole)


# --- a tool beside its antenna -------------------------------------------------------------------

@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), forward=st.floats(-3, 3), right=st.floats(-2, 2),
       reverse=st.booleans())
def test_safety_S05_with_an_offset_and_no_heading_both_bounds_hold(seed, forward, right, reverse):
    """Fixes 13 cm apart, 3 cm of error, and a machine that may reverse: the true tool's ground."""
    rng = np.random.default_rng(seed)
    y = np.arange(0, 12, 0.13)
    t = np.arange(len(y)) * 0.26
    x = 0.1 * np.sin(y / 4)
    move = np.gradient(np.column_stack([x, y]), axis=0)
    towards = move / np.hypot(*move.T)[:, None] * (-1 if reverse else 1)
    tool_xy = np.column_stack([x, y]) + forward * towards + right * np.column_stack(
        [towards[:, 1], -towards[:, 0]])
    true = shapely.LineString(tool_xy).buffer(0.85, cap_style="flat")
    field = box(-6, -6, 6, 18)
    the_tool = tool(1.7, 0.03, heading_error_rad=math.radians(2),
                    lever_m=math.hypot(forward, right))
    rules = dataclasses.replace(RULES, forward_m=forward, right_m=right)
    off = np.clip(rng.normal(0, 0.03, (2, len(y))), -0.05, 0.05)
    got = prove(track(t, x + off[0], y + off[1]), task=field, tool=the_tool, rules=rules)
    missed = field.difference(true).area
    assert got.uncovered_least_m2 - 1e-6 <= missed <= got.uncovered_most_m2 + 1e-6
    assert "TRK-013" in codes(got) or forward == right == 0


@pytest.mark.parametrize("share", [1.0, 0.6, 0.3])
def test_safety_S05_a_heading_that_is_turned_round_proves_no_ground_on_the_other_side(share):
    t, x, y, p = lanes()
    straight = np.where(p % 2 == 0, 0.0, 180.0)
    back = p < 6 * share  # lanes on which the log says the other way
    made = track(t, x, y, p, heading=straight + 180.0 * back)
    rules = dataclasses.replace(RULES, forward_m=2.0)
    lever = tool(lever_m=2.0)
    got = prove(made, tool=lever, rules=rules)
    shift = np.where(straight == 0, 2.0, -2.0)
    truth = prove(track(t, x, y + shift, p), tool=lever)
    if share > 0.5:
        assert set(codes(got)) == {"TRK-032"} and "heading_deg" in got.findings[0].text
        assert sum(f.count for f in got.findings) == np.count_nonzero(back[1:] & (np.diff(p) == 0))
        assert got.certain_m2 <= truth.certain_m2 * (1 - share) + 1e-6
    else:  # a machine may reverse; which of both it did, the log alone says
        assert codes(got) == []
    # Without an offset the tool is at the antenna, whichever way that points.
    assert codes(prove(made)) == []


def test_offsets_and_limits_of_the_machine_do_not_fall_on_the_hand(tmp_path):
    """By hand: the same with and without the machine's offset, speed, step and depth."""
    from test_operate_command import geojson, track_csv
    from test_operate_command import proof as run

    t, x, y, p = lanes(count=6)
    task = geojson(tmp_path / "t.geojson", box(0, 0, 9, 30))
    machine = track_csv(tmp_path / "m.csv", t, x, y, p)
    hand = track_csv(tmp_path / "h.csv", 2 * t + 9000, x, y, p)
    by_hand = ("--manual", str(hand), "--manual-width", "1.5", "--manual-position-error", "0")
    plain = run(tmp_path, task, machine, "--plane", *by_hand)[2]
    limited = run(tmp_path, task, machine, "--plane", *by_hand, "--tool-forward", "2",
                  "--tool-right", "1", "--speed-limit", "0.1", "--step-limit", "0.1",
                  "--depth", "0.2")[2]
    by = {k["name"]: k for k in limited["by_kind"]}
    assert by["manual"]["certain_m2"] == pytest.approx(
        {k["name"]: k for k in plain["by_kind"]}["manual"]["certain_m2"], abs=1e-9)
    assert by["manual"]["certain_m2"] > 260 and by["machine"]["certain_m2"] == 0
    own = run(tmp_path, task, machine, "--plane", *by_hand,
              "--manual-speed-limit", "0.1")[2]
    by = {k["name"]: k for k in own["by_kind"]}
    assert by["manual"]["certain_m2"] == 0 and by["machine"]["certain_m2"] > 260


def test_proven_is_what_the_other_tests_take_it_to_be(tmp_path):
    assert proven(log(tmp_path / "k.csv")).certain_m2 == pytest.approx(270, abs=1e-3)


# --- receivers that fall back --------------------------------------------------------------------

def falling(kind, good, bad):
    """A log of the six lanes whose receiver is worse over the third of them."""
    from test_bad_tracks import BEGIN, angle, degrees
    from test_records_tracks import (
        GPS,
        HEADS,
        packet,
        pos,
        position,
        receiver,
        record,
        said,
        sentence,
    )

    t, x, y, p = lanes()
    lon, lat = degrees(x, y)
    out = [HEADS] if kind == "bin" else []
    for a, b, c, lane in zip(t + BEGIN, lon, lat, p, strict=True):
        fix = bad if lane == 2 else good
        if kind == "nmea":
            clock = f"{int(a % 86400) // 3600:02d}{int(a % 3600) // 60:02d}{a % 60:05.2f}"
            out.append(sentence(",".join(["GPGGA", clock, angle(c, 2, "NS"), angle(b, 3, "EW"),
                                          str(fix), "12", "0.5", "1", "M", "1", "M", "", ""])
                                ).encode() + b"\r\n")
        elif kind == "rmc":
            clock = f"{int(a % 86400) // 3600:02d}{int(a % 3600) // 60:02d}{a % 60:05.2f}"
            out.append(sentence(",".join(["GPRMC", clock, "A", angle(c, 2, "NS"),
                                          angle(b, 3, "EW"), "0.9", "0", "150127", "", "", fix])
                                ).encode() + b"\r\n")
        elif kind == "tlog":
            out.append(record(a, packet(24, receiver(a, c, b, *fix))))
            out.append(record(a, packet(33, position(round((a - BEGIN + 9000) * 1000), c, b))))
        elif kind == "raw":
            out.append(record(a, packet(24, receiver(a, c, b, *fix))))
        else:
            week, rest = divmod(a - 315_964_800 + 18, 604_800)
            boot = a - BEGIN + 9000
            out.append(said(GPS, round(boot * 1e6), 0, fix, round(rest * 1000), int(week), 12, 80,
                            round(c * 1e7), round(b * 1e7), 0, 0.5, 0, 0, 0, 1))
            out.append(pos(boot, c, b))
    return b"".join(out)


@pytest.mark.parametrize(("kind", "good", "bad", "code"), [
    ("nmea", 4, 1, "TRK-021"), ("nmea", 4, 5, "TRK-021"), ("nmea", 5, 2, "TRK-021"),
    ("nmea", 4, 6, "TRK-001"), ("nmea", 4, 8, "TRK-001"), ("rmc", "R", "A", "TRK-021"),
    ("rmc", "R", "E", "TRK-001"), ("rmc", "A", "N", "TRK-001"),
    ("tlog", (6,), (3,), "TRK-021"), ("tlog", (3,), (1,), "TRK-001"),
    ("tlog", (6, 14), (6, 400), "TRK-021"), ("raw", (6,), (4,), "TRK-021"),
    ("bin", 6, 4, "TRK-021"), ("bin", 3, 1, "TRK-001")])
def test_safety_S05_where_the_receiver_falls_back_nothing_counts(tmp_path, kind, good, bad, code):
    path = tmp_path / ("k." + {"rmc": "nmea", "raw": "tlog"}.get(kind, kind))
    path.write_bytes(falling(kind, good, bad))
    file = operate.TrackFile(path, "machine", 1.7, 0.02)
    # That the stated error holds for fixes that are no better than these has to be said (COV-018).
    options = operate.ProofOptions(0.95, least_fix=operate.kind_of_fix(
        {5: "float", "A": "single", 3: "single", (3,): "single"}.get(good)))
    got = operate.prove_on(GROUND, [file], options, STATED).proof
    assert code in codes(got)
    lane = box(3.0 + 0.2, 0, 4.5 - 0.2, 30)  # what the lanes beside it do not reach
    grown = shapely.union_all(shapely.buffer(got.spots.polygons, 0.01))
    assert grown.covers(lane)
    assert got.uncovered_most_m2 < 30 * 2.2
    path.write_bytes(falling(kind, good, good))
    same = operate.prove_on(GROUND, [file], options, STATED).proof
    assert same.uncovered_most_m2 < 0.2 and code not in codes(same)


def test_the_kind_of_fix_that_the_stated_error_holds_for_can_be_said(tmp_path):
    path = tmp_path / "k.nmea"
    path.write_bytes(falling("nmea", 4, 5))
    file = operate.TrackFile(path, "machine", 1.7, 0.02)

    def missed(least):
        return operate.prove_on(GROUND, [file], operate.ProofOptions(
            0.95, least_fix=operate.kind_of_fix(least)), STATED).proof.uncovered_most_m2

    assert missed("float") < 0.2 and missed("single") < 0.2
    assert missed("fixed") == missed(None) > 30
    with pytest.raises(LandReleaseError, match=r"COV-010.*--least-fix"):
        operate.kind_of_fix("rtk")


@pytest.mark.parametrize(("name", "good", "bad"), [
    ("fix", 4, 0), ("accuracy_m", 0.02, math.nan)])
@pytest.mark.parametrize("also", [False, True])
def test_safety_S05_a_blank_kind_of_fix_or_error_is_no_better_than_the_worst(name, good, bad, also):
    t, x, y, p = lanes()
    made = track(t, x, y, p)
    lane = p == 2
    if also:  # the log states the other of both of all fixes
        made = dataclasses.replace(made, **(
            {"accuracy_m": np.full(len(t), 0.02)} if name == "fix" else
            {"fix": np.full(len(t), 4, np.int8)}))

    def got(value):
        values = np.where(lane, value, good).astype(np.int8 if name == "fix" else float)
        return prove(dataclasses.replace(made, **{name: values}),
                     rules=dataclasses.replace(RULES, accuracy_m=0.05))

    blank, worse = got(bad), got(1 if name == "fix" else 5.0)
    assert codes(blank) == codes(worse) == ["TRK-021"] and "blank" in blank.findings[0].text
    assert blank.uncovered_most_m2 == pytest.approx(worse.uncovered_most_m2) != 0
    # A log that says nothing of either anywhere is taken at its stated error.
    assert got(good).uncovered_most_m2 < 1e-6
    values = np.full(len(t), bad).astype(np.int8 if name == "fix" else float)
    assert prove(dataclasses.replace(made, **{name: values})).uncovered_most_m2 < 1e-6


def test_safety_S05_a_filter_without_a_receiver_proves_nothing(tmp_path):
    """GLOBAL_POSITION_INT alone: the filter's own motion, with nothing that says it has a fix."""
    from test_records_tracks import packet, position, record

    path = tmp_path / "k.tlog"
    path.write_bytes(b"".join(record(1000 + k, packet(33, position(k * 1000, 20.001, -29.995)))
                              for k in range(20)))
    with pytest.raises(LandReleaseError, match="TRK-019"):
        proven(path)


# --- what a log as a whole cannot say ------------------------------------------------------------

def made_of(tmp_path, ground, text, *, by="machine", name="k.csv"):
    path = tmp_path / name
    path.write_text(text)
    return operate.prove_on(operate.Ground("t", ground, None), [
        operate.TrackFile(path, by, 1.7, 0.0)], operate.ProofOptions(0.95, plane=True), STATED)


def rows(t, x, y, p):
    return "time,x,y,pass\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in zip(
        t, x, y, p, strict=True))


def test_safety_S05_exchanged_axes_near_the_diagonal_are_listed_and_not_covered(tmp_path):
    """The task touches the diagonal, so that part of the exchanged lanes lies in it."""
    t, x, y, p = lanes()
    good = made_of(tmp_path, box(0, 0, 9, 30), rows(t, x, y, p))
    assert good.proof.certain_m2 == pytest.approx(270)
    got = made_of(tmp_path, box(0, 0, 9, 30), rows(t, y, x, p))
    assert "TRK-022" in codes(got.proof) and got.proof.certain_m2 == 0
    # A square cannot tell: both stand, and it is said.
    square = made_of(tmp_path, box(0, 0, 9, 9), rows(*lanes(length=9.0)))
    assert [n["code"] for n in square.result["notes"]] == ["TRK-023", "TRK-026"]
    away = made_of(tmp_path, box(100, 0, 109, 30), rows(t, x + 100, y, p))
    assert [n["code"] for n in away.result["notes"]] == ["TRK-023"]


def test_what_a_log_cannot_say_is_noted(tmp_path):
    t, x, y, p = lanes()
    field = box(0, 0, 9, 30)
    assert made_of(tmp_path, field, rows(t, x, y, p), by="manual").result["notes"] == []
    every = made_of(tmp_path, field, rows(t, x, y, np.arange(len(t))))
    assert [n["code"] for n in every.result["notes"]] == ["TRK-023", "TRK-025"]
    beside = made_of(tmp_path, box(100, 0, 109, 30), rows(t, x, y, p))
    assert "TRK-024" in [n["code"] for n in beside.result["notes"]]
    told = rows(t, x, y, p).replace("\n", ",1\n").replace("pass,1", "pass,engaged", 1)
    assert made_of(tmp_path, field, told).result["notes"] == []
    whole = operate.prove_on(GROUND, [operate.TrackFile(
        log(tmp_path / "k.nmea"), "machine", 1.7, 0.0)], operate.ProofOptions(0.95), STATED)
    assert [n["code"] for n in whole.result["notes"]] == ["TRK-023"]
