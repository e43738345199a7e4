"""COV-S: a proof on record: credit only on ground that the tracks show covered for certain."""

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.access import policy
from landrelease.apps.cli import app
from landrelease.core.coverage import (
    NOT_PROVEN,
    ONLY_A_WORD,
    ground_proven,
    not_proven,
    proven_outcomes,
)
from landrelease.core.geometry import plane_for
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import coverage, operate, risk
from tracks_made import lanes

RUN = CliRunner()
AT = datetime(2027, 5, 2, 12, tzinfo=UTC)
DAY = date(2027, 5, 1)
PLANE = plane_for((-30.0, 20.0, -29.99, 20.01))
FIELD = box(0, 0, 9, 30)  # six lanes of 1.5 m
STATED = workflows.load_assumptions()


def degrees(shape):
    return PLANE.to_degrees(shape)


def metres2(shape):
    return PLANE.to_plane(shape).area


def track(path, keep=lambda lane: True, depth=None, names=None, later=0, slower=1, aside=0.0):
    """A CSV of the lanes that are kept, in degrees."""
    t, x, y, p = lanes()
    t, x = slower * t + later, x + aside
    places = shapely.get_coordinates(degrees(shapely.points(np.column_stack([x, y]))))
    rows = ["time,latitude,longitude,pass" + (",depth_m" if depth else "")]
    rows += [f"{a},{c:.9f},{b:.9f},{names(d) if names else d + 1}"
             + (f",{depth(d)}" if depth else "")
             for a, (b, c), d in zip(t, places, p, strict=True) if keep(d)]
    path.write_text("\n".join(rows) + "\n")
    return path


def outcome(name="out", **more):
    values = {"outcome_type": "cleared", "method": "manual", "depth_m": 0.2, "activity": "act",
              "hazard": "haz", "items_found": 0} | more
    return Record("outcome", name, {k: v for k, v in values.items() if v is not None},
                  degrees(FIELD), DAY)


ACTIVITY = Record("activity", "act", {"task": "tsk", "hazard": "haz"}, None, DAY)


@pytest.fixture
def registry(tmp_path):
    made = create_registry(tmp_path / "r.gpkg", office="Test")
    with made as opened:
        records = [
            Record("hazard", "haz", {"hazard_type": "CHA", "identifier": "H1"}, degrees(FIELD),
                   date(2027, 1, 1)),
            Record("task", "tsk", {"hazard": "haz", "task_status": "started"}, None, DAY),
            Record("task", "bare", {"task_status": "started"}, None, DAY),
            # Without a task: the gate of the day (S08) is not what these tests are about.
            Record("activity", "act", {"hazard": "haz"}, None, DAY), outcome()]
        opened.append([Revision(r.kind, r.id, r.values, r.geometry, AT, "test", "test", "",
                                r.valid_from) for r in records])
        yield opened


def proof(registry, *arguments, code=1):
    got = RUN.invoke(app, [
        "operate", "proof", registry.address, "tsk", "--width", "1.7", "--position-error", "0",
        "--confidence", "0.95", "--activity", "act", *map(str, arguments)])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    assert got.exit_code == code, got.output
    return got.output


def effort(registry):
    return workflows.load_effort(registry, STATED)


def test_safety_S05_the_map_gives_no_credit_on_holes_of_a_stored_proof(registry, tmp_path):
    before = effort(registry).passes
    assert len(before) == 1 and metres2(before[0].ground) == pytest.approx(270, rel=1e-3)
    out = ("--uncovered", tmp_path / "g.geojson")
    whole = track(tmp_path / "all.csv")
    gap = track(tmp_path / "gap.csv", lambda lane: lane != 2)
    said = proof(registry, "--track", whole, "--by", "manual", *out, "--store", code=0)
    assert "stored" in said and metres2(effort(registry).passes[0].ground) == pytest.approx(
        270, abs=0.1)
    proof(registry, "--track", gap, "--by", "manual", *out, "--store")
    (left,) = effort(registry).passes
    assert metres2(left.ground) == pytest.approx(270 - 1.3 * 30, abs=0.2)
    hole = degrees(box(3.2, 1, 4.3, 29))  # the third lane, less what its neighbours sweep of it
    assert not left.ground.intersects(hole)
    # The same through the records: tracks with the hash of their file, ground by pass.
    tracks = registry.records("track")
    assert len(tracks) == 2 and all(len(r.values["file_sha256"]) == 64 for r in tracks)
    stored = coverage.coverages(registry)
    assert {c.values["coverage_by"] for c in stored} == {"manual"}
    assert {c.values.get("pass_name") for c in stored} == {None, *map(str, range(1, 7))}
    third = next(c for c in stored if c.values.get("pass_name") == "3")
    assert third.geometry is None and third.values["covered_m2"] == 0  # a later proof lacks it


def test_safety_S05_residual_risk_counts_covered_ground_only(registry, tmp_path):
    reader = policy.view("authority")

    def expected():
        found = risk.residual_of_hazard(registry, "haz", reader, STATED)
        return {s["description"]["stratum"]: s["description"]["area_m2"]
                for s in found["strata"]}, found["left_out"]

    areas, _ = expected()
    assert areas["cleared ground"] == pytest.approx(270, rel=1e-3)
    gap = track(tmp_path / "gap.csv", lambda lane: lane != 2)
    proof(registry, "--track", gap, "--by", "manual", "--uncovered", tmp_path / "g.geojson",
          "--store")
    areas, _ = expected()
    assert areas["cleared ground"] == pytest.approx(270 - 39, rel=1e-2)
    far = track(tmp_path / "far.csv", lambda lane: False)
    far.write_text("time,latitude,longitude,pass\n0,20.1,-30.1,1\n1,20.1,-30.1,1\n")
    proof(registry, "--track", far, "--by", "manual", "--uncovered", tmp_path / "g.geojson",
          "--store")
    areas, left_out = expected()
    assert set(areas) == {"the whole hazard"}
    assert {"record": "out", "reason": NOT_PROVEN} in left_out
    assert effort(registry).uncredited == (("out", NOT_PROVEN),)


WORDS = [{"proven_by": "measured_lanes", "confidence": 0.5}, {"proven_by": "measured_lanes"},
         {"confidence": 0.99}, {"confidence": 0.99, "tracks": ["nowhere"]},
         {"confidence": 0.99, "tracks": ["wide"]}]


def stored(registry, name, shape, **said):
    values = {"task": "tsk", "activity": "act", "coverage_by": "manual"} | said
    values = {k: v for k, v in values.items() if v is not None}
    registry.append([Revision("coverage", name, values, degrees(shape), AT, "test", "test", "",
                              DAY)])


@pytest.mark.parametrize("said", WORDS)
def test_safety_S05_a_word_and_a_weak_proof_get_no_credit_anywhere(registry, said):
    """Map, residual risk, lots and the layer of gaps: the same rule as for a release."""
    from landrelease.workflows.finished import finished

    registry.append([Revision("track", "wide", {"width_m": 17.5}, None, AT, "test", "test", "",
                              DAY)])
    stored(registry, "word", FIELD, **said)
    found = effort(registry)
    assert found.passes == () and found.uncredited == (("out", ONLY_A_WORD),)
    assert found.not_proofs == 1
    told = risk.residual_of_hazard(registry, "haz", policy.view("authority"), STATED)
    assert {"record": "out", "reason": ONLY_A_WORD} in told["left_out"]
    assert told["not_proofs"] == 1
    assert {s["description"]["stratum"] for s in told["strata"]} == {"the whole hazard"}
    proofs = coverage.coverages(registry)
    words = coverage.not_proofs(registry, proofs, STATED)
    done, left = finished([outcome()], {"act": ACTIVITY}, proofs, (), words)
    assert not done and [one.reason for one in left] == [ONLY_A_WORD]
    registry.append([Revision("task", "tsk", {"hazard": "haz", "task_status": "completed"}, None,
                              AT + timedelta(hours=1), "test", "test", "", DAY)])
    (gap,) = coverage.gaps(registry, policy.view("authority"))
    assert metres2(gap[2]) == pytest.approx(270, rel=1e-3)
    # Another proof of the same work counts beside it, for its own ground.
    stored(registry, "good", box(0, 0, 9, 10), proven_by="measured_lanes", confidence=0.95)
    found = effort(registry)
    assert metres2(found.passes[0].ground) == pytest.approx(90, rel=1e-3)
    assert found.not_proofs == 1
    told = risk.residual_of_hazard(registry, "haz", policy.view("authority"), STATED)
    areas = {s["description"]["stratum"]: s["description"]["area_m2"] for s in told["strata"]}
    assert areas["cleared ground"] == pytest.approx(90, rel=1e-2)


def test_safety_S05_a_word_of_some_work_does_not_hide_the_proof_of_its_task():
    word = Record("coverage", "w", {"task": "tsk", "activity": "act", "coverage_by": "manual",
                                    "depth_m": 0.2}, degrees(FIELD), DAY)
    good = Record("coverage", "g", {"task": "tsk", "coverage_by": "manual"},
                  degrees(box(0, 0, 9, 10)), DAY)
    (found,), why = proven_outcomes([outcome()], [ACTIVITY], [word, good], void={"w"})
    assert not why and metres2(found.geometry) == pytest.approx(90, rel=1e-3)
    # What a machine proves does not stand for hand work of which there is only a word.
    machine = dataclasses.replace(good, id="m", values={"task": "tsk", "coverage_by": "machine"})
    _, why = proven_outcomes([outcome()], [ACTIVITY], [word, machine], void={"w"})
    assert why == {"out": ONLY_A_WORD}


def test_safety_S05_the_map_tells_of_proofs_without_credit(registry, tmp_path):
    stored(registry, "word", FIELD, confidence=0.99)
    got = RUN.invoke(app, ["assess", "map", registry.address, "--out", str(tmp_path / "m.tif"),
                           "--cell", "10", "--as", "planner", "--quiet"])
    assert got.exit_code == 0, (got.output, got.exception)
    assert f"no credit: {ONLY_A_WORD} (1)" in got.output
    assert "states too little confidence (S05): 1" in got.output


@pytest.mark.parametrize(("quantities", "many", "least"), [
    ((2, 1), 3, False), ((2, "declined"), 3, True), ((None,), 1, True), ((), 0, False)])
def test_safety_S12_finds_without_a_number_are_at_least_so_many_on_the_map(
        registry, tmp_path, quantities, many, least):
    """The command, the description in the file, the layer of the web page and the page of the job.
    """
    import rasterio

    from landrelease.apps.web.results import _map
    from landrelease.workflows import maps

    registry.append([Revision("item", f"i{n}", {"hazard": "haz", "ordnance_category": "ap_mine",
                                                **({} if q is None else {"quantity": q})},
                              degrees(FIELD.centroid) if n else None, AT, "test", "test", "", DAY)
                     for n, q in enumerate(quantities)])
    found, out = effort(registry), tmp_path / "m.tif"
    assert found.items == (many, not least)
    said = f"items found: {'at least ' if least else ''}{many}."
    got = RUN.invoke(app, ["assess", "map", registry.address, "--out", str(out), "--cell", "10",
                           "--as", "planner", "--quiet"])
    assert said in got.output
    with rasterio.open(out) as raster:
        assert said in raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]
    maps.write_layer(out, tmp_path / "m.geojson", prior=0.0, synthetic=False, items=found.items)
    layer = json.loads((tmp_path / "m.geojson").read_text())
    assert (layer["items"], layer["items_at_least"]) == (many, least)
    page = str(_map({"rows": 1, "columns": 1, "bands": [], "passes": 1, "uncredited": 0,
                     "priors": 0, "areas": 1, "items": many, "items_at_least": least}))
    assert f"Items found, by the records: {'at least ' if least else ''}{many}<" in page


def test_safety_S07_machine_and_manual_follow_up_stand_apart(registry, tmp_path):
    machine = track(tmp_path / "m.csv", lambda lane: lane != 1,
                    lambda lane: 0.1 + 0.05 * (lane < 4))
    manual = track(tmp_path / "h.csv", lambda lane: lane != 4, slower=2)
    proof(registry, "--track", machine, "--manual", manual, "--manual-width", "1.7",
          "--manual-position-error", "0", "--uncovered", tmp_path / "g.geojson",
          "--store")  # together all of it; a strip waits for hand
    stored = [c for c in coverage.coverages(registry) if not c.values.get("pass_name")]
    by_hand = ground_proven(stored, "manual", 0.2)  # its tracks state no depth
    assert metres2(by_hand) == pytest.approx(270 - 39, abs=0.2)
    assert metres2(ground_proven(stored, "machine")) == pytest.approx(270 - 39, abs=0.2)
    shallow, deep = (metres2(ground_proven(stored, "machine", d)) for d in (0.1, 0.15))
    assert shallow == pytest.approx(270 - 39, abs=0.3) and deep < 0.62 * 270
    assert ground_proven(stored, "machine", 0.2).is_empty  # never so deep
    assert ground_proven(stored, "animal") is None
    ground = degrees(FIELD)
    assert metres2(not_proven(ground, stored, ["manual"])) == pytest.approx(39, abs=0.2)
    assert metres2(not_proven(ground, stored, ["manual", "machine"])) == pytest.approx(0, abs=0.1)

    def credited(**more):
        (got,), why = proven_outcomes([outcome(**more)], [ACTIVITY], stored)
        return 0.0 if why else metres2(got.geometry)

    assert credited() == pytest.approx(231, abs=0.3)
    assert credited(method="machine then manual") == pytest.approx(231, abs=0.3)
    assert credited(method="machine", depth_m=0.1, follow_up="done") == pytest.approx(192, abs=0.4)
    assert credited(method="machine", depth_m=0.2, follow_up="done") == 0
    assert credited(method="dogs") == pytest.approx(270, abs=0.1)  # no tracks of theirs on record
    assert credited(method=None) == pytest.approx(231, abs=0.3)
    assert credited(activity="other") == pytest.approx(270, abs=0.1)
    assert credited(outcome_type="cancelled") == pytest.approx(270, abs=0.1)
    # A machine alone gets no credit for all its tracks.
    registry.append([Revision("outcome", "out", outcome(
        method="machine", depth_m=0.1).values, degrees(FIELD), AT, "test", "test", "", DAY)])
    assert effort(registry).passes == ()


def test_safety_S05_measured_lanes_are_narrowed_at_the_rim_and_round_holes(registry, tmp_path):
    lanes_file, gaps = tmp_path / "lanes.geojson", tmp_path / "g.geojson"

    def measured(shapes, *more, code):
        lanes_file.write_text(json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(
                degrees(s)))} for s in shapes]}))
        got = RUN.invoke(app, [
            "operate", "measured", registry.address, "tsk", "--lanes", str(lanes_file),
            "--position-error", "0.1", "--confidence", "0.95", "--depth", "0.2", "--day",
            "2026-05-01", "--uncovered", str(gaps), "--activity", "act", "--json",
            str(tmp_path / "m.json"), *map(str, more)])
        assert got.exit_code == code, (got.output, got.exception)
        return json.loads((tmp_path / "m.json").read_text())

    # Six lanes side by side that reach 0.3 m over the rim: their common marks open no gap.
    wide = [box(1.5 * k - (0.3 if k == 0 else 0), -0.3, 1.5 * (k + 1) + (0.3 if k == 5 else 0),
                30.3) for k in range(6)]
    assert measured(wide, code=0)["uncovered_most_m2"] == pytest.approx(0, abs=1e-6)
    # Without it the rim is not certain: 1.96 standard deviations and a millimetre of it.
    narrow = [box(1.5 * k, 0, 1.5 * (k + 1), 30) for k in range(6)]
    left = measured(narrow, code=1)["uncovered_most_m2"]
    margin = 1.959964 * 0.1 + 1e-3
    assert left == pytest.approx(270 - (9 - 2 * margin) * (30 - 2 * margin), rel=1e-2)
    assert coverage.coverages(registry) == []  # nothing was stored
    # An outline that runs over the middle twice: not all readings of it hold the ground there.
    twice = shapely.Polygon([(-0.3, -0.3), (9.3, -0.3), (9.3, 30.3), (3, 30.3), (3, 10), (6, 10),
                             (6, 31), (-0.3, 31)])
    crossed = measured([twice], code=1)
    assert crossed["uncovered_most_m2"] == pytest.approx((3 + 2 * margin) * (20 + margin), rel=1e-2)
    assert [(f["code"], f["row"]) for f in crossed["findings"]] == [("GEO-016", 1)]
    assert not measured(wide, code=0)["findings"]
    # A lane that is missing is a hole, wider by the margin on both sides.
    hole = measured([*wide[:2], *wide[3:]], "--store", code=1)
    assert hole["uncovered_most_m2"] == pytest.approx((1.5 + 2 * margin) * 30, rel=1e-2)
    (stored,) = coverage.coverages(registry)
    assert stored.values["proven_by"] == "measured_lanes" and stored.values["depth_m"] == 0.2
    (found,) = effort(registry).passes
    assert not found.ground.intersects(degrees(box(3.1, 1, 4.4, 29)))
    assert metres2(found.ground) == pytest.approx(270 - (1.5 + 2 * margin) * 30, rel=1e-2)
    # Another file of lanes takes its place; a proof from tracks stands beside it.
    measured(wide, "--store", code=0)
    assert metres2(effort(registry).passes[0].ground) == pytest.approx(270, abs=0.1)
    proof(registry, "--track", track(tmp_path / "all.csv"), "--by", "manual", "--uncovered", gaps,
          "--store", code=0)
    assert metres2(effort(registry).passes[0].ground) == pytest.approx(270, abs=0.1)


def test_tracks_of_one_day_stand_beside_those_of_the_day_before(registry, tmp_path):
    """--add: what is covered is the union of the days, less what a second copy would count."""
    out = ("--uncovered", tmp_path / "g.geojson", "--json", tmp_path / "p.json", "--store")
    days = [track(tmp_path / f"{k}.csv", lambda lane, k=k: lane // 2 == k) for k in range(3)]
    proof(registry, "--track", days[0], "--by", "manual", *out)
    said = proof(registry, "--track", days[1], "--by", "manual", *out, "--add")
    assert "With the 1 tracks of days before" in said
    (left,) = effort(registry).passes
    assert metres2(left.ground) == pytest.approx(4 * 1.5 * 30, abs=5)
    told = json.loads((tmp_path / "p.json").read_text())["all_days"]
    assert told["tracks_before"] == 1
    assert told["uncovered_most_m2"] == pytest.approx(270 - 6.1 * 30, abs=0.1)
    gaps = json.loads((tmp_path / "g.geojson").read_text())["features"]
    assert sum(f["properties"]["area_m2"] for f in gaps) == pytest.approx(270 - 6.1 * 30, abs=0.1)
    proof(registry, "--track", days[2], "--by", "manual", *out, "--add", code=0)
    (left,) = effort(registry).passes
    assert metres2(left.ground) == pytest.approx(270, abs=0.1)
    stored = next(c for c in coverage.coverages(registry) if not c.values.get("pass_name"))
    assert len(stored.values["tracks"]) == 3
    assert stored.values["covered_m2"] == pytest.approx(270, abs=0.1)
    # The same log once more, also as another file: it would count twice (S10).
    again = tmp_path / "again.csv"
    again.write_text(days[1].read_text().replace("\n", "\r\n"))
    for copy in (days[1], again):
        with pytest.raises(LandReleaseError, match="COV-009"):
            proof(registry, "--track", copy, "--by", "manual", *out, "--add")
    # Without --add it takes the place of all of them.
    proof(registry, "--track", days[0], "--by", "manual", *out)
    (left,) = effort(registry).passes
    assert metres2(left.ground) == pytest.approx(3.1 * 30, abs=1)


@pytest.mark.parametrize(("first", "second", "copy"), [
    ("machine", "manual", "same"), ("manual", "machine", "lines"), ("machine", "manual", "clock"),
    ("machine", "manual", "half"), ("machine", "animal", "coarse")])
def test_safety_S07_the_log_of_a_machine_is_no_log_of_its_follow_up_in_another_run(
        registry, tmp_path, first, second, copy):
    out = ("--uncovered", tmp_path / "g.geojson", "--store")
    one, other = track(tmp_path / "one.csv"), tmp_path / "two.csv"
    if copy in ("same", "lines"):
        other.write_text(one.read_text().replace("\n", "\n" if copy == "same" else "\r\n"))
    else:
        track(other, keep=lambda lane: lane > 2 or copy != "half", later=86_400)
    if copy == "coarse":  # places to a metre: two drives share them, but not in the same time
        out += ("--position-error", "0.56", "--width", "3")
        for path in (one, other):
            head, *rows = [r.split(",") for r in path.read_text().splitlines()]
            path.write_text(",".join(head) + "\n" + "".join(
                f"{t},{float(y):.5f},{float(x):.5f},{p}\n" for t, y, x, p in rows))
    by_hand_whole = 0 if first == "manual" else 1
    proof(registry, "--track", one, "--by", first, *out, code=by_hand_whole)
    before = registry.head()
    with pytest.raises(LandReleaseError, match=rf"COV-015.*{second}.*{first}"):
        proof(registry, "--track", other, "--by", second, "--activity", "next", *out)
    with pytest.raises(LandReleaseError, match=r"COV-0(15|09)"):
        proof(registry, "--track", other, "--by", second, *out, "--add")
    assert registry.head() == before
    # Given with the wrong kind of work it is given anew: no proof says both.
    proof(registry, "--track", one, "--by", second, *out, code=0 if second == "manual" else 1)
    assert {c.values["coverage_by"] for c in coverage.coverages(registry)
            if c.geometry is not None} == {second}


def test_safety_S07_a_search_by_hand_of_its_own_follows_a_machine(registry, tmp_path):
    """Both logs in one run, then each of them again in a run of its own: no copy of the other."""
    out = ("--uncovered", tmp_path / "g.geojson", "--store")
    machine = track(tmp_path / "m.csv")
    hand = track(tmp_path / "h.csv", later=90_000, aside=-0.05)
    both = ("--manual", hand, "--manual-width", "1.7", "--manual-position-error", "0")
    proof(registry, "--track", machine, *both, *out, code=0)
    proof(registry, "--track", machine, *out, "--activity", "m")
    proof(registry, "--track", hand, "--by", "manual", *out, "--activity", "h", code=0)
    assert len(registry.records("track")) == 4


def test_safety_S10_a_log_that_goes_on_adds_no_hours_that_are_on_record(registry, tmp_path):
    """The logger was not emptied: the second day's file begins with the first day's fixes."""
    from landrelease.core.moment import moment_of

    registry.append([Revision("machine", "m1", {"machine_status": "ready"}, None, AT, "test",
                              "test", "", DAY)])
    out = ("--uncovered", tmp_path / "g.geojson", "--store", "--machine", "m1")
    rows = track(tmp_path / "all.csv").read_text().splitlines()
    half = len(rows) // 2
    first, both = tmp_path / "one.csv", tmp_path / "two.csv"
    first.write_text("\n".join(rows[:half]) + "\n")
    both.write_text("\n".join(rows) + "\n")
    proof(registry, "--track", first, *out)
    proof(registry, "--track", both, *out, "--add", code=1)  # by machine alone: it waits for hand
    spans = sorted((moment_of(r.values["started_at"]), moment_of(r.values["ended_at"]))
                   for r in registry.records("track"))
    assert len(spans) == 2 and spans[0][1] < spans[1][0]
    stored = next(c for c in coverage.coverages(registry) if not c.values.get("pass_name"))
    assert metres2(stored.geometry) == pytest.approx(270, abs=0.1)


@pytest.mark.parametrize("copy", ["all", "begin"])
def test_safety_S10_a_log_on_another_clock_adds_no_hours_that_are_on_record(
        registry, tmp_path, copy):
    """The logger's clock was set to another day: the same drive once more, and then new work."""
    from landrelease.operate.exposure import exposure

    registry.append([Revision("machine", "m1", {"machine_status": "ready"}, None, AT, "test",
                              "test", "", DAY)])
    out = ("--uncovered", tmp_path / "g.geojson", "--store", "--machine", "m1")
    first = track(tmp_path / "one.csv", keep=lambda lane: lane < 3)
    both = track(tmp_path / "two.csv", keep=lambda lane: lane < 3 or copy == "begin", later=86_400)

    def hours():
        return exposure([], registry.records("track"), registry.records("hazard")).hours(
            people=False)

    proof(registry, "--track", first, *out)
    once = hours()
    proof(registry, "--track", both, *out, "--add")
    assert once > 0 and len(registry.records("track")) == 2
    t, _, _, lane = lanes()
    whole = once * float(np.ptp(t) / np.ptp(t[lane < 3]))  # as much of it lies on the hazard
    assert hours() == pytest.approx(once if copy == "all" else whole, rel=0.05)
    stored = next(c for c in coverage.coverages(registry) if not c.values.get("pass_name"))
    assert metres2(stored.geometry) == pytest.approx(
        4.6 * 30 if copy == "all" else 270, abs=0.1)


def test_safety_S10_the_same_lanes_driven_again_at_another_pace_are_work_of_their_own(
        registry, tmp_path):
    from landrelease.operate.exposure import exposure

    registry.append([Revision("machine", "m1", {"machine_status": "ready"}, None, AT, "test",
                              "test", "", DAY)])
    out = ("--uncovered", tmp_path / "g.geojson", "--store", "--machine", "m1")

    def hours():
        return exposure([], registry.records("track"), registry.records("hazard")).hours(
            people=False)

    proof(registry, "--track", track(tmp_path / "one.csv"), *out)
    once = hours()
    proof(registry, "--track", track(tmp_path / "two.csv", later=86_400, slower=2), *out, "--add")
    assert hours() == pytest.approx(3 * once, rel=0.01)


def test_safety_S07_another_day_adds_hand_work_to_the_ground_of_the_machine(registry, tmp_path):
    out = ("--uncovered", tmp_path / "g.geojson", "--store")
    proof(registry, "--track", track(tmp_path / "m.csv"), *out)
    hand = track(tmp_path / "h.csv", lambda lane: lane < 3, names=lambda lane: "hand",
                 aside=-0.05)
    said = proof(registry, "--track", hand, "--by", "manual", *out, "--add")
    assert "by machine or animal only" in said
    states = {f["properties"]["state"] for f in json.loads(
        (tmp_path / "g.geojson").read_text())["features"]}
    assert states == {operate.WAITING}
    by = {c.values["coverage_by"]: c for c in coverage.coverages(registry)
          if not c.values.get("pass_name")}
    assert metres2(by["machine"].geometry) == pytest.approx(270, abs=0.1)
    assert metres2(by["manual"].geometry) == pytest.approx(4.55 * 30, abs=0.5)
    got = RUN.invoke(app, [
        "operate", "proof", registry.address, "tsk", "--track", str(hand), "--width", "1.7",
        "--position-error", "0", "--confidence", "0.95", "--uncovered",
        str(tmp_path / "g.geojson"), "--add"])
    assert isinstance(got.exception, LandReleaseError) and "--add" in str(got.exception)


@settings(deadline=None, max_examples=15)
@given(lanes_of=st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=3))
def test_safety_S05_the_days_together_never_cover_more_than_one_proof_of_all_would(
        tmp_path_factory, lanes_of):
    folder = tmp_path_factory.mktemp("days")
    registry = create_registry(folder / "r.gpkg", office="Test")
    registry.append([Revision("task", "tsk", {"task_status": "started"}, degrees(FIELD), AT, "test",
                              "test", "", DAY)])
    ground = operate.ground_of("t", degrees(FIELD), synthetic=False)
    record = Record("task", "tsk", {}, degrees(FIELD), DAY)
    options = operate.ProofOptions(0.95)
    files = []
    for n, some in enumerate(lanes_of):
        path = track(folder / f"{n}.csv", lambda lane, some=some: lane in some,
                     depth=lambda lane, n=n: 0.1 + n / 20, later=10_000 * n)
        one = [operate.TrackFile(path, "machine", 1.7, 0.0)]
        made = operate.prove_on(ground, one, options, STATED)
        days = coverage.all_days(registry, record, made, one, 0.95, activity=None,
                                 smallest_m=0.01) if n else None
        coverage.store_proof(registry, record, one, made, 0.95, activity=None, by="test",
                             days=days, now=AT + timedelta(days=n))
        files += one
    every = operate.prove_on(ground, files, options, STATED).proof.certain_m2
    stored = ground_proven(coverage.coverages(registry), "machine")
    assert every - 0.5 <= metres2(stored) <= every + 1e-3
    registry.close()


def test_safety_S07_the_layer_of_gaps_tells_machine_and_hand_apart(registry, tmp_path):
    from landrelease.access.policy import view

    machine = track(tmp_path / "m.csv", lambda lane: lane != 1)
    manual = track(tmp_path / "h.csv", lambda lane: lane not in (1, 4), slower=2)
    proof(registry, "--track", machine, "--uncovered", tmp_path / "g.geojson", "--store")

    def left():
        return {state: (metres2(ground), m2) for _, state, ground, m2 in coverage.gaps(
            registry, view("inspector"))}

    alone = left()
    assert alone["machine_only"][0] == pytest.approx(270 - 39, abs=0.3)
    assert alone["not_proven"][0] == pytest.approx(39, abs=0.3)
    proof(registry, "--track", machine, "--manual", manual, "--manual-width", "1.7",
          "--manual-position-error", "0", "--uncovered", tmp_path / "g.geojson", "--store")
    both = left()
    assert both["machine_only"][0] == pytest.approx(39, abs=0.3)
    assert both["not_proven"][0] == pytest.approx(39, abs=0.3)
    assert all(a == pytest.approx(m2, rel=0.01) for a, m2 in both.values())


def test_a_proof_of_an_activity_holds_for_it_alone():
    ground = degrees(box(0, 0, 9, 10))
    stored = [Record("coverage", "c", {"task": "tsk", "activity": "act", "coverage_by": "manual"},
                     ground, DAY)]
    other = dataclasses.replace(ACTIVITY, id="act2")
    found, why = proven_outcomes([outcome("a"), outcome("b", activity="act2")],
                                 [ACTIVITY, other], stored)
    assert not why
    assert [round(metres2(o.geometry)) for o in found] == [90, 270]
    assert proven_outcomes(found, [ACTIVITY], []) == (found, {})


def test_safety_S05_tracks_from_before_the_work_began_prove_nothing_of_it():
    again = dataclasses.replace(ACTIVITY, values={
        **ACTIVITY.values, "started_on": DAY + timedelta(days=10)})
    proof_ = Record("coverage", "c", {"task": "tsk", "coverage_by": "manual"}, degrees(FIELD), DAY)
    kept, why = proven_outcomes([outcome()], [ACTIVITY], [proof_])
    assert not why and metres2(kept[0].geometry) == pytest.approx(270, abs=0.1)
    _, why = proven_outcomes([outcome()], [again], [proof_])
    assert set(why) == {"out"}
    later = dataclasses.replace(proof_, valid_from=DAY + timedelta(days=9))  # UTC, in the east
    kept, why = proven_outcomes([outcome()], [again], [proof_, later])
    assert not why


def test_covered_ground_is_the_task_less_its_gaps(tmp_path):
    """Against plain polygons; never more than the bracket says."""
    task = tmp_path / "t.geojson"
    task.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": json.loads(
            shapely.to_geojson(degrees(FIELD)))}]}))
    path = track(tmp_path / "k.csv", lambda lane: lane not in (0, 3))
    made = operate.prove_on(operate.read_ground(task, plane=False), [
        operate.TrackFile(path, "machine", 1.2, 0.02)], operate.ProofOptions(0.95), STATED)
    from landrelease.operate.proof import covered_parts

    whole, *passes = covered_parts(made.ground.geometry, made.works)
    assert made.proof.certain_m2 - 0.5 <= whole.ground.area <= made.proof.certain_m2
    assert whole.ground.is_valid and len(passes) == 4
    joined = shapely.union_all([p.ground for p in passes])
    assert shapely.difference(joined, shapely.buffer(whole.ground, 5e-3)).area < 1e-3
    half = 0.6 - 1.959964 * 0.02
    for gap in made.proof.spots.polygons:
        assert shapely.intersection(gap, whole.ground).area < 1e-9
    assert whole.ground.area == pytest.approx(4 * 2 * half * 30, rel=0.01)


@pytest.mark.parametrize("arguments, code", [
    (["nothing"], "COV-007"), (["bare"], "COV-004"), ([], "CLI-"), (["tsk", "--plane"], "CLI-")])
def test_tasks_that_are_not_on_record_say_so(registry, tmp_path, arguments, code):
    path = track(tmp_path / "k.csv")
    with pytest.raises(LandReleaseError, match=code):
        got = RUN.invoke(app, [
            "operate", "proof", registry.address, *arguments, "--track", str(path), "--width",
            "1.7", "--position-error", "0", "--confidence", "0.95", "--uncovered",
            str(tmp_path / "g.geojson"), "--as", "authority"])
        raise got.exception


def test_safety_S16_the_public_learns_nothing_of_a_recorded_proof(registry, tmp_path):
    path = track(tmp_path / "k.csv")
    got = RUN.invoke(app, [
        "operate", "proof", registry.address, "tsk", "--track", str(path), "--width", "1.7",
        "--position-error", "0", "--confidence", "0.95", "--uncovered",
        str(tmp_path / "g.geojson"), "--store", "--as", "public"])
    assert isinstance(got.exception, LandReleaseError) and got.exception.code == "ACC-101"
    assert not (tmp_path / "g.geojson").exists()
    with open_registry(registry.address) as again:
        assert again.records("coverage") == []
