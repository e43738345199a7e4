"""Inspections that speak against released ground, as what was found there (S11): one that rejected
it, and one that found something on it, whatever part of an inspection its record is.

As before a decision a change of the record unsays no rejection; an acceptance that counts does.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from shapely.geometry.base import BaseGeometry

from landrelease.core.decision import effective
from landrelease.core.descent import in_order, parents
from landrelease.core.geometry import joined
from landrelease.core.inspection import (
    inspected_on,
    items_told,
    judges_finished_ground,
    own_ground,
    speaks_against,
)
from landrelease.core.kinds import KINDS
from landrelease.core.lineage import reach_m
from landrelease.core.moment import listed
from landrelease.core.names import folded
from landrelease.core.record import Record
from landrelease.core.revision import StoredRevision
from landrelease.core.signature import KeyRing
from landrelease.release.reopening import Find, Released
from landrelease.workflows.earlier import CHANGED, record_of
from landrelease.workflows.ever_named import works_named_before
from landrelease.workflows.said_since import Said, SaidSince

if TYPE_CHECKING:
    from landrelease.store.registry import Registry


def inspection_finds(registry: Registry, units: Sequence[Released], ring: KeyRing,
                     default_m: float, *, valid_at: date | None = None,
                     known_at: datetime | None = None) -> list[Find]:
    """The inspections that speak against released ground, or may, as `Find`s.

    `default_m`: accuracy of a point of which the record states none.
    """
    lines = CHANGED.of(registry, "inspection")
    if not lines or not units:
        return []
    where: _Where | None = None  # reads all work: only where something speaks against ground
    out: list[Find] = []
    for record_id, history in lines.items():
        line = SaidSince(history, ring, default_m, valid_at=valid_at, known_at=known_at)
        unsaid = _unsaid(history, ring)
        told = [s for s in line.said() if speaks_against(s.record) and s.first.hash not in unsaid]
        if not told:
            continue
        where = where or _Where(registry, valid_at, known_at)
        since: dict[str, set[str]] = {}
        for u in units:
            if record_id in u.state:
                for s in line.since(u.state[record_id], lambda r: True, u.ground):
                    since.setdefault(s.first.hash, set()).add(u.id)
        finds = [_find(s, line.first(s.record), where, default_m, frozenset(
            since.get(s.first.hash, ()))) for s in told if where.speaks_of_ground(s.record)]
        out += sorted(finds, key=lambda f: not f.found)  # what found something is told first
    return out


def _find(said: Said, first: StoredRevision, where: _Where, default_m: float,
          since: frozenset[str]) -> Find:
    r = said.record
    place, named = where.of(r)
    areal = place is not None and place.geom_type in ("Polygon", "MultiPolygon")
    return Find(
        r.id, "inspection", place, 0.0 if areal else reach_m(r, default_m), inspected_on(r),
        first.revision.recorded_at, frozenset() if place is not None else where.areas(r),
        activity=folded(r.values.get("activity")), since=since, looked_at=said.looked_at,
        stated_m=0.0 if areal else reach_m(r), outcomes=named,
        found=items_told(r), chain=first.chain, known_at=first.known_from)


def _unsaid(history: Sequence[StoredRevision], ring: KeyRing) -> frozenset[str]:
    """Revisions upon which an acceptance was signed that counts and finds nothing wrong."""
    order = in_order(history)
    _, found = effective(order, KINDS["inspection"], ring)
    above = parents(order)
    seen: set[int] = set()
    waiting = [n for n, s in enumerate(order)
               if s.hash in found and found[s.hash].standing == "verified"
               and s.revision.values.get("result") == "accepted"
               and not speaks_against(record_of(s))]
    while waiting:
        more = [p for p in above[waiting.pop()] if p not in seen]
        seen.update(more)
        waiting += more
    return frozenset(order[n].hash for n in seen)


class _Where:
    """The ground of which inspections speak, and the searches that they name."""

    def __init__(self, registry: Registry, valid_at: date | None, known_at: datetime | None):
        then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
        self._named: dict[str, list[Record]] = {}
        self._of_work: dict[str, list[Record]] = {}
        outcomes = registry.records("outcome", **then)
        before = works_named_before(registry, outcomes, **then)
        for o in outcomes:
            for name in {folded(o.id), folded(o.values.get("identifier"))} - {""}:
                self._named.setdefault(name, []).append(o)
            for work in {folded(n) for n in (  # and all that it ever named
                    o.values.get("activity"), *before.get(o.id, ()))} - {""}:
                self._of_work.setdefault(work, []).append(o)
        self._tasks = {r.id: r for r in registry.records("task", **then)}
        self._inspections = {r.id: r for r in registry.records("inspection", **then)}
        self._registry, self._then = registry, then

    @functools.cached_property
    def _works(self) -> _Works:
        return _Works(self._registry, self._then)

    def of(self, r: Record) -> tuple[BaseGeometry | None, frozenset[str]]:
        """Its own ground, else that of its lot, of the searches that it names, of those of its work
        or of its task; and the ids of the searches that it names."""
        named = [o for name in listed(r.values.get("outcomes"))
                 for o in self._named.get(folded(name), ())]
        ids = frozenset(o.id for o in named)
        if (own := own_ground(r)) is not None:
            return own, ids
        point = None if r.geometry is None or r.geometry.is_empty else r.geometry
        if point is not None and (items_told(r) or not named):
            return point, ids
        lot = self._inspections.get(str(r.values.get("lot") or ""))
        if not named and lot is not None and r.value("inspection_part") == "unit" \
                and lot.value("inspection_part") != "unit":
            return self.of(lot)[0], ids
        works = [*map(folded, (r.values.get("activity"), *listed(r.values.get("activities"))))]
        if not judges_finished_ground(r):  # of all that the work did it says nothing
            works = []
        elif not named and not any(works):
            works = self._works.of_task.get(str(r.values.get("task") or ""), [])
        grounds = [o.geometry for o in named or [
            o for w in dict.fromkeys(works) for o in self._of_work.get(w, ())]
            if o.geometry is not None and not o.geometry.is_empty]
        return (joined(grounds, degrees=True) if grounds else point), ids

    def speaks_of_ground(self, r: Record) -> bool:
        """Whether it speaks of ground. A visit to work that goes on that found nothing, and names
        neither ground nor searches, speaks of the work."""
        return (judges_finished_ground(r) or bool(items_told(r)) or own_ground(r) is not None
                or bool(listed(r.values.get("outcomes"))))

    def areas(self, r: Record) -> frozenset[str]:
        """Names of the area of its work or of its task, folded."""
        named = folded(r.values.get("activity"))
        work = self._works.said(named) if named else None
        task = self._tasks.get(str((r.values if work is None else work).get("task") or ""))
        for one in (work, None if task is None else task.values):
            names = {folded(one.get(f)) for f in _AREA} - {""} if one is not None else set()
            if names:
                return frozenset(names)
        return frozenset()


_AREA = ("hazard", "hazard_identifier")


class _Works:
    """All reports of work, of which there are very many: as columns. `of_task`: the names, folded,
    of the works of each task."""

    def __init__(self, registry: Registry, then: Mapping[str, Any]):
        from landrelease.store.columns import columns

        table = columns(registry, "activity", ("identifier", "task", *_AREA), **then)
        self._cells = {f: c.tolist() for f, c in table.cells.items()}
        self._row: dict[str, int] = {}
        self.of_task: dict[str, list[str]] = {}
        for n, (own, called, task) in enumerate(zip(
                table.ids.tolist(), self._cells["identifier"], self._cells["task"], strict=True)):
            for name in {folded(own), folded(called)} - {""}:
                self._row[name] = n
                self.of_task.setdefault(str(task or ""), []).append(name)

    def said(self, name: str) -> Mapping[str, Any] | None:
        """What the work of a name says of its task and area; None: there is none."""
        n = self._row.get(name)
        return None if n is None else {f: c[n] for f, c in self._cells.items()}
