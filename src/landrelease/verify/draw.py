"""The draw: which units of a lot are searched again, and how sure that makes.

The sample is spread over the strata in proportion to their units. The places follow from a seed
alone: unit k of a stratum gets the SHA-256 of "seed:k", and the smallest numbers are drawn. Anybody
can compute the draw again with a program for SHA-256; no library's random numbers are in it. Each
set of units of a stratum is equally likely over the seeds, because the hashes behave as independent
uniform numbers (the usual working assumption on SHA-256).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from landrelease.errors import INSPECTION_TOO_WEAK, LandReleaseError
from landrelease.verify.sampling import accept_probability, sample_size


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """How many units to draw: `simple` would do without strata, `sample` does with them."""

    simple: int
    sample: int
    by_stratum: Mapping[str, int]
    accept: float  # largest chance that a lot with the tolerable number of defects is accepted


def seed_of(lot_hash: str, lot: str, thrown: str = "") -> str:
    """The seed of a draw, 64 hex digits: SHA-256 of the three, with a line end between.

    lot_hash : hash of the revision with which the lot came into the chain. It was the head of the
        chain then; whatever is recorded later does not change it, so that nobody can draw again
        until a draw suits.
    thrown : a number that both sides saw thrown after the lot was recorded; "" where none was.
    """
    return hashlib.sha256("\n".join((lot_hash, lot, thrown)).encode()).hexdigest()


def draw(strata: Mapping[str, Sequence[int]], by_stratum: Mapping[str, int], seed: str
         ) -> tuple[int, ...]:
    """The numbers of the units that are drawn, ascending.

    strata : name -> numbers of its units; by_stratum : name -> how many to draw.

    >>> draw({"all": range(1, 11)}, {"all": 3}, seed_of("ab", "lot-1"))
    (5, 8, 10)
    """
    out: list[int] = []
    for name, numbers in strata.items():
        keyed = sorted((hashlib.sha256(f"{seed}:{k}".encode()).digest(), k) for k in numbers)
        out += [k for _, k in keyed[:by_stratum.get(name, 0)]]
    return tuple(sorted(out))


def allocate(sizes: Mapping[str, int], sample: int) -> dict[str, int]:
    """`sample` units over strata in proportion to their size (largest remainders; ties by name).

    Source: proportional allocation, W. G. Cochran, Sampling Techniques (1977), 5.5.
    """
    total = sum(sizes.values())
    exact = {name: sample * size / total for name, size in sizes.items()}
    out = {name: int(share) for name, share in exact.items()}
    left = sample - sum(out.values())
    for name in sorted(exact, key=lambda n: (out[n] - exact[n], n)):
        if left and out[name] < sizes[name]:
            out[name] += 1
            left -= 1
    return out


def worst_accept(sizes: Mapping[str, int], by_stratum: Mapping[str, int], defects: int,
                 detection: float) -> float:
    """Largest chance that a lot with `defects` defects is accepted, wherever they lie.

    With a sample in each stratum the chance depends on which strata hold the defects: it is the
    product over the strata of sum_j Hyp(j; N_h, D_h, n_h) (1 - q)^j. The largest one over all ways
    to spread the defects is found stratum by stratum (dynamic programming over sums of logarithms).
    """
    best = np.array([0.0])  # log chance, by defects placed so far
    for name, size in sizes.items():
        most = min(defects, size)
        own = _log_accept(size, by_stratum.get(name, 0), most, detection)
        longest = min(defects, len(best) - 1 + most)
        new = np.full(longest + 1, -np.inf)
        for d, value in enumerate(own):
            reach = min(len(best), longest + 1 - d)
            new[d:d + reach] = np.maximum(new[d:d + reach], best[:reach] + value)
        best = new
    return float(np.exp(best[defects])) if defects < len(best) else 0.0


@lru_cache(maxsize=4_096)
def _log_accept(size: int, sample: int, most: int, detection: float) -> np.ndarray:
    """Logarithm of the chance of acceptance of a stratum, for 0 to `most` defects."""
    with np.errstate(divide="ignore"):
        return np.log([accept_probability(size, d, sample, detection) for d in range(most + 1)])


def plan_sample(sizes: Mapping[str, int], tolerable: int, detection: float, confidence: float
                ) -> SamplePlan:
    """The smallest sample, spread over the strata, with which a lot with `tolerable` defects is
    accepted with a chance of at most 1 - confidence, wherever the defects lie.

    sizes : units by stratum, each at least 1. With one stratum it is `sampling.sample_size`.

    Raises VER-001 to VER-003 as `sampling.sample_size`.
    """
    lot = sum(sizes.values())
    simple = sample_size(lot, tolerable, detection, confidence)
    allowed = (1.0 - confidence) * (1 + 1e-12)
    for sample in range(simple, lot + 1):
        by_stratum = allocate(sizes, sample)
        accept = (accept_probability(lot, tolerable, sample, detection) if len(sizes) == 1
                  else worst_accept(sizes, by_stratum, tolerable, detection))
        if accept <= allowed:
            return SamplePlan(simple, sample, by_stratum, accept)
    raise LandReleaseError(INSPECTION_TOO_WEAK, lot=lot, detection=f"{detection:.4g}",
                           tolerable=tolerable, accept=f"{accept:.4g}",
                           allowed=f"{1 - confidence:.4g}")
