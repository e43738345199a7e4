"""What a treaty obliges to and when: the deadline, its extension, the pace that it needs, and the
land to be addressed year by year.

Deadline and extension are stated by whoever makes the tables: the treaty and the meetings of its
states give them, no record of a programme does. Nothing here says whether a deadline is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from landrelease.figures.treaty import NOT_REPORTED, PARTS, WITHHELD, Ends, TreatyTable

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Obligation:
    """The day by which all known areas have to be addressed, and the day to which it was extended;
    None: not stated."""

    deadline: date | None = None
    extended_to: date | None = None

    @property
    def by(self) -> date | None:
        """The day that holds."""
        return self.extended_to or self.deadline


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a plan and its forecast say of the ground of a treaty, of A areas that are in the plan.

    planned : year -> m² cancelled, reduced and cleared by the stages that end in it. done : (3, A)
    days from `start` on which each area is done, in 10, 50 and 90 % of the runs; inf: not within
    the horizon. all_done : the same of the last of them. area_m2 : (A,). unplanned : areas on
    record that are not in the plan, and their m².
    """

    start: date
    planned: Mapping[int, tuple[float, float, float]]
    done: np.ndarray
    all_done: np.ndarray
    area_m2: np.ndarray
    horizon_days: float
    unplanned: tuple[int, float]
    runs: int


def obligation_table(obligation: Obligation, year: int, end: Ends, released: TreatyTable,
                     ahead: Ahead | None, unstated: tuple[int, float] | None = (0, 0.0)
                     ) -> TreatyTable:
    """The deadline beside the ground that is left and the pace that it needs.

    unstated : areas on record whose ordnance nobody states, and their m²: what is left is not known
    while there are any (S12). None: withheld, there are so few.
    """
    last = date(year, 12, 31)
    total = end.all[-1] if end.all else None
    left = None if total is None else total.hazardous_m2
    in_year = released.rows[-1][released.columns.index("released (the three together), m²")] \
        if released.rows else NOT_REPORTED
    nothing: Any = NOT_REPORTED if left is None else 0  # none on record is not zero (S12)
    if total is not None and left is None and total.hazards:
        nothing = f"not known: {total.hazards:,} areas have no place on record"
    if unstated is None:
        nothing = WITHHELD
    elif unstated[0]:
        nothing = (f"not known: {unstated[0]:,} areas ({unstated[1]:,.0f} m²) state no ordnance")
    rows: list[tuple[Any, ...]] = [
        ("deadline of the treaty", _day(obligation.deadline)),
        ("extended to", _day(obligation.extended_to)),
        (f"hazardous area at the end of {year}, m²",
         WITHHELD if end.all is None else round(left) if left else nothing),
        (f"released in {year}, m²", in_year)]
    by = obligation.by
    if by is not None:
        years = ((by - last).days) / DAYS_PER_YEAR
        rows.append((f"years from the end of {year} to the day that holds", round(years, 2)))
        rows.append(("needed a year to keep it, m²", WITHHELD if end.all is None else
                     (nothing or "nothing is left") if not left else
                     "the day has passed" if years <= 0 else round(left / years)))
    if ahead is not None and len(ahead.area_m2):
        for name, days in zip(("10 %", "50 %", "90 %"), ahead.all_done.tolist(), strict=True):
            rows.append((f"all areas of the plan are done in {name} of the runs by",
                         _forecast_day(ahead, days)))
    return TreatyTable("obligation", "Deadline, extension and what is left", ("what", "value"),
                       tuple(rows))


def projection_table(ahead: Ahead, obligation: Obligation, year: int) -> TreatyTable:
    """Land to be addressed, year by year until the day that holds or until all is done: by the
    plan, and the ground of the areas that the forecast has done by the end of each year."""
    columns = ("year", *(f"planned to be {p}, m²" for p in PARTS),
               "planned in the year (the three together), m²",
               *(f"done by its end in {q} of the runs, m²" for q in ("90 %", "50 %", "10 %")),
               "left at its end in 50 % of the runs, m²", "after the day that holds")
    first = min([ahead.start.year, *ahead.planned])
    finite = ahead.all_done[np.isfinite(ahead.all_done)]
    last = (ahead.start + timedelta(days=math.ceil(float(finite.max())))).year if len(finite) else \
        (ahead.start + timedelta(days=ahead.horizon_days)).year
    last = max([last, *ahead.planned, *([obligation.by.year] if obligation.by else [])])
    total = float(ahead.area_m2.sum())
    rows = []
    for y in range(first, last + 1):
        parts = ahead.planned.get(y, (0.0, 0.0, 0.0))
        by_end = (date(y, 12, 31) - ahead.start).days + 1
        done = [float(ahead.area_m2[ahead.done[q] <= by_end].sum()) for q in (2, 1, 0)]
        rows.append((y, *map(round, parts), round(sum(parts)), *map(round, done),
                     round(total - done[1]),
                     "yes" if obligation.by is not None and y > obligation.by.year else "no"))
    return TreatyTable("projection", f"Land to be addressed, from {year} on", columns, tuple(rows))


def notes_of(obligation: Obligation, ahead: Ahead | None) -> Sequence[str]:
    """What a reader has to know of the two tables, in words."""
    notes = ["Deadline and extension are as stated to the command; no record holds them."]
    if obligation.by is None:
        notes = ["No deadline was stated (--deadline, --extended-to): none is taken."]
    if ahead is None:
        return notes
    if ahead.unplanned[0]:
        notes.append(f"{ahead.unplanned[0]:,} areas on record ({ahead.unplanned[1]:,.0f} m²) are "
                     "in no stage of the plan: they are in no line of the projection, and are not "
                     "done.")
    if not len(ahead.area_m2):
        notes.append("No area of the treaty is in the plan: there is nothing to project.")
        return notes
    notes.append(f"The projection counts an area when its last stage is done, in {ahead.runs:,} "
                 "runs; the share of the runs is of each area for itself. What nobody knows of yet "
                 "is in the time that it takes, and in no m².")
    if not np.isfinite(ahead.all_done[-1]):
        notes.append("In a tenth of the runs or more not all areas are done within the forecast's "
                     f"{ahead.horizon_days / DAYS_PER_YEAR:.0f} years.")
    return notes


def _day(day: date | None) -> str:
    return "not stated" if day is None else day.isoformat()


def _forecast_day(ahead: Ahead, days: float) -> str:
    if not math.isfinite(days):
        return f"not within {ahead.horizon_days / DAYS_PER_YEAR:.0f} years"
    return (ahead.start + timedelta(days=math.ceil(days))).isoformat()
