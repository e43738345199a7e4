"""Speed of reachability on a real road network, against networkx in the same run.

    python benchmarks/bench_reach.py [ROADS] [--segments 10000] [--small]

ROADS is any file that `records.roads` reads (the figures in docs/roads.md are of the OpenStreetMap
extract of a rural area); without it a grid with gaps is drawn from a fixed seed. The network is
laid side by side, with roads between the copies, until it has the segments. Both sides get the
same blocked segments; answers are compared. Prints milliseconds, the median of several runs.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import shapely

from landrelease.core.roads import Place, RoadNetwork, part_lengths_m
from landrelease.plan import reach
from landrelease.records.roads import read_roads

SEED = 7


def grid(side: int) -> RoadNetwork:
    rng = np.random.default_rng(SEED)
    spot = np.array([(10 + 0.004 * x, -45 + 0.003 * y) for x in range(side) for y in range(side)])
    number = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
                            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])])
    pairs = pairs[rng.random(len(pairs)) < 0.7]
    return from_pairs(spot, pairs)


def from_pairs(spot: np.ndarray, pairs: np.ndarray) -> RoadNetwork:
    count = len(pairs)
    vertices = spot[pairs].reshape(-1, 2)
    start = np.arange(0, 2 * count + 1, 2)
    words = ("not_reported",) * count
    return RoadNetwork(
        tuple(map(str, range(len(spot)))), spot, tuple(map(str, range(count))), words,
        pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32), np.zeros(count, np.int8),
        part_lengths_m(vertices, start), words, words, ("",) * count, ("",) * count, start,
        vertices)


def tiled(network: RoadNetwork, segments: int) -> RoadNetwork:
    """Copies side by side, each joined to the one before by three roads, cut to the number."""
    copies = -(-segments // (len(network.segment_ids) + 3))
    if copies == 1:
        return network
    west, _, east, _ = network.bounds
    shift = (east - west) * 1.02
    nodes, size = len(network.node_ids), len(network.vertices)
    by_east = np.argsort(network.node_place[:, 0])
    links = []
    for k in range(1, copies):
        for i in range(3):
            links.append((by_east[-1 - 40 * i] + (k - 1) * nodes, by_east[40 * i] + k * nodes))
    spot = np.concatenate([network.node_place + np.array([k * shift, 0.0]) for k in range(copies)])
    joined = from_pairs(spot, np.array(links))

    def rows(name: str, step: int = 0) -> np.ndarray:
        return np.concatenate([getattr(network, name) + k * step for k in range(copies)]
                              + [getattr(joined, name)])

    def words(name: str) -> tuple[str, ...]:
        return getattr(network, name) * copies + getattr(joined, name)

    start = np.concatenate([network.vertex_start[:-1] + k * size for k in range(copies)]
                           + [joined.vertex_start + copies * size])
    vertices = np.concatenate([network.vertices + np.array([k * shift, 0.0]) for k in range(copies)]
                              + [joined.vertices])
    ids = [f"{k}:{s}" for k in range(copies) for s in network.segment_ids]
    return replace(
        network, node_ids=tuple(f"{k}:{n}" for k in range(copies) for n in network.node_ids),
        node_place=spot, segment_ids=(*ids, *(f"link {i}" for i in range(len(links)))),
        source_ids=words("source_ids"), from_node=rows("from_node", nodes).astype(np.int32),
        to_node=rows("to_node", nodes).astype(np.int32), oneway=rows("oneway"),
        length_m=rows("length_m"), road_class=words("road_class"), surface=words("surface"),
        structure=words("structure"), name=words("name"), vertex_start=start, vertices=vertices)


def median_ms(call: Callable[[], Any], runs: int) -> tuple[float, Any]:
    seconds, out = [], call()  # the first call compiles
    for _ in range(runs):
        begin = time.perf_counter()
        out = call()
        seconds.append(time.perf_counter() - begin)
    return 1000 * statistics.median(seconds), out


def peer_graph(roads: reach.Graph, weight: np.ndarray) -> nx.DiGraph:
    """The same arcs; of parallel arcs the one that opens first."""
    out = nx.DiGraph()
    out.add_nodes_from(range(len(roads.start) - 1))
    for a in np.argsort(-weight[roads.segment], kind="stable"):
        if weight[roads.segment[a]] < reach.NEVER:
            out.add_edge(int(roads.tail[a]), int(roads.head[a]),
                         opens=int(weight[roads.segment[a]]))
    return out


def peer_reach(roads: reach.Graph, blocked: np.ndarray, bases: np.ndarray) -> set[int]:
    out = nx.DiGraph()
    free = ~blocked[roads.segment]
    out.add_edges_from(zip(roads.tail[free].tolist(), roads.head[free].tolist(), strict=True))
    seen: set[int] = set()
    for b in bases.tolist():
        seen |= {b} | (nx.descendants(out, b) if b in out else set())
    return seen


def peer_earliest(graph: nx.DiGraph, bases: np.ndarray) -> dict[int, int]:
    """Minimax by opening arcs day by day and growing what is reached."""
    days = sorted({d["opens"] for *_, d in graph.edges(data=True)})
    by_day: dict[int, list[tuple[int, int]]] = {d: [] for d in days}
    for u, v, d in graph.edges(data=True):
        by_day[d["opens"]].append((u, v))
    grown, first = nx.DiGraph(), {int(b): 0 for b in bases}
    grown.add_nodes_from(graph)
    for day in days:
        grown.add_edges_from(by_day[day])
        seen: set[int] = set()
        for b in bases.tolist():
            seen |= nx.descendants(grown, b)
        for node in seen:
            first.setdefault(node, day)
    return first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("roads", nargs="?", type=Path)
    parser.add_argument("--segments", type=int, default=10_000)
    parser.add_argument("--small", action="store_true", help="2,000 segments, 3 runs, for CI")
    given = parser.parse_args()
    segments, runs = (2_000, 3) if given.small else (given.segments, 15)
    rng = np.random.default_rng(SEED)
    if given.roads:
        begin = time.perf_counter()
        source = read_roads(given.roads).network
        print(f"read and joined {len(source.segment_ids):,} segments in "
              f"{time.perf_counter() - begin:.2f} s (first call)")
    else:
        source = grid(28 if given.small else 60)
    network = tiled(source, segments)
    west, south, east, north = network.bounds
    spots = rng.uniform((west, south), (east, north), (64, 2))
    homes = [Place(f"c{i}", "", x, y, int(rng.lognormal(5, 1))) for i, (x, y) in enumerate(spots)]
    ms, (network, places) = median_ms(
        lambda: reach.attach(network, homes, max_distance_m=3_000, extent_m=300), 1)
    print(f"attach 64 communities: {ms:.0f} ms")
    network, bases = reach.attach(network, homes[:2], max_distance_m=5_000, required=True)
    count = 80 if not given.small else 20
    centre = rng.uniform((west, south), (east, north), (count, 2))
    size = rng.uniform(0.0005, 0.002, (count, 1))
    grounds = list(shapely.box(*np.hstack([centre - size, centre + size]).T))
    names = tuple(map(str, range(count)))
    ms_index, index = median_ms(lambda: reach.index_segments(network), 3)
    ms, blocks = median_ms(lambda: reach.blocking(network, names, grounds, 50.0, index), 3)
    print(f"{len(network.segment_ids):,} segments, {len(network.node_ids):,} nodes; {count} areas"
          f" block {blocks.blocked().sum():,}: found in {ms:.1f} ms (index {ms_index:.0f} ms)")
    roads, source_nodes = reach.graph(network), bases.node
    released = rng.integers(740_000, 741_000, count)
    released[rng.random(count) < 0.2] = reach.NEVER

    ms_build, _ = median_ms(lambda: reach.graph(network), runs)
    opening, blocked = blocks.opening(released), blocks.blocked()

    def full():
        blocks = reach.blocking(network, names, grounds, 50.0, index)
        opening = blocks.opening(released)
        blocked = blocks.blocked()
        first = reach.earliest(roads, opening, source_nodes)
        line = reach.curve(places, reach.of_places(places, first))
        one = [np.array([m]) for m in np.flatnonzero(blocked)]
        return (first, line, reach.critical(roads, places, source_nodes, blocked),
                reach.reconnected(roads, places, source_nodes, blocked, one),
                reach.fewest_openings(roads, places, source_nodes, blocked))

    parts: list[tuple[str, Callable[[], Any], Callable[[], Any] | None]] = [
        ("reached now", lambda: reach.reachable(roads, blocked, source_nodes),
         lambda: peer_reach(roads, blocked, source_nodes)),
        ("first day of every node", lambda: reach.earliest(roads, opening, source_nodes),
         lambda: peer_earliest(peer_graph(roads, opening), source_nodes)),
        ("people behind each segment",
         lambda: reach.critical(roads, places, source_nodes, blocked),
         lambda: peer_dominators(roads, places, source_nodes, blocked)),
        ("gain of each blocked segment", lambda: reach.reconnected(
            roads, places, source_nodes, blocked,
            [np.array([m]) for m in np.flatnonzero(blocked)]), None),
        ("fewest openings", lambda: reach.fewest_openings(roads, places, source_nodes, blocked),
         None),
        ("full update, hazards on roads too", full, None),
    ]
    print(f"{'':33s} {'ms':>8s} {'networkx':>9s} {'ratio':>7s}   (graph of arcs, once: "
          f"{ms_build:.1f} ms)")
    answers = {}
    for words, own, peer in parts:
        ms, answers[words] = median_ms(own, runs)
        if peer is None:
            print(f"{words:33s} {ms:8.2f}")
            continue
        peer_ms, answer = median_ms(peer, 1 if "first" in words else 3)
        print(f"{words:33s} {ms:8.2f} {peer_ms:9.1f} {peer_ms / ms:7.0f}")
        if words == "reached now":
            agree = set(np.flatnonzero(answers[words]).tolist()) == answer
        elif words == "first day of every node":
            agree = answer == {n: int(d) for n, d in enumerate(answers[words])
                               if d != reach.NEVER}
        else:
            agree = np.array_equal(answers[words].people, answer)
        if not agree:
            raise SystemExit(f"{words}: networkx gives another answer")
    now = reach.of_places(places, np.where(answers["reached now"], 0, reach.NEVER)) == 0
    print(f"answers agree; {now.sum()} of 64 communities are reached now")


def peer_dominators(roads: reach.Graph, places: reach.Places, bases: np.ndarray,
                    blocked: np.ndarray) -> np.ndarray:
    """People behind each segment by networkx: immediate dominators of the graph of arcs."""
    flow = nx.DiGraph()
    flow.add_edges_from(("root", int(b)) for b in bases)
    for a in np.flatnonzero(~blocked[roads.segment]).tolist():
        flow.add_edge(int(roads.tail[a]), ("arc", a))
        flow.add_edge(("arc", a), int(roads.head[a]))
    for p in range(len(places.ids)):
        for n in places.node[places.start[p]:places.start[p + 1]]:
            flow.add_edge(int(n), ("place", p))
    above = nx.immediate_dominators(flow, "root")
    out = np.zeros(roads.segments)
    for p in range(len(places.ids)):
        at = ("place", p)
        if at not in above or np.isnan(places.people[p]):
            continue
        while at is not None and at != "root":
            if isinstance(at, tuple) and at[0] == "arc":
                out[roads.segment[at[1]]] += places.people[p]
            at = above[at]
    return out


if __name__ == "__main__":
    main()
