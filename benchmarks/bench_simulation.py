"""The simulation of a programme with all that may happen on the way, beside the same in SimPy.

    python benchmarks/bench_simulation.py [--runs 10000] [--peer-runs 400] [--workers 2]
    python benchmarks/bench_simulation.py --small

A made-up programme of 500 tasks (the survey of 250 areas and their clearance, by hand or by machine
and hand) and 60 teams that takes about three years: rates that are not known, teams that differ
and learn, lost days, months, closures of six sectors, areas that turn out empty or turn up, rework,
breakdowns, staff that leave, late money and renewed contamination. The peer is a SimPy model (a
process a team, a process a sector) with random numbers of its own, written from the words of the
policy. Printed: seconds, seconds a run, how many times as fast, and two-sample Kolmogorov-Smirnov
tests of finish and cost; whether the answer is the same for one and two workers and under Dask.
"""

from __future__ import annotations

import argparse
import bisect
import heapq
import itertools
import math
import os
import random
import time
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import simpy

from landrelease.core.work import Problem, TeamPool
from landrelease.forecast.areas import areas_of
from landrelease.forecast.calendar import Calendar, extend
from landrelease.forecast.circumstances import (
    Breakdowns,
    Circumstances,
    Closing,
    Learning,
    Renewed,
    Tranche,
    Turnover,
    effects_of,
)
from landrelease.forecast.dispatch import ways_of, workforce_of
from landrelease.forecast.simulate import Model, Runs, dask_spread, model_of, simulate
from landrelease.forecast.uncertain import Uncertain

SEED = 11
START = date(2030, 1, 7)
SECTORS = 6
AREAS, TEAMS = 250, {"ts": 10, "manual": 42, "mechanical": 8}
BASES = 2
SHARES = (0.0, 0.4, 0.6)  # cancelled before, reduced by survey, cleared
SPREAD, CONCENTRATION, WHOLE = 0.35, 2.0, 0.5
HORIZON_DAYS = 8 * 365.25
TEAM_SD = 0.2
MONTH = np.array([0.8, 0.85, 0.95, 1.0, 1.1, 1.1, 1.1, 1.1, 1.05, 1.0, 0.95, 0.8])


def problem_of(areas: int, teams: dict[str, int]) -> tuple[Problem, np.ndarray]:
    """Areas with their tasks, in slots of a working day; places, areas and rates are made up."""
    g = np.random.default_rng(SEED)
    pools = tuple(
        TeamPool(f"{kind}-{base}", kind, "made up", f"base {base}", 0.0, -47.0, count // BASES,
                 1.0, 0.5, 2.0, cost, "USD", None, None, "made up")
        for base in range(BASES)
        for (kind, count), cost in zip(teams.items(), (1500.0, 800.0, 4000.0), strict=True))
    area = np.exp(g.normal(math.log(38_000), 0.8, areas))
    stages, options = [], []
    for h in range(areas):
        stages.append((1, -1, h, area[h] * SHARES[1]))
        options.append([(3 * b, max(1, round(area[h] / 4_000)), -1, 0) for b in range(BASES)])
        by_hand = max(1, round(area[h] * SHARES[2] / 400))
        machine = max(1, round(area[h] * SHARES[2] / 4_000))
        stages.append((2, 2 * h, h, area[h] * SHARES[2]))
        options.append([(3 * b + 1, by_hand, -1, 0) for b in range(BASES)]
                       + [(3 * b + 2, machine, 3 * b + 1, max(1, round(by_hand / 2.5)))
                          for b in range(BASES)])
    flat = np.array([o for own in options for o in own], dtype=np.int32)
    table = np.array(stages)
    days = 4 * 300
    starts = tuple(START + timedelta(days=int(d * 365.25 / 300)) for d in range(days + 1))
    delay = np.array([(s - START).days for s in starts], dtype=float)
    count = len(stages)
    problem = Problem(
        tuple(map(str, range(count))), table[:, 0].astype(np.int8), table[:, 1].astype(np.int32),
        table[:, 2].astype(np.int32), np.full(count, -1, np.int32), np.ones(count), table[:, 3],
        table[:, 3], np.cumsum([0, *map(len, options)]).astype(np.int32), flat[:, 0], flat[:, 1],
        flat[:, 2], flat[:, 3], np.zeros(len(flat)), ("",) * len(flat), pools,
        np.array([p.teams for p in pools], np.int32), np.zeros(len(pools), np.int32),
        np.full(len(pools), days, np.int32), delay, starts, 1.0, tuple(map(str, range(areas))), ())
    return problem, g.integers(0, SECTORS, areas)[table[:, 2].astype(int)]


def circumstances_of(sector: np.ndarray, money: float) -> Circumstances:
    return Circumstances(
        sector=sector, closings=tuple(Closing(45.0, 0.8, 5.0, 0.8) for _ in range(SECTORS)),
        month=MONTH, breakdowns={"mechanical": Breakdowns(25.0, 4.0)},
        turnover={k: Turnover(400.0, 10.0) for k in TEAMS},
        learning={k: Learning(0.3, 35.0) for k in TEAMS},
        experience={f"{k}-{b}": 20.0 for k in TEAMS for b in range(BASES)},
        money=tuple(Tranche(START + timedelta(days=365 * y), money * share, 30.0 if y else 0.0)
                    for y, share in enumerate((0.45, 0.4, 0.3, 0.6))),
        renewed=Renewed(0.03, START + timedelta(days=2 * 365), 0.5))


def draws_of(runs: int, problem: Problem, seed: int) -> Runs:
    """Programme-wide draws; the peer draws the same distributions one by one."""
    g = np.random.default_rng(seed)
    kinds = sorted(TEAMS)
    score = {k: g.normal(0, 0.25, runs) for k in kinds}
    slow = np.concatenate([
        np.exp(-score[p.kind][:, None] - g.normal(0, TEAM_SD, (runs, p.teams)))
        for p in problem.pools], axis=1)
    z = g.normal(0, 0.08, runs)
    shares = np.column_stack([np.zeros(runs), np.clip(SHARES[1] + z, 0, 1),
                              np.clip(SHARES[2] - z, 0, 1)])
    return Runs(shares, g.uniform(0.0, 0.2, runs), g.uniform(0.0, 0.08, runs),
                1 / (1 - g.uniform(0.05, 0.25, runs)), slow,
                np.ones((runs, 1, len(problem.pools))))


# --- the peer ------------------------------------------------------------------------------------


class Peer:
    """The programme in SimPy. One instance plays many runs."""

    def __init__(self, problem: Problem, made: Circumstances, move: float) -> None:
        self.problem, self.made, self.move = problem, made, move
        uncertain = uncertain_of()
        self.calendar = extend(problem, uncertain.season_months, HORIZON_DAYS)
        calendar = self.calendar
        self.begins, self.ends = calendar.begins.tolist(), calendar.ends.tolist()
        self.horizon = len(self.begins)
        total, self.worked = 0.0, [0.0]
        for a, b in zip(self.begins, self.ends, strict=True):
            total += MONTH[date.fromordinal(int(START.toordinal() + (a + b) / 2)).month - 1]
            self.worked.append(total)
        flat = list(zip(problem.first_pool.tolist(), problem.first_slots.tolist(),
                        problem.second_pool.tolist(), problem.second_slots.tolist(), strict=True))
        starts = problem.option_start.tolist()
        self.options = [flat[a:b] for a, b in itertools.pairwise(starts)]
        self.areas = len(problem.hazard_ids)
        self.sector = made.sector[::2].tolist()
        self.per_year = self.horizon / (self.ends[-1] / 365.25)

    def slot(self, day: float) -> float:
        k = bisect.bisect_left(self.ends, day)
        if k >= self.horizon:
            return float(self.horizon)
        return k + min(max((day - self.begins[k]) / (self.ends[k] - self.begins[k]), 0.0), 1.0)

    def season(self, now: float) -> float:
        if now >= self.horizon:
            return self.worked[-1]
        k = int(now)
        return self.worked[k] + (now - k) * (self.worked[k + 1] - self.worked[k])

    def later(self, now: float, need: float) -> float:
        target = self.season(now) + need
        if target > self.worked[-1]:
            return math.inf
        k = max(bisect.bisect_left(self.worked, target) - 1, 0)
        width = self.worked[k + 1] - self.worked[k]
        return k + (target - self.worked[k]) / width if width > 0 else float(k)

    def part(self, mean: float, g: random.Random) -> float:
        mean = min(max(mean, 0.0), 1.0)
        if g.random() < WHOLE * mean:
            return 1.0
        rest = mean * (1 - WHOLE) / (1 - WHOLE * mean) if mean < 1 else 1.0
        a, b = CONCENTRATION * rest, CONCENTRATION * (1 - rest)
        return g.betavariate(a, b) if a > 1e-9 and b > 1e-9 else float(rest > 0.5)

    def run(self, g: random.Random) -> tuple[float, float]:
        """Finish (slots; inf past the horizon) and cost of one run."""
        return _Run(self, g).play()


class _Run:
    def __init__(self, peer: Peer, g: random.Random) -> None:
        self.peer, self.g = peer, g
        self.env = simpy.Environment()
        problem = peer.problem
        score = {k: g.gauss(0, 0.25) for k in sorted(TEAMS)}
        self.slow = [[math.exp(-score[p.kind] - g.gauss(0, TEAM_SD)) for _ in range(p.teams)]
                     for p in problem.pools]
        z = g.gauss(0, 0.08)
        reduced, cleared = min(max(SHARES[1] + z, 0), 1), min(max(SHARES[2] - z, 0), 1)
        unknown, again = g.uniform(0, 0.2), g.uniform(0, 0.08)
        self.lost = 1 / (1 - g.uniform(0.05, 0.25))
        # An element: [stage, work, children, contaminated-again child or None]; by priority.
        elements, self.first = [], []
        for h in range(peer.areas):
            copies = []
            for _ in range(1 + int(unknown + g.random())):
                r = self.part_of(reduced / (reduced + cleared))
                noise = [math.exp(g.gauss(-SPREAD**2 / 2, SPREAD)) for _ in range(2)]
                work = (1.0 - r) / SHARES[2] * noise[1] * (2 if g.random() < again else 1)
                copies.append(([2 * h, noise[0], [], False], [2 * h + 1, work, [], False]))
            known = copies[0]
            renew = [2 * h + 1, peer.made.renewed.part, [], True]
            known[1][2].append(renew)
            for one in copies:
                one[0][2].append(one[1])
            for one in copies[1:]:
                known[g.randrange(2)][2].append(one[0])
            elements += [one[0] for one in copies] + [one[1] for one in copies] + [renew]
            self.first.append(known[0])
        self.rank = {id(e): i for i, e in enumerate(elements)}
        self.queue = [[] for _ in problem.pools]  # heaps of (rank, element, option, step)
        self.begun = set()
        self.wake = self.env.event()
        self.shut = [False] * SECTORS
        self.changes = [self.env.event() for _ in range(SECTORS)]
        self.money = self.spent = self.finish = 0.0
        self.open = len(elements)
        self.free = [list(range(p.teams)) for p in problem.pools]
        self.inbox = [[None] * p.teams for p in problem.pools]
        self.last = [[-1.0] * p.teams for p in problem.pools]

    def part_of(self, mean: float) -> float:
        return self.peer.part(mean, self.g)

    # What happens beside the work: sectors close, money arrives, ground is contaminated again.
    def sector(self, z: int):
        made, day, env = self.peer.made.closings[z], 0.0, self.env
        while True:
            day += made.open_scale * self.g.expovariate(1.0) ** (1 / made.open_shape)
            begins = self.peer.slot(day)
            day += math.exp(self.g.gauss(math.log(made.closed_days), made.closed_spread))
            ends = self.peer.slot(day)
            if begins >= self.peer.horizon:
                return
            if ends <= begins:
                continue
            yield env.timeout(begins - env.now)
            self.turn(z, True)
            yield env.timeout(ends - env.now)
            self.turn(z, False)
            self.assign()

    def turn(self, z: int, shut: bool) -> None:
        self.shut[z] = shut
        event, self.changes[z] = self.changes[z], self.env.event()
        event.succeed()

    def tranche(self, t: Tranche):
        at = self.peer.slot((t.day - START).days)
        if t.late_days:
            at += self.g.expovariate(1 / (t.late_days * self.peer.horizon / self.peer.ends[-1]))
        yield self.env.timeout(at)
        self.money += t.amount
        self.assign()

    def again(self, element: list, after: float):
        yield self.env.timeout(after)
        self.ready(element)
        self.assign()

    def ready(self, e: list) -> None:
        if e[1] <= 0:
            self.done(e)
            return
        for o in self.peer.options[e[0]]:
            heapq.heappush(self.queue[o[0]], (self.rank[id(e)], 0, e, None))

    def done(self, e: list) -> None:
        self.open -= 1
        self.finish = self.env.now
        renewed = self.peer.made.renewed
        for child in e[2]:
            if not child[3]:
                self.ready(child)
                continue
            rate = -math.log1p(-renewed.share_a_year) / self.peer.per_year
            after = self.g.expovariate(rate)
            until = self.peer.slot((renewed.until - START).days + 1)
            if self.env.now + after < min(until, self.peer.horizon):
                self.env.process(self.again(child, after))
            else:
                self.open -= 1

    def look(self, p: int):
        """The first element that waits for a pool and lies in no closed sector."""
        own, aside, found = self.queue[p], [], None
        while own:
            entry = own[0]
            e = entry[2]
            if entry[1] == 0 and id(e) in self.begun:
                heapq.heappop(own)
            elif self.shut[self.peer.sector[e[0] // 2]]:
                aside.append(heapq.heappop(own))
            else:
                found = entry
                break
        for entry in aside:
            heapq.heappush(own, entry)
        return found

    def assign(self) -> None:
        peer, pools = self.peer, self.peer.problem.pools
        while True:
            best, pool = None, -1
            for p in range(len(pools)):
                if self.free[p]:
                    entry = self.look(p)
                    if entry is not None and (best is None or entry[0] < best[0]):
                        best, pool = entry, p
            if best is None:
                return
            _, step, e, option = best
            if step == 0:
                option = min((o for o in peer.options[e[0]] if self.free[o[0]]),
                             key=lambda o: o[1] + o[3])
                pool = option[0]
            planned = float(option[2 * step + 1])
            move = min(peer.move, planned)
            team = min(self.free[pool])
            need = (move + (planned - move) * e[1] * self.slow[pool][team]) * self.lost
            price = need * pools[pool].cost_per_day
            if self.spent + price > self.money:
                return
            self.spent += price
            if step == 0:
                self.begun.add(id(e))
            else:
                self.queue[pool].remove(best)  # those of closed sectors may stand before it
                heapq.heapify(self.queue[pool])
            self.free[pool].remove(team)
            self.inbox[pool][team].succeed((e, option, step, need))

    def team(self, p: int, t: int):
        env, peer, g, made = self.env, self.peer, self.g, self.peer.made
        kind = peer.problem.pools[p].kind
        learn = made.learning[kind]
        past = made.experience[peer.problem.pools[p].id]
        broken, leaving = made.breakdowns.get(kind), made.turnover[kind]
        fails = g.expovariate(1 / broken.days_between) if broken else math.inf
        leaves = g.expovariate(1 / leaving.days_between)
        while True:
            self.inbox[p][t] = env.event()
            e, option, step, need = yield self.inbox[p][t]
            sector = peer.sector[e[0] // 2]
            while True:
                whole = self.learned(need, past, learn)
                stretch = min(whole, fails, leaves)
                left = stretch
                while True:  # presence of `left` slots, closures and months in between
                    if self.shut[sector]:
                        yield self.changes[sector]
                        continue
                    begun = env.now
                    end = peer.later(begun, left)
                    if end == math.inf:
                        self.last[p][t] = peer.horizon
                        return
                    change = self.changes[sector]
                    yield env.timeout(max(end - begun, 0.0)) | change
                    if env.now >= end:
                        break
                    left -= peer.season(env.now) - peer.season(begun)
                fails -= stretch
                leaves -= stretch
                if stretch >= whole:
                    past += stretch
                    break
                gained = stretch - learn.share * learn.days * math.exp(-past / learn.days) * (
                    1 - math.exp(-stretch / learn.days))
                need = max(need - gained, 0.0)
                past += stretch
                if fails <= 0:
                    yield env.timeout(g.expovariate(1 / broken.days_off))
                    fails = g.expovariate(1 / broken.days_between)
                else:
                    yield env.timeout(g.expovariate(1 / leaving.days_off))
                    leaves = g.expovariate(1 / leaving.days_between)
                    past = 0.0
            self.last[p][t] = env.now
            self.free[p].append(t)
            if step == 0 and option[2] >= 0:
                heapq.heappush(self.queue[option[2]], (self.rank[id(e)], 1, e, option))
            else:
                self.done(e)
            self.inbox[p][t] = env.event()
            self.assign_later()

    def assign_later(self) -> None:
        """Give out work once this team is listening again."""
        def soon():
            yield self.env.timeout(0)
            self.assign()
        self.env.process(soon())

    @staticmethod
    def learned(need: float, past: float, learn: Learning) -> float:
        start = learn.share * learn.days * math.exp(-past / learn.days)
        found = need + start
        for _ in range(30):
            rest = math.exp(-found / learn.days)
            step = (found - start * (1 - rest) - need) / (1 - start / learn.days * rest)
            found -= step
            if abs(step) < 1e-9 * (1 + found):
                break
        return found

    def play(self) -> tuple[float, float]:
        env, peer = self.env, self.peer
        for z in range(SECTORS):
            env.process(self.sector(z))
        for p, pool in enumerate(peer.problem.pools):
            for t in range(pool.teams):
                env.process(self.team(p, t))
        for t in peer.made.money:
            env.process(self.tranche(t))
        for e in self.first:
            self.ready(e)
        while self.open and env.peek() <= peer.horizon:
            env.step()
        cost = 0.0
        for p, pool in enumerate(peer.problem.pools):
            for t in range(pool.teams):
                at = self.last[p][t]
                if t not in self.free[p]:
                    at = peer.horizon
                if at >= 0:
                    cost += min(at, peer.horizon) * pool.cost_per_day
        return (self.finish if self.open == 0 else math.inf), cost


def uncertain_of() -> Uncertain:
    from landrelease.core.assumption import Assumption

    def certain(value: float) -> Assumption:
        return Assumption("", value, value, value, "", "", "made up")

    return Uncertain(
        certain(SHARES[0]), certain(SHARES[1]), certain(SHARES[2]), certain(0.0), certain(0.0),
        certain(0.0), certain(0.0), 1.0, SPREAD, CONCENTRATION, WHOLE, HORIZON_DAYS / 365.25,
        (1, 12))


@dataclass(frozen=True)
class World:
    """One programme as both simulations read it."""

    problem: Problem
    made: Circumstances
    calendar: Calendar
    model: Model
    move_days: float

    def peer(self) -> Peer:
        return Peer(self.problem, self.made, self.move_days)


def world_of(count: int, teams: dict[str, int]) -> World:
    problem, sector = problem_of(count, teams)
    made = circumstances_of(sector, 38e6 * count / AREAS)
    uncertain = uncertain_of()
    calendar = extend(problem, uncertain.season_months, HORIZON_DAYS)
    workforce = workforce_of(problem, calendar, uncertain.move_days)
    areas = areas_of(problem, np.arange(len(problem.stage_ids), dtype=float), np.array(SHARES))
    return World(problem, made, calendar, model_of(
        areas, workforce, ways_of(problem), uncertain,
        effects_of(made, problem, workforce, calendar), calendar, bin_days=HORIZON_DAYS / 96,
        bins=97), uncertain.move_days)


SMALL = 30, {"ts": 2, "manual": 8, "mechanical": 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--peer-runs", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--dask", action="store_true", help="also with Dask's processes")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    count, teams = AREAS, TEAMS
    if options.small:
        options.runs, options.peer_runs, (count, teams) = 400, 40, SMALL
    from scipy.stats import ks_2samp

    world = world_of(count, teams)
    problem, calendar, model = world.problem, world.calendar, world.model
    clock = time.perf_counter()
    simulate(model, draws_of(4, problem, 1), seed=1, workers=1)
    print(f"{len(problem.stage_ids)} tasks on {count} areas, {sum(teams.values())} teams; "
          f"{os.cpu_count()} processors\nfirst call {time.perf_counter() - clock:.1f} s (compiles "
          "what is not cached)")
    runs = draws_of(options.runs, problem, 2)
    seconds = []
    for _ in range(3):
        clock = time.perf_counter()
        found = simulate(model, runs, seed=SEED, workers=options.workers)
        seconds.append(time.perf_counter() - clock)
    clock, cpu = time.perf_counter(), time.process_time()
    alone = simulate(model, runs, seed=SEED, workers=1)
    one, own = time.perf_counter() - clock, (time.process_time() - cpu) / options.runs
    days = calendar.days(found.finish_slot)
    ended = np.isfinite(days)
    print(f"{options.runs} runs on {options.workers} workers: {min(seconds):.2f} s (best of 3, "
          f"worst {max(seconds):.2f} s); on one {one:.2f} s, "
          f"{1000 * one / options.runs:.3f} ms a run, {1000 * own:.3f} ms of processor time")
    print(f"finish after {np.median(days) / 365.25:.2f} years (median), 80 % of runs "
          f"{np.quantile(days, 0.1) / 365.25:.2f} to {np.quantile(days, 0.9) / 365.25:.2f}; "
          f"{int((~ended).sum())} runs past the horizon; money stopped work in "
          f"{np.isfinite(found.stopped_slot).mean():.0%}")
    same = all(np.array_equal(getattr(found, n), getattr(alone, n)) for n in found.__slots__)
    print(f"the same with one worker: {same}")
    if options.dask or options.small:
        clock = time.perf_counter()
        scheduler = "synchronous" if options.small else "processes"
        spread = simulate(model, runs, seed=SEED, spread=dask_spread(scheduler))
        print(f"under Dask ({scheduler}): {time.perf_counter() - clock:.2f} s, the same: "
              + str(all(np.array_equal(getattr(found, n), getattr(spread, n))
                        for n in found.__slots__)))
    peer = world.peer()
    g = random.Random(SEED)
    clock, cpu = time.perf_counter(), time.process_time()
    played = np.array([peer.run(g) for _ in range(options.peer_runs)])
    each = (time.perf_counter() - clock) / options.peer_runs
    theirs_cpu = (time.process_time() - cpu) / options.peer_runs
    print(f"SimPy: {1000 * each:.1f} ms a run on one core ({options.peer_runs} runs); "
          f"{each / (min(seconds) / options.runs):,.0f} times as long a run as on "
          f"{options.workers} workers, {each / (one / options.runs):,.0f} times as on one; "
          f"{1000 * theirs_cpu:.1f} ms of processor time, {theirs_cpu / own:,.0f} times ours")
    largest = float(len(calendar.begins)) * 2
    for name, ours, theirs in (
            ("finish", np.minimum(found.finish_slot, largest), np.minimum(played[:, 0], largest)),
            ("cost", found.cost, played[:, 1])):
        test = ks_2samp(ours, theirs)
        print(f"{name}: median {np.median(ours):,.0f} and {np.median(theirs):,.0f}, two-sample "
              f"Kolmogorov-Smirnov distance {test.statistic:.3f}, p = {test.pvalue:.2f}")


if __name__ == "__main__":
    main()
