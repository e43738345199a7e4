"""A plan as a policy: without chance it keeps all rules; with it expectations hold."""

import dataclasses

import numpy as np
import pytest

import tiny_worlds
from landrelease.core.conditions import Calendars, Decisions, Outcomes, Windows
from landrelease.errors import LandReleaseError
from landrelease.plan import policy
from landrelease.plan.arrays import arrays
from landrelease.plan.check import unkept, violations, zones_open
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
    # Teams are not numbered in a play; a dispatcher holds teams back for a pin, but no money, and
    # makes late what even the plan could not keep.
    loose = problem.conditions.money is not None or unkept(problem, plan.schedule)
    wrong = [w for w in violations(problem, played)
             if "is not in pool" not in w and "team is at" not in w
             and not (loose and "were decided" in w)]
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


def test_nobody_is_sent_whom_people_have_forbidden_and_pins_are_kept():
    """One clearance team that may not go to h1, one survey team that is to be at h2 in slot 4."""
    problem = tiny_worlds.tiny(2, horizon=40)
    last, first = np.full(6, 40, np.int32), np.zeros(6, np.int32)
    first[4] = last[4] = 4
    allowed = np.ones(len(problem.first_pool), bool)
    allowed[problem.option_start[3]:problem.option_start[4]] = False
    slots = problem.first_slots.copy()
    slots[problem.option_start[[0, 2]]] = 3  # the second of them would run into the pin
    problem = dataclasses.replace(problem, first_slots=slots, conditions=dataclasses.replace(
        problem.conditions, decisions=Decisions(first, last, allowed, np.zeros((0, 2), np.int32))))
    plan = make_plan(problem, iterations=3, seed=1)
    assert plan.schedule.option[3] == -1 and plan.schedule.start[4] == 4
    drawn = policy.draw(problem, certain(problem), np.random.default_rng(1))
    for again in (None, policy._searched(1, 1), policy._by_rule(plan.best_rule[0])):
        played = policy.play(problem, arrays(problem), plan.priority, plan.schedule.option, drawn,
                             certain(problem), every=2, again=again)
        assert played.option[3] == -1 and played.finish[3] == -1
        assert played.start[4] == 4 and (played.finish[[0, 1, 2, 4, 5]] >= 0).all()


@pytest.mark.parametrize("seed", range(12))
def test_what_runs_goes_on_in_every_plan_that_is_made_again(seed):
    """Also over closed ground, and when leave has run out: nothing of the chain is dropped."""
    problem = tiny_worlds.tiny(seed, horizon=60)
    options, stage_of = len(problem.first_pool), np.repeat(np.arange(6), np.diff(
        problem.option_start))
    is_open = np.ones((2, 60), bool)
    is_open[1] = np.arange(60) % 3 != 1
    late = np.full(options, 60, np.int32)
    late[problem.option_start[0]] = problem.first_slots[problem.option_start[0]]
    row, zero = (stage_of % 2 == 1).astype(np.int32), np.zeros(options, np.int32)
    teams = np.array([3, 1, 1], np.int32)  # all surveys begin at once
    problem = dataclasses.replace(problem, pool_teams=teams, conditions=dataclasses.replace(
        problem.conditions, calendars=Calendars(("always", "tides"), is_open, row, row),
        windows=Windows(zero, late, zero, np.full(options, 60, np.int32))))
    plan = make_plan(problem, iterations=5, seed=1)
    assert (plan.schedule.finish >= 0).all()
    outcomes = Outcomes(np.ones(6), np.full(6, 0.5))
    made = []

    def again(left, place, option):
        new = make_plan(left, iterations=1, seed=1, standing=(place, option))
        assert violations(left, new.schedule) == [] and unkept(left, new.schedule) == []
        made.append((new.schedule.finish >= 0).all())
        return new.priority, new.schedule.option

    for n in range(4):
        drawn = policy.draw(problem, outcomes, np.random.default_rng(n))
        policy.play(problem, arrays(problem), plan.priority, plan.schedule.option, drawn, outcomes,
                    every=1, again=again)
    assert made and all(made)


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


@pytest.mark.parametrize("seed", range(12))
def test_dates_of_communities_are_those_of_the_worlds_that_were_played(seed):
    """Held against the checker's own walk over the gates."""
    problem = tiny_worlds.behind_roads(seed, ("chain", "pair", "pair"))
    stages, access = len(problem.stage_ids), problem.access
    plan = make_plan(problem, iterations=2, seed=1)
    outcomes = Outcomes(np.full(stages, 0.7), np.full(stages, 0.5))
    tested = policy.on_samples(plan, outcomes, samples=9, seed=3)
    assert tested.reached.shape == tested.back.shape == (9, 3)
    for n in range(9):
        drawn = policy.draw(problem, outcomes, np.random.default_rng((3, n)))
        played = policy.play(problem, arrays(problem), plan.priority, plan.schedule.option, drawn,
                             outcomes)
        opens = zones_open(problem, played)
        for c in range(3):
            own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
            ends = [int(played.finish[s]) if played.finish[s] >= 0 else np.inf for s in own]
            reached = opens[int(access.community_zone[c])]
            back = max([reached, *ends])
            for found, slot in ((tested.reached[n, c], reached), (tested.back[n, c], back)):
                assert (found == slot) if np.isfinite(slot) else found > problem.horizon


def test_the_interval_of_a_community_holds_the_worlds_that_it_says():
    from landrelease.plan.compare import end_of
    from landrelease.workflows.explaining import policy_of

    seen = set()
    for seed in range(20):
        problem = tiny_worlds.behind_roads(seed, ("chain", "pair", "pair"))
        stages = len(problem.stage_ids)
        outcomes = Outcomes(np.full(stages, 0.6), np.full(stages, 0.6))
        problem = dataclasses.replace(problem, conditions=dataclasses.replace(
            problem.conditions, outcomes=outcomes))
        plan = make_plan(problem, iterations=1, seed=1)
        found = policy_of(plan, None, samples=20, every=0, iterations=0, seed=5)
        drawn = policy.on_samples(plan, outcomes, samples=20, seed=5).back
        assert [r["community"] for r in found["communities"]] == ["a", "b", "c"]
        for c, row in enumerate(found["communities"]):
            days = [day or "9999" for day in (row["back_10"], row["back_50"], row["back_90"])]
            assert days == sorted(days)
            for share, day in zip((0.1, 0.5, 0.9), days, strict=True):
                by = [s <= problem.horizon and end_of(problem, int(s)).isoformat() <= day
                      for s in drawn[:, c]]
                assert day == "9999" or np.mean(by) >= share
            assert row["back_share"] == np.mean(drawn[:, c] <= problem.horizon)
            assert row["back_share"] >= 0.9 or not row["back_90"]
            seen.add(len({*days}))
    assert {1, 2, 3} & seen and max(seen) > 1  # some intervals are wide
