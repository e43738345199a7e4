"""The registry and files of layers to a table of cells for the prior of unsurveyed land."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from landrelease.assess.ground_cells import GroundCells
from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    CELLS_LAYER,
    DATUM_NOT_STATED,
    PROJECTED_WITHOUT_CRS,
    LandReleaseError,
)

_SAMPLES = 5  # points along each side of a cell at which a raster is read
_BATCH = 20_000  # cells whose points are read at a time


def table_of_cells(land: Land, assumptions: Assumptions, cell_m: float, *,
                   layers: Mapping[str, Path] | None = None, elevation: Path | None = None,
                   land_cover: Path | None = None, crs: str = "",
                   within_km: float | None = None, progress: Progress = silent
                   ) -> tuple[GroundCells, dict[str, Any]]:
    """Cells of the land with labels and covariates: name of the column -> N values.

    layers : name -> file of lines, points or areas (OpenStreetMap files are read as roads).
    elevation : GeoTIFF of heights in m: gives `elevation_m`, `slope_deg` (of the plane fitted to
        25 points of the cell) and `roughness_m` (what that plane leaves).
    land_cover : GeoTIFF of classes: gives `land_cover`, the commonest of 25 points.
    crs : of layers that do not state theirs.
    within_km : only cells so near to a hazard or a find.

    Raises LandReleaseError ASS-002, ASS-005, ASS-413, ASS-414, GEO-001 to GEO-004, FIL-...
    """
    from landrelease.assess import ground_cells

    cells = ground_cells.ground_cells(land, cell_m, within_km)
    read = {name: _layer(path, crs) for name, path in (layers or {}).items()}
    progress("Cells", 0.2)
    label = ground_cells.labels(cells, land, assumptions)
    columns: dict[str, Any] = {
        "cell": cells.names, "latitude": np.round(cells.latitude, 6),
        "longitude": np.round(cells.longitude, 6), "municipality": cells.municipality,
        **{k: np.round(v, 4) for k, v in ground_cells.covariates(
            cells, land, assumptions, read).items()}}
    if elevation is not None:
        progress("Elevation", 0.6)
        columns |= _relief(cells, elevation)
    if land_cover is not None:
        progress("Land cover", 0.8)
        columns["land_cover"] = _cover(cells, land_cover)
    columns["found"] = label
    if land.synthetic:  # S19, on every row
        columns["synthetic"] = np.full(len(cells), "synthetic", dtype=object)
    return cells, columns


def write_cells(columns: Mapping[str, Any], out: Path) -> None:
    from landrelease.store.exports import write_csv

    names = list(columns)
    write_csv(out, (dict(zip(names, row, strict=True))
                    for row in zip(*(columns[n] for n in names), strict=True)), names)


def words(cells: GroundCells, columns: Mapping[str, Any]) -> list[str]:
    label = columns["found"]
    found, free = int((label == 1).sum()), int((label == 0).sum())
    lines = [f"{len(cells):,} cells of {cells.cell_m:g} m: something was found in {found:,}, "
             f"{free:,} were searched and are free, {len(cells) - found - free:,} not searched."]
    empty = [n for n, v in columns.items()
             if np.asarray(v).dtype.kind == "f" and not np.isfinite(v).any()]
    if empty:
        lines.append(f"Nothing is on record for: {', '.join(empty)}.")
    if not free:
        lines.append("Finds only: a prior learned from this orders cells and gives no chances.")
    return lines


def _layer(path: Path, crs: str) -> np.ndarray:
    """Geometries of a file in degrees of WGS 84."""
    from landrelease.records import places
    from landrelease.records.readers import read
    from landrelease.records.roads import OSM_ENDINGS, read_roads

    if path.name.lower().endswith(OSM_ENDINGS):
        roads = read_roads(path).network
        return np.array([shapely.linestrings(roads.vertices[a:b]) for a, b in zip(
            roads.vertex_start[:-1], roads.vertex_start[1:], strict=True)], dtype=object)
    table = read(path)
    if table.geometries is None:
        raise LandReleaseError(CELLS_LAYER, file=table.file, found="it holds no shapes")
    made = [g for g in table.geometries if g is not None and not g.is_empty]
    if not made:
        raise LandReleaseError(CELLS_LAYER, file=table.file, found="it holds no shapes")
    shapes = np.array([shapely.force_2d(g) for g in made], dtype=object)
    stated = crs or table.crs
    xy = shapely.get_coordinates(shapes)
    if not stated:  # S04
        outside = (np.abs(xy) > (180, 90)).any(axis=1)
        if outside.any():
            raise LandReleaseError(PROJECTED_WITHOUT_CRS, file=table.file,
                                   found=f"{xy[outside][0][0]:g}, {xy[outside][0][1]:g}")
        raise LandReleaseError(DATUM_NOT_STATED, file=table.file, row=1, found="the geometry")
    if places.is_wgs84(stated, table.file):
        return shapes
    return np.asarray(places.carry_all(shapes, places.carriage(stated, table.file, xy)),
                      dtype=object)


def _sampled(cells: GroundCells, path: Path) -> np.ndarray:
    """Values (N, 25) of the first band at points of each cell; NaN outside and without data."""
    import rasterio
    from pyproj import Transformer
    from rasterio.errors import RasterioIOError

    step = (np.arange(_SAMPLES) - (_SAMPLES - 1) / 2) / _SAMPLES * cells.cell_m
    dx, dy = (v.ravel() for v in np.meshgrid(step, step))
    out = np.full((len(cells), _SAMPLES ** 2), np.nan)
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise LandReleaseError(CELLS_LAYER, file=path.name,
                                       found="it states no coordinate system")
            to = Transformer.from_crs(cells.plane.proj, raster.crs, always_xy=True)
            for start in range(0, len(cells), _BATCH):
                rows = slice(start, start + _BATCH)
                x, y = to.transform((cells.easting[rows, None] + dx).ravel(),
                                    (cells.northing[rows, None] + dy).ravel())
                out[rows] = _at(raster, np.asarray(x), np.asarray(y)).reshape(-1, _SAMPLES ** 2)
    except (RasterioIOError, OSError) as error:
        raise LandReleaseError(CELLS_LAYER, file=path.name,
                               found="it cannot be read as a raster") from error
    if not np.isfinite(out).any():
        raise LandReleaseError(CELLS_LAYER, file=path.name, found="it covers none of the cells")
    return out


def _at(raster: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Values of the first band at points in its own system, from one window around them."""
    from rasterio.windows import Window

    inverse = ~raster.transform
    column = np.floor(inverse.a * x + inverse.b * y + inverse.c)
    row = np.floor(inverse.d * x + inverse.e * y + inverse.f)
    good = ((column >= 0) & (column < raster.width) & (row >= 0) & (row < raster.height)
            & np.isfinite(column) & np.isfinite(row))
    out = np.full(len(x), np.nan)
    if not good.any():
        return out
    c, r = column[good].astype(np.int64), row[good].astype(np.int64)
    window = Window(c.min(), r.min(), c.max() - c.min() + 1, r.max() - r.min() + 1)
    band = raster.read(1, window=window, masked=True)
    out[good] = band.astype(float).filled(np.nan)[r - r.min(), c - c.min()]
    return out


def _relief(cells: GroundCells, path: Path) -> dict[str, np.ndarray]:
    height = _sampled(cells, path)
    step = (np.arange(_SAMPLES) - (_SAMPLES - 1) / 2) / _SAMPLES * cells.cell_m
    dx, dy = (v.ravel() for v in np.meshgrid(step, step))
    whole = np.isfinite(height).all(axis=1)
    mean = np.full(len(cells), np.nan)
    some = np.isfinite(height).any(axis=1)
    mean[some] = np.nanmean(height[some], axis=1)
    slope, rough = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    # The points are symmetric, so that the least-squares plane has its gradients apart.
    east = height[whole] @ dx / (dx @ dx)
    north = height[whole] @ dy / (dy @ dy)
    slope[whole] = np.degrees(np.arctan(np.hypot(east, north)))
    rest = height[whole] - mean[whole, None] - np.outer(east, dx) - np.outer(north, dy)
    rough[whole] = rest.std(axis=1)
    return {"elevation_m": np.round(mean, 1), "slope_deg": np.round(slope, 2),
            "roughness_m": np.round(rough, 2)}


def _cover(cells: GroundCells, path: Path) -> np.ndarray:
    classes = _sampled(cells, path)
    out = np.full(len(cells), "", dtype=object)
    for i, row in enumerate(classes):
        known = row[np.isfinite(row)]
        if len(known):
            value, count = np.unique(known, return_counts=True)
            out[i] = f"class {value[np.argmax(count)]:g}"
    return out
