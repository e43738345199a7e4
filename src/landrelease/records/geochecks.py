"""Checks of places and geometries over a whole file or registry, before and after it is taken in.

All fifteen checks of GICHD's geocheck for IMSMA NG (names, meaning and thresholds from its README
and views; the code is our own), and our own checks for duplicates and overlaps. A check only finds:
nothing is repaired, merged or refused here. Geometries come as they were read, so that points that
stand twice are seen. The work is done on arrays of all polygons at once and with spatial indexes,
never on all pairs.

Distances are geodesic. Areas and shares are measured on an equal-area plane centred on the data
(`core.geometry.LocalPlane`), on which areas are true.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
import shapely

from landrelease.core.finding import Finding
from landrelease.core.geometry import geodesic_distance_m, plane_for
from landrelease.core.lineage import FARTHEST_OFF_M, off_m
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Record
from landrelease.errors import (
    ACCURACY_NO_PLACE,
    AREA_COUNTED_TWICE,
    CORNER_ID_REPEATED,
    CORNER_ID_REPEATED_TRIMMED,
    CORNERS_FAR_APART,
    CORNERS_REPEATED,
    DEVICES_REPEATED,
    IDENTIFIER_LOOKS_ALIKE,
    JOINT_WORK_POSSIBLE,
    OBJECT_ID_REPEATED,
    OUTSIDE_ADMINISTRATIVE_AREA,
    PARTS_OVERLAP,
    PLACE_OUT_OF_RANGE,
    POINT_ID_REPEATED,
    POINT_ID_REPEATED_TRIMMED,
    POINTS_NEAR,
    POINTS_REPEATED,
    POLYGON_ID_REPEATED,
    POLYGON_ID_REPEATED_TRIMMED,
    POLYGON_NOT_VALID,
    POLYGON_REPEATED,
    POLYGON_TOO_FEW_POINTS,
    RECORDS_CROWDED,
    RELEASED_IN_OTHER_HAZARD,
    RELEASED_OUTSIDE_HAZARD,
    SHAPE_NEARLY_REPEATED,
    SHAPE_REPEATED,
    SHAPES_OVERLAP,
    Message,
)
from landrelease.records.shapes import polygons_of
from landrelease.records.values import shown
from landrelease.units import area_words

Level = Literal["mandatory", "advisory"]
_RADIUS_M = 6_371_008.8  # mean radius of the WGS 84 ellipsoid, for estimates only


@dataclass(frozen=True, slots=True)
class Check:
    """One check: a stable name, how much it binds, its message, and the view of the source."""

    name: str
    level: Level
    message: Message
    title: str
    view: str = ""  # of GICHD's geocheck; "" for our own checks


CHECKS: tuple[Check, ...] = (
    Check("invalid_polygon", "mandatory", POLYGON_NOT_VALID,
          "the outline crosses or touches itself", "geocheck_obj_TYPE_invalid_polys"),
    Check("few_vertices", "mandatory", POLYGON_TOO_FEW_POINTS,
          "fewer than three distinct corners", "geocheck_obj_TYPE_few_vertices_polys"),
    Check("duplicate_polygon", "mandatory", POLYGON_REPEATED,
          "one record holds the same polygon twice", "geocheck_duplicate_polygons"),
    Check("duplicate_polygon_id", "mandatory", POLYGON_ID_REPEATED,
          "one record holds two polygons of one id", "geocheck_duplicate_polygon_polyid"),
    Check("duplicate_polygon_id_trimmed", "mandatory", POLYGON_ID_REPEATED_TRIMMED,
          "the same but for spaces", "geocheck_duplicate_polygon_polyid_trimmed"),
    Check("duplicate_polygon_points", "mandatory", CORNERS_REPEATED,
          "a corner stands twice in one ring", "geocheck_duplicate_polygon_points"),
    Check("duplicate_polygon_point_localid", "mandatory", CORNER_ID_REPEATED,
          "two corners of a polygon have one local id",
          "geocheck_duplicate_polygon_point_localid"),
    Check("duplicate_polygon_point_localid_trimmed", "mandatory", CORNER_ID_REPEATED_TRIMMED,
          "the same but for spaces", "geocheck_duplicate_polygon_point_localid_trimmed"),
    Check("duplicate_points", "mandatory", POINTS_REPEATED,
          "one record holds the same loose point twice", "geocheck_duplicate_points"),
    Check("duplicate_point_localid", "mandatory", POINT_ID_REPEATED,
          "two loose points of a record have one local id",
          "geocheck_duplicate_point_point_localid"),
    Check("duplicate_point_localid_trimmed", "mandatory", POINT_ID_REPEATED_TRIMMED,
          "the same but for spaces", "geocheck_duplicate_point_point_localid_trimmed"),
    Check("duplicate_localids", "mandatory", OBJECT_ID_REPEATED,
          "two objects of a kind have one identifier", "geocheck_duplicate_localids"),
    Check("duplicate_devices", "mandatory", DEVICES_REPEATED,
          "one record lists the same devices twice", "geocheck_duplicate_devices"),
    Check("distance_polygon_points", "advisory", CORNERS_FAR_APART,
          "consecutive corners lie far apart", "geocheck_adv_distance_polygon_points"),
    Check("overlapping_polygons", "advisory", PARTS_OVERLAP,
          "the parts of one record overlap", "geocheck_adv_overlapping_polygons"),
    Check("place_out_of_range", "mandatory", PLACE_OUT_OF_RANGE,
          "a coordinate is no place on Earth; the other checks leave the polygon out"),
    Check("accuracy_no_place", "mandatory", ACCURACY_NO_PLACE,
          "a place that may be so far off that nobody knows it"),
    Check("identifier_looks_alike", "advisory", IDENTIFIER_LOOKS_ALIKE,
          "identifiers that differ by case, spaces, dashes or look-alike letters only"),
    Check("same_shape", "mandatory", SHAPE_REPEATED,
          "two records have one shape: any first corner, direction, doubled points, 1 mm"),
    Check("nearly_same_shape", "advisory", SHAPE_NEARLY_REPEATED,
          "two records share nearly all their ground"),
    Check("same_place", "advisory", POINTS_NEAR,
          "two records of a kind at one place on the same or a near day"),
    Check("overlapping_records", "advisory", SHAPES_OVERLAP,
          "two hazards, or two outcomes, overlap"),
    Check("released_in_other_hazard", "advisory", RELEASED_IN_OTHER_HAZARD,
          "released land lies on a hazard that it does not name"),
    Check("released_outside_hazard", "advisory", RELEASED_OUTSIDE_HAZARD,
          "released land reaches beyond the hazard that it names"),
    Check("outside_administrative_area", "advisory", OUTSIDE_ADMINISTRATIVE_AREA,
          "a hazard reaches beyond its administrative area"),
    Check("area_counted_twice", "advisory", AREA_COUNTED_TWICE,
          "the areas of a kind add up to more than the ground they cover"),
    Check("possible_joint_work", "advisory", JOINT_WORK_POSSIBLE,
          "two reports of other teams tell of the same work, place and days, and name no partner"),
    Check("crowded_records", "advisory", RECORDS_CROWDED,
          "so many records lie at one place that not all pairs were compared"),
)
CHECK_OF: dict[str, Check] = {check.message.code: check for check in CHECKS}


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Thresholds (S13). The first two are the defaults of GICHD's geocheck, README of its views;
    the others are our own and stand in the documentation."""

    corners_apart_m: float = 5_000.0  # consecutive corners: geocheck_adv_distance_polygon_points
    parts_overlap_share: float = 0.009  # 0.9 %: geocheck_adv_overlapping_polygons
    same_m: float = 0.001  # corners or outlines closer than this are the same
    nearly_share: float = 0.9  # shared ground / joint ground (Jaccard) of nearly equal shapes
    shape_kinds: tuple[str, ...] = ("hazard", "outcome", "administrative_area", "task")
    place_m: float = 5.0  # the error of a hand-held receiver under open sky
    place_days: int = 3
    # Not items: many of them lie close together on one day.
    place_kinds: tuple[str, ...] = ("accident", "activity", "settlement", "session", "complaint",
                                    "evidence", "marking")
    overlap_m2: float = 1.0  # less is the rounding of coordinates
    overlap_share: float = 0.009  # of the smaller of two records
    most_neighbours: int = 100  # compared with each record; more is told, not measured
    farthest_off_m: float = FARTHEST_OFF_M  # a place that may be farther off is none
    report_off_m: float = 10_000.0  # of a complaint: `report_place_m` of the assumptions
    outside_share: float = 0.01  # of the record, outside its hazard or administrative area


SETTINGS = CheckSettings()


# --- tables ------------------------------------------------------------------------------------

def _texts(values: Sequence[Any] | np.ndarray | None, count: int) -> np.ndarray:
    out = np.empty(count, dtype=object)
    out[:] = [""] * count if values is None else ["" if v is None else str(v) for v in values]
    return out


@dataclass(frozen=True, slots=True)
class Shapes:
    """Polygons as read: N rows. A record may stand in several rows, and a row may have several
    parts.

    `ground` (N,) shapely geometries in longitude/latitude, WGS 84, or None; `row` (N,) rows of the
    file, 0 for records of a registry; `record` the id of the record, `identifier` the id of the
    polygon within it, `hazard` the id of the hazard that an outcome names, `area` the id of the
    administrative area that a record names ("" where not reported).
    """

    file: str
    kind: np.ndarray
    record: np.ndarray
    ground: np.ndarray
    row: np.ndarray
    identifier: np.ndarray
    hazard: np.ndarray
    area: np.ndarray

    def __len__(self) -> int:
        return len(self.ground)

    @classmethod
    def of(cls, ground: Sequence[Any] | np.ndarray, *, kind: str | Sequence[str] = "hazard",
           record: Sequence[Any] | None = None, row: Sequence[int] | None = None,
           identifier: Sequence[Any] | None = None, hazard: Sequence[Any] | None = None,
           area: Sequence[Any] | None = None, file: str = "") -> Shapes:
        """From sequences of N; rows are counted from 1 where neither rows nor records are given.

        Raises `ValueError` where the lengths differ.
        """
        count = len(ground)
        for values in (record, row, identifier, hazard, area,
                       None if isinstance(kind, str) else kind):
            if values is not None and len(values) != count:
                raise ValueError(f"{len(values)} values for {count} geometries")
        shapes = np.empty(count, dtype=object)
        shapes[:] = ground
        rows = (np.asarray(row, dtype=np.int64) if row is not None
                else np.zeros(count, dtype=np.int64) if record is not None and not file
                else np.arange(1, count + 1))
        kinds = [kind] * count if isinstance(kind, str) else kind
        records = _texts(record, count) if record is not None else _texts(rows, count)
        return cls(file, _texts(kinds, count), records, shapes, rows, _texts(identifier, count),
                   _texts(hazard, count), _texts(area, count))


@dataclass(frozen=True, slots=True)
class Corners:
    """Local ids of the corners of polygons: K rows. `polygon` is the row in `Shapes`."""

    polygon: Sequence[int]
    localid: Sequence[Any]
    number: Sequence[int]  # of the corner in its polygon, from 1
    type: Sequence[Any] = ()  # the source compares corners of one type only


@dataclass(frozen=True, slots=True)
class Points:
    """Points that belong to no polygon: N rows, degrees on WGS 84 (NaN: not reported)."""

    kind: Sequence[str]
    record: Sequence[Any]
    localid: Sequence[Any]
    longitude: Sequence[float] | np.ndarray
    latitude: Sequence[float] | np.ndarray
    type: Sequence[Any] = ()
    day: Sequence[date | None] = ()
    row: Sequence[int] = ()
    file: str = ""


@dataclass(frozen=True, slots=True)
class Devices:
    """Devices that records list: N rows."""

    kind: Sequence[str]
    record: Sequence[Any]
    category: Sequence[Any]
    subcategory: Sequence[Any]
    model: Sequence[Any]
    quantity: Sequence[Any]
    row: Sequence[int] = ()
    file: str = ""


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects with their identifiers: N rows."""

    kind: Sequence[str]
    identifier: Sequence[Any]
    record: Sequence[Any] = ()
    row: Sequence[int] = ()
    file: str = ""


@dataclass(slots=True)
class _Told:
    """Findings in the order of the checks."""

    findings: list[Finding] = field(default_factory=list)

    def tell(self, message: Message, *, file: str, row: int, kind: str, record: str,
             name: str = "geometry", **facts: Any) -> None:
        """Rows of a file are named by file and row, records of a registry by kind and id."""
        problem = message.problem
        file = file or "data"
        if row == 0:
            file = f"{kind} {shown(record)}".strip() if record else file
            problem = problem.replace("{file}, row {row}", "{file}")
        facts = {"file": file, "row": row, "field": name, "record": shown(record), **facts}
        self.findings.append(Finding(
            message.code, file, row, name, shown(facts.get("found", "")),
            problem.format(**facts), message.remedy.format(**facts), "accepted"))

    def shape(self, message: Message, shapes: Shapes, i: int, **facts: Any) -> None:
        self.tell(message, file=shapes.file, row=int(shapes.row[i]), kind=shapes.kind[i],
                  record=shapes.record[i], **facts)


def _label(shapes: Shapes, i: int) -> str:
    if shapes.row[i] == 0:
        return shown(shapes.record[i])
    own = str(shapes.row[i])
    return f"row {own}" if shapes.record[i] in ("", own) else (
        f"{shown(shapes.record[i])} (row {own})")


def _row_label(row: int, other: str) -> str:
    return f"row {row}" if row else shown(other)


def _some(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


# --- single polygons ---------------------------------------------------------------------------

def _in_range(ground: np.ndarray) -> np.ndarray:
    """Rows whose coordinates are all places on Earth: bool (N,). None and empty ones are not."""
    box = shapely.bounds(ground)
    with np.errstate(invalid="ignore"):
        inside = ((box[:, 0] >= -180) & (box[:, 2] <= 180) & (box[:, 1] >= -90)
                  & (box[:, 3] <= 90))
    xy, of = shapely.get_coordinates(ground, return_index=True)
    inside[of[~np.isfinite(xy).all(axis=1)]] = False  # GEOS leaves NaN out of the bounds
    return inside


def _sphere_m(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance on the sphere in m between (N, 2) places in degrees; 0.6 % off at most."""
    a, b = np.radians(a), np.radians(b)
    half = np.sin((b - a) / 2) ** 2
    h = half[:, 1] + np.cos(a[:, 1]) * np.cos(b[:, 1]) * half[:, 0]
    return 2 * _RADIUS_M * np.arcsin(np.sqrt(np.clip(h, 0, 1)))


def check_polygons(shapes: Shapes, settings: CheckSettings = SETTINGS, *,
                   corners: Corners | None = None, progress: Progress = silent) -> list[Finding]:
    """Each record for itself: checks 1 to 8, 14 and 15 of the source.

    Invalid geometries are told, not repaired; overlaps of parts are measured on the even-odd
    reading of invalid parts.
    """
    told = _Told()
    ok = _in_range(shapes.ground)
    for i in np.flatnonzero(~ok & ~_nothing(shapes.ground)).tolist():
        told.shape(PLACE_OUT_OF_RANGE, shapes, i, found=_bounds_words(shapes.ground[i]))
    ground = shapes.ground.copy()
    ground[~ok] = None
    parts, of = shapely.get_parts(ground, return_index=True)
    parts = shapely.force_2d(parts)
    area = shapely.get_type_id(parts) == 3
    progress("geometry checks: validity", 0.05)
    _validity(told, shapes, parts[area], of[area])
    progress("geometry checks: corners", 0.2)
    _corners(told, shapes, ground, parts, of, settings)
    progress("geometry checks: parts", 0.35)
    _parts(told, shapes, parts[area], of[area], settings)
    _polygon_ids(told, shapes)
    if corners is not None:
        _corner_ids(told, shapes, corners)
    return told.findings


def _nothing(ground: np.ndarray) -> np.ndarray:
    return shapely.is_missing(ground) | shapely.is_empty(ground)


def _bounds_words(geometry: Any) -> str:
    xy = shapely.get_coordinates(geometry)
    with np.errstate(invalid="ignore"):
        bad = ~((np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90))
    x, y = xy[bad][0] if bad.any() else xy[0]
    return f"{x:.10g}, {y:.10g}"


def _validity(told: _Told, shapes: Shapes, parts: np.ndarray, of: np.ndarray) -> None:
    bad = np.flatnonzero(~shapely.is_valid(parts))
    reasons = shapely.is_valid_reason(parts[bad])
    first: dict[int, str] = {}
    count: dict[int, int] = defaultdict(int)
    for i, why in zip(of[bad].tolist(), reasons.tolist(), strict=True):
        first.setdefault(i, why)
        count[i] += 1
    for i, why in first.items():
        more = f"; {count[i] - 1} more parts are not valid" if count[i] > 1 else ""
        told.shape(POLYGON_NOT_VALID, shapes, i, found=f"{why.lower()}{more}")


def _corners(told: _Told, shapes: Shapes, ground: np.ndarray, parts: np.ndarray, of: np.ndarray,
             settings: CheckSettings) -> None:
    """Too few corners, corners that stand twice, corners far apart."""
    kinds = shapely.get_type_id(parts)
    # A polygon of one or two points often comes as a point or a line.
    loose = kinds < 3
    for i in np.unique(of[loose]).tolist() if loose.any() else ():
        points = len(np.unique(shapely.get_coordinates(ground[i]), axis=0))
        if points < 3:
            told.shape(POLYGON_TOO_FEW_POINTS, shapes, i, found=points)
    area = np.flatnonzero(kinds == 3)
    rings, part_of = shapely.get_rings(parts[area], return_index=True)
    if not len(rings):
        return
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = part_of[1:] != part_of[:-1]
    row_of = of[area][part_of]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.ones(len(xy), dtype=bool)
    last[:-1] = ring[1:] != ring[:-1]
    starts = np.flatnonzero(np.concatenate(([True], last[:-1])))
    number = np.arange(len(xy)) - starts[ring]
    # Corners without the closing one.
    open_xy, open_ring, open_number = xy[~last], ring[~last], number[~last]
    order = np.lexsort((open_number, open_xy[:, 1], open_xy[:, 0], open_ring))
    s_xy, s_ring, s_number = open_xy[order], open_ring[order], open_number[order]
    same = np.zeros(len(s_xy), dtype=bool)
    same[1:] = (s_ring[1:] == s_ring[:-1]) & (s_xy[1:] == s_xy[:-1]).all(axis=1)
    sizes = np.bincount(open_ring, minlength=len(rings))
    distinct = sizes - np.bincount(s_ring[same], minlength=len(rings))
    few = np.flatnonzero(outer & (distinct < 3))
    for r in few.tolist():
        told.shape(POLYGON_TOO_FEW_POINTS, shapes, int(row_of[r]), found=int(distinct[r]))
    begin, end = np.flatnonzero(~last), np.flatnonzero(~last) + 1
    length = _sphere_m(xy[begin], xy[end])
    # A pair closer than the tolerance, the same corner included.
    close = length <= settings.same_m * 1.01
    doubtful = np.flatnonzero(close & (length > settings.same_m * 0.98))
    if len(doubtful):
        close[doubtful] = geodesic_distance_m(
            *xy[begin[doubtful]].T, *xy[end[doubtful]].T) <= settings.same_m
    repeats: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for k in np.flatnonzero(same).tolist():
        repeats[int(s_ring[k])].append((int(s_number[k - 1]), int(s_number[k])))
    for k in np.flatnonzero(close).tolist():
        r, n = int(open_ring[k]), int(open_number[k])
        pair = (n, (n + 1) % int(sizes[r]))
        pair = (min(pair), max(pair))
        if pair[0] != pair[1] and pair not in repeats[r]:
            repeats[r].append(pair)
    by_row: dict[int, list[str]] = defaultdict(list)
    for r in sorted(repeats):
        if repeats[r]:
            by_row[int(row_of[r])] += _repeat_words(sorted(repeats[r]), int(sizes[r]))
    for i, words in by_row.items():
        told.shape(CORNERS_REPEATED, shapes, i, found=_some(words))
    maybe = np.flatnonzero(length > settings.corners_apart_m * 0.99)
    if len(maybe):
        true_m = geodesic_distance_m(*xy[begin[maybe]].T, *xy[end[maybe]].T)
        far: dict[int, tuple[float, int, int]] = {}
        for k, metres in zip(maybe.tolist(), np.atleast_1d(true_m).tolist(), strict=True):
            if metres > settings.corners_apart_m:
                i, n = int(row_of[open_ring[k]]), int(open_number[k])
                most, _, count = far.get(i, (0.0, 0, 0))
                far[i] = (max(most, metres), n if metres > most else far[i][1], count + 1)
        for i, (metres, n, count) in far.items():
            more = f", and {count - 1:,} more such pairs" if count > 1 else ""
            told.shape(CORNERS_FAR_APART, shapes, i, found=f"{metres:,.0f} m{more}",
                       corner=n + 1, expected=f"{settings.corners_apart_m:,.0f}")


def _repeat_words(pairs: list[tuple[int, int]], size: int) -> list[str]:
    """What repeats what, in the words of the tool box of the source."""
    if (0, size - 2) in pairs and (1, size - 1) in pairs and size > 4:
        rest = [p for p in pairs if p not in ((0, size - 2), (1, size - 1))]
        return ["the last two corners repeat the first two", *_repeat_words(rest, size)]
    out = []
    for a, b in pairs:
        if a == 0 and b == size - 1:
            out.append("the last corner repeats the first (besides closing the ring)")
        elif b == a + 1:
            out.append(f"corner {b + 1} repeats the corner before it")
        else:
            out.append(f"corner {b + 1} repeats corner {a + 1}")
    return out


def _plain_key(ground: np.ndarray) -> np.ndarray:
    """Bytes of each polygon whatever its first corner, direction and doubled corners: (N,)."""
    bare = ground.copy()
    sound = shapely.is_valid(ground)
    bare[sound] = shapely.remove_repeated_points(ground[sound], 0.0)
    for i in np.flatnonzero(~sound).tolist():
        try:
            bare[i] = shapely.remove_repeated_points(ground[i], 0.0)
        except shapely.errors.GEOSException:
            continue  # nothing but one or two points, again and again
    return shapely.to_wkb(shapely.normalize(bare), byte_order=1, output_dimension=2)


def _record_codes(shapes: Shapes) -> np.ndarray:
    """A number for each record: (N,)."""
    known: dict[tuple[str, str], int] = {}
    return np.fromiter((known.setdefault(key, len(known)) for key in zip(
        shapes.kind.tolist(), shapes.record.tolist(), strict=True)), dtype=np.int64,
        count=len(shapes))


def _parts(told: _Told, shapes: Shapes, parts: np.ndarray, of: np.ndarray,
           settings: CheckSettings) -> None:
    """The same polygon twice in a record, and parts of a record that overlap."""
    record = _record_codes(shapes)[of]
    many = np.bincount(record, minlength=1)[record] > 1
    parts, of, record = parts[many], of[many], record[many]
    if not len(parts):
        return
    seen: dict[tuple[int, bytes], int] = {}
    doubles: dict[int, list[str]] = defaultdict(list)
    before: dict[int, int] = defaultdict(int)
    for k, (code, key) in enumerate(zip(record.tolist(), _plain_key(parts).tolist(),
                                        strict=True)):
        before[code] += 1
        n = seen.setdefault((code, key), before[code])
        if n != before[code]:
            doubles[int(of[k])].append(f"part {before[code]} repeats part {n}")
    for i, words in doubles.items():
        told.shape(POLYGON_REPEATED, shapes, i, found=_some(words))
    flat = _flat(parts)
    tree = shapely.STRtree(flat)
    touched: set[int] = set()
    for start in range(0, len(flat), 20_000):
        a, b = tree.query(flat[start:start + 20_000])
        a = a + start
        mine = (a < b) & (record[a] == record[b])
        touched.update(record[a[mine]].tolist())
    if not touched:
        return
    chosen = np.flatnonzero(np.isin(record, np.fromiter(touched, dtype=np.int64)))
    chosen = chosen[np.argsort(record[chosen], kind="stable")]
    cuts = np.flatnonzero(np.diff(record[chosen])) + 1
    for group in np.split(chosen, cuts):
        total = float(shapely.area(flat[group]).sum())
        joint = float(shapely.area(shapely.disjoint_subset_union_all(flat[group])))
        if joint > 0 and (total - joint) / joint > settings.parts_overlap_share:
            told.shape(PARTS_OVERLAP, shapes, int(of[group[0]]),
                       found=f"{100 * (total - joint) / joint:.2f} % "
                             f"({area_words(total - joint)})",
                       expected=f"{100 * settings.parts_overlap_share:g} %")


def _flat(ground: np.ndarray) -> np.ndarray:
    """Polygonal ground on the equal-area plane of the data, valid: (N,), metres."""
    out = shapely.force_2d(ground)
    box = shapely.total_bounds(out)
    if np.isfinite(box).all():
        out = plane_for(tuple(box)).to_plane(out)
    for i in np.flatnonzero(~shapely.is_valid(out) & ~shapely.is_missing(out)).tolist():
        out[i] = polygons_of(shapely.make_valid(out[i], method="linework"))
    return out


def _repeats(keys: Iterable[Any]) -> list[tuple[int, int]]:
    """(earlier, later) for each key that stood before; None is no key."""
    first: dict[Any, int] = {}
    out = []
    for n, key in enumerate(keys):
        if key is None:
            continue
        earlier = first.setdefault(key, n)
        if earlier != n:
            out.append((earlier, n))
    return out


def _exact_and_trimmed(groups: Sequence[Any], names: Sequence[Any]
                       ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs of equal names in a group, and pairs that are equal only without outer spaces."""
    texts = ["" if n is None else str(n) for n in names]
    exact = _repeats((g, t) if t.strip() else None
                     for g, t in zip(groups, texts, strict=True))
    later = {b for _, b in exact}
    trimmed = [(a, b) for a, b in _repeats(
        (g, t.strip()) if t.strip() else None for g, t in zip(groups, texts, strict=True))
        if b not in later and texts[a] != texts[b]]
    return exact, trimmed


def _polygon_ids(told: _Told, shapes: Shapes) -> None:
    if not any(shapes.identifier.tolist()):
        return
    exact, trimmed = _exact_and_trimmed(_record_codes(shapes).tolist(), shapes.identifier.tolist())
    for message, pairs in ((POLYGON_ID_REPEATED, exact), (POLYGON_ID_REPEATED_TRIMMED, trimmed)):
        for a, b in pairs:
            told.shape(message, shapes, b, name="identifier", found=repr(shapes.identifier[b]),
                       other=_label(shapes, a))


def _corner_ids(told: _Told, shapes: Shapes, corners: Corners) -> None:
    types = corners.type if len(corners.type) else [""] * len(corners.localid)
    groups = list(zip(corners.polygon, types, strict=True))
    exact, trimmed = _exact_and_trimmed(groups, corners.localid)
    for message, pairs in ((CORNER_ID_REPEATED, exact), (CORNER_ID_REPEATED_TRIMMED, trimmed)):
        for a, b in pairs:
            told.shape(message, shapes, int(corners.polygon[b]), name="localid",
                       found=repr(str(corners.localid[b])), corner=corners.number[b],
                       other=corners.number[a])


# --- points, devices, objects ------------------------------------------------------------------

def check_points(points: Points, settings: CheckSettings = SETTINGS) -> list[Finding]:
    """Loose points: checks 9 to 11 of the source within a record, and our `same_place` between
    records of one kind."""
    told = _Told()
    count = len(points.record)
    rows = list(points.row) or [0] * count
    lon = np.asarray(points.longitude, dtype=float)
    lat = np.asarray(points.latitude, dtype=float)
    owner = list(zip(points.kind, (str(r) for r in points.record), strict=True))

    def tell(message: Message, n: int, **facts: Any) -> None:
        told.tell(message, file=points.file, row=int(rows[n]), kind=points.kind[n],
                  record=str(points.record[n]), **facts)

    with np.errstate(invalid="ignore"):
        there = np.isfinite(lon) & np.isfinite(lat)
        inside = there & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    for n in np.flatnonzero(there & ~inside).tolist():
        tell(PLACE_OUT_OF_RANGE, n, found=f"{lon[n]:.10g}, {lat[n]:.10g}")
    twice = _repeats((*o, x, y) if good else None for o, x, y, good in zip(
        owner, lon.tolist(), lat.tolist(), there.tolist(), strict=True))
    for a, b in twice:
        tell(POINTS_REPEATED, b, found=f"{lon[b]:.10g}, {lat[b]:.10g}",
             other=_row_label(int(rows[a]), f"point {a + 1}"))
    types = points.type if len(points.type) else [""] * count
    exact, trimmed = _exact_and_trimmed(list(zip(owner, types, strict=True)), points.localid)
    for message, pairs in ((POINT_ID_REPEATED, exact), (POINT_ID_REPEATED_TRIMMED, trimmed)):
        for a, b in pairs:
            tell(message, b, name="localid", found=repr(str(points.localid[b])),
                 other=_row_label(int(rows[a]), f"point {a + 1}"))
    days = np.array([np.datetime64("NaT") if d is None else np.datetime64(d)
                     for d in points.day] or [np.datetime64("NaT")] * count, dtype="datetime64[D]")
    kinds = np.array([str(k) for k in points.kind], dtype=object)
    for kind in settings.place_kinds:
        chosen = np.flatnonzero((kinds == kind) & inside)
        for n, (m, metres) in sorted(_near(lon, lat, days, owner, chosen, settings).items()):
            apart = abs(days[n] - days[m])
            when = ("a day is not reported" if np.isnat(apart) else
                    "on the same day" if apart == np.timedelta64(0, "D") else
                    f"{apart.astype(int)} days apart")
            tell(POINTS_NEAR, n, found=f"{metres:.1f} m", when=when,
                 other=_row_label(int(rows[m]), str(points.record[m])))
    return told.findings


def _near(lon: np.ndarray, lat: np.ndarray, days: np.ndarray, owner: list[tuple[str, str]],
          chosen: np.ndarray, settings: CheckSettings) -> dict[int, tuple[int, float]]:
    """For each chosen point the nearest earlier one of another record, within distance and days.

    Points are compared as unit vectors, so that no projection and no meridian matters.
    """
    from scipy.spatial import cKDTree

    out: dict[int, tuple[int, float]] = {}
    if len(chosen) < 2:
        return out
    # Many records at one place on one day: each is told with the first of them.
    first: dict[tuple[float, float, int], int] = {}
    single = []
    stamps = days.astype(np.int64)
    for n in chosen.tolist():
        m = first.setdefault((lon[n], lat[n], int(stamps[n])), n)
        if m != n and owner[m] != owner[n]:
            out[n] = (m, 0.0)
        else:
            single.append(n)
    chosen = np.array(single)
    if len(chosen) < 2:
        return out
    lam, phi = np.radians(lon[chosen]), np.radians(lat[chosen])
    xyz = np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    tree = cKDTree(xyz)
    reach = settings.place_m * 1.01 / _RADIUS_M
    most = min(len(chosen), 16)
    distance, near = tree.query(xyz, k=most, distance_upper_bound=reach)
    distance, near = distance.reshape(len(chosen), -1), near.reshape(len(chosen), -1)
    busy = np.flatnonzero((np.isfinite(distance)).sum(axis=1) > 1)
    window = np.timedelta64(settings.place_days, "D")
    for k in busy.tolist():
        candidates = near[k][np.isfinite(distance[k])].tolist()
        if len(candidates) == most and most < len(chosen):  # a crowd: nobody is left out
            candidates = tree.query_ball_point(xyz[k], reach)
        n = int(chosen[k])
        others = chosen[np.array([c for c in candidates if c < k], dtype=int)]
        if not len(others):
            continue
        apart = np.abs(days[others] - days[n])
        others = others[np.isnat(apart) | (apart <= window)]
        others = np.array([m for m in others.tolist() if owner[m] != owner[n]], dtype=int)
        if not len(others):
            continue
        metres = np.atleast_1d(geodesic_distance_m(
            np.full(len(others), lon[n]), np.full(len(others), lat[n]), lon[others], lat[others]))
        best = int(np.argmin(metres))
        if metres[best] <= settings.place_m:
            out[n] = (int(others[best]), float(metres[best]))
    return out


def check_devices(devices: Devices) -> list[Finding]:
    """Devices listed twice in one record: check 13 of the source (category, subcategory, model and
    quantity are the same)."""
    told = _Told()
    rows = list(devices.row) or [0] * len(devices.record)
    keys = [tuple("" if v is None else " ".join(str(v).split()) for v in line) for line in zip(
        devices.kind, devices.record, devices.category, devices.subcategory, devices.model,
        devices.quantity, strict=True)]
    for a, b in _repeats(key if any(key[2:5]) else None for key in keys):
        told.tell(DEVICES_REPEATED, file=devices.file, row=int(rows[b]), kind=devices.kind[b],
                  record=str(devices.record[b]), name="devices",
                  found=shown(", ".join(word for word in keys[b][2:] if word)),
                  other=_row_label(int(rows[a]), f"device {a + 1}"))
    return told.findings


def check_objects(objects: Objects) -> list[Finding]:
    """Identifiers that stand twice in a kind (check 12 of the source), or look alike."""
    told = _Told()
    count = len(objects.identifier)
    rows = list(objects.row) or [0] * count
    records = list(objects.record) or list(objects.identifier)
    texts = ["" if v is None else str(v) for v in objects.identifier]
    exact = _repeats((k, t) if t.strip() else None
                     for k, t in zip(objects.kind, texts, strict=True))
    later = {b for _, b in exact}

    def tell(message: Message, a: int, b: int, other: str) -> None:
        told.tell(message, file=objects.file, row=int(rows[b]), kind=objects.kind[b],
                  record=str(records[b]), name="identifier", found=repr(texts[b]), other=other)

    for a, b in exact:
        tell(OBJECT_ID_REPEATED, a, b, _row_label(int(rows[a]), str(records[a])))
    for a, b in _repeats((k, look(t)) if t.strip() and n not in later else None
                         for n, (k, t) in enumerate(zip(objects.kind, texts, strict=True))):
        tell(IDENTIFIER_LOOKS_ALIKE, a, b, repr(texts[a]) + (
            f" of row {rows[a]}" if rows[a] else ""))
    return told.findings


def check_reports(reports: Sequence[Record]) -> list[Finding]:
    """Reports of work that may be one joint work, told by several, and nobody says so: each is
    counted until somebody does."""
    from landrelease.core.joint import possible, report_of

    told = _Told()
    done = [r for r in reports if r.values.get("activity_status") != "planned"]
    for a, b in possible([report_of(r.values) for r in done]):
        told.tell(JOINT_WORK_POSSIBLE, file="", row=0, kind=done[b].kind, record=done[b].id,
                  name="joint_with", found=done[b].id, other=shown(done[a].id))
    return told.findings


# Letters and digits that look alike, after case folding: a selection of Unicode Technical Standard
# 39, confusables.txt, for the alphabets that identifiers are typed in. Capitals decide (Cyrillic
# в and н are small capitals of В and Н; Greek ν is the small letter of Ν). 0/O and 1/l/I are one,
# as in the standard. Dashes are those of the property Dash.
_LOOKS: dict[int, str | None] = {
    **{ord(a): b for a, b in zip(
        "авекмнорстухіјѕԁһԛԝьзёїѵӏ", "abekmh0pctyx1jsdhqwb3e1v1", strict=True)},
    **{ord(a): b for a, b in zip("αβεζηικμνορτυχϲϳ", "abezh1kmn0ptyxcj", strict=True)},
    **{ord(c): "-" for c in "‐‑‒–—―−﹘﹣－⁃־᠆﹣"},
    ord("o"): "0", ord("l"): "1", ord("i"): "1", ord("|"): "1", ord("ı"): "1",
    ord("ɡ"): "g", ord("ɑ"): "a", ord("ƅ"): "b",
}


def look(identifier: str) -> str:
    """An identifier without what the eye does not tell apart: case, spaces, width, look-alike
    letters (Latin, Cyrillic, Greek, 0/O, 1/l/I), kinds of dashes, marks that do not show.

    >>> look("СНА–О1 ") == look("cha-0l")
    True
    """
    if identifier.isascii():
        return "".join(identifier.lower().split()).translate(_LOOKS)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", identifier).casefold())
    out = []
    for c in folded.translate(_LOOKS):
        group = unicodedata.category(c)
        if group in ("Cf", "Zs", "Cc"):
            continue
        digit = unicodedata.digit(c, None) if group == "Nd" else None
        out.append(c if digit is None else str(digit))
    return "".join(out)


# --- between records ---------------------------------------------------------------------------

def check_between(shapes: Shapes, settings: CheckSettings = SETTINGS, *,
                  administrative: Shapes | None = None,
                  progress: Progress = silent) -> list[Finding]:
    """Records against each other: the same or nearly the same shape in records of one kind;
    hazards or outcomes that overlap; released land outside the hazard that it names, or on another
    one; hazards outside their administrative area; ground that sums count twice.

    The area of a record is `Shapes.area`, else the one that holds most of its ground. Candidates
    come from an index; each filter before the exact overlay can only drop pairs that the check
    could not find.
    """
    told = _Told()
    ok = _in_range(shapes.ground) & np.isin(shapely.get_type_id(shapes.ground), (3, 6))
    index = np.flatnonzero(ok)
    if not len(index):
        return told.findings
    progress("geometry checks: plane", 0.4)
    flat = _flat(shapes.ground[index])
    area = shapely.area(flat)
    progress("geometry checks: neighbours", 0.5)
    original = _originals(shapes, index, settings)
    a, b, common, crowded = _overlays(shapes, index, flat, area, original, settings, progress)
    progress("geometry checks: pairs", 0.8)
    _tell_pairs(told, shapes, index, flat, area, original, a, b, common, settings)
    _tell_released(told, shapes, index, flat, area, settings)
    if crowded:
        told.tell(RECORDS_CROWDED, file=shapes.file or "registry", row=0, kind="", record="",
                  found=f"{crowded:,}", expected=f"{settings.most_neighbours:,}")
    if administrative is not None and len(administrative):
        _tell_outside(told, shapes, index, settings, administrative)
    progress("geometry checks: done", 1.0)
    return told.findings


def _originals(shapes: Shapes, index: np.ndarray, settings: CheckSettings) -> np.ndarray:
    """For each row of `index` the first one of its kind with exactly the same shape: (N,).

    A copy is told once, as a copy, and takes no part in the overlays: a thousand records on one
    outline would make half a million pairs.
    """
    first: dict[tuple[str, bytes], int] = {}
    out = np.arange(len(index))
    kind = shapes.kind[index]
    chosen = np.flatnonzero(np.isin(kind, settings.shape_kinds))
    for n, key in zip(chosen.tolist(), _plain_key(shapes.ground[index[chosen]]).tolist(),
                      strict=True):
        out[n] = first.setdefault((kind[n], key), n)
    return out


def _overlays(shapes: Shapes, index: np.ndarray, flat: np.ndarray, area: np.ndarray,
              original: np.ndarray, settings: CheckSettings, progress: Progress
              ) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Pairs a < b of rows of `flat` that matter, the area that they share in m²: (P,) each; and how
    many rows have more neighbours than are compared."""
    kind = shapes.kind[index]
    code = {name: n for n, name in enumerate(dict.fromkeys(kind.tolist()))}
    kinds = np.array([code[k] for k in kind.tolist()])
    alike = np.isin(kinds, [code[k] for k in settings.shape_kinds if k in code])
    ledger = np.isin(kinds, [code[k] for k in ("hazard", "outcome") if k in code])
    owner = _record_codes(shapes)[index]
    wanted = np.flatnonzero((alike | ledger) & (original == np.arange(len(index))))
    if len(wanted) < 2:
        return np.empty(0, int), np.empty(0, int), np.empty(0), 0
    box = shapely.bounds(flat)
    tree = shapely.STRtree(flat[wanted])
    lists: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    # As many at a time as their neighbours, by a sample, leave room for.
    sample = wanted[::max(1, len(wanted) // 200)]
    crowd = max(1, len(tree.query(flat[sample])[0]) // len(sample))
    chunk = int(np.clip(2_000_000 // crowd, 20, 10_000))
    crowded: list[np.ndarray] = []
    for start in range(0, len(wanted), chunk):
        b, a = tree.query(flat[wanted[start:start + chunk]])
        a, b = wanted[a], wanted[b + start]
        keep = (a < b) & (owner[a] != owner[b]) & ((kinds[a] == kinds[b]) | (ledger[a] & ledger[b]))
        a, b = a[keep], b[keep]
        width = np.minimum(box[a, 2], box[b, 2]) - np.maximum(box[a, 0], box[b, 0])
        height = np.minimum(box[a, 3], box[b, 3]) - np.maximum(box[a, 1], box[b, 1])
        most = np.minimum(np.maximum(width, 0) * np.maximum(height, 0),
                          np.minimum(area[a], area[b]))  # no pair shares more than this
        larger, smaller = np.maximum(area[a], area[b]), np.minimum(area[a], area[b])
        keep = (ledger[a] & ledger[b]
                & (most > np.maximum(settings.overlap_m2, settings.overlap_share * smaller)))
        keep |= (kinds[a] == kinds[b]) & alike[a] & (most >= settings.nearly_share * larger)
        a, b, score = a[keep], b[keep], most[keep] / np.maximum(larger[keep], 1e-9)
        # In a crowd those that can share most come first, and the rest are told as not compared.
        order = np.lexsort((a, -score, b))
        a, b = a[order], b[order]
        rank = np.arange(len(b)) - np.searchsorted(b, b)
        crowded.append(np.unique(b[rank >= settings.most_neighbours]))
        a, b = a[rank < settings.most_neighbours], b[rank < settings.most_neighbours]
        common = shapely.area(shapely.intersection(flat[a], flat[b]))
        lists.append((a, b, common))
        progress("geometry checks: neighbours", 0.5 + 0.3 * (start + chunk) / (
            len(wanted) + chunk))
    return (np.concatenate([x[0] for x in lists]), np.concatenate([x[1] for x in lists]),
            np.concatenate([x[2] for x in lists]), sum(len(c) for c in crowded))


def _tell_pairs(told: _Told, shapes: Shapes, index: np.ndarray, flat: np.ndarray,
                area: np.ndarray, original: np.ndarray, a: np.ndarray, b: np.ndarray,
                common: np.ndarray, settings: CheckSettings) -> None:
    kind = shapes.kind[index]
    owner = _record_codes(shapes)[index]
    copies = np.flatnonzero((original != np.arange(len(index))) & (owner != owner[original]))
    copied = dict(zip(copies.tolist(), original[copies].tolist(), strict=True))
    same_kind = kind[a] == kind[b]
    joint = area[a] + area[b] - common
    share = np.divide(common, joint, out=np.zeros_like(common), where=joint > 0)
    alike = same_kind & np.isin(kind[a], settings.shape_kinds)
    equal = np.zeros(len(a), dtype=bool)
    # Outlines within 1 mm of each other differ by at most their length times 1 mm.
    length = np.maximum(shapely.length(flat[a]), shapely.length(flat[b]))
    maybe = np.flatnonzero(alike & (joint - common <= 2 * settings.same_m * length + 1e-6))
    if len(maybe):
        apart = shapely.hausdorff_distance(
            shapely.boundary(flat[a[maybe]]), shapely.boundary(flat[b[maybe]]))
        equal[maybe] = apart <= settings.same_m
    nearly = alike & ~equal & (share >= settings.nearly_share)

    def each(mask: np.ndarray) -> dict[int, list[int]]:
        """Later row -> its pairs, the largest shared ground first."""
        out: dict[int, list[int]] = defaultdict(list)
        for p in np.flatnonzero(mask)[np.argsort(-common[mask], kind="stable")].tolist():
            out[int(b[p])].append(p)
        return dict(sorted(out.items()))

    twins = {n: sorted(int(a[p]) for p in pairs) for n, pairs in each(equal).items()}
    twins |= {n: [m] for n, m in copied.items()}
    for n in sorted(twins):
        i = int(index[n])
        names = [_label(shapes, int(index[m])) for m in twins[n]]
        told.shape(SHAPE_REPEATED, shapes, i, other=_some(names),
                   found=shown(shapes.identifier[i] or shapes.record[i]))
    for n, pairs in each(nearly).items():
        names = [f"{_label(shapes, int(index[a[p]]))} ({100 * share[p]:.1f} %)" for p in pairs]
        told.shape(SHAPE_NEARLY_REPEATED, shapes, int(index[n]), found=_some(names),
                   expected=f"{100 * settings.nearly_share:g} %")
    enough = common > np.maximum(settings.overlap_m2,
                                 settings.overlap_share * np.minimum(area[a], area[b]))
    ledger = np.isin(kind, ("hazard", "outcome"))
    mixed = enough & ~same_kind & ledger[a] & ledger[b]
    over = enough & same_kind & ledger[a] & ~equal & ~nearly
    for n, pairs in each(over).items():
        names = [f"{_label(shapes, int(index[a[p]]))} ({area_words(common[p])})" for p in pairs]
        told.shape(SHAPES_OVERLAP, shapes, int(index[n]), found=_some(names), kind_word=kind[n])
    others: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for p in np.flatnonzero(mixed).tolist():
        outcome, hazard = (int(a[p]), int(b[p])) if kind[a[p]] == "outcome" else (
            int(b[p]), int(a[p]))
        if shapes.hazard[index[outcome]] != shapes.record[index[hazard]]:
            others[outcome].append((float(common[p]), hazard))
    for n in sorted(others):
        names = [f"{_label(shapes, int(index[h]))} ({area_words(m2)})"
                 for m2, h in sorted(others[n], reverse=True)]
        told.shape(RELEASED_IN_OTHER_HAZARD, shapes, int(index[n]), found=_some(names))
    for name in ("hazard", "outcome"):
        mine = enough & same_kind & (kind[a] == name)
        double = copies[kind[copies] == name]
        both = np.unique(np.concatenate([a[mine], b[mine], double, original[double]]))
        if len(both):
            total = float(area[kind == name].sum())
            twice = float(area[both].sum()) - float(shapely.area(
                shapely.disjoint_subset_union_all(flat[np.unique(original[both])])))
            told.tell(AREA_COUNTED_TWICE, file=shapes.file or "registry", row=0, kind="",
                      record="", kind_word=name, found=area_words(total),
                      expected=area_words(total - twice), twice=area_words(twice),
                      records=f"{len(both):,}")


def _tell_released(told: _Told, shapes: Shapes, index: np.ndarray, flat: np.ndarray,
                   area: np.ndarray, settings: CheckSettings) -> None:
    """Outcomes beyond the hazard that they name (by the id of its record)."""
    kind = shapes.kind[index]
    rows: dict[str, list[int]] = defaultdict(list)
    for n in np.flatnonzero(kind == "hazard").tolist():
        rows[shapes.record[index[n]]].append(n)
    pairs = [(n, m) for n in np.flatnonzero(kind == "outcome").tolist()
             for m in rows.get(shapes.hazard[index[n]], ())]
    if not pairs:
        return
    outcome, hazard = np.array(pairs).T
    outside = dict.fromkeys(outcome.tolist(), 0.0)
    single = np.array([len(rows[shapes.hazard[index[n]]]) == 1 for n in outcome.tolist()])
    left = np.empty(len(pairs))
    left[single] = shapely.area(shapely.difference(flat[outcome[single]], flat[hazard[single]]))
    for n, m2 in zip(outcome[single].tolist(), left[single].tolist(), strict=True):
        outside[n] = m2
    for n in np.unique(outcome[~single]).tolist():  # a hazard in several rows is their union
        whole = shapely.union_all(flat[rows[shapes.hazard[index[n]]]])
        outside[n] = float(shapely.area(shapely.difference(flat[n], whole)))
    for n, m2 in outside.items():
        if m2 > max(settings.overlap_m2, settings.outside_share * float(area[n])):
            told.shape(RELEASED_OUTSIDE_HAZARD, shapes, int(index[n]),
                       found=f"{area_words(m2)} ({100 * m2 / float(area[n]):.1f} %)",
                       other=_label(shapes, int(index[rows[shapes.hazard[index[n]]][0]])))


def _tell_outside(told: _Told, shapes: Shapes, index: np.ndarray, settings: CheckSettings,
                  administrative: Shapes) -> None:
    hazards = index[shapes.kind[index] == "hazard"]
    usable = np.flatnonzero(_in_range(administrative.ground) & np.isin(
        shapely.get_type_id(administrative.ground), (3, 6)))
    if not len(hazards) or not len(usable):
        return
    # One plane for both, so that their outlines fit.
    both = _flat(np.concatenate([shapes.ground[hazards], administrative.ground[usable]]))
    ground, homes = both[:len(hazards)], both[len(hazards):]
    shapely.prepare(homes)
    area = shapely.area(ground)
    tree = shapely.STRtree(ground)
    home, hazard = tree.query(homes, predicate="intersects")
    inside_of: dict[int, list[tuple[float, int]]] = defaultdict(list)
    whole = shapely.covers(homes[home], ground[hazard])
    common = np.where(whole, area[hazard], 0.0)
    cut = np.flatnonzero(~whole)
    common[cut] = shapely.area(shapely.intersection(homes[home[cut]], ground[hazard[cut]]))
    for n, m, m2 in zip(hazard.tolist(), home.tolist(), common.tolist(), strict=True):
        inside_of[n].append((m2, m))
    ids = administrative.record[usable]
    for n, i in enumerate(hazards.tolist()):
        if area[n] <= 0:
            continue
        named = shapes.area[i]
        known = {ids[m]: m2 for m2, m in inside_of.get(n, ())}
        if named and named in ids:
            home_words, m2 = f"administrative area {shown(named)}", known.get(named, 0.0)
        else:
            m2, m = max(inside_of.get(n, [(0.0, -1)]))
            home_words = (f"administrative area {shown(ids[m])}" if m >= 0
                          else "all administrative areas")
        outside = float(area[n]) - m2
        if outside > max(settings.overlap_m2, settings.outside_share * float(area[n])):
            told.shape(OUTSIDE_ADMINISTRATIVE_AREA, shapes, i, other=home_words,
                       found=f"{area_words(outside)} ({100 * outside / float(area[n]):.1f} %)")


# --- all of it ---------------------------------------------------------------------------------

def check_all(*, shapes: Shapes | None = None, corners: Corners | None = None,
              points: Points | None = None, devices: Devices | None = None,
              objects: Objects | None = None, administrative: Shapes | None = None,
              reports: Sequence[Record] = (),
              settings: CheckSettings = SETTINGS, only: Iterable[str] = (),
              progress: Progress = silent) -> list[Finding]:
    """All checks on the tables that are there. `only`: names of checks, all where empty.

    Raises `KeyError` for a name that is no check.
    """
    by_name = {check.name: check for check in CHECKS}
    wanted = {by_name[name].message.code for name in only}
    found: list[Finding] = []
    if shapes is not None:
        found += check_polygons(shapes, settings, corners=corners, progress=progress)
        found += check_between(shapes, settings, administrative=administrative, progress=progress)
    if points is not None:
        found += check_points(points, settings)
    if devices is not None:
        found += check_devices(devices)
    if objects is not None:
        found += check_objects(objects)
    found += check_reports(reports)
    return [f for f in found if not wanted or f.code in wanted]


def check_accuracies(records: Iterable[Record], settings: CheckSettings = SETTINGS
                     ) -> list[Finding]:
    """Records with a place that may be so far off that nobody knows it: a typing error, kilometres
    times a thousand, or a receiver that knew nothing. The value stays, and the record counts no
    farther round than that."""
    told = _Told()
    for r in records:
        most = settings.farthest_off_m
        if r.kind == "complaint":
            most = min(most, settings.report_off_m)
        if r.geometry is not None and not r.geometry.is_empty and off_m(r) > most:
            told.tell(ACCURACY_NO_PLACE, file="", row=0, kind=r.kind, record=r.id,
                      name="position_accuracy_m", found=f"{off_m(r):,.10g}",
                      expected=f"{most:,.10g}")
    return told.findings


def check_registry(records: Iterable[Record], *, settings: CheckSettings = SETTINGS,
                   only: Iterable[str] = (), progress: Progress = silent) -> list[Finding]:
    """All checks over the current records of a registry.

    Polygons are checked for themselves and against each other, hazards against the administrative
    areas of the finest level that is recorded, points against points of their kind, identifiers
    within their kind, reports of work against those of the same place and days. Items that name one
    activity or hazard are its devices where they report
    neither a place nor an identifier. Findings name the kind and the id of the record.
    """
    every = list(records)
    polygons = [r for r in every if r.geometry is not None
                and r.geometry.geom_type in ("Polygon", "MultiPolygon", "GeometryCollection")]
    points = [r for r in every if r.geometry is not None and r.geometry.geom_type == "Point"
              and not r.geometry.is_empty]
    by_identifier: dict[str, str] = {}
    for r in every:
        if r.kind == "hazard":
            by_identifier.setdefault(str(r.values.get("identifier") or r.id), r.id)

    def hazard_of(r: Record) -> str:
        named = r.values.get("hazard")
        if named:
            return str(named)
        return by_identifier.get(str(r.values.get("hazard_identifier") or ""), "")

    shapes = Shapes.of(
        [r.geometry for r in polygons], kind=[r.kind for r in polygons],
        record=[r.id for r in polygons],
        hazard=[hazard_of(r) if r.kind == "outcome" else "" for r in polygons])
    areas = [r for r in polygons if r.kind == "administrative_area"]
    levels = [r.values.get("level") for r in areas]
    finest = max((v for v in levels if isinstance(v, int)), default=None)
    areas = [r for r, v in zip(areas, levels, strict=True) if finest is None or v == finest]
    xy = np.array([(r.geometry.x, r.geometry.y) for r in points  # type: ignore[union-attr]
                   ]).reshape(-1, 2)
    bare = [r for r in every if r.kind == "item" and r.geometry is None
            and not r.values.get("identifier") and (r.values.get("activity")
                                                    or r.values.get("hazard"))]
    wanted = set(only)
    found = [] if wanted and "accuracy_no_place" not in wanted else check_accuracies(
        every, settings)
    return found + check_all(
        shapes=shapes, settings=settings, only=wanted, progress=progress,
        administrative=Shapes.of([r.geometry for r in areas], kind="administrative_area",
                                 record=[r.id for r in areas]),
        points=Points([r.kind for r in points], [r.id for r in points], [""] * len(points),
                      xy[:, 0], xy[:, 1], day=[r.valid_from for r in points]),
        devices=Devices(["item"] * len(bare),
                        [str(r.values.get("activity") or r.values.get("hazard")) for r in bare],
                        [r.values.get("ordnance_category") for r in bare], [""] * len(bare),
                        [r.values.get("model") for r in bare],
                        [r.values.get("quantity") for r in bare]),
        reports=[r for r in every if r.kind == "activity"],
        objects=Objects([r.kind for r in every],
                        [r.values.get("identifier") for r in every], [r.id for r in every]))
