"""The places of rows: as a file says them in, valid shapes on WGS 84 with their accuracy out.

A place without a datum is no place (S04); a shape that can be read in several ways takes the
reading that leaves nobody in danger (S01).
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.lineage import FARTHEST_OFF_M
from landrelease.core.record import Kind, Record
from landrelease.core.track import CIRCLE, CIRCLE_90
from landrelease.errors import (
    AREA_DIFFERS,
    AREA_TOO_SMALL,
    CENTRE_OF_SQUARE,
    DATUM_NOT_STATED,
    GEOMETRY_MISSING,
    GEOMETRY_UNREADABLE,
    GEOMETRY_WRONG_TYPE,
    PARTS_LEFT_OUT,
    PLACE_FAR_AWAY,
    PLACE_OUT_OF_RANGE,
    PLACE_SWAPPED,
    PLACE_ZERO,
    POLYGON_TOO_FEW_POINTS,
    POSITION_TRANSFORMED,
    POSITION_UNREADABLE,
    PROJECTED_WITHOUT_CRS,
    READINGS_DIFFER,
    SHAPE_REPAIRED,
    SHAPE_TANGLED,
    TOO_MANY_VERTICES,
    TRAVERSE_INCOMPLETE,
    VALUE_NOT_A_NUMBER,
    LandReleaseError,
)
from landrelease.records import coordinates, places, shapes, traverses
from landrelease.records.coordinates import Notation
from landrelease.records.mapping import MEASURED, Mapping
from landrelease.records.readers import SourceTable
from landrelease.records.readers.openrosa import INSTANCE
from landrelease.records.told import Told
from landrelease.records.traverses import TraversePoint
from landrelease.records.values import is_absent, shown
from landrelease.units import area_words

Bounds = tuple[float, float, float, float]
# Below it what was rounded away from a coordinate says nothing about how it was measured.
_ROUNDING_WORTH_TELLING_M = 1.0
# What may be dangerous: how far off it may be has to be known (S04).
SAYS_DANGER = frozenset(("hazard", "item", "accident", "complaint"))
_AXES = (("place",), ("longitude", "latitude"), ("easting", "northing"),
         ("longitude", "northing"), ("easting", "latitude"))


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
    rounding_m: float = 1.0  # by which the accuracy of a hazard may improve
    farthest_off_m: float = FARTHEST_OFF_M  # of a place; one that may be farther off waits
    worst_accuracy_m: float = places.WORST_ACCURACY_M  # of a transformation (S04)


@dataclass(frozen=True, slots=True)
class Ground:
    """The places of N rows.

    `as_read`: 2-D, in the file's system. `shapes`: longitude and latitude on WGS 84, valid; None
    where there is none or it was refused. `accuracy_m`: (N,) of rounding, transformation and what
    the receiver of a phone stated, radius that holds 90 %; 0 where nothing is known of it.
    `in_degrees`: whether `as_read` is on WGS 84 too.
    """

    as_read: np.ndarray
    shapes: np.ndarray
    accuracy_m: np.ndarray
    in_degrees: bool


def place_columns(mapping: Mapping) -> tuple[str, ...]:
    """The columns of a mapping that say the place; () where none does. WKT goes first."""
    for names in (("legs",), ("geometry",), *_AXES):
        if all(name in mapping.columns for name in names):
            return names
    return ()


def place_rows(told: Told, table: SourceTable, kind: Kind, mapping: Mapping,
               existing: MappingType[str, Record], bounds: Bounds | None,
               stated_accuracy: Sequence[Any] | None, settings: Settings) -> Ground:
    """The places of all rows of a table; what is doubtful is told, what is no place is refused.

    Raises GEO-002, GEO-003, GEO-004, GEO-208 to GEO-210: the system of the file as a whole.
    """
    if kind.geometry == "none" or not (table.has_geometry or place_columns(mapping)):
        nothing = np.empty(len(table), dtype=object)
        return Ground(nothing, nothing.copy(), np.zeros(len(table)), True)
    read, crs = _placed(told, table, mapping, existing, bounds, stated_accuracy, settings)
    as_read, ground = read.as_read, read.shapes
    ok = ~shapely.is_missing(ground)
    if kind.place_needed:
        for i in np.flatnonzero(~ok & ~told.misplaced).tolist():
            told.refuse(i, GEOMETRY_MISSING, field="geometry",
                        found="empty" if as_read[i] is not None else "none given")
    box = shapely.bounds(ground)
    with np.errstate(invalid="ignore"):
        outside = ~((box[:, 0] >= -180) & (box[:, 2] <= 180) & (box[:, 1] >= -90)
                    & (box[:, 3] <= 90)) & ok
    if not crs:
        _without_datum(told, table, ground, ok, outside)
    ok &= ~told.misplaced
    _check_range(told, ground, box, outside, ok, bounds, existing, settings)
    ok &= ~told.misplaced
    ground[~ok] = None
    _check_types(told, kind, ground, settings)
    drawn = INSTANCE in table.columns  # on a phone, by a person
    if kind.geometry == "polygon":
        _check_shapes(told, kind, ground, settings, drawn)
    elif kind.geometry == "any":
        areas = ground.copy()
        areas[~np.isin(shapely.get_type_id(ground), (3, 6))] = None
        others = shapely.is_missing(areas)
        _check_shapes(told, kind, areas, settings, drawn)
        ground[~others] = areas[~others]
    accuracy = read.accuracy_m
    if (heading := mapping.columns.get(MEASURED)) is not None:
        cells = table.cells[heading]
        accuracy = np.asarray(places.combined_accuracy(accuracy, measured_m(cells)))
        if kind.name in SAYS_DANGER:
            for i in np.flatnonzero(not_measured(cells)).tolist():
                told.refuse(i, VALUE_NOT_A_NUMBER, field=heading, found=shown(cells[i]),
                            expected="a number in m")
    return Ground(as_read, ground, accuracy, read.in_degrees)


def _placed(told: Told, table: SourceTable, mapping: Mapping,
            existing: MappingType[str, Record], bounds: Bounds | None,
            stated_accuracy: Sequence[Any] | None, settings: Settings) -> tuple[Ground, str]:
    """The places of all rows as they are read, carried to WGS 84 and not checked yet; and their
    system, "" where nothing states it."""
    accuracy, names, in_degrees = np.zeros(len(table)), place_columns(mapping), True
    if names == ("legs",):
        as_read = np.empty(len(table), dtype=object)
        accuracy = _from_legs(told, as_read, table, mapping, existing, bounds, settings)
        crs = "EPSG:4326"
        if table.has_geometry:
            _beside_legs(told, as_read, accuracy, table, mapping, settings)
    elif names and names != ("geometry",):
        as_read = np.empty(len(table), dtype=object)
        accuracy = _from_columns(told, as_read, table, names, mapping, existing, bounds,
                                 stated_accuracy, settings)
        crs = "EPSG:4326"
    else:
        as_read, stated = _as_read(told, table, mapping, settings)
        crs = mapping.crs or stated or table.crs
    ground = as_read.copy()
    ground[shapely.is_missing(as_read) | shapely.is_empty(as_read)] = None
    if crs and not places.is_wgs84(crs, table.file):
        in_degrees = False
        using = places.carriage(crs, table.file, shapely.get_coordinates(ground),
                                worst_accuracy_m=settings.worst_accuracy_m)
        ground = places.carry_all(ground, using)
        accuracy = np.asarray(places.combined_accuracy(accuracy, using.accuracy_m))
        _tell_carriage(told, using)
    return Ground(as_read, ground, accuracy, in_degrees), crs


def rough_places(rows: Sequence[MappingType[str, Any]], mapping: Mapping
                 ) -> tuple[np.ndarray, np.ndarray]:
    """Where rows lie as far as their cells can be read at all: (N,) shapes on WGS 84 that nothing
    has checked, None where there is none; and how far off their rounding and transformation leave
    them, (N,) m. For rows that wait: where they may lie, not where they do. Degrees of which no
    datum is stated are taken as they stand.

    rows : heading -> cell, all rows with the same headings.
    """
    from landrelease.records.readers import SourceRow

    found, off = np.empty(len(rows), dtype=object), np.zeros(len(rows))
    names = place_columns(mapping)
    if not names or not len(rows):
        return found, off
    stated = "" if mapping.crs.startswith("(") else mapping.crs
    used = replace(mapping, crs=stated or ("" if names == ("geometry",) else "EPSG:4326"),
                   columns={n: h for n, h in mapping.columns.items() if h in rows[0]})
    table = SourceTable("", "", b"", "", tuple(rows[0]),
                        tuple(SourceRow(n, row) for n, row in enumerate(rows, 1)),
                        has_geometry=False)
    try:
        read = _placed(Told("", table.row_numbers), table, used, {}, None, None, Settings())[0]
        return read.shapes, np.where(np.isfinite(read.accuracy_m), read.accuracy_m, 0.0)
    except (LandReleaseError, KeyError):  # of all rows together: perhaps some can be read alone
        if len(rows) > 1:
            for i, row in enumerate(rows):
                (found[i],), (off[i],) = rough_places([row], mapping)
        return found, off


def measured_m(cells: Sequence[Any]) -> np.ndarray:
    """What receivers state of a place (S04), made the radius that holds 90 %; 0 where nothing."""
    said = np.array([_number(c) or 0.0 for c in cells])
    return np.where(np.isfinite(said) & (said > 0), said, 0.0) * (CIRCLE_90 / CIRCLE)


def not_measured(cells: Sequence[Any]) -> np.ndarray:
    """Where what stands for the accuracy of a receiver is none: a word, a negative or an infinite
    number. (N,) bool; words for what is not known ("NaN", "-") state none and are not among them.
    """
    said = [_number(c) for c in cells]
    return np.array([not is_absent(c) and not (n is not None and 0 <= n < np.inf)
                     for c, n in zip(cells, said, strict=True)], dtype=bool)


def _tell_carriage(told: Told, using: places.Carriage) -> None:
    grid = f"; a more accurate way needs the grid {using.missing_grid}" if (
        using.missing_grid) else ""
    told.tell_whole(POSITION_TRANSFORMED, found=using.name, accuracy=f"{using.accuracy_m:g}",
                    operation=using.operation, grid=grid)


def _as_read(told: Told, table: SourceTable, mapping: Mapping, settings: Settings
             ) -> tuple[np.ndarray, str]:
    """Geometries of the file or of WKT cells, and the system that EWKT states."""
    stated = ""
    if table.geometries is not None and "geometry" not in mapping.columns:
        out = table.geometries.copy()
        for i, problem in table.geometry_problems.items():
            told.refuse(i, problem.message, field="geometry", **problem.facts)
    else:
        out = np.empty(len(table), dtype=object)
        stated = _from_wkt(told, out, table.cells[mapping.columns["geometry"]], settings)
    with np.errstate(invalid="ignore"):
        out = shapely.force_2d(out)
    counts = shapely.get_num_coordinates(out)
    for i in np.flatnonzero(counts > settings.vertices).tolist():
        told.refuse(i, TOO_MANY_VERTICES, field="geometry", found=f"{counts[i]:,}",
                    expected=f"{settings.vertices:,}")
        out[i] = None
    xy, index = shapely.get_coordinates(out, return_index=True)
    for i in np.unique(index[~np.isfinite(xy).all(axis=1)]).tolist():
        told.refuse(i, GEOMETRY_UNREADABLE, field="geometry",
                    found="a coordinate is not a finite number")
        out[i] = None
    return out, stated


def _from_wkt(told: Told, out: np.ndarray, cells: Sequence[Any], settings: Settings) -> str:
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
            told.refuse(i, TOO_MANY_VERTICES, field="geometry", found=f"{commas + 1:,}",
                        expected=f"{settings.vertices:,}")
            continue
        texts[i] = text
    out[:] = shapely.from_wkt(texts, on_invalid="fix")
    for i, text in enumerate(texts):
        if text is not None and out[i] is None:
            told.refuse(i, GEOMETRY_UNREADABLE, field="geometry", found=shown(text))
    if len(stated) > 1:  # rows of several systems: none is the system of the file
        for i, text in enumerate(texts):
            if text is not None and out[i] is not None:
                told.refuse(i, DATUM_NOT_STATED, field="geometry", found=shown(text)[:60])
        return ""
    return next(iter(stated), "")


def notation_of(columns: MappingType[str, Sequence[Any]], mapping: Mapping) -> Notation:
    """How the cells say a place: as the mapping states it, the rest from their look."""
    proposed = coordinates.propose_notation(columns)
    stated = {k: v for k, v in mapping.notation.items() if v not in ("", None)}
    return replace(proposed, **stated) if stated else proposed


def _from_columns(told: Told, out: np.ndarray, table: SourceTable, names: tuple[str, ...],
                  mapping: Mapping, existing: MappingType[str, Record], bounds: Bounds | None,
                  stated_accuracy: Sequence[Any] | None, settings: Settings) -> np.ndarray:
    """Fill `out` with points on WGS 84 from coordinate columns; their accuracy in m."""
    names = tuple("easting" if n == "longitude" and "northing" in names else
                  "northing" if n == "latitude" and "easting" in names else n for n in names)
    of = {**mapping.columns}
    if "easting" in names:
        of["easting"] = mapping.columns.get("easting", mapping.columns.get("longitude", ""))
        of["northing"] = mapping.columns.get("northing", mapping.columns.get("latitude", ""))
    roles = [*names, *(n for n in ("zone", "bearing", "distance", "north", "declination", "datum")
                       if n in of)]
    columns = {role: table.cells[of[role]] for role in roles}
    if stated_accuracy is not None:
        columns["accuracy"] = stated_accuracy
    notation = notation_of({n: columns[n] for n in roles
                            if n not in ("north", "declination", "datum")}, mapping)
    datum = mapping.crs or table.crs
    if not datum and "datum" not in columns:
        plain = [v for c in columns[names[0]] if (v := _number(c)) is not None]
        if plain and np.median(np.abs(plain)) > 360:
            first = next(i for i, c in enumerate(columns[names[0]]) if not is_absent(c))
            raise LandReleaseError(
                PROJECTED_WITHOUT_CRS, file=table.file,
                found=f"{', '.join(str(columns[n][first]) for n in names)} "
                      f"(row {told.numbers[first]})")
    if datum and notation.form in ("utm", "gauss_kruger") and "easting" in names and \
            places.system(datum, table.file).is_projected:
        notation = replace(notation, form="grid")
    if datum and "latitude" in names and places.system(datum, table.file).is_projected:
        # The headings say degrees, the mapping a map grid: the mapping knows better.
        columns["easting"], columns["northing"] = columns.pop("longitude"), columns.pop("latitude")
        notation = replace(notation, form="grid")
    if datum and "easting" in names and notation.form == "grid" and not coordinates.datum_system(
            datum, table.file).is_projected and (c := [
                v for c in columns[names[0]] if (v := _number(c)) is not None]) and max(
                    map(abs, c)) <= 360:
        # x and y of a web form or a GIS, with a system of degrees stated for them.
        columns["longitude"], columns["latitude"] = columns.pop("easting"), columns.pop("northing")
        notation = notation_of({n: columns[n] for n in ("longitude", "latitude")}, mapping)
    known = _home(bounds, existing, np.empty((0, 4)), settings)
    found = coordinates.read_positions(
        columns, notation, datum, known, file=table.file,
        settings=replace(coordinates.SETTINGS, worst_accuracy_m=settings.worst_accuracy_m))
    finite = np.isfinite(found.xy).all(axis=1)
    out[finite] = shapely.points(found.xy[finite])
    field = " and ".join(names)
    half = {}
    if len(names) > 1:
        absent = np.array([[is_absent(c) for c in columns[n]] for n in columns
                           if n in (*names, "easting", "northing")])
        half = dict.fromkeys(np.flatnonzero(absent.any(axis=0) & ~absent.all(axis=0)).tolist())
        for i in half:
            missing = " and ".join(n for n, gone in zip(names, absent[:, i], strict=True) if gone)
            told.refuse(i, GEOMETRY_MISSING, field=missing, found=f"{missing} not given")
    for i, message, facts in found.problems:
        if message is CENTRE_OF_SQUARE:
            told.tell(i, message, field=field, **facts)
        elif i not in half:
            told.refuse(i, message, **{"field": field, **facts})
    for way in found.transformations:
        _tell_carriage(told, way)
    accuracy = np.where(finite, found.accuracy_m, 0.0)
    accuracy[~(accuracy >= _ROUNDING_WORTH_TELLING_M)] = 0.0
    return accuracy


def _from_legs(told: Told, out: np.ndarray, table: SourceTable, mapping: Mapping,
               existing: MappingType[str, Record], bounds: Bounds | None, settings: Settings
               ) -> np.ndarray:
    """Fill `out` with areas that were measured as traverses; their accuracy in m."""
    accuracy = np.zeros(len(table))
    of = mapping.columns
    own = {role: table.cells[of[role]] for role in ("datum", "north", "declination") if role in of}
    areas: dict[int, list[TraversePoint]] = {}
    for i, cell in enumerate(table.cells[of["legs"]]):
        if is_absent(cell):
            continue
        found = traverses.points_of(str(cell))
        if isinstance(found, str):
            told.refuse(i, TRAVERSE_INCOMPLETE, field="legs", found=_named(told, i), reason=found)
        else:
            areas[i] = found
    fixed = _fixed_points(told, table, mapping, areas, own, existing, bounds, settings)
    said = coordinates.SETTINGS
    for i, points in areas.items():
        if told.misplaced[i]:
            continue
        datum = _datum_at(own, i, mapping, table)
        notation = notation_of({"bearing": ()}, mapping)
        grid = datum if datum and coordinates.datum_system(datum, table.file).is_projected else ""
        north, declination = (own[n][i] if n in own else None for n in ("north", "declination"))
        notation = coordinates.with_north(notation, north, declination, grid)
        drawn = traverses.draw(points, fixed[i], notation, name=_named(told, i), settings=said)
        for _, message, facts in drawn.problems:
            if drawn.ring is None:
                told.refuse(i, message, **{"field": "legs", **facts})
            else:
                told.tell(i, message, field="legs", **facts)
        if drawn.ring is not None:
            out[i] = (shapely.Point(drawn.ring[0]) if len(drawn.ring) == 1
                      else shapely.Polygon(drawn.ring))
            accuracy[i] = drawn.accuracy_m
    return accuracy


def _beside_legs(told: Told, out: np.ndarray, accuracy: np.ndarray, table: SourceTable,
                 mapping: Mapping, settings: Settings) -> None:
    """Fill `out` and `accuracy` where a row of a table with traverses has a shape instead."""
    drawn, _ = _as_read(told, table, replace(mapping, columns={}), settings)
    rows = np.flatnonzero(~shapely.is_missing(drawn) & ~told.misplaced & shapely.is_missing(out))
    if not len(rows):
        return
    crs = mapping.crs or table.crs
    if not crs:
        for i in rows.tolist():
            out[i] = drawn[i]
            told.refuse(i, DATUM_NOT_STATED, field="geometry", found=shown(drawn[i].wkt)[:60])
        return
    if not places.is_wgs84(crs, table.file):
        using = places.carriage(crs, table.file, shapely.get_coordinates(drawn[rows]),
                                worst_accuracy_m=settings.worst_accuracy_m)
        drawn[rows] = places.carry_all(drawn[rows], using)
        accuracy[rows] = using.accuracy_m
        _tell_carriage(told, using)
    out[rows] = drawn[rows]


def _named(told: Told, i: int) -> str:
    return f"of row {told.numbers[i]}"


def _datum_at(own: MappingType[str, Sequence[Any]], i: int, mapping: Mapping, table: SourceTable
              ) -> str:
    said = own["datum"][i] if "datum" in own else None
    return (str(said).strip() if not is_absent(said) else "") or mapping.crs or table.crs


def _fixed_points(told: Told, table: SourceTable, mapping: Mapping,
                  areas: MappingType[int, Sequence[TraversePoint]],
                  own: MappingType[str, Sequence[Any]], existing: MappingType[str, Record],
                  bounds: Bounds | None, settings: Settings
                  ) -> dict[int, dict[int, traverses.Place]]:
    """Row -> index of a point -> its place, for all points that state one; together, so that one
    datum is carried over in one step. What is no place is refused."""
    fixed: dict[int, dict[int, traverses.Place]] = {i: {} for i in areas}
    known = _home(bounds, existing, np.empty((0, 4)), settings)
    batches: dict[tuple[str, bool], list[tuple[int, int, str]]] = {}
    for i, points in areas.items():
        for k, point in enumerate(points):
            if point.place:
                key = (_datum_at(own, i, mapping, table), " | " in point.place)
                batches.setdefault(key, []).append((i, k, point.place))
    for (datum, paired), said in batches.items():
        if paired:
            first, second = zip(*(p.split(" | ", 1) for _, _, p in said), strict=True)
            projected = datum and coordinates.datum_system(datum, table.file).is_projected
            columns: dict[str, Sequence[Any]] = (
                {"easting": second, "northing": first} if projected
                else {"latitude": first, "longitude": second})
        else:
            columns = {"place": [p for _, _, p in said]}
        notation = notation_of(columns, mapping)
        if paired:
            notation = replace(notation, form="grid" if "easting" in columns else "degrees")
        found = coordinates.read_positions(
            columns, notation, datum, known, file=table.file,
            settings=replace(coordinates.SETTINGS, worst_accuracy_m=settings.worst_accuracy_m))
        for n, message, facts in found.problems:
            i = said[n][0]
            if message is CENTRE_OF_SQUARE:
                told.tell(i, message, field="legs", **facts)
            elif not told.misplaced[i]:
                told.refuse(i, message, **{"field": "legs", **facts})
        for way in found.transformations:
            _tell_carriage(told, way)
        for n, (i, k, place) in enumerate(said):
            if np.isfinite(found.xy[n]).all():
                fixed[i][k] = ((float(found.xy[n, 0]), float(found.xy[n, 1])),
                               float(found.accuracy_m[n]))
            elif not told.misplaced[i]:
                told.refuse(i, POSITION_UNREADABLE, field="legs", found=shown(place),
                            reason="it is no place",
                            expected="44.2083 | 17.5 or 33T 654321 4901234")
    return fixed


def _number(cell: Any) -> float | None:
    try:
        return float(str(cell).replace(",", ".")) if not is_absent(cell) else None
    except ValueError:
        return None


def _without_datum(told: Told, table: SourceTable, ground: np.ndarray, ok: np.ndarray,
                   outside: np.ndarray) -> None:
    """S04 where no system is stated: rows wait until the datum is. Coordinates that are no degrees:
    the file is refused, since no row can be placed."""
    if ok.any() and outside.sum() >= 0.5 * ok.sum():
        first = int(np.flatnonzero(outside)[0])
        raise LandReleaseError(PROJECTED_WITHOUT_CRS, file=table.file,
                               found=f"{_corner(ground[first])} (row {told.numbers[first]})")
    for i in np.flatnonzero(ok & ~outside).tolist():
        told.refuse(i, DATUM_NOT_STATED, field="geometry", found=_corner(ground[i]))


def _corner(geometry: BaseGeometry) -> str:
    x, y = shapely.get_coordinates(geometry)[0]
    return f"{x:.10g}, {y:.10g}"


def _check_range(told: Told, ground: np.ndarray, box: np.ndarray, outside: np.ndarray,
                 ok: np.ndarray, bounds: Bounds | None,
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
            told.refuse(i, PLACE_ZERO, field="geometry", found="0, 0")
        elif turned[i]:
            told.refuse(i, PLACE_SWAPPED, field="geometry", found=place,
                        expected=words or "a place on Earth")
        elif outside[i]:
            told.refuse(i, PLACE_OUT_OF_RANGE, field="geometry", found=place)
        else:
            told.refuse(i, PLACE_FAR_AWAY, field="geometry", found=place, expected=words)


def _touches(box: np.ndarray, home: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = home
    return ((box[:, 2] >= west) & (box[:, 0] <= east)
            & (box[:, 3] >= south) & (box[:, 1] <= north))


def _box_words(box: tuple[float, float, float, float]) -> str:
    return "{:.2f} {:.2f} to {:.2f} {:.2f}".format(*box)


def _home(bounds: Bounds | None, existing: MappingType[str, Record],
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


def _check_types(told: Told, kind: Kind, ground: np.ndarray, settings: Settings) -> None:
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
                told.tell(i, PARTS_LEFT_OUT, field="geometry", found=" and ".join(others))
            ground[i] = polygons
            continue
        told.refuse(i, GEOMETRY_WRONG_TYPE, field="geometry", found=_WORDS[shape.geom_type],
                    expected=kind.geometry)
        ground[i] = None


def _check_shapes(told: Told, kind: Kind, ground: np.ndarray, settings: Settings, drawn: bool
                  ) -> None:
    """Repair by S01; refuse what is no area, a scribble, or readable in too many ways."""
    here = ~shapely.is_missing(ground)
    counts = shapely.get_num_coordinates(ground)
    for i in np.flatnonzero(here & (counts <= 6)).tolist():  # a ring of 3 corners has 4 coordinates
        if (distinct := shapes.distinct_points(ground[i])) < 3:
            told.refuse(i, POLYGON_TOO_FEW_POINTS, field="geometry", found=distinct)
            ground[i], here[i] = None, False
    invalid = here & ~shapely.is_valid(ground)
    for i in np.flatnonzero(invalid).tolist():
        ground[i] = _repaired(told, i, kind, ground[i], settings, drawn)
        here[i] = ground[i] is not None
    # 111,320 m a degree: an area below 4 m² on the sphere is measured on the ellipsoid.
    box = shapely.bounds(ground)
    with np.errstate(invalid="ignore"):
        rough = shapely.area(ground) * 111_320**2 * np.cos(np.radians((box[:, 1] + box[:, 3]) / 2))
        small = here & ~(rough > 4 * settings.smallest_area_m2)
    for i in np.flatnonzero(small).tolist():
        area = geodesic_area_m2(ground[i])
        if area < settings.smallest_area_m2:
            told.refuse(i, AREA_TOO_SMALL, field="geometry", found=f"{area:.3g} m²",
                        expected=f"{settings.smallest_area_m2:g} m²")
            ground[i] = None


def _repaired(told: Told, i: int, kind: Kind, shape: BaseGeometry, settings: Settings, drawn: bool
              ) -> BaseGeometry | None:
    why = shapely.is_valid_reason(shape).split("[")[0].strip().lower()
    vertices = int(shapely.get_num_coordinates(shape))
    if vertices > shapes.TANGLE_VERTICES:
        crossings = shapes.crossings_estimate(shape)
        if crossings > shapes.TANGLE_CROSSINGS:
            told.refuse(i, SHAPE_TANGLED, field="geometry", found=f"{vertices:,}",
                        crossings=f"{crossings:,}")
            return None
    try:
        fixed = shapes.repair(shape, "intersection" if kind.repair == "intersection" else "union",
                              drawn=drawn)
    except shapely.errors.GEOSException as error:
        told.refuse(i, GEOMETRY_UNREADABLE, field="geometry", found=shown(error))
        return None
    difference = f"{area_words(fixed.difference_m2)} ({fixed.share:.1%})"
    if fixed.much(settings.readings_share, settings.readings_m2):
        told.refuse(i, READINGS_DIFFER, field="geometry", found=why, difference=difference,
                    area=area_words(fixed.widest_m2),
                    bounds="{:.5f} {:.5f} to {:.5f} {:.5f}".format(*fixed.widest.bounds))
        return None
    if fixed.shape.is_empty:
        told.refuse(i, AREA_TOO_SMALL, field="geometry", found="0 m²",
                    expected=f"{settings.smallest_area_m2:g} m²")
        return None
    rule = ("only ground on which all readings agree was taken" if kind.repair == "intersection"
            else "all ground of every reading was taken")
    told.tell(i, SHAPE_REPAIRED, field="geometry", found=why, rule=rule,
              area=area_words(fixed.area_m2), difference=difference)
    return fixed.shape


def compare_areas(told: Told, stated: Sequence[Any], ground: np.ndarray, settings: Settings
                  ) -> None:
    """A finding where the area that a row states differs from what its shape measures."""
    for i in np.flatnonzero(~shapely.is_missing(ground)).tolist():
        if not isinstance(stated[i], (int, float)):
            continue
        measured = geodesic_area_m2(ground[i])
        if abs(stated[i] - measured) > settings.area_share * measured:
            told.tell(i, AREA_DIFFERS, field="reported_area_m2", found=f"{stated[i]:,.0f} m²",
                      expected=f"{measured:,.0f} m²")
