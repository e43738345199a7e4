"""Uncovered spots: convex pieces in, joined polygons with their largest circle out. Metres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.operate.outline import SNAP_M, outlines, polygons
from landrelease.operate.pieces import Pieces, pieces_of


@dataclass(frozen=True, slots=True)
class Spots:
    """P uncovered polygons whose largest inscribed circle is at least `smallest_m` in radius.

    What is smaller is not lost: its number and area stand in `small` and `small_m2`.
    """

    polygons: np.ndarray  # object (P,) of Polygon, largest circle first
    radius_m: np.ndarray  # float64 (P,) of the largest inscribed circle
    area_m2: np.ndarray  # float64 (P,)
    smallest_m: float
    small: int
    small_m2: float


def join(pieces: np.ndarray | Pieces, smallest_m: float) -> Spots:
    """Join pieces (N,) that touch, and leave out what no circle of `smallest_m` fits into.

    A group that is narrower than the circle in any direction of the axes, or smaller in area, is
    left out without being joined; all others are joined and tried with a negative buffer.
    """
    if not isinstance(pieces, Pieces):
        pieces = pieces_of(pieces[shapely.area(pieces) > 0])
    if not len(pieces):
        none = np.empty(0, dtype=object)
        return Spots(none, np.empty(0), np.empty(0), smallest_m, 0, 0.0)
    found = outlines(pieces)
    many = int(found.group.max()) + 1
    size = np.bincount(found.group, pieces.areas(), many)
    whole = float(size.sum())
    order = np.argsort(found.group, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(found.group, minlength=many))])[:-1]
    west, south, east, north = pieces.bounds()
    broad = np.minimum(
        np.maximum.reduceat(east[order], first) - np.minimum.reduceat(west[order], first),
        np.maximum.reduceat(north[order], first) - np.minimum.reduceat(south[order], first))
    may = (broad >= 2 * smallest_m * (1 - 1e-9)) & (size >= math.pi * smallest_m**2 * (1 - 1e-9))
    del order, west, south, east, north, broad
    shapes, of = polygons(found, may)
    # Pieces do not overlap, so that the sum of their areas shows whether any ground was lost.
    made = np.bincount(of, shapely.area(shapes), many) if len(of) else np.zeros(many)
    sound = np.ones(many, dtype=bool)
    sound[of[~shapely.is_valid(shapes)]] = False
    around = np.bincount(found.group, pieces.around(), many)
    sound &= np.abs(made - size) <= np.minimum(SNAP_M * around, 0.05 * math.pi * smallest_m**2
                                               if smallest_m else math.inf)
    odd = np.flatnonzero(may & ~sound)
    grounds = np.array([*shapes[sound[of]], *(
        _union(pieces.polygons(found.group == g)) for g in odd)], dtype=object)
    listed, which = shapely.get_parts(grounds, return_index=True)
    group = np.concatenate([of[sound[of]], odd])[which].astype(np.int64)
    if smallest_m > 0 and len(listed):
        # A circle on the limit stays in: the arcs of a buffer lie inside the true ones.
        holds = ~shapely.is_empty(shapely.buffer(listed, -smallest_m * (1 - 1e-6),
                                                 quad_segs=8))
        listed, group = listed[holds], group[holds]
    area = shapely.area(listed)
    radius = shapely.length(shapely.maximum_inscribed_circle(
        listed, tolerance=max(smallest_m / 10, 0.001))) if len(listed) else np.empty(0)
    by_size = np.argsort(-radius, kind="stable")
    return Spots(listed[by_size], radius[by_size], area[by_size], smallest_m,
                 many - len(np.unique(group)), max(0.0, whole - float(area.sum())))


def _union(pieces: np.ndarray) -> BaseGeometry:
    """Pieces of one group as one, where their outlines did not meet; none of their ground lost."""
    try:
        return joined(pieces)
    except (ArithmeticError, shapely.errors.GEOSException):
        return shapely.multipolygons(pieces)  # better in pieces than not at all
