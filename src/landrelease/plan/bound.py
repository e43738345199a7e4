"""A proven lower bound on the score of any plan, by prices on team time.

Lagrangian relaxation of "no more teams at work than the pool has": with a price >= 0 on each pool
and slot, every hazard is planned alone and exactly, by dynamic programming over its out-tree.

    L(price) = sum over trees of min(weighted delay + price of the slots used)
               - sum over pools and slots of price * teams

is at most the score of every real plan, for ANY prices, so the value is valid whenever the search
for better prices is stopped. Source: M. L. Fisher, Management Science 27 (1981); for scheduling,
R. Möhring, A. Schulz, F. Stork, M. Uetz, Management Science 49 (2003).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from landrelease.core.progress import Progress, silent
from landrelease.core.work import Problem
from landrelease.plan.access import relaxed
from landrelease.plan.decoder import INNER

CHUNKS = 16  # fixed, so that sums are made in the same order on any number of threads


@njit(cache=True, nogil=True)
def price_trees(tree_lo, tree_hi, tree_start, member, parent_at, weight, release, never,
                option_start, first_pool, first_slots, second_pool, second_slots, opens, closes,
                delay, price, use, placed):
    """Plan the trees tree_lo .. tree_hi - 1 alone, exactly, at the given prices.

    member (S,) lists stages tree by tree, a stage after its predecessor; parent_at (S,) is the
    place in `member` of its predecessor, or -1. release (S,): no start before. never (S,) is the
    cost of leaving the stage and all after it undone. price (P, H + 1) are prices summed over the
    slots before t.

    Writes `use` (P, H + 1), differences of the teams at work, and the stages' columns of `placed`
    (5, S) as in the decoder; returns the sum of the trees' costs.
    """
    horizon = len(delay) - 1
    widest = 0
    for k in range(tree_lo, tree_hi):
        widest = max(widest, tree_start[k + 1] - tree_start[k])
    gain = np.empty((widest, horizon + 2))  # cost of the subtree when it may start from t on
    after = np.empty((widest, horizon + 1))  # cost of finishing at f: own delay + children
    tail = np.empty(horizon + 1)
    wait = np.empty(horizon + 1)
    total = 0.0
    for k in range(tree_lo, tree_hi):
        base, size = tree_start[k], tree_start[k + 1] - tree_start[k]
        for i in range(size):
            for t in range(horizon + 1):
                after[i, t] = weight[member[base + i]] * delay[t]
        for i in range(size - 1, -1, -1):
            s = member[base + i]
            row, end = gain[i], after[i]
            fill(row, never[s], horizon + 2)
            for o in range(option_start[s], option_start[s + 1]):
                p, d, q = first_pool[o], first_slots[o], second_pool[o]
                lo = max(opens[p], release[s])
                n = closes[p] - d - lo + 1
                if n <= 0:
                    continue
                finish = end
                if q >= 0:
                    e = second_slots[o]
                    lo2, n2 = opens[q], closes[q] - e - opens[q] + 1
                    if n2 <= 0:
                        continue
                    fill(wait, np.inf, horizon + 1)
                    step_cost(tail, price[q, lo2:], price[q, lo2 + e:], end[lo2 + e:], n2)
                    best = np.inf
                    t = n2 - 1
                    while t >= 0:
                        if tail[t] < best:
                            best = tail[t]
                        wait[lo2 + t] = best
                        t -= 1
                    fill(wait, best, lo2)
                    finish = wait
                step_cost(tail, price[p, lo:], price[p, lo + d:], finish[lo + d:], n)
                lower(row[lo:], tail, n)
            best = row[horizon + 1]
            t = horizon
            while t >= 0:
                if row[t] < best:
                    best = row[t]
                row[t] = best
                t -= 1
            if parent_at[base + i] >= 0:
                above = after[parent_at[base + i] - base]
                for t in range(horizon + 1):
                    above[t] += row[t]
            else:
                total += row[0]
        for i in range(size):  # follow the choices from the root
            s = member[base + i]
            t = 0
            if parent_at[base + i] >= 0:
                t = placed[4, member[parent_at[base + i]]]
            for column in range(5):
                placed[column, s] = -1
            row, end = gain[i], after[i]
            if t < 0 or row[t] >= never[s]:
                continue
            while row[t + 1] == row[t]:
                t += 1
            for o in range(option_start[s], option_start[s + 1]):
                p, d, q = first_pool[o], first_slots[o], second_pool[o]
                if t < opens[p] or t + d > closes[p]:
                    continue
                here = price[p, t + d] - price[p, t]
                b, f = -1, t + d
                if q < 0:
                    if here + end[f] != row[t]:
                        continue
                else:
                    e = second_slots[o]
                    for u in range(max(f, opens[q]), closes[q] - e + 1):
                        if here + (price[q, u + e] - price[q, u] + end[u + e]) == row[t]:
                            b = u
                            break
                    if b < 0:
                        continue
                    f = b + e
                    use[q, b] += 1
                    use[q, f] -= 1
                use[p, t] += 1
                use[p, t + d] -= 1
                placed[0, s] = o
                placed[1, s] = t
                placed[2, s] = t + d
                placed[3, s] = b
                placed[4, s] = f
                break
    return total


@njit(cache=True, nogil=True, **INNER)
def fill(row, value, n):
    """row[t] = value for the first n."""
    for t in range(n):
        row[t] = value


@njit(cache=True, nogil=True, **INNER)
def step_cost(out, before, later, finish, n):
    """out[t] = later[t] - before[t] + finish[t]: the price of a step and what follows it.

    Views and not offsets are passed: an index that may be negative keeps the loop from vectors.
    """
    for t in range(n):
        out[t] = later[t] - before[t] + finish[t]


@njit(cache=True, nogil=True, **INNER)
def lower(row, other, n):
    """row[t] = min(row[t], other[t])."""
    for t in range(n):
        row[t] = other[t] if other[t] < row[t] else row[t]


@dataclass(frozen=True, slots=True)
class Trees:
    """The out-trees of a problem as arrays for `price_trees`, divided in fixed chunks."""

    start: np.ndarray  # int32 (T + 1,) places in `member`
    weight: np.ndarray  # float64 (S,) with communities counted at stages
    release: np.ndarray  # int32 (S,) slots before which a stage cannot start
    lost: float  # points of communities that nothing can reach
    member: np.ndarray  # int32 (S,)
    parent_at: np.ndarray  # int32 (S,)
    below: np.ndarray  # float64 (S,) weight of the stage and of all after it
    never: np.ndarray  # float64 (S,)
    capacity: np.ndarray  # float64 (P, H) teams that are there
    chunks: np.ndarray  # int64 (CHUNKS + 1,) first tree of each chunk


def trees(problem: Problem, finish: np.ndarray | None = None) -> Trees:
    """Sort the stages of a problem by tree, a stage after its predecessor.

    finish (S,) : of a schedule; which part of the access over roads is kept (`access.relaxed`).
    """
    loose = relaxed(problem, finish)
    before = loose.predecessor
    count = len(before)
    root, depth = np.arange(count), np.zeros(count, dtype=np.int32)
    at = before.copy()
    while np.any(at >= 0):
        root = np.where(at >= 0, at, root)
        depth += at >= 0
        at = np.where(at >= 0, before[at], -1)
    member = np.lexsort((np.arange(count), depth, root)).astype(np.int32)
    place = np.empty(count, dtype=np.int32)
    place[member] = np.arange(count)
    parent = before[member]
    parent_at = np.where(parent >= 0, place[parent], -1).astype(np.int32)
    start = np.append(np.flatnonzero(parent < 0), count).astype(np.int32)
    below = loose.weight.copy()
    for level in reversed(levels(before)):
        inner = level[before[level] >= 0]
        np.add.at(below, before[inner], below[inner])
    capacity = np.zeros((len(problem.pools), problem.horizon))
    for p, teams in enumerate(problem.pool_teams):
        capacity[p, problem.pool_opens[p]:problem.pool_closes[p]] = teams
    chunks = np.searchsorted(start, np.linspace(0, count, CHUNKS + 1)).astype(np.int64)
    chunks[-1] = len(start) - 1
    return Trees(start, loose.weight, loose.release, loose.lost, member, parent_at, below,
                 below * problem.delay_days[-1], capacity, chunks)


def levels(predecessor: np.ndarray) -> list[np.ndarray]:
    """Stages by their distance from the root: roots first."""
    depth = np.zeros(len(predecessor), dtype=np.int32)
    at = predecessor
    while np.any(at >= 0):
        depth += at >= 0
        at = np.where(at >= 0, predecessor[at], -1)
    return [np.flatnonzero(depth == d) for d in range(int(depth.max(initial=0)) + 1)]


@dataclass(frozen=True, slots=True)
class Priced:
    """One evaluation of the bound: `value` is L(price); `use` (P, H) teams wanted at these prices;
    `placed` (5, S) as in the decoder, each tree planned alone."""

    value: float
    use: np.ndarray
    placed: np.ndarray


def evaluate(problem: Problem, forest: Trees, price: np.ndarray, workers: int = 2) -> Priced:
    """The bound L(price) at any prices >= 0 (P, H), with a rounding allowance taken off.

    price : points per team and slot. Prices of slots in which a pool is closed count as 0.

    Every figure is a sum of at most about 12 rounded terms a stage, none larger than the tree's
    cost of doing nothing plus twice the largest price sum; 16 units of rounding of each are taken
    off, so that the value stays below the exact one.
    """
    price = np.where(forest.capacity > 0, np.maximum(price, 0.0), 0.0)
    sums = np.zeros((len(price), problem.horizon + 1))
    np.cumsum(price, axis=1, out=sums[:, 1:])
    use = np.zeros((CHUNKS, *sums.shape), dtype=np.int32)
    placed = np.full((5, len(problem.predecessor)), -1, dtype=np.int32)

    def chunk(c: int) -> float:
        if forest.chunks[c] == forest.chunks[c + 1]:
            return 0.0
        return price_trees(
            forest.chunks[c], forest.chunks[c + 1], forest.start, forest.member,
            forest.parent_at, forest.weight, forest.release, forest.never, problem.option_start,
            problem.first_pool, problem.first_slots, problem.second_pool, problem.second_slots,
            problem.pool_opens, problem.pool_closes, problem.delay_days, sums, use[c], placed)

    if workers > 1:
        with ThreadPoolExecutor(workers) as team:
            costs = list(team.map(chunk, range(CHUNKS)))
    else:
        costs = [chunk(c) for c in range(CHUNKS)]
    paid = float((price * forest.capacity).sum())
    doubt = 16 * np.finfo(np.float64).eps * (
        float(forest.never.sum()) + 2 * len(problem.predecessor) * float(sums.max(initial=0.0))
        + price.size * paid)
    return Priced(sum(costs) + forest.lost - paid - doubt,
                  np.cumsum(use.sum(axis=0), axis=1)[:, :-1], placed)


@dataclass(frozen=True, slots=True)
class Ascent:
    """Where the search for prices ended.

    value : the best bound; price (P, H) where it was reached [points per team and slot]
    floor : the value at zero prices: delay that even unlimited teams cannot avoid
    start, finish (S,) : mean start and finish [slots] over the last evaluations, weighted to the
        newest, the horizon where undone: about the solution of the relaxed problem
    trace : best bound after each evaluation
    stopped : `progress` raised KeyboardInterrupt, or somebody pressed Ctrl-C
    """

    value: float
    price: np.ndarray
    floor: float
    start: np.ndarray
    finish: np.ndarray
    trace: tuple[float, ...]
    stopped: bool


def prices_of(problem: Problem, forest: Trees, placed: np.ndarray) -> np.ndarray:
    """Prices (P, H) that a schedule suggests: one slot more of a team at t brings all later work
    of the pool forward, so its worth is the benefit per slot of what runs after t, a day."""
    ratio = np.zeros((len(problem.pools), problem.horizon + 1))
    done = np.flatnonzero(placed[0] >= 0)
    option = placed[0, done]
    each = forest.weight[done] / (problem.first_slots[option] + problem.second_slots[option])
    np.add.at(ratio, (problem.first_pool[option], placed[1, done]), each)
    np.add.at(ratio, (problem.first_pool[option], placed[2, done]), -each)
    two = problem.second_pool[option] >= 0
    np.add.at(ratio, (problem.second_pool[option[two]], placed[3, done[two]]), each[two])
    np.add.at(ratio, (problem.second_pool[option[two]], placed[4, done[two]]), -each[two])
    running = np.maximum(np.cumsum(ratio, axis=1)[:, :-1], 0) / np.maximum(forest.capacity, 1)
    gain = running * np.diff(problem.delay_days)
    return np.where(forest.capacity > 0, np.cumsum(gain[:, ::-1], axis=1)[:, ::-1], 0.0)


def ascend(
    problem: Problem,
    forest: Trees,
    first_price: np.ndarray,
    known_score: float,
    *,
    iterations: int,
    progress: Progress = silent,
    workers: int = 2,
) -> Ascent:
    """Look for prices with a high bound, for a number of evaluations (fewer when none gets better).

    first_price (P, H) : where to start, e.g. `prices_of` the best simple rule
    known_score : the score of a real schedule; the steps aim at it

    Prices are constant over blocks of 8, then 4, 2 and 1 slots, a quarter of the evaluations each:
    the coarse prices find the level fast, the fine ones add what winters and short work need.
    Each step moves along a running mean of (teams wanted - teams there), scaled by price / teams
    so that pools and years of very different worth move alike, with B. T. Polyak's step length
    (USSR Comp. Math. 9, 1969); the mean is that of F. Barahona and R. Anbil's volume algorithm
    (Mathematical Programming 87, 2000). Deterministic on any number of threads.

    `progress` may raise KeyboardInterrupt: the best so far is returned.
    """
    horizon = problem.horizon
    nothing = evaluate(problem, forest, np.zeros_like(first_price), workers)
    best, best_full = nothing.value, np.zeros_like(first_price)
    start, finish = _times(nothing.placed, horizon)
    trace = [best]
    full = first_price * _FIRST_PRICE
    factor, count, risen, stopped = 0.2, 0, 0, False
    try:
        for phase, size in enumerate(_BLOCKS):
            block = np.minimum(np.arange(horizon) // size, max(0, -(-horizon // size) - 1))
            starts = np.flatnonzero(np.diff(block, prepend=-1))
            slots = np.diff(starts, append=horizon)
            capacity = np.add.reduceat(forest.capacity, starts, axis=1) / slots
            price = np.add.reduceat(full, starts, axis=1) / slots
            lowest = np.maximum(price.max(axis=1, keepdims=True) * 1e-5,
                                price.max(initial=0.0) * 1e-7)
            mean: np.ndarray | None = None
            stuck, top = 0, price
            factor = max(factor, 0.05)
            quota = iterations * (phase + 1) // len(_BLOCKS) - iterations * phase // len(_BLOCKS)
            for _ in range(quota):
                if count - risen >= _PATIENCE:
                    break
                progress("proving a bound", count / iterations)
                found = evaluate(problem, forest, price[:, block], workers)
                count += 1
                if found.value > best:
                    best, best_full, top, stuck = found.value, price[:, block], price, 0
                    risen = count
                else:
                    stuck += 1
                    if stuck >= 5:
                        factor, stuck = factor * 0.8, 0
                trace.append(best)
                share = max(_MEMORY, 1 / (count + 1))
                begin, end = _times(found.placed, horizon)
                start += share * (begin - start)
                finish += share * (end - finish)
                excess = np.add.reduceat(found.use, starts, axis=1) / slots - capacity
                mean = excess if mean is None else 0.7 * mean + 0.3 * excess
                move = np.where((price <= lowest) & (mean < 0) | (capacity <= 0), 0.0, mean)
                scale = np.maximum(price, lowest) / np.maximum(capacity, 1e-9)
                length = float((scale * move * move * slots).sum())
                if length <= 0 or known_score <= found.value:
                    continue  # the relaxed plan keeps to the teams: nothing to correct
                step = factor * (known_score - found.value) / length
                price = price + np.clip(step * scale * move, -0.6 * price,
                                        0.9 * np.maximum(price, lowest))
                price = np.where(price <= lowest, 0.0, price)
            full = top[:, block]
    except KeyboardInterrupt:
        stopped = True
    return Ascent(best, best_full, nothing.value, start, finish, tuple(trace), stopped)


_BLOCKS = (8, 4, 2, 1)  # slots over which prices are constant, phase by phase
_FIRST_PRICE = 0.85  # prices of a schedule are a little high: measured on the region and country
_PATIENCE = 60  # evaluations without a better bound, after which the ascent ends
_MEMORY = 0.03  # weight of the newest evaluation in the mean start and finish


def _times(placed: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    done = placed[0] >= 0
    return np.where(done, placed[1], float(horizon)), np.where(done, placed[4], float(horizon))
