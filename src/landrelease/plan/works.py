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
from landrelease.core.progress import Progress, silent
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


def solved(problem: Problem, *, iterations: int, seed: int, seconds: float | None = None,
           bound_seconds: float = 0.0, progress: Progress = silent, **asked: Any) -> Plan:
    """`search.make_plan` of the problem as it was asked for, with the works in their sequence and
    seasons.

    Where works have either, a quarter of the effort goes into a second search that starts from the
    first plan and knows how long its works have to wait; simple rules are put right alike, and the
    best of all of them is the plan. The bound is that of the first search: it is of the problem
    without sequence and seasons, which no plan with them can beat.
    """
    from landrelease.plan.search import make_plan

    asked_for = as_recorded(problem)
    works = asked_for.conditions.projects
    if works is None or (works.after is None and works.may_start is None):
        return make_plan(asked_for, iterations=iterations, seed=seed, seconds=seconds,
                         bound_seconds=bound_seconds, progress=progress, **asked)
    again = iterations // 4

    def part(low: float, high: float) -> Progress:
        return lambda what, share: progress(what, low + (high - low) * share)

    made = make_plan(asked_for, iterations=iterations - again, seed=seed,
                     seconds=None if seconds is None else 0.75 * seconds,
                     bound_seconds=bound_seconds, progress=part(0.0, 0.75), **asked)
    tried = [in_sequence(made)]
    scores = {}
    for name, priority in rules(asked_for).items():
        schedule = decode(asked_for, priority)
        ruled = in_sequence(replace(made, schedule=schedule, priority=priority,
                                    score=check.score(asked_for, schedule)))
        scores[name] = ruled.score
        tried.append(ruled)
    best = min(tried, key=lambda plan: plan.score)
    if not made.interrupted and (again or seconds is not None):
        second = make_plan(
            best.problem, iterations=again if seconds is None else iterations, seed=seed,
            seconds=None if seconds is None else 0.25 * seconds, progress=part(0.75, 1.0),
            bound_iterations=1, standing=(best.priority, best.schedule.option))
        best = min(best, in_sequence(second), key=lambda plan: plan.score)
        best = replace(best, interrupted=second.interrupted)
    return replace(best, rules=scores, bound=min(made.bound, best.score), floor=made.floor,
                   iterations=iterations)
