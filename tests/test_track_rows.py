"""COV-D: rows that cannot be used, rows that stand twice and differ, decimals that were cut off:
nothing of it ever makes ground certain (S05)."""

import json

import numpy as np
import pytest

from landrelease.errors import LandReleaseError
from landrelease.operate.fixes import COUNTS, Judge, judge
from landrelease.operate.resolution import written_step_m
from landrelease.operate.swath import Tool
from landrelease.records.tracks import read_track, track_of
from landrelease.workflows import follow, operate
from test_bad_tracks import BEGIN, GROUND, STATED, degrees
from test_coverage_proof import RULES
from test_records_tracks import sentence, written
from test_tool_state import gpx
from tracks_made import lanes, track

# One pass of 2 m along the middle of a task of 60 m x 2 m: 50 m from 5 m on, 0.5 m each second.
ROWS = range(101)
RING = [[0, -1], [60, -1], [60, 1], [0, 1], [0, -1]]


def made(tmp_path, rows, further="", **options):
    task = tmp_path / "task.geojson"
    task.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": {
        "type": "Polygon", "coordinates": [RING]}}), encoding="utf-8")
    path = written(tmp_path, f"time,x,y,pass{further}\n" + "\n".join(rows) + "\n", "k.csv")
    return operate.prove_on(
        operate.read_ground(task, plane=True), [operate.TrackFile(path, "machine", 2.0, 0.03)],
        operate.ProofOptions(0.95, True, **options), STATED).proof


def row(k, *more):
    return ",".join(str(v) for v in (k, 0.5 * k + 5, 0, 1, *more))


def without(steps, lines=2):
    """About the area that is certain where so many steps of 0.5 m do not count and so many lines
    are left, each with the margin taken off all round; a step is 0.94 m2."""
    of = Tool(2.0, 0.03, 0.95)
    return pytest.approx((50 - 0.5 * steps - 2 * lines * of.margin_m) * 2 * of.certain_half_m,
                         abs=0.45)


@pytest.mark.parametrize("word", ["lifted", "2", "1.5", "nan"])
def test_safety_S05_no_step_leads_over_a_row_whose_tool_is_not_known(tmp_path, word):
    bad = [row(k, word if 40 <= k < 44 else 1) for k in ROWS]
    got = made(tmp_path, bad, ",engaged")
    assert got.certain_m2 == without(5)
    assert {(f.code, f.first_row) for f in got.findings} >= {("TRK-001", 41), ("TRK-003", 45)}
    every_second = [row(k, word if k % 2 else 1) for k in ROWS]
    assert made(tmp_path, every_second, ",engaged").certain_m2 == 0


@pytest.mark.parametrize("off, on", [("0.0", "1.0"), ("0,0", "1,0"), ("0", "1")])
def test_a_tool_state_with_decimals_is_read(tmp_path, off, on):
    text = "time;x;y;pass;engaged\n" + "\n".join(
        row(k, on if k else off).replace(",", ";", 4).replace(".", ",") for k in range(3))
    got = read_track(written(tmp_path, text, "k.csv"), plane=True)
    assert got.engaged.tolist() == [0, 1, 1] and not got.findings and got.broken is None


@pytest.mark.parametrize("depth", ["-9", "deep"])
def test_safety_S05_no_step_leads_over_a_row_whose_depth_cannot_be_read(tmp_path, depth):
    bad = [row(k, depth if 40 <= k < 44 else 0.3) for k in ROWS]
    assert made(tmp_path, bad, ",depth_m", depth_m=0.2).certain_m2 == without(5)


def test_safety_S05_a_step_from_a_fix_without_a_depth_has_none(tmp_path):
    blank = [row(k, "" if k == 40 else 0.3) for k in ROWS]
    got = made(tmp_path, blank, ",depth_m", depth_m=0.2)
    assert got.certain_m2 == without(2)
    assert "TRK-011" in {f.code for f in got.findings}


@pytest.mark.parametrize("bad", ["{k},", "{k},,,1", ",25.0,0,1", "{k},x,0,1"])
def test_safety_S05_no_step_leads_over_a_row_that_was_cut_or_left_blank(tmp_path, bad):
    rows = [bad.format(k=k) if k == 40 else row(k) for k in ROWS]
    assert made(tmp_path, rows).certain_m2 == without(2)


def test_safety_S05_a_receiver_that_says_it_has_no_fix_breaks_the_line(tmp_path):
    points = [("", "<fix>none</fix>" if k == 2 else "") for k in range(4)]
    assert read_track(written(tmp_path, gpx(*points), "k.gpx")).broken.tolist() == [
        False, False, True]
    lines = []
    for k in range(6):
        quality = "6" if k == 2 else "4"
        lines.append(sentence(f"GPGGA,06000{k}.00,2000.0000,N,03000.000{k},W,{quality},12,0.8,"
                              "100.0,M,0.0,M,,"))
    lines[4] = lines[4][:-1] + ("0" if lines[4][-1] != "0" else "1")  # a wrong checksum
    got = read_track(written(tmp_path, "\r\n".join(lines) + "\r\n", "k.nmea"))
    assert got.row.tolist() == [1, 2, 4, 6]
    assert got.broken.tolist() == [False, False, True, True]


WORSE = [
    ("engaged", 1, 0), ("engaged", 1, ""), ("depth_m", 0.3, 0.05), ("depth_m", 0.3, ""),
    ("fix_kind", "fixed", "float"), ("accuracy_m", 0.02, 3), ("hdop", 0.8, 9), ("hdop", 0.8, ""),
    ("speed_m_s", 0.5, 4.5), ("heading_deg", 90, 0)]


@pytest.mark.parametrize("name, good, bad", WORSE)
@pytest.mark.parametrize("first", [False, True])
def test_safety_S05_of_two_rows_at_one_time_and_place_the_worse_counts(tmp_path, name, good, bad,
                                                                       first):
    options = {"depth_m": 0.2} if name == "depth_m" else {"hdop": 2.0} if name == "hdop" else {}
    rows = []
    for k in ROWS:
        pair = [row(k, good), row(k, bad)] if 30 <= k < 60 else [row(k, good)]
        rows += pair[::-1] if first else pair
    got = made(tmp_path, rows, f",{name}", **options)
    assert got.certain_m2 == without(31)
    same = [line for k in ROWS for line in [row(k, good)] * (2 if 30 <= k < 60 else 1)]
    assert made(tmp_path, same, f",{name}", **options).certain_m2 == without(0, 1)


def test_live_a_double_that_comes_later_takes_back_what_counted():
    t = np.repeat(np.arange(20.0), 2)
    engaged = np.ones(40)
    engaged[21] = 0  # the second of the pair at 10 s
    whole = track(t, t * 0.5, t * 0, engaged=engaged)
    bounds = (-10, -10, 30, 10)
    after = judge(whole, whole.x, whole.y, RULES, bounds)
    for cut in (20, 21, 22, 23):
        live = Judge(RULES, bounds)
        for part in (slice(0, cut), slice(cut, None)):
            some = track(t[part], whole.x[part], whole.y[part], engaged=engaged[part])
            live.add(some, some.x, some.y)
        assert np.array_equal(live.steps().verdict, after.verdict)
    assert np.count_nonzero(after.verdict == COUNTS) == 19 - 2


# --- logs that keep few decimals -----------------------------------------------------------------

T, X, Y, P = lanes()


def csv_of(decimals):
    x, y = degrees(X, Y)
    return "time,latitude,longitude,pass\n" + "".join(
        f"{t + BEGIN:.1f},{b:.{decimals}f},{a:.{decimals}f},{p}\n"
        for t, a, b, p in zip(T, x, y, P, strict=True))


def nmea_of(decimals):
    def written_as(value, width):
        whole = int(abs(value))
        return f"{whole:0{width}d}{(abs(value) - whole) * 60:0{decimals + 3}.{decimals}f}"

    return "\r\n".join(sentence(
        f"GPGGA,{int(t // 60) + 600:04d}{t % 60:05.2f},{written_as(b, 2)},N,{written_as(a, 3)},W,"
        "4,12,0.8,100.0,M,0.0,M,,") for t, a, b in zip(T, *degrees(X, Y), strict=True)) + "\r\n"


@pytest.mark.parametrize("text, step_m", [
    (csv_of(9), 0), (csv_of(7), 0), (csv_of(6), 0.111), (csv_of(5), 1.11), (nmea_of(6), 0),
    (nmea_of(4), 0.185), (nmea_of(3), 1.85)])
def test_safety_S05_a_log_of_few_decimals_is_refused_with_the_error_that_it_hides(tmp_path, text,
                                                                                step_m):
    path = written(tmp_path, text, "k.nmea" if text.startswith("$") else "k.csv")
    assert written_step_m(read_track(path)) == pytest.approx(step_m, rel=0.01)

    def told(error):
        return operate.prove_on(GROUND, [operate.TrackFile(path, "machine", 1.7, error)],
                                operate.ProofOptions(0.95), STATED)

    if step_m:
        with pytest.raises(LandReleaseError, match=r"COV-010.*--position-error") as refused:
            told(0.03)
        assert float(refused.value.facts["expected"].split(" m ")[0]) == pytest.approx(
            step_m / 2, abs=0.01)
        with pytest.raises(LandReleaseError, match="COV-010"):
            list(follow.following(GROUND, operate.TrackFile(path, "machine", 1.7, 0.03),
                                  operate.ProofOptions(0.95), STATED, every_s=1, idle_s=0))
        told(step_m / 2 + 0.01)
    else:
        told(0.03)


def test_what_few_fixes_or_metres_cannot_tell_is_not_told():
    few = "\n".join(csv_of(5).splitlines()[:8]) + "\n"
    assert written_step_m(track_of("k.csv", few.encode())) == 0
    assert written_step_m(track(T, X, Y)) == 0


def test_places_beside_a_whole_degree_are_no_round_figures():
    values = -30.001 + np.arange(60) * 8.13e-6
    text = "time,latitude,longitude,pass\n" + "".join(
        f"{k},20.0000000,{v:.7f},1\n" for k, v in enumerate(values))
    assert written_step_m(track_of("k.csv", text.encode())) == 0
