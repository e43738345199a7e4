"""Slope from a raster of heights: where a machine would stand steeper than it may."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.errors import LANES_ELEVATION, LandReleaseError

if TYPE_CHECKING:
    from landrelease.workflows.operate import Ground

MOST_CELLS = 4_000_000  # over the task; of more the heights are finer than a machine needs
MARGIN = 3  # cells round the task: the slope of a cell takes those beside it
_METRES = frozenset({"", "m", "metre", "metres", "meter", "meters"})


@dataclass(frozen=True, slots=True)
class Relief:
    """Slopes of R times C cells over a task.

    `steepest` (R, C): degrees; nan where a height of the cell or beside it is not known. `corners`
    (R + 1, C + 1, 2): of the cells, in the metres of the task. `cell_m`: the longer side of a cell.
    """

    file: str
    cell_m: float
    steepest: np.ndarray
    corners: np.ndarray

    def steeper(self, limit_deg: float) -> BaseGeometry:
        """Ground that is steeper, or whose slope is not known."""
        return self._cells(~(self.steepest <= limit_deg))

    def not_known(self, ground: BaseGeometry) -> float:
        """m² of the ground of which no slope is known."""
        known = self._cells(np.isfinite(self.steepest))
        return float(shapely.difference(ground, known).area)

    def outside(self, ground: BaseGeometry) -> BaseGeometry:
        """What of the ground lies beyond all cells."""
        return shapely.difference(ground, self._cells(np.ones(self.steepest.shape, dtype=bool)))

    def _cells(self, which: np.ndarray) -> BaseGeometry:
        shapes = []
        for row in np.flatnonzero(which.any(axis=1)).tolist():
            edges = np.flatnonzero(np.diff(np.concatenate([[0], which[row].astype(np.int8), [0]])))
            for a, b in edges.reshape(-1, 2).tolist():
                shapes.append(shapely.Polygon(np.concatenate([
                    self.corners[row, a:b + 1], self.corners[row + 1, a:b + 1][::-1]])))
        return joined(shapes)


def relief_of(ground: Ground, path: Path) -> Relief:
    """The slopes of a task from a GeoTIFF of heights in metres.

    The slope of a cell is that of the steepest of the four triangles which its centre makes with
    those of the cells beside it: what lies between two heights is never taken for flatter than it
    is between them. A height that is missing makes the cells beside it unknown.

    Raises LAN-030, and GEO-003, GEO-004, GEO-209, GEO-210 for the system of the raster.
    """
    import rasterio
    from rasterio.errors import RasterioIOError

    def refuse(found: str) -> LandReleaseError:
        return LandReleaseError(LANES_ELEVATION, file=path.name, found=found)

    if ground.plane is None:
        raise refuse("the task is in metres (--plane), which have no place on a raster")
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise refuse("it states no coordinate system")
            unit = (raster.units[0] or "").strip().lower()
            if unit not in _METRES:
                raise refuse(f"its heights are in {unit}")
            height, first = _window(raster, ground, refuse)
            corners = _corners(raster, first, height.shape, ground, path.name)
    except (RasterioIOError, OSError):
        raise refuse("it cannot be read as a raster") from None
    if not np.isfinite(height).any():
        raise refuse("it covers none of the task")
    sides = np.hypot(*np.diff(corners, axis=0).T).max(), np.hypot(*np.diff(corners, axis=1).T).max()
    return Relief(path.name, float(max(sides)), steepest(height, corners), corners)


def steepest(height: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(R, C) slope in degrees of the steepest of four triangles at each centre; nan: not known."""
    centre = (corners[:-1, :-1] + corners[:-1, 1:] + corners[1:, :-1] + corners[1:, 1:]) / 4

    def beside(values: np.ndarray, axis: int, step: int) -> np.ndarray:
        """What the next cell has less what the cell has; nan beyond the last."""
        out = np.full(values.shape, np.nan)
        ahead = [slice(None)] * values.ndim
        here = [slice(None)] * values.ndim
        ahead[axis], here[axis] = (slice(1, None), slice(None, -1)) if step > 0 else (
            slice(None, -1), slice(1, None))
        out[tuple(here)] = values[tuple(ahead)] - values[tuple(here)]
        return out

    found = np.zeros(height.shape)
    for down in (1, -1):
        for right in (1, -1):
            a, b = beside(centre, 1, right), beside(centre, 0, down)
            rise_a, rise_b = beside(height, 1, right), beside(height, 0, down)
            twice = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
            east = (rise_a * b[..., 1] - rise_b * a[..., 1]) / twice
            north = (a[..., 0] * rise_b - b[..., 0] * rise_a) / twice
            found = np.maximum(found, np.degrees(np.arctan(np.hypot(east, north))))  # keeps nan
    return found


def _window(raster: Any, ground: Ground, refuse: Any) -> tuple[np.ndarray, tuple[int, int]]:
    """Heights round the task, nan where there are none; row and column of the first of them."""
    from pyproj import Transformer
    from rasterio.windows import Window

    around = ground.back(shapely.segmentize(shapely.box(*ground.geometry.bounds), 50.0))
    xy = shapely.get_coordinates(around)
    x, y = Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True).transform(*xy.T)
    inverse = ~raster.transform
    columns = inverse.a * x + inverse.b * y + inverse.c
    rows = inverse.d * x + inverse.e * y + inverse.f
    if not (np.isfinite(columns).all() and np.isfinite(rows).all()):
        raise refuse("it covers none of the task")
    left, top = int(np.floor(columns.min())) - MARGIN, int(np.floor(rows.min())) - MARGIN
    right, bottom = int(np.ceil(columns.max())) + MARGIN, int(np.ceil(rows.max())) + MARGIN
    if (right - left) * (bottom - top) > MOST_CELLS:
        raise refuse(f"it has {(right - left) * (bottom - top):,} cells over the task, more than "
                     f"{MOST_CELLS:,}: take coarser heights")
    height = np.full((bottom - top, right - left), np.nan)
    c0, c1 = max(left, 0), min(right, raster.width)
    r0, r1 = max(top, 0), min(bottom, raster.height)
    if c0 < c1 and r0 < r1:
        band = raster.read(1, window=Window(c0, r0, c1 - c0, r1 - r0), masked=True)
        height[r0 - top:r1 - top, c0 - left:c1 - left] = band.astype(float).filled(
            np.nan) * raster.scales[0] + raster.offsets[0]
    return height, (top, left)


def _corners(raster: Any, first: tuple[int, int], size: tuple[int, ...], ground: Ground, file: str
             ) -> np.ndarray:
    from landrelease.records import places

    assert ground.plane is not None
    columns, rows = np.meshgrid(first[1] + np.arange(size[1] + 1),
                                first[0] + np.arange(size[0] + 1))
    t = raster.transform
    xy = np.column_stack([(t.a * columns + t.b * rows + t.c).ravel(),
                          (t.d * columns + t.e * rows + t.f).ravel()])
    crs = raster.crs.to_wkt()
    if not places.is_wgs84(crs, file):
        xy = places.carriage(crs, file, xy).carry(xy)
    east, north = ground.plane.points(xy[:, 0], xy[:, 1])
    return np.stack([east, north], axis=-1).reshape(*columns.shape, 2)
