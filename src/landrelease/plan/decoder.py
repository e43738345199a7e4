"""An order of stages in, a dated schedule out: serial schedule generation on half-week slots.

The simple rules, the plan and the search all use this one decoder, so that they differ in the
order (and the prices) alone.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from landrelease.core.work import Problem, Schedule


def dispatch_order(problem: Problem, priority: np.ndarray) -> np.ndarray:
    """The order (S,) in which a dispatcher takes stages: smallest priority first among those whose
    predecessor was taken; ties by stage index.

    Taking the smallest eligible stage again and again is the same as sorting by the largest
    priority on the way from the root, because a stage that is smaller than its predecessor is
    taken right after it.
    """
    reach = np.array(priority, dtype=np.float64)
    before = problem.predecessor
    for kind in range(_depth(before)):
        del kind
        np.maximum(reach, np.where(before >= 0, reach[before], -np.inf), out=reach)
    return np.argsort(reach, kind="stable").astype(np.int32)


def _depth(predecessor: np.ndarray) -> int:
    depth, at = 0, predecessor
    while np.any(at >= 0):
        depth += 1
        at = np.where(at >= 0, predecessor[at], -1)
    return depth


@njit(cache=True, nogil=True)
def place_all(order, predecessor, option_start, first_pool, first_slots, second_pool,
              second_slots, pool_teams, pool_opens, pool_closes, delay, value, price, chosen):
    """Place stages in the given order, each at its cheapest option, earliest start first.

    price (P, H + 1): price[p, t] is the sum of prices of pool p before slot t; all zero makes the
    cheapest option the one that finishes first. value (S,): what a day of delay costs here.
    chosen (S,): an option that is preferred (-1: none); another is taken where it does not fit.
    Ties: earlier finish, then fewer slots, then the smaller option index.

    Returns int32 (5, S): option, start, first_finish, second_start, finish; -1 where undone.
    """
    stages, horizon, pools = len(predecessor), len(delay) - 1, len(pool_teams)
    out = np.full((5, stages), -1, np.int32)
    free = np.zeros((pools, horizon + 1), np.int32)
    # skip[p, t]: a slot not before t from which pool p has a free team; halved on each look-up.
    skip = np.empty((pools, horizon + 1), np.int32)
    for p in range(pools):
        for t in range(horizon + 1):
            skip[p, t] = t
            if pool_opens[p] <= t < pool_closes[p]:
                free[p, t] = pool_teams[p]
            if free[p, t] == 0 and t < horizon:
                skip[p, t] = t + 1
    found = np.empty(2, np.int32)
    for k in range(stages):
        s = order[k]
        release = 0
        if predecessor[s] >= 0:
            release = out[4, predecessor[s]]
            if release < 0:
                continue
        best, best_finish, best_slots, best_option = np.inf, horizon + 1, 0, -1
        best_start, best_second = -1, -1
        lo, hi = option_start[s], option_start[s + 1]
        if chosen[s] >= 0:
            lo, hi = chosen[s], chosen[s] + 1
        for _turn in range(2):
            for o in range(lo, hi):
                p, d = first_pool[o], first_slots[o]
                a = earliest(free, skip, p, release, d, horizon)
                if a < 0:
                    continue
                f, b, slots = a + d, -1, d
                cost = price[p, a + d] - price[p, a]
                q = second_pool[o]
                if q >= 0:
                    e = second_slots[o]
                    b = earliest(free, skip, q, f, e, horizon)
                    if b < 0:
                        continue
                    f = b + e
                    slots += e
                    cost += price[q, b + e] - price[q, b]
                cost += value[s] * delay[f]
                if cost < best or (cost == best and (
                        f < best_finish or (f == best_finish and slots < best_slots))):
                    best, best_finish, best_slots, best_option = cost, f, slots, o
                    best_start, best_second = a, b
            if best_option >= 0 or chosen[s] < 0:
                break
            lo, hi = option_start[s], option_start[s + 1]
        if best_option < 0:
            continue
        o = best_option
        out[0, s] = o
        out[1, s] = best_start
        out[2, s] = best_start + first_slots[o]
        out[3, s] = best_second
        out[4, s] = best_finish
        found[0], found[1] = first_pool[o], second_pool[o]
        for step in range(2):
            p = found[step]
            if p < 0:
                continue
            a = best_start if step == 0 else best_second
            d = first_slots[o] if step == 0 else second_slots[o]
            for t in range(a, a + d):
                free[p, t] -= 1
                if free[p, t] == 0:
                    skip[p, t] = t + 1
    return out


@njit(cache=True, nogil=True)
def earliest(free, skip, p, release, slots, horizon):
    """First start >= release with a free team of pool p for `slots` slots; -1 if there is none."""
    t = release
    while True:
        while skip[p, t] != t:
            skip[p, t] = skip[p, skip[p, t]]
            t = skip[p, t]
        end = t + slots
        if end > horizon:
            return -1
        u = t + 1
        while u < end and free[p, u] > 0:
            u += 1
        if u == end:
            return t
        t = u


@njit(cache=True, nogil=True)
def weighted_delay(finish, weight, delay):
    """The score: sum over stages of weight * delay_days[finish], the horizon where undone."""
    total = 0.0
    for s in range(len(finish)):
        total += weight[s] * (delay[finish[s]] if finish[s] >= 0 else delay[len(delay) - 1])
    return total


def arrays(problem: Problem) -> tuple[np.ndarray, ...]:
    """The arguments of `place_all` that a problem fixes."""
    return (problem.predecessor, problem.option_start, problem.first_pool, problem.first_slots,
            problem.second_pool, problem.second_slots, problem.pool_teams, problem.pool_opens,
            problem.pool_closes, problem.delay_days)


def decode(
    problem: Problem,
    priority: np.ndarray,
    *,
    chosen: np.ndarray | None = None,
) -> Schedule:
    """The schedule that an order of stages leads to.

    Parameters
    ----------
    priority (S,) : smaller is dispatched first, never before its predecessor; ties by index
    chosen (S,) : an option per stage that is preferred, -1 for the one that finishes first

    Each stage in turn takes the earliest start at which its pool has a team free for the whole
    step (gaps before later work are used), of the option that finishes first; ties go to fewer
    slots, then to the smaller option index. What does not fit before the horizon stays undone,
    and so do the stages after it. Teams are numbered afterwards: the smallest number that is
    free. Deterministic. Source: serial schedule generation (R. Kolisch, EJOR 90, 1996).
    """
    stages, pools = len(problem.predecessor), len(problem.pools)
    if chosen is None:
        chosen = np.full(stages, -1, dtype=np.int32)
    placed = place_all(  # type: ignore[call-arg]
        dispatch_order(problem, priority), *arrays(problem), np.ones(stages),
                       np.zeros((pools, problem.horizon + 1)), chosen)
    return to_schedule(problem, placed)


def to_schedule(problem: Problem, placed: np.ndarray) -> Schedule:
    """Number the teams of a placement (5, S): the smallest number that is free at the start."""
    option, start, first_finish, second_start, finish = (np.array(row) for row in placed)
    done = np.flatnonzero(option >= 0)
    two = done[problem.second_pool[option[done]] >= 0]
    stage = np.concatenate([done, two])
    step = np.concatenate([np.zeros(len(done), np.int64), np.ones(len(two), np.int64)])
    pool = np.concatenate([problem.first_pool[option[done]], problem.second_pool[option[two]]])
    begin = np.concatenate([start[done], second_start[two]])
    end = np.concatenate([first_finish[done], finish[two]])
    team = np.full((2, len(option)), -1, dtype=np.int32)
    busy_until = [np.zeros(int(n), dtype=np.int64) for n in problem.pool_teams]
    for k in np.lexsort((step, stage, begin, pool)):
        until = busy_until[pool[k]]
        number = int(np.argmax(until <= begin[k]))
        until[number] = end[k]
        team[step[k], stage[k]] = number
    return Schedule(option, start, first_finish, second_start, finish, team[0], team[1])
