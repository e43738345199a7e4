"""Lanes for people: ground in, a base lane and working lanes of known width out. Metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import GRID_M
from landrelease.errors import LANES_WIDTH, LandReleaseError

TOUCH_M = 1e-6  # lanes that are nearer than this share a border
DOOR_M = 0.3  # a border shorter than this is a way in only where there is no other,
LEAST_DOOR_M = 0.01  # and one shorter than this is none
WOBBLE_M = 0.05  # a safe edge may leave the straight line by this


@dataclass(frozen=True, slots=True)
class Lane:
    """One part of a lane. Lanes of the same `turn` are far enough apart for work at one time."""

    name: str
    kind: str  # base, working
    turn: int  # from 0; later than that of the lane it is reached from
    ground: BaseGeometry
    start: tuple[float, float]  # on its edge, where it is entered
    reached_from: str | None  # a lane; "" the safe side; None: no ground that may be entered
    line: int  # number of the base line that it is set out from, from 0


@dataclass(frozen=True, slots=True)
class Line:
    """A base line along the safe edge; the ground lies to its left."""

    begin: tuple[float, float]
    end: tuple[float, float]

    @property
    def angle(self) -> float:
        """Radians from east, anticlockwise."""
        return math.atan2(self.end[1] - self.begin[1], self.end[0] - self.begin[0])

    def offsets(self, xy: np.ndarray) -> np.ndarray:
        """Points (K, 2) as metres along the line and to the left of it (K, 2)."""
        return _turned(xy - np.array(self.begin), self.angle)


def lanes(ground: BaseGeometry, *, width_m: float, base_width_m: float, separation_m: float,
          entry: tuple[float, float] | None = None, rim: BaseGeometry | None = None
          ) -> tuple[list[Lane], list[Line]]:
    """A base lane along the edge nearest to the entry, and working lanes square to it.

    Together they are the ground, without overlap (each square metre is in one lane). The base lane
    is as deep as its width; all other ground, also beside and below it, is in strips square to it.
    Each lane says from which it is entered; its turn comes after the turn of that lane, and lanes
    of one turn are `separation_m` or more apart, all of them. Ground in several pieces has a base
    lane and a line for each piece.

    Parameters
    ----------
    ground : Polygon or MultiPolygon [m] that may be entered
    entry : a point on the safe side; without it the longest edge counts as the safe side
    rim : the edge of the task; only there is a safe side. An edge that a keep-out left is none, so
        that a piece of ground without any of the rim is reached from nowhere. None: all edges

    Raises LAN-001. Turns: first fit, lanes in the order in which they are reached.
    """
    for value in (width_m, base_width_m):
        if not 0 < value < math.inf:
            raise LandReleaseError(LANES_WIDTH, found=value)
    made: list[Lane] = []
    lines: list[Line] = []
    strips = 0
    for piece in _parts(ground):
        edge = _safe_edge(piece, entry, rim)
        along = edge if edge is not None else _safe_edge(piece, entry, None)
        assert along is not None  # without a rim every edge may be it
        line, wobble = _upwards(piece, *along)
        own, many = _of_piece(piece, line, wobble, width_m, base_width_m, entry,
                              safe=edge is not None, bases=sum(k.kind == "base" for k in made),
                              strips=strips, number=len(lines))
        made += own
        lines.append(line)
        strips += many
    return _turns(made, separation_m), lines


def _of_piece(piece: BaseGeometry, line: Line, wobble: float, width: float, base_width: float,
              entry: tuple[float, float] | None, *, safe: bool, bases: int, strips: int,
              number: int) -> tuple[list[Lane], int]:
    """The lanes of one piece of ground, as they are reached, and how many strips there are."""
    # On a grid: without one a cut along a slanting edge leaves spikes.
    flat = shapely.set_precision(shapely.transform(piece, line.offsets), GRID_M)
    west, south, east, north = flat.bounds
    length = math.dist(line.begin, line.end)
    band = shapely.box(west - 1, -wobble, east + 1, base_width - wobble)
    inside = _parts(shapely.intersection(flat, band, grid_size=GRID_M))
    beside = shapely.intersection(shapely.box(0, -wobble, length, WOBBLE_M), inside)
    entered = shapely.area(beside)  # where a keep-out cuts the edge there are several
    along = [p for n, p in enumerate(inside)
             if entered[n] > DOOR_M * WOBBLE_M or n == int(np.argmax(entered))]
    grounds = [("base", p, f"B{bases + n}") for n, p in enumerate(along, start=1)]
    rest = flat
    for p in along:
        rest = shapely.difference(rest, p, grid_size=GRID_M)
    many = max(1, math.ceil((east - west) / width - 1e-9))
    cuts = west + np.arange(many + 1) * width
    # The outer strips reach a little over the rim, so that rounding leaves nothing beside them.
    first, last = np.append(cuts[0] - 1, cuts[1:-1]), np.append(cuts[1:-1], cuts[-1] + 1)
    for k, cut in enumerate(shapely.intersection(
            shapely.box(first, south - 1, last, north + 1), rest, grid_size=GRID_M)):
        grounds += [("working", p, f"{strips + k + 1}{_suffix(n)}")
                    for n, p in enumerate(_parts(cut))]
    turned_back = [_back(p, line) for _, p, _ in grounds]
    order, parent, doors = _reached(turned_back, len(along))
    out = []
    for n in order:
        kind, _, name = grounds[n]
        if n < len(along):
            near = entry if entry is not None else tuple(
                _back(shapely.Point(length / 2, 0), line).coords[0])
            at, came = _on(turned_back[n], shapely.Point(near)), "" if safe else None
        elif (before := parent[n]) is None:
            at, came = _on(turned_back[n], turned_back[0]), None
        else:
            at, came = _on(turned_back[n], doors[n]), grounds[before][2]
        out.append(Lane(name, kind, 0, turned_back[n], at, came, number))
    return out, many


def _reached(grounds: Sequence[BaseGeometry], bases: int
             ) -> tuple[list[int], list[int | None], dict[int, BaseGeometry]]:
    """Lanes in the order in which they are reached from the base lanes, each through a lane that
    was reached before; from which, and a point of the border that they share.
    """
    shapes = np.array(grounds, dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCH_M)
    beside = first < second
    pairs = np.column_stack([first[beside], second[beside]])
    border = shapely.intersection(shapely.buffer(shapes[pairs[:, 0]], TOUCH_M),
                                  shapely.buffer(shapes[pairs[:, 1]], TOUCH_M))
    wide = shapely.length(border) / 2
    doors: dict[int, list[tuple[int, int]]] = {n: [] for n in range(len(grounds))}
    for k, (a, b) in enumerate(pairs):
        doors[int(a)].append((int(b), k))
        doors[int(b)].append((int(a), k))
    order = list(range(bases))
    parent: list[int | None] = [None] * len(grounds)
    through: dict[int, BaseGeometry] = {}
    seen = set(order)
    for least in (DOOR_M, LEAST_DOOR_M):  # narrow borders only where there is no other way in
        at = 0
        while at < len(order):
            n = order[at]
            at += 1
            for other, k in sorted(doors[n]):
                if other in seen or wide[k] <= least:
                    continue
                seen.add(other)
                order.append(other)
                parent[other] = n
                pieces = shapely.get_parts(border[k])
                through[other] = shapely.point_on_surface(
                    pieces[int(np.argmax(shapely.length(pieces)))])
    return order + [n for n in range(len(grounds)) if n not in seen], parent, through


def _turns(made: Sequence[Lane], separation: float) -> list[Lane]:
    """The first turn of each that comes after the lane it is reached from and has none too near."""
    shapes = np.array([k.ground for k in made], dtype=object)
    near: list[set[int]] = [set() for _ in made]
    if separation > 0 and len(made):
        for a, b in zip(*shapely.STRtree(shapes).query(
                shapes, predicate="dwithin", distance=separation - TOUCH_M), strict=True):
            near[int(a)].add(int(b))
    turn: list[int] = []
    named: dict[str, int] = {}
    for n, lane in enumerate(made):
        own = named[lane.reached_from] + 1 if lane.reached_from else int(lane.kind != "base")
        taken = {turn[k] for k in near[n] if k < n}
        while own in taken:
            own += 1
        turn.append(own)
        named[lane.name] = own
    return [replace(lane, turn=t) for lane, t in zip(made, turn, strict=True)]


def _turned(xy: np.ndarray, angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.column_stack([c * xy[:, 0] + s * xy[:, 1], -s * xy[:, 0] + c * xy[:, 1]])


def _back(shape: BaseGeometry, line: Line) -> BaseGeometry:
    return shapely.transform(shape, lambda p: _turned(p, -line.angle) + np.array(line.begin))


def _suffix(n: int) -> str:
    """Nothing, a to z, aa, ab and so on."""
    out = ""
    while n > 0:
        n, letter = divmod(n - 1, 26)
        out = chr(ord("a") + letter) + out
    return out


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    return [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 1e-9]


def _on(ground: BaseGeometry, near: BaseGeometry) -> tuple[float, float]:
    x, y = shapely.get_coordinates(shapely.shortest_line(ground, near))[0]
    return float(x), float(y)


def _upwards(piece: BaseGeometry, a: np.ndarray, b: np.ndarray) -> tuple[Line, float]:
    """The edge as a line with its ground to the left, and by how much the outline falls below it
    from one end to the other.
    """
    ring = shapely.get_coordinates(shapely.geometry.polygon.orient(piece).exterior)[:-1]
    at = [int(np.argmin(np.hypot(*(ring - p).T))) for p in (a, b)]
    (x0, y0), (x1, y1) = ring[at].tolist()
    line = Line((x0, y0), (x1, y1))
    ways = [np.roll(ring, -i, axis=0)[:(j - i) % len(ring) + 1] for i, j in (at, at[::-1])]
    along = int(np.argmin([np.abs(line.offsets(w)[:, 1]).max() for w in ways]))
    if along == 1:  # anticlockwise the ground is to the left
        line = Line(line.end, line.begin)
    return line, max(0.0, -float(line.offsets(ways[along])[:, 1].min()))


def _safe_edge(piece: BaseGeometry, entry: tuple[float, float] | None, rim: BaseGeometry | None
               ) -> tuple[np.ndarray, np.ndarray] | None:
    """The edge of the outline nearest to the entry; the longest of those as near. None: no edge
    lies on the rim.
    """
    ring = shapely.get_coordinates(shapely.simplify(piece.exterior, WOBBLE_M))
    edges = np.stack([ring[:-1], ring[1:]], axis=1)
    if rim is not None:
        beside = shapely.buffer(rim, 2 * WOBBLE_M)
        edges = edges[shapely.covers(beside, shapely.linestrings(edges))]
        if not len(edges):
            return None
    length = np.hypot(*(edges[:, 1] - edges[:, 0]).T)
    if entry is None:
        chosen = int(np.argmax(length))
    else:
        away = shapely.distance(shapely.linestrings(edges), shapely.Point(entry))
        chosen = int(np.argmax(np.where(away <= away.min() + 1e-6, length, -1)))
    return edges[chosen, 0], edges[chosen, 1]
