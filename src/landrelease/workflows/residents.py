"""People near hazards of communities that state no population: counted as the mean, and named."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Land
from landrelease.core.risk import HazardAssessment

if TYPE_CHECKING:
    from landrelease.access.policy import View

_NAMED = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Residents:
    """Assessments whose people hold also those whom nobody counted.

    `unknown`: bool (H,), near whom nobody knows how many live: no settlement is on record, or none
    reports a number. `names`: communities near an area that state no population.
    """

    assessments: tuple[HazardAssessment, ...]
    unknown: np.ndarray
    names: tuple[str, ...]
    mean: float


def residents(land: Land, assessments: Sequence[HazardAssessment], assumptions: Assumptions
              ) -> Residents:
    """Communities that state no population count with the mean of those that do, as over roads
    (`access_over_roads`); the interval goes up to the largest of these."""
    from landrelease.assess.exposure import unreported
    from landrelease.workflows import plane_of

    if not land.settlements or not land.hazards:
        return Residents(tuple(assessments), np.full(
            len(assessments), bool(land.hazards)), (), math.nan)
    found = unreported(land, plane_of(land), assumptions)
    at = {h.id: n for n, h in enumerate(land.hazards)}
    rows = [at[a.hazard_id] for a in assessments]
    unknown = np.array([bool(np.isnan(found.expected[n])) for n in rows], dtype=bool)
    made = tuple(a if not found.near[n] or np.isnan(found.expected[n]) else dataclasses.replace(
        a, people_nearby=a.people_nearby + float(found.expected[n]),
        people_high=a.people_high + float(found.high[n]))
        for a, n in zip(assessments, rows, strict=True))
    return Residents(made, unknown, found.names, found.mean)


def words_of(found: Residents, reader: View) -> str:
    """Which communities state no population, and how they count; "" where all near areas do."""
    if not found.names:
        return "" if not found.unknown.any() else (
            "no settlement is on record: how many people live near the areas is not known, which "
            "is not zero")
    count = len(found.names)
    names = (" (" + ", ".join(found.names[:_NAMED]) + (", ..." if count > _NAMED else "") + ")"
             if reader.may("settlement", "name") else "")
    return (f"{count:,} communities near an area state no population{names}: not reported is not "
            "zero; " + ("and nobody else does: how many live near these areas is not known"
                        if math.isnan(found.mean) else
                        f"each counts as {found.mean:,.0f} people, the mean of those that do"))
