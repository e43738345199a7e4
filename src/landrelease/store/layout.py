"""The tables of a registry file: GeoPackage 1.4, so that any GIS opens it as it is.

Source: OGC 12-128r19, GeoPackage Encoding Standard 1.4 (clauses 2.1.3 geometry encoding, annex F.3
R-tree spatial indexes).
"""

# Identifiers cannot be bound; those put into statements here are names of this module and of
# `KINDS`, quoted. Values are always bound.
# ruff: noqa: S608

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
import struct
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.record import Field, Kind, Record
from landrelease.store.rows import array_of

LAYOUT = 2  # of the tables below; a file with a higher number is not touched
APPLICATION_ID = 0x47504B47  # "GPKG"
GEOPACKAGE_VERSION = 10400
GEOMETRY_COLUMN = "geom"
SRS = 4326

_WGS84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,'
    'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)

_GEOPACKAGE = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""

_ATTRIBUTES: dict[str, tuple[str, str, str]] = {
    "setting": ("Settings of the registry", "What this file is and which office keeps it.", """
CREATE TABLE setting (
  number INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
"""),
    "chain": ("Chains", "The chains of this office and of those whose packages came in.", """
CREATE TABLE chain (
  number INTEGER PRIMARY KEY NOT NULL, id TEXT NOT NULL UNIQUE, office TEXT NOT NULL,
  genesis TEXT NOT NULL, first INTEGER NOT NULL, public_key TEXT NOT NULL, own INTEGER NOT NULL);
"""),
    "revision": ("Revisions", "Every change of every record, linked in chains. It only grows.", """
CREATE TABLE revision (
  number INTEGER PRIMARY KEY NOT NULL, chain INTEGER NOT NULL, position INTEGER NOT NULL,
  kind TEXT NOT NULL, record_id TEXT NOT NULL, recorded_at TEXT NOT NULL,
  recorded_by TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL, valid_from TEXT,
  validation TEXT NOT NULL, "values" TEXT NOT NULL, geometry BLOB, follows TEXT NOT NULL,
  commitments TEXT NOT NULL, signed_by TEXT NOT NULL, signature TEXT NOT NULL, known_from TEXT,
  previous_hash TEXT NOT NULL, hash TEXT NOT NULL);
"""),
    "source_file": ("Files that came in", "Every file that came in, by its SHA-256.", """
CREATE TABLE source_file (
  number INTEGER PRIMARY KEY NOT NULL, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  size INTEGER NOT NULL, came_in_at TEXT NOT NULL, compression TEXT, content BLOB);
"""),
    "import": ("Imports", "The report of every import: read = accepted + merged + quarantined.", """
CREATE TABLE "import" (
  number INTEGER PRIMARY KEY NOT NULL, imported_at TEXT NOT NULL, source TEXT NOT NULL,
  file TEXT NOT NULL, kind TEXT NOT NULL, read INTEGER NOT NULL, accepted INTEGER NOT NULL,
  merged INTEGER NOT NULL, quarantined INTEGER NOT NULL, revisions INTEGER NOT NULL,
  report TEXT NOT NULL);
CREATE INDEX import_source ON "import" (source, kind);
"""),
    "quarantine": ("Quarantine", "Rows that could not be accepted, whole, with the reason.", """
CREATE TABLE quarantine (
  number INTEGER PRIMARY KEY NOT NULL, import INTEGER NOT NULL, source TEXT NOT NULL,
  file TEXT NOT NULL, row INTEGER NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
  reason TEXT NOT NULL, decided_by TEXT NOT NULL, decisions TEXT NOT NULL, content TEXT NOT NULL);
CREATE INDEX quarantine_status ON quarantine (status, number);
"""),
    "person_name": ("Names of persons", "Names behind the ids of persons; may be erased (S17).", """
CREATE TABLE person_name (
  number INTEGER PRIMARY KEY NOT NULL, id TEXT NOT NULL UNIQUE, salt TEXT, name TEXT);
CREATE INDEX person_name_name ON person_name (name);
"""),
    "personal_value": ("Personal values", "Values beside the chain; may be erased.", """
CREATE TABLE personal_value (
  number INTEGER PRIMARY KEY NOT NULL, record_id TEXT NOT NULL, field TEXT NOT NULL,
  commitment TEXT NOT NULL, salt TEXT, value TEXT, UNIQUE (record_id, field, commitment));
"""),
    "package": ("Packages", "Packages of revisions that went out or came in.", """
CREATE TABLE package (
  number INTEGER PRIMARY KEY NOT NULL, sha256 TEXT NOT NULL, name TEXT NOT NULL,
  direction TEXT NOT NULL, status TEXT NOT NULL, at TEXT NOT NULL, about TEXT NOT NULL,
  content BLOB, UNIQUE (sha256, direction));
"""),
}

# Indexes and guards of the table of revisions; the indexes are built last where much comes at once.
REVISION_INDEXES = {
    "revision_record": "CREATE INDEX revision_record ON revision (record_id, number)",
    "revision_kind": "CREATE INDEX revision_kind ON revision (kind, number)",
    "revision_chain": "CREATE UNIQUE INDEX revision_chain ON revision (chain, position)",
    "revision_signature": "CREATE UNIQUE INDEX revision_signature ON revision (signature, chain) "
                          "WHERE signature <> ''",
}
_REVISION_GUARDS = """
CREATE TRIGGER revision_stays BEFORE UPDATE ON revision
  BEGIN SELECT RAISE(ABORT, 'a revision is never changed: append a new one'); END;
CREATE TRIGGER revision_is_kept BEFORE DELETE ON revision
  BEGIN SELECT RAISE(ABORT, 'a revision is never removed'); END;
"""
PAST_INDEX = "rtree_revision_past"  # boxes of revisions that are not current, by number

# Columns of a layer that are not fields of its kind.
CHAIN_COLUMNS: tuple[tuple[str, str], ...] = (
    ("record_id", "TEXT NOT NULL UNIQUE"),
    ("revision", "INTEGER NOT NULL"),
    ("valid_from", "DATE"),
    ("validation", "TEXT NOT NULL"),
    ("recorded_at", "DATETIME NOT NULL"),
    ("recorded_by", "TEXT NOT NULL"),
    ("source", "TEXT NOT NULL"),
)
LEVEL = "validation"
_TYPES = {"text": "TEXT", "choice": "TEXT", "integer": "INTEGER", "number": "REAL", "date": "DATE",
          "moment": "TEXT", "choices": "TEXT", "reference": "TEXT", "references": "TEXT"}
_GEOMETRY_NAMES = {"polygon": "MULTIPOLYGON", "point": "POINT", "line": "MULTILINESTRING",
                   "any": "GEOMETRY"}


def quoted(name: str) -> str:
    """A name as an SQL identifier. Only names of this module and of `KINDS` come here."""
    return '"' + name.replace('"', '""') + '"'


def fields_of(kind: Kind) -> tuple[Field, ...]:
    """Fields that have a column in the layer; personal ones never do (S17)."""
    return tuple(f for f in kind.fields if not f.personal)


def columns_of(kind: Kind) -> list[str]:
    """Columns of a layer in the order of `rows` (without `fid`)."""
    geometry = [] if kind.geometry == "none" else [GEOMETRY_COLUMN]
    return [*geometry, *(name for name, _ in CHAIN_COLUMNS),
            *(f.name for f in fields_of(kind)), "other_values"]


def create(db: sqlite3.Connection, kinds: Mapping[str, Kind]) -> None:
    """All tables of an empty registry. The caller holds the transaction."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {GEOPACKAGE_VERSION}")
    _script(db, _GEOPACKAGE)
    db.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)", [
        ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian"),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic"),
        ("WGS 84 geodetic", SRS, "EPSG", SRS, _WGS84_WKT,
         "longitude/latitude on the WGS 84 ellipsoid"),
    ])
    for table in _ATTRIBUTES:
        create_attributes(db, table)
    create_revision_parts(db)
    for kind in kinds.values():
        create_layer(db, kind)


def create_revision_parts(db: sqlite3.Connection) -> None:
    """Indexes and guards of `revision`, and the index of what is not current any more."""
    for statement in REVISION_INDEXES.values():
        db.execute(statement)
    _script(db, _REVISION_GUARDS)
    db.execute(f"CREATE VIRTUAL TABLE {PAST_INDEX} USING rtree(id, minx, maxx, miny, maxy)")


def create_attributes(db: sqlite3.Connection, table: str) -> None:
    """A table that is no layer, with its entry in the contents."""
    title, words, script = _ATTRIBUTES[table]
    _script(db, script)
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
        "VALUES (?, 'attributes', ?, ?, 0)", (table, title, words))


def create_layer(db: sqlite3.Connection, kind: Kind) -> None:
    """The layer of a kind: its current records, with their spatial index."""
    spatial = kind.geometry != "none"
    parts = ["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"]
    if spatial:
        parts.append(f"{GEOMETRY_COLUMN} {_GEOMETRY_NAMES[kind.geometry]}")
    parts += [f"{quoted(name)} {type_}" for name, type_ in CHAIN_COLUMNS]
    parts += [f"{quoted(f.name)} {_TYPES[f.type]}" for f in fields_of(kind)]
    parts.append("other_values TEXT")
    db.execute(f"CREATE TABLE {quoted(kind.name)} ({', '.join(parts)})")
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
        "VALUES (?, ?, ?, ?, ?)",
        (kind.name, "features" if spatial else "attributes", kind.title,
         "Current records. Read only: changes come in as revisions.", SRS if spatial else 0))
    if not spatial:
        return
    db.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)",
               (kind.name, GEOMETRY_COLUMN, _GEOMETRY_NAMES[kind.geometry], SRS))
    db.execute(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', "
        "'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
        (kind.name, GEOMETRY_COLUMN))
    db.execute(f"CREATE VIRTUAL TABLE {quoted(index_of(kind))} "
               "USING rtree(id, minx, maxx, miny, maxy)")
    create_triggers(db, kind)


def complete(db: sqlite3.Connection, kinds: Mapping[str, Kind]) -> None:
    """Add the layers and columns of kinds and fields that are new: of a program, an extension."""
    have = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for kind in kinds.values():
        if kind.name not in have:
            create_layer(db, kind)
            continue
        columns = {row[1] for row in db.execute(f"PRAGMA table_info({quoted(kind.name)})")}
        for new in fields_of(kind):
            if new.name not in columns:
                db.execute(f"ALTER TABLE {quoted(kind.name)} "
                           f"ADD COLUMN {quoted(new.name)} {_TYPES[new.type]}")


def insert(db: sqlite3.Connection, table: str, names: Sequence[str],
           columns: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as columns of equal length.

    A column without a value is left out, and bytes go as bytearrays: to bind None or bytes costs
    the module of the standard library more than all the rest of a row, because it looks for an
    adapter for every value of a type other than text, number or bytearray.
    """
    into, values, bound = [], [], []
    for name, column in zip(names, columns, strict=True):
        if column.count(None) == len(column):
            continue
        into.append(quoted(name))
        if column[0] == "" and column.count("") == len(column):
            values.append("''")
            continue
        if bytes in set(map(type, column)):
            column = [bytearray(v) if type(v) is bytes else v for v in column]
        values.append("?")
        bound.append(column)
    db.executemany(f"INSERT INTO {quoted(table)} ({', '.join(into)}) "
                   f"VALUES ({', '.join(values)})", zip(*bound, strict=True))


def index_of(kind: Kind) -> str:
    return f"rtree_{kind.name}_{GEOMETRY_COLUMN}"


def triggers_of(kind: Kind) -> dict[str, str]:
    """The triggers that keep the R-tree: name -> SQL (GeoPackage 1.4, annex F.3)."""
    t, c, r = quoted(kind.name), GEOMETRY_COLUMN, quoted(index_of(kind))
    new, old = f"(NEW.{c} NOTNULL AND NOT ST_IsEmpty(NEW.{c}))", f"(OLD.{c} NOTNULL AND NOT " \
        f"ST_IsEmpty(OLD.{c}))"
    no_new, no_old = f"(NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c}))", f"(OLD.{c} ISNULL OR " \
        f"ST_IsEmpty(OLD.{c}))"
    box = f"ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})"
    put = f"INSERT OR REPLACE INTO {r} VALUES (NEW.fid, {box});"
    bodies = {
        "insert": f"AFTER INSERT ON {t} WHEN {new} BEGIN {put} END",
        "update2": f"AFTER UPDATE OF {c} ON {t} WHEN OLD.fid = NEW.fid AND {no_new} "
                   f"BEGIN DELETE FROM {r} WHERE id = OLD.fid; END",
        "update4": f"AFTER UPDATE ON {t} WHEN OLD.fid != NEW.fid AND {no_new} "
                   f"BEGIN DELETE FROM {r} WHERE id IN (OLD.fid, NEW.fid); END",
        "update5": f"AFTER UPDATE ON {t} WHEN OLD.fid != NEW.fid AND {new} "
                   f"BEGIN DELETE FROM {r} WHERE id = OLD.fid; {put} END",
        "update6": f"AFTER UPDATE OF {c} ON {t} WHEN OLD.fid = NEW.fid AND {new} AND {old} "
                   f"BEGIN UPDATE {r} SET minx = ST_MinX(NEW.{c}), maxx = ST_MaxX(NEW.{c}), "
                   f"miny = ST_MinY(NEW.{c}), maxy = ST_MaxY(NEW.{c}) WHERE id = NEW.fid; END",
        "update7": f"AFTER UPDATE OF {c} ON {t} WHEN OLD.fid = NEW.fid AND {new} AND {no_old} "
                   f"BEGIN INSERT INTO {r} VALUES (NEW.fid, {box}); END",
        "delete": f"AFTER DELETE ON {t} WHEN OLD.{c} NOT NULL "
                  f"BEGIN DELETE FROM {r} WHERE id = OLD.fid; END",
    }
    return {f"{index_of(kind)}_{name}": body for name, body in bodies.items()}


def create_triggers(db: sqlite3.Connection, kind: Kind) -> None:
    for name, body in triggers_of(kind).items():
        db.execute(f"CREATE TRIGGER {quoted(name)} {body}")


def drop_triggers(db: sqlite3.Connection, kind: Kind) -> None:
    for name in triggers_of(kind):
        db.execute(f"DROP TRIGGER IF EXISTS {quoted(name)}")


def _script(db: sqlite3.Connection, script: str) -> None:
    """Statements one by one: `executescript` would commit the caller's transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


# --- geometry blobs ------------------------------------------------------------------------------

_HEADER = np.dtype([("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs", "<i4"),
                    ("minx", "<f8"), ("maxx", "<f8"), ("miny", "<f8"), ("maxy", "<f8")])
_FLAGS = 0b00000011  # little-endian, envelope of four numbers
_EMPTY_HEADER = b"GP\x00" + bytes([0b00010001]) + struct.pack("<i", SRS)
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


_MULTI = {"polygon": (3, shapely.multipolygons, shapely.MultiPolygon()),
          "line": (1, shapely.multilinestrings, shapely.MultiLineString())}


def as_multi(shapes: np.ndarray, kind: Kind) -> np.ndarray:
    """Polygons and lines as MULTI..., so that both fit one layer; `shapes` has none missing."""
    if kind.geometry in _MULTI:
        shapes = shapes.copy()
        single_type, to_multi, nothing = _MULTI[kind.geometry]
        single = np.flatnonzero(shapely.get_type_id(shapes) == single_type)
        if len(single):
            shapes[single] = to_multi(shapes[single], indices=np.arange(len(single)))
        shapes[shapely.is_empty(shapes)] = nothing
    return shapes


def wkbs(geometries: Sequence[BaseGeometry | None], kind: Kind) -> list[bytes | None]:
    """WKB of a layer's geometries, as PostGIS gives it back."""
    shapes = array_of(geometries)
    out: list[bytes | None] = [None] * len(shapes)
    there = np.flatnonzero(~shapely.is_missing(shapes))
    made = shapely.to_wkb(as_multi(shapes[there], kind), output_dimension=2, byte_order=1)
    for place, wkb in zip(there.tolist(), made, strict=True):
        out[place] = wkb
    return out


def blobs(geometries: Sequence[BaseGeometry | None], kind: Kind) -> list[bytes | None]:
    """Geometry blobs with envelope; polygons and lines as MULTI..., so that both fit one layer."""
    shapes = array_of(geometries)
    out: list[bytes | None] = [None] * len(shapes)
    there = np.flatnonzero(~shapely.is_missing(shapes))
    if not len(there):
        return out
    some = as_multi(shapes[there], kind)
    empty = shapely.is_empty(some)
    wkb = shapely.to_wkb(some, output_dimension=2, byte_order=1, flavor="iso")
    bounds = shapely.bounds(some)
    header = np.empty(len(some), dtype=_HEADER)
    header["magic"], header["version"], header["flags"], header["srs"] = b"GP", 0, _FLAGS, SRS
    header["minx"], header["miny"], header["maxx"], header["maxy"] = bounds.T
    heads, size = header.tobytes(), _HEADER.itemsize
    for n, (place, body) in enumerate(zip(there.tolist(), wkb, strict=True)):
        out[place] = (_EMPTY_HEADER if empty[n] else heads[n * size:(n + 1) * size]) + body
    return out


def envelope(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """(minx, maxx, miny, maxy) of a geometry blob, also of one that a GIS wrote; None: empty."""
    if blob is None or len(blob) < 8 or blob[:2] != b"GP":
        return None
    flags = blob[3]
    order, kind = "<" if flags & 1 else ">", (flags >> 1) & 7
    if flags & 0b00010000:
        return None
    if kind:
        found = struct.unpack_from(order + "4d", blob, 8)
        return None if any(math.isnan(v) for v in found) else found
    shape = shapely.from_wkb(blob[8 + _ENVELOPE_BYTES[kind]:])
    if shape.is_empty:
        return None
    minx, miny, maxx, maxy = shape.bounds
    return minx, maxx, miny, maxy


def register_functions(db: sqlite3.Connection) -> None:
    """The functions that the triggers of the spatial index call."""
    def corner(place: int):
        def value(blob: bytes | None) -> float | None:
            found = envelope(blob)
            return None if found is None else found[place]
        return value

    db.create_function("ST_IsEmpty", 1, lambda b: None if b is None else int(envelope(b) is None),
                       deterministic=True)
    for place, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        db.create_function(name, 1, corner(place), deterministic=True)


# --- typed columns -------------------------------------------------------------------------------

_TEXTS = frozenset(("text", "choice", "reference"))
_EXACT = 2**53  # a whole number beyond it would change in a REAL column


# Values of exactly this type stand in their column as they are. Whole numbers are looked at by
# `cell`, for their size.
EXACT_TYPES: dict[str, type] = {"text": str, "choice": str, "reference": str, "moment": str,
                                "number": float}


def column_as_it_is(field: Field, column: Sequence[Any], types: set[type]) -> bool:
    """Whether all values stand in the column as they are; False where `cell` has to look."""
    if field.type == "integer" and types == {int}:
        return min(column) >= -2**63 and max(column) < 2**63
    if field.type == "date" and types == {str}:
        return all(cell(field, value) == (value, True) for value in set(column))
    return False


def cell(field: Field, value: Any) -> tuple[Any, bool]:
    """The value for a typed column, and whether it fits; else it stands in `other_values`.

    A word such as "declined" in a column of numbers is no number: the cell stays empty there (S12).
    """
    if value is None:
        return None, True
    if field.type in _TEXTS:
        return (value, True) if isinstance(value, str) else (None, False)
    if field.type in ("choices", "references"):
        if isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
            return json.dumps(list(value), ensure_ascii=False), True
        return None, False
    if field.type == "moment":
        if isinstance(value, datetime):
            return value.isoformat(), True
        return (value, True) if isinstance(value, str) else (None, False)
    if isinstance(value, bool):
        return None, False
    if field.type == "integer":
        fits = isinstance(value, int) and abs(value) < 2**63
        return (value, True) if fits else (None, False)
    if field.type == "number":
        fits = isinstance(value, float) or (isinstance(value, int) and abs(value) <= _EXACT)
        return (float(value), True) if fits else (None, False)
    if isinstance(value, date):
        return value.isoformat(), True
    # A day as text is the same day: the chain holds both in the same bytes.
    if isinstance(value, str) and len(value) == 10:
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value).isoformat(), True
    return None, False


def record_of(kind: Kind, row: Sequence[Any], *, wkb: bool = False) -> Record:
    """What a row of a layer (in the order of `columns_of`) says, also after a stranger's edit.

    A value that does not fit its field comes back as it stands; a geometry that cannot be read as
    None. `wkb`: the geometry is WKB, not a blob of a GeoPackage.
    """
    cells = dict(zip(columns_of(kind), row, strict=True))
    values: dict[str, Any] = {}
    for known in fields_of(kind):
        value = cells[known.name]
        if value is None:
            continue
        if known.type in ("choices", "references") and isinstance(value, str):
            with contextlib.suppress(ValueError):
                value = json.loads(value)
        elif known.type == "date" and isinstance(value, str):
            with contextlib.suppress(ValueError):
                value = date.fromisoformat(value)
        values[known.name] = value
    with contextlib.suppress(ValueError, TypeError):
        more = json.loads(cells["other_values"])
        if isinstance(more, dict):
            values.update(more)
    since = None
    with contextlib.suppress(ValueError, TypeError):
        since = date.fromisoformat(cells["valid_from"])
    number = cells["revision"]
    blob = cells.get(GEOMETRY_COLUMN)
    shape = geometry_of(b"GP\0\0\0\0\0\0" + blob if wkb and blob is not None else blob)
    return Record(kind.name, str(cells["record_id"]), values, shape, since, "entered",
                  number if isinstance(number, int) else 0)


def geometry_of(blob: bytes | None) -> BaseGeometry | None:
    """The geometry of a blob, also of one that a GIS wrote; None where it cannot be read."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return None
    try:
        return shapely.from_wkb(blob[8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7]:])
    except (KeyError, shapely.errors.GEOSException):
        return None
