"""A plan of a problem that was read from tables."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from landrelease.core.assumption import Assumptions
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Problem

if TYPE_CHECKING:
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile


def plan_tables(
    problem: Problem, assumptions: Assumptions, registry: Registry | None = None, *,
    iterations: int, seed: int, seconds: float | None = None, bound_seconds: float = 0.0,
    progress: Progress = silent,
) -> PlanFile:
    """Solve a problem as it stands; with a registry the plan names its state, else none."""
    from landrelease import workflows
    from landrelease.plan.works import solved

    synthetic = registry is not None and workflows.is_synthetic(registry)
    land = dataclasses.replace(workflows.no_land(synthetic),
                               chain_head="" if registry is None else registry.head())
    plan = solved(problem, iterations=iterations, seed=seed, seconds=seconds,
                  bound_seconds=bound_seconds, progress=progress)
    return workflows.plan_file(plan, land, assumptions, problem.slot_starts[0])
