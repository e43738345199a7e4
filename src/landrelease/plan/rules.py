"""The simple rules that a plan is held against, each an order of stages for the same decoder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landrelease.core.work import Problem


def shortest_slots(problem: Problem) -> np.ndarray:
    """Slots (S,) of each stage's shortest option; 1 where it has none."""
    slots = problem.first_slots + np.where(problem.second_pool >= 0, problem.second_slots, 0)
    out = np.ones(len(problem.predecessor))
    for s in range(len(out)):
        lo, hi = problem.option_start[s], problem.option_start[s + 1]
        if hi > lo:
            out[s] = max(1, slots[lo:hi].min())
    return out


def _per_hazard(problem: Problem, values: np.ndarray) -> np.ndarray:
    """Sum of stage values over each hazard, given back to its stages (S,)."""
    return np.bincount(problem.hazard, weights=values,
                       minlength=len(problem.hazard_ids))[problem.hazard]


def largest_first(problem: Problem) -> np.ndarray:
    return -_per_hazard(problem, problem.released_m2)


def largest_benefit_first(problem: Problem) -> np.ndarray:
    return -_per_hazard(problem, problem.weight)


def nearest_first(problem: Problem) -> np.ndarray:
    """By the straight distance from an area to the nearest base."""
    bases = np.array([(p.longitude, p.latitude) for p in problem.pools])
    at = np.full((len(problem.hazard_ids), 2), np.nan)
    for task in problem.tasks:
        index = _hazard_index(problem)[task.hazard_id]
        at[index] = task.longitude, task.latitude
    scale = np.array([np.cos(np.radians(np.nanmean(at[:, 1]))), 1.0])
    apart = ((at[:, None, :] - bases[None, :, :]) * scale) ** 2
    return apart.sum(axis=2).min(axis=1)[problem.hazard]


def _hazard_index(problem: Problem) -> dict[str, int]:
    found = _INDEX.get(id(problem.hazard_ids))
    if found is None or found[0] is not problem.hazard_ids:
        found = (problem.hazard_ids, {h: i for i, h in enumerate(problem.hazard_ids)})
        _INDEX.clear()
        _INDEX[id(problem.hazard_ids)] = found
    return found[1]


_INDEX: dict[int, tuple[tuple[str, ...], dict[str, int]]] = {}


def benefit_per_day_first(problem: Problem) -> np.ndarray:
    """Benefit of the whole area by its team time (W. E. Smith, Naval Res. Log. Q. 3, 1956)."""
    return -_per_hazard(problem, problem.weight) / _per_hazard(problem, shortest_slots(problem))


def benefit_per_remaining_day_first(problem: Problem) -> np.ndarray:
    """Each stage by the best ratio of benefit to team time over what still follows it.

    Source: the ratio of J. B. Sidney, Operations Research 23 (1975), over the chain that follows.
    """
    weight = problem.weight.copy()
    slots = shortest_slots(problem)
    best = weight / slots
    for s in range(len(weight) - 1, -1, -1):
        best[s] = max(best[s], weight[s] / slots[s])
        before = problem.predecessor[s]
        if before >= 0:
            weight[before] += weight[s]
            slots[before] += slots[s]
    return -best


RULES: dict[str, Callable[[Problem], np.ndarray]] = {
    "largest area first": largest_first,
    "nearest first": nearest_first,
    "largest benefit first": largest_benefit_first,
    "benefit per day first": benefit_per_day_first,
    "benefit per remaining day first": benefit_per_remaining_day_first,
}
