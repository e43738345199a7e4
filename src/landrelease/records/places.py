"""Coordinate systems: coordinates of a stated system in, WGS 84 and its accuracy out (S04)."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

from landrelease.errors import (
    CRS_UNKNOWN,
    CRS_WITHOUT_TRANSFORMATION,
    LandReleaseError,
)

# PROJ gives 999 m where an operation's accuracy was never stated.
UNSTATED_ACCURACY_M = 999.0


@dataclass(frozen=True, slots=True)
class Carriage:
    """A transformation to WGS 84: `carry` maps (N, 2) easting, northing to longitude, latitude."""

    name: str
    operation: str
    accuracy_m: float  # of the transformation alone, 0 for a mere projection of WGS 84
    missing_grid: str  # a more accurate operation needs it; "" where the best one is used
    area: tuple[float, float, float, float] | None  # west, south, east, north where it is valid
    carry: Callable[[np.ndarray], np.ndarray]


@functools.lru_cache(maxsize=64)
def system(crs: str, file: str):
    """The pyproj CRS of a name, code or WKT. Raises GEO-003 for what is not one."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_user_input(crs)
    except (CRSError, ValueError) as error:
        raise LandReleaseError(CRS_UNKNOWN, file=file, found=crs[:120]) from error
    if found.is_compound:
        found = found.sub_crs_list[0]
    if not (found.is_geographic or found.is_projected):
        raise LandReleaseError(CRS_UNKNOWN, file=file, found=f"{found.name} ({found.type_name})")
    return found


def is_wgs84(crs: str, file: str) -> bool:
    """Whether a stated system is longitude/latitude on WGS 84, so that nothing is transformed."""
    from pyproj import CRS

    if crs in ("EPSG:4326", "OGC:CRS84", "CRS84"):
        return True
    found = system(crs, file)
    return bool(found.is_geographic and found.equals(CRS.from_epsg(4326), ignore_axis_order=True))


def carriage(crs: str, file: str, points: np.ndarray) -> Carriage:
    """The best available transformation for (N, 2) coordinates in `crs`, easting first.

    Grids are never fetched. A "ballpark" operation, which ignores the datum, is never used. Where
    a more accurate operation needs a grid that is not here, the best of the others is used, with
    its own stated accuracy, and the grid is named. Raises GEO-003 unknown system, GEO-004 no
    operation of stated accuracy. Source: PROJ 9 operation selection, EPSG dataset.
    """
    from pyproj.aoi import AreaOfInterest
    from pyproj.transformer import TransformerGroup

    found = system(crs, file)
    use = found.area_of_use
    area = (use.west, use.south, use.east, use.north) if use is not None else None
    interest = None
    rough = _rough(found, points)
    if rough is not None:
        west, south = np.clip(rough.min(axis=0), (-180, -90), (180, 90))
        east, north = np.clip(rough.max(axis=0), (-180, -90), (180, 90))
        if west < east or south < north or len(rough) == 1:
            interest = AreaOfInterest(float(west), float(south), float(east), float(north))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing grid is told below, in our words
        group = TransformerGroup(found, "EPSG:4326", always_xy=True, area_of_interest=interest,  # type: ignore[arg-type]
                                 allow_ballpark=False)
    usable = [t for t in group.transformers if 0 <= t.accuracy < UNSTATED_ACCURACY_M]
    grid = ""
    if not group.best_available and group.unavailable_operations:
        names = [g.short_name for op in group.unavailable_operations[:1] for g in op.grids
                 if not g.available]
        grid = ", ".join(names)
    if not usable:
        said = f" (the grid {grid} is not here)" if grid else ""
        raise LandReleaseError(CRS_WITHOUT_TRANSFORMATION, file=file, found=found.name, grid=said)
    best = usable[0]

    def carry(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(best.transform(xy[:, 0], xy[:, 1]))

    return Carriage(found.name, best.description, float(best.accuracy), grid, area, carry)


def _rough(found, points: np.ndarray) -> np.ndarray | None:
    """Longitude/latitude on the system's own datum: good enough to choose an operation."""
    from pyproj import Transformer

    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        return None
    base = found.geodetic_crs
    if base is None:
        return None
    out = np.column_stack(Transformer.from_crs(found, base, always_xy=True).transform(
        finite[:, 0], finite[:, 1]))
    out = out[np.isfinite(out).all(axis=1)]
    return out if len(out) else None


def carry_all(geometries: np.ndarray, using: Carriage) -> np.ndarray:
    """Transform an array of geometries (None stays None) to longitude/latitude, 2-D."""
    return shapely.transform(shapely.force_2d(geometries), using.carry)
