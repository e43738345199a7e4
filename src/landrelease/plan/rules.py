"""The simple rules that a plan is held against: a problem in, a priority per stage out.

A smaller priority is dispatched first. All rules are decoded by the plan's own decoder, each stage
taking the team that finishes it first.
"""

from __future__ import annotations

import heapq

import numpy as np

from landrelease.core.geometry import geodesic_distance_m
from landrelease.core.work import Problem
from landrelease.plan.access import Relaxed, levels, reconnecting_order, relaxed

WHOLE_CHAIN = "benefit per day, whole chain"
_KINDS = (("nts",), ("ts",), ("manual", "mechanical"))  # by activity


def rules(problem: Problem) -> dict[str, np.ndarray]:
    """Priorities (S,) of each simple rule, by the name that a report shows.

    - largest area first, largest benefit first: of the whole hazard
    - nearest first: distance of the stage to the nearest base of a team that could do it
    - benefit per day first: of the stage alone, by its quickest option (W. E. Smith, Naval
      Research Logistics Quarterly 3, 1956)
    - benefit per day, whole chain: all that follows the stage counts
    - benefit per day, best of chain: the part of what follows that makes the ratio
      largest (W. A. Horn, SIAM J. Applied Mathematics 23, 1972; J. B. Sidney, 1975)
    - most people reconnected per day: where roads are blocked (`access.reconnecting_order`)
    """
    stages = len(problem.predecessor)
    hazard = problem.hazard
    area = np.bincount(hazard, np.where(problem.activity == 0, problem.work_m2, 0.0))
    loose = relaxed(problem)  # a community counts at what it waits for, roads as what follows
    weight = loose.weight
    benefit = np.bincount(hazard, weight)
    slots = quickest_slots(problem)
    made = {
        "largest area first": -area[hazard],
        "largest benefit first": -benefit[hazard],
        "nearest first": _nearest(problem),
        "benefit per day first": -weight / slots,
        WHOLE_CHAIN: whole_chain(loose, slots),
        "benefit per day, best of chain": -_best_ratio(loose, slots),
    }
    if problem.access is not None:
        made["most people reconnected per day"] = reconnecting_order(problem, slots)
    assert all(len(priority) == stages for priority in made.values())
    return made


def whole_chain(loose: Relaxed, slots: np.ndarray) -> np.ndarray:
    """The priority (S,) of the rule of that name; slots (S,) as `quickest_slots` gives them."""
    before = loose.predecessor
    weight_below, slots_below = loose.weight.copy(), slots.copy()
    for level in reversed(levels(before)):
        inner = level[before[level] >= 0]
        np.add.at(weight_below, before[inner], weight_below[inner])
        np.add.at(slots_below, before[inner], slots_below[inner])
    return -weight_below / slots_below


def quickest_slots(problem: Problem) -> np.ndarray:
    """Slots (S,) of the quickest option of each stage; the horizon where it has none."""
    slots = np.full(len(problem.predecessor), float(max(1, problem.horizon)))
    both = (problem.first_slots + problem.second_slots).astype(np.float64)
    some = np.flatnonzero(np.diff(problem.option_start) > 0)
    if len(some):
        slots[some] = np.minimum.reduceat(both, problem.option_start[some])
    return slots


def _nearest(problem: Problem) -> np.ndarray:
    """Distance (S,) in m from each stage to the nearest base of the kind of team it needs.

    A survey stands at the mean of the hazard's tasks; one of a hazard without tasks comes last.
    """
    if not problem.tasks:
        return np.zeros(len(problem.predecessor))
    lon = np.array([task.longitude for task in problem.tasks])
    lat = np.array([task.latitude for task in problem.tasks])
    of_task = np.zeros(len(problem.tasks), dtype=np.int64)
    inside = problem.task >= 0
    of_task[problem.task[inside]] = problem.hazard[inside]
    hazards = len(problem.hazard_ids)
    count = np.bincount(of_task, minlength=hazards)
    mean = [np.bincount(of_task, values, minlength=hazards) / np.maximum(count, 1)
            for values in (lon, lat)]
    x = np.where(inside, lon[problem.task], mean[0][problem.hazard])
    y = np.where(inside, lat[problem.task], mean[1][problem.hazard])
    nearest = np.full(len(x), np.inf)
    for activity, kinds in enumerate(_KINDS):
        at = np.flatnonzero(problem.activity == activity)
        places = {(p.longitude, p.latitude) for p in problem.pools
                  if p.kind in kinds and p.teams > 0}
        for place in sorted(places):
            far = geodesic_distance_m(np.full(len(at), place[0]), np.full(len(at), place[1]),
                                      x[at], y[at])
            nearest[at] = np.minimum(nearest[at], far)
    nearest[(problem.task < 0) & (count[problem.hazard] == 0)] = np.inf
    return nearest


def _best_ratio(loose: Relaxed, slots: np.ndarray) -> np.ndarray:
    """Horn's ratio (S,): the largest weight / slots over subtrees that begin with the stage."""
    stages = len(slots)
    weight, length = loose.weight.copy(), slots.copy()
    # Heaps of what may follow, best ratio first; joined small into large.
    follow: list[list[tuple[float, int]]] = [[] for _ in range(stages)]
    own: list[list[tuple[float, int]]] = [[] for _ in range(stages)]
    ratio = np.zeros(stages)
    # Successors before their predecessors.
    for s in np.concatenate([np.zeros(0, np.int64), *levels(loose.predecessor)])[::-1]:
        heap = follow[s]
        heapq.heapify(heap)
        while heap and -heap[0][0] > weight[s] / length[s]:
            _, child = heapq.heappop(heap)
            weight[s] += weight[child]
            length[s] += length[child]
            more = own[child]
            if len(more) > len(heap):
                heap, more = more, heap
            for item in more:
                heapq.heappush(heap, item)
        own[s] = heap
        ratio[s] = weight[s] / length[s]
        if loose.predecessor[s] >= 0:
            follow[loose.predecessor[s]].append((-ratio[s], int(s)))
    return ratio
