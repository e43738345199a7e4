"""An order of activities in, a schedule out: each as early as what came before it allows.

Serial schedule generation and forward-backward improvement (justification) of Valls, Ballestín and
Quintanilla (2005): shift every activity as late as possible from the end, then as early as
possible again; the result never ends later. People of equal skills are one group; who serves is
chosen so that the most versatile stay free (greedy on a transversal matroid).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from landrelease.plan.cases.case import Case


class Arrays(NamedTuple):
    """A case as flat arrays; activities by position, in the order of the case."""

    before_at: np.ndarray  # (n + 1,) where the predecessors of each activity begin in `before`
    before: np.ndarray
    after_at: np.ndarray
    after: np.ndarray
    mode_at: np.ndarray  # (n + 1,) where the modes of each activity begin
    duration: np.ndarray  # (modes,)
    demand: np.ndarray  # (modes, renewables)
    use: np.ndarray  # (modes, consumables)
    capacity: np.ndarray  # (renewables,)
    stock: np.ndarray  # (consumables,)
    want: np.ndarray  # (n, skills) people
    masters: np.ndarray  # (groups, skills) 0 or 1
    size: np.ndarray  # (groups,) people
    horizon: int  # all activities one after the other, in their longest modes


def groups(case: Case) -> list[tuple[frozenset[int], list[int]]]:
    """People of equal skills together: (skills, persons from 1), the least versatile first."""
    found: dict[frozenset[int], list[int]] = {}
    for person, skills in enumerate(case.masters, 1):
        found.setdefault(skills, []).append(person)
    return sorted(found.items(), key=lambda item: (len(item[0]), sorted(item[0])))


def arrays(case: Case) -> Arrays:
    """The case as arrays for the compiled loops."""
    at = {activity.id: i for i, activity in enumerate(case.activities)}
    after: list[list[int]] = [[at[s] for s in a.successors] for a in case.activities]
    before: list[list[int]] = [[] for _ in after]
    for i, later in enumerate(after):
        for j in later:
            before[j].append(i)
    modes = [m for a in case.activities for m in a.modes]
    together = groups(case)
    return Arrays(
        *_flat(before), *_flat(after),
        np.cumsum([0, *(len(a.modes) for a in case.activities)]),
        np.array([m.duration for m in modes], np.int64),
        _table([m.renewable for m in modes], len(case.renewable)),
        _table([m.consumable for m in modes], len(case.consumable)),
        np.array(case.renewable, np.int64), np.array(case.consumable, np.int64),
        _table([a.people or (0,) * case.skills for a in case.activities], case.skills),
        _table([tuple(int(s in skills) for s in range(1, case.skills + 1))
                for skills, _ in together], case.skills),
        np.array([len(persons) for _, persons in together], np.int64),
        sum(max(m.duration for m in a.modes) for a in case.activities))


def _flat(lists: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return (np.cumsum([0, *(len(x) for x in lists)]),
            np.array([i for x in lists for i in x], np.int64))


def _table(rows: list[tuple[int, ...]], columns: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(len(rows), columns)


@njit(cache=True, nogil=True)
def serial(order, duration, demand, before_at, before, capacity, left, start):  # pragma: no cover
    """Place the activities of `order` one by one as early as possible; returns the end.

    Every activity must stand after its predecessors. `left` (periods, renewables) is scratch.
    """
    kinds = capacity.shape[0]
    for t in range(left.shape[0]):
        for r in range(kinds):
            left[t, r] = capacity[r]
    end = 0
    for a in order:
        first = 0
        for k in range(before_at[a], before_at[a + 1]):
            p = before[k]
            if start[p] + duration[p] > first:
                first = start[p] + duration[p]
        d = duration[a]
        if d > 0:
            run = 0
            t = first
            while run < d:
                fits = True
                for r in range(kinds):
                    if left[t, r] < demand[a, r]:
                        fits = False
                        break
                run = run + 1 if fits else 0
                t += 1
            first = t - d
            for u in range(first, t):
                for r in range(kinds):
                    left[u, r] -= demand[a, r]
        start[a] = first
        if first + d > end:
            end = first + d
    return end


@njit(cache=True, nogil=True)
def serial_free(order, free, mode, duration, demand, used, case, left, start):  # pragma: no cover
    """As `serial`, but activities marked `free` take the mode in which they end first.

    Only modes that keep the consumables within stock (`used` holds the sums of all chosen modes)
    count; `mode`, `duration`, `demand` and `used` are changed to what was chosen.
    """
    kinds = case.capacity.shape[0]
    for t in range(left.shape[0]):
        for r in range(kinds):
            left[t, r] = case.capacity[r]
    end = 0
    for a in order:
        ready = 0
        for k in range(case.before_at[a], case.before_at[a + 1]):
            p = case.before[k]
            if start[p] + duration[p] > ready:
                ready = start[p] + duration[p]
        best, best_end = mode[a], 1 << 40
        low, high = mode[a], mode[a] + 1
        if free[a]:
            low, high = case.mode_at[a], case.mode_at[a + 1]
        for m in range(low, high):
            allowed = True
            for k in range(case.stock.shape[0]):
                more = case.use[m, k] - case.use[mode[a], k]
                if more > 0 and used[k] + more > case.stock[k]:
                    allowed = False
            if not allowed:
                continue
            d = case.duration[m]
            run, t = 0, ready
            while run < d and t < best_end:
                fits = True
                for r in range(kinds):
                    if left[t, r] < case.demand[m, r]:
                        fits = False
                        break
                run = run + 1 if fits else 0
                t += 1
            if run == d and t < best_end:
                best, best_end = m, t
        for k in range(case.stock.shape[0]):
            used[k] += case.use[best, k] - case.use[mode[a], k]
        mode[a] = best
        d = case.duration[best]
        duration[a] = d
        start[a] = best_end - d
        for r in range(kinds):
            demand[a, r] = case.demand[best, r]
            for u in range(best_end - d, best_end):
                left[u, r] -= demand[a, r]
        if best_end > end:
            end = best_end
    return end


@njit(cache=True, nogil=True)
def staff(want, available, masters, ranking, chosen):  # pragma: no cover
    """Choose people for one activity; False if those available do not suffice.

    Groups are taken in the order of `ranking`, so the people left are those ranked last; a person
    who serves already may change the skill to make room (augmenting paths). `chosen` (groups,
    skills) gets the numbers.
    """
    crowd, skills = masters.shape
    missing = np.empty(skills, np.int64)
    total = 0
    for s in range(skills):
        missing[s] = want[s]
        total += want[s]
    chosen[:, :] = 0
    if total == 0:
        return True
    via_skill = np.empty(skills, np.int64)
    via_group = np.empty(skills, np.int64)
    queue = np.empty(skills, np.int64)
    for k in range(crowd):
        g = ranking[k]
        for _ in range(available[g]):
            head, tail = 0, 0
            goal = -1
            for s in range(skills):
                via_skill[s] = -2
            for s in range(skills):
                if masters[g, s]:
                    via_skill[s] = -1
                    queue[tail] = s
                    tail += 1
            while head < tail and goal < 0:
                s = queue[head]
                head += 1
                if missing[s] > 0:
                    goal = s
                    break
                for h in range(crowd):
                    if chosen[h, s] > 0:
                        for z in range(skills):
                            if masters[h, z] and via_skill[z] == -2:
                                via_skill[z] = s
                                via_group[z] = h
                                queue[tail] = z
                                tail += 1
            if goal < 0:
                break
            missing[goal] -= 1
            total -= 1
            s = goal
            while via_skill[s] >= 0:
                h = via_group[s]
                chosen[h, s] += 1
                chosen[h, via_skill[s]] -= 1
                s = via_skill[s]
            chosen[g, s] += 1
            if total == 0:
                return True
    return False


@njit(cache=True, nogil=True)
def serial_people(order, duration, demand, before_at, before, case, ranking, left, idle, start,
                  serving):  # pragma: no cover
    """As `serial`, with people: `serving` (n, groups, skills) gets who serves in which skill."""
    kinds, crowd = case.capacity.shape[0], case.size.shape[0]
    for t in range(left.shape[0]):
        for r in range(kinds):
            left[t, r] = case.capacity[r]
        for g in range(crowd):
            idle[t, g] = case.size[g]
    available = np.empty(crowd, np.int64)
    end = 0
    for a in order:
        t = 0
        for k in range(before_at[a], before_at[a + 1]):
            p = before[k]
            if start[p] + duration[p] > t:
                t = start[p] + duration[p]
        d = duration[a]
        while True:
            stop = -1  # the last period of the window where a resource is missing
            for u in range(t, t + d):
                for r in range(kinds):
                    if left[u, r] < demand[a, r]:
                        stop = u
            if stop >= 0:
                t = stop + 1
                continue
            for g in range(crowd):
                available[g] = case.size[g]
                for u in range(t, t + d):
                    if idle[u, g] < available[g]:
                        available[g] = idle[u, g]
            if staff(case.want[a], available, case.masters, ranking, serving[a]):
                break
            # A later start helps only when somebody comes free between t and t + 1.
            freed = False
            while not freed:
                for g in range(crowd):
                    if idle[t, g] < idle[t + 1, g]:
                        freed = True
                t += 1
        start[a] = t
        for u in range(t, t + d):
            for r in range(kinds):
                left[u, r] -= demand[a, r]
            for g in range(crowd):
                for s in range(serving.shape[2]):
                    idle[u, g] -= serving[a, g, s]
        if t + d > end:
            end = t + d
    return end
