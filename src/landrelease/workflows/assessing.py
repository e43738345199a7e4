"""The next survey of every area, and SHA or CHA from the evidence, for a reader."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.progress import Progress, silent
from landrelease.errors import HAZARD_NOT_HERE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.assess.next_survey import SurveyPlan
    from landrelease.assess.types import TypeProposal
    from landrelease.assess.weights import Weights
    from landrelease.core.extension import Extension
    from landrelease.core.hazard import Land
    from landrelease.store.registry import Registry

# Records whose ids may stand in a log of evidence.
KINDS_OF_EVIDENCE = ("evidence", "item", "accident", "activity", "inspection")


@functools.lru_cache(maxsize=1)
def _packaged_weights() -> Assumptions:
    from landrelease.records.assumptions import read_weights
    from landrelease.workflows import packaged

    with packaged("evidence_weights.csv") as path:
        return read_weights(path)


def load_weights(assumptions: Assumptions, path: Path | None = None,
                 registry: Registry | None = None) -> Weights:
    """The weights of evidence: of a file or of the package, with those of the national extension.

    The extension's thresholds are among the assumptions (`load_assumptions`); a file that a user
    gives goes before them. With a registry, weights of words that its evidence cannot have are
    refused. Raises ASS-302, ASS-303, and what `read_weights` raises.
    """
    from landrelease.assess.weights import Weights
    from landrelease.records.assumptions import read_weights

    table = _packaged_weights()
    if path is None:
        made = Weights(table, assumptions)
    else:
        made = Weights(read_weights(path))
        for a in table:
            made[a.name]  # ASS-302 names the first one that the file lacks
    if registry is not None:
        field = next(f for f in registry.kinds["evidence"].fields if f.name == "evidence_kind")
        made.check_words(field.choices)
    return made


def weights_of_extension(extension: Extension) -> Weights:
    """The weights of the package with those of an extension. ASS-302, ASS-303."""
    from landrelease.core.extension import extended
    from landrelease.core.record import KINDS

    made = load_weights(Assumptions({t.name: t for t in extension.thresholds}))
    field = next(f for f in extended(KINDS, extension)["evidence"].fields
                 if f.name == "evidence_kind")
    made.check_words(field.choices)
    return made


def next_survey(
    land: Land, assumptions: Assumptions, weights: Weights, *, effort: float | None = None,
    threshold: float | None = None, progress: Progress = silent,
) -> SurveyPlan:
    """The next survey of every area, and the best use of `effort` team-days."""
    from landrelease.assess.hazards import assess_whole
    from landrelease.assess.next_survey import plan_survey
    from landrelease.workflows import plane_of

    plane_of(land)
    if threshold is not None and 0 < threshold < 1:
        assumptions = _with_threshold(assumptions, threshold)
    found = assess_whole(land, assumptions, weights, progress)
    return plan_survey(land.hazards, found, assumptions, effort, threshold)


def _with_threshold(assumptions: Assumptions, threshold: float) -> Assumptions:
    """The next action follows the threshold of this run too."""
    held = assumptions["review_threshold"]
    return Assumptions({**assumptions.by_name, held.name: dataclasses.replace(
        held, value=threshold, low=threshold, high=threshold)})


def survey_rows(plan: SurveyPlan) -> list[dict[str, Any]]:
    """The rows for JSON and CSV; an effort without end is None, and the words say so."""
    return [{name: None if isinstance(value, float) and math.isinf(value) else value
             for name, value in dataclasses.asdict(row).items()} for row in plan.rows]


def survey_summary(plan: SurveyPlan, land: Land) -> dict[str, Any]:
    """What the budget achieves, and the threshold with its source."""
    return {
        "synthetic": land.synthetic, "chain_head": land.chain_head,
        "threshold": plan.threshold.value, "threshold_source": plan.threshold.source,
        "effort_team_days": plan.budget_days, "expected_contaminated": plan.found_total,
        "expected_found": plan.found, "expected_found_if_spread_evenly": plan.found_uniform,
        "areas_at_threshold_by_allocation": plan.reach_by_allocation,
        "areas_chosen": plan.chosen_count, "team_days_of_chosen": plan.chosen_days,
        "hectares_of_chosen": plan.chosen_ha, "words": list(plan.words)}


def propose_types(
    land: Land, assumptions: Assumptions, weights: Weights, hazard: str | None = None,
) -> tuple[TypeProposal, ...]:
    """SHA or CHA of every hazard, or of one. ASS-304: there is no such hazard for this reader."""
    from landrelease.assess.pieces import pieces_of
    from landrelease.assess.types import propose_type
    from landrelease.workflows import plane_of

    plane = plane_of(land)
    if hazard is not None and all(h.id != hazard for h in land.hazards):
        raise LandReleaseError(HAZARD_NOT_HERE, found=hazard)
    pieces = pieces_of(land, plane, assumptions, weights)
    return tuple(propose_type(h, p, plane, weights)
                 for h, p in zip(land.hazards, pieces, strict=True)
                 if hazard is None or h.id == hazard)


def visible_evidence(registry: Registry, reader: View) -> set[str]:
    """Ids of the records of evidence that the reader may know one by one."""
    return {r.id for kind in KINDS_OF_EVIDENCE if reader.precision(kind) == "exact"
            for r in reader.inside(registry.records(kind))}


def type_rows(proposals: Sequence[TypeProposal], visible: Collection[str]
              ) -> list[dict[str, Any]]:
    """The proposals for JSON. A record that the reader may not know is counted without its id."""
    import shapely

    rows = []
    for proposal in proposals:
        log = []
        for entry in proposal.log:
            row: dict[str, Any] = dataclasses.asdict(entry)
            for name in ("record_id", "same_as"):
                if row[name] and row[name] not in visible:
                    row[name] = "(withheld)"
            log.append(row)
        rows.append({
            "hazard_id": proposal.hazard_id, "recorded": proposal.recorded,
            "proposed": proposal.proposed, "direct_weight": proposal.direct_weight,
            "total_weight": proposal.total_weight, "cha_share": proposal.cha_share,
            "parts": [{"proposed": p.proposed, "area_m2": p.area_m2,
                       "geometry": shapely.geometry.mapping(p.ground)} for p in proposal.parts],
            "reasons": list(proposal.reasons), "log": log})
    return rows


def type_parts(proposals: Sequence[TypeProposal]) -> tuple[list[Any], list[Mapping[str, Any]]]:
    """The parts of all proposals as features: for a GIS, and for `area split --parts`."""
    shapes: list[Any] = []
    rows: list[Mapping[str, Any]] = []
    for proposal in proposals:
        for part in proposal.parts:
            shapes.append(part.ground)
            rows.append({"hazard_id": proposal.hazard_id, "recorded": proposal.recorded,
                         "proposed": part.proposed, "area_m2": part.area_m2})
    return shapes, rows


def weight_rows(weights: Weights) -> list[dict[str, Any]]:
    """The table of weights as it was applied, each with its source."""
    return [dataclasses.asdict(a) for a in weights]
