"""A plan of a problem that was read from tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.work import Plan, Problem

if TYPE_CHECKING:
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile


def plan_tables(
    problem: Problem, assumptions: Assumptions, registry: Registry | None = None, *,
    weights: Mapping[str, float] | None = None, synthetic: bool = False, **asked: Any,
) -> PlanFile:
    """Solve a problem as it stands; with a registry the plan names its state, else none.

    synthetic : the tables say that they are of a synthetic programme (S19)
    weights : of the objective, by name, instead of its own. asked : as of `workflows.searched`.
    """
    from landrelease import workflows

    synthetic = synthetic or (registry is not None and workflows.is_synthetic(registry))
    land = dataclasses.replace(workflows.no_land(synthetic),
                               chain_head="" if registry is None else registry.head())

    def as_file(plan: Plan) -> PlanFile:
        return workflows.plan_file(plan, land, assumptions, problem.slot_starts[0])

    return as_file(workflows.searched(workflows.with_weights(problem, weights or {}), as_file,
                                      **asked))
