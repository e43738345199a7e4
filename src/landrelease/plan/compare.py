"""Two plans side by side, and two areas of one plan: what changed, and why one comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from landrelease.core.work import Plan, Problem, Schedule
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan.decoder import arrays, dispatch_order, place_all, room_of
from landrelease.plan.waiting import NEVER, Wait, waits, worth_of, zone_openings

if TYPE_CHECKING:
    from landrelease.plan.undone import Held

ChangeKind = Literal["new", "gone", "sooner", "later", "same", "planned now", "not planned now"]


# --- dates -------------------------------------------------------------------------------------


def start_of(problem: Problem, slot: int) -> date | None:
    """The calendar day on which what starts at slot `slot` begins; None beyond the horizon."""
    return problem.slot_starts[slot] if 0 <= slot <= problem.horizon else None


def end_of(problem: Problem, slot: int) -> date | None:
    """The calendar day on which what finishes at slot `slot` is over: the day after the end of the
    slot before, which a winter may part from the day on which the next one begins. None beyond the
    horizon."""
    if slot < 0 or slot > problem.horizon:
        return None
    return problem.slot_starts[0] + timedelta(days=float(problem.delay_days[slot]))


def community_slots(problem: Problem, schedule: Schedule) -> np.ndarray:
    """int64 (C,): slot from which each community is reachable with its own hazards released;
    NEVER where not within the horizon, or where nobody has released land of its own that is worked
    through. Empty without roads."""
    access = problem.access
    if access is None:
        return np.zeros(0, dtype=np.int64)
    opens, _ = zone_openings(problem, schedule)
    out = np.array([opens[z] for z in access.community_zone], dtype=np.int64)
    for c in range(len(out)):
        own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
        ends = np.where(schedule.finish[own] < 0, NEVER, schedule.finish[own])
        out[c] = max(int(out[c]), int(ends.max()) if len(own) else 0)
    if access.community_held is not None:
        out[access.community_held] = NEVER
    return out


# --- two plans ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One stage or community in two plans. `days` is how much later it ends in the second one
    (negative: sooner), None where one of the two does not finish it."""

    id: str
    change: ChangeKind
    before: date | None
    after: date | None
    days: int | None
    team_before: str = ""  # pool and mode
    team_after: str = ""

    @property
    def other_team(self) -> bool:
        return bool(self.team_before and self.team_after and self.team_before != self.team_after)


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different between two plans, over all stages and communities of either."""

    stages: tuple[Change, ...]
    communities: tuple[Change, ...]
    score_before: float
    score_after: float

    def count(self, *kinds: ChangeKind) -> int:
        return sum(c.change in kinds for c in self.stages)


def difference(before: Plan, after: Plan) -> Difference:
    """Stage by stage and community by community, by their ids.

    The plans may rest on different records and start on different days: compared are the calendar
    days on which work ends.
    """
    return Difference(
        _changes(_stages(before), _stages(after)),
        _changes(_communities(before), _communities(after)),
        before.score, after.score)


def area_changes(before: Plan, after: Plan) -> tuple[Change, ...]:
    """Area by area, by the day on which the last work on it ends."""
    return _changes(_areas(before), _areas(after))


Ends = dict[str, tuple[date | None, str]]


def _changes(before: Ends, after: Ends) -> tuple[Change, ...]:
    out = []
    for name in sorted({*before, *after}):
        (old, old_team), (new, new_team) = before.get(name, (None, "")), after.get(name, (None, ""))
        days = (new - old).days if old is not None and new is not None else None
        kind: ChangeKind = (
            "new" if name not in before else "gone" if name not in after else
            "same" if old == new else "planned now" if old is None else
            "not planned now" if new is None else "later" if days and days > 0 else "sooner")
        out.append(Change(name, kind, old, new, days, old_team, new_team))
    return tuple(out)


def _stages(plan: Plan) -> Ends:
    problem, schedule = plan.problem, plan.schedule
    return {name: (end_of(problem, int(f)) if f >= 0 else None,
                   team_words(problem, int(o)) if o >= 0 else "")
            for name, f, o in zip(problem.stage_ids, schedule.finish, schedule.option, strict=True)}


def _areas(plan: Plan) -> Ends:
    problem, finish = plan.problem, plan.schedule.finish
    last = np.zeros(len(problem.hazard_ids), dtype=np.int64)
    np.maximum.at(last, problem.hazard, np.where(finish >= 0, finish, NEVER))
    known = np.bincount(problem.hazard, minlength=len(last)) > 0
    return {name: (None if end >= NEVER else end_of(problem, int(end)), "")
            for name, end, there in zip(problem.hazard_ids, last.tolist(), known.tolist(),
                                        strict=True) if there}


def _communities(plan: Plan) -> Ends:
    access = plan.problem.access
    if access is None:
        return {}
    return {name: (None if s >= NEVER else end_of(plan.problem, int(s)), "")
            for name, s in zip(access.community_ids, community_slots(plan.problem, plan.schedule),
                               strict=True)}


def team_words(problem: Problem, option: int) -> str:
    """The mode and the pools of an option."""
    pools = [problem.pools[int(problem.first_pool[option])].id]
    if int(problem.second_pool[option]) >= 0:
        pools.append(problem.pools[int(problem.second_pool[option])].id)
    return f"{problem.option_mode[option]}: {', '.join(pools)}"


# --- two areas of one plan ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """What speaks for one area (or stage) in the plan."""

    id: str
    start: date | None
    finish: date | None
    points_per_day: float  # lost a day until its first stage is finished, all that hangs on it
    team_days: float  # working days of teams that the plan gives it, or that it would take
    points_per_team_day: float
    waits: tuple[Wait, ...]  # of its stages
    held: tuple[Held, ...] = ()  # its stages that the plan never does


@dataclass(frozen=True, slots=True)
class Why:
    """Why one comes before the other: both sides, and what happens when they change places.

    `exchanged` is the score of the plan whose order of work has the two exchanged, by the plan's
    own decoder; above the plan's score: the order is right as far as this one exchange shows.
    """

    first: Side
    second: Side
    score: float
    exchanged: float

    @property
    def loss(self) -> float:
        return self.exchanged - self.score


def why(plan: Plan, first: str, second: str) -> Why:
    """Hold two areas (hazard ids) or two stages (stage ids) of a plan against each other.

    Raises PLN-009: an id that is in the plan's problem neither as a hazard nor as a stage, or the
    same one twice.
    """
    from landrelease.plan.undone import undone  # it varies problems, for which dates are needed

    problem = plan.problem
    groups = [members(problem, name) for name in (first, second)]
    if set(groups[0].tolist()) & set(groups[1].tolist()):
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the second area", found=second,
                               expected="another one than the first")
    waited = waits(problem, plan.schedule)
    worth, held = worth_of(problem, plan.schedule), undone(problem, plan.schedule).held
    sides = [_side(plan, name, own, worth, waited, held)
             for name, own in zip((first, second), groups, strict=True)]
    return Why(sides[0], sides[1], plan.score, exchanged(plan, groups[0], groups[1]))


def exchanged(plan: Plan, one: np.ndarray, other: np.ndarray) -> float:
    """Score after two groups of stages exchange their places in the order of dispatch.

    Each group keeps its own order; their places, taken together, are handed out to the other group
    first where its first stage stood second. Teams and modes are chosen as in the plan.
    """
    priority = np.array(plan.priority, dtype=np.float64)
    places = np.sort(priority[np.concatenate([one, other])])
    late, soon = (one, other) if priority[one].min() < priority[other].min() else (other, one)
    for group, own in ((soon, places[:len(soon)]), (late, places[len(soon):])):
        priority[group[np.argsort(plan.priority[group], kind="stable")]] = own
    world = arrays(plan.problem)
    room = room_of(world)
    order = dispatch_order(plan.problem, priority)
    chosen = np.ascontiguousarray(plan.schedule.option, dtype=np.int32)
    no_price = np.zeros((len(world.resource), plan.problem.horizon + 1))
    return float(place_all(order, world, room, np.ones(len(order)), no_price, chosen, 0.0)[3])


def members(problem: Problem, name: str) -> np.ndarray:
    """The stages of a hazard, or the one stage of that id. Raises PLN-009: neither is there."""
    if name in problem.hazard_ids:
        return np.flatnonzero(problem.hazard == problem.hazard_ids.index(name))
    if name in problem.stage_ids:
        return np.array([problem.stage_ids.index(name)])
    raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="an area of the plan", found=name,
                           expected="the id of a hazard or a stage of the plan")


def _side(plan: Plan, name: str, own: np.ndarray, worth: np.ndarray,
          waited: tuple[Wait, ...], held: tuple[Held, ...]) -> Side:
    problem, schedule = plan.problem, plan.schedule
    done = own[schedule.option[own] >= 0]
    inside = set(own.tolist())
    first = [s for s in own.tolist() if int(problem.predecessor[s]) not in inside]
    each = problem.first_slots + np.where(problem.second_pool >= 0, problem.second_slots, 0)
    slots = float(each[schedule.option[done]].sum())
    for s in own[schedule.option[own] < 0].tolist():  # never done: the way that takes least
        ways = each[int(problem.option_start[s]):int(problem.option_start[s + 1])]
        slots += float(ways.min()) if len(ways) else 0.0
    points = float(worth[first].sum())
    days = slots * problem.slot_days
    return Side(
        name, start_of(problem, int(schedule.start[done].min())) if len(done) else None,
        end_of(problem, int(schedule.finish[done].max())) if len(done) == len(own) else None,
        points, days, points / days if days else 0.0,
        tuple(w for w in waited if w.stage in inside),
        tuple(h for h in held if h.what == "stage" and h.index in inside))


