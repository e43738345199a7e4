"""A plan of a problem that was read from tables, and what of it was held against a registry."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.work import Plan, Problem
from landrelease.errors import PLAN_AREAS_NOT_OPEN, LandReleaseError

if TYPE_CHECKING:
    from pathlib import Path

    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile


FROM_TABLES = "The problem is from tables; the registry was not compared."


def plan_tables(
    problem: Problem, assumptions: Assumptions, registry: Registry | None = None, *,
    weights: Mapping[str, float] | None = None, synthetic: bool = False, **asked: Any,
) -> PlanFile:
    """Solve a problem as it stands; with a registry the plan names its state, else none. Nothing of
    the registry is compared with the tables, and the plan says so.

    synthetic : the tables say that they are of a synthetic programme (S19)
    weights : of the objective, by name, instead of its own. asked : as of `workflows.searched`.
    """
    from landrelease import workflows

    synthetic = synthetic or (registry is not None and workflows.is_synthetic(registry))
    land = dataclasses.replace(workflows.no_land(synthetic),
                               chain_head="" if registry is None else registry.head())

    def as_file(plan: Plan) -> PlanFile:
        return dataclasses.replace(workflows.plan_file(
            plan, land, assumptions, problem.slot_starts[0]), from_tables=True)

    return as_file(workflows.searched(workflows.with_weights(problem, weights or {}), as_file,
                                      **asked))


def areas_not_open(saved: PlanFile, registry: Registry) -> list[str]:
    """Areas of a plan from tables on which it plans work, and which are no open areas of a registry
    (not on record, or released): the one thing of tables that is compared."""
    from landrelease.workflows import hazards_that_stand

    if not saved.from_tables:
        return []
    there = {hazard.id for hazard in hazards_that_stand(registry)}
    problem = saved.plan.problem
    planned = {int(h) for h in problem.hazard[saved.plan.schedule.finish >= 0]}
    return [name for h, name in enumerate(problem.hazard_ids) if h in planned and name not in there]


def check_areas(saved: PlanFile, registry: Registry, path: Path) -> None:
    """Raises PLN-104: a plan from tables has work on ground that is no open area of a registry."""
    missing = areas_not_open(saved, registry)
    if missing:
        raise LandReleaseError(
            PLAN_AREAS_NOT_OPEN, path=str(path), found=f"{len(missing):,}",
            areas=", ".join(missing[:5]) + (" ..." if len(missing) > 5 else ""))
