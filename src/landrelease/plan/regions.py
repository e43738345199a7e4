"""Large problems searched region by region: one part is made anew while the rest stands.

A change of an order costs the decoding of all that comes behind it, so ten times the stages are ten
times the cost of a try, and ten times the tries are needed. Here the stages of some neighbouring
hazards are taken out of the plan, annealed within what the others leave over, and put back; the
whole order, by start, is then decoded, and stands if it is better (large neighbourhood search:
P. Shaw, CP 1998). Every score that counts is one of the whole problem.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from landrelease.core.work import Problem
from landrelease.plan.anneal import MOVES, Groups, anneal, hold
from landrelease.plan.arrays import Arrays, loss_curve
from landrelease.plan.decoder import Room, dispatch_order, room_of

WINDOW = 1200  # stages of a region


class Region(NamedTuple):
    """The stages that are searched, the others in the order of their starts, and the groups of
    stages that are worth moving together."""

    inside: np.ndarray
    outside: np.ndarray
    groups: Groups


def places(problem: Problem) -> np.ndarray:
    """Where each hazard lies: (H, 2) degrees, the mean of its tasks, longitudes shrunk by the
    latitude; without tasks the mean of all, so that such hazards fall to any region."""
    hazards = len(problem.hazard_ids)
    of = np.full(len(problem.tasks), -1, dtype=np.int64)
    with_task = problem.task >= 0
    of[problem.task[with_task]] = problem.hazard[with_task]
    xy = np.array([(t.longitude, t.latitude) for t in problem.tasks], dtype=float).reshape(-1, 2)
    known = of >= 0
    if not known.any():
        return np.zeros((hazards, 2))
    out = np.tile(xy[known].mean(axis=0), (hazards, 1))
    count = np.bincount(of[known], minlength=hazards)
    for axis in range(2):
        total = np.bincount(of[known], xy[known, axis], minlength=hazards)
        out[count > 0, axis] = total[count > 0] / count[count > 0]
    out[:, 0] *= np.cos(np.radians(out[:, 1]))
    return out


def region(problem: Problem, where: np.ndarray, centre: int, placed: np.ndarray, groups: Groups,
           window: int = WINDOW) -> Region:
    """The stages of the hazards nearest to one, whole hazards, about `window` of them.

    placed (5, S) : the schedule that stands
    """
    far = ((where - where[centre]) ** 2).sum(axis=1)
    size = np.bincount(problem.hazard, minlength=len(where))
    near = np.lexsort((np.arange(len(where)), far))
    taken = near[np.cumsum(size[near]) <= max(window, size[near[0]])]
    chosen = np.zeros(len(where), dtype=bool)
    chosen[taken] = True
    own = chosen[problem.hazard]
    start = np.where(placed[1] >= 0, placed[1], problem.horizon + 1)
    outside = np.flatnonzero(~own)
    return Region(np.flatnonzero(own).astype(np.int32),
                  outside[np.argsort(start[outside], kind="stable")].astype(np.int32),
                  _within(groups, own))


def _within(groups: Groups, own: np.ndarray) -> Groups:
    """What groups have inside a region."""
    of_group = np.repeat(np.arange(len(groups.start) - 1), np.diff(groups.start))
    kept = own[groups.stage]
    count = np.bincount(of_group[kept], minlength=len(groups.start) - 1)
    kept &= count[of_group] > 1
    stage, number = groups.stage[kept], of_group[kept]
    _, number = np.unique(number, return_inverse=True)
    start = np.concatenate([[0], np.cumsum(np.bincount(number))]).astype(np.int32)
    order = np.argsort(stage, kind="stable")
    return Groups(start, stage.astype(np.int32),
                  np.concatenate([[0], np.cumsum(np.bincount(stage, minlength=len(own)))]).astype(
                      np.int32), number[order].astype(np.int32))


def guarded(world: Arrays, problem: Problem, placed: np.ndarray, outside: np.ndarray) -> Arrays:
    """The problem in which opening a zone later than the stages outside need it costs something.

    What stands stays where it is while a region is searched, though ground behind a road that the
    region opens later would wait. A community without people stands for each such zone: its weight
    is that of the zone's outside stages, and it waits for the first of them and for the zone, so
    that nothing is gained before and all is lost behind it.
    """
    if problem.access is None:
        return world
    zone, start = problem.access.zone[outside], placed[1, outside]
    waits = (zone > 0) & (start >= 0)
    stages, zone, start = outside[waits], zone[waits], start[waits]
    weight = np.bincount(zone, problem.weight[stages], minlength=world.zones)
    order = np.lexsort((placed[4, stages], zone))
    zones, first = np.unique(zone[order], return_index=True)
    many = len(world.community_stage)
    return world._replace(
        community_weight=np.concatenate([world.community_weight, weight[zones]]),
        community_zone=np.concatenate([world.community_zone, zones]).astype(np.int32),
        community_start=np.concatenate([
            world.community_start, many + 1 + np.arange(len(zones))]).astype(np.int32),
        community_stage=np.concatenate([
            world.community_stage, stages[order][first]]).astype(np.int32))


class Searcher:
    """Room and start values that regions of a problem are searched with."""

    def __init__(self, problem: Problem, world: Arrays, soonest: np.ndarray, groups: Groups,
                 chains: int):
        self.problem, self.world = problem, world
        self.soonest, self.groups = soonest, groups
        self.rooms: list[Room] = [room_of(world) for _ in range(chains)]
        self.where = places(problem)
        self.last = loss_curve(problem)

    def search(self, chain: int, centre: int, placed: np.ndarray, order: np.ndarray,
               weights: np.ndarray, tries: int, heat: float, cooling: float, seed: int,
               window: int = WINDOW) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Anneal one region; (its stages, their placing by priority: (S,) place, options (S,)).

        Returns the inside stages, their new order, and the options of all stages.
        """
        part = region(self.problem, self.where, centre, placed, self.groups, window)
        world = guarded(self.world, self.problem, placed, part.outside)
        more = len(world.community_weight) - len(self.world.community_weight)
        soonest = np.concatenate([self.soonest, np.zeros(more)])
        room = self.rooms[chain]
        hold(world, room, part.outside, placed)
        at = np.empty(len(order), dtype=np.int64)
        at[order] = np.arange(len(order))
        inside = part.inside[np.argsort(at[part.inside], kind="stable")]
        seq = np.concatenate([part.outside, inside]).astype(np.int32)
        chosen = np.ascontiguousarray(placed[0])
        found = anneal(seq, chosen, world, room, soonest, part.groups, weights, tries, heat,
                       cooling, seed, len(part.outside), placed)
        return inside, found[1][len(part.outside):], found[2], found


def settled(world: Arrays, room: Room, order: np.ndarray, fixed: int, placed: np.ndarray,
            chosen: np.ndarray) -> np.ndarray:
    """The placing (5, S) that an order has behind `fixed` stages that stand (see `anneal`)."""
    from landrelease.plan.decoder import place_behind

    return place_behind(order, world, room, placed, chosen, fixed)
