"""Questions put to a forecast: how likely is a promise, and which date has a given chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from landrelease.core.outlook import Outlook
from landrelease.errors import FORECAST_SETTING, LandReleaseError


@dataclass(frozen=True, slots=True)
class Answer:
    """What `inverse` found; None where it was not asked or where there is no such date.

    `low` and `high` bound `chance` with 80 % confidence: what is left open because only so many
    runs were made, and, where `open_runs` of them had not ended when the forecast stopped, because
    nobody knows how those go on. They do not cover what the assumptions left out.
    """

    chance: float | None = None  # of finishing by the date and within the budget
    low: float | None = None
    high: float | None = None
    open_runs: int = 0  # runs that might still keep the promise; counted as not keeping it
    day: date | None = None  # the earliest date with at least the chance asked for
    words: str = ""


def inverse(
    outlook: Outlook,
    *,
    by: date | None = None,
    budget: float | None = None,
    chance: float | None = None,
) -> Answer:
    """The chance of finishing `by` a date and within a `budget`, or the date that has a `chance`.

    A run that did not finish by the forecast's horizon counts as not keeping the promise, so that
    the chance is never too high. Where it still might keep it (its cost so far is within the
    budget, and the date, if one is asked for, lies past the horizon), the chance is the least
    that it can be, and the words say so.

    Raises
    ------
    LandReleaseError
        FOR-001: chance is not in 0 < chance < 1, or budget is not a positive number, or neither a
        date, a budget nor a chance was given.

    Source of the interval: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927).
    """
    if by is None and budget is None and chance is None:
        raise LandReleaseError(
            FORECAST_SETTING, name="no question", found="nothing",
            expected="a date, a budget or a chance", example="by 2030-12-31")  # fmt: skip
    if budget is not None and not 0 < budget < math.inf:
        raise LandReleaseError(
            FORECAST_SETTING, name="budget", found=budget, expected="more than 0",
            example="5000000")  # fmt: skip
    if chance is not None:
        day = day_for(outlook, chance)
        if by is None and budget is None:
            return Answer(day=day, words=_day_words(outlook, chance, day))
    else:
        day = None
    kept = np.isfinite(outlook.finish_day)
    unknown = ~kept
    asked = []
    if by is not None:
        days = (by - outlook.start).days
        kept &= outlook.finish_day <= days
        unknown &= days > outlook.horizon_days
        asked.append(f"by {by.isoformat()}")
    if budget is not None:
        kept &= outlook.cost <= budget
        unknown &= outlook.cost <= budget
        asked.append(f"for at most {budget:,.0f} {outlook.currency}".rstrip())
    runs, share, open_runs = outlook.runs, float(np.mean(kept)), int(unknown.sum())
    words = (
        f"Done {' and '.join(asked)} in {int(kept.sum())} of {runs} runs: a chance of "
        f"{'at least ' if open_runs else ''}{share:.0%}."
    )
    if open_runs:
        words += (
            f" {open_runs} runs do not finish within {outlook.horizon_days / 365.25:.0f} years; "
            "whether they would keep it is not known."
        )
    if chance is not None:
        words += " " + _day_words(outlook, chance, day)
    return Answer(share, _wilson(share, runs)[0], _wilson(share + open_runs / runs, runs)[1],
                  open_runs, day, words)  # fmt: skip


def _wilson(share: float, runs: int) -> tuple[float, float]:
    """The interval that holds the chance with 80 % confidence."""
    z = 1.2815515655446004
    middle = (share + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z / (1 + z * z / runs) * math.sqrt(share * (1 - share) / runs + (z / (2 * runs)) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)


def day_for(outlook: Outlook, chance: float) -> date | None:
    """The earliest date by which at least this share of the runs has finished.

    None where too many runs do not finish by the horizon. Raises FOR-001 unless 0 < chance < 1.
    """
    day = quantile(outlook.finish_day, chance)
    return None if math.isinf(day) else outlook.start + timedelta(days=math.ceil(day))


def quantile(values: np.ndarray, chance: float) -> float:
    """The smallest value that at least `chance` of the values do not exceed; may be inf.

    No interpolation: between a finite and an infinite value there is no number to give.
    """
    if not 0 < chance < 1:
        raise LandReleaseError(
            FORECAST_SETTING, name="chance", found=chance, expected="more than 0 and less than 1",
            example="0.9")  # fmt: skip
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return float(ordered[max(0, math.ceil(chance * len(ordered) - 1e-9) - 1)])


def _day_words(outlook: Outlook, chance: float, day: date | None) -> str:
    if day is None:
        return (
            f"No date has a chance of {chance:.0%}: too many runs do not finish within "
            f"{outlook.horizon_days / 365.25:.0f} years."
        )
    return f"{chance:.0%} of the runs are done by {day.isoformat()}."
