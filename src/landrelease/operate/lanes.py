"""Swaths for machines: allowed ground and a tool in, what to drive in which order out. Metres.

The machine is a disc that turns on the spot (skid steer). Its middle may be where the disc stays
on allowed ground; ground that the disc can reach is the opening of the allowed ground by it, the
rest is listed for hand work. With the headland first it drives round every edge, as many rounds as
its disc needs, before the swaths that end there, and turns where its disc lies on ground that is
done, or beside the task on ground that is safe. What no swath covers (beside slanting edges,
between obstacles) is covered by pieces of inner rounds, and at last by turning on the spot, until
nothing of the reachable ground is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import GRID_M, joined
from landrelease.errors import LANES_NO_ROOM, LANES_OVERLAP, LANES_WIDTH, LandReleaseError
from landrelease.operate.tour import Graph, graph, order, ways

ARC = 16  # segments of a quarter circle
LEFT_M2 = 1e-4  # ground that is left below this is rounding
SIDE_M = 2e-3  # swaths are taken this much narrower when it is checked what they leave
DIRECTIONS = 36
STEPS = 16  # places of strips that are looked at in each spacing
TRIED = 4  # directions that are planned
FINISHED = 2  # of them, how many with all rounds of the search for the order
MOST_LEVELS = 400  # inner rounds that are looked at,
MOST_SPOTS = 2000  # and turns on the spot; what they leave is hand work
TURN_DEG = 10.0  # a bend that is sharper is a turn
NEW_M2 = 1e-3  # of ground not yet done under a disc; less is rounding
SLIT_M = 1e-4  # between the task and safe ground beside it; less is rounding
DONE_M = 0.01  # ground so near to what was swept counts as done
MOST_EXACT = 2000  # corners of a round; of more, ways go a little off them
ARC_STEPS = 2  # rounds of edges are cut into pieces of so many spacings,
MOST_ARCS = 200  # but not into more than this
LEAST_SWATH = 0.2  # of its width a swath works ground of its own, else lanes have no end
ROUND_M = 0.008  # by which a disc may be kept farther from a corner than it must
BEND_DEG = 9.9  # of rounds about a corner, each less than a turn
SEAM = 1e-4  # by so much (radians) the fan of a corner lies over the bars beside it
RUN_UP = 4.0  # spacings: how far a round may be run up to from ground that is done


@dataclass(frozen=True, slots=True)
class Drive:
    """One stretch: coordinates (K, 2). `kind`: edge, swath, inner, spot, or way (no new ground)."""

    kind: str
    xy: np.ndarray

    @property
    def length_m(self) -> float:
        return float(np.hypot(*np.diff(self.xy, axis=0).T).sum())


@dataclass(frozen=True, slots=True)
class LanePlan:
    """All stretches in order, one path without a break; ground in the plane of the task."""

    drives: tuple[Drive, ...]
    reachable: BaseGeometry
    by_hand: BaseGeometry
    middle: BaseGeometry  # where the machine's middle may be
    width_m: float
    spacing_m: float
    angle_deg: float  # of the swaths, from east, anticlockwise
    apart: int  # pieces of ground that no allowed way joins to the start
    given_up: BaseGeometry  # part of `by_hand` that a machine reaches and no swath covers

    @property
    def length_m(self) -> float:
        return sum(d.length_m for d in self.drives)

    @property
    def least_m(self) -> float:
        """Reachable area over spacing: no plan with this spacing is much shorter."""
        return self.reachable.area / self.spacing_m

    @property
    def turn_deg(self) -> float:
        xy = np.concatenate([d.xy for d in self.drives]) if self.drives else np.empty((0, 2))
        way = np.diff(xy, axis=0)
        way = way[np.hypot(*way.T) > 1e-9]
        heading = np.arctan2(way[:, 1], way[:, 0])
        turn = np.abs((np.diff(heading) + math.pi) % (2 * math.pi) - math.pi)
        return float(np.degrees(turn.sum()))


def plan(allowed: BaseGeometry, *, width_m: float, overlap_m: float = 0.0,
         radius_m: float | None = None, entry: tuple[float, float] | None = None,
         back: bool = False, headland_first: bool = False, run_up_m: float | None = None,
         safe: BaseGeometry | None = None) -> LanePlan:
    """Swaths that cover all ground a machine can reach.

    Parameters
    ----------
    allowed : Polygon or MultiPolygon [m]; keep-outs and ground that is too steep already taken off
    width_m : working width of the tool, in the middle of the machine
    overlap_m : by which swaths side by side overlap, and swaths and rounds; from the position error
    radius_m : of the disc that holds machine and tool in every heading; at least half the width,
        which is also what None means
    entry : a point on the safe side; the plan begins at the nearest allowed place
    back : the path ends where it begins
    headland_first : rounds along an edge come before the swaths that end there (along the outer
        edge before all else), and swaths begin where the whole disc is on ground that is done;
        without it pieces of the rounds are also used as ways
    run_up_m : how far the machine goes out of its way to come onto the round of a keep-out straight
        and from ground that is done; None: as far as two swaths lie apart
    safe : ground beside the task on which the machine may be and has nothing to do: it comes over
        it, turns on it, and works edges and corners from it

    Raises
    ------
    LandReleaseError
        LAN-001 width, LAN-002 overlap, LAN-003 no room for the machine.

    Source: opening by a disc (Serra 1982); parallel swaths with a round along the edges
    (boustrophedon, Choset 2000); the direction with the shortest plan of several is kept.
    """
    if not 0 < width_m < math.inf:
        raise LandReleaseError(LANES_WIDTH, found=width_m)
    if not 0 <= overlap_m <= (1 - LEAST_SWATH) * width_m:
        raise LandReleaseError(LANES_OVERLAP, found=overlap_m, width=width_m,
                               most=round((1 - LEAST_SWATH) * width_m, 3))
    radius = body_radius(width_m, radius_m)
    room = allowed if safe is None else with_safe(allowed, safe)
    middle = eroded(room, radius)
    if middle.is_empty:
        raise LandReleaseError(LANES_NO_ROOM, radius=round(radius, 3))
    # GEOS smooths outlines before it widens them: a little may lie beyond, so the cut.
    reachable = _areas(shapely.intersection(
        shapely.buffer(middle, width_m / 2, quad_segs=ARC), allowed))
    rim = _rim(allowed, middle, radius, safe)
    by_hand = shapely.difference(allowed, reachable)
    spacing = width_m - overlap_m
    begin = shapely.Point(entry) if entry else shapely.Point(middle.bounds[0], middle.bounds[1])
    at = shapely.get_coordinates(shapely.shortest_line(middle, begin))[0]
    levels = headland_levels(radius, width_m, spacing) if headland_first else [radius]
    inner = allowed if rim.is_empty else _inner(
        allowed, levels[-1] + width_m / 2 - max(SIDE_M, overlap_m))
    tool = _Tool(width_m, spacing, radius, spacing if run_up_m is None else run_up_m)
    turn_m = _turn_m(width_m, spacing, headland_first)
    graphs: dict[int, Graph] = {}
    tried = []
    # Which directions are worth planning does not hang on how finely corners are rounded.
    for angle in _directions(shapely.simplify(inner, DONE_M), allowed, width_m, spacing, turn_m
                             ) or [0.0]:
        pieces, left = _pieces(allowed, middle, inner, reachable, levels, width_m, spacing, angle,
                               turn_m, rim)
        drives, apart = _joined(pieces, middle, at, tool, back=back, headland_first=headland_first,
                                rounds=0, graphs=graphs, rim=rim, safe=safe)
        tried.append((left.area > 0, apart, sum(d.length_m for d in drives), angle, pieces, left))
    tried.sort(key=lambda found: found[:3])
    best: LanePlan | None = None
    for given_up, _, _, angle, pieces, left in tried[:FINISHED]:
        if best is not None and given_up and best.given_up.is_empty:
            continue
        drives, apart = _joined(pieces, middle, at, tool, back=back, headland_first=headland_first,
                                rounds=None, graphs=graphs, rim=rim, safe=safe)
        found = LanePlan(
            tuple(drives), shapely.difference(reachable, left) if given_up else reachable,
            joined([by_hand, left]) if given_up else by_hand, middle, width_m, spacing,
            math.degrees(angle), apart, left)
        if best is None or (found.apart, found.length_m) < (best.apart, best.length_m):
            best = found
    assert best is not None
    return best


def body_radius(width_m: float, radius_m: float | None) -> float:
    """Of the disc that a plan is made for: at least half the width."""
    return max(width_m / 2, radius_m or 0.0)


def with_safe(allowed: BaseGeometry, safe: BaseGeometry) -> BaseGeometry:
    """The ground of a task together with safe ground beside it; slits between them that rounding
    leaves are closed."""
    both = joined([allowed, safe])
    closed = shapely.buffer(shapely.buffer(both, SLIT_M, join_style="mitre"), -SLIT_M,
                            join_style="mitre")
    return joined([both, closed])


def _areas(shape: BaseGeometry) -> BaseGeometry:
    return joined([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"
                   and p.area > 1e-9])


@dataclass(frozen=True, slots=True)
class _Tool:
    width: float
    spacing: float
    radius: float
    run_up: float = 0.0

    @property
    def trims(self) -> bool:
        """Whether a swath may end where its ground does: the disc is then on the swath itself."""
        return self.radius <= self.width / 2 + 1e-9


def _turn_m(width: float, spacing: float, headland_first: bool) -> float:
    """Way from the end of a swath to the next: with the headland first it begins half a width
    farther out. Some ends are farther apart than the spacing.
    """
    return spacing + (math.hypot(spacing, width / 2) + width / 2 if headland_first else spacing)


def headland_levels(radius: float, width: float, spacing: float) -> list[float]:
    """Distances from the edge of the rounds on which a disc of `radius` can turn: together as wide
    as the disc. One round where the disc is as wide as the tool.
    """
    rounds = 1 + max(0, math.ceil((2 * radius - width) / spacing - 1e-9))
    return [float(v) for v in np.linspace(radius, 3 * radius - width, rounds)] if (
        rounds > 1) else [radius]


@dataclass(frozen=True, slots=True)
class NewGround:
    """What of a path lies on ground that is not yet worked."""

    corners: int  # of rounds along edges, and spots: only this turn works the ground
    turns: int  # all other turns with ground not yet done under the disc
    way_m: float  # of ways without work of their own, middle of the machine on such ground


def new_ground(paths: Sequence[Sequence[tuple[float, Drive]]], width_m: float, radius_m: float,
               safe: BaseGeometry | None = None) -> NewGround:
    """Replays paths (for each machine its drives with the time at which each begins).

    A turn is a bend of more than TURN_DEG. It counts where the disc of `radius_m` lies on more
    than NEW_M2 that is farther than DONE_M from all that was swept before, and not `safe` anyway.
    """
    drives = [(when, m, k, d) for m, path in enumerate(paths) for k, (when, d) in enumerate(path)]
    shapes: list[BaseGeometry] = []
    turns: list[tuple[np.ndarray, int, bool]] = []  # place, shapes that are done, corner
    ways: list[tuple[np.ndarray, int]] = []
    heading: dict[int, np.ndarray] = {}
    for _, m, _, d in sorted(drives, key=lambda row: row[:3]):
        if d.kind == "spot":
            turns.append((d.xy[0], len(shapes), True))
        xy = d.xy[np.append(True, np.hypot(*np.diff(d.xy, axis=0).T) > 1e-3)]
        for n in range(len(xy) - 1):
            unit = (xy[n + 1] - xy[n]) / np.hypot(*(xy[n + 1] - xy[n]))
            before = heading.get(m)
            if before is not None:
                cross, along = before[0] * unit[1] - before[1] * unit[0], float(before @ unit)
                if abs(math.degrees(math.atan2(cross, along))) > TURN_DEG:
                    turns.append((xy[n], len(shapes), n > 0 and d.kind == "edge"))
                shapes += _bends(np.array([xy[n] - before, xy[n], xy[n] + unit]), width_m / 2)
            if d.kind == "way":
                ways.append((xy[n:n + 2], len(shapes)))
            shapes.append(shapely.buffer(shapely.LineString(xy[n:n + 2]), width_m / 2,
                                         cap_style="flat"))
            heading[m] = unit
        if d.kind == "spot":
            shapes.append(shapely.buffer(shapely.Point(d.xy[0]), width_m / 2, quad_segs=ARC))
    tree = shapely.STRtree(np.array(shapes, dtype=object))

    def left(shape: BaseGeometry, done: int) -> BaseGeometry:
        near = tree.query(shape)
        near = near[near < done]
        gone = list(shapely.buffer(tree.geometries[near], DONE_M, quad_segs=2))
        if safe is not None:
            gone.append(safe)
        return shapely.difference(shape, joined(gone)) if gone else shape

    counted = [0, 0]
    for place, done, corner in turns:
        disc = shapely.buffer(shapely.Point(place), radius_m, quad_segs=ARC)
        counted[corner] += left(disc, done).area > NEW_M2
    return NewGround(counted[True], counted[False], float(sum(
        left(shapely.LineString(xy), done).length for xy, done in ways)))


def eroded(ground: BaseGeometry, distance: float) -> BaseGeometry:
    """Points at least `distance` inside, never less, and all those that are `ROUND_M` more.

    Off the ground are taken a bar along each side and, where the ground turns round a corner, a fan
    whose sides touch the arc from outside: mitres run far past the tips of keep-outs, and GEOS
    smooths outlines before it rounds them (by up to 1 % of the distance, to the wrong side).
    """
    if _convex(ground):
        return shapely.buffer(ground, -distance, join_style="mitre", mitre_limit=50)
    bars, fans = [], []
    distance += GRID_M
    most = min(math.radians(BEND_DEG), 2 * math.acos(distance / (distance + ROUND_M)))
    for ring in shapely.get_rings(shapely.get_parts(shapely.orient_polygons(ground))):
        xy = shapely.get_coordinates(ring)
        way = np.diff(xy, axis=0)
        size = np.hypot(*way.T)
        xy, way, size = xy[:-1][size > 0], way[size > 0], size[size > 0]
        along = way / size[:, None]
        left = np.column_stack([-along[:, 1], along[:, 0]])  # where the ground is
        end = np.roll(xy, -1, axis=0)
        off = distance * left
        bars.append(np.stack([xy - off, end - off, end + off, xy + off], axis=1))
        before = np.roll(left, 1, axis=0)
        turn = np.arctan2(before[:, 0] * left[:, 1] - before[:, 1] * left[:, 0],
                          (before * left).sum(axis=1))
        for k in np.flatnonzero(turn < -1e-9):
            many = math.ceil(-turn[k] / most)
            first = math.atan2(before[k, 1], before[k, 0])
            middles = first + turn[k] * (np.arange(many) + 0.5) / many
            # The fan begins and ends a little within the bars beside it, so that no slit is left.
            angle = np.concatenate([[first + SEAM], middles, [first + turn[k] - SEAM]])
            far = np.concatenate([[distance], np.full(
                many, distance / math.cos(turn[k] / (2 * many))), [distance]])
            fans.append(shapely.Polygon([xy[k], *(xy[k] + far[:, None] * np.column_stack(
                [np.cos(angle), np.sin(angle)]))]))
    if not bars:
        return shapely.Polygon()
    gone = np.concatenate([shapely.polygons(np.concatenate(bars)), np.array(fans, dtype=object)])
    out = _areas(shapely.difference(ground, shapely.union_all(gone)))
    # A plain union of many may lose one of them (see `joined`).
    shapely.prepare(out)
    if shapely.dwithin(out, shapely.boundary(ground), distance - 2 * GRID_M):
        out = _areas(shapely.difference(ground, joined(gone)))
    return out


def _convex(ground: BaseGeometry) -> bool:
    return len(shapely.get_rings(shapely.get_parts(ground))) == 1 and bool(shapely.equals_exact(
        shapely.convex_hull(ground).normalize(), ground.normalize(), 1e-6))


def _inner(allowed: BaseGeometry, distance: float) -> BaseGeometry:
    """What swaths cover inside the rounds. Round keep-outs a hair less, so that strips which just
    fit are not one too many; what they leave is within the tolerance of `_left`."""
    return eroded(allowed, distance if _convex(allowed) else distance + 1.2 * SIDE_M)


def _inside(ground: BaseGeometry, distance: float) -> BaseGeometry:
    """About the same, in less time; may be 1 % of the distance nearer to the edge."""
    return shapely.buffer(ground, -distance / math.cos(math.pi / (4 * ARC)), quad_segs=ARC)


def swept(drives: Sequence[Drive], width_m: float, *, narrower_m: float = 0.0) -> BaseGeometry:
    """Ground that stretches cover: the bar across the way, bends as the bar turns."""
    half = width_m / 2 - narrower_m
    shapes = []
    for d in drives:
        if d.kind == "spot":
            shapes.append(shapely.Point(d.xy[0]).buffer(half, quad_segs=ARC))
        elif len(d.xy) >= 2:
            steps = shapely.linestrings(np.stack([d.xy[:-1], d.xy[1:]], axis=1))
            steps = steps[shapely.length(steps) > 0]
            shapes += list(shapely.buffer(steps, half, cap_style="flat"))
            closed = len(d.xy) > 2 and np.allclose(d.xy[0], d.xy[-1])
            shapes += _bends(np.concatenate([d.xy, d.xy[1:2]]) if closed else d.xy, half)
    return joined(shapes) if shapes else shapely.Polygon()


def _bends(xy: np.ndarray, half: float) -> list[BaseGeometry]:
    """The sectors that the bar sweeps on the outside of bends; polygons inside the true arcs."""
    way = np.diff(xy, axis=0)
    size = np.hypot(*way.T)
    xy, way, size = xy[np.append(True, size > 0)], way[size > 0], size[size > 0]
    unit = way / size[:, None]
    out = []
    for k in range(1, len(unit)):
        (ux, uy), (wx, wy) = unit[k - 1], unit[k]
        turn = math.atan2(ux * wy - uy * wx, ux * wx + uy * wy)
        if abs(turn) < 1e-6:
            continue
        start = np.array([uy, -ux]) if turn > 0 else np.array([-uy, ux])
        angles = np.linspace(0, turn, max(2, math.ceil(abs(turn) * 4 * ARC / math.pi) + 1))
        c, s = np.cos(angles), np.sin(angles)
        arc = half * np.column_stack([start[0] * c - start[1] * s, start[0] * s + start[1] * c])
        out.append(shapely.make_valid(shapely.Polygon([xy[k], *(xy[k] + arc)])))
    return out


def _directions(inner: BaseGeometry, allowed: BaseGeometry, width: float, spacing: float,
                turn_m: float) -> list[float]:
    """Angles of swaths, those with least length and turns first."""
    if inner.is_empty:
        return []
    edges = []
    for ring in shapely.get_rings(shapely.get_parts(shapely.simplify(allowed, 0.1))):
        way = np.diff(shapely.get_coordinates(ring), axis=0)
        edges.append(np.column_stack([np.hypot(*way.T),
                                      np.arctan2(way[:, 1], way[:, 0]) % math.pi]))
    along = np.concatenate(edges)
    longest = along[np.argsort(-along[:, 0])][:8, 1]
    tried = np.unique(np.round(np.concatenate([
        longest, np.arange(DIRECTIONS) * math.pi / DIRECTIONS]), 6))
    cost = []
    for angle in tried:
        lines = _parallel(inner, angle, width, spacing, turn_m, STEPS // 4)
        cost.append(sum(np.hypot(*(b - a)) + turn_m for a, b in lines))
    return [float(tried[k]) for k in np.argsort(cost, kind="stable")[:TRIED]]


def _parallel(inner: BaseGeometry, angle: float, width: float, spacing: float, turn_m: float,
              steps: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Swaths over the whole extent of the inner ground in each strip; both ends of each.

    The strips lie where their swaths, with `turn_m` for each, are shortest together: no two farther
    apart than the spacing, which is divided into `steps`. Source: dynamic programming over the
    places of the strips (Bellman 1957).
    """
    c, s = math.cos(angle), math.sin(angle)
    turned = shapely.transform(inner, lambda p: np.column_stack(
        [c * p[:, 0] + s * p[:, 1], -s * p[:, 0] + c * p[:, 1]]))
    west, low, east, high = turned.bounds
    step = spacing / steps
    first = math.floor(width / step)  # a strip may reach so many steps beyond the ground
    places = low + width / 2 + step * np.arange(
        -first, max(math.ceil((high - low - width) / step - 1e-9), 0) + first + 1)
    cut = shapely.intersection(
        shapely.box(west - 1, places - width / 2, east + 1, places + width / 2), turned)
    parts, at = shapely.get_parts(cut, return_index=True)
    ground = (shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 1e-6)
    parts, at = parts[ground], at[ground]
    ends = shapely.bounds(parts)[:, [0, 2]]
    cost = np.bincount(at, ends[:, 1] - ends[:, 0] + turn_m, minlength=len(places))
    best = np.full(len(places), np.inf)
    before = np.full(len(places), -1)
    for j in range(len(places)):
        if j <= first:
            best[j] = cost[j]
        k = max(0, j - steps)
        if j > 0 and (before_j := best[k:j].min()) + cost[j] < best[j] - 1e-9:
            best[j], before[j] = before_j + cost[j], k + int(best[k:j].argmin())
    chosen = [int(np.argmin(np.where(places >= high - width / 2 - 1e-9, best, np.inf)))]
    while before[chosen[-1]] >= 0:
        chosen.append(int(before[chosen[-1]]))
    out = []
    for j in chosen[::-1]:
        for a, b in ends[at == j]:
            across = np.array([[a, places[j]], [b, places[j]]])
            back = np.column_stack([c * across[:, 0] - s * across[:, 1],
                                    s * across[:, 0] + c * across[:, 1]])
            out.append((back[0], back[1]))
    return out


def _pieces(allowed: BaseGeometry, middle: BaseGeometry, inner: BaseGeometry,
            reachable: BaseGeometry, levels: Sequence[float], width: float, spacing: float,
            angle: float, turn_m: float, rim: BaseGeometry) -> tuple[list[Drive], BaseGeometry]:
    """Edges, swaths, pieces of inner rounds and spots that cover the reachable ground; and what
    they leave of it, nothing but where it would take too many of them.
    """
    out = [Drive("edge", shapely.get_coordinates(ring))
           for ground in (rim, *(shapely.intersection(eroded(allowed, v), rim)
                                 if rim is not middle else eroded(allowed, v)
                                 for v in levels[1:]))
           for ring in shapely.get_rings(shapely.get_parts(ground))]
    roomy = shapely.buffer(middle, 1e-6)
    shapely.prepare(roomy)
    for a, b in _parallel(inner, angle, width, spacing, turn_m, STEPS
                          ) if not inner.is_empty else ():
        line = LineString([a, b])
        if shapely.covers(roomy, line):
            out.append(Drive("swath", np.array([a, b])))
            continue
        for part in shapely.get_parts(shapely.intersection(line, middle)):
            if part.geom_type == "LineString" and part.length > 1e-3:
                out.append(Drive("swath", shapely.get_coordinates(part)))
    left = _left(reachable, out, width)
    level = 1
    while left and level < MOST_LEVELS:  # pieces of inner rounds beside what is left
        ground = _inside(allowed, levels[0] + level * spacing)
        if ground.is_empty:
            break
        near = shapely.buffer(joined(left), width / 2 - SIDE_M)
        added = []
        for ring in shapely.get_rings(shapely.get_parts(ground)):
            part = shapely.intersection(shapely.LineString(ring), near)
            for line in shapely.get_parts(shapely.line_merge(part) if (
                    part.geom_type == "MultiLineString") else part):
                if line.geom_type != "LineString" or line.length < 1e-3:
                    continue
                helps = shapely.intersection(
                    shapely.buffer(line, width / 2 - SIDE_M, cap_style="flat"),
                    joined(left)).area
                if helps > 0.05 * min(width * width, line.length * width):
                    added.append(Drive("inner", shapely.get_coordinates(line)))
        if added:
            out += added
            left = _left(reachable, out, width)
        level += 1
        if level > 2 and not added:
            break
    for _ in range(MOST_SPOTS):
        if not left:
            break
        biggest = max(left, key=lambda p: p.area)
        at = shapely.get_coordinates(shapely.shortest_line(
            middle, shapely.point_on_surface(biggest)))[0]
        out.append(Drive("spot", np.array([at, at])))
        left = _left(joined(left), out[-1:], width)
    return out, joined(left) if left else shapely.Polygon()


def _left(ground: BaseGeometry, drives: Sequence[Drive], width: float) -> list[BaseGeometry]:
    gone = shapely.difference(ground, shapely.buffer(swept(drives, width), SIDE_M))
    return [p for p in shapely.get_parts(gone) if p.geom_type == "Polygon" and p.area > LEFT_M2]


def pieces_of(allowed: BaseGeometry, plan: LanePlan, radius_m: float, *,
              headland_first: bool = False, safe: BaseGeometry | None = None) -> list[Drive]:
    """What a plan is made of, before it was put in order: whole rounds, swaths, all else."""
    rim = _rim(allowed, plan.middle, radius_m, safe)
    levels = headland_levels(radius_m, plan.width_m, plan.spacing_m) if headland_first else [
        radius_m]
    inner = allowed if rim.is_empty else _inner(allowed, levels[-1] + plan.width_m / 2 - max(
        SIDE_M, plan.width_m - plan.spacing_m))
    return _pieces(allowed, plan.middle, inner, plan.reachable, levels, plan.width_m,
                   plan.spacing_m, math.radians(plan.angle_deg),
                   _turn_m(plan.width_m, plan.spacing_m, headland_first), rim)[0]


def _rim(allowed: BaseGeometry, middle: BaseGeometry, radius: float, safe: BaseGeometry | None
         ) -> BaseGeometry:
    """Where the middle of the machine is on the round along the edge of the task."""
    return middle if safe is None else _areas(shapely.intersection(
        eroded(allowed, radius), middle))


def path_over(pieces: Sequence[Drive], plan: LanePlan, entry: tuple[float, float] | None, *,
              radius_m: float, headland_first: bool = False, allowed: BaseGeometry | None = None,
              safe: BaseGeometry | None = None) -> list[Drive]:
    """One path over some pieces of a plan, from the entry and back to it; rounds may be cut.

    `headland_first`: those of the outer edge come before all else, then those of other edges.
    `allowed`, `safe`: as for the plan, where it has safe ground.
    """
    rim = None if allowed is None else _rim(allowed, plan.middle, radius_m, safe)
    begin = shapely.Point(entry) if entry else shapely.Point(plan.drives[0].xy[0])
    at = shapely.get_coordinates(shapely.shortest_line(plan.middle, begin))[0]
    return _joined(pieces, plan.middle, at, _Tool(plan.width_m, plan.spacing_m, radius_m),
                   back=True, headland_first=headland_first, rounds=None, graphs={}, rim=rim,
                   safe=safe)[0]


def _joined(pieces: Sequence[Drive], middle: BaseGeometry, at: np.ndarray, tool: _Tool, *,
            back: bool, headland_first: bool, rounds: int | None, graphs: dict[int, Graph],
            rim: BaseGeometry | None = None, safe: BaseGeometry | None = None
            ) -> tuple[list[Drive], int]:
    """One path over all pieces of each part of the ground, the part of `at` first; how many parts
    no way joins to it. `graphs`: the corners of each part, as far as they were looked for before.
    """
    parts = shapely.get_parts(middle)
    near = np.argsort(shapely.distance(parts, shapely.Point(at)), kind="stable")
    belongs = np.argmin(shapely.distance(
        parts[:, None], shapely.points([p.xy[0] for p in pieces])[None]), axis=0)
    out: list[Drive] = []
    apart = -1
    for k in near:
        own = [p for p, part in zip(pieces, belongs, strict=True) if part == k]
        if not own:
            continue
        begin = shapely.get_coordinates(shapely.shortest_line(parts[k], shapely.Point(at)))[0]
        if k not in graphs:  # ways along the round itself, on ground that is done
            graphs[k] = graph(parts[k], exact=headland_first and (
                shapely.get_num_coordinates(parts[k]) <= MOST_EXACT))
        if not headland_first:
            out += _path(own, graphs[k], begin, begin if back else None, tool, rounds)
        elif all(_closed(p.xy) for p in own if p.kind == "edge"):
            edges = [parts[k]]
            if rim is not None and safe is not None:
                some = shapely.get_parts(rim)
                edges = [p for p in some if shapely.distance(p, parts[k]) < 1e-6]
                edges.sort(key=lambda p: shapely.distance(p, shapely.Point(begin)))
            out += _Safe(own, graphs[k], begin, tool, edges, safe).path(back, rounds)
        else:
            out += _shared(own, graphs[k], begin, tool, rounds, rim, safe)
        apart += 1
    return out, apart


def _path(pieces: Sequence[Drive], part: Graph, begin: np.ndarray, end: np.ndarray | None,
          tool: _Tool, rounds: int | None, band: BaseGeometry | None = None) -> list[Drive]:
    """One path over the pieces of one part of the ground, from `begin` on, to `end` if any.
    Rounds are cut, so that pieces of them serve as ways. `band`: ground of rounds that are done, on
    which swaths begin.
    """
    out: list[Drive] = []
    rings = [p for p in pieces if p.kind == "edge" and _closed(p.xy)]
    stretches = [p for p in pieces if p.kind != "edge" or not _closed(p.xy)]
    step = max(ARC_STEPS * tool.spacing, sum(r.length_m for r in rings) / MOST_ARCS)
    for r in rings:
        stretches += [Drive("edge", xy) for xy in arcs(r.xy, step)]
    turning = None if band is None else _turning(part.ground, tool)
    ends = [e for p in stretches for e in ((p.xy[0], p.xy[-1]) if turning is None or band is None
                                           else _drawn_out(p, turning, band, tool))]
    # Where swaths end is a place of its own: short of where one that comes the other way begins.
    last = ends if band is None or not tool.trims else [
        _stop(ends[2 * k + 1 - n], p.xy[-n], ends[2 * k + n], band, tool)
        if p.kind == "swath" else p.xy[-n] for k, p in enumerate(stretches) for n in (0, 1)]
    found = ways(part, np.array([*ends, begin, begin if end is None else end, *last]))
    start = len(ends)
    for k, turned in order(found.length[:start + 2, :start + 2], start, back=end is not None,
                           rounds=rounds):
        came, leaves = 2 * k + turned, 2 * k + 1 - turned
        if found.length[start, came] > 0:
            out.append(Drive("way", found.way(start, came)))
        xy = stretches[k].xy[::-1] if turned else stretches[k].xy
        if stretches[k].kind == "swath" and band is not None:
            xy = np.array([ends[came], *xy[1:-1], last[leaves]])
            leaves += len(ends) + 2
        before = out[-1] if out else None
        if before is not None and before.kind == stretches[k].kind == "edge":  # one round, cut
            out[-1] = Drive("edge", np.concatenate([before.xy, xy[1:]]))
        else:
            out.append(Drive(stretches[k].kind, xy))
        start = leaves
    if end is not None and found.length[start, len(ends) + 1] > 0:
        out.append(Drive("way", found.way(start, len(ends) + 1)))
    return out


def _shared(pieces: Sequence[Drive], part: Graph, begin: np.ndarray, tool: _Tool,
            rounds: int | None, rim: BaseGeometry | None = None,
            safe: BaseGeometry | None = None) -> list[Drive]:
    """A path and back over a share of the pieces: what it has of the outer edge, then of the other
    edges, then all else. Swaths begin with the disc on these edges, or on safe ground, where they
    have it.
    """
    edge = part.ground if rim is None or safe is None else rim
    outer = shapely.multilinestrings(list(shapely.get_exterior_ring(shapely.get_parts(edge))))
    edges = [p for p in pieces if p.kind == "edge"]
    along = [p for p in edges if _on(outer, p)]
    inner = [p for p in edges if not _on(outer, p)]
    rest = [p for p in pieces if p.kind != "edge"]
    band = shapely.buffer(shapely.MultiLineString([p.xy for p in edges]),
                          tool.width / 2 + DONE_M / 2, quad_segs=ARC) if edges else None
    if safe is not None:
        band = joined([safe] if band is None else [band, safe])
    if band is not None:
        shapely.prepare(band)
    out: list[Drive] = []
    at = begin
    for own, end in ((along, None), (inner, None), (rest, begin)):
        if own or end is not None:
            out += _path(own, part, at, end, tool, rounds, None if end is None else band)
            at = out[-1].xy[-1] if out else begin
    return out


def _turning(part: BaseGeometry, tool: _Tool) -> BaseGeometry:
    """Where the disc keeps off the strip along the edge that the tool does not reach."""
    return part if tool.trims else shapely.buffer(part, tool.width / 2 - tool.radius,
                                                  join_style="mitre")


def _drawn_out(p: Drive, turning: BaseGeometry, band: BaseGeometry, tool: _Tool
               ) -> tuple[np.ndarray, np.ndarray]:
    """Where a swath begins, from either end: drawn out until the disc lies on the band of rounds.
    """
    if p.kind != "swath":
        return p.xy[0], p.xy[-1]
    out = []
    for end, other in ((p.xy[0], p.xy[-1]), (p.xy[-1], p.xy[0])):
        unit = (end - other) / max(np.hypot(*(end - other)), 1e-12)
        ray = shapely.intersection(LineString([end, end + 8 * tool.radius * unit]), turning)
        first = [p for p in shapely.get_parts(ray) if p.geom_type == "LineString"
                 and p.distance(shapely.Point(end)) < 1e-6]
        low, high = 0.0, first[0].length if first else 0.0
        for _ in range(2):  # coarse, then fine
            tried = end + np.linspace(low, high, 9)[:, None] * unit
            discs = shapely.buffer(shapely.points(tried), tool.radius, quad_segs=ARC)
            done = shapely.covers(band, discs)
            k = int(np.argmax(done)) if done.any() else int(np.argmin(
                np.round(shapely.area(shapely.difference(discs, band)), 4)))
            step = (high - low) / 8
            low, high = low + max(0, k - 1) * step, low + k * step
        out.append(tried[k])
    return out[0], out[1]


def _stop(begin: np.ndarray, last: np.ndarray, end: np.ndarray, band: BaseGeometry, tool: _Tool
          ) -> np.ndarray:
    """Where a swath may end: from `last` on, where its ground does, the first place at which the
    disc lies on the swath itself and on the band of rounds; `end` where it lies on the band alone.
    """
    for share in np.linspace(0, 1, 5)[:-1]:
        place = last + share * (end - last)
        strip = shapely.buffer(LineString([begin, place]), tool.width / 2 + DONE_M / 2,
                               cap_style="flat")
        disc = shapely.buffer(shapely.Point(place), tool.radius, quad_segs=ARC)
        if shapely.difference(shapely.difference(disc, strip), band).area <= NEW_M2:
            return np.asarray(place)
    return end


class _Safe:
    """A path that turns, where it can, with the disc on ground that is done.

    The rounds along the outer edge come first. All else is ordered without the other rounds; where
    the path first comes near one of those it is driven before anything else. Swaths begin where
    the disc is on the rounds or on safe ground; where the disc is as wide as the tool they may end
    sooner, the disc being on the swath itself then.
    """

    def __init__(self, pieces: Sequence[Drive], known: Graph, begin: np.ndarray, tool: _Tool,
                 ground: Sequence[BaseGeometry], safe: BaseGeometry | None):
        """`ground`: pieces whose rings the rounds run along, the first of them first."""
        part = known.ground
        self.graph, self.begin, self.tool = known, begin, tool
        self.roomy = known.roomy
        loops = [p for p in pieces if p.kind == "edge"]
        self.stretches = [p for p in pieces if p.kind != "edge"]
        self.band = shapely.buffer(shapely.MultiLineString([p.xy for p in loops]),
                                   tool.width / 2 + DONE_M / 2, quad_segs=ARC)
        if safe is not None:
            self.band = joined([self.band, safe])
        shapely.prepare(self.band)
        self.turning = _turning(part, tool)
        along = list(shapely.get_rings(list(ground)))
        lines = np.array([shapely.LineString(p.xy) for p in loops], dtype=object)
        nearest = np.argmin(shapely.distance(np.array(along, dtype=object)[:, None], lines[None]),
                            axis=0) if along else np.empty(0, dtype=int)
        # The rounds of each edge, those nearest to it first.
        self.rounds = [[loops[k] for k in np.flatnonzero(nearest == n)[np.argsort(
            [lines[k].hausdorff_distance(edge) for k in np.flatnonzero(nearest == n)],
            kind="stable")]] for n, edge in enumerate(along)]
        self.edges = [shapely.LineString(r) for r in along]
        self.corners = shapely.get_coordinates(part)
        self.due = {n for n in range(1, len(along)) if self.rounds[n]}
        self.at = begin
        self.out: list[Drive] = []
        self.swept: list[BaseGeometry] = []  # of each of `out`, as far as it was looked at

    def path(self, back: bool, rounds: int | None) -> list[Drive]:
        if self.rounds:
            self._round(0)
        came = [_drawn_out(p, self.turning, self.band, self.tool) for p in self.stretches]
        ends = [e for pair in came for e in pair]
        here = self.at
        start = len(ends)
        last = [_stop(ends[2 * k + 1 - n], p.xy[-n], ends[2 * k + n], self.band, self.tool)
                if self.tool.trims and p.kind == "swath" else ends[2 * k + n]
                for k, p in enumerate(self.stretches) for n in (0, 1)]
        found = ways(self.graph, np.array([*ends, here, self.begin, *last]))
        length = found.length[:start + 2, :start + 2].copy()
        # From where one ends to where the next begins, whichever way round they are driven.
        across = found.length[start + 2:, :start]
        length[:start, :start] = (across + across.T) / 2
        for k, turned in order(length, start, back=back, rounds=rounds):
            into, leaves = 2 * k + turned, 2 * k + 1 - turned
            for n in dict.fromkeys(self._near(ends[into]) + self._near(ends[leaves])):
                if (entry := self._entry(n)) is not None:
                    self._round(n, entry)
            self._go(found.way(start, into), ends[into])
            xy = self.stretches[k].xy[::-1] if turned else self.stretches[k].xy
            self._drive(self.stretches[k].kind, xy, ends[into], ends[leaves])
            start = leaves
        for n in sorted(self.due):
            self._round(n)
        if back:
            self._to(self.begin)
        return self.out

    def _go(self, way: np.ndarray, to: np.ndarray) -> None:
        """To the place where the next stretch begins; `way` leads there from an end of the last."""
        if shapely.covers(self.roomy, LineString([self.at, to])):
            way = np.array([self.at, to])
        elif np.hypot(*(way[0] - self.at)) > 1e-9:
            way = ways(self.graph, np.array([self.at, to])).way(0, 1)
        way = way.copy()
        for n in range(1, len(way) - 1):  # over the corner of the round itself, where it is done
            near = self.corners[int(np.argmin(np.hypot(*(self.corners - way[n]).T)))]
            if np.hypot(*(near - way[n])) < 0.3 and shapely.covers(
                    self.roomy, LineString([way[n - 1], near, way[n + 1]])):
                way[n] = near
        for place in way[1:]:
            self._to(place)
            for k in self._near(place):
                self._round(k)
        self._to(to)

    def _to(self, place: np.ndarray) -> None:
        straight = np.array([self.at, place])
        way = straight if shapely.covers(self.roomy, LineString(straight)) else ways(
            self.graph, straight).way(0, 1)
        if np.hypot(*np.diff(way, axis=0).T).sum() <= 1e-9:
            return
        if self.out and self.out[-1].kind == "way":
            way = np.concatenate([self.out.pop().xy, way[1:]])
            del self.swept[len(self.out):]
        self.out.append(Drive("way", way))
        self.at = way[-1]

    def _drive(self, kind: str, xy: np.ndarray, begin: np.ndarray, end: np.ndarray) -> None:
        near = self._near(end)
        last = _stop(begin, xy[-1], end, self.band, self.tool) if (
            self.tool.trims and kind == "swath" and not near) else end
        inside = xy if kind != "swath" else xy[1:-1]
        path = np.concatenate([[begin], inside, [last]])
        if kind != "spot":
            path = path[np.append(True, np.hypot(*np.diff(path, axis=0).T) > 1e-9)]
        self.out.append(Drive(kind, path if len(path) > 1 else path[[0, 0]]))
        self.at = self.out[-1].xy[-1]
        for k in near:
            self._round(k)

    def _near(self, place: np.ndarray) -> list[int]:
        """Edges not yet driven along on whose rounds the disc lies here, the nearest first."""
        point = shapely.Point(place)
        reach = headland_levels(self.tool.radius, self.tool.width, self.tool.spacing)[-1]
        away = {n: self.edges[n].distance(point) for n in self.due}
        return sorted((n for n in away if away[n] < reach + self.tool.width / 2 - SIDE_M),
                      key=lambda n: away[n])

    def _round(self, n: int, entry: tuple[np.ndarray, np.ndarray] | None = None) -> None:
        """All rounds along an edge; the first one run up to from ground that is done where that is
        possible, else from the place on it that is nearest."""
        self.due.discard(n)
        for m, loop in enumerate(self.rounds[n]):
            if m == 0 and n and (entry := entry or self._entry(n)) is not None:
                turn, xy = entry
                self._to(turn)
                if np.hypot(*(xy[0] - turn)) > 1e-9:
                    self.out.append(Drive("edge", np.array([turn, xy[0]])))
            else:
                first = float(shapely.line_locate_point(LineString(loop.xy),
                                                        shapely.Point(self.at)))
                tried = [_turned(loop.xy, place) for place in _off_corner(loop.xy, first)]
                xy = next((t for t in tried if shapely.covers(
                    self.roomy, LineString([self.at, t[0]]))), tried[0])
                self._to(xy[0])
            self.out.append(Drive("edge", xy))
            self.at = xy[-1]

    def _entry(self, n: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Where the machine turns, with its disc on ground that is done, to run up straight to the
        round of an edge; and the round from there on. None: there is no such place at hand."""
        loop = self.rounds[n][0].xy
        if not shapely.dwithin(LineString(loop), shapely.Point(self.at), self.tool.run_up):
            return None
        near = shapely.buffer(LineString(loop), (RUN_UP + 1) * self.tool.spacing)
        self.swept += [swept([d], self.tool.width) for d in self.out[len(self.swept):]]
        there = [g for g in self.swept if g.intersects(near)]
        room = shapely.buffer(shapely.buffer(joined(there), DONE_M, quad_segs=2),
                              -self.tool.radius, quad_segs=ARC)
        if room.is_empty:
            return None
        shapely.prepare(room)
        back = np.arange(0, RUN_UP * self.tool.spacing, self.tool.width / 8)
        found: list[tuple[float, np.ndarray, np.ndarray, np.ndarray]] = []
        for ring in (loop, loop[::-1]):
            way = np.diff(ring, axis=0)
            size = np.hypot(*way.T)
            unit = way / np.maximum(size, 1e-12)[:, None]
            start = ring[:-1] + np.minimum(0.1 * size, 0.01)[:, None] * unit
            place = start[:, None] - back[None, :, None] * unit[:, None]
            good = shapely.covers(room, shapely.points(place)) & (size > 1e-6)[:, None]
            for k in np.flatnonzero(good.any(axis=1)).tolist():
                turn = place[k, int(np.argmax(good[k]))]
                away = math.dist(turn, self.at) + math.dist(turn, start[k])
                found.append((away, turn, start[k], ring))
        for away, turn, start_at, ring in sorted(found, key=lambda f: f[0]):
            if away > self.tool.run_up:
                return None
            if shapely.covers(self.roomy, LineString([turn, start_at])):
                first = float(shapely.line_locate_point(LineString(ring), shapely.Point(start_at)))
                xy = _turned(ring, first)
                xy[[0, -1]] = start_at
                return turn, xy
        return None


def _on(ring: BaseGeometry, drive: Drive) -> bool:
    """Whether a stretch runs along a ring."""
    return bool((shapely.distance(ring, shapely.points(drive.xy)) <= 1e-6).all())


def _closed(xy: np.ndarray) -> bool:
    return len(xy) > 2 and bool(np.array_equal(xy[0], xy[-1]))


def _off_corner(xy: np.ndarray, first_m: float) -> list[float]:
    """A place along a ring, a little to both sides where it is a corner: the bar is to turn there.
    """
    size = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0], np.cumsum(size)])
    k = int(np.argmin(np.abs(along - first_m)))
    if abs(along[k] - first_m) > 0.01:
        return [first_m]
    k %= len(size)
    return [float(along[k] + min(0.1 * size[k], 0.01)),
            float((along[k] - min(0.1 * size[k - 1], 0.01)) % along[-1])]


def _turned(xy: np.ndarray, first_m: float) -> np.ndarray:
    """A ring (K, 2) that begins, and ends, `first_m` along it."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    at = np.array([np.interp(first_m, along, xy[:, 0]), np.interp(first_m, along, xy[:, 1])])
    behind, before = xy[along > first_m + 1e-9], xy[along < first_m - 1e-9]
    return np.concatenate([[at], behind, before[1:] if len(before) else before, [at]])


def arcs(xy: np.ndarray, step_m: float) -> list[np.ndarray]:
    """A ring in pieces of about this length, cut inside edges: a corner has the bar turn there."""
    size = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0], np.cumsum(size)])
    many = max(2, round(along[-1] / step_m))
    cuts = []
    for target in (np.arange(many) + 0.5) * along[-1] / many:
        k = min(int(np.searchsorted(along, target, side="right")) - 1, len(size) - 1)
        edge = min(0.1 * size[k], 0.01)
        cuts.append(float(np.clip(target, along[k] + edge, along[k + 1] - edge)))
    points = np.column_stack([np.interp(cuts, along, xy[:, 0]), np.interp(cuts, along, xy[:, 1])])
    out = []
    for n, low in enumerate(cuts):
        if n + 1 < many:
            inside = xy[(along > low) & (along < cuts[n + 1])]
        else:
            inside = np.concatenate([xy[along > low], xy[1:][along[1:] < cuts[0]]])
        out.append(np.concatenate([points[[n]], inside, points[[(n + 1) % many]]]))
    return out
