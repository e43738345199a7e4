"""An order of stages in, a dated schedule out: serial schedule generation on half-week slots.

The simple rules, the plan and the search all use this one decoder, so that they differ in the
order (and the prices) alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from landrelease.core.loops import loop
from landrelease.core.work import Problem, Schedule
from landrelease.plan.arrays import (
    ALLOWED,
    BROKEN,
    CHARGE,
    CLOSES,
    EARLIEST,
    FIRST_CALENDAR,
    FIRST_FROM,
    FIRST_GEAR,
    FIRST_POOL,
    FIRST_SLOTS,
    FIRST_UNTIL,
    GATE_FROM,
    GATE_TO,
    LATE_PRICE,
    LATEST,
    NEVER,
    OPENS,
    OPTION_COST,
    PREDECESSOR,
    PROJECT_COST,
    PROJECT_EARLIEST,
    PROJECT_FUND,
    PROJECT_SLOTS,
    PROJECT_WEIGHT,
    PROMISED,
    SEASON_WEIGHT,
    SECOND_CALENDAR,
    SECOND_FROM,
    SECOND_GEAR,
    SECOND_POOL,
    SECOND_SLOTS,
    SECOND_UNTIL,
    STAGE_FUND,
    UNITS,
    WEIGHT,
    ZONE,
    Arrays,
    arrays,
)

__all__ = ["INNER", "NEVER", "Arrays", "Room", "arrays", "decode", "dispatch_order", "place_all",
           "to_schedule"]

# Of functions that only compiled ones call (from Python they crash): a third less compiling. They
# are compiled once for every combination of types: a literal 0 or an int32 in one call and an int64
# in another means twice, so calls pass np.int64 where they would differ.
INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


class Room(NamedTuple):
    """What placing uses up, R resources: pools, then shared equipment. One decoding at a time."""

    free: np.ndarray  # int16 (R, H + 1) units free in a slot
    skip: np.ndarray  # int16 (R, H + 1) a slot not before t with a free unit; halved on look-up
    slack: np.ndarray  # float64 (F, T) money left at the end of each stretch between arrivals
    gate_left: np.ndarray  # int32 (G,)
    gate_opens: np.ndarray  # int32 (G,)
    zone_opens: np.ndarray  # int32 (Z,)
    pinned: np.ndarray  # int8 (S,) 1: its resources are reserved
    reserved: np.ndarray  # int32 (3, S) option, first and second start of a reservation
    lent: np.ndarray  # float64 (F, S) what each fund pays of a reservation


def room_of(world: Arrays) -> Room:
    """Room of the right size, empty."""
    resources, slots = len(world.resource), len(world.delay)
    gates, stages = len(world.gate), len(world.stage)
    return Room(
        np.zeros((resources, slots), np.int16), np.zeros((resources, slots), np.int16),
        np.zeros(world.arrived.shape), np.zeros(gates, np.int32), np.zeros(gates, np.int32),
        np.zeros(world.zones, np.int32), np.zeros(stages, np.int8),
        np.full((3, stages), -1, np.int32), np.zeros((len(world.arrived), stages)))


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


@loop(cache=True, nogil=True, **INNER)
def copy_table(of, to):
    """to[:] = of for two dimensions; loops compile in a tenth of the time of an assignment."""
    for i in range(of.shape[0]):
        for j in range(of.shape[1]):
            to[i, j] = of[i, j]


@loop(cache=True, nogil=True, **INNER)
def copy_row(of, to):
    """to[:] = of for one dimension."""
    for i in range(len(of)):
        to[i] = of[i]


@loop(cache=True, nogil=True, **INNER)
def clear_room(world, room):
    """Make the room empty, then reserve what people have pinned, in the order of its slots."""
    horizon, stages = len(world.delay) - 1, len(world.stage)
    free, skip, stage, option = room.free, room.skip, world.stage, world.option
    for p in range(len(world.resource)):
        for t in range(horizon + 1):
            skip[p, t], free[p, t] = t, 0
            if world.resource[p, OPENS] <= t < world.resource[p, CLOSES]:
                free[p, t] = world.resource[p, UNITS]
            if free[p, t] == 0 and t < horizon:
                skip[p, t] = t + 1
    copy_table(world.arrived, room.slack)
    for g in range(len(world.gate)):
        room.gate_left[g] = world.gate_start[g + 1] - world.gate_start[g]
        room.gate_opens[g] = 0
    for z in range(world.zones):
        room.zone_opens[z] = NEVER
    spread(np.int32(0), np.int32(0), world.gate, world.zone_gate_start, world.zone_gate,
           room.gate_left, room.gate_opens, room.zone_opens)
    pins = 0
    for s in range(stages):
        room.pinned[s] = 0
        pins += stage[s, LATEST] < horizon
    found = np.empty(4, np.int32)
    for _ in range(pins):  # the earliest pin first
        s = -1
        for other in range(stages):
            if stage[other, LATEST] < horizon and room.pinned[other] == 0 and (
                    s < 0 or stage[other, LATEST] < stage[s, LATEST]):
                s = other
        room.pinned[s] = 2
        best = -1
        for o in range(world.option_start[s], world.option_start[s + 1]):
            if fit(np.int64(o), np.int64(s), np.int64(0), option, world.money, stage,
                   world.worked, world.slot_of, world.tranche_from, world.arrived,
                   world.payer_start, world.payer, free, skip,
                   room.slack, found) and (best < 0 or found[3] < best):
                best = found[3]
                room.pinned[s] = 1
                room.reserved[0, s], room.reserved[1, s] = o, found[0]
                room.reserved[2, s] = found[2]
        if best >= 0:
            last = room.slack.shape[1] - 1
            for f in range(len(room.slack)):
                room.lent[f, s] = room.slack[f, last]
            take(np.int64(room.reserved[0, s]), stage[s, STAGE_FUND], room.reserved[1, s],
                 room.reserved[2, s], option, world.money, world.worked, world.slot_of,
                 world.tranche_from, world.payer_start, world.payer, free, skip, room.slack)
            for f in range(len(room.slack)):
                room.lent[f, s] -= room.slack[f, last]


@loop(cache=True, nogil=True, **INNER)
def end_of(worked, slot_of, calendar, start, slots):
    """Slot after the last of `slots` open slots from an open slot on."""
    return slot_of[calendar, worked[calendar, start] + slots - 1] + 1


@loop(cache=True, nogil=True, **INNER)
def earliest_start(free, skip, p, gear, worked, slot_of, calendar, low, slots, high):
    """First open slot >= low from which resources p and gear have a unit until the step, of
    `slots` open slots, ends by `high`; -1 if there is none."""
    horizon = free.shape[1] - 1
    open_slots = worked[calendar, horizon]
    t = low
    while True:
        if t >= horizon:
            return -1
        while skip[p, t] != t:
            skip[p, t] = skip[p, skip[p, t]]
            t = skip[p, t]
        w = worked[calendar, t]
        if w + slots > open_slots:
            return -1
        at = slot_of[calendar, w]
        if at != t:
            t = at
            if free[p, t] == 0:
                continue
        end = slot_of[calendar, w + slots - 1] + 1
        if end > high:
            return -1
        u = t
        if gear < 0:
            while u < end and free[p, u] > 0:
                u += 1
        else:
            while u < end and free[p, u] > 0 and free[gear, u] > 0:
                u += 1
        if u == end:
            return t
        t = u + 1


@loop(cache=True, nogil=True, **INNER)
def money_from(line, cost, low, tranche_from, arrived, slack, payer_start, payer):
    """First slot >= low from which the funds of a line can pay `cost` without any of them ever
    running dry; `NEVER` if none. A fund with a last slot pays until then only."""
    last = slack.shape[1] - 1
    begin, end = payer_start[line], payer_start[line + 1]
    if begin == end:
        return NEVER
    if end - begin == 1 and payer[begin, 1] > tranche_from[last]:  # one fund, for all the time
        fund = payer[begin, 0]
        least = cost - 1e-9 * (1.0 + arrived[fund, last])
        j = last
        while j >= 0 and slack[fund, j] >= least:
            j -= 1
        return NEVER if j == last else max(low, tranche_from[j + 1])
    left = np.empty(end - begin)
    least = cost
    for i in range(end - begin):
        left[i] = np.inf
        least -= 1e-9 * (1.0 + arrived[payer[begin + i, 0], last])
    found = NEVER
    for j in range(last, -1, -1):
        total = 0.0
        for i in range(end - begin):
            left[i] = min(left[i], slack[payer[begin + i, 0], j])
            if tranche_from[j] < payer[begin + i, 1] and left[i] > 0.0:
                total += left[i]
        if total >= least:
            found = max(low, tranche_from[j])
        if tranche_from[j] <= low:
            break
    return found


@loop(cache=True, nogil=True, **INNER)
def lapses(line, tranche_from, payer_start, payer):
    """Whether any fund of a line has a last slot."""
    for i in range(payer_start[line], payer_start[line + 1]):
        if payer[i, 1] <= tranche_from[len(tranche_from) - 1]:
            return True
    return False


@loop(cache=True, nogil=True, **INNER)
def pay(line, cost, slot, tranche_from, slack, payer_start, payer):
    """Bind money of the funds of a line from a slot on, in their order."""
    rest, last, full = cost, slack.shape[1] - 1, 0.0
    begin, end = payer_start[line], payer_start[line + 1]
    fund = np.int64(-1)
    for i in range(begin, end):
        f = np.int64(payer[i, 0])
        if slot >= payer[i, 1]:
            continue
        part = rest
        if end - begin > 1:
            j, left = last, slack[f, last]
            while j > 0 and tranche_from[j] > slot:
                j -= 1
                left = min(left, slack[f, j])
            if fund < 0 or left > full:
                fund, full = f, left
            part = min(rest, max(left, 0.0))
        if part != 0.0:
            charge(f, part, slot, tranche_from, slack)
            rest -= part
    if rest > 0.0 and fund >= 0:  # what rounding leaves
        charge(fund, rest, slot, tranche_from, slack)


@loop(cache=True, nogil=True, **INNER)
def charge(fund, cost, slot, tranche_from, slack):
    """Bind money of a fund from a slot on."""
    j = slack.shape[1] - 1
    while j >= 0 and (j + 1 == slack.shape[1] or tranche_from[j + 1] > slot):
        slack[fund, j] -= cost
        j -= 1


@loop(cache=True, nogil=True, **INNER)
def fit(o, s, release, option, money, stage, worked, slot_of, tranche_from, arrived, payer_start,
        payer, free, skip, slack, found):
    """Whether option o of stage s fits from `release` on; found: start, end of the first step,
    start of the second (-1: none), finish."""
    if option[o, ALLOWED] == 0:
        return False
    low = max(release, option[o, FIRST_FROM], stage[s, EARLIEST])
    line = stage[s, STAGE_FUND]
    calendar, slots = option[o, FIRST_CALENDAR], option[o, FIRST_SLOTS]
    cost = money[o, OPTION_COST] if line >= 0 else 0.0
    paid = low
    while True:
        if cost > 0.0:
            paid = money_from(line, cost, low, tranche_from, arrived, slack, payer_start, payer)
            low = max(low, paid)
        if low > stage[s, LATEST]:
            return False
        a = earliest_start(free, skip, option[o, FIRST_POOL], option[o, FIRST_GEAR], worked,
                           slot_of, calendar, low, slots, option[o, FIRST_UNTIL])
        if a < 0 or a > stage[s, LATEST]:
            return False
        if cost <= 0.0 or a == low or not lapses(line, tranche_from, payer_start, payer):
            break
        low = a  # money that was there may have run out by then
    found[0] = a
    found[1] = end_of(worked, slot_of, calendar, a, slots)
    found[2] = -1
    found[3] = found[1]
    if option[o, SECOND_POOL] >= 0:
        calendar, slots = option[o, SECOND_CALENDAR], option[o, SECOND_SLOTS]
        b = earliest_start(free, skip, option[o, SECOND_POOL], option[o, SECOND_GEAR], worked,
                           slot_of, calendar,
                           np.int64(max(found[1], option[o, SECOND_FROM])), slots,
                           option[o, SECOND_UNTIL])
        if b < 0:
            return False
        found[2] = b
        found[3] = end_of(worked, slot_of, calendar, b, slots)
    return True


@loop(cache=True, nogil=True, **INNER)
def take(o, fund, first, second, option, money, worked, slot_of, tranche_from, payer_start, payer,
         free, skip, slack):
    """Use up what option o takes from its starts on."""
    end = end_of(worked, slot_of, option[o, FIRST_CALENDAR], first, option[o, FIRST_SLOTS])
    occupy(free, skip, option[o, FIRST_POOL], first, end)
    if option[o, FIRST_GEAR] >= 0:
        occupy(free, skip, option[o, FIRST_GEAR], first, end)
    if second >= 0:
        end = end_of(worked, slot_of, option[o, SECOND_CALENDAR], second, option[o, SECOND_SLOTS])
        occupy(free, skip, option[o, SECOND_POOL], second, end)
        if option[o, SECOND_GEAR] >= 0:
            occupy(free, skip, option[o, SECOND_GEAR], second, end)
    if fund >= 0:
        pay(fund, money[o, OPTION_COST], np.int64(first), tranche_from, slack, payer_start, payer)


@loop(cache=True, nogil=True, **INNER)
def occupy(free, skip, p, begin, end):
    """One unit of resource p less in begin .. end - 1."""
    for t in range(begin, end):
        free[p, t] -= 1
        if free[p, t] == 0:
            skip[p, t] = t + 1


@loop(cache=True, nogil=True, **INNER)
def release_pin(s, world, room):
    """Give back what was reserved for a pinned stage that cannot keep its slot."""
    o, option = room.reserved[0, s], world.option
    for step in range(4):
        if step < 2:
            a = room.reserved[1, s]
            end = end_of(world.worked, world.slot_of, option[o, FIRST_CALENDAR], a,
                         option[o, FIRST_SLOTS])
            p = option[o, FIRST_POOL] if step == 0 else option[o, FIRST_GEAR]
        else:
            a = room.reserved[2, s]
            if a < 0:
                break
            end = end_of(world.worked, world.slot_of, option[o, SECOND_CALENDAR], a,
                         option[o, SECOND_SLOTS])
            p = option[o, SECOND_POOL] if step == 2 else option[o, SECOND_GEAR]
        if p < 0:
            continue
        for t in range(a, end):
            room.free[p, t] += 1
        last = len(world.delay) - 1
        for t in range(last + 1):  # shortcuts over what is free again
            room.skip[p, t] = t + 1 if room.free[p, t] == 0 and t < last else t
    for f in range(len(room.slack)):
        if room.lent[f, s] != 0.0:
            charge(np.int64(f), -room.lent[f, s], np.int64(room.reserved[1, s]),
                   world.tranche_from, room.slack)
    room.pinned[s] = 2


@loop(cache=True, nogil=True, **INNER)
def stage_cost(s, f, worth, loss, seasons, delay):
    """Points of stage s when it is finished at slot f; the horizon where undone."""
    cost = worth[s, WEIGHT] * loss[f] + worth[s, SEASON_WEIGHT] * seasons[f]
    if worth[s, LATE_PRICE] > 0.0 and delay[f] > worth[s, PROMISED]:
        cost += worth[s, LATE_PRICE] * (delay[f] - worth[s, PROMISED])
    return cost


@loop(cache=True, nogil=True, **INNER)
def place_from(order, k, upto, world, room, out, tried, value, price, chosen, taken, spent, limit,
               soonest, thrift):
    """Go on placing stages at place k of the order, up to place `upto`; `place_all` says how.

    tried (S,) int8: 0 not yet, 1 tried, 2 not yet and another waits for it
    taken : the stages in the order in which they were tried, filled up to k already
    spent : points of what is placed, and what the rest costs at the soonest, `soonest` (S + C,)
        of stages and communities. When it passes `limit` the order is given up.

    Returns the points so far; at the end of the order those of stages and communities, without
    projects; inf if given up.
    """
    stages, horizon = len(world.stage), len(world.delay) - 1
    option, money, stage = world.option, world.money, world.stage
    worked, slot_of, tranche_from = world.worked, world.slot_of, world.tranche_from
    worth, loss, seasons, delay = world.worth, world.loss, world.seasons, world.delay
    free, skip, slack = room.free, room.skip, room.slack
    zone_opens, gate_left, gate_opens = room.zone_opens, room.gate_left, room.gate_opens
    after_start, after_stage, option_start = (world.after_start, world.after_stage,
                                              world.option_start)
    stage_gate_start, stage_gate, gate = world.stage_gate_start, world.stage_gate, world.gate
    zone_gate_start, zone_gate, arrived = world.zone_gate_start, world.zone_gate, world.arrived
    payer_start, payer = world.payer_start, world.payer
    pinned, reserved_at = room.pinned, room.reserved
    found, best_found = np.empty(4, np.int32), np.empty(4, np.int32)
    waiting = upto  # first place in the order of a stage that cannot be taken yet
    done = k
    while k < upto:
        s = np.int64(order[k])
        k += 1
        if tried[s] == 1:
            continue
        release = np.int64(zone_opens[stage[s, ZONE]])
        if release >= horizon:
            waiting = min(waiting, k - 1)
            continue
        possible, waits = True, False
        before = stage[s, PREDECESSOR]
        if before >= 0:
            if tried[before] != 1:
                waits, tried[before] = True, 2
            possible = out[4, before] >= 0
            release = max(release, out[4, before])
        for i in range(after_start[s], after_start[s + 1]):
            earlier = after_stage[i]
            if tried[earlier] != 1:
                waits, tried[earlier] = True, 2
            possible &= out[4, earlier] >= 0
            release = max(release, out[4, earlier])
        if waits:
            waiting = min(waiting, k - 1)
            continue
        opened = tried[s] == 2
        tried[s] = 1
        taken[done] = s
        done += 1
        best, best_slots, best_option = np.inf, 0, -1
        reserved = pinned[s] == 1
        if reserved:
            if not possible or release > reserved_at[1, s]:
                release_pin(s, world, room)
                reserved = False
            else:
                best_option = reserved_at[0, s]
                o = best_option
                best_found[0], best_found[2] = reserved_at[1, s], reserved_at[2, s]
                best_found[1] = end_of(worked, slot_of, option[o, FIRST_CALENDAR], best_found[0],
                                       option[o, FIRST_SLOTS])
                best_found[3] = best_found[1]
                if best_found[2] >= 0:
                    best_found[3] = end_of(worked, slot_of, option[o, SECOND_CALENDAR],
                                           best_found[2], option[o, SECOND_SLOTS])
        if possible and not reserved:
            lo, hi = option_start[s], option_start[s + 1]
            if chosen[s] >= 0:
                lo, hi = chosen[s], chosen[s] + 1
            for _turn in range(2):
                for o in range(lo, hi):
                    if not fit(np.int64(o), s, release, option, money, stage, worked, slot_of,
                               tranche_from, arrived, payer_start, payer, free, skip, slack,
                               found):
                        continue
                    p, q = option[o, FIRST_POOL], option[o, SECOND_POOL]
                    slots = found[1] - found[0]
                    cost = price[p, found[1]] - price[p, found[0]]
                    if q >= 0:
                        slots += found[3] - found[2]
                        cost += price[q, found[3]] - price[q, found[2]]
                    cost += value[s] * delay[found[3]] + thrift * money[o, OPTION_COST]
                    if cost < best or (cost == best and (
                            found[3] < best_found[3]
                            or (found[3] == best_found[3] and slots < best_slots))):
                        best, best_slots, best_option = cost, slots, o
                        for i in range(4):
                            best_found[i] = found[i]
                if best_option >= 0 or chosen[s] < 0:
                    break
                lo, hi = option_start[s], option_start[s + 1]
        if best_option < 0:
            spent += stage_cost(s, horizon, worth, loss, seasons, delay) - soonest[s]
            spent += worth[s, BROKEN]
            if spent > limit:
                return np.inf
            continue
        o = best_option
        out[0, s], out[1, s], out[2, s] = o, best_found[0], best_found[1]
        out[3, s], out[4, s] = best_found[2], best_found[3]
        if not reserved:
            take(np.int64(o), stage[s, STAGE_FUND], best_found[0], best_found[2], option, money,
                 worked, slot_of, tranche_from, payer_start, payer, free, skip, slack)
        cost = stage_cost(s, np.int64(best_found[3]), worth, loss, seasons, delay)
        spent += cost + money[o, CHARGE]
        spent -= soonest[s]
        if spent > limit:
            return np.inf
        for i in range(stage_gate_start[s], stage_gate_start[s + 1]):
            g = stage_gate[i]
            gate_left[g] -= 1
            gate_opens[g] = max(gate_opens[g], best_found[3])
            if gate_left[g] == 0:
                at = max(zone_opens[gate[g, GATE_FROM]], gate_opens[g])
                opened |= spread(gate[g, GATE_TO], at, gate, zone_gate_start,
                                 zone_gate, gate_left, gate_opens, zone_opens)
        if opened and waiting < upto:
            k, waiting = min(k, waiting), upto
    if upto < stages:
        return spent
    for k in range(stages):  # what was never reached comes last, as it stood
        s = np.int64(order[k])
        if tried[s] != 1:
            if done < stages:  # else the order was taken in parts, and stands already
                taken[done] = s
            done += 1
            spent += stage_cost(s, horizon, worth, loss, seasons, delay) - soonest[s]
            spent += worth[s, BROKEN]
    for c in range(len(world.community_weight)):
        at = min(zone_opens[world.community_zone[c]], horizon)
        for i in range(world.community_start[c], world.community_start[c + 1]):
            finish = out[4, world.community_stage[i]]
            at = horizon if finish < 0 else max(at, finish)
        spent += world.community_weight[c] * loss[at] - soonest[stages + c]
    return spent if spent <= limit else np.inf


@loop(cache=True, nogil=True, **INNER)
def place_projects(world, room, out, projects):
    """Start each project when its land is released, the works that it follows are done, its season
    is there and its fund can pay, the one that can start first before the others; ties by weight
    for the money. Writes starts and finishes (2, W); returns their points."""
    count, horizon = len(world.project), len(world.delay) - 1
    work, worth, slack = world.project, world.project_worth, room.slack
    total = 0.0
    for w in range(count):
        projects[0, w] = projects[1, w] = -2
    for _ in range(count):
        best, best_at, best_ratio = -1, NEVER + 1, 0.0
        for w in range(count):
            if projects[0, w] != -2:
                continue
            at = work[w, PROJECT_EARLIEST]
            for i in range(world.project_start[w], world.project_start[w + 1]):
                finish = out[4, world.project_stage[i]]
                at = NEVER if finish < 0 else max(at, finish)
            turn = True
            for i in range(world.follow_start[w], world.follow_start[w + 1]):
                finish = projects[1, world.follow[i]]
                turn &= finish != -2
                at = NEVER if finish < 0 else max(at, finish)
            if not turn:
                continue
            fund, cost = work[w, PROJECT_FUND], worth[w, PROJECT_COST]
            while at < NEVER:  # until season and money agree
                low = at
                if len(world.season) > 0:
                    at = world.season[w, min(at, horizon)]
                if at < NEVER and fund >= 0 and cost > 0.0:
                    at = max(at, money_from(
                        fund, cost, min(at, horizon), world.tranche_from, world.arrived, slack,
                        world.payer_start, world.payer))
                if at == low or (len(world.season) == 0 and (fund < 0 or cost <= 0.0)):
                    break
            ratio = worth[w, PROJECT_WEIGHT] / (cost + 1e-9)
            if at < best_at or (at == best_at and ratio > best_ratio):
                best, best_at, best_ratio = w, at, ratio
        w = best
        if w < 0:  # works that follow each other in a circle
            break
        projects[0, w] = projects[1, w] = -1
        if best_at < NEVER and best_at + work[w, PROJECT_SLOTS] <= horizon:
            projects[0, w] = best_at
            projects[1, w] = best_at + work[w, PROJECT_SLOTS]
            if work[w, PROJECT_FUND] >= 0:
                pay(work[w, PROJECT_FUND], worth[w, PROJECT_COST], best_at, world.tranche_from,
                    slack, world.payer_start, world.payer)
        at = projects[1, w] if projects[1, w] >= 0 else horizon
        total += worth[w, PROJECT_WEIGHT] * world.loss[at]
    for w in range(count):
        if projects[0, w] == -2:
            projects[0, w] = projects[1, w] = -1
            total += worth[w, PROJECT_WEIGHT] * world.loss[horizon]
    return total


@loop(cache=True, nogil=True)
def place_all(order, world, room, value, price, chosen, thrift):
    """Place stages in the given order, each at its cheapest option, earliest start first.

    world : `Arrays`; room : `room_of` it, overwritten. price (R, H + 1): price[p, t] is the sum of
    prices of pool p before slot t; all zero makes the cheapest option the one that finishes first.
    value (S,): what a day of delay costs here; thrift: points of a unit of money. chosen (S,): an
    option that is preferred (-1: none); another is taken where it does not fit. Ties: earlier
    finish, then fewer slots, then the smaller option index.

    What people have pinned is reserved first. A stage whose zone is not open yet waits; when a
    gate opens, the stages that waited are taken first, in their order.

    Returns int32 (5, S): option, start, first_finish, second_start, finish; -1 where undone; the
    projects' starts and finishes (2, W); the order in which stages were tried; and the score.
    """
    stages = len(world.stage)
    out = np.full((5, stages), -1, np.int32)
    tried = np.zeros(stages, np.int8)
    taken = np.empty(stages, np.int32)
    projects = np.empty((2, len(world.project)), np.int32)
    clear_room(world, room)
    score = place_from(order, np.int64(0), stages, world, room, out, tried, value, price, chosen,
                       taken, 0.0, np.inf, np.zeros(stages + len(world.community_weight)), thrift)
    return out, projects, taken, score + place_projects(world, room, out, projects)


@loop(cache=True, nogil=True)
def place_behind(order, world, room, placed, chosen, fixed):
    """The placing (5, S) of an order of which the first `fixed` stages stay where `placed` (5, S)
    has them; `room` is what they leave over."""
    stages = len(world.stage)
    out, tried = placed.copy(), np.zeros(stages, np.int8)
    taken = order.copy()
    for k in range(stages):
        if k < fixed:
            tried[order[k]] = 1
        else:
            for i in range(5):
                out[i, order[k]] = -1
    place_from(order, fixed, stages, world, room, out, tried, np.ones(stages),
               np.zeros((len(world.resource), len(world.delay))), chosen, taken, 0.0, np.inf,
               np.zeros(stages + len(world.community_weight)), 0.0)
    return out


@loop(cache=True, nogil=True, **INNER)
def spread(zone, at, gate, zone_gate_start, zone_gate, gate_left, gate_opens, zone_opens):
    """Open a zone at slot `at`, and earlier than before what open gates lead to from it.

    zone_opens holds bottleneck paths: the latest gate of the best chain from zone 0 (M. Pollack,
    Operations Research 8, 1960). Returns whether a zone is now open that was not.
    """
    if at >= zone_opens[zone]:
        return False
    new = zone_opens[zone] == NEVER
    zone_opens[zone] = at
    stack = np.empty(len(zone_opens), np.int32)
    stack[0], height = zone, 1
    while height > 0:
        height -= 1
        here = stack[height]
        for i in range(zone_gate_start[here], zone_gate_start[here + 1]):
            g = zone_gate[i]
            there = gate[g, GATE_TO]
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


def decode(
    problem: Problem,
    priority: np.ndarray,
    *,
    chosen: np.ndarray | None = None,
    compiled: bool = True,
) -> Schedule:
    """The schedule that an order of stages leads to.

    Parameters
    ----------
    priority (S,) : smaller is dispatched first, never before its predecessor; ties by index
    chosen (S,) : an option per stage that is preferred, -1 for the one that finishes first
    compiled : else the same source is run by Python: for one decoding of a small problem, where
        loading what compiles takes longer

    Each stage in turn takes the earliest start at which its pool has a team free for the whole
    step (gaps before later work are used), of the option that finishes first; ties go to fewer
    slots, then to the smaller option index. What does not fit before the horizon stays undone,
    and so do the stages after it. Teams are numbered afterwards: the smallest number that is
    free. Deterministic. Source: serial schedule generation (R. Kolisch, EJOR 90, 1996).
    """
    stages = len(problem.predecessor)
    if chosen is None:
        chosen = np.full(stages, -1, dtype=np.int32)
    world = arrays(problem)
    order, value, chosen = dispatch_order(problem, priority), np.ones(stages), chosen.astype(
        np.int32)
    price = np.zeros((len(world.resource), problem.horizon + 1))
    if compiled:
        placed, projects, _, _ = place_all(order, world, room_of(world), value, price, chosen, 0.0)
    else:
        order, value, price, chosen = _viewed((order, value, price, chosen))
        placed, projects, _, _ = place_all.plain(
            order, _viewed(world), _viewed(room_of(world)), value, price, chosen, 0.0)
    return to_schedule(problem, placed, projects)


def _viewed(values: Any) -> Any:
    """Arrays of a tuple as memoryviews, whose items are plain numbers of Python."""
    viewed: list[Any] = [memoryview(v) if hasattr(v, "shape") else v for v in values]
    return tuple(viewed) if type(values) is tuple else type(values)(*viewed)


def to_schedule(problem: Problem, placed: np.ndarray, projects: np.ndarray | None = None
                ) -> Schedule:
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
    if projects is None or problem.conditions.projects is None:
        return Schedule(option, start, first_finish, second_start, finish, team[0], team[1])
    return Schedule(option, start, first_finish, second_start, finish, team[0], team[1],
                    np.array(projects[0]), np.array(projects[1]))
