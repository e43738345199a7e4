"""The fate of rows: a new record, a new revision, merged, or quarantine; and the intake they make.

Nothing is merged but what is the same, nothing known is changed without a word (S01, S09).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.finding import ImportReport, Intake, QuarantinedRow
from landrelease.core.geometry import geodesic_area_m2, plane_for
from landrelease.core.record import Kind, Record
from landrelease.core.revision import Revision
from landrelease.errors import (
    ANSWERS_BEFORE,
    HAZARD_WOULD_NARROW,
    HAZARD_WOULD_SHRINK,
    IDENTIFIER_LOOKS_ALIKE,
    IDENTIFIER_REPEATED,
    KNOWN_FILE_DIFFERS,
    RECORD_CHANGED,
    RECORD_OF_OTHER_KIND,
    RELEASED_WOULD_GROW,
    ROW_REPEATS,
    ROWS_ALREADY_RECORDED,
    SAME_RECORD_OTHER_VALUES,
    SHAPE_REPEATED,
    STATUS_NEEDS_DECISION,
)
from landrelease.records import shapes
from landrelease.records.geochecks import look
from landrelease.records.ground import Ground, Settings
from landrelease.records.mapping import Mapping
from landrelease.records.readers import SourceTable
from landrelease.records.told import Caution, Fate, Told
from landrelease.records.values import is_absent, shown
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
OFF_THE_MAP = frozenset(("closed", "handed_over"))


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry holds already, and how the rows are recorded."""

    existing: MappingType[str, Record]
    taken_sources: set[str] | frozenset[str]
    recorded_at: datetime
    recorded_by: str
    caution: Caution | None = None


def sort_out(told: Told, table: SourceTable, kind: Kind, mapping: Mapping,
             values: Sequence[dict[str, Any]], dates: Sequence[date | None], ground: Ground,
             known: Known, settings: Settings) -> Intake:
    """Decide each row's fate in the order of the file."""
    judge = _Judge(told, table, kind, mapping, values, ground, known, settings)
    by_shape = kind.name in ("hazard", "outcome")
    revisions: list[Revision] = []
    private = {f.name for f in kind.fields if f.personal}
    personal: dict[str, dict[str, Any]] = {}
    fates: list[Fate] = ["quarantined"] * len(told)
    merged = again = 0
    numbers = told.numbers.tolist()
    refused = told.refused.tolist()
    name, file, source = kind.name, table.file, table.source
    places_ = ground.shapes.tolist()
    for i, said in enumerate(values):
        if refused[i]:
            continue
        # What is personal never enters the chain: the registry keeps it beside (S17).
        own = {n: said.pop(n) for n in private & said.keys()} if private else None
        identifier = str(said["identifier"]) if "identifier" in said else ""
        record_id = judge.record_id(i, identifier)
        seen_as = look(identifier) if identifier else ""
        fate, reason = judge.fate(i, identifier, seen_as, record_id)
        fates[i] = fate
        if fate == "quarantined":
            continue
        judge.first.setdefault(record_id, i)
        if fate == "merged":
            merged += 1
            again += reason == "known"
            continue
        if own:
            personal[record_id] = own
        if identifier:
            judge.looks.setdefault(seen_as, identifier)
        if by_shape:
            judge.known_shapes.setdefault(judge.keys[i], record_id)
        revisions.append(Revision(
            name, record_id, said, places_[i], known.recorded_at, known.recorded_by,
            reason or f"import of {file}, row {numbers[i]}", source, dates[i]))
    if again:
        told.tell_whole(ROWS_ALREADY_RECORDED, found=again)
    quarantined, findings = [], list(told.whole)
    for i in sorted(told.findings.keys() | {i for i, f in enumerate(fates) if f == "quarantined"}):
        # What decided the fate stands first.
        said_of = tuple(replace(f, fate=fates[i]) for f in sorted(
            told.findings.get(i, ()), key=lambda f: f.fate == "accepted"))
        findings.extend(said_of)
        if fates[i] == "quarantined":
            quarantined.append(QuarantinedRow(
                file, source, numbers[i], name, row_values(table, i),
                _kept_wkt(table, ground, i), said_of))
    used = set(mapping.columns.values()) | ({mapping.record} - {""})
    report = ImportReport(
        file=file, source=source, kind=name, read=len(told), accepted=len(revisions),
        merged=merged, quarantined=len(quarantined), findings=tuple(findings),
        unmapped=tuple(c for c in table.columns if c not in used))
    return Intake(report, tuple(revisions), tuple(quarantined), table.content, personal)


def row_values(table: SourceTable, i: int) -> dict[str, Any]:
    """The cells of one row as they stand in the file, by heading."""
    found = {name: table.cells[name][i] for name in table.columns}
    return {**{n: v.item() if isinstance(v, np.generic) else v for n, v in found.items()},
            **table.extras.get(i, {})}


def _kept_wkt(table: SourceTable, ground: Ground, i: int) -> str:
    """Longitude/latitude as read where the file has them; places in columns stay in the values."""
    as_read = ground.as_read[i]
    if not table.has_geometry or as_read is None:
        return ""
    if ground.in_degrees:
        return shapely.to_wkt(as_read, rounding_precision=-1)
    shape = ground.shapes[i]
    return "" if shape is None else shapely.to_wkt(shape, rounding_precision=-1)


class _Judge:
    """What was met so far, and the fate of the next row that is sound in itself."""

    def __init__(self, told: Told, table: SourceTable, kind: Kind, mapping: Mapping,
                 values: Sequence[dict[str, Any]], ground: Ground, known: Known,
                 settings: Settings):
        self.told, self.kind, self.values, self.settings = told, kind, values, settings
        self.shapes, self.existing = ground.shapes, known.existing
        self.source, self.taken = table.source, table.source in known.taken_sources
        self.caution = known.caution
        self.keys = _shape_keys(ground.shapes)
        self._place_ids = self._ids_of_places(ground)
        self._stated = (table.cells[mapping.record] if mapping.record in table.columns else None)
        self.known_shapes: dict[bytes, str] = {}
        if kind.name in ("hazard", "outcome"):
            old = [r for r in self.existing.values()
                   if r.kind == kind.name and r.geometry is not None]
            geometries = np.empty(len(old), dtype=object)
            geometries[:] = [r.geometry for r in old]
            for record, key in zip(old, _shape_keys(geometries), strict=True):
                self.known_shapes.setdefault(key, record.id)
        self.looks = {look(str(r.values["identifier"])): str(r.values["identifier"])
                      for r in self.existing.values()
                      if r.kind == kind.name and r.values.get("identifier")}
        self.first: dict[str, int] = {}  # record id -> index of the row

    def _ids_of_places(self, ground: Ground) -> list[bytes]:
        """What the ids of records without an identifier are made from: the place as read."""
        if not ground.in_degrees:
            return self.keys
        other = np.array([a is not b for a, b in
                          zip(ground.as_read, ground.shapes, strict=True)], dtype=bool)
        if not other.any():
            return self.keys
        out = list(self.keys)
        for i, key in zip(np.flatnonzero(other).tolist(), _shape_keys(ground.as_read[other]),
                          strict=True):
            out[i] = key
        return out

    def record_id(self, i: int, identifier: str) -> str:
        if self._stated is not None and not is_absent(self._stated[i]):
            return str(self._stated[i]).strip()  # a file that a registry wrote says it
        return _record_id(self.kind, identifier, self.values[i], self._place_ids[i],
                          f"{self.source} {self.told.numbers[i]}")

    def content(self, i: int) -> str:
        return _content(self.values[i], self.keys[i])

    def fate(self, i: int, identifier: str, seen_as: str, record_id: str) -> tuple[Fate, str]:
        """The fate of a row, and the reason of its revision."""
        told, kind = self.told, self.kind
        earlier = self.first.get(record_id)
        if earlier is not None:
            other = int(told.numbers[earlier])
            before, content = self.content(earlier), self.content(i)
            if before == content:
                told.tell(i, ROW_REPEATS, other=other, fate="merged")
                return "merged", "repeat"
            if identifier:
                told.refuse(i, IDENTIFIER_REPEATED, field="identifier", found=identifier,
                            other=other)
            else:
                told.refuse(i, SAME_RECORD_OTHER_VALUES, other=other, found=_differences(
                    json.loads(before), json.loads(content)))
            return "quarantined", ""
        if identifier and (seen := self.looks.get(seen_as, identifier)) != identifier:
            told.refuse(i, IDENTIFIER_LOOKS_ALIKE, field="identifier", found=identifier,
                        other=seen)
            return "quarantined", ""
        record = self.existing.get(record_id)
        if record is None:
            twin = self.known_shapes.get(self.keys[i]) if self.known_shapes else None
            if twin is not None:
                told.refuse(i, SHAPE_REPEATED, field="geometry", other=twin,
                            found=identifier or record_id)
                return "quarantined", ""
            return "accepted", ""
        if record.kind != kind.name:
            told.refuse(i, RECORD_OF_OTHER_KIND, field="identifier", found=record_id,
                        other=record.kind)
            return "quarantined", ""
        content, shape = self.content(i), self.shapes[i]
        old = _content(record.values, _shape_key(record.geometry))
        if old == content or (_same_shape(record.geometry, shape) and _content(
                record.values, self.keys[i]) == content):
            return "merged", "known"
        # Of a file that is taken in by lines of edits some layers may be here and others not yet: a
        # server was killed in between.
        in_lines = self.caution is not None and self.caution.in_lines
        if self.taken and (self.source in record.sources if in_lines
                           else tuple(record.sources) != (self.source,)):
            told.tell(i, KNOWN_FILE_DIFFERS, other=record_id, fate="merged")
            return "merged", "known file"
        if self.caution is not None and any(
                _content(past.values, _shape_key(past.geometry)) == content
                for past in self.caution.before(record_id)):
            told.tell(i, ANSWERS_BEFORE, other=record_id, fate="merged")
            return "merged", "older"
        if self.caution is not None and (why := self.caution.of(record, Record(
                kind.name, record_id, self.values[i], shape))) is not None:
            message, facts, fate = why
            told.tell(i, message, fate=fate, **{"other": record_id, **facts})
            told.refused[i] |= fate == "quarantined"
            return fate, "older"
        changed = _differences(json.loads(old), json.loads(content))
        if _breaks_s01(told, i, kind, record, self.values[i], shape, self.settings):
            return "quarantined", ""
        told.tell(i, RECORD_CHANGED, other=record_id, found=changed)
        return "accepted", f"import of {told.file}, row {told.numbers[i]}: changed {changed}"


def _breaks_s01(told: Told, i: int, kind: Kind, record: Record, said: dict[str, Any],
                shape: BaseGeometry | None, settings: Settings) -> bool:
    """Refuse a change that takes ground out of a hazard, or adds ground to released land (S01)."""
    if kind.name == "hazard" and said.get("status") in OFF_THE_MAP and (
            record.values.get("status") not in OFF_THE_MAP):
        told.refuse(i, STATUS_NEEDS_DECISION, field="status", other=record.id,
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
        return kind.name == "hazard" and _narrows(told, i, record, said, new, settings)
    told.refuse(i, HAZARD_WOULD_SHRINK if kind.name == "hazard" else RELEASED_WOULD_GROW,
                field="geometry", found=area_words(lost), other=record.id)
    return True


def _narrows(told: Told, i: int, record: Record, said: dict[str, Any], new: BaseGeometry,
             settings: Settings) -> bool:
    """Refuse an accuracy of a hazard that is better than what is on record, or none any more: what
    it reaches would shrink (S01, S04). Unless its outline is drawn so much wider."""
    name = "position_accuracy_m"
    before, now = (_metres(values.get(name)) for values in (record.values, said))
    if before - now <= settings.rounding_m or record.geometry is None:
        return False
    plane = plane_for(record.geometry.bounds)
    reached = plane.to_plane(record.geometry).buffer(before)
    if reached.difference(plane.to_plane(new).buffer(now)).area <= settings.rounding_m2:
        return False
    told.refuse(i, HAZARD_WOULD_NARROW, field=name, other=record.id,
                found=f"{now:,.10g} m" if name in said else "not reported",
                expected=f"{before:,.10g} m")
    return True


def _metres(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


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


