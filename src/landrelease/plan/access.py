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

from landrelease.core.loops import loop
from landrelease.core.work import Access, Problem
from landrelease.plan.arrays import (
    ALLOWED,
    EARLIEST,
    FIRST_CALENDAR,
    FIRST_FROM,
    FIRST_SLOTS,
    FIRST_UNTIL,
    GATE_FROM,
    GATE_TO,
    LATEST,
    PREDECESSOR,
    SECOND_CALENDAR,
    SECOND_FROM,
    SECOND_POOL,
    SECOND_SLOTS,
    SECOND_UNTIL,
    ZONE,
    Arrays,
    arrays,
)
from landrelease.plan.decoder import INNER, end_of


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The stages as out-trees: `predecessor` (S,), `weight` (S,) [points a day] with communities
    counted at stages, `release` (S,) slots before which a stage cannot start, and `lost` [points]
    of the delay of communities that wait for no stage in particular."""

    predecessor: np.ndarray
    weight: np.ndarray
    release: np.ndarray
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
        return Relaxed(problem.predecessor, problem.weight,
                       np.zeros(len(problem.predecessor), dtype=np.int32), 0.0)
    stages = len(problem.predecessor)
    opens = earliest_openings(problem)
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
        soonest = min(int(opens[access.community_zone[c]]), problem.horizon)
        if behind is None:
            lost += float(worth) * float(problem.delay_days[-1])
            continue
        own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
        waits = np.union1d(own, behind).astype(np.int64)
        if not len(waits):
            lost += float(worth) * float(problem.delay_days[soonest])
            continue
        if finish is None:
            weight[waits] += worth / len(waits)
        else:
            weight[waits[np.argmax(late[waits])]] += worth
    release = np.minimum(opens[access.zone], problem.horizon + 1).astype(np.int32)
    return Relaxed(predecessor, weight, release, lost)


def earliest_openings(problem: Problem) -> np.ndarray:
    """Slots (Z,) before which no plan opens a zone, even with a team for every stage at once;
    2**30 where it never opens."""
    return soonest(problem, arrays(problem))[0]


def soonest(problem: Problem, world: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Slots before which no plan opens a zone (Z,) and finishes a stage (S,), even with a team for
    every stage at once; calendars, accreditations and fixed starts are kept. 2**30: never."""
    never, zones = 2**30, world.zones
    opens = np.full(zones, never, dtype=np.int64)
    opens[0] = 0
    gate = np.repeat(np.arange(len(world.gate)), np.diff(world.gate_start))
    order = np.argsort(_depths(problem.predecessor), kind="stable")
    while True:
        finish = np.empty(len(problem.predecessor), dtype=np.int64)
        _finish_soonest(order, opens, world, finish)
        passed = np.zeros(len(world.gate), dtype=np.int64)
        np.maximum.at(passed, gate, finish[world.gate_stage])
        new = opens.copy()
        np.minimum.at(new, world.gate[:, GATE_TO],
                      np.maximum(opens[world.gate[:, GATE_FROM]], passed))
        if np.array_equal(new, opens):
            return opens, finish
        opens = new


@loop(cache=True, nogil=True)
def _finish_soonest(order, opens, world, finish):
    option, stage, never = world.option, world.stage, 2**30
    worked, slot_of = world.worked, world.slot_of
    for s in order:
        release = max(opens[stage[s, ZONE]], np.int64(stage[s, EARLIEST]))
        before = stage[s, PREDECESSOR]
        if before >= 0:
            release = max(release, finish[before])
        finish[s] = never
        for o in range(world.option_start[s], world.option_start[s + 1]):
            if option[o, ALLOWED] == 0:
                continue
            t = _open_from(max(release, np.int64(option[o, FIRST_FROM])),
                           option[o, FIRST_CALENDAR], option[o, FIRST_SLOTS], worked, slot_of)
            if t > stage[s, LATEST]:
                continue
            f = np.int64(end_of(worked, slot_of, option[o, FIRST_CALENDAR], t,
                                option[o, FIRST_SLOTS]))
            if f > option[o, FIRST_UNTIL]:
                continue
            if option[o, SECOND_POOL] >= 0:
                t = _open_from(max(f, np.int64(option[o, SECOND_FROM])),
                               option[o, SECOND_CALENDAR], option[o, SECOND_SLOTS], worked,
                               slot_of)
                if t == never:
                    continue
                f = np.int64(end_of(worked, slot_of, option[o, SECOND_CALENDAR], t,
                                    option[o, SECOND_SLOTS]))
                if f > option[o, SECOND_UNTIL]:
                    continue
            finish[s] = min(finish[s], f)


@loop(cache=True, nogil=True, **INNER)
def _open_from(low, calendar, slots, worked, slot_of):
    """First open slot >= low with `slots` open slots from it on; 2**30 if there is none."""
    horizon = worked.shape[1] - 1
    if low >= horizon:
        return np.int64(2**30)
    w = worked[calendar, low]
    if w + slots > worked[calendar, horizon]:
        return np.int64(2**30)
    return np.int64(slot_of[calendar, w])


def levels(predecessor: np.ndarray) -> list[np.ndarray]:
    """Stages by their distance from the root: roots first."""
    depth = _depths(predecessor)
    return [np.flatnonzero(depth == d) for d in range(int(depth.max(initial=0)) + 1)]


def _depths(predecessor: np.ndarray) -> np.ndarray:
    depth, at = np.zeros(len(predecessor), dtype=np.int64), predecessor
    while np.any(at >= 0):
        depth += at >= 0
        at = np.where(at >= 0, predecessor[at], -1)
    return depth


def reconnecting_order(problem: Problem, slots: np.ndarray, land: bool = False) -> np.ndarray:
    """A priority (S,) by what reconnects most people soonest: again and again the community with
    the most weight for the work that its cheapest way and its own hazards still take.

    slots (S,) : work of each stage, for example quickest slots. Hazards that reconnect nobody
    follow by benefit per day. land : count the benefit of the hazards on the way as well, and let a
    hazard that reconnects nobody come before a community that gives less for the work. Greedy,
    after the cost-benefit rule for network restoration.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    access = problem.access
    assert access is not None
    hazards, zones = len(problem.hazard_ids), access.zones
    work = np.bincount(problem.hazard, slots, minlength=hazards)
    benefit = np.bincount(problem.hazard, problem.weight, minlength=hazards)
    gates, communities = len(access.gate_from), len(access.community_ids)
    gate = np.repeat(np.arange(gates), np.diff(access.gate_start))
    pair = np.unique(gate * hazards + problem.hazard[access.gate_stage])  # gate and hazard
    of_gate, needs = pair // hazards, pair % hazards
    needs_start = np.searchsorted(of_gate, np.arange(gates + 1))
    community = np.repeat(np.arange(communities), np.diff(access.community_start))
    own_pair = np.unique(community * hazards + problem.hazard[access.community_stage])
    of_community, own = own_pair // hazards, own_pair % hazards
    own_start = np.searchsorted(of_community, np.arange(communities + 1))
    # Gates that lead from the same zone to the same zone stand together; the cheapest counts.
    way = access.gate_from.astype(np.int64) * zones + access.gate_to
    by_way = np.argsort(way, kind="stable")
    first = np.flatnonzero(np.diff(way[by_way], prepend=-1))
    number = np.repeat(np.arange(len(first)), np.diff(np.append(first, gates)))
    left, gain = work.copy(), benefit.copy()
    rank = np.full(hazards, np.inf)
    place, at_rest = 0, 0
    per_work = benefit / np.maximum(work, 1e-9)
    rest = np.argsort(-per_work, kind="stable")
    waiting = np.flatnonzero(access.community_weight > 0)

    def take(hazard: int) -> None:
        nonlocal place
        if np.isinf(rank[hazard]):
            rank[hazard], left[hazard], gain[hazard] = place, 0.0, 0.0
            place += 1

    while len(waiting):
        cost = np.bincount(of_gate, left[needs], minlength=gates) + 1e-6
        least = np.minimum.reduceat(cost[by_way], first) if gates else cost
        hit = np.flatnonzero(cost[by_way] == least[number])
        arcs = by_way[hit[np.flatnonzero(np.diff(number[hit], prepend=-1))]]
        graph = csr_array((cost[arcs], (access.gate_from[arcs], access.gate_to[arcs])),
                          shape=(zones, zones))
        far, via = dijkstra(graph, indices=0, return_predecessors=True)
        zone = access.community_zone[waiting]
        total = far[zone] + np.bincount(of_community, left[own], minlength=communities)[waiting]
        if not np.isfinite(total).any():
            break
        enter = np.full(zones, -1)  # the gate by which the cheapest way comes into a zone
        used = via[access.gate_to[arcs]] == access.gate_from[arcs]
        enter[access.gate_to[arcs[used]]] = arcs[used]
        value = access.community_weight[waiting].astype(float)
        if land:
            along = np.zeros(zones)
            through = np.bincount(of_gate, gain[needs], minlength=gates)
            for z in np.argsort(far, kind="stable").tolist():
                if enter[z] >= 0 and np.isfinite(far[z]):
                    along[z] = along[access.gate_from[enter[z]]] + through[enter[z]]
            value += along[zone] + np.bincount(
                of_community, gain[own], minlength=communities)[waiting]
        ratio = value / np.maximum(total, 1e-3)
        chosen = int(np.argmax(ratio))
        c = int(waiting[chosen])
        waiting = np.delete(waiting, chosen)
        if not np.isfinite(total[chosen]):
            continue
        while land and at_rest < hazards and per_work[rest[at_rest]] >= ratio[chosen]:
            take(int(rest[at_rest]))
            at_rest += 1
        chain: list[int] = []
        at = int(access.community_zone[c])
        while at != 0:
            g = int(enter[at])
            chain[:0] = needs[needs_start[g]:needs_start[g + 1]].tolist()
            at = int(via[at])
        for hazard in [*chain, *own[own_start[c]:own_start[c + 1]].tolist()]:
            take(hazard)
    for hazard in rest.tolist():
        take(hazard)
    return rank[problem.hazard]


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
