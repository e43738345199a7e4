"""Evacuations and drills: how long it took, and was everybody there.

They stand in records of the kind `gate` with a `gate_type` of their own: after an evacuation the
gate of that day has to pass again (`operate.gate`).

Source: IMAS 10.20 (safety at the worksite) and 10.40 (medical support): plans for an emergency, and
their practice; how often a drill is held is a setting of the programme (S13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from landrelease.core.kind import DECLINED
from landrelease.core.moment import day_of, moment_of, number_of
from landrelease.core.record import NOT_REPORTED, Record

_DRILL = "evacuation_drill"
_NOTHING = (None, "", NOT_REPORTED, DECLINED)


@dataclass(frozen=True, slots=True)
class Evacuation:
    """One evacuation or drill. `missing`: people on the list who were not counted; None where
    either number is not reported (S12)."""

    record: str
    task: str
    team: str
    day: date | None
    drill: bool
    reason: str
    minutes: float | None
    on_site: int | None
    counted: int | None
    missing: int | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drills:
    """When a task's last drill was, and whether the next one is overdue."""

    task: str
    last: date | None
    due: date
    overdue: bool


def is_real(gate: Record) -> bool:
    """Whether a record of the kind `gate` tells of an evacuation that was no practice: it says so,
    gives a reason that is none of a drill, or a time of it without saying that it was a drill."""
    reason = gate.value("evacuation_reason")
    return tells(gate) and (gate.value("gate_type") == "evacuation" or reason not in (
        "drill", *_NOTHING) or (reason != "drill" and gate.value("gate_type") != _DRILL))


def tells(gate: Record) -> bool:
    """Whether a record of the kind `gate` tells of an evacuation or a drill: by what it is, or by
    its times or its reason, also where it is the check of the day or does not say what it is."""
    said = gate.values  # of many gates: what is not there says nothing
    return said.get("gate_type") in ("evacuation", _DRILL) or any(
        n in said and said[n] not in _NOTHING
        for n in ("evacuated_at", "clear_at", "evacuation_reason"))


def evacuations(gates: Iterable[Record]) -> tuple[Evacuation, ...]:
    """The log of evacuations and drills, the latest first; other gates are passed over."""
    found = []
    for g in gates:
        if not tells(g):
            continue
        begun, clear = (moment_of(g.values.get(n)) for n in ("evacuated_at", "clear_at"))
        on_site, counted = (number_of(g.values.get(n)) for n in ("people_on_site",
                                                                 "people_counted"))
        missing = None if on_site is None or counted is None else int(on_site - counted)
        minutes = None if begun is None or clear is None else (clear - begun).total_seconds() / 60
        findings = []
        if clear is None:
            findings.append("when all were out is not on record")
        if minutes is not None and minutes < 0:
            findings.append("all were out before it began")
        if missing is None:
            findings.append("people on the list or people counted are not on record")
        elif missing > 0:
            findings.append(f"{missing} people on the list were not counted")
        elif missing < 0:
            findings.append(f"{-missing} more people were counted than are on the list")
        found.append(Evacuation(
            g.id, str(g.values.get("task") or ""), str(g.values.get("team") or ""),
            day_of(g.values.get("day")) or next(
                (t.date() for t in (begun, clear) if t is not None), g.valid_from), not is_real(g),
            str(g.value("evacuation_reason")), minutes, None if on_site is None else int(on_site),
            None if counted is None else int(counted), missing, tuple(findings)))
    return tuple(sorted(found, key=lambda e: (-(e.day or date.min).toordinal(), e.record)))


def drills(log: Iterable[Evacuation], tasks: Iterable[Record], day: date, *, every_days: float
           ) -> tuple[Drills, ...]:
    """When each task on which people work last practised; overdue ones first.

    tasks : orders; those that are started count. A real evacuation is practice too. A task that
    never practised is overdue `every_days` after its first day, or at once where nobody said when
    that was.
    """
    last: dict[str, date] = {}
    for e in log:
        if e.day is not None and e.day <= day:
            last[e.task] = max(e.day, last.get(e.task, e.day))
    out = []
    for task in tasks:
        if task.value("task_status") != "started":
            continue
        since = last.get(task.id) or day_of(task.values.get("planned_start")) or day_of(
            task.values.get("ordered_on")) or task.valid_from
        due = day if since is None else since + timedelta(days=round(every_days))
        out.append(Drills(task.id, last.get(task.id), due, since is None or due < day))
    return tuple(sorted(out, key=lambda d: (not d.overdue, d.due, d.task)))
