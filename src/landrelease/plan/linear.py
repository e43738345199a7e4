"""The planning problem as a linear program on a coarse grid of times: an order, and prices.

Unknown is, for each option and each moment of a grid (a knot), which share of it has been started
by then; between knots it runs straight. With it stand the shares of zones that are open, of
communities that are back and of projects that have started. Teams, equipment, money, surveys
before clearance, roads (by cuts, `plan.blame`) and closures are rows. It is solved by PDLP, a
first-order method (D. Applegate and others, NeurIPS 2021), and need not be solved to the end: its
primal solution is only an order to begin a search with, and its dual solution only prices and
shares of blame, at which `bound.evaluate` gives a value that is true whatever they are.
Source of programs with "started by" unknowns: J. Sousa, L. Wolsey, Mathematical Programming 54
(1992).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array

from landrelease.core.progress import Progress, silent
from landrelease.core.work import Problem
from landrelease.plan.access import soonest
from landrelease.plan.arrays import (
    FIRST_CALENDAR,
    FIRST_FROM,
    FIRST_GEAR,
    FIRST_POOL,
    FIRST_SLOTS,
    OPTION_COST,
    SECOND_CALENDAR,
    SECOND_GEAR,
    SECOND_POOL,
    SECOND_SLOTS,
    STAGE_FUND,
    ZONE,
)
from landrelease.plan.blame import cuts_at
from landrelease.plan.bound import Multipliers, Trees

KNOTS = 48  # knots in the time in which most of the work is done
SHARDS = 8  # fixed, so that sums are made in the same order on any number of threads


def grid(finish: np.ndarray, horizon: int, knots: int = KNOTS) -> np.ndarray:
    """Slots (K,) of the knots: even until nearly all of a schedule is finished, then wider."""
    done = finish[finish >= 0]
    busy = int(np.quantile(done, 0.98)) + 2 if len(done) else horizon
    step = max(1, round(busy / knots))
    at = list(range(0, min(busy, horizon) + 1, step))
    wide = 2.0 * step
    while at[-1] < horizon:
        at.append(min(horizon, at[-1] + int(wide)))
        wide *= 1.5
    return np.array(at, dtype=np.int64)


class _Rows:
    """Rows of a sparse matrix with right sides (all `<=`), gathered in blocks."""

    def __init__(self) -> None:
        self.row: list[np.ndarray] = []
        self.column: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.right: list[np.ndarray] = []
        self.count = 0

    def new(self, right: np.ndarray) -> np.ndarray:
        """Rows with these right sides, numbered in the same shape."""
        made = self.count + np.arange(right.size).reshape(right.shape)
        self.count += right.size
        self.right.append(right.ravel().astype(float))
        return made

    def add(self, row: np.ndarray, column: np.ndarray, value: Any) -> None:
        row, column, value = np.broadcast_arrays(row, column, value)
        self.row.append(row.ravel())
        self.column.append(column.ravel())
        self.value.append(value.ravel())


@dataclass(slots=True)
class Program:
    """A linear program: least cost @ x + offset with matrix @ x <= right and 0 <= x <= upper."""

    matrix: csc_array
    right: np.ndarray
    cost: np.ndarray
    upper: np.ndarray
    offset: float
    knots: np.ndarray
    start_column: np.ndarray  # (O,) first column of each option's K; a column a knot
    zone_column: np.ndarray  # (Z,) -1: always open
    blocker_column: np.ndarray  # (B,)
    rows: dict[str, np.ndarray]  # what each block of rows says, see `program`


def program(problem: Problem, forest: Trees, knots: np.ndarray) -> Program:
    """Lay out the linear program of a problem, with the cuts that stand in `forest.blame`."""
    world, blame, horizon = forest.world, forest.blame, problem.horizon
    count, stages = len(knots), len(problem.predecessor)
    options = len(world.option)
    below = np.searchsorted(knots, np.arange(horizon + 1), side="right") - 1
    above = np.minimum(below + 1, count - 1)
    part = (np.arange(horizon + 1) - knots[below]) / np.maximum(knots[above] - knots[below], 1)
    stage_of = np.repeat(np.arange(stages), np.diff(problem.option_start))
    # Steps: the first of every option, then the second of those that have one.
    two = np.flatnonzero(world.option[:, SECOND_POOL] >= 0)
    steps = options + len(two)
    of = world.option
    pool, gear, calendar, slots = (
        np.concatenate([of[:, a], of[two, b]]).astype(np.int64) for a, b in (
            (FIRST_POOL, SECOND_POOL), (FIRST_GEAR, SECOND_GEAR),
            (FIRST_CALENDAR, SECOND_CALENDAR), (FIRST_SLOTS, SECOND_SLOTS)))
    last = np.arange(options)
    last[two] = options + np.arange(len(two))
    # latest[e, u]: the latest start with which step e is finished by u; -1 if there is none.
    latest = np.full((steps, horizon + 1), -1, dtype=np.int64)
    for k in range(len(world.worked)):
        own = np.flatnonzero(calendar == k)
        place = world.worked[k][None, :].astype(np.int64) - slots[own, None]
        latest[own] = np.where(place >= 0, world.slot_of[k][np.maximum(place, 0)], -1)
    lines, moment = _Rows(), np.arange(count)
    column = np.arange(steps) * count
    made: dict[str, np.ndarray] = {}

    def started(row: np.ndarray, step: np.ndarray, at: np.ndarray, value: Any) -> None:
        """value * (share of `step` started by slot `at`) in `row`; nothing where at < 0."""
        row, step, at, value = np.broadcast_arrays(row, step, at, value)
        some = at >= 0
        row, step, at, value = row[some], step[some], at[some], value[some]
        lines.add(row, column[step] + below[at], value * (1 - part[at]))
        between = part[at] > 0
        lines.add(row[between], column[step[between]] + above[at[between]],
                  value[between] * part[at[between]])

    def finished(row: np.ndarray, stage: np.ndarray, value: float) -> None:
        """value * (share of stages (N,) finished by each knot) in the rows (N, K)."""
        many = np.diff(problem.option_start)[stage]
        which = np.repeat(np.arange(len(stage)), many)
        offer = np.concatenate([np.arange(problem.option_start[s], problem.option_start[s + 1])
                                for s in stage] or [np.zeros(0, np.int64)]).astype(np.int64)
        started(row[which], last[offer][:, None], latest[last[offer]][:, knots], value)

    zeros = np.zeros((1, count))
    row = lines.new(np.zeros((steps, count - 1)))  # started stays started
    lines.add(row, column[:, None] + moment[:-1], 1.0)
    lines.add(row, column[:, None] + moment[1:], -1.0)
    row = lines.new(np.zeros((len(two), count)))  # the second step after the first
    started(row, (options + np.arange(len(two)))[:, None], knots[None, :], 1.0)
    started(row, two[:, None], latest[two][:, knots], -1.0)
    row = lines.new(np.ones(stages))  # each stage once
    lines.add(row[stage_of], column[:options] + count - 1, 1.0)
    child = np.flatnonzero(problem.predecessor >= 0)
    row = lines.new(np.zeros((len(child), count)))
    of_child = np.full(stages, -1)
    of_child[child] = np.arange(len(child))
    own = np.flatnonzero(of_child[stage_of] >= 0)
    started(row[of_child[stage_of[own]]], own[:, None], knots[None, :], 1.0)
    finished(row, problem.predecessor[child].astype(np.int64), -1.0)
    made["resource"] = lines.new(forest.capacity[:, np.minimum(knots, horizon - 1)])
    for used in (pool, gear):
        own = np.flatnonzero(used >= 0)
        row = made["resource"][used[own]]
        started(row, own[:, None], knots[None, :], 1.0)
        started(row, own[:, None], latest[own][:, knots], -1.0)
    total = steps * count
    # Roads.
    opens, ends = soonest(problem, world)
    zones = len(opens)
    zone_column = np.full(zones, -1, dtype=np.int64)
    used_zones = np.unique(blame.cut_zone)
    zone_column[used_zones] = total + np.arange(len(used_zones)) * count
    total += len(used_zones) * count
    blocker_column = total + np.arange(blame.blockers) * count
    total += blame.blockers * count
    made["toll"] = lines.new(np.tile(zeros, (len(blame.toll_stage), 1)))
    row_of_stage = np.full(stages, -1)
    row_of_stage[blame.toll_stage] = np.arange(len(blame.toll_stage))
    own = np.flatnonzero(row_of_stage[stage_of] >= 0)
    started(made["toll"][row_of_stage[stage_of[own]]], own[:, None], knots[None, :], 1.0)
    lines.add(made["toll"], zone_column[blame.toll_zone][:, None] + moment, -1.0)
    made["blocker"] = lines.new(np.tile(zeros, (len(blame.blocker_of), 1)))
    lines.add(made["blocker"], blocker_column[blame.blocker_of][:, None] + moment, 1.0)
    finished(made["blocker"], blame.stages[blame.blocker_stage], -1.0)
    real = np.array([k for k, cut in enumerate(blame.cuts) if cut], dtype=np.int64)
    made["cut"] = np.full((len(blame.cuts), count), -1)
    made["cut"][real] = lines.new(np.tile(zeros, (len(real), 1)))
    lines.add(made["cut"][real], zone_column[blame.cut_zone[real]][:, None] + moment, 1.0)
    member = np.repeat(real, [len(blame.cuts[k]) for k in real])
    lines.add(made["cut"][member], blocker_column[np.array(
        [b for k in real for b in blame.cuts[k]], dtype=np.int64)][:, None] + moment, -1.0)
    # Communities and projects: nodes of the blame.
    node_column = total + np.arange(len(blame.loss)) * count
    total += len(blame.loss) * count
    made["wait"] = lines.new(np.tile(zeros, (len(blame.wait_of), 1)))
    lines.add(made["wait"], node_column[blame.wait_of][:, None] + moment, 1.0)
    on_stage = np.flatnonzero(blame.wait_stage >= 0)
    on_zone = np.flatnonzero(blame.wait_stage < 0)
    finished(made["wait"][on_stage], blame.stages[blame.wait_stage[on_stage]], -1.0)
    lines.add(made["wait"][on_zone], zone_column[blame.wait_zone[on_zone]][:, None] + moment, -1.0)
    # A node that waits for stages with different lags counts with the least of them.
    shift = np.full(len(blame.loss), horizon, dtype=np.int64)
    np.minimum.at(shift, blame.wait_of, blame.wait_shift)
    shift = np.where(shift == horizon, 0, shift)
    shift[blame.bill[:, 0]] = blame.bill[:, 4]
    funds = len(forest.money)
    made["money"] = np.zeros((0, count), dtype=np.int64)
    scale = np.ones(funds)
    if funds:
        scale = 1 / np.maximum(forest.money[:, -1], 1e-9)
        made["money"] = lines.new(
            forest.money[:, forest.stretch[np.minimum(knots, horizon - 1)]] * scale[:, None])
        total, row, scale_of = _budget(lines, made["money"], forest, knots, total, scale)
        line = world.stage[stage_of, STAGE_FUND]
        own = np.flatnonzero(line >= 0)
        price = world.money[own, OPTION_COST] * scale_of[line[own]]
        started(row[line[own]], own[:, None], knots[None, :], price[:, None])
        node, line = blame.bill[:, 0], blame.bill[:, 1]
        lines.add(row[line], node_column[node][:, None] + moment,
                  (blame.bill_worth[:, 0] * scale_of[line])[:, None])
    # What delays cost: of a share that is not there in slot t, the step of the loss curve.
    cost = np.zeros(total)
    weight, season = world.worth[:, 0], world.worth[:, 1]
    rise = weight[:, None] * np.diff(world.loss) + season[:, None] * np.diff(world.seasons)
    offset = float(rise.sum()) + blame.sure + float(blame.loss.sum())
    for (_, _, low, _, slots), (_, weighs) in zip(blame.bill.tolist(), blame.bill_worth,
                                                  strict=True):
        offset += float(weighs) * float(world.loss[min(low + slots, horizon)])
    slot = np.arange(horizon)
    for o in range(options):
        at = latest[last[o], :horizon]
        some = at >= 0
        at = at[some]
        lost = rise[stage_of[o], some]
        base = int(last[o]) * count
        cost[base:base + count] -= (np.bincount(below[at], lost * (1 - part[at]), count)
                                    + np.bincount(above[at], lost * part[at], count))
    for n, lost in enumerate(blame.loss):
        at = np.maximum(slot - shift[n], 0)
        lost = np.where(slot >= shift[n], lost, 0.0)
        base = int(node_column[n])
        cost[base:base + count] -= (np.bincount(below[at], lost * (1 - part[at]), count)
                                    + np.bincount(above[at], lost * part[at], count))
    # Before they can begin at all, shares are 0.
    upper = np.ones(total)
    release = opens[world.stage[:, ZONE]]
    release[child] = np.maximum(release[child], ends[problem.predecessor[child]])
    low = np.maximum(release[stage_of], world.option[:, FIRST_FROM]).astype(np.int64)
    first = np.concatenate([low, np.zeros(len(two), np.int64)])
    for e, option in enumerate(two):
        able = latest[option] >= low[option]
        first[options + e] = int(np.argmax(able)) if able.any() else horizon + 1
    grid_upper = (knots[None, :] >= first[:, None]).astype(float)
    upper[:steps * count] = grid_upper.ravel()
    for z in used_zones:
        upper[zone_column[z] + np.flatnonzero(knots < opens[z])] = 0.0
    matrix = coo_array((np.concatenate(lines.value), (
        np.concatenate(lines.row), np.concatenate(lines.column))),
        shape=(lines.count, total)).tocsc()
    made["scale"] = scale
    return Program(matrix, np.concatenate(lines.right), cost, upper, offset, knots,
                   column[:options], zone_column, blocker_column, made)


def _budget(lines: _Rows, row: np.ndarray, forest: Trees, knots: np.ndarray, total: int,
            scale: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Rows (L, K) in which budget lines spend, and the unit of each of them.

    row (F, K) : what a fund has paid by each knot may not be more than what had arrived, in units
    1 / scale (F,). Where each line has one fund and all the time, these are the rows themselves.
    Otherwise columns from `total` on say which share of a fund a line has spent by a knot; returns
    the number of columns with them.
    """
    world, count = forest.world, len(knots)
    line = np.repeat(np.arange(len(world.payer_start) - 1), np.diff(world.payer_start))
    fund, until = world.payer[:, 0].astype(np.int64), world.payer[:, 1]
    if np.array_equal(fund, line) and len(row) == len(line) and (
            until > world.tranche_from[-1]).all():
        return total, row, scale
    unit = np.array([1.0 / max(1e-9, float((1.0 / scale[fund[line == one]]).sum()))
                     for one in range(len(world.payer_start) - 1)])
    share = total + np.arange(len(line)) * count
    moment = np.arange(count)
    lines.add(row[fund], share[:, None] + moment, 1.0)
    spends = lines.new(np.zeros((len(unit), count)))
    lines.add(spends[line], share[:, None] + moment, -(unit[line] / scale[fund])[:, None])
    grows = lines.new(np.zeros((len(line), count - 1)))
    lines.add(grows, share[:, None] + moment[:-1], 1.0)
    lines.add(grows, share[:, None] + moment[1:], -1.0)
    over = knots[None, :-1] >= until[:, None]  # nothing more is spent
    ends = lines.new(np.zeros(int(over.sum())))
    who, when = np.nonzero(over)
    lines.add(ends, share[who] + when + 1, 1.0)
    lines.add(ends, share[who] + when, -1.0)
    return total + len(line) * count, spends, unit


@dataclass(slots=True)
class Solved:
    """Where the linear program stands: primal and dual solution, about its value, and how PDLP
    weighed the one against the other at the end."""

    primal: np.ndarray
    dual: np.ndarray
    value: float
    weight: float
    is_exact: bool


def solve(made: Program, *, seconds: float | None, steps: int | None, threads: int = 2,
          begin: Solved | None = None, exactness: float = 1e-4) -> Solved:
    """Solve by PDLP until it is exact enough, or for so many seconds or steps."""
    from ortools.pdlp import solve_log_pb2, solvers_pb2
    from ortools.pdlp.python import pdlp

    asked = pdlp.QuadraticProgram()
    asked.objective_vector = made.cost
    asked.objective_offset = made.offset
    asked.constraint_matrix = made.matrix
    asked.constraint_lower_bounds = np.full(len(made.right), -np.inf)
    asked.constraint_upper_bounds = made.right
    asked.variable_lower_bounds = np.zeros(len(made.cost))
    asked.variable_upper_bounds = made.upper
    how = solvers_pb2.PrimalDualHybridGradientParams()
    ends = how.termination_criteria
    if seconds is not None:
        ends.time_sec_limit = seconds
    if steps is not None:
        ends.iteration_limit = steps
    ends.simple_optimality_criteria.eps_optimal_relative = exactness
    ends.simple_optimality_criteria.eps_optimal_absolute = exactness
    how.num_threads, how.num_shards = threads, SHARDS
    how.presolve_options.use_glop = False
    first = () if begin is None else (_begin(begin, made),)
    if begin is not None and begin.weight > 0:
        how.initial_primal_weight = begin.weight
    found = pdlp.primal_dual_hybrid_gradient(asked, how, *first)
    primal = np.clip(np.nan_to_num(np.array(found.primal_solution)), 0.0, made.upper)
    dual = np.minimum(np.nan_to_num(np.array(found.dual_solution)), 0.0)
    exact = solve_log_pb2.TERMINATION_REASON_OPTIMAL
    return Solved(primal, dual, float(made.cost @ primal + made.offset),
                  float(found.solve_log.solution_stats.primal_weight),
                  found.solve_log.termination_reason == exact)


def _begin(begin: Solved, made: Program) -> Any:
    """Where a solution of a program with fewer cuts stands in this one."""
    from ortools.pdlp.python import pdlp

    more = len(made.right) - len(begin.dual)
    after_cuts = int(made.rows["cut"].max(initial=-1)) + 1 - more
    at = pdlp.PrimalAndDualSolution()
    at.primal_solution = begin.primal
    at.dual_solution = np.insert(begin.dual, max(after_cuts, 0) * np.ones(more, np.int64), 0.0)
    return at


def approach(problem: Problem, forest: Trees, knots: np.ndarray, *, seconds: float | None,
             steps: int | None, rounds: int = 2, progress: Progress = silent
             ) -> tuple[Program, Solved]:
    """Solve, add the cuts that are missing to `forest.blame`, go on; so many rounds, in which time
    (or steps) are divided evenly.

    PDLP cannot be interrupted, so it is asked for some seconds at a time; in between `progress`
    may raise KeyboardInterrupt, which is passed on.
    """
    found: Solved | None = None
    until = None if seconds is None else time.monotonic() + seconds
    made = program(problem, forest, knots)
    for turn in range(rounds):
        progress("solving a linear program", turn / rounds)
        if turn and forest.blame.add(missing_cuts(problem, forest, made, found)[:300]):
            made = program(problem, forest, knots)
        if until is None:
            found = solve(made, seconds=None, begin=found,
                          steps=None if steps is None else steps // rounds)
            continue
        ends = until - (until - time.monotonic()) * (rounds - 1 - turn) / (rounds - turn)
        while found is None or len(found.dual) != len(made.right) or (
                time.monotonic() < ends - 0.05 and not found.is_exact):
            progress("solving a linear program", turn / rounds)
            found = solve(made, seconds=min(_PIECE_S, max(0.1, ends - time.monotonic())),
                          steps=None, begin=found)
    assert found is not None
    return made, found


_PIECE_S = 10.0  # seconds for which PDLP runs at a time


def times(problem: Problem, made: Program, found: Solved, share: float
          ) -> tuple[np.ndarray, np.ndarray]:
    """(first slot (S,) by which that share of each stage has been started, its mean start (S,))."""
    count, horizon = len(made.knots), problem.horizon
    own = found.primal[made.start_column[:, None] + np.arange(count)]
    total = np.zeros((len(problem.predecessor), count))
    stage_of = np.repeat(np.arange(len(total)), np.diff(problem.option_start))
    np.add.at(total, stage_of, own)
    total = np.minimum(np.maximum.accumulate(total, axis=1), 1.0)
    # Reaching the share between two knots.
    after = np.argmax(total >= share - 1e-9, axis=1)
    never = total[:, -1] < share - 1e-9
    before = np.maximum(after - 1, 0)
    each = np.arange(len(total))
    low, high = total[each, before], total[each, after]
    way = np.where(high > low, (share - low) / np.maximum(high - low, 1e-12), 1.0)
    first = made.knots[before] + np.clip(way, 0.0, 1.0) * (made.knots[after] - made.knots[before])
    first = np.where(after == 0, made.knots[0], first)
    wide = np.diff(made.knots)
    mean = ((1 - (total[:, :-1] + total[:, 1:]) / 2) * wide).sum(axis=1)
    return np.where(never, float(horizon), first), mean


def missing_cuts(problem: Problem, forest: Trees, made: Program, found: Solved | None,
                 shares: Iterable[float] = (0.15, 0.35, 0.5, 0.65, 0.85)
                 ) -> list[tuple[int, tuple[int, ...]]]:
    """Cuts of zones that are more open in a solution than the blockers that it has removed say:
    those that a plan would meet that removes each blocker when a share of it is gone."""
    if found is None:
        return []
    blame, count = forest.blame, len(made.knots)
    known = set(zip(blame.cut_zone.tolist(), blame.cuts, strict=True))
    gone = found.primal[made.blocker_column[:, None] + np.arange(count)]
    wrong: dict[tuple[int, tuple[int, ...]], float] = {}
    for share in shares:
        there = gone >= share
        when = np.where(there.any(axis=1), np.argmax(there, axis=1), 2**20).astype(float)
        for zone, cut in cuts_at(problem, when):
            if not cut or (zone, cut) in known or made.zone_column[zone] < 0:
                continue
            is_open = found.primal[made.zone_column[zone] + np.arange(count)]
            over = float((is_open - gone[list(cut)].sum(axis=0)).max())
            if over > 0.02:
                wrong[zone, cut] = max(over, wrong.get((zone, cut), 0.0))
    return [key for key, _ in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))]


def multipliers(problem: Problem, forest: Trees, made: Program, found: Solved) -> Multipliers:
    """Prices, tolls and prices of money from a dual solution; the shares of blame are set in
    `forest.blame`. Any solution will do, the better it is the higher is the bound."""
    horizon, knots, blame = problem.horizon, made.knots, forest.blame
    spread = _hats(knots, horizon)
    dual = -found.dual

    def of(name: str) -> np.ndarray:
        rows = made.rows[name]
        return np.where(rows >= 0, dual[np.maximum(rows, 0)], 0.0)

    price, toll = of("resource") @ spread, of("toll") @ spread
    money = np.zeros_like(forest.money)
    if len(forest.money):
        stretch = forest.stretch[np.minimum(knots, horizon - 1)]
        np.add.at(money.T, stretch, (of("money") * made.rows["scale"][:, None]).T)
    hold = np.searchsorted(knots, np.arange(horizon), side="right") - 1
    wait, blocker = of("wait"), of("blocker")
    blame.wait_share = _shares(wait, blame.wait_of, None)[:, hold]
    blame.blocker_share = _shares(blocker, blame.blocker_of, None)[:, hold]
    for node, _, _, _, slots in blame.bill.tolist():
        mass = wait[blame.wait_of == node].sum(axis=0) @ spread
        blame.mass[node] = 0.0
        blame.mass[node, slots:] = mass[:horizon - slots]
    laid = np.zeros((len(blame.zone_sure), len(knots)))
    on_zone = blame.wait_stage < 0
    np.add.at(laid, blame.wait_zone[on_zone], wait[on_zone])
    np.add.at(laid, blame.toll_zone, of("toll"))
    nothing = np.array([not cut for cut in blame.cuts], dtype=bool)
    if len(nothing):
        cut = of("cut")
        used = np.zeros_like(laid)
        np.add.at(used, blame.cut_zone, cut)
        cut[nothing] = np.maximum(laid - used, 0.0)[blame.cut_zone[nothing]]
        blame.cut_share = _shares(cut, blame.cut_zone, nothing)[:, hold]
    return Multipliers(price, money, toll)


def _hats(knots: np.ndarray, horizon: int) -> np.ndarray:
    """(K, H): what stands at a knot, spread over the slots around it."""
    slot, count = np.arange(horizon), len(knots)
    out = np.zeros((count, horizon))
    for k in range(count):
        left = knots[k] - knots[k - 1] if k else 1
        right = knots[k + 1] - knots[k] if k + 1 < count else 1
        away = slot - knots[k]
        out[k] = np.maximum(0.0, 1 - np.where(away < 0, -away / left, away / right))
        if out[k].sum() <= 0:
            out[k, min(knots[k], horizon - 1)] = 1.0
    return out / out.sum(axis=1, keepdims=True)


def _shares(mass: np.ndarray, of: np.ndarray, nothing: np.ndarray | None) -> np.ndarray:
    """Shares (E, K) of each parent `of` by the mass; where there is none, as at the knot before it
    (before the first: even, or all of it on nothing)."""
    if not len(of):
        return mass
    count = int(of.max()) + 1
    total = np.zeros((count, mass.shape[1]))
    np.add.at(total, of, mass)
    if nothing is None or not nothing.any():
        share = np.repeat(1.0 / np.bincount(of, minlength=count)[of][:, None], 1, axis=1)
    else:
        has = np.bincount(of[nothing], minlength=count)[of] > 0
        even = 1.0 / np.bincount(of, minlength=count)[of]
        share = np.where(has, nothing.astype(float), even)[:, None]
    out = np.empty_like(mass)
    at = share[:, 0]
    least = 1e-7 * max(1e-12, float(mass.max(initial=0.0)))
    for k in range(mass.shape[1]):
        some = total[of, k] > least
        at = np.where(some, mass[:, k] / np.where(some, total[of, k], 1.0), at)
        out[:, k] = at
    return out
