"""What the last of a line of edits says again of what it replaces.

A phone takes nothing away (S01): what an edit leaves out, or says of less ground, counts until a
person decides, whichever of both came first. Records reach as far as was ever said of them
(`core.lineage.reaching`); here the same is held of rows that wait, and of answers that come late.
What is said of danger is said again only where it is no less: the ordnance, how many, which
evidence, on which day; so it is with what speaks against work, a rejected inspection or a check
that failed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core import lineage
from landrelease.core.how_many import how_many
from landrelease.core.moment import day_of
from landrelease.core.names import folded
from landrelease.core.record import DECLINED, NOT_REPORTED, Record
from landrelease.records.fate import OFF_THE_MAP
from landrelease.release.reopening import HARMLESS
from landrelease.workflows import few
from landrelease.workflows.quarantine import MOST_ANSWERS, kinds_in, waits_whole
from landrelease.workflows.waiting_rows import (
    SPEAKS,
    Read,
    answered_off,
    answered_place,
    as_read,
    said_of,
)

if TYPE_CHECKING:
    from landrelease.records.readers.openrosa import Said
    from landrelease.store.registry import QuarantineEntry, Registry

_FINDS = ("item", "accident")
_EDGE = "position_accuracy_m"
# Kinds that can speak against work without saying of ground that it is dangerous.
_AGAINST = ("inspection", "gate")
_NOTHING = (None, "", NOT_REPORTED, DECLINED)
_DAYS = {"item": "found_on", "accident": "information_date", "evidence": "observed_on",
         "hazard": "information_date", "complaint": "received_on", "inspection": "inspected_on"}
# Of each field its words, from the least to what weighs most; an unreadable one weighs most.
_WEIGHT = {
    "evidence_type": ("none", "indirect", "direct"),
    "says": ("not_contaminated", "unclear", "contaminated"), "hazard_type": ("SHA", "CHA"),
    "result": ("accepted", "conditional", "refused", "rejected"),
    "visit_refused": ("no", "yes"),
    "nonconformity_severity": ("none", "minor", "major", "critical")}
_COUNTS = ("quantity", "items_found")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a row or a record of a kind says in values that weigh; `unread`: fields whose words
    nobody can read."""

    kind: str
    values: Mapping[str, Any]
    unread: frozenset[str]

    def against(self) -> frozenset[str]:
        """What it says against the work: of an inspection or a gate, by fields."""
        found = set()
        if self.kind == "gate":
            found |= {n for n, v in self.values.items() if v == "failed"}
            found |= self.unread - {"task", "team", "day"}
            if self._evacuated():
                found.add("evacuation")
        elif self.kind == "inspection":
            for name in ("result", "visit_refused", "nonconformity_severity"):
                if self._weight(name) > 0:
                    found.add(name)
            if self.values.get("nonconformity_type") not in (*_NOTHING, "none"):
                found.add(f"nonconformity_type {self.values['nonconformity_type']}")
            count = self.values.get("items_found")
            if "items_found" in self.unread or (isinstance(count, (int, float)) and count > 0):
                found.add("items_found")
        return frozenset(found)

    def _evacuated(self) -> bool:
        from landrelease.operate.evacuations import is_real

        return is_real(Record("gate", "", dict(self.values)))

    def _weight(self, name: str) -> int:
        words, said = _WEIGHT[name], self.values.get(name)
        if name == "hazard_type" and name in self.unread:
            return -1  # whichever it is, the area is hazardous
        if name in self.unread or (said not in _NOTHING and said not in words):
            return len(words) - 1
        return words.index(said) if said in words else -1

    def no_less(self, before: _Said) -> bool:
        """Whether it is no less dangerous than another: each value that the other states, at least
        as heavy. What nobody can read of the other is taken for the worst where words were to be
        chosen; a number or a day that nobody can read is what an edit mends."""
        if not before.kind or self.kind != before.kind:
            return self.kind == before.kind
        weighed = before.against()
        if before.kind in _AGAINST and not weighed:
            return True
        if not weighed <= self.against():
            return False
        if before.kind in _AGAINST and any(
                folded(self.values.get(n)) != folded(before.values.get(n))
                for n in ("task", "team", "day", "activity")):
            return False
        if "ordnance_category" in (*before.values, *before.unread):
            was, now = (s.values.get("ordnance_category") for s in (before, self))
            dangerous = "ordnance_category" in before.unread or was not in (*_NOTHING, *HARMLESS)
            if dangerous and (now in HARMLESS or (was not in _NOTHING and now != was)):
                return False
        if any(self._weight(n) < before._weight(n) for n in _WEIGHT):
            return False
        for name in _COUNTS:
            most = before.values.get(name)
            if isinstance(most, (int, float)):
                count = self.values.get(name)
                if not isinstance(count, (int, float)) or count < most:
                    return False
        was_on, now_on = (day_of(s.values.get(_DAYS.get(s.kind, ""))) for s in (before, self))
        if was_on is None or (now_on is None and self.kind in _FINDS):
            return True  # a find without a day counts as one of today
        return now_on is not None and now_on >= was_on


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a row or a record says of danger: where, under which area, and whether it says that
    there is any. `doubt`: it may lie elsewhere as well, or farther off than anybody can read."""

    where: Record
    hazard: str
    danger: bool
    doubt: bool = False
    said: _Said = field(default_factory=lambda: _Said("", {}, frozenset()))

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
        if not self.said.no_less(before.said):
            return False
        return lineage.holds(self.where, before.where)


class _Claims:
    """What rows that wait and records say, as claims."""

    def __init__(self, registry: Registry):
        from landrelease.workflows import load_assumptions

        self.registry = registry
        self._find_m = load_assumptions(None, registry).value("find_accuracy_m")

    def _claim_of(self, record: Record) -> _Claim:
        least = self._find_m if record.kind in _FINDS else 0.0
        return _Claim(lineage.off_by(record, least), str(record.values.get("hazard") or ""),
                      _of_danger(record.kind, record.values),
                      said=_Said(record.kind, record.values, frozenset()))

    def _claim_in(self, entry: QuarantineEntry, read: Read | None) -> _Claim:
        from landrelease.workflows import certain

        row = entry.row
        least = self._find_m if row.kind in _FINDS else 0.0
        off = max(least, 0.0 if read is None else read.off_m)
        return _Claim(
            Record(row.kind, "", {_EDGE: off},
                   None if read is None else _ground(row.kind, read.place)),
            str(row.values.get("hazard") or "").strip(), _of_danger(row.kind, row.values),
            row.kind != "gate" and (read is None or not (read.known and certain(row))),
            self._said_in(entry))

    def _said_in(self, entry: QuarantineEntry) -> _Said:
        """The values of a row that weigh, read as at the import."""
        kind = entry.row.kind
        if kind not in (*SPEAKS, *_AGAINST):
            return _Said(kind, {}, frozenset())
        today = (datetime.now(UTC) + timedelta(hours=14)).date()
        asked = [f.name for f in self.registry.kinds[kind].fields if not f.personal and (
            kind == "gate" or f.name in (*_WEIGHT, *_COUNTS, *_DAYS.values(), "task", "activity",
                                         "ordnance_category", "nonconformity_type"))]
        values, unread = {}, set()
        for name in asked:
            (said,) = said_of(self.registry, [entry], name, today)
            if said is not None:
                values[name] = said
            elif cell := str(entry.row.values.get(name) or "").strip():
                unread.add(name)
                if name in _COUNTS:  # "ca. 5" are at least five, until somebody says what became
                    values[name] = how_many(cell).least  # of them
        return _Said(kind, values, frozenset(unread))

    def _read(self, rows: Collection[QuarantineEntry]) -> dict[int, Read]:
        asked = [e for e in rows if e.row.kind in (*SPEAKS, "inspection")
                 and e.row.kind != "source"]
        return as_read(self.registry, asked) if asked else {}

class Last(_Claims):
    """The last submission of a line: its rows that wait, and the records that hold its answers."""

    def __init__(self, registry: Registry, said: Said, digest: str):
        super().__init__(registry)
        self.said, self.digest = said, digest
        self._waiting = [e for e in registry.quarantine("waiting") if e.row.source == digest]
        self._own: dict[str, list[_Claim]] | None = None

    def holds(self, before: Record) -> bool:
        """Whether it says again what a sound row says of a record."""
        claim = self._claim_of(before)
        if before.kind not in SPEAKS and not claim.said.against():
            return before.id in self.said.records
        return self._covers(before.id, claim)

    def left_as_it_was(self, record: Record) -> bool:
        """Whether it made neither a revision nor a row of a record that it says something of: it
        said what stood, so that what stands is its answer too."""
        from landrelease.workflows.submissions import openrosa_id

        if record.id not in self.said.records or any(
                s.revision.source == self.digest for s in self.registry.history(record.id)):
            return False
        return not any(e.row.source == self.digest and openrosa_id(e.row) == record.id
                       for e in self.registry.quarantine(None))

    def held(self, rows: Sequence[QuarantineEntry]) -> set[int]:
        """The numbers of those rows that wait of which it says all again."""
        from landrelease.workflows.submissions import openrosa_id

        places = self._read(rows)
        out = set()
        for entry in rows:
            kind = entry.row.kind
            if kind == "source":
                again = self._holds_whole(entry)
            else:
                claim = self._claim_in(entry, places.get(entry.number))
                again = openrosa_id(entry.row) in self.said.records
                if kind in SPEAKS or claim.said.against():
                    again = self._covers(openrosa_id(entry.row), claim)
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
                if entry.row.kind in (*SPEAKS, *_AGAINST) and entry.row.kind != "source":
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


def mended_holds(registry: Registry, entry: QuarantineEntry, record: Record | None) -> bool:
    """Whether the record that is made of a mended row says all that the row says of danger, or
    against work, grants nothing and deals with no complaint; None: it is as one on record, and the
    row would go."""
    from landrelease.workflows.cautions import DEALT_WITH

    row = entry.row
    if row.kind == "complaint" and record is not None and (
            record.values.get("complaint_status") in DEALT_WITH
            or few.record_of(registry, "complaint", record.id) is not None):
        return False
    if row.kind == "permit" and record is not None and record.values.get("state") == "granted":
        return False
    if row.kind not in (*SPEAKS, *_AGAINST):
        return True
    claims = _Claims(registry)
    before = claims._claim_in(entry, claims._read([entry]).get(entry.number))
    if row.kind not in SPEAKS and not before.said.against():
        return True
    return record is not None and claims._claim_of(record).holds(before)


def _whole(place: Any, values: Mapping[str, Any]) -> _Claim:
    off, known = answered_off(values)
    return _Claim(Record("source", "", {_EDGE: off}, place), "", True, not known)


def _ground(kind: str, place: Any) -> Any:
    """A place as it counts: its widest reading; of a hazard also that of corners that were drawn in
    the wrong order, as the map shows what waits."""
    from landrelease.records import shapes

    if place.geom_type in ("Polygon", "MultiPolygon"):
        try:
            widest = shapes.repair(place, "union", drawn=kind == "hazard").widest
        except (shapely.errors.ShapelyError, ValueError):
            return place
        return place if widest.is_empty else widest
    return place


def _of_danger(kind: str, values: Mapping[str, Any]) -> bool:
    from landrelease.workflows.cautions import says_danger

    if kind == "complaint":
        return says_danger(values)
    if kind == "hazard" and values.get("status") in OFF_THE_MAP:
        return False
    return kind != "evidence" or values.get("says") != "not_contaminated"
