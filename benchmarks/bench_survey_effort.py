"""Where survey effort is best spent, over many areas: time and optimum against general solvers.

    python benchmarks/bench_survey_effort.py [--small]

Allocation: the closed form against SLSQP of SciPy (general, gradient given) on 60 areas and alone
on many. Choice of areas: dynamic programming against HiGHS (`scipy.optimize.milp`) and the knapsack
solver of OR-Tools, on the same whole steps of effort. Areas: log-normal sizes around 4 ha, one of
six chances, people Poisson; five seeds. Times are medians, with the least and the largest.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from landrelease.assess.search_effort import allocate, choose_areas, effort_to_threshold

SEEDS = (1, 2, 3, 4, 5)
LIMIT_S = 15  # for each solve of a general solver


def areas(count: int, seed: int):
    rng = np.random.default_rng(seed)
    size = rng.lognormal(np.log(40_000), 1.0, count)
    chance = rng.choice([0.07, 0.2, 0.27, 0.33, 0.6, 0.9], count, p=[0.1, 0.4, 0.2, 0.1, 0.1, 0.1])
    a = 8_000 * 0.8 / size
    points = (rng.poisson(40, count) + size / 10_000) * (1 - chance) / 0.95
    return chance, a, effort_to_threshold(chance, a, 0.05), points


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def row(what: str, times: list[float], words: str) -> None:
    print(f"{what:<46}{np.median(times) * 1e3:>10.1f} ms {min(times) * 1e3:>9.1f} to "
          f"{max(times) * 1e3:<9.1f} {words}")


def slsqp(p, a, budget):
    from scipy.optimize import minimize

    return minimize(
        lambda z: -np.sum(p * -np.expm1(-a * z)), np.full(len(p), budget / len(p)),
        jac=lambda z: -p * a * np.exp(-a * z), bounds=[(0, None)] * len(p),
        constraints={"type": "eq", "fun": lambda z: z.sum() - budget,
                     "jac": lambda z: np.ones(len(z))},
        method="SLSQP", options={"ftol": 1e-12, "maxiter": 500})


def allocation(count: int, budget: float, peer: bool) -> None:
    own, other, gap = [], [], []
    for seed in SEEDS:
        p, a, *_ = areas(count, seed)
        t, made = timed(lambda p=p, a=a: allocate(p, a, budget))
        own.append(t)
        if peer:
            t, found = timed(lambda p=p, a=a: slsqp(p, a, budget))
            other.append(t)
            gap.append(made.found + found.fun)
    row(f"allocation, {count:,} areas: closed form", own, "")
    if peer:
        row(f"allocation, {count:,} areas: SLSQP", other,
            f"finds {min(gap):.1e} to {max(gap):.1e} less")


def choice(count: int, budget: float) -> None:
    from ortools.algorithms.python import knapsack_solver
    from scipy.optimize import Bounds, LinearConstraint, milp

    own, highs, ortools, gap, late = [], [], [], [], 0
    for seed in SEEDS:
        _, _, cost, worth = areas(count, seed)
        t, made = timed(lambda c=cost, w=worth: choose_areas(c, w, budget))
        own.append(t)
        steps = np.floor(cost / made.unit * (1 + 1e-12)) + 1
        size = int(budget / made.unit * (1 + 1e-12))

        def by_highs(steps=steps, worth=worth, size=size):
            return milp(-worth, constraints=LinearConstraint(steps, ub=size),
                        integrality=np.ones(len(worth)), bounds=Bounds(0, 1),
                        options={"mip_rel_gap": 0, "time_limit": LIMIT_S})

        t, found = timed(by_highs)
        highs.append(t)
        if found.status == 0:
            gap.append(made.benefit + found.fun)
        else:
            late += 1
        solver = knapsack_solver.KnapsackSolver(
            knapsack_solver.SolverType.KNAPSACK_MULTIDIMENSION_BRANCH_AND_BOUND_SOLVER, "areas")
        solver.init(np.round(worth * 1e6).astype(np.int64).tolist(),
                    [steps.astype(np.int64).tolist()], [size])
        solver.set_time_limit(LIMIT_S)
        t, value = timed(solver.solve)
        ortools.append(t)
        gap.append(made.benefit - value / 1e6)
    row(f"choice of {count:,} areas: dynamic programming", own, "")
    row(f"choice of {count:,} areas: HiGHS", highs,
        f"{late} of {len(SEEDS)} stopped at {LIMIT_S} s, unproven" if late else "")
    row(f"choice of {count:,} areas: OR-Tools knapsack", ortools,
        f"benefits differ by {max(map(abs, gap)):.1e} at most")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--small", action="store_true")
    small = options.parse_args().small
    allocation(60, 300.0, peer=True)
    allocation(500 if small else 100_000, 3_000.0, peer=False)
    choice(80, 300.0)
    choice(500 if small else 5_500, 2_000.0)


if __name__ == "__main__":
    main()
