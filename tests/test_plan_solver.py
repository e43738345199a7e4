"""PLN: plans can be carried out, the bound is never beaten, and brute force agrees."""

import dataclasses
import itertools
from datetime import date, timedelta

import numpy as np
import pytest

from landrelease.core.work import Access, Problem, TeamPool
from landrelease.plan import check
from landrelease.plan.decoder import decode
from landrelease.plan.rules import rules
from landrelease.plan.search import make_plan


def tiny(seed: int, hazards: int = 3, horizon: int = 9) -> Problem:
    """A random world: survey, then clearance by hand or by machine and hand."""
    chance = np.random.default_rng(seed)
    stages, options = [], []
    for h in range(hazards):
        stages.append((f"h{h}/NTS", 0, -1, h, chance.integers(0, 5)))
        options.append([(0, chance.integers(1, 3), -1, 0)])
        stages.append((f"h{h}/clear", 2, len(stages) - 1, h, chance.integers(1, 9)))
        manual = (1, chance.integers(1, 5), -1, 0)
        machine = (2, chance.integers(1, 3), 1, chance.integers(1, 3))
        options.append([manual] if chance.random() < 0.5 else [manual, machine])
    flat = [o for own in options for o in own]
    teams = np.array([1, chance.integers(1, 3), 1], dtype=np.int32)
    opens = np.array([0, chance.integers(0, 2), 0], dtype=np.int32)
    pools = tuple(
        TeamPool(name, kind, "o", "b", 0.0, 0.0, int(teams[i]), 1, 1, 1, 1, "USD", None, None, "")
        for i, (name, kind) in enumerate((("n", "nts"), ("m", "manual"), ("x", "mechanical"))))
    column = [np.array([o[i] for o in flat], dtype=np.int32) for i in range(4)]
    return Problem(
        stage_ids=tuple(s[0] for s in stages),
        activity=np.array([s[1] for s in stages], dtype=np.int8),
        predecessor=np.array([s[2] for s in stages], dtype=np.int32),
        hazard=np.array([s[3] for s in stages], dtype=np.int32),
        task=np.full(len(stages), -1, dtype=np.int32),
        weight=np.array([s[4] for s in stages], dtype=float),
        work_m2=np.ones(len(stages)), released_m2=np.ones(len(stages)),
        option_start=np.cumsum([0] + [len(o) for o in options]).astype(np.int32),
        first_pool=column[0], first_slots=column[1], second_pool=column[2],
        second_slots=column[3], option_cost=np.zeros(len(flat)),
        option_mode=tuple("machine then manual" if o[2] >= 0 else "manual" for o in flat),
        pools=pools, pool_teams=teams, pool_opens=opens,
        pool_closes=np.full(3, horizon, dtype=np.int32),
        delay_days=np.cumsum([0, *chance.integers(1, 4, horizon)]).astype(float),
        slot_starts=tuple(date(2027, 4, 1) + timedelta(days=i) for i in range(horizon + 1)),
        slot_days=1.0, hazard_ids=tuple(f"h{h}" for h in range(hazards)), tasks=())


def behind_roads(seed: int) -> Problem:
    """A tiny world whose hazards block roads, with either-or ways, and communities."""
    chance = np.random.default_rng(seed)
    problem = tiny(seed, hazards=3, horizon=7)
    zones = 4  # 0: the bases; 1 to 3: ground
    gates = []  # (from, to, stages)
    for _ in range(chance.integers(2, 5)):
        one, other = chance.choice(zones, 2, replace=False)
        blocked = 2 * int(chance.integers(0, 3)) + np.arange(2)
        stages = blocked if chance.random() < 0.8 else np.zeros(0, int)
        gates += [(one, other, stages), (other, one, stages)]
    zone_of = chance.choice(zones, 3, p=[0.55, 0.15, 0.15, 0.15])
    own = [chance.choice(6, chance.integers(0, 3), replace=False) for _ in range(3)]
    return dataclasses.replace(problem, access=Access(
        zone=np.repeat(zone_of, 2).astype(np.int32), zones=zones,
        gate_ids=tuple(f"g{i}" for i in range(len(gates))),
        gate_from=np.array([g[0] for g in gates], np.int32),
        gate_to=np.array([g[1] for g in gates], np.int32),
        gate_start=np.cumsum([0] + [len(g[2]) for g in gates]).astype(np.int32),
        gate_stage=np.concatenate([g[2] for g in gates]).astype(np.int32),
        community_ids=("a", "b", "c"), community_people=np.ones(3),
        community_weight=chance.integers(0, 9, 3).astype(float),
        community_zone=chance.integers(0, zones, 3).astype(np.int32),
        community_start=np.cumsum([0] + [len(o) for o in own]).astype(np.int32),
        community_stage=np.concatenate(own).astype(np.int32)))


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
        plan = make_plan(problem, iterations=60, seed=seed, bound_iterations=60)
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
        plan = make_plan(problem, iterations=60, seed=seed, bound_iterations=60)
        exact = optimum(problem)
        assert plan.bound <= exact + 1e-6, seed
        assert plan.score >= exact - 1e-6, seed
        assert check.violations(problem, plan.schedule) == [], seed
        assert check.score(problem, plan.schedule) == pytest.approx(plan.score), seed
        met += plan.score <= exact + 1e-6
        reached += any(0 < t < np.inf for t in check.zones_open(problem, plan.schedule))
    assert met >= 25 and reached >= 5


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
    for seed in range(20):
        problem = tiny(seed, hazards=8, horizon=20)
        plan = make_plan(problem, iterations=10, seed=1, bound_iterations=10)
        for s, o in enumerate(plan.schedule.option):
            if o >= 0 and problem.pools[problem.first_pool[o]].kind == "mechanical":
                assert problem.pools[problem.second_pool[o]].kind == "manual"
                assert plan.schedule.second_start[s] >= plan.schedule.first_finish[s]


def test_an_interrupted_search_still_gives_a_plan_and_a_bound():
    problem = tiny(7, hazards=10, horizon=20)
    calls = itertools.count()

    def stop(what, share):
        if what.startswith("plan: prices") and next(calls) == 5:
            raise KeyboardInterrupt

    plan = make_plan(problem, iterations=50, seed=1, progress=stop)
    assert check.violations(problem, plan.schedule) == []
    assert plan.bound <= plan.score
