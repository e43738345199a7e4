"""Whether the interval of the day the money ends holds what it says.

    python benchmarks/bench_runway.py

Synthetic programmes whose monthly spending is known: even, uneven, following on itself, with a
season. Each has some months of history and money for some months more; the interval is held
against the day on which the money then really ends. Beside it months drawn in blocks of three out
of the past (circular block bootstrap), and the interval that a normal law for the sum of months
gives.

    --programmes N   of each kind (default 1000)      --small   100 of each kind
"""

from __future__ import annotations

import argparse
import math
from datetime import date

import numpy as np

from landrelease.figures import runway

AS_OF = date(2027, 6, 30)
KINDS = {"even": (0.1, 0.0, 0.0), "uneven": (0.5, 0.0, 0.0), "follows": (0.5, 0.6, 0.0),
         "season": (0.2, 0.0, 0.6)}  # spread, how far a month follows the last, swing of the season


def spending(kind: str, months: int, rng: np.random.Generator) -> np.ndarray:
    """Months of spending around 100 with a lognormal spread; positive."""
    spread, follows, swing = KINDS[kind]
    steps = rng.normal(size=months + 24)
    level = np.zeros(months + 24)
    for n in range(1, len(level)):
        level[n] = follows * level[n - 1] + math.sqrt(1 - follows**2) * steps[n]
    phase = 1 + swing * np.sin(2 * np.pi * (np.arange(months) + rng.integers(12)) / 12)
    sigma = math.sqrt(math.log(1 + spread**2))
    return 100 * phase * np.exp(sigma * level[24:] - sigma**2 / 2)


def truth(months: np.ndarray, money: float) -> float:
    """The day on which months of spending have used up the money."""
    return float(runway._ends(months[None, :], runway.Money(AS_OF, "USD", money))[0])


def blocks(past: np.ndarray, runs: int, seed: int) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(seed))
    block = min(3, len(past))
    starts = rng.integers(len(past), size=(runs, -(-runway.HORIZON_MONTHS // block)))
    at = ((starts[:, :, None] + np.arange(block)) % len(past)).reshape(runs, -1)
    return past[at[:, :runway.HORIZON_MONTHS]]


def normal(past: np.ndarray, money: float) -> tuple[float, float]:
    """Days between which a random walk of months with the mean and spread of the past ends."""
    mean, spread = past.mean(), past.std(ddof=1)
    months, z = money / mean, 1.2816
    doubt = z * spread * math.sqrt(months + months**2 / len(past)) / mean
    return (months - doubt) * 30.4375, (months + doubt) * 30.4375


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programmes", type=int, default=1000)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    count = 100 if said.small else said.programmes
    error = 100 * math.sqrt(0.8 * 0.2 / count)
    print(f"{count} programmes of each kind, seed {said.seed}; share of them in which the day lies "
          f"in the interval of 80 % (standard error {error:.1f} points); width in months")
    print(f"{'spending':<10}{'history':>8}{'money for':>10}{'ours':>8}{'width':>7}{'blocks':>10}"
          f"{'width':>7}{'normal':>8}{'width':>7}")
    for kind in KINDS:
        for history, ahead in ((6, 12), (12, 6), (12, 18), (24, 36)):
            rng = np.random.Generator(np.random.PCG64(said.seed))
            held, wide = np.zeros(3), np.zeros(3)
            for n in range(count):
                months = spending(kind, history + runway.HORIZON_MONTHS, rng)
                past, money = months[max(0, history - 12):history], 100.0 * ahead
                day = truth(months[history:], money)
                sides = []
                for drawn in (runway.simulated(past, 200, n), blocks(past, 200, n)):
                    ends = runway._ends(drawn, runway.Money(AS_OF, "USD", money))
                    sides.append(tuple(np.quantile(ends, (0.1, 0.9), method="inverted_cdf")))
                sides.append(normal(past, money))
                for k, (low, high) in enumerate(sides):
                    held[k] += low <= day <= high
                    wide[k] += (high - low) / 30.4375
            share, width = 100 * held / count, wide / count
            print(f"{kind:<10}{history:>8}{ahead:>10}" + "".join(
                f"{share[k]:>{8 if k != 1 else 10}.1f}{width[k]:>7.1f}" for k in range(3)))


if __name__ == "__main__":
    main()
