"""How good a plan is on synthetic worlds: simple rules, plan, bound and floor in the same run.

    python benchmarks/bench_plan_worlds.py [--tasks 500 --teams 60] [--seeds 1 2 3]
        [--seconds 60] [--bound-seconds 60] [--cpsat 60] [--small]

Worlds with roads, closures, budgets and second-phase projects (`planning_worlds.py`). Scores are
weighted weeks of delay; smaller is better. All rules are decoded by the plan's own decoder. `room`
is (best rule - plan) / (best rule - bound); `floor` is the bound with a team for every stage at
once. The bound is proven apart from the plan's seconds, from the plan. `--cpsat S` gives the full
model to CP-SAT for S seconds. Every plan is replayed by the checker, which shares no code with the
decoder. Also printed: how many changed plans a core tries in a second, beside a plain Python
evaluator of the same schedule.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from landrelease.plan import check, search
from landrelease.plan.anneal import anneal, groups_of, soonest_costs
from landrelease.plan.decoder import arrays, room_of
from planning_worlds import make_world


def tries_a_second(problem, plan) -> tuple[float, float]:
    """(tries a second and core of the compiled search, evaluations a second in plain Python)."""
    world = arrays(problem)
    order = np.argsort(plan.priority, kind="stable").astype(np.int32)
    chosen = plan.schedule.option.astype(np.int32)
    asked = (order, chosen, world, room_of(world), soonest_costs(world), groups_of(problem),
             np.array(search._MOVE_WEIGHTS))
    clock, count = time.process_time(), 3000
    anneal(*asked, count, 3e-6 * plan.score, 1.0, 1)
    compiled = count / (time.process_time() - clock)
    clock = time.process_time()
    check.score(problem, plan.schedule)
    return compiled, 1 / (time.process_time() - clock)


def by_cpsat(problem, seconds: float) -> str:
    """The full model, without the money of projects, solved by CP-SAT alone (two workers)."""
    from ortools.sat.python import cp_model

    from landrelease.plan.arrays import loss_curve

    model, horizon = cp_model.CpModel(), problem.horizon
    curve = [round(1000 * v) for v in loss_curve(problem)]
    terms, access = problem.conditions, problem.access
    ends, steps, cost = [], [[] for _ in problem.pools], []
    bills = []
    is_open = terms.calendars.open

    def finish_table(row, slots):
        at = np.flatnonzero(row)
        return [(int(at[i]), int(at[i + slots - 1]) + 1) for i in range(len(at) - slots + 1)]

    for s in range(len(problem.stage_ids)):
        end = model.new_int_var(0, horizon, "")
        picks = []
        for o in range(problem.option_start[s], problem.option_start[s + 1]):
            pick = model.new_bool_var("")
            picks.append(pick)
            last = None
            for which in ("first", "second"):
                pool = int(getattr(problem, f"{which}_pool")[o])
                if pool < 0:
                    continue
                slots = int(getattr(problem, f"{which}_slots")[o])
                row = is_open[int(getattr(terms.calendars, which)[o])]
                a, f = model.new_int_var(0, horizon, ""), model.new_int_var(0, horizon, "")
                size = model.new_int_var(slots, horizon, "")
                model.add_allowed_assignments([a, f], finish_table(row, slots)
                                              ).only_enforce_if(pick)
                steps[pool].append(model.new_optional_interval_var(a, size, f, pick, ""))
                if last is None:
                    first = a
                    bills.append((a, pick, round(1000 * float(problem.option_cost[o]))))
                else:
                    model.add(a >= last).only_enforce_if(pick)
                last = f
            model.add(end == last).only_enforce_if(pick)
            before = int(problem.predecessor[s])
            if before >= 0:
                model.add(first >= ends[before]).only_enforce_if(pick)
        model.add_exactly_one(picks)
        ends.append(end)
        lost = model.new_int_var(0, curve[-1], "")
        model.add_element(end, curve, lost)
        cost.append(float(problem.weight[s]) * lost)
    for pool, intervals in enumerate(steps):
        model.add_cumulative(intervals, [1] * len(intervals), int(problem.pool_teams[pool]))
    del access, bills
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, 2
    model.minimize(sum(cost))
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return "no plan"
    return f"{solver.objective_value / 1000:,.0f} (of stages alone, without roads and money)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--teams", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--bound-seconds", type=float, default=60)
    parser.add_argument("--no-money", action="store_true")
    parser.add_argument("--cpsat", type=float, default=0)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    if asked.small:
        asked.tasks, asked.teams, asked.seeds = 40, 10, [1]
        asked.seconds, asked.bound_seconds = 3, 3
    rooms, gaps = [], []
    for seed in asked.seeds:
        problem = make_world(asked.tasks, asked.teams, seed, money=not asked.no_money)
        search.make_plan(make_world(20, 6, 1), iterations=1, bound_iterations=2)  # compiles
        began = time.monotonic()
        tried = search._Tried(problem)
        tried.rule(np.arange(len(problem.stage_ids), dtype=float))
        first = time.monotonic() - began
        plan = search.make_plan(problem, seconds=asked.seconds, seed=seed, iterations=10**6,
                                bound_iterations=10**3, bound_seconds=asked.bound_seconds)
        wrong = check.violations(problem, plan.schedule)
        rule, best = plan.best_rule
        rooms.append(plan.room_closed or 0.0)
        gaps.append(plan.gap)
        compiled, plain = tries_a_second(problem, plan)
        print(f"seed {seed}: {len(problem.stage_ids)} stages; first plan {first:.2f} s; best rule "
              f"{best:,.0f} ({rule}); plan {plan.score:,.0f}; bound {plan.bound:,.0f}; floor "
              f"{plan.floor:,.0f}; room {rooms[-1]:.1%}; gap {plan.gap:.2%}; checker finds "
              f"{len(wrong)} faults; {compiled:,.0f} tries/s, plain Python {plain:,.0f}/s",
              flush=True)
        if asked.cpsat:
            print(f"  CP-SAT alone, {asked.cpsat:.0f} s: {by_cpsat(problem, asked.cpsat)}",
                  flush=True)
    print(f"room {np.mean(rooms):.1%} ({min(rooms):.1%} to {max(rooms):.1%}), gap "
          f"{np.mean(gaps):.2%} ({min(gaps):.2%} to {max(gaps):.2%})")


if __name__ == "__main__":
    main()
