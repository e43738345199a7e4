"""What is open: nonconformities until they are closed, visits that were refused.

A nonconformity is a record of an inspection (a visit, a lot that was rejected, a recommendation
after an accident) that says what was wrong. It is open until a measure is on record, corrected
until a visit found it so, then closed; overdue where its day has passed without a measure.

Source: IMAS 07.40 (monitoring), IMAS 10.60 (follow-up of recommendations); the days by severity are
settings of the programme (S13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from landrelease.core.inspection import (
    SEVERITIES,
    closed_on,
    corrected_on,
    is_nonconformity,
    was_refused,
)
from landrelease.core.moment import day_of
from landrelease.core.record import NOT_REPORTED, Record

State = Literal["open", "overdue", "corrected", "closed"]
_ORDER = (*SEVERITIES, NOT_REPORTED)


@dataclass(frozen=True, slots=True)
class Nonconformity:
    """One nonconformity as it stands on a day."""

    record: str
    organisation: str
    task: str
    type: str
    severity: str
    found_on: date | None
    due_on: date | None  # None: neither a day nor a severity is on record
    state: State
    days_over: int  # past the due day; 0 where it is not overdue
    finding: str
    measure: str


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits to one organisation: how many, and how many of them it refused."""

    organisation: str
    visits: int
    refused: int
    refused_records: tuple[str, ...]
    reasons: tuple[str, ...]


def nonconformities(inspections: Iterable[Record], day: date, due_days: Mapping[str, float]
                    ) -> tuple[Nonconformity, ...]:
    """All nonconformities found until a day, as they stand on it: overdue first, then open,
    corrected, closed; within each by severity and due day.

    due_days : days in which a nonconformity is to be corrected, by severity, where the record does
        not say the day itself; keys "critical", "major", "minor". One whose severity nobody
        reported counts as critical (S12).
    """
    found = []
    for r in inspections:
        if not is_nonconformity(r):
            continue
        severity = str(r.value("nonconformity_severity"))
        if severity not in due_days:
            severity = "critical" if r.value("result") == "rejected" else NOT_REPORTED
        begun = day_of(r.values.get("inspected_on")) or r.valid_from
        if begun is not None and begun > day:
            continue
        due = day_of(r.values.get("due_on"))
        if due is None and begun is not None:
            due = begun + timedelta(days=round(due_days.get(severity, due_days["critical"])))
        corrected, closed = corrected_on(r, day), closed_on(r, day)
        state: State = "open"
        if closed is not None:
            state = "closed"
        elif corrected is not None:
            state = "corrected"
        elif due is not None and due < day:
            state = "overdue"
        found.append(Nonconformity(
            r.id, str(r.values.get("inspected_organisation") or ""),
            str(r.values.get("task") or ""), str(r.value("nonconformity_type")), severity, begun,
            due, state, (day - due).days if state == "overdue" and due else 0,
            str(r.values.get("finding") or ""), str(r.values.get("corrective_action") or "")))
    order = ("overdue", "open", "corrected", "closed")
    return tuple(sorted(found, key=lambda n: (
        order.index(n.state), _ORDER.index(n.severity), n.due_on or date.max, n.record)))


def visits(inspections: Iterable[Record], day: date) -> tuple[Visits, ...]:
    """Visits until a day by inspected organisation, most refused first. Drawn units are part of
    their lot's visit; a lot that nobody inspected yet, and a nonconformity of a visit, are none."""
    counted: dict[str, list[Record]] = {}
    for r in inspections:
        refused = was_refused(r)
        when = day_of(r.values.get("inspected_on")) or r.valid_from
        if when is not None and when > day:
            continue
        if r.value("inspection_part") in ("unit", "nonconformity", "recommendation", "trial"):
            continue
        if r.value("inspection_part") == "lot" and not refused and \
                day_of(r.values.get("inspected_on")) is None:
            continue
        counted.setdefault(str(r.values.get("inspected_organisation") or NOT_REPORTED),
                           []).append(r)
    out = []
    for organisation, listed in counted.items():
        refused_ones = [r for r in listed if was_refused(r)]
        out.append(Visits(
            organisation, len(listed), len(refused_ones), tuple(r.id for r in refused_ones),
            tuple(sorted({str(r.values.get("refusal_reason") or NOT_REPORTED)
                          for r in refused_ones}))))
    return tuple(sorted(out, key=lambda v: (-v.refused, v.organisation)))
