"""Coordinate systems: coordinates of a stated system in, WGS 84 and its accuracy out (S04).

How people write a place is read in `coordinates`; here stands what a datum is and how PROJ leads
from it to WGS 84. Nothing here opens a file of coordinates; PROJ reads its own database.
"""

from __future__ import annotations

import functools
import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

from landrelease.errors import (
    CRS_UNKNOWN,
    CRS_WITHOUT_TRANSFORMATION,
    DEGREES_NOT_METRES,
    GRID_NOT_HERE,
    TRANSFORMATION_TOO_ROUGH,
    LandReleaseError,
)

# PROJ gives 999 m where an operation's accuracy was never stated.
UNSTATED_ACCURACY_M = 999.0
# A way to WGS 84 that is less accurate than this is refused, because a metre matters at the edge of
# a minefield. A setting with a default (S13); the accuracy of the way taken is stored.
WORST_ACCURACY_M = 10.0
# Without a grid that models a distorted network, official points lie further off than the stated
# accuracy (Great Britain, 2 m stated: 3.4 m at Caister, 4.7 m at St Mary's; MGI 1901 in Slovenia,
# 1 m stated: five of eleven points 1.02 to 1.95 m). It is read as one standard deviation of each
# axis and widened to the circle that holds 95 %: sqrt(-2 ln 0.05).
WITHOUT_GRID = 2.45
# PROJ's areas of use are boxes in degrees; ground beside them is not refused for its border.
_BORDER_DEG = 0.5


@dataclass(frozen=True, slots=True)
class Carriage:
    """A transformation to WGS 84: `carry` maps (N, 2) easting, northing to longitude, latitude."""

    name: str
    operation: str
    # Of the transformation alone, 0 for a mere projection of WGS 84. Widened to what other
    # operations of the same standing say of the place, where they differ by more.
    accuracy_m: float
    missing_grid: str  # a more accurate operation needs it; "" where the best one is used
    area: tuple[float, float, float, float] | None  # west, south, east, north where it is valid
    carry: Callable[[np.ndarray], np.ndarray]
    # Where the operation itself is valid, which may be less than the system's area.
    operation_area: tuple[float, float, float, float] | None = None

    def outside(self, lonlat: np.ndarray) -> np.ndarray:
        """Which of (N, 2) longitude, latitude lie off the ground for which it holds: bool (N,)."""
        out = np.zeros(len(lonlat), dtype=bool)
        for box in (self.area, self.operation_area):
            if box is not None:
                out |= ~within(lonlat, widened(box, _BORDER_DEG))
        return out & np.isfinite(lonlat).all(axis=1)


def combined_accuracy(*metres: float | np.ndarray) -> float | np.ndarray:
    """Accuracies of independent causes as one: the root of the sum of their squares, in m.

    The source's own accuracy, what was rounded away in writing and the transformation are such
    causes. Not a number (nobody stated it) stays so. Source: JCGM 100:2008, 5.1.2.

    >>> combined_accuracy(3.0, 4.0)
    5.0
    """
    total = np.sqrt(sum(np.square(np.asarray(m, dtype=float)) for m in metres))
    return float(total) if np.ndim(total) == 0 else total


def within(lonlat: np.ndarray, bounds: tuple[float, float, float, float]) -> np.ndarray:
    """Which of (N, 2) longitude, latitude lie in west, south, east, north: bool (N,).

    A west that is larger than the east is an area across the 180th meridian.
    """
    west, south, east, north = bounds
    x, y = lonlat[:, 0], lonlat[:, 1]
    with np.errstate(invalid="ignore"):
        across = (x >= west) & (x <= east) if west <= east else (x >= west) | (x <= east)
        return across & (y >= south) & (y <= north)


def widened(bounds: tuple[float, float, float, float], by_deg: float
            ) -> tuple[float, float, float, float]:
    """Bounds with a margin on each side, in degrees."""
    west, south, east, north = bounds
    if west <= east and east - west + 2 * by_deg >= 360:
        return -180.0, south - by_deg, 180.0, north + by_deg
    return west - by_deg, south - by_deg, east + by_deg, north + by_deg


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


def same_system(one: str, other: str, file: str) -> bool:
    """Whether two systems give the same places. Raises GEO-003 for what is none."""
    if is_wgs84(one, file) or is_wgs84(other, file):
        return is_wgs84(one, file) and is_wgs84(other, file)
    return bool(system(one, file).equals(system(other, file), ignore_axis_order=True))


@dataclass(frozen=True, slots=True)
class System:
    """A reference system that a person may choose."""

    code: str  # "EPSG:32634"
    name: str  # "WGS 84 / UTM zone 34N"
    grid: bool  # easting and northing in metres; else degrees


_WIDEST_DEG = 62.0  # a system of more longitudes than Ukraine to Vladivostok is no national one
# Frames of surveyors, and systems of whole continents.
_FRAMES = re.compile(
    r"[IE]TRF\d|IG[Sb]|\(G\d+\)|\(Transit\)|EASE|Equi7|GLANCE|^NSWC|^NSIDC|^Hughes|^WGS 66|"
    r"^WGS 72|\(N-E\)|LAEA|/ LCC Europe|^ED79|^ED87")


@functools.lru_cache(maxsize=8)
def systems_in(bounds: tuple[float, float, float, float] | None) -> tuple[System, ...]:
    """Systems in which places of west, south, east, north are written: WGS 84, its UTM zones, then
    those of the countries there, by name. None: WGS 84 and all its UTM zones.

    Names state the datum, so that none is ever left to a guess (S04). Source: EPSG dataset of PROJ.
    """
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    first = System("EPSG:4326", "WGS 84", False)
    zones = [System(f"EPSG:{32600 + south * 100 + zone}",
                    f"WGS 84 / UTM zone {zone}{'NS'[south]}", True)
             for south in (0, 1) for zone in range(1, 61)]
    if bounds is None:
        return first, *zones
    found: dict[str, System] = {}
    for one in query_crs_info("EPSG", [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS],
                              area_of_interest=AreaOfInterest(*bounds)):
        use = one.area_of_use
        if use is None or _FRAMES.search(one.name):
            continue
        grid = one.type is PJType.PROJECTED_CRS
        wide = use.east - use.west
        if grid and not 0 <= wide <= _WIDEST_DEG:  # of the whole Earth, or across 180 degrees
            continue
        if not grid and one.name.startswith("WGS 84"):
            continue
        found[f"EPSG:{one.code}"] = System(f"EPSG:{one.code}", one.name, grid)
    near = [zone for zone in zones if zone.code in found]
    others = sorted((s for s in found.values() if s not in near), key=lambda s: (s.grid, s.name))
    return first, *near, *others


def is_wgs84(crs: str, file: str) -> bool:
    """Whether a stated system is longitude/latitude on WGS 84, so that nothing is transformed."""
    from pyproj import CRS

    if crs in ("EPSG:4326", "OGC:CRS84", "CRS84"):
        return True
    found = system(crs, file)
    return bool(found.is_geographic and found.equals(CRS.from_epsg(4326), ignore_axis_order=True))


def carriage(crs: str, file: str, points: np.ndarray, *,
             worst_accuracy_m: float = WORST_ACCURACY_M) -> Carriage:
    """The best available transformation for (N, 2) coordinates in `crs`, easting first.

    Grids are never fetched, and a "ballpark" operation, which ignores the datum, is never used.
    Where a more accurate operation needs a grid that is not here, another one is used only if its
    stated accuracy is `worst_accuracy_m` or better, and the grid is named. The accuracy of an
    operation without a grid is widened (`WITHOUT_GRID`). Where several usable
    operations differ at the place by more than their accuracies explain, the accuracy is widened to
    that difference.

    Raises
    ------
    LandReleaseError
        GEO-003 unknown system; GEO-028 degrees where the system is in metres; GEO-004 no operation
        of stated accuracy; GEO-209 the needed grid is not here; GEO-210 even the best operation is
        too rough.

    Source: PROJ 9 operation selection, EPSG dataset.
    """
    from pyproj.aoi import AreaOfInterest
    from pyproj.transformer import TransformerGroup

    found = system(crs, file)
    _no_degrees(found, file, points)
    use = found.area_of_use
    area = (use.west, use.south, use.east, use.north) if use is not None else None
    interest = None
    rough = _rough(found, points)
    if rough is not None and area is not None:
        # One wrong row must not choose the operation of all others.
        inside = within(rough, widened(area, _BORDER_DEG))
        rough = rough[inside] if inside.any() else None
    if rough is not None:
        west, south = np.clip(rough.min(axis=0), (-180, -90), (180, 90))
        east, north = np.clip(rough.max(axis=0), (-180, -90), (180, 90))
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
    accuracy_m = _accuracy(usable, points, rough)
    if accuracy_m > worst_accuracy_m:
        raise LandReleaseError(
            GRID_NOT_HERE if grid else TRANSFORMATION_TOO_ROUGH, file=file, found=found.name,
            grid=grid, accuracy=f"{accuracy_m:.3g}", limit=f"{worst_accuracy_m:g}",
            operation=best.description)

    if not any(one.grids for one in best.operations or ()):
        accuracy_m *= WITHOUT_GRID

    def carry(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(best.transform(xy[:, 0], xy[:, 1]))

    of = best.area_of_use
    return Carriage(found.name, best.description, accuracy_m, grid, area, carry,
                    (of.west, of.south, of.east, of.north) if of is not None else None)


def _no_degrees(found, file: str, points: np.ndarray) -> None:
    """Raises GEO-028 where all points of a file in a projected system lie within 180 m by 90 m of
    its origin: nobody clears land there, and degrees that are taken for metres end there."""
    if not found.is_projected:
        return
    finite = points[np.isfinite(points).all(axis=1)]
    # 0, 0 stands for no place, in whatever system.
    finite = finite[(finite != 0).any(axis=1)]
    if len(finite) and (np.abs(finite).max(axis=1) <= 180).all() and (
            np.abs(finite).min(axis=1) <= 90).all():
        raise LandReleaseError(DEGREES_NOT_METRES, file=file, expected=found.name,
                               found=f"{finite[0, 0]:g}, {finite[0, 1]:g}")


def _accuracy(usable: list, points: np.ndarray, rough: np.ndarray | None) -> float:
    """The accuracy of the first operation, widened to where its peers contradict it.

    Peers hold for the whole ground and are stated to be about as accurate (twice, or 1 m). Two
    operations of 1 m each that lie 4 m apart are not both right, and nothing says which one is.
    """
    from pyproj import Geod

    best = usable[0]
    accuracy_m = float(best.accuracy)
    if rough is None or len(usable) == 1 or accuracy_m == 0:
        return accuracy_m
    finite = points[np.isfinite(points).all(axis=1)]
    middle = np.median(finite, axis=0)
    start = np.array(best.transform(*middle))
    if not np.isfinite(start).all():
        return accuracy_m
    ground = np.vstack((rough.min(axis=0), rough.max(axis=0)))
    widest = accuracy_m
    for other in usable[1:]:
        if other.accuracy > max(2 * accuracy_m, 1.0):
            continue
        of = other.area_of_use
        if of is None or not within(ground, (of.west, of.south, of.east, of.north)).all():
            continue
        end = other.transform(*middle)
        if np.isfinite(end).all():
            apart = Geod(ellps="WGS84").inv(start[0], start[1], end[0], end[1])[2]
            if apart > combined_accuracy(accuracy_m, float(other.accuracy)):
                widest = max(widest, float(apart))
    return widest


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
    # Gons become degrees, and longitudes from Paris become longitudes from Greenwich.
    out = out * (base.axis_info[0].unit_conversion_factor * 180 / math.pi)
    if (prime := base.prime_meridian) is not None:
        out[:, 0] += prime.longitude * prime.unit_conversion_factor * 180 / math.pi
    out = out[np.isfinite(out).all(axis=1)]
    return out if len(out) else None


def carry_all(geometries: np.ndarray, using: Carriage) -> np.ndarray:
    """Transform an array of geometries (None stays None) to longitude/latitude, 2-D."""
    return shapely.transform(shapely.force_2d(geometries), using.carry)
