"""A planning problem as the compiled loops read it: every condition as an array, neutral or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landrelease.core.conditions import Money
from landrelease.core.work import Problem

NEVER = 2**30  # a slot after every horizon


# Columns of the tables below: few arrays keep the compiling short.
(FIRST_POOL, FIRST_SLOTS, FIRST_GEAR, FIRST_CALENDAR, FIRST_FROM, FIRST_UNTIL, SECOND_POOL,
 SECOND_SLOTS, SECOND_GEAR, SECOND_CALENDAR, SECOND_FROM, SECOND_UNTIL, ALLOWED) = range(13)
OPTION_COST, CHARGE = range(2)
PREDECESSOR, ZONE, EARLIEST, LATEST, STAGE_FUND, HAZARD = range(6)
WEIGHT, SEASON_WEIGHT, LATE_PRICE, PROMISED, BROKEN = range(5)
UNITS, OPENS, CLOSES = range(3)
GATE_FROM, GATE_TO = range(2)
PROJECT_SLOTS, PROJECT_FUND, PROJECT_EARLIEST = range(3)
PROJECT_COST, PROJECT_WEIGHT = range(2)


class Arrays(NamedTuple):
    """What a problem fixes (see `Problem`, `Access` and `Conditions`).

    Resources are the pools, then the shared equipment. A stage's cost of finishing at slot f is
    weight * loss[f] + season_weight * seasons[f] + late_price * max(0, delay[f] - promised).
    """

    option: np.ndarray  # int32 (O, 13); *_GEAR are resources, -1: none
    money: np.ndarray  # float64 (O, 2) cost, and points for changing what was announced
    option_start: np.ndarray
    stage: np.ndarray  # int32 (S, 6)
    # float64 (S, 5); PROMISED is a day, BROKEN points where a stage is never done (`kept_first`).
    worth: np.ndarray
    resource: np.ndarray  # int32 (R, 3)
    worked: np.ndarray  # (K, H + 1) open slots of a calendar before slot t
    slot_of: np.ndarray  # (K, H + 1) slot of the w-th open slot; NEVER after the last
    after_start: np.ndarray  # stages that were decided to come before a stage
    after_stage: np.ndarray
    delay: np.ndarray
    loss: np.ndarray
    seasons: np.ndarray
    tranche_from: np.ndarray  # (T,) first slot of each stretch in which no money comes or runs out
    arrived: np.ndarray  # (F, T); after its last slot a fund stays as it was
    payer_start: np.ndarray  # (L + 1,) the funds of a budget line, in the order in which they pay
    payer: np.ndarray  # int32 (N, 2) fund, and the first slot in which it pays nothing more
    zones: int
    gate: np.ndarray  # int32 (G, 2)
    gate_start: np.ndarray
    gate_stage: np.ndarray
    stage_gate_start: np.ndarray  # the gates that a stage belongs to
    stage_gate: np.ndarray
    zone_gate_start: np.ndarray  # the gates that lead out of a zone
    zone_gate: np.ndarray
    community_weight: np.ndarray
    community_zone: np.ndarray
    community_start: np.ndarray
    community_stage: np.ndarray
    project_start: np.ndarray
    project_stage: np.ndarray
    project: np.ndarray  # int32 (W, 3)
    project_worth: np.ndarray  # float64 (W, 2)
    follow_start: np.ndarray  # (W + 1,) the works that a work follows
    follow: np.ndarray
    season: np.ndarray  # int32 (W, H + 1) first slot >= t in which a work may start; NEVER: none;
    # no rows where all may start at any time


def loss_curve(problem: Problem) -> np.ndarray:
    """(H + 1,) what a point of weight costs when it comes back at slot f: days, or days by the
    power that puts long waits first (`Objective.worst_off`)."""
    delay = np.asarray(problem.delay_days, dtype=np.float64)
    power, last = problem.objective.worst_off, float(delay[-1])
    if power == 1.0 or last <= 0:
        return delay
    return last * (delay / last) ** power


def arrays(problem: Problem) -> Arrays:
    """Lay a problem out for the compiled loops."""
    stages, options, horizon = (len(problem.predecessor), len(problem.first_pool),
                                problem.horizon)
    pools = len(problem.pool_teams)
    access, terms = problem.access, problem.conditions
    none, start = np.zeros(0, np.int32), np.zeros(1, np.int32)

    gear = terms.equipment
    first_gear = second_gear = np.full(options, -1, np.int32)
    units, opens, closes = problem.pool_teams, problem.pool_opens, problem.pool_closes
    if gear is not None:
        first_gear, second_gear = (np.where(of >= 0, of + pools, -1).astype(np.int32)
                                   for of in (gear.first, gear.second))
        units = np.concatenate([units, gear.units])
        opens = np.concatenate([opens, np.zeros(len(gear.units))])
        closes = np.concatenate([closes, np.full(len(gear.units), horizon)])
    calendars = terms.calendars
    is_open = np.ones((1, horizon), bool) if calendars is None else calendars.open
    first_calendar = second_calendar = np.zeros(options, np.int32)
    if calendars is not None:
        first_calendar, second_calendar = calendars.first, calendars.second
    worked = np.zeros((len(is_open), horizon + 1), np.int32)
    np.cumsum(is_open, axis=1, out=worked[:, 1:])
    slot_of = np.full((len(is_open), horizon + 1), NEVER, np.int32)
    for k, row in enumerate(is_open):
        at = np.flatnonzero(row)
        slot_of[k, :len(at)] = at
    second = np.maximum(problem.second_pool, 0)
    if options:
        first_from = problem.pool_opens[problem.first_pool]
        first_until = problem.pool_closes[problem.first_pool]
        second_from, second_until = problem.pool_opens[second], problem.pool_closes[second]
    else:
        first_from = first_until = second_from = second_until = none
    if terms.windows is not None:
        first_from = np.maximum(first_from, terms.windows.first_from)
        first_until = np.minimum(first_until, terms.windows.first_until)
        second_from = np.maximum(second_from, terms.windows.second_from)
        second_until = np.minimum(second_until, terms.windows.second_until)
    decided = terms.decisions
    earliest, latest = np.zeros(stages, np.int32), np.full(stages, horizon, np.int32)
    allowed, pairs = np.ones(options, np.bool_), np.zeros((0, 2), np.int32)
    if decided is not None:
        earliest, latest, allowed, pairs = (
            decided.earliest, decided.latest, decided.allowed, decided.after)
    by_later = np.argsort(pairs[:, 1], kind="stable")
    late, promised = np.zeros(stages), np.zeros(stages)
    charge = np.zeros(options)
    if terms.promises is not None:
        kept = terms.promises
        late = np.where(kept.finish >= 0, kept.late_price, 0.0)
        promised = np.asarray(problem.delay_days, float)[np.maximum(kept.finish, 0)]
        stage_of = np.repeat(np.arange(stages), np.diff(problem.option_start))
        told = kept.option[stage_of]
        other = (problem.first_pool != problem.first_pool[told]) | (
            problem.second_pool != problem.second_pool[told])
        charge = np.where((told >= 0) & other, kept.change_price[stage_of], 0.0)
    money = terms.money
    stage_fund = np.full(stages, -1, np.int32)
    tranche_from, arrived = np.zeros(1, np.int32), np.zeros((0, 1))
    payer_start, payer = start, np.zeros((0, 2), np.int32)
    if money is not None:
        stage_fund = money.stage_fund
        tranche_from, arrived = stretches(money)
        payers = money.payers()
        payer_start = np.cumsum([0] + [len(own) for own in payers])
        funds = np.concatenate([*payers, none])
        # Without a last day money is there also for a work that takes no time as the horizon ends.
        ends = np.where(money.ends() >= problem.horizon, NEVER, money.ends())
        payer = np.column_stack([funds, ends[funds]])
        # What no fund may pay for is never done.
        nobody = np.append(np.diff(payer_start) == 0, False)[stage_fund]
        if nobody.any():
            stage_of = np.repeat(np.arange(stages), np.diff(problem.option_start))
            allowed = allowed & ~(nobody[stage_of] & (problem.option_cost > 0))
    season_weight = terms.season_weight if terms.season_weight is not None else np.zeros(stages)
    seasons = terms.seasons_missed if terms.seasons_missed is not None else np.zeros(horizon + 1)
    zone, zones, gates = np.zeros(stages, np.int32), 1, np.zeros((0, 2), np.int32)
    roads = (start, none, np.zeros(stages + 1, np.int32), none, np.zeros(2, np.int32), none,
             np.zeros(0), none, start, none)
    if access is not None:
        gate = np.repeat(np.arange(len(access.gate_ids), dtype=np.int32),
                         np.diff(access.gate_start))
        zone, zones = access.zone, access.zones
        gates = np.column_stack([access.gate_from, access.gate_to])
        roads = (
            access.gate_start, access.gate_stage,
            _starts(access.gate_stage, stages), gate[np.argsort(access.gate_stage, kind="stable")],
            _starts(access.gate_from, access.zones),
            np.argsort(access.gate_from, kind="stable").astype(np.int32),
            access.community_weight, access.community_zone, access.community_start,
            access.community_stage)
    works = terms.projects
    projects: tuple[np.ndarray, ...] = (start, none, np.zeros((0, 3), np.int32), np.zeros((0, 2)),
                                        start, none, np.zeros((0, horizon + 1), np.int32))
    if works is not None:
        follows = np.zeros((0, 2), np.int32) if works.after is None else works.after
        season = np.zeros((0, horizon + 1), np.int32)
        if works.may_start is not None:
            season = np.full((len(works.ids), horizon + 1), NEVER, np.int32)
            for t in range(horizon - 1, -1, -1):
                season[:, t] = np.where(works.may_start[:, t], t, season[:, t + 1])
        projects = (
            works.start, works.stage, np.column_stack([
                works.slots, works.fund if money is not None else np.full(len(works.ids), -1),
                works.earliest]),
            np.column_stack([works.cost, works.weight]), _starts(follows[:, 1], len(works.ids)),
            follows[np.argsort(follows[:, 1], kind="stable"), 0], season)
    made = (
        np.column_stack([
            problem.first_pool, problem.first_slots, first_gear, first_calendar, first_from,
            first_until, problem.second_pool, problem.second_slots, second_gear, second_calendar,
            second_from, second_until, allowed]).astype(np.int32),
        np.column_stack([problem.option_cost, charge]), problem.option_start,
        np.column_stack([problem.predecessor, zone, earliest, latest, stage_fund,
                         problem.hazard]),
        np.column_stack([problem.weight, season_weight, late, promised, np.zeros(stages)]),
        np.column_stack([units, opens, closes]).astype(np.int32), worked, slot_of,
        _starts(pairs[:, 1], stages), pairs[by_later, 0],
        problem.delay_days, loss_curve(problem), seasons, tranche_from, arrived, payer_start, payer,
        zones, gates,
        *roads, *projects)
    return Arrays(*(_plain(value) for value in made))


def kept_first(world: Arrays, problem: Problem) -> tuple[Arrays, float]:
    """The world in which to leave one stage undone that people ordered or fixed costs more than all
    else together, so that the fewest of them are; and what it costs."""
    decided = problem.conditions.decisions
    wanted = (np.zeros(len(world.stage), bool) if decided is None
              else decided.wanted(problem.horizon))
    if not wanted.any():
        return world, 0.0
    weight, season, late, promised, _ = world.worth.T
    most = (weight * world.loss[-1] + season * world.seasons[-1] + late * np.maximum(
        0.0, world.delay[-1] - promised)).sum() + world.loss[-1] * (
            world.community_weight.sum() + world.project_worth[:, PROJECT_WEIGHT].sum()
            ) + len(weight) * world.money[:, CHARGE].max(initial=0.0)
    worth = world.worth.copy()
    worth[wanted, BROKEN] = price = 1.0 + 2.0 * float(most)
    return world._replace(worth=worth), price


def stretches(money: Money) -> tuple[np.ndarray, np.ndarray]:
    """First slots (T,) of the stretches in which no money comes or runs out, and what of each fund
    has arrived in them (F, T), as long as it can be spent."""
    horizon = money.arrived.shape[1]
    changes = np.flatnonzero((np.diff(money.arrived, axis=1) > 0).any(axis=0)) + 1
    ends = money.ends()
    ends = ends[(ends > 0) & (ends < horizon)] if money.until is not None else changes[:0]
    begins = np.union1d(np.concatenate([[0], changes]), ends).astype(np.int32)
    last = np.minimum(begins[None, :], np.maximum(money.ends()[:, None] - 1, 0))
    arrived = np.take_along_axis(money.arrived, last.astype(np.int64), axis=1)
    arrived = np.where(money.ends()[:, None] > 0, arrived, 0.0)
    return begins, np.ascontiguousarray(arrived, dtype=np.float64)


def _plain(value):
    """One type per kind of array, so that the loops are compiled once for every problem."""
    if not isinstance(value, np.ndarray):
        return int(value)
    kind = (np.bool_ if value.dtype == np.bool_ else
            np.float64 if np.issubdtype(value.dtype, np.floating) else np.int32)
    made = np.ascontiguousarray(value, dtype=kind)
    return made if made.flags.writeable else made.copy()


def _starts(of: np.ndarray, count: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=count))]).astype(np.int32)
