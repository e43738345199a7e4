"""Evacuations and drills: how long it took, and was everybody there.

They stand in records of the kind `gate` with a `gate_type` of their own: after an evacuation the
gate of that day has to pass again (`operate.gate`).

Source: IMAS 10.20 (safety at the worksite) and 10.40 (medical support): plans for an emergency, and
their practice; how often a drill is held is a setting of the programme (S13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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


def in_sequence(gate: Record) -> bool:
    """Whether all were out no earlier than it began, where both times are on record."""
    begun, clear = (moment_of(gate.values.get(n)) for n in ("evacuated_at", "clear_at"))
    return begun is None or clear is None or begun <= clear


def not_counted(gate: Record) -> tuple[int, int] | None:
    """People counted and people on the list where the first are fewer; None: not, or not known."""
    listed, counted = (number_of(gate.values.get(n)) for n in ("people_on_site",
                                                               "people_counted"))
    if listed is None or counted is None or counted >= listed:
        return None
    return int(counted), int(listed)


def evacuations(gates: Iterable[Record], utc_offset: timedelta | None = None
                ) -> tuple[Evacuation, ...]:
    """The log of evacuations and drills, the latest first; other gates are passed over.

    utc_offset : of the programme's local time, in which a record states its day; None: not known.
    """
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
        stated = day_of(g.values.get("day"))
        if not in_sequence(g):
            findings.append("all were out before it began")
        elif clear is not None and stated is not None and _another_day(clear, stated, utc_offset):
            findings.append("all were out on another day than it states")
        if missing is None:
            findings.append("people on the list or people counted are not on record")
        elif missing > 0:
            findings.append(f"{missing} people on the list were not counted")
        elif missing < 0:
            findings.append(f"{-missing} more people were counted than are on the list")
        found.append(Evacuation(
            g.id, str(g.values.get("task") or ""), str(g.values.get("team") or ""),
            stated or next(
                (t.date() for t in (begun, clear) if t is not None), g.valid_from), not is_real(g),
            str(g.value("evacuation_reason")), minutes, None if on_site is None else int(on_site),
            None if counted is None else int(counted), missing, tuple(findings)))
    return tuple(sorted(found, key=lambda e: (-(e.day or date.min).toordinal(), e.record)))


def _another_day(at: datetime, day: date, utc_offset: timedelta | None) -> bool:
    """Whether a time is of another local day: of none in any zone where that is not known."""
    if utc_offset is not None:
        return (at + utc_offset).date() != day
    return not (at - timedelta(hours=12)).date() <= day <= (at + timedelta(hours=14)).date()


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
