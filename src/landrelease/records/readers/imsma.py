"""Points of IMSMA: polygons from their turning points, in tables and in maXML.

What is documented (IMSMA Wiki: Import Geospatial Data from Excel; Geopoint; MineActionFieldReport):
PolyID, PointNo and PointID of a point, its X and Y or longitude and latitude, its coordinate
reference system, bearing and distance of a relative point; a point with a PolyID belongs to a
polygon, one without is a single point. No public sample file was found: which words the types of
points have, and that a polygon table carries the local id of its land, is guessed and said in a
note.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import (
    FILE_LAYER_UNKNOWN,
    FILE_LAYERS_LEFT,
    FILE_NOT_AS_NAMED,
    FILE_POINTS_JOINED,
    FILE_SHAPE_GUESSED,
    FILE_WITHOUT_ROWS,
    LandReleaseError,
)
from landrelease.records.coordinates import north_of
from landrelease.records.readers import legs
from landrelease.records.readers.shapes_in import TooFewPoints, together, too_many, unreadable
from landrelease.records.readers.table import WGS84_CRS, Limits, Problem, SourceTable
from landrelease.records.readers.xml import parse, tag
from landrelease.records.traverses import UNCLEAR, TraversePoint, written

_SHAPE = ("polyid", "polygonid", "polylocalid", "polygonlocalid", "shapeid")
_LAND = ("localid", "hazardlocalid", "hazardid", "landid", "imsmaid", "hazardreductionlocalid",
         "accidentlocalid", "locationlocalid")
_NUMBER = ("pointno", "pointnumber", "number", "pointorder")
_TYPE = ("pointtype", "pointtypeenum", "type")
_X = ("longitude", "x", "xlongitude", "lon", "long", "xcoord", "xcoordinate")
_Y = ("latitude", "y", "ylatitude", "lat", "ycoord", "ycoordinate")
_ID = ("pointid", "pointlocalid", "pointname")
_BEARING = ("bearing", "magneticbearing", "truebearing", "gridbearing", "azimuth",
            "magneticazimuth", "trueazimuth", "gridazimuth")
_DISTANCE = ("distance", "distancem", "distanceinmetres", "distanceinmeters")
_START = ("frompoint", "frompointid", "frompointno", "from", "relativeto", "relativetopoint",
          "referencepointid")
_NORTH = ("bearingtype", "bearingreference", "northreference", "azimuthtype")
_DECLINATION = ("declination", "magneticdeclination")
_CRS = ("coordrefsys", "coordinatesystem", "coordinatereferencesystem", "crs", "datum")
# Points of these types lead to an area or mark something in it; they are no corners of it.
_NOT_CORNERS = re.compile(r"reference|benchmark|landmark|centre|center|accident|gps point", re.I)


def _key(heading: str) -> str:
    return re.sub(r"[^a-z]", "", heading.casefold())


def _find(columns: Sequence[str], names: tuple[str, ...]) -> str | None:
    known = {_key(c): c for c in reversed(columns)}
    return next((known[n] for n in names if n in known), None)


def are_points(columns: Sequence[str]) -> bool:
    """Whether a table is one of polygon points by its headings."""
    return all(_find(columns, names) for names in (_SHAPE + _LAND, _NUMBER[:2], _X, _Y))


def are_points_of(table: SourceTable, points: SourceTable) -> bool:
    """Whether `points` are points of the rows of `table`, by the headings of both."""
    return ((are_points(points.columns) or legs.may_be_legs(points.columns))
            and not are_points(table.columns) and not legs.may_be_legs(table.columns)
            and _find(table.columns, _LAND) is not None
            and _find(points.columns, _LAND) is not None)


@dataclass(frozen=True, slots=True)
class _Point:
    number: Any
    kind: str
    x: float
    y: float
    shape: str
    # Of maXML only: the name, and for a relative point bearing and distance (m) from `start`.
    id: str = ""
    bearing: str = ""
    distance: str = ""
    start: str = ""
    north: str = ""
    declination: str = ""

    @property
    def placed(self) -> bool:
        return math.isfinite(self.x) and math.isfinite(self.y)

    @property
    def relative(self) -> bool:
        return not self.placed and bool(self.bearing and self.distance)


def _float(value: Any) -> float:
    """A plain number; NaN for anything else (a relative point has none)."""
    try:
        return float(str(value).strip().replace(",", "."))
    except ValueError:
        return math.nan


def _order(point: _Point) -> float:
    return _float(point.number)


def outline(points: list[_Point], limits: Limits) -> tuple[BaseGeometry | None, Problem | None]:
    """The polygons of corners in the order of their numbers; a single point stays a point.

    A corner without coordinates or a number that stands twice gives a problem, never a smaller
    polygon (S01).
    """
    if len(points) > limits.vertices:
        return None, too_many(len(points), limits)
    groups: dict[str, list[_Point]] = {}
    corners = [p for p in points if not _NOT_CORNERS.search(p.kind)]
    for point in corners or points:
        groups.setdefault(point.shape, []).append(point)
    shapes: list[BaseGeometry] = []
    for name, group in groups.items():
        where = f" of {name}" if name else ""
        for point in group:
            if not (math.isfinite(point.x) and math.isfinite(point.y)):
                return None, unreadable(f"point {point.number}{where} has no coordinates")
        if len(group) == 1 or not corners:
            shapes += [shapely.Point(p.x, p.y) for p in group]
            continue
        numbers = [_order(p) for p in group]
        if any(n != n for n in numbers) and any(n == n for n in numbers):
            return None, unreadable(f"a point{where} has no number")
        given = [n for n in numbers if n == n]
        places = {(_order(p), p.x, p.y) for p in group}
        if len({n for n, _, _ in places}) < len(places) and given:
            twice = next(n for n in given if given.count(n) > 1)
            return None, unreadable(f"point number {twice:g}{where} stands at two places")
        ordered = sorted(group, key=_order) if given else group
        xy = [(p.x, p.y) for p in ordered]
        if len(set(xy)) < 3:
            return None, unreadable(TooFewPoints(len(set(xy))))
        shapes.append(shapely.Polygon(xy))
    return together(shapes), None


def _crs_of(said: set[str]) -> str:
    """WGS 84 where all points say so, an EPSG code that all share, else not stated."""
    names = {re.sub(r"[^a-z0-9:]", "", s.casefold()) for s in said}
    if names and names <= {"wgs84", "wgs1984", "epsg:4326", "4326", "gcswgs1984"}:
        return WGS84_CRS
    only = next(iter(said)) if len(said) == 1 else ""
    return only.strip().upper() if re.fullmatch(r"\s*epsg:\d{4,6}\s*", only, re.I) else ""


def _points_of(points: SourceTable, by: str) -> tuple[dict[str, list[_Point]], str]:
    """Points by the value of column `by`; "" holds those without one. And their system."""
    columns = points.columns
    at = {name: _find(columns, names) for name, names in (
        ("number", _NUMBER), ("kind", _TYPE), ("x", _X), ("y", _Y), ("shape", _SHAPE),
        ("crs", _CRS))}
    nothing: list[Any] = [None] * len(points)
    got = {name: points.cells[h] if h else nothing for name, h in at.items()}
    out: dict[str, list[_Point]] = {}
    for i, key in enumerate(points.cells[by]):
        text = "" if key is None else str(key).strip()
        out.setdefault(text, []).append(_Point(
            got["number"][i], str(got["kind"][i] or ""), _float(got["x"][i]),
            _float(got["y"][i]), str(got["shape"][i] or "").strip()))
    return out, _crs_of({"" if c is None else str(c) for c in got["crs"]})


def join(table: SourceTable, points: SourceTable, limits: Limits) -> SourceTable | None:
    """`table` with polygons made of `points` by the local id; None where no id is in both."""
    mine, theirs = _find(table.columns, _LAND), _find(points.columns, _LAND)
    if mine is None or theirs is None:
        return None
    if legs.are_legs(points):
        return legs.join(table, mine, points, theirs)
    groups, crs = _points_of(points, theirs)
    keys = ["" if v is None else str(v).strip() for v in table.cells[mine]]
    if not set(keys) & (set(groups) - {""}):
        return None
    geometries = np.empty(len(table), dtype=object)
    problems: dict[int, Problem] = {}
    for i, key in enumerate(keys):
        if key and key in groups:
            geometries[i], problem = outline(groups[key], limits)
            if problem is not None:
                problems[i] = problem
    lost = sorted(set(groups) - set(keys))
    note = Problem(FILE_POINTS_JOINED, {
        "found": points.layer or "the second table", "other": theirs,
        "expected": ", ".join(lost[:5]) + (" ..." if len(lost) > 5 else "") if lost else "none"})
    return table.with_shapes(geometries, crs, problems, (note,))


def from_points(table: SourceTable, limits: Limits) -> SourceTable:
    """A table of points -> one row a polygon or single point; None of the points is left out."""
    by = _find(table.columns, _SHAPE + _LAND)
    if by is None or table.problems:
        return table
    groups, crs = _points_of(table, by)
    singles = [[p] for p in groups.pop("", [])]
    rows = [(key, points) for key, points in groups.items()] + [("", p) for p in singles]
    geometries = np.empty(len(rows), dtype=object)
    problems: dict[int, Problem] = {}
    for i, (_, points) in enumerate(rows):
        geometries[i], problem = outline(points, limits)
        if problem is not None:
            problems[i] = problem
    first: dict[str, int] = {}
    single = []
    for i, key in enumerate(table.cells[by]):
        text = "" if key is None else str(key).strip()
        if text:
            first.setdefault(text, i)
        else:
            single.append(i)
    at = [first[key] for key, _ in rows if key] + single
    kept = [c for c in table.columns if _key(c) not in (*_X, *_Y, *_NUMBER, *_TYPE, "pointid")]
    cells = {c: [table.cells[c][i] for i in at] for c in kept}
    cells["(points)"] = ["; ".join(f"{p.number or ''} {p.kind} {p.x} {p.y}".strip()
                                   for p in points) for _, points in rows]
    note = Problem(FILE_POINTS_JOINED, {"found": table.layer or "the table", "other": by,
                                        "expected": "none"})
    return SourceTable(table.file, "", b"", crs, (*kept, "(points)"), None, True,
                       (*table.notes, note), table.layer, cells=cells, count=len(rows),
                       geometries=geometries, geometry_problems=problems)


# --- maXML -------------------------------------------------------------------------------------

_ITEMS = ("Hazard", "HazardReduction", "Accident", "Victim", "VictimAssistance", "MREActivity",
          "QAActivity", "Location")


def _reports(file: str, content: bytes, limits: Limits
             ) -> list[tuple[ElementTree.Element, ElementTree.Element]]:
    """(field report, item) in the order of the file."""
    root = parse(file, content, "maXML", limits)
    reports = [e for e in root.iter() if tag(e) == "FieldReport"]
    if not reports and tag(root) not in ("MineActionFieldReport", "maXML"):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".xml",
                               found=f"XML with the root {tag(root)!r}",
                               expected="maXML with FieldReport elements, KML or GPX")
    out = []
    for report in reports:
        items = [e for e in report if tag(e) not in ("FieldReportInfo", "Attachment",
                                                     "DocumentHeader") and len(e)]
        out += [(report, item) for item in items] or [(report, report)]
    return out


def maxml_layers(file: str, content: bytes, limits: Limits) -> list[str]:
    """Kinds of items in the file, those of land first."""
    there = dict.fromkeys(tag(item) for _, item in _reports(file, content, limits))
    return [n for n in _ITEMS if n in there] + [n for n in there if n not in _ITEMS]


def from_maxml(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    """Items of one kind; every element is a column under its path, understood or not.

    Raises FIL-003, FIL-007, FIL-010, FIL-011, FIL-012, FIL-048.
    """
    reports = _reports(file, content, limits)
    there = dict.fromkeys(tag(item) for _, item in reports)
    names = [n for n in _ITEMS if n in there] + [n for n in there if n not in _ITEMS]
    if not names:
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file, found="no field reports")
    if layer is not None and layer not in names:
        raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                               expected=", ".join(names))
    chosen = layer or names[0]
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry | None] = []
    problems: dict[int, Problem] = {}
    systems: set[str] = set()
    for report, item in reports:
        if tag(item) != chosen:
            continue
        values = _leaves(item)
        for extra in report:
            if tag(extra) in ("FieldReportInfo", "Attachment"):
                values.update({f"{tag(extra)}/{k}": v for k, v in _leaves(extra).items()})
        points = _geo_points(item, systems)
        shape: BaseGeometry | None = None
        problem: Problem | None = None
        if any(p.relative for p in points):
            told = _as_legs(points)
            if isinstance(told, Problem):
                problem = told
            else:
                values.update(told)
        elif points:
            shape, problem = outline(points, limits)
        if problem is not None:
            problems[len(rows)] = problem
        rows.append(values)
        shapes.append(shape)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    geometries = np.empty(len(rows), dtype=object)
    for i, shape in enumerate(shapes):
        geometries[i] = shape
    notes = [Problem(FILE_SHAPE_GUESSED, {"found": chosen})]
    left = [n for n in names if n != chosen] if layer is None else []
    if left:
        notes.append(Problem(FILE_LAYERS_LEFT, {"found": ", ".join(left), "expected": chosen}))
    return SourceTable(file, "", b"", _crs_of(systems), columns, None, True, tuple(notes), chosen,
                       cells={n: [r.get(n) for r in rows] for n in columns}, count=len(rows),
                       geometries=geometries, geometry_problems=problems)


def _as_legs(points: list[_Point]) -> dict[str, Any] | Problem:
    """Points of which some are by bearing and distance, as the cells of one traverse.

    Points outside of any polygon, benchmarks and reference points lead to it; they go first.
    """
    shapes = dict.fromkeys(p.shape for p in points if p.shape)
    if len(shapes) > 1:
        return unreadable(f"{len(shapes)} polygons have points by bearing and distance; "
                          "each must be an item of its own")

    def leads(point: _Point) -> bool:
        return bool(_NOT_CORNERS.search(point.kind) or legs.leads(point.kind)
                    or (shapes and not point.shape))

    corners = [p for p in points if not leads(p)]
    if all(_order(p) == _order(p) for p in corners):
        corners.sort(key=_order)
    ordered = [*(p for p in points if leads(p)), *corners]
    names = {id(p): p.id or ("" if p.number is None else str(p.number)) or p.kind for p in ordered}
    by_word = {w.casefold(): names[id(p)] for p in reversed(ordered)
               for w in (p.kind, str(p.number or ""), p.id) if w}
    clear = bool(shapes) or any(leads(p) or p.kind for p in ordered)
    listed = []
    for k, p in enumerate(ordered):
        name = names[id(p)]
        if k == 0 and not clear and not (names[id(ordered[-1])] == name and len(ordered) > 1):
            name = f"{UNCLEAR} {name}"  # left out as a mere reference, the area would be smaller
        if p.relative:
            start = by_word.get(p.start.casefold(), p.start) if p.start else ""
            listed.append(TraversePoint(name, not leads(p), start=start, bearing=p.bearing,
                                        distance=p.distance))
        elif p.placed:
            listed.append(TraversePoint(name, not leads(p), place=f"{p.y!r} | {p.x!r}"))
        else:
            return unreadable(f"point {p.number or name} has neither coordinates nor bearing and "
                              "distance")
    out: dict[str, Any] = {legs.LEGS: written(listed)}
    for heading, said in ((legs.NORTH, {p.north for p in ordered if p.relative}),
                          ("declination", {p.declination for p in ordered if p.relative})):
        if len(said) > 1:
            return unreadable(f"its points state several {heading.strip('()')}: "
                              + ", ".join(sorted(s or "none" for s in said)))
        if one := next(iter(said), ""):
            out[heading] = one
    return out


def _leaves(item: ElementTree.Element) -> dict[str, Any]:
    """Path -> text of all elements without children; a repeated one gets its number."""
    out: dict[str, Any] = {}

    def add(path: str, value: str | None) -> None:
        name, number = path, 2
        while name in out:
            name, number = f"{path} ({number})", number + 1
        out[name] = value

    def walk(element: ElementTree.Element, path: str) -> None:
        seen: dict[str, int] = {}
        for name, value in element.attrib.items():
            if path and not name.startswith("{"):
                add(f"{path}/@{name}", value)
        for part in element:
            name = tag(part)
            seen[name] = seen.get(name, 0) + 1
            step = name if seen[name] == 1 else f"{name} ({seen[name]})"
            below = f"{path}/{step}" if path else step
            if len(part):
                walk(part, below)
            else:
                add(below, (part.text or "").strip() or None)
    walk(item, "")
    return out


def _geo_points(item: ElementTree.Element, systems: set[str]) -> list[_Point]:
    """Elements that hold a longitude and a latitude; their polygon is the element around them."""
    out: list[_Point] = []

    def walk(element: ElementTree.Element, shape: str, system: str) -> None:
        said = {_key(tag(e)): (e.text or "").strip() for e in element if len(e) == 0}
        said.update({_key(k): v for k, v in element.attrib.items()})

        def value(names: tuple[str, ...]) -> str:
            return next((said[n] for n in names if n in said), "")

        system = value(_CRS) or system
        x, y = value(_X), value(_Y)
        named = value(_SHAPE)
        is_point = _key(tag(element)) in ("point", "geopoint", "polygonpoint")
        bearing = next((n for n in _BEARING if said.get(n)), "")
        distance = value(_DISTANCE)
        if x or y or (is_point and any(n in said for n in _NUMBER)) or (bearing and distance):
            systems.add(system)
            out.append(_Point(
                value(_NUMBER) or None, value(_TYPE), _float(x or None), _float(y or None),
                named or shape, value(_ID), said.get(bearing, ""), distance, value(_START),
                value(_NORTH) or north_of(bearing.replace("bearing", "").replace("azimuth", "")),
                value(_DECLINATION)))
        seen = 0
        for part in element:
            if len(part) or part.attrib:
                if re.search("polygon|polyline|shape", tag(part), re.I) and not re.search(
                        "point", tag(part), re.I):
                    seen += 1
                    walk(part, named or f"{tag(part)} {seen}", system)
                else:
                    walk(part, named or shape, system)
    walk(item, "", "")
    return out
