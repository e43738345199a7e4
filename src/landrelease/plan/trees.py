"""Every tree of stages planned alone and exactly at given prices: the inner problem of the bound.

Dynamic programming over an out-tree: from the leaves to the root, the cost of a subtree that may
start from slot t on. Calendars, accreditations, shared equipment and fixed starts are kept exactly;
money and roads come in as prices.
"""

from __future__ import annotations

import numpy as np

from landrelease.core.loops import loop
from landrelease.plan.arrays import (
    ALLOWED,
    CHARGE,
    EARLIEST,
    FIRST_CALENDAR,
    FIRST_FROM,
    FIRST_GEAR,
    FIRST_POOL,
    FIRST_SLOTS,
    FIRST_UNTIL,
    LATE_PRICE,
    LATEST,
    OPTION_COST,
    SEASON_WEIGHT,
    SECOND_CALENDAR,
    SECOND_FROM,
    SECOND_GEAR,
    SECOND_POOL,
    SECOND_SLOTS,
    SECOND_UNTIL,
    STAGE_FUND,
    WEIGHT,
)
from landrelease.plan.decoder import INNER, stage_cost


@loop(cache=True, nogil=True)
def price_trees(tree_lo, tree_hi, tree_start, member, parent_at, release, never, world, price,
                bill, blame, blame_row, toll, toll_row, use, placed):
    """Plan the trees tree_lo .. tree_hi - 1 alone, exactly, at the given prices.

    member (S,) lists stages tree by tree, a stage after its predecessor; parent_at (S,) is the
    place in `member` of its predecessor, or -1. release (S,): no start before. never (S,): the cost
    of leaving the stage and all after it undone. price (R, H + 1): prices summed over the slots
    before t. bill (F + 1, H + 1): price of a unit of money bound at slot t, the last row 0.
    blame (B, H + 1): points of finishing at f, besides; blame_row (S,) its row. toll (T, H + 1):
    points of starting at t.

    Writes `use` (R, H + 1), differences of what is at work, and the stages' columns of `placed`
    (5, S) as in the decoder; returns the sum of the trees' costs.
    """
    horizon = len(world.delay) - 1
    option, money, stage, option_start = (world.option, world.money, world.stage,
                                          world.option_start)
    worked, slot_of, worth = world.worked, world.slot_of, world.worth
    loss, seasons, delay = world.loss, world.seasons, world.delay
    widest = 0
    for k in range(tree_lo, tree_hi):
        widest = max(widest, tree_start[k + 1] - tree_start[k])
    gain = np.empty((widest, horizon + 2))  # cost of the subtree when it may start from t on
    after = np.empty((widest, horizon + 1))  # cost of finishing at f: own delay + children
    tail = np.empty(horizon + 2)
    wait = np.empty(horizon + 2)
    total = 0.0
    for k in range(tree_lo, tree_hi):
        base, size = tree_start[k], tree_start[k + 1] - tree_start[k]
        for i in range(size):
            s = member[base + i]
            own = blame[blame_row[s]]
            if worth[s, LATE_PRICE] > 0.0:
                for t in range(horizon + 1):
                    after[i, t] = stage_cost(np.int64(s), t, worth, loss, seasons, delay) + own[t]
            else:
                w, sw = worth[s, WEIGHT], worth[s, SEASON_WEIGHT]
                for t in range(horizon + 1):
                    after[i, t] = w * loss[t] + sw * seasons[t] + own[t]
        for i in range(size - 1, -1, -1):
            s = member[base + i]
            row, end = gain[i], after[i]
            for t in range(horizon + 2):
                row[t] = never[s]
            paid, tolls = bill[stage[s, STAGE_FUND]], toll[toll_row[s]]
            for o in range(option_start[s], option_start[s + 1]):
                low, high = span(o, s, release[s], option, stage, horizon)
                if low >= high:
                    continue
                costs(o, low, high, option, worked, slot_of, price, end, wait, tail)
                cost, fixed = money[o, OPTION_COST], money[o, CHARGE]
                for t in range(low, high):
                    c = tail[t] + paid[t] * cost + tolls[t] + fixed
                    row[t] = c if c < row[t] else row[t]
            best = row[horizon + 1]
            for t in range(horizon, -1, -1):
                if row[t] < best:
                    best = row[t]
                row[t] = best
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
            target = row[t]
            while row[t + 1] == target:
                t += 1
            paid, tolls = bill[stage[s, STAGE_FUND]], toll[toll_row[s]]
            for o in range(option_start[s], option_start[s + 1]):
                low, high = span(o, s, release[s], option, stage, horizon)
                if t < low or t >= high:
                    continue
                costs(o, t, t + 1, option, worked, slot_of, price, end, wait, tail)
                if tail[t] + paid[t] * money[o, OPTION_COST] + tolls[t] + money[o, CHARGE] != (
                        target):
                    continue
                f = slot_of[option[o, FIRST_CALENDAR], worked[option[o, FIRST_CALENDAR], t]
                            + option[o, FIRST_SLOTS] - 1] + 1
                placed[0, s], placed[1, s], placed[2, s], placed[3, s] = o, t, f, -1
                note(use, option[o, FIRST_POOL], option[o, FIRST_GEAR], t, f)
                if option[o, SECOND_POOL] >= 0:
                    b = f
                    while wait[b + 1] == wait[f]:
                        b += 1
                    calendar = option[o, SECOND_CALENDAR]
                    f = slot_of[calendar, worked[calendar, b] + option[o, SECOND_SLOTS] - 1] + 1
                    placed[3, s] = b
                    note(use, option[o, SECOND_POOL], option[o, SECOND_GEAR], b, f)
                placed[4, s] = f
                break
    return total


@loop(cache=True, nogil=True, **INNER)
def span(o, s, release, option, stage, horizon):
    """Starts low <= t < high that an option may have, calendars aside."""
    if option[o, ALLOWED] == 0:
        return 0, 0
    low = max(option[o, FIRST_FROM], release, stage[s, EARLIEST])
    high = min(option[o, FIRST_UNTIL] - option[o, FIRST_SLOTS], stage[s, LATEST], horizon - 1) + 1
    return low, high


@loop(cache=True, nogil=True, **INNER)
def costs(o, low, high, option, worked, slot_of, price, end, wait, tail):
    """tail[t] for low <= t < high: the price of what option o uses when it starts at t, and what
    follows its finish, `end`; wait[t] the same of its second step alone, from slot t on."""
    finish = end
    if option[o, SECOND_POOL] >= 0:
        for t in range(len(wait)):
            wait[t] = np.inf
        until, slots = option[o, SECOND_UNTIL], option[o, SECOND_SLOTS]
        step_cost(wait, np.int64(option[o, SECOND_FROM]), np.int64(until - slots + 1),
                  option[o, SECOND_POOL], option[o, SECOND_GEAR], option[o, SECOND_CALENDAR],
                  slots, until, worked, slot_of, price, end)
        best = np.inf
        for t in range(len(wait) - 1, -1, -1):
            if wait[t] < best:
                best = wait[t]
            wait[t] = best
        finish = wait
    step_cost(tail, low, high, option[o, FIRST_POOL], option[o, FIRST_GEAR],
              option[o, FIRST_CALENDAR], option[o, FIRST_SLOTS], option[o, FIRST_UNTIL], worked,
              slot_of, price, finish)


@loop(cache=True, nogil=True, **INNER)
def step_cost(out, low, high, p, gear, calendar, slots, until, worked, slot_of, price, finish):
    """out[t] for low <= t < high: the price of a step that starts at t and what follows it."""
    if high <= low:
        return
    if calendar == 0:
        add_always(out[low:high], price[p, low:], price[p, low + slots:], finish[low + slots:],
                   high - low)
    else:
        open_before, open_slot = worked[calendar], slot_of[calendar]
        before, last = price[p], len(open_slot)
        for t in range(low, high):
            out[t] = np.inf
            w = open_before[t] + slots - 1
            if open_slot[open_before[t]] == t and w < last:
                f = open_slot[w] + 1
                if f <= until:
                    out[t] = before[f] - before[t] + finish[f]
    if gear >= 0:
        other = price[gear]
        for t in range(low, high):
            if out[t] < np.inf:
                f = slot_of[calendar, worked[calendar, t] + slots - 1] + 1
                out[t] += other[f] - other[t]


@loop(cache=True, nogil=True, **INNER)
def add_always(out, before, later, finish, n):
    """out[t] = later[t] - before[t] + finish[t].

    Views and not offsets are passed: an index that may be negative keeps the loop from vectors.
    """
    for t in range(n):
        out[t] = later[t] - before[t] + finish[t]


@loop(cache=True, nogil=True, **INNER)
def note(use, p, gear, begin, end):
    """A unit of resource p, and of the equipment, is used in begin .. end - 1."""
    use[p, begin] += 1
    use[p, end] -= 1
    if gear >= 0:
        use[gear, begin] += 1
        use[gear, end] -= 1
