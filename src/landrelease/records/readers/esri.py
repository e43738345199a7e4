"""JSON of ArcGIS services: features with attributes and rings, paths or x and y."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import GEOMETRY_UNREADABLE
from landrelease.records.readers.shapes_in import too_many, unreadable
from landrelease.records.readers.table import Limits, Problem, SourceTable, short


def is_feature_set(document: Any) -> bool:
    """Whether JSON is a feature set of ArcGIS and not GeoJSON."""
    if not isinstance(document, dict) or document.get("type") is not None:
        return False
    features = document.get("features")
    return isinstance(features, list) and all(
        isinstance(f, dict) and "attributes" in f for f in features[:20])


def from_feature_set(file: str, document: Any, limits: Limits) -> SourceTable:
    """A table with the coded values of the fields in words. Curves are unreadable rows.

    Source of the format: Esri, "Feature object" and "Geometry objects" of the ArcGIS REST API.
    """
    features = [f if isinstance(f, dict) else {} for f in document["features"]]
    words: dict[str, dict[Any, Any]] = {}
    times: set[str] = set()
    for known in document.get("fields") or []:
        if isinstance(known, dict) and known.get("type") == "esriFieldTypeDate":
            times.add(str(known.get("name")))
        domain = known.get("domain") if isinstance(known, dict) else None
        if isinstance(domain, dict) and isinstance(domain.get("codedValues"), list):
            words[str(known.get("name"))] = {
                c.get("code"): c.get("name") for c in domain["codedValues"]
                if isinstance(c, dict) and isinstance(c.get("code"), (str, int, float))}
    rows: list[dict[str, Any]] = []
    columns: dict[str, None] = {}
    geometries = np.empty(len(features), dtype=object)
    problems: dict[int, Problem] = {}
    for i, feature in enumerate(features):
        attributes = feature.get("attributes")
        values = {str(k): (words[k].get(v, v) if k in words and isinstance(v, (str, int, float))
                           else v)
                  for k, v in (attributes if isinstance(attributes, dict) else {}).items()}
        for name in times & values.keys():
            values[name] = _time(values[name])
        columns.update(dict.fromkeys(values))
        rows.append(values)
        shape = feature.get("geometry")
        if shape is not None:
            try:
                geometries[i] = _shape(shape, limits)
            except _Giant as error:
                problems[i] = too_many(error.count, limits)
            except Exception as error:  # any JSON can stand in place of coordinates
                problems[i] = unreadable(error)
            else:
                if geometries[i] is None:
                    problems[i] = Problem(GEOMETRY_UNREADABLE, {"found": short(shape)})
    reference = document.get("spatialReference")
    reference = reference if isinstance(reference, dict) else {}
    code = reference.get("latestWkid") or reference.get("wkid")
    crs = f"EPSG:{code}" if isinstance(code, int) else str(reference.get("wkt") or "")
    if crs == "EPSG:102100":
        crs = "EPSG:3857"
    elif isinstance(code, int) and code >= 100000:  # Esri's own numbers
        crs = f"ESRI:{code}"
    has = any(f.get("geometry") is not None for f in features) or "geometryType" in document
    return SourceTable(file, "", b"", crs, tuple(columns), None, has, count=len(rows),
                       cells={n: [r.get(n) for r in rows] for n in columns},
                       geometries=geometries if has else None, geometry_problems=problems)


def _time(value: Any) -> Any:
    """Milliseconds since 1970 (UTC) of a date field as ISO 8601; anything else as it stands."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)).isoformat()
    except (OverflowError, ValueError):
        return value


class _Giant(Exception):
    def __init__(self, count: int):
        self.count = count


def _shape(shape: Any, limits: Limits) -> BaseGeometry | None:
    if "x" in shape:
        if shape["x"] in (None, "NaN"):
            return None
        return shapely.Point(float(shape["x"]), float(shape["y"]))
    for key in ("rings", "paths"):
        if key in shape:
            parts = [np.array([p[:2] for p in part], dtype=float) for part in shape[key]]
            if (count := sum(map(len, parts))) > limits.vertices:
                raise _Giant(count)
            if key == "paths":
                return shapely.MultiLineString(parts) if len(parts) > 1 else (
                    shapely.LineString(parts[0]) if parts else None)
            return _area(parts)
    if "points" in shape:
        return shapely.MultiPoint([p[:2] for p in shape["points"]])
    return None


def _area(parts: list[np.ndarray]) -> BaseGeometry | None:
    """Clockwise rings are outlines; another one is a hole of the smallest outline around it.

    One that lies in no outline is an outline: ground is never lost by a wrong direction (S01).
    """
    if not parts:
        return None
    rings = [shapely.Polygon(part) for part in parts]
    turned = [bool(shapely.is_ccw(ring.exterior)) for ring in rings]
    outlines = [i for i in range(len(rings)) if not turned[i]]
    holes: dict[int, list[np.ndarray]] = {}
    for i in range(len(rings)):
        if turned[i]:
            around = [o for o in outlines if shapely.Polygon(rings[o]).contains(rings[i])]
            if around:
                holes.setdefault(min(around, key=lambda o: rings[o].area), []).append(parts[i])
            else:
                holes.setdefault(-1 - i, [])
    made = [shapely.Polygon(parts[o], holes.get(o, [])) for o in outlines]
    made += [rings[-1 - key] for key in holes if key < 0]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)
