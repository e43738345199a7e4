"""Coordinates of files -> geometry, with what is wrong where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import GEOMETRY_UNREADABLE, POLYGON_TOO_FEW_POINTS, TOO_MANY_VERTICES
from landrelease.records.readers.table import Limits, Problem, short


class TooFewPoints(Exception):
    def __init__(self, count: int):
        self.count = count


def polygon(rings: Any) -> shapely.Polygon:
    """Rings of [x, y, ...] points; open rings are closed, holes without area take nothing away."""
    if not rings:
        raise TooFewPoints(0)
    read = []
    for number, ring in enumerate(rings):
        points = np.array([point[:2] for point in ring], dtype=float).reshape(-1, 2)
        distinct = len(np.unique(points, axis=0))
        if distinct < 3:
            if number == 0:
                raise TooFewPoints(distinct)
            continue
        read.append(points)
    return shapely.Polygon(read[0], read[1:])


def together(shapes: list[BaseGeometry]) -> BaseGeometry | None:
    """One geometry of all parts; parts of several types stay a GeometryCollection, none is lost."""
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    for kind, multi in (("Polygon", shapely.MultiPolygon), ("LineString", shapely.MultiLineString),
                        ("Point", shapely.MultiPoint)):
        if all(s.geom_type == kind for s in shapes):
            return multi(shapes)
    return shapely.GeometryCollection(shapes)


def too_many(found: int, limits: Limits) -> Problem:
    return Problem(TOO_MANY_VERTICES, {"found": f"{found:,}", "expected": f"{limits.vertices:,}"})


def unreadable(error: Any) -> Problem:
    if isinstance(error, TooFewPoints):
        return Problem(POLYGON_TOO_FEW_POINTS, {"found": error.count})
    return Problem(GEOMETRY_UNREADABLE, {"found": short(error)})


def by_hand(shape: Any, depth: int = 0) -> tuple[BaseGeometry | None, Problem | None]:
    """Read GeoJSON that the strict reader refused: rings that are not closed are closed."""
    try:
        kind = shape["type"]
        if kind == "Polygon":
            return polygon(shape["coordinates"]), None
        if kind == "MultiPolygon":
            return shapely.MultiPolygon([polygon(r) for r in shape["coordinates"]]), None
        if kind == "GeometryCollection" and depth < 20:
            parts: list[BaseGeometry] = []
            for part in shape["geometries"]:
                read, problem = by_hand(part, depth + 1)
                if read is None:
                    return None, problem
                parts.append(read)
            return shapely.GeometryCollection(parts), None
        if kind in ("Point", "MultiPoint", "LineString", "MultiLineString"):
            import orjson
            plain = shapely.from_geojson(orjson.dumps(shape), on_invalid="ignore")
            if plain is not None:
                return plain, None
    except Exception as error:  # any shape of JSON can stand here
        return None, unreadable(error)
    return None, unreadable(shape)
