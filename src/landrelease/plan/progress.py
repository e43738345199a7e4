"""Making a plan again: what is done leaves the problem, what was promised stays in it with a price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from landrelease.core.conditions import Decisions, Money, Promises
from landrelease.core.work import Plan, Problem
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan.compare import end_of
from landrelease.plan.decoder import decode
from landrelease.plan.objective import late_prices

LEAST_LEFT = 0.05  # of a stage that has begun and is not reported as finished


def without(problem: Problem, done: Iterable[int]) -> Problem:
    """The problem without stages that are finished: what waited for them waits no more.

    Raises PLN-009: a stage that is not one, or one that is done although the stage before it is
    not (its survey would never be planned on its own).
    """
    gone = np.zeros(len(problem.stage_ids), dtype=bool)
    for s in done:
        if not 0 <= s < len(gone):
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="a finished stage", found=s,
                                   expected=f"0 to {len(gone) - 1}")
        gone[s] = True
    before = problem.predecessor
    early = np.flatnonzero(gone & (before >= 0) & ~gone[np.maximum(before, 0)])
    if len(early):
        s = int(early[0])
        raise LandReleaseError(
            PLAN_VALUE_OUT_OF_RANGE, name=f"progress of {problem.stage_ids[s]}", found="finished",
            expected=f"{problem.stage_ids[int(before[s])]} finished before it")
    if not gone.any():
        return problem
    keep = np.flatnonzero(~gone)
    number = np.full(len(gone) + 1, -1, dtype=np.int32)  # the last one: of "no stage", -1
    number[keep] = np.arange(len(keep), dtype=np.int32)
    stage_of = np.repeat(np.arange(len(gone)), np.diff(problem.option_start))
    options = np.flatnonzero(~gone[stage_of])
    option_number = np.full(len(stage_of) + 1, -1, dtype=np.int32)
    option_number[options] = np.arange(len(options), dtype=np.int32)
    counts = np.diff(problem.option_start)[keep]

    def stages(values: np.ndarray) -> np.ndarray:
        return values[keep]

    def listed(start: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lists of stages with what is done taken out."""
        there = number[members] >= 0
        sums = np.concatenate([[0], np.cumsum(there)])
        return sums[start].astype(np.int32), number[members[there]].astype(np.int32)

    terms = problem.conditions
    part: dict[str, Any] = {}
    if terms.calendars is not None:
        part["calendars"] = replace(terms.calendars, first=terms.calendars.first[options],
                                    second=terms.calendars.second[options])
    if terms.windows is not None:
        w = terms.windows
        part["windows"] = replace(
            w, first_from=w.first_from[options], first_until=w.first_until[options],
            second_from=w.second_from[options], second_until=w.second_until[options])
    if terms.equipment is not None:
        part["equipment"] = replace(terms.equipment, first=terms.equipment.first[options],
                                    second=terms.equipment.second[options])
    if terms.money is not None:
        part["money"] = replace(terms.money, stage_fund=stages(terms.money.stage_fund))
    if terms.projects is not None:
        start, members = listed(terms.projects.start, terms.projects.stage)
        part["projects"] = replace(terms.projects, start=start, stage=members)
    if terms.decisions is not None:
        d = terms.decisions
        pairs = number[d.after]
        part["decisions"] = replace(
            d, earliest=stages(d.earliest), latest=stages(d.latest), allowed=d.allowed[options],
            ordered=None if d.ordered is None else stages(d.ordered),
            after=np.ascontiguousarray(pairs[(pairs >= 0).all(axis=1)], dtype=np.int32))
    if terms.promises is not None:
        p = terms.promises
        part["promises"] = replace(
            p, finish=stages(p.finish), option=option_number[stages(p.option)],
            late_price=stages(p.late_price), change_price=stages(p.change_price))
    if terms.outcomes is not None:
        part["outcomes"] = replace(terms.outcomes, needed=stages(terms.outcomes.needed),
                                   spread=stages(terms.outcomes.spread))
    if terms.season_weight is not None:
        part["season_weight"] = stages(terms.season_weight)
    access = problem.access
    if access is not None:
        gate_start, gate_stage = listed(access.gate_start, access.gate_stage)
        community_start, community_stage = listed(access.community_start, access.community_stage)
        access = replace(access, zone=stages(access.zone), gate_start=gate_start,
                         gate_stage=gate_stage, community_start=community_start,
                         community_stage=community_stage)
    benefits = problem.benefits
    if benefits is not None:
        benefits = replace(
            benefits, people=stages(benefits.people), hectares=stages(benefits.hectares),
            growing=None if benefits.growing is None else stages(benefits.growing))
    return replace(
        problem,
        stage_ids=tuple(problem.stage_ids[s] for s in keep.tolist()),
        activity=stages(problem.activity), predecessor=number[stages(before)],
        hazard=stages(problem.hazard), task=stages(problem.task), weight=stages(problem.weight),
        work_m2=stages(problem.work_m2), released_m2=stages(problem.released_m2),
        option_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        first_pool=problem.first_pool[options], first_slots=problem.first_slots[options],
        second_pool=problem.second_pool[options], second_slots=problem.second_slots[options],
        option_cost=problem.option_cost[options],
        option_mode=tuple(problem.option_mode[o] for o in options.tolist()),
        access=access, conditions=replace(terms, **part), benefits=benefits)


def partly_done(problem: Problem, done_m2: Mapping[int, float]) -> Problem:
    """Stages that have begun take less time and money: as much less as of their ground is done.

    done_m2 : stage -> m² reported so far. At least `LEAST_LEFT` of a stage that nobody reported as
    finished is left.
    """
    first, second = problem.first_slots.copy(), problem.second_slots.copy()
    cost, work = problem.option_cost.copy(), problem.work_m2.copy()
    for s, m2 in done_m2.items():
        share = min(1.0 - LEAST_LEFT, max(0.0, m2 / work[s])) if work[s] > 0 else 0.0
        o = slice(int(problem.option_start[s]), int(problem.option_start[s + 1]))
        first[o] = np.ceil(first[o] * (1.0 - share) - 1e-9).astype(first.dtype)
        second[o] = np.ceil(second[o] * (1.0 - share) - 1e-9).astype(second.dtype)
        cost[o] = cost[o] * (1.0 - share)
        work[s] *= 1.0 - share
    return replace(problem, first_slots=first, second_slots=second, option_cost=cost, work_m2=work)


def promised(problem: Problem, standing: Plan, *, late_price: float, change_price: float
             ) -> Problem:
    """The problem with what the standing plan announced, by the ids of the stages.

    late_price : points a day later than promised, per point a day that hangs on the stage itself
    (its weight); change_price : points where other teams come than were announced. A stage that the
    standing plan did not finish, or does not know, is promised to nobody.

    Raises PLN-009: a price below 0.
    """
    for name, price in (("late_price", late_price), ("change_price", change_price)):
        if not price >= 0:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=price,
                                   expected="0 or more")
    old, schedule = standing.problem, standing.schedule
    known = {name: s for s, name in enumerate(old.stage_ids)}
    stages = len(problem.stage_ids)
    finish, option = np.full(stages, -1, np.int32), np.full(stages, -1, np.int32)
    for s, name in enumerate(problem.stage_ids):
        before = known.get(name, -1)
        if before < 0 or int(schedule.finish[before]) < 0:
            continue
        day = end_of(old, int(schedule.finish[before]))
        if day is None:
            continue
        finish[s] = slot_by(problem, day)
        option[s] = _same_option(problem, s, old, int(schedule.option[before]))
    made = Promises(finish, option, late_prices(late_price, finish, problem.weight),
                    np.where(option >= 0, change_price, 0.0))
    return replace(
        problem, conditions=replace(problem.conditions, promises=made), objective=replace(
            problem.objective, promise_price=late_price, change_price=change_price))


def slot_by(problem: Problem, day: date) -> int:
    """The last slot that begins on or before a day: what ends by it was ready on that day."""
    offset = (day - problem.slot_starts[0]).days
    return int(np.clip(np.searchsorted(problem.delay_days, offset + 1e-9, side="right") - 1, 0,
                       problem.horizon))


def begun(problem: Problem, started: Mapping[int, int]) -> Problem:
    """Stages that teams are at go on with the teams that are there, before all other work, from
    the first slot on in which their ground is open and their team is there, accredited and free.

    started : stage -> option. Who is at work has got there (its road counts as open) and was not
    held up by what it was to follow; what its work still costs is taken off the money first and
    waits for none. Raises PLN-009: an option of another stage.
    """
    stages = len(problem.stage_ids)
    decided = problem.conditions.decisions or Decisions(
        np.zeros(stages, np.int32), np.full(stages, problem.horizon, np.int32),
        np.ones(len(problem.first_pool), bool), np.zeros((0, 2), np.int32))
    allowed, own = decided.allowed.copy(), np.array(sorted(started), dtype=np.int64)
    for s, o in started.items():
        low, high = int(problem.option_start[s]), int(problem.option_start[s + 1])
        if not low <= o < high:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=f"option of "
                                   f"{problem.stage_ids[s]}", found=o, expected=f"{low} to "
                                   f"{high - 1}")
        allowed[low:high] = False
        allowed[o] = True
    access, terms = problem.access, problem.conditions
    if access is not None:
        zone = access.zone.copy()
        zone[own] = 0
        access = replace(access, zone=zone)
    pairs = decided.after[~np.isin(decided.after[:, 1], own)]
    terms = replace(terms, money=_paid_first(problem, started),
                    decisions=replace(decided, allowed=allowed, after=pairs))
    return going_on(replace(problem, access=access, conditions=terms), own)


def going_on(problem: Problem, running: np.ndarray) -> Problem:
    """The problem in which running stages are pinned to the first slot in which each can go on,
    before what else people have fixed. What can go on nowhere stays pinned, so that it is said."""
    decided = problem.conditions.decisions
    assert decided is not None
    if not len(running):
        return problem
    horizon = problem.horizon

    def pinned(latest: np.ndarray) -> tuple[Problem, np.ndarray]:
        made = replace(problem, conditions=replace(problem.conditions, decisions=replace(
            decided, latest=latest.astype(np.int32))))
        return made, decode(made, np.zeros(len(latest))).start[running]

    last = np.full(len(decided.latest), horizon)
    last[running] = horizon - 1
    _, start = pinned(last)
    last = decided.latest.copy()
    last[running] = np.where(start >= 0, start, horizon - 1)
    made, now = pinned(last)
    if (now < 0).any():  # another pin stands in the way: then as soon as it is over
        last[running[now < 0]] = horizon - 1
        made, _ = pinned(last)
    return made


def _paid_first(problem: Problem, started: Mapping[int, int]) -> Money | None:
    """The money less what begun work still costs, each bill from the funds of its line in their
    order as far as they reach; nobody waits for the bill any more."""
    money = problem.conditions.money
    if money is None:
        return None
    arrived, of, payers = money.arrived.copy(), money.stage_fund.copy(), money.payers()
    for s, o in started.items():
        if of[s] < 0:
            continue
        rest = float(problem.option_cost[o])
        for f in payers[of[s]]:
            part = min(rest, float(arrived[f, -1]))
            arrived[f] = np.maximum(0.0, arrived[f] - part)
            rest -= part
        of[s] = -1
    return replace(money, arrived=arrived, stage_fund=of)


def _same_option(problem: Problem, s: int, old: Problem, option: int) -> int:
    """The option of stage `s` with the mode and pools of an option of another problem; -1: none.

    A pool that the records part by now, or no longer part (`north` and `north.1`), is still that
    pool."""
    def words(of: Problem, o: int, *, whole: bool) -> tuple[str, str, str]:
        second = int(of.second_pool[o])
        pools = (of.pools[int(of.first_pool[o])].id, "" if second < 0 else of.pools[second].id)
        one, two = (p if whole else _PART.sub("", p) for p in pools)
        return of.option_mode[o], one, two

    if option < 0:
        return -1
    own = range(int(problem.option_start[s]), int(problem.option_start[s + 1]))
    for whole in (True, False):
        wanted = words(old, option, whole=whole)
        for o in own:
            if words(problem, o, whole=whole) == wanted:
                return o
    return -1


_PART = re.compile(r"\.\d+$")
