"""What is not known, as distributions: assumptions in, one draw of every factor per run out.

`low` and `high` of an assumption bound the central 80 %. Factors that the whole programme shares
are drawn once a run; what differs from area to area is drawn in the simulation itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.work import TeamPool
from landrelease.errors import (
    ASSUMPTION_MISSING,
    ASSUMPTION_RANGE,
    CURRENCIES_DIFFER,
    SHARES_DO_NOT_ADD_UP,
    LandReleaseError,
)

Z80 = 1.2815515655446004  # the standard normal's 90 % quantile: +-Z80 holds the central 80 %
LARGEST_LOSS = 0.95  # of the working days; beyond it nothing would ever be done


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The checked assumptions that the simulation uses."""

    cancelled: Assumption
    reduced: Assumption
    cleared: Assumption
    lost_days: Assumption
    turnover: Assumption
    undiscovered: Assumption
    rework: Assumption
    move_days: float
    task_spread: float
    concentration: float
    whole_area_share: float
    horizon_years: float
    season_months: tuple[int, int]  # first and last, for a plan that covers less than a year


@dataclass(frozen=True, slots=True)
class Draws:
    """One row a run. `factors` (R, F) are standard scores of the programme-wide factors."""

    names: tuple[str, ...]  # F names of the factors that do vary
    factors: np.ndarray  # (R, F)
    rate: np.ndarray  # (R, P) a pool's m² a day over its stated value
    available: np.ndarray  # (R,) days worked over those that the plan reckons with
    shares: np.ndarray  # (R, 3) mean share cancelled, reduced, cleared
    undiscovered: np.ndarray  # (R,) of the known area
    rework: np.ndarray  # (R,) of the cleared area


def read_assumptions(assumptions: Assumptions) -> Uncertain:
    """Check and collect what the forecast needs.

    Raises
    ------
    LandReleaseError
        FOR-002: one is missing. FOR-003: not low <= value <= high, or out of its range.
        FOR-004: the shares cancelled, reduced and cleared do not add up to 1.
    """
    def get(name: str, least: float, most: float, *, infinite: bool = False) -> Assumption:
        found = assumptions.by_name.get(name)
        if found is None:
            raise LandReleaseError(ASSUMPTION_MISSING, name=name)
        numbers = (found.low, found.value, found.high)
        fine = all(math.isfinite(x) or (infinite and x == math.inf) for x in numbers)
        if not (fine and least <= found.low <= found.value <= found.high <= most):
            raise LandReleaseError(
                ASSUMPTION_RANGE, name=name, low=found.low, value=found.value, high=found.high,
                expected=f"{least:g} <= low <= value <= high <= {most:g}")  # fmt: skip
        return found

    shares = [get(f"share_{name}", 0, 1) for name in ("cancelled", "reduced", "cleared")]
    total = sum(a.value for a in shares)
    if abs(total - 1) > 1e-6:
        raise LandReleaseError(
            SHARES_DO_NOT_ADD_UP, total=round(total, 6), cancelled=shares[0].value,
            reduced=shares[1].value, cleared=shares[2].value)  # fmt: skip
    return Uncertain(
        cancelled=shares[0],
        reduced=shares[1],
        cleared=shares[2],
        lost_days=get("lost_day_share", 0, LARGEST_LOSS),
        turnover=get("team_turnover_share", 0, LARGEST_LOSS),
        undiscovered=get("undiscovered_share", 0, 10),
        rework=get("rework_share", 0, 1),
        move_days=get("move_days", 0, 365).value,
        task_spread=get("task_duration_spread", 0, 3).value,
        concentration=get("outcome_concentration", 0.01, math.inf, infinite=True).value,
        whole_area_share=get("whole_area_share", 0, 1).value,
        horizon_years=get("forecast_horizon_years", 0.1, 500).value,
        season_months=(
            int(get("season_first_month", 1, 12).value),
            int(get("season_last_month", 1, 12).value),
        ),
    )


def check_pools(pools: tuple[TeamPool, ...]) -> str:
    """The currency that all pools share; "" where there is no pool.

    Raises
    ------
    LandReleaseError
        FOR-003: a rate is not 0 < low <= value <= high, or a cost is negative.
        FOR-005: more than one currency.
    """
    for pool in pools:
        low, value, high = pool.m2_per_day_low, pool.m2_per_day, pool.m2_per_day_high
        if not (0 < low <= value <= high < math.inf):
            raise LandReleaseError(
                ASSUMPTION_RANGE, name=f"m2_per_day of {pool.id}", low=low, value=value, high=high,
                expected="0 < low <= value <= high")  # fmt: skip
        if not 0 <= pool.cost_per_day < math.inf:
            raise LandReleaseError(
                ASSUMPTION_RANGE, name=f"cost_per_day of {pool.id}", low=pool.cost_per_day,
                value=pool.cost_per_day, high=pool.cost_per_day, expected="0 or more")  # fmt: skip
    currencies = sorted({pool.currency for pool in pools})
    if len(currencies) > 1:
        raise LandReleaseError(CURRENCIES_DIFFER, found=", ".join(currencies))
    return currencies[0] if currencies else ""


def two_piece_log(z: np.ndarray, low: float, value: float, high: float) -> np.ndarray:
    """A positive quantity with median `value` and 10 % and 90 % quantiles `low` and `high`.

    Two halves of lognormal distributions joined at the median; `z` is standard normal.
    """
    below, above = math.log(value / low) / Z80, math.log(high / value) / Z80
    return value * np.exp(np.where(z < 0, below, above) * z)


def two_piece(
    z: np.ndarray, low: float, value: float, high: float, least: float, most: float
) -> np.ndarray:
    """A share with median `value` and 10 % and 90 % quantiles `low` and `high`, cut to a range.

    Two halves of normal distributions joined at the median. With low = 0 one run in ten has 0.
    """
    scale = np.where(z < 0, value - low, high - value) / Z80
    return np.clip(value + scale * z, least, most)


def draw(
    uncertain: Uncertain, pools: tuple[TeamPool, ...], used: np.ndarray, runs: int, seed: int
) -> Draws:
    """Draw the programme-wide factors of all runs as a Latin hypercube.

    Each factor takes each of `runs` equally likely strata exactly once, in an order of its own:
    the factors are independent, and fewer runs are needed for the same precision. `used` (P,)
    says which pools may work at all. A kind of team has one score a run, shared by its pools.

    Source: McKay, Beckman & Conover, Technometrics 21 (1979).
    """
    from scipy.special import ndtri

    generator = np.random.Generator(np.random.PCG64(seed))
    kinds = sorted({pool.kind for pool in pools})
    spans: dict[str, bool] = {
        f"rate_{kind}": any(
            pool.m2_per_day_low < pool.m2_per_day_high
            for pool, working in zip(pools, used, strict=True)
            if working and pool.kind == kind
        )
        for kind in kinds
    }
    for name, a in (
        ("lost_day_share", uncertain.lost_days),
        ("team_turnover_share", uncertain.turnover),
        ("undiscovered_share", uncertain.undiscovered),
        ("rework_share", uncertain.rework),
    ):
        spans[name] = a.low < a.high
    spans["share_cleared"] = any(
        a.low < a.high for a in (uncertain.cancelled, uncertain.reduced, uncertain.cleared)
    )
    z = {}
    for name in spans:  # all are drawn, also those without spread: other draws stay as they are
        strata = generator.permutation(runs) + generator.random(runs)
        z[name] = ndtri(np.clip(strata / runs, 1e-12, 1 - 1e-12))

    rate = np.ones((runs, len(pools)))
    for p, pool in enumerate(pools):
        stated = pool.m2_per_day
        rate[:, p] = (
            two_piece_log(z[f"rate_{pool.kind}"], pool.m2_per_day_low, stated, pool.m2_per_day_high)
            / stated
        )
    lost, turnover = uncertain.lost_days, uncertain.turnover
    worked = (
        1 - two_piece(z["lost_day_share"], lost.low, lost.value, lost.high, 0, LARGEST_LOSS)
    ) * (
        1
        - two_piece(
            z["team_turnover_share"], turnover.low, turnover.value, turnover.high, 0, LARGEST_LOSS
        )
    )
    extra, again = uncertain.undiscovered, uncertain.rework
    return Draws(
        names=tuple(name for name, varies in spans.items() if varies),
        factors=np.column_stack(
            [z[name] for name, varies in spans.items() if varies] or [np.empty((runs, 0))]
        ),
        rate=rate,
        available=worked / (1 - lost.value),  # the plan leaves the stated loss out already
        shares=mean_shares(uncertain, z["share_cleared"]),
        undiscovered=two_piece(
            z["undiscovered_share"], extra.low, extra.value, extra.high, 0, math.inf
        ),
        rework=two_piece(z["rework_share"], again.low, again.value, again.high, 0, 1),
    )


def mean_shares(uncertain: Uncertain, z: np.ndarray) -> np.ndarray:
    """(R, 3) cancelled, reduced, cleared of the programme at the scores `z` (R,) of the last.

    One score moves all three: where survey releases more, less is left for clearance. What is
    cleared keeps its stated median and range. The rest is divided as the stated ranges of the other
    two are; where the three lows and highs fit together (the low of the cleared is what the highs
    of the others leave, and the other way round), these keep their ranges as well.
    """
    cleared, cancelled, reduced = (
        two_piece(score, a.low, a.value, a.high, 0, 1)
        for a, score in (
            (uncertain.cleared, z), (uncertain.cancelled, -z), (uncertain.reduced, -z),
        )
    )  # fmt: skip
    surveyed = cancelled + reduced
    cleared = np.where(surveyed > 0, cleared, 1.0)
    part = np.divide(cancelled, surveyed, out=np.zeros_like(z), where=surveyed > 0)
    return np.column_stack([(1 - cleared) * part, (1 - cleared) * (1 - part), cleared])
