"""Records in a window and with certain values, now or at a past date, from a registry file."""

# Identifiers cannot be bound; those put into statements here are names of the registry's kinds and
# of store/layout.py, quoted. Values are always bound.
# ruff: noqa: S608

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from landrelease.core.boxes import Boxes
from landrelease.core.descent import current
from landrelease.core.record import Field, Kind
from landrelease.core.revision import StoredRevision
from landrelease.errors import FILTER_UNKNOWN, LandReleaseError
from landrelease.store import layers, layout, rows

Bounds = tuple[float, float, float, float]
_MANY = 5_000  # rows in a window from which on it is cheaper to go through the ids in their order
_SPARE = 20  # candidates beyond the limit, for those that turn out not to answer


class Question:
    """What is asked of a kind: window, values, dates."""

    def __init__(self, kind: Kind, bounds: Bounds | None, where: Mapping[str, Any] | None,
                 valid_at: date | None, known_at: str | None):
        self.kind, self.bounds = kind, bounds
        self.valid_at, self.known_at = valid_at, known_at
        self.past = valid_at is not None or known_at is not None
        self.where: list[tuple[Field, list[Any]]] = []
        fields = {f.name: f for f in layout.fields_of(kind)}
        for name, wanted in (where or {}).items():
            if name not in fields:
                raise LandReleaseError(FILTER_UNKNOWN, field=name, kind=kind.name,
                                       expected=", ".join(fields))
            listed = list(wanted) if isinstance(wanted, (list, tuple, set, frozenset)) \
                else [wanted]
            self.where.append((fields[name], listed))

    def field(self, name: str) -> Field:
        """A field of the kind that has a column. STO-022."""
        for known in layout.fields_of(self.kind):
            if known.name == name:
                return known
        raise LandReleaseError(FILTER_UNKNOWN, field=name, kind=self.kind.name, expected=", ".join(
            f.name for f in layout.fields_of(self.kind)))

    def says(self, stored: StoredRevision) -> bool:
        """Whether a revision has the values and lies in the window."""
        r = stored.revision
        for field, wanted in self.where:
            if r.values.get(field.name) not in wanted:
                return False
        if self.bounds is None:
            return True
        if r.geometry is None or r.geometry.is_empty:
            return False
        west, south, east, north = r.geometry.bounds
        return not (west > self.bounds[2] or east < self.bounds[0]
                    or south > self.bounds[3] or north < self.bounds[1])

    def filters(self, alias: str) -> tuple[str, list[Any]]:
        """The values as a condition on the columns of the layer."""
        parts, bound = [], []
        for field, wanted in self.where:
            cells = [layout.cell(field, value) for value in wanted]
            found = [cell for cell, fits in cells if fits and cell is not None]
            column = f"{alias}.{layout.quoted(field.name)}"
            words = [v for v, (cell, fits) in zip(wanted, cells, strict=True)
                     if not fits and v is not None]
            alternatives = []
            if found:
                alternatives.append(f"{column} IN ({', '.join('?' * len(found))})")
                bound.extend(found)
            for word in words:  # "declined" where a number would stand is kept beside
                alternatives.append(f"json_extract({alias}.other_values, ?) = ?")
                bound.extend([f'$."{field.name}"', word])
            if any(v is None for v in wanted):
                alternatives.append(f"{column} IS NULL")
            parts.append("(" + (" OR ".join(alternatives) or "0") + ")")
        return "".join(f" AND {p}" for p in parts), bound


def find(db: sqlite3.Connection, question: Question, kinds: Mapping[str, Kind], after: str,
         limit: int) -> list[StoredRevision]:
    """The first `limit` current revisions (or those of the past date) by record id."""
    if limit < 1:
        return []
    if not question.past:
        return _now(db, question, kinds, after, limit)
    out: list[StoredRevision] = []
    for ids in _candidates(db, question, after, limit + _SPARE):
        found = current(s for line in _known(db, question, kinds, ids) for s in line)
        out.extend(found[i] for i in sorted(found, key=str.encode) if question.says(found[i]))
        if len(out) >= limit:
            break
    return out[:limit]


def ordered(db: sqlite3.Connection, question: Question, kinds: Mapping[str, Kind], field: Field,
            down: bool, after: tuple[Any, str] | None, limit: int
            ) -> tuple[list[Any], list[StoredRevision]]:
    """What the first `limit` current revisions are ordered by, and these (`Registry.ordered`)."""
    table, column = layout.quoted(question.kind.name), f"k.{layout.quoted(field.name)}"
    condition, bound = question.filters("k")
    then, marks = after_pair(column, "?", "?", down, after)
    # The rows are put in order by two narrow columns; what they say is read of the first ones only.
    found = db.execute(
        f"SELECT {column}, k.record_id FROM {table} AS k WHERE true{condition}{then} ORDER BY "
        f"{column} IS NULL, {column} {'DESC' if down else 'ASC'}, k.record_id LIMIT ?",
        (*bound, *marks, limit)).fetchall()
    said = db.execute(
        f"SELECT {layers.REVISION} FROM json_each(?) AS j JOIN {table} AS k "
        "ON k.record_id = j.value JOIN revision AS r ON r.number = k.revision "
        "JOIN chain AS c ON c.number = r.chain ORDER BY j.key",
        (json.dumps([record_id for _, record_id in found]),)).fetchall()
    return [cell for cell, _ in found], rows.stored(said, kinds)


def matching(db: sqlite3.Connection, question: Question, field: Field, beside: Field | None,
             holds: Callable[[str | None], bool], most: int) -> list[tuple[str, Any]] | None:
    """Ids whose text in a field passes, with a cell of another one (`Registry.matching`)."""
    condition, bound = question.filters("k")
    return those_that_hold(db.execute(
        f"SELECT k.record_id, {columns_beside('k', field, beside)} FROM "
        f"{layout.quoted(question.kind.name)} AS k WHERE true{condition} ORDER BY k.record_id",
        bound), holds, most)


def columns_beside(alias: str, field: Field, beside: Field | None) -> str:
    """The columns that `those_that_hold` reads after the id."""
    other = "NULL" if beside is None else f"{alias}.{layout.quoted(beside.name)}"
    return f"{alias}.{layout.quoted(field.name)}, {alias}.other_values IS NOT NULL, {other}"


def those_that_hold(found: Iterable[Sequence[Any]], holds: Callable[[str | None], bool], most: int
                    ) -> list[tuple[str, Any]] | None:
    """Those of (id, text, whether something does not fit its column, cell) that pass; what stands
    beside the columns is for whoever reads the record to judge."""
    out = []
    for record_id, said, odd, cell in found:
        if holds(said) or (odd and said is None):
            out.append((record_id, cell))
            if len(out) > most:
                return None
    return out


def after_pair(column: str, mark: str, plain: str, down: bool, after: tuple[Any, str] | None
               ) -> tuple[str, list[Any]]:
    """The condition for what comes after a pair of value and id, where no value comes last; `mark`
    stands for a value, `plain` for an id."""
    if after is None:
        return "", []
    cell, record_id = after
    if cell is None:
        return f" AND {column} IS NULL AND k.record_id > {plain}", [record_id]
    return (f" AND ({column} {'<' if down else '>'} {mark} OR ({column} = {mark} AND k.record_id > "
            f"{plain}) OR {column} IS NULL)"), [cell, cell, record_id]


def _now(db: sqlite3.Connection, question: Question, kinds: Mapping[str, Kind], after: str,
         limit: int) -> list[StoredRevision]:
    table = layout.quoted(question.kind.name)
    condition, bound = question.filters("k")
    columns = f"SELECT {layers.REVISION} FROM "
    join = "JOIN revision AS r ON r.number = k.revision JOIN chain AS c ON c.number = r.chain "
    if question.bounds is None:
        text = (f"{columns} {table} AS k {join} WHERE k.record_id > ?{condition} "
                "ORDER BY k.record_id LIMIT ?")
        found = db.execute(text, (after, *bound, limit)).fetchall()
        return rows.stored(found, kinds)
    index = layout.quoted(layout.index_of(question.kind))
    west, south, east, north = question.bounds
    window = [west, east, south, north]
    crowded = _crowded(db, index, window)
    out: list[StoredRevision] = []
    while len(out) < limit:
        if crowded:
            # In the order of ids: the first ones are found after few steps.
            text = (f"{columns} {table} AS k {join} WHERE k.record_id > ?{condition} AND EXISTS "
                    f"(SELECT 1 FROM {index} AS i WHERE i.id = k.fid AND {_INSIDE}) "
                    "ORDER BY k.record_id LIMIT ?")
            bound_all = [after, *bound, *window, limit]
        else:
            text = (f"{columns} {index} AS i CROSS JOIN {table} AS k ON k.fid = i.id {join} "
                    f"WHERE {_INSIDE} AND k.record_id > ?{condition} ORDER BY k.record_id LIMIT ?")
            bound_all = [*window, after, *bound, limit]
        found = rows.stored(db.execute(text, bound_all).fetchall(), kinds)
        # The index is a little larger than the boxes: the box itself decides.
        out.extend(s for s in found if question.says(s))
        if len(found) < limit:
            break
        after = found[-1].revision.record_id
    return out[:limit]


def _candidates(db: sqlite3.Connection, question: Question, after: str, step: int
                ) -> Iterator[list[str]]:
    """Ids of records that may answer, in their order, in steps.

    What answered at the date is current today (then it stands in the layer, with the same values
    and place) or it was superseded since (then it stands in the index of the past).
    """
    table = layout.quoted(question.kind.name)
    if question.bounds is None:
        while True:
            ids = [i for (i,) in db.execute(
                f"SELECT record_id FROM {table} WHERE record_id > ? ORDER BY record_id LIMIT ?",
                (after, step * 5))]
            if not ids:
                return
            yield ids
            after = ids[-1]
    while True:
        streams = [_in_layer(db, question, after, step), _in_past(db, question, after, step)]
        # Up to where both streams are known.
        ends = [ids[-1] for ids in streams if len(ids) == step]
        last = min(ends, key=str.encode) if ends else None
        ids = sorted({i for listed in streams for i in listed
                      if last is None or i.encode() <= last.encode()}, key=str.encode)
        if ids:
            yield ids
        if last is None:
            return
        after = last


_INSIDE = "i.maxx >= ? AND i.minx <= ? AND i.maxy >= ? AND i.miny <= ?"


def _crowded(db: sqlite3.Connection, index: str, window: Sequence[float]) -> bool:
    """Whether so many boxes lie in the window that going through the ids in order is cheaper."""
    found = db.execute(f"SELECT count(*) FROM (SELECT 1 FROM {index} AS i WHERE {_INSIDE} LIMIT ?)",
                       (*window, _MANY)).fetchone()[0]
    return bool(found >= _MANY)


def _in_layer(db: sqlite3.Connection, question: Question, after: str, step: int) -> list[str]:
    """Ids of current records in the window with the values, in their order."""
    assert question.bounds is not None
    table, index = (layout.quoted(n) for n in (question.kind.name, layout.index_of(question.kind)))
    condition, bound = question.filters("k")
    west, south, east, north = question.bounds
    window = [west, east, south, north]
    if _crowded(db, index, window):
        text = (f"SELECT k.record_id FROM {table} AS k WHERE k.record_id > ?{condition} AND EXISTS "
                f"(SELECT 1 FROM {index} AS i WHERE i.id = k.fid AND {_INSIDE}) "
                "ORDER BY k.record_id LIMIT ?")
        asked = [after, *bound, *window, step]
    else:
        text = (f"SELECT k.record_id FROM {index} AS i CROSS JOIN {table} AS k ON k.fid = i.id "
                f"WHERE {_INSIDE} AND k.record_id > ?{condition} ORDER BY k.record_id LIMIT ?")
        asked = [*window, after, *bound, step]
    return [i for (i,) in db.execute(text, asked)]


def _in_past(db: sqlite3.Connection, question: Question, after: str, step: int) -> list[str]:
    """Ids of records with a superseded revision in the window, in their order."""
    assert question.bounds is not None
    index = layout.quoted(layout.PAST_INDEX)
    west, south, east, north = question.bounds
    window = [west, east, south, north]
    if _crowded(db, index, window):
        text = ("SELECT DISTINCT r.record_id FROM revision AS r INDEXED BY revision_record "
                "WHERE r.record_id > ? AND r.kind = ? AND EXISTS "
                f"(SELECT 1 FROM {index} AS i WHERE i.id = r.number AND {_INSIDE}) "
                "ORDER BY r.record_id LIMIT ?")
        asked: list[Any] = [after, question.kind.name, *window, step]
    else:
        text = (f"SELECT DISTINCT r.record_id FROM {index} AS i CROSS JOIN revision AS r "
                f"ON r.number = i.id WHERE {_INSIDE} AND r.record_id > ? AND r.kind = ? "
                "ORDER BY r.record_id LIMIT ?")
        asked = [*window, after, question.kind.name, step]
    return [i for (i,) in db.execute(text, asked)]


def _known(db: sqlite3.Connection, question: Question, kinds: Mapping[str, Kind],
           ids: Sequence[str]) -> Iterator[list[StoredRevision]]:
    """The revisions of these records that were known and valid then, by number."""
    text, bound = known_condition(question.valid_at, question.known_at)
    found = db.execute(
        f"SELECT {layers.REVISION} FROM json_each(?) AS j JOIN revision AS r "
        "ON r.record_id = j.value JOIN chain AS c ON c.number = r.chain "
        f"WHERE {text} ORDER BY r.number", (json.dumps(list(ids)), *bound)).fetchall()
    yield rows.stored(found, kinds)


def boxes(db: sqlite3.Connection, kind: Kind, names: Sequence[str], ids: Sequence[str] | None
          ) -> Boxes:
    """The boxes of the current records of a kind with the values of the fields `names` (the level
    of validation among them); of all that have a place, or of these ids."""
    index, table = (layout.quoted(n) for n in (layout.index_of(kind), kind.name))
    said = "".join(f", r.{n}" if n == layout.LEVEL else ', json_extract(r."values", ?)'
                   for n in names)
    join = "JOIN revision AS r ON r.number = k.revision" if names else ""
    columns = f"SELECT k.revision, i.minx, i.miny, i.maxx, i.maxy{said} FROM"
    bound = [f'$."{n}"' for n in names if n != layout.LEVEL]
    last = last_of(db, kind.name)
    if ids is None:
        cursor = db.execute(
            f"{columns} {index} AS i CROSS JOIN {table} AS k ON k.fid = i.id {join}", bound)
    else:
        cursor = db.execute(
            f"{columns} json_each(?) AS j CROSS JOIN {table} AS k ON k.record_id = j.value "
            f"JOIN {index} AS i ON i.id = k.fid {join}", (*bound, json.dumps(list(ids))))
    # In pieces: half a million rows as Python values would take half a gigabyte.
    return Boxes.gathered(last, iter(lambda: cursor.fetchmany(_MANY), []))


def last_of(db: sqlite3.Connection, kind: str) -> int:
    """The highest number of a revision of a kind; 0 where there is none."""
    return int(db.execute("SELECT ifnull(max(number), 0) FROM revision WHERE kind = ?",
                          (kind,)).fetchone()[0])


def revised(db: sqlite3.Connection, kind: str, since: int, several: bool = False
            ) -> dict[str, list[int]]:
    """The records of a kind with a revision of a number above `since`, and the numbers of all of
    their revisions; `several`: of those that have more than one."""
    out: dict[str, list[int]] = {}
    if several and since <= 0:
        own, whole = db.execute("SELECT (SELECT count(*) FROM revision WHERE kind = ?), "
                                "(SELECT count(*) FROM revision)", (kind,)).fetchone()
        # Of most of what there is an index tells it without a look at any revision.
        listed, bound = ("INDEXED BY revision_record", ()) if own * 3 > whole else (
            "INDEXED BY revision_kind WHERE kind = ?", (kind,))
        found = db.execute(
            "SELECT r.record_id, r.number FROM (SELECT record_id FROM revision "
            f"{listed} GROUP BY record_id HAVING count(*) > 1) AS j "
            "CROSS JOIN revision AS r ON r.record_id = j.record_id WHERE r.kind = ?",
            (*bound, kind))
    else:
        found = db.execute(
            "SELECT r.record_id, r.number FROM (SELECT DISTINCT record_id FROM revision "
            "WHERE kind = ? AND number > ?) AS j JOIN revision AS r ON r.record_id = j.record_id",
            (kind, since))
    for record_id, number in found:
        out.setdefault(record_id, []).append(number)
    return {i: line for i, line in out.items() if len(line) > 1} if several else out


def drawn(db: sqlite3.Connection, numbers: Sequence[int]) -> list[tuple[str, str, str, bytes]]:
    """(record id, level of validation, values as JSON, place as WKB) of revisions, in the order of
    the numbers."""
    return db.execute(
        'SELECT r.record_id, r.validation, r."values", r.geometry FROM json_each(?) AS j '
        "JOIN revision AS r ON r.number = j.value ORDER BY j.key",
        (json.dumps(list(numbers)),)).fetchall()


def known_condition(valid_at: date | None, known_at: str | None) -> tuple[str, list[Any]]:
    """What was known and valid then, as a condition on `revision AS r`."""
    until = "9999" if known_at is None else known_at
    day = "9999-12-31" if valid_at is None else valid_at.isoformat()[:10]
    return ("ifnull(r.known_from, r.recorded_at) <= ? "
            "AND (r.valid_from IS NULL OR r.valid_from <= ?)", [until, day])
