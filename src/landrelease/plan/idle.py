"""What each team waits for while it has no work.

For every team and every half week without work each stage that its pool could begin then is asked,
all other work as planned: what forbids it? Where nothing does, the plan itself left the team
without work (`order`). Where something forbids each of them, the team waits for what keeps its own
next work, or, where the plan has none for it any more, the work on which most hangs. Ways of doing
a stage that take a second team are asked about where the plan does the stage that way.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from landrelease.core.work import Problem, Schedule
from landrelease.plan.waiting import NEVER, spent_by, worth_of, zone_gates

IdleKind = Literal["nothing", "order", "survey", "machine", "road", "decision", "leave", "ground",
                   "equipment", "money", "end", "next", "others"]
# In the order in which they are named where several hold at once.
_KINDS: tuple[IdleKind, ...] = (
    "order", "survey", "machine", "decision", "road", "leave", "ground", "equipment", "money",
    "end", "next", "others", "nothing")


@dataclass(frozen=True, slots=True)
class Idle:
    """Slots begin .. end - 1 in which a team of a pool is there and has no work, and why.

    nothing: no stage is left that it could do; survey, machine, road, decision, leave, ground,
    equipment, money: the stage could not begin; end: it would not be finished by the end of the
    plan or of its leave; next: not before the team's next work begins; others: another team, or
    another way, finishes it sooner; order: it could begin, and the plan has it later.
    """

    pool: int
    team: int
    begin: int
    end: int
    kind: IdleKind
    stage: int  # of which this is said; -1: none


def idle(problem: Problem, schedule: Schedule) -> tuple[Idle, ...]:
    """Idle time of all teams by pool, team and time; a pool that is not there yet, or no more, is
    not idle."""
    view = _View(problem, schedule)
    found: list[Idle] = []
    for pool in range(len(problem.pools)):
        opens, closes = int(problem.pool_opens[pool]), int(problem.pool_closes[pool])
        teams = int(problem.pool_teams[pool])
        if teams <= 0 or opens >= closes:
            continue
        asked = _Asked(view, pool, opens, closes)
        for team in range(teams):
            works = sorted(view.works.get((pool, team), []))
            at = opens
            for begin, finish, stage in (*works, (closes, closes, -1)):
                if begin > at:
                    found += asked.gap(pool, team, at, min(begin, closes), stage)
                at = max(at, finish)
    return tuple(found)


class _View:
    """What is used when, as planned."""

    def __init__(self, problem: Problem, schedule: Schedule):
        self.problem, self.schedule = problem, schedule
        self.worth = worth_of(problem, schedule)
        self.opens = zone_gates(problem, schedule)[0]
        gear = problem.conditions.equipment
        self.gear_used = np.zeros((0 if gear is None else len(gear.ids), problem.horizon), np.int64)
        self.works: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        for s in np.flatnonzero(schedule.option >= 0).tolist():
            o = int(schedule.option[s])
            steps = [(problem.first_pool, schedule.team, schedule.start, schedule.first_finish,
                      None if gear is None else gear.first)]
            if problem.second_pool[o] >= 0:
                steps.append((problem.second_pool, schedule.second_team, schedule.second_start,
                              schedule.finish, None if gear is None else gear.second))
            for pools, teams, begins, ends, things in steps:
                begin, end = int(begins[s]), int(ends[s])
                self.works.setdefault((int(pools[o]), int(teams[s])), []).append((begin, end, s))
                if things is not None and things[o] >= 0:
                    self.gear_used[int(things[o]), begin:end] += 1
        self.spent = None if problem.conditions.money is None else spent_by(problem, schedule)
        self._ends: dict[tuple[int, int], np.ndarray] = {}

    def ends(self, row: int, slots: int) -> np.ndarray:
        """(H,) end of a step of so many open slots of a calendar by its start; NEVER: no end, or
        the slot is closed."""
        if (row, slots) not in self._ends:
            calendars, horizon = self.problem.conditions.calendars, self.problem.horizon
            is_open = np.ones(horizon, bool) if calendars is None else calendars.open[row]
            at = np.flatnonzero(is_open)
            worked = np.concatenate([[0], np.cumsum(is_open)])[:-1]
            last = worked + max(slots, 1) - 1
            out = np.full(horizon, NEVER, dtype=np.int64)
            fits = last < len(at)
            out[fits] = at[last[fits]] + 1 if slots else np.flatnonzero(fits)
            self._ends[row, slots] = out
        return self._ends[row, slots]


class _Asked:
    """Each stage that a pool could begin: what forbids it in each slot, and when it would end."""

    def __init__(self, view: _View, pool: int, opens: int, closes: int):
        p, schedule = view.problem, view.schedule
        terms = p.conditions
        stage_of = np.repeat(np.arange(len(p.stage_ids)), np.diff(p.option_start))
        allowed = (np.ones(len(stage_of), bool) if terms.decisions is None
                   else terms.decisions.allowed)
        chosen = schedule.option[stage_of] == np.arange(len(stage_of))
        first = np.flatnonzero((p.first_pool == pool) & allowed & ((p.second_pool < 0) | chosen))
        second = np.flatnonzero((p.second_pool == pool) & chosen)
        self.view = view
        self.step = np.concatenate([np.ones(len(first), int), np.full(len(second), 2)])
        self.option = np.concatenate([first, second])
        self.stage = stage_of[self.option]
        starts = np.where(self.step == 1, schedule.start[self.stage],
                          schedule.second_start[self.stage])
        self.planned = np.where(schedule.option[self.stage] >= 0, starts, NEVER)
        rows = [self._asked(int(s), int(o), int(k), opens, closes) for s, o, k in zip(
            self.stage, self.option, self.step, strict=True)]
        horizon = p.horizon
        self.why = np.array([r[0] for r in rows], np.int8).reshape(len(rows), horizon)
        self.ends = np.array([r[1] for r in rows], np.int64).reshape(len(rows), horizon)
        # Among equals the one on which most hangs; those that the plan does come before the rest.
        self.rank = np.lexsort((self.stage, -view.worth[self.stage], self.planned >= NEVER))

    def _asked(self, s: int, o: int, step: int, opens: int, closes: int
               ) -> tuple[np.ndarray, np.ndarray]:
        view, p, schedule = self.view, self.view.problem, self.view.schedule
        terms, horizon = p.conditions, p.horizon
        slots = np.arange(horizon)
        why = np.zeros(horizon, np.int8)

        def forbid(kind: IdleKind, where: np.ndarray) -> None:
            why[where & (why == 0)] = _KINDS.index(kind)

        def until(kind: IdleKind, slot: int) -> None:
            forbid(kind, slots < (NEVER if slot < 0 else slot))

        if step == 2:
            until("machine", int(schedule.first_finish[s]))
        else:
            before = int(p.predecessor[s])
            if before >= 0:
                until("survey", int(schedule.finish[before]))
            if terms.decisions is not None:
                until("decision", int(terms.decisions.earliest[s]))
                forbid("decision", slots > int(terms.decisions.latest[s]))
                for earlier in terms.decisions.after[terms.decisions.after[:, 1] == s, 0].tolist():
                    until("decision", int(schedule.finish[earlier]))
            if p.access is not None:
                until("road", view.opens[int(p.access.zone[s])])
        name = "first" if step == 1 else "second"
        row = 0 if terms.calendars is None else int(getattr(terms.calendars, name)[o])
        needed = int(getattr(p, f"{name}_slots")[o])
        ends = view.ends(row, needed)
        low, high = opens, closes
        if terms.windows is not None:
            low = max(low, int(getattr(terms.windows, f"{name}_from")[o]))
            high = min(high, int(getattr(terms.windows, f"{name}_until")[o]))
        until("leave", low)
        if terms.calendars is not None:
            forbid("ground", ~terms.calendars.open[row])
        gear = terms.equipment
        thing = -1 if gear is None else int(getattr(gear, name)[o])
        done = int(schedule.option[s])
        planned = done == o
        if gear is not None and thing >= 0:
            used = view.gear_used[thing].copy()
            if planned:
                begin, end = ((schedule.start[s], schedule.first_finish[s]) if step == 1 else
                              (schedule.second_start[s], schedule.finish[s]))
                used[int(begin):int(end)] -= 1
            full = np.concatenate([[0], np.cumsum(used >= int(gear.units[thing]))])
            last = np.minimum(ends, horizon)
            forbid("equipment", full[np.maximum(last, slots)] - full[slots] > 0)
        money = terms.money
        if step == 1 and money is not None and view.spent is not None:
            line, cost = int(money.stage_fund[s]), float(p.option_cost[o])
            own = money.payers()[line] if line >= 0 else ()
            if len(own) and cost > 0:
                able = slots < money.ends()[own][:, None]
                left = np.maximum(0.0, money.arrived[own] - view.spent[own])
                least = cost * (1 - 1e-9) - 1e-6
                now, later = np.where(able, left, 0.0).sum(axis=0) < least, left.sum(axis=0)
                if done >= 0:  # from its planned start on its own bill is paid already
                    later[int(schedule.start[s]):] += float(p.option_cost[done])
                # What others pay later has to be there as well.
                forbid("money", now | np.logical_or.accumulate((later < least)[::-1])[::-1])
        # A step of no time may run in the last slot of the leave.
        forbid("end", (ends > high) | (slots >= high))
        sooner = int(schedule.finish[s]) if done >= 0 else NEVER
        if step == 1 and planned and int(p.second_pool[o]) >= 0:
            sooner = int(schedule.second_start[s])
        forbid("others", ends > sooner)
        return why, ends

    def gap(self, pool: int, team: int, begin: int, end: int, following: int) -> list[Idle]:
        """The spans of a gap of one team before its next work, a stage or -1."""
        if begin >= end:
            return []
        if not len(self.option):
            return [Idle(pool, team, begin, end, "nothing", -1)]
        live = self.planned[:, None] > np.arange(begin, end)
        why = self.why[:, begin:end].copy()
        own = (self.stage == following) & (self.planned == end)
        too_long = (self.ends[:, begin:end] > end) & ~own[:, None]
        why[(why == 0) & too_long] = _KINDS.index("next")
        # What it could begin, else what keeps its own next work, else what most hangs on.
        score = np.where(live & (why == 0), 0, np.where(live & own[:, None], 1,
                                                        np.where(live, 2, 3)))[self.rank]
        first = score.argmin(axis=0)
        rows = self.rank[first]
        kinds = np.where(score.min(axis=0) < 3, why[rows, np.arange(end - begin)],
                         _KINDS.index("nothing"))
        stages = np.where(score.min(axis=0) < 3, self.stage[rows], -1)
        edges = np.flatnonzero((np.diff(kinds) != 0) | (np.diff(stages) != 0)) + 1
        spans = np.concatenate([[0], edges, [end - begin]]).tolist()
        return [Idle(pool, team, begin + a, begin + b, _KINDS[int(kinds[a])], int(stages[a]))
                for a, b in itertools.pairwise(spans)]
