"""What a saved plan and its forecast say of the ground of one treaty, year by year."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.figures.obligation import Ahead
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile

RUNS = 500


def ahead_of(registry: Registry, reader: View, saved: PlanFile, of_group: set[str] | None, *,
             runs: int = RUNS, seed: int = 1, progress: Progress = silent) -> Ahead | None:
    """None: withheld from the reader, who sees no dated plan (S16) or too few areas (S14).

    of_group : ids of the hazards of the treaty; None: all
    """
    from landrelease.figures.obligation import Ahead
    from landrelease.workflows import load_land
    from landrelease.workflows.outlooks import basis_of

    if not reader.may("plan_dates"):
        return None
    plan = saved.plan
    land: Land = load_land(registry, saved.assumptions, reader=reader)
    wanted = {h.id: h.area_m2 for h in land.hazards if of_group is None or h.id in of_group}
    if reader.precision("hazard") != "exact" and reader.few(len(wanted)):
        return None
    problem, schedule = plan.problem, plan.schedule
    own = np.array([name in wanted for name in problem.hazard_ids], dtype=bool)
    parts: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for s in range(len(problem.stage_ids)):
        end = int(schedule.finish[s])
        if end >= 0 and own[int(problem.hazard[s])]:
            # A slot ends where the next one starts.
            year = problem.slot_starts[min(max(end, 1) - 1, len(problem.slot_starts) - 1)].year
            parts[year][int(problem.activity[s])] += float(problem.released_m2[s])
    names = [name for name, is_own in zip(problem.hazard_ids, own, strict=True) if is_own]
    out = [name for name in wanted if name not in set(names)]
    basis = basis_of(registry, reader, plan, saved.assumptions, land, seed=seed)
    outlook = basis.play(basis.scenarios([])[-1], runs=runs, seed=seed,
                         groups={"treaty": names}, progress=progress)
    assert outlook.area_day is not None and outlook.group_day is not None
    return Ahead(
        outlook.start, {y: (a, b, c) for y, (a, b, c) in parts.items()}, outlook.area_day[:, own],
        outlook.group_day[:, 0], np.array([wanted[n] for n in names]), outlook.horizon_days,
        (len(out), sum(wanted[n] for n in out)), outlook.runs)
