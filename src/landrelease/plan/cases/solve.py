"""A case in, a plan with a proven bound out.

A first plan at once, then a genetic search and CP-SAT side by side, a core each: the search gives
CP-SAT a plan to beat and so a short horizon, CP-SAT gives the search new blood and the proof.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    CASE_NO_PLAN_YET,
    CASE_WITHOUT_PLAN,
    PLAN_VALUE_OUT_OF_RANGE,
    LandReleaseError,
)
from landrelease.plan.cases.bounds import first_bound, heads
from landrelease.plan.cases.case import Case, CasePlan, Work
from landrelease.plan.cases.decode import Arrays, arrays, groups, serial
from landrelease.plan.cases.exact import Effort, Look, named, thrifty
from landrelease.plan.cases.genetic import OVER, Herd, evolve, herd, settle
from landrelease.plan.cases.sound import crew, order, reduced

ITERATIONS = 200
HERDS = 2  # fixed, so that the result does not depend on the number of cores
_NEVER = 1 << 40
_CHUNK = 0.25  # seconds of search between two looks at the clock, about
_PATIENCE = 2.0  # seconds to wait for the compiler before CP-SAT goes first
_COUNTED = 200_000  # schedules times activities of one population in an iteration
_COUNTED_PEOPLE = 20_000  # the same where people are chosen, which takes longer
_FIRST = 0.02  # share of the effort for a first search
# Shares of the effort after which CP-SAT is set on the plan that the search has found meanwhile.
_ROUNDS = (0.08, 0.25, 0.5, 0.75, 1.0)
_ITERATION = 0.02  # of CP-SAT's own count of work, in an iteration
# A case of so many activities, after such a share of the effort, that far (share) from its bound.
_LARGE, _TRIED, _FAR = 80, 0.25, 0.03
_THRIFTY = 2.0  # seconds at most to find modes that keep the stocks
_GLANCE = 0.25  # seconds between two looks at CP-SAT


def plan_case(
    case: Case,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    workers: int = 2,
    progress: Progress = silent,
) -> CasePlan:
    """Find a plan that ends soon, and prove how soon any plan could end.

    Parameters
    ----------
    seconds : stop after about this long; the result then depends on the machine
    iterations : effort counted in work done, about a tenth of a second each; the same seed and
        iterations give the same plan and bound. Without both: `ITERATIONS`.
    workers : threads of CP-SAT and populations of the search, 1 or 2
    progress : told where it stands; may raise KeyboardInterrupt: the best so far is returned

    Raises
    ------
    LandReleaseError
        PLN-009: an effort is negative or `workers` is not 1 or 2; PLN-307: it is proved that there
        is no plan; PLN-308: none was found (only where nonrenewable resources are short).
    """
    for name, number, low in (("seconds", seconds, 0), ("iterations", iterations, 0),
                              ("seed", seed, 0)):
        if number is not None and not low <= number < 2**31:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=number,
                                   expected=f"{low} or more")
    if workers not in (1, 2):
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="workers", found=workers,
                               expected="1 or 2")
    if seconds is None and iterations is None:
        iterations = ITERATIONS
    run = _Run(case, _Purse(seconds, iterations), seed, workers, progress)
    return run.result(iterations or 0)


@dataclass
class _Purse:
    """The effort that is left, by the clock or counted."""

    seconds: float | None
    iterations: int | None

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.used = 0.0  # of the iterations

    @property
    def share(self) -> float:
        """What is used of the whole, 0 to 1."""
        shares = []
        if self.seconds is not None:
            shares.append((time.monotonic() - self.began) / max(self.seconds, 1e-9))
        if self.iterations is not None:
            shares.append(self.used / max(self.iterations, 1e-9))
        return min(1.0, max(shares))

    def effort(self, until: float, seed: int) -> Effort:
        """For CP-SAT: counted up to a share of the whole; by the clock until it is told to stop."""
        seconds = counted = None
        if self.seconds is not None:
            seconds = self.began + self.seconds - time.monotonic()
        if self.iterations is not None:
            counted = max(0.0, until * self.iterations - self.used) * _ITERATION
        return Effort(seconds, counted, seed)

    def begin(self, share: float) -> None:
        """All that was meant to be used up to here counts as used."""
        if self.iterations is not None:
            self.used = max(self.used, share * self.iterations)


class _Run:
    """One case being planned; holds the best plan and the best bound so far."""

    def __init__(self, case: Case, purse: _Purse, seed: int, workers: int, progress: Progress):
        self.given, self.purse, self.seed, self.workers = case, purse, seed, workers
        self.progress = progress
        self.stories: list[str] = []
        self.stopped = self.impossible = False
        self.look: Look | None = None
        self.case, self.numbers = reduced(case)
        self.bound = first_bound(self.case)
        self.works, self.makespan = one_after_another(self.case)
        self.flat = flat = arrays(self.case)
        sequence = {name: k for k, name in enumerate(order(self.case))}
        tails = heads(self.case)[1]
        self.rank = np.array([sequence[a.id] for a in self.case.activities], np.int64)
        self.tail = np.array([tails[a.id] for a in self.case.activities], np.int64)
        self._by_rule(flat)
        plain = not case.skills and all(len(a.modes) == 1 for a in self.case.activities)
        self.plain = plain
        members = 200 if plain else 60
        self.herds = [herd(self.flat, members) for _ in range(min(HERDS, workers))]
        self.chunks = 0
        self.compiler: threading.Thread | None = None

    def _by_rule(self, flat: Arrays) -> None:
        """A better first plan without compiled code: the longest way to the end goes first.

        In the modes of the plan so far; where people are chosen the plan stays as it is.
        """
        if self.works is None:
            modes, self.impossible = thrifty(
                self.case, Effort(seconds=_THRIFTY, seed=self.seed)
                if self.purse.iterations is None else
                Effort(counted=_THRIFTY, seed=self.seed))
            if modes is not None:
                self.works, self.makespan = one_after_another(self.case, modes)
        if self.works is None or self.case.skills:
            return
        mode = [int(flat.mode_at[i]) + w.mode - 1 for i, w in enumerate(self.works)]
        duration = flat.duration[mode]
        key = np.lexsort((self.rank, -self.tail))
        start = np.zeros(len(mode), np.int64)
        left = np.empty((flat.horizon + 2, len(flat.capacity)), np.int64)
        end = serial.py_func(key, duration, flat.demand[mode], flat.before_at, flat.before,
                             flat.capacity, left, start)
        if end < self.makespan:
            self._better(tuple(Work(w.id, int(start[i]), w.mode)
                               for i, w in enumerate(self.works)), int(end), "rule")

    def result(self, iterations: int) -> CasePlan:
        try:
            if self.bound < self.makespan and not self.impossible and self._compiled():
                self._search(self.herds, _FIRST, None)
            for until in _ROUNDS:
                if self.bound == self.makespan or self.impossible or self.purse.share >= 1:
                    break
                if self._hopeless() and self._compiled():
                    self._search(self.herds, 1.0, None)
                    break
                self._round(until)
        except KeyboardInterrupt:
            self.stopped = True
        if self.look is not None:
            self.look.stop()
            self._learn(self.look)
        if self.works is None:
            if self.impossible:
                raise LandReleaseError(CASE_WITHOUT_PLAN, file=self.given.name)
            raise LandReleaseError(CASE_NO_PLAN_YET, file=self.given.name, bound=self.bound)
        works = tuple(Work(w.id, w.start, self.numbers[w.id][w.mode - 1], w.people)
                      for w in self.works)
        return CasePlan(self.given, works, self.makespan, min(self.bound, self.makespan),
                        iterations, self.seed, self.stopped, tuple(self.stories))

    def _told(self, what: str, makespan: int) -> None:
        best = min(self.makespan, makespan)
        ends = "no plan yet" if best >= self.flat.horizon + 1 else f"ends at {best}"
        self.progress(f"{what}: {ends}, at best {self.bound}", self.purse.share)

    # --- the genetic search

    def _search(self, herds: list[Herd], until: float, look: Look | None) -> None:
        """Children until the effort is used, or until CP-SAT beside it has ended."""
        self._seed_herds(herds)
        counted = self.purse.iterations is not None
        per_iteration = max(1, (_COUNTED_PEOPLE if self.case.skills else _COUNTED)
                            // len(self.given.activities))
        children = max(1, per_iteration // 40)
        with ThreadPoolExecutor(len(herds)) as pool:
            while self.bound < self.makespan and self.purse.share < until:
                began = time.monotonic()
                self.chunks += 1
                seed = self.seed * 1_000_003 + 2 * self.chunks
                made = [each.result() for each in [
                    pool.submit(evolve, self.flat, self.rank, self.tail, population,
                                (seed + k) & 0x7FFFFFFF, children, self.bound)
                    for k, population in enumerate(herds)]]
                self.purse.used += sum(made) / len(made) / per_iteration
                self._take(herds)
                if look is None:
                    self._told("search", self.makespan)
                else:
                    if counted:
                        self._told("search and proof", self.makespan)
                    else:
                        self._glance(look)
                        self._seed_herds(herds)
                    # Counted, only a proof may end the round early: nothing then depends on when.
                    if not look.running() and (not counted or look.found().closed):
                        break
                if not counted:  # chunks of about the same time
                    took = max(1e-4, time.monotonic() - began)
                    children = int(max(1, min(50_000, children * min(4.0, _CHUNK / took))))

    def _compiled(self) -> bool:
        """Whether the loops are compiled; on the first run after installation that takes long.

        It goes on in a thread beside CP-SAT, so that plans come at once and Ctrl-C is heard.
        """
        if self.compiler is None:
            self.compiler = threading.Thread(
                target=evolve, daemon=True,
                args=(self.flat, self.rank, self.tail, self.herds[0], 0, 0, 0))
            self.compiler.start()
        self.compiler.join(None if self.purse.seconds is None else _PATIENCE)
        return not self.compiler.is_alive()

    def _take(self, herds: list[Herd]) -> None:
        """The best of the populations becomes the best plan; every fourth time all meet it."""
        best = min(herds, key=lambda h: int(h.state[0]))
        if best.state[0] < min(self.makespan, OVER):
            counts = {}
            for a, g, s in zip(*np.nonzero(best.best_serving), strict=True):
                counts[self.case.activities[a].id, int(g), int(s) + 1] = int(
                    best.best_serving[a, g, s])
            plain = tuple(
                Work(activity.id, int(best.best_start[i]),
                     int(best.best_mode[i] - self.flat.mode_at[i]) + 1)
                for i, activity in enumerate(self.case.activities))
            self._better(named(self.case, plain, counts) if self.case.skills else plain,
                         int(best.state[0]), "search")
        if self.chunks % 4 == 0:
            for other in herds:
                if other is not best:
                    settle(other, self.rank, best.best_start, best.best_mode, best.best_serving,
                           best.state[0])

    def _seed_herds(self, herds: list[Herd]) -> None:
        """The best plan so far, from wherever, joins the populations."""
        late = [each for each in herds if self.makespan < each.state[0]]
        if self.works is None or not late:
            return
        group = {p: g for g, (_, persons) in enumerate(groups(self.case)) for p in persons}
        mode = np.array([self.flat.mode_at[i] + w.mode - 1 for i, w in enumerate(self.works)])
        start = np.array([w.start for w in self.works])
        serving = np.zeros_like(self.herds[0].best_serving)
        for i, work in enumerate(self.works):
            for person, skill in work.people:
                serving[i, group[person], skill - 1] += 1
        for each in late:
            settle(each, self.rank, start, mode, serving, self.makespan)

    # --- both side by side

    def _hopeless(self) -> bool:
        """Whether the proof of a large case is so far off that the search is better for both cores.

        CP-SAT closes such cases soon or not at all.
        """
        if (not self.plain or len(self.case.activities) < _LARGE
                or self.purse.share < _TRIED - 1e-6
                or self.makespan - self.bound <= _FAR * self.bound):
            return False
        if self.look is not None:
            self.look.stop()
            self._learn(self.look)
            self.look = None
        return self.bound < self.makespan

    def _round(self, until: float) -> None:
        """CP-SAT on a plan that ends sooner, beside it the search, up to a share of the effort.

        By the clock CP-SAT goes on into the next round when the search has found nothing since.
        """
        counted = self.purse.iterations is not None
        if self.look is None:
            self._look(until)
        look = self.look
        assert look is not None
        before = self.works, self.makespan, len(self.stories)
        if self.workers == 1 and not counted:
            self._alone(look, until)
        elif self.workers == 1 and self._rests(look):
            pass
        elif self._compiled():
            self._search(self.herds[:1], until, look)
        elif self.purse.seconds is not None:
            while look.running(_GLANCE) and self.purse.share < until:
                self._glance(look)
        while counted and look.running(_GLANCE):
            self._told("proof", look.best[1])
            if self.purse.seconds is not None and self.purse.share >= 1:
                break
        if counted and not look.running() and look.found().closed:
            # Who was first depends on the machine; so that the plan does not, CP-SAT's counts.
            self.works, self.makespan = before[:2]
            del self.stories[before[2]:]
        overtaken = self.makespan < look.best[1]
        if not look.running() or counted or overtaken or until >= 1:
            look.stop()
            self.look = None
            self._learn(look)
        self.purse.begin(until)

    def _rests(self, look: Look) -> bool:
        """One thread, counted: wait for CP-SAT; whether it left nothing to find."""
        while look.running(_GLANCE):
            self._told("proof", look.best[1])
        return look.found().closed

    def _look(self, until: float) -> None:
        """Set CP-SAT to work on a plan that ends before the best one."""
        end = self.makespan - 1 if self.works is not None else self.flat.horizon
        effort = self.purse.effort(until, self.seed)
        self.look = Look(self.case, end, self.works, effort)

    def _glance(self, look: Look) -> None:
        """By the clock, CP-SAT's best plan is taken over while it works."""
        works, makespan = look.best
        if works is not None and makespan < self.makespan:
            self._better(works, makespan, "CP-SAT")
        self.bound = max(self.bound, min(look.bound, self.makespan))
        self._told("proof", self.makespan)

    def _alone(self, look: Look, until: float) -> None:
        """One thread: CP-SAT for half of the round, then the search."""
        half = (self.purse.share + until) / 2
        while look.running(_GLANCE) and self.purse.share < half:
            self._glance(look)
        if look.running():
            look.stop()
            look.found()
            if self._compiled():
                self._search(self.herds[:1], until, None)

    def _learn(self, look: Look) -> None:
        found = look.found()
        if found.works is not None and found.makespan < self.makespan:
            self._better(found.works, found.makespan, "CP-SAT")
        if found.impossible and self.works is None:
            self.impossible = True
        bound = min(found.bound, self.makespan)
        if bound > self.bound:
            self.bound = bound
            self.stories.append(f"CP-SAT: no plan ends before {self.bound}")

    def _better(self, works: tuple[Work, ...], makespan: int, who: str) -> None:
        self.works, self.makespan = works, makespan
        self.stories.append(f"{who}: a plan that ends at {makespan}")


def one_after_another(case: Case, modes: tuple[int, ...] | None = None
                      ) -> tuple[tuple[Work, ...] | None, int]:
    """A first plan at once: never two activities at a time. None when modes must be weighed.

    modes : of each activity, from 1; None: the first that the renewable resources allow
    """
    fits = modes or [
        next((k for k, m in enumerate(a.modes, 1)
              if all(x <= y for x, y in zip(m.renewable, case.renewable, strict=True))), 1)
        for a in case.activities]
    for k, there in enumerate(case.consumable):
        used = sum(a.modes[m - 1].consumable[k] for a, m in zip(case.activities, fits, strict=True))
        if used > there:
            return None, _NEVER
    mode = {a.id: m for a, m in zip(case.activities, fits, strict=True)}
    by_id = {a.id: a for a in case.activities}
    at: dict[int, int] = {}
    now = 0
    for name in order(case):
        at[name] = now
        now += by_id[name].modes[mode[name] - 1].duration
    return tuple(Work(a.id, at[a.id], mode[a.id], crew(a.people, case.masters) or ())
                 for a in case.activities), now

