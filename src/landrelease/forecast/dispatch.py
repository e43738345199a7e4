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
from landrelease.forecast.chance import INNER, QUICK, exponential, fork, normal, uniform
from landrelease.forecast.effects import Effects, no_effects
from landrelease.forecast.scene import scene_of

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
    # int64 (P,) The teams of a pool begin nothing while more than `limit` elements of the activity
    # `watches` wait for a team: survey that does not run far ahead of clearance. None, -1: no such.
    watches: np.ndarray | None = None
    limit: np.ndarray | None = None


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


LEARNED = math.exp(-8.0)  # of `to_learn`: a team that has so little to learn is experienced


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
    activity: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Play one run by the dispatch rule.

    Parameters
    ----------
    stage, parent, work, known : (E,) elements by priority, see `areas.Outcome`
    slowness : (P,) or (T,) time for the work of a pool's, or of each, team over the planned time
    lost : calendar slots needed over slots worked
    effects : what happens on the way; None: nothing, and the run is deterministic
    key : of the random numbers of the effects
    activity : (S,) of each stage, for pools that wait for those who follow them; None: none does

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
    scene = scene_of(None, workforce, ways, None, effects, comings_of(workforce), max(count, 1))
    if activity is not None:
        scene.stages["activity"] = activity
    made = scene.elements[:count]
    made["stage"], made["parent"], made["work"], made["known"] = stage, parent, work, known
    slow = np.repeat(slowness, sizes) if len(slowness) == len(sizes) else np.asarray(slowness)
    _play(np.uint64(key), count, slow.astype(float), float(lost), np.ones((1, len(sizes))), scene)
    return (made["finish"].copy(), scene.teams["busy_until"].copy(), scene.pools["worked"].copy(),
            scene.zones["opens"].copy())


# --- compiled ------------------------------------------------------------------------------------


@njit(**INNER)
def _open_zones(gates, zones, now):
    """Mark the zones to which open gates lead as open from now on; True if there are new ones."""
    new = False
    changed = True
    while changed:
        changed = False
        for g in range(len(gates)):
            gate = gates[g]
            if (gate.left == 0 and zones[gate.zone_from].opens <= now
                    and zones[gate.zone_to].opens > now):
                zones[gate.zone_to].opens = now
                changed = new = True
    return new


@njit(inline="always", **INNER)
def _slot_at(slot_of_day, day):
    """Slots that have passed on a day; linear within days, at the end beyond the last."""
    last = len(slot_of_day) - 1
    found = slot_of_day[last]
    if day < last:
        k = int(day)
        found = slot_of_day[k] + (day - k) * (slot_of_day[k + 1] - slot_of_day[k])
    return found


@njit(inline="always", **INNER)
def _work_by(worked_by, at, seasonal):
    """Slots' worth of work that the season lets a team do until a moment."""
    found = at
    if seasonal:
        last = len(worked_by) - 1
        found = worked_by[last]
        if at < last:
            k = int(at)
            found = worked_by[k] + (at - k) * (worked_by[k + 1] - worked_by[k])
    return found


@njit(inline="always", **INNER)
def _slot_by(worked_by, slot_of_work, target, now):
    """The moment, from `now` on, by which the season allows `target` work; inf past the end."""
    last = len(worked_by) - 1
    found = math.inf
    if now < last and target <= worked_by[last]:
        k = max(int(now), int(slot_of_work[int(target)]))
        while k + 1 < last and worked_by[k + 1] < target:
            k += 1
        width = worked_by[k + 1] - worked_by[k]
        found = k + ((target - worked_by[k]) / width if width > 0.0 else 0.0)
    return found


@njit(**INNER)
def _spell(key, sector, z, k, after, slot_of_day, worked_by, seasonal, spells):
    """The row of `spells[z]` that holds closure k; the one before it ended on day `after`."""
    row = min(k, spells.shape[1] - 1)
    if k < sector.drawn:
        return row
    kept = spells[z, row]
    first = last = math.inf
    if k == 0 and sector.at_start > 0.0:
        first, last = 0.0, sector.at_start
    elif sector.scale != math.inf:
        own = fork(key, z)
        first = after + sector.scale * exponential(own, 2 * k) ** (1.0 / sector.shape)
        last = first + math.exp(sector.log_mean + sector.log_sd * normal(own, 2 * k + 1))
    begin = end = math.inf
    if first < math.inf:
        begin = _slot_at(slot_of_day, first)
        end = _slot_at(slot_of_day, last)
        if begin >= len(worked_by) - 1:
            begin = end = math.inf
    kept.last_day, kept.begins, kept.ends = last, begin, end
    kept.work_begins = kept.work_ends = math.inf
    if begin < math.inf:
        kept.work_begins = _work_by(worked_by, begin, seasonal)
        kept.work_ends = _work_by(worked_by, end, seasonal)
    if row == k and k < spells.shape[1] - 1:
        sector.drawn = k + 1
    return row


@njit(inline="always", **INNER)
def _passes(closures, sectors, z, now, at, need, seasonal, worked_by, slot_of_work, spells, fixed,
            slot_of_day):
    """The moment at which `need` slots of presence are over, closures and season in between.

    `at` is the work that the season allows until now.
    """
    sector = sectors[z]
    k, last_day = int(sector.number), sector.last_day
    begin, end = sector.begins, sector.ends
    work_begins, work_ends = sector.work_begins, sector.work_ends
    f, end_fixed, horizon = int(sector.fixed_at), int(sector.end_fixed), len(worked_by) - 1.0
    while True:
        while end <= now and begin < math.inf:
            k += 1
            kept = spells[z, _spell(closures, sector, z, k, last_day, slot_of_day, worked_by,
                                    seasonal, spells)]
            last_day, begin, end = kept.last_day, kept.begins, kept.ends
            work_begins, work_ends = kept.work_begins, kept.work_ends
        if begin <= now:
            now, at = end, work_ends
            continue
        shut, work = begin, work_begins
        while f < end_fixed and fixed[f, 1] <= now:
            f += 1
        if f < end_fixed and fixed[f, 0] < shut:
            if fixed[f, 0] <= now:
                now = fixed[f, 1]
                at = _work_by(worked_by, now, seasonal)
                continue
            shut = fixed[f, 0]
            work = _work_by(worked_by, shut, seasonal)
        if at + need <= work:
            found = at + need
            if seasonal:
                found = _slot_by(worked_by, slot_of_work, found, now)
            return found
        need -= work - at
        now, at = shut, work
        if now >= horizon:
            return math.inf


@njit(**INNER)
def _close_and_open(closures, now, sectors, spells, fixed, slot_of_day, worked_by, seasonal, shut,
                    inside, words):
    """Bring the closures up to now, and the elements that lie in a closed sector.

    Returns the next moment at which one begins or ends.
    """
    change = math.inf
    for z in range(len(sectors)):
        sector = sectors[z]
        while sector.ends <= now and sector.begins < math.inf:
            sector.number += 1
            kept = spells[z, _spell(closures, sector, z, int(sector.number), sector.last_day,
                                    slot_of_day, worked_by, seasonal, spells)]
            sector.last_day, sector.begins, sector.ends = kept.last_day, kept.begins, kept.ends
            sector.work_begins, sector.work_ends = kept.work_begins, kept.work_ends
        while sector.fixed_at < sector.end_fixed and fixed[sector.fixed_at, 1] <= now:
            sector.fixed_at += 1
        until = 0.0
        if sector.begins <= now:
            until = sector.ends
            change = min(change, until)
        else:
            change = min(change, sector.begins)
        f = sector.fixed_at
        if f < sector.end_fixed:
            if fixed[f, 0] <= now:
                until = max(until, fixed[f, 1])
                change = min(change, fixed[f, 1])
            else:
                change = min(change, fixed[f, 0])
        closed = 1 if until > now else 0
        if closed != sector.shut:
            sector.shut = closed
            for w in range(words):
                shut[w] ^= inside[z, w]
    return change


@njit(inline="always", **INNER)
def _learned(need, share, slots):
    """Slots at work x that take `need` slots of experienced work, and exp(-x / slots).

    x / slots - share * (1 - exp(-x / slots)) = need / slots, with 0 <= share < 1. A Newton step
    from need / slots, whose exponential is the only one that is asked, comes within a hundredth;
    the next ones, with the series of the exponential, to 1e-8.
    """
    n = need / slots
    e = math.exp(-n)
    step = share * (1.0 - e) / (1.0 - share * e)
    u = n + step
    if step < 0.1:
        e *= 1.0 - step * (1.0 - step * (1 / 2 - step * (1 / 6 - step * (1 / 24 - step * (
            1 / 120 - step * (1 / 720))))))
    else:
        e = math.exp(-u)
    while True:
        step = (u - share * (1.0 - e) - n) / (1.0 - share * e)
        u -= step
        if abs(step) < 0.001:
            e *= 1.0 + step * (1.0 + step * (1 / 2 + step * (1 / 6)))
            break
        e = math.exp(-u)
    return u * slots, e


@njit(inline="always", **INNER)
def _step_ends(closures, lasts, teams, team, pools, p, sectors, z, now, need, seasonal, worked_by,
               slot_of_work, spells, fixed, slot_of_day):
    """When a step of `need` slots of experienced work ends, begun now; the team grows older."""
    crew, pool = teams[team], pools[p]
    slots = pool.learning_slots
    while True:
        start, whole, rest = pool.learning * crew.to_learn, need, 1.0
        learns = start > 0.0 and crew.to_learn >= LEARNED
        if learns:
            whole, rest = _learned(need, start, slots)
        worked = min(whole, crew.fails_at, crew.leaves_at)
        at = _work_by(worked_by, now, seasonal)
        if z >= 0:
            now = _passes(closures, sectors, z, now, at, worked, seasonal, worked_by, slot_of_work,
                          spells, fixed, slot_of_day)
        elif seasonal:
            now = _slot_by(worked_by, slot_of_work, at + worked, now)
        else:
            now += worked
        crew.fails_at -= worked
        crew.leaves_at -= worked
        if worked >= whole or now == math.inf:
            crew.to_learn *= rest
            return now
        need -= worked
        if learns:
            rest = math.exp(-worked / slots)
            need += start * slots * (1.0 - rest)
            crew.to_learn *= rest
        need = max(need, 0.0)
        own = fork(lasts, team)
        if crew.fails_at <= 0.0:
            crew.breakdowns += 1
            k = crew.breakdowns
            now = now + pool.repair * exponential(own, 4 * k)
            crew.fails_at = exponential(own, 4 * k + 1) / pool.fail_rate
        else:
            crew.departures += 1
            k = crew.departures
            now = now + pool.gap * exponential(own, 4 * k + 2)
            crew.leaves_at = exponential(own, 4 * k + 3) / pool.leave_rate
            crew.to_learn = 1.0


@njit(**INNER)
def _prepare(key, count, scene):
    """Everything as it is before the first moment of a run."""
    elements, sectors, inside = scene.elements, scene.sectors, scene.inside
    words, closes = count // 64 + 1, len(sectors) > 0
    if closes:
        for w in range(words):
            scene.shut[w] = ZERO
            for z in range(len(sectors)):
                inside[z, w] = ZERO
    if scene.chance.earmarked:
        for w in range(words):
            for line in range(len(scene.of_line)):
                scene.of_line[line, w] = ZERO
    for e in range(count):
        element = elements[e]
        stage = scene.stages[element.stage]
        element.state = WAITING
        element.alone = 0
        element.chosen = 0
        element.child = element.sibling = element.beside = -1
        element.finish = math.inf
        element.first_option, element.end_option = stage.first_option, stage.end_option
        element.sector = stage.sector if closes else -1
        if element.sector >= 0:
            inside[element.sector, e >> 6] |= ONE << np.uint64(e & 63)
        if scene.chance.earmarked:
            scene.of_line[stage.line, e >> 6] |= ONE << np.uint64(e & 63)
    for z in range(len(scene.zones)):
        scene.zones[z].outside = -1
        scene.zones[z].opens = math.inf
    for g in range(len(scene.gates)):
        scene.gates[g].left = scene.gates[g].size
    for k in range(len(scene.due)):
        scene.due[k] = math.inf
    for t in range(len(scene.whose)):
        scene.whose[t] = t - len(scene.whose) // 2
    for w in range(len(scene.idle)):
        scene.idle[w] = ALL_BITS
    for w in range(len(scene.has_free)):
        scene.has_free[w] = ZERO
    scene.stopped[0] = math.inf
    for k in range(len(scene.queued)):
        scene.queued[k] = 0
    lasts = fork(key, 3)
    for p in range(len(scene.pools)):
        pool = scene.pools[p]
        pool.free = 0
        pool.worked = 0.0
        pool.gone = pool.never
        for w in range(words):
            scene.waits[p, w] = ZERO
        for w in range(count // 4096 + 1):
            scene.some[p, w] = ZERO
        for team in range(pool.first, pool.end):
            crew = scene.teams[team]
            crew.busy_until = -1.0
            crew.to_learn = crew.at_start
            crew.breakdowns = crew.departures = 0
            crew.fails_at = crew.leaves_at = math.inf
            if pool.fail_rate > 0.0 or pool.leave_rate > 0.0:
                own = fork(lasts, team)
                if pool.fail_rate > 0.0:
                    crew.fails_at = exponential(own, 1) / pool.fail_rate
                if pool.leave_rate > 0.0:
                    crew.leaves_at = exponential(own, 3) / pool.leave_rate
    closures = fork(key, 2)
    for z in range(len(sectors)):
        sector = sectors[z]
        sector.fixed_at, sector.drawn, sector.number, sector.shut = sector.first_fixed, 0, 0, 0
        kept = scene.spells[z, _spell(closures, sector, z, 0, 0.0, scene.slot_of_day,
                                      scene.worked_by, scene.chance.seasonal, scene.spells)]
        sector.last_day, sector.begins, sector.ends = kept.last_day, kept.begins, kept.ends
        sector.work_begins, sector.work_ends = kept.work_begins, kept.work_ends
    own = fork(key, 4)
    for f in range(len(scene.funds)):
        fund = scene.funds[f]
        fund.at, fund.rest = fund.arrives, fund.amount
        if fund.late > 0.0:
            fund.at += fund.late * exponential(own, f)


def _lowest_bit(typing, word):
    """The number of the lowest bit that is set in a uint64 other than 0."""
    def code(context, builder, signature, arguments):
        return builder.zext(builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1)),
                            ir.IntType(64))

    return types.int64(types.uint64), code


_lowest: Any = intrinsic(_lowest_bit)


@njit(inline="always", **INNER)
def _put(waits, some, p, e):
    waits[p, e >> 6] |= ONE << np.uint64(e & 63)
    some[p, e >> 12] |= ONE << np.uint64((e >> 6) & 63)


@njit(inline="always", **INNER)
def _take(waits, some, p, e):
    word = waits[p, e >> 6] & ~(ONE << np.uint64(e & 63))
    waits[p, e >> 6] = word
    if word == ZERO:
        some[p, e >> 12] &= ~(ONE << np.uint64((e >> 6) & 63))


@njit(inline="always", **INNER)
def _next(waits, some, shut, p, end):
    """The first element that waits for pool p in no closed sector; `end` where none before it."""
    found = end
    group = 0
    while group << 12 < end:
        mask = some[p, group]
        while mask != ZERO:
            at = (group << 6) + _lowest(mask)
            word = waits[p, at] & ~shut[at]
            if word != ZERO:
                found = min(end, (at << 6) + _lowest(word))
                mask, group = ZERO, end
            else:
                mask &= mask - ONE
        group += 1
    return found


@njit(inline="always", **INNER)
def _waits_for(some, p, end):
    """Whether any element waits for pool p."""
    found = False
    for group in range((end >> 12) + 1):
        found = found or some[p, group] != ZERO
    return found


@njit(inline="always", **INNER)
def _first_idle(idle, begin):
    """The first free team from `begin` on; there is one."""
    at = begin >> 6
    word = idle[at] & (ALL_BITS << np.uint64(begin & 63))
    while word == ZERO:
        at += 1
        word = idle[at]
    return (at << 6) + _lowest(word)


@njit(inline="always", **INNER)
def _set_due(due, whose, team, at):
    """The end of the step of a team; inf: none. Of the same moment the lowest team comes first."""
    k = (len(due) >> 1) + team
    who = team
    due[k] = at
    while k > 1:
        beside, other = due[k ^ 1], whose[k ^ 1]
        if (beside < at) | ((beside == at) & (other < who)):
            at, who = beside, other
        k >>= 1
        due[k] = at
        whose[k] = who


@njit(inline="always", **INNER)
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


@njit(**INNER)
def _payable(funds, now, line):
    """What has arrived of the money that may pay for a budget line, and is left."""
    found = 0.0
    for f in range(len(funds)):
        fund = funds[f]
        if fund.at <= now and (fund.pays >> np.uint64(line)) & ONE:
            found += fund.rest
    return found


@njit(**INNER)
def _spend(funds, now, price, line):
    """Take a price from the money that has arrived: what lapses first pays first, then what may be
    spent on least. `line`: only what may pay for it; -1: all."""
    while price > 0.0:
        best, soonest = -1, math.inf
        for f in range(len(funds)):
            fund = funds[f]
            if line >= 0 and not (fund.pays >> np.uint64(line)) & ONE:
                continue
            if fund.at <= now and fund.rest > 0.0 and (
                    best < 0 or fund.lapses < soonest
                    or (fund.lapses == soonest and fund.many < funds[best].many)):
                best, soonest = f, fund.lapses
        if best < 0:
            return
        part = min(price, funds[best].rest)
        funds[best].rest -= part
        price -= part


@njit(**QUICK)
def _play(key, count, slow, lost, ground, scene):
    """See `play`; the first `count` elements of the scene (see `scene.Scene`) hold what is played
    and its result. ground : (G, P) time for the same work over that on ordinary ground.

    An element whose parent is itself coded as -2 - parent becomes ready only if its ground is
    contaminated again, some time after the parent's end (see `Effects`).
    """
    _prepare(key, count, scene)
    elements, stages, pools, teams = scene.elements, scene.stages, scene.pools, scene.teams
    option, waits, some, shut = scene.option, scene.waits, scene.some, scene.shut
    idle, due, whose, ready, ended = scene.idle, scene.due, scene.whose, scene.ready, scene.ended
    timer, timed, zones, gates = scene.timer, scene.timed, scene.zones, scene.gates
    sectors, spells, fixed, funds = scene.sectors, scene.spells, scene.fixed, scene.funds
    slot_of_day, worked_by, slot_of_work = scene.slot_of_day, scene.worked_by, scene.slot_of_work
    coming, chance, has_free, queued = scene.coming, scene.chance, scene.has_free, scene.queued
    horizon, seasonal, funded = chance.horizon, chance.seasonal, chance.funded
    closes, words = len(sectors) > 0, count // 64 + 1
    earmarked, unpaid, of_line = chance.earmarked, scene.unpaid, scene.of_line
    barred = scene.barred if earmarked else shut
    closures, lasts, renews = fork(key, 2), fork(key, 3), fork(key, 5)
    change = depth = endings = timers = 0
    to_do = count
    any_gone = False  # a pool is without a team: options have to be looked at
    for p in range(len(pools)):
        any_gone = any_gone or pools[p].gone != 0
    now = money = spent = turns = pays = gone = 0.0
    zones[0].opens = 0.0
    _open_zones(gates, zones, now)
    for e in range(count - 1, -1, -1):
        element = elements[e]
        parent = element.parent
        if parent != -1:
            before = elements[parent if parent >= 0 else -2 - parent]
            element.sibling = before.child
            before.child = e
        else:
            zone = zones[stages[element.stage].zone]
            if zone.opens <= now:
                ready[depth] = e
                depth += 1
            else:
                element.beside = zone.outside
                zone.outside = e

    while True:
        # Queue what is ready; where nothing is left to do, it has ended as soon as it could begin.
        while depth > 0 or endings > 0:
            if endings > 0:
                endings -= 1
                element = elements[ended[endings]]
                to_do -= 1
                element.finish = now
                c = element.child
                while c >= 0:
                    child = elements[c]
                    if child.parent < -1:
                        # It stays clean where a uniform number lies below exp(-rate * time left),
                        # for certain below 1 - rate * time left: this spares most logarithms.
                        again = math.inf
                        if uniform(renews, c) > 1.0 - chance.renewed_rate * (
                                chance.renewed_until - now):
                            again = now + exponential(renews, c) / chance.renewed_rate
                        if again < chance.renewed_until and again < horizon:
                            _push(timer, timed, timers, again, c)
                            timers += 1
                        else:
                            child.finish = -1.0
                            to_do -= 1
                    else:
                        ready[depth] = c
                        depth += 1
                    c = child.sibling
                stage = stages[element.stage]
                opened = False
                for i in range(stage.first_gate, stage.end_gate):
                    if element.known:
                        gate = gates[scene.stage_gate[i]]
                        gate.left -= 1
                        opened = opened or gate.left == 0
                if opened and _open_zones(gates, zones, now):
                    for z in range(len(zones)):
                        zone = zones[z]
                        while zone.opens <= now and zone.outside >= 0:
                            ready[depth] = zone.outside
                            depth += 1
                            zone.outside = elements[zone.outside].beside
                continue
            depth -= 1
            e = ready[depth]
            element = elements[e]
            if element.work <= 0.0:
                ended[endings] = e
                endings += 1
                continue
            if element.state == BETWEEN:
                q = option[element.chosen, 2]
                if pools[q].gone == 0:
                    _put(waits, some, q, e)
                continue
            element.state = READY
            queued[stages[element.stage].activity] += 1
            for o in range(element.first_option, element.end_option):
                p = option[o, 0]
                if any_gone or element.alone:
                    q = option[o, 2]
                    if pools[p].gone or (q >= 0 and (element.alone or pools[q].gone)):
                        continue
                _put(waits, some, p, e)
        if to_do == 0:
            break

        # Give work to free teams: the first element by priority that any free team can do and that
        # lies in no closed sector.
        wake = math.inf
        if closes and now >= turns:
            turns = _close_and_open(closures, now, sectors, spells, fixed, slot_of_day, worked_by,
                                    seasonal, shut, scene.inside, words)
        if funded:
            if now >= pays:
                money, pays = 0.0, math.inf
                for f in range(len(funds)):
                    fund = funds[f]
                    if fund.at > now:
                        pays = min(pays, fund.at)
                        continue
                    money += fund.amount
                    if fund.lapses > now:
                        pays = min(pays, fund.lapses)
                    elif fund.rest > 0.0:
                        gone += fund.rest
                        fund.rest = 0.0
                money -= gone
                if earmarked:
                    for w in range(words):
                        unpaid[w] = ZERO
            wake = pays
        if earmarked:
            for w in range(words):
                barred[w] = shut[w] | unpaid[w]
        while True:
            e = count
            for w in range(len(has_free)):
                mask = has_free[w]
                while mask != ZERO:
                    p = (w << 6) + _lowest(mask)
                    mask &= mask - ONE
                    watched = pools[p].watches
                    if watched < 0 or queued[watched] <= pools[p].limit:
                        e = _next(waits, some, barred, p, e)
            if e == count:
                if closes:  # what waits for a free team lies in closed sectors
                    for w in range(len(has_free)):
                        mask = has_free[w]
                        while mask != ZERO:
                            if _waits_for(some, (w << 6) + _lowest(mask), count):
                                wake = min(wake, turns)
                            mask &= mask - ONE
                break
            element = elements[e]
            first = element.state == READY
            o = element.chosen
            if first:  # the shortest that a free team can do; they are in the order of their length
                for a in range(element.first_option, element.end_option):
                    if pools[option[a, 0]].free > 0:
                        if any_gone or element.alone:
                            q = option[a, 2]
                            if pools[option[a, 0]].gone or (
                                    q >= 0 and (element.alone or pools[q].gone)):
                                continue
                        o = a
                        break
            planned = float(option[o, 1] if first else option[o, 3])
            p = option[o, 0] if first else option[o, 2]
            pool = pools[p]
            move = min(chance.move, planned)
            # The first free team of the pool, so that the last ones can leave early.
            team = _first_idle(idle, pool.first)
            need = (move + (planned - move) * element.work * slow[team]
                    * ground[stages[element.stage].ground, p]) * lost
            if funded:
                price = need * pool.cost
                line = -1
                if earmarked:
                    line = stages[element.stage].line
                    short = price > _payable(funds, now, line)
                else:
                    short = spent + price > money
                if short:
                    scene.stopped[0] = min(scene.stopped[0], now)
                    if closes:  # a sector that opens may have work that costs less
                        wake = min(wake, turns)
                    if not earmarked:
                        break
                    for w in range(words):  # other money pays for other work
                        unpaid[w] |= of_line[line, w]
                        barred[w] |= of_line[line, w]
                    continue
                spent += price
                if earmarked or chance.lapsing:
                    _spend(funds, now, price, line)
            element.chosen = o
            if first:
                element.state = FIRST_STEP
                queued[stages[element.stage].activity] -= 1
                for a in range(element.first_option, element.end_option):
                    _take(waits, some, option[a, 0], e)
            else:
                element.state = SECOND_STEP
                _take(waits, some, p, e)
            end = _step_ends(closures, lasts, teams, team, pools, p, sectors, element.sector, now,
                             need, seasonal, worked_by, slot_of_work, spells, fixed, slot_of_day)
            crew = teams[team]
            crew.doing = e
            idle[team >> 6] &= ~(ONE << np.uint64(team & 63))
            if end <= horizon:
                _set_due(due, whose, team, end)
            pool.free -= 1
            if pool.free == 0:
                has_free[p >> 6] &= ~(ONE << np.uint64(p & 63))
            crew.busy_until = min(end, horizon)
            pool.worked += crew.busy_until - now

        # On to the next moment at which anything happens.
        now = min(wake, due[1])
        if change < len(coming):
            now = min(now, coming[change])
        if timers > 0:
            now = min(now, timer[0])
        if now > horizon or now == math.inf:
            break
        while timers > 0 and timer[0] <= now:
            ready[depth] = _pop(timer, timed, timers)
            depth += 1
            timers -= 1
        while change < len(coming) and coming[change] == now:
            p = scene.comes[change]
            change += 1
            if p < len(pools):
                pools[p].free = pools[p].end - pools[p].first
                has_free[p >> 6] |= ONE << np.uint64(p & 63)
                continue
            p -= len(pools)
            pools[p].gone = 1
            any_gone = True
            for e in range(count):
                element = elements[e]
                if element.state == BETWEEN and option[element.chosen, 2] == p:
                    element.alone = 1
                elif element.state != READY:
                    continue
                else:
                    queued[stages[element.stage].activity] -= 1
                element.state = WAITING
                for q in range(len(pools)):
                    _take(waits, some, q, e)
                ready[depth] = e
                depth += 1
        while due[1] <= now:
            team = whose[1]
            _set_due(due, whose, team, math.inf)
            e = teams[team].doing
            element = elements[e]
            idle[team >> 6] |= ONE << np.uint64(team & 63)
            q = option[element.chosen, 2]
            second = element.state == SECOND_STEP
            p = q if second else option[element.chosen, 0]
            pools[p].free += 1
            has_free[p >> 6] |= ONE << np.uint64(p & 63)
            if second or q < 0:
                ended[endings] = e
                endings += 1
            else:
                # The machine's pass is not clearance (S07); perhaps nobody can follow it up.
                lost_follow_up = pools[q].gone
                element.state = WAITING if lost_follow_up else BETWEEN
                element.alone = lost_follow_up
                ready[depth] = e
                depth += 1
