"""What leaves for a reader who is not the office: redacted copies, and what was withheld and why.

A redacted copy is a new file that was only ever given what its reader may see: nothing is removed
from a copy of the registry, so no page of the file can hold what was removed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from landrelease import workflows
from landrelease.access import policy
from landrelease.access.policy import Area, View, Withheld
from landrelease.core.record import Kind, Record
from landrelease.errors import (
    AREA_UNKNOWN,
    NOTHING_TO_SHOW,
    REASON_MISSING,
    RECORD_UNKNOWN,
    SMALL_COUNT_SETTING,
    LandReleaseError,
)

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

_GEOMETRIES = {"polygon": "MultiPolygon", "point": "Point", "line": "MultiLineString",
               "any": "Unknown"}


# --- who reads ------------------------------------------------------------------------------------


def reader_of(
    registry: Registry,
    role: str | None,
    organisation: str | None = None,
    areas: Sequence[str] = (),
) -> View:
    """The view of a reader on a registry: its kinds, its areas, its smallest count.

    Raises ACC-001 for an unknown role, ACC-005 for an area that is neither recorded nor a polygon,
    ACC-006 where the registry's setting `small_count_minimum` is no count.
    """
    text = registry.setting("small_count_minimum")
    small = policy.SMALL_COUNT
    if text is not None:
        if not text.isdecimal() or int(text) < 1:
            raise LandReleaseError(SMALL_COUNT_SETTING, found=text)
        small = int(text)
    policy.view(role)  # an unknown role is said first
    return policy.view(role, organisation, areas_of(registry, areas), registry.kinds, small,
                       public_fields(registry))


def public_fields(registry: Registry) -> frozenset[tuple[str, str]]:
    """The fields, as (kind, field), that the registry's national extension calls public."""
    from landrelease.core.extension import read_extension

    text = registry.setting("extension")
    return frozenset() if text is None else read_extension(text).public


def areas_of(registry: Registry, words: Sequence[str]) -> list[Area]:
    """Areas by id, identifier or name of an administrative area, by WKT of a polygon, or by
    "west,south,east,north" in degrees. Raises ACC-005."""
    recorded: list[Record] | None = None
    out = []
    for word in words:
        drawn = _drawn(word)
        if drawn is not None:
            out.append(Area((word.strip(),), drawn))
            continue
        if recorded is None:
            recorded = registry.records("administrative_area")
        wanted = " ".join(word.split()).casefold()
        found = [r for r in recorded if wanted and wanted in {
            " ".join(str(v).split()).casefold()
            for v in (r.id, r.values.get("identifier"), r.values.get("name")) if v}]
        if not found:
            raise LandReleaseError(AREA_UNKNOWN, found=repr(word))
        for r in found:
            names = [v for v in (r.values.get("name"), r.values.get("identifier"), r.id) if v]
            out.append(Area(tuple(map(str, names)), r.geometry))
    return out


def _drawn(word: str) -> shapely.Geometry | None:
    """The polygon that a word draws; None where it is a name."""
    try:
        numbers = [float(part) for part in word.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 4:
        west, south, east, north = numbers
        if -180 <= west < east <= 180 and -90 <= south < north <= 90:
            return shapely.box(west, south, east, north)
        raise LandReleaseError(AREA_UNKNOWN, found=repr(word))
    if word.strip().upper().startswith(("POLYGON", "MULTIPOLYGON")):
        try:
            shape = shapely.from_wkt(word)
        except shapely.errors.GEOSException:
            shape = None
        if shape is None or shape.is_empty or not shape.is_valid or not _in_degrees(shape):
            raise LandReleaseError(AREA_UNKNOWN, found=repr(word))
        return shape
    return None


def _in_degrees(shape: shapely.Geometry) -> bool:
    west, south, east, north = shape.bounds
    return bool(-180 <= west <= east <= 180 and -90 <= south <= north <= 90
                and math.isfinite(west + south + east + north))


# --- the second wall -----------------------------------------------------------------------------


def guard(address: str, sql: Path | None = None) -> int:
    """Make the second wall of a registry in PostgreSQL (`access.postgres`), or write its statements
    to a file. Returns how many there are.

    Raises CLI-103 for a registry that is a file: whoever holds a file holds all of it.
    """
    from landrelease.access.postgres import guard_statements
    from landrelease.errors import BAD_OPTION
    from landrelease.store.exports import write_bytes
    from landrelease.store.open import own_file
    from landrelease.store.postgis import PostgisRegistry

    if own_file(address) is not None:
        raise LandReleaseError(BAD_OPTION, option="REGISTRY", found=address,
                               expected="a postgresql:// address; of a file, hand on a copy of "
                               "`landrelease share`")
    registry = PostgisRegistry(address, now=lambda: datetime.now(UTC))
    try:
        statements = guard_statements(kinds=registry.kinds, schema=registry.schema,
                                      public_fields=public_fields(registry))
        if sql is not None:
            lines = [f"SET search_path TO \"{registry.schema}\", public;", "BEGIN;",
                     *(f"{s};" for s in statements), "COMMIT;", ""]
            write_bytes(sql, "\n".join(lines).encode())
        else:
            registry.guard(statements)
    finally:
        registry.close()
    return len(statements)


# --- personal values ------------------------------------------------------------------------------


def personal_values(
    registry: Registry, record_id: str, reader: View, *, reason: str, by: str,
    at: datetime | None = None,
) -> dict[str, Any]:
    """The personal values of one record, or the name behind a person's id; the look is recorded.

    The record of the look is a revision of its own, of the kind `source`: it says whose values were
    shown, to whom and why, and none of the values (S17). It is written first: what cannot be
    recorded is not shown.

    Raises ACC-101 for a role without the grant, ACC-007 without a reason, CLI-106 for a record that
    the reader may not know of, ACC-008 where nothing personal is kept.
    """
    from landrelease.core.personal import ERASED, is_person_id
    from landrelease.core.revision import Revision
    from landrelease.store.registry import latest

    reader.check("personal")
    if not reason.strip():
        raise LandReleaseError(REASON_MISSING)
    stored = latest(registry.history(record_id)).get(record_id)
    if stored is not None:
        r = stored.revision
        if not reader.inside([Record(r.kind, r.record_id, r.values, r.geometry)]):
            raise LandReleaseError(RECORD_UNKNOWN, found=record_id)
    found = {v.field: v.value for v in registry.personal(record_id) if v.value is not None}
    if is_person_id(record_id):
        name = registry.name_of(record_id)
        if name not in (ERASED, record_id):
            found = {"name": name, **found}
    if not found and stored is None:
        raise LandReleaseError(RECORD_UNKNOWN, found=record_id)
    if not found:
        raise LandReleaseError(NOTHING_TO_SHOW, record=record_id)
    moment = at or datetime.now(UTC)
    author = registry.author(by)
    seal = hashlib.sha256(f"{record_id}\n{author}\n{moment.isoformat()}".encode()).hexdigest()
    registry.append([Revision(
        "source", f"disclosure:{seal[:32]}",
        {"title": f"Personal values shown: {record_id}", "source_type": "other",
         "source_label": "disclosure of personal values"},
        None, moment, author, f"personal values of {record_id} shown ({', '.join(sorted(found))}) "
        f"to the role {reader.role}: {reason.strip()}", "", moment.date())])
    return found


# --- redacted copies ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shared:
    """A redacted copy: its layers with their rows, and what is not in it."""

    path: Path
    layers: dict[str, int]
    withheld: tuple[Withheld, ...]


def share(registry: Registry, out: Path, reader: View, *, made_at: datetime | None = None
          ) -> Shared:
    """Write what a reader may see of a registry as a plain GeoPackage (WGS 84).

    A layer for each kind that the reader sees record by record, with the fields that it may see and
    the marks of `workflows.marks`, hazards on the ground that they stand on (S01, S09);
    for others `hazard_cells` (S15), `released_ground` (rounded inward) and `municipality_totals`
    where those are what it may see. `withheld` says what is missing and why, without counts;
    `about` when, for whom and from which state it was made. No chain, no files that came in, no
    quarantine, no settings of the registry: only what is written here was ever in the file.

    Raises STO-008: `out` cannot be written; ASS-... and ACC-...: no public layer can be made.
    """
    from landrelease.store.exports import atomic
    from landrelease.workflows import export, marks

    synthetic = workflows.is_synthetic(registry)
    withheld = tuple(reader.withheld())
    layers: dict[str, int] = {}
    with atomic(out) as part:
        # SQLite keeps its journal beside the file: with its last name, so that GDAL knows it.
        whole = part.with_suffix(".gpkg")
        try:
            for kind in reader.kinds.values():
                if reader.precision(kind.name) == "exact":
                    # On the ground that stands, with what counts and how far it was validated.
                    records = export.marked(registry, reader, kind.name)
                    if records:
                        _layer(whole, kind, records, (
                            *reader.fields(kind.name),
                            *(f.name for f in marks.fields(kind, reader))), synthetic)
                        layers[kind.name] = len(records)
            if reader.precision("hazard") == "cells":
                layers |= _public_layers(whole, registry, reader, synthetic)
            _table(whole, "withheld", {
                "subject": [w.subject for w in withheld],
                "precision": [w.precision for w in withheld],
                "fields": [" ".join(w.fields) for w in withheld],
                "rows": [w.rows for w in withheld],
                "reason": [w.reason for w in withheld]})
            _table(whole, "about", {k: [v] for k, v in _about(
                registry, reader, synthetic, made_at or datetime.now(UTC)).items()})
            _settle(whole)
            whole.replace(part)
        finally:
            for left in (whole, *(whole.with_name(whole.name + end)
                                  for end in ("-journal", "-wal", "-shm"))):
                left.unlink(missing_ok=True)
    return Shared(out, layers, withheld)


def _about(registry: Registry, reader: View, synthetic: bool, made_at: datetime) -> dict[str, str]:
    return {
        "made_at": made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "role": reader.role, "organisation": reader.organisation,
        "areas": "; ".join(area.names[0] for area in reader.areas),
        "office": registry.office, "chain_head": registry.head(),
        "synthetic": "yes" if synthetic else "no",
        "words": workflows.label(synthetic) + "A redacted copy: what this reader may see. Ground "
                 "without information is to be treated as dangerous. Not for moving on the ground.",
    }


def _public_layers(path: Path, registry: Registry, reader: View, synthetic: bool
                   ) -> dict[str, int]:
    """The public's ground and totals, the same as on the public's page."""
    land = workflows.load_land(registry, workflows.load_assumptions(None, registry))
    written: dict[str, int] = {}
    grid = workflows.public_grid(registry, land)
    cells, released = workflows.public_ground(land, grid)
    if cells:
        _write(path, "hazard_cells", "MultiPolygon", cells, _marked(
            {"cell_m": [grid.cell_m] * len(cells)}, len(cells), synthetic))
        written["hazard_cells"] = len(cells)
    if released and reader.precision("outcome") == "inward":
        said: dict[str, list[Any]] = {
            "outcome_type": [o.outcome_type for o, _ in released],
            "depth_m": [o.depth_m for o, _ in released],
            "information_date": [o.released_on for o, _ in released]}
        columns = {n: values for n, values in said.items() if reader.may("outcome", n)}
        _write(path, "released_ground", "MultiPolygon", [g for _, g in released],
               _marked(columns, len(released), synthetic))
        written["released_ground"] = len(released)
    rows = reader.ledger(workflows.make_ledger(land))
    if rows:
        names = reader.fields("ledger")
        _table(path, "municipality_totals", _marked(
            {n: [_told(getattr(r, n), n) for r in rows] for n in names}, len(rows), synthetic))
        written["municipality_totals"] = len(rows)
    return written


def _told(value: Any, name: str) -> Any:
    """A number of the ledger: NULL is not reported; a count that is kept back says so."""
    return "withheld" if value is None and name == "accidents" else value


def _layer(path: Path, kind: Kind, records: Sequence[Record], fields: Sequence[str],
           synthetic: bool) -> None:
    columns: dict[str, list[Any]] = {"record_id": [r.id for r in records]}
    for name in fields:
        columns[name] = [r.values.get(name) for r in records]
    marked = _marked(columns, len(records), synthetic)
    if kind.geometry == "none":
        _table(path, kind.name, marked)
    else:
        _write(path, kind.name, _GEOMETRIES[kind.geometry], [r.geometry for r in records], marked)


def _marked(columns: dict[str, list[Any]], count: int, synthetic: bool) -> dict[str, list[Any]]:
    return {**columns, "synthetic": ["yes"] * count} if synthetic else columns


def _table(path: Path, name: str, columns: dict[str, list[Any]]) -> None:
    _write(path, name, None, None, columns)


def _write(path: Path, layer: str, geometry_type: str | None,
           shapes: Sequence[shapely.Geometry | None] | None, columns: dict[str, list[Any]]) -> None:
    """One layer (or table) of the file; several geometries of a type as MULTI..., as GIS want."""
    from pyogrio.raw import write

    wkb = None
    if shapes is not None:
        array = np.empty(len(shapes), dtype=object)
        array[:] = shapes
        if geometry_type == "MultiPolygon":
            array[:] = [_multi(g, "Polygon", shapely.multipolygons) for g in array]
        elif geometry_type == "MultiLineString":
            array[:] = [_multi(g, "LineString", shapely.multilinestrings) for g in array]
        wkb = shapely.to_wkb(array, output_dimension=2, byte_order=1)
    made = {name: _column(values) for name, values in columns.items()}
    write(str(path), wkb, [values for values, _ in made.values()],
          np.array(list(made), dtype=object), field_mask=[mask for _, mask in made.values()],
          layer=layer, driver="GPKG", geometry_type=geometry_type,
          crs=None if geometry_type is None else "EPSG:4326", append=path.exists(),
          promote_to_multi=False)


def _multi(shape: shapely.Geometry | None, single: str, join: Any) -> shapely.Geometry | None:
    return join([shape]) if shape is not None and shape.geom_type == single else shape


def _column(values: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Values of one field as an array of one type, and where there is none.

    A column in which a word stands among numbers ("declined", S12) becomes text.
    """
    mask = np.array([v is None for v in values], dtype=bool)
    known = [v for v in values if v is not None]
    if known and all(isinstance(v, date) and not isinstance(v, datetime) for v in known):
        days = [date(1970, 1, 1) if v is None else v for v in values]
        return np.array(days, dtype="datetime64[D]"), mask
    if known and all(isinstance(v, (bool, np.bool_)) for v in known):
        return np.array([bool(v) for v in values]), mask
    if known and all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in known):
        if all(abs(int(v)) < 2**62 for v in known):
            return np.array([0 if v is None else int(v) for v in values], dtype=np.int64), mask
    elif known and all(isinstance(v, (int, float, np.number)) and not isinstance(v, bool)
                       for v in known):
        return np.array([np.nan if v is None else float(v) for v in values]), mask
    texts = np.empty(len(values), dtype=object)
    texts[:] = [None if v is None else _text(v) for v in values]
    return texts, mask


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "; ".join(_text(v) for v in value)
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _settle(path: Path) -> None:
    """Pages that are free are given back, so that the file holds its rows and nothing else."""
    import sqlite3

    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("VACUUM")
    finally:
        db.close()
