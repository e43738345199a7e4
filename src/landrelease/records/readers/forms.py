"""Exports of ODK and Kobo: places in the cells of a form, submissions as JSON.

Source: ODK XForms specification, "Data Types": geopoint is "latitude longitude altitude accuracy",
geotrace and geoshape are such points with semicolons between them, all on WGS 84.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import (
    FILE_FORM_PLACES,
    FILE_LAYER_UNKNOWN,
    FILE_LAYERS_LEFT,
    FILE_WITHOUT_ROWS,
    LandReleaseError,
)
from landrelease.records.readers.shapes_in import polygon, too_many, unreadable
from landrelease.records.readers.table import WGS84_CRS, Limits, Problem, SourceTable
from landrelease.records.values import is_absent

# Columns that only exports of submissions have, without signs and case, and as they stand.
_MARKS = frozenset(("metainstanceid", "instanceid", "parentkey", "submissiontime",
                    "submissiondate", "submissionid", "submissionuuid", "xformidstring",
                    "parentindex", "parenttablename"))
_EXACT = frozenset(("KEY", "_uuid", "__id", "_submission__uuid"))
# Degrees; phones write small ones with an exponent: 5.0E-4.
_N = r"[+-]?(?:\d{1,3}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_ASIDE = r"[+-]?(?:[\d.]+(?:[eE][+-]?\d{1,3})?|NaN|Infinity)"  # altitude, accuracy
_POINT = re.compile(rf"\s*({_N})\s+({_N})(?:\s+({_ASIDE}))?(?:\s+({_ASIDE}))?\s*$")
# Where the column is known, whatever stands for the altitude and the accuracy.
_KNOWN_POINT = re.compile(rf"\s*({_N})\s+({_N})(?:\s+(\S+))?(?:\s+(\S+))?\s*$")
_SPLIT = re.compile(r"^_?(.+?)[-_. ](latitude|longitude|altitude|accuracy|precision)$", re.I)


def is_form(columns: Sequence[str]) -> bool:
    """Whether headings are those of an export of submissions."""
    found = {re.sub(r"[^a-z]", "", c.casefold().rsplit("/", 1)[-1]) for c in columns}
    return not found.isdisjoint(_MARKS) or not _EXACT.isdisjoint(columns)


def with_places(table: SourceTable, limits: Limits) -> SourceTable:
    """Give an export of a form the geometry of its cells; the cells stay as they are.

    Of several places in a form an area goes before a line and a line before a point; the others
    are named in a note. The accuracy in m of a place in one cell becomes the column
    `<heading>-Accuracy`, as in exports with split places.
    """
    if table.has_geometry or not len(table) or not is_form(table.columns):
        return table
    found = []
    for rank, heading in enumerate(table.columns):
        column = table.cells[heading]
        said = [v for v in column if isinstance(v, str) and v.strip()]
        if said and all(_is_place(v) for v in said[:50]):
            area = any(";" in v for v in said)
            closed = area and any(_closed(v) for v in said)
            found.append((2 if closed else 1 if area else 0, len(said), -rank, heading))
    if not found:
        return _from_split(table)
    heading = max(found)[-1]
    return places_of(table, heading, [h for _, _, _, h in found if h != heading], limits)


def places_of(table: SourceTable, heading: str, others: Sequence[str], limits: Limits
              ) -> SourceTable:
    """The geometry of a column of which it is known that it holds the places, row by row: one that
    cannot be read is told of its row alone. What stands for the altitude is not looked at; an
    accuracy that nobody can read comes into its column as it stands.

    others : columns with places that were not taken, for the note.
    """
    geometries = np.empty(len(table), dtype=object)
    problems: dict[int, Problem] = {}
    accuracy: list[float | str | None] = [None] * len(table)
    for i, cell in enumerate(table.cells[heading]):
        if cell is None or not str(cell).strip():
            continue
        try:
            geometries[i], accuracy[i] = _place(str(cell), limits)
        except _Giant as error:
            problems[i] = too_many(error.count, limits)
        except Exception as error:  # any text can stand in the cell
            problems[i] = unreadable(error)
    name = f"{heading}-Accuracy"
    columns = table.columns
    cells = {c: table.cells[c] for c in columns}
    if name not in cells and any(a is not None for a in accuracy):
        columns, cells = (*columns, name), {**cells, name: accuracy}
    note = Problem(FILE_FORM_PLACES, {"found": heading,
                                      "expected": ", ".join(others) or "none"})
    return SourceTable(table.file, table.source, table.content, WGS84_CRS, columns, None, True,
                       (*table.notes, note), table.layer, cells=cells, count=len(table),
                       geometries=geometries, problems=table.problems,
                       geometry_problems=problems, extras=table.extras, tags=table.tags)


def _from_split(table: SourceTable) -> SourceTable:
    """Geopoints in columns of their own: `X-Latitude`, `X-Longitude`, ... or `_X_latitude`, ..."""
    groups: dict[str, dict[str, str]] = {}
    for heading in table.columns:
        match = _SPLIT.match(heading)
        if match:
            groups.setdefault(match[1], {})[match[2].lower()] = heading
    whole = {k: v for k, v in groups.items() if "latitude" in v and "longitude" in v}
    if not whole:
        return table
    name = next(iter(whole))
    lat, lon = (table.cells[whole[name][k]] for k in ("latitude", "longitude"))
    geometries = np.empty(len(table), dtype=object)
    problems: dict[int, Problem] = {}
    for i in range(len(table)):
        cells = [str(c).strip() for c in (lon[i], lat[i]) if c is not None and str(c).strip()]
        if len(cells) == 2:
            try:
                geometries[i] = shapely.Point(float(cells[0]), float(cells[1]))
            except ValueError as error:
                problems[i] = unreadable(error)
        elif cells:
            problems[i] = unreadable(f"only one of latitude and longitude: {cells[0]}")
    note = Problem(FILE_FORM_PLACES, {"found": name, "expected": ", ".join(
        n for n in whole if n != name) or "none"})
    return table.with_shapes(geometries, WGS84_CRS, problems, (note,))


class _Giant(Exception):
    def __init__(self, count: int):
        self.count = count


def _is_place(text: str) -> bool:
    points = [p for p in text[:400].split(";") if p.strip()]
    if len(text) > 400 and len(points) > 1:
        points = points[:-1]  # the last one may be cut by the sample
    if not points or not all(_POINT.match(p) for p in points):
        return False
    # A single point needs its altitude or decimals: "12 5" may be any two numbers.
    first = _POINT.match(points[0])
    return first is not None and (len(points) > 1 or first[3] is not None
                                  or ("." in first[1] and "." in first[2]))


def _closed(text: str) -> bool:
    points = [p.split()[:2] for p in text.split(";") if p.strip()]
    return len(points) > 3 and points[0] == points[-1]


def _place(text: str, limits: Limits) -> tuple[BaseGeometry, float | str | None]:
    parts = [p for p in text.split(";") if p.strip()]
    if len(parts) > limits.vertices:
        raise _Giant(len(parts))
    xy, doubts = [], []
    for part in parts:
        match = _KNOWN_POINT.match(part)
        if match is None:
            raise ValueError(f"{part.strip()[:60]!r} is not latitude longitude altitude accuracy")
        xy.append((float(match[2]), float(match[1])))
        doubts.append(_metres(match[4]))
    # One that nobody can read stands as it came: then nobody knows how far off the place is.
    unread = next((d for d in doubts if isinstance(d, str)), None)
    known = unread or max((d for d in doubts if isinstance(d, float)), default=None)
    if len(xy) == 1:
        return shapely.Point(xy[0]), known
    if len(xy) > 3 and xy[0] == xy[-1]:
        return polygon([xy]), known
    return shapely.LineString(xy), known


def _metres(text: str | None) -> float | str | None:
    """An accuracy, m, with a decimal point or comma; None where none is stated, as by 0 (drawn on a
    map, not measured); the text itself where it is none: a word, a negative or an infinite number.
    """
    if text is None or is_absent(text):
        return None
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return text
    return (found or None) if 0 <= found < math.inf else text


# --- submissions as JSON -----------------------------------------------------------------------

def is_submissions(document: Any) -> bool:
    """Whether JSON is a list of submissions (Kobo: {"results": [...]}, ODK: {"value": [...]})."""
    rows = _rows(document)
    return bool(rows) and all(
        isinstance(r, dict) and ({"_id", "_uuid", "_submission_time", "__id", "meta/instanceID"}
                                 & r.keys()) and r.get("type") != "Feature" for r in rows[:20])


def _rows(document: Any) -> list[Any]:
    if isinstance(document, dict):
        document = document.get("results", document.get("value"))
    return document if isinstance(document, list) else []


def from_submissions(file: str, document: Any, layer: str | None, limits: Limits) -> SourceTable:
    """Submissions, or with `layer` the rows of one repeat, each with the id of its submission."""
    rows = [flat(r) if isinstance(r, dict) else {"(value)": r} for r in _rows(document)]
    repeats = submission_layers(document)[1:]
    if layer:
        if layer not in repeats:
            raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                                   expected=", ".join(repeats) or "none")
        found = [(r.get("_uuid", r.get("_id", r.get("__id"))), one) for r in rows
                 if isinstance(r.get(layer), list) for one in r[layer]]
        rows = [{"_submission": key, **(flat(one) if isinstance(one, dict) else
                                        {"(value)": one})} for key, one in found]
        if not rows:
            raise LandReleaseError(FILE_WITHOUT_ROWS, file=file, found=layer)
    names = tuple(dict.fromkeys(n for r in rows for n in r))
    cells = {n: [plain(r.get(n)) for r in rows] for n in names}
    notes = (Problem(FILE_LAYERS_LEFT, {"found": ", ".join(repeats),
                                        "expected": "the submissions"}),) if (
        repeats and layer is None) else ()
    table = SourceTable(file, "", b"", "", names, None, False, notes, layer or "", cells=cells,
                        count=len(rows))
    return with_places(table, limits)


def submission_layers(document: Any) -> list[str]:
    """"" for the submissions, then the repeats by name."""
    out = dict.fromkeys([""])
    for row in _rows(document):
        for name, value in (flat(row) if isinstance(row, dict) else {}).items():
            if (isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
                    and name not in ("_attachments", "_notes", "_tags")):
                out[name] = None
    return list(out)


def flat(row: Mapping[str, Any], path: str = "", depth: int = 0) -> dict[str, Any]:
    """Groups as "group/field"; GeoJSON objects of ODK Central as ODK text."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        where = f"{path}{name}"
        if isinstance(value, dict) and depth < 20 and "coordinates" not in value:
            out.update(flat(value, where + "/", depth + 1))
        else:
            out[where] = value
    return out


def plain(value: Any) -> Any:
    """A value of JSON as a cell; a GeoJSON place of ODK Central as ODK text, with its accuracy."""
    if isinstance(value, dict) and "coordinates" in value:
        try:
            c = value["coordinates"]
            if value.get("type") == "Point":
                return _odk([c], value)
            ring = c[0] if value.get("type") == "Polygon" else c
            off = (value.get("properties") or {}).get("accuracies") or []
            return "; ".join(_odk([p], {"properties": {
                "accuracy": off[n] if n < len(off) else None}}) for n, p in enumerate(ring))
        except (AttributeError, TypeError, IndexError, KeyError, ValueError):
            pass
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode()
    return value


def _odk(points: list[Any], value: dict[str, Any]) -> str:
    properties = value.get("properties")
    doubt = properties.get("accuracy") if isinstance(properties, dict) else None
    (p,) = points
    height = p[2] if len(p) > 2 and p[2] is not None else 0
    return f"{float(p[1])!r} {float(p[0])!r} {height} {doubt if doubt is not None else 0}"
