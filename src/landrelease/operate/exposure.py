"""Exposure: hours that people and machines spent on hazardous ground.

What goes in: reports of activities, tracks, hazards. What comes out: hours by task, team, month and
who was exposed, with the records under them and what was not reported. People: the team's hours
times its searchers, on work that goes onto hazardous ground. Machines: their reported hours, else
the time of their tracks inside hazards. The same hours enter once (S10).

Source: rates of accidents per hour worked as in occupational safety (ILO, Recording and
notification of occupational accidents and diseases, 1996, on frequency rates); the exact Poisson
interval is F. Garwood, Biometrika 28 (1936).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import shapely

from landrelease.core.geometry import joined
from landrelease.core.moment import day_of, listed, moment_of, number_of
from landrelease.core.one_log import LEAST_CORNERS, one_log
from landrelease.core.record import NOT_REPORTED, Record

SAME_S = 1.0  # by which two clocks may differ over the length of one log
# Non-technical survey stays off hazardous ground; the rest goes onto it.
ON_HAZARDOUS_GROUND = ("TS", "clearance", "BAC", "EOD_spot_task")


@dataclass(frozen=True, slots=True)
class Exposure:
    """Hours of one kind of exposed on one task in one month. `who`: "deminer" or a machine's id."""

    task: str
    team: str
    month: str  # 2027-04; "" where no day is on record
    who: str
    people: bool
    hours: float  # of one person or machine each
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExposureLog:
    """All exposure; `not_reported`: (record, what it lacks) of work whose hours are not known."""

    rows: tuple[Exposure, ...]
    not_reported: tuple[tuple[str, str], ...]

    def hours(self, *, people: bool) -> float:
        return math.fsum(r.hours for r in self.rows if r.people is people)


def exposure(activities: Iterable[Record], tracks: Sequence[Record], hazards: Sequence[Record],
             local: timedelta = timedelta(0)) -> ExposureLog:
    """Hours on hazardous ground from reports and tracks.

    Joint work of k teams is split into k equal parts, so that nothing is counted twice; work over
    several days is spread evenly over them. A machine's hours are those that its report states for
    it, else those of its tracks on the days of that report, of its task and teams as far as they
    say; a track that two reports of one day may mean counts once, for the one that states hours, or
    the first. A track that belongs to no such report counts by itself, as far as it lies on
    hazardous ground. `local`: the programme's time less UTC, by which tracks have their day. Where
    tracks of one machine overlap in time, as where a log holds the day before once more, that time
    counts once; so does a log that is there once more, on another clock or for another machine.
    """
    cells: dict[tuple[str, str, str, str, bool], tuple[float, list[str]]] = {}
    lacking: list[tuple[str, str]] = []
    timed = [_Timed(t, local) for t in tracks if t.values.get("machine")]
    _once(timed)
    inside = _shares_inside([t.record for t in timed], hazards)
    used: set[str] = set()  # tracks that a report has taken
    counted: set[str] = set()  # of them those whose time is in the sum

    def add(task: str, team: str, month: str, who: str, people: bool, hours: float,
            records: Iterable[str]) -> None:
        held, names = cells.setdefault((task, team, month, who, people), (0.0, []))
        cells[task, team, month, who, people] = (
            held + hours, [*names, *(r for r in records if r not in names)])

    def stated_hours(work: Record) -> float | None:
        hours = number_of(work.values.get("machine_hours"))
        return None if _too_many(hours, work, len(listed(work.values.get("machines")))) else hours

    # What states its machine hours takes its tracks first: they are in those hours.
    for work in sorted(activities, key=lambda r: (stated_hours(r) is None, r.id)):
        if work.value("activity_status") == "planned":
            continue
        kind, hours, searchers = work.value("activity_type"), *(
            number_of(work.values.get(n)) for n in ("hours", "deminers"))
        if kind == NOT_REPORTED and (hours or number_of(work.values.get("machine_hours"))):
            lacking.append((work.id, "activity_type"))
        if kind not in ON_HAZARDOUS_GROUND:
            continue
        months = _months(work)
        teams = listed(work.values.get("teams")) or ("",)
        task = str(work.values.get("task") or "")
        if _too_many(hours, work, len(teams)):
            lacking.append((work.id, _more(hours, "hours", work)))
        elif hours is None or searchers is None:
            lacking.append((work.id, " and ".join(
                n for n, v in (("hours", hours), ("deminers", searchers)) if v is None)))
        else:
            for team in teams:
                for month, share in months.items():
                    add(task, team, month, "deminer", True,
                        hours * searchers * share / len(teams), (work.id,))
        machines = listed(work.values.get("machines"))
        stated = stated_hours(work)
        if stated is None and (more := number_of(work.values.get("machine_hours"))) is not None:
            lacking.append((work.id, _more(more, "machine_hours", work)))
        for machine in machines:
            meant = [n for n, t in enumerate(timed) if t.machine == machine and t.during(work)
                     and t.record.values.get("task") in (None, "", task)
                     and t.record.values.get("team") in (None, "", *teams)]
            own = [n for n in meant if timed[n].record.id not in used]
            counted.update(timed[n].record.id for n in own if stated is None)
            used.update(timed[n].record.id for n in own)
            if stated is not None:
                for month, share in months.items():
                    add(task, teams[0], month, machine, False, stated * share / len(machines),
                        (work.id,))
            elif own:
                for n in own:
                    add(task, teams[0], timed[n].month, machine, False,
                        timed[n].hours * inside[n], (work.id, timed[n].record.id))
            elif not any(timed[n].record.id in counted for n in meant):
                lacking.append((work.id, f"machine_hours, and no track of {machine}"))
    for n, t in enumerate(timed):
        if t.record.id not in used and t.hours > 0 and inside[n] > 0:
            add(str(t.record.values.get("task") or ""), str(t.record.values.get("team") or ""),
                t.month, t.machine, False, t.hours * inside[n], (t.record.id,))
        elif t.record.id not in used and t.hours <= 0 and not t.copy:
            lacking.append((t.record.id, "started_at and ended_at"))
    return ExposureLog(
        tuple(Exposure(task, team, month, who, people, hours, tuple(names))
              for (task, team, month, who, people), (hours, names) in sorted(cells.items())),
        tuple(sorted(set(lacking))))


def accident_rate(accidents: int, hours: float, interval: float = 0.95
                  ) -> tuple[float, float, float] | None:
    """Accidents per 100,000 hours with its exact Poisson interval; None without hours."""
    from scipy.stats import chi2

    if hours <= 0:
        return None
    tail = (1 - interval) / 2
    low = chi2.ppf(tail, 2 * accidents) / 2 if accidents else 0.0
    high = chi2.ppf(1 - tail, 2 * accidents + 2) / 2
    each = 100_000 / hours
    return accidents * each, float(low) * each, float(high) * each


class _Timed:
    """A machine's track with its time."""

    def __init__(self, record: Record, local: timedelta):
        self.record, self.machine = record, str(record.values["machine"])
        self.begin, self.end = (moment_of(record.values.get(n)) for n in ("started_at",
                                                                          "ended_at"))
        known = self.begin is not None and self.end is not None
        self.hours = max(0.0, (self.end - self.begin).total_seconds() / 3600
                         ) if known and self.begin and self.end else 0.0
        self.day = None if self.begin is None else (self.begin.astimezone(UTC) + local).date()
        self.month = f"{self.day:%Y-%m}" if self.day is not None else ""
        self.copy = False  # all of its time is that of an earlier track

    def during(self, work: Record) -> bool:
        first, last = _days(work)
        return (self.day is not None and first is not None and last is not None
                and first <= self.day <= last)


def _once(timed: Sequence[_Timed]) -> None:
    """Take off each track's hours what an earlier track of the same machine holds: it is at one
    place at a time; and what an earlier track of any machine holds that is the same log, on
    whichever clock (`core.one_log`). Of tracks that were recorded without a sketch the same way in
    the same time once more, corner by corner, is a copy: no machine drives a way twice to the
    millimetre."""
    until: dict[str, datetime] = {}
    ways: dict[bytes, list[float]] = {}
    later = one_log([t.record for t in timed])
    before: dict[str, _Timed] = {}
    for t in sorted((t for t in timed if t.begin is not None and t.end is not None),
                    key=lambda t: (t.begin, t.end, t.record.id)):
        assert t.begin is not None and t.end is not None
        lasts = (t.end - t.begin).total_seconds()
        if (way := _way(t.record)) is not None:
            known = ways.setdefault(way, [])
            if any(abs(lasts - other) <= SAME_S for other in known):
                t.hours, t.copy = 0.0, True
                continue
            known.append(lasts)
        begin = max(t.begin, until.get(t.machine, t.begin))
        held = [(u.begin + timedelta(seconds=shift), u.end + timedelta(seconds=shift))
                for name, u in before.items()
                if math.isfinite(shift := later.get((name, t.record.id), math.nan))
                and u.begin is not None and u.end is not None]
        t.hours = max(0.0, (t.end - begin).total_seconds() - _within(held, begin, t.end)) / 3600
        if held and t.hours * 3600 <= SAME_S:
            t.hours = 0.0
        t.copy = t.hours == 0 and t.end > t.begin
        until[t.machine] = max(begin, t.end)
        before[t.record.id] = t


def _within(spans: Iterable[tuple[datetime, datetime]], begin: datetime, end: datetime) -> float:
    """Seconds between two times that lie in any of the spans."""
    total, at = 0.0, begin
    for a, b in sorted(spans):
        a, b = max(a, at), min(b, end)
        if b > a:
            total, at = total + (b - a).total_seconds(), b
    return total


def _way(record: Record) -> bytes | None:
    """The corners of a track's line, to 1e-8 degrees; None where they are too few to tell it from
    another one."""
    line = record.geometry
    if line is None or shapely.get_num_coordinates(line) < LEAST_CORNERS:
        return None
    return np.rint(shapely.get_coordinates(line) * 1e8).astype(np.int64).tobytes()


def _shares_inside(tracks: Sequence[Record], hazards: Sequence[Record]) -> list[float]:
    """Share of each track's length on hazardous ground; a track without a line lies on it, because
    nobody said that it does not (S12)."""
    if not tracks:
        return []
    grounds = [h.geometry for h in hazards if h.geometry is not None]
    whole = joined(np.array(grounds, dtype=object), degrees=True) if grounds else shapely.Polygon()
    out = []
    for t in tracks:
        line = t.geometry
        if line is None or line.is_empty or line.length == 0:
            out.append(1.0)
            continue
        out.append(float(line.intersection(whole).length / line.length))
    return out


def _days(work: Record) -> tuple[date | None, date | None]:
    first = day_of(work.values.get("started_on")) or work.valid_from
    return first, day_of(work.values.get("ended_on")) or first


def _length(work: Record) -> int | None:
    """Days from the first to the last; None where they are not known."""
    first, last = _days(work)
    return (last - first).days + 1 if first and last and first <= last else None


def _too_many(hours: float | None, work: Record, each: int = 1) -> bool:
    """Whether hours are more than the days of the work have, for each of so many: such a number is
    a slip, and a rate of accidents over it would be far too good."""
    days = _length(work)
    return hours is not None and days is not None and each > 0 and hours > 24 * days * each


def _more(hours: float | None, field: str, work: Record) -> str:
    return f"{field}: {hours:g} h in {_length(work)} d"


def _months(work: Record) -> dict[str, float]:
    """Share of the work in each month, by days."""
    first, last = _days(work)
    if first is None or last is None or not 0 <= (last - first).days <= 36_600:
        return {"": 1.0}
    days = (last - first).days + 1
    out: dict[str, float] = {}
    for n in range(days):
        month = f"{first + timedelta(days=n):%Y-%m}"
        out[month] = out.get(month, 0.0) + 1 / days
    return out
