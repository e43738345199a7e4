"""Swaths for machines: allowed ground and a tool in, what to drive in which order out. Metres.

The machine is a disc that turns on the spot (skid steer). Its middle may be where the disc stays
on allowed ground; ground that the disc can reach is the opening of the allowed ground by it, the
rest is listed for hand work. First it drives round every edge, then in parallel swaths inside, so
that it turns on ground that is done. What no swath covers (beside slanting edges, between
obstacles) is covered by pieces of inner rounds, and at last by turning on the spot, until nothing
of the reachable ground is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.errors import LANES_NO_ROOM, LANES_OVERLAP, LANES_WIDTH, LandReleaseError
from landrelease.operate.tour import order, ways

ARC = 16  # segments of a quarter circle
LEFT_M2 = 1e-4  # ground that is left below this is rounding
SIDE_M = 2e-3  # swaths are taken this much narrower when it is checked what they leave
DIRECTIONS = 36
TRIED = 4  # directions that are planned
FINISHED = 2  # of them, how many with all rounds of the search for the order
ARC_STEPS = 2  # rounds of edges are cut into pieces of so many spacings,
MOST_ARCS = 200  # but not into more than this


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
         back: bool = False, headland_first: bool = False) -> LanePlan:
    """Swaths that cover all ground a machine can reach.

    Parameters
    ----------
    allowed : Polygon or MultiPolygon [m]; keep-outs and ground that is too steep already taken off
    width_m : working width of the tool, in the middle of the machine
    overlap_m : by which swaths side by side overlap; from the position error
    radius_m : of the disc that holds machine and tool in every heading; at least half the width,
        which is also what None means
    entry : a point on the safe side; the plan begins at the nearest allowed place
    back : the path ends where it begins
    headland_first : the round along the outer edge comes before all else, so that the machine
        turns on ground that is done; without it pieces of that round are also used as ways

    Raises
    ------
    LandReleaseError
        LAN-001 width, LAN-002 overlap, LAN-003 no room for the machine.

    Source: opening by a disc (Serra 1982); parallel swaths with a round along the edges
    (boustrophedon, Choset 2000); the direction with the shortest plan of several is kept.
    """
    if not 0 < width_m < math.inf:
        raise LandReleaseError(LANES_WIDTH, found=width_m)
    if not 0 <= overlap_m < width_m:
        raise LandReleaseError(LANES_OVERLAP, found=overlap_m, width=width_m)
    radius = max(width_m / 2, radius_m or 0.0)
    middle = eroded(allowed, radius)
    if middle.is_empty:
        raise LandReleaseError(LANES_NO_ROOM, radius=round(radius, 3))
    reachable = shapely.buffer(middle, width_m / 2, quad_segs=ARC)
    by_hand = shapely.difference(allowed, reachable)
    spacing = width_m - overlap_m
    begin = shapely.Point(entry) if entry else shapely.Point(middle.bounds[0], middle.bounds[1])
    at = shapely.get_coordinates(shapely.shortest_line(middle, begin))[0]
    inner = eroded(allowed, radius + width_m / 2 - SIDE_M)
    tried = []
    for angle in _directions(inner, allowed, width_m, spacing) or [0.0]:
        pieces = _pieces(allowed, middle, inner, reachable, radius, width_m, spacing, angle)
        drives, apart = _joined(pieces, middle, at, spacing, back=back,
                                headland_first=headland_first, rounds=0)
        tried.append((apart, sum(d.length_m for d in drives), angle, pieces))
    tried.sort(key=lambda found: found[:2])
    best: LanePlan | None = None
    for _, _, angle, pieces in tried[:FINISHED]:
        drives, apart = _joined(pieces, middle, at, spacing, back=back,
                                headland_first=headland_first, rounds=None)
        found = LanePlan(tuple(drives), reachable, by_hand, middle, width_m, spacing,
                         math.degrees(angle), apart)
        if best is None or (found.apart, found.length_m) < (best.apart, best.length_m):
            best = found
    assert best is not None
    return best


def eroded(ground: BaseGeometry, distance: float) -> BaseGeometry:
    """Points at least `distance` inside: arcs are polygons outside the true arc, so never less."""
    grown = distance / math.cos(math.pi / (4 * ARC))
    sure = shapely.buffer(ground, -distance, join_style="mitre", mitre_limit=50)
    return shapely.intersection(sure, shapely.buffer(ground, -grown, quad_segs=ARC)) if (
        len(shapely.get_rings(shapely.get_parts(ground))) > 1 or
        not shapely.equals_exact(shapely.convex_hull(ground).normalize(), ground.normalize(), 1e-6)
    ) else sure


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


def _directions(inner: BaseGeometry, allowed: BaseGeometry, width: float, spacing: float
                ) -> list[float]:
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
        lines = _parallel(inner, angle, width, spacing)
        cost.append(sum(np.hypot(*(b - a)) for a, b in lines) + 2 * spacing * len(lines))
    return [float(tried[k]) for k in np.argsort(cost, kind="stable")[:TRIED]]


def _parallel(inner: BaseGeometry, angle: float, width: float, spacing: float
              ) -> list[tuple[np.ndarray, np.ndarray]]:
    """Swaths over the whole extent of the inner ground in each strip; both ends of each."""
    c, s = math.cos(angle), math.sin(angle)
    turned = shapely.transform(inner, lambda p: np.column_stack(
        [c * p[:, 0] + s * p[:, 1], -s * p[:, 0] + c * p[:, 1]]))
    west, low, east, high = turned.bounds
    many = max(1, math.ceil((high - low - (width - spacing)) / spacing - 1e-9))
    # Strips are spread evenly: no last strip that is nearly covered already.
    middle = (low + high) / 2 + (np.arange(many) - (many - 1) / 2) * min(
        spacing, max((high - low - width) / max(many - 1, 1), 0.0) if many > 1 else spacing)
    strips = shapely.box(west - 1, middle - width / 2, east + 1, middle + width / 2)
    out = []
    for y, cut in zip(middle, shapely.intersection(strips, turned), strict=True):
        for part in shapely.get_parts(cut):
            if part.geom_type != "Polygon" or part.area <= 1e-6:
                continue
            a, _, b, _ = part.bounds
            ends = np.array([[a, y], [b, y]])
            back = np.column_stack([c * ends[:, 0] - s * ends[:, 1],
                                    s * ends[:, 0] + c * ends[:, 1]])
            out.append((back[0], back[1]))
    return out


def _pieces(allowed: BaseGeometry, middle: BaseGeometry, inner: BaseGeometry,
            reachable: BaseGeometry, radius: float, width: float, spacing: float, angle: float
            ) -> list[Drive]:
    """Edges, swaths, pieces of inner rounds and spots that cover the reachable ground."""
    out = [Drive("edge", shapely.get_coordinates(ring))
           for ring in shapely.get_rings(shapely.get_parts(middle))]
    roomy = shapely.buffer(middle, 1e-6)
    shapely.prepare(roomy)
    for a, b in _parallel(inner, angle, width, spacing) if not inner.is_empty else ():
        line = LineString([a, b])
        if shapely.covers(roomy, line):
            out.append(Drive("swath", np.array([a, b])))
            continue
        for part in shapely.get_parts(shapely.intersection(line, middle)):
            if part.geom_type == "LineString" and part.length > 1e-3:
                out.append(Drive("swath", shapely.get_coordinates(part)))
    left = _left(reachable, out, width)
    level = 1
    while left and level < 400:  # pieces of inner rounds beside what is left
        ground = eroded(allowed, radius + level * spacing)
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
    for _ in range(2000):
        if not left:
            break
        biggest = max(left, key=lambda p: p.area)
        at = shapely.get_coordinates(shapely.shortest_line(
            middle, shapely.point_on_surface(biggest)))[0]
        out.append(Drive("spot", np.array([at, at])))
        left = _left(joined(left), out[-1:], width)
    return out


def _left(ground: BaseGeometry, drives: Sequence[Drive], width: float) -> list[BaseGeometry]:
    gone = shapely.difference(ground, shapely.buffer(swept(drives, width), SIDE_M))
    return [p for p in shapely.get_parts(gone) if p.geom_type == "Polygon" and p.area > LEFT_M2]


def pieces_of(allowed: BaseGeometry, plan: LanePlan, radius_m: float) -> list[Drive]:
    """What a plan is made of, before it was put in order: whole rounds, swaths, all else."""
    inner = eroded(allowed, radius_m + plan.width_m / 2 - SIDE_M)
    return _pieces(allowed, plan.middle, inner, plan.reachable, radius_m, plan.width_m,
                   plan.spacing_m, math.radians(plan.angle_deg))


def path_over(pieces: Sequence[Drive], plan: LanePlan, entry: tuple[float, float] | None, *,
              headland_first: bool = False) -> list[Drive]:
    """One path over some pieces of a plan, from the entry and back to it; rounds may be cut.

    `headland_first`: those of the outer edge come before all else.
    """
    begin = shapely.Point(entry) if entry else shapely.Point(plan.drives[0].xy[0])
    at = shapely.get_coordinates(shapely.shortest_line(plan.middle, begin))[0]
    return _joined(pieces, plan.middle, at, plan.spacing_m, back=True,
                   headland_first=headland_first, rounds=None)[0]


def _joined(pieces: Sequence[Drive], middle: BaseGeometry, at: np.ndarray, spacing: float, *,
            back: bool, headland_first: bool, rounds: int | None) -> tuple[list[Drive], int]:
    """One path over all pieces of each part of the ground, the part of `at` first; how many parts
    no way joins to it.
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
        out += _path(own, parts[k], begin, spacing, back, headland_first, rounds)
        apart += 1
    return out, apart


def _path(pieces: Sequence[Drive], part: BaseGeometry, begin: np.ndarray, spacing: float,
          back: bool, headland_first: bool, rounds: int | None) -> list[Drive]:
    """One path over the pieces of one part of the ground, from `begin` on."""
    out: list[Drive] = []
    rings = [p for p in pieces if p.kind == "edge" and _closed(p.xy)]
    at = begin
    outer = shapely.LineString(part.exterior)
    if headland_first and not any(_on(outer, r) for r in rings):  # a round that was cut
        along = [p for p in pieces if p.kind == "edge" and _on(outer, p)]
        pieces = [p for p in pieces if not (p.kind == "edge" and _on(outer, p))]
        if along:
            out = _path(along, part, begin, spacing, False, False, rounds)
            at = out[-1].xy[-1]
    elif headland_first:  # the round along the outer edge, from where it is nearest
        first = shapely.line_locate_point(outer, shapely.Point(begin))
        ring = _turned(shapely.get_coordinates(outer), float(first))
        out = [*_way(begin, ring[0]), Drive("edge", ring)]
        at = ring[0]
        rings = [r for r in rings if not np.array_equal(r.xy, shapely.get_coordinates(outer))]
    stretches = [p for p in pieces if p.kind != "edge" or not _closed(p.xy)]
    step = max(ARC_STEPS * spacing, sum(r.length_m for r in rings) / MOST_ARCS)
    for r in rings:
        stretches += [Drive("edge", xy) for xy in arcs(r.xy, step)]
    if not stretches:
        back_way = ways(part, np.array([at, begin])) if back and len(out) else None
        return out if back_way is None or not back_way.length[0, 1] > 0 else [
            *out, Drive("way", back_way.way(0, 1))]
    ends = [e for p in stretches for e in (p.xy[0], p.xy[-1])]
    found = ways(part, np.array([*ends, at, begin]))
    start = len(ends)
    for k, turned in order(found.length, start, back=back, rounds=rounds):
        came, leaves = 2 * k + turned, 2 * k + 1 - turned
        if found.length[start, came] > 0:
            out.append(Drive("way", found.way(start, came)))
        xy = stretches[k].xy[::-1] if turned else stretches[k].xy
        last = out[-1] if out else None
        if last is not None and last.kind == stretches[k].kind == "edge":  # one round, cut
            out[-1] = Drive("edge", np.concatenate([last.xy, xy[1:]]))
        else:
            out.append(Drive(stretches[k].kind, xy))
        start = leaves
    if back and found.length[start, len(ends) + 1] > 0:
        out.append(Drive("way", found.way(start, len(ends) + 1)))
    return out


def _on(ring: BaseGeometry, drive: Drive) -> bool:
    """Whether a stretch runs along a ring."""
    return bool((shapely.distance(ring, shapely.points(drive.xy)) <= 1e-6).all())


def _closed(xy: np.ndarray) -> bool:
    return len(xy) > 2 and bool(np.array_equal(xy[0], xy[-1]))


def _way(a: np.ndarray, b: np.ndarray) -> list[Drive]:
    return [Drive("way", np.array([a, b]))] if np.hypot(*(b - a)) > 1e-9 else []


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
