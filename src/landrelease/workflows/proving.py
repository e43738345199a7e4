"""A better bound for a plan, computed apart from it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landrelease.core.instance import as_recorded, fingerprint
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Schedule


@dataclass(frozen=True, slots=True)
class Proved:
    """What proving has come to: the bound before, now, and how long it took in all."""

    before: float
    bound: float
    score: float
    seconds: float  # all runs together
    instance: str
    fresh: bool  # what was kept before was of another instance, and was put away

    @property
    def gap(self) -> float:
        return (self.score - self.bound) / self.bound if self.bound > 0 else 0.0


def keep_bound_of(plan: Plan, folder: Path, seconds: float, *, synthetic: bool) -> None:
    """Keep a plan's own bound in its folder."""
    from landrelease.store.bounds import keep_bound

    keep_bound(folder, fingerprint(plan.problem), plan.bound, seconds,
               synthetic=synthetic)


def prove_on(folder: Path, plan: Plan, seconds: float, *, synthetic: bool,
             progress: Progress = silent) -> Proved:
    """Look for a better bound of a plan's problem for so long, and keep the best one.

    It may be stopped at any time (Ctrl-C): what was proven until then holds, and is kept.
    """
    from landrelease.plan.search import prove
    from landrelease.store.bounds import keep_bound, load_bound

    problem = as_recorded(plan.problem)
    instance, old = fingerprint(problem), load_bound(folder)
    same = old is not None and old.instance == instance
    before = max(plan.bound, old.bound) if same and old is not None else plan.bound
    began = time.monotonic()
    try:
        found = prove(problem, _placed(plan.schedule), plan.score, seconds, progress)
    except KeyboardInterrupt:
        found = before
    # Above a real plan's score no bound is true. What rounding leaves is cut off.
    assert found <= plan.score * (1 + 1e-9) + 1e-9, "the bound is above a real plan"
    kept = keep_bound(folder, instance, min(max(found, before), plan.score),
                      time.monotonic() - began, synthetic=synthetic)
    return Proved(before, kept.bound, plan.score, kept.seconds, instance,
                  old is not None and not same)


def _placed(schedule: Schedule) -> np.ndarray:
    """int32 (5, S), as the decoder lays a schedule out."""
    return np.array([schedule.option, schedule.start, schedule.first_finish,
                     schedule.second_start, schedule.finish], dtype=np.int32)
