"""A plan of a problem as it was asked for, and the plan that is there at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landrelease.core.instance import as_recorded
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan import check
from landrelease.plan.access import relaxed
from landrelease.plan.decoder import decode
from landrelease.plan.rules import WHOLE_CHAIN, quickest_slots, whole_chain

STANDING = "the standing plan"
FIRST_ROUND_S = 10.0  # the first round of a search until it is stopped
_FEW = 4000  # stages; more take longer in Python than compiled code takes to load


def check_effort(**effort: float | None) -> None:
    """Raises PLN-009 where a number of iterations or seconds is negative, or is none."""
    for name, number in effort.items():
        if number is not None and not number >= 0:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=number,
                                   expected="0 or more")


@dataclass(frozen=True, slots=True)
class First:
    """A plan that is there at once, by a simple rule or as it stood: what a search starts from."""

    rule: str
    plan: Plan  # marked as interrupted; its bound is 0, as nothing is proven yet

    @property
    def score(self) -> float:
        return self.plan.score

    @property
    def planned(self) -> int:
        """Stages."""
        return int((self.plan.schedule.finish >= 0).sum())

    @property
    def stages(self) -> int:
        return len(self.plan.problem.stage_ids)


def first_plan(problem: Problem, standing: tuple[np.ndarray, np.ndarray] | None = None) -> First:
    """The plan of one simple rule (benefit per day of the whole chain), without any search; or that
    of a standing order (S,) and its options (S,), as `search.make_plan` takes them.

    Without roads (whose reading loads compiled code in any case) a small problem is decoded without
    compiled code.
    """
    problem = as_recorded(problem)
    if standing is None:
        rule, chosen = WHOLE_CHAIN, None
        priority = whole_chain(relaxed(problem), quickest_slots(problem))
    else:
        rule, (priority, chosen) = STANDING, standing
    schedule = decode(problem, priority, chosen=chosen,
                      compiled=problem.access is not None or len(problem.stage_ids) > _FEW)
    score = check.score(problem, schedule)
    return First(rule, Plan(problem, schedule, np.asarray(priority, dtype=np.float64), score, 0.0,
                            {rule: score}, 0.0, 0, 0, interrupted=True))


def solved(problem: Problem, *, iterations: int, seed: int, seconds: float | None = None,
           bound_seconds: float = 0.0, until_stopped: bool = False, progress: Progress = silent,
           **asked: Any) -> Plan:
    """`search.make_plan` of the problem as it was asked for: an older plan may have moved the
    earliest slots of its works on. until_stopped : search in rounds, each twice as long as the one
    before and from its plan, until `progress` raises KeyboardInterrupt or a signal does."""
    from landrelease.plan.search import make_plan

    if until_stopped:
        return _rounds(as_recorded(problem), seed=seed, progress=progress, **asked)
    return make_plan(as_recorded(problem), iterations=iterations, seed=seed, seconds=seconds,
                     bound_seconds=bound_seconds, progress=progress, **asked)


def _rounds(problem: Problem, *, seed: int, progress: Progress,
            improved: Callable[[Plan], None] | None = None,
            standing: tuple[np.ndarray, np.ndarray] | None = None, **asked: Any) -> Plan:
    from landrelease.plan.search import make_plan

    best: Plan | None = None
    seconds = FIRST_ROUND_S
    while True:
        def better(plan: Plan, held: Plan | None = best) -> None:
            if improved is not None and (held is None or plan.score < held.score):
                improved(plan if held is None else _joined(plan, held))

        try:
            made = make_plan(problem, seed=seed, seconds=seconds, progress=progress,
                             standing=standing, improved=better, **asked)
        except KeyboardInterrupt:
            if best is None:
                raise
            return replace(best, interrupted=True)
        best = made if best is None else _joined(made, best)
        if made.interrupted:
            return best
        standing = (best.priority, best.schedule.option)
        seed, seconds = seed + 1, 2 * seconds


def _joined(plan: Plan, other: Plan) -> Plan:
    """The better of two plans of a problem, with the better bound: no plan is below either."""
    best = plan if plan.score <= other.score else other
    return replace(best, bound=min(best.score, max(plan.bound, other.bound)),
                   interrupted=plan.interrupted)
