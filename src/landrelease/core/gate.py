"""The start-of-day gate: what was looked at, and whether work may start (S08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from landrelease.core.moment import day_of
from landrelease.core.record import Record

CheckState = Literal["passed", "failed", "not_reported"]

# Checked on the site, by a person; the others are looked up in the records as well.
SITE_CHECKS = ("briefing", "medic", "ambulance", "communications", "weather", "threat")
CHECKS = (*SITE_CHECKS, "order", "closures", "permits", "accreditation", "competence", "machines",
          "detector_test", "evacuation", "result")
LONGEST_DAYS = 3_660  # of one report that are looked at; a longer one is not believed


def days_of_work(work: Record) -> tuple[date | None, date | None]:
    """First and last day of a report of work; None where nobody says."""
    first = day_of(work.values.get("started_on")) or work.valid_from
    return first, day_of(work.values.get("ended_on")) or first


def can_be_held_against_gates(first: date, last: date) -> bool:
    """Whether gates can be asked for on all days of some work; not where it ends before it began,
    nor where it is longer than anybody believes."""
    return 0 <= (last - first).days <= LONGEST_DAYS


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check of the gate. Only "passed" lets work start; "not_reported" is not passed (S12)."""

    name: str
    state: CheckState
    reason: str  # plain words
    records: tuple[str, ...] = ()  # ids of the records that it rests on


@dataclass(frozen=True, slots=True)
class TeamGate:
    """The gate of one team at one task on one day. It has no override."""

    task: str
    team: str
    day: date
    checks: tuple[GateCheck, ...]

    @property
    def passed(self) -> bool:
        return all(c.state == "passed" for c in self.checks)

    @property
    def open(self) -> tuple[GateCheck, ...]:
        """The checks that keep work from starting."""
        return tuple(c for c in self.checks if c.state != "passed")


@dataclass(frozen=True, slots=True)
class FlaggedWork:
    """Work of a team on a day whose gate had not passed. It gets no clearance credit until the
    authority has reviewed the report of the work (S08)."""

    activity: str
    task: str
    team: str
    day: date
    reasons: tuple[str, ...]
    reviewed: bool  # the report is validated by the authority

    @property
    def credit(self) -> bool:
        return self.reviewed
