"""The dispatch rule: which team takes what, when. One run at a time, deterministic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from landrelease.core.work import Problem
from landrelease.forecast.calendar import Calendar, stays
from landrelease.forecast.chance import INNER, QUICK, exponential, fork, normal
from landrelease.forecast.effects import Effects, no_effects

ZERO, ONE, ALL_BITS = np.uint64(0), np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)
WAITING, READY, FIRST_STEP, BETWEEN, SECOND_STEP = 0, 1, 2, 3, 4


class Workforce(NamedTuple):
    """Options, pools and time as the kernel reads them. O options, P pools."""

    option_start: np.ndarray  # int64 (S + 1,)
    option: np.ndarray  # int32 (O, 4) pool and planned slots of the first step, then of the second
    pool_start: np.ndarray  # int64 (P + 1,) teams before each pool
    opens: np.ndarray  # float64 (P,) slots
    closes: np.ndarray  # float64 (P,) slots, inf where the pool stays
    cost: np.ndarray  # float64 (P,) money a team and slot
    move_slots: float
    horizon: float  # slots


class Ways(NamedTuple):
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


# Few arrays with columns instead of many arrays: what a compiled function is handed costs time.
# TO_LEARN: exp(-slots at work so far / slots of learning); then slots at work until ...
TO_LEARN, FAILS_AT, LEAVES_AT, BREAKDOWNS, DEPARTURES = 0, 1, 2, 3, 4
FAIL_RATE, REPAIR, LEAVE_RATE, GAP, LEARNING, LEARNING_SLOTS = 0, 1, 2, 3, 4, 5
SHAPE, SCALE, LOG_MEAN, LOG_SD, AT_START = 0, 1, 2, 3, 4
# Of a closure: begin and end in slots, and the slots' worth of work that season allows until then.
LAST_DAY, BEGINS, ENDS, WORK_BEGINS, WORK_ENDS, NUMBER = 0, 1, 2, 3, 4, 5
SPELLS = 256  # closures of a sector that a run keeps; later ones are drawn whenever they are asked
LEARNED = math.exp(-12.0)  # of TO_LEARN: a team that has so little to learn is experienced


class Buffers(NamedTuple):
    """What one run is played in; made once for many runs of up to C elements. See `_play`."""

    state: np.ndarray  # int8 (C,)
    alone: np.ndarray  # bool (C,) nobody can follow up, only single steps count
    chosen: np.ndarray  # int64 (C,) option in use
    child: np.ndarray  # int64 (C,) first child ...
    sibling: np.ndarray  # int64 (C,) ... and the next one
    beside: np.ndarray  # int64 (C,) the next one of the elements that wait for a zone
    outside: np.ndarray  # int64 (Z,) the first of these
    waits: np.ndarray  # uint64 (P, C / 64) the queues: a bit an element, numbered by priority
    some: np.ndarray  # uint64 (P, C / 4096) a bit a word of `waits`: something waits in it
    free: np.ndarray  # int64 (P,) teams
    gone: np.ndarray  # bool (P,) without a team
    idle: np.ndarray  # uint64 (T / 64,) a bit a team: free
    doing: np.ndarray  # int64 (T,) element of a team that is not free
    due: np.ndarray  # (T,) heap of the ends of steps ...
    whose: np.ndarray  # int64 (T,) ... and the teams
    ready: np.ndarray  # int64 (C,) stack of what becomes ready now
    ended: np.ndarray  # int64 (C,) stack of what ends now
    left: np.ndarray  # int64 (G,) stages that a gate still waits for
    finish: np.ndarray  # (C,) inf: not by the horizon; -1: never had to be done
    busy_until: np.ndarray  # (T,) -1 for a team that never got work
    worked: np.ndarray  # (P,) team-slots from begin to end of steps
    zone_opens: np.ndarray  # (Z,)
    crew: np.ndarray  # (T, 5) columns TO_LEARN .. DEPARTURES
    habits: np.ndarray  # (P, 6) of the pools' teams, columns FAIL_RATE .. LEARNING_SLOTS
    closing: np.ndarray  # (K, 5) of the sectors, columns SHAPE .. AT_START
    spell: np.ndarray  # (K, 6) the closure that is next or in force, columns LAST_DAY .. NUMBER
    spells: np.ndarray  # (K, SPELLS, 5) those drawn so far; the last row: what is not kept
    drawn: np.ndarray  # int64 (K,) how many are kept
    slot_of_work: np.ndarray  # int64: the last slot by whose begin at most so much work is done
    fixed_at: np.ndarray  # int64 (K,) first fixed closure that is not over
    closed_until: np.ndarray  # (K,) slots; 0: open now
    arrives: np.ndarray  # (F,) when tranches arrive in this run
    timer: np.ndarray  # (C,) heap of moments at which an element becomes ready ...
    timed: np.ndarray  # int64 (C,) ... and the elements
    stopped: np.ndarray  # (1,) slots at which money first kept work from being begun; inf: never


def buffers(workforce: Workforce, ways: Ways, effects: Effects, capacity: int) -> Buffers:
    """Room for runs of up to `capacity` elements."""
    pools, teams = len(workforce.opens), int(workforce.pool_start[-1])
    sectors = len(effects.open_scale)

    def whole(*shape: int) -> np.ndarray:
        return np.zeros(shape, dtype=np.int64)

    return Buffers(
        state=np.zeros(capacity, dtype=np.int8), alone=np.zeros(capacity, dtype=np.bool_),
        chosen=whole(capacity), child=whole(capacity), sibling=whole(capacity),
        beside=whole(capacity), outside=whole(ways.zones),
        waits=np.zeros((pools, capacity // 64 + 1), dtype=np.uint64),
        some=np.zeros((pools, capacity // 4096 + 1), dtype=np.uint64),
        free=whole(pools), gone=np.zeros(pools, dtype=np.bool_),
        idle=np.zeros(teams // 64 + 1, dtype=np.uint64), doing=whole(teams), due=np.zeros(teams),
        whose=whole(teams), ready=whole(capacity), ended=whole(capacity),
        left=whole(len(ways.gate_size)), finish=np.zeros(capacity), busy_until=np.zeros(teams),
        worked=np.zeros(pools), zone_opens=np.zeros(ways.zones), crew=np.zeros((teams, 5)),
        habits=np.column_stack([effects.fail_rate, effects.repair, effects.leave_rate, effects.gap,
                                effects.learning, effects.learning_slots]),
        closing=np.column_stack([
            effects.open_shape, effects.open_scale, effects.closed_log_mean, effects.closed_log_sd,
            effects.closed_at_start]).reshape(sectors, 5),
        spell=np.zeros((sectors, 6)), spells=np.zeros((sectors, SPELLS, 5)), drawn=whole(sectors),
        slot_of_work=np.searchsorted(
            effects.worked_by, np.arange(int(effects.worked_by[-1]) + 1), side="right") - 1,
        fixed_at=whole(sectors), closed_until=np.zeros(sectors),
        arrives=np.zeros(len(effects.arrives)), timer=np.zeros(capacity), timed=whole(capacity),
        stopped=np.zeros(1))


class Comings(NamedTuple):
    """When pools come and leave, in order."""

    gone: np.ndarray  # bool (P,) never there
    when: np.ndarray  # (M,) slots
    what: np.ndarray  # int64 (M,) pool that comes, or P + pool that leaves


def comings_of(workforce: Workforce) -> Comings:
    pools = len(workforce.opens)
    there = (np.diff(workforce.pool_start) > 0) & (workforce.closes > workforce.opens)
    here = np.flatnonzero(there)
    when = np.concatenate([np.maximum(workforce.opens[here], 0.0), workforce.closes[here]])
    what = np.concatenate([here, here + pools])
    order = np.lexsort((what, when))
    return Comings(~there, when[order], what[order])


def play(
    workforce: Workforce,
    ways: Ways,
    stage: np.ndarray,
    parent: np.ndarray,
    work: np.ndarray,
    known: np.ndarray,
    slowness: np.ndarray,
    lost: float,
    effects: Effects | None = None,
    key: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Play one run by the dispatch rule.

    Parameters
    ----------
    stage, parent, work, known : (E,) elements by priority, see `areas.Outcome`
    slowness : (P,) or (T,) time for the work of a pool's, or of each, team over the planned time
    lost : calendar slots needed over slots worked
    effects : what happens on the way; None: nothing, and the run is deterministic
    key : of the random numbers of the effects

    A step takes (move + (planned - move) * work * slowness) * lost slots, and what the effects add.

    Returns
    -------
    finish : (E,) slots, inf where it has not ended by the horizon, -1 where it never came up
    busy_until : (teams,) slots, -1 for a team that never got work
    worked : (P,) team-slots on tasks
    opens : (Z,) slots from which the zones can be reached, inf where they cannot
    """
    count, sizes = len(stage), np.diff(workforce.pool_start)
    if effects is None:
        stages, pools = len(workforce.option_start) - 1, len(workforce.opens)
        effects = no_effects(stages, pools, int(sizes.sum()), Calendar.empty())
    room = buffers(workforce, ways, effects, count)
    slow = np.repeat(slowness, sizes) if len(slowness) == len(sizes) else np.asarray(slowness)
    _play(np.uint64(key), count, stage, parent, work, known, slow.astype(float), float(lost),
          workforce, ways, effects, comings_of(workforce), room)
    return room.finish, room.busy_until, room.worked, room.zone_opens


# --- compiled ------------------------------------------------------------------------------------


@njit(**INNER)
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


@njit(**INNER)
def _slot_at(slot_of_day, day):
    """Slots that have passed on a day; linear within days, at the end beyond the last."""
    last = len(slot_of_day) - 1
    if last < 0 or not day < last:
        return slot_of_day[last] if last >= 0 else 0.0
    k = int(day)
    return slot_of_day[k] + (day - k) * (slot_of_day[k + 1] - slot_of_day[k])


@njit(**INNER)
def _spell(key, closing, z, k, after):
    """First and last day of closure k of sector z; the one before it ended on day `after`."""
    own = fork(key, z)
    if k == 0 and closing[z, AT_START] > 0.0:
        return 0.0, closing[z, AT_START]
    if closing[z, SCALE] == math.inf:
        return math.inf, math.inf
    begins = after + closing[z, SCALE] * exponential(own, 2 * k) ** (1.0 / closing[z, SHAPE])
    return begins, begins + math.exp(
        closing[z, LOG_MEAN] + closing[z, LOG_SD] * normal(own, 2 * k + 1))


@njit(**INNER)
def _kept_spell(closures, closing, spells, drawn, z, k, after, slot_of_day, worked_by, seasonal):
    """The row of `spells[z]` that holds closure k; the one before it ended on day `after`."""
    row = min(k, spells.shape[1] - 1)
    if k < drawn[z]:
        return row
    first, last = _spell(closures, closing, z, k, after)
    begin = end = math.inf
    if first < math.inf:
        begin, end = _slot_at(slot_of_day, first), _slot_at(slot_of_day, last)
        if begin >= len(worked_by) - 1:
            begin = end = math.inf
    spells[z, row, LAST_DAY], spells[z, row, BEGINS], spells[z, row, ENDS] = last, begin, end
    spells[z, row, WORK_BEGINS] = spells[z, row, WORK_ENDS] = math.inf
    if begin < math.inf:
        spells[z, row, WORK_BEGINS] = _work_by(worked_by, begin, seasonal)
        spells[z, row, WORK_ENDS] = _work_by(worked_by, end, seasonal)
    if row == k and k < spells.shape[1] - 1:
        drawn[z] = k + 1
    return row


@njit(**INNER)
def _work_by(worked_by, at, seasonal):
    """Slots' worth of work that the season lets a team do until a moment."""
    if not seasonal:
        return at
    last = len(worked_by) - 1
    if at >= last:
        return worked_by[last]
    k = int(at)
    return worked_by[k] + (at - k) * (worked_by[k + 1] - worked_by[k])


@njit(**INNER)
def _slot_by(worked_by, slot_of_work, target, now):
    """The moment, from `now` on, by which the season allows `target` work; inf past the end."""
    last = len(worked_by) - 1
    if now >= last or target > worked_by[last]:
        return math.inf
    k = max(int(now), slot_of_work[int(target)])
    while k + 1 < last and worked_by[k + 1] < target:
        k += 1
    width = worked_by[k + 1] - worked_by[k]
    return k + ((target - worked_by[k]) / width if width > 0.0 else 0.0)


@njit(**INNER)
def _passes(closures, z, now, need, seasonal, worked_by, slot_of_work, closing, spell, spells,
            drawn, fixed_at, fixed_last, fixed_from, fixed_to, slot_of_day):
    """The moment at which `need` slots of presence are over, closures and season in between."""
    k, last_day = int(spell[z, NUMBER]), spell[z, LAST_DAY]
    begin, end = spell[z, BEGINS], spell[z, ENDS]
    work_begins, work_ends = spell[z, WORK_BEGINS], spell[z, WORK_ENDS]
    fixed, horizon = fixed_at[z], len(worked_by) - 1.0
    at = _work_by(worked_by, now, seasonal)
    while True:
        while end <= now and begin < math.inf:
            k += 1
            row = _kept_spell(closures, closing, spells, drawn, z, k, last_day, slot_of_day,
                              worked_by, seasonal)
            last_day, begin, end = (spells[z, row, LAST_DAY], spells[z, row, BEGINS],
                                    spells[z, row, ENDS])
            work_begins, work_ends = spells[z, row, WORK_BEGINS], spells[z, row, WORK_ENDS]
        while fixed < fixed_last and fixed_to[fixed] <= now:
            fixed += 1
        if begin <= now:
            now, at = end, work_ends
            continue
        shut, work = begin, work_begins
        if fixed < fixed_last and fixed_from[fixed] < shut:
            if fixed_from[fixed] <= now:
                now = fixed_to[fixed]
                at = _work_by(worked_by, now, seasonal)
                continue
            shut = fixed_from[fixed]
            work = _work_by(worked_by, shut, seasonal)
        if at + need <= work:
            return _slot_by(worked_by, slot_of_work, at + need, now) if seasonal else at + need
        need -= work - at
        now, at = shut, work
        if now >= horizon:
            return math.inf


@njit(**INNER)
def _close_and_open(closures, now, closing, spell, spells, drawn, fixed_at, fixed_first, fixed_from,
                    fixed_to, slot_of_day, worked_by, seasonal, closed_until):
    """Bring the closures up to now; `closed_until` says which sectors are closed, and how long.

    Returns the next moment at which one begins or ends.
    """
    change = math.inf
    for z in range(len(spell)):
        while spell[z, ENDS] <= now and spell[z, BEGINS] < math.inf:
            spell[z, NUMBER] += 1.0
            row = _kept_spell(closures, closing, spells, drawn, z, int(spell[z, NUMBER]),
                              spell[z, LAST_DAY], slot_of_day, worked_by, seasonal)
            for i in range(NUMBER):
                spell[z, i] = spells[z, row, i]
        while fixed_at[z] < fixed_first[z + 1] and fixed_to[fixed_at[z]] <= now:
            fixed_at[z] += 1
        until = 0.0
        if spell[z, BEGINS] <= now:
            until = spell[z, ENDS]
            change = min(change, until)
        else:
            change = min(change, spell[z, BEGINS])
        f = fixed_at[z]
        if f < fixed_first[z + 1]:
            if fixed_from[f] <= now:
                until = max(until, fixed_to[f])
                change = min(change, fixed_to[f])
            else:
                change = min(change, fixed_from[f])
        closed_until[z] = until
    return change


@njit(**INNER)
def _learned(need, start, slots):
    """Slots at work x that take `need` slots of experienced work, and exp(-x / slots).

    x - start * (1 - exp(-x / slots)) = need is solved by Newton's steps; `start` < `slots`, so the
    left side rises and is convex, and after the first step they come down from the right.
    """
    found = need
    for _ in range(2):  # close to it, with a fraction in the place of exp
        t = found / slots
        found = need + start * (1.0 - 1.0 / (1.0 + t * (1.0 + t * (0.5 + t * (1.0 / 6.0)))))
    rest = math.exp(-found / slots)
    for _ in range(30):
        step = (found - start * (1.0 - rest) - need) / (1.0 - start / slots * rest)
        found -= step
        y = step / slots
        if abs(y) < 0.02:  # the series up to y^5 is exact to 1e-13
            rest *= 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120)))))
        else:
            rest = math.exp(-found / slots)
        if abs(step) < 1e-7 * (1.0 + found):
            break
    return found, rest


@njit(**INNER)
def _step_ends(closures, lasts, crew, habits, p, team, z, now, need, seasonal, worked_by,
               slot_of_work, closing, spell, spells, drawn, fixed_at, fixed_first, fixed_from,
               fixed_to, slot_of_day):
    """When a step of `need` slots of experienced work ends, begun now; the team grows older."""
    share, slots = habits[p, LEARNING], habits[p, LEARNING_SLOTS]
    while True:
        start, whole, rest = share * slots * crew[team, TO_LEARN], need, 1.0
        learns = start > 0.0 and crew[team, TO_LEARN] >= LEARNED
        if learns:
            whole, rest = _learned(need, start, slots)
        worked = min(whole, crew[team, FAILS_AT], crew[team, LEAVES_AT])
        if z >= 0:
            now = _passes(closures, z, now, worked, seasonal, worked_by, slot_of_work, closing,
                          spell, spells, drawn, fixed_at, fixed_first[z + 1], fixed_from, fixed_to,
                          slot_of_day)
        elif seasonal:
            now = _slot_by(worked_by, slot_of_work, _work_by(worked_by, now, True) + worked, now)
        else:
            now += worked
        crew[team, FAILS_AT] -= worked
        crew[team, LEAVES_AT] -= worked
        if worked >= whole or now == math.inf:
            crew[team, TO_LEARN] *= rest
            return now
        need -= worked
        if learns:
            rest = math.exp(-worked / slots)
            need += start * (1.0 - rest)
            crew[team, TO_LEARN] *= rest
        need = max(need, 0.0)
        own = fork(lasts, team)
        if crew[team, FAILS_AT] <= 0.0:
            crew[team, BREAKDOWNS] += 1.0
            k = int(crew[team, BREAKDOWNS])
            now = now + habits[p, REPAIR] * exponential(own, 4 * k)
            crew[team, FAILS_AT] = exponential(own, 4 * k + 1) / habits[p, FAIL_RATE]
        else:
            crew[team, DEPARTURES] += 1.0
            k = int(crew[team, DEPARTURES])
            now = now + habits[p, GAP] * exponential(own, 4 * k + 2)
            crew[team, LEAVES_AT] = exponential(own, 4 * k + 3) / habits[p, LEAVE_RATE]
            crew[team, TO_LEARN] = 1.0


@njit(**INNER)
def _prepare(key, count, workforce, ways, effects, comings, room):
    """Everything as it is before the first moment of a run."""
    pools = len(workforce.opens)
    for e in range(count):
        room.state[e] = WAITING
        room.alone[e] = False
        room.chosen[e] = 0
        room.child[e] = room.sibling[e] = room.beside[e] = -1
        room.finish[e] = math.inf
    for z in range(len(room.outside)):
        room.outside[z] = -1
        room.zone_opens[z] = math.inf
    for g in range(len(room.left)):
        room.left[g] = ways.gate_size[g]
    for team in range(len(room.doing)):
        room.busy_until[team] = -1.0
    for w in range(len(room.idle)):
        room.idle[w] = ALL_BITS
    room.stopped[0] = math.inf
    for p in range(pools):
        room.free[p] = 0
        room.worked[p] = 0.0
        room.gone[p] = comings.gone[p]
        for w in range(count // 64 + 1):
            room.waits[p, w] = ZERO
        for w in range(count // 4096 + 1):
            room.some[p, w] = ZERO
    lasts, crew = fork(key, 3), room.crew
    for p in range(pools):
        fails, leaves = effects.fail_rate[p], effects.leave_rate[p]
        slots = effects.learning_slots[p]
        for team in range(workforce.pool_start[p], workforce.pool_start[p + 1]):
            own = fork(lasts, team)
            crew[team, TO_LEARN] = math.exp(-effects.experience[team] / slots) if slots > 0 else 0.0
            crew[team, FAILS_AT] = exponential(own, 1) / fails if fails > 0.0 else math.inf
            crew[team, LEAVES_AT] = exponential(own, 3) / leaves if leaves > 0.0 else math.inf
            crew[team, BREAKDOWNS] = crew[team, DEPARTURES] = 0.0
    closures = fork(key, 2)
    for z in range(len(room.spell)):
        room.fixed_at[z] = effects.fixed_first[z]
        room.drawn[z] = 0
        row = _kept_spell(closures, room.closing, room.spells, room.drawn, z, 0, 0.0,
                          effects.slot_of_day, effects.worked_by, effects.seasonal)
        room.spell[z, NUMBER] = 0.0
        for i in range(NUMBER):
            room.spell[z, i] = room.spells[z, row, i]
    own = fork(key, 4)
    for f in range(len(effects.arrives)):
        at = effects.arrives[f]
        if effects.late[f] > 0.0:
            at += effects.late[f] * exponential(own, f)
        room.arrives[f] = at


def _lowest_bit(typing, word):
    """The number of the lowest bit that is set in a uint64 other than 0."""
    def code(context, builder, signature, arguments):
        return builder.zext(builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1)),
                            ir.IntType(64))

    return types.int64(types.uint64), code


_lowest: Any = intrinsic(_lowest_bit)


@njit(**INNER)
def _put(waits, some, p, e):
    waits[p, e >> 6] |= ONE << np.uint64(e & 63)
    some[p, e >> 12] |= ONE << np.uint64((e >> 6) & 63)


@njit(**INNER)
def _take(waits, some, p, e):
    word = waits[p, e >> 6] & ~(ONE << np.uint64(e & 63))
    waits[p, e >> 6] = word
    if word == ZERO:
        some[p, e >> 12] &= ~(ONE << np.uint64((e >> 6) & 63))


@njit(**INNER)
def _next(waits, some, p, begin, end):
    """The first element from `begin` on that waits for pool p; `end` where none before it does."""
    if begin >= end:
        return end
    at = begin >> 6
    word = waits[p, at] & (ALL_BITS << np.uint64(begin & 63))
    if word != ZERO:
        return min(end, (at << 6) + _lowest(word))
    at += 1
    if at << 6 >= end:
        return end
    group = at >> 6
    mask = some[p, group] & (ALL_BITS << np.uint64(at & 63))
    while mask == ZERO:
        group += 1
        if group << 12 >= end:
            return end
        mask = some[p, group]
    at = (group << 6) + _lowest(mask)
    return min(end, (at << 6) + _lowest(waits[p, at]))


@njit(**INNER)
def _first_idle(idle, begin):
    """The first free team from `begin` on; there is one."""
    at = begin >> 6
    word = idle[at] & (ALL_BITS << np.uint64(begin & 63))
    while word == ZERO:
        at += 1
        word = idle[at]
    return (at << 6) + _lowest(word)


@njit(**INNER)
def _push(timer, timed, size, at, number):
    """Put a moment on the heap of `size`; of the same moment the lowest number comes first."""
    i = size
    while i > 0:
        above = (i - 1) >> 1
        if timer[above] < at or (timer[above] == at and timed[above] < number):
            break
        timer[i], timed[i] = timer[above], timed[above]
        i = above
    timer[i], timed[i] = at, number


@njit(**INNER)
def _pop(timer, timed, size):
    """Takes the soonest off the heap of `size` moments; gives its number."""
    found = timed[0]
    last, number = timer[size - 1], timed[size - 1]
    i = 0
    while 2 * i + 1 < size - 1:
        c = 2 * i + 1
        if c + 1 < size - 1 and (timer[c + 1] < timer[c] or (
                timer[c + 1] == timer[c] and timed[c + 1] < timed[c])):
            c += 1
        if timer[c] > last or (timer[c] == last and timed[c] > number):
            break
        timer[i], timed[i] = timer[c], timed[c]
        i = c
    timer[i], timed[i] = last, number
    return found


@njit(**QUICK)
def _play(key, count, stage, parent, work, known, slow, lost, workforce, ways, effects, comings,
          room):
    """See `play`; `room` (see `Buffers`) holds the result. `count` elements are played.

    An element whose parent is itself coded as -2 - parent becomes ready only if its ground is
    contaminated again, some time after the parent's end (see `Effects`).
    """
    _prepare(key, count, workforce, ways, effects, comings, room)
    elements, pools = count, len(workforce.opens)
    option_start, option = workforce.option_start, workforce.option
    pool_start, horizon = workforce.pool_start, workforce.horizon
    state, alone, chosen = room.state, room.alone, room.chosen
    child, sibling, waits, some = room.child, room.sibling, room.waits, room.some
    free, idle, due, whose = room.free, room.idle, room.due, room.whose
    doing, ready, ended = room.doing, room.ready, room.ended
    finish, left, gone, zone_opens = room.finish, room.left, room.gone, room.zone_opens
    busy_until, worked, cost = room.busy_until, room.worked, workforce.cost
    crew, habits, closing, spell = room.crew, room.habits, room.closing, room.spell
    fixed_at, fixed_first = room.fixed_at, effects.fixed_first
    fixed_from, fixed_to = effects.fixed_from, effects.fixed_to
    slot_of_day, worked_by, sector = effects.slot_of_day, effects.worked_by, effects.sector
    closed_until, arrives = room.closed_until, room.arrives
    spells, drawn, slot_of_work = room.spells, room.drawn, room.slot_of_work
    closes, closures, lasts, renews = len(spell) > 0, fork(key, 2), fork(key, 3), fork(key, 5)
    change = depth = endings = timers = working = 0
    to_do = elements
    now = money = spent = turns = pays = 0.0
    zone_opens[0] = 0.0
    _open_zones(ways.gate_from, ways.gate_to, left, zone_opens, now)
    for e in range(elements - 1, -1, -1):
        z = ways.zone[stage[e]]
        if parent[e] != -1:
            before = parent[e] if parent[e] >= 0 else -2 - parent[e]
            sibling[e] = child[before]
            child[before] = e
        elif zone_opens[z] <= now:
            ready[depth] = e
            depth += 1
        else:
            room.beside[e] = room.outside[z]
            room.outside[z] = e

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
                    if parent[c] < -1:
                        again = now + exponential(renews, c) / effects.renewed_rate
                        if again < effects.renewed_until and again < horizon:
                            _push(room.timer, room.timed, timers, again, c)
                            timers += 1
                        else:
                            finish[c] = -1.0
                            to_do -= 1
                    else:
                        ready[depth] = c
                        depth += 1
                    c = sibling[c]
                opened = False
                s = stage[e]
                for i in range(ways.stage_gate_start[s], ways.stage_gate_start[s + 1]):
                    if known[e]:
                        left[ways.stage_gate[i]] -= 1
                        opened = opened or left[ways.stage_gate[i]] == 0
                if opened and _open_zones(ways.gate_from, ways.gate_to, left, zone_opens, now):
                    for z in range(len(zone_opens)):
                        while zone_opens[z] <= now and room.outside[z] >= 0:
                            ready[depth] = room.outside[z]
                            depth += 1
                            room.outside[z] = room.beside[room.outside[z]]
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
                    _put(waits, some, p, e)
        if to_do == 0:
            break

        # Give work to free teams: the first element by priority that any free team can do and that
        # lies in no closed sector.
        wake = math.inf
        if closes and now >= turns:
            turns = _close_and_open(closures, now, closing, spell, spells, drawn, fixed_at,
                                    fixed_first, fixed_from, fixed_to, slot_of_day, worked_by,
                                    effects.seasonal, closed_until)
        if effects.funded:
            if now >= pays:
                money, pays = 0.0, math.inf
                for f in range(len(arrives)):
                    if arrives[f] <= now:
                        money += effects.amount[f]
                    else:
                        pays = min(pays, arrives[f])
            wake = pays
        while True:
            e = elements
            for p in range(pools):
                if free[p] == 0:
                    continue
                i = _next(waits, some, p, 0, e)
                while i < e:
                    z = sector[stage[i]] if closes else -1
                    if z < 0 or closed_until[z] <= now:
                        e = i
                        break
                    wake = min(wake, closed_until[z])
                    i = _next(waits, some, p, i + 1, e)
            if e == elements:
                break
            step = 0
            o = chosen[e]
            if state[e] == READY:
                shortest = 2**40
                for a in range(option_start[stage[e]], option_start[stage[e] + 1]):
                    p, q = option[a, 0], option[a, 2]
                    if (free[p] > 0 and option[a, 1] + option[a, 3] < shortest and not gone[p]
                            and (q < 0 or not (alone[e] or gone[q]))):
                        shortest = option[a, 1] + option[a, 3]
                        o = a
            else:
                step = 1
            planned = float(option[o, 2 * step + 1])
            p = option[o, 2 * step]
            move = min(workforce.move_slots, planned)
            # The first free team of the pool, so that the last ones can leave early.
            team = _first_idle(idle, pool_start[p])
            need = (move + (planned - move) * work[e] * slow[team]) * lost
            if effects.funded:
                price = need * cost[p]
                if spent + price > money:
                    room.stopped[0] = min(room.stopped[0], now)
                    break
                spent += price
            chosen[e] = o
            if state[e] == READY:
                state[e] = FIRST_STEP
                for a in range(option_start[stage[e]], option_start[stage[e] + 1]):
                    _take(waits, some, option[a, 0], e)
            else:
                state[e] = SECOND_STEP
                _take(waits, some, p, e)
            z = sector[stage[e]] if closes else -1
            end = _step_ends(closures, lasts, crew, habits, p, team, z, now, need, effects.seasonal,
                             worked_by, slot_of_work, closing, spell, spells, drawn, fixed_at,
                             fixed_first, fixed_from, fixed_to, slot_of_day)
            doing[team] = e
            idle[team >> 6] &= ~(ONE << np.uint64(team & 63))
            if end <= horizon:
                _push(due, whose, working, end, team)
                working += 1
            free[p] -= 1
            busy_until[team] = min(end, horizon)
            worked[p] += busy_until[team] - now

        # On to the next moment at which anything happens.
        now = wake
        if working > 0:
            now = min(now, due[0])
        if change < len(comings.when):
            now = min(now, comings.when[change])
        if timers > 0:
            now = min(now, room.timer[0])
        if now > horizon or now == math.inf:
            break
        while timers > 0 and room.timer[0] <= now:
            ready[depth] = _pop(room.timer, room.timed, timers)
            depth += 1
            timers -= 1
        while change < len(comings.when) and comings.when[change] == now:
            p = comings.what[change]
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
                    _take(waits, some, q, e)
                ready[depth] = e
                depth += 1
        while working > 0 and due[0] <= now:
            team = _pop(due, whose, working)
            working -= 1
            e = doing[team]
            idle[team >> 6] |= ONE << np.uint64(team & 63)
            q = option[chosen[e], 2]
            free[option[chosen[e], 2 if state[e] == SECOND_STEP else 0]] += 1
            if state[e] == SECOND_STEP or q < 0:
                ended[endings] = e
                endings += 1
            else:
                # The machine's pass is not clearance (S07); perhaps nobody can follow it up.
                state[e] = WAITING if gone[q] else BETWEEN
                alone[e] = gone[q]
                ready[depth] = e
                depth += 1
