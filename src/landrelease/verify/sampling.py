"""Inspection of finished lots: how many units to search again, and what a clean sample proves.

A lot of N units (squares, lanes) holds D defects: units in which an item was left. An inspection
searches n units drawn at random without replacement and finds the item of a defective unit with
probability q. The lot is accepted only if nothing is found (acceptance number 0: one item of
explosive ordnance is one too many).

Source: exact hypergeometric sampling by attributes; the thinning by q is the design's model
("Inspection").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from landrelease.errors import (
    INSPECTION_COUNT,
    INSPECTION_PROBABILITY,
    INSPECTION_TOO_WEAK,
    LandReleaseError,
)


@dataclass(frozen=True, slots=True)
class OperatingCharacteristic:
    """`accept[i]` is the chance that a lot with `defects[i]` defects is accepted."""

    lot: int
    sample: int
    detection: float
    defects: np.ndarray  # int64 (K,)
    accept: np.ndarray  # float64 (K,)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Pairs of defects and the chance of acceptance."""
        return zip(self.defects.tolist(), self.accept.tolist(), strict=True)


def accept_probability(lot: int, defects: int, sample: int, detection: float = 1.0) -> float:
    """Chance that a lot is accepted: sum over j of Hyp(j; N, D, n) (1 - q)^j.

    Parameters
    ----------
    lot : int >= 1, number of units N
    defects : int in 0..N, units in which an item was left
    sample : int in 0..N, units inspected
    detection : float in (0, 1], chance that inspecting a defective unit finds the item. 1 is the
        textbook case; no real inspection has it, so use the result of blind trials.

    Raises
    ------
    LandReleaseError
        VER-001: a count is not a whole number in its range. VER-002: `detection` is not in (0, 1].
    """
    _count("lot", lot, 1, None)
    _count("defects", defects, 0, lot)
    _count("sample", sample, 0, lot)
    _share("detection", detection)
    return _accept(lot, defects, sample, detection)


def sample_size(lot: int, tolerable: int, detection: float, confidence: float) -> int:
    """Smallest sample for which a lot with `tolerable` defects is accepted with chance <= 1 - C.

    Worse lots are accepted even less often, so a clean sample shows with confidence C that fewer
    than `tolerable` units are defective.

    Raises
    ------
    LandReleaseError
        VER-001, VER-002 as above (`tolerable` is 1..N, `confidence` between 0 and 1, both out).
        VER-003: even the inspection of every unit does not reach the confidence.

    >>> [sample_size(400, 5, q, 0.95) for q in (1.0, 0.9, 0.7)]
    [180, 200, 257]
    """
    _count("lot", lot, 1, None)
    _count("tolerable", tolerable, 1, lot)
    _share("detection", detection)
    if not (_is_number(confidence) and 0 < confidence < 1):
        raise LandReleaseError(INSPECTION_PROBABILITY, field="confidence", found=confidence,
                               expected="above 0 and below 1")
    # Room for rounding only, so that (1 - q)^D = 1 - C to the last digit counts as reached.
    allowed = (1.0 - confidence) * (1 + 1e-12)
    if (whole := _accept(lot, tolerable, lot, detection)) > allowed:
        raise LandReleaseError(INSPECTION_TOO_WEAK, lot=lot, detection=f"{detection:.4g}",
                               tolerable=tolerable, accept=f"{whole:.4g}",
                               allowed=f"{1 - confidence:.4g}")
    low, high = 0, lot  # acceptance falls with the sample: halve the interval
    while low < high:
        middle = (low + high) // 2
        if _accept(lot, tolerable, middle, detection) <= allowed:
            high = middle
        else:
            low = middle + 1
    return low


def operating_characteristic(
    lot: int, sample: int, detection: float = 1.0, most: int | None = None
) -> OperatingCharacteristic:
    """Acceptance for 0, 1, .. `most` defects (default: until it is below 0.001, at most N).

    Raises VER-001 and VER-002 as `accept_probability`.
    """
    _count("lot", lot, 1, None)
    _count("sample", sample, 0, lot)
    _share("detection", detection)
    if most is not None:
        _count("most", most, 0, lot)
    accept = []
    for defects in range((lot if most is None else most) + 1):
        accept.append(_accept(lot, defects, sample, detection))
        # Without a stated end the curve stops where nothing is left to read, or at 1,000 points.
        if most is None and (accept[-1] < 1e-3 or defects >= 1_000):
            break
    return OperatingCharacteristic(lot, sample, float(detection),
                                   np.arange(len(accept)), np.array(accept))


def accept_probability_share(share: float, items: int, detection: float = 1.0) -> float:
    """Chance that searching a random share f of the ground again finds none of K items.

    (1 - f q)^K: each item lies in the share, and is found there, independently of the others.

    Raises VER-001 for `items` < 0, VER-002 for a share outside 0..1 or a detection outside (0, 1].

    >>> [round(accept_probability_share(0.1, k, 0.9), 3) for k in (1, 3, 5, 10)]
    [0.91, 0.754, 0.624, 0.389]
    """
    _count("items", items, 0, None)
    _share("detection", detection)
    if not (_is_number(share) and 0 <= share <= 1):
        raise LandReleaseError(INSPECTION_PROBABILITY, field="share", found=share,
                               expected="from 0 to 1")
    return (1.0 - share * detection) ** items


def accept_probability_rate(rate: float, sample: int, detection: float = 1.0) -> float:
    """Chance that n inspected units of a large lot show nothing: (1 - rate x q)^n (binomial).

    Raises VER-001 for `sample` < 0, VER-002 for a rate outside 0..1 or a detection outside (0, 1].

    >>> round(accept_probability_rate(0.01, 50), 3)
    0.605
    """
    _count("sample", sample, 0, None)
    _share("detection", detection)
    if not (_is_number(rate) and 0 <= rate <= 1):
        raise LandReleaseError(INSPECTION_PROBABILITY, field="rate", found=rate,
                               expected="from 0 to 1")
    return (1.0 - rate * detection) ** sample


def _accept(lot: int, defects: int, sample: int, detection: float) -> float:
    first, last = max(0, defects + sample - lot), min(defects, sample)
    j = np.arange(first, last)
    # Neighbouring terms of the hypergeometric distribution stand in a simple ratio; summed as
    # logarithms and scaled to 1 no factorial of a large number is needed.
    ratio = ((defects - j) * (sample - j).astype(float)
             / ((j + 1.0) * (lot - defects - sample + j + 1.0)))
    logarithm = np.concatenate([[0.0], np.cumsum(np.log(ratio))])
    term = np.exp(logarithm - logarithm.max())
    missed = (1.0 - detection) ** np.arange(first, last + 1)
    return min(1.0, float((term * missed).sum() / term.sum()))


def _is_number(value: Any) -> bool:
    return (isinstance(value, (int, float, np.integer, np.floating))
            and not isinstance(value, bool) and math.isfinite(value))


def _count(field: str, value: Any, least: int, most: int | None) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        wanted = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise LandReleaseError(INSPECTION_COUNT, field=field, found=value, expected=wanted)


def _share(field: str, value: Any) -> None:
    if not (_is_number(value) and 0 < value <= 1):
        raise LandReleaseError(INSPECTION_PROBABILITY, field=field, found=value,
                               expected="above 0 and at most 1")
