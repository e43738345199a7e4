"""Exact coverage of grid cells by polygons, in the plane.

Signed areas of trapezoids between each edge and the left of the grid, clipped at rows and columns
and summed from left to right: exact up to rounding, with one visit of each crossed cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

STRIP_CELLS = 4_000_000  # cells that are worked on at a time, in float64
TOUCH = 1e-9  # in cells: rounding of coordinates; a nearer edge touches the neighbour as well


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up grid of square cells whose edges lie on multiples of `cell_m` in the plane."""

    proj: str
    west: float
    north: float
    cell_m: float
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Layer:
    """Rings of S shapes in units of cells (x east of `west`, y south of `north`)."""

    xy: np.ndarray  # float64 (V, 2)
    ring_begin: np.ndarray  # int64 (R + 1,)
    shape_begin: np.ndarray  # int64 (S + 1,)
    extent: np.ndarray  # int64 (S, 4): first column, first row, end of columns, end of rows


def cell_coverage(
    shape: shapely.Polygon | shapely.MultiPolygon, west: float, north: float, cell_m: float
) -> tuple[int, int, np.ndarray]:
    """Exact share of each cell that a planar polygon covers, over the polygon's own extent.

    Returns (row, column, share): the grid's row and column of the upper left cell, which are
    negative where the polygon reaches outside, and float64 (rows, columns); -1 marks a cell that
    the polygon does not touch.
    """
    layer = layer_of(np.array([shape], dtype=object), west, north, cell_m)
    left, top, right, bottom = (int(v) for v in layer.extent[0])
    share = np.full((bottom - top, right - left), -1.0)
    for _, row, column, covered in entries(layer, top, bottom):
        share[row - top, column - left] = covered
    return top, left, share


def layer_of(ground: np.ndarray, west: float, north: float, cell_m: float) -> Layer:
    """Planar polygons (S,) as a layer of a grid."""
    if not len(ground):
        none = np.zeros(1, dtype=np.int64)
        return Layer(np.zeros((0, 2)), none, none, np.zeros((0, 4), dtype=np.int64))
    parts, of_shape = shapely.get_parts(ground, return_index=True)
    parts = shapely.orient_polygons(parts)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    # South is down: an edge that goes south has the ground on its east side.
    cells = np.column_stack([(xy[:, 0] - west) / cell_m, (north - xy[:, 1]) / cell_m])
    ring_begin = np.searchsorted(of_ring, np.arange(len(rings) + 1))
    shape_begin = np.searchsorted(of_shape[of_part], np.arange(len(ground) + 1))
    box = shapely.bounds(ground)
    extent = extent_of(np.column_stack([(box[:, 0] - west) / cell_m, (north - box[:, 3]) / cell_m,
                              (box[:, 2] - west) / cell_m, (north - box[:, 1]) / cell_m]))
    return Layer(cells, ring_begin.astype(np.int64), shape_begin.astype(np.int64), extent)


def extent_of(box: np.ndarray) -> np.ndarray:
    """First column, first row, end of columns, end of rows that closed boxes (S, 4) touch."""
    return np.column_stack([np.floor(box[:, :2] - TOUCH), np.floor(box[:, 2:] + TOUCH) + 1
                            ]).astype(np.int64)


def entries(
    layer: Layer, top: int, bottom: int, left: int | None = None, right: int | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """(shape, row, column, share) of every touched cell in rows top..bottom-1, in batches.

    `left`, `right`: only columns left..right-1. Cells of a shape do not depend on the window.
    """
    first = np.maximum(layer.extent[:, 1], top)
    last = np.minimum(layer.extent[:, 3], bottom)
    size = np.maximum(last - first, 0) * (layer.extent[:, 2] - layer.extent[:, 0])
    if left is not None and right is not None:
        size[(layer.extent[:, 2] <= left) | (layer.extent[:, 0] >= right)] = 0
    active = np.flatnonzero(size)
    if not len(active):
        return
    batch = (np.cumsum(size[active]) - 1) // STRIP_CELLS
    for members in np.split(active, np.flatnonzero(np.diff(batch)) + 1):
        begin = np.concatenate([[0], np.cumsum(size[members])])
        area, cover = np.zeros(begin[-1]), np.zeros(begin[-1])
        touched = np.zeros(begin[-1], dtype=np.bool_)
        _accumulate(layer.xy, layer.ring_begin, layer.shape_begin, layer.extent, members, begin,
                    top, bottom, area, cover, touched)
        found = np.flatnonzero(touched)
        which = np.searchsorted(begin, found, side="right") - 1
        shape = members[which]
        width = layer.extent[shape, 2] - layer.extent[shape, 0]
        inside = found - begin[which]
        row, column = first[shape] + inside // width, layer.extent[shape, 0] + inside % width
        share = np.clip(area[found], 0.0, 1.0)
        if left is not None and right is not None:
            kept = (column >= left) & (column < right)
            shape, row, column, share = shape[kept], row[kept], column[kept], share[kept]
        yield shape, row, column, share


@njit(cache=True)
def _accumulate(xy, ring_begin, shape_begin, extent, members, starts, top, bottom, area, cover,
                touched):
    """Share of each cell in the boxes of some shapes, box after box; `cover` is work space.

    Each edge adds its area in its own cells, and its height for all cells to their right; then
    rows are summed from left to right. Coordinates stay those of the whole grid, so that the
    result does not depend on where a strip of rows begins.
    """
    for k in range(len(members)):
        shape = members[k]
        left, width = extent[shape, 0], extent[shape, 2] - extent[shape, 0]
        first, last = max(top, extent[shape, 1]), min(bottom, extent[shape, 3])
        for ring in range(shape_begin[shape], shape_begin[shape + 1]):
            for v in range(ring_begin[ring], ring_begin[ring + 1] - 1):
                x0, y0, x1, y1 = xy[v, 0], xy[v, 1], xy[v + 1, 0], xy[v + 1, 1]
                sign = 1.0  # ground lies to the right of an edge that goes south
                if y0 > y1:
                    x0, y0, x1, y1 = x1, y1, x0, y0
                    sign = -1.0
                for row in range(max(first, math.floor(y0 - TOUCH)),
                                 min(last - 1, math.floor(y1 + TOUCH)) + 1):
                    at = starts[k] + (row - first) * width - left
                    xa, xb = _between(x0, y0, x1, y1, row - TOUCH, row + 1 + TOUCH)
                    for c in range(max(left, math.floor(min(xa, xb) - TOUCH)),
                                   min(left + width - 1, math.floor(max(xa, xb) + TOUCH)) + 1):
                        touched[at + c] = True
                    height = min(y1, row + 1.0) - max(y0, float(row))
                    if height <= 0.0:
                        continue
                    height *= sign
                    xa, xb = _between(x0, y0, x1, y1, float(row), row + 1.0)
                    low, high = min(xa, xb), max(xa, xb)
                    for c in range(math.floor(low), math.floor(high) + 1):
                        xl, xr = max(low, float(c)), min(high, c + 1.0)
                        part = height * (xr - xl) / (high - low) if high > low else height
                        area[at + c] += part * (c + 1.0 - 0.5 * (xl + xr))
                        cover[at + c] += part
        for row in range(last - first):
            total = 0.0
            for i in range(starts[k] + row * width, starts[k] + (row + 1) * width):
                area[i] += total
                total += cover[i]
                # Inside, away from all edges, the share is 1; outside it is 0 up to rounding.
                touched[i] |= area[i] > 0.5


@njit(cache=True)
def _between(x0, y0, x1, y1, above, below):
    """Where the edge enters and leaves a band of y; its own ends where it does not cross it."""
    xa = x0 if above <= y0 else x0 + (above - y0) / (y1 - y0) * (x1 - x0)
    xb = x1 if below >= y1 else x0 + (below - y0) / (y1 - y0) * (x1 - x0)
    return xa, xb
