"""Lines of roads in, a network that is joined at junctions out, with findings on what was doubtful.

Lines join where they share a vertex: the same node number (OpenStreetMap), or the same place at
1e-7 degrees (about 1 cm) where the source numbers no nodes. Lines that cross without a shared
vertex do not join: a bridge and the road below it look just the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from landrelease.core.finding import Finding
from landrelease.core.geometry import LocalPlane, geodesic_distance_m, plane_for
from landrelease.core.roads import RoadNetwork, part_lengths_m
from landrelease.errors import (
    ROAD_CROSSING_NOT_JOINED,
    ROAD_ID_REPEATED,
    ROAD_NODE_PLACES_DIFFER,
    ROAD_NODES_AT_ONE_PLACE,
    ROAD_PART_REPEATS,
    ROAD_PIECES,
    ROAD_REPEATS,
    ROAD_SNAPPED,
    ROAD_WITHOUT_LENGTH,
    ROADS_MORE_FINDINGS,
    Message,
)

TOLD_ONE_BY_ONE = 50  # of each message; the rest are counted in one finding


@dataclass(frozen=True, slots=True)
class Ways:
    """W lines as read, before they are split. Lists and arrays of W unless said otherwise."""

    row: np.ndarray  # int64, row of the source, from 1; several lines may be of one row
    source_id: Sequence[str]
    road_class: Sequence[str]
    surface: Sequence[str]
    structure: Sequence[str]
    name: Sequence[str]
    level: Sequence[str]  # equal text: the same level, so shared vertices join
    oneway: np.ndarray  # int8
    start: np.ndarray  # int64 (W + 1,)
    vertices: np.ndarray  # float64 (V, 2) degrees
    node: np.ndarray | None  # int64 (V,) the source's node of each vertex, or None
    end_node: Sequence[tuple[str, str]] | None  # the source's nodes of the ends, "" where none


@dataclass(slots=True)
class Told:
    """Findings of one file, a few of each message one by one and the others counted."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)

    def say(self, message: Message, fate: str, *, row: int = 0, field: str = "",
            found: str = "", **facts: object) -> None:
        key = f"{message.code} {fate}"
        self.counts[key] = self.counts.get(key, 0) + 1
        self.messages[key] = message
        if self.counts[key] <= TOLD_ONE_BY_ONE:
            facts |= {"file": self.file, "row": row, "field": field, "found": found}
            self.findings.append(Finding(
                message.code, self.file, row, field, found, message.problem.format(**facts),
                message.remedy.format(**facts), fate))  # type: ignore[arg-type]

    def close(self) -> tuple[Finding, ...]:
        out = list(self.findings)
        for key, count in self.counts.items():
            if count > TOLD_ONE_BY_ONE:
                more, m = count - TOLD_ONE_BY_ONE, ROADS_MORE_FINDINGS
                code, fate = key.split()
                facts = {"file": self.file, "found": more, "code": code}
                out.append(Finding(m.code, self.file, 0, "", str(more),
                                   m.problem.format(**facts), m.remedy.format(**facts),
                                   fate))  # type: ignore[arg-type]
        return tuple(out)


@dataclass(frozen=True, slots=True)
class Joined:
    """The network, and of each of the W ways whether it gave a segment or was merged."""

    network: RoadNetwork | None  # None: no line has a length
    used: np.ndarray  # bool (W,)
    merged: np.ndarray  # bool (W,)


@dataclass(slots=True)
class _Work:
    """Ways while they are joined: flat arrays over the vertices of ways that are kept."""

    way: np.ndarray  # int64 (V,) index of the way
    xy: np.ndarray  # float64 (V, 2)
    joint: np.ndarray  # int64 (V,) vertices with equal numbers are one node

    def keep(self, mask: np.ndarray) -> None:
        self.way, self.xy, self.joint = self.way[mask], self.xy[mask], self.joint[mask]

    def ends(self) -> np.ndarray:
        """bool (V,): first or last vertex of its way."""
        out = np.ones(len(self.way), dtype=bool)
        same = self.way[1:] == self.way[:-1]
        out[1:-1] = ~(same[:-1] & same[1:])
        return out


def join(ways: Ways, tolerance_m: float, told: Told) -> Joined:
    """Split lines at their junctions and join them into a network.

    tolerance_m : an end that meets no other line is joined to a node, else to a line of its own
        level, that lies at most so far away; 0 joins shared vertices only. Not used where the
        source numbers the nodes of all vertices.

    Where vertices carry no numbers: at a shared place ends join each other, and an inner vertex
    joins them when it lies on the level of one of them or is the only level there; inner vertices
    join on equal levels. Ends with different declared nodes do not join; ends with the same
    declared node join when they lie within max(tolerance, 1 m) of each other. In doubt lines are
    not joined, so that no community counts as reachable over a road that may not exist.
    """
    count = len(ways.source_id)
    work = _Work(np.repeat(np.arange(count), np.diff(ways.start)), ways.vertices.copy(),
                 _first_joints(ways))
    # A vertex that repeats the one before it adds nothing.
    repeat = np.zeros(len(work.way), dtype=bool)
    repeat[1:] = (work.way[1:] == work.way[:-1]) & (work.joint[1:] == work.joint[:-1])
    work.keep(~repeat)
    alive = np.bincount(work.way, minlength=count) >= 2
    for w in np.flatnonzero(~alive).tolist():
        told.say(ROAD_WITHOUT_LENGTH, "quarantined", row=int(ways.row[w]), field="geometry",
                 found=ways.source_id[w])
    work.keep(alive[work.way])
    if not len(work.way):
        return Joined(None, alive, np.zeros(count, dtype=bool))
    links: list[tuple[int, int]] = []  # joints that are one node
    if ways.node is None:
        _levels(ways, work)
        links = _declared(ways, work, max(tolerance_m, 1.0), told)
    merged, oneway = _merge_ways(ways, work, told)
    work.keep(~merged[work.way])
    plane = plane_for(_bounds(work.xy))
    if ways.node is None and tolerance_m > 0:
        work.joint = _united(work.joint, links)
        links = _snap_to_nodes(ways, work, tolerance_m, plane, told)
        work.joint = _united(work.joint, links)
        _snap_to_lines(ways, work, tolerance_m, plane, told)
    else:
        work.joint = _united(work.joint, links)
    network, way = _split(ways, work, oneway, told)
    used = np.zeros(count, dtype=bool)
    used[way] = True
    merged |= alive & ~used
    _tell_pieces(network, told)
    _tell_crossings(network, np.array(ways.level, dtype=str)[way], told)
    return Joined(network, used, merged)


def _bounds(xy: np.ndarray) -> tuple[float, float, float, float]:
    low, high = xy.min(axis=0), xy.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _first_joints(ways: Ways) -> np.ndarray:
    if ways.node is not None:
        keys = ways.node
    else:
        east, north = np.rint(ways.vertices * 1e7).astype(np.int64).T
        keys = (east + 1_800_000_000) * 1_800_000_001 + (north + 900_000_000)
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _united(joint: np.ndarray, links: list[tuple[int, int]]) -> np.ndarray:
    if not links:
        return joint
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(joint.max()) + 1
    a, b = np.array(links).T
    label = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(size, size)),
                                 directed=False)[1]
    return label[joint].astype(np.int64)


def _groups(values: np.ndarray, of: np.ndarray) -> list[np.ndarray]:
    """Indices grouped by value, for the values in `of`."""
    inside = np.flatnonzero(np.isin(values, of))
    inside = inside[np.argsort(values[inside], kind="stable")]
    edges = np.flatnonzero(np.diff(values[inside])) + 1
    return np.split(inside, edges) if len(inside) else []


def _levels(ways: Ways, work: _Work) -> None:
    """Part vertices that share a place and not a level."""
    level = np.unique(np.array(ways.level, dtype=str), return_inverse=True)[1][work.way]
    pairs = np.unique(np.column_stack([work.joint, level]), axis=0)
    found, times = np.unique(pairs[:, 0], return_counts=True)
    ends = work.ends()
    fresh = int(work.joint.max()) + 1
    for here in _groups(work.joint, found[times > 1]):
        inner, outer = here[~ends[here]], here[ends[here]]
        levels = np.unique(level[inner])
        if not len(levels) or (len(levels) == 1 and len(outer)):
            continue  # all join
        for one in levels:
            if one not in level[outer]:
                work.joint[inner[level[inner] == one]] = fresh
                fresh += 1


def _declared(ways: Ways, work: _Work, apart_m: float, told: Told) -> list[tuple[int, int]]:
    """Nodes that the source names at ends: equal names link, different names part."""
    if ways.end_node is None:
        return []
    at = np.flatnonzero(work.ends())
    first = np.ones(len(at), dtype=bool)
    first[1:] = work.way[at[1:]] != work.way[at[:-1]]
    names = np.array([ways.end_node[w][0 if f else 1]
                      for w, f in zip(work.way[at], first, strict=True)], dtype=object)
    at, names = at[names != ""], names[names != ""]
    if not len(at):
        return []
    code = np.unique(names.astype(str), return_inverse=True)[1]
    pairs = np.unique(np.column_stack([work.joint[at], code]), axis=0)
    found, times = np.unique(pairs[:, 0], return_counts=True)
    fresh = int(work.joint.max()) + 1
    for here in _groups(work.joint[at], found[times > 1]):
        said = sorted(set(names[here]))
        told.say(ROAD_NODES_AT_ONE_PLACE, "accepted", row=int(ways.row[work.way[at[here[0]]]]),
                 field="from_node, to_node", found=", ".join(said[:5]))
        for name in said:
            work.joint[at[here[names[here] == name]]] = fresh
            fresh += 1
    links: list[tuple[int, int]] = []
    pairs, where = np.unique(np.column_stack([code, work.joint[at]]), axis=0, return_index=True)
    found, times = np.unique(pairs[:, 0], return_counts=True)
    for here in _groups(pairs[:, 0], found[times > 1]):
        spots = at[where[here]]
        lon, lat = work.xy[spots].T
        away = geodesic_distance_m(np.full(len(lon), lon[0]), np.full(len(lat), lat[0]), lon, lat)
        links += [(int(work.joint[spots[0]]), int(work.joint[s]))
                  for s in spots[1:][away[1:] <= apart_m]]
        if away.max() > apart_m:
            far = int(away.argmax())
            told.say(ROAD_NODE_PLACES_DIFFER, "accepted", row=int(ways.row[work.way[spots[far]]]),
                     field="from_node, to_node", found=str(names[where[here[0]]]),
                     distance=f"{away[far]:,.1f}", expected=f"{apart_m:g}")
    return links


def _merge_ways(ways: Ways, work: _Work, told: Told) -> tuple[np.ndarray, np.ndarray]:
    """Lines that repeat another vertex by vertex: bool (W,), and the directions (W,) int8."""
    merged = np.zeros(len(ways.source_id), dtype=bool)
    oneway = np.array(ways.oneway, dtype=np.int8)
    seen: dict[bytes, tuple[int, bool]] = {}
    for here in np.split(np.arange(len(work.way)), np.flatnonzero(np.diff(work.way)) + 1):
        w = int(work.way[here[0]])
        ahead, back = work.joint[here].tobytes(), work.joint[here][::-1].tobytes()
        turned = back < ahead
        other, other_turned = seen.setdefault(min(ahead, back), (w, turned))
        if other != w:
            merged[w] = True
            _one_direction(oneway, other, int(oneway[w]) * (-1 if turned != other_turned else 1))
            told.say(ROAD_REPEATS, "merged", row=int(ways.row[w]), field="geometry",
                     found=ways.source_id[w], other=int(ways.row[other]),
                     classes=_differ(ways.road_class[other], ways.road_class[w]))
    return merged, oneway


def _one_direction(oneway: np.ndarray, kept: int, other: int) -> None:
    if oneway[kept] != other:
        oneway[kept] = 0  # each of the two says that its direction can be used


def _differ(kept: str, other: str) -> str:
    return "" if kept == other else f" (class {kept} kept, {other} said here)"


def _snap_to_nodes(ways: Ways, work: _Work, tolerance_m: float, plane: LocalPlane,
                   told: Told) -> list[tuple[int, int]]:
    """Ends that meet nothing, with the nodes within the tolerance."""
    from scipy.spatial import cKDTree

    ends = work.ends()
    joints, first, uses = np.unique(work.joint, return_index=True, return_counts=True)
    is_end = np.zeros(int(work.joint.max()) + 1, dtype=bool)
    is_end[work.joint[ends]] = True
    node = is_end[joints] | (uses > 1)
    joints, first, uses = joints[node], first[node], uses[node]
    loose = is_end[joints] & (uses == 1)
    if not loose.any():
        return []
    xy = np.column_stack(plane.points(*work.xy[first].T))
    names = _end_names(ways, work, first)
    links = []
    for a, b in cKDTree(xy).query_pairs(tolerance_m, output_type="ndarray"):
        if not (loose[a] or loose[b]) or (names[a] and names[b] and names[a] != names[b]):
            continue
        if loose[a] and loose[b] and work.way[first[a]] == work.way[first[b]]:
            continue  # the two ends of one short line
        links.append((int(joints[a]), int(joints[b])))
        one = a if loose[a] else b
        told.say(ROAD_SNAPPED, "accepted", row=int(ways.row[work.way[first[one]]]),
                 field="geometry", found=ways.source_id[work.way[first[one]]],
                 distance=f"{float(np.hypot(*(xy[a] - xy[b]))):.2f}",
                 other=ways.source_id[work.way[first[b if one == a else a]]],
                 expected=f"{tolerance_m:g}")
    return links


def _end_names(ways: Ways, work: _Work, vertices: np.ndarray) -> list[str]:
    """The node that the source declares at these vertices, "" where none."""
    if ways.end_node is None:
        return [""] * len(vertices)
    starts = np.ones(len(work.way), dtype=bool)
    starts[1:] = work.way[1:] != work.way[:-1]
    stops = np.ones(len(work.way), dtype=bool)
    stops[:-1] = starts[1:]
    return [ways.end_node[work.way[v]][0] if starts[v] else
            ways.end_node[work.way[v]][1] if stops[v] else "" for v in vertices]


def _snap_to_lines(ways: Ways, work: _Work, tolerance_m: float, plane: LocalPlane,
                   told: Told) -> None:
    """Ends that still meet nothing, with the nearest line of their level: it gets a vertex."""
    ends = work.ends()
    uses = np.bincount(work.joint)
    loose = np.flatnonzero(ends & (uses[work.joint] == 1))
    if not len(loose):
        return
    own, index = np.unique(work.way, return_inverse=True)
    lines = shapely.linestrings(np.column_stack(plane.points(*work.xy.T)), indices=index)
    points = shapely.points(np.column_stack(plane.points(*work.xy[loose].T)))
    tree = shapely.STRtree(lines)
    which, line = tree.query(points, predicate="dwithin", distance=tolerance_m)
    at: list[int] = []  # vertex after which a new one stands
    new_xy, new_joint = [], []
    level = np.array(ways.level, dtype=str)
    for k in np.unique(which):
        end = loose[k]
        near = line[which == k]
        near = near[(own[near] != work.way[end]) & (level[own[near]] == level[work.way[end]])]
        if not len(near):
            continue
        best = int(near[np.argmin(shapely.distance(lines[near], points[k]))])
        along = float(shapely.line_locate_point(lines[best], points[k]))
        begin = int(np.searchsorted(index, best))
        xy = shapely.get_coordinates(lines[best])
        walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        if not 0 < along < walked[-1]:
            continue  # nearest is an end of that line, which its declared node keeps apart
        step = min(int(np.searchsorted(walked, along, side="right")) - 1, len(xy) - 2)
        share = (along - walked[step]) / max(walked[step + 1] - walked[step], 1e-12)
        a, b = work.xy[begin + step], work.xy[begin + step + 1]
        at.append(begin + step + 1)
        new_xy.append((begin + step + share, a + share * (b - a), work.joint[end]))
        told.say(ROAD_SNAPPED, "accepted", row=int(ways.row[work.way[end]]), field="geometry",
                 found=ways.source_id[work.way[end]], other=ways.source_id[own[best]],
                 distance=f"{float(shapely.distance(lines[best], points[k])):.2f}",
                 expected=f"{tolerance_m:g}")
    if not at:
        return
    order = sorted(range(len(at)), key=lambda i: new_xy[i][0])  # along each line
    places = np.array([at[i] for i in order])
    new_joint = [int(new_xy[i][2]) for i in order]
    added = np.array([new_xy[i][1] for i in order])
    work.way = np.insert(work.way, places, work.way[places - 1])
    work.xy = np.insert(work.xy, places, added, axis=0)
    work.joint = np.insert(work.joint, places, new_joint)


def _split(ways: Ways, work: _Work, oneway: np.ndarray, told: Told
           ) -> tuple[RoadNetwork, np.ndarray]:
    """The network, and int64 (M,): the way of each segment."""
    is_node = work.ends() | (np.bincount(work.joint)[work.joint] > 1)
    cut = np.flatnonzero(is_node)
    same = work.way[cut[1:]] == work.way[cut[:-1]]
    begin, end = cut[:-1][same], cut[1:][same]
    size = end - begin + 1
    start = np.concatenate([[0], np.cumsum(size)])
    gather = np.repeat(begin - start[:-1], size) + np.arange(start[-1])
    way = work.way[begin]
    direction = oneway[way].astype(np.int8)
    kept = _merge_parts(ways, work, way, begin, end, direction, told)
    # Compress what is left.
    way, begin, end, direction = way[kept], begin[kept], end[kept], direction[kept]
    gather = gather[np.repeat(kept, size)]
    start = np.concatenate([[0], np.cumsum(size[kept])])
    joints, first = np.unique(work.joint[np.concatenate([begin, end])], return_index=True)
    spot = np.concatenate([begin, end])[first]
    order = np.argsort(spot, kind="stable")
    number = np.empty(int(joints.max()) + 1, dtype=np.int32)
    number[joints[order]] = np.arange(len(joints))
    spot = spot[order]
    vertices = work.xy[gather]
    length = part_lengths_m(vertices, start)
    network = RoadNetwork(
        node_ids=_node_ids(ways, work, spot), node_place=work.xy[spot],
        segment_ids=_segment_ids(ways, way, told),
        source_ids=tuple(ways.source_id[w] for w in way),
        from_node=number[work.joint[begin]], to_node=number[work.joint[end]], oneway=direction,
        length_m=length, road_class=tuple(ways.road_class[w] for w in way),
        surface=tuple(ways.surface[w] for w in way),
        structure=tuple(ways.structure[w] for w in way), name=tuple(ways.name[w] for w in way),
        vertex_start=start.astype(np.int64), vertices=vertices)
    for m in np.flatnonzero(length == 0):
        told.say(ROAD_WITHOUT_LENGTH, "accepted", row=int(ways.row[way[m]]), field="geometry",
                 found=network.segment_ids[m])
    return network, way


def _merge_parts(ways: Ways, work: _Work, way: np.ndarray, begin: np.ndarray, end: np.ndarray,
                 direction: np.ndarray, told: Told) -> np.ndarray:
    """Parts of lines that repeat a part of another: bool (M,) kept; directions are joined."""
    kept = np.ones(len(way), dtype=bool)
    a, b = work.joint[begin], work.joint[end]
    keys = np.column_stack([np.minimum(a, b), np.maximum(a, b), end - begin])
    code = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    found, times = np.unique(code, return_counts=True)
    for here in _groups(code, found[times > 1]):
        seen: dict[bytes, tuple[int, bool]] = {}
        for m in here:
            run = work.joint[begin[m]:end[m] + 1]
            ahead, back = run.tobytes(), run[::-1].tobytes()
            turned = back < ahead
            other, other_turned = seen.setdefault(min(ahead, back), (int(m), turned))
            # A straight line between two nodes is told by its ends; nodes that were snapped may
            # lie apart from the line, so the places must be equal too.
            if other == m or not _same_places(work, begin, end, other, int(m),
                                              turned != other_turned):
                continue
            kept[m] = False
            _one_direction(direction, other,
                           int(direction[m]) * (-1 if turned != other_turned else 1))
            told.say(ROAD_PART_REPEATS, "merged", row=int(ways.row[way[m]]), field="geometry",
                     found=ways.source_id[way[m]], other=int(ways.row[way[other]]),
                     classes=_differ(ways.road_class[way[other]], ways.road_class[way[m]]))
    return kept


def _same_places(work: _Work, begin: np.ndarray, end: np.ndarray, one: int, other: int,
                 turned: bool) -> bool:
    a = work.xy[begin[one]:end[one] + 1]
    b = work.xy[begin[other]:end[other] + 1]
    return bool(np.abs(a - (b[::-1] if turned else b)).max() < 2e-7)


def _node_ids(ways: Ways, work: _Work, spot: np.ndarray) -> tuple[str, ...]:
    if ways.node is not None:
        # `work` holds a part of the vertices, so go back by place of first appearance.
        joints = _first_joints(ways)
        first = np.empty(int(joints.max()) + 1, dtype=np.int64)
        first[joints[::-1]] = np.arange(len(joints))[::-1]
        return tuple(str(n) for n in ways.node[first[work.joint[spot]]])
    declared: dict[int, str] = {}
    if ways.end_node is not None:
        at = np.flatnonzero(work.ends())
        for v, name in zip(at, _end_names(ways, work, at), strict=True):
            if name:
                declared.setdefault(int(work.joint[v]), name)
    out, seen = [], set(declared.values())
    taken: set[str] = set()
    for v in spot:
        name = declared.get(int(work.joint[v]), "")
        if not name or name in taken:
            base = name = f"{work.xy[v, 1]:.7f},{work.xy[v, 0]:.7f}"
            n = 1
            while name in taken or name in seen:
                n += 1
                name = f"{base} ({n})"
        taken.add(name)
        out.append(name)
    return tuple(out)


def _segment_ids(ways: Ways, way: np.ndarray, told: Told) -> tuple[str, ...]:
    """The road's number, with /1, /2, ... where it was split; made unique where rows repeat it."""
    label: dict[int, str] = {}
    rows: dict[str, int] = {}
    for w in np.unique(way):
        name, row = ways.source_id[w], int(ways.row[w])
        if rows.setdefault(name, row) != row:
            told.say(ROAD_ID_REPEATED, "accepted", row=row, field="id", found=name,
                     other=rows[name])
            name = f"{name}~{row}"
        label[int(w)] = name
    names = [label[int(w)] for w in way]
    total: dict[str, int] = {}
    for name in names:
        total[name] = total.get(name, 0) + 1
    number: dict[str, int] = {}
    out: list[str] = []
    taken: set[str] = set()
    for name in names:
        number[name] = number.get(name, 0) + 1
        one = name if total[name] == 1 else f"{name}/{number[name]}"
        while one in taken:
            one += "~"
        taken.add(one)
        out.append(one)
    return tuple(out)


def pieces(network: RoadNetwork) -> np.ndarray:
    """int32 (N,): the connected piece of each node, whatever the direction, 0 the longest."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = len(network.node_ids)
    count, label = connected_components(coo_array(
        (np.ones(len(network.from_node)), (network.from_node, network.to_node)),
        shape=(nodes, nodes)), directed=False)
    metres = np.bincount(label[network.from_node], network.length_m, minlength=count)
    rank = np.empty(count, dtype=np.int32)
    rank[np.argsort(-metres, kind="stable")] = np.arange(count)
    return rank[label]


def _tell_pieces(network: RoadNetwork, told: Told) -> None:
    piece = pieces(network)
    of_segment = piece[network.from_node]
    metres = np.bincount(of_segment, network.length_m)
    number = np.bincount(of_segment)
    first = np.unique(of_segment, return_index=True)[1]
    for p in range(1, len(metres)):
        told.say(ROAD_PIECES, "accepted", field="geometry",
                 found=network.segment_ids[first[p]], segments=int(number[p]),
                 length=f"{metres[p]:,.0f}")


def _tell_crossings(network: RoadNetwork, level: np.ndarray, told: Told) -> None:
    """Lines of one level that cross without a node: a junction may be missing in the source."""
    lines = network.lines()
    a, b = shapely.STRtree(lines).query(lines, predicate="crosses")
    for i, j in zip(a[a < b], b[a < b], strict=True):
        if level[i] == level[j]:
            place = shapely.get_coordinates(lines[i].intersection(lines[j]))[0]
            told.say(ROAD_CROSSING_NOT_JOINED, "accepted", field="geometry",
                     found=network.segment_ids[i], other=network.segment_ids[j],
                     place=f"{place[1]:.5f}, {place[0]:.5f}")
