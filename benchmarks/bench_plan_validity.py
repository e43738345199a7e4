"""Tiny worlds with every condition: bound, optimum by enumeration and plan stand in order.

    python benchmarks/bench_plan_validity.py [--worlds 10000] [--first 0] [--workers 2]
        [--results FILE] [--small]

Each world has 6 or 7 stages that interact (survey, technical survey and clearance, also where one
survey leads to two clearances), with a random choice of roads, closures, accreditations, shared
equipment, money, projects (in every fourth in sequence and with seasons), fixed decisions,
promises, seasons and worst-off first. In every second one the bound and the orders also come from
the linear program. Besides the bound of the plan, the bound is held against the optimum at random
prices, tolls, prices of money and shares of blame. Any bound above the optimum, any plan below it
and any fault that the checker finds is printed and ends the run with status 1. With `--results`
each world is written to a file as it is done, and what stands there already is not done again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import exact
from landrelease.plan import bound, check, search
from tiny_worlds import SEVEN, bound_by, in_turn


def at_random(problem, seed: int) -> float:
    """The best of three values of the bound at random multipliers."""
    forest, chance = bound.trees(problem), np.random.default_rng(seed)
    blame, best = forest.blame, -np.inf
    for scale in (0.1, 1.0, 4.0):
        for share, of in ((blame.wait_share, blame.wait_of), (blame.cut_share, blame.cut_zone),
                          (blame.blocker_share, blame.blocker_of)):
            share[:] = chance.random(share.shape) ** 3
            if len(of):
                total = np.zeros((int(of.max()) + 1, share.shape[1]))
                np.add.at(total, of, share)
                share /= total[of]
        rows = blame.bill[:, 0]
        blame.mass[rows] = scale * chance.random((len(rows), problem.horizon)) * 6
        best = max(best, bound.evaluate(
            problem, forest, scale * chance.random(forest.capacity.shape), 1,
            scale * chance.random(forest.money.shape),
            scale * chance.random((len(blame.toll_stage), problem.horizon))).value)
    return best


def one(seed: int) -> dict:
    problem = bound_by(seed, shapes=None if seed % 3 == 0 else SEVEN[seed % len(SEVEN)])
    if seed % 4 == 1:
        problem = in_turn(problem, seed)
    search._SMALLEST = 1 if seed % 2 else 200  # in every second one by linear program as well
    plan = search.make_plan(problem, iterations=5, seed=seed, bound_iterations=40)
    faults = check.violations(problem, plan.schedule)
    score = check.score(problem, plan.schedule)
    # Something worse than the plan is known, so that the enumeration must find one as good itself.
    best = exact.optimum(problem, score + 0.5)
    at_prices = at_random(problem, seed)
    # (A bound above the plan's own score fails in `make_plan`, before it is cut off there.)
    wrong = bool(plan.bound > best + 1e-6 or at_prices > best + 1e-6 or plan.score < best - 1e-6
                 or faults or abs(score - plan.score) > 1e-6 * max(1.0, plan.score))
    return {"seed": seed, "bound": plan.bound, "at_prices": at_prices, "optimum": best,
            "plan": plan.score, "wrong": wrong, "faults": [str(f) for f in faults]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    worlds = 30 if asked.small else asked.worlds
    done: dict[int, dict] = {}
    if asked.results is not None and asked.results.exists():
        for line in asked.results.read_text().splitlines():
            row = json.loads(line)
            done[row["seed"]] = row
    seeds = [s for s in range(asked.first, asked.first + worlds) if s not in done]
    began = time.monotonic()
    with get_context("spawn").Pool(asked.workers) as pool:
        for count, row in enumerate(pool.imap_unordered(one, seeds, chunksize=4), 1):
            done[row["seed"]] = row
            if row["wrong"]:
                print(row, flush=True)
            if asked.results is not None:
                with asked.results.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            if count % 250 == 0:
                print(f"{count} of {len(seeds)} worlds, {time.monotonic() - began:.0f} s",
                      flush=True)
    rows = [done[s] for s in range(asked.first, asked.first + worlds)]
    wrong = sum(row["wrong"] for row in rows)
    met = np.mean([row["plan"] <= row["optimum"] + 1e-6 for row in rows])
    ratios = [row["bound"] / row["optimum"] if row["optimum"] > 0 else 1.0 for row in rows]
    print(f"{worlds} worlds, seeds from {asked.first}: {wrong} wrong; {met:.1%} of the "
          f"optima found; bound / optimum {np.mean(ratios):.3f} on average, "
          f"{min(ratios):.3f} at worst")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
