"""What a forecast assumes beside the plan and the stated ranges, in days and words.

`Circumstances` is what a scenario changes; `effects_of` lays it out for the compiled dispatch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from landrelease.core.work import Problem
from landrelease.forecast.calendar import DAYS_PER_YEAR, Calendar
from landrelease.forecast.dispatch import Workforce
from landrelease.forecast.effects import Effects, no_effects, slots_of_days

ALL = -1  # the sector of a closure of the whole land


@dataclass(frozen=True, slots=True)
class Closing:
    """A sector is open for a Weibull time, then closed for a lognormal one, again and again."""

    open_days: float  # mean
    open_shape: float  # 1: by pure chance; below 1: closures come in clusters
    closed_days: float  # median
    closed_spread: float  # standard deviation of the logarithm
    closed_at_start: float = 0.0  # days for which a closure is in force at the start

    @property
    def open_scale(self) -> float:
        return self.open_days / math.gamma(1 + 1 / self.open_shape)

    @property
    def share(self) -> float:
        """Of the days that are closed, in the long run."""
        closed = self.closed_days * math.exp(0.5 * self.closed_spread**2)
        return closed / (closed + self.open_days)


@dataclass(frozen=True, slots=True)
class Shut:
    """A closure with dates; `sector` is `ALL` for the whole land."""

    sector: int
    first: date
    last: date  # closed on this day as well


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """Of a kind of team: working days between two breakdowns, and days off, both exponential."""

    days_between: float
    days_off: float


@dataclass(frozen=True, slots=True)
class Turnover:
    """Staff that leave: working days between departures of a team, days until they are replaced."""

    days_between: float
    days_off: float


@dataclass(frozen=True, slots=True)
class Learning:
    """New teams, and teams with new staff, are slower by `share` at first; see `Effects`."""

    share: float
    days: float


@dataclass(frozen=True, slots=True)
class Tranche:
    """Money that arrives on a day; `late_days` is the mean of an exponential delay.

    until : the last day on which work that it pays for may begin; what is left then is lost. None:
        it stays. lines : budget lines of the plan (`Money.stage_fund`) that it may pay; None: all.
    """

    day: date
    amount: float
    late_days: float = 0.0
    until: date | None = None
    lines: tuple[int, ...] | None = None


MOST_LINES = 64  # budget lines that a forecast keeps apart; of more, all money pays for all


@dataclass(frozen=True, slots=True)
class Renewed:
    """Land that was released is contaminated again: share of the areas a year, until a day.

    `part` of the clearance of such an area is done again.
    """

    share_a_year: float
    until: date
    part: float = 1.0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that may happen on the way; nothing of it by default.

    sector : (S,) of each stage of the plan, -1: in no sector
    often : of each sector, in how many places it lies of which each closes by itself; empty: in one
    month : (12,) rate of whole days in each month over that of the year
    experience : days at work before the start, by pool id; a pool that is not named is experienced
    newcomers : by pool id, how many of its teams are new on the first day
    """

    name: str = "as planned"
    sector: np.ndarray | None = None
    often: tuple[int, ...] = ()
    closings: tuple[Closing, ...] = ()
    shut: tuple[Shut, ...] = ()
    month: np.ndarray | None = None
    months_reported: bool = False  # reports taught them
    ground: Mapping[str, str] = field(default_factory=dict)  # of hazards, as reports name it
    breakdowns: Mapping[str, Breakdowns] = field(default_factory=dict)  # by kind of team
    turnover: Mapping[str, Turnover] = field(default_factory=dict)
    learning: Mapping[str, Learning] = field(default_factory=dict)
    experience: Mapping[str, float] = field(default_factory=dict)
    newcomers: Mapping[str, int] = field(default_factory=dict)
    money: tuple[Tranche, ...] | None = None  # None: there is always enough
    renewed: Renewed | None = None

    @property
    def sectors(self) -> int:
        largest = -1 if self.sector is None or not len(self.sector) else int(self.sector.max())
        return max(len(self.closings), largest + 1)


def effects_of(made: Circumstances, problem: Problem, workforce: Workforce, calendar: Calendar
               ) -> Effects:
    """Days into slots, kinds into pools. Dates are those of the calendar's start."""
    stages, pools, teams = (len(problem.stage_ids), len(problem.pools),
                            int(workforce.pool_start[-1]))
    found = no_effects(stages, pools, teams, calendar)
    slot_days = problem.slot_days if problem.slot_days > 0 else 1.0

    def slot(day: date, more: int = 0) -> float:
        days = max((day - calendar.start).days + more, 0)
        return float(slots_of_days(calendar, np.array([days]))[0])

    def by_pool(table: Mapping, value, default: float) -> np.ndarray:
        return np.array([value(table[p.kind]) if p.kind in table else default
                         for p in problem.pools], dtype=float)

    changed: dict = {}
    if made.closings or made.shut:
        changed |= _closures(made, stages, slot)
    if made.month is not None:
        changed |= {"seasonal": True, "worked_by": _worked_by(made.month, calendar)}
    changed["fail_rate"] = by_pool(made.breakdowns, lambda b: slot_days / b.days_between, 0.0)
    changed["repair"] = by_pool(made.breakdowns, lambda b: b.days_off / slot_days, 0.0)
    changed["leave_rate"] = by_pool(made.turnover, lambda t: slot_days / t.days_between, 0.0)
    changed["gap"] = by_pool(made.turnover, lambda t: t.days_off / slot_days, 0.0)
    changed["learning"] = by_pool(made.learning, lambda x: x.share, 0.0)
    changed["learning_slots"] = by_pool(made.learning, lambda x: x.days / slot_days, 1.0)
    experience = np.repeat(
        [made.experience.get(p.id, math.inf) / slot_days for p in problem.pools],
        np.diff(workforce.pool_start))
    for pool, first, end in zip(problem.pools, workforce.pool_start[:-1].tolist(),
                                workforce.pool_start[1:].tolist(), strict=True):
        experience[max(end - made.newcomers.get(pool.id, 0), first):end] = 0.0
    changed["experience"] = experience
    if made.money is not None:
        tranches = sorted(made.money, key=lambda t: t.day)
        late = np.array([t.late_days for t in tranches], dtype=float)
        arrives = np.array([slot(t.day) for t in tranches], dtype=float)
        changed |= {"funded": True, "arrives": arrives,
                    "amount": np.array([t.amount for t in tranches], dtype=float),
                    "lapses": np.array([math.inf if t.until is None else slot(t.until, 1)
                                        for t in tranches], dtype=float),
                    **_lines(tranches, problem),
                    "late": late * len(calendar.begins) / max(float(calendar.ends[-1]), 1.0)
                    if len(calendar.ends) else late}
    if made.renewed is not None and made.renewed.share_a_year > 0:
        a_year = len(calendar.begins) / max(float(calendar.ends[-1]) / DAYS_PER_YEAR, 1e-9)
        changed |= {"renewed_rate": -math.log1p(-min(made.renewed.share_a_year, 0.999)) / a_year,
                    "renewed_until": slot(made.renewed.until, 1),
                    "renewed_part": made.renewed.part}
    return found._replace(**changed)


def _lines(tranches: list[Tranche], problem: Problem) -> dict:
    """Which budget lines each tranche may pay; {} where all may pay all."""
    money = problem.conditions.money
    if money is None or all(t.lines is None for t in tranches) or (
            len(money.lines) > MOST_LINES) or (np.asarray(money.stage_fund) < 0).any():
        return {}
    every = (1 << len(money.lines)) - 1
    return {"earmarked": True, "line": np.asarray(money.stage_fund, dtype=np.int64),
            "pays": np.array([every if t.lines is None else sum(1 << n for n in t.lines)
                              for t in tranches], dtype=np.uint64)}


def _closures(made: Circumstances, stages: int, slot) -> dict:
    count = max(made.sectors, 1)
    sector = made.sector if made.sector is not None else np.zeros(stages, dtype=np.int64)
    closings: list[Closing | None] = [*made.closings, *[None] * (count - len(made.closings))]
    fixed = [_joined(made, z, slot) for z in range(count)]
    everywhere = any(s.sector == ALL for s in made.shut)
    if everywhere and np.any(sector < 0):
        # Ground in no sector still lies in the land: a sector of its own that only `ALL` closes.
        sector = np.where(sector < 0, count, sector)
        closings.append(None)
        fixed.append(_joined(made, ALL, slot))
    return {
        "sector": np.asarray(sector, dtype=np.int64),
        "open_shape": np.array([1.0 if c is None else c.open_shape for c in closings]),
        "open_scale": np.array([math.inf if c is None else c.open_scale for c in closings]),
        "closed_log_mean": np.array([0.0 if c is None else math.log(c.closed_days)
                                     for c in closings]),
        "closed_log_sd": np.array([0.0 if c is None else c.closed_spread for c in closings]),
        "closed_at_start": np.array([0.0 if c is None else c.closed_at_start for c in closings]),
        "fixed_first": np.cumsum([0, *[len(own) for own in fixed]]).astype(np.int64),
        "fixed_from": np.array([a for own in fixed for a, _ in own], dtype=float),
        "fixed_to": np.array([b for own in fixed for _, b in own], dtype=float),
    }


def _joined(made: Circumstances, sector: int, slot) -> list[tuple[float, float]]:
    """The closures with dates of a sector, in slots, joined where they overlap."""
    joined: list[tuple[float, float]] = []
    for begin, end in sorted((slot(s.first), slot(s.last, 1)) for s in made.shut
                             if s.sector in (sector, ALL)):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > begin:
            joined.append((begin, end))
    return joined


def _worked_by(month: np.ndarray, calendar: Calendar) -> np.ndarray:
    """(N + 1,) slots' worth of work by the end of each slot, at the rate of its month."""
    middle = calendar.start.toordinal() + (calendar.begins + calendar.ends) / 2
    at = np.array([date.fromordinal(int(d)).month - 1 for d in middle], dtype=np.int64)
    pace = np.maximum(np.asarray(month, dtype=float), 0.01)[at] if len(at) else np.zeros(0)
    return np.concatenate([[0.0], np.cumsum(pace)])
