"""What each piece of work of a plan waits for, and what that costs: the binding constraints.

For every step of a scheduled stage each constraint is asked on its own, all other work as planned:
what is the last moment before the start at which it forbade the start? The step waits for the
constraint that let go last. What would be gained if only that one fell away is the time until the
next one lets go, weighed with the benefit that hangs on the stage (its own, that of the stages
behind it, of the communities and works for which it comes last). It is a first-order price: other
work stays where it is. What a whole plan gains is found by planning again (`plan.variants`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from landrelease.core.work import Problem, Schedule
from landrelease.plan.arrays import loss_curve

CauseKind = Literal["survey", "machine", "road", "decision", "ground", "leave", "team", "equipment",
                    "money", "order", "nobody", "end", "land", "work", "day", "season"]
NEVER = 2**30


@dataclass(frozen=True, slots=True)
class Cause:
    """A constraint that held a step back. `until` is the first slot from which it let it start.

    survey: the stage before it; machine: the step before it; road: its ground could not be reached;
    decision: fixed by people; ground: closed ground, rest weeks, seasons; leave: accreditations and
    the time in which the pool is there; order: nothing, the plan put it there. Of what is never
    done (`plan.undone`) also nobody: no team can do it; end: it takes longer than is left; and of
    works land, work (the one that it follows), day (its planned one) and season.
    """

    kind: CauseKind
    name: str  # of the pool, fund, thing, calendar, road, stage; "" where there is none
    until: int
    stages: tuple[int, ...] = ()  # whom it waited for


@dataclass(frozen=True, slots=True)
class Wait:
    """A step of a stage, 1 or 2 (the follow-up), and its causes, the last to let go first."""

    stage: int
    step: int
    start: int
    causes: tuple[Cause, ...]
    points_per_day: float  # lost for each day that the step is later
    gain: float  # points, to first order, if only the last cause fell away

    @property
    def cause(self) -> Cause:
        return self.causes[0]


@dataclass(frozen=True, slots=True)
class Binding:
    """A constraint over the whole plan: how many steps it held back, and what that cost."""

    kind: CauseKind
    name: str
    steps: int
    days: float  # calendar days of waiting, summed over steps
    points: float  # to first order
    never: int = 0  # of the steps: what the plan never does
    lacks: float = 0.0  # money that is missing for what costs most of it
    dearest: float = 0.0  # points of that


def waits(problem: Problem, schedule: Schedule) -> tuple[Wait, ...]:
    """What each step of each scheduled stage waited for; steps that start in slot 0 are left out.
    """
    view = _View(problem, schedule)
    found = []
    for s in np.flatnonzero(schedule.option >= 0).tolist():
        for step, start in ((1, int(schedule.start[s])), (2, int(schedule.second_start[s]))):
            if start <= 0 or (step == 2 and int(problem.second_pool[schedule.option[s]]) < 0):
                continue
            causes = sorted((c for c in view.causes(s, step, start) if c.until > 0),
                            key=lambda c: (-c.until, c.kind, c.name))
            if not causes or causes[0].until < start:
                causes.insert(0, Cause("order", "", start))
            after = causes[1].until if len(causes) > 1 else 0
            gain = 0.0 if causes[0].kind == "order" else view.worth.saved(
                s, start - min(after, start))
            found.append(Wait(s, step, start, tuple(causes), float(view.worth.per_day[s]), gain))
    return tuple(found)


def binding(problem: Problem, waited: tuple[Wait, ...]) -> tuple[Binding, ...]:
    """The constraints of a plan by what they cost, the dearest first.

    What follows from the work itself (survey before clearance, machine before follow-up) is among
    them: no team or money shortens it, only another rate or method.
    """
    sums: dict[tuple[CauseKind, str], list[float]] = {}
    for w in waited:
        if w.cause.kind == "order":
            continue
        after = w.causes[1].until if len(w.causes) > 1 else 0
        held = sums.setdefault((w.cause.kind, w.cause.name), [0, 0.0, 0.0])
        held[0] += 1
        held[1] += float(problem.delay_days[w.start] - problem.delay_days[min(after, w.start)])
        held[2] += w.gain
    return tuple(sorted((Binding(k, n, int(v[0]), v[1], v[2]) for (k, n), v in sums.items()),
                        key=lambda b: (-b.points, -b.days, b.kind, b.name)))


def worth_of(problem: Problem, schedule: Schedule) -> np.ndarray:
    """float64 (S,): points lost a day for each day that a stage ends later, all else as planned."""
    return Worth(problem, schedule).per_day


class Worth:
    """What hangs on the end of each stage, in points, all else as planned: its own benefit, that of
    the stages behind it, and that of each community and work of phase two for which it, or the road
    that it opens, is the last to wait for.

    Points are those of the score: days count as `worst_off` bends them, a growing season that is
    missed counts when it is missed, and a day later than promised has its price.
    """

    def __init__(self, problem: Problem, schedule: Schedule):
        self.problem, horizon = problem, problem.horizon
        self.end = np.where(schedule.finish < 0, horizon, schedule.finish).astype(np.int64)
        self.loss = loss_curve(problem)
        stages = len(problem.weight)
        self.hangs: list[list[tuple[float, int]]] = [[] for _ in range(stages)]  # weight, its slot
        self.behind: list[list[int]] = [[s] for s in range(stages)]
        self._communities(schedule)
        self._works(schedule)
        for s in range(stages - 1, -1, -1):  # a predecessor stands before its stage
            before = int(problem.predecessor[s])
            if before >= 0:
                self.behind[before] += self.behind[s]
        days = np.diff(np.asarray(problem.delay_days, float))
        self.slope = np.ones(horizon + 1)  # points of a day, of a weight of 1, at the end of a slot
        if problem.objective.worst_off != 1.0:
            self.slope[1:] = np.divide(np.diff(self.loss), days, out=np.zeros(horizon),
                                       where=days > 0)
        own = problem.weight * self.slope[self.end]
        told = problem.conditions.promises
        if told is not None:
            late = (told.finish >= 0) & (self.end > told.finish)
            own = own + np.where(late, told.late_price, 0.0)
        own = own + np.array([sum(w * self.slope[at] for w, at in held) for held in self.hangs])
        self.per_day = np.array([own[behind].sum() for behind in self.behind], dtype=np.float64)

    def saved(self, s: int, slots: int) -> float:
        """Points that fall away if a stage, and what hangs on it, ends so many slots sooner."""
        return sum(self.saved_alone(x, slots) for x in self.behind[s])

    def saved_alone(self, x: int, slots: int) -> float:
        """Points that fall away if a stage ends so many slots sooner, and nothing behind it."""
        def difference(curve: np.ndarray, at: int) -> float:
            return float(curve[at] - curve[max(0, at - slots)])

        problem, terms = self.problem, self.problem.conditions
        end = int(self.end[x])
        total = float(problem.weight[x]) * difference(self.loss, end)
        if terms.season_weight is not None and terms.seasons_missed is not None:
            total += float(terms.season_weight[x]) * difference(terms.seasons_missed, end)
        if terms.promises is not None and int(terms.promises.finish[x]) >= 0:
            late = np.maximum(0.0, problem.delay_days - problem.delay_days[
                int(terms.promises.finish[x])])
            total += float(terms.promises.late_price[x]) * difference(late, end)
        return total + sum(weight * difference(self.loss, at) for weight, at in self.hangs[x])

    def _communities(self, schedule: Schedule) -> None:
        problem, horizon = self.problem, self.problem.horizon
        if problem.access is None:
            return
        access, opens, opened_by = problem.access, *zone_openings(problem, schedule)
        for c, weight in enumerate(access.community_weight.tolist()):
            mine = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
            zone = int(access.community_zone[c])
            last, at = -1, opens[zone]
            for s in mine.tolist():
                end = int(schedule.finish[s])
                end = NEVER if end < 0 else end
                if end >= at:
                    last, at = s, end
            if last < 0:
                last = opened_by[zone]
            if last >= 0:
                self.hangs[last].append((weight, min(at, horizon)))

    def _works(self, schedule: Schedule) -> None:
        works, horizon = self.problem.conditions.projects, self.problem.horizon
        if works is None or schedule.project_start is None or schedule.project_finish is None:
            return
        for w, weight in enumerate(works.weight.tolist()):
            mine = works.stage[works.start[w]:works.start[w + 1]]
            if len(mine):
                ends = np.where(schedule.finish[mine] < 0, NEVER, schedule.finish[mine])
                at = int(schedule.project_finish[w])
                self.hangs[int(mine[int(ends.argmax())])].append(
                    (weight, horizon if at < 0 else at))


def zone_openings(problem: Problem, schedule: Schedule) -> tuple[list[int], list[int]]:
    """For each zone the slot from which it can be reached (NEVER: not at all), and the stage whose
    end opened it (-1: open from the start)."""
    return zone_gates(problem, schedule)[:2]


def zone_gates(problem: Problem, schedule: Schedule) -> tuple[list[int], list[int], list[int]]:
    """As `zone_openings`, and for each zone the gate that opened last on the way there (-1: none
    had to)."""
    access = problem.access
    if access is None:
        return [0], [-1], [-1]
    opens, by, way = [NEVER] * access.zones, [-1] * access.zones, [-1] * access.zones
    opens[0] = 0
    gates = []
    for g in range(len(access.gate_ids)):
        mine = access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]
        ends = np.where(schedule.finish[mine] < 0, NEVER, schedule.finish[mine])
        last = int(ends.argmax()) if len(mine) else -1
        gates.append((int(ends[last]) if last >= 0 else 0, int(mine[last]) if last >= 0 else -1,
                      int(access.gate_from[g]), int(access.gate_to[g])))
    changed = True
    while changed:
        changed = False
        for g, (at, stage, here, there) in enumerate(gates):
            reached = max(at, opens[here])
            if reached < opens[there]:
                opens[there] = reached
                last = at >= opens[here] and stage >= 0
                by[there], way[there] = (stage, g) if last else (by[here], way[here])
                changed = True
    return opens, by, way


def spent_by(problem: Problem, schedule: Schedule) -> np.ndarray:
    """Money (F, H) that each fund has spent by the end of a slot in a plan: bills in the order of
    their slots, each from the funds of its line in their order; what they lack is put on the last.
    """
    money, works = problem.conditions.money, problem.conditions.projects
    assert money is not None
    spent, payers, ends = np.zeros(money.arrived.shape), money.payers(), money.ends()
    bills = [(int(schedule.start[s]), int(money.stage_fund[s]),
              float(problem.option_cost[schedule.option[s]]))
             for s in np.flatnonzero((schedule.option >= 0) & (money.stage_fund >= 0)).tolist()]
    if works is not None and schedule.project_start is not None:
        bills += [(int(begin), int(works.fund[w]), float(works.cost[w]))
                  for w, begin in enumerate(schedule.project_start.tolist())
                  if begin >= 0 and works.fund[w] >= 0]
    for slot, line, cost in sorted(bills):
        able = [int(f) for f in payers[line] if slot < ends[f]]
        for n, f in enumerate(able):
            left = float((money.arrived[f, slot:] - spent[f, slot:]).min())
            part = cost if n + 1 == len(able) else min(cost, max(0.0, left))
            spent[f, slot:] += part
            cost -= part
    return spent


class _View:
    """What is used when, and each constraint as a question."""

    def __init__(self, problem: Problem, schedule: Schedule):
        self.problem, self.schedule = problem, schedule
        horizon, terms = problem.horizon, problem.conditions
        self.opens, self.opened_by, self.opened_at = zone_gates(problem, schedule)
        self.worth = Worth(problem, schedule)
        self.used = np.zeros((len(problem.pools), horizon), dtype=np.int64)
        gear = terms.equipment
        self.gear_used = np.zeros((0 if gear is None else len(gear.ids), horizon), dtype=np.int64)
        money = terms.money
        self.spent: np.ndarray | None = None
        self.ends_at: dict[tuple[int, int], list[int]] = {}  # (pool, slot) -> stages that free it
        for s in np.flatnonzero(schedule.option >= 0).tolist():
            for step in (1, 2):
                pool, thing, begin, end = self.step(s, step)
                if pool < 0:
                    continue
                self.used[pool, begin:end] += 1
                self.ends_at.setdefault((pool, end), []).append(s)
                if thing >= 0:
                    self.gear_used[thing, begin:end] += 1
        if money is not None:
            self.spent = spent_by(problem, schedule)

    def step(self, s: int, step: int) -> tuple[int, int, int, int]:
        """Pool (-1: no such step), thing (-1: none), begin and end of a step as planned."""
        p, o = self.problem, int(self.schedule.option[s])
        gear = p.conditions.equipment
        if step == 1:
            return (int(p.first_pool[o]), -1 if gear is None else int(gear.first[o]),
                    int(self.schedule.start[s]), int(self.schedule.first_finish[s]))
        if int(p.second_pool[o]) < 0:
            return -1, -1, 0, 0
        return (int(p.second_pool[o]), -1 if gear is None else int(gear.second[o]),
                int(self.schedule.second_start[s]), int(self.schedule.finish[s]))

    def causes(self, s: int, step: int, start: int) -> Iterator[Cause]:
        problem, schedule, terms = self.problem, self.schedule, self.problem.conditions
        o = int(schedule.option[s])
        pool, thing, begin, end = self.step(s, step)
        if step == 2:
            yield Cause("machine", "", int(schedule.first_finish[s]), (s,))
        else:
            before = int(problem.predecessor[s])
            if before >= 0:
                yield Cause("survey", "", int(schedule.finish[before]), (before,))
            if problem.access is not None:
                zone = int(problem.access.zone[s])
                by, gate = self.opened_by[zone], self.opened_at[zone]
                yield Cause("road", "" if gate < 0 else problem.access.gate_ids[gate],
                            self.opens[zone], () if by < 0 else (by,))
            decided = terms.decisions
            if decided is not None:
                name = problem.stage_ids[s]
                yield Cause("decision", name, int(decided.earliest[s]))
                for earlier in decided.after[decided.after[:, 1] == s, 0].tolist():
                    yield Cause("decision", name, int(schedule.finish[earlier]), (earlier,))
        windows = terms.windows
        leave = int(problem.pool_opens[pool])
        if windows is not None:
            leave = max(leave, int((windows.first_from if step == 1 else windows.second_from)[o]))
        yield Cause("leave", problem.pools[pool].id, leave)
        calendar, slots = self.calendar(o, step)
        row = (np.ones(problem.horizon, bool) if terms.calendars is None
               else terms.calendars.open[calendar])
        if terms.calendars is not None:
            until = _last(lambda t: not row[t], start)
            yield Cause("ground", terms.calendars.ids[calendar], until)
        ends = _ends(row, slots)
        full = self.used[pool] - _range(problem.horizon, begin, end) >= int(
            problem.pool_teams[pool])
        busy = _busy(full, ends, start)
        yield Cause("team", problem.pools[pool].id, busy, self.freed(s, pool, busy, start))
        if thing >= 0 and terms.equipment is not None:
            full = self.gear_used[thing] - _range(problem.horizon, begin, end) >= int(
                terms.equipment.units[thing])
            yield Cause("equipment", terms.equipment.ids[thing], _busy(full, ends, start))
        money = terms.money
        if step == 1 and money is not None and self.spent is not None:
            line, cost = int(money.stage_fund[s]), float(problem.option_cost[o])
            own = money.payers()[line] if line >= 0 else ()
            if len(own) and cost > 0:
                able = np.arange(problem.horizon) < money.ends()[own][:, None]
                left = np.where(able, np.maximum(0.0, money.arrived[own] - self.spent[own]),
                                0.0).sum(axis=0)
                short = left < cost * (1 - 1e-9) - 1e-6
                # Of several funds the one that brings most is named.
                name = money.fund_ids[int(own[np.argmax(money.arrived[own, -1])])]
                yield Cause("money", name, _last(lambda t: bool(short[t]), start))

    def calendar(self, o: int, step: int) -> tuple[int, int]:
        p, calendars = self.problem, self.problem.conditions.calendars
        if step == 1:
            return 0 if calendars is None else int(calendars.first[o]), int(p.first_slots[o])
        return 0 if calendars is None else int(calendars.second[o]), int(p.second_slots[o])

    def freed(self, s: int, pool: int, until: int, start: int) -> tuple[int, ...]:
        """The stages whose end freed a team of the pool just before the step started."""
        if until < start:
            return ()
        return tuple(x for x in self.ends_at.get((pool, start), ()) if x != s)


def _last(forbids: Callable[[int], bool], start: int) -> int:
    """One after the last slot before `start` at which it was forbidden; 0 where it never was."""
    return next((t + 1 for t in range(start - 1, -1, -1) if forbids(t)), 0)


def _range(horizon: int, begin: int, end: int) -> np.ndarray:
    out = np.zeros(horizon, dtype=np.int64)
    out[begin:end] = 1
    return out


def _ends(row: np.ndarray, slots: int) -> np.ndarray:
    """(H,): end of a step of so many open slots that starts at t; NEVER where it does not fit."""
    at = np.flatnonzero(row)
    worked = np.concatenate([[0], np.cumsum(row)])
    out = np.full(len(row), NEVER, dtype=np.int64)
    for t in range(len(row)):
        last = worked[t] + slots - 1
        if slots == 0:
            out[t] = t
        elif last < len(at):
            out[t] = at[last] + 1
    return out


def _busy(full: np.ndarray, ends: np.ndarray, start: int) -> int:
    """One after the last start before `start` at which some slot of the step had nothing free."""
    before = np.concatenate([[0], np.cumsum(full)])
    t = np.arange(start)
    end = np.minimum(ends[:start], len(full))
    shut = (before[end] - before[t] > 0) | (ends[:start] == NEVER)
    at = np.flatnonzero(shut)
    return int(at[-1]) + 1 if len(at) else 0
