"""What reports of work said of their days, tasks, teams and tools before they were changed (S08).

A report that is rewritten to a day, a task or a team whose gate had passed would open that gate
afterwards. So each revision is asked, until the authority has reviewed the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from landrelease.core.decision import standing
from landrelease.core.descent import in_order
from landrelease.core.gate import FlaggedWork, days_of_work
from landrelease.core.kind import DECLINED
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.workflows.gate_histories import as_record

if TYPE_CHECKING:
    from landrelease.core.revision import StoredRevision
    from landrelease.store.registry import Registry

# What the gates of a report are asked by.
ASKED = ("task", "started_on", "ended_on", "teams", "detectors", "machines", "activity_type",
         "operational_method")


def earlier_reports(registry: Registry, works: Sequence[Record], *,
                    grace: timedelta, offset: timedelta | None, valid_at: date | None = None,
                    known_at: datetime | None = None
                    ) -> Mapping[str, Sequence[tuple[Record, datetime]]]:
    """Report -> what it said before, where that asks for other gates than what stands, with when
    it was said.

    works : as they stand; those that the authority reviewed are left out, and so is what was said
    before such a review. What a revision left blank is taken from the one that stated it first,
    where that was entered within `grace` after the local day (`offset`: as in `operate.gate.Site`):
    to complete a report in time changes nothing that it said.
    """
    from landrelease.workflows.identities import _histories, ring_of

    open_ = {w.id: w for w in works if w.validation != "authority"}
    # Reports are many, and few were changed: only their histories are read.
    changed = [i for i in registry.revised("activity", 0, several=True) if i in open_] \
        if open_ else []
    out: dict[str, list[tuple[Record, datetime]]] = {}
    ring = None
    for name, history in _histories(registry, "activity", sorted(changed)):
        line = [s for s in in_order(history) if s.revision.kind == "activity" and (
            known_at is None or (s.known_from or s.revision.recorded_at) <= known_at) and (
            valid_at is None or s.revision.valid_from is None
            or s.revision.valid_from <= valid_at)]
        if any(s.revision.validation == "authority" for s in line):
            ring = ring or ring_of(registry)
            verdicts = standing(line, registry.kinds["activity"], ring)
            reviewed = [n for n, s in enumerate(line) if s.revision.validation == "authority"
                        and s.hash in verdicts and verdicts[s.hash].standing == "verified"]
            line = line[reviewed[-1] + 1:] if reviewed else line
        seen = {_asked(open_[name])}
        for n, stored in enumerate(line):
            said = _completed(stored, line[n + 1:], grace, offset)
            if _asked(said) not in seen:
                seen.add(_asked(said))
                out.setdefault(name, []).append((said, stored.revision.recorded_at))
    return out


def with_earlier(now: Sequence[FlaggedWork], before: Sequence[FlaggedWork], said: datetime
                 ) -> list[FlaggedWork]:
    """Flags of a report as it stands, and of what it said before for other gates."""
    known = {(f.activity, f.task, f.team, f.day) for f in now}
    return [*now, *(replace(f, reasons=(before_words(said), *f.reasons)) for f in before
                    if (f.activity, f.task, f.team, f.day) not in known)]


def before_words(said: datetime) -> str:
    """That a report said something else when it was first recorded."""
    return (f"as the report of {said:%Y-%m-%d} said, before it was changed without the review of "
            "the authority")


def _asked(work: Record) -> tuple[Any, ...]:
    def plain(value: Any) -> Any:
        return tuple(map(str, value)) if isinstance(value, (list, tuple)) else value

    stated = {n: plain(work.values.get(n)) for n in ASKED if not _blank(work.values.get(n))}
    return (*(stated.get(n) for n in ASKED), *(() if "started_on" in stated else (
        work.valid_from,)))


def _completed(stored: StoredRevision, after: Sequence[StoredRevision], grace: timedelta,
               offset: timedelta | None) -> Record:
    from landrelease.operate.gate import day_in_utc

    work = as_record(stored)
    values, first = dict(work.values), work.valid_from
    for s in after:
        r = s.revision
        whole = {**r.values, **{k: v for k, v in values.items() if not _blank(v)}}
        last = days_of_work(replace(work, values=whole, valid_from=first or r.valid_from))[1]
        if last is None or r.recorded_at > day_in_utc(last, offset)[1] + grace:
            continue
        values |= {n: r.values[n] for n in ASKED
                   if not _blank(r.values.get(n)) and _blank(values.get(n))}
        first = first or r.valid_from
    return replace(work, values=values, valid_from=first)


def _blank(value: Any) -> bool:
    return value in (None, "", NOT_REPORTED, DECLINED) or (
        isinstance(value, (list, tuple)) and not value)
