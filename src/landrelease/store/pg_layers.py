"""Tables and layers of a registry in PostgreSQL: made, completed, written, searched."""

# Identifiers come from store/layout.py and the registry's kinds and are quoted; values are bound.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import psycopg

from landrelease.core import descent
from landrelease.core.boxes import Boxes
from landrelease.core.record import Field, Kind
from landrelease.core.revision import Revision, StoredRevision
from landrelease.store import layers, layout, pg_questions, rows
from landrelease.store.pg_questions import streamed
from landrelease.store.search import Question, after_pair, columns_beside, those_that_hold

_FEW = 50  # up to so many rows go into a layer without a temporary table
# a statement that takes longer was forgotten by its client
TABLES = """
CREATE TABLE setting (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE chain (
  number integer PRIMARY KEY, id text NOT NULL UNIQUE, office text NOT NULL,
  genesis text NOT NULL, first bigint NOT NULL, public_key text NOT NULL, own integer NOT NULL);
CREATE TABLE revision (
  number bigint PRIMARY KEY, chain integer NOT NULL, position bigint NOT NULL, kind text NOT NULL,
  record_id text COLLATE "C" NOT NULL, recorded_at text COLLATE "C" NOT NULL,
  recorded_by text NOT NULL, reason text NOT NULL, source text NOT NULL,
  valid_from text COLLATE "C", validation text NOT NULL, "values" text NOT NULL, geometry bytea,
  follows text NOT NULL, commitments text NOT NULL, signed_by text NOT NULL,
  signature text NOT NULL, known_from text COLLATE "C", previous_hash text NOT NULL,
  hash text NOT NULL, box geometry(Polygon, 4326), UNIQUE (chain, position));
CREATE INDEX revision_record ON revision (record_id, number);
CREATE INDEX revision_kind ON revision (kind, number);
CREATE INDEX revision_box ON revision USING gist (box);
CREATE UNIQUE INDEX revision_signature ON revision (signature, chain) WHERE signature <> '';
CREATE TABLE source_file (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sha256 text NOT NULL UNIQUE,
  name text NOT NULL, size bigint NOT NULL, came_in_at text NOT NULL, compression text,
  content bytea);
CREATE TABLE "import" (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, imported_at text NOT NULL,
  source text NOT NULL, file text NOT NULL, kind text NOT NULL, read bigint NOT NULL,
  accepted bigint NOT NULL, merged bigint NOT NULL, quarantined bigint NOT NULL,
  revisions bigint NOT NULL, report text NOT NULL);
CREATE INDEX import_source ON "import" (source, kind);
CREATE TABLE quarantine (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, import bigint NOT NULL,
  source text NOT NULL, file text NOT NULL, row bigint NOT NULL, kind text NOT NULL,
  status text NOT NULL, reason text NOT NULL, decided_by text NOT NULL, decisions text NOT NULL,
  content text NOT NULL);
CREATE INDEX quarantine_status ON quarantine (status, number);
CREATE TABLE person_name (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, salt text,
  name text);
CREATE INDEX person_name_name ON person_name (name);
CREATE TABLE personal_value (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, record_id text NOT NULL,
  field text NOT NULL, commitment text NOT NULL, salt text, value text,
  UNIQUE (record_id, field, commitment));
CREATE TABLE package (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sha256 text NOT NULL, name text NOT NULL,
  direction text NOT NULL, status text NOT NULL, at text NOT NULL, about text NOT NULL,
  content bytea, UNIQUE (sha256, direction));
CREATE TABLE written (token text PRIMARY KEY, at text NOT NULL);
CREATE FUNCTION revision_stays() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'a revision is never changed or removed: append a new one'; END $$;
CREATE TRIGGER revision_stays BEFORE UPDATE OR DELETE ON revision
  FOR EACH ROW EXECUTE FUNCTION revision_stays();
CREATE TRIGGER revision_is_kept BEFORE TRUNCATE ON revision
  FOR EACH STATEMENT EXECUTE FUNCTION revision_stays();
"""
NUMBERED = ("source_file", "import", "quarantine", "person_name", "personal_value", "package")
_TYPES = {"text": "text", "choice": "text", "integer": "bigint", "number": "double precision",
          "date": "date", "moment": "text", "choices": "text", "reference": "text",
          "references": "text"}
_GEOMETRIES = {"polygon": "MultiPolygon", "point": "Point", "line": "MultiLineString",
               "any": "Geometry"}
_CHAIN_TYPES = {"record_id": 'text COLLATE "C" PRIMARY KEY', "revision": "bigint NOT NULL",
                "valid_from": "date", "validation": "text NOT NULL",
                "recorded_at": "timestamptz NOT NULL", "recorded_by": "text NOT NULL",
                "source": "text NOT NULL"}


def create_layer(db: psycopg.Connection[Any], kind: Kind) -> None:
    parts = []
    if kind.geometry != "none":
        parts.append(f"{layout.GEOMETRY_COLUMN} geometry({_GEOMETRIES[kind.geometry]}, "
                     f"{layout.SRS})")
    parts += [f"{layout.quoted(n)} {_CHAIN_TYPES[n]}" for n, _ in layout.CHAIN_COLUMNS]
    parts += [f"{layout.quoted(f.name)} {_TYPES[f.type]}" for f in layout.fields_of(kind)]
    parts.append("other_values text")
    db.execute(f"CREATE TABLE {layout.quoted(kind.name)} ({', '.join(parts)})")
    if kind.geometry != "none":
        db.execute(f"CREATE INDEX ON {layout.quoted(kind.name)} USING gist "
                   f"({layout.GEOMETRY_COLUMN})")


def columns_held(db: psycopg.Connection[Any]) -> dict[str, set[str]]:
    """Table of the schema -> its columns."""
    have: dict[str, set[str]] = {}
    for table, column in db.execute(
            "SELECT c.relname, a.attname FROM pg_catalog.pg_attribute AS a "
            "JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid "
            "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE n.nspname = current_schema() AND a.attnum > 0 AND NOT a.attisdropped"):
        have.setdefault(table, set()).add(column)
    return have


def complete(db: psycopg.Connection[Any], kinds: Mapping[str, Kind]) -> None:
    """Add the layers and columns of kinds and fields that are new."""
    have = columns_held(db)
    for kind in kinds.values():
        if kind.name not in have:
            create_layer(db, kind)
            continue
        for new in layout.fields_of(kind):
            if new.name not in have[kind.name]:
                db.execute(f"ALTER TABLE {layout.quoted(kind.name)} ADD COLUMN "
                           f"{layout.quoted(new.name)} {_TYPES[new.type]}")


def layer_rows(kind: Kind, current: Sequence[tuple[int, Revision]]) -> list[tuple[Any, ...]]:
    """Rows of a layer as `_as_file` selects them: geometry as WKB, days and times as text."""
    texts = {n for n, name in enumerate(layout.columns_of(kind))
             if name not in (layout.GEOMETRY_COLUMN, "other_values")}
    out = []
    for row in layers.layer_rows(kind, current, layout.wkbs):
        if not any(isinstance(c, str) and "\0" in c for c in row):
            out.append(row)
            continue
        # PostgreSQL keeps no character 0 in a text: such a value stands in `other_values`.
        names = layout.columns_of(kind)
        other = json.loads(row[-1]) if row[-1] else {}
        cells = list(row)
        for n in texts:
            if isinstance(cells[n], str) and "\0" in cells[n]:
                other[names[n]], cells[n] = cells[n], None
        cells[-1] = rows.encode(other)
        out.append(tuple(cells))
    return out


def as_file(kind: Kind, lacking: Collection[str] = ()) -> str:
    """The columns of a layer as the rows of a registry file have them; what lacks is empty."""
    types = {f.name: f.type for f in layout.fields_of(kind)}
    parts = []
    for name in layout.columns_of(kind):
        column = layout.quoted(name)
        if name in lacking:
            parts.append("NULL")
        elif name == layout.GEOMETRY_COLUMN:
            parts.append(f"ST_AsBinary({column}, 'NDR')")
        elif name == "recorded_at":
            parts.append(f"to_char({column} AT TIME ZONE 'UTC', "
                         "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
        elif name == "valid_from" or types.get(name) == "date":
            parts.append(f"to_char({column}, 'YYYY-MM-DD')")
        else:
            parts.append(column)
    return ", ".join(parts)


def write_layer(db: psycopg.Connection[Any], kind: Kind,
                 current: Sequence[tuple[int, Revision]]) -> None:
    """Insert rows into a layer or replace those that are there."""
    table, names = layout.quoted(kind.name), layout.columns_of(kind)
    columns = ", ".join(map(layout.quoted, names))
    made = layer_rows(kind, current)
    shape = names.index(layout.GEOMETRY_COLUMN) if kind.geometry != "none" else -1
    if shape >= 0:
        made = [(*row[:shape], None if row[shape] is None else ewkb(row[shape]),
                 *row[shape + 1:]) for row in made]
    update = ", ".join(f"{layout.quoted(n)} = excluded.{layout.quoted(n)}" for n in names
                       if n != "record_id")
    if len(made) <= _FEW:
        with db.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(names))}) "
                f"ON CONFLICT (record_id) DO UPDATE SET {update}", made)
        return
    db.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS arrived_{kind.name} "
               f"(LIKE {table}) ON COMMIT DROP")
    arrived = layout.quoted(f"arrived_{kind.name}")
    with db.cursor() as cursor, cursor.copy(f"COPY {arrived} ({columns}) FROM STDIN") as copy:
        for row in made:
            copy.write_row(row)
    db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {arrived} "
               f"ON CONFLICT (record_id) DO UPDATE SET {update}")
    db.execute(f"TRUNCATE {arrived}")


def ewkb(wkb: bytes) -> str:
    """Little-endian WKB as EWKB with the SRID, in hex: the form in which PostGIS reads a text."""
    kind = int.from_bytes(wkb[1:5], "little") | 0x20000000
    return (wkb[:1] + kind.to_bytes(4, "little") + layout.SRS.to_bytes(4, "little")
            + wkb[5:]).hex()


# --- windows -------------------------------------------------------------------------------------


def records_found(db: psycopg.Connection[Any], question: Question, kinds: Mapping[str, Kind],
                  after: str, limit: int, until: str, day: str) -> list[StoredRevision]:
    """The first `limit` current revisions (or those of the past date) by record id."""
    if limit < 1:
        return []
    table = layout.quoted(question.kind.name)
    condition, bound = filters(question)
    window, corners = "", []
    if question.bounds is not None:
        west, south, east, north = question.bounds
        window = f" AND {{}} && ST_MakeEnvelope(%s, %s, %s, %s, {layout.SRS})"
        corners = [west, south, east, north]
    if not question.past:
        inside = window.format(f"k.{layout.GEOMETRY_COLUMN}") if window else ""
        return rows.stored(db.execute(
            f"SELECT {layers.REVISION} FROM {table} AS k JOIN revision AS r "
            "ON r.number = k.revision JOIN chain AS c ON c.number = r.chain "
            f"WHERE k.record_id > %s{condition}{inside} ORDER BY k.record_id LIMIT %s",
            (after, *bound, *corners, limit)), kinds)
    out: list[StoredRevision] = []
    while len(out) < limit:
        inside = window.format("r.box") if window else ""
        ids = [i for (i,) in db.execute(
            f"SELECT DISTINCT r.record_id FROM revision AS r WHERE r.kind = %s "
            f"AND r.record_id > %s AND {pg_questions.KNOWN_THEN}{inside} ORDER BY r.record_id "
            "LIMIT %s",
            (question.kind.name, after, until, day, *corners, max(limit, 200)))]
        if not ids:
            break
        found = descent.current(rows.stored(db.execute(
            f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE r.record_id = ANY(%s) "
            f"AND {pg_questions.KNOWN_THEN} ORDER BY r.number", (ids, until, day)), kinds))
        out.extend(found[i] for i in sorted(found, key=str.encode) if question.says(found[i]))
        after = ids[-1]
    return out[:limit]


def filters(question: Question) -> tuple[str, list[Any]]:
    """The values as a condition on the columns of the layer."""
    parts, bound = [], []
    for field, wanted in question.where:
        column = f"k.{layout.quoted(field.name)}"
        alternatives = []
        for value in wanted:
            cell, fits = layout.cell(field, value)
            if value is None:
                alternatives.append(f"{column} IS NULL")
            elif fits:
                alternatives.append(f"{column} = %s")
                bound.append(date.fromisoformat(cell) if field.type == "date" else cell)
            else:  # "declined" where a number would stand is kept beside
                alternatives.append("k.other_values::jsonb ->> %s = %s")
                bound.extend([field.name, str(value)])
        parts.append("(" + (" OR ".join(alternatives) or "false") + ")")
    return "".join(f" AND {p}" for p in parts), bound


def ordered(db: psycopg.Connection[Any], question: Question, kinds: Mapping[str, Kind],
            field: Field, down: bool, after: tuple[Any, str] | None, limit: int
            ) -> tuple[list[Any], list[StoredRevision]]:
    """What the first `limit` current revisions are ordered by, and these (`Registry.ordered`)."""
    table, column = layout.quoted(question.kind.name), f"k.{layout.quoted(field.name)}"
    mark = {"integer": "%s::bigint", "number": "%s::double precision", "date": "%s::date"}.get(
        field.type, "%s")
    if mark == "%s":  # by the bytes, as a registry file does
        column += ' COLLATE "C"'
    condition, bound = filters(question)
    then, marks = after_pair(column, mark, "%s", down, after)
    found = db.execute(
        f"SELECT {column}, k.record_id FROM {table} AS k WHERE true{condition}{then} ORDER BY "
        f"{column} {'DESC' if down else 'ASC'} NULLS LAST, k.record_id LIMIT %s",
        (*bound, *marks, limit)).fetchall()
    said = db.execute(
        f"SELECT {layers.REVISION} FROM unnest(%s::text[]) WITH ORDINALITY AS j(id, at) "
        f"JOIN {table} AS k ON k.record_id = j.id JOIN revision AS r ON r.number = k.revision "
        "JOIN chain AS c ON c.number = r.chain ORDER BY j.at",
        ([record_id for _, record_id in found],))
    return ([cell.isoformat() if isinstance(cell, date) else cell for cell, _ in found],
            rows.stored(said, kinds))


def matching(db: psycopg.Connection[Any], question: Question, field: Field, beside: Field | None,
             holds: Callable[[str | None], bool], most: int) -> list[tuple[str, Any]] | None:
    """Ids whose text in a field passes, with a cell of another one (`Registry.matching`)."""
    condition, bound = filters(question)
    found = streamed(
        db, f"SELECT k.record_id, {columns_beside('k', field, beside)} FROM "
        f"{layout.quoted(question.kind.name)} AS k WHERE true{condition} "
        'ORDER BY k.record_id COLLATE "C"', 20_000, bound)
    held = those_that_hold(found, holds, most)
    return None if held is None else [
        (i, c.isoformat() if isinstance(c, date) else c) for i, c in held]


# --- boxes ---------------------------------------------------------------------------------------


def boxes(db: psycopg.Connection[Any], kind: Kind, names: Sequence[str],
          ids: Sequence[str] | None) -> Boxes:
    """The boxes of the current records of a kind with the values of the fields `names` (the level
    of validation among them); of all that have a place, or of these ids."""
    shape = f"k.{layout.GEOMETRY_COLUMN}"
    said = "".join(f", r.{n}" if n == layout.LEVEL else ', (r."values"::json ->> %s::text)'
                   for n in names)
    join = "JOIN revision AS r ON r.number = k.revision " if names else ""
    only = "" if ids is None else " AND k.record_id = ANY(%s)"
    last = last_of(db, kind.name)
    read = pg_questions.streamed(
        db, f"SELECT k.revision, ST_XMin({shape}), ST_YMin({shape}), ST_XMax({shape}), "
        f"ST_YMax({shape}){said} FROM {layout.quoted(kind.name)} AS k {join}"
        f"WHERE {shape} IS NOT NULL AND NOT ST_IsEmpty({shape}){only}", 10_000,
        (*(n for n in names if n != layout.LEVEL), *([] if ids is None else [list(ids)])))
    return Boxes.gathered(last, iter(lambda: list(islice(read, 10_000)), []))


def last_of(db: psycopg.Connection[Any], kind: str) -> int:
    """The highest number of a revision of a kind; 0 where there is none."""
    return int(pg_questions.row_of(
        db, "SELECT COALESCE(max(number), 0) FROM revision WHERE kind = %s", (kind,))[0])


def revised(db: psycopg.Connection[Any], kind: str, since: int, several: bool = False
            ) -> dict[str, list[int]]:
    """The records of a kind with a revision of a number above `since`, and the numbers of all of
    their revisions; `several`: of those that have more than one."""
    out: dict[str, list[int]] = {}
    for record_id, number in db.execute(
            "SELECT r.record_id, r.number FROM (SELECT DISTINCT record_id FROM revision "
            "WHERE kind = %s AND number > %s) AS j JOIN revision AS r "
            "ON r.record_id = j.record_id", (kind, since)):
        out.setdefault(record_id, []).append(number)
    return {i: line for i, line in out.items() if len(line) > 1} if several else out


def drawn(db: psycopg.Connection[Any], numbers: Sequence[int]
          ) -> list[tuple[str, str, str, bytes]]:
    """(record id, level of validation, values as JSON, place as WKB) of revisions, in the order of
    the numbers."""
    return db.execute(
        'SELECT r.record_id, r.validation, r."values", r.geometry '
        'FROM unnest(%s::bigint[]) WITH ORDINALITY '
        "AS j(number, at) JOIN revision AS r ON r.number = j.number ORDER BY j.at",
        (list(numbers),)).fetchall()
