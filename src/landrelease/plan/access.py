"""Access over roads: zones and gates from a road network, and what they mean for the bound.

For the bound and the rules it becomes a problem of trees that is never later. A zone that every
chain of gates reaches only through the gates of one hazard cannot open before that hazard's stages
are finished: they dominate the zone (F. E. Allen, ACM SIGPLAN Notices 5(7), 1970). Of the either-or
of the roads only this is kept, one dominator for each first stage, and a community counts at one of
the stages that it waits for. Both only bring benefits forward, so a bound on the trees is a bound
on the problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landrelease.core.roads import RoadNetwork
from landrelease.core.work import ACTIVITIES, Access, Problem


def over_roads(
    problem: Problem,
    network: RoadNetwork,
    *,
    usable: np.ndarray,
    base_nodes: np.ndarray,
    blocked: tuple[np.ndarray, np.ndarray],
    hazard_nodes: tuple[np.ndarray, np.ndarray],
    community_ids: tuple[str, ...],
    community_people: np.ndarray,
    community_weight: np.ndarray,
    community_node: np.ndarray,
    community_tasks: tuple[np.ndarray, np.ndarray],
) -> Access:
    """The zones and gates of a problem over a network of N nodes and M segments.

    Parameters
    ----------
    usable (M,) : bool, segments that teams can drive where nothing blocks them
    base_nodes : nodes of the bases, int
    blocked : pairs (segment, task): clearing that task is needed before the segment can be used
    hazard_nodes : pairs (hazard index, node): nodes from which the hazard's edge can be reached;
        a hazard without one counts as reachable from the start
    community_ids, community_people, community_weight (C,) : people, NaN where not reported;
        points a day until the community is reachable and free
    community_node (C,) : its node, -1 where it lies on no road: then it is never cut off
    community_tasks : pairs (community, task) that must be finished for it to be free

    Ground that stays joined without the blocked segments is one zone; segments between the same
    zones that wait for the same tasks are one gate. One-way segments count both ways.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes, stages = len(network.node_ids), len(problem.predecessor)
    waits: dict[int, list[int]] = {}
    for segment, task in zip(*blocked, strict=True):
        waits.setdefault(int(segment), []).append(int(task))
    is_open = np.array(usable, dtype=bool)
    is_open[list(waits)] = False
    graph = coo_array((np.ones(int(is_open.sum())), (
        network.from_node[is_open], network.to_node[is_open])), shape=(nodes, nodes))
    count, piece = connected_components(graph, directed=False)
    # Zone 0 joins the pieces of all bases; the others follow in their order.
    zone_of_piece = np.full(count, -1)
    zone_of_piece[piece[base_nodes]] = 0
    rest = np.flatnonzero(zone_of_piece < 0)
    zone_of_piece[rest] = np.arange(1, len(rest) + 1)
    zone_of_node, zones = zone_of_piece[piece], len(rest) + 1

    last = np.full(len(problem.tasks), -1, dtype=np.int64)  # the stage that ends a task
    ends = np.flatnonzero(problem.activity == ACTIVITIES.index("clearance"))
    last[problem.task[ends]] = ends
    gates: dict[tuple[int, int, tuple[int, ...]], str] = {}
    for segment in sorted(waits):
        here = int(zone_of_node[network.from_node[segment]])
        there = int(zone_of_node[network.to_node[segment]])
        if here == there or not usable[segment]:
            continue
        needed = tuple(sorted({int(last[task]) for task in waits[segment]}))
        for way in ((here, there, needed), (there, here, needed)):
            gates.setdefault(way, network.segment_ids[segment])
    zone = np.zeros(stages, dtype=np.int32)
    around: dict[int, set[int]] = {}
    for hazard, node in zip(*hazard_nodes, strict=True):
        around.setdefault(int(hazard), set()).add(int(zone_of_node[node]))
    for hazard in sorted(around):
        sides = around[hazard]
        if 0 in sides:
            continue
        own = min(sides)
        if len(sides) > 1:
            own, zones = zones, zones + 1
            for side in sorted(sides):
                gates.setdefault((side, own, ()), problem.hazard_ids[hazard])
        zone[problem.hazard == hazard] = own
    tasks_of: list[list[int]] = [[] for _ in community_ids]
    for community, task in zip(*community_tasks, strict=True):
        tasks_of[int(community)].append(int(last[task]))
    node = np.asarray(community_node)
    return Access(
        zone=zone, zones=zones, gate_ids=tuple(gates.values()),
        gate_from=np.array([way[0] for way in gates], dtype=np.int32),
        gate_to=np.array([way[1] for way in gates], dtype=np.int32),
        gate_start=np.cumsum([0, *(len(way[2]) for way in gates)]).astype(np.int32),
        gate_stage=np.array([s for way in gates for s in way[2]], dtype=np.int32),
        community_ids=tuple(community_ids),
        community_people=np.asarray(community_people, dtype=np.float64),
        community_weight=np.asarray(community_weight, dtype=np.float64),
        community_zone=np.where(node >= 0, zone_of_node[node], 0).astype(np.int32),
        community_start=np.cumsum([0, *(len(t) for t in tasks_of)]).astype(np.int32),
        community_stage=np.array([s for own in tasks_of for s in sorted(own)], dtype=np.int32))


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
