"""Works of the second phase in their sequence and in their seasons.

The decoder starts a work when its land is released and its fund can pay. Where a work follows
another one, or has a season, it may have to wait longer: its earliest slot is moved on and the plan
is decoded again, until every work keeps to both. Works take money of their fund alone, so that the
stages stay where they are unless a stage is paid by the same fund. All this only takes plans away,
so that a bound that was proven without it still holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landrelease.core.instance import as_recorded
from landrelease.core.work import Plan, Problem, Schedule
from landrelease.plan import check
from landrelease.plan.decoder import decode
from landrelease.plan.rules import rules


def in_sequence(plan: Plan) -> Plan:
    """The plan with every work in its season and behind the works that it follows.

    The problem of the result has the earliest slots that this took, and those that were asked for
    beside them (`as_recorded` takes them back).
    """
    problem, schedule = plan.problem, plan.schedule
    works = problem.conditions.projects
    if works is None or (works.after is None and works.may_start is None):
        return plan
    while True:
        earliest = _earliest(problem, schedule)
        works = problem.conditions.projects
        assert works is not None
        if np.array_equal(earliest, works.earliest):
            break
        asked = works.earliest if works.asked_earliest is None else works.asked_earliest
        problem = replace(problem, conditions=replace(problem.conditions, projects=replace(
            works, earliest=earliest, asked_earliest=asked)))
        schedule = decode(problem, plan.priority, chosen=plan.schedule.option)
    if problem is plan.problem:
        return plan
    score = check.score(problem, schedule)
    return replace(plan, problem=problem, schedule=schedule, score=score,
                   bound=min(plan.bound, score))


def _earliest(problem: Problem, schedule: Schedule) -> np.ndarray:
    """Earliest slots (W,), moved on where a work starts too soon; never back."""
    works = problem.conditions.projects
    assert works is not None
    assert schedule.project_start is not None and schedule.project_finish is not None
    out = works.earliest.copy()
    for w in range(len(works.ids)):
        begin = int(schedule.project_start[w])
        if begin < 0:
            continue
        soonest = begin
        if works.after is not None:
            for a in works.after[works.after[:, 1] == w, 0]:
                end = int(schedule.project_finish[a])
                soonest = max(soonest, end if end >= 0 else problem.horizon)
        if works.may_start is not None and soonest < problem.horizon:
            open_slots = np.flatnonzero(works.may_start[w, soonest:])
            soonest = soonest + int(open_slots[0]) if len(open_slots) else problem.horizon
        if soonest > begin:
            out[w] = max(int(out[w]), soonest)
    return out


@dataclass(frozen=True, slots=True)
class First:
    """A plan that is there at once, by a simple rule: what a search starts from."""

    rule: str
    score: float
    planned: int  # stages
    stages: int


def first_plan(problem: Problem) -> First:
    """The plan of one simple rule (benefit per day of the whole chain), without any search."""
    rule = "benefit per day, whole chain"
    schedule = decode(problem, rules(problem)[rule])
    return First(rule, check.score(problem, schedule), int((schedule.finish >= 0).sum()),
                 len(problem.stage_ids))


def solved(problem: Problem, **asked: Any) -> Plan:
    """`search.make_plan` of the problem as it was asked for, with the works in their sequence and
    seasons."""
    from landrelease.plan.search import make_plan

    return in_sequence(make_plan(as_recorded(problem), **asked))
