"""What people decided: task orders in, fixed starts, assignments and orders of stages out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from landrelease.core.conditions import Decisions
from landrelease.core.record import Record
from landrelease.core.recorded import Note, Recorded, Sources, by_name, ids_of, listed
from landrelease.core.work import ACTIVITIES, Problem
from landrelease.plan.recorded.done import mostly
from landrelease.plan.recorded.slots import first_day, slot_of, within

BINDING = ("ordered", "started", "suspended")
_MODES = {"manual": ("manual",), "mechanical": ("machine then manual",),
          "animal_detection": ("dogs then manual",),
         "mixed": ("machine then manual", "dogs then manual")}


@dataclass(slots=True)
class _Fixed:
    earliest: np.ndarray
    latest: np.ndarray
    allowed: np.ndarray
    ordered: np.ndarray
    after: list[tuple[int, int]] = field(default_factory=list)


def decisions(problem: Problem, sources: Sources) -> tuple[Decisions | None, Recorded]:
    """Task orders as they stand (signed: S09), laid on the stages of the plan.

    An order holds its stage to the day on which it was to start (`planned_start`), or between
    `not_before` and `start_by`; to the teams and the method that it names; away from
    `excluded_teams`; and behind `after_tasks`. A proposal binds nobody, and neither does an order
    that nobody signed. An order whose day has passed keeps its teams and is free in time.
    """
    stages = len(problem.stage_ids)
    fixed = _Fixed(np.zeros(stages, np.int32), np.full(stages, problem.horizon, np.int32),
                   np.ones(len(problem.first_pool), bool), np.zeros(stages, bool))
    notes: list[Note] = []
    place = Places(problem, sources.tasks, sources.hazards)
    teams = by_name(sources.teams)
    used = 0
    for task in sources.tasks:
        status = task.value("task_status")
        if status not in BINDING:
            continue
        own = place.of(task)
        if not own:
            notes.append(Note("task", task.id, "it is none of the plan's open steps: "
                              + place.why_not(task)))
            continue
        used += 1
        fixed.ordered[own] = True
        if status == "suspended" and not isinstance(task.values.get("not_before"), date):
            notes.append(Note("task", task.id, "it is suspended, and nobody says until when: "
                              "planned as if it could go on"))
        _when(problem, task, own, fixed, notes)
        _who(problem, task, own, fixed, teams, notes)
        for name in listed(task, "after_tasks"):
            before = place.named(name)
            if not before:
                notes.append(Note("task", task.id, f"the task {name}, which it follows, is not in "
                                  "the plan: not kept"))
            fixed.after += [(a, b) for a in before for b in own if a != b]
    round_ = _in_circles([*fixed.after, *((int(before), s) for s, before in enumerate(
        problem.predecessor.tolist()) if before >= 0)])
    if round_:
        names = [problem.stage_ids[s] for s in round_]
        notes.append(Note("task", "", "orders put work behind itself: "
                          + ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
                          + " each follow one another, so that none of them can be planned"))
    read = Recorded({"task": (len(sources.tasks), used)}, tuple(notes))
    if not used:
        return None, read
    pairs = np.array(sorted(set(fixed.after)), np.int32).reshape(-1, 2)
    return Decisions(fixed.earliest, fixed.latest, fixed.allowed, pairs, fixed.ordered), read


def _in_circles(pairs: Sequence[tuple[int, int]]) -> list[int]:
    """What follows itself by pairs (earlier, later), or stands between two such circles."""
    left = set(pairs)
    while True:
        first, last = {a for a, _ in left}, {b for _, b in left}
        kept = {(a, b) for a, b in left if a in last and b in first}
        if kept == left:
            return sorted(first)
        left = kept


class Places:
    """The stages that a task is about: by the stage that it names, else by its area (id or
    identifier), its kind and its ground."""

    def __init__(self, problem: Problem, tasks: Sequence[Record],
                 hazards: Sequence[Record] = ()):
        self.problem = problem
        self.number = {name: s for s, name in enumerate(problem.stage_ids)}
        own = {name: h for h, name in enumerate(problem.hazard_ids)}
        self.hazard = {**{name: own[known] for name, known in ids_of(hazards).items()
                          if known in own}, **own}
        self.tasks = by_name(tasks)

    def why_not(self, task: Record) -> str:
        """Why no stage of the plan is what a task is about; it says nothing of its ground."""
        hazard, kind = str(task.values.get("hazard") or ""), str(task.value("task_type"))
        if not hazard:
            return "it names no area"
        if hazard not in self.hazard:
            return f"the area {hazard} is not in the plan"
        if kind not in ACTIVITIES:
            return f"a plan has no work of the kind {kind}"
        return f"{hazard} is in the plan, and no {kind} of it is open there"

    def named(self, name: str) -> list[int]:
        task = self.tasks.get(name)
        return [] if task is None else self.of(task)

    def of(self, task: Record) -> list[int]:
        for name in (str(task.values.get("identifier") or ""), task.id.removeprefix("task:")):
            if name in self.number:
                return [self.number[name]]
        problem = self.problem
        h = self.hazard.get(str(task.values.get("hazard") or ""), -1)
        kind = task.value("task_type")
        if h < 0 or kind not in ACTIVITIES:
            return []
        own = np.flatnonzero((problem.hazard == h)
                             & (problem.activity == ACTIVITIES.index(kind)))
        if len(own) > 1 and task.geometry is not None and not task.geometry.is_empty:
            grounds = np.array([problem.tasks[int(problem.task[s])].ground for s in own],
                               dtype=object)
            own = own[mostly(grounds, task.geometry)]
        return [int(s) for s in own]


def _when(problem: Problem, task: Record, own: Sequence[int], fixed: _Fixed, notes: list[Note]
          ) -> None:
    start, soonest, by = (task.values.get(n) for n in ("planned_start", "not_before", "start_by"))
    if isinstance(soonest, date) or isinstance(by, date):
        low = within(problem, soonest, None)[0] if isinstance(soonest, date) else 0
        high = problem.horizon
        if isinstance(soonest, date) and low >= problem.horizon:
            notes.append(Note("task", task.id, f"it is not to start before {soonest.isoformat()}, "
                              "after the end of the plan: no work on it is dated"))
        if isinstance(by, date):
            high = max(0, int(np.searchsorted(
                np.array([d.toordinal() for d in problem.slot_starts[:problem.horizon]]),
                by.toordinal(), side="right")) - 1)
            if by < first_day(problem):
                notes.append(Note("task", task.id, f"it was to start by {by.isoformat()}: its day "
                                  "has passed"))
                high = problem.horizon
    elif isinstance(start, date) and start >= first_day(problem):
        # Work starts where a slot of the plan does: never before the day that was signed.
        low = high = sum(day < start for day in problem.slot_starts[:problem.horizon])
        if low < problem.horizon and problem.slot_starts[slot_of(problem, start)] > start:
            notes.append(Note("task", task.id, f"its day, {start.isoformat()}, is outside the "
                              "working season: planned from "
                              f"{problem.slot_starts[low].isoformat()} on"))
        if low >= problem.horizon:
            notes.append(Note("task", task.id, f"it is to start on {start.isoformat()}, after the "
                              "end of the plan: no work on it is dated"))
            high = problem.horizon
    else:
        if isinstance(start, date):
            notes.append(Note("task", task.id, f"its day, {start.isoformat()}, has passed: planned "
                              "with its teams, free in time"))
        return
    for s in own:
        fixed.earliest[s] = max(int(fixed.earliest[s]), min(low, problem.horizon))
        fixed.latest[s] = min(int(fixed.latest[s]), high)


def _who(problem: Problem, task: Record, own: Sequence[int], fixed: _Fixed,
         teams: dict[str, Record], notes: list[Note]) -> None:
    def pools(names: Sequence[str]) -> set[int]:
        wanted = {teams[n].id if n in teams else n for n in names}
        return {p for p, pool in enumerate(problem.pools)
                if pool.id in wanted or wanted & set(pool.members)
                or any(n.rpartition("-")[0] == pool.id for n in wanted)}

    asked, excluded = listed(task, "teams"), listed(task, "excluded_teams")
    named, shut = pools(asked), pools(excluded)
    if asked and not named:
        notes.append(Note("task", task.id, "none of its teams is in the plan: planned with others"))
    shared = [p for p in shut if problem.pools[p].teams > 1]
    if shared:
        notes.append(Note("task", task.id, "an excluded team is one of several like it in the plan:"
                          f" none of {', '.join(problem.pools[p].id for p in shared)} comes"))
    if excluded and not shut:
        notes.append(Note("task", task.id, "none of its excluded teams is in the plan"))
    modes = _MODES.get(str(task.value("method")), ())
    for s in own:
        low, high = int(problem.option_start[s]), int(problem.option_start[s + 1])
        may = np.ones(high - low, bool)
        for o in range(low, high):
            first, second = int(problem.first_pool[o]), int(problem.second_pool[o])
            if named and first not in named:
                may[o - low] = False
            # Where an order names a team for the follow-up, it is that one.
            kinds = {problem.pools[p].kind for p in named}
            if second >= 0 and named and problem.pools[second].kind in kinds \
                    and second not in named:
                may[o - low] = False
            if {first, second} & shut:
                may[o - low] = False
            if modes and int(problem.activity[s]) == 2 and problem.option_mode[o] not in modes:
                may[o - low] = False
        if not (fixed.allowed[low:high] & may).any() and high > low:
            notes.append(Note("task", task.id, f"no team of the plan can do "
                              f"{problem.stage_ids[s]} as it was ordered: `plan conflicts` says "
                              "what stands against it"))
        fixed.allowed[low:high] &= may
