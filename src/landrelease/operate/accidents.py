"""Accidents and incidents: what has to be done by when, what the report still lacks.

What goes in: records of accidents and an instant. What comes out, for each: notification, detailed
report and investigation with their deadlines; fields that nobody reported; people harmed, counted
by sex and age and never named (S17). The aim of a review is the cause, not blame.

Source: IMAS 10.60 (reporting and investigation of accidents and incidents); its times are left to
the national authority and are settings here (S13). What a report holds: the minimum data of IMAS
05.10, and the fields whose loss users of accident databases complain about (equipment, depth, care,
the account in full).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from landrelease.core.moment import day_of, listed, moment_of, number_of
from landrelease.core.record import NOT_REPORTED, Record

DutyState = Literal["done", "late", "due", "overdue", "unknown"]
WHO = ("women", "men", "girls", "boys")
HARM = ("killed", "injured")
# Duty -> (field that says when it was done, its name).
DUTIES = {"notification": "notified_at", "detailed_report": "detailed_report_at",
          "investigation": "investigated_at"}
_REPORT = ("occurred_at", "accident_class", "ordnance_category", "activity_at_the_time",
           "narrative", "hazard", "site_preserved")
_HARMED = ("protective_equipment", "minutes_to_care")
LATER = "it is dated in the future: nobody knows when it happened"
_REVIEW = ("causes", "corrective_action", "investigating_organisation")


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that has to be done after an accident. `unknown`: nobody said when it happened."""

    name: str
    due: datetime | None
    done: datetime | None
    state: DutyState


@dataclass(frozen=True, slots=True)
class AccidentState:
    """An accident as it stands. `harmed`: "killed_women" and so on; None: not reported (S12)."""

    record: str
    accident_class: str
    happened: datetime | None
    day_only: bool  # nobody said the hour: times count from the end of that day
    task: str
    team: str
    harmed: Mapping[str, int | None]
    victims: int | None
    duties: tuple[Duty, ...]
    missing: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def overdue(self) -> bool:
        return any(d.state == "overdue" for d in self.duties)


def accident_states(accidents: Iterable[Record], now: datetime,
                    within: Mapping[str, timedelta], asked: datetime | None = None
                    ) -> tuple[AccidentState, ...]:
    """All accidents and incidents as they stand at an instant; overdue ones first, then the latest.

    within : duty ("notification", "detailed_report", "investigation") -> time after the accident
    asked : the instant at which somebody asks, which may be later than `now`

    What lies after `now` has not happened yet; what lies after `asked` as well has a day that is
    wrong: it is listed as an accident of which nobody knows when it happened. Where only the day is
    on record, times count from its end, so that nobody is called late who may have been in time.
    """
    found = []
    for r in accidents:
        happened, day_only = _happened(r)
        begins = None if happened is None else happened - timedelta(days=1) * day_only
        later = begins is not None and begins > now
        if later and (asked is None or begins is None or begins <= max(now, asked)):
            continue
        due_from = None if later else happened
        harmed = {f"{harm}_{who}": _count(r, f"{harm}_{who}") for harm in HARM for who in WHO}
        told = _count(r, "victims")
        counted = None if all(v is None for v in harmed.values()) else sum(
            v or 0 for v in harmed.values())
        found.append(AccidentState(
            r.id, str(r.value("accident_class")), happened, day_only,
            str(r.values.get("task") or ""), str(r.values.get("team") or ""), harmed,
            told if told is not None else counted,
            tuple(_duty(r, name, field, due_from, now, within[name])
                  for name, field in DUTIES.items()),
            _missing(r, harmed, told), (*([LATER] if later else []), *_doubts(
                r, harmed, told, counted))))
    latest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda a: (
        not a.overdue, -((a.happened or latest) - latest).total_seconds(), a.record)))


def harmed_totals(states: Iterable[AccidentState]) -> dict[str, dict[str, int]]:
    """People harmed by class of accident and by sex and age; only what was reported is counted."""
    out: dict[str, dict[str, int]] = {}
    for state in states:
        row = out.setdefault(state.accident_class, {"records": 0, "without_counts": 0})
        row["records"] += 1
        row["without_counts"] += all(v is None for v in state.harmed.values())
        for name, value in state.harmed.items():
            if value is not None:
                row[name] = row.get(name, 0) + value
    return out


def _happened(r: Record) -> tuple[datetime | None, bool]:
    at = moment_of(r.values.get("occurred_at"))
    if at is not None:
        return at, False
    day = day_of(r.values.get("information_date")) or r.valid_from
    if day is None:
        return None, False
    return datetime.combine(day, time(), UTC) + timedelta(days=1), True


def _duty(r: Record, name: str, field: str, happened: datetime | None, now: datetime,
          within: timedelta) -> Duty:
    done = moment_of(r.values.get(field))
    # What is dated a day and more before the accident is no report of it (zones and slips apart).
    done = None if done is not None and (done > now or (
        happened is not None and done < happened - timedelta(days=2))) else done
    due = None if happened is None else happened + within
    if name == "investigation" and done is None and r.value("investigation") == "closed":
        return Duty(name, due, None, "done")
    state: DutyState
    if done is not None:
        state = "late" if due is not None and done > due else "done"
    elif due is None:
        state = "unknown"
    else:
        state = "overdue" if now > due else "due"
    return Duty(name, due, done, state)


def _missing(r: Record, harmed: Mapping[str, int | None], told: int | None) -> tuple[str, ...]:
    out = [name for name in _REPORT if not _said(r, name)]
    if r.geometry is None or r.geometry.is_empty:
        out.insert(0, "place")
    if r.value("accident_class") != "incident":
        out += [name for name, value in harmed.items() if value is None]
        if any(harmed.values()) or told:
            out += [name for name in _HARMED if not _said(r, name)]
    if moment_of(r.values.get("investigated_at")) is not None or \
            r.value("investigation") == "closed":
        out += [name for name in _REVIEW if not _said(r, name)]
    return tuple(out)


def _doubts(r: Record, harmed: Mapping[str, int | None], told: int | None, counted: int | None
            ) -> tuple[str, ...]:
    out = []
    if told is not None and counted is not None and (
            counted > told or (counted != told and None not in harmed.values())):
        out.append(f"{told} victims are reported, and {counted} by sex and age")
    if r.value("accident_class") == "incident" and (counted or told):
        out.append("people were harmed: that is an accident, not an incident")
    times = [moment_of(r.values.get(n)) for n in ("occurred_at", *DUTIES.values())]
    known = [t for t in times if t is not None]
    if times[0] is not None and known and min(known) < times[0]:
        out.append("it is reported before it happened")
    return tuple(out)


def _said(r: Record, name: str) -> bool:
    value = r.values.get(name)
    return bool(listed(value)) if isinstance(value, (list, tuple)) else value not in (
        None, "", NOT_REPORTED)


def _count(r: Record, name: str) -> int | None:
    value = number_of(r.values.get(name))
    return None if value is None else int(value)
