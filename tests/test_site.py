"""INC: accidents, environment, marking, evacuations, exposure, competence."""

import hashlib
import json
import math
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from shapely import LineString, Point

from inspected import NOON, field, fill, programme, record
from landrelease import workflows
from landrelease.access import policy
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.operate.accidents import LATER, accident_states, harmed_totals
from landrelease.operate.competence import leaves
from landrelease.operate.environment import environment_overview
from landrelease.operate.evacuations import drills, evacuations
from landrelease.operate.exposure import accident_rate, exposure
from landrelease.operate.markings import marking_overview
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import site

DAY = date(2026, 5, 1)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WITHIN = {"notification": timedelta(hours=24), "detailed_report": timedelta(days=10),
          "investigation": timedelta(days=30)}
STATED = workflows.load_assumptions()


# --- accidents -----------------------------------------------------------------------------------


def accident(happened="2026-04-20T08:00:00+00:00", **said):
    return record("accident", "a1", Point(17, 44), occurred_at=happened, **said)


def states_of(*accidents, now=NOW):
    return accident_states(accidents, now, WITHIN)


@pytest.mark.parametrize(("said", "wanted"), [
    ({}, ("overdue", "overdue", "due")),
    ({"notified_at": "2026-04-20T09:00:00+00:00"}, ("done", "overdue", "due")),
    ({"notified_at": "2026-04-22T09:00:00+00:00",
      "detailed_report_at": "2026-04-30T08:00:00+00:00"}, ("late", "done", "due")),
    ({"investigation": "closed"}, ("overdue", "overdue", "done")),
    # What is dated after the day that is asked about has not happened yet.
    ({"notified_at": "2026-05-02T09:00:00+00:00"}, ("overdue", "overdue", "due"))])
def test_duties_after_an_accident(said, wanted):
    (found,) = states_of(accident(**said))
    assert tuple(d.state for d in found.duties) == wanted
    assert found.overdue is ("overdue" in wanted)


def test_where_only_the_day_is_known_nobody_is_called_late_before_it_ended():
    day_only = record("accident", "a1", Point(17, 44), information_date=date(2026, 4, 30))
    (found,) = states_of(day_only)  # notice is due by the end of 1 May
    assert found.day_only and found.duties[0].state == "due"
    (found,) = states_of(day_only, now=NOW + timedelta(days=1))
    assert found.duties[0].state == "overdue"
    (found,) = states_of(record("accident", "a1"))
    assert {d.state for d in found.duties} == {"unknown"} and "place" in found.missing
    assert states_of(accident("2026-05-03T08:00:00+00:00")) == ()


@pytest.mark.parametrize("dated", [
    {"occurred_at": "2062-04-20T08:00:00+00:00"}, {"information_date": date(2062, 4, 20)}])
def test_an_accident_that_is_dated_in_the_future_is_listed(dated):
    """On a day of the past it is left out only what happened since."""
    one = record("accident", "a1", Point(17, 44), injured_men=1, **dated)
    (found,) = accident_states([one], NOW, WITHIN, NOW + timedelta(days=30))
    assert found.doubts == (LATER,) and {d.state for d in found.duties} == {"unknown"}
    assert harmed_totals([found])["not_reported"]["injured_men"] == 1
    since = record("accident", "a1", Point(17, 44), information_date=date(2026, 5, 9))
    assert accident_states([since], NOW, WITHIN, NOW + timedelta(days=30)) == ()


def test_safety_S12_people_not_counted_are_not_zero():
    (found,) = states_of(accident(injured_women=1, killed_boys=0))
    assert found.harmed["injured_women"] == 1 and found.harmed["killed_boys"] == 0
    assert found.harmed["killed_men"] is None and "killed_men" in found.missing
    assert found.victims == 1
    (none,) = states_of(accident())
    assert none.victims is None
    totals = harmed_totals([found, none])
    assert totals == {"not_reported": {"records": 2, "without_counts": 1, "injured_women": 1,
                                       "killed_boys": 0}}


def test_what_does_not_fit_is_said():
    full = {f"{h}_{w}": 0 for h in ("killed", "injured") for w in ("women", "men", "girls", "boys")}
    (one,) = states_of(accident(victims=3, **full | {"injured_men": 1}))
    assert one.doubts == ("3 victims are reported, and 1 by sex and age",)
    assert states_of(accident(victims=3, injured_men=1))[0].doubts == ()  # the rest not counted
    assert "more" not in str(states_of(accident(victims=1, **full | {"injured_men": 1}))[0].doubts)
    (harmed,) = states_of(accident(accident_class="incident", injured_men=1))
    assert "not an incident" in harmed.doubts[0]
    (before,) = states_of(accident(notified_at="2026-04-19T08:00:00+00:00"))
    assert before.doubts == ("it is reported before it happened",)
    (long,) = states_of(accident(notified_at="2026-03-19T08:00:00+00:00"))
    assert long.doubts == before.doubts and long.duties[0].state == "overdue"


def test_the_report_of_an_incident_asks_for_no_victims_and_of_a_closed_review_for_causes():
    (incident,) = states_of(accident(accident_class="incident"))
    assert not any(m.startswith(("killed", "injured")) for m in incident.missing)
    (closed,) = states_of(accident(investigation="closed", causes=[]))
    assert {"causes", "corrective_action"} <= set(closed.missing)
    assert "causes" not in states_of(accident())[0].missing


# --- marking -------------------------------------------------------------------------------------

HAZARD = record("hazard", "h1", field(0, 0, 100, 100))


def marks(*found, hazards=(HAZARD,), day=DAY):
    return marking_overview(list(hazards), found, day, check_days=90, near_m=30)


def board(id_="m1", **said):
    return record("marking", id_, field(120, 0, 1, 1), **{
        "placed_on": date(2026, 3, 1), "state": "good", "marking_type": "sign"} | said)


@pytest.mark.parametrize(("mark", "problems"), [
    (board(), []), (board(state="damaged", checked_on=date(2026, 4, 1)), ["damaged"]),
    (board(state="missing"), ["missing"]),
    (board(state="damaged", checked_on=date(2026, 4, 1), maintained_on=date(2026, 4, 3)), []),
    (board(state="damaged", checked_on=date(2026, 4, 9), maintained_on=date(2026, 4, 3)),
     ["damaged"]),
    (board(placed_on=date(2026, 1, 1)), ["check_overdue"]),
    (board(placed_on=date(2026, 1, 1), checked_on=date(2026, 4, 1)), []),
    (board(state="not_reported"), ["state_not_reported"]),
    (board(placed_on=None), ["check_overdue"]),
    # After a repair the visits go on; what was missing stands when somebody saw it.
    (board(state="damaged", checked_on=date(2020, 1, 1), maintained_on=date(2020, 1, 2),
           placed_on=date(2019, 5, 1)), ["check_overdue"]),
    (board(state="damaged", maintained_on=date(2026, 4, 3)), ["damaged"]),
    (board(state="missing", checked_on=date(2026, 4, 1), maintained_on=date(2026, 4, 1)),
     ["missing"]),
    # Points of the survey warn nobody; of what has no type nobody says that it does.
    (board(marking_type="benchmark", permanent="yes"), ["not_marked"]),
    (board(marking_type="turning_point", hazard="h1", state="missing"), ["not_marked", "missing"]),
    (board(marking_type=None), ["type_not_reported"]),
    (board(hazard=" H1 "), []),
    (board(removed_on=date(2026, 4, 1)), ["removed_before_release"]),
    (board(state="removed"), ["removed_before_release"]),
    (board(removed_on=date(2026, 6, 1)), []),  # not yet, on that day
    (board(placed_on=date(2026, 6, 1)), ["not_marked"]),
    (board(hazard="h2"), ["not_marked", "hazard_not_known"])])
def test_marking_stands_until_release(mark, problems):
    assert [f.problem for f in marks(mark).findings] == problems


def test_marking_belongs_to_the_hazards_near_it_and_outlives_none():
    far = record("marking", "m1", field(140, 0, 1, 1), state="good", placed_on=date(2026, 4, 1),
                 marking_type="fence")
    found = marks(far)
    assert [f.problem for f in found.findings] == ["not_marked"] and found.marked == 0
    second = record("hazard", "h2", field(150, 0, 50, 50))
    between = board(signs=4)
    found = marks(between, hazards=(HAZARD, second))
    assert (found.hazards, found.marked, found.signs) == (2, 2, 4) and found.findings == ()
    left = marks(board(permanent="no"), hazards=())
    assert [f.problem for f in left.findings] == ["removal_open"]
    assert marks(board(permanent="yes"), hazards=()).findings == ()
    survey = board(permanent="no", marking_type="benchmark")
    assert marks(survey, hazards=()).findings == ()  # by it the outline is found again


PARTS = tuple(record("hazard", f"h1/{n}", field(50 * n, 0, 50, 100), parents=["h1"])
              for n in (0, 1))


def told(*found, hazards=(HAZARD,), **more):
    return [(f.problem, f.hazard) for f in marking_overview(
        list(hazards), found, DAY, check_days=90, near_m=30, **more).findings]


def test_safety_S01_marking_follows_the_descent_of_what_it_names():
    fence = record("marking", "m1", field(0, 0, 100, 100).boundary, marking_type="fence",
                   state="good", permanent="no", hazard="h1", placed_on=date(2026, 3, 1))
    assert told(fence, hazards=PARTS, known=[HAZARD]) == []
    assert told(fence, hazards=PARTS[1:], known=[HAZARD, PARTS[0]]) == []  # the rest is released
    # A board at one part marks no other, nor does one of which nobody says at which it stands.
    at_edge = board(hazard="h1", permanent="no")
    assert told(at_edge, hazards=PARTS, known=[HAZARD]) == [("not_marked", "h1/0")]
    nowhere = record("marking", "m1", None, **at_edge.values)
    assert told(nowhere, hazards=PARTS, known=[HAZARD]) == [
        ("not_marked", "h1/0"), ("not_marked", "h1/1")]
    # A part that this reader is not told of holds the fence as well.
    assert told(fence, hazards=(), known=[HAZARD], beside=PARTS) == []


@pytest.mark.parametrize(("said", "more", "wanted"), [
    ({"hazard": "h0"}, {"known": [record("hazard", "h0")]}, ("hazard_not_known", "h0")),
    ({"hazard": "H1-OLD"}, {}, ("hazard_not_known", "H1-OLD")),
    ({"hazard": "H1-OLD"}, {"hazards": ()}, ("hazard_not_known", "H1-OLD")),
    ({"hazard": "h1"}, {"hazards": (), "known": [HAZARD]}, ("removal_open", "h1")),
    ({}, {"hazards": (), "unplaced": 1}, ("removal_in_doubt", "")),
    ({}, {"hazards": (), "beside": [HAZARD]}, None),
    ({"hazard": "h1"}, {"hazards": (), "known": [HAZARD], "beside": [
        record("hazard", "quarantine-1", field(900, 0, 9, 9), position_accuracy_m=800.0)]},
     ("hazard_not_known", "h1"))])
def test_safety_S01_nothing_is_taken_away_from_hazardous_ground(said, more, wanted):
    found = told(board(permanent="no", **said), **more)
    assert wanted in found if wanted else found == []
    assert ("removal_open" in dict(found)) is (wanted is not None and wanted[0] == "removal_open")


def test_marking_away_from_what_it_names_or_without_a_place():
    away = record("marking", "m1", field(900, 0, 1, 1), **board(hazard="h1").values)
    assert told(away) == [("far_from_hazard", "h1")]
    assert marks(away).marked == 0
    assert told(away, hazards=[record("hazard", "h1", field(0, 0, 100, 100),
                                      position_accuracy_m=900.0)]) == []
    assert told(record("marking", "m1", None, **board(permanent="no").values), hazards=()) == [
        ("hazard_not_known", "")]


# --- environment ---------------------------------------------------------------------------------


def trace(kind="demolition_place", **said):
    return record("environment", "e1", Point(17, 44), environment_type=kind,
                  observed_on=date(2026, 1, 1), **said)


@pytest.mark.parametrize(("made", "state"), [
    (trace(), "due"), (trace(restore_by=date(2026, 4, 1)), "overdue"),
    (trace(restored_on=date(2026, 4, 1)), "restored"), (trace(restored="yes"), "restored"),
    (trace(restored_on=date(2026, 6, 1)), "due"), (trace("water_source"), "fact"),
    (trace(restored_on=date(2025, 12, 31), restored="yes"), "due"),
    (trace(restored_on=date(2026, 4, 1), restored="no"), "due"),
    (trace("restored", restored="no"), "due"), (trace("restored"), "fact"),
    (record("environment", "e1", environment_type="soil_disturbed"), "overdue")])
def test_traces_are_restored_in_time(made, state):
    found = environment_overview([made], [], DAY, restore_days=180)
    assert [t.state for t in found.traces] == [state]
    said = made.values.get("restored_on")
    assert bool(found.traces[0].doubts) is (  # it contradicts itself
        made.values.get("restored") == "no" or (said is not None and said < date(2026, 1, 1)))


def test_what_the_environmental_record_lacks():
    (found,) = environment_overview([trace(soil_sampled="yes")], [], DAY, restore_days=180).traces
    assert found.missing == ("soil_result", "demolitions")
    done = trace(soil_sampled="no", demolitions=3, activity="w1", disturbed_m2=40.0)
    items = [record("item", "i1", disposal="destroyed", activity="w1"),
             record("item", "i2", disposal="destroyed", activity="w2"),
             record("item", "i3", disposal="found", activity="w3")]
    overview = environment_overview([done], items, DAY, restore_days=180)
    assert overview.without_place == ("w2",)
    assert (overview.demolitions, overview.disturbed_m2) == (3, 40.0)


# --- evacuations ---------------------------------------------------------------------------------


def out(id_="e1", kind="evacuation_drill", day=date(2026, 4, 1), **said):
    return record("gate", id_, task="t1", day=day, gate_type=kind, **said)


def test_the_log_of_evacuations():
    times = {"evacuated_at": "2026-04-01T08:00:00+00:00", "clear_at": "2026-04-01T08:12:00+00:00"}
    full, lost, bare = evacuations([
        out("e1", **times, people_on_site=9, people_counted=9),
        out("e2", "evacuation", **times, people_on_site=9, people_counted=7), out("e3"),
        record("gate", "g", task="t1", day=date(2026, 4, 1), briefing="passed")])
    assert (full.minutes, full.missing, full.findings) == (12, 0, ())
    assert lost.missing == 2 and "2 people" in lost.findings[0] and not lost.drill
    assert bare.missing is None and len(bare.findings) == 2


def test_drills_are_due_on_every_site_where_people_work():
    tasks = [record("task", t, task_status="started", planned_start=date(2026, 1, 1))
             for t in ("t1", "t2")] + [record("task", "t3", task_status="completed")]
    found = drills(evacuations([out()]), tasks, DAY, every_days=90)
    assert [(d.task, d.overdue) for d in found] == [("t2", True), ("t1", False)]
    assert drills([], [record("task", "t9", task_status="started")], DAY, every_days=90)[0].overdue


# --- exposure ------------------------------------------------------------------------------------


def work(id_="w1", **said):
    return record("activity", id_, **{
        "activity_type": "clearance", "task": "t1", "teams": ["a"], "hours": 6.0, "deminers": 5,
        "started_on": date(2026, 4, 1), "ended_on": date(2026, 4, 1)} | said)


def track(id_="k1", line=None, hours=2.0, day=date(2026, 4, 1), **said):
    begun = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    return record("track", id_, line, machine="m1", started_at=begun.isoformat(),
                  ended_at=(begun + timedelta(hours=hours)).isoformat(), **said)


@given(st.integers(1, 5), st.floats(0.5, 24), st.integers(1, 20), st.integers(0, 80))
def test_joint_work_and_long_work_keep_their_hours(teams, hours, people, days):
    """However many teams share it and months it spans, the sum is hours times people."""
    found = exposure([work(teams=[f"t{n}" for n in range(teams)], hours=hours, deminers=people,
                           ended_on=date(2026, 4, 1) + timedelta(days=days))], [], [])
    assert found.hours(people=True) == pytest.approx(hours * people)
    assert len({r.team for r in found.rows}) == teams
    by_team = {}
    for r in found.rows:
        by_team[r.team] = by_team.get(r.team, 0) + r.hours
    assert max(by_team.values()) == pytest.approx(min(by_team.values()))


@pytest.mark.parametrize(("first", "second", "hours", "lacking"), [
    ({}, {}, 2, []),  # two reports of one day: the track of that day counts once
    ({"machine_hours": 5.0}, {}, 5, ["w2"]), ({}, {"machine_hours": 5.0}, 5, ["w1"]),
    ({"machine_hours": 1.0}, {"machine_hours": 3.0}, 4, []),
    ({"task": "t2"}, {}, 2, ["w1"]), ({"teams": ["b"]}, {}, 2, ["w1"])])
def test_hours_of_a_machine_enter_once_where_two_reports_tell_of_its_day(first, second, hours,
                                                                         lacking):
    log = exposure([work(machines=["m1"], **first), work("w2", machines=["m1"], **second)],
                   [track(task="t1", team="a")], [HAZARD])
    assert log.hours(people=False) == pytest.approx(hours) and log.hours(people=True) == 60
    assert [r for r, _ in log.not_reported] == lacking


def test_a_track_is_of_the_day_on_which_it_began_where_the_machine_is():
    """Half past six in the morning is the day before by UTC, seven hours east of it."""
    log = exposure([work(machines=["m1"], machine_hours=6.0)], [record(
        "track", "k1", None, machine="m1", started_at="2026-03-31T23:30:00+00:00",
        ended_at="2026-04-01T05:30:00+00:00")], [HAZARD], timedelta(hours=7))
    assert log.hours(people=False) == 6 and {r.month for r in log.rows} == {"2026-04"}


def test_hours_that_nobody_reported_are_in_no_sum():
    found = exposure([work(), work("w2", hours=None), work("w3", activity_type="NTS"),
                      work("w4", machines=["m1"]), work("w5", activity_status="planned")], [], [])
    assert found.hours(people=True) == 60 and found.hours(people=False) == 0
    assert dict(found.not_reported) == {"w2": "hours", "w4": "machine_hours, and no track of m1"}
    (row,) = found.rows
    assert (row.month, row.who, row.records) == ("2026-04", "deminer", ("w1", "w4"))


def test_work_of_no_stated_kind_and_hours_that_no_day_has_are_told():
    """600 hours in a day would make the rate of accidents far too good; work whose kind nobody
    stated may be work on hazardous ground (S12)."""
    found = exposure([work(), work("w2", activity_type=None), work("w3", hours=600.0),
                      work("w4", machines=["m1"], machine_hours=25.0),
                      work("w5", activity_type=None, hours=None), work("w6", hours=48.0,
                      teams=["a", "b"], ended_on=date(2026, 4, 2))], [], [])
    assert found.hours(people=True) == 6 * 5 + 6 * 5 + 48 * 5
    assert found.hours(people=False) == 0
    assert found.not_reported == (
        ("w2", "activity_type"), ("w3", "hours: 600 h in 1 d"),
        ("w4", "machine_hours, and no track of m1"), ("w4", "machine_hours: 25 h in 1 d"))


def test_a_machine_counts_by_its_report_else_by_its_tracks_inside_hazards():
    half = LineString([(17.0, 0.0005), (17.0 + 200 / 111_320, 0.0005)])  # 100 of 200 m inside
    reported = exposure([work(machines=["m1"], machine_hours=5.0)], [track(line=half)], [HAZARD])
    assert reported.hours(people=False) == 5.0
    tracked = exposure([work(machines=["m1"])], [track(line=half)], [HAZARD])
    assert tracked.hours(people=False) == pytest.approx(1.0, rel=1e-6)
    alone = exposure([], [track(line=half)], [HAZARD])
    assert alone.hours(people=False) == pytest.approx(1.0, rel=1e-6)
    outside = exposure([], [track(line=LineString([(18, 0), (18.1, 0)]))], [HAZARD])
    assert outside.rows == ()
    no_line = exposure([], [track()], [HAZARD])  # nobody said that it was elsewhere
    assert no_line.hours(people=False) == 2.0


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), min_size=1, max_size=6),
       st.randoms(use_true_random=False))
def test_a_machine_is_at_one_place_at_a_time(spans, dice):
    """Logs that hold the hours of others once more: their union counts, in whatever order."""
    begun = datetime(2026, 4, 1, tzinfo=UTC)
    tracks = [record("track", f"k{n}", machine="m1",
                     started_at=(begun + timedelta(hours=a)).isoformat(),
                     ended_at=(begun + timedelta(hours=a + long)).isoformat())
              for n, (a, long) in enumerate(spans)]
    dice.shuffle(tracks)
    hours = {h for a, long in spans for h in range(a, a + long)}
    log = exposure([], tracks, [HAZARD])
    assert log.hours(people=False) == pytest.approx(len(hours))
    assert log.not_reported == ()
    other = record("track", "o", machine="m2", started_at=begun.isoformat(),
                   ended_at=(begun + timedelta(hours=3)).isoformat())
    assert exposure([], [*tracks, other], [HAZARD]).hours(people=False) == pytest.approx(
        len(hours) + 3)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_rate_of_accidents_has_its_exact_interval(count):
    rate, low, high = accident_rate(count, 50_000)
    assert rate == 2 * count
    # Garwood: at the ends the observed count has exactly the tail probability.
    assert stats.poisson.cdf(count, high / 2) == pytest.approx(0.025)
    if count:
        assert stats.poisson.sf(count - 1, low / 2) == pytest.approx(0.025)
    else:
        assert low == 0
    assert accident_rate(count, 0) is None


# --- competence ----------------------------------------------------------------------------------


def test_what_ends_and_when():
    persons = [record("person", p, competences=["EOD"], **({} if d is None else
                                                          {"training_until": d}))
               for p, d in (("p1", date(2026, 4, 30)), ("p2", DAY), ("p3", date(2026, 6, 30)),
                            ("p4", None))]
    persons.append(record("person", "p5", role="liaison"))
    granted = {"scope": "EOD", "accreditation_status": "granted", "expires_on": date(2027, 1, 1)}
    leave = [record("accreditation", "x1", person="p1", training_until=date(2026, 5, 20),
                    **granted),
             record("accreditation", "x2", team="t", scope="EOD",
                    accreditation_status="requested")]
    found = leaves(persons, leave, [record("team", "t", members=["p1", "p2"])], DAY, warn_days=30)
    assert [(x.record, x.what, x.state) for x in found] == [
        ("p1", "training", "expired"), ("p2", "training", "ends_soon"),
        ("x1", "training of the accreditation", "ends_soon"),
        ("p4", "training", "end_not_reported"), ("p3", "training", "in_force"),
        ("x1", "accreditation", "in_force")]
    assert found[0].teams == ("t",)


# --- the command line ----------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    registry = create_registry(tmp_path / "r.gpkg", office="Test")
    fill(registry, [
        *programme(), accident(injured_men=1, accident_class="demining_accident", task="t1"),
        record("inspection", "rec1", inspection_part="recommendation", accident="a1",
               finding="visors down", due_on=date(2026, 4, 25),
               inspection_type="accident_follow_up"),
        trace(restore_by=date(2026, 4, 1)),
        out("g1", "evacuation", people_on_site=9, people_counted=8),
        record("person", "p1", competences=["EOD"], training_until=date(2026, 1, 1))], NOON)
    address = registry.address
    registry.close()

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        from landrelease.apps import cli
        with pytest.raises(SystemExit) as stop:
            cli.main()
            raise SystemExit(0)
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err
    call.address, call.out = address, tmp_path / "o.json"
    return call


@pytest.mark.parametrize(("name", "words"), [
    ("accidents", ("OVERDUE", "injured men 1", "visors down", "not reported:")),
    ("environment", ("overdue", "demolition place")), ("marking", ("not marked", "0 of 1")),
    ("evacuations", ("EVACUATION", "1 people on the list were not counted")),
    ("competence", ("expired", "training of p1"))])
def test_overviews_say_what_is_overdue_and_end_with_status_1(command, name, words):
    status, said, error = command("operate", name, command.address, "--on", DAY, "--as",
                                  "authority", "--json", command.out)
    assert status == 1 and error == "" and json.loads(command.out.read_text())
    for word in words:
        assert word in said, (name, word, said)
    assert "<12" not in said  # a width is no format of a day


def test_exposure_from_the_command_line_and_as_a_figure(command):
    status, said, _ = command("operate", "exposure", command.address, "--group-by", "team", "--as",
                              "authority")
    assert status == 0 and "team-a" in said and "1 demining accidents: " in said
    status, said, _ = command("operate", "exposure", command.address, "--as", "inspector")
    assert status == 0 and "demining accidents" not in said
    command("figures", "list", command.address, "--as", "authority", "--json", command.out)
    figures = {f["id"]: f for f in json.loads(command.out.read_text())}
    assert figures["exposure_people_hours"]["value"] == 60.0
    assert figures["exposure_people_hours"]["records"] == ["w-team-a", "w-team-b"]
    command("figures", "list", command.address, "--json", command.out)
    assert "exposure" not in command.out.read_text()
    assert command("operate", "exposure", command.address, "--group-by", "moon")[0] == 2


@pytest.mark.parametrize("role", ["public", "community", "donor", "operator", "inspector"])
def test_safety_S16_accidents_with_persons_are_not_for_everybody(command, role):
    status, said, error = command("operate", "accidents", command.address, "--as", role,
                                  "--organisation", "Org A", "--area", "16,-1,18,45")
    assert status == 2 and "ACC-101" in error and "a1" not in said


def test_safety_S17_no_names_leave_with_the_overview(command, tmp_path):
    registry = create_registry(tmp_path / "n.gpkg", office="Test")
    fill(registry, [accident(victims=1)])
    last = registry.history("a1")[0].revision
    registry.append([last], personal={"a1": {"victim_names": "Somebody Real"}})
    found = site.accidents_of(registry, policy.view("authority"), STATED, NOW)
    assert "Somebody" not in json.dumps(found, default=str)
    assert math.isfinite(found["overdue"])


def test_safety_S01_what_waits_in_quarantine_and_what_is_dated_later_let_no_marking_go(
        command):
    """A fence beside a hazard that waits, one round a hazard that is dated 2062, and one that is
    "removed" in 2062."""
    def fence(name, x, **said):
        return record("marking", name, field(x, 3000, 10, 10), **{
            "marking_type": "fence", "state": "good", "permanent": "no",
            "placed_on": date(2026, 3, 1), "checked_on": date(2026, 4, 20)} | said)
    registry = open_registry(command.address)
    later = record("hazard", "late", field(600, 3000, 90, 90))
    fill(registry, [fence("m1", 0), fence("m2", 600),
                    fence("m3", 2000, state="removed", removed_on=date(2062, 4, 1)),
                    replace(later, valid_from=date(2062, 4, 1))], NOON)
    reader = policy.view("authority")

    def said():
        found = site.marking_of(registry, reader, STATED, date.today())
        return {(f["problem"], f["marking"]) for f in found["findings"]
                if f["problem"].startswith("removal")}, found["standing"]
    assert said() == ({("removal_open", "m1")}, 2)
    wrong = Finding("VAL-001", "h.csv", 1, "status", "x", "Why.", "How.", "quarantined")
    row = QuarantinedRow("h.csv", "0" * 64, 1, "hazard", {"identifier": "h9"},
                         field(0, 3000, 50, 50).wkt, (wrong,))
    registry.take_in(Intake(ImportReport("h.csv", hashlib.sha256(b"x").hexdigest(), "hazard", 1, 0,
                                         0, 1, (wrong,)), (), (row,), b"x"))
    assert said() == (set(), 2)
    # What waits is in no overview, and each says how many rows of its kind that are.
    assert site.rows_waiting(registry, reader, "hazard") == 1
    assert site.marking_of(registry, reader, STATED, DAY)["waiting"] == 0
    assert site.rows_waiting(registry, policy.view("public"), "hazard") is None
    registry.close()
