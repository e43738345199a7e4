"""The programme, played out many times: a discrete-event simulation of the dispatch rule.

Compiled; each run has random streams of its own, keyed by (seed, run, area) and (seed, run,
stage), so that neither the number of threads nor another number of teams changes what is drawn.
"""

from __future__ import annotations

import itertools
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from landrelease.core.progress import Progress
from landrelease.core.work import Problem
from landrelease.forecast.calendar import Calendar, stays
from landrelease.forecast.uncertain import Draws, Uncertain

WAITING, READY, FIRST_STEP, BETWEEN, SECOND_STEP, DONE = 0, 1, 2, 3, 4, 5

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TINY = 2.0**-53


@dataclass(frozen=True, slots=True)
class Arrays:
    """A `Problem` as the kernel reads it. S stages, H hazards, O options, P pools."""

    order: np.ndarray  # (S,) stages by priority
    rank: np.ndarray  # (S,)
    activity: np.ndarray  # (S,)
    hazard: np.ndarray  # (S,)
    is_root: np.ndarray  # (S,) bool
    children_start: np.ndarray  # (S + 1,)
    children: np.ndarray
    stages_start: np.ndarray  # (H + 1,) stages of each hazard
    stages: np.ndarray  # (S,)
    released_m2: np.ndarray  # (S,)
    planned_shares: np.ndarray  # (H, 3)
    movable: np.ndarray  # (H,) how far the hazard follows the programme's mean shares, 0..1
    hazard_m2: np.ndarray  # (H,)
    option_start: np.ndarray
    first_pool: np.ndarray
    first_slots: np.ndarray  # float64
    second_pool: np.ndarray
    second_slots: np.ndarray  # float64
    pool_teams: np.ndarray
    pool_opens: np.ndarray  # float64 slots
    pool_closes: np.ndarray  # float64 slots, inf where the pool stays
    pool_cost: np.ndarray  # money a team and slot
    pool_entries: np.ndarray  # (P,) stages that may ever queue for the pool, per copy


@dataclass(frozen=True, slots=True)
class Simulated:
    """What R runs gave. `finish_slot` is inf where a run did not finish; areas in m²."""

    finish_slot: np.ndarray  # (R,)
    cost: np.ndarray  # (R,) team-days on the books
    work_cost: np.ndarray  # (R,) team-days worked
    found_m2: np.ndarray  # (R,) undiscovered area that turned up or would still
    released_m2: np.ndarray  # (R, 3, B) cancelled, reduced, cleared within each bin of time
    share_m2: np.ndarray  # (R, 3) the outcome of the known areas, released or not


def arrays_of(
    problem: Problem, priority: np.ndarray, mean_shares: np.ndarray, calendar: Calendar
) -> Arrays:
    """Lay the problem out for the kernel. `mean_shares` (3,) are the programme's stated shares."""
    stages, hazards = len(problem.stage_ids), len(problem.hazard_ids)
    activity = np.asarray(problem.activity, dtype=np.int64)
    hazard = np.asarray(problem.hazard, dtype=np.int64)
    predecessor = np.asarray(problem.predecessor, dtype=np.int64)
    released = np.maximum(np.asarray(problem.released_m2, dtype=np.float64), 0.0)
    order = np.lexsort((np.arange(stages), np.asarray(priority, dtype=np.float64)))
    rank = np.empty(stages, dtype=np.int64)
    rank[order] = np.arange(stages)

    with_parent = np.flatnonzero(predecessor >= 0)
    by_parent = with_parent[np.argsort(predecessor[with_parent], kind="stable")]
    by_hazard = np.argsort(hazard, kind="stable")
    area = np.zeros((hazards, 3))
    np.add.at(area, (hazard, activity), released)
    total = area.sum(axis=1)
    shares = np.divide(area, total[:, None], out=np.zeros_like(area), where=total[:, None] > 0)
    # The hazard's shares are the programme's mean, as far as none goes below 0, and a fixed rest.
    movable = np.ones(hazards)
    for i in range(3):
        if mean_shares[i] > 0:
            movable = np.minimum(movable, shares[:, i] / mean_shares[i])

    first_pool = np.asarray(problem.first_pool, dtype=np.int64)
    second_pool = np.asarray(problem.second_pool, dtype=np.int64)
    pools = len(problem.pools)
    option_start = np.asarray(problem.option_start, dtype=np.int64)
    stage_of = np.repeat(np.arange(stages), np.diff(option_start))
    entries = np.zeros(pools, dtype=np.int64)
    if pools and len(stage_of):
        first = np.unique(stage_of * pools + first_pool)
        entries += 2 * np.bincount(first % pools, minlength=pools)  # again after a pool has closed
        two = second_pool >= 0
        second = np.unique(stage_of[two] * pools + second_pool[two])
        entries += np.bincount(second % pools, minlength=pools)
    opens, closes = stays(problem, calendar)
    return Arrays(
        order=order,
        rank=rank,
        activity=activity,
        hazard=hazard,
        is_root=predecessor < 0,
        children_start=np.searchsorted(predecessor[by_parent], np.arange(stages + 1)),
        children=by_parent,
        stages_start=np.searchsorted(hazard[by_hazard], np.arange(hazards + 1)),
        stages=by_hazard,
        released_m2=released,
        planned_shares=shares,
        movable=np.clip(movable, 0.0, 1.0),
        hazard_m2=total,
        option_start=option_start,
        first_pool=first_pool,
        first_slots=np.asarray(problem.first_slots, dtype=np.float64),
        second_pool=second_pool,
        second_slots=np.asarray(problem.second_slots, dtype=np.float64),
        pool_teams=np.maximum(np.asarray(problem.pool_teams, dtype=np.int64), 0),
        pool_opens=opens,
        pool_closes=closes,
        pool_cost=np.array(
            [pool.cost_per_day * problem.slot_days for pool in problem.pools], dtype=np.float64
        ),
        pool_entries=entries,
    )


def simulate(
    arrays: Arrays,
    uncertain: Uncertain,
    draws: Draws,
    calendar: Calendar,
    *,
    move_slots: float,
    bin_days: float,
    bins: int,
    seed: int,
    workers: int | None,
    progress: Progress,
) -> Simulated:
    """Run all runs on `workers` threads (None: one a processor); the answer does not depend on it.

    The event kernel lets go of the interpreter, so threads do run side by side; the caller's
    `progress` may raise KeyboardInterrupt between portions of runs.
    """
    runs, pools = draws.rate.shape
    stages, hazards = len(arrays.order), len(arrays.hazard_m2)
    most_found = float(draws.undiscovered.max(initial=0.0))
    copies = 1 + math.ceil(most_found)
    heap_start = np.concatenate([[0], np.cumsum(arrays.pool_entries * copies)]).astype(np.int64)
    team_start = np.concatenate([[0], np.cumsum(arrays.pool_teams)]).astype(np.int64)
    out = Simulated(
        finish_slot=np.full(runs, np.inf),
        cost=np.zeros(runs),
        work_cost=np.zeros(runs),
        found_m2=np.zeros(runs),
        released_m2=np.zeros((runs, 3, bins)),
        share_m2=np.zeros((runs, 3)),
    )
    threads = max(1, min(workers or os.cpu_count() or 1, runs))
    edges = np.linspace(0, runs, min(runs, max(threads, 16)) + 1).astype(int)

    def portion(first: int, last: int) -> None:
        _run(
            first, last, np.uint64(seed), copies, stages, hazards, pools,
            arrays.order, arrays.rank, arrays.activity, arrays.hazard, arrays.is_root,
            arrays.children_start, arrays.children, arrays.stages_start, arrays.stages,
            arrays.released_m2, arrays.planned_shares, arrays.movable, arrays.hazard_m2,
            arrays.option_start, arrays.first_pool, arrays.first_slots, arrays.second_pool,
            arrays.second_slots, arrays.pool_opens, arrays.pool_closes, arrays.pool_cost,
            heap_start, team_start, draws.rate, draws.available, draws.shares,
            draws.undiscovered, draws.rework, uncertain.task_spread, uncertain.concentration,
            uncertain.whole_area_share, move_slots, calendar.begins, calendar.ends, bin_days,
            np.array([uncertain.cancelled.value, uncertain.reduced.value,
                      uncertain.cleared.value]),
            out.finish_slot, out.cost, out.work_cost, out.found_m2, out.released_m2, out.share_m2,
        )  # fmt: skip

    with ThreadPoolExecutor(threads) as executor:
        waiting = [
            executor.submit(portion, int(a), int(b))
            for a, b in itertools.pairwise(edges)
        ]
        try:
            for number, future in enumerate(waiting):
                future.result()
                progress("simulating the programme", (number + 1) / len(waiting))
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return out


# --- random streams --------------------------------------------------------------------------
# SplitMix64: G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators,
# OOPSLA 2014. A state is hashed from what it is for, then counted up.


@njit(cache=True, nogil=True)
def _mix(x):
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    return x ^ (x >> _S31)


@njit(cache=True, nogil=True)
def _uniform(state):
    """The next uniform in (0, 1): advances the one-element state."""
    state[0] = state[0] + _GOLDEN
    return (np.float64(_mix(state[0]) >> _S11) + 0.5) * _TINY


@njit(cache=True, nogil=True)
def _normal(state):
    """Standard normal, by Box and Muller."""
    radius = math.sqrt(-2.0 * math.log(_uniform(state)))
    return radius * math.cos(2.0 * math.pi * _uniform(state))


@njit(cache=True, nogil=True)
def _gamma(shape, state):
    """Gamma(shape, 1): G. Marsaglia & W. W. Tsang, ACM Trans. Math. Softw. 26 (2000)."""
    boost = 1.0
    if shape < 1.0:
        boost = _uniform(state) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = _normal(state)
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(_uniform(state)) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v * boost


@njit(cache=True, nogil=True)
def _part(mean, whole, concentration, state):
    """The part of an area that goes: all of it with chance whole * mean, else Beta; E is `mean`."""
    if mean <= 0.0:
        return 0.0
    if mean >= 1.0:
        return 1.0
    if _uniform(state) < whole * mean:
        return 1.0
    rest = mean * (1.0 - whole) / (1.0 - whole * mean)
    if rest <= 0.0 or concentration == math.inf:
        return rest
    a = _gamma(rest * concentration, state)
    b = _gamma((1.0 - rest) * concentration, state)
    if a + b <= 0.0:  # both smaller than any number that can be held
        return 1.0 if _uniform(state) < rest else 0.0
    return a / (a + b)


# --- heaps of whole numbers in one array, smallest first ---------------------------------------


@njit(cache=True, nogil=True)
def _push(heap, base, size, key):
    i = size
    while i > 0:
        above = (i - 1) >> 1
        if heap[base + above] <= key:
            break
        heap[base + i] = heap[base + above]
        i = above
    heap[base + i] = key


@njit(cache=True, nogil=True)
def _pop(heap, base, size):
    """Remove the smallest of `size` > 0 keys; the caller counts."""
    key = heap[base + size - 1]
    size -= 1
    i = 0
    while True:
        below = 2 * i + 1
        if below >= size:
            break
        if below + 1 < size and heap[base + below + 1] < heap[base + below]:
            below += 1
        if heap[base + below] >= key:
            break
        heap[base + i] = heap[base + below]
        i = below
    heap[base + i] = key


@njit(cache=True, nogil=True)
def _push_event(times, codes, size, time, code):
    i = size
    while i > 0:
        above = (i - 1) >> 1
        if times[above] < time or (times[above] == time and codes[above] <= code):
            break
        times[i], codes[i] = times[above], codes[above]
        i = above
    times[i], codes[i] = time, code


@njit(cache=True, nogil=True)
def _pop_event(times, codes, size):
    time, code = times[size - 1], codes[size - 1]
    size -= 1
    i = 0
    while True:
        below = 2 * i + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (
            times[right] < times[below]
            or (times[right] == times[below] and codes[right] < codes[below])
        ):
            below = right
        if times[below] > time or (times[below] == time and codes[below] >= code):
            break
        times[i], codes[i] = times[below], codes[below]
        i = below
    times[i], codes[i] = time, code


@njit(cache=True, nogil=True)
def _run(
    first_run, last_run, seed, copies, stages, hazards, pools,
    order, rank, activity, hazard, is_root,
    children_start, children, stages_start, stages_of,
    released_m2, planned, movable, hazard_m2,
    option_start, first_pool, first_slots, second_pool,
    second_slots, pool_opens, pool_closes, pool_cost,
    heap_start, team_start, rate, available, shares,
    undiscovered, rework, task_spread, concentration,
    whole, move_slots, begins, ends, bin_days,
    mean_shares,
    finish_slot, cost, work_cost, found_m2, released_out, share_out,
):  # fmt: skip
    """Play runs first_run .. last_run - 1. Element e = copy * S + stage; copy 0 is what is known.

    Copies 1.. are areas that nobody knew of: each is like a known area, lies beside it, and is
    found when one stage of that area, drawn by chance, has ended.
    """
    horizon = float(len(begins))
    state = np.empty(copies * stages, dtype=np.int8)
    chosen = np.empty(copies * stages, dtype=np.int64)  # option in use; -2: single steps only
    team_of = np.empty(copies * stages, dtype=np.int64)
    work_ratio = np.empty((copies * hazards, 3))
    area_ratio = np.empty((copies * hazards, 3))
    extras = np.empty(hazards, dtype=np.int64)
    trigger = np.empty(copies * hazards, dtype=np.int64)
    queue = np.empty(max(heap_start[pools], 1), dtype=np.int64)
    queued = np.empty(max(pools, 1), dtype=np.int64)
    teams = team_start[pools]
    idle = np.empty(max(teams, 1), dtype=np.int64)  # a stack of free teams for each pool
    idle_count = np.empty(max(pools, 1), dtype=np.int64)
    closed = np.empty(max(pools, 1), dtype=np.bool_)
    busy_until = np.empty(max(teams, 1))
    times = np.empty(teams + 2 * pools + 1)
    codes = np.empty(teams + 2 * pools + 1, dtype=np.int64)
    stack = np.empty(copies * stages + 1, dtype=np.int64)
    stream = np.empty(1, dtype=np.uint64)
    bins = released_out.shape[2]

    for run in range(first_run, last_run):
        run_key = _mix(_mix(seed + _GOLDEN) ^ np.uint64(run + 1))
        area_key = _mix(run_key ^ _MIX_1)
        stage_key = _mix(run_key ^ _MIX_2)

        # What each area turns out to be, and which areas turn up beside it.
        to_do = 0
        for h in range(hazards):
            stream[0] = _mix(area_key ^ np.uint64(h + 1))
            extra = int(undiscovered[run] + _uniform(stream))
            extras[h] = min(extra, copies - 1)
            own = stages_start[h + 1] - stages_start[h]
            to_do += own * (1 + extras[h])
            for k in range(copies):
                if k > extras[h]:
                    break
                stream[0] = _mix(area_key ^ np.uint64((k + 1) * hazards + h + 1))
                e = k * hazards + h
                if own > 0:
                    trigger[e] = stages_of[stages_start[h] + min(int(_uniform(stream) * own),
                                                                 own - 1)]
                mean_c = planned[h, 0] + movable[h] * (shares[run, 0] - mean_shares[0])
                mean_r = planned[h, 1] + movable[h] * (shares[run, 1] - mean_shares[1])
                mean_l = planned[h, 2] + movable[h] * (shares[run, 2] - mean_shares[2])
                c, r, l = 0.0, 0.0, 0.0  # noqa: E741
                if hazard_m2[h] > 0.0:
                    if planned[h, 0] > 0.0:
                        c = _part(mean_c, whole, concentration, stream)
                    left = max(mean_r, 0.0) + max(mean_l, 0.0)
                    if left > 0.0:
                        r = _part(max(mean_r, 0.0) / left, whole, concentration, stream)
                    l = (1.0 - c) * (1.0 - r)  # noqa: E741
                    r = (1.0 - c) * r
                area_ratio[e, 0] = c / planned[h, 0] if planned[h, 0] > 0.0 else 0.0
                area_ratio[e, 1] = r / planned[h, 1] if planned[h, 1] > 0.0 else 0.0
                area_ratio[e, 2] = l / planned[h, 2] if planned[h, 2] > 0.0 else 0.0
                # NTS always looks at the whole area; TS at what is not cancelled.
                work_ratio[e, 0] = 1.0
                after = planned[h, 1] + planned[h, 2]
                work_ratio[e, 1] = (1.0 - c) / after if after > 0.0 else 1.0
                work_ratio[e, 2] = area_ratio[e, 2] if planned[h, 2] > 0.0 else 1.0
                if k == 0:
                    share_out[run, 0] += c * hazard_m2[h]
                    share_out[run, 1] += r * hazard_m2[h]
                    share_out[run, 2] += l * hazard_m2[h]
                else:
                    found_m2[run] += hazard_m2[h]

        state[:] = WAITING
        chosen[:] = -1
        queued[:] = 0
        idle_count[:] = 0
        busy_until[:] = -1.0
        events = 0
        for p in range(pools):
            count = team_start[p + 1] - team_start[p]
            closed[p] = count == 0 or pool_closes[p] <= pool_opens[p]
            if not closed[p]:
                _push_event(times, codes, events, max(pool_opens[p], 0.0), -1 - p)
                events += 1
                if pool_closes[p] < horizon:
                    _push_event(times, codes, events, pool_closes[p], -1 - pools - p)
                    events += 1

        now = 0.0
        last = 0.0
        depth = 0  # of the stack: elements that become ready now (e) or have ended now (-1 - e)
        for s in range(stages):
            if is_root[s]:
                stack[depth] = s
                depth += 1

        while True:
            # Book all that follows from what has ended.
            while depth > 0:
                depth -= 1
                item = stack[depth]
                e = item if item >= 0 else -1 - item
                k, s = e // stages, e % stages
                h = hazard[s]
                if item >= 0 and work_ratio[k * hazards + h, activity[s]] > 0.0:
                    state[e] = READY
                    for o in range(option_start[s], option_start[s + 1]):
                        p = first_pool[o]
                        new = not closed[p] and not (chosen[e] == -2 and second_pool[o] >= 0)
                        for other in range(option_start[s], o):
                            if first_pool[other] == p and not (
                                    chosen[e] == -2 and second_pool[other] >= 0):
                                new = False
                        if new:
                            _push(queue, heap_start[p], queued[p], rank[s] * copies + k)
                            queued[p] += 1
                    continue
                # Where nothing is left to do, a stage has ended as soon as it could begin.
                state[e] = DONE
                to_do -= 1
                last = now
                a = activity[s]
                m2 = released_m2[s] * area_ratio[k * hazards + h, a]
                if m2 > 0.0:
                    day = 0.0
                    if now > 0.0:
                        slot = min(math.ceil(now) - 1, len(begins) - 1)
                        day = begins[slot] + (now - slot) * (ends[slot] - begins[slot])
                    released_out[run, a, min(math.ceil(day / bin_days), bins - 1)] += m2
                for i in range(children_start[s], children_start[s + 1]):
                    stack[depth] = k * stages + children[i]
                    depth += 1
                if k == 0:
                    for copy in range(1, extras[h] + 1):
                        if trigger[copy * hazards + h] == s:
                            for i in range(stages_start[h], stages_start[h + 1]):
                                if is_root[stages_of[i]]:
                                    stack[depth] = copy * stages + stages_of[i]
                                    depth += 1
            if to_do == 0:
                break

            # Give work to free teams: the first stage by priority that any free team can do.
            while True:
                best_pool = -1
                best_key = 0
                for p in range(pools):
                    if idle_count[p] == 0 or closed[p]:
                        continue
                    while queued[p] > 0:
                        key = queue[heap_start[p]]
                        s = order[key // copies]
                        e = (key % copies) * stages + s
                        fits = False
                        if state[e] == READY:
                            for o in range(option_start[s], option_start[s + 1]):
                                q = second_pool[o]
                                if first_pool[o] == p and (
                                        q < 0 or (chosen[e] != -2 and not closed[q])):
                                    fits = True
                        elif state[e] == BETWEEN:
                            fits = second_pool[chosen[e]] == p
                        if fits:
                            if best_pool < 0 or key < best_key:
                                best_pool, best_key = p, key
                            break
                        _pop(queue, heap_start[p], queued[p])  # begun by another team meanwhile
                        queued[p] -= 1
                if best_pool < 0:
                    break
                k = best_key % copies
                s = order[best_key // copies]
                e = k * stages + s
                _pop(queue, heap_start[best_pool], queued[best_pool])
                queued[best_pool] -= 1
                if state[e] == READY:
                    best_option = -1
                    for o in range(option_start[s], option_start[s + 1]):
                        p, q = first_pool[o], second_pool[o]
                        if idle_count[p] == 0 or closed[p]:
                            continue
                        if q >= 0 and (chosen[e] == -2 or closed[q]):
                            continue
                        if best_option < 0 or (first_slots[o] + second_slots[o]
                                               < first_slots[best_option]
                                               + second_slots[best_option]):
                            best_option = o
                    chosen[e] = best_option
                    state[e] = FIRST_STEP
                    p, planned_slots = first_pool[best_option], first_slots[best_option]
                else:
                    state[e] = SECOND_STEP
                    p, planned_slots = best_pool, second_slots[chosen[e]]
                move = min(move_slots, planned_slots)
                work = (planned_slots - move) * work_ratio[k * hazards + hazard[s], activity[s]]
                stream[0] = _mix(stage_key ^ np.uint64(e + 1))
                if task_spread > 0.0:  # mean 1: the spread alone makes nothing longer
                    work *= math.exp(task_spread * _normal(stream)
                                     - 0.5 * task_spread * task_spread)
                else:
                    _normal(stream)
                if activity[s] == 2 and _uniform(stream) < rework[run]:
                    work *= 2.0
                duration = (move + work / rate[run, p]) / available[run]
                idle_count[p] -= 1
                team = idle[team_start[p] + idle_count[p]]
                team_of[e] = team
                end = now + duration
                busy_until[team] = min(end, horizon)
                work_cost[run] += (busy_until[team] - now) * pool_cost[p]
                _push_event(times, codes, events, end, e)
                events += 1

            # On to the next moment at which anything happens.
            if events == 0 or times[0] > horizon:
                break
            now = times[0]
            while events > 0 and times[0] == now:
                code = codes[0]
                _pop_event(times, codes, events)
                events -= 1
                if code >= 0:
                    o = chosen[code]
                    second = state[code] == SECOND_STEP
                    p = second_pool[o] if second else first_pool[o]
                    idle[team_start[p] + idle_count[p]] = team_of[code]
                    idle_count[p] += 1
                    if second or second_pool[o] < 0:
                        stack[depth] = -1 - code
                        depth += 1
                    elif closed[second_pool[o]]:
                        # The machine's pass is not clearance (S07) and nobody can follow it up.
                        chosen[code] = -2
                        stack[depth] = code
                        depth += 1
                    else:
                        state[code] = BETWEEN
                        q = second_pool[o]
                        _push(queue, heap_start[q], queued[q],
                              rank[code % stages] * copies + code // stages)
                        queued[q] += 1
                elif code >= -pools:
                    p = -1 - code
                    # Turned round, so that the first team of a pool is the first to get work.
                    for team in range(team_start[p + 1] - 1, team_start[p] - 1, -1):
                        idle[team_start[p] + idle_count[p]] = team
                        idle_count[p] += 1
                else:
                    p = -1 - pools - code
                    closed[p] = True
                    for i in range(queued[p]):
                        key = queue[heap_start[p] + i]
                        e = (key % copies) * stages + order[key // copies]
                        if state[e] == BETWEEN and second_pool[chosen[e]] == p:
                            chosen[e] = -2
                            state[e] = WAITING
                            stack[depth] = e
                            depth += 1
                    queued[p] = 0

        if to_do == 0:
            finish_slot[run] = last
        for p in range(pools):
            for team in range(team_start[p], team_start[p + 1]):
                if busy_until[team] >= 0.0:
                    cost[run] += (busy_until[team] - max(pool_opens[p], 0.0)) * pool_cost[p]
