"""Why work that was asked for cannot be planned: a smallest set of conflicting requirements.

What was asked for (pinned stages, or stages that a user names) and all that it waits for (surveys,
roads) is written as a constraint model, each requirement that a person can give way in with a
switch of its own. A smallest set of switches that cannot all be on is found by implicit hitting
sets (A. Ignatiev, A. Previti, M. Liffiton, J. Marques-Silva, Smallest MUS extraction with minimal
hitting set dualization, CP 2015): a smallest set that hits all known ways of giving way is tried;
if it conflicts, it is the answer; if not, it is grown as far as it can be kept, and what is left
out is one more way of giving way. What a single row of the tables makes impossible (`one_row`) is
answered before any question to a solver.

Survey before clearance, a machine's follow-up and the horizon are no requirements: nobody can give
way in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from landrelease.core.conditions import Money
from landrelease.core.conflict import Conflict, Requirement
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Problem
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan.compare import end_of, start_of
from landrelease.plan.one_row import rows_that_nothing_keeps

SECONDS = 20.0  # for one question to the solver
_CALLS = 400
_TOO_LONG = ("not even without all of these can it be done by the end of the plan: it takes longer "
             "than there is time")


def pinned(problem: Problem) -> tuple[int, ...]:
    """Stages that people have fixed a start for."""
    decided = problem.conditions.decisions
    if decided is None:
        return ()
    return tuple(np.flatnonzero(decided.latest < problem.horizon).tolist())


def conflict(problem: Problem, asked: Iterable[int] | None = None, *, seed: int = 0,
             kept: Iterable[int] = (), progress: Progress = silent) -> Conflict | None:
    """A smallest set of requirements that keeps stages from being done by the horizon.

    asked : stages; None: those that are pinned. kept : other pinned stages, whose decisions count
    as requirements too (those that some plan keeps: else they conflict on their own). Returns None
    where all that is asked can be done. The same input and seed give the same answer; where the
    solver finds none in its time, it is said to be unknown, never that it cannot be done.

    Raises PLN-009: a stage that is not one.
    """
    stages = tuple(sorted(set(pinned(problem) if asked is None else asked)))
    for s in stages:
        if not 0 <= s < len(problem.stage_ids):
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="a stage", found=s,
                                   expected=f"0 to {len(problem.stage_ids) - 1}")
    if not stages:
        return None
    names = tuple(problem.stage_ids[s] for s in stages)
    model = _Model(problem, stages, frozenset(kept) - set(stages), seed)
    if model.never:
        return Conflict(names, (), model.never)
    alone, possible = rows_that_nothing_keeps(problem, stages)
    if not possible:
        return Conflict(names, (), _TOO_LONG)
    for row in model.requirements:
        if (row.kind, row.key) in alone:
            return Conflict(names, (row,))
    everything = frozenset(range(len(model.requirements)))
    if model.keeps(everything):
        return None
    if model.keeps(everything) is None:
        return Conflict(names, (), "whether it can be done was not found out in the time that the "
                        "solver has", proven=False)
    if model.keeps(frozenset()) is False:
        return Conflict(names, (), _TOO_LONG)
    ways: list[frozenset[int]] = []  # each a set of requirements that resolves it if given up
    for call in range(_CALLS):
        progress("looking for a smallest conflict", call / _CALLS)
        tried = _hitting(ways, len(model.requirements))
        if model.keeps(tried) is False:
            return Conflict(names, tuple(model.requirements[r] for r in sorted(tried)),
                            proven=not model.unsure)
        held = set(tried)
        for r in sorted(everything - tried):
            if model.keeps(frozenset({*held, r})):
                held.add(r)
        ways.append(everything - held)
    # Too many ways: a set from which nothing can be left out, perhaps not the smallest.
    left = set(everything)
    for r in sorted(everything):
        if model.keeps(frozenset(left - {r})) is False:
            left.discard(r)
    return Conflict(names, tuple(model.requirements[r] for r in sorted(left)), proven=False)


def starts_of(problem: Problem, wanted: Iterable[int], *, seed: int = 0
              ) -> dict[int, tuple[int, int, int]] | None:
    """Option and starts of both steps (-1: no second) of stages that are wanted, and of what comes
    before them, in a plan that does them all; None where there is none, or none is found."""
    model = _Model(problem, tuple(sorted(set(wanted))), frozenset(), seed)
    return None if model.never else model.plan(_TO_KEEP)


_TO_KEEP = 4.0  # deterministic seconds


def _hitting(ways: list[frozenset[int]], count: int) -> frozenset[int]:
    """A smallest set with a member of each way; of equal ones the first in order."""
    if not ways:
        return frozenset()
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(count)]
    for way in ways:
        model.add_bool_or([x[r] for r in sorted(way)])
    # Smallest first, then by order, so that the answer does not depend on the solver.
    model.minimize(sum((count * count + r) * x[r] for r in range(count)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.solve(model)
    return frozenset(r for r in range(count) if solver.boolean_value(x[r]))


@dataclass(slots=True)
class _Step:
    """Variables of a step of a stage in one option; `cost` of first steps that a fund pays."""

    stage: int
    start: Any
    end: Any
    present: Any
    pool: int
    thing: int
    slots: int
    calendar: int
    interval: Any = None
    cost: float = 0.0


@dataclass(slots=True)
class _Stage:
    start: Any
    end: Any
    done: Any  # literal: it is done by the horizon
    options: list[tuple[int, Any]] = field(default_factory=list)


class _Model:
    """The stages that matter, with a switch for each requirement."""

    def __init__(self, problem: Problem, asked: tuple[int, ...], kept: frozenset[int],
                 seed: int):
        from ortools.sat.python import cp_model

        self.cp, self.problem, self.seed = cp_model, problem, seed
        self.model = cp_model.CpModel()
        self.requirements: list[Requirement] = []
        self.switch: dict[tuple[str, str], Any] = {}
        self.unsure = False
        self.never = ""
        self.answers: dict[frozenset[int], bool | None] = {}
        self.asked = asked
        self.stages: dict[int, _Stage] = {}
        self.steps: list[_Step] = []
        self.opens: dict[int, Any] = {}
        for s in sorted(self._needed({*asked, *kept})):
            self._stage(s)
        for s in sorted(kept):  # it is done, as long as nobody gives way in it
            if ("decided", problem.stage_ids[s]) in self.switch:
                self.model.add_implication(self.switch["decided", problem.stage_ids[s]],
                                           self.stages[s].done)
        for s in asked:
            if not self.stages[s].options:
                kind = ("NTS", "TS", "clearance")[int(problem.activity[s])]
                self.never = f"no team can do {problem.stage_ids[s]} ({kind})"
            self.model.add(self.stages[s].done == 1)
        self._order()
        self._roads()
        self._resources()
        self._money()

    # --- what matters ----------------------------------------------------------------------------

    def _needed(self, asked: Collection[int]) -> set[int]:
        """The stages asked for and all that may have to come before them."""
        p, access = self.problem, self.problem.access
        decided = p.conditions.decisions
        found, stack = set(asked), list(asked)
        zones: set[int] = set()

        def add(s: int) -> None:
            if s not in found:
                found.add(s)
                stack.append(s)

        while stack:
            s = stack.pop()
            if int(p.predecessor[s]) >= 0:
                add(int(p.predecessor[s]))
            if decided is not None:
                for before in decided.after[decided.after[:, 1] == s, 0].tolist():
                    add(before)
            if access is None:
                continue
            reach = [int(access.zone[s])]
            while reach:
                zone = reach.pop()
                if zone in zones or zone == 0:
                    continue
                zones.add(zone)
                for g in np.flatnonzero(access.gate_to == zone).tolist():
                    reach.append(int(access.gate_from[g]))
                    for x in access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]:
                        add(int(x))
        self.zones = sorted(zones)
        return found

    def _on(self, kind: str, key: str, words: str) -> Any:
        """The switch of a requirement, made when it is first asked for."""
        if (kind, key) not in self.switch:
            self.switch[kind, key] = self.model.new_bool_var(f"{kind} {key}")
            self.requirements.append(Requirement(kind, key, words))  # type: ignore[arg-type]
        return self.switch[kind, key]

    # --- stages ----------------------------------------------------------------------------------

    def _stage(self, s: int) -> None:
        p, m, horizon = self.problem, self.model, self.problem.horizon
        made = _Stage(m.new_int_var(0, horizon, ""), m.new_int_var(0, horizon, ""),
                      m.new_bool_var(""))
        self.stages[s] = made
        name = p.stage_ids[s]
        decided = p.conditions.decisions
        for o in range(int(p.option_start[s]), int(p.option_start[s + 1])):
            present = m.new_bool_var("")
            first = self._step(s, o, "first", present)
            if first is None:
                continue
            m.add(made.start == first.start).only_enforce_if(present)
            last = first
            if int(p.second_pool[o]) >= 0:
                second = self._step(s, o, "second", present)
                if second is None:
                    m.add(present == 0)
                    continue
                m.add(second.start >= first.end).only_enforce_if(present)
                last = second
            m.add(made.end == last.end).only_enforce_if(present)
            made.options.append((o, present))
            if decided is not None and not bool(decided.allowed[o]):
                pools = ", then ".join(p.pools[int(q)].id for q in (
                    p.first_pool[o], p.second_pool[o]) if int(q) >= 0)
                on = self._on("forbidden", f"{name} {o}",
                              f"{name} may not be done by {pools} ({p.option_mode[o]}): decided")
                m.add_bool_or([on.negated(), present.negated()])
        m.add_exactly_one([*(x for _, x in made.options), made.done.negated()])
        if decided is not None:
            low, high = int(decided.earliest[s]), int(decided.latest[s])
            if low > 0 or high < horizon:
                when = ("starts after the end of the plan" if low >= horizon else
                        f"starts not before {self._day(low)}" if high >= horizon else
                        f"starts by {self._day(high)}" if low <= 0 else
                        f"starts on {self._day(low)}" if low == high else
                        f"starts between {self._day(low)} and {self._day(high)}")
                on = self._on("decided", name, f"{name} {when}: decided")
                m.add(made.start >= low).only_enforce_if([on, made.done])
                m.add(made.start <= high).only_enforce_if([on, made.done])

    def _step(self, s: int, o: int, which: str, present: Any) -> _Step | None:
        """A step: where it may start and end with and without its closure, in its windows."""
        p, m, terms, horizon = self.problem, self.model, self.problem.conditions, \
            self.problem.horizon
        pool = int(getattr(p, f"{which}_pool")[o])
        slots = int(getattr(p, f"{which}_slots")[o])
        gear, calendars, windows = terms.equipment, terms.calendars, terms.windows
        if slots > horizon:
            return None
        start, end = m.new_int_var(0, horizon - 1, ""), m.new_int_var(0, horizon, "")
        calendar = 0 if calendars is None else int(getattr(calendars, which)[o])
        row = np.ones(horizon, bool) if calendars is None else calendars.open[calendar]
        # An idle table keeps start and end of an option that is not taken free.
        if row.all() or calendars is None:
            m.add(end == start + slots).only_enforce_if(present)
        else:
            on = self._on("closure", calendars.ids[calendar],
                          f"no work {self._closed(row)}: {calendars.ids[calendar]}")
            open_places = [(t, e) for t, e in enumerate(_ends(row, slots)) if e >= 0]
            held = m.new_bool_var("")
            m.add_bool_and([on, present]).only_enforce_if(held)
            m.add_bool_or([on.negated(), present.negated(), held])
            if open_places:
                m.add_allowed_assignments([start, end], open_places).only_enforce_if(held)
            else:
                m.add(held == 0)
            m.add(end == start + slots).only_enforce_if([present, on.negated()])
        pool_id = p.pools[pool].id
        low, high = int(p.pool_opens[pool]), int(p.pool_closes[pool])
        if low > 0 or high < horizon:
            there = self._on("presence", pool_id, f"{pool_id} is there "
                             f"{self._between(low, high)}")
            m.add(start >= low).only_enforce_if([there, present])
            m.add(end <= high).only_enforce_if([there, present])
        if windows is not None:
            low = int(getattr(windows, f"{which}_from")[o])
            high = int(getattr(windows, f"{which}_until")[o])
            if low > 0 or high < horizon:
                leave = self._on("accreditation", f"{pool_id} {low} {high}",
                                 f"{pool_id} is accredited {self._between(low, high)}")
                m.add(start >= low).only_enforce_if([leave, present])
                m.add(end <= high).only_enforce_if([leave, present])
        step = _Step(s, start, end, present, pool,
                     -1 if gear is None else int(getattr(gear, which)[o]), slots, calendar)
        step.interval = m.new_optional_interval_var(
            start, m.new_int_var(0, horizon, ""), end, present, "")
        if which == "first" and terms.money is not None and int(terms.money.stage_fund[s]) >= 0:
            step.cost = float(p.option_cost[o])
        self.steps.append(step)
        return step

    # --- between stages --------------------------------------------------------------------------

    def _order(self) -> None:
        p, m = self.problem, self.model
        decided = p.conditions.decisions
        for s, made in self.stages.items():
            before = int(p.predecessor[s])
            if before >= 0:
                m.add_implication(made.done, self.stages[before].done)
                m.add(made.start >= self.stages[before].end).only_enforce_if(made.done)
            if decided is not None:
                for earlier in decided.after[decided.after[:, 1] == s, 0].tolist():
                    on = self._on("after", f"{earlier} {s}", f"{p.stage_ids[s]} comes after "
                                  f"{p.stage_ids[earlier]}: decided")
                    first = self.stages[earlier]
                    m.add_bool_or([on.negated(), made.done.negated(), first.done])
                    m.add(made.start >= first.end).only_enforce_if([on, made.done])

    def _roads(self) -> None:
        """A zone opens by a chain of open gates from the bases; one switch for all roads."""
        m, access, horizon = self.model, self.problem.access, self.problem.horizon
        if access is None or not self.zones:
            return
        on = self._on("roads", "roads", "work begins only where open roads lead")
        opens: dict[int, Any] = {0: 0}
        rank: dict[int, Any] = {0: 0}  # a chain has no circle
        for z in self.zones:
            opens[z] = m.new_int_var(0, horizon, "")
            rank[z] = m.new_int_var(1, len(self.zones), "")
        ways: dict[int, list[Any]] = {z: [] for z in self.zones}
        for g in range(len(access.gate_ids)):
            here, there = int(access.gate_from[g]), int(access.gate_to[g])
            if there not in ways or here not in opens:
                continue
            used = m.new_bool_var("")
            ways[there].append(used)
            m.add(opens[there] >= opens[here]).only_enforce_if(used)
            m.add(rank[there] >= rank[here] + 1).only_enforce_if(used)
            for x in access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]].tolist():
                m.add_implication(used, self.stages[x].done)
                m.add(opens[there] >= self.stages[x].end).only_enforce_if(used)
            if here != 0:
                ways_here = self._reached(here)
                m.add_implication(used, ways_here)
        for z in self.zones:
            reached = self._reached(z)
            m.add_bool_or([*ways[z], reached.negated()])
        for s, made in self.stages.items():
            zone = int(access.zone[s])
            if zone == 0:
                continue
            m.add_bool_or([on.negated(), made.done.negated(), self._reached(zone)])
            m.add(made.start >= opens[zone]).only_enforce_if([on, made.done])

    def _reached(self, zone: int) -> Any:
        if zone not in self.opens:
            self.opens[zone] = self.model.new_bool_var("")
        return self.opens[zone]

    def _resources(self) -> None:
        """A pool, or a shared thing, is held by no more steps than it has units."""
        p, m, gear = self.problem, self.model, self.problem.conditions.equipment
        groups: list[tuple[str, str, int, list[_Step], str]] = []
        for i, pool in enumerate(p.pools):
            groups.append(("teams", pool.id, int(p.pool_teams[i]),
                           [x for x in self.steps if x.pool == i],
                           f"{pool.id} has {int(p.pool_teams[i])} team(s)"))
        for e, name in enumerate(() if gear is None else gear.ids):
            units = 0 if gear is None else int(gear.units[e])
            groups.append(("equipment", name, units, [x for x in self.steps if x.thing == e],
                           f"there are {units} of {name}"))
        for kind, key, units, steps, words in groups:
            if not steps:
                continue
            on = self._on(kind, key, words)
            many = len(steps) + units
            room = m.new_int_var(units, many, "")
            m.add(room == units).only_enforce_if(on)
            if units == 0:
                for x in steps:
                    m.add_bool_or([on.negated(), x.present.negated()])
            m.add_cumulative([x.interval for x in steps], [1] * len(steps), room)

    def _money(self) -> None:
        """What was spent up to any slot had arrived by then."""
        p, m, money = self.problem, self.model, self.problem.conditions.money
        if money is None:
            return
        if money.may_pay is not None or money.until is not None:
            return self._earmarked(money)
        for f, name in enumerate(money.fund_ids):
            bills = [x for x in self.steps if x.cost > 0 and int(money.stage_fund[x.stage]) == f]
            if not bills:
                continue
            arrived = np.asarray(money.arrived[f], float)
            on = self._on("money", name, f"{name} has {arrived[-1]:,.0f} {money.currency}, "
                          f"{arrived[0]:,.0f} of it at the start")
            scale = _scale([x.cost for x in bills], arrived)
            for t in [*np.flatnonzero(np.diff(arrived) > 0).tolist(), p.horizon - 1]:
                soon = []
                for x in bills:
                    early = m.new_bool_var("")  # it starts in slot t or before
                    m.add(x.start <= t).only_enforce_if(early)
                    m.add(x.start > t).only_enforce_if(early.negated())
                    both = m.new_bool_var("")
                    m.add_bool_or([early.negated(), x.present.negated(), both])
                    soon.append(int(np.floor(x.cost * scale)) * both)
                m.add(sum(soon) <= int(np.ceil(arrived[t] * scale))).only_enforce_if(on)

    def _earmarked(self, money: Money) -> None:
        """The same where funds may be spent on some lines, or in some time, only: each bill is
        divided among arrivals of the funds that may pay it."""
        p, m = self.problem, self.model
        bills = [x for x in self.steps if x.cost > 0 and int(money.stage_fund[x.stage]) >= 0]
        scale = _scale([x.cost for x in bills], np.asarray(money.arrived, float))
        cents = [int(np.floor(x.cost * scale)) for x in bills]
        parts: list[list[Any]] = [[] for _ in bills]
        ends, payers = money.ends(), money.payers()
        for f, name in enumerate(money.fund_ids):
            able = [b for b, x in enumerate(bills)
                    if f in payers[int(money.stage_fund[x.stage])].tolist()]
            if not able:
                continue
            arrived = np.asarray(money.arrived[f], float)
            last = int(ends[f])
            words = (f"{name} has {arrived[max(0, last - 1)]:,.0f} {money.currency}, "
                     f"{arrived[0]:,.0f} of it at the start")
            if last < p.horizon:
                words += f", to be spent before {self._until(last)}"
            if money.may_pay is not None and not money.may_pay[:, f].all():
                words += ", for " + ", ".join(
                    money.lines[k] for k in np.flatnonzero(money.may_pay[:, f]).tolist())
            on = self._on("money", name, words)
            for t in np.flatnonzero(np.diff(arrived, prepend=0.0) > 0).tolist() or [0]:
                came = int(np.ceil((arrived[t] - (arrived[t - 1] if t else 0.0)) * scale))
                taken = []
                for b in able:
                    part = m.new_int_var(0, cents[b], "")
                    used = m.new_bool_var("")
                    m.add(part == 0).only_enforce_if(used.negated())
                    m.add(bills[b].start >= t).only_enforce_if([used, on])
                    m.add(bills[b].start < last).only_enforce_if([used, on])
                    parts[b].append(part)
                    taken.append(part)
                m.add(sum(taken) <= came).only_enforce_if(on)
        for b, x in enumerate(bills):
            line = int(money.stage_fund[x.stage])
            if not len(payers[line]):
                on = self._on("money", f"line {line}",
                              f"no fund may be spent on {money.lines[line]}")
                m.add_bool_or([on.negated(), x.present.negated()])
                continue
            m.add(sum(parts[b]) >= cents[b]).only_enforce_if(x.present)

    # --- questions -------------------------------------------------------------------------------

    def keeps(self, on: frozenset[int]) -> bool | None:
        """Whether what is asked can be done with these requirements on and all others off; None:
        not found out in time."""
        if on in self.answers:
            return self.answers[on]
        switches = [self.switch[r.kind, r.key] for r in self.requirements]
        self.model.clear_assumptions()
        self.model.add_assumptions([
            x if i in on else x.negated() for i, x in enumerate(switches)])
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.max_deterministic_time = SECONDS
        status = solver.solve(self.model)
        if status == self.cp.UNKNOWN:
            self.unsure = True
        self.answers[on] = None if status == self.cp.UNKNOWN else status in (
            self.cp.OPTIMAL, self.cp.FEASIBLE)
        return self.answers[on]

    def plan(self, seconds: float) -> dict[int, tuple[int, int, int]] | None:
        """Option and starts of each stage that is done in a plan with all requirements on."""
        self.model.clear_assumptions()
        self.model.add_assumptions(list(self.switch.values()))
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.max_deterministic_time = seconds
        if solver.solve(self.model) not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            return None
        begins: dict[int, list[int]] = {}
        for step in self.steps:  # the first step of an option stands before its second
            if solver.boolean_value(step.present):
                begins.setdefault(step.stage, []).append(solver.value(step.start))
        return {s: (o, begins[s][0], begins[s][1] if len(begins[s]) > 1 else -1)
                for s, made in self.stages.items()
                for o, present in made.options if solver.boolean_value(present)}

    # --- words -----------------------------------------------------------------------------------

    def _day(self, slot: int) -> str:
        """The day on which a slot begins."""
        day = start_of(self.problem, min(slot, self.problem.horizon))
        return date.max.isoformat() if day is None else day.isoformat()

    def _until(self, slot: int) -> str:
        """The day after the end of the slot before."""
        day = end_of(self.problem, min(slot, self.problem.horizon))
        return date.max.isoformat() if day is None else day.isoformat()

    def _between(self, low: int, high: int) -> str:
        if low >= high:  # of a table whose days are the wrong way round, too
            return "on no day of the plan"
        words = [] if low <= 0 else [f"from {self._day(low)}"]
        if high < self.problem.horizon:
            words.append(f"until {self._until(high)}")
        return " ".join(words)

    def _closed(self, row: np.ndarray) -> str:
        shut = np.flatnonzero(~row)
        runs = np.split(shut, np.flatnonzero(np.diff(shut) > 1) + 1)
        said = [f"{self._day(int(r[0]))} to {self._until(int(r[-1]) + 1)}" for r in runs[:3]]
        return ", ".join(said) + (f" and {len(runs) - 3} times more" if len(runs) > 3 else "")


def _scale(costs: Sequence[float], arrived: np.ndarray) -> float:
    """What sums of money are counted in: hundredths, or more where the solver's whole numbers would
    not hold them."""
    largest = max(sum(costs), float(arrived.max(initial=0.0)), 1.0)
    return float(min(100.0, 2.0**58 / largest))


def _ends(row: np.ndarray, slots: int) -> list[int]:
    """End of a step of so many open slots from each slot; -1 where it may not start there."""
    at = np.flatnonzero(row)
    number = np.cumsum(row) - 1
    return [int(at[number[t] + slots - 1]) + 1 if row[t] and 0 < slots <= len(at) - number[t]
            else t if row[t] and slots == 0 else -1 for t in range(len(row))]
