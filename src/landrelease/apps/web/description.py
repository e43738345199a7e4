"""The description of the API for programs: what the framework finds in the handlers, with what it
cannot know: bodies that are made by hand, errors, and parameters in the words of OGC API Features.

OpenAPI 3.1 is what the framework writes; `as_oas30` gives the part for GIS clients in 3.0, which
OGC 17-069r4 (requirements class OpenAPI 3.0) asks for.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import orjson
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

GEOJSON = "application/geo+json"
_TEXT = {"type": "string"}
_LINK = {"type": "object", "required": ["href", "rel"], "properties": {
    "href": _TEXT, "rel": _TEXT, "type": _TEXT, "title": _TEXT}}
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
_SCHEMAS: dict[str, Any] = {
    "Link": _LINK,
    "Error": {"type": "object", "required": ["code", "description"],
              "properties": {"code": _TEXT, "description": _TEXT}},
    "Landing": {"type": "object", "required": ["links"], "properties": {
        "title": _TEXT, "description": _TEXT, "links": _LINKS}},
    "Conformance": {"type": "object", "required": ["conformsTo"], "properties": {
        "conformsTo": {"type": "array", "items": _TEXT}}},
    "Collection": {
        "type": "object", "required": ["id", "links", "extent", "crs", "storageCrs"],
        "properties": {
            "id": _TEXT, "title": _TEXT, "description": _TEXT, "links": _LINKS,
            "itemType": {"type": "string", "enum": ["feature"]},
            "crs": {"type": "array", "items": _TEXT}, "storageCrs": _TEXT,
            "extent": {"type": "object", "required": ["spatial"], "properties": {
                "spatial": {"type": "object", "properties": {
                    "crs": _TEXT, "bbox": {"type": "array", "minItems": 1, "items": {
                        "type": "array", "minItems": 4, "maxItems": 6,
                        "items": {"type": "number"}}}}}}}}},
    "Collections": {"type": "object", "required": ["collections", "links"], "properties": {
        "collections": {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}},
        "crs": {"type": "array", "items": _TEXT}, "links": _LINKS}},
    "Feature": {"type": "object", "required": ["type", "geometry", "properties"], "properties": {
        "type": {"type": "string", "enum": ["Feature"]}, "id": _TEXT,
        "geometry": {"type": ["object", "null"]}, "properties": {"type": "object"},
        "links": _LINKS}},
    "Features": {
        "type": "object", "required": ["type", "features", "links", "numberReturned", "timeStamp"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
            "links": _LINKS, "numberReturned": {"type": "integer", "minimum": 0},
            "timeStamp": {"type": "string", "format": "date-time"}}},
    "Layer": {"type": "object", "required": ["type", "features"], "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}}}},
    "Object": {"type": "object"},
}
_TILE = "application/vnd.mapbox-vector-tile"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BODIES: dict[str, tuple[str, str]] = {  # path -> (media type, name of its schema; "" for bytes)
    "/ogc": ("application/json", "Landing"),
    "/ogc/api": ("application/vnd.oai.openapi+json;version=3.0", "Object"),
    "/ogc/conformance": ("application/json", "Conformance"),
    "/ogc/collections": ("application/json", "Collections"),
    "/ogc/collections/{name}": ("application/json", "Collection"),
    "/ogc/collections/{name}/queryables": ("application/schema+json", "Object"),
    "/ogc/collections/{name}/items": (GEOJSON, "Features"),
    "/ogc/collections/{name}/items.parquet": ("application/vnd.apache.parquet", ""),
    "/ogc/collections/{name}/items.csv": ("text/csv", ""),
    "/ogc/collections/{name}/items.xlsx": (_XLSX, ""),
    "/api/quarantine/workbook": (_XLSX, ""),
    "/jobs/{job_id}/rows/workbook": (_XLSX, ""),
    "/ogc/collections/{name}/items/{item_id}": (GEOJSON, "Feature"),
    "/api/figures/{figure_id}": ("application/json", "Object"),
    "/api/outlines/{record_id}": (GEOJSON, "Layer"),
    "/api/layers/coverage_gaps": (GEOJSON, "Layer"),
    "/api/layers/reach": (GEOJSON, "Layer"),
    "/api/layers/contamination": (GEOJSON, "Layer"),
    "/api/layers/waiting": (GEOJSON, "Layer"),
    "/tiles/{name}/{z}/{x}/{y}": (_TILE, ""),
    "/tiles/{file}": ("application/json", "Object"),
    "/openrosa/formList": ("text/xml", ""),
    "/openrosa/forms/{file}": ("text/xml", ""),
    "/openrosa/forms/{name}/manifest": ("text/xml", ""),
    "/openrosa/media/{name}/{file}": ("text/csv", ""),
    "/openrosa/submission": ("text/xml", ""),
    # Files to be kept, never shown.
    "/jobs/{job_id}/files/{file}": ("application/octet-stream", ""),
    "/api/plans/{name}/files/{file}": ("application/octet-stream", ""),
}
_NUMBERS = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "bbox": {"schema": _NUMBERS, "style": "form", "explode": False,
             "description": "A window: west,south,east,north in the order of axes of bbox-crs; "
                            "west > east spans the antimeridian."},
    "datetime": {"schema": _TEXT, "style": "form", "explode": False,
                 "description": "A day or a moment (RFC 3339), or two with / between; .. for an "
                                "open end."},
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100},
              "style": "form", "explode": False, "description": "Most items on a page."},
    "filter-lang": {"schema": {"type": "string", "enum": ["cql2-text", "cql2-json"],
                               "default": "cql2-text"}},
    "filter": {"schema": _TEXT, "description": "A filter in CQL2 over the queryables."},
    "sortby": {"schema": _TEXT, "description": "A queryable by which all items are ordered, - "
                                               "before it: the largest first."},
    **{name: {"schema": {"type": "string", "format": "uri"}, "style": "form", "explode": False}
       for name in ("crs", "bbox-crs", "filter-crs")},
}


def amended(schema: dict[str, Any]) -> dict[str, Any]:
    """The framework's description (3.1), completed; the given one stays as it is."""
    out = copy.deepcopy(schema)
    known = out.setdefault("components", {}).setdefault("schemas", {})
    known.update(copy.deepcopy(_SCHEMAS))
    for path, operations in out["paths"].items():
        for method, operation in operations.items():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _without_null(parameter.get("schema", {}))
                if path.startswith("/ogc") and parameter["in"] == "query":
                    parameter.update(copy.deepcopy(_PARAMETERS.get(parameter["name"], {})))
            answers = operation["responses"]
            answers.pop("400", None)
            if path in _BODIES and method != "head":
                media, name = _BODIES[path]
                held = ({"$ref": f"#/components/schemas/{name}"} if name
                        else {"type": "string", "format": "binary"})
                done = next(s for s in answers if s.startswith("2"))
                answers[done] = {"description": answers[done].get("description", "The answer."),
                                 "headers": {}, "content": {media: {"schema": held}}}
            if method == "head":
                answers.clear()
                answers["204"] = {"description": "It may be sent."}
            if path.startswith("/tiles/{name}"):
                answers["304"] = {"description": "The tile is still the same."}
            answers["4XX"] = {
                "description": "Why not, with a code of the list of errors.",
                "content": {} if method == "head" else {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
            if not path.startswith("/openrosa/") and method != "head":  # a browser asks
                answers["4XX"]["content"]["text/html"] = {"schema": {"type": "string"}}
            if path.startswith("/openrosa/") and method != "head":  # a phone shows it
                answers["4XX"]["content"]["text/xml"] = {"schema": {"type": "string"}}
    return out


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is left out: it has no null."""
    for word in ("oneOf", "anyOf"):
        parts = [p for p in schema.get(word, ()) if p.get("type") != "null"]
        if len(parts) == 1:
            return {**{k: v for k, v in schema.items() if k != word}, **parts[0]}
    return schema


class Described(JsonRenderPlugin):
    """Serves the completed description as `/schema/openapi.json`."""

    def render(self, request: Request, openapi_schema: dict[str, Any]) -> bytes:
        return orjson.dumps(amended(openapi_schema))


def as_oas30(schema: dict[str, Any], prefixes: Sequence[str]) -> dict[str, Any]:
    """The part of a description (3.1) whose paths start with one of these, as OpenAPI 3.0.3."""
    full = amended(schema)
    parts = {p: o for p, o in full["paths"].items() if p.startswith(tuple(prefixes))}
    return {"openapi": "3.0.3", "info": full["info"], "servers": [{"url": "/"}],
            "paths": _plain(parts), "components": {"schemas": _plain(copy.deepcopy(_SCHEMAS))}}


def _plain(value: Any) -> Any:
    """JSON Schema 2020-12 in the words of OpenAPI 3.0."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if not isinstance(value, dict):
        return value
    out = {k: _plain(v) for k, v in value.items()}
    if isinstance(out.get("type"), list):
        kinds = [t for t in out["type"] if t != "null"]
        if len(kinds) < len(out["type"]):
            out["nullable"] = True
        out["type"] = kinds[0]
    if "const" in out and not isinstance(out["const"], dict):
        out["enum"] = [out.pop("const")]
    return out
