"""What the last of a line of edits says again of what it replaces.

A phone takes nothing away (S01): what an edit leaves out, or says of less ground, counts until a
person decides, whichever of both came first. Records reach as far as was ever said of them
(`core.lineage.reaching`); here the same is held of rows that wait, and of answers that come late.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core import lineage
from landrelease.core.record import Record
from landrelease.records.fate import OFF_THE_MAP
from landrelease.workflows import few
from landrelease.workflows.quarantine import MOST_ANSWERS, kinds_in, waits_whole
from landrelease.workflows.waiting_rows import SPEAKS, Read, answered_off, answered_place, as_read

if TYPE_CHECKING:
    from landrelease.records.readers.openrosa import Said
    from landrelease.store.registry import QuarantineEntry, Registry

_FINDS = ("item", "accident")
_EDGE = "position_accuracy_m"


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a row or a record says of danger: where, under which area, and whether it says that
    there is any. `doubt`: it may lie elsewhere as well, or farther off than anybody can read."""

    where: Record
    hazard: str
    danger: bool
    doubt: bool = False

    def holds(self, before: _Claim) -> bool:
        """Whether it says all of what another does. An area without an outline that gets one, and
        a find that gets a place, say more than before."""
        if before.danger and not self.danger:
            return False
        if before.hazard and before.hazard != self.hazard:
            return False
        if before.where.geometry is not None and before.doubt and not self.doubt:
            return False
        if self.doubt and not before.doubt:
            return False
        return lineage.holds(self.where, before.where)


class Last:
    """The last submission of a line: its rows that wait, and the records that hold its answers."""

    def __init__(self, registry: Registry, said: Said, digest: str):
        from landrelease.workflows import load_assumptions

        self.registry, self.said, self.digest = registry, said, digest
        self._find_m = load_assumptions(None, registry).value("find_accuracy_m")
        self._waiting = [e for e in registry.quarantine("waiting") if e.row.source == digest]
        self._own: dict[str, list[_Claim]] | None = None

    def holds(self, before: Record) -> bool:
        """Whether it says again what a sound row says of a record."""
        if before.kind not in SPEAKS:
            return before.id in self.said.records
        return self._covers(before.id, self._claim_of(before))

    def held(self, rows: Sequence[QuarantineEntry]) -> set[int]:
        """The numbers of those rows that wait of which it says all again."""
        from landrelease.workflows.submissions import openrosa_id

        places = self._read(rows)
        out = set()
        for entry in rows:
            kind = entry.row.kind
            if kind == "source":
                again = self._holds_whole(entry)
            elif kind not in SPEAKS:
                again = openrosa_id(entry.row) in self.said.records
            else:
                again = self._covers(openrosa_id(entry.row), self._claim_in(
                    entry, places.get(entry.number)))
            if again:
                out.add(entry.number)
        return out

    def _covers(self, record_id: str, before: _Claim) -> bool:
        if record_id not in self.said.records:
            return False
        if self._own is None:
            from landrelease.workflows.submissions import openrosa_id

            self._own, places = {}, self._read(self._waiting)
            for entry in self._waiting:
                if entry.row.kind in SPEAKS and entry.row.kind != "source":
                    self._own.setdefault(openrosa_id(entry.row), []).append(self._claim_in(
                        entry, places.get(entry.number)))
        return any(now.holds(before) for now in (
            *self._own.get(record_id, ()), *map(self._claim_of, self._recorded(record_id))))

    def _recorded(self, record_id: str) -> list[Record]:
        """What it made of a record; where it made nothing of it, because the record said the same,
        the record itself, unless it is off the map."""
        kind = self.said.records[record_id]
        own = [Record(kind, record_id, s.revision.values, s.revision.geometry)
               for s in self.registry.history(record_id) if s.revision.source == self.digest]
        if not own:
            now = few.record_of(self.registry, kind, record_id)
            if now is not None and now.values.get("status") not in OFF_THE_MAP:
                return [now]
        return own

    def _claim_of(self, record: Record) -> _Claim:
        least = self._find_m if record.kind in _FINDS else 0.0
        return _Claim(lineage.off_by(record, least), str(record.values.get("hazard") or ""),
                      _of_danger(record.kind, record.values))

    def _claim_in(self, entry: QuarantineEntry, read: Read | None) -> _Claim:
        from landrelease.workflows import certain

        row = entry.row
        least = self._find_m if row.kind in _FINDS else 0.0
        off = max(least, 0.0 if read is None else read.off_m)
        return _Claim(
            Record(row.kind, "", {_EDGE: off}, None if read is None else _ground(read.place)),
            str(row.values.get("hazard") or "").strip(), _of_danger(row.kind, row.values),
            read is None or not (read.known and certain(row)))

    def _read(self, rows: Collection[QuarantineEntry]) -> dict[int, Read]:
        asked = [e for e in rows if e.row.kind in SPEAKS and e.row.kind != "source"]
        return as_read(self.registry, asked) if asked else {}

    def _holds_whole(self, entry: QuarantineEntry) -> bool:
        """Of a submission that waits as a whole: whether it says nothing of danger, or this one
        waits as a whole too and says all of its places."""
        row = entry.row
        answers = {k: v for k, v in row.values.items() if k.startswith("/")}
        if len(answers) >= MOST_ANSWERS:
            return False
        place = answered_place(answers)
        if waits_whole(row):
            if not SPEAKS.intersection(kinds_in(row)):
                return True
        elif place is None:
            return True
        before = _whole(place, answers)
        return place is not None and not before.doubt and any(
            _whole(answered_place(e.row.values), e.row.values).holds(before)
            for e in self._waiting if e.row.kind == "source"
            and e.row.values.get("title") == row.values.get("title"))


def _whole(place: Any, values: Mapping[str, Any]) -> _Claim:
    off, known = answered_off(values)
    return _Claim(Record("source", "", {_EDGE: off}, place), "", True, not known)


def _ground(place: Any) -> Any:
    """A place as it counts: its widest reading."""
    from landrelease.records import shapes

    if place.geom_type in ("Polygon", "MultiPolygon"):
        try:
            widest = shapes.repair(place, "union").widest
        except (shapely.errors.ShapelyError, ValueError):
            return place
        return place if widest.is_empty else widest
    return place


def _of_danger(kind: str, values: Mapping[str, Any]) -> bool:
    from landrelease.workflows.cautions import says_danger

    if kind == "complaint":
        return says_danger(values)
    return kind != "evidence" or values.get("says") != "not_contaminated"
