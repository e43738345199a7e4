"""Since when the ground of an area is open: the day from which searches count for its release.

An area that was closed and is hazardous again was opened, whatever its status says since: work
begins on it, it is split, merged or suspended, and the searches from before stay those in doubt
(S11). Asked are the histories of the area and of those it came from, and what reopens ground by
computation, whether anybody recorded it or not.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from landrelease.core.moment import day_of
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.release.reopening import came_at, day_of_reopening

if TYPE_CHECKING:
    from landrelease.store.registry import Registry
    from landrelease.workflows.behind import OnFile

_CLOSED = ("closed", "handed_over")
# The word before an id in the reason of a reopening.
_SAID = ("item", "accident", "inspection", "report")


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """`since`: searches before it do not count: the area was first recorded, or last opened.
    `again`: the day on which it was last opened after it had been closed; None: it never was.
    `finds`: ids of the records for which it was."""

    since: date | None
    again: date | None = None
    finds: tuple[str, ...] = ()


def opened(registry: Registry, record: Record, known: OnFile) -> Opened:
    """Since when the ground of an area that is hazardous now is open."""
    from landrelease.workflows.operating import local_day

    told = reopened_by(registry, record, known)
    lines = [[s.revision for s in registry.history(i)] for i in known.line(record.id)]
    finds, days = list(told), []
    for line in lines:
        days += [day for n in range(len(line)) if (day := _turned(registry, line, n)) is not None]
    computed = _computed(registry, record, known)
    days += [day for _, day in computed]
    finds += [name for name, _ in computed if name]
    for line in lines:
        closed = [n for n, r in enumerate(line) if r.values.get("status") in _CLOSED]
        if not closed or closed[-1] + 1 == len(line):
            continue
        # Somebody said that it is worked on again, and nobody since when.
        since, was = line[closed[-1] + 1], day_of(line[closed[-1]].values.get("status_changed_on"))
        if not any(was is None or day >= was for day in days):
            said = day_of(since.values.get("status_changed_on"))
            days.append(said if said is not None and was is not None and said > was
                        else local_day(registry, since.recorded_at))
    again = max(days, default=None)
    own = [s.revision for s in registry.history(record.id)]
    first = min((r.valid_from for r in own if r.valid_from), default=None) or min(
        (local_day(registry, r.recorded_at) for r in own), default=None)
    return Opened(max((d for d in (first, again) if d is not None), default=None), again,
                  tuple(dict.fromkeys(finds)))


def reopened_by(registry: Registry, record: Record, known: OnFile) -> tuple[str, ...]:
    """Ids of the finds for which an area, or one that it came from, is on record as reopened; they
    stand in the reason."""
    out: list[str] = []
    for name in known.line(record.id):
        for s in registry.history(name):
            if s.revision.values.get("status") == "reopened":
                words = str(s.revision.values.get("status_reason", "")).split()
                out += [w.strip(";,") for a, w in itertools.pairwise(words)
                        if a in _SAID]
    if record.value("status") == "reopened":  # computed, and recorded by nobody
        words = str(record.values.get("status_reason", "")).split()
        out += [w.strip(";,") for a, w in itertools.pairwise(words) if a in _SAID]
    return tuple(dict.fromkeys(out))


def _turned(registry: Registry, line: Sequence[Revision], n: int) -> date | None:
    """The day of a reopening, where the n-th revision of an area says one; the day on which it came
    on record where nothing in it says since when. A part that was split off says it of its parent.
    """
    from landrelease.workflows.operating import local_day

    r, before = line[n], line[n - 1] if n else None
    if r.values.get("status") != "reopened":
        return None
    said = day_of(r.values.get("status_changed_on"))
    if before is None:
        return said or (None if r.values.get("parents") else r.valid_from or local_day(
            registry, r.recorded_at))
    kept = day_of(before.values.get("status_changed_on"))
    if before.values.get("status") == "reopened":
        return None if said == kept else said
    if said is not None and said != kept:  # what stands there from the closing is not its day
        return said
    newer = r.valid_from is not None and (before.valid_from is None
                                          or r.valid_from > before.valid_from)
    return r.valid_from if newer else local_day(registry, r.recorded_at)


def _computed(registry: Registry, record: Record, known: OnFile) -> list[tuple[str, date]]:
    """(Find, its day) of whatever reopens signed releases of this ground or of the areas from which
    it came, and the days on which their certificates were revoked."""
    from landrelease.workflows.operating import local_day

    units, again, finds = known.reopened()
    if not again:
        return []
    ids = set(known.line(record.id))
    mine = {u.id: u for u in units if u.hazard in ids or (
        u.ground is not None and record.geometry is not None and u.ground.intersects(
            record.geometry) and not u.ground.touches(record.geometry))}
    out = []
    for n in again:
        if n.released not in mine:
            continue
        find = finds.get(n.find)
        if find is None:  # its certificate was revoked
            u = mine[n.released]
            out.append(("", u.revoked_on or u.decided_on))
        elif not find.waits:
            out.append((find.id, day_of_reopening(find, mine[n.released])
                        or local_day(registry, came_at(find, mine[n.released]))))
    return out
