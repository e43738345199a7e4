"""What access over roads means for the bound and the rules: a problem of trees, never later.

A zone that every
chain of gates reaches only through the gates of one hazard cannot open before that hazard's stages
are finished: they dominate the zone (F. E. Allen, ACM SIGPLAN Notices 5(7), 1970). Of the either-or
of the roads only this is kept, one dominator for each first stage, and a community counts at one of
the stages that it waits for. Both only bring benefits forward, so a bound on the trees is a bound
on the problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landrelease.core.work import Access, Problem


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The stages as out-trees: `predecessor` (S,), `weight` (S,) [points a day] with communities
    counted at stages, and `lost` [points] of communities that nothing can reach."""

    predecessor: np.ndarray
    weight: np.ndarray
    lost: float


def relaxed(problem: Problem, finish: np.ndarray | None = None) -> Relaxed:
    """The problem as trees.

    finish (S,) : of a schedule, -1 where undone. A first stage follows the dominator that finishes
        last in it, and a community counts at the stage that it waits for longest: the tightest
        choice for that schedule, valid for all. None: the community's weight is spread evenly
        over the stages that it waits for, and the dominator with the largest index is followed.
    """
    access = problem.access
    if access is None:
        return Relaxed(problem.predecessor, problem.weight, 0.0)
    stages = len(problem.predecessor)
    late = (np.arange(stages) if finish is None
            else np.where(finish < 0, problem.horizon + 1, finish))
    before = dominators(access, stages)
    predecessor = problem.predecessor.copy()
    for s in np.flatnonzero(predecessor < 0):
        chosen = before[access.zone[s]]
        if chosen is not None and len(chosen):
            predecessor[s] = chosen[np.argmax(late[chosen])]
    _cut_cycles(predecessor, problem.predecessor)
    weight, lost = problem.weight.copy(), 0.0
    for c, worth in enumerate(access.community_weight):
        behind = before[access.community_zone[c]]
        if behind is None:
            lost += float(worth) * float(problem.delay_days[-1])
            continue
        own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
        waits = np.union1d(own, behind).astype(np.int64)
        if not len(waits):
            continue  # reachable and free from the start
        if finish is None:
            weight[waits] += worth / len(waits)
        else:
            weight[waits[np.argmax(late[waits])]] += worth
    return Relaxed(predecessor, weight, lost)


def dominators(access: Access, stages: int) -> list[np.ndarray | None]:
    """For each zone the stages (int64, sorted) that must be finished before it can open; None
    where no chain of gates leads to it. stages : number of stages of the problem."""
    reached = _reach(access, np.ones(len(access.gate_from), dtype=bool))
    gate = np.repeat(np.arange(len(access.gate_from)), np.diff(access.gate_start))
    out: list[list[int]] = [[] for _ in range(access.zones)]
    same: dict[bytes, np.ndarray] = {}  # stages of one hazard block the same gates
    for s in np.unique(access.gate_stage):
        usable = np.ones(len(access.gate_from), dtype=bool)
        usable[gate[access.gate_stage == s]] = False
        key = usable.tobytes()
        if key not in same:
            same[key] = np.flatnonzero(reached & ~_reach(access, usable))
        for zone in same[key]:
            out[zone].append(int(s))
    return [np.array(o, dtype=np.int64) if r else None for o, r in zip(out, reached, strict=True)]


def _reach(access: Access, usable: np.ndarray) -> np.ndarray:
    """Zones (Z,) bool that usable gates (G,) lead to from zone 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    graph = coo_array((np.ones(int(usable.sum())), (
        access.gate_from[usable], access.gate_to[usable])), shape=(access.zones, access.zones))
    found = np.zeros(access.zones, dtype=bool)
    found[breadth_first_order(graph.tocsr(), 0, return_predecessors=False)] = True
    return found


def _cut_cycles(predecessor: np.ndarray, own: np.ndarray) -> None:
    """Give first stages that follow themselves their own predecessor back (they have none).

    A hazard that can only be reached over itself makes such a circle; its stages are never done,
    so without the link the trees are still no later.
    """
    state = np.zeros(len(predecessor), dtype=np.int8)  # 0 new, 1 on the way, 2 done
    for s in range(len(predecessor)):
        way = []
        at = s
        while at >= 0 and state[at] == 0:
            state[at] = 1
            way.append(at)
            at = int(predecessor[at])
        if at >= 0 and state[at] == 1:
            circle = way[way.index(at):]
            for stage in circle:
                if own[stage] < 0:
                    predecessor[stage] = -1
        state[way] = 2
