"""The dispatch rule: which team takes what, when. One run at a time, deterministic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from landrelease.core.work import Problem
from landrelease.forecast.calendar import Calendar, stays

WAITING, READY, FIRST_STEP, BETWEEN, SECOND_STEP = 0, 1, 2, 3, 4
BLOCK = 64  # elements of a queue that are looked through one by one
# Of functions that only compiled ones call (from Python they crash): less to compile.
INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@dataclass(frozen=True, slots=True)
class Workforce:
    """Options, pools and time as the kernel reads them. O options, P pools."""

    option_start: np.ndarray  # int64 (S + 1,)
    option: np.ndarray  # int32 (O, 4) pool and planned slots of the first step, then of the second
    pool_start: np.ndarray  # int64 (P + 1,) teams before each pool
    opens: np.ndarray  # float64 (P,) slots
    closes: np.ndarray  # float64 (P,) slots, inf where the pool stays
    cost: np.ndarray  # float64 (P,) money a team and slot
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
    works: int  # of the second phase
    work: np.ndarray  # int64 (W,) pairs of a work ...
    work_stage: np.ndarray  # int64 (W,) ... and a stage that it waits for


def workforce_of(problem: Problem, calendar: Calendar, move_days: float) -> Workforce:
    """Lay options and pools out for the kernel."""
    option_start = np.asarray(problem.option_start, dtype=np.int64)
    option = np.column_stack([
        problem.first_pool, problem.first_slots, problem.second_pool, problem.second_slots,
    ]).astype(np.int32)  # fmt: skip
    opens, closes = stays(problem, calendar)
    teams = np.maximum(np.asarray(problem.pool_teams, dtype=np.int64), 0)
    return Workforce(
        option_start=option_start,
        option=option,
        pool_start=np.concatenate([[0], np.cumsum(teams)]).astype(np.int64),
        opens=opens,
        closes=closes,
        cost=np.array([p.cost_per_day * problem.slot_days for p in problem.pools], dtype=float),
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
                    np.zeros(stages + 1, dtype=np.int64), none, none, *waits)
    size = np.diff(access.gate_start).astype(np.int64)
    by_stage = np.argsort(access.gate_stage, kind="stable")
    counts = np.bincount(access.gate_stage, minlength=stages)
    return Ways(
        zone=access.zone.astype(np.int64), zones=access.zones,
        gate_from=access.gate_from.astype(np.int64), gate_to=access.gate_to.astype(np.int64),
        gate_size=size, stage_gate_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        stage_gate=np.repeat(np.arange(len(size)), size)[by_stage],
        community_zone=access.community_zone.astype(np.int64),
        works=waits[0], work=waits[1], work_stage=waits[2])


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
    stays = (np.diff(workforce.pool_start) > 0) & (workforce.closes > workforce.opens)
    here = np.flatnonzero(stays)
    when = np.concatenate([np.maximum(workforce.opens[here], 0.0), workforce.closes[here]])
    what = np.concatenate([here, here + pools])
    order = np.lexsort((what, when))
    count = len(stage)
    # Arrays that the kernel works with are made here: compiling numpy's constructors takes longer
    # than all the rest of it.
    _play(
        stage, parent, work, slowness, lost, workforce.option_start, workforce.option,
        workforce.pool_start, ~stays, when[order], what[order],
        workforce.move_slots, workforce.horizon, known, ways.zone, ways.gate_from,
        ways.gate_to, ways.gate_size.copy(), ways.stage_gate_start, ways.stage_gate,
        np.zeros(count, dtype=np.int8), np.zeros(count, dtype=np.bool_),
        np.zeros(count, dtype=np.int64), np.full(count, -1), np.full(count, -1),
        np.full(ways.zones, -1), np.full(count, -1),
        np.zeros((pools, count), dtype=np.bool_),
        np.zeros((pools, count // BLOCK + 1), dtype=np.bool_), np.zeros(pools, dtype=np.int64),
        np.zeros(pools, dtype=np.int64), np.full(pools, np.inf), np.full(teams, np.inf),
        np.full(teams, -1),
        np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64),
        finish, busy_until, worked, zone_opens,
    )  # fmt: skip
    return finish, busy_until, worked, zone_opens


# --- compiled ------------------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy", **INNER)
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
    stage, parent, work, slowness, lost, option_start, option, pool_start, gone, when, what,
    move_slots, horizon, known, zone, gate_from, gate_to, left, stage_gate_start, stage_gate,
    state, alone, chosen, child, sibling, outside, beside, waits, block, first, free, soonest,
    until, doing, ready, ended, finish, busy_until, worked, zone_opens,
):  # fmt: skip
    """See `play`. E elements, P pools, T teams, Z zones; in and out:

    gone (P,) without a team; at `when` (sorted) pool `what` comes, or pool `what` - P leaves
    left (G,) stages that a gate still waits for
    state (E,); alone (E,) nobody can follow up, only single steps count; chosen (E,) option in use
    child, sibling (E,) first child and next one; outside (Z,), beside (E,) the same for the
        elements that wait for a zone
    waits (P, E) the queues; elements are numbered by priority, the smallest comes first
    block (P, B) False: nothing waits in it; first (P,) nothing waits before this
    free (P,) teams; soonest (P,) end of any step of theirs
    until (T,) end of the step; doing (T,) its element, -1 where free
    ready, ended (E,) stacks of what becomes ready, and what ends, now
    """
    elements, pools = len(stage), len(gone)
    change = 0
    depth = 0
    endings = 0
    to_do = elements
    now = 0.0
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
                to_do -= 1
                finish[e] = now
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
            if work[e] <= 0.0:
                ended[endings] = e
                endings += 1
                continue
            step = 0
            lo, hi = option_start[stage[e]], option_start[stage[e] + 1]
            if state[e] == BETWEEN:
                step, lo, hi = 1, chosen[e], chosen[e] + 1
            else:
                state[e] = READY
            for o in range(lo, hi):
                p, q = option[o, 2 * step], option[o, 2]
                if not gone[p] and (q < 0 or not (alone[e] or gone[q])):
                    waits[p, e] = True
                    block[p, e // BLOCK] = True
                    first[p] = min(first[p], e)
        if to_do == 0:
            break

        # Give work to free teams: the first element by priority that any free team can do.
        while True:
            e = elements
            for p in range(pools):
                if free[p] == 0:
                    continue
                while first[p] < e:
                    i = first[p]
                    if waits[p, i]:
                        e = i
                        break
                    i += 1
                    if i % BLOCK == 0:
                        block[p, i // BLOCK - 1] = False
                        while i < e and not block[p, i // BLOCK]:
                            i += BLOCK
                    first[p] = i
            if e == elements:
                break
            step = 0
            if state[e] == READY:
                state[e] = FIRST_STEP
                shortest = 2**40
                for o in range(option_start[stage[e]], option_start[stage[e] + 1]):
                    p, q = option[o, 0], option[o, 2]
                    waits[p, e] = False
                    if (free[p] > 0 and option[o, 1] + option[o, 3] < shortest and not gone[p]
                            and (q < 0 or not (alone[e] or gone[q]))):
                        shortest = option[o, 1] + option[o, 3]
                        chosen[e] = o
            else:
                state[e] = SECOND_STEP
                step = 1
            planned = float(option[chosen[e], 2 * step + 1])
            p = option[chosen[e], 2 * step]
            waits[p, e] = False
            move = min(move_slots, planned)
            # The first free team of the pool, so that the last ones can leave early.
            team = pool_start[p]
            while doing[team] >= 0:
                team += 1
            until[team] = now + (move + (planned - move) * work[e] * slowness[p]) * lost
            doing[team] = e
            soonest[p] = min(soonest[p], until[team])
            free[p] -= 1
            busy_until[team] = min(until[team], horizon)
            worked[p] += busy_until[team] - now

        # On to the next moment at which anything happens.
        now = math.inf
        for p in range(pools):
            now = min(now, soonest[p])
        if change < len(when):
            now = min(now, when[change])
        if now > horizon or now == math.inf:
            break
        while change < len(when) and when[change] == now:
            p = what[change]
            change += 1
            if p < pools:
                free[p] = pool_start[p + 1] - pool_start[p]
                continue
            p -= pools
            gone[p] = True
            for e in range(elements):
                if state[e] == BETWEEN and option[chosen[e], 2] == p:
                    alone[e] = True
                elif state[e] != READY:
                    continue
                state[e] = WAITING
                for q in range(pools):
                    waits[q, e] = False
                ready[depth] = e
                depth += 1
        for p in range(pools):
            if soonest[p] != now:
                continue
            soonest[p] = math.inf
            for team in range(pool_start[p], pool_start[p + 1]):
                if until[team] != now:
                    soonest[p] = min(soonest[p], until[team])
                    continue
                e = doing[team]
                until[team], doing[team] = math.inf, -1
                free[p] += 1
                q = option[chosen[e], 2]
                if state[e] == SECOND_STEP or q < 0:
                    ended[endings] = e
                    endings += 1
                else:
                    # The machine's pass is not clearance (S07); perhaps nobody can follow it up.
                    state[e] = WAITING if gone[q] else BETWEEN
                    alone[e] = gone[q]
                    ready[depth] = e
                    depth += 1
