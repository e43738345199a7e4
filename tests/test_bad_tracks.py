"""TRK-B: a damaged log is listed and counts as not covered, whatever format it came in; a log that
is followed gives the answer of the whole."""

import csv
import json
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from shapely import box
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.apps.cli import app
from landrelease.core.geometry import plane_for
from landrelease.errors import LandReleaseError
from landrelease.workflows import follow, operate
from test_coverage_proof import (
    clock_back,
    doubled,
    elsewhere,
    exchanged,
    leaping,
    same_time,
    with_gap,
)
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
from tracks_made import lanes

PLANE = plane_for((-30.0, 20.0, -29.99, 20.01))
FIELD = box(0, 0, 9, 30)
BEGIN = datetime(2027, 1, 15, tzinfo=UTC).timestamp()
STATED = workflows.load_assumptions()
GROUND = operate.ground_of("t", PLANE.to_degrees(FIELD), synthetic=False)


def zeroed(t, x, y, p):
    """A receiver without a fix that writes 0, 0; marked here by nan."""
    x = x.copy()
    x[(p == 2) & (y > 10) & (y < 14)] = np.nan
    return t, x, y, p


def degrees(x, y):
    places = shapely.get_coordinates(PLANE.to_degrees(shapely.points(
        np.column_stack([np.nan_to_num(x), y]))))
    places[np.isnan(x)] = 0
    return places[:, 0], places[:, 1]


def as_csv(t, x, y, p):
    rows = ["time,latitude,longitude,pass"]
    rows += [f"{a:.3f},{c:.9f},{b:.9f},{d}" for a, b, c, d in zip(t, x, y, p, strict=True)]
    return ("\n".join(rows) + "\n").encode()


def as_gpx(t, x, y, p):
    out = ['<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>']
    for a, b, c, new in zip(t, x, y, np.diff(p, prepend=0), strict=True):
        if new:
            out.append("</trkseg><trkseg>")
        when = datetime.fromtimestamp(a, UTC).isoformat()
        out.append(f'<trkpt lat="{c:.9f}" lon="{b:.9f}"><time>{when}</time></trkpt>')
    return "".join([*out, "</trkseg></trk></gpx>"]).encode()


def angle(value, width, letters):
    whole, rest = divmod(round(abs(value) * 60_000_000), 60_000_000)
    return f"{whole:0{width}d}{rest / 1e6:010.7f},{letters[int(value < 0)]}"


def as_nmea(t, x, y, p):
    return "\r\n".join([*(sentence(",".join([
        "GPRMC", f"{datetime.fromtimestamp(a, UTC):%H%M%S.%f}"[:10], "A", angle(c, 2, "NS"),
        angle(b, 3, "EW"), "0.9", "0", f"{datetime.fromtimestamp(a, UTC):%d%m%y}", "", ""]))
        for a, b, c in zip(t, x, y, strict=True)), ""]).encode()


def as_tlog(t, x, y, p):
    return b"".join(record(a, packet(24, receiver(a, c, b))) + record(
        a, packet(33, position(round((a - BEGIN + 9000) * 1000), c, b)))
        for a, b, c in zip(t, x, y, strict=True))


def as_bin(t, x, y, p):
    out = [HEADS]
    for a, b, c in zip(t, x, y, strict=True):
        week, rest = divmod(a - 315_964_800 + 18, 604_800)
        boot = a - BEGIN + 9000
        out.append(said(GPS, round(boot * 1e6), 0, 6, round(rest * 1000), int(week), 12, 80,
                        round(c * 1e7), round(b * 1e7), 0, 0.5, 0, 0, 0, 1))
        out.append(pos(boot, c, b))
    return b"".join(out)


FORMATS = {"csv": as_csv, "gpx": as_gpx, "nmea": as_nmea, "tlog": as_tlog, "bin": as_bin}


def log(path, damage=None, kind=None):
    t, x, y, p = lanes()
    t, x, y, p = damage(t, x, y, p) if damage else (t, x, y, p)
    kind = kind or path.suffix[1:]
    path.write_bytes(FORMATS[kind](t + BEGIN, *degrees(x, y), p))
    return path


def proven(path):
    made = operate.prove_on(GROUND, [operate.TrackFile(path, "machine", 1.7, 0.0)],
                            operate.ProofOptions(0.95), STATED)
    return made.proof


@pytest.mark.parametrize("kind", FORMATS)
def test_a_good_log_covers_the_task_in_every_format(tmp_path, kind):
    got = proven(log(tmp_path / f"k.{kind}"))
    assert got.uncovered_most_m2 < 1e-3
    # Between lanes the log stands still for 20 s where the format has no passes.
    assert {f.code for f in got.findings} == (set() if kind in ("csv", "gpx") else {"TRK-003"})


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("damage, code, missed", [
    (with_gap, "TRK-003", 9), (leaping, "TRK-005", 1), (clock_back, "TRK-006", 0.5),
    (same_time, "TRK-007", 0.5), (elsewhere, "TRK-010", 270), (exchanged, "TRK-010", 270),
    (doubled, "TRK-008", 0), (zeroed, "TRK-009", 4)])
def test_safety_S05_a_damaged_log_is_listed_and_not_covered_in_every_format(
        tmp_path, kind, damage, code, missed):
    got = proven(log(tmp_path / f"k.{kind}", damage))
    codes = {f.code for f in got.findings}
    assert code in codes
    assert missed * 0.85 <= got.uncovered_most_m2 <= missed * 2.2 + 1e-3
    for f in got.findings:
        assert f.first_row >= 1 and f.counted == (f.code == "TRK-008")


@pytest.mark.parametrize("kind", FORMATS)
def test_safety_S05_a_log_that_was_cut_off_counts_to_its_last_whole_fix(tmp_path, kind):
    whole = log(tmp_path / f"w.{kind}").read_bytes()
    path = tmp_path / f"k.{kind}"
    path.write_bytes(whole[:int(0.7 * len(whole)) - 3])
    got = proven(path)
    assert 55 < got.uncovered_most_m2 < 95 and got.uncovered_least_m2 > 50
    # Also where it ends with a whole line: it went on towards ground that is not covered.
    (cut,) = [f for f in got.findings if f.code == "TRK-027"]
    assert not cut.counted and cut.last_row > 1 and "0.5 m/s" in cut.text


@pytest.mark.parametrize(("seconds", "told"), [(0, True), (1, False), (30, False)])
def test_a_log_that_runs_on_while_the_machine_stands_was_not_cut_off(tmp_path, seconds, told):
    t, x, y, p = lanes()
    some = slice(0, int(0.7 * len(t)))
    t, x, y, p = t[some], x[some], y[some], p[some]
    stands = np.arange(1, 10 * seconds + 1) / 10
    t = np.concatenate([t, t[-1] + stands])
    x, y, p = (np.concatenate([v, np.repeat(v[-1:], len(stands))]) for v in (x, y, p))
    path = tmp_path / "k.csv"
    path.write_bytes(as_csv(t + BEGIN, *degrees(x, y), p))
    got = proven(path)
    assert got.uncovered_most_m2 > 50
    assert ("TRK-027" in {f.code for f in got.findings}) is told


@pytest.mark.parametrize("kind", FORMATS)
def test_a_log_that_is_followed_gives_at_last_what_the_whole_gives(tmp_path, kind):
    whole = log(tmp_path / f"w.{kind}", leaping).read_bytes()
    path = tmp_path / f"k.{kind}"
    pieces = np.array_split(np.frombuffer(whole, np.uint8), 7)  # cut anywhere, also in a number
    written, now = [], [0.0]

    def sleep(seconds):
        now[0] += seconds
        if len(written) < len(pieces):
            written.append(pieces[len(written)].tobytes())
            path.write_bytes(b"".join(written))

    looks = list(follow.following(
        GROUND, operate.TrackFile(path, "machine", 1.7, 0.0), operate.ProofOptions(0.95, gap_s=5),
        STATED, every_s=1, idle_s=3, clock=lambda: now[0], sleep=sleep))
    covered = [look.proof.certain_m2 for look in looks]
    assert len(looks) >= 5 and covered == sorted(covered) and covered[0] < 100
    after = proven(tmp_path / f"w.{kind}")
    last = looks[-1].proof
    assert last.certain_m2 == pytest.approx(after.certain_m2, abs=1e-9)
    assert last.best_m2 == pytest.approx(after.best_m2, abs=1e-9)
    told = [f.code for look in looks for f in look.new]
    assert "TRK-005" in told and set(told) == {f.code for f in after.findings}


def test_safety_S07_machine_and_hand_are_followed_apart_while_both_grow(tmp_path):
    machine, hand = log(tmp_path / "m.csv").read_bytes(), log(tmp_path / "h.csv").read_bytes()
    paths, now = (tmp_path / "m2.csv", tmp_path / "h2.csv"), [0.0]

    def sleep(seconds):
        now[0] += seconds
        if now[0] <= 4:  # the hand follows later, and does not come to the end
            paths[0].write_bytes(machine[:int(len(machine) * now[0] / 4)])
        elif now[0] <= 6:
            paths[1].write_bytes(hand[:int(len(hand) * (now[0] - 4) / 4)])

    looks = list(follow.following(
        GROUND, [operate.TrackFile(paths[0], "machine", 1.7, 0.0),
                 operate.TrackFile(paths[1], "manual", 1.7, 0.0)],
        operate.ProofOptions(0.95, gap_s=5), STATED, every_s=1, idle_s=3, clock=lambda: now[0],
        sleep=sleep))
    assert [k.name for k in looks[0].proof.by_kind] == ["machine"]
    last = looks[-1].proof
    assert [k.name for k in last.by_kind] == ["machine", "manual"]
    assert last.certain_m2 == pytest.approx(270, abs=0.01)
    assert 100 < last.manual_m2 < 150
    assert last.machine_only_m2 == pytest.approx(last.certain_m2 - last.manual_m2, abs=0.01)
    words = "\n".join(follow.look_words(looks[-1]))
    assert "machine 270.0 m2; manual" in words and "not clearance" in words
    assert "pass machine" in words


def test_what_cannot_be_followed_says_so(tmp_path):
    options = operate.ProofOptions(0.95)

    def looks(path, sleep=lambda seconds: None):
        return follow.following(GROUND, operate.TrackFile(path, "machine", 1.7, 0.0), options,
                                STATED, every_s=1, idle_s=0, sleep=sleep)

    with pytest.raises(LandReleaseError, match="TRK-015"):
        list(looks(tmp_path / "k.csv.gz"))
    path = log(tmp_path / "k.csv")
    with pytest.raises(LandReleaseError, match="TRK-014"):
        list(looks(path, lambda seconds: path.write_bytes(path.read_bytes()[:500])))
    assert list(looks(tmp_path / "none.csv")) == []


def test_the_command_says_what_is_proven_after_each_look_and_the_whole_at_last(tmp_path):
    task = tmp_path / "t.geojson"
    task.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": json.loads(
            shapely.to_geojson(PLANE.to_degrees(FIELD)))}]}))
    arguments = ["operate", "proof", "--track", str(log(tmp_path / "k.csv")), "--width", "1.7",
                 "--position-error", "0", "--confidence", "0.95", "--uncovered",
                 str(tmp_path / "g.geojson"), "--pass-only", "--follow", "--idle", "0", "--every",
                 "0.1"]
    got = CliRunner().invoke(app, [*arguments, "--task", str(task)])
    assert got.exit_code == 0, got.output
    assert "fixes: covered for certain 270.0 m2 (100.0 %)" in got.output
    assert "Not clearance" in got.output
    got = CliRunner().invoke(app, arguments)
    assert isinstance(got.exception, LandReleaseError) and "REGISTRY TASK" in str(got.exception)


def test_numbers_that_are_cut_in_a_log_are_never_read(tmp_path):
    """The last line of a text without its end: 10.2 may be the beginning of 10.25."""
    from landrelease.records.tracks import whole_lines

    content = log(tmp_path / "k.csv").read_bytes()
    for cut in range(200, 260):
        rows = list(csv.reader(whole_lines("k.csv", content[:cut]).decode().splitlines()))
        assert all(row in list(csv.reader(content.decode().splitlines())) for row in rows)


def test_loops_can_be_compiled_before_they_are_needed():
    from landrelease.apps.compiled import compile_stage
    from landrelease.operate import sweep, tour

    compile_stage("operate")
    assert tour._shaken.signatures and tour._sight.signatures
    assert any(f.signatures for f in vars(sweep).values() if hasattr(f, "signatures"))
