"""How good forecasts were: samples of the forecast and what came true in, scores out.

Sources: T. Gneiting, A. E. Raftery, J. Am. Stat. Assoc. 102 (2007), 359, for the CRPS; C. Czado,
T. Gneiting, L. Held, Biometrics 65 (2009), 1254, for the randomised probability integral transform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVELS = (0.5, 0.8, 0.95)


def crps(samples: np.ndarray, true: float) -> float:
    """Continuous ranked probability score of an ensemble: smaller is better, in its unit.

    E|X - y| - E|X - X'| / 2, the second mean over all pairs of different samples (the fair
    estimate, which does not depend on how many samples were drawn). One sample: the distance.
    """
    x = np.sort(np.asarray(samples, dtype=float))
    count = len(x)
    away = float(np.mean(np.abs(x - true)))
    if count < 2:
        return away
    between = float(np.sum((2 * np.arange(1, count + 1) - count - 1) * x)) / (count * (count - 1))
    return away - between


def transform(samples: np.ndarray, true: float, chance: float) -> float:
    """Randomised probability integral transform; `chance` is uniform on 0..1 and divides ties."""
    below, same = int(np.sum(samples < true)), int(np.sum(samples == true))
    return (below + chance * (same + 1)) / (len(samples) + 1)


def interval(samples: np.ndarray, level: float) -> tuple[float, float]:
    """The central interval between two samples that holds the next draw with this chance, as nearly
    as so many samples can: of n, the k-th from below and from above hold it with 1 - 2 k / (n + 1).
    """
    x = np.sort(np.asarray(samples, dtype=float))
    tail = (1 - level) / 2
    low = max(round(tail * (len(x) + 1)) - 1, 0)
    return float(x[low]), float(x[len(x) - 1 - low])


@dataclass(frozen=True, slots=True)
class Scores:
    """Of N forecasts of one kind that came true."""

    count: int
    crps: float | None  # mean; None: there is nothing to score
    coverage: dict[str, float]  # share of the truths inside each central interval, by level
    transforms: tuple[float, ...]  # randomised PIT; uniform on 0..1 if the forecasts are right
    bias: float | None  # mean of (median forecast - truth)

    @property
    def words(self) -> str:
        if self.crps is None:
            return "Nothing that was forecast has come true yet: there is nothing to score."
        inside = ", ".join(f"{share:.0%} inside the {level} interval"
                           for level, share in self.coverage.items())
        return f"{self.count} forecasts: CRPS {self.crps:,.4g}; {inside}."


def score(forecasts: Sequence[np.ndarray], true: Sequence[float], seed: int = 1) -> Scores:
    """Score ensembles against what came true; both N long."""
    if not forecasts:
        return Scores(0, None, {}, (), None)
    generator = np.random.Generator(np.random.PCG64([seed, 5]))
    chance = generator.random(len(forecasts))
    inside = {}
    for level in LEVELS:
        held = []
        for samples, value in zip(forecasts, true, strict=True):
            low, high = interval(samples, level)
            held.append(low <= value <= high)
        inside[f"{level:.0%}"] = float(np.mean(held))
    return Scores(
        len(forecasts),
        float(np.mean([crps(x, y) for x, y in zip(forecasts, true, strict=True)])), inside,
        tuple(transform(x, y, u) for x, y, u in zip(forecasts, true, chance, strict=True)),
        float(np.mean([np.median(x) - y for x, y in zip(forecasts, true, strict=True)])))
