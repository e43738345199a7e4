"""What was said of finds and of direct evidence before, and holds still (S01): a later revision
that moves one, or calls it harmless, takes nothing from the ground on which it was said to lie.

Few among many: records of which several places, names, days or kinds of danger were said are found
once and then followed by the numbers of their revisions; of these alone a history is read.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.core.decision import said_before
from landrelease.core.descent import current_of
from landrelease.core.geometry import plane_for
from landrelease.core.how_many import how_many
from landrelease.core.inspection import speaks_against
from landrelease.core.kinds import KINDS
from landrelease.core.lineage import reach_m
from landrelease.core.names import folded
from landrelease.core.record import Record
from landrelease.core.reported_finds import REPORTS, items_reported
from landrelease.release.proposal import GONE
from landrelease.release.reopening import HARMLESS
from landrelease.release.searches import find_day, speaks_of_ordnance

if TYPE_CHECKING:
    from landrelease.core.revision import StoredRevision
    from landrelease.store.registry import Registry

DANGERS = ("item", "accident", "evidence")
_PIECE = 5_000  # revisions that are read at once
_NAMES = ("hazard", "hazard_identifier")
_ASKED = {"item": ("ordnance_category", "found_on", "quantity"), "accident": (),
          "evidence": ("evidence_type", "says"),
          "activity": ("identifier", "items_found", "task", "started_on", "ended_on"),
          "outcome": ("items_found", "activity", "decided_on")}


class _Changed:
    """The histories of such records, of the last few registries; of inspections those that ever
    said that something was wrong, of reports of work those of which other finds, days or ground
    were said."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str, str],
                                tuple[int, dict[str, list[StoredRevision]]]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, registry: Registry, kind: str) -> Mapping[str, list[StoredRevision]]:
        key = (registry.address, registry.chain, kind)
        with self._lock:
            last = registry.last(kind)
            known, lines = self._held.get(key, (0, {}))
            if last != known:
                if last < known:  # another file stands at the address
                    known, lines = 0, {}
                revised = registry.revised(kind, known, several=kind != "inspection")
                changed = (_wrong(registry, revised) if kind == "inspection" else
                           _changed(registry, kind, revised))
                lines = {i: line for i, line in lines.items() if i not in revised} | {
                    i: registry.history(i) for i in sorted(changed)}
                self._held[key] = last, lines
                while len(self._held) > 20:
                    self._held.popitem(last=False)
            return lines


def _changed(registry: Registry, kind: str, lines: Mapping[str, Iterable[int]]) -> set[str]:
    first: dict[str, tuple[Any, ...]] = {}
    found: set[str] = set()
    asked = (*_NAMES, "information_date", *_ASKED[kind])
    numbers = sorted(n for line in lines.values() for n in line)
    for start in range(0, len(numbers), _PIECE):
        for record_id, _, values, place in registry.drawn(numbers[start:start + _PIECE]):
            held = json.loads(values)
            said = (b"" if place is None else bytes(place), *(held.get(n) for n in asked))
            if first.setdefault(record_id, said) != said:
                found.add(record_id)
    return found


def _wrong(registry: Registry, lines: Mapping[str, Iterable[int]]) -> set[str]:
    numbers = sorted(n for line in lines.values() for n in line)
    return {record_id for start in range(0, len(numbers), _PIECE)
            for record_id, _, values, _ in registry.drawn(numbers[start:start + _PIECE])
            if speaks_against(Record("inspection", record_id, json.loads(values)))}


CHANGED = _Changed()


def said_earlier(registry: Registry, kind: str, *, valid_at: date | None = None,
                 known_at: datetime | None = None) -> list[Record]:
    """Finds or direct evidence as earlier revisions have them, since the authority signed the
    record last, where the record says something else now: another place, area or earlier day, fewer
    pieces, or nothing dangerous. An item of which a later revision says at its place that it was
    destroyed or removed, all its pieces, says so."""
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.identities import ring_of

    lines = CHANGED.of(registry, kind)
    if not lines:
        return []
    ring, out = ring_of(registry), []
    least_m = load_assumptions(None, registry).value("find_accuracy_m")
    for _record_id, whole in lines.items():
        line = [s for s in whole
                if (known_at is None or (s.known_from or s.revision.recorded_at) <= known_at)
                and (valid_at is None or s.revision.valid_from is None
                     or s.revision.valid_from <= valid_at)]
        if len(line) < 2:
            continue
        now = record_of(current_of(line))
        told: list[Record] = []
        for stored in said_before(line, KINDS[kind], ring):
            was = record_of(stored)
            if not dangerous(was) or (now.geometry == was.geometry and _covers(now, was)):
                continue
            later = [record_of(s) for s in line[line.index(stored) + 1:]]
            if kind == "item" and (gone := disposed(was, later, least_m)):
                was = dataclasses.replace(was, values={**was.values, "disposal": gone})
            if not any(t.geometry == was.geometry and t.values == was.values for t in told):
                told.append(was)
        out += told
    return out


def record_of(stored: StoredRevision) -> Record:
    """A record as one of its revisions has it."""
    r = stored.revision
    return Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from, r.validation,
                  stored.number, chain=stored.chain, signed_by=r.signed_by)


def dangerous(r: Record) -> bool:
    """Whether a record says that something dangerous is, was or happened there."""
    if r.kind == "inspection":
        return speaks_against(r)
    if r.kind in REPORTS:
        return items_reported(r) > 0
    if r.kind == "evidence":
        return speaks_of_ordnance(r)
    return r.kind != "item" or r.value("ordnance_category") not in HARMLESS


def _names_of(r: Record) -> set[str]:
    return {folded(r.values.get(n)) for n in _NAMES} - {""}


def _covers(now: Record, was: Record) -> bool:
    """Whether what a record says now keeps what it said before, its place apart."""
    day, then = find_day(now), find_day(was)
    return dangerous(now) and _names_of(was) <= _names_of(now) and _no_fewer(now, was) and (
        day is None or then is None or day >= then)


def _no_fewer(now: Record, was: Record) -> bool:
    """Whether an item is of no fewer pieces than it was: nobody dealt with those that an edit
    leaves out (S01)."""
    return now.kind != "item" or (how_many(now.values.get("quantity")).least
                                  >= how_many(was.values.get("quantity")).least)


def same_place(was: Record, now: Record, least_m: float) -> bool:
    """Whether a record lies where it was said to lie before, as exactly as that was known; how far
    off the later place may be counts no farther than finds are off."""
    if was.geometry is None or now.geometry is None:
        return was.geometry is None and now.geometry is None and _names_of(was) <= _names_of(now)
    plane = plane_for(was.geometry.bounds)
    reach = max(reach_m(was, least_m), min(reach_m(now, least_m), least_m))
    return bool(plane.to_plane(was.geometry).distance(plane.to_plane(now.geometry)) <= reach)


def disposed(was: Record, later: Iterable[Record], least_m: float) -> str:
    """What became of all pieces of an item at its place, as it or a later revision says it, or ""
    where none does."""
    for r in (was, *later):
        if dangerous(r) and r.value("disposal") in GONE and _no_fewer(r, was) \
                and same_place(was, r, least_m):
            return str(r.value("disposal"))
    return ""


def here(earlier: Sequence[Record], found: Iterable[Record], least_m: float) -> list[Record]:
    """Of what was said earlier of a piece of ground what no record that lies there says now: one
    without a place that has one there now, or that was placed a little more exactly, says it."""
    now: dict[str, list[Record]] = {}
    for r in found:
        now.setdefault(r.id, []).append(r)
    return [was for was in earlier if not any(
        _covers(r, was) and (was.geometry is None or same_place(was, r, least_m))
        for r in now.get(was.id, ()))]
