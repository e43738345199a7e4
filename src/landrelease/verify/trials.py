"""What trials with seeded targets say of the chance that a search finds an item.

Counts in, a chance with its interval out, and the least chance that a sample size may count on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landrelease.errors import INSPECTION_COUNT, INSPECTION_PROBABILITY, LandReleaseError

NODES = 64  # of the discount
_INSIDE = 1e-12


@dataclass(frozen=True, slots=True)
class TrialCount:
    """Targets found and missed in a trial; `spared`: on a test field, where they lie better."""

    found: int
    missed: int
    spared: bool = True


@dataclass(frozen=True, slots=True)
class TriedDetection:
    """Chance that a search finds an item in the field: lower bound, median, upper bound.

    Each bound is passed with probability 1 - `confidence`, one-sided.
    """

    least: float
    median: float
    most: float
    confidence: float
    found: int
    targets: int
    discounted: bool


def detection_of_trials(trials: Sequence[TrialCount], confidence: float, *,
                        miss_odds: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> TriedDetection:
    """The chance to find an item, from all targets of some trials together.

    Parameters
    ----------
    trials : at least one target in all
    confidence : of each bound, above 0.5 and below 1
    miss_odds : (value, low, high) by which the odds of a miss in the field are larger than on a
        test field, low to high its central 80 %. It holds for all targets as soon as one of the
        trials was on a test field; targets seeded in worked ground alone need none.

    Raises
    ------
    LandReleaseError
        VER-001: counts below 0, or no target. VER-002: a confidence outside 0.5 to 1.

    The chance p in the trial is Beta(found + 1, missed + 1) (uniform before the trial); the odds of
    a miss in the field are those of the trial times a lognormal factor, integrated over by
    Gauss-Hermite quadrature. Without the factor and with no miss the lower bound is
    (1 - confidence)^(1 / (targets + 1)).

    >>> round(detection_of_trials([TrialCount(29, 0)], 0.95).least, 4)
    0.905
    """
    from scipy.optimize import brentq
    from scipy.special import betainc

    for t in trials:
        if min(t.found, t.missed) < 0:
            raise LandReleaseError(INSPECTION_COUNT, field="targets", found=min(t.found, t.missed),
                                   expected="of at least 0")
    found, missed = sum(t.found for t in trials), sum(t.missed for t in trials)
    if found + missed == 0:
        raise LandReleaseError(INSPECTION_COUNT, field="targets", found=0, expected="of at least 1")
    if not 0.5 < confidence < 1:
        raise LandReleaseError(INSPECTION_PROBABILITY, field="confidence", found=confidence,
                               expected="above 0.5 and below 1")
    spared = any(t.spared for t in trials)
    middle, low, high = miss_odds if spared else (1.0, 1.0, 1.0)
    z, weight = np.polynomial.hermite_e.hermegauss(NODES)
    weight = weight / weight.sum()
    factor = np.exp(math.log(middle) + z * (math.log(high) - math.log(low)) / 2.5631)

    def below(q: float) -> float:
        """Probability that the chance in the field is below q."""
        p = 1.0 / (1.0 + (1.0 - q) / q / factor)
        return float((weight * betainc(found + 1.0, missed + 1.0, p)).sum())

    def at(share: float) -> float:
        return float(brentq(lambda q: below(q) - share, _INSIDE, 1 - _INSIDE, xtol=1e-12))

    return TriedDetection(at(1 - confidence), at(0.5), at(confidence), confidence, found,
                          found + missed, spared and (middle, low, high) != (1.0, 1.0, 1.0))
