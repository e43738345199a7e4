"""The case as a constraint model for CP-SAT: a better plan, or the proof that there is none."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landrelease.plan.cases.bounds import heads, of_skills, skill_sets
from landrelease.plan.cases.case import Case, Work
from landrelease.plan.cases.decode import groups

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


@dataclass(frozen=True, slots=True)
class Found:
    """What a run of the solver gave: a plan that ends sooner, if any, and what it proved."""

    works: tuple[Work, ...] | None
    makespan: int
    bound: int  # no plan ends before it
    impossible: bool  # no plan ends by the asked end; then `bound` is one more than that

    @property
    def closed(self) -> bool:
        """Nothing is left to find: there is no plan, or it is the best."""
        return self.impossible or self.bound == self.makespan


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look: by the clock, or by counted work, which is the same on any machine."""

    seconds: float | None = None
    counted: float | None = None  # CP-SAT's deterministic time, about seconds
    seed: int = 0


class Model:
    """The model of a case in which everything ends by `end`."""

    def __init__(self, case: Case, end: int):
        from ortools.sat.python import cp_model

        self.case, self.end = case, end
        self.model = model = cp_model.CpModel()
        head, tail = heads(case)
        self.start: dict[int, cp_model.IntVar] = {}
        self.chosen: dict[int, list[Any]] = {}
        self.length: dict[int, Any] = {}
        spans: dict[int, Any] = {}
        uses: list[list[tuple[Any, int]]] = [[] for _ in case.renewable]
        self.makespan = model.new_int_var(
            min(end, max((head[a.id] + min(m.duration for m in a.modes) + tail[a.id]
                          for a in case.activities), default=0)), end, "end")
        self.impossible = False
        for activity in case.activities:
            a = activity.id
            lengths = [m.duration for m in activity.modes]
            latest = end - tail[a] - min(lengths)
            if latest < head[a]:
                self.impossible = True
                return
            start = self.start[a] = model.new_int_var(head[a], latest, f"s{a}")
            if len(lengths) == 1:
                self.chosen[a], self.length[a] = [1], lengths[0]
                spans[a] = model.new_fixed_size_interval_var(start, lengths[0], f"i{a}")
                for r, amount in enumerate(activity.modes[0].renewable):
                    if amount:
                        uses[r].append((spans[a], amount))
            else:
                self._modes(activity, start, latest + min(lengths), uses, spans)
        for activity in case.activities:
            a = activity.id
            for b in activity.successors:
                model.add(self.start[b] >= self.start[a] + self.length[a])
            if not activity.successors:
                model.add(self.makespan >= self.start[a] + self.length[a])
        for r, there in enumerate(case.renewable):
            if uses[r]:
                model.add_cumulative([i for i, _ in uses[r]], [d for _, d in uses[r]], there)
        for k, there in enumerate(case.consumable):
            model.add(sum(m.consumable[k] * choice for a in case.activities
                          for m, choice in zip(a.modes, self.chosen[a.id], strict=True)) <= there)
        if case.skills:
            self._people(spans)
        model.minimize(self.makespan)

    def _modes(self, activity, start, latest_end, uses, spans) -> None:
        model, a = self.model, activity.id
        lengths = [m.duration for m in activity.modes]
        choices = [model.new_bool_var(f"m{a},{k}") for k in range(len(lengths))]
        model.add_exactly_one(choices)
        self.chosen[a] = choices
        self.length[a] = sum(d * c for d, c in zip(lengths, choices, strict=True))
        for mode, choice in zip(activity.modes, choices, strict=True):
            part = model.new_optional_fixed_size_interval_var(
                start, mode.duration, choice, f"i{a},{mode}")
            model.add(start + mode.duration <= latest_end).only_enforce_if(choice)
            for r, amount in enumerate(mode.renewable):
                if amount:
                    uses[r].append((part, amount))

    def _people(self, spans) -> None:
        """People of equal skills are counted, not named: who is who follows from the counts."""
        case, model = self.case, self.model
        together = groups(case)
        self.serving: dict[tuple[int, int, int], cp_model.IntVar] = {}
        busy: list[list[tuple[Any, Any]]] = [[] for _ in together]
        for activity in case.activities:
            a = activity.id
            if not sum(activity.people):
                continue
            for g, (skills, persons) in enumerate(together):
                mine = []
                for s in sorted(skills):
                    if activity.people[s - 1]:
                        count = model.new_int_var(
                            0, min(len(persons), activity.people[s - 1]), f"x{a},{g},{s}")
                        self.serving[a, g, s] = count
                        mine.append(count)
                if mine:
                    total = mine[0]
                    if len(mine) > 1:
                        total = model.new_int_var(0, len(persons), f"y{a},{g}")
                        model.add(total == sum(mine))
                    busy[g].append((spans[a], total))
            for s, want in enumerate(activity.people, 1):
                if want:
                    model.add(sum(v for (b, _, z), v in self.serving.items()
                                  if b == a and z == s) == want)
        for (_, persons), used in zip(together, busy, strict=True):
            if used:
                model.add_cumulative([i for i, _ in used], [d for _, d in used], len(persons))
        for skills, there in skill_sets(case):
            wanted = [(spans[x.id], of_skills(x, skills)) for x in case.activities]
            if sum(d for _, d in wanted) > there:
                model.add_cumulative([i for i, d in wanted if d], [d for _, d in wanted if d],
                                     there)

    def hint(self, works: tuple[Work, ...]) -> None:
        """Begin near this plan; it may end later than allowed."""
        self.model.clear_hints()
        persons = {p: g for g, (_, group) in enumerate(groups(self.case)) for p in group}
        for work in works:
            self.model.add_hint(self.start[work.id], work.start)
            choices = self.chosen[work.id]
            if len(choices) > 1:
                for number, choice in enumerate(choices, 1):
                    self.model.add_hint(choice, int(number == work.mode))
            counts = Counter((persons[p], s) for p, s in work.people)
            if self.case.skills:
                for (a, g, s), variable in self.serving.items():
                    if a == work.id:
                        self.model.add_hint(variable, counts.get((g, s), 0))

    def works(self, value: Callable[[Any], int]) -> tuple[Work, ...]:
        """The plan of a solution, with people named."""
        plain = {a.id: Work(a.id, value(self.start[a.id]), 1 + next(
            k for k, c in enumerate(self.chosen[a.id]) if len(a.modes) == 1 or value(c)))
            for a in self.case.activities}
        if not self.case.skills:
            return tuple(plain.values())
        counts = {key: value(v) for key, v in self.serving.items()}
        return named(self.case, tuple(plain.values()), counts)


def named(case: Case, works: tuple[Work, ...],
          counts: dict[tuple[int, int, int], int]) -> tuple[Work, ...]:
    """Name the people behind counts by (activity, group, skill).

    Within a group anyone who is free will do: taken by start, whoever is free first suffices,
    because no period wants more than the group has (colouring of intervals).
    """
    together = groups(case)
    length = {a.id: [m.duration for m in a.modes] for a in case.activities}
    free_from = {p: 0 for _, persons in together for p in persons}
    done: dict[int, Work] = {}
    for work in sorted(works, key=lambda w: (w.start, w.id)):
        people: list[tuple[int, int]] = []
        end = work.start + length[work.id][work.mode - 1]
        for g, (_, persons) in enumerate(together):
            skills = [s for s in range(1, case.skills + 1)
                      for _ in range(counts.get((work.id, g, s), 0))]
            idle = [p for p in persons if free_from[p] <= work.start][:len(skills)]
            for person, skill in zip(idle, skills, strict=True):
                people.append((person, skill))
                # What takes no time keeps nobody.
                free_from[person] = max(free_from[person], end if end > work.start else 0)
        done[work.id] = Work(work.id, work.start, work.mode, tuple(sorted(people)))
    return tuple(done[w.id] for w in works)


def thrifty(case: Case, effort: Effort) -> tuple[tuple[int, ...] | None, bool]:
    """Modes (from 1) of short durations that keep all stocks, or the proof (True) that none do.

    Time is left out, so the linear relaxation that the whole model does without decides it soon.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    choices = [[model.new_bool_var("") for _ in a.modes] for a in case.activities]
    for a, mine in zip(case.activities, choices, strict=True):
        model.add_exactly_one(mine)
        for mode, choice in zip(a.modes, mine, strict=True):
            if any(x > there for x, there in zip(mode.renewable, case.renewable, strict=True)):
                model.add(choice == 0)
    pairs = [(m, c) for a, mine in zip(case.activities, choices, strict=True)
             for m, c in zip(a.modes, mine, strict=True)]
    for k, there in enumerate(case.consumable):
        model.add(sum(m.consumable[k] * c for m, c in pairs) <= there)
    model.minimize(sum(m.duration * c for m, c in pairs))
    solver = cp_model.CpSolver()
    _set(solver.parameters, effort, linear=True)
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return tuple(1 + next(k for k, c in enumerate(mine) if solver.value(c))
                     for mine in choices), False
    return None, status == cp_model.INFEASIBLE


class Look:
    """CP-SAT at work beside the caller: look for the plan that ends first, by `end` at the latest.

    It begins at once in a thread of its own, so that Ctrl-C reaches the caller.
    """

    def __init__(self, case: Case, end: int, hint: tuple[Work, ...] | None, effort: Effort):
        self.end = end
        self.built = Model(case, end)
        self._best: tuple[tuple[Work, ...] | None, int] = (None, end + 1)
        self._status: list[Any] = []
        self._low = 0
        self._thread: threading.Thread | None = None
        if self.built.impossible:
            return
        from ortools.sat.python import cp_model

        if hint is not None:
            self.built.hint(hint)
        look = self

        class Keep(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                end = round(self.objective_value)
                if end < look._best[1]:
                    look._best = look.built.works(self.value), end

        self._keep = Keep()
        self.solver = cp_model.CpSolver()
        self.solver.best_bound_callback = self._bounded
        _set(self.solver.parameters, effort, linear=case.skills > 0)
        self._thread = threading.Thread(target=self._solve)
        self._thread.start()

    def _solve(self) -> None:
        self._status.append(self.solver.solve(self.built.model, self._keep))

    def _bounded(self, bound: float) -> None:
        self._low = max(self._low, math.ceil(bound - 1e-6))

    def running(self, seconds: float = 0.0) -> bool:
        """Whether it is still at work after waiting up to `seconds`."""
        if self._thread is None:
            return False
        self._thread.join(seconds)
        return self._thread.is_alive()

    @property
    def bound(self) -> int:
        """No plan ends before it, as far as is proved so far."""
        return min(self._low, self._best[1])

    @property
    def best(self) -> tuple[tuple[Work, ...] | None, int]:
        """The best plan so far and its end; (None, end + 1) before there is one."""
        return self._best

    def stop(self) -> None:
        """Have it stop; `found` then waits for it."""
        if self._thread is not None:
            self.solver.stop_search()

    def found(self) -> Found:
        """What it found and proved; waits until it has ended."""
        from ortools.sat.python import cp_model

        if self._thread is None:
            return Found(None, self.end + 1, self.end + 1, True)
        self._thread.join()
        if not self._status:
            raise RuntimeError("the solver ended without an answer")
        status = self._status[0]
        if status == cp_model.MODEL_INVALID:
            raise RuntimeError("the model is not valid: " + self.built.model.validate())
        works, makespan = self._best
        if status == cp_model.INFEASIBLE:
            return Found(None, self.end + 1, self.end + 1, True)
        # Ends are whole numbers; what rounding leaves must not raise the bound.
        bound = (makespan if status == cp_model.OPTIMAL
                 else math.ceil(self.solver.best_objective_bound - 1e-6))
        return Found(works, makespan, min(max(0, bound), makespan), False)


def _set(parameters: Any, effort: Effort, *, linear: bool) -> None:
    parameters.num_workers = 1
    parameters.random_seed = effort.seed
    parameters.catch_sigint_signal = False
    if not linear:
        # Without the linear relaxation the proofs on PSPLIB come several times sooner.
        parameters.linearization_level = 0
    if effort.seconds is not None:
        parameters.max_time_in_seconds = max(0.01, effort.seconds)
    if effort.counted is not None:
        parameters.max_deterministic_time = effort.counted
