"""Large problems: a region is a problem of its own, and what is put back is a plan of the whole."""

import sys
from pathlib import Path

import numpy as np
import pytest

from landrelease.core.work import Problem
from landrelease.plan import check, search
from landrelease.plan.anneal import MOVES, groups_of, soonest_costs
from landrelease.plan.decoder import arrays, dispatch_order, place_all, room_of, to_schedule
from landrelease.plan.regions import Regions, Standing
from tiny_worlds import bound_by, tiny

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from planning_worlds import make_world

WEIGHTS = np.ones(len(MOVES))


def standing(problem: Problem, seed: int) -> tuple[Regions, Standing]:
    """Some plan of a problem: any order, decoded."""
    world = arrays(problem)
    stages = len(problem.predecessor)
    order = dispatch_order(problem, np.random.default_rng(seed).random(stages))
    placed, projects, _, score = place_all(
        order, world, room_of(world), np.ones(stages),
        np.zeros((len(world.resource), problem.horizon + 1)), np.full(stages, -1, np.int32), 0.0)
    regions = Regions(problem, world, soonest_costs(world), groups_of(problem), 1)
    return regions, Standing(placed, projects, score)


def worlds() -> list[Problem]:
    return [tiny(1, hazards=9, horizon=14), *(bound_by(s, hazards=7) for s in range(40))]


def test_what_is_put_back_unchanged_gives_the_plan_again():
    """With no try, the stages of a region find their own places in what the others leave over, or
    earlier ones, and the whole is never worse."""
    for seed, problem in enumerate(worlds()):
        regions, stands = standing(problem, seed)
        # Never worse; better where what was left undone finds a place.
        assert regions.settle(stands, []).score <= stands.score * (1 + 1e-12)
        for centre in range(len(problem.hazard_ids)):
            inside, placed, _, gain = regions.search(
                0, centre, stands, WEIGHTS, 0, 1.0, 1.0, 1, window=6)
            assert 1 <= len(inside) <= 6 and gain == 0.0
            assert len(np.unique(problem.hazard[inside])) * 2 == len(inside)
            later = placed[4] > stands.placed[4, inside]
            assert not (later & (placed[4] >= 0) & (stands.placed[4, inside] >= 0)).any()


def test_the_points_that_a_region_gains_are_gained_by_the_whole():
    """Exactly, where nothing outside waits for the region: no roads, no decided orders, no works,
    money in plenty."""
    gained = 0
    for seed in range(30):
        problem = tiny(seed, hazards=10, horizon=80)
        regions, stands = standing(problem, seed)
        assert (stands.placed[4] >= 0).all()
        inside, placed, record, gain = regions.search(
            0, seed % 10, stands, WEIGHTS, 60, 5.0, 0.95, seed, window=8)
        assert gain >= 0 and record[:, 0].sum() == 60
        days = problem.delay_days
        won = problem.weight[inside] @ (days[stands.placed[4, inside]] - days[placed[4]])
        after = regions.settle(stands, [(inside, placed)])
        assert after.score == pytest.approx(stands.score - won, abs=1e-6)
        outside = np.setdiff1d(np.arange(len(problem.predecessor)), inside)
        assert np.array_equal(after.placed[:, outside], stands.placed[:, outside])
        gained += won > 0
    assert gained >= 15


def test_what_is_put_back_can_be_carried_out_under_every_condition():
    better = 0
    for seed in range(40):
        problem = make_world(30, 10, seed) if seed < 6 else bound_by(seed, hazards=7)
        regions, stands = standing(problem, seed)
        hazards = len(problem.hazard_ids)
        for turn in range(4):
            inside, placed, _, _ = regions.search(
                0, (seed + 7 * turn) % hazards, stands, WEIGHTS, 40, 5.0, 0.9, seed, hazards)
            after = regions.settle(stands, [(inside, placed)])
            schedule = to_schedule(problem, after.placed, after.projects)
            assert check.violations(problem, schedule) == []
            assert check.score(problem, schedule) == pytest.approx(after.score, rel=1e-9)
            if after.score < stands.score:
                better, stands = better + 1, after
        for order in regions.orders(stands):
            assert sorted(order.tolist()) == list(range(len(order)))
    assert better >= 15


def test_a_large_problem_is_planned_the_same_way_on_any_machine(monkeypatch):
    monkeypatch.setattr(search, "_LARGE", 20)
    monkeypatch.setattr(search, "_REGION", 10)
    monkeypatch.setattr(search, "_REGION_TRIES", 40)
    won = 0
    for seed in range(3):
        problem = make_world(30, 10, seed)
        one, two = (search.make_plan(problem, iterations=4, seed=3) for _ in range(2))
        assert one.score == two.score and one.bound == two.bound
        assert np.array_equal(one.schedule.start, two.schedule.start)
        assert check.violations(problem, one.schedule) == []
        assert one.bound <= one.score <= min(one.rules.values()) + 1e-9
        won += one.score < min(one.rules.values())

        def stop(what, share):
            if what == "searching for a better plan" and share > 0.1:
                raise KeyboardInterrupt

        cut = search.make_plan(problem, iterations=4, seed=3, progress=stop)
        assert cut.interrupted and check.violations(problem, cut.schedule) == []
    assert won == 3
