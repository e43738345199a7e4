"""Areas divided, joined, suspended and released in part; edits of other programs; extensions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core import lineage
from landrelease.core.checklist import refuse_twins
from landrelease.core.checks import checker
from landrelease.core.extension import Extension, extended, read_extension
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import (
    DATUM_NOT_STATED,
    EDIT_NOT_VALID,
    EXTENSION_LOADED,
    EXTENSION_NOT_READABLE,
    RECORD_UNKNOWN,
    SHAPES_MISSING,
    LandReleaseError,
)
from landrelease.workflows.identities import current_revision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.records.readers import SourceTable
    from landrelease.store.registry import Edit, Registry


# --- lineage -----------------------------------------------------------------------------------


def read_shapes(path: Path) -> list[BaseGeometry]:
    """The polygons of a file, in longitude/latitude on WGS 84 whatever its system (S04).

    One that crosses or touches itself, by rounding for example, is read as the union of all its
    readings, like a hazard (S01).
    """
    return [shape for _, shape, _ in read_places(path)]


def read_places(path: Path, *, plane: bool = False, narrow: bool = False
                ) -> list[tuple[int, BaseGeometry, Mapping[str, Any]]]:
    """The same with the number of each row and its values; with `plane` in the file's metres.
    `narrow`: of a shape that crosses itself only the ground on which all its readings agree.

    Raises CLI-105 where a row has no shape, and what `readers.read` raises.
    """
    from landrelease.records import readers
    from landrelease.records.shapes import repair

    return [(number, s if s.is_valid or s.geom_type not in ("Polygon", "MultiPolygon")
             else repair(s, "intersection").shape if narrow else repair(s, "union").widest, values)
            for number, s, values in _drawn(readers.read(path), plane)[0]]


def _drawn(table: SourceTable, plane: bool = False
           ) -> tuple[list[tuple[int, BaseGeometry, Mapping[str, Any]]], float]:
    """The shapes as they were drawn, whether they cross themselves or not, and how far off their
    transformation may be, m."""
    from landrelease.records import places

    rows = [(row.row, row.geometry, row.values) for row in table.rows if row.geometry is not None]
    if not rows or len(rows) < len(table.rows):
        raise LandReleaseError(SHAPES_MISSING, file=table.file, found=len(rows),
                               expected=len(table.rows))
    shapes = [shape for _, shape, _ in rows]
    accuracy_m = 0.0
    if not plane and table.crs and not places.is_wgs84(table.crs, table.file):
        import numpy as np
        import shapely

        ground = np.array(shapes, dtype=object)
        using = places.carriage(table.crs, table.file, shapely.get_coordinates(ground))
        shapes = list(places.carry_all(ground, using))
        accuracy_m = using.accuracy_m
    return ([(number, s, values) for (number, _, values), s in zip(rows, shapes, strict=True)],
            accuracy_m)


def read_ground(path: Path) -> tuple[BaseGeometry, float]:
    """The ground that a file asks about, in longitude/latitude on WGS 84, whatever it is drawn by:
    polygons, the line of a walk round it, its corners (`shapes.enclosed`); and how far off its
    transformation to WGS 84 may be, m (S04). One point stays a point. A single polygon is left as
    it was drawn, also where it crosses itself, as on the page. Of a file of several layers all that
    have shapes count, each by itself.

    Raises LIN-005 where a row has no shape, GEO-001 where the system is not stated, and what
    `readers.read` and `places.carriage` raise.
    """
    import shapely

    from landrelease.records import readers
    from landrelease.records.shapes import enclosed

    found: list[BaseGeometry] = []
    farthest_m = 0.0
    layers = readers.layers(path)
    for n, layer in enumerate(layers, 1):
        table = readers.read(path, layer=layer)
        try:
            rows, accuracy_m = _drawn(table)
        except LandReleaseError as error:
            # A table of styles, for example, is no ground; a file without any is refused.
            if error.code != SHAPES_MISSING.code or error.facts["found"] or (
                    n == len(layers) and not found):
                raise
            continue
        if not table.crs:
            raise LandReleaseError(DATUM_NOT_STATED, file=table.file, row=rows[0][0],
                                   found="the geometry")
        found.append(enclosed([shape for _, shape, _ in rows]))
        farthest_m = max(farthest_m, accuracy_m)
    return found[0] if len(found) == 1 else shapely.union_all(found), farthest_m


def hazard_of(registry: Registry, record_id: str) -> Record:
    """The current record of a hazard. CLI-106: there is none."""
    stored = current_revision(registry, record_id)
    r = stored.revision
    if r.kind != "hazard":
        raise LandReleaseError(RECORD_UNKNOWN, found=f"{record_id} among the hazards")
    return Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from, r.validation,
                  stored.number, (), stored.chain, r.signed_by)


def split(registry: Registry, record_id: str, shapes: Sequence[BaseGeometry], *, by: str,
          reason: str, now: datetime | None = None) -> list[str]:
    """Divide a hazard; returns the ids of its children. LIN-001 to LIN-003."""
    made = lineage.split(hazard_of(registry, record_id), shapes, at=now or datetime.now(UTC),
                         by=registry.author(by), reason=reason)
    registry.append(made)
    return [r.record_id for r in made[1:]]


def merge(registry: Registry, record_ids: Sequence[str], new_id: str, *, by: str, reason: str,
          shape: BaseGeometry | None = None, now: datetime | None = None) -> str:
    """Join hazards into one; returns its id. LIN-003, LIN-004."""
    made = lineage.merge([hazard_of(registry, i) for i in record_ids], new_id,
                         at=now or datetime.now(UTC), by=registry.author(by), reason=reason,
                         geometry=shape)
    registry.append(made)
    return new_id


def suspend(registry: Registry, record_id: str, shape: BaseGeometry, *, by: str, reason: str,
            now: datetime | None = None) -> list[str]:
    """Split off ground that cannot be worked on; returns the ids of the children."""
    made = lineage.suspend_part(hazard_of(registry, record_id), shape,
                                at=now or datetime.now(UTC), by=registry.author(by),
                                reason=reason)
    registry.append(made)
    return [r.record_id for r in made[1:]]


def release_part(registry: Registry, record_id: str, shape: BaseGeometry, outcome_type: str, *,
                 by: str, reason: str, values: Mapping[str, Any] | None = None,
                 now: datetime | None = None) -> list[str]:
    """Split off ground and record that somebody says it is released; ids of the children.

    It changes nothing: the part stays hazardous until a proposal of its release is signed (S09).
    """
    who = registry.author(by)
    made, decision = lineage.release_part(
        hazard_of(registry, record_id), shape, outcome_type, at=now or datetime.now(UTC), by=who,
        reason=reason, values=values)
    registry.append(made)
    registry.append(decision)
    return [r.record_id for r in made[1:]]


def line_of(registry: Registry, record_id: str) -> lineage.Lineage:
    """The line of descent of all hazards. CLI-106 where this one is not recorded."""
    hazard_of(registry, record_id)
    return lineage.lineage(registry.records("hazard"))


# --- edits of other programs -------------------------------------------------------------------


def take_edits_in(registry: Registry, edits: Sequence[Edit], *, by: str, reason: str,
                  now: datetime | None = None) -> tuple[int, int]:
    """Record rows that another program changed as revisions of a named person, then set the layers.

    Returns (revisions, rows in quarantine). A row whose values do not fit its kind, or that would
    take ground out of a hazard (S01), is kept in quarantine; a removed row is not a decision: its
    record stays, and the layer gets it back.
    """
    import shapely

    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.store.rows import to_json

    at, who = now or datetime.now(UTC), registry.author(by)
    revisions: list[Revision] = []
    refused: list[tuple[Edit, str, str]] = []
    for edit in edits:
        if edit.record is None:
            continue
        kind = registry.kinds[edit.kind]
        record = edit.record
        problems = [f"{p.field}: found {p.found}, expected {p.expected}"
                    for p in checker(kind)(record.values)]
        held = registry.history(edit.record_id)
        before = current_revision(registry, edit.record_id).revision if held else None
        shape = record.geometry
        if shape is not None and not shape.is_valid:
            problems.append(f"geometry: {shapely.is_valid_reason(shape)}")
        elif edit.kind in ("hazard", "outcome") and before is not None \
                and before.geometry is not None:
            old, new = ((before.geometry, shape) if edit.kind == "hazard"
                        else (shape, before.geometry))
            lost = old if new is None else None if old is None else old.difference(new)
            if lost is not None and not lost.is_empty \
                    and geodesic_area_m2(lineage._areas(lost)) >= lineage.SLIVER_M2:
                problems.append("geometry: a hazard only grows and released land only shrinks "
                                "without a decision (S01)")
        if not edit.record_id.strip() or edit.record_id == "None":
            problems.append("record_id: found nothing, expected an id")
        decided = kind.decision_in(record.values)
        if before is not None:
            decided = tuple(n for n in decided if before.values.get(n) != record.values[n])
        if decided:
            problems.append(f"{', '.join(decided)}: a decision is signed, not edited (S09)")
        if problems:
            refused.append((edit, "; ".join(problems), edit.fields[0] if edit.fields else ""))
            continue
        revisions.append(Revision(
            edit.kind, edit.record_id, dict(record.values), shape, at, who,
            f"edit of another program: {reason}", "", record.valid_from,
            "entered" if before is None else before.validation))
    by_kind: dict[str, list[tuple[Edit, str, str]]] = {}
    for item in refused:
        by_kind.setdefault(item[0].kind, []).append(item)
    for name, listed in by_kind.items():
        registry.take_in(_refused(name, listed, at, to_json))
    registry.append(revisions)
    registry.restore_layers(sorted({e.kind for e in edits}))
    from landrelease.workflows.certificates import reopened_by_import

    reopened_by_import(registry, by_kind | {r.kind: [] for r in revisions})
    return len(revisions), len(refused)


def drop_edits(registry: Registry, edits: Sequence[Edit]) -> int:
    """Set the layers as the chains say; what was edited is lost. Returns how many rows."""
    registry.restore_layers(sorted({e.kind for e in edits}))
    return len(edits)


def _refused(kind: str, listed: Sequence[tuple[Edit, str, str]], at: datetime, to_json: Any
             ) -> Intake:
    """Edited rows that are not valid, as an import of which every row waits in quarantine."""
    file = f"edits of another program, {at:%Y-%m-%d %H:%M:%S} UTC"
    rows = []
    content = to_json([[e.record_id, e.change, dict(e.record.values) if e.record else {},
                        e.record.geometry.wkt if e.record and e.record.geometry else ""]
                       for e, _, _ in listed]).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    for n, (edit, problem, field) in enumerate(listed, 1):
        record = edit.record
        assert record is not None
        message = EDIT_NOT_VALID
        finding = Finding(message.code, file, n, field, "", message.text(
            record=edit.record_id, kind=kind, found=problem), "", "quarantined")
        rows.append(QuarantinedRow(
            file, sha256, n, kind, {"record": edit.record_id, **record.values},
            "" if record.geometry is None else record.geometry.wkt, (finding,)))
    report = ImportReport(file, sha256, kind, len(rows), 0, 0, len(rows),
                          tuple(f for r in rows for f in r.findings), ())
    return Intake(report, (), tuple(rows), content)


# --- national extensions -----------------------------------------------------------------------


def load_extension(registry: Registry, path: Path, *, by: str, now: datetime | None = None
                   ) -> Extension:
    """Load a national extension, or a later version of it, which may only add.

    EXT-001, EXT-002, REL-001; ASS-302, ASS-303: a weight of evidence that nothing uses, or out of
    range.
    """
    from landrelease.workflows.assessing import weights_of_extension

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LandReleaseError(
            EXTENSION_NOT_READABLE, file=path, entry="the whole",
            found=getattr(error, "strerror", None) or "no text", expected="a YAML file") from error
    new = read_extension(text, path.name)
    weights_of_extension(new)
    held = registry.setting("extension")
    if held is not None:
        _only_grows(read_extension(held), new, path.name)
        if held == text:
            return new
    if new.checklist is not None:
        refuse_twins(new.checklist, path.name)
    content = text.encode()
    sha256 = hashlib.sha256(content).hexdigest()
    revision = Revision(
        "source", f"source:{sha256}",
        {"sha256": sha256, "source_type": "extension", "title": f"{new.name} {new.version}"},
        None, now or datetime.now(UTC), registry.author(by), f"extension {new.name} {new.version}",
        sha256)
    if not registry.knows_source(sha256):
        report = ImportReport(path.name, sha256, "source", 1, 1, 0, 0, (), ())
        registry.take_in(Intake(report, (revision,), (), content))
    registry.load_extension(text)
    return new


def _only_grows(old: Extension, new: Extension, file: str) -> None:
    def refuse(entry: str) -> LandReleaseError:
        return LandReleaseError(EXTENSION_LOADED, found=f"{old.name} {old.version}", file=file,
                                entry=entry)

    from landrelease.core.record import KINDS

    before, after = extended(KINDS, old), extended(KINDS, new)
    for name, kind in before.items():
        later = {f.name: f for f in after[name].fields}
        for field in kind.fields:
            found = later.get(field.name)
            if found is None or found.type != field.type or found.personal != field.personal \
                    or not set(field.choices) <= set(found.choices):
                raise refuse(f"{name}.{field.name}")


def extension_of(registry: Registry) -> Extension | None:
    """The extension that is loaded; None where there is none."""
    held = registry.setting("extension")
    return None if held is None else read_extension(held)

