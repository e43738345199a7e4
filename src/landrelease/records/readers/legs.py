"""Tables of traverses: one row a point or leg in, one row an area out.

Paper forms and IMSMA have benchmark, reference point, start point and turning points, each with its
coordinates or with bearing and distance from another point. All points of an area are written into
one cell (`traverses.written`), because only the mapping says on which datum and from which north
they are; the outline is drawn when the places are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from landrelease.errors import FILE_LEGS_JOINED, FILE_POINTS_JOINED
from landrelease.records.coordinates import north_of
from landrelease.records.readers.table import Problem, SourceTable
from landrelease.records.traverses import UNCLEAR, TraversePoint, written

LEGS, NORTH = "(legs)", "(north)"

_AREA = ("polyid polygonid polylocalid shapeid localid hazardlocalid hazardid landid imsmaid "
         "hazardreductionlocalid areaid area identifier id code polygon hazard sifra "
         "идентификатор идентифікатор шифра площадка участок код")
_BEARING = ("bearing azimuth azimut bearingdeg azimuthdeg bearingdegrees rumbo азимут azimuta "
            "magneticbearing truebearing gridbearing magneticazimuth trueazimuth gridazimuth "
            "bearingmagnetic bearingtrue bearinggrid azimuthmagnetic azimuthtrue azimuthgrid "
            "bearingm direkcioniugao дирекционныйугол")
_DISTANCE = ("distance distancem distm dist distanceinm distancemetres distancemeters "
             "distancia distanciam udaljenost udaljenostm растояние расстояние расстоянием "
             "відстань відстаньм distanca")
_TO = ("to topoint point pointname pointid pointno pointnumber turningpoint tp do dotacke точка "
       "точкадо vers a")
_FROM = "from frompoint fromid relativeto referencepoint od odtacke от точкаот від de desde"
_TYPE = "type pointtype pointtypeenum typeofpoint vrstatacke типточки"
_X = "longitude lon long x xlongitude xcoord xcoordinate lng easting east долгота довгота"
_Y = "latitude lat y ylatitude ycoord ycoordinate northing north широта ширина"
_PLACE = "coordinates coordinate mgrs utm gridreference place"
# What only leads to an area, by type or by name; and what bounds it.
_LEADS = re.compile(r"reference|benchmark|landmark|repère|reper|репер|ориентир|orijentir|"
                    r"^(rp|bm|lm|ref)\W?\d*$", re.I)
_BOUNDS = re.compile(r"start|turning|intermediate|corner|polygon|départ|početna|prelomna|"
                     r"начальная|поворотная|початкова|поворотна|^(sp|tp|ip)\W?\d*$", re.I)


def _fold(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(c for c in plain if c.isalpha())


def _find(columns: Sequence[str], words: str) -> str | None:
    known = {_fold(c): c for c in reversed(columns)}
    return next((known[w] for w in (_fold(w) for w in words.split()) if w in known), None)


def may_be_legs(columns: Sequence[str]) -> bool:
    """Whether headings are those of points of areas with bearing and distance."""
    return all(_find(columns, words) for words in (_AREA, _BEARING, _DISTANCE))


def are_legs(table: SourceTable) -> bool:
    """Whether several rows of a table are points of one area, some by bearing and distance."""
    by, bearing = (_find(table.columns, words) for words in (_AREA, _BEARING))
    if by is None or bearing is None or not may_be_legs(table.columns):
        return False
    counts: dict[str, int] = {}
    key = ""
    for name, cell in zip(table.cells[by], table.cells[bearing], strict=True):
        key = _text(name) or key
        counts[key] = counts.get(key, 0) + bool(_text(cell))
    return max(counts.values(), default=0) >= 2


def leads(kind: str) -> bool:
    """Whether points of a type only lead to an area: benchmarks, reference points, landmarks."""
    return bool(_LEADS.search(kind))


def _text(cell: Any) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def join(table: SourceTable, mine: str, points: SourceTable, theirs: str) -> SourceTable | None:
    """`table` with the points of its areas in the column `(legs)`; None where no id is in both.

    `mine`, `theirs`: the column of the identifier of the area in either.
    """
    made = from_legs(points, theirs)
    legs = {_text(k): i for i, k in enumerate(made.cells[theirs])}
    rows = [legs.get(_text(k), -1) for k in table.cells[mine]]
    if max(rows, default=-1) < 0:
        return None
    more = [c for c in made.columns if c in (LEGS, NORTH) or c not in (*table.columns, theirs)]
    cells: dict[str, Sequence[Any]] = {c: table.cells[c] for c in table.columns}
    cells |= {c: [made.cells[c][i] if i >= 0 else None for i in rows] for c in more}
    lost = sorted({*legs} - {_text(k) for k in table.cells[mine]})
    note = Problem(FILE_POINTS_JOINED, {
        "found": points.layer or "the second table", "other": theirs,
        "expected": ", ".join(lost[:5]) + (" ..." if len(lost) > 5 else "") if lost else "none"})
    return SourceTable(table.file, table.source, table.content, points.crs,
                       (*table.columns, *more), None, False, (*table.notes, note), table.layer,
                       cells=cells, count=len(table), problems=table.problems, extras=table.extras,
                       tags=table.tags)


def from_legs(table: SourceTable, by: str | None = None) -> SourceTable:
    """One row an area, its points in the column `(legs)`, in the order of the rows.

    `by`: the column of the identifier, else the first that looks like one. A cell of it that is
    empty goes on with the area above it, as in merged cells.
    """
    columns = table.columns
    at = {name: _find(columns, words) for name, words in (
        ("area", _AREA), ("bearing", _BEARING), ("distance", _DISTANCE), ("from", _FROM),
        ("type", _TYPE), ("x", _X), ("y", _Y), ("place", _PLACE))}
    at["area"] = by or at["area"]
    if at["type"] and not any(_LEADS.search(t) or _BOUNDS.search(t)
                              for t in map(_text, table.cells[at["type"]])):
        at["type"] = None  # the type of the area, such as SHA, and not of its points
    used = {h for h in at.values() if h}
    at["to"] = _find([c for c in columns if c not in used], _TO)
    nothing: list[Any] = [None] * len(table)
    got = {name: table.cells[h] if h else nothing for name, h in at.items()}
    groups: dict[str, list[int]] = {}
    key = ""
    for i, cell in enumerate(got["area"]):
        key = _text(cell) or key
        groups.setdefault(key, []).append(i)
    of_point = {h for name, h in at.items() if h and name != "area"}
    kept = [c for c in columns if c not in of_point]
    cells: dict[str, list[Any]] = {c: [] for c in kept}
    cells[LEGS] = []
    for rows in groups.values():
        for c in kept:
            cells[c].append(next((v for i in rows if _text(v := table.cells[c][i])), None))
        cells[LEGS].append(written(_points(got, rows)))
    headings = [*kept, LEGS]
    north = north_of(at["bearing"] or "")
    if north:
        headings.append(NORTH)
        cells[NORTH] = [north] * len(groups)
    problems = {k: table.problems[i] for k, rows in enumerate(groups.values())
                for i in rows if i in table.problems}
    note = Problem(FILE_LEGS_JOINED, {"found": len(table), "other": at["area"],
                                      "expected": len(groups)})
    return SourceTable(table.file, table.source, table.content, table.crs, tuple(headings), None,
                       False, (*table.notes, note), table.layer, cells=cells, count=len(groups),
                       problems=problems, tags=table.tags)


def _points(got: dict[str, Sequence[Any]], rows: Sequence[int]) -> list[TraversePoint]:
    """The points of one area. Coordinates beside a leg are those of the point it begins at."""
    out: list[TraversePoint] = []
    first = ""
    said_at_all = any(_BOUNDS.search(_text(got["type"][i])) or _BOUNDS.search(_text(got["to"][i]))
                      for i in rows)
    for number, i in enumerate(rows):
        kind, name = _text(got["type"][i]), _text(got["to"][i])
        start = _text(got["from"][i])
        place = _text(got["place"][i]) or ", ".join(
            t for n in ("y", "x") if (t := _text(got[n][i])))
        bearing, distance = _text(got["bearing"][i]), _text(got["distance"][i])
        corner = not (_LEADS.search(kind) or (not kind and _LEADS.search(name)))
        if corner and not kind and not said_at_all and number == 0 and not bearing and not start:
            # Left out as a mere reference, a start point would make the area smaller (S01).
            name = name if _returns(got, rows, name) else f"{UNCLEAR} {name}"
        if not name and kind:
            name = kind if kind.casefold() not in {p.name.casefold() for p in out} or (
                re.search("start", kind, re.I)) else f"{kind} {number + 1}"
        if place and (bearing or distance):
            if not out:
                origin = start or "benchmark"
                out.append(TraversePoint(
                    origin, bool(_BOUNDS.search(origin)), place=_plain_place(got, i)))
                first, place, start = place, "", start or origin
            elif place == first:
                place = ""
        if place:
            out.append(TraversePoint(name, corner, place=_plain_place(got, i) + (
                f" beside {bearing} / {distance}" if bearing or distance else "")))
        else:
            out.append(TraversePoint(name, corner, start=start, bearing=bearing,
                                     distance=distance))
    return out


def _returns(got: dict[str, Sequence[Any]], rows: Sequence[int], name: str) -> bool:
    """Whether the last leg ends at the first point, so that it is a corner and no reference."""
    return bool(name) and _text(got["to"][rows[-1]]).casefold() == name.casefold()


def _plain_place(got: dict[str, Sequence[Any]], i: int) -> str:
    """Coordinates in one cell: latitude before longitude, northing before easting."""
    whole = _text(got["place"][i])
    if whole:
        return whole
    y, x = _text(got["y"][i]), _text(got["x"][i])
    return f"{y} | {x}" if x and y else x or y
