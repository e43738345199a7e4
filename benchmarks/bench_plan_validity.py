"""Tiny worlds with every condition: bound, optimum by enumeration and plan stand in order.

    python benchmarks/bench_plan_validity.py [--worlds 10000] [--first 0] [--small]

Each world has up to 7 stages that interact, with a random choice of roads, closures,
accreditations, shared equipment, money, projects, fixed decisions, promises, seasons and worst-off
first. Any bound above the optimum, any plan below it and any fault that the checker finds is
printed and ends the run with status 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import exact
from landrelease.plan import check
from landrelease.plan.search import make_plan
from tiny_worlds import bound_by


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    worlds = 30 if asked.small else asked.worlds
    met, wrong, ratios = 0, 0, []
    for seed in range(asked.first, asked.first + worlds):
        problem = bound_by(seed)
        plan = make_plan(problem, iterations=5, seed=seed, bound_iterations=40)
        best = exact.optimum(problem)
        faults = check.violations(problem, plan.schedule)
        if plan.bound > best + 1e-6 or plan.score < best - 1e-6 or faults or abs(
                check.score(problem, plan.schedule) - plan.score) > 1e-6 * max(1.0, plan.score):
            wrong += 1
            print(f"world {seed}: bound {plan.bound}, optimum {best}, plan {plan.score}; {faults}")
        met += plan.score <= best + 1e-6
        ratios.append(plan.bound / best if best > 0 else 1.0)
    print(f"{worlds} worlds, seeds from {asked.first}: {wrong} wrong; {met / worlds:.1%} of the "
          f"optima found; bound / optimum {np.mean(ratios):.3f} on average, "
          f"{min(ratios):.3f} at worst")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
