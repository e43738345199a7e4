"""COV-S: a log counts once, whatever work, machine or clock it is on record for (S07, S10)."""

import dataclasses
from datetime import timedelta

import pytest
from shapely import affinity, box

from landrelease.access import policy
from landrelease.apps.cli import app
from landrelease.core.one_log import Logs, each_log_once
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.operate.exposure import exposure
from landrelease.workflows import coverage, risk
from test_coverage_stored import (
    AT,
    DAY,
    FIELD,
    RUN,
    STATED,
    degrees,
    effort,
    metres2,
    outcome,
    registry,
    track,
)
from tracks_made import lanes

__all__ = ["registry"]
A_DAY = 86_400


@pytest.fixture
def two(registry):
    """A second work on the same ground, with its own search."""
    registry.append([
        Revision("activity", "next", {"hazard": "haz"}, None, AT, "t", "t", "", DAY),
        Revision("outcome", "out2", outcome(activity="next").values, degrees(FIELD), AT, "t", "t",
                 "", DAY)])
    return registry


def proof(registry, log, activity, *more, by="manual"):
    folder = log.parent
    got = RUN.invoke(app, [
        "operate", "proof", registry.address, "tsk", "--width", "1.7", "--position-error", "0",
        "--confidence", "0.95", "--activity", activity, "--track", str(log), "--by", by,
        "--uncovered", str(folder / "g.geojson"), "--store", *more])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    return got.output


def rows(path, change=lambda n, cells: cells, head=""):
    """A log with its rows changed; those that are None left out."""
    first, *lines = path.read_text().splitlines()
    made = [change(n, line.split(",")) for n, line in enumerate(lines)]
    return "\n".join([first + head, *(",".join(r) for r in made if r is not None)]) + "\n"


def with_headings(path):
    """The same log with the heading of each lane."""
    _, _, _, lane = lanes()
    path.write_text(rows(path, lambda n, c: [*c, "0" if lane[n] % 2 == 0 else "180"],
                         ",heading_deg"))
    return path


def later(seconds, path):
    return rows(path, lambda n, c: [f"{float(c[0]) + seconds:.1f}", *c[1:]])


@pytest.mark.parametrize("form", ["same", "thinned", "columns", "clock", "clock and tool"])
def test_safety_S10_one_log_stored_for_two_works_is_one_pass(two, tmp_path, form):
    one, other = with_headings(track(tmp_path / "one.csv")), tmp_path / "other.csv"
    proof(two, one, "act")
    more = ("--tool-right", "0.05", "--heading-error", "0") if form == "clock and tool" else ()
    other.write_text({
        "same": one.read_text,
        "thinned": lambda: rows(one, lambda n, c: None if n % 4 == 1 else c),
        "columns": lambda: rows(one, lambda n, c: [*c, "blue"], ",colour"),
        "clock": lambda: later(A_DAY + 3600, one),
        "clock and tool": lambda: later(A_DAY + 3600, one)}[form]())
    said = proof(two, other, "next", *more, "--step-limit", "2")
    assert "COV-016" in said and "tsk act" in said
    assert [(p.id, round(metres2(p.ground))) for p in effort(two).passes] == [("out", 270)]
    told = risk.residual_of_hazard(two, "haz", policy.view("authority"), STATED)
    assert [(o["record"], o["other"]) for o in told["counted_once"]] == [("out2", "out")]
    assert [len(s["records"]["searches"]) if "searches" in s else 1 for s in told["strata"]]
    # Nothing recorded is changed: both proofs stand as they were stored.
    assert sum(c.geometry is not None and not c.values.get("pass_name")
               for c in coverage.recorded_proofs(two)) == 2


@pytest.mark.parametrize("again", [{"later": A_DAY, "aside": -0.03}, {"later": A_DAY, "slower": 2}])
def test_safety_S10_two_drives_over_the_same_ground_stay_two_passes(two, tmp_path, again):
    proof(two, track(tmp_path / "one.csv"), "act")
    said = proof(two, track(tmp_path / "other.csv", **again), "next")
    assert "COV-016" not in said
    assert [round(metres2(p.ground)) for p in effort(two).passes] == [270, 270]
    told = risk.residual_of_hazard(two, "haz", policy.view("authority"), STATED)
    assert told["counted_once"] == []


@pytest.mark.parametrize("form", ["two machines", "clock and tool"])
def test_safety_S10_hours_of_one_log_count_once(registry, tmp_path, form):
    registry.append([Revision("machine", m, {"machine_status": "ready"}, None, AT, "t", "t", "",
                              DAY) for m in ("m1", "m2")])
    one, other = with_headings(track(tmp_path / "one.csv")), tmp_path / "other.csv"

    def hours():
        return exposure([], registry.records("track"), registry.records("hazard")).hours(
            people=False)

    proof(registry, one, "act", "--machine", "m1", by="machine")
    once = hours()
    if form == "two machines":
        other.write_text(one.read_text())
        proof(registry, other, "next", "--machine", "m2", by="machine")
    else:
        other.write_text(later(A_DAY, one))
        proof(registry, other, "next", "--machine", "m1", "--tool-right", "0.3", by="machine")
    assert len(registry.records("track")) == 2
    assert once > 0 and hours() == pytest.approx(once, rel=1e-6)


def test_safety_S07_another_place_of_the_tool_makes_no_log_of_a_hand(registry, tmp_path):
    one, other = with_headings(track(tmp_path / "one.csv")), tmp_path / "other.csv"
    proof(registry, one, "act", "--tool-right", "0.4", by="machine")
    other.write_text(later(A_DAY, one))
    with pytest.raises(LandReleaseError, match="COV-015"):
        proof(registry, other, "next")


@pytest.mark.parametrize("form", ["lines", "tool"])
def test_safety_S07_both_kinds_of_a_log_on_record_count_as_the_machine_alone(
        two, tmp_path, form):
    """A registry of an earlier version, which took a machine's log as that of the hand as well."""
    log = with_headings(track(tmp_path / "one.csv"))
    proof(two, log, "act", "--tool-right", "0" if form == "lines" else "0.5", by="machine")
    machine = [r for kind in ("track", "coverage") for r in two.records(kind)]
    # As the earlier version recorded it: no sketch, another file, another day.
    made = []
    for r in machine:
        values = {k: v for k, v in r.values.items() if k not in ("fixes_sketch", "made_by")}
        made.append(Revision(r.kind, r.id, values, r.geometry, AT + timedelta(days=1), "t",
                             "Track of one.csv, machine", "", r.valid_from))
        values = values | {"activity": "next"} if r.kind == "coverage" else values | {
            "file_sha256": "b" * 64, "fixes_sha256": "c" * 64,
            "started_at": "2027-05-03T06:00:00+00:00",
            "ended_at": (AT.replace(day=3, hour=6) + timedelta(seconds=float(
                lanes()[0].max()))).isoformat()}
        if r.kind == "coverage":
            values |= {"coverage_by": "manual", "tracks": ["hand"]}
        ground = r.geometry
        if ground is not None and form == "tool":  # recorded with the tool at another place
            ground = affinity.translate(ground, xoff=-0.5 / 104_600)
        made.append(Revision(r.kind, r.id.replace("act", "next").replace("machine", "manual")
                             if r.kind == "coverage" else "hand", values, ground,
                             AT + timedelta(days=1), "t", "Track of h.csv, manual", "",
                             r.valid_from))
    two.append(made)
    two.append([Revision("outcome", "out2", outcome(
        activity="next", method="machine then manual").values, degrees(FIELD),
        AT + timedelta(days=1), "t", "t", "", DAY)])
    assert any(c.values["coverage_by"] == "manual" and c.geometry is not None
               for c in coverage.recorded_proofs(two))
    counted = [c for c in coverage.coverages(two) if c.values["coverage_by"] == "manual"]
    assert not any(metres2(c.geometry) > 1 for c in counted if c.geometry is not None)
    assert max(c.values["covered_m2"] for c in counted) < 1  # as reports tell it
    assert "out2" not in {p.id for p in effort(two).passes}
    states = {state: m2 for _, state, _, m2 in coverage.gaps(two, policy.view("inspector"))}
    assert states["machine_only"] > 150  # all that the machine covered
    # A later proof of the task lists it.
    said = proof(two, track(tmp_path / "new.csv", later=5 * A_DAY, aside=0.05, slower=2),
                 "third")
    assert "COV-017" in said and "hand is the log of" in said


def test_safety_S10_searches_side_by_side_keep_their_ground_and_more_logs_are_more_passes():
    ground = degrees(FIELD)
    made = {n: Record("track", n, {"width_m": 9.0, "position_error_m": 0.0}, degrees(
        box(4.5, 0, 4.6, 30)).boundary, DAY) for n in ("a", "b", "copy")}
    logs = Logs(made, {("a", "copy"): 0.0, ("copy", "a"): 0.0}, {})
    first = outcome("one", activity="x")

    def left(other, *rests):
        found, told = each_log_once(
            [first, other], {n: [(frozenset(names), ())] for n, names in zip(
                ("one", other.id), rests, strict=True)}, logs)
        return [round(metres2(o.geometry)) for o in found], len(told)

    same = dataclasses.replace(first, id="two", values=first.values | {"activity": "y"})
    beside = dataclasses.replace(same, geometry=degrees(box(9, 0, 12, 30)))
    assert left(same, ["a"], ["copy"]) == ([270, 0], 1)
    assert left(same, ["a"], ["b"]) == ([270, 270], 0)
    assert left(beside, ["a"], ["copy"]) == ([270, 90], 0)
    assert left(same, ["a", "b"], ["copy", "b"]) == ([270, pytest.approx(270, abs=8)], 1)
    # Three searches of two logs are two passes.
    third = dataclasses.replace(same, id="z", values=same.values | {"activity": "z"})
    found, _ = each_log_once([first, same, third], {
        n: [(frozenset({"a", "b"}), ())] for n in ("one", "two", "z")}, logs)
    assert sum(metres2(o.geometry) for o in found) == pytest.approx(540, abs=8)
    # Of one log the less deep search counts.
    deep = dataclasses.replace(same, values=same.values | {"depth_m": 0.1})
    assert left(deep, ["a"], ["a"]) == ([0, 270], 1)
    assert metres2(ground) == pytest.approx(270, rel=1e-3)
