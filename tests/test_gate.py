"""S08: the start-of-day gate has no override; work in spite of it gets no credit unreviewed."""

import dataclasses
import json
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

import release_world as world
from landrelease.core.gate import CHECKS, SITE_CHECKS
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.operate.competence import leaves
from landrelease.operate.gate import Site, by_day, flagged_work, gates, in_force, scope_of
from landrelease.store.open import create_registry
from landrelease.workflows import operating, sharing

DAY = date(2027, 4, 1)
NOON = datetime(2027, 4, 1, 12, tzinfo=UTC)
GROUND = box(17.0, 44.0, 17.01, 44.01)


def record(kind, id_, shape=None, validation="entered", **values):
    return Record(kind, id_, values, shape, validation=validation)


TASK = record("task", "t1", GROUND, task_type="clearance", method="manual", teams=["team-a"],
              task_status="ordered")


def site(**change):
    """Everything in order for team-a on the day; `change` replaces parts."""
    parts = {
        "teams": {"team-a": record("team", "team-a", organisation="Org A", members=["p1", "p2"])},
        "persons": {"p1": record("person", "p1", role="deminer", competences=["manual_clearance"]),
                 "p2": record("person", "p2", role="medic")},
        "machines": {},
        "detectors": [record("detector", "d1", team="team-a", tested_on=DAY, test_result="passed")],
        "accreditations": [record(
            "accreditation", "acc", team="team-a", scope="manual_clearance",
            accreditation_status="granted", granted_on=date(2027, 1, 1),
            expires_on=date(2027, 12, 31))],
        "closures": [], "permits": [],
        "gates": [record("gate", "g1", task="t1", team="team-a", day=DAY, checked_at=NOON,
                      **dict.fromkeys(SITE_CHECKS, "passed"))],
        "utc_offset": timedelta(hours=2)}
    return Site(**(parts | change))


def one(task=TASK, **change):
    (gate,) = gates(task, DAY, site(**change))
    assert tuple(c.name for c in gate.checks) == CHECKS
    return gate


# Leave for machines beside the manual work of `site`.
MAY_DRIVE = record("accreditation", "mech", team="team-a", scope="mechanical",
                   accreditation_status="granted", granted_on=date(2027, 1, 1),
                   expires_on=date(2027, 12, 31))
DRIVER = {"accreditations": [MAY_DRIVE], "persons": {
    "p1": record("person", "p1", role="deminer", competences=["manual_clearance", "mechanical"]),
    "p2": record("person", "p2", role="medic")}}


def failing(gate):
    return {c.name: c.state for c in gate.open}


def test_safety_S08_all_in_order_passes():
    assert one().passed


@pytest.mark.parametrize("name", SITE_CHECKS)
@pytest.mark.parametrize("word", ["failed", None, "not_reported"])
def test_safety_S08_each_check_on_the_site_keeps_work_from_starting(name, word):
    g = site().gates[0]
    values = {k: v for k, v in g.values.items() if k != name} | ({name: word} if word else {})
    gate = one(gates=[dataclasses.replace(g, values=values)])
    assert failing(gate) == {name: "failed" if word == "failed" else "not_reported"}


def test_safety_S08_no_gate_on_record_is_not_passed():
    assert set(failing(one(gates=[]))) == set(SITE_CHECKS)
    other_day = dataclasses.replace(site().gates[0], values={
        **site().gates[0].values, "day": date(2027, 3, 31)})
    assert set(failing(one(gates=[other_day]))) == set(SITE_CHECKS)


def test_safety_S08_a_tick_does_not_stand_against_the_records():
    ticked = dataclasses.replace(site().gates[0], values={
        **site().gates[0].values, "closures": "passed", "accreditation": "passed",
        "detector_test": "passed", "result": "passed"})
    closure = record("closure", "c1", GROUND, closed_from=NOON, closure_reason="weather")
    gate = one(gates=[ticked], closures=[closure], accreditations=[], detectors=[])
    assert failing(gate) == {"closures": "failed", "accreditation": "failed",
                             "detector_test": "not_reported"}


def test_what_a_person_on_the_site_says_failed_has_failed():
    told = dataclasses.replace(site().gates[0], values={
        **site().gates[0].values, "closures": "failed", "detector_test": "failed"})
    assert set(failing(one(gates=[told]))) == {"closures", "detector_test"}


def test_the_last_check_of_the_day_counts_and_of_two_at_once_the_worse():
    g = site().gates[0]
    failed = dataclasses.replace(g, id="g0", values={
        **g.values, "weather": "failed", "checked_at": NOON - timedelta(hours=1)})
    assert one(gates=[failed, g]).passed  # the fog went
    assert not one(gates=[dataclasses.replace(failed, values={
        **failed.values, "checked_at": NOON}), g]).passed
    # Without a time nobody knows which was last: it counts.
    untimed = {k: v for k, v in failed.values.items() if k != "checked_at"}
    assert not one(gates=[dataclasses.replace(failed, values=untimed), g]).passed


@pytest.mark.parametrize(("since", "until", "shut"), [
    (datetime(2027, 3, 1, tzinfo=UTC), None, True),  # until further notice
    (None, None, True),
    (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 31, 22, tzinfo=UTC), False),
    (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 31, 22, 1, tzinfo=UTC), True),
    (datetime(2027, 4, 1, 22, tzinfo=UTC), None, False),  # 24:00 local
    (datetime(2027, 4, 1, 21, 59, tzinfo=UTC), None, True),
])
def test_a_closure_counts_in_the_local_day(since, until, shut):
    values = {k: v for k, v in (("closed_from", since), ("closed_until", until)) if v}
    assert one(closures=[record("closure", "c", GROUND, **values)]).passed is not shut


@given(st.floats(-12, 14), st.integers(-60, 60))
def test_without_a_known_zone_no_closure_of_the_day_is_missed(offset, hours):
    since = datetime(2027, 4, 1, tzinfo=UTC) + timedelta(hours=hours)
    closure = record("closure", "c", GROUND, closed_from=since,
                     closed_until=since + timedelta(hours=1))
    known = one(closures=[closure], utc_offset=timedelta(hours=offset))
    if not known.passed:
        assert not one(closures=[closure], utc_offset=None).passed


def test_a_closure_nearby_counts_by_accuracy_and_one_without_ground_everywhere():
    beside = record("closure", "c", box(17.0101, 44.0, 17.02, 44.01))  # 8 m east
    assert one(closures=[beside]).passed
    assert not one(closures=[dataclasses.replace(beside, values={"position_accuracy_m": 20.0})
                             ]).passed
    assert not one(closures=[record("closure", "c")]).passed
    nowhere = dataclasses.replace(TASK, geometry=None)
    assert failing(one(nowhere)) == {"closures": "not_reported"}


@pytest.mark.parametrize(("change", "good"), [
    ({}, True), ({"accreditation_status": "suspended"}, False),
    ({"accreditation_status": None}, False), ({"expires_on": date(2027, 3, 31)}, False),
    ({"expires_on": DAY}, True), ({"expires_on": None}, False),
    ({"granted_on": date(2027, 4, 2)}, False), ({"granted_on": None}, False),
    ({"scope": "BAC"}, False), ({"team": "team-b"}, False),
    ({"team": None, "accredited_organisation": " org a"}, True),
    ({"team": None, "person": "p1", "accredited_organisation": "Org A"}, False),
])
def test_accreditation_in_force(change, good):
    values = {k: v for k, v in {**site().accreditations[0].values, **change}.items() if v}
    gate = one(accreditations=[record("accreditation", "acc", **values)])
    assert gate.passed is good
    assert in_force(site().accreditations[0], DAY)


def test_each_member_is_competent_or_the_team_does_not_start():
    """Embedded people inherit the unit's procedures, not its accreditation."""
    people = site().persons
    assert failing(one(persons={**people, "p1": record(
        "person", "p1", role="deminer", competences=["BAC"])})) == {"competence": "failed"}
    assert failing(one(persons={"p2": people["p2"]})) == {"competence": "not_reported"}
    assert failing(one(teams={"team-a": record("team", "team-a", organisation="Org A")})) == {
        "competence": "not_reported"}
    lapsed = record("accreditation", "own", person="p1", scope="manual_clearance",
                    accreditation_status="granted", granted_on=date(2026, 1, 1),
                    expires_on=date(2027, 3, 1))
    assert failing(one(accreditations=[*site().accreditations, lapsed])) == {
        "competence": "failed"}


@pytest.mark.parametrize("word", ["withdrawn", "suspended", "refused"])
@pytest.mark.parametrize(("at", "again", "good"), [
    (date(2027, 3, 1), None, False), (date(2027, 1, 1), None, False), (None, None, False),
    (date(2026, 6, 1), None, True), (date(2027, 3, 1), date(2027, 3, 20), True),
    (date(2027, 3, 1), date(2027, 4, 20), False)])
@pytest.mark.parametrize("holder", ["team", "person", "machine", "accredited_organisation"])
def test_safety_S08_what_was_taken_back_shuts_until_it_is_granted_anew(holder, word, at, again,
                                                                      good):
    name = {"team": "team-a", "person": "p1", "machine": "m1", "accredited_organisation": "Org A"}
    scope = "mechanical" if holder == "machine" else "manual_clearance"

    def said(id_, state, since):
        return record("accreditation", id_, scope=scope, accreditation_status=state,
                      expires_on=date(2027, 12, 31), **({"granted_on": since} if since else {}),
                      **{holder: name[holder]})

    own = [said("a", "granted", date(2027, 1, 1)), said("b", word, at)]
    own += [said("c", "granted", again)] if again else []
    other = [] if holder in ("team", "accredited_organisation") else site().accreditations
    driven = ({"machines": {"m1": record("machine", "m1", machine_status="ready")}, **DRIVER}
              if holder == "machine" else {})
    gate = one(
        dataclasses.replace(TASK, values={**TASK.values, "machines": ["m1"] if driven else []}),
        **driven | {"accreditations": [*own, *other, *driven.get("accreditations", ())]})
    check = {"person": "competence", "machine": "machines"}.get(holder, "accreditation")
    assert failing(gate) == ({} if good else {check: "failed"})


def test_safety_S08_a_team_written_otherwise_is_shut_and_never_opened_by_it():
    a = site().accreditations[0]
    shut = dataclasses.replace(a, id="b", values={
        **a.values, "team": " Team-A", "accreditation_status": "withdrawn"})
    assert failing(one(accreditations=[a, shut])) == {"accreditation": "failed"}
    other = dataclasses.replace(a, values={**a.values, "team": "TEAM-A"})
    assert failing(one(accreditations=[other])) == {"accreditation": "failed"}


@pytest.mark.parametrize(("team", "shut"), [
    ("Team-A ", True), ("unknown", True), (None, True), ("team-b", False)])
@pytest.mark.parametrize(("tested", "of_the_day"), [
    (DAY, True), (None, True), (date(2027, 3, 1), False)])
def test_safety_S08_a_failed_detector_shuts_wherever_it_may_be_the_teams(team, shut, tested,
                                                                        of_the_day):
    failed = record("detector", "d2", team=team, test_result="failed", tested_on=tested)
    teams = site().teams | {"team-b": record("team", "team-b")}
    gate = one(teams=teams, detectors=[*site().detectors, failed])
    own = team == "Team-A "  # and has to be tested each day
    assert failing(gate).get("detector_test", "passed") == (
        "failed" if shut and tested == DAY else
        "not_reported" if own or (shut and of_the_day) else "passed")


def test_safety_S08_a_closure_that_ends_before_it_begins_closes_every_day():
    wrong = record("closure", "c", GROUND, closed_from=datetime(2027, 4, 5, tzinfo=UTC),
                   closed_until=datetime(2027, 3, 30, tzinfo=UTC))
    assert failing(one(closures=[wrong])) == {"closures": "failed"}


@pytest.mark.parametrize("method", ["manual", "mixed", "not_reported"])
def test_safety_S08_a_machine_asks_for_mechanical_leave_whatever_the_method(method):
    task = dataclasses.replace(TASK, values={**TASK.values, "method": method, "machines": ["m1"]})
    ready = {"m1": record("machine", "m1", machine_status="ready")}
    assert failing(one(task, machines=ready)) == {
        "accreditation": "failed", "competence": "failed"}
    both = [*site().accreditations, MAY_DRIVE]
    assert failing(one(task, machines=ready, accreditations=both)) == {"competence": "failed"}
    assert one(task, machines=ready, **DRIVER | {"accreditations": both}).passed
    # Those who search by hand beside it need not be able to drive it; who operates machines does.
    teams = {"team-a": record("team", "team-a", organisation="Org A", members=["p1", "p3"])}
    for role, good in (("deminer", True), ("machine_operator", False)):
        persons = DRIVER["persons"] | {"p3": record("person", "p3", role=role,
                                                    competences=["manual_clearance"])}
        assert one(task, machines=ready, accreditations=both, teams=teams,
                   persons=persons).passed is good
    survey = dataclasses.replace(task, values={**task.values, "task_type": "TS"})
    assert scope_of(survey) == "TS"  # for machines, too
    assert "mechanical" not in str(one(survey, machines=ready).open)


def test_safety_S08_an_own_accreditation_does_not_outlast_the_training_of_the_person():
    own = record("accreditation", "own", person="p1", scope="manual_clearance",
                 accreditation_status="granted", granted_on=date(2027, 1, 1),
                 expires_on=date(2027, 12, 31))
    for until, state in ((DAY, {}), (date(2027, 3, 31), {"competence": "failed"})):
        persons = site().persons | {"p1": record("person", "p1", role="deminer",
                                                 training_until=until)}
        held = [*site().accreditations, own]
        assert failing(one(persons=persons, accreditations=held)) == state
        (training,) = [x for x in leaves(persons.values(), held, [], DAY, warn_days=0)
                       if x.what == "training"]
        assert (training.state == "expired") is bool(state)


def test_machines_and_animals():
    machine = dataclasses.replace(TASK, values={
        **TASK.values, "method": "mechanical", "machines": ["m1"]})
    assert scope_of(machine) == "mechanical"
    able = {
        "accreditations": [record("accreditation", "a", team="team-a", scope="mechanical",
                               accreditation_status="granted", granted_on=DAY, expires_on=DAY)],
        "persons": {"p1": record("person", "p1", role="machine_operator",
                              competences=["mechanical"]),
                 "p2": record("person", "p2", role="medic")}}
    ready = {"m1": record("machine", "m1", machine_status="ready")}
    assert one(machine, machines=ready, **able).passed
    assert failing(one(machine, machines={"m1": record("machine", "m1", machine_status="repair")},
                       **able)) == {"machines": "failed"}
    assert failing(one(machine, **able)) == {"machines": "not_reported"}
    unnamed = dataclasses.replace(machine, values={**machine.values, "machines": []})
    assert failing(one(unnamed, **able)) == {"machines": "not_reported"}
    assert scope_of(dataclasses.replace(TASK, values={**TASK.values,
                                                      "method": "animal_detection"})) == "MDD"


def test_detectors_are_tested_on_the_day():
    d = site().detectors[0]
    stale = dataclasses.replace(d, values={**d.values, "tested_on": date(2027, 3, 31)})
    failed = dataclasses.replace(d, id="d2", values={**d.values, "test_result": "failed"})
    assert failing(one(detectors=[stale])) == {"detector_test": "not_reported"}
    assert failing(one(detectors=[d, failed])) == {"detector_test": "failed"}
    assert failing(one(detectors=[])) == {"detector_test": "not_reported"}


def test_ground_with_permits_asks_for_one():
    permit = record("permit", "p", GROUND, holder_organisation="Org A", state="granted",
                    valid_from_time=NOON - timedelta(days=1),
                    valid_until_time=NOON + timedelta(days=1))
    assert one(permits=[permit]).passed
    for change in ({"state": "requested"}, {"holder_organisation": "Org B"},
                   {"valid_until_time": NOON - timedelta(days=2)}):
        changed = dataclasses.replace(permit, values={**permit.values, **change})
        assert failing(one(permits=[changed])) == {"permits": "failed"}


def test_a_task_without_teams_or_that_ended():
    (gate,) = gates(dataclasses.replace(TASK, values={**TASK.values, "teams": []}), DAY, site())
    assert gate.team == "" and not gate.passed
    with pytest.raises(LandReleaseError, match="OPS-001"):
        gates(record("task", "t", task_status="withdrawn"), DAY, site())
    with pytest.raises(LandReleaseError, match="OPS-001"):
        gates(record("hazard", "h"), DAY, site())


WORDS = st.sampled_from(["passed", "failed", "not_reported", "yes", "", None])


SAID = (*SITE_CHECKS, "closures", "accreditation", "detector_test", "result", "worked_in_spite")


@given(st.fixed_dictionaries(dict.fromkeys(SAID, WORDS)))
def test_safety_S08_nothing_that_is_written_into_a_gate_overrides_a_closure(said):
    g = record("gate", "g", task="t1", team="team-a", day=DAY, **said)
    assert not one(gates=[g], closures=[record("closure", "c", GROUND)]).passed
    assert one(gates=[g]).passed == (all(said[n] == "passed" for n in SITE_CHECKS) and "failed"
                                     not in (said["closures"], said["accreditation"],
                                             said["detector_test"], said["result"]))


def test_safety_S08_work_in_spite_of_the_gate_has_no_credit_until_reviewed():
    work = record("activity", "w1", task="t1", started_on=DAY, ended_on=DAY, teams=["team-a"])
    tasks, shut = {"t1": TASK}, {DAY: site(gates=[])}
    assert flagged_work([work], tasks, {DAY: site()}) == ()
    (found,) = flagged_work([work], tasks, shut)
    assert not found.credit and any("medic" in r for r in found.reasons)
    for level, credit in (("operator", False), ("information_management", False),
                          ("authority", True)):
        (found,) = flagged_work([dataclasses.replace(work, validation=level)], tasks, shut)
        assert found.credit is credit
    (found,) = flagged_work([dataclasses.replace(work, values={
        **work.values, "task": "unknown"})], tasks, {DAY: site()})
    assert "names no task" in found.reasons[0]


@given(st.lists(st.fixed_dictionaries({}, optional={
    "day": st.sampled_from([DAY, DAY - timedelta(days=1), "spring", NOON]),
    "gate_type": st.sampled_from(["start_of_day", "evacuation", "evacuation_drill"]),
    "evacuated_at": st.sampled_from([NOON, NOON - timedelta(days=1)]),
    "evacuation_reason": st.sampled_from(["fire", "drill"]),
    "clear_at": st.sampled_from([NOON + timedelta(hours=1)]),
    "checked_at": st.sampled_from([NOON, NOON + timedelta(hours=2)]),
    "briefing": st.sampled_from(["passed", "failed"]),
    "task": st.sampled_from(["t1", "another"]), "team": st.just("team-a")}), max_size=4))
def test_safety_S08_the_gates_that_a_day_asks_say_of_it_what_all_gates_say(said):
    """Of the gates of years those of other days are not gone through."""
    all_of_them = [record("gate", f"g{n}", **{"day": DAY - timedelta(days=n % 3), "task": "t1",
                                              "team": "team-a", "checked_at": NOON,
                                              **dict.fromkeys(SITE_CHECKS, "passed")})
                   for n in range(3)] + [record("gate", f"m{n}", **v) for n, v in enumerate(said)]
    of_day = by_day(all_of_them)(DAY)
    assert one(gates=of_day) == one(gates=all_of_them)
    assert len(of_day) <= 1 + len(said)


def test_times_count_as_the_store_gives_them_back():
    """The chain holds times as text: a closure that ended and a permit that ran out have ended."""
    early, late = "2027-03-01T00:00:00+00:00", "2027-03-31T00:00:00+00:00"
    over = record("closure", "c", GROUND, closed_from=early, closed_until=late)
    assert one(closures=[over]).passed
    assert failing(one(closures=[record("closure", "c", GROUND, closed_from=early,
                                        closed_until="2027-04-01T10:00:00+00:00")])) == {
        "closures": "failed"}
    permit = record("permit", "p", GROUND, holder_organisation="Org A", state="granted",
                    valid_from_time=early, valid_until_time=late)
    assert failing(one(permits=[permit])) == {"permits": "failed"}
    good = dict.fromkeys(SITE_CHECKS, "passed")
    assert one(gates=[
        record("gate", "g1", task="t1", team="team-a", day=DAY, **good | {"medic": "failed"},
               checked_at="2027-04-01T05:00:00+00:00"),
        record("gate", "g2", task="t1", team="team-a", day=DAY, **good,
               checked_at="2027-04-01T06:00:00+00:00")]).passed


def test_after_an_evacuation_the_site_is_checked_again():
    morning = record("gate", "g1", task="t1", team="team-a", day=DAY, checked_at=NOON,
                     **dict.fromkeys(SITE_CHECKS, "passed"))
    again = dataclasses.replace(morning, id="g2", values={
        **morning.values, "checked_at": NOON + timedelta(hours=2)})

    def out(kind="evacuation", **said):
        return record("gate", "e", task="t1", day=DAY, gate_type=kind, **said)

    clear = NOON + timedelta(hours=1)
    assert failing(one(gates=[morning, out(clear_at=clear)])) == {"evacuation": "failed"}
    assert failing(one(gates=[morning, again, out()])) == {"evacuation": "failed"}
    assert one(gates=[morning, again, out(clear_at=clear)]).passed
    assert one(gates=[morning, out("evacuation_drill", clear_at=clear)]).passed
    assert failing(one(gates=[morning, out(clear_at=clear, team="team-a")])) == {
        "evacuation": "failed"}
    two = {**site().teams, "team-b": record("team", "team-b")}
    assert one(gates=[morning, out(clear_at=clear, team="team-b")], teams=two).passed
    # That all were out was added to the report later: it counts as it stands.
    assert one(gates=[morning, again, out(), out(clear_at=clear)]).passed
    assert failing(one(gates=[morning, again, out(clear_at=clear), out()])) == {
        "evacuation": "failed"}
    assert failing(one(gates=[morning, again, out(clear_at=NOON + timedelta(hours=3)),
                              out(clear_at=clear)])) == {"evacuation": "failed"}
    # A check on the next day, or entered long after, is no check after the evacuation.
    for late in (dataclasses.replace(again, values={
            **again.values, "checked_at": NOON + timedelta(hours=20)}),
            dataclasses.replace(again, revision=2)):
        assert failing(one(gates=[morning, late, out(clear_at=clear)],
                           entered={2: NOON + timedelta(days=9)})) == {"evacuation": "failed"}


def test_safety_S08_work_on_a_day_of_an_evacuation_without_a_new_check_has_no_credit():
    (morning,) = site().gates
    out = record("gate", "e", task="t1", day=DAY, gate_type="evacuation",
                 clear_at=NOON + timedelta(hours=1))
    again = dataclasses.replace(morning, id="g2", values={
        **morning.values, "checked_at": NOON + timedelta(hours=2)})
    work = record("activity", "w1", task="t1", started_on=DAY, ended_on=DAY, teams=["team-a"])
    (found,) = flagged_work([work], {"t1": TASK}, {DAY: site(gates=[morning, out])})
    assert not found.credit and found.reasons[0].startswith("evacuation: evacuated")
    assert flagged_work([work], {"t1": TASK}, {DAY: site(gates=[morning, out, again])}) == ()
    drill = dataclasses.replace(out, values={**out.values, "gate_type": "evacuation_drill"})
    assert flagged_work([work], {"t1": TASK}, {DAY: site(gates=[morning, drill])}) == ()


LOCAL = timedelta(hours=2)
BEGIN = datetime(2027, 3, 31, 22, tzinfo=UTC)  # of the local day


@pytest.mark.parametrize(("checked", "entered", "heals"), [
    (timedelta(hours=6), None, True),  # an hour after the failure
    (timedelta(hours=6), timedelta(hours=6), True),
    (timedelta(hours=6), timedelta(hours=48), True),  # by the end of the grace
    (timedelta(hours=6), timedelta(hours=48, seconds=1), False),
    (timedelta(hours=6), timedelta(hours=5), False),  # entered before it was checked
    (timedelta(hours=24) - timedelta(seconds=1), None, True),
    (timedelta(hours=24), None, False),  # the next local day
    (timedelta(seconds=-1), None, False),
    (timedelta(days=30), None, False),
    (None, None, False), (None, timedelta(hours=6), False),
])
@pytest.mark.parametrize("name", SITE_CHECKS)
def test_safety_S08_only_a_later_timed_check_of_the_day_passes_what_failed(
        name, checked, entered, heals):
    good = dict.fromkeys(SITE_CHECKS, "passed")
    bad = record("gate", "g1", task="t1", team="team-a", day=DAY,
                 checked_at=BEGIN + timedelta(hours=5), **good | {name: "failed"})
    later = dataclasses.replace(record(
        "gate", "g2", task="t1", team="team-a", day=DAY, **good,
        **({} if checked is None else {"checked_at": BEGIN + checked})), revision=2)
    known = {} if entered is None else {2: BEGIN + entered}

    def gate(**change):
        return one(gates=[bad, later], entered=known, grace=timedelta(hours=24), **change)

    assert gate().passed is heals
    assert heals or failing(gate()) == {name: "failed"}
    # Local time is not known: nobody can say that the later check was of the day.
    assert failing(gate(utc_offset=None)) == {name: "failed"}


@given(st.lists(st.tuples(st.sampled_from(["passed", "failed"]),
                          st.one_of(st.none(), st.integers(-40, 60)),
                          st.one_of(st.none(), st.integers(-40, 90))), min_size=1, max_size=5),
       st.one_of(st.none(), st.integers(-40, 90)), st.one_of(st.none(), st.integers(-40, 60)))
def test_safety_S08_one_more_failure_or_loose_pass_never_opens_a_gate(said, entered, checked):
    good = dict.fromkeys(SITE_CHECKS, "passed")

    def told(n, word, at, when):
        values = good | {"weather": word} | (
            {} if at is None else {"checked_at": BEGIN + timedelta(hours=at)})
        known[n] = None if when is None else BEGIN + timedelta(hours=when)
        return dataclasses.replace(record("gate", f"g{n}", task="t1", team="team-a", day=DAY,
                                          **values), revision=n)

    known: dict = {}
    records = [told(n, *one_) for n, one_ in enumerate(said)]

    def opens(more):
        return one(gates=[*records, *more], grace=timedelta(hours=24),
                   entered={n: at for n, at in known.items() if at is not None}).passed

    # What was entered too late, or before the day, passes nothing: then nobody said anything yet.
    before = opens([]) or not any(word == "failed" for word, _, _ in said)
    if not before:
        assert not opens([told(98, "failed", checked, entered)])
        assert not opens([told(99, "passed", None, entered)])
        if checked is not None and not 0 <= checked < 24:
            assert not opens([told(99, "passed", checked, entered)])
        if entered is not None and entered > 48:
            assert not opens([told(99, "passed", checked, entered)])


@pytest.mark.parametrize(("since", "until", "offset", "passes"), [
    (timedelta(0), timedelta(hours=24), LOCAL, True),
    (timedelta(0), timedelta(hours=23, minutes=59), LOCAL, True),  # until 23:59
    (timedelta(0), timedelta(hours=23), LOCAL, False),
    (timedelta(hours=21), timedelta(days=9), LOCAL, False),  # starts in the evening
    (timedelta(minutes=1), timedelta(days=9), LOCAL, False),
    (timedelta(days=-9), timedelta(0), LOCAL, False),  # ended the day before
    (timedelta(days=-9), timedelta(0), None, False),
    (timedelta(0), timedelta(hours=24), None, False),  # holds in one zone only
    (timedelta(hours=-12), timedelta(hours=38), None, True),  # in all zones
    (timedelta(hours=-12), timedelta(hours=37), None, False),
    (timedelta(hours=-11), timedelta(hours=38), None, False),
    (None, None, None, True),
    (timedelta(days=-9), None, LOCAL, True),
    (timedelta(days=9), None, LOCAL, False),
])
def test_safety_S08_a_permit_holds_for_the_whole_local_day(since, until, offset, passes):
    stated = {n: BEGIN + v for n, v in (("valid_from_time", since), ("valid_until_time", until))
              if v is not None}
    permit = record("permit", "p", GROUND, holder_organisation="Org A", state="granted", **stated)
    assert one(permits=[permit], utc_offset=offset).passed is passes


def test_safety_S08_a_permit_whose_end_was_stated_once_does_not_go_on_without_it():
    permit = record("permit", "p", GROUND, holder_organisation="Org A", state="granted")
    assert one(permits=[permit]).passed
    assert failing(one(permits=[permit], ended=frozenset({"p"}))) == {"permits": "failed"}
    for word in ("declined", "some day"):
        vague = dataclasses.replace(permit, values={**permit.values, "valid_until_time": word})
        assert failing(one(permits=[vague])) == {"permits": "failed"}


@pytest.mark.parametrize(("until", "passes"), [(DAY, True), (DAY - timedelta(days=1), False),
                                               (None, True)])
def test_training_that_ran_out_counts_no_longer(until, passes):
    team = site().accreditations[0]
    ends = {} if until is None else {"training_until": until}
    rested = dataclasses.replace(team, values={**team.values, **ends})
    assert one(accreditations=[rested]).passed is passes
    p1 = record("person", "p1", role="deminer", competences=["manual_clearance"], **ends)
    assert one(persons={**site().persons, "p1": p1}).passed is passes


def programme(registry, *, gate_days=(DAY,), **work):
    """A task with everything in order but what is left out; an outcome behind its work."""
    made, author = site(), registry.author("tester")
    gates_ = [record("gate", f"g{d}", task="t1", team="team-a", day=d, checked_at=NOON,
                     **dict.fromkeys(SITE_CHECKS, "passed")) for d in gate_days]
    signed = record("person", "p1", role="deminer", competences=["manual_clearance"])
    parts = [dataclasses.replace(TASK, values={**TASK.values, "method": "visual_search"}),
             *made.teams.values(), signed, made.persons["p2"], *gates_,
             record("activity", "w1", **{"task": "t1", "started_on": DAY, "ended_on": DAY,
                                         "teams": ["team-a"], "activity_type": "clearance"} | work),
             record("hazard", "h1", box(17.02, 44, 17.03, 44.01), status="open"),
             record("outcome", "o1", GROUND, activity="w1", outcome_type="cleared"),
             record("outcome", "o2", box(17.05, 44, 17.06, 44.01), outcome_type="cleared",
                    decided_on=DAY - timedelta(days=400))]  # older than the gates
    registry.append([Revision(r.kind, r.id, r.values, r.geometry, NOON, author, "test", "", None)
                     for r in parts])


@pytest.mark.parametrize("change", [
    {}, {"gate_days": ()}, {"task": "no such order"}, {"ended_on": DAY + timedelta(days=1)}])
def test_safety_S08_the_ledger_gives_no_credit_until_the_authority_has_reviewed(tmp_path, change):
    from landrelease import workflows
    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.core.signature import SigningKey, signed
    from landrelease.store.open import create_registry
    from landrelease.workflows import identities
    from landrelease.workflows.credit import without_credit

    registry = create_registry(tmp_path / "r.gpkg", office="Test")
    programme(registry, **change)
    who = identities.create_identity(registry, tmp_path / "a.pem", name="A", by="A",
                                     role="authority", now=NOON - timedelta(days=90))
    key = identities.read_key(tmp_path / "a.pem", None)
    assert isinstance(key, SigningKey)
    # The team's leave, signed: only what is changed can be missing.
    granted = site().accreditations[0]
    registry.append([signed(Revision(
        "accreditation", "acc", granted.values, None, NOON - timedelta(days=30), who.person,
        "granted", "", None), key, who.person, registry.tips("acc"))])
    if not change:
        why = without_credit(registry, registry.records("outcome"))["o1"]
        assert "nobody ordered it with a signature" in why
    order(registry, who.person, key)

    def shown():
        land = workflows.load_land(registry, workflows.load_assumptions())
        total = workflows.make_ledger(land)[-1]
        figures = {f.id: f for f in workflows.make_figures(land, workflows.make_ledger(land))}
        return land, total, figures

    both = sum(geodesic_area_m2(r.geometry) for r in registry.records("outcome"))
    one_of_them = geodesic_area_m2(GROUND)
    land, total, figures = shown()
    if not change:  # all in order
        assert land.without_credit == () and total.cleared_m2 == pytest.approx(both)
        assert "without_credit_m2" not in figures
        return
    assert [o.id for o in land.without_credit] == ["o1"]
    assert total.cleared_m2 == pytest.approx(both - one_of_them)
    assert figures["without_credit_m2"].value == pytest.approx(one_of_them)
    assert figures["without_credit_m2"].records == ("o1",)
    assert figures["cleared_m2"].records[:1] == ("o2",)
    why = without_credit(registry, registry.records("outcome"))["o1"]
    assert "S08" in why and "w1" in why
    # A word without a signature is no review (S09); a signed one is.
    work = registry.records("activity")[0]
    registry.append([Revision("activity", "w1", work.values, None, NOON, "x", "reviewed", "", None,
                              validation="authority")])
    assert shown()[1].cleared_m2 == pytest.approx(both - one_of_them)
    registry.append([signed_review(registry, work, who.person, key)])
    land, total, figures = shown()
    assert land.without_credit == () and total.cleared_m2 == pytest.approx(both)


@pytest.mark.parametrize(("values", "words"), [
    ({}, "no work behind it"), ({"activity": "w7"}, "w7, is not on record"),
    ({"decided_on": DAY + timedelta(days=9)}, "no work behind it"),
    ({"decided_on": DAY - timedelta(days=9)}, "")])
def test_safety_S08_an_outcome_behind_which_no_work_is_on_record_gets_no_credit(tmp_path, values,
                                                                               words):
    from landrelease import workflows
    from landrelease.store.open import create_registry
    from landrelease.workflows.credit import without_credit

    registry = create_registry(tmp_path / "r.gpkg", office="Test")
    programme(registry)
    registry.append([Revision("outcome", "o3", {"outcome_type": "cleared"} | values,
                              box(17.07, 44, 17.08, 44.01), NOON, "x", "test", "", None)])
    found = without_credit(registry, registry.records("outcome"))
    assert words in found.get("o3", "") and bool(words) == ("o3" in found)
    land = workflows.load_land(registry, workflows.load_assumptions())
    assert ("o3" in {o.id for o in land.without_credit}) is bool(words)


def test_local_time_is_stated_once_and_found_again(tmp_path):
    from typer.testing import CliRunner

    from landrelease.apps.cli import app
    from landrelease.store.open import create_registry, open_registry
    from landrelease.workflows.operating import offset_of

    path = str(tmp_path / "r.gpkg")
    create_registry(path, office="Test").close()

    def run(*more):
        return CliRunner().invoke(app, ["operate", "local-time", path, *more])

    assert "not stated" in run().output
    assert run("--utc-offset", "25").exception.code == "OPS-001"
    assert "not stated" in run().output
    assert "UTC +5.75 h" in run("--utc-offset", "5.75").output
    assert run("--utc-offset", "5.75").exit_code == 0
    again = run("--utc-offset", "2")
    assert again.exception.code == "OPS-001" and "5.75" in str(again.exception)
    assert "UTC +5.75 h" in run().output
    with open_registry(path) as registry:
        assert offset_of(registry, None) == timedelta(hours=5.75)


def order(registry, person, key, at=NOON - timedelta(days=30), **change):
    """The order of the task as it stands in the registry, signed."""
    from landrelease.core.signature import signed

    values = registry.records("task")[0].values | {"task_status": "ordered"} | change
    registry.append([signed(Revision("task", "t1", values, GROUND, at, person, "ordered", "", None),
                            key, person, registry.tips("t1"))])


def signed_review(registry, work, person, key):
    from landrelease.core.signature import signed

    return signed(Revision("activity", work.id, work.values, None, NOON, person, "reviewed", "",
                           None, validation="authority"), key, person, registry.tips(work.id))


def test_safety_S08_what_was_recorded_in_the_registry_is_not_unsaid_afterwards(tmp_path):
    """A failed gate that is changed, on the day or weeks later, and a permit without its end."""
    from landrelease.access.policy import view
    from landrelease.store.open import create_registry
    from landrelease.workflows.operating import Sites, flagged_days

    registry = create_registry(tmp_path / "r.gpkg", office="Test")
    programme(registry, gate_days=())
    good = {"task": "t1", "team": "team-a", "day": DAY, **dict.fromkeys(SITE_CHECKS, "passed")}
    early = NOON - timedelta(hours=7)

    def say(kind, id_, at, shape=None, **values):
        registry.append([Revision(kind, id_, values, shape, at, "tester", "test", "", None)])

    def open_checks():
        seen = Sites(registry, 2).on(DAY)
        (gate,) = gates(registry.records("task")[0], DAY, seen)
        return set(failing(gate)) - {"accreditation"}

    say("gate", "g0", early, **good | {"checked_at": early})
    assert open_checks() == set()
    say("gate", "g0", early, **good | {"checked_at": early, "team": "team-b"})
    assert open_checks() == set(SITE_CHECKS)  # what passed is unsaid
    say("gate", "g0", early, **good | {"checked_at": early - timedelta(hours=1)})
    say("gate", "g1", early, **good | {"threat": "failed", "checked_at": early})
    assert open_checks() == {"threat"}
    say("gate", "g1", early + timedelta(hours=1), **good | {"checked_at": early})
    assert open_checks() == {"threat"}  # the same check, said otherwise
    say("gate", "g1", NOON, **good | {"day": DAY - timedelta(days=1), "checked_at": early})
    assert open_checks() == {"threat"}  # moved to another day
    say("gate", "g2", NOON + timedelta(days=20), **good | {"checked_at": NOON})
    assert open_checks() == {"threat"}  # entered weeks later
    (found,) = flagged_days(registry, view("administrator"), DAY, DAY, 2)
    assert any(r.startswith("threat") for r in found.reasons)
    say("gate", "g3", NOON, **good | {"checked_at": NOON - timedelta(hours=1)})
    assert open_checks() == set()  # checked again in time
    say("permit", "p", early, GROUND, holder_organisation="Org A", state="granted",
        valid_until_time=NOON + timedelta(days=2))
    assert open_checks() == set()
    say("permit", "p", NOON, GROUND, holder_organisation="Org A", state="granted")
    assert open_checks() == {"permits"}


def test_safety_S08_an_evacuation_reaches_the_ledger(tmp_path):
    from landrelease.store.open import create_registry
    from landrelease.workflows.credit import without_credit

    registry = create_registry(tmp_path / "r.gpkg", office="Test")
    programme(registry)
    registry.append([Revision(
        "gate", "e1", {"task": "t1", "day": DAY, "gate_type": "evacuation",
                       "clear_at": NOON + timedelta(hours=1)}, None, NOON + timedelta(hours=2),
        "tester", "test", "", None)])
    assert "evacuated" in without_credit(registry, registry.records("outcome"))["o1"]


def test_work_older_than_the_gates_stands_as_it_was_reported(tmp_path):
    from landrelease.store.open import create_registry
    from landrelease.workflows.credit import without_credit

    registry = create_registry(tmp_path / "r.gpkg", office="Test")
    old = DAY - timedelta(days=400)
    programme(registry, task="", started_on=old, ended_on=old)
    assert without_credit(registry, registry.records("outcome")) == {}


def test_from_the_command_line(tmp_path, capsys):
    from landrelease.apps import cli
    from landrelease.store.open import create_registry

    def command(*words):
        before, sys.argv = sys.argv, ["landrelease", *map(str, words)]
        try:
            cli.main()
        except SystemExit as stop:
            return int(stop.code or 0)
        finally:
            sys.argv = before
        return 0

    address = tmp_path / "r.gpkg"
    registry = create_registry(address, office="Test")
    made, author = site(), registry.author("tester")
    parts = [TASK, *made.teams.values(), *made.persons.values(), *made.detectors,
             *made.accreditations, *made.gates,
             record("activity", "w1", task="t1", started_on=DAY, ended_on=DAY, teams=["team-a"],
                    activity_type="clearance")]
    registry.append([Revision(r.kind, r.id, r.values, r.geometry, NOON, author, "test", "", None)
                     for r in parts])
    registry.close()
    out = tmp_path / "o.json"
    # Order and accreditation bear nobody's signature: they do not count (S09).
    assert command("operate", "gate", address, "t1", DAY, "--as", "inspector", "--json", out) == 1
    (gate,) = json.loads(out.read_text())
    assert [c["name"] for c in gate["checks"] if c["state"] != "passed"] == [
        "order", "accreditation"]
    said = capsys.readouterr().out
    assert "NOT PASSED" in said and "Wait in quarantine" not in said
    rows = tmp_path / "machines.csv"
    rows.write_text("identifier,name,model,machine_status\nMC-1,Flail 1,uran-6,withdrawnn\n")
    command("import", rows, "--into", address)
    assert command("operate", "gate", address, "t1", DAY, "--as", "planner") == 1
    assert "are not in this gate, look at them before work starts: 1 of machine" in \
        capsys.readouterr().out
    assert command("operate", "days", address, "--from", DAY, "--until", DAY, "--as",
                   "inspector") == 1
    assert "NO CREDIT" in capsys.readouterr().out
    assert command("operate", "gate", address, "t9", DAY, "--as", "inspector") == 2
    assert "OPS-001" in capsys.readouterr().err
    assert command("operate", "gate", address, "t1", DAY, "--as", "public") == 2
    assert command("operate", "gate", address, "t1", "1 April", "--as", "inspector") == 2


# --- who asks, and who ordered -------------------------------------------------------------------


@pytest.mark.parametrize(("change", "state"), [
    ({}, "passed"), ({"task_status": "started"}, "passed"), ({"task_status": "proposed"}, "failed"),
    ({"task_status": "suspended"}, "failed"), ({"task_status": None}, "not_reported"),
    ({"teams": ["team-a", "team-b"]}, "passed"), ({"excluded_teams": ["team-a"]}, "failed"),
    ({"not_before": DAY + timedelta(days=1)}, "failed"), ({"not_before": DAY}, "passed")])
def test_only_an_order_that_stands_opens_a_gate(change, state):
    task = dataclasses.replace(TASK, values={**TASK.values, **change})
    first = gates(task, DAY, site())[0]
    assert {c.name: c.state for c in first.checks}["order"] == state
    assert first.passed == (state == "passed")


def test_on_a_suspended_hazard_nobody_starts_and_a_team_that_is_not_ordered_does_not_either():
    for status, good in (("suspended", False), ("worked_on", True)):
        assert one(areas={"t1": record("hazard", "h1", GROUND, status=status)}).passed is good
    work = record("activity", "w", task="t1", started_on=DAY, ended_on=DAY, teams=["team-b"])
    (found,) = flagged_work([work], {"t1": TASK}, {DAY: site()})
    assert "order: team-b is not ordered to this task" in found.reasons


@pytest.mark.parametrize(("own", "good"), [
    ({}, True), ({"accreditation_status": "withdrawn"}, False),
    ({"accreditation_status": "suspended"}, False), ({"expires_on": date(2027, 3, 1)}, False),
    ({"scope": "BAC", "accreditation_status": "withdrawn"}, True)])
def test_what_was_said_of_the_team_goes_before_what_was_said_of_its_organisation(own, good):
    granted = {"scope": "manual_clearance", "accreditation_status": "granted",
               "granted_on": date(2027, 1, 1), "expires_on": date(2027, 12, 31)}
    said = [record("accreditation", "org", accredited_organisation="Org A", **granted),
            record("accreditation", "own", team="team-a", **(granted | own))]
    assert one(accreditations=said).passed is good
    assert one(accreditations=said[:1]).passed


@pytest.fixture
def ordered(tmp_path):
    """A registry in which all is in order and signed but the order; the authority and its key."""
    from landrelease.core.signature import signed
    from landrelease.store.open import create_registry
    from landrelease.workflows import identities

    registry = create_registry(tmp_path / "r.gpkg", office="Test")
    programme(registry)
    who = identities.create_identity(registry, tmp_path / "a.pem", name="A", by="A",
                                     role="authority", now=NOON - timedelta(days=90)).person
    key = identities.read_key(tmp_path / "a.pem", None)

    def grant(name, **said):
        values = {"scope": "manual_clearance", "accreditation_status": "granted",
                  "granted_on": date(2027, 1, 1), "expires_on": date(2027, 12, 31)} | said
        registry.append([signed(Revision("accreditation", name, values, None,
                                         NOON - timedelta(days=30), who, "said", "", None), key,
                                who, registry.tips(name))])

    grant("acc", team="team-a", accredited_organisation="Org A")
    return registry, who, key, grant


def say(registry, kind, id_, shape=None, *, at=NOON, **values):
    registry.append([Revision(kind, id_, values, shape, at, "tester", "test", "", None)])


def state(registry, role="inspector", day=DAY, **more):
    from landrelease.access.policy import view
    from landrelease.workflows.operating import gate_of

    (gate,) = gate_of(registry, view(role, **more), "t1", day, 2)
    return {c.name: c.state for c in gate.checks}


def test_safety_S09_an_order_that_nobody_signed_opens_no_gate(ordered):
    registry, who, key, _ = ordered
    was = registry.records("task")[0].values
    assert state(registry)["order"] == "not_reported"
    say(registry, "task", "t1", GROUND, **was | {"task_status": "started"})
    assert state(registry)["order"] == "not_reported"
    order(registry, who, key)
    assert set(state(registry).values()) == {"passed"}
    say(registry, "task", "t1", GROUND, **was | {"task_status": "started"})
    assert set(state(registry).values()) == {"passed"}
    # What is changed without a signature was not ordered: it is the order as signed that counts.
    say(registry, "task", "t1", GROUND, **was | {"task_status": "started", "teams": ["team-b"]})
    assert set(state(registry).values()) == {"passed"}
    say(registry, "task", "t1", GROUND, **was | {"task_status": "suspended"})
    assert state(registry)["order"] == "failed"
    for status in ("ordered", "started"):
        say(registry, "task", "t1", GROUND, **was | {"task_status": status})
        assert state(registry)["order"] == "failed", "nobody ordered it again"
    order(registry, who, key, at=NOON)
    assert state(registry)["order"] == "passed"


def test_safety_S09_an_order_counts_from_its_day_and_what_ended_later_was_ordered_before(ordered):
    registry, who, key, _ = ordered
    order(registry, who, key, at=NOON + timedelta(days=9))
    assert state(registry)["order"] == "not_reported", "signed nine days later, for no day before"
    order(registry, who, key, at=NOON + timedelta(days=9), ordered_on=DAY - timedelta(days=3))
    assert state(registry)["order"] == "passed", "the authority says since when it was ordered"
    was = registry.records("task")[0].values
    say(registry, "task", "t1", GROUND, at=NOON + timedelta(days=20),
        **was | {"task_status": "completed"})
    assert state(registry)["order"] == "passed"


def test_a_task_without_ground_of_its_own_has_that_of_its_hazard(ordered):
    registry, who, key, _ = ordered
    was = registry.records("task")[0].values | {"hazard": "h1"}
    say(registry, "task", "t1", None, **was)
    from landrelease.core.signature import signed

    registry.append([signed(Revision("task", "t1", was, None, NOON - timedelta(days=3), who, "o",
                                     "", None), key, who, registry.tips("t1"))])
    assert set(state(registry).values()) == {"passed"}
    say(registry, "closure", "c", box(17.025, 44, 17.026, 44.001), closure_reason="security")
    assert state(registry)["closures"] == "failed"


@pytest.mark.parametrize("case", ["closure", "permit", "person", "machine", "evacuation", "none"])
def test_safety_S08_the_gate_does_not_depend_on_who_asks(ordered, case):
    from landrelease.access.policy import view
    from landrelease.workflows.operating import flagged_days, gate_of

    registry, who, key, grant = ordered
    change = {"organisation": "Org A"}
    if case == "closure":  # without ground: everything is closed
        say(registry, "closure", "hidden", closure_reason="security")
    elif case == "permit":  # of another organisation: this ground asks for one
        say(registry, "permit", "hidden", GROUND, holder_organisation="Org B", state="granted")
    elif case == "person":  # their own leave ran out; it names no organisation
        grant("hidden", person="p1", expires_on=date(2027, 3, 1))
    elif case == "machine":
        say(registry, "machine", "m1", machine_status="ready", organisation="Org A")
        grant("hidden", machine="m1", accreditation_status="withdrawn")
        change["machines"] = ["m1"]
    elif case == "evacuation":
        say(registry, "gate", "hidden", task="t1", day=DAY, gate_type="evacuation",
            team="", clear_at=NOON + timedelta(hours=1), at=NOON + timedelta(hours=2))
    order(registry, who, key, **change)
    seen = {"inspector": state(registry),
            "operator": state(registry, "operator", organisation="Org A"),
            "areas": state(registry, areas=[area(registry)])}
    assert seen["operator"] == seen["inspector"] == seen["areas"]
    assert (set(seen["inspector"].values()) == {"passed"}) == (case == "none")
    reader = view("operator", organisation="Org A")
    (gate,) = gate_of(registry, reader, "t1", DAY, 2)
    if case not in ("closure", "none"):
        assert "hidden" not in str(gate), "what the operator may not see"
    say(registry, "activity", "w1", task="t1", started_on=DAY, ended_on=DAY, teams=["team-a"],
        activity_type="clearance", organisation="Org A")
    flagged = [len(flagged_days(registry, view(role, **more), DAY, DAY, 2)) for role, more in (
        ("inspector", {}), ("operator", {"organisation": "Org A"}))]
    assert flagged == ([0, 0] if case == "none" else [1, 1])


def area(registry):
    """The ground of the task as an area of a reader."""
    from landrelease.access.policy import Area

    return Area(("somewhere",), GROUND.buffer(0.001))


LATE = 24 * 20  # hours after the start of the world: ten days after the work


def _failed_test(registry):
    world.record(registry, "detector", "d1", team="team-a", tested_on=world.DAY,
                 test_result="failed", information_date=world.DAY, hours=24 * 9 + 1)


def _rewritten(registry, hours=LATE):
    world.record(registry, "detector", "d1", team="team-a", tested_on=world.DAY,
                 test_result="passed", information_date=world.DAY, hours=hours)


def _given_away(registry):
    world.record(registry, "team", "team-b", organisation="Org B", hours=LATE)
    world.record(registry, "detector", "d1", team="team-b", tested_on=world.DAY,
                 test_result="failed", information_date=world.DAY, hours=LATE)


def _untrained(registry):
    world.record(registry, "person", "p1", role="deminer", competences=["manual_clearance"],
                 training_until=date(2026, 3, 1), hours=1)


def _prolonged(registry):
    world.record(registry, "person", "p1", role="deminer", competences=["manual_clearance"],
                 training_until=date(2027, 3, 1), hours=LATE)


def _called_a_medic(registry):
    world.record(registry, "person", "p1", role="medic", hours=LATE)


def _a_member_without_competence(registry):
    world.record(registry, "person", "p3", role="deminer", competences=[])
    world.record(registry, "team", "team-a", organisation="Org A", members=["p1", "p2", "p3"],
                 hours=1)


def _without_searchers(registry):
    world.record(registry, "team", "team-a", organisation="Org A", members=["p2"], hours=1)


def _taken_off(registry):
    world.record(registry, "team", "team-a", organisation="Org A", members=["p1", "p2"],
                 hours=LATE)


@pytest.mark.parametrize(("against", "later"), [
    (_failed_test, _rewritten), (_failed_test, _given_away), (_untrained, _prolonged),
    (_untrained, _called_a_medic), (_a_member_without_competence, _taken_off),
    (_without_searchers, _taken_off)])
def test_safety_S08_what_kept_work_from_starting_is_not_unsaid_later(tmp_path, against, later):
    registry = create_registry(tmp_path / "r.gpkg", office="A")
    registry.keep_setting("utc_offset_hours", "2")
    ana, _ = world.keys(registry, tmp_path)
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", world.FIELD)
    world.cleared(registry, "h1", world.FIELD)
    reader = sharing.reader_of(registry, "authority")

    def flagged():
        return [w for f in operating.flagged_days(registry, reader, world.DAY, world.DAY)
                for w in f.reasons]

    assert not flagged()
    against(registry)
    before = flagged()
    assert len(before) == 1
    later(registry)
    assert flagged() == before


def test_safety_S08_a_detector_that_passes_again_on_its_day_is_used(tmp_path):
    registry = create_registry(tmp_path / "r.gpkg", office="A")
    registry.keep_setting("utc_offset_hours", "2")
    ana, _ = world.keys(registry, tmp_path)
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", world.FIELD)
    world.cleared(registry, "h1", world.FIELD)
    reader = sharing.reader_of(registry, "authority")
    _failed_test(registry)
    _rewritten(registry, hours=24 * 9 + 2)
    assert not operating.flagged_days(registry, reader, world.DAY, world.DAY)


@pytest.mark.parametrize("of", [{"team": "team-a"}, {"person": "p1"},
                                {"accredited_organisation": "Org A"}])
@pytest.mark.parametrize("scope", [{"scope": "manual_clearance"}, {}, {"scope": "not_reported"}])
@pytest.mark.parametrize(("at", "shut"), [
    (date(2027, 2, 1), True), (None, True), (date(2026, 2, 1), False)])
def test_safety_S08_a_withdrawal_shuts_also_without_a_scope_and_of_the_whole_organisation(
        of, scope, at, shut):
    gone = record("accreditation", "gone", accreditation_status="withdrawn", **of, **scope,
                  **({"granted_on": at} if at else {}))
    mine = dataclasses.replace(site().accreditations[0], id="own", values={
        **site().accreditations[0].values, "team": None, "person": "p1"})
    assert one(accreditations=[*site().accreditations, mine, gone]).passed != shut
