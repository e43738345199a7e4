"""KML (OGC 12-007r2) and GPX 1.0 and 1.1. Both are WGS 84 by definition."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import (
    FILE_LAYER_UNKNOWN,
    FILE_LAYERS_LEFT,
    FILE_NOT_AS_NAMED,
    FILE_WITHOUT_ROWS,
    LandReleaseError,
)
from landrelease.records.readers.shapes_in import polygon, together, too_many, unreadable
from landrelease.records.readers.table import WGS84_CRS, Limits, Problem, SourceTable
from landrelease.records.readers.xml import child, parse, tag


def _table(file: str, rows: list[dict[str, Any]], shapes: list[BaseGeometry | None],
           problems: dict[int, Problem], layer: str = "",
           notes: tuple[Problem, ...] = ()) -> SourceTable:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    geometries = np.empty(len(rows), dtype=object)
    for i, shape in enumerate(shapes):
        geometries[i] = shape
    return SourceTable(file, "", b"", WGS84_CRS, columns, None, True, notes, layer,
                       cells={n: [r.get(n) for r in rows] for n in columns}, count=len(rows),
                       geometries=geometries, geometry_problems=problems)


def from_kml(file: str, content: bytes, limits: Limits) -> SourceTable:
    """Placemarks of all folders, in the order of the file. Links and styles are not followed."""
    root = parse(file, content, "KML", limits)
    if tag(root) != "kml":
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".kml",
                               found=f"XML with the root {tag(root)!r}", expected="KML")
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry | None] = []
    problems: dict[int, Problem] = {}
    for mark in (e for e in root.iter() if tag(e) == "Placemark"):
        values: dict[str, Any] = {}
        if mark.get("id"):
            values["id"] = mark.get("id")
        for element in mark.iter():
            name = tag(element)
            if name == "SimpleData" and element.get("name"):
                values[str(element.get("name"))] = element.text
            elif name == "Data" and element.get("name"):
                values[str(element.get("name"))] = next(
                    (e.text for e in element if tag(e) == "value"), None)
        for element in mark:
            if tag(element) in ("name", "description", "address"):
                values.setdefault(tag(element), element.text)
        shape, problem = _geometry(mark, limits)
        if problem is not None:
            problems[len(rows)] = problem
        rows.append(values)
        shapes.append(shape)
    return _table(file, rows, shapes, problems)


def _geometry(mark: ElementTree.Element, limits: Limits
              ) -> tuple[BaseGeometry | None, Problem | None]:
    shapes: list[BaseGeometry] = []
    vertices = 0
    try:
        for element in mark.iter():
            name = tag(element)
            if name not in ("Point", "LineString", "Polygon", "Track"):
                continue
            if name == "Track":  # gx:Track: "longitude latitude height" in each gx:coord
                rings = [[[float(n) for n in (e.text or "").split()[:2]]
                          for e in element if tag(e) == "coord"]]
            else:
                rings = [_points(e) for e in element.iter() if tag(e) == "coordinates"]
            vertices += sum(len(r) for r in rings)
            if vertices > limits.vertices:
                continue  # counted only
            if name == "Polygon":
                shapes.append(polygon(rings))
            elif name == "Point":
                shapes.append(shapely.Point(rings[0][0]))
            else:
                shapes.append(shapely.LineString(rings[0]))
    except Exception as error:  # text of any kind can stand in place of coordinates
        return None, unreadable(error)
    if vertices > limits.vertices:
        return None, too_many(vertices, limits)
    return together(shapes), None


def _points(element: ElementTree.Element) -> list[list[float]]:
    return [[float(n) for n in point.split(",")[:2]] for point in (element.text or "").split()]


# --- GPX ---------------------------------------------------------------------------------------

_LAYERS = (("waypoints", "wpt"), ("routes", "rte"), ("tracks", "trk"))


def gpx_layers(file: str, content: bytes, limits: Limits) -> list[str]:
    """Those of waypoints, routes, tracks that the file holds."""
    root = _gpx(file, content, limits)
    there = {tag(e) for e in root}
    return [name for name, kind in _LAYERS if kind in there]


def _gpx(file: str, content: bytes, limits: Limits) -> ElementTree.Element:
    root = parse(file, content, "GPX", limits)
    if tag(root) != "gpx":
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".gpx",
                               found=f"XML with the root {tag(root)!r}", expected="GPX")
    return root


def from_gpx(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    """Waypoints, routes or tracks; each segment of a track is a row, so that gaps stay gaps.

    Waypoints carry `time`, `ele` (m), `hdop`, `sat`; lines carry the first and last time, the
    number of points and the largest hdop.
    """
    root = _gpx(file, content, limits)
    there = {tag(e) for e in root}
    names = [name for name, kind in _LAYERS if kind in there]
    if layer is not None and layer not in dict(_LAYERS):
        raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                               expected=", ".join(names or [n for n, _ in _LAYERS]))
    if not names:
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file,
                               found="no waypoints, routes or tracks")
    chosen = layer or names[0]
    kind = dict(_LAYERS)[chosen]
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry | None] = []
    problems: dict[int, Problem] = {}
    for number, item in enumerate((e for e in root if tag(e) == kind), start=1):
        plain = {tag(e): (e.text or "").strip() or None for e in item
                 if len(e) == 0 and tag(e) not in ("trkpt", "rtept", "trkseg", "link")}
        extension = child(item, "extensions")
        for element in extension.iter() if extension is not None else ():
            if len(element) == 0 and (element.text or "").strip():
                plain.setdefault(tag(element), (element.text or "").strip())
        if kind == "wpt":
            _add(rows, shapes, problems, plain, [item], True, limits)
        elif kind == "rte":
            _add(rows, shapes, problems, plain,
                 [e for e in item if tag(e) == "rtept"], False, limits)
        else:
            parts = [e for e in item if tag(e) == "trkseg"]
            for part, segment in enumerate(parts, start=1):
                _add(rows, shapes, problems, {**plain, "track": number, "segment": part},
                     [e for e in segment if tag(e) == "trkpt"], False, limits)
            if not parts:
                _add(rows, shapes, problems, {**plain, "track": number}, [], False, limits)
    left = [n for n in names if n != chosen] if layer is None else []
    notes = (Problem(FILE_LAYERS_LEFT, {"found": ", ".join(left), "expected": chosen}),) if (
        left) else ()
    return _table(file, rows, shapes, problems, chosen, notes)


def _add(rows: list[dict[str, Any]], shapes: list[BaseGeometry | None],
         problems: dict[int, Problem], values: dict[str, Any],
         points: list[ElementTree.Element], single: bool, limits: Limits) -> None:
    i = len(rows)
    shape: BaseGeometry | None = None
    try:
        if len(points) > limits.vertices:
            problems[i] = too_many(len(points), limits)
        elif points:
            xy = [(float(p.attrib["lon"]), float(p.attrib["lat"])) for p in points]
            shape = shapely.Point(xy[0]) if single or len(xy) == 1 else shapely.LineString(xy)
    except (KeyError, ValueError) as error:
        problems[i] = unreadable(error)
    if not single:
        times = [t.text.strip() for p in points
                 if (t := child(p, "time")) is not None and t.text]
        doubts = [_number(h) for p in points if (h := child(p, "hdop")) is not None]
        values = {**values, "points": len(points),
                  "time_first": times[0] if times else None,
                  "time_last": times[-1] if times else None,
                  "hdop_largest": max((d for d in doubts if d is not None), default=None)}
    rows.append(values)
    shapes.append(shape)


def _number(element: ElementTree.Element) -> float | None:
    try:
        return float(element.text or "")
    except ValueError:
        return None
