"""The planning problem in, a plan with a proven bound out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem
from landrelease.plan.access import dominators, reconnecting_order
from landrelease.plan.anneal import MOVES, anneal, groups_of, soonest_costs
from landrelease.plan.arrays import BROKEN, SECOND_FROM, kept_first
from landrelease.plan.bound import (
    Ascent,
    Multipliers,
    Trees,
    ascend,
    evaluate,
    prices_of,
    trees,
)
from landrelease.plan.decoder import arrays, dispatch_order, place_all, room_of, to_schedule
from landrelease.plan.linear import (
    KNOTS,
    Program,
    Solved,
    approach,
    grid,
    multipliers,
    times,
)
from landrelease.plan.regions import WINDOW, Regions, Standing
from landrelease.plan.rules import quickest_slots, rules
from landrelease.plan.works import check_effort

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
    standing: tuple[np.ndarray, np.ndarray] | None = None,
    bound_seconds: float = 0.0,
    improved: Callable[[Plan], None] | None = None,
) -> Plan:
    """Make a plan and prove how good any plan could be.

    Parameters
    ----------
    iterations : >= 0, effort of the search; one is about 15,000 placed stages
    seed : of the search; the same seed and iterations give the same plan on any machine
    bound_iterations : evaluations of the bound; None: `iterations`
    progress : told where it stands; may raise KeyboardInterrupt, and the best so far is returned,
        marked as interrupted
    seconds : search for so long instead (a third of it for the linear program and prices); figures
        then depend on the machine
    standing : where the search starts besides the rules: the priority (S,) of another plan of this
        problem, smaller first, and its options (S,), -1 where the choice is free. No plan worse
        than that one, decoded here, comes out.
    bound_seconds : go on proving for so long when the plan is made, from where it stands
    improved : is given the best plan so far, marked as interrupted, every few seconds in which it
        has become better; the search is the same with it

    Returns
    -------
    Plan : `priority` is the place of each stage in the order of dispatch; decoding it with
        `chosen=plan.schedule.option` gives the schedule again.

    Steps: the simple rules; where there are roads, a linear program (`linear.approach`) and orders
    by the times at which it starts stages; prices and the bound (`bound.ascend`); orders by the
    mean start of the relaxed problem, in which each stage takes the option whose finish and team
    time cost least; then annealing of the order and the options, of a large problem region by
    region (`plan.regions`). Every schedule is made by `decoder.place_all`.

    Raises
    ------
    LandReleaseError
        PLN-009: `iterations`, `bound_iterations` or a number of seconds is negative.
    """
    check_effort(iterations=iterations, bound_iterations=bound_iterations, seconds=seconds,
                 bound_seconds=bound_seconds)
    stages = len(problem.predecessor)
    large = stages >= _LARGE
    if bound_iterations is None:
        bound_iterations = iterations
    began = time.monotonic()
    proof = _PROOF_OF_LARGE if large else _PROOF
    tried = _Tried(problem)
    proven = [0.0]  # the bound so far

    def whole(stopped: bool) -> Plan:
        place = np.empty(stages)
        place[tried.order] = np.arange(stages)
        return Plan(
            problem=problem, schedule=to_schedule(problem, tried.placed, tried.projects),
            priority=place, score=tried.real, bound=min(proven[0], tried.real),
            rules=tried.alike(scores),
            floor=floor, iterations=iterations, seed=seed, interrupted=stopped)

    if improved is not None:
        progress = _Telling(progress, tried, improved, lambda: whole(True))
    watch = _Watch(progress, None if seconds is None else proof * seconds)
    scores = {name: tried.rule(priority) for name, priority in rules(problem).items()}
    if standing is not None:
        tried.decode(dispatch_order(problem, standing[0]), _options(problem, standing[1]),
                     np.ones(stages), tried.no_price)
    forest = trees(problem, tried.placed[4])
    first: np.ndarray | Multipliers = prices_of(problem, forest, tried.placed)
    floor = proven[0] = evaluate(problem, forest, np.zeros_like(forest.capacity)).value
    stopped = False
    try:
        steps = None if seconds is not None else _STEPS * min(iterations, bound_iterations)
        if _pays(problem) and not large and (seconds or steps):
            made, found = approach(
                problem, forest, grid(tried.placed[4], problem.horizon, _knots(problem, KNOTS)),
                seconds=None if seconds is None else _PROGRAM * seconds, steps=steps,
                progress=_Watch(progress, None).part(0.0, 0.1))
            first = multipliers(problem, forest, made, found)
            tried.program(problem, forest, made, found, first)
            # A program that was hardly solved gives prices that are worse than none.
            if evaluate(problem, forest, first.price, money=first.money,
                        toll=first.toll).value < floor:
                forest = trees(problem, tried.placed[4])
                first = prices_of(problem, forest, tried.placed)
    except KeyboardInterrupt:
        stopped = True
        bound_iterations = 0
    if seconds is not None:
        bound_iterations = min(bound_iterations, _evaluations(problem, forest, max(
            0.5, (proof if large else _PROOF - _PROGRAM) * seconds)))
    relaxed = ascend(problem, forest, first, tried.real, iterations=bound_iterations,
                     progress=watch.part(0.1, 0.6))
    if not stopped:
        try:
            tried.relaxed(relaxed, forest)
        except KeyboardInterrupt:
            stopped = True
    stopped |= relaxed.stopped and not watch.is_late
    value = proven[0] = max(relaxed.value, floor)
    floor = max(relaxed.floor, floor)
    if not stopped:
        try:
            (_by_regions if large else _anneal)(
                tried, iterations, seed, _Watch(progress, None).part(0.6, 1.0),
                None if seconds is None or iterations == 0 else began + seconds)
        except KeyboardInterrupt:
            stopped = True
    if not stopped:
        tried.by_constraints(seed)
    if bound_seconds and not stopped:
        with contextlib.suppress(KeyboardInterrupt):  # the plan is whole without it
            value = max(value, prove(problem, tried.placed, tried.real, bound_seconds, progress))
    # Above a real schedule's score no bound is true. What rounding leaves is cut off.
    assert value <= tried.real * (1 + 1e-9) + 1e-9, "the bound is above a real plan"
    proven[0] = value
    return whole(stopped)


_PROGRAM, _PROOF = 0.25, 0.35  # shares of the seconds: linear program, and that and the prices
_STEPS = 4  # of the linear program for each iteration
_SMALLEST = 200  # stages from which on a linear program pays
# Stages from which on a plan is searched region by region; the linear program, which at that size
# has a million columns, is left to the proof.
_LARGE = 4000
_PROOF_OF_LARGE = 0.05


def _pays(problem: Problem) -> bool:
    """Whether a linear program is worth its time: it knows best in which order roads open; without
    roads the prices of a schedule lead to as good a bound at once."""
    return problem.access is not None and len(problem.predecessor) >= _SMALLEST


def _knots(problem: Problem, most: int) -> int:
    """Knots of a linear program: fewer where there are many options, so that it ends in time."""
    return int(np.clip(3000 * most // max(1, len(problem.first_pool)), min(12, most), most))


def prove(problem: Problem, placed: np.ndarray, score: float, seconds: float,
          progress: Progress = silent) -> float:
    """A bound for an instance, from a schedule (5, S) and its score, in about `seconds`; valid
    whenever it is stopped.

    Half of the time goes to the linear program on a fine grid, whose prices and shares of blame the
    ascent goes on from; where they are worse than those of a short ascent without it, that one
    goes on.
    """
    until = time.monotonic() + seconds
    forest = trees(problem, placed[4])
    watch = _Watch(progress, seconds)
    most = _evaluations(problem, forest, seconds)
    if not _pays(problem):
        return ascend(problem, forest, prices_of(problem, forest, placed), score,
                      progress=watch.part(0.0, 1.0), iterations=most, patient=True).value
    short = max(4, most // 8)
    cold = ascend(problem, forest, prices_of(problem, forest, placed), score,
                  progress=watch.part(0.0, 0.1), iterations=short, patient=True)
    best, other = cold.value, forest
    if cold.stopped:
        return best
    forest = trees(problem, placed[4])
    first: Multipliers = cold.top
    try:
        made, found = approach(problem, forest, grid(
                placed[4], problem.horizon, _knots(problem, _FINE)),
                               seconds=0.6 * max(0.0, until - time.monotonic()), steps=None,
                               progress=_Watch(progress, None).part(0.1, 0.6))
        warm = multipliers(problem, forest, made, found)
        if evaluate(problem, forest, warm.price, money=warm.money, toll=warm.toll).value > (
                best - 0.3 * (score - best)):
            first, other = warm, forest
    except KeyboardInterrupt:
        return best
    left = max(0.1, until - time.monotonic())
    return max(best, ascend(problem, other, first, score, progress=watch.part(0.6, 1.0),
                            iterations=_evaluations(problem, other, left), patient=True).value)


_FINE = 110  # knots of the program of a proof


def _evaluations(problem: Problem, forest: Trees, seconds: float) -> int:
    """Evaluations of the bound that fit into some seconds, as four of them show."""
    price = np.zeros_like(forest.capacity)
    toll, waiting, unfinished = (np.zeros((count, problem.horizon)) for count in (
        len(forest.blame.toll_stage), len(forest.blame.bill), len(forest.blame.stages)))
    tick = time.monotonic()
    for _ in range(4):
        evaluate(problem, forest, price)
        forest.blame.lean(unfinished, toll, waiting)
    return max(8, round(seconds / max(1e-4, (time.monotonic() - tick) / 4)))


def _options(problem: Problem, chosen: np.ndarray) -> np.ndarray:
    """The options, free where one is not of its stage."""
    own = (chosen >= problem.option_start[:-1]) & (chosen < problem.option_start[1:])
    return np.where(own, chosen, -1).astype(np.int32)


class _Telling:
    """Passes progress on, and the best plan so far where it has become better: at most every few
    seconds, and for a fiftieth of the time."""

    def __init__(self, progress: Progress, tried: _Tried, improved: Callable[[Plan], None],
                 whole: Callable[[], Plan]):
        self.progress, self.tried, self.improved, self.whole = progress, tried, improved, whole
        self.told, self.next = np.inf, 0.0

    def __call__(self, what: str, share: float) -> None:
        self.progress(what, share)
        now = time.monotonic()
        if self.tried.score < self.told and now >= self.next:
            self.told = self.tried.score
            self.improved(self.whole())
            self.next = now + max(_TELL_S, 50 * (time.monotonic() - now))


_TELL_S = 2.0
_REPAIRS = 3


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
    """The best schedule so far: order, options, placement and score.

    What people ordered or fixed comes before any score: of two schedules the one that leaves fewer
    of these undone is better. `score` holds a price for each of them, `real` is without it.
    """

    def __init__(self, problem: Problem):
        self.problem = problem
        self.world, self.broken_price = kept_first(arrays(problem), problem)
        self.wanted = self.world.worth[:, BROKEN] > 0
        self.room = room_of(self.world)
        stages = len(problem.predecessor)
        self.free_choice = np.full(stages, -1, dtype=np.int32)
        self.no_price = np.zeros((len(self.world.resource), problem.horizon + 1))
        self.score = np.inf
        self.repaired, self._last, self._broken = bool(self.wanted.any()), np.inf, 0
        self._behind: list[np.ndarray | None] | None = None
        self.kept = (0.0, _PRICE_SHARES[3])  # lean and share of prices of the best so far
        self.order = np.arange(stages, dtype=np.int32)
        self.placed = np.full((5, stages), -1, dtype=np.int32)
        self.projects = np.zeros((2, 0), dtype=np.int32)

    @property
    def chosen(self) -> np.ndarray:
        """The options as they were chosen: with them the order alone gives the schedule again."""
        return np.ascontiguousarray(self.placed[0])

    def decode(self, order: np.ndarray, chosen: np.ndarray, value: np.ndarray,
               price: np.ndarray, thrift: float = 0.0) -> float:
        """Decode an order; where it leaves undone what people want done, also with that, and all
        that has to come before it, first. Returns the score of the order itself."""
        broken, placed = self._decoded(order, chosen, value, price, thrift)
        real = self._last
        if broken.any() and self.repaired:
            for _ in range(_REPAIRS):
                before = broken
                first = self._before(broken)
                options = np.where(first, -1, placed[0]).astype(np.int32)
                order = np.concatenate([order[first[order]], order[~first[order]]])
                broken, placed = self._decoded(order, options, np.ones(len(order)), self.no_price)
                if not broken.any() or ((broken <= before).all() and (before <= broken).all()):
                    break
        return real

    def _decoded(self, order: np.ndarray, chosen: np.ndarray, value: np.ndarray,
                 price: np.ndarray, thrift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        placed, projects, taken, score = place_all(
            order, self.world, self.room, value, price, chosen, thrift)
        broken = self.wanted & (placed[0] < 0)
        if score < self.score:
            self.score, self.placed, self.projects = score, placed, projects
            self.order = taken
        self._last = score - self.broken_price * float(broken.sum())
        self._broken = int(broken.sum())
        return broken, placed

    @property
    def real(self) -> float:
        """The score of the best schedule, without the price of orders that it breaks."""
        return self.score - self.broken_price * float((self.wanted & (self.placed[0] < 0)).sum())

    def _before(self, stages: np.ndarray) -> np.ndarray:
        """bool (S,): some stages and all that has to, or may have to, come before them: surveys,
        what people put before them, what opens the roads to them."""
        p, access = self.problem, self.problem.access
        after = np.zeros((0, 2), np.int32)
        if p.conditions.decisions is not None:
            after = p.conditions.decisions.after
        if self._behind is None and access is not None:
            self._behind = dominators(access, len(stages))
        out, stack = stages.copy(), np.flatnonzero(stages).tolist()
        while stack:
            s = stack.pop()
            more = [int(p.predecessor[s]), *after[after[:, 1] == s, 0].tolist()]
            if access is not None and self._behind is not None:
                way = self._behind[int(access.zone[s])]
                more += [] if way is None else way.tolist()
            for x in more:
                if x >= 0 and not out[x]:
                    out[x] = True
                    stack.append(x)
        return out

    def by_constraints(self, seed: int) -> None:
        """Where orders are still undone: a plan of all that people want, by constraints, if there
        is one and it is found, and all else after it."""
        broken = self.wanted & (self.placed[0] < 0)
        if not broken.any():
            return
        from landrelease.plan.conflicts import starts_of

        found = starts_of(self.problem, np.flatnonzero(self.wanted).tolist(), seed=seed)
        if not found:
            return
        # All of it is reserved as it was found, and the rest is placed around it.
        p, decided = self.problem, self.problem.conditions.decisions
        assert decided is not None
        earliest, latest, allowed = (x.copy() for x in (
            decided.earliest, decided.latest, decided.allowed))
        place = np.empty(len(broken))
        place[self.order] = np.arange(len(broken))
        second = np.zeros(len(p.first_pool), np.int32)
        for s, (option, start, after) in found.items():
            second[option] = max(after, 0)
            place[s] = start - p.horizon - 1
            earliest[s] = latest[s] = start
            allowed[int(p.option_start[s]):int(p.option_start[s + 1])] = False
            allowed[option] = True
        fixed = replace(p, conditions=replace(p.conditions, decisions=replace(
            decided, earliest=earliest, latest=latest, allowed=allowed)))
        world, self.world = self.world, arrays(fixed)._replace(worth=self.world.worth)
        self.world.option[:, SECOND_FROM] = np.maximum(self.world.option[:, SECOND_FROM], second)
        self._decoded(dispatch_order(p, place), self.free_choice, np.ones(len(broken)),
                      self.no_price)
        self.world = world

    def rule(self, priority: np.ndarray) -> tuple[float, int]:
        """Score of a simple rule, and how many orders of people it leaves undone."""
        broken, _placed = self._decoded(dispatch_order(self.problem, priority), self.free_choice,
                                       np.ones(len(priority)), self.no_price)
        own = self._last, self._broken
        if broken.any():
            self.decode(dispatch_order(self.problem, priority), self.free_choice,
                        np.ones(len(priority)), self.no_price)
        return own

    def alike(self, scores: dict[str, tuple[float, int]]) -> dict[str, float]:
        """The rules that break no more orders than the plan; all where none does as well."""
        broken = int((self.wanted & (self.placed[0] < 0)).sum())
        return {n: s for n, (s, b) in scores.items() if b <= broken} or {
            n: s for n, (s, _) in scores.items()}

    def program(self, problem: Problem, forest: Trees, made: Program, found: Solved,
                first: Multipliers) -> None:
        """Orders by the time at which the linear program has started a share of each stage."""
        sums = np.zeros_like(self.no_price)
        np.cumsum(first.price, axis=1, out=sums[:, 1:])
        for part in (0.3, 0.5, 0.7):
            at, mean = times(problem, made, found, part)
            order = dispatch_order(problem, at + 1e-3 * mean)
            for share in (0.0, 0.15, 0.4):
                self.decode(order, self.free_choice, forest.below, share * sums)

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
                before = self.score
                self.decode(order, self.free_choice, forest.below, share * sums)
                if self.score < before:
                    self.kept = (lean, share)
        if self.problem.conditions.money is None:
            return
        # Where money is short, cheap options are worth waiting for.
        lean, share = self.kept
        order = dispatch_order(self.problem, relaxed.start + lean * (
            relaxed.finish - relaxed.start))
        worth = float(forest.below.max(initial=0.0)) * float(np.ptp(self.problem.delay_days))
        each = worth / max(1e-9, float(self.problem.option_cost.mean())) if len(
            self.problem.option_cost) else 0.0
        for power in range(-5, 2):
            for part in (0.0, share):
                self.decode(order, self.free_choice, forest.below, part * sums, each * 4.0 ** power)


def _anneal(tried: _Tried, iterations: int, seed: int, progress: Progress,
            until: float | None = None) -> None:
    """Anneal the order and the options from the best start, in rounds of `CHAINS` chains.

    The chains run side by side; every fifth round both go on from the best. Moves that gained more
    for their time are tried oftener. With `until` (a time of the clock) the rounds go on, cooling
    by the time that has passed, until then.
    """
    problem, world = tried.problem, tried.world
    stages = len(problem.predecessor)
    if stages < 2 or (iterations == 0 and until is None) or tried.real <= 0:
        return  # where nothing is lost, nothing is better
    behind = None if problem.access is None else dominators(problem.access, stages)
    groups = groups_of(problem, behind)
    soonest = soonest_costs(world)
    rooms = [room_of(world) for _ in range(CHAINS)]
    tries = max(1, 15_000 // (stages + 30))
    rounds = max(1, min(iterations, 50))
    states = [(tried.order, tried.chosen) for _ in range(CHAINS)]
    weights = np.array(_MOVE_WEIGHTS)
    record = np.zeros((len(MOVES), 3))
    hot, cold = _HEAT[0] * tried.real, _HEAT[1] * tried.real
    began = time.monotonic()
    share, done, k, speed = 0.0, 0, 0, 0.0
    with ThreadPoolExecutor(CHAINS) as team:
        while share < 1.0:
            progress("searching for a better plan", share)
            if until is None:
                upto = iterations * tries * (k + 1) // rounds
                number, after = upto - done, (k + 1) / rounds
                done = upto
            else:  # a round of about a fiftieth of the time
                length = max(1e-3, until - began)
                number = max(20, int(speed * length / 50)) if speed else 40
                after = min(1.0, share + max(0.02, 1 / 50))
            heat = hot * (cold / hot) ** share
            cooling = (cold / hot) ** ((after - share) / max(1, number))
            tick = time.monotonic()
            jobs = [team.submit(
                anneal, order, chosen, world, rooms[c], soonest, groups, weights, number, heat,
                cooling, (seed * 1_000_003 + k * CHAINS + c) % 2**31, 0, tried.placed)
                for c, (order, chosen) in enumerate(states)]
            ends = [job.result() for job in jobs]
            best = min(ends, key=lambda end: end[0])
            if best[0] < tried.score:
                tried.decode(best[1], best[2], np.ones(stages), tried.no_price)
            if k % 5 == 4:
                states = [(best[1], best[2]) for _ in range(CHAINS)]
            else:
                states = [(end[3], end[4]) for end in ends]
            record = 0.7 * record + sum(end[5] for end in ends)
            weights = _weights(record)
            k += 1
            if until is None:
                share = after
            else:
                now = time.monotonic()
                speed = number / max(1e-6, now - tick)
                share = min(1.0, (now - began) / max(1e-3, until - began))
    progress("searching for a better plan", 1.0)


def _by_regions(tried: _Tried, iterations: int, seed: int, progress: Progress,
                until: float | None = None) -> None:
    """Search a large problem region by region, `CHAINS` regions at a time, each around a hazard
    that is drawn; temperatures, moves and the end as in `_anneal`.

    What the rounds have found is a schedule; orders that lead near it are decoded at the end, or
    when people interrupt.
    """
    problem, world = tried.problem, tried.world
    stages = len(problem.predecessor)
    if (iterations == 0 and until is None) or tried.real <= 0:
        return
    if problem.access is not None:
        for slots in (quickest_slots(problem), _scarce_slots(problem)):
            tried.rule(reconnecting_order(problem, slots, land=True))
    behind = None if problem.access is None else dominators(problem.access, stages)
    regions = Regions(problem, world, soonest_costs(world), groups_of(problem, behind), CHAINS)
    stands = Standing(tried.placed, tried.projects, tried.score)
    chance = np.random.default_rng(seed)
    rounds = max(1, iterations * 15_000 // (_REGION_TRIES * (_REGION // 2 + 30)))
    weights, record = np.array(_MOVE_WEIGHTS), np.zeros((len(MOVES), 3))
    hot, cold = _HEAT[0] * tried.real, _HEAT[1] * tried.real
    began, share, k = time.monotonic(), 0.0, 0
    try:
        with ThreadPoolExecutor(CHAINS) as team:
            while share < 1.0:
                progress("searching for a better plan", share)
                heat = hot * (cold / hot) ** share
                jobs = [team.submit(
                    regions.search, c, centre, stands, weights, _REGION_TRIES, heat,
                    0.1 ** (1 / _REGION_TRIES), (seed * 1_000_003 + k * CHAINS + c) % 2**31,
                    _REGION) for c, centre in enumerate(chance.integers(
                        0, len(problem.hazard_ids), CHAINS).tolist())]
                found = [job.result() for job in jobs]
                record = 0.9 * record + sum(end[2] for end in found)
                weights = _weights(record)
                parts = [(end[0], end[1]) for end in found]
                for some in (parts, *([part] for part in parts)):
                    settled = regions.settle(stands, some)
                    if settled.score < stands.score:
                        stands = settled
                        break
                k += 1
                if until is None:
                    share = k / rounds
                else:
                    share = min(1.0, (time.monotonic() - began) / max(
                        1e-3, until - _ORDERS_S * stages - began))
    finally:
        for order in regions.orders(stands):
            tried.decode(order, np.ascontiguousarray(stands.placed[0]), np.ones(stages),
                         tried.no_price)
    progress("searching for a better plan", 1.0)


_REGION, _REGION_TRIES = WINDOW, 1500  # stages of a region, tries in it
_ORDERS_S = 1.5e-4  # seconds a stage that the last orders take


def _scarce_slots(problem: Problem) -> np.ndarray:
    """Work (S,) of the cheapest option where a slot of a team counts by how much the teams of its
    kind have to do."""
    kinds = sorted({pool.kind for pool in problem.pools})
    kind = np.array([kinds.index(pool.kind) for pool in problem.pools])
    stages, options = len(problem.predecessor), len(problem.first_pool)
    some = np.flatnonzero(np.diff(problem.option_start) > 0)
    if not len(some):
        return quickest_slots(problem)
    two = problem.second_pool >= 0
    second = np.maximum(problem.second_pool, 0)
    both = problem.first_slots + np.where(two, problem.second_slots, 0)
    of = np.repeat(np.arange(stages), np.diff(problem.option_start))
    quickest = np.lexsort((np.arange(options), both, of))
    quickest = quickest[np.flatnonzero(np.diff(of[quickest], prepend=-1))]
    load = np.bincount(kind[problem.first_pool[quickest]], problem.first_slots[quickest],
                       minlength=len(kinds))
    load += np.bincount(kind[second[quickest]], np.where(two, problem.second_slots, 0)[quickest],
                        minlength=len(kinds))
    teams = np.bincount(kind, problem.pool_teams, minlength=len(kinds))
    price = load / np.maximum(teams, 1e-9)
    price = price / max(1e-9, price.max())
    cost = problem.first_slots * price[kind[problem.first_pool]] + np.where(
        two, problem.second_slots * price[kind[second]], 0.0)
    out = np.full(stages, float(max(1, problem.horizon)))
    out[some] = np.minimum.reduceat(cost, problem.option_start[some])
    return out


_MOVE_WEIGHTS = (2.0, 1.0, 3.0, 3.0, 1.0, 4.0)
_HEAT = (1e-5, 1e-6)  # of the score: first and last temperature


def _weights(record: np.ndarray) -> np.ndarray:
    """How often each move is tried: half by habit, half by the points gained a try."""
    habit = np.array(_MOVE_WEIGHTS) / sum(_MOVE_WEIGHTS)
    gain = record[:, 2] / np.maximum(record[:, 0], 1.0)
    if not gain.sum() > 0:
        return habit
    return 0.5 * habit + 0.5 * gain / gain.sum()
