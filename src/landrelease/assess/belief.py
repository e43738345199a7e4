"""The chance that an area is contaminated, now: the prior, then each class of evidence once.

    odds = prior odds x ratio of the accidents x ratio of lifted minefields x ratios of the rest

Of each class the record that says most counts, and each document once (S10). A record is tempered
by how far it is to be believed: ratio ** factor, so that a source that cannot be judged says less.
A clean survey reassures about its own ground only: over the share s of the area the ratio r gives
1 - s (1 - r), as for one contaminated place that may lie anywhere in the area; of ground that was
surveyed twice the survey that says more counts. Classes are taken as independent of each other,
given the truth; that is an assumption, and the reasons name the classes.

Source: odds form of Bayes' rule, as for non-technical survey in domain reference 4.1; the ratios
are stated assumptions (`evidence_weights.csv`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import shapely

from landrelease.assess.pieces import NONE, Piece, once
from landrelease.assess.prior import PriorModel, logit, posterior_probability, two_piece
from landrelease.assess.weights import OTHER, Weights
from landrelease.core.evidence import ACCIDENT_RECORDED, LIFTED_MINEFIELD
from landrelease.core.risk import Prior

POINTS = 201  # points of equal probability in which the interval is carried along
Ratio = tuple[float, float, float]  # low, middle, high
WORDS = {"find": "find or sighting of ordnance", "record": "record of mines",
         "sign": "sign or fence", "combat_zone": "former combat zone",
         "unused_land": "land that nobody uses", "verbal_report": "verbal report",
         "inspection": "inspection that failed",
         "same_team": "inspection that failed elsewhere in the work of a team or detector that "
                      "worked here",
         "clean_survey": "survey that found nothing",
         "land_in_use": "land in use", "accident": "accident", OTHER: "other evidence"}


def chance_now(
    prior: Prior, model: PriorModel, weights: Weights, pieces: Sequence[Piece],
    accidents_inside: int, accidents_nearby: int, lifted: int,
) -> Prior:
    """The chance with a central 80 % interval and reasons; the prior itself without other evidence.

    `prior` is that of `model` for the same counts. Evidence about accidents shares their ratio:
    the larger of both counts. `is_prior` of the result is False: local evidence has touched it.
    """
    counts = [p for p in pieces if not p.asks
              and p.evidence.kind not in (ACCIDENT_RECORDED, LIFTED_MINEFIELD)
              and not (p.against and p.extent == NONE)]
    if not counts:
        return prior
    accident = model.accident_ratio(accidents_inside, accidents_nearby)
    ratios: list[Ratio] = []
    reasons = list(prior.reasons[1:])
    held = (accident.low, accident.value, accident.high) if accident else (1.0, 1.0, 1.0)
    used: set[tuple[str, ...]] = set()
    for group, ratio, number in _supporting(counts, weights, used):
        if group == "accident":
            if ratio[1] <= held[1]:
                continue
            held = ratio
        else:
            ratios.append(ratio)
        reasons.append(f"{number} x {WORDS[group]}: odds x {_words(ratio)}, counted once.")
    for group, ratio, share, number in _reassuring(counts, weights, used):
        ratios.append(ratio)
        reasons.append(f"{number} x {WORDS[group]}, on {share:.0%} of the area: odds x "
                       f"{_words(ratio)}.")
    if held != (1.0, 1.0, 1.0):
        ratios.append(held)
    if lifted:
        ratios.append((model.lifted.low, model.lifted.value, model.lifted.high))
    value = posterior_probability(model.start.value, [r[1] for r in ratios])
    low, high = _interval((model.start.low, model.start.value, model.start.high),
                          tuple(sorted(ratios)))
    return Prior(value, min(low, value), max(high, value), is_prior=False,
                 reasons=tuple(reasons))


def _supporting(counts, weights: Weights, used: set[tuple[str, ...]]):
    """(class, ratio of the piece that counts, how many records); class and document once."""
    ratios = {}
    for p in counts:
        if not p.against:
            found = weights.by_name.get(f"ratio.{p.group}") or weights[f"ratio.{OTHER}"]
            ratios[p.key] = _tempered((found.low, found.value, found.high), p.factor)
    speaking = [p for p in counts if not p.against]
    _, taken = once(speaking, lambda p: math.log(max(ratios[p.key][1], 1.0)))
    for p in taken:
        used.add(p.document)
        yield p.group, ratios[p.key], sum(q.group == p.group for q in speaking)


def _reassuring(counts, weights: Weights, used: set[tuple[str, ...]]):
    """(class, ratio over the area, share of the area, how many records)."""
    for group in ("clean_survey", "land_in_use"):
        found = weights[f"ratio.{group}"]
        listed = [(p, _tempered((found.low, found.value, found.high), p.factor)) for p in counts
                  if p.against and p.group == group and p.document not in used]
        listed.sort(key=lambda x: (x[1][1], x[0].key))
        seen, covered = shapely.Polygon(), 0.0
        area = [1.0, 1.0, 1.0]
        for p, ratio in listed:
            grown = shapely.union(seen, p.ground)
            # Shares by area; `share` is 1 where a seam of less than 1 m² is missing.
            new = max(0.0, grown.area - seen.area) / p.ground.area * p.share
            new = min(new, 1.0 - covered)
            seen, covered = grown, covered + new
            used.add(p.document)
            for k in range(3):
                area[k] -= new * (1 - ratio[k])
        if listed:
            low, middle, high = area
            yield group, (low, middle, high), covered, len(listed)


def _tempered(ratio: Ratio, factor: float) -> Ratio:
    low, middle, high = (r**factor for r in ratio)
    return low, middle, high


@functools.lru_cache(maxsize=4096)  # most areas have one of a few combinations of evidence
def _interval(start: Ratio, ratios: tuple[Ratio, ...]) -> tuple[float, float]:
    """Central 80 %: independent two-piece Normals on the log odds, as in `PriorModel.numbers`.

    The sum is carried along in 201 points of equal probability, the ratios in the order of their
    size, so that the order of the evidence does not matter.
    """
    u = (np.arange(POINTS) + 0.5) / POINTS
    low, middle, high = (logit(v) for v in start)
    total = two_piece(u, low, middle, high)
    for ratio in ratios:
        low, middle, high = (math.log(r) for r in ratio)
        if low == high:
            total = total + middle
            continue
        wide = np.add.outer(total, two_piece(u, low, middle, high)).ravel()
        total = np.quantile(wide, u, method="hazen")
    bounds = np.quantile(total, [0.1, 0.9], method="hazen")
    return tuple(float(1 / (1 + math.exp(-b))) for b in bounds)  # type: ignore[return-value]


def _words(ratio: Ratio) -> str:
    return f"{ratio[1]:.3g} ({ratio[0]:.3g} to {ratio[2]:.3g})"
