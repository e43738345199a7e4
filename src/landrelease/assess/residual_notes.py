"""What has to be said beside a residual risk: what is a prior, and which assumption is not met."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from landrelease.assess.residual_input import NOT_CLEARANCE, Settings, Stratum

if TYPE_CHECKING:
    from landrelease.assess.residual import Posterior

FEWEST_PLACES = 5  # of finds, before anything is said about clusters


def notes_of(s: Stratum, made: Posterior, settings: Settings) -> tuple[list[str], list[str]]:
    """All notes, and those of them that warn that an assumption is visibly not met."""
    searched, count = s.searched, made.finds
    notes: list[str] = []
    if not s.passes or searched == 0:
        notes.append("Nothing was searched: every figure is a prior.")
    elif searched < 1 and s.unsearched < 1:
        notes.append(
            f"{100 * (1 - searched):.3g} % of the area was not searched; "
            + ("it counts as contaminated because of the finds beside it." if count else
               "a clean search elsewhere does not reassure about it."))
    if searched < 1 and s.unsearched > 0:
        notes.append("Ground that was not searched is taken to be like the searched ground"
                     + ("" if s.unsearched == 1 else
                        f" with a chance of {100 * s.unsearched:.3g} %")
                     + ": an assumption of the input.")
    if s.finds is None and any(n is None for one in s.passes for n in one.finds):
        notes.append("Finds of some passes are not reported; those passes remove items but teach "
                     "nothing about the density.")
    alone = not_clearance_share(s)
    if alone > 0:
        notes.append(f"{100 * alone:.3g} % of the area was searched by a machine or an animal "
                     "without a recorded follow-up: that is not clearance.")
    if s.depth_m is not None and any(
            one.depth_m is not None and one.depth_m < s.depth_m - 1e-9 for one in s.passes):
        notes.append(f"Some passes searched less deep than the {s.depth_m:g} m to which the ground "
                     "is to be free; what lies below their depth they did not find.")
    if s.depth_m is not None and any(
            depth is None for c in s.categories for _, depth in c.layers):
        notes.append(f"How deep items lie is not given: the density is read as that of items to "
                     f"{s.depth_m:g} m, and deeper ones are in no figure.")
    warnings = _warnings(s, made, settings)
    notes += warnings
    notes.append("A model's result, not a decision: release needs a signature.")
    return notes, warnings


def not_clearance_share(s: Stratum) -> float:
    """Share of the area that only machines or animals searched (S07)."""
    return float(sum(share for share, who in s.overlay
                     if who and all(s.passes[j].method in NOT_CLEARANCE for j in who)))


def _warnings(s: Stratum, made: Posterior, settings: Settings) -> list[str]:
    out = []
    if s.pi == 0:
        out.append("The description says that nothing lies here (pi is 0): every figure is that "
                   "assumption, and no search can test it.")
    ratio = clark_evans(s.finds_xy, s.area_m2)
    if ratio is not None and ratio < settings.clustered_ratio:
        out.append(f"The finds lie in clusters (mean distance to the next find {ratio:.2f} of that "
                   "of scattered items): what was missed may lie together too, and a sample says "
                   "less than it would about scattered items.")
    operators = {s.passes[j].operator for share, who in s.overlay if share > 0 for j in who}
    swept_twice = sum(share for share, who in s.overlay
                      if len({s.passes[j].operator for j in who}) > 1)
    if len(operators) == 1 and s.passes:
        out.append(f"Only one operator ({next(iter(operators))}) searched this ground: nothing "
                   "here tests how much it misses, beyond what its detection says.")
    elif operators and swept_twice < settings.tested_share:
        out.append("Hardly any ground was searched by two operators: how much is missed rests on "
                   "the stated detections.")
    late = _late_finds(s)
    if late:
        out.append(f"{late} found after the clearance of this ground: the clearance missed items, "
                   "and others like them may be left. The lot fails inspection.")
    for operator, value in made.detection.items():
        for name, one in ([("", value)] if "mean" in value else value.items()):
            before, after = one["mean_before"], one["mean"]
            if before < 1 and (1 - after) * before > settings.miss_factor * (1 - before) * after:
                out.append(f"What was found speaks against the stated detection of {operator}"
                           f"{' for ' + name if name else ''}: {before:.3f} before, {after:.3f} "
                           "after.")
    return out


def _late_finds(s: Stratum) -> str:
    """Words for finds of an inspection after clearance, or nothing."""
    total = 0
    for one in s.passes:
        if one.method == "inspection" and s.finds is None:
            total += sum(n for n in one.finds if n)
    return "" if not total else "1 item was" if total == 1 else f"{total} items were"


def clark_evans(xy: np.ndarray, area_m2: float) -> float | None:
    """Mean distance to the nearest other find over that of scattered ones; None for few places.

    Source: P. J. Clark and F. C. Evans, Distance to nearest neighbor as a measure of spatial
    relationships in populations, Ecology 35 (1954). Without correction for the border, which
    raises the ratio, so that clusters are rather missed than made up.
    """
    from scipy.spatial import cKDTree

    if len(xy) < FEWEST_PLACES:
        return None
    nearest = cKDTree(xy).query(xy, k=2)[0][:, 1]
    return float(nearest.mean() / (0.5 / math.sqrt(len(xy) / area_m2)))
