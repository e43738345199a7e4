"""What records say of the ground of a hazard: how fast work goes there, how steep it is, its use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Hazard
from landrelease.core.record import Record
from landrelease.core.recorded import Recorded

_FIELDS = ("vegetation", "metal_contamination", "slope_deg", "land_use_expected", "blockage")
_GROWS = ("farmland", "pasture")


@dataclass(frozen=True, slots=True)
class GroundFacts:
    """Of each hazard (N,): `speed` by kind of team, 1 where nobody said anything; `slope_deg`, nan
    where not reported; `grows`, the share of its hectares on which something is grown (1 where
    nobody says what the land is used for)."""

    speed: Mapping[str, np.ndarray]
    slope_deg: np.ndarray
    grows: np.ndarray
    read: Recorded


def ground_facts(hazards: Sequence[Hazard], records: Sequence[Record], assumptions: Assumptions
                 ) -> GroundFacts:
    """Rates by ground from the hazards' records.

    Vegetation slows all search, metal in the ground slows people with metal detectors, steep
    ground everybody: factors `rate_vegetation_*`, `rate_metal_*` and `rate_steep` of the
    assumptions, multiplied. A value that is not reported changes nothing.
    """
    known = {r.id: r for r in records}
    count = len(hazards)
    speed = {kind: np.ones(count) for kind in ("nts", "ts", "manual", "mechanical", "animal")}
    slope, grows = np.full(count, np.nan), np.ones(count)
    used = 0
    for n, hazard in enumerate(hazards):
        record = known.get(hazard.id)
        if record is None or not any(record.values.get(f) not in (None, "not_reported")
                                     for f in _FIELDS):
            continue
        used += 1
        cover, metal = record.value("vegetation"), record.value("metal_contamination")
        steep = record.values.get("slope_deg")
        factor = 1.0
        if cover in ("low", "medium", "high", "forest"):
            factor *= assumptions.value(f"rate_vegetation_{cover}")
        if isinstance(steep, (int, float)):
            slope[n] = float(steep)
            if slope[n] >= assumptions.value("steep_deg"):
                factor *= assumptions.value("rate_steep")
        for kind in ("ts", "manual", "mechanical", "animal"):
            speed[kind][n] = factor
        if metal in ("low", "medium", "high"):
            speed["manual"][n] *= assumptions.value(f"rate_metal_{metal}")
        use = record.value("land_use_expected")
        blocked = record.values.get("blockage")
        blocked = blocked if isinstance(blocked, (list, tuple)) else (blocked,)
        if use not in (None, "not_reported"):
            grows[n] = float(use in _GROWS)
        elif any(b not in (None, "not_reported") for b in blocked):
            grows[n] = float(any(b in _GROWS for b in blocked))
    return GroundFacts(speed, slope, grows, Recorded({"hazard": (count, used)}))
