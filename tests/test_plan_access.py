"""PLN: zones and gates made from a road network say the same as the network itself."""

import dataclasses

import numpy as np
import pytest
import shapely

from landrelease.core.roads import RoadNetwork
from landrelease.core.work import Task
from landrelease.plan.access import over_roads
from landrelease.plan.decoder import NEVER, arrays, opening
from tiny_worlds import tiny


def network(chance, nodes: int, segments: int) -> RoadNetwork:
    place = chance.random((nodes, 2)) * 0.01
    ends = np.array([chance.choice(nodes, 2, replace=False) for _ in range(segments)])
    words = ("",) * segments
    return RoadNetwork(
        node_ids=tuple(map(str, range(nodes))), node_place=place,
        segment_ids=tuple(f"s{i}" for i in range(segments)), source_ids=words,
        from_node=ends[:, 0].astype(np.int32), to_node=ends[:, 1].astype(np.int32),
        oneway=np.zeros(segments, np.int8), length_m=np.ones(segments),
        road_class=words, surface=words, structure=words, name=words,
        vertex_start=np.arange(0, 2 * segments + 1, 2),
        vertices=place[ends].reshape(-1, 2))


@pytest.mark.parametrize("seed", range(60))
def test_communities_are_reached_when_the_open_segments_lead_there(seed):
    chance = np.random.default_rng(seed)
    nodes, hazards = 12, 5
    problem = tiny(seed, hazards=hazards, horizon=40)
    clear = np.arange(1, 2 * hazards, 2)  # the clearance stage of each hazard's only task
    problem = dataclasses.replace(
        problem, task=np.where(problem.activity == 2, problem.hazard, -1).astype(np.int32),
        tasks=tuple(Task(f"t{h}", f"h{h}", shapely.box(0, 0, 1, 1), 1.0, 0.0, 0.0)
                    for h in range(hazards)))
    roads = network(chance, nodes, 18)
    usable = chance.random(18) < 0.9
    pairs = np.array([(m, h) for m in range(18) for h in range(hazards) if chance.random() < 0.12],
                     dtype=int).reshape(-1, 2)
    bases = chance.choice(nodes, 2, replace=False)
    near = np.array([(h, n) for h in range(hazards) for n in chance.choice(nodes, 2)], dtype=int)
    communities = chance.integers(-1, nodes, 8)
    own = np.array([(c, h) for c in range(8) for h in range(hazards) if chance.random() < 0.2],
                   dtype=int).reshape(-1, 2)
    access = over_roads(
        problem, roads, usable=usable, base_nodes=bases, blocked=(pairs[:, 0], pairs[:, 1]),
        hazard_nodes=(near[:, 0], near[:, 1]), community_ids=tuple("abcdefgh"),
        community_people=np.ones(8), community_weight=np.ones(8), community_node=communities,
        community_tasks=(own[:, 0], own[:, 1]))
    finish = np.full(len(problem.stage_ids), -1, np.int32)
    for stage in clear:
        finish[stage] = -1 if chance.random() < 0.2 else chance.integers(1, 40)
    zones, reached = opening(finish, arrays(dataclasses.replace(problem, access=access)))

    def joined(slot: float) -> set[int]:
        found = set(map(int, bases))
        grown = True
        while grown:
            grown = False
            for m in np.flatnonzero(usable):
                tasks = pairs[pairs[:, 0] == m, 1]
                if all(0 <= finish[clear[t]] <= slot for t in tasks):
                    two = {int(roads.from_node[m]), int(roads.to_node[m])}
                    if two & found and not two <= found:
                        found |= two
                        grown = True
        return found

    slots = [joined(slot) for slot in range(41)]

    def first(node: int) -> int:
        if node < 0:
            return 0
        return next((t for t in range(41) if node in slots[t]), NEVER)

    for c, node in enumerate(communities):
        ends = [finish[clear[h]] for h in own[own[:, 0] == c, 1]]
        expected = max([first(node), *(NEVER if e < 0 else e for e in ends)])
        assert reached[c] == expected
    for h in range(hazards):
        assert zones[access.zone[2 * h]] == min(first(n) for n in near[near[:, 0] == h, 1])
