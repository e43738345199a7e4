"""The contamination map: hazards and their priors in, a grid of chances out.

An area that is contaminated does not hold items in every cell. Given contamination (chance π),
items lie as a Poisson process whose density λ is Gamma(α, β), so that a cell of which a m² are
hazardous ground holds at least one item with probability

    P(a) = π (1 - E exp(-λ a)) = π (1 - (β / (β + a))^α).

No local density is on record, so the Gamma is an assumption too (`DENSITY`): its mean is that of
ground that was cleared, its shape α = 1 (the widest for a given mean) spreads the central 80 %
over 0.7 to 15 items per hectare, which holds the national figures of 2.0 to 7.7.

The bands low and high carry the interval of π; the density is integrated out. Cells outside all
hazards are NaN: no information, never zero. A cell that a hazard only touches is never NaN (S15):
its edge is not known better than a metre, so it counts as at least 1 m² of hazardous ground.

Where hazards overlap, the shared ground enters once, with the higher prior (S10): it is the same
ground, perhaps read from two sheets. Different ground in one cell adds as independent. On top,
no cell falls below what any single hazard alone gives it, in any band.

There is no band of the last change: the records carry no dates of survey or clearance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

from landrelease.assess.shapes import planar, plane_of, polygons
from landrelease.core.assumption import Assumption
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.core.risk import ContaminationMap, HazardAssessment
from landrelease.errors import (
    ASSESS_NO_HAZARDS,
    ASSESSMENT_MISSING,
    ASSUMPTION_OUT_OF_RANGE,
    CELL_SIZE,
    LandReleaseError,
)
from landrelease.units import M2_PER_HECTARE

DENSITY = Assumption(
    "items_per_hectare", 6.7, 2.0, 7.7, "items per hectare",
    "Items on ground that is contaminated, where no local density is known; with shape 1.",
    "Anti-personnel mines per hectare cleared in APMBC States Parties: 7.7 in 2022, 5.7 in 2023; "
    "Cambodia 2019: 2.0 (domain reference 3.5, derived there from Landmine Monitor figures)",
)
SHAPE = 1.0
NAMES = ("probability", "low", "high", "coverage")
LEAST_M2 = 1.0  # what a touched cell counts as at least
MOST_CELLS = 250_000_000  # 4 GB in four bands; larger grids go through contamination_blocks
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
class _Layer:
    """Rings in units of cells (x east of `west`, y south of `north`) and the shapes' priors."""

    xy: np.ndarray  # float64 (V, 2)
    ring_begin: np.ndarray  # int64 (R + 1,)
    shape_begin: np.ndarray  # int64 (S + 1,)
    extent: np.ndarray  # int64 (S, 4): first column, first row, end of columns, end of rows
    chances: np.ndarray  # float64 (S, 3): probability, low, high


def contamination_map(
    land: Land,
    assessments: Sequence[HazardAssessment],
    cell_m: float = 100.0,
    progress: Progress = silent,
    blocks: int = 8,
    density: Assumption = DENSITY,
) -> ContaminationMap:
    """The chance that each cell holds explosive ordnance.

    Parameters
    ----------
    land : every hazard of it is drawn, whatever its status: only a signed decision takes ground
        out (S01, S09), and that is the caller's to apply.
    assessments : one for each hazard, in any order
    cell_m : side of a cell in m of the equal-area plane centred on the hazards
    blocks : strips of rows that are computed one after the other; the result is the same
    density : items per hectare of contaminated ground; its `value` is the mean

    Returns
    -------
    ContaminationMap
        float32 bands (4, rows, columns): probability, low and high (central 80 % of the prior),
        coverage (share of the cell's area that is hazardous). NaN outside all hazards, in all four.

    Raises
    ------
    LandReleaseError
        ASS-001: density not above 0. ASS-002: no hazards. ASS-003: a shape is not valid.
        ASS-004: assessments do not match. ASS-005: cell size, or a grid of too many cells.
    """
    grid, layers, beta = _prepare(land, assessments, cell_m, density)
    if grid.rows * grid.columns > MOST_CELLS:
        raise LandReleaseError(
            CELL_SIZE, cell_m=f"{cell_m:g}", limit=f"{MOST_CELLS:,}",
            problem=f"the map would have {grid.rows * grid.columns:,} cells")
    bands = np.full((4, grid.rows, grid.columns), np.nan, dtype=np.float32)
    step = max(1, min(math.ceil(grid.rows / max(1, blocks)), STRIP_CELLS // grid.columns))
    for top in range(0, grid.rows, step):
        progress("contamination map", top / grid.rows)
        _draw(bands[:, top:top + step], top, grid, layers, beta)
    progress("contamination map", 1.0)
    return ContaminationMap(grid.proj, grid.west, grid.north, float(cell_m), bands, NAMES)


def contamination_blocks(
    land: Land, assessments: Sequence[HazardAssessment], cell_m: float, rows: int,
    density: Assumption = DENSITY,
) -> tuple[Grid, Iterator[tuple[int, np.ndarray]]]:
    """The same map in strips, for grids larger than memory.

    Returns the grid, and (first row, float32 bands (4, at most `rows`, columns)) from north to
    south. Raises as `contamination_map`, without a limit on the number of cells.
    """
    grid, layers, beta = _prepare(land, assessments, cell_m, density)

    def strips() -> Iterator[tuple[int, np.ndarray]]:
        for top in range(0, grid.rows, max(1, rows)):
            bands = np.full((4, min(max(1, rows), grid.rows - top), grid.columns), np.nan,
                            dtype=np.float32)
            _draw(bands, top, grid, layers, beta)
            yield top, bands

    return grid, strips()


def cell_coverage(
    shape: shapely.Polygon | shapely.MultiPolygon, west: float, north: float, cell_m: float
) -> tuple[int, int, np.ndarray]:
    """Exact share of each cell that a planar polygon covers, over the polygon's own extent.

    Returns (row, column, share): the grid's row and column of the upper left cell, which are
    negative where the polygon reaches outside, and float64 (rows, columns); -1 marks a cell that
    the polygon does not touch.

    Method: signed areas of trapezoids between each edge and the left of the grid, clipped at rows
    and columns and summed from left to right: exact up to rounding, one visit of each crossed cell.
    """
    layer = _layer(np.array([shape], dtype=object), np.zeros((1, 3)), west, north, cell_m)
    left, top, right, bottom = (int(v) for v in layer.extent[0])
    share = np.full((bottom - top, right - left), -1.0)
    for _, row, column, covered in _entries(layer, top, bottom):
        share[row - top, column - left] = covered
    return top, left, share


def _prepare(land, assessments, cell_m, density) -> tuple[Grid, list[_Layer], float]:
    if not (isinstance(cell_m, (int, float)) and math.isfinite(cell_m) and cell_m > 0):
        raise LandReleaseError(CELL_SIZE, cell_m=cell_m, limit=f"{MOST_CELLS:,}",
                               problem="not a number above 0")
    if not 0 < density.value < math.inf:
        raise LandReleaseError(
            ASSUMPTION_OUT_OF_RANGE, name=density.name, value=density.value, low=density.low,
            high=density.high, expected="a value above 0")
    if not land.hazards:
        raise LandReleaseError(ASSESS_NO_HAZARDS)
    chances = _chances(land, assessments)
    plane = plane_of(land)
    ground = planar(land.hazards, plane, widen=True)
    xmin, ymin, xmax, ymax = (float(v) / cell_m for v in shapely.total_bounds(ground))
    # The same closed reading of "touches" as for cells: no touched cell lies outside the grid.
    left, top, right, bottom = (int(v) for v in _extent(
        np.array([[xmin, -ymax, xmax, -ymin]]))[0])
    grid = Grid(plane.proj, left * cell_m, -top * cell_m, float(cell_m), bottom - top, right - left)
    parted, lost = _part(ground, chances[:, 0])
    kept = ~shapely.is_empty(parted)
    layers = [_layer(parted[kept], chances[kept], grid.west, grid.north, cell_m)]
    if len(lost):
        layers.append(_layer(ground[lost], chances[lost], grid.west, grid.north, cell_m))
    return grid, layers, SHAPE * M2_PER_HECTARE / density.value


def _chances(land: Land, assessments: Sequence[HazardAssessment]) -> np.ndarray:
    by_id = {a.hazard_id: a.prior for a in assessments}
    ids = {h.id for h in land.hazards}
    if len(ids) != len(land.hazards) or len(by_id) != len(assessments):
        raise LandReleaseError(ASSESSMENT_MISSING, problem="an identifier occurs twice")
    if by_id.keys() != ids:
        odd = min(by_id.keys() ^ ids)
        side = "hazard" if odd in ids else "assessment"
        raise LandReleaseError(ASSESSMENT_MISSING, problem=f"{side} {odd} stands alone")
    chances = np.array([(p.probability, p.low, p.high) for p in
                        (by_id[h.id] for h in land.hazards)], dtype=float)
    bad = np.flatnonzero(~((chances >= 0) & (chances <= 1)).all(axis=1))
    if len(bad):
        raise LandReleaseError(
            ASSESSMENT_MISSING,
            problem=f"hazard {land.hazards[bad[0]].id} has a chance outside 0 to 1")
    return chances


def _part(ground: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Disjoint ground: what several hazards share stays with the one of the highest chance.

    Returns the parts (H,), some of them empty, and the indices of the hazards that lost ground.
    """
    a, b = shapely.STRtree(ground).query(ground, predicate="intersects")
    a, b = a[a < b], b[a < b]
    shared = shapely.relate_pattern(ground[a], ground[b], "T********")  # not edges alone
    a, b = a[shared], b[shared]
    loser = np.where(chance[a] < chance[b], a, b)  # of equals the later one
    winner = a + b - loser
    parted = ground.copy()
    lost = np.unique(loser)
    for h in lost:
        parted[h] = polygons(shapely.difference(
            ground[h], shapely.union_all(ground[winner[loser == h]])))
    return parted, lost


def _layer(ground, chances, west, north, cell_m) -> _Layer:
    parts, of_shape = shapely.get_parts(ground, return_index=True)
    parts = shapely.orient_polygons(parts)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    # South is down: an edge that goes south has the ground on its east side.
    cells = np.column_stack([(xy[:, 0] - west) / cell_m, (north - xy[:, 1]) / cell_m])
    ring_begin = np.searchsorted(of_ring, np.arange(len(rings) + 1))
    shape_begin = np.searchsorted(of_shape[of_part], np.arange(len(ground) + 1))
    box = shapely.bounds(ground)
    extent = _extent(np.column_stack([(box[:, 0] - west) / cell_m, (north - box[:, 3]) / cell_m,
                              (box[:, 2] - west) / cell_m, (north - box[:, 1]) / cell_m]))
    return _Layer(cells, ring_begin.astype(np.int64), shape_begin.astype(np.int64), extent,
                  np.ascontiguousarray(chances, dtype=float))


def _draw(bands: np.ndarray, top: int, grid: Grid, layers: list[_Layer], beta: float) -> None:
    """Fill the rows `top` and below: `bands` (4, rows, columns)."""
    rows, columns = bands.shape[1:]
    unharmed = np.ones((3, rows * columns))  # chance that nothing is there
    covered = np.zeros(rows * columns)
    touched = np.zeros(rows * columns, dtype=bool)
    for shape, row, column, share in _entries(layers[0], top, top + rows):
        cell = (row - top) * columns + column
        touched[cell] = True
        np.add.at(covered, cell, share)
        # In the order of the hazards, so that strips and batches change nothing.
        for b in range(3):
            np.multiply.at(unharmed[b], cell, 1.0 - _chance(layers[0], shape, share, b, grid, beta))
    chance = np.subtract(1.0, unharmed, out=unharmed)
    for layer in layers[1:]:  # whole hazards of which the first layer draws a part
        for shape, row, column, share in _entries(layer, top, top + rows):
            cell = (row - top) * columns + column
            touched[cell] = True
            for b in range(3):
                np.maximum.at(chance[b], cell, _chance(layer, shape, share, b, grid, beta))
    for b in range(3):
        bands[b].ravel()[touched] = chance[b][touched]
    bands[3].ravel()[touched] = np.minimum(covered[touched], 1.0)


def _chance(layer: _Layer, shape, share, band: int, grid: Grid, beta: float) -> np.ndarray:
    cell_m2 = grid.cell_m ** 2
    hazardous = np.maximum(share * cell_m2, min(LEAST_M2, cell_m2))
    return layer.chances[shape, band] * -np.expm1(-SHAPE * np.log1p(hazardous / beta))


def _extent(box: np.ndarray) -> np.ndarray:
    """First column, first row, end of columns, end of rows that closed boxes (S, 4) touch."""
    return np.column_stack([np.floor(box[:, :2] - TOUCH), np.floor(box[:, 2:] + TOUCH) + 1
                            ]).astype(np.int64)


def _entries(
    layer: _Layer, top: int, bottom: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """(shape, row, column, share) of every touched cell in rows top..bottom-1, in batches."""
    first = np.maximum(layer.extent[:, 1], top)
    last = np.minimum(layer.extent[:, 3], bottom)
    size = np.maximum(last - first, 0) * (layer.extent[:, 2] - layer.extent[:, 0])
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
        yield (shape, first[shape] + inside // width, layer.extent[shape, 0] + inside % width,
               np.clip(area[found], 0.0, 1.0))


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
