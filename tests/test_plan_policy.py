"""A plan as a policy: without chance it keeps all rules; with it expectations hold."""

import dataclasses

import numpy as np
import pytest

import tiny_worlds
from landrelease.core.conditions import Outcomes
from landrelease.errors import LandReleaseError
from landrelease.plan import policy
from landrelease.plan.arrays import arrays
from landrelease.plan.check import violations
from landrelease.plan.search import make_plan


def certain(problem):
    stages = len(problem.stage_ids)
    return Outcomes(np.ones(stages), np.zeros(stages))


@pytest.mark.parametrize("seed", range(40))
def test_without_chance_what_is_played_keeps_every_rule_and_the_bound(seed):
    problem = tiny_worlds.bound_by(seed)
    plan = make_plan(problem, iterations=3, seed=1)
    tested = policy.on_samples(plan, certain(problem), samples=1)
    drawn = policy.draw(problem, certain(problem), np.random.default_rng(1))
    assert drawn.needed.all() and drawn.factor == pytest.approx(np.ones(len(drawn.factor)))
    played = policy.play(problem, arrays(problem), plan.priority, plan.schedule.option, drawn,
                         certain(problem))
    # Teams are not numbered in a play, and a dispatcher cannot hold a team back for a pin.
    wrong = [w for w in violations(problem, played)
             if "is not in pool" not in w and "team is at" not in w and "were decided" not in w
             and "assignment is forbidden" not in w]
    assert wrong == []
    if problem.conditions.decisions is None:
        assert tested.plan[0] >= plan.bound - 1e-6
    for pool in range(len(problem.pools)):  # no more teams at work than there are
        at = np.zeros(problem.horizon + 1, int)
        for x in np.flatnonzero(played.option >= 0):
            o = int(played.option[x])
            if problem.first_pool[o] == pool:
                at[played.start[x]:played.first_finish[x]] += 1
            if problem.second_pool[o] == pool:
                at[played.second_start[x]:played.finish[x]] += 1
        assert at.max() <= problem.pool_teams[pool]


def test_the_mean_of_what_is_drawn_is_what_was_expected():
    problem = tiny_worlds.tiny(1)
    outcomes = Outcomes(np.array([1.0, 0.5] * 3), np.full(6, 0.4))
    drawn = [policy.draw(problem, outcomes, np.random.default_rng(n)) for n in range(20_000)]
    mean = np.mean([d.needed * d.factor for d in drawn], axis=0)
    error = np.std([d.needed * d.factor for d in drawn], axis=0) / np.sqrt(len(drawn))
    assert (np.abs(mean - 1) < 4.5 * error).all()
    assert np.mean([d.needed[1] for d in drawn]) == pytest.approx(0.5, abs=0.02)


def test_an_empty_area_gives_its_land_back_when_its_survey_ends():
    problem = tiny_worlds.tiny(1)
    outcomes = Outcomes(np.array([1.0, 1e-6] * 3), np.zeros(6))
    plan = make_plan(problem, iterations=1, seed=1)
    drawn = policy.draw(problem, outcomes, np.random.default_rng(1))
    assert not drawn.needed[1::2].any()
    played = policy.play(problem, arrays(problem), plan.priority, plan.schedule.option, drawn,
                         outcomes)
    assert (played.finish[1::2] == played.finish[::2]).all()
    assert (played.option[1::2] == -1).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_made_again_plays_by_the_rules_and_is_the_same_each_time(seed):
    problem = tiny_worlds.bound_by(seed)
    plan = make_plan(problem, iterations=2, seed=1)
    stages = len(problem.stage_ids)
    outcomes = Outcomes(np.where(problem.predecessor < 0, 1.0, 0.6), np.full(stages, 0.3))
    one, two = (policy.on_samples(plan, outcomes, samples=4, every=3, iterations=1, seed=5)
                for _ in range(2))
    assert (one.plan == two.plan).all() and one.remade == 2
    assert np.isfinite(one.plan).all() and 0 <= one.better <= 1 and 0 <= one.unfinished <= 1


def test_what_is_known_later_is_not_used_before():
    """Two worlds that differ only in how long the last stage takes are played alike until then."""
    problem = dataclasses.replace(tiny_worlds.tiny(4, hazards=3, horizon=30))
    plan = make_plan(problem, iterations=3, seed=1)
    outcomes = certain(problem)
    drawn = policy.draw(problem, outcomes, np.random.default_rng(1))
    first = policy.play(problem, arrays(problem), plan.priority, plan.schedule.option, drawn,
                        outcomes)
    last = int(np.argmax(first.start))
    slower = policy.Drawn(drawn.needed, np.where(
        np.arange(len(drawn.factor)) == last, 3.0, drawn.factor))
    second = policy.play(problem, arrays(problem), plan.priority, plan.schedule.option, slower,
                         outcomes)
    assert (second.start == first.start).all()


def test_numbers_out_of_range_are_refused():
    plan = make_plan(tiny_worlds.tiny(1), iterations=1)
    for wrong in ({"samples": 0}, {"every": -1}, {"iterations": -1}):
        with pytest.raises(LandReleaseError, match="PLN-009"):
            policy.on_samples(plan, certain(plan.problem), **wrong)
    with pytest.raises(LandReleaseError, match="PLN-009"):
        policy.on_samples(plan, Outcomes(np.full(6, 2.0), np.zeros(6)))
