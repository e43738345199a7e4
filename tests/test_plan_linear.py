"""PLN: the linear program, the cuts of roads and the money of projects in the bound."""

import dataclasses

import numpy as np
import pytest

import exact
from landrelease.core import conditions as terms
from landrelease.plan import bound, linear, search
from landrelease.plan.blame import cuts_at
from tiny_worlds import behind_roads, bound_by, tiny


def solved(problem, steps=2000):
    forest = bound.trees(problem)
    made, found = linear.approach(problem, forest, np.arange(problem.horizon + 1), seconds=None,
                                  steps=steps)
    return forest, made, found


@pytest.mark.parametrize("make", [tiny, behind_roads, bound_by])
def test_the_bound_at_prices_of_the_linear_program_holds(make):
    """Its value at the program's prices is a bound, and about the value of the program itself."""
    near = []
    for seed in range(8):
        problem = make(seed)
        forest, made, found = solved(problem)
        at = linear.multipliers(problem, forest, made, found)
        value = bound.evaluate(problem, forest, at.price, money=at.money, toll=at.toll).value
        best = exact.optimum(problem)
        assert value <= best + 1e-6, seed
        if problem.conditions.promises is None:  # the program leaves promises out
            near.append(value / max(1e-9, found.value))
    assert np.median(near) > 0.97


def test_a_linear_program_stopped_at_once_still_gives_a_bound():
    for seed in range(8):
        problem = bound_by(seed, roads=True)
        forest = bound.trees(problem)
        made, found = linear.approach(problem, forest, linear.grid(
            np.full(6, 5), problem.horizon, 3), seconds=None, steps=4)
        at = linear.multipliers(problem, forest, made, found)
        assert bound.evaluate(problem, forest, at.price, money=at.money, toll=at.toll
                              ).value <= exact.optimum(problem) + 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_cuts_keep_a_zone_closed(seed):
    """Without the blockers of a cut no open gates lead to its zone, however the others stand."""
    problem = behind_roads(seed)
    access, chance = problem.access, np.random.default_rng(seed)
    forest = bound.trees(problem)
    blame = forest.blame
    gates = []
    for g in range(len(access.gate_ids)):
        stages = set(access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]].tolist())
        own = [b for b in range(blame.blockers)
               if set(blame.stages[blame.blocker_stage[blame.blocker_of == b]].tolist()) & stages]
        gates.append((int(access.gate_from[g]), int(access.gate_to[g]), own))
    for zone, cut in cuts_at(problem, chance.random(blame.blockers)):
        reached, new = {0}, [0]
        while new:
            here = new.pop()
            for a, b, own in gates:
                if a == here and b not in reached and not set(own) & set(cut):
                    reached.add(b)
                    new.append(b)
        assert cut and zone not in reached


def test_the_bound_sees_that_a_project_waits_for_its_money():
    """One project that needs no land, money for it from slot 5 on: both are known exactly."""
    problem = tiny(4)
    horizon = problem.horizon
    arrived = np.zeros((1, horizon))
    arrived[0, 5:] = 10.0
    problem = dataclasses.replace(problem, weight=np.zeros(len(problem.weight)),
                                  conditions=terms.Conditions(
        money=terms.Money(("works",), "USD", arrived, np.full(len(problem.weight), -1, np.int32)),
        projects=terms.Projects(("bridge",), np.zeros(2, np.int32), np.zeros(0, np.int32),
                                np.array([2], np.int32), np.array([7.0]), np.zeros(1, np.int32),
                                np.zeros(1, np.int32), np.ones(1), np.array([3.0]))))
    plan = search.make_plan(problem, iterations=2, bound_iterations=200)
    assert plan.score == pytest.approx(3.0 * problem.delay_days[7])
    assert plan.bound >= 0.97 * plan.score
    assert plan.floor == pytest.approx(3.0 * problem.delay_days[2], rel=1e-6)


def test_with_a_linear_program_the_same_seed_gives_the_same_plan(monkeypatch):
    monkeypatch.setattr(search, "_SMALLEST", 1)
    problem = behind_roads(5)
    one, two = (search.make_plan(problem, iterations=20, seed=3) for _ in range(2))
    assert one.score == two.score and one.bound == two.bound
    assert np.array_equal(one.schedule.start, two.schedule.start)
