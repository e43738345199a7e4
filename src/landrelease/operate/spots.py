"""Uncovered spots: convex pieces in, joined polygons with their largest circle out. Metres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import GRID_M, joined

NEAR_M = 1e-6  # pieces nearer than this touch; they come from sums in floating point


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


def join(pieces: np.ndarray, smallest_m: float) -> Spots:
    """Join pieces (N,) that touch, and leave out what no circle of `smallest_m` fits into.

    A group that is narrower than the circle in any direction of the axes, or smaller in area, is
    left out without being joined; all others are joined and tried with a negative buffer.
    """
    if not len(pieces):
        return Spots(pieces, np.empty(0), np.empty(0), smallest_m, 0, 0.0)
    group, areas = groups(pieces), shapely.area(pieces)
    many = int(group.max()) + 1
    size = np.bincount(group, areas, many)
    bounds = shapely.bounds(pieces)
    low = np.full((many, 2), np.inf)
    high = np.full((many, 2), -np.inf)
    np.minimum.at(low, group, bounds[:, :2])
    np.maximum.at(high, group, bounds[:, 2:])
    may = ((high - low).min(axis=1) >= 2 * smallest_m * (1 - 1e-9)) & (
        size >= math.pi * smallest_m**2 * (1 - 1e-9))
    order = np.argsort(group, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=many))])
    grounds = [_union(pieces[order[first[g]:first[g + 1]]], float(size[g]), smallest_m)
               for g in np.flatnonzero(may)]
    polygons = shapely.get_parts(np.array(grounds, dtype=object)) if grounds else (
        np.empty(0, dtype=object))
    if smallest_m > 0 and len(polygons):
        # A circle on the limit stays in: the arcs of a buffer lie inside the true ones.
        holds = ~shapely.is_empty(shapely.buffer(polygons, -smallest_m * (1 - 1e-6),
                                                 quad_segs=8))
        polygons = polygons[holds]
    area = shapely.area(polygons)
    radius = shapely.length(shapely.maximum_inscribed_circle(
        polygons, tolerance=max(smallest_m / 10, 0.001))) if len(polygons) else np.empty(0)
    by_size = np.argsort(-radius, kind="stable")
    return Spots(polygons[by_size], radius[by_size], area[by_size], smallest_m,
                 many - len(np.unique(_groups_of(polygons, pieces, group))),
                 max(0.0, float(areas.sum() - area.sum())))


def _union(pieces: np.ndarray, area_m2: float, smallest_m: float) -> BaseGeometry:
    """Pieces of one group as one, none of their ground lost.

    Pieces do not overlap, so that the sum of their areas, which is known, shows whether any ground
    was lost: half the work of looking at inner points of each, as `joined` does. It is told only
    where what the grid of the union may move is far less than the smallest spot; else `joined`.
    """
    if len(pieces) == 1:
        return pieces[0]
    moved = GRID_M * float(shapely.length(pieces).sum())
    if moved < 0.05 * math.pi * smallest_m**2:
        found = shapely.union_all(pieces, grid_size=GRID_M)
        if abs(found.area - area_m2) <= moved:
            return found
    return joined(pieces)


def _groups_of(polygons: np.ndarray, pieces: np.ndarray, group: np.ndarray) -> np.ndarray:
    if not len(polygons):
        return np.empty(0, dtype=np.int64)
    tree = shapely.STRtree(pieces)
    found = tree.query_nearest(shapely.point_on_surface(polygons), all_matches=False)
    return group[found[1]]


def groups(pieces: np.ndarray) -> np.ndarray:
    """int64 (N,): pieces that touch, also through others, have the same number, from 0."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    tree = shapely.STRtree(pieces)
    a, b = tree.query(pieces, predicate="dwithin", distance=NEAR_M)
    links = coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(pieces),) * 2)
    return connected_components(links, directed=False)[1].astype(np.int64)
