"""The work of the day: gates of tasks, and work that was done although a gate had not passed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from landrelease.core.gate import FlaggedWork, TeamGate
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.errors import GATE_VALUE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.operate.gate import Site
    from landrelease.store.registry import Registry

OFFSET = "utc_offset_hours"  # setting of a registry: its local time less UTC


@dataclass(frozen=True, slots=True)
class Told:
    """What was ever said in gates and permits, for the gates of many days.

    gates : the gates as they stand, and of their earlier revisions what kept work from starting:
    failures and evacuations, never what passed. Each with its number in `revision`.
    entered : that number -> when it was recorded. ended : permits that stated an end in some
    revision. grace : how long after its day a check may be entered.
    """

    gates: tuple[Record, ...]
    entered: Mapping[int, datetime]
    ended: frozenset[str]
    grace: timedelta


def told_of(registry: Registry, *, known_at: datetime | None = None) -> Told:
    """What was said in gates and permits up to `known_at` (None: now), changed since or not (S08).
    """
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.identities import _histories

    def lines(kind: str, ids: list[str]) -> list[Record]:
        found = []
        for _, line in _histories(registry, kind, ids):
            for s in line:
                r = s.revision
                if known_at is None or (s.known_from or r.recorded_at) <= known_at:
                    entered[s.number] = r.recorded_at
                    found.append(Record(kind, r.record_id, r.values, r.geometry, r.valid_from,
                                        r.validation, s.number, chain=s.chain,
                                        signed_by=r.signed_by))
        return found

    entered: dict[int, datetime] = {}
    standing = {g.revision: g.id for g in registry.records("gate", known_at=known_at)}
    gates = []
    for gate in lines("gate", list(standing.values())):
        if gate.revision not in standing:
            if "failed" not in gate.values.values() and gate.value("gate_type") != "evacuation":
                continue
            gate = replace(gate, values={k: v for k, v in gate.values.items() if v != "passed"})
        gates.append(gate)
    open_ended = [p.id for p in registry.records("permit", known_at=known_at)
                  if p.value("valid_until_time") in ("", NOT_REPORTED)]
    ended = frozenset(p.id for p in lines("permit", open_ended)
                      if p.value("valid_until_time") not in ("", NOT_REPORTED))
    grace = load_assumptions(registry=registry).value("gate_entry_grace_hours")
    return Told(tuple(gates), entered, ended, timedelta(hours=grace))


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
    told = told_of(registry)
    sites = {day: site_on(registry, reader, day, utc_offset_hours, told) for day in days}
    return flagged_work(works, tasks, sites)


def site_on(registry: Registry, reader: View, day: date,
            utc_offset_hours: float | None = None, told: Told | None = None) -> Site:
    """What the registry holds that a gate looks at, as it stood on the day; accreditations as
    signed (S09). Closures and gates are read as they are known now: they carry their own times.
    What `told_of` gave, as `told`, saves reading it again for each day.

    Raises OPS-001: an offset that is none.
    """
    from landrelease.operate.gate import Site
    from landrelease.workflows.identities import standing_records

    def records(kind: str, *, on: date | None = day) -> list[Record]:
        return list(reader.inside(registry.records(kind, valid_at=on)))

    told = told_of(registry) if told is None else told
    return Site(
        teams={r.id: r for r in records("team")},
        persons={r.id: r for r in records("person")},
        machines={r.id: r for r in records("machine")},
        detectors=records("detector"),
        accreditations=list(reader.inside(
            standing_records(registry, "accreditation", valid_at=day))),
        closures=records("closure", on=None), permits=records("permit", on=None),
        gates=list(reader.inside(told.gates)),
        utc_offset=offset_of(registry, utc_offset_hours),
        entered=told.entered, grace=told.grace, ended=told.ended)


def state_local_time(registry: Registry, hours: float | None) -> float | None:
    """Store the registry's local time less UTC in hours, once. What stands; None: nothing.

    Raises OPS-001: an offset that is none, or another one than what stands.
    """
    if hours is None:
        held = offset_of(registry, None)
        return None if held is None else held.total_seconds() / 3600
    offset_of(registry, hours)  # says what is wrong with it
    registry.keep_setting(OFFSET, f"{hours:g}")
    stands = offset_of(registry, None)
    assert stands is not None
    if abs(stands.total_seconds() / 3600 - hours) > 1e-9:
        raise LandReleaseError(GATE_VALUE, name="--utc-offset", found=hours,
                               expected=f"{stands.total_seconds() / 3600:g}, which stands already: "
                               "gates were judged by it")
    return hours


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
