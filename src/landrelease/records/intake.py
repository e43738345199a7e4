"""Rows in; revisions and quarantined rows out, with one finding for each doubtful row.

Every row that was read is accepted, merged or quarantined; none is lost (design rule 2). This
module opens no file and asks no clock: what is already known is passed in.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.checks import checker
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.progress import Progress, silent
from landrelease.core.record import KINDS, Field, Kind, Record
from landrelease.core.revision import Revision
from landrelease.errors import (
    AREA_DIFFERS,
    AREA_TOO_SMALL,
    DATUM_ASSUMED,
    DATUM_NOT_STATED,
    GEOMETRY_MISSING,
    GEOMETRY_UNREADABLE,
    GEOMETRY_WRONG_TYPE,
    HAZARD_WOULD_SHRINK,
    IDENTIFIER_LOOKS_ALIKE,
    IDENTIFIER_REPEATED,
    KIND_NOT_KNOWN,
    KNOWN_FILE_DIFFERS,
    MAPPING_NOT_READABLE,
    PARTS_LEFT_OUT,
    PLACE_COLUMNS_MISSING,
    PLACE_FAR_AWAY,
    PLACE_OUT_OF_RANGE,
    PLACE_SWAPPED,
    PLACE_ZERO,
    POLYGON_TOO_FEW_POINTS,
    POSITION_TRANSFORMED,
    PROJECTED_WITHOUT_CRS,
    READINGS_DIFFER,
    RECORD_CHANGED,
    RECORD_OF_OTHER_KIND,
    RELEASED_WOULD_GROW,
    ROW_REPEATS,
    ROWS_ALREADY_RECORDED,
    SAME_RECORD_OTHER_VALUES,
    SHAPE_REPAIRED,
    SHAPE_REPEATED,
    SHAPE_TANGLED,
    STATUS_NEEDS_DECISION,
    TOO_MANY_VERTICES,
    VALUE_CONVERTED,
    VALUE_NOT_A_NUMBER,
    VALUE_REQUIRED,
    VALUES_CONTRADICT,
    LandReleaseError,
    Message,
)
from landrelease.records import mapping as mappings
from landrelease.records import places, shapes
from landrelease.records.mapping import PLACE_COLUMNS, Mapping
from landrelease.records.readers import SourceRow, SourceTable
from landrelease.records.values import (
    Refused,
    Style,
    convert,
    is_absent,
    parse_number,
    shown,
    style_of,
)
from landrelease.units import area_words

MERGE_RULE = (
    "A row is merged into an earlier one when kind, place (the same shape, whatever its first "
    "corner and direction) and all values are the same apart from the source's own row number and "
    "the map sheet; a row that is already recorded with equal content is merged into its record. "
    "Nothing else is merged."
)
# They say where in a source a row stood, not what is on the ground.
_NOT_CONTENT = frozenset(("source_reference", "map_sheet"))
# A status that takes a hazard off the danger map (S01, S09).
_OFF_THE_MAP = frozenset(("closed", "handed_over"))

# Letters of other alphabets that look like Latin ones, lower case.
_LOOK_ALIKE = str.maketrans("авекмнорстухіјѕԁһлɡαβεικνορτυχο", "abekmhopctyxijsdhlgabeiknoptuxo")


@dataclass(frozen=True, slots=True)
class Settings:
    """What counts as doubtful. Settings with stated defaults (S13)."""

    vertices: int = 1_000_000  # of one geometry
    smallest_area_m2: float = 1.0  # a polygon below it is a point or a line
    readings_share: float = shapes.DIFFERENCE_SHARE
    readings_m2: float = shapes.DIFFERENCE_M2
    area_share: float = 0.10  # stated and measured area differ by more: a finding
    bounds_margin_deg: float = 0.5  # around the programme's bounds; about 50 km
    # A hazard may lose, or an outcome gain, this much by the rounding of coordinates.
    rounding_m2: float = 1.0


SETTINGS = Settings()
Fate = Literal["quarantined", "merged", "accepted"]


class _Rows:
    """The state of the rows of one table: arrays of N, and the findings of each row."""

    def __init__(self, table: SourceTable):
        self.file = table.file
        self.rows = table.rows
        self.findings: list[list[Finding]] = [[] for _ in table.rows]
        self.refused = np.zeros(len(table.rows), dtype=bool)
        self.whole: list[Finding] = []

    def tell(self, i: int, message: Message, *, field: str = "", fate: Fate = "accepted",
             **facts: Any) -> None:
        """Add a finding to row i. `found` also stands in the finding itself."""
        facts = {"file": self.file, "row": self.rows[i].row, "field": field, **facts}
        self.findings[i].append(Finding(
            message.code, self.file, self.rows[i].row, field, shown(facts.get("found", "")),
            message.problem.format(**facts), message.remedy.format(**facts), fate))

    def refuse(self, i: int, message: Message, **facts: Any) -> None:
        self.refused[i] = True
        self.tell(i, message, fate="quarantined", **facts)

    def tell_whole(self, message: Message, **facts: Any) -> None:
        facts = {"file": self.file, **facts}
        self.whole.append(Finding(
            message.code, self.file, 0, "", shown(facts.get("found", "")),
            message.problem.format(**facts), message.remedy.format(**facts), "accepted"))


def take_in(
    table: SourceTable,
    kind: str,
    mapping: Mapping,
    *,
    existing: MappingType[str, Record],
    taken_sources: set[str] | frozenset[str] = frozenset(),
    recorded_at: datetime,
    recorded_by: str,
    today: date,
    programme_bounds: tuple[float, float, float, float] | None = None,
    progress: Progress = silent,
    settings: Settings = SETTINGS,
    kinds: MappingType[str, Kind] = KINDS,
) -> Intake:
    """Turn the rows of a file into revisions, merged rows and quarantined rows.

    Parameters
    ----------
    existing : the current records by id, of this kind or of all kinds.
    taken_sources : SHA-256 of the files that were taken in before.
    today : no date of information may be later.
    kinds : those of the registry, with its national extension.
    programme_bounds : west, south, east, north in degrees; None uses the existing records, then
        the median place of the file itself.

    Returns
    -------
    Intake
        `read == accepted + merged + quarantined`. The id of a record is the programme's identifier
        (with the kind before it, except for hazards), else one made from its place and name, so
        that the same file gives the same ids again.

    Raises
    ------
    LandReleaseError
        FIL-013, FIL-014, FIL-018: kind, mapping or columns; GEO-002, GEO-003, GEO-004: the
        coordinate system of the file as a whole.
    """
    if kind not in kinds:
        raise LandReleaseError(KIND_NOT_KNOWN, file=table.file, expected=", ".join(kinds))
    chosen = kinds[kind]
    _check_columns(table, chosen, mapping)
    rows = _Rows(table)
    for note in table.notes:
        rows.tell_whole(note.message, **note.facts)
    for i, row in enumerate(table.rows):
        if row.problem is not None:
            rows.refuse(i, row.problem.message, **row.problem.facts)
    progress(f"{table.file}: values", 0.1)
    values, dates = _values(rows, table, chosen, mapping, today)
    _check_values(rows, chosen, values)
    progress(f"{table.file}: places", 0.3)
    as_read, ground, accuracy_m, in_degrees = _places(
        rows, table, chosen, mapping, existing, programme_bounds, settings)
    if accuracy_m > 0:
        for i, said in enumerate(values):
            if ground[i] is not None:
                known = said.get("position_accuracy_m")
                if not isinstance(known, (int, float)) or known < accuracy_m:
                    said["position_accuracy_m"] = accuracy_m
    _compare_areas(rows, chosen, values, ground, settings)
    progress(f"{table.file}: records", 0.7)
    intake = _sort_out(rows, table, chosen, mapping, values, dates, as_read, ground, in_degrees,
                       existing, taken_sources, recorded_at, recorded_by, settings)
    progress(f"{table.file}: checked", 1.0)
    return intake


# --- values ------------------------------------------------------------------------------------

def _check_columns(table: SourceTable, kind: Kind, mapping: Mapping) -> None:
    if mapping.kind != kind.name:
        raise LandReleaseError(MAPPING_NOT_READABLE, file=table.file, field="kind",
                               found=mapping.kind, expected=kind.name)
    known = {f.name for f in kind.fields}
    for name, heading in mapping.columns.items():
        if name not in known and name not in PLACE_COLUMNS:
            raise LandReleaseError(MAPPING_NOT_READABLE, file=table.file, field=f"columns: {name}",
                                   found="not a field of this kind",
                                   expected="one of " + ", ".join(sorted(known)))
        if heading not in table.columns:
            raise LandReleaseError(MAPPING_NOT_READABLE, file=table.file, field=f"columns: {name}",
                                   found=f"{heading!r}, which is no heading of the file",
                                   expected="one of " + ", ".join(table.columns))
    if kind.geometry != "none" and kind.place_needed and not table.has_geometry \
            and not _place_source(mapping):
        raise LandReleaseError(PLACE_COLUMNS_MISSING, file=table.file,
                               found=", ".join(table.columns))


def _place_source(mapping: Mapping) -> tuple[str, ...]:
    """The place columns that are used: WKT first, then degrees, then easting and northing."""
    for names in (("geometry",), ("longitude", "latitude"), ("easting", "northing"),
                  ("longitude", "northing"), ("easting", "latitude")):
        if all(name in mapping.columns for name in names):
            return names
    return ()


def _values(rows: _Rows, table: SourceTable, kind: Kind, mapping: Mapping, today: date
            ) -> tuple[list[dict[str, Any]], list[date | None]]:
    values: list[dict[str, Any]] = [{} for _ in table.rows]
    dates: list[date | None] = [None] * len(table.rows)
    constants = _constants(table, kind, mapping, today)
    for known in kind.fields:
        heading = mapping.columns.get(known.name)
        if heading is None:
            if known.name in constants:
                for said in values:
                    said[known.name] = constants[known.name]
                if known.name == "information_date":
                    dates = [date.fromisoformat(constants[known.name])] * len(table.rows)
            if known.required and known.name not in constants:
                for i in range(len(table.rows)):
                    rows.refuse(i, VALUE_REQUIRED, field=known.name)
            continue
        column = [row.values.get(heading) for row in table.rows]
        style = (Style() if known.type in ("text", "choice")
                 else style_of(column, mapping.decimal, mapping.date_order))
        meanings = mapping.values.get(known.name, {})
        unit = _heading_unit(known, heading)
        for i, cell in enumerate(column):
            found = _value(rows, i, known, cell, meanings, style, today, unit)
            if found is None:
                if known.name in constants:
                    values[i][known.name] = constants[known.name]
                elif known.required and not rows.refused[i]:
                    rows.refuse(i, VALUE_REQUIRED, field=known.name)
                continue
            if isinstance(found, date):
                if known.name == "information_date":
                    dates[i] = found
                found = found.isoformat()
            values[i][known.name] = found
    return values, dates


def _check_values(rows: _Rows, kind: Kind, values: list[dict[str, Any]]) -> None:
    """What is sound value by value may contradict itself: dates in the wrong order, parts larger
    than their whole (`core.checks`)."""
    check = checker(kind)
    personal = {f.name for f in kind.fields if f.personal}
    for i, said in enumerate(values):
        if rows.refused[i]:
            continue
        for problem in check({k: v for k, v in said.items() if k not in personal}
                             if personal else said):
            rows.refuse(i, VALUES_CONTRADICT, field=problem.field, found=shown(problem.found),
                        expected=problem.expected)


def _value(rows: _Rows, i: int, known: Field, cell: Any, meanings: MappingType[str, Any],
           style: Style, today: date, unit: str) -> Any:
    if meanings and cell is not None:
        meaning = meanings.get(str(cell), meanings.get(str(cell).strip()))
        if meaning is not None:
            cell = meaning
    if known.name == "identifier" and isinstance(cell, str):
        cell = " ".join(cell.split())
    if unit and not is_absent(cell) and not isinstance(cell, bool):
        text = str(cell).strip()
        if text and (text[-1].isdigit() or text[-1] in ".,"):
            cell = f"{text} {unit}"
    try:
        found, told = convert(known, cell, style, today)
    except Refused as refusal:
        rows.refuse(i, refusal.message, field=known.name, **refusal.facts)
        return None
    if told is not None and told is VALUE_CONVERTED:
        words = f"{found:,}" if isinstance(found, int) else (
            f"{found:,.10g}" if isinstance(found, float) else str(found))
        rows.tell(i, told, field=known.name, found=shown(cell),
                  expected=f"{words} {known.unit}".strip())
    return found


def _heading_unit(known: Field, heading: str) -> str:
    """A unit that the heading states: "Area (ha)", "area_ha", "površina [dunum]"."""
    if known.type != "number" or not known.unit:
        return ""
    words = heading.casefold().replace("(", " ").replace(")", " ").replace("[", " ").replace(
        "]", " ").replace("_", " ").split()
    for unit in ("ha", "km2", "km²", "dunum", "dunums", "dunam", "dulum", "dönüm", "cm", "km"):
        if unit in words[1:]:
            return unit
    return ""


def _constants(table: SourceTable, kind: Kind, mapping: Mapping, today: date) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in mapping.constants.items():
        try:
            known = kind.field(name)
            found, _ = convert(known, value, Style(), today)
        except (KeyError, Refused) as error:
            raise LandReleaseError(
                MAPPING_NOT_READABLE, file=table.file, field=f"constants: {name}",
                found=shown(value), expected="a field of this kind with a value that it can have"
            ) from error
        if found is not None:
            out[name] = found.isoformat() if isinstance(found, date) else found
    return out


# --- places ------------------------------------------------------------------------------------

def _places(rows: _Rows, table: SourceTable, kind: Kind, mapping: Mapping,
            existing: MappingType[str, Record],
            bounds: tuple[float, float, float, float] | None, settings: Settings
            ) -> tuple[np.ndarray, np.ndarray, float, bool]:
    """As read (2-D, the file's system); valid longitude/latitude (None where refused); accuracy of
    the transformation in m; whether `as_read` is longitude/latitude on WGS 84."""
    count = len(table.rows)
    if kind.geometry == "none" or not (table.has_geometry or _place_source(mapping)):
        nothing = np.empty(count, dtype=object)
        return nothing, nothing.copy(), 0.0, True
    as_read, stated = _as_read(rows, table, kind, mapping, settings)
    crs = mapping.crs or stated or table.crs
    ok = np.array([g is not None for g in as_read]) & ~shapely.is_empty(as_read)
    for i in np.flatnonzero(~ok).tolist() if kind.place_needed else ():
        if not rows.refused[i] or not _has_place_finding(rows.findings[i]):
            rows.refuse(i, GEOMETRY_MISSING, field="geometry",
                        found="empty" if as_read[i] is not None else "none given")
    ground = as_read.copy()
    ground[~ok] = None
    accuracy_m, in_degrees = 0.0, True
    if crs and not places.is_wgs84(crs, table.file):
        in_degrees = False
        using = places.carriage(crs, table.file, shapely.get_coordinates(ground))
        ground = places.carry_all(ground, using)
        accuracy_m = using.accuracy_m
        grid = f"; a more accurate way needs the grid {using.missing_grid}" if (
            using.missing_grid) else ""
        rows.tell_whole(POSITION_TRANSFORMED, found=using.name, accuracy=f"{accuracy_m:g}",
                        operation=using.operation, grid=grid)
    box = shapely.bounds(ground)
    with np.errstate(invalid="ignore"):
        outside = ~((box[:, 0] >= -180) & (box[:, 2] <= 180) & (box[:, 1] >= -90)
                    & (box[:, 3] <= 90)) & ok
    if not crs:
        _datum(rows, table, kind, mapping, ground, ok, outside)
    ok &= ~rows_place_refused(rows)
    _check_range(rows, ground, box, outside, ok, bounds, existing, settings)
    ok &= ~rows_place_refused(rows)
    ground[~ok] = None
    _check_types(rows, kind, ground, settings)
    if kind.geometry == "polygon":
        _check_shapes(rows, kind, ground, settings)
    elif kind.geometry == "any":
        areas = ground.copy()
        areas[~np.isin(shapely.get_type_id(ground), (3, 6))] = None
        others = np.array([a is None for a in areas])
        _check_shapes(rows, kind, areas, settings)
        ground[~others] = areas[~others]
    return as_read, ground, accuracy_m, in_degrees


def rows_place_refused(rows: _Rows) -> np.ndarray:
    """Rows whose place, not only whose values, was refused: bool (N,)."""
    return np.array([_has_place_finding(f) for f in rows.findings], dtype=bool)


def _has_place_finding(findings: list[Finding]) -> bool:
    return any(f.code.startswith("GEO-") and f.fate == "quarantined" for f in findings)


def _as_read(rows: _Rows, table: SourceTable, kind: Kind, mapping: Mapping, settings: Settings
             ) -> tuple[np.ndarray, str]:
    count = len(table.rows)
    out = np.empty(count, dtype=object)
    stated = ""
    if table.has_geometry and "geometry" not in mapping.columns:
        for i, row in enumerate(table.rows):
            out[i] = row.geometry
            if row.geometry_problem is not None:
                rows.refuse(i, row.geometry_problem.message, field="geometry",
                            **row.geometry_problem.facts)
    else:
        names = _place_source(mapping)
        headings = [mapping.columns[n] for n in names]
        if names == ("geometry",):
            stated = _from_wkt(rows, out, [r.values.get(headings[0]) for r in table.rows],
                               settings)
        else:
            _from_columns(rows, out, table, names, headings, mapping)
    with np.errstate(invalid="ignore"):
        out = shapely.force_2d(out)
    counts = shapely.get_num_coordinates(out)
    for i in np.flatnonzero(counts > settings.vertices).tolist():
        rows.refuse(i, TOO_MANY_VERTICES, field="geometry", found=f"{counts[i]:,}",
                    expected=f"{settings.vertices:,}")
        out[i] = None
    xy, index = shapely.get_coordinates(out, return_index=True)
    for i in np.unique(index[~np.isfinite(xy).all(axis=1)]).tolist():
        rows.refuse(i, GEOMETRY_UNREADABLE, field="geometry",
                    found="a coordinate is not a finite number")
        out[i] = None
    return out, stated


def _from_wkt(rows: _Rows, out: np.ndarray, cells: list[Any], settings: Settings) -> str:
    """Fill `out` from WKT or EWKT cells; the one system that all EWKT cells state, or ""."""
    texts = np.empty(len(cells), dtype=object)
    stated: set[str] = set()
    for i, cell in enumerate(cells):
        if is_absent(cell):
            continue
        text = str(cell).strip()
        if text[:5].upper() == "SRID=" and ";" in text[:20]:
            code, text = text[5:].split(";", 1)
            stated.add(f"EPSG:{code.strip()}")
        else:
            stated.add("")
        if (commas := text.count(",")) > settings.vertices:
            rows.refuse(i, TOO_MANY_VERTICES, field="geometry", found=f"{commas + 1:,}",
                        expected=f"{settings.vertices:,}")
            continue
        texts[i] = text
    out[:] = shapely.from_wkt(texts, on_invalid="fix")
    for i, text in enumerate(texts):
        if text is not None and out[i] is None:
            rows.refuse(i, GEOMETRY_UNREADABLE, field="geometry", found=shown(text))
    if len(stated) > 1:  # rows of several systems: none is the system of the file
        for i, text in enumerate(texts):
            if text is not None and out[i] is not None:
                rows.refuse(i, DATUM_NOT_STATED, field="geometry", found=shown(text)[:60])
        return ""
    return next(iter(stated), "")


def _from_columns(rows: _Rows, out: np.ndarray, table: SourceTable, names: tuple[str, ...],
                  headings: list[str], mapping: Mapping) -> None:
    xy = np.full((len(table.rows), 2), np.nan)
    for axis, (name, heading) in enumerate(zip(names, headings, strict=True)):
        column = [row.values.get(heading) for row in table.rows]
        style = style_of(column, mapping.decimal)
        if not style.decimal and any(isinstance(c, str) and "," in c for c in column):
            # 44,123: no coordinate in degrees has thousands, so the comma is the decimal mark.
            style = Style("," if name in ("longitude", "latitude") else "")
        for i, cell in enumerate(column):
            if is_absent(cell):
                continue
            try:
                xy[i, axis] = parse_number(_degrees(cell, name), "", style)[0]
            except Refused as refusal:
                rows.refuse(i, GEOMETRY_UNREADABLE if refusal.message is VALUE_NOT_A_NUMBER
                            else refusal.message, field=name, found=f"{name} {shown(cell)}")
    ok = np.isfinite(xy).all(axis=1)
    out[ok] = shapely.points(xy[ok])
    for i in np.flatnonzero(~ok).tolist():
        if not _has_place_finding(rows.findings[i]):
            missing = " and ".join(n for n, v in zip(names, xy[i], strict=True) if np.isnan(v))
            rows.refuse(i, GEOMETRY_MISSING, field=missing, found=f"{missing} not given")


def _degrees(cell: Any, name: str) -> Any:
    """Decimal degrees of "44°12'30\\"N", "N 44.2", "44.2°"; other cells as they are."""
    if not isinstance(cell, str) or name not in ("longitude", "latitude"):
        return cell
    text = cell.strip().upper().replace("′", "'").replace("’", "'").replace("″", '"').replace(
        "''", '"').replace("º", "°")
    sign = 1.0
    for letter, value in (("N", 1.0), ("E", 1.0), ("S", -1.0), ("W", -1.0)):
        if text.endswith(letter) or text.startswith(letter):
            text, sign = text.strip(letter).strip(), value
            break
    if "°" not in text:
        return cell if text == cell.strip().upper() else (text if sign > 0 else f"-{text}")
    try:
        degrees, rest = text.split("°", 1)
        minutes, _, seconds = rest.replace(",", ".").partition("'")
        total = (float(degrees.replace(",", ".")) + float(minutes.strip() or 0) / 60
                 + float(seconds.strip().rstrip('"') or 0) / 3600)
    except ValueError:
        return cell
    return sign * total


def _datum(rows: _Rows, table: SourceTable, kind: Kind, mapping: Mapping, ground: np.ndarray,
           ok: np.ndarray, outside: np.ndarray) -> None:
    """S04 where no system is stated.

    Coordinates that are no degrees: the file is refused, since no row can be placed. Degrees in
    columns named latitude and longitude (what a GPS receiver shows) of points: read as WGS 84, and
    said so. Everything else waits in quarantine until the datum is stated.
    """
    if ok.any() and outside.sum() >= 0.5 * ok.sum():
        first = int(np.flatnonzero(outside)[0])
        raise LandReleaseError(PROJECTED_WITHOUT_CRS, file=table.file,
                               found=f"{_corner(ground[first])} (row {table.rows[first].row})")
    names = _place_source(mapping)
    if kind.geometry == "point" and names == ("longitude", "latitude"):
        rows.tell_whole(DATUM_ASSUMED, found=" and ".join(mapping.columns[n] for n in names))
        return
    for i in np.flatnonzero(ok & ~outside).tolist():
        rows.refuse(i, DATUM_NOT_STATED, field="geometry", found=_corner(ground[i]))


def _corner(geometry: BaseGeometry) -> str:
    x, y = shapely.get_coordinates(geometry)[0]
    return f"{x:.10g}, {y:.10g}"


def _check_range(rows: _Rows, ground: np.ndarray, box: np.ndarray, outside: np.ndarray,
                 ok: np.ndarray, bounds: tuple[float, float, float, float] | None,
                 existing: MappingType[str, Record], settings: Settings) -> None:
    """Out of range, swapped, 0/0, far away: one finding for each place."""
    home = _home(bounds, existing, box[ok & ~outside], settings)
    with np.errstate(invalid="ignore"):
        zero = ok & (np.abs(box) < 1e-9).all(axis=1)
        swapped = box[:, [1, 0, 3, 2]]
        finite = np.isfinite(box).all(axis=1)
        far = np.zeros(len(box), dtype=bool)
        turned = np.zeros(len(box), dtype=bool)
        # Without a home, latitude beyond 90 that would be a longitude is told as swapped.
        turned |= ok & outside & finite & (np.abs(swapped[:, [1, 3]]) <= 90).all(axis=1) & (
            np.abs(swapped[:, [0, 2]]) <= 180).all(axis=1) & (home is None)
        if home is not None:
            near = _touches(box, home)
            far = ok & ~near
            turned |= far & finite & _touches(swapped, home)
    words = "" if home is None else _box_words(home)
    for i in np.flatnonzero(zero | far | (ok & outside)).tolist():
        place = _corner(ground[i])
        if zero[i]:
            rows.refuse(i, PLACE_ZERO, field="geometry", found="0, 0")
        elif turned[i]:
            rows.refuse(i, PLACE_SWAPPED, field="geometry", found=place,
                        expected=words or "a place on Earth")
        elif outside[i]:
            rows.refuse(i, PLACE_OUT_OF_RANGE, field="geometry", found=place)
        else:
            rows.refuse(i, PLACE_FAR_AWAY, field="geometry", found=place, expected=words)


def _touches(box: np.ndarray, home: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = home
    return ((box[:, 2] >= west) & (box[:, 0] <= east)
            & (box[:, 3] >= south) & (box[:, 1] <= north))


def _box_words(box: tuple[float, float, float, float]) -> str:
    return "{:.2f} {:.2f} to {:.2f} {:.2f}".format(*box)


def _home(bounds: tuple[float, float, float, float] | None, existing: MappingType[str, Record],
          boxes: np.ndarray, settings: Settings) -> tuple[float, float, float, float] | None:
    """Where the rows may lie, in degrees; None where nothing says so.

    The programme's bounds with a margin; else the bounds of at least 20 existing records; else,
    for 5 rows or more, the median place of the file and 10 times the median distance from it, at
    least 3 degrees: wide enough for any programme's own land, narrow enough for a swap.
    """
    margin = settings.bounds_margin_deg
    if bounds is None and len(existing) >= 20:
        shapes_ = [r.geometry for r in existing.values() if r.geometry is not None]
        if len(shapes_) >= 20:
            total = shapely.total_bounds(np.array(shapes_, dtype=object))
            bounds = (float(total[0]), float(total[1]), float(total[2]), float(total[3]))
            margin = max(margin, bounds[2] - bounds[0], bounds[3] - bounds[1])
    if bounds is not None:
        west, south, east, north = bounds
        return west - margin, south - margin, east + margin, north + margin
    if len(boxes) < 5:
        return None
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    mx, my = float(np.median(x)), float(np.median(y))
    rx = max(3.0, 10 * float(np.median(np.abs(x - mx))))
    ry = max(3.0, 10 * float(np.median(np.abs(y - my))))
    return mx - rx, my - ry, mx + rx, my + ry


_WORDS = {"LinearRing": "line", "LineString": "line", "MultiLineString": "line", "Point": "point",
          "MultiPoint": "set of points", "Polygon": "polygon", "MultiPolygon": "polygon",
          "GeometryCollection": "collection"}


_TYPES = {"polygon": (3, 6), "point": (0,), "line": (1, 5), "any": (0, 1, 3, 4, 5, 6)}


def _check_types(rows: _Rows, kind: Kind, ground: np.ndarray, settings: Settings) -> None:
    """Leave only shapes of the kind in `ground`; a one-point MultiPoint is a point."""
    types = shapely.get_type_id(ground)
    right = _TYPES[kind.geometry]
    for i in np.flatnonzero((types >= 0) & ~np.isin(types, right)).tolist():
        shape = ground[i]
        if kind.geometry == "point" and shapely.get_num_geometries(shape) == 1 and types[i] == 4:
            ground[i] = shapely.get_geometry(shape, 0)
            continue
        polygons = shapes.polygons_of(shape) if types[i] == 7 else None
        if kind.geometry == "polygon" and polygons is not None and not polygons.is_empty:
            others = sorted({_WORDS[p.geom_type] for p in shapely.get_parts(shape)
                             if p.geom_type not in ("Polygon", "MultiPolygon")})
            if others:
                rows.tell(i, PARTS_LEFT_OUT, field="geometry", found=" and ".join(others))
            ground[i] = polygons
            continue
        rows.refuse(i, GEOMETRY_WRONG_TYPE, field="geometry", found=_WORDS[shape.geom_type],
                    expected=kind.geometry)
        ground[i] = None


def _check_shapes(rows: _Rows, kind: Kind, ground: np.ndarray, settings: Settings) -> None:
    """Repair by S01; refuse what is no area, a scribble, or readable in too many ways."""
    here = np.array([g is not None for g in ground])
    counts = shapely.get_num_coordinates(ground)
    for i in np.flatnonzero(here & (counts <= 6)).tolist():  # a ring of 3 corners has 4 coordinates
        if (distinct := shapes.distinct_points(ground[i])) < 3:
            rows.refuse(i, POLYGON_TOO_FEW_POINTS, field="geometry", found=distinct)
            ground[i], here[i] = None, False
    invalid = here & ~shapely.is_valid(ground)
    for i in np.flatnonzero(invalid).tolist():
        ground[i] = _repaired(rows, i, kind, ground[i], settings)
        here[i] = ground[i] is not None
    # 111,320 m a degree: an area below 4 m² on the sphere is measured on the ellipsoid.
    box = shapely.bounds(ground)
    with np.errstate(invalid="ignore"):
        rough = shapely.area(ground) * 111_320**2 * np.cos(np.radians((box[:, 1] + box[:, 3]) / 2))
        small = here & ~(rough > 4 * settings.smallest_area_m2)
    for i in np.flatnonzero(small).tolist():
        area = geodesic_area_m2(ground[i])
        if area < settings.smallest_area_m2:
            rows.refuse(i, AREA_TOO_SMALL, field="geometry", found=f"{area:.3g} m²",
                        expected=f"{settings.smallest_area_m2:g} m²")
            ground[i] = None


def _repaired(rows: _Rows, i: int, kind: Kind, shape: BaseGeometry, settings: Settings
              ) -> BaseGeometry | None:
    why = shapely.is_valid_reason(shape).split("[")[0].strip().lower()
    vertices = int(shapely.get_num_coordinates(shape))
    if vertices > shapes.TANGLE_VERTICES:
        crossings = shapes.crossings_estimate(shape)
        if crossings > shapes.TANGLE_CROSSINGS:
            rows.refuse(i, SHAPE_TANGLED, field="geometry", found=f"{vertices:,}",
                        crossings=f"{crossings:,}")
            return None
    try:
        fixed = shapes.repair(shape, "intersection" if kind.repair == "intersection" else "union")
    except shapely.errors.GEOSException as error:
        rows.refuse(i, GEOMETRY_UNREADABLE, field="geometry", found=shown(error))
        return None
    difference = f"{area_words(fixed.difference_m2)} ({fixed.share:.1%})"
    if fixed.much(settings.readings_share, settings.readings_m2):
        rows.refuse(i, READINGS_DIFFER, field="geometry", found=why, difference=difference,
                    area=area_words(fixed.widest_m2),
                    bounds="{:.5f} {:.5f} to {:.5f} {:.5f}".format(*fixed.widest.bounds))
        return None
    if fixed.shape.is_empty:
        rows.refuse(i, AREA_TOO_SMALL, field="geometry", found="0 m²",
                    expected=f"{settings.smallest_area_m2:g} m²")
        return None
    rule = ("only ground on which all readings agree was taken" if kind.repair == "intersection"
            else "all ground of every reading was taken")
    rows.tell(i, SHAPE_REPAIRED, field="geometry", found=why, rule=rule,
              area=area_words(fixed.area_m2), difference=difference)
    return fixed.shape


def _compare_areas(rows: _Rows, kind: Kind, values: list[dict[str, Any]], ground: np.ndarray,
                   settings: Settings) -> None:
    if not any(f.name == "reported_area_m2" for f in kind.fields):
        return
    for i, said in enumerate(values):
        stated = said.get("reported_area_m2")
        if ground[i] is None or not isinstance(stated, (int, float)):
            continue
        measured = geodesic_area_m2(ground[i])
        if abs(stated - measured) > settings.area_share * measured:
            rows.tell(i, AREA_DIFFERS, field="reported_area_m2", found=f"{stated:,.0f} m²",
                      expected=f"{measured:,.0f} m²")


# --- records -----------------------------------------------------------------------------------

def _sort_out(rows: _Rows, table: SourceTable, kind: Kind, mapping: Mapping,
              values: list[dict[str, Any]], dates: list[date | None], as_read: np.ndarray,
              ground: np.ndarray, in_degrees: bool, existing: MappingType[str, Record],
              taken_sources: set[str] | frozenset[str], recorded_at: datetime, recorded_by: str,
              settings: Settings) -> Intake:
    """Decide each row's fate in the order of the file."""
    keys = _shape_keys(ground)
    place_ids = _shape_keys(as_read if in_degrees else ground)
    known_shapes: dict[bytes, str] = {}
    if kind.name in ("hazard", "outcome"):
        old = [r for r in existing.values() if r.kind == kind.name and r.geometry is not None]
        geometries = np.empty(len(old), dtype=object)
        geometries[:] = [r.geometry for r in old]
        for record, key in zip(old, _shape_keys(geometries), strict=True):
            known_shapes.setdefault(key, record.id)
    looks = {_look(str(r.values.get("identifier", ""))): str(r.values["identifier"])
             for r in existing.values() if r.kind == kind.name and r.values.get("identifier")}
    first: dict[str, tuple[int, str]] = {}  # record id -> (row index, content)
    revisions: list[Revision] = []
    private = {f.name for f in kind.fields if f.personal}
    personal: dict[str, dict[str, Any]] = {}
    merged = known = 0
    fates: list[Fate] = []
    for i, row in enumerate(table.rows):
        if rows.refused[i]:
            fates.append("quarantined")
            continue
        said = values[i]
        # What is personal never enters the chain: the registry keeps it beside (S17).
        own = {name: said.pop(name) for name in private & said.keys()}
        identifier = str(said["identifier"]) if "identifier" in said else ""
        record_id = _record_id(kind, identifier, said, place_ids[i],
                               f"{table.source} {row.row}")
        content = _content(said, keys[i])
        fate, reason = _judge(rows, i, kind, identifier, record_id, content, said, ground[i],
                              keys[i], first, looks, known_shapes, existing, table.source,
                              table.source in taken_sources, settings)
        fates.append(fate)
        if fate == "quarantined":
            continue
        first.setdefault(record_id, (i, content))
        if fate == "merged":
            merged += 1
            known += reason == "known"
            continue
        if own:
            personal[record_id] = own
        if identifier:
            looks.setdefault(_look(identifier), identifier)
        if kind.name in ("hazard", "outcome"):
            known_shapes.setdefault(keys[i], record_id)
        revisions.append(Revision(
            kind=kind.name, record_id=record_id, values=said, geometry=ground[i],
            recorded_at=recorded_at, recorded_by=recorded_by, source=table.source,
            reason=reason or f"import of {table.file}, row {row.row}", valid_from=dates[i]))
    if known:
        rows.tell_whole(ROWS_ALREADY_RECORDED, found=known)
    quarantined, findings = [], list(rows.whole)
    for i, (row, fate) in enumerate(zip(table.rows, fates, strict=True)):
        # What decided the fate stands first.
        told = tuple(replace(f, fate=fate) for f in sorted(
            rows.findings[i], key=lambda f: f.fate == "accepted"))
        findings.extend(told)
        if fate == "quarantined":
            quarantined.append(QuarantinedRow(
                table.file, table.source, row.row, kind.name, dict(row.values),
                _kept_wkt(table, mapping, as_read[i], ground[i], in_degrees), told))
    used = set(mapping.columns.values())
    report = ImportReport(
        file=table.file, source=table.source, kind=kind.name, read=len(table.rows),
        accepted=len(revisions), merged=merged, quarantined=len(quarantined),
        findings=tuple(findings),
        unmapped=tuple(c for c in table.columns if c not in used))
    return Intake(report, tuple(revisions), tuple(quarantined), table.content, personal)


def _kept_wkt(table: SourceTable, mapping: Mapping, as_read: BaseGeometry | None,
              ground: BaseGeometry | None, in_degrees: bool) -> str:
    """Longitude/latitude as read where the file has them; places in columns stay in the values."""
    if not table.has_geometry or as_read is None:
        return ""
    if in_degrees:
        return shapely.to_wkt(as_read, rounding_precision=-1)
    return "" if ground is None else shapely.to_wkt(ground, rounding_precision=-1)


def _judge(rows: _Rows, i: int, kind: Kind, identifier: str, record_id: str, content: str,
           said: dict[str, Any], shape: BaseGeometry | None, key: bytes,
           first: dict[str, tuple[int, str]], looks: dict[str, str],
           known_shapes: dict[bytes, str], existing: MappingType[str, Record], source: str,
           taken: bool, settings: Settings) -> tuple[Fate, str]:
    """The fate of a row that is sound in itself, and the reason of its revision."""
    earlier = first.get(record_id)
    if earlier is not None:
        other = rows.rows[earlier[0]].row
        if earlier[1] == content:
            rows.tell(i, ROW_REPEATS, other=other, fate="merged")
            return "merged", "repeat"
        if identifier:
            rows.refuse(i, IDENTIFIER_REPEATED, field="identifier", found=identifier, other=other)
        else:
            rows.refuse(i, SAME_RECORD_OTHER_VALUES, other=other, found=_differences(
                json.loads(earlier[1]), json.loads(content)))
        return "quarantined", ""
    if identifier and looks.get(_look(identifier), identifier) != identifier:
        rows.refuse(i, IDENTIFIER_LOOKS_ALIKE, field="identifier", found=identifier,
                    other=looks[_look(identifier)])
        return "quarantined", ""
    record = existing.get(record_id)
    if record is None:
        twin = known_shapes.get(key)
        if twin is not None and kind.name in ("hazard", "outcome"):
            rows.refuse(i, SHAPE_REPEATED, field="geometry", other=twin,
                        found=identifier or record_id)
            return "quarantined", ""
        return "accepted", ""
    if record.kind != kind.name:
        rows.refuse(i, RECORD_OF_OTHER_KIND, field="identifier", found=record_id,
                    other=record.kind)
        return "quarantined", ""
    old = _content(record.values, _shape_key(record.geometry))
    if old == content or (_same_shape(record.geometry, shape) and _content(
            record.values, key) == content):
        return "merged", "known"
    if taken and tuple(record.sources) != (source,):
        rows.tell(i, KNOWN_FILE_DIFFERS, other=record_id, fate="merged")
        return "merged", "known file"
    changed = _differences(json.loads(old), json.loads(content))
    if _breaks_s01(rows, i, kind, record, said, shape, settings):
        return "quarantined", ""
    rows.tell(i, RECORD_CHANGED, other=record_id, found=changed)
    return "accepted", f"import of {rows.file}, row {rows.rows[i].row}: changed {changed}"


def _breaks_s01(rows: _Rows, i: int, kind: Kind, record: Record, said: dict[str, Any],
                shape: BaseGeometry | None, settings: Settings) -> bool:
    """Refuse a change that takes ground out of a hazard, or adds ground to released land (S01)."""
    if kind.name == "hazard" and said.get("status") in _OFF_THE_MAP and (
            record.values.get("status") not in _OFF_THE_MAP):
        rows.refuse(i, STATUS_NEEDS_DECISION, field="status", other=record.id,
                    found=said["status"], expected=record.value("status"))
        return True
    if shape is None or record.geometry is None or kind.name not in ("hazard", "outcome"):
        return False
    old, new = ((record.geometry, shape) if kind.name == "hazard" else (shape, record.geometry))
    try:
        lost = geodesic_area_m2(shapes.polygons_of(old.difference(new)))
    except shapely.errors.GEOSException:
        lost = geodesic_area_m2(old)
    if lost <= settings.rounding_m2:
        return False
    rows.refuse(i, HAZARD_WOULD_SHRINK if kind.name == "hazard" else RELEASED_WOULD_GROW,
                field="geometry", found=area_words(lost), other=record.id)
    return True


# Kinds of which two records at one place are one record.
_BY_PLACE = frozenset(("hazard", "outcome", "settlement", "administrative_area"))


def _record_id(kind: Kind, identifier: str, said: dict[str, Any], place: bytes, row: str) -> str:
    """The programme's identifier, else an id made from place, name, level and (points) date.

    Ids of other kinds than hazards carry the kind, because files of several kinds often use the
    same numbers, and an outcome often carries the number of its hazard.
    """
    if identifier:
        return identifier if kind.name == "hazard" else f"{kind.name}-{identifier}"
    digest = hashlib.sha256(place)
    names = ["level", "name"] if kind.name in ("settlement", "administrative_area") else []
    if kind.name in ("accident", "activity"):
        names = ["information_date"]  # two accidents at one place are two accidents
    elif kind.name not in _BY_PLACE:
        # Nothing but what the row says tells two teams, two expenses or two visits apart.
        names = sorted(said.keys() - _NOT_CONTENT)
        if kind.name == "person":
            digest.update(row.encode())  # never made from what is personal
    for name in names:
        digest.update(f"\x00{name}={said.get(name, '')}".encode())
    return f"{kind.name}-{digest.hexdigest()[:12]}"


def _look(identifier: str) -> str:
    """An identifier without case, spaces and the difference between letters that look alike."""
    folded = unicodedata.normalize("NFKC", identifier).casefold().translate(_LOOK_ALIKE)
    return "".join(folded.split())


def _content(said: MappingType[str, Any], key: bytes) -> str:
    """What is compared: all values but the source's own row number and sheet, and the shape."""
    plain = {name: _plain(value) for name, value in said.items()
             if name not in _NOT_CONTENT and value is not None}
    return json.dumps({**plain, "geometry": key.hex()}, sort_keys=True, ensure_ascii=False,
                      default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 5.0 of a store and 5 of a file are one number
    return value


def _differences(old: dict[str, Any], new: dict[str, Any]) -> str:
    names = [n for n in sorted(old.keys() | new.keys()) if old.get(n) != new.get(n)]
    words = [n if n == "geometry" else f"{n} {old.get(n, 'not reported')} -> "
             f"{new.get(n, 'not reported')}" for n in names]
    return shown("; ".join(words))


def _shape_keys(geometries: np.ndarray) -> list[bytes]:
    """SHA-256 of each geometry whatever its first corner, direction and order of parts."""
    plain = np.empty(len(geometries), dtype=object)
    plain[:] = geometries
    single = (shapely.get_type_id(plain) > 3) & (shapely.get_num_geometries(plain) == 1)
    plain[single] = shapely.get_geometry(plain[single], 0)
    wkb = shapely.to_wkb(shapely.normalize(plain), byte_order=1, output_dimension=2)
    return [b"" if w is None else hashlib.sha256(w).digest() for w in wkb]


def _shape_key(geometry: BaseGeometry | None) -> bytes:
    one = np.empty(1, dtype=object)
    one[0] = geometry
    return _shape_keys(one)[0]


def _same_shape(a: BaseGeometry | None, b: BaseGeometry | None) -> bool:
    """Equal to a tenth of a millimetre, so that another version of GEOS changes nothing."""
    if a is None or b is None:
        return a is b
    return bool(shapely.equals_exact(shapely.normalize(a), shapely.normalize(b), 1e-9))


# --- mending -----------------------------------------------------------------------------------

def retry(
    row: QuarantinedRow,
    changes: MappingType[str, Any],
    *,
    existing: MappingType[str, Record],
    recorded_at: datetime,
    recorded_by: str,
    today: date,
    mapping: Mapping | None = None,
    programme_bounds: tuple[float, float, float, float] | None = None,
    settings: Settings = SETTINGS,
    kinds: MappingType[str, Kind] = KINDS,
) -> Intake:
    """Check one quarantined row again, with changed values.

    `changes` maps a heading of the file or the name of a field to a new value, and "geometry" to
    WKT in longitude/latitude on WGS 84 (or EWKT with its own SRID); None takes a value away. The
    mapping is proposed from the headings where none is given. Returns an `Intake` of one row whose
    `content` is empty, because the file is kept already.
    """
    proposal = mapping or _proposal(row, kinds)
    values = dict(row.values)
    columns = dict(proposal.columns)
    fields = {f.name for f in kinds[row.kind].fields} | set(PLACE_COLUMNS)
    wkt, crs = row.geometry_wkt, "EPSG:4326"
    for name, value in changes.items():
        if name == "geometry" or columns.get("geometry") == name:
            wkt = "" if value is None else str(value)
            for place in PLACE_COLUMNS:
                columns.pop(place, None)
        elif name in values or name not in fields:
            if name not in values and name != "crs":
                known = ", ".join([*row.values, "geometry", "crs"])
                raise LandReleaseError(MAPPING_NOT_READABLE, file=row.file, field=name,
                                       found="not a heading of the row", expected=known)
            if name in values:
                values[name] = value
        else:
            heading = columns.setdefault(name, name)
            values[heading] = value
    in_columns = "geometry" not in changes and bool(
        _place_source(replace(proposal, columns=columns)))
    stated = str(changes.get("crs") or proposal.crs or "")
    shape: BaseGeometry | None = None
    problem: tuple[Message, dict[str, Any]] | None = None
    if not in_columns and wkt.strip():
        if wkt[:5].upper() == "SRID=" and ";" in wkt[:20]:
            code, wkt = wkt[5:].split(";", 1)
            crs = f"EPSG:{code.strip()}"
        try:
            shape = shapely.from_wkt(wkt.strip(), on_invalid="fix")
        except (shapely.errors.GEOSException, TypeError):
            shape = None
        if shape is None:
            problem = (GEOMETRY_UNREADABLE, {"found": shown(wkt)})
    from landrelease.records.readers import Problem

    used = replace(proposal, columns={n: h for n, h in columns.items() if h in values},
                   crs=stated if in_columns else "")
    table = SourceTable(
        row.file, row.source, b"", "" if in_columns else crs, tuple(values),
        (SourceRow(row.row, values, shape, Problem(*problem) if problem else None),),
        has_geometry=not in_columns)
    return take_in(table, row.kind, used, existing=existing, recorded_at=recorded_at,
                   recorded_by=recorded_by, today=today, programme_bounds=programme_bounds,
                   settings=settings, kinds=kinds)


def _proposal(row: QuarantinedRow, kinds: MappingType[str, Kind]) -> Mapping:
    """The mapping that the headings of a row give, with what its file's name says."""
    table = SourceTable(row.file, row.source, b"", "", tuple(row.values),
                        (SourceRow(row.row, row.values),), has_geometry=bool(row.geometry_wkt))
    return mappings.propose(table, row.kind, kinds)
