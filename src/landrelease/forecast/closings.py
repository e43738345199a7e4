"""How closures come: past closures in, a renewal process out (see `circumstances.Closing`)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from landrelease.forecast.circumstances import Closing

FEWEST = 5  # closures from which a process can be fitted


def spells(closures: Sequence[tuple[float, float]], until: float
           ) -> tuple[list[float], list[float], float, float]:
    """Days open between closures; days closed; the open time since the last closure, and the closed
    time of the last one, where it is not over at `until` (0 where it is).

    `closures` are first and last moments in days, inf: not over. What overlaps counts as one; what
    begins after `until` does not count.
    """
    joined: list[list[float]] = []
    for first, last in sorted((a, b) for a, b in closures if a < until):
        if joined and first <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    opened = [b[0] - a[1] for a, b in itertools.pairwise(joined)]
    closed = [b - a for a, b in joined if a < b < math.inf]
    if not joined:
        return opened, closed, 0.0, 0.0
    first, last = joined[-1]
    return opened, closed, max(until - last, 0.0), until - first if last == math.inf else 0.0


def fit_weibull(times: np.ndarray, censored: np.ndarray) -> tuple[float, float]:
    """Shape and scale of largest likelihood; `censored` times are known to be longer.

    Source: J. F. Lawless, Statistical Models and Methods for Lifetime Data (2003), 5.2.
    """
    from scipy.optimize import brentq

    both = np.concatenate([times, censored[censored > 0]])
    largest = both.max()
    logs, every = np.log(times), np.log(both / largest)

    def score(shape: float) -> float:
        power = np.exp(shape * every)
        return float(power @ (every + math.log(largest)) / power.sum() - 1 / shape - logs.mean())

    low, high = 0.05, 20.0
    if score(low) > 0 or score(high) < 0:
        shape = low if score(low) > 0 else high
    else:
        shape = float(brentq(score, low, high))
    scale = largest * float((np.exp(shape * every).sum() / len(times)) ** (1 / shape))
    return shape, scale


def fit_lognormal(times: np.ndarray, censored: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm, of largest likelihood; `censored` times are
    known to be longer. Source: as `fit_weibull`, 5.3."""
    from scipy.optimize import minimize
    from scipy.special import log_ndtr

    logs = np.log(np.maximum(times, 0.05))
    mean, sd = float(logs.mean()), max(float(logs.std(ddof=1)), 1e-3)
    beyond = np.log(censored[censored > 0])
    if not len(beyond):
        return mean, sd

    def loss(at: np.ndarray) -> float:
        z = (logs - at[0]) / math.exp(at[1])
        return float(0.5 * z @ z + len(logs) * at[1]
                     - log_ndtr((at[0] - beyond) / math.exp(at[1])).sum())

    found = minimize(loss, [mean, math.log(sd)], method="Nelder-Mead").x
    return float(found[0]), float(math.exp(found[1]))


def fit_closing(by_place: Sequence[Sequence[tuple[float, float]]], until: float) -> Closing | None:
    """One process for all places, from their closures until a day; None where there are too few."""
    opened: list[float] = []
    closed: list[float] = []
    still_open: list[float] = []
    still_closed: list[float] = []
    for closures in by_place:
        a, b, c, d = spells(closures, until)
        opened += [x for x in a if x > 0]
        closed += b
        still_open.append(c)
        still_closed.append(d)
    if len(closed) < FEWEST or len(opened) < FEWEST - 1:
        return None
    shape, scale = fit_weibull(np.array(opened), np.array(still_open))
    mean, sd = fit_lognormal(np.array(closed), np.array(still_closed))
    return Closing(scale * math.gamma(1 + 1 / shape), shape, math.exp(mean), sd)
