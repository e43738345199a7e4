"""Where rows that wait may lie, and which area they name: what blocks a release, reopens released
ground, and is drawn for who may see it.

A place stands as a shape beside the row, or in its cells in whichever way its file says places:
WKT, degrees, a grid, a bearing and a distance, a traverse. It is read as at the import. Of a
submission of a phone that waits as a whole it stands in the answers.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import bounds_together, cut_at_180, plane_for
from landrelease.core.lineage import FARTHEST_OFF_M
from landrelease.records.shapes import repair

if TYPE_CHECKING:
    from landrelease.records.mapping import Mapping as ColumnMapping
    from landrelease.store.registry import QuarantineEntry, Registry

# Kinds that can say of ground that it is dangerous; of others a place in doubt says nothing.
SPEAKS = frozenset({"hazard", "item", "accident", "evidence", "complaint", "source"})
_FINDS = ("item", "accident")
# Points as phones write them: latitude, longitude and perhaps altitude and accuracy, in an answer.
_DEGREES = r"[+-]?\d{1,3}(?:\.\d*)?(?:[eE][+-]?\d{1,3})?"
_POINT = re.compile(rf"\s*({_DEGREES})\s+({_DEGREES})(?:\s+\S+(?:\s+(\S+))?)?\s*")
_ACCURACY = "position_accuracy_m"
# Headings beside a place of which an export of forms or our server says how exactly it was measured
_MEASURED = re.compile(r"[-_. ](?:accuracy|precision)$", re.I)
NO_DATUM = "GEO-001"
_MOST_PARTS = 100
TURNED = frozenset({"GEO-012", "GEO-212"})  # read otherwise the place lies inside the programme


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that waits. `place`: where it may lie, None where nothing says it; `reach_m`: how far
    from there, as its cells say it; of a find at least as far as finds are off (`find_accuracy_m`);
    `hazard`: the area that it names, or ""; `known`: whether its cells say how far, or nothing."""

    entry: QuarantineEntry
    place: BaseGeometry | None
    reach_m: float
    hazard: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    """Where a row that waits lies as it is read, degrees, valid or not; of a hazard always ground.

    `off_m`: how far off that may be, m (90 %), as its record would say it: what its cells state, or
    what rounding, transformation and the receiver leave, where that is more (S04). `known`: whether
    it is known that far: nothing states more that nobody can read, and its shape is its own.
    """

    place: BaseGeometry
    off_m: float
    known: bool


def waiting_places(registry: Registry, kinds: Collection[str] | None = None
                   ) -> list[tuple[QuarantineEntry, BaseGeometry]]:
    """Rows that wait, each with its place as far as it can be read. A shape that is no shape stands
    for its whole extent (S01). Rows whose place itself is in doubt may lie anywhere and are left
    out.

    kinds : of these kinds only.
    """
    from landrelease.workflows import _PLACE_IN_DOUBT

    rows = [e for e in registry.quarantine("waiting")
            if (kinds is None or e.row.kind in kinds)
            and not any(f.code in _PLACE_IN_DOUBT for f in e.row.findings)]
    places = _read(registry, rows)
    return [(e, places[e.number].place) for e in rows if e.number in places]


def waiting_rows(registry: Registry, kinds: Collection[str] | None = None) -> list[WaitingRow]:
    """All rows that wait, each as wide as its place may be: where no datum is stated, as far round
    as datums differ (`unknown_datum_m`); where it lies inside the programme once its axes or signs
    are exchanged, all these readings. For decisions: doubt about a place of what may be dangerous
    takes no row away (S01, S04).
    """
    from landrelease.workflows import _PLACE_IN_DOUBT, load_assumptions

    rows = [e for e in registry.quarantine("waiting") if kinds is None or e.row.kind in kinds]
    if not rows:
        return []
    places, mappings = _read(registry, rows), _Mappings(registry)
    nothing = Read(shapely.Point(), 0.0, True)
    stated = load_assumptions(None, registry)
    datum_m, find_m = stated.value("unknown_datum_m"), stated.value("find_accuracy_m")
    out = []
    for entry in rows:
        kind, codes = entry.row.kind, {f.code for f in entry.row.findings}
        read = places.get(entry.number, nothing)
        place = None if read is nothing else read.place
        if kind not in SPEAKS and codes & _PLACE_IN_DOUBT:
            place = None
        if place is not None and codes & TURNED:
            place = _turned(place)
        if place is not None and NO_DATUM in codes:
            place = widened(place, datum_m)
        cells = _cells(entry, mappings.of(entry))
        out.append(WaitingRow(
            entry, place, max(read.off_m, find_m) if kind in (*_FINDS, "source") else read.off_m,
            str(cells.get("hazard") or cells.get("hazard_identifier") or "").strip(), read.known))
    return out


def waiting_finds(registry: Registry) -> list[tuple[WaitingRow, str]]:
    """Rows that wait and say that something was found or happened, with which of both: rows of
    items and accidents, and submissions that wait as a whole of forms that report them."""
    from landrelease.workflows.quarantine import kinds_in

    out = []
    for row in waiting_rows(registry, (*_FINDS, "source")):
        what = row.entry.row.kind
        if what == "source":
            what = next((k for k in kinds_in(row.entry.row) if k in _FINDS), "")
        if what:
            out.append((row, what))
    return out


def _turned(place: BaseGeometry) -> BaseGeometry:
    """A place with all readings of it: axes as they are and exchanged, each sign both ways."""
    return shapely.union_all([
        shapely.transform(place, lambda xy, turn=turn, signs=signs: xy[:, ::turn] * signs)
        for turn in (1, -1) for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1))])


def widened(place: BaseGeometry, by_m: float) -> BaseGeometry:
    """A box round each part of a place, so much wider on each side: cut where longitudes meet, near
    a pole all the way round the Earth. Of very many parts one box round all, on each half of the
    Earth."""
    if not by_m > 0 or place.is_empty:
        return place
    parts = shapely.get_parts(place) if len(shapely.get_parts(place)) <= _MOST_PARTS \
        else extents(place)
    return shapely.union_all([box for part in parts for box in _boxes(part, by_m)])


def extents(place: BaseGeometry) -> Sequence[BaseGeometry]:
    """The extent of each part of a place; of very many parts that of all, on each half of the
    Earth, so that none reaches round it."""
    parts = shapely.get_parts(place)
    if len(parts) > _MOST_PARTS:
        corners = shapely.multipoints(shapely.get_coordinates(place))
        halves = (shapely.intersection(corners, shapely.box(west, -90, west + 180, 90))
                  for west in (-180, 0))
        parts = np.array([half for half in halves if not half.is_empty], dtype=object)
    return list(shapely.envelope(parts))


def _boxes(part: BaseGeometry, by_m: float) -> list[BaseGeometry]:
    up = by_m / 110_000
    if not (part.bounds[1] - up > -85 and part.bounds[3] + up < 85):
        return [shapely.box(-180, max(-90.0, part.bounds[1] - up), 180,
                            min(90.0, part.bounds[3] + up))]
    plane = plane_for(part.bounds)
    far = cut_at_180(plane.to_degrees(np.array([plane.to_plane(part).buffer(by_m)], dtype=object)),
                     plane.longitude)
    west, south, east, north = bounds_together(far)
    if east <= 180:
        return [shapely.box(west, south, east, north)]
    return [shapely.box(west, south, 180, north), shapely.box(-180, south, east - 360, north)]


def _cells(entry: QuarantineEntry, mapping: ColumnMapping) -> Mapping[str, Any]:
    """Field -> cell of the fields that are asked for here."""
    values = entry.row.values
    if entry.row.kind == "source":
        named = next((v for k, v in values.items() if k.endswith("/hazard")), None)
        return {"hazard": named}
    return {n: values.get(mapping.columns.get(n, n)) for n in ("hazard", "hazard_identifier")}


class _Mappings:
    """By which mapping each row was read: that of its import, else what its headings give."""

    def __init__(self, registry: Registry):
        from landrelease.workflows.quarantine import mapping_from

        self._kinds = registry.kinds
        self._known = {(r.source, r.kind, r.layer): mapping_from(r.mapping)
                       for _, r in registry.imports() if r.mapping}

    def of(self, entry: QuarantineEntry) -> ColumnMapping:
        from landrelease.records.intake import proposed_for

        row = entry.row
        key = (row.source, row.kind, row.layer)
        if key not in self._known:
            self._known[key] = proposed_for(row, self._kinds)
        return self._known[key]


def answered_place(values: Mapping[str, Any]) -> BaseGeometry | None:
    """All places in the answers of a submission: points, and of lines and outlines what they
    enclose at most."""
    shapes = [shapely.convex_hull(shapely.multipoints(
        [(float(m[2]), float(m[1])) for m in points])) for points in _points(values)]
    return shapely.union_all(shapes) if shapes else None


def _points(values: Mapping[str, Any]) -> Iterator[list[re.Match[str]]]:
    """Of each answer that is a place its points."""
    for name, said in values.items():
        if not name.startswith("/") or not isinstance(said, str):
            continue
        points = [_POINT.fullmatch(part) for part in said.split(";") if part.strip()]
        if points and points[0] is not None:
            yield [m for m in points if m is not None]


def answered_off(values: Mapping[str, Any]) -> tuple[float, bool]:
    """How far off any place in the answers of a submission may be, m, and whether that is known."""
    from landrelease.records.ground import measured_m, not_measured

    measured = [m[3] for points in _points(values) for m in points]
    off = float(max(measured_m(measured), default=0.0))
    said = [v for k, v in values.items() if k.endswith(f"/{_ACCURACY}") and str(v).strip()]
    numbers = [_number(v) for v in said]
    return max([off, *(n for n in numbers if n is not None)]), \
        None not in numbers and not not_measured(measured).any()


def _number(cell: Any) -> float | None:
    with contextlib.suppress(ValueError, TypeError):
        found = float(str(cell).strip().removesuffix("m").strip().replace(",", "."))
        return found if 0 <= found < math.inf else None
    return None


def _read(registry: Registry, rows: Collection[QuarantineEntry]) -> dict[int, Read]:
    """The same, as valid shapes: one that is none stands for its whole extent (S01)."""
    return {number: read if read.place.is_valid else replace(
        read, place=shapely.box(*read.place.bounds))
        for number, read in as_read(registry, rows).items()}


def as_read(registry: Registry, rows: Collection[QuarantineEntry]) -> dict[int, Read]:
    """Number -> place as it is read, of the rows of which one can be read and lies on Earth."""
    from landrelease.records.ground import measured_m, not_measured, rough_places
    from landrelease.records.mapping import MEASURED
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.quarantine import carried_m

    found: dict[int, tuple[BaseGeometry | None, float, bool]] = {}
    areas: dict[int, float | None] = {}  # of hazards: what they say how large they are, m²
    together: dict[tuple[Any, ...], list[QuarantineEntry]] = {}
    for entry in rows:
        row = entry.row
        if row.kind == "source":
            found[entry.number] = (answered_place(row.values), *answered_off(row.values))
        else:
            together.setdefault((row.source, row.kind, row.layer, bool(row.geometry_wkt),
                                 tuple(row.values)), []).append(entry)
    mappings = _Mappings(registry)
    for (_, kind, _, shaped, headings), alike in together.items():
        mapping, cells = mappings.of(alike[0]), [e.row.values for e in alike]
        places, off = np.empty(len(alike), dtype=object), np.zeros(len(alike))
        odd = np.zeros(len(alike), dtype=bool)  # measured, and nobody can read how exactly
        if shaped:
            for n, entry in enumerate(alike):
                with contextlib.suppress(shapely.errors.ShapelyError, ValueError):
                    places[n] = shapely.force_2d(shapely.from_wkt(entry.row.geometry_wkt))
            off += carried_m(registry, alike[0].row)
        else:
            places, off = rough_places(cells, mapping)
        for heading in headings:
            if heading == mapping.columns.get(MEASURED) or _MEASURED.search(str(heading)):
                measured = [c[heading] for c in cells]
                off = np.hypot(off, measured_m(measured))
                odd |= not_measured(measured)
        stated = _stated(registry, kind, _ACCURACY, cells, mapping)
        if kind == "hazard":
            areas |= dict(zip((e.number for e in alike), _stated(
                registry, kind, "reported_area_m2", cells, mapping), strict=True))
        for n, entry in enumerate(alike):
            said = stated[n]
            unread = said is not None and math.isnan(said)
            found[entry.number] = places[n], max(
                float(off[n]), 0.0 if said is None or unread else said), not (unread or odd[n])
    out = {}
    for number, (place, metres, known) in found.items():
        if place is None or place.is_empty:
            continue
        west, south, east, north = place.bounds
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:  # refuses nan too
            out[number] = Read(place, min(metres, FARTHEST_OFF_M),
                               known and metres <= FARTHEST_OFF_M)
    if areas:
        least = load_assumptions(None, registry).value("find_accuracy_m")
        out |= {n: _as_ground(out[n], areas[n], least) for n in areas if n in out}
    return out


def _stated(registry: Registry, kind: str, name: str, cells: Sequence[Mapping[str, Any]],
            mapping: ColumnMapping) -> list[float | None]:
    """What rows say of a field that is a number, as `rough_numbers` gives it."""
    from landrelease.records.intake import rough_numbers

    known = registry.kinds.get(kind)
    fields = () if known is None else tuple(f for f in known.fields if f.name == name)
    return rough_numbers(cells, mapping, fields[0], date.max) if fields else [None] * len(cells)


def said_of(registry: Registry, entries: Sequence[QuarantineEntry], name: str, today: date
            ) -> list[Any]:
    """What rows that wait say of a field, read as at the import: None where one says nothing, or
    nobody can read it."""
    from landrelease.records.intake import rough_values

    mappings = _Mappings(registry)
    out = []
    for entry in entries:
        known = registry.kinds.get(entry.row.kind)
        field = None if known is None else next((f for f in known.fields if f.name == name), None)
        out.append(None if field is None else rough_values(
            [entry.row.values], mappings.of(entry), field, today)[0][0])
    return out


def _as_ground(read: Read, area_m2: float | None, least_m: float) -> Read:
    """The place of a hazard as ground: of an outline that was not closed what it encloses; round a
    point or a line all that may be meant (S01): as far as it may be off, at least `least_m`; and as
    far as an area of the size that is stated reaches from a place in it. What stands in for an
    outline is not known to hold all of the hazard."""
    place = read.place
    if place.geom_type in ("Polygon", "MultiPolygon") and place.is_valid:
        return read
    if place.geom_type == "LineString":  # an outline that was not closed
        with contextlib.suppress(shapely.errors.ShapelyError, ValueError):
            place = shapely.Polygon(place.coords)
    with contextlib.suppress(shapely.errors.ShapelyError, ValueError):
        if not repair(place, "union").widest.is_empty:
            return replace(read, place=place)
    across = 2 * math.sqrt(area_m2 / math.pi) if area_m2 is not None and area_m2 > 0 else 0.0
    if not (place.bounds[1] > -85 and place.bounds[3] < 85):  # at a pole
        return replace(read, known=False)
    plane = plane_for(bounds_together(np.array([read.place], dtype=object)))
    round_it = np.array([shapely.convex_hull(plane.to_plane(read.place)).buffer(
        min(max(least_m, read.off_m, across), FARTHEST_OFF_M))], dtype=object)
    return Read(cut_at_180(plane.to_degrees(round_it), plane.longitude)[0], read.off_m, False)
