"""Who can be reached over the roads: now, on any day, and under a plan; which segments decide it.

A road network, bases and communities in; reached or not, first days, and people per segment out.
Days are whole numbers that only need an order (`date.toordinal()`, or slots of a plan). "Open"
means that nothing on record blocks the segment; it never means that the road is safe (S15).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import shapely

from landrelease.core.geometry import LocalPlane, geodesic_distance_m, plane_for
from landrelease.core.hazard import Ground
from landrelease.core.loops import loop
from landrelease.core.roads import Closure, Mode, Place, RoadNetwork, part_lengths_m
from landrelease.core.work import Access
from landrelease.errors import (
    REACH_NO_ROAD,
    REACH_SEGMENT_UNKNOWN,
    REACH_TOO_WIDE,
    REACH_VALUE,
    LandReleaseError,
)

NEVER = int(np.iinfo(np.int64).max)
OPEN = 0  # of a segment that nothing blocks
WIDEST_DEGREES = 40.0
_LONGEST_STEP_DEGREES = 0.01  # a straight line in degrees bends by 4 cm in the plane over it

_AT_NODE_M = 0.05  # a place so near to a node is entered there: no sliver of a segment

# --- places on the network ---------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Places:
    """P places and the nodes by which they are entered, `node[start[p]:start[p + 1]]`.

    A place without a node is not on the network: it is never reached, and is told apart.
    """

    ids: tuple[str, ...]
    people: np.ndarray  # float64 (P,) NaN: not reported (S12)
    distance_m: np.ndarray  # float64 (P,) from the place to its nearest road, geodesic
    start: np.ndarray  # int64 (P + 1,)
    node: np.ndarray  # int32

    @property
    def on_network(self) -> np.ndarray:
        """bool (P,)."""
        return np.diff(self.start) > 0


def attach(network: RoadNetwork, places: Sequence[Place], *, max_distance_m: float,
           extent_m: float = 0.0, mode: Mode = "driving", required: bool = False
           ) -> tuple[RoadNetwork, Places]:
    """Put places on the network: a node at the nearest point of the nearest road.

    The segment under a nearest point is split there, so that ground that blocks one half leaves
    the other half open. Nodes keep their numbers; new ones follow. Segments do not keep theirs:
    attach communities and bases first, then find what is blocked.

    max_distance_m : a place farther from every road of the mode gets no node.
    extent_m : a community is entered at every node within this distance too.
    required : raise PLN-201 for a place without a node (bases).

    The last stretch from the road to the place is not examined for hazards: the position of a
    settlement is rarely known that well, and a community's own hazards are counted by the plan.

    Raises PLN-201; PLN-202 a distance that is negative or not a number; PLN-204.
    """
    for name, value in (("max_distance_m", max_distance_m), ("extent_m", extent_m)):
        if not 0 <= value < math.inf:
            raise LandReleaseError(REACH_VALUE, name=name, found=value, expected="0 m or more")
    people = np.array([math.nan if p.people is None else p.people for p in places], dtype=float)
    plane, stretch = _plane(network)
    lines = plane.to_plane(network.lines())
    usable = np.flatnonzero(network.passable(mode))
    spots = np.column_stack(plane.points([p.longitude for p in places],
                                         [p.latitude for p in places])) if places else np.zeros(
        (0, 2))
    points = shapely.points(spots)
    entered: list[list[int]] = [[] for _ in places]
    distance = np.full(len(places), math.inf)
    cuts: dict[int, list[tuple[float, int]]] = {}
    feet: list[np.ndarray] = []
    if len(usable) and len(places):
        tree = shapely.STRtree(lines[usable])
        nearest = np.full(len(places), -1)
        found = tree.query_nearest(points, all_matches=False)
        nearest[found[0]] = usable[found[1]]
        for p, m in enumerate(nearest.tolist()):
            along = float(shapely.line_locate_point(lines[m], points[p]))
            walked, xy = _walked(lines[m])
            part = network.vertices[network.vertex_start[m]:network.vertex_start[m + 1]]
            step = min(int(np.searchsorted(walked, along, side="right")) - 1, len(xy) - 2)
            share = _share(along, walked, step)
            foot = part[step] + share * (part[step + 1] - part[step])
            distance[p] = geodesic_distance_m(places[p].longitude, places[p].latitude, *foot)
            if not distance[p] <= max_distance_m:
                if required:
                    raise LandReleaseError(
                        REACH_NO_ROAD, place=places[p].id, found=f"{distance[p]:,.0f} m",
                        expected=f"{max_distance_m:g}")
                continue
            if min(along, walked[-1] - along) < _AT_NODE_M:
                end = network.from_node if along < walked[-1] / 2 else network.to_node
                entered[p].append(int(end[m]))
            else:
                cuts.setdefault(m, []).append((step + share, len(feet)))
                entered[p].append(len(network.node_ids) + len(feet))
                feet.append(foot)
    elif places and required:
        raise LandReleaseError(REACH_NO_ROAD, place=places[0].id, found="without a distance",
                               expected=f"{max_distance_m:g}")
    split = _cut(network, cuts, np.array(feet).reshape(-1, 2))
    if extent_m > 0 and len(places):
        from scipy.spatial import cKDTree

        used = np.zeros(len(split.node_ids), dtype=bool)
        can = split.passable(mode)
        used[split.from_node[can]] = used[split.to_node[can]] = True
        there = np.flatnonzero(used)
        near = cKDTree(np.column_stack(plane.points(*split.node_place[there].T)))
        for p, hits in enumerate(near.query_ball_point(spots, extent_m / stretch)):
            entered[p] = sorted({*entered[p], *there[hits].tolist()})
    start = np.concatenate([[0], np.cumsum([len(e) for e in entered])]).astype(np.int64)
    node = np.array([n for e in entered for n in e], dtype=np.int32)
    return split, Places(tuple(p.id for p in places), people, distance, start, node)


def subdivide(network: RoadNetwork, longest_m: float) -> RoadNetwork:
    """Cut segments into equal pieces of at most `longest_m`, so that what blocks one piece leaves
    the ground before it within reach. Nodes keep their numbers, segments do not. Raises PLN-202.
    """
    if not 0 < longest_m < math.inf:
        raise LandReleaseError(REACH_VALUE, name="longest_m", found=longest_m,
                               expected="more than 0 m")
    cuts: dict[int, list[tuple[float, int]]] = {}
    feet: list[np.ndarray] = []
    for m in np.flatnonzero(network.length_m > longest_m).tolist():
        part = network.vertices[network.vertex_start[m]:network.vertex_start[m + 1]]
        steps = geodesic_distance_m(*part[:-1].T, *part[1:].T)
        walked = np.concatenate([[0.0], np.cumsum(steps)])
        number = math.ceil(network.length_m[m] / longest_m)
        for along in walked[-1] * np.arange(1, number) / number:
            step = min(int(np.searchsorted(walked, along, side="right")) - 1, len(part) - 2)
            share = _share(along, walked, step)
            cuts.setdefault(m, []).append((step + share, len(feet)))
            feet.append(part[step] + share * (part[step + 1] - part[step]))
    return _cut(network, cuts, np.array(feet).reshape(-1, 2))


def _share(along: float, walked: np.ndarray, step: int) -> float:
    """How far along a step a place lies, below 1 so that a vertex stays after it."""
    return min((along - walked[step]) / max(walked[step + 1] - walked[step], 1e-12), 1 - 1e-9)


def _walked(line) -> tuple[np.ndarray, np.ndarray]:
    xy = shapely.get_coordinates(line)
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]), xy


def _cut(network: RoadNetwork, cuts: dict[int, list[tuple[float, int]]], feet: np.ndarray
         ) -> RoadNetwork:
    """Split segment m at `cuts[m]`: (vertex + share of the step after it, new node). `feet` (K, 2)
    are the places of the new nodes; the pieces of a segment get its number and -1, -2, ..."""
    if not cuts:
        return network
    nodes = len(network.node_ids)
    parts: list[np.ndarray] = []
    of: list[int] = []
    ids: list[str] = []
    ends: list[tuple[int, int]] = []
    for m in range(len(network.segment_ids)):
        run = network.vertices[network.vertex_start[m]:network.vertex_start[m + 1]]
        begin, before, previous = 0, np.zeros((0, 2)), int(network.from_node[m])
        marks = sorted(cuts.get(m, ()))
        for k, (where, new) in enumerate(marks):
            inner = run[begin:int(where) + 1]
            parts.append(np.concatenate([before, inner, feet[new:new + 1]]))
            of.append(m)
            ids.append(f"{network.segment_ids[m]}-{k + 1}")
            ends.append((previous, nodes + new))
            begin, before, previous = int(where) + 1, feet[new:new + 1], nodes + new
        parts.append(np.concatenate([before, run[begin:]]))
        of.append(m)
        ids.append(f"{network.segment_ids[m]}-{len(marks) + 1}" if marks else
                   network.segment_ids[m])
        ends.append((previous, int(network.to_node[m])))
    start = np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)
    vertices = np.concatenate(parts)
    taken, unique_ids = set(network.segment_ids), []
    for name, m in zip(ids, of, strict=True):
        if m in cuts:
            while name in taken:
                name += "-"
            taken.add(name)
        unique_ids.append(name)
    new_ids = [f"{lat:.7f},{lon:.7f} ({nodes + k})" for k, (lon, lat) in enumerate(feet)]
    both = np.array(ends, dtype=np.int32)

    def each(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(words[m] for m in of)

    return replace(
        network, node_ids=(*network.node_ids, *new_ids),
        node_place=np.concatenate([network.node_place, feet]), segment_ids=tuple(unique_ids),
        source_ids=each(network.source_ids), from_node=both[:, 0].copy(), to_node=both[:, 1].copy(),
        oneway=network.oneway[of], length_m=part_lengths_m(vertices, start),
        road_class=each(network.road_class), surface=each(network.surface),
        structure=each(network.structure), name=each(network.name), vertex_start=start,
        vertices=vertices)


# --- what blocks a road ------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Blocking:
    """K pairs of a blocker (0..B-1: hazards, tasks or closures) and a segment (0..M-1)."""

    ids: tuple[str, ...]  # B
    segments: int  # M
    blocker: np.ndarray  # int32 (K,)
    segment: np.ndarray  # int32 (K,) not decreasing

    def opening(self, released: np.ndarray) -> np.ndarray:
        """int64 (M,): the day on which a segment opens, when the last of its blockers is released;
        `OPEN` where nothing blocks it. released : int64 (B,), `NEVER` where not at all."""
        out = np.full(self.segments, OPEN, dtype=np.int64)
        np.maximum.at(out, self.segment, np.asarray(released, dtype=np.int64)[self.blocker])
        return out

    def blocked(self, standing: np.ndarray | None = None) -> np.ndarray:
        """bool (M,): blocked by a blocker that stands. standing : bool (B,), None: all stand."""
        out = np.zeros(self.segments, dtype=bool)
        out[self.segment if standing is None else self.segment[standing[self.blocker]]] = True
        return out

    def alone(self, blocked_otherwise: np.ndarray | None = None) -> list[np.ndarray]:
        """For each blocker (B) the segments that it alone blocks (int32)."""
        single = np.bincount(self.segment, minlength=self.segments) == 1
        if blocked_otherwise is not None:
            single &= ~blocked_otherwise
        keep = single[self.segment]
        order = np.argsort(self.blocker[keep], kind="stable")
        which, what = self.blocker[keep][order], self.segment[keep][order]
        edges = np.searchsorted(which, np.arange(len(self.ids) + 1))
        return [what[a:b] for a, b in itertools.pairwise(edges)]


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """The lines of a network in their plane, with a search tree: made once, asked many times."""

    plane: LocalPlane
    stretch: float
    tree: shapely.STRtree


def index_segments(network: RoadNetwork) -> SegmentIndex:
    """Prepare a network for `blocking`. Raises PLN-204."""
    plane, stretch = _plane(network)
    lines = network.lines()
    dots = np.flatnonzero(shapely.length(lines) == 0)
    lines[dots] = shapely.points(network.vertices[network.vertex_start[dots]])
    return SegmentIndex(plane, stretch,
                        shapely.STRtree(plane.to_plane(_stepped(lines, _LONGEST_STEP_DEGREES))))


def blocking(network: RoadNetwork, ids: Sequence[str], grounds: Sequence[Ground],
             margin_m: float | np.ndarray, index: SegmentIndex | None = None) -> Blocking:
    """Which ground blocks which segment: it comes within `margin_m` of the line.

    index : of this network, where it is asked more than once.

    grounds : B polygons in degrees. margin_m : m, one for all or one each (B,), for example with
        the accuracy of the record added (S04). At distance 0 touching blocks.

    Distances are taken in an equal-area plane; the margin is stretched by the most that the plane
    can lengthen a distance, so no segment within the margin is missed (S01): a distance of true
    length d measures at most d / cos(c / 2) at an angle c from the centre (J. P. Snyder, Map
    Projections, USGS 1395, 1987, p. 185). At 200 km from the centre that is 0.01 %.

    Raises PLN-202 (margin), PLN-204.
    """
    margin = np.broadcast_to(np.asarray(margin_m, dtype=float), (len(grounds),))
    if not (np.isfinite(margin).all() and (margin >= 0).all()):
        raise LandReleaseError(REACH_VALUE, name="margin_m", found=margin_m,
                               expected="0 m or more")
    index = index or index_segments(network)
    shapes = np.array(list(grounds), dtype=object)
    around = _around(network, float(margin.max(initial=0.0)))
    near = (np.flatnonzero(shapely.intersects(shapes, around)) if len(shapes)
            else np.zeros(0, dtype=np.int64))
    who, what = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if len(near):
        ground = index.plane.to_plane(
            _stepped(_clipped(shapes[near], around), _LONGEST_STEP_DEGREES))
        # Both keep to their lines within 5 cm after cutting them into short steps.
        a, what = index.tree.query(ground, predicate="dwithin",
                                   distance=(margin[near] + 0.1) * index.stretch)
        who = near[a]
    order = np.lexsort((who, what))
    return Blocking(tuple(ids), len(network.segment_ids), who[order].astype(np.int32),
                    what[order].astype(np.int32))


def _around(network: RoadNetwork, metres: float) -> Ground:
    """A box, degrees, that holds all within so many metres of a network: what lies farther cannot
    block, and may not be shown well in its plane."""
    west, south, east, north = network.bounds
    wide = metres / 50_000.0 + 0.01  # degrees, at least twice as far
    lean = wide / max(math.cos(math.radians(min(max(abs(south), abs(north)) + wide, 89.0))), 0.02)
    return shapely.box(west - lean, south - wide, east + lean, north + wide)


def in_plane(network: RoadNetwork, grounds: Sequence[Ground], wider_m: Sequence[float],
             index: SegmentIndex, within_m: float = 0.0) -> np.ndarray:
    """Grounds (B,) in the plane of a network, each so many metres wider on all sides (S04), with
    all of them that lies within `within_m` of the network's extent."""
    shapes = np.array(list(grounds), dtype=object)
    if not len(shapes):
        return shapes
    wider = np.asarray(wider_m, dtype=float)
    around = _around(network, within_m + float(wider.max(initial=0.0)))
    ground = index.plane.to_plane(_stepped(_clipped(shapes, around), _LONGEST_STEP_DEGREES))
    return shapely.buffer(ground, wider * index.stretch + 0.1)


def _stepped(shapes: np.ndarray, step: float) -> np.ndarray:
    """Shapes with vertices at most `step` apart; short ones as they are."""
    out = shapes.copy()
    long = shapely.length(shapes) > step
    out[long] = shapely.segmentize(shapes[long], step)
    return out


def _clipped(shapes: np.ndarray, around) -> np.ndarray:
    """What of each shape may matter, never less: an outline that crosses itself is taken in all
    its readings (S01)."""
    invalid = ~shapely.is_valid(shapes)
    if invalid.any():
        shapes = shapes.copy()
        shapes[invalid] = shapely.union(
            shapely.make_valid(shapes[invalid]),
            shapely.make_valid(shapes[invalid], method="structure", keep_collapsed=True))
    outside = ~shapely.covered_by(shapes, around)
    if outside.any():
        shapes = shapes.copy()
        shapes[outside] = shapely.intersection(shapes[outside], around)
    return shapes


def blocked_segments(network: RoadNetwork, ids: Sequence[str]) -> np.ndarray:
    """bool (M,): segments that a person named as blocked, by number. Raises PLN-203."""
    number = {name: m for m, name in enumerate(network.segment_ids)}
    out = np.zeros(len(network.segment_ids), dtype=bool)
    for name in ids:
        if name not in number:
            raise LandReleaseError(REACH_SEGMENT_UNKNOWN, found=name)
        out[number[name]] = True
    return out


def _plane(network: RoadNetwork) -> tuple[LocalPlane, float]:
    """The plane of a network, and the most by which it lengthens a distance."""
    west, south, east, north = network.bounds
    if max(east - west, north - south) > WIDEST_DEGREES:
        raise LandReleaseError(
            REACH_TOO_WIDE, expected=f"{WIDEST_DEGREES:g}",
            found=f"{west:.2f}, {south:.2f} to {east:.2f}, {north:.2f}")
    plane = plane_for(network.bounds)
    corners = [(x, y) for x in (west, east) for y in (south, north)]
    far = max(float(geodesic_distance_m(plane.longitude, plane.latitude, *c)) for c in corners)
    return plane, 1.0 / math.cos(min(far / 6_350_000.0 + 0.02, 2.0) / 2) + 1e-4


# --- the graph and its paths -------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Graph:
    """The network as arcs: those that leave node n are `start[n] .. start[n + 1]`."""

    mode: Mode
    segments: int
    start: np.ndarray  # int64 (N + 1,)
    head: np.ndarray  # int32 (A,) node that the arc leads to
    tail: np.ndarray  # int32 (A,)
    segment: np.ndarray  # int32 (A,)


def graph(network: RoadNetwork, mode: Mode = "driving") -> Graph:
    """The arcs of a mode. Driving keeps one-way roads and leaves out paths and steps; walking goes
    both ways and leaves out motorways (`core.roads.NOT_DRIVEN`, `NOT_WALKED`)."""
    can = network.passable(mode)
    against = can & (network.oneway <= 0) if mode == "driving" else can
    along = can & (network.oneway >= 0) if mode == "driving" else can
    a, b = np.flatnonzero(along), np.flatnonzero(against)
    tail = np.concatenate([network.from_node[a], network.to_node[b]])
    head = np.concatenate([network.to_node[a], network.from_node[b]])
    segment = np.concatenate([a, b]).astype(np.int32)
    order = np.lexsort((segment, tail))
    nodes = len(network.node_ids)
    start = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=nodes))]).astype(np.int64)
    return Graph(mode, len(network.segment_ids), start, head[order].astype(np.int32),
                 tail[order].astype(np.int32), segment[order])


@loop(cache=True)
def paths(start, head, segment, opening, sources, add):
    """Best paths from the sources to all nodes, all at once (numba).

    start (N + 1,) int64, head (A,) int32, segment (A,) int32 : the arcs; opening (M,) int64 >= 0 :
    of each segment, NEVER where it stays shut; sources (B,) int64 nodes. `add` False: the least
    over all paths of the greatest opening on the path (bottleneck path); True: the least sum.
    Returns best (N,) int64, NEVER where no path leads, and the arc by which a best path comes
    (N,) int64, -1 at sources.

    Dijkstra's method, which is exact for both since neither gets smaller along a path; the
    bottleneck case: M. Pollack, Operations Research 8 (1960) 733.
    """
    nodes = len(start) - 1
    best = np.full(nodes, NEVER, np.int64)
    via = np.full(nodes, -1, np.int64)
    # A binary heap of its own: the one of the library takes seconds to compile. An arc brings at
    # most one entry.
    cost = np.empty(len(head) + len(sources) + 1, np.int64)
    node = np.empty(len(head) + len(sources) + 1, np.int64)
    size = 0
    for s in sources:
        best[s] = 0
        cost[size], node[size] = 0, s
        size += 1
    while size > 0:
        now, here = cost[0], node[0]
        size -= 1
        last, last_node, at = cost[size], node[size], 0
        while 2 * at + 1 < size:
            child = 2 * at + 1
            if child + 1 < size and cost[child + 1] < cost[child]:
                child += 1
            if last <= cost[child]:
                break
            cost[at], node[at] = cost[child], node[child]
            at = child
        cost[at], node[at] = last, last_node
        if now > best[here]:
            continue
        for a in range(start[here], start[here + 1]):
            opens = opening[segment[a]]
            if opens == NEVER:
                continue
            there = now + opens if add else max(now, opens)
            if there < best[head[a]]:
                best[head[a]] = there
                via[head[a]] = a
                at = size
                size += 1
                while at > 0 and cost[(at - 1) // 2] > there:
                    cost[at], node[at] = cost[(at - 1) // 2], node[(at - 1) // 2]
                    at = (at - 1) // 2
                cost[at], node[at] = there, head[a]
    return best, via


def earliest(roads: Graph, opening: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """int64 (N,): the first day on which each node can be reached from any source.

    opening : int64 (M,), of each segment (`Blocking.opening`); a road once open stays open.
    sources : nodes, for example `bases.node`. `OPEN` (0): from the start; `NEVER`: not at all.
    """
    return paths(roads.start, roads.head, roads.segment, np.asarray(opening, dtype=np.int64),
                 np.asarray(sources, dtype=np.int64), False)[0]


def reachable(roads: Graph, blocked: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """bool (N,): nodes that can be reached over segments that are not blocked (M,)."""
    return earliest(roads, np.where(blocked, NEVER, OPEN), sources) != NEVER


def of_places(places: Places, first: np.ndarray) -> np.ndarray:
    """int64 (P,): the first day of a place is that of its best node; NEVER without nodes."""
    out = np.full(len(places.ids), NEVER, dtype=np.int64)
    some = np.flatnonzero(places.on_network)
    if len(some):
        out[some] = np.minimum.reduceat(first[places.node], places.start[some])
    return out


# --- people over time --------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class ReachCurve:
    """Communities and people that can be reached on each of T days, in their order.

    `people` counts communities that report their people; `uncounted` are reachable communities
    that do not (S12). `communities_all`, `people_all` are the whole, `off_network` the communities
    that have no road in the data and count as not reached.
    """

    days: np.ndarray  # int64 (T,)
    communities: np.ndarray  # int64 (T,)
    people: np.ndarray  # float64 (T,)
    uncounted: np.ndarray  # int64 (T,)
    communities_all: int
    people_all: float
    off_network: int


def curve_of(places: Places, days: np.ndarray, reached: np.ndarray) -> ReachCurve:
    """The curve of `reached` bool (T, P) on `days` (T,)."""
    unknown = np.isnan(places.people)
    people = np.where(unknown, 0.0, places.people)
    return ReachCurve(np.asarray(days, dtype=np.int64), reached.sum(axis=1), reached @ people,
                      (reached & unknown).sum(axis=1), len(places.ids), float(people.sum()),
                      int((~places.on_network).sum()))


def curve(places: Places, first: np.ndarray) -> ReachCurve:
    """The curve of first days (P,), with a step on each day on which it changes, 0 the start."""
    days = np.unique(np.append(first[first != NEVER], OPEN))
    return curve_of(places, days, first[None, :] <= days[:, None])


@dataclass(frozen=True, slots=True)
class Spells:
    """Closures as days: closure c (of a `Blocking`) is in force on starts[c] <= day < ends[c]."""

    starts: np.ndarray  # int64 (C,)
    ends: np.ndarray  # int64 (C,) NEVER: until further notice


def spells(closures: Sequence[Closure]) -> Spells:
    """Days as `date.toordinal()`; the last day of a closure counts as closed."""
    return Spells(
        np.array([c.starts.toordinal() for c in closures], dtype=np.int64),
        np.array([NEVER if c.ends is None else c.ends.toordinal() + 1 for c in closures],
                 dtype=np.int64))


def reached_on(roads: Graph, places: Places, sources: np.ndarray, opening: np.ndarray,
               closed: Blocking | None, when: Spells | None, days: np.ndarray) -> np.ndarray:
    """bool (T, P): which places can be reached on each day, with closures that come and go.

    opening : int64 (M,) of the hazards (`Blocking.opening`), days as in `days`; explicit blocks
        are NEVER in it. closed, when : segments in closures and their days, or None.
    One search a day on which something changed since the day before; others repeat it.
    """
    days = np.asarray(days, dtype=np.int64)
    out = np.zeros((len(days), len(places.ids)), dtype=bool)
    known: dict[bytes, np.ndarray] = {}
    for t, day in enumerate(days):
        blocked = opening > day
        if closed is not None and when is not None:
            blocked = blocked | closed.blocked((when.starts <= day) & (day < when.ends))
        key = np.packbits(blocked).tobytes()
        if key not in known:
            known[key] = of_places(places, np.where(
                reachable(roads, blocked, sources), OPEN, NEVER)) == OPEN
        out[t] = known[key]
    return out


def change_days(opening: np.ndarray, when: Spells | None, first: int, last: int) -> np.ndarray:
    """The days from `first` to `last` on which anything opens or closes, with `first` itself."""
    parts = [np.array([first]), np.asarray(opening)]
    if when is not None:
        parts += [when.starts, when.ends]
    days = np.unique(np.concatenate(parts))
    return days[(days >= first) & (days <= last)]


# --- which segments matter ---------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Weight:
    """Of each segment or group: the communities and people that depend on it. `uncounted`: of
    these communities, how many do not report their people (S12)."""

    communities: np.ndarray  # int64
    people: np.ndarray  # float64
    uncounted: np.ndarray  # int64


@loop(cache=True)
def _dominated(start, head, back_start, back_tail, weight):
    """Immediate dominators of a flow graph with root 0 (numba): order (n,) of the nodes reached,
    depth first, and for each of them the weight (n, 3) of all that it dominates.

    Semi-NCA: L. Georgiadis, Linear-Time Algorithms for Dominators and Related Problems (2005).
    """
    nodes = len(start) - 1
    number = np.full(nodes, -1, np.int64)
    order = np.empty(nodes, np.int64)
    parent = np.zeros(nodes, np.int64)  # by number
    at = start[:-1].copy()
    stack = np.empty(nodes, np.int64)
    number[0], order[0], stack[0] = 0, 0, 0
    count, depth = 1, 1
    while depth > 0:
        v = stack[depth - 1]
        if at[v] == start[v + 1]:
            depth -= 1
            continue
        w = head[at[v]]
        at[v] += 1
        if number[w] < 0:
            number[w] = count
            order[count] = w
            parent[count] = number[v]
            stack[depth] = w
            count += 1
            depth += 1
    semi = np.arange(count)
    label = np.arange(count)
    above = parent[:count].copy()  # the forest, with compressed paths
    for i in range(count - 1, 0, -1):
        semi[i] = parent[i]
        for a in range(back_start[order[i]], back_start[order[i] + 1]):
            v = number[back_tail[a]]
            if v < 0:
                continue
            # The least semidominator on the path from v up to what is linked (above i).
            depth = 0
            u = v
            while above[u] > i:
                stack[depth] = u
                depth += 1
                u = above[u]
            while depth > 0:
                depth -= 1
                w = stack[depth]
                if semi[label[above[w]]] < semi[label[w]]:
                    label[w] = label[above[w]]
                above[w] = above[above[w]]
            if semi[label[v]] < semi[i]:
                semi[i] = semi[label[v]]
    dominator = parent[:count].copy()
    for i in range(1, count):
        d = dominator[i]
        while d > semi[i]:
            d = dominator[d]
        dominator[i] = d
    total = np.empty((count, weight.shape[1]))
    for i in range(count):
        total[i] = weight[order[i]]
    for i in range(count - 1, 0, -1):
        total[dominator[i]] += total[i]
    return order[:count], total


def critical(roads: Graph, places: Places, sources: np.ndarray, blocked: np.ndarray) -> Weight:
    """Of each segment (M,) the communities and people that are cut off if it closes.

    blocked : bool (M,) closed already. Communities that are cut off already count nowhere, and one
    that has another way or another node does not count. A two-way segment closes both ways.
    Each arc becomes a node of a flow graph; the arc dominates a community when every way to it
    uses the arc, and both arcs of a segment cannot be needed by one community.
    """
    nodes, arcs, count = len(roads.start) - 1, len(roads.head), len(places.ids)
    usable = np.flatnonzero(~blocked[roads.segment])
    arc = 1 + nodes + usable
    entry = np.repeat(np.arange(count), np.diff(places.start)) + 1 + nodes + arcs
    bases = np.unique(np.asarray(sources, dtype=np.int64))
    tail = np.concatenate([np.zeros(len(bases), dtype=np.int64), 1 + roads.tail[usable], arc,
                           1 + places.node.astype(np.int64)])
    head = np.concatenate([1 + bases, arc, 1 + roads.head[usable], entry])
    size = 1 + nodes + arcs + count
    start, there = _rows(tail, head, size)
    back, from_there = _rows(head, tail, size)
    weight = np.zeros((size, 3))
    weight[1 + nodes + arcs:] = _weigh(places)
    order, total = _dominated(start, there, back, from_there, weight)
    out = np.zeros((roads.segments, 3))
    of_arc = (order > nodes) & (order <= nodes + arcs)
    np.add.at(out, roads.segment[order[of_arc] - 1 - nodes], total[of_arc])
    return _weight(out)


def reconnected(roads: Graph, places: Places, sources: np.ndarray, blocked: np.ndarray,
                groups: Sequence[np.ndarray]) -> Weight:
    """Of each group of blocked segments (G,) what is reached newly if it alone opens.

    blocked : bool (M,) now. groups : int arrays of segments; one segment each, or all segments
    that one hazard alone blocks (`Blocking.alone`).
    """
    now = reachable(roads, blocked, sources)
    start = np.concatenate([[0], np.cumsum([len(g) for g in groups])]).astype(np.int64)
    members = (np.concatenate(groups).astype(np.int64) if len(groups)
               else np.zeros(0, dtype=np.int64))
    arc_start, arcs = _rows(roads.segment.astype(np.int64), np.arange(len(roads.segment)),
                            roads.segments)
    entry_start, entry = _rows(places.node.astype(np.int64), np.repeat(
        np.arange(len(places.ids)), np.diff(places.start)), len(roads.start) - 1)
    before = of_places(places, np.where(now, OPEN, NEVER)) == OPEN
    gained = _gains(roads.start, roads.head, roads.tail, roads.segment, blocked, now, start,
                    members, arc_start, arcs, entry_start, entry, before, _weigh(places))
    return _weight(gained)


@loop(cache=True)
def _gains(start, head, tail, segment, blocked, now, group_start, members, arc_start, arcs,
           entry_start, entry, before, weigh):
    """(G, 3): what breadth-first search finds newly from the ends of each group (numba)."""
    groups = len(group_start) - 1
    out = np.zeros((groups, 3))
    node_seen = np.full(len(now), -1, np.int64)
    place_seen = np.full(len(before), -1, np.int64)
    queue = np.empty(len(now), np.int64)
    for g in range(groups):
        again = True
        while again:  # opening one member may bring the next one within reach
            again = False
            for k in range(group_start[g], group_start[g + 1]):
                for b in range(arc_start[members[k]], arc_start[members[k] + 1]):
                    u, w = tail[arcs[b]], head[arcs[b]]
                    if (not (now[u] or node_seen[u] == g)) or now[w] or node_seen[w] == g:
                        continue
                    again = True
                    node_seen[w] = g
                    queue[0] = w
                    first, last = 0, 1
                    while first < last:
                        v = queue[first]
                        first += 1
                        for e in range(entry_start[v], entry_start[v + 1]):
                            p = entry[e]
                            if not before[p] and place_seen[p] != g:
                                place_seen[p] = g
                                out[g] += weigh[p]
                        for a in range(start[v], start[v + 1]):
                            x = head[a]
                            if not (blocked[segment[a]] or now[x] or node_seen[x] == g):
                                node_seen[x] = g
                                queue[last] = x
                                last += 1
    return out


@dataclass(frozen=True, slots=True)
class Fewest:
    """The fewest blocked segments that must open for each place, and one such set.

    `count` is 0 where the place is reached already, -1 where no road leads there at all. The set
    of place p is `segment[start[p]:start[p + 1]]`, in the order from the base.
    """

    count: np.ndarray  # int64 (P,)
    start: np.ndarray  # int64 (P + 1,)
    segment: np.ndarray  # int32


def fewest_openings(roads: Graph, places: Places, sources: np.ndarray, blocked: np.ndarray,
                    never: np.ndarray | None = None) -> Fewest:
    """How many blocked segments must open at least, per place: a shortest path that counts them.

    blocked : bool (M,). never : bool (M,), segments that cannot be opened. It counts segments, not
    hazards: the fewest hazards that free a path is a harder problem (NP-hard: one hazard may block
    many segments), for which this is a start.
    """
    cost = np.where(blocked, 1, 0).astype(np.int64)
    if never is not None:
        cost[never] = NEVER
    best, via = paths(roads.start, roads.head, roads.segment, cost,
                      np.asarray(sources, dtype=np.int64), True)
    count = of_places(places, best)
    count[count == NEVER] = -1
    start = np.concatenate([[0], np.cumsum(np.maximum(count, 0))]).astype(np.int64)
    segment = _chains(places.start, places.node, best, via, roads.tail, roads.segment, blocked,
                      start)
    return Fewest(count, start, segment)


@loop(cache=True)
def _chains(place_start, place_node, best, via, tail, segment, blocked, start):
    """The blocked segments on the path to the best node of each place, from the base (numba)."""
    out = np.empty(start[-1], np.int32)
    for p in range(len(start) - 1):
        at = start[p + 1]
        if at == start[p]:
            continue
        node = place_node[place_start[p]]
        for k in range(place_start[p], place_start[p + 1]):
            if best[place_node[k]] < best[node]:
                node = place_node[k]
        while via[node] >= 0:
            arc = via[node]
            if blocked[segment[arc]]:
                at -= 1
                out[at] = segment[arc]
            node = tail[arc]
    return out


def _rows(key: np.ndarray, value: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Values grouped by key 0..size-1: starts (size + 1,) and the values in that order."""
    order = np.argsort(key, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=size))]).astype(np.int64)
    return start, np.asarray(value, dtype=np.int64)[order]


def _weigh(places: Places) -> np.ndarray:
    """(P, 3): one community, its people, and whether they are not reported."""
    unknown = np.isnan(places.people)
    return np.column_stack([np.ones(len(places.ids)), np.where(unknown, 0.0, places.people),
                            unknown.astype(float)])


def _weight(table: np.ndarray) -> Weight:
    return Weight(table[:, 0].astype(np.int64), table[:, 1].copy(), table[:, 2].astype(np.int64))


# --- for the planner ---------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class PlannerAccess:
    """`access` for `Problem`; `place` (C,) are the places that its communities are; blocker b
    stands `distance_m[b]` from the nearest road (B,), 0 where it blocks one.

    `apart` : blockers that nobody gets to over any road, with why: "far" (`distance_m` is more than
    the farthest that people go from a road), "island" (the nearest road leads to no base even with
    all roads open), "barred" (by ground `barrier[b]` on the way from the road) or "behind" (the
    way leads over blocker `barrier[b]`, which no plan removes). `behind[b]` : the blockers that lie
    on the way from the road and are worked through first."""

    access: Access
    place: np.ndarray  # int32 (C,)
    distance_m: np.ndarray  # float64 (B,)
    zone_of_node: np.ndarray  # int32 (N,)
    doors: tuple[np.ndarray, ...]  # of each blocker the nodes from which it is entered
    apart: Mapping[int, Apart] = field(default_factory=dict)
    barrier: Mapping[int, int] = field(default_factory=dict)
    nearest: Mapping[int, int] = field(default_factory=dict)  # of `apart`: the nearest segment
    behind: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


Apart = Literal["far", "island", "barred", "behind"]


def planner_access(network: RoadNetwork, roads: Graph, places: Places, sources: np.ndarray,
                   blocks: Blocking, grounds: Sequence[Ground], stage_blocker: np.ndarray,
                   own: Sequence[Sequence[int]], community_weight: np.ndarray,
                   never: np.ndarray | None = None, held: np.ndarray | None = None,
                   part: Mapping[tuple[int, int], np.ndarray] | None = None,
                   farthest_m: float = math.inf, barred: Sequence[Ground] = (),
                   wider_m: Sequence[float] | None = None) -> PlannerAccess:
    """The either-or access over roads as the arrays of `core.work.Access`.

    blocks, grounds : the hazards (or tasks), B of them, and the segments that they block.
    stage_blocker : int (S,), the hazard of each stage (`Problem.hazard`). A segment opens when all
        stages of all its hazards are finished.
    part : (segment, hazard) -> those stages of a hazard that keep this segment shut, where that is
        not all of them: of the ground of the hazard that lies on the way there.
    own : for each place (P) the hazards (0..B-1) that are its own.
    community_weight : float (P,) points a day that a community gets back.
    never : bool (M,), segments that no plan opens (explicit blocks, closures without an end).
    held : bool (B,), hazards that are worked through and not released: no plan opens what they
        block, and communities whose own they are get no date.
    farthest_m : from the nearest road that people go with their equipment.
    barred : ground, in the plane of the network, that nobody crosses on the way from the road.
    wider_m : float (B,), how far beyond its outline each blocker may reach (S04); None: the way
        from the road is not held against them.

    Zone 0 is what can be reached now. What remains falls into zones by the roads that are open
    both ways among themselves. A gate leads over each blocked segment, one for each direction in
    which it may be used; one-way roads that are open are gates without stages. A hazard on a road
    is a zone of its own, entered freely from both ends of each segment that it blocks; one beside
    the roads lies in the zone of the nearest segment, as a community does: where no way leads to
    that one even with all roads open, or it is farther than `farthest_m`, or barred ground lies on
    the shortest way from it, no plan reaches the hazard, and why stands in `apart`. Where that way,
    up to where the hazard itself may begin, leads over other hazards, it is entered when all
    stages of these are finished; each of them is nearer to a road, so none waits for itself. A
    community that is entered from several zones is a zone of its own; one that is not on the
    network is left out.

    Two hazards far apart on one segment block it together, so that each is reached from either
    end past the other: cut long segments with `subdivide` first.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    stage_blocker = np.asarray(stage_blocker, dtype=np.int64)
    shut = np.zeros(roads.segments, dtype=bool) if never is None else never
    if held is not None:
        shut = shut | blocks.blocked(held)
    blocked = blocks.blocked() | shut
    nodes = len(roads.start) - 1
    free = ~blocked[roads.segment]
    now = reachable(roads, blocked, sources)
    component = connected_components(coo_array(
        (np.ones(int(free.sum())), (roads.tail[free], roads.head[free])), shape=(nodes, nodes)),
        directed=True, connection="strong")[1].astype(np.int64)
    component[now] = -1
    first = np.unique(component[~now], return_index=True)
    rank = {int(c): z for z, c in enumerate(first[0][np.argsort(first[1])], 1)}
    zone = np.array([0 if c < 0 else rank[int(c)] for c in component], dtype=np.int32)
    zones = len(rank) + 1
    stage_start, stages_of = _rows(stage_blocker, np.arange(len(stage_blocker)), len(blocks.ids))
    pair_start = np.searchsorted(blocks.segment, np.arange(roads.segments + 1))
    gates: dict[tuple[int, int, tuple[int, ...]], str] = {}
    kept_shut: dict[tuple[str, int, int], None] = {}

    def gate(a: int, b: int, waits: tuple[int, ...], name: str) -> None:
        if a != b and b != 0:
            gates.setdefault((a, b, waits), name)

    def waits_of(m: int) -> tuple[int, ...]:
        """The stages that keep a segment shut."""
        own = (stages_of[stage_start[b]:stage_start[b + 1]] if part is None or (m, b) not in part
               else part[m, b] for b in blocks.blocker[pair_start[m]:pair_start[m + 1]].tolist())
        return tuple(sorted({int(s) for stages in own for s in stages}))

    for arc in np.flatnonzero(zone[roads.tail] != zone[roads.head]).tolist():
        m = int(roads.segment[arc])
        if shut[m]:
            here, there = int(zone[roads.tail[arc]]), int(zone[roads.head[arc]])
            if there != 0:
                kept_shut.setdefault((network.source_ids[m], here, there))
            continue
        gate(int(zone[roads.tail[arc]]), int(zone[roads.head[arc]]), waits_of(m),
             network.segment_ids[m])

    def own_zone(doors: set[int], name: str) -> int:
        """The zone that is entered from any of these."""
        nonlocal zones
        if 0 in doors:
            return 0
        if len(doors) == 1:
            return doors.pop()
        zones += 1
        for door in sorted(doors):
            gate(door, zones - 1, (), name)
        return zones - 1

    could = reachable(roads, np.zeros(roads.segments, dtype=bool), sources)
    entered: list[set[int]] = [set() for _ in blocks.ids]
    for b, m in zip(blocks.blocker.tolist(), blocks.segment.tolist(), strict=True):
        entered[b] |= {int(n) for n in (network.from_node[m], network.to_node[m]) if could[n]}
    beside = [b for b in range(len(blocks.ids)) if not entered[b]]
    nearest, distance, apart, barrier = _approaches(network, roads, could, grounds, beside,
                                                    farthest_m, barred)
    undone = stage_start[1:] == stage_start[:-1]
    wider = np.zeros(len(grounds)) if wider_m is None else np.asarray(wider_m, dtype=float)
    behind = {} if wider_m is None else _behind(
        network, grounds, {b: nearest[b] for b in beside if b not in apart}, wider)
    for b in sorted(behind, key=lambda b: (distance[b] - wider[b], b)):
        ends = [h for h in behind[b] if undone[h] or h in apart]
        if ends:
            apart[b], barrier[b] = "behind", ends[0]
    behind = {b: on_way for b, on_way in behind.items() if b not in apart}
    for b, m in nearest.items():
        if b not in apart:
            entered[b] = {int(n) for n in (network.from_node[m], network.to_node[m]) if could[n]}
    doors = [{int(zone[n]) for n in nodes_} for nodes_ in entered]
    if apart:
        zones += 1  # without a gate
    blocker_zone = np.array([own_zone(d, blocks.ids[b]) if d else nowhere
                             for nowhere in (zones - 1,) for b, d in enumerate(doors)],
                            dtype=np.int32)
    for b, on_way in behind.items():
        zones += 1
        gate(int(blocker_zone[b]), zones - 1, tuple(
            _stages(stages_of, stage_start, on_way).tolist()), f"way to {blocks.ids[b]}")
        blocker_zone[b] = zones - 1
    chosen = np.flatnonzero(places.on_network).astype(np.int32)
    community_zone = [own_zone(set(zone[places.node[places.start[p]:places.start[p + 1]]].tolist()),
                               places.ids[p]) for p in chosen]
    needed = [_stages(stages_of, stage_start, own[p]) for p in chosen.tolist()]
    waits = [np.array(stages, dtype=np.int32) for _, _, stages in gates]
    access = Access(
        zone=blocker_zone[stage_blocker], zones=zones, gate_ids=tuple(gates.values()),
        gate_from=np.array([a for a, _, _ in gates], dtype=np.int32),
        gate_to=np.array([b for _, b, _ in gates], dtype=np.int32),
        gate_start=_starts(waits), gate_stage=_flat(waits),
        community_ids=tuple(places.ids[p] for p in chosen), community_people=places.people[chosen],
        community_weight=np.asarray(community_weight, dtype=float)[chosen],
        community_zone=np.array(community_zone, dtype=np.int32),
        community_start=_starts(needed), community_stage=_flat(needed),
        community_held=None if held is None or not held.any() else np.array(
            [bool(held[list(own[p])].any()) for p in chosen.tolist()], dtype=bool),
        shut_ids=tuple(name for name, _, _ in kept_shut),
        shut_zones=None if not kept_shut else np.array(
            [[a, b] for _, a, b in kept_shut], dtype=np.int32))
    return PlannerAccess(access, chosen, distance, zone,
                         tuple(np.array(sorted(e), dtype=np.int64) for e in entered), apart,
                         barrier, {b: nearest[b] for b in apart if b in nearest}, behind)


_STEP_M = 1.0  # so much sooner than at its own edge a hazard on the way begins, to be on the way


def _behind(network: RoadNetwork, grounds: Sequence[Ground], nearest: Mapping[int, int],
            wider_m: np.ndarray) -> dict[int, tuple[int, ...]]:
    """Of ground beside the roads: which other ground the way from the nearest segment leads over.

    The way ends `wider_m[b]` before the outline of b, where b itself may begin, and a step sooner:
    what it meets begins nearer to that road than b does, so that no two lie behind each other.
    """
    if not nearest:
        return {}
    plane, stretch = _plane(network)
    lines = plane.to_plane(network.lines())
    shapes = plane.to_plane(np.array(list(grounds), dtype=object))
    beside = sorted(nearest)
    ways = shapely.shortest_line(lines[[nearest[b] for b in beside]], shapes[beside])
    left = shapely.length(ways) - wider_m[beside] * stretch - _STEP_M
    there = np.flatnonzero(left > 0)
    feet = shapely.get_point(ways[there], 0)
    ends = shapely.line_interpolate_point(ways[there], left[there])
    tree = shapely.STRtree(shapely.linestrings(np.stack(
        [shapely.get_coordinates(feet), shapely.get_coordinates(ends)], axis=1)))
    found: dict[int, list[int]] = {}
    for h, k in zip(*tree.query(shapes, predicate="dwithin", distance=wider_m * stretch).tolist(),
                    strict=True):
        b = beside[int(there[k])]
        if h != b:
            found.setdefault(b, []).append(h)
    return {b: tuple(sorted(on_way)) for b, on_way in sorted(found.items())}


def _approaches(network: RoadNetwork, roads: Graph, could: np.ndarray, grounds: Sequence[Ground],
                beside: Sequence[int], farthest_m: float, barred: Sequence[Ground]
                ) -> tuple[dict[int, int], np.ndarray, dict[int, Apart], dict[int, int]]:
    """Of ground that lies on no road that leads anywhere: the segment nearest to it, the distance
    (B,), why nobody gets to it from there, and what bars the way."""
    distance = np.zeros(len(grounds))
    nearest: dict[int, int] = {}
    apart: dict[int, Apart] = {}
    barrier: dict[int, int] = {}
    used = np.flatnonzero(np.bincount(roads.segment, minlength=roads.segments) > 0)
    if not beside or not len(used):
        apart.update((b, "island") for b in beside)
        return nearest, distance, apart, barrier
    plane, _ = _plane(network)
    lines = plane.to_plane(network.lines())
    own = plane.to_plane(np.array([grounds[b] for b in beside], dtype=object))
    leads = could[network.from_node] | could[network.to_node]
    away = np.full((2, len(beside)), math.inf)  # to a road that leads there, and to any
    which = np.zeros((2, len(beside)), dtype=np.int64)
    for k, usable in enumerate((used[leads[used]], used)):
        if len(usable):
            found, metres = shapely.STRtree(lines[usable]).query_nearest(
                own, all_matches=False, return_distance=True)
            away[k, found[0]], which[k, found[0]] = metres, usable[found[1]]
    walls = shapely.STRtree(np.array(list(barred), dtype=object))
    for i, b in enumerate(beside):
        # Of two that are equally near the one that leads there.
        k = 0 if away[0, i] <= away[1, i] + _AT_NODE_M else 1
        nearest[b], distance[b] = int(which[k, i]), away[k, i]
        if k:
            apart[b] = "island"
        elif away[k, i] > farthest_m:
            apart[b] = "far"
        elif len(barred) and away[k, i] > 0:
            hit = walls.query(shapely.shortest_line(own[i], lines[nearest[b]]),
                              predicate="intersects")
            if len(hit):
                apart[b], barrier[b] = "barred", int(hit.min())
    return nearest, distance, apart, barrier


def cut_off(roads: Graph, made: PlannerAccess, sources: np.ndarray, blocked: np.ndarray,
            never: np.ndarray, shut: np.ndarray) -> np.ndarray:
    """bool (B,): blockers that nobody gets to while segments `shut` (M,) are closed for a time.

    blocked (M,) : by hazards today; never (M,) : closed for good. What can be reached today is cut
    off when the roads that are open today do not lead there any more, however many blocked ones
    might; what lies behind blocked roads when no road at all leads there.
    """
    today = reachable(roads, blocked | never | shut, sources)
    ever = reachable(roads, never | shut, sources)
    out = np.zeros(len(made.doors), dtype=bool)
    for b, nodes in enumerate(made.doors):
        if len(nodes):
            now = made.zone_of_node[nodes] == 0
            out[b] = not (today[nodes[now]].any() if now.any() else ever[nodes].any())
    return out


def zone_openings(access: Access, finish: np.ndarray) -> np.ndarray:
    """int64 (Z,): the slot at which each zone opens under a schedule, NEVER where it does not.

    finish : int (S,) of the stages, below 0 where not finished. The same kernel as for roads, so
    about a microsecond a gate: fit for being called within a search.
    """
    last = np.where(finish < 0, NEVER, finish).astype(np.int64)
    gate = np.repeat(np.arange(len(access.gate_from)), np.diff(access.gate_start))
    opening = np.zeros(len(access.gate_from), dtype=np.int64)
    np.maximum.at(opening, gate, last[access.gate_stage])
    start, order = _rows(access.gate_from.astype(np.int64), np.arange(len(access.gate_from)),
                         access.zones)
    return paths(start, access.gate_to[order], order, opening, np.zeros(1, dtype=np.int64),
                 False)[0]


def community_openings(access: Access, finish: np.ndarray) -> np.ndarray:
    """int64 (C,): the slot at which each community is reachable and free of its own hazards."""
    last = np.where(finish < 0, NEVER, finish).astype(np.int64)
    out = zone_openings(access, finish)[access.community_zone]
    which = np.repeat(np.arange(len(access.community_ids)), np.diff(access.community_start))
    np.maximum.at(out, which, last[access.community_stage])
    if access.community_held is not None:
        out[access.community_held] = NEVER
    return out


def _stages(stages_of: np.ndarray, start: np.ndarray, blockers: Sequence[int]) -> np.ndarray:
    parts = [stages_of[start[b]:start[b + 1]] for b in blockers]
    return np.unique(np.concatenate(parts)).astype(np.int32) if parts else np.zeros(0, np.int32)


def _starts(lists: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([len(x) for x in lists])]).astype(np.int32)


def _flat(lists: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int32), *lists]).astype(np.int32)
