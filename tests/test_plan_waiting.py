"""What work waits for: each cause is real, and where none is, the work could start sooner."""

import dataclasses

import numpy as np
import pytest

import tiny_worlds
from landrelease.core import conditions as terms
from landrelease.core.work import Access
from landrelease.plan import check
from landrelease.plan.check import violations
from landrelease.plan.search import make_plan
from landrelease.plan.waiting import binding, waits, worth_of, zone_openings


def moved(problem, schedule, wait, start):
    """The schedules with one step moved to a start, with each team of its pool; None: no room."""
    o = int(schedule.option[wait.stage])
    which = "first" if wait.step == 1 else "second"
    slots = int(getattr(problem, f"{which}_slots")[o])
    calendars = problem.conditions.calendars
    row = (np.ones(problem.horizon, bool) if calendars is None
           else calendars.open[int(getattr(calendars, which)[o])])
    if start < 0 or (slots and not row[start]):
        return []
    at, left = start, slots
    while left and at < problem.horizon:
        left -= bool(row[at])
        at += 1
    if left:
        return []
    pool = int(getattr(problem, f"{which}_pool")[o])
    out = []
    for team in range(int(problem.pool_teams[pool])):
        new = {f.name: np.array(getattr(schedule, f.name)) for f in dataclasses.fields(schedule)
               if getattr(schedule, f.name) is not None}
        if wait.step == 1:
            new["start"][wait.stage], new["first_finish"][wait.stage] = start, at
            new["team"][wait.stage] = team
            if int(problem.second_pool[o]) < 0:
                new["finish"][wait.stage] = at
        else:
            new["second_start"][wait.stage], new["finish"][wait.stage] = start, at
            new["second_team"][wait.stage] = team
        out.append(type(schedule)(**new))
    return out


WORLDS = [(tiny_worlds.tiny, s) for s in range(6)] + [
    (tiny_worlds.behind_roads, s) for s in range(8)] + [
    (tiny_worlds.bound_by, s) for s in range(25)]


@pytest.mark.parametrize(("make", "seed"), WORLDS)
def test_no_step_could_start_before_its_cause_let_go(make, seed):
    problem = make(seed)
    plan = make_plan(problem, iterations=2, seed=1)
    assert violations(problem, plan.schedule) == []
    for wait in waits(problem, plan.schedule):
        if wait.cause.kind == "order":
            continue
        assert wait.cause.until == wait.start
        assert all(violations(problem, s) for s in moved(problem, plan.schedule, wait,
                                                         wait.start - 1)), wait


@pytest.mark.parametrize(("make", "seed"), WORLDS)
def test_a_step_that_waits_for_nothing_could_start_when_the_last_cause_let_go(make, seed):
    problem = make(seed)
    plan = make_plan(problem, iterations=2, seed=1)
    for wait in waits(problem, plan.schedule):
        if wait.cause.kind != "order":
            continue
        until = max((c.until for c in wait.causes[1:]), default=0)
        assert until < wait.start
        tried = moved(problem, plan.schedule, wait, until)
        assert any(not violations(problem, s) for s in tried), wait


@pytest.mark.parametrize("seed", range(15))
def test_all_that_hangs_on_first_stages_is_all_there_is(seed):
    """The worths of the first stages of a world without roads sum to all its weight."""
    problem = tiny_worlds.tiny(seed)
    plan = make_plan(problem, iterations=1, seed=1)
    worth = worth_of(problem, plan.schedule)
    roots = problem.predecessor < 0
    assert worth[roots].sum() == pytest.approx(problem.weight.sum())


def bent(seed):
    """One area, whose survey waits for its team; long waits count more, a growing season, a
    promise, and a road to a community that it opens."""
    problem = tiny_worlds.tiny(seed, hazards=1, horizon=40)
    horizon, stages = problem.horizon, 2
    missed = np.concatenate([[0.0], (np.arange(horizon) >= 9).astype(float)])
    return dataclasses.replace(
        problem, weight=np.array([1.0, 5.0]), pool_teams=np.ones(3, np.int32),
        pool_opens=np.array([7, 0, 0], np.int32), objective=terms.Objective(worst_off=3.0),
        conditions=terms.Conditions(
            seasons_missed=missed, season_weight=np.array([0.0, 1e3]),
            promises=terms.Promises(
                np.array([1, 4], np.int32), np.full(stages, -1, np.int32), np.array([2.0, 3.0]),
                np.zeros(stages))),
        access=Access(
            zone=np.zeros(2, np.int32), zones=2, gate_ids=("g",), gate_from=np.zeros(1, np.int32),
            gate_to=np.ones(1, np.int32), gate_start=np.array([0, 2], np.int32),
            gate_stage=np.array([0, 1], np.int32), community_ids=("a",),
            community_people=np.ones(1), community_weight=np.array([11.0]),
            community_zone=np.ones(1, np.int32), community_start=np.zeros(2, np.int32),
            community_stage=np.zeros(0, np.int32)))


def test_what_a_wait_costs_is_what_the_score_loses_by_it():
    """With nothing else to wait for, the plan without the wait is better by its points exactly,
    where it is done in the same ways."""
    alike = 0
    for seed in range(12):
        problem = bent(seed)
        plan = make_plan(problem, iterations=2, seed=1)
        first = next(w for w in waits(problem, plan.schedule) if w.stage == 0)
        assert first.cause.kind == "leave" and first.start == 7
        at_once = make_plan(dataclasses.replace(problem, pool_opens=np.zeros(3, np.int32)),
                            iterations=2, seed=1)
        assert at_once.schedule.start[0] == 0
        if at_once.schedule.option.tolist() == plan.schedule.option.tolist():
            assert first.gain == pytest.approx(plan.score - at_once.score)
            assert first.gain > 0
            alike += 1
    assert alike >= 9


def test_points_a_day_are_those_of_the_last_day():
    problem = bent(1)
    plan = make_plan(problem, iterations=2, seed=1)
    worth, end = worth_of(problem, plan.schedule), plan.schedule.finish
    span = problem.delay_days[-1]
    day = [problem.delay_days[e] for e in end]
    before = [problem.delay_days[e - 1] for e in end]
    own = [w * span * ((d / span) ** 3 - (b / span) ** 3) / (d - b) + late
           for w, d, b, late in zip((1.0, 16.0), day, before, (2.0, 3.0), strict=True)]
    # 11 of the 16 are the community's, which hangs on the last stage.
    assert worth[1] == pytest.approx(own[1]) and worth[0] == pytest.approx(sum(own))


@pytest.mark.parametrize("seed", range(25))
def test_zones_open_as_the_checker_says(seed):
    problem = tiny_worlds.behind_roads(seed)
    plan = make_plan(problem, iterations=1, seed=1)
    mine, by = zone_openings(problem, plan.schedule)
    told = check.zones_open(problem, plan.schedule)
    assert [float(m) if m < 2**30 else float("inf") for m in mine] == told
    for zone, stage in enumerate(by):
        if stage >= 0:
            assert plan.schedule.finish[stage] == mine[zone]


@pytest.mark.parametrize("seed", range(8))
def test_binding_adds_up_what_the_steps_waited(seed):
    problem = tiny_worlds.bound_by(seed)
    plan = make_plan(problem, iterations=1, seed=1)
    waited = waits(problem, plan.schedule)
    found = binding(problem, waited)
    assert sum(b.steps for b in found) == sum(w.cause.kind != "order" for w in waited)
    assert sum(b.points for b in found) == pytest.approx(sum(w.gain for w in waited))
    assert [b.points for b in found] == sorted((b.points for b in found), reverse=True)
