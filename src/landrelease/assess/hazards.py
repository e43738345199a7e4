"""The assessment of every hazard: exposure, evidence nearby, prior and next survey action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landrelease.assess.actions import Known, next_action
from landrelease.assess.belief import chance_now
from landrelease.assess.exposure import exposure
from landrelease.assess.nearby import nearby
from landrelease.assess.pieces import NONE, Piece, pieces_of
from landrelease.assess.prior import PriorModel
from landrelease.assess.search_effort import passes_threshold
from landrelease.assess.shapes import checked, plane_of
from landrelease.assess.types import BOTH, CHA, TypeProposal, confirms, propose_type
from landrelease.assess.weights import Weights
from landrelease.core.assumption import Assumptions
from landrelease.core.evidence import (
    FIND_WITHOUT_PLACE,
    INSPECTION_FAILED,
    ITEM_FOUND,
    SAME_TEAM_FAILED,
    SURVEY_DONE,
)
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.core.risk import HazardAssessment


@dataclass(frozen=True, slots=True)
class Assessed:
    """All that was assessed of one hazard; `action` is one of `actions.ACTIONS`."""

    assessment: HazardAssessment
    action: str
    known: Known
    proposal: TypeProposal | None  # None: without weights of evidence, or not asked for


def assess_hazards(
    land: Land, assumptions: Assumptions, progress: Progress = silent,
    weights: Weights | None = None,
) -> tuple[HazardAssessment, ...]:
    """Assess each hazard of the land, in its order; an empty land gives an empty tuple.

    See `exposure`, `nearby`, `PriorModel` and `chance_now` for the methods. With weights the
    evidence of the land enters the chance (field `prior`) and the next survey action, and the
    chance is held against `review_threshold`; without them only accidents and lifted minefields
    do. Pure: the same input gives the same result.

    Raises
    ------
    LandReleaseError
        ASS-001: an assumption is missing or out of range. ASS-003: a shape is not valid.
        ASS-012: a settlement's position error or population is not usable.
    """
    return tuple(a.assessment for a in assess_whole(
        land, assumptions, weights, progress, types=False))


def assess_whole(
    land: Land, assumptions: Assumptions, weights: Weights | None, progress: Progress = silent,
    *, types: bool = True,
) -> tuple[Assessed, ...]:
    """As `assess_hazards`, with what the next action rests on and, with `types`, the proposed type.
    """
    if not land.hazards:
        return ()
    plane = plane_of(land)
    model = PriorModel(assumptions)
    progress("evidence near the hazards", 0.0)
    near = nearby(land, plane, assumptions)
    pieces: Sequence[tuple[Piece, ...]] = [()] * len(land.hazards)
    threshold = 0.0
    if weights is not None:
        threshold = checked(assumptions, "review_threshold", 0.0, 1.0).value
        pieces = pieces_of(land, plane, assumptions, weights)

    def people_progress(what: str, share: float) -> None:
        progress(what, 0.2 + 0.7 * share)

    people = exposure(land, plane, assumptions, people_progress)
    result = []
    for i, hazard in enumerate(land.hazards):
        inside, around = int(near.accidents_inside[i]), int(near.accidents_nearby[i])
        lifted, overlap = int(near.lifted_nearby[i]), float(near.cleared_overlap_m2[i])
        expected = float(people.expected[i])
        chance = model.prior(inside, around, lifted, near.distance_m)
        proposal, confirmed = None, False
        if weights is not None:
            if types:
                proposal = propose_type(hazard, pieces[i], plane, weights)
                confirmed = proposal.proposed in (CHA, BOTH)
            else:
                confirmed = confirms(pieces[i], weights)
            chance = chance_now(chance, model, weights, pieces[i], inside, around, lifted)
        known = Known(
            accidents_inside=inside, accidents_nearby=around, lifted_nearby=lifted,
            cleared_overlap_m2=overlap, people_nearby=expected,
            finds=_count(pieces[i], ITEM_FOUND),
            finds_without_place=_count(pieces[i], FIND_WITHOUT_PLACE),
            failed_inspections=_count(pieces[i], INSPECTION_FAILED),
            same_team_failed=_count(pieces[i], SAME_TEAM_FAILED),
            unclear=sum(p.asks and p.evidence.kind != SURVEY_DONE for p in pieces[i]),
            misplaced=sum(p.extent == NONE and p.weight > 0 and not p.against
                          for p in pieces[i]),
            surveys=frozenset(p.evidence.detail for p in pieces[i]
                              if p.evidence.kind == SURVEY_DONE),
            confirmed=confirmed,
            touched=not chance.is_prior,
            passes=weights is not None and passes_threshold(chance.probability, threshold))
        action, words = next_action(hazard, known)
        result.append(Assessed(HazardAssessment(
            hazard_id=hazard.id,
            people_nearby=expected,
            people_low=float(people.low[i]),
            people_high=float(people.high[i]),
            accidents_nearby=around,
            accidents_inside=inside,
            lifted_nearby=lifted,
            cleared_overlap_m2=overlap,
            prior=chance,
            next_action=words,
        ), action, known, proposal))
    progress("hazards assessed", 1.0)
    return tuple(result)


def _count(pieces: Sequence[Piece], kind: str) -> int:
    return sum(p.evidence.kind == kind for p in pieces)
