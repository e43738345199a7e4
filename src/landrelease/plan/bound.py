"""A proven lower bound on the score of any plan, by prices.

Lagrangian relaxation: with a price >= 0 on each team and slot, on each unit of shared equipment, on
money not yet there, and with the delay of communities and roads laid on the stages that they wait
for (`plan.blame`), every hazard is planned alone and exactly, by dynamic programming over its
out-tree (`plan.trees`).

    L = sum over trees of min(weighted delay + blame + price of what is used)
        - sum over resources and slots of price * units - sum of money prices * money arrived
        + what is sure

is at most the score of every real plan, for ANY prices >= 0 and shares of blame, so the value is
valid whenever the search for better ones is stopped. What the relaxation drops (fixed orders,
promises among stages, money of projects) only makes it smaller. Source: M. L. Fisher, Management
Science 27 (1981); for scheduling, R. Möhring, A. Schulz, F. Stork, M. Uetz, Management Science 49
(2003).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from landrelease.core.progress import Progress, silent
from landrelease.core.work import Problem
from landrelease.plan.access import dominators, levels, relaxed, soonest
from landrelease.plan.arrays import OPTION_COST, STAGE_FUND, Arrays, arrays
from landrelease.plan.blame import Blame, cuts_at, network
from landrelease.plan.trees import price_trees

CHUNKS = 16  # fixed, so that sums are made in the same order on any number of threads


@dataclass(frozen=True, slots=True)
class Trees:
    """The out-trees of a problem as arrays for `price_trees`, divided in fixed chunks."""

    world: Arrays
    start: np.ndarray  # int32 (T + 1,) places in `member`
    release: np.ndarray  # int32 (S,) slots before which a stage cannot start
    member: np.ndarray  # int32 (S,)
    parent_at: np.ndarray  # int32 (S,)
    predecessor: np.ndarray  # int32 (S,) of the trees
    below: np.ndarray  # float64 (S,) weight of the stage and of all after it, blame included
    undone: np.ndarray  # float64 (S,) points of the stage alone when it is never done
    capacity: np.ndarray  # float64 (R, H) units that are there
    chunks: np.ndarray  # int64 (CHUNKS + 1,) first tree of each chunk
    blame: Blame
    money: np.ndarray  # float64 (F, T) money that has arrived in each stretch
    stretch: np.ndarray  # int64 (H,) stretch of each slot


def trees(problem: Problem, finish: np.ndarray | None = None) -> Trees:
    """Sort the stages of a problem by tree, a stage after its predecessor.

    finish (S,) : of a schedule; which part of the access over roads is kept (`access.relaxed`),
        and on what communities are taken to wait at first.
    """
    world = arrays(problem)
    loose = relaxed(problem, finish)
    before = loose.predecessor
    count, horizon = len(before), problem.horizon
    root, depth = np.arange(count), np.zeros(count, dtype=np.int32)
    at = before.copy()
    while np.any(at >= 0):
        root = np.where(at >= 0, at, root)
        depth += at >= 0
        at = np.where(at >= 0, before[at], -1)
    member = np.lexsort((np.arange(count), depth, root)).astype(np.int32)
    place = np.empty(count, dtype=np.int32)
    place[member] = np.arange(count)
    parent = before[member]
    parent_at = np.where(parent >= 0, place[parent], -1).astype(np.int32)
    start = np.append(np.flatnonzero(parent < 0), count).astype(np.int32)
    below = loose.weight.copy()
    for level in reversed(levels(before)):
        inner = level[before[level] >= 0]
        np.add.at(below, before[inner], below[inner])
    capacity = np.zeros((len(world.resource), horizon))
    for r, (units, begin, end) in enumerate(world.resource):
        capacity[r, begin:end] = units
    chunks = np.searchsorted(start, np.linspace(0, count, CHUNKS + 1)).astype(np.int64)
    chunks[-1] = len(start) - 1
    opens, ends = soonest(problem, world)
    behind: list[np.ndarray | None] = [np.zeros(0, np.int64)]
    if problem.access is not None:
        behind = dominators(problem.access, count)
    blame = network(problem, opens, ends, behind)
    if finish is not None:
        ends = np.zeros(blame.blockers)
        np.maximum.at(ends, blame.blocker_of, np.where(finish < 0, 2.0**20, finish)[
            blame.stages[blame.blocker_stage]])
        blame.add(cuts_at(problem, ends))
        blame.point_at(np.where(finish < 0, horizon, finish)[blame.stages])
    weight, season, late, promised, _ = world.worth.T
    undone = weight * world.loss[-1] + season * world.seasons[-1] + late * np.maximum(
        0.0, world.delay[-1] - promised)
    stretch = np.searchsorted(world.tranche_from, np.arange(horizon), side="right") - 1
    return Trees(world, start, loose.release, member, parent_at, before, below, undone, capacity,
                 chunks, blame, world.arrived, stretch)


@dataclass(frozen=True, slots=True)
class Multipliers:
    """What a bound is computed with, besides the shares of blame: price (R, H) [points per unit
    and slot], money (F, T) [points per unit of money], toll (T, H) as in `evaluate`; mass (C, H)
    is that of `blame.Blame`."""

    price: np.ndarray
    money: np.ndarray
    toll: np.ndarray


@dataclass(frozen=True, slots=True)
class Priced:
    """One evaluation of the bound: `value` is L; `use` (R, H) what is wanted at these prices;
    `placed` (5, S) as in the decoder, each tree planned alone; `paid` (N,) starts of the projects
    that a fund pays."""

    value: float
    use: np.ndarray
    placed: np.ndarray
    paid: np.ndarray
    payer: np.ndarray  # int32 (L, H) fund that pays for a budget line at a moment, at these prices


def evaluate(problem: Problem, forest: Trees, price: np.ndarray, workers: int = 2,
             money: np.ndarray | None = None, toll: np.ndarray | None = None) -> Priced:
    """The bound L at any prices >= 0, with a rounding allowance taken off.

    price (R, H) : points per unit and slot, of pools, then of shared equipment. Prices of slots
        in which a pool is closed count as 0.
    money (F, T) : points per unit of money that is spent by the end of a stretch
    toll (T, H) : points of a first stage having started while its zone is closed
    The shares of blame are those that stand in `forest.blame`.

    Every figure is a sum of rounded terms, none larger than the cost of doing nothing plus twice
    the largest sum of prices; some units of rounding of each are taken off, so that the value stays
    below the exact one.
    """
    world, horizon = forest.world, problem.horizon
    price = np.where(forest.capacity > 0, np.maximum(price[:len(forest.capacity)], 0.0), 0.0)
    sums = np.zeros((len(price), horizon + 1))
    np.cumsum(price, axis=1, out=sums[:, 1:])
    paid = float((price * forest.capacity).sum())
    money = np.zeros_like(forest.money) if money is None else np.maximum(money, 0.0)
    bill, payer = bills(world, np.cumsum(money[:, ::-1], axis=1)[:, ::-1][:, forest.stretch])
    paid += float((money * forest.money).sum())
    blame = forest.blame
    tolls = np.zeros((len(blame.toll_stage) + 1, horizon + 1))
    toll_row = np.zeros(len(forest.release), np.int32)
    toll = (np.zeros((len(blame.toll_stage), horizon)) if toll is None
            else np.maximum(toll, 0.0))
    if len(toll):
        tolls[1:, :horizon] = np.cumsum(toll[:, ::-1], axis=1)[:, ::-1]
        toll_row[blame.toll_stage] = np.arange(len(blame.toll_stage)) + 1
    curves, sure = blame.curves(toll)
    projects, starts = blame.paid_projects(bill, world.loss)
    sure += projects
    never = forest.undone + curves[blame.row, horizon]
    for level in reversed(levels(forest.predecessor)):
        inner = level[forest.predecessor[level] >= 0]
        np.add.at(never, forest.predecessor[inner], never[inner])
    use = np.zeros((CHUNKS, *sums.shape), dtype=np.int32)
    placed = np.full((5, len(problem.predecessor)), -1, dtype=np.int32)

    def chunk(c: int) -> float:
        if forest.chunks[c] == forest.chunks[c + 1]:
            return 0.0
        return price_trees(
            forest.chunks[c], forest.chunks[c + 1], forest.start, forest.member,
            forest.parent_at, forest.release, never, world, sums, bill, curves,
            blame.row, tolls, toll_row, use[c], placed)

    if workers > 1:
        with ThreadPoolExecutor(workers) as team:
            costs = list(team.map(chunk, range(CHUNKS)))
    else:
        costs = [chunk(c) for c in range(CHUNKS)]
    doubt = 64 * np.finfo(np.float64).eps * (
        float(never.sum()) + abs(sure) + float(tolls.sum()) + 2 * len(problem.predecessor)
        * (float(sums.max(initial=0.0)) + float(bill.max(initial=0.0))
           * float(problem.option_cost.max(initial=0.0)))
        + (price.size + curves.size) * (paid + float(curves.max(initial=0.0))) / 64
        + horizon * (float(blame.mass.sum()) + float(blame.bill_worth.sum(axis=0) @ np.array(
            [bill.max(initial=0.0), world.loss[-1]]))))
    return Priced(sum(costs) + sure - paid - doubt,
                  np.cumsum(use.sum(axis=0), axis=1)[:, :-1], placed, starts, payer)


def bills(world: Arrays, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a unit of money costs each budget line (L + 1, H + 1; the last line and slot: nothing)
    and which fund pays it (L, H): the cheapest that may at the time.

    price (F, H) : points per unit of money of a fund that is bound at a moment. Where no fund may
    pay, which no plan does, it costs as much as the dearest: that is a price as good as any.
    """
    lines, horizon = len(world.payer_start) - 1, price.shape[1]
    bill = np.zeros((lines + 1, horizon + 1))
    payer = np.zeros((lines, horizon), np.int32)
    for line in range(lines):
        own = world.payer[world.payer_start[line]:world.payer_start[line + 1]]
        if not len(own):
            continue
        able = np.arange(horizon) < own[:, 1][:, None]
        at = np.argmin(np.where(able, price[own[:, 0]], np.inf), axis=0)
        payer[line] = own[at, 0]
        bill[line, :horizon] = np.where(able.any(axis=0), price[payer[line], np.arange(horizon)],
                                        price.max(initial=0.0))
    return bill, payer


@dataclass(frozen=True, slots=True)
class Ascent:
    """Where the search for prices ended.

    value : the best bound; price (R, H) where it was reached [points per unit and slot]
    floor : the value at zero prices: delay that even unlimited teams cannot avoid
    start, finish (S,) : mean start and finish [slots] over the last evaluations, weighted to the
        newest, the horizon where undone: about the solution of the relaxed problem
    trace : best bound after each evaluation
    stopped : `progress` raised KeyboardInterrupt, or somebody pressed Ctrl-C
    top : all multipliers where the best bound was reached; the blame is left as it was there
    """

    value: float
    price: np.ndarray
    floor: float
    start: np.ndarray
    finish: np.ndarray
    trace: tuple[float, ...]
    stopped: bool
    top: Multipliers


def prices_of(problem: Problem, forest: Trees, placed: np.ndarray) -> np.ndarray:
    """Prices (R, H) that a schedule suggests: one slot more of a team at t brings all later work
    of the pool forward, so its worth is the benefit per slot of what runs after t, a day."""
    ratio = np.zeros((len(forest.capacity), problem.horizon + 1))
    done = np.flatnonzero(placed[0] >= 0)
    option = placed[0, done]
    loose = relaxed(problem, placed[4])
    each = loose.weight[done] / (problem.first_slots[option] + problem.second_slots[option])
    np.add.at(ratio, (problem.first_pool[option], placed[1, done]), each)
    np.add.at(ratio, (problem.first_pool[option], placed[2, done]), -each)
    two = problem.second_pool[option] >= 0
    np.add.at(ratio, (problem.second_pool[option[two]], placed[3, done[two]]), each[two])
    np.add.at(ratio, (problem.second_pool[option[two]], placed[4, done[two]]), -each[two])
    running = np.maximum(np.cumsum(ratio, axis=1)[:, :-1], 0) / np.maximum(forest.capacity, 1)
    gain = running * np.diff(forest.world.loss)
    return np.where(forest.capacity > 0, np.cumsum(gain[:, ::-1], axis=1)[:, ::-1], 0.0)


def ascend(
    problem: Problem,
    forest: Trees,
    first: np.ndarray | Multipliers,
    known_score: float,
    *,
    iterations: int,
    progress: Progress = silent,
    workers: int = 2,
    patient: bool = False,
) -> Ascent:
    """Look for prices with a high bound, for a number of evaluations (fewer when none gets better).

    first : where to start: prices (R, H), e.g. `prices_of` the best simple rule, or all multipliers
        (`linear.multipliers`), with which the search goes on as fine as they are
    known_score : the score of a real schedule; the steps aim at it
    patient : use all iterations, also where none gets better for long

    Prices are constant over blocks of 8, then 4, 2 and 1 slots, a quarter of the evaluations each:
    the coarse prices find the level fast, the fine ones add what winters and short work need.
    Each step moves every multiplier in proportion to itself and to how far a running mean of
    relaxed plans breaks its rule (teams wanted - teams there, by the teams there; what is done
    last; money spent too early), with B. T. Polyak's step length (USSR Comp. Math. 9, 1969), so
    that pools, roads and years of very different worth move alike; the mean is that of F. Barahona
    and R. Anbil's volume algorithm (Mathematical Programming 87, 2000), the moves those of
    multiplicative weights (A. Nemirovski, D. Yudin 1983). Cuts that the mean violates are added
    between the phases. Deterministic on any number of threads.

    `progress` may raise KeyboardInterrupt: the best so far is returned.
    """
    horizon, world, blame = problem.horizon, forest.world, forest.blame
    zero = np.zeros((len(forest.capacity), horizon))
    nothing = evaluate(problem, forest, zero, workers)
    best, best_full = nothing.value, zero
    start, finish = _times(nothing.placed, horizon)
    trace = [best]
    factor, count, risen, stopped = 0.2, 0, 0, False
    funds = forest.money
    money, toll = np.zeros_like(funds), np.zeros((len(blame.toll_stage), horizon))
    blocks: tuple[int, ...] = _BLOCKS
    memory = 0.3
    if isinstance(first, Multipliers):
        full, money, toll, blocks, factor, memory = (
            first.price, first.money, first.toll, (1,), 0.02, 0.1)
    else:  # Where roads rather than teams are short, the prices of a schedule are far too high.
        full = max((first * share for share in _FIRST_PRICES),
                   key=lambda price: evaluate(problem, forest, price, workers).value)
    worth = float(forest.undone.sum() + blame.loss.sum()) / max(
        1.0, float(problem.option_cost.sum())) * _MONEY_WORTH
    least_toll = (1e-3 * forest.below[blame.toll_stage][:, None] * np.diff(world.loss)[None, :]
                  if len(blame.toll_stage) else toll)
    slots_of = np.arange(horizon)
    unfinished = (finish[blame.stages][:, None] > slots_of).astype(float)
    started = (start[blame.toll_stage][:, None] <= slots_of).astype(float)
    waiting = (nothing.paid + blame.bill[:, 4])[:, None] > slots_of
    waiting = waiting.astype(float)
    spent_mean = np.zeros_like(funds)
    kept = (toll, money, blame.shares())
    try:
        for phase, size in enumerate(blocks):
            block = np.minimum(np.arange(horizon) // size, max(0, -(-horizon // size) - 1))
            starts = np.flatnonzero(np.diff(block, prepend=-1))
            slots = np.diff(starts, append=horizon)
            capacity = np.add.reduceat(forest.capacity, starts, axis=1) / slots
            price = np.add.reduceat(full, starts, axis=1) / slots
            lowest = np.maximum(price.max(axis=1, keepdims=True) * 1e-5,
                                price.max(initial=0.0) * 1e-7)
            mean: np.ndarray | None = None
            stuck, top = 0, price
            factor = max(factor, 0.05) if phase else factor
            quota = iterations * (phase + 1) // len(blocks) - iterations * phase // len(blocks)
            if phase and blame.cuts:
                blame.add_cuts(problem, unfinished)
                kept = (toll, money, blame.shares())
            coarse = (slots_of if isinstance(first, Multipliers) else
                      np.minimum(slots_of // 4, max(0, -(-horizon // 4) - 1)))
            for turn in range(quota):
                if not patient and count - risen >= _PATIENCE and turn >= quota // 2:
                    break
                progress("proving a bound", count / iterations)
                found = evaluate(problem, forest, price[:, block], workers, money, toll)
                count += 1
                if found.value > best:
                    best, best_full, top, stuck = found.value, price[:, block], price, 0
                    kept = (toll, money, blame.shares())
                    risen = count
                else:
                    stuck += 1
                    if stuck >= 8:
                        factor, stuck = factor * 0.8, 0
                trace.append(best)
                share = max(_MEMORY, 1 / (count + 1))
                begin, end = _times(found.placed, horizon)
                start += share * (begin - start)
                finish += share * (end - finish)
                quick = max(memory, 1 / (count + 1))
                unfinished += quick * ((end[blame.stages][:, None] > slots_of) - unfinished)
                started += quick * ((begin[blame.toll_stage][:, None] <= slots_of) - started)
                waiting += quick * (((found.paid + blame.bill[:, 4])[:, None] > slots_of)
                                    - waiting)
                excess = np.add.reduceat(found.use, starts, axis=1) / slots - capacity
                mean = excess if mean is None else (1 - memory) * mean + memory * excess
                move = np.where((price <= lowest) & (mean < 0) | (capacity <= 0), 0.0, mean)
                scale = np.maximum(price, lowest) / np.maximum(capacity, 1e-9)
                lean = blame.lean(unfinished, toll, waiting)
                length = float((scale * move * move * slots).sum()) + lean.length
                wrong = started - 1 + lean.zone[blame.toll_zone]
                length += float((np.maximum(toll, least_toll) * wrong * wrong
                                 * ((toll > 0) | (wrong > 0))).sum())
                if funds.size:
                    spent = _spent(forest, found)
                    spent_mean += quick * (spent - spent_mean)
                    over = spent_mean - funds
                    over = np.where((money <= 0) & (over < 0), 0.0, over)
                    money_scale = np.maximum(money, worth) / np.maximum(funds, 1.0)
                    length += float((money_scale * over * over).sum())
                if length <= 0 or known_score <= found.value:
                    continue  # the relaxed plan keeps to the teams: nothing to correct
                step = factor * (known_score - found.value) / length
                blame.follow(lean, step, coarse)
                toll = np.maximum(toll, np.where(wrong > 0, least_toll, 0.0)) * np.exp(
                    np.clip(step * wrong, -0.7, 0.7))
                toll = np.where(toll < 0.1 * least_toll, 0.0, toll)
                price = price + np.clip(step * scale * move, -0.6 * price,
                                        0.9 * np.maximum(price, lowest))
                price = np.where(price <= lowest, 0.0, price)
                if funds.size:
                    money = money + np.clip(step * money_scale * over, -0.6 * money,
                                            0.9 * np.maximum(money, worth))
                    money = np.where(money <= worth * 1e-3, 0.0, money)
            full = top[:, block]
            toll, money = kept[0], kept[1]
            blame.restore(kept[2])
    except KeyboardInterrupt:
        stopped = True
    blame.restore(kept[2])
    return Ascent(best, best_full, nothing.value, start, finish, tuple(trace), stopped,
                  Multipliers(best_full, kept[1], kept[0]))


_MONEY_WORTH = 0.02  # first price of money, of all that is at stake over all that could be spent
_BLOCKS = (8, 4, 2, 1)  # slots over which prices are constant, phase by phase
_FIRST_PRICES = (0.85, 0.4, 0.15, 0.05)  # shares of a schedule's prices to begin with
_PATIENCE = 60  # evaluations without a better bound, after which the ascent ends
_MEMORY = 0.03  # weight of the newest evaluation in the mean start and finish


def _spent(forest: Trees, found: Priced) -> np.ndarray:
    """Money (F, T) that a relaxed plan has bound by the end of each stretch."""
    out, placed = np.zeros_like(forest.money), found.placed
    line = forest.world.stage[:, STAGE_FUND]
    done = np.flatnonzero((placed[0] >= 0) & (line >= 0))
    done = done[np.diff(forest.world.payer_start)[line[done]] > 0]
    np.add.at(out, (found.payer[line[done], placed[1, done]], forest.stretch[placed[1, done]]),
              forest.world.money[placed[0, done], OPTION_COST])
    blame = forest.blame
    started = np.flatnonzero(found.paid < len(forest.stretch))
    at = found.paid[started]
    np.add.at(out, (found.payer[blame.bill[started, 1], at], forest.stretch[at]),
              blame.bill_worth[started, 0])
    return np.cumsum(out, axis=1)


def _times(placed: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    done = placed[0] >= 0
    return np.where(done, placed[1], float(horizon)), np.where(done, placed[4], float(horizon))
