"""Hazards, tasks, teams and assumptions in, the planning problem as plain arrays out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import get_args

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.conditions import Benefits, Objective
from landrelease.core.geometry import geodesic_distance_m
from landrelease.core.hazard import Hazard
from landrelease.core.progress import Progress, silent
from landrelease.core.recorded import Note
from landrelease.core.risk import HazardAssessment
from landrelease.core.work import Problem, Task, TeamKind, TeamPool
from landrelease.errors import (
    HAZARD_NOT_ASSESSED,
    HAZARD_TWICE,
    NO_HAZARDS,
    NO_TEAM_OF_KIND,
    NO_WORK_POSSIBLE,
    PLAN_ASSUMPTION_MISSING,
    PLAN_ASSUMPTION_OUT_OF_RANGE,
    PLAN_VALUE_OUT_OF_RANGE,
    SHARES_ABOVE_ONE,
    TASKS_DO_NOT_FIT,
    TEAM_VALUE_NOT_POSITIVE,
    LandReleaseError,
)
from landrelease.plan.recorded.ground import GroundFacts
from landrelease.plan.shares import expected_shares
from landrelease.units import hectares

NEAREST_BASES = 3  # bases offered to a stage: more add little and slow the plan and its bound
SLOT_CALENDAR_DAYS = 3.5  # half a week
TRAVEL_HOME_EVERY_DAYS = 5.0  # a camping team goes to its base and back once a working week
FIRST_YEAR, LAST_YEAR = 1945, 2199  # a first day outside of them is a slip of the pen
_PERCENT = "a share between 0 and 1"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working season as slots. `first_days` (H + 1,) is the first day of each slot, last the
    horizon; `delay_days` (H + 1,) as in `Problem`."""

    first_days: tuple[date, ...]
    delay_days: np.ndarray
    slot_days: float


def calendar(assumptions: Assumptions, start: date) -> Calendar:
    """Half weeks of the working season from `start` to `horizon_years` later.

    The season is divided evenly, so a slot is about 3.5 calendar days; `working_days_per_year`
    are spread evenly over the slots of a year. A season may pass the turn of the year
    (`season_first_month` after `season_last_month`). The first slot is the first one that begins on
    or after `start`; delays are counted from it on: nobody can shorten what lies before it.

    Raises PLN-004, PLN-005 (assumption out of range, missing), PLN-009 (a first day of no year
    in which anybody plans).
    """
    first, last = (_month(assumptions, name) for name in
                   ("season_first_month", "season_last_month"))
    years = _value(assumptions, "horizon_years")
    if not 0 < years <= 100:
        raise _assumption("horizon_years", years, "more than 0 and at most 100 years")
    working = _value(assumptions, "working_days_per_year")
    if not 0 < working <= 366:
        raise _assumption("working_days_per_year", working, "more than 0 and at most 366 days")
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the first day", found=start,
                               expected=f"a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    horizon_day = start + timedelta(days=round(years * 365.25))
    months = (last - first) % 12 + 1
    slots_a_year = max(1, round(months * 30.4375 / SLOT_CALENDAR_DAYS))
    starts: list[date] = []
    ends: list[date] = []
    for year in range(start.year - 1, horizon_day.year + 1):
        opens = date(year, first, 1)
        after = date(year + (first + months - 1) // 12, (first + months - 1) % 12 + 1, 1)
        step = (after - opens).days / slots_a_year
        edges = [opens + timedelta(days=round(k * step)) for k in range(slots_a_year + 1)]
        for begin, end in itertools.pairwise(edges):
            if begin >= start and end <= horizon_day:
                starts.append(begin)
                ends.append(end)
    if not starts:
        raise _assumption("horizon_years", years, "a horizon with at least one slot of the season")
    delay = np.array([0.0] + [float((end - starts[0]).days) for end in ends])
    return Calendar((*starts, ends[-1]), delay, working / slots_a_year)


def build(
    hazards: Sequence[Hazard],
    assessments: Sequence[HazardAssessment],
    tasks: Sequence[Task],
    pools: Sequence[TeamPool],
    assumptions: Assumptions,
    start: date,
    progress: Progress = silent,
    weights: Mapping[str, float] | None = None,
    facts: GroundFacts | None = None,
    steepest_deg: Sequence[float] | None = None,
    done: Collection[str] = (),
    again: Mapping[str, float] = MappingProxyType({}),
    followed: Mapping[str, TeamKind] = MappingProxyType({}),
) -> Problem:
    """Build the planning problem of one programme.

    Parameters
    ----------
    hazards : N hazards; `assessments` : one of each (people nearby, chance of contamination)
    tasks : the partition of the hazards that `cutting.cut` made
    pools : the teams; pools with 0 teams are kept but do nothing
    assumptions : shares, calendar, travel, durations, weights (see docs/plan.md)
    start : first day of the plan
    weights : `person_weight` [points/person/day], `hectare_weight` [points/ha/day] in place of
        the assumptions' values
    facts : what records say of the ground: rates, slopes, what grows there
    steepest_deg : of each pool, the slope up to which its machines work
    done : ids of stages that are on record as completed, with all stages before them
    again : ids of stages that were completed and are open again, with the share of their ground
        that is: only that is worked on and waited for
    followed : ids of stages of clearance where a machine or dogs have been, and which: a manual
        team follows up

    The shares are expectations of what survey finds. NTS is done on the whole hazard and cancels a
    share of it; TS on what NTS leaves reduces a share; the rest is cleared. On average over the
    ground that waits for its first survey they are `share_cancelled` and `share_reduced`; those of
    a hazard move with its chance of contamination (`plan.shares`). A confirmed area (CHA) needs no
    NTS; what is done is no stage, and shares are those of the ground that it left. The benefit of
    a hazard, person_weight x people + hectare_weight x ha, a calendar day, comes back with the
    same shares, over its tasks by area.

    Days of a stage: work / (m2_per_day x share of the day left after travel) / (1 -
    lost_day_share) + move_days + one way from the base, rounded up to whole slots. Up to
    `camp_distance_km` a team travels to its base every day, beyond it camps and travels once a
    working week. A machine's or a dog team's ground is finished by a manual team of the same base,
    `follow_up_speed_factor` or `dog_follow_up_speed_factor` times as fast as without them; neither
    is ever an option alone (S07). Machines are not offered on ground that is steeper than they can.

    Teams that can do several kinds of work (`TeamPool.also`) do one at a time, at its own rate.

    A kind of activity for which no pool exists has no option: its stages stay undone
    (`out_of_reach` says why).

    Raises
    ------
    LandReleaseError
        PLN-001 no hazards; PLN-002 no NTS team; PLN-003 a team's value; PLN-004, PLN-005, PLN-006
        assumptions; PLN-007 hazard without assessment; PLN-008 tasks do not add up to their
        hazard; PLN-009 a weight; PLN-010 a hazard given twice.
    """
    progress("building the planning problem", 0.0)
    if not hazards:
        raise LandReleaseError(NO_HAZARDS, found="0 hazards were given")
    surveyed = np.array([not needs_survey(hazard, done) for hazard in hazards])
    _check_pools(pools, first_survey=not surveyed.all())
    cancelled, reduced = _shares(assumptions)
    days = calendar(assumptions, start)
    per_person, per_hectare = _weights(assumptions, weights)

    index: dict[str, int] = {}
    for i, hazard in enumerate(hazards):
        if hazard.id in index:
            raise LandReleaseError(HAZARD_TWICE, hazard=hazard.id)
        index[hazard.id] = i
    people, chance = np.full(len(hazards), np.nan), np.full(len(hazards), np.nan)
    for assessment in assessments:
        if assessment.hazard_id in index:
            people[index[assessment.hazard_id]] = assessment.people_nearby
            chance[index[assessment.hazard_id]] = assessment.prior.probability
    missing = np.flatnonzero(~np.isfinite(people))
    if len(missing):
        raise LandReleaseError(HAZARD_NOT_ASSESSED, hazard=hazards[int(missing[0])].id)
    area = np.array([hazard.area_m2 for hazard in hazards])
    task_hazard = np.array([index.get(task.hazard_id, -1) for task in tasks], dtype=np.int64)
    task_area = np.array([task.area_m2 for task in tasks], dtype=np.float64)
    known = task_hazard >= 0
    sums = np.bincount(task_hazard[known], task_area[known], minlength=len(hazards))
    wrong = np.flatnonzero(np.abs(sums - area) > 1.0 + 1e-3 * area)
    if len(wrong):
        worst = int(wrong[0])
        raise LandReleaseError(TASKS_DO_NOT_FIT, hazard=hazards[worst].id,
                               found=round(float(sums[worst]), 1),
                               expected=round(float(area[worst]), 1))
    benefit = per_person * people + per_hectare * hectares(1.0) * area
    longitude, latitude = _middles(hazards)

    # Stages: NTS of a hazard, then TS and clearance of each of its tasks; without what is done.
    of_area = expected_shares(chance, area, surveyed, cancelled, reduced)
    technically = np.array([f"{task.id}:TS" in done for task in tasks], dtype=bool)
    of_hazard: list[list[int]] = [[] for _ in hazards]
    for t, h in enumerate(task_hazard):
        if h >= 0:
            of_hazard[h].append(t)
    ids: list[str] = []
    activity: list[int] = []
    predecessor: list[int] = []
    hazard_of: list[int] = []
    task_of: list[int] = []

    def add(name: str, kind: int, before: int, h: int, t: int) -> int:
        """Number of the stage; -1 where it is done."""
        if name in done:
            return -1
        ids.append(name)
        activity.append(kind)
        predecessor.append(before)
        hazard_of.append(h)
        task_of.append(t)
        return len(ids) - 1

    for h, hazard in enumerate(hazards):
        nts = -1 if surveyed[h] else add(f"{hazard.id}:NTS", 0, -1, h, -1)
        for t in of_hazard[h]:
            ts = add(f"{tasks[t].id}:TS", 1, nts, h, t)
            add(f"{tasks[t].id}:clearance", 2, ts, h, t)
    acts = np.array(activity, dtype=np.int8)
    hz = np.array(hazard_of, dtype=np.int32)
    tk = np.array(task_of, dtype=np.int32)
    own = np.where(tk < 0, area[hz], task_area[tk])
    part = np.where(tk < 0, 1.0, task_area[tk] / np.maximum(sums[hz], 1e-9))
    # What a stage gives back of its ground, and what it works on.
    after_ts = (tk >= 0) & technically[tk] if len(tasks) else np.zeros(len(tk), dtype=bool)
    shares = np.where(after_ts, 1.0, of_area[hz, acts])
    left = np.where(acts == 0, 1.0, np.where(acts == 1, 1.0 - of_area[hz, 0], shares))
    if again:
        left, shares = _part_again(ids, predecessor, acts, left, shares, again)
    where = np.column_stack([
        np.where(tk < 0, longitude[hz], np.array([t.longitude for t in tasks])[tk]),
        np.where(tk < 0, latitude[hz], np.array([t.latitude for t in tasks])[tk])])
    work = own * left
    progress("building the planning problem", 0.3)
    ground = _Ground(hz, facts, steepest_deg, [followed.get(name) for name in ids])
    options = _options(acts, work, where, pools, assumptions, days.slot_days, ground)
    progress("building the planning problem", 0.9)
    opens, closes = _availability(pools, days)
    problem = Problem(
        stage_ids=tuple(ids), activity=acts,
        predecessor=np.array(predecessor, dtype=np.int32), hazard=hz, task=tk,
        weight=benefit[hz] * part * shares, work_m2=work,
        released_m2=own * shares,
        option_start=options.start, first_pool=options.first_pool,
        first_slots=options.first_slots, second_pool=options.second_pool,
        second_slots=options.second_slots, option_cost=options.cost, option_mode=options.mode,
        pools=tuple(pools), pool_teams=np.array([p.teams for p in pools], dtype=np.int32),
        pool_opens=opens, pool_closes=closes, delay_days=days.delay_days,
        slot_starts=days.first_days, slot_days=days.slot_days,
        hazard_ids=tuple(hazard.id for hazard in hazards), tasks=tuple(tasks),
        objective=Objective(person_weight=per_person, hectare_weight=per_hectare),
        benefits=Benefits(people=people[hz] * part * shares,
                          hectares=hectares(1.0) * own * shares,
                          growing=None if facts is None or (facts.grows == 1.0).all() else
                          hectares(1.0) * own * shares * facts.grows[hz]))
    progress("building the planning problem", 1.0)
    return problem


def _part_again(ids: Sequence[str], predecessor: Sequence[int], acts: np.ndarray,
                left: np.ndarray, shares: np.ndarray, again: Mapping[str, float]
                ) -> tuple[np.ndarray, np.ndarray]:
    """Shares worked on and given back where only a part of the ground is open again.

    Where technical survey is open again on a part and clearance was never done, what survey left of
    the other part is cleared whole, as everywhere behind a finished one.
    """
    part = np.array([again.get(name, 1.0) for name in ids])
    left, shares = left * part, shares * part
    for s in np.flatnonzero(acts == 2).tolist():
        before = predecessor[s]
        if ids[s] not in again and before >= 0 and ids[before] in again:
            surveyed = 1.0 - part[before]
            left[s] = shares[s] = surveyed + shares[s] * (1.0 - surveyed)
    return left, shares


@dataclass(frozen=True, slots=True)
class _Ground:
    """What records say of the ground of each stage."""

    hazard: np.ndarray  # (S,)
    facts: GroundFacts | None
    steepest_deg: Sequence[float] | None
    followed: Sequence[TeamKind | None]  # who has been there, of stages that only the hand follows

    def speed(self, kind: str, stages: np.ndarray) -> np.ndarray | float:
        return 1.0 if self.facts is None else self.facts.speed[kind][self.hazard[stages]]

    def gentle(self, pool: int, stages: np.ndarray) -> np.ndarray:
        """Where the machines of a pool can work; ground of unknown slope counts as such."""
        if self.facts is None or self.steepest_deg is None:
            return np.ones(len(stages), dtype=bool)
        slope = self.facts.slope_deg[self.hazard[stages]]
        return np.isnan(slope) | (slope <= self.steepest_deg[pool])


@dataclass(frozen=True, slots=True)
class _Options:
    start: np.ndarray
    first_pool: np.ndarray
    first_slots: np.ndarray
    second_pool: np.ndarray
    second_slots: np.ndarray
    cost: np.ndarray
    mode: tuple[str, ...]


def _options(acts: np.ndarray, work: np.ndarray, where: np.ndarray, pools: Sequence[TeamPool],
             assumptions: Assumptions, slot_days: float, ground: _Ground) -> _Options:
    """Options of all stages, sorted by stage, distance rank of the base, manual before machine
    before dogs."""
    lost = _value(assumptions, "lost_day_share")
    if not 0 <= lost < 1:
        raise _assumption("lost_day_share", lost, "0 or more and less than 1")
    moves = _value(assumptions, "move_days")
    if not 0 <= moves < math.inf:
        raise _assumption("move_days", moves, "0 days or more")
    factors = {"mechanical": _positive(assumptions, "follow_up_speed_factor")}
    if "animal" in ground.followed or any(
            pool.kind == "animal" and pool.teams > 0 for pool in pools):
        factors["animal"] = _positive(assumptions, "dog_follow_up_speed_factor")
    drive = 1000 * _positive(assumptions, "travel_speed_km_per_hour") * _positive(
        assumptions, "working_hours_per_day")  # m a team goes in a working day
    count = len(acts)
    stage_parts: list[np.ndarray] = []
    columns: list[tuple[np.ndarray, ...]] = []  # rank, mode, pools, slots, cost of each offer
    share_of_pool = np.array([_day_share(where, pool, assumptions) for pool in pools])  # (P, S)
    bases = [(pool.longitude, pool.latitude) for pool in pools]
    far = np.array([geodesic_distance_m(np.full(count, lon), np.full(count, lat), where[:, 0],
                                        where[:, 1]) for lon, lat in bases])  # (P, S)

    speeds = [pool.speeds() for pool in pools]
    by_hand_only = np.array([factors[k] if k else 0.0 for k in ground.followed])

    def days_of(pool: int, kind: TeamKind, stages: np.ndarray, speed: float | np.ndarray
                ) -> np.ndarray:
        share = share_of_pool[pool, stages]
        with np.errstate(divide="ignore"):
            rate = speeds[pool][kind] * speed * share * ground.speed(kind, stages)
            return work[stages] / rate / (1 - lost) + moves + far[pool, stages] / drive

    def slots_of(days: np.ndarray) -> np.ndarray:
        whole = np.ceil(days / slot_days - 1e-9)
        return np.clip(np.where(np.isfinite(whole), whole, 2**20), 1, 2**20).astype(np.int32)

    def offer(stages: np.ndarray, rank: np.ndarray, mode: int, one: int, kind: TeamKind,
              two: int) -> None:
        usable = share_of_pool[one, stages] > 0
        if two >= 0:
            usable &= share_of_pool[two, stages] > 0
            usable &= ground.gentle(one, stages)
        stages, rank = stages[usable], rank[usable]
        if not len(stages):
            return
        first = days_of(one, kind, stages, np.where(by_hand_only[stages] > 0,
                                                    by_hand_only[stages], 1.0))
        cost = first * pools[one].cost_per_day
        second = np.zeros(len(stages), dtype=np.int32)
        if two >= 0:
            follow = days_of(two, "manual", stages, factors[kind])
            cost = cost + follow * pools[two].cost_per_day
            second = slots_of(follow)
        stage_parts.append(stages)
        columns.append((rank, np.full(len(stages), mode), np.full(len(stages), one),
                        slots_of(first), np.full(len(stages), two), second, cost))

    def ranks(candidates: list[int], stages: np.ndarray) -> np.ndarray:
        """Rank of each candidate's base by distance (K, len(stages)); equal bases share one."""
        places = sorted({bases[p] for p in candidates})
        distance = np.array([far[next(p for p in candidates if bases[p] == place)][stages]
                             for place in places])
        order = np.argsort(np.argsort(distance, axis=0, kind="stable"), axis=0, kind="stable")
        return order[[places.index(bases[p]) for p in candidates]]

    by_kind = {kind: [p for p, pool in enumerate(pools) if kind in speeds[p] and pool.teams > 0]
               for kind in get_args(TeamKind)}
    by_hand: tuple[TeamKind, ...] = ("nts", "ts", "manual")
    for act, kind in enumerate(by_hand):
        stages = np.flatnonzero(acts == act)
        candidates = by_kind[kind]
        if not candidates or not len(stages):
            continue
        for p, rank in zip(candidates, ranks(candidates, stages), strict=True):
            near = rank < NEAREST_BASES
            offer(stages[near], rank[near], 0, p, kind, -1)
    stages = np.flatnonzero((acts == 2) & (by_hand_only == 0))
    with_others: tuple[tuple[int, TeamKind], ...] = ((1, "mechanical"), (2, "animal"))
    for number, kind in with_others:
        pairs = [(m, f) for m in by_kind[kind] for f in by_kind["manual"] if bases[m] == bases[f]]
        if pairs and len(stages):
            firsts = sorted({m for m, _ in pairs})
            rank_of = dict(zip(firsts, ranks(firsts, stages), strict=True))
            for m, f in pairs:
                near = rank_of[m] < NEAREST_BASES
                offer(stages[near], rank_of[m][near], number, m, kind, f)

    if not stage_parts:
        empty = np.zeros(0, dtype=np.int32)
        return _Options(np.zeros(count + 1, dtype=np.int32), empty, empty, empty, empty,
                        np.zeros(0), ())
    stage = np.concatenate(stage_parts)
    rank, mode, one, first, two, second, cost = (
        np.concatenate([c[k] for c in columns]) for k in range(7))
    order = np.lexsort((two, one, mode, rank, stage))
    starts = np.concatenate([[0], np.cumsum(np.bincount(stage, minlength=count))])
    names = {0: ("NTS", "TS", "manual"), 1: ("", "", "machine then manual"),
             2: ("", "", "dogs then manual")}
    modes = tuple(names[int(m)][int(a)]
                  for m, a in zip(mode[order], acts[stage[order]], strict=True))
    return _Options(starts.astype(np.int32), one[order].astype(np.int32),
                    first[order].astype(np.int32), two[order].astype(np.int32),
                    second[order].astype(np.int32), cost[order], modes)


def out_of_reach(problem: Problem, assumptions: Assumptions, *, assumed: bool = False,
                 unplanned: Sequence[Note] = ()) -> Note | None:
    """What no team can do because of where it is based or of what kind it is, in words; None where
    every stage has an option.

    assumed : the teams are those that come with the package, not those of a programme
    unplanned : why each of the teams on record is not planned

    Raises PLN-011: no stage has any option.
    """
    idle = np.diff(problem.option_start) == 0
    if not idle.any():
        return None
    reach = TRAVEL_HOME_EVERY_DAYS / 2 * _positive(
        assumptions, "travel_speed_km_per_hour") * _positive(assumptions, "working_hours_per_day")
    if idle.all() and problem.tasks:
        x, y = (np.array([getattr(t, name) for t in problem.tasks])
                for name in ("longitude", "latitude"))
        km = [geodesic_distance_m(np.full(len(x), p.longitude), np.full(len(x), p.latitude),
                                  x, y).min() / 1000 for p in problem.pools]
        near = int(np.argmin(km))
        on_record = ("" if not unplanned else f"none of the {len(unplanned):,} on record can be "
                     f"planned ({unplanned[0].record}: {unplanned[0].words}), ")
        found = (f"No teams were given, {on_record}and the nearest base of the assumed ones ("
                 if assumed else "The nearest base (")
        raise LandReleaseError(
            NO_WORK_POSSIBLE, stages=f"{len(idle):,}", expected=f"{reach:,.0f}",
            found=f"{found}{problem.pools[near].base}, of {problem.pools[near].id}) is "
            f"{km[near]:,.0f} km from the nearest land")
    missing = {kind for kind in ("ts", "manual")
               if not any(kind in p.speeds() and p.teams > 0 for p in problem.pools)}
    why = []
    for act, (name, kind) in enumerate((("NTS", "nts"), ("TS", "ts"), ("clearance", "manual"))):
        count = int((idle & (problem.activity == act)).sum())
        if count:
            why.append(f"{count:,} steps of {name} ("
                       + (f"no team of kind {kind}" if kind in missing else
                          f"no base of teams of kind {kind} within {reach:,.0f} km") + ")")
    return Note("team", "", "left undone, as no team can do them: " + ", ".join(why))


def _day_share(where: np.ndarray, pool: TeamPool, assumptions: Assumptions) -> np.ndarray:
    """Share (S,) of a team's working day that is left after travel, 0..1."""
    speed = _value(assumptions, "travel_speed_km_per_hour")
    hours = _value(assumptions, "working_hours_per_day")
    camp = _value(assumptions, "camp_distance_km")
    for name, value in (("travel_speed_km_per_hour", speed), ("working_hours_per_day", hours)):
        if not 0 < value < math.inf:
            raise _assumption(name, value, "above 0")
    if not 0 <= camp < math.inf:
        raise _assumption("camp_distance_km", camp, "0 km or more")
    km = geodesic_distance_m(np.full(len(where), pool.longitude),
                             np.full(len(where), pool.latitude), where[:, 0], where[:, 1]) / 1000
    travel = 2 * km / speed
    commuting = 1 - travel / hours
    camping = 1 - travel / (TRAVEL_HOME_EVERY_DAYS * hours)
    return np.clip(np.where(km <= camp, commuting, camping), 0.0, 1.0)


def _availability(pools: Sequence[TeamPool], days: Calendar) -> tuple[np.ndarray, np.ndarray]:
    """First slot that starts when the pool is there, and one past the last that ends in time."""
    horizon = len(days.delay_days) - 1
    opens, closes = [], []
    for pool in pools:
        first, last = 0, horizon
        if pool.available_from is not None:
            first = sum(day < pool.available_from for day in days.first_days[:horizon])
        if pool.available_until is not None:
            # The last day counts: a team that leaves that evening has worked it.
            until = (pool.available_until - days.first_days[0]).days + 1
            last = int(np.searchsorted(days.delay_days[1:], until, side="right"))
        opens.append(first)
        closes.append(max(first, last))
    return np.array(opens, dtype=np.int32), np.array(closes, dtype=np.int32)


def _middles(hazards: Sequence[Hazard]) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude (N,) of a point on each hazard's ground."""
    import shapely

    xy = shapely.get_coordinates(shapely.point_on_surface([h.ground for h in hazards]))
    return xy[:, 0], xy[:, 1]


def needs_survey(hazard: Hazard, done: Collection[str] = ()) -> bool:
    """Whether an area waits for its first survey: not where it is done, nor where direct evidence
    confirms the area already."""
    return hazard.hazard_type != "CHA" and f"{hazard.id}:NTS" not in done


def _check_pools(pools: Sequence[TeamPool], *, first_survey: bool) -> None:
    for pool in pools:
        if pool.teams < 0:
            raise LandReleaseError(TEAM_VALUE_NOT_POSITIVE, team=pool.id, field="teams",
                                   found=pool.teams, expected="0 or more")
        if not 0 < pool.m2_per_day < math.inf:
            raise LandReleaseError(TEAM_VALUE_NOT_POSITIVE, team=pool.id, field="m2_per_day",
                                   found=pool.m2_per_day, expected="more than 0 m² a day")
        if not 0 <= pool.cost_per_day < math.inf:
            raise LandReleaseError(TEAM_VALUE_NOT_POSITIVE, team=pool.id, field="cost_per_day",
                                   found=pool.cost_per_day, expected="0 or more")
    if first_survey and not any("nts" in pool.speeds() and pool.teams > 0 for pool in pools):
        raise LandReleaseError(NO_TEAM_OF_KIND, kind="nts",
                               why="every suspected area is surveyed first")


def _shares(assumptions: Assumptions) -> tuple[float, float]:
    cancelled, reduced = (_value(assumptions, n) for n in ("share_cancelled", "share_reduced"))
    for name, value in (("share_cancelled", cancelled), ("share_reduced", reduced)):
        if not 0 <= value <= 1:
            raise _assumption(name, value, _PERCENT)
    if cancelled + reduced > 1 + 1e-9:
        raise LandReleaseError(SHARES_ABOVE_ONE, cancelled=cancelled, reduced=reduced)
    return cancelled, reduced


def _weights(assumptions: Assumptions,
             weights: Mapping[str, float] | None) -> tuple[float, float]:
    out = []
    for name in ("person_weight", "hectare_weight"):
        value = weights[name] if weights and name in weights else _value(assumptions, name)
        if not 0 <= value < math.inf:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=value,
                                   expected="0 or more")
        out.append(float(value))
    for name in weights or {}:
        if name not in ("person_weight", "hectare_weight"):
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="weights", found=name,
                                   expected="person_weight and hectare_weight")
    return out[0], out[1]


def _positive(assumptions: Assumptions, name: str) -> float:
    value = _value(assumptions, name)
    if not 0 < value < math.inf:
        raise _assumption(name, value, "above 0")
    return value


def _month(assumptions: Assumptions, name: str) -> int:
    value = _value(assumptions, name)
    if value not in range(1, 13):
        raise _assumption(name, value, "a month, 1 to 12")
    return int(value)


def _value(assumptions: Assumptions, name: str) -> float:
    try:
        return assumptions.value(name)
    except KeyError:
        raise LandReleaseError(PLAN_ASSUMPTION_MISSING, name=name) from None


def _assumption(name: str, found: float, expected: str) -> LandReleaseError:
    return LandReleaseError(PLAN_ASSUMPTION_OUT_OF_RANGE, name=name, found=found,
                            expected=expected)
