"""The work of the day: gates of tasks, and work that was done although a gate had not passed."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from landrelease.core.gate import FlaggedWork, TeamGate
from landrelease.core.record import Record
from landrelease.errors import GATE_VALUE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.operate.gate import Site
    from landrelease.store.registry import Registry

OFFSET = "utc_offset_hours"  # setting of a registry: its local time less UTC


def gate_of(registry: Registry, reader: View, task: str, day: date,
            utc_offset_hours: float | None = None) -> tuple[TeamGate, ...]:
    """The gate of each team of a task on a local day, from the records as they stood on that day.

    Raises OPS-001: there is no such task for the reader, or its order has ended.
    """
    from landrelease.operate.gate import gates

    found = {r.id: r for r in reader.inside(registry.records("task", valid_at=day))}
    if task not in found:
        raise LandReleaseError(GATE_VALUE, name="TASK", found=task,
                               expected="the id of a task on record on that day")
    return gates(found[task], day, site_on(registry, reader, day, utc_offset_hours))


def flagged_days(registry: Registry, reader: View, begin: date, end: date,
                 utc_offset_hours: float | None = None) -> tuple[FlaggedWork, ...]:
    """Work reported from `begin` to `end` on days whose gate had not passed (S08).

    Raises OPS-001: the days are in the wrong order, or more than 366.
    """
    from landrelease.operate.gate import flagged_work
    from landrelease.workflows.identities import standing_records

    if not 0 <= (end - begin).days <= 366:
        raise LandReleaseError(GATE_VALUE, name="--from and --until", found=f"{begin} to {end}",
                               expected="up to a year, in order")
    works = [r for r in reader.inside(standing_records(registry, "activity"))
             if _days(r)[0] <= end and _days(r)[1] >= begin]
    tasks = {r.id: r for r in reader.inside(registry.records("task"))}
    days = sorted({day for r in works for day in _between(max(begin, _days(r)[0]),
                                                          min(end, _days(r)[1]))})
    sites = {day: site_on(registry, reader, day, utc_offset_hours) for day in days}
    return flagged_work(works, tasks, sites)


def site_on(registry: Registry, reader: View, day: date,
            utc_offset_hours: float | None = None) -> Site:
    """What the registry holds that a gate looks at, as it stood on the day; accreditations as
    signed (S09). Closures and gates are read as they are known now: they carry their own times.

    Raises OPS-001: an offset that is none.
    """
    from landrelease.operate.gate import Site
    from landrelease.workflows.identities import standing_records

    def records(kind: str, *, on: date | None = day) -> list[Record]:
        return list(reader.inside(registry.records(kind, valid_at=on)))

    return Site(
        teams={r.id: r for r in records("team")},
        persons={r.id: r for r in records("person")},
        machines={r.id: r for r in records("machine")},
        detectors=records("detector"),
        accreditations=list(reader.inside(
            standing_records(registry, "accreditation", valid_at=day))),
        closures=records("closure", on=None), permits=records("permit", on=None),
        gates=records("gate", on=None),
        utc_offset=offset_of(registry, utc_offset_hours))


def offset_of(registry: Registry, stated: float | None) -> timedelta | None:
    """Local time less UTC: as stated, else the registry's setting; None where neither is there.

    Raises OPS-001: an offset that is none.
    """
    offset = stated
    if offset is None and (kept := registry.setting(OFFSET)) is not None:
        try:
            offset = float(kept)
        except ValueError:
            offset = math.nan
    if offset is not None and not -12 <= offset <= 14:
        raise LandReleaseError(GATE_VALUE, name=OFFSET, found=offset,
                               expected="local time less UTC in hours, -12 to 14")
    return None if offset is None else timedelta(hours=offset)


def _days(work: Record) -> tuple[date, date]:
    """First and last day of a report; far in the future where it carries none."""
    begin, end = work.values.get("started_on"), work.values.get("ended_on")
    first = begin if isinstance(begin, date) else work.valid_from or date.max
    return first, end if isinstance(end, date) else first


def _between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
