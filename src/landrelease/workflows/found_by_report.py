"""Reports of work that tell of items of which there is no record, as what was found there (S11):
the number alone says that something lay on the ground, and nothing that it is gone.

What becomes a record of an item counts as that item and not once more.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.gate import days_of_work
from landrelease.core.geometry import joined
from landrelease.core.how_many import how_many
from landrelease.core.lineage import lineage, reach_m
from landrelease.core.names import folded
from landrelease.core.record import Record
from landrelease.core.reported_finds import REPORTS, items_reported, last_day
from landrelease.core.revision import StoredRevision
from landrelease.core.signature import KeyRing
from landrelease.release.reopening import Find, Released
from landrelease.release.searches import find_day
from landrelease.workflows.behind import Places, box_round, lies_on, near
from landrelease.workflows.earlier import CHANGED
from landrelease.workflows.ever_named import works_called_before, works_named_before
from landrelease.workflows.identities import ring_of
from landrelease.workflows.said_since import Said, SaidSince

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

_NO_ITEM = "none_found"  # a category that says that there was none


def report_finds(registry: Registry, units: Sequence[Released], open_hazards: Sequence[Record],
                 ring: KeyRing, default_m: float, *, valid_at: date | None = None,
                 known_at: datetime | None = None) -> list[Find]:
    """Reports of work, and of what it searched, that tell of more items than there are records of
    its items, on or near released ground, or of an area of it, as `Find`s.

    open_hazards : areas that are hazardous whatever reopens. default_m : accuracy of a point of
        which the record states none.
    """
    then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
    reports = [r for kind in REPORTS for r in registry.records(kind, **then)]
    changed = {i: line for kind in REPORTS for i, line in CHANGED.of(registry, kind).items()}
    told = [r for r in reports if r.id in changed or items_reported(r)]
    if not told or not units:
        return []
    where = _Where(registry, units, open_hazards, reports, default_m, then)
    lines: dict[str, SaidSince] = {}

    def line_of(report: str) -> SaidSince:
        if report not in lines:
            lines[report] = SaidSince(
                changed.get(report) or registry.history(report), ring, default_m, **then)
        return lines[report]

    # Of a report that never said anything else the record is enough to tell what it says.
    said = {r.id: [s.record for s in line_of(r.id).said()] if r.id in changed else [r]
            for r in told}
    lacking = _not_on_record(registry.records("item", **then), said, where)
    out: list[Find] = []
    for r in told:
        if not any(items_reported(x) > lacking.held(x) and where.is_near(x) for x in said[r.id]):
            continue
        line = line_of(r.id)
        since: dict[str, set[str]] = {}
        for u in units:
            for s in line.since(u.state[r.id], partial(where.lies_on, u), u.ground) \
                    if r.id in u.state else ():
                since.setdefault(s.first.hash, set()).add(u.id)
        for s in line.said():
            if items_reported(s.record) > lacking.held(s.record):
                out += _finds(s, line.first(s.record), where,
                              frozenset(since.get(s.first.hash, ())))
    return out


def most_reported(registry: Registry, reports: Iterable[Record]) -> dict[str, int]:
    """Report -> the most items that it ever told of, until the authority signed it."""
    ring: KeyRing | None = None
    out: dict[str, int] = {}
    for r in reports:
        out[r.id] = items_reported(r)
        if line := CHANGED.of(registry, r.kind).get(r.id):
            ring = ring or ring_of(registry)
            out[r.id] = max(out[r.id], *(items_reported(s.record) for s in SaidSince(
                line, ring, 0.0).said()))
    return out


def _finds(said: Said, first: StoredRevision, where: _Where, since: frozenset[str]) -> list[Find]:
    r = said.record
    return [Find(
        r.id, "report", s.place, s.reach_m, last_day(r), first.revision.recorded_at, s.hazard,
        in_open_hazard=s.in_open_hazard, activity=folded(where.work_of(r)), there=True,
        since=since, looked_at=said.looked_at, stated_m=s.reach_m, chain=first.chain,
        known_at=first.known_from) for s in where.spots(r, first.revision.recorded_at)]


# --- items on record ------------------------------------------------------------------------------


class _OnRecord:
    """How many items are on record of each work."""

    def __init__(self, held: Mapping[str, int], where: _Where):
        self._held, self._where = held, where

    def held(self, report: Record) -> int:
        return self._held.get(self._where.work_of(report), 0)


def _not_on_record(items: Sequence[Record], said: Mapping[str, Sequence[Record]], where: _Where
                   ) -> _OnRecord:
    """The items on record of the work of each report: those that name it, wherever they lie, and of
    those that name no work those of its days and its ground or area. Each stands for one report."""
    left: dict[str, int] = {}
    of_work: dict[str, list[Record]] = {}
    for records in said.values():
        for r in records:
            work = where.work_of(r)
            of_work.setdefault(work, []).append(r)
            left[work] = max(left.get(work, 0), items_reported(r))
    most = dict(left)
    called: dict[str, list[str]] = {}
    for work in of_work:
        for name in where.names_of_work(work):
            called.setdefault(name, []).append(work)

    def take(item: Record, works: Iterable[str]) -> None:
        n = how_many(item.values.get("quantity")).least
        for work in works:
            taken = min(n, left[work])
            left[work] -= taken
            n -= taken

    there = [i for i in items if i.value("ordnance_category") != _NO_ITEM]
    named = [(called.get(folded(i.values["activity"]), []), i) for i in there
             if i.values.get("activity")]
    for works, item in sorted(named, key=lambda x: len(x[0])):  # what is of one work alone first
        take(item, works)
    dated = sorted(((day, i) for i in there if not i.values.get("activity")
                    and (day := find_day(i)) is not None), key=lambda x: x[0])
    days = [day for day, _ in dated]
    of_item: dict[int, list[str]] = {}
    for work, records in of_work.items() if dated else ():
        if left[work] and any(where.is_near(r) for r in records):
            for r in records:
                first, last = _days(r)
                for n in range(bisect_left(days, first), bisect_right(days, last)) \
                        if first is not None and last is not None else ():
                    if work not in of_item.get(n, ()) and where.may_be_of(dated[n][1], r):
                        of_item.setdefault(n, []).append(work)
    for n in sorted(of_item, key=lambda n: len(of_item[n])):
        take(dated[n][1], of_item[n])
    return _OnRecord({w: most[w] - left[w] for w in most}, where)


# --- where ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a report speaks of: a place, or the area that it names."""

    place: BaseGeometry | None
    reach_m: float
    hazard: frozenset[str]
    in_open_hazard: bool = False


class _Where:
    """The ground of which reports of work speak."""

    def __init__(self, registry: Registry, units: Sequence[Released],
                 open_hazards: Sequence[Record], reports: Iterable[Record], default_m: float,
                 then: Mapping[str, Any]):
        self._registry, self._default_m = registry, default_m
        self._known_at: datetime | None = then["known_at"]
        self._tasks: dict[str, Record] = {}
        for t in registry.records("task", **then):
            self._tasks.update(dict.fromkeys(_names(t), t))
        self._works: dict[str, str] = {}
        self._names: dict[str, frozenset[str]] = {}
        grounds: dict[str, list[BaseGeometry]] = {}
        searched = []
        for r in reports:
            if r.kind == "activity":
                self._names[r.id] = _names(r)
                self._works.update(dict.fromkeys(_names(r), r.id))
            else:
                searched.append(r)
        for i, names in works_called_before(registry, **then).items():
            for name in names:
                self._works.setdefault(folded(name), i)
        before = works_named_before(registry, searched, **then)
        for o in searched:
            if o.geometry is not None and not o.geometry.is_empty:
                for name in (o.values.get("activity"), *before.get(o.id, ())):
                    grounds.setdefault(self._works.get(folded(name), ""), []).append(o.geometry)
        grounds.pop("", None)
        self._searched = {w: joined(g, degrees=True) for w, g in grounds.items() if g}
        self._open = Places(open_hazards)
        # Names of areas that are open, and of those from which they came.
        line = lineage(registry.records("hazard", **then))
        stands = {a for h in open_hazards for a in (h.id, *line.ancestors(h.id))}
        self._open_names = frozenset(folded(n) for n in stands) | frozenset(
            n for h in open_hazards for n in _names(h))
        self._released = shapely.STRtree([u.ground for u in units if u.ground is not None])
        self._names_released = frozenset(
            {folded(n) for u in units for n in (u.hazard, u.id)}).union(*(u.names for u in units))
        self._was: dict[tuple[str, datetime], BaseGeometry | None] = {}

    def work_of(self, report: Record) -> str:
        """Id of the work that a report tells of; of an outcome behind which none is on record its
        own."""
        if report.kind == "activity":
            return report.id
        return self._works.get(folded(report.values.get("activity")), report.id)

    def names_of_work(self, work: str) -> frozenset[str]:
        return self._names.get(work, frozenset({folded(work)}))

    def spots(self, r: Record, recorded_at: datetime | None) -> list[_Spot]:
        """Where it speaks of. Its own place, and the ground of its order, as it is and as it was
        when the report came, with what the work searched: unless it works beside released ground,
        in an area that is open, and that ground holds both. Without ground the area that it or its
        order names."""
        own = self._own(r)
        if r.kind == "outcome":
            return [_Spot(own, 0.0, frozenset())] if own is not None else [
                _Spot(None, 0.0, self._areas(r))]
        out: list[_Spot] = []
        areas, beside = self._areas(r), False
        if own is not None:
            beside = self._is_open(own)
            out.append(_Spot(own, reach_m(r, self._default_m) if own.geom_type in (
                "Point", "MultiPoint") else 0.0, _area_names(r) if beside else areas, beside))
        ground = self._ground(r, recorded_at)
        if ground is not None:
            beside = beside or bool(areas & self._open_names)
            if not beside or not self._is_open(ground):
                out.append(_Spot(ground, 0.0, areas))
            elif not out:
                out.append(_Spot(None, 0.0, areas))
        elif own is None:
            out.append(_Spot(None, 0.0, areas))
        return out

    def _is_open(self, shape: BaseGeometry) -> bool:
        """Whether an area that is open lies there; one that shares an edge alone does not."""
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            return any(lies_on(h, shape) for h in self._open.of(self._open.near(shape)))
        return any(h.geometry is not None and h.geometry.intersects(shape)
                   for h in self._open.of(self._open.near(shape)))

    def is_near(self, r: Record) -> bool:
        """Whether it may speak of released ground."""
        if self._areas(r) & self._names_released:
            return True
        shapes = [s for s in (box_round(r, self._default_m), self._ground(r, None))
                  if s is not None]
        if r.kind == "activity" and (task := self._task(r)) is not None:
            shapes += [s.revision.geometry for s in self._registry.history(task.id)
                       if s.revision.geometry is not None]
        return any(len(self._released.query(s, predicate="intersects")) for s in shapes)

    def lies_on(self, unit: Released, r: Record) -> bool:
        """Whether it speaks of some released ground."""
        return any(
            bool(s.hazard & ({folded(unit.hazard), folded(unit.id)} | unit.names))
            if s.place is None else unit.ground is not None and near(
                Record(r.kind, r.id, r.values, s.place), unit.ground, s.reach_m)
            for s in self.spots(r, None))

    def may_be_of(self, item: Record, r: Record) -> bool:
        """Whether an item that was found on its days and names no work may be of this one: it lies
        on its ground or in the area that it names."""
        if _area_names(item) & self._areas(r):
            return True
        ground = self._ground(r, None) if r.kind == "activity" else self._own(r)
        return item.geometry is not None and (
            (ground is not None and bool(ground.intersects(item.geometry)))
            or (r.geometry is not None and near(r, item.geometry, self._default_m)))

    def _own(self, r: Record) -> BaseGeometry | None:
        return None if r.geometry is None or r.geometry.is_empty else r.geometry

    def _task(self, r: Record) -> Record | None:
        return self._tasks.get(folded(r.values.get("task")))

    def _ground(self, r: Record, recorded_at: datetime | None) -> BaseGeometry | None:
        task = self._task(r)
        shapes = [] if task is None else [task.geometry]
        if task is not None and recorded_at is not None:
            shapes.append(self._as_it_was(task.id, recorded_at))
        shapes.append(self._searched.get(self.work_of(r)))
        found = [s for s in shapes if s is not None and not s.is_empty]
        return joined(found, degrees=True) if len(found) > 1 else (found or [None])[0]

    def _as_it_was(self, task: str, at: datetime) -> BaseGeometry | None:
        if (task, at) not in self._was:
            said = [s.revision.geometry for s in self._registry.history(task)
                    if s.revision.recorded_at <= at]
            self._was[task, at] = said[-1] if said else None
        return self._was[task, at]

    def _areas(self, r: Record) -> frozenset[str]:
        """Names of the area that it names, else its order, else its work, folded."""
        task = self._task(r)
        return _area_names(r) or (frozenset() if task is None else _area_names(task))


def _days(r: Record) -> tuple[date | None, date | None]:
    return days_of_work(r) if r.kind == "activity" else (last_day(r), last_day(r))


def _names(r: Record) -> frozenset[str]:
    return frozenset({folded(r.id), folded(r.values.get("identifier"))} - {""})


def _area_names(r: Record) -> frozenset[str]:
    return frozenset({folded(r.values.get(n)) for n in ("hazard", "hazard_identifier")} - {""})
