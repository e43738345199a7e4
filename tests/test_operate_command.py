"""COV-C: `operate proof` from files, as a user runs it."""

import json

import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.apps.cli import app
from landrelease.core.geometry import plane_for
from landrelease.errors import LandReleaseError
from landrelease.workflows import operate
from tracks_made import lanes

RUN = CliRunner()


def geojson(path, geometry, **properties):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties,
         "geometry": json.loads(shapely.to_geojson(geometry))}]}))
    return path


def track_csv(path, t, x, y, p, names=("x", "y")):
    rows = [f"time,{names[0]},{names[1]},pass"]
    rows += [f"{a},{b:.9f},{c:.9f},{d + 1}" for a, b, c, d in zip(t, x, y, p, strict=True)]
    path.write_text("\n".join(rows) + "\n")
    return path


def proof(tmp_path, task, track, *more, width=1.5, error=0.0):
    out, report = tmp_path / "g.geojson", tmp_path / "r.json"
    got = RUN.invoke(app, ["operate", "proof", "--task", str(task), "--track", str(track),
                           "--width", str(width), "--position-error", str(error),
                           "--confidence", "0.95", "--uncovered", str(out), "--json", str(report),
                           *more])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    return got, json.loads(out.read_text()), json.loads(report.read_text())


def followed(hand, width=1.5):
    """The options of the follow-up by hand."""
    return ("--manual", str(hand), "--manual-width", str(width), "--manual-position-error", "0")


@pytest.fixture
def plane_files(tmp_path):
    return (geojson(tmp_path / "t.geojson", shapely.box(0, 0, 9, 30)),
            track_csv(tmp_path / "k.csv", *lanes()))


def test_all_covered_is_status_0(tmp_path, plane_files):
    got, gaps, report = proof(tmp_path, *plane_files, "--plane", "--pass-only", width=1.7)
    assert got.exit_code == 0 and gaps["features"] == []
    by_hand = proof(tmp_path, *plane_files, "--plane", "--by", "manual", width=1.7)
    assert by_hand[0].exit_code == 0 and by_hand[2]["machine_or_animal_only_m2"] == 0
    machine = proof(tmp_path, *plane_files, "--plane", width=1.7)  # S07: it waits for the hand
    assert machine[0].exit_code == 1 and machine[1]["features"] == []
    assert report["covered_certain_m2"] == pytest.approx(270)
    assert "100.00 %" in got.output and "Not clearance" in got.output


def test_gaps_are_polygons_in_the_coordinates_of_the_task(tmp_path, plane_files):
    got, gaps, report = proof(tmp_path, *plane_files, "--plane", width=1.4)
    assert got.exit_code == 1 and report["uncovered_most_m2"] == pytest.approx(18)
    union = shapely.union_all([shapely.from_geojson(json.dumps(f["geometry"]))
                               for f in gaps["features"]])
    assert union.area == pytest.approx(18) and union.bounds == pytest.approx((0, 0, 9, 30))


def test_degrees_give_the_geodesic_answer(tmp_path):
    plane = plane_for((-30.0, 20.0, -29.99, 20.01))
    task = geojson(tmp_path / "t.geojson", plane.to_degrees(shapely.box(0, 0, 9, 30)))
    t, x, y, p = lanes()
    degrees = shapely.get_coordinates(plane.to_degrees(shapely.points(np.column_stack([x, y]))))
    track = track_csv(tmp_path / "k.csv", t, degrees[:, 1], degrees[:, 0], p,
                      ("latitude", "longitude"))
    _, gaps, report = proof(tmp_path, task, track, width=1.4)
    assert report["uncovered_most_m2"] == pytest.approx(18, abs=0.02)
    area = sum(f["properties"]["area_m2"] for f in gaps["features"])
    assert area == pytest.approx(18, abs=0.02)
    assert shapely.from_geojson(json.dumps(gaps["features"][0]["geometry"])).bounds[0] < -29.9


def test_safety_S05_a_hand_held_receiver_proves_nothing(tmp_path, plane_files):
    got, _, report = proof(tmp_path, *plane_files, "--plane", width=1.75, error=2.5)
    assert got.exit_code == 1 and not report["provable"]
    assert report["covered_certain_m2"] == 0
    assert "this receiver cannot prove coverage" in got.output


def test_safety_S19_synthetic_tracks_say_so(tmp_path, plane_files):
    task, track = plane_files
    rows = track.read_text().splitlines()
    track.write_text("\n".join([rows[0] + ",synthetic", *(r + ",yes" for r in rows[1:])]))
    got, gaps, report = proof(tmp_path, task, track, "--plane", width=1.4)
    assert "SYNTHETIC" in got.output and "synthetic" in gaps and "synthetic" in report
    assert all("synthetic" in f["properties"] for f in gaps["features"])


@pytest.mark.parametrize(("every_s", "more", "code", "covered"), [
    (1, (), None, True),  # a fix each 0.5 m at 0.5 m/s
    (5, (), None, True),  # each 2.5 m
    (10, (), "TRK-017", False),  # each 5 m: how the tool came there is not known
    (10, ("--step-limit", "5"), None, True),  # the user says that it went straight on
])
def test_safety_S05_of_a_slow_log_only_fixes_near_each_other_count(tmp_path, every_s, more, code,
                                                                  covered):
    t, x, y, p = lanes(length=36.0, step=0.5, speed=0.5)
    keep = np.isclose((y + 2) % (0.5 * every_s), 0)  # both ends of each lane of 40 m among them
    task = geojson(tmp_path / "t.geojson", shapely.box(0, 0, 9, 36))
    got, gaps, report = proof(tmp_path, task, track_csv(
        tmp_path / "k.csv", t[keep], x[keep], y[keep], p[keep]), "--plane", *more, width=1.7)
    assert bool(gaps["features"]) is not covered, got.output
    assert {f["code"] for f in report["findings"]} == ({code} if code else set())
    assert report["covered_best_m2"] == pytest.approx(9 * 36)


@pytest.mark.parametrize(("leap_m", "every_s"), [(28.8, 10), (12.0, 5), (4.0, 1)])
def test_safety_S05_a_leap_below_the_limit_of_leaps_is_not_covered(tmp_path, leap_m, every_s):
    """28.8 m in 10 s are 2.9 m/s: nothing leaps at that speed, and no tool works at it."""
    t = np.arange(0, 40) * every_s
    y = np.arange(0, 40) * 0.25 * every_s
    y[20:] += leap_m
    task = geojson(tmp_path / "t.geojson", shapely.box(-0.5, 1, 0.5, y[-1] - 1))
    track = track_csv(tmp_path / "k.csv", t, 0 * y, y, np.zeros(40, int))
    _, gaps, report = proof(tmp_path, task, track, "--plane", "--step-limit", "99", width=1.2)
    spots = [shapely.geometry.shape(f["geometry"]) for f in gaps["features"]]
    assert "TRK-004" in {f["code"] for f in report["findings"]}
    hole = shapely.box(-0.5, y[19] + 0.1, 0.5, y[20] - 0.1)
    assert shapely.union_all(spots).buffer(1e-6).covers(hole)
    assert report["uncovered_most_m2"] == pytest.approx(y[20] - y[19], abs=0.3)


def test_the_limits_are_those_of_who_made_the_track(tmp_path):
    t = np.arange(0, 30.0)
    task = geojson(tmp_path / "t.geojson", shapely.box(-0.4, 1, 0.4, 30))
    track = track_csv(tmp_path / "k.csv", t, 0 * t, t * 1.2, 0 * t.astype(int))  # 1.2 m/s
    assert proof(tmp_path, task, track, "--plane", "--pass-only", width=1.0)[0].exit_code == 0
    got, _, report = proof(tmp_path, task, track, "--plane", "--by", "manual", width=1.0)
    assert got.exit_code == 1 and {f["code"] for f in report["findings"]} == {"TRK-017"}
    noisy = track_csv(tmp_path / "n.csv", t / 10, 0 * t, t * 0.05 + 0.15 * (t % 2) - 1e-3 * (t % 7),
                      np.zeros(len(t), int))
    short = geojson(tmp_path / "s.geojson", shapely.box(-0.1, 0.5, 0.1, 1.0))
    # Ten fixes a second, each off by some cm: the errors of both places are no speed.
    assert not proof(tmp_path, short, noisy, "--plane", width=1.0, error=0.05)[2]["findings"]


def test_follow_up_depth_and_detection(tmp_path, plane_files):
    task, track = plane_files
    hand = tmp_path / "hand.csv"  # the same way, an hour later and slower
    head, *rows = track.read_text().splitlines()
    at = head.split(",").index("time")
    hand.write_text("\n".join([head, *(",".join(
        str(1.5 * float(c) + 3600) if k == at else c for k, c in enumerate(r.split(",")))
        for r in rows)]) + "\n")
    got, _, report = proof(tmp_path, task, track, "--plane", *followed(hand, 1.6),
                           "--detection", "0.9", width=1.7)
    assert got.exit_code == 0 and report["machine_or_animal_only_m2"] == 0
    assert report["manual_m2"] == pytest.approx(270)
    assert report["detection_share"] == pytest.approx(0.9)
    _, _, deep = proof(tmp_path, task, track, "--plane", "--depth", "0.1")
    assert deep["covered_certain_m2"] == 0  # the log does not say how deep
    assert "TRK-011" in {f["code"] for f in deep["findings"]}


def test_safety_S07_machine_and_hand_stand_apart_in_all_that_comes_out(tmp_path, plane_files):
    """The machine all over, the hand over the left half, twice as slow and with a hole."""
    task, track = plane_files
    t, x, y, p = lanes()
    left = (x < 4.5) & ~((p == 1) & (y > 10) & (y < 20))
    hand = track_csv(tmp_path / "h.csv", 2 * t[left] + 9000, x[left], y[left], p[left])
    got, gaps, report = proof(tmp_path, task, track, "--plane", *followed(hand), width=1.5)
    states = {f["properties"]["state"] for f in gaps["features"]}
    assert got.exit_code == 1 and states == {"machine or animal only, waits for hand"}
    waiting = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in gaps["features"]])
    hole = shapely.box(1.5, 10, 3.0, 20)
    expected = shapely.union_all([shapely.box(4.5, 0, 9, 30), hole])
    assert waiting.buffer(1e-6).covers(expected)
    assert waiting.area == pytest.approx(135 + 15, abs=1.5)
    assert waiting.area == pytest.approx(report["machine_or_animal_only_m2"])
    machine, manual = report["by_kind"]
    assert (machine["name"], manual["name"]) == ("machine", "manual")
    hours = 6 * 34 / 0.5 / 3600
    assert machine["hectares_per_hour"] == pytest.approx(0.027 / hours)
    assert machine["overlap_m2"] == manual["overlap_m2"] == pytest.approx(0, abs=1e-6)
    worked = 2 * (3 * 34 - 11) / 0.5 / 3600  # at half the speed, without the hole
    assert manual["hours"] == pytest.approx(worked, rel=0.02)
    assert manual["hectares_per_hour"] == pytest.approx(
        manual["certain_m2"] / 1e4 / manual["hours"])
    assert manual["best_m2"] == pytest.approx(135, abs=1e-6)  # straight over the hole
    # With a wider machine its overlap is its own, and none of the hand's.
    wide = proof(tmp_path, task, track, "--plane", *followed(hand), width=1.8)[2]["by_kind"]
    assert wide[0]["overlap_m2"] == pytest.approx(6 * 30 * 1.8 - 270, abs=1)
    assert wide[1]["overlap_m2"] == pytest.approx(0, abs=1e-6)
    everything = track_csv(tmp_path / "all.csv", 2 * t + 9000, x, y, p)
    assert proof(tmp_path, task, track, "--plane", *followed(everything),
                 width=1.5)[0].exit_code == 0


def test_a_task_that_crosses_itself_is_the_union_of_its_readings(tmp_path):
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    ground = operate.read_ground(geojson(tmp_path / "t.geojson", bow), plane=True)
    assert ground.geometry.area >= 50 - 1e-9 and ground.geometry.is_valid


def test_safety_S10_a_log_given_twice_is_no_second_pass(tmp_path, plane_files):
    task, track = plane_files
    copy = tmp_path / "copy.csv"
    copy.write_bytes(track.read_bytes() + b"\n")  # another file, the same fixes
    for extra in (["--track", str(track)], followed(copy)):
        with pytest.raises(LandReleaseError, match=r"COV-009.*same fixes"):
            proof(tmp_path, task, track, "--plane", *extra)


def test_nothing_is_stored_where_the_gaps_cannot_be_written(tmp_path, plane_files):
    with pytest.raises(LandReleaseError, match=r"CLI-104.*folder"):
        proof(tmp_path, *plane_files, "--plane", "--uncovered", str(tmp_path))


@pytest.mark.parametrize("arguments, code", [
    (["--tool-forward", "nan"], "COV-010"), (["--tool-right", "inf"], "COV-010"),
    (["--speed-limit", "inf"], "COV-010"),
    (["--width", "0"], "COV-001"), (["--position-error", "-1"], "COV-002"),
    (["--confidence", "1"], "COV-003"), (["--by", "dog"], "CLI-"),
    (["--detection", "1"], "CLI-"), (["--bias", "-1"], "COV-002")])
def test_bad_options_say_what_to_enter(tmp_path, plane_files, arguments, code):
    with pytest.raises(LandReleaseError, match=code):
        proof(tmp_path, *plane_files, "--plane", *arguments)


def test_metres_without_plane_and_lines_as_task(tmp_path, plane_files):
    task = geojson(tmp_path / "m.geojson", shapely.box(500_000, 0, 500_100, 9))
    with pytest.raises(LandReleaseError):
        proof(tmp_path, task, plane_files[1])
    line = geojson(tmp_path / "l.geojson", shapely.LineString([(0, 0), (1, 1)]))
    with pytest.raises(LandReleaseError, match="COV-004"):
        proof(tmp_path, line, plane_files[1], "--plane")


def test_the_bracket_holds_the_truth_of_synthetic_tracks(tmp_path):
    """Tracks of a synthetic village, their receivers' errors known: the margin at 99.9 %."""
    made = tmp_path / "world"
    workflows.make_world("village", 1, made)
    import csv

    tracks = list(csv.DictReader((made / "tracks.csv").open()))
    grounds = {f["properties"]["track"]: f["geometry"] for f in json.loads(
        (made / "track_grounds.geojson").read_text())["features"]}
    truths = {f["properties"]["track"]: f["properties"] for f in json.loads(
        (made / "truth" / "track_uncovered.geojson").read_text())["features"]}
    stated = workflows.load_assumptions()
    seen = set()
    for row in tracks[:5]:
        name, truth = row["track"], truths[row["track"]]
        task = geojson(tmp_path / f"{name}.geojson",
                       shapely.from_geojson(json.dumps(grounds[name])))
        # The true way: nothing but the sampling of the way lies between it and the truth.
        options = operate.ProofOptions(0.999)
        exact = operate.TrackFile(made / "truth" / "tracks" / f"{name}.csv", row["kind"],
                                  float(row["width_m"]), 0.0)
        _, got, _ = operate.prove(task, [exact], options, stated)
        assert got.uncovered_least_m2 <= truth["uncovered_m2"] + 0.02 * truth["ground_m2"]
        assert got.uncovered_most_m2 >= truth["uncovered_m2"] - 0.05
        # As received, damaged or not: never better for certain than the truth.
        as_seen = operate.TrackFile(made / row["file"], row["kind"], float(row["width_m"]),
                                    float(row["position_error_m"]))
        _, got, result = operate.prove(task, [as_seen], options, stated)
        assert got.uncovered_most_m2 >= 0.98 * truth["uncovered_m2"]
        assert "synthetic" in result
        seen.add(truth["damage"])
        codes = {f.code for f in got.findings}
        expected = {"swapped axes": "TRK-010", "clock jumps": "TRK-006", "fixes doubled": "TRK-008",
                    "zero fixes": "TRK-009", "leap": "TRK-005"}.get(truth["damage"])
        assert expected is None or expected in codes, truth["damage"]
    assert len(seen) > 1


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "1899-12-31", "2200-01-01", "x", ""])
def test_a_day_at_the_end_of_the_calendar_is_a_slip(text):
    """A gate looks at the day before and the day after; there is none beside these."""
    from landrelease.apps.common import as_date

    with pytest.raises(LandReleaseError, match=r"CLI-103.*--on"):
        as_date("--on", text)
    assert as_date("--on", "2027-04-01").year == 2027
