"""The chance that an area is contaminated at all, before anybody worked there.

    odds = prior odds x ratio of the accident evidence x ratio of the lifted minefields

Each piece of evidence enters once (S10). Accidents are one class and lifted minefields another;
of each class the highest ratio that applies counts, however many records there are: accidents in
one mined belt are not independent of each other. Absence of records changes nothing, because
nobody says that the records are complete (S12).

Source: odds form of Bayes' rule, as for non-technical survey in domain reference 4.1; the numbers
are stated assumptions (`assumptions.csv`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from landrelease.assess.shapes import checked
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.risk import Prior
from landrelease.errors import ASSUMPTION_OUT_OF_RANGE, LandReleaseError

Z80 = 1.2815515655446004  # 90 % quantile of the standard Normal distribution
POINTS = {2: 201, 3: 61}  # points of equal probability for each of 2 or 3 uncertain numbers


def posterior_probability(prior: float, ratios: Sequence[float]) -> float:
    """Bayes' rule in odds: prior in (0, 1), each likelihood ratio above 0.

    Raises LandReleaseError ASS-001 for values outside.

    >>> round(posterior_probability(0.15, [0.3]), 3)
    0.05
    """
    if not 0 < prior < 1:
        raise LandReleaseError(ASSUMPTION_OUT_OF_RANGE, name="prior", value=prior, low=prior,
                               high=prior, expected="a probability between 0 and 1, both excluded")
    for ratio in ratios:
        if not 0 < ratio < math.inf:
            raise LandReleaseError(ASSUMPTION_OUT_OF_RANGE, name="likelihood ratio", value=ratio,
                                   low=ratio, high=ratio, expected="a number above 0")
    odds = prior / (1 - prior) * math.prod(ratios)
    return odds / (1 + odds)


class PriorModel:
    """The prior of any hazard under one set of assumptions; computed once for each combination.

    Raises LandReleaseError ASS-001 when an assumption is missing or out of range.
    """

    def __init__(self, assumptions: Assumptions):
        self.start = checked(assumptions, "contaminated_probability", 0.0, 1.0)
        self.inside = checked(assumptions, "accident_inside_likelihood_ratio")
        self.near = checked(assumptions, "accident_nearby_likelihood_ratio")
        self.lifted = checked(assumptions, "lifted_nearby_likelihood_ratio")
        self._known: dict[tuple[str, bool], tuple[float, float, float]] = {}

    def accident_ratio(self, inside: int, nearby: int) -> Assumption | None:
        """The highest ratio that applies to the accidents on record; None without accidents."""
        applies = [a for a, n in ((self.inside, inside), (self.near, nearby)) if n > 0]
        return max(applies, key=lambda a: a.value, default=None)

    def numbers(self, accident: Assumption | None, lifted: bool) -> tuple[float, float, float]:
        """Probability, low and high (central 80 %) for one combination of evidence.

        The probability is that of the central values. For the interval each assumption is a
        two-piece Normal on the logarithm of its odds or ratio, with its value as the median and
        its low and high as 10 % and 90 % quantiles; their independent sum is formed on points of
        equal probability, without random numbers.
        """
        key = (accident.name if accident else "", lifted)
        if key not in self._known:
            ratios = [a for a in (accident, self.lifted if lifted else None) if a is not None]
            value = posterior_probability(self.start.value, [a.value for a in ratios])
            if not ratios:
                self._known[key] = (value, self.start.low, self.start.high)
                return self._known[key]
            terms = [tuple(logit(v) for v in (self.start.low, self.start.value, self.start.high))]
            terms += [(math.log(a.low), math.log(a.value), math.log(a.high)) for a in ratios]
            points = POINTS[len(terms)]
            u = (np.arange(points) + 0.5) / points
            total = np.zeros(1)
            for low, middle, high in terms:
                total = np.add.outer(total, two_piece(u, low, middle, high)).ravel()
            bounds = np.quantile(total, [0.1, 0.9], method="hazen")
            low, high = (float(1 / (1 + math.exp(-b))) for b in bounds)
            self._known[key] = (value, min(low, value), max(high, value))
        return self._known[key]

    def prior(self, inside: int, nearby: int, lifted: int, distance_m: float) -> Prior:
        """The prior of a hazard with these counts on record, with its reasons in plain words."""
        ratio = self.accident_ratio(inside, nearby)
        value, low, high = self.numbers(ratio, lifted > 0)
        reasons = ["This is a prior: no survey or clearance effort is on record here.",
                   f"Before local evidence {_percent(self.start.value)} "
                   f"({_percent(self.start.low)} to {_percent(self.start.high)}), an assumption."]
        if ratio is self.inside:
            reasons.append(f"{_records(inside, 'accident')} inside: odds x {_range(self.inside)}, "
                           "counted once.")
        elif ratio is not None:
            reasons.append(f"{_records(nearby, 'accident')} within {distance_m:,.0f} m: "
                           f"odds x {_range(ratio)}, counted once.")
        else:
            reasons.append(f"No accident on record within {distance_m:,.0f} m; "
                           "that lowers nothing.")
        if lifted:
            reasons.append(f"{_records(lifted, 'lifted minefield')} within {distance_m:,.0f} m: "
                           f"odds x {_range(self.lifted)}, counted once.")
        return Prior(value, low, high, is_prior=True, reasons=tuple(reasons))


def two_piece(u: np.ndarray, low: float, middle: float, high: float) -> np.ndarray:
    """Quantiles u of a Normal with another spread on either side; low and high are its 10 % and
    90 % points."""
    from scipy.special import ndtri

    z = ndtri(u)
    return middle + np.where(z < 0, (middle - low) / Z80, (high - middle) / Z80) * z


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def _percent(p: float) -> str:
    return f"{100 * p:.2g} %"


def _range(a: Assumption) -> str:
    return f"{a.value:g} ({a.low:g} to {a.high:g})"


def _records(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")
