"""Columns of the records of a kind from the revisions of a registry file, without records.

What `Registry.records` gives, as columns of the fields that are asked for: half a million items in
seconds. Records with one revision, and of the present all, are read at once; the few that have
several at a past date go through `core.descent`, as in `Registry.records`.
"""

# Identifiers cannot be bound; those put into statements here are names of the registry's kinds and
# of store/layout.py, quoted. Values are always bound.
# ruff: noqa: S608
from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
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
            places: bool = False, beyond: tuple[str, float] | None = None,
            called: tuple[str, Collection[str]] | None = None) -> Columns:
    """Columns of a kind as it was at `valid_at`, as we knew it at `known_at` (None: now).

    beyond : (field, limit) leave records out whose place is a point and whose field is no more
        than the limit. called : (field, words) leave records out whose id and whose field are none
        of the words. Hints: others may be among the rows as well.

    From a registry file at once; from other stores through their records.
    """
    read = getattr(registry, "cells", None)
    if read is not None:
        found: Columns = read(kind, fields, valid_at=valid_at, known_at=known_at, places=places,
                              beyond=beyond, called=called)
        return found
    return columns_of(kind, registry.records(kind, valid_at=valid_at, known_at=known_at), fields)


class ReadOnce:
    """`columns` of one moment of which several questions are asked: a kind is read once for all.

    fields : kind -> everything that is asked of it; other kinds are read as they are asked. Of
        items the places are read as well. Hints are not followed: all records are among the rows.
    """

    def __init__(self, fields: Mapping[str, Sequence[str]], *, valid_at: date | None = None,
                 known_at: datetime | None = None):
        self.fields, self.moment = fields, (valid_at, known_at)
        self.held: dict[str, Columns] = {}

    def __call__(self, registry: Registry, kind: str, fields: Sequence[str], *,
                 valid_at: date | None = None, known_at: datetime | None = None,
                 **hints: Any) -> Columns:
        if (valid_at, known_at) != self.moment or not set(fields) <= set(
                self.fields.get(kind, ())):
            return columns(registry, kind, fields, valid_at=valid_at, known_at=known_at, **hints)
        if kind not in self.held:
            self.held[kind] = columns(registry, kind, self.fields[kind], valid_at=valid_at,
                                      known_at=known_at, places=kind == "item")
        return self.held[kind]


def read(db: sqlite3.Connection, kind: Kind, kinds: Mapping[str, Kind], fields: Sequence[str],
         valid_at: date | None, known_at: datetime | None, places: bool,
         beyond: tuple[str, float] | None = None,
         called: tuple[str, Collection[str]] | None = None) -> Columns:
    """The columns of one kind from an open file. `beyond`, `called`: see `columns`."""
    odd, limits = _odd(kind, beyond)
    if called is not None:
        words = json.dumps([str(w) for w in called[1]])
        odd += (" AND (r.record_id IN (SELECT value FROM json_each(?)) OR CAST(json_extract("
                'r."values", ?) AS TEXT) IN (SELECT value FROM json_each(?)))')
        limits += words, f"$.{kind.field(called[0]).name}", words
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
    # Of any kind: an id belongs to one for ever, and the index alone tells.
    db.execute("CREATE TEMP TABLE several_revisions AS SELECT record_id FROM revision "
               "INDEXED BY revision_record GROUP BY record_id HAVING count(*) > 1")
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


def _odd(kind: Kind, beyond: tuple[str, float] | None) -> tuple[str, tuple[Any, ...]]:
    """What `beyond` of `columns` asks of `revision AS r`, and what is bound in it."""
    if beyond is None:
        return "", ()
    # An empty point is a point whose coordinates are no numbers: the last byte tells.
    return (f" AND (r.geometry IS NULL OR length(r.geometry) <> {_POINT} "
            "OR substr(r.geometry, 1, 1) <> x'01' OR substr(r.geometry, 13, 1) IN (x'7F', x'FF') "
            "OR json_extract(r.\"values\", ?) > ?)",
            (f"$.{kind.field(beyond[0]).name}", beyond[1]))


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
        column = table[name].combine_chunks()
        silent = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
        if pa.types.is_list(column.type):
            said = _worded(column.values)[0].tolist()
            edges = column.offsets.to_numpy().tolist()
            out[name] = _array([said[a:b] for a, b in itertools.pairwise(edges)])
        elif pa.types.is_floating(column.type):
            out[name] = column.to_numpy(zero_copy_only=False)
        else:  # few different words, many rows: each word becomes one object
            out[name], index, known = _worded(column)
            coded[name] = index, {word: n for n, word in enumerate(known)}
        if silent is not None and name not in coded:
            out[name] = out[name].astype(object)
            out[name][silent] = None
    return out


def _worded(texts: Any) -> tuple[np.ndarray, np.ndarray, list[str | None]]:
    """(N) texts of an Arrow array, None where there is none, each word one object; (N) the number
    of the word; the words, None last."""
    words = texts.dictionary_encode()
    known = [*words.dictionary.to_pylist(), None]
    index = words.indices
    if index.null_count:  # `fill_null` would load pandas, which takes longer than all of this
        silent = index.is_null().to_numpy(zero_copy_only=False)
        index = index.to_numpy(zero_copy_only=False)
        index = np.where(silent, len(known) - 1, index).astype(np.int32)
    else:
        index = index.to_numpy()
    return _array(known)[index], index, known


def _points(wkbs: list[bytes | None]) -> np.ndarray:
    """(N, 2) coordinates of points as WKB; nan where there is no point."""
    import shapely

    if None not in wkbs and set(map(len, wkbs)) == {_POINT}:  # type: ignore[arg-type]
        raw = np.frombuffer(b"".join(wkbs), dtype=np.uint8).reshape(-1, _POINT)  # type: ignore[arg-type]
        if (raw[:, 0] == 1).all():
            return raw[:, 5:].copy().view("<f8")
    shapes = shapely.from_wkb(np.array(wkbs, dtype=object))
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
