"""Lanes for people: ground in, a base lane and working lanes of known width out. Metres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import LANES_WIDTH, LandReleaseError


@dataclass(frozen=True, slots=True)
class Lane:
    """One part of a lane. Lanes of the same `turn` are far enough apart for work at one time."""

    name: str
    kind: str  # base, working
    turn: int  # 0 for the base lane, else from 1
    ground: BaseGeometry
    start: tuple[float, float]  # where it leaves the base lane, or the safe side


def lanes(ground: BaseGeometry, *, width_m: float, base_width_m: float, separation_m: float,
          entry: tuple[float, float] | None = None) -> list[Lane]:
    """A base lane along the edge nearest to the entry, and working lanes square to it.

    Together they are the ground, without overlap (each square metre is in one lane). `entry` is a
    point on the safe side; without it the longest edge counts as the safe side. Raises LAN-001.
    """
    for value in (width_m, base_width_m):
        if not 0 < value < math.inf:
            raise LandReleaseError(LANES_WIDTH, found=value)
    a, b = _safe_edge(ground, entry)
    angle = math.atan2(b[1] - a[1], b[0] - a[0])
    c, s = math.cos(angle), math.sin(angle)
    turned = shapely.transform(ground, lambda p: np.column_stack(
        [c * p[:, 0] + s * p[:, 1], -s * p[:, 0] + c * p[:, 1]]))
    level = -s * a[0] + c * a[1]
    west, south, east, north = turned.bounds
    upwards = shapely.get_coordinates(shapely.centroid(turned))[0, 1] >= level
    low, high = (south, level + base_width_m) if upwards else (level - base_width_m, north)
    base = shapely.box(west - 1, low, east + 1, high)

    def back(shape: BaseGeometry) -> BaseGeometry:
        return shapely.transform(shape, lambda p: np.column_stack(
            [c * p[:, 0] - s * p[:, 1], s * p[:, 0] + c * p[:, 1]]))

    out: list[Lane] = []
    for n, part in enumerate(_parts(shapely.intersection(turned, base)), start=1):
        out.append(Lane(f"B{n}", "base", 0, back(part), _start(back(part), entry or tuple(a))))
    rest = shapely.difference(turned, base)
    if rest.is_empty:
        return out
    many = math.ceil((east - west) / width_m - 1e-9)
    apart = max(1, math.ceil(separation_m / width_m) + 1)  # edge to edge
    lefts = west + np.arange(many) * width_m
    # The outer strips reach a little over the rim, so that rounding leaves nothing beside them.
    first = np.where(np.arange(many) == 0, lefts - 1, lefts)
    last = np.where(np.arange(many) == many - 1, lefts + width_m + 1, lefts + width_m)
    strips = shapely.box(first, south - 1, last, north + 1)
    for k, cut in enumerate(shapely.intersection(strips, rest)):
        for n, part in enumerate(_parts(cut)):
            suffix = "" if n == 0 else chr(ord("a") + min(n, 25))
            x0, y0, x1, y1 = part.bounds
            at = shapely.Point((x0 + x1) / 2, y0 if upwards else y1)
            out.append(Lane(f"{k + 1}{suffix}", "working", k % apart + 1, back(part),
                            tuple(shapely.get_coordinates(back(at))[0])))
    return out


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    return [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 1e-9]


def _start(ground: BaseGeometry, near: tuple[float, float]) -> tuple[float, float]:
    x, y = shapely.get_coordinates(shapely.shortest_line(ground, shapely.Point(near)))[0]
    return float(x), float(y)


def _safe_edge(ground: BaseGeometry, entry: tuple[float, float] | None
               ) -> tuple[np.ndarray, np.ndarray]:
    """The edge of the outline nearest to the entry; the longest of those as near."""
    rings = [p.exterior for p in shapely.get_parts(ground)]
    edges = np.concatenate([np.stack([q[:-1], q[1:]], axis=1) for q in (
        shapely.get_coordinates(shapely.simplify(r, 0.05)) for r in rings)])
    length = np.hypot(*(edges[:, 1] - edges[:, 0]).T)
    if entry is None:
        return tuple(edges[int(np.argmax(length))])
    away = shapely.distance(shapely.linestrings(edges), shapely.Point(entry))
    near = away <= away.min() + 1e-6
    chosen = int(np.argmax(np.where(near, length, -1)))
    return edges[chosen, 0], edges[chosen, 1]
