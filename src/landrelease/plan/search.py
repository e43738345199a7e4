"""The planning problem in, a plan with a proven bound out."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan.bound import Ascent, Trees, ascend, prices_of, trees
from landrelease.plan.decoder import (
    INNER,
    arrays,
    dispatch_order,
    place_all,
    to_schedule,
)
from landrelease.plan.rules import rules

CHAINS = 2  # fixed, so that the result does not depend on the number of cores
_PRICE_SHARES = (0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85)
_LEANS = (-0.15, 0.0, 0.15)  # order by mean start + lean * (mean finish - mean start)


def make_plan(
    problem: Problem,
    *,
    iterations: int = 250,
    seed: int = 0,
    bound_iterations: int | None = None,
    progress: Progress = silent,
    seconds: float | None = None,
) -> Plan:
    """Make a plan and prove how good any plan could be.

    Parameters
    ----------
    iterations : >= 0, effort of the search; one is about 15,000 placed stages
    seed : of the search; the same seed and iterations give the same plan on any machine
    bound_iterations : evaluations of the bound; None: `iterations`
    progress : told where it stands; may raise KeyboardInterrupt, and the best so far is returned,
        marked as interrupted
    seconds : stop early after about this many seconds; figures then depend on the machine

    Returns
    -------
    Plan : `priority` is the place of each stage in the order of dispatch; decoding it with
        `chosen=plan.schedule.option` gives the schedule again.

    Steps: the simple rules; prices on team time and the bound (`bound.ascend`); orders by the
    mean start of the relaxed problem, in which each stage takes the option whose finish and team
    time cost least; then annealing of the order and the options. Every schedule is made by
    `decoder.place_all`.

    Raises
    ------
    LandReleaseError
        PLN-009: `iterations`, `bound_iterations` or `seconds` is negative.
    """
    for name, number in (("iterations", iterations), ("bound_iterations", bound_iterations),
                         ("seconds", seconds)):
        if number is not None and not number >= 0:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=number,
                                   expected="0 or more")
    stages = len(problem.predecessor)
    if bound_iterations is None:
        bound_iterations = iterations
    watch = _Watch(progress, seconds)
    tried = _Tried(problem)
    scores = {name: tried.rule(priority) for name, priority in rules(problem).items()}
    forest = trees(problem, tried.placed[4])
    first = prices_of(problem, forest, tried.placed)
    relaxed = ascend(problem, forest, first, tried.score, iterations=bound_iterations,
                     progress=watch.part(0.0, 0.6))
    tried.relaxed(relaxed, forest)
    stopped = relaxed.stopped
    if not stopped or watch.is_late:
        try:
            _anneal(tried, iterations, seed, watch.part(0.6, 1.0))
        except KeyboardInterrupt:
            stopped = True
    # Above a real schedule's score no bound is true. What rounding leaves is cut off.
    assert relaxed.value <= tried.score * (1 + 1e-9) + 1e-9, "the bound is above a real plan"
    schedule = to_schedule(problem, tried.placed)
    place = np.empty(stages)
    place[tried.order] = np.arange(stages)
    return Plan(problem=problem, schedule=schedule, priority=place, score=tried.score,
                bound=min(relaxed.value, tried.score), rules=scores, floor=relaxed.floor,
                iterations=iterations, seed=seed, interrupted=stopped and not watch.is_late)


class _Watch:
    """Passes progress on, over shares of the whole, and stops the work after `seconds`."""

    def __init__(self, progress: Progress, seconds: float | None):
        self.progress = progress
        self.until = None if seconds is None else time.monotonic() + seconds

    @property
    def is_late(self) -> bool:
        return self.until is not None and time.monotonic() > self.until

    def part(self, low: float, high: float) -> Progress:
        def listen(what: str, share: float) -> None:
            self.progress(what, low + (high - low) * share)
            if self.is_late:
                raise KeyboardInterrupt
        return listen


class _Tried:
    """The best schedule so far: order, options, prices, placement and score."""

    def __init__(self, problem: Problem):
        self.problem, self.world = problem, arrays(problem)
        stages = len(problem.predecessor)
        self.free_choice = np.full(stages, -1, dtype=np.int32)
        self.no_price = np.zeros((len(problem.pools), problem.horizon + 1))
        self.score = np.inf
        self.order = np.arange(stages, dtype=np.int32)
        self.chosen, self.price = self.free_choice, self.no_price
        self.value = np.ones(stages)
        self.placed = np.full((5, stages), -1, dtype=np.int32)

    def decode(self, order: np.ndarray, chosen: np.ndarray, value: np.ndarray,
               price: np.ndarray) -> float:
        placed, score = place_all(order, self.world, value, price, chosen)
        if score < self.score:
            self.score, self.placed = score, placed
            self.order, self.chosen, self.value, self.price = order, chosen, value, price
        return score

    def rule(self, priority: np.ndarray) -> float:
        return self.decode(dispatch_order(self.problem, priority), self.free_choice,
                           np.ones(len(priority)), self.no_price)

    def relaxed(self, relaxed: Ascent, forest: Trees) -> None:
        """Orders by the mean start of the relaxed problem, options at shares of the prices.

        Less than the full price is best: a price says what team time is worth at the margin of a
        plan without gaps, and the decoder's plan has gaps.
        """
        sums = np.zeros_like(self.no_price)
        np.cumsum(relaxed.price, axis=1, out=sums[:, 1:])
        for lean in _LEANS:
            order = dispatch_order(self.problem, relaxed.start + lean * (
                relaxed.finish - relaxed.start))
            for share in _PRICE_SHARES:
                self.decode(order, self.free_choice, forest.below, share * sums)


def _anneal(tried: _Tried, iterations: int, seed: int, progress: Progress) -> None:
    """Anneal the order and the options from the best start, in rounds of `CHAINS` chains.

    The chains run side by side and meet after every round: all go on from the best.
    """
    problem = tried.problem
    stages = len(problem.predecessor)
    if stages < 2 or iterations == 0:
        return
    tries = max(1, 15_000 // stages)
    rounds = min(iterations, 50)
    states = [(tried.order.copy(), tried.chosen.copy()) for _ in range(CHAINS)]
    with ThreadPoolExecutor(CHAINS) as team:
        done = 0
        for k in range(rounds):
            progress("searching for a better plan", k / rounds)
            upto = iterations * tries * (k + 1) // rounds
            heat = 4e-6 * 0.25 ** (k / rounds) * tried.score
            jobs = [team.submit(
                anneal, order, chosen, tried.world, tried.value, tried.price, upto - done, heat,
                (seed * 1_000_003 + k * CHAINS + chain) % 2**31)
                for chain, (order, chosen) in enumerate(states)]
            done = upto
            ends = [job.result() for job in jobs]
            _, order, chosen = min(ends, key=lambda end: end[0])
            tried.decode(order, chosen, tried.value, tried.price)
            if k % 5 == 4:
                states = [(order.copy(), chosen.copy()) for _ in range(CHAINS)]
            else:
                states = [(end[1], end[2]) for end in ends]
    progress("searching for a better plan", 1.0)


@njit(cache=True, nogil=True)
def anneal(order, chosen, world, value, price, tries, heat, seed):
    """Simulated annealing at one temperature; returns (best score, its order, its options).

    A try moves one to three stages of the order a little (never across their predecessor or
    successors; early stages, which weigh more, oftener) or gives one another option. With blocked
    roads it often moves all stages of one hazard together, because a road opens with the last.
    """
    np.random.seed(seed)
    stages = len(order)
    predecessor, option_start = world.predecessor, world.option_start
    now = place_all(order, world, value, price, chosen)[1]
    best, best_order, best_chosen = now, order.copy(), chosen.copy()
    order, chosen = order.copy(), chosen.copy()
    new_order, new_chosen = order.copy(), chosen.copy()
    for _ in range(tries):
        for i in range(stages):
            new_order[i], new_chosen[i] = order[i], chosen[i]
        moves = 1 + int(np.random.random() * 2.5)
        if len(world.gate_from) > 0 and np.random.random() < 0.5:
            i = int(stages * np.random.random() ** 1.5)
            j = int(i + np.random.normal() * 0.3 * (i + 20) * np.random.random())
            move_hazard(order, new_order, world.hazard, world.hazard[order[i]],
                        min(max(j, 0), stages - 1))
            moves = int(np.random.random() * 1.5)
        for _ in range(moves):
            i = int(stages * np.random.random() ** 1.5)
            s = new_order[i]
            options = option_start[s + 1] - option_start[s]
            if options > 1 and np.random.random() < 0.2:
                new_chosen[s] = -1
                if np.random.random() < 0.7:
                    new_chosen[s] = option_start[s] + int(np.random.random() * options)
                continue
            j = int(i + np.random.normal() * 0.2 * (i + 20) * np.random.random())
            j = min(max(j, 0), stages - 1)
            while i > j and new_order[i - 1] != predecessor[s]:
                new_order[i] = new_order[i - 1]
                i -= 1
            while i < j and predecessor[new_order[i + 1]] != s:
                new_order[i] = new_order[i + 1]
                i += 1
            new_order[i] = s
        score = place_all(new_order, world, value, price, new_chosen)[1]
        if score <= now or np.random.random() < np.exp((now - score) / heat):
            now = score
            order, new_order = new_order, order
            chosen, new_chosen = new_chosen, chosen
            if now < best:
                best, best_order, best_chosen = now, order.copy(), chosen.copy()
    return best, best_order, best_chosen


@njit(cache=True, nogil=True, **INNER)
def move_hazard(order, out, hazard, chosen, place):
    """Write `order` into `out` with all stages of one hazard together, `place` others before."""
    k, others, moved = 0, 0, False
    for i in range(len(order) + 1):
        if not moved and (others == place or i == len(order)):
            for s in order:
                if hazard[s] == chosen:
                    out[k] = s
                    k += 1
            moved = True
        if i < len(order) and hazard[order[i]] != chosen:
            out[k] = order[i]
            k += 1
            others += 1
