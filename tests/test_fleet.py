"""LAN-F: several machines at once keep their distance, at any speed, and cover all ground."""

import csv
import itertools
import json
import math

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
from landrelease.operate import fleet, lanes

RUN = CliRunner()


def driven(made, speeds, rng):
    """The machines as they might really go: each stretch takes as long as it takes. Times at which
    each stretch is begun and left, found from the holds alone."""
    many = [len(p) for p in made.paths]
    start = [np.full(n, np.nan) for n in many]
    leave = [np.full(n, np.nan) for n in many]
    at, ready = [0] * len(many), [float(rng.uniform(0, 60)) for _ in many]
    while True:
        moved = False
        for m, path in enumerate(made.paths):
            while at[m] < many[m]:
                k = at[m]
                times = [leave[h.machine][h.stretch] for h in path[k].holds]
                if np.isnan(times).any():
                    break
                begin = max([ready[m], *times])
                if k:
                    leave[m][k - 1] = begin
                start[m][k] = begin
                ready[m] = begin + path[k].drive.length_m / speeds[m] * rng.choice([0.2, 1, 1, 9])
                at[m] += 1
                if at[m] == many[m]:
                    leave[m][k] = ready[m]
                moved = True
        if not moved:
            break
    assert at == many  # nobody waits for ever
    return start, leave


def nearest(made, start, leave):
    """Least distance between bodies of stretches that are driven at one time."""
    least = math.inf
    for a in range(len(made.paths)):
        for b in range(a):
            first = np.array([fleet._line(s.drive) for s in made.paths[a]], dtype=object)
            second = np.array([fleet._line(s.drive) for s in made.paths[b]], dtype=object)
            both = (start[a][:, None] < leave[b][None] - 1e-9) & (
                start[b][None] < leave[a][:, None] - 1e-9)
            i, j = np.nonzero(both)
            if len(i):
                least = min(least, float(shapely.distance(first[i], second[j]).min()))
    return least - 2 * made.radius_m


def missed(made):
    return shapely.difference(made.plan.reachable, shapely.buffer(
        lanes.swept(made.plan.drives, made.plan.width_m), 0.01)).area


@st.composite
def grounds(draw):
    ground = shapely.Polygon([(0, 0), (draw(st.floats(30, 50)), draw(st.floats(0, 8))),
                              (draw(st.floats(28, 50)), draw(st.floats(25, 40))),
                              (draw(st.floats(0, 9)), draw(st.floats(22, 36)))])
    for _ in range(draw(st.integers(0, 2))):
        x, y = draw(st.floats(6, 26)), draw(st.floats(4, 20))
        ground = ground - box(x, y, x + draw(st.floats(1, 7)), y + draw(st.floats(1, 7)))
    return ground


@settings(deadline=None, max_examples=8)
@given(ground=grounds(), speeds=st.lists(st.floats(0.2, 1.0), min_size=2, max_size=3),
       apart=st.sampled_from([0.0, 3.0, 8.0, 25.0]), seed=st.integers(0, 99),
       headland=st.booleans(), beside=st.sampled_from([None, -12, -30]))
def test_no_two_machines_are_ever_nearer_than_the_distance(ground, speeds, apart, seed, headland,
                                                         beside):
    safe = None if beside is None else box(beside, -30, 60, 45) - ground
    made = fleet.plan_fleet(ground, speeds, apart_m=apart, width_m=3.0, overlap_m=0.2,
                            entry=(-5.0, -5.0), headland_first=headland, safe=safe)
    # Each machine: its part of the outer edge, then all else.
    if headland and not made.plan.apart and safe is None:
        outer = shapely.boundary(shapely.Polygon(shapely.get_parts(made.plan.middle)[0].exterior))
        for path in made.paths:
            new = [shapely.dwithin(outer, fleet._line(s.drive).interpolate(0.5, normalized=True),
                                   1e-6) for s in path if s.drive.kind not in ("way", "spot")]
            assert new == sorted(new, reverse=True)
    stated = [np.array([s.start_s for s in p]) for p in made.paths], [
        np.array([s.leave_s for s in p]) for p in made.paths]
    assert nearest(made, *stated) >= apart - 1e-6  # at the stated speeds
    rng = np.random.default_rng(seed)
    for _ in range(3):  # and however fast or slow each of them really is
        assert nearest(made, *driven(made, speeds, rng)) >= apart - 1e-6
    assert missed(made) < 1e-6
    roomy = shapely.buffer(made.plan.middle, 1e-5)
    for path in made.paths:
        drives = [s.drive for s in path]
        assert all(fleet._line(d).difference(roomy).length == 0 for d in drives)
        if not made.plan.apart:
            for a, b in itertools.pairwise(drives):
                assert math.dist(a.xy[-1], b.xy[0]) < 1e-6
            assert math.dist(drives[0].xy[0], drives[-1].xy[-1]) < 1e-6  # off where it came on


def test_a_stretch_never_ends_in_a_corner():
    """Where it would, no bar would turn there; found by the property above."""
    ground = shapely.Polygon([(0, 0), (50, 2.614), (28, 25), (6, 22)])
    made = fleet.plan_fleet(ground, [0.2, 0.2], apart_m=0.0, width_m=3.0, overlap_m=0.2,
                            entry=(-5.0, -5.0))
    assert missed(made) < 1e-6


def test_swaths_of_several_machines_begin_on_rounds_that_are_done():
    """Turns on ground not yet worked, by the times stated, over both machines."""
    ground = shapely.Polygon([(1, 2), (52, 4), (50, 37), (3, 33)])
    made = fleet.plan_fleet(ground, [0.5, 0.5], apart_m=8.0, width_m=2.0, overlap_m=0.1,
                            entry=(-5.0, -5.0), headland_first=True)
    told = lanes.new_ground([[(s.start_s, s.drive) for s in path] for path in made.paths], 2.0, 1.0)
    assert told.turns <= 3 and missed(made) < 1e-6
    later = fleet.plan_fleet(ground, [0.5, 0.5], apart_m=8.0, width_m=2.0, overlap_m=0.1,
                             entry=(-5.0, -5.0))
    assert lanes.new_ground([[(s.start_s, s.drive) for s in path] for path in later.paths],
                            2.0, 1.0).turns > 20


def test_two_machines_far_enough_apart_need_about_half_the_time():
    field = box(0, 0, 120, 90)
    one = fleet.plan_fleet(field, [0.5], apart_m=10, width_m=3.0, entry=(-2.0, 0.0))
    two = fleet.plan_fleet(field, [0.5, 0.5], apart_m=10, width_m=3.0, entry=(-2.0, 0.0))
    assert one.seconds == pytest.approx(one.plan.length_m / 0.5)
    assert two.seconds < 0.65 * one.seconds
    # A distance that the ground does not hold: one after the other, and never stuck.
    apart = fleet.plan_fleet(field, [0.5, 0.5], apart_m=500, width_m=3.0, entry=(-2.0, 0.0))
    first, second = sorted(apart.paths, key=lambda p: p[0].start_s)
    assert second[0].start_s >= first[-1].leave_s - 1e-6


def test_people_come_after_the_last_stretch_that_is_near():
    field = box(0, 0, 60, 40)
    made = fleet.plan_fleet(field, [0.5, 0.5], apart_m=5, width_m=3.0, entry=(-2.0, 0.0))
    ground = box(0, 0, 1, 40)
    holds = fleet.open_after(ground, made, 20.0)
    assert {h.machine for h in holds} <= {0, 1} and holds
    opens = {h.machine: h.stretch for h in holds}
    for m, path in enumerate(made.paths):
        for s in path[opens.get(m, -1) + 1:]:
            assert fleet._line(s.drive).distance(ground) - made.radius_m > 20.0 - 1e-6


@pytest.mark.parametrize("speeds, apart, code", [
    ([], 5, "LAN-008"), ([0.5, 0], 5, "LAN-008"), ([0.5] * 9, 5, "LAN-008"),
    ([0.5, 0.5], -1, "LAN-009"), ([0.5, 0.5], math.nan, "LAN-009")])
def test_what_makes_no_sense_is_refused(speeds, apart, code):
    with pytest.raises(LandReleaseError, match=code):
        fleet.plan_fleet(box(0, 0, 30, 30), speeds, apart_m=apart, width_m=3.0)


PLANE = plane_for((-30.0, 20.0, -29.99, 20.01))


def run(*arguments):
    got = RUN.invoke(app, ["operate", "lanes", *map(str, arguments)])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    return got


def test_each_machine_has_its_own_files_and_holds_stand_in_them(tmp_path):
    task = tmp_path / "t.geojson"
    task.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"synthetic": "yes"}, "geometry": json.loads(
            shapely.to_geojson(PLANE.to_degrees(box(0, 0, 50, 40))))}]}))
    road = tmp_path / "s.geojson"
    road.write_text(shapely.to_geojson(PLANE.to_degrees(box(-15, 0, 0, 40))))
    out = tmp_path / "o"
    base = ("--task", task, "--out", out, "--profile", "uran-6")
    got = run(*base, "--width", 3, "--machines", 2, "--apart", 10, "--profile", "detector",
              "--people-apart", 25, "--safe", road)
    assert got.exit_code == 1, got.output
    assert all(f"LAN-0{n}" in got.output for n in (12, 14, 15, 16)), got.output  # not stated
    assert "SYNTHETIC" in got.output and "not clearance" in got.output
    result = json.loads((out / "lanes.json").read_text())
    rows = list(csv.reader((out / "schedule.csv").open()))
    assert "synthetic" in rows[0][0]
    held = 0
    for m in (1, 2):
        folder = out / f"machine-{m}"
        names = {p.name for p in folder.iterdir()}
        assert {"lanes.geojson", "lanes.gpx", "lanes.kml", "lanes.plan", "lanes.waypoints",
                "sketch.pdf"} <= names
        assert "safe ground" in {f["properties"]["kind"] for f in json.loads(
            (folder / "lanes.geojson").read_text())["features"]}
        own = [r for r in rows[2:] if r[0] == str(m)]
        assert len(own) == result["machines"][m - 1]["stretches"] > 3
        items = json.loads((folder / "lanes.plan").read_text())["mission"]["items"]
        stops = sum(i["command"] == 17 for i in items)
        assert stops == sum(bool(r[6]) for r in own) == result["machines"][m - 1]["waits"]
        held += stops
    assert held > 0 and result["safe_m2"] == pytest.approx(600, abs=0.5)
    opens = [f["properties"].get("holds_until") for f in json.loads(
        (out / "people" / "lanes.geojson").read_text())["features"]]
    assert any(opens) and result["people"]["last_opens_s"] > 0
    for more, code in (
            (("--machines", 2), "LAN-009"),
            (("--machines", 2, "--apart", 5, "--profile", "rat"), "LAN-011"),
            (("--profile", "rat", "--profile", "detector", "--apart", 5), "LAN-010"),
            (("--machines", 9, "--apart", 5), "LAN-008"),
            (("--machines", 2, "--profile", "mv-10", "--apart", 5), "LAN-008"),
            (("--profile", "mv-10", "--apart", 5), "LAN-005")):
        with pytest.raises(LandReleaseError, match=code):
            run(*base, *more)


def drawn(path, shape, **properties):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties,
         "geometry": json.loads(shapely.to_geojson(shape))}]}))
    return path


def test_each_sheet_says_all_that_is_to_be_told_of_its_lanes(tmp_path):
    """Lanes cut off, a way in over ground not to enter, an operator out of range, when a lane
    opens, ground for hand work: in the same words as for one machine, or for people alone."""
    field, out = box(0, 0, 34, 24), tmp_path / "o"
    task = drawn(tmp_path / "t.geojson", field)
    keep = drawn(tmp_path / "k.geojson", box(10, -4, 24, 14) - box(12, 2, 22, 12))
    steep = drawn(tmp_path / "s.geojson", box(27, 17, 32, 22), slope_deg=30)
    got = run("--task", task, "--plane", "--profile", "uran-6", "--width", 3, "--machines", 2,
              "--apart", 3, "--profile", "detector", "--people-apart", 6, "--keep-out", keep,
              "--keep-out", steep, "--slope-limit", 20, "--entry", "16,-8", "--stand-off", 5,
              "--control-range", 12, "--out", out)
    result = json.loads((out / "lanes.json").read_text())
    codes = [f.replace("[", "")[:15] for f in result["findings"]]
    assert "People: LAN-024" in codes and "People: LAN-026" in codes, got.output
    assert result["by_hand_m2"] >= 25 and result["keep_out_m2"] == pytest.approx(14 * 14 - 100)
    assert result["steep_m2"] == pytest.approx(25)
    assert result["people"]["left_m2"] == pytest.approx(14 * 14 - 100)  # the steep is in lanes
    sheets = {}
    for folder in ("machine-1", "machine-2", "people"):
        own = json.loads((out / folder / "lanes.json").read_text())
        found = {f[1:8] for f in own["findings"]}
        features = json.loads((out / folder / "lanes.geojson").read_text())["features"]
        area = {kind: sum(shapely.geometry.shape(f["geometry"]).area for f in features
                          if f["properties"]["kind"] == kind) for kind in ("by hand", "kept out")}
        assert area["kept out"] == pytest.approx(14 * 14 - 100)
        sheets[folder] = " ".join("".join(p.extract_text() for p in PdfReader(
            out / folder / "sketch.pdf").pages).split())
        assert all(code in sheets[folder] for code in found if code.startswith("LAN"))
        assert "LAN-026" in found and "only after" in sheets[folder]
        if folder == "people":
            assert "LAN-024" in found and area["by hand"] == 0
        else:
            assert {"LAN-007", "LAN-025"} <= found
            assert area["by hand"] == pytest.approx(result["by_hand_m2"], abs=0.01)
            assert own["by_hand_m2"] == result["by_hand_m2"]
    rows = [r for r in csv.DictReader((out / "schedule.csv").open()) if r["machine"] == "people"]
    opens = {f["properties"]["name"]: f["properties"].get("holds_until", "") for f in json.loads(
        (out / "people" / "lanes.geojson").read_text())["features"]
        if f["properties"]["kind"] in ("base", "working")}
    assert {r["stretch"]: r["holds_until"] for r in rows} == opens and any(opens.values())
    assert max(float(r["start_s"]) for r in rows) == pytest.approx(
        result["people"]["last_opens_s"], abs=0.1)
    for held in opens.values():  # each mark of the table is in the sheet
        for one in held.split("; ") if held else ():
            _, machine, *_, stretch = one.split()
            assert f"M{machine} {stretch}" in sheets["people"]
