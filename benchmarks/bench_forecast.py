"""The forecast at full size, beside a plain Python simulation of the same policy.

    python benchmarks/bench_forecast.py [--data DIR | --plan DIR] [--runs 500] [--peer-runs 100]
    python benchmarks/bench_forecast.py --small

--data holds suspected_areas.geojson and settlements_1991_approx.csv.gz: region and country are
built as in bench_plan.py. --plan is the `plan` folder that `landrelease demo` or `plan make` wrote.
Without either, and with --small, a made-up programme of 60 areas.

The peer is an event simulation with heaps in plain Python, with its own random numbers, written
here from the words of the policy. It shows that both are the same in distribution (two-sample
Kolmogorov-Smirnov tests of finish and cost) and how many times as fast a run of the package is.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import math
import random
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.work import Plan, Problem, Schedule, TeamPool
from landrelease.forecast.calendar import Calendar, extend
from landrelease.forecast.outlook import make_outlook

Z80 = 1.2815515655446004
SEED = 7


# --- the peer ------------------------------------------------------------------------------------


class Peer:
    """The programme once more, with lists, heaps and `random`."""

    def __init__(self, plan: Plan, stated: Assumptions, calendar: Calendar) -> None:
        problem = plan.problem
        if problem.access is not None or np.any(problem.pool_closes < problem.horizon):
            raise SystemExit("the peer knows neither roads nor pools that leave")
        self.a = stated
        self.pools = problem.pools
        self.teams = problem.pool_teams.tolist()
        self.opens = problem.pool_opens.tolist()
        self.slot_days = problem.slot_days
        self.horizon = float(len(calendar.begins))
        rank = np.empty(len(problem.stage_ids), dtype=int)
        rank[np.lexsort((np.arange(len(rank)), plan.priority))] = np.arange(len(rank))
        self.rank = rank.tolist()
        self.activity = problem.activity.tolist()
        self.before = problem.predecessor.tolist()
        self.stages_of: list[list[int]] = [[] for _ in problem.hazard_ids]
        for stage, hazard in enumerate(problem.hazard.tolist()):
            self.stages_of[hazard].append(stage)
        columns = zip(problem.first_pool.tolist(), problem.first_slots.tolist(),
                      problem.second_pool.tolist(), problem.second_slots.tolist(), strict=True)
        flat, starts = list(columns), problem.option_start.tolist()
        self.options = [flat[a:b] for a, b in itertools.pairwise(starts)]
        self.shares = [stated.value(f"share_{k}") for k in ("cancelled", "reduced", "cleared")]

    def share(self, name: str, z: float, most: float) -> float:
        a = self.a[name]
        value = a.value + z * ((a.high if z > 0 else a.low) - a.value) * (1 if z > 0 else -1) / Z80
        return min(max(value, 0.0), most)

    def part(self, mean: float, g: random.Random) -> float:
        whole, alike = self.a.value("whole_area_share"), self.a.value("outcome_concentration")
        if g.random() < whole * mean:
            return 1.0
        rest = mean * (1 - whole) / (1 - whole * mean)
        return g.betavariate(alike * rest, alike * (1 - rest)) if 0 < rest < 1 else rest

    def world(self, g: random.Random):
        """Elements (rank, copy) with their stage, the element before them, and their work."""
        scores = {kind: g.gauss(0, 1) for kind in sorted({p.kind for p in self.pools})}
        slowness = []
        for pool in self.pools:
            z = scores[pool.kind]
            towards = pool.m2_per_day_high if z > 0 else pool.m2_per_day_low
            slowness.append((pool.m2_per_day / towards) ** (abs(z) / Z80))
        lost = (1 - self.a.value("lost_day_share")) / (
            (1 - self.share("lost_day_share", g.gauss(0, 1), 0.95))
            * (1 - self.share("team_turnover_share", g.gauss(0, 1), 0.95)))
        unknown = self.share("undiscovered_share", g.gauss(0, 1), 9)
        again = self.share("rework_share", g.gauss(0, 1), 1)
        z = g.gauss(0, 1)
        left = self.share("share_cleared", z, 1)
        by_nts, by_ts = self.share("share_cancelled", -z, 1), self.share("share_reduced", -z, 1)
        cancelled = (1 - left) * by_nts / (by_nts + by_ts)
        reduced_of_rest = (1 - left - cancelled) / (1 - cancelled)
        spread = self.a.value("task_duration_spread")
        elements = []
        for stages in self.stages_of:
            for copy in range(int(unknown + g.random()) + 1):
                c, r = self.part(cancelled, g), self.part(reduced_of_rest, g)
                ratio = (1.0, (1 - c) / (1 - self.shares[0]), (1 - c) * (1 - r) / self.shares[2])
                found_after = (g.choice(stages), 0) if copy else None
                for s in stages:
                    work = ratio[self.activity[s]] * math.exp(g.gauss(-spread**2 / 2, spread))
                    if self.activity[s] == 2 and g.random() < again:
                        work *= 2
                    before = (self.before[s], copy) if self.before[s] >= 0 else found_after
                    elements.append((self.rank[s], copy, s, before, work))
        elements.sort()
        number = {(s, copy): i for i, (_, copy, s, _, _) in enumerate(elements)}
        return ([e[2] for e in elements],
                [-1 if e[3] is None else number[e[3]] for e in elements],
                [e[4] for e in elements], slowness, lost)

    def run(self, g: random.Random) -> tuple[float, float]:
        """Finish (slots, inf where it is after the horizon) and cost of one run."""
        stage, before, work, slowness, lost = self.world(g)
        move_slots = self.a.value("move_days") / self.slot_days
        after: list[list[int]] = [[] for _ in stage]
        for e, b in enumerate(before):
            if b >= 0:
                after[b].append(e)
        queue: list[list[int]] = [[] for _ in self.pools]
        free: list[list[int]] = [[] for _ in self.pools]
        last = [[-1.0] * n for n in self.teams]
        begun, option, ended = [0] * len(stage), [(-1, 0, -1, 0)] * len(stage), 0
        events = [(float(at), -1, p, -1) for p, at in enumerate(self.opens) if self.teams[p]]
        heapq.heapify(events)

        def ready(e: int) -> int:
            done, at_once = 0, [e]
            while at_once:
                e = at_once.pop()
                if work[e] <= 0:
                    done += 1
                    at_once += after[e]
                else:
                    for p in {o[0] for o in self.options[stage[e]]}:
                        heapq.heappush(queue[p], e)
            return done

        for e, b in enumerate(before):
            if b < 0:
                ended += ready(e)
        now = 0.0
        while ended < len(stage):
            if not events or events[0][0] > self.horizon:
                now = math.inf
                break
            now = events[0][0]
            while events and events[0][0] == now:
                _, e, p, team = heapq.heappop(events)
                if e < 0:
                    free[p] = list(range(self.teams[p]))
                    continue
                heapq.heappush(free[p], team)
                if begun[e] == 1 and option[e][2] >= 0:
                    begun[e] = 2
                    heapq.heappush(queue[option[e][2]], e)
                    continue
                ended += 1
                for following in after[e]:
                    ended += ready(following)
            while True:
                first, pool = len(stage), -1
                for p, own in enumerate(queue):
                    if not free[p]:
                        continue
                    while own and (begun[own[0]] in (1, 3) or (
                            begun[own[0]] == 2 and option[own[0]][2] != p)):
                        heapq.heappop(own)
                    if own and own[0] < first:
                        first, pool = own[0], p
                if pool < 0:
                    break
                e = first
                heapq.heappop(queue[pool])
                if begun[e] == 0:
                    begun[e] = 1
                    option[e] = min((o for o in self.options[stage[e]] if free[o[0]]),
                                    key=lambda o: o[1] + o[3])
                    p, planned = option[e][0], option[e][1]
                else:
                    begun[e] = 3
                    p, planned = option[e][2], option[e][3]
                move = min(move_slots, planned)
                end = now + (move + (planned - move) * work[e] * slowness[p]) * lost
                team = heapq.heappop(free[p])
                last[p][team] = min(end, self.horizon)
                heapq.heappush(events, (end, e, p, team))
        paid = sum(pool.cost_per_day * self.slot_days * (end - self.opens[p])
                   for p, pool in enumerate(self.pools) for end in last[p] if end >= 0)
        return now, paid


# --- programmes ----------------------------------------------------------------------------------


def plan_of(problem: Problem, priority: np.ndarray) -> Plan:
    none = np.full(len(problem.stage_ids), -1, dtype=np.int32)
    return Plan(problem, Schedule(*[none] * 7), priority, 1.0, 1.0, {}, 0.0, 0, SEED)


def made_up(stated: Assumptions) -> Plan:
    """Sixty areas between two bases; places, areas and rates are made up."""
    g = np.random.default_rng(SEED)
    shares = [stated.value(f"share_{k}") for k in ("cancelled", "reduced", "cleared")]
    rates = {"nts": (50_000, 100_000, 200_000), "ts": (4_000, 8_000, 16_000),
             "manual": (200, 400, 500), "mechanical": (3_000, 5_000, 8_000)}
    pools = tuple(
        TeamPool(f"{kind}-{base}", kind, "made up", base, 0.0, -47.0, teams,
                 *(float(rates[kind][i]) for i in (1, 0, 2)), 1000.0, "USD", None, None, "made up")
        for base in ("one", "two")
        for kind, teams in (("nts", 1), ("ts", 1), ("manual", 4), ("mechanical", 1)))
    area = np.exp(g.normal(np.log(60_000), 1.0, 60))
    activity, before, hazard, released, options = [], [], [], [], []
    for h, m2 in enumerate(area):
        for a, (kind, left) in enumerate((("nts", 1.0), ("ts", 1 - shares[0]),
                                          ("manual", shares[2]))):
            activity.append(a)
            before.append(len(before) - 1 if a else -1)
            hazard.append(h)
            released.append(m2 * shares[a])

            def slots(kind: str, faster: float = 1.0, work: float = m2 * left) -> int:
                return math.ceil((work / rates[kind][1] / faster + 2) / 2.86)

            own = [(4 * b + a, slots(kind), -1, 0) for b in (0, 1)]
            if a == 2:
                own += [(4 * b + 3, slots("mechanical"), 4 * b + 2, slots("manual", 2.5))
                        for b in (0, 1)]
            options.append(own)
    start = date(2030, 4, 1)
    ends = [timedelta(days=round(y * 365.25 + 3.5 * (k + 1))) for y in range(3) for k in range(70)]
    delay = np.array([0.0] + [float(end.days) for end in ends])
    begins = [start + timedelta(days=round(y * 365.25 + 3.5 * k)) for y in range(3)
              for k in range(70)]
    flat = np.array([o for own in options for o in own], dtype=np.int32)
    stages = len(activity)
    problem = Problem(
        tuple(map(str, range(stages))), np.array(activity, np.int8), np.array(before, np.int32),
        np.array(hazard, np.int32), np.full(stages, -1, np.int32), np.ones(stages),
        np.array(released), np.array(released),
        np.concatenate([[0], np.cumsum([len(o) for o in options])]).astype(np.int32),
        flat[:, 0], flat[:, 1], flat[:, 2], flat[:, 3], np.zeros(len(flat)), ("",) * len(flat),
        pools, np.array([p.teams for p in pools], np.int32), np.zeros(len(pools), np.int32),
        np.full(len(pools), len(ends), np.int32), delay, (*begins, start + ends[-1]), 2.86,
        tuple(map(str, range(len(area)))), ())
    return plan_of(problem, area[problem.hazard])


def programmes(options: argparse.Namespace):
    """(name, plan, assumptions) of each programme asked for."""
    from bench_plan import assumptions, load, teams

    if options.plan:
        from landrelease.store.results import load_plan

        saved = load_plan(options.plan)
        yield str(options.plan.name), saved.plan, saved.assumptions
    elif options.data:
        import shapely

        from landrelease.core.geometry import plane_for
        from landrelease.plan import cutting
        from landrelease.plan.problem import build
        from landrelease.plan.search import make_plan

        stated = assumptions()
        for name, sheets in (("region", "2683"), ("country", "")):
            if options.only not in (None, name):
                continue
            hazards, assessed = load(options.data, sheets)
            plane = plane_for(tuple(shapely.total_bounds([h.ground for h in hazards])))
            problem = build(hazards, assessed, cutting.cut(hazards, plane, stated),
                            teams(f"teams_{name}.csv"), stated, date(2027, 4, 1))
            yield name, make_plan(problem, iterations=5, bound_iterations=1, seed=SEED), stated
    else:
        yield "made up", made_up(assumptions()), assumptions()


# --- measuring -----------------------------------------------------------------------------------


def timed(plan: Plan, stated: Assumptions, runs: int, workers: int | None):
    clock = time.perf_counter()
    outlook = make_outlook(plan, stated, runs=runs, seed=SEED, workers=workers)
    return outlook, time.perf_counter() - clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--only", choices=["region", "country"])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--peer-runs", type=int, default=100)
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    if options.small:
        options.data, options.plan, options.runs, options.peer_runs = None, None, 200, 200
    from scipy.stats import ks_2samp

    for name, plan, stated in programmes(options):
        problem = plan.problem
        _, first = timed(plan, stated, 2, 1)
        outlook, seconds = timed(plan, stated, options.runs, None)
        alone, one = timed(plan, stated, options.runs, 1)
        same = np.array_equal(outlook.finish_day, alone.finish_day) and np.array_equal(
            outlook.cost, alone.cost)
        print(f"{name}: {len(problem.stage_ids)} stages, {int(problem.pool_teams.sum())} teams\n"
              f"  first call {first:.2f} s (compiles what is not cached)\n"
              f"  {options.runs} runs {seconds:.2f} s, with one worker {one:.2f} s, "
              f"same figures: {same}")
        peer = Peer(plan, stated, extend(
            problem, (int(stated.value("season_first_month")),
                      int(stated.value("season_last_month"))), outlook.horizon_days))
        g = random.Random(SEED)
        clock = time.perf_counter()
        found = [peer.run(g) for _ in range(options.peer_runs)]
        peer_s = time.perf_counter() - clock
        calendar = extend(problem, (4, 11), outlook.horizon_days)
        days = calendar.days(np.array([f for f, _ in found]))
        costs = np.array([c for _, c in found])
        late = outlook.horizon_days + 1  # all that do not finish
        finish_p = ks_2samp(np.minimum(days, late), np.minimum(outlook.finish_day, late)).pvalue
        cost_p = ks_2samp(costs, outlook.cost).pvalue
        ratio = (peer_s / options.peer_runs) / (one / options.runs)

        def middle(values: np.ndarray) -> str:
            low, median, high = np.quantile(values, [0.1, 0.5, 0.9], method="inverted_cdf")
            return f"{median:.4g} ({low:.4g} to {high:.4g})"

        print(f"  years until done      package {middle(outlook.finish_day / 365.25)}, "
              f"peer {middle(days / 365.25)}, KS p = {finish_p:.2f}\n"
              f"  million until then    package {middle(outlook.cost / 1e6)}, "
              f"peer {middle(costs / 1e6)}, KS p = {cost_p:.2f}\n"
              f"  a run: package {1000 * one / options.runs:.2f} ms on one core, peer "
              f"{1000 * peer_s / options.peer_runs:.1f} ms: {ratio:.0f} times as fast", flush=True)
        if min(finish_p, cost_p) < 0.001 or not same:
            raise SystemExit("package and peer differ")


if __name__ == "__main__":
    main()
