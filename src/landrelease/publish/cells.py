"""The contamination map as it travels inside a page: classes of chance, as runs of equal cells.

The script draws the cells themselves, at any zoom; no picture is embedded. A lattice of nodes gives
it the longitude and latitude of every 64th corner; between them a straight line is off by about a
metre for cells of 100 m.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

from landrelease.core.risk import ContaminationMap
from landrelease.publish.encode import STEPS_PER_DEGREE

LIMITS = (0.5, 0.35, 0.2, 0.1)  # of the classes, the highest first; the fifth holds the rest
STEP = 64  # cells between two nodes
NOTHING = 9  # class of a cell without a value
MOST_RUNS = 60_000  # about 0.5 MB; a finer map is made coarser by taking the largest of four cells


def cells_content(
    grid: ContaminationMap, origin: tuple[int, int], is_prior: Sequence[bool] = ()
) -> dict[str, Any] | None:
    """The band `probability` in five classes, with the interval of each class; None where empty.

    is_prior : of the areas that it rests on; without any it is called a prior (S12).

    In the result `runs` are [cells left out, 5 × length + class, ...] in the order of reading, a
    run ends with its row; class 0 is the highest. `nodes` are longitudes, then latitudes, in steps
    from `origin`, each the difference to the one before. `range` (5) holds the least low and the
    largest high bound of the cells of a class, in %, or None where it has no cell.
    """
    chance, low, high = (
        grid.bands[grid.names.index(name if name in grid.names else "probability")]
        for name in ("probability", "lower", "upper"))
    known = ~np.isnan(chance)
    if not known.any():
        return None
    classes = len(LIMITS) - np.searchsorted(LIMITS[::-1], chance[known].astype(float), side="right")
    low, high = low[known], high[known]
    ranges = [[int(np.floor(100 * np.nanmin(low[classes == k]))),
               int(np.ceil(100 * np.nanmax(high[classes == k])))] if (classes == k).any() else None
              for k in range(len(LIMITS) + 1)]
    kind = np.full(chance.shape, NOTHING, dtype=np.int8)
    kind[known] = classes
    cell_m = grid.cell_m
    runs = _runs(kind)
    while len(runs) > 2 * MOST_RUNS and max(kind.shape) > 2:
        kind, cell_m = _halved(kind), cell_m * 2  # the largest chance stays: never thinned out
        runs = _runs(kind)
    share = np.mean(np.asarray(is_prior, dtype=float)) if len(is_prior) else 1.0
    return {
        "rows": kind.shape[0], "columns": kind.shape[1], "step": STEP, "cell_m": cell_m,
        "runs": runs, "nodes": _nodes(grid, kind.shape, cell_m, origin),
        "limits": [round(100 * limit) for limit in LIMITS], "range": ranges,
        "prior": "all" if share == 1 else "none" if share == 0 else "some",
    }


def class_areas(
    strips: Iterable[tuple[int, np.ndarray]], names: Sequence[str], shape: tuple[int, int],
    proj: str, west: float, north: float, cell_m: float, most_runs: int = MOST_RUNS,
) -> tuple[list[tuple[int, Any, list[int]]], float]:
    """The cells of each class of chance as one MultiPolygon in degrees, for maps that take shapes.

    strips : (first row, float32 bands) of the map, from north to south; shape : its rows, columns.
    Returns (class, ground, [least low, largest high bound in %]) by class, and the side of a cell
    in m: above `most_runs` runs of equal cells, cells are put together in fours and the largest
    chance of them stays, so that nothing is thinned out (S01).
    """
    kind = np.full(shape, NOTHING, dtype=np.int8)
    bounds = [[np.inf, -np.inf] for _ in range(len(LIMITS) + 1)]
    at = {name: names.index(name if name in names else "probability")
          for name in ("probability", "lower", "upper")}
    for top, bands in strips:
        chance = bands[at["probability"]]
        known = ~np.isnan(chance)
        classes = len(LIMITS) - np.searchsorted(LIMITS[::-1], chance[known].astype(float),
                                                side="right")
        kind[top:top + chance.shape[0]][known] = classes
        low, high = bands[at["lower"]][known], bands[at["upper"]][known]
        for k in np.unique(classes).tolist():
            bounds[k][0] = min(bounds[k][0], float(np.nanmin(low[classes == k])))
            bounds[k][1] = max(bounds[k][1], float(np.nanmax(high[classes == k])))
    side = cell_m
    while len(_runs(kind)) > 2 * most_runs and max(kind.shape) > 2:
        kind, side = _halved(kind), side * 2
    to_degrees = Transformer.from_crs(proj, "EPSG:4326", always_xy=True)
    out: list[tuple[int, Any, list[int]]] = []
    for k in range(len(LIMITS) + 1):
        if not (kind == k).any():
            continue
        runs = np.array(_runs(np.where(kind == k, 0, NOTHING).astype(np.int8))).reshape(-1, 2)
        length = runs[:, 1] // 5
        begin = np.cumsum(runs[:, 0] + np.concatenate([[0], length[:-1]]))
        row, column = begin // kind.shape[1], begin % kind.shape[1]
        # Long edges bend on their way to degrees: a corner every `STEP` cells.
        ground = shapely.segmentize(shapely.union_all(shapely.box(
            west + column * side, north - (row + 1) * side,
            west + (column + length) * side, north - row * side)), STEP * side)
        shown = shapely.transform(ground, lambda xy: np.column_stack(to_degrees.transform(*xy.T)))
        out.append((k, shapely.multipolygons([shown]) if shown.geom_type == "Polygon" else shown,
                    [int(np.floor(100 * bounds[k][0])), int(np.ceil(100 * bounds[k][1]))]))
    return out, side


def _runs(kind: np.ndarray) -> list[int]:
    """[gap, 5 × length + class, ...] over the cells row by row; `NOTHING` is no value."""
    columns = kind.shape[1]
    flat = kind.ravel()
    begins = np.flatnonzero(
        (np.diff(flat, prepend=-1) != 0) | (np.arange(flat.size) % columns == 0))
    ends = np.append(begins[1:], flat.size)
    some = flat[begins] != NOTHING
    begins, ends = begins[some], ends[some]
    gaps = begins - np.concatenate([[0], ends[:-1]])
    return np.column_stack([gaps, 5 * (ends - begins) + flat[begins]]).ravel().tolist()


def _halved(kind: np.ndarray) -> np.ndarray:
    """Cells of twice the side: the smallest class number, which is the largest chance."""
    rows, columns = (n + n % 2 for n in kind.shape)
    whole = np.full((rows, columns), NOTHING, dtype=kind.dtype)
    whole[:kind.shape[0], :kind.shape[1]] = kind
    return whole.reshape(rows // 2, 2, columns // 2, 2).min(axis=(1, 3))


def _nodes(grid: ContaminationMap, shape: tuple[int, ...], cell_m: float,
           origin: tuple[int, int]) -> list[int]:
    down = np.arange(-(-shape[0] // STEP) + 1) * STEP * cell_m
    right = np.arange(-(-shape[1] // STEP) + 1) * STEP * cell_m
    east, north = np.meshgrid(grid.west + right, grid.north - down)
    longitude, latitude = Transformer.from_crs(grid.proj, "EPSG:4326", always_xy=True).transform(
        east.ravel(), north.ravel())
    steps = [np.rint(np.asarray(v) * STEPS_PER_DEGREE).astype(np.int64) - o
             for v, o in ((longitude, origin[0]), (latitude, origin[1]))]
    return np.concatenate([np.diff(v, prepend=0) for v in steps]).tolist()
