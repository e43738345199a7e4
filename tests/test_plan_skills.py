"""Teams that can do several kinds of work, and the days on which teams rest."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from landrelease import workflows
from landrelease.core.recorded import Sources
from landrelease.errors import LandReleaseError
from landrelease.plan.recorded.slots import last_days
from landrelease.records.teams import read_teams
from landrelease.store.problem_tables import read_problem, write_problem
from landrelease.store.results import load_plan, save_plan
from landrelease.workflows import Binding
from test_plan_of_records import HEAD
from test_plan_recorded import STATED, asked, assessed, land_of, planned, pool, record, steps

ROW = "ts-a,ts,A,Base,0.0,-47.01,2,8000,8000,8000,100,USD,,,made up"
BOTH = dataclasses.replace(pool("both-a", "ts", 1, 8_000.0), also=("manual=2000",))
FIRST = pool("nts-a", "nts", rate=50_000.0)


def written(tmp_path, also="", rest="", row=ROW):
    path = tmp_path / "teams.csv"
    path.write_text(HEAD.strip() + f",also,rest\n{row},{also},{rest}\n")
    return path


def test_a_teams_file_says_what_else_teams_can_do_and_when_they_rest(tmp_path):
    found = read_teams(written(tmp_path, "manual=120; NTS = 50000",
                               "12-20/01-10;2027-07-01/2027-07-14"))[0]
    assert found.speeds() == {"ts": 8000.0, "manual": 120.0, "nts": 50_000.0}
    resting = [found.rests_on(date(2028, *d)) for d in ((12, 19), (12, 20), (1, 10), (1, 11))]
    assert resting == [False, True, True, False]
    assert [found.rests_on(date(y, 7, 1)) for y in (2026, 2027, 2028)] == [False, True, False]
    path = tmp_path / "old.csv"
    path.write_text(HEAD + ROW + "\n")
    assert read_teams(path)[0].also == () == read_teams(path)[0].rest


@pytest.mark.parametrize("teams", [32_001, 32_768, 1_000_000])
def test_more_teams_than_can_be_planned_are_refused_with_the_row(tmp_path, teams):
    cells = ROW.split(",")
    cells[HEAD.strip().split(",").index("teams")] = str(teams)
    with pytest.raises(LandReleaseError, match=r"FIL-021.*row 1.*1 to 32000"):
        read_teams(written(tmp_path, row=",".join(cells)))


@pytest.mark.parametrize(("also", "rest"), [
    ("manual", ""), ("manual=0", ""), ("manual=x", ""), ("ts=5", ""), ("mechanical=5", ""),
    ("manual=5;manual=6", ""), ("", "12-20"), ("", "2027-07-14/2027-07-01"), ("", "13-01/01-01"),
    ("", "2027-07-01/08-01"), ("", "1-2/3-4")])
def test_what_a_team_cannot_be_is_refused(tmp_path, also, rest):
    with pytest.raises(LandReleaseError, match="FIL-021"):
        read_teams(written(tmp_path, also, rest))


def test_machines_are_no_second_skill_and_have_none(tmp_path):
    with pytest.raises(LandReleaseError, match="FIL-021"):
        read_teams(written(tmp_path, "manual=5", row=ROW.replace(",ts,", ",mechanical,")))


def test_teams_of_two_kinds_do_both_and_one_at_a_time():
    problem = asked(pools=(FIRST, BOTH)).problem
    only = asked(pools=(FIRST, dataclasses.replace(BOTH, also=()), pool(
        "manual-a", "manual", rate=2_000.0))).problem
    # Each kind at its own rate: the ways are those of two pools at the same base.
    assert problem.first_slots.tolist() == only.first_slots.tolist()
    assert problem.option_mode == only.option_mode
    schedule = planned(problem).schedule  # the checker holds each team to one work at a time
    assert (schedule.finish >= 0).all()
    busy = np.zeros(problem.horizon, int)
    for _, p, begin, end in steps(problem, schedule):
        busy[begin:end] += p == 1
    assert busy.max() == 1
    done = {problem.option_mode[o] for o in schedule.option.tolist()
            if problem.first_pool[o] == 1}
    assert done == {"TS", "manual"}


def test_machines_are_followed_by_teams_that_also_clear_by_hand():
    problem = asked(pools=(FIRST, BOTH, pool("machine-a", "mechanical", 1, 9_000.0))).problem
    with_machine = [m == "machine then manual" for m in problem.option_mode]
    assert any(with_machine) and set(problem.second_pool[with_machine].tolist()) == {1}


@pytest.mark.parametrize("skills", [("manual_clearance",), ("TS",), ("TS", "manual_clearance")])
def test_safety_S09_each_kind_of_work_needs_its_own_leave(skills):
    """Leave for one kind is none for another; a kind without leave is not planned."""
    leave = tuple(record("accreditation", f"a-{scope}", scope=scope, accredited_organisation="A",
                         granted_on=date(2027, 1, 1), accreditation_status="granted",
                         expires_on=date(2027, 9, 30) if scope == "manual_clearance"
                         else date(2060, 1, 1)) for scope in ("NTS", *skills))
    team = record("team", "both-a", team_type="TS", organisation="A")
    found = asked(Sources(teams=(team,), accreditations=leave), pools=(FIRST, BOTH))
    problem = found.problem
    modes = {m for m, p in zip(problem.option_mode, problem.first_pool.tolist(), strict=True)
             if problem.pools[p].id == "both-a"}
    if "TS" not in skills:
        assert modes == set()
        return
    assert modes == ({"TS", "manual"} if len(skills) == 2 else {"TS"})
    if len(skills) == 2:
        schedule = planned(problem).schedule
        for s, p, _, end in steps(problem, schedule):
            if problem.pools[p].id == "both-a" and problem.activity[s] == 2:
                assert last_days(problem)[end - 1] <= date(2027, 9, 30)
        assert (schedule.finish[problem.activity == 1] >= 0).all()


def test_nobody_starts_or_counts_work_while_a_team_rests():
    span = (date(2027, 5, 10), date(2027, 5, 23))
    rest = ("05-10/05-23", "2027-07-01/2027-07-07")
    pools = (FIRST, dataclasses.replace(BOTH, rest=rest, m2_per_day=900.0, also=("manual=300",)))
    for binding in (Binding(Sources()), None):
        land = land_of()
        problem = workflows.planning_problem(land, assessed(land), pools, STATED,
                                             start=date(2027, 4, 1), binding=binding).problem
        schedule = planned(problem).schedule
        days = [(first, last) for first, last in zip(problem.slot_starts, last_days(problem),
                                                     strict=False)]
        rests = np.array([any(pools[1].rests_on(first + timedelta(days=n)) for n in range(
            (last - first).days + 1)) for first, last in days])
        assert rests.any() and not rests.all()
        assert all(rests[t] == (days[t][0] <= span[1] and days[t][1] >= span[0])
                   for t in range(30) if days[t][1] < date(2027, 6, 20))
        paused = 0
        for s, p, begin, end in steps(problem, schedule):
            if p == 1:
                slots = int(problem.first_slots[schedule.option[s]])
                assert not rests[begin] and int((~rests[begin:end]).sum()) == slots
                paused += end - begin - slots
        assert paused > 0, "work was under way when the rest began"
        names = problem.conditions.calendars.ids
        assert names == ("always", "rest of both-a")


def test_rest_and_closures_stand_together():
    closure = record("closure", "c", shapely.box(0.0, -47.0, 0.004, -46.998),
                     closed_from=datetime(2027, 5, 1, tzinfo=UTC),
                     closed_until=datetime(2027, 5, 5, tzinfo=UTC))
    problem = asked(Sources(closures=(closure,)), pools=(
        FIRST, dataclasses.replace(BOTH, rest=("05-10/05-23",)))).problem
    calendars = problem.conditions.calendars
    number = {n: k for k, n in enumerate(calendars.ids)}
    both = calendars.open[number["c; rest of both-a"]]
    assert (both == calendars.open[number["c"]] & calendars.open[number["rest of both-a"]]).all()
    planned(problem)


def test_skills_and_rest_are_kept_with_a_plan_and_in_tables(tmp_path):
    pools = (FIRST, dataclasses.replace(BOTH, rest=("05-10/05-23", "2027-07-01/2027-07-07")))
    problem = asked(pools=pools).problem
    plan = planned(problem, iterations=1)
    saved = workflows.plan_file(plan, land_of(), STATED, date(2027, 4, 1))
    save_plan(tmp_path / "plan", saved)
    assert load_plan(tmp_path / "plan").plan.problem.pools == problem.pools
    write_problem(tmp_path / "tables", problem, synthetic=False)
    assert read_problem(tmp_path / "tables").pools == problem.pools
