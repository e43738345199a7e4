"""Geometry that every stage shares: geodesic measures, local projections chosen from the data.

Longitude/latitude geometry is WGS 84 (EPSG:4326), x = longitude. Planar geometry is metres,
x = easting, y = northing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Geod, Transformer
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

WGS84 = Geod(ellps="WGS84")
M_PER_DEGREE = 111_200.0  # of latitude, to half a percent


def geodesic_area_m2(geometry: BaseGeometry) -> float:
    """Area on the ellipsoid in m² of a valid longitude/latitude geometry (design rule 3).

    Lines and points in a collection have no area. Source: C. F. F. Karney, Algorithms for
    geodesics, J. Geodesy 87 (2013), as implemented in PROJ.
    """
    if geometry is None or geometry.is_empty:
        return 0.0
    total = 0.0
    for polygon in shapely.get_parts(geometry):
        if polygon.geom_type != "Polygon" or polygon.is_empty:
            continue
        rings = [polygon.exterior, *polygon.interiors]
        sizes = [abs(WGS84.polygon_area_perimeter(*shapely.get_coordinates(ring).T)[0])
                 for ring in rings]
        total += sizes[0] - sum(sizes[1:])
    return float(total)


def geodesic_length_m(geometry: BaseGeometry) -> float:
    """Length on the ellipsoid in m of the lines of a longitude/latitude geometry."""
    return float(sum(WGS84.geometry_length(part) for part in shapely.get_parts(geometry)
                     if part.geom_type == "LineString"))


def geodesic_distance_m(lon1, lat1, lon2, lat2):
    """Distance on the ellipsoid in m; scalars or arrays of equal shape, in degrees."""
    return WGS84.inv(lon1, lat1, lon2, lat2)[2]


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """A Lambert azimuthal equal-area plane centred on the data; metres; areas are true.

    Chosen from the data, never hard-coded (design rule 3). Within 300 km of the centre distances
    are true to about 0.06 %.
    """

    longitude: float
    latitude: float

    @property
    def proj(self) -> str:
        return (f"+proj=laea +lat_0={self.latitude:.6f} +lon_0={self.longitude:.6f} "
                "+x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs")

    def to_plane(self, geometry):
        """One geometry or an array of geometries, degrees to metres."""
        return shapely.transform(geometry, _forward(self.proj))

    def to_degrees(self, geometry):
        """One geometry or an array of geometries, metres to degrees."""
        return shapely.transform(geometry, _inverse(self.proj))

    def points(self, longitude, latitude) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates (arrays of N) in degrees to easting, northing (arrays of N) in metres."""
        degrees = np.column_stack([np.atleast_1d(longitude), np.atleast_1d(latitude)])
        xy = _forward(self.proj)(degrees)
        return xy[:, 0], xy[:, 1]


def plane_for(bounds: tuple[float, float, float, float]) -> LocalPlane:
    """The plane centred on (west, south, east, north) in degrees."""
    west, south, east, north = bounds
    x = round(float(west + east) / 2, 3)
    return LocalPlane(x - 360 if x > 180 else x, round(float(south + north) / 2, 3))


def bounds_together(shapes: np.ndarray) -> tuple[float, float, float, float]:
    """West, south, east, north of shapes in degrees that lie near each other. On both sides of the
    meridian of 180 degrees they do not reach round the Earth: east is then more than 180."""
    box = shapely.bounds(shapely.get_parts(shapes))
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    if east - west > 180:
        turn = np.where(box[:, 2] < 0, 360.0, 0.0)
        first, last = float((box[:, 0] + turn).min()), float((box[:, 2] + turn).max())
        if last - first < east - west:
            west, east = first, last
    return west, south, east, north


def cut_at_180(shapes: np.ndarray, longitude: float) -> np.ndarray:
    """Areas in degrees as they come from a plane with this centre: those that lie across the
    meridian of 180 degrees are cut there, or they would reach round the other side of the Earth."""
    def unwrapped(xy: np.ndarray) -> np.ndarray:
        away = (xy[:, 0] - longitude + 180) % 360 - 180
        # What is not across stays as it is, to the last digit.
        x = np.where(np.abs(longitude + away - xy[:, 0]) < 1, xy[:, 0], longitude + away)
        return np.column_stack([x, xy[:, 1]])

    far = shapely.total_bounds(shapes)
    if not far[2] - far[0] > 180:
        return shapes
    out = shapely.transform(shapes, unwrapped)
    box = shapely.bounds(out)
    for n in np.flatnonzero((box[:, 0] < -180) | (box[:, 2] > 180)).tolist():
        whole = out[n] if out[n].is_valid else shapely.make_valid(out[n], method="structure")
        parts = [shapely.transform(part, lambda xy, turn=turn: xy - (turn, 0))
                 for turn in (-360.0, 0.0, 360.0)
                 for part in shapely.get_parts(shapely.get_parts([shapely.intersection(
                     whole, shapely.box(turn - 180, -90, turn + 180, 90))]))
                 if part.geom_type == "Polygon" and not part.is_empty]
        out[n] = shapely.MultiPolygon(parts)
    return out


@functools.lru_cache(maxsize=32)
def _forward(proj: str):
    return _carry(Transformer.from_crs("EPSG:4326", proj, always_xy=True))


@functools.lru_cache(maxsize=32)
def _inverse(proj: str):
    """Back to degrees, so that going there and back moves nothing: PROJ's inverse of this
    projection is a series that is off by up to 2 mm, the same way each time."""
    there, back = _forward(proj), _carry(Transformer.from_crs(proj, "EPSG:4326", always_xy=True))

    def carry(xy: np.ndarray) -> np.ndarray:
        degrees = back(xy)
        for _ in range(2):  # each leaves some thousandths of what was off
            off = xy - there(degrees)
            cosine = np.maximum(np.cos(np.radians(degrees[:, 1])), 1e-9)
            step = np.column_stack([off[:, 0] / cosine, off[:, 1]]) / M_PER_DEGREE
            small = np.isfinite(step).all(axis=1) & (np.abs(off) < 1.0).all(axis=1)
            degrees = np.where(small[:, None], degrees + step, degrees)
        return degrees

    return carry


def _carry(transformer: Transformer):
    def carry(xy: np.ndarray) -> np.ndarray:
        out = transformer.transform(xy[:, 0], xy[:, 1])
        return np.column_stack(out)
    return carry


GRID_M = 1e-7  # of unions in metres: 0.1 µm
GRID_DEGREES = 1e-12  # of unions in degrees: the same on the ground
_FEW = 12
_NEAR = 4  # grids; parts that are so near each other are joined together


def joined(shapes: Iterable[BaseGeometry | None], *, degrees: bool = False, exact: bool = False
           ) -> Polygon | MultiPolygon:
    """The ground of all shapes as one, so that none of it is lost; only polygons count.

    The plain union of many rectangles that nearly meet has lost a whole one (GEOS 3.13, overlay in
    floating point). So parts that meet are joined on a grid of 0.1 µm, which moves no corner by
    more, and it is looked at whether inner points of each part lie in what came out; where one
    does not, the parts are joined one after the other.

    shapes : geometries in m, or in longitude/latitude with `degrees`; None and empty ones are
        passed over.
    exact : first without the grid, so that no corner moves where nothing is lost; parts that
        nearly meet may then stay apart.

    Raises
    ------
    ArithmeticError
        ground of a part is still not there: no answer is better than one with ground lost.
    """
    listed = [s for s in shapes if s is not None and not s.is_empty]
    parts = shapely.get_parts(shapely.get_parts(np.array(listed, dtype=object)))
    parts = parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0)]
    if not len(parts):
        return Polygon()
    if len(parts) == 1:
        return parts[0]
    # Far from the origin a number has no digits for the grid: then as fine as they allow.
    grid = max(GRID_DEGREES if degrees else GRID_M,
               float(np.abs(shapely.total_bounds(parts)).max()) * 2.0**-48)
    if len(parts) <= _FEW:  # not worth the sorting
        return _areal(_one(parts, grid, exact))
    group = _meeting(parts, _NEAR * grid)
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    out = [_one(parts[some], grid, exact) for some in np.split(order, cuts)]
    pieces = shapely.get_parts(np.array(out, dtype=object))
    pieces = pieces[shapely.get_type_id(pieces) == 3]
    return pieces[0] if len(pieces) == 1 else MultiPolygon(list(pieces))


def _areal(shape: BaseGeometry) -> Polygon | MultiPolygon:
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    return MultiPolygon(list(parts[shapely.get_type_id(parts) == 3]))


def _meeting(parts: np.ndarray, near: float) -> np.ndarray:
    """int64 (N,): parts that meet, also through others, have the same number."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=near)
    links = coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(parts),) * 2)
    return connected_components(links, directed=False)[1].astype(np.int64)


def _one(parts: np.ndarray, grid: float, exact: bool) -> BaseGeometry:
    if len(parts) == 1:
        return parts[0]
    wide, inner = _inner_points(parts, grid)
    for size in (None, grid) if exact else (grid,):
        try:
            found = shapely.union_all(parts, grid_size=size)
        except shapely.errors.GEOSException:  # of many slivers it finds no rings
            continue
        if _holds(found, wide, inner, grid):
            return found
    # What the grid makes a line of on the way cannot be joined with a polygon.
    found = functools.reduce(
        lambda a, b: shapely.union(_areal(a), b, grid_size=grid), parts)
    if not _holds(found, wide, inner, grid):
        raise ArithmeticError(f"a union of {len(parts)} polygons lost ground of one of them")
    return found


def _inner_points(parts: np.ndarray, grid: float) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of the parts that are wider than a few grids, and a point inside each: the part; of
    many parts, which may lie over each other, also each half of it."""
    wide = parts[2 * shapely.area(parts) > 8 * grid * shapely.length(parts)]
    if len(wide) <= _FEW:
        return wide, shapely.point_on_surface(wide)
    west, south, east, north = shapely.bounds(wide).T
    flat = (east - west) > (north - south)
    x, y = np.where(flat, (west + east) / 2, east), np.where(flat, north, (south + north) / 2)
    halves = shapely.intersection(wide, shapely.box(west, south, x, y))
    rest = shapely.intersection(wide, shapely.box(
        np.where(flat, x, west), np.where(flat, south, y), east, north))
    whole = np.concatenate([wide, halves, rest])
    whole = whole[2 * shapely.area(whole) > 8 * grid * shapely.length(whole)]
    return whole, shapely.point_on_surface(whole)


def _holds(found: BaseGeometry, wide: np.ndarray, points: np.ndarray, grid: float) -> bool:
    """Whether the points, or what is wide of the pieces whose points are not, lie in a union."""
    shapely.prepare(found)
    out = ~shapely.intersects(found, points)
    out[out] = shapely.distance(found, points[out]) > _NEAR * grid
    if not out.any():
        return True
    # The point of a piece may lie on a spike of it that is thinner than the grid.
    core = shapely.buffer(wide[out], -_NEAR * grid)
    lost = shapely.area(shapely.difference(core, found))
    return bool((lost <= grid * shapely.length(wide[out])).all())
