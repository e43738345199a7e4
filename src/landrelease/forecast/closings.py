"""How closures come: past closures in, a renewal process out (see `circumstances.Closing`)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from landrelease.forecast.circumstances import Closing

FEWEST = 5  # closures from which a process can be fitted


def spells(closures: Sequence[tuple[float, float]], until: float
           ) -> tuple[list[float], list[float], float]:
    """Days open between closures, days closed, and the open time since the last, not over yet.

    `closures` are first and last moments in days, up to `until`; what overlaps counts as one.
    """
    joined: list[list[float]] = []
    for first, last in sorted((a, min(b, until)) for a, b in closures if a < until):
        if joined and first <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    opened = [b[0] - a[1] for a, b in itertools.pairwise(joined)]
    closed = [b - a for a, b in joined if b > a]
    return opened, closed, max(until - joined[-1][1], 0.0) if joined else 0.0


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


def fit_closing(by_place: Sequence[Sequence[tuple[float, float]]], until: float) -> Closing | None:
    """One process for all places, from their past closures; None where there are too few."""
    opened: list[float] = []
    closed: list[float] = []
    running: list[float] = []
    for closures in by_place:
        a, b, c = spells(closures, until)
        opened += [x for x in a if x > 0]
        closed += b
        running.append(c)
    if len(closed) < FEWEST or len(opened) < FEWEST - 1:
        return None
    shape, scale = fit_weibull(np.array(opened), np.array(running))
    logs = np.log(np.maximum(closed, 0.05))
    return Closing(scale * math.gamma(1 + 1 / shape), shape, float(np.exp(logs.mean())),
                   float(logs.std(ddof=1)))
