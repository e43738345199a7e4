"""What teams wait for: in time without work each reason is real, held against the checker."""

import dataclasses

import numpy as np
import pytest

import tiny_worlds
from landrelease.plan.check import violations
from landrelease.plan.idle import idle
from landrelease.plan.search import make_plan

WORLDS = [(tiny_worlds.tiny, s) for s in range(12)] + [
    (tiny_worlds.behind_roads, s) for s in range(12)] + [
    (tiny_worlds.bound_by, s) for s in range(40)]


def busy(problem, schedule):
    """bool (P, teams, H) from the schedule itself."""
    out = np.zeros((len(problem.pools), int(problem.pool_teams.max()), problem.horizon), bool)
    for s in np.flatnonzero(schedule.option >= 0):
        o = int(schedule.option[s])
        out[problem.first_pool[o], schedule.team[s], schedule.start[s]:schedule.first_finish[s]] = 1
        if problem.second_pool[o] >= 0:
            out[problem.second_pool[o], schedule.second_team[s],
                schedule.second_start[s]:schedule.finish[s]] = 1
    return out


def begun(problem, schedule, pool, team, slot, planned_ways):
    """Each stage that a team could be put on at a slot instead of what the plan has for it later;
    `planned_ways`: ways with a second team only where the plan does the stage so."""
    calendars = problem.conditions.calendars
    for s in range(len(problem.stage_ids)):
        low, high = int(problem.option_start[s]), int(problem.option_start[s + 1])
        for o in range(low, high):
            planned = int(schedule.option[s]) == o
            for step, which in ((1, "first"), (2, "second")):
                if int(getattr(problem, f"{which}_pool")[o]) != pool:
                    continue
                if (step == 2 or int(problem.second_pool[o]) >= 0) and not planned:
                    continue
                start = int((schedule.start if step == 1 else schedule.second_start)[s])
                if schedule.option[s] >= 0 and start <= slot:
                    continue
                row = (np.ones(problem.horizon, bool) if calendars is None
                       else calendars.open[int(getattr(calendars, which)[o])])
                left, at = int(getattr(problem, f"{which}_slots")[o]), slot
                if not row[slot]:
                    continue
                while left and at < problem.horizon:
                    left -= bool(row[at])
                    at += 1
                if left:
                    continue
                new = {f.name: np.array(getattr(schedule, f.name))
                       for f in dataclasses.fields(schedule)
                       if getattr(schedule, f.name) is not None}
                if step == 2:
                    new["second_start"][s], new["finish"][s] = slot, at
                    new["second_team"][s] = team
                else:
                    new["option"][s], new["start"][s], new["team"][s] = o, slot, team
                    new["first_finish"][s] = at
                    if int(problem.second_pool[o]) < 0:
                        new["finish"][s], new["second_start"][s] = at, at
                        new["second_team"][s] = -1
                yield s, type(schedule)(**new)


@pytest.mark.parametrize(("make", "seed"), WORLDS)
def test_the_reasons_of_idle_time_are_real(make, seed):
    problem = make(seed)
    schedule = make_plan(problem, iterations=2, seed=1).schedule
    assert violations(problem, schedule) == []
    found = idle(problem, schedule)
    # All time of all teams is work or is explained once.
    told = busy(problem, schedule).astype(int)
    for span in found:
        assert span.begin < span.end
        told[span.pool, span.team, span.begin:span.end] += 1
    for p in range(len(problem.pools)):
        there = slice(int(problem.pool_opens[p]), int(problem.pool_closes[p]))
        assert (told[p, :int(problem.pool_teams[p]), there] == 1).all()
    money = problem.conditions.money
    exact = money is None or money.may_pay is None
    for span in found:
        for slot in range(span.begin, span.end):
            could = {s for s, new in begun(problem, schedule, span.pool, span.team, slot, True)
                     if not violations(problem, new)
                     # Nothing else may be later for it.
                     and (schedule.finish[s] < 0 or new.finish[s] <= schedule.finish[s])}
            if span.kind == "order" and exact:
                assert span.stage in could, (span, slot)
            elif span.kind != "order":
                assert not could or not exact, (span, slot, could)


def test_a_team_with_nothing_left_and_one_that_waits_for_its_road():
    kinds = {}
    for make, seeds in ((tiny_worlds.tiny, range(6)), (tiny_worlds.behind_roads, range(12)),
                        (tiny_worlds.bound_by, range(30))):
        for seed in seeds:
            problem = make(seed)
            for span in idle(problem, make_plan(problem, iterations=1, seed=1).schedule):
                kinds[span.kind] = kinds.get(span.kind, 0) + 1
                assert (span.stage < 0) == (span.kind == "nothing")
    assert {"nothing", "survey", "road", "leave", "ground", "money", "end"} <= set(kinds), kinds
