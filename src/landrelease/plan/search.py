"""Solve a planning problem: prices on team time give the bound and good orders, then local search.

1. The simple rules, decoded.
2. Subgradient ascent of the prices of the bound (`bound.py`). What the priced trees choose gives
   orders and options for the decoder; the best plan met is kept.
3. Iterated local search on the order with the same decoder.

Everything is counted in iterations and seeded, so that two runs give the same plan; `seconds` only
stops early. Interrupted, the best plan so far is returned.
"""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem
from landrelease.plan import bound as pricing
from landrelease.plan import decoder
from landrelease.plan.rules import RULES, shortest_slots

BOUND_ITERATIONS = 200
# Sums of some 30,000 products in double precision err by less than this share.
ROUNDING = 1e-9


class _Trees:
    """The out-trees of a problem in the layout of `bound.price_trees`."""

    def __init__(self, problem: Problem):
        stages = len(problem.predecessor)
        root = np.arange(stages)
        for s in range(stages):
            if problem.predecessor[s] >= 0:
                root[s] = root[problem.predecessor[s]]
        self.member = np.lexsort((np.arange(stages), root)).astype(np.int32)
        place = np.empty(stages, dtype=np.int32)
        place[self.member] = np.arange(stages, dtype=np.int32)
        before = problem.predecessor[self.member]
        self.parent_at = np.where(before >= 0, place[before], -1).astype(np.int32)
        starts = np.flatnonzero(before < 0)
        self.tree_start = np.append(starts, stages).astype(np.int32)
        below = problem.weight.copy()
        for s in range(stages - 1, -1, -1):
            if problem.predecessor[s] >= 0:
                below[problem.predecessor[s]] += below[s]
        self.never = below * problem.delay_days[-1]
        cuts = np.linspace(0, len(starts), pricing.CHUNKS + 1).astype(np.int64)
        self.chunks = [(int(a), int(b)) for a, b in itertools.pairwise(cuts) if b > a]


class _Bound:
    """Evaluates the bound at given prices, in fixed chunks on two threads."""

    def __init__(self, problem: Problem):
        self.problem, self.trees = problem, _Trees(problem)
        self.threads = ThreadPoolExecutor(2)

    def value(self, prices: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """(bound, use (P, H), placed (5, S)) at prices (P, H) >= 0."""
        problem, trees = self.problem, self.trees
        pools, horizon = prices.shape
        summed = np.zeros((pools, horizon + 1))
        np.cumsum(prices, axis=1, out=summed[:, 1:])
        placed = np.full((5, len(problem.predecessor)), -1, np.int32)

        def part(chunk: tuple[int, int]) -> tuple[float, np.ndarray]:
            use = np.zeros((pools, horizon + 1))
            total = pricing.price_trees(
                chunk[0], chunk[1], trees.tree_start, trees.member, trees.parent_at,
                problem.weight, trees.never, problem.option_start, problem.first_pool,
                problem.first_slots, problem.second_pool, problem.second_slots,
                problem.pool_opens, problem.pool_closes, problem.delay_days, summed, 1, use,
                placed)
            return total, use

        parts = list(self.threads.map(part, trees.chunks))
        changes = np.sum([p[1] for p in parts], axis=0)
        use = np.cumsum(changes[:, :horizon], axis=1)
        spent = float((prices * capacity(problem)).sum())
        total = float(sum(p[0] for p in parts))
        return total - spent - ROUNDING * (abs(total) + spent), use, placed

    def close(self) -> None:
        self.threads.shutdown()


def capacity(problem: Problem) -> np.ndarray:
    """Teams at hand (P, H) in each slot."""
    slots = np.arange(problem.horizon)
    usable = (slots >= problem.pool_opens[:, None]) & (slots < problem.pool_closes[:, None])
    return np.where(usable, problem.pool_teams[:, None], 0).astype(np.float64)


class _Best:
    """The best plan met so far."""

    def __init__(self, problem: Problem):
        self.problem = problem
        self.arrays = decoder.arrays(problem)
        self.flat = np.zeros((len(problem.pools), problem.horizon + 1))
        self.ones = np.ones(len(problem.predecessor))
        self.any = np.full(len(problem.predecessor), -1, np.int32)
        self.score, self.priority = np.inf, self.ones
        self.placed = np.full((5, len(problem.predecessor)), -1, np.int32)
        self.chosen = self.any

    def attempt(self, priority: np.ndarray, chosen: np.ndarray | None = None) -> float:
        chosen = self.any if chosen is None else chosen
        order = decoder.dispatch_order(self.problem, priority)
        placed = decoder.place_all(  # type: ignore[call-arg]
            order, *self.arrays, self.ones, self.flat, chosen)
        score = decoder.weighted_delay(placed[4], self.problem.weight, self.problem.delay_days)
        if score < self.score:
            self.score, self.placed = score, placed
            self.priority, self.chosen = priority.copy(), chosen.copy()
        return score


def make_plan(
    problem: Problem,
    *,
    iterations: int = 200,
    seed: int = 1,
    bound_iterations: int = BOUND_ITERATIONS,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Plan:
    """The best plan found, with the rules beside it and a proven bound.

    Parameters
    ----------
    iterations : steps of the local search after the priced orders.
    bound_iterations : steps of the price ascent; more give a bound at least as good.
    seconds : stop early after that time; the result then depends on the machine.
    """
    clock = time.monotonic
    until = np.inf if seconds is None else clock() + seconds
    best = _Best(problem)
    rules: dict[str, float] = {}
    for name, rule in RULES.items():
        progress("plan: simple rules", len(rules) / len(RULES))
        rules[name] = best.attempt(rule(problem))
    evaluator = _Bound(problem)
    done = 0
    try:
        floor, use, placed = evaluator.value(np.zeros((len(problem.pools), problem.horizon)))
        lower = floor
        teams = capacity(problem)
        prices = _first_prices(problem, best.placed)
        theta, stale = 0.5, 0
        average: np.ndarray | None = None
        direction = np.zeros_like(prices)
        kept, value = prices, floor
        try:
            for step in range(bound_iterations):
                progress("plan: prices and bound", step / max(1, bound_iterations))
                if clock() > until:
                    break
                value, use, placed = evaluator.value(prices)
                if value > lower:
                    lower, kept, stale = value, prices.copy(), 0
                else:
                    stale += 1
                if stale >= 6:  # too long a step: shorter, from the best prices
                    theta, stale = theta * 0.6, 0
                    prices, direction = kept.copy(), np.zeros_like(prices)
                    continue
                excess = np.where(teams > 0, use - teams, 0.0)
                # No pull below a price of zero: that part of the step would be lost.
                excess[(prices <= 0) & (excess < 0)] = 0.0
                direction = excess + 0.5 * direction
                length = float((direction * direction).sum())
                if length <= 0 or best.score <= lower:
                    break
                prices = np.maximum(
                    0.0, prices + theta * (best.score - value) / length * direction)
                late = np.where(placed[1] >= 0, placed[1], 2.0 * problem.horizon)
                average = late if average is None else 0.8 * average + 0.2 * late
                if step >= 8 and step % 3 == 0:
                    best.attempt(average)
                    best.attempt(average, np.where(placed[0] >= 0, placed[0], -1).astype(np.int32))
            _local_search(best, iterations, seed, until, progress)
            done = iterations
        except KeyboardInterrupt:
            pass  # the best so far is a plan, and the bound so far is a bound
    finally:
        evaluator.close()
    progress("plan: done", 1.0)
    return Plan(
        problem=problem, schedule=decoder.to_schedule(problem, best.placed),
        priority=best.priority.astype(np.float64), score=float(best.score),
        bound=float(min(lower, best.score)), rules={k: float(v) for k, v in rules.items()},
        floor=float(min(floor, best.score)), iterations=done, seed=seed)


def _first_prices(problem: Problem, placed: np.ndarray) -> np.ndarray:
    """Prices (P, H) to begin with: what the least worthy stage at work in a slot earns a slot.

    In a pool of equal teams the price of a slot falls from slot to slot by the ratio of benefit to
    team time of what is then at work (W. E. Smith's ratio over all that follows a stage).
    """
    prices = np.zeros((len(problem.pools), problem.horizon))
    weight, slots = problem.weight.copy(), shortest_slots(problem)
    for s in range(len(weight) - 1, -1, -1):
        before = problem.predecessor[s]
        if before >= 0:
            weight[before] += weight[s]
            slots[before] += slots[s]
    rate = weight / slots * (problem.delay_days[-1] / max(1, problem.horizon))
    least = np.full_like(prices, np.nan)
    for stage in np.flatnonzero(placed[0] >= 0).tolist():
        row = least[problem.first_pool[placed[0, stage]],
                    placed[1, stage]:placed[2, stage]]
        np.fmin(row, rate[stage], out=row)
    return np.cumsum(np.nan_to_num(least)[:, ::-1], axis=1)[:, ::-1].copy()


def _local_search(best: _Best, iterations: int, seed: int, until: float,
                  progress: Progress) -> None:
    """Shake the places of some hazards in the order; keep what is better."""
    problem = best.problem
    random = np.random.default_rng(seed)
    hazards = len(problem.hazard_ids)
    for step in range(iterations):
        if time.monotonic() > until:
            return
        if step % 20 == 0:
            progress("plan: local search", step / max(1, iterations))
        reach = problem.horizon * 0.08 * (1 - step / (iterations + 1)) + 0.5
        share = min(1.0, max(2.0 / hazards, 0.15 * (1 - step / (iterations + 1))))
        moved = random.random(hazards) < share
        shift = np.where(moved, random.normal(0, reach, hazards), 0.0)
        ranks = np.empty(len(best.priority))
        ranks[np.argsort(best.priority, kind="stable")] = np.arange(len(best.priority))
        scale = len(best.priority) / max(1.0, float(problem.horizon))
        best.attempt(ranks + shift[problem.hazard] * scale, best.chosen)
