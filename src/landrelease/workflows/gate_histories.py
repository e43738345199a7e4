"""Histories of records as the gate of a day reads them: what stood in time, what came later (S08).

When something was entered is when it first came into a registry that vouches for it: that of the
office that recorded it, or this one where that was earlier. A row that waited here and was taken in
as it stood came when it came, not when somebody decided on it. What a file says of times vouches
for nothing.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from landrelease.core.decision import standing
from landrelease.core.descent import current_of, dated_before, in_order
from landrelease.core.record import Record
from landrelease.core.signature import KeyRing
from landrelease.operate.evacuations import is_real
from landrelease.operate.gate import Stages, day_in_utc

if TYPE_CHECKING:
    from landrelease.core.kind import Kind
    from landrelease.core.revision import StoredRevision


def entered_at(stored: StoredRevision) -> datetime:
    """When a revision came into the registry of its office, or here where that was earlier."""
    at, here = stored.revision.recorded_at, stored.known_from
    return at if here is None else min(at, here)


@dataclass(frozen=True, slots=True)
class _Line:
    """The history of one record: `signed`, places in it at which the authority signed. Where it is
    `plain` (one after the other by entry and by day) a day is found without going through it."""

    order: tuple[StoredRevision, ...]
    signed: frozenset[int]
    entered: tuple[datetime, ...]
    dated: tuple[date, ...]
    plain: bool


class Histories:
    """The histories of the records of a kind. `by_day`: what states a later day of information
    than the gate's says nothing of it, as with detectors; closures and permits carry their own
    times. What the authority signed stands alone: what was said before it counts no more.
    `entered`: when a revision was entered."""

    def __init__(self, lines: Iterable[Sequence[StoredRevision]], kind: Kind,
                 ring: Callable[[], KeyRing], *, by_day: bool = False,
                 entered: Callable[[StoredRevision], datetime] = entered_at):
        self.by_day = by_day
        self.lines = {line[0].revision.record_id: _line(line, kind, ring, entered)
                      for line in lines if line}

    def at(self, day: date, begin: datetime, until: datetime) -> Mapping[str, Stages]:
        """Id -> what was said for a local day that begins at `begin`; `until`: its end and the
        grace in which an entry is in time. A record of which nothing is of the day is left out."""
        out = {}
        for name in self.lines:
            if (found := self.of(name, day, begin, until)) is not None:
                out[name] = found
        return out

    def of(self, name: str, day: date, begin: datetime, until: datetime) -> Stages | None:
        """The same of one record."""
        line = self.lines[name]
        return self._plain(line, day, until) if line.plain and self.by_day else \
            self._any(line, day, begin, until)

    @staticmethod
    def _plain(line: _Line, day: date, until: datetime) -> Stages | None:
        known, end = bisect.bisect_right(line.entered, until), bisect.bisect_right(line.dated, day)
        if not end:
            return None
        stood = min(known, end)
        return Stages(as_record(line.order[stood - 1]) if stood else None,
                      tuple(map(as_record, line.order[stood:end])))

    def _any(self, line: _Line, day: date, begin: datetime, until: datetime) -> Stages | None:
        held = [(n, s) for n, s in enumerate(line.order) if not self.by_day
                or s.revision.valid_from is None or s.revision.valid_from <= day]
        if not held:
            return None
        # The authority's word takes the place of all before it, whenever it came.
        alone = max((at for at, (n, _) in enumerate(held) if n in line.signed), default=None)
        told = [s for _, s in held[alone or 0:]]
        timely = [line.entered[n] <= until for n, _ in held[alone or 0:]]
        early = [line.entered[n] < begin for n, _ in held[alone or 0:]]
        if alone is not None:
            timely[0] = early[0] = True
        in_time = [s for s, when in zip(told, timely, strict=True) if when]
        before = [s for s, when in zip(told, early, strict=True) if when]
        stood = current_of(in_time) if in_time else None
        first = current_of(before) if before else None
        later = _following(stood, [s for s, when in zip(told, timely, strict=True) if not when])
        undone = _following(first, [s for s, when, soon in zip(told, timely, early, strict=True)
                                    if when and not soon])
        if first is not None:
            undone.insert(0, first)
        return Stages(None if stood is None else as_record(stood), tuple(map(as_record, later)),
                      tuple(as_record(s) for s in undone if s is not stood))


def _following(stood: StoredRevision | None, told: Sequence[StoredRevision]
               ) -> list[StoredRevision]:
    """Those that came to stand one after the other: not what only adds older information."""
    out = []
    for s in told:
        if stood is None or not dated_before(s.revision.valid_from, stood.revision.valid_from):
            out.append(s)
            stood = s
    return out


def _line(history: Sequence[StoredRevision], kind: Kind, ring: Callable[[], KeyRing],
          when: Callable[[StoredRevision], datetime]) -> _Line:
    # Those of one office come in their order; to find that of several takes its time.
    several = any(s.chain != history[0].chain for s in history)
    order = tuple(in_order(history) if several else history)
    signed: frozenset[int] = frozenset()
    if any(s.revision.validation == "authority" for s in order):
        verdicts = standing(order, kind, ring())
        signed = frozenset(n for n, s in enumerate(order) if s.revision.validation == "authority"
                           and s.hash in verdicts and verdicts[s.hash].standing == "verified")
    entered = tuple(map(when, order))
    dated = tuple(s.revision.valid_from for s in order if s.revision.valid_from is not None)
    return _Line(order, signed, entered, dated, not signed and len(dated) == len(order)
                 and list(entered) == sorted(entered) and list(dated) == sorted(dated))


def gates_told(gates: Histories, offset: timedelta | None, grace: timedelta
               ) -> tuple[list[Record], dict[int, datetime], frozenset[int]]:
    """What gates say: of each its own words last, before them what else was said of it that keeps
    work from starting; `Record.revision` -> when it was entered; those that the authority signed.

    What passed counts as it stood in time for its day (`operate.gate.Site.gates`), and only where
    no later revision of the record says otherwise.
    """
    out: list[Record] = []
    entered: dict[int, datetime] = {}
    signed = set()
    for name, line in gates.lines.items():
        entered.update((s.number, at) for s, at in zip(line.order, line.entered, strict=True))
        alone = max(line.signed, default=None)
        told = line.order[alone or 0:]
        if alone is not None:
            signed.add(told[0].number)
        now = current_of(told) if len(told) > 1 else told[0]
        out += [f for s in told if s is not now and (f := _against(as_record(s))) is not None]
        said = None if len(told) == 1 else _in_time(gates, name, now, offset, grace)
        if said is not None:
            out.append(said)
        last = as_record(now) if said is None else _against(as_record(now))
        if last is not None:
            out.append(last)
    return out, entered, frozenset(signed)


def _against(gate: Record) -> Record | None:
    """What of a gate keeps work from starting."""
    if "failed" not in gate.values.values() and not is_real(gate):
        return None
    return replace(gate, values={k: v for k, v in gate.values.items() if v != "passed"})


def _in_time(gates: Histories, name: str, now: StoredRevision, offset: timedelta | None,
             grace: timedelta) -> Record | None:
    """What passed by a gate that was changed later than the grace after its day; None where what
    stands was entered in time, or nothing was."""
    day = now.revision.values.get("day")
    if not isinstance(day, date):
        return None
    begin, end = day_in_utc(day, offset)
    stages = gates.of(name, day, begin, end + grace)
    if stages is None or stages.standing is None or not stages.later:
        return None
    first = stages.standing

    def kept(field: str) -> bool:
        return all(r.values.get(field) == first.values.get(field) for r in stages.later)

    whose = all(map(kept, ("day", "task", "team")))
    return replace(first, values={
        k: v for k, v in first.values.items() if v != "failed" and (
            v != "passed" or (whose and kept(k))) and (k != "checked_at" or kept(k))})


def as_record(stored: StoredRevision) -> Record:
    """What one revision says of its record."""
    r = stored.revision
    return Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from, r.validation,
                  stored.number, chain=stored.chain, signed_by=r.signed_by)
