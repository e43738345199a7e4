"""A population of orders in, better orders out: a steady genetic search over schedules.

Children take a stretch of one parent's order and the rest of the other's (two-point crossover of
Hartmann 1998; a stretch of busy periods as Valls, Ballestín and Quintanilla 2008), are decoded and
justified (`decode`). Compiled; many thousand schedules a second and core.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from landrelease.plan.cases.decode import Arrays, serial, serial_free, serial_people

OVER = 100_000  # points of a schedule for each unit of consumables above stock
_SWAPS = 0.15  # share of neighbours in an order that a mutation swaps, where precedence allows it
_CHANGES = 0.05  # share of modes that a mutation changes
_FRUITLESS = 400  # schedules a member without a better one, after which the others begin anew
_BIASED = 0.7  # share of first orders that follow the latest finish


class Herd(NamedTuple):
    """The population and the best of it; arrays are changed in place."""

    order: np.ndarray  # (members, n)
    mode: np.ndarray  # (members, n)
    start: np.ndarray  # (members, n)
    points: np.ndarray  # (members,) end of the schedule, plus OVER for missing consumables
    best_start: np.ndarray  # (n,)
    best_mode: np.ndarray  # (n,)
    best_serving: np.ndarray  # (n, groups, skills)
    state: np.ndarray  # [best points, filled members, schedules made, schedules since the best]


def herd(case: Arrays, members: int) -> Herd:
    """An empty population."""
    n = case.want.shape[0]
    return Herd(
        np.zeros((members, n), np.int64), np.zeros((members, n), np.int64),
        np.zeros((members, n), np.int64), np.full(members, 1 << 40, np.int64),
        np.zeros(n, np.int64), case.mode_at[:-1].copy(),
        np.zeros((n, case.size.shape[0], case.want.shape[1]), np.int64),
        np.array([1 << 40, 0, 0, 0], np.int64))


@njit(cache=True, nogil=True)
def evolve(case: Arrays, rank, tail, herd: Herd, seed, children, target):  # pragma: no cover
    """Make `children` schedules, or fewer when one ends by `target`.

    rank : (n,) a topological order's position of each activity
    tail : (n,) least time from the end of an activity to the end of the project
    """
    np.random.seed(seed)
    n, crowd = rank.shape[0], case.size.shape[0]
    left = np.empty((case.horizon + 2, case.capacity.shape[0]), np.int64)
    idle = np.empty((case.horizon + 2, crowd), np.int64)
    duration = np.empty(n, np.int64)
    demand = np.empty((n, case.capacity.shape[0]), np.int64)
    used = np.empty(case.stock.shape[0], np.int64)
    order, mode = np.empty(n, np.int64), np.empty(n, np.int64)
    free = np.zeros(n, np.bool_)
    taken = np.empty(n, np.bool_)
    start, back = np.empty(n, np.int64), np.empty(n, np.int64)
    again = np.empty(n, np.int64)
    serving = np.zeros((n, crowd, case.want.shape[1]), np.int64)
    versatile = case.masters.sum(axis=1)
    busy = np.empty(case.horizon + 2, np.float64)
    members = herd.order.shape[0]
    several = case.mode_at[n] > n
    made = 0
    while made < children and herd.state[0] > target:
        # --- an order and modes
        if herd.state[1] < members:
            _first_order(case, tail, order, taken)
            for a in range(n):
                mode[a] = np.random.randint(case.mode_at[a], case.mode_at[a + 1])
        else:
            mother, father = _pick(herd), _pick(herd)
            if np.random.random() < 0.5:
                low = np.random.randint(0, n)
                high = np.random.randint(low, n) + 1
            else:
                low, high = _busy_stretch(case, herd, father, busy)
            _cross(herd, mother, father, low, high, order, mode, taken)
            _mutate(case, order, mode)
        for a in range(n):
            free[a] = several and np.random.random() < 0.3
        over = _repair(case, mode, used)
        for a in range(n):
            duration[a] = case.duration[mode[a]]
            demand[a] = case.demand[mode[a]]
        # --- its schedule, shifted right and left while that ends it sooner
        if crowd > 0:
            ranking = _sorted(versatile * 1000 + np.random.randint(0, 1500, crowd))
            end = serial_people(order, duration, demand, case.before_at, case.before, case,
                                ranking, left, idle, start, serving)
        elif several:
            end = serial_free(order, free, mode, duration, demand, used, case, left, start)
        else:
            end = serial(order, duration, demand, case.before_at, case.before, case.capacity,
                         left, start)
        made += 1
        _keep(herd, start, mode, serving, end + over * OVER)
        while True:
            key = _sorted(-((start + duration) * n + rank))
            if crowd > 0:
                serial_people(key, duration, demand, case.after_at, case.after, case, ranking,
                              left, idle, back, serving)
            else:
                serial(key, duration, demand, case.after_at, case.after, case.capacity, left, back)
            key = _sorted(-(back + duration) * n + rank)
            if crowd > 0:
                shifted = serial_people(key, duration, demand, case.before_at, case.before, case,
                                        ranking, left, idle, again, serving)
            else:
                shifted = serial(key, duration, demand, case.before_at, case.before,
                                 case.capacity, left, again)
            made += 2
            better = shifted < end
            if shifted <= end:
                start[:] = again
                end = shifted
                _keep(herd, start, mode, serving, end + over * OVER)
            if not better:
                break
        # --- into the population
        _enter(herd, start, mode, _sorted(start * n + rank), end + over * OVER)
        if herd.state[3] > _FRUITLESS * members:  # nothing new for long: begin anew beside the best
            herd.state[1] = 1
            herd.state[3] = 0
            best = np.argmin(herd.points)
            herd.order[0] = herd.order[best]
            herd.mode[0] = herd.mode[best]
            herd.start[0] = herd.start[best]
            herd.points[0] = herd.points[best]
    herd.state[2] += made
    return made


@njit(cache=True, nogil=True)
def _sorted(key):  # pragma: no cover
    """The positions by key, smallest first (Shell's sort: short to compile)."""
    n = key.shape[0]
    found = np.arange(n)
    gap = n // 2
    while gap > 0:
        for i in range(gap, n):
            moved = found[i]
            j = i
            while j >= gap and key[found[j - gap]] > key[moved]:
                found[j] = found[j - gap]
                j -= gap
            found[j] = moved
        gap //= 2
    return found


@njit(cache=True, nogil=True)
def _keep(herd, start, mode, serving, points):  # pragma: no cover
    herd.state[3] += 1
    if points < herd.state[0]:
        herd.state[0] = points
        herd.state[3] = 0
        herd.best_start[:] = start
        herd.best_mode[:] = mode
        herd.best_serving[:] = serving


@njit(cache=True, nogil=True)
def _first_order(case, tail, order, taken):  # pragma: no cover
    """A random order; mostly, of two that are ready, the one with more still behind it."""
    n = tail.shape[0]
    waits = np.empty(n, np.int64)
    ready = np.empty(n, np.int64)
    many = 0
    for a in range(n):
        waits[a] = case.before_at[a + 1] - case.before_at[a]
        if waits[a] == 0:
            ready[many] = a
            many += 1
    biased = np.random.random() < _BIASED
    for k in range(n):
        i = np.random.randint(0, many)
        if biased:
            for _ in range(2):
                j = np.random.randint(0, many)
                if tail[ready[j]] > tail[ready[i]]:
                    i = j
        a = ready[i]
        many -= 1
        ready[i] = ready[many]
        order[k] = a
        for m in range(case.after_at[a], case.after_at[a + 1]):
            b = case.after[m]
            waits[b] -= 1
            if waits[b] == 0:
                ready[many] = b
                many += 1


@njit(cache=True, nogil=True)
def settle(herd, rank, start, mode, serving, points):  # pragma: no cover
    """Let a schedule from elsewhere into the population."""
    np.random.seed(points & 0x7FFFFFFF)  # each thread has numbers of its own, unseeded at first
    if herd.order.shape[0] > 0 and points < 1 << 40:
        _keep(herd, start, mode, serving, points)
        _enter(herd, start, mode, _sorted(start * rank.shape[0] + rank), points)


@njit(cache=True, nogil=True)
def _pick(herd):  # pragma: no cover
    i = np.random.randint(0, herd.order.shape[0])
    j = np.random.randint(0, herd.order.shape[0])
    return i if herd.points[i] <= herd.points[j] else j


@njit(cache=True, nogil=True)
def _busy_stretch(case, herd, member, busy):  # pragma: no cover
    """Positions of the order that start in a random stretch of time, of some tries the busiest."""
    n = herd.order.shape[1]
    end = 0
    busy[:] = 0.0
    for a in range(n):
        m = herd.mode[member, a]
        share = 0.0
        for r in range(case.capacity.shape[0]):
            if case.capacity[r] > 0:
                share += case.demand[m, r] / case.capacity[r]
        for s in range(case.want.shape[1]):
            share += case.want[a, s]
        s = herd.start[member, a]
        for t in range(s, s + case.duration[m]):
            busy[t] += share
        if s + case.duration[m] > end:
            end = s + case.duration[m]
    if end < 4:
        return 0, n
    length = int(end * (0.15 + 0.35 * np.random.random())) + 1
    best, best_sum = 0, -1.0
    for _ in range(3):
        t = np.random.randint(0, max(1, end - length + 1))
        total = 0.0
        for u in range(t, t + length):
            total += busy[u]
        if total > best_sum:
            best, best_sum = t, total
    low, high = n, 0
    for k in range(n):
        s = herd.start[member, herd.order[member, k]]
        if best <= s < best + length:
            low = min(low, k)
            high = max(high, k + 1)
    return low, max(low, high)


@njit(cache=True, nogil=True)
def _cross(herd, mother, father, low, high, order, mode, taken):  # pragma: no cover
    """The father's order from `low` to `high`, around it the mother's; modes with their places."""
    n = order.shape[0]
    taken[:] = False
    inside = np.zeros(n, np.bool_)
    for k in range(low, high):
        inside[herd.order[father, k]] = True
    # What the mother does before, as many as the father does before the stretch.
    place = 0
    for k in range(n):
        if place == low:
            break
        a = herd.order[mother, k]
        order[place] = a
        mode[a] = herd.mode[mother, a]
        taken[a] = True
        place += 1
    for k in range(n):
        if place == high:
            break
        a = herd.order[father, k]
        if not taken[a]:
            order[place] = a
            mode[a] = herd.mode[father, a]
            taken[a] = True
            place += 1
    for k in range(n):
        a = herd.order[mother, k]
        if not taken[a]:
            order[place] = a
            mode[a] = herd.mode[mother, a]
            place += 1


@njit(cache=True, nogil=True)
def _mutate(case, order, mode):  # pragma: no cover
    n = order.shape[0]
    for k in range(n - 1):
        if np.random.random() < _SWAPS:
            a, b = order[k], order[k + 1]
            free = True
            for m in range(case.after_at[a], case.after_at[a + 1]):
                if case.after[m] == b:
                    free = False
            if free:
                order[k], order[k + 1] = b, a
    for a in range(n):
        if case.mode_at[a + 1] - case.mode_at[a] > 1 and np.random.random() < _CHANGES:
            mode[a] = np.random.randint(case.mode_at[a], case.mode_at[a + 1])


@njit(cache=True, nogil=True)
def _repair(case, mode, used):  # pragma: no cover
    """Change modes at random until the consumables suffice; returns what is still missing."""
    n, kinds = mode.shape[0], used.shape[0]
    used[:] = 0
    for a in range(n):
        for k in range(kinds):
            used[k] += case.use[mode[a], k]
    over = 0
    for k in range(kinds):
        over += max(0, used[k] - case.stock[k])
    tries = 0
    while over > 0 and tries < 20 * n:
        tries += 1
        a = np.random.randint(0, n)
        m = np.random.randint(case.mode_at[a], case.mode_at[a + 1])
        then = 0
        for k in range(kinds):
            then += max(0, used[k] + case.use[m, k] - case.use[mode[a], k] - case.stock[k])
        if then <= over:
            for k in range(kinds):
                used[k] += case.use[m, k] - case.use[mode[a], k]
            mode[a] = m
            over = then
    return over


@njit(cache=True, nogil=True)
def _enter(herd, start, mode, order, points):  # pragma: no cover
    """Put a schedule in the place of the worst, unless it is worse or there already."""
    members = herd.order.shape[0]
    if herd.state[1] < members:
        place = herd.state[1]
        herd.state[1] += 1
    else:
        place = 0
        for i in range(members):
            if herd.points[i] > herd.points[place]:
                place = i
        if points > herd.points[place]:
            return
        for i in range(members):
            if herd.points[i] == points:
                same = True
                for a in range(start.shape[0]):
                    if herd.start[i, a] != start[a] or herd.mode[i, a] != mode[a]:
                        same = False
                        break
                if same:
                    return
        # Among equally bad ones a random one leaves.
        for _ in range(3):
            i = np.random.randint(0, members)
            if herd.points[i] == herd.points[place]:
                place = i
    herd.order[place] = order
    herd.mode[place] = mode
    herd.start[place] = start
    herd.points[place] = points
