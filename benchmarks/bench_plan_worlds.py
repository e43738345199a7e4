"""How good a plan is on synthetic worlds: simple rules, plan, bound and floor in the same run.

    python benchmarks/bench_plan_worlds.py [--tasks 500 --teams 60] [--seeds 1 2 3]
        [--seconds 60] [--bound-seconds 60] [--cpsat 60] [--small]

Worlds with roads, closures, budgets and second-phase projects (`planning_worlds.py`). Scores are
weighted weeks of delay; smaller is better. All rules are decoded by the plan's own decoder. `room`
is (best rule - plan) / (best rule - bound); `floor` is the bound with a team for every stage at
once. The bound is proven apart from the plan's seconds, from the plan. `--cpsat S` gives the full
model to CP-SAT for S seconds. Every plan is replayed by the checker, which shares no code with the
decoder; a fault ends it with 1. Also printed: seconds to the plan and those of its proof; the room
where the two orders from which large problems are searched count as rules too; how many changed
plans a core tries in a second, and how many whole plans the compiled decoder and one in plain
Python decode. `--processor-seconds` counts two seconds of the
processors' work as one second: the effort of two cores, on a machine that others use as well.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import worlds_by_cpsat
from landrelease.plan import check, linear, search
from landrelease.plan.access import reconnecting_order
from landrelease.plan.anneal import anneal, groups_of, soonest_costs
from landrelease.plan.decoder import arrays, decode, place_all, room_of
from landrelease.plan.rules import quickest_slots, rules
from plain_decoder import PlainDecoder
from planning_worlds import make_world


def tries_a_second(problem, plan) -> tuple[float, float, float]:
    """Changed plans a second and core: tried by the search (which decodes from the first change
    on and gives up what is bad), decoded whole by the compiled decoder, and decoded whole in plain
    Python, which gives the same schedule."""
    world, stages = arrays(problem), len(problem.stage_ids)
    order = np.argsort(plan.priority, kind="stable").astype(np.int32)
    chosen = plan.schedule.option.astype(np.int32)
    room, free = room_of(world), np.zeros((len(world.resource), problem.horizon + 1))
    asked = (order, chosen, world, room, soonest_costs(world), groups_of(problem),
             np.array(search._MOVE_WEIGHTS))
    placed = np.full((5, stages), -1, np.int32)  # nothing stands
    clock, count = time.process_time(), 3000 if stages < 4000 else 300
    anneal(*asked, count, 3e-6 * plan.score, 1.0, 1, 0, placed)
    tried = count / (time.process_time() - clock)
    clock = time.process_time()
    for _ in range(300):
        placed, _, _, score = place_all(order, world, room, np.ones(stages), free, chosen, 0.0)
    whole = 300 / (time.process_time() - clock)
    plain = PlainDecoder(problem)
    clock = time.process_time()
    for _ in range(5):
        same, finish = plain.decode(order.tolist(), chosen.tolist())
    slow = 5 / (time.process_time() - clock)
    assert np.array_equal(finish, placed[4]) and abs(same - score) < 1e-6 * score
    return tried, whole, slow


class ProcessorClock:
    """A second for every two seconds that this program's processors worked, for machines that
    other programs use as well: what two cores of its own would do in that time."""

    def __init__(self) -> None:
        self.real, self.began, self.used = time.monotonic, time.monotonic(), time.process_time()

    def monotonic(self) -> float:
        return self.began + (time.process_time() - self.used) / 2

    def solve(self, made, *, seconds, **more):
        """The linear program, which counts real seconds: as many as these are worth by now."""
        if seconds is not None:
            rate = (self.real() - self.began) / max(0.1, self.monotonic() - self.began)
            seconds *= max(1.0, rate)
        return _solve(made, seconds=seconds, **more)


_solve, _prove = linear.solve, search.prove


def list_scores(problem) -> list[float]:
    """Scores of the two orders from which large problems are searched (`search._by_regions`): list
    rules too, but not among those that a plan is held against."""
    if problem.access is None:
        return []
    return [check.score(problem, decode(problem, reconnecting_order(problem, slots, land=True)))
            for slots in (quickest_slots(problem), search._scarce_slots(problem))]


def by_cpsat(problem, seconds: float, rule) -> str:
    """The full model solved by CP-SAT alone with two workers, and with the best rule as a hint."""
    lines = []
    for name, hint in (("no hint", None), ("the best rule as a hint", rule)):
        found, bound = worlds_by_cpsat.solve(problem, seconds, hint)
        if found is None:
            lines.append(f"{name}: no plan (bound {bound:,.0f})")
            continue
        wrong = check.violations(problem, found)
        lines.append(f"{name}: {check.score(problem, found):,.0f}, checker finds {len(wrong)} "
                     f"faults (bound {bound:,.0f})")
    return "; ".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--teams", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--bound-seconds", type=float, default=60)
    parser.add_argument("--no-money", action="store_true")
    parser.add_argument("--cpsat", type=float, default=0)
    parser.add_argument("--processor-seconds", action="store_true")
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    if asked.small:
        asked.tasks, asked.teams, asked.seeds = 40, 10, [1]
        asked.seconds, asked.bound_seconds = 3, 3
    rooms, gaps, faults = [], [], 0
    proved: list[float] = []  # when the proof of each world began

    def proving(*given, **more):
        proved.append(time.perf_counter())
        return _prove(*given, **more)

    search.prove = proving
    if asked.processor_seconds:
        clock = ProcessorClock()
        search.time, linear.time = clock, clock
        linear.solve = clock.solve
    for seed in asked.seeds:
        problem = make_world(asked.tasks, asked.teams, seed, money=not asked.no_money)
        search.make_plan(make_world(20, 6, 1), iterations=1, bound_iterations=2)  # compiles
        began, real = time.monotonic(), time.perf_counter()
        tried = search._Tried(problem)
        tried.rule(np.arange(len(problem.stage_ids), dtype=float))
        first = time.monotonic() - began
        plan = search.make_plan(problem, seconds=asked.seconds, seed=seed, iterations=10**6,
                                bound_iterations=10**3, bound_seconds=asked.bound_seconds)
        wrong = check.violations(problem, plan.schedule)
        faults += len(wrong)
        ended = proved.pop() if proved else time.perf_counter()
        rule, best = plan.best_rule
        own = list_scores(problem)
        strict = (min(best, *own) - plan.score) / (min(best, *own) - plan.bound) if own else None
        rooms.append(plan.room_closed or 0.0)
        gaps.append(plan.gap)
        wanted = time.perf_counter() - ended
        tried, whole, plain = tries_a_second(problem, plan)
        print(f"seed {seed}: {len(problem.stage_ids)} stages; first plan {first:.2f} s; best rule "
              f"{best:,.0f} ({rule}); plan {plan.score:,.0f}; bound {plan.bound:,.0f}; floor "
              f"{plan.floor:,.0f}; room {rooms[-1]:.1%}; gap {plan.gap:.2%}; checker finds "
              f"{len(wrong)} faults; {tried:,.0f} tries/s, {whole:,.0f} whole decodings/s, plain "
              f"Python {plain:,.0f}/s; plan after {ended - real:.0f} s, its proof {wanted:.0f} s "
              "more, of the clock" + ("" if strict is None else
              f"; room against the starts of large problems as well {strict:.1%}"), flush=True)
        if asked.cpsat:
            by_rule = decode(problem, rules(problem)[rule])
            print(f"  CP-SAT alone, {asked.cpsat:.0f} s: "
                  f"{by_cpsat(problem, asked.cpsat, by_rule)}", flush=True)
    print(f"room {np.mean(rooms):.1%} ({min(rooms):.1%} to {max(rooms):.1%}), gap "
          f"{np.mean(gaps):.2%} ({min(gaps):.2%} to {max(gaps):.2%})")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
