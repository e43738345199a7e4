"""What happens on the way: closures, breakdowns, staff that leave, money that comes late.

All of it is laid out for the compiled dispatch. `no_effects` is a programme in which none of it
happens; `Effects` of a scenario are made from it by `_replace`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landrelease.forecast.calendar import Calendar

NEVER = np.inf


class Effects(NamedTuple):
    """S stages, K sectors, N slots, P pools, T teams, F tranches. Times in slots unless days.

    Closures: sector k is open for a Weibull time and then closed for a lognormal one, in calendar
    days, again and again; `open_scale` inf: only the closures of the table `fixed`, which hold
    besides. A team in a closed sector waits there; a free team takes nothing that lies in one.

    Breakdowns and staff that leave come after exponential times at work; they end after an
    exponential time off. Whoever lost staff works as a new team does: slower by `learning` at the
    start, by 1/e of that after `learning_slots` at work.

    Money: nothing is begun that the tranches that have arrived do not pay for. A tranche arrives
    `arrives` + an exponential delay of mean `late`. What lapses first is spent first; what is left
    of it when it lapses is lost. Where donors give for some work only, stages have budget lines and
    tranches say which they may pay: work whose line cannot be paid waits, and other work goes on.

    Renewed contamination: an area that was released is contaminated again after an exponential
    time; then `renewed_part` of its clearance is done again, once.
    """

    sector: np.ndarray  # int64 (S,) -1: never closed
    open_shape: np.ndarray  # (K,)
    open_scale: np.ndarray  # (K,) days
    closed_log_mean: np.ndarray  # (K,) of days
    closed_log_sd: np.ndarray  # (K,)
    closed_at_start: np.ndarray  # (K,) days from the start for which a closure is in force
    fixed_first: np.ndarray  # int64 (K + 1,)
    fixed_from: np.ndarray  # slots, rising within a sector
    fixed_to: np.ndarray
    slot_of_day: np.ndarray  # (D + 1,) slots that have passed by the end of each day
    worked_by: np.ndarray  # (N + 1,) slots' worth of work that season lets a team do until then
    seasonal: bool  # False: worked_by is 0, 1, 2, ...
    fail_rate: np.ndarray  # (P,) breakdowns a slot at work
    repair: np.ndarray  # (P,) mean slots off
    leave_rate: np.ndarray  # (P,) departures a slot at work
    gap: np.ndarray  # (P,) mean slots until staff are replaced
    learning: np.ndarray  # (P,) 0..1
    learning_slots: np.ndarray  # (P,)
    experience: np.ndarray  # (T,) slots at work before the start
    funded: bool  # False: money never stops work
    arrives: np.ndarray  # (F,) rising
    amount: np.ndarray  # (F,)
    late: np.ndarray  # (F,) mean delay
    lapses: np.ndarray  # (F,) what is not spent of it by then is lost; inf: it stays
    earmarked: bool  # False: every tranche pays for everything
    line: np.ndarray  # int64 (S,) budget line of each stage
    pays: np.ndarray  # uint64 (F,) a bit a line that the tranche may pay
    renewed_rate: float  # a slot, for each area
    renewed_until: float  # slots
    renewed_part: float


def slots_of_days(calendar: Calendar, days: np.ndarray) -> np.ndarray:
    """Slots that have passed `days` after the start: the inverse of `Calendar.days`."""
    days = np.asarray(days, dtype=float)
    count = len(calendar.begins)
    if count == 0:
        return np.zeros(days.shape)
    k = np.searchsorted(calendar.ends, days, side="left")
    inside = np.minimum(k, count - 1)
    length = np.maximum(calendar.ends[inside] - calendar.begins[inside], 1e-9)
    part = np.clip((days - calendar.begins[inside]) / length, 0.0, 1.0)
    return np.where(k >= count, float(count), k + part)


def no_effects(stages: int, pools: int, teams: int, calendar: Calendar) -> Effects:
    """A programme in which nothing of this happens."""
    none, count = np.zeros(0), len(calendar.begins)
    last = int(calendar.ends[-1]) + 1 if count else 0
    zeros = np.zeros(pools)
    return Effects(
        sector=np.full(stages, -1, dtype=np.int64), open_shape=none, open_scale=none,
        closed_log_mean=none, closed_log_sd=none, closed_at_start=none,
        fixed_first=np.zeros(1, dtype=np.int64), fixed_from=none, fixed_to=none,
        slot_of_day=slots_of_days(calendar, np.arange(last + 1)),
        worked_by=np.arange(count + 1, dtype=float), seasonal=False,
        fail_rate=zeros, repair=zeros, leave_rate=zeros, gap=zeros,
        learning=zeros, learning_slots=np.ones(pools), experience=np.zeros(teams),
        funded=False, arrives=none, amount=none, late=none, lapses=none, earmarked=False,
        line=np.zeros(stages, dtype=np.int64), pays=np.zeros(0, dtype=np.uint64),
        renewed_rate=0.0, renewed_until=0.0, renewed_part=0.0)
