"""The forecast as it is handed on: distributions, not dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np


@dataclass(frozen=True, slots=True)
class Driver:
    """What moves the finish: the share of the spread (0..1) that an assumption explains."""

    name: str
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """R simulated runs of the policy. `finish_day` is calendar days from `start`, inf where a run
    did not finish by `horizon_days`; `cost` is money until then.

    Curves: `curve_days` (T,) and `released_m2` (Q, T), the quantiles `quantiles` (Q,) of the area
    released by then.
    """

    start: date
    horizon_days: float
    finish_day: np.ndarray  # (R,)
    cost: np.ndarray  # (R,)
    currency: str
    quantiles: np.ndarray  # (Q,)
    curve_days: np.ndarray  # (T,)
    released_m2: np.ndarray  # (Q, T)
    total_m2: float
    drivers: tuple[Driver, ...]
    seed: int
    policy: str  # the dispatch rule, in words

    @property
    def runs(self) -> int:
        return len(self.finish_day)

    def chance_by(self, day: date) -> float:
        """Share of runs finished by a date."""
        return float(np.mean(self.finish_day <= (day - self.start).days))
