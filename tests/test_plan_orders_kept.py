"""What people ordered or fixed comes before any score: it is kept wherever it can be."""

import dataclasses

import numpy as np
import pytest

import tiny_worlds
from landrelease.core import conditions as terms
from landrelease.plan.arrays import arrays, kept_first
from landrelease.plan.check import score, unkept, violations
from landrelease.plan.conflicts import conflict
from landrelease.plan.search import make_plan


def torn(seed):
    """Two areas with one team for both clearances. People fixed when the one with nothing to gain
    is cleared: its survey comes late by any rule, and it takes the team from the other."""
    problem = tiny_worlds.tiny(seed, hazards=2, horizon=30)
    stages, last = len(problem.stage_ids), 3
    latest = np.full(stages, 30, np.int32)
    slots = int(problem.first_slots[:int(problem.option_start[1])].min())
    own = slice(int(problem.option_start[2]), int(problem.option_start[3]))
    latest[last] = int(problem.first_slots[own].min()) + slots // 2
    return dataclasses.replace(
        problem, weight=np.array([900.0, 900.0, 0.0, 0.01]),
        pool_teams=np.array([1, 1, 0], np.int32), pool_opens=np.zeros(3, np.int32),
        conditions=terms.Conditions(decisions=terms.Decisions(
            np.zeros(stages, np.int32), latest, np.ones(len(problem.first_pool), bool),
            np.zeros((0, 2), np.int32))))


@pytest.mark.parametrize("seed", range(12))
def test_an_order_is_kept_though_breaking_it_scores_better(seed):
    problem = torn(seed)
    plan = make_plan(problem, iterations=3, seed=1)
    assert violations(problem, plan.schedule) == []
    assert unkept(problem, plan.schedule) == []
    assert plan.score == pytest.approx(score(problem, plan.schedule))  # no price of orders in it
    assert plan.bound <= plan.score
    assert plan.room_closed is None or 0 <= plan.room_closed <= 1


@pytest.mark.parametrize("seed", range(60))
def test_what_can_be_kept_is_kept_and_what_cannot_has_its_conflict(seed):
    problem = tiny_worlds.bound_by(seed)
    decided = problem.conditions.decisions
    if decided is None:
        return
    # Any stage may be ordered, a third of them with a late start as well.
    chance = np.random.default_rng(seed)
    wanted = chance.random(len(problem.stage_ids)) < 0.3
    problem = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, decisions=dataclasses.replace(decided, ordered=wanted)))
    asked = np.flatnonzero(decided.wanted(problem.horizon) | wanted).tolist()
    plan = make_plan(problem, iterations=2, seed=1)
    left = unkept(problem, plan.schedule)
    found = conflict(problem, asked)
    if found is None:
        assert left == []
    elif not found.unknown:
        assert left
    assert violations(problem, plan.schedule) == []


def test_a_broken_order_costs_more_than_all_else():
    problem = torn(1)
    world, price = kept_first(arrays(problem), problem)
    plan = make_plan(problem, iterations=1)
    nothing = dataclasses.replace(plan.schedule, option=np.full(4, -1), finish=np.full(4, -1))
    assert price > score(problem, nothing)
    assert world.worth[:, -1].tolist() == [0, 0, 0, price]
    free = dataclasses.replace(problem, conditions=terms.FREE)
    assert kept_first(arrays(free), free)[1] == 0
