"""The assessment of every hazard: exposure, evidence nearby, prior and next survey action."""

from __future__ import annotations

from landrelease.assess.actions import next_action
from landrelease.assess.exposure import exposure
from landrelease.assess.nearby import nearby
from landrelease.assess.prior import PriorModel
from landrelease.assess.shapes import plane_of
from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.core.risk import HazardAssessment


def assess_hazards(
    land: Land, assumptions: Assumptions, progress: Progress = silent
) -> tuple[HazardAssessment, ...]:
    """Assess each hazard of the land, in its order; an empty land gives an empty tuple.

    See `exposure`, `nearby` and `PriorModel` for the methods. Pure: the same land and assumptions
    give the same result.

    Raises
    ------
    LandReleaseError
        ASS-001: an assumption is missing or out of range. ASS-003: a shape is not valid.
        ASS-012: a settlement's position error or population is not usable.
    """
    if not land.hazards:
        return ()
    plane = plane_of(land)
    model = PriorModel(assumptions)
    progress("evidence near the hazards", 0.0)
    near = nearby(land, plane, assumptions)

    def people_progress(what: str, share: float) -> None:
        progress(what, 0.2 + 0.7 * share)

    people = exposure(land, plane, assumptions, people_progress)
    result = []
    for i, hazard in enumerate(land.hazards):
        inside, around = int(near.accidents_inside[i]), int(near.accidents_nearby[i])
        lifted, overlap = int(near.lifted_nearby[i]), float(near.cleared_overlap_m2[i])
        expected = float(people.expected[i])
        result.append(HazardAssessment(
            hazard_id=hazard.id,
            people_nearby=expected,
            people_low=float(people.low[i]),
            people_high=float(people.high[i]),
            accidents_nearby=around,
            accidents_inside=inside,
            lifted_nearby=lifted,
            cleared_overlap_m2=overlap,
            prior=model.prior(inside, around, lifted, near.distance_m),
            next_action=next_action(hazard, inside, around, lifted, overlap, expected),
        ))
    progress("hazards assessed", 1.0)
    return tuple(result)
