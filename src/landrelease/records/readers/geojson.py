"""GeoJSON (RFC 7946), also of ODK Central; JSON of Kobo and of ArcGIS is told apart by its keys."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import orjson
import shapely

from landrelease.errors import FILE_CUT_OFF, FILE_NOT_AS_NAMED, LandReleaseError
from landrelease.records import text
from landrelease.records.readers.shapes_in import by_hand, too_many
from landrelease.records.readers.table import WGS84_CRS, Limits, Problem, SourceTable

_COORDINATES = re.compile(rb'"coordinates"\s*:\s*(\[[0-9eE+\-.,\s\[\]]*\])')
_SHAPES = ("Point", "MultiPoint", "Polygon", "MultiPolygon", "GeometryCollection", "LineString",
           "MultiLineString")


def from_json(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    """A table of a JSON file. Raises FIL-003, FIL-004, FIL-008."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or 0 in content[:64]:
        encoding = text.detect_encoding(content, file)
        content = content.decode(encoding.name).encode()
    slim = _without_giants(content, limits)
    try:
        document = orjson.loads(slim)
    except orjson.JSONDecodeError as error:
        place = len(error.doc[:error.pos].encode()) if error.doc else error.pos
        if slim is not content:
            place += len(content) - len(slim)
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"byte {place} of {len(content)}",
                               found=error.msg) from error
    from landrelease.records.readers import esri, exports, forms

    if forms.is_submissions(document) and (export := exports.of_document(file, document)):
        return export.table(file, layer, limits)
    if forms.is_submissions(document):
        return forms.from_submissions(file, document, layer, limits)
    if esri.is_feature_set(document):
        return esri.from_feature_set(file, document, limits)
    return _from_geojson(file, document, limits)


def _from_geojson(file: str, document: Any, limits: Limits) -> SourceTable:
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        features = document["features"]
    elif kind == "Feature":
        features = [document]
    elif kind in _SHAPES:
        features = [{"type": "Feature", "properties": {}, "geometry": document}]
    else:
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".geojson",
                               found=f"JSON of type {kind!r}", expected="a FeatureCollection")
    crs = _crs(document)
    shapes = [f.get("geometry") if isinstance(f, dict) else None for f in features]
    raw = np.empty(len(shapes), dtype=object)
    problems: dict[int, Problem] = {}
    for i, shape in enumerate(shapes):
        if isinstance(shape, dict):
            if (count := _giant_vertices(shape)) > 0:
                problems[i] = too_many(count, limits)
            else:
                raw[i] = orjson.dumps(shape)
    geometries = shapely.from_geojson(raw, on_invalid="ignore") if len(raw) else raw
    rows: list[dict[str, Any]] = []
    columns: dict[str, None] = {}
    for i, feature in enumerate(features):
        values: dict[str, Any] = {}
        if isinstance(feature, dict):
            if feature.get("id") is not None:
                values["id"] = feature["id"]
            if isinstance(feature.get("properties"), dict):
                values.update(feature["properties"])
        columns.update(dict.fromkeys(values))
        if geometries[i] is None and shapes[i] is not None and i not in problems:
            geometries[i], problem = by_hand(shapes[i])
            if problem is not None:
                problems[i] = problem
        rows.append(values)
    return SourceTable(file, "", b"", crs, tuple(columns), None, True,
                       layer=str(document.get("name") or ""), count=len(rows),
                       cells={name: [r.get(name) for r in rows] for name in columns},
                       geometries=geometries, geometry_problems=problems)


def _without_giants(content: bytes, limits: Limits) -> bytes:
    """Put the count in place of the coordinates of a geometry beyond the limit.

    As Python lists ten million vertices would need over 1 GB; the bytes themselves are kept as the
    source of the import.
    """
    if len(content) < 4 * limits.vertices:  # "[1,2]," is 6 bytes a vertex
        return content
    pieces, done = [], 0
    for match in _COORDINATES.finditer(content):
        start, end = match.span(1)
        if end - start < 4 * limits.vertices:
            continue
        if (count := content.count(b"[", start, end) - 2) > limits.vertices:
            pieces += [content[done:start], b'{"vertices":%d}' % count]
            done = end
    return b"".join([*pieces, content[done:]]) if pieces else content


def _giant_vertices(shape: dict[str, Any]) -> int:
    coordinates = shape.get("coordinates")
    if isinstance(coordinates, dict) and isinstance(coordinates.get("vertices"), int):
        return int(coordinates["vertices"])
    parts = shape.get("geometries")
    if isinstance(parts, list):
        return sum(_giant_vertices(p) for p in parts if isinstance(p, dict))
    return 0


def _crs(document: Any) -> str:
    """RFC 7946 is WGS 84; an older `crs` member that names another system is honoured."""
    member = document.get("crs") if isinstance(document, dict) else None
    if member is None:
        return WGS84_CRS
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        return f"(crs member {orjson.dumps(member)[:60].decode()})"
    return WGS84_CRS if name.upper().endswith(("CRS84", "EPSG::4326", "EPSG:4326")) else name


def json_layers(file: str, content: bytes) -> list[str]:
    """The repeats of a form's submissions, "" for the submissions themselves; else nothing.
    Raises FIL-049."""
    from landrelease.records.readers import exports, forms

    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return []  # `read` says what is wrong
    if not forms.is_submissions(document):
        return []
    export = exports.of_document(file, document)
    return forms.submission_layers(document) if export is None else export.layers()
