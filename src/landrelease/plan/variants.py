"""The same problem with one thing changed: one more team, a closure lifted, money sooner.

Each function gives a problem in which every plan of the one that it was made from can still be
carried out (work that stood still through a closure ends sooner where it is lifted), so that the
best plan of the new one is never worse.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from landrelease.core.conditions import CALENDAR_PARTS, no_leave_of
from landrelease.core.work import MOST_UNITS, Problem, Schedule
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan.progress import slot_by


def more_teams(problem: Problem, pool: str, teams: int = 1, since: date | None = None) -> Problem:
    """More teams in a pool, from the first slot that begins on or after a day (None: as the pool).

    Before the pool itself opens nobody comes. Raises PLN-009: an unknown pool, less than one team.
    """
    p = _pool(problem, pool)
    most = MOST_UNITS - int(problem.pool_teams[p])
    if not 1 <= teams <= most:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="teams", found=teams,
                               expected="1 or more" if teams < 1 else f"1 to {most:,}")
    opens = int(problem.pool_opens[p])
    if since is not None:
        slot = slot_by(problem, since)
        offset = (since - problem.slot_starts[0]).days
        slot += int(problem.delay_days[slot] < offset - 1e-9)
        opens = max(opens, slot)
    if opens <= int(problem.pool_opens[p]):
        counts = problem.pool_teams.copy()
        counts[p] += teams
        pools = tuple(replace(x, teams=x.teams + teams) if i == p else x
                      for i, x in enumerate(problem.pools))
        return replace(problem, pools=pools, pool_teams=counts)
    # Teams that come later are a pool of their own, and every option has its variants with it.
    added = replace(problem.pools[p], id=f"{pool}+{teams}", teams=teams, available_from=since)
    new = len(problem.pools)
    rows: list[tuple[int, int, int]] = []  # (old option, first pool, second pool)
    start = [0]
    for s in range(len(problem.stage_ids)):
        own = range(int(problem.option_start[s]), int(problem.option_start[s + 1]))
        # The options that were there come first: their place within the stage stays the same.
        rows += [(o, int(problem.first_pool[o]), int(problem.second_pool[o])) for o in own]
        for o in own:
            first, second = int(problem.first_pool[o]), int(problem.second_pool[o])
            for a in {first, new if first == p else first}:
                for b in {second, new if second == p else second}:
                    if (a, b) != (first, second):
                        rows.append((o, a, b))
        start.append(len(rows))
    of = np.array([r[0] for r in rows], dtype=np.int64)
    grown = replace(
        _gathered(problem, of),
        option_start=np.array(start, dtype=np.int32),
        first_pool=np.array([r[1] for r in rows], dtype=np.int32),
        second_pool=np.array([r[2] for r in rows], dtype=np.int32),
        pools=(*problem.pools, added),
        pool_teams=np.append(problem.pool_teams, teams).astype(np.int32),
        pool_opens=np.append(problem.pool_opens, opens).astype(np.int32),
        pool_closes=np.append(problem.pool_closes, problem.pool_closes[p]).astype(np.int32))
    promises = grown.conditions.promises
    if promises is not None:
        moved = np.where(promises.option >= 0, _carried(problem, grown, promises.option), -1)
        grown = replace(grown, conditions=replace(
            grown.conditions, promises=replace(promises, option=moved.astype(np.int32))))
    return grown


def carried(problem: Problem, grown: Problem, schedule: Schedule) -> Schedule:
    """A schedule of a problem as one of a problem that was grown from it (`more_teams`)."""
    option = np.where(schedule.option >= 0, _carried(problem, grown, schedule.option), -1)
    return replace(schedule, option=option.astype(np.int32))


def ground_open(problem: Problem, calendar: str) -> Problem:
    """A closure, season or rest that does not hold. Raises PLN-009: no such calendar."""
    calendars = problem.conditions.calendars
    names = () if calendars is None else calendars.ids
    if calendar not in names or calendars is None:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the calendar", found=calendar,
                               expected="one of " + (", ".join(names) or "none: there is none"))
    is_open = calendars.open.copy()
    is_open[names.index(calendar)] = True
    return _with(problem, calendars=replace(calendars, open=is_open))


def more_money(problem: Problem, fund: str, amount: float, since: date | None = None) -> Problem:
    """More money in a fund from a day. Raises PLN-009: no such fund, an amount that is not above 0.
    """
    money = problem.conditions.money
    names = () if money is None else money.fund_ids
    if money is None or fund not in names:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the fund", found=fund,
                               expected="one of " + (", ".join(names) or "none: there is none"))
    if not amount > 0:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the amount", found=amount,
                               expected="above 0")
    arrived = money.arrived.copy()
    arrived[names.index(fund), 0 if since is None else slot_by(problem, since):] += amount
    return _with(problem, money=replace(money, arrived=arrived))


def more_equipment(problem: Problem, thing: str, units: int = 1) -> Problem:
    """More units of a shared thing. Raises PLN-009: no such thing, less than one unit."""
    gear = problem.conditions.equipment
    names = () if gear is None else gear.ids
    if gear is None or thing not in names or units < 1:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the equipment", found=thing,
                               expected="one of " + (", ".join(names) or "none: there is none"))
    most = MOST_UNITS - int(gear.units[names.index(thing)])
    if units > most:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=thing, found=units,
                               expected=f"1 to {most:,}")
    counts = gear.units.copy()
    counts[names.index(thing)] += units
    return _with(problem, equipment=replace(gear, units=counts))


def roads_open(problem: Problem, gates: set[str]) -> Problem:
    """Roads that somebody else opens: their gates wait for nothing, and neither do those that the
    same areas block (an area lies on several pieces of a road); or roads that no work of the plan
    opens (`Access.shut_ids`). Raises PLN-009: no such gate."""
    access = problem.access
    unknown = gates - set(() if access is None else (*access.gate_ids, *access.shut_ids))
    if access is None or unknown:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the road", found=", ".join(
            sorted(unknown)) or "none", expected="a blocked road of the plan")
    waits = [access.gate_stage[a:b].tolist() for a, b in itertools.pairwise(
        access.gate_start.tolist())]
    areas = [frozenset(problem.hazard[own].tolist()) for own in waits]
    blocks = {own for name, own in zip(access.gate_ids, areas, strict=True) if name in gates}
    start, members = [0], list[int]()
    for own, of in zip(waits, areas, strict=True):
        members += () if of in blocks else own
        start.append(len(members))
    opened = [road for road in access.shut() if road[0] in gates]
    kept = [road for road in access.shut() if road[0] not in gates]
    return replace(problem, access=replace(
        access, gate_ids=(*access.gate_ids, *(name for name, _, _ in opened)),
        gate_from=np.append(access.gate_from, [a for _, a, _ in opened]).astype(np.int32),
        gate_to=np.append(access.gate_to, [b for _, _, b in opened]).astype(np.int32),
        gate_start=np.array(start + [start[-1]] * len(opened), np.int32),
        gate_stage=np.array(members, np.int32), shut_ids=tuple(name for name, _, _ in kept),
        shut_zones=None if not kept else np.array([[a, b] for _, a, b in kept], np.int32)))


def leave_kept(problem: Problem, pool: str) -> Problem:
    """A pool whose leave holds from the first day to the end, without gaps. Raises PLN-009: no such
    pool."""
    p = _pool(problem, pool)
    first, second = problem.first_pool == p, problem.second_pool == p
    terms = problem.conditions
    if terms.windows is not None:
        w, end = terms.windows, problem.horizon
        problem = _with(problem, windows=replace(
            w, first_from=np.where(first, 0, w.first_from).astype(np.int32),
            first_until=np.where(first, end, w.first_until).astype(np.int32),
            second_from=np.where(second, 0, w.second_from).astype(np.int32),
            second_until=np.where(second, end, w.second_until).astype(np.int32)))
    calendars = terms.calendars
    if calendars is not None:
        number = np.arange(len(calendars.ids), dtype=np.int32)
        gap = no_leave_of(pool)
        for k, name in enumerate(calendars.ids):
            parts = name.split(CALENDAR_PARTS)
            kept = [part for part in parts if part != gap and not part.startswith(f"{gap} for ")]
            rest = CALENDAR_PARTS.join(kept) or calendars.ids[0]
            if len(kept) < len(parts) and rest in calendars.ids:
                number[k] = calendars.ids.index(rest)
        problem = _with(problem, calendars=replace(
            calendars, first=np.where(first, number[calendars.first], calendars.first),
            second=np.where(second, number[calendars.second], calendars.second)))
    return problem


def undecided(problem: Problem, stages: Sequence[int]) -> Problem:
    """Stages on which nobody has decided: no fixed start, teams or order of theirs holds. Raises
    PLN-009: nothing is decided on any of them."""
    decided = problem.conditions.decisions
    own = np.zeros(len(problem.stage_ids), dtype=bool)
    own[list(stages)] = True
    of_own = np.repeat(own, np.diff(problem.option_start))
    held = decided is not None and (
        (decided.earliest[own] > 0).any() or (decided.latest[own] < problem.horizon).any()
        or not decided.allowed[of_own].all() or own[decided.after[:, 1]].any())
    if decided is None or not held:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the decision", found=", ".join(
            problem.stage_ids[s] for s in stages), expected="a stage or area that an order holds")
    return _with(problem, decisions=replace(
        decided, earliest=np.where(own, 0, decided.earliest).astype(np.int32),
        latest=np.where(own, problem.horizon, decided.latest).astype(np.int32),
        allowed=decided.allowed | of_own, after=decided.after[~own[decided.after[:, 1]]]))


# --- inside ------------------------------------------------------------------------------------


def _pool(problem: Problem, name: str) -> int:
    for i, pool in enumerate(problem.pools):
        if pool.id == name:
            return i
    raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the pool", found=name,
                           expected="one of " + ", ".join(p.id for p in problem.pools))


def _with(problem: Problem, **parts: Any) -> Problem:
    return replace(problem, conditions=replace(problem.conditions, **parts))


def _carried(problem: Problem, grown: Problem, option: np.ndarray) -> np.ndarray:
    """(S,) options of stages in the grown problem: the same place within their stage."""
    return option - problem.option_start[:-1] + grown.option_start[:-1]


def _gathered(problem: Problem, of: np.ndarray) -> Problem:
    """Everything that is kept by option, option i taken from option of[i]."""
    terms = problem.conditions
    parts: dict[str, Any] = {}
    if terms.calendars is not None:
        parts["calendars"] = replace(terms.calendars, first=terms.calendars.first[of],
                                     second=terms.calendars.second[of])
    if terms.windows is not None:
        w = terms.windows
        parts["windows"] = replace(w, first_from=w.first_from[of], first_until=w.first_until[of],
                                   second_from=w.second_from[of],
                                   second_until=w.second_until[of])
    if terms.equipment is not None:
        parts["equipment"] = replace(terms.equipment, first=terms.equipment.first[of],
                                     second=terms.equipment.second[of])
    if terms.decisions is not None:
        parts["decisions"] = replace(terms.decisions, allowed=terms.decisions.allowed[of])
    return replace(
        problem, first_slots=problem.first_slots[of], second_slots=problem.second_slots[of],
        option_cost=problem.option_cost[of],
        option_mode=tuple(problem.option_mode[o] for o in of.tolist()),
        conditions=replace(terms, **parts))
