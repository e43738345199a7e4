"""What survey is expected to find of each area: national shares, tilted by its own chance."""

from __future__ import annotations

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.conditions import Outcomes
from landrelease.core.work import Problem

_SURE = 1e-6  # chances are kept so far from 0 and 1: nothing is certain before a survey


def expected_shares(chance: np.ndarray, area_m2: np.ndarray, surveyed: np.ndarray,
                    cancelled: float, reduced: float) -> np.ndarray:
    """Shares (N, 3) of N areas that are cancelled, reduced and cleared; each row adds up to 1.

    chance : (N,) that there is contamination, as assessed. surveyed : bool (N,) non-technical
    survey is done, or not needed: nothing of such an area is cancelled any more.

    Of areas that wait for their first survey the odds of being cancelled are in proportion to the
    odds that there is nothing (odds form of Bayes' rule: the chance moves an area from the national
    mean as evidence of that weight would). The factor is the one with which the mean by area is
    `cancelled`, the national share of suspected area. What survey leaves is reduced in the national
    proportion, reduced / (1 - cancelled), also where its first survey is done; so among areas that
    wait the mean share reduced is `reduced` as well.
    """
    share = np.zeros((len(chance), 3))
    waits = ~surveyed
    if waits.any():
        share[waits, 0] = _tilted(1.0 - chance[waits], area_m2[waits], cancelled)
    left = 1.0 - share[:, 0]
    share[:, 1] = left * (min(1.0, reduced / (1.0 - cancelled)) if cancelled < 1 else 0.0)
    share[:, 2] = np.maximum(0.0, left - share[:, 1])
    return share


def outcomes_of(problem: Problem, assumptions: Assumptions) -> Outcomes:
    """What surveys may find, from the shares that the problem expects of each area.

    Of an area of which the share c is expected to be cancelled, all is cancelled with chance
    c x whole_area_share; of what is left of a task all is reduced with chance r x whole_area_share,
    r being the expected share of it. Where a problem does not say what a stage gives back
    (`released_m2`), and for stages behind no other, the next one is needed for certain. Times are
    lognormal with `task_duration_spread`.
    """
    whole = assumptions.value("whole_area_share")
    back = np.maximum(np.asarray(problem.released_m2, dtype=float), 0.0)
    before = np.asarray(problem.predecessor, dtype=np.int64)
    behind = back.copy()  # what a stage and those behind it give back
    for s in range(len(back) - 1, -1, -1):  # a predecessor stands before its stage
        if before[s] >= 0:
            behind[before[s]] += behind[s]
    share = np.divide(back, behind, out=np.zeros_like(back), where=behind > 0)
    needed = np.where(before >= 0, 1.0 - whole * share[np.maximum(before, 0)], 1.0)
    return Outcomes(np.clip(needed, 1e-6, 1.0),
                    np.full(len(needed), assumptions.value("task_duration_spread")))


def _tilted(chance: np.ndarray, weight: np.ndarray, mean: float) -> np.ndarray:
    """Chances with odds in proportion to those given, and this mean over the weights."""
    if mean <= 0 or mean >= 1 or np.ptp(chance) == 0 or not weight.sum() > 0:
        return np.full(len(chance), mean)
    kept = np.clip(chance, _SURE, 1.0 - _SURE)
    logit = np.log(kept / (1.0 - kept))
    own = np.log(mean / (1.0 - mean))
    low, high = own - logit.max(), own - logit.min()  # all at or below the mean; all at or above
    for _ in range(100):
        middle = (low + high) / 2
        below = np.average(1.0 / (1.0 + np.exp(-(middle + logit))), weights=weight) < mean
        low, high = (middle, high) if below else (low, middle)
    return 1.0 / (1.0 + np.exp(-((low + high) / 2 + logit)))
