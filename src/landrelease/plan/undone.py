"""What a plan never does, or does late for want of money or season, and what keeps it from it.

A stage that is not done by the horizon costs up to the horizon, and so do a community that nobody
reaches and a work of the second phase that never starts. Each constraint is lifted on its own, what
is planned left where it is: which of the rest can be done then, and how soon? What is done in this
way opens roads and lets what follows it begin, so that a road that money keeps shut counts as
money's. What the score gains by it, to first order, is the price of the constraint. Where no
constraint alone is enough, those that hold a stage together are named, without a price.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from landrelease.core.work import Problem, Schedule
from landrelease.plan.arrays import loss_curve
from landrelease.plan.blame import last_of
from landrelease.plan.variants import roads_open
from landrelease.plan.waiting import (
    NEVER,
    Binding,
    Cause,
    CauseKind,
    Wait,
    Worth,
    binding,
    spent_by,
    zone_openings,
)

What = Literal["stage", "community", "work"]
_Key = tuple[CauseKind, str]


@dataclass(frozen=True, slots=True)
class Held:
    """A stage, community or work by its index, and what holds it back.

    done : it is done all the same, later than it could be (works alone). causes : one, or several
    that hold it together; none of them can be left out. points_per_day : lost for each day. gain :
    points, to first order, of itself and of what hangs on it, if its only cause fell away; 0 where
    there are several. lacks : money that is missing for it, where money is the cause.
    """

    what: What
    index: int
    done: bool
    causes: tuple[Cause, ...]
    points_per_day: float
    gain: float
    lacks: float = 0.0

    @property
    def cause(self) -> Cause:
        return self.causes[0]


@dataclass(frozen=True, slots=True)
class Undone:
    """`held` : stages, communities and works that the plan leaves undone, by index, and works that
    it does later than their land lets them. `points` : what the score gains, to first order, by
    each constraint that alone keeps some of them."""

    held: tuple[Held, ...]
    points: dict[_Key, float]


def undone(problem: Problem, schedule: Schedule) -> Undone:
    """What the plan never does, and why."""
    return _View(problem, schedule).found()


def everything(problem: Problem, waited: tuple[Wait, ...], left: Undone) -> tuple[Binding, ...]:
    """The constraints of a plan by what they cost, the dearest first: what waits (`waiting.waits`)
    and what is never done. Of what several hold together each is told with no points."""
    found = {(b.kind, b.name): b for b in binding(problem, waited)}
    for h in left.held:
        if h.cause.kind in ("survey", "land", "order"):  # told where it is the cause
            continue
        for cause in h.causes:
            before = found.get((cause.kind, cause.name)) or Binding(
                cause.kind, cause.name, 0, 0.0, 0.0)
            days = float(problem.delay_days[-1] - problem.delay_days[
                min(cause.until, problem.horizon)]) if not h.done else 0.0
            found[cause.kind, cause.name] = replace(
                before, steps=before.steps + 1, days=before.days + days,
                never=before.never + (not h.done),
                lacks=h.lacks if h.gain > before.dearest else before.lacks,
                dearest=max(before.dearest, h.gain))
    for key, points in left.points.items():
        old = found.get(key) or Binding(*key, 0, 0.0, 0.0)
        found[key] = replace(old, points=old.points + points)
    return tuple(sorted(found.values(), key=lambda b: (-b.points, -b.days, b.kind, b.name)))


@dataclass(frozen=True, slots=True)
class _Option:
    """What forbids a way of doing a stage."""

    ends: np.ndarray  # (2, H) end of each step by its start, on open slots of its calendar
    plain: np.ndarray  # (2, H) the same were no slot closed
    # Of each step by constraint: int (H + 1,) slots before t in which there is no room for it.
    steps: tuple[dict[_Key, np.ndarray], ...]
    starts: dict[_Key, np.ndarray]  # bool (H,) starts of the first step that are forbidden
    calendars: tuple[_Key, ...]

    def keys(self) -> Iterator[_Key]:
        yield from (*self.starts, *self.calendars, *(k for step in self.steps for k in step))


@dataclass(slots=True)
class _World:
    """When all would be done without some constraints: (S,) finish, -1 undone; slots from which
    zones are open; (2, W) starts and finishes of works."""

    finish: np.ndarray
    opens: list[int]
    works: np.ndarray


class _View:
    """What is used when, as planned, and how soon something could be done without a constraint."""

    def __init__(self, problem: Problem, schedule: Schedule):
        self.problem, self.schedule = problem, schedule
        self.worth, self.loss = Worth(problem, schedule), loss_curve(problem)
        horizon, gear = problem.horizon, problem.conditions.equipment
        used = np.zeros((len(problem.pools), horizon), np.int64)
        things = np.zeros((0 if gear is None else len(gear.ids), horizon), np.int64)
        for s in np.flatnonzero(schedule.option >= 0).tolist():
            o = int(schedule.option[s])
            for name, begins, ends in (("first", schedule.start, schedule.first_finish),
                                       ("second", schedule.second_start, schedule.finish)):
                pool = int(getattr(problem, f"{name}_pool")[o])
                if pool < 0:
                    continue
                begin, end = int(begins[s]), int(ends[s])
                used[pool, begin:end] += 1
                if gear is not None and (thing := int(getattr(gear, name)[o])) >= 0:
                    things[thing, begin:end] += 1
        self.teams_full = [_counted(row >= int(n)) for row, n in zip(used, problem.pool_teams,
                                                                     strict=True)]
        self.gear_full = [] if gear is None else [
            _counted(row >= int(n)) for row, n in zip(things, gear.units, strict=True)]
        money = problem.conditions.money
        self.left = None if money is None else np.maximum(
            0.0, money.arrived - spent_by(problem, schedule))
        if self.left is not None:  # what others pay later has to be there as well
            self.left = np.minimum.accumulate(self.left[:, ::-1], axis=1)[:, ::-1]
        self._kept_ends: dict[tuple[int, int], np.ndarray] = {}
        works = problem.conditions.projects
        self.planned = _World(
            schedule.finish.astype(np.int64), zone_openings(problem, schedule)[0],
            np.zeros((2, 0), np.int64) if works is None or schedule.project_start is None
            or schedule.project_finish is None else np.array(
                [schedule.project_start, schedule.project_finish], np.int64))
        self.undone = np.flatnonzero(schedule.option < 0).tolist()
        self.options = {s: [self._option(s, o) for o in range(
            int(problem.option_start[s]), int(problem.option_start[s + 1]))] for s in self.undone}
        self._roads = {} if problem.access is None else self._openers()

    def found(self) -> Undone:
        p = self.problem
        keys: dict[_Key, None] = {}
        for s in self.undone:
            for option in self.options[s]:
                keys |= dict.fromkeys(option.keys())
            if p.conditions.decisions is not None:
                keys["decision", p.stage_ids[s]] = None
        keys |= {("road", name): None for names in self._roads.values() for name in names}
        for w in range(self.planned.works.shape[1]):
            keys |= dict.fromkeys(self._work_rules(w, self.planned))
        base = self._score(self.planned)
        worlds: dict[_Key, _World] = {}
        points: dict[_Key, float] = {}
        for key in keys:
            world = self._lifted({key})
            gain = base - self._score(world)
            if gain > 1e-9 * max(1.0, abs(base)) or (
                    (world.finish >= 0) & (self.planned.finish < 0)).any():
                worlds[key], points[key] = world, max(0.0, gain)
        # Of constraints that do equally well the one that is worth most.
        best = sorted(worlds, key=lambda k: (-points[k], k))
        return Undone((*self._stages(worlds, best), *self._communities(worlds, best),
                       *self._works(worlds, best)), points)

    # --- without a constraint --------------------------------------------------------------------

    def _lifted(self, lifted: set[_Key]) -> _World:
        """What would be done when without some constraints, what is planned left where it is."""
        p = self.problem
        world = _World(self.planned.finish.copy(), self.planned.opens, self.planned.works.copy())
        roads = {name for kind, name in lifted if kind == "road" and name}
        problem = roads_open(p, roads) if roads else p
        if roads:
            world.opens = zone_openings(problem, self.schedule)[0]
        asked: dict[int, int] = {}  # stage -> slot from which it was asked, in vain
        again = True
        while again:
            again = False
            for s in self.undone:
                if world.finish[s] >= 0:
                    continue
                low = self._low(s, world, lifted)
                if low >= p.horizon or asked.get(s) == low:
                    continue
                asked[s] = low
                end = min((self._finish(option, low, lifted) for option in self.options[s]),
                          default=NEVER)
                if end <= p.horizon:
                    world.finish[s] = end
                    again = True
            if again and p.access is not None:
                world.opens = zone_openings(problem, replace(
                    self.schedule, finish=world.finish))[0]
        self._work_times(world, lifted)
        return world

    def _low(self, s: int, world: _World, lifted: set[_Key]) -> int:
        """First slot in which a stage may start, by what has to be over before it."""
        p, decided = self.problem, self.problem.conditions.decisions
        low, before = 0, int(p.predecessor[s])
        if before >= 0:
            low = _or_never(world.finish[before])
        if p.access is not None and ("road", "") not in lifted:
            low = max(low, world.opens[int(p.access.zone[s])])
        if decided is not None and ("decision", p.stage_ids[s]) not in lifted:
            low = max(low, int(decided.earliest[s]))
            for earlier in decided.after[decided.after[:, 1] == s, 0].tolist():
                low = max(low, _or_never(world.finish[earlier]))
        return low

    def _option(self, s: int, o: int) -> _Option:
        p, terms, horizon = self.problem, self.problem.conditions, self.problem.horizon
        slots = np.arange(horizon)
        starts: dict[_Key, np.ndarray] = {}
        steps: list[dict[_Key, np.ndarray]] = []
        ends, plain = [], []
        rows: list[_Key] = []
        names = ("first", "second") if int(p.second_pool[o]) >= 0 else ("first",)
        for name in names:
            pool, needed = (int(getattr(p, f"{name}_{x}")[o]) for x in ("pool", "slots"))
            calendar = 0 if terms.calendars is None else int(getattr(terms.calendars, name)[o])
            ends.append(self._ends(calendar, needed))
            plain.append(np.where(slots + needed <= horizon, slots + needed, NEVER))
            if terms.calendars is not None and not terms.calendars.open[calendar].all():
                rows.append(("ground", terms.calendars.ids[calendar]))
            full: dict[_Key, np.ndarray] = {}
            team: _Key = ("team", p.pools[pool].id)
            full[team] = self.teams_full[pool]
            low, high = int(p.pool_opens[pool]), int(p.pool_closes[pool])
            if terms.windows is not None:
                low = max(low, int(getattr(terms.windows, f"{name}_from")[o]))
                high = min(high, int(getattr(terms.windows, f"{name}_until")[o]))
            if low > 0 or high < horizon:
                full["leave", p.pools[pool].id] = _counted((slots < low) | (slots >= high))
            gear = terms.equipment
            thing = -1 if gear is None else int(getattr(gear, name)[o])
            if gear is not None and thing >= 0:
                full["equipment", gear.ids[thing]] = self.gear_full[thing]
            steps.append(full)
        decided, money = terms.decisions, terms.money
        if decided is not None:
            forbidden = slots > int(decided.latest[s])
            if not bool(decided.allowed[o]):
                forbidden = np.ones(horizon, bool)
            starts["decision", p.stage_ids[s]] = forbidden
        if money is not None and self.left is not None and int(money.stage_fund[s]) >= 0:
            line, cost = int(money.stage_fund[s]), float(p.option_cost[o])
            if cost > 0:
                starts["money", self.fund(line)] = self._there(line) < cost * (1 - 1e-9) - 1e-6
        return _Option(np.array(ends), np.array(plain), tuple(steps), starts, tuple(rows))

    def _finish(self, option: _Option, low: int, lifted: set[_Key]) -> int:
        """The soonest end of an option from a slot on, without some constraints; NEVER: none."""
        horizon = self.problem.horizon
        if low >= horizon:
            return NEVER
        at = low
        for n, full in enumerate(option.steps):
            free = option.calendars and all(c in lifted for c in option.calendars)
            ends = (option.plain if free else option.ends)[n]
            bad = np.arange(horizon) < at
            bad |= ends > horizon
            for key, count in full.items():
                if key not in lifted:
                    bad |= count[np.minimum(ends, horizon)] - count[:-1] > 0
            if n == 0:
                for key, forbidden in option.starts.items():
                    if key not in lifted:
                        bad |= forbidden
            able = np.flatnonzero(~bad)
            if not len(able):
                return NEVER
            at = int(ends[able].min())
        return at

    def _ends(self, calendar: int, slots: int) -> np.ndarray:
        """(H,) end of a step of so many open slots by its start; NEVER: none, or a closed slot."""
        if (calendar, slots) not in self._kept_ends:
            calendars, horizon = self.problem.conditions.calendars, self.problem.horizon
            row = np.ones(horizon, bool) if calendars is None else calendars.open[calendar]
            at = np.flatnonzero(row)
            place = np.cumsum(row) - 1 + max(slots, 1) - 1
            out = np.full(horizon, NEVER, np.int64)
            fits = row & (place < len(at))
            out[fits] = at[place[fits]] + 1 if slots else np.flatnonzero(fits)
            self._kept_ends[calendar, slots] = out
        return self._kept_ends[calendar, slots]

    def _score(self, world: _World) -> float:
        """Points of what is never done or of works, and of communities."""
        p, terms, horizon = self.problem, self.problem.conditions, self.problem.horizon
        end = np.where(world.finish < 0, horizon, np.minimum(world.finish, horizon))[self.undone]
        total = float((p.weight[self.undone] * self.loss[end]).sum())
        if terms.season_weight is not None and terms.seasons_missed is not None:
            total += float((terms.season_weight[self.undone] * terms.seasons_missed[end]).sum())
        told = terms.promises
        if told is not None:
            due = told.finish[self.undone]
            late = np.maximum(0.0, p.delay_days[end] - p.delay_days[np.maximum(due, 0)])
            total += float((told.late_price[self.undone] * late)[due >= 0].sum())
        if p.access is not None:
            for c, weight in enumerate(p.access.community_weight.tolist()):
                total += weight * float(self.loss[min(self._community(c, world), horizon)])
        if terms.projects is not None:
            end = np.where(world.works[1] < 0, horizon, world.works[1])
            total += float((terms.projects.weight * self.loss[end]).sum())
        return total

    def _community(self, c: int, world: _World) -> int:
        access = self.problem.access
        assert access is not None
        own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
        return max(world.opens[int(access.community_zone[c])],
                   *(_or_never(f) for f in world.finish[own]), 0)

    # --- stages ----------------------------------------------------------------------------------

    def _stages(self, worlds: dict[_Key, _World], best: list[_Key]) -> Iterator[Held]:
        p, horizon = self.problem, self.problem.horizon
        for s in self.undone:
            points, before = float(self.worth.per_day[s]), int(p.predecessor[s])
            since = self._since(s)
            if not self.options[s]:
                yield Held("stage", s, False, (Cause("nobody", "", since),), points, 0.0)
                continue
            able = [k for k in best if worlds[k].finish[s] >= 0]
            if able:
                key = min(able, key=lambda k: int(worlds[k].finish[s]))
                ends = worlds[key].finish
                yield Held("stage", s, False, (Cause(*key, since),), points, sum(
                    self.worth.saved_alone(x, horizon - int(ends[x]))
                    for x in self.worth.behind[s] if ends[x] >= 0),
                    self._lacks_of(s, since) if key[0] == "money" else 0.0)
                continue
            if before >= 0 and self.planned.finish[before] < 0:
                yield Held("stage", s, False, (Cause("survey", "", NEVER, (before,)),), points, 0.0)
                continue
            yield Held("stage", s, False, self._together(s, since), points, 0.0)

    def _since(self, s: int) -> int:
        """The slot from which a stage waits: when what comes before it on its ground is over."""
        before = int(self.problem.predecessor[s])
        return 0 if before < 0 else _or_never(self.planned.finish[before])

    def _together(self, s: int, since: int) -> tuple[Cause, ...]:
        """What keeps a stage together; of no constraint alone is it the case."""
        p, horizon = self.problem, self.problem.horizon
        keys: dict[_Key, None] = {}
        if p.access is not None and self.planned.opens[int(p.access.zone[s])] > 0:
            keys["road", ""] = None
        if p.conditions.decisions is not None:
            keys["decision", p.stage_ids[s]] = None
        for option in self.options[s]:
            keys |= dict.fromkeys(option.keys())

        def soonest(lifted: set[_Key]) -> int:
            low = self._low(s, self.planned, lifted)
            return min(self._finish(option, low, lifted) for option in self.options[s])

        if soonest(set()) <= horizon:
            return (Cause("order", "", since),)
        together = set(keys)
        if soonest(together) > horizon:
            return (Cause("end", "", since),)
        for key in keys:  # none of what is left can be left out
            if soonest(together - {key}) <= horizon:
                together.discard(key)
        zone = 0 if p.access is None else int(p.access.zone[s])
        return tuple(Cause(kind, next(iter(self._roads.get(zone, ())), "") if kind == "road"
                           else name, since) for kind, name in keys if (kind, name) in together)

    # --- money -----------------------------------------------------------------------------------

    def fund(self, line: int) -> str:
        """The fund of a line that can be spent for longest, of these the one that brings most; the
        line where no fund may pay for it."""
        money = self.problem.conditions.money
        assert money is not None
        own, ends = money.payers()[line], money.ends()
        if not len(own):
            return money.lines[line]
        return money.fund_ids[max(own.tolist(), key=lambda f: (
            int(ends[f]), float(money.arrived[f, -1]), -f))]

    def _there(self, line: int) -> np.ndarray:
        """(H,) money that a line may still spend from a slot on."""
        money = self.problem.conditions.money
        assert money is not None and self.left is not None
        own = money.payers()[line]
        able = np.arange(self.problem.horizon) < money.ends()[own][:, None]
        return np.where(able, self.left[own], 0.0).sum(axis=0)

    def _lacks(self, line: int, cost: float, since: int) -> float:
        """Money that is missing for a bill of a line from a slot on."""
        last = self.problem.horizon - 1
        return max(0.0, cost - float(self._there(line)[min(since, last):].max(initial=0.0)))

    def _lacks_of(self, s: int, since: int) -> float:
        p, money = self.problem, self.problem.conditions.money
        own = slice(int(p.option_start[s]), int(p.option_start[s + 1]))
        line = -1 if money is None else int(money.stage_fund[s])
        return self._lacks(line, float(p.option_cost[own].min()), since) if line >= 0 else 0.0

    # --- roads -----------------------------------------------------------------------------------

    def _openers(self) -> dict[int, tuple[str, ...]]:
        """Of each zone that the plan never reaches the roads of which each, open at once, leads
        there, those first that open most zones."""
        access = self.problem.access
        assert access is not None
        out_of: dict[int, list[tuple[int, str]]] = {}
        finish = self.schedule.finish
        asked: dict[str, None] = {}
        for g, name in enumerate(access.gate_ids):
            mine = access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]
            shut = bool((finish[mine] < 0).any())
            out_of.setdefault(int(access.gate_from[g]), []).append(
                (int(access.gate_to[g]), name if shut else ""))
            if shut:
                asked[name] = None
        for name, here, there in access.shut():
            out_of.setdefault(here, []).append((there, name))
            asked[name] = None
        reached = {z for z, at in enumerate(self.planned.opens) if at < NEVER}
        border = {name for z in reached for there, name in out_of.get(z, ())
                  if there not in reached}
        found: list[tuple[int, str, set[int]]] = []
        for name in asked:
            if name not in border:
                continue
            new: set[int] = set()
            stack = [there for z in reached for there, road in out_of.get(z, ())
                     if road == name and there not in reached]
            while stack:
                z = stack.pop()
                if z in new:
                    continue
                new.add(z)
                stack += [there for there, road in out_of.get(z, ())
                          if road in ("", name) and there not in reached]
            found.append((-len(new), name, new))
        out: dict[int, tuple[str, ...]] = {}
        for _, name, new in sorted(found, key=lambda f: f[:2]):
            for z in new:
                out[z] = (*out.get(z, ()), name)
        return out

    # --- communities and works -------------------------------------------------------------------

    def _communities(self, worlds: dict[_Key, _World], best: list[_Key]) -> Iterator[Held]:
        """Communities that no road reaches, whose own land is all done."""
        access, horizon = self.problem.access, self.problem.horizon
        if access is None:
            return
        for c, weight in enumerate(access.community_weight.tolist()):
            own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
            if self.planned.opens[int(access.community_zone[c])] < NEVER or (
                    self.planned.finish[own] < 0).any():
                continue
            able = [k for k in best if self._community(c, worlds[k]) < horizon]
            if not able:
                yield Held("community", c, False, (Cause("road", "", 0),), weight, 0.0)
                continue
            key = min(able, key=lambda k: self._community(c, worlds[k]))
            yield Held("community", c, False, (Cause(*key, 0),), weight, weight * float(
                self.loss[horizon] - self.loss[self._community(c, worlds[key])]))

    def _work_rules(self, w: int, world: _World) -> dict[_Key, np.ndarray]:
        """bool (H + 1,) starts of a work that each constraint forbids, its land aside."""
        p, works = self.problem, self.problem.conditions.projects
        assert works is not None
        at = np.arange(p.horizon + 1)
        why: dict[_Key, np.ndarray] = {}
        if int(works.earliest[w]) > 0:
            why["day", works.ids[w]] = at < int(works.earliest[w])
        if works.may_start is not None:
            why["season", works.ids[w]] = ~np.append(works.may_start[w], False)
        follows = [] if works.after is None else works.after[works.after[:, 1] == w, 0].tolist()
        if follows:
            why["work", ", ".join(works.ids[x] for x in follows)] = at < max(
                _or_never(world.works[1, x]) for x in follows)
        line, cost = int(works.fund[w]), float(works.cost[w])
        if p.conditions.money is not None and line >= 0 and cost > 0:
            there = self._there(line).copy()
            begin = int(self.planned.works[0, w])
            if begin >= 0:  # from its start on its own bill is paid already
                there[min(begin, p.horizon - 1):] += cost
            why["money", self.fund(line)] = np.append(there, there[-1:]) < (
                cost * (1 - 1e-9) - 1e-6)
        return why

    def _work_times(self, world: _World, lifted: set[_Key]) -> None:
        """Starts and finishes of works in a world, none later than planned."""
        p, works = self.problem, self.problem.conditions.projects
        if works is None:
            return
        at = np.arange(p.horizon + 1)
        for _ in range(len(works.ids)):  # what follows comes after what it follows
            again = False
            for w in range(world.works.shape[1]):
                mine = works.stage[works.start[w]:works.start[w + 1]]
                land = max((_or_never(f) for f in world.finish[mine]), default=0)
                bad = (at < land) | (at + int(works.slots[w]) > p.horizon)
                for key, forbidden in self._work_rules(w, world).items():
                    if key not in lifted:
                        bad |= forbidden
                able = np.flatnonzero(~bad)
                if len(able) and (world.works[0, w] < 0 or able[0] < world.works[0, w]):
                    world.works[:, w] = able[0], able[0] + int(works.slots[w])
                    again = True
            if not again:
                break

    def _works(self, worlds: dict[_Key, _World], best: list[_Key]) -> Iterator[Held]:
        p, works, horizon = self.problem, self.problem.conditions.projects, self.problem.horizon
        if works is None:
            return
        planned = self.planned.works
        for w in range(planned.shape[1]):
            weight, done = float(works.weight[w]), int(planned[0, w]) >= 0
            ends = {k: _or_never(worlds[k].works[1, w]) for k in best}
            stands = int(planned[1, w]) if done else NEVER
            able = [k for k in best if ends[k] < stands]
            if able:
                key = min(able, key=lambda k: ends[k])
                land = max((_or_never(f) for f in worlds[key].finish[
                    works.stage[works.start[w]:works.start[w + 1]]]), default=0)
                line = int(works.fund[w])
                lacks = self._lacks(line, float(works.cost[w]), land) if (
                    key[0] == "money" and not done and line >= 0) else 0.0
                yield Held("work", w, done, (Cause(*key, 0),), weight, weight * float(
                    self.loss[min(stands, horizon)] - self.loss[ends[key]]), lacks)
            elif not done:
                mine = last_of(works.stage[works.start[w]:works.start[w + 1]], p.predecessor)
                late = tuple(int(s) for s in mine if self.planned.finish[s] < 0)
                if late:
                    yield Held("work", w, False, (Cause("land", "", NEVER, late),), weight, 0.0)
                    continue
                land = int(self.planned.finish[mine].max(initial=0))
                rules = self._work_rules(w, self.planned)
                yield Held("work", w, False, tuple(
                    Cause(*key, land) for key, bad in rules.items() if bad[land:].any())
                    or (Cause("end", "", land),), weight, 0.0)


def _or_never(finish: int) -> int:
    return NEVER if finish < 0 else int(finish)


def _counted(where: np.ndarray) -> np.ndarray:
    """int64 (H + 1,): how many of the slots before t are true."""
    return np.concatenate([[0], np.cumsum(where)])
