"""A plan tested as a policy: what it is worth when outcomes and times are drawn, not expected.

Time runs slot by slot. In each slot the teams that are free take the first stage of the plan's
order that can start now: its survey is done, its ground can be reached and is open, its team is
there and accredited, its money has arrived. A team that cannot start anything waits. Nothing that
is not known yet is used: whether a stage is needed is known when the stage before it ends, how long
it takes when it is done. Every so often the plan is made again from what is known then: stages that
turned out empty are gone, those that are needed take their full time, and the order and the teams
are searched anew from the standing ones. The rule that plays beside it orders anew, by the same
knowledge, at the same times.

A stage that is not needed gives its land back when the stage before it ends. Nobody starts what is
expected to outlast their leave; where it takes longer than expected it is finished all the same.
What people forbade is not done. A start that they fixed comes first in its slots, and a team or a
thing is not given away in the last slot before it, as far as the expected time of the other work
shows; money and roads are not kept free for it. Where it cannot be kept it is made as soon as it
can be.

Source: rollout of a priority rule, and re-optimisation as outcomes come in (D. Bertsekas, Rollout
Algorithms for Discrete Optimization, 2013); common random numbers for the comparison of policies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from landrelease.core.conditions import Decisions, Outcomes
from landrelease.core.loops import loop
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem, Schedule
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan import check
from landrelease.plan.arrays import (
    ALLOWED,
    EARLIEST,
    FIRST_CALENDAR,
    FIRST_FROM,
    FIRST_GEAR,
    FIRST_POOL,
    FIRST_SLOTS,
    FIRST_UNTIL,
    LATEST,
    PREDECESSOR,
    PROJECT_COST,
    PROJECT_EARLIEST,
    PROJECT_FUND,
    PROJECT_SLOTS,
    SECOND_CALENDAR,
    SECOND_FROM,
    SECOND_GEAR,
    SECOND_POOL,
    SECOND_SLOTS,
    SECOND_UNTIL,
    STAGE_FUND,
    UNITS,
    ZONE,
    Arrays,
    arrays,
)
from landrelease.plan.compare import community_slots
from landrelease.plan.decoder import dispatch_order, place_all, room_of
from landrelease.plan.progress import going_on, without
from landrelease.plan.rules import rules
from landrelease.plan.search import make_plan
from landrelease.plan.waiting import zone_openings

WAITING, FIRST, BETWEEN, SECOND, DONE, EMPTY = range(6)


@dataclass(frozen=True, slots=True)
class Tested:
    """Scores of policies on the same N draws, float64 (N,); smaller is better.

    `planned` is the plan's own score, in which everything goes as expected.
    """

    planned: float
    plan: np.ndarray  # the plan's order and teams, made again every so often
    rule: np.ndarray  # the best simple rule as a policy, ordering anew at the same times
    rule_name: str
    unfinished: float  # mean share of needed stages not done by the horizon under the plan
    remade: int  # how often the plan was made again in a draw, at most
    # Slots (N, C) from which each community can be reached, and from which its own hazards are
    # released as well, under the plan; NEVER: not within the horizon. Without roads C is 0.
    reached: np.ndarray
    back: np.ndarray

    @property
    def better(self) -> float:
        """Share of draws in which the plan beats the rule."""
        return float((self.plan < self.rule).mean())


def on_samples(plan: Plan, outcomes: Outcomes, *, samples: int = 200, every: int = 0,
               iterations: int = 2, seed: int = 0, progress: Progress = silent) -> Tested:
    """Play a plan and the best simple rule on the same sampled outcomes.

    every : slots after which the plan is made again if anything was learned in them; 0: never, its
        order is kept to the end
    iterations : effort of each making again

    The same plan, outcomes and seed give the same result. Raises PLN-009: a number out of range.
    """
    for name, value, least in (("samples", samples, 1), ("every", every, 0),
                               ("iterations", iterations, 0)):
        if value < least:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=value,
                                   expected=f"{least} or more")
    problem = plan.problem
    if not ((outcomes.needed > 0) & (outcomes.needed <= 1)).all() or (outcomes.spread < 0).any():
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="outcomes", found="a chance outside "
                               "0..1 or a spread below 0", expected="chances above 0 up to 1")
    world = arrays(problem)
    rule_name = plan.best_rule[0]
    rule_priority = rules(problem)[rule_name]
    rule_chosen = _rule_options(problem, world, rule_priority)
    scores = np.zeros((2, samples))
    access = problem.access
    communities = 0 if access is None else len(access.community_ids)
    reached, back = (np.zeros((samples, communities), np.int64) for _ in range(2))
    left = 0.0
    remade = 0 if every == 0 else (problem.horizon - 1) // every
    for n in range(samples):
        drawn = draw(problem, outcomes, np.random.default_rng((seed, n)))
        def listen(what: str, share: float, n: int = n) -> None:
            progress(what, (n + share) / samples)

        played = play(problem, world, plan.priority, plan.schedule.option, drawn, outcomes,
                      every=every, again=_searched(iterations, seed), progress=listen)
        scores[0, n] = check.score(problem, played)
        if access is not None:
            reached[n] = np.array(zone_openings(problem, played)[0])[access.community_zone]
            back[n] = community_slots(problem, played)
        if drawn.needed.any():  # else nothing was left undone
            left += float((played.finish[drawn.needed] < 0).mean())
        other = play(problem, world, rule_priority, rule_chosen, drawn, outcomes, every=every,
                     again=_by_rule(rule_name))
        scores[1, n] = check.score(problem, other)
        progress("playing the plan on drawn outcomes", (n + 1) / samples)
    return Tested(plan.score, scores[0], scores[1], rule_name, left / samples, remade, reached,
                  back)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One world: which stages are needed, and the factor on their expected time and cost."""

    needed: np.ndarray  # bool (S,)
    factor: np.ndarray  # float64 (S,)


def draw(problem: Problem, outcomes: Outcomes, generator: np.random.Generator) -> Drawn:
    """Draw a world. The mean of (needed x factor) is 1: expectations of the problem hold."""
    stages = len(problem.stage_ids)
    luck = generator.uniform(size=stages)
    noise = np.exp(outcomes.spread * generator.standard_normal(stages)
                   - outcomes.spread ** 2 / 2)
    needed, chance = np.zeros(stages, bool), np.ones(stages)
    for s in range(stages):  # a predecessor stands before its stage
        before = int(problem.predecessor[s])
        there = before < 0 or needed[before]
        needed[s] = there and luck[s] < outcomes.needed[s]
        chance[s] = outcomes.needed[s] * (1.0 if before < 0 else chance[before])
    return Drawn(needed, noise / chance)


# From what is left of a problem, the standing order (places) and options in it: the new ones.
Again = Callable[[Problem, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _searched(iterations: int, seed: int) -> Again:
    """The plan made again from the standing one."""
    def again(left: Problem, place: np.ndarray, option: np.ndarray
              ) -> tuple[np.ndarray, np.ndarray]:
        plan = make_plan(left, iterations=iterations, bound_iterations=0, seed=seed,
                         standing=(place, option))
        return plan.priority, plan.schedule.option
    return again


def _by_rule(name: str) -> Again:
    """The order of a simple rule, from what is left."""
    def again(left: Problem, place: np.ndarray, option: np.ndarray
              ) -> tuple[np.ndarray, np.ndarray]:
        priority = rules(left)[name]
        return priority, _rule_options(left, arrays(left), priority)
    return again


def play(problem: Problem, world: Arrays, priority: np.ndarray, option: np.ndarray, drawn: Drawn,
         outcomes: Outcomes, *, every: int = 0, again: Again | None = None,
         progress: Progress = silent) -> Schedule:
    """What a policy makes of one world, as a schedule: an empty stage has no option and ends with
    the stage before it; one that is not done by the horizon ends nowhere.

    option (S,): of each stage; where it is -1 or forbidden the first one that is allowed, and none
    where all are forbidden. every : slots after which `again` orders anew what is left, if
    anything was learned in them; 0: never
    """
    stages, horizon = len(problem.stage_ids), problem.horizon
    first = _slots(problem.first_slots, problem, drawn.factor)
    second = _slots(problem.second_slots, problem, drawn.factor)
    cost = world.money[:, 0] * drawn.factor[_stage_of(problem)]
    state = np.zeros(stages, np.int8)
    times = np.full((4, stages), -1, np.int32)
    remaining = np.zeros(stages, np.int32)
    spent = np.zeros(max(1, len(world.arrived)))
    works = np.full((2, len(world.project)), -1, np.int32)
    chosen = np.full(stages, -1, np.int32)
    allowed = world.option[:, ALLOWED] == 1
    for s in range(stages):
        low, high = int(problem.option_start[s]), int(problem.option_start[s + 1])
        if low <= option[s] < high and allowed[option[s]]:
            chosen[s] = option[s]
        elif allowed[low:high].any():
            chosen[s] = low + int(np.argmax(allowed[low:high]))
    order = _pins_first(world, dispatch_order(problem, priority))
    at = 0
    while at < horizon:
        until = horizon if every == 0 or again is None else min(horizon, at + every)
        known = int(((state == DONE) | (state == EMPTY)).sum())
        _run(at, until, order, chosen, first, second, cost, drawn.needed, state, times, remaining,
             spent, works, world)
        at = until
        if at < horizon and again is not None and known < int(
                ((state == DONE) | (state == EMPTY)).sum()):
            progress("making the plan again", at / horizon)
            order, chosen = _again(problem, outcomes, order, chosen, state, times, spent, at,
                                   again)
            order = _pins_first(world, order)
    done = state == DONE
    finish = np.where(times[3] >= 0, times[3], -1).astype(np.int32)
    none = np.full(stages, -1, np.int32)
    return Schedule(
        option=np.where(done, chosen, -1).astype(np.int32), start=times[0],
        first_finish=times[1], second_start=times[2], finish=finish, team=none, second_team=none,
        project_start=works[0] if len(world.project) else None,
        project_finish=works[1] if len(world.project) else None)


def _pins_first(world: Arrays, order: np.ndarray) -> np.ndarray:
    """What people fixed a start for before all else, the earliest pin first."""
    latest = world.stage[order, LATEST]
    horizon = len(world.delay) - 1
    return order[np.argsort(np.where(latest < horizon, latest, horizon), kind="stable")]


def _stage_of(problem: Problem) -> np.ndarray:
    return np.repeat(np.arange(len(problem.stage_ids)), np.diff(problem.option_start))


def _slots(slots: np.ndarray, problem: Problem, factor: np.ndarray) -> np.ndarray:
    """Slots of each option in a world: rounded up, at least one where there was one."""
    found = np.ceil(slots * factor[_stage_of(problem)] - 1e-9)
    return np.where(slots > 0, np.maximum(found, 1), 0).astype(np.int32)


def _rule_options(problem: Problem, world: Arrays, priority: np.ndarray) -> np.ndarray:
    order = dispatch_order(problem, priority)
    no_price = np.zeros((len(world.resource), problem.horizon + 1))
    free = np.full(len(order), -1, np.int32)
    placed = place_all(order, world, room_of(world), np.ones(len(order)), no_price, free,
                       0.0)[0]
    return placed[0]


def _again(problem: Problem, outcomes: Outcomes, order: np.ndarray, chosen: np.ndarray,
           state: np.ndarray, times: np.ndarray, spent: np.ndarray, at: int, again: Again
           ) -> tuple[np.ndarray, np.ndarray]:
    """Order and options anew, from what is known at a slot, on the same axis of time."""
    stages = len(problem.stage_ids)
    gone = np.flatnonzero((state == DONE) | (state == EMPTY))
    keep = np.setdiff1d(np.arange(stages), gone)
    if not len(keep):
        return order, chosen
    left = _left(problem, outcomes, chosen, state, times, spent, at)
    place = np.empty(stages)
    place[order] = np.arange(stages)
    stage_of = _stage_of(problem)
    smaller = without(left, gone.tolist())
    running = np.flatnonzero(state[keep] != WAITING)
    smaller = going_on(smaller, running)
    kept_options = np.flatnonzero(np.isin(stage_of, keep))
    number = np.full(len(stage_of), -1)
    number[kept_options] = np.arange(len(kept_options))
    was = np.where(chosen[keep] >= 0, number[np.maximum(chosen[keep], 0)], -1)
    priority, found = again(smaller, place[keep], was)
    place[keep] = stages + priority
    new = chosen.copy()
    free = state[keep] == WAITING
    new[keep[free]] = np.where(found[free] >= 0, kept_options[np.maximum(found[free], 0)],
                               chosen[keep[free]])
    return dispatch_order(problem, place), new.astype(np.int32)


def _left(problem: Problem, outcomes: Outcomes, chosen: np.ndarray, state: np.ndarray,
          times: np.ndarray, spent: np.ndarray, at: int) -> Problem:
    """The problem as it is known at a slot: what is needed takes its full time, what runs takes
    what was expected less what was worked (how long it still takes nobody knows) and is paid."""
    stages, terms = len(problem.stage_ids), problem.conditions
    chance, prior = np.ones(stages), np.ones(stages)  # that a stage is needed: now, and at first
    for s in range(stages):
        before = int(problem.predecessor[s])
        known = before < 0 or state[before] in (DONE, EMPTY)
        chance[s] = 1.0 if known else chance[before] * outcomes.needed[s]
        prior[s] = outcomes.needed[s] * (1.0 if before < 0 else prior[before])
    stage_of = _stage_of(problem)
    up = (chance / prior)[stage_of]  # an expectation over all worlds, in those still possible
    first, second = (np.where(slots > 0, np.maximum(1, np.ceil(slots * up - 1e-9)), 0)
                     for slots in (problem.first_slots, problem.second_slots))
    cost = problem.option_cost * up
    cost[state[stage_of] != WAITING] = 0.0  # paid
    decided = terms.decisions or Decisions(
        np.zeros(stages, np.int32), np.full(stages, problem.horizon, np.int32),
        np.ones(len(stage_of), bool), np.zeros((0, 2), np.int32))
    allowed, earliest = decided.allowed.copy(), np.maximum(decided.earliest, at)
    # A pin whose slots have passed is made as soon as it can be.
    latest = np.where(decided.latest < at, problem.horizon - 1, decided.latest)
    first_pool, second_pool = problem.first_pool.copy(), problem.second_pool.copy()
    parts = {name: part for name in ("windows", "calendars", "equipment")
             if (part := getattr(terms, name)) is not None}
    tables = {name: {f.name: getattr(part, f.name).copy() for f in fields(part)
                     if f.name.startswith(("first", "second"))} for name, part in parts.items()}
    for s in np.flatnonzero((state == FIRST) | (state == BETWEEN) | (state == SECOND)).tolist():
        o = int(chosen[s])
        allowed[int(problem.option_start[s]):int(problem.option_start[s + 1])] = False
        allowed[o] = True
        earliest[s] = at
        if state[s] == FIRST:
            first[o] = max(1, first[o] - (at - int(times[0, s])))
        else:  # the follow-up is all that is left
            worked = at - int(times[2, s]) if state[s] == SECOND else 0
            first[o], second[o] = max(1, second[o] - worked), 0
            first_pool[o], second_pool[o] = second_pool[o], -1
            for table in tables.values():
                for name in table:
                    if name.startswith("first"):
                        table[name][o] = table[name.replace("first", "second")][o]
        if "windows" in tables:  # what has begun is finished
            tables["windows"]["first_until"][o] = tables["windows"]["second_until"][o] = \
                problem.horizon
    money = terms.money
    if money is not None:
        money = replace(money, arrived=np.maximum(0.0, money.arrived - spent[:, None]))
    new: dict[str, Any] = {name: replace(part, **tables[name]) for name, part in parts.items()}
    return replace(
        problem, first_slots=first.astype(np.int32), second_slots=second.astype(np.int32),
        first_pool=first_pool, second_pool=second_pool, option_cost=cost,
        conditions=replace(terms, money=money, **new, decisions=replace(
            decided, earliest=earliest.astype(np.int32), latest=latest.astype(np.int32),
            allowed=allowed)))


@loop(cache=True, nogil=True)
def spend(line, cost, t, tranche, spent, world):
    """Take the cost out of the funds that may pay for a line at slot t, in their order, if they
    have it; returns whether they do."""
    total, allowance = 0.0, 0.0
    for i in range(world.payer_start[line], world.payer_start[line + 1]):
        fund = world.payer[i, 0]
        if t < world.payer[i, 1]:
            total += max(0.0, world.arrived[fund, tranche] - spent[fund])
            allowance += 1e-9 * world.arrived[fund, tranche]
    if cost > total + allowance + 1e-6:
        return False
    rest, last = cost, -1
    for i in range(world.payer_start[line], world.payer_start[line + 1]):
        fund = world.payer[i, 0]
        if t < world.payer[i, 1]:
            part = min(rest, max(0.0, world.arrived[fund, tranche] - spent[fund]))
            spent[fund] += part
            rest -= part
            last = fund
    if rest > 0.0 and last >= 0:
        spent[last] += rest
    return True


@loop(cache=True, nogil=True)
def fits(t, slots, row, until, world):
    """Whether a step that takes as long as expected ends before its leave runs out; one that the
    end of the plan cuts off is held against the end of the plan."""
    last = world.worked[row, t] + slots - 1
    horizon = world.worked.shape[1] - 1
    if slots == 0:
        return t <= until
    end = horizon + 1 if last >= world.worked[row, horizon] else world.slot_of[row, last] + 1
    return end <= until or (until >= horizon and end > horizon)


@loop(cache=True, nogil=True)
def spare(t, o, which, order, pins, chosen, state, free, world):
    """Whether a step of option o (`which`: its column of the pool) that starts at t leaves a team
    and a thing for each pinned stage whose last slot comes before the step is expected to end."""
    if pins == 0:
        return True
    horizon = world.worked.shape[1] - 1
    is_first = which == FIRST_POOL
    row = world.option[o, FIRST_CALENDAR if is_first else SECOND_CALENDAR]
    last = world.worked[row, t] + world.option[o, FIRST_SLOTS if is_first else SECOND_SLOTS] - 1
    end = horizon + 1 if last >= world.worked[row, horizon] else world.slot_of[row, last] + 1
    pool = world.option[o, which]
    gear = world.option[o, FIRST_GEAR if is_first else SECOND_GEAR]
    teams, things = 0, 0
    for k in range(pins):
        s = order[k]
        if state[s] != WAITING or chosen[s] < 0 or not t <= world.stage[s, LATEST] < end:
            continue
        if world.option[chosen[s], FIRST_POOL] == pool:
            teams += 1
        if gear >= 0 and world.option[chosen[s], FIRST_GEAR] == gear:
            things += 1
    return free[pool] > teams and (gear < 0 or free[gear] > things)


@loop(cache=True, nogil=True)
def _run(at, until, order, chosen, first, second, cost, needed, state, times, remaining, spent,
         works, world):
    """Play slots at .. until - 1; `state`, `times`, `remaining`, `spent`, `works` go on changing.
    """
    stages, resources, horizon = len(order), len(world.resource), len(world.delay) - 1
    free = np.empty(resources, np.int64)
    for r in range(resources):
        free[r] = world.resource[r, UNITS]
    for s in range(stages):
        if state[s] == FIRST or state[s] == SECOND:
            o = chosen[s]
            which = FIRST_POOL if state[s] == FIRST else SECOND_POOL
            gear = FIRST_GEAR if state[s] == FIRST else SECOND_GEAR
            free[world.option[o, which]] -= 1
            if world.option[o, gear] >= 0:
                free[world.option[o, gear]] -= 1
    zone_open = np.zeros(world.zones, np.int8)
    zone_open[0] = 1
    pins = 0  # `order` begins with what people fixed a start for
    while pins < stages and world.stage[order[pins], LATEST] < horizon:
        pins += 1
    for t in range(at, until):
        # What nobody needs ends with the stage before it.
        for s in range(stages):
            before = world.stage[s, PREDECESSOR]
            if state[s] == WAITING and not needed[s] and (
                    before < 0 or state[before] == DONE or state[before] == EMPTY):
                state[s] = EMPTY
                times[3, s] = 0 if before < 0 else times[3, before]
        # Roads.
        again = world.zones > 1
        while again:
            again = False
            for g in range(len(world.gate)):
                here, there = world.gate[g, 0], world.gate[g, 1]
                if zone_open[here] == 1 and zone_open[there] == 0:
                    clear = True
                    for i in range(world.gate_start[g], world.gate_start[g + 1]):
                        x = state[world.gate_stage[i]]
                        if x != DONE and x != EMPTY:
                            clear = False
                    if clear:
                        zone_open[there] = 1
                        again = True
        tranche = 0
        while tranche + 1 < len(world.tranche_from) and world.tranche_from[tranche + 1] <= t:
            tranche += 1
        for k in range(stages):
            s = order[k]
            o = chosen[s]
            if o < 0 or not needed[s]:
                continue
            if state[s] == BETWEEN:
                pool, gear = world.option[o, SECOND_POOL], world.option[o, SECOND_GEAR]
                row = world.option[o, SECOND_CALENDAR]
                if (world.worked[row, t + 1] > world.worked[row, t] and free[pool] > 0
                        and (gear < 0 or free[gear] > 0) and t >= world.option[o, SECOND_FROM]
                        and fits(t, world.option[o, SECOND_SLOTS], row,
                                 world.option[o, SECOND_UNTIL], world)
                        and (k < pins or spare(t, o, SECOND_POOL, order, pins, chosen, state, free,
                                               world))):
                    free[pool] -= 1
                    if gear >= 0:
                        free[gear] -= 1
                    state[s], times[2, s], remaining[s] = SECOND, t, second[o]
                continue
            if state[s] != WAITING or t < world.stage[s, EARLIEST]:
                continue
            before = world.stage[s, PREDECESSOR]
            if before >= 0 and state[before] != DONE:
                continue
            if zone_open[world.stage[s, ZONE]] == 0:
                continue
            ready = True
            for i in range(world.after_start[s], world.after_start[s + 1]):
                x = state[world.after_stage[i]]
                if x != DONE and x != EMPTY:
                    ready = False
            pool, gear = world.option[o, FIRST_POOL], world.option[o, FIRST_GEAR]
            row = world.option[o, FIRST_CALENDAR]
            if (not ready or world.worked[row, t + 1] <= world.worked[row, t] or free[pool] <= 0
                    or (gear >= 0 and free[gear] <= 0) or t < world.option[o, FIRST_FROM]
                    or not fits(t, world.option[o, FIRST_SLOTS], row,
                                world.option[o, FIRST_UNTIL], world)
                    or (k >= pins and not spare(t, o, FIRST_POOL, order, pins, chosen, state, free,
                                                world))):
                continue
            line = world.stage[s, STAGE_FUND]
            if line >= 0 and not spend(line, cost[o], t, tranche, spent, world):
                continue
            free[pool] -= 1
            if gear >= 0:
                free[gear] -= 1
            state[s], times[0, s], remaining[s] = FIRST, t, first[o]
        for w in range(len(world.project)):
            if works[0, w] >= 0 or t < world.project[w, PROJECT_EARLIEST]:
                continue
            ready = True
            for i in range(world.project_start[w], world.project_start[w + 1]):
                x = state[world.project_stage[i]]
                if x != DONE and x != EMPTY:
                    ready = False
            for i in range(world.follow_start[w], world.follow_start[w + 1]):
                end = works[1, world.follow[i]]
                if end < 0 or end > t:
                    ready = False
            if len(world.season) > 0 and world.season[w, t] != t:
                ready = False
            line, price = world.project[w, PROJECT_FUND], world.project_worth[w, PROJECT_COST]
            if ready and (line < 0 or spend(line, price, t, tranche, spent, world)):
                works[0, w] = t
                end = t + world.project[w, PROJECT_SLOTS]
                works[1, w] = end if end <= horizon else -1
        # A slot of work.
        for s in range(stages):
            if state[s] != FIRST and state[s] != SECOND:
                continue
            o = chosen[s]
            is_first = state[s] == FIRST
            row = world.option[o, FIRST_CALENDAR if is_first else SECOND_CALENDAR]
            if world.worked[row, t + 1] <= world.worked[row, t]:
                continue
            remaining[s] -= 1
            if remaining[s] > 0:
                continue
            pool = world.option[o, FIRST_POOL if is_first else SECOND_POOL]
            gear = world.option[o, FIRST_GEAR if is_first else SECOND_GEAR]
            free[pool] += 1
            if gear >= 0:
                free[gear] += 1
            if is_first:
                times[1, s] = t + 1
            if is_first and world.option[o, SECOND_POOL] >= 0:
                state[s] = BETWEEN
            else:
                state[s] = DONE
                times[3, s] = t + 1
