"""Columns of the records of a kind from the revisions of a registry file, without records.

What `Registry.records` gives, as columns of the fields that are asked for: half a million items in
seconds. Records with one revision, and of the present all, are read at once; the few that have
several at a past date go through `core.descent`, as in `Registry.records`.
"""

# Identifiers cannot be bound; those put into statements here are names of the registry's kinds and
# of store/layout.py, quoted. Values are always bound.
# ruff: noqa: S608
from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from landrelease.core import descent
from landrelease.core.columns import Columns, columns_of
from landrelease.core.record import Kind
from landrelease.store import layers, layout, rows
from landrelease.store.search import known_condition

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

_FEW = 5_000  # rows below which Arrow is not worth its start
_POINT = 21  # bytes of a point as WKB, little-endian


def columns(registry: Registry, kind: str, fields: Sequence[str], *,
            valid_at: date | None = None, known_at: datetime | None = None,
            places: bool = False, beyond: tuple[str, float] | None = None) -> Columns:
    """Columns of a kind as it was at `valid_at`, as we knew it at `known_at` (None: now).

    beyond : (field, limit) leave records out whose place is a point and whose field is no more
        than the limit. A hint: others may be among the rows as well.

    From a registry file at once; from other stores through their records.
    """
    read = getattr(registry, "cells", None)
    if read is not None:
        found: Columns = read(kind, fields, valid_at=valid_at, known_at=known_at, places=places,
                              beyond=beyond)
        return found
    return columns_of(kind, registry.records(kind, valid_at=valid_at, known_at=known_at), fields)


def read(db: sqlite3.Connection, kind: Kind, kinds: Mapping[str, Kind], fields: Sequence[str],
         valid_at: date | None, known_at: datetime | None, places: bool,
         beyond: tuple[str, float] | None = None) -> Columns:
    """The columns of one kind from an open file. `beyond`: see `columns`."""
    odd, limits = ("", ()) if beyond is None else (
        # An empty point is a point whose coordinates are no numbers: the last byte tells.
        f" AND (r.geometry IS NULL OR length(r.geometry) <> {_POINT} "
        "OR substr(r.geometry, 1, 1) <> x'01' OR substr(r.geometry, 13, 1) IN (x'7F', x'FF') "
        "OR json_extract(r.\"values\", ?) > ?)", (f"$.{kind.field(beyond[0]).name}", beyond[1]))
    wanted = ("r.record_id, r.validation, r.\"values\", r.geometry" if places else
              "r.record_id, r.validation, r.\"values\", NULL")
    if valid_at is None and known_at is None:
        found = db.execute(
            f"SELECT {wanted} FROM {layout.quoted(kind.name)} AS k "
            f"CROSS JOIN revision AS r ON r.number = k.revision{odd}", limits).fetchall()
        return _columns(kind, found, fields, places)
    until = None if known_at is None else rows.instant(known_at, "known_at")
    text, bound = known_condition(valid_at, until)
    db.execute("DROP TABLE IF EXISTS temp.several_revisions")
    db.execute("CREATE TEMP TABLE several_revisions AS SELECT record_id FROM revision "
               "WHERE kind = ? GROUP BY record_id HAVING count(*) > 1", (kind.name,))
    found = db.execute(
        f"SELECT {wanted} FROM revision AS r WHERE r.kind = ? AND {text} AND r.record_id NOT IN "
        f"(SELECT record_id FROM temp.several_revisions){odd}",
        (kind.name, *bound, *limits)).fetchall()
    lines = rows.stored(db.execute(
        f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE r.kind = ? AND {text} "
        "AND r.record_id IN (SELECT record_id FROM temp.several_revisions) ORDER BY r.number",
        (kind.name, *bound)).fetchall(), kinds)
    db.execute("DROP TABLE temp.several_revisions")
    if lines:
        current = {s.number for s in descent.current(lines).values()}
        numbers = sorted(current)
        for start in range(0, len(numbers), 30_000):
            part = numbers[start:start + 30_000]
            found += db.execute(
                f"SELECT {wanted} FROM revision AS r WHERE r.number IN "
                f"({','.join('?' * len(part))})", part).fetchall()
    return _columns(kind, found, fields, places)


def _columns(kind: Kind, found: Sequence[tuple[Any, ...]], fields: Sequence[str], places: bool
             ) -> Columns:
    if not found:
        nothing = np.empty(0, dtype=object)
        return Columns(kind.name, nothing, nothing, dict.fromkeys(fields, nothing),
                       np.empty((0, 2)) if places else None)
    ids = [row[0] for row in found]
    if ids != sorted(ids):  # by code points is by bytes
        order = sorted(range(len(ids)), key=lambda n: ids[n].encode())
        found = [found[n] for n in order]
        ids = [row[0] for row in found]
    validation, values = [row[1] for row in found], [row[2] for row in found]
    wkbs = [row[3] for row in found] if places else []
    coded: dict[str, tuple[np.ndarray, dict[Any, int]]] = {}
    return Columns(kind.name, _array(ids), _array(validation),
                   _cells(values, kind, fields, coded), _points(wkbs) if places else None, coded)


def _array(values: list[Any]) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _cells(values: list[str], kind: Kind, fields: Sequence[str],
           coded: dict[str, tuple[np.ndarray, dict[Any, int]]]) -> dict[str, np.ndarray]:
    """The fields of N JSON objects: by Arrow's reader where every field has its own type only, and
    then also `coded` of `Columns`."""
    arrow = _by_arrow(values, kind, fields, coded)
    if arrow is not None:
        return arrow
    parsed = orjson.loads("[" + ",".join(values) + "]")
    return {f: _array([p.get(f) for p in parsed]) for f in fields}


def _by_arrow(values: list[str], kind: Kind, fields: Sequence[str],
              coded: dict[str, tuple[np.ndarray, dict[Any, int]]]
              ) -> dict[str, np.ndarray] | None:
    import io

    import pyarrow as pa
    import pyarrow.json as pj

    if len(values) < _FEW:
        return None
    types = {"integer": pa.float64(), "number": pa.float64(), "choices": pa.list_(pa.string()),
             "references": pa.list_(pa.string())}
    schema = pa.schema([(f, types.get(kind.field(f).type, pa.string())) for f in fields])
    try:
        table = pj.read_json(
            io.BytesIO("\n".join(values).encode()),
            read_options=pj.ReadOptions(block_size=1 << 22),
            parse_options=pj.ParseOptions(explicit_schema=schema,
                                          unexpected_field_behavior="ignore"))
    except pa.ArrowInvalid:  # a word among numbers: "declined" (S12)
        return None
    out = {}
    for name in fields:
        column = table[name]
        if pa.types.is_list(column.type):
            out[name] = _array(column.to_pylist())
        elif pa.types.is_floating(column.type):
            numbers = column.to_numpy(zero_copy_only=False)
            out[name] = numbers if not column.null_count else _array(column.to_pylist())
        else:  # few different words, many rows: each word becomes one object
            words = column.combine_chunks().dictionary_encode()
            known = np.array([*words.dictionary.to_pylist(), None], dtype=object)
            index = words.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)
            out[name] = known[index]
            coded[name] = index, {word: n for n, word in enumerate(known.tolist())}
    return out


def _points(wkbs: list[bytes | None]) -> np.ndarray:
    """(N, 2) coordinates of points as WKB; nan where there is no point."""
    import shapely

    if {0 if b is None else len(b) for b in wkbs} == {_POINT}:
        raw = np.frombuffer(b"".join(wkbs), dtype=np.uint8).reshape(-1, _POINT)  # type: ignore[arg-type]
        if (raw[:, 0] == 1).all():
            return raw[:, 5:].copy().view("<f8")
    shapes = shapely.from_wkb(np.array(wkbs, dtype=object))
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
