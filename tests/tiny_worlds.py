"""Random planning problems small enough for brute force."""

import dataclasses
from datetime import date, timedelta

import numpy as np

from landrelease.core import conditions as terms
from landrelease.core.work import Access, Problem, TeamPool

# Chains of survey and clearance, by the stage before each (-1: none) and its activity.
SHAPES = {"pair": (("NTS", 0, -1), ("clear", 2, 0)),
          "chain": (("NTS", 0, -1), ("TS", 1, 0), ("clear", 2, 1)),
          "branches": (("NTS", 0, -1), ("clear", 2, 0), ("clear-b", 2, 0)),
          "split": (("NTS", 0, -1), ("TS", 1, 0), ("clear", 2, 1), ("clear-b", 2, 1)),
          "alone": (("clear", 2, -1),)}
SEVEN = (("chain", "pair", "pair"), ("branches", "pair", "pair"), ("split", "pair", "alone"),
         ("chain", "branches", "alone"), ("split", "chain"))


def tiny(seed: int, hazards: int = 3, horizon: int = 9, shapes: tuple[str, ...] | None = None
         ) -> Problem:
    """A random world: survey, then clearance by hand or by machine and hand.

    shapes : the chain of each hazard, by its name in `SHAPES`; by default all are pairs.
    """
    chance = np.random.default_rng(seed)
    stages, options = [], []
    shapes = ("pair",) * hazards if shapes is None else shapes
    hazards = len(shapes)
    for h, shape in enumerate(shapes):
        first = len(stages)
        for name, activity, before in SHAPES[shape]:
            after = -1 if before < 0 else first + before
            stages.append((f"h{h}/{name}", activity, after, h,
                           chance.integers(0, 5) if activity < 2 else chance.integers(1, 9)))
            if activity == 0:
                options.append([(0, chance.integers(1, 3), -1, 0)])
                continue
            manual = (1, chance.integers(1, 5 if activity == 2 else 3), -1, 0)
            if activity == 1:
                options.append([manual])
                continue
            machine = (2, chance.integers(1, 3), 1, chance.integers(1, 3))
            options.append([manual] if chance.random() < 0.5 else [manual, machine])
    flat = [o for own in options for o in own]
    teams = np.array([1, chance.integers(1, 3), 1], dtype=np.int32)
    opens = np.array([0, chance.integers(0, 2), 0], dtype=np.int32)
    pools = tuple(
        TeamPool(name, kind, "o", "b", 0.0, 0.0, int(teams[i]), 1, 1, 1, 1, "USD", None, None, "",
                 also=("ts=1",) if kind == "manual" and any(s[1] == 1 for s in stages) else ())
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


def behind_roads(seed: int, shapes: tuple[str, ...] = ("pair", "pair", "pair")) -> Problem:
    """A tiny world whose hazards block roads, with either-or ways, and communities."""
    chance = np.random.default_rng(seed)
    problem = tiny(seed, horizon=7, shapes=shapes)
    hazards, stages_all = len(shapes), len(problem.stage_ids)
    zones = 4  # 0: the bases; 1 to 3: ground
    gates = []  # (from, to, stages)
    for _ in range(chance.integers(2, 5)):
        one, other = chance.choice(zones, 2, replace=False)
        blocked = np.flatnonzero(problem.hazard == int(chance.integers(0, hazards)))
        stages = blocked if chance.random() < 0.8 else np.zeros(0, int)
        gates += [(one, other, stages), (other, one, stages)]
    zone_of = chance.choice(zones, hazards, p=[0.55, 0.15, 0.15, 0.15])
    own = [chance.choice(stages_all, chance.integers(0, 3), replace=False) for _ in range(3)]
    return dataclasses.replace(problem, access=Access(
        zone=zone_of[problem.hazard].astype(np.int32), zones=zones,
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


def earmarked(money: terms.Money, seed: int) -> terms.Money:
    """The money of a tiny world, half of the time with earmarks and last days: lines "demining"
    and "rebuilding" first, then one of the stages that only some funds may pay for."""
    chance = np.random.default_rng(seed + 20_000)
    if chance.random() < 0.5:
        return money
    stages, horizon = len(money.stage_fund), money.arrived.shape[1]
    donor = np.cumsum(chance.integers(0, 7, horizon) * (chance.random(horizon) < 0.3)).astype(float)
    may_pay = chance.random((3, 3)) < 0.4
    may_pay[0, 0] = True  # so that something can be paid
    until = np.where(chance.random(3) < 0.5, chance.integers(1, horizon, 3), horizon)
    return terms.Money(
        (*money.fund_ids, "donor"), money.currency, np.vstack([money.arrived, donor]),
        np.where(chance.random(stages) < 0.5, 0, 2).astype(np.int32),
        ("demining", "rebuilding", "village"), may_pay,
        until.astype(np.int32) if chance.random() < 0.7 else None)


def bound_by(seed: int, roads: bool | None = None, hazards: int = 3, earmarks: bool = True,
             shapes: tuple[str, ...] | None = None) -> Problem:
    """A tiny world with a random choice of everything that may bind a plan."""
    chance = np.random.default_rng(seed + 10_000)
    roads = bool(chance.random() < 0.5) if roads is None else roads
    shapes = ("pair",) * (3 if roads else hazards) if shapes is None else shapes
    problem = behind_roads(seed, shapes) if roads else tiny(seed, horizon=8, shapes=shapes)
    stages, options, horizon = (len(problem.stage_ids), len(problem.first_pool), problem.horizon)
    stage_of = np.repeat(np.arange(stages), np.diff(problem.option_start))

    def some() -> bool:
        return bool(chance.random() < 0.5)

    def whole(low, high, size):
        return chance.integers(low, high, size).astype(np.int32)

    calendars = windows = equipment = money = projects = decisions = promises = None
    if some():
        is_open = np.vstack([np.ones(horizon, bool), chance.random((2, horizon)) < 0.7])
        calendars = terms.Calendars(("always", "valley", "hill"), is_open,
                                    whole(0, 3, stages)[stage_of], whole(0, 3, stages)[stage_of])
    if some():
        windows = terms.Windows(whole(0, 2, options), whole(horizon - 2, horizon + 1, options),
                                whole(0, 3, options), whole(horizon - 1, horizon + 1, options))
    if some():
        equipment = terms.Equipment(("low loader",), np.ones(1, np.int32),
                                    whole(-1, 1, options), whole(-1, 1, options))
    cost = chance.integers(1, 5, options).astype(float)
    if some():
        arrived = np.cumsum(chance.integers(0, 9, (2, horizon)) * (
            chance.random((2, horizon)) < 0.4), axis=1).astype(float)
        arrived[0] += 4
        money = terms.Money(("demining", "rebuilding"), "USD", arrived,
                            np.zeros(stages, np.int32))
        if earmarks:
            money = earmarked(money, seed)
    if some():
        needs = [chance.choice(stages, chance.integers(0, 3), replace=False) for _ in range(2)]
        projects = terms.Projects(
            ("bridge", "school"), np.cumsum([0] + [len(n) for n in needs]).astype(np.int32),
            np.concatenate(needs).astype(np.int32), whole(0, 3, 2),
            chance.integers(0, 6, 2).astype(float),
            np.array([-1 if seed % 2 else 1, 1] if money is not None else [-1, -1], np.int32),
            whole(0, 3, 2),
            np.ones(2), chance.integers(0, 9, 2).astype(float))
    if some():
        latest = np.full(stages, horizon, np.int32)
        pinned = int(chance.integers(0, stages))
        latest[pinned] = chance.integers(2, 5)
        earliest = whole(0, 2, stages)
        earliest[pinned] = latest[pinned] if some() else 0
        pairs = np.array([(1, 4)] if some() else np.zeros((0, 2)), np.int32).reshape(-1, 2)
        decisions = terms.Decisions(earliest, latest, chance.random(options) < 0.85, pairs)
    if some():
        promised = np.where(chance.random(stages) < 0.6, whole(2, horizon, stages), -1)
        first = problem.option_start[:-1].astype(np.int32)
        promises = terms.Promises(promised.astype(np.int32), np.where(promised >= 0, first, -1)
                                  .astype(np.int32), chance.integers(0, 4, stages).astype(float),
                                  chance.integers(0, 3, stages).astype(float))
    seasons = {}
    if some():
        seasons = {"seasons_missed": np.floor(np.arange(horizon + 1) / 3.0),
                   "season_weight": chance.integers(0, 9, stages).astype(float)}
    return dataclasses.replace(
        problem, option_cost=cost,
        objective=terms.Objective(worst_off=3.0 if chance.random() < 0.3 else 1.0),
        conditions=terms.Conditions(calendars, windows, equipment, money, projects, decisions,
                                    promises, None, **seasons))


def in_turn(problem: Problem, seed: int) -> Problem:
    """The same world where the second work follows the first and both have a season; the world
    itself if it has no works."""
    works = problem.conditions.projects
    if works is None:
        return problem
    chance = np.random.default_rng(seed)
    works = dataclasses.replace(
        works, after=np.array([(0, 1)], np.int32),
        may_start=chance.random((2, problem.horizon)) < 0.6, weight=works.weight + 3.0,
        slots=np.maximum(works.slots, 1))
    return dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, projects=works))
