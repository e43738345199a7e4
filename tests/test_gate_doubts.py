"""S08: what a record leaves open about a failure, an evacuation or leave never opens a gate."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point, box

from landrelease.core.revision import Revision
from landrelease.operate.evacuations import evacuations
from landrelease.operate.gate import gates
from test_gate import DAY, GROUND, NOON, SITE_CHECKS, TASK, failing, one, record, site

LATER = NOON + timedelta(hours=1)
AGAIN = dataclasses.replace(site().gates[0], id="g9", values={
    **site().gates[0].values, "checked_at": NOON + timedelta(hours=2), "closures": "passed",
    "detector_test": "passed"})
ON_RECORD = {"task": {"t1": frozenset({"t1"}), "t2": frozenset({"t2"}),
                      "lane 7": frozenset({"t1"})},
             "team": {"team-a": frozenset({"team-a"}), "team-b": frozenset({"team-b"}),
                      "alpha": frozenset({"team-a"}), "both": frozenset({"team-a", "team-b"})}}


def opened(*more, **change):
    return one(gates=[*site().gates, *more], named=ON_RECORD, **change)


def out(**said):
    return record("gate", "e", day=DAY, **{"gate_type": "evacuation", "clear_at": LATER} | said)


@pytest.mark.parametrize(("said", "shut"), [
    ({}, True), ({"task": ""}, True), ({"task": "not_reported"}, True), ({"task": "t9"}, True),
    ({"task": "t1"}, True), ({"task": " T1 "}, True), ({"task": "Lane 7"}, True),
    ({"task": "t2"}, False), ({"task": "t1", "team": "team-b"}, False),
    ({"task": "t1", "team": "Team-A "}, True), ({"task": "t1", "team": "team-z"}, True)])
def test_safety_S08_an_evacuation_that_names_no_task_on_record_holds_for_all(said, shut):
    assert failing(opened(out(**said))) == ({"evacuation": "failed"} if shut else {})
    assert opened(out(**said), AGAIN).passed
    endless = out(**said | {"clear_at": None})
    assert opened(endless, AGAIN).passed is not shut


@pytest.mark.parametrize(("said", "shut"), [
    ({"task": "t1"}, True), ({"task": "t1", "team": "not_reported"}, True),
    ({"task": "t1", "team": "Team-A "}, True), ({"task": " T1", "team": "TEAM-A"}, True),
    ({"task": "lane 7", "team": "Alpha"}, True), ({"task": "t1", "team": "both"}, True),
    ({"task": "t1", "team": "team-z"}, True), ({"team": "team-a"}, True), ({}, True),
    ({"task": "t9", "team": "team-a"}, True),
    ({"task": "t1", "team": "team-b"}, False), ({"task": "t2"}, False), ({"task": "t2",
                                                                       "team": "team-a"}, False)])
@pytest.mark.parametrize("name", [*SITE_CHECKS, "closures", "detector_test", "result"])
def test_safety_S08_a_failure_that_may_be_of_this_gate_fails_it(name, said, shut):
    bad = record("gate", "g3", day=DAY, **said, **{name: "failed"}, checked_at=LATER)
    assert failing(opened(bad)) == ({name: "failed"} if shut else {})
    # Only a later check of this very gate, with its time, passes it.
    assert opened(bad, AGAIN).passed
    untimed = {k: v for k, v in AGAIN.values.items() if k != "checked_at"}
    assert opened(bad, dataclasses.replace(AGAIN, values=untimed)).passed is not shut
    loose = dataclasses.replace(bad, values={
        k: v for k, v in bad.values.items() if k != "checked_at"})
    assert opened(loose, AGAIN).passed is not shut


@given(st.sampled_from([{}, {"task": "t1"}, {"team": "team-a"}, {"task": "t1", "team": "TEAM-A"}]))
def test_safety_S08_what_passed_counts_only_where_the_record_names_its_gate(said):
    good = record("gate", "g1", day=DAY, checked_at=NOON, **said,
                  **dict.fromkeys((*SITE_CHECKS, "result"), "passed"))
    assert set(failing(one(gates=[good], named=ON_RECORD))) == set(SITE_CHECKS)
    again = dataclasses.replace(good, values={**good.values, "checked_at": AGAIN.values[
        "checked_at"]})
    assert failing(opened(out(task="t1"), again)) == {"evacuation": "failed"}


def test_safety_S08_a_person_who_says_that_work_cannot_start_has_said_so():
    said = {"task": "t1", "team": "team-a", "day": DAY, "checked_at": LATER}
    bad = record("gate", "g3", result="failed", **said)
    assert failing(opened(bad)) == {"result": "failed"}
    ticked = record("gate", "g3", result="failed", **said, **dict.fromkeys(SITE_CHECKS, "passed"))
    assert failing(opened(ticked)) == {"result": "failed"}
    # A later whole check passes it; a part of one, or one that failed, does not.
    assert opened(bad, AGAIN).passed
    part = dataclasses.replace(AGAIN, values={
        k: v for k, v in AGAIN.values.items() if k != "weather"})
    assert failing(opened(bad, part)) == {"result": "failed"}
    foul = dataclasses.replace(AGAIN, values={**AGAIN.values, "closures": "failed",
                                              "result": "passed"})
    assert failing(opened(bad, foul)) == {"closures": "failed", "result": "failed"}
    # One that names what failed is passed by a later check of just that.
    named = record("gate", "g3", result="failed", weather="failed", **said)
    assert failing(opened(named)) == {"weather": "failed"}
    clear = record("gate", "g4", weather="passed", task="t1", team="team-a", day=DAY,
                   checked_at=NOON + timedelta(hours=2))
    assert opened(named, clear).passed


@pytest.mark.parametrize(("reason", "real"), [
    (None, False), ("drill", False), ("not_reported", False), ("declined", False),
    *((r, True) for r in ("explosion", "security", "fire", "medical", "weather",
                          "unexploded_item", "other"))])
def test_safety_S08_a_drill_with_the_reason_of_an_evacuation_is_one(reason, real):
    told = out(task="t1", gate_type="evacuation_drill",
               **({"evacuation_reason": reason} if reason else {}))
    assert failing(opened(told)) == ({"evacuation": "failed"} if real else {})
    (logged,) = evacuations([told])
    assert logged.drill is not real


@pytest.mark.parametrize(("said", "shut"), [
    ({"evacuated_at": NOON}, True), ({"clear_at": LATER}, True),
    ({"evacuation_reason": "explosion", "clear_at": LATER}, True),
    ({"evacuated_at": NOON, "clear_at": LATER, "gate_type": "start_of_day"}, True),
    ({"evacuated_at": NOON, "clear_at": LATER, "gate_type": "not_reported"}, True),
    ({"evacuated_at": NOON, "clear_at": LATER, "evacuation_reason": "drill"}, False),
    ({"evacuated_at": NOON, "clear_at": LATER, "gate_type": "evacuation_drill"}, False),
    ({"evacuated_at": "not_reported", "people_on_site": 4}, False),
    ({"evacuated_at": NOON - timedelta(days=1), "clear_at": LATER - timedelta(days=1)}, None)])
@pytest.mark.parametrize("day", [DAY, None])
def test_safety_S08_an_evacuation_is_one_by_its_times_without_a_type_or_a_day(said, shut, day):
    told = record("gate", "e", task="t1", **said, **({} if day is None else {"day": day}))
    if shut is None:  # times of another day: of this one only where it states this one
        assert opened(told, AGAIN).passed is (day is None)
        return
    assert failing(opened(told)) == ({"evacuation": "failed"} if shut else {})
    if shut and "clear_at" in said:
        assert opened(told, AGAIN).passed
    (logged,) = evacuations([told]) if shut else (None,)
    assert logged is None or (not logged.drill and logged.day is not None)


@pytest.mark.parametrize(("hours", "shut"), [(3, True), (-1, False), (-2, False)])
def test_safety_S08_an_evacuation_that_began_before_midnight_holds_until_all_were_out(hours, shut):
    told = record("gate", "e", task="t1", day=DAY - timedelta(days=1), gate_type="evacuation",
                  evacuated_at=NOON - timedelta(hours=15), clear_at=NOON + timedelta(hours=hours))
    assert failing(opened(told)) == ({"evacuation": "failed"} if shut else {})


@pytest.mark.parametrize(("said", "shut", "finding"), [
    ({"evacuated_at": LATER, "clear_at": NOON - timedelta(hours=1)}, True, "before it began"),
    ({"clear_at": LATER - timedelta(days=30)}, True, "another day"),
    ({"clear_at": LATER + timedelta(days=1)}, True, "another day"),
    ({"people_on_site": 8, "people_counted": 6}, True, "2 people on the list were not counted"),
    ({"evacuated_at": NOON, "people_on_site": 8, "people_counted": 8}, False, "")])
def test_safety_S08_an_evacuation_that_does_not_say_that_all_were_out_opens_when_mended(
        said, shut, finding):
    told = out(task="t1", **said)
    assert failing(opened(told, AGAIN)) == ({"evacuation": "failed"} if shut else {})
    assert finding in "; ".join(evacuations([told], timedelta(hours=2))[0].findings)
    mended = out(task="t1", evacuated_at=NOON, people_on_site=8, people_counted=8)
    assert opened(told, mended, AGAIN).passed
    assert failing(opened(told, mended)) == {"evacuation": "failed"}


def test_safety_S08_an_evacuation_asks_for_a_check_after_the_latest_of_all_its_times():
    wrong = out(task="t1", evacuated_at=LATER + timedelta(hours=4), clear_at=LATER)
    mended = out(task="t1", evacuated_at=NOON)  # what was said before of this day counts as well
    assert failing(opened(wrong, mended, AGAIN)) == {"evacuation": "failed"}


def test_safety_S08_an_evacuation_that_says_no_time_at_all_holds_for_the_day_of_its_entry():
    told = record("gate", "e", task="t1", gate_type="evacuation")
    told = dataclasses.replace(told, revision=7)
    for entered, shut in (({7: LATER}, True), ({7: LATER + timedelta(days=2)}, False), ({}, True)):
        assert opened(told, entered=entered).passed is not shut


@pytest.mark.parametrize(("more", "passes"), [
    ({}, False), ({"weather": "passed"}, False), ({"result": "passed"}, True),
    ({"result": "passed", "threat": "failed"}, False),
    (dict.fromkeys(SITE_CHECKS, "passed"), True)])
def test_safety_S08_only_a_whole_check_opens_again_after_an_evacuation(more, passes):
    again = record("gate", "g7", task="t1", team="team-a", day=DAY,
                   checked_at=AGAIN.values["checked_at"], **more)
    assert opened(out(task="t1"), again).passed is passes


# --- leave ---------------------------------------------------------------------------------------


def permit(id_, ground=GROUND, **said):
    return record("permit", id_, ground, **{
        "holder_organisation": "Org A", "state": "granted",
        "valid_from_time": NOON - timedelta(days=2),
        "valid_until_time": NOON + timedelta(days=2)} | said)


def leave(*permits, task=TASK):
    (check,) = [c for c in one(task, permits=list(permits)).checks if c.name == "permits"]
    return check


WEST, EAST = box(17.0, 44.0, 17.005, 44.01), box(17.005, 44.0, 17.01, 44.01)


def m2(shape):
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0])


def test_safety_S08_permits_together_cover_all_the_ground_of_a_task():
    assert leave(permit("w", WEST), permit("e", EAST)).state == "passed"
    assert leave(permit("a", GROUND.buffer(0.001))).state == "passed"
    for short in ([permit("w", WEST)],
                  [permit("w", WEST), permit("e", EAST, state="requested")],
                  [permit("w", WEST), permit("e", EAST, holder_organisation="Org B")],
                  [permit("w", WEST), permit("e", EAST, valid_until_time=NOON)]):
        found = leave(*short)
        assert found.state == "failed"
        said = float(found.reason.split(" m²")[0])
        assert said == pytest.approx(m2(EAST), rel=1e-4) and "in no permit" in found.reason
    corner = box(17.0099, 44.0099, 17.02, 44.02)
    assert leave(permit("c", corner)).state == "failed"
    # Two outlines of one boundary, a centimetre apart; and a strip of a metre.
    assert leave(permit("w", WEST), permit("e", box(17.0050001, 44, 17.01, 44.01))
                 ).state == "passed"
    assert leave(permit("w", WEST), permit("e", box(17.0050125, 44, 17.01, 44.01))
                 ).state == "failed"
    assert leave(permit("p", Point(17.005, 44.005))).state == "failed"


def test_safety_S08_an_uncertain_position_never_gives_leave():
    # The outline of the task itself is for this ground; one that shares its rim has to say how.
    assert leave(permit("p", position_accuracy_m=5.0)).state == "passed"
    rim = leave(permit("p", box(17.0, 44.0, 17.02, 44.01), position_accuracy_m=5.0))
    assert rim.state == "failed" and "certain to 5 m only" in rim.reason
    assert "certain to" not in leave(permit("w", WEST)).reason
    wide = GROUND.buffer(0.0002)  # at least 16 m on each side
    assert leave(permit("p", wide, position_accuracy_m=5.0)).state == "passed"
    assert leave(permit("p", wide, position_accuracy_m=25.0)).state == "failed"
    beside = box(17.02, 44.0, 17.03, 44.01)  # 800 m to the east
    assert leave(permit("p", beside, position_accuracy_m=1000.0)).state == "failed"


@given(st.floats(0, 60), st.floats(0, 60), st.floats(0, 0.001))
def test_safety_S08_a_worse_position_never_opens_what_a_better_one_shuts(a, b, wider):
    low, high = sorted((a, b))
    ground = GROUND.buffer(wider)
    if leave(permit("p", ground, position_accuracy_m=high)).state == "passed":
        assert leave(permit("p", ground, position_accuracy_m=low)).state == "passed"


def test_safety_S08_refused_ground_is_shut():
    granted = permit("p")
    found = leave(granted, permit("r", EAST, state="refused"))
    assert found.state == "failed" and "leave is refused on" in found.reason
    assert float(found.reason.split("refused on ")[1].split()[0]) == pytest.approx(
        m2(EAST), rel=1e-4)
    beside = box(17.01, 44.0, 17.02, 44.01)
    assert leave(granted, permit("r", beside, state="refused")).state == "passed"
    assert leave(granted, permit("r", beside, state="refused", position_accuracy_m=3.0)
                 ).state == "failed"
    # Refused for another time, or to others who are on record; not to nobody knows whom.
    assert leave(granted, permit("r", EAST, state="refused", valid_until_time=NOON - timedelta(
        days=1, hours=14))).state == "passed"
    others = {**site().teams, "team-b": record("team", "team-b", organisation="Org B")}
    to_b = permit("r", EAST, state="refused", holder_organisation="Org B")
    assert one(permits=[granted, to_b], teams=others).passed
    assert not one(permits=[granted, to_b]).passed
    assert leave(granted, permit("r", EAST, state="refused", holder_organisation="")
                 ).state == "failed"


def test_safety_S08_the_registry_knows_whose_failure_it_is(tmp_path):
    """Names are looked up among all that are on record; a task that nobody knows shuts all."""
    from landrelease.store.open import create_registry
    from landrelease.workflows.operating import Sites

    registry = create_registry(tmp_path / "r.gpkg", office="Test")

    def say(kind, id_, shape=None, **values):
        registry.append([Revision(
            kind, id_, values, shape, NOON + timedelta(hours=4), "tester", "test", "",
            date(2027, 1, 1))])

    say("task", "t1", GROUND, identifier="Lane 7", task_type="clearance", method="manual",
        teams=["team-a"], task_status="ordered")
    say("task", "t2", GROUND, task_type="clearance")
    say("team", "team-a", identifier="Alpha", organisation="Org A")
    say("team", "team-b", organisation="Org A")
    say("gate", "g1", **site().gates[0].values)

    def shut():
        (gate,) = gates(registry.records("task")[0], DAY, Sites(registry, 2).on(DAY))
        return set(failing(gate)) & {*SITE_CHECKS, "evacuation", "result"}

    assert registry.records("task")[0].id == "t1" and shut() == set()
    say("gate", "f", task="t2", team="team-a", day=DAY, threat="failed", checked_at=LATER)
    say("gate", "f2", task="t1", team="team-b", day=DAY, threat="failed", checked_at=LATER)
    say("gate", "e", task="t2", day=DAY, gate_type="evacuation", clear_at=LATER)
    assert shut() == set()
    say("gate", "f3", task="lane 7", team="ALPHA", day=DAY, threat="failed", checked_at=LATER)
    assert shut() == {"threat"}
    say("gate", "d", task="t1", day=DAY, gate_type="evacuation_drill",
        evacuation_reason="explosion", clear_at=LATER)
    assert shut() == {"threat", "evacuation"}
    say("gate", "d", task="t1", day=DAY, gate_type="evacuation_drill",
        evacuation_reason="drill", clear_at=LATER)
    assert shut() == {"threat", "evacuation"}  # what was told before still counts
    say("gate", "g9", **AGAIN.values)
    assert shut() == set()
    say("gate", "e", day=DAY, gate_type="evacuation", clear_at=NOON + timedelta(hours=3))
    assert shut() == {"evacuation"}
