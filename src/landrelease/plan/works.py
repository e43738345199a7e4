"""A plan of a problem as it was asked for, and the plan that is there at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landrelease.core.instance import as_recorded
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem
from landrelease.plan import check
from landrelease.plan.access import relaxed
from landrelease.plan.decoder import decode
from landrelease.plan.rules import WHOLE_CHAIN, quickest_slots, whole_chain

_FEW = 4000  # stages; more take longer in Python than compiled code takes to load


@dataclass(frozen=True, slots=True)
class First:
    """A plan that is there at once, by a simple rule: what a search starts from."""

    rule: str
    score: float
    planned: int  # stages
    stages: int


def first_plan(problem: Problem) -> First:
    """The plan of one simple rule (benefit per day of the whole chain), without any search.

    Without roads (whose reading loads compiled code in any case) a small problem is decoded without
    compiled code.
    """
    schedule = decode(problem, whole_chain(relaxed(problem), quickest_slots(problem)),
                      compiled=problem.access is not None or len(problem.stage_ids) > _FEW)
    return First(WHOLE_CHAIN, check.score(problem, schedule), int((schedule.finish >= 0).sum()),
                 len(problem.stage_ids))


def solved(problem: Problem, *, iterations: int, seed: int, seconds: float | None = None,
           bound_seconds: float = 0.0, progress: Progress = silent, **asked: Any) -> Plan:
    """`search.make_plan` of the problem as it was asked for: an older plan may have moved the
    earliest slots of its works on."""
    from landrelease.plan.search import make_plan

    return make_plan(as_recorded(problem), iterations=iterations, seed=seed, seconds=seconds,
                     bound_seconds=bound_seconds, progress=progress, **asked)
