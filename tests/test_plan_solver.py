"""PLN: plans can be carried out, the bound is never beaten, and brute force agrees."""

import dataclasses
import itertools

import numpy as np
import pytest

import exact
from landrelease.core import conditions as terms
from landrelease.core.work import Problem
from landrelease.plan import bound, check
from landrelease.plan.decoder import decode
from landrelease.plan.rules import rules
from landrelease.plan.search import make_plan
from landrelease.plan.works import solved
from tiny_worlds import SEVEN, behind_roads, bound_by, in_turn, tiny


def access_and_communities(problem: Problem, starts, finishes) -> float:
    """Cost of the communities of a whole schedule; infinite where a start is out of reach.

    By paths: a zone is open at slot t if a walk over gates open at t leads to it.
    """
    access, horizon = problem.access, problem.horizon
    if access is None:
        return 0.0

    def is_open(g, t):
        stages = access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]
        return all(0 <= finishes[s] <= t for s in stages)

    reach = []
    for t in range(horizon + 1):
        seen, new = {0}, [0]
        while new:
            at = new.pop()
            for g in range(len(access.gate_ids)):
                there = int(access.gate_to[g])
                if access.gate_from[g] == at and there not in seen and is_open(g, t):
                    seen.add(there)
                    new.append(there)
        reach.append(seen)
    if any(a >= 0 and int(access.zone[s]) not in reach[a] for s, a in enumerate(starts)):
        return np.inf
    cost = 0.0
    for c in range(len(access.community_ids)):
        own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
        slot = next((t for t in range(horizon + 1) if int(access.community_zone[c]) in reach[t]
                     and all(0 <= finishes[s] <= t for s in own)), horizon)
        cost += float(access.community_weight[c] * problem.delay_days[slot])
    return cost


def optimum(problem: Problem) -> float:
    """Exact: all stages to all options and starts, depth first with plain pruning."""
    stages = len(problem.stage_ids)
    starts = []
    use = np.zeros((3, problem.horizon), dtype=int)
    best = [float((problem.weight * problem.delay_days[-1]).sum()) + (
        0.0 if problem.access is None
        else access_and_communities(problem, [-1] * stages, [-1] * stages))]

    def place(pool, start, finish, sign):
        use[pool, start:finish] += sign

    def fits(pool, start, finish):
        return (start >= problem.pool_opens[pool] and finish <= problem.pool_closes[pool]
                and bool((use[pool, start:finish] < problem.pool_teams[pool]).all()))

    def go(s, spent, finishes):
        if spent >= best[0]:
            return
        if s == stages:
            best[0] = min(best[0], spent + access_and_communities(problem, starts, finishes))
            return
        before = problem.predecessor[s]
        release = 0 if before < 0 else finishes[before]
        weight = problem.weight[s]
        if release >= 0:
            for o in range(problem.option_start[s], problem.option_start[s + 1]):
                p, d = int(problem.first_pool[o]), int(problem.first_slots[o])
                q, e = int(problem.second_pool[o]), int(problem.second_slots[o])
                for a in range(release, problem.horizon - d + 1):
                    if not fits(p, a, a + d):
                        continue
                    place(p, a, a + d, 1)
                    starts.append(a)
                    if q < 0:
                        go(s + 1, spent + weight * problem.delay_days[a + d], [*finishes, a + d])
                    else:
                        for b in range(a + d, problem.horizon - e + 1):
                            if fits(q, b, b + e):
                                place(q, b, b + e, 1)
                                go(s + 1, spent + weight * problem.delay_days[b + e],
                                   [*finishes, b + e])
                                place(q, b, b + e, -1)
                    starts.pop()
                    place(p, a, a + d, -1)
        starts.append(-1)
        go(s + 1, spent + weight * problem.delay_days[-1], [*finishes, -1])
        starts.pop()

    go(0, 0.0, [])
    return best[0]


def test_bound_optimum_and_plan_stand_in_order_on_tiny_worlds():
    met = 0
    for seed in range(60):
        problem = tiny(seed)
        plan = make_plan(problem, iterations=6, seed=seed, bound_iterations=40)
        exact = optimum(problem)
        assert plan.bound <= exact + 1e-6, seed
        assert plan.score >= exact - 1e-6, seed
        assert check.violations(problem, plan.schedule) == [], seed
        assert check.score(problem, plan.schedule) == pytest.approx(plan.score), seed
        met += plan.score <= exact + 1e-6
    assert met >= 45  # most optima are found


def test_bound_optimum_and_plan_stand_in_order_behind_roads():
    met = reached = 0
    for seed in range(30):
        problem = behind_roads(seed)
        plan = make_plan(problem, iterations=6, seed=seed, bound_iterations=40)
        exact = optimum(problem)
        assert plan.bound <= exact + 1e-6, seed
        assert plan.score >= exact - 1e-6, seed
        assert check.violations(problem, plan.schedule) == [], seed
        assert check.score(problem, plan.schedule) == pytest.approx(plan.score), seed
        met += plan.score <= exact + 1e-6
        reached += any(0 < t < np.inf for t in check.zones_open(problem, plan.schedule))
    assert met >= 25 and reached >= 5


def test_bound_optimum_and_plan_stand_in_order_under_every_condition():
    """Closures, accreditations, shared equipment, money, projects, fixed decisions, promises,
    seasons and worst-off first, in random company."""
    met = 0
    for seed in range(24):
        problem = bound_by(seed)
        plan = make_plan(problem, iterations=10, seed=seed, bound_iterations=40)
        best = exact.optimum(problem)
        assert plan.bound <= best + 1e-6, seed
        assert plan.score >= best - 1e-6, seed
        assert check.violations(problem, plan.schedule) == [], seed
        assert check.score(problem, plan.schedule) == pytest.approx(plan.score), seed
        met += plan.score <= best + 1e-6
    assert met >= 20


def test_bound_optimum_and_plan_stand_in_order_with_earmarked_money():
    """Funds for some work only, and with last days: worlds in which each bill has several payers,
    few or none."""
    seen = met = paid = 0
    for seed in range(24, 90):
        problem = bound_by(seed)
        money = problem.conditions.money
        if money is None or money.may_pay is None:
            continue
        plan = make_plan(problem, iterations=10, seed=seed, bound_iterations=40)
        best = exact.optimum(problem)
        assert plan.bound <= best + 1e-6, seed
        assert plan.score >= best - 1e-6, seed
        assert check.violations(problem, plan.schedule) == [], seed
        for priority in rules(problem).values():
            assert check.violations(problem, decode(problem, priority)) == [], seed
        met += plan.score <= best + 1e-6
        paid += bool((plan.schedule.option >= 0).any())
        seen += 1
    assert seen >= 10 and met >= 0.85 * seen and paid >= 0.6 * seen


def test_bound_optimum_and_plan_stand_in_order_on_every_chain_of_seven_stages():
    """Non-technical and technical survey, clearance, and surveys that lead to two clearances."""
    met = roads = 0
    for seed in range(30):
        problem = bound_by(seed, shapes=SEVEN[seed % len(SEVEN)])
        plan = make_plan(problem, iterations=10, seed=seed, bound_iterations=40)
        best = exact.optimum(problem, plan.score + 0.5)
        assert len(problem.stage_ids) == 7
        assert plan.bound - 1e-6 <= best <= plan.score + 1e-6, seed
        assert check.violations(problem, plan.schedule) == [], seed
        assert check.score(problem, plan.schedule) == pytest.approx(plan.score), seed
        met += plan.score <= best + 1e-6
        roads += problem.access is not None
    assert met >= 24 and 5 <= roads <= 25


def test_bound_optimum_and_plan_stand_in_order_with_works_in_sequence_and_season():
    """The second work follows the first, both have a season: the bound knows of both."""
    seen = met = tighter = 0
    for seed in range(16):
        problem = bound_by(seed)
        works = problem.conditions.projects
        if works is None:
            continue
        sequenced = in_turn(problem, seed)
        works = sequenced.conditions.projects
        free = dataclasses.replace(problem, conditions=dataclasses.replace(
            problem.conditions, projects=dataclasses.replace(works, after=None, may_start=None)))
        plan = solved(sequenced, iterations=10, seed=seed, bound_iterations=40)
        best = exact.optimum(sequenced, plan.score + 0.5)
        assert plan.bound <= best + 1e-6, seed
        assert plan.score >= best - 1e-6, seed
        assert check.violations(sequenced, plan.schedule) == [], seed
        loose = make_plan(free, iterations=4, seed=seed, bound_iterations=40).bound
        tighter += plan.bound > loose + 1e-6
        met += plan.score <= best + 1e-6
        seen += 1
    assert seen >= 5 and met >= 0.6 * seen and tighter >= 2


def test_the_checker_finds_money_spent_on_what_it_was_not_given_for():
    """4 for the stages of the first line until slot 3, 2 for all: by hand."""
    problem = tiny(1, hazards=3, horizon=12)
    cost = np.full(len(problem.first_pool), 2.0)
    arrived = np.repeat([[4.0], [2.0]], 12, axis=1)

    def wrong(lines, until=None):
        money = terms.Money(("a", "b"), "USD", arrived, np.array(lines, np.int32), ("one", "two"),
                            np.array([[True, True], [False, True]]),
                            None if until is None else np.array(until, np.int32))
        changed = dataclasses.replace(problem, option_cost=cost, conditions=terms.Conditions(
            money=money))
        return check.violations(changed, schedule)

    schedule = decode(problem, np.arange(6.0))
    done = np.flatnonzero(schedule.option >= 0)[:3]
    for name in ("option", "start", "first_finish", "second_start", "finish"):
        getattr(schedule, name)[np.setdiff1d(np.arange(6), done)] = -1
    last = int(done[np.argmax(schedule.start[done])])
    line = [0] * 6
    assert wrong(line) == []
    line[last] = 1  # the two that may spend all take what only they may
    assert wrong(line) == []
    assert "are missing" in wrong([1] * 6)[0]
    assert "are missing" in wrong(line, (int(schedule.start[last]), int(schedule.start[last])))[0]


@pytest.mark.parametrize("seed", range(20))
def test_every_rule_and_any_order_can_be_carried_out(seed):
    problem = tiny(seed, hazards=12, horizon=14) if seed % 2 else behind_roads(seed)
    for priority in rules(problem).values():
        assert check.violations(problem, decode(problem, priority)) == []
    order = np.random.default_rng(seed).random(len(problem.stage_ids))
    assert check.violations(problem, decode(problem, order)) == []


def test_the_checker_finds_what_is_wrong():
    problem = tiny(3, hazards=4, horizon=14)
    schedule = decode(problem, np.arange(8.0))
    child = next(s for s in range(8) if problem.predecessor[s] >= 0 and schedule.start[s] >= 0)
    schedule.start[child] -= schedule.start[child] + 1
    assert check.violations(problem, schedule)


def test_the_same_seed_gives_the_same_plan():
    problem = tiny(5, hazards=20, horizon=30)
    one, two = (make_plan(problem, iterations=50, seed=3, bound_iterations=20) for _ in range(2))
    assert one.score == two.score and one.bound == two.bound
    assert np.array_equal(one.schedule.start, two.schedule.start)


def test_safety_S07_a_machine_never_stands_alone():
    """Every option that uses a machine has a manual follow-up, and it comes after the machine."""
    machines = 0
    for seed in range(20):
        problem = tiny(seed, hazards=8, horizon=20)
        plan = make_plan(problem, iterations=10, seed=1, bound_iterations=10)
        for s, o in enumerate(plan.schedule.option):
            if o >= 0 and problem.pools[problem.first_pool[o]].kind == "mechanical":
                assert problem.pools[problem.second_pool[o]].kind == "manual"
                assert plan.schedule.second_start[s] >= plan.schedule.first_finish[s]
                machines += 1
    assert machines >= 20


@pytest.mark.parametrize("word", ["proving a bound", "searching for a better plan"])
def test_an_interrupted_search_still_gives_a_plan_and_a_bound_and_says_so(word):
    problem = tiny(7, hazards=10, horizon=20)
    calls = itertools.count()

    def stop(what, share):
        if what == word and next(calls) == 3:
            raise KeyboardInterrupt

    plan = make_plan(problem, iterations=50, seed=1, progress=stop)
    assert next(calls) == 4  # it was interrupted, and nothing of that kind went on
    assert plan.interrupted
    assert check.violations(problem, plan.schedule) == []
    assert plan.bound <= plan.score
    assert not make_plan(problem, iterations=5, seed=1).interrupted


@pytest.mark.parametrize("what", ["_Tried.relaxed", "prove"])
def test_ctrl_c_between_the_steps_of_a_search_leaves_a_plan(what, monkeypatch):
    problem = tiny(7, hazards=10, horizon=20)

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"landrelease.plan.search.{what}", stop)
    plan = make_plan(problem, iterations=2, seed=1, bound_seconds=0.01)
    assert plan.interrupted == (what != "prove")  # a plan that is less proven is whole
    assert check.violations(problem, plan.schedule) == [] and plan.bound <= plan.score


@pytest.mark.parametrize("make", [tiny, behind_roads])
def test_the_bound_holds_at_any_prices(make):
    """Against the enumerated optimum, without a plan beside it that could hide a wrong bound."""
    for seed in range(12):
        problem = make(seed)
        exact = optimum(problem)
        forest = bound.trees(problem)
        chance = np.random.default_rng(seed)
        for scale in (0.0, 0.3, 1.0, 5.0):
            price = scale * chance.random((len(problem.pools), problem.horizon))
            assert bound.evaluate(problem, forest, price).value <= exact + 1e-6
        found = bound.ascend(problem, forest, np.ones((len(problem.pools), problem.horizon)), exact,
                             iterations=40)
        assert found.floor <= found.value <= exact + 1e-6
