"""The layers of a registry file: current records, which follow from the chains.

Whatever is written to the chains is brought forward here at once; what stands here against what
follows is what the audit compares.
"""

# Identifiers cannot be bound; those put into statements here are names of the registry's kinds and
# of store/layout.py, quoted. Values are always bound.
# ruff: noqa: S608

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.descent import current_of, dated_before
from landrelease.core.record import Field, Kind
from landrelease.core.revision import Revision, StoredRevision
from landrelease.store import layout, rows, rtree

_BULK = 200  # from so many rows on the spatial index is filled at once, not row by row
REVISION = ", ".join(
    {"chain": "c.id", "values": 'r."values"'}.get(n, f"r.{n}") for n in rows.COLUMNS)
FROM_REVISION = "revision AS r JOIN chain AS c ON c.number = r.chain"


@dataclass(slots=True)
class _Pending:
    """Boxes of one layer that wait for the end of the transaction."""

    ids: list[np.ndarray] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    first_fresh: int = 0
    from_empty: bool = False  # the layer held nothing when the transaction began
    bounds: list[float] = field(default_factory=list)


class Forward:
    """Brings arrived revisions forward into the layers, within one transaction.

    Many revisions come in pieces; the spatial indexes are filled once, at the end (`finish`).
    """

    def __init__(self, db: sqlite3.Connection, kinds: Mapping[str, Kind], *, several: bool):
        self._db, self._kinds, self._several = db, kinds, several
        self._pending: dict[str, _Pending] = {}
        self._past: list[int] = []
        self._past_boxes: list[tuple[float, float, float, float]] = []
        self._next: dict[str, int] = {}

    def arrived(self, revisions: Sequence[tuple[int, Revision]], known: set[str]) -> None:
        """Revisions with their numbers, in their order; `known`: ids that had revisions before."""
        by_kind: dict[str, list[tuple[int, Revision]]] = {}
        for arrived in revisions:
            by_kind.setdefault(arrived[1].kind, []).append(arrived)
        for name, listed in by_kind.items():
            self._of_kind(self._kinds[name], listed, known)

    def _of_kind(self, kind: Kind, arrived: list[tuple[int, Revision]], known: set[str]) -> None:
        db, table = self._db, layout.quoted(kind.name)
        again = list({r.record_id for _, r in arrived if r.record_id in known})
        there: dict[str, tuple[int, date | None, int]] = {}
        if again:
            for fid, record_id, day, number in db.execute(
                    f"SELECT k.fid, k.record_id, k.valid_from, k.revision FROM json_each(?) AS j "
                    f"JOIN {table} AS k ON k.record_id = j.value", (json.dumps(again),)):
                there[record_id] = fid, None if day is None else date.fromisoformat(day), number
        if self._several and again:
            current = self._over_chains(arrived, known, there)
        else:
            current = self._of_one_chain(arrived, there)
        if not current:
            return
        pending = self._pending.get(kind.name)
        if pending is None:
            pending = self._pending[kind.name] = _Pending()
            if kind.geometry != "none":
                layout.drop_triggers(db, kind)
            pending.from_empty = db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None
            pending.first_fresh = self._next[kind.name] = 1 + db.execute(
                f"SELECT max(ifnull(max(fid), 0), ifnull((SELECT seq FROM sqlite_sequence "
                f"WHERE name = ?), 0)) FROM {table}", (kind.name,)).fetchone()[0]
        spatial = kind.geometry != "none"
        if spatial and any(there[i][0] >= pending.first_fresh for i in current if i in there):
            self._flush(kind, pending)  # their boxes wait: what is superseded needs them
        fresh = self._next[kind.name]
        fids = []
        for record_id in current:
            held = there.get(record_id)
            if held is None:
                fids.append(fresh)
                fresh += 1
            else:
                fids.append(held[0])
        self._next[kind.name] = fresh
        if spatial:
            self._supersede(kind, [(there[i][0], there[i][2]) for i in current if i in there])
        columns = layer_columns(kind, list(current.values()))
        names = layout.columns_of(kind)
        strangers = () if pending.from_empty else db.execute(
            f"SELECT k.fid FROM json_each(?) AS j JOIN {table} AS k ON k.record_id = j.value",
            (json.dumps([i for i in current if i not in there]),)).fetchall()
        if strangers:  # rows that another program added: the chain decides
            db.executemany(f"DELETE FROM {table} WHERE fid = ?", strangers)
            if spatial:
                db.executemany(f"DELETE FROM {layout.quoted(layout.index_of(kind))} WHERE id = ?",
                               strangers)
        if there:
            made = list(zip(fids, current, zip(*columns, strict=True), strict=True))
            new = [(fid, *row) for fid, i, row in made if i not in there]
            db.executemany(
                f"UPDATE {table} SET {', '.join(layout.quoted(n) + ' = ?' for n in names)} "
                "WHERE fid = ?", [(*row, fid) for fid, i, row in made if i in there])
            if new:
                layout.insert(db, kind.name, ["fid", *names], list(zip(*new, strict=True)))
        else:
            layout.insert(db, kind.name, ["fid", *names], [fids, *columns])
        if spatial:
            boxes = shapely.bounds(rows.array_of([r.geometry for _, r in current.values()]))
            pending.ids.append(np.asarray(fids, dtype=np.int64))
            pending.boxes.append(boxes)

    def _of_one_chain(self, arrived: list[tuple[int, Revision]],
                      there: Mapping[str, tuple[int, date | None, int]]
                      ) -> dict[str, tuple[int, Revision]]:
        """The revisions that become current, by record; the others are past from the start."""
        if not there:
            current = {a[1].record_id: a for a in arrived}
            if len(current) == len(arrived):  # all new, each once
                return current
        current = {}
        for number, revision in arrived:
            i = revision.record_id
            if i in current:
                if dated_before(revision.valid_from, current[i][1].valid_from):
                    self._never_current(number, revision)
                    continue
                self._never_current(*current[i])
            elif i in there and dated_before(revision.valid_from, there[i][1]):
                self._never_current(number, revision)
                continue
            current[i] = (number, revision)
        return current

    def _over_chains(self, arrived: list[tuple[int, Revision]], known: set[str],
                     there: Mapping[str, tuple[int, date | None, int]]
                     ) -> dict[str, tuple[int, Revision]]:
        """The same where several chains touch records: the whole history of each decides."""
        wanted = list({r.record_id for _, r in arrived if r.record_id in known})
        plain = [(n, r) for n, r in arrived if r.record_id not in known]
        current = self._of_one_chain(plain, there)
        for record_id, line in histories(self._db, wanted, self._kinds).items():
            best = current_of(line)
            before = there.get(record_id)
            for number, revision in arrived:
                if revision.record_id == record_id and number != best.number:
                    self._never_current(number, revision)
            if before is None or before[2] != best.number:
                current[record_id] = (best.number, best.revision)
        return current

    def _never_current(self, number: int, revision: Revision) -> None:
        if revision.geometry is not None and not revision.geometry.is_empty:
            self._past.append(number)
            self._past_boxes.append(revision.geometry.bounds)

    def _supersede(self, kind: Kind, held: list[tuple[int, int]]) -> None:
        """Rows (fid, revision) that give way: their boxes go to the index of the past."""
        if not held:
            return
        found = self._db.execute(
            "SELECT json_extract(j.value, '$[1]'), i.minx, i.miny, i.maxx, i.maxy "
            f"FROM json_each(?) AS j JOIN {layout.quoted(layout.index_of(kind))} AS i ON i.id = "
            "json_extract(j.value, '$[0]')",
            (json.dumps(held),)).fetchall()
        for number, *box in found:
            self._past.append(number)
            self._past_boxes.append((box[0], box[1], box[2], box[3]))

    def finish(self) -> None:
        """Fill the spatial indexes, put the triggers back, note the change for other programs."""
        for name, pending in self._pending.items():
            kind = self._kinds[name]
            if kind.geometry != "none":
                self._flush(kind, pending)
                layout.create_triggers(self._db, kind)
            self._db.execute(
                "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
                "WHERE table_name IN (?, 'revision')", (name,))
            if pending.bounds:
                self._db.execute(
                    "UPDATE gpkg_contents SET min_x = min(ifnull(min_x, ?1), ?1), "
                    "min_y = min(ifnull(min_y, ?2), ?2), max_x = max(ifnull(max_x, ?3), ?3), "
                    "max_y = max(ifnull(max_y, ?4), ?4) WHERE table_name = ?5",
                    (*pending.bounds, name))
        self._pending.clear()
        if self._past:
            rtree.put(self._db, layout.quoted(layout.PAST_INDEX),
                      *_last_of_each(np.asarray(self._past, dtype=np.int64),
                                     np.asarray(self._past_boxes)))
            self._past.clear()
            self._past_boxes.clear()

    def _flush(self, kind: Kind, pending: _Pending) -> None:
        if not pending.ids:
            return
        boxes = np.concatenate(pending.boxes)
        ids, boxes = _last_of_each(np.concatenate(pending.ids), boxes)
        rtree.put(self._db, layout.quoted(layout.index_of(kind)), ids, boxes)
        if not np.isnan(boxes[:, 0]).all():
            west, south = np.nanmin(boxes[:, :2], axis=0).tolist()
            east, north = np.nanmax(boxes[:, 2:], axis=0).tolist()
            held = pending.bounds or [west, south, east, north]
            pending.bounds = [min(held[0], west), min(held[1], south),
                              max(held[2], east), max(held[3], north)]
        pending.ids, pending.boxes = [], []


def _last_of_each(ids: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of ids that occur more than once the last one."""
    _, places = np.unique(ids[::-1], return_index=True)
    places = len(ids) - 1 - places
    return ids[places], boxes[places]


def layer_rows(
    kind: Kind, current: Sequence[tuple[int, Revision]],
    shapes: Callable[[Sequence[BaseGeometry | None], Kind], list[bytes | None]] = layout.blobs,
) -> list[tuple[Any, ...]]:
    """Rows of a layer, in the order of `layout.columns_of`; `shapes` makes the geometry cells."""
    return list(zip(*layer_columns(kind, current, shapes), strict=True))


def layer_columns(
    kind: Kind, current: Sequence[tuple[int, Revision]],
    shapes: Callable[[Sequence[BaseGeometry | None], Kind], list[bytes | None]] = layout.blobs,
) -> list[Sequence[Any]]:
    """`layer_rows` as columns."""
    fields = layout.fields_of(kind)
    places = {f.name: (n, f) for n, f in enumerate(fields)}
    revisions = [r for _, r in current]
    alike: dict[tuple[str, ...], list[int]] = {}
    for n, r in enumerate(revisions):
        alike.setdefault(tuple(r.values), []).append(n)
    own: list[Sequence[Any]] = []
    for keys, listed in alike.items():
        cells = _cells(keys, [revisions[n].values for n in listed], fields, places)
        if len(alike) == 1:
            own = cells
            break
        own = own or [[None] * len(current) for _ in cells]
        for column, found in zip(own, cells, strict=True):
            for n, cell in zip(listed, found, strict=True):
                column[n] = cell  # type: ignore[index]
    own = own or [[None] * len(current) for _ in range(len(fields) + 1)]
    days = {r.valid_from for r in revisions}
    day_of = {d: rows.day(d) for d in days}
    return [
        *([shapes([r.geometry for r in revisions], kind)] if kind.geometry != "none" else []),
        [r.record_id for r in revisions], [number for number, _ in current],
        [day_of[r.valid_from] for r in revisions], [r.validation for r in revisions],
        [rows.instant(r.recorded_at)[:23] + "Z" for r in revisions],
        [r.recorded_by for r in revisions], [r.source for r in revisions], *own]


def _cells(keys: Sequence[str], said: Sequence[Mapping[str, Any]], fields: Sequence[Field],
           places: Mapping[str, tuple[int, Field]]) -> list[Sequence[Any]]:
    """Cells of records with the same fields, column by column; `other_values` last."""
    count = len(said)
    made: list[Sequence[Any]] = [(None,) * count] * (len(fields) + 1)
    other: dict[int, dict[str, Any]] = {}
    columns = zip(*[values.values() for values in said], strict=True) if keys else ()
    for key, column in zip(keys, columns, strict=True):
        place, field = places.get(key, (-1, None))
        plain = None if field is None else layout.EXACT_TYPES.get(field.type)
        types = set(map(type, column))
        if field is not None and (types == {plain} or layout.column_as_it_is(field, column, types)):
            made[place] = column  # most values are what their column holds
            continue
        found = []
        for n, value in enumerate(column):
            cell, fits = (None, False) if field is None else layout.cell(field, value)
            found.append(cell if fits else None)
            if not fits:
                other.setdefault(n, {})[key] = value
        if field is not None:
            made[place] = found
    if other:
        made[-1] = [rows.encode(other[n]) if n in other else None for n in range(count)]
    return made


def histories(db: sqlite3.Connection, record_ids: Sequence[str], kinds: Mapping[str, Kind]
              ) -> dict[str, list[StoredRevision]]:
    """All revisions of these records, by number."""
    out: dict[str, list[StoredRevision]] = {}
    found = db.execute(
        f"SELECT {REVISION} FROM json_each(?) AS j JOIN revision AS r ON r.record_id = j.value "
        "JOIN chain AS c ON c.number = r.chain ORDER BY r.number",
        (json.dumps(list(record_ids)),)).fetchall()
    for stored in rows.stored(found, kinds):
        out.setdefault(stored.revision.record_id, []).append(stored)
    return out


def restore(db: sqlite3.Connection, kind: Kind, kinds: Mapping[str, Kind],
            current: Iterable[tuple[int, Revision]]) -> None:
    """Write a layer and its index anew."""
    table = layout.quoted(kind.name)
    if kind.geometry != "none":
        layout.drop_triggers(db, kind)
    db.execute(f"DELETE FROM {table}")
    if kind.geometry != "none":
        rtree.pack(db, layout.quoted(layout.index_of(kind)), np.empty(0, dtype=np.int64),
                   np.empty((0, 4), dtype=np.float32))
        db.execute("UPDATE gpkg_contents SET min_x = NULL, min_y = NULL, max_x = NULL, "
                   "max_y = NULL WHERE table_name = ?", (kind.name,))
        layout.create_triggers(db, kind)
    forward = Forward(db, kinds, several=False)
    for piece in pieces(current, 20_000):
        forward.arrived(piece, set())
    forward.finish()


def restore_past(db: sqlite3.Connection, kinds: Mapping[str, Kind]) -> None:
    """Write the index of revisions that are not current anew."""
    tables = " UNION ALL ".join(f"SELECT revision FROM {layout.quoted(name)}" for name in kinds)
    cursor = db.execute(
        f"SELECT number, geometry FROM revision WHERE geometry IS NOT NULL "
        f"AND number NOT IN ({tables}) ORDER BY number")
    ids: list[int] = []
    boxes: list[np.ndarray] = []
    while found := cursor.fetchmany(20_000):
        ids += [number for number, _ in found]
        boxes.append(shapely.bounds(shapely.from_wkb(rows.array_of([wkb for _, wkb in found]))))
    index = layout.quoted(layout.PAST_INDEX)
    rtree.pack(db, index, np.empty(0, dtype=np.int64), np.empty((0, 4), dtype=np.float32))
    if ids:
        rtree.put(db, index, np.asarray(ids, dtype=np.int64), np.concatenate(boxes))


def pieces(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most `size` items."""
    piece: list[Any] = []
    for item in items:
        piece.append(item)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece
