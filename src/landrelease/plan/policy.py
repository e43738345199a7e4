"""A plan tested as a policy: what it is worth when outcomes and times are drawn, not expected.

Time runs slot by slot. In each slot the teams that are free take the first stage of the plan's
order that can start now: its survey is done, its ground can be reached and is open, its team is
there and accredited, its money has arrived. A team that cannot start anything waits. Nothing that
is not known yet is used: whether a stage is needed is known when the stage before it ends, how long
it takes when it is done. Every so often the plan is made again from what is known then: stages that
turned out empty are gone, those that are needed take their full time, and the order and the teams
are searched anew from the standing ones.

A stage that is not needed gives its land back when the stage before it ends. Nobody starts what is
expected to outlast their leave; where it takes longer than expected it is finished all the same.

Source: rollout of a priority rule, and re-optimisation as outcomes come in (D. Bertsekas, Rollout
Algorithms for Discrete Optimization, 2013); common random numbers for the comparison of policies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landrelease.core.conditions import Decisions, Outcomes
from landrelease.core.loops import loop
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem, Schedule
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan import check
from landrelease.plan.arrays import (
    EARLIEST,
    FIRST_CALENDAR,
    FIRST_FROM,
    FIRST_GEAR,
    FIRST_POOL,
    FIRST_SLOTS,
    FIRST_UNTIL,
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
from landrelease.plan.decoder import dispatch_order, place_all, room_of
from landrelease.plan.rules import rules
from landrelease.plan.search import make_plan

WAITING, FIRST, BETWEEN, SECOND, DONE, EMPTY = range(6)


@dataclass(frozen=True, slots=True)
class Tested:
    """Scores of policies on the same N draws, float64 (N,); smaller is better.

    `planned` is the plan's own score, in which everything goes as expected.
    """

    planned: float
    plan: np.ndarray  # the plan's order and teams, made again every so often
    rule: np.ndarray  # the best simple rule as a policy
    rule_name: str
    unfinished: float  # mean share of needed stages not done by the horizon under the plan
    remade: int  # how often the plan was made again in each draw

    @property
    def better(self) -> float:
        """Share of draws in which the plan beats the rule."""
        return float((self.plan < self.rule).mean())


def on_samples(plan: Plan, outcomes: Outcomes, *, samples: int = 200, every: int = 0,
               iterations: int = 2, seed: int = 0, progress: Progress = silent) -> Tested:
    """Play a plan and the best simple rule on the same sampled outcomes.

    every : slots after which the plan is made again; 0: never, its order is kept to the end
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
    left = 0.0
    remade = 0 if every == 0 else (problem.horizon - 1) // every
    for n in range(samples):
        drawn = draw(problem, outcomes, np.random.default_rng((seed, n)))
        def listen(what: str, share: float, n: int = n) -> None:
            progress(what, (n + share) / samples)

        played = play(problem, world, plan.priority, plan.schedule.option, drawn, outcomes,
                      every=every, iterations=iterations, seed=seed, progress=listen)
        scores[0, n] = check.score(problem, played)
        left += float((played.finish[drawn.needed] < 0).mean())
        other = play(problem, world, rule_priority, rule_chosen, drawn, outcomes)
        scores[1, n] = check.score(problem, other)
        progress("playing the plan on drawn outcomes", (n + 1) / samples)
    return Tested(plan.score, scores[0], scores[1], rule_name, left / samples, remade)


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


def play(problem: Problem, world: Arrays, priority: np.ndarray, option: np.ndarray, drawn: Drawn,
         outcomes: Outcomes, *, every: int = 0, iterations: int = 2, seed: int = 0,
         progress: Progress = silent) -> Schedule:
    """What a policy makes of one world, as a schedule: an empty stage has no option and ends with
    the stage before it; one that is not done by the horizon ends nowhere."""
    stages, horizon = len(problem.stage_ids), problem.horizon
    first = _slots(problem.first_slots, problem, drawn.factor)
    second = _slots(problem.second_slots, problem, drawn.factor)
    cost = world.money[:, 0] * drawn.factor[_stage_of(problem)]
    state = np.zeros(stages, np.int8)
    times = np.full((4, stages), -1, np.int32)
    remaining = np.zeros(stages, np.int32)
    spent = np.zeros(max(1, len(world.arrived)))
    works = np.full((2, len(world.project)), -1, np.int32)
    chosen = np.where(option >= 0, option, problem.option_start[:-1]).astype(np.int32)
    chosen = np.where(np.diff(problem.option_start) > 0, chosen, -1).astype(np.int32)
    order = dispatch_order(problem, priority)
    at = 0
    while at < horizon:
        until = horizon if every == 0 else min(horizon, at + every)
        _run(at, until, order, chosen, first, second, cost, drawn.needed, state, times, remaining,
             spent, works, world)
        at = until
        if at < horizon:
            progress("making the plan again", at / horizon)
            order, chosen = _again(problem, outcomes, order, chosen, state, times, remaining, spent,
                                   drawn, at, iterations, seed)
    done = state == DONE
    finish = np.where(times[3] >= 0, times[3], -1).astype(np.int32)
    none = np.full(stages, -1, np.int32)
    return Schedule(
        option=np.where(done, chosen, -1).astype(np.int32), start=times[0],
        first_finish=times[1], second_start=times[2], finish=finish, team=none, second_team=none,
        project_start=works[0] if len(world.project) else None,
        project_finish=works[1] if len(world.project) else None)


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
           state: np.ndarray, times: np.ndarray, remaining: np.ndarray, spent: np.ndarray,
           drawn: Drawn, at: int, iterations: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Order and options anew, from what is known at a slot, on the same axis of time."""
    from landrelease.plan.progress import without

    stages, terms = len(problem.stage_ids), problem.conditions
    gone = np.flatnonzero((state == DONE) | (state == EMPTY))
    chance = np.ones(stages)  # that a stage is needed, over what is known of it
    for s in range(stages):
        before = int(problem.predecessor[s])
        known = before < 0 or state[before] in (DONE, EMPTY)
        chance[s] = (1.0 if before < 0 else chance[before]) * outcomes.needed[s]
        if known and state[s] not in (DONE, EMPTY):
            chance[s] = 1.0
    prior = np.ones(stages)
    for s in range(stages):
        before = int(problem.predecessor[s])
        prior[s] = outcomes.needed[s] * (1.0 if before < 0 else prior[before])
    up = chance / prior  # an expectation over all worlds, in those that are still possible
    stage_of = _stage_of(problem)
    first = np.where(problem.first_slots > 0, np.maximum(
        1, np.ceil(problem.first_slots * up[stage_of] - 1e-9)), 0).astype(np.int32)
    second = np.where(problem.second_slots > 0, np.maximum(
        1, np.ceil(problem.second_slots * up[stage_of] - 1e-9)), 0).astype(np.int32)
    decided = terms.decisions or Decisions(
        np.zeros(stages, np.int32), np.full(stages, problem.horizon, np.int32),
        np.ones(len(stage_of), bool), np.zeros((0, 2), np.int32))
    earliest, latest = np.maximum(decided.earliest, at), np.maximum(decided.latest, at)
    allowed = decided.allowed.copy()
    for s in np.flatnonzero((state == FIRST) | (state == BETWEEN) | (state == SECOND)).tolist():
        low, high = int(problem.option_start[s]), int(problem.option_start[s + 1])
        o = int(chosen[s])
        allowed[low:high] = False
        allowed[o] = True
        # How long it still takes is not known: what was expected less what was worked.
        worked = at - int(times[0, s]) if state[s] == FIRST else 0
        first[o] = max(1, int(first[o]) - worked) if state[s] == FIRST else 1
        latest[s] = at
    cost = problem.option_cost * up[stage_of]
    running = np.isin(stage_of, np.flatnonzero(state != WAITING))
    cost[running] = 0.0  # paid
    money = terms.money
    if money is not None:
        money = replace(money, arrived=np.maximum(0.0, money.arrived - spent[:, None]))
    left = replace(
        problem, first_slots=first, second_slots=second, option_cost=cost,
        conditions=replace(terms, money=money, decisions=Decisions(
            earliest.astype(np.int32), latest.astype(np.int32), allowed, decided.after)))
    place = np.empty(stages)
    place[order] = np.arange(stages)
    smaller = without(left, gone.tolist())
    keep = np.setdiff1d(np.arange(stages), gone)
    if not len(keep):
        return order, chosen
    kept_options = np.flatnonzero(np.isin(stage_of, keep))
    number = np.full(len(stage_of), -1)
    number[kept_options] = np.arange(len(kept_options))
    was = np.where(chosen[keep] >= 0, number[np.maximum(chosen[keep], 0)], -1)
    plan = make_plan(smaller, iterations=iterations, bound_iterations=0, seed=seed,
                     standing=(place[keep], was))
    place[keep] = stages + plan.priority
    new = chosen.copy()
    found = plan.schedule.option
    free = state[keep] == WAITING
    new[keep[free]] = np.where(found[free] >= 0, kept_options[np.maximum(found[free], 0)],
                               chosen[keep[free]])
    return dispatch_order(problem, place), new.astype(np.int32)


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
                                 world.option[o, SECOND_UNTIL], world)):
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
                                world.option[o, FIRST_UNTIL], world)):
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
