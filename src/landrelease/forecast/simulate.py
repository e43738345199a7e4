"""The programme, played out many times: a discrete-event simulation of the dispatch rule.

What each run finds is drawn before it is played, from a random stream of its own, so that neither
the number of threads nor another number of teams changes what is drawn.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from landrelease.core.progress import Progress
from landrelease.core.work import Problem
from landrelease.forecast.areas import Areas, turn_out
from landrelease.forecast.calendar import Calendar, stays
from landrelease.forecast.uncertain import Draws, Uncertain

WAITING, READY, FIRST_STEP, BETWEEN, SECOND_STEP = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Workforce:
    """Options, pools and time as the kernel reads them. O options, P pools."""

    option_start: np.ndarray  # int64 (S + 1,)
    pool: np.ndarray  # int64 (O, 2) first and second, -1 where there is no second step
    slots: np.ndarray  # float64 (O, 2) planned slots of the two steps
    pool_start: np.ndarray  # int64 (P + 1,) teams before each pool
    opens: np.ndarray  # float64 (P,) slots
    closes: np.ndarray  # float64 (P,) slots, inf where the pool stays
    cost: np.ndarray  # float64 (P,) money a team and slot
    entries: np.ndarray  # int64 (S, P) how often a stage may queue for a pool, at most
    move_slots: float
    horizon: float  # slots


@dataclass(frozen=True, slots=True)
class Ways:
    """Access over roads as the kernel reads it (see `core.work.Access`). Z zones, G gates."""

    zone: np.ndarray  # int64 (S,)
    zones: int
    gate_from: np.ndarray  # int64 (G,)
    gate_to: np.ndarray  # int64 (G,)
    gate_size: np.ndarray  # int64 (G,) stages that it waits for
    stage_gate_start: np.ndarray  # int64 (S + 1,)
    stage_gate: np.ndarray  # int64: the gates that a stage belongs to
    community_zone: np.ndarray  # int64 (C,)
    community: np.ndarray  # int64 (K,) pairs of a community ...
    community_stage: np.ndarray  # int64 (K,) ... and a stage that it waits for
    works: int  # of the second phase
    work: np.ndarray  # int64 (W,) pairs of a work ...
    work_stage: np.ndarray  # int64 (W,) ... and a stage that it waits for


@dataclass(frozen=True, slots=True)
class Simulated:
    """What R runs gave. `finish_slot` is inf where a run did not finish; areas in m²."""

    finish_slot: np.ndarray  # (R,)
    cost: np.ndarray  # (R,) team-days on the books
    work_cost: np.ndarray  # (R,) team-days worked
    found_m2: np.ndarray  # (R,) area nobody knew of, released or not
    released_m2: np.ndarray  # (R, 3, B) cancelled, reduced, cleared within each bin of time
    share_m2: np.ndarray  # (R, 3) the outcome of the known areas, released or not
    community_slot: np.ndarray  # (R, C) reachable and free from here on; inf where not
    work_slot: np.ndarray  # (R, K) its land is free from here on; inf where not


def workforce_of(problem: Problem, calendar: Calendar, move_days: float) -> Workforce:
    """Lay options and pools out for the kernel."""
    pools, stages = len(problem.pools), len(problem.stage_ids)
    option_start = np.asarray(problem.option_start, dtype=np.int64)
    pool = np.column_stack([problem.first_pool, problem.second_pool]).astype(np.int64)
    slots = np.column_stack([problem.first_slots, problem.second_slots]).astype(np.float64)
    stage = np.repeat(np.arange(stages), np.diff(option_start).tolist())
    entries = np.zeros((stages, max(pools, 1)), dtype=np.int64)
    entries[stage, pool[:, 0]] = 2  # once more when the pool for the second step has left
    two = pool[:, 1] >= 0
    waits = np.zeros_like(entries)
    waits[stage[two], pool[two, 1]] = 1
    opens, closes = stays(problem, calendar)
    teams = np.maximum(np.asarray(problem.pool_teams, dtype=np.int64), 0)
    return Workforce(
        option_start=option_start,
        pool=pool,
        slots=slots,
        pool_start=np.concatenate([[0], np.cumsum(teams)]).astype(np.int64),
        opens=opens,
        closes=closes,
        cost=np.array([p.cost_per_day * problem.slot_days for p in problem.pools], dtype=float),
        entries=entries + waits,
        move_slots=move_days / problem.slot_days if problem.slot_days > 0 else 0.0,
        horizon=float(len(calendar.begins)),
    )


def ways_of(problem: Problem, works: Sequence[np.ndarray] = ()) -> Ways:
    """Lay the access over roads out for the kernel; without it all ground is in zone 0.

    works : K arrays, the stages that each work of the second phase waits for
    """
    stages, access = len(problem.stage_ids), problem.access
    waits = (len(works), np.repeat(np.arange(len(works)), [len(w) for w in works]),
             np.array([s for w in works for s in w], dtype=np.int64))
    none = np.zeros(0, dtype=np.int64)
    if access is None:
        return Ways(np.zeros(stages, dtype=np.int64), 1, none, none, none,
                    np.zeros(stages + 1, dtype=np.int64), none, none, none, none, *waits)
    size = np.diff(access.gate_start).astype(np.int64)
    by_stage = np.argsort(access.gate_stage, kind="stable")
    counts = np.bincount(access.gate_stage, minlength=stages)
    return Ways(
        zone=access.zone.astype(np.int64), zones=access.zones,
        gate_from=access.gate_from.astype(np.int64), gate_to=access.gate_to.astype(np.int64),
        gate_size=size, stage_gate_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        stage_gate=np.repeat(np.arange(len(size)), size)[by_stage],
        community_zone=access.community_zone.astype(np.int64),
        community=np.repeat(np.arange(len(access.community_ids)), np.diff(access.community_start)),
        community_stage=access.community_stage.astype(np.int64),
        works=waits[0], work=waits[1], work_stage=waits[2])


def simulate(
    areas: Areas,
    workforce: Workforce,
    ways: Ways,
    uncertain: Uncertain,
    draws: Draws,
    calendar: Calendar,
    *,
    bin_days: float,
    bins: int,
    seed: int,
    workers: int | None,
    progress: Progress,
) -> Simulated:
    """Play all runs on `workers` threads (None: one a processor); the answer does not depend on it.

    The kernel lets go of the interpreter, so threads do run side by side; `progress` may raise
    KeyboardInterrupt between portions of runs.
    """
    runs = len(draws.rate)
    out = Simulated(
        finish_slot=np.full(runs, np.inf),
        cost=np.zeros(runs),
        work_cost=np.zeros(runs),
        found_m2=np.zeros(runs),
        released_m2=np.zeros((runs, 3, bins)),
        share_m2=np.zeros((runs, 3)),
        community_slot=np.full((runs, len(ways.community_zone)), np.inf),
        work_slot=np.zeros((runs, ways.works)),
    )
    threads = max(1, min(workers or os.cpu_count() or 1, runs))
    edges = np.linspace(0, runs, min(runs, max(threads, 32)) + 1).astype(int).tolist()

    def portion(first: int, last: int) -> None:
        for run in range(first, last):
            _one(run, areas, workforce, ways, uncertain, draws, calendar, bin_days, bins, seed, out)

    with ThreadPoolExecutor(threads) as executor:
        waiting = [executor.submit(portion, a, b) for a, b in itertools.pairwise(edges)]
        try:
            for number, future in enumerate(waiting):
                future.result()
                progress("simulating the programme", (number + 1) / len(waiting))
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return out


def _one(
    run: int,
    areas: Areas,
    workforce: Workforce,
    ways: Ways,
    uncertain: Uncertain,
    draws: Draws,
    calendar: Calendar,
    bin_days: float,
    bins: int,
    seed: int,
    out: Simulated,
) -> None:
    generator = np.random.Generator(np.random.PCG64([seed, run]))
    found = turn_out(
        areas, uncertain, draws.shares[run], draws.undiscovered[run], draws.rework[run], generator
    )
    out.found_m2[run] = found.found_m2
    out.share_m2[run] = areas.hazard_m2 @ found.shares
    finish, busy_until, worked, opens = play(
        workforce, ways, found.stage, found.parent, found.work, found.known,
        1.0 / draws.rate[run], 1.0 / draws.available[run])
    out.work_cost[run] = worked @ workforce.cost
    first = np.repeat(np.maximum(workforce.opens, 0.0), np.diff(workforce.pool_start))
    paid = np.where(busy_until >= 0, busy_until - first, 0.0)
    out.cost[run] = paid @ np.repeat(workforce.cost, np.diff(workforce.pool_start))
    if len(finish) == 0:
        out.finish_slot[run] = 0.0
        return
    out.finish_slot[run] = finish.max()
    of_stage = np.empty(len(areas.activity))
    of_stage[found.stage[found.known]] = finish[found.known]
    out.community_slot[run] = opens[ways.community_zone]
    np.maximum.at(out.community_slot[run], ways.community, of_stage[ways.community_stage])
    np.maximum.at(out.work_slot[run], ways.work, of_stage[ways.work_stage])
    released = np.isfinite(finish) & (found.released_m2 > 0)
    day = calendar.days(finish[released])
    point = np.minimum(np.ceil(day / bin_days), bins - 1).astype(np.int64)
    activity = areas.activity[found.stage[released]]
    out.released_m2[run] = np.bincount(
        activity * bins + point, found.released_m2[released], minlength=3 * bins
    ).reshape(3, bins)


def play(
    workforce: Workforce,
    ways: Ways,
    stage: np.ndarray,
    parent: np.ndarray,
    work: np.ndarray,
    known: np.ndarray,
    slowness: np.ndarray,
    lost: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Play one run by the dispatch rule; deterministic.

    Parameters
    ----------
    stage, parent, work, known : (E,) elements by priority, see `areas.Outcome`
    slowness : (P,) time for the work of a pool's team over the planned time
    lost : calendar slots needed over slots worked

    A step takes (move + (planned - move) * work * slowness) * lost slots.

    Returns
    -------
    finish : (E,) slots, inf where it has not ended by the horizon
    busy_until : (teams,) slots, -1 for a team that never got work
    worked : (P,) team-slots at work
    opens : (Z,) slots from which the zones can be reached, inf where they cannot
    """
    teams, pools = int(workforce.pool_start[-1]), len(workforce.opens)
    finish = np.full(len(stage), np.inf)
    busy_until = np.full(teams, -1.0)
    worked = np.zeros(pools)
    zone_opens = np.full(ways.zones, np.inf)
    queue_start = np.concatenate([[0], np.cumsum(workforce.entries[stage].sum(axis=0))])
    _play(
        stage, parent, work, slowness, lost, workforce.option_start, workforce.pool,
        workforce.slots, workforce.pool_start, workforce.opens, workforce.closes,
        queue_start, workforce.move_slots, workforce.horizon, known, ways.zone, ways.gate_from,
        ways.gate_to, ways.gate_size, ways.stage_gate_start, ways.stage_gate, finish, busy_until,
        worked, zone_opens,
    )  # fmt: skip
    return finish, busy_until, worked, zone_opens


# --- heaps, smallest first; the caller counts ---------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def _push(heap, base, size, key):
    i = size
    while i > 0:
        above = (i - 1) >> 1
        if heap[base + above] <= key:
            break
        heap[base + i] = heap[base + above]
        i = above
    heap[base + i] = key


@njit(cache=True, nogil=True, error_model="numpy")
def _pop(heap, base, size):
    """Remove the smallest; `size` keys stay."""
    key = heap[base + size]
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


@njit(cache=True, nogil=True, error_model="numpy")
def _push_event(times, codes, size, time, code):
    i = size
    while i > 0:
        above = (i - 1) >> 1
        if times[above] < time or (times[above] == time and codes[above] <= code):
            break
        times[i], codes[i] = times[above], codes[above]
        i = above
    times[i], codes[i] = time, code


@njit(cache=True, nogil=True, error_model="numpy")
def _pop_event(times, codes, size):
    time, code = times[size], codes[size]
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


@njit(cache=True, nogil=True, error_model="numpy")
def _open_zones(gate_from, gate_to, left, zone_opens, now):
    """Mark the zones to which open gates lead as open from now on; True if there are new ones."""
    new = False
    changed = True
    while changed:
        changed = False
        for g in range(len(gate_from)):
            if left[g] == 0 and zone_opens[gate_from[g]] <= now and zone_opens[gate_to[g]] > now:
                zone_opens[gate_to[g]] = now
                changed = new = True
    return new


@njit(cache=True, nogil=True, error_model="numpy")
def _play(
    stage, parent, work, slowness, lost, option_start, pool, slots, pool_start, opens, closes,
    queue_start, move_slots, horizon, known, zone, gate_from, gate_to, gate_size, stage_gate_start,
    stage_gate, finish, busy_until, worked, zone_opens,
):  # fmt: skip
    """See `play`. Elements are numbered by priority, so that queues are heaps of elements."""
    elements, pools = len(stage), len(opens)
    teams = pool_start[pools]
    state = np.zeros(elements, dtype=np.int8)
    alone = np.zeros(elements, dtype=np.int8)  # 1: nobody can follow up, only single steps count
    chosen = np.zeros(elements, dtype=np.int64)  # option in use
    team_of = np.zeros(elements, dtype=np.int64)
    child = np.full(elements, -1)
    sibling = np.full(elements, -1)
    queue = np.zeros(queue_start[-1] + 1, dtype=np.int64)
    queued = np.zeros(pools, dtype=np.int64)
    idle = np.zeros(teams, dtype=np.int64)  # a stack of free teams for each pool
    free = np.zeros(pools, dtype=np.int64)
    closed = np.zeros(pools, dtype=np.int8)
    times = np.zeros(teams + 2 * pools)
    codes = np.zeros(teams + 2 * pools, dtype=np.int64)  # element; elements + pool; ... + pools
    ready = np.zeros(elements, dtype=np.int64)  # a stack of what becomes ready now
    ended = np.zeros(elements, dtype=np.int64)  # a stack of what has just ended
    left = gate_size.copy()  # stages that a gate still waits for
    outside = np.full(len(zone_opens), -1)  # first of the elements that wait for a zone
    beside = np.full(elements, -1)  # the next that waits for the same zone
    events = 0
    depth = 0
    endings = 0
    to_do = elements
    now = 0.0
    for p in range(pools):
        closed[p] = pool_start[p + 1] == pool_start[p] or closes[p] <= opens[p]
        if closed[p] == 0:
            _push_event(times, codes, events, max(opens[p], 0.0), elements + p)
            events += 1
            if closes[p] < horizon:
                _push_event(times, codes, events, closes[p], elements + pools + p)
                events += 1
    zone_opens[0] = 0.0
    _open_zones(gate_from, gate_to, left, zone_opens, now)
    for e in range(elements - 1, -1, -1):
        z = zone[stage[e]]
        if parent[e] >= 0:
            sibling[e] = child[parent[e]]
            child[parent[e]] = e
        elif zone_opens[z] <= now:
            ready[depth] = e
            depth += 1
        else:
            beside[e] = outside[z]
            outside[z] = e

    while True:
        # Queue what is ready; where nothing is left to do, it has ended as soon as it could begin.
        while depth > 0 or endings > 0:
            if endings > 0:
                endings -= 1
                e = ended[endings]
                c = child[e]
                while c >= 0:
                    ready[depth] = c
                    depth += 1
                    c = sibling[c]
                opened = False
                for i in range(stage_gate_start[stage[e]], stage_gate_start[stage[e] + 1]):
                    if known[e]:
                        left[stage_gate[i]] -= 1
                        opened = opened or left[stage_gate[i]] == 0
                if opened and _open_zones(gate_from, gate_to, left, zone_opens, now):
                    for z in range(len(zone_opens)):
                        while zone_opens[z] <= now and outside[z] >= 0:
                            ready[depth] = outside[z]
                            depth += 1
                            outside[z] = beside[outside[z]]
                continue
            depth -= 1
            e = ready[depth]
            if work[e] > 0.0:
                state[e] = READY
                for o in range(option_start[stage[e]], option_start[stage[e] + 1]):
                    p = pool[o, 0]
                    new = closed[p] == 0 and (alone[e] == 0 or pool[o, 1] < 0)
                    for other in range(option_start[stage[e]], o):
                        if pool[other, 0] == p and (alone[e] == 0 or pool[other, 1] < 0):
                            new = False
                    if new:
                        _push(queue, queue_start[p], queued[p], e)
                        queued[p] += 1
            else:
                finish[e] = now
                to_do -= 1
                ended[endings] = e
                endings += 1
        if to_do == 0:
            break

        # Give work to free teams: the first element by priority that any free team can do.
        while True:
            best = elements
            best_pool = -1
            for p in range(pools):
                if free[p] == 0 or closed[p] == 1:
                    continue
                while queued[p] > 0:
                    e = queue[queue_start[p]]
                    if e >= best:
                        break
                    fits = state[e] == BETWEEN and pool[chosen[e], 1] == p
                    if state[e] == READY:
                        for o in range(option_start[stage[e]], option_start[stage[e] + 1]):
                            q = pool[o, 1]
                            if pool[o, 0] == p and (q < 0 or (alone[e] == 0 and closed[q] == 0)):
                                fits = True
                    if fits:
                        best = e
                        best_pool = p
                        break
                    queued[p] -= 1  # begun by another team meanwhile
                    _pop(queue, queue_start[p], queued[p])
            if best_pool < 0:
                break
            e = best
            queued[best_pool] -= 1
            _pop(queue, queue_start[best_pool], queued[best_pool])
            step = 0
            if state[e] == READY:
                state[e] = FIRST_STEP
                shortest = math.inf
                for o in range(option_start[stage[e]], option_start[stage[e] + 1]):
                    p = pool[o, 0]
                    q = pool[o, 1]
                    if (free[p] > 0 and closed[p] == 0 and slots[o, 0] + slots[o, 1] < shortest
                            and (q < 0 or (alone[e] == 0 and closed[q] == 0))):
                        shortest = slots[o, 0] + slots[o, 1]
                        chosen[e] = o
            else:
                state[e] = SECOND_STEP
                step = 1
            planned = slots[chosen[e], step]
            p = pool[chosen[e], step]
            move = min(move_slots, planned)
            end = now + (move + (planned - move) * work[e] * slowness[p]) * lost
            free[p] -= 1
            team_of[e] = idle[pool_start[p] + free[p]]
            busy_until[team_of[e]] = min(end, horizon)
            worked[p] += min(end, horizon) - now
            _push_event(times, codes, events, end, e)
            events += 1

        # On to the next moment at which anything happens.
        if events == 0 or times[0] > horizon:
            break
        now = times[0]
        while events > 0 and times[0] == now:
            e = codes[0]
            events -= 1
            _pop_event(times, codes, events)
            if e < elements:
                o = chosen[e]
                step = state[e] == SECOND_STEP
                p = pool[o, 1] if step else pool[o, 0]
                idle[pool_start[p] + free[p]] = team_of[e]
                free[p] += 1
                q = pool[o, 1]
                if step or q < 0:
                    finish[e] = now
                    to_do -= 1
                    ended[endings] = e
                    endings += 1
                elif closed[q] == 1:
                    # The machine's pass is not clearance (S07), and nobody can follow it up.
                    alone[e] = 1
                    ready[depth] = e
                    depth += 1
                else:
                    state[e] = BETWEEN
                    _push(queue, queue_start[q], queued[q], e)
                    queued[q] += 1
            elif e < elements + pools:
                p = e - elements
                # Turned round, so that the first team of a pool is the first to get work.
                for team in range(pool_start[p + 1] - 1, pool_start[p] - 1, -1):
                    idle[pool_start[p] + free[p]] = team
                    free[p] += 1
            else:
                p = e - elements - pools
                closed[p] = 1
                for i in range(queued[p]):
                    e = queue[queue_start[p] + i]
                    if state[e] == BETWEEN and pool[chosen[e], 1] == p:
                        state[e] = WAITING
                        alone[e] = 1
                        ready[depth] = e
                        depth += 1
                queued[p] = 0
