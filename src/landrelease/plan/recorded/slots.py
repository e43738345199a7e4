"""Days as slots of a plan."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from landrelease.core.work import Problem


def first_day(problem: Problem) -> date:
    return problem.slot_starts[0]


def last_days(problem: Problem) -> tuple[date, ...]:
    """The last day of each slot (H,); a slot does not reach into the winter behind it."""
    begin = first_day(problem).toordinal()
    return tuple(date.fromordinal(begin + int(np.ceil(d - 1e-9)) - 1)
                 for d in problem.delay_days[1:])


def within(problem: Problem, first: date | None, last: date | None) -> tuple[int, int]:
    """Slots from <= t < until that lie wholly within days, the last day included."""
    low, high = 0, problem.horizon
    if first is not None:
        low = sum(day < first for day in problem.slot_starts[:problem.horizon])
    if last is not None:
        days = (last - first_day(problem)).days + 1
        high = int(np.searchsorted(problem.delay_days[1:], days, side="right"))
    return low, max(low, high)


def touching(problem: Problem, first: date, last: date) -> np.ndarray:
    """bool (H,): the slots of which a day lies within days, the last day included."""
    starts = np.array([d.toordinal() for d in problem.slot_starts[:problem.horizon]])
    ends = np.array([d.toordinal() for d in last_days(problem)])
    return (starts <= last.toordinal()) & (ends >= first.toordinal())


def slot_of(problem: Problem, day: date) -> int:
    """The slot that holds a day, or the first one after it; the horizon where there is none."""
    ends = np.array([d.toordinal() for d in last_days(problem)])
    return int(np.searchsorted(ends, day.toordinal()))


def horizon_day(problem: Problem) -> date:
    """The last day of the plan."""
    return last_days(problem)[-1] if problem.horizon else first_day(problem) - timedelta(days=1)
