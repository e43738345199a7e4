"""Geometry and data as they travel inside a page: compact numbers, and JSON that cannot break out.

Coordinates are longitude, latitude (WGS 84) in whole millionths of a degree: rounding moves a
corner by at most 8 cm, less than the outline that is drawn around it. No corner is dropped.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import PUB_COORDINATES, LandReleaseError

STEPS_PER_DEGREE = 1_000_000


def rings(
    geometry: BaseGeometry,
    origin: tuple[int, int],
    *,
    record_id: str = "",
    steps: int = STEPS_PER_DEGREE,
) -> list[list[int]]:
    """All rings of a polygon or multipolygon, [x0, y0, dx, dy, ...] in steps from `origin`.

    Outer rings run against the clock and holes with it: filled non-zero, many areas can be drawn in
    one go without a gap where two of them overlap. The closing corner is left out. Lines and
    points in a collection have no area and are not part of it.

    Raises LandReleaseError PUB-002: a coordinate is not finite or not a longitude and latitude.
    """
    found: list[list[int]] = []
    for part in shapely.get_parts(shapely.get_parts([geometry])):
        if part.geom_type != "Polygon":
            continue
        turned = shapely.orient_polygons(part)
        for ring in (turned.exterior, *turned.interiors):
            xy = shapely.get_coordinates(ring)
            check_degrees(xy, record_id)
            whole = np.rint(xy * steps).astype(np.int64) - np.asarray(origin)
            moves = np.diff(whole, axis=0)
            keep = np.ones(len(whole), dtype=bool)
            keep[1:] = moves.any(axis=1)  # corners that fall on the one before
            whole = whole[keep]
            if len(whole) > 1 and (whole[0] == whole[-1]).all():
                whole = whole[:-1]
            # A ring smaller than a step keeps its place: a hazard is never dropped.
            found.append(np.vstack([whole[:1], np.diff(whole, axis=0)]).ravel().tolist())
    return found


def places(points: list[BaseGeometry], origin: tuple[int, int]) -> list[int]:
    """Points as [x0, y0, x1, y1, ...] in steps from `origin`."""
    if not points:
        return []
    xy = shapely.get_coordinates(np.array(points, dtype=object))
    check_degrees(xy, "")
    return (np.rint(xy * STEPS_PER_DEGREE).astype(np.int64) - np.asarray(origin)).ravel().tolist()


def check_degrees(xy: np.ndarray, record_id: str) -> None:
    bad = ~(np.isfinite(xy).all(axis=1) & (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 85))
    if bad.any():
        x, y = xy[bad][0]
        raise LandReleaseError(PUB_COORDINATES, record=record_id or "a point", x=x, y=y)


def safe_json(value: Any) -> str:
    """JSON that can stand inside a `script` element whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # `</script`, `<!--` and `]]>` cannot appear; U+2028/9 end a line for old parsers. A lone
    # surrogate is no character and could not be written as UTF-8.
    for found, written in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(found, written)
    return text.encode("utf-8", "replace").decode("utf-8")
