"""What a forecast has to beat: the pace so far, drawn again in blocks, and carried straight on."""

from __future__ import annotations

import math

import numpy as np

BLOCK_MONTHS = 3  # a quarter: seasons and spells of weather stay together
MONTH_DAYS = 365.25 / 12


def bootstrap(by_month: np.ndarray, months: int, runs: int, generator: np.random.Generator,
              block: int = BLOCK_MONTHS) -> np.ndarray:
    """(R, months) paces, drawn as blocks of months that followed each other (moving blocks).

    `by_month` (M,) is what was done in each month so far; M is 1 or more.

    Source: H. R. Künsch, Annals of Statistics 17 (1989), 1217.
    """
    history = np.asarray(by_month, dtype=float)
    block = max(1, min(block, len(history)))
    blocks = math.ceil(months / block)
    first = generator.integers(0, len(history) - block + 1, (runs, blocks))
    index = (first[:, :, None] + np.arange(block)).reshape(runs, -1)[:, :months]
    return history[index]


def finish_by_pace(by_month: np.ndarray, left: float, runs: int, horizon_days: float,
                   generator: np.random.Generator) -> np.ndarray:
    """(R,) days until `left` is done at bootstrapped paces; capped at the horizon."""
    if left <= 0:
        return np.zeros(runs)
    months = max(1, math.ceil(horizon_days / MONTH_DAYS))
    drawn = np.maximum(bootstrap(by_month, months, runs, generator), 0.0)
    done = np.cumsum(drawn, axis=1)
    ended = done >= left
    at = np.argmax(ended, axis=1)
    rows = np.arange(runs)
    before = np.where(at > 0, done[rows, np.maximum(at - 1, 0)], 0.0)
    pace = drawn[rows, at]
    part = np.divide(left - before, pace, out=np.ones(runs), where=pace > 0)
    return np.where(ended.any(axis=1), np.minimum((at + part) * MONTH_DAYS, horizon_days),
                    horizon_days)


def finish_straight(by_month: np.ndarray, left: float, horizon_days: float) -> float:
    """Days until `left` is done at the mean pace so far; the horizon where nothing was done."""
    pace = float(np.mean(by_month)) if len(by_month) else 0.0
    if left <= 0:
        return 0.0
    return min(left / pace * MONTH_DAYS, horizon_days) if pace > 0 else horizon_days
