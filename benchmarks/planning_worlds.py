"""Synthetic planning problems of any size, with roads, closures, budgets and second-phase projects.

Everything here is synthetic. The road network is random; bases, communities and hazards lie on its
nodes, which have coordinates. A blocked segment opens when its hazard is released; segments that
are open join nodes to zones. Money comes in seven instalments, six weeks apart. Time is half weeks
over three years.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from shapely import box

from landrelease.core import conditions as terms
from landrelease.core.work import Access, Problem, Task, TeamPool

SLOTS = 312
SIDE_KM = 60.0
_SIZE_M2 = 30_000.0  # of a hazard of size 1


def make_world(tasks: int = 500, teams: int = 60, seed: int = 1, *, money: bool = True,
               roads: bool = True) -> Problem:
    """A problem of about `tasks` tasks (each TS and clearance, behind the NTS of its hazard).

    tasks : number of tasks; nodes, communities and blocked segments grow with it
    teams : of five kinds, at one base in 250 tasks
    """
    chance = np.random.default_rng(seed)
    scale = tasks / 500
    nodes, blocked, bases = round(150 * scale), round(60 * scale), max(2, round(2 * scale))
    side = SIDE_KM * np.sqrt(scale)
    xy = chance.random((nodes, 2)) * side
    far = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    edges = _network(far, round(200 * scale), chance)
    shut = chance.choice(len(edges), blocked, replace=False)
    base = [0]
    while len(base) < bases:  # bases far from one another
        base.append(int(np.argmax(far[base].min(axis=0))))
    hazard_node, hazard_tasks, of_edge, of_community = [], [], {}, {}
    for e in shut:
        of_edge[int(e)] = len(hazard_node)
        hazard_node.append(edges[e][int(chance.integers(0, 2))])
        hazard_tasks.append(1)
    communities = chance.choice(nodes, round(64 * scale), replace=False)
    for c in communities:
        own = []
        for _ in range(int(chance.integers(0, 4))):
            own.append(len(hazard_node))
            hazard_node.append(int(c))
            hazard_tasks.append(int(chance.integers(1, 3)))
        of_community[int(c)] = own
    while sum(hazard_tasks) < tasks:
        hazard_node.append(int(chance.integers(0, nodes)))
        hazard_tasks.append(int(min(chance.integers(1, 4), tasks - sum(hazard_tasks))))
    hazards = len(hazard_node)
    degrees = _degrees(xy)
    pools, kind_of = _pools(teams, base, degrees)
    share = np.array([p.teams for p in pools])
    zone_of_node, gates = _zones(nodes, edges, {int(e) for e in shut}, base)

    closed = np.ones((5, SLOTS), bool)  # 0: always open; 1 to 4: quarters of the land
    for quarter in range(1, 5):
        for year in range(3):
            first = year * 104 + int(chance.integers(0, 88))
            closed[quarter, first:first + 16] = False
    quarter_of = 1 + (xy[:, 0] > side / 2).astype(int) + 2 * (xy[:, 1] > side / 2).astype(int)
    stage, options, tasks_made, work_of = [], [], [], []
    last_of: list[list[int]] = [[] for _ in range(hazards)]
    field_weight = np.where(np.arange(hazards) >= blocked, chance.gamma(2.0, 1.0, hazards), 0.2)

    def offer(node: int, kinds: tuple[str, ...], work: float) -> list[tuple]:
        """Options by the base and the kind of team: (pool, slots, second pool, slots, cost)."""
        made = []
        for b in range(len(base)):
            km = far[node, base[b]]
            if b and km > 2.0 * min(far[node, other] for other in base) + 10:
                continue  # far beyond the nearest base
            hours = max(0.45, 1 - 2 * km / 40 / 8) if km < 60 else 0.8
            for kind in kinds:
                p = kind_of[kind, b]
                if share[p] == 0:
                    continue
                if kind in ("mechanical", "animal"):
                    q = kind_of["manual", b]
                    fast = 0.28 if kind == "mechanical" else 0.35
                    d, e = _slots(work * fast / hours), _slots(work * 0.35 / hours)
                    made.append((p, d, q, e, d * pools[p].cost_per_day + e * pools[q].cost_per_day))
                else:
                    d = _slots(work / hours)
                    made.append((p, d, -1, 0, d * pools[p].cost_per_day))
        return made

    for h in range(hazards):
        node = hazard_node[h]
        size = chance.lognormal(0.0, 0.5)
        stage.append((f"h{h}:NTS", 0, -1, h, 0.3 * field_weight[h]))
        work_of.append((-1, _SIZE_M2 * size))
        options.append(offer(node, ("nts",), 0.4 * size))
        nts = len(stage) - 1
        for t in range(hazard_tasks[h]):
            part = size * chance.lognormal(0.0, 0.4)
            east, north = degrees[node]
            tasks_made.append(Task(
                f"h{h}/{t}", f"h{h}", box(east - 5e-4, north - 5e-4, east + 5e-4, north + 5e-4),
                _SIZE_M2 * part, float(east), float(north)))
            work_of += [(len(tasks_made) - 1, 0.8 * _SIZE_M2 * part),
                        (len(tasks_made) - 1, 0.5 * _SIZE_M2 * part)]
            stage.append((f"h{h}/{t}:TS", 1, nts, h, 0.25 * field_weight[h]))
            options.append(offer(node, ("ts",), 0.6 * part))
            kinds: tuple[str, ...] = ("manual",)
            draw = chance.random()
            if draw < 0.45:
                kinds = ("manual", "mechanical")
            elif draw < 0.65:
                kinds = ("manual", "animal")
            stage.append((f"h{h}/{t}:clearance", 2, len(stage) - 1, h, 0.45 * field_weight[h]))
            options.append(offer(node, kinds, 2.4 * part))
            last_of[h].append(len(stage) - 1)
    weight = np.array([s[4] for s in stage])
    weight *= 300 / weight.sum()
    flat = [o for own in options for o in own]
    hz = np.array([s[3] for s in stage], np.int32)
    counts = np.array([len(own) for own in options])
    node_of_option = np.repeat(np.array(hazard_node)[hz], counts)
    calendar = quarter_of[node_of_option].astype(np.int32)
    cost = np.array([o[4] for o in flat], float)
    access = None
    if roads:
        gate_rows = [(a, b, last_of[of_edge[e]] if e in of_edge else []) for e, a, b in gates]
        people = chance.lognormal(0.0, 0.8, len(communities))
        own_stages = [[s for h in of_community[int(c)] for s in last_of[h]] for c in communities]
        access = Access(
            zone=zone_of_node[np.array(hazard_node)[hz]].astype(np.int32),
            zones=int(zone_of_node.max()) + 1,
            gate_ids=tuple(f"g{i}" for i in range(len(gate_rows))),
            gate_from=np.array([g[0] for g in gate_rows], np.int32),
            gate_to=np.array([g[1] for g in gate_rows], np.int32),
            gate_start=np.cumsum([0] + [len(g[2]) for g in gate_rows]).astype(np.int32),
            gate_stage=np.array([s for g in gate_rows for s in g[2]], np.int32),
            community_ids=tuple(f"c{int(c)}" for c in communities), community_people=people,
            community_weight=700 * people / people.sum(),
            community_zone=zone_of_node[communities].astype(np.int32),
            community_start=np.cumsum([0] + [len(o) for o in own_stages]).astype(np.int32),
            community_stage=np.array([s for o in own_stages for s in o], np.int32))
        # The ground beside a blocked road can be reached from either end.
        access = _beside(access, zone_of_node, edges, of_edge, hz)
    works = max(4, round(20 * scale))
    needs = [chance.choice(hazards, int(chance.integers(1, 4)), replace=False)
             for _ in range(works)]
    need = [[s for h in own for s in last_of[int(h)]] for own in needs]
    project_cost = chance.lognormal(0.0, 0.6, works)
    first = np.concatenate([[0], np.cumsum(counts)])[:-1]
    total = float(np.minimum.reduceat(cost, first).sum())
    arrived = np.zeros((2, SLOTS))
    for instalment in range(7):
        arrived[0, instalment * 12:] += (0.4 if instalment == 0 else 0.15) * total
        arrived[1, instalment * 12:] += 1.4 * float(project_cost.sum()) / 7
    conditions = terms.Conditions(
        calendars=terms.Calendars(("always", "nw", "ne", "sw", "se"), closed, calendar,
                                  np.where([o[2] >= 0 for o in flat], calendar, 0)
                                  .astype(np.int32)),
        money=terms.Money(("demining", "rebuilding"), "USD", arrived,
                          np.zeros(len(stage), np.int32)) if money else None,
        projects=terms.Projects(
            tuple(f"p{w}" for w in range(works)),
            np.cumsum([0] + [len(n) for n in need]).astype(np.int32),
            np.array([s for n in need for s in n], np.int32),
            chance.integers(16, 53, works).astype(np.int32), project_cost,
            np.full(works, 1 if money else -1, np.int32), np.zeros(works, np.int32),
            np.ones(works), 100 * chance.dirichlet(np.full(works, 2.0))))
    start = date(2027, 1, 4)
    return Problem(
        stage_ids=tuple(s[0] for s in stage), activity=np.array([s[1] for s in stage], np.int8),
        predecessor=np.array([s[2] for s in stage], np.int32), hazard=hz,
        task=np.array([w[0] for w in work_of], np.int32), weight=weight,
        work_m2=np.array([w[1] for w in work_of]),
        released_m2=np.array([w[1] for w in work_of]) * np.array([0.3, 0.5, 1.0])[
            [s[1] for s in stage]],
        option_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        first_pool=np.array([o[0] for o in flat], np.int32),
        first_slots=np.array([o[1] for o in flat], np.int32),
        second_pool=np.array([o[2] for o in flat], np.int32),
        second_slots=np.array([o[3] for o in flat], np.int32),
        option_cost=cost, option_mode=tuple(_mode(o, pools) for o in flat), pools=pools,
        pool_teams=share.astype(np.int32), pool_opens=np.zeros(len(pools), np.int32),
        pool_closes=np.full(len(pools), SLOTS, np.int32),
        delay_days=np.arange(SLOTS + 1) / 2.0,  # in weeks
        slot_starts=tuple(start + timedelta(days=round(3.5 * t)) for t in range(SLOTS + 1)),
        slot_days=3.0, hazard_ids=tuple(f"h{h}" for h in range(hazards)), tasks=tuple(tasks_made),
        access=access, conditions=conditions)


def _slots(weeks: float) -> int:
    return max(1, round(2 * weeks))


def _mode(option: tuple, pools: tuple[TeamPool, ...]) -> str:
    kind = pools[option[0]].kind
    return {"mechanical": "machine then manual", "animal": "dogs then manual"}.get(kind, kind)


def _degrees(xy: np.ndarray) -> np.ndarray:
    """Longitude and latitude (N, 2) of nodes, around 20° east, 10° north."""
    return np.column_stack([20 + xy[:, 0] / (111.32 * np.cos(np.radians(10))),
                            10 + xy[:, 1] / 110.6])


def _pools(teams: int, base: list[int], degrees: np.ndarray
           ) -> tuple[tuple[TeamPool, ...], dict]:
    kinds = {"nts": 0.09, "ts": 0.17, "manual": 0.55, "mechanical": 0.11, "animal": 0.08}
    cost = {"nts": 1.0, "ts": 2.0, "manual": 4.0, "mechanical": 6.0, "animal": 3.0}
    pools, index = [], {}
    for kind, part in kinds.items():
        count = max(len(base), round(teams * part))
        for b in range(len(base)):
            own = count // len(base) + (b < count % len(base))
            index[kind, b] = len(pools)
            pools.append(TeamPool(f"{kind}{b}", kind, "o", f"b{b}",
                                  float(degrees[base[b], 0]), float(degrees[base[b], 1]), own,
                                  1.0, 1.0, 1.0, cost[kind], "USD", None, None, "synthetic"))
    return tuple(pools), index


def _network(far: np.ndarray, segments: int, chance: np.random.Generator
             ) -> list[tuple[int, int]]:
    """A spanning tree of the shortest distances, and further short segments."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    tree = minimum_spanning_tree(far * chance.uniform(0.7, 1.3, far.shape)).tocoo()
    edges = {tuple(sorted(pair)) for pair in zip(tree.row.tolist(), tree.col.tolist(),
                                                 strict=True)}
    order = np.argsort(np.where(np.triu(np.ones_like(far), 1) > 0, far, np.inf), axis=None)
    for k in order:
        if len(edges) >= segments:
            break
        a, b = divmod(int(k), len(far))
        edges.add((a, b))
    return sorted(edges)


def _zones(nodes: int, edges: list[tuple[int, int]], shut: set[int], base: list[int]
           ) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """Zone of each node (0: where the bases are), gates (edge, from, to) of the blocked edges."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [e for i, e in enumerate(edges) if i not in shut]
    pairs += [(base[0], b) for b in base[1:]]  # each base is reached from outside
    graph = coo_array((np.ones(len(pairs)), ([p[0] for p in pairs], [p[1] for p in pairs])),
                      shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    home = label[base[0]]
    zone = np.where(label == home, 0, np.where(label < home, label + 1, label))
    gates = []
    for e in sorted(shut):
        a, b = edges[e]
        if zone[a] != zone[b]:
            gates += [(e, int(zone[a]), int(zone[b])), (e, int(zone[b]), int(zone[a]))]
    return zone, gates


def _beside(access: Access, zone_of_node: np.ndarray, edges: list[tuple[int, int]],
            of_edge: dict[int, int], hazard: np.ndarray) -> Access:
    import dataclasses

    zone, zones = access.zone.copy(), access.zones
    more: list[tuple[int, int]] = []
    for e, h in of_edge.items():
        one, other = (int(zone_of_node[n]) for n in edges[e])
        if one == other:
            zone[hazard == h] = one
            continue
        zone[hazard == h] = zones
        more += [(one, zones), (other, zones)]
        zones += 1
    return dataclasses.replace(
        access, zone=zone, zones=zones,
        gate_ids=access.gate_ids + tuple(f"side{i}" for i in range(len(more))),
        gate_from=np.concatenate([access.gate_from, [m[0] for m in more]]).astype(np.int32),
        gate_to=np.concatenate([access.gate_to, [m[1] for m in more]]).astype(np.int32),
        gate_start=np.concatenate([access.gate_start, np.full(len(more), access.gate_start[-1])])
        .astype(np.int32))
