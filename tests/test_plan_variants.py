"""Variants of a problem hold every plan of it: carried into one it stands and costs the same."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest

import tiny_worlds
from landrelease.errors import LandReleaseError
from landrelease.plan.check import score, violations
from landrelease.plan.search import make_plan
from landrelease.plan.variants import (
    carried,
    ground_open,
    leave_kept,
    more_equipment,
    more_money,
    more_teams,
    roads_open,
    undecided,
)

SEEDS = range(24)


def variants(problem):
    since = problem.slot_starts[0] + timedelta(days=4)
    for pool in ("n", "m", "x"):
        yield more_teams(problem, pool)
        yield more_teams(problem, pool, 2, since)
    terms = problem.conditions
    if terms.calendars is not None:
        yield ground_open(problem, "valley")
    if terms.money is not None:
        yield more_money(problem, "demining", 5.0)
        yield more_money(problem, "rebuilding", 5.0, since)
    if terms.equipment is not None:
        yield more_equipment(problem, "low loader")
    if problem.access is not None:
        yield roads_open(problem, {problem.access.gate_ids[0]})
    if terms.windows is not None:
        yield leave_kept(problem, "m")
    if terms.decisions is not None:
        yield undecided(problem, range(len(problem.stage_ids)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_stands_in_every_variant_and_costs_no_more(seed):
    problem = tiny_worlds.bound_by(seed)
    plan = make_plan(problem, iterations=1, seed=1)
    for grown in variants(problem):
        schedule = carried(problem, grown, plan.schedule)
        if grown.conditions.calendars is problem.conditions.calendars:
            assert violations(grown, schedule) == []
        else:  # a step that stood still through the closure would only end sooner
            assert all("works" in words for words in violations(grown, schedule))
        assert score(grown, schedule) <= plan.score + 1e-6
        if grown.access is problem.access:  # opened roads bring communities back sooner
            assert score(grown, schedule) == pytest.approx(plan.score)
        found = make_plan(grown, iterations=1, seed=1)
        assert violations(grown, found.schedule) == []
        assert found.bound <= plan.score + 1e-6


def test_teams_from_a_day_do_nothing_before_it():
    problem = tiny_worlds.tiny(1, horizon=20)
    since = problem.slot_starts[0] + timedelta(days=10)
    grown = more_teams(problem, "m", 3, since)
    pool = len(problem.pools)
    assert grown.pools[pool].id == "m+3"
    assert problem.delay_days[grown.pool_opens[pool]] >= 10
    assert problem.delay_days[grown.pool_opens[pool] - 1] < 10
    plan = make_plan(grown, iterations=3, seed=1)
    used = (grown.first_pool[plan.schedule.option] == pool) & (plan.schedule.option >= 0)
    assert (plan.schedule.start[used] >= grown.pool_opens[pool]).all()
    # Each option of the pool has its variant with the new teams, and no other has one.
    of_m = int((problem.first_pool == 1).sum() + (problem.second_pool == 1).sum())
    assert len(grown.first_pool) == len(problem.first_pool) + of_m


def test_promises_still_name_the_same_teams():
    from landrelease.plan.progress import promised

    problem = tiny_worlds.tiny(2)
    plan = make_plan(problem, iterations=1, seed=1)
    kept = promised(problem, plan, late_price=1, change_price=1)
    grown = more_teams(kept, "m", 1, problem.slot_starts[0] + timedelta(days=3))
    for s, o in enumerate(grown.conditions.promises.option.tolist()):
        old = int(kept.conditions.promises.option[s])
        assert (o < 0) == (old < 0)
        if o >= 0:
            assert grown.first_pool[o] == kept.first_pool[old]


@pytest.mark.parametrize("ask", [
    lambda p: more_teams(p, "nobody"), lambda p: more_teams(p, "m", 0),
    lambda p: ground_open(p, "valley"), lambda p: more_money(p, "demining", 5.0),
    lambda p: more_equipment(p, "low loader"), lambda p: roads_open(p, {"g0"}),
    lambda p: leave_kept(p, "nobody"), lambda p: undecided(p, [0]),
])
def test_what_is_not_there_is_named(ask):
    problem = dataclasses.replace(tiny_worlds.tiny(1))
    with pytest.raises(LandReleaseError, match="PLN-009"):
        ask(problem)
    assert np.isfinite(problem.delay_days).all()
