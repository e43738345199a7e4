"""Working time to calendar days: the plan's slots, then its season again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from landrelease.core.work import Problem

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Calendar:
    """Slot h (0..N-1) begins and ends so many days after `start`; none ends after the horizon."""

    start: date
    begins: np.ndarray  # float64 (N,)
    ends: np.ndarray  # float64 (N,)

    @classmethod
    def empty(cls) -> Calendar:
        """No slot at all: for runs that count in slots only."""
        return cls(date(2000, 1, 1), np.zeros(0), np.zeros(0))

    def days(self, slot: np.ndarray) -> np.ndarray:
        """Days from the start at times in slots; a whole number is the END of the slot before.

        Infinite stays infinite.
        """
        slot = np.asarray(slot, dtype=np.float64)
        if len(self.begins) == 0:
            return np.where(slot > 0, np.inf, 0.0)
        known = np.isfinite(slot) & (slot > 0)
        time = np.where(known, slot, 1.0)
        k = np.clip(np.ceil(time).astype(np.int64) - 1, 0, len(self.begins) - 1)
        day = self.begins[k] + (time - k) * (self.ends[k] - self.begins[k])
        return np.where(known, day, np.where(slot > 0, np.inf, 0.0))


def extend(problem: Problem, season_months: tuple[int, int], horizon_days: float) -> Calendar:
    """The plan's slots and then, up to `horizon_days`, its last year repeated.

    The last year is the season: all slots that begin within a year before the plan's horizon. A
    plan of less than a year does not show its season; then slots of the same length follow in the
    months from the first to the last of `season_months` (over the new year where first > last).
    """
    ends = np.asarray(problem.delay_days, dtype=np.float64)[1:]
    if len(ends) == 0:
        return Calendar(problem.slot_starts[0], np.zeros(0), np.zeros(0))
    # The plan may start before its first season. A slot begins when the one before it has ended,
    # or later: the earliest day that fits all of them is the start.
    ordinals = np.array([day.toordinal() for day in problem.slot_starts])
    start = date.fromordinal(min(int(ordinals[0]), int(np.floor((ordinals[1:] - ends).min()))))
    offsets = (ordinals - start.toordinal()).astype(np.float64)
    # A slot cannot begin before the one before it ended, nor after its own end.
    begins = np.clip(offsets[:-1], np.concatenate([[0.0], ends[:-1]]), ends)
    horizon = max(float(offsets[-1]), float(ends[-1]))
    year = begins > horizon - DAYS_PER_YEAR - 1  # a leap year's first slot belongs to its year
    if horizon >= DAYS_PER_YEAR - 1 and year.any():
        years = np.arange(1, int(np.ceil(horizon_days / DAYS_PER_YEAR)) + 2) * DAYS_PER_YEAR
        more_begins = (years[:, None] + begins[None, year]).ravel()
        more_ends = (years[:, None] + ends[None, year]).ravel()
    else:
        length = max(float(np.median(np.diff(np.concatenate([[0.0], ends])))), 0.5)
        more_begins = np.arange(horizon, horizon_days, length)
        months = np.array([(start + timedelta(days=float(d))).month for d in more_begins])
        low, high = season_months
        after_first, before_last = months >= low, months <= high
        inside = after_first & before_last if low <= high else after_first | before_last
        more_begins = more_begins[inside]
        more_ends = more_begins + length
    after = more_begins >= ends[-1] - 1
    ends = np.maximum.accumulate(np.concatenate([ends, more_ends[after]]))
    # Years of 366 and 365 days overlap by a day where the season never ends.
    begins = np.maximum(np.concatenate([begins, more_begins[after]]), np.append(0.0, ends[:-1]))
    kept = ends <= horizon_days
    return Calendar(start, begins[kept], ends[kept])


def stays(problem: Problem, calendar: Calendar) -> tuple[np.ndarray, np.ndarray]:
    """First slot of each pool, and one past its last, in the long calendar; two float64 (P,).

    Within the plan these are the problem's own. A pool that is there when the plan's horizon
    comes stays until its `available_until`, or for good (inf) where that is not stated.
    """
    opens = np.array(problem.pool_opens, dtype=np.float64)
    closes = np.array(problem.pool_closes, dtype=np.float64)
    for p, pool in enumerate(problem.pools):
        if opens[p] >= problem.horizon and pool.available_from is not None:
            days = (pool.available_from - calendar.start).days
            opens[p] = max(opens[p], np.searchsorted(calendar.begins, days, side="left"))
        if closes[p] >= problem.horizon:
            closes[p] = np.inf
            if pool.available_until is not None:
                days = (pool.available_until - calendar.start).days + 1
                last = int(np.searchsorted(calendar.ends, days, side="right"))
                closes[p] = max(last, problem.horizon)
    return opens, closes


