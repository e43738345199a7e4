"""An order of stages in, a dated schedule out: serial schedule generation on half-week slots.

The simple rules, the plan and the search all use this one decoder, so that they differ in the
order (and the prices) alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landrelease.core.work import Problem, Schedule

NEVER = 2**30  # a slot after every horizon
# Of functions that only compiled ones call (from Python they crash): a third less compiling.
INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


class Arrays(NamedTuple):
    """What a problem fixes, as the compiled loops read it (see `Problem` and `Access`)."""

    predecessor: np.ndarray
    option_start: np.ndarray
    first_pool: np.ndarray
    first_slots: np.ndarray
    second_pool: np.ndarray
    second_slots: np.ndarray
    teams: np.ndarray
    opens: np.ndarray
    closes: np.ndarray
    delay: np.ndarray
    weight: np.ndarray
    hazard: np.ndarray
    zone: np.ndarray
    zones: int
    gate_from: np.ndarray
    gate_to: np.ndarray
    gate_start: np.ndarray
    gate_stage: np.ndarray
    stage_gate_start: np.ndarray  # the gates that a stage belongs to
    stage_gate: np.ndarray
    zone_gate_start: np.ndarray  # the gates that lead out of a zone
    zone_gate: np.ndarray
    community_weight: np.ndarray
    community_zone: np.ndarray
    community_start: np.ndarray
    community_stage: np.ndarray


def arrays(problem: Problem) -> Arrays:
    """The arrays of a problem; without access all stages lie in zone 0."""
    stages = len(problem.predecessor)
    access = problem.access
    none, start = np.zeros(0, np.int32), np.zeros(1, np.int32)
    own = (problem.predecessor, problem.option_start, problem.first_pool, problem.first_slots,
           problem.second_pool, problem.second_slots, problem.pool_teams, problem.pool_opens,
           problem.pool_closes, problem.delay_days, problem.weight, problem.hazard)
    if access is None:
        return Arrays(*own, np.zeros(stages, np.int32), 1, none, none, start, none,
                      np.zeros(stages + 1, np.int32), none, np.zeros(2, np.int32), none,
                      np.zeros(0), none, start, none)
    gate = np.repeat(np.arange(len(access.gate_ids), dtype=np.int32), np.diff(access.gate_start))
    by_stage = np.argsort(access.gate_stage, kind="stable")
    counts = np.bincount(access.gate_stage, minlength=stages)
    outward = np.bincount(access.gate_from, minlength=access.zones)
    return Arrays(
        *own, access.zone, access.zones, access.gate_from, access.gate_to, access.gate_start,
        access.gate_stage,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), gate[by_stage],
        np.concatenate([[0], np.cumsum(outward)]).astype(np.int32),
        np.argsort(access.gate_from, kind="stable").astype(np.int32),
        access.community_weight, access.community_zone, access.community_start,
        access.community_stage)


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
def place_all(order, world, value, price, chosen):
    """Place stages in the given order, each at its cheapest option, earliest start first.

    world : `Arrays`. price (P, H + 1): price[p, t] is the sum of prices of pool p before slot t;
    all zero makes the cheapest option the one that finishes first. value (S,): what a day of delay
    costs here. chosen (S,): an option that is preferred (-1: none); another is taken where it does
    not fit. Ties: earlier finish, then fewer slots, then the smaller option index.

    A stage whose zone is not open yet waits; when a gate opens, the stages that waited are taken
    first, in their order.

    Returns int32 (5, S): option, start, first_finish, second_start, finish; -1 where undone; and
    the score.
    """
    stages, horizon, pools = len(world.predecessor), len(world.delay) - 1, len(world.teams)
    out = np.empty((5, stages), np.int32)
    tried = np.empty(stages, np.bool_)
    for s in range(stages):
        tried[s] = False
        for row in range(5):
            out[row, s] = -1
    free = np.empty((pools, horizon + 1), np.int32)
    # skip[p, t]: a slot not before t from which pool p has a free team; halved on each look-up.
    skip = np.empty((pools, horizon + 1), np.int32)
    for p in range(pools):
        for t in range(horizon + 1):
            skip[p, t], free[p, t] = t, 0
            if world.opens[p] <= t < world.closes[p]:
                free[p, t] = world.teams[p]
            if free[p, t] == 0 and t < horizon:
                skip[p, t] = t + 1
    gates = len(world.gate_from)
    gate_left, gate_opens = np.empty(gates, np.int32), np.empty(gates, np.int32)
    for g in range(gates):
        gate_left[g], gate_opens[g] = world.gate_start[g + 1] - world.gate_start[g], 0
    zone_opens, stack = np.empty(world.zones, np.int32), np.empty(world.zones, np.int32)
    for z in range(world.zones):
        zone_opens[z] = NEVER
    spread(0, 0, world, gate_left, gate_opens, zone_opens, stack)
    found = np.empty(2, np.int32)
    k, waiting = 0, stages  # waiting: first place in the order of a stage whose zone is closed
    while k < stages:
        s = order[k]
        k += 1
        if tried[s]:
            continue
        release = zone_opens[world.zone[s]]
        if release >= horizon:
            waiting = min(waiting, k - 1)
            continue
        before = world.predecessor[s]
        if before >= 0:
            if not tried[before]:
                waiting = min(waiting, k - 1)
                continue
            release = max(release, out[4, before])
        tried[s] = True
        if before >= 0 and out[4, before] < 0:
            continue
        best, best_finish, best_slots, best_option = np.inf, horizon + 1, 0, -1
        best_start, best_second = -1, -1
        lo, hi = world.option_start[s], world.option_start[s + 1]
        if chosen[s] >= 0:
            lo, hi = chosen[s], chosen[s] + 1
        for _turn in range(2):
            for o in range(lo, hi):
                p, d = world.first_pool[o], world.first_slots[o]
                a = earliest(free, skip, p, release, d, horizon)
                if a < 0:
                    continue
                f, b, slots = a + d, -1, d
                cost = price[p, a + d] - price[p, a]
                q = world.second_pool[o]
                if q >= 0:
                    e = world.second_slots[o]
                    b = earliest(free, skip, q, f, e, horizon)
                    if b < 0:
                        continue
                    f = b + e
                    slots += e
                    cost += price[q, b + e] - price[q, b]
                cost += value[s] * world.delay[f]
                if cost < best or (cost == best and (
                        f < best_finish or (f == best_finish and slots < best_slots))):
                    best, best_finish, best_slots, best_option = cost, f, slots, o
                    best_start, best_second = a, b
            if best_option >= 0 or chosen[s] < 0:
                break
            lo, hi = world.option_start[s], world.option_start[s + 1]
        if best_option < 0:
            continue
        o = best_option
        out[0, s] = o
        out[1, s] = best_start
        out[2, s] = best_start + world.first_slots[o]
        out[3, s] = best_second
        out[4, s] = best_finish
        found[0], found[1] = world.first_pool[o], world.second_pool[o]
        for step in range(2):
            p = found[step]
            if p < 0:
                continue
            a = best_start if step == 0 else best_second
            d = world.first_slots[o] if step == 0 else world.second_slots[o]
            for t in range(a, a + d):
                free[p, t] -= 1
                if free[p, t] == 0:
                    skip[p, t] = t + 1
        opened = False
        for i in range(world.stage_gate_start[s], world.stage_gate_start[s + 1]):
            g = world.stage_gate[i]
            gate_left[g] -= 1
            gate_opens[g] = max(gate_opens[g], best_finish)
            if gate_left[g] == 0:
                at = max(zone_opens[world.gate_from[g]], gate_opens[g])
                opened |= spread(world.gate_to[g], at, world, gate_left, gate_opens, zone_opens,
                                 stack)
        if opened:
            k, waiting = min(k, waiting), stages
    return out, weighted_delay(out[4], world)


@njit(cache=True, nogil=True, **INNER)
def spread(zone, at, world, gate_left, gate_opens, zone_opens, stack):
    """Open a zone at slot `at`, and earlier than before what open gates lead to from it.

    zone_opens holds bottleneck paths: the latest gate of the best chain from zone 0 (M. Pollack,
    Operations Research 8, 1960). stack : room for (Z,) zones. Returns whether a zone is now open
    that was not.
    """
    if at >= zone_opens[zone]:
        return False
    new = zone_opens[zone] == NEVER
    zone_opens[zone] = at
    stack[0], height = zone, 1
    while height > 0:
        height -= 1
        here = stack[height]
        for i in range(world.zone_gate_start[here], world.zone_gate_start[here + 1]):
            g = world.zone_gate[i]
            there = world.gate_to[g]
            later = max(zone_opens[here], gate_opens[g])
            if gate_left[g] == 0 and later < zone_opens[there]:
                new |= zone_opens[there] == NEVER
                zone_opens[there] = later
                waits = False  # it stands in the stack already
                for j in range(height):
                    waits |= stack[j] == there
                if not waits:
                    stack[height] = there
                    height += 1
    return new


@njit(cache=True, nogil=True, **INNER)
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
def opening(finish, world):
    """Slots (Z,) at which zones are open and (C,) at which communities have what they wait for,
    `NEVER` where they do not; finish (S,) is -1 where undone."""
    gates, communities = len(world.gate_from), len(world.community_weight)
    zone_opens, stack = np.empty(world.zones, np.int32), np.empty(world.zones, np.int32)
    for z in range(world.zones):
        zone_opens[z] = NEVER
    left, opens = np.empty(gates, np.int32), np.empty(gates, np.int32)
    for g in range(gates):
        left[g], opens[g] = 0, 0
        for i in range(world.gate_start[g], world.gate_start[g + 1]):
            at = finish[world.gate_stage[i]]
            opens[g] = NEVER if at < 0 else max(opens[g], at)
    spread(0, 0, world, left, opens, zone_opens, stack)
    at_last = np.empty(communities, np.int32)
    for c in range(communities):
        at_last[c] = zone_opens[world.community_zone[c]]
        for i in range(world.community_start[c], world.community_start[c + 1]):
            at = finish[world.community_stage[i]]
            at_last[c] = NEVER if at < 0 else max(at_last[c], at)
    return zone_opens, at_last


@njit(cache=True, nogil=True, **INNER)
def weighted_delay(finish, world):
    """The score: weight * delay_days[finish] over stages and communities, the horizon where
    undone."""
    horizon = len(world.delay) - 1
    total = 0.0
    for s in range(len(finish)):
        total += world.weight[s] * world.delay[finish[s] if finish[s] >= 0 else horizon]
    if len(world.community_weight) > 0:
        at_last = opening(finish, world)[1]
        for c in range(len(at_last)):
            total += world.community_weight[c] * world.delay[min(at_last[c], horizon)]
    return total


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
    placed, _ = place_all(dispatch_order(problem, priority), arrays(problem), np.ones(stages),
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
