"""Uncovered spots: convex pieces in, joined polygons with their largest circle out. Metres."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.operate.outline import SNAP_M, outlines, polygons
from landrelease.operate.pieces import Block, Pieces, alone, nothing, pieces_of, together

AT_ONCE = 100_000  # pieces, so that a large field does not need memory for all of them


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


def join(pieces: np.ndarray | Iterable[Block], smallest_m: float, *, circles: bool = True
         ) -> Spots:
    """Join pieces (N,) that touch, and leave out what no circle of `smallest_m` fits into.

    A group that is narrower than the circle in any direction of the axes, or smaller in area, is
    left out without being joined; all others are joined and tried with a negative buffer. Without
    `circles` the radii are not worked out and the order is as it comes.

    Blocks are worked on some at a time: groups that reach the next block wait for it.
    """
    blocks = iter([alone(pieces_of(pieces[shapely.area(pieces) > 0]))] if isinstance(
        pieces, np.ndarray) else pieces)
    listed, radii = [np.empty(0, dtype=object)], [np.empty(0)]
    small, whole, waits = 0, 0.0, nothing()
    ahead = next(blocks, None)
    while ahead is not None:
        some, goes_on = [waits], [np.zeros(len(waits), dtype=bool)]
        many = 0
        while ahead is not None and (many < AT_ONCE or many < len(waits)):
            goes_on[-1] = np.zeros(len(some[-1]), dtype=bool)  # the next one is here
            block, ahead = ahead, next(blocks, None)
            some.append(block.pieces)
            goes_on.append(block.goes_on if ahead is not None else np.zeros(
                len(block.pieces), dtype=bool))
            many += len(some[-1])
        found, radius, left_out, area, waits = _joined(
            together(some), np.concatenate(goes_on), smallest_m, circles)
        listed.append(found)
        radii.append(radius)
        small, whole = small + left_out, whole + area
    polygons_, radius = np.concatenate(listed), np.concatenate(radii)
    by_size = np.argsort(-radius, kind="stable")
    area_m2 = shapely.area(polygons_[by_size])
    return Spots(polygons_[by_size], radius[by_size], area_m2, smallest_m, small,
                 max(0.0, whole - float(area_m2.sum())))


def _joined(pieces: Pieces, goes_on: np.ndarray, smallest_m: float, circles: bool
            ) -> tuple[np.ndarray, np.ndarray, int, float, Pieces]:
    """Polygons of the groups that end here with their radii, how many others end here, the area of
    both; and the pieces of groups that go on."""
    if not len(pieces):
        return np.empty(0, dtype=object), np.empty(0), 0, 0.0, pieces
    found = outlines(pieces)
    many = int(found.group.max()) + 1
    ends = np.bincount(found.group, goes_on, many) == 0
    size, around = (np.bincount(found.group, v, many) for v in (pieces.areas(), pieces.around()))
    order = np.argsort(found.group, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(found.group, minlength=many))])[:-1]
    west, south, east, north = pieces.bounds()
    broad = np.minimum(
        np.maximum.reduceat(east[order], first) - np.minimum.reduceat(west[order], first),
        np.maximum.reduceat(north[order], first) - np.minimum.reduceat(south[order], first))
    may = ends & (broad >= 2 * smallest_m * (1 - 1e-9)) & (
        size >= math.pi * smallest_m**2 * (1 - 1e-9))
    del order, west, south, east, north, broad
    shapes, of = polygons(found, may)
    # Pieces do not overlap, so that the sum of their areas shows whether any ground was lost.
    made = np.bincount(of, shapely.area(shapes), many) if len(of) else np.zeros(many)
    sound = np.ones(many, dtype=bool)
    sound[of[~shapely.is_valid(shapes)]] = False
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
    radius = np.zeros(len(listed))
    if circles and len(listed):
        tolerance = max(smallest_m / 10, 0.001)
        radius = shapely.length(shapely.maximum_inscribed_circle(
            shapely.simplify(listed, tolerance / 2), tolerance=tolerance))
    return (listed, radius, int(ends.sum()) - len(np.unique(group)), float(size[ends].sum()),
            pieces.chosen(~ends[found.group]))


def _union(pieces: np.ndarray) -> BaseGeometry:
    """Pieces of one group as one, where their outlines did not meet; none of their ground lost."""
    try:
        return joined(pieces)
    except (ArithmeticError, shapely.errors.GEOSException):
        return shapely.multipolygons(pieces)  # better in pieces than not at all
